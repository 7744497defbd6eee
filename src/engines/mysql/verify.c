/* What verification asks besides reading: where the log stands, how long statements may take, how
 * busy the server is. */
#include "engines/mysql/internal.h"

#include "base/clock.h"
#include "base/str.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------
 * position */

/* Names of files count on this server alone, but where there are no GTIDs they are all there is. */
static const char *file_and_offset(struct wb_my_conn *my, struct wb_arena *a) {
    struct wb_my_rows rows;
    const char *sql =
        !my->mariadb && my->version_num >= 80200 ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
    if (wb_my_queryf(my, a, &rows, NULL, "%s", sql) || !rows.n_rows || rows.n_columns < 2)
        return ""; /* no log, or no privilege to see where it stands */
    return wb_arena_printf(a, "%s:%s", rows.values[0][0], rows.values[0][1]);
}

static enum wb_code position(struct wb_conn *conn, struct wb_arena *a, struct wb_moment *ret,
                             struct wb_error *err) {
    struct wb_my_conn *my = mysql_of(conn)->my;
    struct wb_my_rows rows;
    enum wb_code code = wb_my_queryf(my, a, &rows, err, "SELECT %s",
                                     my->mariadb ? "@@global.gtid_current_pos"
                                                 : "REPLACE(@@global.gtid_executed, '\n', '')");
    if (code)
        return wb_error_wrap(err, "asking for the position"), code;
    const char *gtid = rows.values[0][0];
    bool known = gtid && *gtid;
    *ret = (struct wb_moment){
        .position = known ? gtid : file_and_offset(my, a),
        .fingerprint = known ? wb_mysql_moment_fingerprint(my, a, gtid) : "",
        .wall_us = wb_clock_wall_us(),
    };
    return WB_OK;
}

/* ------------------------------------------------------------------------------------------
 * timeout */

/* MySQL's limit holds for SELECT alone; what waits for a lock has a limit of its own there. */
enum wb_code wb_mysql_limit_statements(struct wb_my_conn *my, unsigned ms, struct wb_error *err) {
    if (my->mariadb)
        return wb_my_execf(my, err, "SET SESSION max_statement_time = %u.%03u", ms / 1000,
                           ms % 1000);
    return wb_my_execf(my, err, "SET SESSION max_execution_time = %u", ms);
}

static enum wb_code set_timeout(struct wb_conn *conn, unsigned statement_ms, struct wb_error *err) {
    enum wb_code code = wb_mysql_limit_statements(mysql_of(conn)->my, statement_ms, err);
    if (!code)
        mysql_of(conn)->statement_timeout_ms = statement_ms;
    return code;
}

static enum wb_code set_lock_timeout(struct wb_conn *conn, unsigned ms, struct wb_error *err) {
    unsigned s = ms ? (ms + 999) / 1000 : 1;
    return wb_my_execf(mysql_of(conn)->my, err,
                       "SET SESSION lock_wait_timeout = %u, innodb_lock_wait_timeout = %u", s, s);
}

/* ------------------------------------------------------------------------------------------ load
 */

/* Without PROCESS a session sees but itself. */
static bool sees_others(struct wb_my_conn *my, struct wb_arena *a) {
    struct wb_my_rows rows;
    return !wb_my_queryf(my, a, &rows, NULL,
                         "SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES "
                         "WHERE PRIVILEGE_TYPE = 'PROCESS' AND GRANTEE = CONCAT('''', "
                         "REPLACE(CURRENT_USER(), '@', '''@'''), '''')") &&
           rows.n_rows && !wb_str_eq(rows.values[0][0], "0");
}

static uint64_t session(struct wb_conn *conn) {
    return mysql_of(conn)->my->thread_id;
}

static unsigned count_active(struct wb_my_conn *my, const uint64_t *own, size_t n_own,
                             struct wb_arena *a) {
    WB_CLEANUP_BUF struct wb_buf ids = {0};
    struct wb_my_rows rows;
    for (size_t i = 0; i < n_own; i++)
        wb_buf_addf(&ids, ", %llu", (unsigned long long)own[i]);
    if (!sees_others(my, a) ||
        wb_my_queryf(my, a, &rows, NULL,
                     "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID NOT IN "
                     "(CONNECTION_ID()%s) AND COMMAND IN ('Query', 'Execute', 'Fetch')",
                     wb_buf_str(&ids)))
        return UINT_MAX;
    return (unsigned)strtoul(rows.values[0][0], NULL, 10);
}

/* The largest of the columns that tell how far this server is behind a source of its own; NULL
 * where one of its replication's threads does not run. */
static int64_t largest_lag(MYSQL_RES *res, bool *ret_stopped) {
    int64_t most = -1;
    unsigned n = mysql_num_fields(res), at = n;
    for (unsigned i = 0; i < n; i++)
        if (wb_str_starts(mysql_fetch_field_direct(res, i)->name, "Seconds_Behind_"))
            at = i;
    for (MYSQL_ROW row; at < n && (row = mysql_fetch_row(res));) {
        int64_t ms = row[at] ? (int64_t)strtoll(row[at], NULL, 10) * 1000 : -1;
        *ret_stopped |= !row[at];
        most = ms > most ? ms : most;
    }
    return most;
}

/* Whoever may not ask gets no answer, which is as good as none. */
static int64_t find_lag(struct wb_my_conn *my, bool *ret_stopped) {
    const char *sql = my->mariadb                ? "SHOW ALL SLAVES STATUS"
                      : my->version_num >= 80022 ? "SHOW REPLICA STATUS"
                                                 : "SHOW SLAVE STATUS";
    if (mysql_query(my->mysql, sql))
        return -1;
    MYSQL_RES *res = mysql_store_result(my->mysql);
    int64_t lag = res ? largest_lag(res, ret_stopped) : -1;
    mysql_free_result(res);
    return lag;
}

static enum wb_code load_state(struct wb_conn *conn, const uint64_t *own, size_t n_own,
                               struct wb_load_state *ret, struct wb_error *err) {
    struct wb_my_conn *my = mysql_of(conn)->my;
    struct wb_arena a = {0};
    enum wb_code code = wb_my_execf(my, err, "DO 1"); /* a lost connection is not "unknown" */
    if (!code) {
        *ret = (struct wb_load_state){.active = count_active(my, own, n_own, &a)};
        ret->lag_ms = find_lag(my, &ret->stopped);
    }
    wb_arena_done(&a);
    return code;
}

const struct wb_verify_ops wb_mysql_verify_ops = {
    .literal = wb_mysql_literal,
    .exactly = wb_mysql_exactly,
    .delete_some = wb_mysql_delete_some,
    .differs = wb_mysql_differs,
    .random = "rand()",
    .canonical = wb_mysql_canonical,
    .digest = wb_mysql_digest,
    .position = position,
    .set_timeout = set_timeout,
    .set_lock_timeout = set_lock_timeout,
    .session = session,
    .load_state = load_state,
    .drop_temporary = "DROP TEMPORARY TABLE",
    .blocked_by = wb_mysql_blocked_by,
    .table_use = wb_mysql_table_use,
    .expect = wb_mysql_expect,
    .mend = wb_mysql_mend,
    .measure = wb_mysql_measure,
    .explain = wb_mysql_explain,
};
