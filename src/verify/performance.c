/* Opening both sides, reading the queries, summing up; performance_measure.c does one query. */
#include "base/str.h"
#include "engine/registry.h"
#include "verify/performance_int.h"
#include "verify/queries.h"
#include "verify/wanted.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIDES = WB_PERFORMANCE_SIDES, FILE_MAX_BYTES = 16 << 20 };

/* ------------------------------------------------------------------------------------------
 * both sides */

static enum wb_code open_side(struct wb_performance_run *r, enum wb_side side,
                              struct wb_error *err) {
    struct wb_open_opts opts = {.side = side};
    struct wb_arena *a = &r->report->arena;
    const struct wb_url *url = side == WB_SIDE_SOURCE ? r->opts->source : r->opts->target;
    enum wb_code code = wb_registry_open(url, &opts, &r->conn[side], err);
    if (code)
        return code;
    const struct wb_engine *e = r->conn[side]->engine;
    if (!e->verify || !e->verify->measure)
        return wb_error_set(err, WB_E_UNSUPPORTED, "%s cannot measure queries", e->title);
    code = e->probe(r->conn[side], a, &r->probe[side], err);
    const char *version =
        code ? NULL : wb_arena_printf(a, "%s %s", r->probe[side].product, r->probe[side].version);
    *(side == WB_SIDE_SOURCE ? &r->report->source_version : &r->report->target_version) = version;
    return code ? wb_error_wrap(err, "asking %s what it can do", e->title) : WB_OK;
}

static enum wb_code describe_sides(struct wb_performance_run *r, struct wb_error *err) {
    struct wb_describe_opts source = {0}, target = {.schema = r->opts->target_schema};
    enum wb_code code = r->conn[WB_SIDE_SOURCE]->engine->describe(r->conn[WB_SIDE_SOURCE], &source,
                                                                  &r->catalog[WB_SIDE_SOURCE], err);
    if (!code)
        code = r->conn[WB_SIDE_TARGET]->engine->describe(r->conn[WB_SIDE_TARGET], &target,
                                                         &r->catalog[WB_SIDE_TARGET], err);
    return code;
}

/* Times can be compared without it; it is only for naming indexes. */
static void make_world(struct wb_performance_run *r) {
    struct wb_error why = {0};
    struct wb_findings ignored = {0};
    struct wb_verify_want_ask ask = {.source = &r->catalog[WB_SIDE_SOURCE],
                                     .actual = &r->catalog[WB_SIDE_TARGET],
                                     .source_engine = r->conn[WB_SIDE_SOURCE]->engine,
                                     .target_engine = r->conn[WB_SIDE_TARGET]->engine,
                                     .target_probe = &r->probe[WB_SIDE_TARGET],
                                     .rules = r->opts->rules,
                                     .policy = r->opts->policy,
                                     .target_schema = r->opts->target_schema};
    enum wb_code code = describe_sides(r, &why);
    if (!code)
        code = wb_verify_want(&ask, &r->wanted, &why);
    if (!code) {
        r->placed = wb_verify_placed(&r->wanted, r->catalog[WB_SIDE_TARGET].schema, &r->arena);
        code = ask.target_engine->ddl->render(&r->placed, r->probe[WB_SIDE_TARGET].version_num,
                                              &r->arena, &r->ddl, &ignored, &why);
    }
    r->world = (struct wb_plan_world){.source = &r->catalog[WB_SIDE_SOURCE],
                                      .actual = &r->catalog[WB_SIDE_TARGET],
                                      .wanted = code ? NULL : &r->placed,
                                      .ddl = &r->ddl};
    r->no_world = code ? wb_arena_strdup(&r->report->arena, why.text) : NULL;
}

/* ------------------------------------------------------------------------------------------
 * the whole */

static enum wb_code read_file(const char *path, struct wb_buf *to, struct wb_error *err) {
    FILE *f = fopen(path, "re");
    if (!f)
        return wb_error_set(err, WB_E_IO, "%s: %s", path, strerrordesc_np(errno));
    enum wb_code code = WB_OK;
    char block[8192];
    for (size_t n; !code && (n = fread(block, 1, sizeof block, f)) > 0;) {
        wb_buf_add(to, block, n);
        if (to->len > FILE_MAX_BYTES || memchr(block, 0, n))
            code = wb_error_set(err, WB_E_USAGE, "%s is no file of queries", path);
    }
    if (!code && ferror(f))
        code = wb_error_set(err, WB_E_IO, "%s: %s", path, strerrordesc_np(errno));
    fclose(f);
    return code;
}

static enum wb_code read_queries(struct wb_performance_run *r, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    struct wb_verify_query *found = NULL;
    struct wb_performance_report *report = r->report;
    size_t n = 0;
    enum wb_code code = read_file(r->opts->file, &text, err);
    if (!code)
        code = wb_verify_parse_queries(wb_buf_str(&text), r->opts->file, &report->arena, &found, &n,
                                       err);
    if (code)
        return code;
    double tolerance = r->opts->tolerance > 0 ? r->opts->tolerance : 0.1;
    report->queries = WB_NEW_N(&report->arena, struct wb_performance_query, n);
    report->n_queries = n;
    for (size_t i = 0; i < n; i++)
        report->queries[i] = (struct wb_performance_query){
            .name = found[i].name,
            .line = found[i].line,
            .sql = found[i].sql,
            .target_sql = found[i].target_sql,
            .tolerance = found[i].tolerance >= 0 ? found[i].tolerance : tolerance,
            .why = "it was not reached"};
    return WB_OK;
}

