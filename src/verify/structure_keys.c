/* Indexes, keys, foreign keys and checks: sets of things, matched by meaning first and by name
 * second. */
#include "verify/structure_int.h"

#include "base/str.h"

/* ------------------------------------------------------------------------------------------
 * indexes */

/* From the method on, as the engine keeps it, if it does. */
static const char *native_tail(const struct wb_index *ix) {
    return ix->native_sql ? strstr(ix->native_sql, " USING ") : NULL;
}

static const char *part_name(const struct wb_table *t, const struct wb_index_part *p) {
    return p->column >= 0 ? t->columns[p->column].name : NULL;
}

/* An engine that cannot index the whole of a long value indexes its beginning. */
static bool same_prefix(const struct wb_table *te, const struct wb_index_part *e,
                        const struct wb_index_part *a, bool one_spelling) {
    bool is_long = e->column >= 0 && te->columns[e->column].type.length == 0 &&
                   (te->columns[e->column].type.kind == WB_KIND_TEXT ||
                    te->columns[e->column].type.kind == WB_KIND_BYTES);
    return e->prefix_length == a->prefix_length ||
           (!one_spelling && e->prefix_length == 0 && is_long);
}

/* Nor does every engine have both: an index that finds by equality finds by order, too. */
static bool same_method(enum wb_index_method e, enum wb_index_method a, bool one_spelling) {
    bool either =
        (e == WB_INDEX_BTREE || e == WB_INDEX_HASH) && (a == WB_INDEX_BTREE || a == WB_INDEX_HASH);
    return e == a || (!one_spelling && either);
}

static bool same_shape(const struct wb_table *te, const struct wb_index *e,
                       const struct wb_table *ta, const struct wb_index *a, bool one_spelling) {
    if (e->n_parts != a->n_parts || (e->unique || e->primary) != (a->unique || a->primary) ||
        e->primary != a->primary || !same_method(e->method, a->method, one_spelling) ||
        e->nulls_not_distinct != a->nulls_not_distinct ||
        e->without_overlaps != a->without_overlaps)
        return false;
    for (size_t i = 0; i < e->n_parts; i++) {
        const struct wb_index_part *x = &e->parts[i], *y = &a->parts[i];
        if (!wb_str_eq(part_name(te, x), part_name(ta, y)) ||
            !same_prefix(te, x, y, one_spelling) || x->descending != y->descending ||
            x->nulls != y->nulls || !wb_str_eq(x->collation, y->collation))
            return false;
    }
    return true;
}

bool wb_verify_same_index(const struct wb_table *ta, const struct wb_index *a,
                          const struct wb_table *tb, const struct wb_index *b) {
    if (!same_shape(ta, a, tb, b, true) || !wb_str_eq(a->where.text, b->where.text))
        return false;
    for (size_t i = 0; i < a->n_parts; i++)
        if (!wb_str_eq(a->parts[i].expr.text, b->parts[i].expr.text))
            return false;
    return true;
}

static enum structure_same worse(enum structure_same a, enum structure_same b) {
    return a == STRUCTURE_DIFFERENT || b == STRUCTURE_DIFFERENT ? STRUCTURE_DIFFERENT
           : a == STRUCTURE_UNKNOWN || b == STRUCTURE_UNKNOWN   ? STRUCTURE_UNKNOWN
                                                                : STRUCTURE_SAME;
}

static enum structure_same compare_index(const struct structure *s, const struct structure_pair *p,
                                         const struct wb_index *e, const struct wb_index *a) {
    if (!same_shape(p->expected, e, p->actual, a, s->normalized))
        return STRUCTURE_DIFFERENT;
    if (s->normalized && native_tail(e) && native_tail(a))
        return wb_str_eq(wb_structure_expr(s, p, native_tail(e)),
                         wb_structure_expr(s, p, native_tail(a)))
                   ? STRUCTURE_SAME
                   : STRUCTURE_DIFFERENT;
    enum structure_same same = wb_structure_compare_expr(s, p, &e->where, &a->where);
    for (size_t i = 0; i < e->n_parts; i++)
        same = worse(same, wb_structure_compare_expr(s, p, &e->parts[i].expr, &a->parts[i].expr));
    return same;
}

