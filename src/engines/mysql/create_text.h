/* What SHOW CREATE TABLE prints, taken apart: the one place where a server shows expressions of
 * temporary tables, and characters beyond U+FFFF as they are. Pure functions over its text. */
#ifndef WB_ENGINES_MYSQL_CREATE_TEXT_H
#define WB_ENGINES_MYSQL_CREATE_TEXT_H

#include "base/arena.h"

#include <stdbool.h>

/* NULL where the column has none. Expressions are without the parentheses around them, like those
 * of information_schema; a default is as it is printed. */
struct wb_mysql_create_column {
    const char *default_, *generated_as, *check;
};

/* The column of that exact name; false where the statement has none. ret's texts are in a. */
bool wb_mysql_create_column(const char *create, const char *name, struct wb_arena *a,
                            struct wb_mysql_create_column *ret);

struct wb_mysql_create_check {
    const char *name, *expr;
    bool not_enforced;
};

/* The table's own checks, one after the other: *at is the statement at first and is moved on; false
 * behind the last one. */
bool wb_mysql_create_next_check(const char **at, struct wb_arena *a,
                                struct wb_mysql_create_check *ret);

struct wb_mysql_create_actions {
    const char *on_delete, *on_update; /* "CASCADE", "SET NULL" …; NULL where none is printed */
};

/* What the foreign key of that name does; false where the statement has none. */
bool wb_mysql_create_actions(const char *create, const char *name, struct wb_arena *a,
                             struct wb_mysql_create_actions *ret);

#endif
