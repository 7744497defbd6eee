#include "verify/quantiles.h"

#include <math.h>
#include <stdlib.h>

/* Either end of an interval is wrong with at most this probability. */
static const double tail = 0.025;

double wb_quantile(const double *sorted, size_t n, double q) {
    size_t rank = (size_t)ceil(q * (double)n);
    return sorted[rank ? rank - 1 : 0];
}

/* P(X = k) of n trials; by logarithms, for n may be thousands. */
static double binomial(size_t n, size_t k, double q) {
    double dn = (double)n, dk = (double)k;
    return exp(lgamma(dn + 1) - lgamma(dk + 1) - lgamma(dn - dk + 1) + dk * log(q) +
               (dn - dk) * log1p(-q));
}

/* The k-th smallest time is above the quantile only if fewer than k times are below it. */
struct wb_interval wb_quantile_interval(const double *sorted, size_t n, double q) {
    struct wb_interval r = {.value = wb_quantile(sorted, n, q), .low = 0, .high = INFINITY};
    double below = 0;
    for (size_t k = 0; k < n; k++) { /* below: P(X <= k) */
        below += binomial(n, k, q);
        if (below <= tail)
            r.low = sorted[k]; /* wrong only if X <= k: so few fell below */
        if (1 - below <= tail) {
            r.high = sorted[k]; /* wrong only if X > k */
            break;
        }
    }
    return r;
}

static int by_time(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static struct wb_performance_side side_of(const double *sorted, size_t n) {
    return (struct wb_performance_side){.n_runs = n,
                                        .p50_ms = wb_quantile(sorted, n, 0.5),
                                        .p95_ms = wb_quantile(sorted, n, 0.95),
                                        .p99_ms = wb_quantile(sorted, n, 0.99),
                                        .min_ms = sorted[0],
                                        .max_ms = sorted[n - 1]};
}

/* A clock that ticks in microseconds may say 0. */
static double divide(double a, double b) {
    const double tick_ms = 0.001;
    return a / (b > tick_ms ? b : tick_ms);
}

static struct wb_performance_ratio ratio_of(const struct wb_interval *s,
                                            const struct wb_interval *t) {
    return (struct wb_performance_ratio){
        .value = divide(t->value, s->value),
        .low = isinf(s->high) ? 0 : divide(t->low, s->high),
        .high = s->low > 0 && !isinf(t->high) ? divide(t->high, s->low) : INFINITY,
    };
}

/* The smallest difference that the intervals leave must be more than noise, too. */
static bool is_beyond(const struct wb_performance_ratio *r, const struct wb_interval *s,
                      const struct wb_interval *t, double tolerance) {
    return r->low > 1 + tolerance && t->value - s->value > WB_QUANTILE_NOISE_MS;
}

static bool is_within(const struct wb_performance_ratio *r, const struct wb_interval *s,
                      const struct wb_interval *t, double tolerance) {
    return r->high <= 1 + tolerance ||
           (!isinf(t->high) && t->high - s->low <= WB_QUANTILE_NOISE_MS);
}

/* The far end of a few times is known so badly that asking for certainty there would call every
 * short comparison inconclusive: it is enough that it does not look slower. */
static bool seems_within(const struct wb_performance_ratio *r, const struct wb_interval *s,
                         const struct wb_interval *t, double tolerance) {
    return r->value <= 1 + tolerance || t->value - s->value <= WB_QUANTILE_NOISE_MS;
}

void wb_compare_times(double *source, size_t n_source, double *target, size_t n_target,
                      double tolerance, struct wb_comparison *ret) {
    struct wb_comparison c = {.speed = WB_SPEED_UNKNOWN, .by = "the times"};
    if (n_source == 0 || n_target == 0) {
        *ret = c;
        return;
    }
    qsort(source, n_source, sizeof *source, by_time);
    qsort(target, n_target, sizeof *target, by_time);
    struct wb_interval s50 = wb_quantile_interval(source, n_source, 0.5),
                       t50 = wb_quantile_interval(target, n_target, 0.5),
                       s95 = wb_quantile_interval(source, n_source, 0.95),
                       t95 = wb_quantile_interval(target, n_target, 0.95);
    c.source = side_of(source, n_source);
    c.target = side_of(target, n_target);
    c.median = ratio_of(&s50, &t50);
    c.p95 = ratio_of(&s95, &t95);
    if (is_beyond(&c.median, &s50, &t50, tolerance)) {
        c.speed = WB_SPEED_SLOWER;
        c.by = "median";
    } else if (is_beyond(&c.p95, &s95, &t95, tolerance)) {
        c.speed = WB_SPEED_SLOWER;
        c.by = "95th percentile";
    } else if (!is_within(&c.median, &s50, &t50, tolerance)) {
        c.by = "median";
    } else if (!seems_within(&c.p95, &s95, &t95, tolerance)) {
        c.by = "95th percentile";
    } else {
        c.speed = WB_SPEED_WITHIN;
    }
    *ret = c;
}
