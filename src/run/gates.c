/* The gates of what is judged now: fed with samples, and their verdicts. What a stage has been
 * shown outlives the runner. */
#include "run/inside.h"

#include "base/json.h"
#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAVE_MS = 10000, SAME_TICK_MS = 20 };

void wb_run_gates_drop(struct wb_run *r) {
    for (size_t i = 0; i < r->gates.n; i++)
        wb_gate_free(r->gates.items[i].gate);
    free(r->gates.items);
    r->gates = (struct wb_gates){.last = WB_GATE_HOLDS};
}

/* The metric of an armed trigger whose source does not answer; NULL: all are evaluated. */
static const struct wb_meter *unanswered(const struct wb_run *r) {
    for (size_t i = 0; i < r->n_watches; i++)
        if (!r->watches[i].meter->answered)
            return r->watches[i].meter;
    return NULL;
}

/* Whether this moment is time of what is judged. */
static enum wb_gate_time time_now(const struct wb_run *r) {
    return wb_run_blocked(&r->state) || unanswered(r) ? WB_TIME_STOPS : WB_TIME_COUNTS;
}

static void show_gate(const struct wb_run *r, const struct wb_judge_gate *g) {
    const struct wb_run_phase *p = wb_run_phase_of(&r->state, r->gates.phase);
    struct wb_sample s = wb_run_sample_since(g->meter, p ? p->diverged_looked_at : 0);
    wb_gate_add(g->gate, &s);
}

/* Counting begins at the latest sample. What follows one of this tick belongs to the gate whole;
 * one that is older began before the gate did. */
static enum wb_code add_gate(struct wb_run *r, const struct wb_gate_spec *spec, struct wb_meter *m,
                             uint64_t now_us, struct wb_error *err) {
    struct wb_judge_gate *g = &r->gates.items[r->gates.n];
    enum wb_code code = wb_gate_new(spec, now_us, &g->gate, err);
    if (code)
        return code;
    g->meter = m;
    r->gates.n++;
    bool any = m && m->sample.source_us;
    bool old = any && now_us - m->sample.seen_us > SAME_TICK_MS * 1000u;
    if (old)
        show_gate(r, g);
    wb_gate_tick(g->gate, any && !old ? m->sample.seen_us : now_us, time_now(r));
    if (any && !old)
        show_gate(r, g);
    return WB_OK;
}

/* What an earlier runner was shown. */
static void restore(struct wb_run *r, const struct wb_run_item *item) {
    json_t *saved = item->saved ? json_loads(item->saved, 0, NULL) : NULL;
    const json_t *list = json_object_get(saved, "gates");
    for (size_t i = 0; i < r->gates.n && i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text)
            (void)wb_gate_restore(r->gates.items[i].gate, text, NULL);
    }
    json_decref(saved);
}

static enum wb_code make_gates(struct wb_run *r, int phase, const struct wb_run_item *item,
                               const struct wb_task *t, uint64_t now_us, struct wb_error *err) {
    wb_run_gates_drop(r);
    r->gates.phase = phase;
    r->gates.items = calloc(t->n_clauses + 1, sizeof *r->gates.items);
    if (!r->gates.items)
        abort();
    int64_t duration = t->stage ? t->stage->duration_ms : 0;
    enum wb_code code = WB_OK;
    for (size_t i = 0; i < t->n_clauses && !code; i++) {
        const struct wb_plan_clause *c = &t->clauses[i];
        struct wb_meter *m = c->metric ? wb_run_meter_of(r, c->metric) : NULL;
        struct wb_gate_spec spec = {.duration_ms = duration,
                                    .observations = (uint64_t)r->plan->front.observations};
        bool measures = c->kind == WB_CLAUSE_COMPARE || c->kind == WB_CLAUSE_WITHIN ||
                        c->kind == WB_CLAUSE_UNCHANGED;
        if (!m || !measures)
            continue;
        code = wb_run_clause_spec(r, c, m, &spec.metric, err);
        if (!code)
            code = add_gate(r, &spec, m, now_us, err);
    }
    if (!code && r->gates.n == 0) {
        struct wb_gate_spec time = {.metric = {.name = "time", .form = WB_FORM_TIME},
                                    .duration_ms = duration};
        code = add_gate(r, &time, NULL, now_us, err);
    }
    if (code)
        return code;
    r->gates.id = item->id;
    r->gates.saved_us = wb_run_now_us(r);
    restore(r, item);
    return WB_OK;
}

