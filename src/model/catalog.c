#include "model/catalog.h"

#include "base/str.h"

void wb_catalog_done(struct wb_catalog *c) {
    if (!c)
        return;
    struct wb_arena arena = c->arena;
    *c = (struct wb_catalog){0};
    wb_arena_done(&arena);
}

struct wb_table *wb_catalog_find_table(const struct wb_catalog *c, const char *schema,
                                       const char *name) {
    for (size_t i = 0; i < c->n_tables; i++)
        if (wb_str_eq(c->tables[i].name, name) &&
            (!schema || wb_str_eq(c->tables[i].schema, schema)))
            return &c->tables[i];
    return NULL;
}

int wb_table_find_column(const struct wb_table *t, const char *name) {
    for (size_t i = 0; i < t->n_columns; i++)
        if (wb_str_eq(t->columns[i].name, name))
            return (int)i;
    return -1;
}

int wb_table_find_source(const struct wb_table *t, const char *name) {
    for (size_t i = 0; i < t->n_columns; i++)
        if (wb_str_eq(t->columns[i].source_name, name))
            return (int)i;
    for (size_t i = 0; i < t->n_columns; i++)
        if (wb_str_ieq(t->columns[i].source_name, name))
            return (int)i;
    return wb_table_find_column(t, name);
}

const struct wb_index *wb_table_primary_key(const struct wb_table *t) {
    for (size_t i = 0; i < t->n_indexes; i++)
        if (t->indexes[i].primary)
            return &t->indexes[i];
    return NULL;
}

static bool identifies_rows(const struct wb_table *t, const struct wb_index *x) {
    if (!x->unique || x->where.text || x->n_parts == 0)
        return false;
    for (size_t i = 0; i < x->n_parts; i++)
        if (x->parts[i].column < 0 || x->parts[i].prefix_length ||
            !t->columns[x->parts[i].column].not_null)
            return false;
    return true;
}

const struct wb_index *wb_table_replica_key(const struct wb_table *t) {
    const struct wb_index *pk = wb_table_primary_key(t);
    if (pk && identifies_rows(t, pk))
        return pk;
    for (size_t i = 0; i < t->n_indexes; i++)
        if (identifies_rows(t, &t->indexes[i]))
            return &t->indexes[i];
    return NULL;
}
