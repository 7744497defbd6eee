/* Observations: nothing is lost between threads, memory stays what it is, history is right. */
#include "metric/observe.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct time {
    uint64_t run_us;
    int64_t wall_us;
};

static uint64_t run_time(void *ctx) {
    return ((struct time *)ctx)->run_us;
}

static int64_t wall_time(void *ctx) {
    return ((struct time *)ctx)->wall_us;
}

enum { THREADS = 4, BATCHES = 5000, BATCH = 20 };

struct feeder {
    struct wb_observe *o;
    unsigned number;
};

static void *feed(void *arg) {
    struct feeder *f = arg;
    struct wb_observation items[BATCH];
    for (unsigned b = 0; b < BATCHES; b++) {
        for (unsigned i = 0; i < BATCH; i++)
            items[i] = (struct wb_observation){.side = i % 2 ? WB_OBSERVE_NEW : WB_OBSERVE_OLD,
                                               .op = i % 4 < 2 ? WB_OBSERVE_READ : WB_OBSERVE_WRITE,
                                               .outcome = i == 0 ? WB_OBSERVE_ERROR : WB_OBSERVE_OK,
                                               .shadow = i == 1   ? WB_SHADOW_MISMATCH
                                                         : i == 3 ? WB_SHADOW_MATCH
                                                                  : WB_SHADOW_NONE,
                                               .latency_us = i == 5 ? WB_OBSERVE_NO_LATENCY
                                                                    : 1000 * f->number + b % 100};
        wb_observe_add(f->o, items, BATCH);
    }
    return NULL;
}

/* 400,000 from four threads: each is counted once, and 10,000 a second is far away. */
static void four_threads_lose_nothing(void **state) {
    (void)state;
    struct wb_observe *o = wb_observe_new(&wb_clock_system);
    pthread_t threads[THREADS];
    struct feeder feeders[THREADS];
    uint64_t began_us = wb_clock_monotonic_us();
    for (unsigned i = 0; i < THREADS; i++) {
        feeders[i] = (struct feeder){o, i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, feed, &feeders[i]), 0);
    }
    for (unsigned i = 0; i < 200; i++) { /* a reader beside them sees whole batches */
        struct wb_sample s;
        wb_observe_error_rate(o, WB_OBSERVE_OLD, WB_OBSERVE_OPS, &s);
        assert_int_equal(s.total, s.hits * BATCH / 2);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    uint64_t took_us = wb_clock_monotonic_us() - began_us;
    print_message("%.0f observations/s\n", THREADS * BATCHES * BATCH * 1e6 / (double)took_us);

    static struct wb_histogram h;
    struct wb_observe_sums old, new;
    struct wb_sample s;
    wb_observe_sum(o, WB_OBSERVE_OLD, WB_OBSERVE_OPS, &old);
    wb_observe_sum(o, WB_OBSERVE_NEW, WB_OBSERVE_OPS, &new);
    assert_int_equal(old.total + new.total, THREADS * BATCHES * BATCH);
    assert_int_equal(old.errors, THREADS * BATCHES);
    assert_int_equal(new.errors, 0);
    assert_int_equal(new.timed, THREADS * BATCHES * (BATCH / 2 - 1));
    wb_observe_mismatch_rate(o, &s);
    assert_int_equal(s.hits, THREADS * BATCHES);
    assert_int_equal(s.total, 2 * THREADS * BATCHES);
    wb_observe_latencies(o, WB_OBSERVE_NEW, WB_OBSERVE_OPS, &h);
    assert_int_equal(h.total, new.timed);
    assert_true(took_us < THREADS * BATCHES * BATCH * 100ULL);
    wb_observe_free(o);
}

static void memory_is_bounded(void **state) {
    (void)state;
    assert_true(wb_observe_bytes() < (size_t)1 << 20);
}

static void add(struct wb_observe *o, uint64_t latency_us, unsigned times) {
    struct wb_observation x = {.side = WB_OBSERVE_NEW, .latency_us = latency_us};
    while (times--)
        wb_observe_add(o, &x, 1);
}

