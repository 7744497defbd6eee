/* What people and dashboards ask: status, events, requests and their answers; and what applications
 * report. All but observations and health is called by the helper; observations wait for it where
 * they tell of the first mismatch in a while, which has to be durable before it is acknowledged. */
#include "base/json.h"
#include "base/str.h"
#include "serve/counts.h"
#include "serve/exchange.h"
#include "serve/parse.h"

#include <jansson.h>
#include <stdio.h>

const char wb_serve_json_type[] = "application/json; charset=utf-8";

void wb_exchange_fail(struct wb_exchange *x, unsigned status, const char *hint, const char *fmt,
                      ...) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    va_list args;
    va_start(args, fmt);
    wb_buf_addv(&text, fmt, args);
    va_end(args);
    struct wb_json j = {.out = &x->out};
    wb_buf_reset(&x->out);
    wb_json_object(&j);
    wb_json_key_str(&j, "error", wb_buf_str(&text));
    if (hint && *hint)
        wb_json_key_str(&j, "hint", hint);
    wb_json_end(&j);
    x->status = status;
    x->type = wb_serve_json_type;
}

void wb_exchange_fail_error(struct wb_exchange *x, const struct wb_error *err) {
    unsigned status = WB_HTTP_INTERNAL;
    switch (wb_error_class(err->code)) {
    case WB_CLASS_USAGE:
    case WB_CLASS_PLAN:
        status = WB_HTTP_BAD_REQUEST;
        break;
    case WB_CLASS_REFUSED:
        status = WB_HTTP_FORBIDDEN;
        break;
    case WB_CLASS_RETRY:
    case WB_CLASS_CANCELED:
    case WB_CLASS_RESOURCE:
        status = err->code == WB_E_NOT_FOUND ? WB_HTTP_NOT_FOUND : WB_HTTP_UNAVAILABLE;
        break;
    default:
        break;
    }
    wb_exchange_fail(x, status, wb_error_hint_of(err), "%s", err->text);
}

static void not_offered(struct wb_exchange *x) {
    wb_exchange_fail(x, WB_HTTP_NOT_FOUND, NULL, "this server does not offer that");
}

static void done(struct wb_exchange *x, unsigned status) {
    x->status = status;
    x->type = wb_serve_json_type;
}

void wb_serve_healthz(struct wb_serve_app *app, struct wb_exchange *x) {
    static const char *const words[] = {
#define X(name, word) word,
        WB_SERVE_HEALTHS(X)
#undef X
    };
    struct wb_serve_health h = {.state = WB_SERVE_HEALTHY};
    if (app->ops.health)
        app->ops.health(app->ops.ctx, &h);
    struct wb_json j = {.out = &x->out};
    wb_json_object(&j);
    wb_json_key_str(&j, "status", words[h.state]);
    wb_json_key_str(&j, "why", *h.why ? h.why : NULL);
    wb_json_key_uint(&j, "tick_age_ms", h.tick_age_ms);
    wb_json_end(&j);
    done(x, h.state == WB_SERVE_HEALTHY ? WB_HTTP_OK : WB_HTTP_UNAVAILABLE);
}

static void when_recorded(struct wb_serve_app *app, struct wb_exchange *x) {
    struct wb_error err = {0};
    if (app->ops.recorded(app->ops.ctx, x->to_record, &err))
        wb_exchange_fail(x, WB_HTTP_UNAVAILABLE,
                         "send it again: a mismatch that counts twice is better than none",
                         "the run's journal does not have these mismatches: %s", err.text);
}

void wb_serve_observations(struct wb_serve_app *app, struct wb_exchange *x) {
    struct wb_observation_batch b = {0};
    struct wb_error err = {0};
    if (!app->ops.observe) {
        not_offered(x);
        return;
    }
    if (wb_observation_parse(x->body.data, x->body.len, app->clock->wall_us(app->clock->ctx), &b,
                             &err)) {
        wb_exchange_fail(x, WB_HTTP_BAD_REQUEST, "nothing of this request was counted", "%s",
                         err.text);
        return;
    }
    x->to_record = wb_observe_add(app->ops.observe, b.items, b.n);
    if (x->to_record && app->ops.recorded)
        x->later = when_recorded;
    wb_serve_counts_late(app->counts, b.n_late);
    struct wb_json j = {.out = &x->out};
    wb_json_object(&j);
    wb_json_key_uint(&j, "accepted", b.n);
    wb_json_key_uint(&j, "late", b.n_late);
    wb_json_end(&j);
    wb_observation_batch_done(&b);
    done(x, WB_HTTP_OK);
}

void wb_serve_status(struct wb_serve_app *app, struct wb_exchange *x) {
    struct wb_error err = {0};
    if (!app->ops.status)
        not_offered(x);
    else if (app->ops.status(app->ops.ctx, &x->out, &err))
        wb_exchange_fail_error(x, &err);
    else
        done(x, WB_HTTP_OK);
}

/* --- events ---------------------------------------------------------------------------------- */

static bool query_number(struct wb_exchange *x, const char *name, int64_t min, int64_t max,
                         int64_t *ret) {
    const char *text = x->query(x->ctx, name);
    if (!text || wb_str_int64(text, min, max, ret))
        return true;
    wb_exchange_fail(x, WB_HTTP_BAD_REQUEST, NULL,
                     "\"%s\" must be a whole number from %lld to %lld", name, (long long)min,
                     (long long)max);
    return false;
}

