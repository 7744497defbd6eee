#include "base/str.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void comparing(void **state) {
    (void)state;
    assert_true(wb_str_eq(NULL, NULL));
    assert_false(wb_str_eq("", NULL));
    assert_false(wb_str_eq("a", "A"));
    assert_true(wb_str_ieq("aB", "Ab"));
    assert_false(wb_str_ieq(NULL, "a"));
    assert_true(wb_str_starts("abc", "ab"));
    assert_false(wb_str_starts("a", "ab"));
    assert_true(wb_str_istarts("ABc", "ab"));
    assert_string_equal(wb_str_istr("xxABxx", "ab"), "ABxx");
    assert_null(wb_str_istr("xx", "ab"));
    assert_string_equal(wb_str_istr("", ""), "");
}

static void globs(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"*", "", true},
        {"*", "abc", true},
        {"", "", true},
        {"", "a", false},
        {"a*c", "abc", true},
        {"a*c", "abcd", false},
        {"*.log_*", "shop.log_1", true},
        {"?", "a", true},
        {"?", "", false},
        {"a?c", "abc", true},
        {"a*b*c", "axxbyyc", true},
        {"a*b*c", "axxbyy", false},
        {"*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false},
        {"ABC", "abc", false},
        {"a**", "a", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (wb_str_glob(cases[i].pattern, cases[i].text) != cases[i].match)
            fail_msg("%s against %s", cases[i].pattern, cases[i].text);
}

static void integers(void **state) {
    (void)state;
    int64_t v = 77;
    assert_true(wb_str_int64("-9223372036854775808", INT64_MIN, INT64_MAX, &v));
    assert_true(v == INT64_MIN);
    v = 77;
    static const char *const bad[] = {
        "9223372036854775808", "", "+1", " 1", "1 ", "1x", "x", "0x10", "101", "-1", "-"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(wb_str_int64(bad[i], 0, 100, &v));
        assert_int_equal(v, 77);
    }
    assert_false(wb_str_int64(NULL, 0, 1, &v));
    assert_true(wb_str_int64("100", 0, 100, &v));
    assert_int_equal(v, 100);
}

static void sizes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"0", 0},     {"64", 64},         {"64B", 64},          {"64k", 65536},
                {"1K", 1024}, {"16M", 16u << 20}, {"10MiB", 10u << 20}, {"2G", (uint64_t)2 << 30}};
    static const char *const bad[] = {"",   "M",   "-1",           "1.5M",
                                      "1T", "1 M", "99999999999G", "18446744073709551616"};
    uint64_t v = 0;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(wb_str_bytes(good[i].text, &v));
        assert_int_equal(v, good[i].bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wb_str_bytes(bad[i], &v));
}

static void valid_utf8(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t good;
    } cases[] = {
        {"", 0},
        {"plain text of ASCII, longer than one word", 41},
        {"ñ€😀", 9},
        {"\xF4\x8F\xBF\xBD", 4},
        {"abc\xff", 3},
        {"12345678\xc3", 8},     /* cut short */
        {"\xC0\x80", 0},         /* overlong */
        {"\xE0\x9F\xBF", 0},     /* overlong */
        {"\xF0\x8F\xBF\xBF", 0}, /* overlong */
        {"\xED\xA0\x80", 0},     /* a surrogate */
        {"\xED\x9F\xBF", 3},     /* just below them */
        {"\xF4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\x80", 0},
        {"1234567\xe2\x82\xac"
         "89",
         12}, /* across a word's border */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (wb_str_utf8_valid(cases[i].text, strlen(cases[i].text)) != cases[i].good)
            fail_msg("case %zu", i);
    assert_int_equal(wb_str_utf8_valid("a\0b", 3), 3); /* NUL is UTF-8 */
}

/* Every string of up to three bytes against a slow decoder of code points. */
static void utf8_agrees_with_its_definition(void **state) {
    (void)state;
    for (unsigned c = 0x80; c <= 0x10FFFF; c += c < 0x1000 ? 1 : 61) {
        unsigned char s[4];
        size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (size_t i = n - 1, v = c; i > 0; i--, v >>= 6)
            s[i] = (unsigned char)(0x80 | (v & 0x3F));
        s[0] = (unsigned char)((n == 2 ? 0xC0 : n == 3 ? 0xE0 : 0xF0) | c >> (6 * (n - 1)));
        bool surrogate = c >= 0xD800 && c < 0xE000;
        assert_int_equal(wb_str_utf8_valid(s, n), surrogate ? 0 : n);
        assert_int_equal(wb_str_utf8_valid(s, n - 1), 0);
    }
}

static void quoting(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_str_quote(&b, "it's", 4, '\'');
    wb_str_quote(&b, "a\"b", 3, '"');
    wb_str_quote(&b, "", 0, '`');
    assert_string_equal(wb_buf_str(&b), "'it''s'\"a\"\"b\"``");
}

static void numbers_for_people(void **state) {
    (void)state;
    char to[32];
    assert_string_equal(wb_str_human_bytes(17, to, sizeof to), "17 B");
    assert_string_equal(wb_str_human_bytes(999, to, sizeof to), "999 B");
    assert_string_equal(wb_str_human_bytes(340000, to, sizeof to), "340 kB");
    assert_string_equal(wb_str_human_bytes(1234567890, to, sizeof to), "1.2 GB");
    assert_string_equal(wb_str_human_bytes(UINT64_MAX, to, sizeof to), "18.4 EB");
    assert_string_equal(wb_str_human_count(0, to, sizeof to), "0");
    assert_string_equal(wb_str_human_count(999, to, sizeof to), "999");
    assert_string_equal(wb_str_human_count(1234567, to, sizeof to), "1,234,567");
    assert_string_equal(wb_str_human_count(UINT64_MAX, to, sizeof to),
                        "18,446,744,073,709,551,615");
    assert_string_equal(wb_str_human_ms(420, to, sizeof to), "0.42 s");
    assert_string_equal(wb_str_human_ms(12340, to, sizeof to), "12.3 s");
    assert_string_equal(wb_str_human_ms(187000, to, sizeof to), "3 min 07 s");
    assert_string_equal(wb_str_human_ms(7500000, to, sizeof to), "2 h 05 min");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing),  cmocka_unit_test(globs),
        cmocka_unit_test(integers),   cmocka_unit_test(sizes),
        cmocka_unit_test(valid_utf8), cmocka_unit_test(utf8_agrees_with_its_definition),
        cmocka_unit_test(quoting),    cmocka_unit_test(numbers_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
