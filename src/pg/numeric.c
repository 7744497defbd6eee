#include "pg/numeric.h"

#include "base/buf.h"

#include <stdbool.h>
#include <string.h>

enum {
    HEADER = 8,
    NEGATIVE = 0x4000,
    NAN_SIGN = 0xC000,
    PLUS_INF = 0xD000,
    MINUS_INF = 0xF000,
    SCALE_MASK = 0x3FFF
};

static size_t put_header(unsigned char *to, size_t n_digits, long weight, unsigned sign,
                         size_t scale) {
    wb_put_be16(to, (uint16_t)n_digits);
    wb_put_be16(to + 2, (uint16_t)weight);
    wb_put_be16(to + 4, (uint16_t)sign);
    wb_put_be16(to + 6, (uint16_t)scale);
    return HEADER + 2 * n_digits;
}

static size_t put_integer(uint64_t v, unsigned sign, unsigned char *to) {
    uint16_t digits[5];
    size_t n = 0, zeros = 0;
    for (; v; v /= 10000)
        digits[n++] = (uint16_t)(v % 10000);
    while (zeros < n && digits[zeros] == 0)
        zeros++;
    for (size_t i = zeros; i < n; i++)
        wb_put_be16(to + HEADER + 2 * (n - 1 - i), digits[i]);
    return put_header(to, n - zeros, n ? (long)n - 1 : 0, n ? sign : 0, 0);
}

size_t wb_pg_numeric_from_int(int64_t v, unsigned char *to) {
    return v < 0 ? put_integer(0 - (uint64_t)v, NEGATIVE, to) : put_integer((uint64_t)v, 0, to);
}

size_t wb_pg_numeric_from_uint(uint64_t v, unsigned char *to) {
    return put_integer(v, 0, to);
}

static bool is_word(const unsigned char *s, size_t len, const char *word) {
    return len == strlen(word) && memcmp(s, word, len) == 0;
}

static size_t special(const unsigned char *s, size_t len, unsigned char *to) {
    if (is_word(s, len, "NaN"))
        return put_header(to, 0, 0, NAN_SIGN, 0);
    if (is_word(s, len, "Infinity"))
        return put_header(to, 0, 0, PLUS_INF, 0);
    if (is_word(s, len, "-Infinity"))
        return put_header(to, 0, 0, MINUS_INF, 0);
    return 0;
}

static size_t count_digits(const unsigned char *s, size_t len) {
    size_t n = 0;
    while (n < len && (unsigned)(s[n] - '0') <= 9)
        n++;
    return n;
}

/* One base-10000 digit from up to four decimal ones, zeros behind them. */
static uint16_t group(const unsigned char *s, size_t n) {
    static const uint16_t pad[] = {0, 1000, 100, 10, 1};
    unsigned v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (unsigned)(s[i] - '0');
    return (uint16_t)(v * pad[n]);
}

/* Integer digits are grouped from the point to the left, so the first group may be short. */
static uint16_t first_group(const unsigned char *s, size_t n) {
    unsigned v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (unsigned)(s[i] - '0');
    return (uint16_t)v;
}

size_t wb_pg_numeric_from_text(const unsigned char *s, size_t len, unsigned char *to) {
    size_t known = special(s, len, to);
    if (known)
        return known;
    unsigned sign = len && *s == '-' ? NEGATIVE : 0;
    if (len && (*s == '-' || *s == '+'))
        s++, len--;
    const unsigned char *whole = s;
    size_t n_whole = count_digits(s, len), n_fraction = 0;
    const unsigned char *fraction = s + n_whole;
    if (n_whole < len) {
        if (*fraction++ != '.')
            return 0;
        n_fraction = count_digits(fraction, len - n_whole - 1);
        if (n_whole + 1 + n_fraction != len)
            return 0;
    }
    if (n_whole + n_fraction == 0 || n_fraction > WB_PG_NUMERIC_MAX_SCALE)
        return 0;
    while (n_whole && *whole == '0')
        whole++, n_whole--;
    if (n_whole > WB_PG_NUMERIC_MAX_INTEGER)
        return 0;

    unsigned char *p = to + HEADER;
    long weight = (long)((n_whole + 3) / 4) - 1;
    if (n_whole % 4) {
        wb_put_be16(p, first_group(whole, n_whole % 4));
        p += 2;
    }
    for (size_t i = n_whole % 4; i < n_whole; i += 4, p += 2)
        wb_put_be16(p, group(whole + i, 4));
    size_t i = 0;
    if (p == to + HEADER) /* leading zero groups of a small fraction only lower the weight */
        while (i + 4 <= n_fraction && group(fraction + i, 4) == 0)
            i += 4, weight--;
    for (; i < n_fraction; i += 4, p += 2)
        wb_put_be16(p, group(fraction + i, n_fraction - i < 4 ? n_fraction - i : 4));
    while (p > to + HEADER && p[-1] == 0 && p[-2] == 0)
        p -= 2;
    size_t n_digits = (size_t)(p - to - HEADER) / 2;
    return put_header(to, n_digits, n_digits ? weight : 0, n_digits ? sign : 0, n_fraction);
}

