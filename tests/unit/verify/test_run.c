/* Whole verifications between two SQLite files: what is made different is found, and only that. */
#include "verify/verify.h"

#include "base/str.h"
#include "builtin/builtin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include <cmocka.h>

struct pair {
    char folder[64], path[2][96];
    sqlite3 *db[2]; /* by enum wb_side */
    struct wb_arena arena;
    struct wb_verify_opts opts;
    struct wb_verify_report *report;
    struct wb_error err;
};

static void run_sql(struct pair *p, int side, const char *sql) {
    char *why = NULL;
    if (sqlite3_exec(p->db[side], sql, NULL, NULL, &why))
        fail_msg("%s: %s", sql, why);
}

static void both(struct pair *p, const char *sql) {
    run_sql(p, WB_SIDE_SOURCE, sql);
    run_sql(p, WB_SIDE_TARGET, sql);
}

static struct wb_url *url_of(struct pair *p, int side) {
    struct wb_url *u = WB_NEW(&p->arena, struct wb_url);
    const char *text = wb_arena_printf(&p->arena, "sqlite:%s", p->path[side]);
    assert_int_equal(wb_url_parse(text, &p->arena, u, &p->err), WB_OK);
    return u;
}

static int setup(void **state) {
    char folder[] = "/tmp/wb-verify-XXXXXX";
    struct pair *p = calloc(1, sizeof *p);
    if (!p || !mkdtemp(folder))
        return -1;
    strcpy(p->folder, folder);
    for (int s = 0; s < 2; s++) {
        snprintf(p->path[s], sizeof p->path[s], "%s/%d.db", folder, s);
        if (sqlite3_open(p->path[s], &p->db[s]))
            return -1;
        sqlite3_busy_timeout(p->db[s], 10000);
        p->err = (struct wb_error){0};
    }
    p->opts = (struct wb_verify_opts){.source = url_of(p, 0),
                                      .target = url_of(p, 1),
                                      .rules = wb_rules_new(),
                                      .levels = WB_VERIFY_DIGESTS,
                                      .settle_ms = 200};
    *state = p;
    return 0;
}

static int teardown(void **state) {
    struct pair *p = *state;
    char path[128];
    wb_verify_report_free(p->report);
    wb_rules_free(p->opts.rules);
    for (int s = 0; s < 2; s++) {
        sqlite3_close(p->db[s]);
        static const char *const ends[] = {"", "-journal", "-wal", "-shm"};
        for (size_t i = 0; i < 4; i++) {
            snprintf(path, sizeof path, "%s%s", p->path[s], ends[i]);
            unlink(path);
        }
    }
    rmdir(p->folder);
    wb_arena_done(&p->arena);
    free(p);
    return 0;
}

static enum wb_code verify(struct pair *p) {
    wb_verify_report_free(p->report);
    p->report = NULL;
    p->err = (struct wb_error){0};
    return wb_verify_run(&p->opts, &p->report, &p->err);
}

static void expect(struct pair *p, enum wb_code want) {
    enum wb_code code = verify(p);
    if (code != want)
        fail_msg("expected %s, got %s: %s", wb_error_name(want), wb_error_name(code), p->err.text);
}

static const struct wb_verify_table_report *table(struct pair *p, const char *name) {
    for (size_t i = 0; p->report && i < p->report->n_tables; i++)
        if (strstr(p->report->tables[i].source, name))
            return &p->report->tables[i];
    fail_msg("no table %s in the report", name);
    return NULL;
}

static void counts(struct pair *p, const char *name, uint64_t missing, uint64_t extra,
                   uint64_t changed) {
    const struct wb_verify_table_report *t = table(p, name);
    assert_int_equal(t->missing_rows, missing);
    assert_int_equal(t->extra_rows, extra);
    assert_int_equal(t->changed_rows, changed);
    assert_int_equal(t->rows_outcome,
                     missing + extra + changed ? WB_VERIFY_DIFFERENT : WB_VERIFY_EQUAL);
}

