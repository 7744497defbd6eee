#include "metric/quantile.h"

#include "metric/binomial.h"

#include <math.h>

uint64_t wb_metric_quantile_upper_rank(uint64_t n, double q, double tail) {
    if (n == 0 || wb_metric_binomial_cdf(n - 1, n, q) < 1 - tail)
        return 0;
    uint64_t low = 1, high = n; /* high is a bound, below low none is */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (wb_metric_binomial_cdf(middle - 1, n, q) >= 1 - tail)
            high = middle;
        else
            low = middle + 1;
    }
    return high;
}

uint64_t wb_metric_quantile_lower_rank(uint64_t n, double q, double tail) {
    uint64_t low = 0, high = n; /* low is a bound (0: none), above high none is */
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        if (wb_metric_binomial_cdf(middle - 1, n, q) <= tail)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

double wb_metric_quantile_upper_ms(const struct wb_histogram *h, double q, double tail) {
    uint64_t rank = wb_metric_quantile_upper_rank(h->total, q, tail);
    return wb_histogram_rank(h, rank, WB_EDGE_HIGH) / 1000;
}

double wb_metric_quantile_lower_ms(const struct wb_histogram *h, double q, double tail) {
    uint64_t rank = wb_metric_quantile_lower_rank(h->total, q, tail);
    return wb_histogram_rank(h, rank, WB_EDGE_LOW) / 1000;
}

uint64_t wb_metric_quantile_needed(double q) {
    return (uint64_t)ceil(3 / (1 - q) * (1 - 1e-12));
}
