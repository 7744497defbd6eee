/* Whether what was shown since the stage began is enough. */
#include "metric/gate_int.h"

#include "metric/beyond.h"
#include "metric/binomial.h"
#include "metric/quantile.h"

#include <math.h>

bool wb_gate_is_upward(const struct wb_metric_spec *m) {
    return wb_metric_is_upward(m->cmp) ||
           (m->form == WB_FORM_RATIO && m->cmp == WB_IS_EQUAL && m->threshold > 0);
}

struct wb_metric_spec wb_gate_opposite(const struct wb_gate_spec *spec) {
    static const enum wb_metric_cmp opposite[] = {
        [WB_IS_BELOW] = WB_IS_AT_LEAST, [WB_IS_AT_MOST] = WB_IS_ABOVE,
        [WB_IS_ABOVE] = WB_IS_AT_MOST,  [WB_IS_AT_LEAST] = WB_IS_BELOW,
        [WB_IS_EQUAL] = WB_IS_OTHER,    [WB_IS_OTHER] = WB_IS_EQUAL};
    struct wb_metric_spec m = spec->metric;
    m.cmp = opposite[m.cmp];
    if (spec->metric.form == WB_FORM_RATIO && spec->metric.cmp == WB_IS_EQUAL)
        m.cmp = wb_gate_is_upward(&spec->metric) ? WB_IS_BELOW : WB_IS_ABOVE;
    m.for_ms = 0;
    if (m.window_ms == 0)
        m.window_ms = -1; /* all since the stage began */
    return m;
}

/* The fewest observations at which k bad ones leave the rate's upper bound at or below the limit.
 */
static uint64_t enough_for(uint64_t k, double limit, uint64_t at_least) {
    uint64_t low = at_least > k ? at_least : k + 1, high = low;
    while (high < (uint64_t)1 << 60 && wb_metric_binomial_upper(k, high, WB_TAIL_ONE_SIDED) > limit)
        high *= 2;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (wb_metric_binomial_upper(k, middle, WB_TAIL_ONE_SIDED) > limit)
            low = middle + 1;
        else
            high = middle;
    }
    return high;
}

static uint64_t still(uint64_t needed, uint64_t have) {
    return needed > have ? needed - have : 0;
}

static enum wb_gate_evidence weigh_zero(const struct wb_gate *g, uint64_t bad,
                                        struct wb_gate_verdict *v) {
    v->measured.bound = v->measured.value;
    v->needed = still(g->spec.observations, g->sums.total);
    if (bad > 0)
        return WB_EVIDENCE_AGAINST;
    return v->needed ? WB_EVIDENCE_MORE : WB_EVIDENCE_FOR;
}

static enum wb_gate_evidence weigh_ratio(const struct wb_gate *g, struct wb_gate_verdict *v) {
    const struct wb_metric_spec *m = &g->spec.metric;
    bool up = wb_gate_is_upward(m);
    uint64_t n = g->sums.total, bad = up ? n - g->sums.hits : g->sums.hits;
    double limit = up ? 1 - m->threshold : m->threshold;
    v->measured.hits = g->sums.hits;
    v->measured.samples = n;
    if (n == 0)
        return WB_EVIDENCE_NONE;
    v->measured.value = (double)g->sums.hits / (double)n;
    if (!(limit > 0))
        return weigh_zero(g, bad, v);
    double upper = wb_metric_binomial_upper(bad, n, WB_TAIL_ONE_SIDED);
    uint64_t least = wb_metric_binomial_needed(limit);
    v->measured.bound = up ? 1 - upper : upper;
    if (n >= least && upper <= limit)
        return WB_EVIDENCE_FOR;
    v->needed = limit >= 1 ? still(least, n) : still(enough_for(bad, limit, least), n);
    return (double)bad / (double)n > limit ? WB_EVIDENCE_AGAINST : WB_EVIDENCE_MORE;
}

static enum wb_gate_evidence weigh_quantile(const struct wb_gate *g, struct wb_gate_verdict *v) {
    const struct wb_metric_spec *m = &g->spec.metric;
    const struct wb_histogram *h = g->sums.latencies;
    bool up = wb_gate_is_upward(m);
    uint64_t above = wb_histogram_above(h, m->threshold * 1000);
    double share = up ? m->quantile : 1 - m->quantile; /* that may lie on the bad side */
    uint64_t least = wb_metric_quantile_needed(1 - share);
    v->measured.hits = above;
    v->measured.samples = h->total;
    if (h->total == 0)
        return WB_EVIDENCE_NONE;
    v->measured.value = wb_histogram_quantile(h, m->quantile) / 1000;
    v->measured.bound = up ? wb_metric_quantile_lower_ms(h, m->quantile, WB_TAIL_ONE_SIDED)
                           : wb_metric_quantile_upper_ms(h, m->quantile, WB_TAIL_ONE_SIDED);
    bool within = up ? v->measured.bound >= m->threshold : v->measured.bound <= m->threshold;
    if (h->total >= least && within)
        return WB_EVIDENCE_FOR;
    uint64_t bad = up ? h->total - above : above;
    v->needed = still(enough_for(bad, share, least), h->total);
    return (double)bad > share * (double)h->total ? WB_EVIDENCE_AGAINST : WB_EVIDENCE_MORE;
}

static enum wb_gate_evidence weigh_value(const struct wb_gate *g, struct wb_gate_verdict *v) {
    v->measured.value = v->measured.bound = g->newest;
    v->measured.samples = g->sums.readings;
    v->needed = still(g->spec.observations, g->sums.readings);
    if (isnan(g->newest))
        return WB_EVIDENCE_NONE;
    if (!g->as_wanted)
        return WB_EVIDENCE_AGAINST;
    int64_t lasted_ms = (int64_t)((g->wanted_until_us - g->wanted_since_us) / 1000);
    return v->needed || lasted_ms < g->spec.metric.for_ms ? WB_EVIDENCE_MORE : WB_EVIDENCE_FOR;
}

enum wb_gate_evidence wb_gate_weigh(const struct wb_gate *g, struct wb_gate_verdict *ret) {
    ret->measured = (struct wb_measured){.value = NAN,
                                         .bound = NAN,
                                         .threshold = g->spec.metric.threshold,
                                         .window_ms = (int64_t)(g->sums.elapsed_us / 1000)};
    ret->needed = 0;
    switch (g->spec.metric.form) {
    case WB_FORM_RATIO:
        return weigh_ratio(g, ret);
    case WB_FORM_QUANTILE:
        return weigh_quantile(g, ret);
    case WB_FORM_VALUE:
    case WB_FORM_DETECTED:
        return weigh_value(g, ret);
    case WB_FORM_TIME:
        return WB_EVIDENCE_FOR;
    }
    return WB_EVIDENCE_NONE;
}
