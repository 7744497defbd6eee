/* Runs, and the tables of all that is kept: plain SQL. Parts and verdicts have files of their own.
 */
#include "verify/store_int.h"

#include "base/clock.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STALE_S = 120 };

static const char *const table_sql[] = {
    "verify_run (id BIGINT NOT NULL PRIMARY KEY, format BIGINT NOT NULL, state VARCHAR(20) NOT "
    "NULL, source_identity VARCHAR(400) NOT NULL, source VARCHAR(1000) NOT NULL, parameters TEXT "
    "NOT NULL, started VARCHAR(40) NOT NULL, finished VARCHAR(40), runner VARCHAR(300) NOT NULL, "
    "beat_s BIGINT NOT NULL)",
    "verify_parts (run_id BIGINT NOT NULL, table_no BIGINT NOT NULL, part_no BIGINT NOT NULL, "
    "state VARCHAR(20) NOT NULL, range_kind VARCHAR(10) NOT NULL, lower_bound TEXT, upper_bound "
    "TEXT, source_rows BIGINT NOT NULL, target_rows BIGINT NOT NULL, source_digest VARCHAR(32) NOT "
    "NULL, target_digest VARCHAR(32) NOT NULL, PRIMARY KEY (run_id, table_no, part_no))",
    "verdicts (run_id BIGINT NOT NULL, table_no BIGINT NOT NULL, source_identity VARCHAR(400) NOT "
    "NULL, source_table TEXT NOT NULL, target_table TEXT NOT NULL, outcome VARCHAR(20) NOT NULL, "
    "strength VARCHAR(20) NOT NULL, method VARCHAR(100) NOT NULL, levels BIGINT NOT NULL, failed "
    "BIGINT NOT NULL, counted BIGINT NOT NULL, compared_columns TEXT NOT NULL, where_clause TEXT, "
    "why TEXT, source_rows BIGINT NOT NULL, target_rows BIGINT NOT NULL, source_digest VARCHAR(32) "
    "NOT NULL, target_digest VARCHAR(32) NOT NULL, sampled_rows BIGINT NOT NULL, missing_rows "
    "BIGINT NOT NULL, extra_rows BIGINT NOT NULL, changed_rows BIGINT NOT NULL, retried_rows "
    "BIGINT "
    "NOT NULL, unsettled_rows BIGINT NOT NULL, source_position TEXT NOT NULL, target_position TEXT "
    "NOT NULL, started VARCHAR(40) NOT NULL, finished VARCHAR(40) NOT NULL, whimbrel VARCHAR(40) "
    "NOT NULL, PRIMARY KEY (run_id, table_no))",
};

static const char *const table_names[] = {"verify_run", "verify_parts", "verdicts", "repairs"};

void wb_verify_store_add_text(struct wb_buf *sql, const struct wb_conn *c, const char *text) {
    if (text)
        c->engine->quote_text(sql, text, strlen(text));
    else
        wb_buf_adds(sql, "NULL");
}

enum wb_code wb_verify_store_exec(struct wb_verify_store *s, struct wb_buf *sql, uint64_t *ret_rows,
                                  struct wb_error *err) {
    enum wb_code code = s->conn->engine->exec(s->conn, wb_buf_str(sql), ret_rows, err);
    return code ? wb_error_wrap(err, "keeping the verification's record") : WB_OK;
}

uint64_t wb_verify_store_number(const char *text) {
    return text ? strtoull(text, NULL, 10) : 0;
}

/* ------------------------------------------------------------------------------------------------
 * runs */

enum wb_code wb_verify_store_create(struct wb_verify_store *s, struct wb_error *err) {
    const struct wb_engine *e = s->conn->engine;
    enum wb_code code = e->ledger_setup ? e->exec(s->conn, e->ledger_setup, NULL, err) : WB_OK;
    for (size_t i = 0; !code && i < sizeof table_sql / sizeof table_sql[0]; i++)
        code = wb_conn_exec(s->conn, err, NULL, "CREATE TABLE IF NOT EXISTS %s%s", s->prefix,
                            table_sql[i]);
    if (!code)
        return WB_OK;
    wb_error_wrap(err, "making the tables for verdicts in the target");
    return wb_error_hint(err, "let this user create tables there, or add --no-record: nothing is "
                              "then kept, and an earlier failure cannot be cleared");
}

/* When a process began, in the kernel's ticks: two processes of one number are told apart. */
static unsigned long long start_ticks(long pid) {
    char path[64], line[1024];
    unsigned long long ticks = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    char *at =
        fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL; /* the name may hold blanks */
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at)
        ticks = strtoull(at + 1, NULL, 10);
    fclose(f);
    return ticks;
}

static void runner_text(char *to, size_t size) {
    char host[200] = "";
    gethostname(host, sizeof host - 1);
    snprintf(to, size, "%s %ld %llu", host, (long)getpid(), start_ticks(getpid()));
}

/* A runner of this machine is gone when its process is; one of another when it has been silent. */
static bool is_gone(const char *runner, uint64_t beat_s) {
    char host[200] = "", its[200] = "";
    long pid = 0;
    unsigned long long ticks = 0;
    gethostname(host, sizeof host - 1);
    if (sscanf(runner, "%199s %ld %llu", its, &pid, &ticks) != 3 || !wb_str_eq(host, its))
        return (uint64_t)(wb_clock_wall_us() / 1000000) > beat_s + STALE_S;
    return start_ticks(pid) != ticks;
}

uint64_t wb_verify_store_now_s(void) {
    return (uint64_t)(wb_clock_wall_us() / 1000000);
}

