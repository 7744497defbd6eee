/* Within schema/: words of an SQL expression. */
#ifndef WB_SCHEMA_EXPR_LEX_H
#define WB_SCHEMA_EXPR_LEX_H

#include "base/arena.h"

#include <stdbool.h>

enum wb_token_kind {
    WB_TOKEN_END,
    WB_TOKEN_WORD,   /* text: as written */
    WB_TOKEN_NAME,   /* a quoted identifier; text: unquoted */
    WB_TOKEN_STRING, /* text: unquoted */
    WB_TOKEN_NUMBER,
    WB_TOKEN_BYTES, /* text: hex digits */
    WB_TOKEN_BITS,  /* text: '0' and '1' */
    WB_TOKEN_SIGN,  /* text: the operator or punctuation */
    WB_TOKEN_BAD,   /* text: why */
};

struct wb_lex {
    const char *text, *at;
    struct wb_arena *a;
    bool brackets;           /* [name] is a name */
    bool mysql;              /* " quotes strings, \ escapes, 0x and b'' are literals */
    enum wb_token_kind kind; /* of the current token */
    const char *token;
    const char *begin; /* where it begins in text */
};

void wb_lex_next(struct wb_lex *l);
bool wb_lex_is(const struct wb_lex *l, const char *word_or_sign); /* words without regard to case */
bool wb_lex_take(struct wb_lex *l, const char *word_or_sign);     /* and go on, where it is */

#endif
