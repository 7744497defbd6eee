/* Findings about whole phases: a way back, a check, sign-offs, what destroys, two databases. */
#include "plan/reader.h"

#include "base/str.h"

#include <string.h>

static bool has_label(const struct wb_plan_phase *p, enum wb_label_kind kind) {
    for (size_t i = 0; i < p->n_labels; i++)
        if (p->labels[i].kind == kind)
            return true;
    return false;
}

static bool has_actions(const struct wb_plan_phase *p) {
    for (size_t i = 0; i < p->n_labels; i++)
        if (p->labels[i].n_actions)
            return true;
    return false;
}

static bool undoes(const struct wb_plan *plan, int index) {
    for (size_t i = 0; i < plan->n_blocks; i++)
        if (plan->blocks[i]->phase == index && plan->blocks[i]->step == WB_BLOCK_DOWN)
            return true;
    return false;
}

static const struct wb_plan_summary *summed_up(const struct wb_plan *plan, unsigned number) {
    for (size_t i = 0; i < plan->n_summary; i++)
        if (number >= plan->summary[i].first && number <= plan->summary[i].last)
            return &plan->summary[i];
    return NULL;
}

static void judge_rollback(struct wb_plan_reader *r, int index) {
    const struct wb_plan_phase *p = &r->plan->phases[index];
    if (has_label(p, WB_LABEL_ROLLBACK) || has_actions(p) || undoes(r->plan, index))
        return;
    bool summary = summed_up(r->plan, p->number) != NULL;
    wb_reader_find(
        r, WB_PLAN_NO_ROLLBACK, p->place,
        "add \"**Rollback**:\", or an action to its trigger; where there is no way back: "
        "\"**Rollback**: not available (point of no return)\"",
        "phase %u says no way back%s", p->number,
        summary ? ": the summary names one, but a summary never runs" : "");
}

static bool checks(const struct wb_plan_clause *c, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (c[i].kind != WB_CLAUSE_MANUAL && c[i].kind != WB_CLAUSE_SIGN_OFF)
            return true;
    return false;
}

static void judge_check(struct wb_plan_reader *r, int index) {
    const struct wb_plan_phase *p = &r->plan->phases[index];
    bool found = false;
    for (size_t i = 0; i < p->n_labels; i++)
        found |= p->labels[i].n_clauses &&
                 (p->labels[i].kind == WB_LABEL_INTEGRITY ||
                  p->labels[i].kind == WB_LABEL_VALIDATION || p->labels[i].kind == WB_LABEL_EXIT);
    for (size_t i = 0; i < p->n_stages; i++)
        found |= checks(p->stages[i].gate, p->stages[i].n_gate);
    for (size_t i = 0; i < p->n_steps; i++)
        found |= checks(p->steps[i].clauses, p->steps[i].n_clauses);
    for (size_t i = 0; i < r->plan->n_blocks; i++)
        found |= r->plan->blocks[i]->phase == index && r->plan->blocks[i]->is_check;
    if (!found)
        wb_reader_find(r, WB_PLAN_NO_CHECK, p->place,
                       "add \"**Integrity check**: row count match\"", "phase %u checks nothing",
                       p->number);
}

/* Whether something in the phase cannot be undone, and where. */
static bool irreversible(const struct wb_plan *plan, int index, struct wb_plan_place *ret) {
    const struct wb_plan_phase *p = &plan->phases[index];
    for (size_t i = 0; i < p->n_steps; i++)
        if (p->steps[i].danger == WB_DESTROYS) {
            *ret = p->steps[i].place;
            return true;
        }
    for (size_t i = 0; i < plan->n_blocks; i++)
        if (plan->blocks[i]->phase == index && plan->blocks[i]->irreversible) {
            *ret = plan->blocks[i]->place;
            return true;
        }
    *ret = p->place;
    return p->point_of_no_return;
}

static void judge_sign_off(struct wb_plan_reader *r, int index) {
    const struct wb_plan *plan = r->plan;
    struct wb_plan_place place;
    bool signed_off =
        plan->phases[index].sign_offs.n || (index > 0 && plan->phases[index - 1].sign_offs.n);
    if (!signed_off && irreversible(plan, index, &place))
        wb_reader_find(r, WB_PLAN_NO_SIGN_OFF, place,
                       "add \"**Sign-off**: from data lead\" to this phase or the one before",
                       "phase %u does what cannot be undone, and nobody signs before it",
                       plan->phases[index].number);
}

