#include "my/row.h"

#include <endian.h>
#include <string.h>

/* The unread rest of a packet. */
struct in {
    const unsigned char *p, *end;
};

static inline size_t left(const struct in *in) {
    return (size_t)(in->end - in->p);
}

static inline uint16_t le16(const unsigned char *p) {
    uint16_t v;
    memcpy(&v, p, 2);
    return le16toh(v);
}
static inline uint32_t le32(const unsigned char *p) {
    uint32_t v;
    memcpy(&v, p, 4);
    return le32toh(v);
}
static inline uint64_t le64(const unsigned char *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return le64toh(v);
}

void wb_my_plan_finish(struct wb_my_plan *plan) {
    plan->n_fields = plan->n_steps;
    plan->borrows = false;
    for (uint32_t i = 0; i < plan->n_steps; i++) {
        enum wb_my_op op = plan->steps[i].op;
        if (op == WB_MY_TEXT_CHECKED)
            plan->n_fields++;
        if (op == WB_MY_TEXT || op == WB_MY_BYTES || op == WB_MY_TEXT_CHECKED ||
            op == WB_MY_ENUM_TEXT || op == WB_MY_UTF16 || op == WB_MY_UTF16LE || op == WB_MY_UTF32)
            plan->borrows = true;
    }
    plan->bitmap_bytes = (plan->n_fields + 7 + 2) / 8;
}

/* The widely used algorithm by Howard Hinnant ("chrono-compatible low-level date algorithms"). */
int64_t wb_my_days(unsigned year, unsigned month, unsigned day) {
    unsigned y = year + 400 - (month <= 2); /* no negative years: 400 years are 146,097 days */
    unsigned era = y / 400, yoe = y % 400;
    unsigned doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return (int64_t)era * 146097 + doe - 719468 - 146097;
}

