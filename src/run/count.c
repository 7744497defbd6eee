/* What must not be there: divergences that applications report, and metrics of "… with zero …".
 *
 * A divergence is in the journal before who reported it is told that it counts. So that each is not
 * a durable write of its own, the journal says "they come in" with the first, which acknowledges
 * those that follow, and "so many, the latest then" when none has come for a minute. What a runner
 * knows that ends without a word is thus lost only between the two, and then the time begins anew
 * with its successor. */
#include "run/criteria.h"

#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { QUIET_MS = 60000 };

bool wb_run_is_divergences(const struct wb_plan_metric *m) {
    return m->source == WB_SOURCE_BUILTIN && wb_str_eq(m->name, WB_RUN_DIVERGENCES);
}

struct wb_sample wb_run_sample_since(const struct wb_meter *m, double diverged_before) {
    struct wb_sample s = m->sample;
    if (!wb_run_is_divergences(m->metric) || isnan(s.value))
        return s;
    double more = s.value - diverged_before;
    s.value = more > 0 ? more : s.total ? 0 : NAN; /* without any comparison nobody knows */
    return s;
}

/* --- reported
 * ------------------------------------------------------------------------------------ */

static struct wb_observe *observe_of(const struct wb_run *r) {
    return r->view ? wb_run_view_observe(r->view) : NULL;
}

static const struct wb_run_count *divergences(const struct wb_run *r) {
    return wb_run_count_of(&r->state, WB_RUN_DIVERGENCES);
}

static bool is_open(const struct wb_run *r) {
    const struct wb_run_count *c = divergences(r);
    return c && c->open;
}

void wb_run_count_begin(struct wb_run *r) {
    struct wb_observe *o = observe_of(r);
    const struct wb_run_count *c = divergences(r);
    r->diverged = (struct wb_divergences){.before = c ? c->counted : 0};
    for (size_t i = 0; o && i < r->n_meters; i++)
        r->diverged.used |= wb_run_is_divergences(r->meters[i].metric);
    if (o && !r->diverged.used)
        (void)wb_observe_set_record(o, WB_OBSERVE_UNUSED);
}

static void notice(struct wb_run *r, uint64_t reported) {
    struct wb_divergences *d = &r->diverged;
    if (reported <= d->reported)
        return;
    d->reported = reported;
    d->at_us = wb_run_now_us(r);
    d->wall_us = wb_run_sure_wall_us(r);
}

static void put_reported(struct wb_run *r, bool open) {
    const struct wb_divergences *d = &r->diverged;
    uint64_t now = wb_run_now_us(r);
    wb_run_event(r, WB_EVENT_COUNTED, WB_EVENT_NO_PHASE, NULL,
                 "metric:s counted:d open:b at_us:i ago_ms:i", WB_RUN_DIVERGENCES,
                 d->before + (double)d->reported, open, d->wall_us,
                 (int64_t)(now > d->at_us ? (now - d->at_us) / 1000 : 0));
}

void wb_run_count_close(struct wb_run *r) {
    struct wb_observe *o = observe_of(r);
    const struct wb_run_count *c = divergences(r);
    if (!o || !r->diverged.used)
        return;
    notice(r, wb_observe_set_record(o, WB_OBSERVE_TO_RECORD));
    double now = r->diverged.before + (double)r->diverged.reported;
    if (r->diverged.reported && (!c || c->open || now > c->counted))
        put_reported(r, false);
}

void wb_run_count_end(struct wb_run *r) {
    wb_run_count_close(r);
    wb_run_view_end(r->view);
}

static enum wb_code count_reported(struct wb_run *r, struct wb_error *err) {
    struct wb_divergences *d = &r->diverged;
    struct wb_observe *o = observe_of(r);
    struct wb_sample s;
    if (!o || !d->used)
        return WB_OK;
    wb_observe_mismatch_rate(o, &s);
    notice(r, s.hits);
    double in_journal = divergences(r) ? divergences(r)->counted - d->before : 0;
    enum wb_code code = WB_OK;
    if (!is_open(r) && (double)d->reported > in_journal) {
        put_reported(r, true);
        code = wb_run_write(r, NULL, err);
    } else if (is_open(r) && wb_run_now_us(r) - d->at_us > QUIET_MS * 1000u) {
        wb_run_count_close(r);
        code = wb_run_write(r, NULL, err);
    }
    if (code)
        return code;
    if (is_open(r))
        (void)wb_observe_set_record(o, WB_OBSERVE_RECORDED);
    wb_run_view_recorded(r->view, d->reported); /* all of them are in the journal by now */
    return WB_OK;
}