static void judge_danger(struct wb_plan_reader *r, const struct wb_plan_phase *p) {
    static const char remedy[] =
        "put it into a block and name it with action=\"…\", then write that "
        "name here; else a person is paged and does it";
    for (size_t i = 0; i < p->n_steps; i++)
        if (p->steps[i].danger == WB_DESTROYS && !p->steps[i].n_blocks)
            wb_reader_find(r, WB_PLAN_DESTRUCTIVE, p->steps[i].place, remedy,
                           "a step destroys data by words alone");
    for (size_t i = 0; i < p->n_labels; i++)
        for (size_t k = 0; k < p->labels[i].n_actions; k++) {
            const struct wb_plan_action *a = &p->labels[i].actions[k];
            if (a->danger != WB_HARMLESS)
                wb_reader_find(r, WB_PLAN_DESTRUCTIVE, a->place, remedy, "\"%s\" %s by words alone",
                               a->text, a->danger == WB_DESTROYS ? "destroys" : "deploys");
        }
}

/* Whether the step that block b belongs to has a way back; without a step, the phase. */
static bool has_down(const struct wb_plan *plan, const struct wb_plan_block *b) {
    const struct wb_plan_phase *p = b->phase < 0 ? NULL : &plan->phases[b->phase];
    for (size_t i = 0; p && i < p->n_steps; i++) {
        bool mine = false, down = false;
        for (size_t k = 0; k < p->steps[i].n_blocks; k++) {
            mine |= p->steps[i].blocks[k] == b;
            down |= p->steps[i].blocks[k]->step == WB_BLOCK_DOWN;
        }
        if (mine)
            return down;
    }
    return p && undoes(plan, b->phase);
}

static void judge_blocks(struct wb_plan_reader *r) {
    for (size_t i = 0; i < r->plan->n_blocks; i++) {
        const struct wb_plan_block *b = r->plan->blocks[i];
        r->phase = b->phase;
        if (b->step == WB_BLOCK_UP && !b->irreversible && !has_down(r->plan, b))
            wb_reader_find(r, WB_PLAN_NO_ROLLBACK, b->place,
                           "add a block with step=down, or say irreversible",
                           "the step says neither how it is undone nor that it cannot be");
        if (b->lang == WB_LANG_SQL && b->is_check && !b->expect.given &&
            b->check == WB_CHECK_NONE) {
            wb_reader_find(r, WB_PLAN_BLOCK, b->place,
                           "end the SQL with a comment: -- Must return 0",
                           "the check does not say what its query must return: a person judges it");
            r->plan->findings[r->plan->n_findings - 1].severity = WB_WARNING;
        }
        if (b->step != WB_BLOCK_NO_STEP && b->phase < 0)
            wb_reader_find(r, WB_PLAN_STRUCTURE, b->place, "put it below a phase's heading",
                           "a step stands outside of any phase");
    }
    r->phase = -1;
}

/* --- what this version cannot run, and what it cannot keep in step
 * --------------------------------------------------------------- */

static bool asks_for_sync(const struct wb_plan_clause *c) {
    if (c->reading == WB_READING_MANUAL)
        return false;
    if (c->metric && c->metric->source == WB_SOURCE_BUILTIN &&
        wb_str_eq(c->metric->name, "sync lag"))
        return true;
    return c->kind == WB_CLAUSE_RUNNING && c->phase < 0 &&
           (wb_str_istarts(c->thing, "sync") || wb_str_istarts(c->thing, "replication"));
}

static void judge_sync(struct wb_plan_reader *r, const struct wb_plan_clause *c, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (asks_for_sync(&c[i]))
            wb_reader_find(r, WB_PLAN_SYNC, c[i].place,
                           "leave it out, or bind the metric to a query of what keeps them in sync",
                           "\"%s\" speaks of a continuous sync: this version cannot run it",
                           c[i].text);
}

static void judge_phase_sync(struct wb_plan_reader *r, const struct wb_plan_phase *p) {
    for (size_t i = 0; i < p->n_labels; i++)
        judge_sync(r, p->labels[i].clauses, p->labels[i].n_clauses);
    for (size_t i = 0; i < p->n_steps; i++)
        judge_sync(r, p->steps[i].clauses, p->steps[i].n_clauses);
    for (size_t i = 0; i < p->n_stages; i++)
        judge_sync(r, p->stages[i].gate, p->stages[i].n_gate);
}

static void judge_reverse(struct wb_plan_reader *r) {
    if (r->plan->front.reverse)
        wb_reader_find(r, WB_PLAN_SYNC, r->plan->front.target.place,
                       "leave it out; what the application writes to both sides needs no reverse "
                       "stream",
                       "\"reverse: true\" carries changes back continuously: this version cannot "
                       "run it");
}

