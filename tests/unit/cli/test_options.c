#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void expect_ms(const char *text, unsigned want) {
    unsigned ms = 7;
    struct wb_error err = {0};
    assert_int_equal(wb_option_duration("pause", text, &ms, &err), WB_OK);
    assert_int_equal(ms, want);
}

static void reads_times(void **state) {
    (void)state;
    expect_ms("500ms", 500);
    expect_ms("5s", 5000);
    expect_ms("10m", 600000);
    expect_ms("10min", 600000);
    expect_ms("2h", 7200000);
}

static void refuses_what_is_no_time(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",    "5",    "0s",        "-1s", "s",   "5 s",   "5d",  "1.5s",
        "+5s", "5sec", "99999999h", "5s ", "ms5", "0x10s", "5ss", "18446744073709551616ms"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        unsigned ms = 7;
        struct wb_error err = {0};
        assert_int_equal(wb_option_duration("pause", wrong[i], &ms, &err), WB_E_USAGE);
        assert_int_equal(ms, 7);
        assert_non_null(strstr(err.text, "--pause"));
    }
}

static void reads_numbers_and_sizes(void **state) {
    (void)state;
    int64_t n = 7;
    uint64_t bytes = 7;
    struct wb_error err = {0};
    assert_int_equal(wb_option_number("jobs", "4", 1, 64, &n, &err), WB_OK);
    assert_int_equal(n, 4);
    assert_int_equal(wb_option_number("jobs", "65", 1, 64, &n, &err), WB_E_USAGE);
    assert_int_equal(wb_option_number("jobs", "x", 1, 64, &n, &err), WB_E_USAGE);
    assert_int_equal(n, 4);
    assert_int_equal(wb_option_size("max-rate", "20M", &bytes, &err), WB_OK);
    assert_int_equal(bytes, 20 << 20);
    assert_int_equal(wb_option_size("max-rate", "0", &bytes, &err), WB_E_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_times),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(reads_numbers_and_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
