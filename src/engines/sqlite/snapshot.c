/* One moment for several readers.
 *
 * A read transaction is a snapshot of its own: in WAL mode the writers go on, with a rollback
 * journal they wait until it ends. Several readers see the same moment because they begin while a
 * connection of the snapshot's own holds the write lock (BEGIN IMMEDIATE); snapshot_ready gives it
 * back. That connection writes nothing. A reader that is alone needs no lock.
 *
 * The fingerprint is made from the change time of the database file, which the kernel sets whenever
 * anybody writes to it and nobody can set back, and the modification time of its log (whose change
 * time an fchown of SQLite's moves when root opens it). Two writes within one tick of the kernel's
 * clock have one time, so a file that was changed a moment ago has no fingerprint. It is stat(2)
 * only: opening and closing the file once more would drop the locks that SQLite holds for this
 * process (www.sqlite.org/howtocorrupt.html, 2.2).
 */
#include "base/clock.h"
#include "base/str.h"
#include "engines/sqlite/read.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { DEFAULT_LOCK_TIMEOUT_MS = 2000, SETTLED_US = 1000000 };

struct file_state {
    uint64_t inode, bytes;
    int64_t changed_ns;
};

struct state {
    struct file_state file, log;
};

struct wb_snapshot {
    struct wb_sqlite *keeper;
    const struct wb_cancel *cancel;
    sqlite3 *lock; /* holds the write lock until ready; NULL: none was needed */
    uint64_t give_up_us;
    pthread_mutex_t mutex; /* for what readers tell when they join */
    unsigned joined;
    bool known; /* state is that of all readers */
    struct state state;
};

