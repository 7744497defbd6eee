/* Markdown inline text to tokens, with exact places.
 *
 * cmark finds the blocks; the words inside them are read here from the original bytes, because its
 * inline positions do not survive indentation, escapes and tables. Emphasis marks and link targets
 * vanish; a code span is one token. Hyphens inside words part them, so that "dual-write" and "dual
 * write" are the same words. */
#include "plan/written.h"

#include <string.h>

struct lexer {
    const struct wb_plan_reader *r;
    size_t at, end;
    struct wb_token *tokens;
    size_t n, cap;
    bool space, quote; /* stood before what comes */
};

static void read_tokens(struct lexer *x);

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
        .quoted = x->quote,
        .text = "",
    };
    x->at += bytes;
    x->space = x->quote = false;
    return t;
}

/* Characters that mean something here. */
static const struct {
    const char *bytes;
    enum wb_token_kind kind;
    enum wb_plan_cmp cmp;
    char mark; /* ' ': white space; '"': a quotation mark; 0: see kind */
} signs[] = {
    {"\xE2\x86\x92", WB_TOKEN_ARROW, WB_CMP_NONE, 0}, /* rightwards arrow */
    {"\xE2\x80\x94", WB_TOKEN_DASH, WB_CMP_NONE, 0},  /* em dash */
    {"\xE2\x80\x93", WB_TOKEN_DASH, WB_CMP_NONE, 0},  /* en dash */
    {"\xE2\x89\xA4", WB_TOKEN_CMP, WB_CMP_LE, 0},
    {"\xE2\x89\xA5", WB_TOKEN_CMP, WB_CMP_GE, 0},
    {"\xC3\x97", WB_TOKEN_WORD, WB_CMP_NONE, 'x'},    /* multiplication sign */
    {"\xE2\x80\x95", WB_TOKEN_DASH, WB_CMP_NONE, 0},  /* horizontal bar */
    {"\xE2\x87\x92", WB_TOKEN_ARROW, WB_CMP_NONE, 0}, /* double arrow */
    {"\xE2\x9E\x9C", WB_TOKEN_ARROW, WB_CMP_NONE, 0}, /* heavy arrows */
    {"\xE2\x9E\x94", WB_TOKEN_ARROW, WB_CMP_NONE, 0},
    {"\xE2\x9E\xA1", WB_TOKEN_ARROW, WB_CMP_NONE, 0},
    {"\xE2\x9F\xB6", WB_TOKEN_ARROW, WB_CMP_NONE, 0}, /* long arrow */
    {"\xE2\xA9\xBD", WB_TOKEN_CMP, WB_CMP_LE, 0},     /* slanted */
    {"\xE2\xA9\xBE", WB_TOKEN_CMP, WB_CMP_GE, 0},
    {"\xE2\x89\xA6", WB_TOKEN_CMP, WB_CMP_LE, 0}, /* over a double line */
    {"\xE2\x89\xA7", WB_TOKEN_CMP, WB_CMP_GE, 0},
    {"\xEF\xBC\x9C", WB_TOKEN_CMP, WB_CMP_LT, 0}, /* full width */
    {"\xEF\xBC\x9E", WB_TOKEN_CMP, WB_CMP_GT, 0},
    {"\xEF\xBC\x9D", WB_TOKEN_CMP, WB_CMP_EQ, 0},
    {"\xEF\xBC\x85", WB_TOKEN_PERCENT, WB_CMP_NONE, 0},
    {"\xEF\xBC\x9A", WB_TOKEN_MARK, WB_CMP_NONE, ':'},
    {"\xEF\xBC\x8C", WB_TOKEN_MARK, WB_CMP_NONE, ','},
    {"\xEF\xBC\x88", WB_TOKEN_MARK, WB_CMP_NONE, '('},
    {"\xEF\xBC\x89", WB_TOKEN_MARK, WB_CMP_NONE, ')'},
    {"\xC2\xA0", WB_TOKEN_MARK, WB_CMP_NONE, ' '},
    {"\xE2\x80\x87", WB_TOKEN_MARK, WB_CMP_NONE, ' '}, /* figure, thin, hair, narrow spaces */
    {"\xE2\x80\x89", WB_TOKEN_MARK, WB_CMP_NONE, ' '},
    {"\xE2\x80\x8A", WB_TOKEN_MARK, WB_CMP_NONE, ' '},
    {"\xE2\x80\xAF", WB_TOKEN_MARK, WB_CMP_NONE, ' '},
    {"\xE3\x80\x80", WB_TOKEN_MARK, WB_CMP_NONE, ' '},
    {"&nbsp;", WB_TOKEN_MARK, WB_CMP_NONE, ' '},
    {"\xE2\x80\xA6", WB_TOKEN_MARK, WB_CMP_NONE, '~'}, /* ellipsis */
    {"\xE2\x80\x9C", WB_TOKEN_MARK, WB_CMP_NONE, '"'},
    {"\xE2\x80\x9D", WB_TOKEN_MARK, WB_CMP_NONE, '"'},
    {"\xE2\x80\x9E", WB_TOKEN_MARK, WB_CMP_NONE, '"'},
    {"\xE2\x80\x98", WB_TOKEN_MARK, WB_CMP_NONE, '"'}, /* the other one is an apostrophe as well */
    {"\xC2\xAB", WB_TOKEN_MARK, WB_CMP_NONE, '"'},
    {"\xC2\xBB", WB_TOKEN_MARK, WB_CMP_NONE, '"'},
    {"\"", WB_TOKEN_MARK, WB_CMP_NONE, '"'},
    {"'", WB_TOKEN_MARK, WB_CMP_NONE, '"'},
    {"&le;", WB_TOKEN_CMP, WB_CMP_LE, 0},
    {"&ge;", WB_TOKEN_CMP, WB_CMP_GE, 0},
    {"&rarr;", WB_TOKEN_ARROW, WB_CMP_NONE, 0},
    {"&mdash;", WB_TOKEN_DASH, WB_CMP_NONE, 0},
    {"&ndash;", WB_TOKEN_DASH, WB_CMP_NONE, 0},
    {"&times;", WB_TOKEN_WORD, WB_CMP_NONE, 'x'},
    {"&amp;", WB_TOKEN_MARK, WB_CMP_NONE, '&'},
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

/* Quotation marks say nothing but that a word is a name. */
static void skip_quote(struct lexer *x, size_t bytes) {
    x->quote = x->space || x->n == 0 || wb_token_mark(&x->tokens[x->n - 1], '(');
    x->at += bytes;
}

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
        if (signs[i].mark == '"') {
            skip_quote(x, n);
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

/* A code span that is a value or a comparison ("`0.1%`", "`< 22 ms`") is read as if it were none.
 */
static bool value_in_code(const char *s, size_t len) {
    if (!len || !(digit((unsigned char)*s) || strchr("<>=.", *s) || (unsigned char)*s == 0xE2))
        return false;
    bool any = false;
    for (size_t i = 0; i < len; i++) {
        any |= digit((unsigned char)s[i]);
        if (!digit((unsigned char)s[i]) && !letter((unsigned char)s[i]) &&
            !strchr(" .,%<>=-+", s[i]))
            return false;
    }
    return any;
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
        if (value_in_code(s + from, to - from)) {
            size_t end = x->end, behind = i + n;
            x->at = from;
            x->end = to;
            read_tokens(x);
            x->at = behind;
            x->end = end;
            return true;
        }
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
    struct wb_digits d;
    size_t n = wb_digits_at(x->r->a, x->r->text + x->at, x->end - x->at, &d);
    struct wb_token *t = push(x, WB_TOKEN_NUMBER, n);
    t->text = d.text;
    t->number = d.number;
    t->malformed = d.malformed;
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

/* "1m30s": a unit ends where the next number begins. */
static bool ends_unit(const struct lexer *x, size_t n) {
    const struct wb_token *before = x->n ? &x->tokens[x->n - 1] : NULL;
    return n && n <= 3 && digit(peek(x, n)) && before && before->kind == WB_TOKEN_NUMBER &&
           before->to == x->at;
}

/* "w/", "w/o" */
static void read_with(struct lexer *x, struct wb_token *t) {
    if (strcmp(t->text, "w") != 0 || peek(x, 0) != '/')
        return;
    bool without = peek(x, 1) == 'o' && !letter(peek(x, 2));
    x->at += without ? 2 : 1;
    t->to = x->at;
    t->text = without ? "without" : "with";
}

static void read_word(struct lexer *x) {
    size_t n = 0;
    for (; !ends_unit(x, n); n++) {
        unsigned char c = peek(x, n), next = peek(x, n + 1);
        bool inner = n && (c == '.' || c == '\'' || c == '@') && (letter(next) || digit(next));
        if (!(letter(c) || (n && digit(c)) || inner) ||
            (c >= 0x80 &&
             (sign_here(x, n) || wb_picture_at(x->r->text + x->at + n, x->end - x->at - n))))
            break;
    }
    while (n > 1 && peek(x, n - 1) == '_')
        n--; /* the end of emphasis */
    struct wb_token *t = push(x, WB_TOKEN_WORD, n);
    char *text = wb_arena_strndup(x->r->a, x->r->text + t->from, n), *to = text;
    for (const char *c = text; *c; c++) {
        if (strncmp(c, "\xE2\x80\x99", 3) == 0) { /* "doesn't" with a typographic apostrophe */
            *to++ = '\'';
            c += 2;
        } else {
            *to++ = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
        }
    }
    for (; to > text + 1 && to[-1] == '\''; to--) /* the end of a quotation */
        t->to -= x->r->text[t->to - 1] == '\'' ? 1 : 3;
    *to = 0;
    t->text = text;
    read_with(x, t);
    while (peek(x, 0) == '_')
        x->at++;
}

/* The "[" of a link's text, "](target)" or "][name]" behind it, "[^1]". */
static bool skip_link(struct lexer *x) {
    const char *s = x->r->text + x->at;
    size_t left = x->end - x->at;
    const char *close = *s == '[' ? memchr(s, ']', left) : NULL;
    if (close && s[1] == '^') {
        x->at += (size_t)(close - s) + 1;
        x->at += x->n == 0 && peek(x, 0) == ':'; /* where the footnote itself stands */
        return true;
    }
    if (close && close + 1 < s + left && (close[1] == '(' || close[1] == '[')) {
        x->at++;
        return true;
    }
    if (*s != ']' || left < 2 || (s[1] != '(' && s[1] != '['))
        return false;
    size_t n = 2;
    int depth = 1; /* a target may hold parentheses in pairs */
    char open = s[1], end = open == '(' ? ')' : ']';
    for (; n < left && s[n] != '\n'; n++) {
        depth += (s[n] == open) - (s[n] == end);
        if (depth == 0)
            break;
    }
    x->at += depth == 0 ? n + 1 : 1;
    return true;
}

/* HTML and pictures. */
static bool skip_decoration(struct lexer *x) {
    bool line_break;
    size_t n = wb_picture_at(x->r->text + x->at, x->end - x->at);
    if (n) {
        x->at += n;
        return true;
    }
    n = wb_html_at(x->r->text + x->at, x->end - x->at, &line_break);
    if (n && line_break)
        push(x, WB_TOKEN_MARK, n)->mark = ';';
    else
        x->at += n;
    x->space |= n > 0;
    return n > 0;
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
    return skip_link(x);
}

static void read_mark(struct lexer *x) {
    unsigned char c = peek(x, 0);
    bool spaced = x->space && (peek(x, 1) == ' ' || peek(x, 1) == '\n');
    const struct wb_token *before = x->n ? &x->tokens[x->n - 1] : NULL;
    bool range =
        before && before->kind == WB_TOKEN_NUMBER && before->to == x->at && digit(peek(x, 1));
    if (c == '-' && !spaced &&
        !range) { /* a hyphen inside or before a word parts words and is nothing */
        x->at++;
        return;
    }
    if (c == '-') {
        push(x, WB_TOKEN_DASH, 1);
        return;
    }
    push(x, WB_TOKEN_MARK, 1)->mark = (char)c;
}

static void read_tokens(struct lexer *x) {
    while (x->at < x->end) {
        unsigned char c = peek(x, 0);
        bool fraction =
            c == '.' && digit(peek(x, 1)) &&
            (x->space || !x->n || x->at == 0 || !letter((unsigned char)x->r->text[x->at - 1]));
        if (c == '`' && read_code(x))
            continue;
        if (skip(x) || (c == '<' && skip_decoration(x)) || read_sign(x) || skip_decoration(x))
            continue;
        if (c == '_')
            x->at++; /* emphasis before a word */
        else if (digit(c) || fraction)
            read_number(x);
        else if (letter(c))
            read_word(x);
        else
            read_mark(x);
    }
}

void wb_phrase_read(const struct wb_plan_reader *r, size_t from, size_t to, struct wb_phrase *ret) {
    struct lexer x = {.r = r, .at = from, .end = to};
    read_tokens(&x);
    *ret = (struct wb_phrase){.tokens = x.tokens, .n = x.n};
}

struct wb_phrase wb_phrase_part(const struct wb_phrase *p, size_t i, size_t j) {
    return i < j ? (struct wb_phrase){.tokens = p->tokens + i, .n = j - i}
                 : (struct wb_phrase){.tokens = p->tokens, .n = 0};
}

bool wb_token_is(const struct wb_token *t, const char *word) {
    return t->kind == WB_TOKEN_WORD && strcmp(t->text, word) == 0;
}

bool wb_token_among(const struct wb_token *t, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (wb_token_is(t, words[i]))
            return true;
    return false;
}

bool wb_token_mark(const struct wb_token *t, char mark) {
    return t->kind == WB_TOKEN_MARK && t->mark == mark;
}
