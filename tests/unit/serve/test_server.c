/* The server over real sockets: what it answers, and what it bears from clients that mean no good.
 */
#include "unit/serve/http.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FLAGS "/ofrep/v1/evaluate/flags"
#define JANE "{\"context\":{\"targetingKey\":\"jane\"}}"
#define READ_OK "{\"side\":\"new\",\"operation\":\"read\",\"outcome\":\"ok\",\"latency_ms\":2}"

static struct test_run run;

static int start(void **state) {
    (void)state;
    test_run_start(&run, NULL);
    return 0;
}

static int stop(void **state) {
    (void)state;
    test_run_stop(&run);
    return 0;
}

static uint16_t port(void) {
    return wb_serve_port(run.server);
}

/* One request with the token; its status must be want. The answer is the caller's. */
static struct http_answer ask(int want, const char *method, const char *path, const char *body) {
    struct http_ask q = {.method = method, .path = path, .token = TEST_TOKEN, .body = body};
    struct http_answer a;
    http_ask(port(), &q, &a);
    if (a.status != want)
        fail_msg("%s %s: %d, not %d: %s", method, path, a.status, want, wb_buf_str(&a.body));
    return a;
}

static void ask_only(int want, const char *method, const char *path, const char *body) {
    struct http_answer a = ask(want, method, path, body);
    http_answer_done(&a);
}

static json_t *ask_json(int want, const char *method, const char *path, const char *body) {
    struct http_answer a = ask(want, method, path, body);
    json_t *j = http_json(&a);
    http_answer_done(&a);
    return j;
}

static const char *text_of(const json_t *j, const char *key) {
    const char *s = json_string_value(json_object_get(j, key));
    return s ? s : "";
}

static void set_flag(unsigned share, enum wb_flag_stage stage) {
    assert_int_equal(wb_flags_set_share(run.flags, "reads", share, NULL), WB_OK);
    assert_int_equal(wb_flags_set_stage(run.flags, "reads", stage, NULL), WB_OK);
}

/* --- flags ----------------------------------------------------------------------------------- */

static void one_flag(void **state) {
    (void)state;
    set_flag(5000, WB_FLAG_LIVE);
    json_t *j = ask_json(200, "POST", FLAGS "/reads", JANE);
    struct wb_flag_answer direct;
    assert_true(wb_flags_evaluate(run.flags, "reads", "jane", 4, &direct, NULL));
    assert_string_equal(text_of(j, "key"), "reads");
    assert_true(json_is_boolean(json_object_get(j, "value")));
    assert_int_equal(json_is_true(json_object_get(j, "value")), direct.value);
    assert_string_equal(text_of(j, "reason"), "SPLIT");
    assert_string_equal(text_of(j, "variant"), direct.value ? "new" : "old");
    json_decref(j);
    j = ask_json(200, "POST", FLAGS "/reads-stage", JANE);
    assert_string_equal(text_of(j, "value"), "live");
    assert_string_equal(text_of(j, "variant"), "live");
    json_decref(j);
    j = ask_json(200, "POST", FLAGS "/reads", NULL);
    assert_true(json_is_false(json_object_get(j, "value")));
    assert_string_equal(text_of(j, "reason"), "DEFAULT");
    json_decref(j);
}

static void flags_that_fail(void **state) {
    (void)state;
    set_flag(0, WB_FLAG_OFF);
    json_t *j = ask_json(404, "POST", FLAGS "/no%2Fsuch%22flag", JANE);
    assert_string_equal(text_of(j, "key"), "no/such\"flag");
    assert_string_equal(text_of(j, "errorCode"), "FLAG_NOT_FOUND");
    json_decref(j);
    j = ask_json(400, "POST", FLAGS "/reads", "{\"context\":");
    assert_string_equal(text_of(j, "key"), "reads");
    assert_string_equal(text_of(j, "errorCode"), "PARSE_ERROR");
    json_decref(j);
    j = ask_json(400, "POST", FLAGS "/reads", "{\"context\":{\"targetingKey\":1}}");
    assert_string_equal(text_of(j, "errorCode"), "INVALID_CONTEXT");
    json_decref(j);
    j = ask_json(400, "POST", FLAGS, "[");
    assert_null(json_object_get(j, "key"));
    assert_string_equal(text_of(j, "errorCode"), "PARSE_ERROR");
    json_decref(j);
}

/* The status of a bulk evaluation whose If-None-Match is etag; to: its own ETag. */
static int bulk(const char *body, const char *etag, char *to, size_t size) {
    char header[128];
    snprintf(header, sizeof header, "If-None-Match: %s\r\n", etag);
    struct http_ask q = {
        .method = "POST", .path = FLAGS, .body = body, .headers = *etag ? header : NULL};
    struct http_answer a;
    http_ask(port(), &q, &a);
    snprintf(to, size, "%s", http_header(&a, "ETag"));
    int status = a.status;
    assert_int_equal(a.body.len > 0, status == 200);
    http_answer_done(&a);
    return status;
}

