/* How numbers and decoration are written, byte by byte. For src/plan only. */
#ifndef WB_PLAN_WRITTEN_H
#define WB_PLAN_WRITTEN_H

#include "plan/reader.h"

struct wb_digits {
    const char *text; /* with commas between its groups; with spaces where plain ones part them */
    struct wb_decimal number;
    bool malformed; /* or not clear: "5.000" is five thousand where people write so */
};

/* The number that begins at s, of left bytes: its length. */
size_t wb_digits_at(struct wb_arena *a, const char *s, size_t left, struct wb_digits *ret);

/* Characters that say nothing: bytes of an emoji or another picture, of an invisible sign, or 0. */
size_t wb_picture_at(const char *s, size_t left);

/* "<br>", "</b>", "<!-- hidden -->": the bytes of an HTML tag or comment at s, or 0. */
size_t wb_html_at(const char *s, size_t left, bool *ret_break);

#endif
