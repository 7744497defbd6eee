/* The catalog as read from a MariaDB. */
#include "unit/engines/mysql/live_mysql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool live;
static struct wb_catalog catalog;

static const char *const setup[] = {
    "CREATE TABLE parent (id int PRIMARY KEY, code varchar(10), UNIQUE KEY by_code (code))",
    "CREATE TABLE things ("
    "id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, e enum('it''s','b\\\\s','','x,y') NOT "
    "NULL DEFAULT 'x,y',"
    "s set('é','ü') CHARACTER SET latin1, j json, u uuid DEFAULT uuid(), flag tinyint(1) NOT NULL "
    "DEFAULT 1,"
    "d datetime(3) DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3), v varchar(20) "
    "DEFAULT 'it''s \\\\ \"q\"',"
    "n int DEFAULT NULL, x int DEFAULT (1+2), bb bit(3) DEFAULT b'101', g int AS (n * 2) STORED,"
    "gv varchar(10) AS (concat(n, 'x')) VIRTUAL, hidden int INVISIBLE COMMENT 'not''s\\nseen', dd "
    "decimal(5,2) DEFAULT 1.5,"
    "ck int CHECK (ck > 3), parent int, parent_code varchar(10), CONSTRAINT positive CHECK (dd > "
    "0),"
    "KEY v (v(5) DESC), FULLTEXT KEY ft (v), UNIQUE KEY un (x, n), KEY ign (dd) IGNORED,"
    "CONSTRAINT to_parent FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE "
    "SET NULL,"
    "FOREIGN KEY (parent_code) REFERENCES parent (code)"
    ") AUTO_INCREMENT = 18446744073709551000 COMMENT 'c''q'",
    "CREATE TABLE ranged (id int, d date, PRIMARY KEY (id, d)) PARTITION BY RANGE COLUMNS (d) "
    "(PARTITION p0 VALUES LESS THAN ('2020-01-01'), PARTITION p1 VALUES LESS THAN (MAXVALUE))",
    "CREATE TABLE listed (id int) PARTITION BY LIST (id % 3) (PARTITION a VALUES IN (0, 1), "
    "PARTITION b VALUES IN (2, NULL))",
    "CREATE TABLE subbed (id int) PARTITION BY RANGE (id) SUBPARTITION BY HASH (id) SUBPARTITIONS "
    "2 "
    "(PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN MAXVALUE)",
    "CREATE TABLE versioned (id int PRIMARY KEY, rs timestamp(6) GENERATED ALWAYS AS ROW START "
    "INVISIBLE, "
    "re timestamp(6) GENERATED ALWAYS AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME (rs, re)) WITH "
    "SYSTEM VERSIONING",
    "CREATE TABLE plain_files (id int) ENGINE=MyISAM",
    "CREATE TABLE defaults (smile varchar(9) DEFAULT '😀''?\\\\', wide varchar(9) CHARACTER SET "
    "utf16 DEFAULT '😀',"
    "plain varchar(9) DEFAULT 'a?', narrow varchar(9) CHARACTER SET latin1 DEFAULT 'é?', vb "
    "varbinary(9) DEFAULT x'00FF27',"
    "fixed binary(3) NOT NULL DEFAULT 'a', empty varbinary(3) DEFAULT '', none varbinary(3) "
    "DEFAULT NULL,"
    "made varchar(9) DEFAULT (concat('😀?', 'a')), bl blob DEFAULT x'80', esc varbinary(9) NOT NULL "
    "DEFAULT 'q''\\\\n\\n')",
    "CREATE TABLE firm (t varchar(9) NOT NULL DEFAULT '😀', b varbinary(9) NOT NULL DEFAULT "
    "x'00FF27')",
    "INSERT INTO firm VALUES ('a', 'b')",
    "CREATE TABLE firm_empty LIKE firm",
    "CREATE TABLE faces (v varchar(9) CHECK (v <> '😀'), w varchar(9) AS (concat(v, '😀')), "
    "CONSTRAINT named CHECK (v <> '😁'))",
    "CREATE TABLE whimbrel_ledger (id int)",
    "CREATE TABLE whimbrel_chunks (id int)",
    "CREATE VIEW seen AS SELECT id FROM things",
    "CREATE TRIGGER guard BEFORE INSERT ON things FOR EACH ROW SET NEW.n = 1",
    "CREATE PROCEDURE work() SELECT 1",
    "CREATE FUNCTION two() RETURNS int DETERMINISTIC RETURN 2",
    "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    "CREATE SEQUENCE counter START WITH 5",
};

