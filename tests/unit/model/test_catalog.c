#include "model/catalog.h"

#include "model/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void tables_and_columns_by_name(void **state) {
    (void)state;
    struct wb_column columns[] = {{.name = "id"}, {.name = "Total"}};
    struct wb_table tables[] = {{.schema = "a", .name = "t", .columns = columns, .n_columns = 2},
                                {.schema = "b", .name = "t"}};
    struct wb_catalog c = {.tables = tables, .n_tables = 2};
    assert_ptr_equal(wb_catalog_find_table(&c, "b", "t"), &tables[1]);
    assert_ptr_equal(wb_catalog_find_table(&c, NULL, "t"), &tables[0]);
    assert_null(wb_catalog_find_table(&c, "c", "t"));
    assert_null(wb_catalog_find_table(&c, NULL, "T"));
    assert_int_equal(wb_table_find_column(&tables[0], "Total"), 1);
    assert_int_equal(wb_table_find_column(&tables[0], "total"), -1);
}

/* A table of two columns with one index that is then spoiled in every way. */
struct keyed {
    struct wb_column columns[2];
    struct wb_index_part parts[2];
    struct wb_index index;
    struct wb_table table;
};

static struct keyed *make(struct keyed *k) {
    *k = (struct keyed){
        .columns = {{.name = "a", .not_null = true}, {.name = "b", .not_null = true}},
        .parts = {{.column = 0}, {.column = 1}},
        .index = {.name = "u", .unique = true, .n_parts = 2}};
    k->index.parts = k->parts;
    k->table = (struct wb_table){
        .name = "t", .columns = k->columns, .n_columns = 2, .indexes = &k->index, .n_indexes = 1};
    return k;
}

static void a_replica_key_finds_one_row(void **state) {
    (void)state;
    struct keyed k;
    assert_ptr_equal(wb_table_replica_key(&make(&k)->table), &k.index);
    make(&k)->index.unique = false;
    assert_null(wb_table_replica_key(&k.table));
    make(&k)->columns[1].not_null = false;
    assert_null(wb_table_replica_key(&k.table));
    make(&k)->parts[1].prefix_length = 5;
    assert_null(wb_table_replica_key(&k.table));
    make(&k)->parts[1].column = -1;
    assert_null(wb_table_replica_key(&k.table));
    make(&k)->index.where.text = "a > 0";
    assert_null(wb_table_replica_key(&k.table));
    make(&k)->table.n_indexes = 0;
    assert_null(wb_table_replica_key(&k.table));
}

static void the_primary_key_comes_before_other_unique_ones(void **state) {
    (void)state;
    struct keyed k;
    make(&k);
    struct wb_index indexes[] = {k.index,
                                 {.primary = true, .unique = true, .parts = k.parts, .n_parts = 1}};
    k.table.indexes = indexes;
    k.table.n_indexes = 2;
    assert_ptr_equal(wb_table_primary_key(&k.table), &indexes[1]);
    assert_ptr_equal(wb_table_replica_key(&k.table), &indexes[1]);
    indexes[1].parts = &(struct wb_index_part){
        .column = 0, .prefix_length = 3}; /* a primary key over a prefix finds no row */
    assert_ptr_equal(wb_table_replica_key(&k.table), &indexes[0]);
}

static void a_catalog_may_live_in_its_own_arena(void **state) {
    (void)state;
    struct wb_catalog c = {0};
    c.schema = wb_arena_strdup(&c.arena, "main");
    wb_catalog_done(&c);
    assert_null(c.schema);
    wb_catalog_done(&c);
    wb_catalog_done(NULL);
}

static void findings_copy_what_they_are_given(void **state) {
    (void)state;
    struct wb_arena a = {0};
    struct wb_findings f = {0};
    char object[] = "orders.total";
    for (int i = 0; i < 20; i++)
        wb_findings_add(&f, &a, WB_WARNING, WB_FINDING_RISK, "column", object, NULL, "number %d",
                        i);
    memset(object, 'x', sizeof object - 1);
    assert_int_equal(f.n, 20);
    assert_string_equal(f.items[19].text, "number 19");
    assert_string_equal(f.items[0].object, "orders.total");
    assert_null(f.items[0].hint);
    assert_string_equal(wb_severity_word(WB_NOTE), "note");
    assert_string_equal(wb_finding_kind_word(WB_FINDING_NOT_CARRIED), "not_carried");
    wb_arena_done(&a);
}

static void ranges_have_words(void **state) {
    (void)state;
    for (int k = WB_RANGE_ALL; k <= WB_RANGE_PAGES; k++)
        assert_int_equal(wb_range_kind_parse(wb_range_kind_word((enum wb_range_kind)k)), k);
    assert_int_equal(wb_range_kind_parse("none"), -1);
}

static void integer_types_have_bounds(void **state) {
    (void)state;
    struct wb_type t = {.kind = WB_KIND_INT, .size_bytes = 1};
    assert_int_equal(wb_type_int_min(&t), -128);
    assert_int_equal(wb_type_int_max(&t), 127);
    t.size_bytes = 3;
    assert_int_equal(wb_type_int_min(&t), -8388608);
    t.size_bytes = 8;
    assert_true(wb_type_int_min(&t) == INT64_MIN && wb_type_int_max(&t) == INT64_MAX);
    t = (struct wb_type){.kind = WB_KIND_UINT, .size_bytes = 4};
    assert_int_equal(wb_type_int_min(&t), 0);
    assert_true(wb_type_int_max(&t) == UINT32_MAX);
}

static void texts_and_floats_are_no_keys_to_cut_by(void **state) {
    (void)state;
    static const enum wb_kind yes[] = {WB_KIND_INT,  WB_KIND_UINT,    WB_KIND_BYTES,
                                       WB_KIND_DATE, WB_KIND_DECIMAL, WB_KIND_TIMESTAMP};
    static const enum wb_kind no[] = {WB_KIND_TEXT, WB_KIND_FLOAT, WB_KIND_ENUM, WB_KIND_ANY,
                                      WB_KIND_OTHER};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(wb_type_c_ordered(&(struct wb_type){.kind = yes[i]}));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(wb_type_c_ordered(&(struct wb_type){.kind = no[i]}));
    assert_string_equal(wb_kind_name(WB_KIND_TIMESTAMPTZ), "timestamp with time zone");
    assert_string_equal(wb_kind_name((enum wb_kind)99), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_and_columns_by_name),
        cmocka_unit_test(a_replica_key_finds_one_row),
        cmocka_unit_test(the_primary_key_comes_before_other_unique_ones),
        cmocka_unit_test(a_catalog_may_live_in_its_own_arena),
        cmocka_unit_test(findings_copy_what_they_are_given),
        cmocka_unit_test(ranges_have_words),
        cmocka_unit_test(integer_types_have_bounds),
        cmocka_unit_test(texts_and_floats_are_no_keys_to_cut_by),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
