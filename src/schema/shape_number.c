/* Numbers: integers, decimals as text, floats, booleans and bits. What would lose digits is an
 * issue, never rounded without a word; the nearest value is what rounding would give. */
#include "schema/shape_int.h"

#include "base/str.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for a number: DIGITS_MAX before the point, as many behind it, an exponent's zeros.
 * PostgreSQL's numeric(p,s) ends at 1000; longer texts have no nearest value. */
enum { DIGITS_MAX = 1000, NUMBER_TEXT_MAX = 2 * DIGITS_MAX + 900 };

bool wb_conv_int_bounds(const struct wb_type *t, int64_t *min, uint64_t *max) {
    *min = 0;
    switch (t->kind) {
    case WB_KIND_BOOL:
        *max = 1;
        return true;
    case WB_KIND_YEAR:
        *max = 2155;
        return true;
    case WB_KIND_INT:
        *min = wb_type_int_min(t);
        *max = (uint64_t)wb_type_int_max(t);
        return true;
    case WB_KIND_UINT:
        *max = t->size_bytes >= 8 ? UINT64_MAX : (uint64_t)wb_type_int_max(t);
        return true;
    case WB_KIND_BIT:
        if (t->length == 0 || t->length > 64 || !t->fixed)
            return false;
        *max = t->length == 64 ? UINT64_MAX : ((uint64_t)1 << t->length) - 1;
        return true;
    default:
        return false;
    }
}

static int no_way(struct wb_cell *nearest) {
    *nearest = wb_cell_null();
    return WB_ISSUE_RANGE;
}

int wb_conv_int(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                struct wb_cell *nearest) {
    (void)mem;
    if (cell->form == WB_FORM_UINT || (cell->form == WB_FORM_INT && cell->i >= 0)) {
        if (cell->u <= c->max)
            return WB_CONV_OK;
        *nearest = wb_cell_uint(c->max);
        return WB_ISSUE_RANGE;
    }
    if (cell->form != WB_FORM_INT)
        return no_way(nearest);
    if (cell->i >= c->min)
        return WB_CONV_OK;
    *nearest = wb_cell_int(c->min);
    return WB_ISSUE_RANGE;
}

int wb_conv_int_year(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                     struct wb_cell *nearest) {
    if (cell->form == WB_FORM_INT && (cell->i == 0 || (cell->i >= 1901 && cell->i <= 2155)))
        return WB_CONV_OK;
    int issue = wb_conv_int(c, mem, cell, nearest);
    if (issue == WB_CONV_OK)
        *nearest = wb_cell_int(1901);
    return WB_ISSUE_RANGE;
}

/* Any number but 0 is true to the databases that have no booleans, so that is what is nearest. */
int wb_conv_int_bool(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                     struct wb_cell *nearest) {
    (void)c, (void)mem;
    if (cell->form == WB_FORM_INT && (cell->i == 0 || cell->i == 1))
        return WB_CONV_OK;
    *nearest = wb_cell_int(1);
    return WB_ISSUE_RANGE;
}

int wb_conv_int_float(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest) {
    (void)mem;
    double d = cell->form == WB_FORM_UINT ? (double)cell->u : (double)cell->i;
    if (c->to->size_bytes == 4)
        d = (double)(float)d;
    bool exact = cell->form == WB_FORM_UINT ? d < 18446744073709551616.0 && (uint64_t)d == cell->u
                                            : d < 9223372036854775808.0 && (int64_t)d == cell->i;
    if (exact) {
        *cell = wb_cell_double(d);
        return WB_CONV_OK;
    }
    *nearest = wb_cell_double(d);
    return WB_ISSUE_RANGE;
}

static struct wb_cell text_cell(struct wb_arena *mem, const char *s) {
    uint32_t n = (uint32_t)strlen(s);
    return wb_cell_text(wb_arena_strndup(mem, s, n), n);
}

static int int_digits(const struct wb_cell *cell, char *to, size_t size) {
    return cell->form == WB_FORM_UINT ? snprintf(to, size, "%" PRIu64, cell->u)
                                      : snprintf(to, size, "%" PRId64, cell->i);
}

