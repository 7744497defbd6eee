/* Times and plans of queries on MariaDB. */
#include "base/str.h"
#include "unit/engines/mysql/live_mysql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool live;
static struct wb_conn *conn;
static struct wb_arena arena;
static struct wb_error error;

static int start(void **state) {
    (void)state;
    live = live_mysql_start("wb_unit_explain");
    if (!live)
        return 0;
    live_mysql_run("CREATE TABLE orders (id int PRIMARY KEY, customer int, total int, note text, "
                   "KEY by_customer (customer))");
    live_mysql_run("INSERT INTO orders SELECT seq, seq %% 500, seq, 'x' FROM seq_1_to_5000");
    live_mysql_run("ANALYZE TABLE orders");
    conn = live_mysql_open(WB_SIDE_TARGET);
    return 0;
}

static int stop(void **state) {
    (void)state;
    wb_conn_close(conn);
    wb_arena_done(&arena);
    live_mysql_stop();
    return 0;
}

static struct wb_explain explain(const char *sql) {
    struct wb_explain p = {0};
    if (conn->engine->verify->explain(conn, sql, &arena, &p, &error))
        fail_msg("%s", error.text);
    return p;
}

static void test_plans(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_explain p = explain("SELECT total FROM orders o WHERE customer = 7");
    assert_int_equal(p.n, 1);
    assert_int_equal(p.steps[0].kind, WB_EXPLAIN_INDEX);
    assert_string_equal(p.steps[0].table, "o");
    assert_string_equal(p.steps[0].index, "by_customer");
    p = explain("SELECT total FROM orders WHERE id = 7");
    assert_int_equal(p.steps[0].kind, WB_EXPLAIN_INDEX);
    assert_null(p.steps[0].index);
    p = explain("SELECT total, count(*) FROM orders GROUP BY total ORDER BY 2");
    assert_int_equal(p.n, 3);
    assert_int_equal(p.steps[0].kind, WB_EXPLAIN_SORT);
    assert_int_equal(p.steps[1].kind, WB_EXPLAIN_GROUP);
    assert_int_equal(p.steps[2].kind, WB_EXPLAIN_SCAN);
}

static void test_times(void **state) {
    (void)state;
    if (!live)
        skip();
    const struct wb_verify_ops *v = conn->engine->verify;
    uint64_t rows = 0, us = 0;
    assert_int_equal(v->measure(conn, "SELECT * FROM orders", 60000, &rows, &us, &error), WB_OK);
    assert_int_equal(rows, 5000);
    assert_true(us > 0);
    assert_int_equal(v->measure(conn, "SELECT sleep(60)", 50, &rows, &us, &error), WB_E_TIMEOUT);
    assert_int_equal(v->measure(conn, "DELETE FROM orders", 0, &rows, &us, &error), WB_E_PRIVILEGE);
    assert_int_equal(v->measure(conn, "SELECT 1 FROM nowhere", 0, &rows, &us, &error),
                     WB_E_NOT_FOUND);
    assert_string_equal(live_mysql_ask("SELECT count(*) FROM orders"), "5000");
    /* the limit is gone, and the session may write again */
    struct wb_rows limit;
    assert_int_equal(
        conn->engine->query(conn, "SELECT @@max_statement_time", &arena, &limit, &error), WB_OK);
    assert_string_equal(limit.values[0][0], "0.000000");
    assert_int_equal(conn->engine->exec(conn, "DELETE FROM orders WHERE id = 1", NULL, &error),
                     WB_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plans), cmocka_unit_test(test_times)};
    return cmocka_run_group_tests(tests, start, stop);
}
