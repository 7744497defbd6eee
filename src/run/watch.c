/* Gates, triggers and baselines: clauses of the plan turned into what src/metric judges, fed with
 * samples, and their verdicts turned into events. */
#include "run/inside.h"

#include "base/json.h"
#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAVE_MS = 10000, BASELINE_SAMPLES = 3, SAME_TICK_MS = 20 };

static struct wb_meter *meter_of(struct wb_run *r, const struct wb_plan_metric *m) {
    for (size_t i = 0; i < r->n_meters; i++)
        if (r->meters[i].metric == m)
            return &r->meters[i];
    return NULL;
}

/* --- baselines
 * ----------------------------------------------------------------------------------- */

static bool needs_baseline(const struct wb_plan_clause *c) {
    return c->metric && (c->kind == WB_CLAUSE_WITHIN || c->kind == WB_CLAUSE_UNCHANGED ||
                         (c->kind == WB_CLAUSE_COMPARE && c->value.unit == WB_UNIT_BASELINE));
}

static const struct wb_run_baseline *known_baseline(const struct wb_run *r, const char *metric) {
    for (size_t i = 0; i < r->state.n_baselines; i++)
        if (wb_str_eq(r->state.baselines[i].metric, metric))
            return &r->state.baselines[i];
    return NULL;
}

static void want(struct wb_run *r, const struct wb_plan_clause *c) {
    struct wb_meter *m = needs_baseline(c) ? meter_of(r, c->metric) : NULL;
    if (m && !m->baseline && !known_baseline(r, m->metric->name))
        (void)wb_baseline_meter_new(&m->spec, wb_run_now_us(r), &m->baseline, NULL);
}

static void want_all(struct wb_run *r) {
    for (size_t i = 0; i < r->program.n_phases; i++) {
        const struct wb_program_phase *p = &r->program.phases[i];
        for (size_t k = 0; k < p->n_tasks; k++)
            for (size_t n = 0; n < p->tasks[k].n_clauses; n++)
                want(r, &p->tasks[k].clauses[n]);
        for (size_t k = 0; k < p->n_triggers; k++)
            want(r, p->triggers[k].clause);
    }
}

static bool enough(const struct wb_meter *m, const struct wb_baseline *b) {
    uint64_t need = m->spec.form == WB_FORM_VALUE ? BASELINE_SAMPLES : WB_GATE_OBSERVATIONS;
    return b->samples >= need && !isnan(b->value);
}

static void put_baseline(struct wb_run *r, struct wb_meter *m, const struct wb_baseline *b) {
    double gap = 0;
    wb_run_event(r, WB_EVENT_BASELINE, WB_EVENT_NO_PHASE, NULL,
                 "metric:s value:d low:d high:d samples:u", m->metric->name, b->value, b->low,
                 b->high, b->samples);
    double stated = wb_decimal_double(m->metric->baseline.number);
    if (m->metric->has_baseline && wb_baseline_compare(b, stated, &gap) == WB_BASELINE_DISAGREES)
        wb_run_event(r, WB_EVENT_NOTE, WB_EVENT_NO_PHASE, NULL, "text:s",
                     wb_arena_printf(&r->arena,
                                     "the plan states a baseline of %g for %s; measured was %g: "
                                     "%.0f %% apart",
                                     stated, m->metric->name, b->value, gap * 100));
    wb_baseline_meter_free(m->baseline);
    m->baseline = NULL;
}

