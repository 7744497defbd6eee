/* A copy from beginning to end.
 *
 *   connect, hold the target, look at its ledger
 *   one snapshot for all readers; the schema under its locks; questions to the data; the target's
 * schema tables and ledger, or taking over what is there; finished chunks again where this is a
 * resumed copy rows, indexes, proof, constraints (tasks.c) the verdict, durable, and only then
 * success
 *
 * A lost connection ends the attempt; the next one resumes it from the ledger as another process
 * would, if both URLs still lead to the same databases (engine/pin.h).
 */
#include "copy/job.h"

#include "base/clock.h"
#include "base/str.h"
#include "engine/pin.h"

#include <time.h>

enum { LARGE_ROWS_BYTES = 64 << 20, HOLD_WAIT_MS = 5000, HOLD_POLL_MS = 50 };

static struct wb_copy_report *new_report(const struct wb_copy_opts *opts) {
    struct wb_arena arena = {0};
    struct wb_copy_report *r = WB_NEW(&arena, struct wb_copy_report);
    r->arena = arena;
    r->source = wb_arena_strdup(&r->arena, opts->source->redacted);
    r->target = wb_arena_strdup(&r->arena, opts->target->redacted);
    r->moment = "";
    return r;
}

static void init_job(struct wb_job *job, const struct wb_copy_opts *opts, uint64_t started_us) {
    *job = (struct wb_job){
        .opts = opts, .started_us = started_us, .scans = "", .moment = {.position = ""}};
    job->report = new_report(opts);
    pthread_mutex_init(&job->lock, NULL);
    pthread_mutex_init(&job->sink_lock, NULL);
    pthread_mutex_init(&job->heavy_lock, NULL);
    wb_budget_init(&job->budget, LARGE_ROWS_BYTES);
    wb_throttle_init(&job->throttle, opts->max_rate_bytes, opts->cancel);
    pthread_condattr_t monotonic; /* waits must not follow a clock that somebody sets */
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&job->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static enum wb_code all_done(struct wb_job *job, struct wb_error *err) {
    for (size_t i = 0; i < job->n_tables; i++)
        if (!job->tables[i].split || job->tables[i].chunks_open)
            return wb_error_set(err, WB_E_INTERNAL, "table %s is not there as a whole",
                                job->tables[i].name);
    for (size_t i = 0; i < job->n_steps; i++)
        if (!job->steps[i].done)
            return wb_error_set(err, WB_E_INTERNAL, "%s was not done", job->steps[i].name);
    return WB_OK;
}

static enum wb_code tell_difference(struct wb_job *job, size_t i, struct wb_error *err) {
    const struct wb_copy_table_report *t = &job->report->tables[i];
    const char *computed = wb_computed_differing(&job->tables[i], &job->arena);
    if (*computed) {
        wb_error_set(err, WB_E_DIFFERS,
                     "table %s: the target computes other values than the source in %s; its other "
                     "columns are equal in all %llu rows",
                     t->source, computed, (unsigned long long)t->target_digest.rows);
        return wb_error_hint(err, "compare the column in both databases and its expression in the "
                                  "target's definition; then correct one of the two");
    }
    return wb_error_set(err, t->verdict == WB_COPY_DIFFERENT ? WB_E_DIFFERS : WB_E_UNPROVEN,
                        "table %s: %llu rows were read from the source, the target holds %llu, and "
                        "the digests %s",
                        t->source, (unsigned long long)t->source_digest.rows,
                        (unsigned long long)t->target_digest.rows,
                        t->verdict == WB_COPY_DIFFERENT ? "differ" : "were not compared");
}

static enum wb_code verdict(struct wb_job *job, struct wb_error *err) {
    struct wb_copy_report *r = job->report;
    char now[40];
    if (all_done(job, err))
        return err->code;
    wb_job_fill_report(job);
    r->done = true;
    r->proven = job->opts->proof == WB_COPY_PROVE;
    for (size_t i = 0; i < r->n_tables && r->proven; i++) {
        const struct wb_copy_table_report *t = &r->tables[i];
        if (t->verdict == WB_COPY_EQUAL)
            continue;
        r->proven = false;
        return tell_difference(job, i, err);
    }
    return wb_ledger_set_state(&job->ledger, WB_RUN_DONE,
                               wb_clock_format(wb_clock_wall_us(), now, sizeof now),
                               r->proven ? "proven" : "skipped", err);
}

static enum wb_code prepare(struct wb_job *job, struct wb_error *err) {
    enum wb_code code = wb_job_read_source(job, err);
    if (!code)
        code = wb_job_open_epoch(job, err);
    if (!code)
        code = wb_job_scan(job, true, err);
    if (!code)
        code = wb_job_map(job, err);
    if (!code && job->run.state == WB_RUN_NONE)
        code = wb_job_preflight(job, true, err);
    return code;
}

/* An earlier run is done: nothing to do but to say so, unless it skipped a proof that is wanted
 * now. */
static bool is_done(const struct wb_job *job) {
    return job->run.state == WB_RUN_DONE &&
           (job->opts->proof == WB_COPY_NO_PROOF || wb_str_eq(job->run.proof, "proven"));
}

/* The server needs a moment to notice that a runner was killed: until then its session holds the
 * target, and the command that resumes the copy, given at once, would be refused. */
static enum wb_code hold_target(struct wb_job *job, struct wb_error *err) {
    uint64_t until_us = wb_clock_monotonic_us() + HOLD_WAIT_MS * 1000;
    enum wb_code code = job->target_engine->write->hold(job->control, err);
    while (code == WB_E_TARGET_BUSY && wb_clock_monotonic_us() < until_us &&
           !wb_cancel_signo(job->opts->cancel)) {
        wb_clock_sleep_ms(HOLD_POLL_MS);
        code = job->target_engine->write->hold(job->control, err);
    }
    return code == WB_E_TARGET_BUSY && wb_cancel_signo(job->opts->cancel)
               ? wb_cancel_check(job->opts->cancel, err)
               : code;
}

static enum wb_code attempt(struct wb_job *job, struct wb_error *err) {
    enum wb_code code = wb_job_open(job, err);
    if (!code)
        code = hold_target(job, err);
    if (!code)
        code = wb_job_look_at_target(job, err);
    if (!code && is_done(job))
        return wb_job_report_earlier(job, err);
    if (!code)
        code = prepare(job, err);
    if (!code)
        code = wb_job_begin(job, err);
    if (!code && job->opts->extent == WB_COPY_SCHEMA) {
        wb_job_fill_report(job);
        job->report->schema_only = true;
        return WB_OK;
    }
    if (!code)
        code = wb_job_open_writers(job, err);
    if (!code && job->report->resumed)
        code = wb_job_recheck(job, err);
    if (!code)
        code = wb_job_work(job, err);
    if (code) {
        if (job->n_tables)
            wb_job_fill_report(job);
        return code;
    }
    if ((code = wb_job_check_epoch(job, err)))
        return code;
    wb_job_close_epoch(job);
    return verdict(job, err);
}

/* The server needs a moment to notice that our last connection is gone. */
static bool may_try_again(const struct wb_copy_opts *opts, enum wb_code code, unsigned tries) {
    if (tries >= opts->retries || wb_cancel_signo(opts->cancel))
        return false;
    return wb_error_class(code) == WB_CLASS_RETRY ||
           (tries > 0 && (code == WB_E_TARGET_BUSY || code == WB_E_CONNECT));
}

static void pause_before(unsigned tries, const struct wb_cancel *cancel) {
    unsigned ms = tries < 6 ? 250u << tries : 10000;
    for (unsigned waited = 0; waited < ms && !wb_cancel_signo(cancel); waited += 50)
        wb_clock_sleep_ms(50);
}

static enum wb_code attempts(struct wb_copy_opts *now, struct wb_copy_report **ret,
                             struct wb_error *err) {
    uint64_t started_us = wb_clock_monotonic_us();
    for (unsigned tries = 0;; tries++) {
        struct wb_job job;
        init_job(&job, now, started_us);
        enum wb_code code = attempt(&job, err);
        if (code == WB_E_CANCELED && !wb_cancel_signo(now->cancel))
            code = err->code = WB_E_LOST; /* somebody else's cancel, at the server */
        bool again = code && may_try_again(now, code, tries);
        if (again)
            wb_job_say(&job, WB_COPY_RETRYING, "%s", err->text);
        struct wb_copy_report *report = job.report;
        if (job.restarted)
            now->restart = WB_COPY_CONTINUE;
        wb_job_close(&job);
        if (!again) {
            *ret = report;
            return code;
        }
        wb_copy_report_free(report);
        pause_before(tries, now->cancel);
    }
}

enum wb_code wb_copy_run(const struct wb_copy_opts *opts, struct wb_copy_report **ret,
                         struct wb_error *err) {
    struct wb_copy_opts now = *opts;
    struct wb_pin own[2];
    wb_pin_fill(now.pin, own);
    enum wb_code code = attempts(&now, ret, err);
    wb_pin_done(&own[0]);
    wb_pin_done(&own[1]);
    return code;
}

/* A copy's snapshot asks for all columns of all tables, since a catalog may hide those that the
 * user has no right to; a dry run takes none, and asks here. */
static enum wb_code require_readable(struct wb_job *job, struct wb_error *err) {
    struct wb_arena a = {0};
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < job->selected.n_tables; i++) {
        const struct wb_table *t = &job->selected.tables[i];
        WB_CLEANUP_BUF struct wb_buf sql = {0};
        struct wb_rows none;
        wb_buf_adds(&sql, "SELECT * FROM ");
        wb_engine_quote_table(job->source_engine, &sql, t->schema, t->name);
        wb_buf_adds(&sql, " LIMIT 0");
        code = job->source_engine->query(job->keeper, wb_buf_str(&sql), &a, &none, err);
        if (code)
            wb_error_wrap(err, "reading all columns of table %s", t->name);
    }
    wb_arena_done(&a);
    return code;
}