bool wb_my_date_exists(unsigned year, unsigned month, unsigned day) {
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/* A length-encoded string: 1, 3, 4 or 9 bytes of length, then the bytes. */
static inline bool get_string(struct in *in, const unsigned char **ret, uint32_t *ret_len) {
    if (left(in) < 1)
        return false;
    uint64_t len = *in->p++;
    if (len >= 251) {
        size_t width = len == 252 ? 2 : len == 253 ? 3 : len == 254 ? 8 : 0;
        if (width == 0 || left(in) < width)
            return false;
        len = width == 2 ? le16(in->p)
              : width == 8
                  ? le64(in->p)
                  : (uint64_t)in->p[0] | (uint64_t)in->p[1] << 8 | (uint64_t)in->p[2] << 16;
        in->p += width;
    }
    if (len > left(in) || len > UINT32_MAX)
        return false;
    *ret = in->p;
    *ret_len = (uint32_t)len;
    in->p += len;
    return true;
}

struct moment {
    unsigned year, month, day, hour, minute, second, micros;
};

/* DATE, DATETIME and TIMESTAMP: a length of 0, 4, 7 or 11 and as many bytes; what is left out is 0.
 */
static inline bool get_moment(struct in *in, struct moment *ret) {
    *ret = (struct moment){0};
    if (left(in) < 1)
        return false;
    size_t len = *in->p++;
    const unsigned char *p = in->p;
    if (len > left(in) || (len != 0 && len != 4 && len != 7 && len != 11))
        return false;
    in->p += len;
    if (len >= 4) {
        ret->year = le16(p);
        ret->month = p[2];
        ret->day = p[3];
    }
    if (len >= 7) {
        ret->hour = p[4];
        ret->minute = p[5];
        ret->second = p[6];
    }
    if (len == 11)
        ret->micros = le32(p + 7);
    return ret->hour < 24 && ret->minute < 60 && ret->second < 60 && ret->micros < 1000000;
}

/* A zero or partial date is an issue of its own; 30 February, which ALLOW_INVALID_DATES lets in, is
 * out of range. */
static struct wb_cell odd_moment(const struct moment *m, const struct wb_my_step *step,
                                 bool with_time, struct wb_arena *a) {
    char *text;
    if (!with_time)
        text = wb_arena_printf(a, "%04u-%02u-%02u", m->year, m->month, m->day);
    else
        text = wb_arena_printf(a, "%04u-%02u-%02u %02u:%02u:%02u.%06u", m->year, m->month, m->day,
                               m->hour, m->minute, m->second, m->micros);
    size_t len = strlen(text);
    if (with_time)
        len -= step->fraction_digits ? 6u - step->fraction_digits : 7u;
    bool partial = m->year == 0 || m->month == 0 || m->day == 0;
    return wb_cell_invalid(text, (uint32_t)len, partial ? WB_ISSUE_ZERO_DATE : WB_ISSUE_RANGE);
}

static inline bool get_date(struct in *in, const struct wb_my_step *step, struct wb_cell *ret,
                            struct wb_arena *a) {
    struct moment m;
    if (!get_moment(in, &m))
        return false;
    *ret = wb_my_date_exists(m.year, m.month, m.day)
               ? wb_cell_int(wb_my_days(m.year, m.month, m.day))
               : odd_moment(&m, step, false, a);
    return true;
}

static inline bool get_datetime(struct in *in, const struct wb_my_step *step, struct wb_cell *ret,
                                struct wb_arena *a) {
    struct moment m;
    if (!get_moment(in, &m))
        return false;
    if (wb_my_date_exists(m.year, m.month, m.day)) {
        int64_t seconds =
            wb_my_days(m.year, m.month, m.day) * 86400 + m.hour * 3600 + m.minute * 60 + m.second;
        *ret = wb_cell_int(seconds * 1000000 + m.micros);
    } else {
        *ret = odd_moment(&m, step, true, a);
    }
    return true;
}

/* TIME: a length of 0, 8 or 12; sign, days (4 bytes), hours, minutes, seconds, microseconds (4
 * bytes). */
static inline bool get_time(struct in *in, struct wb_cell *ret) {
    if (left(in) < 1)
        return false;
    size_t len = *in->p++;
    const unsigned char *p = in->p;
    if (len > left(in) || (len != 0 && len != 8 && len != 12))
        return false;
    in->p += len;
    int64_t us = 0;
    if (len >= 8) {
        uint32_t days = le32(p + 1);
        if (p[0] > 1 || days > 100000 || p[5] > 23 || p[6] > 59 || p[7] > 59)
            return false;
        us = ((int64_t)days * 86400 + p[5] * 3600 + p[6] * 60 + p[7]) * 1000000;
    }
    if (len == 12) {
        uint32_t micros = le32(p + 8);
        if (micros > 999999)
            return false;
        us += micros;
    }
    *ret = wb_cell_int(len && p[0] ? -us : us);
    return true;
}

static inline bool get_bit(struct in *in, struct wb_cell *ret) {
    const unsigned char *p;
    uint32_t len;
    if (!get_string(in, &p, &len) || len > 8)
        return false;
    uint64_t v = 0;
    for (uint32_t i = 0; i < len; i++)
        v = v << 8 | p[i];
    *ret = wb_cell_uint(v);
    return true;
}

static inline int nibble(unsigned char c) {
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

static bool get_uuid(struct in *in, struct wb_cell *ret, struct wb_arena *a) {
    const unsigned char *p;
    uint32_t len;
    if (!get_string(in, &p, &len) || len != 36)
        return false;
    unsigned char *to = wb_arena_alloc(a, 16);
    for (uint32_t i = 0, n = 0; n < 16; i += 2, n++) {
        if (i == 8 || i == 13 || i == 18 || i == 23)
            if (p[i++] != '-')
                return false;
        int high = nibble(p[i]), low = nibble(p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[n] = (unsigned char)(high << 4 | low);
    }
    *ret = wb_cell_bytes(to, 16);
    return true;
}

static inline struct wb_cell label(const struct wb_my_step *step, uint64_t number) {
    if (number >= 1 && number <= step->n_labels) {
        const struct wb_my_label *l = &step->labels[number - 1];
        return wb_cell_text(l->p, l->len);
    }
    return wb_cell_invalid("", 0, WB_ISSUE_RANGE);
}

static uint32_t count_question_marks(const unsigned char *p, uint32_t len) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < len; i++)
        n += p[i] == '?';
    return n;
}

/* The server writes '?' (or U+FFFD, for tis620) for what it cannot convert. Where the converted
 * text has such a one, the statement also gives the bytes as stored: if those have as many question
 * marks, nothing was lost. No charset that comes this way uses 0x3F as a part of another character
 * (gb18030, whose second bytes begin at 0x30, skips 0x3A up). */
static bool get_checked(struct in *in, bool null, bool check_null, struct wb_cell *ret) {
    const unsigned char *text = NULL, *stored = NULL;
    uint32_t text_len = 0, stored_len = 0;
    if (!null && !get_string(in, &text, &text_len))
        return false;
    if (!check_null && !get_string(in, &stored, &stored_len))
        return false;
    if (null)
        *ret = wb_cell_null();
    else if (check_null)
        *ret = wb_cell_text(text, text_len);
    else if (memmem(text, text_len, "\xEF\xBF\xBD", 3) ||
             count_question_marks(text, text_len) != count_question_marks(stored, stored_len))
        *ret = wb_cell_invalid(stored, stored_len, WB_ISSUE_UTF8);
    else
        *ret = wb_cell_text(text, text_len);
    return true;
}

static unsigned char *put_utf8(unsigned char *to, uint32_t c) {
    if (c < 0x80) {
        *to++ = (unsigned char)c;
    } else if (c < 0x800) {
        *to++ = (unsigned char)(0xC0 | c >> 6);
        *to++ = (unsigned char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *to++ = (unsigned char)(0xE0 | c >> 12);
        *to++ = (unsigned char)(0x80 | (c >> 6 & 63));
        *to++ = (unsigned char)(0x80 | (c & 63));
    } else {
        *to++ = (unsigned char)(0xF0 | c >> 18);
        *to++ = (unsigned char)(0x80 | (c >> 12 & 63));
        *to++ = (unsigned char)(0x80 | (c >> 6 & 63));
        *to++ = (unsigned char)(0x80 | (c & 63));
    }
    return to;
}

/* One code point from p, which is moved on; UINT32_MAX where there is none. */
static uint32_t get_wide(enum wb_my_op op, const unsigned char **p, const unsigned char *end) {
    size_t have = (size_t)(end - *p);
    const unsigned char *q = *p;
    uint32_t c;
    if (op == WB_MY_UTF32) {
        if (have < 4)
            return UINT32_MAX;
        *p += 4;
        c = (uint32_t)q[0] << 24 | (uint32_t)q[1] << 16 | (uint32_t)q[2] << 8 | q[3];
        return c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) ? UINT32_MAX : c;
    }
    int hi = op == WB_MY_UTF16LE, lo = !hi;
    if (have < 2)
        return UINT32_MAX;
    *p += 2;
    c = (uint32_t)q[hi] << 8 | q[lo];
    if (c < 0xD800 || c >= 0xE000)
        return c;
    if (c >= 0xDC00 || have < 4)
        return UINT32_MAX;
    uint32_t second = (uint32_t)q[2 + hi] << 8 | q[2 + lo];
    if (second < 0xDC00 || second >= 0xE000)
        return UINT32_MAX;
    *p += 2;
    return 0x10000 + ((c - 0xD800) << 10) + (second - 0xDC00);
}

/* A text with something in it that is no character is given as what it would be in UTF-8, with 0xFF
 * for each such thing: whoever mends it need not know UTF-16. */
static bool get_wide_text(struct in *in, enum wb_my_op op, struct wb_cell *ret,
                          struct wb_arena *a) {
    const unsigned char *p;
    uint32_t len;
    if (!get_string(in, &p, &len))
        return false;
    unsigned char *to = wb_arena_alloc(a, (size_t)len * 2 + 1),
                  *q = to; /* at worst 3 bytes for 2 */
    bool whole = true;
    for (const unsigned char *s = p, *end = p + len; s < end;) {
        const unsigned char *before = s;
        uint32_t c = get_wide(op, &s, end);
        if (s == before)
            s = end; /* less than a unit is left */
        whole &= c != UINT32_MAX;
        if (c == UINT32_MAX)
            *q++ = 0xFF;
        else
            q = put_utf8(q, c);
    }
    if ((size_t)(q - to) > UINT32_MAX)
        return false;
    uint32_t n = (uint32_t)(q - to);
    *ret = whole ? wb_cell_text(to, n) : wb_cell_invalid(to, n, WB_ISSUE_UTF8);
    return true;
}

static inline double float_of(uint32_t bits) {
    float f;
    memcpy(&f, &bits, 4);
    return (double)f;
}

static inline double double_of(uint64_t bits) {
    double d;
    memcpy(&d, &bits, 8);
    return d;
}

/* Values that stay where they are in the packet. */
static inline bool get_borrowed(struct in *in, enum wb_my_op op, struct wb_cell *ret) {
    const unsigned char *s;
    uint32_t n;
    if (!get_string(in, &s, &n))
        return false;
    if (op == WB_MY_BYTES)
        *ret = wb_cell_bytes(s, n);
    else if (op == WB_MY_ENUM_TEXT && n == 0)
        *ret = wb_cell_invalid("", 0, WB_ISSUE_RANGE);
    else
        *ret = wb_cell_text(s, n);
    return true;
}

/* A family of its own: values that need more than a few instructions. */
static inline bool get_made(struct in *in, const struct wb_my_step *step, struct wb_cell *ret,
                            struct wb_arena *a) {
    enum wb_my_op op = step->op;
    switch (op) {
    case WB_MY_UTF16:
    case WB_MY_UTF16LE:
    case WB_MY_UTF32:
        return get_wide_text(in, op, ret, a);
    case WB_MY_BIT:
        return get_bit(in, ret);
    case WB_MY_UUID:
        return get_uuid(in, ret, a);
    case WB_MY_TIME:
        return get_time(in, ret);
    default: /* WB_MY_TEXT_CHECKED is two fields, and the caller's */
        return false;
    }
}

/* A value of so many bytes. */
#define FIXED(op, width, make)  \
    case op:                    \
        if (left(in) < (width)) \
            return false;       \
        *ret = make;            \
        in->p += (width);       \
        return true

/* One switch, and what is frequent inlined into it: this is where a copy spends its time. */
static inline bool get_value(struct in *in, const struct wb_my_step *step, struct wb_cell *ret,
                             struct wb_arena *a) {
    switch ((enum wb_my_op)step->op) {
        FIXED(WB_MY_I8, 1, wb_cell_int((int8_t)in->p[0]));
        FIXED(WB_MY_U8, 1, wb_cell_int(in->p[0]));
        FIXED(WB_MY_I16, 2, wb_cell_int((int16_t)le16(in->p)));
        FIXED(WB_MY_U16, 2, wb_cell_int(le16(in->p)));
        FIXED(WB_MY_I32, 4, wb_cell_int((int32_t)le32(in->p)));
        FIXED(WB_MY_U32, 4, wb_cell_int(le32(in->p)));
        FIXED(WB_MY_I64, 8, wb_cell_int((int64_t)le64(in->p)));
        FIXED(WB_MY_U64, 8, wb_cell_uint(le64(in->p)));
        FIXED(WB_MY_F32, 4, wb_cell_double(float_of(le32(in->p))));
        FIXED(WB_MY_F64, 8, wb_cell_double(double_of(le64(in->p))));
        FIXED(WB_MY_ENUM8, 1, label(step, in->p[0]));
        FIXED(WB_MY_ENUM16, 2, label(step, le16(in->p)));
        FIXED(WB_MY_ENUM32, 4, label(step, le32(in->p)));
        FIXED(WB_MY_ENUM64, 8, label(step, le64(in->p)));
    case WB_MY_TEXT:
        return get_borrowed(in, WB_MY_TEXT, ret);
    case WB_MY_BYTES:
        return get_borrowed(in, WB_MY_BYTES, ret);
    case WB_MY_ENUM_TEXT:
        return get_borrowed(in, WB_MY_ENUM_TEXT, ret);
    case WB_MY_DATE:
        return get_date(in, step, ret, a);
    case WB_MY_DATETIME:
        return get_datetime(in, step, ret, a);
    default:
        return get_made(in, step, ret, a);
    }
}

bool wb_my_row_decode(const struct wb_my_plan *plan, const unsigned char *p, size_t len,
                      struct wb_cell *cells, struct wb_arena *a) {
    if (len < 1 + (size_t)plan->bitmap_bytes || p[0] != 0)
        return false;
    const unsigned char *nulls = p + 1;
    struct in in = {.p = p + 1 + plan->bitmap_bytes, .end = p + len};
    uint32_t bit = 2;
    for (uint32_t i = 0; i < plan->n_steps; i++, bit++) {
        const struct wb_my_step *step = &plan->steps[i];
        bool null = nulls[bit >> 3] >> (bit & 7) & 1, good = true;
        if (step->op == WB_MY_TEXT_CHECKED) {
            bit++;
            good = get_checked(&in, null, nulls[bit >> 3] >> (bit & 7) & 1, &cells[i]);
        } else if (null) {
            cells[i] = wb_cell_null();
        } else {
            good = get_value(&in, step, &cells[i], a);
        }
        if (!good)
            return false;
    }
    return in.p == in.end;
}
