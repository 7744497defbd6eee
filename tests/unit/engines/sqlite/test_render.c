#include "unit/engines/sqlite/fixture.h"

#include "engines/sqlite/ddl.h"

#include <string.h>

static void render(struct sqlite_fixture *f, const struct wb_catalog *cat, struct wb_ddl_list *list,
                   struct wb_findings *findings) {
    *list = (struct wb_ddl_list){0};
    *findings = (struct wb_findings){0};
    sqlite_ok(f, wb_engine_sqlite.ddl->render(cat, 3040001, &f->arena, list, findings, &f->err));
}

/* Runs the statements in order; each that can tell must say "not there" before and "there" after.
 */
static void make(struct sqlite_fixture *f, struct wb_conn *c, const struct wb_ddl_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        const struct wb_ddl *d = &list->items[i];
        if (i > 0)
            assert_true(d->part >= list->items[i - 1].part);
        if (d->exists_sql)
            assert_string_equal(sqlite_value(f, c, d->exists_sql), "(none)");
        sqlite_run(f, c, d->sql);
        if (d->exists_sql)
            assert_string_equal(sqlite_value(f, c, d->exists_sql), "1");
    }
}

static const char schema[] =
    "CREATE TABLE \"a b\" (id INTEGER PRIMARY KEY AUTOINCREMENT, t text COLLATE NOCASE, UNIQUE(t, "
    "id) ON CONFLICT IGNORE);"
    "CREATE TABLE c(x, y DECIMAL(10,2) DEFAULT 1.5 CHECK(y>0), z AS (x||y) STORED, FOREIGN KEY(x) "
    "REFERENCES \"a b\" "
    "DEFERRABLE INITIALLY DEFERRED); -- remark\n"
    "CREATE TABLE w (k TEXT NOT NULL PRIMARY KEY, v ANY) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX \"odd index\" ON c (y DESC, lower(x)) WHERE x IS NOT NULL;"
    "CREATE VIEW v AS SELECT id FROM \"a b\";"
    "CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN INSERT INTO c(x) VALUES (new.id); END;"
    "INSERT INTO sqlite_sequence (name, seq) VALUES ('a b', 77); PRAGMA user_version = 5; ANALYZE";

static const char everything[] = "SELECT group_concat(s, char(10)) FROM (SELECT type || name || "
                                 "coalesce(sql, '') AS s FROM sqlite_schema ORDER BY 1)";

static void an_unchanged_schema_is_made_word_for_word(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog cat;
    struct wb_ddl_list list;
    struct wb_findings findings;
    sqlite_app(f, "s.db", schema);
    struct wb_conn *s = sqlite_open(f, "s.db", WB_SIDE_SOURCE),
                   *t = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    sqlite_describe(f, s, &cat);
    render(f, &cat, &list, &findings);
    make(f, t, &list);
    assert_int_equal(findings.n, 0);
    assert_string_equal(sqlite_value(f, t, everything), sqlite_value(f, s, everything));
    assert_string_equal(sqlite_value(f, t, "SELECT seq FROM sqlite_sequence"), "77");
    assert_string_equal(sqlite_value(f, t, "PRAGMA user_version"), "5");
    for (size_t i = 0; i < list.n; i++) /* may be set again */
        if (list.items[i].part == WB_DDL_SEQUENCE)
            sqlite_run(f, t, list.items[i].sql);
    assert_string_equal(sqlite_value(f, t, "SELECT count(*) FROM sqlite_sequence"), "1");
    wb_catalog_done(&cat);
    wb_conn_close(s);
    wb_conn_close(t);
}

static void a_renamed_table_is_composed(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog cat, made;
    struct wb_ddl_list list;
    struct wb_findings findings;
    sqlite_app(f, "s.db", schema);
    struct wb_conn *s = sqlite_open(f, "s.db", WB_SIDE_SOURCE),
                   *t = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    sqlite_describe(f, s, &cat);
    struct wb_table *ab = wb_catalog_find_table(&cat, NULL, "a b"),
                    *c = wb_catalog_find_table(&cat, NULL, "c");
    ab->source_name = ab->name;
    ab->name = "renamed";
    c->fks[0].ref_table = "renamed";
    render(f, &cat, &list, &findings);
    make(f, t, &list);
    assert_int_equal(findings.n, 2); /* the view, and the trigger on it, speak of "a b" */
    sqlite_describe(f, t, &made);
    const struct wb_table *r = wb_catalog_find_table(&made, NULL, "renamed");
    assert_non_null(r);
    assert_int_equal(r->columns[0].identity, WB_IDENTITY_BY_DEFAULT);
    assert_string_equal(r->columns[1].type.native, "TEXT");
    assert_string_equal(r->columns[1].type.collation, "NOCASE");
    assert_int_equal(r->n_indexes, 2);
    assert_int_equal(r->next_value, 78);
    const struct wb_table *m = wb_catalog_find_table(&made, NULL, "c");
    assert_string_equal(m->fks[0].ref_table, "renamed");
    assert_true(m->fks[0].initially_deferred);
    assert_string_equal(m->columns[1].type.native, "DECIMAL(10,2)");
    assert_int_equal(m->columns[2].generated, WB_GENERATED_STORED);
    assert_int_equal(m->n_checks, 1);
    wb_catalog_done(&cat);
    wb_catalog_done(&made);
    wb_conn_close(s);
    wb_conn_close(t);
}

