/* run --listen: the HTTP side of a run. */
#ifndef WB_CLI_RUN_LISTEN_H
#define WB_CLI_RUN_LISTEN_H

#include "run/run.h"
#include "serve/serve.h"

struct wb_run_listen;

struct wb_run_listen_opts {
    const char *address;                         /* NULL: nothing listens */
    const char *token_file, *tls_cert, *tls_key; /* NULL without */
};

/* Start serving, and let run tell its view; *ret is NULL where nothing listens. run must outlive
 * it. */
enum wb_code wb_run_listen_start(const struct wb_run_listen_opts *opts, struct wb_run_opts *run,
                                 struct wb_run_listen **ret, struct wb_error *err);
void wb_run_listen_stop(struct wb_run_listen *l); /* NULL is allowed */
const struct wb_serve *wb_run_listen_server(const struct wb_run_listen *l);

#endif
