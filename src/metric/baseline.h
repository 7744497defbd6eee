/* Baselines: what a metric was before the first change, and the thresholds made of it. */
#ifndef WB_METRIC_BASELINE_H
#define WB_METRIC_BASELINE_H

#include "metric/metric.h"

#include <stdbool.h>

/* A plain value, journalled as it stands. */
struct wb_baseline {
    double value;     /* NaN: nothing was measured */
    double low, high; /* RATIO, QUANTILE: one-sided 95 % bounds (high NaN: too few); else the lowest
                         and the highest reading */
    uint64_t samples; /* as in wb_measured */
};

struct wb_baseline_meter;

/* Only form, quantile, name and stale_ms of spec count. */
enum wb_code wb_baseline_meter_new(const struct wb_metric_spec *spec, uint64_t now_us,
                                   struct wb_baseline_meter **ret, struct wb_error *err);
void wb_baseline_meter_free(struct wb_baseline_meter *m);
void wb_baseline_meter_add(struct wb_baseline_meter *m, const struct wb_sample *sample);
void wb_baseline_meter_read(const struct wb_baseline_meter *m, struct wb_baseline *ret);

enum wb_baseline_agreement { WB_BASELINE_AGREES, WB_BASELINE_DISAGREES, WB_BASELINE_UNKNOWN };

/* Whether one that the plan states is within 20 % of what was measured (of the measured one). The
 * gap is a fraction; INFINITY where only one of them is 0. */
enum wb_baseline_agreement wb_baseline_compare(const struct wb_baseline *measured, double stated,
                                               double *ret_gap);

/* The threshold that "within PART of baseline" (0.1 for 10 %), "N x baseline" and "unchanged" mean
 * for a metric of which more is worse. Unchanged: not beyond what the baseline itself leaves open,
 * which is its high end. False where nothing was measured. */
bool wb_baseline_within(const struct wb_baseline *b, double part, double *ret_threshold);
bool wb_baseline_times(const struct wb_baseline *b, double times, double *ret_threshold);
bool wb_baseline_unchanged(const struct wb_baseline *b, double *ret_threshold);

#endif
