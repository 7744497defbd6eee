/* Indexes, primary and unique keys: a set of things, matched by meaning first and by name second.
 */
#include "verify/structure_int.h"

#include "base/str.h"

/* ------------------------------------------------------------------------------------------
 * meaning */

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
    if (!same_shape(p->expected, e, p->actual, a, p->normalized))
        return STRUCTURE_DIFFERENT;
    if (p->normalized && native_tail(e) && native_tail(a))
        return wb_str_eq(wb_structure_expr(s, p, native_tail(e)),
                         wb_structure_expr(s, p, native_tail(a)))
                   ? STRUCTURE_SAME
                   : STRUCTURE_DIFFERENT;
    enum structure_same same = wb_structure_compare_expr(s, p, &e->where, &a->where);
    for (size_t i = 0; i < e->n_parts; i++)
        same = worse(same, wb_structure_compare_expr(s, p, &e->parts[i].expr, &a->parts[i].expr));
    return same;
}

/* ------------------------------------------------------------------------------------------
 * matching */

static enum wb_verify_level level_of(const struct wb_index *ix) {
    return ix->primary || ix->constraint ? WB_VERIFY_CONSTRAINTS : WB_VERIFY_INDEXES;
}

static const char *index_object(struct structure *s, const struct wb_index *ix) {
    if (ix->primary)
        return "primary key";
    return wb_arena_printf(s->a, "%s %s", ix->constraint ? "unique key" : "index",
                           ix->name ? ix->name : "(without a name)");
}

/* The statement that takes away what stands in e's place: a key by its constraint. */
static const char *drop_hint(struct structure *s, const struct structure_pair *p,
                             const struct wb_index *e, const struct wb_index *instead) {
    if (instead->primary || instead->constraint)
        return wb_structure_drop(s, p, "CONSTRAINT", instead->name);
    return wb_structure_undo(s, p, WB_DDL_INDEX, e->name);
}

/* A key is made of an index: both statements. instead may be NULL. */
static const char *index_hint(struct structure *s, const struct structure_pair *p,
                              const struct wb_index *e, const struct wb_index *instead) {
    const char *own = wb_structure_mend(s, p, WB_PART_INDEX, (size_t)(e - p->expected->indexes),
                                        instead ? instead->name : NULL);
    if (own || !e->name)
        return own;
    const char *index = wb_structure_ddl(s, p, WB_DDL_INDEX, e->name),
               *key = wb_structure_ddl(s, p, WB_DDL_CONSTRAINT, e->name);
    const char *made = index && key ? wb_structure_both(s, index, key) : index ? index : key;
    return instead ? wb_structure_both(s, drop_hint(s, p, e, instead), made) : made;
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
    wb_structure_unknown(s, p, level_of(e), index_object(s, e), "",
                         wb_structure_index_text(s->a, p->expected, e),
                         wb_structure_index_text(s->a, p->actual, a));
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
    return !p->normalized &&
           wb_structure_not_carried(
               s, "index",
               wb_arena_printf(s->a, "%s.%s", table, e->name ? e->name : "primary key"));
}

/* What engines write alike. */
static bool is_plain(const struct wb_index *ix) {
    for (size_t i = 0; i < ix->n_parts; i++)
        if (ix->parts[i].column < 0 || ix->parts[i].prefix_length || ix->parts[i].nulls ||
            ix->parts[i].collation)
            return false;
    return !ix->where.text;
}

static void miss_index(struct structure *s, const struct structure_pair *p,
                       const struct wb_index *e, bool *taken) {
    const char *expected = wb_structure_expr(s, p, wb_structure_index_text(s->a, p->expected, e));
    int at = find_named(p, e, taken);
    if (at < 0) {
        wb_structure_find(s, level_of(e), WB_VERIFY_DIFFERENT, p->name, index_object(s, e),
                          index_hint(s, p, e, NULL), "it is missing in the target; expected %s",
                          expected);
        return;
    }
    const struct wb_index *a = &p->actual->indexes[at];
    taken[at] = true;
    if (!p->normalized && !(is_plain(e) && is_plain(a))) {
        not_found_out(s, p, e, a);
        return;
    }
    wb_structure_find(s, level_of(e), WB_VERIFY_DIFFERENT, p->name, index_object(s, e),
                      index_hint(s, p, e, a), "expected %s, there is %s", expected,
                      wb_structure_expr(s, p, wb_structure_index_text(s->a, p->actual, a)));
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
