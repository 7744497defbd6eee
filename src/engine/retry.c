#include "engine/retry.h"

#include "base/clock.h"
#include "engine/pin.h"
#include "engine/wrap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { FIRST_WAIT_MS = 100, LONGEST_WAIT_MS = 3000, NAP_MS = 20 };

struct retried {
    struct wb_wrap wrap; /* its inner connection is replaced when it was lost */
    const struct wb_engine *made_by;
    const struct wb_url *url;
    struct wb_open_opts opts;
    wb_retry_connect connect;
    struct wb_pin own_pin; /* where the options have none */
    unsigned timeout_ms;   /* of statements, as set_timeout set it: a new session gets it, too */
    bool in_transaction;   /* begun and not yet ended */
    bool bound;            /* a snapshot, a hold, or a session that was set to something */
    atomic_bool canceled;  /* by cancel, until the next call begins */
    pthread_mutex_t inner; /* cancel comes from other threads while inner is replaced */
};

static const char kind[] = "retry";

static struct retried *own(struct wb_conn *c) {
    return (struct retried *)wb_wrap_find(c, kind);
}

/* ------------------------------------------------------------------------------------------------
 * trying again */

/* canceled may be NULL. */
static enum wb_code wait_before(unsigned tries, const struct wb_cancel *cancel,
                                atomic_bool *canceled, struct wb_error *err) {
    unsigned ms = tries < 5 ? (unsigned)FIRST_WAIT_MS << tries : LONGEST_WAIT_MS;
    uint64_t until_us = wb_clock_monotonic_us() + (uint64_t)ms * 1000;
    while (wb_clock_monotonic_us() < until_us) {
        struct wb_error asked;
        enum wb_code code = wb_cancel_check(cancel, &asked);
        if (!code && canceled && atomic_load(canceled))
            code = wb_error_set(&asked, WB_E_CANCELED, "stopped before another attempt");
        if (code) {
            *err = asked;
            return code;
        }
        wb_clock_sleep_ms(NAP_MS);
    }
    return WB_OK;
}

/* A server that starts again refuses connections for a while. */
static bool may_pass(enum wb_code code, bool reconnecting) {
    return wb_error_class(code) == WB_CLASS_RETRY || (reconnecting && code == WB_E_CONNECT);
}

static enum wb_code reconnect(struct retried *r, struct wb_error *err) {
    struct wb_conn *c = NULL;
    enum wb_code code = r->connect(r->made_by, r->url, &r->opts, &c, err);
    if (code == WB_E_OTHER_DATABASE)
        wb_error_wrap(err, "the connection was lost, and %s", r->url->redacted);
    if (code)
        return code;
    if (r->timeout_ms)
        code = c->engine->verify->set_timeout(c, r->timeout_ms, err);
    if (code) {
        wb_conn_close(c);
        return code;
    }
    pthread_mutex_lock(&r->inner);
    struct wb_conn *old = r->wrap.conn.inner;
    r->wrap.conn.inner = c;
    pthread_mutex_unlock(&r->inner);
    wb_conn_close(old);
    return WB_OK;
}

/* One idempotent call, as a closure. */
struct call {
    struct retried *r;
    unsigned tries;
    struct wb_error ours, *err; /* the caller may want none */
};

static void begin(struct call *call, struct wb_conn *c, struct wb_error *err) {
    *call = (struct call){.r = own(c)};
    call->err = err ? err : &call->ours;
    atomic_store(&call->r->canceled, false);
}

static struct wb_conn *inner(const struct call *call) {
    return call->r->wrap.conn.inner;
}

