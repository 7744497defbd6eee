/* Databases as steps and checks use them: sessions whose identity is compared, statements within
 * their times, queries that only read. */
#include "engine/registry.h"
#include "run/inside.h"
#include "run/lookout.h"
#include "run/sqltext.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum { LOCK_MS = WB_PLAN_LOCK_TIMEOUT_MS, CHECK_MS = 300000, LOCK_ATTEMPTS = 5 };

static enum wb_side side_of(enum wb_block_on on) {
    return on == WB_ON_SOURCE ? WB_SIDE_SOURCE : WB_SIDE_TARGET;
}

static enum wb_code url_of(struct wb_run *r, enum wb_block_on on, struct wb_arena *a,
                           struct wb_url *ret, struct wb_error *err) {
    if (on == WB_ON_REPLICA) {
        if (!r->plan->front.n_replicas)
            return wb_error_set(err, WB_E_PLAN, "the plan names no replica");
        return wb_url_parse(r->plan->front.replicas[0].value, a, ret, err);
    }
    enum wb_side side = side_of(on);
    if (!r->has_url[side])
        return wb_error_set(err, WB_E_PLAN, "the front matter names no %s",
                            side ? "target" : "source");
    *ret = r->url[side];
    return WB_OK;
}

/* A replica may be another server: only what is behind source and target is known. */
static struct wb_open_opts opts_of(struct wb_run *r, enum wb_block_on on, enum wb_purpose purpose) {
    return (struct wb_open_opts){.side = side_of(on),
                                 .purpose = purpose,
                                 .pin = on == WB_ON_REPLICA ? NULL : &r->pin[side_of(on)],
                                 .look_only = purpose == WB_TO_LOOK};
}

enum wb_code wb_run_connect(struct wb_job *job, enum wb_block_on on, enum wb_purpose purpose,
                            struct wb_conn **ret, struct wb_error *err) {
    struct wb_run *r = job->run;
    struct wb_arena a = {0};
    struct wb_url *url = WB_NEW(&a, struct wb_url);
    struct wb_open_opts opts = opts_of(r, on, purpose);
    struct wb_conn *c = NULL;
    enum wb_code code = url_of(r, on, &a, url, err);
    if (!code)
        code = wb_registry_open(url, &opts, &c, err);
    if (code) {
        wb_conn_close(c);
    } else {
        pthread_mutex_lock(&job->lock);
        job->conn = c;
        pthread_mutex_unlock(&job->lock);
        *ret = c;
    }
    wb_arena_done(&a);
    return code;
}

void wb_run_disconnect(struct wb_job *job, struct wb_conn *c) {
    pthread_mutex_lock(&job->lock);
    job->conn = NULL;
    pthread_mutex_unlock(&job->lock);
    wb_conn_close(c);
}

enum wb_code wb_run_identify(struct wb_run *r, enum wb_side side, struct wb_arena *a,
                             struct wb_database_id *ret, struct wb_error *err) {
    struct wb_open_opts opts = {.side = side, .purpose = WB_TO_WORK, .pin = &r->pin[side]};
    struct wb_conn *c = NULL;
    enum wb_code code = wb_registry_open(&r->url[side], &opts, &c, err);
    if (!code)
        *ret = wb_pin_met(&r->pin[side], a);
    wb_conn_close(c);
    return code;
}

/* --- statements
 * ---------------------------------------------------------------------------------- */

static enum wb_code set_times(struct wb_conn *c, const struct wb_sql_block *b,
                              struct wb_error *err) {
    unsigned timeout = b->timeout_ms > 0 && b->timeout_ms < INT_MAX ? (unsigned)b->timeout_ms : 0;
    unsigned lock = b->lock_timeout_ms > 0 && b->lock_timeout_ms < INT_MAX
                        ? (unsigned)b->lock_timeout_ms
                        : LOCK_MS;
    const struct wb_verify_ops *v = c->engine->verify;
    enum wb_code code = v && v->set_timeout ? v->set_timeout(c, timeout, err) : WB_OK;
    if (!code && v && v->set_lock_timeout)
        code = v->set_lock_timeout(c, lock, err);
    return code;
}

/* How far a block came. */
struct advance {
    size_t statements;
    bool committing; /* COMMIT was sent: its answer may be what got lost */
    bool begun;      /* the first statement was sent */
    bool whole;      /* all or nothing, also where the connection is lost: DDL is undone too */
};

