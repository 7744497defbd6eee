/* Asking over HTTP: Prometheus, plain numbers, requests of steps, notifications. Blocking, with
 * time limits; from any thread. */
#ifndef WB_RUN_HTTP_H
#define WB_RUN_HTTP_H

#include "base/buf.h"
#include "base/error.h"

/* body NULL: GET. Errors: IO, with the status where it is not 2xx. No password of url is told. */
enum wb_code wb_http_send(const char *method, const char *url, const char *const *headers,
                          const char *body, struct wb_buf *ret_body, struct wb_error *err);

/* Where Prometheus is. url may hold a user and a password; token NULL: no bearer token. Neither is
 * ever told. */
struct wb_prometheus {
    const char *url, *token;
};

/* The value of an instant query, and when it was evaluated; NaN where there is no data, and then
 * *ret_why (static) says which kind of none. More than one series is an error. */
enum wb_code wb_http_prometheus(const struct wb_prometheus *at, const char *query, double *ret,
                                int64_t *ret_source_us, const char **ret_why, struct wb_error *err);

/* A block of http: "METHOD URL", header lines, an empty line, a body. */
enum wb_code wb_http_block(const char *text, struct wb_buf *ret_body, struct wb_error *err);
enum wb_code wb_http_number(const char *text, double *ret, struct wb_error *err);

#endif
