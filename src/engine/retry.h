/* A wrapper that repeats calls which failed for a reason that may pass: an error whose class is
 * RETRY (a lost connection, a deadlock, a lock that could not be had).
 *
 * Only calls that change nothing and whose answer depends on nothing that a new session would lack:
 * open, probe, describe, query, split, scan, and the opening of a read (before its first row); and
 * only on a connection that is nothing but connected: no transaction, snapshot or hold, and no
 * statement was executed on it (it may have set something). Everything else fails as it would
 * without this wrapper: who lost a transaction has to know.
 *
 * After LOST the connection is opened anew first. If it then leads to another database than before
 * (the pin of its options, or one of its own), the call fails: OTHER_DATABASE.
 *
 * Between attempts it waits 100 ms, 200 ms, 400 ms … up to 3 s; cancel ends the wait, and so does
 * opts->cancel.
 */
#ifndef WB_ENGINE_RETRY_H
#define WB_ENGINE_RETRY_H

#include "engine/engine.h"

/* How a connection is made: the engine's open, the pin's check, and what is wrapped around it below
 * this wrapper. */
typedef enum wb_code (*wb_retry_connect)(const struct wb_engine *e, const struct wb_url *url,
                                         const struct wb_open_opts *opts, struct wb_conn **ret,
                                         struct wb_error *err);

/* Open by connect, trying opts->retries times more, and wrap the connection. url must outlive it.
 */
enum wb_code wb_retry_open(const struct wb_engine *e, const struct wb_url *url,
                           const struct wb_open_opts *opts, wb_retry_connect connect,
                           struct wb_conn **ret, struct wb_error *err);

#endif
