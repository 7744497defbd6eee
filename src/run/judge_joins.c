/* "Checksums on email", "spot-check 2,000 random rows", "100% row parity" within one database: rows
 * of the old and the new tables, by the mapping. */
#include "run/judge_verify.h"

#include "base/str.h"
#include "mapping/compare.h"

#include <stdio.h>

/* Of one statement, which is about a part of a table. */
enum { STATEMENT_MS = 300000, LOCK_MS = WB_PLAN_LOCK_TIMEOUT_MS };

static void told(void *ctx, const char *table, uint64_t rows) {
    struct wb_job *job = ctx;
    char count[40];
    pthread_mutex_lock(&job->lock);
    snprintf(job->progress, sizeof job->progress, "comparing %.120s: %s rows", table,
             wb_str_human_count(rows, count, sizeof count));
    pthread_mutex_unlock(&job->lock);
}

enum wb_code wb_run_connect_to_compare(struct wb_job *job, struct wb_conn **ret,
                                       struct wb_error *err) {
    enum wb_block_on on = job->run->has_url[WB_SIDE_SOURCE] ? WB_ON_SOURCE : WB_ON_TARGET;
    struct wb_conn *c = NULL;
    enum wb_code code = wb_run_connect(job, on, WB_TO_LOOK, &c, err);
    if (code)
        return code;
    const struct wb_verify_ops *v = c->engine->verify;
    if (v && v->set_timeout)
        code = v->set_timeout(c, STATEMENT_MS, err);
    if (!code && v && v->set_lock_timeout)
        code = v->set_lock_timeout(c, LOCK_MS, err);
    if (code)
        wb_run_disconnect(job, c);
    else
        *ret = c;
    return code;
}

/* What differs comes first: the text may be cut at its end. */
static void sum_up(struct wb_job *job, const struct wb_mapping_result *results, size_t n,
                   const struct wb_plan_words *left_out) {
    WB_CLEANUP_BUF struct wb_buf all = {0};
    bool same = true;
    for (int equal = 0; equal < 2; equal++)
        for (size_t i = 0; i < n; i++) {
            if (wb_mapping_is_equal(&results[i]) != equal)
                continue;
            same &= equal;
            wb_buf_adds(&all, all.len ? "; " : "");
            wb_mapping_put(&all, &results[i]);
        }
    if (left_out->n) {
        wb_buf_adds(&all, "; not compared: ");
        wb_plan_put_words(&all, left_out, 5);
    }
    wb_job_says(job, same ? WB_JOB_DONE : WB_JOB_FAILED, "%s", wb_buf_str(&all));
    job->samples = n;
}

void wb_run_judge_joins(struct wb_job *job, const struct wb_plan_clause *c) {
    struct wb_arena a = {0};
    struct wb_plan_joins joins;
    struct wb_error err = {0};
    struct wb_conn *conn = NULL;
    const struct wb_mapping_opts opts = {.sample_rows = c->kind == WB_CLAUSE_SAMPLE ? c->rows : 0,
                                         .cancel = &job->cancel,
                                         .told = told,
                                         .ctx = job};
    wb_plan_joins(job->run->plan, c, &a, &joins);
    struct wb_mapping_result *results = WB_NEW_N(&a, struct wb_mapping_result, joins.n + 1);
    enum wb_code code = joins.n
                            ? wb_run_connect_to_compare(job, &conn, &err)
                            : wb_error_set(&err, WB_E_PLAN, "nothing is compared: %s", joins.why);
    for (size_t i = 0; i < joins.n && !code; i++)
        code = wb_mapping_compare(conn, &joins.items[i], &opts, &a, &results[i], &err);
    if (conn)
        wb_run_disconnect(job, conn);
    if (code)
        wb_job_fails(job, &err);
    else
        sum_up(job, results, joins.n, &joins.left_out);
    wb_arena_done(&a);
}
