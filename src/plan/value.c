#include "plan/value.h"

#include <inttypes.h>
#include <stdio.h>

enum { MAX_DIGITS = 15 };

static void shorten(struct wb_decimal *d) {
    while (d->scale && d->digits % 10 == 0) {
        d->digits /= 10;
        d->scale--;
    }
}

/* After the first comma every group has three digits: "1,00" is a slip of the pen, not 100. */
static bool groups_fit(const char *s, size_t len) {
    size_t i = 0, group = 0;
    bool comma = false;
    for (; i < len && s[i] != '.'; i++, group++) {
        if (s[i] != ',')
            continue;
        if (group == 0 || group > 3 || (comma && group != 3))
            return false;
        comma = true;
        group = (size_t)-1;
    }
    return !comma || group == 3;
}

bool wb_decimal_parse(const char *s, size_t len, struct wb_decimal *ret) {
    struct wb_decimal d = {0};
    size_t digits = 0;
    bool point = false;
    if (len == 0 || !groups_fit(s, len))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (s[i] == ',' && !point)
            continue;
        if (s[i] == '.' && !point && i > 0 && i + 1 < len) {
            point = true;
            continue;
        }
        if (s[i] < '0' || s[i] > '9' || ++digits > MAX_DIGITS)
            return false;
        d.digits = d.digits * 10 + (s[i] - '0');
        d.scale += point;
    }
    shorten(&d);
    *ret = d;
    return true;
}

void wb_decimal_scale(struct wb_decimal *d, int64_t times) {
    while (d->scale && times % 10 == 0) {
        times /= 10;
        d->scale--;
    }
    if (__builtin_mul_overflow(d->digits, times, &d->digits))
        d->digits = INT64_MAX;
    shorten(d);
}

void wb_decimal_percent(struct wb_decimal *d) {
    d->scale += 2;
    shorten(d);
}

int wb_decimal_compare(struct wb_decimal a, struct wb_decimal b) {
    __int128 x = a.digits, y = b.digits;
    for (; a.scale < b.scale; a.scale++)
        x *= 10;
    for (; b.scale < a.scale; b.scale++)
        y *= 10;
    return x < y ? -1 : x > y;
}

double wb_decimal_double(struct wb_decimal d) {
    double v = (double)d.digits;
    for (unsigned i = 0; i < d.scale; i++)
        v /= 10;
    return v;
}

int64_t wb_decimal_ceil(struct wb_decimal d) {
    int64_t div = 1;
    for (unsigned i = 0; i < d.scale; i++)
        div *= 10;
    return d.digits / div + (d.digits % div != 0);
}

void wb_decimal_put(struct wb_buf *to, struct wb_decimal d) {
    char text[40];
    int n = snprintf(text, sizeof text, "%0*" PRId64, (int)d.scale + 1, d.digits);
    size_t whole = (size_t)n - d.scale;
    wb_buf_add(to, text, whole);
    if (d.scale)
        wb_buf_addf(to, ".%s", text + whole);
}

void wb_duration_put(struct wb_buf *to, int64_t ms) {
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;
    while (i < 4 && (ms < units[i].ms || ms % units[i].ms))
        i++;
    if (i == 0 && ms < 3 * units[0].ms)
        i = 1; /* "48 h" says more than "2 d" */
    wb_buf_addf(to, "%" PRId64 " %s", ms / units[i].ms, units[i].unit);
}

void wb_value_put(struct wb_buf *to, const struct wb_plan_value *v) {
    struct wb_decimal d = v->number;
    switch (v->unit) {
    case WB_UNIT_RATIO:
        wb_decimal_scale(&d, 100);
        wb_decimal_put(to, d);
        wb_buf_adds(to, " %");
        return;
    case WB_UNIT_MS:
        if (d.scale) {
            wb_decimal_put(to, d);
            wb_buf_adds(to, " ms");
        } else {
            wb_duration_put(to, v->ms);
        }
        return;
    case WB_UNIT_BASELINE:
        wb_decimal_put(to, d);
        wb_buf_adds(to, " times the baseline");
        return;
    case WB_UNIT_ROWS:
        wb_decimal_put(to, d);
        wb_buf_adds(to, " rows");
        return;
    case WB_UNIT_NONE:
        break;
    }
    wb_decimal_put(to, d);
}

const char *wb_cmp_sign(enum wb_plan_cmp cmp) {
    static const char *const signs[] = {"", "<", "<=", ">", ">=", "="};
    return signs[cmp];
}

const char *wb_unit_word(enum wb_plan_unit unit) {
    static const char *const words[] = {"count", "ratio", "ms", "times_baseline", "rows"};
    return words[unit];
}
