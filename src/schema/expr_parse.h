/* Parses SQL expressions of MySQL, MariaDB, SQLite and PostgreSQL into neutral trees
 * (model/expr.h). Pure: text in, tree out. */
#ifndef WB_SCHEMA_EXPR_PARSE_H
#define WB_SCHEMA_EXPR_PARSE_H

#include "base/arena.h"
#include "base/error.h"
#include "model/expr.h"

/* engine: "mysql", "sqlite" or "postgresql": which quotes and operators apply. NULL where the text
 * is not understood as a whole; why (may be NULL) then says where, in at most why_size bytes. */
const struct wb_expr *wb_expr_parse(const char *text, const char *engine, struct wb_arena *a,
                                    char *why, size_t why_size);

#endif
