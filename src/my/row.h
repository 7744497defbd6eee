/* Rows of the binary protocol, decoded into cells. Pure functions over bytes.
 *
 * A row packet of a prepared statement's result is 0x00, a bitmap of NULLs that begins at its third
 * bit, and the values one after another (source: MySQL and MariaDB protocol documents, "Binary
 * Protocol Resultset Row"). The layout is compiled once a statement into steps; decoding a row is
 * one switch a column and allocates only for UUIDs, UTF-16 and UTF-32 and for values that have no
 * neutral form. Every access is checked against the packet's end.
 */
#ifndef WB_MY_ROW_H
#define WB_MY_ROW_H

#include "base/arena.h"
#include "model/cell.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wb_my_op {
    WB_MY_I8,
    WB_MY_U8,
    WB_MY_I16,
    WB_MY_U16,
    WB_MY_I32,
    WB_MY_U32,
    WB_MY_I64,
    WB_MY_U64,
    WB_MY_F32,
    WB_MY_F64,
    WB_MY_TEXT,
    WB_MY_BYTES,
    WB_MY_TEXT_CHECKED, /* two fields: text as converted to utf8mb4, and its bytes as stored, or
                           NULL */
    WB_MY_UTF16,        /* bytes of utf16 or ucs2 (big-endian), utf16le, utf32 (big-endian): to be
                           converted here */
    WB_MY_UTF16LE,
    WB_MY_UTF32,
    WB_MY_BIT, /* big-endian bytes, at most 8 */
    WB_MY_DATE,
    WB_MY_DATETIME,
    WB_MY_TIME,
    WB_MY_UUID,
    WB_MY_ENUM8, /* the label's number, 1 to n_labels, as an integer of so many bits */
    WB_MY_ENUM16,
    WB_MY_ENUM32,
    WB_MY_ENUM64,
    WB_MY_ENUM_TEXT, /* the label; "" is the error value */
    WB_MY_OP_COUNT,
};

struct wb_my_label {
    const unsigned char *p;
    uint32_t len;
};

struct wb_my_step {
    uint8_t op;
    uint8_t fraction_digits; /* DATETIME, TIME: digits that the text of an invalid value shows */
    uint32_t n_labels;
    const struct wb_my_label *labels; /* ENUMn; must outlive the cells */
};

struct wb_my_plan {
    struct wb_my_step *steps; /* one a cell */
    uint32_t n_steps;
    uint32_t n_fields; /* of the packet */
    uint32_t bitmap_bytes;
    bool borrows; /* cells point into the packet: it must live as long as they do */
};

/* Fill in n_fields, bitmap_bytes and borrows from the steps. */
void wb_my_plan_finish(struct wb_my_plan *plan);

/* Decode a packet of len bytes into n_steps cells. False where the packet does not have this form;
 * cells are then undefined. a holds what cannot be borrowed. */
bool wb_my_row_decode(const struct wb_my_plan *plan, const unsigned char *p, size_t len,
                      struct wb_cell *cells, struct wb_arena *a);

/* Days since 1970-01-01 of a proleptic Gregorian date; the date must exist. */
int64_t wb_my_days(unsigned year, unsigned month, unsigned day);
bool wb_my_date_exists(unsigned year, unsigned month, unsigned day); /* year 1 to 9999 */

#endif