static int start(void **state) {
    (void)state;
    live = live_mysql_start("whimbrel_unit_describe");
    if (!live)
        return 0;
    for (size_t i = 0; i < sizeof setup / sizeof setup[0]; i++)
        live_mysql_run("%s", setup[i]);
    struct wb_conn *c = live_mysql_open(WB_SIDE_SOURCE);
    struct wb_error err = {0};
    if (c->engine->describe(c, &(struct wb_describe_opts){0}, &catalog, &err))
        fail_msg("%s", err.text);
    wb_conn_close(c);
    return 0;
}

static int stop(void **state) {
    (void)state;
    wb_catalog_done(&catalog);
    live_mysql_stop();
    return 0;
}

static const struct wb_table *table(const char *name) {
    const struct wb_table *t = wb_catalog_find_table(&catalog, NULL, name);
    if (!t)
        fail_msg("no table %s", name);
    return t;
}

static const struct wb_column *column(const char *name) {
    const struct wb_table *t = table("things");
    int i = wb_table_find_column(t, name);
    if (i < 0)
        fail_msg("no column %s", name);
    return &t->columns[i];
}

static const struct wb_index *index_of(const char *name) {
    const struct wb_table *t = table("things");
    for (size_t i = 0; i < t->n_indexes; i++)
        if (strcmp(t->indexes[i].name, name) == 0)
            return &t->indexes[i];
    fail_msg("no index %s", name);
    return NULL;
}

static void columns_and_types(void **state) {
    (void)state;
    if (!live)
        skip();
    const struct wb_column *c = column("id");
    assert_int_equal(c->type.kind, WB_KIND_UINT);
    assert_int_equal(c->type.size_bytes, 8);
    assert_int_equal(c->identity, WB_IDENTITY_BY_DEFAULT);
    assert_true(c->not_null);
    c = column("e");
    assert_int_equal(c->type.n_labels, 4);
    assert_string_equal(c->type.labels[0], "it's");
    assert_string_equal(c->type.labels[1], "b\\s");
    assert_string_equal(c->type.labels[2], "");
    assert_string_equal(c->type.labels[3], "x,y");
    c = column("s");
    assert_string_equal(c->type.charset, "latin1");
    assert_string_equal(c->type.labels[0], "é");
    assert_int_equal(column("j")->type.kind, WB_KIND_JSON);
    assert_int_equal(column("u")->type.kind, WB_KIND_UUID);
    assert_true(column("flag")->type.boolean_like);
    assert_int_equal(column("d")->type.fraction_digits, 3);
    assert_string_equal(column("d")->on_update, "current_timestamp(3)");
    c = column("v");
    assert_int_equal(c->type.length, 20);
    assert_int_equal(c->type.collation_flags,
                     WB_COLL_CASE_INSENSITIVE | WB_COLL_ACCENT_INSENSITIVE | WB_COLL_PAD_SPACE);
    assert_true(column("hidden")->invisible);
    assert_string_equal(column("hidden")->comment, "not's\nseen");
}

static void defaults_and_expressions(void **state) {
    (void)state;
    if (!live)
        skip();
    assert_string_equal(column("v")->default_.text, "'it''s \\\\ \"q\"'");
    assert_null(column("n")->default_.text);
    assert_string_equal(column("x")->default_.text, "(1 + 2)");
    assert_string_equal(column("bb")->default_.text, "b'101'");
    assert_string_equal(column("d")->default_.text, "current_timestamp(3)");
    assert_string_equal(column("u")->default_.text, "uuid()");
    assert_int_equal(column("g")->generated, WB_GENERATED_STORED);
    assert_string_equal(column("g")->generated_as.text, "`n` * 2");
    assert_int_equal(column("gv")->generated, WB_GENERATED_VIRTUAL);
    const struct wb_table *t = table("things");
    assert_int_equal(t->n_checks, 2); /* not json_valid */
    for (size_t i = 0; i < t->n_checks; i++)
        assert_true(strcmp(t->checks[i].name, "positive") == 0 ? t->checks[i].column == -1
                                                               : t->checks[i].column >= 0);
}

