#include "plan/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *shown(struct wb_decimal d) {
    static char text[64];
    struct wb_buf b = {0};
    wb_decimal_put(&b, d);
    strncpy(text, wb_buf_str(&b), sizeof text - 1);
    wb_buf_done(&b);
    return text;
}

static bool parse(const char *s, struct wb_decimal *d) {
    return wb_decimal_parse(s, strlen(s), d);
}

static void numbers(void **state) {
    (void)state;
    struct wb_decimal d;
    static const struct {
        const char *text, *want;
    } good[] = {
        {"5,000", "5000"},  {"0.10", "0.1"}, {"1,234,567.50", "1234567.5"},         {"007", "7"},
        {"0.005", "0.005"}, {"100", "100"},  {"999999999999999", "999999999999999"}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(parse(good[i].text, &d));
        assert_string_equal(shown(d), good[i].want);
    }
    static const char *const bad[] = {
        "",   "1,00",     "1,0000",          "0,1", ",100", "1.", ".5", "1..2",
        "1x", "1234,567", "9999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(parse(bad[i], &d));
}

static void percents_are_exact_ratios(void **state) {
    (void)state;
    struct wb_decimal d, other;
    assert_true(parse("0.005", &d));
    wb_decimal_percent(&d);
    assert_string_equal(shown(d), "0.00005");
    wb_decimal_scale(&d, 100);
    assert_string_equal(shown(d), "0.005");
    assert_true(parse("100", &d));
    wb_decimal_percent(&d);
    assert_int_equal(d.digits, 1);
    assert_int_equal(d.scale, 0);
    assert_true(parse("0.99", &other));
    assert_int_equal(wb_decimal_compare(other, d), -1);
    assert_int_equal(wb_decimal_compare(d, d), 0);
    assert_int_equal(wb_decimal_ceil(other), 1);
}

static void durations_in_their_largest_whole_unit(void **state) {
    (void)state;
    static const struct {
        int64_t ms;
        const char *want;
    } cases[] = {{200, "200 ms"},    {90000, "90 s"},   {600000, "10 min"}, {172800000, "48 h"},
                 {604800000, "7 d"}, {1500, "1500 ms"}, {86400000, "24 h"}, {0, "0 ms"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wb_buf b = {0};
        wb_duration_put(&b, cases[i].ms);
        if (cases[i].ms)
            assert_string_equal(wb_buf_str(&b), cases[i].want);
        wb_buf_done(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(percents_are_exact_ratios),
        cmocka_unit_test(durations_in_their_largest_whole_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
