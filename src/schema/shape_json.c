/* JSON (RFC 8259): whether a text is one, and the two escapes that a normalizing target (jsonb)
 * refuses: \u0000 and a surrogate without its other half. */
#include "schema/shape_int.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH_MAX = 1000 };

struct scan {
    const unsigned char *p, *end;
    unsigned depth;
};

static void blanks(struct scan *s) {
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
        s->p++;
}

static bool take(struct scan *s, char c) {
    if (s->p >= s->end || *s->p != (unsigned char)c)
        return false;
    s->p++;
    return true;
}

static bool word(struct scan *s, const char *w) {
    size_t n = strlen(w);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, w, n) != 0)
        return false;
    s->p += n;
    return true;
}

static bool digits(struct scan *s) {
    const unsigned char *from = s->p;
    while (s->p < s->end && isdigit(*s->p))
        s->p++;
    return s->p > from;
}

static bool number(struct scan *s) {
    take(s, '-');
    if (!take(s, '0') && !digits(s))
        return false;
    if (take(s, '.') && !digits(s))
        return false;
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            take(s, '-');
        return digits(s);
    }
    return true;
}

static bool escape(struct scan *s) {
    if (s->p >= s->end)
        return false;
    unsigned char c = *s->p++;
    if (c != 'u')
        return strchr("\"\\/bfnrt", c) && c;
    for (int i = 0; i < 4; i++, s->p++)
        if (s->p >= s->end || !isxdigit(*s->p))
            return false;
    return true;
}

static bool string(struct scan *s) {
    if (!take(s, '"'))
        return false;
    while (s->p < s->end && *s->p != '"') {
        if (*s->p < 0x20)
            return false;
        if (*s->p++ == '\\' && !escape(s))
            return false;
    }
    return take(s, '"');
}

static bool value(struct scan *s);

static bool members(struct scan *s, bool object, char close) {
    if (++s->depth > DEPTH_MAX)
        return false;
    blanks(s);
    if (!take(s, close)) {
        do {
            blanks(s);
            if (object) {
                if (!string(s))
                    return false;
                blanks(s);
                if (!take(s, ':'))
                    return false;
            }
            if (!value(s))
                return false;
        } while (take(s, ','));
        if (!take(s, close))
            return false;
    }
    s->depth--;
    return true;
}

/* With the blanks around it. */
static bool value(struct scan *s) {
    blanks(s);
    if (s->p >= s->end)
        return false;
    bool ok = *s->p == '"'   ? string(s)
              : *s->p == '{' ? (s->p++, members(s, true, '}'))
              : *s->p == '[' ? (s->p++, members(s, false, ']'))
              : *s->p == 't' ? word(s, "true")
              : *s->p == 'f' ? word(s, "false")
              : *s->p == 'n' ? word(s, "null")
                             : number(s);
    blanks(s);
    return ok;
}

static unsigned hex4(const unsigned char *p, const unsigned char *end) {
    unsigned v = 0;
    if (end - p < 4)
        return 0x10000;
    for (int i = 0; i < 4; i++)
        v = v << 4 | (unsigned)(isdigit(p[i]) ? p[i] - '0' : (tolower(p[i]) - 'a' + 10) & 15);
    return v;
}

/* The next \u that jsonb refuses, or NULL; *issue says why. */
static const unsigned char *bad_escape(const unsigned char *p, const unsigned char *end,
                                       int *issue) {
    while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL && end - p >= 6) {
        if (p[1] != 'u') {
            p += 2;
            continue;
        }
        unsigned u = hex4(p + 2, end);
        bool high = u >= 0xD800 && u < 0xDC00, low = u >= 0xDC00 && u < 0xE000;
        unsigned pair = high && end - p >= 12 && p[6] == '\\' && p[7] == 'u' ? hex4(p + 8, end) : 0;
        bool paired = high && pair >= 0xDC00 && pair < 0xE000;
        if (u == 0 || low || (high && !paired)) {
            *issue = u == 0 ? WB_ISSUE_NUL_BYTE : WB_ISSUE_UTF8;
            return p;
        }
        p += paired ? 12 : 6;
    }
    return NULL;
}

/* What a normalizing target refuses, one kind at a time. */
int wb_conv_json(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                 struct wb_cell *nearest) {
    int issue = WB_CONV_OK, first = WB_CONV_OK;
    if (!c->to->binary_json || cell->form != WB_FORM_TEXT || cell->len == 0)
        return WB_CONV_OK;
    const unsigned char *end = cell->p + cell->len, *bad = bad_escape(cell->p, end, &first);
    if (!bad)
        return WB_CONV_OK;
    unsigned char *to = wb_arena_alloc(mem, cell->len);
    memcpy(to, cell->p, cell->len); /* an escape gives way to one of the same length */
    for (; bad; bad = bad_escape(bad + 6, end, &issue))
        if (issue == WB_CONV_OK ||
            issue == first) /* others are asked about when this one is settled */
            memcpy(to + (bad - cell->p), first == WB_ISSUE_NUL_BYTE ? "\\u2400" : "\\ufffd", 6);
    *nearest = wb_cell_text(to, cell->len);
    return first;
}

int wb_conv_text_json(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest) {
    (void)c, (void)mem;
    struct scan s = {.p = cell->p, .end = cell->p + cell->len};
    if (cell->form != WB_FORM_TEXT || !value(&s) || s.p != s.end) {
        *nearest = wb_cell_null();
        return WB_ISSUE_RANGE;
    }
    return WB_CONV_OK;
}
