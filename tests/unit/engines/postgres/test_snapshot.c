/* One moment for many readers, definitions held still, ranges that tile (contract cases 2 and 8).
 */
#include "base/str.h"
#include "unit/engines/postgres/live_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SCHEMA "wb_unit_snapshot"

static bool live;
static const struct wb_read_ops *rd;
static const uint32_t order[] = {0, 1, 2, 3};

static int start(void **state) {
    (void)state;
    rd = wb_engine_postgres.read;
    live = live_postgres_start(SCHEMA);
    return 0;
}

static int stop(void **state) {
    (void)state;
    live_postgres_stop();
    return 0;
}

static void ok(enum wb_code code, const struct wb_error *err) {
    if (code)
        fail_msg("%s", err->text);
}

static const char *ask(struct wb_conn *c, const char *sql, struct wb_arena *a) {
    struct wb_rows rows;
    struct wb_error err = {0};
    ok(c->engine->query(c, sql, a, &rows, &err), &err);
    return rows.values[0][0];
}

static void test_one_moment(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_error err = {0};
    struct wb_arena a = {0};
    struct wb_snapshot *s = NULL, *again = NULL;
    struct wb_moment m, later;
    struct wb_snapshot_opts opts = {.n_readers = 2, .lock_timeout_ms = 60000};
    live_postgres_run("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t "
                      "SELECT generate_series(1, 10)");
    struct wb_conn *keeper = live_postgres_open(WB_SIDE_SOURCE),
                   *one = live_postgres_open(WB_SIDE_SOURCE),
                   *two = live_postgres_open(WB_SIDE_SOURCE);
    ok(rd->snapshot_begin(keeper, &opts, &s, &err), &err);
    ok(rd->snapshot_join(one, s, &err), &err);
    live_postgres_run("INSERT INTO t VALUES (11)");
    ok(rd->snapshot_ready(s, &a, &m, &err), &err);
    ok(rd->snapshot_join(two, s, &err), &err); /* late */
    assert_string_equal(ask(one, "SELECT count(*) FROM t", &a), "10");
    assert_string_equal(ask(two, "SELECT count(*) FROM t", &a), "10");
    assert_true(strlen(m.position) > 2);

    /* what would rewrite or drop a table waits until the epoch ends */
    struct wb_conn *writer = live_postgres_open(WB_SIDE_TARGET);
    ok(wb_conn_exec(writer, &err, NULL, "SET lock_timeout = '100ms'"), &err);
    assert_int_equal(wb_conn_exec(writer, &err, NULL, "ALTER TABLE t ALTER id TYPE bigint"),
                     WB_E_LOCK_TIMEOUT);
    assert_int_equal(wb_conn_exec(writer, &err, NULL, "TRUNCATE t"), WB_E_LOCK_TIMEOUT);
    rd->snapshot_end(s);
    wb_conn_close(one);
    wb_conn_close(two);
    /* the server may need a moment to let go */
    ok(wb_conn_exec(writer, &err, NULL, "SET lock_timeout = '60s'"), &err);
    ok(wb_conn_exec(writer, &err, NULL, "ALTER TABLE t ALTER id TYPE bigint"), &err);

    ok(rd->snapshot_begin(keeper, &opts, &again, &err), &err);
    ok(rd->snapshot_ready(again, &a, &later, &err), &err);
    assert_string_not_equal(m.fingerprint, later.fingerprint);
    rd->snapshot_end(again);
    wb_conn_close(writer);
    wb_conn_close(keeper);
    wb_arena_done(&a);
}

