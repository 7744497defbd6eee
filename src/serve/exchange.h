/* One request and its answer, apart from how they travel: handlers read and fill this and nothing
 * else, so that tests and fuzzers call them without a socket. */
#ifndef WB_SERVE_EXCHANGE_H
#define WB_SERVE_EXCHANGE_H

#include "serve/serve.h"

enum wb_serve_status {
    WB_HTTP_OK = 200,
    WB_HTTP_ACCEPTED = 202,
    WB_HTTP_NOT_MODIFIED = 304,
    WB_HTTP_BAD_REQUEST = 400,
    WB_HTTP_UNAUTHORIZED = 401,
    WB_HTTP_FORBIDDEN = 403,
    WB_HTTP_NOT_FOUND = 404,
    WB_HTTP_NOT_ALLOWED = 405,
    WB_HTTP_TOO_LARGE = 413,
    WB_HTTP_INTERNAL = 500,
    WB_HTTP_UNAVAILABLE = 503,
};

struct wb_serve_counts;

/* What handlers may use of the server. */
struct wb_serve_app {
    struct wb_serve_ops ops;
    const struct wb_clock *clock;
    struct wb_serve_counts *counts; /* of this server's own metrics; NULL in tests of handlers */
};

struct wb_exchange {
    /* set by a handler that has written its answer, but must not give it before this has run in the
     * helper; NULL: it may. to_record: what observations wait for */
    void (*later)(struct wb_serve_app *app, struct wb_exchange *x);
    uint64_t to_record;

    /* the request; strings are the connection's */
    const char *rest; /* of the path, behind the route's fixed part: a flag's key, a request's id */
    const char *(*query)(void *ctx, const char *name);  /* ?name=…, NULL without */
    const char *(*header)(void *ctx, const char *name); /* NULL without */
    void *ctx;
    char client[64]; /* its address */
    struct wb_buf body;

    /* the answer; status 0: none yet */
    unsigned status;
    const char *type;  /* of out; static */
    const char *allow; /* of a 405; static */
    char etag[WB_FLAG_ETAG_BYTES];
    struct wb_buf out;
};

extern const char wb_serve_json_type[];

/* {"error": text, "hint": hint}; hint may be NULL. */
void wb_exchange_fail(struct wb_exchange *x, unsigned status, const char *hint, const char *fmt,
                      ...) __attribute__((format(printf, 4, 5)));
/* The same of an error value: 404 of NOT_FOUND, 400 of a USAGE or PLAN error, 403 of a refusal, 503
 * of what may pass, else 500. */
void wb_exchange_fail_error(struct wb_exchange *x, const struct wb_error *err);

/* Handlers; each sets status, type and out. */
void wb_serve_ofrep_one(struct wb_serve_app *app, struct wb_exchange *x);
void wb_serve_ofrep_all(struct wb_serve_app *app, struct wb_exchange *x);
void wb_serve_observations(struct wb_serve_app *app, struct wb_exchange *x);
void wb_serve_metrics(struct wb_serve_app *app, struct wb_exchange *x);
void wb_serve_healthz(struct wb_serve_app *app, struct wb_exchange *x);
void wb_serve_status(struct wb_serve_app *app, struct wb_exchange *x);
void wb_serve_events(struct wb_serve_app *app, struct wb_exchange *x);
void wb_serve_pause(struct wb_serve_app *app, struct wb_exchange *x);
void wb_serve_resume(struct wb_serve_app *app, struct wb_exchange *x);
void wb_serve_approve(struct wb_serve_app *app, struct wb_exchange *x);
void wb_serve_abort(struct wb_serve_app *app, struct wb_exchange *x);
void wb_serve_answer(struct wb_serve_app *app, struct wb_exchange *x);

#endif
