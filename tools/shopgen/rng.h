/*
 * A small pseudo-random generator whose sequence depends on nothing but its seeds, so that the same
 * --seed gives the same shop on every machine. Each row has a generator of its own, keyed by table
 * and row number: a table can then be changed or added without moving the values of any other, and
 * an order's lines can be made again wherever they are needed.
 *
 * The mixing function is splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
 * Generators, OOPSLA 2014). Not for secrets.
 */
#ifndef SHOPGEN_RNG_H
#define SHOPGEN_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

/* The generator of row `row` of the table that `table` stands for. */
struct rng rng_for(uint64_t seed, uint64_t table, uint64_t row);

uint64_t rng_u64(struct rng *r);

/* A number from 0 to limit - 1; limit must be above 0. */
int64_t rng_below(struct rng *r, int64_t limit);

/* A number from low to high, both included. */
int64_t rng_between(struct rng *r, int64_t low, int64_t high);

/* 1 in about one of `n` calls, else 0. */
int rng_one_in(struct rng *r, int64_t n);

/* A number in [0, 1) with all 53 bits of a double in use. */
double rng_unit(struct rng *r);

void rng_bytes(struct rng *r, unsigned char *out, size_t size_bytes);

#endif