static void fill(struct pair *p, unsigned rows) {
    char sql[400];
    both(p, "CREATE TABLE n (id INTEGER PRIMARY KEY, v TEXT, x REAL);"
            "CREATE TABLE k (name TEXT NOT NULL PRIMARY KEY, v INT);"
            "CREATE TABLE c (a INT NOT NULL, b TEXT NOT NULL, v INT, PRIMARY KEY (a, b));"
            "CREATE TABLE none (a INT, b TEXT);");
    snprintf(
        sql, sizeof sql,
        "WITH RECURSIVE i(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM i WHERE i < %u) "
        "INSERT INTO n SELECT i, 'v' || i, i / 3.0 FROM i;"
        "INSERT INTO k SELECT 'k' || id, id FROM n; INSERT INTO c SELECT id %% 7, v, id FROM n;"
        "INSERT INTO none SELECT id %% 10, 'x' FROM n",
        rows);
    both(p, sql);
}

static void what_is_equal_is_equal(void **state) {
    struct pair *p = *state;
    fill(p, 3000);
    both(p, "CREATE TABLE empty (id INTEGER PRIMARY KEY)");
    p->opts.levels = WB_VERIFY_ALL;
    expect(p, WB_OK);
    assert_int_equal(p->report->outcome, WB_VERIFY_EQUAL);
    assert_int_equal(p->report->rows, 12000);
    assert_true(wb_digest_equal(&table(p, ".n")->source_digest, &table(p, ".n")->target_digest));
}

static void every_kind_of_difference_is_found(void **state) {
    struct pair *p = *state;
    fill(p, 3000);
    run_sql(p, 1,
            "UPDATE n SET v = 'other' WHERE id = 77; DELETE FROM n WHERE id IN (1, 3000);"
            "INSERT INTO n VALUES (9000, 'more', 1), (-5, NULL, NULL), (9001, NULL, 2);"
            "UPDATE k SET v = NULL WHERE name = 'k5'; DELETE FROM k WHERE name = 'k6';"
            "UPDATE c SET b = 'w' WHERE a = 3 AND b = 'v3';"
            "DELETE FROM none WHERE rowid IN (1, 11); INSERT INTO none VALUES (5, 'x')");
    expect(p, WB_E_DIFFERS);
    counts(p, ".n", 2, 3, 1);
    counts(p, ".k", 1, 0, 1);
    counts(p, ".c", 1, 1, 0);
    counts(p, ".none", 2, 1, 0);
    const struct wb_verify_difference *d = table(p, ".n")->differences;
    assert_int_equal(table(p, ".n")->n_differences, 6);
    assert_string_equal(d[0].key, "id = -5"); /* in the order of keys */
    assert_int_equal(d[2].kind, WB_VERIFY_CHANGED);
    assert_string_equal(d[2].key, "id = 77");
    assert_int_equal(d[2].n_values, 1);
    assert_string_equal(d[2].values[0].column, "v");
    assert_string_equal(d[2].values[0].source, "v77");
    assert_string_equal(d[2].values[0].target, "other");
    assert_null(table(p, ".k")->differences[0].values[0].target); /* NULL */
}

/* Two equal rows must not cancel, nor one row too few beside one too many. */
static void copies_count(void **state) {
    struct pair *p = *state;
    both(p, "CREATE TABLE none (a INT)");
    run_sql(p, 0, "INSERT INTO none VALUES (1), (1), (1), (2)");
    run_sql(p, 1, "INSERT INTO none VALUES (1), (2), (2), (2)");
    expect(p, WB_E_DIFFERS);
    counts(p, ".none", 2, 2, 0);
    assert_int_equal(table(p, ".none")->differences[0].copies, 2);
}

/* More than is kept as candidates: all are counted, exactly, however they are read. */
static void all_are_counted(void **state) {
    struct pair *p = *state;
    fill(p, 130000);
    run_sql(p, 1,
            "UPDATE n SET v = v || '!' WHERE id > 10; DELETE FROM n WHERE id < 6;"
            "UPDATE k SET v = -v; DELETE FROM none WHERE a = 3; DROP TABLE c;"
            "CREATE TABLE c AS SELECT 1 AS a, 'x' AS b, 1 AS v LIMIT 0");
    p->opts.columns = (const char *const[]){"*"};
    p->opts.n_columns = 1;
    p->opts.max_differences = 5;
    expect(p, WB_E_DIFFERS);
    counts(p, ".n", 5, 0, 129990);
    counts(p, ".k", 0, 0, 130000);
    counts(p, ".c", 130000, 0, 0);
    counts(p, ".none", 13000, 0, 0);
    assert_int_equal(table(p, ".n")->n_differences, 5);
}

