/* The verdict of a gate and its sentence. */
#include "metric/gate_int.h"

#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *name_of(const struct wb_gate *g) {
    return g->spec.metric.name ? g->spec.metric.name : "the gate";
}

static void say(struct wb_gate_verdict *v, enum wb_gate_state state, const char *name,
                const char *what) {
    v->state = state;
    snprintf(v->reason, sizeof v->reason, "%s: %s", name, what);
}

/* Whether data is there and new; else the verdict is given. */
static bool has_data(const struct wb_gate *g, uint64_t now_us, struct wb_gate_verdict *v) {
    uint64_t since_us = g->intake.any ? g->intake.seen_us : g->began_us;
    uint64_t silent_us = now_us > since_us ? now_us - since_us : 0;
    if (wb_intake_is_fresh(&g->intake, now_us))
        return true;
    if (!g->intake.any && silent_us <= (uint64_t)g->intake.stale_us) {
        say(v, WB_GATE_HOLDS, name_of(g), "waits for its first data");
        return false;
    }
    say(v, WB_GATE_INCONCLUSIVE, name_of(g), "its source answers without data");
    if (!g->intake.any || !g->intake.empty)
        snprintf(v->reason, sizeof v->reason, "%s: no new data for %" PRIu64 " s", name_of(g),
                 silent_us / 1000000);
    return false;
}

static bool has_failed(const struct wb_gate *g, uint64_t now_us, struct wb_gate_verdict *v) {
    struct wb_trigger_verdict opposite;
    wb_trigger_judge(g->opposite, now_us, &opposite);
    if (opposite.state != WB_TRIGGER_FIRED)
        return false;
    v->state = WB_GATE_FAILED;
    v->measured = opposite.measured;
    v->measured.threshold = g->spec.metric.threshold;
    memcpy(v->reason, opposite.reason, sizeof v->reason);
    return true;
}

/* "error rate is 0 % (0 of 1200), upper bound 0.2493 %" */
static void tell_measured(const struct wb_gate *g, const struct wb_gate_verdict *v,
                          struct wb_buf *to) {
    const struct wb_metric_spec *m = &g->spec.metric;
    char value[48], bound[48];
    wb_metric_format(m, v->measured.value, value, sizeof value);
    wb_metric_format(m, v->measured.bound, bound, sizeof bound);
    wb_buf_addf(to, "%s is %s", name_of(g), value);
    if (m->form == WB_FORM_RATIO)
        wb_buf_addf(to, " (%" PRIu64 " of %" PRIu64 ")", v->measured.hits, v->measured.samples);
    else
        wb_buf_addf(to, " (of %" PRIu64 ")", v->measured.samples);
    if (m->form == WB_FORM_RATIO || m->form == WB_FORM_QUANTILE)
        wb_buf_addf(to, ", %s bound %s", wb_gate_is_upward(m) ? "lower" : "upper", bound);
}

static void tell(const struct wb_gate *g, enum wb_gate_evidence evidence,
                 struct wb_gate_verdict *v) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    const struct wb_metric_spec *m = &g->spec.metric;
    char threshold[48], time[32];
    if (m->form == WB_FORM_TIME) {
        wb_buf_addf(&text, "%s", name_of(g));
    } else {
        tell_measured(g, v, &text);
        wb_buf_addf(&text, "; must be %s %s", wb_metric_cmp_words(m->cmp),
                    wb_metric_format(m, m->threshold, threshold, sizeof threshold));
    }
    if (evidence == WB_EVIDENCE_AGAINST)
        wb_buf_adds(&text, "; it is not so now");
    if (v->needed)
        wb_buf_addf(&text, "; %" PRIu64 " more %s", v->needed,
                    v->needed == 1 ? "observation is needed" : "observations are needed");
    else if (evidence == WB_EVIDENCE_MORE)
        wb_buf_adds(&text, "; it has not lasted long enough");
    if (v->needed_ms)
        wb_buf_addf(&text, "; %s are left",
                    wb_str_human_ms((uint64_t)v->needed_ms, time, sizeof time));
    snprintf(v->reason, sizeof v->reason, "%s", wb_buf_str(&text));
}

void wb_gate_judge(const struct wb_gate *g, uint64_t now_us, struct wb_gate_verdict *ret) {
    bool only_time = g->spec.metric.form == WB_FORM_TIME;
    memset(ret, 0, sizeof *ret);
    enum wb_gate_evidence evidence = wb_gate_weigh(g, ret);
    ret->elapsed_ms = (int64_t)(g->sums.elapsed_us / 1000);
    if (g->spec.duration_ms > ret->elapsed_ms)
        ret->needed_ms = g->spec.duration_ms - ret->elapsed_ms;
    if (!only_time && (!has_data(g, now_us, ret) || has_failed(g, now_us, ret)))
        return;
    if (g->time == WB_TIME_STOPS || wb_gate_is_blind(g, now_us)) {
        say(ret, WB_GATE_HOLDS, name_of(g),
            "its time stands still: the stage is not served, or its triggers are not evaluated");
        return;
    }
    if (evidence == WB_EVIDENCE_NONE) {
        bool early = now_us - g->began_us <= (uint64_t)g->intake.stale_us;
        say(ret, early ? WB_GATE_HOLDS : WB_GATE_INCONCLUSIVE, name_of(g),
            "nothing was counted since the stage began");
        return;
    }
    ret->state = evidence == WB_EVIDENCE_FOR && !ret->needed_ms ? WB_GATE_PASSED : WB_GATE_HOLDS;
    tell(g, evidence, ret);
}
