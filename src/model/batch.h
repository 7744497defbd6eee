/* A batch of rows: cells row by row, and the memory that they point into.
 *
 * A reader fills it, shapers change cells in place, a digest and a writer read it; then it is reset
 * and filled again. It is bounded by rows and by bytes: a reader stops after the row that reaches
 * either bound, so a batch holds at most max_bytes plus one row. Belongs to one thread at a time.
 */
#ifndef WB_MODEL_BATCH_H
#define WB_MODEL_BATCH_H

#include "base/arena.h"
#include "base/budget.h"
#include "model/cell.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wb_batch {
    struct wb_cell *cells; /* n_rows × n_columns, row-major; capacity max_rows × n_columns */
    uint32_t n_rows, n_columns;
    uint32_t max_rows;
    size_t bytes;     /* payload bytes of the rows held, as the reader counts them */
    size_t max_bytes; /* the reader stops at or beyond this */
    struct wb_arena mem;
    struct wb_budget *budget; /* shared by the batches of a run; NULL: large values are not gated */
    size_t budget_bytes;      /* taken from it until the next reset */
};

/* Wait until the budget has room for bytes, where they are many; before a row is kept in memory
 * that comes from elsewhere. wb_batch_alloc does this by itself. */
void wb_batch_hold(struct wb_batch *b, size_t bytes);

/* Memory for row payload, valid until the next reset, 16-byte aligned. Readers take the bytes of a
 * row with one call: a large one may have to wait for the budget. */
void *wb_batch_alloc(struct wb_batch *b, size_t bytes);

void wb_batch_init(struct wb_batch *b, uint32_t n_columns, uint32_t max_rows, size_t max_bytes);
void wb_batch_reset(struct wb_batch *b); /* no rows; keeps memory for the next filling */
void wb_batch_done(struct wb_batch *b);

static inline bool wb_batch_full(const struct wb_batch *b) {
    return b->n_rows >= b->max_rows || b->bytes >= b->max_bytes;
}

/* The next row's cells (uninitialized), for the reader to fill; counts the row. Only while
 * !wb_batch_full(). */
static inline struct wb_cell *wb_batch_add_row(struct wb_batch *b) {
    return b->cells + (size_t)b->n_rows++ * b->n_columns;
}
static inline struct wb_cell *wb_batch_row(const struct wb_batch *b, uint32_t row) {
    return b->cells + (size_t)row * b->n_columns;
}

#endif
