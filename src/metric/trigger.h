/* A trigger: tells from samples whether something has gone wrong.
 *
 * - A ratio slides over counters: it is beyond the threshold when the lower bound of its two-sided
 *   95 % interval is, and at least 2 hits were seen. A quantile likewise, by order statistics.
 *   Strict ones, and plain values, are compared as measured; a plain value with a window by its
 *   mean over the window.
 * - It fires when 2 consecutive samples of different source times are beyond, or, with for_ms, when
 *   all samples for so long were. What is DETECTED fires at once.
 * - No data, NaN, or nothing new for stale_ms is inconclusive. So is a first sample of counters:
 *   give one when the trigger is armed.
 *
 * A trigger remembers no firing: whoever acts on it does. One thread at a time.
 */
#ifndef WB_METRIC_TRIGGER_H
#define WB_METRIC_TRIGGER_H

#include "metric/metric.h"

enum wb_trigger_state { WB_TRIGGER_HOLDS, WB_TRIGGER_FIRED, WB_TRIGGER_INCONCLUSIVE };

struct wb_trigger_verdict {
    enum wb_trigger_state state;
    struct wb_measured measured;
    char reason[WB_METRIC_REASON_BYTES]; /* a sentence */
};

struct wb_trigger;

/* The window of a ratio or a quantile for which the plan gives none. */
enum { WB_TRIGGER_WINDOW_MS = 300000 };

/* WB_E_PLAN: see wb_metric_spec_check; a TIME cannot fire. now_us: run time. */
enum wb_code wb_trigger_new(const struct wb_metric_spec *spec, uint64_t now_us,
                            struct wb_trigger **ret, struct wb_error *err);
void wb_trigger_free(struct wb_trigger *t);

/* Samples whose source time is not new are passed over; one whose source time went back by more
 * than stale_ms begins anew (the source's clock was set). */
void wb_trigger_add(struct wb_trigger *t, const struct wb_sample *sample);

/* Judge what was added so far, as of now. */
void wb_trigger_judge(const struct wb_trigger *t, uint64_t now_us, struct wb_trigger_verdict *ret);

const char *wb_trigger_state_word(enum wb_trigger_state s); /* "holds", "fired", "inconclusive" */

#endif
