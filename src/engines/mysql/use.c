/* Who keeps a session waiting, and how often tables are used.
 * Source: MariaDB's documentation of INNODB_LOCK_WAITS, METADATA_LOCK_INFO, TABLE_STATISTICS and
 * table_io_waits_summary_by_table. */
#include "engines/mysql/internal.h"

#include <stdlib.h>
#include <string.h>

/* --- who keeps a session waiting
 * ----------------------------------------------------------------- */

/* Around the session's number. Rows: who holds the row locks. Metadata, where the server tells: who
 * holds those of a table that the waiting statement names. Else all that have a transaction open.
 */
static const struct {
    const char *before, *behind;
    bool certain;
} questions[] = {
    {"JOIN information_schema.INNODB_TRX h ON h.trx_mysql_thread_id = p.ID "
     "JOIN information_schema.INNODB_LOCK_WAITS w ON w.blocking_trx_id = h.trx_id "
     "JOIN information_schema.INNODB_TRX r ON r.trx_id = w.requesting_trx_id "
     "WHERE r.trx_mysql_thread_id = ",
     "", true},
    {"JOIN information_schema.METADATA_LOCK_INFO m ON m.THREAD_ID = p.ID "
     "JOIN information_schema.PROCESSLIST w ON w.STATE LIKE 'Waiting for table metadata lock%' AND "
     "INSTR(w.INFO, m.TABLE_NAME) > 0 WHERE m.TABLE_NAME <> '' AND p.ID NOT IN (w.ID, "
     "CONNECTION_ID()) AND w.ID = ",
     "", true},
    {"JOIN information_schema.INNODB_TRX h ON h.trx_mysql_thread_id = p.ID "
     "JOIN information_schema.PROCESSLIST w ON w.STATE LIKE 'Waiting for%lock%' "
     "WHERE p.ID NOT IN (w.ID, CONNECTION_ID()) AND w.ID = ",
     " ORDER BY h.trx_started", false},
};

static enum wb_code ask(struct wb_conn *c, size_t question, uint64_t session, struct wb_arena *a,
                        struct wb_rows *ret, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "SELECT DISTINCT p.ID, p.USER, p.HOST, DATE_FORMAT(UTC_TIMESTAMP() - "
                      "INTERVAL p.TIME SECOND, '%Y-%m-%dT%H:%i:%sZ'), p.INFO FROM "
                      "information_schema.PROCESSLIST p ");
    wb_buf_adds(&sql, questions[question].before);
    wb_buf_addf(&sql, "%llu", (unsigned long long)session);
    wb_buf_adds(&sql, questions[question].behind);
    wb_buf_adds(&sql, " LIMIT 3");
    return c->engine->query(c, wb_buf_str(&sql), a, ret, err);
}

enum wb_code wb_mysql_blocked_by(struct wb_conn *c, uint64_t session, struct wb_arena *a,
                                 struct wb_blocker **ret, size_t *ret_n, struct wb_error *err) {
    struct wb_rows rows = {0};
    enum wb_code code = WB_OK;
    size_t n = sizeof questions / sizeof *questions, q = 0;
    for (; q < n; q++) { /* a server that lacks a table is asked the next question */
        rows = (struct wb_rows){0};
        code = ask(c, q, session, a, &rows, err);
        if (code == WB_E_LOST || rows.n_rows)
            break;
    }
    if (code)
        return code;
    *ret = WB_NEW_N(a, struct wb_blocker, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++)
        (*ret)[i] =
            wb_blocker_of((const char *const *)rows.values[i], q < n && questions[q].certain);
    *ret_n = rows.n_rows;
    return WB_OK;
}

/* --- how often tables are used
 * ------------------------------------------------------------------- */

