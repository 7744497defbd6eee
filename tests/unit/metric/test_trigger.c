/* Triggers: a table of cases, each a sequence of samples and the state after the last one. */
#include "metric/histogram.h"
#include "metric/trigger.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define S 1000000ULL

/* at_s: source and run time; total 0 ends a case's samples, except of plain values. */
struct step {
    unsigned source_s, seen_s;
    uint64_t hits, total;
    double value;
};

struct row {
    const char *what;
    struct wb_metric_spec spec;
    unsigned judged_s; /* when */
    enum wb_trigger_state want;
    size_t n;
    struct step steps[8];
};

#define RATIO(cmp_, threshold_)                                                                \
    {                                                                                          \
        .name = "error rate", .form = WB_FORM_RATIO, .cmp = (cmp_), .threshold = (threshold_), \
        .window_ms = 600000                                                                    \
    }
#define VALUE(cmp_, threshold_)                                                   \
    {                                                                             \
        .name = "replica lag", .unit = "s", .form = WB_FORM_VALUE, .cmp = (cmp_), \
        .threshold = (threshold_)                                                 \
    }

static const struct row rows[] = {
    {"1 of 50 holds",
     RATIO(WB_IS_ABOVE, 0.001),
     20,
     WB_TRIGGER_HOLDS,
     3,
     {{0, 0, 0, 0, 0}, {10, 10, 1, 50, 0}, {20, 20, 1, 50, 0}}},
    {"2 of 50 fires",
     RATIO(WB_IS_ABOVE, 0.001),
     20,
     WB_TRIGGER_FIRED,
     3,
     {{0, 0, 0, 0, 0}, {10, 10, 2, 50, 0}, {20, 20, 2, 50, 0}}},
    {"1 of 20 is beyond by its bound, but is one error",
     RATIO(WB_IS_ABOVE, 0.001),
     20,
     WB_TRIGGER_HOLDS,
     3,
     {{0, 0, 0, 0, 0}, {10, 10, 1, 20, 0}, {20, 20, 1, 20, 0}}},
    {"one sample is not two",
     RATIO(WB_IS_ABOVE, 0.001),
     10,
     WB_TRIGGER_HOLDS,
     2,
     {{0, 0, 0, 0, 0}, {10, 10, 2, 50, 0}}},
    {"the same source time is the same sample",
     RATIO(WB_IS_ABOVE, 0.001),
     20,
     WB_TRIGGER_HOLDS,
     3,
     {{0, 0, 0, 0, 0}, {10, 10, 2, 50, 0}, {10, 20, 2, 50, 0}}},
    {"an older source time is no new sample",
     RATIO(WB_IS_ABOVE, 0.001),
     20,
     WB_TRIGGER_HOLDS,
     3,
     {{0, 0, 0, 0, 0}, {10, 10, 2, 50, 0}, {9, 20, 2, 50, 0}}},
    {"counters need a beginning",
     RATIO(WB_IS_ABOVE, 0.001),
     10,
     WB_TRIGGER_INCONCLUSIVE,
     1,
     {{10, 10, 40, 50, 0}}},
    {"nothing counted",
     RATIO(WB_IS_ABOVE, 0.001),
     20,
     WB_TRIGGER_INCONCLUSIVE,
     3,
     {{0, 0, 5, 9, 0}, {10, 10, 5, 9, 0}, {20, 20, 5, 9, 0}}},
    {"counters that began anew",
     RATIO(WB_IS_ABOVE, 0.001),
     30,
     WB_TRIGGER_FIRED,
     3,
     {{0, 0, 900, 90000, 0}, {10, 10, 3, 60, 0}, {30, 30, 3, 60, 0}}},
    {"old errors leave the window",
     RATIO(WB_IS_ABOVE, 0.001),
     700,
     WB_TRIGGER_HOLDS,
     5,
     {{0, 0, 0, 0, 0},
      {10, 10, 9, 50, 0},
      {60, 60, 9, 90, 0},
      {650, 650, 9, 900, 0},
      {700, 700, 9, 999, 0}}},
    {"success rate below 99.9 %",
     RATIO(WB_IS_BELOW, 0.999),
     20,
     WB_TRIGGER_FIRED,
     3,
     {{0, 0, 0, 0, 0}, {10, 10, 48, 50, 0}, {20, 20, 48, 50, 0}}},
    {"49 of 50 do not tell",
     RATIO(WB_IS_BELOW, 0.999),
     20,
     WB_TRIGGER_HOLDS,
     3,
     {{0, 0, 0, 0, 0}, {10, 10, 49, 50, 0}, {20, 20, 49, 50, 0}}},
    {"stale",
     RATIO(WB_IS_ABOVE, 0.001),
     81,
     WB_TRIGGER_INCONCLUSIVE,
     3,
     {{0, 0, 0, 0, 0}, {10, 10, 9, 50, 0}, {20, 20, 9, 50, 0}}},
    {"just not stale",
     RATIO(WB_IS_ABOVE, 0.001),
     80,
     WB_TRIGGER_FIRED,
     3,
     {{0, 0, 0, 0, 0}, {10, 10, 9, 50, 0}, {20, 20, 9, 50, 0}}},
    {"a gap parts samples",
     RATIO(WB_IS_ABOVE, 0.001),
     100,
     WB_TRIGGER_HOLDS,
     3,
     {{0, 0, 0, 0, 0}, {10, 10, 9, 50, 0}, {100, 100, 9, 50, 0}}},
    {"a value",
     VALUE(WB_IS_ABOVE, 10),
     20,
     WB_TRIGGER_FIRED,
     2,
     {{10, 10, 0, 0, 11}, {20, 20, 0, 0, 12}}},
    {"a value at its limit",
     VALUE(WB_IS_ABOVE, 10),
     20,
     WB_TRIGGER_HOLDS,
     2,
     {{10, 10, 0, 0, 10}, {20, 20, 0, 0, 10}}},
    {"at least",
     VALUE(WB_IS_AT_LEAST, 10),
     20,
     WB_TRIGGER_FIRED,
     2,
     {{10, 10, 0, 0, 10}, {20, 20, 0, 0, 10}}},
    {"a value once",
     VALUE(WB_IS_ABOVE, 10),
     30,
     WB_TRIGGER_HOLDS,
     3,
     {{10, 10, 0, 0, 11}, {20, 20, 0, 0, 9}, {30, 30, 0, 0, 11}}},
    {"NaN is no data",
     VALUE(WB_IS_ABOVE, 10),
     30,
     WB_TRIGGER_INCONCLUSIVE,
     3,
     {{10, 10, 0, 0, 11}, {20, 20, 0, 0, 11}, {30, 30, 0, 0, NAN}}},
    {"NaN between parts samples",
     VALUE(WB_IS_ABOVE, 10),
     30,
     WB_TRIGGER_HOLDS,
     3,
     {{10, 10, 0, 0, 11}, {20, 20, 0, 0, NAN}, {30, 30, 0, 0, 11}}},
    {"infinity is no data",
     VALUE(WB_IS_ABOVE, 10),
     20,
     WB_TRIGGER_INCONCLUSIVE,
     2,
     {{10, 10, 0, 0, 11}, {20, 20, 0, 0, INFINITY}}},
    {"no sample", VALUE(WB_IS_ABOVE, 10), 5, WB_TRIGGER_INCONCLUSIVE, 0, {{0, 0, 0, 0, 0}}},
    {"the source's clock set back",
     VALUE(WB_IS_ABOVE, 10),
     30,
     WB_TRIGGER_HOLDS,
     3,
     {{5000, 10, 0, 0, 11}, {10, 20, 0, 0, 11}, {11, 30, 0, 0, 9}}},
    {"and beyond after it",
     VALUE(WB_IS_ABOVE, 10),
     30,
     WB_TRIGGER_FIRED,
     3,
     {{5000, 10, 0, 0, 11}, {10, 20, 0, 0, 11}, {20, 30, 0, 0, 11}}},
};

