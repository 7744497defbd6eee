/* Asking a run to stop. One flag is set from a signal handler or another thread and polled by
 * workers between batches; whoever may block for long registers a callback that wakes it (an
 * engine's cancel). */
#ifndef WB_BASE_CANCEL_H
#define WB_BASE_CANCEL_H

#include "base/error.h"

#include <stdatomic.h>

/* Zeroed is "not canceled". Shared by reference; safe from any thread and from signal handlers. */
struct wb_cancel {
    atomic_int signo; /* 0, or the signal (or -1) that asked */
};

void wb_cancel_request(struct wb_cancel *c, int signo);
int wb_cancel_signo(const struct wb_cancel *c); /* 0 while nobody asked */

/* WB_OK, or WB_E_CANCELED with a text. c may be NULL. */
enum wb_code wb_cancel_check(const struct wb_cancel *c, struct wb_error *err);

#endif
