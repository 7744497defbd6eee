/* Quantiles of measured times, and what can be said of them.
 *
 * A quantile's interval comes from order statistics: of n sorted times the ranks l and u for which
 * fewer than l, or at least u, of n trials fall below the true quantile with at most 2.5 %
 * probability each (the binomial distribution). It assumes nothing about how times are
 * distributed, and where there are too few of them it says so by having no end. The ratio of two
 * quantiles lies between the quotients of opposite ends.
 */
#ifndef WB_VERIFY_QUANTILES_H
#define WB_VERIFY_QUANTILES_H

#include "verify/performance.h"

#include <stddef.h>

/* Times below this are noise of clock and scheduler: a query is not called slower for less. */
#define WB_QUANTILE_NOISE_MS 0.2

struct wb_interval {
    double value, low, high; /* low 0, high INFINITY where n is too small */
};

/* sorted: n times in ms, ascending; q in (0, 1). n must not be 0. */
double wb_quantile(const double *sorted, size_t n, double q);
struct wb_interval wb_quantile_interval(const double *sorted, size_t n, double q);

enum wb_speed { WB_SPEED_UNKNOWN, WB_SPEED_WITHIN, WB_SPEED_SLOWER };

struct wb_comparison {
    struct wb_performance_side source, target; /* n_runs and times only */
    struct wb_performance_ratio median, p95;
    enum wb_speed speed;
    const char *by; /* SLOWER: "median" or "95th percentile"; UNKNOWN: what is not known */
};

/* Sorts both. SLOWER: the median's or the 95th percentile's ratio is beyond 1 + tolerance as a
 * whole, and the difference more than noise. WITHIN: the median's ratio is not beyond it as a
 * whole, or the difference is noise for certain, and the 95th percentile is not seen to be beyond.
 * UNKNOWN: more runs are needed. */
void wb_compare_times(double *source, size_t n_source, double *target, size_t n_target,
                      double tolerance, struct wb_comparison *ret);

#endif
