/* A statement without what it says between quotes. Which quotes enclose values, and whether a
 * backslash escapes within them, is seen from how the engine itself quotes. A literal that does not
 * end (or one that was misread) hides the rest: too much is left out rather than too little. */
#include "engine/trace.h"

#include <ctype.h>

enum { TEXT_MAX = 240 };

struct dialect {
    bool names_in_double_quotes; /* else those enclose values */
    bool backslash;
};

static struct dialect dialect_of(const struct wb_engine *e) {
    WB_CLEANUP_BUF struct wb_buf name = {0}, text = {0};
    if (!e)
        return (struct dialect){.backslash = true};
    e->quote_name(&name, "n");
    e->quote_text(&text, "\\", 1);
    return (struct dialect){.names_in_double_quotes = *wb_buf_str(&name) == '"',
                            .backslash = strcmp(wb_buf_str(&text), "'\\'") != 0};
}

/* Behind the quoted part that begins at s. */
static const char *skip_quoted(const char *s, bool backslash) {
    char quote = *s++;
    for (; *s; s++) {
        if (backslash && *s == '\\' && s[1])
            s++;
        else if (*s == quote && s[1] == quote)
            s++;
        else if (*s == quote)
            return s + 1;
    }
    return s;
}

/* The length of "$tag$" at s, 0 where there is none. */
static size_t dollar_tag(const char *s) {
    size_t n = 1;
    while (isalnum((unsigned char)s[n]) || s[n] == '_')
        n++;
    return *s == '$' && s[n] == '$' && !isdigit((unsigned char)s[1]) ? n + 1 : 0;
}

static const char *skip_dollar(const char *s, size_t tag) {
    for (const char *end = s + tag; *end; end++)
        if (strncmp(end, s, tag) == 0)
            return end + tag;
    return s + strlen(s);
}

static const char *skip_comment(const struct dialect *d, const char *s) {
    bool sharp = *s == '#' && !d->names_in_double_quotes; /* elsewhere an operator */
    if (sharp || (s[0] == '-' && s[1] == '-'))
        return s + strcspn(s, "\n");
    if (s[0] != '/' || s[1] != '*')
        return s;
    const char *end = strstr(s + 2, "*/");
    return end ? end + 2 : s + strlen(s);
}

static void add_hidden(struct wb_buf *to, const char *quote) {
    wb_buf_addf(to, "%.1s…%.1s", quote, quote);
}

static const char *add_part(struct wb_buf *to, const struct dialect *d, const char *s) {
    const char *behind = skip_comment(d, s);
    size_t tag = dollar_tag(s);
    if (behind != s)
        return behind;
    if (*s == '\'' || (*s == '"' && !d->names_in_double_quotes)) {
        add_hidden(to, s);
        return skip_quoted(s, d->backslash);
    }
    if (*s == '"' || *s == '`') {
        behind = skip_quoted(s, false);
        wb_buf_add(to, s, (size_t)(behind - s));
        return behind;
    }
    if (tag) {
        add_hidden(to, "'");
        return skip_dollar(s, tag);
    }
    bool escapes = (*s == 'E' || *s == 'e') && s[1] == '\'';
    if (escapes) {
        add_hidden(to, "'");
        return skip_quoted(s + 1, true);
    }
    do /* a whole word, so that the e that ends one is no prefix of a literal */
        wb_buf_addc(to, *s);
    while ((isalnum((unsigned char)*s) || *s == '_') &&
           (isalnum((unsigned char)s[1]) || s[1] == '_' || s[1] == '$') && *++s);
    return s + 1;
}

/* On one line, blanks joined, cut at a whole character. */
static void add_line(struct wb_buf *to, const char *text) {
    size_t began = to->len;
    bool blank = false;
    for (; *text; text++) {
        if ((unsigned char)*text <= ' ' || *text == 0x7f) {
            blank = true;
            continue;
        }
        if (to->len - began >= TEXT_MAX && ((unsigned char)*text & 0xc0) != 0x80) {
            wb_buf_adds(to, "…");
            return;
        }
        if (blank && to->len > began)
            wb_buf_addc(to, ' ');
        blank = false;
        wb_buf_addc(to, *text);
    }
}

void wb_trace_add_text(struct wb_buf *to, const struct wb_engine *e, const char *sql) {
    WB_CLEANUP_BUF struct wb_buf open = {0};
    struct dialect d = dialect_of(e);
    while (*sql && open.len < 4 * TEXT_MAX)
        sql = add_part(&open, &d, sql);
    add_line(to, wb_buf_str(&open));
}
