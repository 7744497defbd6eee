/* docs/openapi.yaml and the server say the same: every path and method that one has the other has
 * too; every status that is described is met here, and every answer is as described. */
#include "unit/serve/http.h"
#include "unit/serve/schema.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#define FLAGS "/ofrep/v1/evaluate/flags"
#define JANE "{\"context\":{\"targetingKey\":\"jane\",\"n\":1}}"
#define READ "{\"side\":\"new\",\"operation\":\"read\",\"outcome\":\"ok\",\"latency_ms\":2.5}"

static json_t *api;
static struct test_run run;
static struct wb_serve *without_token;

enum where { USUAL, NO_TOKEN_SERVER, JOURNAL_LOST, STALLED };

/* What to ask so that a path answers with a status. rest stands for "{…}". big: the body is filled
 * up to so many bytes. */
struct recipe {
    const char *method, *path, *rest;
    int status;
    const char *body, *query, *token, *headers;
    enum where where;
    size_t big;
};

/* Too large, but not so large that the server hangs up before it is sent. */
#define TOO_BIG (200 * 1024)
#define TOO_BIG_A_BATCH (2 * 1024 * 1024)
#define RECIPES_OF_REQUEST(p)                                                                    \
    {"post", p, "", 202, "{\"role\":\"dba\",\"step\":\"1\"}", NULL, TEST_TOKEN, NULL, USUAL, 0}, \
        {"post", p, "", 202, NULL, NULL, TEST_TOKEN, NULL, USUAL, 0},                            \
        {"post", p, "", 400, "[]", NULL, TEST_TOKEN, NULL, USUAL, 0},                            \
        {"post", p, "", 401, "{}", NULL, NULL, NULL, USUAL, 0},                                  \
        {"post", p, "", 401, "{}", NULL, TEST_TOKEN "0", NULL, USUAL, 0},                        \
        {"post", p, "", 403, "{}", NULL, TEST_TOKEN, NULL, NO_TOKEN_SERVER, 0},                  \
        {"post", p, "", 413, "{}", NULL, TEST_TOKEN, NULL, USUAL, TOO_BIG}, {                    \
        "post", p, "", 503, "{}", NULL, TEST_TOKEN, NULL, JOURNAL_LOST, 0                        \
    }

static const struct recipe recipes[] = {
    {.method = "post", .path = FLAGS "/{key}", .rest = "reads", .status = 200, .body = JANE},
    {.method = "post", .path = FLAGS "/{key}", .rest = "reads", .status = 200},
    {.method = "post", .path = FLAGS "/{key}", .rest = "reads-stage", .status = 200, .body = JANE},
    {.method = "post", .path = FLAGS "/{key}", .rest = "reads-writes", .status = 200, .body = JANE},
    {.method = "post", .path = FLAGS "/{key}", .rest = "reads", .status = 400, .body = "{"},
    {.method = "post",
     .path = FLAGS "/{key}",
     .rest = "reads",
     .status = 400,
     .body = "{\"context\":1}"},
    {.method = "post", .path = FLAGS "/{key}", .rest = "x", .status = 404, .body = JANE},
    {.method = "post", .path = FLAGS "/{key}", .rest = "reads", .status = 413, .big = TOO_BIG},
    {.method = "post", .path = FLAGS, .status = 200, .body = JANE},
    {.method = "post",
     .path = FLAGS,
     .status = 304,
     .body = JANE,
     .headers = "If-None-Match: *\r\n"},
    {.method = "post", .path = FLAGS, .status = 400, .body = "{\"context\":{\"targetingKey\":1}}"},
    {.method = "post", .path = FLAGS, .status = 413, .big = TOO_BIG},
    {.method = "post",
     .path = "/v1/observations",
     .status = 200,
     .body = READ,
     .token = TEST_TOKEN},
    {.method = "post",
     .path = "/v1/observations",
     .status = 200,
     .body = "[" READ "," READ "]",
     .token = TEST_TOKEN},
    {.method = "post",
     .path = "/v1/observations",
     .status = 200,
     .body = "{\"observations\":[" READ ",{\"operation\":\"shadow\",\"outcome\":\"match\","
             "\"time\":\"2001-01-01T00:00:00Z\"}]}",
     .token = TEST_TOKEN},
    {.method = "post",
     .path = "/v1/observations",
     .status = 400,
     .body = "{\"side\":\"new\"}",
     .token = TEST_TOKEN},
    {.method = "post", .path = "/v1/observations", .status = 401, .body = READ},
    {.method = "post",
     .path = "/v1/observations",
     .status = 403,
     .body = READ,
     .token = TEST_TOKEN,
     .where = NO_TOKEN_SERVER},
    {.method = "post",
     .path = "/v1/observations",
     .status = 413,
     .token = TEST_TOKEN,
     .big = TOO_BIG_A_BATCH},
    {.method = "post",
     .path = "/v1/observations",
     .status = 503,
     .body = "{\"operation\":\"shadow\",\"outcome\":\"mismatch\"}",
     .token = TEST_TOKEN,
     .where = JOURNAL_LOST},
    {.method = "get", .path = "/metrics", .status = 200},
    {.method = "get", .path = "/healthz", .status = 200},
    {.method = "get", .path = "/healthz", .status = 503, .where = STALLED},
    {.method = "get", .path = "/v1/status", .status = 200},
    {.method = "get", .path = "/v1/status", .status = 503, .where = JOURNAL_LOST},
    {.method = "get", .path = "/v1/events", .status = 200},
    {.method = "get", .path = "/v1/events", .status = 200, .query = "?after=2&limit=1"},
    {.method = "get", .path = "/v1/events", .status = 400, .query = "?after=two"},
    {.method = "get", .path = "/v1/events", .status = 503, .where = JOURNAL_LOST},
    {.method = "get", .path = "/v1/requests/{id}", .rest = "1", .status = 200},
    {.method = "get", .path = "/v1/requests/{id}", .rest = "2", .status = 200},
    {.method = "get", .path = "/v1/requests/{id}", .rest = "9", .status = 404},
    {.method = "get",
     .path = "/v1/requests/{id}",
     .rest = "1",
     .status = 503,
     .where = JOURNAL_LOST},
    RECIPES_OF_REQUEST("/v1/pause"),
    RECIPES_OF_REQUEST("/v1/resume"),
    RECIPES_OF_REQUEST("/v1/approve"),
    RECIPES_OF_REQUEST("/v1/abort"),
};
enum { N_RECIPES = sizeof recipes / sizeof recipes[0] };

