/* Names outside of SQL: the mapping, the tables of the front matter, criteria. */
#include "lint/inside.h"

#include "plan/joins.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>

/* "schema.table.column", "table.column" or "table" into parts; 0 where it is anything else. */
static size_t parts_of(struct wb_lint *l, const char *text, const char *parts[3]) {
    size_t n = 0;
    while (n < 3) {
        size_t len = 0;
        while (isalnum((unsigned char)text[len]) || text[len] == '_' || (text[len] & 0x80))
            len++;
        if (!len || isdigit((unsigned char)*text))
            return 0;
        parts[n++] = wb_arena_strndup(l->a, text, len);
        text += len;
        if (*text != '.')
            break;
        text++;
    }
    return *text ? 0 : n;
}

/* Whether name is that of a table, known at any time. */
static bool is_table(struct wb_lint *l, struct wb_lint_db *db, const char *schema,
                     const char *name) {
    return wb_known_find(l, db, schema, name) != NULL;
}

static void judge_name(struct wb_lint *l, struct wb_lint_db *db, const char *text,
                       struct wb_plan_place place, int phase, enum wb_severity severity) {
    static const char *const sides[] = {"source", "target"};
    const char *parts[3];
    size_t n = parts_of(l, text, parts);
    if (n < 1 || db->opaque_line)
        severity = WB_WARNING;
    if (!n)
        return;
    bool schema = n == 3 || (n == 2 && !is_table(l, db, NULL, parts[0]) &&
                             is_table(l, db, parts[0], parts[1]));
    const char *table = parts[schema], *column = n > 1u + schema ? parts[1 + schema] : NULL;
    const struct wb_known *k = wb_known_find(l, db, schema ? parts[0] : NULL, table);
    if (!k) {
        const char *near = wb_known_near_table(db, table);
        wb_lint_find(l, WB_PLAN_UNKNOWN, severity, phase, place,
                     near ? wb_arena_printf(l->a, "did you mean: %s", near) : NULL,
                     "the %s has no table %s", sides[db->side], table);
    } else if (column && !wb_known_has_column(db, k, column)) {
        const char *near = wb_known_near_column(k, column);
        wb_lint_find(l, WB_PLAN_UNKNOWN, severity, phase, place,
                     near ? wb_arena_printf(l->a, "did you mean: %s", near) : NULL,
                     "the column %s is not in the table %s", column, table);
    }
}

static void judge_mapping(struct wb_lint *l) {
    struct wb_lint_db *from = wb_lint_db_of(l, WB_ON_SOURCE), *to = wb_lint_db_of(l, WB_ON_TARGET);
    for (size_t i = 0; i < l->plan->n_mappings; i++) {
        const struct wb_plan_mapping *m = &l->plan->mappings[i];
        if (from && m->from)
            judge_name(l, from, m->from, m->place, -1, WB_ERROR);
        /* The new side may yet have to be made by hand. */
        if (to && m->to)
            judge_name(l, to, m->to, m->place, -1, WB_WARNING);
    }
}

static void judge_patterns(struct wb_lint *l) {
    struct wb_lint_db *db = wb_lint_db_of(l, WB_ON_SOURCE);
    for (size_t i = 0; db && i < l->plan->front.n_tables; i++) {
        const struct wb_plan_text *t = &l->plan->front.tables[i];
        bool found = false;
        wb_known_schema(l, db, NULL);
        for (size_t k = 0; k < db->n_known && !found; k++) {
            const struct wb_known *known = db->known[k];
            found = wb_str_glob(t->value, known->name) ||
                    wb_str_glob(t->value,
                                wb_arena_printf(l->a, "%s.%s", known->schema ? known->schema : "",
                                                known->name));
        }
        const char *near =
            found || strpbrk(t->value, "*?") ? NULL : wb_known_near_table(db, t->value);
        if (!found)
            wb_lint_find(l, WB_PLAN_UNKNOWN, WB_ERROR, -1, t->place,
                         near ? wb_arena_printf(l->a, "did you mean: %s", near) : NULL,
                         "no table of the source is called %s", t->shown);
    }
}

static bool some_table_has(const struct wb_lint_db *db, const char *column) {
    for (size_t i = 0; i < db->n_known; i++)
        if (db->known[i]->columns_known && wb_known_has_column(db, db->known[i], column))
            return true;
    return false;
}

