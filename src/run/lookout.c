#include "run/lookout.h"

#include "engine/registry.h"
#include "run/sqltext.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FIRST_MS = 100, EVERY_MS = 500, CONNECT_MS = 3000, QUERY_CHARS = 80 };

struct wb_lookout {
    struct wb_job *job;
    const struct wb_url *url;
    struct wb_open_opts opts;
    uint64_t session;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool stop;
    char who[600];
};

static void tell(const struct wb_blocker *b, const struct wb_engine *e, struct wb_buf *to) {
    WB_CLEANUP_BUF struct wb_buf quote = {0};
    e->quote_name(&quote, "x");
    wb_buf_addf(to, "%s%ssession %s (user %s%s%s%s%s)", to->len ? "; " : "",
                b->certain ? "" : "perhaps ", b->session, b->user, *b->application ? ", " : "",
                b->application, *b->since ? ", query since " : "", b->since);
    if (!b->query) {
        wb_buf_adds(to, ", idle in its transaction");
        return;
    }
    wb_buf_adds(to, ": ");
    wb_run_redact(b->query, wb_buf_str(&quote)[0], QUERY_CHARS, to);
}

static void look(struct wb_lookout *l, struct wb_conn *c) {
    struct wb_arena a = {0};
    struct wb_blocker *list = NULL;
    size_t n = 0;
    WB_CLEANUP_BUF struct wb_buf who = {0};
    if (!c->engine->verify->blocked_by(c, l->session, &a, &list, &n, NULL) && n) {
        for (size_t i = 0; i < n; i++)
            tell(&list[i], c->engine, &who);
        pthread_mutex_lock(&l->lock);
        snprintf(l->who, sizeof l->who, "%s", wb_buf_str(&who));
        pthread_mutex_unlock(&l->lock);
        pthread_mutex_lock(&l->job->lock);
        snprintf(l->job->progress, sizeof l->job->progress, "%s waits for a lock of %.160s",
                 l->job->id, wb_buf_str(&who));
        pthread_mutex_unlock(&l->job->lock);
    }
    wb_arena_done(&a);
}

/* False: it is to stop. */
static bool nap(struct wb_lookout *l, unsigned ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&l->lock);
    while (!l->stop && pthread_cond_timedwait(&l->wake, &l->lock, &until) != ETIMEDOUT)
        ;
    bool go_on = !l->stop;
    pthread_mutex_unlock(&l->lock);
    return go_on;
}

static void *watch(void *arg) {
    struct wb_lookout *l = arg;
    struct wb_conn *c = NULL;
    unsigned ms = FIRST_MS;
    while (nap(l, ms)) { /* most statements are done by then, and cost no session */
        ms = EVERY_MS;
        if (!c && wb_registry_open(l->url, &l->opts, &c, NULL))
            break;
        look(l, c);
    }
    wb_conn_close(c);
    return NULL;
}

struct wb_lookout *wb_lookout_start(struct wb_job *job, const struct wb_url *url,
                                    const struct wb_open_opts *opts, struct wb_conn *watched) {
    const struct wb_verify_ops *v = watched->engine->verify;
    uint64_t session = v && v->session ? v->session(watched) : 0;
    if (!session || !v->blocked_by)
        return NULL;
    struct wb_lookout *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    *l = (struct wb_lookout){.job = job, .url = url, .opts = *opts, .session = session};
    l->opts.purpose = WB_TO_LOOK;
    l->opts.look_only = true;
    l->opts.connect_timeout_ms = CONNECT_MS;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->wake, NULL);
    if (pthread_create(&l->thread, NULL, watch, l) != 0)
        abort();
    return l;
}

void wb_lookout_end(struct wb_lookout *l, char *ret_who, size_t size) {
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    if (*l->who)
        snprintf(ret_who, size, "%s", l->who);
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->wake);
    free(l);
}
