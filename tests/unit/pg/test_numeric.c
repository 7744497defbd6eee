/* numeric on the wire, there and back. The bytes of known values are those that numeric_send() of a
 * server gave. */
#include "pg/numeric.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text, *wire, *back;
} known[] = {
    {"0", "0000000000000000", "0"},
    {"-0", "0000000000000000", "0"},
    {"1", "00010000000000000001", "1"},
    {"-1", "00010000400000000001", "-1"},
    {"10000", "00010001000000000001", "10000"},
    {"1.5", "000200000000000100011388", "1.5"},
    {"-12345.678", "0003000140000003000109291a7c", "-12345.678"},
    {"0.0001", "0001ffff000000040001", "0.0001"},
    {"0.00001", "0001fffe0000000503e8", "0.00001"},
    {"0.00", "0000000000000002", "0.00"},
    {"000123.4500",
     "00020000000000"
     "04007b1194",
     "123.4500"},
    {".5", "0001ffff000000011388", "0.5"},
    {"NaN", "00000000c0000000", "NaN"},
    {"Infinity", "00000000d0000000", "Infinity"},
    {"-Infinity", "00000000f0000000", "-Infinity"},
};

static void hex(const unsigned char *p, size_t n, char *to) {
    for (size_t i = 0; i < n; i++)
        sprintf(to + 2 * i, "%02x", p[i]);
}

static void test_known(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        unsigned char wire[64], text[64];
        char shown[129] = "";
        size_t n = wb_pg_numeric_from_text((const unsigned char *)known[i].text,
                                           strlen(known[i].text), wire);
        hex(wire, n, shown);
        assert_string_equal(shown, known[i].wire);
        assert_true(wb_pg_numeric_text_room(wire, n) <= sizeof text);
        size_t len = wb_pg_numeric_to_text(wire, text);
        text[len] = 0;
        assert_string_equal((char *)text, known[i].back);
    }
}

static void test_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",   "-",   ".",   "1e5", "1.2.3", " 1",
                                      "1 ", "abc", "--1", "nan", "1,5"};
    unsigned char wire[64];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(
            wb_pg_numeric_from_text((const unsigned char *)bad[i], strlen(bad[i]), wire), 0);
}

static void same(int64_t v) {
    unsigned char a[WB_PG_NUMERIC_INT_BYTES], b[64];
    char text[32];
    int len = snprintf(text, sizeof text, "%lld", (long long)v);
    size_t n = wb_pg_numeric_from_int(v, a),
           m = wb_pg_numeric_from_text((unsigned char *)text, (size_t)len, b);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n);
}

static void test_integers(void **state) {
    (void)state;
    same(0);
    same(INT64_MIN);
    same(INT64_MAX);
    for (int64_t v = 1; v > 0 && v < INT64_MAX / 10; v *= 10) {
        same(v);
        same(v - 1);
        same(-v);
        same(v + 7);
    }
    unsigned char wire[WB_PG_NUMERIC_INT_BYTES], text[64];
    wb_pg_numeric_from_uint(UINT64_MAX, wire);
    text[wb_pg_numeric_to_text(wire, text)] = 0;
    assert_string_equal((char *)text, "18446744073709551615");
}

/* Random digits of any length come back as they were. */
static void test_round_trip(void **state) {
    (void)state;
    srand(1);
    for (int round = 0; round < 20000; round++) {
        char text[160];
        int n = 0, whole = rand() % 70, fraction = rand() % 40;
        if (rand() % 2)
            text[n++] = '-';
        text[n++] = (char)('1' + rand() % 9);
        for (int i = 0; i < whole; i++)
            text[n++] = (char)(rand() % 3 ? '0' + rand() % 10 : '0');
        if (fraction)
            text[n++] = '.';
        for (int i = 0; i < fraction; i++)
            text[n++] = (char)(rand() % 3 ? '0' + rand() % 10 : '0');
        text[n] = 0;
        unsigned char wire[200], back[400];
        size_t len = wb_pg_numeric_from_text((unsigned char *)text, (size_t)n, wire);
        assert_true(len && len <= wb_pg_numeric_room((size_t)n));
        size_t room = wb_pg_numeric_text_room(wire, len), got = wb_pg_numeric_to_text(wire, back);
        assert_true(got <= room);
        back[got] = 0;
        assert_string_equal((char *)back, text);
    }
}

static void test_malformed(void **state) {
    (void)state;
    unsigned char wire[64];
    size_t n = wb_pg_numeric_from_text((const unsigned char *)"12345.6", 7, wire);
    for (size_t cut = 0; cut < n; cut++)
        assert_int_equal(wb_pg_numeric_text_room(wire, cut), 0);
    wire[8] = 0x7F; /* a digit above 9999 */
    assert_int_equal(wb_pg_numeric_text_room(wire, n), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_integers),  cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