/* Before the first change. False with err set to OK: still measuring. */
bool wb_run_baselines_ready(struct wb_run *r, struct wb_error *err) {
    bool ready = true;
    *err = (struct wb_error){0};
    want_all(r);
    for (size_t i = 0; i < r->n_meters; i++) {
        struct wb_meter *m = &r->meters[i];
        struct wb_baseline b;
        if (!m->baseline)
            continue;
        wb_baseline_meter_read(m->baseline, &b);
        if (enough(m, &b)) {
            put_baseline(r, m, &b);
        } else {
            ready = false;
            wb_run_waits(r,
                         "measuring the baseline of %s before the first change: %llu samples%s%s",
                         m->metric->name, (unsigned long long)b.samples, b.samples ? "" : ", ",
                         b.samples ? "" : m->why);
        }
    }
    bool measured = r->batch.n > 0;
    if (wb_run_write(r, NULL, err))
        return false;
    if (measured)
        wb_run_watch_anew(r); /* triggers that speak of a baseline */
    return ready;
}

/* --- clauses
 * ------------------------------------------------------------------------------------- */

static enum wb_metric_cmp cmp_of(enum wb_plan_cmp cmp) {
    switch (cmp) {
    case WB_CMP_LT:
        return WB_IS_BELOW;
    case WB_CMP_LE:
        return WB_IS_AT_MOST;
    case WB_CMP_GT:
        return WB_IS_ABOVE;
    case WB_CMP_GE:
        return WB_IS_AT_LEAST;
    default:
        return WB_IS_EQUAL;
    }
}

/* A clause as src/metric judges it; NOT_FOUND while its baseline is not known. */
static enum wb_code spec_of(struct wb_run *r, const struct wb_plan_clause *c,
                            const struct wb_meter *m, struct wb_metric_spec *ret,
                            struct wb_error *err) {
    *ret = m->spec;
    ret->cmp = cmp_of(c->cmp);
    ret->threshold = wb_decimal_double(c->value.number);
    ret->window_ms = c->window_ms;
    ret->for_ms = c->for_ms;
    if (c->value.unit == WB_UNIT_MS)
        ret->unit = "ms";
    if (c->kind == WB_CLAUSE_DETECTED) {
        ret->form = WB_FORM_DETECTED;
        ret->cmp = WB_IS_ABOVE;
        ret->threshold = 0;
        return WB_OK;
    }
    if (!needs_baseline(c))
        return WB_OK;
    const struct wb_run_baseline *known = known_baseline(r, c->metric->name);
    struct wb_baseline b = {.value = NAN};
    if (known)
        b = (struct wb_baseline){known->value, known->low, known->high, known->samples};
    bool found =
        c->kind == WB_CLAUSE_WITHIN      ? wb_baseline_within(&b, ret->threshold, &ret->threshold)
        : c->kind == WB_CLAUSE_UNCHANGED ? wb_baseline_unchanged(&b, &ret->threshold)
                                         : wb_baseline_times(&b, ret->threshold, &ret->threshold);
    if (c->kind != WB_CLAUSE_COMPARE)
        ret->cmp = WB_IS_AT_MOST;
    return found ? WB_OK
                 : wb_error_set(err, WB_E_NOT_FOUND, "the baseline of %s is not known",
                                c->metric->name);
}

/* --- gates
 * --------------------------------------------------------------------------------------- */

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
        struct wb_meter *m = c->metric ? meter_of(r, c->metric) : NULL;
        struct wb_gate_spec spec = {.duration_ms = duration,
                                    .observations = (uint64_t)r->plan->front.observations};
        bool measures = c->kind == WB_CLAUSE_COMPARE || c->kind == WB_CLAUSE_WITHIN ||
                        c->kind == WB_CLAUSE_UNCHANGED;
        if (!m || !measures)
            continue;
        code = spec_of(r, c, m, &spec.metric, err);
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

/* --- triggers
 * ------------------------------------------------------------------------------------ */

static void drop_watches(struct wb_run *r, int phase) {
    size_t kept = 0;
    for (size_t i = 0; i < r->n_watches; i++) {
        if (r->watches[i].phase == phase)
            wb_trigger_free(r->watches[i].trigger);
        else
            r->watches[kept++] = r->watches[i];
    }
    r->n_watches = kept;
}