/* information_schema shows them as '?' and as text. */
static void defaults_that_the_catalog_garbles(void **state) {
    (void)state;
    if (!live)
        skip();
    static const char *const expected[][2] = {
        {"smile", "'😀''?\\\\'"}, {"wide", "'😀'"},          {"plain", "'a?'"},
        {"narrow", "'é?'"},      {"vb", "x'00FF27'"},      {"fixed", "x'610000'"},
        {"empty", "x''"},        {"none", NULL},           {"made", "concat('😀?','a')"},
        {"bl", "X'80'"},         {"esc", "x'71275C6E0A'"},
    };
    const struct wb_table *t = table("defaults");
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const char *text = t->columns[wb_table_find_column(t, expected[i][0])].default_.text;
        if (!text || !expected[i][1])
            assert_true(text == expected[i][1]);
        else
            assert_string_equal(text, expected[i][1]);
    }
    t = table("firm"); /* NOT NULL: known from a row; in an empty table not at all */
    assert_string_equal(t->columns[0].default_.text, "'😀'");
    assert_string_equal(t->columns[1].default_.text, "x'00FF27'");
    t = table("firm_empty");
    size_t named = 0;
    for (size_t i = 0; i < catalog.findings.n; i++)
        named += catalog.findings.items[i].kind == WB_FINDING_NOT_CARRIED &&
                 strstr(catalog.findings.items[i].object, "firm_empty.") != NULL;
    assert_int_equal(named, 2);
    assert_null(t->columns[0].default_.text);
    assert_null(t->columns[1].default_.text);
}

/* Which would otherwise be carried to the target as '????'. */
static void expressions_that_the_catalog_garbles(void **state) {
    (void)state;
    if (!live)
        skip();
    const struct wb_table *t = table("faces");
    assert_string_equal(t->columns[1].generated_as.text, "concat(`v`,'😀')");
    assert_int_equal(t->n_checks, 2);
    for (size_t i = 0; i < t->n_checks; i++)
        assert_string_equal(t->checks[i].expr.text,
                            t->checks[i].column < 0 ? "`v` <> '😁'" : "`v` <> '😀'");
}

static void indexes_and_keys(void **state) {
    (void)state;
    if (!live)
        skip();
    const struct wb_table *t = table("things");
    assert_true(t->indexes[0].primary);
    assert_true(t->has_next_value);
    assert_true(t->next_value == 18446744073709551000u);
    assert_string_equal(t->comment, "c'q");
    assert_int_equal(index_of("v")->parts[0].prefix_length, 5);
    assert_true(index_of("v")->parts[0].descending);
    assert_int_equal(index_of("ft")->method, WB_INDEX_FULLTEXT);
    assert_int_equal(index_of("un")->n_parts, 2);
    assert_true(index_of("un")->unique);
    assert_true(index_of("ign")->ignored);
    assert_int_equal(t->n_fks, 2);
    const struct wb_foreign_key *f = &t->fks[strcmp(t->fks[0].name, "to_parent") != 0];
    assert_string_equal(f->name, "to_parent");
    assert_string_equal(f->ref_table, "parent");
    assert_string_equal(f->ref_columns[0], "id");
    assert_int_equal(f->on_delete, WB_FK_CASCADE);
    assert_int_equal(f->on_update, WB_FK_SET_NULL);
}

/* REFERENTIAL_CONSTRAINTS does not show them to such a user. */
static void actions_for_who_may_only_select(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_catalog seen;
    struct wb_error err = {0};
    live_mysql_run("CREATE OR REPLACE USER whimbrel_reads IDENTIFIED BY 'pw'");
    live_mysql_run("GRANT SELECT ON whimbrel_unit_describe.* TO whimbrel_reads");
    struct wb_conn *c = live_mysql_open_as("whimbrel_reads", "pw", WB_SIDE_SOURCE);
    if (c->engine->describe(c, &(struct wb_describe_opts){0}, &seen, &err))
        fail_msg("%s", err.text);
    const struct wb_table *t = wb_catalog_find_table(&seen, NULL, "things"), *all = table("things");
    assert_int_equal(t->n_fks, 2);
    for (size_t i = 0; i < t->n_fks; i++) {
        assert_string_equal(t->fks[i].name, all->fks[i].name);
        assert_int_equal(t->fks[i].on_delete, all->fks[i].on_delete);
        assert_int_equal(t->fks[i].on_update, all->fks[i].on_update);
    }
    wb_catalog_done(&seen);
    wb_conn_close(c);
    live_mysql_run("DROP USER whimbrel_reads");
}

