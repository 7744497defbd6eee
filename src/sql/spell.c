/* Every lexeme stays where it is and as long as it is: what is shorter in PostgreSQL is filled with
 * spaces, what means nothing there becomes spaces. So each place that the parser tells is a place
 * of the original. */
#include "sql/spell.h"

#include <string.h>

struct speller {
    enum wb_sql_dialect dialect;
    char *to;    /* the statement's text */
    size_t base; /* where it begins in the whole */
    const struct wb_sql_lex_part *p;
};

static void blank(struct speller *s, size_t i) {
    if (i < s->p->n)
        memset(s->to + (s->p->items[i].at - s->base), ' ', s->p->items[i].end - s->p->items[i].at);
}

static void blank_all(struct speller *s, size_t i, size_t to) {
    for (; i < to && i < s->p->n; i++)
        blank(s, i);
}

/* Write word over lexemes [i, to), which are at least as long. */
static void write_over(struct speller *s, size_t i, size_t to, const char *word) {
    blank_all(s, i, to);
    if (i >= s->p->n || to > s->p->n)
        return;
    size_t room = s->p->items[to - 1].end - s->p->items[i].at, n = strlen(word);
    if (n <= room)
        memcpy(s->to + (s->p->items[i].at - s->base), word, n);
}

static bool is(const struct speller *s, size_t i, const char *word) {
    return wb_sql_lex_is(s->p, i, word);
}

static bool one_of(const struct speller *s, size_t i, const char *const *words) {
    for (; *words; words++)
        if (is(s, i, *words))
            return true;
    return false;
}

/* Whether a value ends before i: what follows then is an operator. */
static bool after_value(const struct speller *s, size_t i) {
    static const char *const words[] = {"select", "where", "and",  "or",   "on",   "having",
                                        "by",     "not",   "when", "then", "else", NULL};
    if (!i || one_of(s, i - 1, words))
        return false;
    return s->p->items[i - 1].kind != WB_LEX_SIGN || is(s, i - 1, ")");
}

static void spell_quotes(struct speller *s, size_t i) {
    const struct wb_sql_lexeme *t = &s->p->items[i];
    char *from = s->to + (t->at - s->base), *end = s->to + (t->end - s->base);
    bool text = t->kind == WB_LEX_STRING;
    if (end - from < 2 || !strchr("'\"`[", *from))
        return;
    char quote = text && !(i && is(s, i - 1, "as")) ? '\'' : '"'; /* AS 'name' */
    for (char *c = from + 1; c < end - 1; c++)
        if (*c == '\'' || *c == '"' || *c == '\\' || *c == '`')
            *c = '_';
    *from = end[-1] = quote;
}

static void spell_number(struct speller *s, size_t i) {
    const struct wb_sql_lexeme *t = &s->p->items[i];
    if (t->text[0] == '0' && (t->text[1] == 'x' || t->text[1] == 'X'))
        write_over(s, i, i + 1, "1");
}

static void spell_is(struct speller *s, size_t i) {
    static const char *const words[] = {"null", "true", "false", "distinct", "unknown", NULL};
    bool no = is(s, i + 1, "not");
    if (s->dialect == WB_DIALECT_MYSQL || one_of(s, i + 1 + no, words))
        return;
    write_over(s, i, i + 1 + no, no ? WB_SPELL_IS_NOT : WB_SPELL_IS);
}

static void spell_infix(struct speller *s, size_t i) {
    static const char *const matching[] = {"regexp", "rlike", "glob", "match", NULL};
    static const char *const division[] = {"div", "mod", NULL};
    bool no = i && is(s, i - 1, "not");
    if (one_of(s, i, matching) && (no || after_value(s, i))) {
        write_over(s, i, i + 1, no ? " " : "~");
        if (no)
            write_over(s, i - 1, i, "!~");
    } else if (one_of(s, i, division) && after_value(s, i)) {
        write_over(s, i, i + 1, "%");
    } else if (is(s, i, "xor")) {
        write_over(s, i, i + 1, "or");
    }
}

/* USE INDEX FOR JOIN (a, b) */
static void spell_hint(struct speller *s, size_t i) {
    static const char *const words[] = {"use", "force", "ignore", NULL};
    if (!one_of(s, i, words) || !(is(s, i + 1, "index") || is(s, i + 1, "key")))
        return;
    size_t open = wb_sql_lex_find(s->p, i, "(");
    if (open < i + 6 && open < s->p->n)
        blank_all(s, i, wb_sql_lex_closing(s->p, open) + 1);
}

static void spell_interval(struct speller *s, size_t i) {
    if (!is(s, i, "interval") || i + 2 >= s->p->n || s->p->items[i + 2].kind != WB_LEX_WORD)
        return;
    blank(s, i);
    blank(s, i + 2);
}