static void show_watch(const struct wb_run *r, const struct wb_watch *w) {
    struct wb_sample s =
        wb_run_sample_since(w->meter, wb_run_diverged_before(&r->state, w->phase, w->task->id));
    wb_trigger_add(w->trigger, &s);
}

static void add_watch(struct wb_run *r, int phase, const struct wb_task_trigger *t,
                      const struct wb_plan_clause *c, const char *stage, bool opposite) {
    static const enum wb_metric_cmp opposites[] = {
        [WB_IS_BELOW] = WB_IS_AT_LEAST, [WB_IS_AT_MOST] = WB_IS_ABOVE,
        [WB_IS_ABOVE] = WB_IS_AT_MOST,  [WB_IS_AT_LEAST] = WB_IS_BELOW,
        [WB_IS_EQUAL] = WB_IS_ABOVE,
    };
    struct wb_meter *m = c->metric ? meter_of(r, c->metric) : NULL;
    struct wb_metric_spec spec;
    struct wb_trigger *trigger = NULL;
    if (!m || spec_of(r, c, m, &spec, NULL))
        return;
    if (opposite)
        spec.cmp = opposites[spec.cmp];
    if (wb_trigger_new(&spec, wb_run_now_us(r), &trigger, NULL))
        return;
    struct wb_watch *w = WB_PUSH(&r->arena, r->watches, r->n_watches, r->cap_watches);
    *w = (struct wb_watch){.phase = phase,
                           .task = t,
                           .stage = stage,
                           .meter = m,
                           .trigger = trigger,
                           .last = WB_TRIGGER_HOLDS,
                           .since_us = wb_run_now_us(r)};
    if (m->sample.source_us)
        show_watch(r, w);
}

/* The first sample of counters only says where counting begins. A late one would begin before what
 * is judged did, and let in what was counted then. */
void wb_run_sample_soon(struct wb_run *r) {
    for (size_t i = 0; i < r->n_meters; i++)
        r->meters[i].due_us = 0;
}

void wb_run_watch_anew(struct wb_run *r) {
    wb_run_sample_soon(r);
    while (r->n_watches)
        drop_watches(r, r->watches[0].phase);
}

static const char *stage_under_way(const struct wb_run_phase *p) {
    for (size_t i = 0; i < p->n_items; i++)
        if (p->items[i].kind == WB_ITEM_STAGE && p->items[i].state == WB_IS_RUNNING)
            return p->items[i].id;
    return NULL;
}

static bool is_watched(const struct wb_run *r, int phase, const struct wb_task_trigger *t) {
    for (size_t i = 0; i < r->n_watches; i++)
        if (r->watches[i].phase == phase && r->watches[i].task == t)
            return true;
    return false;
}

/* What compares with the gates of a stage that is over. The others go on over stages: their windows
 * must not begin anew. */
static void drop_watches_of_gates(struct wb_run *r, int phase, const char *stage) {
    size_t kept = 0;
    for (size_t i = 0; i < r->n_watches; i++) {
        const struct wb_watch *w = &r->watches[i];
        bool of_gate = w->task->clause->kind == WB_CLAUSE_EXCEEDS_GATE;
        if (w->phase == phase && of_gate && !wb_str_eq(w->stage, stage))
            wb_trigger_free(w->trigger);
        else
            r->watches[kept++] = *w;
    }
    r->n_watches = kept;
}

static void watch_phase(struct wb_run *r, const struct wb_run_phase *p) {
    const struct wb_program_phase *program = wb_program_phase_of(&r->program, p->number);
    const char *stage = stage_under_way(p);
    if (!p->armed || !program) {
        drop_watches(r, p->number);
        return;
    }
    drop_watches_of_gates(r, p->number, stage);
    const struct wb_task *t = stage ? wb_program_task(program, stage) : NULL;
    for (size_t i = 0; i < program->n_triggers; i++) {
        const struct wb_task_trigger *trigger = &program->triggers[i];
        if (is_watched(r, p->number, trigger))
            continue;
        if (trigger->clause->kind != WB_CLAUSE_EXCEEDS_GATE)
            add_watch(r, p->number, trigger, trigger->clause, stage, false);
        for (size_t k = 0; trigger->clause->kind == WB_CLAUSE_EXCEEDS_GATE && t && k < t->n_clauses;
             k++)
            add_watch(r, p->number, trigger, &t->clauses[k], stage, true);
    }
}

