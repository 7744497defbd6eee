#include "engines/sqlite/conn.h"

#include "base/clock.h"
#include "base/str.h"
#include "engines/sqlite/hold.h"
#include "engines/sqlite/sqlite.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEFAULT_TIMEOUT_MS = 10000, LONGEST_NAP_MS = 20 };

/* SQLite's own busy handler cannot be canceled. */
static int wait_for_lock(void *ctx, int tries) {
    struct wb_sqlite *c = ctx;
    uint64_t now = wb_clock_monotonic_us();
    if (tries == 0)
        c->busy_since_us = now;
    if (atomic_load(&c->canceled) || wb_sqlite_is_late(c) ||
        now - c->busy_since_us >= (uint64_t)c->busy_timeout_ms * 1000)
        return 0;
    wb_clock_sleep_ms(tries < 5 ? 1u : tries < LONGEST_NAP_MS ? (unsigned)tries : LONGEST_NAP_MS);
    return 1;
}

/* There is no host and no port that could be checked. */
static enum wb_code bad_path(struct wb_error *err, enum wb_code code) {
    wb_error_hint(err, "%s", wb_sqlite_path_hint);
    return code;
}

/* The path as it stays when the working directory changes; a target's file need not be there yet.
 */
static enum wb_code resolve(const char *path, const struct wb_open_opts *opts, char **ret,
                            struct wb_error *err) {
    struct stat st;
    char *real = realpath(path, NULL);
    if (real) {
        if (stat(real, &st) == 0 && !S_ISREG(st.st_mode)) {
            free(real);
            return bad_path(err, wb_error_set(err, WB_E_CONNECT, "%s is not a file", path));
        }
        *ret = real;
        return WB_OK;
    }
    if (opts->side == WB_SIDE_SOURCE || opts->must_exist || errno != ENOENT)
        return bad_path(err,
                        wb_error_set(err, WB_E_CONNECT, "%s: %s", path, strerrordesc_np(errno)));
    char for_dir[PATH_MAX], for_name[PATH_MAX], dir[PATH_MAX];
    if (strlen(path) >= PATH_MAX)
        return bad_path(err, wb_error_set(err, WB_E_CONNECT, "the path is too long"));
    strcpy(for_dir, path);
    strcpy(for_name, path);
    if (!realpath(dirname(for_dir), dir))
        return bad_path(err, wb_error_set(err, WB_E_CONNECT, "the directory of %s: %s", path,
                                          strerrordesc_np(errno)));
    if (asprintf(ret, "%s/%s", strcmp(dir, "/") ? dir : "", basename(for_name)) < 0)
        return wb_error_set(err, WB_E_MEMORY, "out of memory");
    return WB_OK;
}

static const char *const source_settings = "PRAGMA query_only = ON; PRAGMA cache_size = -16384";
/* The cache is what a bulk load touches of its indexes; the log is kept short by larger, rarer
 * checkpoints. */
static const char *const target_settings =
    "PRAGMA foreign_keys = OFF; PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 8192; "
    "PRAGMA secure_delete = OFF";

static bool has_moved(sqlite3 *db) {
    int moved = 0;
    return sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved;
}

/* What is written to a file that is no longer at its path nobody would read: the transaction is
 * rolled back. SQLite itself looks in rollback mode only. */
static int refuse_moved(void *db) {
    return has_moved(db);
}

static bool is_read_only(enum wb_side side, enum wb_purpose purpose) {
    return purpose == WB_TO_LOOK || (side == WB_SIDE_SOURCE && purpose == WB_TO_MOVE);
}

