/* What the catalogs know of a join: its key, its columns' types, whether the key is one on the new
 * side, too. */
#include "mapping/inside.h"

#include "base/str.h"

#include <string.h>

static const struct wb_table *find_in(const struct wb_catalog *c, const char *name) {
    for (size_t i = 0; i < c->n_tables; i++)
        if (strcmp(c->tables[i].name, name) == 0)
            return &c->tables[i];
    for (size_t i = 0; i < c->n_tables; i++)
        if (wb_str_ieq(c->tables[i].name, name))
            return &c->tables[i];
    return NULL;
}

static enum wb_code find_table(struct wb_conn *c, const char *name, struct wb_arena *a,
                               struct wb_catalog *catalog, struct wb_mapping_side *ret,
                               struct wb_error *err) {
    const char *dot = strrchr(name, '.');
    struct wb_describe_opts opts = {.schema = dot ? wb_arena_strndup(a, name, (size_t)(dot - name))
                                                  : NULL};
    enum wb_code code = c->engine->describe(c, &opts, catalog, err);
    if (code)
        return wb_error_wrap(err, "looking for the table %s", name);
    ret->t = find_in(catalog, dot ? dot + 1 : name);
    if (!ret->t)
        return wb_error_set(err, WB_E_NOT_FOUND, "there is no table %s%s", name,
                            dot ? "" : " in the default schema; another's name stands before it");
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_engine_quote_table(c->engine, &b, ret->t->schema, ret->t->name);
    ret->table = wb_arena_strdup(a, wb_buf_str(&b));
    return WB_OK;
}

static const struct wb_column *find_column(const struct wb_table *t, const char *name) {
    int i = wb_table_find_column(t, name);
    if (i < 0)
        i = wb_table_find_source(t, name);
    for (size_t k = 0; i < 0 && k < t->n_columns; k++)
        if (wb_str_ieq(t->columns[k].name, name))
            i = (int)k;
    return i < 0 ? NULL : &t->columns[i];
}

static const char *quoted(const struct wb_engine *e, struct wb_arena *a, const char *name) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    e->quote_name(&b, name);
    return wb_arena_strdup(a, wb_buf_str(&b));
}

static enum wb_code lacks(const struct wb_table *t, const char *column, struct wb_error *err) {
    return wb_error_set(err, WB_E_PLAN, "the column %s of the mapping is not in the table %s",
                        column, t->name);
}

static enum wb_code set_key(struct wb_mapping_pair *p, const struct wb_plan_join *j,
                            struct wb_arena *a, struct wb_error *err) {
    size_t *key;
    p->n_key = wb_plan_join_key(j, p->old.t, a, &key);
    if (!p->n_key)
        return wb_error_set(err, WB_E_PLAN,
                            "the mapping carries no key of %s to %s as it is: add rows for its "
                            "primary key",
                            j->from, j->to);
    for (int s = 0; s < 2; s++) {
        struct wb_mapping_side *side = s ? &p->new : &p->old;
        side->key = WB_NEW_N(a, const char *, p->n_key);
        side->column = WB_NEW_N(a, const struct wb_column *, p->n_key);
        for (size_t i = 0; i < p->n_key; i++) {
            const struct wb_plan_join_column *c = &j->columns[key[i]];
            side->column[i] = find_column(side->t, s ? c->to : c->from);
            if (!side->column[i])
                return lacks(side->t, s ? c->to : c->from, err);
            side->key[i] = quoted(p->engine, a, side->column[i]->name);
        }
    }
    return WB_OK;
}

static bool of_key(const struct wb_mapping_pair *p, const struct wb_column *c) {
    for (size_t i = 0; i < p->n_key; i++)
        if (p->new.column[i] == c)
            return true;
    return false;
}

static enum wb_code set_values(struct wb_mapping_pair *p, const struct wb_plan_join *j,
                               struct wb_arena *a, struct wb_error *err) {
    p->values = WB_NEW_N(a, struct wb_mapping_value, j->n_columns + 1);
    for (size_t i = 0; i < j->n_columns; i++) {
        const struct wb_plan_join_column *c = &j->columns[i];
        const struct wb_column *to = find_column(p->new.t, c->to);
        const struct wb_column *from = c->as ? NULL : find_column(p->old.t, c->from);
        if (!c->compared)
            continue;
        if (!to || (!c->as && !from))
            return lacks(to ? p->old.t : p->new.t, to ? c->from : c->to, err);
        if (of_key(p, to))
            continue;
        p->values[p->n_values++] = (struct wb_mapping_value){
            .name = c->to,
            .from = c->as ? wb_arena_printf(a, "(%s)", c->as) : quoted(p->engine, a, from->name),
            .to = quoted(p->engine, a, to->name),
            .type = &to->type};
    }
    return WB_OK;
}

/* No two rows of the new table have the same key. */
static bool is_unique(const struct wb_mapping_pair *p) {
    const struct wb_table *t = p->new.t;
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct wb_index *x = &t->indexes[i];
        bool within = (x->primary || x->unique) && !x->where.text && x->n_parts;
        for (size_t k = 0; k < x->n_parts && within; k++)
            within = x->parts[k].column >= 0 && !x->parts[k].prefix_length &&
                     of_key(p, &t->columns[x->parts[k].column]);
        if (within)
            return true;
    }
    return false;
}

static bool is_indexed(const struct wb_mapping_pair *p) {
    const struct wb_table *t = p->new.t;
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct wb_index *x = &t->indexes[i];
        if (x->n_parts && x->parts[0].column >= 0 && !x->parts[0].prefix_length && !x->ignored &&
            !x->where.text && &t->columns[x->parts[0].column] == p->new.column[0] &&
            (x->method == WB_INDEX_BTREE || x->primary))
            return true;
    }
    return false;
}

static bool is_numeric(enum wb_kind kind) {
    return kind == WB_KIND_INT || kind == WB_KIND_UINT || kind == WB_KIND_DECIMAL;
}

static bool is_ordered(const struct wb_mapping_pair *p) {
    const struct wb_type *a = &p->old.column[0]->type, *b = &p->new.column[0]->type;
    if (is_numeric(a->kind) || is_numeric(b->kind))
        return is_numeric(a->kind) && is_numeric(b->kind);
    return a->kind == b->kind && a->fixed == b->fixed && wb_str_eq(a->collation, b->collation) &&
           wb_str_eq(a->charset, b->charset);
}

enum wb_code wb_mapping_pair_up(struct wb_conn *c, const struct wb_plan_join *j, struct wb_arena *a,
                                struct wb_mapping_catalogs *catalogs, struct wb_mapping_pair *ret,
                                struct wb_error *err) {
    struct wb_mapping_pair p = {.engine = c->engine};
    enum wb_code code = WB_OK;
    if (!c->engine->verify || !c->engine->verify->differs)
        code = wb_error_set(err, WB_E_UNSUPPORTED, "this database cannot compare two tables");
    if (!code)
        code = find_table(c, j->from, a, &catalogs->of[0], &p.old, err);
    if (!code)
        code = find_table(c, j->to, a, &catalogs->of[1], &p.new, err);
    if (!code)
        code = set_key(&p, j, a, err);
    if (!code)
        code = set_values(&p, j, a, err);
    if (code)
        return code;
    p.unique = is_unique(&p);
    p.indexed = is_indexed(&p);
    p.ordered = is_ordered(&p);
    *ret = p;
    return WB_OK;
}

void wb_mapping_catalogs_done(struct wb_mapping_catalogs *catalogs) {
    wb_catalog_done(&catalogs->of[0]);
    wb_catalog_done(&catalogs->of[1]);
}
