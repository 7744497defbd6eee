/* Between libmicrohttpd and the handlers.
 *
 * libmicrohttpd calls wb_serve_on_request several times a request: first with the headers alone,
 * then with pieces of the body, then once more at its end. The first call decides whether the
 * request may go on; it returns without an answer even where that is known already, because an
 * answer in the first call makes libmicrohttpd close the connection, which costs five times as
 * much as a request. Only a body that is far too large is answered at once; one that is a little
 * too large is read and dropped, because a client that is still sending when the connection closes
 * may never see the answer. At the end the handler answers, here or in the helper; meanwhile the
 * connection is suspended, and resumed it is called once more and sends what the helper wrote. */
#include "serve/route.h"
#include "serve/server.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DROPPED_BODIES = 4 }; /* times what is allowed: read and dropped, more is not */

struct request {
    struct wb_job job; /* the first member: the helper gives it back */
    struct wb_exchange x;
    struct wb_serve *server;
    struct MHD_Connection *connection;
    const struct wb_route *route; /* NULL: refused, x.status tells why */
    size_t max_body_bytes, seen_bytes;
    enum { READING, AT_HELPER, ANSWERED } state;
    bool owed; /* counted as such */
};

static const char *get_query(void *ctx, const char *name) {
    const struct request *r = ctx;
    return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

static const char *get_header(void *ctx, const char *name) {
    const struct request *r = ctx;
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

static void name_client(struct MHD_Connection *c, char *to, size_t size) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info ? info->client_addr : NULL;
    if (a && a->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)a)->sin_addr, to, (socklen_t)size);
    else if (a && a->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)a)->sin6_addr, to, (socklen_t)size);
}

/* --- may it? --------------------------------------------------------------------------------- */

static void judge_host(struct request *r) {
    const char *host = get_header(r, "Host");
    if (r->server->listen.reach == WB_REACH_LOOPBACK && host &&
        wb_host_kind_of(host) == WB_HOST_NAME)
        wb_exchange_fail(&r->x, WB_HTTP_FORBIDDEN,
                         "use 127.0.0.1 or localhost, or let the server listen on another address",
                         "this server listens on loopback, where it answers to \"localhost\" and "
                         "addresses only");
}

static void judge_token(struct request *r) {
    if (r->server->token == WB_TOKEN_NONE) {
        wb_exchange_fail(&r->x, WB_HTTP_FORBIDDEN,
                         "start it with WHIMBREL_TOKEN or --token-file, and send the same token",
                         "this server was started without a token, so nothing may be changed or "
                         "reported through it");
        return;
    }
    switch (wb_token_check(get_header(r, "Authorization"), r->server->token_digest)) {
    case WB_TOKEN_RIGHT:
        break;
    case WB_TOKEN_MISSING:
        wb_exchange_fail(&r->x, WB_HTTP_UNAUTHORIZED,
                         "send the header \"Authorization: Bearer TOKEN\"", "a token is needed");
        break;
    case WB_TOKEN_WRONG:
        wb_exchange_fail(&r->x, WB_HTTP_UNAUTHORIZED,
                         "it is in WHIMBREL_TOKEN or the --token-file of the server",
                         "this is not the token");
        break;
    }
}

static void judge_route(struct request *r, const char *method, const char *url) {
    r->route = wb_route_find(method, url, &r->x.rest, &r->x.allow);
    if (r->route && r->route->right == WB_ROUTE_TOKEN)
        judge_token(r);
    else if (!r->route && r->x.allow)
        wb_exchange_fail(&r->x, WB_HTTP_NOT_ALLOWED, NULL, "this path takes %s only", r->x.allow);
    else if (!r->route)
        wb_exchange_fail(&r->x, WB_HTTP_NOT_FOUND, "docs/openapi.yaml lists the paths",
                         "nothing is at this path");
}

static size_t body_limit(const struct request *r) {
    if (r->x.status || !r->route)
        return WB_SERVE_SMALL_BODY; /* read and dropped, so that the connection lives on */
    return r->route->body == WB_BODY_BATCH ? r->server->max_body_bytes : WB_SERVE_SMALL_BODY;
}

static void too_large(struct request *r) {
    if (!r->x.status)
        wb_exchange_fail(&r->x, WB_HTTP_TOO_LARGE, "send less in one request",
                         "the body is larger than %zu bytes", r->max_body_bytes);
}

static struct request *begin(struct wb_serve *s, struct MHD_Connection *c, const char *url,
                             const char *method) {
    struct request *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->server = s;
    r->connection = c;
    r->x.query = get_query;
    r->x.header = get_header;
    r->x.ctx = r;
    r->x.rest = "";
    judge_host(r);
    if (!r->x.status)
        judge_route(r, method, url);
    r->max_body_bytes = body_limit(r);
    return r;
}

/* --- the answer ------------------------------------------------------------------------------ */

