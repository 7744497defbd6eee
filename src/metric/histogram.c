#include "metric/histogram.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { EXACT = 128, SUB = 1 << WB_HISTOGRAM_SUB_BITS };

static const uint64_t max_us = ((uint64_t)1 << WB_HISTOGRAM_MAX_BITS) - 1;

static unsigned bucket_of(uint64_t us) {
    if (us > max_us)
        us = max_us;
    if (us < EXACT)
        return (unsigned)us;
    unsigned bits = 63 - (unsigned)__builtin_clzll(us);
    return EXACT + (bits - 7) * SUB + (unsigned)(us >> (bits - WB_HISTOGRAM_SUB_BITS)) - SUB;
}

static double edge_of(unsigned bucket, enum wb_histogram_edge edge) {
    if (bucket < EXACT)
        return bucket;
    unsigned shift = 1 + (bucket - EXACT) / SUB;
    uint64_t low = (uint64_t)(SUB + (bucket - EXACT) % SUB) << shift;
    uint64_t high = low + ((uint64_t)1 << shift) - 1;
    if (edge == WB_EDGE_LOW)
        return (double)low;
    return edge == WB_EDGE_HIGH ? (double)high : (double)(low + high) / 2;
}

void wb_histogram_add(struct wb_histogram *h, uint64_t us, uint64_t times) {
    h->counts[bucket_of(us)] += times;
    h->total += times;
}

void wb_histogram_merge(struct wb_histogram *to, const struct wb_histogram *from) {
    to->total += from->total;
    for (unsigned i = 0; i < WB_HISTOGRAM_BUCKETS; i++)
        to->counts[i] += from->counts[i];
}

bool wb_histogram_subtract(struct wb_histogram *to, const struct wb_histogram *earlier) {
    for (unsigned i = 0; i < WB_HISTOGRAM_BUCKETS; i++)
        if (to->counts[i] < earlier->counts[i])
            return false;
    to->total -= earlier->total;
    for (unsigned i = 0; i < WB_HISTOGRAM_BUCKETS; i++)
        to->counts[i] -= earlier->counts[i];
    return true;
}

double wb_histogram_rank(const struct wb_histogram *h, uint64_t rank, enum wb_histogram_edge edge) {
    if (rank == 0 || rank > h->total)
        return NAN;
    uint64_t seen = 0;
    for (unsigned i = 0; i < WB_HISTOGRAM_BUCKETS; i++)
        if ((seen += h->counts[i]) >= rank)
            return edge_of(i, edge);
    return NAN;
}

double wb_histogram_quantile(const struct wb_histogram *h, double q) {
    double rank = ceil(q * (double)h->total * (1 - 1e-12));
    return wb_histogram_rank(h, rank < 1 ? 1 : (uint64_t)rank, WB_EDGE_MIDDLE);
}

uint64_t wb_histogram_above(const struct wb_histogram *h, double us) {
    uint64_t n = 0;
    for (unsigned i = WB_HISTOGRAM_BUCKETS; i-- > 0 && edge_of(i, WB_EDGE_LOW) > us;)
        n += h->counts[i];
    return n;
}

void wb_histogram_write(const struct wb_histogram *h, struct wb_buf *to) {
    const char *space = "";
    for (unsigned i = 0; i < WB_HISTOGRAM_BUCKETS; i++)
        if (h->counts[i]) {
            wb_buf_addf(to, "%s%u:%" PRIu64, space, i, h->counts[i]);
            space = " ";
        }
}

bool wb_histogram_read(struct wb_histogram *h, const char *text) {
    struct wb_histogram read = {0};
    while (*text) {
        char *end;
        unsigned long bucket = strtoul(text, &end, 10);
        if (end == text || *end != ':' || bucket >= WB_HISTOGRAM_BUCKETS)
            return false;
        text = end + 1;
        uint64_t n = strtoull(text, &end, 10);
        if (end == text || (*end && *end != ' ') || n > UINT64_MAX - read.total)
            return false;
        read.counts[bucket] += n;
        read.total += n;
        text = *end ? end + 1 : end;
    }
    *h = read;
    return true;
}
