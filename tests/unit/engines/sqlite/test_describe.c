#include "unit/engines/sqlite/fixture.h"

#include <string.h>

static const struct wb_table *table(const struct wb_catalog *cat, const char *name) {
    const struct wb_table *t = wb_catalog_find_table(cat, NULL, name);
    if (!t)
        fail_msg("there is no table %s", name);
    return t;
}

static void describe(struct sqlite_fixture *f, const char *sql, struct wb_catalog *ret) {
    sqlite_app(f, "s.db", sql);
    struct wb_conn *c = sqlite_open(f, "s.db", WB_SIDE_SOURCE);
    sqlite_describe(f, c, ret);
    wb_conn_close(c);
}

static void columns_are_any_but_the_rowids_name(void **state) {
    struct wb_catalog cat;
    describe(*state,
             "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b DECIMAL(10,2) NOT NULL DEFAULT 1.50, c "
             "TEXT COLLATE NOCASE "
             "DEFAULT 'it''s', g TEXT AS (c || 'x') STORED, v AS (id + 1))",
             &cat);
    const struct wb_table *t = table(&cat, "t");
    assert_int_equal(t->n_columns, 6);
    assert_int_equal(t->columns[0].type.kind, WB_KIND_INT);
    assert_true(t->columns[0].not_null);
    assert_int_equal(t->columns[0].identity, WB_IDENTITY_NONE);
    assert_int_equal(t->columns[1].type.kind, WB_KIND_ANY);
    assert_string_equal(t->columns[1].type.native, "");
    assert_string_equal(t->columns[2].type.native, "DECIMAL(10,2)");
    assert_string_equal(t->columns[2].default_.text, "1.50");
    assert_true(t->columns[2].not_null);
    assert_string_equal(t->columns[3].type.collation, "NOCASE");
    assert_string_equal(t->columns[3].default_.text, "'it''s'");
    assert_int_equal(t->columns[4].generated, WB_GENERATED_STORED);
    assert_string_equal(t->columns[4].generated_as.text, "c || 'x'");
    assert_int_equal(t->columns[5].generated, WB_GENERATED_VIRTUAL);
    assert_string_equal(t->columns[5].generated_as.text, "id + 1");
    assert_ptr_equal(wb_table_replica_key(t), &t->indexes[0]);
    wb_catalog_done(&cat);
}

static void keys_of_every_sort(void **state) {
    struct wb_catalog cat;
    describe(*state,
             "CREATE TABLE plain (a INT PRIMARY KEY, b); CREATE TABLE falling (a INTEGER PRIMARY "
             "KEY DESC);"
             "CREATE TABLE without (a TEXT, b INT, PRIMARY KEY (b DESC, a)) WITHOUT ROWID;"
             "CREATE TABLE strict_one (a ANY, b INT) STRICT; CREATE TABLE keyless (a, b NOT NULL "
             "UNIQUE)",
             &cat);
    const struct wb_table *t =
        table(&cat, "plain"); /* INT is no other name of the rowid, and may be NULL */
    assert_int_equal(t->columns[0].type.kind, WB_KIND_ANY);
    assert_true(t->indexes[0].primary);
    assert_null(t->indexes[0].name);
    assert_null(wb_table_replica_key(t));
    assert_int_equal(table(&cat, "falling")->columns[0].type.kind, WB_KIND_ANY);
    t = table(&cat, "without");
    assert_true(t->without_rowid);
    assert_int_equal(t->indexes[0].n_parts, 2);
    assert_int_equal(t->indexes[0].parts[0].column, 1);
    assert_true(t->indexes[0].parts[0].descending);
    assert_ptr_equal(wb_table_replica_key(t), &t->indexes[0]);
    assert_true(table(&cat, "strict_one")->strict);
    assert_non_null(wb_table_replica_key(table(&cat, "keyless")));
    wb_catalog_done(&cat);
}

static const struct wb_index *index_named(const struct wb_table *t, const char *name) {
    for (size_t i = 0; i < t->n_indexes; i++)
        if (t->indexes[i].name && strcmp(t->indexes[i].name, name) == 0)
            return &t->indexes[i];
    fail_msg("there is no index %s", name);
    return NULL;
}

static void indexes_with_expressions_and_predicates(void **state) {
    struct wb_catalog cat;
    describe(*state,
             "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT, UNIQUE (a, b));"
             "CREATE UNIQUE INDEX part ON t (a COLLATE NOCASE, b DESC) WHERE b > 0;"
             "CREATE INDEX expr ON t (lower(a) DESC, b)",
             &cat);
    const struct wb_table *t = table(&cat, "t");
    assert_int_equal(t->n_indexes, 4);
    const struct wb_index *x = index_named(t, "part");
    assert_true(x->unique && !x->constraint);
    assert_string_equal(x->parts[0].collation, "NOCASE");
    assert_true(x->parts[1].descending);
    assert_string_equal(x->where.text, "b > 0");
    x = index_named(t, "expr");
    assert_int_equal(x->parts[0].column, -1);
    assert_string_equal(x->parts[0].expr.text, "lower(a)");
    assert_true(x->parts[0].descending);
    assert_int_equal(x->parts[1].column, 2);
    assert_non_null(strstr(x->native_sql, "CREATE INDEX expr"));
    bool constraint = false;
    for (size_t i = 0; i < t->n_indexes; i++)
        constraint |= t->indexes[i].constraint && t->indexes[i].unique && !t->indexes[i].primary;
    assert_true(constraint);
    wb_catalog_done(&cat);
}

