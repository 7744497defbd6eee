/* Literals as they are written, and that floats are the same bit by bit when SQLite reads them. */
#include "unit/engines/sqlite/fixture.h"

#include <float.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>

#define TEXT(s) wb_cell_text(s, sizeof(s) - 1)

static const struct wb_type any = {.kind = WB_KIND_ANY, .native = ""};

static void expect(struct wb_cell c, const char *want) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    bool ok = wb_engine_sqlite.verify->literal(&b, &any, &c);
    assert_int_equal(ok, want != NULL);
    if (want)
        assert_string_equal(wb_buf_str(&b), want);
}

static void each_storage_class_has_its_own(void **state) {
    (void)state;
    expect(wb_cell_null(), "NULL");
    expect(wb_cell_int(42), "42");
    expect(wb_cell_int(INT64_MIN), "-9223372036854775808");
    expect(wb_cell_uint(UINT64_MAX), NULL);
    expect(wb_cell_double(42), "42.0");
    expect(wb_cell_double(0.5), "0.5");
    expect(wb_cell_double(0.1), "0.10000000000000001");
    expect(wb_cell_double(INFINITY), "9e999");
    expect(wb_cell_double(-INFINITY), "-9e999");
    expect(wb_cell_double(NAN), NULL);
    expect(wb_cell_double(DBL_TRUE_MIN),
           "(CAST(1 AS REAL)/4611686018427387904/4611686018427387904/4611686018427387904/"
           "4611686018427387904/4611686018427387904/4611686018427387904/4611686018427387904/"
           "4611686018427387904/4611686018427387904/4611686018427387904/4611686018427387904/"
           "4611686018427387904/4611686018427387904/4611686018427387904/4611686018427387904/"
           "4611686018427387904/4611686018427387904/1048576)");
    expect(TEXT("it's"), "'it''s'");
    expect(TEXT("42"), "'42'");
    expect(TEXT("a\0b\0"), "('a'||char(0)||'b'||char(0)||'')");
    expect(wb_cell_bytes("\0\xff", 2), "x'00FF'");
    expect(wb_cell_bytes("", 0), "x''");
    expect(wb_cell_invalid("x", 1, WB_ISSUE_UTF8), NULL);
}

static void assert_exact(sqlite3 *db, double d) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_cell cell = wb_cell_double(d);
    sqlite3_stmt *s = NULL;
    wb_buf_adds(&sql, "SELECT ");
    assert_true(wb_engine_sqlite.verify->literal(&sql, &any, &cell));
    assert_int_equal(sqlite3_prepare_v2(db, wb_buf_str(&sql), -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_int_equal(sqlite3_column_type(s, 0), SQLITE_FLOAT);
    double is = sqlite3_column_double(s, 0);
    sqlite3_finalize(s);
    if (memcmp(&is, &d, sizeof d) != 0 && d != 0)
        fail_msg("%a becomes %a by %s", d, is, wb_buf_str(&sql));
}

/* A fixed sequence over all exponents (splitmix64, https://prng.di.unimi.it/splitmix64.c). */
static void floats_are_exact(void **state) {
    (void)state;
    sqlite3 *db = NULL;
    const double edges[] = {0.0,    DBL_MIN, DBL_MAX, -DBL_MAX, DBL_TRUE_MIN,       0.1,    1.0 / 3,
                            1e-270, 9e-271,  1e280,   1.1e280,  0x1p-1022,          0x1p62, 1e15,
                            1e16,   1e17,    1e22,    1e23,     9007199254740993.0, -0.3};
    uint64_t seed = 42;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
        assert_exact(db, edges[i]);
    for (int i = 0; i < 20000; i++) {
        uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        z ^= z >> 31;
        double d;
        memcpy(&d, &z, sizeof d);
        if (isfinite(d))
            assert_exact(db, d);
    }
    sqlite3_close(db);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_storage_class_has_its_own),
        cmocka_unit_test(floats_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
