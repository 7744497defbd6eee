#include "sql/lex.h"

#include "base/str.h"

#include <string.h>

struct scan {
    struct wb_arena *a;
    enum wb_sql_dialect dialect;
    const char *text;
    size_t at, len;
    int depth;
    struct wb_sql_lexemes *to;
};

static bool wordly(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

static void push(struct scan *s, enum wb_sql_lex_kind kind, const char *text, size_t end) {
    *WB_PUSH(s->a, s->to->items, s->to->n, s->to->cap) = (struct wb_sql_lexeme){
        .kind = kind, .text = text, .at = s->at, .end = end, .depth = s->depth};
    s->at = end;
}

static void push_part(struct scan *s, enum wb_sql_lex_kind kind, size_t from, size_t to,
                      size_t end) {
    char *text = wb_arena_strndup(s->a, s->text + from, to - from);
    for (char *c = text; kind == WB_LEX_WORD && *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    push(s, kind, text, end);
}

static size_t comment_end(const struct scan *s, size_t i) {
    int depth = 0; /* PostgreSQL's nest */
    for (; i + 1 < s->len; i++) {
        bool opens = s->text[i] == '/' && s->text[i + 1] == '*';
        bool closes = s->text[i] == '*' && s->text[i + 1] == '/';
        if (opens && (depth == 0 || s->dialect == WB_DIALECT_POSTGRES))
            depth++;
        if (closes && --depth == 0)
            return i + 2;
        i += opens || closes;
    }
    return s->len;
}

/* White space and comments. What MySQL runs though it stands in a comment is left to be read. */
static bool skip(struct scan *s) {
    const char *p = s->text + s->at;
    bool hash = *p == '#' && s->dialect != WB_DIALECT_POSTGRES && s->dialect != WB_DIALECT_SQLITE;
    if (strchr(" \t\r\n\f\v", *p))
        s->at++;
    else if ((p[0] == '-' && p[1] == '-') || (hash && (s->dialect || p[1] == ' ')))
        s->at += strcspn(p, "\n");
    else if (p[0] == '/' && p[1] == '*')
        s->at = comment_end(s, s->at);
    else
        return false;
    return true;
}

/* Where the quote that opens before i ends. */
static size_t quote_end(const struct scan *s, size_t i, char q, bool escapes) {
    for (; i < s->len; i++) {
        bool doubled = s->text[i] == q && i + 1 < s->len && s->text[i + 1] == q;
        if (doubled || (escapes && s->text[i] == '\\' && i + 1 < s->len))
            i++;
        else if (s->text[i] == q)
            return i;
    }
    return s->len;
}

/* Text up to the quote q, with doubled ones and, where escapes says so, escaped ones undone. */
static void quoted(struct scan *s, size_t open, char q, enum wb_sql_lex_kind kind, bool escapes) {
    size_t n = 0, end = quote_end(s, open + 1, q, escapes);
    char *text = wb_arena_alloc(s->a, end - open);
    for (size_t i = open + 1; i < end; i++) {
        bool doubled = s->text[i] == q;
        i += doubled || (escapes && s->text[i] == '\\' && i + 1 < end);
        text[n++] = s->text[i];
    }
    text[n] = 0;
    push(s, kind, text, end < s->len ? end + 1 : end);
}

static bool begin_quoted(struct scan *s) {
    const char *p = s->text + s->at;
    bool my = s->dialect == WB_DIALECT_MYSQL;
    if (*p == '\'')
        quoted(s, s->at, '\'', WB_LEX_STRING, my);
    else if (*p == '"')
        quoted(s, s->at, '"', my ? WB_LEX_STRING : WB_LEX_QUOTED, my);
    else if (*p == '`' && s->dialect != WB_DIALECT_POSTGRES)
        quoted(s, s->at, '`', WB_LEX_QUOTED, false);
    else if (*p == '[' && s->dialect == WB_DIALECT_SQLITE)
        quoted(s, s->at, ']', WB_LEX_QUOTED, false);
    else if ((*p == 'e' || *p == 'E') && p[1] == '\'' && s->dialect == WB_DIALECT_POSTGRES)
        quoted(s, s->at + 1, '\'', WB_LEX_STRING, true);
    else
        return false;
    return true;
}

static bool dollar_quoted(struct scan *s) {
    const char *p = s->text + s->at;
    size_t n = 1;
    if (*p != '$' || s->dialect == WB_DIALECT_MYSQL || s->dialect == WB_DIALECT_SQLITE)
        return false;
    while (wordly(p[n]) || (n > 1 && digit(p[n])))
        n++;
    if (p[n] != '$')
        return false;
    const char *tag = wb_arena_strndup(s->a, p, n + 1), *end = strstr(p + n + 1, tag);
    size_t to = end ? (size_t)(end - s->text) : s->len;
    push_part(s, WB_LEX_STRING, s->at + n + 1, to, end ? to + n + 1 : s->len);
    return true;
}

static void number(struct scan *s) {
    size_t i = s->at;
    while (i < s->len && (digit(s->text[i]) || s->text[i] == '.' || wordly(s->text[i])))
        i++;
    push_part(s, WB_LEX_NUMBER, s->at, i, i);
}

static void word(struct scan *s) {
    size_t i = s->at;
    while (i < s->len && (wordly(s->text[i]) || digit(s->text[i]) || s->text[i] == '$'))
        i++;
    push_part(s, WB_LEX_WORD, s->at, i, i);
}

static void sign(struct scan *s) {
    static const char *const several[] = {"<=>", "!=", "<>", "<=", ">=", "||", "::", "=="};
    size_t n = 1;
    for (size_t i = sizeof several / sizeof *several; i-- > 0;)
        if (strncmp(s->text + s->at, several[i], strlen(several[i])) == 0)
            n = strlen(several[i]);
    char c = s->text[s->at];
    s->depth -= c == ')' && s->depth;
    push_part(s, WB_LEX_SIGN, s->at, s->at + n, s->at + n);
    s->depth += c == '(';
}

void wb_sql_lex_read(struct wb_arena *a, enum wb_sql_dialect dialect, const char *text,
                     struct wb_sql_lexemes *ret) {
    *ret = (struct wb_sql_lexemes){0};
    struct scan s = {.a = a, .dialect = dialect, .text = text, .len = strlen(text), .to = ret};
    while (s.at < s.len) {
        char c = text[s.at];
        if (skip(&s) || begin_quoted(&s) || dollar_quoted(&s))
            continue;
        if (digit(c))
            number(&s);
        else if (wordly(c))
            word(&s);
        else
            sign(&s);
    }
}

/* --- statements
 * -------------------------------------------------------------------------------------------- */

/* Whether the body of what begins here may hold semicolons. */
static bool routine(const struct wb_sql_lex_part *p) {
    if (!wb_sql_lex_is(p, 0, "create"))
        return false;
    for (size_t i = 1; i < p->n && i < 12; i++)
        if (wb_sql_lex_is(p, i, "trigger") || wb_sql_lex_is(p, i, "function") ||
            wb_sql_lex_is(p, i, "procedure") || wb_sql_lex_is(p, i, "event"))
            return true;
    return false;
}

bool wb_sql_lex_next(const struct wb_sql_lexemes *l, size_t *at, struct wb_sql_lex_part *ret) {
    const struct wb_sql_lex_part all = {l->items, l->n};
    size_t from = *at;
    while (wb_sql_lex_is(&all, from, ";"))
        from++;
    if (from >= l->n)
        return false;
    const struct wb_sql_lex_part rest = {l->items + from, l->n - from};
    bool body = rest.n && routine(&rest);
    size_t to = from;
    for (int depth = 0; to < l->n; to++) {
        if (body && (wb_sql_lex_is(&all, to, "begin") || wb_sql_lex_is(&all, to, "case")))
            depth++;
        if (body && wb_sql_lex_is(&all, to, "end") && depth && !wb_sql_lex_is(&all, to + 1, "if") &&
            !wb_sql_lex_is(&all, to + 1, "loop") && !wb_sql_lex_is(&all, to + 1, "while"))
            depth--;
        if (wb_sql_lex_is(&all, to, ";") && depth == 0 &&
            l->items[to].depth == l->items[from].depth)
            break;
    }
    *at = to;
    *ret = (struct wb_sql_lex_part){l->items + from, to - from};
    return from < to;
}

bool wb_sql_lex_is(const struct wb_sql_lex_part *p, size_t i, const char *word) {
    if (i >= p->n)
        return false;
    const struct wb_sql_lexeme *t = &p->items[i];
    return (t->kind == WB_LEX_WORD || t->kind == WB_LEX_SIGN) && strcmp(t->text, word) == 0;
}

bool wb_sql_lex_are(const struct wb_sql_lex_part *p, size_t i, const char *words) {
    for (char word[32]; *words; i++) {
        size_t n = strcspn(words, " ");
        if (n >= sizeof word)
            return false;
        memcpy(word, words, n);
        word[n] = 0;
        if (!wb_sql_lex_is(p, i, word))
            return false;
        words += n + (words[n] == ' ');
    }
    return true;
}

bool wb_sql_lex_name(const struct wb_sql_lex_part *p, size_t i) {
    return i < p->n && (p->items[i].kind == WB_LEX_WORD || p->items[i].kind == WB_LEX_QUOTED);
}

size_t wb_sql_lex_find(const struct wb_sql_lex_part *p, size_t i, const char *word) {
    while (i < p->n && !wb_sql_lex_is(p, i, word))
        i++;
    return i;
}

size_t wb_sql_lex_closing(const struct wb_sql_lex_part *p, size_t i) {
    for (size_t k = i + 1; k < p->n; k++)
        if (wb_sql_lex_is(p, k, ")") && p->items[k].depth == p->items[i].depth)
            return k;
    return p->n;
}

size_t wb_sql_lex_place(const struct wb_sql_lex_part *p, const char *name) {
    for (size_t i = 1; name && i < p->n; i++)
        if (wb_sql_lex_name(p, i) && wb_str_ieq(p->items[i].text, name))
            return p->items[i].at;
    return p->n ? p->items[0].at : 0;
}
