#include "run/program.h"

#include "plan/joins.h"

#include "base/str.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

struct maker {
    struct wb_program *program;
    struct wb_program_phase *phase;
    unsigned count[8]; /* a prefix */
};

enum prefix { P_ENTRY, P_STEP, P_CHECK, P_VALIDATION, P_STAGE, P_EXIT, P_TRIGGER };

static const char *next_id(struct maker *m, enum prefix prefix) {
    static const char *const words[] = {"entry", "step", "check",  "validation",
                                        "stage", "exit", "trigger"};
    return wb_arena_printf(&m->program->arena, "%s.%u", words[prefix], ++m->count[prefix]);
}

static struct wb_task *add(struct maker *m, enum wb_run_item_kind kind, enum prefix prefix,
                           const char *text, struct wb_plan_place place) {
    struct wb_program_phase *p = m->phase;
    struct wb_task *t = WB_PUSH(&m->program->arena, p->tasks, p->n_tasks, p->cap_tasks);
    *t = (struct wb_task){
        .kind = kind, .id = next_id(m, prefix), .text = text ? text : "", .place = place};
    return t;
}

static bool measures(const struct wb_plan_clause *c) {
    return c->kind == WB_CLAUSE_COMPARE || c->kind == WB_CLAUSE_WITHIN ||
           c->kind == WB_CLAUSE_UNCHANGED;
}

/* What this version cannot judge is confirmed by a person, never taken for passed. */
static bool by_person(const struct wb_plan_clause *c) {
    if (c->kind == WB_CLAUSE_SIGN_OFF)
        return false; /* by a role, which a confirmation does not name */
    if (c->reading == WB_READING_MANUAL || c->kind == WB_CLAUSE_MANUAL)
        return true;
    return c->kind == WB_CLAUSE_DETECTED || c->kind == WB_CLAUSE_ALERT ||
           (c->kind == WB_CLAUSE_RUNNING && c->phase < 0);
}

/* --- criteria, checks
 * ---------------------------------------------------------------------------- */

/* Of a comparison within one database that covers a part only: what a person is asked for when that
 * part is equal. NULL: it covers all, or nothing. */
static const char *rest_of(struct maker *m, const struct wb_plan_clause *c) {
    struct wb_arena *a = &m->program->arena;
    struct wb_plan_joins joins;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    if (!wb_plan_is_joined(m->program->plan, c))
        return NULL;
    wb_plan_joins(m->program->plan, c, a, &joins);
    if (!joins.n || !joins.left_out.n)
        return NULL;
    wb_buf_addf(&b, "%s: not compared: ", c->text);
    wb_plan_put_words(&b, &joins.left_out, 5);
    return wb_arena_strdup(a, wb_buf_str(&b));
}

static void add_clause(struct maker *m, enum wb_run_item_kind kind, enum prefix prefix,
                       const struct wb_plan_clause *c) {
    const char *rest = rest_of(m, c);
    struct wb_task *t = add(m, kind, prefix, c->text, c->place);
    t->does = by_person(c) && !rest ? WB_DOES_MANUAL : WB_DOES_CLAUSES;
    t->clauses = c;
    t->n_clauses = 1;
    t->check = c->block;
    t->needs_data = measures(c);
    if (rest)
        add(m, kind, prefix, rest, c->place)->does = WB_DOES_MANUAL;
}

static void add_trigger(struct maker *m, const struct wb_plan_clause *c,
                        const struct wb_plan_label *l) {
    struct wb_program_phase *p = m->phase;
    *WB_PUSH(&m->program->arena, p->triggers, p->n_triggers, p->cap_triggers) =
        (struct wb_task_trigger){.id = next_id(m, P_TRIGGER),
                                 .clause = c,
                                 .label = l,
                                 .pages_only = c->kind == WB_CLAUSE_ALERT};
}

static bool ramps(const struct wb_plan_phase *p) {
    return p->n_stages && p->stages[0].from_ramp;
}

static void add_label(struct maker *m, const struct wb_plan_label *l) {
    for (size_t i = 0; i < l->n_clauses; i++) {
        const struct wb_plan_clause *c = &l->clauses[i];
        if (c->kind == WB_CLAUSE_ALERT || l->kind == WB_LABEL_TRIGGER)
            add_trigger(m, c, l);
        else if (l->kind == WB_LABEL_ENTRY)
            add_clause(m, WB_ITEM_ENTRY, P_ENTRY, c);
        else if (l->kind == WB_LABEL_INTEGRITY)
            add_clause(m, WB_ITEM_CHECK, P_CHECK, c);
        else if (l->kind == WB_LABEL_VALIDATION && !(ramps(m->phase->plan) && measures(c)))
            add_clause(m, WB_ITEM_CHECK, P_VALIDATION, c);
        else if (l->kind == WB_LABEL_EXIT)
            add_clause(m, WB_ITEM_EXIT, P_EXIT, c);
    }
}