static void history(void **state) {
    (void)state;
    static struct wb_observe_slot slots[2000];
    struct time now = {.run_us = 77};
    struct wb_clock clock = {run_time, wall_time, &now};
    struct wb_observe *o = wb_observe_new(&clock);
    assert_int_equal(
        wb_observe_history(o, WB_OBSERVE_NEW, WB_OBSERVE_READ, WB_OBSERVE_SECONDS, slots, 5), 0);
    add(o, 4000, 3);
    now.run_us += 2000000;
    add(o, 8000, 1); /* under way: not in the history yet */
    assert_int_equal(
        wb_observe_history(o, WB_OBSERVE_NEW, WB_OBSERVE_READ, WB_OBSERVE_SECONDS, slots, 5), 2);
    assert_int_equal(slots[0].sums.total, 0);
    assert_true(isnan(slots[0].p99_ms));
    assert_int_equal(slots[0].age_s, 1);
    assert_int_equal(slots[1].sums.total, 3);
    assert_int_equal(slots[1].age_s, 2);
    assert_true(fabs(slots[1].p50_ms - 4) < 0.04);
    now.run_us += 59000000; /* 61 s after the beginning */
    assert_int_equal(
        wb_observe_history(o, WB_OBSERVE_NEW, WB_OBSERVE_READ, WB_OBSERVE_MINUTES, slots, 5), 1);
    assert_int_equal(slots[0].sums.total, 4);
    assert_int_equal(slots[0].age_s, 61);
    now.run_us += 2ULL * 86400 * 1000000; /* two days of silence: rings that went round */
    assert_int_equal(
        wb_observe_history(o, WB_OBSERVE_NEW, WB_OBSERVE_READ, WB_OBSERVE_MINUTES, slots, 2000),
        WB_OBSERVE_N_MINUTES);
    for (size_t i = 0; i < WB_OBSERVE_N_MINUTES; i++)
        assert_int_equal(slots[i].sums.total, 0);
    assert_int_equal(
        wb_observe_history(o, WB_OBSERVE_NEW, WB_OBSERVE_READ, WB_OBSERVE_SECONDS, slots, 2000),
        WB_OBSERVE_N_SECONDS);
    wb_observe_free(o);
}

/* Each sample is new, whatever the wall clock does. */
static void source_times_grow(void **state) {
    (void)state;
    static struct wb_histogram h;
    struct time now = {.wall_us = 1000000};
    struct wb_clock clock = {run_time, wall_time, &now};
    struct wb_observe *o = wb_observe_new(&clock);
    struct wb_sample a, b, c;
    wb_observe_error_rate(o, WB_OBSERVE_NEW, WB_OBSERVE_READ, &a);
    now.wall_us = 5;
    wb_observe_mismatch_rate(o, &b);
    add(o, 3000, 2);
    wb_observe_quantile(o, WB_OBSERVE_NEW, WB_OBSERVE_READ, &h, &c);
    assert_true(a.source_us < b.source_us && b.source_us < c.source_us);
    assert_ptr_equal(c.histogram, &h);
    assert_int_equal(h.total, 2);
    wb_observe_free(o);
}

/* The first mismatch waits until it is recorded; what comes then is covered by the same record. */
static void mismatches_are_recorded_before_they_are_acknowledged(void **state) {
    (void)state;
    struct wb_observe *o = wb_observe_new(&wb_clock_system);
    const struct wb_observation match = {.shadow = WB_SHADOW_MATCH},
                                mismatch = {.shadow = WB_SHADOW_MISMATCH};
    const struct wb_observation both[] = {match, mismatch, mismatch};
    assert_int_equal(wb_observe_add(o, &match, 1), 0);
    assert_int_equal(wb_observe_add(o, both, 3), 2);
    assert_int_equal(wb_observe_add(o, &mismatch, 1), 3);
    assert_int_equal(wb_observe_set_record(o, WB_OBSERVE_RECORDED), 3);
    assert_int_equal(wb_observe_add(o, both, 3), 0);
    assert_int_equal(wb_observe_set_record(o, WB_OBSERVE_TO_RECORD), 5);
    assert_int_equal(wb_observe_add(o, &match, 1), 0);
    assert_int_equal(wb_observe_add(o, &mismatch, 1), 6);
    assert_int_equal(wb_observe_set_record(o, WB_OBSERVE_UNUSED), 6);
    assert_int_equal(wb_observe_add(o, &mismatch, 1), 0);
    wb_observe_free(o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_threads_lose_nothing),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(history),
        cmocka_unit_test(source_times_grow),
        cmocka_unit_test(mismatches_are_recorded_before_they_are_acknowledged),
    };
    return cmocka_run_group_tests_name("metric/observe", tests, NULL, NULL);
}