static void virtual_tables_are_reported(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog cat;
    struct wb_ddl_list list;
    struct wb_findings findings;
    sqlite_app(f, "s.db", "CREATE TABLE t (a); CREATE VIRTUAL TABLE fts USING fts5(a)");
    struct wb_conn *s = sqlite_open(f, "s.db", WB_SIDE_SOURCE);
    sqlite_describe(f, s, &cat);
    render(f, &cat, &list, &findings);
    assert_int_equal(list.n, 1);
    assert_int_equal(findings.n, 1);
    assert_string_equal(findings.items[0].object, "fts");
    assert_int_equal(findings.items[0].kind, WB_FINDING_NOT_CARRIED);
    wb_catalog_done(&cat);
    wb_conn_close(s);
}

static void another_engines_table_is_composed(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_type types[4];
    const struct wb_type from[] = {
        {.kind = WB_KIND_UINT, .size_bytes = 8, .native = "bigint unsigned"},
        {.kind = WB_KIND_DECIMAL, .precision = 65, .scale = 30, .native = "decimal(65,30)"},
        {.kind = WB_KIND_TEXT, .length = 40, .collation_flags = WB_COLL_CASE_INSENSITIVE},
        {.kind = WB_KIND_BYTES, .native = "blob"}};
    for (size_t i = 0; i < 4; i++)
        sqlite_ok(f, wb_engine_sqlite.ddl->map_type(&from[i], &f->arena, &types[i], &f->err));
    struct wb_expr number = {.op = WB_EXPR_NUMBER, .text = "0"},
                   column = {.op = WB_EXPR_COLUMN, .text = "de\"c"}, *both[] = {&column, &number},
                   more = {WB_EXPR_BINARY, ">=", both, 2}, odd = {WB_EXPR_CALL, "sha3", both, 2};
    struct wb_column columns[] = {
        {.name = "id", .type = types[0], .not_null = true, .identity = WB_IDENTITY_BY_DEFAULT},
        {.name = "de\"c", .type = types[1], .default_ = {"0", &number}},
        {.name = "name", .type = types[2], .not_null = true, .default_ = {"sha3(1)", &odd}},
        {.name = "data", .type = types[3]},
    };
    struct wb_index_part id = {.column = 0}, prefix = {.column = 2, .prefix_length = 5},
                         dec = {.column = 1, .descending = true};
    struct wb_index indexes[] = {
        {.primary = true, .unique = true, .constraint = true, .parts = &id, .n_parts = 1},
        {.name = "t", .parts = &prefix, .n_parts = 1}, /* a name that the table has already */
        {.name = "words", .parts = &prefix, .n_parts = 1, .method = WB_INDEX_FULLTEXT},
        {.name = "u", .unique = true, .constraint = true, .parts = &dec, .n_parts = 1},
    };
    struct wb_check checks[] = {{.name = "more", .expr = {"dec >= 0", &more}, .column = -1},
                                {.name = "odd", .expr = {"sha3(dec, 0)", &odd}, .column = -1}};
    struct wb_table table = {.name = "t",
                             .columns = columns,
                             .n_columns = 4,
                             .indexes = indexes,
                             .n_indexes = 4,
                             .checks = checks,
                             .n_checks = 2,
                             .has_next_value = true,
                             .next_value = 100};
    struct wb_catalog cat = {.engine = "sqlite", .tables = &table, .n_tables = 1}, made;
    struct wb_ddl_list list;
    struct wb_findings findings;
    render(f, &cat, &list, &findings);
    assert_int_equal(findings.n, 4); /* default sha3, check odd, full text index, index t renamed */
    struct wb_conn *c = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    make(f, c, &list);
    sqlite_describe(f, c, &made);
    const struct wb_table *t = &made.tables[0];
    assert_int_equal(t->columns[0].type.kind, WB_KIND_INT);
    assert_int_equal(t->next_value, 100);
    assert_string_equal(t->columns[1].type.native,
                        "TEXT"); /* NUMERIC affinity would round 65 digits */
    assert_string_equal(t->columns[2].type.collation, "NOCASE");
    assert_int_equal(t->n_indexes, 3);
    assert_int_equal(t->n_checks, 1);
    sqlite_run(f, c,
               "INSERT INTO t (\"de\"\"c\", name) VALUES ('12345678901234567890.123456789', 'x')");
    assert_string_equal(sqlite_value(f, c, "SELECT \"de\"\"c\" FROM t"),
                        "12345678901234567890.123456789");
    wb_catalog_done(&made);
    wb_conn_close(c);
}

static void types_for_casts(void **state) {
    struct sqlite_fixture *f = *state;
    static const struct {
        const char *native;
        enum wb_kind kind;
    } cases[] = {{"bigint", WB_KIND_INT},
                 {"varchar(20)", WB_KIND_TEXT},
                 {"double precision", WB_KIND_FLOAT},
                 {"BLOB", WB_KIND_BYTES},
                 {"numeric(10, 2)", WB_KIND_ANY}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wb_type t;
        sqlite_ok(f, wb_engine_sqlite.ddl->parse_type(cases[i].native, &f->arena, &t, &f->err));
        assert_int_equal(t.kind, cases[i].kind);
        assert_string_equal(t.native, cases[i].native);
    }
    struct wb_type t;
    assert_int_equal(
        wb_engine_sqlite.ddl->parse_type("text); DROP TABLE t", &f->arena, &t, &f->err), WB_E_TYPE);
    assert_int_equal(wb_engine_sqlite.ddl->parse_type("", &f->arena, &t, &f->err), WB_E_TYPE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_setup, sqlite_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_unchanged_schema_is_made_word_for_word),
        TEST(a_renamed_table_is_composed),
        TEST(virtual_tables_are_reported),
        TEST(another_engines_table_is_composed),
        TEST(types_for_casts),
    };
    return cmocka_run_group_tests_name("sqlite render", tests, NULL, NULL);
}
