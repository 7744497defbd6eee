/* Asking over HTTP: Prometheus, plain numbers, requests of steps, notifications. Blocking, with
 * time limits; from any thread. */
#ifndef WB_RUN_HTTP_H
#define WB_RUN_HTTP_H

#include "base/buf.h"
#include "base/error.h"

/* body NULL: GET. Errors: IO, with the status where it is not 2xx. No password of url is told. */
enum wb_code wb_http_send(const char *method, const char *url, const char *const *headers,
                          const char *body, struct wb_buf *ret_body, struct wb_error *err);

/* The value of an instant query at WHIMBREL_PROMETHEUS (https://host:9090); NaN where it has no
 * data. More than one series is an error. */
enum wb_code wb_http_prometheus(const char *query, double *ret, int64_t *ret_source_us,
                                struct wb_error *err);

/* A block of http: "METHOD URL", header lines, an empty line, a body. */
enum wb_code wb_http_block(const char *text, struct wb_buf *ret_body, struct wb_error *err);
enum wb_code wb_http_number(const char *text, double *ret, struct wb_error *err);

#endif
