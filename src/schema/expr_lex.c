#include "schema/expr_lex.h"

#include "base/buf.h"
#include "base/str.h"

#include <ctype.h>

static void set(struct wb_lex *l, enum wb_token_kind kind, const char *text) {
    l->kind = kind;
    l->token = text;
}

/* What a backslash and a character stand for in MySQL's strings:
 * https://dev.mysql.com/doc/refman/8.0/en/string-literals.html */
static char unescape(char c) {
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'b':
        return '\b';
    case 'Z':
        return 26;
    default:
        return c;
    }
}

/* A quoted text; the quote doubled stands for itself. l->at is behind the opening quote. */
static bool quoted(struct wb_lex *l, char quote, bool escapes, const char **ret) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (; *l->at; l->at++) {
        if (escapes && *l->at == '\\' && l->at[1] == '0') {
            set(l, WB_TOKEN_BAD, "a NUL byte in a string");
            return false;
        }
        if (escapes && *l->at == '\\' && (l->at[1] == '%' || l->at[1] == '_')) {
            wb_buf_addc(&b, *l->at++); /* of LIKE's patterns: MySQL leaves both characters there */
            wb_buf_addc(&b, *l->at);
        } else if (escapes && *l->at == '\\' && l->at[1]) {
            wb_buf_addc(&b, unescape(*++l->at));
        } else if (*l->at == quote && l->at[1] == quote) {
            wb_buf_addc(&b, *l->at++);
        } else if (*l->at == quote) {
            l->at++;
            *ret = wb_arena_strdup(l->a, wb_buf_str(&b));
            return true;
        } else {
            wb_buf_addc(&b, *l->at);
        }
    }
    set(l, WB_TOKEN_BAD, "a quote without its end");
    return false;
}

static void string(struct wb_lex *l, enum wb_token_kind kind) {
    const char *text;
    char quote = *l->at++;
    bool escapes = l->mysql && kind == WB_TOKEN_STRING;
    if (quoted(l, quote, escapes, &text))
        set(l, kind, text);
}

/* [name] of SQLite; there is no way to write a ] in it. */
static void bracketed(struct wb_lex *l) {
    const char *end = strchr(l->at, ']');
    if (!end) {
        set(l, WB_TOKEN_BAD, "a [ without its ]");
        return;
    }
    set(l, WB_TOKEN_NAME, wb_arena_strndup(l->a, l->at + 1, (size_t)(end - l->at - 1)));
    l->at = end + 1;
}

static bool all_in(const char *s, const char *allowed) {
    return s[strspn(s, allowed)] == 0;
}

/* x'4d', b'01', n'text', e'text': a letter directly before a quote. */
static bool prefixed(struct wb_lex *l) {
    char c = (char)tolower((unsigned char)*l->at);
    if (l->at[1] != '\'' || (c != 'x' && c != 'b' && c != 'n' && c != 'e'))
        return false;
    const char *text = ++l->at;
    string(l, c == 'x' ? WB_TOKEN_BYTES : c == 'b' ? WB_TOKEN_BITS : WB_TOKEN_STRING);
    if ((l->kind == WB_TOKEN_BYTES && !all_in(l->token, "0123456789abcdefABCDEF")) ||
        (l->kind == WB_TOKEN_BITS && !all_in(l->token, "01")))
        set(l, WB_TOKEN_BAD, "a malformed hexadecimal or bit literal");
    if (c == 'e' && memchr(text, '\\', (size_t)(l->at - text)))
        set(l, WB_TOKEN_BAD, "a string with escapes");
    return true;
}

static void number(struct wb_lex *l) {
    const char *s = l->at;
    if (l->mysql && s[0] == '0' && (s[1] == 'x' || s[1] == 'b')) {
        size_t n = strspn(s + 2, s[1] == 'x' ? "0123456789abcdefABCDEF" : "01");
        l->at += 2 + n;
        set(l, s[1] == 'x' ? WB_TOKEN_BYTES : WB_TOKEN_BITS, wb_arena_strndup(l->a, s + 2, n));
        return;
    }
    l->at += strspn(l->at, "0123456789");
    if (*l->at == '.')
        l->at += 1 + strspn(l->at + 1, "0123456789");
    if ((*l->at == 'e' || *l->at == 'E') && strchr("0123456789+-", l->at[1]) && l->at[1]) {
        l->at += 2;
        l->at += strspn(l->at, "0123456789");
    }
    set(l, WB_TOKEN_NUMBER, wb_arena_strndup(l->a, s, (size_t)(l->at - s)));
}

static bool word_start(char c) {
    return isalpha((unsigned char)c) || c == '_' || c == '@' || (unsigned char)c >= 0x80;
}

static void word(struct wb_lex *l) {
    const char *s = l->at;
    while (word_start(*l->at) || isdigit((unsigned char)*l->at) || *l->at == '$')
        l->at++;
    set(l, WB_TOKEN_WORD, wb_arena_strndup(l->a, s, (size_t)(l->at - s)));
}

static void sign(struct wb_lex *l) {
    static const char *const longer[] = {"<=>", "->>", "!~~", "::", "->", "||", "&&",
                                         "<=",  ">=",  "<>",  "!=", "==", "<<", ">>"};
    for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++)
        if (wb_str_starts(l->at, longer[i])) {
            l->at += strlen(longer[i]);
            set(l, WB_TOKEN_SIGN, longer[i]);
            return;
        }
    set(l, WB_TOKEN_SIGN, wb_arena_strndup(l->a, l->at, 1));
    l->at++;
}

void wb_lex_next(struct wb_lex *l) {
    while (isspace((unsigned char)*l->at))
        l->at++;
    l->begin = l->at;
    char c = *l->at;
    if (!c)
        set(l, WB_TOKEN_END, "");
    else if (c == '\'' || (c == '"' && l->mysql))
        string(l, WB_TOKEN_STRING);
    else if (c == '`' || c == '"')
        string(l, WB_TOKEN_NAME);
    else if (c == '[' && l->brackets)
        bracketed(l);
    else if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)l->at[1])))
        number(l);
    else if (prefixed(l))
        return;
    else if (word_start(c))
        word(l);
    else
        sign(l);
}

bool wb_lex_is(const struct wb_lex *l, const char *s) {
    return (l->kind == WB_TOKEN_WORD && wb_str_ieq(l->token, s)) ||
           (l->kind == WB_TOKEN_SIGN && wb_str_eq(l->token, s));
}

bool wb_lex_take(struct wb_lex *l, const char *s) {
    if (!wb_lex_is(l, s))
        return false;
    wb_lex_next(l);
    return true;
}
