/* How it works: a scanner that knows comments, strings and quoted names gives words and single
 * signs; a query is what stands between two semicolons, and the comments that begin with a
 * directive's word are read on the way. */
#include "verify/queries.h"

#include "base/buf.h"
#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_STRING, TOKEN_COMMENT, TOKEN_SIGN };

struct token {
    enum token_kind kind;
    const char *at;
    size_t len;
    unsigned line;
};

struct scanner {
    const char *at;
    unsigned line;
};

/* Behind the closing quote; doubled ones and, in strings, backslashes stand for themselves. Where
 * engines differ on the backslash this may take too much, and the server then refuses the rest. */
static const char *skip_quoted(const char *p, char close, bool backslash) {
    for (p++; *p; p++) {
        if (backslash && *p == '\\' && p[1])
            p++;
        else if (*p == close && p[1] == close)
            p++;
        else if (*p == close)
            return p + 1;
    }
    return p;
}

/* PostgreSQL's $tag$ … $tag$; NULL where none begins here. */
static const char *skip_dollar(const char *p) {
    const char *end = p + 1;
    while (isalnum((unsigned char)*end) || *end == '_')
        end++;
    if (*end != '$' || isdigit((unsigned char)p[1]))
        return NULL;
    size_t n = (size_t)(end + 1 - p);
    for (const char *q = end + 1; *q; q++)
        if (strncmp(q, p, n) == 0)
            return q + n;
    return p + strlen(p);
}

/* A comment that servers run ("slash star bang") is no comment: its words count. */
static const char *skip_comment(const char *p) {
    if (p[0] == '-' && p[1] == '-')
        return p + strcspn(p, "\n");
    if (*p == '#' && p[1] != '>' && p[1] != '-') /* PostgreSQL has operators #>, #- */
        return p + strcspn(p, "\n");
    if (p[0] != '/' || p[1] != '*' || p[2] == '!' || (p[2] == 'M' && p[3] == '!'))
        return NULL;
    const char *end = strstr(p + 2, "*/");
    return end ? end + 2 : p + strlen(p);
}

