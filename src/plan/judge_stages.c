/* Findings about ramps: what a gate no longer watches, or never did though reads may be stale;
 * whether it can be decided in time; whether the stages fit into the phase's days. */
#include "plan/reader.h"

#include "base/str.h"

#include <string.h>

static bool watches(const struct wb_plan_stage *s, const struct wb_plan_metric *m) {
    for (size_t i = 0; i < s->n_gate; i++)
        if (s->gate[i].metric == m)
            return true;
    return false;
}

static void judge_dropped(struct wb_plan_reader *r, const struct wb_plan_stage *before,
                          const struct wb_plan_stage *s) {
    for (size_t i = 0; i < before->n_gate; i++) {
        const struct wb_plan_metric *m = before->gate[i].metric;
        if (m && !watches(s, m))
            wb_reader_find(r, WB_PLAN_GATE_DROPS, s->n_gate ? s->gate[0].place : s->place,
                           "keep it in every stage's gate",
                           "stage %s no longer watches %s, which stage %s did", s->name, m->name,
                           before->name);
    }
}

/* "replica lag", "lag", "sync_lag_ms"; not "flag". */
static bool is_lag(const struct wb_plan_metric *m) {
    for (const char *p = m ? m->name : NULL; p && (p = wb_str_istr(p, "lag")); p += 3)
        if ((p == m->name || strchr(" _", p[-1])) && (!p[3] || strchr(" _", p[3])))
            return true;
    return false;
}

/* The lag of what is fed behind the application's back: a user who has written reads it too early.
 * NULL where the plan knows of nothing like it. */
static const char *lag_of(const struct wb_plan *p) {
    const char *used = NULL;
    for (size_t i = 0; i < p->n_metrics; i++) {
        const struct wb_plan_metric *m = p->metrics[i];
        if (is_lag(m) && m->source == WB_SOURCE_QUERY)
            return m->name;
        if (is_lag(m) && !used)
            used = m->name;
    }
    return used ? used : p->front.n_replicas ? "replica lag" : NULL;
}

static bool watches_lag(const struct wb_plan_stage *s) {
    for (size_t i = 0; i < s->n_gate; i++)
        if (is_lag(s->gate[i].metric))
            return true;
    return false;
}

/* The first stage tells for all: of later ones it is told that they drop it. */
static void judge_lag(struct wb_plan_reader *r, const struct wb_plan_phase *p) {
    const char *lag = lag_of(r->plan);
    const struct wb_plan_stage *s = p->n_stages ? &p->stages[0] : NULL;
    if (!lag || !s || watches_lag(s))
        return;
    wb_reader_find(r, WB_PLAN_STALE_READS, s->n_gate ? s->gate[0].place : s->place,
                   wb_arena_printf(r->a,
                                   "add \"%s < 5 s\", or however long users may wait for what "
                                   "they wrote, to every gate of the ramp",
                                   lag),
                   "the gate of stage %s does not watch %s: users whose reads go there may "
                   "not see what they have just written",
                   s->name, lag);
}

/* Samples that decide the clause without a single error: 3 / threshold for a ratio (95 %,
 * one-sided), 3 / (1 - q) for a quantile, else the plan's number of observations. */
static double needed(const struct wb_plan_reader *r, const struct wb_plan_clause *c) {
    struct wb_decimal none = {0};
    if (c->metric->shape == WB_SHAPE_QUANTILE)
        return 3 / (1 - wb_decimal_double(c->metric->quantile));
    if (c->metric->shape == WB_SHAPE_RATIO && c->kind == WB_CLAUSE_COMPARE &&
        c->value.unit == WB_UNIT_RATIO && wb_decimal_compare(c->value.number, none) > 0)
        return 3 / wb_decimal_double(c->value.number);
    return (double)r->plan->front.observations;
}

static void judge_certainty(struct wb_plan_reader *r, const struct wb_plan_stage *s) {
    double minutes = (double)s->duration_ms / 60000;
    double served = r->plan->traffic.reads_per_min * minutes * wb_decimal_double(s->traffic);
    for (size_t i = 0; i < s->n_gate; i++) {
        const struct wb_plan_clause *c = &s->gate[i];
        bool by_reads = c->metric && c->metric->kind == WB_METRIC_OBSERVED;
        if (!by_reads || served >= needed(r, c))
            continue;
        char need[40], have[40], hours[40];
        double times = served > 0 ? needed(r, c) / served : 0;
        wb_str_human_count((uint64_t)(needed(r, c) + 0.5), need, sizeof need);
        wb_str_human_count((uint64_t)served, have, sizeof have);
        wb_str_human_ms((uint64_t)((double)s->duration_ms * times) + 1, hours, sizeof hours);
        wb_reader_find(r, WB_PLAN_GATE_UNCERTAIN, c->place,
                       wb_arena_printf(r->a,
                                       "let the stage last %s at least, or serve more of the reads",
                                       hours),
                       "%s needs %s samples to be decided; stage %s sees about %s reads",
                       c->metric->name, need, s->name, have);
    }
}

static bool any_observed(const struct wb_plan_phase *p) {
    for (size_t i = 0; i < p->n_stages; i++)
        for (size_t k = 0; k < p->stages[i].n_gate; k++)
            if (p->stages[i].gate[k].metric &&
                p->stages[i].gate[k].metric->kind == WB_METRIC_OBSERVED)
                return true;
    return false;
}

static void judge_days(struct wb_plan_reader *r, const struct wb_plan_phase *p) {
    int64_t total = 0, days = (int64_t)(p->last_day - p->first_day + 1) * 86400000;
    for (size_t i = 0; i < p->n_stages; i++)
        total += p->stages[i].duration_ms;
    if (!p->first_day || total <= days)
        return;
    char needs[40], has[40];
    wb_reader_find(r, WB_PLAN_DAYS, p->place, "give the phase more days, or shorten its stages",
                   "the stages of phase %u last %s, its days are %s", p->number,
                   wb_str_human_ms((uint64_t)total, needs, sizeof needs),
                   wb_str_human_ms((uint64_t)days, has, sizeof has));
}

static void judge_order(struct wb_plan_reader *r, const struct wb_plan_phase *p) {
    for (size_t i = 1; i < p->n_stages; i++)
        if (wb_decimal_compare(p->stages[i].traffic, p->stages[i - 1].traffic) <= 0) {
            wb_reader_find(r, WB_PLAN_STRUCTURE, p->stages[i].place, "let each stage serve more",
                           "stage %s serves no more than the one before", p->stages[i].name);
            r->plan->findings[r->plan->n_findings - 1].severity = WB_WARNING;
        }
}

void wb_judge_stages(struct wb_plan_reader *r) {
    for (size_t i = 0; i < r->plan->n_phases; i++) {
        const struct wb_plan_phase *p = &r->plan->phases[i];
        bool stated = r->plan->traffic.reads_per_min > 0;
        r->phase = (int)i;
        for (size_t k = 1; k < p->n_stages; k++)
            judge_dropped(r, &p->stages[k - 1], &p->stages[k]);
        for (size_t k = 0; stated && k < p->n_stages; k++)
            if (p->stages[k].duration_ms)
                judge_certainty(r, &p->stages[k]);
        if (!stated && p->n_stages && any_observed(p))
            wb_reader_find(
                r, WB_PLAN_ADVICE, p->stages[0].place,
                "state it, as \"10,000 reads/min\", or in the front matter below \"traffic:\"",
                "the plan states no traffic: whether the gates can be decided in time is not "
                "known");
        judge_lag(r, p);
        judge_days(r, p);
        judge_order(r, p);
    }
    r->phase = -1;
}
