#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static void formats_moments(void **state) {
    (void)state;
    char to[40];
    assert_string_equal(wb_clock_format(0, to, sizeof to), "1970-01-01T00:00:00.000Z");
    assert_string_equal(wb_clock_format(1773303330123456, to, sizeof to),
                        "2026-03-12T08:15:30.123Z");
    assert_string_equal(wb_clock_format(-1, to, sizeof to), "1969-12-31T23:59:59.999Z");
    assert_string_equal(wb_clock_format(-1000000, to, sizeof to), "1969-12-31T23:59:59.000Z");
}

static void monotonic_time_never_goes_back(void **state) {
    (void)state;
    uint64_t last = wb_clock_monotonic_us();
    for (int i = 0; i < 10000; i++) {
        uint64_t now = wb_clock_monotonic_us();
        assert_true(now >= last);
        last = now;
    }
}

static void sleep_lasts_at_least_as_long(void **state) {
    (void)state;
    uint64_t from = wb_clock_monotonic_us();
    wb_clock_sleep_ms(3);
    assert_true(wb_clock_monotonic_us() - from >= 3000);
}

static void wall_time_is_the_system_s(void **state) {
    (void)state;
    int64_t before = (int64_t)time(NULL) * 1000000, now = wb_clock_wall_us();
    assert_true(now >= before - 1000000 && now <= before + 60000000);
    assert_true(wb_clock_system.wall_us(wb_clock_system.ctx) >= now);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_moments),
        cmocka_unit_test(monotonic_time_never_goes_back),
        cmocka_unit_test(sleep_lasts_at_least_as_long),
        cmocka_unit_test(wall_time_is_the_system_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
