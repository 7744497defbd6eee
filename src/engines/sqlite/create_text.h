/* Reads CREATE TABLE and CREATE INDEX as sqlite_schema keeps them, for what no PRAGMA tells:
 * checks, the expressions of generated columns, AUTOINCREMENT, collations, names and deferral of
 * foreign keys, expressions and predicate of an index. SQLite itself has accepted the text, so only
 * structure is looked at. Pure: text in, values out.
 */
#ifndef WB_ENGINES_SQLITE_CREATE_TEXT_H
#define WB_ENGINES_SQLITE_CREATE_TEXT_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct wb_sqlite_column_text {
    const char *name, *type; /* type: as declared, "" without */
    const char *collation;   /* NULL: BINARY */
    const char *generated;   /* the expression, NULL for an ordinary column */
};

struct wb_sqlite_check_text {
    const char *name, *expr; /* name: NULL if unnamed */
    int column;              /* index for a column's check, else -1 */
};

struct wb_sqlite_fk_text {
    const char *name, *ref_table; /* name: NULL if unnamed */
    bool deferrable, initially_deferred;
};

struct wb_sqlite_create {
    const char *name;
    struct wb_sqlite_column_text *columns;
    size_t n_columns, cap_columns;
    struct wb_sqlite_check_text *checks;
    size_t n_checks, cap_checks;
    struct wb_sqlite_fk_text
        *fks; /* as declared; PRAGMA foreign_key_list counts from the last one */
    size_t n_fks, cap_fks;
    bool autoincrement;
};

struct wb_sqlite_index_text {
    const char *name;
    const char **parts; /* without ASC and DESC and an outer COLLATE */
    size_t n_parts, cap_parts;
    const char *where; /* NULL: not partial */
};

/* False where the text is no CREATE TABLE with a column list (a virtual table). Strings belong to
 * a. */
bool wb_sqlite_parse_table(const char *sql, struct wb_arena *a, struct wb_sqlite_create *ret);
bool wb_sqlite_parse_index(const char *sql, struct wb_arena *a, struct wb_sqlite_index_text *ret);

/* True if word occurs in the SQL as a name, quoted or not, in any case. */
bool wb_sqlite_text_mentions(const char *sql, const char *word);

#endif
