#include "plan/joins.h"

#include "plan/expression.h"
#include "plan/reader.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>

bool wb_plan_is_joined(const struct wb_plan *plan, const struct wb_plan_clause *c) {
    return (c->kind == WB_CLAUSE_CHECKSUM || c->kind == WB_CLAUSE_SAMPLE ||
            c->kind == WB_CLAUSE_PARITY) &&
           wb_plan_one_database(&plan->front);
}

/* --- a row of the mapping
 * -------------------------------------------------------------------------- */

/* A cell: one table, and columns of it. */
struct end {
    const char *table;
    struct wb_plan_words columns;
};

/* "users.email", or "users.first, users.last": a comma, a plus or "and" parts them. */
static bool read_end(const char *cell, struct wb_arena *a, struct end *ret) {
    *ret = (struct end){0};
    for (const char *s = cell; *s;) {
        size_t n = strcspn(s, " \t,+&`");
        bool joins = n == 3 && wb_str_istarts(s, "and");
        const char *name = wb_arena_strndup(a, s, n), *dot = strrchr(name, '.');
        s += n + (s[n] != 0);
        if (!n || joins)
            continue;
        if (!dot || dot == name || !dot[1] || strpbrk(name, "()'\"|"))
            return false;
        const char *table = wb_arena_strndup(a, name, (size_t)(dot - name));
        if (ret->table && strcmp(ret->table, table) != 0)
            return false;
        ret->table = table;
        *WB_PUSH(a, ret->columns.items, ret->columns.n, ret->columns.cap) = dot + 1;
    }
    return ret->table != NULL;
}

const char *wb_plan_columns_table(const char *cell, struct wb_arena *a) {
    struct end e;
    return read_end(cell, a, &e) ? e.table : NULL;
}

static bool same_table(const char *a, const char *b) {
    const char *dot = strrchr(b, '.');
    return wb_str_ieq(a, b) || (dot && wb_str_ieq(a, dot + 1));
}

/* Whether a name that people wrote, maybe with its table, is one of these columns. */
static bool names_one(const char *name, const struct end *e) {
    const char *dot = strrchr(name, '.');
    WB_CLEANUP_BUF struct wb_buf table = {0};
    wb_buf_add(&table, name, dot ? (size_t)(dot - name) : 0);
    if (!e->table || (dot && !same_table(wb_buf_str(&table), e->table)))
        return false;
    for (size_t i = 0; i < e->columns.n; i++)
        if (wb_str_ieq(e->columns.items[i], dot ? dot + 1 : name))
            return true;
    return false;
}

struct row {
    const struct wb_plan_mapping *m;
    struct end from, to;
    bool single; /* one table to one column */
    bool wanted; /* by the clause */
};

static struct row read_row(const struct wb_plan_mapping *m, const struct wb_plan_clause *c,
                           struct wb_arena *a) {
    struct row r = {.m = m, .wanted = c->kind != WB_CLAUSE_CHECKSUM || !c->names.n};
    bool from = read_end(m->from, a, &r.from);
    r.single = read_end(m->to, a, &r.to) && r.to.columns.n == 1 && from;
    for (size_t i = 0; i < c->names.n && c->kind == WB_CLAUSE_CHECKSUM; i++)
        r.wanted |= names_one(c->names.items[i], &r.from) || names_one(c->names.items[i], &r.to);
    return r;
}

/* --- joins
 * ----------------------------------------------------------------------------------------- */

static void leave_out(struct wb_plan_joins *j, struct wb_arena *a, const char *text) {
    *WB_PUSH(a, j->left_out.items, j->left_out.n, j->left_out.cap) = text;
}

static struct wb_plan_join *join_of(struct wb_plan_joins *j, struct wb_arena *a,
                                    const struct row *r) {
    for (size_t i = 0; i < j->n; i++)
        if (strcmp(j->items[i].to, r->to.table) == 0)
            return &j->items[i];
    struct wb_plan_join *join = WB_PUSH(a, j->items, j->n, j->cap);
    *join = (struct wb_plan_join){.from = r->from.table, .to = r->to.table};
    return join;
}

/* As is empty, or says the column itself. */
static bool is_plain(const struct row *r) {
    return r->from.columns.n == 1 && (!*r->m->as || names_one(r->m->as, &r->from));
}