static enum wb_verify_level level_of(const struct wb_index *ix) {
    return ix->primary || ix->constraint ? WB_VERIFY_CONSTRAINTS : WB_VERIFY_INDEXES;
}

static const char *index_object(struct structure *s, const struct wb_index *ix) {
    if (ix->primary)
        return "primary key";
    return wb_arena_printf(s->a, "%s %s", ix->constraint ? "unique key" : "index",
                           ix->name ? ix->name : "(without a name)");
}

/* A key is made of an index: both statements. */
static const char *index_hint(struct structure *s, const struct structure_pair *p,
                              const struct wb_index *e) {
    if (!e->name)
        return NULL;
    const char *index = wb_structure_ddl(s, p, WB_DDL_INDEX, e->name),
               *key = wb_structure_ddl(s, p, WB_DDL_CONSTRAINT, e->name);
    return index && key ? wb_arena_printf(s->a, "%s; %s", index, key) : index ? index : key;
}

/* The best that is there: one of the same name before another; -1: none. */
static int find_index(const struct structure *s, const struct structure_pair *p,
                      const struct wb_index *e, const bool *taken, enum structure_same same) {
    int found = -1;
    for (size_t i = 0; i < p->actual->n_indexes; i++) {
        const struct wb_index *a = &p->actual->indexes[i];
        if (taken[i] || compare_index(s, p, e, a) != same)
            continue;
        if (wb_str_eq(e->name, a->name))
            return (int)i;
        found = found < 0 ? (int)i : found;
    }
    return found;
}

static int find_named(const struct structure_pair *p, const struct wb_index *e, const bool *taken) {
    for (size_t i = 0; i < p->actual->n_indexes; i++) {
        const struct wb_index *a = &p->actual->indexes[i];
        if (!taken[i] && (e->primary ? a->primary : wb_str_eq(e->name, a->name)))
            return (int)i;
    }
    return -1;
}

static void note_other_name(struct structure *s, const struct structure_pair *p,
                            const struct wb_index *e, const struct wb_index *a) {
    if (!e->primary && e->name && a->name && !wb_str_eq(e->name, a->name))
        wb_structure_find(s, level_of(e), WB_VERIFY_EQUAL, p->name, index_object(s, e), NULL,
                          "it is there under another name: %s", a->name);
}

static void not_found_out(struct structure *s, const struct structure_pair *p,
                          const struct wb_index *e, const struct wb_index *a) {
    wb_structure_find(s, level_of(e), WB_VERIFY_UNVERIFIED, p->name, index_object(s, e), NULL,
                      "the source says %s, the target %s, and whether that is the same was not "
                      "found out: %s",
                      wb_structure_index_text(s->a, p->expected, e),
                      wb_structure_index_text(s->a, p->actual, a), s->why_not);
}

/* True where something is there that may stand for it. */
static bool take_index(struct structure *s, const struct structure_pair *p,
                       const struct wb_index *e, bool *taken) {
    int at = find_index(s, p, e, taken, STRUCTURE_SAME);
    if (at >= 0) {
        note_other_name(s, p, e, &p->actual->indexes[at]);
    } else if ((at = find_index(s, p, e, taken, STRUCTURE_UNKNOWN)) >= 0) {
        not_found_out(s, p, e, &p->actual->indexes[at]);
    }
    if (at >= 0)
        taken[at] = true;
    return at >= 0;
}

/* Indexes that render does not make, where it was not asked by expect. */
static bool is_left_out(struct structure *s, const struct structure_pair *p,
                        const struct wb_index *e) {
    const char *table = p->wanted->source_name ? p->wanted->source_name : p->wanted->name;
    return !s->normalized &&
           wb_structure_not_carried(
               s, "index",
               wb_arena_printf(s->a, "%s.%s", table, e->name ? e->name : "primary key"));
}

/* What engines write alike. */
static bool is_plain(const struct wb_index *ix) {
    for (size_t i = 0; i < ix->n_parts; i++)
        if (ix->parts[i].column < 0 || ix->parts[i].prefix_length)
            return false;
    return !ix->where.text;
}

