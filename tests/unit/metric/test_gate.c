/* Gates: cases, time that counts, restarts; and that no order of samples, gaps, clock steps and
 * restarts passes one without its data. */
#include "metric/binomial.h"
#include "metric/gate.h"
#include "metric/histogram.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S 1000000ULL

/* A stage under way: ticks each second, a sample each tenth. */
struct stage {
    struct wb_gate *gate;
    struct wb_gate_spec spec;
    unsigned now_s;
    uint64_t hits, total;
    double value;
    const struct wb_histogram *latencies;
};

static void sample(struct stage *t) {
    struct wb_sample s = {.source_us = (int64_t)(t->now_s * S),
                          .seen_us = t->now_s * S,
                          .hits = t->hits,
                          .total = t->total,
                          .value = t->value,
                          .histogram = t->latencies};
    wb_gate_add(t->gate, &s);
}

static struct stage begin(struct wb_gate_spec spec) {
    struct stage t = {.spec = spec};
    struct wb_error err = {0};
    if (wb_gate_new(&spec, 0, &t.gate, &err))
        fail_msg("%s", err.text);
    wb_gate_tick(t.gate, 0, WB_TIME_COUNTS);
    return t;
}

static void pass_time(struct stage *t, unsigned seconds, enum wb_gate_time time) {
    for (unsigned i = 0; i < seconds; i++) {
        wb_gate_tick(t->gate, ++t->now_s * S, time);
        if (t->now_s % 10 == 0)
            sample(t);
    }
}

static enum wb_gate_state judge(struct stage *t, struct wb_gate_verdict *ret) {
    wb_gate_judge(t->gate, t->now_s * S, ret);
    assert_true(ret->reason[0] != 0);
    return ret->state;
}

static void expect(struct stage *t, enum wb_gate_state want) {
    struct wb_gate_verdict v;
    if (judge(t, &v) != want)
        fail_msg("at %u s: %s (%s), expected %s", t->now_s, wb_gate_state_word(v.state), v.reason,
                 wb_gate_state_word(want));
}

static struct wb_gate_spec ratio(enum wb_metric_cmp cmp, double threshold) {
    return (struct wb_gate_spec){
        .metric = {.name = "error rate", .form = WB_FORM_RATIO, .cmp = cmp, .threshold = threshold},
        .duration_ms = 60000};
}