static void test_locked_table_is_named(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_error err = {0};
    struct wb_snapshot *s = NULL;
    struct wb_snapshot_opts opts = {.n_readers = 1, .lock_timeout_ms = 100};
    live_postgres_run("CREATE TABLE IF NOT EXISTS busy (id int)");
    struct wb_conn *keeper = live_postgres_open(WB_SIDE_SOURCE),
                   *writer = live_postgres_open(WB_SIDE_TARGET);
    ok(wb_conn_exec(writer, &err, NULL, "BEGIN; LOCK TABLE busy"), &err);
    assert_int_equal(rd->snapshot_begin(keeper, &opts, &s, &err), WB_E_LOCK_TIMEOUT);
    if (!strstr(err.text, "process ") || !strstr(err.text, "holds busy"))
        fail_msg("%s", err.text);
    wb_conn_close(writer);
    wb_conn_close(keeper);
}

/* A read that is broken off leaves the snapshot as it was. */
static void test_break_off(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_error err = {0};
    struct wb_arena a = {0};
    struct wb_catalog catalog;
    struct wb_batch b;
    struct wb_snapshot *s = NULL;
    struct wb_snapshot_opts opts = {.n_readers = 1};
    live_postgres_run("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v text); INSERT "
                      "INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 200000) g");
    live_postgres_describe(&catalog);
    const struct wb_table *t = wb_catalog_find_table(&catalog, NULL, "t");
    struct wb_conn *keeper = live_postgres_open(WB_SIDE_SOURCE),
                   *reader = live_postgres_open(WB_SIDE_SOURCE);
    ok(rd->snapshot_begin(keeper, &opts, &s, &err), &err);
    ok(rd->snapshot_join(reader, s, &err), &err);
    live_postgres_run("DELETE FROM t WHERE id > 10");
    wb_batch_init(&b, 2, 100, 1 << 20);
    for (int round = 0; round < 20; round++) {
        struct wb_read_spec spec = {.table = t,
                                    .columns = order,
                                    .n_columns = 2,
                                    .where = round % 4 == 3 ? "1 / (id - 5000) > -9" : NULL};
        struct wb_cursor *cur = NULL;
        ok(rd->open(reader, &spec, &cur, &err), &err);
        enum wb_code code = WB_OK;
        for (int i = 0; i < (round % 4 == 3 ? 1000000 : round) && !code; i++)
            code = rd->next(cur, &b, &err);
        assert_int_equal(code, round % 4 == 3 ? WB_E_VALUE : WB_OK);
        rd->done(cur);
        assert_string_equal(ask(reader, "SELECT count(*) FROM t", &a), "200000");
    }
    wb_batch_done(&b);
    rd->snapshot_end(s);
    wb_conn_close(reader);
    wb_conn_close(keeper);
    wb_catalog_done(&catalog);
    wb_arena_done(&a);
}

/* ----------------------------------------------------------------------------------------------
 * ranges */

static uint64_t rows_in(struct wb_conn *c, const struct wb_table *t, struct wb_range range) {
    struct wb_error err = {0};
    struct wb_batch b;
    struct wb_cursor *cur = NULL;
    uint64_t n = 0;
    struct wb_read_spec spec = {.table = t,
                                .columns = order,
                                .n_columns = t->n_columns,
                                .range = range,
                                .ordered = range.kind == WB_RANGE_KEY};
    wb_batch_init(&b, (uint32_t)t->n_columns, 1000, 1 << 20);
    ok(rd->open(c, &spec, &cur, &err), &err);
    do {
        ok(rd->next(cur, &b, &err), &err);
        n += b.n_rows;
    } while (b.n_rows);
    rd->done(cur);
    wb_batch_done(&b);
    return n;
}

