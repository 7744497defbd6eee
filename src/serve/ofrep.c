/* OpenFeature Remote Evaluation Protocol, version 0.2 of its OpenAPI description
 * (github.com/open-feature/protocol, service/openapi.yaml): a flag's value for a context, and all
 * flags' values with an entity tag. */
#include "base/json.h"
#include "serve/exchange.h"
#include "serve/parse.h"

#include <stdlib.h>

enum { FEW = 32 };

static void write_answer(struct wb_json *j, const struct wb_flag_answer *a, uint64_t version) {
    wb_json_object(j);
    wb_json_key_str(j, "key", a->key);
    if (a->type == WB_FLAG_BOOL)
        wb_json_key_bool(j, "value", a->value);
    else
        wb_json_key_str(j, "value", a->text);
    wb_json_key_str(j, "reason", a->reason);
    wb_json_key_str(j, "variant", a->variant);
    wb_json_key(j, "metadata");
    wb_json_object(j);
    wb_json_key_uint(j, "configurationVersion", version);
    wb_json_end(j);
    wb_json_end(j);
}

/* key: NULL of a bulk evaluation */
static void fail(struct wb_exchange *x, unsigned status, const char *key, const char *code,
                 const char *details) {
    struct wb_json j = {.out = &x->out};
    wb_buf_reset(&x->out);
    wb_json_object(&j);
    if (key)
        wb_json_key_str(&j, "key", key);
    wb_json_key_str(&j, "errorCode", code);
    wb_json_key_str(&j, "errorDetails", details);
    wb_json_end(&j);
    x->status = status;
    x->type = wb_serve_json_type;
}

static bool read_context(struct wb_exchange *x, const char *key, struct wb_ofrep_context *ret) {
    char text[256];
    enum wb_ofrep_fault fault = wb_ofrep_parse(x->body.data, x->body.len, ret, text, sizeof text);
    if (fault)
        fail(x, WB_HTTP_BAD_REQUEST, key, wb_ofrep_fault_word(fault), text);
    return !fault;
}

void wb_serve_ofrep_one(struct wb_serve_app *app, struct wb_exchange *x) {
    struct wb_ofrep_context context = {0};
    struct wb_flag_answer answer;
    uint64_t version;
    if (!read_context(x, x->rest, &context))
        return;
    if (app->ops.flags &&
        wb_flags_evaluate(app->ops.flags, x->rest, context.key, context.len, &answer, &version)) {
        struct wb_json j = {.out = &x->out};
        write_answer(&j, &answer, version);
        x->status = WB_HTTP_OK;
        x->type = wb_serve_json_type;
    } else {
        fail(x, WB_HTTP_NOT_FOUND, x->rest, "FLAG_NOT_FOUND",
             "this run has no such flag; its plan names the flag, and FLAG-stage is its stage");
    }
    wb_ofrep_context_done(&context);
}

static void write_all(struct wb_exchange *x, const struct wb_flag_answer *answers, size_t n,
                      uint64_t version) {
    struct wb_json j = {.out = &x->out};
    wb_json_object(&j);
    wb_json_key(&j, "flags");
    wb_json_array(&j);
    for (size_t i = 0; i < n; i++)
        write_answer(&j, &answers[i], version);
    wb_json_end(&j);
    wb_json_key(&j, "metadata");
    wb_json_object(&j);
    wb_json_key_uint(&j, "configurationVersion", version);
    wb_json_end(&j);
    wb_json_end(&j);
    x->status = WB_HTTP_OK;
    x->type = wb_serve_json_type;
}

static void evaluate_all(struct wb_flags *flags, struct wb_exchange *x,
                         const struct wb_ofrep_context *context) {
    struct wb_flag_answer few[FEW], *answers = few;
    uint64_t version = 0;
    size_t max = FEW, n;
    /* Flags may be made meanwhile, so the number is asked until the place was enough. */
    while ((n = flags ? wb_flags_evaluate_all(flags, context->key, context->len, answers, max,
                                              &version)
                      : 0) > max) {
        if (answers != few)
            free(answers);
        max = n;
        answers = calloc(max, sizeof *answers);
        if (!answers)
            abort();
    }
    write_all(x, answers, n, version);
    if (answers != few)
        free(answers);
}

/* The tag is taken before the values are: a change between them makes the next request ask again,
 * where the other order would keep old values. */
void wb_serve_ofrep_all(struct wb_serve_app *app, struct wb_exchange *x) {
    struct wb_ofrep_context context = {0};
    if (!read_context(x, NULL, &context))
        return;
    if (app->ops.flags)
        wb_flags_etag(app->ops.flags, x->body.data, x->body.len, x->etag);
    if (app->ops.flags &&
        wb_etag_compare(x->header(x->ctx, "If-None-Match"), x->etag) == WB_ETAG_SAME)
        x->status = WB_HTTP_NOT_MODIFIED;
    else
        evaluate_all(app->ops.flags, x, &context);
    wb_ofrep_context_done(&context);
}