static void all_flags_and_their_etag(void **state) {
    (void)state;
    char first[64], second[64], third[64], again[64];
    static const char other[] = "{\"context\":{\"targetingKey\":\"joe\"}}";
    set_flag(100, WB_FLAG_LIVE);
    json_t *j = ask_json(200, "POST", FLAGS, JANE);
    assert_int_equal(json_array_size(json_object_get(j, "flags")), WB_FLAG_KEYS);
    json_decref(j);
    assert_int_equal(bulk(JANE, "", first, sizeof first), 200);
    assert_int_equal(bulk(JANE, first, again, sizeof again), 304);
    assert_string_equal(first, again);
    /* A tag of one context must not answer for another. */
    assert_int_equal(bulk(other, first, second, sizeof second), 200);
    assert_string_not_equal(first, second);
    set_flag(1000, WB_FLAG_LIVE);
    assert_int_equal(bulk(JANE, first, third, sizeof third), 200);
    assert_string_not_equal(first, third);
    set_flag(100, WB_FLAG_LIVE);
    assert_int_equal(bulk(JANE, third, again, sizeof again), 200);
}

static void many_flags(void **state) {
    (void)state;
    enum { MANY = 100 };
    for (int i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "flag%d", i);
        assert_int_equal(wb_flags_set_share(run.flags, name, 10000, NULL), WB_OK);
    }
    json_t *j = ask_json(200, "POST", FLAGS, JANE), *list = json_object_get(j, "flags");
    assert_int_equal(json_array_size(list), WB_FLAG_KEYS * MANY);
    assert_string_equal(text_of(json_array_get(list, WB_FLAG_KEYS * (MANY - 1)), "key"), "flag99");
    json_decref(j);
}

static void no_flags(void **state) {
    (void)state;
    json_t *j = ask_json(200, "POST", FLAGS, JANE);
    assert_int_equal(json_array_size(json_object_get(j, "flags")), 0);
    json_decref(j);
}

/* --- observations, metrics ------------------------------------------------------------------- */

static void observations_are_counted(void **state) {
    (void)state;
    json_t *j = ask_json(200, "POST", "/v1/observations", "[" READ_OK "," READ_OK "]");
    assert_int_equal(json_integer_value(json_object_get(j, "accepted")), 2);
    json_decref(j);
    /* All or nothing. */
    ask_only(400, "POST", "/v1/observations", "[" READ_OK ",{\"side\":\"new\"}]");
    struct wb_observe_sums sums;
    wb_observe_sum(run.observe, WB_OBSERVE_NEW, WB_OBSERVE_READ, &sums);
    assert_int_equal(sums.total, 2);
    assert_int_equal(sums.timed, 2);
}

#define MISMATCH "{\"operation\":\"shadow\",\"outcome\":\"mismatch\"}"
#define MATCH "{\"operation\":\"shadow\",\"outcome\":\"match\"}"

static void *report_mismatch(void *at) {
    struct http_ask q = {.method = "POST",
                         .path = "/v1/observations",
                         .token = TEST_TOKEN,
                         .body = "[" MATCH "," MISMATCH "]"};
    struct http_answer a;
    http_ask(*(uint16_t *)at, &q, &a);
    int status = a.status;
    http_answer_done(&a);
    return (void *)(intptr_t)status;
}

/* Others are answered while one waits. */
static void mismatches_wait_until_they_are_recorded(void **state) {
    (void)state;
    uint16_t at = port();
    pthread_t thread;
    void *status;
    ask_only(200, "POST", "/v1/observations", MATCH);
    assert_int_equal(atomic_load(&run.to_record), 0);
    atomic_store(&run.held, true);
    assert_int_equal(pthread_create(&thread, NULL, report_mismatch, &at), 0);
    while (atomic_load(&run.to_record) == 0)
        wb_clock_sleep_ms(1);
    assert_int_equal(atomic_load(&run.to_record), 1);
    ask_only(200, "POST", FLAGS, JANE);
    ask_only(200, "POST", "/v1/observations", MATCH);
    atomic_store(&run.held, false);
    pthread_join(thread, &status);
    assert_int_equal((intptr_t)status, 200);

    atomic_store(&run.fault, WB_E_TIMEOUT);
    json_t *j = ask_json(503, "POST", "/v1/observations", "[" MISMATCH "," MISMATCH "]");
    assert_non_null(strstr(json_string_value(json_object_get(j, "error")), "journal"));
    json_decref(j);
    assert_int_equal(atomic_load(&run.to_record), 3);

    /* where the journal knows that they come in, or nobody judges by them, they do not wait */
    assert_int_equal(wb_observe_set_record(run.observe, WB_OBSERVE_RECORDED), 3);
    ask_only(200, "POST", "/v1/observations", MISMATCH);
    assert_int_equal(wb_observe_set_record(run.observe, WB_OBSERVE_UNUSED), 4);
    ask_only(200, "POST", "/v1/observations", MISMATCH);
    (void)wb_observe_set_record(run.observe, WB_OBSERVE_TO_RECORD);
    ask_only(503, "POST", "/v1/observations", MISMATCH);
    assert_int_equal(atomic_load(&run.to_record), 6);
}

