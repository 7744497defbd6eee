/* The file of queries: what is read from it, and what is refused before anything runs. */
#include "verify/queries.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct wb_arena arena;
static struct wb_error error;
static struct wb_verify_query *queries;
static size_t n_queries;

static int teardown(void **state) {
    (void)state;
    wb_arena_done(&arena);
    return 0;
}

static void parse(const char *text) {
    error = (struct wb_error){0};
    if (wb_verify_parse_queries(text, "q.sql", &arena, &queries, &n_queries, &error))
        fail_msg("%s", error.text);
}

static void refuses(const char *text, const char *with) {
    struct wb_verify_query *none = NULL;
    size_t n = 77;
    error = (struct wb_error){0};
    assert_int_equal(wb_verify_parse_queries(text, "q.sql", &arena, &none, &n, &error), WB_E_USAGE);
    assert_null(none);
    assert_int_equal(n, 77);
    if (!strstr(error.text, with))
        fail_msg("\"%s\" does not tell \"%s\"", error.text, with);
}

static void test_queries_and_directives(void **state) {
    (void)state;
    parse("-- the first; with a semicolon\n"
          "-- name: newest orders\n-- tolerance: 25%\n"
          "SELECT *\n  FROM orders -- in between\n  WHERE note = 'a;b' LIMIT 20;\n\n"
          "/* two; */ (SELECT 1) UNION ALL (SELECT 2);\n"
          "SELECT IFNULL(a, '') FROM t\n-- target: SELECT coalesce(a, '')\n-- target: FROM t\n;\n"
          "VALUES (1)");
    assert_int_equal(n_queries, 4);
    assert_string_equal(queries[0].name, "newest orders");
    assert_true(queries[0].tolerance > 0.249 && queries[0].tolerance < 0.251);
    assert_int_equal(queries[0].line, 4);
    assert_true(wb_str_starts(queries[0].sql, "SELECT *\n  FROM orders"));
    assert_non_null(strstr(queries[0].sql, "'a;b' LIMIT 20"));
    assert_null(strchr(queries[0].sql + strlen(queries[0].sql) - 1, ';'));
    assert_string_equal(queries[1].name, "query 2");
    assert_true(queries[1].tolerance < 0);
    assert_ptr_equal(queries[1].sql, queries[1].target_sql);
    assert_int_equal(queries[1].line, 8);
    assert_string_equal(queries[2].target_sql, "SELECT coalesce(a, '')\nFROM t");
    assert_string_equal(queries[3].sql, "VALUES (1)");
}

static void test_what_reads_is_taken(void **state) {
    (void)state;
    parse("SELECT replace(a, 'x', 'y'), \"into\", t.update FROM t WHERE b = 'DELETE FROM t';"
          "WITH x AS (SELECT 1) SELECT * FROM x; TABLE t; SHOW server_version;"
          "SELECT $q$ ; INSERT INTO t $q$; SELECT `for update` FROM t");
    assert_int_equal(n_queries, 6);
}

static void test_what_writes_is_refused(void **state) {
    (void)state;
    refuses("SELECT 1;\nUPDATE t SET a = 1;", "q.sql:2: the statement is refused at \"UPDATE\"");
    refuses("SELECT 1;\n\n  DROP TABLE t", "q.sql:3");
    refuses("EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN");
    refuses("/*! DELETE FROM t */", "refused");
    refuses("SELECT 1 INTO OUTFILE '/tmp/x'", "writes what it finds");
    refuses("SELECT * INTO copy FROM t", "writes what it finds");
    refuses("WITH d AS (DELETE FROM t RETURNING 1) SELECT * FROM d", "it writes");
    refuses("WITH d AS (SELECT 1) INSERT INTO t SELECT * FROM d", "it writes");
    refuses("SELECT * FROM t FOR UPDATE", "it locks rows");
    refuses("SELECT * FROM t FOR NO KEY UPDATE", "it locks rows");
    refuses("SELECT * FROM t LOCK IN SHARE MODE", "it locks rows");
    refuses("SELECT 1 -- target: DELETE FROM t\n;", "DELETE");
    refuses("COPY t TO PROGRAM 'x'", "COPY");
    refuses("BEGIN; SELECT 1", "BEGIN");
}

static void test_malformed_files(void **state) {
    (void)state;
    refuses("", "no query");
    refuses("-- only comments\n;;", "no query");
    refuses("SELECT 1;\n-- tolerance: much\nSELECT 2;", "q.sql:2");
    refuses("-- tolerance: -5%\nSELECT 2;", "-5%");
    refuses("-- target: SELECT 1\n;", "belongs to a query");
}

static void test_aliases(void **state) {
    (void)state;
    const char *sql = "SELECT o.id FROM orders AS o JOIN \"order lines\" l ON l.o = o.id, people p";
    assert_string_equal(wb_verify_aliased(sql, "o", &arena), "orders");
    assert_string_equal(wb_verify_aliased(sql, "L", &arena), "order lines");
    assert_string_equal(wb_verify_aliased(sql, "p", &arena), "people");
    assert_null(wb_verify_aliased(sql, "orders", &arena));
    assert_null(wb_verify_aliased(sql, "x", &arena));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries_and_directives),
        cmocka_unit_test(test_what_reads_is_taken),
        cmocka_unit_test(test_what_writes_is_refused),
        cmocka_unit_test(test_malformed_files),
        cmocka_unit_test(test_aliases),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
