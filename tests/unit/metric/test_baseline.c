/* Baselines: measured, compared with what the plan states, turned into thresholds. */
#include "metric/baseline.h"
#include "metric/binomial.h"
#include "metric/histogram.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct wb_baseline_meter *make(enum wb_metric_form form) {
    struct wb_metric_spec spec = {.name = "m", .form = form, .quantile = 0.95};
    struct wb_baseline_meter *m = NULL;
    struct wb_error err = {0};
    assert_int_equal(wb_baseline_meter_new(&spec, 0, &m, &err), WB_OK);
    return m;
}

static struct wb_baseline read_and_free(struct wb_baseline_meter *m) {
    struct wb_baseline b;
    wb_baseline_meter_read(m, &b);
    wb_baseline_meter_free(m);
    return b;
}

static void values(void **state) {
    (void)state;
    static const double given[] = {4, 8, NAN, 6};
    struct wb_baseline_meter *m = make(WB_FORM_VALUE);
    for (unsigned i = 0; i < 4; i++)
        for (unsigned twice = 0; twice < 2; twice++)
            wb_baseline_meter_add(m, &(struct wb_sample){.source_us = 1 + i * 1000000,
                                                         .seen_us = i * 1000000,
                                                         .value = given[i]});
    struct wb_baseline b = read_and_free(m);
    assert_true(b.value == 6 && b.low == 4 && b.high == 8);
    assert_int_equal(b.samples, 3);
}

static void ratios(void **state) {
    (void)state;
    struct wb_baseline_meter *m = make(WB_FORM_RATIO);
    wb_baseline_meter_add(m, &(struct wb_sample){.source_us = 1, .hits = 100, .total = 200});
    wb_baseline_meter_add(m, &(struct wb_sample){.source_us = 2, .hits = 102, .total = 2200});
    struct wb_baseline b = read_and_free(m);
    assert_true(b.value == 0.001);
    assert_int_equal(b.samples, 2000);
    assert_true(b.high == wb_metric_binomial_upper(2, 2000, 0.05) && b.low < b.value);
}

static void quantiles(void **state) {
    (void)state;
    static struct wb_histogram h;
    struct wb_baseline_meter *m = make(WB_FORM_QUANTILE);
    wb_baseline_meter_add(m, &(struct wb_sample){.source_us = 1, .histogram = &h});
    for (unsigned i = 1; i <= 100; i++)
        wb_histogram_add(&h, i, 10);
    wb_baseline_meter_add(m, &(struct wb_sample){.source_us = 2, .histogram = &h});
    struct wb_baseline b = read_and_free(m);
    assert_true(b.value == 0.095 && b.low < 0.095 && b.high >= 0.096);
    assert_int_equal(b.samples, 1000);
}

static void nothing_measured(void **state) {
    (void)state;
    double t = 5;
    struct wb_baseline b = read_and_free(make(WB_FORM_RATIO));
    assert_true(isnan(b.value));
    assert_false(wb_baseline_within(&b, 0.1, &t) || wb_baseline_times(&b, 2, &t) ||
                 wb_baseline_unchanged(&b, &t));
    assert_true(t == 5);
    assert_int_equal(wb_baseline_compare(&b, 3, NULL), WB_BASELINE_UNKNOWN);
}

static void stated_and_measured(void **state) {
    (void)state;
    double gap;
    struct wb_baseline b = {.value = 10, .low = 9, .high = 12, .samples = 3}, none = {.value = 0};
    assert_int_equal(wb_baseline_compare(&b, 12, &gap), WB_BASELINE_AGREES);
    assert_int_equal(wb_baseline_compare(&b, 12.01, &gap), WB_BASELINE_DISAGREES);
    assert_int_equal(wb_baseline_compare(&b, 7.9, &gap), WB_BASELINE_DISAGREES);
    assert_true(fabs(gap - 0.21) < 1e-9);
    assert_int_equal(wb_baseline_compare(&none, 0, &gap), WB_BASELINE_AGREES);
    assert_int_equal(wb_baseline_compare(&none, 0.1, &gap), WB_BASELINE_DISAGREES);
    assert_true(isinf(gap));
    assert_int_equal(wb_baseline_compare(&b, NAN, &gap), WB_BASELINE_UNKNOWN);
}

static void thresholds(void **state) {
    (void)state;
    double t = 0;
    struct wb_baseline b = {.value = 10, .low = 9, .high = 12, .samples = 3};
    assert_true(wb_baseline_within(&b, 0.1, &t) && t == 11);
    assert_true(wb_baseline_times(&b, 2, &t) && t == 20);
    assert_true(wb_baseline_unchanged(&b, &t) && t == 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(ratios),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(nothing_measured),
        cmocka_unit_test(stated_and_measured),
        cmocka_unit_test(thresholds),
    };
    return cmocka_run_group_tests_name("metric/baseline", tests, NULL, NULL);
}
