/* What the server counts about itself, for /metrics. Safe from any thread. */
#ifndef WB_SERVE_COUNTS_H
#define WB_SERVE_COUNTS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { WB_SERVE_CLASSES = 4, WB_SERVE_ROUTES_MAX = 16 }; /* 2xx to 5xx */

struct wb_serve_counts {
    /* by route (the one behind the last: no route) and class of the status */
    atomic_uint_fast64_t requests[WB_SERVE_ROUTES_MAX][WB_SERVE_CLASSES];
    atomic_uint_fast64_t late;     /* observations */
    atomic_uint_fast64_t overdue;  /* connections ended because a request took too long */
    atomic_uint_fast64_t open_now; /* connections */
    atomic_uint_fast64_t owed;     /* requests that came whole and whose answer is not sent yet */
};

void wb_serve_counts_request(struct wb_serve_counts *c, size_t route, unsigned status);
void wb_serve_counts_late(struct wb_serve_counts *c, size_t n); /* c may be NULL */

#endif
