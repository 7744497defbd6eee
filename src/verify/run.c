/* A verification from beginning to end.
 *
 *   connect, describe both sides, map, meet tables
 *   the record in the target: a run of its own, or an interrupted one that is gone on with
 *   structure by levels; then rows: counts, sample, digests (tasks.c), table by table
 *   the definitions again: a table that changed meanwhile is not verified
 *   verdicts, and what earlier failures still stand; the outcome
 */
#include "verify/job.h"

#include "base/str.h"
#include "engine/pin.h"
#include "engine/registry.h"
#include "verify/outcome.h"
#include "verify/repair.h"
#include "verify/structure.h"

#include <stdlib.h>
#include <sys/random.h>

enum {
    LARGE_ROWS_BYTES = 48 << 20,
    CHUNK_MS = 500,
    SETTLE_MS = 5000,
    MOST_DIFFERENCES = 100,
    STRUCTURE = WB_VERIFY_SCHEMA | WB_VERIFY_INDEXES | WB_VERIFY_CONSTRAINTS | WB_VERIFY_SEQUENCES,
};

static const char *now_text(struct wb_arena *a) {
    char now[40];
    return wb_arena_strdup(a, wb_clock_format(wb_clock_wall_us(), now, sizeof now));
}

static struct wb_verify_report *new_report(const struct wb_verify_opts *opts, unsigned round) {
    struct wb_arena arena = {0};
    struct wb_verify_report *r = WB_NEW(&arena, struct wb_verify_report);
    r->arena = arena;
    r->source = wb_arena_strdup(&r->arena, opts->source->redacted);
    r->target = wb_arena_strdup(&r->arena, opts->target->redacted);
    r->started = now_text(&r->arena);
    r->round = round;
    return r;
}

void wb_verify_report_free(struct wb_verify_report *r) {
    if (!r)
        return;
    struct wb_arena arena = r->arena;
    wb_arena_done(&arena);
}

static uint64_t new_seed(void) {
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint64_t)wb_clock_wall_us();
    return seed >> 16 ? seed >> 16 : 1; /* short enough to be typed */
}

