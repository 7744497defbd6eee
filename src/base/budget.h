/* A budget of bytes that several threads share: who wants more than is left waits. For large row
 * values, whose size is known only when they arrive; small ones are bounded by the size of a batch.
 */
#ifndef WB_BASE_BUDGET_H
#define WB_BASE_BUDGET_H

#include <pthread.h>
#include <stddef.h>

struct wb_budget {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    size_t limit_bytes, used_bytes;
};

void wb_budget_init(struct wb_budget *b, size_t limit_bytes);
void wb_budget_done(struct wb_budget *b);

/* Waits until bytes fit; who asks for more than the limit gets it alone. A thread must hold at most
 * one share at a time, or two could wait for each other. */
void wb_budget_take(struct wb_budget *b, size_t bytes);
void wb_budget_give(struct wb_budget *b, size_t bytes);

#endif
