#include "schema/map.h"

#include "base/str.h"
#include "engines/mysql/mysql_engine.h"
#include "engines/postgres/postgres.h"
#include "engines/sqlite/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A small shop of MySQL, built by hand and mapped by the engines' own words for types. */
struct fixture {
    struct wb_catalog source, target;
    struct wb_rules *rules;
    struct wb_map_opts opts;
    struct wb_error err;
    enum wb_code code;
};

static const struct wb_engine *source_engine;

static struct wb_column column(struct fixture *f, const char *name, const char *type) {
    struct wb_column c = {.name = name};
    assert_int_equal(source_engine->ddl->parse_type(type, &f->source.arena, &c.type, &f->err),
                     WB_OK);
    return c;
}

/* "name type, name type": without commas inside a type. */
static struct wb_table *add_table(struct fixture *f, const char *name, const char *columns) {
    struct wb_arena *a = &f->source.arena;
    if (!f->source.tables)
        f->source.tables = WB_NEW_N(a, struct wb_table, 16);
    struct wb_table *t = &f->source.tables[f->source.n_tables++];
    *t = (struct wb_table){
        .schema = "shop", .name = name, .columns = WB_NEW_N(a, struct wb_column, 16)};
    char *list = wb_arena_strdup(a, columns), *save;
    for (char *one = strtok_r(list, ";", &save); one; one = strtok_r(NULL, ";", &save)) {
        one += strspn(one, " ");
        char *blank = strchr(one, ' ');
        *blank = 0;
        t->columns[t->n_columns++] = column(f, one, blank + 1);
    }
    return t;
}

static struct wb_index *add_index(struct fixture *f, struct wb_table *t, const char *name, int c,
                                  bool unique) {
    struct wb_arena *a = &f->source.arena;
    if (!t->indexes)
        t->indexes = WB_NEW_N(a, struct wb_index, 8);
    struct wb_index *x = &t->indexes[t->n_indexes++];
    *x = (struct wb_index){.name = name, .unique = unique, .primary = !name, .n_parts = 1};
    x->parts = WB_NEW_N(a, struct wb_index_part, 1);
    x->parts[0].column = c;
    return x;
}

static void add_fk(struct fixture *f, struct wb_table *t, const char *name, uint32_t c,
                   const char *table, const char *ref) {
    struct wb_arena *a = &f->source.arena;
    t->fks = WB_NEW_N(a, struct wb_foreign_key, 1);
    t->n_fks = 1;
    t->fks[0] = (struct wb_foreign_key){
        .name = name, .ref_schema = "shop", .ref_table = table, .n_columns = 1};
    t->fks[0].columns = WB_NEW_N(a, uint32_t, 1);
    t->fks[0].columns[0] = c;
    if (ref) {
        t->fks[0].ref_columns = WB_NEW_N(a, const char *, 1);
        t->fks[0].ref_columns[0] = ref;
    }
}

static void make(struct fixture *f, const struct wb_engine *from, const struct wb_engine *to) {
    source_engine = from;
    *f = (struct fixture){.source = {.engine = from->name, .schema = "shop"},
                          .rules = wb_rules_new()};
    f->opts = (struct wb_map_opts){.rules = f->rules,
                                   .source = from,
                                   .target = to,
                                   .target_default_schema = "public",
                                   .target_max_name_bytes = 63};
}

static void map(struct fixture *f) {
    f->code = wb_schema_map(&f->source, &f->opts, &f->target, &f->err);
}

static void done(struct fixture *f) {
    wb_catalog_done(&f->target);
    wb_catalog_done(&f->source);
    wb_rules_free(f->rules);
}

static const struct wb_finding *finding(const struct fixture *f, const char *object,
                                        const char *text) {
    for (size_t i = 0; i < f->target.findings.n; i++)
        if (strcmp(f->target.findings.items[i].object, object) == 0 &&
            strstr(f->target.findings.items[i].text, text))
            return &f->target.findings.items[i];
    return NULL;
}

static const char *type_of(const struct fixture *f, const char *table, const char *name) {
    const struct wb_table *t = wb_catalog_find_table(&f->target, NULL, table);
    assert_non_null(t);
    int c = wb_table_find_column(t, name);
    assert_true(c >= 0);
    return t->columns[c].type.native;
}