static int start(void **state) {
    (void)state;
    struct wb_serve_opts opts = {.address = "0"};
    api = yaml_load("docs/openapi.yaml");
    test_run_start(&run, NULL);
    struct wb_serve_ops ops = test_run_ops(&run);
    return wb_flags_set_share(run.flags, "reads", 5000, NULL) ||
           wb_serve_start(&opts, &ops, &without_token, NULL);
}

static int stop(void **state) {
    (void)state;
    wb_serve_stop(without_token);
    test_run_stop(&run);
    json_decref(api);
    return 0;
}

/* --- paths ----------------------------------------------------------------------------------- */

static json_t *operation(const char *path, const char *method) {
    return json_object_get(json_object_get(json_object_get(api, "paths"), path), method);
}

static void route_is_described(void *ctx, const char *path, const char *method) {
    char lower[8] = "";
    for (size_t i = 0; method[i] && i < sizeof lower - 1; i++)
        lower[i] = (char)(method[i] | 0x20);
    if (!operation(path, lower))
        fail_msg("docs/openapi.yaml does not describe %s %s", method, path);
    ++*(size_t *)ctx;
}

static void the_same_paths(void **state) {
    (void)state;
    size_t routes = 0, described = 0;
    const char *path;
    json_t *item;
    wb_serve_each_route(route_is_described, &routes);
    json_object_foreach(json_object_get(api, "paths"), path, item) described +=
        json_object_size(item);
    assert_int_equal(routes, described);
}

/* Each status that is described has a recipe, so that the test below meets it. */
static void every_status_is_met(void **state) {
    (void)state;
    const char *path, *method, *status;
    json_t *item, *op, *response;
    json_object_foreach(json_object_get(api, "paths"), path, item) {
        json_object_foreach(item, method, op) {
            json_object_foreach(json_object_get(op, "responses"), status, response) {
                size_t i = 0;
                while (i < N_RECIPES && (strcmp(recipes[i].path, path) != 0 ||
                                         strcmp(recipes[i].method, method) != 0 ||
                                         recipes[i].status != atoi(status)))
                    i++;
                if (i == N_RECIPES)
                    fail_msg("no recipe for %s %s: %s", method, path, status);
            }
        }
    }
}

/* --- answers --------------------------------------------------------------------------------- */

static void path_of(const struct recipe *r, char *to, size_t size) {
    snprintf(to, size, "%.*s%s%s", (int)strcspn(r->path, "{"), r->path, r->rest ? r->rest : "",
             r->query ? r->query : "");
}

