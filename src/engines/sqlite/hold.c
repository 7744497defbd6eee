#include "engines/sqlite/hold.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOTE_BYTES = 96 };
#define WAL_MARK "journal_mode of inode "

/* The file was put into WAL mode. It is named by its inode: another that takes its place stays as
 * it is. */
static void mark_wal(const struct wb_sqlite *c, char mark[NOTE_BYTES]) {
    struct stat st = {0};
    (void)stat(c->path, &st);
    snprintf(mark, NOTE_BYTES, WAL_MARK "%llu was delete", (unsigned long long)st.st_ino);
}

static char *lock_path(const struct wb_sqlite *c) {
    char *path;
    if (asprintf(&path, "%s-whimbrel-lock", c->path) < 0)
        abort();
    return path;
}

static void read_note(int fd, char note[NOTE_BYTES]) {
    ssize_t n = pread(fd, note, NOTE_BYTES - 1, 0);
    note[n > 0 ? n : 0] = 0;
}

static bool write_note(int fd, const char *mark) {
    char note[NOTE_BYTES];
    int n = snprintf(note, sizeof note, "%ld\n%.70s\n", (long)getpid(), mark);
    return pwrite(fd, note, (size_t)n, 0) == n && ftruncate(fd, n) == 0;
}

static bool is_still_there(int fd, const char *path) {
    struct stat a, b;
    return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
           a.st_dev == b.st_dev;
}

/* The locked file, or -1 with errno; EWOULDBLOCK: another has it, and note says who. Whoever gives
 * the lock back removes the file first, so a lock on a removed one does not count. */
static int take(const char *path, int create, char note[NOTE_BYTES]) {
    for (;;) {
        int fd = open(path, O_RDWR | O_CLOEXEC | create, 0644);
        if (fd < 0)
            return -1;
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            int why = errno;
            read_note(fd, note);
            close(fd);
            errno = why;
            return -1;
        }
        if (is_still_there(fd, path)) {
            read_note(fd, note);
            return fd;
        }
        close(fd);
    }
}

static enum wb_code enter_wal(struct wb_sqlite *c, bool *ret_changed, struct wb_error *err) {
    int64_t pages = 0;
    bool wal = false;
    enum wb_code code = wb_sqlite_get_int(c, "PRAGMA page_count", NULL, &pages, err);
    if (code || pages > 0)
        return code;
    if (sqlite3_exec(c->db, "PRAGMA main.journal_mode = WAL", NULL, NULL, NULL) == SQLITE_OK)
        code = wb_sqlite_is_wal(c, &wal, err);
    *ret_changed = wal; /* file systems without shared memory stay as they are: slower, as safe */
    return code;
}

enum wb_code wb_sqlite_hold(struct wb_conn *conn, struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    wb_sqlite_call(c);
    if (c->hold_fd >= 0)
        return WB_OK;
    char *path = lock_path(c), note[NOTE_BYTES] = "", wal_mark[NOTE_BYTES];
    mark_wal(c, wal_mark);
    int fd = take(path, O_CREAT, note);
    enum wb_code code = WB_OK;
    if (fd < 0 && errno == EWOULDBLOCK)
        code = wb_error_set(err, WB_E_TARGET_BUSY, "process %ld works on %s (its lock is %s)",
                            strtol(note, NULL, 10), c->path, path);
    else if (fd < 0)
        code = wb_error_set(err, errno == ENOSPC ? WB_E_DISK_FULL : WB_E_IO, "cannot lock %s: %s",
                            path, strerrordesc_np(errno));
    free(path);
    if (code)
        return code;
    bool mark = strstr(note, wal_mark) != NULL, changed = false;
    code = enter_wal(c, &changed, err);
    if (!code && !write_note(fd, mark || changed ? wal_mark : ""))
        code = wb_error_set(err, WB_E_IO, "cannot write to the lock file of %s: %s", c->path,
                            strerrordesc_np(errno));
    if (code)
        close(fd);
    else
        c->hold_fd = fd;
    return code;
}

/* False while other connections are open. */
static bool leave_wal(struct wb_sqlite *c) {
    struct wb_error ignored;
    bool wal = true;
    c->busy_timeout_ms = 0;
    sqlite3_exec(c->db, "PRAGMA main.journal_mode = DELETE", NULL, NULL, NULL);
    return wb_sqlite_is_wal(c, &wal, &ignored) == WB_OK && !wal;
}

void wb_sqlite_release(struct wb_sqlite *c) {
    char *path = lock_path(c), note[NOTE_BYTES] = "", wal_mark[NOTE_BYTES];
    mark_wal(c, wal_mark);
    if (c->hold_fd >= 0)
        read_note(c->hold_fd, note);
    else
        c->hold_fd = take(path, 0, note);
    if (c->hold_fd >= 0) {
        if (strstr(note, wal_mark) ? leave_wal(c) : !strstr(note, WAL_MARK))
            unlink(path);
        close(c->hold_fd);
        c->hold_fd = -1;
    }
    free(path);
}
