/* Transactions that are whole or nothing, loads that come back as they went, and who holds the
 * target. */
#include "unit/engines/mysql/live_mysql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool live;

static int start(void **state) {
    (void)state;
    live = live_mysql_start("whimbrel_unit_write");
    return 0;
}

static int stop(void **state) {
    (void)state;
    live_mysql_stop();
    return 0;
}

static void ok(enum wb_code code, const struct wb_error *err) {
    if (code)
        fail_msg("%s", err->text);
}

/* Any error ends the transaction: commit can only roll it back. */
static void case_15_nothing_of_a_failed_transaction_is_committed(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE t (id int PRIMARY KEY)");
    struct wb_conn *c = live_mysql_open(WB_SIDE_TARGET);
    const struct wb_write_ops *w = c->engine->write;
    struct wb_error err = {0};
    ok(w->begin(c, &err), &err);
    ok(c->engine->exec(c, "INSERT INTO t VALUES (1)", NULL, &err), &err);
    assert_int_equal(c->engine->exec(c, "INSERT INTO t VALUES (1)", NULL, &err), WB_E_CONSTRAINT);
    assert_int_equal(err.vendor, 1062);
    ok(c->engine->exec(c, "INSERT INTO t VALUES (2)", NULL, &err), &err);
    assert_int_not_equal(w->commit(c, true, &err), WB_OK);
    assert_string_equal(live_mysql_ask("SELECT COUNT(*) FROM t"), "0");
    wb_conn_close(c);
}

static void a_lock_timeout_ends_the_transaction(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE t (id int PRIMARY KEY, v int)");
    live_mysql_run("INSERT INTO t VALUES (1, 0), (2, 0)");
    struct wb_conn *a = live_mysql_open(WB_SIDE_TARGET), *b = live_mysql_open(WB_SIDE_TARGET);
    const struct wb_write_ops *w = a->engine->write;
    struct wb_error err = {0};
    ok(a->engine->exec(a, "SET innodb_lock_wait_timeout = 1", NULL, &err), &err);
    ok(w->begin(a, &err), &err);
    ok(w->begin(b, &err), &err);
    ok(a->engine->exec(a, "UPDATE t SET v = 1 WHERE id = 1", NULL, &err), &err);
    ok(b->engine->exec(b, "UPDATE t SET v = 2 WHERE id = 2", NULL, &err), &err);
    /* 1205 rolls back only the statement: that too ends the transaction here. */
    assert_int_equal(a->engine->exec(a, "UPDATE t SET v = 1 WHERE id = 2", NULL, &err),
                     WB_E_LOCK_TIMEOUT);
    assert_int_not_equal(w->commit(a, true, &err), WB_OK);
    ok(w->commit(b, true, &err), &err);
    assert_string_equal(live_mysql_ask("SELECT GROUP_CONCAT(v ORDER BY id) FROM t"), "0,2");
    wb_conn_close(a);
    wb_conn_close(b);
}

static void case_20_ddl_is_refused_in_a_transaction(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_conn *c = live_mysql_open(WB_SIDE_TARGET);
    struct wb_error err = {0};
    ok(c->engine->write->begin(c, &err), &err);
    assert_int_equal(c->engine->exec(c, " /* x */ TRUNCATE TABLE t", NULL, &err), WB_E_INTERNAL);
    assert_int_equal(c->engine->exec(c, "CREATE TABLE u (id int)", NULL, &err), WB_E_INTERNAL);
    c->engine->write->rollback(c);
    wb_conn_close(c);
}

static void the_target_is_held_by_one(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_conn *a = live_mysql_open(WB_SIDE_TARGET), *b = live_mysql_open(WB_SIDE_TARGET);
    struct wb_error err = {0};
    ok(a->engine->write->hold(a, &err), &err);
    assert_int_equal(b->engine->write->hold(b, &err), WB_E_TARGET_BUSY);
    wb_conn_close(a);
    enum wb_code code;
    do /* the server notices the end of a connection by itself */
        code = b->engine->write->hold(b, &err);
    while (code == WB_E_TARGET_BUSY);
    ok(code, &err);
    wb_conn_close(b);
}

