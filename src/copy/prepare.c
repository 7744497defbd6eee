/* Opening both sides and reading the source's schema. */
#include "copy/job.h"

#include "base/str.h"
#include "engine/registry.h"

#include <unistd.h>

static unsigned default_jobs(void) {
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    return cpus < 2 ? 2 : cpus > 4 ? 4 : (unsigned)cpus;
}

static void choose_jobs(struct wb_job *job) {
    unsigned n = job->opts->jobs ? job->opts->jobs : default_jobs();
    if (job->source_probe.max_readers && n > job->source_probe.max_readers)
        n = job->source_probe.max_readers;
    if (job->target_probe.max_writers && n > job->target_probe.max_writers)
        n = job->target_probe.max_writers;
    job->jobs = n > WB_COPY_MAX_JOBS ? WB_COPY_MAX_JOBS : n < 1 ? 1 : n;
}

enum wb_code wb_job_connect(struct wb_job *job, enum wb_side side, struct wb_conn **ret,
                            struct wb_error *err) {
    struct wb_open_opts opts = {.side = side,
                                .pin = job->opts->pin[side],
                                .max_row_bytes = job->opts->max_row_bytes,
                                .look_only = job->look_only};
    if (side == WB_SIDE_SOURCE && job->opts->max_rate_bytes)
        opts.throttle = &job->throttle;
    return wb_registry_open(side == WB_SIDE_SOURCE ? job->opts->source : job->opts->target, &opts,
                            ret, err);
}

static void keep_findings(struct wb_job *job, const struct wb_findings *f) {
    for (size_t i = 0; i < f->n; i++)
        wb_findings_add(&job->report->findings, &job->report->arena, f->items[i].severity,
                        f->items[i].kind, f->items[i].object_kind, f->items[i].object,
                        f->items[i].hint, "%s", f->items[i].text);
}

static enum wb_code probe_side(struct wb_job *job, struct wb_conn *c, struct wb_probe *ret,
                               const char **ret_version, struct wb_error *err) {
    enum wb_code code = c->engine->probe(c, &job->arena, ret, err);
    if (code)
        return wb_error_wrap(err, "asking %s what it can do", c->engine->title);
    *ret_version = wb_arena_printf(&job->report->arena, "%s %s", ret->product, ret->version);
    keep_findings(job, &ret->findings);
    return WB_OK;
}

static enum wb_code check_engines(struct wb_job *job, struct wb_error *err) {
    if (!job->source_engine->read)
        return wb_error_set(err, WB_E_UNSUPPORTED, "%s cannot be a source",
                            job->source_engine->title);
    if (!job->target_engine->write || !job->target_engine->ddl)
        return wb_error_set(err, WB_E_UNSUPPORTED, "%s cannot be a target",
                            job->target_engine->title);
    if (wb_str_eq(job->source_probe.identity, job->target_probe.identity))
        return wb_error_set(err, WB_E_USAGE, "source and target are the same database");
    return wb_engine_check_schema(job->target_engine, &job->target_probe, job->opts->target_schema,
                                  err);
}

enum wb_code wb_job_open(struct wb_job *job, struct wb_error *err) {
    enum wb_code code = wb_registry_check_url(job->opts->source, err);
    if (!code)
        code = wb_registry_check_url(job->opts->target, err);
    if (code)
        return code;
    wb_job_say(job, WB_COPY_PHASE, "connecting");
    code = wb_job_connect(job, WB_SIDE_SOURCE, &job->keeper, err);
    if (!code)
        code = wb_job_connect(job, WB_SIDE_TARGET, &job->control, err);
    if (code)
        return code;
    job->source_engine = job->keeper->engine;
    job->target_engine = job->control->engine;
    code = probe_side(job, job->keeper, &job->source_probe, &job->report->source_version, err);
    if (!code)
        code = probe_side(job, job->control, &job->target_probe, &job->report->target_version, err);
    if (!code)
        code = check_engines(job, err);
    if (code)
        return code;
    job->ledger =
        (struct wb_ledger){.conn = job->control, .prefix = job->target_engine->ledger_prefix};
    job->shape_opts =
        (struct wb_shape_opts){.policy = job->opts->policy,
                               .text_refuses_nul = job->target_engine->ddl->text_refuses_nul,
                               .text_must_be_utf8 = job->target_engine->ddl->text_must_be_utf8};
    choose_jobs(job);
    return WB_OK;
}

enum wb_code wb_job_read_source(struct wb_job *job, struct wb_error *err) {
    wb_job_say(job, WB_COPY_PHASE, "reading the source's schema");
    struct wb_describe_opts opts = {0};
    wb_catalog_done(&job->source_catalog);
    enum wb_code code = job->source_engine->describe(job->keeper, &opts, &job->source_catalog, err);
    if (code)
        return wb_error_wrap(err, "reading the source's schema");
    /* Tables that the rules leave out are not even locked. */
    return wb_rules_select(job->opts->rules, &job->source_catalog, &job->arena, &job->selected,
                           err);
}

void wb_job_close(struct wb_job *job) {
    wb_job_close_epoch(job);
    for (unsigned i = 0; i < WB_COPY_MAX_JOBS; i++) {
        wb_conn_close(job->writers[i]);
        job->writers[i] = NULL;
    }
    wb_conn_close(job->keeper);
    wb_conn_close(job->control);
    wb_catalog_done(&job->source_catalog);
    wb_catalog_done(&job->target_catalog);
    wb_arena_done(&job->arena);
    wb_arena_done(&job->shared_arena);
    pthread_mutex_destroy(&job->lock);
    pthread_mutex_destroy(&job->sink_lock);
    pthread_mutex_destroy(&job->heavy_lock);
    wb_budget_done(&job->budget);
    wb_throttle_done(&job->throttle);
    pthread_cond_destroy(&job->changed);
}
