/* A wrapper that holds rows to a rate: payload bytes a second, over all connections that share one
 * throttle.
 *
 * Rows that were read (next) and rows that are loaded (load_put) count with the bytes of their
 * batch. The call that takes more than there is waits until it is paid for; what was not used stays
 * for one second. A cancel of the connection ends its wait with CANCELED.
 */
#ifndef WB_ENGINE_THROTTLE_H
#define WB_ENGINE_THROTTLE_H

#include "engine/engine.h"

#include <pthread.h>

struct wb_throttle {
    pthread_mutex_t lock;
    uint64_t bytes_per_s;
    uint64_t paid_us; /* monotonic: when all that was taken so far is paid for */
    const struct wb_cancel *cancel;
};

/* cancel (may be NULL) ends all waits. The throttle must outlive the connections that share it. */
void wb_throttle_init(struct wb_throttle *t, uint64_t bytes_per_s, const struct wb_cancel *cancel);
void wb_throttle_done(struct wb_throttle *t);

/* Wrap inner, which then belongs to the wrapper and is closed with it. */
struct wb_conn *wb_throttle_wrap(struct wb_conn *inner, struct wb_throttle *t);

#endif