/* Read table a whole, load it into table b of the same form, compare in the server. */
static void loads_come_back_as_they_went(void **state) {
    (void)state;
    if (!live)
        skip();
    static const char form[] =
        "(id int PRIMARY KEY, t varchar(50), b varbinary(50), f float, d double, n decimal(30,10), "
        "da date, ti time(6), ts datetime(6), tz timestamp(6) NULL, bi bit(64), u uuid, e "
        "enum('a''','b'), "
        "s set('x','y'), j json, y year, g point, ub bigint unsigned, l varchar(20) CHARACTER SET "
        "latin1)";
    live_mysql_run("CREATE OR REPLACE TABLE a %s", form);
    live_mysql_run("CREATE OR REPLACE TABLE b %s", form);
    live_mysql_run("INSERT INTO a VALUES (1, 'it''s \\\\ 😀\\0\\n', x'00FF27', 0.1, 1/3, -1.5, "
                   "'0001-01-01', '-838:59:59.000001', "
                   "'9999-12-31 23:59:59.999999', '1970-01-01 00:00:01.5', b'1', uuid(), 'a''', "
                   "'x,y', '{\"a\": 1}', 2155, "
                   "POINT(1, 2), 18446744073709551615, '€')");
    live_mysql_run("INSERT INTO a (id) VALUES (2)");
    live_mysql_run("INSERT INTO a (id, t, da, ts) SELECT seq, REPEAT('x', seq %% 50), "
                   "'1969-12-31', '1969-12-31 23:59:59.999999' "
                   "FROM seq_10_to_30000");
    struct wb_conn *c = live_mysql_open(WB_SIDE_SOURCE), *to = live_mysql_open(WB_SIDE_TARGET);
    struct wb_catalog catalog;
    struct wb_error err = {0};
    ok(c->engine->describe(c, &(struct wb_describe_opts){0}, &catalog, &err), &err);
    const struct wb_table *from = wb_catalog_find_table(&catalog, NULL, "a");
    uint32_t columns[32];
    for (uint32_t i = 0; i < from->n_columns; i++)
        columns[i] = i;
    struct wb_read_spec spec = {.table = from, .columns = columns, .n_columns = from->n_columns};
    struct wb_load_spec load = {.table = wb_catalog_find_table(&catalog, NULL, "b"),
                                .columns = columns,
                                .n_columns = from->n_columns};
    struct wb_batch b;
    struct wb_cursor *cur;
    struct wb_load *l;
    uint64_t rows = 0;
    wb_batch_init(&b, (uint32_t)from->n_columns, 1000, 1 << 20);
    ok(to->engine->write->begin(to, &err), &err);
    ok(to->engine->write->load_open(to, &load, &l, &err), &err);
    ok(c->engine->read->open(c, &spec, &cur, &err), &err);
    do {
        ok(c->engine->read->next(cur, &b, &err), &err);
        ok(to->engine->write->load_put(l, &b, &err), &err);
    } while (b.n_rows);
    c->engine->read->done(cur);
    ok(to->engine->write->load_close(l, &rows, &err), &err);
    ok(to->engine->write->commit(to, true, &err), &err);
    assert_int_equal(rows, 29993);
    assert_string_equal(
        live_mysql_ask("SELECT COUNT(*) FROM (SELECT * FROM a EXCEPT SELECT * FROM b) x"), "0");
    assert_string_equal(
        live_mysql_ask("SELECT COUNT(*) FROM a JOIN b USING (id) WHERE BINARY a.t <=> BINARY b.t"),
        "29993");
    wb_batch_done(&b);
    wb_catalog_done(&catalog);
    wb_conn_close(c);
    wb_conn_close(to);
}

static void a_value_out_of_range_fails_the_load(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE t (id tinyint, v varchar(2))");
    struct wb_conn *c = live_mysql_open(WB_SIDE_TARGET);
    struct wb_error err = {0};
    ok(c->engine->write->begin(c, &err), &err);
    assert_int_equal(c->engine->exec(c, "INSERT INTO t VALUES (300, 'a')", NULL, &err), WB_E_VALUE);
    assert_int_equal(c->engine->exec(c, "INSERT INTO t VALUES (3, 'abc')", NULL, &err), WB_E_VALUE);
    c->engine->write->rollback(c);
    wb_conn_close(c);
}

static void found_rows_are_counted(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE t (id int PRIMARY KEY, v int)");
    live_mysql_run("INSERT INTO t VALUES (1, 5)");
    struct wb_conn *c = live_mysql_open(WB_SIDE_TARGET);
    struct wb_error err = {0};
    uint64_t rows = 0;
    ok(c->engine->exec(c, "UPDATE t SET v = 5 WHERE id = 1", &rows, &err), &err);
    assert_int_equal(rows, 1);
    wb_conn_close(c);
}

static void a_source_cannot_be_written(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_conn *c = live_mysql_open(WB_SIDE_SOURCE);
    struct wb_error err = {0};
    assert_int_not_equal(c->engine->exec(c, "INSERT INTO t VALUES (9, 9)", NULL, &err), WB_OK);
    assert_int_equal(err.vendor, 1792);
    wb_conn_close(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_15_nothing_of_a_failed_transaction_is_committed),
        cmocka_unit_test(a_lock_timeout_ends_the_transaction),
        cmocka_unit_test(case_20_ddl_is_refused_in_a_transaction),
        cmocka_unit_test(the_target_is_held_by_one),
        cmocka_unit_test(loads_come_back_as_they_went),
        cmocka_unit_test(a_value_out_of_range_fails_the_load),
        cmocka_unit_test(found_rows_are_counted),
        cmocka_unit_test(a_source_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
