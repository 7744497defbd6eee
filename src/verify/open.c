/* Opening both sides: connections, what the servers are, their schemas. Errors name the side. */
#include "verify/job.h"

#include "base/str.h"
#include "engine/registry.h"

#include <unistd.h>

/* What is read once, or by its key, gains nothing by a cache. */
enum { STATEMENT_MS = 60000, RETRIES = 3, CACHE_BYTES = 2 << 20 };

const char *wb_verify_side_word(enum wb_side side) {
    return side == WB_SIDE_SOURCE ? "source" : "target";
}

enum wb_code wb_verify_connect(struct wb_verify_job *job, enum wb_side side, struct wb_conn **ret,
                               struct wb_error *err) {
    struct wb_open_opts opts = {.side = side,
                                .pin = job->opts->pin[side],
                                .max_row_bytes = job->opts->max_row_bytes,
                                .retries = RETRIES,
                                .cache_bytes = CACHE_BYTES,
                                .must_exist = true,
                                .cancel = job->opts->cancel};
    struct wb_conn *c = NULL;
    unsigned ms = job->opts->statement_timeout_ms ? job->opts->statement_timeout_ms : STATEMENT_MS;
    enum wb_code code = wb_registry_open(
        side == WB_SIDE_SOURCE ? job->opts->source : job->opts->target, &opts, &c, err);
    if (code)
        return code; /* it names the side already */
    if (c->engine->verify && c->engine->verify->set_timeout)
        code = c->engine->verify->set_timeout(c, ms, err);
    if (code) {
        wb_conn_close(c);
        return wb_error_wrap(err, "%s", wb_verify_side_word(side));
    }
    *ret = c;
    return WB_OK;
}

static void keep_findings(struct wb_verify_job *job, const struct wb_findings *f,
                          enum wb_side side) {
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].severity != WB_NOTE)
            wb_verify_say(job, WB_VERIFY_NOTE, "%s: %s %s: %s", wb_verify_side_word(side),
                          f->items[i].object_kind, f->items[i].object, f->items[i].text);
}

static enum wb_code open_side(struct wb_verify_job *job, enum wb_side side,
                              const char **ret_version, struct wb_error *err) {
    struct wb_probe *probe = &job->probe[side];
    enum wb_code code = wb_verify_connect(job, side, &job->control[side], err);
    if (code)
        return code;
    struct wb_conn *c = job->control[side];
    /* The engine itself: that of a wrapper is gone when the connection is made anew. */
    job->engine[side] = wb_conn_innermost(c)->engine;
    code = c->engine->probe(c, &job->arena, probe, err);
    if (code)
        return wb_error_wrap(err, "%s: asking %s what it can do", wb_verify_side_word(side),
                             c->engine->title);
    if (!c->engine->read || !c->engine->ddl)
        return wb_error_set(err, WB_E_UNSUPPORTED, "%s cannot be verified", c->engine->title);
    *ret_version = wb_arena_printf(&job->report->arena, "%s %s", probe->product, probe->version);
    return WB_OK;
}

static enum wb_code describe_side(struct wb_verify_job *job, enum wb_side side,
                                  struct wb_error *err) {
    struct wb_describe_opts opts = {.schema =
                                        side == WB_SIDE_TARGET ? job->opts->target_schema : NULL};
    enum wb_code code =
        job->control[side]->engine->describe(job->control[side], &opts, &job->catalog[side], err);
    if (code)
        return wb_error_wrap(err, "reading the %s's schema", wb_verify_side_word(side));
    keep_findings(job, &job->catalog[side].findings, side);
    return WB_OK;
}

/* The moment before anything is read, for deciding later whether the source stood still. */
static enum wb_code note_positions(struct wb_verify_job *job, struct wb_error *err) {
    enum wb_code code = WB_OK;
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++) {
        const struct wb_verify_ops *v = job->engine[s]->verify;
        job->began[s] = (struct wb_moment){.position = "", .fingerprint = ""};
        if (v && v->position)
            code = v->position(job->control[s], &job->arena, &job->began[s], err);
        if (code)
            wb_error_wrap(err, "%s: asking for its position", wb_verify_side_word((enum wb_side)s));
    }
    job->began_us = job->clock->monotonic_us(job->clock->ctx);
    return code;
}

static void choose_jobs(struct wb_verify_job *job) {
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = job->opts->jobs ? job->opts->jobs : cpus < 2 ? 2 : cpus > 4 ? 4 : (unsigned)cpus;
    job->jobs = n > WB_VERIFY_MAX_JOBS ? WB_VERIFY_MAX_JOBS : n;
}

static enum wb_code open_record(struct wb_verify_job *job, struct wb_error *err) {
    struct wb_verify_store *s = &job->store;
    if (job->opts->record == WB_VERIFY_NO_RECORD)
        return WB_OK;
    s->prefix = job->engine[WB_SIDE_TARGET]->ledger_prefix;
    enum wb_code code = wb_verify_connect(job, WB_SIDE_TARGET, &s->conn, err);
    return code ? code : wb_verify_store_create(s, err);
}

