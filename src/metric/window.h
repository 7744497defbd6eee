/* A window that slides over counters: what came in the last so many milliseconds of run time.
 *
 * It keeps the sums as they were at up to 256 moments (64 for histograms), so a window's beginning
 * is known to 1/100 (1/30) of its length; memory does not grow with the rate of samples. Where
 * samples were missing the window reaches back to the last one before the gap: a rate above a
 * threshold over the whole is above it over some part.
 */
#ifndef WB_METRIC_WINDOW_H
#define WB_METRIC_WINDOW_H

#include "metric/intake.h"

/* What a window holds. */
struct wb_tally {
    uint64_t hits, total;                 /* RATIO; QUANTILE: total */
    const struct wb_histogram *latencies; /* QUANTILE; the window's, until its next change */
    double mean, newest;                  /* of plain values; NaN without any */
    uint64_t readings;                    /* new samples with data */
    uint64_t span_us;
};

struct wb_window;

/* window_ms 0: all that came since the beginning. */
struct wb_window *wb_window_new(enum wb_metric_form form, int64_t window_ms);
void wb_window_free(struct wb_window *w);
void wb_window_clear(struct wb_window *w, uint64_t seen_us); /* empty again, beginning at seen_us */
void wb_window_add(struct wb_window *w, uint64_t seen_us, const struct wb_gain *gain);
void wb_window_read(const struct wb_window *w, struct wb_tally *ret);

#endif