static void put_where(struct wb_conn *c, const char *prefix, const char *schema, const char *table,
                      struct wb_buf *sql) {
    wb_buf_addf(sql, " WHERE %s_SCHEMA = ", prefix);
    if (schema)
        c->engine->quote_text(sql, schema, strlen(schema));
    else
        wb_buf_adds(sql, "DATABASE()");
    wb_buf_addf(sql, " AND %s_NAME ", prefix);
    if (table) {
        wb_buf_adds(sql, "= ");
        c->engine->quote_text(sql, table, strlen(table));
    } else {
        wb_buf_adds(sql, "NOT LIKE 'whimbrel\\_%'");
    }
}

static uint64_t number(const char *text) {
    return text ? strtoull(text, NULL, 10) : 0;
}

/* Two sums, over these tables, and one over all. */
static enum wb_code sum(struct wb_conn *c, const char *from, const char *reads, const char *writes,
                        const char *where, struct wb_arena *a, struct wb_table_use *ret,
                        struct wb_error *err) {
    struct wb_rows rows = {0};
    const char *sql =
        wb_arena_printf(a, "SELECT sum(%s), sum(%s), (SELECT sum(%s + %s) FROM %s) FROM %s%s",
                        reads, writes, reads, writes, from, from, where);
    enum wb_code code = c->engine->query(c, sql, a, &rows, err);
    if (!code) {
        ret->reads = number(rows.values[0][0]);
        ret->writes = number(rows.values[0][1]);
        ret->all = number(rows.values[0][2]);
    }
    return code;
}

static bool is_on(struct wb_conn *c, const char *sql, struct wb_arena *a) {
    struct wb_rows rows = {0};
    if (c->engine->query(c, sql, a, &rows, NULL) || !rows.n_rows)
        return false;
    const char *value = rows.values[0][rows.n_columns - 1];
    return value && (strcmp(value, "ON") == 0 || strcmp(value, "YES") == 0);
}

enum wb_code wb_mysql_table_use(struct wb_conn *c, const char *schema, const char *table,
                                struct wb_arena *a, struct wb_table_use *ret,
                                struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0}, where = {0};
    struct wb_rows made = {0}, up = {0};
    struct wb_table_use use = {0};
    wb_buf_adds(&sql, "SELECT count(*), MD5(GROUP_CONCAT(TABLE_NAME, CREATE_TIME ORDER BY "
                      "TABLE_NAME)) FROM information_schema.TABLES");
    put_where(c, "TABLE", schema, table, &sql);
    enum wb_code code = c->engine->query(c, wb_buf_str(&sql), a, &made, err);
    if (!code)
        code = c->engine->query(c, "SHOW GLOBAL STATUS LIKE 'Uptime'", a, &up, err);
    if (code)
        return code;
    if (table && number(made.values[0][0]) == 0)
        return wb_error_set(err, WB_E_NOT_FOUND, "there is no table %s", table);
    bool waits = is_on(c, "SHOW GLOBAL VARIABLES LIKE 'performance_schema'", a) &&
                 is_on(c,
                       "SELECT ENABLED FROM performance_schema.setup_instruments WHERE NAME = "
                       "'wait/io/table/sql/handler'",
                       a);
    bool statistics = !waits && is_on(c, "SHOW GLOBAL VARIABLES LIKE 'userstat'", a);
    if (!waits && !statistics)
        return wb_error_set(err, WB_E_UNSUPPORTED,
                            "the server does not count how tables are used: SET GLOBAL userstat = "
                            "ON, or start it with performance_schema = ON");
    put_where(c, waits ? "OBJECT" : "TABLE", schema, table, &where);
    code = waits ? sum(c, "performance_schema.table_io_waits_summary_by_table", "COUNT_READ",
                       "COUNT_WRITE", wb_buf_str(&where), a, &use, err)
                 : sum(c, "information_schema.TABLE_STATISTICS", "ROWS_READ", "ROWS_CHANGED",
                       wb_buf_str(&where), a, &use, err);
    if (code)
        return code;
    use.since = made.values[0][1] ? made.values[0][1] : "";
    use.up_s = number(up.n_rows ? up.values[0][1] : NULL);
    use.rows_only = statistics;
    *ret = use;
    return WB_OK;
}
