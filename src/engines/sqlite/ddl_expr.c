/* Expressions in SQLite's words, where they mean the same. Where SQLite's operator of the same name
 * does something else (integer division, a regexp without an implementation), there are none. */
#include "base/str.h"
#include "engine/expr_text.h"
#include "engines/sqlite/conn.h"
#include "engines/sqlite/ddl.h"

static bool add(struct wb_buf *sql, const struct wb_expr *e);

static const struct {
    const char *name, *here;
    size_t min_args, max_args;
} functions[] = {
    {"abs", "abs", 1, 1},
    {"char_length", "length", 1, 1},
    {"character_length", "length", 1, 1},
    {"coalesce", "coalesce", 2, 100},
    {"ifnull", "ifnull", 2, 2},
    {"instr", "instr", 2, 2},
    {"json_valid", "json_valid", 1, 1},
    {"lcase", "lower", 1, 1},
    {"lower", "lower", 1, 1},
    {"ltrim", "ltrim", 1, 1},
    {"nullif", "nullif", 2, 2},
    {"replace", "replace", 3, 3},
    {"round", "round", 1, 2},
    {"rtrim", "rtrim", 1, 1},
    {"substr", "substr", 2, 3},
    {"substring", "substr", 2, 3},
    {"trim", "trim", 1, 1},
    {"ucase", "upper", 1, 1},
    {"upper", "upper", 1, 1},
};

static bool add_call(struct wb_buf *sql, const struct wb_expr *e) {
    if (wb_str_eq(e->text, "concat") && e->n_args > 0) {
        wb_buf_adds(sql, "(");
        return wb_expr_text_list(sql, e->args, e->n_args, " || ", add) &&
               (wb_buf_adds(sql, ")"), true);
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (!wb_str_eq(functions[i].name, e->text) || e->n_args < functions[i].min_args ||
            e->n_args > functions[i].max_args)
            continue;
        wb_buf_addf(sql, "%s(", functions[i].here);
        return wb_expr_text_list(sql, e->args, e->n_args, ", ", add) &&
               (wb_buf_adds(sql, ")"), true);
    }
    return false;
}

static bool add_binary(struct wb_buf *sql, const struct wb_expr *e) {
    static const char *const same[] = {"+", "-",  "*",  "%",  "||", "and", "or",
                                       "=", "<>", "<",  "<=", ">",  ">=",  "like",
                                       "&", "|",  "<<", ">>", "->", "->>", "not like"};
    const char *here = wb_str_eq(e->text, "<=>") ? "IS" : wb_str_eq(e->text, "quot") ? "/" : NULL;
    for (size_t i = 0; !here && i < sizeof same / sizeof *same; i++)
        if (wb_str_eq(same[i], e->text))
            here = e->text;
    if (!here)
        return false;
    return wb_expr_text_infix(sql, e->args[0], here, e->args[1], add);
}

static bool add_cast(struct wb_buf *sql, const struct wb_expr *e) {
    const char *type = wb_str_eq(e->text, "signed") || wb_str_eq(e->text, "unsigned") ? "INTEGER"
                       : wb_str_starts(e->text, "char") || wb_str_eq(e->text, "text") ? "TEXT"
                                                                                      : NULL;
    if (!type)
        return false;
    wb_buf_adds(sql, "CAST(");
    if (!add(sql, e->args[0]))
        return false;
    wb_buf_addf(sql, " AS %s)", type);
    return true;
}

static bool add_collate(struct wb_buf *sql, const struct wb_expr *e) {
    if (!wb_str_ieq(e->text, "binary") && !wb_str_ieq(e->text, "nocase") &&
        !wb_str_ieq(e->text, "rtrim"))
        return false;
    if (!add(sql, e->args[0]))
        return false;
    wb_buf_addf(sql, " COLLATE %s", e->text);
    return true;
}

static bool add_literal(struct wb_buf *sql, const struct wb_expr *e) {
    switch (e->op) {
    case WB_EXPR_NULL:
        wb_buf_adds(sql, "NULL");
        return true;
    case WB_EXPR_TRUE:
        wb_buf_adds(sql, "1");
        return true;
    case WB_EXPR_FALSE:
        wb_buf_adds(sql, "0");
        return true;
    case WB_EXPR_NUMBER:
        wb_buf_adds(sql, e->text);
        return true;
    case WB_EXPR_STRING:
        wb_sqlite_quote_text(sql, e->text, strlen(e->text));
        return true;
    case WB_EXPR_BYTES:
        wb_buf_addf(sql, "x'%s'", e->text);
        return true;
    case WB_EXPR_COLUMN:
        wb_sqlite_quote_name(sql, e->text);
        return true;
    case WB_EXPR_NOW:
        wb_buf_adds(sql, wb_str_eq(e->text, "0") ? "CURRENT_TIMESTAMP"
                                                 : "strftime('%Y-%m-%d %H:%M:%f', 'now')");
        return true;
    default:
        return false;
    }
}

static bool add(struct wb_buf *sql, const struct wb_expr *e) {
    switch (e->op) {
    case WB_EXPR_CALL:
        return add_call(sql, e);
    case WB_EXPR_BINARY:
        return add_binary(sql, e);
    case WB_EXPR_CASE:
        return wb_expr_text_case(sql, e, add);
    case WB_EXPR_CAST:
        return add_cast(sql, e);
    case WB_EXPR_UNARY:
    case WB_EXPR_IS:
    case WB_EXPR_IN:
    case WB_EXPR_BETWEEN:
        return wb_expr_text_common(sql, e, add);
    case WB_EXPR_COLLATE:
        return add_collate(sql, e);
    default:
        return add_literal(sql, e);
    }
}

bool wb_sqlite_render_expr(struct wb_buf *sql, const struct wb_expr *e, const struct wb_table *t) {
    struct wb_arena a = {0};
    size_t before = sql->len;
    const struct wb_expr *renamed = wb_expr_text_rename(e, t, &a);
    bool ok = renamed && add(sql, renamed);
    if (!ok)
        sql->len = before;
    wb_arena_done(&a);
    return ok;
}
