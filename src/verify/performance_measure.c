/* How it works: a query runs twice on either side to warm caches, and then in rounds, source and
 * target in turn, the one first that came second before, so that whatever else the machine does
 * falls on both. Their times are judged (quantiles.h); while nothing can be told for certain more
 * rounds follow, up to a limit. */
#include "verify/performance_int.h"

#include "base/str.h"
#include "verify/quantiles.h"

enum {
    SIDES = WB_PERFORMANCE_SIDES,
    WARM_ROUNDS = 2,
    DEFAULT_RUNS = 50,
    DEFAULT_TIMEOUT_MS = 30000,
    DEFAULT_BUDGET_MS = 120000,
    TELL_EVERY_US = 200000,
    ROUNDS_THAT_DIFFER = 5, /* in each of which the numbers of rows differ: it is no coincidence */
};

struct measuring {
    struct wb_performance_run *run;
    struct wb_performance_query *q;
    size_t number;
    const char *sql[SIDES];
    double *times[SIDES]; /* max_runs each */
    size_t n, max;
    uint64_t started_us, rows[SIDES];
    size_t rounds, rounds_alike;
    struct wb_error error[SIDES]; /* of the last round */
};

static void tell(struct measuring *m, bool done) {
    struct wb_performance_run *r = m->run;
    if (!r->opts->progress || (!done && wb_performance_now_us(r) - r->told_us < TELL_EVERY_US))
        return;
    r->told_us = wb_performance_now_us(r);
    struct wb_performance_progress p = {.query = m->q,
                                        .number = m->number,
                                        .queries = r->report->n_queries,
                                        .round = m->n,
                                        .rounds = m->max,
                                        .state = done ? WB_PERFORMANCE_QUERY_DONE
                                                      : WB_PERFORMANCE_RUNNING};
    r->opts->progress(r->opts->progress_ctx, &p);
}

static unsigned timeout_of(const struct wb_performance_run *r) {
    return r->opts->statement_timeout_ms ? r->opts->statement_timeout_ms : DEFAULT_TIMEOUT_MS;
}

/* Once on either side. Errors of a query are its own and kept; what ends the session ends all. */
static enum wb_code run_round(struct measuring *m, double times[SIDES], struct wb_error *err) {
    struct wb_performance_run *r = m->run;
    for (size_t i = 0; i < SIDES; i++) {
        size_t side = (i + m->rounds) % SIDES;
        uint64_t us = 0;
        enum wb_code code = wb_cancel_check(r->opts->cancel, err);
        if (code)
            return code;
        m->error[side] = (struct wb_error){0};
        code = r->conn[side]->engine->verify->measure(r->conn[side], m->sql[side], timeout_of(r),
                                                      &m->rows[side], &us, &m->error[side]);
        if (code && wb_cancel_check(r->opts->cancel, err))
            return WB_E_CANCELED; /* the watcher ended the query */
        if (code == WB_E_LOST || code == WB_E_CONNECT) {
            if (err)
                *err = m->error[side];
            return wb_error_wrap(err, "%s", side == WB_SIDE_SOURCE ? "source" : "target");
        }
        times[side] = (double)us / 1000;
    }
    bool both = !m->error[WB_SIDE_SOURCE].code && !m->error[WB_SIDE_TARGET].code;
    m->rounds++;
    m->rounds_alike += both && m->rows[WB_SIDE_SOURCE] == m->rows[WB_SIDE_TARGET];
    return WB_OK;
}

static bool has_failed(const struct measuring *m) {
    return m->error[WB_SIDE_SOURCE].code || m->error[WB_SIDE_TARGET].code;
}

static bool rows_differ(const struct measuring *m) {
    return m->rounds >= ROUNDS_THAT_DIFFER && m->rounds_alike == 0;
}

static bool is_over(const struct measuring *m) {
    unsigned budget =
        m->run->opts->query_budget_ms ? m->run->opts->query_budget_ms : DEFAULT_BUDGET_MS;
    return wb_performance_now_us(m->run) - m->started_us >= (uint64_t)budget * 1000;
}

static enum wb_code measure_more(struct measuring *m, size_t until, struct wb_error *err) {
    while (m->n < until && !is_over(m) && !rows_differ(m)) {
        double times[SIDES];
        enum wb_code code = run_round(m, times, err);
        if (code || has_failed(m))
            return code;
        m->times[WB_SIDE_SOURCE][m->n] = times[WB_SIDE_SOURCE];
        m->times[WB_SIDE_TARGET][m->n] = times[WB_SIDE_TARGET];
        m->n++;
        tell(m, false);
    }
    return WB_OK;
}

