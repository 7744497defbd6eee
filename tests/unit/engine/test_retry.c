#include "engine/retry.h"

#include "base/clock.h"
#include "engine/fault.h"
#include "engine/pin.h"
#include "engine/trace.h"
#include "unit/engine/wrapped.h"

#include <pthread.h>
#include <stdatomic.h>

static unsigned connections;      /* that were asked for */
static const struct wb_url *next; /* what the second one leads to; NULL: the same as the first */

/* As the registry makes them: a fault beneath, and a trace that counts. */
static enum wb_code connect(const struct wb_engine *e, const struct wb_url *url,
                            const struct wb_open_opts *opts, struct wb_conn **ret,
                            struct wb_error *err) {
    struct wb_conn *c = NULL;
    enum wb_code code = e->open(connections++ && next ? next : url, opts, &c, err);
    if (!code && opts->pin && (code = wb_pin_check(opts->pin, c, err)))
        wb_conn_close(c);
    if (!code)
        *ret = wb_trace_wrap(wb_fault_wrap(c), opts->side, "data.db", 0, NULL);
    return code;
}

struct world {
    struct sqlite_fixture *f;
    struct wb_catalog catalog;
    struct wb_url url;
    struct wb_conn *conn;
};

static void begin(struct world *w, struct sqlite_fixture *f, unsigned retries) {
    struct wb_error err;
    *w = (struct world){.f = f};
    connections = 0;
    next = NULL;
    wrapped_make(f, 50, &w->catalog);
    assert_int_equal(wb_trace_to(sqlite_path(f, "trace"), &err), WB_OK);
    w->url = (struct wb_url){
        .scheme = "sqlite", .database = sqlite_path(f, "data.db"), .redacted = "sqlite:data.db"};
    struct wb_open_opts opts = {
        .side = WB_SIDE_TARGET, .connect_timeout_ms = 1, .retries = retries};
    sqlite_ok(f, wb_retry_open(&wb_engine_sqlite, &w->url, &opts, connect, &w->conn, &f->err));
}

static void end(struct world *w) {
    wb_conn_close(w->conn);
    wb_catalog_done(&w->catalog);
    wb_fault_plan("exec:1000000:lose"); /* none */
}

static enum wb_code read_all(struct world *w, uint64_t *ret_rows) {
    return wrapped_read(w->f, w->conn, &w->catalog.tables[0], ret_rows, NULL);
}

static void a_read_that_was_lost_is_opened_again(void **state) {
    struct world w;
    uint64_t rows = 0;
    begin(&w, *state, 3);
    wb_fault_plan("next:1:lose");
    sqlite_ok(w.f, read_all(&w, &rows));
    assert_int_equal(rows, 50);
    assert_int_equal(connections, 2);
    end(&w);
}

static void nothing_is_repeated_unasked(void **state) {
    struct world w;
    begin(&w, *state, 0);
    wb_fault_plan("next:1:lose");
    assert_int_equal(read_all(&w, NULL), WB_E_LOST);
    assert_int_equal(connections, 1);
    end(&w);
}

static void lose_transaction(struct world *w) {
    sqlite_ok(w->f, w->conn->engine->write->begin(w->conn, &w->f->err));
}

static void lose_hold(struct world *w) {
    sqlite_ok(w->f, w->conn->engine->write->hold(w->conn, &w->f->err));
}

static void lose_session(struct world *w) {
    sqlite_run(w->f, w->conn, "CREATE TEMP TABLE x (y)");
}

static void lose_snapshot(struct world *w) {
    struct wb_snapshot *s = NULL;
    struct wb_snapshot_opts opts = {.n_readers = 1};
    sqlite_ok(w->f, w->conn->engine->read->snapshot_begin(w->conn, &opts, &s, &w->f->err));
    sqlite_ok(w->f, w->conn->engine->read->snapshot_join(w->conn, s, &w->f->err));
    w->conn->engine->read->snapshot_end(s);
}

static void what_would_be_lost_with_the_connection_forbids_it(void **state) {
    static void (*const ways[])(struct world * w) = {lose_transaction, lose_hold, lose_session,
                                                     lose_snapshot};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct world w;
        begin(&w, *state, 3);
        ways[i](&w);
        wb_fault_plan("next:1:lose");
        assert_int_equal(read_all(&w, NULL), WB_E_LOST);
        assert_int_equal(connections, 1);
        end(&w);
        sqlite_app(w.f, "data.db", "DROP TABLE t");
    }
}

static void after_its_transaction_a_connection_is_free_again(void **state) {
    struct world w;
    begin(&w, *state, 3);
    sqlite_ok(w.f, wrapped_load(w.f, w.conn, &w.catalog.tables[0], 1000, 5));
    wb_fault_plan("next:1:lose");
    uint64_t rows = 0;
    sqlite_ok(w.f, read_all(&w, &rows));
    assert_int_equal(rows, 55);
    assert_int_equal(connections, 2);
    end(&w);
}

