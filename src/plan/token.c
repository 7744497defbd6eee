/* Markdown inline text to tokens, with exact places.
 *
 * cmark finds the blocks; the words inside them are read here from the original bytes, because its
 * inline positions do not survive indentation, escapes and tables. Emphasis marks and link targets
 * vanish; a code span is one token. Hyphens inside words part them, so that "dual-write" and "dual
 * write" are the same words. */
#include "plan/reader.h"

#include <string.h>

struct lexer {
    const struct wb_plan_reader *r;
    size_t at, end;
    struct wb_token *tokens;
    size_t n, cap;
    bool space;
};

static unsigned char peek(const struct lexer *x, size_t ahead) {
    return x->at + ahead < x->end ? (unsigned char)x->r->text[x->at + ahead] : 0;
}

static bool letter(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

static struct wb_token *push(struct lexer *x, enum wb_token_kind kind, size_t bytes) {
    struct wb_token *t = WB_PUSH(x->r->a, x->tokens, x->n, x->cap);
    *t = (struct wb_token){
        .kind = kind,
        .from = x->at,
        .to = x->at + bytes,
        .inner = x->at,
        .after_space = x->space || x->n == 1,
        .text = "",
    };
    x->at += bytes;
    x->space = false;
    return t;
}

/* Characters beyond ASCII that mean something here. */
static const struct {
    const char *bytes;
    enum wb_token_kind kind;
    enum wb_plan_cmp cmp;
    char mark; /* ' ': white space; 0: see kind */
} signs[] = {
    {"\xE2\x86\x92", WB_TOKEN_ARROW, WB_CMP_NONE, 0}, /* rightwards arrow */
    {"\xE2\x80\x94", WB_TOKEN_DASH, WB_CMP_NONE, 0},  /* em dash */
    {"\xE2\x80\x93", WB_TOKEN_DASH, WB_CMP_NONE, 0},  /* en dash */
    {"\xE2\x89\xA4", WB_TOKEN_CMP, WB_CMP_LE, 0},
    {"\xE2\x89\xA5", WB_TOKEN_CMP, WB_CMP_GE, 0},
    {"\xC3\x97", WB_TOKEN_WORD, WB_CMP_NONE, 'x'}, /* multiplication sign */
    {"\xC2\xA0", WB_TOKEN_MARK, WB_CMP_NONE, ' '},
    {"\xE2\x80\xAF", WB_TOKEN_MARK, WB_CMP_NONE, ' '},
    {"\xE2\x80\xA6", WB_TOKEN_MARK, WB_CMP_NONE, '~'}, /* ellipsis */
    {"\xE2\x80\x9C", WB_TOKEN_MARK, WB_CMP_NONE, '"'},
    {"\xE2\x80\x9D", WB_TOKEN_MARK, WB_CMP_NONE, '"'},
    {"&lt;=", WB_TOKEN_CMP, WB_CMP_LE, 0},
    {"&gt;=", WB_TOKEN_CMP, WB_CMP_GE, 0},
    {"&lt;", WB_TOKEN_CMP, WB_CMP_LT, 0},
    {"&gt;", WB_TOKEN_CMP, WB_CMP_GT, 0},
    {"->", WB_TOKEN_ARROW, WB_CMP_NONE, 0},
    {"=>", WB_TOKEN_ARROW, WB_CMP_NONE, 0},
    {"<=", WB_TOKEN_CMP, WB_CMP_LE, 0},
    {">=", WB_TOKEN_CMP, WB_CMP_GE, 0},
    {"==", WB_TOKEN_CMP, WB_CMP_EQ, 0},
    {"<", WB_TOKEN_CMP, WB_CMP_LT, 0},
    {">", WB_TOKEN_CMP, WB_CMP_GT, 0},
    {"=", WB_TOKEN_CMP, WB_CMP_EQ, 0},
    {"%", WB_TOKEN_PERCENT, WB_CMP_NONE, 0},
};

static bool read_sign(struct lexer *x) {
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i].bytes);
        if (x->end - x->at < n || memcmp(x->r->text + x->at, signs[i].bytes, n) != 0)
            continue;
        if (signs[i].mark == ' ') {
            x->at += n;
            x->space = true;
            return true;
        }
        struct wb_token *t = push(x, signs[i].kind, n);
        t->cmp = signs[i].cmp;
        t->mark = signs[i].mark;
        if (signs[i].mark == 'x')
            t->text = "x";
        return true;
    }
    return false;
}

/* A run of n backticks is closed by a run of exactly n. */
static bool read_code(struct lexer *x) {
    const char *s = x->r->text;
    size_t n = 0, at = x->at;
    while (at < x->end && s[at] == '`')
        at++, n++;
    for (size_t i = at; n && i < x->end;) {
        size_t run = 0;
        while (i + run < x->end && s[i + run] == '`')
            run++;
        if (run != n) {
            i += run ? run : 1;
            continue;
        }
        size_t from = at, to = i;
        while (from < to && s[from] == ' ')
            from++;
        while (to > from && s[to - 1] == ' ')
            to--;
        struct wb_token *t = push(x, WB_TOKEN_CODE, i + n - x->at);
        t->inner = from;
        char *text = wb_arena_strndup(x->r->a, s + from, to - from);
        for (char *c = text; *c; c++)
            *c = *c == '\n' || *c == '\r' ? ' ' : *c;
        t->text = text;
        return true;
    }
    return false;
}