static void give(struct wb_trigger *t, const struct step *x, const struct wb_histogram *h) {
    struct wb_sample s = {.source_us = (int64_t)(x->source_s * S),
                          .seen_us = x->seen_s * S,
                          .hits = x->hits,
                          .total = x->total,
                          .value = x->value,
                          .histogram = h};
    wb_trigger_add(t, &s);
}

static struct wb_trigger *make(const struct wb_metric_spec *spec) {
    struct wb_trigger *t = NULL;
    struct wb_error err = {0};
    if (wb_trigger_new(spec, 0, &t, &err))
        fail_msg("%s", err.text);
    return t;
}

static struct wb_trigger_verdict verdict_at(const struct wb_trigger *t, unsigned at_s) {
    struct wb_trigger_verdict v;
    wb_trigger_judge(t, at_s * S, &v);
    assert_true(v.reason[0] != 0);
    return v;
}

static void table_of_cases(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wb_trigger *t = make(&rows[i].spec);
        for (size_t k = 0; k < rows[i].n; k++)
            give(t, &rows[i].steps[k], NULL);
        struct wb_trigger_verdict v = verdict_at(t, rows[i].judged_s);
        if (v.state != rows[i].want)
            fail_msg("%s: %s (%s)", rows[i].what, wb_trigger_state_word(v.state), v.reason);
        wb_trigger_free(t);
    }
}