static void ask(const struct recipe *r, struct http_answer *a) {
    char path[128], method[8] = "";
    char *big = r->big ? malloc(r->big + 1) : NULL;
    for (size_t i = 0; r->method[i]; i++)
        method[i] = (char)(r->method[i] & ~0x20);
    path_of(r, path, sizeof path);
    if (big) {
        memset(big, ' ', r->big);
        big[r->big] = 0;
    }
    atomic_store(&run.fault, r->where == JOURNAL_LOST ? WB_E_LOST : WB_OK);
    atomic_store(&run.health, r->where == STALLED ? WB_SERVE_STALLED : WB_SERVE_HEALTHY);
    struct http_ask q = {method, path, r->token, big ? big : r->body, r->headers};
    http_ask(wb_serve_port(r->where == NO_TOKEN_SERVER ? without_token : run.server), &q, a);
    free(big);
}

static void check_headers(json_t *response, struct http_answer *a, const struct recipe *r) {
    const char *name;
    json_t *header;
    json_object_foreach(json_object_get(response, "headers"), name,
                        header) if (json_is_true(json_object_get(header, "required")) &&
                                    !*http_header(a, name))
        fail_msg("%s %s: %d without %s", r->method, r->path, r->status, name);
}

static void check_body(json_t *response, struct http_answer *a, const struct recipe *r) {
    char type[64], why[512] = "";
    snprintf(type, sizeof type, "%s", http_header(a, "Content-Type"));
    type[strcspn(type, ";")] = 0;
    json_t *content = json_object_get(response, "content"), *media = json_object_get(content, type);
    if (!content) {
        assert_int_equal(a->body.len, 0);
        return;
    }
    if (!media)
        fail_msg("%s %s: %d has the type %s", r->method, r->path, r->status, type);
    json_t *v =
        strcmp(type, "application/json") == 0 ? http_json(a) : json_string(wb_buf_str(&a->body));
    if (!schema_validate(api, json_object_get(media, "schema"), v, why, sizeof why))
        fail_msg("%s %s: %d: %s: %s", r->method, r->path, r->status, why, wb_buf_str(&a->body));
    json_decref(v);
}

static void every_answer_is_as_described(void **state) {
    (void)state;
    for (size_t i = 0; i < N_RECIPES; i++) {
        const struct recipe *r = &recipes[i];
        struct http_answer a;
        char status[16];
        ask(r, &a);
        if (a.status != r->status)
            fail_msg("%s %s: %d, not %d: %s", r->method, r->path, a.status, r->status,
                     wb_buf_str(&a.body));
        snprintf(status, sizeof status, "%d", a.status);
        json_t *response =
            json_object_get(json_object_get(operation(r->path, r->method), "responses"), status);
        if (!response)
            fail_msg("%s %s: %d is not described", r->method, r->path, a.status);
        response = schema_resolve(api, response);
        check_headers(response, &a, r);
        check_body(response, &a, r);
        http_answer_done(&a);
    }
}

/* The description of a request's body takes what the server takes. */
static void every_body_is_as_described(void **state) {
    (void)state;
    for (size_t i = 0; i < N_RECIPES; i++) {
        const struct recipe *r = &recipes[i];
        char why[512] = "";
        if (r->status >= 300 || !r->body)
            continue;
        json_t *body =
            schema_resolve(api, json_object_get(operation(r->path, r->method), "requestBody"));
        json_t *media = json_object_get(json_object_get(body, "content"), "application/json");
        json_t *v = json_loads(r->body, 0, NULL);
        assert_non_null(media);
        if (!schema_validate(api, json_object_get(media, "schema"), v, why, sizeof why))
            fail_msg("%s %s: %s: %s", r->method, r->path, why, r->body);
        json_decref(v);
    }
}

/* Whatever needs a token says so in the description, and only that. */
static void every_right_is_as_described(void **state) {
    (void)state;
    for (size_t i = 0; i < N_RECIPES; i++)
        if (recipes[i].status == 401)
            assert_int_equal(json_array_size(json_object_get(
                                 operation(recipes[i].path, recipes[i].method), "security")),
                             1);
        else if (recipes[i].status < 300 && !recipes[i].token)
            assert_null(json_object_get(operation(recipes[i].path, recipes[i].method), "security"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_paths),
        cmocka_unit_test(every_status_is_met),
        cmocka_unit_test(every_answer_is_as_described),
        cmocka_unit_test(every_body_is_as_described),
        cmocka_unit_test(every_right_is_as_described),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, start, stop);
}
