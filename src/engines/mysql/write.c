/* Writing.
 *
 * A transaction is whole or it is nothing: every statement's result is read before the next one is
 * sent, and any error marks the transaction so that commit can only roll it back (contract 15:
 * after a deadlock the server has already rolled back by itself and would take the rest for a new
 * transaction).
 *
 * Bulk loads are INSERT … VALUES of many rows, about a megabyte each, with every value as a
 * literal: numbers in digits, bytes in hex, text quoted. The session is strict, so a value is
 * stored as it is or the statement fails.
 */
#include "engines/mysql/internal.h"

#include "base/str.h"

#include <stdlib.h>

enum { STATEMENT_BYTES = 1 << 20 };

struct wb_load {
    struct mysql_conn *conn;
    const struct wb_type **types;
    struct wb_buf head, sql;
    struct wb_arena arena;
    const char *table;
    size_t n_columns, statement_bytes;
    uint64_t rows, pending; /* confirmed, and in the statement that is being built */
};

/* ------------------------------------------------------------------------------------------
 * transactions */

static enum wb_code hold(struct wb_conn *conn, struct wb_error *err) {
    struct wb_my_conn *my = mysql_of(conn)->my;
    struct wb_arena a = {0};
    struct wb_my_rows rows;
    /* Lock names are limited to 64 characters in MySQL: a long database's name is hashed. */
    static const char name[] =
        "IF(CHAR_LENGTH(DATABASE()) > 50, CONCAT('whimbrel:', MD5(DATABASE())), "
        "CONCAT('whimbrel:', DATABASE()))";
    enum wb_code code =
        wb_my_queryf(my, &a, &rows, err, "SELECT GET_LOCK(%s, 0), IS_USED_LOCK(%s)", name, name);
    if (!code && !wb_str_eq(rows.values[0][0], "1"))
        code = wb_error_set(
            err, WB_E_TARGET_BUSY, "database %s is held by another whimbrel (connection %s)",
            my->database ? my->database : "", rows.values[0][1] ? rows.values[0][1] : "unknown");
    wb_arena_done(&a);
    return code;
}

static enum wb_code begin(struct wb_conn *conn, struct wb_error *err) {
    struct mysql_conn *c = mysql_of(conn);
    if (c->in_transaction)
        return wb_error_set(err, WB_E_INTERNAL, "a transaction is open already");
    /* Rows come table by table, parents and children in any order; no cascade may delete what is
     * not asked for. DDL stands outside of transactions, so a foreign key that is added is checked
     * against its rows all the same. */
    enum wb_code code = wb_my_execf(c->my, err, "SET SESSION foreign_key_checks = 0");
    if (!code)
        code = wb_my_execf(c->my, err, "START TRANSACTION");
    c->in_transaction = !code;
    c->must_roll_back = false;
    return code;
}

static void rollback(struct wb_conn *conn) {
    struct mysql_conn *c = mysql_of(conn);
    if (c->in_transaction)
        (void)wb_my_execf(c->my, NULL, "ROLLBACK");
    (void)wb_my_execf(c->my, NULL, "SET SESSION foreign_key_checks = 1");
    c->in_transaction = c->must_roll_back = false;
}

/* durable has no say: it is the server's innodb_flush_log_at_trx_commit that decides, for all
 * sessions. */
static enum wb_code commit(struct wb_conn *conn, bool durable, struct wb_error *err) {
    struct mysql_conn *c = mysql_of(conn);
    (void)durable;
    if (!c->in_transaction)
        return wb_error_set(err, WB_E_INTERNAL, "no transaction is open");
    if (c->must_roll_back) {
        rollback(conn);
        return wb_error_set(err, WB_E_SQL,
                            "the transaction had failed before; it was rolled back, not committed");
    }
    enum wb_code code = wb_my_execf(c->my, err, "COMMIT");
    if (code) {
        rollback(conn);
        return code;
    }
    c->in_transaction = false;
    (void)wb_my_execf(c->my, NULL,
                      "SET SESSION foreign_key_checks = 1"); /* fails only with the connection */
    return WB_OK;
}

/* ------------------------------------------------------------------------------------------ bulk
 * loads */

static enum wb_code load_open(struct wb_conn *conn, const struct wb_load_spec *spec,
                              struct wb_load **ret, struct wb_error *err) {
    struct mysql_conn *c = mysql_of(conn);
    if (!c->in_transaction)
        return wb_error_set(err, WB_E_INTERNAL, "a load into %s was begun outside a transaction",
                            spec->table->name);
    struct wb_load *l = calloc(1, sizeof *l);
    if (!l)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a load");
    l->conn = c;
    l->n_columns = spec->n_columns;
    l->statement_bytes = STATEMENT_BYTES;
    l->table = wb_arena_strdup(&l->arena, spec->table->name);
    l->types = WB_NEW_N(&l->arena, const struct wb_type *, spec->n_columns + 1);
    wb_buf_adds(&l->head, "INSERT INTO ");
    wb_mysql_quote_table(&l->head, spec->table);
    wb_buf_adds(&l->head, " (");
    for (size_t i = 0; i < spec->n_columns; i++) {
        l->types[i] = &spec->table->columns[spec->columns[i]].type;
        if (i)
            wb_buf_adds(&l->head, ", ");
        wb_mysql_quote_name(&l->head, spec->table->columns[spec->columns[i]].name);
    }
    wb_buf_adds(&l->head, ") VALUES ");
    *ret = l;
    return WB_OK;
}

