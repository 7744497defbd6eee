#include "unit/serve/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* --- the client ------------------------------------------------------------------------------ */

int http_connect(uint16_t port) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

void http_send(int fd, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

/* Bytes are read one by one up to the end of the head, so that a following answer stays unread. */
static bool read_head(int fd, struct wb_buf *to) {
    char c;
    while (recv(fd, &c, 1, 0) == 1) {
        wb_buf_addc(to, c);
        if (to->len >= 4 && memcmp(to->data + to->len - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    return false;
}

static void read_body(int fd, size_t len, struct wb_buf *to) {
    char piece[4096];
    while (to->len < len) {
        size_t want = len - to->len < sizeof piece ? len - to->len : sizeof piece;
        ssize_t n = recv(fd, piece, want, 0);
        if (n <= 0)
            return;
        wb_buf_add(to, piece, (size_t)n);
    }
}

static void receive_head(int fd, struct http_answer *ret) {
    *ret = (struct http_answer){0};
    while (read_head(fd, &ret->head)) {
        ret->status = atoi(wb_buf_str(&ret->head) + strlen("HTTP/1.1 "));
        if (ret->status != 100)
            break;
        wb_buf_reset(&ret->head);
    }
}

void http_receive(int fd, struct http_answer *ret) {
    receive_head(fd, ret);
    if (ret->status)
        read_body(fd, strtoul(http_header(ret, "Content-Length"), NULL, 10), &ret->body);
}

const char *http_header(struct http_answer *a, const char *name) {
    static _Thread_local char value[1024];
    size_t len = strlen(name);
    for (const char *p = strchr(wb_buf_str(&a->head), '\n'); p; p = strchr(p + 1, '\n'))
        if (strncasecmp(p + 1, name, len) == 0 && p[1 + len] == ':') {
            const char *v = p + 1 + len + 1;
            v += strspn(v, " ");
            snprintf(value, sizeof value, "%.*s", (int)strcspn(v, "\r\n"), v);
            return value;
        }
    return "";
}

void http_answer_done(struct http_answer *a) {
    wb_buf_done(&a->head);
    wb_buf_done(&a->body);
}

void http_ask(uint16_t port, const struct http_ask *q, struct http_answer *ret) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    int fd = http_connect(port);
    wb_buf_addf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s", q->method, q->path, port,
                q->headers ? q->headers : "");
    if (q->token)
        wb_buf_addf(&b, "Authorization: Bearer %s\r\n", q->token);
    if (q->body)
        wb_buf_addf(&b, "Content-Length: %zu\r\nContent-Type: application/json\r\n",
                    strlen(q->body));
    wb_buf_addf(&b, "\r\n%s", q->body ? q->body : "");
    http_send(fd, (const char *)b.data, b.len);
    if (strcmp(q->method, "HEAD") == 0) /* announces a body that does not come */
        receive_head(fd, ret);
    else
        http_receive(fd, ret);
    close(fd);
}

json_t *http_json(struct http_answer *a) {
    json_error_t e;
    json_t *j = json_loadb(wb_buf_str(&a->body), a->body.len, JSON_REJECT_DUPLICATES, &e);
    if (!j)
        fail_msg("no JSON: %s: %s", e.text, wb_buf_str(&a->body));
    return j;
}

/* --- the server ------------------------------------------------------------------------------ */

static enum wb_code meet(struct test_run *run, struct wb_error *err) {
    atomic_fetch_add(&run->n_met, 1);
    while (atomic_load(&run->held))
        wb_clock_sleep_ms(1);
    enum wb_code code = atomic_load(&run->fault);
    return code ? wb_error_set(err, code, "the journal said no") : WB_OK;
}

static enum wb_code status(void *ctx, struct wb_buf *json, struct wb_error *err) {
    if (meet(ctx, err))
        return err->code;
    wb_buf_adds(json, "{\"state\":\"running\"}");
    return WB_OK;
}

enum { N_EVENTS = 5 };

static enum wb_code events(void *ctx, int64_t after, size_t max, struct wb_arena *a,
                           struct wb_events *ret, struct wb_error *err) {
    if (meet(ctx, err))
        return err->code;
    ret->items = WB_NEW_N(a, struct wb_event, N_EVENTS);
    for (int64_t seq = after + 1; seq <= N_EVENTS && ret->n < max; seq++)
        ret->items[ret->n++] =
            (struct wb_event){.seq = seq,
                              .wall_us = 1700000000000000 + seq,
                              .run_us = (uint64_t)seq * 1000,
                              .kind = seq == 1 ? WB_EVENT_RUN_STARTED : WB_EVENT_NOTE,
                              .phase = seq == 1 ? WB_EVENT_NO_PHASE : 2,
                              .step = seq == 3 ? "1" : NULL,
                              .data = seq == 1   ? NULL
                                      : seq == 2 ? "not \"JSON\""
                                                 : "{\"text\":\"a\",\"n\":[1,2]}"};
    return WB_OK;
}

static enum wb_code request(void *ctx, const struct wb_serve_request *r, int64_t *ret_id,
                            struct wb_error *err) {
    struct test_run *run = ctx;
    if (meet(run, err))
        return err->code;
    run->last = *r;
    snprintf(run->last_who, sizeof run->last_who, "%s", r->who);
    snprintf(run->last_role, sizeof run->last_role, "%s", r->role);
    snprintf(run->last_args, sizeof run->last_args, "%s", r->args);
    *ret_id = atomic_fetch_add(&run->n_requests, 1) + 1;
    return WB_OK;
}

static enum wb_code answer(void *ctx, int64_t id, struct wb_serve_answer *ret,
                           struct wb_error *err) {
    if (meet(ctx, err))
        return err->code;
    if (id > 2)
        return wb_error_set(err, WB_E_NOT_FOUND, "no request has number %lld", (long long)id);
    *ret = (struct wb_serve_answer){.progress = id == 1 ? WB_SERVE_WAITING : WB_SERVE_ANSWERED,
                                    .state = WB_ANSWER_REFUSED,
                                    .text = "the phase waits for nothing"};
    return WB_OK;
}

static enum wb_code recorded(void *ctx, uint64_t mismatches, struct wb_error *err) {
    struct test_run *run = ctx;
    atomic_store(&run->to_record, mismatches);
    return meet(run, err);
}

static void health(void *ctx, struct wb_serve_health *ret) {
    ret->state = (enum wb_serve_health_state)atomic_load(&((struct test_run *)ctx)->health);
    ret->tick_age_ms = 7;
    if (ret->state != WB_SERVE_HEALTHY)
        snprintf(ret->why, sizeof ret->why, "the test says so");
}

static void metrics(void *ctx, struct wb_buf *text) {
    (void)ctx;
    wb_buf_adds(text, "# HELP whimbrel_test Of the test.\n# TYPE whimbrel_test gauge\n"
                      "whimbrel_test 1\n");
}

struct wb_serve_ops test_run_ops(struct test_run *run) {
    return (struct wb_serve_ops){.ctx = run,
                                 .flags = run->flags,
                                 .observe = run->observe,
                                 .status = status,
                                 .events = events,
                                 .request = request,
                                 .answer = answer,
                                 .recorded = recorded,
                                 .health = health,
                                 .metrics = metrics};
}

void test_run_start(struct test_run *run, const struct wb_serve_opts *opts) {
    static const struct wb_serve_opts usual = {.address = "0", .token = TEST_TOKEN};
    struct wb_error err = {0};
    memset(run, 0, sizeof *run);
    run->flags = wb_flags_new();
    run->observe = wb_observe_new(&wb_clock_system);
    struct wb_serve_ops ops = test_run_ops(run);
    if (wb_serve_start(opts ? opts : &usual, &ops, &run->server, &err))
        fail_msg("the server did not start: %s", err.text);
}

void test_run_stop(struct test_run *run) {
    wb_serve_stop(run->server);
    wb_observe_free(run->observe);
    wb_flags_free(run->flags);
}