/* Whether to make the call again; else *code is what it comes to. */
static bool again(struct call *call, enum wb_code *code) {
    struct retried *r = call->r;
    bool lost = *code == WB_E_LOST, reconnecting = false;
    if (r->in_transaction || r->bound)
        return false;
    while (may_pass(*code, reconnecting) && call->tries < r->opts.retries) {
        enum wb_code stopped = wait_before(call->tries++, r->opts.cancel, &r->canceled, call->err);
        if (stopped) {
            *code = stopped;
            return false;
        }
        if (!lost)
            return true;
        reconnecting = true;
        if (!(*code = reconnect(r, call->err)))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------------------------------------
 * calls that are repeated */

static enum wb_code retried_probe(struct wb_conn *c, struct wb_arena *a, struct wb_probe *ret,
                                  struct wb_error *err) {
    struct call call;
    enum wb_code code;
    begin(&call, c, err);
    do
        code = inner(&call)->engine->probe(inner(&call), a, ret, call.err);
    while (code && again(&call, &code));
    return code;
}

static enum wb_code retried_describe(struct wb_conn *c, const struct wb_describe_opts *opts,
                                     struct wb_catalog *ret, struct wb_error *err) {
    struct call call;
    enum wb_code code;
    begin(&call, c, err);
    do
        code = inner(&call)->engine->describe(inner(&call), opts, ret, call.err);
    while (code && again(&call, &code));
    return code;
}

static enum wb_code retried_query(struct wb_conn *c, const char *sql, struct wb_arena *a,
                                  struct wb_rows *ret, struct wb_error *err) {
    struct call call;
    enum wb_code code;
    begin(&call, c, err);
    do
        code = inner(&call)->engine->query(inner(&call), sql, a, ret, call.err);
    while (code && again(&call, &code));
    return code;
}

static enum wb_code retried_split(struct wb_conn *c, const struct wb_table *t, uint64_t chunk_rows,
                                  struct wb_arena *a, struct wb_range **ret, size_t *ret_n,
                                  struct wb_error *err) {
    struct call call;
    enum wb_code code;
    begin(&call, c, err);
    do
        code =
            inner(&call)->engine->read->split(inner(&call), t, chunk_rows, a, ret, ret_n, call.err);
    while (code && again(&call, &code));
    return code;
}

static enum wb_code retried_open(struct wb_conn *c, const struct wb_read_spec *spec,
                                 struct wb_cursor **ret, struct wb_error *err) {
    struct call call;
    enum wb_code code;
    begin(&call, c, err);
    do
        code = inner(&call)->engine->read->open(inner(&call), spec, ret, call.err);
    while (code && again(&call, &code));
    return code;
}

static enum wb_code retried_scan(struct wb_conn *c, const struct wb_table *t,
                                 struct wb_scan_ask *asks, size_t n, struct wb_error *err) {
    struct call call;
    enum wb_code code;
    begin(&call, c, err);
    do
        code = inner(&call)->engine->read->scan(inner(&call), t, asks, n, call.err);
    while (code && again(&call, &code));
    return code;
}

static enum wb_code retried_set_timeout(struct wb_conn *c, unsigned statement_ms,
                                        struct wb_error *err) {
    struct call call;
    enum wb_code code;
    begin(&call, c, err);
    do
        code = inner(&call)->engine->verify->set_timeout(inner(&call), statement_ms, call.err);
    while (code && again(&call, &code));
    if (!code)
        call.r->timeout_ms = statement_ms;
    return code;
}

/* ------------------------------------------------------------------------------------------------
 * calls after which there is something to lose: noted before they are made, since one that failed
 * may have had its effect */

static struct wb_conn *binding(struct wb_conn *c) {
    struct retried *r = own(c);
    r->bound = true;
    return r->wrap.conn.inner;
}

static enum wb_code retried_exec(struct wb_conn *c, const char *sql, uint64_t *ret_rows,
                                 struct wb_error *err) {
    struct wb_conn *to = binding(c);
    return to->engine->exec(to, sql, ret_rows, err);
}

static enum wb_code retried_snapshot_begin(struct wb_conn *c, const struct wb_snapshot_opts *opts,
                                           struct wb_snapshot **ret, struct wb_error *err) {
    struct wb_conn *to = binding(c);
    return to->engine->read->snapshot_begin(to, opts, ret, err);
}

static enum wb_code retried_snapshot_join(struct wb_conn *c, struct wb_snapshot *s,
                                          struct wb_error *err) {
    struct wb_conn *to = binding(c);
    return to->engine->read->snapshot_join(to, s, err);
}

static enum wb_code retried_hold(struct wb_conn *c, struct wb_error *err) {
    struct wb_conn *to = binding(c);
    return to->engine->write->hold(to, err);
}

static enum wb_code retried_begin(struct wb_conn *c, struct wb_error *err) {
    struct retried *r = own(c);
    r->in_transaction = true;
    return r->wrap.conn.inner->engine->write->begin(r->wrap.conn.inner, err);
}

/* A commit that failed may still be undecided: then there is nothing to repeat, ever. */
static enum wb_code retried_commit(struct wb_conn *c, bool durable, struct wb_error *err) {
    struct retried *r = own(c);
    enum wb_code code = r->wrap.conn.inner->engine->write->commit(r->wrap.conn.inner, durable, err);
    r->in_transaction = code != WB_OK;
    return code;
}

static void retried_rollback(struct wb_conn *c) {
    struct retried *r = own(c);
    r->wrap.conn.inner->engine->write->rollback(r->wrap.conn.inner);
    r->in_transaction = false;
}

/* ------------------------------------------------------------------------------------------------
 * putting it on */

static void retried_cancel(struct wb_conn *c) {
    struct retried *r = own(c);
    atomic_store(&r->canceled, true);
    pthread_mutex_lock(&r->inner);
    r->wrap.conn.inner->engine->cancel(r->wrap.conn.inner);
    pthread_mutex_unlock(&r->inner);
}

static uint64_t retried_session(struct wb_conn *c) {
    struct retried *r = own(c);
    pthread_mutex_lock(&r->inner);
    uint64_t id = r->wrap.conn.inner->engine->verify->session(r->wrap.conn.inner);
    pthread_mutex_unlock(&r->inner);
    return id;
}

static void retried_close(struct wb_conn *c) {
    if (!c)
        return;
    struct retried *r = own(c);
    pthread_mutex_destroy(&r->inner);
    if (r->opts.pin == &r->own_pin)
        wb_pin_done(&r->own_pin);
    wb_wrap_close(c);
}

static struct wb_conn *wrap(struct retried *r, struct wb_conn *c) {
    pthread_mutex_init(&r->inner, NULL);
    wb_wrap_init(&r->wrap, kind, c);
    struct wb_engine *e = &r->wrap.engine;
    e->close = retried_close;
    e->cancel = retried_cancel;
    e->probe = retried_probe;
    e->describe = retried_describe;
    e->query = retried_query;
    e->exec = retried_exec;
    struct wb_read_ops *read = &r->wrap.read;
    read->split = retried_split;
    read->open = retried_open;
    read->scan = read->scan ? retried_scan : NULL;
    read->snapshot_begin = retried_snapshot_begin;
    read->snapshot_join = retried_snapshot_join;
    struct wb_write_ops *write = &r->wrap.write;
    write->hold = retried_hold;
    write->begin = retried_begin;
    write->commit = retried_commit;
    write->rollback = retried_rollback;
    if (r->wrap.verify.set_timeout)
        r->wrap.verify.set_timeout = retried_set_timeout;
    if (r->wrap.verify.session)
        r->wrap.verify.session = retried_session;
    return &r->wrap.conn;
}

static enum wb_code connect_first(struct retried *r, struct wb_conn **ret, struct wb_error *err) {
    enum wb_code code;
    for (unsigned tries = 0; (code = r->connect(r->made_by, r->url, &r->opts, ret, err)); tries++) {
        if (!may_pass(code, false) || tries >= r->opts.retries)
            return code;
        if ((code = wait_before(tries, r->opts.cancel, NULL, err)))
            return code;
    }
    return WB_OK;
}

enum wb_code wb_retry_open(const struct wb_engine *e, const struct wb_url *url,
                           const struct wb_open_opts *opts, wb_retry_connect connect,
                           struct wb_conn **ret, struct wb_error *err) {
    struct retried *r = calloc(1, sizeof *r);
    struct wb_conn *c = NULL;
    struct wb_error ours;
    if (!r)
        abort();
    r->made_by = e;
    r->url = url;
    r->opts = *opts;
    r->connect = connect;
    if (!opts->pin) {
        wb_pin_init(&r->own_pin, NULL);
        r->opts.pin = &r->own_pin;
    }
    enum wb_code code = connect_first(r, &c, err ? err : &ours);
    if (!code) {
        *ret = wrap(r, c);
        return WB_OK;
    }
    if (!opts->pin)
        wb_pin_done(&r->own_pin);
    free(r);
    return code;
}
