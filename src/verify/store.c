/* Verdicts and progress in the target, as plain SQL. */
#include "verify/store.h"

#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef WB_VERSION
#define WB_VERSION ""
#endif

enum { GROUP_ROWS = 200, STALE_S = 120 };

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

static void add_text(struct wb_buf *sql, const struct wb_conn *c, const char *text) {
    if (text)
        c->engine->quote_text(sql, text, strlen(text));
    else
        wb_buf_adds(sql, "NULL");
}

static enum wb_code run_sql(struct wb_verify_store *s, struct wb_buf *sql, uint64_t *ret_rows,
                            struct wb_error *err) {
    enum wb_code code = s->conn->engine->exec(s->conn, wb_buf_str(sql), ret_rows, err);
    return code ? wb_error_wrap(err, "keeping the verification's record") : WB_OK;
}

static uint64_t number(const char *text) {
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

static uint64_t now_s(void) {
    return (uint64_t)(wb_clock_wall_us() / 1000000);
}

static enum wb_code take_over(struct wb_verify_store *s, const char **row, bool *ret_taken,
                              struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    char runner[300];
    uint64_t rows = 0;
    runner_text(runner, sizeof runner);
    wb_buf_addf(&sql, "UPDATE %sverify_run SET runner = ", s->prefix);
    add_text(&sql, s->conn, runner);
    wb_buf_addf(&sql,
                ", beat_s = %" PRIu64 " WHERE id = %s AND state = 'running' AND runner = ", now_s(),
                row[0]);
    add_text(&sql, s->conn, row[3]);
    enum wb_code code = run_sql(s, &sql, &rows, err);
    *ret_taken = !code && rows == 1;
    return code;
}

/* Goes on with a run of the same parameters whose process is gone. */
static enum wb_code find_run(struct wb_verify_store *s, const char *identity,
                             const char *parameters, struct wb_arena *a, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows;
    wb_buf_addf(&sql,
                "SELECT id, started, parameters, runner, beat_s FROM %sverify_run WHERE state = "
                "'running' AND format = %d AND source_identity = ",
                s->prefix, WB_VERIFY_STORE_FORMAT);
    add_text(&sql, s->conn, identity);
    wb_buf_adds(&sql, " ORDER BY id DESC");
    enum wb_code code = s->conn->engine->query(s->conn, wb_buf_str(&sql), a, &rows, err);
    for (size_t i = 0; !code && !s->resumed && i < rows.n_rows; i++) {
        const char **v = rows.values[i];
        if (!wb_str_eq(v[2], parameters) || !is_gone(v[3], number(v[4])))
            continue;
        code = take_over(s, v, &s->resumed, err);
        s->run = (int64_t)number(v[0]);
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
        add_text(&sql, s->conn, texts[i]);
        wb_buf_adds(&sql, ", ");
    }
    wb_buf_addf(&sql, "%" PRIu64 ")", now_s());
    return run_sql(s, &sql, NULL, err);
}

enum wb_code wb_verify_store_begin(struct wb_verify_store *s, const char *identity,
                                   const char *source, const char *parameters,
                                   enum wb_verify_restart restart, struct wb_arena *a,
                                   struct wb_error *err) {
    enum wb_code code = WB_OK;
    if (restart == WB_VERIFY_CONTINUE)
        code = find_run(s, identity, parameters, a, err);
    if (!code && !s->resumed)
        code = insert_run(s, identity, source, parameters, a, err);
    return code;
}

enum wb_code wb_verify_store_end(struct wb_verify_store *s, const char *state,
                                 struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    char now[40];
    wb_buf_addf(&sql, "UPDATE %sverify_run SET state = '%s', finished = '%s' WHERE id = %" PRId64,
                s->prefix, state, wb_clock_format(wb_clock_wall_us(), now, sizeof now), s->run);
    pthread_mutex_lock(&s->lock);
    enum wb_code code = run_sql(s, &sql, NULL, err);
    if (!code)
        code =
            wb_conn_exec(s->conn, err, NULL, "DELETE FROM %sverify_parts WHERE run_id = %" PRId64,
                         s->prefix, s->run);
    pthread_mutex_unlock(&s->lock);
    return code;
}

/* ------------------------------------------------------------------------------------------------
 * parts */

static bool take_part(const char **v, uint32_t table, struct wb_verify_part *p) {
    int kind = wb_range_kind_parse(v[2]);
    if (kind < 0)
        return false;
    *p = (struct wb_verify_part){.table = table,
                                 .number = (uint32_t)number(v[0]),
                                 .done = wb_str_eq(v[1], "done"),
                                 .range = {(enum wb_range_kind)kind, v[3], v[4]}};
    for (int s = 0; p->done && s < 2; s++)
        if (!wb_digest_parse(v[7 + s], number(v[5 + s]), &p->digest[s]))
            return false;
    return true;
}

enum wb_code wb_verify_store_read_parts(struct wb_verify_store *s, uint32_t table,
                                        struct wb_arena *a, struct wb_verify_part **ret,
                                        size_t *ret_n, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows;
    wb_buf_addf(&sql,
                "SELECT part_no, state, range_kind, lower_bound, upper_bound, source_rows, "
                "target_rows, source_digest, target_digest FROM %sverify_parts WHERE run_id = "
                "%" PRId64 " AND table_no = %u ORDER BY part_no",
                s->prefix, s->run, table);
    pthread_mutex_lock(&s->lock);
    enum wb_code code = s->conn->engine->query(s->conn, wb_buf_str(&sql), a, &rows, err);
    pthread_mutex_unlock(&s->lock);
    if (code)
        return wb_error_wrap(err, "reading how far the verification had come");
    struct wb_verify_part *parts = WB_NEW_N(a, struct wb_verify_part, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++)
        if (!take_part(rows.values[i], table, &parts[i]) || parts[i].number != i)
            return wb_error_set(err, WB_E_INTERNAL, "part %zu of table %u is not as it was kept", i,
                                table);
    *ret = parts;
    *ret_n = rows.n_rows;
    return WB_OK;
}

enum wb_code wb_verify_store_add_parts(struct wb_verify_store *s,
                                       const struct wb_verify_part *parts, size_t n,
                                       struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    const struct wb_write_ops *w = s->conn->engine->write;
    pthread_mutex_lock(&s->lock);
    enum wb_code code = w->begin(s->conn, err); /* all or none: the numbers must have no gap */
    for (size_t i = 0; !code && i < n;) {
        wb_buf_reset(&sql);
        wb_buf_addf(&sql, "INSERT INTO %sverify_parts VALUES ", s->prefix);
        for (size_t in_group = 0; i < n && in_group < GROUP_ROWS; i++, in_group++) {
            wb_buf_addf(&sql, "%s(%" PRId64 ", %u, %u, 'planned', '%s', ", in_group ? ", " : "",
                        s->run, parts[i].table, parts[i].number,
                        wb_range_kind_word(parts[i].range.kind));
            add_text(&sql, s->conn, parts[i].range.lower);
            wb_buf_adds(&sql, ", ");
            add_text(&sql, s->conn, parts[i].range.upper);
            wb_buf_adds(&sql, ", 0, 0, '', '')");
        }
        code = run_sql(s, &sql, NULL, err);
    }
    if (!code)
        code = w->commit(s->conn, false, err);
    if (code)
        w->rollback(s->conn);
    pthread_mutex_unlock(&s->lock);
    return code;
}

enum wb_code wb_verify_store_done(struct wb_verify_store *s, uint32_t table, size_t first, size_t n,
                                  const struct wb_digest d[2], struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    const struct wb_write_ops *w = s->conn->engine->write;
    char text[2][WB_DIGEST_TEXT_BYTES];
    struct wb_digest none = {0};
    char zero[WB_DIGEST_TEXT_BYTES];
    wb_digest_format(&none, zero);
    pthread_mutex_lock(&s->lock);
    enum wb_code code = w->begin(s->conn, err);
    /* The digests stand in the first part; the others add nothing. */
    for (int pass = 0; !code && pass < (n > 1 ? 2 : 1); pass++) {
        wb_buf_reset(&sql);
        wb_buf_addf(&sql,
                    "UPDATE %sverify_parts SET state = 'done', source_rows = %" PRIu64
                    ", target_rows = %" PRIu64 ", source_digest = '%s', target_digest = '%s' WHERE "
                    "run_id = %" PRId64 " AND table_no = %u AND part_no >= %zu AND part_no <= %zu",
                    s->prefix, pass ? 0 : d[0].rows, pass ? 0 : d[1].rows,
                    pass ? zero : wb_digest_format(&d[0], text[0]),
                    pass ? zero : wb_digest_format(&d[1], text[1]), s->run, table,
                    pass ? first + 1 : first, pass ? first + n - 1 : first);
        code = run_sql(s, &sql, NULL, err);
    }
    if (!code)
        code = wb_conn_exec(s->conn, err, NULL,
                            "UPDATE %sverify_run SET beat_s = %" PRIu64 " WHERE id = %" PRId64,
                            s->prefix, now_s(), s->run);
    if (!code)
        code = w->commit(s->conn, false, err);
    if (code)
        w->rollback(s->conn);
    pthread_mutex_unlock(&s->lock);
    return code;
}

/* ------------------------------------------------------------------------------------------------
 * verdicts */

static void add_verdict(struct wb_verify_store *s, struct wb_buf *sql, const char *identity,
                        const struct wb_verify_verdict *v, const struct wb_verify_table_report *t) {
    char digest[2][WB_DIGEST_TEXT_BYTES];
    const struct wb_conn *c = s->conn;
    wb_buf_addf(sql, "INSERT INTO %sverdicts VALUES (%" PRId64 ", %u, ", s->prefix, s->run,
                v->table);
    const char *texts[] = {identity,
                           t->source,
                           v->target,
                           wb_verify_outcome_word(v->outcome),
                           wb_verify_strength_word(v->scope.strength),
                           t->method ? t->method : ""};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        add_text(sql, c, texts[i]);
        wb_buf_adds(sql, ", ");
    }
    wb_buf_addf(sql, "%u, %u, %d, ", v->scope.levels, v->failed, v->scope.counted);
    add_text(sql, c, v->scope.columns);
    wb_buf_adds(sql, ", ");
    add_text(sql, c, v->scope.where);
    wb_buf_adds(sql, ", ");
    add_text(sql, c, t->why);
    wb_buf_addf(sql, ", %" PRIu64 ", %" PRIu64 ", '%s', '%s'", t->source_rows, t->target_rows,
                wb_digest_format(&t->source_digest, digest[0]),
                wb_digest_format(&t->target_digest, digest[1]));
    const uint64_t numbers[] = {t->sampled_rows, t->missing_rows, t->extra_rows,
                                t->changed_rows, t->retried_rows, t->unsettled_rows};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        wb_buf_addf(sql, ", %" PRIu64, numbers[i]);
    const char *more[] = {t->source_position, t->target_position, t->started, v->finished,
                          WB_VERSION};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        wb_buf_adds(sql, ", ");
        add_text(sql, c, more[i] ? more[i] : "");
    }
    wb_buf_adds(sql, ")");
}

