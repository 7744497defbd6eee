#include "metric/binomial.h"

#include <math.h>

/* Terms of the continued fraction: it needs about the square root of the larger parameter. */
enum { MAX_TERMS = 1000000, MAX_STEPS = 200 };

static double log_gamma(double x) {
    int sign; /* lgamma() would write a global */
    return lgamma_r(x, &sign);
}

static double log_beta(double a, double b) {
    return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
}

static double not_zero(double x) {
    const double tiny = 1e-300;
    return fabs(x) < tiny ? tiny : x;
}

/* Lentz's method; converges fast for x below the mean. */
static double fraction(double a, double b, double x) {
    double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), h = d;
    for (int i = 1; i < MAX_TERMS; i++) {
        double m = i, even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / not_zero(1 + even * d);
        c = not_zero(1 + even / c);
        h *= d * c;
        d = 1 / not_zero(1 + odd * d);
        c = not_zero(1 + odd / c);
        h *= d * c;
        if (fabs(d * c - 1) < 1e-15)
            break;
    }
    return h;
}

/* I_x(a, b), the distribution function of the beta distribution. */
static double beta_cdf(double a, double b, double x) {
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    double front = exp(a * log(x) + b * log1p(-x) - log_beta(a, b));
    if (x < (a + 1) / (a + b + 2))
        return front * fraction(a, b, x) / a;
    return 1 - front * fraction(b, a, 1 - x) / b;
}

/* The x with I_x(a, b) = p: Newton's steps, halving the bracket where one would leave it. */
static double beta_inverse(double a, double b, double p) {
    double low = 0, high = 1, x = a / (a + b), scale = log_beta(a, b);
    for (int i = 0; i < MAX_STEPS; i++) {
        double f = beta_cdf(a, b, x) - p;
        if (f > 0)
            high = x;
        else
            low = x;
        double density = exp((a - 1) * log(x) + (b - 1) * log1p(-x) - scale);
        double next = density > 0 ? x - f / density : -1;
        if (!(next > low && next < high))
            next = (low + high) / 2;
        if (fabs(next - x) <= 1e-14 * x || high - low <= 1e-14 * high)
            return next;
        x = next;
    }
    return x;
}

double wb_metric_binomial_lower(uint64_t k, uint64_t n, double tail) {
    if (k == 0 || n == 0)
        return 0;
    if (k >= n)
        return exp(log(tail) / (double)n);
    return beta_inverse((double)k, (double)(n - k) + 1, tail);
}

double wb_metric_binomial_upper(uint64_t k, uint64_t n, double tail) {
    if (k >= n || n == 0)
        return 1;
    if (k == 0)
        return -expm1(log(tail) / (double)n);
    return beta_inverse((double)k + 1, (double)(n - k), 1 - tail);
}

double wb_metric_binomial_cdf(uint64_t k, uint64_t n, double p) {
    if (k >= n || p <= 0)
        return 1;
    if (p >= 1)
        return 0;
    return beta_cdf((double)(n - k), (double)k + 1, 1 - p);
}

uint64_t wb_metric_binomial_needed(double threshold) {
    if (!(threshold > 0))
        return UINT64_MAX;
    double n = 3 / threshold;
    return n < 1e18 ? (uint64_t)ceil(n * (1 - 1e-12)) : UINT64_MAX; /* 3/0.003 is not 1001 */
}
