#include "engines/mysql/internal.h"

#include <stdlib.h>

/* The condition of one ask; false where the engine has no such values in this column. */
static bool add_condition(struct wb_buf *sql, const struct wb_column *c, enum wb_scan_kind kind) {
    WB_CLEANUP_BUF struct wb_buf name = {0};
    wb_mysql_quote_name(&name, c->name);
    const char *n = wb_buf_str(&name);
    switch (kind) {
    case WB_SCAN_NOT_BOOLEAN:
        wb_buf_addf(sql, "%s NOT IN (0, 1)", n);
        return true;
    case WB_SCAN_OUTSIDE_DAY:
        wb_buf_addf(sql, "%s < '00:00:00' OR %s >= '24:00:00'", n, n);
        return c->type.kind == WB_KIND_TIME;
    case WB_SCAN_ZERO_DATE:
        wb_buf_addf(sql, "YEAR(%s) = 0 OR MONTH(%s) = 0 OR DAYOFMONTH(%s) = 0", n, n, n);
        return c->type.kind == WB_KIND_DATE || c->type.kind == WB_KIND_TIMESTAMP ||
               c->type.kind == WB_KIND_TIMESTAMPTZ;
    case WB_SCAN_NUL_BYTE:
        wb_buf_addf(sql, "LOCATE(x'00', CAST(%s%s%s AS BINARY))", c->type.charset ? "CONVERT(" : "",
                    n, c->type.charset ? " USING utf8mb4)" : "");
        return c->type.kind == WB_KIND_TEXT || c->type.kind == WB_KIND_JSON ||
               c->type.kind == WB_KIND_ENUM || c->type.kind == WB_KIND_SET;
    case WB_SCAN_BAD_ENUM:
        wb_buf_addf(sql, "CAST(%s AS UNSIGNED) = 0", n);
        return c->type.kind == WB_KIND_ENUM;
    }
    return false;
}

enum wb_code wb_mysql_scan(struct wb_conn *conn, const struct wb_table *t, struct wb_scan_ask *asks,
                           size_t n, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_arena a = {0};
    struct wb_my_rows rows;
    size_t *place = WB_NEW_N(&a, size_t, n + 1), asked = 0;
    wb_buf_adds(&sql, "SELECT ");
    for (size_t i = 0; i < n; i++) {
        WB_CLEANUP_BUF struct wb_buf condition = {0};
        asks[i].ret_rows = 0;
        if (!add_condition(&condition, &t->columns[asks[i].column], asks[i].kind))
            continue;
        wb_buf_addf(&sql, "%sCOALESCE(SUM(IF(%s, 1, 0)), 0)", asked ? ", " : "",
                    wb_buf_str(&condition));
        place[asked++] = i;
    }
    wb_buf_adds(&sql, " FROM ");
    wb_mysql_quote_table(&sql, t);
    enum wb_code code = WB_OK;
    if (asked)
        code = wb_my_query(mysql_of(conn)->my, &a, &rows, err, wb_buf_str(&sql), sql.len);
    for (size_t i = 0; !code && i < asked; i++)
        asks[place[i]].ret_rows = strtoull(rows.values[0][i], NULL, 10);
    wb_arena_done(&a);
    return code ? (wb_error_wrap(err, "scanning table %s", t->name), code) : WB_OK;
}
