#include "metric/baseline.h"

#include "metric/binomial.h"
#include "metric/quantile.h"
#include "metric/window.h"

#include <math.h>
#include <stdlib.h>

enum { STATED_TOLERANCE_PERCENT = 20 };

struct wb_baseline_meter {
    struct wb_metric_spec spec;
    struct wb_intake intake;
    struct wb_window *all;
    double lowest, highest;
};

enum wb_code wb_baseline_meter_new(const struct wb_metric_spec *spec, uint64_t now_us,
                                   struct wb_baseline_meter **ret, struct wb_error *err) {
    if (spec->form == WB_FORM_TIME ||
        (spec->form == WB_FORM_QUANTILE && !(spec->quantile > 0 && spec->quantile < 1)))
        return wb_error_set(err, WB_E_PLAN, "%s has no baseline",
                            spec->name ? spec->name : "a metric");
    struct wb_baseline_meter *m = calloc(1, sizeof *m);
    if (!m)
        abort();
    m->spec = *spec;
    m->all = wb_window_new(spec->form, 0);
    wb_window_clear(m->all, now_us);
    wb_intake_init(&m->intake, spec);
    m->lowest = INFINITY;
    m->highest = -INFINITY;
    *ret = m;
    return WB_OK;
}

void wb_baseline_meter_free(struct wb_baseline_meter *m) {
    if (!m)
        return;
    wb_intake_done(&m->intake);
    wb_window_free(m->all);
    free(m);
}

void wb_baseline_meter_add(struct wb_baseline_meter *m, const struct wb_sample *sample) {
    struct wb_gain gain;
    if (wb_intake_take(&m->intake, sample, &gain) != WB_INTAKE_NEXT)
        return;
    wb_window_add(m->all, sample->seen_us, &gain);
    m->lowest = fmin(m->lowest, gain.value);
    m->highest = fmax(m->highest, gain.value);
}

void wb_baseline_meter_read(const struct wb_baseline_meter *m, struct wb_baseline *ret) {
    struct wb_tally t;
    wb_window_read(m->all, &t);
    *ret = (struct wb_baseline){.value = NAN, .low = NAN, .high = NAN, .samples = t.total};
    if (m->spec.form == WB_FORM_RATIO && t.total > 0) {
        ret->value = (double)t.hits / (double)t.total;
        ret->low = wb_metric_binomial_lower(t.hits, t.total, WB_TAIL_ONE_SIDED);
        ret->high = wb_metric_binomial_upper(t.hits, t.total, WB_TAIL_ONE_SIDED);
    } else if (m->spec.form == WB_FORM_QUANTILE && t.total > 0) {
        double q = m->spec.quantile;
        ret->value = wb_histogram_quantile(t.latencies, q) / 1000;
        ret->low = wb_metric_quantile_lower_ms(t.latencies, q, WB_TAIL_ONE_SIDED);
        ret->high = wb_metric_quantile_upper_ms(t.latencies, q, WB_TAIL_ONE_SIDED);
    } else if (t.readings > 0 && m->spec.form != WB_FORM_RATIO &&
               m->spec.form != WB_FORM_QUANTILE) {
        *ret = (struct wb_baseline){t.mean, m->lowest, m->highest, t.readings};
    }
}

enum wb_baseline_agreement wb_baseline_compare(const struct wb_baseline *measured, double stated,
                                               double *ret_gap) {
    if (!isfinite(measured->value) || !isfinite(stated))
        return WB_BASELINE_UNKNOWN;
    double apart = fabs(stated - measured->value), gap = 0;
    if (apart > 0)
        gap = measured->value != 0 ? apart / fabs(measured->value) : INFINITY;
    if (ret_gap)
        *ret_gap = gap;
    double limit = STATED_TOLERANCE_PERCENT / 100.0;
    return gap > limit * (1 + 1e-12) ? WB_BASELINE_DISAGREES : WB_BASELINE_AGREES;
}

static bool give(double threshold, double *ret) {
    if (!isfinite(threshold))
        return false;
    *ret = threshold;
    return true;
}

bool wb_baseline_within(const struct wb_baseline *b, double part, double *ret_threshold) {
    return give(b->value + fabs(b->value) * part, ret_threshold);
}

bool wb_baseline_times(const struct wb_baseline *b, double times, double *ret_threshold) {
    return give(b->value * times, ret_threshold);
}

bool wb_baseline_unchanged(const struct wb_baseline *b, double *ret_threshold) {
    return give(b->high, ret_threshold);
}
