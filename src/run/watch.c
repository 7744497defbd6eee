/* Triggers: clauses of the plan turned into what src/metric judges, fed with samples, and their
 * verdicts turned into events. */
#include "run/inside.h"

#include "base/str.h"

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
    struct wb_meter *m = c->metric ? wb_run_meter_of(r, c->metric) : NULL;
    struct wb_metric_spec spec;
    struct wb_trigger *trigger = NULL;
    if (!m || wb_run_clause_spec(r, c, m, &spec, NULL))
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
    for (size_t i = 0; i < r->n_meters; i++) /* first: a watch that begins now is shown it, too */
        if (r->meters[i].fresh)
            r->meters[i].sample.seen_us = now;
    for (size_t i = 0; i < r->state.n_phases; i++)
        watch_phase(r, &r->state.phases[i]);
    wb_run_gates_tick(r, now);
    for (size_t i = 0; i < r->n_meters; i++) {
        struct wb_meter *m = &r->meters[i];
        if (!m->fresh)
            continue;
        m->fresh = false;
        if (m->baseline)
            wb_baseline_meter_add(m->baseline, &m->sample);
        wb_run_gates_show(r, m);
        for (size_t k = 0; k < r->n_watches; k++)
            if (r->watches[k].meter == m)
                show_watch(r, &r->watches[k]);
    }
    for (size_t i = 0; i < r->n_watches && !code; i++)
        code = judge_watch(r, &r->watches[i],
                           wb_run_open_firing(&r->state) || r->state.rolling_back, err);
    return code;
}
