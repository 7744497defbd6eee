#include "serve/route.h"

#include "base/str.h"

#include <string.h>

const struct wb_route wb_routes[] = {
    {"/ofrep/v1/evaluate/flags/{key}", "POST", WB_ROUTE_OPEN, WB_BODY_SMALL, WB_PLACE_HERE,
     wb_serve_ofrep_one},
    {"/ofrep/v1/evaluate/flags", "POST", WB_ROUTE_OPEN, WB_BODY_SMALL, WB_PLACE_HERE,
     wb_serve_ofrep_all},
    {"/v1/observations", "POST", WB_ROUTE_TOKEN, WB_BODY_BATCH, WB_PLACE_HERE,
     wb_serve_observations},
    {"/metrics", "GET", WB_ROUTE_OPEN, WB_BODY_NONE, WB_PLACE_HERE, wb_serve_metrics},
    {"/healthz", "GET", WB_ROUTE_OPEN, WB_BODY_NONE, WB_PLACE_HERE, wb_serve_healthz},
    {"/v1/status", "GET", WB_ROUTE_OPEN, WB_BODY_NONE, WB_PLACE_HELPER, wb_serve_status},
    {"/v1/events", "GET", WB_ROUTE_OPEN, WB_BODY_NONE, WB_PLACE_HELPER, wb_serve_events},
    {"/v1/pause", "POST", WB_ROUTE_TOKEN, WB_BODY_SMALL, WB_PLACE_HELPER, wb_serve_pause},
    {"/v1/resume", "POST", WB_ROUTE_TOKEN, WB_BODY_SMALL, WB_PLACE_HELPER, wb_serve_resume},
    {"/v1/approve", "POST", WB_ROUTE_TOKEN, WB_BODY_SMALL, WB_PLACE_HELPER, wb_serve_approve},
    {"/v1/abort", "POST", WB_ROUTE_TOKEN, WB_BODY_SMALL, WB_PLACE_HELPER, wb_serve_abort},
    {"/v1/requests/{id}", "GET", WB_ROUTE_OPEN, WB_BODY_NONE, WB_PLACE_HELPER, wb_serve_answer},
};

const size_t wb_n_routes = sizeof wb_routes / sizeof wb_routes[0];

/* What stands for "{…}" in path, "" where the route has none; NULL: path is not this route's. */
static const char *match(const char *pattern, const char *path) {
    const char *open = strchr(pattern, '{');
    if (!open)
        return strcmp(pattern, path) == 0 ? "" : NULL;
    size_t fixed = (size_t)(open - pattern);
    return strncmp(pattern, path, fixed) == 0 && path[fixed] ? path + fixed : NULL;
}

const struct wb_route *wb_route_find(const char *method, const char *path, const char **ret_rest,
                                     const char **ret_allow) {
    bool head = strcmp(method, "HEAD") == 0;
    *ret_allow = NULL;
    for (size_t i = 0; i < wb_n_routes; i++) {
        const struct wb_route *r = &wb_routes[i];
        const char *rest = match(r->path, path);
        if (!rest)
            continue;
        if (strcmp(r->method, method) == 0 || (head && strcmp(r->method, "GET") == 0)) {
            *ret_rest = rest;
            return r;
        }
        *ret_allow = r->method[0] == 'G' ? "GET, HEAD" : r->method;
    }
    return NULL;
}

void wb_serve_each_route(void (*each)(void *ctx, const char *path, const char *method), void *ctx) {
    for (size_t i = 0; i < wb_n_routes; i++)
        each(ctx, wb_routes[i].path, wb_routes[i].method);
}
