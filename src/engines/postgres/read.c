/* The read path: one COPY (SELECT …) TO STDOUT (FORMAT binary) a range. */
#include "engines/postgres/internal.h"
#include "engines/postgres/snapshot.h"

#include <stdlib.h>
#include <string.h>

struct wb_cursor {
    struct wb_postgres *p;
    struct wb_pg_field *fields;
    size_t n_fields;
    const char *table; /* borrowed from the spec's table */
    bool borrows;      /* some cells point into the row */
    bool started;      /* the header was read */
    bool running;      /* the COPY is not yet at its end */
    bool savepoint;
};

/* Types without a binary form here are printed by the server. */
static void add_columns(struct wb_buf *sql, const struct wb_read_spec *spec,
                        struct wb_cursor *cur) {
    for (size_t i = 0; i < spec->n_columns; i++) {
        const struct wb_column *column = &spec->table->columns[spec->columns[i]];
        cur->fields[i] = wb_pg_field_of(&column->type);
        cur->borrows = cur->borrows || wb_pg_wire_borrows(cur->fields[i].wire);
        wb_buf_adds(sql, i ? ", " : " ");
        wb_postgres_quote_name(sql, column->name);
        if (cur->fields[i].wire == WB_PG_WIRE_NONE)
            wb_buf_adds(sql, "::text");
    }
}

static void add_order(struct wb_buf *sql, const struct wb_table *t) {
    const struct wb_index *key = wb_table_replica_key(t);
    for (size_t i = 0; key && i < key->n_parts; i++) {
        wb_buf_adds(sql, i ? ", " : " ORDER BY ");
        wb_postgres_quote_name(sql, t->columns[key->parts[i].column].name);
    }
}

static enum wb_code build(struct wb_buf *sql, const struct wb_read_spec *spec,
                          struct wb_cursor *cur, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf where = {0};
    wb_buf_adds(sql, "COPY (SELECT");
    add_columns(sql, spec, cur);
    /* A table's heirs are tables of their own; a partitioned table's rows are all in its
     * partitions. */
    wb_buf_adds(sql,
                spec->table->partitioning.method == WB_PARTITION_NONE ? " FROM ONLY " : " FROM ");
    wb_postgres_add_table(sql, spec->table->schema, spec->table->name);
    if (!wb_postgres_add_range(&where, spec->table, &spec->range))
        return wb_error_set(err, WB_E_INTERNAL, "table %s has no key to be read by",
                            spec->table->name);
    if (where.len)
        wb_buf_addf(sql, " WHERE %s", wb_buf_str(&where));
    if (spec->where)
        wb_buf_addf(sql, "%s(%s)", where.len ? " AND " : " WHERE ", spec->where);
    if (spec->ordered)
        add_order(sql, spec->table);
    wb_buf_adds(sql, ") TO STDOUT (FORMAT binary)");
    return WB_OK;
}

/* Within a snapshot a savepoint keeps it alive when the read is broken off or fails. */
static enum wb_code start(struct wb_cursor *cur, const char *copy, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    PGconn *conn = cur->p->pg.conn;
    cur->savepoint = PQtransactionStatus(conn) == PQTRANS_INTRANS;
    wb_buf_addf(&sql, "%s%s", cur->savepoint ? "SAVEPOINT wb_read; " : "", copy);
    if (!PQsendQuery(conn, wb_buf_str(&sql)))
        return wb_pg_error(&cur->p->pg, NULL, err);
    PGresult *res;
    while ((res = PQgetResult(conn)) && PQresultStatus(res) == PGRES_COMMAND_OK)
        PQclear(res);
    enum wb_code code = WB_OK;
    if (PQresultStatus(res) == PGRES_COPY_OUT)
        cur->running = true;
    else
        code = wb_pg_error(&cur->p->pg, res, err);
    PQclear(res);
    if (code) {
        wb_pg_finish(&cur->p->pg, NULL, NULL);
        if (cur->savepoint)
            wb_pg_exec(&cur->p->pg, "ROLLBACK TO SAVEPOINT wb_read; RELEASE SAVEPOINT wb_read",
                       NULL, NULL);
    }
    return code;
}

static void free_cursor(struct wb_cursor *cur) {
    free(cur->fields);
    free(cur);
}

