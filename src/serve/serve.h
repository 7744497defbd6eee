/* The HTTP side of a run: flags for applications (OpenFeature Remote Evaluation Protocol),
 * observations from them, metrics for Prometheus, status and requests for people.
 *
 * docs/openapi.yaml describes every path. What a run is, this module does not know: it reads flags
 * and observations (metric), and asks for the rest through struct wb_serve_ops.
 *
 * Threads. Two threads of the server's own speak HTTP and answer flags, observations, metrics and
 * health from memory. Whatever may wait (the journal) is done by one more thread, the helper, which
 * alone calls the ops below that say so, one at a time. No client can make any of them wait for
 * another client: a request must be whole within request_ms, answers are sent as the socket takes
 * them, connections, headers, bodies and the helper's queue are bounded. Nothing here ever blocks a
 * thread of the caller's.
 *
 * Security. Without a host the address is loopback. What changes anything needs "Authorization:
 * Bearer TOKEN"; a server without a token refuses it always. On a loopback address a Host header
 * that is a name other than localhost is refused, so that no web page can read a run through a
 * browser. Neither tokens nor bodies appear in an answer.
 */
#ifndef WB_SERVE_SERVE_H
#define WB_SERVE_SERVE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "journal/journal.h"
#include "metric/flag.h"
#include "metric/observe.h"

#include <stdint.h>

/* --- what a run offers ----------------------------------------------------------------------- */

/* What a POST to /v1/pause, resume, approve or abort asks. Strings live during the call only. */
struct wb_serve_request {
    enum wb_request_kind kind;
    const char *who;  /* "http 127.0.0.1": where it came from; the token is who may */
    const char *role; /* of the body, "" without */
    const char *args; /* the body as one JSON object, without "role"; "{}" without a body */
};

struct wb_serve_answer {
    enum { WB_SERVE_WAITING, WB_SERVE_ANSWERED } progress;
    enum wb_answer_state state; /* of an answered one */
    char text[512];             /* of an answered one: a sentence */
};

/* X(name, word) */
#define WB_SERVE_HEALTHS(X) \
    X(HEALTHY, "ok")        \
    X(STARTING, "starting") \
    X(STALLED, "stalled")   \
    X(JOURNAL, "journal")

/* All but HEALTHY is answered with 503. */
struct wb_serve_health {
    enum wb_serve_health_state {
#define X(name, word) WB_SERVE_##name,
        WB_SERVE_HEALTHS(X)
#undef X
    } state;
    uint64_t tick_age_ms; /* since the run's loop turned */
    char why[300];        /* a sentence, "" when healthy */
};

/* Any function may be NULL: what needs it then answers 404. flags and observe may be NULL too; all
 * must outlive the server. */
struct wb_serve_ops {
    void *ctx;
    struct wb_flags *flags;
    struct wb_observe *observe;

    /* Called by the helper only, one at a time; may wait for a disk or a database. */
    enum wb_code (*status)(void *ctx, struct wb_buf *json, struct wb_error *err); /* an object */
    enum wb_code (*events)(void *ctx, int64_t after_seq, size_t max, struct wb_arena *a,
                           struct wb_events *ret, struct wb_error *err);
    enum wb_code (*request)(void *ctx, const struct wb_serve_request *r, int64_t *ret_id,
                            struct wb_error *err);
    /* NOT_FOUND: no request has this id */
    enum wb_code (*answer)(void *ctx, int64_t id, struct wb_serve_answer *ret,
                           struct wb_error *err);
    /* Wait until so many mismatches, counted from observe's beginning, are durable: before that
     * they are not acknowledged. NULL: they are at once */
    enum wb_code (*recorded)(void *ctx, uint64_t mismatches, struct wb_error *err);

    /* Called by the HTTP threads, also at once; must not wait. */
    void (*health)(void *ctx, struct wb_serve_health *ret);
    void (*metrics)(void *ctx, struct wb_buf *text); /* whole families in Prometheus' text format */
};

/* --- the server ------------------------------------------------------------------------------ */

/* Zero and NULL mean the default. */
struct wb_serve_opts {
    const char *address;          /* "PORT", "HOST:PORT", "[IPV6]:PORT"; port 0: any that is free.
                                     Default: 127.0.0.1:8470 */
    const char *token;            /* see wb_serve_token_load; NULL: nothing may be changed */
    const char *tls_cert_file;    /* PEM, chain included; with tls_key_file: HTTPS */
    const char *tls_key_file;     /* PEM */
    unsigned idle_ms;             /* a connection on which nothing moves: 15,000 (whole seconds) */
    unsigned request_ms;          /* from one whole request to the next; 2 x idle_ms */
    unsigned max_connections;     /* 512; the files that a process may open bound it too */
    unsigned max_per_ip;          /* 256 */
    size_t max_body_bytes;        /* of observations: 1 MiB; other bodies 64 KiB */
    const struct wb_clock *clock; /* for the time of observations; NULL: the system's */
};

enum {
    WB_SERVE_PORT = 8470,
    WB_SERVE_MAX_BATCH = 10000, /* observations a request */
    WB_SERVE_MAX_EVENTS = 1000, /* events an answer */
    WB_SERVE_LATE_MS = 120000,  /* observations older than this are not counted, but told */
    WB_SERVE_TOKEN_MIN = 16,    /* characters of a token */
};

struct wb_serve;

/* Listen and serve. opts and ops are copied, what they point to is not (token and files are read
 * here). USAGE: the address, the token or a combination; IO: the address is taken or a file cannot
 * be read. */
enum wb_code wb_serve_start(const struct wb_serve_opts *opts, const struct wb_serve_ops *ops,
                            struct wb_serve **ret, struct wb_error *err);
/* Refuse new connections, finish what the helper does, end all connections and threads; NULL is
 * allowed. */
void wb_serve_stop(struct wb_serve *s);

uint16_t wb_serve_port(const struct wb_serve *s);
const char *wb_serve_url(const struct wb_serve *s); /* "http://127.0.0.1:8470" */
/* A sentence about a setting that is allowed but unsafe (a token that travels in clear text), or
 * NULL. */
const char *wb_serve_warning(const struct wb_serve *s);

/* The token of file (may be NULL), else of the environment's WHIMBREL_TOKEN, else NULL; in a.
 * USAGE: it is shorter than 16 characters or has some that a header cannot carry, or others than
 * owner and group may read the file. */
enum wb_code wb_serve_token_load(const char *file, struct wb_arena *a, const char **ret,
                                 struct wb_error *err);

/* Call each(ctx, …) for every route: "/ofrep/v1/evaluate/flags/{key}", "POST". A test compares them
 * with docs/openapi.yaml. */
void wb_serve_each_route(void (*each)(void *ctx, const char *path, const char *method), void *ctx);

#endif