static void types_and_places(void **state) {
    (void)state;
    struct fixture f;
    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    add_table(&f, "t", "id bigint unsigned; n varchar(40); d datetime(3); j json; b bit(3)");
    map(&f);
    assert_int_equal(f.code, WB_OK);
    assert_string_equal(type_of(&f, "t", "id"), "numeric(20,0)");
    assert_string_equal(type_of(&f, "t", "n"), "character varying(40)");
    assert_string_equal(type_of(&f, "t", "d"), "timestamp(3) without time zone");
    assert_string_equal(type_of(&f, "t", "j"), "json");
    const struct wb_table *t = &f.target.tables[0];
    assert_string_equal(t->schema, "public");
    assert_string_equal(t->source_schema, "shop");
    assert_int_equal(t->columns[2].source_index, 2);
    assert_string_equal(t->columns[2].source_name, "d");
    done(&f);
}

static bool two_and_long(void *ctx, const struct wb_table *t, uint32_t c, enum wb_scan_kind kind) {
    (void)ctx;
    return strcmp(t->columns[c].name, kind == WB_SCAN_NOT_BOOLEAN ? "two" : "long") == 0;
}

static void the_data_decides_booleans_and_times(void **state) {
    (void)state;
    struct fixture f;
    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    add_table(&f, "t", "flag tinyint(1); two tinyint(1); short time; long time(6)");
    f.opts.scanned = two_and_long;
    map(&f);
    assert_int_equal(f.code, WB_OK);
    assert_string_equal(type_of(&f, "t", "flag"), "boolean");
    assert_string_equal(type_of(&f, "t", "two"), "smallint");
    assert_string_equal(type_of(&f, "t", "short"), "time(0) without time zone");
    assert_int_equal(f.target.tables[0].columns[3].type.kind, WB_KIND_INTERVAL);
    assert_non_null(finding(&f, "t.long", "outside of a day"));
    done(&f);
}

static void casts(void **state) {
    (void)state;
    struct fixture f;
    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    add_table(&f, "t", "flag tinyint(1); n int; m int");
    assert_int_equal(wb_rules_add_cast(f.rules, "type:tinyint(1)=integer", &f.err), WB_OK);
    assert_int_equal(wb_rules_add_cast(f.rules, "column:t.m=text", &f.err), WB_OK);
    map(&f);
    assert_int_equal(f.code, WB_OK);
    assert_string_equal(type_of(&f, "t", "flag"), "integer");
    assert_string_equal(type_of(&f, "t", "n"), "integer");
    assert_string_equal(type_of(&f, "t", "m"), "text");
    done(&f);

    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    add_table(&f, "t", "n int");
    wb_rules_add_cast(f.rules, "column:t.n=date", &f.err);
    map(&f);
    assert_int_equal(f.code, WB_E_TYPE); /* no number becomes a date, and that is said at once */
    assert_non_null(strstr(f.err.text, "t.n"));
    done(&f);

    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    add_table(&f, "t", "n int");
    wb_rules_add_cast(f.rules, "column:t.n=nonsense", &f.err);
    map(&f);
    assert_int_equal(f.code, WB_E_TYPE);
    done(&f);
}

static void filters_leave_tables_and_their_references_out(void **state) {
    (void)state;
    struct fixture f;
    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    struct wb_table *t = add_table(&f, "orders", "id int; customer int");
    add_table(&f, "customers", "id int");
    add_fk(&f, t, "orders_customer", 1, "customers", "id");
    wb_rules_add_exclude(f.rules, "cust*", &f.err);
    map(&f);
    assert_int_equal(f.code, WB_OK);
    assert_int_equal(f.target.n_tables, 1);
    assert_int_equal(f.target.tables[0].n_fks, 0);
    assert_int_equal(finding(&f, "orders.orders_customer", "customers")->kind,
                     WB_FINDING_NOT_CARRIED);
    done(&f);
}

static void references_follow_renames(void **state) {
    (void)state;
    struct fixture f;
    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    struct wb_table *t = add_table(&f, "orders", "id int; customer int");
    add_table(&f, "customers", "id int");
    add_fk(&f, t, "orders_customer", 1, "customers", "id");
    wb_rules_add_rename(f.rules, "customers=clients", &f.err);
    wb_rules_add_rename(f.rules, "customers.id=number", &f.err);
    map(&f);
    assert_int_equal(f.code, WB_OK);
    const struct wb_foreign_key *fk = &f.target.tables[0].fks[0];
    assert_string_equal(fk->ref_table, "clients");
    assert_string_equal(fk->ref_columns[0], "number");
    assert_string_equal(fk->ref_schema, "public");
    assert_string_equal(f.target.tables[1].columns[0].source_name, "id");
    done(&f);
}