int wb_conv_int_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                     struct wb_cell *nearest) {
    (void)c, (void)nearest;
    char digits[24];
    int_digits(cell, digits, sizeof digits);
    *cell = text_cell(mem, digits);
    return WB_CONV_OK;
}

/* ------------------------------------------------------------------------------------------------
 * decimals */

/* A decimal's parts without needless zeros; they point into the text that was parsed. */
struct decimal {
    bool negative;
    const char *whole, *fraction;
    size_t n_whole, n_fraction;
};

static bool parse_plain(const char *s, size_t len, struct decimal *d) {
    *d = (struct decimal){0};
    const char *end = s + len;
    if (s < end && (*s == '-' || *s == '+'))
        d->negative = *s++ == '-';
    d->whole = s;
    while (s < end && *s >= '0' && *s <= '9')
        s++;
    d->n_whole = (size_t)(s - d->whole);
    if (s < end && *s == '.') {
        d->fraction = ++s;
        while (s < end && *s >= '0' && *s <= '9')
            s++;
        d->n_fraction = (size_t)(s - d->fraction);
    }
    if (s != end || d->n_whole + d->n_fraction == 0)
        return false;
    while (d->n_whole && *d->whole == '0') {
        d->whole++;
        d->n_whole--;
    }
    while (d->n_fraction && d->fraction[d->n_fraction - 1] == '0')
        d->n_fraction--;
    return true;
}

/* "-1.5e3" as "-1500": the digits with the point moved. False where it is no number or becomes too
 * long. */
static bool expand(const char *s, size_t len, char *to, size_t size) {
    const char *e = memchr(s, 'e', len);
    e = e ? e : memchr(s, 'E', len);
    char exponent_text[8] = "0";
    size_t mantissa = e ? (size_t)(e - s) : len;
    if (e) {
        const char *x = e + 1 + (e + 1 < s + len && e[1] == '+');
        size_t n = (size_t)(s + len - x);
        if (n == 0 || n >= sizeof exponent_text)
            return false;
        memcpy(exponent_text, x, n);
        exponent_text[n] = 0;
    }
    int64_t exponent;
    struct decimal d;
    if (!wb_str_int64(exponent_text, -400, 400, &exponent) || !parse_plain(s, mantissa, &d))
        return false;
    if (d.n_whole + d.n_fraction + 410 > size)
        return false;
    /* All digits in a row; the point stands behind the first n_whole + exponent of them. */
    int64_t point = (int64_t)d.n_whole + exponent, n = (int64_t)(d.n_whole + d.n_fraction);
    char *p = to;
    if (d.negative)
        *p++ = '-';
    if (point <= 0)
        *p++ = '0';
    for (int64_t i = point < 0 ? point : 0; i < n || i < point; i++) {
        if (i == point || (i == 0 && point == 0) || (i == point && point < 0))
            *p++ = '.';
        *p++ = i < 0 || i >= n          ? '0'
               : i < (int64_t)d.n_whole ? d.whole[i]
                                        : d.fraction[i - (int64_t)d.n_whole];
    }
    *p = 0;
    return true;
}

/* Round half away from zero to scale digits behind the point; to holds NUMBER_TEXT_MAX bytes. */
static void round_to(const struct decimal *d, size_t scale, char *to) {
    char digits[NUMBER_TEXT_MAX];
    size_t n = 0;
    digits[n++] = '0'; /* for a carry */
    for (size_t i = 0; i < d->n_whole; i++)
        digits[n++] = d->whole[i];
    for (size_t i = 0; i < scale; i++)
        digits[n++] = i < d->n_fraction ? d->fraction[i] : '0';
    if (scale < d->n_fraction && d->fraction[scale] >= '5') {
        size_t i = n;
        while (digits[--i] == '9')
            digits[i] = '0';
        digits[i]++;
    }
    size_t whole = n - scale, from = digits[0] == '0' && whole > 1 ? 1 : 0;
    char *p = to;
    if (d->negative)
        *p++ = '-';
    memcpy(p, digits + from, whole - from);
    p += whole - from;
    if (scale) {
        *p++ = '.';
        memcpy(p, digits + whole, scale);
        p += scale;
    }
    *p = 0;
}

/* The text of a decimal cell as a NUL-terminated plain number in to; false where it is none (NaN,
 * Infinity, words). */
