/* Backups by SQLite's online backup API, from within the reader's transaction, so that the copy is
 * of that very moment, page by page, while others write (www.sqlite.org/backup.html). The file that
 * it makes is a database; a restore is a copy of it that is read through once by SQLite. */
#include "engines/sqlite/native.h"

#include "engines/sqlite/conn.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP_PAGES = 1024, TRIES = 100 };

struct wb_dump {
    struct wb_sqlite *reader;
    const struct wb_native_watch *watch;
    char *path, *name;
};

static enum wb_code check(struct wb_conn *c, struct wb_arena *a, const char **ret_words,
                          struct wb_error *err) {
    (void)c, (void)err;
    *ret_words = wb_arena_printf(a, "SQLite %s's backup interface", sqlite3_libversion());
    return WB_OK;
}

static void dump_done(struct wb_dump *d) {
    if (!d)
        return;
    free(d->path);
    free(d->name);
    free(d);
}

static enum wb_code dump_begin(struct wb_conn *reader, const struct wb_dump_spec *spec,
                               struct wb_dump **ret, bool *ret_in_moment, struct wb_error *err) {
    (void)err;
    struct wb_dump *d = calloc(1, sizeof *d);
    const char *dot = strrchr(spec->name, '.');
    bool named = dot && (strcmp(dot, ".db") == 0 || strncmp(dot, ".sqlite", 7) == 0);
    if (!d || asprintf(&d->name, "%s%s", spec->name, named ? "" : ".db") < 0 ||
        asprintf(&d->path, "%s/%s", spec->dir, d->name) < 0)
        abort();
    d->reader = wb_sqlite_of(reader);
    d->watch = spec->watch;
    *ret = d;
    *ret_in_moment = true;
    return WB_OK;
}

static enum wb_code failed(sqlite3 *db, int rc, const char *path, struct wb_error *err) {
    const char *text = sqlite3_errmsg(db);
    enum wb_code code = wb_sqlite_classify(rc, text, sqlite3_system_errno(db));
    return wb_error_set(err, code, "writing %s: %s", path, text);
}

static enum wb_code step_through(struct wb_dump *d, sqlite3 *to, sqlite3_backup *b,
                                 struct wb_error *err) {
    int rc = SQLITE_OK, busy = 0;
    const struct wb_native_watch *w = d->watch;
    while (rc != SQLITE_DONE) {
        enum wb_code code = wb_cancel_check(w ? w->cancel : NULL, err);
        if (code)
            return code;
        rc = sqlite3_backup_step(b, STEP_PAGES);
        int left = sqlite3_backup_remaining(b), all = sqlite3_backup_pagecount(b);
        if (w && w->bytes) /* in pages of 4 KiB, the usual: for a progress line only */
            w->bytes(w->ctx, (uint64_t)(all - left) * 4096);
        bool waits = rc == SQLITE_BUSY || rc == SQLITE_LOCKED;
        if (waits && ++busy < TRIES)
            wb_clock_sleep_ms(20);
        else if (rc != SQLITE_OK && rc != SQLITE_DONE)
            return failed(to, rc, d->path, err);
    }
    return WB_OK;
}

static enum wb_code make_durable(const char *path, struct wb_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fchmod(fd, 0600) == 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good ? WB_OK : wb_error_set(err, WB_E_IO, "%s cannot be made durable", path);
}

static enum wb_code dump_run(struct wb_dump *d, struct wb_arena *a, struct wb_native_file **ret,
                             size_t *ret_n, struct wb_error *err) {
    struct wb_native_file *file = WB_NEW(a, struct wb_native_file);
    sqlite3 *to = NULL;
    sqlite3_backup *b = NULL;
    enum wb_code code = WB_OK;
    int rc = sqlite3_open_v2(
        d->path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc || !(b = sqlite3_backup_init(to, "main", d->reader->db, "main")))
        code = failed(to, rc ? rc : sqlite3_errcode(to), d->path, err);
    else
        code = step_through(d, to, b, err);
    if (b && sqlite3_backup_finish(b) && !code)
        code = failed(to, sqlite3_errcode(to), d->path, err);
    sqlite3_close(to);
    if (!code)
        code = make_durable(d->path, err);
    if (!code)
        code = wb_program_hash_file(d->path, NULL, file, err);
    if (code)
        return code;
    file->name = wb_arena_strdup(a, d->name);
    *ret = file;
    *ret_n = 1;
    return WB_OK;
}

/* Every page is read, every index compared with its table. */
static enum wb_code look_through(const char *path, struct wb_error *err) {
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    enum wb_code code = WB_OK;
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (!rc)
        rc = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &s, NULL);
    if (!rc)
        rc = sqlite3_step(s);
    const char *said = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
    if (!said || strcmp(said, "ok") != 0)
        code = wb_error_set(err, WB_E_VALUE, "%s is damaged: %s", path,
                            said ? said : sqlite3_errmsg(db));
    sqlite3_finalize(s);
    sqlite3_close(db);
    return code;
}

static enum wb_code restore(struct wb_conn *into, const struct wb_restore_spec *spec,
                            struct wb_error *err) {
    (void)into;
    const struct wb_native_file *was = &spec->files[0];
    struct wb_native_file is = {0};
    char *from;
    if (asprintf(&from, "%s/%s", spec->dir, was->name) < 0)
        abort();
    enum wb_code code = wb_program_copy_file(from, spec->to_file, spec->watch, &is, err);
    if (!code && (is.bytes != was->bytes || strcmp(is.sha256, was->sha256) != 0))
        code = wb_error_set(err, WB_E_VALUE, "%s is not what was written", from);
    free(from);
    return code ? code : look_through(spec->to_file, err);
}

const struct wb_native_ops wb_sqlite_native_ops = {
    .percent = 200, /* the file, and the one that it is restored to */
    .joins = true,
    .check = check,
    .dump_begin = dump_begin,
    .dump_run = dump_run,
    .dump_done = dump_done,
    .restore = restore,
};
