/* What the application reports of its reads and writes: outcomes and latencies a side.
 *
 * The HTTP side adds from its threads, the runner's loop samples. Counters and histograms only grow
 * and lose nothing; beside them a ring of seconds (15 minutes) and one of minutes (24 hours) keep
 * what the dashboard draws. All of it is allocated once: 1 MiB. Safe from any thread: one short
 * lock a batch.
 */
#ifndef WB_METRIC_OBSERVE_H
#define WB_METRIC_OBSERVE_H

#include "base/clock.h"
#include "metric/histogram.h"
#include "metric/metric.h"

#include <stddef.h>
#include <stdint.h>

enum wb_observe_side { WB_OBSERVE_OLD, WB_OBSERVE_NEW, WB_OBSERVE_SIDES };
enum wb_observe_op { WB_OBSERVE_READ, WB_OBSERVE_WRITE, WB_OBSERVE_OPS };
enum wb_observe_outcome { WB_OBSERVE_OK, WB_OBSERVE_ERROR };
enum wb_observe_shadow { WB_SHADOW_NONE, WB_SHADOW_MATCH, WB_SHADOW_MISMATCH };

/* One operation of the application. */
struct wb_observation {
    enum wb_observe_side side;
    enum wb_observe_op op;
    enum wb_observe_outcome outcome;
    enum wb_observe_shadow shadow; /* of a shadow read: whether both sides answered the same */
    uint64_t latency_us;           /* UINT64_MAX: not reported */
};

#define WB_OBSERVE_NO_LATENCY UINT64_MAX

struct wb_observe;

/* clock: copied; its ctx must live as long. Begins at 0 in everything. */
struct wb_observe *wb_observe_new(const struct wb_clock *clock);
void wb_observe_free(struct wb_observe *o);

/* What who reports mismatches has to wait for: what judges by them must not lose one that was
 * acknowledged, whatever happens to this process. */
enum wb_observe_record {
    WB_OBSERVE_TO_RECORD, /* that they are somewhere durable; so it is at the beginning */
    WB_OBSERVE_RECORDED,  /* nothing: it is known there that more of them come in */
    WB_OBSERVE_UNUSED,    /* nothing: nobody judges by them */
};

/* n operations, as one: a reader sees all or none of them. 0, or the number of mismatches since the
 * beginning that has to be recorded before they are acknowledged. */
uint64_t wb_observe_add(struct wb_observe *o, const struct wb_observation *items, size_t n);
/* From now on; the number of mismatches before. */
uint64_t wb_observe_set_record(struct wb_observe *o, enum wb_observe_record to);

/* Sums since the beginning. op WB_OBSERVE_OPS: reads and writes together. */
struct wb_observe_sums {
    uint64_t total, errors, matches, mismatches, timed; /* timed: with a latency */
};
void wb_observe_sum(struct wb_observe *o, enum wb_observe_side side, enum wb_observe_op op,
                    struct wb_observe_sums *ret);
/* Latencies since the beginning are copied to *ret. */
void wb_observe_latencies(struct wb_observe *o, enum wb_observe_side side, enum wb_observe_op op,
                          struct wb_histogram *ret);

/* Samples for triggers and gates, as of now: their source time is the clock's wall time, made to
 * grow. */
void wb_observe_error_rate(struct wb_observe *o, enum wb_observe_side side, enum wb_observe_op op,
                           struct wb_sample *ret);
void wb_observe_mismatch_rate(struct wb_observe *o, struct wb_sample *ret); /* of both sides */
/* histogram: filled, and pointed to by *ret. */
void wb_observe_quantile(struct wb_observe *o, enum wb_observe_side side, enum wb_observe_op op,
                         struct wb_histogram *histogram, struct wb_sample *ret);

/* A moment of the past: what one second or one minute saw. Quantiles in ms, NaN without latencies.
 */
struct wb_observe_slot {
    uint64_t age_s; /* how long ago it began */
    struct wb_observe_sums sums;
    double p50_ms, p95_ms, p99_ms;
};

enum wb_observe_step { WB_OBSERVE_SECONDS, WB_OBSERVE_MINUTES };
enum { WB_OBSERVE_N_SECONDS = 900, WB_OBSERVE_N_MINUTES = 1440 };

/* The newest whole slots, newest first, those without any operation too; up to max. Returns how
 * many were written. op must not be WB_OBSERVE_OPS. */
size_t wb_observe_history(struct wb_observe *o, enum wb_observe_side side, enum wb_observe_op op,
                          enum wb_observe_step step, struct wb_observe_slot *ret, size_t max);

size_t wb_observe_bytes(void); /* what one takes */

#endif