static void a_rule_that_matches_nothing_is_an_error(void **state) {
    (void)state;
    struct fixture f;
    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    add_table(&f, "t", "n int");
    wb_rules_add_rename(f.rules, "tt=x", &f.err);
    map(&f);
    assert_int_equal(f.code, WB_E_RULE);
    assert_non_null(strstr(f.err.text, "tt=x"));
    done(&f);
}

static const char *repeat(struct wb_arena *a, const char *unit, size_t n, const char *end) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    while (n--)
        wb_buf_adds(&b, unit);
    wb_buf_adds(&b, end);
    return wb_arena_strdup(a, wb_buf_str(&b));
}

static void long_names(void **state) {
    (void)state;
    for (int replace = 0; replace < 2; replace++) {
        struct fixture f;
        make(&f, &wb_engine_mysql, &wb_engine_postgres);
        struct wb_arena *a = &f.source.arena;
        const char *one = repeat(a, "a", 63, "1"), *two = repeat(a, "a", 63, "2"),
                   *accents = repeat(a, "é", 64, "");
        const char *column_name = repeat(a, "c", 64, "");
        add_table(&f, one, wb_arena_printf(a, "%s int", column_name));
        add_table(&f, two, "id int");
        add_table(&f, accents, "id int");
        add_table(&f, repeat(a, "b", 63, ""), "id int");
        if (replace)
            assert_true(wb_policy_parse("name-length=replace", &f.opts.policy));
        map(&f);
        if (!replace) {
            assert_int_equal(f.code, WB_E_NAME);
            assert_non_null(strstr(f.err.text, one));
            assert_non_null(strstr(f.err.text, two));
            assert_non_null(strstr(f.err.text, column_name));
            assert_non_null(strstr(f.err.text, "4 names"));
            assert_non_null(strstr(f.err.hint, "--policy name-length=replace"));
        } else {
            assert_int_equal(f.code, WB_OK);
            assert_non_null(finding(&f, one, "name-length"));
            assert_string_not_equal(f.target.tables[0].name, f.target.tables[1].name);
            for (size_t i = 0; i < 3; i++) {
                const char *name = f.target.tables[i].name;
                assert_true(strlen(name) <= 63 && strlen(name) > 50);
                assert_int_equal(wb_str_utf8_valid(name, strlen(name)), strlen(name));
            }
            assert_int_equal(strlen(f.target.tables[3].name), 63);
        }
        done(&f);
    }
}

static void names_that_meet(void **state) {
    (void)state;
    struct fixture f;
    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    add_table(&f, "Foo", "id int; ID2 int; id2 int");
    add_table(&f, "foo", "id int");
    map(&f);
    assert_int_equal(f.code, WB_OK); /* PostgreSQL keeps them apart */
    done(&f);

    make(&f, &wb_engine_mysql, &wb_engine_sqlite);
    add_table(&f, "Foo", "id int");
    add_table(&f, "foo", "id int");
    map(&f);
    assert_int_equal(f.code, WB_E_NAME);
    assert_non_null(strstr(f.err.hint, "name-case=replace"));
    assert_true(wb_policy_parse("name-case=replace", &f.opts.policy));
    map(&f);
    assert_int_equal(f.code, WB_OK);
    assert_false(wb_str_ieq(f.target.tables[0].name, f.target.tables[1].name));
    assert_non_null(finding(&f, "foo", "name-case"));
    done(&f);

    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    add_table(&f, "a", "id int");
    add_table(&f, "b", "id int");
    wb_rules_add_rename(f.rules, "a=b", &f.err);
    map(&f);
    assert_int_equal(f.code, WB_E_NAME);
    done(&f);
}

static void reserved_columns_are_refused(void **state) {
    (void)state;
    struct fixture f;
    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    add_table(&f, "t", "id int; ctid int; CTID int; xmin int");
    map(&f);
    assert_int_equal(f.code, WB_E_NAME);
    assert_non_null(strstr(f.err.text, "t.ctid"));
    assert_non_null(strstr(f.err.text, "t.xmin"));
    assert_null(strstr(f.err.text, "CTID")); /* another name, when quoted */
    wb_rules_add_rename(f.rules, "t.ctid=c", &f.err);
    wb_rules_add_rename(f.rules, "t.xmin=x", &f.err);
    map(&f);
    assert_int_equal(f.code, WB_OK);
    done(&f);
}

static void enum_type_names(void **state) {
    (void)state;
    struct fixture f;
    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    add_table(&f, "a", "id int; b_c enum('x','y')");
    add_table(&f, "a_b", "id int; c enum('p')");
    add_table(&f, "a_b_c_2", "id int");
    map(&f);
    assert_int_equal(f.code, WB_OK);
    assert_string_equal(f.target.tables[0].columns[1].type.type_name, "a_b_c");
    assert_string_equal(f.target.tables[1].columns[1].type.type_name,
                        "a_b_c_3"); /* a table is a type, too */
    assert_int_equal(f.target.tables[0].columns[1].type.n_labels, 2);
    done(&f);
}

