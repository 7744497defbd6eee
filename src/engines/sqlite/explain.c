/* Times and plans of queries. */
#include "engines/sqlite/explain.h"

#include "base/clock.h"
#include "base/str.h"
#include "engines/sqlite/conn.h"
#include "engines/sqlite/verify.h"

#include <stdlib.h>

enum { STEPS_BETWEEN_LOOKS = 2000 };

static int is_over(void *ctx) {
    return wb_clock_monotonic_us() >= *(uint64_t *)ctx;
}

static enum wb_code count_rows(struct wb_sqlite *c, const char *sql, uint64_t *ret_rows,
                               struct wb_error *err) {
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    uint64_t rows = 0;
    enum wb_code code = wb_sqlite_prepare(c, sql, &s, err);
    if (!code && s && !sqlite3_stmt_readonly(s))
        return wb_error_set(err, WB_E_PRIVILEGE, "the query may write");
    for (bool row = s != NULL; row && !code; rows += row && !code)
        code = wb_sqlite_step(c, s, &row, err);
    if (!code)
        *ret_rows = rows;
    return code;
}

enum wb_code wb_sqlite_measure(struct wb_conn *conn, const char *sql, unsigned timeout_ms,
                               uint64_t *ret_rows, uint64_t *ret_us, struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    wb_sqlite_call(c);
    uint64_t start = wb_clock_monotonic_us(), end = start + (uint64_t)timeout_ms * 1000;
    if (timeout_ms)
        sqlite3_progress_handler(c->db, STEPS_BETWEEN_LOOKS, is_over, &end);
    enum wb_code code = count_rows(c, sql, ret_rows, err);
    uint64_t now = wb_clock_monotonic_us();
    wb_sqlite_watch_clock(c);
    if (code == WB_E_CANCELED && timeout_ms && now >= end && !atomic_load(&c->canceled))
        return wb_error_set(err, WB_E_TIMEOUT, "no answer within %u ms", timeout_ms);
    if (!code)
        *ret_us = now - start;
    return code;
}

/* ------------------------------------------------------------------------------------------
 * plans */

/* What stands between two marks of a step's text; end NULL: the rest. */
static const char *between(const char *text, const char *begin, const char *end,
                           struct wb_arena *a) {
    const char *from = strstr(text, begin);
    if (!from)
        return NULL;
    from += strlen(begin);
    const char *to = end ? strstr(from, end) : NULL;
    return wb_arena_strndup(a, from, to ? (size_t)(to - from) : strlen(from));
}

/* "SEARCH o USING INDEX o_customer (customer_id=?)", "SCAN o", "USE TEMP B-TREE FOR ORDER BY";
 * before 3.36 "SEARCH TABLE orders AS o …". https://www.sqlite.org/eqp.html */
static struct wb_explain_step step_of(const char *text, unsigned depth, struct wb_arena *a) {
    struct wb_explain_step s = {.kind = WB_EXPLAIN_OTHER, .depth = depth, .words = text};
    bool search = wb_str_starts(text, "SEARCH "), scan = wb_str_starts(text, "SCAN ");
    if (wb_str_starts(text, "USE TEMP B-TREE"))
        s.kind = strstr(text, "ORDER BY") ? WB_EXPLAIN_SORT : WB_EXPLAIN_GROUP;
    if ((!search && !scan) || strstr(text, " CONSTANT ROW"))
        return s;
    const char *table = wb_arena_strdup(a, text + (search ? 7 : 5));
    if (wb_str_starts(table, "TABLE "))
        table += 6;
    const char *end = strstr(table, " USING ") ? strstr(table, " USING ") : strstr(table, " AS ");
    s.table = end ? wb_arena_strndup(a, table, (size_t)(end - table)) : table;
    s.kind = search || strstr(text, " USING ") ? WB_EXPLAIN_INDEX : WB_EXPLAIN_SCAN;
    s.words = search ? "search" : "scan";
    if (strstr(text, " USING AUTOMATIC ")) { /* made for this query alone, of the whole table */
        s.kind = WB_EXPLAIN_SCAN;
        s.words = "an index made for this query";
    } else if (!(s.index = between(text, " COVERING INDEX ", " (", a))) {
        s.index = between(text, " USING INDEX ", " (", a);
    }
    return s;
}

static unsigned depth_of(const struct wb_rows *rows, const char *parent) {
    for (size_t i = 0; i < rows->n_rows; i++)
        if (wb_str_eq(rows->values[i][0], parent))
            return 1 + depth_of(rows, rows->values[i][1]);
    return 0;
}

enum wb_code wb_sqlite_explain(struct wb_conn *c, const char *sql, struct wb_arena *a,
                               struct wb_explain *ret, struct wb_error *err) {
    struct wb_rows rows = {0};
    struct wb_explain plan = {0};
    size_t cap = 0;
    enum wb_code code =
        wb_sqlite_query(c, wb_arena_printf(a, "EXPLAIN QUERY PLAN %s", sql), a, &rows, err);
    if (code)
        return wb_error_wrap(err, "EXPLAIN QUERY PLAN");
    for (size_t i = 0; i < rows.n_rows && rows.n_columns >= 4; i++)
        *WB_PUSH(a, plan.steps, plan.n, cap) =
            step_of(rows.values[i][3], depth_of(&rows, rows.values[i][1]), a);
    *ret = plan;
    return WB_OK;
}