static enum wb_code open_cursor(struct wb_conn *c, const struct wb_read_spec *spec,
                                struct wb_cursor **ret, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_cursor *cur = calloc(1, sizeof *cur);
    struct wb_pg_field *fields = calloc(spec->n_columns + 1, sizeof *fields);
    if (!cur || !fields)
        abort();
    *cur = (struct wb_cursor){.p = wb_postgres_of(c),
                              .fields = fields,
                              .n_fields = spec->n_columns,
                              .table = spec->table->name};
    enum wb_code code = build(&sql, spec, cur, err);
    if (!code)
        code = start(cur, wb_buf_str(&sql), err);
    if (code) {
        wb_error_wrap(err, "table %s", spec->table->name);
        free_cursor(cur);
        return code;
    }
    *ret = cur;
    return WB_OK;
}

/* The header stands in front of the first row, in the same message. */
static enum wb_code take_message(struct wb_cursor *cur, const unsigned char *p, size_t len,
                                 struct wb_pg_slab *slab, struct wb_batch *b,
                                 struct wb_error *err) {
    if (!cur->started) {
        size_t header = wb_pg_decode_header(p, len);
        if (!header)
            return wb_error_set(err, WB_E_PROTOCOL,
                                "COPY began with something else than its header");
        cur->started = true;
        p += header;
        len -= header;
    }
    if (!len)
        return WB_OK;
    if (cur->borrows)
        p = memcpy(wb_pg_slab_take(slab, len), p, len);
    struct wb_cell *row = b->cells + (size_t)b->n_rows * b->n_columns;
    size_t used = 0;
    bool end = false;
    enum wb_code code =
        wb_pg_decode_row(cur->fields, cur->n_fields, p, len, slab, row, &used, &end, err);
    if (code)
        return code;
    if (used != len)
        return wb_error_set(err, WB_E_PROTOCOL, "COPY row of %zu bytes came in a message of %zu",
                            used, len);
    if (!end) {
        b->n_rows++;
        b->bytes += len;
    }
    return WB_OK;
}

static enum wb_code finish(struct wb_cursor *cur, struct wb_error *err) {
    cur->running = false;
    enum wb_code code = wb_pg_finish(&cur->p->pg, NULL, err);
    if (cur->savepoint && code != WB_E_LOST) {
        const char *back = "ROLLBACK TO SAVEPOINT wb_read; RELEASE SAVEPOINT wb_read";
        enum wb_code released = wb_pg_exec(&cur->p->pg, code ? back : "RELEASE SAVEPOINT wb_read",
                                           NULL, code ? NULL : err);
        /* A cancel meant for the COPY may reach the statement behind it. */
        if (released == WB_E_CANCELED)
            released = wb_pg_exec(&cur->p->pg, back, NULL, code ? NULL : err);
        code = code ? code : released;
    }
    return code;
}

static enum wb_code next(struct wb_cursor *cur, struct wb_batch *b, struct wb_error *err) {
    struct wb_pg_slab slab = {.arena = &b->mem};
    wb_batch_reset(b);
    enum wb_code code = WB_OK;
    while (cur->running && !code && !wb_batch_full(b)) {
        char *message = NULL;
        int len = PQgetCopyData(cur->p->pg.conn, &message, 0);
        if (len > 0)
            wb_batch_hold(b, (size_t)len);
        if (len > 0)
            code = take_message(cur, (const unsigned char *)message, (size_t)len, &slab, b, err);
        else if (len == -1)
            code = finish(cur, err);
        else {
            code = finish(cur, err);
            if (!code)
                code = wb_error_set(err, WB_E_PROTOCOL, "COPY broke off without a reason");
        }
        PQfreemem(message);
    }
    if (code)
        wb_error_wrap(err, "table %s", cur->table);
    return code;
}

static void done(struct wb_cursor *cur) {
    if (!cur)
        return;
    if (cur->running) {
        wb_pg_cancel(&cur->p->pg);
        finish(cur, NULL);
    }
    free_cursor(cur);
}

const struct wb_read_ops wb_postgres_read_ops = {
    .snapshot_begin = wb_postgres_snapshot_begin,
    .snapshot_join = wb_postgres_snapshot_join,
    .snapshot_ready = wb_postgres_snapshot_ready,
    .snapshot_end = wb_postgres_snapshot_end,
    .late_join = true,
    .split = wb_postgres_split,
    .open = open_cursor,
    .next = next,
    .done = done,
};