static void miss_index(struct structure *s, const struct structure_pair *p,
                       const struct wb_index *e, bool *taken) {
    const char *expected = wb_structure_expr(s, p, wb_structure_index_text(s->a, p->expected, e));
    const char *hint = index_hint(s, p, e);
    int at = find_named(p, e, taken);
    if (at < 0) {
        wb_structure_find(s, level_of(e), WB_VERIFY_DIFFERENT, p->name, index_object(s, e), hint,
                          "it is missing in the target; expected %s", expected);
        return;
    }
    taken[at] = true;
    if (!s->normalized && !is_plain(e)) {
        not_found_out(s, p, e, &p->actual->indexes[at]);
        return;
    }
    wb_structure_find(
        s, level_of(e), WB_VERIFY_DIFFERENT, p->name, index_object(s, e), hint,
        "expected %s, there is %s", expected,
        wb_structure_expr(s, p, wb_structure_index_text(s->a, p->actual, &p->actual->indexes[at])));
}

/* A plain index more than expected changes no answer; a unique one refuses rows. */
static void extra_indexes(struct structure *s, const struct structure_pair *p, const bool *taken) {
    for (size_t i = 0; i < p->actual->n_indexes; i++) {
        const struct wb_index *a = &p->actual->indexes[i];
        bool strict = a->unique || a->primary;
        if (!taken[i])
            wb_structure_find(s, level_of(a), strict ? WB_VERIFY_DIFFERENT : WB_VERIFY_EQUAL,
                              p->name, index_object(s, a), NULL, "it is in the target only: %s",
                              wb_structure_index_text(s->a, p->actual, a));
    }
}

void wb_structure_indexes(struct structure *s, const struct structure_pair *p) {
    size_t n = p->expected->n_indexes;
    bool *taken = WB_NEW_N(s->a, bool, p->actual->n_indexes + 1),
         *found = WB_NEW_N(s->a, bool, n + 1);
    for (size_t i = 0; i < n; i++)
        found[i] = is_left_out(s, p, &p->expected->indexes[i]) ||
                   take_index(s, p, &p->expected->indexes[i], taken);
    for (size_t i = 0; i < n; i++)
        if (!found[i])
            miss_index(s, p, &p->expected->indexes[i], taken);
    extra_indexes(s, p, taken);
}

/* ------------------------------------------------------------------------------------------
 * foreign keys */

static const char *ref_column(const struct wb_catalog *c, const struct wb_foreign_key *fk,
                              size_t i) {
    if (fk->ref_columns)
        return fk->ref_columns[i];
    const struct wb_table *ref = wb_catalog_find_table(c, NULL, fk->ref_table);
    const struct wb_index *key = ref ? wb_table_primary_key(ref) : NULL;
    return key && i < key->n_parts ? part_name(ref, &key->parts[i]) : NULL;
}

/* The same columns of the same tables. A schema's name counts only where it is not the table's own:
 * the expected one's is made up. */
static bool same_ends(const struct structure *s, const struct structure_pair *p,
                      const struct wb_foreign_key *e, const struct wb_foreign_key *a) {
    const struct wb_catalog *from = s->normalized ? &s->expected : &s->wanted;
    bool own_e = !e->ref_schema || wb_str_eq(e->ref_schema, p->expected->schema),
         own_a = !a->ref_schema || wb_str_eq(a->ref_schema, p->actual->schema);
    if (e->n_columns != a->n_columns || !wb_str_ieq(e->ref_table, a->ref_table) || own_e != own_a ||
        (!own_e && !wb_str_eq(e->ref_schema, a->ref_schema)))
        return false;
    for (size_t i = 0; i < e->n_columns; i++)
        if (!wb_str_eq(p->expected->columns[e->columns[i]].name,
                       p->actual->columns[a->columns[i]].name) ||
            !wb_str_ieq(ref_column(from, e, i), ref_column(s->ask->actual, a, i)))
            return false;
    return true;
}

static bool same_actions(const struct wb_foreign_key *e, const struct wb_foreign_key *a) {
    return e->on_delete == a->on_delete && e->on_update == a->on_update &&
           e->deferrable == a->deferrable && e->initially_deferred == a->initially_deferred;
}

