/* Expressions in MySQL's words, where they mean the same there. */
#include "base/str.h"
#include "engine/expr_text.h"
#include "engines/mysql/ddl.h"

#include <string.h>

static bool add(struct wb_buf *sql, const struct wb_expr *e);

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
        return wb_expr_text_list(sql, e->args, e->n_args, ", ", add) &&
               (wb_buf_adds(sql, ")"), true);
    }
    return false;
}

static bool add_binary(struct wb_buf *sql, const struct wb_expr *e) {
    if (wb_str_eq(e->text, "||")) { /* in MySQL that is OR */
        wb_buf_adds(sql, "concat(");
        return wb_expr_text_list(sql, e->args, 2, ", ", add) && (wb_buf_adds(sql, ")"), true);
    }
    if (wb_str_eq(e->text, "->") || wb_str_eq(e->text, "->>")) {
        wb_buf_adds(sql, e->text[2] ? "json_unquote(json_extract(" : "json_extract(");
        return wb_expr_text_list(sql, e->args, 2, ", ", add) &&
               (wb_buf_adds(sql, e->text[2] ? "))" : ")"), true);
    }
    if (wb_str_eq(e->text,
                  "quot")) /* whole or not by the operands' types, which are not known here */
        return false;
    return wb_expr_text_infix(sql, e->args[0], e->text, e->args[1], add);
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
    case WB_EXPR_IS:
    case WB_EXPR_IN:
    case WB_EXPR_BETWEEN:
        return wb_expr_text_common(sql, e, add);
    case WB_EXPR_BINARY:
        return add_binary(sql, e);
    case WB_EXPR_CASE:
        return wb_expr_text_case(sql, e, add);
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

static bool is_word_of(const char *text, const char *const *words) {
    for (; *words; words++)
        if (wb_str_eq(text, *words))
            return true;
    return false;
}

/* [-]digits[.digits]; whole: without a point. */
static bool is_digits(const char *s, bool whole) {
    s += *s == '-';
    size_t n = strspn(s, "0123456789");
    if (n && s[n] == '.' && !whole)
        n += 1 + strspn(s + n + 1, "0123456789");
    return n && !s[n];
}

/* A cast that changes nothing here: PostgreSQL writes 'new'::text, (0)::numeric, '-1'::integer and
 * (code)::text where a literal or a column already is what it is cast to. */
static bool is_idle(struct wb_expr *e, const struct wb_table *t) {
    static const char *const texts[] = {"text", "character varying", "varchar", "bpchar", NULL};
    static const char *const wholes[] = {"integer", "bigint", "smallint", "int", NULL};
    const struct wb_expr *of = e->args[0];
    int c = of->op == WB_EXPR_COLUMN ? wb_table_find_column(t, of->text) : -1;
    bool text = is_word_of(e->text, texts), whole = is_word_of(e->text, wholes);
    if (of->op == WB_EXPR_STRING && text)
        return true;
    if (of->op == WB_EXPR_STRING || of->op == WB_EXPR_NUMBER)
        return (whole || wb_str_eq(e->text, "numeric")) && is_digits(of->text, whole);
    return c >= 0 && text &&
           (t->columns[c].type.kind == WB_KIND_TEXT || t->columns[c].type.kind == WB_KIND_ENUM);
}

static void drop_idle_casts(struct wb_expr *e, const struct wb_table *t) {
    for (size_t i = 0; i < e->n_args; i++)
        if (e->args[i])
            drop_idle_casts(e->args[i], t);
    if (e->op != WB_EXPR_CAST || !is_idle(e, t))
        return;
    bool number = e->args[0]->op == WB_EXPR_STRING && is_digits(e->args[0]->text, false) &&
                  (wb_str_starts(e->text, "num") || wb_str_istr(e->text, "int"));
    *e = *e->args[0];
    if (number)
        e->op = WB_EXPR_NUMBER;
}

bool wb_mysql_render_expr(struct wb_buf *sql, const struct wb_expr *e, const struct wb_table *t) {
    struct wb_arena a = {0};
    struct wb_expr *renamed = (struct wb_expr *)wb_expr_text_rename(e, t, &a);
    if (renamed)
        drop_idle_casts(renamed, t);
    bool ok = renamed && add(sql, renamed);
    wb_arena_done(&a);
    return ok;
}