static void judge_checksum(struct wb_lint *l, const struct wb_plan_clause *c, int phase) {
    struct wb_lint_db *db = wb_lint_db_of(l, WB_ON_SOURCE);
    for (size_t i = 0; db && i < c->names.n; i++) {
        const char *parts[3], *near = NULL;
        size_t n = parts_of(l, c->names.items[i], parts);
        if (n > 1)
            judge_name(l, db, c->names.items[i], c->place, phase, WB_ERROR);
        if (n != 1)
            continue;
        wb_known_schema(l, db, NULL);
        for (size_t k = 0; k < db->n_known && !near; k++)
            near = wb_known_near_column(db->known[k], parts[0]);
        if (!some_table_has(db, parts[0]))
            wb_lint_find(l, WB_PLAN_UNKNOWN, WB_ERROR, phase, c->place,
                         near ? wb_arena_printf(l->a, "did you mean: %s", near) : NULL,
                         "no table of the source has a column %s", parts[0]);
    }
}

static const struct wb_table *described(struct wb_lint *l, struct wb_lint_db *db,
                                        const char *name) {
    const char *dot = strrchr(name, '.');
    const char *schema = dot ? wb_arena_strndup(l->a, name, (size_t)(dot - name)) : NULL;
    const struct wb_known *k = wb_known_find(l, db, schema, dot ? dot + 1 : name);
    return k ? k->table : NULL;
}

static bool leads_an_index(const struct wb_table *t, const char *column) {
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct wb_index *x = &t->indexes[i];
        if (x->n_parts && x->parts[0].column >= 0 &&
            wb_str_ieq(t->columns[x->parts[0].column].name, column))
            return true;
    }
    return false;
}

/* Whether the catalog knows the mapping's key as one: else the rows cannot be joined. */
static void judge_joins(struct wb_lint *l, const struct wb_plan_clause *c, int phase) {
    struct wb_lint_db *db = wb_lint_db_of(l, WB_ON_SOURCE);
    struct wb_plan_joins joins = {0};
    if (db && wb_plan_is_joined(l->plan, c))
        wb_plan_joins(l->plan, c, l->a, &joins);
    for (size_t i = 0; i < joins.n; i++) {
        const struct wb_plan_join *j = &joins.items[i];
        const struct wb_table *from = described(l, db, j->from), *to = described(l, db, j->to);
        size_t *key, n = from ? wb_plan_join_key(j, from, l->a, &key) : 0;
        if (from && !n)
            wb_lint_find(l, WB_PLAN_STRUCTURE, WB_ERROR, phase, c->place,
                         "map the columns of its primary key, each as it is; or write a query in a "
                         "block below the label",
                         "the mapping carries no key of %s to %s: its rows cannot be compared",
                         j->from, j->to);
        if (n && to && !leads_an_index(to, j->columns[key[0]].to))
            wb_lint_find(
                l, WB_PLAN_ADVICE, WB_NOTE, phase, c->place,
                wb_arena_printf(l->a, "make an index of %s (%s)", j->to, j->columns[key[0]].to),
                "%s has no index that begins with %s: it is compared in one statement, "
                "which may take long",
                j->to, j->columns[key[0]].to);
    }
}

static void judge_clauses(struct wb_lint *l, const struct wb_plan_clause *c, size_t n, int phase) {
    struct wb_lint_db *db = wb_lint_db_of(l, WB_ON_SOURCE);
    for (size_t i = 0; i < n; i++) {
        if (c[i].kind == WB_CLAUSE_NO_QUERIES && db && c[i].thing)
            judge_name(l, db, c[i].thing, c[i].place, phase, WB_ERROR);
        if (c[i].kind == WB_CLAUSE_CHECKSUM)
            judge_checksum(l, &c[i], phase);
        judge_joins(l, &c[i], phase);
    }
}

void wb_lint_criteria(struct wb_lint *l) {
    judge_mapping(l);
    judge_patterns(l);
    for (size_t i = 0; i < l->plan->n_phases; i++) {
        const struct wb_plan_phase *p = &l->plan->phases[i];
        for (size_t k = 0; k < p->n_labels; k++)
            judge_clauses(l, p->labels[k].clauses, p->labels[k].n_clauses, (int)i);
        for (size_t k = 0; k < p->n_steps; k++)
            judge_clauses(l, p->steps[k].clauses, p->steps[k].n_clauses, (int)i);
        for (size_t k = 0; k < p->n_stages; k++)
            judge_clauses(l, p->stages[k].gate, p->stages[k].n_gate, (int)i);
    }
}
