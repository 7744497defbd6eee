/* Types that come back as they were, and statements that a server takes. */
#include "engines/mysql/internal.h"
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
    live = live_mysql_start("whimbrel_unit_ddl");
    return 0;
}

static int stop(void **state) {
    (void)state;
    live_mysql_stop();
    return 0;
}

static void own_types_map_to_themselves(void **state) {
    (void)state;
    static const char *const types[] = {
        "tinyint(1)",
        "tinyint",
        "tinyint unsigned",
        "smallint",
        "mediumint unsigned",
        "int",
        "bigint unsigned",
        "decimal(65,30)",
        "float",
        "double",
        "bit(64)",
        "year",
        "date",
        "time(6)",
        "datetime",
        "datetime(3)",
        "timestamp(6)",
        "char(10)",
        "varchar(16383)",
        "tinytext",
        "text",
        "mediumtext",
        "longtext",
        "binary(16)",
        "varbinary(300)",
        "tinyblob",
        "blob",
        "mediumblob",
        "longblob",
        "enum('a''b','')",
        "set('x','y')",
        "json",
        "uuid",
        "inet6",
        "inet4",
        "geometry",
    };
    const struct wb_ddl_ops *ddl = wb_engine_mysql.ddl;
    struct wb_arena a = {0};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct wb_type parsed, mapped;
        struct wb_error err = {0};
        if (ddl->parse_type(types[i], &a, &parsed, &err) ||
            ddl->map_type(&parsed, &a, &mapped, &err))
            fail_msg("%s: %s", types[i], err.text);
        assert_string_equal(mapped.native, types[i]);
        assert_int_equal(mapped.kind, parsed.kind);
    }
    struct wb_type t;
    assert_int_equal(ddl->parse_type("money", &a, &t, NULL), WB_E_TYPE);
    assert_int_equal(ddl->parse_type("enum(a)", &a, &t, NULL), WB_E_TYPE);
    wb_arena_done(&a);
}

static void nothing_is_narrowed(void **state) {
    (void)state;
    static const struct {
        struct wb_type from;
        const char *expected;
    } types[] = {
        {{.kind = WB_KIND_DECIMAL, .native = "numeric"}, "longtext"},
        {{.kind = WB_KIND_DECIMAL, .precision = 70, .scale = 2, .native = "numeric(70,2)"},
         "longtext"},
        {{.kind = WB_KIND_TIMESTAMPTZ, .fraction_digits = 6, .native = "timestamp with time zone"},
         "datetime(6)"},
        {{.kind = WB_KIND_BOOL, .native = "boolean"}, "tinyint(1)"},
        {{.kind = WB_KIND_INTERVAL, .native = "interval"}, "longtext"},
        {{.kind = WB_KIND_TEXT, .native = "text"}, "longtext"},
        {{.kind = WB_KIND_BYTES, .native = "bytea"}, "longblob"},
        {{.kind = WB_KIND_BIT, .length = 70, .fixed = true, .native = "bit(70)"}, "longtext"},
        {{.kind = WB_KIND_ANY, .native = ""}, "longblob"},
        {{.kind = WB_KIND_ANY, .native = "INT"}, "bigint"},
        {{.kind = WB_KIND_ANY, .native = "VARCHAR(20)"}, "longtext"},
        {{.kind = WB_KIND_ANY, .native = "DOUBLE"}, "double"},
        {{.kind = WB_KIND_ANY, .native = "BOOLEAN"}, "tinyint(1)"},
        {{.kind = WB_KIND_ANY, .native = "DECIMAL(10, 2)"}, "decimal(10,2)"},
        {{.kind = WB_KIND_ANY, .native = "NUMERIC"}, "longtext"},
        {{.kind = WB_KIND_ANY, .native = "DATE"}, "longtext"},
    };
    struct wb_arena a = {0};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct wb_type mapped;
        assert_int_equal(wb_engine_mysql.ddl->map_type(&types[i].from, &a, &mapped, NULL), WB_OK);
        assert_string_equal(mapped.native, types[i].expected);
    }
    wb_arena_done(&a);
}

