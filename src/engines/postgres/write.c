/* The write path: one COPY … FROM STDIN a load, its rows encoded straight into the pieces that
 * libpq sends. */
#include "engines/postgres/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* "whimbrel" in ASCII; advisory locks are per database already. */
#define HOLD_KEY INT64_C(0x7768696d6272656c)

struct wb_load {
    struct wb_postgres *p;
    struct wb_pg_encoder encoder;
    struct wb_pg_field *fields;
    const struct wb_table *table; /* borrowed from the spec, as are columns */
    uint32_t *columns;
    size_t n_columns;
    uint64_t rows;
};

static enum wb_code busy(struct wb_postgres *p, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    char sql[600];
    snprintf(
        sql, sizeof sql,
        "SELECT a.pid, coalesce(a.application_name, '?'), coalesce(a.client_addr::text, 'the local "
        "socket'),"
        " to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS') || ' UTC' FROM pg_catalog.pg_locks l"
        " JOIN pg_catalog.pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND "
        "l.granted"
        " AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
        "current_database())"
        " AND l.classid = %" PRIu64 " AND l.objid = %" PRIu64 " AND l.objsubid = 1",
        (uint64_t)HOLD_KEY >> 32, (uint64_t)HOLD_KEY & UINT32_MAX);
    if (wb_postgres_rows(p, sql, &a, &rows, NULL) == WB_OK && rows.n_rows)
        wb_error_set(err, WB_E_TARGET_BUSY,
                     "process %s of the server (%s, from %s, since %s) holds this database",
                     rows.values[0][0], rows.values[0][1], rows.values[0][2], rows.values[0][3]);
    else
        wb_error_set(err, WB_E_TARGET_BUSY, "another session holds this database");
    wb_arena_done(&a);
    return WB_E_TARGET_BUSY;
}

static enum wb_code hold(struct wb_conn *c, struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(c);
    PGresult *res = NULL;
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT pg_catalog.pg_try_advisory_lock(%" PRId64 ")", HOLD_KEY);
    enum wb_code code = wb_pg_query(&p->pg, sql, &res, err);
    if (code)
        return code;
    bool mine = strcmp(PQgetvalue(res, 0, 0), "t") == 0;
    PQclear(res);
    return mine ? WB_OK : busy(p, err);
}

static enum wb_code begin(struct wb_conn *c, struct wb_error *err) {
    return wb_pg_begin(&wb_postgres_of(c)->pg, "ISOLATION LEVEL READ COMMITTED", err);
}

static enum wb_code commit(struct wb_conn *c, bool durable, struct wb_error *err) {
    return wb_pg_commit(&wb_postgres_of(c)->pg, durable, err);
}

static void rollback(struct wb_conn *c) {
    wb_pg_rollback(&wb_postgres_of(c)->pg);
}

/* ----------------------------------------------------------------------------------------------
 * loading */

static enum wb_code send_piece(void *ctx, const unsigned char *p, size_t len,
                               struct wb_error *err) {
    struct wb_load *l = ctx;
    if (PQputCopyData(l->p->pg.conn, (const char *)p, (int)len) == 1)
        return WB_OK;
    return wb_pg_error(&l->p->pg, NULL, err);
}

static void free_load(struct wb_load *l) {
    wb_pg_encoder_done(&l->encoder);
    free(l->fields);
    free(l->columns);
    free(l);
}

static struct wb_load *new_load(struct wb_postgres *p, const struct wb_load_spec *spec) {
    struct wb_load *l = calloc(1, sizeof *l);
    struct wb_pg_field *fields = calloc(spec->n_columns + 1, sizeof *fields);
    uint32_t *columns = calloc(spec->n_columns + 1, sizeof *columns);
    if (!l || !fields || !columns)
        abort();
    bool text = false;
    for (size_t i = 0; i < spec->n_columns; i++) {
        columns[i] = spec->columns[i];
        fields[i] = wb_pg_field_of(&spec->table->columns[columns[i]].type);
        text = text || fields[i].wire == WB_PG_WIRE_NONE;
    }
    *l = (struct wb_load){.p = p,
                          .fields = fields,
                          .table = spec->table,
                          .columns = columns,
                          .n_columns = spec->n_columns};
    wb_pg_encoder_init(&l->encoder, fields, spec->n_columns, text, send_piece, l);
    return l;
}

