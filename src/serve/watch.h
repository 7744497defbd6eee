/* Ends connections whose request is not whole, or whose answer is not taken, in time.
 *
 * libmicrohttpd's own time-out begins anew with every byte, so a client that sends one byte now and
 * then would keep its connection for ever. The watch shuts a connection's socket down when too long
 * has passed since its last answered request (or its beginning); libmicrohttpd then meets the end
 * of the stream and cleans up. A socket is shut down under the lock under which connections leave
 * the list, which is before the descriptor is closed and may be another's. */
#ifndef WB_SERVE_WATCH_H
#define WB_SERVE_WATCH_H

#include "base/error.h"

#include <stdatomic.h>
#include <stdint.h>

struct wb_watch;

struct wb_watched {
    struct wb_watched *prev, *next;
    int fd;
    atomic_uint_fast64_t since_us; /* monotonic: the beginning, or the last answer's end */
};

/* limit_ms: from one whole request to the next. overdue: counts what was ended. */
enum wb_code wb_watch_start(unsigned limit_ms, atomic_uint_fast64_t *overdue, struct wb_watch **ret,
                            struct wb_error *err);
void wb_watch_stop(struct wb_watch *w); /* NULL is allowed; connections may still leave after it */
void wb_watch_free(struct wb_watch *w);

struct wb_watched *wb_watch_add(struct wb_watch *w, int fd);
void wb_watch_remove(struct wb_watch *w, struct wb_watched *c); /* frees c */
void wb_watch_answered(struct wb_watched *c);

#endif
