#include "plan/sqltext.h"

#include <string.h>

struct scan {
    struct wb_arena *a;
    const char *text;
    size_t at, len;
    int depth;
    struct wb_sql *to;
};

static bool wordly(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) || c == '$';
}

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

static void push(struct scan *s, enum wb_sql_kind kind, size_t from, size_t to, size_t end) {
    char *text = wb_arena_strndup(s->a, s->text + from, to - from);
    for (char *c = text; kind == WB_SQL_WORD && *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    *WB_PUSH(s->a, s->to->tokens, s->to->n, s->to->cap) =
        (struct wb_sql_token){.kind = kind, .text = text, .at = s->at, .depth = s->depth};
    s->at = end;
}

/* White space and comments. */
static bool skip(struct scan *s) {
    const char *p = s->text + s->at;
    if (strchr(" \t\r\n", *p)) {
        s->at++;
    } else if ((p[0] == '-' && p[1] == '-') || (p[0] == '#' && p[1] == ' ')) {
        s->at += strcspn(p, "\n");
    } else if (p[0] == '/' && p[1] == '*') {
        const char *end = strstr(p + 2, "*/");
        s->at = end ? (size_t)(end + 2 - s->text) : s->len;
    } else {
        return false;
    }
    return true;
}

static void quoted(struct scan *s, char q) {
    size_t from = s->at + 1, i = from;
    while (i < s->len && (s->text[i] != q || (i + 1 < s->len && s->text[i + 1] == q)))
        i += s->text[i] == q ? 2 : 1;
    push(s, q == '\'' ? WB_SQL_STRING : WB_SQL_QUOTED, from, i, i < s->len ? i + 1 : i);
}

static void number(struct scan *s) {
    size_t i = s->at;
    while (i < s->len && (digit(s->text[i]) || s->text[i] == '.'))
        i++;
    push(s, WB_SQL_NUMBER, s->at, i, i);
}

static void word(struct scan *s) {
    size_t i = s->at;
    while (i < s->len && (wordly(s->text[i]) || digit(s->text[i])))
        i++;
    push(s, WB_SQL_WORD, s->at, i, i);
}

static void sign(struct scan *s) {
    static const char *const two[] = {"!=", "<>", "<=", ">=", "||", "::"};
    size_t n = 1;
    for (size_t i = 0; i < sizeof two / sizeof *two; i++)
        if (strncmp(s->text + s->at, two[i], 2) == 0)
            n = 2;
    char c = s->text[s->at];
    s->depth -= c == ')' && s->depth;
    push(s, WB_SQL_SIGN, s->at, s->at + n, s->at + n);
    s->depth += c == '(';
}

void wb_sql_read(struct wb_arena *a, const char *text, struct wb_sql *ret) {
    *ret = (struct wb_sql){0};
    struct scan s = {.a = a, .text = text, .len = strlen(text), .to = ret};
    while (s.at < s.len) {
        char c = text[s.at];
        if (skip(&s))
            continue;
        if (c == '\'' || c == '"' || c == '`')
            quoted(&s, c);
        else if (digit(c))
            number(&s);
        else if (wordly(c))
            word(&s);
        else
            sign(&s);
    }
}

bool wb_sql_next(const struct wb_sql *s, size_t *at, struct wb_sql_part *ret) {
    size_t from = *at;
    while (from < s->n && s->tokens[from].kind == WB_SQL_SIGN && s->tokens[from].text[0] == ';')
        from++;
    size_t to = from;
    while (to < s->n && !(s->tokens[to].kind == WB_SQL_SIGN && s->tokens[to].text[0] == ';'))
        to++;
    *at = to;
    *ret = (struct wb_sql_part){.sql = s, .from = from, .to = to};
    return from < to;
}

bool wb_sql_is(struct wb_sql_part p, size_t i, const char *word) {
    if (i < p.from || i >= p.to)
        return false;
    const struct wb_sql_token *t = &p.sql->tokens[i];
    return (t->kind == WB_SQL_WORD || t->kind == WB_SQL_SIGN) && strcmp(t->text, word) == 0;
}

bool wb_sql_name(struct wb_sql_part p, size_t i) {
    return i >= p.from && i < p.to &&
           (p.sql->tokens[i].kind == WB_SQL_WORD || p.sql->tokens[i].kind == WB_SQL_QUOTED);
}

static bool holds(struct wb_sql_part p, const char *word) {
    for (size_t i = p.from; i < p.to; i++)
        if (wb_sql_is(p, i, word))
            return true;
    return false;
}

enum wb_sql_class wb_sql_class_of(struct wb_sql_part p) {
    static const struct {
        const char *word;
        enum wb_sql_class cls;
    } first[] = {
        {"select", WB_SQL_READS},   {"values", WB_SQL_READS},      {"table", WB_SQL_READS},
        {"show", WB_SQL_READS},     {"describe", WB_SQL_READS},    {"explain", WB_SQL_READS},
        {"insert", WB_SQL_WRITES},  {"update", WB_SQL_WRITES},     {"merge", WB_SQL_WRITES},
        {"replace", WB_SQL_WRITES}, {"copy", WB_SQL_WRITES},       {"delete", WB_SQL_DESTROYS},
        {"drop", WB_SQL_DESTROYS},  {"truncate", WB_SQL_DESTROYS}, {"begin", WB_SQL_CONTROLS},
        {"start", WB_SQL_CONTROLS}, {"commit", WB_SQL_CONTROLS},   {"rollback", WB_SQL_CONTROLS},
        {"end", WB_SQL_CONTROLS},   {"set", WB_SQL_CONTROLS}};
    if (wb_sql_is(p, p.from, "with")) {
        bool writes = holds(p, "insert") || holds(p, "update") || holds(p, "merge");
        return holds(p, "delete") ? WB_SQL_DESTROYS : writes ? WB_SQL_WRITES : WB_SQL_READS;
    }
    if (wb_sql_is(p, p.from, "alter") && holds(p, "drop"))
        return WB_SQL_DESTROYS;
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        if (wb_sql_is(p, p.from, first[i].word))
            return first[i].cls;
    return wb_sql_is(p, p.from, "(") ? WB_SQL_READS : WB_SQL_DEFINES;
}
