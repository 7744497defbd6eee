#include "unit/engines/sqlite/fixture.h"

#include <stdlib.h>
#include <string.h>

struct parts {
    struct wb_range *ranges;
    size_t n;
    uint64_t least, most, rows; /* of one range, and of all together */
};

static uint64_t read_range(struct sqlite_fixture *f, struct wb_conn *c, const struct wb_table *t,
                           struct wb_range range, const char *where, bool ordered, char *into) {
    uint32_t column = 0;
    struct wb_read_spec spec = {.table = t,
                                .columns = &column,
                                .n_columns = 1,
                                .range = range,
                                .where = where,
                                .ordered = ordered};
    struct wb_cursor *cur = NULL;
    struct wb_batch b;
    uint64_t rows = 0;
    wb_batch_init(&b, 1, 100, 1 << 20);
    sqlite_ok(f, c->engine->read->open(c, &spec, &cur, &f->err));
    do {
        sqlite_ok(f, c->engine->read->next(cur, &b, &f->err));
        for (uint32_t i = 0; into && i < b.n_rows; i++)
            into[wb_batch_row(&b, i)->i]++;
        rows += b.n_rows;
    } while (b.n_rows);
    c->engine->read->done(cur);
    wb_batch_done(&b);
    return rows;
}

/* Splits table t of s.db and reads every range: together they must hold each row once. */
static struct parts split(struct sqlite_fixture *f, struct wb_conn *c, const struct wb_table *t,
                          uint64_t chunk_rows) {
    struct parts p = {.least = UINT64_MAX};
    sqlite_ok(f, c->engine->read->split(c, t, chunk_rows, &f->arena, &p.ranges, &p.n, &f->err));
    assert_true(p.n > 0);
    assert_null(p.ranges[0].lower);
    assert_null(p.ranges[p.n - 1].upper);
    for (size_t i = 0; i < p.n; i++) {
        uint64_t n = read_range(f, c, t, p.ranges[i], NULL, false, NULL);
        if (i > 0)
            assert_string_equal(p.ranges[i].lower, p.ranges[i - 1].upper);
        p.rows += n;
        p.least = n < p.least ? n : p.least;
        p.most = n > p.most ? n : p.most;
    }
    return p;
}

static struct parts split_made_by(struct sqlite_fixture *f, const char *sql, uint64_t chunk_rows) {
    struct wb_catalog cat;
    sqlite_app(f, "s.db", sql);
    struct wb_conn *c = sqlite_open(f, "s.db", WB_SIDE_SOURCE);
    sqlite_describe(f, c, &cat);
    struct parts p = split(f, c, &cat.tables[0], chunk_rows);
    assert_int_equal(p.rows, strtoull(sqlite_value(f, c, "SELECT count(*) FROM t"), NULL, 10));
    wb_catalog_done(&cat);
    wb_conn_close(c);
    return p;
}

#define FILL(count, insert)                                                            \
    "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < " count \
    " - 1) INSERT INTO t SELECT " insert " FROM n;"

static void dense_keys_are_cut_evenly(void **state) {
    struct parts p = split_made_by(
        *state, "CREATE TABLE t (id INTEGER PRIMARY KEY, a);" FILL("100000", "i + 7, i"), 10000);
    assert_int_equal(p.ranges[0].kind, WB_RANGE_KEY);
    assert_int_equal(p.n, 10);
    assert_int_equal(p.most, 10000);
    assert_true(p.least >= 9900);
}

static void gaps_are_measured(void **state) {
    struct parts p = split_made_by(
        *state, "CREATE TABLE t (id INTEGER PRIMARY KEY);" FILL("50000", "-1000000 + i * 4"), 5000);
    assert_in_range(p.n, 9, 12);
    assert_in_range(p.most, 4500, 5600);
}

static void lumps_are_walked(void **state) {
    struct parts p = split_made_by(
        *state,
        "CREATE TABLE t (id INTEGER PRIMARY KEY);" FILL(
            "20000", "i") "INSERT INTO t VALUES (-9223372036854775808), (9223372036854775807);",
        1000);
    assert_int_equal(p.ranges[0].kind, WB_RANGE_KEY);
    assert_in_range(p.n, 20, 21);
    assert_int_equal(p.most, 1000);
}