static enum wb_code configure(struct wb_sqlite *c, struct wb_error *err) {
    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_busy_handler(c->db, wait_for_lock, c);
    sqlite3_commit_hook(c->db, refuse_moved, c->db);
    const char *settings = "";
    if (is_read_only(c->side, c->purpose))
        settings = source_settings;
    else if (c->purpose == WB_TO_MOVE)
        settings = target_settings;
    if (settings == target_settings)
        sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    int rc = sqlite3_exec(c->db, settings, NULL, NULL, NULL);
    char cache[60];
    snprintf(cache, sizeof cache, "PRAGMA cache_size = -%zu", c->cache_bytes >> 10);
    if (!rc && c->cache_bytes)
        rc = sqlite3_exec(c->db, cache, NULL, NULL, NULL);
    if (rc)
        return wb_sqlite_fail(c, rc, "opening the file", err);
    int64_t version; /* reads the header: a file that is no database is refused here */
    enum wb_code code = wb_sqlite_get_int(c, "PRAGMA schema_version", NULL, &version, err);
    if (code)
        wb_error_wrap(err, "opening the file");
    return code;
}

/* The allocation statistics cost every malloc a mutex that all connections share. */
static void configure_library(void) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum wb_code wb_sqlite_open(const struct wb_url *url, const struct wb_open_opts *opts,
                            struct wb_conn **ret, struct wb_error *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);
    const char *name = url->database;
    if (!name || !*name || strcmp(name, ":memory:") == 0)
        return wb_error_set(err, WB_E_URL, "an SQLite database is named by its file: sqlite:PATH");
    char *path = NULL;
    enum wb_code code = wb_url_check_params(url, &(const char *const){NULL}, err);
    if (!code)
        code = resolve(name, opts, &path, err);
    if (code)
        return code;
    struct wb_sqlite *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->base.engine = &wb_engine_sqlite;
    c->side = opts->side;
    c->purpose = opts->purpose;
    c->cache_bytes = opts->cache_bytes;
    c->path = path;
    c->hold_fd = -1;
    c->busy_timeout_ms = opts->connect_timeout_ms ? opts->connect_timeout_ms : DEFAULT_TIMEOUT_MS;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (opts->side == WB_SIDE_SOURCE)
        flags = SQLITE_OPEN_READWRITE;
    if (is_read_only(opts->side, opts->purpose))
        flags = SQLITE_OPEN_READONLY;
    /* A file that is not there yet looks as an empty one does. */
    const char *file = opts->look_only && access(path, F_OK) != 0 ? ":memory:" : path;
    int rc = sqlite3_open_v2(file, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc)
        code = wb_sqlite_fail(c, rc, "opening the file", err);
    else
        code = configure(c, err);
    if (code)
        wb_sqlite_close(&c->base);
    else
        *ret = &c->base;
    return code;
}

void wb_sqlite_close(struct wb_conn *conn) {
    if (!conn)
        return;
    struct wb_sqlite *c = wb_sqlite_of(conn);
    if (c->db && !sqlite3_get_autocommit(c->db))
        sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    if (c->db && c->side == WB_SIDE_TARGET)
        wb_sqlite_release(c);
    sqlite3_close_v2(c->db);
    free(c->path);
    free(c);
}

enum wb_code wb_sqlite_check_place(struct wb_sqlite *c, struct wb_error *err) {
    if (!has_moved(c->db))
        return WB_OK;
    return wb_error_set(err, WB_E_LOST, "%s was moved, removed or replaced while it was open",
                        c->path);
}

void wb_sqlite_cancel(struct wb_conn *conn) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    atomic_store(&c->canceled, true);
    sqlite3_interrupt(c->db);
}

enum wb_code wb_sqlite_prepare(struct wb_sqlite *c, const char *sql, sqlite3_stmt **ret,
                               struct wb_error *err) {
    int rc = sqlite3_prepare_v2(c->db, sql, -1, ret, NULL);
    return rc ? wb_sqlite_fail(c, rc, sql, err) : WB_OK;
}

enum wb_code wb_sqlite_step(struct wb_sqlite *c, sqlite3_stmt *s, bool *ret_row,
                            struct wb_error *err) {
    int rc = sqlite3_step(s);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return wb_sqlite_fail(c, rc, sqlite3_sql(s), err);
    *ret_row = rc == SQLITE_ROW;
    return WB_OK;
}

