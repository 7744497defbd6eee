/* Threads. Each worker has a connection to either side and takes one task after another; the
 * calling thread tells about progress and, when the run must stop, wakes whoever waits for a
 * server. */
#include "copy/job.h"

#include "base/clock.h"

#include <errno.h>
#include <time.h>

struct thread {
    struct wb_job *job;
    unsigned worker;
    enum wb_code (*fn)(struct wb_job *job, unsigned worker, struct wb_error *err);
    pthread_t id;
};

void wb_job_stop(struct wb_job *job, const struct wb_error *err) {
    pthread_mutex_lock(&job->lock);
    if (!job->stopping) {
        job->stopping = true;
        job->error = *err;
    }
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
}

bool wb_job_stopping(struct wb_job *job) {
    pthread_mutex_lock(&job->lock);
    bool stopping = job->stopping;
    pthread_mutex_unlock(&job->lock);
    return stopping;
}

static void *thread_main(void *arg) {
    struct thread *t = arg;
    struct wb_error err = {0};
    if (t->fn(t->job, t->worker, &err))
        wb_job_stop(t->job, &err);
    pthread_mutex_lock(&t->job->lock);
    t->job->running--;
    pthread_cond_broadcast(&t->job->changed);
    pthread_mutex_unlock(&t->job->lock);
    return NULL;
}

static void cancel_all(struct wb_job *job) {
    for (unsigned i = 0; i < job->jobs; i++) {
        if (job->readers[i])
            job->readers[i]->engine->cancel(job->readers[i]);
        if (job->writers[i])
            job->writers[i]->engine->cancel(job->writers[i]);
    }
}

static void wait_a_little(struct wb_job *job, unsigned ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&job->changed, &job->lock, &until);
}

/* One turn of the caller's thread; false when all workers have ended. */
static bool watch(struct wb_job *job, bool *epoch_closed) {
    pthread_mutex_lock(&job->lock);
    if (job->running)
        wait_a_little(job, 200);
    bool alive = job->running > 0, stopping = job->stopping, reading_done = job->reading_done;
    pthread_mutex_unlock(&job->lock);
    struct wb_error err = {0};
    if (!stopping && wb_cancel_check(job->opts->cancel, &err)) {
        wb_job_stop(job, &err);
        stopping = true;
    }
    if (alive && stopping)
        cancel_all(job);
    if (alive && !stopping && reading_done && !*epoch_closed) {
        if (wb_job_check_epoch(job, &err))
            wb_job_stop(job, &err);
        else
            wb_job_close_epoch(
                job); /* the source is no longer needed: let go of its locks and its history */
        *epoch_closed = true;
    }
    return alive;
}

enum wb_code wb_job_parallel(struct wb_job *job,
                             enum wb_code (*fn)(struct wb_job *job, unsigned worker,
                                                struct wb_error *err),
                             struct wb_error *err) {
    struct thread threads[WB_COPY_MAX_JOBS];
    unsigned started = 0;
    bool epoch_closed = false;
    uint64_t told_us = 0;
    job->running = job->jobs;
    for (; started < job->jobs; started++) {
        threads[started] = (struct thread){.job = job, .worker = started, .fn = fn};
        int no = pthread_create(&threads[started].id, NULL, thread_main, &threads[started]);
        if (no == 0)
            continue;
        struct wb_error e;
        wb_error_set(&e, WB_E_MEMORY, "cannot start a thread: %s", strerror(no));
        wb_job_stop(job, &e);
        pthread_mutex_lock(&job->lock);
        job->running -= job->jobs - started;
        pthread_mutex_unlock(&job->lock);
        break;
    }
    while (watch(job, &epoch_closed)) {
        uint64_t now_us = wb_clock_monotonic_us();
        if (now_us - told_us >= 200000) {
            told_us = now_us;
            wb_job_progress(job);
        }
    }
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i].id, NULL);
    if (!job->stopping)
        return WB_OK;
    *err = job->error;
    return err->code ? err->code
                     : wb_error_set(err, WB_E_INTERNAL, "a worker failed without saying why");
}

static enum wb_code do_task(struct wb_job *job, const struct wb_task *task, unsigned worker,
                            struct wb_error *err) {
    struct wb_conn *writer = job->writers[worker];
    switch (task->kind) {
    case WB_TASK_SPLIT: /* only these two use the reader: it is closed when no row is left to read
                         */
        return wb_job_do_split(job, task->table, job->readers[worker], writer, err);
    case WB_TASK_CHUNK:
        return wb_job_do_chunk(job, task->table, task->chunk, job->readers[worker], writer, err);
    case WB_TASK_STEP:
        return wb_job_do_step(job, task->step, writer, err);
    case WB_TASK_PLAN_PROOF:
        return wb_job_plan_proof(job, task->table, writer, err);
    case WB_TASK_PROVE:
        return wb_job_do_proof(job, task->table, task->proof_range, writer, err);
    }
    return wb_error_set(err, WB_E_INTERNAL, "an unknown task");
}

static void note_time(struct wb_job *job, struct wb_copy_table *t) {
    uint64_t now_us = wb_clock_monotonic_us();
    pthread_mutex_lock(&job->lock);
    if (!t->first_us)
        t->first_us = now_us;
    t->last_us = now_us;
    pthread_mutex_unlock(&job->lock);
}

static enum wb_code work(struct wb_job *job, unsigned worker, struct wb_error *err) {
    struct wb_task task;
    while (wb_job_next_task(job, &task)) {
        bool rows = task.kind == WB_TASK_SPLIT || task.kind == WB_TASK_CHUNK;
        if (rows)
            note_time(job, task.table);
        enum wb_code code = do_task(job, &task, worker, err);
        if (code)
            return code;
        if (rows)
            note_time(job, task.table);
        wb_job_task_done(job, &task);
    }
    return WB_OK;
}

enum wb_code wb_job_work(struct wb_job *job, struct wb_error *err) {
    return wb_job_parallel(job, work, err);
}
