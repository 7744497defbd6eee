/* Rows through a server: written and read back, refused with words that help, broken off, canceled,
 * lost. */
#include "base/clock.h"
#include "base/str.h"
#include "model/digest.h"
#include "unit/engines/postgres/live_postgres.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SCHEMA "wb_unit_rows"

static bool live;
static const struct wb_read_ops *rd;
static const struct wb_write_ops *wr;
static const uint32_t order[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};

static int start(void **state) {
    (void)state;
    rd = wb_engine_postgres.read;
    wr = wb_engine_postgres.write;
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

/* All rows of a table, digested. */
static struct wb_digest digest_of(struct wb_conn *c, const struct wb_table *t,
                                  struct wb_range range) {
    struct wb_error err = {0};
    struct wb_batch b;
    struct wb_cursor *cur = NULL;
    struct wb_digest d = {0};
    struct wb_buf scratch = {0};
    const struct wb_type *types[24];
    for (size_t i = 0; i < t->n_columns; i++)
        types[i] = &t->columns[i].type;
    struct wb_read_spec spec = {
        .table = t, .columns = order, .n_columns = t->n_columns, .range = range};
    wb_batch_init(&b, (uint32_t)t->n_columns, 100, 1 << 20);
    ok(rd->open(c, &spec, &cur, &err), &err);
    do {
        ok(rd->next(cur, &b, &err), &err);
        wb_digest_add_batch(&d, &b, types, &scratch);
    } while (b.n_rows);
    rd->done(cur);
    wb_batch_done(&b);
    wb_buf_done(&scratch);
    return d;
}

/* Copy a table by read and load into another of the same shape. */
static void copy_rows(struct wb_conn *from, struct wb_conn *to, const struct wb_table *src,
                      const struct wb_table *dst) {
    struct wb_error err = {0};
    struct wb_batch b;
    struct wb_cursor *cur = NULL;
    struct wb_load *load = NULL;
    uint64_t sent = 0, taken = 0;
    struct wb_read_spec spec = {.table = src, .columns = order, .n_columns = src->n_columns};
    struct wb_load_spec into = {.table = dst, .columns = order, .n_columns = src->n_columns};
    wb_batch_init(&b, (uint32_t)src->n_columns, 7, 1 << 20);
    ok(rd->open(from, &spec, &cur, &err), &err);
    ok(wr->begin(to, &err), &err);
    ok(wr->load_open(to, &into, &load, &err), &err);
    for (;;) {
        ok(rd->next(cur, &b, &err), &err);
        if (!b.n_rows)
            break;
        sent += b.n_rows;
        ok(wr->load_put(load, &b, &err), &err);
    }
    ok(wr->load_close(load, &taken, &err), &err);
    ok(wr->commit(to, true, &err), &err);
    assert_int_equal(sent, taken);
    rd->done(cur);
    wb_batch_done(&b);
}

/* Every type, with the values at its ends: the server's own comparison says whether they arrived.
 */
static void copied_exactly(const char *columns, const char *values) {
    struct wb_arena a = {0};
    struct wb_catalog catalog;
    live_postgres_run(wb_arena_printf(
        &a,
        "DROP TABLE IF EXISTS src, dst; CREATE TABLE src (%s); CREATE TABLE dst (LIKE src);"
        "INSERT INTO src VALUES %s",
        columns, values));
    live_postgres_describe(&catalog);
    const struct wb_table *src = wb_catalog_find_table(&catalog, NULL, "src"),
                          *dst = wb_catalog_find_table(&catalog, NULL, "dst");
    struct wb_conn *from = live_postgres_open(WB_SIDE_SOURCE),
                   *to = live_postgres_open(WB_SIDE_TARGET);
    copy_rows(from, to, src, dst);
    assert_string_equal(live_postgres_ask("SELECT count(*) FROM (SELECT src::text FROM src EXCEPT "
                                          "ALL SELECT dst::text FROM dst) x"),
                        "0");
    assert_string_equal(
        live_postgres_ask("SELECT (SELECT count(*) FROM src) = (SELECT count(*) FROM dst)"), "t");
    struct wb_digest x = digest_of(from, src, (struct wb_range){0}),
                     y = digest_of(to, dst, (struct wb_range){0});
    assert_true(wb_digest_equal(&x, &y));
    wb_conn_close(from);
    wb_conn_close(to);
    wb_catalog_done(&catalog);
    wb_arena_done(&a);
}

static void test_binary_types(void **state) {
    (void)state;
    if (!live)
        skip();
    copied_exactly(
        "i2 smallint, i4 integer, i8 bigint, f4 real, f8 double precision, n numeric, "
        "n2 numeric(65,30), b boolean,"
        " t text, v varchar(10), c char(5), by bytea, d date, ti time, ts timestamp, tz "
        "timestamptz, iv interval,"
        " u uuid, j json, jb jsonb, bi bit(9), vb bit varying, ip inet",
        "(-32768, -2147483648, -9223372036854775808, 'NaN', 'Infinity', 'NaN', "
        "-0.000000000000000000000000000001, true,"
        " '', 'x', 'a', '', '-infinity', '00:00', '-infinity', 'infinity', '-1 mon 2 "
        "days -03:04:05.678', md5(random()::text)::uuid, '{\"a\": [1,  2]}', '{\"b\": null}', "
        "B'101010101', B'', '10.0.0.0/8'),"
        "(32767, 2147483647, 9223372036854775807, 1e-45, 5e-324, -1e300, "
        "99999999999999999999999999999999999.999999999999999999999999999999, false,"
        " E'\\t\\n\\\\', NULL, 'abcde', '\\x00ff', '4714-11-24 BC', '24:00', "
        "'4714-11-24 00:00:00 BC', '294246-12-31 23:59:59.999999', '178000000 years', "
        "md5(random()::text)::uuid, 'null', '[]', B'000000001', B'1', '2001:db8::1/64'),"
        "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
        "(0, 0, 0, -0.0, '-0', 12345678901234567890.0987654321, 0, false, 'ñ😀', 'ñ', "
        "'ñ', 'abc', '5874897-12-31', '23:59:59.999999', '1969-12-31 23:59:59.999999', "
        "'1970-01-01 00:00:00+00', '0', md5(random()::text)::uuid, '1', '1', B'111111111', "
        "B'10110', '::ffff:1.2.3.4')");
    if (live_postgres_version() >= 140000)
        copied_exactly("n numeric", "('Infinity'), ('-Infinity')");
}

/* Types that have no binary form here travel as text, and the others in their row with them. */
static void test_text_types(void **state) {
    (void)state;
    if (!live)
        skip();
    copied_exactly(
        "m money, a text[], r int4range, x xml, p point, i integer, d date, ts timestamptz, by "
        "bytea, t text, b bit(3), n numeric, f float8, iv interval, u uuid, bo boolean, ti time",
        "('$1.50', '{a,NULL,\"b c\",\"\\\\\\\"\"}', '[1,5)', '<a>x</a>', '(1,2)', 5, '2020-02-29', "
        "'2020-01-01 00:00:00.5+00', '\\x0009ff', E'a\\tb\\\\N\\n', B'101', 1.50, 0.1, '1 mon 1 "
        "day 1 sec', md5(random()::text)::uuid, true, '12:34:56.789'),"
        "(NULL, NULL, NULL, NULL, NULL, NULL, '0044-03-15 BC', 'infinity', '', '\\N', NULL, 'NaN', "
        "'NaN', '-1 sec', NULL, false, '24:00'),"
        "('-$92.10', '{}', 'empty', '', '(0,0)', -1, 'infinity', '0001-01-01 00:00:00+00 BC', "
        "NULL, '', B'000', -0.0001, 1e300, '0', NULL, NULL, '00:00')");
}

static struct wb_conn *writer;
static struct wb_catalog target;
static const struct wb_table *small;

static void begin_small(const char *columns) {
    struct wb_arena a = {0};
    live_postgres_run(
        wb_arena_printf(&a, "DROP TABLE IF EXISTS small; CREATE TABLE small (%s)", columns));
    live_postgres_describe(&target);
    small = wb_catalog_find_table(&target, NULL, "small");
    writer = live_postgres_open(WB_SIDE_TARGET);
    wb_arena_done(&a);
}

static void end_small(void) {
    wb_conn_close(writer);
    wb_catalog_done(&target);
}

/* One row of two cells through a whole transaction; the first error, whenever it came. */
static enum wb_code load_one(struct wb_cell x, struct wb_cell y, struct wb_error *err) {
    struct wb_batch b;
    struct wb_load *load = NULL;
    struct wb_load_spec spec = {.table = small, .columns = order, .n_columns = 2};
    uint64_t rows;
    wb_batch_init(&b, 2, 10, 1 << 20);
    struct wb_cell *row = wb_batch_add_row(&b);
    row[0] = x;
    row[1] = y;
    enum wb_code code = wr->begin(writer, err);
    if (!code)
        code = wr->load_open(writer, &spec, &load, err);
    if (!code && (code = wr->load_put(load, &b, err)))
        wr->load_abort(load);
    else if (!code)
        code = wr->load_close(load, &rows, err);
    if (code)
        wr->rollback(writer);
    else
        code = wr->commit(writer, false, err);
    wb_batch_done(&b);
    return code;
}

static void expect_error(struct wb_cell x, struct wb_cell y, enum wb_code want, const char *said,
                         const char *also) {
    struct wb_error err = {0};
    assert_int_equal(load_one(x, y, &err), want);
    if (!strstr(err.text, said) || !strstr(err.text, also) || !strstr(err.text, "small"))
        fail_msg("\"%s\" does not say \"%s\" and \"%s\"", err.text, said, also);
}

static void test_refused_rows(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_error err = {0};
    begin_small("id int PRIMARY KEY, v varchar(3) NOT NULL CHECK (v <> 'no')");
    ok(load_one(wb_cell_int(1), wb_cell_text("a", 1), &err), &err);
    expect_error(wb_cell_int(1), wb_cell_text("b", 1), WB_E_CONSTRAINT, "duplicate key",
                 "(id)=(1)");
    expect_error(wb_cell_int(2), wb_cell_text("abcd", 4), WB_E_VALUE, "too long", "column v");
    expect_error(wb_cell_int(2), wb_cell_null(), WB_E_CONSTRAINT, "null value", "\"v\"");
    expect_error(wb_cell_int(2), wb_cell_text("no", 2), WB_E_CONSTRAINT, "check constraint",
                 "line 1");
    expect_error(wb_cell_int(2), wb_cell_text("a\0b", 3), WB_E_VALUE, "0x00", "line 1");
    expect_error(wb_cell_int(2), wb_cell_text("\xff", 1), WB_E_VALUE, "0xff", "line 1");
    expect_error(wb_cell_int(INT64_C(1) << 40), wb_cell_text("a", 1), WB_E_VALUE, "out of range",
                 "column id");
    /* the connection goes on after each of them */
    ok(load_one(wb_cell_int(2), wb_cell_text("b", 1), &err), &err);
    assert_string_equal(live_postgres_ask("SELECT string_agg(id || v, ' ' ORDER BY id) FROM small"),
                        "1a 2b");
    end_small();
}

/* Contract case 15: COMMIT of a failed transaction says ROLLBACK and no error. */
static void test_case_15_commit_is_believed_by_its_tag(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_error err = {0};
    begin_small("id int, v text");
    for (int durable = 0; durable < 2; durable++) {
        ok(wr->begin(writer, &err), &err);
        ok(wb_conn_exec(writer, &err, NULL, "INSERT INTO small VALUES (1)"), &err);
        assert_int_not_equal(wb_conn_exec(writer, &err, NULL, "SELECT 1/0"), WB_OK);
        assert_int_not_equal(wr->commit(writer, durable, &err), WB_OK);
        /* no transaction at all: the tag is COMMIT, with a warning; the next one is clean */
        ok(wr->begin(writer, &err), &err);
        ok(wr->commit(writer, durable, &err), &err);
    }
    assert_string_equal(live_postgres_ask("SELECT count(*) FROM small"), "0");
    end_small();
}

static void test_lost_connection(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_error err = {0};
    struct wb_arena a = {0};
    struct wb_rows rows;
    begin_small("id int, v text");
    ok(wr->begin(writer, &err), &err);
    ok(writer->engine->query(writer, "SELECT pg_backend_pid()", &a, &rows, &err), &err);
    live_postgres_run(wb_arena_printf(
        &a,
        "DO $$ BEGIN PERFORM pg_terminate_backend(%1$s); LOOP PERFORM pg_stat_clear_snapshot(); "
        "EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %1$s); PERFORM "
        "pg_sleep(0.01); END LOOP; END $$",
        rows.values[0][0]));
    assert_int_equal(load_one(wb_cell_int(1), wb_cell_null(), &err), WB_E_LOST);
    assert_int_equal(wb_error_class(err.code), WB_CLASS_RETRY);
    assert_int_equal(wr->commit(writer, true, &err), WB_E_LOST);
    wr->rollback(writer);
    wb_arena_done(&a);
    end_small();
}

static void test_hold(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_error err = {0};
    struct wb_conn *one = live_postgres_open(WB_SIDE_TARGET),
                   *two = live_postgres_open(WB_SIDE_TARGET);
    ok(wr->hold(one, &err), &err);
    assert_int_equal(wr->hold(two, &err), WB_E_TARGET_BUSY);
    assert_non_null(strstr(err.text, "whimbrel"));
    wb_conn_close(one);
    enum wb_code code = WB_E_TARGET_BUSY; /* the server may need a moment to notice */
    uint64_t give_up_us = wb_clock_monotonic_us() + 60000000;
    while (code == WB_E_TARGET_BUSY && wb_clock_monotonic_us() < give_up_us)
        code = wr->hold(two, &err);
    ok(code, &err);
    wb_conn_close(two);
}

static void test_large_values(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_error err = {0};
    begin_small("id int, v bytea");
    size_t len = 20u << 20;
    unsigned char *p = malloc(len);
    for (size_t i = 0; i < len; i++)
        p[i] = (unsigned char)(i * 2654435761u >> 24);
    ok(load_one(wb_cell_int(1), wb_cell_bytes(p, (uint32_t)len), &err), &err);
    struct wb_batch b;
    struct wb_cursor *cur;
    struct wb_read_spec spec = {.table = small, .columns = order, .n_columns = 2};
    wb_batch_init(&b, 2, 10, 1 << 20);
    ok(rd->open(writer, &spec, &cur, &err), &err);
    ok(rd->next(cur, &b, &err), &err);
    assert_int_equal(b.n_rows, 1);
    assert_int_equal(wb_batch_row(&b, 0)[1].len, len);
    assert_memory_equal(wb_batch_row(&b, 0)[1].p, p, len);
    rd->done(cur);
    wb_batch_done(&b);
    free(p);
    end_small();
}

static void test_delete_range(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_error err = {0};
    uint64_t n = 0;
    begin_small("id bytea PRIMARY KEY, v text");
    live_postgres_run("INSERT INTO small SELECT decode(lpad(to_hex(g), 2, '0'), 'hex'), g FROM "
                      "generate_series(0, 99) g");
    struct wb_range range = {.kind = WB_RANGE_KEY, .lower = "0x0a", .upper = "0x14"};
    ok(wr->delete_range(writer, small, &range, &n, &err), &err);
    assert_int_equal(n, 10);
    range.lower = NULL;
    ok(wr->delete_range(writer, small, &range, &n, &err), &err);
    assert_int_equal(n, 10);
    range = (struct wb_range){.kind = WB_RANGE_ALL};
    ok(wr->delete_range(writer, small, &range, &n, &err), &err);
    assert_int_equal(n, 80);
    assert_string_equal(live_postgres_ask("SELECT count(*) FROM small"), "0");
    live_postgres_run(
        "INSERT INTO small VALUES ('a'); CREATE TABLE kid (p bytea REFERENCES small)");
    ok(wr->delete_range(writer, small, &range, NULL, &err), &err);
    assert_string_equal(live_postgres_ask("SELECT count(*) FROM small"), "0");
    live_postgres_run("DROP TABLE kid");
    end_small();
}

/* ----------------------------------------------------------------------------------------------
 * cancel */

static void *cancel_soon(void *arg) {
    struct wb_conn *c = arg;
    while (strcmp(live_postgres_ask("SELECT count(*) FROM pg_stat_activity WHERE query LIKE "
                                    "'SELECT pg_sleep(60%' AND state = 'active'"),
                  "1") != 0)
        continue;
    c->engine->cancel(c);
    return NULL;
}

static void test_cancel(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_error err = {0};
    pthread_t thread;
    struct wb_conn *c = live_postgres_open(WB_SIDE_SOURCE);
    pthread_create(&thread, NULL, cancel_soon, c);
    assert_int_equal(wb_conn_exec(c, &err, NULL, "SELECT pg_sleep(60)"), WB_E_CANCELED);
    pthread_join(thread, NULL);
    ok(wb_conn_exec(c, &err, NULL, "SELECT 1"), &err);
    wb_conn_close(c);
}

static void test_source_is_read_only(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_error err = {0};
    struct wb_conn *c = live_postgres_open(WB_SIDE_SOURCE);
    assert_int_not_equal(wb_conn_exec(c, &err, NULL, "CREATE TABLE never (id int)"), WB_OK);
    assert_string_equal(err.sqlstate, "25006");
    wb_conn_close(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binary_types),
        cmocka_unit_test(test_text_types),
        cmocka_unit_test(test_refused_rows),
        cmocka_unit_test(test_case_15_commit_is_believed_by_its_tag),
        cmocka_unit_test(test_lost_connection),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_large_values),
        cmocka_unit_test(test_delete_range),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_source_is_read_only),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
