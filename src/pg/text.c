/* Values as PostgreSQL's input functions read them: for FORMAT text, and for literals. */
#include "pg/copy.h"
#include "pg/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Proleptic Gregorian date of a day since 1970-01-01; the algorithm is days-to-civil of
 * https://howardhinnant.github.io/date_algorithms.html. */
static void add_date(struct wb_buf *to, int64_t days, bool *ret_bc) {
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int day = (int)(doy - (153 * mp + 2) / 5 + 1);
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    int64_t year = yoe + era * 400 + (month <= 2);
    *ret_bc = year <= 0;
    wb_buf_addf(to, "%04" PRId64 "-%02d-%02d", year <= 0 ? 1 - year : year, month, day);
}

static void add_clock(struct wb_buf *to, int64_t us) {
    wb_buf_addf(to, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, us / 3600000000, us / 60000000 % 60,
                us / 1000000 % 60);
    if (us % 1000000)
        wb_buf_addf(to, ".%06" PRId64, us % 1000000);
}

/* As a clock and not as a number of microseconds, which servers before 15 read into 32 bits. */
static void add_span(struct wb_buf *to, int64_t us) {
    uint64_t v = us < 0 ? -(uint64_t)us : (uint64_t)us;
    wb_buf_addf(to, "%s%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%06" PRIu64, us < 0 ? "-" : "",
                v / 3600000000, v / 60000000 % 60, v / 1000000 % 60, v % 1000000);
}

static void add_moment(struct wb_buf *to, int64_t us, bool zone) {
    bool bc = false;
    int64_t days = us / WB_PG_DAY_US, rest = us % WB_PG_DAY_US;
    if (rest < 0) {
        rest += WB_PG_DAY_US;
        days--;
    }
    add_date(to, days, &bc);
    wb_buf_addc(to, ' ');
    add_clock(to, rest);
    wb_buf_adds(to, zone ? "+00" : "");
    wb_buf_adds(to, bc ? " BC" : "");
}

static bool add_time_kind(struct wb_buf *to, const struct wb_type *t, int64_t v) {
    bool bc = false;
    if (t->kind == WB_KIND_TIME) {
        add_clock(to, v);
        return v >= 0;
    }
    if (t->kind == WB_KIND_INTERVAL) {
        add_span(to, v);
        return true;
    }
    if (v == WB_INFINITY || v == -WB_INFINITY) {
        wb_buf_adds(to, v > 0 ? "infinity" : "-infinity");
    } else if (t->kind == WB_KIND_DATE) {
        add_date(to, v, &bc);
        wb_buf_adds(to, bc ? " BC" : "");
    } else {
        add_moment(to, v, t->kind == WB_KIND_TIMESTAMPTZ);
    }
    return true;
}

static void add_hex(struct wb_buf *to, const unsigned char *p, size_t len) {
    static const char digits[] = "0123456789abcdef";
    wb_buf_reserve(to, 2 * len);
    for (size_t i = 0; i < len; i++) {
        to->data[to->len++] = (unsigned char)digits[p[i] >> 4];
        to->data[to->len++] = (unsigned char)digits[p[i] & 15];
    }
    to->data[to->len] = 0;
}

static bool add_uuid(struct wb_buf *to, const struct wb_cell *c) {
    static const unsigned char groups[] = {4, 2, 2, 2, 6};
    const unsigned char *p = c->p;
    if (c->len != 16)
        return false;
    for (size_t i = 0; i < sizeof groups; p += groups[i++]) {
        if (i)
            wb_buf_addc(to, '-');
        add_hex(to, p, groups[i]);
    }
    return true;
}

/* An array literal; every element quoted. */
static void add_set(struct wb_buf *to, const struct wb_cell *c) {
    wb_buf_adds(to, c->len ? "{\"" : "{");
    for (uint32_t i = 0; i < c->len; i++) {
        char ch = (char)c->p[i];
        if (ch == ',') {
            wb_buf_adds(to, "\",\"");
            continue;
        }
        if (ch == '"' || ch == '\\')
            wb_buf_addc(to, '\\');
        wb_buf_addc(to, ch);
    }
    wb_buf_adds(to, c->len ? "\"}" : "}");
}

static bool add_interval_text(struct wb_buf *to, const struct wb_cell *c) {
    int64_t months, days, us;
    char text[80];
    if (c->len >= sizeof text)
        return false;
    memcpy(text, c->p, c->len);
    text[c->len] = 0;
    if (sscanf(text, "%" SCNd64 " %" SCNd64 " %" SCNd64, &months, &days, &us) != 3)
        return false;
    wb_buf_addf(to, "%" PRId64 " months %" PRId64 " days ", months, days);
    add_span(to, us);
    return true;
}

static bool add_bytes(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    switch (t->kind) {
    case WB_KIND_BYTES:
    case WB_KIND_GEOMETRY:
        wb_buf_adds(to, "\\x");
        add_hex(to, c->p, c->len);
        return true;
    case WB_KIND_UUID:
        return add_uuid(to, c);
    case WB_KIND_SET:
        add_set(to, c);
        return true;
    case WB_KIND_INTERVAL:
        return add_interval_text(to, c);
    default:
        wb_buf_add(to, c->p, c->len);
        return true;
    }
}

static void add_bits(struct wb_buf *to, const struct wb_type *t, uint64_t v) {
    for (uint32_t i = t->length && t->length <= 64 ? t->length : 64; i-- > 0;)
        wb_buf_addc(to, (char)('0' + (v >> i & 1)));
}

static void add_double(struct wb_buf *to, double d) {
    if (__builtin_isnan(d))
        wb_buf_adds(to, "NaN");
    else if (__builtin_isinf(d))
        wb_buf_adds(to, d > 0 ? "Infinity" : "-Infinity");
    else
        wb_buf_addf(to, "%.17g", d);
}

bool wb_pg_text_of_cell(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    switch (c->form) {
    case WB_FORM_INT:
        if (t->kind == WB_KIND_DATE || t->kind == WB_KIND_TIME || t->kind == WB_KIND_TIMESTAMP ||
            t->kind == WB_KIND_TIMESTAMPTZ || t->kind == WB_KIND_INTERVAL)
            return add_time_kind(to, t, c->i);
        if (t->kind == WB_KIND_BOOL)
            wb_buf_addc(to, c->i ? 't' : 'f');
        else if (t->kind == WB_KIND_BIT)
            add_bits(to, t, c->u);
        else
            wb_buf_addf(to, "%" PRId64, c->i);
        return true;
    case WB_FORM_UINT:
        if (t->kind == WB_KIND_BIT)
            add_bits(to, t, c->u);
        else
            wb_buf_addf(to, "%" PRIu64, c->u);
        return true;
    case WB_FORM_DOUBLE:
        add_double(to, c->d);
        return true;
    case WB_FORM_TEXT:
    case WB_FORM_BYTES:
        return add_bytes(to, t, c);
    default:
        return false;
    }
}
