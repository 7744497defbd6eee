/* What this version cannot do, told before anything is done; and what each item will do. */
#include "run/program.h"

#include "base/str.h"

#include <string.h>

/* Of a rate only the share over a window is known: that it was zero all the time is not. */
static bool is_rate_of_reports(const struct wb_plan_metric *m) {
    return m->source == WB_SOURCE_OBSERVE ||
           (m->source == WB_SOURCE_BUILTIN && m->shape == WB_SHAPE_RATIO);
}

static const char *of_clause(const struct wb_plan_clause *c) {
    if (c->reading == WB_READING_UNBOUND)
        return "nothing measures it: bind its metric to a query, see whimbrel check";
    if (c->metric && c->metric->source == WB_SOURCE_BUILTIN &&
        (strcmp(c->metric->name, "sync lag") == 0 ||
         strcmp(c->metric->name, "backfill progress") == 0))
        return "it speaks of a continuous sync: this version cannot run it";
    if (c->kind == WB_CLAUSE_RUNNING && c->phase < 0 &&
        (wb_str_istarts(c->thing, "sync") || wb_str_istarts(c->thing, "replication")))
        return "it speaks of a continuous sync: this version cannot run it";
    if (c->metric && (c->kind == WB_CLAUSE_RUNNING || c->kind == WB_CLAUSE_DETECTED) &&
        is_rate_of_reports(c->metric))
        return "a rate that applications report is not counted one by one: divergences are "
               "(\"zero divergences\", \"any data mismatch detected\"); or bind it to a query";
    if (c->kind == WB_CLAUSE_COMPLETE && c->phase < 0)
        return "no phase has that name";
    return NULL;
}

static const char *of_task(const struct wb_task *t) {
    for (size_t i = 0; i < t->n_clauses; i++) {
        const char *why =
            t->clauses[i].reading == WB_READING_MANUAL ? NULL : of_clause(&t->clauses[i]);
        if (why)
            return why;
    }
    return NULL;
}

const char *wb_program_refusal(const struct wb_program *p, struct wb_arena *a,
                               struct wb_plan_place *ret_place) {
    *ret_place = p->plan->front.target.place;
    if (p->plan->n_phases == 0)
        return "the plan has no phase: nothing can be run";
    if (p->plan->front.reverse)
        return "\"reverse: true\" carries changes back continuously: this version cannot run it";
    for (size_t i = 0; i < p->n_phases; i++) {
        const struct wb_program_phase *phase = &p->phases[i];
        for (size_t k = 0; k < phase->n_tasks; k++) {
            const char *why = of_task(&phase->tasks[k]);
            *ret_place = phase->tasks[k].place;
            if (why)
                return wb_arena_printf(a, "\"%s\": %s", phase->tasks[k].text, why);
        }
        for (size_t k = 0; k < phase->n_triggers; k++) {
            const char *why = of_clause(phase->triggers[k].clause);
            *ret_place = phase->triggers[k].clause->place;
            if (why)
                return wb_arena_printf(a, "\"%s\": %s", phase->triggers[k].clause->text, why);
        }
    }
    return NULL;
}

static const char *where(const struct wb_plan_block *b) {
    static const char *const words[] = {"the target", "the source", "the target", "a replica"};
    return words[b->on];
}

static const char *sql_sentence(const struct wb_task *t, struct wb_arena *a) {
    return wb_arena_printf(
        a, "runs the SQL of line %u on %s%s%s%s%s", t->up->place.line, where(t->up),
        t->up->tx == WB_TX_OFF ? ", outside of a transaction" : "",
        t->verify ? ""
                  : "; without a verify block: if whimbrel is killed meanwhile, a person decides",
        t->down ? wb_arena_printf(a, "; undone by the SQL of line %u", t->down->place.line) : "",
        t->irreversible ? "; CANNOT BE UNDONE" : "");
}

const char *wb_program_sentence(const struct wb_task *t, struct wb_arena *a) {
    switch (t->does) {
    case WB_DOES_SQL:
        return sql_sentence(t, a);
    case WB_DOES_SCRIPT:
        return wb_arena_printf(a, "runs the script of line %u (only with --allow-shell)",
                               t->up->place.line);
    case WB_DOES_REQUEST:
        return wb_arena_printf(a, "sends the HTTP request of line %u", t->up->place.line);
    case WB_DOES_COPY:
        return "copies the source into the target, and proves it, as whimbrel copy does";
    case WB_DOES_SCHEMA:
        return "makes the source's tables in the target, without rows; a copy goes on with them";
    case WB_DOES_VERIFY:
        return "compares both databases down to the row, as whimbrel verify does";
    case WB_DOES_BACKUP:
        if (t->backup_to)
            return wb_arena_printf(a,
                                   "makes a backup in %s, restores it into a scratch database and "
                                   "compares it",
                                   t->backup_to);
        return "runs the command of the front matter's backup: (only with --allow-shell)";
    case WB_DOES_ACTIONS:
        return "sets what it says";
    case WB_DOES_CLAUSES:
        return t->kind == WB_ITEM_CHECK ? "is checked, read only; a failure holds the run"
                                        : "must hold; the run waits until it does";
    case WB_DOES_QUERY:
        return wb_arena_printf(a, "runs the query of line %u, read only; a failure holds the run",
                               t->check->place.line);
    case WB_DOES_STAGE:
        return wb_arena_printf(a, "sends %.4g %% of reads to the new side until its gate passes",
                               wb_decimal_double(t->stage->traffic) * 100);
    case WB_DOES_WAIT_DAY:
        return wb_arena_printf(a, "waits until day %u is over", t->step->not_before_day);
    case WB_DOES_MANUAL:
        break;
    }
    return wb_arena_printf(a, "a person does it and says: whimbrel approve PLAN --step %s%s", t->id,
                           t->irreversible ? "; CANNOT BE UNDONE" : "");
}
