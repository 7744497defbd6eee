/* What n trials with k hits say about the true rate: exact (Clopper-Pearson) bounds.
 *
 * Source: C. J. Clopper and E. S. Pearson, Biometrika 26 (1934); the bounds are quantiles of beta
 * distributions. The regularized incomplete beta function is Lentz's continued fraction (W. H.
 * Press et al., Numerical Recipes, 6.4); its inverse a Newton iteration kept inside a bracket.
 */
#ifndef WB_METRIC_BINOMIAL_H
#define WB_METRIC_BINOMIAL_H

#include <stdint.h>

/* Probabilities of one side: a two-sided 95 % interval has 2.5 % a tail. */
#define WB_TAIL_TWO_SIDED 0.025
#define WB_TAIL_ONE_SIDED 0.05

/* The rate below (above) which k or more (k or fewer) hits of n have at most probability tail. 0
 * where k is 0, 1 where k is n; with n 0 nothing is known: 0 and 1. k must not be above n. */
double wb_metric_binomial_lower(uint64_t k, uint64_t n, double tail);
double wb_metric_binomial_upper(uint64_t k, uint64_t n, double tail);

/* P(X <= k) of n trials with rate p. */
double wb_metric_binomial_cdf(uint64_t k, uint64_t n, double p);

/* The fewest trials without any hit whose one-sided upper bound can be at or below the threshold,
 * by the rule of three: 3/threshold, rounded up. UINT64_MAX for a threshold of 0 or less. */
uint64_t wb_metric_binomial_needed(double threshold);

#endif
