/* The comparison of structures, between SQLite files: what a copy makes is equal, and each thing
 * that somebody changes is found. */
#include "unit/engines/sqlite/fixture.h"
#include "unit/verify/world.h"

static const char *const schema =
    "CREATE TABLE customers (id INTEGER PRIMARY KEY AUTOINCREMENT, email VARCHAR(40) NOT NULL "
    "UNIQUE, name TEXT NOT NULL DEFAULT 'nobody', joined TEXT DEFAULT CURRENT_TIMESTAMP, "
    "CHECK (length(email) > 2));"
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers "
    "(id) ON DELETE CASCADE, total NUMERIC(10,2) DEFAULT 0, cents INTEGER AS (total * 100) STORED, "
    "note TEXT COLLATE NOCASE);"
    "CREATE TABLE pairs (a INT, b INT, PRIMARY KEY (a, b)) WITHOUT ROWID;"
    "CREATE INDEX orders_customer ON orders (customer, total DESC);"
    "CREATE UNIQUE INDEX orders_note ON orders (lower(note)) WHERE note IS NOT NULL;"
    "INSERT INTO customers (email) VALUES ('a@b.c');";

static void open_world(struct sqlite_fixture *f, struct world *w) {
    *w = (struct world){0};
    sqlite_app(f, "source.db", schema);
    w->source = sqlite_open(f, "source.db", WB_SIDE_SOURCE);
    w->target = sqlite_open(f, "target.db", WB_SIDE_TARGET);
    world_make(w);
}

static void close_world(struct world *w) {
    world_done(w);
    wb_conn_close(w->source);
    wb_conn_close(w->target);
}

static void test_a_copy_is_equal(void **state) {
    struct world w;
    open_world(*state, &w);
    world_is_equal(&w);
    assert_int_equal(w.n, 0);
    close_world(&w);
}

static void test_changes_are_found(void **state) {
    struct world w;
    open_world(*state, &w);
    world_change(&w, "DROP INDEX orders_customer", WB_VERIFY_INDEXES, "index orders_customer",
                 "missing|customer, total DESC", NULL);
    world_change(&w,
                 "DROP INDEX orders_note; CREATE UNIQUE INDEX orders_note ON orders "
                 "(lower(note))",
                 WB_VERIFY_INDEXES, "index orders_note", "expected UNIQUE|IS NOT NULL|there is",
                 "DROP INDEX orders_note; CREATE UNIQUE INDEX orders_note ON orders (lower(note)) "
                 "WHERE note IS NOT NULL");
    world_change(&w, "ALTER TABLE pairs ADD COLUMN c INT", WB_VERIFY_SCHEMA, "column c",
                 "in the target only", "ALTER TABLE pairs DROP COLUMN c");
    world_change(&w, "CREATE TABLE more (a)", WB_VERIFY_SCHEMA, "table more", "in the target only",
                 "DROP TABLE more");
    close_world(&w);
}

/* SQLite changes a table by making it anew. */
static void rebuilt(struct sqlite_fixture *f, const char *ddl, enum wb_verify_level level,
                    const char *object, const char *text) {
    struct world w;
    open_world(f, &w);
    world_run(w.target, "DROP TABLE orders");
    world_run(w.target, ddl);
    world_run(w.target, "CREATE INDEX orders_customer ON orders (customer, total DESC);"
                        "CREATE UNIQUE INDEX orders_note ON orders (lower(note)) WHERE note IS NOT "
                        "NULL");
    if (object)
        world_finds(&w, WB_VERIFY_DIFFERENT, level, object, text);
    else
        world_is_equal(&w);
    close_world(&w);
}

#define ORDERS(customer, total, more)                                                  \
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer " customer ", total " total \
    ", cents INTEGER AS (total * 100) STORED, note TEXT COLLATE NOCASE" more ")"
#define REFERENCE "INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE"