static bool is_failure(enum wb_performance_outcome o) {
    return o != WB_PERFORMANCE_INCONCLUSIVE && o != WB_PERFORMANCE_PASSES;
}

static const char *stamp(struct wb_performance_run *r) {
    char text[40];
    return wb_arena_strdup(&r->report->arena,
                           wb_clock_format(r->clock->wall_us(r->clock->ctx), text, sizeof text));
}

static void sum_up(struct wb_performance_run *r) {
    struct wb_performance_report *p = r->report;
    p->outcome = WB_PERFORMANCE_PASSES;
    for (size_t i = 0; i < p->n_queries; i++) {
        enum wb_performance_outcome o = p->queries[i].outcome;
        p->passed += o == WB_PERFORMANCE_PASSES;
        p->failed += is_failure(o);
        p->inconclusive += o == WB_PERFORMANCE_INCONCLUSIVE;
        bool worse = is_failure(o) ? o > p->outcome : !is_failure(p->outcome);
        if (worse && o != WB_PERFORMANCE_PASSES)
            p->outcome = o;
    }
    p->finished = stamp(r);
    p->elapsed_ms = (wb_performance_now_us(r) - r->started_us) / 1000;
}

static enum wb_code verdict(const struct wb_performance_report *p, struct wb_error *err) {
    if (p->failed) {
        wb_error_set(err, WB_E_DIFFERS,
                     "%zu of %zu queries are slower on the target, fail there or give other rows",
                     p->failed, p->n_queries);
        return wb_error_hint(err, "see the queries named, their plans and missing indexes");
    }
    if (p->inconclusive)
        return wb_error_set(
            err, WB_E_UNPROVEN,
            "%zu of %zu queries could not be told apart from noise, or not measured",
            p->inconclusive, p->n_queries);
    return WB_OK;
}

/* A query may take long, and whoever asks to stop will not wait for it. */
struct watcher {
    struct wb_performance_run *run;
    pthread_t thread;
    atomic_bool done;
};

static void *watch(void *arg) {
    struct watcher *w = arg;
    while (!atomic_load(&w->done)) {
        for (size_t s = 0; s < SIDES && wb_cancel_signo(w->run->opts->cancel); s++)
            w->run->conn[s]->engine->cancel(w->run->conn[s]);
        wb_clock_sleep_ms(50);
    }
    return NULL;
}

static enum wb_code compare_all(struct wb_performance_run *r, bool *ret_measured,
                                struct wb_error *err) {
    struct watcher w = {.run = r};
    enum wb_code code = WB_OK;
    bool watched = r->opts->cancel && pthread_create(&w.thread, NULL, watch, &w) == 0;
    for (size_t i = 0; !code && i < r->report->n_queries; i++) {
        code = wb_performance_compare(r, i, err);
        *ret_measured |= !code;
    }
    atomic_store(&w.done, true);
    if (watched)
        pthread_join(w.thread, NULL);
    return code;
}

static enum wb_code run_all(struct wb_performance_run *r, bool *ret_measured,
                            struct wb_error *err) {
    enum wb_code code = read_queries(r, err);
    if (!code)
        code = open_side(r, WB_SIDE_SOURCE, err);
    if (!code)
        code = open_side(r, WB_SIDE_TARGET, err);
    if (code)
        return code;
    make_world(r);
    return compare_all(r, ret_measured, err);
}

enum wb_code wb_performance_run(const struct wb_performance_opts *opts,
                                struct wb_performance_report **ret, struct wb_error *err) {
    struct wb_performance_report *report = calloc(1, sizeof *report);
    if (!report)
        abort();
    struct wb_performance_run r = {
        .opts = opts, .clock = opts->clock ? opts->clock : &wb_clock_system, .report = report};
    r.started_us = wb_performance_now_us(&r);
    report->file = wb_arena_strdup(&report->arena, opts->file);
    report->source = wb_arena_strdup(&report->arena, opts->source->redacted);
    report->target = wb_arena_strdup(&report->arena, opts->target->redacted);
    report->started = stamp(&r);
    bool measured = false;
    enum wb_code code = run_all(&r, &measured, err);
    sum_up(&r);
    for (size_t s = 0; s < SIDES; s++) {
        wb_conn_close(r.conn[s]);
        wb_catalog_done(&r.catalog[s]);
    }
    wb_catalog_done(&r.wanted);
    wb_arena_done(&r.arena);
    if (!code)
        code = verdict(report, err);
    if (measured)
        *ret = report;
    else
        wb_performance_report_free(report);
    return code;
}

void wb_performance_report_free(struct wb_performance_report *r) {
    if (!r)
        return;
    wb_arena_done(&r->arena);
    free(r);
}

const char *wb_performance_outcome_word(enum wb_performance_outcome o) {
    static const char *const words[] = {
        [WB_PERFORMANCE_INCONCLUSIVE] = "inconclusive",
        [WB_PERFORMANCE_PASSES] = "passes",
        [WB_PERFORMANCE_SLOWER] = "slower",
        [WB_PERFORMANCE_ROWS_DIFFER] = "rows differ",
        [WB_PERFORMANCE_FAILS] = "fails",
    };
    return words[o];
}
