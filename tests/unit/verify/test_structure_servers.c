/* The comparison of structures from MariaDB to PostgreSQL: what a copy makes is equal, and each
 * thing that somebody changes is found, with the statement that sets it right. */
#include "unit/engines/mysql/live_mysql.h"
#include "unit/engines/postgres/live_postgres.h"
#include "unit/verify/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SCHEMA "wb_unit_structure"

static bool live;
static struct world w;

static int start(void **state) {
    (void)state;
    live = live_mysql_start("wb_unit_structure") && live_postgres_start(SCHEMA);
    if (!live)
        return 0;
    live_mysql_run("CREATE TABLE customers (id int PRIMARY KEY AUTO_INCREMENT, email varchar(40) "
                   "COLLATE utf8mb4_general_ci NOT NULL, active tinyint(1) NOT NULL DEFAULT 1, "
                   "state enum('new','old') DEFAULT 'new', joined datetime DEFAULT "
                   "current_timestamp(), big bigint unsigned, UNIQUE KEY email (email))");
    live_mysql_run("CREATE TABLE orders (id bigint PRIMARY KEY AUTO_INCREMENT, customer int NOT "
                   "NULL, total decimal(10,2) NOT NULL DEFAULT 0.00, note varchar(40), twice "
                   "decimal(12,2) AS (total * 2) STORED, body text, KEY by_customer (customer, "
                   "total DESC), KEY by_body (body(20)), CONSTRAINT orders_customer FOREIGN KEY "
                   "(customer) REFERENCES customers (id) ON DELETE CASCADE, CONSTRAINT sane CHECK "
                   "(total >= 0 AND note <> ''))");
    live_mysql_run("CREATE TABLE history (id int, y int NOT NULL, PRIMARY KEY (id, y)) PARTITION "
                   "BY RANGE (y) (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS "
                   "THAN MAXVALUE)");
    live_mysql_run("CREATE TABLE words (id int PRIMARY KEY, t text, s set('a','b'), long_one "
                   "varchar(2000), FULLTEXT KEY ft (t), UNIQUE KEY by_hash (long_one))");
    live_mysql_run("CREATE VIEW v AS SELECT 1");
    live_mysql_run("INSERT INTO customers (email) VALUES ('a'), ('b'), ('c')");
    w = (struct world){.source = live_mysql_open(WB_SIDE_SOURCE),
                       .target = live_postgres_open(WB_SIDE_TARGET),
                       .target_schema = SCHEMA};
    world_make(&w);
    return 0;
}

static int stop(void **state) {
    (void)state;
    world_done(&w);
    wb_conn_close(w.source);
    wb_conn_close(w.target);
    live_mysql_stop();
    live_postgres_stop();
    return 0;
}

static void need_servers(void) {
    if (!live)
        skip();
}

static void test_a_copy_is_equal(void **state) {
    (void)state;
    need_servers();
    world_is_equal(&w);
    bool view = false, fulltext = false;
    for (size_t i = 0; i < w.n; i++) {
        view |= strcmp(w.findings[i].object, "view v") == 0;
        fulltext |= strcmp(w.findings[i].object, "index words.ft") == 0;
    }
    assert_true(view && fulltext);
    assert_int_equal(w.n, 2); /* each once */
    assert_string_equal(live_postgres_ask("SELECT count(*) FROM pg_namespace WHERE nspname LIKE "
                                          "'whimbrel_expect%'"),
                        "0");
}

static void test_columns(void **state) {
    (void)state;
    need_servers();
    world_change(&w, "ALTER TABLE customers ALTER active DROP DEFAULT", WB_VERIFY_SCHEMA,
                 "column active", "default|expected true|there is none", NULL);
    world_change(&w, "ALTER TABLE customers ALTER active SET DEFAULT false", WB_VERIFY_SCHEMA,
                 "column active", "default|expected true|there is false", NULL);
    world_change(&w, "ALTER TABLE orders ALTER note SET DEFAULT 'x'", WB_VERIFY_SCHEMA,
                 "column note", "default|expected none", NULL);
    world_change(&w, "ALTER TABLE orders ALTER total DROP NOT NULL", WB_VERIFY_SCHEMA,
                 "column total", "nullability|expected NOT NULL|there is NULL allowed", NULL);
    world_change(&w, "ALTER TABLE orders ALTER note SET NOT NULL", WB_VERIFY_SCHEMA, "column note",
                 "nullability|there is NOT NULL", NULL);
    world_change(&w, "ALTER TABLE orders ALTER note TYPE varchar(20)", WB_VERIFY_SCHEMA,
                 "column note", "type|varying(40)|varying(20)", NULL);
    world_change(&w, "ALTER TABLE customers ADD COLUMN extra int", WB_VERIFY_SCHEMA, "column extra",
                 "in the target only", NULL);
    world_change(&w, "ALTER TABLE customers DROP COLUMN big", WB_VERIFY_SCHEMA, "column big",
                 "missing|numeric(20,0)", NULL);
}

static void test_enum(void **state) {
    (void)state;
    need_servers();
    world_run(w.target, "ALTER TYPE " SCHEMA ".customers_state ADD VALUE 'gone'");
    world_finds(&w, WB_VERIFY_DIFFERENT, WB_VERIFY_SCHEMA, "column state",
                "type|('new','old')|('new','old','gone')");
    world_run(w.target,
              "ALTER TABLE customers ALTER state DROP DEFAULT; ALTER TABLE customers ALTER state "
              "TYPE text; DROP TYPE customers_state; CREATE TYPE customers_state AS ENUM ('new', "
              "'old'); ALTER TABLE customers ALTER state TYPE customers_state USING "
              "state::customers_state; ALTER TABLE customers ALTER state SET DEFAULT 'new'");
    world_is_equal(&w);
}

