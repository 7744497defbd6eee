#include "base/str.h"
#include "engines/sqlite/range.h"
#include "engines/sqlite/read.h"

#include <stdlib.h>

enum { NUMBER_BYTES = 8 };

struct wb_cursor {
    struct wb_sqlite *c;
    sqlite3_stmt *s;
    const struct wb_table *table;
    int n_columns;
    bool ended;
};

static void add_order(struct wb_buf *sql, const struct wb_read_spec *spec) {
    const struct wb_table *t = spec->table;
    const struct wb_index *key = wb_table_replica_key(t);
    if (key && spec->range.kind != WB_RANGE_PAGES) {
        for (size_t i = 0; i < key->n_parts; i++) {
            wb_buf_adds(sql, i ? ", " : " ORDER BY ");
            wb_sqlite_quote_name(sql, t->columns[key->parts[i].column].name);
        }
    } else if (wb_sqlite_rowid_name(t)) {
        wb_buf_addf(sql, " ORDER BY %s", wb_sqlite_rowid_name(t));
    }
}

static enum wb_code build(struct wb_buf *sql, const struct wb_read_spec *spec,
                          struct wb_error *err) {
    const struct wb_table *t = spec->table;
    wb_buf_adds(sql, "SELECT ");
    for (size_t i = 0; i < spec->n_columns; i++) {
        wb_buf_adds(sql, i ? ", " : "");
        wb_sqlite_quote_name(sql, t->columns[spec->columns[i]].name);
    }
    if (spec->n_columns == 0)
        wb_buf_adds(sql, "NULL");
    wb_buf_adds(sql, " FROM main.");
    wb_sqlite_quote_name(sql, t->name);
    size_t before = sql->len;
    wb_buf_adds(sql, " WHERE ");
    size_t begin = sql->len;
    enum wb_code code = wb_sqlite_add_range(sql, t, &spec->range, err);
    if (code)
        return code;
    if (spec->where)
        wb_buf_addf(sql, "%s(%s)", sql->len > begin ? " AND " : "", spec->where);
    if (sql->len == begin)
        sql->len = before;
    if (spec->ordered)
        add_order(sql, spec);
    return WB_OK;
}

enum wb_code wb_sqlite_cursor_open(struct wb_conn *conn, const struct wb_read_spec *spec,
                                   struct wb_cursor **ret, struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    wb_sqlite_call(c);
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    sqlite3_stmt *s = NULL;
    enum wb_code code = build(&sql, spec, err);
    if (!code)
        code = wb_sqlite_prepare(c, wb_buf_str(&sql), &s, err);
    if (!code)
        code = wb_sqlite_bind_range(c, s, spec->table, &spec->range, err);
    if (code) {
        sqlite3_finalize(s);
        wb_error_wrap(err, "table %s", spec->table->name);
        return code;
    }
    struct wb_cursor *cur = calloc(1, sizeof *cur);
    if (!cur)
        abort();
    *cur =
        (struct wb_cursor){.c = c, .s = s, .table = spec->table, .n_columns = (int)spec->n_columns};
    *ret = cur;
    return WB_OK;
}

/* Values without bytes are complete; of the others form and length are set, and their sum is
 * returned. */
static size_t take_row(sqlite3_stmt *s, struct wb_cell *cell, int n) {
    size_t bytes = 0;
    for (int i = 0; i < n; i++, cell++) {
        switch (sqlite3_column_type(s, i)) {
        case SQLITE_INTEGER:
            *cell = wb_cell_int(sqlite3_column_int64(s, i));
            break;
        case SQLITE_FLOAT:
            *cell = wb_cell_double(sqlite3_column_double(s, i));
            break;
        case SQLITE_TEXT:
            *cell = wb_cell_text(sqlite3_column_text(s, i), 0);
            cell->len = (uint32_t)sqlite3_column_bytes(s, i);
            break;
        case SQLITE_BLOB:
            *cell = wb_cell_bytes(sqlite3_column_blob(s, i), 0);
            cell->len = (uint32_t)sqlite3_column_bytes(s, i);
            break;
        default:
            *cell = wb_cell_null();
        }
        bytes += cell->len;
    }
    return bytes;
}

static void keep_bytes(struct wb_batch *b, struct wb_cell *cell, int n, size_t bytes) {
    unsigned char *to = bytes ? wb_batch_alloc(b, bytes) : (unsigned char *)"";
    for (int i = 0; i < n; i++, cell++) {
        if (cell->form != WB_FORM_TEXT && cell->form != WB_FORM_BYTES)
            continue;
        if (cell->len)
            memcpy(to, cell->p, cell->len);
        cell->p = to;
        to += cell->len;
    }
}

/* A text without address: SQLite had no memory to end it with a NUL. */
static bool lacks_memory(const struct wb_cell *cell, int n) {
    for (int i = 0; i < n; i++)
        if (cell[i].form == WB_FORM_TEXT && !cell[i].p)
            return true;
    return false;
}

static int add_row(struct wb_cursor *cur, struct wb_batch *b) {
    struct wb_cell *row = wb_batch_add_row(b);
    size_t bytes = take_row(cur->s, row, cur->n_columns);
    if (lacks_memory(row, cur->n_columns))
        return SQLITE_NOMEM;
    keep_bytes(b, row, cur->n_columns, bytes);
    b->bytes += bytes + (size_t)cur->n_columns * NUMBER_BYTES;
    return SQLITE_OK;
}

enum wb_code wb_sqlite_cursor_next(struct wb_cursor *cur, struct wb_batch *b,
                                   struct wb_error *err) {
    wb_batch_reset(b);
    while (!cur->ended && !wb_batch_full(b)) {
        int rc = sqlite3_step(cur->s);
        cur->ended = rc != SQLITE_ROW;
        if (rc == SQLITE_ROW)
            rc = add_row(cur, b);
        if (rc != SQLITE_OK && rc != SQLITE_DONE) {
            enum wb_code code = wb_sqlite_fail(cur->c, rc, "reading", err);
            wb_error_wrap(err, "%s: table %s", cur->c->path, cur->table->name);
            return code;
        }
    }
    return WB_OK;
}

void wb_sqlite_cursor_done(struct wb_cursor *cur) {
    if (!cur)
        return;
    sqlite3_finalize(cur->s);
    free(cur);
}
