/* Expressions in MySQL's words, where they mean the same there. */
#include "base/str.h"
#include "engines/mysql/ddl.h"

#include <string.h>

static bool add(struct wb_buf *sql, const struct wb_expr *e);

static bool add_list(struct wb_buf *sql, struct wb_expr *const *args, size_t n) {
    for (size_t i = 0; i < n; i++) {
        wb_buf_adds(sql, i ? ", " : "");
        if (!add(sql, args[i]))
            return false;
    }
    return true;
}

static bool add_call(struct wb_buf *sql, const struct wb_expr *e) {
    static const char *const known[] = {
        "abs",        "ascii",        "ceil",
        "ceiling",    "char_length",  "character_length",
        "coalesce",   "concat",       "concat_ws",
        "date",       "datediff",     "day",
        "dayofmonth", "floor",        "greatest",
        "hour",       "if",           "ifnull",
        "instr",      "json_extract", "json_unquote",
        "json_valid", "json_value",   "lcase",
        "least",      "left",         "length",
        "lower",      "lpad",         "ltrim",
        "md5",        "minute",       "mod",
        "month",      "nullif",       "octet_length",
        "pow",        "power",        "replace",
        "right",      "round",        "rpad",
        "rtrim",      "second",       "sign",
        "sqrt",       "substr",       "substring",
        "trim",       "truncate",     "ucase",
        "unhex",      "upper",        "uuid",
        "year",       "hex",
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!wb_str_eq(known[i], e->text))
            continue;
        wb_buf_addf(sql, "%s(", e->text);
        return add_list(sql, e->args, e->n_args) && (wb_buf_adds(sql, ")"), true);
    }
    return false;
}

static bool add_binary(struct wb_buf *sql, const struct wb_expr *e) {
    if (wb_str_eq(e->text, "||")) { /* in MySQL that is OR */
        wb_buf_adds(sql, "concat(");
        return add_list(sql, e->args, 2) && (wb_buf_adds(sql, ")"), true);
    }
    if (wb_str_eq(e->text, "->") || wb_str_eq(e->text, "->>")) {
        wb_buf_adds(sql, e->text[2] ? "json_unquote(json_extract(" : "json_extract(");
        return add_list(sql, e->args, 2) && (wb_buf_adds(sql, e->text[2] ? "))" : ")"), true);
    }
    if (wb_str_eq(e->text,
                  "quot")) /* whole or not by the operands' types, which are not known here */
        return false;
    wb_buf_adds(sql, "(");
    if (!add(sql, e->args[0]))
        return false;
    wb_buf_addf(sql, " %s ", e->text);
    return add(sql, e->args[1]) && (wb_buf_adds(sql, ")"), true);
}

static bool add_case(struct wb_buf *sql, const struct wb_expr *e) {
    wb_buf_adds(sql, "CASE");
    if (e->n_args == 0)
        return false;
    if (e->args[0]) {
        wb_buf_adds(sql, " ");
        if (!add(sql, e->args[0]))
            return false;
    }
    size_t i = 1;
    for (; i + 1 < e->n_args; i += 2) {
        wb_buf_adds(sql, " WHEN ");
        if (!add(sql, e->args[i]))
            return false;
        wb_buf_adds(sql, " THEN ");
        if (!add(sql, e->args[i + 1]))
            return false;
    }
    if (i < e->n_args) {
        wb_buf_adds(sql, " ELSE ");
        if (!add(sql, e->args[i]))
            return false;
    }
    wb_buf_adds(sql, " END");
    return true;
}

static bool add_cast(struct wb_buf *sql, const struct wb_expr *e) {
    static const char *const known[] = {"signed",   "unsigned", "char",     "date",
                                        "datetime", "time",     "decimal",  "binary",
                                        "decimal(", "char(",    "datetime("};
    bool ok = false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        ok |= wb_str_eq(known[i], e->text) ||
              (strchr(known[i], '(') && wb_str_starts(e->text, known[i]));
    wb_buf_adds(sql, "CAST(");
    if (!ok || !add(sql, e->args[0]))
        return false;
    wb_buf_addf(sql, " AS %s)", e->text);
    return true;
}

static bool add_around(struct wb_buf *sql, const struct wb_expr *e, const char *middle) {
    wb_buf_adds(sql, "(");
    if (!add(sql, e->args[0]))
        return false;
    wb_buf_addf(sql, " %s%s)", middle, e->text);
    return true;
}

static bool add_in(struct wb_buf *sql, const struct wb_expr *e) {
    wb_buf_adds(sql, "(");
    if (!add(sql, e->args[0]))
        return false;
    wb_buf_addf(sql, " %s (", e->text);
    return add_list(sql, e->args + 1, e->n_args - 1) && (wb_buf_adds(sql, "))"), true);
}

static bool add_between(struct wb_buf *sql, const struct wb_expr *e) {
    wb_buf_adds(sql, "(");
    if (!add(sql, e->args[0]))
        return false;
    wb_buf_addf(sql, " %s ", e->text);
    if (!add(sql, e->args[1]))
        return false;
    wb_buf_adds(sql, " AND ");
    return add(sql, e->args[2]) && (wb_buf_adds(sql, ")"), true);
}

static bool add_unary(struct wb_buf *sql, const struct wb_expr *e) {
    wb_buf_addf(sql, "(%s ", e->text);
    return add(sql, e->args[0]) && (wb_buf_adds(sql, ")"), true);
}

static bool add(struct wb_buf *sql, const struct wb_expr *e) {
    switch (e->op) {
    case WB_EXPR_NULL:
        return wb_buf_adds(sql, "NULL"), true;
    case WB_EXPR_TRUE:
        return wb_buf_adds(sql, "TRUE"), true;
    case WB_EXPR_FALSE:
        return wb_buf_adds(sql, "FALSE"), true;
    case WB_EXPR_NUMBER:
        return wb_buf_adds(sql, e->text), true;
    case WB_EXPR_STRING:
        return wb_mysql_quote_text(sql, e->text, strlen(e->text)), true;
    case WB_EXPR_BYTES:
        return wb_buf_addf(sql, "x'%s'", e->text), true;
    case WB_EXPR_BITS:
        return wb_buf_addf(sql, "b'%s'", e->text), true;
    case WB_EXPR_COLUMN:
        return wb_mysql_quote_name(sql, e->text), true;
    case WB_EXPR_CALL:
        return add_call(sql, e);
    case WB_EXPR_UNARY:
        return add_unary(sql, e);
    case WB_EXPR_BINARY:
        return add_binary(sql, e);
    case WB_EXPR_IS:
        return add_around(sql, e, "IS ");
    case WB_EXPR_IN:
        return add_in(sql, e);
    case WB_EXPR_BETWEEN:
        return add_between(sql, e);
    case WB_EXPR_CASE:
        return add_case(sql, e);
    case WB_EXPR_CAST:
        return add_cast(sql, e);
    case WB_EXPR_NOW:
        return wb_buf_addf(sql, "CURRENT_TIMESTAMP(%s)", e->text), true;
    case WB_EXPR_INTERVAL:
        wb_buf_adds(sql, "INTERVAL ");
        if (!add(sql, e->args[0]))
            return false;
        return wb_buf_addf(sql, " %s", e->text), true;
    case WB_EXPR_COLLATE:
        return false;
    }
    return false;
}

bool wb_mysql_render_expr(struct wb_buf *sql, const struct wb_expr *e) {
    return add(sql, e);
}