static void leave_row(struct wb_plan_joins *j, struct wb_arena *a, const struct row *r,
                      const char *why) {
    const char *as = *r->m->as ? wb_arena_printf(a, " as \"%s\"", r->m->as) : "";
    if (r->wanted)
        leave_out(j, a, wb_arena_printf(a, "%s to %s%s (%s)", r->m->from, r->m->to, as, why));
}

static void add_row(struct wb_plan_joins *j, struct wb_arena *a, const struct row *r) {
    if (!r->single) {
        leave_row(j, a, r, "not of one table to one column");
        return;
    }
    struct wb_plan_join *join = join_of(j, a, r);
    bool plain = is_plain(r), other = strcmp(join->from, r->from.table) != 0;
    if (other)
        join->other = r->from.table;
    if (!other && !plain && !wb_plan_is_expression(r->m->as, r->from.table, &r->from.columns)) {
        leave_row(j, a, r, "no SQL over the old row alone");
        return;
    }
    *WB_PUSH(a, join->columns, join->n_columns, join->cap_columns) =
        (struct wb_plan_join_column){.from = plain ? r->from.columns.items[0] : NULL,
                                     .to = r->to.columns.items[0],
                                     .as = plain ? NULL : r->m->as,
                                     .place = r->m->place,
                                     .compared = r->wanted};
}

/* --- keys
 * ------------------------------------------------------------------------------------------ */

/* "user_id" of "users" */
static bool names_table(const char *column, size_t n, const char *table) {
    const char *dot = strrchr(table, '.');
    table = dot ? dot + 1 : table;
    size_t len = strlen(table);
    bool plural = len == n + 1 && (table[n] | 32) == 's';
    return (len == n || plural) && strncasecmp(column, table, n) == 0;
}

/* By names alone: 0 is best, NO_KEY is none. */
enum { NO_KEY = 4 };

static unsigned key_rank(const char *column, const char *table) {
    size_t n = strlen(column);
    if (wb_str_ieq(column, "id"))
        return 0;
    if (wb_str_ieq(column, "uuid"))
        return 1;
    if (n <= 3 || !wb_str_ieq(column + n - 3, "_id"))
        return NO_KEY;
    return names_table(column, n - 3, table) ? 2 : 3;
}

static void find_key(struct wb_plan_join *j) {
    unsigned best = NO_KEY;
    for (size_t i = 0; i < j->n_columns; i++) {
        const struct wb_plan_join_column *c = &j->columns[i];
        unsigned rank = c->as ? NO_KEY : key_rank(c->from, j->from);
        if (rank >= best)
            continue;
        best = rank;
        j->key_from = c->from;
        j->key_to = c->to;
    }
}

static bool compares_any(const struct wb_plan_join *j) {
    for (size_t i = 0; i < j->n_columns; i++)
        if (j->columns[i].compared)
            return true;
    return false;
}

/* Joins that are asked for and have a key stay. */
static void keep_joins(struct wb_plan_joins *j, struct wb_arena *a) {
    size_t n = 0;
    for (size_t i = 0; i < j->n; i++) {
        struct wb_plan_join *join = &j->items[i];
        find_key(join);
        if (!compares_any(join))
            continue;
        if (join->other)
            leave_out(j, a,
                      wb_arena_printf(a, "%s (the mapping fills it from %s and %s)", join->to,
                                      join->from, join->other));
        else if (join->key_from)
            j->items[n++] = *join;
        else
            leave_out(j, a,
                      wb_arena_printf(a,
                                      "%s (the mapping carries no key of %s to it as it is: a "
                                      "column id, uuid or …_id)",
                                      join->to, join->from));
    }
    j->n = n;
}

static void find_unknown(struct wb_plan_joins *j, struct wb_arena *a,
                         const struct wb_plan_clause *c, const struct row *rows, size_t n) {
    for (size_t i = 0; i < c->names.n && c->kind == WB_CLAUSE_CHECKSUM; i++) {
        bool found = false;
        for (size_t k = 0; k < n && !found; k++)
            found = names_one(c->names.items[i], &rows[k].from) ||
                    names_one(c->names.items[i], &rows[k].to);
        if (!found)
            *WB_PUSH(a, j->unknown.items, j->unknown.n, j->unknown.cap) = c->names.items[i];
    }
}

