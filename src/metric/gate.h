/* A gate: tells whether a stage has shown enough to go on.
 *
 * PASSED when its duration has elapsed, counting only time in which the stage was served and its
 * triggers were evaluated, and
 *   a ratio      its one-sided 95 % upper bound since the stage began is at or below the threshold
 *                (without hits: from 3/threshold observations on)
 *   a quantile   3/(1-q) observations are there and its upper order-statistic bound is at or below
 *   else         a zero threshold or a plain value: so many observations as the plan says (300),
 *                the newest of which is as the clause says
 * FAILED as a trigger fires, on the opposite of the clause. HOLDS otherwise. INCONCLUSIVE without
 * data, with NaN, or without new data for stale_ms: hold and page.
 *
 * What arrives while time does not count is not evidence for the stage; hits of an interval that
 * counts in part are counted all the same, against it.
 *
 * The runner saves a gate from time to time and restores it after a restart: time in which it was
 * down does not count, and what was shown before it is not lost. One thread at a time.
 */
#ifndef WB_METRIC_GATE_H
#define WB_METRIC_GATE_H

#include "base/buf.h"
#include "metric/metric.h"

enum wb_gate_state { WB_GATE_PASSED, WB_GATE_FAILED, WB_GATE_HOLDS, WB_GATE_INCONCLUSIVE };

/* Whether a moment counts as time of the stage. */
enum wb_gate_time { WB_TIME_STOPS, WB_TIME_COUNTS };

enum { WB_GATE_OBSERVATIONS = 300, WB_GATE_TICK_MS = 30000 };

struct wb_gate_spec {
    struct wb_metric_spec metric; /* cmp and threshold: what must be so */
    int64_t duration_ms;          /* 0: none */
    uint64_t observations;        /* what decides a zero threshold or a plain value; 0: 300 */
    int64_t tick_ms;              /* ticks further apart: nobody knows what was; the time between
                                     them does not count; 0: 30,000 */
};

struct wb_gate_verdict {
    enum wb_gate_state state;
    struct wb_measured measured;
    int64_t elapsed_ms; /* that count */
    int64_t needed_ms;  /* still, of the duration */
    uint64_t needed;    /* observations, still, if no further hit comes; 0: enough */
    char reason[WB_METRIC_REASON_BYTES]; /* a sentence; says what is still needed */
};

struct wb_gate;

/* Begins a stage. now_us: run time; time stands still until the first tick that counts. */
enum wb_code wb_gate_new(const struct wb_gate_spec *spec, uint64_t now_us, struct wb_gate **ret,
                         struct wb_error *err);
void wb_gate_free(struct wb_gate *g);

/* Call at each tick of the loop: the time since the last tick counts if both said COUNTS. A run
 * time that went back counts nothing. */
void wb_gate_tick(struct wb_gate *g, uint64_t now_us, enum wb_gate_time time);

/* As wb_trigger_add. The first sample of counters only says where counting begins. */
void wb_gate_add(struct wb_gate *g, const struct wb_sample *sample);

void wb_gate_judge(const struct wb_gate *g, uint64_t now_us, struct wb_gate_verdict *ret);

/* What was shown so far, as one line of text; and back into a new gate of the same spec: WB_E_PLAN
 * where the text belongs to another clause or is malformed. */
void wb_gate_save(const struct wb_gate *g, struct wb_buf *to);
enum wb_code wb_gate_restore(struct wb_gate *g, const char *text, struct wb_error *err);

/* Of several clauses: one that failed decides, then one that is inconclusive, then one that holds.
 */
enum wb_gate_state wb_gate_combine(enum wb_gate_state a, enum wb_gate_state b);
const char *wb_gate_state_word(enum wb_gate_state s); /* "passed", "failed", "holds" … */

#endif