static enum wb_code in_table(const struct wb_table *t, struct wb_error *err) {
    return wb_error_wrap(err, "table %s", t->name);
}

static enum wb_code start_copy(struct wb_load *l, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "COPY ");
    wb_postgres_add_table(&sql, l->table->schema, l->table->name);
    wb_buf_adds(&sql, " (");
    for (size_t i = 0; i < l->n_columns; i++) {
        wb_buf_adds(&sql, i ? ", " : "");
        wb_postgres_quote_name(&sql, l->table->columns[l->columns[i]].name);
    }
    wb_buf_adds(&sql,
                l->encoder.text ? ") FROM STDIN (FORMAT text)" : ") FROM STDIN (FORMAT binary)");
    if (!PQsendQuery(l->p->pg.conn, wb_buf_str(&sql)))
        return wb_pg_error(&l->p->pg, NULL, err);
    PGresult *res = PQgetResult(l->p->pg.conn);
    enum wb_code code = WB_OK;
    if (PQresultStatus(res) != PGRES_COPY_IN) {
        code = wb_pg_error(&l->p->pg, res, err);
        wb_pg_finish(&l->p->pg, NULL, NULL);
    }
    PQclear(res);
    return code;
}

static enum wb_code load_open(struct wb_conn *c, const struct wb_load_spec *spec,
                              struct wb_load **ret, struct wb_error *err) {
    struct wb_load *l = new_load(wb_postgres_of(c), spec);
    enum wb_code code = start_copy(l, err);
    if (!code)
        code = wb_pg_encode_begin(&l->encoder, err);
    if (code) {
        in_table(l->table, err);
        free_load(l);
        return code;
    }
    *ret = l;
    return WB_OK;
}

static enum wb_code load_put(struct wb_load *l, const struct wb_batch *b, struct wb_error *err) {
    for (uint32_t r = 0; r < b->n_rows; r++) {
        size_t field = SIZE_MAX;
        enum wb_code code = wb_pg_encode_row(&l->encoder, wb_batch_row(b, r), &field, err);
        if (code && field < l->n_columns)
            return wb_error_wrap(err, "table %s, column %s, row %" PRIu64 " of this load",
                                 l->table->name, l->table->columns[l->columns[field]].name,
                                 l->rows + 1);
        if (code)
            return in_table(l->table, err);
        l->rows++;
    }
    return WB_OK;
}

/* The server names its place ("COPY t, line 7, column a: …") in the context, which the error
 * quotes. */
static enum wb_code end_copy(struct wb_load *l, uint64_t *ret_rows, struct wb_error *err) {
    char tag[64] = "";
    uint64_t rows = 0;
    enum wb_code code = wb_pg_encode_end(&l->encoder, err);
    if (!code && PQputCopyEnd(l->p->pg.conn, NULL) != 1)
        code = wb_pg_error(&l->p->pg, NULL, err);
    if (!code)
        code = wb_pg_finish(&l->p->pg, tag, err);
    if (!code && sscanf(tag, "COPY %" SCNu64, &rows) != 1)
        code = wb_error_set(err, WB_E_PROTOCOL, "the end of COPY was answered by \"%s\"", tag);
    if (!code && rows != l->rows)
        code =
            wb_error_set(err, WB_E_PROTOCOL,
                         "%" PRIu64 " rows were sent and the server took %" PRIu64, l->rows, rows);
    if (!code)
        *ret_rows = rows;
    return code;
}

static enum wb_code load_close(struct wb_load *l, uint64_t *ret_rows, struct wb_error *err) {
    enum wb_code code = end_copy(l, ret_rows, err);
    if (code)
        in_table(l->table, err);
    free_load(l);
    return code;
}