static void partitions(void **state) {
    (void)state;
    if (!live)
        skip();
    const struct wb_partitioning *p = &table("ranged")->partitioning;
    assert_int_equal(p->method, WB_PARTITION_RANGE);
    assert_true(p->columns);
    assert_int_equal(p->column_index[0], 1);
    assert_int_equal(p->n_parts, 2);
    assert_string_equal(p->parts[0].bound, "'2020-01-01'");
    assert_string_equal(p->parts[1].bound, "MAXVALUE");
    p = &table("listed")->partitioning;
    assert_int_equal(p->method, WB_PARTITION_LIST);
    assert_false(p->columns);
    assert_string_equal(p->expr.text, "`id` MOD 3");
    p = &table("subbed")->partitioning;
    assert_true(p->subpartitioned);
    assert_true(p->columns);
    assert_int_equal(p->n_parts, 2);
}

static void special_tables(void **state) {
    (void)state;
    if (!live)
        skip();
    const struct wb_table *t = table("versioned");
    assert_true(t->system_versioned);
    assert_int_equal(t->n_columns, 1);
    assert_int_equal(t->indexes[0].n_parts, 1);
    assert_int_equal(catalog.findings.n, 3); /* the table left out, two defaults */
    assert_true(table("plain_files")->not_transactional);
    assert_false(table("things")->not_transactional);
    assert_non_null(wb_catalog_find_table(&catalog, NULL, "whimbrel_ledger")); /* a user's */
    assert_null(wb_catalog_find_table(&catalog, NULL, "whimbrel_chunks"));
    assert_null(wb_catalog_find_table(&catalog, NULL, "counter"));
}

static void objects_with_their_text(void **state) {
    (void)state;
    if (!live)
        skip();
    static const char *const expected[][2] = {{"view", "seen"},      {"trigger", "guard"},
                                              {"procedure", "work"}, {"function", "two"},
                                              {"event", "nightly"},  {"sequence", "counter"}};
    assert_int_equal(catalog.n_objects, 6);
    for (size_t i = 0; i < 6; i++) {
        const struct wb_object *found = NULL;
        for (size_t k = 0; k < catalog.n_objects; k++)
            if (strcmp(catalog.objects[k].name, expected[i][1]) == 0)
                found = &catalog.objects[k];
        assert_non_null(found);
        assert_string_equal(found->kind, expected[i][0]);
        assert_non_null(found->native_sql);
        assert_non_null(strstr(found->native_sql, "CREATE"));
    }
}

static void fingerprint_follows_the_definition(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_conn *c = live_mysql_open(WB_SIDE_SOURCE);
    struct wb_catalog now;
    struct wb_error err = {0};
    assert_int_equal(c->engine->describe(c, &(struct wb_describe_opts){0}, &now, &err), WB_OK);
    assert_string_equal(wb_catalog_find_table(&now, NULL, "parent")->fingerprint,
                        table("parent")->fingerprint);
    wb_catalog_done(&now);
    live_mysql_run("ALTER TABLE parent ADD COLUMN more int");
    assert_int_equal(c->engine->describe(c, &(struct wb_describe_opts){0}, &now, &err), WB_OK);
    assert_string_not_equal(wb_catalog_find_table(&now, NULL, "parent")->fingerprint,
                            table("parent")->fingerprint);
    wb_catalog_done(&now);
    wb_conn_close(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_and_types),
        cmocka_unit_test(defaults_and_expressions),
        cmocka_unit_test(defaults_that_the_catalog_garbles),
        cmocka_unit_test(expressions_that_the_catalog_garbles),
        cmocka_unit_test(indexes_and_keys),
        cmocka_unit_test(actions_for_who_may_only_select),
        cmocka_unit_test(partitions),
        cmocka_unit_test(special_tables),
        cmocka_unit_test(objects_with_their_text),
        cmocka_unit_test(fingerprint_follows_the_definition),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
