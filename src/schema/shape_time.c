/* Dates, times and moments: counts of days or microseconds to and from ISO text. The calendar is
 * the proleptic Gregorian one; the two civil functions follow Howard Hinnant's "chrono-Compatible
 * Low-Level Date Algorithms". */
#include "schema/shape_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY_US INT64_C(86400000000)

static int64_t days_from_civil(int64_t y, unsigned m, unsigned d) {
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400), doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

static void civil_from_days(int64_t z, int64_t *y, unsigned *m, unsigned *d) {
    z += 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097),
             yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = (int64_t)yoe + era * 400 + (*m <= 2);
}

static unsigned days_in_month(int64_t y, unsigned m) {
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return m == 2 && leap ? 29 : days[m - 1];
}

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

/* What floor_div() leaves: 0 to b - 1. */
static int64_t floor_rest(int64_t a, int64_t b) {
    return a % b < 0 ? a % b + b : a % b;
}

static int64_t unit_us(const struct wb_type *t) {
    int64_t unit = 1;
    for (unsigned i = t->fraction_digits; i < 6; i++)
        unit *= 10;
    return unit;
}

static bool is_infinite(const struct wb_cell *cell) {
    return cell->i == WB_INFINITY || cell->i == -WB_INFINITY;
}

static int no_way(struct wb_cell *nearest) {
    *nearest = wb_cell_null();
    return WB_ISSUE_RANGE;
}

/* Half a unit or more goes up, as databases round. */
static int64_t rounded(int64_t us, int64_t unit) {
    int64_t rest = floor_rest(us, unit);
    bool up = rest >= (unit + 1) / 2 ? us <= INT64_MAX - unit : us < INT64_MIN + unit;
    return up ? us + (unit - rest) : us - rest;
}

int wb_conv_fraction(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                     struct wb_cell *nearest) {
    (void)mem;
    int64_t unit = unit_us(c->to);
    if (cell->form != WB_FORM_INT || is_infinite(cell) || cell->i % unit == 0)
        return WB_CONV_OK;
    *nearest = wb_cell_int(rounded(cell->i, unit));
    return WB_ISSUE_RANGE;
}

/* A time of day: MySQL's TIME and intervals reach beyond it. */
int wb_conv_time(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                 struct wb_cell *nearest) {
    if (cell->form != WB_FORM_INT)
        return no_way(nearest);
    if (cell->i < 0 || cell->i > DAY_US) {
        *nearest = wb_cell_int(cell->i < 0 ? 0 : DAY_US);
        return WB_ISSUE_RANGE;
    }
    return wb_conv_fraction(c, mem, cell, nearest);
}

int wb_conv_date_timestamp(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                           struct wb_cell *nearest) {
    (void)c, (void)mem;
    int64_t us;
    if (is_infinite(cell))
        return WB_CONV_OK;
    if (__builtin_mul_overflow(cell->i, DAY_US, &us))
        return no_way(nearest);
    *cell = wb_cell_int(us);
    return WB_CONV_OK;
}

int wb_conv_timestamp_date(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                           struct wb_cell *nearest) {
    (void)c, (void)mem;
    if (is_infinite(cell))
        return WB_CONV_OK;
    struct wb_cell day = wb_cell_int(floor_div(cell->i, DAY_US));
    bool midnight = cell->i % DAY_US == 0;
    *(midnight ? cell : nearest) = day;
    return midnight ? WB_CONV_OK : WB_ISSUE_RANGE;
}

/* ------------------------------------------------------------------------------------------------
 * to text */

static int put_date(char *to, size_t size, int64_t days) {
    int64_t y;
    unsigned m, d;
    civil_from_days(days, &y, &m, &d);
    return snprintf(to, size, "%s%04" PRId64 "-%02u-%02u", y < 0 ? "-" : "", y < 0 ? -y : y, m, d);
}

/* "-838:59:59.000001"; at least digits behind the point, more where the value has more. */
static int put_time(char *to, size_t size, int64_t us, unsigned digits) {
    uint64_t u = us < 0 ? 0 - (uint64_t)us : (uint64_t)us, s = u / 1000000;
    unsigned fraction = (unsigned)(u % 1000000);
    int n = snprintf(to, size, "%s%02" PRIu64 ":%02u:%02u", us < 0 ? "-" : "", s / 3600,
                     (unsigned)(s / 60 % 60), (unsigned)(s % 60));
    if (fraction == 0 && digits == 0)
        return n;
    unsigned unit = 1;
    for (unsigned i = digits; i < 6; i++)
        unit *= 10;
    if (fraction % unit != 0) {
        digits = 6;
        unit = 1;
    }
    return n + snprintf(to + n, size - (size_t)n, ".%0*u", (int)digits, fraction / unit);
}

