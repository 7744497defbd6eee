/* Literals as they are written; that they find and store their values is the conformance suite's
 * to show. */
#include "engines/postgres/postgres.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define T(name, ...)                                        \
    (struct wb_type) {                                      \
        .kind = WB_KIND_##name, .native = "", ##__VA_ARGS__ \
    }
#define TEXT(s) wb_cell_text(s, sizeof(s) - 1)

static void expect(struct wb_type t, struct wb_cell c, const char *want) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    bool ok = wb_engine_postgres.verify->literal(&b, &t, &c);
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
    expect(T(BOOL), wb_cell_null(), "NULL");
    expect(T(BOOL), wb_cell_int(1), "true");
    expect(T(BOOL), wb_cell_int(2), NULL);
    expect(T(INT, .size_bytes = 8), wb_cell_int(-42), "-42");
    expect(T(INT, .size_bytes = 8), wb_cell_int(INT64_MIN), "'-9223372036854775808'");
    expect(T(DECIMAL), wb_cell_uint(UINT64_MAX), "18446744073709551615");
    expect(T(DECIMAL), TEXT("-0.50"), "-0.50");
    expect(T(DECIMAL), TEXT("NaN"), "'NaN'");
    expect(T(DECIMAL), TEXT("-Infinity"), "'-Infinity'");
    expect(T(DECIMAL), TEXT("1; DROP"), NULL);
    expect(T(INT, .size_bytes = 4), TEXT("1.5"), NULL);
    expect(T(FLOAT, .size_bytes = 4), wb_cell_double((double)0.1f), "'0.1'");
    expect(T(FLOAT, .size_bytes = 8), wb_cell_double(0.1), "'0.1'");
    expect(T(FLOAT, .size_bytes = 8), wb_cell_double(NAN), "'NaN'");
    expect(T(FLOAT, .size_bytes = 8), wb_cell_double(-INFINITY), "'-Infinity'");
    expect(T(BIT, .length = 4, .fixed = true), wb_cell_int(5), "B'0101'");
    expect(T(BIT), TEXT(""), "B''");
    expect(T(BIT), TEXT("012"), NULL);
}

static void texts(void **state) {
    (void)state;
    expect(T(TEXT), TEXT("it's a \\"), "'it''s a \\'");
    expect(T(TEXT), wb_cell_int(42), "'42'");
    expect(T(TEXT), TEXT("a\0b"), NULL);
    expect(T(TEXT), TEXT("\xff"), NULL);
    expect(T(TEXT), wb_cell_invalid("x", 1, WB_ISSUE_UTF8), NULL);
    expect(T(BYTES), wb_cell_bytes("\0\xff'", 3), "'\\x00ff27'::bytea");
    expect(T(BYTES), wb_cell_bytes("", 0), "'\\x'::bytea");
    expect(T(UUID),
           wb_cell_bytes("\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\0\0", 16),
           "'123e4567-e89b-12d3-a456-426614170000'");
    expect(T(SET), TEXT("a,b c"), "'{\"a\",\"b c\"}'");
    expect(T(SET), TEXT(""), "'{}'");
    expect(T(ARRAY), TEXT("{1,NULL}"), "'{1,NULL}'");
    expect(T(ENUM), TEXT("it's"), "'it''s'");
    expect(T(INET), TEXT("::1"), "'::1'");
}

static void moments(void **state) {
    (void)state;
    expect(T(DATE), wb_cell_int(0), "'1970-01-01'");
    expect(T(DATE), wb_cell_int(-719163), "'0001-12-31 BC'");
    expect(T(DATE), wb_cell_int(WB_INFINITY), "'infinity'");
    expect(T(TIME), wb_cell_int(INT64_C(86400000000)), "'24:00:00'");
    expect(T(TIMESTAMP), wb_cell_int(-WB_INFINITY), "'-infinity'");
    expect(T(TIMESTAMP), wb_cell_int(-1), "'1969-12-31 23:59:59.999999'");
    expect(T(TIMESTAMPTZ), wb_cell_int(500000), "'1970-01-01 00:00:00.500000+00'");
    expect(T(TIMESTAMPTZ), wb_cell_int(INT64_C(-62135596800000001)),
           "'0001-12-31 23:59:59.999999+00 BC'");
    expect(T(INTERVAL), TEXT("1 -2 3"), "'1 months -2 days 00:00:00.000003'");
    expect(T(INTERVAL), wb_cell_int(-INT64_C(3020399000001)), "'-838:59:59.000001'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(texts),
        cmocka_unit_test(moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