static void test_indexes(void **state) {
    (void)state;
    need_servers();
    world_change(&w, "DROP INDEX by_customer", WB_VERIFY_INDEXES, "index by_customer",
                 "missing|customer, total DESC", NULL);
    world_change(&w, "DROP INDEX by_body", WB_VERIFY_INDEXES, "index by_body", "missing|20", NULL);
    world_change(&w, "DROP INDEX by_customer; CREATE INDEX by_customer ON orders (customer, total)",
                 WB_VERIFY_INDEXES, "index by_customer", "expected|total DESC|there is", NULL);
    world_change(&w, "CREATE UNIQUE INDEX only_one ON orders (note)", WB_VERIFY_INDEXES,
                 "index only_one", "in the target only", "DROP INDEX only_one");
}

static void test_constraints(void **state) {
    (void)state;
    need_servers();
    world_change(&w, "ALTER TABLE orders DROP CONSTRAINT orders_customer", WB_VERIFY_CONSTRAINTS,
                 "foreign key orders_customer",
                 "missing|REFERENCES customers (id) ON DELETE CASCADE", NULL);
    world_change(&w,
                 "ALTER TABLE orders DROP CONSTRAINT orders_customer; ALTER TABLE orders ADD "
                 "CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers",
                 WB_VERIFY_CONSTRAINTS, "foreign key orders_customer",
                 "expected|CASCADE|there is|NO ACTION", NULL);
    world_change(&w, "ALTER TABLE orders DROP CONSTRAINT sane", WB_VERIFY_CONSTRAINTS, "check sane",
                 "missing|total", NULL);
    world_change(&w,
                 "ALTER TABLE orders DROP CONSTRAINT sane; ALTER TABLE orders ADD CONSTRAINT sane "
                 "CHECK (total > 5)",
                 WB_VERIFY_CONSTRAINTS, "check sane", "expected|there is|5", NULL);
    world_change(&w, "ALTER TABLE orders DROP CONSTRAINT orders_pkey", WB_VERIFY_CONSTRAINTS,
                 "primary key", "missing|(id)", NULL);
}

static void test_partitions(void **state) {
    (void)state;
    need_servers();
    world_change(&w, "ALTER TABLE history_p1 RENAME TO late", WB_VERIFY_SCHEMA, "partitions",
                 "expected RANGE|history_p1|late", "ALTER TABLE late RENAME TO history_p1");
}

/* The column loses its next value, gets one by the first hint, and the right one by the second. */
static void test_identity(void **state) {
    (void)state;
    need_servers();
    world_run(w.target, "ALTER TABLE customers ALTER id DROP IDENTITY");
    world_compare(&w);
    assert_string_equal(w.findings[0].object, "column id");
    assert_non_null(strstr(w.findings[0].text, "identity"));
    world_run(w.target, w.findings[0].hint);
    world_finds(&w, WB_VERIFY_DIFFERENT, WB_VERIFY_SEQUENCES, "next value of id", "give 1 next");
    world_run(w.target, w.findings[0].hint);
    world_is_equal(&w);
}

static void test_sequences(void **state) {
    (void)state;
    need_servers();
    world_change(&w, "SELECT setval('customers_id_seq', 2)", WB_VERIFY_SEQUENCES,
                 "next value of id", "give 3 next|largest key is 3 in the source", NULL);
    world_run(w.target, "INSERT INTO customers (id, email) VALUES (50, 'far')");
    world_finds(&w, WB_VERIFY_DIFFERENT, WB_VERIFY_SEQUENCES, "next value of id",
                "largest key is 3 in the source and 50 in the target");
    world_run(w.target, "DELETE FROM customers");
    world_is_equal(&w);
}

/* Who may not make a schema gets less said, and is told so; never a false difference. */
static void test_without_privilege(void **state) {
    (void)state;
    need_servers();
    world_run(w.target, "DROP ROLE IF EXISTS wb_unit_reader; CREATE ROLE wb_unit_reader; GRANT "
                        "USAGE ON SCHEMA " SCHEMA " TO wb_unit_reader; GRANT SELECT ON ALL TABLES "
                        "IN SCHEMA " SCHEMA " TO wb_unit_reader; GRANT SELECT ON ALL SEQUENCES IN "
                        "SCHEMA " SCHEMA " TO wb_unit_reader; SET ROLE wb_unit_reader");
    world_compare(&w);
    size_t unverified = 0;
    for (size_t i = 0; i < w.n; i++) {
        if (w.findings[i].outcome == WB_VERIFY_DIFFERENT)
            fail_msg("%s: %s: %s", w.findings[i].table, w.findings[i].object, w.findings[i].text);
        unverified += w.findings[i].outcome == WB_VERIFY_UNVERIFIED;
        if (w.findings[i].outcome == WB_VERIFY_UNVERIFIED)
            assert_non_null(strstr(w.findings[i].text, "permission denied"));
    }
    assert_true(unverified > 0);
    world_run(w.target, "RESET ROLE; DROP OWNED BY wb_unit_reader; DROP ROLE wb_unit_reader");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copy_is_equal),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_enum),
        cmocka_unit_test(test_indexes),
        cmocka_unit_test(test_constraints),
        cmocka_unit_test(test_partitions),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_without_privilege),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