/* By what they take for equal; names of another engine's mean nothing here. */
static void collations_compare_alike(void **state) {
    (void)state;
    static const struct {
        const char *name;
        unsigned flags;
        const char *expected;
    } cases[] = {
        {NULL, 0, "utf8mb4_nopad_bin"},
        {NULL, WB_COLL_PAD_SPACE, "utf8mb4_bin"},
        {"NOCASE", WB_COLL_CASE_INSENSITIVE, "utf8mb4_uca1400_nopad_as_ci"},
        {"whimbrel_ci", WB_COLL_CASE_INSENSITIVE, "utf8mb4_uca1400_nopad_as_ci"},
        {"whimbrel_ci_ai", WB_COLL_CASE_INSENSITIVE | WB_COLL_ACCENT_INSENSITIVE,
         "utf8mb4_unicode_520_nopad_ci"},
        {"de_cs", 0, "utf8mb4_nopad_bin"},
        {"latin1_swedish_ci", WB_COLL_CASE_INSENSITIVE, "latin1_swedish_ci"},
    };
    struct wb_arena a = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wb_type from = {.kind = WB_KIND_TEXT,
                               .native = "text",
                               .collation = cases[i].name,
                               .collation_flags = cases[i].flags},
                       mapped;
        assert_int_equal(wb_engine_mysql.ddl->map_type(&from, &a, &mapped, NULL), WB_OK);
        assert_string_equal(mapped.collation, cases[i].expected);
    }
    wb_arena_done(&a);
}

static struct wb_catalog describe(struct wb_conn *c) {
    struct wb_catalog catalog;
    struct wb_error err = {0};
    if (c->engine->describe(c, &(struct wb_describe_opts){0}, &catalog, &err))
        fail_msg("%s", err.text);
    return catalog;
}

/* Describe, drop, render, run, describe: the same tables again. */
static void tables_come_back(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE TABLE p (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, v varchar(20) "
                   "COLLATE utf8mb4_bin NOT NULL, "
                   "t longtext, UNIQUE KEY by_v (v), KEY by_t (t(191)), FULLTEXT KEY ft (v)) "
                   "AUTO_INCREMENT = 77 COMMENT 'it''s'");
    live_mysql_run(
        "CREATE TABLE c (a int NOT NULL, b int NOT NULL, p bigint unsigned, UNIQUE KEY k (a, b), "
        "KEY p (p DESC), CONSTRAINT c_to_p FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)");
    struct wb_conn *c = live_mysql_open(WB_SIDE_TARGET);
    struct wb_catalog before = describe(c), after;
    struct wb_ddl_list list = {0};
    struct wb_findings findings = {0};
    struct wb_arena a = {0};
    struct wb_error err = {0};
    live_mysql_run("DROP TABLE c, p");
    assert_int_equal(c->engine->ddl->render(&before, 101100, &a, &list, &findings, &err), WB_OK);
    assert_int_equal(findings.n, 0);
    for (size_t i = 0; i < list.n; i++) {
        struct wb_rows rows = {0};
        if (list.items[i].exists_sql) {
            assert_int_equal(c->engine->query(c, list.items[i].exists_sql, &a, &rows, &err), WB_OK);
            assert_int_equal(rows.n_rows, 0);
        }
        if (c->engine->exec(c, list.items[i].sql, NULL, &err))
            fail_msg("%s: %s", list.items[i].sql, err.text);
        if (list.items[i].exists_sql) {
            assert_int_equal(c->engine->query(c, list.items[i].exists_sql, &a, &rows, &err), WB_OK);
            assert_int_equal(rows.n_rows, 1);
        }
    }
    after = describe(c);
    assert_int_equal(after.n_tables, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct wb_table *x = &before.tables[i], *y = &after.tables[i];
        assert_int_equal(x->n_columns, y->n_columns);
        assert_int_equal(x->n_indexes, y->n_indexes);
        assert_int_equal(x->n_fks, y->n_fks);
        for (size_t k = 0; k < x->n_columns; k++)
            assert_string_equal(x->columns[k].type.native, y->columns[k].type.native);
    }
    assert_true(after.tables[1].next_value == 77);
    assert_string_equal(after.tables[1].comment, "it's");
    wb_catalog_done(&before);
    wb_catalog_done(&after);
    wb_arena_done(&a);
    wb_conn_close(c);
}

static void a_foreign_key_is_checked_against_its_rows(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE q (id int PRIMARY KEY)");
    live_mysql_run("CREATE OR REPLACE TABLE r (id int)");
    struct wb_conn *c = live_mysql_open(WB_SIDE_TARGET);
    struct wb_error err = {0};
    assert_int_equal(c->engine->write->begin(c, &err), WB_OK);
    assert_int_equal(c->engine->exec(c, "INSERT INTO r VALUES (5)", NULL, &err), WB_OK);
    assert_int_equal(c->engine->write->commit(c, true, &err), WB_OK);
    assert_int_equal(
        c->engine->exec(c, "ALTER TABLE r ADD FOREIGN KEY (id) REFERENCES q (id)", NULL, &err),
        WB_E_CONSTRAINT);
    wb_conn_close(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_types_map_to_themselves),
        cmocka_unit_test(nothing_is_narrowed),
        cmocka_unit_test(collations_compare_alike),
        cmocka_unit_test(tables_come_back),
        cmocka_unit_test(a_foreign_key_is_checked_against_its_rows),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
