/* MySQL's and SQLite's spelling turned into PostgreSQL's, byte for byte at the same places, for
 * statements that read or change rows. For src/sql only. */
#ifndef WB_SQL_SPELL_H
#define WB_SQL_SPELL_H

#include "sql/lex.h"

/* Operators that stand for what PostgreSQL has no sign for. */
#define WB_SPELL_IS_NOT "<~>" /* SQLite's IS NOT between values */
#define WB_SPELL_IS "~="

/* The statement in PostgreSQL's spelling, as long as it was. What has no counterpart stays as it
 * is, and the parser will say so. */
char *wb_spell_postgres(struct wb_arena *a, enum wb_sql_dialect dialect, const char *text,
                        const struct wb_sql_lex_part *p);

#endif