static const char *fk_object(struct structure *s, const struct wb_table *t,
                             const struct wb_foreign_key *fk) {
    if (fk->name)
        return wb_arena_printf(s->a, "foreign key %s", fk->name);
    return wb_arena_printf(s->a, "foreign key on %s", t->columns[fk->columns[0]].name);
}

static int find_fk(const struct structure *s, const struct structure_pair *p,
                   const struct wb_foreign_key *e, const bool *taken, bool with_actions) {
    for (size_t i = 0; i < p->actual->n_fks; i++) {
        const struct wb_foreign_key *a = &p->actual->fks[i];
        if (!taken[i] && same_ends(s, p, e, a) && (!with_actions || same_actions(e, a)))
            return (int)i;
    }
    return -1;
}

static const char *fk_hint(struct structure *s, const struct structure_pair *p,
                           const struct wb_foreign_key *e, const struct wb_foreign_key *instead) {
    const char *sql = e->name ? wb_structure_ddl(s, p, WB_DDL_FOREIGN_KEY, e->name) : NULL;
    const char *drop =
        instead && instead->name && sql
            ? wb_structure_alter(s, p, "DROP CONSTRAINT %s", wb_structure_quoted(s, instead->name))
            : NULL;
    return drop ? wb_arena_printf(s->a, "%s; %s", drop, sql) : instead ? NULL : sql;
}

static void compare_fk(struct structure *s, const struct structure_pair *p,
                       const struct wb_foreign_key *e, bool *taken) {
    int at = find_fk(s, p, e, taken, true);
    const struct wb_foreign_key *a = NULL;
    if (at < 0 && (at = find_fk(s, p, e, taken, false)) >= 0)
        a = &p->actual->fks[at];
    if (at >= 0)
        taken[at] = true;
    if (at >= 0 && !a)
        return;
    const char *expected = wb_structure_fk_text(s->a, p->expected, e);
    if (a)
        wb_structure_find(s, WB_VERIFY_CONSTRAINTS, WB_VERIFY_DIFFERENT, p->name,
                          fk_object(s, p->expected, e), fk_hint(s, p, e, a),
                          "expected %s, there is %s", expected,
                          wb_structure_fk_text(s->a, p->actual, a));
    else
        wb_structure_find(s, WB_VERIFY_CONSTRAINTS, WB_VERIFY_DIFFERENT, p->name,
                          fk_object(s, p->expected, e), fk_hint(s, p, e, NULL),
                          "it is missing in the target; expected %s", expected);
}

static bool fk_is_left_out(struct structure *s, const struct structure_pair *p,
                           const struct wb_foreign_key *e) {
    const char *table = p->wanted->source_name ? p->wanted->source_name : p->wanted->name;
    return !s->normalized && e->name &&
           wb_structure_not_carried(s, "foreign key",
                                    wb_arena_printf(s->a, "%s.%s", table, e->name));
}

void wb_structure_foreign_keys(struct structure *s, const struct structure_pair *p) {
    bool *taken = WB_NEW_N(s->a, bool, p->actual->n_fks + 1);
    for (size_t i = 0; i < p->expected->n_fks; i++)
        if (!fk_is_left_out(s, p, &p->expected->fks[i]))
            compare_fk(s, p, &p->expected->fks[i], taken);
    for (size_t i = 0; i < p->actual->n_fks; i++)
        if (!taken[i])
            wb_structure_find(s, WB_VERIFY_CONSTRAINTS, WB_VERIFY_DIFFERENT, p->name,
                              fk_object(s, p->actual, &p->actual->fks[i]), NULL,
                              "it is in the target only: %s",
                              wb_structure_fk_text(s->a, p->actual, &p->actual->fks[i]));
}

/* ------------------------------------------------------------------------------------------
 * checks */

static const char *check_object(struct structure *s, const struct wb_check *c) {
    return c->name ? wb_arena_printf(s->a, "check %s", c->name) : "check";
}

