/* SQL taken apart into statements, as far as that can be done for every dialect. */
#ifndef WB_RUN_SQLTEXT_H
#define WB_RUN_SQLTEXT_H

#include "base/arena.h"

#include <stddef.h>

/* Statements of text, without their semicolons; those of comments and blanks alone are left out.
 * Quotes of all kinds, comments, dollar quotes, and BEGIN … END of a CREATE TRIGGER, FUNCTION or
 * PROCEDURE hold semicolons that part nothing. Strings are in a. */
size_t wb_run_statements(const char *text, struct wb_arena *a, const char ***ret);

#endif
