/* Where metrics come from. What the application reports and what the run knows is read in the loop.
 * Each query runs in a thread of its own, so that a source that hangs delays no other. */
#include "run/http.h"
#include "run/inside.h"

#include "base/str.h"
#include "engine/registry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVERY_MS = 10000, OBSERVE_MS = 500 };

struct wb_sampler {    /* one query of one metric */
    struct wb_job job; /* its lock and connection are used by the query */
    const struct wb_plan_metric *metric;
    pthread_t thread;
    atomic_bool over;
    struct wb_sample sample;
    bool answered;
    char why[WB_RUN_WHY];
};

static bool is_builtin(const struct wb_plan_metric *m, const char *name) {
    return m->source == WB_SOURCE_BUILTIN && strcmp(m->name, name) == 0;
}

/* Counted by the application's reports. */
static bool is_observed(const struct wb_plan_metric *m) {
    return m->source == WB_SOURCE_OBSERVE || is_builtin(m, "dual-write error rate") ||
           is_builtin(m, "mismatch rate") || wb_run_is_divergences(m);
}

static enum wb_metric_form form_of(const struct wb_plan_metric *m) {
    if (!is_observed(m) || m->shape == WB_SHAPE_VALUE || m->shape == WB_SHAPE_COUNT)
        return WB_FORM_VALUE;
    return m->shape == WB_SHAPE_QUANTILE ? WB_FORM_QUANTILE : WB_FORM_RATIO;
}

enum wb_code wb_run_meters(struct wb_run *r, struct wb_error *err) {
    (void)err;
    r->n_meters = r->plan->n_metrics;
    r->meters = calloc(r->n_meters + 1, sizeof *r->meters);
    if (!r->meters)
        abort();
    for (size_t i = 0; i < r->n_meters; i++) {
        const struct wb_plan_metric *m = r->plan->metrics[i];
        int64_t every = m->every_ms ? m->every_ms : EVERY_MS;
        r->meters[i] = (struct wb_meter){
            .metric = m,
            .spec = {.name = m->name,
                     .unit = m->shape == WB_SHAPE_VALUE ? m->unit : NULL,
                     .form = form_of(m),
                     .quantile = wb_decimal_double(m->quantile),
                     .rigour = r->plan->front.strict_ratios ? WB_RIGOUR_PLAIN : WB_RIGOUR_BOUNDS,
                     .stale_ms = every * 3 > WB_METRIC_STALE_MS ? every * 3 : WB_METRIC_STALE_MS},
            .histogram = calloc(1, sizeof(struct wb_histogram)),
            .sample = {.value = NAN},
        };
        snprintf(r->meters[i].why, sizeof r->meters[i].why, "nothing was measured yet");
    }
    return WB_OK;
}

struct wb_meter *wb_run_meter_of(const struct wb_run *r, const struct wb_plan_metric *m) {
    for (size_t i = 0; i < r->n_meters; i++)
        if (r->meters[i].metric == m)
            return &r->meters[i];
    return NULL;
}

/* --- in the loop
 * --------------------------------------------------------------------------------- */

static void observe(struct wb_run *r, struct wb_meter *m) {
    struct wb_observe *o = r->view ? wb_run_view_observe(r->view) : NULL;
    /* before the first change there is only the old side: that is the baseline */
    enum wb_observe_side side = m->baseline ? WB_OBSERVE_OLD : WB_OBSERVE_NEW;
    if (!o) {
        m->asked = true;
        snprintf(m->why, sizeof m->why, "nobody can report: the run was started without --listen");
        return;
    }
    m->asked = m->answered = true;
    if (is_builtin(m->metric, "dual-write error rate")) {
        wb_observe_error_rate(o, WB_OBSERVE_NEW, WB_OBSERVE_WRITE, &m->sample);
    } else if (is_builtin(m->metric, "mismatch rate")) {
        wb_observe_mismatch_rate(o, &m->sample);
    } else if (wb_run_is_divergences(m->metric)) {
        wb_observe_mismatch_rate(o, &m->sample);
        m->sample.value = r->diverged.before + (double)m->sample.hits;
    } else if (m->spec.form == WB_FORM_QUANTILE) {
        wb_observe_quantile(o, side, WB_OBSERVE_READ, m->histogram, &m->sample);
    } else {
        wb_observe_error_rate(o, side, WB_OBSERVE_OPS, &m->sample);
    }
    m->fresh = true;
}

/* --- in the thread
 * ------------------------------------------------------------------------------- */

static double in_unit(const struct wb_plan_metric *m, double value) {
    if (m->unit && (strcmp(m->unit, "s") == 0 || strcmp(m->unit, "seconds") == 0))
        return value * 1000;
    if (m->unit && (strcmp(m->unit, "%") == 0 || strcmp(m->unit, "percent") == 0))
        return value / 100;
    return value;
}

static enum wb_code ask_sql(struct wb_job *job, const struct wb_plan_metric *m, double *ret,
                            struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_rows rows;
    enum wb_code code = wb_run_query(job, m->on, m->query, 30000, &a, &rows, err);
    if (!code) {
        const char *text = rows.n_rows && rows.n_columns ? rows.values[0][0] : NULL;
        char *end = NULL;
        *ret = text ? strtod(text, &end) : NAN;
        if (text && (end == text || *end))
            code =
                wb_error_set(err, WB_E_PLAN, "the query gives \"%.60s\", which is no number", text);
    }
    wb_arena_done(&a);
    return code;
}

