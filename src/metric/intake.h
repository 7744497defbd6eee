/* Takes samples in: tells new ones from repeated ones, and turns counters that may begin anew into
 * what came since the sample before. Shared by windows, gates and baselines. */
#ifndef WB_METRIC_INTAKE_H
#define WB_METRIC_INTAKE_H

#include "metric/histogram.h"
#include "metric/metric.h"

#include <stdbool.h>

enum wb_intake_kind {
    WB_INTAKE_REPEATED, /* its source time is not new: passed over */
    WB_INTAKE_EMPTY,    /* new, without data */
    WB_INTAKE_FIRST,    /* of counters: says only where counting begins */
    WB_INTAKE_NEXT,
};

/* What one sample brought. */
struct wb_gain {
    uint64_t hits, total;
    const struct wb_histogram *latencies; /* the intake's; until its next sample */
    double value;
    bool anew;      /* the source's clock was set back: what was before is not to be continued */
    bool after_gap; /* too long after the sample before to be consecutive */
};

struct wb_intake {
    enum wb_metric_form form;
    int64_t stale_us;
    bool any, empty,
        counting;      /* a sample came; the newest had no data; counters have a beginning */
    bool known;        /* source_us is of a sample, perhaps one of before a restart */
    int64_t source_us; /* of the newest */
    uint64_t seen_us;
    uint64_t hits, total;              /* as last given */
    struct wb_histogram *given, *gain; /* QUANTILE: owned */
};

void wb_intake_init(struct wb_intake *in, const struct wb_metric_spec *spec);
void wb_intake_done(struct wb_intake *in);
enum wb_intake_kind wb_intake_take(struct wb_intake *in, const struct wb_sample *s,
                                   struct wb_gain *ret);

/* Whether something new came within stale_us before now, and it had data. */
bool wb_intake_is_fresh(const struct wb_intake *in, uint64_t now_us);

#endif