static bool plain_number(const struct wb_cell *cell, char *to, size_t size) {
    if (cell->form == WB_FORM_INT || cell->form == WB_FORM_UINT)
        return int_digits(cell, to, size) > 0;
    struct decimal d;
    if (cell->form != WB_FORM_TEXT || cell->len >= DIGITS_MAX || size < NUMBER_TEXT_MAX)
        return false;
    if (!parse_plain((const char *)cell->p, cell->len, &d))
        return expand((const char *)cell->p, cell->len, to, size);
    memcpy(to, cell->p, cell->len);
    to[cell->len] = 0;
    return true;
}

static bool is_word(const struct wb_cell *cell, const char *word) {
    return cell->form == WB_FORM_TEXT && cell->len == strlen(word) &&
           strncasecmp((const char *)cell->p, word, cell->len) == 0;
}

static size_t scale_of(const struct wb_type *t) {
    return t->scale <= 0 ? 0 : t->scale > DIGITS_MAX ? DIGITS_MAX : (size_t)t->scale;
}

static size_t whole_of(const struct wb_type *t) {
    size_t scale = scale_of(t), precision = t->precision > DIGITS_MAX ? DIGITS_MAX : t->precision;
    return precision > scale ? precision - scale : 0;
}

static void largest_decimal(const struct wb_type *t, bool negative, char *to) {
    size_t scale = scale_of(t), whole = whole_of(t);
    char *p = to;
    if (negative)
        *p++ = '-';
    if (!whole)
        *p++ = '0';
    memset(p, '9', whole);
    p += whole;
    if (scale) {
        *p++ = '.';
        memset(p, '9', scale);
        p += scale;
    }
    *p = 0;
}

static bool fits(const struct decimal *d, const struct wb_type *t) {
    return d->n_whole <= whole_of(t) && d->n_fraction <= scale_of(t);
}

int wb_conv_decimal(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                    struct wb_cell *nearest) {
    char text[NUMBER_TEXT_MAX], changed[NUMBER_TEXT_MAX];
    struct decimal d, r;
    bool word = is_word(cell, "NaN") || is_word(cell, "Infinity") || is_word(cell, "-Infinity");
    if (word && (c->to->precision == 0 || is_word(cell, "NaN")))
        return WB_CONV_OK;
    if (word) {
        largest_decimal(c->to, *cell->p == '-', changed);
        *nearest = text_cell(mem, changed);
        return WB_ISSUE_RANGE;
    }
    if (!plain_number(cell, text, sizeof text) || !parse_plain(text, strlen(text), &d))
        return no_way(nearest);
    if (c->to->precision == 0 || fits(&d, c->to)) {
        bool same = cell->form != WB_FORM_TEXT ||
                    (strlen(text) == cell->len && memcmp(text, cell->p, cell->len) == 0 &&
                     *cell->p != '+' && *cell->p != '.' && cell->p[cell->len - 1] != '.');
        if (!same) { /* an exponent, a plus sign, a bare point: written out */
            round_to(&d, d.n_fraction, changed);
            *cell = text_cell(mem, changed);
        }
        return WB_CONV_OK;
    }
    round_to(&d, scale_of(c->to), changed);
    if (parse_plain(changed, strlen(changed), &r) && !fits(&r, c->to))
        largest_decimal(c->to, d.negative, changed);
    *nearest = text_cell(mem, changed);
    return WB_ISSUE_RANGE;
}

/* Up to 20 digits; false beyond the unsigned range. */
static bool parse_u64(const char *s, size_t n, uint64_t *ret) {
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s[i] - '0'), &v))
            return false;
    *ret = v;
    return true;
}

/* The integer within c's bounds that is nearest to d; *exact: it is d itself. */
static struct wb_cell nearest_int(const struct wb_conv *c, const struct decimal *d, bool *exact) {
    char text[NUMBER_TEXT_MAX];
    struct decimal r;
    uint64_t v;
    round_to(d, 0, text);
    *exact = false;
    parse_plain(text, strlen(text), &r);
    if (!parse_u64(r.whole, r.n_whole, &v))
        return r.negative ? wb_cell_int(c->min) : wb_cell_uint(c->max);
    if (r.negative && v) {
        uint64_t lowest = c->min < 0 ? (uint64_t) - (c->min + 1) + 1 : 0;
        if (v > lowest)
            return wb_cell_int(c->min);
        *exact = d->n_fraction == 0;
        return wb_cell_int((int64_t)(0 - v));
    }
    if (v > c->max)
        return wb_cell_uint(c->max);
    *exact = d->n_fraction == 0;
    return wb_cell_uint(v);
}