static void set_flags(struct wb_table *t, unsigned flags) {
    for (size_t i = 0; i < t->n_columns; i++)
        t->columns[i].type.collation_flags = flags;
}

static const char *collation_of(const struct fixture *f, size_t t, size_t c) {
    const char *collation = f->target.tables[t].columns[c].type.collation;
    return collation ? collation : "";
}

static void keys_keep_comparing_without_case(void **state) {
    (void)state;
    struct fixture f;
    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    struct wb_table *p =
        add_table(&f, "parent", "code varchar(9); name varchar(9); note varchar(9)");
    struct wb_table *c = add_table(&f, "child", "code varchar(9); bin varchar(9)");
    set_flags(p, WB_COLL_CASE_INSENSITIVE | WB_COLL_ACCENT_INSENSITIVE);
    set_flags(c, WB_COLL_CASE_INSENSITIVE | WB_COLL_ACCENT_INSENSITIVE);
    c->columns[1].type.collation_flags = WB_COLL_BINARY;
    p->columns[1].type.collation_flags = WB_COLL_CASE_INSENSITIVE;
    add_index(&f, p, NULL, 0, true);
    add_index(&f, p, "by_name", 1, true);
    add_index(&f, p, "by_note", 2, false);
    add_index(&f, c, "by_bin", 1, true);
    add_fk(&f, c, "child_parent", 0, "parent", "code");
    map(&f);
    assert_int_equal(f.code, WB_OK);
    assert_string_equal(collation_of(&f, 0, 0), "whimbrel_ci_ai");
    assert_string_equal(collation_of(&f, 0, 1), "whimbrel_ci");
    assert_string_equal(collation_of(&f, 0, 2), "");
    assert_string_equal(collation_of(&f, 1, 0), "whimbrel_ci_ai");
    assert_string_equal(collation_of(&f, 1, 1), "");
    assert_non_null(finding(&f, "parent", "note"));
    assert_null(finding(&f, "child", ""));
    done(&f);
}

static void what_the_target_has_not(void **state) {
    (void)state;
    struct fixture f;
    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    struct wb_table *t = add_table(&f, "t", "id int; at datetime");
    t->columns[0].invisible = true;
    t->columns[1].on_update = "current_timestamp()";
    t->system_versioned = true;
    f.source.objects = WB_NEW_N(&f.source.arena, struct wb_object, 2);
    f.source.objects[0] =
        (struct wb_object){.kind = "view", .schema = "shop", .name = "v", .native_sql = "select 1"};
    f.source.objects[1] =
        (struct wb_object){.kind = "trigger", .schema = "shop", .name = "tr", .table = "t"};
    f.source.n_objects = 2;
    map(&f);
    assert_int_equal(f.code, WB_OK);
    assert_non_null(finding(&f, "t.id", "invisible"));
    assert_int_equal(finding(&f, "t.at", "ON UPDATE")->kind, WB_FINDING_NOT_CARRIED);
    assert_non_null(finding(&f, "t", "history"));
    assert_string_equal(finding(&f, "v", "")->object_kind, "view");
    assert_int_equal(finding(&f, "tr", "")->kind, WB_FINDING_NOT_CARRIED);
    assert_int_equal(f.target.n_objects, 0);
    done(&f);
}

static void sqlite_source(struct fixture *f) {
    make(f, &wb_engine_sqlite, &wb_engine_sqlite);
    f->opts.target_max_name_bytes = 0;
    struct wb_table *t = add_table(f, "orders", "id INTEGER; total NUMERIC");
    t->native_sql = "CREATE TABLE orders (id INTEGER, total NUMERIC)";
    add_index(f, t, "by_total", 1, false)->native_sql = "CREATE INDEX by_total ON orders (total)";
    add_table(f, "log", "line TEXT")->native_sql = "CREATE TABLE log (line TEXT)";
    f->source.objects = WB_NEW_N(&f->source.arena, struct wb_object, 3);
    f->source.objects[0] =
        (struct wb_object){.kind = "view",
                           .schema = "main",
                           .name = "v_orders",
                           .native_sql = "CREATE VIEW v_orders AS SELECT * FROM Orders"};
    f->source.objects[1] =
        (struct wb_object){.kind = "view",
                           .schema = "main",
                           .name = "v_other",
                           .native_sql = "CREATE VIEW v_other AS SELECT 1 AS orders_total"};
    f->source.objects[2] = (struct wb_object){
        .kind = "trigger",
        .schema = "main",
        .name = "tr",
        .table = "log",
        .native_sql = "CREATE TRIGGER tr AFTER INSERT ON log BEGIN SELECT 1; END"};
    f->source.n_objects = 3;
}

