/* All SQL of a plan, wherever it stands: blocks, code spans of checks and steps, queries of
 * metrics, strings in code. */
#include "lint/inside.h"

#include "plan/joins.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* Order within a phase: what must hold before, steps, checks, what must hold after. */
enum { RANK_ENTRY, RANK_STEP, RANK_CHECK, RANK_EXIT };

static enum wb_sql_dialect dialect_of(const struct wb_lint *l, enum wb_block_on on,
                                      enum wb_lint_role role) {
    const struct wb_plan_front *f = &l->plan->front;
    enum wb_sql_dialect source = wb_sql_dialect_named(f->source_scheme);
    enum wb_sql_dialect target = wb_sql_dialect_named(f->target_scheme);
    if (role == WB_ROLE_CODE || (role >= WB_ROLE_TEXT && on == WB_ON_DEFAULT && source != target))
        return WB_DIALECT_ANY;
    return on == WB_ON_SOURCE || on == WB_ON_REPLICA ? source : target;
}

static void add(struct wb_lint *l, const struct wb_lint_query *given) {
    struct wb_lint_query *q = WB_PUSH(l->a, l->queries, l->n_queries, l->cap_queries);
    *q = *given;
    q->dialect = dialect_of(l, q->on, q->role);
    wb_sql_read_script(l->a, q->dialect, q->text, &q->script);
}

static bool zero(const struct wb_plan_expect *e) {
    return e->given && (e->no_rows || e->value.number.digits == 0);
}