static void tiles(const char *columns, const char *select, uint64_t rows, enum wb_range_kind kind,
                  size_t at_least) {
    struct wb_error err = {0};
    struct wb_arena a = {0};
    struct wb_catalog catalog;
    struct wb_range *ranges;
    size_t n;
    live_postgres_run(wb_arena_printf(
        &a, "DROP TABLE IF EXISTS s; CREATE TABLE s (%s); INSERT INTO s %s; ANALYZE s", columns,
        select));
    live_postgres_describe(&catalog);
    const struct wb_table *t = wb_catalog_find_table(&catalog, NULL, "s");
    struct wb_conn *c = live_postgres_open(WB_SIDE_SOURCE);
    ok(rd->split(c, t, 1000, &a, &ranges, &n, &err), &err);
    if (n < at_least || ranges[0].kind != kind)
        fail_msg("%s: %zu ranges of kind %d", columns, n, ranges[0].kind);
    assert_null(ranges[0].lower);
    assert_null(ranges[n - 1].upper);
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (i)
            assert_string_equal(ranges[i].lower, ranges[i - 1].upper);
        uint64_t in = rows_in(c, t, ranges[i]);
        if (n > 1 && in > 8000)
            fail_msg("%s: range %zu has %lu rows", columns, i, (unsigned long)in);
        sum += in;
    }
    if (sum != rows)
        fail_msg("%s: %lu rows of %lu", columns, (unsigned long)sum, (unsigned long)rows);
    wb_conn_close(c);
    wb_catalog_done(&catalog);
    wb_arena_done(&a);
}

static void test_split(void **state) {
    (void)state;
    if (!live)
        skip();
    tiles("id int PRIMARY KEY, v text", "SELECT g, g FROM generate_series(1, 10000) g", 10000,
          WB_RANGE_KEY, 8);
    tiles("id bigint PRIMARY KEY",
          "SELECT CASE WHEN g % 2 = 0 THEN -9223372036854775808 + g ELSE 9223372036854775807 - g "
          "END FROM generate_series(0, 9999) g",
          10000, WB_RANGE_KEY, 5);
    tiles("id smallint PRIMARY KEY", "SELECT g FROM generate_series(-5000, 4999) g", 10000,
          WB_RANGE_KEY, 8);
    tiles("id uuid PRIMARY KEY",
          "SELECT md5(random()::text)::uuid FROM generate_series(1, 10000) g", 10000, WB_RANGE_KEY,
          5);
    tiles("id bytea PRIMARY KEY", "SELECT sha256(g::text::bytea) FROM generate_series(1, 10000) g",
          10000, WB_RANGE_KEY, 5);
    tiles("id text PRIMARY KEY",
          "SELECT chr(60 + g % 500) || 'it''s \\' || g FROM generate_series(1, 10000) g", 10000,
          WB_RANGE_KEY, 5);
    tiles("id numeric PRIMARY KEY", "SELECT g / 7.0 FROM generate_series(1, 10000) g", 10000,
          WB_RANGE_KEY, 5);
    tiles("id timestamptz PRIMARY KEY",
          "SELECT timestamptz '1890-01-01' + g * interval '1 day 1.000001 sec' FROM "
          "generate_series(1, 10000) g",
          10000, WB_RANGE_KEY, 5);
    tiles("a int, b date, PRIMARY KEY (a, b)",
          "SELECT g / 10, date '2000-01-01' + g FROM generate_series(1, 10000) g", 10000,
          WB_RANGE_KEY, 5);
    if (live_postgres_version() >= 140000) { /* before it a range of pages reads all of a table */
        tiles("a int, b text", "SELECT g % 3, repeat('x', 100) FROM generate_series(1, 10000) g",
              10000, WB_RANGE_PAGES, 5);
        tiles("id int UNIQUE", "SELECT g FROM generate_series(1, 10000) g UNION ALL SELECT NULL",
              10001, WB_RANGE_PAGES, 5);
    } else {
        tiles("a int, b text", "SELECT g % 3, 'x' FROM generate_series(1, 5000) g", 5000,
              WB_RANGE_ALL, 1);
    }
    tiles("id int PRIMARY KEY", "SELECT g FROM generate_series(1, 0) g", 0, WB_RANGE_KEY, 1);
    tiles("a int", "SELECT g FROM generate_series(1, 0) g", 0, WB_RANGE_ALL, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_moment),
        cmocka_unit_test(test_locked_table_is_named),
        cmocka_unit_test(test_break_off),
        cmocka_unit_test(test_split),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
