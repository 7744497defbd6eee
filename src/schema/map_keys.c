/* Keys and what hangs on them: indexes, foreign keys, checks, partitions; and the collations that
 * keys depend on.
 *
 * A key over text that compares without case refuses 'Bob' beside 'bob' and lets 'BOB' refer to
 * 'bob'. The target must do the same, so such columns, and only they, get a collation of that kind;
 * what refers to a column gets its collation, too.
 */
#include "schema/map_int.h"

#include "base/str.h"

static void *copy_array(struct wb_arena *a, const void *from, size_t n, size_t size) {
    void *to = wb_arena_zalloc(a, (n + 1) * size);
    if (n)
        memcpy(to, from, n * size);
    return to;
}

static void map_index(struct wb_map *m, const struct wb_table *to, struct wb_index *x) {
    x->parts = copy_array(m->a, x->parts, x->n_parts, sizeof *x->parts);
    for (size_t i = 0; i < x->n_parts; i++)
        wb_map_expr(m, to, &x->parts[i].expr);
    wb_map_expr(m, to, &x->where);
}

void wb_map_keys(struct wb_map *m, const struct wb_table *from, struct wb_table *to) {
    to->indexes = copy_array(m->a, from->indexes, from->n_indexes, sizeof *to->indexes);
    for (size_t i = 0; i < to->n_indexes; i++)
        map_index(m, to, &to->indexes[i]);
    to->checks = copy_array(m->a, from->checks, from->n_checks, sizeof *to->checks);
    for (size_t i = 0; i < to->n_checks; i++)
        wb_map_expr(m, to, &to->checks[i].expr);
    wb_map_expr(m, to, &to->partitioning.expr);
}

static struct wb_table *by_source_name(struct wb_map *m, const char *schema, const char *name) {
    for (size_t i = 0; i < m->ret->n_tables; i++) {
        struct wb_table *t = &m->ret->tables[i];
        if (wb_str_eq(t->source_name, name) && (!schema || wb_str_eq(t->source_schema, schema)))
            return t;
    }
    for (size_t i = 0; i < m->ret->n_tables; i++) /* as SQLite and MySQL may take it */
        if (wb_str_ieq(m->ret->tables[i].source_name, name) &&
            !wb_catalog_find_table(m->source, schema, name))
            return &m->ret->tables[i];
    return NULL;
}

static const char *target_column(const struct wb_table *t, const char *source_name) {
    for (size_t i = 0; i < t->n_columns; i++)
        if (wb_str_ieq(t->columns[i].source_name, source_name))
            return t->columns[i].name;
    return source_name;
}

/* SQLite may leave the columns that it refers to unsaid: the primary key's. By their names in the
 * source. */
static void name_primary_key(struct wb_map *m, const struct wb_table *parent,
                             struct wb_foreign_key *f) {
    const struct wb_table *from = &m->source->tables[parent->source_index];
    const struct wb_index *pk = wb_table_primary_key(from);
    if (!pk || pk->n_parts != f->n_columns)
        return;
    f->ref_columns = WB_NEW_N(m->a, const char *, f->n_columns + 1);
    for (size_t i = 0; i < f->n_columns; i++)
        f->ref_columns[i] = from->columns[pk->parts[i].column].name;
}

static bool map_foreign_key(struct wb_map *m, const struct wb_table *from,
                            struct wb_foreign_key *f) {
    struct wb_table *parent = by_source_name(m, f->ref_schema, f->ref_table);
    if (!parent && m->same_engine && m->opts->target->ddl->keys_inline &&
        !wb_catalog_find_table(m->source, NULL, f->ref_table))
        return true; /* a reference to nothing, as SQLite allows */
    if (!parent) {
        wb_map_note(m, WB_FINDING_NOT_CARRIED, "foreign key",
                    wb_arena_printf(m->a, "%s.%s", from->name, f->name ? f->name : f->ref_table),
                    NULL, "the table %s that it refers to is not copied", f->ref_table);
        return false;
    }
    f->ref_schema = parent->schema;
    f->ref_table = parent->name;
    if (!f->ref_columns && !m->same_engine)
        name_primary_key(m, parent, f);
    const char **columns =
        f->ref_columns ? copy_array(m->a, f->ref_columns, f->n_columns, sizeof *columns) : NULL;
    for (size_t i = 0; columns && i < f->n_columns; i++)
        columns[i] = target_column(parent, columns[i]);
    f->ref_columns = columns;
    return true;
}

void wb_map_foreign_keys(struct wb_map *m, const struct wb_table *from, struct wb_table *to) {
    to->fks = WB_NEW_N(m->a, struct wb_foreign_key, from->n_fks + 1);
    to->n_fks = 0;
    for (size_t i = 0; i < from->n_fks; i++) {
        struct wb_foreign_key f = from->fks[i];
        if (map_foreign_key(m, from, &f))
            to->fks[to->n_fks++] = f;
        else
            to->native_sql = NULL; /* the engine's own text would still name the table */
    }
}