void wb_plan_joins(const struct wb_plan *plan, const struct wb_plan_clause *c, struct wb_arena *a,
                   struct wb_plan_joins *ret) {
    *ret = (struct wb_plan_joins){.why = "the plan has no mapping table that tells what belongs "
                                         "together"};
    struct row *rows = WB_NEW_N(a, struct row, plan->n_mappings + 1);
    for (size_t i = 0; i < plan->n_mappings; i++)
        rows[i] = read_row(&plan->mappings[i], c, a);
    for (size_t i = 0; i < plan->n_mappings; i++)
        add_row(ret, a, &rows[i]);
    keep_joins(ret, a);
    if (plan->n_mappings)
        find_unknown(ret, a, c, rows, plan->n_mappings);
    if (ret->left_out.n)
        ret->why = wb_arena_printf(a, "the mapping does not tell how to compare %s",
                                   ret->left_out.items[0]);
    else if (ret->unknown.n)
        ret->why = wb_arena_printf(a, "the mapping has no column %s", ret->unknown.items[0]);
}

static const char *near_one(const struct end *e, const char *name) {
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; i < e->columns.n; i++)
        if (wb_word_near(dot ? dot + 1 : name, e->columns.items[i]))
            return e->columns.items[i];
    return NULL;
}

const char *wb_plan_near_mapped(const struct wb_plan *plan, const char *name, struct wb_arena *a) {
    for (size_t i = 0; i < plan->n_mappings; i++) {
        struct end from, to;
        const char *near =
            read_end(plan->mappings[i].from, a, &from) ? near_one(&from, name) : NULL;
        if (!near && read_end(plan->mappings[i].to, a, &to))
            near = near_one(&to, name);
        if (near)
            return near;
    }
    return NULL;
}

static bool is_key(const struct wb_index *x, const struct wb_table *t) {
    for (size_t i = 0; i < x->n_parts; i++)
        if (x->parts[i].column < 0 || x->parts[i].prefix_length ||
            (!x->primary && !t->columns[x->parts[i].column].not_null))
            return false;
    return x->n_parts && (x->primary || x->unique) && !x->where.text && !x->without_overlaps;
}

static int carried(const struct wb_plan_join *j, const char *column) {
    for (size_t i = 0; i < j->n_columns; i++)
        if (!j->columns[i].as && wb_str_ieq(j->columns[i].from, column))
            return (int)i;
    return -1;
}

/* The mapping's columns that an index is of; 0: it is no key, or not all are carried. */
static size_t key_of(const struct wb_plan_join *j, const struct wb_table *from,
                     const struct wb_index *x, struct wb_arena *a, size_t **ret) {
    size_t *key = WB_NEW_N(a, size_t, x->n_parts + 1);
    if (!is_key(x, from))
        return 0;
    for (size_t i = 0; i < x->n_parts; i++) {
        int at = carried(j, from->columns[x->parts[i].column].name);
        if (at < 0)
            return 0;
        key[i] = (size_t)at;
    }
    *ret = key;
    return x->n_parts;
}

size_t wb_plan_join_key(const struct wb_plan_join *j, const struct wb_table *from,
                        struct wb_arena *a, size_t **ret) {
    size_t n = 0;
    for (size_t i = 0; i < from->n_indexes && !n; i++) {
        n = from->indexes[i].n_parts == 1 ? key_of(j, from, &from->indexes[i], a, ret) : 0;
        n = n && wb_str_ieq(j->columns[(*ret)[0]].from, j->key_from) ? n : 0;
    }
    for (size_t i = 0; i < from->n_indexes && !n; i++)
        n = key_of(j, from, &from->indexes[i], a, ret);
    return n;
}

void wb_plan_put_words(struct wb_buf *to, const struct wb_plan_words *w, size_t most) {
    size_t n = w->n > most ? most : w->n;
    for (size_t i = 0; i < n; i++)
        wb_buf_addf(to, "%s%s", i == 0 ? "" : i + 1 == w->n ? " and " : ", ", w->items[i]);
    if (n < w->n)
        wb_buf_addf(to, " and %zu more", w->n - n);
}
