/* What a schema that is wanted would look like once it was made.
 *
 * The server alone knows how it spells a default or a check that it was given: so the tables are
 * made, empty, in a schema of their own within a transaction, described like any other, and rolled
 * back. No table of anybody is locked; nobody else ever sees them.
 *
 * They are made batch by batch, each undone before the next, for a transaction's locks are few.
 * What a batch's foreign keys refer to is made with it. A batch that fails is halved; a table that
 * fails alone is left out, with a finding that says why. */
#include "engines/postgres/internal.h"

#include "base/str.h"

#include <stdio.h>

enum { BATCH_TABLES = 100 };

enum role {
    ROLE_NONE,
    ROLE_REFERRED, /* made for the foreign keys of others */
    ROLE_WANTED,
};

struct expect {
    struct wb_postgres *p;
    struct wb_catalog wanted; /* in the scratch schema */
    struct wb_ddl_list ddl;
    struct wb_catalog *to;
    enum role *roles; /* of each table, in the batch at hand */
};

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

/* ------------------------------------------------------------------------------------------
 * making */

/* Statements go to the server together, as far as they are not optional. */
struct script {
    struct wb_pg *pg;
    struct wb_buf sql;
};

static enum wb_code flush(struct script *s, struct wb_error *err) {
    enum wb_code code = s->sql.len ? wb_pg_exec(s->pg, wb_buf_str(&s->sql), NULL, err) : WB_OK;
    wb_buf_reset(&s->sql);
    return code;
}

/* An optional statement that is refused would have been refused before, too. */
static enum wb_code try_one(struct script *s, const char *sql, struct wb_error *err) {
    enum wb_code code = flush(s, err);
    if (code)
        return code;
    struct wb_error refused = {0};
    wb_buf_addf(&s->sql, "SAVEPOINT whimbrel_optional; %s; RELEASE SAVEPOINT whimbrel_optional",
                sql);
    code = flush(s, &refused);
    if (code == WB_E_LOST || code == WB_E_MEMORY) {
        if (err)
            *err = refused;
        return code;
    }
    return code ? wb_pg_exec(s->pg,
                             "ROLLBACK TO SAVEPOINT whimbrel_optional; RELEASE SAVEPOINT "
                             "whimbrel_optional",
                             NULL, err)
                : WB_OK;
}

static bool belongs(const struct expect *x, const struct wb_ddl *d) {
    enum role role = d->table < 0 ? ROLE_NONE : x->roles[d->table];
    return d->part == WB_DDL_FOREIGN_KEY ? role == ROLE_WANTED
                                         : d->part < WB_DDL_FOREIGN_KEY && role != ROLE_NONE;
}

static enum wb_code make_batch(struct expect *x, struct wb_error *err) {
    struct script s = {.pg = &x->p->pg};
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < x->ddl.n; i++) {
        const struct wb_ddl *d = &x->ddl.items[i];
        if (!belongs(x, d))
            continue;
        if (d->optional)
            code = try_one(&s, d->sql, err);
        else
            wb_buf_addf(&s.sql, "%s;\n", d->sql);
    }
    if (!code)
        code = flush(&s, err);
    wb_buf_done(&s.sql);
    return code;
}

static void set_roles(struct expect *x, size_t from, size_t n) {
    for (size_t i = 0; i < x->wanted.n_tables; i++)
        x->roles[i] = i >= from && i < from + n ? ROLE_WANTED : ROLE_NONE;
    for (size_t i = from; i < from + n; i++)
        for (size_t k = 0; k < x->wanted.tables[i].n_fks; k++) {
            const struct wb_table *to =
                wb_catalog_find_table(&x->wanted, NULL, x->wanted.tables[i].fks[k].ref_table);
            if (to && x->roles[to - x->wanted.tables] == ROLE_NONE)
                x->roles[to - x->wanted.tables] = ROLE_REFERRED;
        }
}

/* ------------------------------------------------------------------------------------------
 * batches */

static void keep_batch(struct expect *x, struct wb_catalog *made) {
    for (size_t i = 0; i < x->wanted.n_tables; i++) {
        const struct wb_table *t = x->roles[i] == ROLE_WANTED
                                       ? wb_catalog_find_table(made, NULL, x->wanted.tables[i].name)
                                       : NULL;
        if (t)
            x->to->tables[x->to->n_tables++] = *t;
    }
    wb_arena_adopt(&x->to->arena, &made->arena);
}