void wb_run_gates_save(struct wb_run *r) {
    struct wb_run_phase *p = r->gates.id ? wb_run_phase_of(&r->state, r->gates.phase) : NULL;
    const struct wb_run_item *item = p ? wb_run_item_of(p, r->gates.id) : NULL;
    if (!item || item->kind != WB_ITEM_STAGE || item->state != WB_IS_RUNNING)
        return;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    wb_json_object(&j);
    wb_json_key(&j, "gates");
    wb_json_array(&j);
    for (size_t i = 0; i < r->gates.n; i++) {
        WB_CLEANUP_BUF struct wb_buf text = {0};
        wb_gate_save(r->gates.items[i].gate, &text);
        wb_json_str(&j, wb_buf_str(&text));
    }
    wb_json_end(&j);
    wb_json_end(&j);
    wb_run_event_json(r, WB_EVENT_STAGE_PROGRESS, r->gates.phase, r->gates.id, &b);
    r->gates.saved_us = wb_run_now_us(r);
}

enum wb_code wb_run_gates(struct wb_run *r, const struct wb_run_phase *p,
                          const struct wb_run_item *item, const struct wb_task *t,
                          struct wb_gate_verdict *ret, struct wb_error *err) {
    uint64_t now = wb_run_now_us(r);
    if (r->gates.phase != p->number || !wb_str_eq(r->gates.id, item->id)) {
        enum wb_code code = make_gates(r, p->number, item, t, now, err);
        if (code)
            return code;
    }
    enum wb_gate_state all = WB_GATE_PASSED;
    for (size_t i = 0; i < r->gates.n; i++) {
        struct wb_gate_verdict v;
        struct wb_judge_gate *g = &r->gates.items[i];
        wb_gate_judge(g->gate, now, &v);
        if (g->meter && v.state == WB_GATE_INCONCLUSIVE && isnan(g->meter->sample.value) &&
            g->meter->spec.form == WB_FORM_VALUE) {
            size_t len = strlen(v.reason);
            snprintf(v.reason + len, sizeof v.reason - len, " (%.200s)", g->meter->why);
        }
        enum wb_gate_state before = all;
        all = wb_gate_combine(all, v.state);
        if (i == 0 || all != before)
            *ret = v;
    }
    const struct wb_meter *silent = unanswered(r);
    if (all == WB_GATE_HOLDS && silent) {
        all = WB_GATE_INCONCLUSIVE;
        snprintf(ret->reason, sizeof ret->reason,
                 "time stands still: a trigger reads %.60s, and its source does not answer: %.160s",
                 silent->metric->name, silent->why);
    }
    ret->state = all;
    if (all == WB_GATE_HOLDS || !r->gates.alive_us)
        r->gates.alive_us = wb_clock_monotonic_us();
    if (item->kind == WB_ITEM_STAGE && now - r->gates.saved_us > SAVE_MS * 1000u) {
        wb_run_gates_save(r);
        return wb_run_write(r, NULL, err);
    }
    return WB_OK;
}

void wb_run_gates_show(struct wb_run *r, const struct wb_meter *m) {
    for (size_t i = 0; i < r->gates.n; i++)
        if (r->gates.items[i].meter == m)
            show_gate(r, &r->gates.items[i]);
}

void wb_run_gates_tick(struct wb_run *r, uint64_t now_us) {
    for (size_t i = 0; i < r->gates.n; i++)
        wb_gate_tick(r->gates.items[i].gate, now_us, time_now(r));
}
