#include "engines/sqlite/token.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool word_char(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static const char *skip_blank(const char *s) {
    for (;;) {
        if (*s && strchr(" \t\n\f\r", *s)) {
            s++;
        } else if (s[0] == '-' && s[1] == '-') {
            s += strcspn(s, "\n");
        } else if (s[0] == '/' && s[1] == '*') {
            const char *end = strstr(s + 2, "*/");
            s = end ? end + 2 : s + strlen(s);
        } else {
            return s;
        }
    }
}

/* s stands on the opening quote; a doubled closing quote is part of the text. */
static const char *skip_quoted(const char *s) {
    char close = *s == '[' ? ']' : *s;
    for (s++; *s; s++) {
        if (*s != close)
            continue;
        if (close == ']' || s[1] != close)
            return s + 1;
        s++;
    }
    return s;
}

static const char *skip_number(const char *s) {
    while (word_char(*s) || *s == '.' ||
           ((*s == '+' || *s == '-') && (s[-1] == 'e' || s[-1] == 'E')))
        s++;
    return s;
}

struct wb_sqlite_token wb_sqlite_token_next(const char **at) {
    const char *s = skip_blank(*at), *end = s;
    enum wb_sqlite_token_kind kind = WB_SQLITE_PUNCT;
    if (!*s) {
        kind = WB_SQLITE_END;
    } else if (*s == '\'' || ((*s == 'x' || *s == 'X') && s[1] == '\'')) {
        kind = WB_SQLITE_STRING;
        end = skip_quoted(*s == '\'' ? s : s + 1);
    } else if (strchr("\"`[", *s)) {
        kind = WB_SQLITE_QUOTED;
        end = skip_quoted(s);
    } else if (isdigit((unsigned char)*s) || (*s == '.' && isdigit((unsigned char)s[1]))) {
        kind = WB_SQLITE_NUMBER;
        end = skip_number(s + 1);
    } else if (word_char(*s)) {
        kind = WB_SQLITE_WORD;
        while (word_char(*end))
            end++;
    } else {
        end = s + 1;
    }
    *at = end;
    return (struct wb_sqlite_token){kind, s, (size_t)(end - s)};
}

bool wb_sqlite_token_is(const struct wb_sqlite_token *t, const char *word) {
    return (t->kind == WB_SQLITE_WORD || t->kind == WB_SQLITE_PUNCT) && strlen(word) == t->len &&
           strncasecmp(t->p, word, t->len) == 0;
}

const char *wb_sqlite_token_name(const struct wb_sqlite_token *t, struct wb_arena *a) {
    if (t->kind != WB_SQLITE_QUOTED && t->kind != WB_SQLITE_STRING)
        return wb_arena_strndup(a, t->p, t->len);
    char close = *t->p == '[' ? ']' : *t->p;
    char *name = wb_arena_alloc(a, t->len + 1), *to = name;
    for (size_t i = 1; i + 1 < t->len; i++) {
        if (t->p[i] == close && t->p[i + 1] == close && i + 2 < t->len)
            i++;
        *to++ = t->p[i];
    }
    *to = 0;
    return name;
}
