#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engines/sqlite/create_text.h"

static struct wb_arena arena;

static int done(void **state) {
    (void)state;
    wb_arena_done(&arena);
    return 0;
}

static struct wb_sqlite_create table(const char *sql) {
    struct wb_sqlite_create c;
    assert_true(wb_sqlite_parse_table(sql, &arena, &c));
    return c;
}

static void names_and_types(void **state) {
    (void)state;
    struct wb_sqlite_create c = table(
        "CREATE TABLE \"a \"\"b\"\"\" (x, `y` DOUBLE  PRECISION, [z z] DECIMAL(10, 2) NOT NULL,"
        "-- a comment, with a comma (\n'w' TEXT/* ) */)");
    assert_string_equal(c.name, "a \"b\"");
    assert_int_equal(c.n_columns, 4);
    assert_string_equal(c.columns[0].type, "");
    assert_string_equal(c.columns[1].name, "y");
    assert_string_equal(c.columns[1].type, "DOUBLE  PRECISION");
    assert_string_equal(c.columns[2].name, "z z");
    assert_string_equal(c.columns[2].type, "DECIMAL(10, 2)");
    assert_string_equal(c.columns[3].name, "w");
}

static void checks_keep_their_text(void **state) {
    (void)state;
    struct wb_sqlite_create c =
        table("CREATE TABLE t (a INT CONSTRAINT \"isn't negative\" CHECK (a >= 0) CHECK(a IN (1, "
              "')', 'x')),"
              " b DEFAULT (1 + (2)), CHECK (a < b) CONSTRAINT n CHECK (length(b) > 1))");
    assert_int_equal(c.n_columns, 2);
    assert_int_equal(c.n_checks, 4);
    assert_string_equal(c.checks[0].name, "isn't negative");
    assert_string_equal(c.checks[0].expr, "a >= 0");
    assert_int_equal(c.checks[0].column, 0);
    assert_null(c.checks[1].name);
    assert_string_equal(c.checks[1].expr, "a IN (1, ')', 'x')");
    assert_int_equal(c.checks[2].column, -1);
    assert_string_equal(c.checks[3].name, "n");
    assert_string_equal(c.checks[3].expr, "length(b) > 1");
}

static void generated_columns_and_collations(void **state) {
    (void)state;
    struct wb_sqlite_create c =
        table("CREATE TABLE t (a TEXT COLLATE NOCASE UNIQUE ON CONFLICT IGNORE, "
              "b TEXT GENERATED ALWAYS AS (substr(a, 1, 3)) STORED, c AS (a || ',') VIRTUAL)");
    assert_string_equal(c.columns[0].collation, "NOCASE");
    assert_null(c.columns[0].generated);
    assert_string_equal(c.columns[1].generated, "substr(a, 1, 3)");
    assert_string_equal(c.columns[1].type, "TEXT");
    assert_string_equal(c.columns[2].generated, "a || ','");
}

static void foreign_keys_in_order(void **state) {
    (void)state;
    struct wb_sqlite_create c =
        table("CREATE TABLE t (a REFERENCES p ON DELETE SET DEFAULT ON UPDATE NO ACTION, b INT "
              "DEFAULT -1,"
              " c CONSTRAINT f REFERENCES q (x) DEFERRABLE INITIALLY DEFERRED,"
              " FOREIGN KEY (a, b) REFERENCES r (m, n) NOT DEFERRABLE INITIALLY IMMEDIATE)");
    assert_int_equal(c.n_columns, 3);
    assert_int_equal(c.n_fks, 3);
    assert_string_equal(c.fks[0].ref_table, "p");
    assert_string_equal(c.fks[1].name, "f");
    assert_true(c.fks[1].deferrable && c.fks[1].initially_deferred);
    assert_string_equal(c.fks[2].ref_table, "r");
    assert_false(c.fks[2].deferrable);
}

static void autoincrement_both_ways(void **state) {
    (void)state;
    assert_true(
        table("CREATE TABLE t (id INTEGER PRIMARY KEY ASC AUTOINCREMENT, x)").autoincrement);
    assert_true(
        table("CREATE TABLE t (id INTEGER, x, PRIMARY KEY (id AUTOINCREMENT))").autoincrement);
    assert_false(
        table("CREATE TABLE t (id INTEGER PRIMARY KEY, \"autoincrement\" TEXT)").autoincrement);
}

static void other_statements_are_refused(void **state) {
    (void)state;
    struct wb_sqlite_create c;
    assert_false(wb_sqlite_parse_table("CREATE VIRTUAL TABLE f USING fts5(x)", &arena, &c));
    assert_false(wb_sqlite_parse_table("", &arena, &c));
    assert_false(wb_sqlite_parse_table("CREATE TABLE t", &arena, &c));
    wb_sqlite_parse_table("CREATE TABLE t (a CHECK (", &arena,
                          &c); /* torn: ends, whatever it says */
    wb_sqlite_parse_table("CREATE TABLE t (a 'unended", &arena, &c);
}

static void indexes(void **state) {
    (void)state;
    struct wb_sqlite_index_text x;
    assert_true(wb_sqlite_parse_index(
        "CREATE UNIQUE INDEX \"i x\" ON t (lower(a), b COLLATE NOCASE DESC, (a + b) ASC) "
        "WHERE a IS NOT NULL AND b <> 'it''s'",
        &arena, &x));
    assert_string_equal(x.name, "i x");
    assert_int_equal(x.n_parts, 3);
    assert_string_equal(x.parts[0], "lower(a)");
    assert_string_equal(x.parts[1], "b");
    assert_string_equal(x.parts[2], "(a + b)");
    assert_string_equal(x.where, "a IS NOT NULL AND b <> 'it''s'");
    assert_false(wb_sqlite_parse_index("CREATE TABLE t (a)", &arena, &x));
}

static void mentions(void **state) {
    (void)state;
    assert_true(wb_sqlite_text_mentions("SELECT * FROM Orders", "orders"));
    assert_true(wb_sqlite_text_mentions("SELECT \"Gift Cards\".x", "gift cards"));
    assert_false(wb_sqlite_text_mentions("SELECT 'orders' FROM orders_old -- orders", "orders"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_types),
        cmocka_unit_test(checks_keep_their_text),
        cmocka_unit_test(generated_columns_and_collations),
        cmocka_unit_test(foreign_keys_in_order),
        cmocka_unit_test(autoincrement_both_ways),
        cmocka_unit_test(other_statements_are_refused),
        cmocka_unit_test(indexes),
        cmocka_unit_test(mentions),
    };
    return cmocka_run_group_tests_name("sqlite create text", tests, NULL, done);
}
