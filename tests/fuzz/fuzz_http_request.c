/* Any text as a request: lines of method, path, query values and headers, then the body. The route
 * is found or not, the handler answers with a status that docs/openapi.yaml knows, a body that is
 * what its type says, and nothing is asked of the run that the route does not stand for. */
#include "serve/exchange.h"
#include "serve/parse.h"
#include "serve/route.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { METHOD, PATH, AFTER, LIMIT, IF_NONE_MATCH, AUTHORIZATION, HOST, LINES };

struct text {
    char *lines[LINES];
    const uint8_t *body;
    size_t len;
};

/* Absent lines are absent values. */
static char *whole; /* freed after the input */
static void split(struct text *t, const uint8_t *data, size_t size) {
    const uint8_t *end = data + size;
    whole = calloc(size + 1, 1);
    if (!whole)
        abort();
    char *to = whole;
    for (size_t i = 0; i < LINES && data < end; i++) {
        const uint8_t *nl = memchr(data, '\n', (size_t)(end - data));
        size_t len = (size_t)((nl ? nl : end) - data);
        t->lines[i] = to;
        memcpy(to, data, len);
        to += len + 1;
        data += len + (nl != NULL);
        if (!nl)
            break;
    }
    t->body = data;
    t->len = (size_t)(end - data);
}

static const char *query(void *ctx, const char *name) {
    const struct text *t = ctx;
    return t->lines[strcmp(name, "after") == 0 ? AFTER : LIMIT];
}

static const char *header(void *ctx, const char *name) {
    const struct text *t = ctx;
    return strcmp(name, "If-None-Match") == 0 ? t->lines[IF_NONE_MATCH] : NULL;
}

static enum wb_code status(void *ctx, struct wb_buf *json, struct wb_error *err) {
    (void)ctx;
    (void)err;
    wb_buf_adds(json, "{}");
    return WB_OK;
}

static enum wb_code events(void *ctx, int64_t after_seq, size_t max, struct wb_arena *a,
                           struct wb_events *ret, struct wb_error *err) {
    (void)ctx;
    (void)err;
    if (after_seq < 0 || max < 1 || max > WB_SERVE_MAX_EVENTS)
        abort();
    ret->items = WB_NEW(a, struct wb_event);
    ret->items[0] = (struct wb_event){.seq = after_seq, .kind = WB_EVENT_NOTE, .data = "{"};
    ret->n = 1;
    return WB_OK;
}

static enum wb_code request(void *ctx, const struct wb_serve_request *r, int64_t *ret_id,
                            struct wb_error *err) {
    (void)ctx;
    (void)err;
    if (!r->role || !r->args)
        abort();
    *ret_id = 1;
    return WB_OK;
}

static enum wb_code answer(void *ctx, int64_t id, struct wb_serve_answer *ret,
                           struct wb_error *err) {
    (void)ctx;
    if (id < 1)
        abort();
    if (id > 9)
        return wb_error_set(err, WB_E_NOT_FOUND, "no request has this id");
    ret->progress = id == 1 ? WB_SERVE_WAITING : WB_SERVE_ANSWERED;
    return WB_OK;
}

static struct wb_serve_app *app(void) {
    static struct wb_serve_app a;
    if (!a.ops.flags) {
        a = (struct wb_serve_app){.clock = &wb_clock_system,
                                  .ops = {.flags = wb_flags_new(),
                                          .observe = wb_observe_new(&wb_clock_system),
                                          .status = status,
                                          .events = events,
                                          .request = request,
                                          .answer = answer}};
        wb_flags_set_share(a.ops.flags, "f", 5000, NULL);
    }
    return &a;
}

static bool known(unsigned status_code) {
    static const unsigned all[] = {200, 202, 304, 400, 404};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] == status_code)
            return true;
    return false;
}

static void serve(const struct wb_route *route, const char *rest, struct text *t) {
    struct wb_exchange x = {.rest = rest, .query = query, .header = header, .ctx = t};
    wb_buf_add(&x.body, t->body, t->len);
    route->answer(app(), &x);
    if (!known(x.status))
        abort();
    if (x.type == wb_serve_json_type) {
        json_t *out = json_loadb((const char *)x.out.data, x.out.len, JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(out))
            abort();
        json_decref(out);
    } else if (x.status != 304 && route->answer != wb_serve_metrics) {
        abort();
    }
    wb_buf_done(&x.body);
    wb_buf_done(&x.out);
}

static void headers(const struct text *t) {
    unsigned char digest[WB_TOKEN_DIGEST_BYTES];
    const char *a = t->lines[AUTHORIZATION], *host = t->lines[HOST];
    wb_token_digest("0123456789abcdef", 16, digest);
    if (wb_token_check(a, digest) == WB_TOKEN_RIGHT && (!a || !strstr(a, "0123456789abcdef")))
        abort();
    if (host)
        wb_host_kind_of(host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct text t = {0};
    const char *rest = NULL, *allow = NULL;
    split(&t, data, size);
    if (t.lines[METHOD] && t.lines[PATH]) {
        const struct wb_route *r = wb_route_find(t.lines[METHOD], t.lines[PATH], &rest, &allow);
        if (r && (!rest || allow))
            abort();
        if (r)
            serve(r, rest, &t);
    }
    headers(&t);
    free(whole);
    return 0;
}