/* A source that has only been asked, counters that have not counted yet: nothing to tell anybody.
 */
static bool only_begins(const struct wb_watch *w, uint64_t now_us) {
    const struct wb_metric_spec *spec = &w->meter->spec;
    bool counts = spec->form != WB_FORM_VALUE && w->meter->answered;
    return (counts || !w->meter->asked) && now_us - w->since_us < (uint64_t)spec->stale_ms * 1000;
}

static enum wb_code judge_watch(struct wb_run *r, struct wb_watch *w, bool busy,
                                struct wb_error *err) {
    struct wb_trigger_verdict v;
    wb_trigger_judge(w->trigger, wb_run_now_us(r), &v);
    busy |= wb_run_has_fired(&r->state, w->phase, w->task->id);
    if (v.state == w->last || (v.state == WB_TRIGGER_FIRED && busy))
        return WB_OK;
    if (v.state == WB_TRIGGER_INCONCLUSIVE && only_begins(w, wb_run_now_us(r)))
        return WB_OK;
    w->last = v.state;
    bool fires = v.state == WB_TRIGGER_FIRED && !w->task->pages_only;
    wb_run_event(r, WB_EVENT_TRIGGER, w->phase, w->task->id,
                 "result:s why:s value:d bound:d threshold:d samples:u hits:u window_ms:i",
                 v.state == WB_TRIGGER_FIRED && !fires ? "pages" : wb_trigger_state_word(v.state),
                 v.reason, v.measured.value, v.measured.bound, v.measured.threshold,
                 v.measured.samples, v.measured.hits, v.measured.window_ms);
    if (v.state == WB_TRIGGER_FIRED)
        wb_run_event(r, WB_EVENT_PAGE, w->phase, w->task->id, "text:s", v.reason);
    else if (v.state == WB_TRIGGER_INCONCLUSIVE && !w->meter->answered)
        wb_run_event(
            r, WB_EVENT_PAGE, w->phase, w->task->id, "text:s",
            wb_arena_printf(&r->arena, "this trigger cannot be evaluated: %s", w->meter->why));
    return wb_run_write(r, NULL, err);
}

/* In every state: paused, held and waiting, too. One that fires while another is acted on waits. */
enum wb_code wb_run_watch(struct wb_run *r, struct wb_error *err) {
    uint64_t now = wb_run_now_us(r);
    enum wb_code code = WB_OK;
    for (size_t i = 0; i < r->state.n_phases; i++)
        watch_phase(r, &r->state.phases[i]);
    for (size_t i = 0; i < r->gates.n; i++)
        wb_gate_tick(r->gates.items[i].gate, now, time_now(r));
    for (size_t i = 0; i < r->n_meters; i++) {
        struct wb_meter *m = &r->meters[i];
        if (!m->fresh)
            continue;
        m->fresh = false;
        m->sample.seen_us = now;
        if (m->baseline)
            wb_baseline_meter_add(m->baseline, &m->sample);
        for (size_t k = 0; k < r->gates.n; k++)
            if (r->gates.items[k].meter == m)
                show_gate(r, &r->gates.items[k]);
        for (size_t k = 0; k < r->n_watches; k++)
            if (r->watches[k].meter == m)
                show_watch(r, &r->watches[k]);
    }
    for (size_t i = 0; i < r->n_watches && !code; i++)
        code = judge_watch(r, &r->watches[i],
                           wb_run_open_firing(&r->state) || r->state.rolling_back, err);
    return code;
}
