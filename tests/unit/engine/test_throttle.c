#include "engine/throttle.h"

#include "base/clock.h"
#include "unit/engine/wrapped.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

/* Only "not faster than" is asserted: how much slower, the machine decides. */
static void two_connections_share_one_rate(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog catalog = {0};
    struct wb_throttle t;
    uint64_t bytes[2] = {0};
    wrapped_make(f, 2000, &catalog);
    wb_throttle_init(&t, 200000, NULL);
    struct wb_conn *c[2];
    for (int i = 0; i < 2; i++)
        c[i] = wb_throttle_wrap(sqlite_open(f, "data.db", WB_SIDE_SOURCE), &t);
    uint64_t began_us = wb_clock_monotonic_us();
    for (int i = 0; i < 2; i++)
        sqlite_ok(f, wrapped_read(f, c[i], &catalog.tables[0], NULL, &bytes[i]));
    uint64_t took_us = wb_clock_monotonic_us() - began_us;
    assert_true(bytes[0] > 30000);
    assert_int_equal(bytes[0], bytes[1]);
    assert_true(took_us >= (bytes[0] + bytes[1]) * 5 - 1000); /* 5 us a byte */
    for (int i = 0; i < 2; i++)
        wb_conn_close(c[i]);
    wb_throttle_done(&t);
    wb_catalog_done(&catalog);
}

static void loaded_rows_count_as_read_ones_do(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog catalog = {0};
    struct wb_throttle t;
    wrapped_make(f, 1, &catalog);
    wb_throttle_init(&t, 20000, NULL);
    struct wb_conn *c = wb_throttle_wrap(sqlite_open(f, "data.db", WB_SIDE_TARGET), &t);
    uint64_t began_us = wb_clock_monotonic_us();
    sqlite_ok(f, wrapped_load(f, c, &catalog.tables[0], 10, 200)); /* 3600 bytes: 180 ms */
    assert_true(wb_clock_monotonic_us() - began_us >= 179000);
    wb_conn_close(c);
    wb_throttle_done(&t);
    wb_catalog_done(&catalog);
}

struct canceler {
    struct wb_conn *conn;
    atomic_bool over;
};

static void *cancel_until_over(void *arg) {
    struct canceler *x = arg;
    while (!atomic_load(&x->over)) {
        x->conn->engine->cancel(x->conn);
        wb_clock_sleep_ms(1);
    }
    return NULL;
}

static void cancel_ends_the_wait(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog catalog = {0};
    struct wb_throttle t;
    pthread_t thread;
    wrapped_make(f, 2000, &catalog);
    wb_throttle_init(&t, 1, NULL); /* half a day */
    struct canceler x = {.conn = wb_throttle_wrap(sqlite_open(f, "data.db", WB_SIDE_SOURCE), &t)};
    assert_int_equal(pthread_create(&thread, NULL, cancel_until_over, &x), 0);
    assert_int_equal(wrapped_read(f, x.conn, &catalog.tables[0], NULL, NULL), WB_E_CANCELED);
    atomic_store(&x.over, true);
    pthread_join(thread, NULL);
    wb_conn_close(x.conn);
    wb_throttle_done(&t);
    wb_catalog_done(&catalog);
}

static void a_request_to_stop_ends_the_wait(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog catalog = {0};
    struct wb_throttle t;
    struct wb_cancel stop = {0};
    wrapped_make(f, 2000, &catalog);
    wb_throttle_init(&t, 1, &stop);
    wb_cancel_request(&stop, SIGTERM);
    struct wb_conn *c = wb_throttle_wrap(sqlite_open(f, "data.db", WB_SIDE_SOURCE), &t);
    assert_int_equal(wrapped_read(f, c, &catalog.tables[0], NULL, NULL), WB_E_CANCELED);
    wb_conn_close(c);
    wb_throttle_done(&t);
    wb_catalog_done(&catalog);
}

#define THROTTLE_TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_setup, sqlite_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        THROTTLE_TEST(two_connections_share_one_rate),
        THROTTLE_TEST(loaded_rows_count_as_read_ones_do),
        THROTTLE_TEST(cancel_ends_the_wait),
        THROTTLE_TEST(a_request_to_stop_ends_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
