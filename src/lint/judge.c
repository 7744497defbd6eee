/* Checks that prove less than they seem to: what a query cannot see, and what another one of the
 * same phase sees in its place. */
#include "lint/inside.h"

#include "base/str.h"

#include <string.h>

static bool judges(const struct wb_lint_query *q) {
    return q->role == WB_ROLE_CHECK || q->role == WB_ROLE_METRIC || q->role == WB_ROLE_VERIFY;
}

/* --- NULL
 * ------------------------------------------------------------------------------------------ */

/* Whether a column is known to be NOT NULL. */
static bool never_null(struct wb_lint *l, const struct wb_lint_query *q,
                       const struct wb_sql_statement *s, size_t column) {
    struct wb_lint_db *db = wb_lint_db_of(l, q->on);
    if (column == SIZE_MAX || !db || s->columns[column].n_tables != 1)
        return false;
    const struct wb_sql_table *t = &s->tables[s->columns[column].tables[0]];
    const struct wb_known *k = wb_known_find(l, db, t->schema, t->name);
    int index = k && k->table ? wb_table_find_column(k->table, s->columns[column].name) : -1;
    return index >= 0 && k->table->columns[index].not_null;
}

static bool known_nullable(struct wb_lint *l, const struct wb_lint_query *q,
                           const struct wb_sql_statement *s, size_t column) {
    struct wb_lint_db *db = wb_lint_db_of(l, q->on);
    if (column == SIZE_MAX || !db || !s->columns[column].n_tables)
        return false;
    const struct wb_sql_table *t = &s->tables[s->columns[column].tables[0]];
    const struct wb_known *k = wb_known_find(l, db, t->schema, t->name);
    int index = k && k->table ? wb_table_find_column(k->table, s->columns[column].name) : -1;
    return index >= 0 && !k->table->columns[index].not_null;
}

static void find_null(struct wb_lint *l, const struct wb_lint_query *q,
                      const struct wb_sql_statement *s, const struct wb_sql_mark *m) {
    bool left = m->column[0] == SIZE_MAX || never_null(l, q, s, m->column[0]);
    bool right = m->column[1] == SIZE_MAX || never_null(l, q, s, m->column[1]);
    if (left && right && (m->column[0] != SIZE_MAX || m->column[1] != SIZE_MAX))
        return;
    const char *remedy =
        q->dialect == WB_DIALECT_POSTGRES ? "write IS DISTINCT FROM"
        : q->dialect == WB_DIALECT_MYSQL  ? "write NOT (a <=> b)"
        : q->dialect == WB_DIALECT_SQLITE
            ? "write IS NOT"
            : "write IS DISTINCT FROM (MySQL and MariaDB: NOT (a <=> b); SQLite: IS NOT)";
    wb_lint_find_at(l, q, m->at, WB_PLAN_NULL_UNSAFE, WB_WARNING, remedy,
                    "%s %s %s is not true where one side is NULL: such a row passes unseen",
                    m->left, m->operator_, m->right);
}

static void find_not_in(struct wb_lint *l, const struct wb_lint_query *q,
                        const struct wb_sql_statement *s, const struct wb_sql_mark *m) {
    if (!known_nullable(l, q, s, m->column[1]))
        return;
    wb_lint_find_at(
        l, q, m->at, WB_PLAN_NULL_UNSAFE, WB_WARNING,
        wb_arena_printf(l->a, "write NOT EXISTS, or add WHERE %s IS NOT NULL", m->right),
        "NOT IN is never true once %s.%s is NULL in one row: the check then passes "
        "whatever is missing",
        m->a, m->right);
}

/* --- joins
 * ---------------------------------------------------------------------------------------- */