/* --- asked
 * --------------------------------------------------------------------------------------- */

static void count_query(struct wb_run *r, const struct wb_meter *m) {
    const struct wb_run_count *c = wb_run_count_of(&r->state, m->metric->name);
    bool open = c && c->open, any = m->sample.value > 0;
    if (!isnan(m->sample.value) && any != open)
        wb_run_event(r, WB_EVENT_COUNTED, WB_EVENT_NO_PHASE, NULL, "metric:s counted:d open:b",
                     m->metric->name, m->sample.value, any);
}

static bool is_to_be_zero(const struct wb_run *r, const struct wb_plan_metric *m) {
    for (size_t i = 0; i < r->program.n_phases; i++)
        for (size_t k = 0; k < r->program.phases[i].n_tasks; k++) {
            const struct wb_task *t = &r->program.phases[i].tasks[k];
            for (size_t n = 0; n < t->n_clauses; n++)
                if (t->clauses[n].kind == WB_CLAUSE_RUNNING && t->clauses[n].metric == m)
                    return true;
        }
    return false;
}

enum wb_code wb_run_count(struct wb_run *r, struct wb_error *err) {
    enum wb_code code = count_reported(r, err);
    for (size_t i = 0; i < r->n_meters && !code; i++)
        if (r->meters[i].fresh && !wb_run_is_divergences(r->meters[i].metric) &&
            is_to_be_zero(r, r->meters[i].metric))
            count_query(r, &r->meters[i]);
    return code ? code : wb_run_write(r, NULL, err);
}

/* --- "with zero divergences"
 * --------------------------------------------------------------------- */

/* Run time, or, of what is reported, that part of it in which it could be. */
static int64_t counted_ms(const struct wb_run *r, const struct wb_plan_metric *metric,
                          const struct wb_run_moment *from) {
    const struct wb_run_state *s = &r->state;
    uint64_t run_us = wb_journal_run_us(r->journal), more = run_us - s->run_us;
    uint64_t us = wb_run_is_divergences(metric)
                      ? s->listened_us + (s->listens ? more : 0) - from->listened_us
                      : run_us - from->run_us;
    return (int64_t)(us / 1000);
}

static void put_note(const struct wb_run_count *c, int64_t ms, int64_t wall_ms, char *note) {
    char time[40], gap[40];
    int n = 0;
    if (c && c->open)
        n = snprintf(note, WB_RUN_WHY, "; some come in (%g so far)", c->counted);
    else if (c && c->cut_off)
        n = snprintf(note, WB_RUN_WHY,
                     "; %g or more, and while they came in the runner ended without a word: "
                     "counted anew from its successor's start",
                     c->counted);
    else if (c)
        n = snprintf(note, WB_RUN_WHY, "; the latest of %g came at %s", c->counted,
                     wb_clock_format(c->at.wall_us, time, sizeof time));
    if (!(c && c->open) && wall_ms - ms > QUIET_MS)
        snprintf(note + n, WB_RUN_WHY - (size_t)n,
                 "; time in which nobody could have reported one (%s) does not count",
                 wb_str_human_ms((uint64_t)(wall_ms - ms), gap, sizeof gap));
}

bool wb_run_free_of(const struct wb_run *r, const struct wb_plan_metric *metric,
                    const struct wb_run_moment *from, int64_t *ret_ms, char *note, char *why) {
    const struct wb_meter *m = wb_run_meter_of(r, metric);
    bool reported = wb_run_is_divergences(metric);
    *note = 0;
    if (!m || isnan(m->sample.value) || (reported && !m->sample.total)) {
        snprintf(why, WB_RUN_WHY, "nobody has told yet whether there were %s: %.300s", metric->name,
                 !m                        ? "nothing measures it"
                 : reported && m->answered ? "no comparison was reported to this runner"
                                           : m->why);
        return false;
    }
    const struct wb_run_count *c = wb_run_count_of(&r->state, metric->name);
    bool within = c && (c->open || c->at.run_us >= from->run_us);
    if (within)
        from = &c->at;
    int64_t wall_ms = (wb_run_sure_wall_us(r) - from->wall_us) / 1000;
    int64_t ms = counted_ms(r, metric, from);
    if (c && c->open)
        ms = 0;
    put_note(within ? c : NULL, ms, wall_ms, note);
    *ret_ms = ms < wall_ms ? ms : wall_ms;
    return true;
}