/* The value of a sample of the exposition, -1 where it is missing. */
static double sample(const char *text, const char *name) {
    size_t len = strlen(name);
    for (const char *p = text; p; p = strchr(p, '\n')) {
        p += *p == '\n';
        if (strncmp(p, name, len) == 0 && p[len] == ' ')
            return strtod(p + len, NULL);
    }
    return -1;
}

static void metrics(void **state) {
    (void)state;
    ask_only(200, "POST", "/v1/observations",
             "[" READ_OK ",{\"operation\":\"shadow\",\"outcome\":\"mismatch\",\"latency_ms\":300},"
             "{\"side\":\"old\",\"operation\":\"write\",\"outcome\":\"error\",\"time\":1}]");
    ask_only(404, "GET", "/nothing", NULL);
    struct http_answer a = ask(200, "GET", "/metrics", NULL);
    assert_string_equal(http_header(&a, "Content-Type"),
                        "text/plain; version=0.0.4; charset=utf-8");
    const char *t = wb_buf_str(&a.body);
#define NEW_READ "{side=\"new\",operation=\"read\""
    assert_true(sample(t, "whimbrel_observations_total" NEW_READ "}") == 2);
    assert_true(sample(t, "whimbrel_shadow_mismatches_total" NEW_READ "}") == 1);
    assert_true(sample(t, "whimbrel_observations_late_total") == 1);
    assert_true(
        sample(t, "whimbrel_observation_latency_seconds_bucket" NEW_READ ",le=\"0.001\"}") == 0);
    assert_true(
        sample(t, "whimbrel_observation_latency_seconds_bucket" NEW_READ ",le=\"0.005\"}") == 1);
    assert_true(sample(t, "whimbrel_observation_latency_seconds_bucket" NEW_READ ",le=\"+Inf\"}") ==
                2);
    double sum = sample(t, "whimbrel_observation_latency_seconds_sum" NEW_READ "}");
    assert_true(sum > 0.302 * 0.99 && sum < 0.302 * 1.01);
    assert_true(sample(t, "whimbrel_http_requests_total{path=\"other\",status=\"4xx\"}") == 1);
    assert_true(sample(t, "whimbrel_test") == 1);
    assert_int_equal(t[a.body.len - 1], '\n');
    http_answer_done(&a);
}

/* Every line is a comment or a sample, every family is announced once and before its samples. */
static void metrics_are_well_formed(void **state) {
    (void)state;
    struct http_answer a = ask(200, "GET", "/metrics", NULL);
    char family[128] = "", *save = NULL;
    for (char *line = strtok_r((char *)a.body.data, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char name[128], *end;
        if (sscanf(line, "# TYPE %127s", name) == 1) {
            snprintf(family, sizeof family, "%s", name);
            continue;
        }
        if (line[0] == '#')
            continue;
        if (strncmp(line, family, strlen(family)) != 0)
            fail_msg("outside of its family: %s", line);
        const char *value = strrchr(line, ' ');
        assert_non_null(value);
        strtod(value + 1, &end);
        assert_int_equal(*end, 0);
    }
    http_answer_done(&a);
}

static void health(void **state) {
    (void)state;
    static const struct {
        enum wb_serve_health_state is;
        const char *word;
    } bad[] = {{WB_SERVE_STARTING, "starting"},
               {WB_SERVE_STALLED, "stalled"},
               {WB_SERVE_JOURNAL, "journal"}};
    json_t *j = ask_json(200, "GET", "/healthz", NULL);
    assert_string_equal(text_of(j, "status"), "ok");
    assert_true(json_is_null(json_object_get(j, "why")));
    assert_int_equal(json_integer_value(json_object_get(j, "tick_age_ms")), 7);
    json_decref(j);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        atomic_store(&run.health, bad[i].is);
        j = ask_json(503, "GET", "/healthz", NULL);
        assert_string_equal(text_of(j, "status"), bad[i].word);
        assert_string_equal(text_of(j, "why"), "the test says so");
        json_decref(j);
    }
    struct http_answer a = ask(503, "HEAD", "/healthz?x=y", NULL);
    http_answer_done(&a);
}

/* --- status, events, requests ---------------------------------------------------------------- */

