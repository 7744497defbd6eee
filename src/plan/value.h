/* Values as a plan writes them, normalized: exact decimals, never floating point. A ratio of 0.1 %
 * is 0.001 exactly, a duration is in milliseconds. */
#ifndef WB_PLAN_VALUE_H
#define WB_PLAN_VALUE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* digits / 10^scale; trailing zeros of the fraction are gone. */
struct wb_decimal {
    int64_t digits;
    unsigned scale; /* 0 to 15 */
};

enum wb_plan_unit {
    WB_UNIT_NONE,     /* a plain count */
    WB_UNIT_RATIO,    /* written in percent; number is the ratio: 0.1 % is 0.001 */
    WB_UNIT_MS,       /* a duration; number and ms are milliseconds */
    WB_UNIT_BASELINE, /* times the baseline: "2x baseline" */
    WB_UNIT_ROWS,
};

struct wb_plan_value {
    enum wb_plan_unit unit;
    struct wb_decimal number;
    int64_t ms; /* of a duration, rounded up to a whole millisecond; else 0 */
};

enum wb_plan_cmp { WB_CMP_NONE, WB_CMP_LT, WB_CMP_LE, WB_CMP_GT, WB_CMP_GE, WB_CMP_EQ };

/* Parse "5,000", "0.005", "12": groups of three digits after the first comma. False where it is
 * malformed or has more than 15 digits. */
bool wb_decimal_parse(const char *s, size_t len, struct wb_decimal *ret);
void wb_decimal_scale(struct wb_decimal *d, int64_t times); /* times: a power of ten, or a factor */
void wb_decimal_percent(struct wb_decimal *d);              /* divide by 100, exactly */
int wb_decimal_compare(struct wb_decimal a, struct wb_decimal b);
double wb_decimal_double(struct wb_decimal d);
int64_t wb_decimal_ceil(struct wb_decimal d);

void wb_decimal_put(struct wb_buf *to, struct wb_decimal d);         /* "0.001" */
void wb_duration_put(struct wb_buf *to, int64_t ms);                 /* "10 min", "90 s", "2 d" */
void wb_value_put(struct wb_buf *to, const struct wb_plan_value *v); /* "0.1 %", "22 ms" */
const char *wb_cmp_sign(enum wb_plan_cmp cmp);                       /* "<", "<=", … */
const char *wb_unit_word(enum wb_plan_unit unit);                    /* "ratio", "ms", … */

#endif