/* What observations pass a ratio gate of 0.1 %; 1 error takes 4.8/threshold. */
static void ratio_cases(void **state) {
    (void)state;
    static const struct {
        enum wb_metric_cmp cmp;
        double threshold;
        uint64_t hits, total;
        enum wb_gate_state want;
    } rows[] = {
        {WB_IS_BELOW, 0.001, 0, 2999, WB_GATE_HOLDS},
        {WB_IS_BELOW, 0.001, 0, 3000, WB_GATE_PASSED},
        {WB_IS_BELOW, 0.001, 1, 3000, WB_GATE_HOLDS},
        {WB_IS_BELOW, 0.001, 1, 4735, WB_GATE_HOLDS},
        {WB_IS_BELOW, 0.001, 1, 4800, WB_GATE_PASSED},
        {WB_IS_BELOW, 0.001, 1, 50, WB_GATE_HOLDS},
        {WB_IS_BELOW, 0.001, 2, 50, WB_GATE_FAILED},
        {WB_IS_BELOW, 0.001, 3, 3000, WB_GATE_HOLDS},
        {WB_IS_EQUAL, 0, 0, 299, WB_GATE_HOLDS},
        {WB_IS_EQUAL, 0, 0, 300, WB_GATE_PASSED},
        {WB_IS_EQUAL, 0, 1, 100000, WB_GATE_HOLDS},
        {WB_IS_EQUAL, 0, 2, 100000, WB_GATE_FAILED},
        {WB_IS_AT_LEAST, 0.999, 3000, 3000, WB_GATE_PASSED},
        {WB_IS_AT_LEAST, 0.999, 2999, 2999, WB_GATE_HOLDS},
        {WB_IS_AT_LEAST, 0.999, 48, 50, WB_GATE_FAILED},
        {WB_IS_EQUAL, 1, 300, 300, WB_GATE_PASSED},
        {WB_IS_EQUAL, 1, 998, 1000, WB_GATE_FAILED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stage t = begin(ratio(rows[i].cmp, rows[i].threshold));
        sample(&t);
        t.hits = rows[i].hits;
        t.total = rows[i].total;
        pass_time(&t, 59, WB_TIME_COUNTS);
        struct wb_gate_verdict v;
        if (judge(&t, &v) == WB_GATE_PASSED)
            fail_msg("row %zu passed before its time", i);
        pass_time(&t, 1, WB_TIME_COUNTS);
        if (judge(&t, &v) != rows[i].want)
            fail_msg("row %zu: %s (%s)", i, wb_gate_state_word(v.state), v.reason);
        wb_gate_free(t.gate);
    }
}

static void says_what_is_needed(void **state) {
    (void)state;
    struct wb_gate_verdict v;
    struct stage t = begin(ratio(WB_IS_BELOW, 0.001));
    sample(&t);
    t.total = 1200;
    pass_time(&t, 20, WB_TIME_COUNTS);
    assert_int_equal(judge(&t, &v), WB_GATE_HOLDS);
    assert_int_equal(v.needed, 1800);
    assert_int_equal(v.needed_ms, 40000);
    assert_int_equal(v.elapsed_ms, 20000);
    assert_string_equal(v.reason,
                        "error rate is 0 % (0 of 1200), upper bound 0.2493 %; must be "
                        "below 0.1 %; 1800 more observations are needed; 40.0 s are left");
    t.hits = 1;
    t.total = 1201;
    pass_time(&t, 10, WB_TIME_COUNTS);
    judge(&t, &v);
    assert_true(wb_metric_binomial_upper(1, 1201 + v.needed, 0.05) <= 0.001);
    assert_true(wb_metric_binomial_upper(1, 1201 + v.needed - 1, 0.05) > 0.001);
    wb_gate_free(t.gate);
}

static void quantile_cases(void **state) {
    (void)state;
    static struct wb_histogram h;
    struct wb_gate_spec spec = {.metric = {.name = "P99",
                                           .form = WB_FORM_QUANTILE,
                                           .cmp = WB_IS_BELOW,
                                           .threshold = 22,
                                           .quantile = 0.99}};
    struct stage t = begin(spec);
    memset(&h, 0, sizeof h);
    t.latencies = &h;
    sample(&t);
    wb_histogram_add(&h, 9000, 299);
    pass_time(&t, 10, WB_TIME_COUNTS);
    expect(&t, WB_GATE_HOLDS); /* their greatest bounds the 99th, but 3/(1-q) is 300 */
    wb_histogram_add(&h, 9000, 1);
    pass_time(&t, 10, WB_TIME_COUNTS);
    expect(&t, WB_GATE_PASSED);
    wb_histogram_add(&h, 50000, 1); /* now the greatest, and the bound of 301 */
    pass_time(&t, 10, WB_TIME_COUNTS);
    expect(&t, WB_GATE_HOLDS);
    wb_histogram_add(&h, 9000, 1000); /* one of 1301: the bound is below it */
    pass_time(&t, 10, WB_TIME_COUNTS);
    expect(&t, WB_GATE_PASSED);
    wb_histogram_add(&h, 50000, 100);
    pass_time(&t, 10, WB_TIME_COUNTS);
    expect(&t, WB_GATE_HOLDS); /* one sample of it */
    pass_time(&t, 10, WB_TIME_COUNTS);
    expect(&t, WB_GATE_FAILED);
    wb_gate_free(t.gate);
}

static struct wb_gate_spec value(enum wb_metric_cmp cmp, double threshold) {
    return (struct wb_gate_spec){
        .metric = {
            .name = "lag", .unit = "s", .form = WB_FORM_VALUE, .cmp = cmp, .threshold = threshold}};
}

static void plain_values_need_observations(void **state) {
    (void)state;
    struct stage t = begin(value(WB_IS_BELOW, 5));
    t.value = 2;
    pass_time(&t, 2990, WB_TIME_COUNTS);
    expect(&t, WB_GATE_HOLDS);
    for (unsigned i = 0; i < 50; i++)
        sample(&t); /* of one source time */
    expect(&t, WB_GATE_HOLDS);
    pass_time(&t, 10, WB_TIME_COUNTS);
    expect(&t, WB_GATE_PASSED);
    t.value = 5;
    pass_time(&t, 10, WB_TIME_COUNTS);
    expect(&t, WB_GATE_HOLDS);
    pass_time(&t, 10, WB_TIME_COUNTS);
    expect(&t, WB_GATE_FAILED);
    t.value = 4;
    pass_time(&t, 10, WB_TIME_COUNTS);
    expect(&t, WB_GATE_PASSED);
    t.value = NAN;
    pass_time(&t, 10, WB_TIME_COUNTS);
    expect(&t, WB_GATE_INCONCLUSIVE);
    wb_gate_free(t.gate);
}

static void zero_of_a_count(void **state) {
    (void)state;
    struct wb_gate_spec spec = value(WB_IS_EQUAL, 0);
    spec.observations = 5;
    spec.metric.for_ms = 60000;
    struct stage t = begin(spec);
    pass_time(&t, 60, WB_TIME_COUNTS);
    expect(&t, WB_GATE_HOLDS); /* six readings, from 10 s to 60 s */
    pass_time(&t, 10, WB_TIME_COUNTS);
    expect(&t, WB_GATE_PASSED);
    t.value = 1;
    pass_time(&t, 20, WB_TIME_COUNTS);
    expect(&t, WB_GATE_FAILED);
    wb_gate_free(t.gate);
}

/* Time and data count only while the stage is served; a runner that slept knows nothing. */
static void only_served_time_counts(void **state) {
    (void)state;
    struct wb_gate_verdict v;
    struct stage t = begin(ratio(WB_IS_BELOW, 0.001));
    sample(&t);
    t.total = 9000;
    pass_time(&t, 50, WB_TIME_COUNTS);
    pass_time(&t, 100, WB_TIME_STOPS);
    assert_int_equal(judge(&t, &v), WB_GATE_HOLDS);
    assert_int_equal(v.elapsed_ms, 50000);
    t.now_s += 3600; /* asleep */
    wb_gate_tick(t.gate, t.now_s * S, WB_TIME_COUNTS);
    assert_int_equal(judge(&t, &v), WB_GATE_INCONCLUSIVE); /* no data for an hour */
    t.now_s += 3600;
    wb_gate_tick(t.gate, t.now_s * S, WB_TIME_COUNTS);
    sample(&t);
    assert_int_equal(judge(&t, &v), WB_GATE_HOLDS);
    assert_int_equal(v.elapsed_ms, 50000);
    pass_time(&t, 9, WB_TIME_COUNTS);
    expect(&t, WB_GATE_HOLDS);
    pass_time(&t, 1, WB_TIME_COUNTS);
    expect(&t, WB_GATE_PASSED);
    pass_time(&t, 1, WB_TIME_STOPS);
    expect(&t, WB_GATE_HOLDS);
    wb_gate_free(t.gate);
}

/* What came while nothing was served is no evidence; an interval that counts in part counts
 * against. */
static void only_served_data_counts(void **state) {
    (void)state;
    struct wb_gate_verdict v;
    struct stage t = begin(ratio(WB_IS_BELOW, 0.5));
    sample(&t);
    pass_time(&t, 10, WB_TIME_COUNTS);
    pass_time(&t, 10, WB_TIME_STOPS);
    t.total += 1000;
    t.hits += 1;
    pass_time(&t, 10, WB_TIME_STOPS);
    judge(&t, &v);
    assert_int_equal(v.measured.samples, 0);
    pass_time(&t, 5, WB_TIME_COUNTS);
    t.total += 1000;
    t.hits += 3;
    pass_time(&t, 5, WB_TIME_COUNTS);
    judge(&t, &v);
    assert_int_equal(v.measured.hits, 3);
    assert_int_equal(v.measured.samples, 3);
    t.total += 1000;
    pass_time(&t, 10, WB_TIME_COUNTS);
    judge(&t, &v);
    assert_int_equal(v.measured.samples, 1003);
    wb_gate_free(t.gate);
}

static void no_data(void **state) {
    (void)state;
    struct stage t = begin(ratio(WB_IS_BELOW, 0.5));
    expect(&t, WB_GATE_HOLDS);
    for (; t.now_s < 60; t.now_s++)
        wb_gate_tick(t.gate, t.now_s * S, WB_TIME_COUNTS);
    expect(&t, WB_GATE_HOLDS);
    t.now_s = 61;
    wb_gate_tick(t.gate, t.now_s * S, WB_TIME_COUNTS);
    expect(&t, WB_GATE_INCONCLUSIVE);
    pass_time(&t, 100, WB_TIME_COUNTS); /* counters that stand still */
    expect(&t, WB_GATE_INCONCLUSIVE);
    wb_gate_free(t.gate);
}

static void time_alone(void **state) {
    (void)state;
    struct wb_gate_spec spec = {.metric = {.name = "48 h", .form = WB_FORM_TIME},
                                .duration_ms = 48 * 3600000LL};
    struct stage t = begin(spec);
    pass_time(&t, 48 * 3600 - 1, WB_TIME_COUNTS);
    expect(&t, WB_GATE_HOLDS);
    pass_time(&t, 1, WB_TIME_COUNTS);
    expect(&t, WB_GATE_PASSED);
    wb_gate_free(t.gate);
}

static void restart(struct stage *t) {
    struct wb_error err = {0};
    WB_CLEANUP_BUF struct wb_buf text = {0};
    wb_gate_save(t->gate, &text);
    wb_gate_free(t->gate);
    assert_int_equal(wb_gate_new(&t->spec, t->now_s * S, &t->gate, &err), WB_OK);
    if (wb_gate_restore(t->gate, wb_buf_str(&text), &err))
        fail_msg("%s", err.text);
}

static void a_restart_keeps_what_was_shown(void **state) {
    (void)state;
    struct wb_gate_verdict v;
    struct stage t = begin(ratio(WB_IS_BELOW, 0.001));
    sample(&t);
    t.total = 2990;
    pass_time(&t, 50, WB_TIME_COUNTS);
    t.now_s += 86400;
    t.total = 0; /* the source began anew too */
    restart(&t);
    assert_int_equal(judge(&t, &v), WB_GATE_HOLDS);
    assert_int_equal(v.elapsed_ms, 50000);
    wb_gate_tick(t.gate, t.now_s * S, WB_TIME_COUNTS);
    sample(&t);
    pass_time(&t, 20, WB_TIME_COUNTS);
    assert_int_equal(judge(&t, &v), WB_GATE_HOLDS);
    assert_int_equal(v.needed, 10);
    t.total = 10;
    pass_time(&t, 10, WB_TIME_COUNTS);
    expect(&t, WB_GATE_PASSED);
    wb_gate_free(t.gate);
}

static void what_is_restored_must_fit(void **state) {
    (void)state;
    struct wb_error err = {0};
    WB_CLEANUP_BUF struct wb_buf text = {0};
    struct stage a = begin(ratio(WB_IS_BELOW, 0.001)), b = begin(ratio(WB_IS_BELOW, 0.01));
    wb_gate_save(a.gate, &text);
    assert_int_equal(wb_gate_restore(b.gate, wb_buf_str(&text), &err), WB_E_PLAN);
    static const char *const bad[] = {"", "gate1", "gate2 0 0 0 0 0 0", "gate1 0 1 5 4 0 0",
                                      "gate1 0 1 2 3 4 5 5:6"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(wb_gate_restore(b.gate, bad[i], &err), WB_E_PLAN);
    wb_gate_free(a.gate);
    wb_gate_free(b.gate);
}

static void several_clauses(void **state) {
    (void)state;
    assert_int_equal(wb_gate_combine(WB_GATE_PASSED, WB_GATE_PASSED), WB_GATE_PASSED);
    assert_int_equal(wb_gate_combine(WB_GATE_PASSED, WB_GATE_HOLDS), WB_GATE_HOLDS);
    assert_int_equal(wb_gate_combine(WB_GATE_INCONCLUSIVE, WB_GATE_HOLDS), WB_GATE_INCONCLUSIVE);
    assert_int_equal(wb_gate_combine(WB_GATE_INCONCLUSIVE, WB_GATE_FAILED), WB_GATE_FAILED);
}

/* --- the property --------------------------------------------------------------------------------
 *
 * A world that does anything in any order: samples new, repeated, old, empty, counters that begin
 * anew, source clocks that jump, run times that jump, ticks that stop, restarts. A model keeps, by
 * generous rules, the most that the gate can have been shown: what the source counted in all, and
 * the time between ticks. A gate that passes must have had enough by those. */

struct world {
    struct stage t;
    unsigned seed;
    int64_t source_us, read_us;
    uint64_t now_us;
    uint64_t shown, hits_shown, readings, served_us; /* the model */
    uint64_t tick_us;
    bool ticking;
};

static unsigned roll(struct world *w, unsigned n) {
    return (unsigned)rand_r(&w->seed) % n;
}

static void world_sample(struct world *w, bool empty) {
    struct wb_sample s = {.source_us = w->source_us,
                          .seen_us = w->now_us,
                          .hits = w->t.hits,
                          .total = w->t.total,
                          .value = empty ? NAN : 0};
    wb_gate_add(w->t.gate, &s);
    if (!empty && w->source_us != w->read_us) {
        w->readings++;
        w->read_us = w->source_us;
    }
}

static void world_act(struct world *w, unsigned errors_in) {
    unsigned n;
    switch (roll(w, 16)) {
    default: /* the usual: traffic, a second, a tick, a sample */
        n = roll(w, 40);
        w->t.total += n;
        w->shown += n;
        if (errors_in && n && roll(w, errors_in) == 0) {
            w->t.hits++;
            w->hits_shown++;
        }
        w->source_us += 1000000;
        w->now_us += 1000000;
        if (w->ticking && w->now_us >= w->tick_us && w->now_us - w->tick_us <= 30000000)
            w->served_us += w->now_us - w->tick_us;
        wb_gate_tick(w->t.gate, w->now_us, WB_TIME_COUNTS);
        w->ticking = true;
        w->tick_us = w->now_us;
        world_sample(w, false);
        return;
    case 0:
        world_sample(w, true);
        return;
    case 1:
        world_sample(w, false); /* the same once more */
        return;
    case 2:
        w->t.total = w->t.hits = 0; /* the source restarted */
        return;
    case 3:
        w->source_us += (int64_t)roll(w, 7200) * 1000000 - 3600000000LL;
        return;
    case 4:
        w->now_us += roll(w, 200) * S;
        return;
    case 5:
        wb_gate_tick(w->t.gate, w->now_us, WB_TIME_STOPS);
        w->ticking = false;
        return;
    case 6:
        if (roll(w, 4) == 0) {
            w->t.now_s = (unsigned)(w->now_us / S);
            restart(&w->t);
            w->ticking = false;
        }
        return;
    case 7:
        if (w->now_us > 100 * S && roll(w, 4) == 0) /* a run time that goes back */
            w->now_us -= roll(w, 100) * S;
        return;
    }
}

static unsigned run_world(unsigned seed, struct wb_gate_spec spec, unsigned errors_in) {
    struct world w = {.t = begin(spec), .seed = seed, .source_us = 1700000000000000};
    const struct wb_metric_spec *m = &spec.metric;
    unsigned passed = 0;
    w.ticking = true;
    for (unsigned i = 0; i < 1500; i++) {
        struct wb_gate_verdict v;
        world_act(&w, errors_in);
        wb_gate_judge(w.t.gate, w.now_us, &v);
        if (v.state != WB_GATE_PASSED)
            continue;
        passed++;
        bool time = w.served_us >= (uint64_t)spec.duration_ms * 1000, data;
        if (m->form == WB_FORM_VALUE)
            data = w.readings >= 300;
        else if (m->threshold > 0)
            data = w.shown >= wb_metric_binomial_needed(m->threshold) &&
                   wb_metric_binomial_upper(v.measured.hits, w.shown, 0.05) <= m->threshold;
        else
            data = w.shown >= 300 && v.measured.hits == 0;
        if (!time || !data ||
            v.measured.samples > (m->form == WB_FORM_VALUE ? w.readings : w.shown))
            fail_msg("seed %u, act %u: passed after %llu s with %llu observations (%s)", seed, i,
                     (unsigned long long)(w.served_us / S), (unsigned long long)w.shown, v.reason);
    }
    wb_gate_free(w.t.gate);
    return passed;
}

static void no_gate_passes_without_data(void **state) {
    (void)state;
    unsigned passed = 0;
    for (unsigned seed = 1; seed <= 40; seed++) {
        struct wb_gate_spec low = ratio(WB_IS_BELOW, 0.01), zero = ratio(WB_IS_EQUAL, 0),
                            plain = value(WB_IS_BELOW, 5);
        low.duration_ms = zero.duration_ms = plain.duration_ms = 300000;
        passed += run_world(seed, low, 0);
        passed += run_world(seed + 1000, low, 20);
        passed += run_world(seed + 2000, zero, 0);
        passed += run_world(seed + 3000, plain, 0);
    }
    assert_true(passed > 100); /* it is possible to pass at all */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratio_cases),
        cmocka_unit_test(says_what_is_needed),
        cmocka_unit_test(quantile_cases),
        cmocka_unit_test(plain_values_need_observations),
        cmocka_unit_test(zero_of_a_count),
        cmocka_unit_test(only_served_time_counts),
        cmocka_unit_test(only_served_data_counts),
        cmocka_unit_test(no_data),
        cmocka_unit_test(time_alone),
        cmocka_unit_test(a_restart_keeps_what_was_shown),
        cmocka_unit_test(what_is_restored_must_fit),
        cmocka_unit_test(several_clauses),
        cmocka_unit_test(no_gate_passes_without_data),
    };
    return cmocka_run_group_tests_name("metric/gate", tests, NULL, NULL);
}
