/* SQL expressions as a neutral tree: defaults, checks, generated columns, index expressions and
 * predicates.
 *
 * schema/ parses an engine's text into this tree (or says that it cannot); the target's engine
 * renders the tree in its own dialect (or says that it cannot), and what cannot be carried is
 * reported by name.
 */
#ifndef WB_MODEL_EXPR_H
#define WB_MODEL_EXPR_H

#include <stddef.h>

enum wb_expr_op {
    WB_EXPR_NULL,
    WB_EXPR_TRUE,
    WB_EXPR_FALSE,
    WB_EXPR_NUMBER, /* text: as written, 12, 1.5e3 */
    WB_EXPR_STRING, /* text: unquoted, UTF-8 */
    WB_EXPR_BYTES,  /* text: hex digits without prefix */
    WB_EXPR_BITS,   /* text: '0' and '1' */
    WB_EXPR_COLUMN, /* text: name */
    WB_EXPR_CALL,   /* text: function name in lower case; args */
    WB_EXPR_UNARY,  /* text: "-", "+", "~", "not"; args[0] */
    WB_EXPR_BINARY, /* text: "+", "-", "*", "/", "%", "div", "||", "and", "or", "xor", "=", "<>",
                       "<", "<=", ">", ">=",
                       "<=>", "like", "not like", "regexp", "not regexp", "&", "|", "^", "<<", ">>",
                       "->", "->>"; and "quot", the "/" of SQLite and PostgreSQL, which is whole
                       for whole numbers (MySQL's "/" is exact); args[0], args[1] */
    WB_EXPR_IS, /* text: "null", "not null", "true", "not true", "false", "not false"; args[0] */
    WB_EXPR_IN, /* text: "in" or "not in"; args[0] in args[1..] */
    WB_EXPR_BETWEEN, /* text: "between" or "not between"; args[0] between args[1] and args[2] */
    WB_EXPR_CASE, /* args[0]: operand or NULL pointer; then when, then pairs; the last alone is else
                     (if n_args is even) */
    WB_EXPR_CAST, /* text: target type, lower case, neutral words where known: "signed", "unsigned",
                     "char", "date", "datetime", "decimal(10,2)" …; args[0] */
    WB_EXPR_COLLATE,  /* text: collation; args[0] */
    WB_EXPR_INTERVAL, /* text: unit, lower case ("day"); args[0] the count */
    WB_EXPR_NOW,      /* text: fractional digits ("0" to "6"); current timestamp */
};

/* All pointers belong to the arena that the tree was parsed into. */
struct wb_expr {
    enum wb_expr_op op;
    const char *text;
    struct wb_expr **args;
    size_t n_args;
};

#endif
