/* Rows of COPY … (FORMAT binary) and (FORMAT text): cells to bytes and back. Pure functions over
 * memory; where the bytes go is a callback's business.
 *
 * Source: COPY's "Binary Format", https://www.postgresql.org/docs/15/sql-copy.html, and the send
 * and receive functions of each type in src/backend/utils/adt. Times count from 2000-01-01 there
 * and from 1970-01-01 in a cell.
 */
#ifndef WB_PG_COPY_H
#define WB_PG_COPY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/cell.h"
#include "model/type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A type on the wire. TEXT: bytes as they are (text, varchar, char, json, enum); NONE: no binary
 * form is known here, the value travels as text. */
enum wb_pg_wire {
    WB_PG_WIRE_NONE,
    WB_PG_WIRE_BOOL,
    WB_PG_WIRE_INT2,
    WB_PG_WIRE_INT4,
    WB_PG_WIRE_INT8,
    WB_PG_WIRE_FLOAT4,
    WB_PG_WIRE_FLOAT8,
    WB_PG_WIRE_NUMERIC,
    WB_PG_WIRE_TEXT,
    WB_PG_WIRE_JSONB,
    WB_PG_WIRE_BYTEA,
    WB_PG_WIRE_DATE,
    WB_PG_WIRE_TIME,
    WB_PG_WIRE_TIMESTAMP, /* with and without zone */
    WB_PG_WIRE_INTERVAL,
    WB_PG_WIRE_UUID,
    WB_PG_WIRE_BIT, /* fixed and varying */
    WB_PG_WIRE_INET,
    WB_PG_WIRE_TEXT_ARRAY, /* a SET */
};

/* One column, compiled once a load or read. */
struct wb_pg_field {
    enum wb_pg_wire wire;
    const struct wb_type *type; /* borrowed */
    uint32_t bits;              /* BIT: what an integer cell is widened to; 0: 64 */
};

/* The wire form of a type as it stands in a table of PostgreSQL. */
struct wb_pg_field wb_pg_field_of(const struct wb_type *type);

/* ------------------------------------------------------------------------------------------------
 * writing */

/* Takes len bytes (at most WB_PG_COPY_PIECE_BYTES); on failure sets err. */
typedef enum wb_code (*wb_pg_sink)(void *ctx, const unsigned char *p, size_t len,
                                   struct wb_error *err);

enum { WB_PG_COPY_PIECE_BYTES = 256 * 1024 };

struct wb_pg_encoder {
    const struct wb_pg_field *fields; /* borrowed */
    size_t n_fields;
    wb_pg_sink sink;
    void *ctx;
    bool text;           /* FORMAT text */
    unsigned char *data; /* WB_PG_COPY_PIECE_BYTES, owned */
    size_t len;
    size_t fixed_bytes; /* of a row: what all that is not of variable length takes at most */
    struct wb_buf scratch;
};

/* At most 1600 fields, as in a table. text: FORMAT text, for types without a binary form. */
void wb_pg_encoder_init(struct wb_pg_encoder *e, const struct wb_pg_field *fields, size_t n_fields,
                        bool text, wb_pg_sink sink, void *ctx);
void wb_pg_encoder_done(struct wb_pg_encoder *e); /* frees; sends nothing */

enum wb_code wb_pg_encode_begin(struct wb_pg_encoder *e, struct wb_error *err);
/* VALUE where the type cannot hold the cell's value: *ret_field is the column's place; err says why
 * without naming it. */
enum wb_code wb_pg_encode_row(struct wb_pg_encoder *e, const struct wb_cell *row, size_t *ret_field,
                              struct wb_error *err);
enum wb_code wb_pg_encode_end(struct wb_pg_encoder *e,
                              struct wb_error *err); /* trailer and flush */

/* A value as PostgreSQL reads it from text, without quotes or escapes. Not for NULL. False: no such
 * value. */
bool wb_pg_text_of_cell(struct wb_buf *to, const struct wb_type *type, const struct wb_cell *cell);

/* ------------------------------------------------------------------------------------------------
 * reading */

/* Memory for what cells point to, cut from an arena in large pieces. */
struct wb_pg_slab {
    struct wb_arena *arena;
    unsigned char *p, *end;
};
unsigned char *wb_pg_slab_take(struct wb_pg_slab *s, size_t bytes); /* unaligned */

/* Whether cells of this wire form point into the row's bytes, which must then live as long as the
 * cells. */
bool wb_pg_wire_borrows(enum wb_pg_wire wire);

/* Length of the header at p, 0 where it is none (too short, another signature, flags that are not
 * known). */
size_t wb_pg_decode_header(const unsigned char *p, size_t len);

/* One row into n cells. *ret_used gets the bytes that it took; the trailer gives 0 fields: *ret_end
 * true. PROTOCOL where the bytes are not a row of these fields, naming the field's number and what
 * is wrong. */
enum wb_code wb_pg_decode_row(const struct wb_pg_field *fields, size_t n, const unsigned char *p,
                              size_t len, struct wb_pg_slab *slab, struct wb_cell *cells,
                              size_t *ret_used, bool *ret_end, struct wb_error *err);

#endif