static void events(void **state) {
    (void)state;
    json_t *j = ask_json(200, "GET", "/v1/events?after=1&limit=3", NULL);
    json_t *list = json_object_get(j, "events");
    assert_int_equal(json_array_size(list), 3);
    assert_int_equal(json_integer_value(json_object_get(j, "next")), 4);
    assert_string_equal(text_of(json_array_get(list, 0), "data"), "not \"JSON\"");
    const json_t *data = json_object_get(json_array_get(list, 1), "data");
    assert_string_equal(text_of(data, "text"), "a");
    assert_string_equal(text_of(json_array_get(list, 1), "step"), "1");
    assert_string_equal(text_of(json_array_get(list, 1), "kind"), "note");
    json_decref(j);
    j = ask_json(200, "GET", "/v1/events?after=5", NULL);
    assert_int_equal(json_array_size(json_object_get(j, "events")), 0);
    assert_int_equal(json_integer_value(json_object_get(j, "next")), 5);
    json_decref(j);
    ask_only(400, "GET", "/v1/events?after=x", NULL);
    ask_only(400, "GET", "/v1/events?after=-1", NULL);
    ask_only(400, "GET", "/v1/events?limit=1001", NULL);
}

static void requests(void **state) {
    (void)state;
    static const char *const words[] = {"pause", "resume", "approve", "abort"};
    static const enum wb_request_kind kinds[] = {WB_REQUEST_PAUSE, WB_REQUEST_RESUME,
                                                 WB_REQUEST_APPROVE, WB_REQUEST_ABORT};
    for (int i = 0; i < 4; i++) {
        char path[32];
        snprintf(path, sizeof path, "/v1/%s", words[i]);
        json_t *j = ask_json(202, "POST", path, "{\"role\":\"dba\",\"step\":\"2\"}");
        assert_int_equal(json_integer_value(json_object_get(j, "id")), i + 1);
        assert_string_equal(text_of(j, "request"), words[i]);
        json_decref(j);
        assert_int_equal(run.last.kind, kinds[i]);
        assert_string_equal(run.last_who, "http 127.0.0.1");
        assert_string_equal(run.last_role, "dba");
        assert_string_equal(run.last_args, "{\"step\":\"2\"}");
    }
    ask_only(400, "POST", "/v1/pause", "[]");
    assert_int_equal(atomic_load(&run.n_requests), 4);
    json_t *j = ask_json(200, "GET", "/v1/requests/1", NULL);
    assert_string_equal(text_of(j, "state"), "waiting");
    json_decref(j);
    j = ask_json(200, "GET", "/v1/requests/2", NULL);
    assert_string_equal(text_of(j, "state"), "refused");
    json_decref(j);
    ask_only(404, "GET", "/v1/requests/3", NULL);
    ask_only(404, "GET", "/v1/requests/x", NULL);
    ask_only(404, "GET", "/v1/requests/", NULL);
}

static void faults_of_the_journal(void **state) {
    (void)state;
    static const struct {
        enum wb_code code;
        int status;
    } cases[] = {{WB_E_LOST, 503},   {WB_E_DISK_FULL, 503}, {WB_E_NOT_FOUND, 404},
                 {WB_E_FENCED, 403}, {WB_E_INTERNAL, 500},  {WB_E_USAGE, 400}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        atomic_store(&run.fault, cases[i].code);
        json_t *j = ask_json(cases[i].status, "GET", "/v1/status", NULL);
        assert_string_equal(text_of(j, "error"), "the journal said no");
        json_decref(j);
    }
}

static void what_a_run_does_not_offer(void **state) {
    (void)state;
    struct wb_serve *bare;
    struct wb_serve_ops none = {0};
    struct wb_serve_opts opts = {.address = "0", .token = TEST_TOKEN};
    static const char *const paths[] = {"/v1/status", "/v1/events", "/v1/requests/1", "/healthz",
                                        "/metrics"};
    assert_int_equal(wb_serve_start(&opts, &none, &bare, NULL), WB_OK);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct http_ask q = {.method = "GET", .path = paths[i]};
        struct http_answer a;
        http_ask(wb_serve_port(bare), &q, &a);
        assert_int_equal(a.status, i < 3 ? 404 : 200);
        http_answer_done(&a);
    }
    struct http_ask q = {.method = "POST", .path = FLAGS "/reads", .body = JANE};
    struct http_answer a;
    http_ask(wb_serve_port(bare), &q, &a);
    assert_int_equal(a.status, 404);
    http_answer_done(&a);
    wb_serve_stop(bare);
}

/* --- who may --------------------------------------------------------------------------------- */

static int status_with(uint16_t at, const char *path, const char *token, const char *headers) {
    struct http_ask q = {
        .method = "POST", .path = path, .token = token, .body = READ_OK, .headers = headers};
    struct http_answer a;
    http_ask(at, &q, &a);
    int status = a.status;
    assert_int_equal(*http_header(&a, "WWW-Authenticate") != 0, status == 401);
    /* Nothing of what was sent comes back. */
    assert_null(strstr(wb_buf_str(&a.body), "01234567"));
    http_answer_done(&a);
    return status;
}

