#include "unit/engines/sqlite/fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct wb_snapshot *begin(struct sqlite_fixture *f, struct wb_conn *keeper,
                                 unsigned n_readers) {
    struct wb_snapshot *s = NULL;
    struct wb_snapshot_opts opts = {.n_readers = n_readers};
    sqlite_ok(f, keeper->engine->read->snapshot_begin(keeper, &opts, &s, &f->err));
    return s;
}

static void join(struct sqlite_fixture *f, struct wb_conn *reader, struct wb_snapshot *s) {
    sqlite_ok(f, reader->engine->read->snapshot_join(reader, s, &f->err));
}

static struct wb_moment ready(struct sqlite_fixture *f, struct wb_snapshot *s) {
    struct wb_moment m = {0};
    sqlite_ok(f, wb_engine_sqlite.read->snapshot_ready(s, &f->arena, &m, &f->err));
    return m;
}

static void wal(struct sqlite_fixture *f) {
    sqlite_app(f, "s.db",
               "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
}

static void all_readers_see_one_moment(void **state) {
    struct sqlite_fixture *f = *state;
    wal(f);
    struct wb_conn *keeper = sqlite_open(f, "s.db", WB_SIDE_SOURCE),
                   *r1 = sqlite_open(f, "s.db", WB_SIDE_SOURCE),
                   *r2 = sqlite_open(f, "s.db", WB_SIDE_SOURCE),
                   *app = sqlite_open(f, "s.db", WB_SIDE_TARGET);
    struct wb_snapshot *s = begin(f, keeper, 2);
    join(f, r1, s);
    sqlite_run(f, app, "PRAGMA busy_timeout = 0");
    assert_int_equal(app->engine->exec(app, "INSERT INTO t VALUES (2)", NULL, &f->err),
                     WB_E_LOCK_TIMEOUT);
    join(f, r2, s);
    ready(f, s);
    sqlite_run(f, app, "INSERT INTO t VALUES (3)"); /* writers go on */
    assert_string_equal(sqlite_value(f, r1, "SELECT count(*) FROM t"), "1");
    assert_string_equal(sqlite_value(f, r2, "SELECT count(*) FROM t"), "1");
    wb_engine_sqlite.read->snapshot_end(s);
    r1->engine->write->rollback(r1);
    assert_string_equal(sqlite_value(f, r1, "SELECT count(*) FROM t"), "2");
    wb_conn_close(r1);
    wb_conn_close(r2);
    wb_conn_close(keeper);
    wb_conn_close(app);
}

static void a_journal_keeps_writers_out_until_the_end(void **state) {
    struct sqlite_fixture *f = *state;
    sqlite_app(f, "s.db", "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    struct wb_conn *r1 = sqlite_open(f, "s.db", WB_SIDE_SOURCE),
                   *r2 = sqlite_open(f, "s.db", WB_SIDE_SOURCE),
                   *app = sqlite_open(f, "s.db", WB_SIDE_TARGET);
    struct wb_snapshot *s = begin(f, r1, 2);
    join(f, r1, s);
    join(f, r2, s);
    ready(f, s);
    sqlite_run(f, app, "PRAGMA busy_timeout = 0");
    assert_int_equal(app->engine->exec(app, "INSERT INTO t VALUES (2)", NULL, &f->err),
                     WB_E_LOCK_TIMEOUT);
    wb_engine_sqlite.read->snapshot_end(s);
    wb_conn_close(r1);
    wb_conn_close(r2);
    sqlite_run(f, app, "INSERT INTO t VALUES (2)");
    wb_conn_close(app);
}

static void a_writer_in_the_way_is_reported(void **state) {
    struct sqlite_fixture *f = *state;
    wal(f);
    struct wb_conn *keeper = sqlite_open(f, "s.db", WB_SIDE_SOURCE),
                   *app = sqlite_open(f, "s.db", WB_SIDE_TARGET);
    sqlite_ok(f, app->engine->write->begin(app, &f->err));
    struct wb_snapshot *s = NULL;
    struct wb_snapshot_opts opts = {.n_readers = 2, .lock_timeout_ms = 20};
    assert_int_equal(keeper->engine->read->snapshot_begin(keeper, &opts, &s, &f->err),
                     WB_E_LOCK_TIMEOUT);
    assert_null(s);
    opts.n_readers = 1; /* one reader alone needs no lock */
    sqlite_ok(f, keeper->engine->read->snapshot_begin(keeper, &opts, &s, &f->err));
    join(f, keeper, s);
    wb_engine_sqlite.read->snapshot_end(s);
    wb_conn_close(keeper);
    wb_conn_close(app);
}

static const char *moment(struct sqlite_fixture *f) {
    struct wb_conn *r = sqlite_open(f, "s.db", WB_SIDE_SOURCE);
    struct wb_snapshot *s = begin(f, r, 1);
    join(f, r, s);
    struct wb_moment m = ready(f, s);
    wb_engine_sqlite.read->snapshot_end(s);
    wb_conn_close(r);
    return m.fingerprint;
}

/* The moment of a file whose change is too young to be told from the next one is "": ask until it
 * has one. */
static const char *settled_moment(struct sqlite_fixture *f) {
    const char *m = moment(f);
    while (!*m)
        m = moment(f);
    return m;
}

static void a_fingerprint_tells_whether_anything_was_written(void **state) {
    struct sqlite_fixture *f = *state;
    sqlite_app(f, "s.db", "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    const char *young = moment(f);
    for (int i = 0; i < 100 && *young; i++) { /* a slow machine may look too late */
        sqlite_app(f, "s.db", "UPDATE t SET a = 1");
        young = moment(f);
    }
    assert_string_equal(young, "");
    const char *one = settled_moment(f);
    assert_string_equal(one, moment(f));
    sqlite_app(f, "s.db", "UPDATE t SET a = 2");
    assert_string_not_equal(one, moment(f));
    assert_string_not_equal(one, settled_moment(f));
}

static void the_log_counts_too(void **state) {
    struct sqlite_fixture *f = *state;
    wal(f);
    struct wb_conn *app = sqlite_open(f, "s.db", WB_SIDE_TARGET); /* keeps the log alive */
    sqlite_run(f, app, "PRAGMA wal_autocheckpoint = 0; INSERT INTO t VALUES (2)");
    const char *one = settled_moment(f);
    assert_string_equal(one, moment(f));
    sqlite_run(f, app, "UPDATE t SET a = 3");
    assert_string_not_equal(one, settled_moment(f));
    wb_conn_close(app);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_setup, sqlite_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(all_readers_see_one_moment),
        TEST(a_journal_keeps_writers_out_until_the_end),
        TEST(a_writer_in_the_way_is_reported),
        TEST(a_fingerprint_tells_whether_anything_was_written),
        TEST(the_log_counts_too),
    };
    return cmocka_run_group_tests_name("sqlite snapshot", tests, NULL, NULL);
}
