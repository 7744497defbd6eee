/* Threads. Each worker has a connection to either side and takes one task after another; the
 * calling thread tells about progress, looks at the servers' load and, when the run must stop,
 * wakes whoever waits for a server.
 *
 * A task that lost its connection is tried again on new ones. Any other error ends its table, which
 * is then unverified with the error as its reason, while the others go on; a side that cannot be
 * reached any more ends the run.
 */
#include "verify/job.h"

#include <string.h>

enum { TASK_TRIES = 4 };

struct thread {
    struct wb_verify_job *job;
    unsigned worker;
    pthread_t id;
};

void wb_verify_stop(struct wb_verify_job *job, const struct wb_error *err) {
    pthread_mutex_lock(&job->lock);
    if (!job->stopping) {
        job->stopping = true;
        job->error = *err;
    }
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
}

static bool is_stopping(struct wb_verify_job *job) {
    pthread_mutex_lock(&job->lock);
    bool stopping = job->stopping;
    pthread_mutex_unlock(&job->lock);
    return stopping;
}

static enum wb_code do_task(struct wb_verify_job *job, const struct wb_verify_task *t,
                            unsigned worker, struct wb_error *err) {
    struct wb_verify_pair *p = t->pair;
    bool heavy = atomic_load(&p->heavy);
    enum wb_code code = WB_E_INTERNAL;
    if (heavy)
        pthread_mutex_lock(&job->heavy_lock);
    switch (t->kind) {
    case WB_VERIFY_TASK_PREPARE:
        code = wb_verify_prepare(job, worker, p, err);
        break;
    case WB_VERIFY_TASK_CHUNK:
        code = wb_verify_compare_chunk(job, worker, p, t->first, t->n, err);
        break;
    case WB_VERIFY_TASK_SIDE:
        code = wb_verify_read_side(job, worker, p, t->side, t->first, err);
        break;
    case WB_VERIFY_TASK_BUCKETS:
        code = wb_verify_locate_buckets(job, worker, p, err);
        break;
    case WB_VERIFY_TASK_COUNT:
        code = wb_verify_count_again(job, worker, p, err);
        break;
    case WB_VERIFY_TASK_SETTLE:
        code = wb_verify_settle(job, worker, p, err);
        break;
    case WB_VERIFY_TASK_FINISH:
        code = wb_verify_finish(job, worker, p, err);
        break;
    }
    if (heavy)
        pthread_mutex_unlock(&job->heavy_lock);
    /* Client libraries keep the largest buffer that a connection ever needed. */
    if (atomic_load(&p->heavy))
        wb_verify_drop_conns(job, worker);
    return code;
}

static bool is_lost(enum wb_code code) {
    return code == WB_E_CONNECT || code == WB_E_LOGIN || code == WB_E_OTHER_DATABASE;
}

static void fail_table(struct wb_verify_job *job, struct wb_verify_pair *p,
                       const struct wb_error *err) {
    wb_verify_add_why(job, p, "%s", err->text);
    pthread_mutex_lock(&job->lock);
    p->failed = true;
    if (!job->table_error.code)
        job->table_error = *err;
    pthread_mutex_unlock(&job->lock);
}

/* Somebody's cancel at the server is like a lost connection; ours ends everything. */
static bool may_try_again(struct wb_verify_job *job, enum wb_code code, unsigned tries) {
    return tries < TASK_TRIES && !is_stopping(job) && !wb_cancel_signo(job->opts->cancel) &&
           (wb_error_class(code) == WB_CLASS_RETRY || code == WB_E_CANCELED ||
            (tries > 1 && code == WB_E_CONNECT));
}

static enum wb_code do_task_well(struct wb_verify_job *job, const struct wb_verify_task *t,
                                 unsigned worker, struct wb_error *err) {
    for (unsigned tries = 1;; tries++) {
        enum wb_code code = do_task(job, t, worker, err);
        if (!code)
            return WB_OK;
        wb_verify_drop_conns(job, worker);
        if (!may_try_again(job, code, tries))
            break;
        wb_verify_say(job, WB_VERIFY_NOTE, "table %s: %s; trying again", t->pair->name, err->text);
        wb_clock_sleep_ms(200u << tries);
        wb_verify_revive(job);
    }
    if (wb_cancel_signo(job->opts->cancel))
        return wb_cancel_check(job->opts->cancel, err);
    if (is_stopping(job) || is_lost(err->code) || err->code == WB_E_LOST)
        return err->code;
    fail_table(job, t->pair, err);
    return WB_OK;
}

static void *thread_main(void *arg) {
    struct thread *t = arg;
    struct wb_verify_job *job = t->job;
    struct wb_verify_task task;
    struct wb_error err = {0};
    while (wb_verify_next_task(job, &task)) {
        enum wb_code code = do_task_well(job, &task, t->worker, &err);
        if (code)
            wb_verify_stop(job, &err);
        wb_verify_task_done(job, &task);
    }
    pthread_mutex_lock(&job->lock);
    job->running--;
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
    return NULL;
}

static void cancel_all(struct wb_verify_job *job) {
    pthread_mutex_lock(&job->lock);
    for (int s = 0; s < WB_VERIFY_SIDES; s++)
        for (unsigned i = 0; i < job->jobs; i++)
            if (job->conns[s][i])
                job->conns[s][i]->engine->cancel(job->conns[s][i]);
    pthread_mutex_unlock(&job->lock);
}

/* One turn of the caller's thread; false when all workers have ended. */
static bool watch(struct wb_verify_job *job) {
    struct wb_error err = {0};
    pthread_mutex_lock(&job->lock);
    if (job->running)
        wb_verify_wait_a_little(job, 200);
    bool alive = job->running > 0, stopping = job->stopping;
    pthread_mutex_unlock(&job->lock);
    if (!stopping && wb_cancel_check(job->opts->cancel, &err)) {
        wb_verify_stop(job, &err);
        stopping = true;
    }
    if (alive && stopping)
        cancel_all(job);
    return alive;
}

void wb_verify_work(struct wb_verify_job *job) {
    struct thread threads[WB_VERIFY_MAX_JOBS];
    unsigned started = 0;
    uint64_t told_us = 0, looked_us = 0;
    wb_verify_look_at_load(job); /* before anything is read */
    job->running = job->jobs;
    for (; started < job->jobs; started++) {
        threads[started] = (struct thread){.job = job, .worker = started};
        int no = pthread_create(&threads[started].id, NULL, thread_main, &threads[started]);
        if (no == 0)
            continue;
        struct wb_error err;
        wb_error_set(&err, WB_E_MEMORY, "cannot start a thread: %s", strerror(no));
        wb_verify_stop(job, &err);
        pthread_mutex_lock(&job->lock);
        job->running -= job->jobs - started;
        pthread_mutex_unlock(&job->lock);
        break;
    }
    while (watch(job)) {
        uint64_t now_us = wb_clock_monotonic_us();
        if (now_us - told_us >= 200000) {
            told_us = now_us;
            wb_verify_tell_progress(job);
        }
        if (now_us - looked_us >= 500000) {
            looked_us = now_us;
            wb_verify_look_at_load(job);
        }
    }
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i].id, NULL);
}
