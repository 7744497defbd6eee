/* Being no burden: a rate that is not exceeded, and pauses while a server is busy or a replica
 * behind. */
#include "verify/job.h"

#include <stdio.h>

/* All workers share one debt of time; each sleeps off what the debt is ahead of the clock. */
void wb_verify_keep_rate(struct wb_verify_job *job, uint64_t bytes) {
    uint64_t rate = job->opts->max_rate_bytes;
    if (!rate)
        return;
    uint64_t now_us = wb_clock_monotonic_us(), began_us = 0;
    atomic_compare_exchange_strong(&job->rate_began_us, &began_us, now_us); /* by the first one */
    uint64_t debt =
        atomic_fetch_add(&job->rate_debt_us, bytes * 1000000 / rate) + bytes * 1000000 / rate;
    while (!wb_cancel_signo(job->opts->cancel)) {
        uint64_t passed = wb_clock_monotonic_us() - atomic_load(&job->rate_began_us);
        if (passed >= debt)
            return;
        uint64_t wait_ms = (debt - passed) / 1000 + 1;
        wb_clock_sleep_ms(wait_ms > 100 ? 100 : (unsigned)wait_ms);
    }
}

/* Why to wait, in a few words; NULL: go on. */
static const char *burden(const struct wb_verify_opts *o, const struct wb_load_state *s) {
    if (o->max_lag_ms && s->lag_ms > (int64_t)o->max_lag_ms)
        return "waiting for lag";
    if (o->max_active && s->active != UINT32_MAX && s->active > o->max_active)
        return "waiting for load";
    return NULL;
}

static uint64_t session_of(struct wb_conn *c) {
    return c->engine->verify->session(c);
}

/* The sessions of this verification are no burden of others. */
static size_t own_sessions(struct wb_verify_job *job, enum wb_side side,
                           uint64_t ids[static WB_VERIFY_MAX_JOBS + 1]) {
    size_t n = 0;
    if (!job->engine[side]->verify->session)
        return 0;
    pthread_mutex_lock(&job->lock);
    for (unsigned i = 0; i < job->jobs; i++)
        if (job->conns[side][i])
            ids[n++] = session_of(job->conns[side][i]);
    pthread_mutex_unlock(&job->lock);
    pthread_mutex_lock(&job->store.lock);
    if (side == WB_SIDE_TARGET && job->store.conn)
        ids[n++] = session_of(job->store.conn);
    pthread_mutex_unlock(&job->store.lock);
    return n;
}

void wb_verify_look_at_load(struct wb_verify_job *job) {
    const char *why = NULL;
    if (!job->opts->max_lag_ms && !job->opts->max_active)
        return;
    pthread_mutex_lock(&job->control_lock);
    for (int s = 0; s < WB_VERIFY_SIDES && !why; s++) {
        struct wb_load_state state = {.active = UINT32_MAX, .lag_ms = -1};
        const struct wb_verify_ops *v = job->engine[s]->verify;
        struct wb_error err;
        uint64_t own[WB_VERIFY_MAX_JOBS + 1];
        if (!v || !v->load_state)
            continue;
        size_t n_own = own_sessions(job, (enum wb_side)s, own);
        if (!v->load_state(job->control[s], own, n_own, &state, &err))
            why = burden(job->opts, &state);
    }
    pthread_mutex_unlock(&job->control_lock);
    pthread_mutex_lock(&job->lock);
    bool changed = why != job->paused;
    job->paused = why;
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
    if (changed)
        wb_verify_say(job, WB_VERIFY_NOTE, "%s", why ? why : "going on");
}
