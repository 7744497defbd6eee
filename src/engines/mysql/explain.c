/* Times and plans of queries. */
#include "engines/mysql/internal.h"

#include "base/clock.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum { STATEMENT_TIMEOUT_MARIADB = 1969, STATEMENT_TIMEOUT_MYSQL = 3024 };

static enum wb_code count_rows(struct wb_my_conn *my, const char *sql, uint64_t *ret_rows,
                               struct wb_error *err) {
    uint64_t rows = 0;
    if (mysql_real_query(my->mysql, sql, strlen(sql)))
        return wb_my_fail(my, err, NULL);
    MYSQL_RES *res = mysql_use_result(my->mysql);
    if (!res && mysql_errno(my->mysql))
        return wb_my_fail(my, err, NULL);
    while (res && mysql_fetch_row(res))
        rows++;
    enum wb_code code = res && mysql_errno(my->mysql) ? wb_my_fail(my, err, NULL) : WB_OK;
    if (res)
        mysql_free_result(res);
    if (!code)
        *ret_rows = rows;
    return code;
}

enum wb_code wb_mysql_measure(struct wb_conn *c, const char *sql, unsigned timeout_ms,
                              uint64_t *ret_rows, uint64_t *ret_us, struct wb_error *err) {
    struct wb_my_conn *my = mysql_of(c)->my;
    struct wb_error own = {0};
    enum wb_code code = wb_mysql_limit_statements(my, timeout_ms, err);
    if (!code)
        code = wb_my_execf(my, err, "START TRANSACTION READ ONLY");
    if (code)
        return code;
    uint64_t start = wb_clock_monotonic_us();
    code = count_rows(my, sql, ret_rows, &own);
    uint64_t took = wb_clock_monotonic_us() - start;
    if (own.vendor == STATEMENT_TIMEOUT_MARIADB || own.vendor == STATEMENT_TIMEOUT_MYSQL)
        code = wb_error_set(&own, WB_E_TIMEOUT, "no answer within %u ms", timeout_ms);
    struct wb_error after = {0};
    enum wb_code ended = wb_my_execf(my, &after, "ROLLBACK");
    if (!ended)
        ended = wb_mysql_limit_statements(my, mysql_of(c)->statement_timeout_ms, &after);
    if (code || ended) {
        if (err)
            *err = code ? own : after;
        return code ? code : ended;
    }
    *ret_us = took;
    return WB_OK;
}

/* ------------------------------------------------------------------------------------------
 * plans */

/* Places in a row of EXPLAIN; MySQL has "partitions" before the type and "filtered" before the
 * last. https://mariadb.com/kb/en/explain/,
 * https://dev.mysql.com/doc/refman/8.0/en/explain-output.html */
struct places {
    size_t table, type, key, extra;
};

static struct places places_of(size_t n_columns) {
    return n_columns >= 12 ? (struct places){2, 4, 6, 11} : (struct places){2, 3, 5, 9};
}

static void add_step(struct wb_explain *p, size_t *cap, struct wb_arena *a,
                     enum wb_explain_kind kind, unsigned depth, const char *words,
                     const char *table, const char *index) {
    *WB_PUSH(a, p->steps, p->n, *cap) = (struct wb_explain_step){
        .kind = kind, .depth = depth, .words = words, .table = table, .index = index};
}

/* A sort or a temporary table belongs to the step that it is told with. */
static void add_row(struct wb_explain *p, size_t *cap, struct wb_arena *a, const char *const *row,
                    struct places at) {
    unsigned depth = row[0] ? (unsigned)strtoul(row[0], NULL, 10) : 0;
    depth -= depth > 0;
    const char *type = row[at.type], *key = row[at.key], *extra = row[at.extra];
    const char *index = key && !wb_str_eq(key, "PRIMARY") ? key : NULL;
    if (extra && wb_str_istr(extra, "using filesort"))
        add_step(p, cap, a, WB_EXPLAIN_SORT, depth, "filesort", NULL, NULL);
    if (extra && wb_str_istr(extra, "using temporary"))
        add_step(p, cap, a, WB_EXPLAIN_GROUP, depth, "temporary table", NULL, NULL);
    enum wb_explain_kind kind = !row[at.table] || !type     ? WB_EXPLAIN_OTHER
                                : wb_str_eq(type, "ALL")    ? WB_EXPLAIN_SCAN
                                : key                       ? WB_EXPLAIN_INDEX
                                : wb_str_eq(type, "system") ? WB_EXPLAIN_INDEX
                                                            : WB_EXPLAIN_OTHER;
    const char *words = wb_str_eq(type, "ALL") ? "full scan"
                        : type                 ? type
                        : extra                ? extra
                                               : "no table";
    add_step(p, cap, a, kind, depth, words, row[at.table], index);
}

enum wb_code wb_mysql_explain(struct wb_conn *c, const char *sql, struct wb_arena *a,
                              struct wb_explain *ret, struct wb_error *err) {
    struct wb_my_conn *my = mysql_of(c)->my;
    struct wb_my_rows rows = {0};
    struct wb_explain plan = {0};
    size_t cap = 0;
    enum wb_code code = wb_my_queryf(my, a, &rows, err, "EXPLAIN %s", sql);
    if (code)
        return wb_error_wrap(err, "EXPLAIN");
    if (rows.n_columns < 10)
        return wb_error_set(err, WB_E_UNSUPPORTED, "EXPLAIN gave %zu columns", rows.n_columns);
    for (size_t i = 0; i < rows.n_rows; i++)
        add_row(&plan, &cap, a, rows.values[i], places_of(rows.n_columns));
    *ret = plan;
    return WB_OK;
}
