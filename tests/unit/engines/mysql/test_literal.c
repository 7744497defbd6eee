/* Literals as they are written; that they find and store their values is the conformance suite's
 * to show. Here also: what a key's literal must not cost. */
#include "unit/engines/mysql/live_mysql.h"

#include "base/str.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool live;

static int start(void **state) {
    (void)state;
    live = live_mysql_start("whimbrel_unit_literal");
    return 0;
}

static int stop(void **state) {
    (void)state;
    live_mysql_stop();
    return 0;
}

#define T(name, ...)                                        \
    (struct wb_type) {                                      \
        .kind = WB_KIND_##name, .native = "", ##__VA_ARGS__ \
    }
#define TEXT(s) wb_cell_text(s, sizeof(s) - 1)

static void expect(struct wb_type t, struct wb_cell c, const char *want) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    bool ok = wb_engine_mysql.verify->literal(&b, &t, &c);
    if (!want) {
        assert_false(ok);
        assert_int_equal(b.len, 0);
        return;
    }
    assert_true(ok);
    assert_string_equal(wb_buf_str(&b), want);
}

static void numbers(void **state) {
    (void)state;
    expect(T(INT, .size_bytes = 8), wb_cell_null(), "NULL");
    expect(T(INT, .size_bytes = 8), wb_cell_int(INT64_MIN), "-9223372036854775808");
    expect(T(UINT, .size_bytes = 8), wb_cell_uint(UINT64_MAX), "18446744073709551615");
    expect(T(INT, .size_bytes = 4), TEXT("-42"), "-42");
    expect(T(INT, .size_bytes = 4), TEXT("1.5"), NULL);
    expect(T(INT, .size_bytes = 4), TEXT("1 OR 1=1"), NULL);
    expect(T(INT, .size_bytes = 4), TEXT(""), NULL);
    expect(T(DECIMAL, .precision = 5, .scale = 2), TEXT("-0.50"), "-0.50");
    expect(T(DECIMAL, .precision = 5, .scale = 2), TEXT("NaN"), NULL);
    expect(T(DECIMAL), TEXT("1e5"), NULL);
    expect(T(FLOAT, .size_bytes = 8), wb_cell_double(0.1), "0.1e0");
    expect(T(FLOAT, .size_bytes = 8), wb_cell_double(1e300), "1e+300");
    expect(T(FLOAT, .size_bytes = 4), wb_cell_double((double)0.1f), "0.10000000149011612e0");
    expect(T(FLOAT, .size_bytes = 8), wb_cell_double(NAN), NULL);
    expect(T(FLOAT, .size_bytes = 8), wb_cell_double(-INFINITY), NULL);
    expect(T(BIT, .length = 64), wb_cell_uint(UINT64_MAX), "18446744073709551615");
    expect(T(BIT, .length = 4), TEXT("1010"), "10");
    expect(T(YEAR), wb_cell_int(0), "0");
}

/* A number that is not quoted would make the server compare texts as numbers. */
static void texts(void **state) {
    (void)state;
    expect(T(TEXT), wb_cell_int(42), "'42'");
    expect(T(TEXT), wb_cell_uint(UINT64_MAX), "'18446744073709551615'");
    expect(T(TEXT), TEXT("it's a \\ \"b\""), "'it\\'s a \\\\ \"b\"'");
    expect(T(TEXT), TEXT("a\0b"), "'a\\0b'");
    expect(T(TEXT), TEXT(""), "''");
    expect(T(TEXT), TEXT("\xff"), NULL);
    expect(T(TEXT), wb_cell_invalid("\xff", 1, WB_ISSUE_UTF8), NULL);
    expect(T(ENUM), TEXT("new"), "'new'");
    expect(T(ENUM), wb_cell_invalid("", 0, WB_ISSUE_RANGE), NULL);
    expect(T(JSON), TEXT("[1]"), "/*!80000 CAST(*/'[1]'/*!80000 AS JSON)*/");
    expect(T(BYTES), wb_cell_bytes("\0\xff'", 3), "x'00FF27'");
    expect(T(BYTES), wb_cell_bytes("", 0), "x''");
    expect(T(UUID),
           wb_cell_bytes("\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\0\0", 16),
           "'123e4567-e89b-12d3-a456-426614170000'");
    expect(T(UUID), wb_cell_bytes("\x12", 1), NULL);
}

static void moments(void **state) {
    (void)state;
    expect(T(DATE), wb_cell_int(0), "'1970-01-01'");
    expect(T(DATE), wb_cell_int(-719162), "'0001-01-01'");
    expect(T(DATE), wb_cell_int(-719163), NULL);
    expect(T(DATE), wb_cell_int(2932896), "'9999-12-31'");
    expect(T(DATE), wb_cell_int(2932897), NULL);
    expect(T(DATE), wb_cell_int(WB_INFINITY), NULL);
    expect(T(DATE), wb_cell_invalid("0000-00-00", 10, WB_ISSUE_ZERO_DATE), "'0000-00-00'");
    expect(T(TIME), wb_cell_int(-1), "'-00:00:00.000001'");
    expect(T(TIME), wb_cell_int(INT64_C(3020399999999)), "'838:59:59.999999'");
    expect(T(TIMESTAMP), wb_cell_int(-1), "'1969-12-31 23:59:59.999999'");
    expect(T(TIMESTAMPTZ), wb_cell_int(0), "'1970-01-01 00:00:00.000000'");
    expect(T(TIMESTAMPTZ), TEXT("2024-01-01 10:00:00+00"), "'2024-01-01 10:00:00'");
}

/* The server converts the literal to the column's charset, not the column to the literal's. */
static void text_keys_are_found_by_their_index(void **state) {
    (void)state;
    static const char *const charsets[] = {"utf8mb4", "utf8mb3", "latin1", "ascii", "utf16", "gbk"};
    if (!live)
        skip();
    for (size_t i = 0; i < sizeof charsets / sizeof charsets[0]; i++) {
        live_mysql_run("CREATE OR REPLACE TABLE t (k varchar(20) CHARACTER SET %s NOT NULL PRIMARY "
                       "KEY, pad int) ENGINE=InnoDB",
                       charsets[i]);
        live_mysql_run("INSERT INTO t SELECT seq, seq FROM seq_1_to_200");
        WB_CLEANUP_BUF struct wb_buf b = {0};
        struct wb_cell cell = TEXT("142");
        assert_true(wb_engine_mysql.verify->literal(&b, &T(TEXT), &cell));
        const char *plan =
            live_mysql_ask("EXPLAIN FORMAT=JSON SELECT pad FROM t WHERE k = %s", wb_buf_str(&b));
        if (!strstr(plan, "\"access_type\": \"const\""))
            fail_msg("%s: %s", charsets[i], plan);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(texts),
        cmocka_unit_test(moments),
        cmocka_unit_test(text_keys_are_found_by_their_index),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