struct header {
    unsigned n_digits, sign, scale;
    int weight;
};

static struct header get_header(const unsigned char *p) {
    return (struct header){
        .n_digits = wb_get_be16(p),
        .weight = (int16_t)wb_get_be16(p + 2),
        .sign = wb_get_be16(p + 4),
        .scale = wb_get_be16(p + 6) & SCALE_MASK,
    };
}

size_t wb_pg_numeric_text_room(const unsigned char *p, size_t len) {
    if (len < HEADER)
        return 0;
    struct header h = get_header(p);
    if (len != HEADER + 2 * (size_t)h.n_digits)
        return 0;
    if (h.sign != 0 && h.sign != NEGATIVE && h.sign != NAN_SIGN && h.sign != PLUS_INF &&
        h.sign != MINUS_INF)
        return 0;
    for (size_t i = 0; i < h.n_digits; i++)
        if (wb_get_be16(p + HEADER + 2 * i) > 9999)
            return 0;
    return 16 + (h.weight >= 0 ? 4 * ((size_t)h.weight + 1) : 1) + h.scale;
}

/* The i-th base-10000 digit, counted from the point: weight is the first. */
static unsigned digit_at(const unsigned char *p, const struct header *h, int place) {
    int i = h->weight - place;
    return i >= 0 && i < (int)h->n_digits ? wb_get_be16(p + HEADER + 2 * (size_t)i) : 0;
}

static unsigned char *put_group(unsigned char *to, unsigned v) {
    to[0] = (unsigned char)('0' + v / 1000);
    to[1] = (unsigned char)('0' + v / 100 % 10);
    to[2] = (unsigned char)('0' + v / 10 % 10);
    to[3] = (unsigned char)('0' + v % 10);
    return to + 4;
}

static size_t put_word(unsigned char *to, const char *word) {
    size_t n = 0;
    for (; word[n]; n++)
        to[n] = (unsigned char)word[n];
    return n;
}

size_t wb_pg_numeric_to_text(const unsigned char *p, unsigned char *to) {
    struct header h = get_header(p);
    if (h.sign >= NAN_SIGN)
        return put_word(to, h.sign == NAN_SIGN   ? "NaN"
                            : h.sign == PLUS_INF ? "Infinity"
                                                 : "-Infinity");
    unsigned char *q = to;
    if (h.sign == NEGATIVE)
        *q++ = '-';
    unsigned char *start = q;
    for (int place = h.weight; place >= 0; place--)
        q = put_group(q, digit_at(p, &h, place));
    size_t zeros = 0;
    while (start + zeros < q && start[zeros] == '0')
        zeros++;
    memmove(start, start + zeros, (size_t)(q - start) - zeros);
    q -= zeros;
    if (q == start)
        *q++ = '0';
    if (!h.scale)
        return (size_t)(q - to);
    *q++ = '.';
    for (unsigned done = 0; done < h.scale; done += 4) {
        unsigned char four[4];
        put_group(four, digit_at(p, &h, -1 - (int)(done / 4)));
        unsigned n = h.scale - done < 4 ? h.scale - done : 4;
        memcpy(q, four, n);
        q += n;
    }
    return (size_t)(q - to);
}
