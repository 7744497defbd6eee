/* What may be said of measured times: on times that are made up, so that every machine says the
 * same. */
#include "verify/quantiles.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MAX = 400 };

/* Times spread evenly from base to base × (1 + spread), in no order. */
static void spread(double *to, size_t n, double base, double width) {
    for (size_t i = 0; i < n; i++)
        to[i] = base * (1 + width * (double)((i * 7919) % n) / (double)n);
}

static struct wb_comparison compare(double source, double target, size_t n, double width,
                                    double tolerance) {
    double s[MAX], t[MAX];
    struct wb_comparison c;
    spread(s, n, source, width);
    spread(t, n, target, width);
    wb_compare_times(s, n, t, n, tolerance, &c);
    return c;
}

static void test_quantiles(void **state) {
    (void)state;
    double ten[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    assert_true(wb_quantile(ten, 10, 0.5) == 5);
    assert_true(wb_quantile(ten, 10, 0.95) == 10);
    assert_true(wb_quantile(ten, 10, 0.01) == 1);
    assert_true(wb_quantile(ten, 1, 0.99) == 1);
}

/* Ranks from the tables of the binomial distribution: of 10 times the median lies between the
 * second and the ninth, of 50 between the 18th and the 33rd. */
static void test_intervals(void **state) {
    (void)state;
    double times[MAX];
    for (size_t i = 0; i < MAX; i++)
        times[i] = (double)i + 1;
    struct wb_interval ten = wb_quantile_interval(times, 10, 0.5),
                       fifty = wb_quantile_interval(times, 50, 0.5);
    assert_true(ten.low == 2 && ten.high == 9);
    assert_true(fifty.low == 18 && fifty.high == 33);
    struct wb_interval far = wb_quantile_interval(times, 50, 0.95);
    assert_true(far.low > 40 && far.low < 48 && isinf(far.high)); /* it takes 72 */
    assert_true(isinf(wb_quantile_interval(times, 71, 0.95).high));
    assert_true(wb_quantile_interval(times, 72, 0.95).high == 72);
    struct wb_interval five = wb_quantile_interval(times, 5, 0.5);
    assert_true(five.low == 0 && isinf(five.high));
}

static void test_equal_passes(void **state) {
    (void)state;
    assert_int_equal(compare(10, 10, 50, 0.1, 0.1).speed, WB_SPEED_WITHIN);
    assert_int_equal(compare(10, 8, 50, 0.2, 0.1).speed, WB_SPEED_WITHIN);
    assert_int_equal(compare(10, 10.5, 50, 0.02, 0.1).speed, WB_SPEED_WITHIN);
}

static void test_slower_fails(void **state) {
    (void)state;
    struct wb_comparison c = compare(10, 20, 50, 0.1, 0.1);
    assert_int_equal(c.speed, WB_SPEED_SLOWER);
    assert_string_equal(c.by, "median");
    assert_true(c.median.value > 1.9 && c.median.value < 2.1);
    assert_true(c.median.low > 1.1 && c.median.low <= c.median.value &&
                c.median.value <= c.median.high);
    assert_int_equal(c.source.n_runs, 50);
    assert_int_equal(compare(10, 20, 50, 0.1, 1.5).speed, WB_SPEED_WITHIN); /* it was allowed */
}

static void test_few_runs_tell_nothing(void **state) {
    (void)state;
    assert_int_equal(compare(10, 10, 5, 0.1, 0.1).speed, WB_SPEED_UNKNOWN);
    assert_int_equal(compare(10, 1000, 5, 0.1, 0.1).speed, WB_SPEED_UNKNOWN);
    assert_int_equal(compare(10, 1000, 8, 0.1, 0.1).speed, WB_SPEED_SLOWER);
    struct wb_comparison none;
    wb_compare_times(NULL, 0, NULL, 0, 0.1, &none);
    assert_int_equal(none.speed, WB_SPEED_UNKNOWN);
}

static void test_noise_tells_nothing(void **state) {
    (void)state;
    struct wb_comparison c = compare(10, 10.8, 30, 1.0, 0.1);
    assert_int_equal(c.speed, WB_SPEED_UNKNOWN);
    assert_true(c.median.low < 1.1 && c.median.high > 1.1);
}

/* Twice as slow, by less than the clock's noise. */
static void test_short_queries(void **state) {
    (void)state;
    assert_int_equal(compare(0.05, 0.1, 50, 0.2, 0.1).speed, WB_SPEED_WITHIN);
    assert_int_equal(compare(0, 0.1, 50, 0.2, 0.1).speed, WB_SPEED_WITHIN);
    assert_int_equal(compare(0.5, 1.0, 50, 0.2, 0.1).speed, WB_SPEED_SLOWER);
}

/* One query in ten is ten times slower: the median does not see it. */
static void test_far_end(void **state) {
    (void)state;
    double s[MAX], t[MAX];
    struct wb_comparison c;
    spread(s, 50, 10, 0.05);
    spread(t, 50, 10, 0.05);
    for (size_t i = 0; i < 50; i += 10)
        t[i] = 100;
    wb_compare_times(s, 50, t, 50, 0.1, &c);
    assert_int_equal(c.speed, WB_SPEED_UNKNOWN); /* fifty cannot bound the far end */
    assert_string_equal(c.by, "95th percentile");
    spread(s, 300, 10, 0.05);
    spread(t, 300, 10, 0.05);
    for (size_t i = 0; i < 300; i += 10)
        t[i] = 100;
    wb_compare_times(s, 300, t, 300, 0.1, &c);
    assert_int_equal(c.speed, WB_SPEED_SLOWER);
    assert_string_equal(c.by, "95th percentile");
}

/* The same distribution on both sides, drawn a thousand times: never slower. */
static void test_never_a_false_failure(void **state) {
    (void)state;
    uint64_t seed = 88172645463325252ULL;
    double s[50], t[50];
    struct wb_comparison c;
    for (int round = 0; round < 1000; round++) {
        for (size_t i = 0; i < 100; i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            double u = (double)(seed >> 11) / 9007199254740992.0;
            (i < 50 ? s : t)[i % 50] = 5 - 2 * log(1 - u); /* with a long far end */
        }
        wb_compare_times(s, 50, t, 50, 0.1, &c);
        assert_int_not_equal(c.speed, WB_SPEED_SLOWER);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_equal_passes),
        cmocka_unit_test(test_slower_fails),
        cmocka_unit_test(test_few_runs_tell_nothing),
        cmocka_unit_test(test_noise_tells_nothing),
        cmocka_unit_test(test_short_queries),
        cmocka_unit_test(test_far_end),
        cmocka_unit_test(test_never_a_false_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