static void columns_and_rows_are_chosen(void **state) {
    struct pair *p = *state;
    fill(p, 100);
    run_sql(p, 1, "UPDATE n SET v = 'other' WHERE id = 50");
    p->opts.record = WB_VERIFY_NO_RECORD;
    p->opts.columns = (const char *const[]){"x"};
    p->opts.n_columns = 1;
    assert_int_equal(wb_rules_add_include(p->opts.rules, "n", &p->err), WB_OK);
    expect(p, WB_OK);
    assert_string_equal(table(p, ".n")->columns, "id, x");
    p->opts.n_columns = 0;
    p->opts.where = "id < 50";
    expect(p, WB_OK);
    assert_int_equal(table(p, ".n")->source_rows, 49);
    p->opts.where = "id <= 50";
    expect(p, WB_E_DIFFERS);
    p->opts.values = WB_VERIFY_REDACT_VALUES;
    expect(p, WB_E_DIFFERS);
    assert_string_equal(table(p, ".n")->differences[0].values[0].source, "(redacted)");
}

static void a_failure_stands(void **state) {
    struct pair *p = *state;
    fill(p, 100);
    run_sql(p, 1, "UPDATE n SET v = 'other' WHERE id = 50");
    expect(p, WB_E_DIFFERS);
    run_sql(p, 1, "UPDATE n SET v = 'v50' WHERE id = 50");
    p->opts.levels = WB_VERIFY_COUNTS;
    expect(p, WB_E_DIFFERS);
    assert_int_equal(p->report->outcome, WB_VERIFY_EQUAL);
    assert_int_equal(p->report->n_standing, 1);
    p->opts.levels = WB_VERIFY_SAMPLE;
    assert_int_equal(verify(p), WB_E_DIFFERS);
    p->opts.levels = WB_VERIFY_DIGESTS;
    p->opts.where = "1 = 1";
    assert_int_not_equal(verify(p), WB_OK);
    p->opts.where = NULL;
    expect(p, WB_OK);
    p->opts.levels = WB_VERIFY_COUNTS;
    expect(p, WB_OK);
}

static void a_missing_table_or_column_is_never_equal(void **state) {
    struct pair *p = *state;
    fill(p, 10);
    run_sql(p, 1, "DROP TABLE k; ALTER TABLE n DROP COLUMN x");
    expect(p, WB_E_DIFFERS);
    assert_null(table(p, ".k")->target);
    assert_int_equal(table(p, ".k")->outcome, WB_VERIFY_DIFFERENT);
    assert_int_not_equal(table(p, ".n")->outcome, WB_VERIFY_EQUAL);
    assert_non_null(table(p, ".n")->why);
}

static void a_sample_finds_what_is_everywhere(void **state) {
    struct pair *p = *state;
    fill(p, 5000);
    assert_int_equal(wb_rules_add_include(p->opts.rules, "n", &p->err), WB_OK);
    p->opts.levels = WB_VERIFY_SAMPLE;
    p->opts.sample_rows = 200;
    p->opts.record = WB_VERIFY_NO_RECORD;
    expect(p, WB_OK);
    assert_true(table(p, ".n")->sampled_rows >= 190);
    run_sql(p, 1, "UPDATE n SET x = x + 1");
    p->opts.sample_seed = 42;
    expect(p, WB_E_DIFFERS);
    uint64_t changed = table(p, ".n")->changed_rows;
    assert_int_equal(changed, table(p, ".n")->sampled_rows);
    expect(p, WB_E_DIFFERS);
    assert_int_equal(changed, table(p, ".n")->changed_rows); /* the same seed, the same rows */
}

static void clean_leaves_nothing(void **state) {
    struct pair *p = *state;
    const char **removed = NULL;
    size_t n = 0;
    fill(p, 10);
    expect(p, WB_OK);
    assert_int_equal(wb_verify_clean(p->opts.target, &p->arena, &removed, &n, &p->err), WB_OK);
    assert_int_equal(n, 3);
    assert_int_equal(wb_verify_clean(p->opts.target, &p->arena, &removed, &n, &p->err), WB_OK);
    assert_int_equal(n, 0);
}

int main(void) {
    wb_builtin_register();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_equal_is_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(every_kind_of_difference_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(copies_count, setup, teardown),
        cmocka_unit_test_setup_teardown(all_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(columns_and_rows_are_chosen, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failure_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(a_missing_table_or_column_is_never_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(a_sample_finds_what_is_everywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(clean_leaves_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