/* Strict compares as measured: one error in a thousand and one is below, two are above. */
static void strict(void **state) {
    (void)state;
    struct wb_metric_spec spec = RATIO(WB_IS_ABOVE, 0.001);
    spec.rigour = WB_RIGOUR_PLAIN;
    struct wb_trigger *t = make(&spec);
    give(t, &(struct step){0, 0, 0, 0, 0}, NULL);
    give(t, &(struct step){10, 10, 1, 1001, 0}, NULL);
    give(t, &(struct step){20, 20, 1, 1001, 0}, NULL);
    assert_int_equal(verdict_at(t, 20).state, WB_TRIGGER_HOLDS);
    give(t, &(struct step){30, 30, 2, 1002, 0}, NULL);
    give(t, &(struct step){40, 40, 2, 1003, 0}, NULL);
    assert_int_equal(verdict_at(t, 40).state, WB_TRIGGER_FIRED);
    wb_trigger_free(t);
}

static void sustained(void **state) {
    (void)state;
    struct wb_metric_spec spec = VALUE(WB_IS_ABOVE, 10);
    spec.for_ms = 300000;
    struct wb_trigger *t = make(&spec);
    unsigned s = 0;
    for (; s < 300; s += 30) {
        give(t, &(struct step){s, s, 0, 0, 11}, NULL);
        assert_int_equal(verdict_at(t, s).state, WB_TRIGGER_HOLDS);
    }
    give(t, &(struct step){s, s, 0, 0, 11}, NULL);
    assert_int_equal(verdict_at(t, s).state, WB_TRIGGER_FIRED);
    give(t, &(struct step){s + 30, s + 30, 0, 0, 3}, NULL); /* over, and from the beginning */
    give(t, &(struct step){s + 60, s + 60, 0, 0, 11}, NULL);
    assert_int_equal(verdict_at(t, s + 60).state, WB_TRIGGER_HOLDS);
    wb_trigger_free(t);
}

/* Source times far apart that arrive at once have not lasted. */
static void lasting_is_run_time(void **state) {
    (void)state;
    struct wb_metric_spec spec = VALUE(WB_IS_ABOVE, 10);
    spec.for_ms = 300000;
    struct wb_trigger *t = make(&spec);
    for (unsigned i = 0; i < 20; i++)
        give(t, &(struct step){i * 60, 1, 0, 0, 11}, NULL);
    assert_int_equal(verdict_at(t, 1).state, WB_TRIGGER_HOLDS);
    wb_trigger_free(t);
}

static void detected_fires_at_once(void **state) {
    (void)state;
    struct wb_metric_spec spec = {
        .name = "divergences", .form = WB_FORM_DETECTED, .cmp = WB_IS_ABOVE};
    struct wb_trigger *t = make(&spec);
    give(t, &(struct step){1, 1, 0, 0, 0}, NULL);
    assert_int_equal(verdict_at(t, 1).state, WB_TRIGGER_HOLDS);
    give(t, &(struct step){2, 2, 0, 0, 1}, NULL);
    struct wb_trigger_verdict v = verdict_at(t, 2);
    assert_int_equal(v.state, WB_TRIGGER_FIRED);
    assert_string_equal(v.reason, "divergences is 1: above 0");
    wb_trigger_free(t);
}

static void the_mean_of_a_window(void **state) {
    (void)state;
    struct wb_metric_spec spec = VALUE(WB_IS_ABOVE, 10);
    spec.window_ms = 60000;
    struct wb_trigger *t = make(&spec);
    for (unsigned s = 0; s < 100; s += 10) /* 2 and 17: 9.5 on average */
        give(t, &(struct step){s, s, 0, 0, s % 20 ? 17 : 2}, NULL);
    assert_int_equal(verdict_at(t, 90).state, WB_TRIGGER_HOLDS);
    for (unsigned s = 100; s < 140; s += 10)
        give(t, &(struct step){s, s, 0, 0, 17}, NULL);
    assert_int_equal(verdict_at(t, 130).state, WB_TRIGGER_FIRED);
    wb_trigger_free(t);
}