int wb_conv_decimal_int(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                        struct wb_cell *nearest) {
    char text[NUMBER_TEXT_MAX];
    struct decimal d;
    bool exact;
    if (cell->form == WB_FORM_INT || cell->form == WB_FORM_UINT)
        return wb_conv_int(c, mem, cell, nearest);
    if (is_word(cell, "Infinity") || is_word(cell, "-Infinity")) {
        *nearest = *cell->p == '-' ? wb_cell_int(c->min) : wb_cell_uint(c->max);
        return WB_ISSUE_RANGE;
    }
    if (!plain_number(cell, text, sizeof text) || !parse_plain(text, strlen(text), &d))
        return no_way(nearest);
    struct wb_cell v = nearest_int(c, &d, &exact);
    struct wb_cell year = v;
    if (c->to->kind == WB_KIND_YEAR && wb_conv_int_year(c, mem, &year, nearest) != WB_CONV_OK)
        return WB_ISSUE_RANGE; /* *nearest is a year already */
    *(exact ? cell : nearest) = v;
    return exact ? WB_CONV_OK : WB_ISSUE_RANGE;
}

/* ------------------------------------------------------------------------------------------------
 * floats */

static double narrowed(const struct wb_type *t, double d) {
    return t->size_bytes == 4 ? (double)(float)d : d;
}

/* A decimal and a double are the same number to a reader if the double, printed with the decimal's
 * digits, is it. */
static bool shows_as(double v, const struct decimal *d) {
    char text[NUMBER_TEXT_MAX];
    struct decimal back;
    if (!isfinite(v) ||
        snprintf(text, sizeof text, "%.*f", (int)d->n_fraction, v) >= (int)sizeof text)
        return false;
    return parse_plain(text, strlen(text), &back) && back.n_whole == d->n_whole &&
           back.n_fraction == d->n_fraction && memcmp(back.whole, d->whole, d->n_whole) == 0 &&
           (!d->n_fraction || memcmp(back.fraction, d->fraction, d->n_fraction) == 0);
}

static int word_float(const struct wb_cell *cell, double *ret) {
    *ret = is_word(cell, "NaN")         ? NAN
           : is_word(cell, "Infinity")  ? INFINITY
           : is_word(cell, "-Infinity") ? -INFINITY
                                        : 0;
    return *ret != 0; /* NaN is not 0 either */
}

int wb_conv_decimal_float(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                          struct wb_cell *nearest) {
    char text[NUMBER_TEXT_MAX];
    struct decimal d;
    double v;
    if (cell->form == WB_FORM_INT || cell->form == WB_FORM_UINT)
        return wb_conv_int_float(c, mem, cell, nearest);
    if (word_float(cell, &v)) {
        *cell = wb_cell_double(v);
        return WB_CONV_OK;
    }
    if (!plain_number(cell, text, sizeof text) || !parse_plain(text, strlen(text), &d))
        return no_way(nearest);
    v = narrowed(c->to, c->to->size_bytes == 4 ? (double)strtof(text, NULL) : strtod(text, NULL));
    if (shows_as(v, &d)) {
        *cell = wb_cell_double(v);
        return WB_CONV_OK;
    }
    *nearest = isfinite(v) ? wb_cell_double(v) : wb_cell_null();
    return WB_ISSUE_RANGE;
}

int wb_conv_float(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                  struct wb_cell *nearest) {
    (void)mem;
    double v = narrowed(c->to, cell->d);
    if (isnan(v) || v == cell->d)
        return WB_CONV_OK;
    *nearest = isfinite(v) ? wb_cell_double(v) : wb_cell_null();
    return WB_ISSUE_RANGE;
}

int wb_conv_float_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                       struct wb_cell *nearest) {
    (void)nearest;
    char text[64];
    wb_str_shortest(cell->d, c->from->size_bytes, text, sizeof text);
    *cell = text_cell(mem, text);
    return WB_CONV_OK;
}