static void tokens(void **state) {
    (void)state;
    static const char *const paths[] = {"/v1/observations", "/v1/pause", "/v1/resume",
                                        "/v1/approve", "/v1/abort"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(status_with(port(), paths[i], NULL, NULL), 401);
        assert_int_equal(status_with(port(), paths[i], "test-token-0123456780", NULL), 401);
        assert_int_equal(status_with(port(), paths[i], TEST_TOKEN "x", NULL), 401);
        assert_int_equal(
            status_with(port(), paths[i], NULL, "Authorization: Basic " TEST_TOKEN "\r\n"), 401);
        assert_int_equal(status_with(port(), paths[i], TEST_TOKEN, NULL), i ? 202 : 200);
    }
    assert_int_equal(atomic_load(&run.n_requests), 4);
    struct wb_observe_sums sums;
    wb_observe_sum(run.observe, WB_OBSERVE_NEW, WB_OBSERVE_OPS, &sums);
    assert_int_equal(sums.total, 1);
}

static void a_server_without_a_token(void **state) {
    (void)state;
    struct wb_serve_opts opts = {.address = "127.0.0.1:0"};
    struct wb_serve_ops ops = test_run_ops(&run);
    struct wb_serve *open;
    assert_int_equal(wb_serve_start(&opts, &ops, &open, NULL), WB_OK);
    assert_int_equal(status_with(wb_serve_port(open), "/v1/pause", NULL, NULL), 403);
    assert_int_equal(status_with(wb_serve_port(open), "/v1/observations", TEST_TOKEN, NULL), 403);
    assert_int_equal(status_with(wb_serve_port(open), "/v1/abort", "", NULL), 403);
    assert_int_equal(atomic_load(&run.n_requests), 0);
    wb_serve_stop(open);
}

static int status_for_host(const char *host) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct http_answer a;
    int fd = http_connect(port());
    wb_buf_addf(&b, "GET /v1/status HTTP/1.1\r\nHost: %s\r\n\r\n", host);
    http_send(fd, (const char *)b.data, b.len);
    http_receive(fd, &a);
    close(fd);
    http_answer_done(&a);
    return a.status;
}

static void names_of_other_hosts(void **state) {
    (void)state;
    assert_int_equal(status_for_host("localhost:8470"), 200);
    assert_int_equal(status_for_host("[::1]:8470"), 200);
    assert_int_equal(status_for_host("attacker.example"), 403);
    assert_int_equal(status_for_host("127.0.0.1.attacker.example:8470"), 403);
}

/* Write text with mode to a file and load it as a token. */
static enum wb_code load_token(const char *text, mode_t mode, char *to, size_t size) {
    char path[] = "/tmp/wb-token-XXXXXX";
    struct wb_arena a = {0};
    const char *token = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    enum wb_code code = wb_serve_token_load(path, &a, &token, NULL);
    snprintf(to, size, "%s", token ? token : "");
    unlink(path);
    wb_arena_done(&a);
    return code;
}

static void token_files(void **state) {
    (void)state;
    char token[128];
    assert_int_equal(load_token("0123456789abcdef\n", 0600, token, sizeof token), WB_OK);
    assert_string_equal(token, "0123456789abcdef");
    assert_int_equal(load_token("0123456789abcdef\r\n", 0640, token, sizeof token), WB_OK);
    assert_string_equal(token, "0123456789abcdef");
    assert_int_equal(load_token("0123456789abcdef", 0644, token, sizeof token), WB_E_USAGE);
    assert_int_equal(load_token("short\n", 0600, token, sizeof token), WB_E_USAGE);
    assert_int_equal(load_token("", 0600, token, sizeof token), WB_E_USAGE);
    assert_int_equal(load_token("0123456789 abcdef", 0600, token, sizeof token), WB_E_USAGE);
    assert_int_equal(load_token("0123456789\nabcdef", 0600, token, sizeof token), WB_E_USAGE);
    struct wb_arena a = {0};
    const char *got = NULL;
    assert_int_equal(wb_serve_token_load("/nowhere/token", &a, &got, NULL), WB_E_IO);
    assert_int_equal(wb_serve_token_load("/tmp", &a, &got, NULL), WB_E_IO);
    setenv("WHIMBREL_TOKEN", "fedcba9876543210", 1);
    assert_int_equal(wb_serve_token_load(NULL, &a, &got, NULL), WB_OK);
    assert_string_equal(got, "fedcba9876543210");
    setenv("WHIMBREL_TOKEN", "", 1);
    assert_int_equal(wb_serve_token_load(NULL, &a, &got, NULL), WB_E_USAGE);
    unsetenv("WHIMBREL_TOKEN");
    assert_int_equal(wb_serve_token_load(NULL, &a, &got, NULL), WB_OK);
    assert_null(got);
    wb_arena_done(&a);
}

