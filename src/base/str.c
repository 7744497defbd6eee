#include "base/str.h"

#include "base/buf.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool wb_str_eq(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool wb_str_ieq(const char *a, const char *b) {
    return a == b || (a && b && strcasecmp(a, b) == 0);
}

bool wb_str_starts(const char *s, const char *prefix) {
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool wb_str_istarts(const char *s, const char *prefix) {
    return strncasecmp(s, prefix, strlen(prefix)) == 0;
}

const char *wb_str_istr(const char *hay, const char *needle) {
    for (; *hay; hay++)
        if (wb_str_istarts(hay, needle))
            return hay;
    return *needle ? NULL : hay;
}

bool wb_str_glob(const char *pattern, const char *s) {
    const char *star = NULL, *retry = NULL;
    while (*s) {
        if (*pattern == '*') {
            star = pattern++;
            retry = s;
        } else if (*pattern == '?' || *pattern == *s) {
            pattern++;
            s++;
        } else if (star) {
            pattern = star + 1;
            s = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool wb_str_int64(const char *s, int64_t min, int64_t max, int64_t *ret) {
    if (!s || !(*s == '-' || (*s >= '0' && *s <= '9')))
        return false;
    char *end;
    errno = 0;
    long long v = strtoll(s, &end, 10);
    if (errno || *end || end == s || v < min || v > max)
        return false;
    *ret = v;
    return true;
}

bool wb_str_bytes(const char *s, uint64_t *ret_bytes) {
    if (!s || *s < '0' || *s > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long long v = strtoull(s, &end, 10);
    if (errno)
        return false;
    static const struct {
        const char *suffix;
        unsigned shift;
    } units[] = {{"", 0},    {"B", 0},    {"k", 10}, {"kB", 10}, {"KiB", 10}, {"m", 20},
                 {"MB", 20}, {"MiB", 20}, {"g", 30}, {"GB", 30}, {"GiB", 30}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcasecmp(end, units[i].suffix) != 0)
            continue;
        if (v > (UINT64_MAX >> 2) >> units[i].shift)
            return false;
        *ret_bytes = v << units[i].shift;
        return true;
    }
    return false;
}

/* Bytes of the valid sequence at p, 0 where it is not valid (Unicode 15, table 3-7). */
static size_t utf8_sequence(const unsigned char *p, size_t len) {
    unsigned char c = p[0];
    size_t n = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (n == 0 || n > len)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] > 0x9F) || (c == 0xF0 && p[1] < 0x90) ||
        (c == 0xF4 && p[1] > 0x8F))
        return 0;
    return n;
}

size_t wb_str_utf8_valid(const void *bytes, size_t len) {
    const unsigned char *p = bytes;
    size_t i = 0;
    while (i < len) {
        uint64_t word;
        while (len - i >= 8 && (memcpy(&word, p + i, 8), (word & 0x8080808080808080u) == 0))
            i += 8; /* eight ASCII bytes at a time: the usual case */
        if (i >= len)
            break;
        size_t n = utf8_sequence(p + i, len - i);
        if (n == 0)
            return i;
        i += n;
    }
    return len;
}

void wb_str_quote(struct wb_buf *to, const char *s, size_t len, char q) {
    wb_buf_addc(to, q);
    for (size_t i = 0; i < len; i++) {
        if (s[i] == q)
            wb_buf_addc(to, q);
        wb_buf_addc(to, s[i]);
    }
    wb_buf_addc(to, q);
}

char *wb_str_shortest(double d, unsigned size_bytes, char *to, size_t size) {
    if (!isfinite(d)) {
        snprintf(to, size, "%s", isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity");
        return to;
    }
    bool is_float = size_bytes == 4;
    int digits = 1, most = is_float ? 9 : 17;
    for (; digits < most; digits++) {
        snprintf(to, size, "%.*e", digits - 1, d);
        if (is_float ? (double)strtof(to, NULL) == d : strtod(to, NULL) == d)
            break;
    }
    snprintf(to, size, "%.*e", digits - 1, d);
    int exponent = (int)strtol(strchr(to, 'e') + 1, NULL, 10);
    if (exponent >= -5 && exponent < most)
        snprintf(to, size, "%.*f", exponent >= digits - 1 ? 0 : digits - 1 - exponent, d);
    return to;
}

char *wb_str_human_bytes(uint64_t bytes, char *to, size_t size) {
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double v = (double)bytes;
    size_t u = 0;
    while (v >= 999.5 && u < 6) {
        v /= 1000;
        u++;
    }
    snprintf(to, size, u == 0 || v >= 99.95 ? "%.0f %s" : "%.1f %s", v, unit[u]);
    return to;
}

char *wb_str_human_count(uint64_t n, char *to, size_t size) {
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, n), at = 0;
    for (size_t i = 0; i < len && at + 2 < size; i++) {
        if (i && (len - i) % 3 == 0)
            to[at++] = ',';
        to[at++] = digits[i];
    }
    to[at] = 0;
    return to;
}

char *wb_str_human_ms(uint64_t ms, char *to, size_t size) {
    uint64_t s = ms / 1000;
    if (s < 10)
        snprintf(to, size, "%.2f s", (double)ms / 1000);
    else if (s < 120)
        snprintf(to, size, "%.1f s", (double)ms / 1000);
    else if (s < 7200)
        snprintf(to, size, "%" PRIu64 " min %02" PRIu64 " s", s / 60, s % 60);
    else
        snprintf(to, size, "%" PRIu64 " h %02" PRIu64 " min", s / 3600, s / 60 % 60);
    return to;
}
