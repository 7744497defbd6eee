/* What verification asks besides reading. A file has no server that could compute or tell anything:
 * its rows are read in this process in any case, so they are hashed here, and how many others work
 * with it is not known. */
#include "engines/sqlite/verify.h"

#include "base/clock.h"
#include "engines/sqlite/conn.h"
#include "engines/sqlite/explain.h"

#include <inttypes.h>
#include <limits.h>

enum { OPS_BETWEEN_LOOKS = 10000 }; /* about a tenth of a millisecond */

/* data_version counts what others wrote, and only for this connection: two of its numbers can be
 * compared, but not with those of another connection, so it is no fingerprint. */
static enum wb_code position(struct wb_conn *conn, struct wb_arena *a, struct wb_moment *ret,
                             struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    int64_t version = 0;
    wb_sqlite_call(c);
    enum wb_code code = wb_sqlite_get_int(c, "PRAGMA main.data_version", NULL, &version, err);
    if (code)
        return wb_error_wrap(err, "asking for the position"), code;
    *ret = (struct wb_moment){
        .position = wb_arena_printf(a, "data_version %" PRId64, version),
        .fingerprint = "",
        .wall_us = wb_clock_wall_us(),
    };
    return WB_OK;
}

static int look_at_clock(void *ctx) {
    return wb_sqlite_is_late(ctx);
}

void wb_sqlite_watch_clock(struct wb_sqlite *c) {
    bool limited = c->statement_timeout_ms != 0;
    sqlite3_progress_handler(c->db, limited ? OPS_BETWEEN_LOOKS : 0, limited ? look_at_clock : NULL,
                             c);
}

static enum wb_code set_timeout(struct wb_conn *conn, unsigned statement_ms, struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    (void)err;
    c->statement_timeout_ms = statement_ms;
    c->deadline_us = 0;
    wb_sqlite_watch_clock(c);
    return WB_OK;
}

static enum wb_code set_lock_timeout(struct wb_conn *conn, unsigned ms, struct wb_error *err) {
    (void)err;
    wb_sqlite_of(conn)->busy_timeout_ms = ms;
    return WB_OK;
}

static enum wb_code load_state(struct wb_conn *conn, const uint64_t *own, size_t n_own,
                               struct wb_load_state *ret, struct wb_error *err) {
    (void)conn, (void)own, (void)n_own, (void)err;
    *ret = (struct wb_load_state){.active = UINT_MAX, .lag_ms = -1};
    return WB_OK;
}

const struct wb_verify_ops wb_sqlite_verify_ops = {
    .literal = wb_sqlite_literal,
    .exactly = wb_sqlite_exactly,
    .delete_some = wb_sqlite_delete_some,
    .differs = wb_sqlite_differs,
    .random = "random()",
    .position = position,
    .set_timeout = set_timeout,
    .set_lock_timeout = set_lock_timeout,
    .load_state = load_state,
    .temporary_schema = "temp",
    .drop_temporary = "DROP TABLE",
    .expect = wb_sqlite_expect,
    .measure = wb_sqlite_measure,
    .explain = wb_sqlite_explain,
};