static enum wb_code warm_up(struct measuring *m, struct wb_error *err) {
    double times[SIDES];
    enum wb_code code = WB_OK;
    tell(m, false);
    for (int i = 0; !code && i < WARM_ROUNDS && !(i && has_failed(m)); i++)
        code = run_round(m, times, err);
    return code;
}

/* ------------------------------------------------------------------------------------------
 * verdicts */

static void judge_as(struct measuring *m, enum wb_performance_outcome outcome, const char *why) {
    m->q->outcome = outcome;
    m->q->why = why;
}

static const char *kept_words(struct measuring *m, size_t side) {
    return m->error[side].code ? wb_arena_strdup(&m->run->report->arena, m->error[side].text)
                               : NULL;
}

/* A source that cannot answer measures nothing; a target that cannot, where the source can, fails.
 * One that was stopped by the time limit is slower if the source needed clearly less. */
static void judge_failure(struct measuring *m) {
    struct wb_arena *a = &m->run->report->arena;
    m->q->source.error = kept_words(m, WB_SIDE_SOURCE);
    m->q->target.error = kept_words(m, WB_SIDE_TARGET);
    if (m->q->source.error)
        judge_as(m, WB_PERFORMANCE_INCONCLUSIVE,
                 wb_arena_printf(a, "the source did not answer: %s", m->q->source.error));
    else if (m->error[WB_SIDE_TARGET].code == WB_E_TIMEOUT)
        judge_as(m, WB_PERFORMANCE_INCONCLUSIVE,
                 wb_arena_printf(a, "the target did not answer in time: %s", m->q->target.error));
    else
        judge_as(m, WB_PERFORMANCE_FAILS,
                 wb_arena_printf(a, "the target refuses it: %s", m->q->target.error));
}

/* Three times beyond the limit, where the source was always well within it. */
static enum wb_code judge_timeout(struct measuring *m, struct wb_error *err) {
    double limit = timeout_of(m->run), slowest = 0, times[SIDES];
    int timeouts = 0;
    enum wb_code code = WB_OK;
    for (int i = 0; !code && i < 3; i++) {
        code = run_round(m, times, err);
        if (code || m->error[WB_SIDE_SOURCE].code)
            break;
        timeouts += m->error[WB_SIDE_TARGET].code == WB_E_TIMEOUT;
        slowest = times[WB_SIDE_SOURCE] > slowest ? times[WB_SIDE_SOURCE] : slowest;
    }
    judge_failure(m);
    if (!code && timeouts == 3 && slowest * (1 + m->q->tolerance) < limit)
        judge_as(m, WB_PERFORMANCE_SLOWER,
                 wb_arena_printf(&m->run->report->arena,
                                 "the target was stopped after %.0f ms three times; the source "
                                 "needed at most %.1f ms",
                                 limit, slowest));
    return code;
}

static const char *times_text(struct measuring *m, const struct wb_comparison *c) {
    return wb_arena_printf(
        &m->run->report->arena,
        "median %.2f ms in the source, %.2f ms in the target; 95th percentile %.2f and %.2f ms",
        c->source.p50_ms, c->target.p50_ms, c->source.p95_ms, c->target.p95_ms);
}

static void judge_times(struct measuring *m, const struct wb_comparison *c) {
    struct wb_arena *a = &m->run->report->arena;
    const char *times = times_text(m, c);
    if (c->speed == WB_SPEED_SLOWER)
        judge_as(m, WB_PERFORMANCE_SLOWER,
                 wb_arena_printf(a, "the target is slower by its %s: %s", c->by, times));
    else if (c->speed == WB_SPEED_WITHIN)
        judge_as(m, WB_PERFORMANCE_PASSES, times);
    else
        judge_as(m, WB_PERFORMANCE_INCONCLUSIVE,
                 wb_arena_printf(a,
                                 "%zu rounds do not tell whether its %s is within %.0f %%: %s; run "
                                 "more rounds, or when the servers are less busy",
                                 m->n, c->by, m->q->tolerance * 100, times));
}

static void judge_rows(struct measuring *m) {
    judge_as(m, WB_PERFORMANCE_ROWS_DIFFER,
             wb_arena_printf(&m->run->report->arena, "the source gives %llu row%s, the target %llu",
                             (unsigned long long)m->rows[WB_SIDE_SOURCE],
                             m->rows[WB_SIDE_SOURCE] == 1 ? "" : "s",
                             (unsigned long long)m->rows[WB_SIDE_TARGET]));
}

