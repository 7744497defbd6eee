#include "model/batch.h"

#include <stdio.h>
#include <stdlib.h>

void wb_batch_init(struct wb_batch *b, uint32_t n_columns, uint32_t max_rows, size_t max_bytes) {
    *b = (struct wb_batch){.n_columns = n_columns, .max_rows = max_rows, .max_bytes = max_bytes};
    b->cells = calloc((size_t)max_rows * (n_columns ? n_columns : 1), sizeof *b->cells);
    if (!b->cells) {
        fprintf(stderr, "whimbrel: out of memory (a batch of %u rows)\n", max_rows);
        abort();
    }
}

enum { LARGE_BYTES = 1 << 20 };

void wb_batch_hold(struct wb_batch *b, size_t bytes) {
    if (b->budget && bytes >= LARGE_BYTES && b->budget_bytes == 0) {
        wb_budget_take(b->budget, bytes);
        b->budget_bytes = bytes;
    }
}

void *wb_batch_alloc(struct wb_batch *b, size_t bytes) {
    wb_batch_hold(b, bytes);
    return wb_arena_alloc(&b->mem, bytes);
}

static void give_back(struct wb_batch *b) {
    if (b->budget_bytes)
        wb_budget_give(b->budget, b->budget_bytes);
    b->budget_bytes = 0;
}

void wb_batch_reset(struct wb_batch *b) {
    b->n_rows = 0;
    b->bytes = 0;
    wb_arena_reset(&b->mem);
    give_back(b);
}

void wb_batch_done(struct wb_batch *b) {
    free(b->cells);
    wb_arena_done(&b->mem);
    give_back(b);
    *b = (struct wb_batch){0};
}