static void load_abort(struct wb_load *l) {
    if (!l)
        return;
    if (PQstatus(l->p->pg.conn) == CONNECTION_OK &&
        PQputCopyEnd(l->p->pg.conn, "the load was given up") == 1)
        wb_pg_finish(&l->p->pg, NULL, NULL);
    free_load(l);
}

/* ----------------------------------------------------------------------------------------------
 * deleting */

/* TRUNCATE leaves no dead rows behind and is transactional, but is refused where a foreign key
 * points to the table. */
static enum wb_code empty_table(struct wb_postgres *p, const struct wb_table *t, const char *quoted,
                                uint64_t *ret_rows, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    PGresult *res = NULL;
    wb_buf_addf(
        &sql,
        "SELECT (SELECT count(*) FROM %s),"
        " EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contype = 'f' AND confrelid = ",
        quoted);
    wb_postgres_add_regclass(&sql, t->schema, t->name);
    wb_buf_adds(&sql, ")");
    enum wb_code code = wb_pg_query(&p->pg, wb_buf_str(&sql), &res, err);
    if (code)
        return code;
    uint64_t rows = strtoull(PQgetvalue(res, 0, 0), NULL, 10);
    bool referenced = strcmp(PQgetvalue(res, 0, 1), "t") == 0;
    PQclear(res);
    wb_buf_reset(&sql);
    wb_buf_addf(&sql, referenced ? "DELETE FROM %s" : "TRUNCATE %s", quoted);
    if (rows)
        code = wb_pg_exec(&p->pg, wb_buf_str(&sql), NULL, err);
    if (!code && ret_rows)
        *ret_rows = rows;
    return code;
}

static enum wb_code delete_range(struct wb_conn *c, const struct wb_table *t,
                                 const struct wb_range *range, uint64_t *ret_rows,
                                 struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(c);
    WB_CLEANUP_BUF struct wb_buf table = {0};
    WB_CLEANUP_BUF struct wb_buf where = {0};
    wb_postgres_add_table(&table, t->schema, t->name);
    enum wb_code code;
    if (range->kind == WB_RANGE_PAGES)
        return wb_error_set(err, WB_E_UNSUPPORTED, "table %s: pages of a target cannot be deleted",
                            t->name);
    if (!wb_postgres_add_range(&where, t, range))
        return wb_error_set(err, WB_E_INTERNAL, "table %s has no key to delete by", t->name);
    if (where.len)
        code = wb_conn_exec(&p->base, err, ret_rows, "DELETE FROM %s WHERE %s", wb_buf_str(&table),
                            wb_buf_str(&where));
    else
        code = empty_table(p, t, wb_buf_str(&table), ret_rows, err);
    return code ? in_table(t, err) : WB_OK;
}

static const char *blockers(struct wb_conn *c, const char *table, struct wb_arena *a) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows = {0};
    wb_buf_adds(&sql,
                "SELECT string_agg(format('process %s (%s, %s, its transaction began %s s ago)', "
                "pid, application_name, state, age), '; ') FROM (SELECT DISTINCT a.pid, "
                "a.application_name, a.state, extract(epoch FROM now() - a.xact_start)::bigint AS "
                "age FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid) "
                "WHERE l.granted AND l.mode NOT IN ('AccessShareLock', 'SIReadLock') "
                "AND l.pid <> pg_backend_pid() AND l.relation = to_regclass(");
    wb_postgres_quote_text(&sql, table, strlen(table));
    wb_buf_adds(&sql, ") AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
                      "current_database()) ORDER BY age DESC LIMIT 3) x");
    if (wb_postgres_rows(wb_postgres_of(c), wb_buf_str(&sql), a, &rows, NULL))
        return "";
    return rows.values[0][0] ? rows.values[0][0] : "";
}

const struct wb_write_ops wb_postgres_write_ops = {
    .hold = hold,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .load_open = load_open,
    .load_put = load_put,
    .load_close = load_close,
    .load_abort = load_abort,
    .delete_range = delete_range,
    .blockers = blockers,
};