static void load_abort(struct wb_load *l) {
    if (!l)
        return;
    wb_buf_done(&l->head);
    wb_buf_done(&l->sql);
    wb_arena_done(&l->arena);
    free(l);
}

static enum wb_code flush(struct wb_load *l, struct wb_error *err) {
    uint64_t rows = 0;
    if (!l->pending)
        return WB_OK;
    enum wb_code code = wb_my_exec(l->conn->my, err, &rows, wb_buf_str(&l->sql), l->sql.len);
    if (!code && rows != l->pending)
        code = wb_error_set(err, WB_E_PROTOCOL, "%llu rows were sent and %llu confirmed",
                            (unsigned long long)l->pending, (unsigned long long)rows);
    if (code) {
        l->conn->must_roll_back = true;
        return wb_error_wrap(err, "loading table %s", l->table), code;
    }
    l->rows += rows;
    l->pending = 0;
    wb_buf_reset(&l->sql);
    return WB_OK;
}

static enum wb_code put_row(struct wb_load *l, const struct wb_cell *cells, struct wb_error *err) {
    if (l->pending)
        wb_buf_addc(&l->sql, ',');
    else
        wb_buf_add(&l->sql, l->head.data, l->head.len);
    for (size_t i = 0; i < l->n_columns; i++) {
        wb_buf_addc(&l->sql, i ? ',' : '(');
        /* What has no neutral form is a policy's matter, and should not be here. */
        if (cells[i].form == WB_FORM_INVALID || !wb_mysql_literal(&l->sql, l->types[i], &cells[i]))
            return wb_error_set(err, WB_E_VALUE,
                                "loading table %s: a value of column %zu (%s) has no counterpart",
                                l->table, i + 1, l->types[i]->native);
    }
    wb_buf_adds(&l->sql, l->n_columns ? ")" : "()");
    l->pending++;
    return WB_OK;
}

static enum wb_code load_put(struct wb_load *l, const struct wb_batch *b, struct wb_error *err) {
    enum wb_code code = WB_OK;
    for (uint32_t i = 0; !code && i < b->n_rows; i++) {
        code = put_row(l, wb_batch_row(b, i), err);
        if (!code && l->sql.len >= l->statement_bytes)
            code = flush(l, err);
    }
    if (code)
        l->conn->must_roll_back = true;
    return code;
}

static enum wb_code load_close(struct wb_load *l, uint64_t *ret_rows, struct wb_error *err) {
    enum wb_code code = flush(l, err);
    if (!code && ret_rows)
        *ret_rows = l->rows;
    load_abort(l);
    return code;
}

static enum wb_code delete_range(struct wb_conn *conn, const struct wb_table *t,
                                 const struct wb_range *range, uint64_t *ret_rows,
                                 struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct mysql_conn *c = mysql_of(conn);
    wb_buf_adds(&sql, "DELETE FROM ");
    wb_mysql_quote_table(&sql, t);
    enum wb_code code = wb_mysql_add_where(&sql, t, range, NULL, err);
    if (!code)
        code = wb_my_exec(c->my, err, ret_rows, wb_buf_str(&sql), sql.len);
    if (code)
        c->must_roll_back = c->in_transaction;
    return code;
}

/* Which table a transaction has locks in is not told by every server. */
static const char *blockers(struct wb_conn *conn, const char *table, struct wb_arena *a) {
    struct wb_my_rows rows = {0};
    WB_CLEANUP_BUF struct wb_buf who = {0};
    (void)table;
    if (wb_my_queryf(mysql_of(conn)->my, a, &rows, NULL,
                     "SELECT p.ID, p.USER, p.HOST, p.COMMAND, TIMESTAMPDIFF(SECOND, "
                     "x.trx_started, NOW()) FROM information_schema.INNODB_TRX x JOIN "
                     "information_schema.PROCESSLIST p ON p.ID = x.trx_mysql_thread_id WHERE p.ID "
                     "<> CONNECTION_ID() AND (x.trx_rows_locked > 0 OR x.trx_rows_modified > 0) "
                     "ORDER BY x.trx_started LIMIT 3"))
        return "";
    for (size_t i = 0; i < rows.n_rows; i++)
        wb_buf_addf(&who, "%sconnection %s (%s@%s, %s, its transaction began %s s ago)",
                    i ? "; " : "", rows.values[i][0], rows.values[i][1], rows.values[i][2],
                    rows.values[i][3], rows.values[i][4]);
    return wb_arena_strdup(a, wb_buf_str(&who));
}

const struct wb_write_ops wb_mysql_write_ops = {
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