static int find_check(const struct structure *s, const struct structure_pair *p,
                      const struct wb_check *e, const bool *taken, enum structure_same same) {
    int found = -1;
    for (size_t i = 0; i < p->actual->n_checks; i++) {
        const struct wb_check *a = &p->actual->checks[i];
        if (taken[i] || wb_structure_compare_expr(s, p, &e->expr, &a->expr) != same ||
            e->not_enforced != a->not_enforced)
            continue;
        if (wb_str_eq(e->name, a->name))
            return (int)i;
        found = found < 0 ? (int)i : found;
    }
    return found;
}

static int find_named_check(const struct structure_pair *p, const struct wb_check *e,
                            const bool *taken) {
    for (size_t i = 0; i < p->actual->n_checks; i++)
        if (!taken[i] && e->name && wb_str_eq(e->name, p->actual->checks[i].name))
            return (int)i;
    return -1;
}

/* The one constraint is dropped before the other of its name is made. */
static const char *replace_hint(struct structure *s, const struct structure_pair *p,
                                const char *name, const char *sql) {
    const char *drop =
        sql ? wb_structure_alter(s, p, "DROP CONSTRAINT %s", wb_structure_quoted(s, name)) : NULL;
    return drop ? wb_arena_printf(s->a, "%s; %s", drop, sql) : NULL;
}

static void miss_check(struct structure *s, const struct structure_pair *p,
                       const struct wb_check *e, bool *taken) {
    int at = find_named_check(p, e, taken);
    const char *expected = wb_structure_expr(s, p, e->expr.text);
    const char *hint = e->name ? wb_structure_ddl(s, p, WB_DDL_TABLE, e->name) : NULL;
    if (at < 0) {
        wb_structure_find(s, WB_VERIFY_CONSTRAINTS, WB_VERIFY_DIFFERENT, p->name,
                          check_object(s, e), hint, "it is missing in the target; expected %s",
                          expected);
        return;
    }
    taken[at] = true;
    const char *there = wb_structure_expr(s, p, p->actual->checks[at].expr.text);
    bool unknown =
        wb_structure_compare_expr(s, p, &e->expr, &p->actual->checks[at].expr) == STRUCTURE_UNKNOWN;
    if (unknown)
        wb_structure_find(s, WB_VERIFY_CONSTRAINTS, WB_VERIFY_UNVERIFIED, p->name,
                          check_object(s, e), NULL,
                          "the source says %s, the target %s, and whether that is the same was "
                          "not found out: %s",
                          expected, there, s->why_not);
    else
        wb_structure_find(s, WB_VERIFY_CONSTRAINTS, WB_VERIFY_DIFFERENT, p->name,
                          check_object(s, e), replace_hint(s, p, e->name, hint),
                          "expected %s, there is %s%s", expected, there,
                          p->actual->checks[at].not_enforced ? ", not enforced" : "");
}

static bool check_is_left_out(struct structure *s, const struct structure_pair *p,
                              const struct wb_check *e) {
    const char *table = p->wanted->source_name ? p->wanted->source_name : p->wanted->name;
    return !s->normalized && e->name &&
           wb_structure_not_carried(s, "check", wb_arena_printf(s->a, "%s.%s", table, e->name));
}

void wb_structure_checks(struct structure *s, const struct structure_pair *p) {
    size_t n = p->expected->n_checks;
    bool *taken = WB_NEW_N(s->a, bool, p->actual->n_checks + 1),
         *found = WB_NEW_N(s->a, bool, n + 1);
    for (size_t i = 0; i < n; i++) {
        int at = find_check(s, p, &p->expected->checks[i], taken, STRUCTURE_SAME);
        found[i] = at >= 0 || check_is_left_out(s, p, &p->expected->checks[i]);
        if (at >= 0)
            taken[at] = true;
    }
    for (size_t i = 0; i < n; i++)
        if (!found[i])
            miss_check(s, p, &p->expected->checks[i], taken);
    for (size_t i = 0; i < p->actual->n_checks; i++)
        if (!taken[i])
            wb_structure_find(s, WB_VERIFY_CONSTRAINTS, WB_VERIFY_DIFFERENT, p->name,
                              check_object(s, &p->actual->checks[i]), NULL,
                              "it is in the target only: %s",
                              wb_structure_expr(s, p, p->actual->checks[i].expr.text));
}
