/* A small HTTP client over plain sockets, and a server with a run of its own behind it, for the
 * tests of src/serve. */
#ifndef WB_TEST_SERVE_HTTP_H
#define WB_TEST_SERVE_HTTP_H

#include "serve/serve.h"

#include <jansson.h>
#include <stdatomic.h>

/* --- the client ------------------------------------------------------------------------------ */

struct http_answer {
    int status; /* 0: the server closed without an answer */
    struct wb_buf head, body;
};

int http_connect(uint16_t port);                       /* 127.0.0.1; fails the test */
void http_send(int fd, const char *bytes, size_t len); /* what the server no longer takes is lost */
/* The next answer on fd. */
void http_receive(int fd, struct http_answer *ret);
/* The value of a header, "" without; in the answer. */
const char *http_header(struct http_answer *a, const char *name);
void http_answer_done(struct http_answer *a);

struct http_ask {
    const char *method, *path;
    const char *token;   /* NULL: none */
    const char *body;    /* NULL: none */
    const char *headers; /* further ones, each with its \r\n; NULL: none */
};

/* One request on a connection of its own. */
void http_ask(uint16_t port, const struct http_ask *q, struct http_answer *ret);
json_t *http_json(struct http_answer *a); /* new reference; fails the test where it is none */

/* --- the server ------------------------------------------------------------------------------ */

#define TEST_TOKEN "test-token-0123456789"

/* A run that keeps in memory what it is asked. */
struct test_run {
    struct wb_flags *flags;
    struct wb_observe *observe;
    struct wb_serve *server;
    atomic_int health; /* enum wb_serve_health_state */
    /* what the next calls of the helper return; and whether they wait until it is cleared */
    _Atomic(enum wb_code) fault;
    atomic_bool held;
    atomic_int n_met; /* calls of the helper so far */
    /* what the helper was asked last; read it after the answer */
    struct wb_serve_request last;
    char last_who[80], last_role[64], last_args[256];
    atomic_int n_requests;
    atomic_uint_fast64_t to_record; /* what observations waited for last */
};

/* opts: NULL for those of a test (port 0, the token above). */
void test_run_start(struct test_run *run, const struct wb_serve_opts *opts);
void test_run_stop(struct test_run *run);
struct wb_serve_ops test_run_ops(struct test_run *run);

#endif
