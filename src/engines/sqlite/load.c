/* A bulk load: one prepared INSERT, rows bound by the form of their cells. SQLite has no faster way
 * in; several rows a statement gain nothing that the binding of their parameters does not cost. */
#include "base/str.h"
#include "engines/sqlite/write.h"

#include <math.h>
#include <stdlib.h>

struct wb_load {
    struct wb_sqlite *c;
    sqlite3_stmt *s;
    const struct wb_table *table;
    uint32_t *columns; /* owned */
    int n_columns;
    uint64_t rows;
};

static void build(struct wb_buf *sql, const struct wb_load_spec *spec) {
    /* A table of its own is in main; what is made for this session only, in temp. */
    wb_buf_adds(sql,
                wb_str_eq(spec->table->schema, "temp") ? "INSERT INTO temp." : "INSERT INTO main.");
    wb_sqlite_quote_name(sql, spec->table->name);
    wb_buf_adds(sql, spec->n_columns ? " (" : " DEFAULT VALUES");
    for (size_t i = 0; i < spec->n_columns; i++) {
        wb_buf_adds(sql, i ? ", " : "");
        wb_sqlite_quote_name(sql, spec->table->columns[spec->columns[i]].name);
    }
    for (size_t i = 0; i < spec->n_columns; i++)
        wb_buf_adds(sql, i ? ", ?" : ") VALUES (?");
    wb_buf_adds(sql, spec->n_columns ? ")" : "");
}

enum wb_code wb_sqlite_load_open(struct wb_conn *conn, const struct wb_load_spec *spec,
                                 struct wb_load **ret, struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    wb_sqlite_call(c);
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    sqlite3_stmt *s = NULL;
    build(&sql, spec);
    enum wb_code code = wb_sqlite_prepare(c, wb_buf_str(&sql), &s, err);
    if (code) {
        wb_error_wrap(err, "table %s", spec->table->name);
        return code;
    }
    struct wb_load *l = calloc(1, sizeof *l);
    uint32_t *columns = calloc(spec->n_columns + 1, sizeof *columns);
    if (!l || !columns)
        abort();
    if (spec->n_columns)
        memcpy(columns, spec->columns, spec->n_columns * sizeof *columns);
    *l = (struct wb_load){.c = c,
                          .s = s,
                          .table = spec->table,
                          .columns = columns,
                          .n_columns = (int)spec->n_columns};
    *ret = l;
    return WB_OK;
}

static const char *column_name(const struct wb_load *l, int i) {
    return l->table->columns[l->columns[i]].name;
}

static enum wb_code cannot_hold(const struct wb_load *l, int i, const char *what,
                                struct wb_error *err) {
    return wb_error_set(err, WB_E_VALUE, "table %s, column %s: SQLite cannot hold %s",
                        l->table->name, column_name(l, i), what);
}

static enum wb_code bind(struct wb_load *l, int i, const struct wb_cell *cell,
                         struct wb_error *err) {
    int rc = SQLITE_OK;
    switch ((enum wb_form)cell->form) {
    case WB_FORM_NULL:
        rc = sqlite3_bind_null(l->s, i + 1);
        break;
    case WB_FORM_INT:
        rc = sqlite3_bind_int64(l->s, i + 1, cell->i);
        break;
    case WB_FORM_DOUBLE:
        if (isnan(cell->d)) /* it would become NULL */
            return cannot_hold(l, i, "a NaN", err);
        rc = sqlite3_bind_double(l->s, i + 1, cell->d);
        break;
    case WB_FORM_TEXT:
        rc = sqlite3_bind_text64(l->s, i + 1, cell->len ? (const char *)cell->p : "", cell->len,
                                 SQLITE_STATIC, SQLITE_UTF8);
        break;
    case WB_FORM_BYTES:
        rc = sqlite3_bind_blob64(l->s, i + 1, cell->len ? (const void *)cell->p : "", cell->len,
                                 SQLITE_STATIC);
        break;
    case WB_FORM_UINT:
        return cannot_hold(l, i, "an integer above 9223372036854775807", err);
    default:
        return cannot_hold(l, i, "a value without a form", err);
    }
    if (!rc)
        return WB_OK;
    enum wb_code code = wb_sqlite_fail(l->c, rc, "binding a value", err);
    wb_error_wrap(err, "table %s, column %s", l->table->name, column_name(l, i));
    return code;
}

static enum wb_code put_row(struct wb_load *l, const struct wb_cell *row, struct wb_error *err) {
    for (int i = 0; i < l->n_columns; i++) {
        enum wb_code code = bind(l, i, &row[i], err);
        if (code)
            return code;
    }
    int rc = sqlite3_step(l->s);
    if (rc == SQLITE_DONE) {
        sqlite3_reset(l->s);
        l->rows++;
        return WB_OK;
    }
    enum wb_code code = wb_sqlite_fail(l->c, rc, "INSERT", err);
    wb_error_wrap(err, "table %s", l->table->name);
    sqlite3_reset(l->s);
    return code;
}

enum wb_code wb_sqlite_load_put(struct wb_load *l, const struct wb_batch *b, struct wb_error *err) {
    for (uint32_t r = 0; r < b->n_rows; r++) {
        enum wb_code code = put_row(l, wb_batch_row(b, r), err);
        if (code)
            return code;
    }
    return WB_OK;
}

enum wb_code wb_sqlite_load_close(struct wb_load *l, uint64_t *ret_rows, struct wb_error *err) {
    /* An error that ended the transaction as a whole has taken all rows with it. */
    bool lost = sqlite3_get_autocommit(l->c->db) != 0 && l->rows > 0;
    enum wb_code code =
        lost ? wb_error_set(err, WB_E_SQL, "table %s: SQLite has rolled back the transaction",
                            l->table->name)
             : WB_OK;
    if (!code && ret_rows)
        *ret_rows = l->rows;
    wb_sqlite_load_abort(l);
    return code;
}

void wb_sqlite_load_abort(struct wb_load *l) {
    if (!l)
        return;
    sqlite3_finalize(l->s);
    free(l->columns);
    free(l);
}