static void addresses(void **state) {
    (void)state;
    static const char *const bad[] = {"x", "127.0.0.1:65536", "::1:80", "1.2.3.4:", ":-1", "a:b:1"};
    struct wb_serve_ops ops = {0};
    struct wb_serve *s = NULL;
    struct wb_error err = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct wb_serve_opts opts = {.address = bad[i]};
        assert_int_equal(wb_serve_start(&opts, &ops, &s, &err), WB_E_USAGE);
    }
    char taken[32];
    snprintf(taken, sizeof taken, "127.0.0.1:%u", port());
    struct wb_serve_opts opts = {.address = taken};
    assert_int_equal(wb_serve_start(&opts, &ops, &s, &err), WB_E_IO);
    assert_non_null(strstr(err.text, "Address already in use"));
    opts.address = "203.0.113.77:0";
    assert_int_equal(wb_serve_start(&opts, &ops, &s, &err), WB_E_IO);
    assert_null(s);
    opts = (struct wb_serve_opts){.address = "0", .token = "short"};
    assert_int_equal(wb_serve_start(&opts, &ops, &s, &err), WB_E_USAGE);
    opts = (struct wb_serve_opts){.address = "0", .tls_cert_file = "/nowhere"};
    assert_int_equal(wb_serve_start(&opts, &ops, &s, &err), WB_E_USAGE);
}

static void warnings(void **state) {
    (void)state;
    struct wb_serve_ops ops = {0};
    struct wb_serve_opts opts = {.address = "0.0.0.0:0", .token = TEST_TOKEN};
    struct wb_serve *s;
    assert_null(wb_serve_warning(run.server));
    assert_int_equal(strncmp(wb_serve_url(run.server), "http://127.0.0.1:", 17), 0);
    assert_int_equal(wb_serve_start(&opts, &ops, &s, NULL), WB_OK);
    assert_non_null(strstr(wb_serve_warning(s), "clear text"));
    wb_serve_stop(s);
    opts.token = NULL;
    assert_int_equal(wb_serve_start(&opts, &ops, &s, NULL), WB_OK);
    assert_non_null(strstr(wb_serve_warning(s), "can read flags, status and events"));
    wb_serve_stop(s);
}

/* --- awkward and hostile clients ------------------------------------------------------------- */

static void paths_and_methods(void **state) {
    (void)state;
    ask_only(404, "GET", "/", NULL);
    ask_only(404, "GET", "/v1", NULL);
    ask_only(404, "GET", "/metrics/", NULL);
    ask_only(404, "GET", "/v1/../metrics", NULL);
    ask_only(404, "POST", FLAGS "/", JANE);
    struct http_answer a = ask(405, "GET", FLAGS "/reads", NULL);
    assert_string_equal(http_header(&a, "Allow"), "POST");
    http_answer_done(&a);
    a = ask(405, "DELETE", "/metrics", NULL);
    assert_string_equal(http_header(&a, "Allow"), "GET, HEAD");
    http_answer_done(&a);
    ask_only(405, "PUT", "/v1/pause", "{}");
    ask_only(405, "OPTIONS", "/v1/observations", NULL);
}

static void pipelining(void **state) {
    (void)state;
    enum { MANY = 50 };
    WB_CLEANUP_BUF struct wb_buf b = {0};
    set_flag(10000, WB_FLAG_COMPLETE);
    for (int i = 0; i < MANY; i++)
        wb_buf_addf(&b,
                    "POST " FLAGS "/%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%s"
                    "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
                    i % 2 ? "reads" : "unknown", strlen(JANE), JANE);
    int fd = http_connect(port());
    http_send(fd, (const char *)b.data, b.len);
    for (int i = 0; i < 2 * MANY; i++) {
        struct http_answer a;
        http_receive(fd, &a);
        assert_int_equal(a.status, i % 4 == 0 ? 404 : 200);
        if (i % 2)
            assert_string_equal(wb_buf_str(&a.body), "{\"state\":\"running\"}");
        http_answer_done(&a);
    }
    close(fd);
}

/* Send a head, then body bytes until the server answers or closes; its status. */
static int flood(const char *head, const char *piece, size_t pieces) {
    struct http_answer a;
    int fd = http_connect(port());
    http_send(fd, head, strlen(head));
    for (size_t i = 0; i < pieces; i++)
        http_send(fd, piece, strlen(piece));
    http_receive(fd, &a);
    close(fd);
    http_answer_done(&a);
    return a.status;
}

#define POST_OBSERVATIONS                                                                         \
    "POST /v1/observations HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " TEST_TOKEN "\r" \
    "\n"

static void huge_bodies(void **state) {
    (void)state;
    static char chunk[65536 + 32];
    /* Announced: refused before a byte of it. */
    assert_int_equal(flood(POST_OBSERVATIONS "Content-Length: 99999999999\r\n\r\n", "", 0), 413);
    assert_int_equal(flood("POST " FLAGS "/x HTTP/1.1\r\nHost: localhost\r\n"
                           "Content-Length: 999999\r\n\r\n",
                           "", 0),
                     413);
    assert_int_equal(flood(POST_OBSERVATIONS "Content-Length: 18446744073709551617\r\n\r\n", "", 0),
                     413);
    /* Unannounced: dropped beyond the limit, and cut off when it does not end. */
    int n = snprintf(chunk, sizeof chunk, "10000\r\n");
    memset(chunk + n, 'x', 65536);
    snprintf(chunk + n + 65536, sizeof chunk - (size_t)n - 65536, "\r\n");
    assert_int_equal(flood(POST_OBSERVATIONS "Transfer-Encoding: chunked\r\n\r\n", chunk, 2000), 0);
    WB_CLEANUP_BUF struct wb_buf some = {0};
    for (int i = 0; i < 20; i++)
        wb_buf_adds(&some, chunk);
    wb_buf_adds(&some, "0\r\n\r\n");
    assert_int_equal(
        flood(POST_OBSERVATIONS "Transfer-Encoding: chunked\r\n\r\n", wb_buf_str(&some), 1), 413);
    ask_only(200, "GET", "/healthz", NULL);
}

