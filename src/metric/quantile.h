/* What n latencies say about a quantile of all: bounds by order statistics, which assume nothing
 * about their distribution.
 *
 * The upper bound is the smallest rank u for which fewer than u of n latencies lie below the true
 * quantile with probability 1 - tail or more; it exists from ln(tail)/ln(q) observations on (299
 * for P99 and 5 %). Source: H. A. David and H. N. Nagaraja, Order Statistics, 7.1.
 */
#ifndef WB_METRIC_QUANTILE_H
#define WB_METRIC_QUANTILE_H

#include "metric/histogram.h"

#include <stdint.h>

/* Ranks count from 1; 0: n is too small for a bound. */
uint64_t wb_metric_quantile_upper_rank(uint64_t n, double q, double tail);
uint64_t wb_metric_quantile_lower_rank(uint64_t n, double q, double tail);

/* Bounds in milliseconds, the safe edge of the rank's bucket; NaN where n is too small. */
double wb_metric_quantile_upper_ms(const struct wb_histogram *h, double q, double tail);
double wb_metric_quantile_lower_ms(const struct wb_histogram *h, double q, double tail);

/* 3/(1-q) rounded up: what a gate needs. */
uint64_t wb_metric_quantile_needed(double q);

#endif
