/* PostgreSQL's numeric on the wire: base-10000 digits behind four 16-bit words (count, weight,
 * sign, display scale). Pure functions. Source: numeric_send and numeric_recv,
 * src/backend/utils/adt/numeric.c. */
#ifndef WB_PG_NUMERIC_H
#define WB_PG_NUMERIC_H

#include <stddef.h>
#include <stdint.h>

enum {
    WB_PG_NUMERIC_INT_BYTES = 18,       /* room for any 64-bit integer */
    WB_PG_NUMERIC_MAX_INTEGER = 131072, /* digits before the point */
    WB_PG_NUMERIC_MAX_SCALE = 16383,    /* digits behind it */
};

/* Room that a text of len bytes may need. */
static inline size_t wb_pg_numeric_room(size_t text_len) {
    return 8 + 2 * (text_len / 4 + 3);
}

/* Each writes the wire form (without length) and returns its bytes; from_text returns 0 where the
 * text is not
 * -?digits[.digits], NaN, Infinity or -Infinity, or is beyond what a numeric holds. */
size_t wb_pg_numeric_from_int(int64_t v, unsigned char *to);
size_t wb_pg_numeric_from_uint(uint64_t v, unsigned char *to);
size_t wb_pg_numeric_from_text(const unsigned char *s, size_t len, unsigned char *to);

/* Room that the text of a wire form may need, 0 where the form is malformed; then the text itself,
 * its length returned. The text has as many fractional digits as the display scale says, as the
 * server itself would print it. */
size_t wb_pg_numeric_text_room(const unsigned char *p, size_t len);
size_t wb_pg_numeric_to_text(const unsigned char *p, unsigned char *to);

#endif