static bool keeps_step(const struct wb_plan_clause *c, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (c[i].kind == WB_CLAUSE_NOT_WRITTEN ||
            (c[i].metric && wb_str_istr(c[i].metric->name, "dual-write")) ||
            (c[i].kind == WB_CLAUSE_RUNNING &&
             (wb_str_istarts(c[i].thing, "dual") || wb_str_istarts(c[i].thing, "mirror"))))
            return true;
    return false;
}

/* Steps that let the application write to both sides. */
static bool writes_both(const struct wb_plan_action *a, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (a[i].kind == WB_ACT_SET_STAGE &&
            (wb_str_eq(a[i].stage, "dualwrite") || wb_str_eq(a[i].stage, "shadow") ||
             wb_str_eq(a[i].stage, "live")))
            return true;
    return false;
}

static bool stops_writes(const struct wb_plan_action *a, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (a[i].kind == WB_ACT_DISABLE_WRITES)
            return true;
    return false;
}

/* Whether the plan says that the application writes to both sides, or to none. */
static bool says_how(const struct wb_plan_phase *p) {
    static const char *const words[] = {"dual-write",     "dual write", "both sides",
                                        "both databases", "write both", "write twice"};
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        found |= wb_str_istr(p->name, words[i]) != NULL;
    for (size_t i = 0; i < p->n_labels; i++)
        found |= keeps_step(p->labels[i].clauses, p->labels[i].n_clauses) ||
                 stops_writes(p->labels[i].actions, p->labels[i].n_actions);
    for (size_t i = 0; i < p->n_steps; i++)
        found |= keeps_step(p->steps[i].clauses, p->steps[i].n_clauses) ||
                 stops_writes(p->steps[i].actions, p->steps[i].n_actions) ||
                 writes_both(p->steps[i].actions, p->steps[i].n_actions);
    return found;
}

static void judge_two_databases(struct wb_plan_reader *r) {
    const struct wb_plan_front *f = &r->plan->front;
    bool told = false;
    if (!f->source.value || !f->target.value || !r->plan->n_phases ||
        wb_str_eq(f->source.shown, f->target.shown) ||
        (!f->source.incomplete && wb_str_eq(f->source.value, f->target.value)))
        return;
    for (size_t i = 0; i < r->plan->n_phases; i++)
        told |= says_how(&r->plan->phases[i]);
    if (!told)
        wb_reader_find(
            r, WB_PLAN_TWO_DATABASES, f->target.place,
            "let the application write to both, and say so (\"dual-write error rate < 0.1%\"); or "
            "stop writes while data is copied, and ask for it by an entry criterion (\"no writes "
            "to "
            "source\")",
            "source and target are two databases: what is written between the phases must be "
            "carried over, and nothing says how");
}

static void judge_dates(struct wb_plan_reader *r) {
    for (size_t i = 0; !r->plan->front.day_1.value && i < r->plan->n_phases; i++)
        for (size_t k = 0; k < r->plan->phases[i].n_steps; k++) {
            const struct wb_plan_step *s = &r->plan->phases[i].steps[k];
            r->phase = (int)i;
            if (s->not_before_day)
                wb_reader_find(
                    r, WB_PLAN_ADVICE, s->place, "add \"day-1: YYYY-MM-DD\" to the front matter",
                    "day %u has no date: a person confirms that it has passed", s->not_before_day);
        }
    r->phase = -1;
}

void wb_judge_phases(struct wb_plan_reader *r) {
    if (!r->plan->n_phases)
        wb_reader_find(
            r, WB_PLAN_STRUCTURE, (struct wb_plan_place){.file = r->file, .line = 1, .column = 1},
            "write a heading such as \"## Phase 1: Backfill (Day 1)\"", "the plan has no phases");
    for (size_t i = 0; i < r->plan->n_phases; i++) {
        r->phase = (int)i;
        judge_rollback(r, (int)i);
        judge_check(r, (int)i);
        judge_sign_off(r, (int)i);
        judge_danger(r, &r->plan->phases[i]);
        judge_phase_sync(r, &r->plan->phases[i]);
    }
    judge_blocks(r);
    judge_reverse(r);
    judge_two_databases(r);
    judge_dates(r);
}

void wb_plan_judge(struct wb_plan_reader *r) {
    wb_judge_phases(r);
    wb_judge_stages(r);
    wb_judge_summary(r);
}