const char *wb_sqlite_column_text(sqlite3_stmt *s, int i, struct wb_arena *a) {
    const char *text = (const char *)sqlite3_column_text(s, i);
    return text ? wb_arena_strndup(a, text, (size_t)sqlite3_column_bytes(s, i)) : NULL;
}

static enum wb_code first_row(struct wb_sqlite *c, const char *sql, const char *name,
                              sqlite3_stmt **ret, bool *ret_row, struct wb_error *err) {
    enum wb_code code = wb_sqlite_prepare(c, sql, ret, err);
    if (code)
        return code;
    if (name)
        sqlite3_bind_text(*ret, 1, name, -1, SQLITE_STATIC);
    return wb_sqlite_step(c, *ret, ret_row, err);
}

enum wb_code wb_sqlite_get_int(struct wb_sqlite *c, const char *sql, const char *name, int64_t *ret,
                               struct wb_error *err) {
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    bool row = false;
    enum wb_code code = first_row(c, sql, name, &s, &row, err);
    if (!code)
        *ret = row ? sqlite3_column_int64(s, 0) : 0;
    return code;
}

enum wb_code wb_sqlite_get_text(struct wb_sqlite *c, const char *sql, const char *name,
                                struct wb_arena *a, const char **ret, struct wb_error *err) {
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    bool row = false;
    enum wb_code code = first_row(c, sql, name, &s, &row, err);
    if (!code)
        *ret = row ? wb_sqlite_column_text(s, 0, a) : NULL;
    return code;
}

enum wb_code wb_sqlite_is_wal(struct wb_sqlite *c, bool *ret, struct wb_error *err) {
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    bool row = false;
    enum wb_code code = first_row(c, "PRAGMA main.journal_mode", NULL, &s, &row, err);
    if (!code)
        *ret = row && wb_str_ieq((const char *)sqlite3_column_text(s, 0), "wal");
    return code;
}

static enum wb_code run_one(struct wb_sqlite *c, const char *sql, const char **ret_tail,
                            struct wb_error *err) {
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(c->db, sql, -1, &s, ret_tail);
    if (rc)
        return wb_sqlite_fail(c, rc, sql, err);
    enum wb_code code = WB_OK;
    for (bool row = s != NULL; row && !code;)
        code = wb_sqlite_step(c, s, &row, err);
    return code;
}

enum wb_code wb_sqlite_exec(struct wb_conn *conn, const char *sql, uint64_t *ret_rows,
                            struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    wb_sqlite_call(c);
    int64_t before = sqlite3_total_changes64(c->db);
    while (*sql) {
        enum wb_code code = run_one(c, sql, &sql, err);
        if (code)
            return code;
    }
    if (ret_rows)
        *ret_rows = (uint64_t)(sqlite3_total_changes64(c->db) - before);
    return WB_OK;
}

enum wb_code wb_sqlite_query(struct wb_conn *conn, const char *sql, struct wb_arena *a,
                             struct wb_rows *ret, struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    wb_sqlite_call(c);
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    enum wb_code code = wb_sqlite_prepare(c, sql, &s, err);
    if (code)
        return code;
    struct wb_rows rows = {.n_columns = (size_t)sqlite3_column_count(s)};
    size_t cap = 0;
    for (;;) {
        bool row = false;
        if ((code = wb_sqlite_step(c, s, &row, err)))
            return code;
        if (!row)
            break;
        const char **values = WB_NEW_N(a, const char *, rows.n_columns + 1);
        for (size_t i = 0; i < rows.n_columns; i++)
            values[i] = wb_sqlite_column_text(s, (int)i, a);
        *WB_PUSH(a, rows.values, rows.n_rows, cap) = values;
    }
    *ret = rows;
    return WB_OK;
}

void wb_sqlite_quote_name(struct wb_buf *to, const char *name) {
    wb_str_quote(to, name, strlen(name), '"');
}

void wb_sqlite_quote_text(struct wb_buf *to, const char *text, size_t len) {
    wb_str_quote(to, text, len, '\'');
}
