/* One job at a time, in a thread of its own, that the loop looks at from tick to tick. */
#include "run/inside.h"

#include <stdio.h>
#include <stdlib.h>

void wb_job_says(struct wb_job *job, enum wb_job_result result, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    job->result = result;
    vsnprintf(job->why, sizeof job->why, fmt, args);
    va_end(args);
}

void wb_job_fails(struct wb_job *job, const struct wb_error *err) {
    job->canceled =
        wb_error_class(err->code) == WB_CLASS_CANCELED || wb_cancel_signo(&job->cancel) != 0;
    job->unreachable = err->code == WB_E_CONNECT || err->code == WB_E_LOST;
    job->elsewhere = err->code == WB_E_OTHER_DATABASE;
    wb_job_says(job, WB_JOB_FAILED, "%s%s", err->text,
                job->elsewhere ? ": let the URL lead to the first one again, then resume the run; "
                                 "of one that was moved: whimbrel amend --moved"
                               : "");
}

static void *work(void *arg) {
    struct wb_job *job = arg;
    switch (job->kind) {
    case WB_JOB_UNDO:
        wb_run_undo_perform(job);
        break;
    case WB_JOB_JUDGE:
        wb_run_judge(job);
        if (job->unreachable && job->result == WB_JOB_FAILED)
            job->result = WB_JOB_WAITING; /* a server that is away has failed no check */
        break;
    case WB_JOB_LOOK:
        wb_run_look(job);
        break;
    default:
        wb_run_perform(job);
        break;
    }
    atomic_store(&job->over, true);
    return NULL;
}

enum wb_code wb_run_job_start(struct wb_run *r, enum wb_job_kind kind, int phase, const char *id,
                              const struct wb_task *task, json_t *undo,
                              const struct wb_plan_block *block, struct wb_error *err) {
    struct wb_job *job = calloc(1, sizeof *job);
    if (!job)
        abort();
    job->run = r;
    job->kind = kind;
    job->phase = phase;
    job->id = wb_arena_strdup(&r->arena, id);
    job->task = task;
    job->undo = undo;
    job->block = block;
    job->result = WB_JOB_FAILED;
    job->began_us = wb_clock_monotonic_us();
    pthread_mutex_init(&job->lock, NULL);
    if (pthread_create(&job->thread, NULL, work, job) != 0) {
        json_decref(undo);
        pthread_mutex_destroy(&job->lock);
        free(job);
        return wb_error_set(err, WB_E_MEMORY, "no thread could be started");
    }
    r->job = job;
    return WB_OK;
}

void wb_run_job_cancel(struct wb_run *r) {
    struct wb_job *job = r->job;
    if (!job)
        return;
    job->canceled_us = wb_clock_monotonic_us();
    wb_cancel_request(&job->cancel, -1);
    pthread_mutex_lock(&job->lock);
    if (job->conn)
        job->conn->engine->cancel(job->conn);
    pthread_mutex_unlock(&job->lock);
}

void wb_run_job_end(struct wb_run *r) {
    struct wb_job *job = r->job;
    if (!job)
        return;
    pthread_join(job->thread, NULL);
    pthread_mutex_destroy(&job->lock);
    json_decref(job->undo);
    free(job);
    r->job = NULL;
}
