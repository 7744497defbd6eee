/* The comparison of query times, on real databases. What is asserted does not depend on how fast
 * they are: rows, plans and refusals do not, and a difference in times is made so large, or the
 * rounds so few, that no machine decides otherwise. */
#include "base/str.h"
#include "builtin/builtin.h"
#include "engine/registry.h"
#include "unit/engines/postgres/live_postgres.h"
#include "unit/engines/sqlite/fixture.h"
#include "verify/performance.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA_A "wb_unit_perf_a"
#define SCHEMA_B "wb_unit_perf_b"

static struct wb_arena arena;
static struct wb_rules *rules;
static struct wb_error error;
static struct wb_performance_report *report;

static int start(void **state) {
    (void)state;
    wb_builtin_register();
    rules = wb_rules_new();
    return 0;
}

static int stop(void **state) {
    (void)state;
    wb_rules_free(rules);
    wb_arena_done(&arena);
    return 0;
}

static int teardown(void **state) {
    wb_performance_report_free(report);
    report = NULL;
    return sqlite_teardown(state);
}

/* ------------------------------------------------------------------------------------------
 * runs */

static const struct wb_url *url_of(const char *text) {
    struct wb_url *u = WB_NEW(&arena, struct wb_url);
    if (wb_url_parse(text, &arena, u, &error))
        fail_msg("%s: %s", text, error.text);
    return u;
}

static const struct wb_url *file_url(struct sqlite_fixture *f, const char *name) {
    return url_of(wb_arena_printf(&arena, "sqlite:%s", sqlite_path(f, name)));
}

static enum wb_code compare(struct sqlite_fixture *f, const struct wb_url *source,
                            const struct wb_url *target, const char *queries, unsigned runs,
                            unsigned max_runs) {
    const char *path = sqlite_path(f, "queries.sql");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(queries, file);
    fclose(file);
    struct wb_performance_opts opts = {.source = source,
                                       .target = target,
                                       .rules = rules,
                                       .file = path,
                                       .runs = runs,
                                       .max_runs = max_runs};
    wb_performance_report_free(report);
    report = NULL;
    error = (struct wb_error){0};
    return wb_performance_run(&opts, &report, &error);
}

static const char *const tables =
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, total INTEGER);"
    "CREATE INDEX orders_customer ON orders (customer);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO "
    "orders SELECT i, i % 50, i FROM n;";

static void two_files(struct sqlite_fixture *f) {
    sqlite_app(f, "a.db", tables);
    sqlite_app(f, "b.db", tables);
}

/* ------------------------------------------------------------------------------------------
 * SQLite */

static void test_equal(void **state) {
    struct sqlite_fixture *f = *state;
    two_files(f);
    enum wb_code code = compare(f, file_url(f, "a.db"), file_url(f, "b.db"),
                                "-- name: by key\n-- tolerance: 100000\n"
                                "SELECT * FROM orders WHERE id = 7;",
                                20, 20);
    if (code)
        fail_msg("%s", error.text);
    assert_int_equal(report->outcome, WB_PERFORMANCE_PASSES);
    assert_int_equal(report->passed, 1);
    const struct wb_performance_query *q = &report->queries[0];
    assert_string_equal(q->name, "by key");
    assert_int_equal(q->source.n_runs, 20);
    assert_int_equal(q->source.rows, 1);
    assert_int_equal(q->n_missing, 0);
    assert_true(q->source.p50_ms <= q->source.p95_ms && q->source.p95_ms <= q->source.p99_ms &&
                q->source.p99_ms <= q->source.max_ms && q->source.min_ms <= q->source.p50_ms);
    assert_string_equal(q->source.plan, "search of orders by its key");
}

static void test_too_few_runs(void **state) {
    struct sqlite_fixture *f = *state;
    two_files(f);
    assert_int_equal(compare(f, file_url(f, "a.db"), file_url(f, "b.db"),
                             "SELECT count(*) FROM orders a, orders b WHERE a.total = b.id", 3, 3),
                     WB_E_UNPROVEN);
    assert_int_equal(report->outcome, WB_PERFORMANCE_INCONCLUSIVE);
    assert_int_equal(report->queries[0].source.n_runs, 3);
    assert_true(isinf(report->queries[0].median.high));
    assert_int_equal(wb_error_exit_code(error.code), 6);
}

static void test_rows_differ(void **state) {
    struct sqlite_fixture *f = *state;
    two_files(f);
    sqlite_app(f, "b.db", "DELETE FROM orders WHERE id = 50");
    assert_int_equal(compare(f, file_url(f, "a.db"), file_url(f, "b.db"),
                             "SELECT id FROM orders WHERE customer = 0; SELECT 1", 5, 5),
                     WB_E_DIFFERS);
    assert_int_equal(report->queries[0].outcome, WB_PERFORMANCE_ROWS_DIFFER);
    assert_string_equal(report->queries[0].why, "the source gives 60 rows, the target 59");
    assert_int_equal(report->outcome, WB_PERFORMANCE_ROWS_DIFFER);
}