static enum wb_code expect_batch(struct expect *x, size_t from, size_t n, struct wb_error *err) {
    struct wb_pg *pg = &x->p->pg;
    struct wb_describe_opts opts = {.schema = x->wanted.schema};
    struct wb_catalog made = {0};
    set_roles(x, from, n);
    enum wb_code code = wb_pg_exec(pg, "SAVEPOINT whimbrel_batch", NULL, err), undone;
    if (code)
        return code;
    code = make_batch(x, err);
    if (!code)
        code = wb_postgres_describe(&x->p->base, &opts, &made, err);
    if (!code)
        keep_batch(x, &made);
    undone =
        wb_pg_exec(pg, "ROLLBACK TO SAVEPOINT whimbrel_batch; RELEASE SAVEPOINT whimbrel_batch",
                   NULL, code ? NULL : err);
    return code ? code : undone;
}

static bool ends_all(enum wb_code code) {
    return code == WB_E_LOST || code == WB_E_CANCELED;
}

static enum wb_code expect_tables(struct expect *x, size_t from, size_t n, struct wb_error *err) {
    struct wb_error why = {0};
    enum wb_code code = expect_batch(x, from, n, &why);
    if (!code)
        return WB_OK;
    if (ends_all(code)) {
        if (err)
            *err = why;
        return code;
    }
    if (n == 1) {
        wb_findings_add(&x->to->findings, &x->to->arena, WB_NOTE, WB_FINDING_GENERAL, "table",
                        x->wanted.tables[from].name, NULL, "%s", why.text);
        return WB_OK;
    }
    code = expect_tables(x, from, n / 2, err);
    return code ? code : expect_tables(x, from + n / 2, n - n / 2, err);
}

/* ------------------------------------------------------------------------------------------
 * all of it */

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

/* Types and collations, which all batches share. */
static enum wb_code prepare(struct expect *x, struct wb_error *err) {
    struct script s = {.pg = &x->p->pg};
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < x->ddl.n && x->ddl.items[i].part == WB_DDL_PREPARE; i++)
        if (x->ddl.items[i].optional)
            code = try_one(&s, x->ddl.items[i].sql, err);
        else
            wb_buf_addf(&s.sql, "%s;\n", x->ddl.items[i].sql);
    if (!code)
        code = flush(&s, err);
    wb_buf_done(&s.sql);
    return code;
}

enum wb_code wb_postgres_expect(struct wb_conn *c, const struct wb_catalog *wanted,
                                unsigned version_num, struct wb_catalog *ret,
                                struct wb_error *err) {
    struct wb_catalog to = {.engine = "postgresql", .charset = "UTF8"};
    struct expect x = {.p = wb_postgres_of(c), .to = &to};
    struct wb_arena a = {0};
    struct wb_findings findings = {0};
    char schema[64];
    snprintf(schema, sizeof schema, "whimbrel_expect_%d", PQbackendPID(x.p->pg.conn));
    to.schema = wb_arena_strdup(&to.arena, schema);
    to.tables = WB_NEW_N(&to.arena, struct wb_table, wanted->n_tables + 1);
    x.wanted = in_schema(wanted, schema, &a);
    x.roles = WB_NEW_N(&a, enum role, wanted->n_tables + 1);
    enum wb_code code =
        wb_postgres_ddl_ops.render(&x.wanted, version_num, &a, &x.ddl, &findings, err);
    if (!code)
        code = begin(x.p, schema, err);
    if (!code)
        code = prepare(&x, err);
    for (size_t i = 0; !code && i < wanted->n_tables; i += BATCH_TABLES)
        code = expect_tables(
            &x, i, wanted->n_tables - i < BATCH_TABLES ? wanted->n_tables - i : BATCH_TABLES, err);
    wb_pg_rollback(&x.p->pg);
    wb_arena_done(&a);
    if (code) {
        wb_catalog_done(&to);
        return wb_error_wrap(err, "making the expected schema in a transaction that is undone");
    }
    *ret = to;
    return WB_OK;
}
