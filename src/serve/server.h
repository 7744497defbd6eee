/* The server's parts, for server.c (life) and connection.c (libmicrohttpd's callbacks). */
#ifndef WB_SERVE_SERVER_H
#define WB_SERVE_SERVER_H

#include "serve/counts.h"
#include "serve/exchange.h"
#include "serve/helper.h"
#include "serve/listen.h"
#include "serve/parse.h"
#include "serve/watch.h"

#include <microhttpd.h>

enum { WB_SERVE_SMALL_BODY = 64 * 1024 };

struct wb_serve {
    struct wb_serve_app app;
    struct wb_serve_counts counts;
    struct wb_listen listen;
    struct MHD_Daemon *daemon;
    struct wb_helper *helper;
    struct wb_watch *watch;
    size_t max_body_bytes; /* of observations */
    enum { WB_TOKEN_NONE, WB_TOKEN_SET } token;
    unsigned char token_digest[WB_TOKEN_DIGEST_BYTES];
    char url[128];
    const char *warning; /* static, NULL without */
};

/* Callbacks; the first argument is the struct wb_serve. */
enum MHD_Result wb_serve_on_request(void *server, struct MHD_Connection *c, const char *url,
                                    const char *method, const char *version, const char *data,
                                    size_t *data_size, void **request);
void wb_serve_on_completed(void *server, struct MHD_Connection *c, void **request,
                           enum MHD_RequestTerminationCode why);
void wb_serve_on_connection(void *server, struct MHD_Connection *c, void **watched,
                            enum MHD_ConnectionNotificationCode what);

#endif