static void init_job(struct wb_verify_job *job, const struct wb_verify_opts *opts, unsigned round) {
    *job = (struct wb_verify_job){.opts = opts, .clock = &wb_clock_system};
    job->report = new_report(opts, round);
    job->levels = job->report->levels = opts->levels ? opts->levels : WB_VERIFY_ALL;
    job->started_us = wb_clock_monotonic_us();
    job->settle_ms = opts->settle_ms ? opts->settle_ms : SETTLE_MS;
    job->chunk_ms = opts->chunk_ms ? opts->chunk_ms : CHUNK_MS;
    job->max_differences = opts->max_differences ? opts->max_differences : MOST_DIFFERENCES;
    job->seed = opts->sample_seed ? opts->sample_seed : new_seed();
    pthread_mutex_init(&job->lock, NULL);
    pthread_mutex_init(&job->sink_lock, NULL);
    pthread_mutex_init(&job->heavy_lock, NULL);
    pthread_mutex_init(&job->control_lock, NULL);
    pthread_mutex_init(&job->store.lock, NULL);
    wb_budget_init(&job->budget, LARGE_ROWS_BYTES);
    pthread_condattr_t monotonic; /* waits must not follow a clock that somebody sets */
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&job->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

/* ------------------------------------------------------------------------------------------------
 * the record */

static uint64_t hash_text(uint64_t h, const char *s) { /* FNV-1a */
    for (; s && *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return h * 0x100000001b3u;
}

/* What must be the same for an interrupted run to be gone on with: what is compared, how, and the
 * definitions of the tables. */
static const char *parameters(struct wb_verify_job *job) {
    const struct wb_verify_opts *o = job->opts;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < job->n_pairs; i++)
        for (int s = 0; s < WB_VERIFY_SIDES; s++)
            if (job->pairs[i].table[s])
                h = hash_text(h, job->pairs[i].table[s]->fingerprint);
    wb_buf_addf(&b, "%s|schema=%s|where=%s|where_target=%s|levels=%u|mode=%d|definitions=%016llx",
                wb_rules_text(o->rules, &job->arena), o->target_schema ? o->target_schema : "",
                o->where ? o->where : "", o->where_target ? o->where_target : "", job->levels,
                (int)o->mode, (unsigned long long)h);
    for (int i = 0; i < WB_ISSUE_COUNT; i++)
        wb_buf_addf(&b, "|%s", wb_action_word(o->policy.action[i]));
    for (size_t i = 0; i < o->n_columns; i++)
        wb_buf_addf(&b, "|column=%s", o->columns[i]);
    return wb_arena_strdup(&job->arena, wb_buf_str(&b));
}

static enum wb_code begin_record(struct wb_verify_job *job, struct wb_error *err) {
    if (job->opts->record == WB_VERIFY_NO_RECORD)
        return WB_OK;
    struct wb_verify_store *s = &job->store;
    enum wb_code code =
        wb_verify_store_begin(s, job->probe[WB_SIDE_SOURCE].identity, job->report->source,
                              parameters(job), job->opts->restart, &job->arena, err);
    if (code)
        return code;
    job->report->recorded = true;
    job->report->resumed = s->resumed;
    if (s->resumed)
        wb_verify_say(job, WB_VERIFY_PHASE, "continuing the verification begun %s", s->started);
    return WB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * structure */

/* Tables that are in the target only, or that the rules leave out, are noted by pair.c. */
static bool is_ours(const struct wb_verify_job *job, const char *table) {
    if (!table)
        return job->opts->n_tables == 0;
    for (size_t i = 0; i < job->n_pairs; i++)
        if (wb_str_eq(job->pairs[i].target, table))
            return true;
    return false;
}

static enum wb_code compare_structure(struct wb_verify_job *job, struct wb_error *err) {
    struct wb_verify_finding *found = NULL;
    size_t n = 0;
    if (!(job->levels & STRUCTURE))
        return WB_OK;
    wb_verify_say(job, WB_VERIFY_PHASE, "comparing the schemas");
    struct wb_verify_structure_ask ask = {.source = &job->catalog[WB_SIDE_SOURCE],
                                          .wanted = &job->wanted,
                                          .actual = &job->catalog[WB_SIDE_TARGET],
                                          .source_conn = job->control[WB_SIDE_SOURCE],
                                          .target_conn = job->control[WB_SIDE_TARGET],
                                          .levels = job->levels};
    enum wb_code code = wb_verify_structure(&ask, &job->arena, &found, &n, err);
    if (code)
        return wb_error_wrap(err, "comparing the schemas");
    for (size_t i = 0; i < n; i++)
        if (is_ours(job, found[i].table))
            wb_verify_add_finding(job, found[i].level, found[i].outcome, found[i].table,
                                  found[i].object, found[i].hint, "%s", found[i].text);
    return WB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * rows */

static int by_bytes(const void *a, const void *b) {
    const struct wb_verify_pair *x = *(struct wb_verify_pair *const *)a,
                                *y = *(struct wb_verify_pair *const *)b;
    uint64_t bx = x->table[0] ? x->table[0]->est_bytes : 0;
    uint64_t by = y->table[0] ? y->table[0]->est_bytes : 0;
    if (bx != by)
        return bx < by ? 1 : -1;
    return x->number < y->number ? -1 : 1;
}

static void compare_rows(struct wb_verify_job *job) {
    job->by_size = WB_NEW_N(&job->arena, struct wb_verify_pair *, job->n_pairs + 1);
    for (size_t i = 0; i < job->n_pairs; i++)
        job->by_size[i] = &job->pairs[i];
    qsort(job->by_size, job->n_pairs, sizeof *job->by_size, by_bytes);
    wb_verify_say(job, WB_VERIFY_PHASE, "comparing %zu table%s with %u worker%s", job->n_pairs,
                  job->n_pairs == 1 ? "" : "s", job->jobs, job->jobs == 1 ? "" : "s");
    if ((job->levels & WB_VERIFY_SAMPLE) && !(job->levels & WB_VERIFY_DIGESTS))
        wb_verify_say(job, WB_VERIFY_NOTE, "the sample's seed is %llu",
                      (unsigned long long)job->seed);
    wb_verify_work(job);
    wb_verify_tell_progress(job);
}

/* ------------------------------------------------------------------------------------------------
 * definitions at the end */

static bool changed(const struct wb_catalog *now, const struct wb_table *was) {
    const struct wb_table *is = wb_catalog_find_table(now, was->schema, was->name);
    return !is || !wb_str_eq(is->fingerprint, was->fingerprint);
}

static enum wb_code check_definitions(struct wb_verify_job *job, struct wb_error *err) {
    for (int s = 0; s < WB_VERIFY_SIDES; s++) {
        struct wb_catalog now = {0};
        struct wb_describe_opts opts = {.schema =
                                            s == WB_SIDE_TARGET ? job->opts->target_schema : NULL};
        if (job->control[s]->engine->describe(job->control[s], &opts, &now, err))
            return wb_error_wrap(err, "reading the %s's schema again",
                                 wb_verify_side_word((enum wb_side)s));
        for (size_t i = 0; i < job->n_pairs; i++) {
            struct wb_verify_pair *p = &job->pairs[i];
            if (!p->table[s] || p->failed || !changed(&now, p->table[s]))
                continue;
            wb_verify_add_why(job, p, "its definition in the %s changed while it was compared",
                              wb_verify_side_word((enum wb_side)s));
            p->drifted = true;
        }
        wb_catalog_done(&now);
    }
    return WB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * the whole */

static bool anything_compared(const struct wb_verify_job *job) {
    for (size_t i = 0; i < job->n_pairs; i++)
        if (job->pairs[i].stage == WB_VERIFY_FINISHED && !job->pairs[i].failed)
            return true;
    return false;
}

/* Why the run ended before its end; the tables that were compared still count. */
static void note_unfinished(struct wb_verify_job *job) {
    for (size_t i = 0; i < job->n_pairs; i++) {
        struct wb_verify_pair *p = &job->pairs[i];
        if (p->stage == WB_VERIFY_FINISHED)
            continue;
        wb_verify_add_why(job, p, "not compared to its end: %s", job->error.text);
        p->failed = true;
        p->report->why = p->why;
        p->report->source_rows = p->report->source_digest.rows;
        p->report->target_rows = p->report->target_digest.rows;
        p->report->rows_outcome =
            p->report->missing_rows + p->report->extra_rows + p->report->changed_rows
                ? WB_VERIFY_DIFFERENT
                : WB_VERIFY_UNVERIFIED;
    }
}

static enum wb_code compare(struct wb_verify_job *job, struct wb_error *err) {
    enum wb_code code = wb_verify_open(job, err);
    if (!code)
        code = wb_verify_make_pairs(job, err);
    if (!code)
        code = begin_record(job, err);
    if (!code)
        code = compare_structure(job, err);
    if (code)
        return code;
    compare_rows(job);
    wb_verify_revive(job); /* rows take long: a server may have ended what was idle */
    if (job->stopping) {
        *err = job->error;
        note_unfinished(job);
        bool void_at_all = err->code == WB_E_CANCELED || err->code == WB_E_OTHER_DATABASE;
        return void_at_all || !anything_compared(job) ? err->code : WB_OK;
    }
    if (job->table_error.code && !anything_compared(job)) {
        *err = job->table_error;
        return err->code;
    }
    code = check_definitions(job, err);
    if (code || job->opts->repair != WB_VERIFY_EXECUTE_REPAIR)
        return code;
    code = wb_verify_judge_before_repair(job, err);
    return code ? code : wb_verify_repair_execute(job, err);
}

static enum wb_code one_round(const struct wb_verify_opts *opts, unsigned round,
                              struct wb_verify_report **ret, struct wb_error *err) {
    struct wb_verify_job job;
    init_job(&job, opts, round);
    enum wb_code code = compare(&job, err);
    if (code && opts->cancel && wb_cancel_signo(opts->cancel))
        code = wb_cancel_check(opts->cancel, err);
    wb_verify_conclude(&job, code);
    if (!code)
        code = wb_verify_judge_all(&job, err);
    struct wb_verify_report *r = job.report;
    r->finished = now_text(&r->arena);
    r->elapsed_ms = (wb_clock_monotonic_us() - job.started_us) / 1000;
    wb_verify_close(&job);
    *ret = r;
    return code;
}

static bool pause_between(const struct wb_verify_opts *opts) {
    for (unsigned waited = 0; waited < opts->round_pause_ms && !wb_cancel_signo(opts->cancel);
         waited += 50)
        wb_clock_sleep_ms(50);
    return !wb_cancel_signo(opts->cancel);
}

/* A later round that is fine does not hide an earlier one that was not: the store does that, whose
 * verdicts each round clears or leaves standing. */
static enum wb_code all_rounds(const struct wb_verify_opts *opts, struct wb_verify_report **ret,
                               struct wb_error *err) {
    struct wb_verify_report *last = NULL;
    struct wb_verify_sink sink = opts->sink;
    unsigned rounds = opts->rounds ? opts->rounds : 1;
    enum wb_code code = WB_OK;
    for (unsigned round = 1;; round++) {
        struct wb_verify_report *r = NULL;
        if (err)
            *err = (struct wb_error){0}; /* what a round before found is not this one's */
        code = one_round(opts, round, &r, err);
        if (code == WB_E_CANCELED && last) {
            wb_verify_report_free(
                r); /* a round that was broken off says less than the one before */
            break;
        }
        wb_verify_report_free(last);
        last = r;
        bool went_well = !code || code == WB_E_DIFFERS || code == WB_E_UNPROVEN;
        if (went_well && rounds > 1 && sink.event)
            sink.event(sink.ctx,
                       &(struct wb_verify_event){.kind = WB_VERIFY_ROUND_DONE, .report = r});
        if (!went_well || round >= rounds || !pause_between(opts))
            break;
    }
    *ret = last;
    return code;
}

enum wb_code wb_verify_run(const struct wb_verify_opts *opts, struct wb_verify_report **ret,
                           struct wb_error *err) {
    struct wb_verify_opts now = *opts;
    struct wb_pin own[2];
    wb_pin_fill(now.pin, own);
    enum wb_code code = all_rounds(&now, ret, err);
    wb_pin_done(&own[0]);
    wb_pin_done(&own[1]);
    return code;
}

enum wb_code wb_verify_clean(const struct wb_url *url, struct wb_arena *a,
                             const char ***ret_removed, size_t *ret_n, struct wb_error *err) {
    struct wb_open_opts opts = {.side = WB_SIDE_TARGET, .must_exist = true};
    struct wb_conn *c = NULL;
    enum wb_code code = wb_registry_open(url, &opts, &c, err);
    if (!code)
        code = wb_verify_store_drop(c, a, ret_removed, ret_n, err);
    wb_conn_close(c);
    return code;
}