static bool used(const struct wb_program_phase *p, const struct wb_plan_block *b) {
    for (size_t i = 0; i < p->n_tasks; i++) {
        if (p->tasks[i].check == b)
            return true;
        const struct wb_plan_step *s = p->tasks[i].step;
        for (size_t k = 0; s && k < s->n_blocks; k++)
            if (s->blocks[k] == b)
                return true;
    }
    return false;
}

/* SQL and scripts below a check's label that no clause speaks of. */
static void add_check_blocks(struct maker *m) {
    const struct wb_plan *plan = m->program->plan;
    for (size_t i = 0; i < plan->n_blocks; i++) {
        const struct wb_plan_block *b = plan->blocks[i];
        if (b->phase != m->phase->index || !b->is_check || used(m->phase, b))
            continue;
        const char *text =
            wb_arena_printf(&m->program->arena, "the check of line %u", b->place.line);
        struct wb_task *t = add(m, WB_ITEM_CHECK, P_CHECK, text, b->place);
        bool judged = b->expect.given || b->check != WB_CHECK_NONE;
        t->does = judged ? WB_DOES_QUERY : WB_DOES_MANUAL;
        t->check = b;
    }
}

/* --- steps
 * --------------------------------------------------------------------------------------- */

static enum wb_task_does does_block(const struct wb_plan_block *b) {
    return b->lang == WB_LANG_SQL  ? WB_DOES_SQL
           : b->lang == WB_LANG_SH ? WB_DOES_SCRIPT
                                   : WB_DOES_REQUEST;
}

static bool says(const char *text, const char *const *words) {
    for (; *words; words++)
        if (wb_str_istarts(text, *words))
            return true;
    return false;
}

static bool signs(const struct wb_plan_step *s) {
    for (size_t i = 0; i < s->n_clauses; i++)
        if (s->clauses[i].kind != WB_CLAUSE_SIGN_OFF)
            return false;
    return s->n_clauses && !s->n_actions && s->danger == WB_HARMLESS;
}

static enum wb_task_does does_step(const struct wb_plan_step *s) {
    if (s->builtin == WB_BUILTIN_COPY)
        return WB_DOES_COPY;
    if (s->builtin == WB_BUILTIN_SCHEMA)
        return WB_DOES_SCHEMA;
    if (s->builtin == WB_BUILTIN_VERIFY)
        return WB_DOES_VERIFY;
    if (s->builtin == WB_BUILTIN_BACKUP)
        return WB_DOES_BACKUP;
    if (signs(s)) /* by roles, not by whoever confirms a step */
        return WB_DOES_CLAUSES;
    if (s->reading == WB_READING_MANUAL || s->danger != WB_HARMLESS)
        return WB_DOES_MANUAL;
    if (s->n_actions)
        return WB_DOES_ACTIONS;
    for (size_t i = 0; i < s->n_clauses; i++)
        if (by_person(&s->clauses[i]))
            return WB_DOES_MANUAL;
    return s->n_clauses ? WB_DOES_CLAUSES : WB_DOES_MANUAL;
}

static bool clauses_measure(const struct wb_plan_clause *c, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (measures(&c[i]))
            return true;
    return false;
}

/* "Row counts, checksums on email": what can be judged is, before a person confirms the rest. */
static void judge_part(struct maker *m, struct wb_task *t, const struct wb_plan_step *s) {
    struct wb_plan_clause *judged =
        WB_NEW_N(&m->program->arena, struct wb_plan_clause, s->n_clauses + 1);
    size_t n = 0;
    for (size_t i = 0; i < s->n_clauses; i++)
        if (!by_person(&s->clauses[i]) || rest_of(m, &s->clauses[i]))
            judged[n++] = s->clauses[i];
    if (n == 0)
        return;
    t->does = WB_DOES_CLAUSES;
    t->clauses = judged;
    t->n_clauses = n;
    t->needs_data = clauses_measure(judged, n);
    for (size_t i = 0; i < s->n_clauses; i++)
        if (by_person(&s->clauses[i])) {
            const char *text = rest_of(m, &s->clauses[i]);
            struct wb_task *rest =
                add(m, WB_ITEM_STEP, P_STEP, text ? text : s->clauses[i].text, s->clauses[i].place);
            rest->step = s;
            rest->does = WB_DOES_MANUAL;
        }
}

/* What words alone ask for. */
static void add_words(struct maker *m, const struct wb_plan_step *s) {
    static const char *const ramp[] = {"ramp:", "ramp :", NULL};
    if (says(s->text, ramp) && ramps(m->phase->plan))
        return;
    struct wb_task *t = add(m, WB_ITEM_STEP, P_STEP, s->text, s->place);
    t->step = s;
    t->does = does_step(s);
    t->backup_to = m->program->plan->front.backup_made.to.shown;
    t->needs_data = clauses_measure(s->clauses, s->n_clauses);
    t->clauses = s->clauses;
    t->n_clauses = s->n_clauses;
    t->irreversible = s->danger == WB_DESTROYS;
    if (t->does == WB_DOES_MANUAL && s->danger == WB_HARMLESS && !s->n_actions)
        judge_part(m, t, s);
}

/* A step's blocks: each up block is an item of its own, with the verify and down block beside it.
 */