static int put_timestamp(char *to, size_t size, int64_t us, unsigned digits) {
    int64_t days = floor_div(us, DAY_US);
    int n = put_date(to, size, days);
    to[n++] = ' ';
    return n + put_time(to + n, size - (size_t)n, floor_rest(us, DAY_US), digits);
}

/* "months days microseconds" as "1 mons 2 days 03:04:05". */
static int put_interval(char *to, size_t size, const struct wb_cell *cell, unsigned digits) {
    char text[64];
    int64_t months, days, us;
    if (cell->len >= sizeof text)
        return -1;
    memcpy(text, cell->p, cell->len);
    text[cell->len] = 0;
    if (sscanf(text, "%" SCNd64 " %" SCNd64 " %" SCNd64, &months, &days, &us) != 3)
        return -1;
    int n = 0;
    if (months)
        n += snprintf(to + n, size - (size_t)n, "%" PRId64 " mons ", months);
    if (days)
        n += snprintf(to + n, size - (size_t)n, "%" PRId64 " days ", days);
    return n + put_time(to + n, size - (size_t)n, us, digits);
}

int wb_conv_time_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest) {
    char text[128];
    unsigned digits = c->from->fraction_digits;
    int n;
    bool moment = c->from->kind == WB_KIND_TIMESTAMP || c->from->kind == WB_KIND_TIMESTAMPTZ;
    if ((moment || c->from->kind == WB_KIND_DATE) && is_infinite(cell))
        n = snprintf(text, sizeof text, "%s", cell->i < 0 ? "-infinity" : "infinity");
    else if (c->from->kind == WB_KIND_DATE)
        n = put_date(text, sizeof text, cell->i);
    else if (moment)
        n = put_timestamp(text, sizeof text, cell->i, digits);
    else if (cell->form == WB_FORM_TEXT)
        n = put_interval(text, sizeof text, cell, digits);
    else
        n = put_time(text, sizeof text, cell->i, digits);
    if (n < 0)
        return no_way(nearest);
    if (c->from->kind == WB_KIND_TIMESTAMPTZ && !is_infinite(cell))
        n += snprintf(text + n, sizeof text - (size_t)n, "+00");
    *cell = wb_cell_text(wb_arena_strndup(mem, text, (size_t)n), (uint32_t)n);
    return WB_CONV_OK;
}

/* ------------------------------------------------------------------------------------------------
 * from text */

struct scan {
    const unsigned char *p, *end;
};

static bool take(struct scan *s, char c) {
    if (s->p < s->end && *s->p == (unsigned char)c) {
        s->p++;
        return true;
    }
    return false;
}

/* From least to most digits. */
static bool take_number(struct scan *s, unsigned least, unsigned most, int64_t *ret) {
    int64_t v = 0;
    unsigned n = 0;
    while (n < most && s->p < s->end && *s->p >= '0' && *s->p <= '9') {
        v = v * 10 + (*s->p++ - '0');
        n++;
    }
    *ret = v;
    return n >= least;
}

struct date {
    int64_t y, m, d;
};

static bool take_date(struct scan *s, struct date *d) {
    return take_number(s, 4, 6, &d->y) && take(s, '-') && take_number(s, 1, 2, &d->m) &&
           take(s, '-') && take_number(s, 1, 2, &d->d);
}

static bool is_real(const struct date *d) {
    return d->m >= 1 && d->m <= 12 && d->d >= 1 &&
           d->d <= (int64_t)days_in_month(d->y, (unsigned)d->m);
}

/* Digits behind a point, to the microsecond; further ones must be 0 to be kept, *more says if they
 * were not. */
static bool take_fraction(struct scan *s, int64_t *us, bool *more) {
    *us = 0;
    *more = false;
    if (!take(s, '.'))
        return true;
    const unsigned char *from = s->p;
    int64_t unit = 100000;
    for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++, unit /= 10) {
        *us += (*s->p - '0') * unit;
        *more |= unit == 0 && *s->p != '0';
    }
    return s->p > from;
}

/* HH:MM[:SS[.f]] */
static bool take_time(struct scan *s, int64_t most_hours, int64_t *us, bool *more) {
    int64_t h, m, sec = 0, fraction = 0;
    *more = false;
    if (!take_number(s, 1, 6, &h) || !take(s, ':') || !take_number(s, 2, 2, &m))
        return false;
    if (take(s, ':') && !(take_number(s, 2, 2, &sec) && take_fraction(s, &fraction, more)))
        return false;
    if (h > most_hours || m > 59 || sec > 59)
        return false;
    *us = ((h * 60 + m) * 60 + sec) * 1000000 + fraction;
    return true;
}

/* Z, +HH, +HHMM, +HH:MM: what to subtract. */
static bool take_zone(struct scan *s, int64_t *us) {
    int64_t h, m = 0;
    *us = 0;
    if (take(s, 'Z') || take(s, 'z'))
        return true;
    bool west = s->p < s->end && *s->p == '-';
    if (!west && !(s->p < s->end && *s->p == '+'))
        return false;
    s->p++;
    if (!take_number(s, 2, 2, &h))
        return false;
    if ((take(s, ':') || s->p < s->end) && !take_number(s, 2, 2, &m))
        return false;
    *us = (h * 60 + m) * 60000000 * (west ? -1 : 1);
    return h <= 15 && m <= 59;
}