int wb_conv_float_decimal(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                          struct wb_cell *nearest) {
    char text[64];
    wb_str_shortest(cell->d, c->from->size_bytes, text, sizeof text);
    struct wb_cell made = text_cell(mem, text);
    int issue = wb_conv_decimal(c, mem, &made, nearest);
    if (issue == WB_CONV_OK)
        *cell = made;
    return issue;
}

int wb_conv_float_int(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest) {
    char text[NUMBER_TEXT_MAX];
    snprintf(text, sizeof text, "%.*f", trunc(cell->d) == cell->d ? 0 : 30, cell->d);
    struct wb_cell made = isfinite(cell->d) ? text_cell(mem, text)
                          : isnan(cell->d)  ? text_cell(mem, "NaN")
                                           : text_cell(mem, cell->d < 0 ? "-Infinity" : "Infinity");
    int issue =
        c->to->kind == WB_KIND_BOOL ? WB_CONV_OK : wb_conv_decimal_int(c, mem, &made, nearest);
    if (c->to->kind == WB_KIND_BOOL) {
        made = wb_cell_int(cell->d != 0);
        issue = cell->d == 0 || cell->d == 1 ? WB_CONV_OK : WB_ISSUE_RANGE;
        *nearest = made;
    }
    if (issue == WB_CONV_OK)
        *cell = made;
    return issue;
}

int wb_conv_text_float(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                       struct wb_cell *nearest) {
    (void)mem;
    char text[NUMBER_TEXT_MAX];
    double v;
    if (word_float(cell, &v)) {
        *cell = wb_cell_double(v);
        return WB_CONV_OK;
    }
    if (cell->len == 0 || cell->len >= sizeof text)
        return no_way(nearest);
    memcpy(text, cell->p, cell->len);
    text[cell->len] = 0;
    char *end;
    v = c->to->size_bytes == 4 ? (double)strtof(text, &end) : strtod(text, &end);
    if (end != text + cell->len || strspn(text, "0123456789+-.eE") != cell->len)
        return no_way(nearest);
    if (!isfinite(v))
        return no_way(nearest);
    *cell = wb_cell_double(v);
    return WB_CONV_OK;
}

/* ------------------------------------------------------------------------------------------------
 * booleans, bits */

int wb_conv_text_bool(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest) {
    (void)c, (void)mem;
    static const char *const words[] = {"0", "1", "f",  "t",   "false", "true",
                                        "n", "y", "no", "yes", "off",   "on"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is_word(cell, words[i])) {
            *cell = wb_cell_int(i & 1);
            return WB_CONV_OK;
        }
    return no_way(nearest);
}

int wb_conv_bool_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest) {
    (void)c, (void)mem, (void)nearest;
    *cell = cell->i ? wb_cell_text("true", 4) : wb_cell_text("false", 5);
    return WB_CONV_OK;
}

int wb_conv_bit_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                     struct wb_cell *nearest) {
    (void)nearest;
    if (cell->form == WB_FORM_TEXT)
        return WB_CONV_OK;
    uint32_t n = c->from->length && c->from->length <= 64 ? c->from->length : 64;
    char *bits = wb_arena_alloc(mem, n);
    for (uint32_t i = 0; i < n; i++)
        bits[i] = (char)('0' + (cell->u >> (n - 1 - i) & 1));
    *cell = wb_cell_text(bits, n);
    return WB_CONV_OK;
}

int wb_conv_text_bit(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                     struct wb_cell *nearest) {
    (void)mem;
    uint64_t v = 0;
    for (uint32_t i = 0; i < cell->len; i++)
        if (cell->p[i] != '0' && cell->p[i] != '1')
            return no_way(nearest);
    uint32_t length = c->to->length;
    if (length && (c->to->fixed ? cell->len != length : cell->len > length))
        return no_way(nearest);
    if (!c->to->fixed || length > 64)
        return WB_CONV_OK;
    for (uint32_t i = 0; i < cell->len; i++)
        v = v << 1 | (uint64_t)(cell->p[i] - '0');
    *cell = wb_cell_uint(v);
    return WB_CONV_OK;
}
