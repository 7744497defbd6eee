/* What the files of a gate share. */
#ifndef WB_METRIC_GATE_INT_H
#define WB_METRIC_GATE_INT_H

#include "metric/gate.h"
#include "metric/intake.h"
#include "metric/trigger.h"

#include <stdbool.h>

/* What was shown since the stage began. */
struct wb_gate_sums {
    uint64_t elapsed_us; /* that count */
    uint64_t hits, total, readings;
    struct wb_histogram *latencies; /* QUANTILE: owned */
};

struct wb_gate {
    struct wb_gate_spec spec;
    struct wb_intake intake;
    struct wb_gate_sums sums;
    struct wb_trigger *opposite; /* fires when the gate fails */
    uint64_t began_us, tick_us;
    bool ticked;
    enum wb_gate_time time; /* of the last tick */
    /* Of the interval since the last sample: whether some of it counts, and some does not. */
    bool some_counts, some_stops;
    int64_t n_watched; /* samples that opposite was given: their source times */
    double newest;     /* plain value that counted; NaN: none */
    bool as_wanted;    /* it is as the clause says */
    uint64_t wanted_since_us, wanted_until_us;
};

/* The clause that is the opposite of the gate's: what it fails on. */
struct wb_metric_spec wb_gate_opposite(const struct wb_gate_spec *spec);
bool wb_gate_is_upward(
    const struct wb_metric_spec *m); /* good is up: at least, or all of a ratio */

void wb_gate_begin_opposite(struct wb_gate *g, uint64_t now_us);
/* Whether nobody knows what was between the last tick and now. */
bool wb_gate_is_blind(const struct wb_gate *g, uint64_t now_us);

/* Whether the sums are enough, and how they stand; fills measured and needed. */
enum wb_gate_evidence { WB_EVIDENCE_NONE, WB_EVIDENCE_MORE, WB_EVIDENCE_AGAINST, WB_EVIDENCE_FOR };
enum wb_gate_evidence wb_gate_weigh(const struct wb_gate *g, struct wb_gate_verdict *ret);

#endif
