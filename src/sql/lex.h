/* SQL as tokens, in the spelling of a dialect. For src/sql only. */
#ifndef WB_SQL_LEX_H
#define WB_SQL_LEX_H

#include "sql/sql.h"

enum wb_sql_lex_kind {
    WB_LEX_WORD,   /* text in lower case */
    WB_LEX_QUOTED, /* a quoted name, without its quotes */
    WB_LEX_STRING, /* without its quotes */
    WB_LEX_NUMBER,
    WB_LEX_SIGN,
};

struct wb_sql_lexeme {
    enum wb_sql_lex_kind kind;
    const char *text;
    size_t at, end; /* bytes of the text, end behind it */
    int depth;      /* of parentheses, outside of this one where it is one */
};

struct wb_sql_lexemes {
    struct wb_sql_lexeme *items;
    size_t n, cap;
};

/* [from, to) of one statement's lexemes. */
struct wb_sql_lex_part {
    const struct wb_sql_lexeme *items;
    size_t n;
};

void wb_sql_lex_read(struct wb_arena *a, enum wb_sql_dialect dialect, const char *text,
                     struct wb_sql_lexemes *ret);
/* The next statement from *at on; false at the end. Semicolons in parentheses, and in the body of a
 * trigger or routine, end none. */
bool wb_sql_lex_next(const struct wb_sql_lexemes *l, size_t *at, struct wb_sql_lex_part *ret);

/* False beyond the end. Words and signs are compared, quoted names and strings never. */
bool wb_sql_lex_is(const struct wb_sql_lex_part *p, size_t i, const char *word);
bool wb_sql_lex_are(const struct wb_sql_lex_part *p, size_t i,
                    const char *words);                          /* "if not exists" */
bool wb_sql_lex_name(const struct wb_sql_lex_part *p, size_t i); /* a word or a quoted name */
/* Index of the first such word at or after i, p->n where there is none. */
size_t wb_sql_lex_find(const struct wb_sql_lex_part *p, size_t i, const char *word);
/* Of the parenthesis that closes the one at i; p->n where none does. */
size_t wb_sql_lex_closing(const struct wb_sql_lex_part *p, size_t i);
/* Where a name stands, as a word or quoted; 0 where it does not. */
size_t wb_sql_lex_place(const struct wb_sql_lex_part *p, const char *name);

#endif