static void note_anti(struct wb_lint *l, const struct wb_lint_query *q,
                      const struct wb_sql_mark *m) {
    *WB_PUSH(l->a, l->anti, l->n_anti, l->cap_anti) =
        (struct wb_lint_anti){.from = m->a,
                              .missing = m->b,
                              .place = wb_lint_place(l, q, m->at),
                              .phase = q->phase,
                              .reference = m->reference,
                              .both = m->sign == WB_SIGN_BOTH_WAYS};
}

static bool looks(const struct wb_lint *l, int phase, const char *from, const char *missing) {
    for (size_t i = 0; i < l->n_anti; i++) {
        const struct wb_lint_anti *a = &l->anti[i];
        if (a->phase != phase)
            continue;
        if (wb_str_ieq(a->from, from) && wb_str_ieq(a->missing, missing))
            return true;
        if (a->both && wb_str_ieq(a->from, missing) && wb_str_ieq(a->missing, from))
            return true;
    }
    return false;
}

/* What else a phase compares. */
struct others {
    bool counts; /* the number of rows */
    bool all;    /* all rows, by digest */
};

static void take_clauses(const struct wb_plan_clause *c, size_t n, struct others *ret) {
    for (size_t i = 0; i < n; i++) {
        ret->counts |= c[i].kind == WB_CLAUSE_ROW_COUNT;
        ret->all |= c[i].kind == WB_CLAUSE_PARITY || c[i].kind == WB_CLAUSE_CHECKSUM;
    }
}

static struct others others_of(const struct wb_lint *l, int phase) {
    const struct wb_plan_phase *p = phase < 0 ? NULL : &l->plan->phases[phase];
    struct others found = {0};
    for (size_t i = 0; p && i < p->n_labels; i++)
        take_clauses(p->labels[i].clauses, p->labels[i].n_clauses, &found);
    for (size_t i = 0; p && i < p->n_steps; i++) {
        found.all |= p->steps[i].builtin == WB_BUILTIN_VERIFY;
        take_clauses(p->steps[i].clauses, p->steps[i].n_clauses, &found);
    }
    return found;
}

static void find_hiding(struct wb_lint *l, const struct wb_lint_query *q,
                        const struct wb_sql_mark *m) {
    struct others others = others_of(l, q->phase);
    bool there = looks(l, q->phase, m->a, m->b), back = looks(l, q->phase, m->b, m->a);
    /* An equal number of rows alone proves nothing: one may be missing and another too many. */
    if (!q->wants_nothing || others.all || (there && back) || (others.counts && (there || back)))
        return;
    wb_lint_find_at(l, q, m->at, WB_PLAN_INNER_JOIN, WB_WARNING,
                    q->dialect == WB_DIALECT_MYSQL
                        ? "add \"row count match\", or a query for rows that one side lacks, in "
                          "each direction"
                        : "use FULL JOIN and count rows where either key IS NULL, or count both "
                          "tables too",
                    "the inner join drops rows that one side lacks: this check does not see them");
}

static void find_one_way(struct wb_lint *l) {
    for (size_t i = 0; i < l->n_anti; i++) {
        const struct wb_lint_anti *a = &l->anti[i];
        struct others others = others_of(l, a->phase);
        if (a->both || a->reference || looks(l, a->phase, a->missing, a->from) || others.counts ||
            others.all)
            continue;
        wb_lint_find(l, WB_PLAN_ONE_WAY, WB_WARNING, a->phase, a->place,
                     "add the same query with the tables exchanged, or a row count of both",
                     "rows of %s that %s lacks are looked for, but not rows of %s that %s lacks",
                     a->from, a->missing, a->missing, a->from);
    }
}

/* --- aggregates of text
 * ----------------------------------------------------------------------------- */

static void note_aggregate(struct wb_lint *l, const struct wb_lint_query *q,
                           const struct wb_sql_mark *m) {
    bool writes = q->role == WB_ROLE_UP || q->role == WB_ROLE_DOWN || q->role == WB_ROLE_ACTION;
    *WB_PUSH(l->a, l->aggregates, l->n_aggregates, l->cap_aggregates) =
        (struct wb_lint_aggregate){.function = m->a,
                                   .separator = m->b,
                                   .place = wb_lint_place(l, q, m->at),
                                   .phase = q->phase,
                                   .ordered = m->ordered,
                                   .compared = !writes};
}

