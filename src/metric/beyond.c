#include "metric/beyond.h"

#include "metric/binomial.h"
#include "metric/quantile.h"

#include <math.h>

bool wb_metric_compare(double value, enum wb_metric_cmp cmp, double threshold) {
    switch (cmp) { /* NaN compares as none of them */
    case WB_IS_BELOW:
        return value < threshold;
    case WB_IS_AT_MOST:
        return value <= threshold;
    case WB_IS_ABOVE:
        return value > threshold;
    case WB_IS_AT_LEAST:
        return value >= threshold;
    case WB_IS_EQUAL:
        return value == threshold;
    case WB_IS_OTHER:
        return value < threshold || value > threshold;
    }
    return false;
}

bool wb_metric_is_upward(enum wb_metric_cmp cmp) {
    return cmp == WB_IS_ABOVE || cmp == WB_IS_AT_LEAST;
}

bool wb_metric_has_data(const struct wb_metric_spec *spec, const struct wb_tally *tally) {
    if (spec->form == WB_FORM_RATIO || spec->form == WB_FORM_QUANTILE)
        return tally->total > 0;
    return tally->readings > 0;
}

/* Downward, the misses are what counts: "success rate below 99.9 %" is an error rate above 0.1 %.
 */
static bool ratio_is_beyond(const struct wb_metric_spec *spec, const struct wb_tally *t,
                            struct wb_measured *m) {
    bool up = wb_metric_is_upward(spec->cmp);
    m->hits = t->hits;
    m->value = (double)t->hits / (double)t->total;
    if (spec->rigour == WB_RIGOUR_PLAIN) {
        m->bound = m->value;
        return wb_metric_compare(m->value, spec->cmp, spec->threshold);
    }
    m->bound = up ? wb_metric_binomial_lower(t->hits, t->total, WB_TAIL_TWO_SIDED)
                  : wb_metric_binomial_upper(t->hits, t->total, WB_TAIL_TWO_SIDED);
    return (up ? t->hits : t->total - t->hits) >= WB_METRIC_MIN_HITS &&
           wb_metric_compare(m->bound, spec->cmp, spec->threshold);
}

static bool quantile_is_beyond(const struct wb_metric_spec *spec, const struct wb_tally *t,
                               struct wb_measured *m) {
    bool up = wb_metric_is_upward(spec->cmp);
    const struct wb_histogram *h = t->latencies;
    m->value = wb_histogram_quantile(h, spec->quantile) / 1000;
    m->hits = wb_histogram_above(h, spec->threshold * 1000);
    if (spec->rigour == WB_RIGOUR_PLAIN) {
        m->bound = m->value;
        return wb_metric_compare(m->value, spec->cmp, spec->threshold);
    }
    m->bound = up ? wb_metric_quantile_lower_ms(h, spec->quantile, WB_TAIL_TWO_SIDED)
                  : wb_metric_quantile_upper_ms(h, spec->quantile, WB_TAIL_TWO_SIDED);
    return (!up || m->hits >= WB_METRIC_MIN_HITS) &&
           wb_metric_compare(m->bound, spec->cmp, spec->threshold);
}

bool wb_metric_is_beyond(const struct wb_metric_spec *spec, const struct wb_tally *tally,
                         struct wb_measured *ret) {
    struct wb_measured m = {.threshold = spec->threshold,
                            .samples = tally->total,
                            .window_ms = (int64_t)(tally->span_us / 1000)};
    bool beyond;
    if (spec->form == WB_FORM_RATIO) {
        beyond = ratio_is_beyond(spec, tally, &m);
    } else if (spec->form == WB_FORM_QUANTILE) {
        beyond = quantile_is_beyond(spec, tally, &m);
    } else {
        m.samples = tally->readings;
        m.value = m.bound = spec->window_ms > 0 ? tally->mean : tally->newest;
        beyond = wb_metric_compare(m.value, spec->cmp, spec->threshold);
    }
    *ret = m;
    return beyond;
}
