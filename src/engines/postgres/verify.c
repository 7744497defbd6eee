/* What verification asks besides reading: where the log stands, how long statements may take, how
 * busy the server is. */
#include "engines/postgres/internal.h"

#include "base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static enum wb_code position(struct wb_conn *c, struct wb_arena *a, struct wb_moment *ret,
                             struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(c);
    struct wb_rows rows = {0};
    char sql[320];
    snprintf(sql, sizeof sql,
             "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN "
             "pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END, "
             "pg_catalog.%s()",
             p->pg.version >= 130000 ? "pg_current_snapshot" : "txid_current_snapshot");
    enum wb_code code = wb_postgres_rows(p, sql, a, &rows, err);
    if (code)
        return wb_error_wrap(err, "asking for the position"), code;
    *ret = (struct wb_moment){
        .position = rows.values[0][0] ? rows.values[0][0] : "",
        .fingerprint = rows.values[0][1],
        .wall_us = wb_clock_wall_us(),
    };
    return WB_OK;
}

static enum wb_code set_timeout(struct wb_conn *c, unsigned statement_ms, struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(c);
    char sql[64];
    unsigned ms = statement_ms > INT_MAX ? INT_MAX : statement_ms;
    snprintf(sql, sizeof sql, "SET statement_timeout = %u", ms);
    enum wb_code code = wb_pg_exec(&p->pg, sql, NULL, err);
    if (!code)
        p->pg.statement_timeout_ms = ms;
    return code;
}

static enum wb_code set_lock_timeout(struct wb_conn *c, unsigned ms, struct wb_error *err) {
    char sql[64];
    snprintf(sql, sizeof sql, "SET lock_timeout = %u", ms ? ms : 1);
    return wb_pg_exec(&wb_postgres_of(c)->pg, sql, NULL, err);
}

/* Of other users' sessions a user without pg_read_all_stats sees the process and nothing else, not
 * even its type, of their replication likewise; one that is just beginning has a type, and no state
 * yet. A replica that has caught up and rests reports no lag; one that was streaming and has lost
 * its sender does not know how far behind it is. */
static const char *const load_sql =
    "SELECT CASE WHEN count(*) FILTER (WHERE datid IS NOT NULL AND backend_type IS NULL) = 0 THEN"
    " count(*) FILTER (WHERE state IN ('active', 'fastpath function call')"
    " AND backend_type = 'client backend' AND pid NOT IN (pg_backend_pid()%s)) END,"
    " CASE WHEN pg_is_in_recovery() THEN"
    " CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 ELSE"
    " extract(epoch FROM clock_timestamp() - coalesce(pg_last_xact_replay_timestamp(),"
    " pg_postmaster_start_time())) * 1000 END"
    " ELSE (SELECT CASE WHEN count(*) > 0 AND count(*) = count(state)"
    " THEN coalesce(max(extract(epoch FROM replay_lag)), 0) * 1000 END FROM pg_stat_replication)"
    " END::bigint,"
    " pg_is_in_recovery() AND pg_last_wal_receive_lsn() IS NOT NULL AND NOT EXISTS"
    " (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL)"
    " FROM pg_stat_activity";

static uint64_t session(struct wb_conn *c) {
    return (uint64_t)PQbackendPID(wb_postgres_of(c)->pg.conn);
}

static enum wb_code load_state(struct wb_conn *c, const uint64_t *own, size_t n_own,
                               struct wb_load_state *ret, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf ids = {0}, sql = {0};
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    for (size_t i = 0; i < n_own; i++)
        wb_buf_addf(&ids, ", %llu", (unsigned long long)own[i]);
    wb_buf_addf(&sql, load_sql, wb_buf_str(&ids));
    enum wb_code code = wb_postgres_rows(wb_postgres_of(c), wb_buf_str(&sql), &a, &rows, err);
    if (!code) {
        const char *const *row = (const char *const *)rows.values[0];
        ret->active = row[0] ? (unsigned)strtoul(row[0], NULL, 10) : UINT_MAX;
        ret->lag_ms = row[1] ? (int64_t)strtoll(row[1], NULL, 10) : -1;
        ret->stopped = row[2] && row[2][0] == 't';
    }
    wb_arena_done(&a);
    return code ? (wb_error_wrap(err, "asking how busy the server is"), code) : WB_OK;
}

const struct wb_verify_ops wb_postgres_verify_ops = {
    .literal = wb_postgres_literal,
    .exactly = wb_postgres_exactly,
    .delete_some = wb_postgres_delete_some,
    .differs = wb_postgres_differs,
    .random = "random()",
    .canonical = wb_postgres_canonical,
    .digest = wb_postgres_digest,
    .position = position,
    .set_timeout = set_timeout,
    .set_lock_timeout = set_lock_timeout,
    .session = session,
    .load_state = load_state,
    .temporary_schema = "pg_temp",
    .drop_temporary = "DROP TABLE",
    .blocked_by = wb_postgres_blocked_by,
    .table_use = wb_postgres_table_use,
    .expect = wb_postgres_expect,
    .measure = wb_postgres_measure,
    .explain = wb_postgres_explain,
};