static void huge_heads(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_buf_adds(&b, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n");
    for (int i = 0; i < 5000; i++)
        wb_buf_addf(&b, "X-Filler-%d: 0123456789012345678901234567890123456789\r\n", i);
    wb_buf_adds(&b, "\r\n");
    int status = flood(wb_buf_str(&b), "", 0);
    assert_true(status == 431 || status == 413 || status == 0);
    wb_buf_reset(&b);
    wb_buf_adds(&b, "GET /");
    for (int i = 0; i < 5000; i++)
        wb_buf_adds(&b, "aaaaaaaaaaaaaaaaaaaa");
    status = flood(wb_buf_str(&b), "", 0);
    assert_true(status == 414 || status == 431 || status == 0);
    ask_only(200, "GET", "/healthz", NULL);
}

/* No HTTP at all: closed or refused, and the next client is served. */
static void garbage(void **state) {
    (void)state;
    static const char *const heads[] = {
        "\r\n\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        "GET /healthz HTTP/9.9\r\n\r\n",
        "POST " FLAGS " HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Length: -5\r\n\r\n",
        "POST " FLAGS " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct http_answer a;
        int fd = http_connect(port());
        http_send(fd, heads[i], strlen(heads[i]));
        shutdown(fd, SHUT_WR);
        http_receive(fd, &a);
        close(fd);
        if (a.status == 200)
            fail_msg("answered: %s", heads[i]);
        http_answer_done(&a);
        ask_only(200, "GET", "/healthz", NULL);
    }
}

static int start_with(unsigned idle_ms, unsigned request_ms) {
    struct wb_serve_opts opts = {.address = "0",
                                 .token = TEST_TOKEN,
                                 .idle_ms = idle_ms,
                                 .request_ms = request_ms,
                                 .max_connections = 64,
                                 .max_per_ip = 40};
    test_run_start(&run, &opts);
    return 0;
}

static int start_impatient(void **state) {
    (void)state;
    return start_with(1000, 1500);
}

/* Only the time for a whole request runs out, however slow this client is. */
static int start_patient(void **state) {
    (void)state;
    return start_with(3600000, 2500);
}

/* Clients that send their request byte by byte, faster than the idle time-out: the server ends
 * each, and answers others all the while. The test ends when it has done so. */
static void slow_senders(void **state) {
    (void)state;
    enum { SLOW = 30 };
    static const char head[] = "POST " FLAGS "/reads HTTP/1.1\r\nHost: localhost\r\nX-A: ";
    int fds[SLOW], alive = SLOW;
    for (int i = 0; i < SLOW; i++) {
        fds[i] = http_connect(port());
        http_send(fds[i], head, strlen(head));
    }
    while (alive > 0) {
        alive = 0;
        for (int i = 0; i < SLOW; i++) {
            char c;
            http_send(fds[i], "a", 1);
            ssize_t n = recv(fds[i], &c, 1, MSG_DONTWAIT | MSG_PEEK);
            alive += n < 0;
        }
        ask_only(200, "POST", FLAGS, JANE);
        wb_clock_sleep_ms(20);
    }
    for (int i = 0; i < SLOW; i++)
        close(fds[i]);
    struct http_answer a = ask(200, "GET", "/metrics", NULL);
    assert_true(sample(wb_buf_str(&a.body), "whimbrel_http_overdue_total") == SLOW);
    http_answer_done(&a);
}

/* A body that comes slowly is no better than a head. */
static void slow_body(void **state) {
    (void)state;
    static const char head[] = POST_OBSERVATIONS "Content-Length: 100000\r\n\r\n";
    int fd = http_connect(port());
    char c;
    http_send(fd, head, strlen(head));
    do {
        http_send(fd, " ", 1);
        wb_clock_sleep_ms(20);
    } while (recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) < 0);
    close(fd);
}

/* A client that opens connections without end gets no more than its share, and they end. */
static void many_connections(void **state) {
    (void)state;
    enum { MANY = 200 };
    int fds[MANY];
    for (int i = 0; i < MANY; i++)
        fds[i] = http_connect(port());
    struct http_answer a = {0};
    do {
        http_answer_done(&a);
        struct http_ask q = {.method = "GET", .path = "/metrics"};
        http_ask(port(), &q, &a);
    } while (a.status != 200);
    assert_true(sample(wb_buf_str(&a.body), "whimbrel_http_connections") <= 40);
    http_answer_done(&a);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
}

