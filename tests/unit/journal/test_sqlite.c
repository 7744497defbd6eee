/* The SQLite store: the suite, and what its file must stand: every write to the disk failing or
 * being the last, files of others, of the future, damaged ones. */
#include "journal/sqlite.h"
#include "unit/journal/suite.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/wb-journal.XXXXXX";
static char path[64];
static int64_t ahead_us; /* of the system's wall clock */

static uint64_t monotonic(void *ctx) {
    (void)ctx;
    return wb_clock_monotonic_us();
}

static int64_t wall(void *ctx) {
    (void)ctx;
    return wb_clock_wall_us() + ahead_us;
}

static const struct wb_clock test_clock = {monotonic, wall, NULL};

static void remove_files(struct journal_store *s) {
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    (void)s;
    for (size_t i = 0; i < 4; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static void expire(struct journal_store *s) {
    (void)s;
    ahead_us += 61000000;
}

static enum wb_code open_file(struct journal_store *s, const struct wb_journal_opts *opts,
                              struct wb_journal **ret, struct wb_error *err) {
    (void)s;
    return wb_journal_open_sqlite(path, opts, ret, err);
}

static struct journal_store store = {
    .empty = remove_files, .expire = expire, .open = open_file, .clock = &test_clock};

/* --- a file system that fails: SQLite's own, with a counter of writes and syncs
 * ------------------- */

static struct {
    int left; /* writes and syncs until it happens; -1: never */
    int rc;   /* what they then give, for ever; 0: the process is killed instead */
    bool broken;
} disk = {.left = -1};

/* SQLite has several sets of methods, for files with and without locks. */
static struct methods {
    const sqlite3_io_methods *real;
    sqlite3_io_methods failing;
} methods[8];

static const sqlite3_io_methods *real_of(const sqlite3_file *f) {
    size_t i = 0;
    while (f->pMethods != &methods[i].failing)
        i++;
    return methods[i].real;
}

static int disk_says(void) {
    if (disk.left == 0) {
        if (disk.rc == 0)
            kill(getpid(), SIGKILL);
        disk.broken = true;
    }
    if (disk.left >= 0)
        disk.left--;
    return disk.broken ? disk.rc : SQLITE_OK;
}

static int failing_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
    int rc = disk_says();
    return rc ? rc : real_of(f)->xWrite(f, p, n, at);
}

static int failing_sync(sqlite3_file *f, int flags) {
    int rc = disk_says();
    return rc ? rc : real_of(f)->xSync(f, flags);
}

static int failing_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret) {
    sqlite3_vfs *real = vfs->pAppData;
    int rc = real->xOpen(real, name, f, flags, ret);
    if (rc == SQLITE_OK && f->pMethods) {
        size_t i = 0;
        while (methods[i].real && methods[i].real != f->pMethods)
            i++;
        methods[i].real = f->pMethods;
        methods[i].failing = *f->pMethods;
        methods[i].failing.xWrite = failing_write;
        methods[i].failing.xSync = failing_sync;
        f->pMethods = &methods[i].failing;
    }
    return rc;
}