static void add_headers(const struct request *r, struct MHD_Response *response) {
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (r->x.type)
        MHD_add_response_header(response, "Content-Type", r->x.type);
    if (*r->x.etag)
        MHD_add_response_header(response, "ETag", r->x.etag);
    if (r->x.allow)
        MHD_add_response_header(response, "Allow", r->x.allow);
    if (r->x.status == WB_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"whimbrel\"");
    if (r->x.status == WB_HTTP_UNAVAILABLE)
        MHD_add_response_header(response, "Retry-After", "1");
}

/* The body goes to libmicrohttpd, which frees it. */
static enum MHD_Result send_answer(struct request *r) {
    struct wb_buf *out = &r->x.out;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(out->len, out->data, MHD_RESPMEM_MUST_FREE);
    if (!response)
        return MHD_NO;
    *out = (struct wb_buf){0};
    add_headers(r, response);
    size_t route = r->route ? (size_t)(r->route - wb_routes) : wb_n_routes;
    wb_serve_counts_request(&r->server->counts, route, r->x.status);
    enum MHD_Result result = MHD_queue_response(r->connection, r->x.status, response);
    MHD_destroy_response(response);
    return result;
}

static void at_helper(struct wb_job *job) {
    struct request *r = (struct request *)job;
    (r->x.later ? r->x.later : r->route->answer)(&r->server->app, &r->x);
    r->state = ANSWERED;
    MHD_resume_connection(r->connection); /* r may be gone from here on */
}

/* Suspended before the helper may resume it. */
static enum MHD_Result ask_helper(struct request *r) {
    r->state = AT_HELPER;
    r->job.run = at_helper;
    name_client(r->connection, r->x.client, sizeof r->x.client);
    MHD_suspend_connection(r->connection);
    if (wb_helper_put(r->server->helper, &r->job) == WB_HELPER_TAKEN)
        return MHD_YES;
    wb_exchange_fail(&r->x, WB_HTTP_UNAVAILABLE, "try again in a second",
                     "too many requests wait for the run's journal");
    r->state = ANSWERED;
    MHD_resume_connection(r->connection);
    return MHD_YES;
}

static enum MHD_Result at_end(struct request *r) {
    if (!r->owed)
        atomic_fetch_add(&r->server->counts.owed, 1);
    r->owed = true;
    if (r->state == AT_HELPER)
        return MHD_YES;
    if (r->x.status || r->state == ANSWERED)
        return send_answer(r);
    if (r->route->place == WB_PLACE_HELPER)
        return ask_helper(r);
    r->route->answer(&r->server->app, &r->x);
    return r->x.later ? ask_helper(r) : send_answer(r);
}

/* --- callbacks ------------------------------------------------------------------------------- */

/* Whether the headers announce more than is read even to be dropped. */
static bool announces_too_much(const struct request *r) {
    const char *length = get_header(r->x.ctx, "Content-Length");
    return length && strtoull(length, NULL, 10) > DROPPED_BODIES * r->max_body_bytes;
}

/* A body of unknown length that goes on and on takes the connection with it. */
static enum MHD_Result take(struct request *r, const char *data, size_t *size) {
    size_t more = *size;
    *size = 0;
    r->seen_bytes += more;
    if (r->seen_bytes > r->max_body_bytes)
        too_large(r);
    if (!r->x.status)
        wb_buf_add(&r->x.body, data, more);
    return r->seen_bytes > DROPPED_BODIES * r->max_body_bytes ? MHD_NO : MHD_YES;
}

enum MHD_Result wb_serve_on_request(void *server, struct MHD_Connection *c, const char *url,
                                    const char *method, const char *version, const char *data,
                                    size_t *data_size, void **request) {
    struct request *r = *request;
    (void)version;
    if (!r) {
        r = begin(server, c, url, method);
        if (!r)
            return MHD_NO;
        *request = r;
        if (!announces_too_much(r))
            return MHD_YES;
        too_large(r);
        return send_answer(r);
    }
    return *data_size ? take(r, data, data_size) : at_end(r);
}

static struct wb_watched *watched_of(struct MHD_Connection *c) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

void wb_serve_on_completed(void *server, struct MHD_Connection *c, void **request,
                           enum MHD_RequestTerminationCode why) {
    struct request *r = *request;
    struct wb_watched *w = watched_of(c);
    (void)server;
    if (w && why == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        wb_watch_answered(w);
    if (!r)
        return;
    if (r->owed)
        atomic_fetch_sub(&r->server->counts.owed, 1);
    wb_buf_done(&r->x.body);
    wb_buf_done(&r->x.out);
    free(r);
    *request = NULL;
}

void wb_serve_on_connection(void *server, struct MHD_Connection *c, void **watched,
                            enum MHD_ConnectionNotificationCode what) {
    struct wb_serve *s = server;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
        *watched = info ? wb_watch_add(s->watch, info->connect_fd) : NULL;
        atomic_fetch_add(&s->counts.open_now, 1);
    } else {
        if (*watched)
            wb_watch_remove(s->watch, *watched);
        *watched = NULL;
        atomic_fetch_sub(&s->counts.open_now, 1);
    }
}