static void statements_and_commits_are_never_repeated(void **state) {
    struct world w;
    begin(&w, *state, 3);
    wb_fault_plan("commit:1:lose-after");
    assert_int_equal(wrapped_load(w.f, w.conn, &w.catalog.tables[0], 1000, 5), WB_E_LOST);
    wb_fault_plan("exec:1:lose");
    assert_int_equal(w.conn->engine->exec(w.conn, "DELETE FROM t", NULL, &w.f->err), WB_E_LOST);
    assert_int_equal(connections, 1);
    assert_string_equal(sqlite_value(w.f, w.conn, "SELECT count(*) FROM t"), "55");
    assert_int_equal(wrapped_lines(sqlite_path(w.f, "trace"), " commit ", NULL, NULL), 1);
    assert_int_equal(wrapped_lines(sqlite_path(w.f, "trace"), " exec ", NULL, NULL), 1);
    end(&w);
}

static void another_database_at_the_same_address_is_refused(void **state) {
    struct world w;
    begin(&w, *state, 3);
    sqlite_app(w.f, "other.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    struct wb_url other = w.url;
    other.database = sqlite_path(w.f, "other.db");
    next = &other;
    wb_fault_plan("next:1:lose");
    assert_int_equal(read_all(&w, NULL), WB_E_OTHER_DATABASE);
    assert_int_equal(connections, 2); /* it is not tried again */
    assert_non_null(strstr(w.f->err.text, "the connection was lost, and sqlite:data.db"));
    assert_non_null(strstr(w.f->err.text, "another database"));
    end(&w);
}

/* A writer that has the file for itself: readers get LOCK_TIMEOUT. */
static struct wb_conn *lock_file(struct world *w) {
    struct wb_conn *c = sqlite_open(w->f, "data.db", WB_SIDE_TARGET);
    sqlite_run(w->f, c, "BEGIN EXCLUSIVE");
    return c;
}

static void it_is_given_up_after_so_many_attempts(void **state) {
    struct world w;
    begin(&w, *state, 2);
    struct wb_conn *locker = lock_file(&w);
    struct wb_rows rows;
    assert_int_equal(
        w.conn->engine->query(w.conn, "SELECT count(*) FROM t", &w.f->arena, &rows, &w.f->err),
        WB_E_LOCK_TIMEOUT);
    assert_int_equal(wrapped_lines(sqlite_path(w.f, "trace"), " query ", "LOCK_TIMEOUT", NULL), 3);
    assert_int_equal(connections, 1); /* it was not the connection's fault */
    wb_conn_close(locker);
    assert_string_equal(sqlite_value(w.f, w.conn, "SELECT count(*) FROM t"), "50");
    end(&w);
}

struct helper {
    struct world *w;
    struct wb_conn *locker;
    atomic_bool over;
};

static void *unlock_after_a_failure(void *arg) {
    struct helper *h = arg;
    while (wrapped_lines(sqlite_path(h->w->f, "trace"), " query ", "LOCK_TIMEOUT", NULL) == 0)
        wb_clock_sleep_ms(1);
    wb_conn_close(h->locker);
    return NULL;
}

static void a_lock_that_goes_away_is_waited_out(void **state) {
    struct world w;
    pthread_t thread;
    begin(&w, *state, 100);
    struct helper h = {.w = &w, .locker = lock_file(&w)};
    assert_int_equal(pthread_create(&thread, NULL, unlock_after_a_failure, &h), 0);
    struct wb_arena a = {0};
    struct wb_rows rows;
    sqlite_ok(w.f, w.conn->engine->query(w.conn, "SELECT count(*) FROM t", &a, &rows, &w.f->err));
    assert_string_equal(rows.values[0][0], "50");
    pthread_join(thread, NULL);
    wb_arena_done(&a);
    end(&w);
}

static void *cancel_until_over(void *arg) {
    struct helper *h = arg;
    while (!atomic_load(&h->over)) {
        h->w->conn->engine->cancel(h->w->conn);
        wb_clock_sleep_ms(1);
    }
    return NULL;
}

static void cancel_ends_the_attempts(void **state) {
    struct world w;
    pthread_t thread;
    begin(&w, *state, 1000000);
    struct helper h = {.w = &w, .locker = lock_file(&w)};
    assert_int_equal(pthread_create(&thread, NULL, cancel_until_over, &h), 0);
    struct wb_rows rows;
    assert_int_equal(
        w.conn->engine->query(w.conn, "SELECT count(*) FROM t", &w.f->arena, &rows, &w.f->err),
        WB_E_CANCELED);
    atomic_store(&h.over, true);
    pthread_join(thread, NULL);
    wb_conn_close(h.locker);
    end(&w);
}

#define RETRY_TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_setup, sqlite_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        RETRY_TEST(a_read_that_was_lost_is_opened_again),
        RETRY_TEST(nothing_is_repeated_unasked),
        RETRY_TEST(what_would_be_lost_with_the_connection_forbids_it),
        RETRY_TEST(after_its_transaction_a_connection_is_free_again),
        RETRY_TEST(statements_and_commits_are_never_repeated),
        RETRY_TEST(another_database_at_the_same_address_is_refused),
        RETRY_TEST(it_is_given_up_after_so_many_attempts),
        RETRY_TEST(a_lock_that_goes_away_is_waited_out),
        RETRY_TEST(cancel_ends_the_attempts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