static void test_missing_index(void **state) {
    struct sqlite_fixture *f = *state;
    two_files(f);
    sqlite_app(f, "b.db", "DROP INDEX orders_customer");
    compare(f, file_url(f, "a.db"), file_url(f, "b.db"),
            "SELECT o.total FROM orders AS o WHERE o.customer = 7", 5, 5);
    assert_non_null(report);
    const struct wb_performance_query *q = &report->queries[0];
    assert_int_equal(q->n_missing, 1);
    assert_string_equal(q->missing[0].index, "orders_customer");
    assert_string_equal(q->missing[0].columns, "customer");
    assert_non_null(strstr(q->missing[0].sql, "CREATE INDEX"));
}

static void test_errors(void **state) {
    struct sqlite_fixture *f = *state;
    two_files(f);
    sqlite_app(f, "b.db", "ALTER TABLE orders DROP COLUMN total");
    assert_int_equal(compare(f, file_url(f, "a.db"), file_url(f, "b.db"),
                             "SELECT total FROM orders; SELECT nothing FROM orders", 5, 5),
                     WB_E_DIFFERS);
    assert_int_equal(report->queries[0].outcome, WB_PERFORMANCE_FAILS);
    assert_non_null(strstr(report->queries[0].why, "total"));
    assert_int_equal(report->queries[1].outcome, WB_PERFORMANCE_INCONCLUSIVE);
    assert_int_equal(
        compare(f, file_url(f, "a.db"), file_url(f, "b.db"), "DELETE FROM orders", 5, 5),
        WB_E_USAGE);
    assert_null(report);
    struct wb_performance_opts opts = {.source = file_url(f, "a.db"),
                                       .target = file_url(f, "b.db"),
                                       .rules = rules,
                                       .file = sqlite_path(f, "none.sql")};
    assert_int_equal(wb_performance_run(&opts, &report, &error), WB_E_IO);
}

/* What the parser cannot know to write is stopped by the connection. */
static void test_nothing_is_written(void **state) {
    struct sqlite_fixture *f = *state;
    two_files(f);
    compare(f, file_url(f, "a.db"), file_url(f, "b.db"), "SHOW tables", 5, 5);
    assert_int_equal(report->queries[0].outcome, WB_PERFORMANCE_INCONCLUSIVE);
}

static void test_timeout(void **state) {
    struct sqlite_fixture *f = *state;
    two_files(f);
    struct wb_conn *c = sqlite_open(f, "a.db", WB_SIDE_SOURCE);
    uint64_t rows = 0, us = 0;
    assert_int_equal(c->engine->verify->measure(
                         c,
                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                         "SELECT count(*) FROM n",
                         20, &rows, &us, &error),
                     WB_E_TIMEOUT);
    assert_int_equal(c->engine->verify->measure(c, "SELECT 1", 0, &rows, &us, &error), WB_OK);
    assert_int_equal(rows, 1);
    wb_conn_close(c);
}

/* ------------------------------------------------------------------------------------------
 * PostgreSQL */

static const struct wb_url *schema_url(const char *schema) {
    const char *base = getenv("WB_PG_URL");
    return url_of(
        wb_arena_printf(&arena, "%s%cschema=%s", base, strchr(base, '?') ? '&' : '?', schema));
}

static void make_schema(const char *schema, const char *index) {
    live_postgres_run(wb_arena_printf(
        &arena,
        "DROP SCHEMA IF EXISTS %1$s CASCADE; CREATE SCHEMA %1$s; CREATE TABLE %1$s.orders (id int "
        "PRIMARY KEY, customer int NOT NULL, total int); INSERT INTO %1$s.orders SELECT i, i, i "
        "FROM generate_series(1, 400000) i; %2$s; ANALYZE %1$s.orders",
        schema, index));
}

/* The source finds one row by an index, the target reads 400,000: more than a hundred times as
 * long on any machine. */
