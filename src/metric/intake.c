#include "metric/intake.h"

#include <math.h>
#include <stdlib.h>

static struct wb_histogram *new_histogram(void) {
    struct wb_histogram *h = calloc(1, sizeof *h);
    if (!h)
        abort();
    return h;
}

void wb_intake_init(struct wb_intake *in, const struct wb_metric_spec *spec) {
    int64_t stale_ms = spec->stale_ms > 0 ? spec->stale_ms : WB_METRIC_STALE_MS;
    *in = (struct wb_intake){.form = spec->form, .stale_us = stale_ms * 1000};
    if (spec->form == WB_FORM_QUANTILE) {
        in->given = new_histogram();
        in->gain = new_histogram();
    }
}

void wb_intake_done(struct wb_intake *in) {
    free(in->given);
    free(in->gain);
    *in = (struct wb_intake){0};
}

static bool is_empty(const struct wb_intake *in, const struct wb_sample *s) {
    if (!isfinite(s->value))
        return true;
    if (in->form == WB_FORM_QUANTILE)
        return !s->histogram;
    return in->form == WB_FORM_RATIO && s->hits > s->total;
}

/* Counters that shrank began anew at 0, so all that they show is new. */
static void count(struct wb_intake *in, const struct wb_sample *s, struct wb_gain *ret) {
    if (in->form == WB_FORM_RATIO) {
        bool shrank =
            s->total < in->total || s->hits < in->hits || s->hits - in->hits > s->total - in->total;
        ret->hits = s->hits - (shrank ? 0 : in->hits);
        ret->total = s->total - (shrank ? 0 : in->total);
    } else {
        *in->gain = *s->histogram;
        wb_histogram_subtract(in->gain, in->given); /* or leaves all of it */
        ret->latencies = in->gain;
        ret->total = in->gain->total;
    }
}

static bool has_counters(const struct wb_intake *in) {
    return in->form == WB_FORM_RATIO || in->form == WB_FORM_QUANTILE;
}

static void remember(struct wb_intake *in, const struct wb_sample *s) {
    in->hits = s->hits;
    in->total = s->total;
    if (in->form == WB_FORM_QUANTILE)
        *in->given = *s->histogram;
    in->counting = true;
}

enum wb_intake_kind wb_intake_take(struct wb_intake *in, const struct wb_sample *s,
                                   struct wb_gain *ret) {
    struct wb_gain gain = {.value = s->value};
    if (in->known && s->source_us <= in->source_us) {
        if (in->source_us - s->source_us <= in->stale_us)
            return WB_INTAKE_REPEATED;
        gain.anew = true;
        in->counting = false;
    }
    gain.after_gap =
        !in->any || s->seen_us < in->seen_us || s->seen_us - in->seen_us > (uint64_t)in->stale_us;
    in->any = in->known = true;
    in->source_us = s->source_us;
    in->seen_us = s->seen_us;
    in->empty = is_empty(in, s);
    enum wb_intake_kind kind = WB_INTAKE_NEXT;
    if (in->empty)
        kind = WB_INTAKE_EMPTY;
    else if (has_counters(in) && !in->counting)
        kind = WB_INTAKE_FIRST;
    else if (has_counters(in))
        count(in, s, &gain);
    if (has_counters(in) && !in->empty)
        remember(in, s);
    *ret = gain;
    return kind;
}

bool wb_intake_is_fresh(const struct wb_intake *in, uint64_t now_us) {
    return in->any && !in->empty && now_us >= in->seen_us &&
           now_us - in->seen_us <= (uint64_t)in->stale_us;
}