static void small_tables_are_one_piece(void **state) {
    struct sqlite_fixture *f = *state;
    assert_int_equal(split_made_by(f, "CREATE TABLE t (id INTEGER PRIMARY KEY)", 10).n, 1);
    assert_int_equal(split_made_by(f, "INSERT INTO t VALUES (-5)", 10).n, 1);
}

static void tables_without_integer_key_are_cut_by_rowid(void **state) {
    struct parts p =
        split_made_by(*state, "CREATE TABLE t (rowid TEXT, a);" FILL("30000", "'x', NULL"), 10000);
    assert_int_equal(p.ranges[0].kind, WB_RANGE_PAGES);
    assert_int_equal(p.n, 3);
}

static void a_table_whose_rowid_is_hidden_is_one_piece(void **state) {
    struct parts p =
        split_made_by(*state, "CREATE TABLE t (rowid, oid, _rowid_);" FILL("3000", "i, i, i"), 100);
    assert_int_equal(p.n, 1);
    assert_int_equal(p.ranges[0].kind, WB_RANGE_ALL);
}

static void text_keys_are_walked_in_their_own_order(void **state) {
    struct parts p =
        split_made_by(*state,
                      "CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID;" FILL(
                          "5000", "char(65 + i % 7, 98 + i) || i"),
                      500);
    assert_int_equal(p.ranges[0].kind, WB_RANGE_KEY);
    assert_in_range(p.n, 8, 10);
    assert_in_range(p.most, 400, 1000);
}

static void numbers_in_text_keys_stay_text(void **state) {
    struct parts p =
        split_made_by(*state,
                      "CREATE TABLE t (k VARCHAR(9), x, PRIMARY KEY (k, x)) WITHOUT ROWID;" FILL(
                          "5000", "i / 3, i"),
                      500);
    assert_in_range(p.n, 9, 10);
    assert_in_range(p.most, 400, 600);
}

static void byte_keys_are_bound_as_hex(void **state) {
    struct parts p = split_made_by(*state,
                                   "CREATE TABLE t (k BLOB PRIMARY KEY) WITHOUT ROWID;" FILL(
                                       "5000", "CAST(char(i % 90) || i AS BLOB)"),
                                   500);
    assert_int_equal(p.ranges[0].kind, WB_RANGE_KEY);
    assert_memory_equal(p.ranges[0].upper, "0x", 2);
    assert_int_equal(p.n, 10);
    assert_int_equal(p.most, 500);
}

static void keys_of_several_classes_are_one_piece(void **state) {
    struct sqlite_fixture *f = *state;
    struct parts p = split_made_by(
        f,
        "CREATE TABLE t (k PRIMARY KEY) WITHOUT ROWID;" FILL(
            "900", "i") "INSERT INTO t SELECT 'x' || k FROM t; INSERT INTO t VALUES (x'00'), (1.5)",
        100);
    assert_int_equal(p.n, 1);
}

static void predicate_and_order(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog cat;
    sqlite_app(f, "s.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a);" FILL("100", "99 - i, i"));
    struct wb_conn *c = sqlite_open(f, "s.db", WB_SIDE_SOURCE);
    sqlite_describe(f, c, &cat);
    char seen[100] = {0};
    struct wb_range some = {WB_RANGE_KEY, "10", "20"};
    assert_int_equal(read_range(f, c, &cat.tables[0], some, "a % 2 = 0 OR a % 2 = 1", true, seen),
                     10);
    assert_int_equal(seen[9] + seen[20], 0);
    assert_int_equal(seen[10], 1);
    assert_int_equal(seen[19], 1);
    assert_int_equal(read_range(f, c, &cat.tables[0], some, "a % 2 = 0", false, NULL), 5);
    wb_catalog_done(&cat);
    wb_conn_close(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_setup, sqlite_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(dense_keys_are_cut_evenly),
        TEST(gaps_are_measured),
        TEST(lumps_are_walked),
        TEST(small_tables_are_one_piece),
        TEST(tables_without_integer_key_are_cut_by_rowid),
        TEST(a_table_whose_rowid_is_hidden_is_one_piece),
        TEST(text_keys_are_walked_in_their_own_order),
        TEST(numbers_in_text_keys_stay_text),
        TEST(byte_keys_are_bound_as_hex),
        TEST(keys_of_several_classes_are_one_piece),
        TEST(predicate_and_order),
    };
    return cmocka_run_group_tests_name("sqlite split", tests, NULL, NULL);
}
