#include "serve/helper.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct wb_helper {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    struct wb_job *first, **last;
    unsigned n;
    bool stopping, joined;
};

/* With the lock held: the next job, or NULL at the end. */
static struct wb_job *take(struct wb_helper *h) {
    while (!h->first && !h->stopping)
        pthread_cond_wait(&h->wake, &h->lock);
    struct wb_job *job = h->first;
    if (job) {
        h->first = job->next;
        h->n--;
        if (!h->first)
            h->last = &h->first;
    }
    return job;
}

static void *run(void *ctx) {
    struct wb_helper *h = ctx;
    pthread_mutex_lock(&h->lock);
    for (struct wb_job *job; (job = take(h));) {
        pthread_mutex_unlock(&h->lock);
        job->run(job);
        pthread_mutex_lock(&h->lock);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

enum wb_code wb_helper_start(struct wb_helper **ret, struct wb_error *err) {
    struct wb_helper *h = calloc(1, sizeof *h);
    if (!h)
        abort();
    h->last = &h->first;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->wake, NULL);
    int why = pthread_create(&h->thread, NULL, run, h);
    if (why) {
        h->joined = true;
        wb_helper_free(h);
        return wb_error_set(err, WB_E_MEMORY, "cannot start a thread: %s", strerror(why));
    }
    *ret = h;
    return WB_OK;
}

enum wb_helper_taken wb_helper_put(struct wb_helper *h, struct wb_job *job) {
    pthread_mutex_lock(&h->lock);
    bool room = !h->stopping && h->n < WB_HELPER_QUEUE;
    if (room) {
        job->next = NULL;
        *h->last = job;
        h->last = &job->next;
        h->n++;
        pthread_cond_signal(&h->wake);
    }
    pthread_mutex_unlock(&h->lock);
    return room ? WB_HELPER_TAKEN : WB_HELPER_FULL;
}

void wb_helper_stop(struct wb_helper *h) {
    if (!h || h->joined)
        return;
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);
    h->joined = true;
}

void wb_helper_free(struct wb_helper *h) {
    if (!h)
        return;
    wb_helper_stop(h);
    pthread_cond_destroy(&h->wake);
    pthread_mutex_destroy(&h->lock);
    free(h);
}