static bool is_word_byte(char c) {
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static struct token token_at(const char *p) {
    struct token t = {.kind = TOKEN_SIGN, .at = p};
    const char *end = skip_comment(p);
    if (end) {
        t.kind = TOKEN_COMMENT;
    } else if (*p == '\'') {
        t.kind = TOKEN_STRING;
        end = skip_quoted(p, '\'', true);
    } else if (*p == '"' || *p == '`') {
        t.kind = TOKEN_QUOTED;
        end = skip_quoted(p, *p, false);
    } else if (*p == '$' && (end = skip_dollar(p))) {
        t.kind = TOKEN_STRING;
    } else if (is_word_byte(*p)) {
        t.kind = TOKEN_WORD;
        for (end = p; is_word_byte(*end) || *end == '$'; end++)
            ;
    } else {
        end = p + 1;
    }
    t.len = (size_t)(end - p);
    return t;
}

static struct token next(struct scanner *s) {
    while (isspace((unsigned char)*s->at))
        s->line += *s->at++ == '\n';
    if (!*s->at)
        return (struct token){.kind = TOKEN_END, .at = s->at, .line = s->line};
    struct token t = token_at(s->at);
    t.line = s->line;
    for (size_t i = 0; i < t.len; i++)
        s->line += t.at[i] == '\n';
    s->at += t.len;
    return t;
}

static bool is_word(const struct token *t, const char *word) {
    return t->kind == TOKEN_WORD && t->len == strlen(word) && strncasecmp(t->at, word, t->len) == 0;
}

static bool is_any(const struct token *t, const char *const *words) {
    for (size_t i = 0; words[i]; i++)
        if (is_word(t, words[i]))
            return true;
    return false;
}

/* ------------------------------------------------------------------------------------------
 * what may run */

static const char *const readers[] = {"select", "with", "values", "table", "show", NULL};
static const char *const writers[] = {"insert", "update", "delete", "merge", "replace", NULL};

/* Why a statement may not run; NULL where it may. Words in quotes and strings do not count, nor
 * does a column that is called "update" after a point. */
static const char *refusal(const char *sql, const char **ret_word, struct wb_arena *a) {
    struct scanner s = {.at = sql};
    struct token before = {.kind = TOKEN_END}, t;
    bool first = true;
    while ((t = next(&s)).kind != TOKEN_END) {
        if (t.kind == TOKEN_COMMENT || (first && *t.at == '('))
            continue;
        *ret_word = wb_arena_strndup(a, t.at, t.len);
        if (first && !is_any(&t, readers))
            return "only SELECT, WITH, VALUES, TABLE and SHOW are run";
        bool member = before.kind == TOKEN_SIGN && *before.at == '.';
        bool opens = before.kind == TOKEN_SIGN && (*before.at == '(' || *before.at == ')');
        if (opens && is_any(&t, writers)) {
            struct scanner ahead = s;
            struct token call = next(&ahead); /* replace(x, y) is a function */
            if (!(call.kind == TOKEN_SIGN && *call.at == '('))
                return "it writes";
        }
        if (!member && is_word(&t, "into"))
            return "it writes what it finds";
        if (is_word(&before, "for") && (is_word(&t, "update") || is_word(&t, "share") ||
                                        is_word(&t, "no") || is_word(&t, "key")))
            return "it locks rows";
        if (is_word(&before, "lock") && is_word(&t, "in"))
            return "it locks rows";
        before = t;
        first = false;
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------------
 * directives */

struct parse {
    const char *file;
    struct wb_arena *a;
    struct wb_error *err;
    struct wb_verify_query *items;
    size_t n, cap;
    const char *name;
    double tolerance;
    struct wb_buf sql, target;
    unsigned line; /* of the first word of sql */
};

/* The text behind "-- WORD:" of a comment; NULL where it is not that directive. */
static const char *directive(const struct token *t, const char *word, struct wb_arena *a) {
    const char *p = t->at, *end = t->at + t->len;
    if (t->len < 2 || p[0] != '-')
        return NULL;
    for (p += 2; p < end && (*p == ' ' || *p == '\t'); p++)
        ;
    size_t n = strlen(word);
    if ((size_t)(end - p) <= n || strncasecmp(p, word, n) != 0 || p[n] != ':')
        return NULL;
    for (p += n + 1; p < end && isspace((unsigned char)*p); p++)
        ;
    while (end > p && isspace((unsigned char)end[-1]))
        end--;
    return wb_arena_strndup(a, p, (size_t)(end - p));
}

static bool parse_tolerance(const char *text, double *ret) {
    char *end = NULL;
    double v = strtod(text, &end);
    if (end == text || !(v >= 0) || v > 100000)
        return false;
    while (*end == ' ')
        end++;
    bool percent = *end == '%';
    if (end[percent])
        return false;
    *ret = percent ? v / 100 : v;
    return true;
}

static enum wb_code take_comment(struct parse *p, const struct token *t) {
    const char *text;
    if ((text = directive(t, "name", p->a))) {
        p->name = *text ? text : NULL;
    } else if ((text = directive(t, "tolerance", p->a))) {
        if (!parse_tolerance(text, &p->tolerance))
            return wb_error_set(p->err, WB_E_USAGE,
                                "%s:%u: the tolerance \"%s\" is no number or percentage; write "
                                "-- tolerance: 20%%",
                                p->file, t->line, text);
    } else if ((text = directive(t, "target", p->a))) {
        wb_buf_addf(&p->target, "%s%s", p->target.len ? "\n" : "", text);
    }
    return WB_OK;
}

/* ------------------------------------------------------------------------------------------
 * queries */

static void trim(struct wb_buf *b) {
    while (b->len && (isspace(b->data[b->len - 1]) || b->data[b->len - 1] == ';'))
        b->data[--b->len] = 0;
}

static enum wb_code check(struct parse *p, const char *sql) {
    const char *word = "", *why = refusal(sql, &word, p->a);
    return why ? wb_error_set(p->err, WB_E_USAGE, "%s:%u: the statement is refused at \"%s\": %s",
                              p->file, p->line, word, why)
               : WB_OK;
}

/* A query that stands in its target's words alone is no comparison. */
static enum wb_code end_query(struct parse *p) {
    trim(&p->sql);
    trim(&p->target);
    if (!p->sql.len && p->target.len)
        return wb_error_set(p->err, WB_E_USAGE,
                            "%s:%u: \"-- target:\" belongs to a query, and there is none before "
                            "the semicolon or the end",
                            p->file, p->line);
    if (!p->sql.len)
        return WB_OK;
    const char *sql = wb_arena_strdup(p->a, wb_buf_str(&p->sql));
    const char *target = p->target.len ? wb_arena_strdup(p->a, wb_buf_str(&p->target)) : sql;
    enum wb_code code = check(p, sql);
    if (!code && target != sql)
        code = check(p, target);
    if (code)
        return code;
    const char *name = p->name ? p->name : wb_arena_printf(p->a, "query %zu", p->n + 1);
    *WB_PUSH(p->a, p->items, p->n, p->cap) = (struct wb_verify_query){
        .name = name, .line = p->line, .sql = sql, .target_sql = target, .tolerance = p->tolerance};
    p->name = NULL;
    p->tolerance = -1;
    wb_buf_reset(&p->sql);
    wb_buf_reset(&p->target);
    return WB_OK;
}

static enum wb_code parse_all(struct parse *p, const char *text) {
    struct scanner s = {.at = text, .line = 1};
    const char *from = text; /* what was taken so far ends here */
    for (;;) {
        struct token t = next(&s);
        enum wb_code code = WB_OK;
        if (t.kind == TOKEN_COMMENT) {
            wb_buf_adds(&p->sql, p->sql.len ? " " : ""); /* a comment parts words */
            code = take_comment(p, &t);
        } else if (t.kind == TOKEN_END || (t.kind == TOKEN_SIGN && *t.at == ';')) {
            code = end_query(p);
        } else {
            if (p->sql.len == 0)
                p->line = t.line;
            else
                wb_buf_add(&p->sql, from, (size_t)(t.at - from)); /* the blanks between */
            wb_buf_add(&p->sql, t.at, t.len);
        }
        if (code || t.kind == TOKEN_END)
            return code;
        from = s.at;
    }
}

enum wb_code wb_verify_parse_queries(const char *text, const char *name, struct wb_arena *a,
                                     struct wb_verify_query **ret, size_t *ret_n,
                                     struct wb_error *err) {
    struct parse p = {.file = name, .a = a, .err = err, .tolerance = -1, .line = 1};
    enum wb_code code = parse_all(&p, text);
    wb_buf_done(&p.sql);
    wb_buf_done(&p.target);
    if (!code && p.n == 0)
        code = wb_error_set(err, WB_E_USAGE, "%s: there is no query in it", name);
    if (code)
        return wb_error_hint(err, "write queries that only read, each ended by a semicolon; "
                                  "\"-- name:\", \"-- tolerance:\" and \"-- target:\" are "
                                  "understood"),
               code;
    *ret = p.items;
    *ret_n = p.n;
    return WB_OK;
}

/* ------------------------------------------------------------------------------------------
 * aliases */

static const char *name_of(const struct token *t, struct wb_arena *a) {
    if (t->kind == TOKEN_WORD)
        return wb_arena_strndup(a, t->at, t->len);
    return t->kind == TOKEN_QUOTED && t->len >= 2 ? wb_arena_strndup(a, t->at + 1, t->len - 2)
                                                  : NULL;
}

/* FROM orders o, people p JOIN shop.lines AS l */
static bool begins_table(const struct token *t) {
    return is_word(t, "from") || is_word(t, "join") ||
           (t->kind == TOKEN_SIGN && strchr(",.(", *t->at));
}

const char *wb_verify_aliased(const char *sql, const char *alias, struct wb_arena *a) {
    struct scanner s = {.at = sql};
    struct token first = {.kind = TOKEN_END}, second = {.kind = TOKEN_END}, t;
    bool in_from = false;
    while ((t = next(&s)).kind != TOKEN_END) {
        if (t.kind == TOKEN_COMMENT || is_word(&t, "as"))
            continue;
        in_from |= is_word(&t, "from");
        const char *table = in_from && begins_table(&first) ? name_of(&second, a) : NULL;
        const char *name = table ? name_of(&t, a) : NULL;
        if (name && wb_str_ieq(name, alias))
            return table;
        first = second;
        second = t;
    }
    return NULL;
}
