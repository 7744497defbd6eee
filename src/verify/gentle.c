/* Being no burden: a rate that is not exceeded, and pauses while a server is busy or a replica
 * behind. */
#include "verify/job.h"

#include "base/str.h"
#include "engine/registry.h"

enum {
    REPLICA_MS = 3000
}; /* to connect, and for one statement: nothing else is looked at meanwhile */

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

/* ------------------------------------------------------------------------------------------------
 * reasons to wait */

/* Appends why to wait to text; the short of it, as progress shows it; NULL: go on. who, lagging:
 * "the source", "the source or a replica of it". */
static const char *burden(const struct wb_verify_opts *o, const struct wb_load_state *s,
                          const char *who, const char *lagging, struct wb_buf *text) {
    char lag[40], most[40];
    if (o->max_lag_ms && s->lag_ms > (int64_t)o->max_lag_ms) {
        wb_buf_addf(text, "%s is %s behind, more than %s", lagging,
                    wb_str_human_ms((uint64_t)s->lag_ms, lag, sizeof lag),
                    wb_str_human_ms(o->max_lag_ms, most, sizeof most));
        return "waiting for lag";
    }
    if (o->max_active && s->active != UINT32_MAX && s->active > o->max_active) {
        wb_buf_addf(text, "%s runs %u statements, more than %u", who, s->active, o->max_active);
        return "waiting for load";
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------------------
 * replicas that were named */

static enum wb_code reach(const struct wb_verify_job *job, struct wb_verify_replica *r,
                          struct wb_error *err) {
    struct wb_open_opts opts = {.side = WB_SIDE_SOURCE,
                                .purpose = WB_TO_LOOK,
                                .connect_timeout_ms = REPLICA_MS,
                                .look_only = true,
                                .role = "replica",
                                .cancel = job->opts->cancel};
    struct wb_conn *c = NULL;
    enum wb_code code = wb_registry_open(r->url, &opts, &c, err);
    if (!code && c->engine->verify && c->engine->verify->set_timeout)
        code = c->engine->verify->set_timeout(c, REPLICA_MS, err);
    if (code)
        wb_conn_close(c);
    else
        r->conn = c;
    return code;
}

static enum wb_code ask(const struct wb_verify_job *job, struct wb_verify_replica *r,
                        struct wb_load_state *ret, struct wb_error *err) {
    enum wb_code code = r->conn ? WB_OK : reach(job, r, err);
    *ret = (struct wb_load_state){.active = UINT32_MAX, .lag_ms = -1};
    const struct wb_verify_ops *v = code ? NULL : r->conn->engine->verify;
    if (!code && v && v->load_state)
        code = v->load_state(r->conn, NULL, 0, ret, err);
    ret->active = UINT32_MAX; /* others may be busy there: what is looked at is the lag */
    if (code) {
        wb_conn_close(r->conn);
        r->conn = NULL;
    }
    return code;
}

enum wb_code wb_verify_open_replicas(struct wb_verify_job *job, struct wb_error *err) {
    size_t n = job->opts->n_replicas;
    struct wb_load_state state;
    enum wb_code code = WB_OK;
    job->replicas = WB_NEW_N(&job->arena, struct wb_verify_replica, n + 1);
    for (size_t i = 0; i < n; i++)
        job->replicas[i].url = &job->opts->replicas[i];
    for (size_t i = 0; !code && i < n; i++) {
        code = ask(job, &job->replicas[i], &state, err);
        if (code || state.lag_ms >= 0 || state.stopped)
            continue;
        code = wb_error_set(err, WB_E_UNSUPPORTED,
                            "replica %s follows no other server, or this user may not see it",
                            job->replicas[i].url->redacted);
        wb_error_hint(err, "name a server that replicates; on MariaDB grant REPLICA MONITOR, on "
                           "MySQL REPLICATION CLIENT, on PostgreSQL pg_monitor");
    }
    return code;
}

void wb_verify_close_replicas(struct wb_verify_job *job) {
    for (size_t i = 0; job->replicas && i < job->opts->n_replicas; i++)
        wb_conn_close(job->replicas[i].conn);
}

/* One that cannot be asked may be as far behind as can be. */
static const char *replica_burden(struct wb_verify_job *job, struct wb_buf *text) {
    for (size_t i = 0; i < job->opts->n_replicas; i++) {
        struct wb_verify_replica *r = &job->replicas[i];
        struct wb_load_state state;
        struct wb_error err;
        WB_CLEANUP_BUF struct wb_buf who = {0};
        wb_buf_addf(&who, "replica %s", r->url->redacted);
        if (ask(job, r, &state, &err))
            wb_buf_addf(text, "it cannot be asked: %s", err.text);
        else if (state.stopped)
            wb_buf_addf(text, "%s does not follow: its replication is stopped", wb_buf_str(&who));
        if (text->len || burden(job->opts, &state, "", wb_buf_str(&who), text))
            return "waiting for lag";
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------------------
 * the two sides */

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

static const char *side_burden(struct wb_verify_job *job, enum wb_side side, struct wb_buf *text) {
    struct wb_load_state state = {.active = UINT32_MAX, .lag_ms = -1};
    const struct wb_verify_ops *v = job->engine[side]->verify;
    struct wb_error err;
    uint64_t own[WB_VERIFY_MAX_JOBS + 1];
    if (!v || !v->load_state)
        return NULL;
    unsigned known = atomic_load(&job->known_conns[side]);
    size_t n_own = own_sessions(job, side, own);
    pthread_mutex_lock(&job->control_lock);
    enum wb_code code = v->load_state(job->control[side], own, n_own, &state, &err);
    pthread_mutex_unlock(&job->control_lock);
    if (code)
        return NULL;
    /* Those that workers were opening meanwhile may be in the count, and are not in the list. They
     * give no reason to wait, and none to go on. */
    unsigned more = atomic_load(&job->begun_conns[side]) - known;
    if (state.active != UINT32_MAX && !job->paused)
        state.active -= more < state.active ? more : state.active;
    return side == WB_SIDE_SOURCE
               ? burden(job->opts, &state, "the source", "the source or a replica of it", text)
               : burden(job->opts, &state, "the target", "the target or a replica of it", text);
}

void wb_verify_look_at_load(struct wb_verify_job *job) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    const char *why = NULL;
    if (!job->opts->max_lag_ms && !job->opts->max_active)
        return;
    if (job->opts->max_lag_ms) /* first: they know more */
        why = replica_burden(job, &text);
    for (int s = 0; s < WB_VERIFY_SIDES && !why; s++)
        why = side_burden(job, (enum wb_side)s, &text);
    pthread_mutex_lock(&job->lock);
    bool changed = why != job->paused;
    job->paused = why;
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
    if (changed && why)
        wb_verify_say(job, WB_VERIFY_NOTE, "%s: %s", why, wb_buf_str(&text));
    else if (changed)
        wb_verify_say(job, WB_VERIFY_NOTE, "going on");
}
