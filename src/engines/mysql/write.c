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

#include <math.h>
#include <stdio.h>
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

/* ------------------------------------------------------------------------------------------
 * literals */

static void add_digits(struct wb_buf *b, uint64_t v, unsigned width) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%0*llu", (int)width, (unsigned long long)v);
    wb_buf_add(b, digits, (size_t)n);
}

/* The inverse of wb_my_days (same source). */
static void add_date(struct wb_buf *b, int64_t days) {
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    unsigned day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = (int64_t)yoe + era * 400 + (month <= 2);
    wb_buf_addf(b, "%04lld-%02u-%02u", (long long)year, month, day);
}

static void add_time_of_day(struct wb_buf *b, uint64_t us) {
    uint64_t s = us / 1000000;
    add_digits(b, s / 3600, 2);
    wb_buf_addc(b, ':');
    add_digits(b, s / 60 % 60, 2);
    wb_buf_addc(b, ':');
    add_digits(b, s % 60, 2);
    wb_buf_addc(b, '.');
    add_digits(b, us % 1000000, 6);
}

/* An integer cell of a type that is no number. */
static void add_moment(struct wb_buf *b, const struct wb_type *t, int64_t v) {
    wb_buf_addc(b, '\'');
    if (t->kind == WB_KIND_DATE) {
        add_date(b, v);
    } else if (t->kind == WB_KIND_TIME || t->kind == WB_KIND_INTERVAL) {
        if (v < 0)
            wb_buf_addc(b, '-');
        add_time_of_day(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
    } else {
        int64_t days = v / 86400000000 - (v % 86400000000 < 0);
        add_date(b, days);
        wb_buf_addc(b, ' ');
        add_time_of_day(b, (uint64_t)(v - days * 86400000000));
    }
    wb_buf_addc(b, '\'');
}

static void add_hex(struct wb_buf *b, const unsigned char *p, size_t len) {
    static const char hex[] = "0123456789ABCDEF";
    wb_buf_reserve(b, len * 2 + 3);
    unsigned char *to = b->data + b->len;
    *to++ = 'x';
    *to++ = '\'';
    for (size_t i = 0; i < len; i++) {
        *to++ = (unsigned char)hex[p[i] >> 4];
        *to++ = (unsigned char)hex[p[i] & 15];
    }
    *to++ = '\'';
    b->len += len * 2 + 3;
}

static void add_string(struct wb_buf *b, const unsigned char *p, size_t len) {
    wb_buf_reserve(b, len * 2 + 2);
    unsigned char *to = b->data + b->len;
    *to++ = '\'';
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '\'' || p[i] == '\\' || !p[i])
            *to++ = '\\';
        *to++ = p[i] ? p[i] : (unsigned char)'0';
    }
    *to++ = '\'';
    b->len = (size_t)(to - b->data);
}

static void add_uuid(struct wb_buf *b, const unsigned char *p) {
    wb_buf_addc(b, '\'');
    for (int i = 0; i < 16; i++)
        wb_buf_addf(b, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", p[i]);
    wb_buf_addc(b, '\'');
}

static bool is_moment(const struct wb_type *t) {
    return t->kind == WB_KIND_DATE || t->kind == WB_KIND_TIME || t->kind == WB_KIND_TIMESTAMP ||
           t->kind == WB_KIND_TIMESTAMPTZ || t->kind == WB_KIND_INTERVAL;
}

/* False where MySQL has no such value: infinities, NaN, what a policy should have handled. */
static bool add_cell(struct wb_buf *b, const struct wb_type *t, const struct wb_cell *cell) {
    switch ((enum wb_form)cell->form) {
    case WB_FORM_NULL:
        wb_buf_add(b, "NULL", 4);
        return true;
    case WB_FORM_INT:
        if (is_moment(t)) {
            if (cell->i == WB_INFINITY || cell->i == -WB_INFINITY)
                return false;
            add_moment(b, t, cell->i);
        } else {
            if (cell->i < 0)
                wb_buf_addc(b, '-');
            add_digits(b, cell->i < 0 ? -(uint64_t)cell->i : (uint64_t)cell->i, 1);
        }
        return true;
    case WB_FORM_UINT:
        add_digits(b, cell->u, 1);
        return true;
    case WB_FORM_DOUBLE:
        if (!isfinite(cell->d))
            return false;
        wb_buf_addf(b, "%.17e", cell->d);
        return true;
    case WB_FORM_TEXT:
        if (t->kind == WB_KIND_BIT)
            wb_buf_addc(b, 'b');
        add_string(b, cell->p, cell->len);
        return true;
    case WB_FORM_BYTES:
        if (t->kind == WB_KIND_UUID && cell->len == 16)
            add_uuid(b, cell->p);
        else
            add_hex(b, cell->p, cell->len);
        return true;
    case WB_FORM_INVALID:
        return false;
    }
    return false;
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
        if (!add_cell(&l->sql, l->types[i], &cells[i]))
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
};
