#include "metric/metric.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum wb_code wb_metric_spec_check(const struct wb_metric_spec *spec, struct wb_error *err) {
    const char *name = spec->name ? spec->name : "a metric";
    if (spec->form == WB_FORM_TIME)
        return WB_OK;
    if (!isfinite(spec->threshold))
        return wb_error_set(err, WB_E_PLAN, "%s is compared with something that is no number",
                            name);
    if (spec->form == WB_FORM_QUANTILE && !(spec->quantile > 0 && spec->quantile < 1))
        return wb_error_set(err, WB_E_PLAN, "%s: a quantile lies between 0 and 1, not at %g", name,
                            spec->quantile);
    bool counted = spec->form == WB_FORM_RATIO || spec->form == WB_FORM_QUANTILE;
    if ((counted && spec->cmp == WB_IS_OTHER) ||
        (spec->form == WB_FORM_QUANTILE && spec->cmp == WB_IS_EQUAL))
        return wb_error_set(err, WB_E_PLAN, "%s cannot be compared for equality: give a limit",
                            name);
    if (spec->form == WB_FORM_RATIO && !(spec->threshold >= 0 && spec->threshold <= 1))
        return wb_error_set(err, WB_E_PLAN,
                            "%s: a ratio lies between 0 %% and 100 %%, not at %g %%", name,
                            spec->threshold * 100);
    if (spec->form == WB_FORM_RATIO && spec->cmp == WB_IS_EQUAL && spec->threshold > 0 &&
        spec->threshold < 1)
        return wb_error_set(err, WB_E_PLAN,
                            "%s cannot be shown to equal %g %%: give a limit that it stays below "
                            "or above",
                            name, spec->threshold * 100);
    return WB_OK;
}

char *wb_metric_format(const struct wb_metric_spec *spec, double value, char *to, size_t size) {
    const char *unit = spec->unit ? spec->unit : "";
    if (!isfinite(value))
        snprintf(to, size, "unknown");
    else if (spec->form == WB_FORM_RATIO)
        snprintf(to, size, "%.4g %%", value * 100);
    else if (spec->form == WB_FORM_QUANTILE)
        snprintf(to, size, "%.6g ms", value);
    else
        snprintf(to, size, "%.10g%s%s", value, *unit ? " " : "", unit);
    return to;
}

const char *wb_metric_cmp_words(enum wb_metric_cmp cmp) {
    switch (cmp) {
    case WB_IS_BELOW:
        return "below";
    case WB_IS_AT_MOST:
        return "at most";
    case WB_IS_ABOVE:
        return "above";
    case WB_IS_AT_LEAST:
        return "at least";
    case WB_IS_EQUAL:
        return "equal to";
    case WB_IS_OTHER:
        return "other than";
    }
    return "";
}
