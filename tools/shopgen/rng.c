#include "rng.h"

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

struct rng rng_for(uint64_t seed, uint64_t table, uint64_t row) {
    struct rng r;

    r.state = mix(mix(mix(seed + 1) ^ (table * UINT64_C(0x9e3779b97f4a7c15))) + row);
    return r;
}

uint64_t rng_u64(struct rng *r) {
    r->state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(r->state);
}

int64_t rng_below(struct rng *r, int64_t limit) {
    return (int64_t)(rng_u64(r) % (uint64_t)limit);
}

int64_t rng_between(struct rng *r, int64_t low, int64_t high) {
    return low + rng_below(r, high - low + 1);
}

int rng_one_in(struct rng *r, int64_t n) {
    return rng_below(r, n) == 0;
}

double rng_unit(struct rng *r) {
    return (double)(rng_u64(r) >> 11) * 0x1.0p-53;
}

void rng_bytes(struct rng *r, unsigned char *out, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; i += 8) {
        uint64_t word = rng_u64(r);

        for (size_t k = 0; k < 8 && i + k < size_bytes; k++)
            out[i + k] = (unsigned char)(word >> (8 * k));
    }
}
