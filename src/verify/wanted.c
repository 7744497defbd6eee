/* The catalog is mapped twice: the first time for the names alone, by which the target's columns
 * are found that answer what only a scan of the data could answer for a copy. */
#include "verify/wanted.h"

#include "base/str.h"
#include "schema/map.h"

struct answers {
    const struct wb_catalog *source, *named, *actual;
};

static const struct wb_type *type_there(const struct answers *x, const struct wb_table *from,
                                        uint32_t column) {
    for (size_t i = 0; i < x->named->n_tables; i++) {
        const struct wb_table *t = &x->named->tables[i];
        if (&x->source->tables[t->source_index] != from)
            continue;
        const struct wb_table *actual = wb_catalog_find_table(x->actual, NULL, t->name);
        int c = actual ? wb_table_find_column(actual, t->columns[column].name) : -1;
        return c < 0 ? NULL : &actual->columns[c].type;
    }
    return NULL;
}

static bool answer(void *ctx, const struct wb_table *t, uint32_t column, enum wb_scan_kind kind) {
    const struct wb_type *there = type_there(ctx, t, column);
    if (kind == WB_SCAN_NOT_BOOLEAN)
        return there && there->kind != WB_KIND_BOOL;
    return there && there->kind == WB_KIND_INTERVAL;
}

enum wb_code wb_verify_want(const struct wb_verify_want_ask *ask, struct wb_catalog *ret,
                            struct wb_error *err) {
    struct wb_catalog named = {0};
    struct wb_map_opts opts = {.rules = ask->rules,
                               .policy = ask->policy,
                               .target_schema = ask->target_schema,
                               .target_default_schema = ask->target_probe->default_schema,
                               .source = ask->source_engine,
                               .target = ask->target_engine,
                               .target_max_name_bytes = ask->target_probe->max_name_bytes};
    enum wb_code code = wb_schema_map(ask->source, &opts, &named, err);
    if (code)
        return wb_error_wrap(err, "converting the schema");
    struct answers answers = {.source = ask->source, .named = &named, .actual = ask->actual};
    opts.scanned = answer;
    opts.scanned_ctx = &answers;
    code = wb_schema_map(ask->source, &opts, ret, err);
    wb_catalog_done(&named);
    return code ? wb_error_wrap(err, "converting the schema") : WB_OK;
}

static void place_keys(struct wb_table *t, const char *was, const char *schema,
                       struct wb_arena *a) {
    struct wb_foreign_key *fks = WB_NEW_N(a, struct wb_foreign_key, t->n_fks + 1);
    for (size_t i = 0; i < t->n_fks; i++) {
        fks[i] = t->fks[i];
        if (wb_str_eq(fks[i].ref_schema, was))
            fks[i].ref_schema = schema;
    }
    t->fks = fks;
}

struct wb_catalog wb_verify_placed(const struct wb_catalog *wanted, const char *schema,
                                   struct wb_arena *a) {
    struct wb_catalog view = *wanted;
    view.arena = (struct wb_arena){0};
    if (wb_str_eq(wanted->schema, schema))
        return view;
    view.schema = schema;
    view.tables = WB_NEW_N(a, struct wb_table, view.n_tables + 1);
    for (size_t i = 0; i < view.n_tables; i++) {
        view.tables[i] = wanted->tables[i];
        place_keys(&view.tables[i], wanted->tables[i].schema, schema, a);
        view.tables[i].schema = schema;
    }
    return view;
}