static enum wb_code run_statements(struct wb_conn *c, const struct wb_sql_block *b,
                                   struct advance *far, struct wb_arena *a, struct wb_error *err) {
    const char **list;
    size_t n = wb_run_statements(b->sql, a, &list);
    enum wb_code code = WB_OK;
    if (b->tx == WB_TX_ON) {
        struct wb_probe probe = {0};
        code = c->engine->probe(c, a, &probe, err);
        far->whole = !code && probe.transactional_ddl;
        if (!code)
            code = c->engine->exec(c, "BEGIN", NULL, err);
    }
    for (size_t i = 0; i < n && !code; i++) {
        far->begun = true;
        code = c->engine->exec(c, list[i], NULL, err);
        if (code && n > 1)
            wb_error_wrap(err, "statement %zu of %zu", i + 1, n);
        far->statements += !code;
    }
    if (!code && b->tx == WB_TX_ON) {
        far->committing = true;
        code = c->engine->exec(c, "COMMIT", NULL, err);
    }
    if (code && b->tx == WB_TX_ON)
        (void)c->engine->exec(c, "ROLLBACK", NULL, NULL);
    return code;
}

/* Whether it is certain that nothing of the block is there. */
static bool left_nothing(const struct wb_sql_block *b, const struct advance *far,
                         enum wb_code code) {
    if (far->committing)
        return false;
    if (!far->begun)
        return true;
    if (far->statements == 0 && code != WB_E_LOST && !strcasestr(b->sql, "concurrently"))
        return true; /* else an invalid index may be there */
    return far->whole;
}

/* A step that found a lock says who held it. */
static void fail_at_lock(struct wb_job *job, const struct wb_error *err, const char *who) {
    wb_job_fails(job, err);
    bool late = err->code == WB_E_LOCK_TIMEOUT || err->code == WB_E_TIMEOUT;
    if (late && *who)
        wb_job_says(job, job->result, "%s; the lock was held by %s", err->text, who);
}

void wb_run_sql(struct wb_job *job, const struct wb_sql_block *b) {
    struct wb_error err = {0};
    struct wb_arena of_url = {0};
    struct wb_url *url = WB_NEW(&of_url, struct wb_url);
    struct wb_open_opts looking = opts_of(job->run, b->on, WB_TO_LOOK);
    char who[600] = "";
    for (unsigned attempt = 1;; attempt++) {
        struct wb_arena a = {0};
        struct wb_conn *c = NULL;
        struct advance far = {0};
        err = (struct wb_error){0};
        enum wb_code code = wb_run_connect(job, b->on, WB_TO_WORK, &c, &err);
        if (code) {
            wb_job_fails(job, &err);
            job->nothing_done = true;
            wb_arena_done(&a);
            break;
        }
        code = set_times(c, b, &err);
        struct wb_lookout *lookout = url_of(job->run, b->on, &of_url, url, NULL)
                                         ? NULL
                                         : wb_lookout_start(job, url, &looking, c);
        if (!code)
            code = run_statements(c, b, &far, &a, &err);
        wb_lookout_end(lookout, who, sizeof who);
        job->nothing_done = code && left_nothing(b, &far, code);
        wb_run_disconnect(job, c);
        wb_arena_done(&a);
        if (!code) {
            wb_job_says(job, WB_JOB_DONE, "%zu statement%s%s", far.statements,
                        far.statements == 1 ? "" : "s",
                        b->tx == WB_TX_ON ? " in one transaction" : "");
            wb_arena_done(&of_url);
            return;
        }
        fail_at_lock(job, &err, who);
        bool waits = code == WB_E_LOCK_TIMEOUT || code == WB_E_DEADLOCK;
        if (!waits || !job->nothing_done || job->canceled || attempt == LOCK_ATTEMPTS)
            break;
        pthread_mutex_lock(&job->lock);
        snprintf(job->progress, sizeof job->progress, "attempt %u of %d found a lock: %.150s",
                 attempt, LOCK_ATTEMPTS, *who ? who : err.text);
        pthread_mutex_unlock(&job->lock);
        for (unsigned nap = 0; nap < (1u << attempt) * 5 && !wb_cancel_signo(&job->cancel); nap++)
            wb_clock_sleep_ms(100);
    }
    wb_arena_done(&of_url);
    if (!job->nothing_done)
        job->result = WB_JOB_UNKNOWN;
}

/* --- queries
 * ------------------------------------------------------------------------------------- */

enum wb_code wb_run_query(struct wb_job *job, enum wb_block_on on, const char *sql,
                          int64_t timeout_ms, struct wb_arena *a, struct wb_rows *ret,
                          struct wb_error *err) {
    const char **list;
    size_t n = wb_run_statements(sql, a, &list);
    struct wb_sql_block times = {.timeout_ms = timeout_ms ? timeout_ms : CHECK_MS};
    struct wb_conn *c = NULL;
    if (n != 1)
        return wb_error_set(err, WB_E_PLAN, "a check is one query, and this has %zu statements", n);
    enum wb_code code = wb_run_connect(job, on, WB_TO_LOOK, &c, err);
    if (code)
        return code;
    code = set_times(c, &times, err);
    if (!code)
        code = c->engine->query(c, list[0], a, ret, err);
    wb_run_disconnect(job, c);
    return code;
}