enum wb_code wb_verify_store_verdict(struct wb_verify_store *s, const char *identity,
                                     const struct wb_verify_verdict *v,
                                     const struct wb_verify_table_report *t, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    const struct wb_write_ops *w = s->conn->engine->write;
    pthread_mutex_lock(&s->lock);
    enum wb_code code = w->begin(s->conn, err);
    if (!code) /* of a resumed run that had come so far */
        code = wb_conn_exec(s->conn, err, NULL,
                            "DELETE FROM %sverdicts WHERE run_id = %" PRId64 " AND table_no = %u",
                            s->prefix, s->run, v->table);
    if (!code) {
        add_verdict(s, &sql, identity, v, t);
        code = run_sql(s, &sql, NULL, err);
    }
    if (!code)
        code = w->commit(s->conn, true, err);
    if (code)
        w->rollback(s->conn);
    pthread_mutex_unlock(&s->lock);
    return code;
}

static enum wb_verify_strength parse_strength(const char *word) {
    for (int i = WB_VERIFY_BY_DIGEST; i > 0; i--)
        if (wb_str_eq(word, wb_verify_strength_word((enum wb_verify_strength)i)))
            return (enum wb_verify_strength)i;
    return WB_VERIFY_NOTHING;
}

enum wb_code wb_verify_store_read_verdicts(struct wb_conn *conn, const char *identity,
                                           struct wb_arena *a, struct wb_verify_verdict **ret,
                                           size_t *ret_n, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows;
    struct wb_error probe;
    wb_buf_addf(&sql,
                "SELECT run_id, table_no, target_table, levels, compared_columns, where_clause, "
                "strength, counted, outcome, failed, finished FROM %sverdicts WHERE "
                "source_identity = ",
                conn->engine->ledger_prefix);
    add_text(&sql, conn, identity);
    wb_buf_adds(&sql, " ORDER BY finished, run_id, table_no");
    enum wb_code code = conn->engine->query(conn, wb_buf_str(&sql), a, &rows, &probe);
    if (code == WB_E_NOT_FOUND) {
        *ret_n = 0;
        *ret = NULL;
        return WB_OK;
    }
    if (code) {
        *err = probe;
        return wb_error_wrap(err, "reading earlier verdicts");
    }
    struct wb_verify_verdict *v = WB_NEW_N(a, struct wb_verify_verdict, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++) {
        const char **r = rows.values[i];
        v[i] = (struct wb_verify_verdict){.run = (int64_t)number(r[0]),
                                          .table = (uint32_t)number(r[1]),
                                          .target = r[2],
                                          .scope = {.levels = (unsigned)number(r[3]),
                                                    .columns = r[4],
                                                    .where = r[5],
                                                    .strength = parse_strength(r[6]),
                                                    .counted = number(r[7]) != 0},
                                          .outcome = wb_str_eq(r[8], "equal") ? WB_VERIFY_EQUAL
                                                     : wb_str_eq(r[8], "different")
                                                         ? WB_VERIFY_DIFFERENT
                                                         : WB_VERIFY_UNVERIFIED,
                                          .failed = (unsigned)number(r[9]),
                                          .finished = r[10]};
    }
    *ret = v;
    *ret_n = rows.n_rows;
    return WB_OK;
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