/* P99 above 22 ms: fires by the lower bound; a few slow ones of many do not. */
static void quantile(void **state) {
    (void)state;
    static struct wb_histogram h;
    struct wb_metric_spec spec = {.name = "P99",
                                  .form = WB_FORM_QUANTILE,
                                  .cmp = WB_IS_ABOVE,
                                  .threshold = 22,
                                  .quantile = 0.99,
                                  .window_ms = 600000};
    struct wb_trigger *t = make(&spec);
    memset(&h, 0, sizeof h);
    give(t, &(struct step){0, 0, 0, 0, 0}, &h);
    wb_histogram_add(&h, 5000, 985);
    wb_histogram_add(&h, 90000, 15);
    give(t, &(struct step){10, 10, 0, 0, 0}, &h);
    give(t, &(struct step){20, 20, 0, 0, 0}, &h);
    assert_int_equal(verdict_at(t, 20).state, WB_TRIGGER_HOLDS); /* 1.5 % of 1,000: not certain */
    wb_histogram_add(&h, 90000, 25);
    give(t, &(struct step){30, 30, 0, 0, 0}, &h);
    give(t, &(struct step){40, 40, 0, 0, 0}, &h);
    struct wb_trigger_verdict v = verdict_at(t, 40);
    assert_int_equal(v.state, WB_TRIGGER_FIRED);
    assert_int_equal(v.measured.samples, 1025);
    assert_int_equal(v.measured.hits, 40);
    wb_trigger_free(t);
}

static void numbers_and_sentence(void **state) {
    (void)state;
    struct wb_metric_spec spec = RATIO(WB_IS_ABOVE, 0.001);
    struct wb_trigger *t = make(&spec);
    give(t, &(struct step){0, 0, 100, 10000, 0}, NULL);
    give(t, &(struct step){10, 10, 102, 10050, 0}, NULL);
    struct wb_trigger_verdict v = verdict_at(t, 12);
    assert_string_equal(v.reason,
                        "error rate is 4 % (2 of 50 in 10 s), lower bound 0.4881 %: above 0.1 %, "
                        "in 1 sample of the 2 in a row that it takes");
    assert_int_equal(v.measured.hits, 2);
    assert_int_equal(v.measured.samples, 50);
    assert_int_equal(v.measured.window_ms, 10000);
    assert_true(v.measured.value == 0.04 && v.measured.threshold == 0.001);
    v = verdict_at(t, 100);
    assert_string_equal(v.reason, "error rate: no new data for 90 s");
    assert_true(isnan(v.measured.value));
    wb_trigger_free(t);
}

/* However many samples come, what was counted in the window is right, to a hundredth of its length.
 */
static void a_long_window_of_many_samples(void **state) {
    (void)state;
    struct wb_metric_spec spec = RATIO(WB_IS_ABOVE, 0.5);
    struct wb_trigger *t = make(&spec);
    uint64_t total = 0;
    for (unsigned s = 0; s <= 20000; s++) {
        give(t, &(struct step){s, s, total / 4, total, 0}, NULL);
        total += 40;
        if (s < 1000)
            continue;
        struct wb_trigger_verdict v = verdict_at(t, s);
        assert_in_range(v.measured.window_ms, 600000, 606000);
        assert_int_equal(v.measured.samples, (uint64_t)v.measured.window_ms / 1000 * 40);
    }
    wb_trigger_free(t);
}

static void what_cannot_be_judged(void **state) {
    (void)state;
    struct wb_trigger *t = NULL;
    struct wb_error err;
    struct wb_metric_spec bad[] = {
        RATIO(WB_IS_ABOVE, 1.5),
        RATIO(WB_IS_EQUAL, 0),
        RATIO(WB_IS_OTHER, 0),
        VALUE(WB_IS_ABOVE, NAN),
        {.form = WB_FORM_QUANTILE, .cmp = WB_IS_ABOVE, .threshold = 5, .quantile = 1},
        {.form = WB_FORM_TIME}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(wb_trigger_new(&bad[i], 0, &t, &err), WB_E_PLAN);
        assert_null(t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_cases),
        cmocka_unit_test(strict),
        cmocka_unit_test(sustained),
        cmocka_unit_test(lasting_is_run_time),
        cmocka_unit_test(detected_fires_at_once),
        cmocka_unit_test(the_mean_of_a_window),
        cmocka_unit_test(quantile),
        cmocka_unit_test(numbers_and_sentence),
        cmocka_unit_test(a_long_window_of_many_samples),
        cmocka_unit_test(what_cannot_be_judged),
    };
    return cmocka_run_group_tests_name("metric/trigger", tests, NULL, NULL);
}
