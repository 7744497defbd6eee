/* What a schema that is wanted would look like once it was made.
 *
 * The server alone knows how it spells a default or a check that it was given: so the schema is
 * made, empty, in a schema of its own within a transaction, described like any other, and rolled
 * back. No table of anybody is locked; nobody else ever sees it. */
#include "engines/postgres/internal.h"

#include "base/str.h"

#include <stdio.h>

/* The tables, in the scratch schema; views and the like are text of their own and not expected. */
static struct wb_catalog in_schema(const struct wb_catalog *wanted, const char *schema,
                                   struct wb_arena *a) {
    struct wb_catalog c = *wanted;
    c.arena = (struct wb_arena){0};
    c.schema = schema;
    c.objects = NULL;
    c.n_objects = 0;
    c.tables = WB_NEW_N(a, struct wb_table, wanted->n_tables + 1);
    for (size_t i = 0; i < c.n_tables; i++) {
        struct wb_table *t = &c.tables[i];
        *t = wanted->tables[i];
        t->schema = schema;
        t->fks = WB_NEW_N(a, struct wb_foreign_key, t->n_fks + 1);
        for (size_t k = 0; k < t->n_fks; k++) {
            t->fks[k] = wanted->tables[i].fks[k];
            t->fks[k].ref_schema = schema;
        }
    }
    return c;
}

static bool makes_structure(const struct wb_ddl *d) {
    return d->part <= WB_DDL_FOREIGN_KEY;
}

/* An optional statement that is refused would have been refused before, too. */
static enum wb_code make_one(struct wb_postgres *p, const struct wb_ddl *d, struct wb_error *err) {
    if (!d->optional)
        return wb_pg_exec(&p->pg, d->sql, NULL, err);
    enum wb_code code = wb_pg_exec(&p->pg, "SAVEPOINT whimbrel_expect", NULL, err);
    if (code)
        return code;
    struct wb_error refused = {0};
    if (wb_pg_exec(&p->pg, d->sql, NULL, &refused) == WB_OK)
        return wb_pg_exec(&p->pg, "RELEASE SAVEPOINT whimbrel_expect", NULL, err);
    return wb_pg_exec(&p->pg, "ROLLBACK TO SAVEPOINT whimbrel_expect", NULL, err);
}

/* Names without a schema are found here first, then where they would have been found. */
static enum wb_code begin(struct wb_postgres *p, const char *schema, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "BEGIN READ WRITE; SET LOCAL statement_timeout = '60s'; CREATE SCHEMA ");
    wb_postgres_quote_name(&sql, schema);
    wb_buf_adds(&sql, "; SET LOCAL search_path = ");
    wb_postgres_quote_name(&sql, schema);
    wb_buf_adds(&sql, ", ");
    wb_postgres_quote_name(&sql, p->pg.schema);
    return wb_pg_exec(&p->pg, wb_buf_str(&sql), NULL, err);
}

static enum wb_code make_all(struct wb_postgres *p, const struct wb_catalog *wanted,
                             unsigned version_num, struct wb_arena *a, struct wb_error *err) {
    struct wb_ddl_list list = {0};
    struct wb_findings findings = {0};
    enum wb_code code = wb_postgres_ddl_ops.render(wanted, version_num, a, &list, &findings, err);
    for (size_t i = 0; !code && i < list.n; i++)
        if (makes_structure(&list.items[i]))
            code = make_one(p, &list.items[i], err);
    return code;
}

enum wb_code wb_postgres_expect(struct wb_conn *c, const struct wb_catalog *wanted,
                                unsigned version_num, struct wb_catalog *ret,
                                struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(c);
    struct wb_arena a = {0};
    char schema[64];
    snprintf(schema, sizeof schema, "whimbrel_expect_%d", PQbackendPID(p->pg.conn));
    struct wb_catalog scratch = in_schema(wanted, schema, &a);
    struct wb_describe_opts opts = {.schema = schema};
    enum wb_code code = begin(p, schema, err);
    if (!code)
        code = make_all(p, &scratch, version_num, &a, err);
    if (!code)
        code = wb_postgres_describe(c, &opts, ret, err);
    wb_pg_rollback(&p->pg);
    wb_arena_done(&a);
    return code ? wb_error_wrap(err, "making the expected schema in a transaction that is undone")
                : WB_OK;
}