static void foreign_keys_and_checks(void **state) {
    struct wb_catalog cat;
    describe(*state,
             "CREATE TABLE p (a INTEGER PRIMARY KEY, b, c, UNIQUE (b, c));"
             "CREATE TABLE t (x REFERENCES p ON DELETE CASCADE, y, z CHECK (z > 0), CONSTRAINT two "
             "FOREIGN KEY (y, z) "
             "REFERENCES p (b, c) ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED, CONSTRAINT big "
             "CHECK (y < z))",
             &cat);
    const struct wb_table *t = table(&cat, "t");
    assert_int_equal(t->n_fks, 2);
    assert_null(t->fks[0].name);
    assert_null(t->fks[0].ref_columns);
    assert_int_equal(t->fks[0].on_delete, WB_FK_CASCADE);
    assert_string_equal(t->fks[1].name, "two");
    assert_int_equal(t->fks[1].n_columns, 2);
    assert_int_equal(t->fks[1].columns[1], 2);
    assert_string_equal(t->fks[1].ref_columns[1], "c");
    assert_int_equal(t->fks[1].on_update, WB_FK_SET_NULL);
    assert_true(t->fks[1].deferrable && t->fks[1].initially_deferred);
    assert_int_equal(t->n_checks, 2);
    assert_int_equal(t->checks[0].column, 2);
    assert_string_equal(t->checks[1].name, "big");
    wb_catalog_done(&cat);
}

static const struct wb_object *object(const struct wb_catalog *cat, const char *kind) {
    for (size_t i = 0; i < cat->n_objects; i++)
        if (strcmp(cat->objects[i].kind, kind) == 0)
            return &cat->objects[i];
    fail_msg("there is no %s", kind);
    return NULL;
}

static void objects_and_next_values(void **state) {
    struct wb_catalog cat;
    describe(*state,
             "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO t VALUES (41, "
             "1); DELETE FROM t;"
             "CREATE TABLE never (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE VIEW v AS SELECT a "
             "FROM t;"
             "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END; CREATE VIRTUAL TABLE fts "
             "USING fts5(x);"
             "CREATE TABLE whimbrel_run (a); PRAGMA user_version = 7",
             &cat);
    assert_int_equal(
        cat.n_tables,
        2); /* neither whimbrel's own, nor what the virtual table keeps its things in */
    const struct wb_table *t = table(&cat, "t");
    assert_int_equal(t->columns[0].identity, WB_IDENTITY_BY_DEFAULT);
    assert_true(t->has_next_value);
    assert_int_equal(t->next_value, 42);
    assert_false(table(&cat, "never")->has_next_value);
    assert_string_equal(object(&cat, "view")->name, "v");
    assert_string_equal(object(&cat, "trigger")->table, "t");
    assert_string_equal(object(&cat, "virtual table")->name, "fts");
    assert_string_equal(object(&cat, "setting")->native_sql, "PRAGMA main.user_version = 7");
    wb_catalog_done(&cat);
}

static void a_fingerprint_follows_the_definition(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog one, two, three;
    describe(f, "CREATE TABLE t (a)", &one);
    describe(f, "INSERT INTO t VALUES (1)", &two);
    describe(f, "ALTER TABLE t ADD COLUMN b", &three);
    assert_string_equal(one.tables[0].fingerprint, two.tables[0].fingerprint);
    assert_string_not_equal(one.tables[0].fingerprint, three.tables[0].fingerprint);
    wb_catalog_done(&one);
    wb_catalog_done(&two);
    wb_catalog_done(&three);
}

static void rows_are_estimated(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog cat;
    describe(f,
             "CREATE TABLE t (id INTEGER PRIMARY KEY, a); WITH RECURSIVE n (i) AS (SELECT 1 UNION "
             "ALL SELECT i + 1 FROM n "
             "WHERE i < 1000) INSERT INTO t SELECT i, 'some text' FROM n; CREATE TABLE sparse (id "
             "INTEGER PRIMARY KEY);"
             "INSERT INTO sparse VALUES (-9223372036854775807), (9223372036854775807); CREATE "
             "TABLE none (a)",
             &cat);
    assert_int_equal(table(&cat, "t")->est_rows, 1000);
    assert_true(table(&cat, "sparse")->est_rows < 100000);
    assert_int_equal(table(&cat, "none")->est_rows, 0);
    wb_catalog_done(&cat);
    describe(f, "CREATE INDEX i ON t (a); DELETE FROM t WHERE id % 2; ANALYZE", &cat);
    assert_int_equal(table(&cat, "t")->est_rows, 500);
    assert_string_equal(object(&cat, "statistics")->native_sql, "ANALYZE");
    wb_catalog_done(&cat);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_setup, sqlite_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(columns_are_any_but_the_rowids_name),
        TEST(keys_of_every_sort),
        TEST(indexes_with_expressions_and_predicates),
        TEST(foreign_keys_and_checks),
        TEST(objects_and_next_values),
        TEST(a_fingerprint_follows_the_definition),
        TEST(rows_are_estimated),
    };
    return cmocka_run_group_tests_name("sqlite describe", tests, NULL, NULL);
}
