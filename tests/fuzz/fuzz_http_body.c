/* Any bytes as the body of a request (the first byte says of which) and as headers: each is
 * answered with a status that docs/openapi.yaml knows and a body that is JSON, and nothing of a
 * malformed batch counts. */
#include "serve/exchange.h"
#include "serve/parse.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *none(void *ctx, const char *name) {
    (void)ctx;
    (void)name;
    return NULL;
}

static enum wb_code request(void *ctx, const struct wb_serve_request *r, int64_t *ret_id,
                            struct wb_error *err) {
    (void)ctx;
    (void)err;
    json_t *args = json_loads(r->args, 0, NULL);
    if (!json_is_object(args) || json_object_get(args, "role") || !r->role)
        abort();
    json_decref(args);
    *ret_id = 1;
    return WB_OK;
}

static uint64_t counted(struct wb_observe *o) {
    struct wb_observe_sums a, b;
    wb_observe_sum(o, WB_OBSERVE_OLD, WB_OBSERVE_OPS, &a);
    wb_observe_sum(o, WB_OBSERVE_NEW, WB_OBSERVE_OPS, &b);
    return a.total + b.total;
}

static void answer(struct wb_serve_app *app, uint8_t which, const uint8_t *data, size_t size) {
    static void (*const handlers[])(struct wb_serve_app *, struct wb_exchange *) = {
        wb_serve_ofrep_one, wb_serve_ofrep_all, wb_serve_observations, wb_serve_approve};
    struct wb_exchange x = {.rest = "f-stage", .query = none, .header = none};
    wb_buf_add(&x.body, data, size);
    uint64_t before = counted(app->ops.observe);
    handlers[which % 4](app, &x);
    json_t *out = json_loadb((const char *)x.out.data, x.out.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(out) || (x.status != 200 && x.status != 202 && x.status != 400))
        abort();
    if (which % 4 == 2) {
        json_int_t n = json_integer_value(json_object_get(out, "accepted"));
        if (counted(app->ops.observe) - before != (uint64_t)n || (x.status == 400 && n))
            abort();
    }
    json_decref(out);
    wb_buf_done(&x.body);
    wb_buf_done(&x.out);
}

static void headers(const uint8_t *data, size_t size) {
    unsigned char digest[WB_TOKEN_DIGEST_BYTES];
    int64_t us;
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = 0;
    wb_token_digest("0123456789abcdef", 16, digest);
    if (wb_token_check(text, digest) == WB_TOKEN_RIGHT && !strstr(text, "0123456789abcdef"))
        abort();
    if (wb_etag_compare(text, "\"tag\"") == WB_ETAG_SAME && !strstr(text, "\"tag\"") &&
        !strchr(text, '*'))
        abort();
    wb_host_kind_of(text);
    wb_time_parse(text, &us);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct wb_serve_app app;
    if (!app.ops.flags) {
        app = (struct wb_serve_app){.clock = &wb_clock_system,
                                    .ops = {.flags = wb_flags_new(),
                                            .observe = wb_observe_new(&wb_clock_system),
                                            .request = request}};
        wb_flags_set_share(app.ops.flags, "f", 5000, NULL);
    }
    if (size == 0)
        return 0;
    answer(&app, data[0], data + 1, size - 1);
    headers(data + 1, size - 1);
    return 0;
}
