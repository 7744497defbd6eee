#include "run/sqltext.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Behind what begins at s, where that is a quote or a comment; else s. */
static const char *skip_quoted(const char *s) {
    if (*s == '\'' || *s == '"' || *s == '`') {
        char quote = *s++;
        while (*s && *s != quote)
            s += *s == '\\' && quote == '\'' && s[1] ? 2 : 1;
        return *s ? s + 1 : s;
    }
    if (s[0] == '-' && s[1] == '-')
        return s + strcspn(s, "\n");
    if (s[0] == '/' && s[1] == '*') {
        const char *end = strstr(s + 2, "*/");
        return end ? end + 2 : s + strlen(s);
    }
    if (*s == '$') {
        size_t n = 1 + strspn(s + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
        char tag[64];
        if (s[n] != '$' || n + 2 > sizeof tag)
            return s;
        memcpy(tag, s, n + 1);
        tag[n + 1] = 0;
        const char *end = strstr(s + n + 1, tag);
        return end ? end + n + 1 : s + strlen(s);
    }
    return s;
}

static size_t word_at(const char *s) {
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || s[n] == '_')
        n++;
    return n;
}

static bool is(const char *s, size_t n, const char *word) {
    return strlen(word) == n && strncasecmp(s, word, n) == 0;
}

/* What is known of the statement that is being read. */
struct reading {
    bool creates, routine, anything;
    int depth; /* of BEGIN … END, CASE … END */
};

static void take_word(struct reading *r, const char *s, size_t n) {
    r->creates |= !r->anything && is(s, n, "create");
    r->anything = true;
    if (r->creates && (is(s, n, "trigger") || is(s, n, "function") || is(s, n, "procedure")))
        r->routine = true;
    if (!r->routine)
        return;
    if (is(s, n, "begin") || is(s, n, "case"))
        r->depth++;
    else if (is(s, n, "end") && r->depth)
        r->depth--;
}

static const char *trimmed(struct wb_arena *a, const char *from, const char *to) {
    while (from < to && isspace((unsigned char)*from))
        from++;
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    return wb_arena_strndup(a, from, (size_t)(to - from));
}

size_t wb_run_statements(const char *text, struct wb_arena *a, const char ***ret) {
    const char **all = NULL, *from = text;
    size_t n = 0, cap = 0;
    struct reading r = {0};
    for (const char *s = text;; s++) {
        const char *behind = skip_quoted(s);
        if (behind > s) {
            r.anything |= *s != '-' && *s != '/';
            s = behind - 1;
            continue;
        }
        size_t len = word_at(s);
        if (len) {
            take_word(&r, s, len);
            s += len - 1;
            continue;
        }
        if (!*s || (*s == ';' && r.depth == 0)) {
            if (r.anything)
                *WB_PUSH(a, all, n, cap) = trimmed(a, from, s);
            from = s + 1;
            r = (struct reading){0};
        }
        if (!*s)
            break;
    }
    *ret = all;
    return n;
}

void wb_run_redact(const char *sql, char name_quote, size_t max, struct wb_buf *to) {
    size_t begin = to->len;
    bool word = false;
    for (const char *s = sql; *s && to->len - begin < max;) {
        const char *behind = skip_quoted(s);
        while (behind > s && *behind == *s && strchr("'\"`", *s)) /* doubled: it goes on */
            behind = skip_quoted(behind);
        bool comment = s[0] == '-' || s[0] == '/' || s[0] == '#';
        if (s[0] == '#')
            behind = s + strcspn(s, "\n");
        if (behind > s) {
            bool name = *s == '`' || (*s == '"' && name_quote == '"');
            if (name)
                wb_buf_add(to, s, (size_t)(behind - s));
            else if (!comment)
                wb_buf_addc(to, '?');
            s = behind;
        } else if (!word && isdigit((unsigned char)*s)) {
            s += strspn(s, "0123456789abcdefxABCDEFX.");
            wb_buf_addc(to, '?');
        } else if (isspace((unsigned char)*s)) {
            s += strspn(s, " \t\r\n\v\f");
            if (to->len > begin)
                wb_buf_addc(to, ' ');
            word = false;
            continue;
        } else {
            word = isalnum((unsigned char)*s) || *s == '_';
            wb_buf_addc(to, *s++);
            continue;
        }
        word = false;
    }
    if (to->len - begin > max) {
        to->len = begin + max;
        while (to->len > begin && ((unsigned char)to->data[to->len - 1] & 0xC0) == 0x80)
            to->len--;
        if (to->len > begin && (unsigned char)to->data[to->len - 1] >= 0xC0)
            to->len--;
    }
}