static void spell_call(struct speller *s, size_t i) {
    static const char *const dates[] = {"current_date", "current_time",   "current_timestamp",
                                        "localtime",    "localtimestamp", NULL};
    static const char *const units[] = {"timestampdiff", "timestampadd", NULL};
    if (one_of(s, i, dates) && is(s, i + 1, "(") && is(s, i + 2, ")"))
        blank_all(s, i + 1, i + 3);
    if (one_of(s, i, units) && is(s, i + 1, "(") && wb_sql_lex_name(s->p, i + 2))
        write_over(s, i + 2, i + 3, "1");
    if (is(s, i, "convert") && is(s, i + 1, "(")) {
        /* CONVERT (x USING utf8mb4), CONVERT (x, SIGNED) */
        size_t end = wb_sql_lex_closing(s->p, i + 1), at = wb_sql_lex_find(s->p, i, "using");
        for (size_t k = i + 2; at >= end && k < end; k++)
            if (is(s, k, ",") && s->p->items[k].depth == s->p->items[i].depth + 1)
                at = k;
        blank_all(s, at < end ? at : end, end);
    }
}

static void spell_word(struct speller *s, size_t i) {
    static const char *const nothing[] = {"sql_no_cache",  "sql_calc_found_rows", "high_priority",
                                          "straight_join", "sql_buffer_result",   NULL};
    if (is(s, i, "straight_join") && i && !is(s, i - 1, "select"))
        write_over(s, i, i + 1, "join");
    else if (one_of(s, i, nothing))
        blank(s, i);
    else if (is(s, i, "distinctrow"))
        write_over(s, i, i + 1, "distinct");
    else if (is(s, i, "separator"))
        write_over(s, i, i + 1, ",");
    else if (wb_sql_lex_are(s->p, i, "lock in share mode"))
        write_over(s, i, i + 4, "for share");
    else if (wb_sql_lex_are(s->p, i, "with rollup") || wb_sql_lex_are(s->p, i, "from dual"))
        blank_all(s, i, i + 2);
    else if (is(s, i, "binary") && !is(s, i + 1, ",") && !is(s, i + 1, ")"))
        blank(s, i);
    else if (is(s, i, "is"))
        spell_is(s, i);
    spell_infix(s, i);
    spell_hint(s, i);
    spell_interval(s, i);
    spell_call(s, i);
}

static void spell_sign(struct speller *s, size_t i) {
    bool named = i + 1 < s->p->n && s->p->items[i + 1].kind == WB_LEX_WORD &&
                 s->p->items[i + 1].at == s->p->items[i].end;
    if (is(s, i, "=="))
        write_over(s, i, i + 1, "=");
    else if (is(s, i, "?"))
        write_over(s, i, i + 1, "1");
    else if (named && (is(s, i, "@") || is(s, i, ":") ||
                       (is(s, i, "%") && !after_value(s, i) && is(s, i + 1, "s"))))
        write_over(s, i, i + 2, "1");
    else if (is(s, i, "@"))
        blank(s, i);
}

/* INSERT IGNORE, REPLACE, INSERT OR …, ON DUPLICATE KEY UPDATE …, LIMIT a, b */
static void spell_statement(struct speller *s) {
    if (is(s, 0, "replace") && !is(s, 1, "("))
        write_over(s, 0, 1, "insert");
    if ((is(s, 0, "insert") || is(s, 0, "update")) && is(s, 1, "or"))
        blank_all(s, 1, 3);
    if ((is(s, 0, "insert") || is(s, 0, "update") || is(s, 0, "delete")) &&
        (is(s, 1, "ignore") || is(s, 1, "low_priority")))
        blank(s, 1);
    if (is(s, 0, "insert") && !is(s, 1, "into") && wb_sql_lex_name(s->p, 1) && !is(s, 1, "or") &&
        !is(s, 1, "ignore"))
        return; /* INSERT t: the parser will say so */
    for (size_t i = 0; i < s->p->n; i++) {
        if (wb_sql_lex_are(s->p, i, "on duplicate key update"))
            blank_all(s, i, s->p->n);
        if (is(s, i, "limit") && is(s, i + 2, ","))
            blank_all(s, i + 2, i + 4);
    }
}

char *wb_spell_postgres(struct wb_arena *a, enum wb_sql_dialect dialect, const char *text,
                        const struct wb_sql_lex_part *p) {
    size_t base = p->items[0].at, end = p->items[p->n - 1].end;
    struct speller s = {.dialect = dialect,
                        .to = wb_arena_strndup(a, text + base, end - base),
                        .base = base,
                        .p = p};
    for (size_t i = 1; i < p->n; i++) /* comments */
        memset(s.to + (p->items[i - 1].end - base), ' ', p->items[i].at - p->items[i - 1].end);
    for (size_t i = 0; i < p->n; i++) {
        enum wb_sql_lex_kind kind = p->items[i].kind;
        if (kind == WB_LEX_STRING || kind == WB_LEX_QUOTED)
            spell_quotes(&s, i);
        else if (kind == WB_LEX_NUMBER)
            spell_number(&s, i);
        else if (kind == WB_LEX_WORD)
            spell_word(&s, i);
        else
            spell_sign(&s, i);
    }
    spell_statement(&s);
    return s.to;
}
