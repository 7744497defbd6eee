/* A histogram of latencies: 64 buckets to each power of two of microseconds, exact below 128 µs.
 *
 * Any value is known to 1/64 of itself from its bucket's ends and to less than 1 % from its middle,
 * whatever the distribution. Values above 2^36 µs (19 hours) count as that. 16 KB; a plain value:
 * it may be copied, added to another and subtracted from a later state of itself. Not thread-safe.
 */
#ifndef WB_METRIC_HISTOGRAM_H
#define WB_METRIC_HISTOGRAM_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    WB_HISTOGRAM_SUB_BITS = 6,
    WB_HISTOGRAM_MAX_BITS = 36,
    WB_HISTOGRAM_BUCKETS = 128 + (WB_HISTOGRAM_MAX_BITS - 7) * 64,
};

/* Zeroed is empty. */
struct wb_histogram {
    uint64_t total;
    uint64_t counts[WB_HISTOGRAM_BUCKETS];
};

enum wb_histogram_edge { WB_EDGE_LOW, WB_EDGE_MIDDLE, WB_EDGE_HIGH };

void wb_histogram_add(struct wb_histogram *h, uint64_t us, uint64_t times);
void wb_histogram_merge(struct wb_histogram *to, const struct wb_histogram *from);
/* to - earlier. False, with to as it was, where earlier is no earlier state of it: it has more in
 * some bucket. */
bool wb_histogram_subtract(struct wb_histogram *to, const struct wb_histogram *earlier);

/* The rank-th smallest value (from 1 to total) in microseconds: its bucket's lower end, middle or
 * upper end. NaN where there is no such rank. */
double wb_histogram_rank(const struct wb_histogram *h, uint64_t rank, enum wb_histogram_edge edge);
/* The middle of the q-quantile, in microseconds; NaN while empty. */
double wb_histogram_quantile(const struct wb_histogram *h, double q);
/* How many values are certainly above us. */
uint64_t wb_histogram_above(const struct wb_histogram *h, double us);

/* As text, "BUCKET:COUNT BUCKET:COUNT …", and back; false where the text is malformed. */
void wb_histogram_write(const struct wb_histogram *h, struct wb_buf *to);
bool wb_histogram_read(struct wb_histogram *h, const char *text);

#endif
