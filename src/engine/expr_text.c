#include "engine/expr_text.h"

const struct wb_expr *wb_expr_text_rename(const struct wb_expr *e, const struct wb_table *t,
                                          struct wb_arena *a) {
    struct wb_expr *renamed = WB_NEW(a, struct wb_expr);
    *renamed = *e;
    if (e->op == WB_EXPR_COLUMN) {
        int i = wb_table_find_source(t, e->text);
        if (i < 0)
            return NULL;
        renamed->text = t->columns[i].name;
    }
    renamed->args = WB_NEW_N(a, struct wb_expr *, e->n_args + 1);
    for (size_t i = 0; i < e->n_args; i++) {
        if (!e->args[i]) /* CASE without an operand */
            continue;
        if (!(renamed->args[i] = (struct wb_expr *)wb_expr_text_rename(e->args[i], t, a)))
            return NULL;
    }
    return renamed;
}

bool wb_expr_text_list(struct wb_buf *sql, struct wb_expr *const *args, size_t n,
                       const char *between, wb_expr_text_fn add) {
    for (size_t i = 0; i < n; i++) {
        wb_buf_adds(sql, i ? between : "");
        if (!add(sql, args[i]))
            return false;
    }
    return true;
}

bool wb_expr_text_infix(struct wb_buf *sql, const struct wb_expr *a, const char *word,
                        const struct wb_expr *b, wb_expr_text_fn add) {
    wb_buf_adds(sql, "(");
    if (!add(sql, a))
        return false;
    wb_buf_addf(sql, " %s ", word);
    return add(sql, b) && (wb_buf_adds(sql, ")"), true);
}

static bool add_word(struct wb_buf *sql, const char *word, const struct wb_expr *e,
                     wb_expr_text_fn add) {
    wb_buf_addf(sql, " %s", word);
    return add(sql, e);
}

bool wb_expr_text_case(struct wb_buf *sql, const struct wb_expr *e, wb_expr_text_fn add) {
    size_t i = 1;
    if (e->n_args == 0)
        return false;
    wb_buf_adds(sql, "CASE");
    if (e->args[0] && !add_word(sql, "", e->args[0], add))
        return false;
    for (; i + 1 < e->n_args; i += 2)
        if (!add_word(sql, "WHEN ", e->args[i], add) ||
            !add_word(sql, "THEN ", e->args[i + 1], add))
            return false;
    if (i < e->n_args && !add_word(sql, "ELSE ", e->args[i], add))
        return false;
    wb_buf_adds(sql, " END");
    return true;
}

bool wb_expr_text_common(struct wb_buf *sql, const struct wb_expr *e, wb_expr_text_fn add) {
    switch (e->op) {
    case WB_EXPR_UNARY:
        wb_buf_addf(sql, "(%s ", e->text);
        return add(sql, e->args[0]) && (wb_buf_adds(sql, ")"), true);
    case WB_EXPR_IS:
        wb_buf_adds(sql, "(");
        return add(sql, e->args[0]) && (wb_buf_addf(sql, " IS %s)", e->text), true);
    case WB_EXPR_IN:
        wb_buf_adds(sql, "(");
        if (!add(sql, e->args[0]))
            return false;
        wb_buf_addf(sql, " %s (", e->text);
        return wb_expr_text_list(sql, e->args + 1, e->n_args - 1, ", ", add) &&
               (wb_buf_adds(sql, "))"), true);
    case WB_EXPR_BETWEEN:
        wb_buf_adds(sql, "(");
        if (!add(sql, e->args[0]))
            return false;
        wb_buf_addf(sql, " %s ", e->text);
        return wb_expr_text_list(sql, e->args + 1, 2, " AND ", add) &&
               (wb_buf_adds(sql, ")"), true);
    default:
        return false;
    }
}
