/* SQL as tokens, enough to see what a statement does and how it joins. For src/plan only. */
#ifndef WB_PLAN_SQLTEXT_H
#define WB_PLAN_SQLTEXT_H

#include "base/arena.h"

#include <stdbool.h>

enum wb_sql_kind { WB_SQL_WORD, WB_SQL_QUOTED, WB_SQL_STRING, WB_SQL_NUMBER, WB_SQL_SIGN };

struct wb_sql_token {
    enum wb_sql_kind kind;
    const char *text; /* words in lower case; strings and quoted names without their quotes */
    size_t at;        /* byte of the SQL */
    int depth;        /* of parentheses, before the token */
};

struct wb_sql {
    struct wb_sql_token *tokens;
    size_t n, cap;
};

/* Tokens [from, to) of one statement. */
struct wb_sql_part {
    const struct wb_sql *sql;
    size_t from, to;
};

enum wb_sql_class { WB_SQL_READS, WB_SQL_WRITES, WB_SQL_DEFINES, WB_SQL_DESTROYS, WB_SQL_CONTROLS };

void wb_sql_read(struct wb_arena *a, const char *text, struct wb_sql *ret);
/* The next statement from *at on; false at the end. */
bool wb_sql_next(const struct wb_sql *s, size_t *at, struct wb_sql_part *ret);
enum wb_sql_class wb_sql_class_of(struct wb_sql_part p);

bool wb_sql_is(struct wb_sql_part p, size_t i, const char *word); /* false beyond its end */
bool wb_sql_name(struct wb_sql_part p, size_t i);                 /* a word or a quoted name */

#endif
