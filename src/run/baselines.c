/* Baselines, measured before the first change, and clauses of the plan as what src/metric judges.
 */
#include "run/inside.h"

#include "base/str.h"

#include <math.h>

enum { BASELINE_SAMPLES = 3 };

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
    struct wb_meter *m = needs_baseline(c) ? wb_run_meter_of(r, c->metric) : NULL;
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

enum wb_code wb_run_clause_spec(struct wb_run *r, const struct wb_plan_clause *c,
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