enum wb_code wb_verify_open(struct wb_verify_job *job, struct wb_error *err) {
    struct wb_verify_report *r = job->report;
    enum wb_code code = wb_registry_check_url(job->opts->source, err);
    if (!code)
        code = wb_registry_check_url(job->opts->target, err);
    if (code)
        return code;
    wb_verify_say(job, WB_VERIFY_PHASE, "connecting");
    code = open_side(job, WB_SIDE_SOURCE, &r->source_version, err);
    if (!code)
        code = open_side(job, WB_SIDE_TARGET, &r->target_version, err);
    if (!code && wb_str_eq(job->probe[0].identity, job->probe[1].identity))
        code = wb_error_set(err, WB_E_USAGE, "source and target are the same database");
    if (!code)
        code = wb_engine_check_schema(job->engine[WB_SIDE_TARGET], &job->probe[WB_SIDE_TARGET],
                                      job->opts->target_schema, err);
    if (!code)
        code = wb_verify_open_replicas(job, err);
    if (!code)
        code = open_record(job, err);
    if (!code)
        wb_verify_say(job, WB_VERIFY_PHASE, "reading both schemas");
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++)
        code = describe_side(job, (enum wb_side)s, err);
    if (!code)
        code = wb_rules_select(job->opts->rules, &job->catalog[WB_SIDE_SOURCE], &job->arena,
                               &job->selected, err);
    if (!code)
        code = note_positions(job, err);
    if (code)
        return code;
    const struct wb_ddl_ops *d = job->engine[WB_SIDE_TARGET]->ddl;
    job->shape_opts = (struct wb_shape_opts){.policy = job->opts->policy,
                                             .text_refuses_nul = d->text_refuses_nul,
                                             .text_must_be_utf8 = d->text_must_be_utf8,
                                             .keep_refused = true};
    choose_jobs(job);
    return WB_OK;
}

enum wb_code wb_verify_worker_conn(struct wb_verify_job *job, unsigned worker, enum wb_side side,
                                   struct wb_conn **ret, struct wb_error *err) {
    struct wb_conn *c = job->conns[side][worker];
    if (!c) {
        atomic_fetch_add(&job->begun_conns[side], 1);
        enum wb_code code = wb_verify_connect(job, side, &c, err);
        pthread_mutex_lock(&job->lock); /* the main thread cancels them */
        job->conns[side][worker] = c;
        atomic_fetch_add(&job->known_conns[side], 1);
        pthread_mutex_unlock(&job->lock);
        if (code)
            return code;
    }
    *ret = c;
    return WB_OK;
}

void wb_verify_drop_conns(struct wb_verify_job *job, unsigned worker) {
    for (int s = 0; s < WB_VERIFY_SIDES; s++) {
        pthread_mutex_lock(&job->lock);
        struct wb_conn *c = job->conns[s][worker];
        job->conns[s][worker] = NULL;
        pthread_mutex_unlock(&job->lock);
        wb_conn_close(c);
    }
}

static bool is_alive(struct wb_conn *c) {
    struct wb_arena a = {0};
    struct wb_rows rows;
    struct wb_error err;
    bool alive = c->engine->query(c, "SELECT 1", &a, &rows, &err) == WB_OK;
    wb_arena_done(&a);
    return alive;
}

/* The old one is kept where there is no new one: asking it again fails again. */
static void revive(struct wb_verify_job *job, enum wb_side side, struct wb_conn **c,
                   pthread_mutex_t *lock) {
    struct wb_conn *fresh = NULL;
    struct wb_error err;
    pthread_mutex_lock(lock);
    if (*c && !is_alive(*c) && !wb_verify_connect(job, side, &fresh, &err)) {
        wb_conn_close(*c);
        *c = fresh;
    }
    pthread_mutex_unlock(lock);
}

void wb_verify_revive(struct wb_verify_job *job) {
    for (int s = 0; s < WB_VERIFY_SIDES; s++)
        revive(job, (enum wb_side)s, &job->control[s], &job->control_lock);
    revive(job, WB_SIDE_TARGET, &job->store.conn, &job->store.lock);
}

void wb_verify_close(struct wb_verify_job *job) {
    for (int s = 0; s < WB_VERIFY_SIDES; s++) {
        for (unsigned i = 0; i < WB_VERIFY_MAX_JOBS; i++)
            wb_conn_close(job->conns[s][i]);
        wb_conn_close(job->control[s]);
        wb_catalog_done(&job->catalog[s]);
    }
    wb_conn_close(job->store.conn);
    wb_verify_close_replicas(job);
    for (size_t i = 0; i < job->n_pairs; i++) {
        wb_verify_candidates_done(&job->pairs[i].pending);
        wb_verify_candidates_done(&job->pairs[i].confirmed);
    }
    wb_catalog_done(&job->wanted);
    wb_arena_done(&job->arena);
    wb_arena_done(&job->shared_arena);
    pthread_mutex_destroy(&job->lock);
    pthread_mutex_destroy(&job->sink_lock);
    pthread_mutex_destroy(&job->heavy_lock);
    pthread_mutex_destroy(&job->control_lock);
    pthread_mutex_destroy(&job->store.lock);
    pthread_cond_destroy(&job->changed);
    wb_budget_done(&job->budget);
}
