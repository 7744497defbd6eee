/* Who keeps a session waiting, and how often tables are used.
 * Source: PostgreSQL's documentation, "The Cumulative Statistics System", pg_blocking_pids(). */
#include "engines/postgres/internal.h"

#include <stdlib.h>
#include <string.h>

/* Sessions give their counts when they are idle, at the latest after PGSTAT_IDLE_INTERVAL. */
enum { LATE_MS = 10000 };

enum wb_code wb_postgres_blocked_by(struct wb_conn *c, uint64_t session, struct wb_arena *a,
                                    struct wb_blocker **ret, size_t *ret_n, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows = {0};
    wb_buf_addf(&sql,
                "SELECT s.pid, s.usename, s.application_name, to_char(s.query_start AT TIME ZONE "
                "'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), s.query, s.state "
                "FROM pg_catalog.pg_stat_activity s WHERE s.pid = ANY "
                "(pg_catalog.pg_blocking_pids(%llu)) ORDER BY s.xact_start LIMIT 3",
                (unsigned long long)session);
    enum wb_code code = c->engine->query(c, wb_buf_str(&sql), a, &rows, err);
    if (code)
        return code;
    *ret = WB_NEW_N(a, struct wb_blocker, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++)
        (*ret)[i] = wb_blocker_of((const char *const *)rows.values[i], true);
    *ret_n = rows.n_rows;
    return WB_OK;
}

/* Partitions count for their table. */
static void put_tables(struct wb_conn *c, const char *schema, const char *table,
                       struct wb_buf *sql) {
    wb_buf_adds(sql, "WITH t AS (SELECT r.oid FROM pg_catalog.pg_class r JOIN "
                     "pg_catalog.pg_namespace n ON n.oid = r.relnamespace WHERE r.relkind IN "
                     "('r', 'p') AND ");
    if (!table) {
        wb_buf_adds(sql, "n.nspname NOT IN ('whimbrel', 'information_schema') AND n.nspname NOT "
                         "LIKE 'pg\\_%'");
    } else {
        wb_buf_adds(sql, "r.relname = ");
        c->engine->quote_text(sql, table, strlen(table));
        if (schema) {
            wb_buf_adds(sql, " AND n.nspname = ");
            c->engine->quote_text(sql, schema, strlen(schema));
        } else {
            wb_buf_adds(sql, " AND pg_catalog.pg_table_is_visible(r.oid)");
        }
    }
    wb_buf_adds(sql, "), u AS (SELECT oid FROM t UNION SELECT p.relid FROM t, "
                     "pg_catalog.pg_partition_tree(t.oid) p) ");
}

enum wb_code wb_postgres_table_use(struct wb_conn *c, const char *schema, const char *table,
                                   struct wb_arena *a, struct wb_table_use *ret,
                                   struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows = {0};
    put_tables(c, schema, table, &sql);
    wb_buf_adds(
        &sql,
        "SELECT (SELECT count(*) FROM t), coalesce(sum(s.seq_scan + coalesce(s.idx_scan, 0)), 0), "
        "coalesce(sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del), 0), "
        "(SELECT count(DISTINCT l.pid) FROM pg_catalog.pg_locks l JOIN u ON u.oid = l.relation "
        "WHERE l.granted AND l.pid <> pg_catalog.pg_backend_pid() AND l.database = (SELECT oid "
        "FROM pg_catalog.pg_database WHERE datname = current_database())), "
        "current_setting('track_counts'), concat_ws(' ', (SELECT stats_reset FROM "
        "pg_catalog.pg_stat_database WHERE datname = current_database()), "
        "pg_catalog.pg_postmaster_start_time(), (SELECT pg_catalog.md5(string_agg(u.oid || ':' || "
        "coalesce(pg_catalog.pg_relation_filenode(u.oid)::text, ''), ',' ORDER BY u.oid)) FROM u)) "
        "FROM u LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = u.oid");
    enum wb_code code = c->engine->query(c, wb_buf_str(&sql), a, &rows, err);
    if (code)
        return code;
    const char *const *v = (const char *const *)rows.values[0];
    if (table && (!v[0] || strcmp(v[0], "0") == 0))
        return wb_error_set(err, WB_E_NOT_FOUND, "there is no table %s", table);
    if (!v[4] || strcmp(v[4], "on") != 0)
        return wb_error_set(err, WB_E_UNSUPPORTED,
                            "the server does not count how tables are used: track_counts is off");
    *ret = (struct wb_table_use){.reads = strtoull(v[1], NULL, 10),
                                 .writes = strtoull(v[2], NULL, 10),
                                 .open = strtoull(v[3], NULL, 10),
                                 .since = v[5] ? v[5] : "",
                                 .late_ms = LATE_MS};
    ret->all = ret->reads + ret->writes;
    return WB_OK;
}
