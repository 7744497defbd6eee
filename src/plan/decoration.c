/* What stands in a text and says nothing: pictures, invisible signs, HTML. */
#include "plan/written.h"

#include <string.h>
#include <strings.h>

static unsigned char byte(const char *s, size_t left, size_t i) {
    return i < left ? (unsigned char)s[i] : 0;
}

static bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

size_t wb_picture_at(const char *s, size_t left) {
    unsigned char a = byte(s, left, 0), b = byte(s, left, 1), c = byte(s, left, 2);
    if (a == 0xF0 && b == 0x9F)
        return 4; /* U+1F000 to U+1FFFF */
    if (a == 0xC2 && (b == 0xAD || b == 0xB1))
        return 2; /* soft hyphen; plus-minus: "within ±10%" */
    /* technical signs, shapes, dingbats; not the arrows and operators */
    bool symbol = a == 0xE2 && ((b >= 0x8C && b <= 0x8F) || (b >= 0x94 && b <= 0x9E) ||
                                (b >= 0xAC && b <= 0xAD));
    bool joiner = a == 0xE2 && ((b == 0x80 && c >= 0x8B && c <= 0x8F) || (b == 0x81 && c == 0xA0));
    bool hyphen = a == 0xE2 && b == 0x80 && (c == 0x90 || c == 0x91);
    bool variant = a == 0xEF && ((b == 0xB8 && c >= 0x80 && c <= 0x8F) || (b == 0xBB && c == 0xBF));
    return symbol || joiner || hyphen || variant ? 3 : 0;
}

size_t wb_html_at(const char *s, size_t left, bool *ret_break) {
    static const char *const names[] = {"br",   "b",       "i",       "em", "strong", "code",
                                        "kbd",  "sub",     "sup",     "u",  "s",      "del",
                                        "ins",  "mark",    "span",    "a",  "img",    "small",
                                        "font", "details", "summary", "p",  "div",    "center"};
    *ret_break = false;
    if (left > 6 && memcmp(s, "<!--", 4) == 0) {
        const char *end = memmem(s + 4, left - 4, "-->", 3);
        return end ? (size_t)(end - s) + 3 : 0;
    }
    const char *end = left > 2 && *s == '<' ? memchr(s, '>', left) : NULL;
    size_t from = left > 2 && s[1] == '/' ? 2 : 1, n = 0;
    while (end && s + from + n < end && letter(s[from + n]))
        n++;
    for (size_t i = 0; end && n && i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) != n || strncasecmp(s + from, names[i], n) != 0 ||
            !strchr(" />", s[from + n]))
            continue;
        *ret_break = strcmp(names[i], "br") == 0;
        return (size_t)(end - s) + 1;
    }
    return 0;
}
