/* A histogram never tells a value wrong by 1 % or more, and ranks of it bound quantiles. */
#include "metric/histogram.h"
#include "metric/quantile.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_error_bound(uint64_t us) {
    static struct wb_histogram h;
    memset(&h, 0, sizeof h);
    wb_histogram_add(&h, us, 1);
    double value = (double)us, low = wb_histogram_rank(&h, 1, WB_EDGE_LOW),
           high = wb_histogram_rank(&h, 1, WB_EDGE_HIGH),
           middle = wb_histogram_rank(&h, 1, WB_EDGE_MIDDLE);
    if (!(low <= value && value <= high) || fabs(middle - value) > 0.01 * value)
        fail_msg("%g is told as %g (%g to %g)", value, middle, low, high);
}

static void error_is_below_one_percent(void **state) {
    (void)state;
    for (uint64_t us = 0; us < 70000; us++)
        expect_error_bound(us);
    for (double us = 70000; us < 6.8e10; us *= 1.0007)
        expect_error_bound((uint64_t)us);
    for (unsigned bit = 1; bit < WB_HISTOGRAM_MAX_BITS; bit++) {
        expect_error_bound(((uint64_t)1 << bit) - 1);
        expect_error_bound((uint64_t)1 << bit);
    }
}

static void what_is_too_long_counts_as_the_longest(void **state) {
    (void)state;
    static struct wb_histogram h;
    wb_histogram_add(&h, UINT64_MAX, 3);
    assert_int_equal(h.total, 3);
    assert_true(wb_histogram_rank(&h, 3, WB_EDGE_HIGH) == 68719476735.0);
}

static void sums_and_differences(void **state) {
    (void)state;
    static struct wb_histogram a, b, both, none;
    for (uint64_t i = 0; i < 1000; i++) {
        wb_histogram_add(&a, i * 17, 1);
        wb_histogram_add(&b, i * 31, 2);
    }
    both = a;
    wb_histogram_merge(&both, &b);
    assert_int_equal(both.total, 3000);
    assert_true(wb_histogram_subtract(&both, &a));
    assert_memory_equal(&both, &b, sizeof b);
    assert_false(wb_histogram_subtract(&both, &a)); /* no earlier state of it */
    assert_memory_equal(&both, &b, sizeof b);
    assert_true(wb_histogram_subtract(&both, &b));
    assert_memory_equal(&both, &none, sizeof none);
    assert_true(isnan(wb_histogram_quantile(&none, 0.5)));
}

static void quantiles(void **state) {
    (void)state;
    static struct wb_histogram h;
    for (uint64_t i = 1; i <= 100; i++)
        wb_histogram_add(&h, i, 1);
    assert_true(wb_histogram_quantile(&h, 0.99) == 99);
    assert_true(wb_histogram_quantile(&h, 0.5) == 50);
    assert_true(wb_histogram_quantile(&h, 0.0001) == 1);
    assert_int_equal(wb_histogram_above(&h, 98), 2);
    assert_int_equal(wb_histogram_above(&h, 98.5), 2);
    assert_int_equal(wb_histogram_above(&h, 100), 0);
}

static void text_and_back(void **state) {
    (void)state;
    static struct wb_histogram h, back;
    WB_CLEANUP_BUF struct wb_buf text = {0};
    for (uint64_t i = 1; i < 60; i++)
        wb_histogram_add(&h, i * i * i * i * 11, i);
    wb_histogram_write(&h, &text);
    assert_true(wb_histogram_read(&back, wb_buf_str(&text)));
    assert_memory_equal(&h, &back, sizeof h);
    static const char *const bad[] = {"5", "5:", ":5", "99999:1", "5:1x", "5:1 5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (wb_histogram_read(&back, bad[i]))
            fail_msg("read: %s", bad[i]);
    assert_memory_equal(&h, &back, sizeof h);
}

/* From the tables of order statistics: 299 are the fewest for the 99th percentile, 59 for the 95th.
 */
static void ranks(void **state) {
    (void)state;
    assert_int_equal(wb_metric_quantile_upper_rank(298, 0.99, 0.05), 0);
    assert_int_equal(wb_metric_quantile_upper_rank(299, 0.99, 0.05), 299);
    assert_int_equal(wb_metric_quantile_upper_rank(58, 0.95, 0.05), 0);
    assert_int_equal(wb_metric_quantile_upper_rank(59, 0.95, 0.05), 59);
    assert_int_equal(wb_metric_quantile_upper_rank(50, 0.5, 0.025), 33);
    assert_int_equal(wb_metric_quantile_lower_rank(50, 0.5, 0.025), 18);
    assert_int_equal(wb_metric_quantile_lower_rank(10, 0.5, 0.025), 2);
    assert_int_equal(wb_metric_quantile_lower_rank(5, 0.5, 0.025), 0);
    assert_int_equal(wb_metric_quantile_upper_rank(0, 0.5, 0.025), 0);
    assert_int_equal(wb_metric_quantile_needed(0.99), 300);
    assert_int_equal(wb_metric_quantile_needed(0.95), 60);
    assert_int_equal(wb_metric_quantile_needed(0.5), 6);
}

/* The true 90th percentile is missed by the 95 % upper bound in 5 % of experiments, or fewer. */
static void the_upper_bound_covers(void **state) {
    (void)state;
    unsigned missed = 0, seed = 7;
    for (unsigned run = 0; run < 2000; run++) {
        static struct wb_histogram h;
        memset(&h, 0, sizeof h);
        for (unsigned i = 0; i < 40; i++)
            wb_histogram_add(&h, (uint64_t)(rand_r(&seed) % 100) + 1, 1);
        missed += wb_metric_quantile_upper_ms(&h, 0.9, 0.05) < 0.090;
    }
    assert_true(missed > 0 && missed < 130);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_is_below_one_percent),
        cmocka_unit_test(what_is_too_long_counts_as_the_longest),
        cmocka_unit_test(sums_and_differences),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(text_and_back),
        cmocka_unit_test(ranks),
        cmocka_unit_test(the_upper_bound_covers),
    };
    return cmocka_run_group_tests_name("metric/histogram", tests, NULL, NULL);
}