static void add_step(struct maker *m, const struct wb_plan_step *s) {
    struct wb_task *t = NULL;
    const struct wb_plan_block *verify = NULL, *down = NULL;
    if (s->not_before_day) {
        t = add(m, WB_ITEM_STEP, P_STEP, s->text, s->place);
        t->does = WB_DOES_WAIT_DAY;
        t->step = s;
        t = NULL;
    }
    if (s->grace_cycles && s->n_blocks) { /* only people know of releases */
        const char *text =
            wb_arena_printf(&m->program->arena, "%u release cycles have passed", s->grace_cycles);
        add(m, WB_ITEM_STEP, P_STEP, text, s->place)->step = s;
    }
    for (size_t i = 0; i < s->n_blocks; i++) {
        const struct wb_plan_block *b = s->blocks[i];
        if (b->step == WB_BLOCK_UP) {
            t = add(m, WB_ITEM_STEP, P_STEP, s->text, s->place);
            t->step = s;
            t->does = does_block(b);
            t->up = b;
            t->irreversible = b->irreversible;
        } else if (b->step == WB_BLOCK_VERIFY) {
            *(t ? &t->verify : &verify) = b;
        } else if (b->step == WB_BLOCK_DOWN) {
            *(t ? &t->down : &down) = b;
        }
    }
    if (!t) {
        if (!s->not_before_day || s->danger != WB_HARMLESS || s->n_clauses || s->n_actions)
            add_words(m, s);
        return;
    }
    t->verify = t->verify ? t->verify : verify;
    t->down = t->down ? t->down : down;
}

static void add_stage(struct maker *m, const struct wb_plan_stage *g) {
    struct wb_task *t = add(m, WB_ITEM_STAGE, P_STAGE, g->name, g->place);
    t->does = WB_DOES_STAGE;
    t->stage = g;
    t->clauses = g->gate;
    t->n_clauses = g->n_gate;
    const struct wb_plan_phase *p = m->phase->plan;
    for (size_t i = 0; g->from_ramp && i < p->n_labels; i++)
        if (p->labels[i].kind == WB_LABEL_VALIDATION) {
            t->clauses = p->labels[i].clauses;
            t->n_clauses = p->labels[i].n_clauses;
        }
    t->needs_data = clauses_measure(t->clauses, t->n_clauses);
}

/* As they are taken up, whatever the order of the labels: kinds one after the other. */
static void order_tasks(struct wb_program_phase *p) {
    for (size_t i = 1; i < p->n_tasks; i++) {
        struct wb_task t = p->tasks[i];
        size_t k = i;
        for (; k > 0 && p->tasks[k - 1].kind > t.kind; k--)
            p->tasks[k] = p->tasks[k - 1];
        p->tasks[k] = t;
    }
}

static void make_phase(struct wb_program *program, int index) {
    const struct wb_plan_phase *p = &program->plan->phases[index];
    struct maker m = {.program = program, .phase = &program->phases[index]};
    *m.phase = (struct wb_program_phase){.plan = p, .index = index, .number = (int)p->number};
    for (size_t i = 0; i < p->n_labels; i++)
        if (p->labels[i].kind == WB_LABEL_ENTRY)
            add_label(&m, &p->labels[i]);
    for (size_t i = 0; i < p->n_steps; i++)
        add_step(&m, &p->steps[i]);
    for (size_t i = 0; i < p->n_labels; i++)
        if (p->labels[i].kind != WB_LABEL_ENTRY)
            add_label(&m, &p->labels[i]);
    add_check_blocks(&m);
    for (size_t i = 0; i < p->n_stages; i++)
        add_stage(&m, &p->stages[i]);
    order_tasks(m.phase);
}

void wb_program_make(const struct wb_plan *plan, struct wb_program *ret) {
    *ret = (struct wb_program){.plan = plan, .n_phases = plan->n_phases};
    ret->phases = WB_NEW_N(&ret->arena, struct wb_program_phase, plan->n_phases + 1);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_DigestInit_ex(md, EVP_sha256(), NULL);
    for (size_t i = 0; i < plan->n_phases; i++) {
        make_phase(ret, (int)i);
        EVP_DigestUpdate(md, plan->phases[i].hash, strlen(plan->phases[i].hash));
    }
    EVP_DigestFinal_ex(md, sum, &len);
    EVP_MD_CTX_free(md);
    for (unsigned i = 0; i < 32; i++)
        snprintf(ret->hash + (size_t)i * 2, 3, "%02x", sum[i]);
}

void wb_program_done(struct wb_program *p) {
    wb_arena_done(&p->arena);
    *p = (struct wb_program){0};
}

const struct wb_program_phase *wb_program_phase_of(const struct wb_program *p, int number) {
    for (size_t i = 0; i < p->n_phases; i++)
        if (p->phases[i].number == number)
            return &p->phases[i];
    return NULL;
}

const struct wb_task *wb_program_task(const struct wb_program_phase *p, const char *id) {
    for (size_t i = 0; p && i < p->n_tasks; i++)
        if (wb_str_eq(p->tasks[i].id, id))
            return &p->tasks[i];
    return NULL;
}
