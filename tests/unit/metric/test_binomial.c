/* Clopper-Pearson bounds against published and computed values. */
#include "metric/binomial.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_near(double got, double want, double part) {
    if (!(fabs(got - want) <= part * fabs(want)))
        fail_msg("%.12g, expected %.12g", got, want);
}

/* The ones that decide at 0.1 %: contract case 33. */
static void at_one_in_a_thousand(void **state) {
    (void)state;
    expect_near(wb_metric_binomial_lower(1, 50, WB_TAIL_TWO_SIDED), 5.06227983e-04, 1e-7);
    expect_near(wb_metric_binomial_lower(2, 50, WB_TAIL_TWO_SIDED), 4.88143343e-03, 1e-7);
    expect_near(wb_metric_binomial_lower(1, 50, WB_TAIL_ONE_SIDED), 1.02533987e-03, 1e-7);
    assert_true(wb_metric_binomial_lower(1, 25, WB_TAIL_TWO_SIDED) > 0.001);
    assert_true(wb_metric_binomial_lower(1, 26, WB_TAIL_TWO_SIDED) < 0.001);
}

/* Tables of exact 95 % intervals. */
static void known_intervals(void **state) {
    (void)state;
    expect_near(wb_metric_binomial_lower(3, 10, 0.025), 0.0667395, 1e-5);
    expect_near(wb_metric_binomial_upper(3, 10, 0.025), 0.6524529, 1e-5);
    expect_near(wb_metric_binomial_lower(50, 100, 0.025), 0.3983211, 1e-5);
    expect_near(wb_metric_binomial_upper(50, 100, 0.025), 0.6016789, 1e-5);
    expect_near(wb_metric_binomial_lower(10, 10, 0.025), 0.6915029, 1e-6);
    expect_near(wb_metric_binomial_upper(0, 10, 0.025), 0.3084971, 1e-6);
}

static void ends_and_nothing(void **state) {
    (void)state;
    assert_true(wb_metric_binomial_lower(0, 7, 0.025) == 0);
    assert_true(wb_metric_binomial_upper(7, 7, 0.025) == 1);
    assert_true(wb_metric_binomial_lower(0, 0, 0.025) == 0);
    assert_true(wb_metric_binomial_upper(0, 0, 0.025) == 1);
}

/* By definition: at the bound, seeing what was seen has exactly the tail's probability. */
static void bounds_have_their_tail(void **state) {
    (void)state;
    static const uint64_t n[] = {1, 2, 9, 50, 1000, 123456, 50000000, 4000000000};
    for (size_t i = 0; i < sizeof n / sizeof n[0]; i++)
        for (uint64_t k = 1; k < n[i]; k = k * 7 + 1) {
            double upper = wb_metric_binomial_upper(k, n[i], 0.05);
            double lower = wb_metric_binomial_lower(k, n[i], 0.05);
            assert_true(lower > 0 && lower < upper && upper < 1);
            expect_near(wb_metric_binomial_cdf(k, n[i], upper), 0.05, 1e-4);
            expect_near(1 - wb_metric_binomial_cdf(k - 1, n[i], lower), 0.05, 1e-4);
        }
}

static void cumulated(void **state) {
    (void)state;
    expect_near(wb_metric_binomial_cdf(2, 5, 0.5), 0.5, 1e-12);
    expect_near(wb_metric_binomial_cdf(0, 3, 0.1), 0.729, 1e-12);
    expect_near(wb_metric_binomial_cdf(298, 299, 0.99), 1 - pow(0.99, 299), 1e-10);
    assert_true(wb_metric_binomial_cdf(3, 3, 0.2) == 1);
}

static void rule_of_three(void **state) {
    (void)state;
    assert_int_equal(wb_metric_binomial_needed(0.001), 3000);
    assert_int_equal(wb_metric_binomial_needed(0.003), 1000);
    assert_int_equal(wb_metric_binomial_needed(0.02), 150);
    assert_true(wb_metric_binomial_needed(0) == UINT64_MAX);
    assert_true(wb_metric_binomial_upper(0, 3000, WB_TAIL_ONE_SIDED) <= 0.001);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_one_in_a_thousand),
        cmocka_unit_test(known_intervals),
        cmocka_unit_test(ends_and_nothing),
        cmocka_unit_test(bounds_have_their_tail),
        cmocka_unit_test(cumulated),
        cmocka_unit_test(rule_of_three),
    };
    return cmocka_run_group_tests_name("metric/binomial", tests, NULL, NULL);
}