/* As it is in the journal. What is no JSON there (an older format, a damaged file) must not make
 * the whole answer none. */
static void write_data(struct wb_json *j, const char *data) {
    json_t *whole = data ? json_loads(data, 0, NULL) : NULL;
    if (json_is_object(whole)) {
        wb_buf_adds(j->out, data);
        j->after_key = false;
    } else {
        wb_json_str(j, data);
    }
    json_decref(whole);
}

static void write_event(struct wb_json *j, const struct wb_event *e) {
    char time[40];
    wb_json_object(j);
    wb_json_key_int(j, "seq", e->seq);
    wb_json_key_str(j, "time", wb_clock_format(e->wall_us, time, sizeof time));
    wb_json_key_uint(j, "run_ms", e->run_us / 1000);
    wb_json_key_str(j, "kind", wb_event_word(e->kind));
    wb_json_key(j, "phase");
    if (e->phase == WB_EVENT_NO_PHASE)
        wb_json_null(j);
    else
        wb_json_int(j, e->phase);
    wb_json_key_str(j, "step", e->step);
    wb_json_key(j, "data");
    write_data(j, e->data);
    wb_json_end(j);
}

static void write_events(struct wb_exchange *x, const struct wb_events *events, int64_t after) {
    struct wb_json j = {.out = &x->out};
    wb_json_object(&j);
    wb_json_key(&j, "events");
    wb_json_array(&j);
    for (size_t i = 0; i < events->n; i++)
        write_event(&j, &events->items[i]);
    wb_json_end(&j);
    wb_json_key_int(&j, "next", events->n ? events->items[events->n - 1].seq : after);
    wb_json_end(&j);
    done(x, WB_HTTP_OK);
}

void wb_serve_events(struct wb_serve_app *app, struct wb_exchange *x) {
    int64_t after = 0, limit = 100;
    struct wb_events events = {0};
    struct wb_arena a = {0};
    struct wb_error err = {0};
    if (!app->ops.events)
        not_offered(x);
    else if (!query_number(x, "after", 0, INT64_MAX, &after) ||
             !query_number(x, "limit", 1, WB_SERVE_MAX_EVENTS, &limit))
        return;
    else if (app->ops.events(app->ops.ctx, after, (size_t)limit, &a, &events, &err))
        wb_exchange_fail_error(x, &err);
    else
        write_events(x, &events, after);
    wb_arena_done(&a);
}

/* --- requests -------------------------------------------------------------------------------- */

static void put(struct wb_serve_app *app, struct wb_exchange *x, enum wb_request_kind kind) {
    char who[80];
    struct wb_serve_request r = {.kind = kind, .who = who};
    struct wb_arena a = {0};
    struct wb_error err = {0};
    int64_t id = 0;
    snprintf(who, sizeof who, "http %s", x->client);
    if (!app->ops.request)
        not_offered(x);
    else if (wb_request_body_parse(x->body.data, x->body.len, &a, &r.role, &r.args, &err) ||
             app->ops.request(app->ops.ctx, &r, &id, &err))
        wb_exchange_fail_error(x, &err);
    else {
        struct wb_json j = {.out = &x->out};
        wb_json_object(&j);
        wb_json_key_int(&j, "id", id);
        wb_json_key_str(&j, "request", wb_request_word(kind));
        wb_json_key_str(&j, "state", "waiting");
        wb_json_end(&j);
        done(x, WB_HTTP_ACCEPTED);
    }
    wb_arena_done(&a);
}

void wb_serve_pause(struct wb_serve_app *app, struct wb_exchange *x) {
    put(app, x, WB_REQUEST_PAUSE);
}

void wb_serve_resume(struct wb_serve_app *app, struct wb_exchange *x) {
    put(app, x, WB_REQUEST_RESUME);
}

void wb_serve_approve(struct wb_serve_app *app, struct wb_exchange *x) {
    put(app, x, WB_REQUEST_APPROVE);
}

void wb_serve_abort(struct wb_serve_app *app, struct wb_exchange *x) {
    put(app, x, WB_REQUEST_ABORT);
}

void wb_serve_answer(struct wb_serve_app *app, struct wb_exchange *x) {
    struct wb_serve_answer answer = {0};
    struct wb_error err = {0};
    int64_t id;
    if (!app->ops.answer)
        not_offered(x);
    else if (!wb_str_int64(x->rest, 1, INT64_MAX, &id))
        wb_exchange_fail(x, WB_HTTP_NOT_FOUND, NULL, "no request has this id");
    else if (app->ops.answer(app->ops.ctx, id, &answer, &err))
        wb_exchange_fail_error(x, &err);
    else {
        bool waiting = answer.progress == WB_SERVE_WAITING;
        struct wb_json j = {.out = &x->out};
        wb_json_object(&j);
        wb_json_key_int(&j, "id", id);
        wb_json_key_str(&j, "state", waiting ? "waiting" : wb_answer_word(answer.state));
        wb_json_key_str(&j, "text", waiting ? NULL : answer.text);
        wb_json_end(&j);
        done(x, WB_HTTP_OK);
    }
}
