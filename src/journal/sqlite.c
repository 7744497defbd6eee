/* Opening and making the file. */
#include "journal/sqlite.h"

#include "journal/sqlite_int.h"
#include "journal_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { APPLICATION_ID = 0x77686a31, BUSY_MS = 10000, RETRY_MS = 5 }; /* "whj1" */

static void close_sqlite(struct wb_journal *j) {
    struct wb_journal_sqlite *s = wb_journal_sqlite_of(j);
    sqlite3_close(s->db);
    wb_journal_done(j);
    free(s);
}

static const struct wb_journal_ops ops = {
    .close = close_sqlite,
    .take = wb_journal_sqlite_take,
    .renew = wb_journal_sqlite_renew,
    .release = wb_journal_sqlite_release,
    .lease = wb_journal_sqlite_lease,
    .append = wb_journal_sqlite_append,
    .read = wb_journal_sqlite_read,
    .request_put = wb_journal_sqlite_request_put,
    .request_next = wb_journal_sqlite_request_next,
    .request_read = wb_journal_sqlite_request_read,
};

/* Whether the file is a journal of a format known here, or empty (*ret_empty). */
static enum wb_code check_kind(struct wb_journal_sqlite *s, bool *ret_empty, struct wb_error *err) {
    int64_t id = 0, format = 0, objects = 0;
    enum wb_code code = wb_journal_sqlite_int(s, "PRAGMA application_id", &id, err);
    if (!code)
        code = wb_journal_sqlite_int(s, "PRAGMA user_version", &format, err);
    if (!code)
        code = wb_journal_sqlite_int(s, "SELECT count(*) FROM sqlite_schema", &objects, err);
    if (code)
        return code;
    *ret_empty = id == 0 && format == 0 && objects == 0;
    if (*ret_empty)
        return WB_OK;
    if (id != APPLICATION_ID) {
        wb_error_set(err, WB_E_IO, "%s is an SQLite file, but no journal of whimbrel",
                     s->base.name);
        return wb_error_hint(err, "name another file as the journal; this one was not touched");
    }
    return format > WB_JOURNAL_FORMAT ? wb_journal_fail_format(&s->base, format, err) : WB_OK;
}

/* The same in one read transaction: another process may be making it just now, and half of what it
 * makes is no journal. */
static enum wb_code check_kind_at_once(struct wb_journal_sqlite *s, bool *ret_empty,
                                       struct wb_error *err) {
    enum wb_code code = wb_journal_sqlite_exec(s, "BEGIN", err);
    if (code)
        return code;
    code = check_kind(s, ret_empty, err);
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

/* Under the write lock: another process may have made it meanwhile. */
static enum wb_code create_tables(struct wb_journal_sqlite *s, void *ctx, struct wb_error *err) {
    char pragmas[100];
    bool empty = false;
    (void)ctx;
    enum wb_code code = check_kind(s, &empty, err);
    if (code || !empty)
        return code;
    snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             APPLICATION_ID, WB_JOURNAL_FORMAT);
    code = wb_journal_sqlite_exec(s, wb_sql_create, err);
    return code ? code : wb_journal_sqlite_exec(s, pragmas, err);
}

/* While another process turns a new file into WAL mode, SQLite says BUSY at once and asks no busy
 * handler: the locks that it has would deadlock. */
static enum wb_code switch_to_wal(struct wb_journal_sqlite *s, struct wb_error *err) {
    uint64_t end_us = wb_clock_monotonic_us() + BUSY_MS * 1000;
    for (;;) {
        enum wb_code code = wb_journal_sqlite_exec(s,
                                                   "PRAGMA journal_mode = WAL;"
                                                   "PRAGMA synchronous = FULL;"
                                                   "PRAGMA trusted_schema = OFF",
                                                   err);
        if (code != WB_E_LOCK_TIMEOUT || wb_clock_monotonic_us() >= end_us)
            return code;
        wb_clock_sleep_ms(RETRY_MS);
    }
}

static enum wb_code set_up(struct wb_journal_sqlite *s, struct wb_error *err) {
    bool empty = false;
    sqlite3_busy_timeout(s->db, BUSY_MS);
    sqlite3_extended_result_codes(s->db, 1);
    enum wb_code code = check_kind_at_once(s, &empty, err);
    if (!code && empty && s->base.opts.mode == WB_JOURNAL_EXISTING)
        return wb_error_set(err, WB_E_NOT_FOUND, "journal %s is empty", s->base.name);
    if (!code)
        code = switch_to_wal(s, err);
    return !code && empty ? wb_journal_sqlite_write(s, create_tables, NULL, err) : code;
}

enum wb_code wb_journal_open_sqlite(const char *path, const struct wb_journal_opts *opts,
                                    struct wb_journal **ret, struct wb_error *err) {
    if (opts && opts->mode == WB_JOURNAL_EXISTING && access(path, F_OK) != 0) {
        wb_error_set(err, WB_E_NOT_FOUND, "there is no journal %s", path);
        return wb_error_hint(err, "the plan was not run yet, or the journal lies elsewhere");
    }
    struct wb_journal_sqlite *s = calloc(1, sizeof *s);
    if (!s)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a journal");
    wb_journal_init(&s->base, &ops, path, opts);
    int rc = sqlite3_open_v2(
        path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    enum wb_code code =
        rc == SQLITE_OK ? set_up(s, err) : wb_journal_sqlite_fail(s, rc, "opening", err);
    if (code) {
        close_sqlite(&s->base);
        return code;
    }
    *ret = &s->base;
    return WB_OK;
}
