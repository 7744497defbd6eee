/* One mutex guards all: a batch holds it for some ten nanoseconds an operation. The second and the
 * minute under way have a histogram each; when they are over, three quantiles of it go to the ring,
 * so that 24 hours cost no more than one. */
#include "metric/observe.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES = WB_OBSERVE_SIDES * WB_OBSERVE_OPS };

struct slot {
    uint64_t number; /* of the second or minute since the beginning, from 1; 0: never used */
    struct wb_observe_sums sums;
    float p50_ms, p95_ms, p99_ms;
};

/* The slot under way and those before it. */
struct ring {
    uint64_t number; /* of the one under way, from 1 */
    struct wb_observe_sums sums;
    struct wb_histogram latencies;
};

struct series {
    struct wb_observe_sums sums;
    struct wb_histogram latencies;
    struct ring second, minute;
    struct slot seconds[WB_OBSERVE_N_SECONDS], minutes[WB_OBSERVE_N_MINUTES];
};

struct wb_observe {
    pthread_mutex_t lock;
    struct wb_clock clock;
    uint64_t began_us;
    int64_t source_us; /* last given */
    enum wb_observe_record record;
    uint64_t mismatches; /* of all series */
    struct series series[SERIES];
};

struct wb_observe *wb_observe_new(const struct wb_clock *clock) {
    struct wb_observe *o = calloc(1, sizeof *o);
    if (!o)
        abort();
    pthread_mutex_init(&o->lock, NULL);
    o->clock = *clock;
    o->began_us = clock->monotonic_us(clock->ctx);
    for (size_t i = 0; i < SERIES; i++)
        o->series[i].second.number = o->series[i].minute.number = 1;
    return o;
}

void wb_observe_free(struct wb_observe *o) {
    if (!o)
        return;
    pthread_mutex_destroy(&o->lock);
    free(o);
}

size_t wb_observe_bytes(void) {
    return sizeof(struct wb_observe);
}

static void close_slot(struct ring *r, struct slot *slots, size_t n) {
    if (r->sums.total == 0)
        return;
    struct slot *s = &slots[r->number % n];
    *s = (struct slot){.number = r->number,
                       .sums = r->sums,
                       .p50_ms = (float)(wb_histogram_quantile(&r->latencies, 0.5) / 1000),
                       .p95_ms = (float)(wb_histogram_quantile(&r->latencies, 0.95) / 1000),
                       .p99_ms = (float)(wb_histogram_quantile(&r->latencies, 0.99) / 1000)};
    memset(&r->sums, 0, sizeof r->sums);
    memset(&r->latencies, 0, sizeof r->latencies);
}

static void turn(struct ring *r, struct slot *slots, size_t n, uint64_t number) {
    if (number <= r->number)
        return;
    close_slot(r, slots, n);
    r->number = number;
}

static void turn_all(struct wb_observe *o) {
    uint64_t now_us = o->clock.monotonic_us(o->clock.ctx);
    uint64_t second = now_us > o->began_us ? (now_us - o->began_us) / 1000000 : 0;
    for (size_t i = 0; i < SERIES; i++) {
        struct series *s = &o->series[i];
        turn(&s->second, s->seconds, WB_OBSERVE_N_SECONDS, second + 1);
        turn(&s->minute, s->minutes, WB_OBSERVE_N_MINUTES, second / 60 + 1);
    }
}

static void count(struct wb_observe_sums *sums, const struct wb_observation *x) {
    sums->total++;
    sums->errors += x->outcome == WB_OBSERVE_ERROR;
    sums->matches += x->shadow == WB_SHADOW_MATCH;
    sums->mismatches += x->shadow == WB_SHADOW_MISMATCH;
    sums->timed += x->latency_us != WB_OBSERVE_NO_LATENCY;
}

static struct series *series_of(struct wb_observe *o, enum wb_observe_side side,
                                enum wb_observe_op op) {
    return &o->series[(size_t)side * WB_OBSERVE_OPS + (size_t)op];
}

uint64_t wb_observe_add(struct wb_observe *o, const struct wb_observation *items, size_t n) {
    pthread_mutex_lock(&o->lock);
    turn_all(o);
    uint64_t before = o->mismatches;
    for (size_t i = 0; i < n; i++) {
        const struct wb_observation *x = &items[i];
        struct series *s = series_of(o, x->side, x->op);
        count(&s->sums, x);
        count(&s->second.sums, x);
        count(&s->minute.sums, x);
        o->mismatches += x->shadow == WB_SHADOW_MISMATCH;
        if (x->latency_us == WB_OBSERVE_NO_LATENCY)
            continue;
        wb_histogram_add(&s->latencies, x->latency_us, 1);
        wb_histogram_add(&s->second.latencies, x->latency_us, 1);
        wb_histogram_add(&s->minute.latencies, x->latency_us, 1);
    }
    bool waits = o->record == WB_OBSERVE_TO_RECORD && o->mismatches > before;
    uint64_t to_record = waits ? o->mismatches : 0;
    pthread_mutex_unlock(&o->lock);
    return to_record;
}

uint64_t wb_observe_set_record(struct wb_observe *o, enum wb_observe_record to) {
    pthread_mutex_lock(&o->lock);
    o->record = to;
    uint64_t mismatches = o->mismatches;
    pthread_mutex_unlock(&o->lock);
    return mismatches;
}

