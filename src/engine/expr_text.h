/* What SQL dialects write alike of an expression tree: for the engines' renderers, each of which
 * gives its own function for a whole expression and writes literals, names, calls and operators
 * itself.
 *
 * All return false where add refused a part; what was added by then is for the caller to cut off.
 */
#ifndef WB_ENGINE_EXPR_TEXT_H
#define WB_ENGINE_EXPR_TEXT_H

#include "base/buf.h"
#include "model/catalog.h"
#include "model/expr.h"

#include <stdbool.h>
#include <stddef.h>

/* A renderer of one dialect: adds e to sql, or says that the dialect has nothing of that meaning.
 */
typedef bool (*wb_expr_text_fn)(struct wb_buf *sql, const struct wb_expr *e);

/* A copy of e, in a, whose columns have the names that they have in t, not those of the source;
 * NULL where it names one that t lacks. */
const struct wb_expr *wb_expr_text_rename(const struct wb_expr *e, const struct wb_table *t,
                                          struct wb_arena *a);

/* a, b, c: with what stands between them. */
bool wb_expr_text_list(struct wb_buf *sql, struct wb_expr *const *args, size_t n,
                       const char *between, wb_expr_text_fn add);
/* (a WORD b) */
bool wb_expr_text_infix(struct wb_buf *sql, const struct wb_expr *a, const char *word,
                        const struct wb_expr *b, wb_expr_text_fn add);
/* CASE … END */
bool wb_expr_text_case(struct wb_buf *sql, const struct wb_expr *e, wb_expr_text_fn add);
/* UNARY, IS, IN, BETWEEN; false for all other ops. */
bool wb_expr_text_common(struct wb_buf *sql, const struct wb_expr *e, wb_expr_text_fn add);

#endif