static void keep_times(struct measuring *m, const struct wb_comparison *c) {
    m->q->source = c->source;
    m->q->target = c->target;
    m->q->median = c->median;
    m->q->p95 = c->p95;
}

static enum wb_code measure_and_judge(struct measuring *m, size_t runs, struct wb_error *err) {
    struct wb_comparison c = {0};
    enum wb_code code = warm_up(m, err);
    for (size_t until = runs; !code && !has_failed(m); until += runs) {
        code = measure_more(m, until < m->max ? until : m->max, err);
        if (code || has_failed(m))
            break;
        wb_compare_times(m->times[WB_SIDE_SOURCE], m->n, m->times[WB_SIDE_TARGET], m->n,
                         m->q->tolerance, &c);
        if (c.speed != WB_SPEED_UNKNOWN || m->n >= m->max || is_over(m) || rows_differ(m))
            break;
    }
    if (code)
        return code;
    if (m->n)
        keep_times(m, &c);
    if (has_failed(m) && m->error[WB_SIDE_TARGET].code == WB_E_TIMEOUT &&
        !m->error[WB_SIDE_SOURCE].code)
        code = judge_timeout(m, err);
    else if (has_failed(m))
        judge_failure(m);
    else if (m->rounds_alike == 0)
        judge_rows(m);
    else
        judge_times(m, &c);
    m->q->source.rows = m->rows[WB_SIDE_SOURCE];
    m->q->target.rows = m->rows[WB_SIDE_TARGET];
    return code;
}

/* ------------------------------------------------------------------------------------------
 * plans */

static bool explain(struct wb_performance_run *r, size_t side, const char *sql,
                    struct wb_explain *ret, struct wb_performance_side *to) {
    const struct wb_verify_ops *v = r->conn[side]->engine->verify;
    struct wb_error why = {0};
    if (!v->explain || v->explain(r->conn[side], sql, &r->report->arena, ret, &why) != WB_OK)
        return false;
    to->plan = wb_plan_text(ret, &r->report->arena);
    return true;
}

static void compare_plans(struct measuring *m) {
    struct wb_performance_run *r = m->run;
    struct wb_explain plan[SIDES] = {0};
    struct wb_plan_finding f = {0};
    struct wb_arena *a = &r->report->arena;
    bool source = explain(r, WB_SIDE_SOURCE, m->sql[WB_SIDE_SOURCE], &plan[WB_SIDE_SOURCE],
                          &m->q->source),
         target = explain(r, WB_SIDE_TARGET, m->sql[WB_SIDE_TARGET], &plan[WB_SIDE_TARGET],
                          &m->q->target);
    wb_plan_compare(&r->world, m->sql[WB_SIDE_SOURCE], source ? &plan[WB_SIDE_SOURCE] : NULL,
                    m->sql[WB_SIDE_TARGET], target ? &plan[WB_SIDE_TARGET] : NULL, a, &f);
    if (r->no_world && m->q->outcome != WB_PERFORMANCE_PASSES)
        *WB_PUSH(a, f.notes, f.n_notes, f.cap_notes) =
            wb_arena_printf(a, "missing indexes are not named: %s", r->no_world);
    m->q->missing = f.missing;
    m->q->n_missing = f.n_missing;
    m->q->notes = f.notes;
    m->q->n_notes = f.n_notes;
}

enum wb_code wb_performance_compare(struct wb_performance_run *r, size_t i, struct wb_error *err) {
    const struct wb_performance_opts *o = r->opts;
    struct wb_performance_query *q = &r->report->queries[i];
    size_t runs = o->runs ? o->runs : DEFAULT_RUNS;
    struct measuring m = {.run = r,
                          .q = q,
                          .number = i + 1,
                          .sql = {[WB_SIDE_SOURCE] = q->sql, [WB_SIDE_TARGET] = q->target_sql},
                          .max = o->max_runs > runs ? o->max_runs
                                 : o->max_runs      ? runs
                                                    : 4 * runs,
                          .started_us = wb_performance_now_us(r)};
    for (size_t s = 0; s < SIDES; s++)
        m.times[s] = WB_NEW_N(&r->arena, double, m.max);
    q->why = "it was not reached";
    enum wb_code code = measure_and_judge(&m, runs, err);
    if (code)
        return wb_error_wrap(err, "%s (line %u)", q->name, q->line);
    compare_plans(&m);
    tell(&m, true);
    return WB_OK;
}