static void read_number(struct lexer *x) {
    size_t n = 0;
    while (digit(peek(x, n)) || ((peek(x, n) == '.' || peek(x, n) == ',') && digit(peek(x, n + 1))))
        n++;
    struct wb_token *t = push(x, WB_TOKEN_NUMBER, n);
    t->text = wb_arena_strndup(x->r->a, x->r->text + t->from, n);
    t->malformed = !wb_decimal_parse(t->text, n, &t->number);
    if (peek(x, 0) == '-' && letter(peek(x, 1)) && peek(x, 1) < 0x80)
        x->at++; /* "10-minute" */
}

static bool sign_here(const struct lexer *x, size_t ahead) {
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i].bytes);
        if (x->end - x->at - ahead >= n &&
            memcmp(x->r->text + x->at + ahead, signs[i].bytes, n) == 0)
            return true;
    }
    return false;
}

static void read_word(struct lexer *x) {
    size_t n = 0;
    for (;; n++) {
        unsigned char c = peek(x, n), next = peek(x, n + 1);
        bool inner = n && (c == '.' || c == '\'' || c == '@') && (letter(next) || digit(next));
        if (!(letter(c) || (n && digit(c)) || inner) || (c >= 0x80 && sign_here(x, n)))
            break;
    }
    while (n > 1 && peek(x, n - 1) == '_')
        n--; /* the end of emphasis */
    struct wb_token *t = push(x, WB_TOKEN_WORD, n);
    char *text = wb_arena_strndup(x->r->a, x->r->text + t->from, n);
    for (char *c = text; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    t->text = text;
    while (peek(x, 0) == '_')
        x->at++;
}

/* "](target)" after a link's text. */
static bool skip_target(struct lexer *x) {
    if (peek(x, 0) != ']' || peek(x, 1) != '(')
        return false;
    size_t n = 2;
    while (x->at + n < x->end && peek(x, n) != ')' && peek(x, n) != '\n')
        n++;
    x->at += peek(x, n) == ')' ? n + 1 : 1;
    return true;
}

static bool skip(struct lexer *x) {
    unsigned char c = peek(x, 0);
    if (c == '\n') {
        x->space = true;
        for (x->at++; peek(x, 0) == ' ' || peek(x, 0) == '\t' || peek(x, 0) == '>';)
            x->at++;
        return true;
    }
    if (c == ' ' || c == '\t' || c == '\r') {
        x->at++;
        x->space = true;
        return true;
    }
    if (c == '*' || c == '~' || c == '\\' ||
        (c == '_' && !digit(peek(x, 1)) && !letter(peek(x, 1)))) {
        x->at++;
        return true;
    }
    if (c == '!' && peek(x, 1) == '[') {
        x->at += 2;
        return true;
    }
    return skip_target(x);
}

static void read_mark(struct lexer *x) {
    unsigned char c = peek(x, 0);
    bool spaced = x->space && (peek(x, 1) == ' ' || peek(x, 1) == '\n');
    if (c == '-' && !spaced) { /* a hyphen inside or before a word parts words and is nothing */
        x->at++;
        return;
    }
    if (c == '-') {
        push(x, WB_TOKEN_DASH, 1);
        return;
    }
    push(x, WB_TOKEN_MARK, 1)->mark = (char)c;
}

void wb_phrase_read(const struct wb_plan_reader *r, size_t from, size_t to, struct wb_phrase *ret) {
    struct lexer x = {.r = r, .at = from, .end = to};
    while (x.at < x.end) {
        unsigned char c = peek(&x, 0);
        if (c == '`' && read_code(&x))
            continue;
        if (skip(&x) || read_sign(&x))
            continue;
        if (c == '_')
            x.at++; /* emphasis before a word */
        else if (digit(c))
            read_number(&x);
        else if (letter(c))
            read_word(&x);
        else
            read_mark(&x);
    }
    *ret = (struct wb_phrase){.tokens = x.tokens, .n = x.n};
}

struct wb_phrase wb_phrase_part(const struct wb_phrase *p, size_t i, size_t j) {
    return i < j ? (struct wb_phrase){.tokens = p->tokens + i, .n = j - i}
                 : (struct wb_phrase){.tokens = p->tokens, .n = 0};
}

bool wb_token_is(const struct wb_token *t, const char *word) {
    return t->kind == WB_TOKEN_WORD && strcmp(t->text, word) == 0;
}

bool wb_token_mark(const struct wb_token *t, char mark) {
    return t->kind == WB_TOKEN_MARK && t->mark == mark;
}
