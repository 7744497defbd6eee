/* How it works: a handful of questions, each for a whole schema, joined here by oid; so a schema of
 * thousands of tables costs a handful of round trips. The questions stand in sql/. */
#include "engines/postgres/describe.h"

#include "base/str.h"
#include "postgres_sql.h"

#include <stdlib.h>
#include <string.h>

enum wb_code wb_describe_ask(struct wb_describe *d, const char *sql, struct wb_rows *ret,
                             struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    for (const char *at; (at = strstr(sql, ":schema")); sql = at + strlen(":schema")) {
        wb_buf_add(&text, sql, (size_t)(at - sql));
        wb_postgres_add_text(&text, d->schema);
    }
    wb_buf_adds(&text, sql);
    return wb_postgres_rows(d->p, wb_buf_str(&text), &d->scratch, ret, err);
}

static int by_oid(const void *a, const void *b) {
    const struct wb_described *x = a, *y = b;
    return x->oid < y->oid ? -1 : x->oid > y->oid;
}

struct wb_described *wb_describe_find(struct wb_describe *d, const char *oid) {
    struct wb_described key = {.oid = oid ? strtoull(oid, NULL, 10) : 0};
    return d->n_tables ? bsearch(&key, d->tables, d->n_tables, sizeof key, by_oid) : NULL;
}

int wb_describe_column(const struct wb_described *t, const char *attnum) {
    size_t n = attnum ? (size_t)strtoul(attnum, NULL, 10) : 0;
    return n && n < t->n_attnums ? t->column_of[n] : -1;
}

static enum wb_code describe_tables(struct wb_describe *d, struct wb_error *err) {
    struct wb_rows rows = {0};
    struct wb_arena *a = &d->catalog->arena;
    enum wb_code code = wb_describe_ask(d, wb_sql_tables, &rows, err);
    if (code)
        return code;
    d->catalog->tables = WB_NEW_N(a, struct wb_table, rows.n_rows + 1);
    d->catalog->n_tables = d->n_tables = rows.n_rows;
    d->tables = WB_NEW_N(&d->scratch, struct wb_described, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++) {
        const char **row = rows.values[i];
        struct wb_table *t = &d->catalog->tables[i];
        *t = (struct wb_table){
            .schema = d->catalog->schema,
            .name = wb_arena_strdup(a, row[1]),
            .unlogged = *row[3] == 'u',
            .comment = wb_arena_strdup(a, row[4]),
            .est_rows = strtoull(row[5], NULL, 10),
            .est_bytes = strtoull(row[6], NULL, 10),
            .pages = strtoull(row[7], NULL, 10),
            .fingerprint = wb_arena_strdup(a, row[9] ? row[9] : ""),
        };
        if (row[8])
            t->partitioning.expr.text = wb_arena_strdup(a, row[8]);
        if (row[10])
            wb_findings_add(&d->catalog->findings, a, WB_NOTE, WB_FINDING_NOT_CARRIED,
                            "inheritance", t->name, NULL,
                            "it inherits from %s; the tables are carried, their relation is not",
                            row[10]);
        d->tables[i] = (struct wb_described){.oid = strtoull(row[0], NULL, 10), .table = t};
    }
    qsort(d->tables, d->n_tables, sizeof *d->tables, by_oid);
    return WB_OK;
}

static enum wb_code describe_objects(struct wb_describe *d, struct wb_error *err) {
    struct wb_rows rows = {0};
    struct wb_arena *a = &d->catalog->arena;
    enum wb_code code = wb_describe_ask(d, wb_sql_objects, &rows, err);
    if (code)
        return code;
    d->catalog->objects = WB_NEW_N(a, struct wb_object, rows.n_rows + 1);
    d->catalog->n_objects = rows.n_rows;
    for (size_t i = 0; i < rows.n_rows; i++)
        d->catalog->objects[i] = (struct wb_object){
            .kind = wb_arena_strdup(a, rows.values[i][0]),
            .schema = d->catalog->schema,
            .name = wb_arena_strdup(a, rows.values[i][1]),
            .table = wb_arena_strdup(a, rows.values[i][2]),
            .native_sql = wb_arena_strdup(a, rows.values[i][3]),
        };
    return WB_OK;
}

enum wb_code wb_postgres_describe(struct wb_conn *c, const struct wb_describe_opts *opts,
                                  struct wb_catalog *ret, struct wb_error *err) {
    struct wb_catalog catalog = {.engine = "postgresql", .charset = "UTF8"};
    struct wb_describe d = {.p = wb_postgres_of(c), .catalog = &catalog};
    d.schema = opts->schema ? opts->schema : d.p->pg.schema;
    catalog.schema = wb_arena_strdup(&catalog.arena, d.schema);
    enum wb_code code = describe_tables(&d, err);
    if (!code)
        code = wb_describe_columns(&d, err);
    if (!code)
        code = wb_describe_indexes(&d, err);
    if (!code)
        code = wb_describe_constraints(&d, err);
    if (!code)
        code = wb_describe_partitions(&d, err);
    if (!code)
        code = describe_objects(&d, err);
    wb_arena_done(&d.scratch);
    if (code) {
        wb_catalog_done(&catalog);
        return wb_error_wrap(err, "describing schema %s", d.schema);
    }
    *ret = catalog;
    return WB_OK;
}