static void find_aggregates(struct wb_lint *l) {
    const struct wb_lint_aggregate *concat = NULL, *other = NULL;
    for (size_t i = 0; i < l->n_aggregates; i++) {
        const struct wb_lint_aggregate *a = &l->aggregates[i];
        if (!a->compared)
            continue;
        if (!a->ordered)
            wb_lint_find(
                l, WB_PLAN_AGGREGATE, WB_WARNING, a->phase, a->place,
                "add ORDER BY the key inside the function, or use \"checksum\", which needs no "
                "order",
                "%s without ORDER BY gives the rows in any order: equal data may differ",
                a->function);
        if (strcmp(a->function, "group_concat") == 0)
            concat = a;
        else
            other = a;
    }
    if (!concat || !other)
        return;
    if (concat->separator && other->separator && strcmp(concat->separator, other->separator) != 0)
        wb_lint_find(
            l, WB_PLAN_AGGREGATE, WB_WARNING, concat->phase, concat->place,
            "give both the same separator",
            "GROUP_CONCAT separates by \"%s\" and STRING_AGG by \"%s\": the results always differ",
            concat->separator, other->separator);
    wb_lint_find(l, WB_PLAN_AGGREGATE, WB_WARNING, concat->phase, concat->place,
                 "use \"checksum\", or raise group_concat_max_len",
                 "GROUP_CONCAT is cut at group_concat_max_len without an error, STRING_AGG is not");
}

/* --- all of it
 * ------------------------------------------------------------------------------------ */

static void note_statement(struct wb_lint *l, const struct wb_lint_query *q,
                           const struct wb_sql_statement *s) {
    for (size_t i = 0; i < s->n_marks; i++) {
        const struct wb_sql_mark *m = &s->marks[i];
        bool both = m->sign == WB_SIGN_BOTH_WAYS;
        if (judges(q) && (both || (m->sign == WB_SIGN_ANTI_JOIN && q->wants_nothing)))
            note_anti(l, q, m);
        if (m->sign == WB_SIGN_AGGREGATE)
            note_aggregate(l, q, m);
        if (m->sign == WB_SIGN_OVERWRITES)
            wb_lint_find_at(l, q, m->at, WB_PLAN_UPSERT, WB_WARNING,
                            q->dialect == WB_DIALECT_MYSQL
                                ? "write INSERT IGNORE: a row that exists is at least as new"
                                : "write ON CONFLICT DO NOTHING: a row that exists is at least as "
                                  "new",
                            "what is copied may be older than the row that is there");
    }
}

static void judge_statement(struct wb_lint *l, const struct wb_lint_query *q,
                            const struct wb_sql_statement *s) {
    for (size_t i = 0; i < s->n_marks && judges(q); i++) {
        const struct wb_sql_mark *m = &s->marks[i];
        if (m->sign == WB_SIGN_NULL_UNSAFE)
            find_null(l, q, s, m);
        else if (m->sign == WB_SIGN_NOT_IN)
            find_not_in(l, q, s, m);
        else if (m->sign == WB_SIGN_HIDING_JOIN)
            find_hiding(l, q, m);
    }
}

void wb_lint_judge(struct wb_lint *l) {
    for (size_t i = 0; i < l->n_queries; i++)
        for (size_t k = 0; k < l->queries[i].script.n; k++)
            note_statement(l, &l->queries[i], &l->queries[i].script.items[k]);
    for (size_t i = 0; i < l->n_queries; i++)
        for (size_t k = 0; k < l->queries[i].script.n; k++)
            judge_statement(l, &l->queries[i], &l->queries[i].script.items[k]);
    find_one_way(l);
    find_aggregates(l);
}
