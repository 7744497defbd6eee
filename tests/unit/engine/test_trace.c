#include "engine/trace.h"
#include "engines/mysql/mysql_engine.h"
#include "engines/postgres/postgres.h"
#include "unit/engine/wrapped.h"

#include <string.h>

static struct wb_conn *open_traced(struct sqlite_fixture *f) {
    struct wb_error err;
    assert_int_equal(wb_trace_to(sqlite_path(f, "trace"), &err), WB_OK);
    return wb_trace_wrap(sqlite_open(f, "data.db", WB_SIDE_TARGET), WB_SIDE_TARGET,
                         "sqlite:data.db", 0, NULL);
}

static void every_call_is_a_line(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog catalog = {0};
    uint64_t rows;
    wrapped_make(f, 250, &catalog);
    struct wb_conn *c = open_traced(f);
    const char *path = sqlite_path(f, "trace");
    sqlite_ok(f, wrapped_read(f, c, &catalog.tables[0], &rows, NULL));
    sqlite_ok(f, wrapped_load(f, c, &catalog.tables[0], 1000, 7));
    sqlite_value(f, c, "SELECT v FROM t WHERE id < 4");
    sqlite_run(f, c, "UPDATE t SET v = 'x' WHERE id < 6");
    wb_conn_close(c);
    assert_int_equal(wrapped_lines(path, " target open ", "sqlite:data.db", NULL), 1);
    assert_int_equal(wrapped_lines(path, " read.open ", " OK t", NULL), 1);
    assert_int_equal(wrapped_lines(path, " read.next ", "rows=100 OK t", NULL), 2);
    assert_int_equal(wrapped_lines(path, " read.next ", "rows=50 OK t", NULL), 1);
    assert_int_equal(wrapped_lines(path, " read.done ", NULL, NULL), 1);
    assert_int_equal(wrapped_lines(path, " load_put ", "rows=7 ", NULL), 1);
    assert_int_equal(wrapped_lines(path, " load_close ", "rows=7 ", NULL), 1);
    assert_int_equal(wrapped_lines(path, " commit ", " OK", NULL), 1);
    assert_int_equal(wrapped_lines(path, " query ", "rows=3 ", "SELECT v FROM t"), 1);
    assert_int_equal(wrapped_lines(path, " exec ", "rows=5 ", "UPDATE t SET v = '…'"), 1);
    assert_int_equal(wrapped_lines(path, " close ", NULL, NULL), 1);
    wb_catalog_done(&catalog);
}

static void a_failure_has_its_name_and_no_secret(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_conn *c = open_traced(f);
    const char *path = sqlite_path(f, "trace");
    sqlite_run(f, c, "CREATE TABLE k (id INTEGER PRIMARY KEY, v TEXT)");
    sqlite_run(f, c, "INSERT INTO k VALUES (1, 'hush1')");
    assert_int_equal(c->engine->exec(c, "INSERT INTO k VALUES (1, 'hush2')", NULL, &f->err),
                     WB_E_CONSTRAINT);
    assert_int_not_equal(c->engine->exec(c, "SELECT nothing 'hush3", NULL, NULL), WB_OK);
    wb_conn_close(c);
    assert_int_equal(wrapped_lines(path, " exec ", "rows=- CONSTRAINT", "INSERT INTO k"), 1);
    assert_int_equal(wrapped_lines(path, "SELECT nothing '…'", NULL, NULL), 1);
    assert_int_equal(wrapped_lines(path, "hush", NULL, NULL), 0);
}

static void one_that_did_not_open_is_told_too(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_error err, why;
    assert_int_equal(wb_trace_to(sqlite_path(f, "trace"), &err), WB_OK);
    wb_error_set(&why, WB_E_LOGIN, "wrong password");
    assert_null(wb_trace_wrap(NULL, WB_SIDE_SOURCE, "mysql://u:***@h/d", 0, &why));
    assert_int_equal(wrapped_lines(sqlite_path(f, "trace"), " source open ", " LOGIN mysql:", NULL),
                     1);
    assert_int_equal(wb_trace_to(sqlite_path(f, "no/such/folder"), &err), WB_E_IO);
}

static void shows(const struct wb_engine *e, const char *sql, const char *want) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_trace_add_text(&b, e, sql);
    assert_string_equal(wb_buf_str(&b), want);
}

static void what_stands_in_quotes_is_left_out(void **state) {
    (void)state;
    const struct wb_engine *my = &wb_engine_mysql, *pg = &wb_engine_postgres;
    shows(pg, "ALTER ROLE a PASSWORD 'it''s'", "ALTER ROLE a PASSWORD '…'");
    shows(pg, "SELECT \"a'b\", 1 FROM \"t\"", "SELECT \"a'b\", 1 FROM \"t\"");
    shows(pg, "SELECT 'a\\', b FROM t", "SELECT '…', b FROM t");
    shows(pg, "SELECT E'a\\'hush', b", "SELECT '…', b");
    shows(pg, "SELECT $x$ hush ' $x$, $1, a$b", "SELECT '…', $1, a$b");
    shows(pg, "SELECT 1 -- it's hush\n, 2", "SELECT 1 , 2");
    shows(pg, "SELECT 1 /* it's */ , U&'hush'", "SELECT 1 , U&'…'");
    shows(my, "SET PASSWORD = \"hush\", `a'b` = 'x\\'hush'", "SET PASSWORD = \"…\", `a'b` = '…'");
    shows(my, "SELECT 1 # it's\n, 'hush'", "SELECT 1 , '…'");
    shows(pg, "SELECT a # 'hush', b", "SELECT a # '…', b");
    shows(my, "SELECT x'6162' + 12", "SELECT x'…' + 12");
    shows(NULL, "SELECT 'hush", "SELECT '…'");
    shows(pg, "  SELECT\n\t1 ", "SELECT 1");
}

static void long_ones_are_shortened(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf sql = {0}, b = {0};
    for (int i = 0; i < 1000; i++)
        wb_buf_adds(&sql, "ä");
    wb_trace_add_text(&b, NULL, wb_buf_str(&sql));
    assert_true(b.len < 260);
    assert_int_equal(b.len % 2, 1); /* whole characters of two bytes, and "…" of three */
    assert_string_equal(wb_buf_str(&b) + b.len - 3, "…");
}

#define TRACE_TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_setup, sqlite_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TRACE_TEST(every_call_is_a_line),
        TRACE_TEST(a_failure_has_its_name_and_no_secret),
        TRACE_TEST(one_that_did_not_open_is_told_too),
        cmocka_unit_test(what_stands_in_quotes_is_left_out),
        cmocka_unit_test(long_ones_are_shortened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