static void test_dropped_index(void **state) {
    struct sqlite_fixture *f = *state;
    if (!live_postgres_start("wb_unit_perf"))
        skip();
    make_schema(SCHEMA_A, "CREATE INDEX orders_customer ON " SCHEMA_A ".orders (customer)");
    make_schema(SCHEMA_B, "");
    enum wb_code code =
        compare(f, schema_url(SCHEMA_A), schema_url(SCHEMA_B),
                "-- name: of a customer\nSELECT * FROM orders AS o WHERE o.customer = 4711;\n"
                "-- name: by key\n-- tolerance: 100000\nSELECT total FROM orders WHERE id = 5;",
                12, 48);
    const struct wb_performance_query *q = report ? &report->queries[0] : NULL;
    assert_int_equal(code, WB_E_DIFFERS);
    if (q->outcome != WB_PERFORMANCE_SLOWER)
        fail_msg("%s", q->why);
    assert_int_equal(q->n_missing, 1);
    assert_string_equal(q->missing[0].table, SCHEMA_B ".orders");
    assert_string_equal(q->missing[0].index, "orders_customer");
    assert_string_equal(q->missing[0].sql, "CREATE INDEX \"orders_customer\" ON \"" SCHEMA_B
                                           "\".\"orders\" (\"customer\")");
    assert_string_equal(q->source.plan, "Index Scan of orders by orders_customer");
    assert_non_null(strstr(q->target.plan, "Seq Scan of orders"));
    assert_int_equal(report->queries[1].outcome, WB_PERFORMANCE_PASSES);
    live_postgres_run(q->missing[0].sql);
    live_postgres_run("ANALYZE " SCHEMA_B ".orders");
    /* With its index it is no longer slower. How often equal times are called slower is judged on
     * made-up times (test_quantiles.c): a busy machine may slow one side down for real. */
    compare(f, schema_url(SCHEMA_A), schema_url(SCHEMA_B),
            "-- tolerance: 1000%\nSELECT * FROM orders WHERE customer = 4711", 10, 20);
    assert_int_not_equal(report->queries[0].outcome, WB_PERFORMANCE_SLOWER);
    assert_int_equal(report->queries[0].n_missing, 0);
    live_postgres_run("DROP SCHEMA " SCHEMA_A " CASCADE; DROP SCHEMA " SCHEMA_B " CASCADE");
    live_postgres_stop();
}

/* A function that writes looks like any other to a parser. */
static void test_postgres_reads_only(void **state) {
    (void)state;
    if (!live_postgres_start("wb_unit_perf"))
        skip();
    live_postgres_run("CREATE TABLE t (a int); CREATE FUNCTION writes() RETURNS int LANGUAGE sql "
                      "AS 'INSERT INTO wb_unit_perf.t VALUES (1) RETURNING a'");
    struct wb_conn *c = live_postgres_open(WB_SIDE_TARGET);
    uint64_t rows = 0, us = 0;
    assert_int_not_equal(c->engine->verify->measure(c, "SELECT writes()", 0, &rows, &us, &error),
                         WB_OK);
    assert_int_equal(
        c->engine->verify->measure(c, "SELECT generate_series(1, 1000)", 0, &rows, &us, &error),
        WB_OK);
    assert_int_equal(rows, 1000);
    assert_int_equal(c->engine->verify->measure(c, "SELECT pg_sleep(60)", 50, &rows, &us, &error),
                     WB_E_TIMEOUT);
    wb_conn_close(c);
    assert_string_equal(live_postgres_ask("SELECT count(*) FROM t"), "0");
    live_postgres_stop();
}

/* Asks to stop as soon as the server runs a query that would not end within the hour. */
static void *request(void *arg) {
    const char *busy = "0";
    while (strcmp(busy, "0") == 0)
        busy = live_postgres_ask("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
                                 "query LIKE 'SELECT pg_sleep(3600)%'");
    wb_cancel_request(arg, 15);
    return NULL;
}

static void test_canceled(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_cancel cancel = {0};
    pthread_t thread;
    if (!live_postgres_start("wb_unit_perf"))
        skip();
    FILE *file = fopen(sqlite_path(f, "long.sql"), "w");
    assert_non_null(file);
    fputs("SELECT pg_sleep(3600)", file);
    fclose(file);
    struct wb_performance_opts opts = {.source = schema_url("public"),
                                       .target = schema_url("wb_unit_perf"),
                                       .rules = rules,
                                       .file = sqlite_path(f, "long.sql"),
                                       .statement_timeout_ms = 3600000,
                                       .cancel = &cancel};
    assert_int_equal(pthread_create(&thread, NULL, request, &cancel), 0);
    assert_int_equal(wb_performance_run(&opts, &report, &error), WB_E_CANCELED);
    assert_null(report);
    pthread_join(thread, NULL);
    live_postgres_stop();
}

#define PERFORMANCE_TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        PERFORMANCE_TEST(test_equal),
        PERFORMANCE_TEST(test_too_few_runs),
        PERFORMANCE_TEST(test_rows_differ),
        PERFORMANCE_TEST(test_missing_index),
        PERFORMANCE_TEST(test_errors),
        PERFORMANCE_TEST(test_nothing_is_written),
        PERFORMANCE_TEST(test_timeout),
        PERFORMANCE_TEST(test_dropped_index),
        PERFORMANCE_TEST(test_postgres_reads_only),
        PERFORMANCE_TEST(test_canceled),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