static struct wb_cell made_of(const struct wb_type *to, const struct date *d, int64_t us) {
    int64_t days = days_from_civil(d->y, (unsigned)d->m, (unsigned)d->d);
    return wb_cell_int(to->kind == WB_KIND_DATE ? days : days * DAY_US + us);
}

struct wb_cell wb_shape_zero_date(const struct wb_type *to, const unsigned char *text,
                                  uint32_t len) {
    struct scan s = {text, text + len};
    struct date d;
    int64_t us = 0;
    bool more, dated = to->kind == WB_KIND_DATE || to->kind == WB_KIND_TIMESTAMP ||
                       to->kind == WB_KIND_TIMESTAMPTZ;
    if (!dated || !take_date(&s, &d) || d.m > 12 || d.d > 31)
        return wb_cell_null();
    if ((take(&s, ' ') || take(&s, 'T')) && !take_time(&s, 23, &us, &more))
        return wb_cell_null();
    d.y += d.y == 0;
    d.m += d.m == 0;
    d.d += d.d == 0;
    if (d.d > (int64_t)days_in_month(d.y, (unsigned)d.m))
        d.d = days_in_month(d.y, (unsigned)d.m);
    return made_of(to, &d, us);
}

/* Infinity, and dates and moments before our own digits: false where it is no such word. */
static bool infinite(const struct wb_cell *cell, struct wb_cell *ret) {
    bool minus = cell->len == 9 && memcmp(cell->p, "-infinity", 9) == 0;
    if (!minus && !(cell->len == 8 && memcmp(cell->p, "infinity", 8) == 0))
        return false;
    *ret = wb_cell_int(minus ? -WB_INFINITY : WB_INFINITY);
    return true;
}

static int parse_moment(const struct wb_conv *c, const struct wb_cell *cell, struct wb_cell *ret,
                        bool *more) {
    struct scan s = {cell->p, cell->p + cell->len};
    struct date d;
    int64_t us = 0, zone = 0;
    *more = false;
    if (infinite(cell, ret))
        return WB_CONV_OK;
    bool negative = take(&s, '-');
    if (!take_date(&s, &d))
        return WB_ISSUE_RANGE;
    if (negative)
        d.y = -d.y;
    if (s.p < s.end) {
        if (!(take(&s, ' ') || take(&s, 'T')) || !take_time(&s, 23, &us, more))
            return WB_ISSUE_RANGE;
        if (s.p < s.end && c->to->kind == WB_KIND_TIMESTAMPTZ && !take_zone(&s, &zone))
            return WB_ISSUE_RANGE;
    }
    if (s.p != s.end || d.y > 294276 || d.y < -4712)
        return WB_ISSUE_RANGE;
    if (!is_real(&d))
        return WB_ISSUE_ZERO_DATE;
    *ret = made_of(c->to, &d, us - zone);
    if (c->to->kind == WB_KIND_DATE && us) {
        *more = true; /* a time of day that a date has no room for */
        return WB_CONV_OK;
    }
    return WB_CONV_OK;
}

static int parse_time(const struct wb_conv *c, const struct wb_cell *cell, struct wb_cell *ret,
                      bool *more) {
    struct scan s = {cell->p, cell->p + cell->len};
    int64_t us;
    bool interval = c->to->kind == WB_KIND_INTERVAL, negative = take(&s, '-');
    if (!take_time(&s, interval ? 999999 : 838, &us, more) || s.p != s.end)
        return WB_ISSUE_RANGE;
    *ret = wb_cell_int(negative ? -us : us);
    return WB_CONV_OK;
}

int wb_conv_text_time(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest) {
    struct wb_cell made;
    bool more;
    *nearest = wb_cell_null();
    bool of_day = c->to->kind == WB_KIND_TIME || c->to->kind == WB_KIND_INTERVAL;
    int issue = of_day ? parse_time(c, cell, &made, &more) : parse_moment(c, cell, &made, &more);
    if (issue != WB_CONV_OK) {
        if (issue == WB_ISSUE_ZERO_DATE)
            *nearest = wb_shape_zero_date(c->to, cell->p, cell->len);
        return issue;
    }
    if (c->to->kind != WB_KIND_DATE)
        issue = c->to->kind == WB_KIND_TIME ? wb_conv_time(c, mem, &made, nearest)
                                            : wb_conv_fraction(c, mem, &made, nearest);
    if (issue == WB_CONV_OK && more) {
        *nearest = made;
        issue = WB_ISSUE_RANGE;
    }
    if (issue == WB_CONV_OK)
        *cell = made;
    return issue;
}
