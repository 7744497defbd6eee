#include "base/budget.h"

void wb_budget_init(struct wb_budget *b, size_t limit_bytes) {
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->freed, NULL);
    b->limit_bytes = limit_bytes;
    b->used_bytes = 0;
}

void wb_budget_done(struct wb_budget *b) {
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->freed);
}

void wb_budget_take(struct wb_budget *b, size_t bytes) {
    pthread_mutex_lock(&b->lock);
    while (b->used_bytes > 0 && b->used_bytes + bytes > b->limit_bytes)
        pthread_cond_wait(&b->freed, &b->lock);
    b->used_bytes += bytes;
    pthread_mutex_unlock(&b->lock);
}

void wb_budget_give(struct wb_budget *b, size_t bytes) {
    pthread_mutex_lock(&b->lock);
    b->used_bytes -= bytes;
    pthread_cond_broadcast(&b->freed);
    pthread_mutex_unlock(&b->lock);
}
