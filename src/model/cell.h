/* One value in flight. 16 bytes; what it means comes from the column's type (type.h), how it is
 * held from its form. */
#ifndef WB_MODEL_CELL_H
#define WB_MODEL_CELL_H

#include "model/policy.h"

#include <stdint.h>

enum wb_form {
    WB_FORM_NULL,
    WB_FORM_INT,     /* .i */
    WB_FORM_UINT,    /* .u, above INT64_MAX only */
    WB_FORM_DOUBLE,  /* .d */
    WB_FORM_TEXT,    /* .p, .len: UTF-8, not terminated */
    WB_FORM_BYTES,   /* .p, .len */
    WB_FORM_INVALID, /* .p, .len: the source's text (or bytes) of a value that has no neutral form;
                        .issue says why */
};

struct wb_cell {
    union {
        int64_t i;
        uint64_t u;
        double d;
        const unsigned char *p; /* owned by the batch that the cell belongs to */
    };
    uint32_t len;
    uint8_t form;  /* enum wb_form */
    uint8_t issue; /* enum wb_issue, INVALID only */
    uint16_t spare;
};

static inline struct wb_cell wb_cell_null(void) {
    return (struct wb_cell){.form = WB_FORM_NULL};
}
static inline struct wb_cell wb_cell_int(int64_t i) {
    return (struct wb_cell){.i = i, .form = WB_FORM_INT};
}
static inline struct wb_cell wb_cell_uint(uint64_t u) {
    return u <= INT64_MAX ? wb_cell_int((int64_t)u)
                          : (struct wb_cell){.u = u, .form = WB_FORM_UINT};
}
static inline struct wb_cell wb_cell_double(double d) {
    return (struct wb_cell){.d = d, .form = WB_FORM_DOUBLE};
}
static inline struct wb_cell wb_cell_text(const void *p, uint32_t len) {
    return (struct wb_cell){.p = p, .len = len, .form = WB_FORM_TEXT};
}
static inline struct wb_cell wb_cell_bytes(const void *p, uint32_t len) {
    return (struct wb_cell){.p = p, .len = len, .form = WB_FORM_BYTES};
}
static inline struct wb_cell wb_cell_invalid(const void *p, uint32_t len, enum wb_issue issue) {
    return (struct wb_cell){.p = p, .len = len, .form = WB_FORM_INVALID, .issue = (uint8_t)issue};
}

#endif
