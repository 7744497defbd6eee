/* What a step does, in its thread. */
#include "run/inside.h"
#include "run/judge_verify.h"

#include "base/str.h"
#include "copy/copy.h"

#include <stdio.h>
#include <string.h>

/* --- copy
 * ---------------------------------------------------------------------------------------- */

static void told(void *ctx, const struct wb_copy_event *e) {
    struct wb_job *job = ctx;
    if (e->kind != WB_COPY_PROGRESS)
        return;
    char rows[40], bytes[40];
    wb_run_view_copied(job->run->view, e->progress->rows, e->progress->bytes,
                       e->progress->tables_done, e->progress->tables);
    pthread_mutex_lock(&job->lock);
    snprintf(job->progress, sizeof job->progress, "%s: %s rows, %s, %zu of %zu tables",
             e->progress->doing, wb_str_human_count(e->progress->rows, rows, sizeof rows),
             wb_str_human_bytes(e->progress->bytes, bytes, sizeof bytes), e->progress->tables_done,
             e->progress->tables);
    pthread_mutex_unlock(&job->lock);
}

/* A copy that was made before, and outlived a rollback: the source may have gone on since. It
 * counts where it is equal now; nothing is dropped unasked. */
static void judge_old_copy(struct wb_job *job, const struct wb_copy_report *report) {
    char rows[40], found[WB_RUN_WHY];
    wb_run_verify_all(job);
    snprintf(found, sizeof found, "%s", job->why);
    const char *moment = report->moment_time ? report->moment_time : "an earlier run";
    wb_str_human_count(report->rows, rows, sizeof rows);
    if (job->result == WB_JOB_DONE)
        wb_job_says(job, WB_JOB_DONE,
                    "nothing was copied now: the target has the copy of %s, %zu tables, %s rows, "
                    "and is equal to the source: %.400s",
                    moment, report->n_tables, rows, found);
    else if (!job->canceled && !job->unreachable)
        wb_job_says(job, WB_JOB_FAILED,
                    "nothing was copied now: the target has the copy of %s, %zu tables, %s rows, "
                    "and is not equal to the source any more: %.250s. Set right what differs: "
                    "whimbrel verify %s --repair --execute; or drop it and copy anew: whimbrel "
                    "copy SOURCE TARGET --restart. Then: whimbrel resume %s",
                    moment, report->n_tables, rows, found, job->run->opts->path,
                    job->run->opts->path);
}

static void copy(struct wb_job *job, enum wb_copy_extent extent) {
    struct wb_run *r = job->run;
    struct wb_error err = {0};
    struct wb_copy_report *report = NULL;
    struct wb_copy_opts o = {
        .source = &r->url[WB_SIDE_SOURCE],
        .target = &r->url[WB_SIDE_TARGET],
        .pin = {&r->pin[WB_SIDE_SOURCE], &r->pin[WB_SIDE_TARGET]},
        .rules = wb_rules_new(),
        .policy = r->plan->front.policy,
        .retries = 5,
        .extent = extent,
        .cancel = &job->cancel,
        .sink = {told, job},
    };
    char rows[40];
    enum wb_code code = WB_OK;
    for (size_t i = 0; i < r->plan->front.n_tables && !code; i++)
        code = wb_rules_add_include(o.rules, r->plan->front.tables[i].value, &err);
    if (!r->has_url[0] || !r->has_url[1])
        code = wb_error_set(&err, WB_E_PLAN, "the front matter does not name both databases");
    if (!code)
        code = wb_copy_run(&o, &report, &err);
    if (code)
        wb_job_fails(job, &err);
    else if (report->schema_only)
        wb_job_says(job, WB_JOB_DONE, "%zu tables made, without rows", report->n_tables);
    else if (report->was_done_before)
        judge_old_copy(job, report);
    else
        wb_job_says(job, WB_JOB_DONE, "%zu tables, %s rows copied and proven", report->n_tables,
                    wb_str_human_count(report->rows, rows, sizeof rows));
    job->nothing_done = true; /* what was begun is taken up by the next copy */
    wb_copy_report_free(report);
    wb_rules_free(o.rules);
}

/* --- all
 * ----------------------------------------------------------------------------------------- */

static void run_block(struct wb_job *job, const struct wb_plan_block *b) {
    if (b->lang == WB_LANG_SQL) {
        struct wb_sql_block sql = {b->text, b->on, b->tx, b->timeout_ms, b->lock_timeout_ms};
        wb_run_sql(job, &sql);
    } else if (b->lang == WB_LANG_SH) {
        wb_run_script(job, b->text, b->timeout_ms);
        if (job->result == WB_JOB_FAILED && !job->nothing_done)
            job->result = WB_JOB_UNKNOWN;
    } else {
        wb_run_request_block(job, b);
    }
}

void wb_run_perform(struct wb_job *job) {
    const struct wb_task *t = job->task;
    if (job->kind == WB_JOB_ACTION) {
        run_block(job, job->block);
        return;
    }
    switch (t->does) {
    case WB_DOES_SQL:
    case WB_DOES_SCRIPT:
    case WB_DOES_REQUEST:
        run_block(job, t->up);
        break;
    case WB_DOES_COPY:
        copy(job, WB_COPY_ALL);
        break;
    case WB_DOES_SCHEMA:
        copy(job, WB_COPY_SCHEMA);
        break;
    case WB_DOES_VERIFY:
        wb_run_verify_all(job);
        job->nothing_done = true;
        break;
    case WB_DOES_BACKUP:
        wb_run_backup(job);
        break;
    default:
        wb_run_judge(job);
        job->nothing_done = true;
        break;
    }
}
