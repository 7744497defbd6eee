#include "cli/doc.h"

#include "base/str.h"

#include <string.h>

/* C1 controls and what turns the direction of writing, as code points. */
static bool unsafe(unsigned code) {
    return (code >= 0x80 && code < 0xA0) || code == 0x200E || code == 0x200F ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0x2028 || code == 0x2029 || code == 0xFEFF;
}

static size_t sequence_length(unsigned char c) {
    return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

static unsigned decode(const unsigned char *p, size_t n) {
    unsigned code = n == 1 ? p[0] : p[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++)
        code = code << 6 | (p[i] & 0x3Fu);
    return code;
}

static size_t add_one(struct wb_buf *to, const unsigned char *p, size_t valid) {
    if (valid == 0 || (*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7F) {
        wb_buf_addf(to, "\\x%02X", *p);
        return 1;
    }
    if (*p == '\n' || *p == '\t') {
        wb_buf_adds(to, *p == '\n' ? "\\n" : "\\t");
        return 1;
    }
    size_t n = sequence_length(*p);
    unsigned code = decode(p, n);
    if (unsafe(code))
        wb_buf_addf(to, "\\u%04X", code);
    else
        wb_buf_add(to, p, n);
    return n;
}

void wb_doc_add_clean(struct wb_buf *to, const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    size_t left = text ? strlen(text) : 0;
    while (left) {
        size_t valid = wb_str_utf8_valid(p, left);
        for (size_t done = 0; done < valid;) {
            size_t n = add_one(to, p, valid);
            p += n;
            done += n;
            left -= n;
        }
        if (left) {
            add_one(to, p, 0);
            p++;
            left--;
        }
    }
}

static bool is_number(const char *s) {
    size_t n = *s == '-' ? 1 : 0, digits = strspn(s + n, "0123456789");
    n += digits;
    if (digits && s[n] == '.') {
        size_t more = strspn(s + n + 1, "0123456789");
        n += more ? more + 1 : 0;
    }
    return digits && !s[n];
}

void wb_doc_add_value(struct wb_buf *to, const char *value) {
    if (!value) {
        wb_buf_adds(to, "NULL");
        return;
    }
    bool bare = is_number(value) || wb_str_eq(value, "(redacted)");
    wb_buf_adds(to, bare ? "" : "'");
    wb_doc_add_clean(to, value);
    wb_buf_adds(to, bare ? "" : "'");
}