static void add_sums(struct wb_observe_sums *to, const struct wb_observe_sums *from) {
    to->total += from->total;
    to->errors += from->errors;
    to->matches += from->matches;
    to->mismatches += from->mismatches;
    to->timed += from->timed;
}

/* Under the lock. */
static struct wb_observe_sums sum(struct wb_observe *o, enum wb_observe_side side,
                                  enum wb_observe_op op) {
    if (op != WB_OBSERVE_OPS)
        return series_of(o, side, op)->sums;
    struct wb_observe_sums s = series_of(o, side, WB_OBSERVE_READ)->sums;
    add_sums(&s, &series_of(o, side, WB_OBSERVE_WRITE)->sums);
    return s;
}

static void copy_latencies(struct wb_observe *o, enum wb_observe_side side, enum wb_observe_op op,
                           struct wb_histogram *ret) {
    *ret = series_of(o, side, op == WB_OBSERVE_OPS ? WB_OBSERVE_READ : op)->latencies;
    if (op == WB_OBSERVE_OPS)
        wb_histogram_merge(ret, &series_of(o, side, WB_OBSERVE_WRITE)->latencies);
}

/* Under the lock. Each asking is a measurement of its own, also after the wall clock was set back.
 */
static void begin_sample(struct wb_observe *o, struct wb_sample *ret) {
    int64_t wall_us = o->clock.wall_us(o->clock.ctx);
    o->source_us = wall_us > o->source_us ? wall_us : o->source_us + 1;
    *ret = (struct wb_sample){.source_us = o->source_us,
                              .seen_us = o->clock.monotonic_us(o->clock.ctx)};
}

void wb_observe_sum(struct wb_observe *o, enum wb_observe_side side, enum wb_observe_op op,
                    struct wb_observe_sums *ret) {
    pthread_mutex_lock(&o->lock);
    *ret = sum(o, side, op);
    pthread_mutex_unlock(&o->lock);
}

void wb_observe_latencies(struct wb_observe *o, enum wb_observe_side side, enum wb_observe_op op,
                          struct wb_histogram *ret) {
    pthread_mutex_lock(&o->lock);
    copy_latencies(o, side, op, ret);
    pthread_mutex_unlock(&o->lock);
}

void wb_observe_error_rate(struct wb_observe *o, enum wb_observe_side side, enum wb_observe_op op,
                           struct wb_sample *ret) {
    pthread_mutex_lock(&o->lock);
    begin_sample(o, ret);
    struct wb_observe_sums s = sum(o, side, op);
    ret->hits = s.errors;
    ret->total = s.total;
    pthread_mutex_unlock(&o->lock);
}

void wb_observe_mismatch_rate(struct wb_observe *o, struct wb_sample *ret) {
    pthread_mutex_lock(&o->lock);
    begin_sample(o, ret);
    struct wb_observe_sums s = sum(o, WB_OBSERVE_OLD, WB_OBSERVE_OPS);
    struct wb_observe_sums other = sum(o, WB_OBSERVE_NEW, WB_OBSERVE_OPS);
    add_sums(&s, &other);
    ret->hits = s.mismatches;
    ret->total = s.matches + s.mismatches;
    pthread_mutex_unlock(&o->lock);
}

void wb_observe_quantile(struct wb_observe *o, enum wb_observe_side side, enum wb_observe_op op,
                         struct wb_histogram *histogram, struct wb_sample *ret) {
    pthread_mutex_lock(&o->lock);
    begin_sample(o, ret);
    copy_latencies(o, side, op, histogram);
    ret->total = histogram->total;
    ret->histogram = histogram;
    pthread_mutex_unlock(&o->lock);
}

static struct wb_observe_slot slot_of(const struct slot *s, uint64_t number, uint64_t age_s) {
    if (s->number != number)
        return (struct wb_observe_slot){
            .age_s = age_s, .p50_ms = NAN, .p95_ms = NAN, .p99_ms = NAN};
    return (struct wb_observe_slot){age_s, s->sums, (double)s->p50_ms, (double)s->p95_ms,
                                    (double)s->p99_ms};
}

size_t wb_observe_history(struct wb_observe *o, enum wb_observe_side side, enum wb_observe_op op,
                          enum wb_observe_step step, struct wb_observe_slot *ret, size_t max) {
    bool minutes = step == WB_OBSERVE_MINUTES;
    size_t cap = minutes ? WB_OBSERVE_N_MINUTES : WB_OBSERVE_N_SECONDS, n = 0;
    unsigned each_s = minutes ? 60 : 1;
    pthread_mutex_lock(&o->lock);
    turn_all(o);
    struct series *s = series_of(o, side, op);
    const struct slot *slots = minutes ? s->minutes : s->seconds;
    uint64_t now = minutes ? s->minute.number : s->second.number;
    uint64_t into_s = s->second.number - 1 - (now - 1) * each_s; /* of the slot under way */
    for (; n < max && n < cap && now > n + 1; n++) {
        uint64_t number = now - 1 - n;
        ret[n] = slot_of(&slots[number % cap], number, into_s + (n + 1) * each_s);
    }
    pthread_mutex_unlock(&o->lock);
    return n;
}
