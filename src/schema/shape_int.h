/* Within schema/: how one cell becomes a value that the target holds. Not for other modules. */
#ifndef WB_SCHEMA_SHAPE_INT_H
#define WB_SCHEMA_SHAPE_INT_H

#include "base/arena.h"
#include "model/cell.h"
#include "model/type.h"
#include "schema/shape.h"

struct wb_conv;

enum { WB_CONV_OK = -1 };

/* Convert *cell (never NULL or INVALID) in place and return WB_CONV_OK; or leave it and return the
 * enum wb_issue, with *nearest as the closest value that the target does hold, in its form (form
 * NULL: there is none). */
typedef int (*wb_conv_fn)(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                          struct wb_cell *nearest);

/* What is to be done with the values of one pair of types. */
struct wb_conv {
    wb_conv_fn fn; /* NULL: a value passes as it is */
    const struct wb_type *from, *to;
    int64_t min; /* bounds of integers */
    uint64_t max;
    bool text; /* afterwards it is a text to be checked, by what follows */
    bool refuse_nul, need_utf8;
    uint32_t max_chars;    /* 0: no limit */
    bool invalid_possible; /* a reader may hand over INVALID cells */
    const struct wb_conv
        *sub; /* from ANY: one for each form, by enum wb_form; to == NULL where there is no way */
};

/* False where the pair has no conversion. Everything is borrowed; sub comes from a. */
bool wb_conv_plan(const struct wb_type *from, const struct wb_type *to,
                  const struct wb_shape_opts *opts, struct wb_arena *a, struct wb_conv *ret);

bool wb_conv_is_texty(enum wb_kind k); /* its cells are texts of the source */

/* shape_number.c */
bool wb_conv_int_bounds(const struct wb_type *t, int64_t *min,
                        uint64_t *max); /* false: not integers */
int wb_conv_int(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                struct wb_cell *nearest);
int wb_conv_int_year(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                     struct wb_cell *nearest);
int wb_conv_int_bool(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                     struct wb_cell *nearest);
int wb_conv_int_float(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest);
int wb_conv_int_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                     struct wb_cell *nearest);
int wb_conv_decimal(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                    struct wb_cell *nearest);
int wb_conv_decimal_int(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                        struct wb_cell *nearest);
int wb_conv_decimal_float(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                          struct wb_cell *nearest);
int wb_conv_float(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                  struct wb_cell *nearest);
int wb_conv_float_int(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest);
int wb_conv_float_decimal(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                          struct wb_cell *nearest);
int wb_conv_float_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                       struct wb_cell *nearest);
int wb_conv_text_float(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                       struct wb_cell *nearest);
int wb_conv_text_bool(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest);
int wb_conv_bool_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest);
int wb_conv_bit_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                     struct wb_cell *nearest);
int wb_conv_text_bit(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                     struct wb_cell *nearest);

/* shape_time.c */
int wb_conv_time(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                 struct wb_cell *nearest);
int wb_conv_fraction(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                     struct wb_cell *nearest);
int wb_conv_date_timestamp(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                           struct wb_cell *nearest);
int wb_conv_timestamp_date(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                           struct wb_cell *nearest);
int wb_conv_time_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest);
int wb_conv_text_time(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest);
/* The date with its zero parts set to 1 and its day within the month, in to's form; form NULL where
 * text is no date. */
struct wb_cell wb_shape_zero_date(const struct wb_type *to, const unsigned char *text,
                                  uint32_t len);

/* shape_text.c */
int wb_conv_check_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                       struct wb_cell *nearest);
struct wb_cell wb_shape_replace_nul(struct wb_arena *mem,
                                    const struct wb_cell *cell); /* each 0x00 is U+2400 */
struct wb_cell wb_shape_replace_utf8(struct wb_arena *mem,
                                     const struct wb_cell *cell); /* each bad byte is U+FFFD */
int wb_conv_bytes_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                       struct wb_cell *nearest);
int wb_conv_bytes(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                  struct wb_cell *nearest);
int wb_conv_uuid_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest);
int wb_conv_text_uuid(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest);
int wb_conv_bytes_uuid(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                       struct wb_cell *nearest);
int wb_conv_text_inet(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest);
int wb_conv_text_label(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                       struct wb_cell *nearest);
/* "a,b" becomes "{a,b}", quoted as PostgreSQL prints it. */
int wb_conv_set_array(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest);

/* shape_json.c */
int wb_conv_json(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                 struct wb_cell *nearest);
int wb_conv_text_json(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest);

#endif