static int64_t nanoseconds(struct timespec t) {
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct file_state look_at(const char *path, bool log) {
    struct stat st;
    if (stat(path, &st) != 0 || st.st_size == 0)
        return (struct file_state){0};
    return (struct file_state){
        .inode = st.st_ino,
        .bytes = (uint64_t)st.st_size,
        .changed_ns = nanoseconds(log ? st.st_mtim : st.st_ctim),
    };
}

static struct state look(const char *path) {
    char *log;
    if (asprintf(&log, "%s-wal", path) < 0)
        abort();
    struct state s = {look_at(path, false), look_at(log, true)};
    free(log);
    return s;
}

static bool file_same(const struct file_state *a, const struct file_state *b) {
    return a->inode == b->inode && a->bytes == b->bytes && a->changed_ns == b->changed_ns;
}

static bool same(const struct state *a, const struct state *b) {
    return file_same(&a->file, &b->file) && file_same(&a->log, &b->log);
}

static int wait_for_lock(void *ctx, int tries) {
    struct wb_snapshot *s = ctx;
    if (wb_cancel_signo(s->cancel) || wb_clock_monotonic_us() >= s->give_up_us)
        return 0;
    wb_clock_sleep_ms(tries < 20 ? 1 : 10);
    return 1;
}

static enum wb_code lock_failed(struct wb_snapshot *s, int rc, struct wb_error *err) {
    const char *text = sqlite3_errmsg(s->lock);
    enum wb_code code = wb_sqlite_classify(rc, text, sqlite3_system_errno(s->lock));
    if (code == WB_E_LOCK_TIMEOUT && wb_cancel_check(s->cancel, err))
        return WB_E_CANCELED;
    wb_error_set(err, code,
                 "%s: the write lock, under which all readers begin, could not be had: %s",
                 s->keeper->path, text);
    if (err)
        err->vendor = rc;
    if (code == WB_E_LOCK_TIMEOUT)
        wb_error_hint(
            err, "another program is writing: wait for its transaction to end, or use --jobs 1");
    return code;
}

/* In WAL mode readers that begin one after the other without the lock could see different moments.
 */
static enum wb_code no_lock(struct wb_snapshot *s, struct wb_error *err) {
    bool wal = false;
    enum wb_code code = wb_sqlite_is_wal(s->keeper, &wal, err);
    if (code || !wal)
        return code; /* with a rollback journal the first reader keeps every writer out */
    wb_error_set(
        err, WB_E_PRIVILEGE,
        "%s is not writable for this user, and several readers need a momentary write lock",
        s->keeper->path);
    wb_error_hint(err, "use --jobs 1, or allow writing to the file and its directory");
    return WB_E_PRIVILEGE;
}

static enum wb_code take_lock(struct wb_snapshot *s, struct wb_error *err) {
    int rc = sqlite3_open_v2(s->keeper->path, &s->lock, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                             NULL);
    bool writable = rc == SQLITE_OK && sqlite3_db_readonly(s->lock, "main") == 0;
    if (writable) {
        sqlite3_extended_result_codes(s->lock, 1);
        sqlite3_db_config(s->lock, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        sqlite3_busy_handler(s->lock, wait_for_lock, s);
        rc = sqlite3_exec(s->lock, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            return WB_OK;
    }
    enum wb_code code =
        !writable || (rc & 0xff) == SQLITE_READONLY || (rc & 0xff) == SQLITE_CANTOPEN
            ? no_lock(s, err)
            : lock_failed(s, rc, err);
    sqlite3_close(s->lock);
    s->lock = NULL;
    return code;
}

enum wb_code wb_sqlite_snapshot_begin(struct wb_conn *keeper, const struct wb_snapshot_opts *opts,
                                      struct wb_snapshot **ret, struct wb_error *err) {
    wb_sqlite_call(wb_sqlite_of(keeper));
    struct wb_snapshot *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    unsigned timeout_ms = opts->lock_timeout_ms ? opts->lock_timeout_ms : DEFAULT_LOCK_TIMEOUT_MS;
    s->keeper = wb_sqlite_of(keeper);
    s->cancel = opts->cancel;
    s->give_up_us = wb_clock_monotonic_us() + (uint64_t)timeout_ms * 1000;
    pthread_mutex_init(&s->mutex, NULL);
    enum wb_code code = opts->n_readers > 1 ? take_lock(s, err) : WB_OK;
    if (code)
        wb_sqlite_snapshot_end(s);
    else
        *ret = s;
    return code;
}

/* A transaction begins with its first read. */
static enum wb_code begin_reading(struct wb_sqlite *c, struct wb_error *err) {
    int rc =
        sqlite3_exec(c->db, "BEGIN; SELECT count(*) FROM main.sqlite_schema", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        return WB_OK;
    enum wb_code code = wb_sqlite_fail(c, rc, "beginning to read", err);
    if (!sqlite3_get_autocommit(c->db))
        sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

enum wb_code wb_sqlite_snapshot_join(struct wb_conn *reader, struct wb_snapshot *s,
                                     struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(reader);
    wb_sqlite_call(c);
    struct state before = look(c->path);
    enum wb_code code = begin_reading(c, err);
    if (code)
        return code;
    struct state after = look(c->path);
    pthread_mutex_lock(&s->mutex);
    bool still = same(&before, &after);
    if (s->joined++ == 0) {
        s->state = after;
        s->known = still;
    } else {
        s->known = s->known && still && same(&s->state, &after);
    }
    pthread_mutex_unlock(&s->mutex);
    return WB_OK;
}

static void release_lock(struct wb_snapshot *s) {
    if (s->lock)
        sqlite3_exec(s->lock, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(s->lock);
    s->lock = NULL;
}

static bool settled(const struct file_state *f, int64_t now_us) {
    return f->changed_ns / 1000 + SETTLED_US <= now_us;
}

static const char *fingerprint(const struct wb_snapshot *s, struct wb_arena *a, int64_t now_us) {
    const struct file_state *f = &s->state.file, *l = &s->state.log;
    if (!s->known || !settled(f, now_us) || !settled(l, now_us))
        return "";
    return wb_arena_printf(a,
                           "%" PRIu64 "-%" PRIu64 "-%" PRId64 "/%" PRIu64 "-%" PRIu64 "-%" PRId64,
                           f->inode, f->bytes, f->changed_ns, l->inode, l->bytes, l->changed_ns);
}

static const char *position(const struct wb_snapshot *s, struct wb_arena *a) {
    char when[32];
    const struct file_state *f = &s->state.file, *l = &s->state.log;
    int64_t last = f->changed_ns > l->changed_ns ? f->changed_ns : l->changed_ns;
    if (!s->known || last == 0)
        return "";
    return wb_arena_printf(a, "last written %s", wb_clock_format(last / 1000, when, sizeof when));
}

enum wb_code wb_sqlite_snapshot_ready(struct wb_snapshot *s, struct wb_arena *a,
                                      struct wb_moment *ret, struct wb_error *err) {
    (void)err;
    release_lock(s);
    struct wb_moment m = {.wall_us = wb_clock_wall_us()};
    m.position = position(s, a);
    m.fingerprint = fingerprint(s, a, m.wall_us);
    *ret = m;
    return WB_OK;
}

void wb_sqlite_snapshot_end(struct wb_snapshot *s) {
    if (!s)
        return;
    release_lock(s);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}
