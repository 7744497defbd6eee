/* What gates, triggers and baselines share: a sample, what a clause asks of a metric, and the
 * numbers that a judgement rests on.
 *
 * This module is pure: no I/O, no clock of its own. Every moment is given by the caller, in one of
 * two times that are never mixed:
 *
 *   source time   when the source says that it measured; tells new samples from repeated ones
 *   run time      microseconds of the runner's monotonic clock; tells how long something lasted and
 *                 whether data is stale. It may begin anywhere, and anew after a restart.
 *
 * Units: a ratio is a fraction (0.1 % is 0.001), a quantile's value and threshold are milliseconds,
 * a plain value has whatever unit the plan gives it. NaN means: no data.
 */
#ifndef WB_METRIC_METRIC_H
#define WB_METRIC_METRIC_H

#include "base/error.h"

#include <stdint.h>

struct wb_histogram;

enum wb_metric_form {
    WB_FORM_VALUE,    /* a plain number: lag, a count, a ratio whose counters are not known */
    WB_FORM_RATIO,    /* hits of total, both counted by the source */
    WB_FORM_QUANTILE, /* of latencies of which the source gives the histogram */
    WB_FORM_DETECTED, /* a number of things found: "any divergence detected" */
    WB_FORM_TIME,     /* nothing but time: "running 48 hours"; gates only */
};

enum wb_metric_cmp {
    WB_IS_BELOW,
    WB_IS_AT_MOST,
    WB_IS_ABOVE,
    WB_IS_AT_LEAST,
    WB_IS_EQUAL, /* of a ratio: with 0 or 1 only, in gates only */
    WB_IS_OTHER, /* not equal; of plain values only */
};

/* How a ratio or a quantile is compared. */
enum wb_metric_rigour {
    WB_RIGOUR_BOUNDS, /* by the end of its confidence interval */
    WB_RIGOUR_PLAIN,  /* as measured: the plan's "strict" */
};

/* What a clause of the plan says. Strings are the caller's and must outlive what is made of it. */
struct wb_metric_spec {
    const char *name; /* "error rate": for sentences */
    const char *unit; /* of a plain value: "s", "rows"; NULL or "" where it has none */
    enum wb_metric_form form;
    enum wb_metric_cmp cmp; /* of a trigger: fires when it is so; of a gate: passes when it is so */
    double threshold;
    double quantile; /* 0.99 */
    enum wb_metric_rigour rigour;
    int64_t window_ms; /* "over any 10-minute window"; 0: none; negative: all since the beginning */
    int64_t for_ms;    /* "for 10 minutes"; "sustained" is 300,000; 0: 2 consecutive samples */
    int64_t stale_ms;  /* without a new sample for this long there is no data, and samples further
                          apart are not consecutive; 0: 60,000 */
};

/* WB_E_PLAN where the clause cannot be judged: a threshold that is no number, a quantile outside of
 * (0, 1), a ratio compared for equality with something between 0 and 1. */
enum wb_code wb_metric_spec_check(const struct wb_metric_spec *spec, struct wb_error *err);

/* One reading of a source. */
struct wb_sample {
    int64_t source_us; /* source time: wall clock, microseconds since 1970 */
    uint64_t seen_us;  /* run time at which it arrived */
    double value;      /* VALUE, DETECTED; NaN, in every form: the source answered without data */
    /* RATIO: counters that only grow; one that shrank has begun anew at 0. */
    uint64_t hits, total;
    /* QUANTILE: of all latencies since the source began, likewise; copied; NULL: no data */
    const struct wb_histogram *histogram;
};

/* What a decision rests on; journalled with it. */
struct wb_measured {
    double value; /* as measured, NaN: none */
    double bound; /* the end of the interval that was compared with the threshold; for plain values
                     the value; NaN: none */
    double threshold;
    uint64_t hits;     /* RATIO: of samples; QUANTILE: latencies beyond the threshold */
    uint64_t samples;  /* RATIO, QUANTILE: observations; else readings of different source times */
    int64_t window_ms; /* what they span, in run time */
};

enum { WB_METRIC_REASON_BYTES = 320, WB_METRIC_STALE_MS = 60000, WB_METRIC_MIN_HITS = 2 };

/* "0.1 %", "22 ms", "4.5 s": a number of the clause as people read it, into to; size >= 40. */
char *wb_metric_format(const struct wb_metric_spec *spec, double value, char *to, size_t size);
const char *wb_metric_cmp_words(enum wb_metric_cmp cmp); /* "below", "at most" … */

#endif