/* The furthest replica, or the target behind what it follows. */
static enum wb_code ask_lag(struct wb_job *job, double *ret, struct wb_error *err) {
    struct wb_conn *c = NULL;
    struct wb_load_state load = {.lag_ms = -1};
    bool replica = job->run->plan->front.n_replicas > 0;
    enum wb_code code =
        wb_run_connect(job, replica ? WB_ON_REPLICA : WB_ON_SOURCE, WB_TO_LOOK, &c, err);
    if (code)
        return code;
    if (c->engine->verify && c->engine->verify->load_state)
        code = c->engine->verify->load_state(c, NULL, 0, &load, err);
    wb_run_disconnect(job, c);
    if (!code)
        *ret = load.lag_ms < 0 ? NAN : (double)load.lag_ms;
    return code;
}

static enum wb_code ask_script(struct wb_job *job, const struct wb_plan_metric *m, double *ret,
                               struct wb_error *err) {
    wb_run_script(job, m->query, 30000);
    const char *colon = strstr(job->why, ": ");
    if (job->result != WB_JOB_DONE || !colon)
        return wb_error_set(err, WB_E_IO, "%s", job->why);
    char *end = NULL;
    *ret = strtod(colon + 2, &end);
    if (end == colon + 2 || end[strspn(end, " \t\r\n")])
        return wb_error_set(err, WB_E_PLAN, "the script's last line \"%.60s\" is no number",
                            colon + 2);
    return WB_OK;
}

/* The environment's server gets no token that was meant for the plan's. */
static struct wb_prometheus prometheus_of(const struct wb_plan_front *f) {
    const char *url = getenv("WHIMBREL_PROMETHEUS");
    if (url && *url)
        return (struct wb_prometheus){.url = url};
    return (struct wb_prometheus){f->prometheus.value, f->prometheus_token.value};
}

static void *ask(void *arg) {
    struct wb_sampler *s = arg;
    const struct wb_plan_metric *m = s->metric;
    struct wb_error err = {0};
    double value = NAN;
    int64_t source_us = wb_clock_wall_us();
    const char *why = "the source has no data";
    struct wb_prometheus prometheus = prometheus_of(&s->job.run->plan->front);
    enum wb_code code;
    if (m->source == WB_SOURCE_BUILTIN)
        code = ask_lag(&s->job, &value, &err);
    else if (m->lang == WB_LANG_SQL)
        code = ask_sql(&s->job, m, &value, &err);
    else if (m->lang == WB_LANG_SH)
        code = ask_script(&s->job, m, &value, &err);
    else if (m->lang == WB_LANG_PROMQL)
        code = wb_http_prometheus(&prometheus, m->query, &value, &source_us, &why, &err);
    else
        code = wb_http_number(m->query, &value, &err);
    s->sample = (struct wb_sample){.source_us = source_us, .value = code ? NAN : in_unit(m, value)};
    s->answered = !code;
    snprintf(s->why, sizeof s->why, "%.899s", code ? err.text : why);
    atomic_store(&s->over, true);
    return NULL;
}

static void end_query(struct wb_meter *m) {
    struct wb_sampler *s = m->sampler;
    pthread_join(s->thread, NULL);
    m->sample = s->sample;
    m->asked = true;
    m->answered = s->answered;
    memcpy(m->why, s->why, sizeof m->why);
    m->fresh = true;
    pthread_mutex_destroy(&s->job.lock);
    free(s);
    m->sampler = NULL;
}

static void begin_query(struct wb_run *r, struct wb_meter *m) {
    struct wb_sampler *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->metric = m->metric;
    s->job.run = r;
    s->job.id = "";
    pthread_mutex_init(&s->job.lock, NULL);
    if (pthread_create(&s->thread, NULL, ask, s) != 0)
        abort();
    m->sampler = s;
}

void wb_run_sample(struct wb_run *r) {
    uint64_t now = wb_run_now_us(r);
    for (size_t i = 0; i < r->n_meters; i++) {
        struct wb_meter *m = &r->meters[i];
        bool seen = is_observed(m->metric);
        if (m->sampler && atomic_load(&m->sampler->over))
            end_query(m);
        int64_t pause = m->metric->every_ms ? m->metric->every_ms : EVERY_MS;
        bool due =
            now >= m->due_us || m->due_us - now > (uint64_t)pause * 1000; /* clock set back */
        if (m->metric->source == WB_SOURCE_NONE || !due || m->sampler)
            continue;
        int64_t every = m->metric->every_ms ? m->metric->every_ms : seen ? OBSERVE_MS : EVERY_MS;
        m->due_us = now + (uint64_t)every * 1000;
        if (seen)
            observe(r, m);
        else
            begin_query(r, m);
    }
}

static void stop_query(struct wb_meter *m) {
    struct wb_job *job = &m->sampler->job;
    pthread_mutex_lock(&job->lock);
    if (job->conn)
        job->conn->engine->cancel(job->conn);
    pthread_mutex_unlock(&job->lock);
    wb_cancel_request(&job->cancel, -1);
}

void wb_run_meters_free(struct wb_run *r) {
    wb_run_gates_drop(r);
    for (size_t i = 0; i < r->n_watches; i++)
        wb_trigger_free(r->watches[i].trigger);
    r->n_watches = 0;
    for (size_t i = 0; i < r->n_meters; i++) /* all at once, then wait */
        if (r->meters[i].sampler)
            stop_query(&r->meters[i]);
    for (size_t i = 0; i < r->n_meters; i++) {
        if (r->meters[i].sampler)
            end_query(&r->meters[i]);
        wb_baseline_meter_free(r->meters[i].baseline);
        free(r->meters[i].histogram);
    }
    free(r->meters);
    r->meters = NULL;
    r->n_meters = 0;
}
