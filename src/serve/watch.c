#include "serve/watch.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { ROUNDS_A_LIMIT = 8, ROUND_MIN_MS = 50 };

struct wb_watch {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    struct wb_watched *first;
    atomic_uint_fast64_t *overdue;
    uint64_t limit_us;
    bool stopping, joined;
};

static void end_overdue(struct wb_watch *w) {
    uint64_t now = wb_clock_monotonic_us();
    for (struct wb_watched *c = w->first; c; c = c->next) {
        uint64_t since = atomic_load(&c->since_us);
        if (now < since || now - since <= w->limit_us)
            continue;
        atomic_fetch_add(w->overdue, 1);        /* before its client can see it */
        atomic_store(&c->since_us, UINT64_MAX); /* once is enough */
        shutdown(c->fd, SHUT_RDWR);
    }
}

static void wait_a_round(struct wb_watch *w) {
    uint64_t round_ms = w->limit_us / 1000 / ROUNDS_A_LIMIT;
    struct timespec until;
    if (round_ms < ROUND_MIN_MS)
        round_ms = ROUND_MIN_MS;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(round_ms / 1000);
    until.tv_nsec += (long)(round_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&w->wake, &w->lock, &until);
}

static void *run(void *ctx) {
    struct wb_watch *w = ctx;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping) {
        end_overdue(w);
        wait_a_round(w);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

enum wb_code wb_watch_start(unsigned limit_ms, atomic_uint_fast64_t *overdue, struct wb_watch **ret,
                            struct wb_error *err) {
    struct wb_watch *w = calloc(1, sizeof *w);
    pthread_condattr_t monotonic;
    if (!w)
        abort();
    w->limit_us = (uint64_t)limit_ms * 1000;
    w->overdue = overdue;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int why = pthread_create(&w->thread, NULL, run, w);
    if (why) {
        w->joined = true;
        wb_watch_free(w);
        return wb_error_set(err, WB_E_MEMORY, "cannot start a thread: %s", strerror(why));
    }
    *ret = w;
    return WB_OK;
}

void wb_watch_stop(struct wb_watch *w) {
    if (!w || w->joined)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    w->joined = true;
}

void wb_watch_free(struct wb_watch *w) {
    if (!w)
        return;
    wb_watch_stop(w);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

struct wb_watched *wb_watch_add(struct wb_watch *w, int fd) {
    struct wb_watched *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->fd = fd;
    atomic_store(&c->since_us, wb_clock_monotonic_us());
    pthread_mutex_lock(&w->lock);
    c->next = w->first;
    if (c->next)
        c->next->prev = c;
    w->first = c;
    pthread_mutex_unlock(&w->lock);
    return c;
}

void wb_watch_remove(struct wb_watch *w, struct wb_watched *c) {
    pthread_mutex_lock(&w->lock);
    if (c->next)
        c->next->prev = c->prev;
    if (c->prev)
        c->prev->next = c->next;
    else
        w->first = c->next;
    pthread_mutex_unlock(&w->lock);
    free(c);
}

void wb_watch_answered(struct wb_watched *c) {
    atomic_store(&c->since_us, wb_clock_monotonic_us());
}