static void one_engine_keeps_its_own_words(void **state) {
    (void)state;
    struct fixture f;
    sqlite_source(&f);
    map(&f);
    assert_int_equal(f.code, WB_OK);
    assert_non_null(f.target.tables[0].native_sql);
    assert_non_null(f.target.tables[0].indexes[0].native_sql);
    assert_int_equal(f.target.n_objects, 3);
    done(&f);
}

static void own_words_that_would_lie_are_left_out(void **state) {
    (void)state;
    struct fixture f;
    sqlite_source(&f);
    wb_rules_add_rename(f.rules, "orders=sales", &f.err);
    wb_rules_add_exclude(f.rules, "log", &f.err);
    map(&f);
    assert_int_equal(f.code, WB_OK);
    assert_null(f.target.tables[0].native_sql);
    assert_null(f.target.tables[0].indexes[0].native_sql);
    assert_int_equal(f.target.n_objects, 1); /* v_other */
    assert_int_equal(finding(&f, "v_orders", "orders")->kind, WB_FINDING_NOT_CARRIED);
    assert_null(finding(&f, "tr", "")); /* it belongs to a table that nobody asked for */
    done(&f);
}

static void references_of_sqlite(void **state) {
    (void)state;
    struct fixture f;
    make(&f, &wb_engine_sqlite, &wb_engine_postgres);
    struct wb_table *p = add_table(&f, "Parent", "id INTEGER");
    struct wb_table *c = add_table(&f, "child", "p INTEGER");
    add_index(&f, p, NULL, 0, true);
    add_fk(&f, c, NULL, 0, "parent", NULL); /* in another case, and without naming the column */
    map(&f);
    assert_int_equal(f.code, WB_OK);
    const struct wb_foreign_key *fk = &f.target.tables[1].fks[0];
    assert_int_equal(f.target.tables[1].n_fks, 1);
    assert_string_equal(fk->ref_table, "Parent");
    assert_string_equal(fk->ref_columns[0], "id");
    done(&f);
}

static void expressions_become_trees(void **state) {
    (void)state;
    struct fixture f;
    make(&f, &wb_engine_mysql, &wb_engine_postgres);
    struct wb_table *t = add_table(&f, "t", "a int; b int; c int");
    t->columns[0].default_.text = "5";
    t->columns[1].generated = WB_GENERATED_STORED;
    t->columns[1].generated_as.text = "`a` + 1";
    t->columns[2].generated = WB_GENERATED_STORED;
    t->columns[2].generated_as.text = "some_function_of_mysql(`a`)";
    struct wb_check check = {.name = "k", .expr.text = "`a` > 0", .column = -1};
    t->checks = &check;
    t->n_checks = 1;
    map(&f);
    assert_int_equal(f.code, WB_OK);
    const struct wb_table *to = &f.target.tables[0];
    assert_string_equal(to->columns[0].default_.tree->text, "5");
    assert_int_equal(to->columns[1].generated, WB_GENERATED_STORED);
    assert_int_equal(to->columns[2].generated,
                     WB_GENERATED_NONE); /* its values are copied instead */
    assert_non_null(finding(&f, "t.c", "plain column"));
    assert_int_equal(to->checks[0].expr.tree->op, WB_EXPR_BINARY);
    assert_null(t->checks[0].expr.tree); /* the source's catalog is left as it was */
    done(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_and_places),
        cmocka_unit_test(the_data_decides_booleans_and_times),
        cmocka_unit_test(casts),
        cmocka_unit_test(filters_leave_tables_and_their_references_out),
        cmocka_unit_test(references_follow_renames),
        cmocka_unit_test(a_rule_that_matches_nothing_is_an_error),
        cmocka_unit_test(long_names),
        cmocka_unit_test(names_that_meet),
        cmocka_unit_test(reserved_columns_are_refused),
        cmocka_unit_test(enum_type_names),
        cmocka_unit_test(keys_keep_comparing_without_case),
        cmocka_unit_test(what_the_target_has_not),
        cmocka_unit_test(one_engine_keeps_its_own_words),
        cmocka_unit_test(own_words_that_would_lie_are_left_out),
        cmocka_unit_test(references_of_sqlite),
        cmocka_unit_test(expressions_become_trees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