static void install_disk(void) {
    static sqlite3_vfs vfs;
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    vfs = *real;
    vfs.zName = "failing";
    vfs.pAppData = real;
    vfs.xOpen = failing_open;
    assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

/* Appends until something goes wrong, or five times; how many were reported done. */
static int append_five(struct wb_journal *j, enum wb_code *ret_code) {
    struct wb_error err = {0};
    struct wb_event two[] = {{.kind = WB_EVENT_STEP_INTENT, .data = "{}"},
                             {.kind = WB_EVENT_STEP_OUTCOME}};
    int done = 0;
    *ret_code = wb_journal_take(j, "a", 60000, &err);
    for (; done < 5 && !*ret_code; done += !*ret_code)
        *ret_code = wb_journal_append(j, two, 2, NULL, NULL, &err);
    return done;
}

static size_t reopen_and_count(void) {
    expire(NULL);
    struct wb_journal *j = journal_open(&store);
    journal_take(j, "next");
    size_t n = journal_count(j);
    assert_int_equal(journal_note(j, NULL), n + 1);
    wb_journal_close(j);
    return n;
}

/* What was reported done is there; what was not, is there whole or not at all. */
static void fail_each_write(int rc, enum wb_code want) {
    int at = 0;
    for (bool happened = true; happened; at++) {
        struct wb_error err = {0};
        struct wb_journal *j = NULL;
        enum wb_code code;
        int done = 0;
        assert_true(at < 200);
        remove_files(NULL);
        disk.rc = rc;
        disk.left = at;
        disk.broken = false;
        code = open_file(NULL, &(struct wb_journal_opts){.clock = &test_clock}, &j, &err);
        if (!code)
            done = append_five(j, &code);
        happened = disk.broken;
        if (code != (happened ? want : WB_OK) && !(happened && done == 5 && !code))
            fail_msg("write %d: %s, %s", at, wb_error_name(code), err.text);
        disk.broken = false;
        disk.left = -1;
        wb_journal_close(j);
        size_t n = reopen_and_count();
        if (n % 2 || n / 2 < (size_t)done || n / 2 > (size_t)done + 1)
            fail_msg("write %d: %d were done, %zu events are there", at, done, n);
    }
    assert_true(at > 10);
}

static void a_full_disk_loses_nothing(void **state) {
    (void)state;
    fail_each_write(SQLITE_FULL, WB_E_DISK_FULL);
}

static void a_failing_disk_loses_nothing(void **state) {
    (void)state;
    fail_each_write(SQLITE_IOERR_FSYNC, WB_E_IO);
}

static void killed_at_each_write(void **state) {
    (void)state;
    int status = 1, at = 0;
    for (; status != 0; at++) {
        int said[2];
        char buf[64];
        assert_true(at < 200 && pipe(said) == 0);
        remove_files(NULL);
        pid_t child = fork();
        if (child == 0) {
            struct wb_journal *j = NULL;
            struct wb_error err;
            struct wb_event two[] = {{.kind = WB_EVENT_STEP_INTENT},
                                     {.kind = WB_EVENT_STEP_OUTCOME}};
            disk.rc = 0;
            disk.left = at;
            if (open_file(NULL, &(struct wb_journal_opts){.clock = &test_clock}, &j, &err) ||
                wb_journal_take(j, "a", 60000, &err))
                _exit(9);
            for (int i = 0; i < 5; i++)
                if (wb_journal_append(j, two, 2, NULL, NULL, &err) || write(said[1], "x", 1) != 1)
                    _exit(8);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0 && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
            fail_msg("write %d: the child ended with %d", at, status);
        close(said[1]);
        ssize_t done = read(said[0], buf, sizeof buf);
        close(said[0]);
        size_t n = reopen_and_count();
        if (n % 2 || n / 2 < (size_t)done || n / 2 > (size_t)done + 1)
            fail_msg("write %d: %zd were done, %zu events are there", at, done, n);
    }
    assert_true(at > 10);
}

/* --- files
 * ---------------------------------------------------------------------------------------- */

static void run_sql(const char *sql) {
    sqlite3 *db = NULL;
    char *text = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
        fail_msg("%s: %s", sql, text);
    sqlite3_close(db);
}

static void expect_refused(enum wb_journal_mode mode, enum wb_code want, const char *text) {
    struct wb_error err = {0};
    struct wb_journal *j = NULL;
    enum wb_code code =
        wb_journal_open_sqlite(path, &(struct wb_journal_opts){.mode = mode}, &j, &err);
    if (code != want || !strstr(err.text, text) || !strstr(err.text, path))
        fail_msg("%s: %s, expected %s", wb_error_name(code), err.text, text);
    assert_null(j);
}

static void a_newer_format_is_refused(void **state) {
    (void)state;
    remove_files(NULL);
    wb_journal_close(journal_open(&store));
    run_sql("PRAGMA user_version = 2");
    expect_refused(WB_JOURNAL_CREATE, WB_E_FORMAT,
                   "has format 2, this whimbrel knows those up to 1");
}

static void an_event_of_the_future_is_named(void **state) {
    (void)state;
    remove_files(NULL);
    struct wb_journal *j = journal_open(&store);
    struct wb_error err = {0};
    struct wb_arena a = {0};
    struct wb_events e;
    run_sql("INSERT INTO event VALUES (1, 1, 1, 1, 'teleported', 1, NULL, NULL)");
    assert_int_equal(wb_journal_read(j, 0, 0, &a, &e, &err), WB_E_FORMAT);
    assert_non_null(
        strstr(err.text, "event 1 is of a kind that this whimbrel does not know: teleported"));
    wb_arena_done(&a);
    wb_journal_close(j);
}

static void files_of_others_stay_as_they_are(void **state) {
    (void)state;
    remove_files(NULL);
    run_sql("CREATE TABLE theirs (a)");
    expect_refused(WB_JOURNAL_CREATE, WB_E_IO, "no journal of whimbrel");
    run_sql("INSERT INTO theirs VALUES (1)");
    char wal[80];
    snprintf(wal, sizeof wal, "%s-wal", path);
    assert_int_not_equal(access(wal, F_OK), 0);
    remove_files(NULL);
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 2000; i++)
        fputs("Dear diary, ", f);
    fclose(f);
    expect_refused(WB_JOURNAL_CREATE, WB_E_IO, "damaged or no journal");
}

static void what_is_missing(void **state) {
    (void)state;
    remove_files(NULL);
    expect_refused(WB_JOURNAL_EXISTING, WB_E_NOT_FOUND, "there is no journal");
    assert_int_not_equal(access(path, F_OK), 0);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    expect_refused(WB_JOURNAL_EXISTING, WB_E_NOT_FOUND, "is empty");
    char saved[sizeof path];
    memcpy(saved, path, sizeof path);
    snprintf(path, sizeof path, "%s/missing/j.db", folder);
    expect_refused(WB_JOURNAL_CREATE, WB_E_IO, "opening journal");
    memcpy(path, saved, sizeof path);
}

/* A page in the middle overwritten: nobody runs on half of the truth. */
static void a_damaged_file_is_refused(void **state) {
    (void)state;
    remove_files(NULL);
    struct wb_journal *j = journal_open(&store);
    char data[3000];
    memset(data, 'x', sizeof data);
    memcpy(data, "{\"a\":\"", 6);
    memcpy(data + sizeof data - 3, "\"}", 3);
    journal_take(j, "a");
    for (int i = 0; i < 40; i++)
        journal_note(j, data);
    wb_journal_close(j);
    int fd = open(path, O_WRONLY);
    memset(data, 0xee, sizeof data);
    for (off_t at = 10 * 4096; at < 14 * 4096; at += (off_t)sizeof data)
        assert_int_equal(pwrite(fd, data, sizeof data, at), sizeof data);
    close(fd);
    struct wb_error err = {0};
    j = journal_open(&store);
    assert_int_equal(wb_journal_take(j, "b", 60000, &err), WB_E_IO);
    assert_non_null(strstr(err.text, "is damaged"));
    assert_non_null(strstr(wb_error_hint_of(&err), "backup"));
    wb_journal_close(j);
}

static void events_cannot_be_changed(void **state) {
    (void)state;
    remove_files(NULL);
    struct wb_journal *j = journal_open(&store);
    journal_take(j, "a");
    journal_note(j, NULL);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_not_equal(sqlite3_exec(db, "DELETE FROM event", NULL, NULL, NULL), SQLITE_OK);
    assert_int_not_equal(sqlite3_exec(db, "UPDATE event SET phase = 9", NULL, NULL, NULL),
                         SQLITE_OK);
    sqlite3_close(db);
    wb_journal_close(j);
}

/* A wall clock that was set back does not keep a dead runner's lease alive for hours. */
static void a_clock_that_was_set_back(void **state) {
    (void)state;
    remove_files(NULL);
    struct wb_journal *a = journal_open(&store), *b = journal_open(&store);
    struct wb_error err = {0};
    ahead_us += 7200000000LL;
    journal_take(a, "a");
    ahead_us -= 7200000000LL;
    assert_int_equal(wb_journal_take(b, "b", 60000, &err), WB_E_RUNNING);
    expire(NULL);
    journal_take(b, "b");
    wb_journal_close(a);
    wb_journal_close(b);
}

/* Several processes that make it at the same time make one, and one of them gets the lease. */
static void made_at_the_same_time(void **state) {
    enum { PROCESSES = 6 };
    (void)state;
    remove_files(NULL);
    pid_t children[PROCESSES];
    int go[2], hold[2], took = 0;
    assert_true(pipe(go) == 0 && pipe(hold) == 0);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct wb_journal *j = NULL;
            struct wb_error err = {0};
            char c, holder[20];
            snprintf(holder, sizeof holder, "child %d", i);
            close(go[1]);
            if (read(go[0], &c, 1) != 0 || open_file(NULL, NULL, &j, &err))
                _exit(9);
            enum wb_code code = wb_journal_take(j, holder, 60000, &err);
            struct wb_event e = {.kind = WB_EVENT_NOTE};
            if (!code)
                code = wb_journal_append(j, &e, 1, NULL, NULL, &err);
            _exit(code == WB_OK ? 0 : code == WB_E_RUNNING ? 1 : 8); /* without giving it back */
        }
    }
    close(go[0]);
    close(go[1]);
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
            fail_msg("child %d ended with %d", i, status);
        took += WEXITSTATUS(status) == 0;
    }
    close(hold[0]);
    close(hold[1]);
    assert_int_equal(took, 1);
    assert_int_equal(reopen_and_count(), 1);
}

static int start(void **state) {
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/plan.md.whimbrel.db", folder);
    install_disk();
    *state = &store;
    return 0;
}

static int stop(void **state) {
    (void)state;
    remove_files(NULL);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest own[] = {
        cmocka_unit_test(a_full_disk_loses_nothing),
        cmocka_unit_test(a_failing_disk_loses_nothing),
        cmocka_unit_test(killed_at_each_write),
        cmocka_unit_test(a_newer_format_is_refused),
        cmocka_unit_test(an_event_of_the_future_is_named),
        cmocka_unit_test(files_of_others_stay_as_they_are),
        cmocka_unit_test(what_is_missing),
        cmocka_unit_test(a_damaged_file_is_refused),
        cmocka_unit_test(events_cannot_be_changed),
        cmocka_unit_test(a_clock_that_was_set_back),
        cmocka_unit_test(made_at_the_same_time),
    };
    struct CMUnitTest tests[64];
    size_t n = sizeof own / sizeof own[0];
    memcpy(tests, own, sizeof own);
    n = journal_suite_add(tests, n);
    return _cmocka_run_group_tests("journal/sqlite", tests, n, start, stop);
}
