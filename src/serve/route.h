/* Which path and method is what, who may use it, and how large its body may be. */
#ifndef WB_SERVE_ROUTE_H
#define WB_SERVE_ROUTE_H

#include "serve/exchange.h"

enum wb_route_right { WB_ROUTE_OPEN, WB_ROUTE_TOKEN };
enum wb_route_body { WB_BODY_NONE, WB_BODY_SMALL, WB_BODY_BATCH };
enum wb_route_place {
    WB_PLACE_HERE,   /* from memory: the HTTP thread answers */
    WB_PLACE_HELPER, /* may wait: the helper answers */
};

struct wb_route {
    const char *path;   /* "{…}" at its end stands for the rest, which is not empty */
    const char *method; /* GET serves HEAD too */
    enum wb_route_right right;
    enum wb_route_body body;
    enum wb_route_place place;
    void (*answer)(struct wb_serve_app *app, struct wb_exchange *x);
};

extern const struct wb_route wb_routes[];
extern const size_t wb_n_routes;

/* The route of path and method; *ret_rest gets what stands for "{…}" ("" without). NULL: none, and
 * *ret_allow is NULL or names the method that this path has. */
const struct wb_route *wb_route_find(const char *method, const char *path, const char **ret_rest,
                                     const char **ret_allow);

#endif
