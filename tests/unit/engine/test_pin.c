#include "engine/pin.h"

#include "engine/registry.h"
#include "unit/engine/wrapped.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

struct world {
    struct sqlite_fixture *f;
    struct wb_url url;
    struct wb_pin pin;
    struct wb_conn *conn;
};

static void begin(struct world *w, struct sqlite_fixture *f) {
    *w = (struct world){.f = f};
    sqlite_app(f, "data.db", "CREATE TABLE t (a)");
    w->url = (struct wb_url){
        .scheme = "sqlite", .database = sqlite_path(f, "data.db"), .redacted = "sqlite:data.db"};
    wb_pin_init(&w->pin, NULL);
}

static enum wb_code connect(struct world *w) {
    struct wb_open_opts opts = {.side = WB_SIDE_TARGET, .purpose = WB_TO_WORK, .pin = &w->pin};
    return wb_registry_open(&w->url, &opts, &w->conn, &w->f->err);
}

static void connect_well(struct world *w) {
    sqlite_ok(w->f, connect(w));
    wb_conn_close(w->conn);
}

static void put_other_in_place(struct world *w) {
    sqlite_app(w->f, "other.db", "CREATE TABLE other (a)");
    assert_int_equal(rename(sqlite_path(w->f, "other.db"), w->url.database), 0);
}

static void end(struct world *w) {
    wb_pin_done(&w->pin);
}

static void the_first_connection_tells_what_later_ones_must_meet(void **state) {
    struct world w;
    begin(&w, *state);
    assert_null(wb_pin_met(&w.pin, &w.f->arena).id);
    connect_well(&w);
    connect_well(&w);
    const char *first = wb_pin_met(&w.pin, &w.f->arena).id;
    put_other_in_place(&w);
    assert_int_equal(connect(&w), WB_E_OTHER_DATABASE);
    assert_non_null(strstr(w.f->err.text, "sqlite:data.db: leads to another database"));
    assert_non_null(strstr(w.f->err.text, first));
    assert_string_equal(wb_pin_met(&w.pin, &w.f->arena).id, first);
    end(&w);
}

static void what_is_expected_may_be_known_before(void **state) {
    struct world w;
    begin(&w, *state);
    connect_well(&w);
    struct wb_database_id met = wb_pin_met(&w.pin, &w.f->arena);
    wb_pin_done(&w.pin);
    wb_pin_init(&w.pin, &met);
    connect_well(&w);
    put_other_in_place(&w);
    assert_int_equal(connect(&w), WB_E_OTHER_DATABASE);
    end(&w);
}

/* The old file is not the one that the path leads to, though it is still open. */
static void what_is_written_to_a_file_that_was_replaced_does_not_count(void **state) {
    struct world w;
    begin(&w, *state);
    sqlite_ok(w.f, connect(&w));
    const struct wb_write_ops *ops = w.conn->engine->write;
    sqlite_ok(w.f, ops->begin(w.conn, &w.f->err));
    sqlite_run(w.f, w.conn, "INSERT INTO t VALUES (1)");
    put_other_in_place(&w);
    assert_int_equal(ops->commit(w.conn, true, &w.f->err), WB_E_LOST);
    assert_non_null(strstr(w.f->err.text, "moved, removed or replaced"));
    assert_int_equal(w.conn->engine->exec(w.conn, "INSERT INTO t VALUES (2)", NULL, &w.f->err),
                     WB_E_LOST);
    assert_int_equal(wb_pin_check(&w.pin, w.conn, &w.f->err), WB_E_LOST);
    wb_conn_close(w.conn);
    assert_int_equal(connect(&w), WB_E_OTHER_DATABASE);
    end(&w);
}

static void nor_does_it_in_wal_mode(void **state) {
    struct world w;
    begin(&w, *state);
    sqlite_app(w.f, "data.db", "PRAGMA journal_mode = WAL");
    sqlite_ok(w.f, connect(&w));
    const struct wb_write_ops *ops = w.conn->engine->write;
    sqlite_ok(w.f, ops->begin(w.conn, &w.f->err));
    sqlite_run(w.f, w.conn, "INSERT INTO t VALUES (1)");
    assert_int_equal(rename(w.url.database, sqlite_path(w.f, "moved.db")), 0);
    assert_int_equal(ops->commit(w.conn, true, &w.f->err), WB_E_LOST);
    assert_int_equal(
        w.conn->engine->exec(w.conn, "BEGIN; INSERT INTO t VALUES (2); COMMIT", NULL, &w.f->err),
        WB_E_LOST);
    assert_int_equal(rename(sqlite_path(w.f, "moved.db"), w.url.database), 0);
    assert_string_equal(sqlite_value(w.f, w.conn, "SELECT count(*) FROM t"), "0");
    sqlite_run(w.f, w.conn, "INSERT INTO t VALUES (3)"); /* it is back */
    wb_conn_close(w.conn);
    end(&w);
}

/* An inode that is free again is soon another file's. */
static void a_file_that_was_made_anew_is_another(void **state) {
    struct world w;
    begin(&w, *state);
    connect_well(&w);
    assert_int_equal(unlink(w.url.database), 0);
    sqlite_app(w.f, "data.db", "CREATE TABLE t (a)");
    assert_int_equal(connect(&w), WB_E_OTHER_DATABASE);
    end(&w);
}

enum { THREADS = 8 };

static void *check(void *arg) {
    struct world *w = arg;
    struct wb_open_opts opts = {.side = WB_SIDE_SOURCE, .pin = &w->pin};
    struct wb_conn *c = NULL;
    enum wb_code code = wb_registry_open(&w->url, &opts, &c, NULL);
    wb_conn_close(c);
    return code ? w : NULL;
}

static void threads_meet_one_and_the_same(void **state) {
    struct world w;
    pthread_t threads[THREADS];
    begin(&w, *state);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, check, &w), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    end(&w);
}

#define PIN_TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_setup, sqlite_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        PIN_TEST(the_first_connection_tells_what_later_ones_must_meet),
        PIN_TEST(what_is_expected_may_be_known_before),
        PIN_TEST(what_is_written_to_a_file_that_was_replaced_does_not_count),
        PIN_TEST(nor_does_it_in_wal_mode),
        PIN_TEST(a_file_that_was_made_anew_is_another),
        PIN_TEST(threads_meet_one_and_the_same),
    };
    wb_registry_add(&wb_engine_sqlite);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
