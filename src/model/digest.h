/* Digests: one number for a set of rows, independent of their order.
 *
 * A row's canonical bytes are the same in every engine for equal values of one neutral type;
 * XXH3-128 of them, summed modulo 2^128 with the row count, is the digest. Summed, never XORed: two
 * equal rows must not cancel each other. Digests of disjoint parts add up to the digest of the
 * whole.
 *
 * Canonical bytes of a cell, by the column's kind (not by the cell's form):
 *   NULL 0x00 · everything else 0x01 and then
 *   BOOL INT UINT YEAR DATE TIME TIMESTAMP TIMESTAMPTZ  0x00 and 8 bytes, little-endian two's
 * complement; 0x01 and 8 bytes unsigned where above INT64_MAX FLOAT                8 bytes of the
 * double, little-endian; every NaN is the same, -0 is 0 DECIMAL              length (4,
 * little-endian) and text without needless zeros: "-1.5", "0", "NaN" BIT                  length
 * and text of '0' and '1' INTERVAL             length and text "months days microseconds" ANY the
 * form (1 byte), then as INT, FLOAT, TEXT or BYTES all others           length (4, little-endian)
 * and the bytes
 * A cell without a neutral form (INVALID), of any kind, is its form and then as BYTES: it equals
 * only the same.
 */
#ifndef WB_MODEL_DIGEST_H
#define WB_MODEL_DIGEST_H

#include "base/buf.h"
#include "model/batch.h"
#include "model/type.h"

struct wb_digest {
    uint64_t lo, hi; /* the sum modulo 2^128 */
    uint64_t rows;
};

enum { WB_DIGEST_TEXT_BYTES = 33 };

/* Append the canonical bytes of one cell. The cell's form must be one that type.h gives for the
 * kind. */
void wb_canon_cell(struct wb_buf *to, const struct wb_type *type, const struct wb_cell *cell);

/* Add all rows of a batch. types: n_columns pointers. scratch: any buffer, reused between calls. */
void wb_digest_add_batch(struct wb_digest *d, const struct wb_batch *b,
                         const struct wb_type *const *types, struct wb_buf *scratch);

/* XXH3-128 of one row's canonical bytes, or a sum of such. */
struct wb_row_digest {
    uint64_t lo, hi;
};

/* The digest of each row over some of the batch's columns, in their order. ret: n_rows of them.
 * types: of the batch's columns. */
void wb_digest_rows(const struct wb_batch *b, const struct wb_type *const *types,
                    const uint32_t *columns, size_t n_columns, struct wb_buf *scratch,
                    struct wb_row_digest *ret);

/* Add one row whose digest is known. */
static inline void wb_digest_add_row(struct wb_digest *d, const struct wb_row_digest *row) {
    d->lo += row->lo;
    d->hi += row->hi + (d->lo < row->lo);
    d->rows++;
}

/* The same over the first n_first columns only; each of the others is added to a digest of its own,
 * apart[0] and on, whose rows are not counted. A value there is hashed together with its row and
 * place, so that it is no other row's or column's, and the sum of all tells values that were
 * exchanged; apart digests of two sides can be compared where the digests of the first columns are
 * equal. */
void wb_digest_add_batch_apart(struct wb_digest *d, struct wb_digest *apart, uint32_t n_first,
                               const struct wb_batch *b, const struct wb_type *const *types,
                               struct wb_buf *scratch);

void wb_digest_add(struct wb_digest *d, const struct wb_digest *part);
void wb_digest_subtract(struct wb_digest *d, const struct wb_digest *part); /* undoes it */
bool wb_digest_equal(const struct wb_digest *a, const struct wb_digest *b); /* sum and rows */
char *wb_digest_format(const struct wb_digest *d,
                       char to[WB_DIGEST_TEXT_BYTES]); /* 32 hex digits of the sum */
bool wb_digest_parse(const char *text, uint64_t rows, struct wb_digest *ret);

#endif
