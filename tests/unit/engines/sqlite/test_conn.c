#include "unit/engines/sqlite/fixture.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_missing_source_is_not_created(void **state) {
    struct sqlite_fixture *f = *state;
    assert_int_equal(sqlite_open_fails(f, "none.db", WB_SIDE_SOURCE), WB_E_CONNECT);
    assert_non_null(strstr(f->err.text, "No such file"));
    assert_int_equal(access(sqlite_path(f, "none.db"), F_OK), -1);
}

static void a_directory_is_no_database(void **state) {
    struct sqlite_fixture *f = *state;
    assert_int_equal(sqlite_open_fails(f, ".", WB_SIDE_SOURCE), WB_E_CONNECT);
    assert_int_equal(sqlite_open_fails(f, "no/such/dir.db", WB_SIDE_TARGET), WB_E_CONNECT);
}

static void another_file_is_refused(void **state) {
    struct sqlite_fixture *f = *state;
    FILE *file = fopen(sqlite_path(f, "x.db"), "w");
    for (int i = 0; i < 1000; i++)
        fputs("this is no database, ", file);
    fclose(file);
    assert_int_equal(sqlite_open_fails(f, "x.db", WB_SIDE_SOURCE), WB_E_IO);
    assert_non_null(strstr(f->err.text, "not a database"));
    assert_int_equal(sqlite_open_fails(f, "x.db", WB_SIDE_TARGET), WB_E_IO);
}

static void a_source_cannot_be_written(void **state) {
    struct sqlite_fixture *f = *state;
    sqlite_app(f, "s.db", "CREATE TABLE t (a)");
    struct wb_conn *c = sqlite_open(f, "s.db", WB_SIDE_SOURCE);
    assert_int_equal(c->engine->exec(c, "INSERT INTO t VALUES (1)", NULL, &f->err), WB_E_PRIVILEGE);
    wb_conn_close(c);
}

