/* SQL taken apart into statements, as far as that can be done for every dialect. */
#ifndef WB_RUN_SQLTEXT_H
#define WB_RUN_SQLTEXT_H

#include "base/arena.h"
#include "base/buf.h"

#include <stddef.h>

/* Statements of text, without their semicolons; those of comments and blanks alone are left out.
 * Quotes of all kinds, comments, dollar quotes, and BEGIN … END of a CREATE TRIGGER, FUNCTION or
 * PROCEDURE hold semicolons that part nothing. Strings are in a. */
size_t wb_run_statements(const char *text, struct wb_arena *a, const char ***ret);

/* The beginning of a statement for people, on one line, with "?" for its literals and without its
 * comments: so many characters of it at most. name_quote: '"' where that quotes names; elsewhere
 * it, too, quotes literals. */
void wb_run_redact(const char *sql, char name_quote, size_t max, struct wb_buf *to);

#endif