static void test_rebuilt_alike(void **state) {
    rebuilt(*state,
            "create table \"orders\" (id integer primary key, customer INTEGER NOT NULL references "
            "customers(id) on delete cascade,\n  total NUMERIC(10,2) default 0, cents INTEGER AS "
            "(total*100) STORED, note TEXT COLLATE NOCASE)",
            0, NULL, NULL);
}

static void test_rebuilt_default(void **state) {
    rebuilt(*state, ORDERS(REFERENCE, "NUMERIC(10,2) DEFAULT 1", ""), WB_VERIFY_SCHEMA,
            "column total", "default|expected 0|there is 1");
}

static void test_rebuilt_type(void **state) {
    rebuilt(*state, ORDERS(REFERENCE, "TEXT DEFAULT 0", ""), WB_VERIFY_SCHEMA, "column total",
            "type|NUMERIC(10,2)|TEXT");
}

static void test_rebuilt_action(void **state) {
    rebuilt(*state,
            ORDERS("INTEGER NOT NULL REFERENCES customers (id)", "NUMERIC(10,2) DEFAULT 0", ""),
            WB_VERIFY_CONSTRAINTS, "foreign key on customer", "CASCADE|there is|NO ACTION");
}

static void test_rebuilt_reference(void **state) {
    rebuilt(*state, ORDERS("INTEGER NOT NULL", "NUMERIC(10,2) DEFAULT 0", ""),
            WB_VERIFY_CONSTRAINTS, "foreign key on customer", "missing|REFERENCES customers (id)");
}

static void test_rebuilt_null(void **state) {
    rebuilt(*state,
            ORDERS("INTEGER REFERENCES customers (id) ON DELETE CASCADE", "NUMERIC(10,2) DEFAULT 0",
                   ""),
            WB_VERIFY_SCHEMA, "column customer", "nullability|expected NOT NULL");
}

static void test_rebuilt_check(void **state) {
    rebuilt(*state, ORDERS(REFERENCE, "NUMERIC(10,2) DEFAULT 0", ", CHECK (total > 1)"),
            WB_VERIFY_CONSTRAINTS, "check", "in the target only|total > 1");
}

static void test_missing_table(void **state) {
    struct world w;
    open_world(*state, &w);
    world_change(&w, "DROP TABLE pairs", WB_VERIFY_SCHEMA, "table pairs", "missing", NULL);
    close_world(&w);
}

/* An index by another name is the same index, and said to be. */
static void test_other_name(void **state) {
    struct world w;
    open_world(*state, &w);
    world_run(w.target, "DROP INDEX orders_customer; CREATE INDEX mine ON orders (customer, total "
                        "DESC)");
    world_is_equal(&w);
    assert_int_equal(w.n, 1);
    assert_int_equal(w.findings[0].outcome, WB_VERIFY_EQUAL);
    assert_non_null(strstr(w.findings[0].text, "mine"));
    close_world(&w);
}

static void test_next_value(void **state) {
    struct world w;
    open_world(*state, &w);
    world_run(w.target, "INSERT INTO customers (id, email) VALUES (1, 'a@b.c')");
    world_is_equal(&w);
    world_run(w.target, "UPDATE sqlite_sequence SET seq = 0 WHERE name = 'customers'");
    world_finds(&w, WB_VERIFY_DIFFERENT, WB_VERIFY_SEQUENCES, "next value of id",
                "give 1 next|largest key is 1 in the source");
    close_world(&w);
}

#define SQLITE_TEST_(name) cmocka_unit_test_setup_teardown(name, sqlite_setup, sqlite_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        SQLITE_TEST_(test_a_copy_is_equal),   SQLITE_TEST_(test_changes_are_found),
        SQLITE_TEST_(test_rebuilt_alike),     SQLITE_TEST_(test_rebuilt_default),
        SQLITE_TEST_(test_rebuilt_type),      SQLITE_TEST_(test_rebuilt_action),
        SQLITE_TEST_(test_rebuilt_reference), SQLITE_TEST_(test_rebuilt_null),
        SQLITE_TEST_(test_rebuilt_check),     SQLITE_TEST_(test_missing_table),
        SQLITE_TEST_(test_other_name),        SQLITE_TEST_(test_next_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