static bool begins_sql(const char *s) {
    static const char *const words[] = {"select ", "insert ", "update ", "delete ",  "create ",
                                        "drop ",   "with ",   "alter ",  "truncate "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (wb_str_istarts(s, words[i]))
            return true;
    return false;
}

/* Strings in code of another language that begin like SQL. */
static void collect_strings(struct wb_lint *l, const struct wb_plan_block *b) {
    for (const char *s = b->text; *s;) {
        const char *end = strchr("\"'`", *s) ? strchr(s + 1, *s) : NULL;
        if (!strchr("\"'`", *s)) {
            s++;
            continue;
        }
        if (!end)
            return;
        if (begins_sql(s + 1)) {
            struct wb_lint_query q = {.role = WB_ROLE_CODE, .phase = b->phase, .rank = RANK_STEP};
            q.place = wb_plan_block_place(l->plan, b, (size_t)(s + 1 - b->text));
            q.text = wb_arena_strndup(l->a, s + 1, (size_t)(end - s) - 1);
            q.fixed = strchr(q.text, '\n') != NULL;
            add(l, &q);
        }
        s = end + 1;
    }
}

static void collect_block(struct wb_lint *l, const struct wb_plan_block *b) {
    struct wb_lint_query q = {.text = b->text,
                              .block = b,
                              .place = b->place,
                              .phase = b->phase,
                              .on = b->on,
                              .rank = b->is_check ? RANK_CHECK : RANK_STEP,
                              .wants_nothing = zero(&b->expect) || b->check == WB_CHECK_ZERO ||
                                               b->check == WB_CHECK_EMPTY};
    if (b->lang != WB_LANG_SQL) {
        collect_strings(l, b);
        return;
    }
    q.role = b->is_check                  ? WB_ROLE_CHECK
             : b->metric                  ? WB_ROLE_METRIC
             : b->step == WB_BLOCK_VERIFY ? WB_ROLE_VERIFY
             : b->step == WB_BLOCK_UP     ? WB_ROLE_UP
             : b->step == WB_BLOCK_DOWN   ? WB_ROLE_DOWN
             : b->action                  ? WB_ROLE_ACTION
                                          : WB_ROLE_TEXT;
    add(l, &q);
    /* The same query runs on the other side too. */
    q.on = WB_ON_SOURCE;
    if (b->check == WB_CHECK_EQUAL)
        add(l, &q);
}

/* What As says, as it will be asked of the old table. */
static void collect_joins(struct wb_lint *l, const struct wb_plan_clause *c) {
    struct wb_plan_joins joins = {0};
    if (wb_plan_is_joined(l->plan, c))
        wb_plan_joins(l->plan, c, l->a, &joins);
    for (size_t i = 0; i < joins.n; i++)
        for (size_t k = 0; k < joins.items[i].n_columns; k++) {
            const struct wb_plan_join_column *column = &joins.items[i].columns[k];
            struct wb_lint_query q = {.role = WB_ROLE_METRIC,
                                      .place = column->place,
                                      .fixed = true,
                                      .phase = -1,
                                      .on = WB_ON_SOURCE};
            if (!column->as || !column->compared)
                continue;
            q.text = wb_arena_printf(l->a, "SELECT (%s) FROM %s", column->as, joins.items[i].from);
            add(l, &q);
        }
}

static void collect_clause(struct wb_lint *l, const struct wb_plan_clause *c, int phase, int rank) {
    collect_joins(l, c);
    if (c->kind != WB_CLAUSE_SQL)
        return;
    struct wb_lint_query q = {.role = WB_ROLE_CHECK,
                              .text = c->thing,
                              .place = c->place,
                              .phase = phase,
                              .rank = rank,
                              .wants_nothing = zero(&c->expect)};
    q.place.column++; /* the backtick */
    add(l, &q);
}

static void collect_step(struct wb_lint *l, const struct wb_plan_step *s, int phase) {
    for (const char *at = s->text; (at = strchr(at, '`'));) {
        const char *end = strchr(at + 1, '`');
        if (!end)
            break;
        if (begins_sql(at + 1)) {
            struct wb_lint_query q = {
                .role = WB_ROLE_SPAN, .place = s->place, .phase = phase, .rank = RANK_STEP};
            q.place.column += (unsigned)(at + 1 - s->text);
            q.text = wb_arena_strndup(l->a, at + 1, (size_t)(end - at) - 1);
            add(l, &q);
        }
        at = end + 1;
    }
    for (size_t i = 0; i < s->n_clauses; i++)
        collect_clause(l, &s->clauses[i], phase, RANK_STEP);
}

static void collect_phase(struct wb_lint *l, int index) {
    const struct wb_plan_phase *p = &l->plan->phases[index];
    for (size_t i = 0; i < p->n_labels; i++) {
        enum wb_label_kind kind = p->labels[i].kind;
        int rank = kind == WB_LABEL_ENTRY  ? RANK_ENTRY
                   : kind == WB_LABEL_EXIT ? RANK_EXIT
                                           : RANK_CHECK;
        for (size_t c = 0; c < p->labels[i].n_clauses; c++)
            collect_clause(l, &p->labels[i].clauses[c], index, rank);
    }
    for (size_t i = 0; i < p->n_steps; i++)
        collect_step(l, &p->steps[i], index);
    for (size_t i = 0; i < p->n_stages; i++)
        for (size_t c = 0; c < p->stages[i].n_gate; c++)
            collect_clause(l, &p->stages[i].gate[c], index, RANK_CHECK);
}

static void collect_metric(struct wb_lint *l, const struct wb_plan_metric *m) {
    if (m->source != WB_SOURCE_QUERY || m->lang != WB_LANG_SQL || m->block || !m->query)
        return;
    add(l, &(struct wb_lint_query){.role = WB_ROLE_METRIC,
                                   .text = m->query,
                                   .place = m->place,
                                   .fixed = true,
                                   .phase = -1,
                                   .on = m->on});
}

static int by_order(const void *a, const void *b) {
    const struct wb_lint_query *x = a, *y = b;
    if (x->phase != y->phase)
        return x->phase < y->phase ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->place.line != y->place.line)
        return x->place.line < y->place.line ? -1 : 1;
    return (x->place.column > y->place.column) - (x->place.column < y->place.column);
}

void wb_lint_collect(struct wb_lint *l) {
    const struct wb_plan *p = l->plan;
    for (size_t i = 0; i < p->n_metrics; i++)
        collect_metric(l, p->metrics[i]);
    for (size_t i = 0; i < p->n_blocks; i++)
        collect_block(l, p->blocks[i]);
    for (size_t i = 0; i < p->n_phases; i++)
        collect_phase(l, (int)i);
    if (l->n_queries)
        qsort(l->queries, l->n_queries, sizeof *l->queries, by_order);
}
