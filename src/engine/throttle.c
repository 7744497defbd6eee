/* A bucket of one second's bytes, kept as the moment at which everything taken is paid for: taking
 * moves it on by what the bytes cost, and it never lies more than a second behind the clock. */
#include "engine/throttle.h"

#include "base/clock.h"
#include "engine/wrap.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { SECOND_US = 1000000, NAP_MS = 50 };

struct throttled {
    struct wb_wrap wrap;
    struct wb_throttle *throttle;
    atomic_bool canceled; /* by cancel, until the next call begins */
};

struct wb_cursor {
    struct throttled *t;
    const struct wb_read_ops *ops;
    struct wb_cursor *inner; /* of the wrapped connection's kind */
};

struct wb_load {
    struct throttled *t;
    const struct wb_write_ops *ops;
    struct wb_load *inner; /* likewise */
};

static const char kind[] = "throttle";

void wb_throttle_init(struct wb_throttle *t, uint64_t bytes_per_s, const struct wb_cancel *cancel) {
    *t = (struct wb_throttle){.bytes_per_s = bytes_per_s ? bytes_per_s : 1, .cancel = cancel};
    pthread_mutex_init(&t->lock, NULL);
}

void wb_throttle_done(struct wb_throttle *t) {
    pthread_mutex_destroy(&t->lock);
}

/* When the caller may go on. */
static uint64_t take(struct wb_throttle *t, uint64_t bytes) {
    uint64_t cost_us = (uint64_t)((double)bytes * SECOND_US / (double)t->bytes_per_s);
    pthread_mutex_lock(&t->lock);
    uint64_t now_us = wb_clock_monotonic_us();
    if (t->paid_us + SECOND_US < now_us)
        t->paid_us = now_us - (t->paid_us ? SECOND_US : 0); /* the first second is not for free */
    uint64_t due_us = t->paid_us += cost_us;
    pthread_mutex_unlock(&t->lock);
    return due_us;
}

static enum wb_code pay(struct throttled *t, uint64_t bytes, struct wb_error *err) {
    uint64_t due_us = take(t->throttle, bytes), now_us;
    while ((now_us = wb_clock_monotonic_us()) < due_us) {
        enum wb_code code = wb_cancel_check(t->throttle->cancel, err);
        if (!code && atomic_load(&t->canceled))
            code =
                wb_error_set(err, WB_E_CANCELED, "stopped while waiting for its turn at the rate");
        if (code)
            return code;
        uint64_t left_ms = (due_us - now_us) / 1000 + 1;
        wb_clock_sleep_ms(left_ms < NAP_MS ? (unsigned)left_ms : NAP_MS);
    }
    return WB_OK;
}

static struct throttled *own(struct wb_conn *c) {
    return (struct throttled *)wb_wrap_find(c, kind);
}

static void throttled_cancel(struct wb_conn *c) {
    struct throttled *t = own(c);
    atomic_store(&t->canceled, true);
    t->wrap.conn.inner->engine->cancel(t->wrap.conn.inner);
}

static enum wb_code throttled_open(struct wb_conn *c, const struct wb_read_spec *spec,
                                   struct wb_cursor **ret, struct wb_error *err) {
    struct throttled *t = own(c);
    struct wb_conn *inner = t->wrap.conn.inner;
    struct wb_cursor *cur = calloc(1, sizeof *cur);
    if (!cur)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a cursor");
    cur->t = t;
    cur->ops = inner->engine->read;
    enum wb_code code = cur->ops->open(inner, spec, &cur->inner, err);
    if (code)
        free(cur);
    else
        *ret = cur;
    return code;
}

static enum wb_code throttled_next(struct wb_cursor *cur, struct wb_batch *b,
                                   struct wb_error *err) {
    atomic_store(&cur->t->canceled, false);
    enum wb_code code = cur->ops->next(cur->inner, b, err);
    return code ? code : pay(cur->t, b->bytes, err);
}

static void throttled_done(struct wb_cursor *cur) {
    if (!cur)
        return;
    cur->ops->done(cur->inner);
    free(cur);
}

static enum wb_code throttled_load_open(struct wb_conn *c, const struct wb_load_spec *spec,
                                        struct wb_load **ret, struct wb_error *err) {
    struct throttled *t = own(c);
    struct wb_conn *inner = t->wrap.conn.inner;
    struct wb_load *l = calloc(1, sizeof *l);
    if (!l)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a load");
    l->t = t;
    l->ops = inner->engine->write;
    enum wb_code code = l->ops->load_open(inner, spec, &l->inner, err);
    if (code)
        free(l);
    else
        *ret = l;
    return code;
}

static enum wb_code throttled_load_put(struct wb_load *l, const struct wb_batch *b,
                                       struct wb_error *err) {
    atomic_store(&l->t->canceled, false);
    enum wb_code code = l->ops->load_put(l->inner, b, err);
    return code ? code : pay(l->t, b->bytes, err);
}

static enum wb_code throttled_load_close(struct wb_load *l, uint64_t *ret_rows,
                                         struct wb_error *err) {
    enum wb_code code = l->ops->load_close(l->inner, ret_rows, err);
    free(l);
    return code;
}

static void throttled_load_abort(struct wb_load *l) {
    if (!l)
        return;
    l->ops->load_abort(l->inner);
    free(l);
}

struct wb_conn *wb_throttle_wrap(struct wb_conn *inner, struct wb_throttle *throttle) {
    struct throttled *t = calloc(1, sizeof *t);
    if (!t)
        abort();
    wb_wrap_init(&t->wrap, kind, inner);
    t->throttle = throttle;
    t->wrap.engine.cancel = throttled_cancel;
    struct wb_read_ops *r = &t->wrap.read;
    r->open = throttled_open;
    r->next = throttled_next;
    r->done = throttled_done;
    struct wb_write_ops *w = &t->wrap.write;
    w->load_open = throttled_load_open;
    w->load_put = throttled_load_put;
    w->load_close = throttled_load_close;
    w->load_abort = throttled_load_abort;
    return &t->wrap.conn;
}