static bool ignores_something(const struct wb_column *c) {
    return c->type.kind == WB_KIND_TEXT &&
           c->type.collation_flags & (WB_COLL_CASE_INSENSITIVE | WB_COLL_ACCENT_INSENSITIVE);
}

/* True where it was not marked before. */
static bool mark(struct wb_column *c) {
    if (!ignores_something(c) || c->type.collation)
        return false;
    c->type.collation =
        c->type.collation_flags & WB_COLL_ACCENT_INSENSITIVE ? "whimbrel_ci_ai" : "whimbrel_ci";
    return true;
}

static void mark_unique_keys(struct wb_table *t) {
    for (size_t i = 0; i < t->n_indexes; i++)
        for (size_t p = 0; t->indexes[i].unique && p < t->indexes[i].n_parts; p++)
            if (t->indexes[i].parts[p].column >= 0)
                mark(&t->columns[t->indexes[i].parts[p].column]);
}

/* Both ends of a foreign key; repeated until nothing new is found, for chains of them. */
static bool mark_foreign_keys(struct wb_map *m, struct wb_table *t) {
    bool any = false;
    for (size_t i = 0; i < t->n_fks; i++) {
        const struct wb_foreign_key *f = &t->fks[i];
        struct wb_table *parent = wb_catalog_find_table(m->ret, f->ref_schema, f->ref_table);
        for (size_t k = 0; k < f->n_columns; k++) {
            any |= mark(&t->columns[f->columns[k]]);
            int p = parent && f->ref_columns ? wb_table_find_column(parent, f->ref_columns[k]) : -1;
            if (p >= 0)
                any |= mark(&parent->columns[p]);
        }
    }
    return any;
}

static void note_unmarked(struct wb_map *m, const struct wb_table *t) {
    WB_CLEANUP_BUF struct wb_buf names = {0};
    for (size_t i = 0; i < t->n_columns; i++)
        if (ignores_something(&t->columns[i]) && !t->columns[i].type.collation)
            wb_buf_addf(&names, "%s%s", names.len ? ", " : "", t->columns[i].name);
    if (names.len)
        wb_map_note(m, WB_FINDING_ALTERED, "collation", t->source_name, NULL,
                    "comparisons and order of %s count case and accents in the target",
                    wb_buf_str(&names));
}

/* A collation that folds ASCII alone is weaker than any that ignores case: no key that the source
 * keeps is refused, and every column may have it. */
static void fold_ascii(struct wb_map *m, struct wb_table *t) {
    WB_CLEANUP_BUF struct wb_buf names = {0};
    for (size_t i = 0; i < t->n_columns; i++) {
        struct wb_column *c = &t->columns[i];
        if (!ignores_something(c))
            continue;
        if (c->type.collation_flags & WB_COLL_CASE_INSENSITIVE)
            c->type.collation = m->opts->target->ddl->folding_collation;
        wb_buf_addf(&names, "%s%s", names.len ? ", " : "", c->name);
    }
    if (names.len)
        wb_map_note(m, WB_FINDING_ALTERED, "collation", t->source_name, NULL,
                    "comparisons, order and keys of %s ignore the case of ASCII letters only in "
                    "the target; other letters and accents count",
                    wb_buf_str(&names));
}

/* The source folds ASCII alone, the target's collations more. */
static void note_folding(struct wb_map *m, const struct wb_table *t) {
    WB_CLEANUP_BUF struct wb_buf names = {0};
    for (size_t i = 0; i < t->n_columns; i++)
        if (ignores_something(&t->columns[i]))
            wb_buf_addf(&names, "%s%s", names.len ? ", " : "", t->columns[i].name);
    if (names.len)
        wb_map_note(m, WB_FINDING_ALTERED, "collation", t->source_name, NULL,
                    "comparisons, order and keys of %s ignore the case of all letters in the "
                    "target, not of ASCII letters alone",
                    wb_buf_str(&names));
}

void wb_map_collations(struct wb_map *m) {
    if (m->same_engine)
        return;
    for (size_t i = 0; m->opts->source->ddl->folding_collation && m->opts->target->ddl->collates &&
                       i < m->ret->n_tables;
         i++)
        note_folding(m, &m->ret->tables[i]);
    if (m->opts->target->ddl->collates)
        return;
    for (size_t i = 0; m->opts->target->ddl->folding_collation && i < m->ret->n_tables; i++)
        fold_ascii(m, &m->ret->tables[i]);
    if (!m->opts->target->ddl->typed || m->opts->target->ddl->folding_collation)
        return;
    for (size_t i = 0; i < m->ret->n_tables; i++)
        mark_unique_keys(&m->ret->tables[i]);
    for (bool any = true; any;) {
        any = false;
        for (size_t i = 0; i < m->ret->n_tables; i++)
            any |= mark_foreign_keys(m, &m->ret->tables[i]);
    }
    for (size_t i = 0; i < m->ret->n_tables; i++)
        note_unmarked(m, &m->ret->tables[i]);
}