static enum wb_code look(struct wb_job *job, struct wb_error *err) {
    enum wb_code code = wb_job_open(job, err);
    if (!code)
        code = wb_ledger_read_run(&job->ledger, &job->arena, &job->run, err);
    if (!code && job->run.state == WB_RUN_NONE)
        code = wb_job_require_empty(job, err);
    job->run = (struct wb_ledger_run){.state = WB_RUN_NONE}; /* look at the source as it is today */
    if (!code)
        code = wb_job_read_source(job, err);
    if (!code)
        code = require_readable(job, err);
    if (!code)
        code = wb_job_scan(job, false, err);
    if (!code)
        code = wb_job_map(job, err);
    if (!code)
        code = wb_job_preflight(job, false, err);
    return code;
}

enum wb_code wb_copy_dry_run(const struct wb_copy_opts *opts, struct wb_copy_report **ret,
                             struct wb_error *err) {
    struct wb_job job;
    init_job(&job, opts, wb_clock_monotonic_us());
    struct wb_copy_report *r = job.report;
    job.look_only = true;
    enum wb_code code = look(&job, err);
    if (!code) {
        size_t cap = 0;
        wb_job_fill_report(&job);
        for (size_t i = 0; i < job.ddl.n; i++) {
            struct wb_ddl *d = WB_PUSH(&r->arena, r->ddl.items, r->ddl.n, cap);
            *d = job.ddl.items[i];
            d->sql = wb_arena_strdup(&r->arena, d->sql);
            d->object_kind = wb_arena_strdup(&r->arena, d->object_kind);
            d->object = wb_arena_strdup(&r->arena, d->object);
            d->drop_sql = d->exists_sql = NULL;
        }
    }
    wb_job_close(&job);
    *ret = r;
    return code;
}