static void *ask_status(void *ctx) {
    struct http_ask q = {.method = "GET", .path = "/v1/status"};
    struct http_answer a;
    (void)ctx;
    http_ask(port(), &q, &a);
    int status = a.status;
    http_answer_done(&a);
    return (void *)(intptr_t)status;
}

/* While the journal does not answer, flags and observations do; too many who wait are refused. */
static void a_journal_that_hangs(void **state) {
    (void)state;
    enum { MANY = 100 };
    pthread_t threads[MANY];
    int fine = 0, refused = 0;
    set_flag(0, WB_FLAG_OFF);
    atomic_store(&run.held, true);
    assert_int_equal(pthread_create(&threads[0], NULL, ask_status, NULL), 0);
    while (
        !atomic_load(&run.n_met)) /* one is with the helper, which leaves the queue to the others */
        wb_clock_sleep_ms(1);
    for (int i = 1; i < MANY; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_status, NULL), 0);
    for (int i = 0; i < 200; i++) {
        ask_only(200, "POST", FLAGS "/reads", JANE);
        ask_only(200, "POST", "/v1/observations", READ_OK);
    }
    atomic_store(&run.held, false);
    for (int i = 0; i < MANY; i++) {
        void *status;
        pthread_join(threads[i], &status);
        fine += (intptr_t)status == 200;
        refused += (intptr_t)status == 503;
    }
    assert_int_equal(fine + refused, MANY);
    assert_true(fine >= 65);
}

/* Stopping waits for what the helper does, and for its answer to be sent. */
static void stop_while_waiting(void **state) {
    (void)state;
    pthread_t thread;
    void *status;
    struct test_run other = run;
    test_run_start(&run, NULL);
    atomic_store(&run.held, true);
    assert_int_equal(pthread_create(&thread, NULL, ask_status, NULL), 0);
    while (!atomic_load(&run.n_met))
        wb_clock_sleep_ms(1);
    atomic_store(&run.held, false);
    test_run_stop(&run);
    pthread_join(thread, &status);
    assert_int_equal((intptr_t)status, 200);
    run = other;
}

static void *add_many(void *ctx) {
    enum { ROUNDS = 100, EACH = 20 };
    WB_CLEANUP_BUF struct wb_buf body = {0};
    uint16_t at = *(const uint16_t *)ctx;
    for (int i = 0; i < EACH; i++)
        wb_buf_addf(&body, "%c" READ_OK, i ? ',' : '[');
    wb_buf_addc(&body, ']');
    intptr_t accepted = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct http_ask q = {.method = "POST",
                             .path = "/v1/observations",
                             .token = TEST_TOKEN,
                             .body = wb_buf_str(&body)};
        struct http_answer a;
        http_ask(at, &q, &a);
        if (a.status == 200)
            accepted += EACH;
        http_answer_done(&a);
    }
    return (void *)accepted;
}

static void no_observation_is_lost(void **state) {
    (void)state;
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    uint16_t at = port();
    size_t accepted = 0;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, &at), 0);
    for (int i = 0; i < THREADS; i++) {
        void *n;
        pthread_join(threads[i], &n);
        accepted += (size_t)(intptr_t)n;
    }
    struct wb_observe_sums sums;
    wb_observe_sum(run.observe, WB_OBSERVE_NEW, WB_OBSERVE_READ, &sums);
    assert_int_equal(sums.total, accepted);
    assert_int_equal(accepted, 8 * 100 * 20);
}

#define WITH(setup, name) cmocka_unit_test_setup_teardown(name, setup, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(start, one_flag),
        WITH(start, flags_that_fail),
        WITH(start, all_flags_and_their_etag),
        WITH(start, many_flags),
        WITH(start, no_flags),
        WITH(start, observations_are_counted),
        WITH(start, mismatches_wait_until_they_are_recorded),
        WITH(start, metrics),
        WITH(start, metrics_are_well_formed),
        WITH(start, health),
        WITH(start, events),
        WITH(start, requests),
        WITH(start, faults_of_the_journal),
        WITH(start, what_a_run_does_not_offer),
        WITH(start, tokens),
        WITH(start, a_server_without_a_token),
        WITH(start, names_of_other_hosts),
        WITH(start, token_files),
        WITH(start, addresses),
        WITH(start, warnings),
        WITH(start, paths_and_methods),
        WITH(start, pipelining),
        WITH(start, huge_bodies),
        WITH(start, huge_heads),
        WITH(start_impatient, garbage),
        WITH(start_patient, slow_senders),
        WITH(start_patient, slow_body),
        WITH(start_impatient, many_connections),
        WITH(start, a_journal_that_hangs),
        WITH(start, stop_while_waiting),
        WITH(start, no_observation_is_lost),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
