/* Numbers as they are written: "5,000", "10 000", "0.1", ".1". */
#include "plan/written.h"

#include <string.h>

static bool digit(const char *s, size_t left, size_t i) {
    return i < left && s[i] >= '0' && s[i] <= '9';
}

/* The bytes of what parts groups of digits beside the comma: a space that does not break, an
 * apostrophe, and a plain space, which might as well part two numbers. */
static size_t group_sign(const char *s, size_t left) {
    static const char *const parts[] = {
        " ", "'", "\xC2\xA0", "\xE2\x80\x99", "\xE2\x80\x87", "\xE2\x80\x89", "\xE2\x80\xAF"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t n = strlen(parts[i]);
        if (left >= n && memcmp(s, parts[i], n) == 0)
            return n;
    }
    return 0;
}

/* "10 000" from the end of its first group on: the bytes of the other groups. */
static size_t more_groups(const char *s, size_t left, size_t first, bool *ret_plain) {
    size_t n = first;
    for (size_t sign; first <= 3 && (sign = group_sign(s + n, left - n)); n += sign + 3) {
        size_t at = n + sign;
        bool three = digit(s, left, at) && digit(s, left, at + 1) && digit(s, left, at + 2);
        if (!three || digit(s, left, at + 3))
            break;
        *ret_plain |= s[n] == ' ';
    }
    return n;
}

/* "5.000" is five, or five thousand where people write so. */
static bool unclear(const char *number) {
    const char *point = strchr(number, '.');
    return point && *number != '0' && strlen(point) == 4 && point[3] == '0';
}

/* The bytes of digits, points and commas, of which each has a digit behind it. */
static size_t plain_digits(const char *s, size_t left, bool *ret_whole) {
    size_t n = *s == '.' ? 1 : 0; /* ".1%" */
    *ret_whole = n == 0;
    for (; digit(s, left, n) || (n < left && (s[n] == '.' || s[n] == ',') && digit(s, left, n + 1));
         n++)
        *ret_whole &= digit(s, left, n);
    return n;
}

size_t wb_digits_at(struct wb_arena *a, const char *s, size_t left, struct wb_digits *ret) {
    bool plain = false, whole;
    size_t n = plain_digits(s, left, &whole);
    n = whole ? more_groups(s, left, n, &plain) : n;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_buf_adds(&b, *s == '.' ? "0" : "");
    for (size_t i = 0, inside = 0; i < n; i++) {
        bool part = digit(s, n, i) || s[i] == '.' || s[i] == ',';
        if (part || !inside)
            wb_buf_addc(&b, part ? s[i] : plain ? ' ' : ',');
        inside = !part;
    }
    *ret = (struct wb_digits){.text = wb_arena_strdup(a, wb_buf_str(&b))};
    ret->malformed =
        !wb_decimal_parse(ret->text, strlen(ret->text), &ret->number) || unclear(ret->text);
    return n;
}