static enum wb_code take_over(struct wb_verify_store *s, const char **row, bool *ret_taken,
                              struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    char runner[300];
    uint64_t rows = 0;
    runner_text(runner, sizeof runner);
    wb_buf_addf(&sql, "UPDATE %sverify_run SET runner = ", s->prefix);
    wb_verify_store_add_text(&sql, s->conn, runner);
    wb_buf_addf(&sql, ", beat_s = %" PRIu64 " WHERE id = %s AND state = 'running' AND runner = ",
                wb_verify_store_now_s(), row[0]);
    wb_verify_store_add_text(&sql, s->conn, row[3]);
    enum wb_code code = wb_verify_store_exec(s, &sql, &rows, err);
    *ret_taken = !code && rows == 1;
    return code;
}

/* What it has compared is old: never gone on with, not even when the newer one is done. */
static enum wb_code abandon(struct wb_verify_store *s, const char *id, struct wb_error *err) {
    enum wb_code code = wb_conn_exec(s->conn, err, NULL,
                                     "UPDATE %sverify_run SET state = 'abandoned' WHERE id = %s "
                                     "AND state = 'running'",
                                     s->prefix, id);
    return code ? code
                : wb_conn_exec(s->conn, err, NULL, "DELETE FROM %sverify_parts WHERE run_id = %s",
                               s->prefix, id);
}

/* Goes on with the newest run of the same parameters whose process is gone; abandons older ones. */
static enum wb_code find_run(struct wb_verify_store *s, const char *identity,
                             const char *parameters, enum wb_verify_restart restart,
                             struct wb_arena *a, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows;
    wb_buf_addf(&sql,
                "SELECT id, started, parameters, runner, beat_s FROM %sverify_run WHERE state = "
                "'running' AND format = %d AND source_identity = ",
                s->prefix, WB_VERIFY_STORE_FORMAT);
    wb_verify_store_add_text(&sql, s->conn, identity);
    wb_buf_adds(&sql, " ORDER BY id DESC");
    enum wb_code code = s->conn->engine->query(s->conn, wb_buf_str(&sql), a, &rows, err);
    for (size_t i = 0; !code && i < rows.n_rows; i++) {
        const char **v = rows.values[i];
        if (!wb_str_eq(v[2], parameters) || !is_gone(v[3], wb_verify_store_number(v[4])))
            continue;
        if (restart == WB_VERIFY_RESTART || s->resumed) {
            code = abandon(s, v[0], err);
            continue;
        }
        code = take_over(s, v, &s->resumed, err);
        s->run = (int64_t)wb_verify_store_number(v[0]);
        s->started = v[1];
    }
    return code;
}

static enum wb_code insert_run(struct wb_verify_store *s, const char *identity, const char *source,
                               const char *parameters, struct wb_arena *a, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    char now[40], runner[300];
    runner_text(runner, sizeof runner);
    s->run = wb_clock_wall_us();
    s->started = wb_arena_strdup(a, wb_clock_format(s->run, now, sizeof now));
    wb_buf_addf(&sql, "INSERT INTO %sverify_run VALUES (%" PRId64 ", %d, 'running', ", s->prefix,
                s->run, WB_VERIFY_STORE_FORMAT);
    const char *texts[] = {identity, source, parameters, s->started, NULL, runner};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        wb_verify_store_add_text(&sql, s->conn, texts[i]);
        wb_buf_adds(&sql, ", ");
    }
    wb_buf_addf(&sql, "%" PRIu64 ")", wb_verify_store_now_s());
    return wb_verify_store_exec(s, &sql, NULL, err);
}

enum wb_code wb_verify_store_begin(struct wb_verify_store *s, const char *identity,
                                   const char *source, const char *parameters,
                                   enum wb_verify_restart restart, struct wb_arena *a,
                                   struct wb_error *err) {
    enum wb_code code = find_run(s, identity, parameters, restart, a, err);
    if (!code && !s->resumed)
        code = insert_run(s, identity, source, parameters, a, err);
    return code;
}

/* Within the caller's transaction. Parts are of use only while a run may be gone on with. */
enum wb_code wb_verify_store_set_state(struct wb_verify_store *s, const char *state,
                                       struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    char now[40];
    wb_buf_addf(&sql, "UPDATE %sverify_run SET state = '%s', finished = '%s' WHERE id = %" PRId64,
                s->prefix, state, wb_clock_format(wb_clock_wall_us(), now, sizeof now), s->run);
    enum wb_code code = wb_verify_store_exec(s, &sql, NULL, err);
    if (!code)
        code =
            wb_conn_exec(s->conn, err, NULL, "DELETE FROM %sverify_parts WHERE run_id = %" PRId64,
                         s->prefix, s->run);
    return code;
}

/* ------------------------------------------------------------------------------------------------
 * clean */

enum wb_code wb_verify_store_drop(struct wb_conn *conn, struct wb_arena *a,
                                  const char ***ret_removed, size_t *ret_n, struct wb_error *err) {
    const struct wb_engine *e = conn->engine;
    size_t n = sizeof table_names / sizeof table_names[0], removed = 0;
    const char **names = WB_NEW_N(a, const char *, n + 1);
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < n; i++) {
        const char *name = wb_arena_printf(a, "%s%s", e->ledger_prefix, table_names[i]);
        struct wb_rows rows;
        struct wb_error probe;
        code =
            e->query(conn, wb_arena_printf(a, "SELECT count(*) FROM %s", name), a, &rows, &probe);
        if (code == WB_E_NOT_FOUND) {
            code = WB_OK;
            continue;
        }
        if (code)
            *err = probe;
        if (!code)
            code = wb_conn_exec(conn, err, NULL, "DROP TABLE %s", name);
        if (!code)
            names[removed++] = name;
    }
    *ret_removed = names;
    *ret_n = removed;
    return code;
}