static void reading_leaves_the_source_as_it_was(void **state) {
    struct sqlite_fixture *f = *state;
    struct stat before, after;
    sqlite_app(f, "s.db",
               "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    stat(sqlite_path(f, "s.db"), &before);
    struct wb_conn *c = sqlite_open(f, "s.db", WB_SIDE_SOURCE);
    assert_string_equal(sqlite_value(f, c, "SELECT a FROM t"), "1");
    wb_conn_close(c);
    stat(sqlite_path(f, "s.db"), &after);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    assert_int_equal(before.st_size, after.st_size);
}

static void affected_rows_are_those_found(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_conn *c = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    uint64_t n = 99;
    sqlite_ok(f, c->engine->exec(c, "CREATE TABLE t (a)", &n, &f->err));
    assert_int_equal(n, 0);
    sqlite_ok(f, c->engine->exec(c, "INSERT INTO t VALUES (1), (2), (3)", &n, &f->err));
    assert_int_equal(n, 3);
    sqlite_ok(f, c->engine->exec(c, "UPDATE t SET a = a WHERE a > 1", &n, &f->err));
    assert_int_equal(n, 2);
    sqlite_ok(f, c->engine->exec(c, "CREATE INDEX i ON t (a)", &n, &f->err));
    assert_int_equal(n, 0);
    sqlite_ok(f, c->engine->exec(c, "SELECT * FROM t", &n, &f->err));
    assert_int_equal(n, 0);
    wb_conn_close(c);
}

static void errors_have_their_class(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_conn *c = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    sqlite_run(f, c, "CREATE TABLE t (a INT UNIQUE, b INT NOT NULL); INSERT INTO t VALUES (1, 1)");
    sqlite_run(f, c, "CREATE TABLE s (a INT) STRICT");
    assert_int_equal(c->engine->exec(c, "SELEKT", NULL, &f->err), WB_E_SQL);
    assert_int_equal(c->engine->exec(c, "SELECT * FROM none", NULL, &f->err), WB_E_NOT_FOUND);
    assert_int_equal(c->engine->exec(c, "INSERT INTO t VALUES (1, 1)", NULL, &f->err),
                     WB_E_CONSTRAINT);
    assert_int_equal(f->err.vendor, SQLITE_CONSTRAINT_UNIQUE);
    assert_int_equal(c->engine->exec(c, "INSERT INTO t VALUES (2, NULL)", NULL, &f->err),
                     WB_E_CONSTRAINT);
    assert_int_equal(c->engine->exec(c, "INSERT INTO s VALUES ('x')", NULL, &f->err), WB_E_VALUE);
    sqlite_run(f, c, "PRAGMA max_page_count = 5");
    assert_int_equal(
        c->engine->exec(c, "INSERT INTO t VALUES (zeroblob(100000), 1)", NULL, &f->err),
        WB_E_DISK_FULL);
    wb_conn_close(c);
}

static void a_lock_is_waited_for_and_then_reported(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_conn *a = sqlite_open(f, "t.db", WB_SIDE_TARGET), *b = NULL;
    sqlite_run(f, a, "CREATE TABLE t (a)");
    struct wb_url url = {.scheme = "sqlite", .database = sqlite_path(f, "t.db")};
    struct wb_open_opts opts = {.side = WB_SIDE_TARGET, .connect_timeout_ms = 30};
    sqlite_ok(f, wb_engine_sqlite.open(&url, &opts, &b, &f->err));
    sqlite_ok(f, a->engine->write->begin(a, &f->err));
    assert_int_equal(b->engine->write->begin(b, &f->err), WB_E_LOCK_TIMEOUT);
    a->engine->write->rollback(a);
    sqlite_ok(f, b->engine->write->begin(b, &f->err));
    b->engine->write->rollback(b);
    wb_conn_close(a);
    wb_conn_close(b);
}

struct waiter {
    struct wb_conn *c;
    atomic_int done;
    enum wb_code code;
};

static void *wait_for_write_lock(void *arg) {
    struct waiter *w = arg;
    w->code = w->c->engine->write->begin(w->c, NULL);
    atomic_store(&w->done, 1);
    return NULL;
}

static void waiting_for_a_lock_can_be_canceled(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_conn *a = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    struct waiter w = {.c = sqlite_open(f, "t.db", WB_SIDE_TARGET)};
    sqlite_ok(f, a->engine->write->begin(a, &f->err));
    pthread_t thread;
    pthread_create(&thread, NULL, wait_for_write_lock, &w);
    while (!atomic_load(&w.done)) /* it may not have begun to wait yet: ask until it has ended */
        w.c->engine->cancel(w.c);
    pthread_join(thread, NULL);
    assert_int_equal(w.code, WB_E_CANCELED);
    wb_conn_close(a);
    wb_conn_close(w.c);
}

static void a_probe_tells_who_it_is(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_probe p, again;
    sqlite_app(f, "s.db", "CREATE TABLE t (a)");
    struct wb_conn *c = sqlite_open(f, "s.db", WB_SIDE_SOURCE);
    sqlite_ok(f, c->engine->probe(c, &f->arena, &p, &f->err));
    wb_conn_close(c);
    assert_string_equal(p.product, "SQLite");
    assert_int_equal(p.version_num, sqlite3_libversion_number());
    assert_int_equal(p.max_writers, 1);
    assert_int_equal(p.used_bytes, 8192);
    assert_int_equal(p.findings.n, 1); /* not in WAL mode: writers will wait */
    assert_int_equal(p.findings.items[0].kind, WB_FINDING_RISK);
    sqlite_app(f, "s.db", "PRAGMA journal_mode = WAL");
    c = sqlite_open(f, "s.db", WB_SIDE_SOURCE);
    sqlite_ok(f, c->engine->probe(c, &f->arena, &again, &f->err));
    wb_conn_close(c);
    assert_string_equal(p.identity, again.identity);
    assert_int_equal(again.findings.n, 0);
    sqlite_app(f, "other.db", "CREATE TABLE t (a)");
    c = sqlite_open(f, "other.db", WB_SIDE_SOURCE);
    sqlite_ok(f, c->engine->probe(c, &f->arena, &again, &f->err));
    wb_conn_close(c);
    assert_string_not_equal(p.identity, again.identity);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_setup, sqlite_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_missing_source_is_not_created),
        TEST(a_directory_is_no_database),
        TEST(another_file_is_refused),
        TEST(a_source_cannot_be_written),
        TEST(reading_leaves_the_source_as_it_was),
        TEST(affected_rows_are_those_found),
        TEST(errors_have_their_class),
        TEST(a_lock_is_waited_for_and_then_reported),
        TEST(waiting_for_a_lock_can_be_canceled),
        TEST(a_probe_tells_who_it_is),
    };
    return cmocka_run_group_tests_name("sqlite connection", tests, NULL, NULL);
}
