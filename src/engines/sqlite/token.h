/* SQLite's tokens (www.sqlite.org/lang_expr.html, tokenize.c), as far as structure needs them. */
#ifndef WB_ENGINES_SQLITE_TOKEN_H
#define WB_ENGINES_SQLITE_TOKEN_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum wb_sqlite_token_kind {
    WB_SQLITE_END,
    WB_SQLITE_WORD,   /* keyword or bare name */
    WB_SQLITE_QUOTED, /* "name", `name`, [name] */
    WB_SQLITE_STRING, /* 'text' and x'blob' */
    WB_SQLITE_NUMBER,
    WB_SQLITE_PUNCT, /* one character */
};

struct wb_sqlite_token {
    enum wb_sqlite_token_kind kind;
    const char *p;
    size_t len;
};

/* The token at or behind *at, which moves past it; comments and blanks are skipped. */
struct wb_sqlite_token wb_sqlite_token_next(const char **at);

bool wb_sqlite_token_is(const struct wb_sqlite_token *t, const char *word_or_punct);
/* A name as meant: unquoted. */
const char *wb_sqlite_token_name(const struct wb_sqlite_token *t, struct wb_arena *a);

#endif
