/* Each new sample is judged once, as it comes: whether the window that ends with it is beyond. What
 * is remembered is how many in a row were, and since when. */
#include "metric/trigger.h"

#include "metric/beyond.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wb_trigger {
    struct wb_metric_spec spec;
    struct wb_intake intake;
    struct wb_window *window;
    uint64_t armed_us;
    unsigned run;      /* samples in a row that were beyond */
    uint64_t since_us; /* when the first of them was seen */
    bool judged;       /* measured is of the newest sample */
    struct wb_measured measured;
};

enum wb_code wb_trigger_new(const struct wb_metric_spec *spec, uint64_t now_us,
                            struct wb_trigger **ret, struct wb_error *err) {
    enum wb_code code = wb_metric_spec_check(spec, err);
    if (code)
        return code;
    if (spec->form == WB_FORM_TIME || (spec->form == WB_FORM_RATIO && spec->cmp == WB_IS_EQUAL))
        return wb_error_set(err, WB_E_PLAN, "%s: a trigger needs a limit that is exceeded",
                            spec->name ? spec->name : "a metric");
    struct wb_trigger *t = calloc(1, sizeof *t);
    if (!t)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a trigger");
    bool counters = spec->form == WB_FORM_RATIO || spec->form == WB_FORM_QUANTILE;
    t->spec = *spec;
    if (counters && spec->window_ms == 0)
        t->spec.window_ms = WB_TRIGGER_WINDOW_MS;
    t->armed_us = now_us;
    t->window = wb_window_new(spec->form, t->spec.window_ms);
    wb_intake_init(&t->intake, spec);
    *ret = t;
    return WB_OK;
}

void wb_trigger_free(struct wb_trigger *t) {
    if (!t)
        return;
    wb_intake_done(&t->intake);
    wb_window_free(t->window);
    free(t);
}

static void judge_newest(struct wb_trigger *t, uint64_t seen_us, bool after_gap) {
    struct wb_tally tally;
    wb_window_read(t->window, &tally);
    t->judged = wb_metric_has_data(&t->spec, &tally);
    if (!t->judged || !wb_metric_is_beyond(&t->spec, &tally, &t->measured)) {
        t->run = 0;
        return;
    }
    if (t->run == 0 || after_gap) {
        t->run = 0;
        t->since_us = seen_us;
    }
    t->run++;
}

void wb_trigger_add(struct wb_trigger *t, const struct wb_sample *sample) {
    struct wb_gain gain;
    enum wb_intake_kind kind = wb_intake_take(&t->intake, sample, &gain);
    if (kind == WB_INTAKE_REPEATED)
        return;
    if (kind == WB_INTAKE_FIRST || gain.anew)
        wb_window_clear(t->window, sample->seen_us);
    if (kind != WB_INTAKE_NEXT) {
        t->run = 0; /* what is not known is not beyond */
        t->judged = false;
        return;
    }
    wb_window_add(t->window, sample->seen_us, &gain);
    judge_newest(t, sample->seen_us, gain.after_gap || gain.anew);
}

static bool has_lasted(const struct wb_trigger *t) {
    if (t->spec.form == WB_FORM_DETECTED)
        return t->run >= 1;
    return t->run >= 2 && (int64_t)((t->intake.seen_us - t->since_us) / 1000) >= t->spec.for_ms;
}

static void tell_inconclusive(const struct wb_trigger *t, uint64_t now_us,
                              struct wb_trigger_verdict *v) {
    const struct wb_intake *in = &t->intake;
    const char *name = t->spec.name ? t->spec.name : "the metric";
    uint64_t since_us = in->any ? in->seen_us : t->armed_us;
    uint64_t silent_s = now_us > since_us ? (now_us - since_us) / 1000000 : 0;
    v->state = WB_TRIGGER_INCONCLUSIVE;
    v->measured.value = v->measured.bound = NAN;
    if (in->any && in->empty)
        snprintf(v->reason, sizeof v->reason, "%s: its source answers without data", name);
    else if (in->any && wb_intake_is_fresh(in, now_us))
        snprintf(v->reason, sizeof v->reason, "%s: nothing was counted in its window yet", name);
    else
        snprintf(v->reason, sizeof v->reason, "%s: no new data for %" PRIu64 " s", name, silent_s);
}

/* "error rate is 4 % (2 of 50 in 600 s), lower bound 0.489 %, above 0.1 %" */
static int tell_measured(const struct wb_trigger *t, bool beyond, char *to, size_t size) {
    const struct wb_measured *m = &t->measured;
    char value[48], bound[48], threshold[48], counts[96] = "", limit[80] = "";
    int64_t window_s = m->window_ms / 1000;
    wb_metric_format(&t->spec, m->value, value, sizeof value);
    wb_metric_format(&t->spec, m->bound, bound, sizeof bound);
    wb_metric_format(&t->spec, m->threshold, threshold, sizeof threshold);
    if (t->spec.form == WB_FORM_RATIO)
        snprintf(counts, sizeof counts, " (%" PRIu64 " of %" PRIu64 " in %" PRId64 " s)", m->hits,
                 m->samples, window_s);
    else if (t->spec.form == WB_FORM_QUANTILE)
        snprintf(counts, sizeof counts, " (of %" PRIu64 " in %" PRId64 " s)", m->samples, window_s);
    bool bounded = counts[0] && t->spec.rigour == WB_RIGOUR_BOUNDS;
    if (bounded)
        snprintf(limit, sizeof limit, ", %s bound %s",
                 wb_metric_is_upward(t->spec.cmp) ? "lower" : "upper", bound);
    return snprintf(to, size, "%s is %s%s%s: %s%s %s", t->spec.name ? t->spec.name : "the metric",
                    value, counts, limit,
                    beyond    ? ""
                    : bounded ? "not for certain "
                              : "not ",
                    wb_metric_cmp_words(t->spec.cmp), threshold);
}

static void tell_waiting(const struct wb_trigger *t, char *to, size_t size) {
    if (t->spec.for_ms > 0)
        snprintf(to, size, ", for %" PRIu64 " of %" PRId64 " s so far",
                 (t->intake.seen_us - t->since_us) / 1000000, t->spec.for_ms / 1000);
    else
        snprintf(to, size, ", in 1 sample of the 2 in a row that it takes");
}

void wb_trigger_judge(const struct wb_trigger *t, uint64_t now_us, struct wb_trigger_verdict *ret) {
    memset(ret, 0, sizeof *ret);
    ret->measured.threshold = t->spec.threshold;
    if (!t->judged || !wb_intake_is_fresh(&t->intake, now_us)) {
        tell_inconclusive(t, now_us, ret);
        return;
    }
    ret->measured = t->measured;
    ret->state = has_lasted(t) ? WB_TRIGGER_FIRED : WB_TRIGGER_HOLDS;
    int n = tell_measured(t, t->run > 0, ret->reason, sizeof ret->reason);
    if (t->run > 0 && ret->state == WB_TRIGGER_HOLDS && n > 0 && (size_t)n < sizeof ret->reason)
        tell_waiting(t, ret->reason + n, sizeof ret->reason - (size_t)n);
}

const char *wb_trigger_state_word(enum wb_trigger_state s) {
    static const char *const words[] = {"holds", "fired", "inconclusive"};
    return words[s];
}
