/* Column defaults: constants take the form that the column's type has here; everything else is an
 * expression. */
#include "base/str.h"
#include "engines/postgres/ddl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool is_whole_number(const char *s) {
    return *s && strspn(s + (*s == '-'), "0123456789") == strlen(s + (*s == '-'));
}

/* -5 comes as a unary minus over 5. */
static const char *number_text(const struct wb_expr *e, struct wb_arena *a) {
    if (e->op == WB_EXPR_NUMBER)
        return e->text;
    if (e->op == WB_EXPR_TRUE || e->op == WB_EXPR_FALSE)
        return e->op == WB_EXPR_TRUE ? "1" : "0";
    if (e->op == WB_EXPR_UNARY && strcmp(e->text, "-") == 0 && e->args[0]->op == WB_EXPR_NUMBER)
        return wb_arena_printf(a, "-%s", e->args[0]->text);
    return NULL;
}

static uint64_t bits_value(const char *bits) {
    uint64_t v = 0;
    for (; *bits; bits++)
        v = v << 1 | (uint64_t)(*bits == '1');
    return v;
}

static uint64_t hex_value(const char *hex) {
    return strtoull(hex, NULL, 16);
}

static void add_cell(struct wb_buf *to, const struct wb_type *t, struct wb_cell cell) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    wb_pg_text_of_cell(&text, t, &cell);
    wb_postgres_quote_text(to, wb_buf_str(&text), text.len);
}

/* A constant as a literal of the column's type; false where it is no constant that fits. */
static bool add_number(struct wb_buf *to, const struct wb_type *t, const struct wb_expr *e,
                       struct wb_arena *a) {
    const char *text = number_text(e, a);
    if (e->op == WB_EXPR_BITS)
        text = wb_arena_printf(a, "%" PRIu64, bits_value(e->text));
    if (e->op == WB_EXPR_BYTES)
        text = wb_arena_printf(a, "%" PRIu64, hex_value(e->text));
    if (e->op == WB_EXPR_STRING) {
        wb_postgres_add_text(to, e->text);
        return true;
    }
    if (!text)
        return false;
    if (t->kind == WB_KIND_BOOL) {
        wb_buf_adds(to, strtod(text, NULL) != 0 ? "true" : "false");
        return strcmp(text, "0") == 0 || strcmp(text, "1") == 0;
    }
    wb_buf_adds(to, text);
    return true;
}

static bool add_bits(struct wb_buf *to, const struct wb_type *t, const struct wb_expr *e,
                     struct wb_arena *a) {
    const char *number = number_text(e, a);
    uint64_t v = 0;
    if (t->length > 64)
        return false;
    if (e->op == WB_EXPR_BITS)
        v = bits_value(e->text);
    else if (e->op == WB_EXPR_BYTES)
        v = hex_value(e->text);
    else if (number && is_whole_number(number) && *number != '-')
        v = strtoull(number, NULL, 10);
    else
        return false;
    wb_buf_addc(to, 'B');
    add_cell(to, t, wb_cell_uint(v));
    return true;
}

static bool add_text(struct wb_buf *to, const struct wb_expr *e, struct wb_arena *a) {
    const char *text = e->op == WB_EXPR_STRING ? e->text : number_text(e, a);
    if (!text)
        return false;
    wb_postgres_add_text(to, text);
    return true;
}

static bool add_bytes(struct wb_buf *to, const struct wb_type *t, const struct wb_expr *e) {
    if (e->op == WB_EXPR_BYTES && strspn(e->text, "0123456789abcdefABCDEF") == strlen(e->text))
        wb_buf_addf(to, "'\\x%s'", e->text);
    else if (e->op == WB_EXPR_STRING)
        add_cell(to, t, wb_cell_bytes(e->text, (uint32_t)strlen(e->text)));
    else
        return false;
    return true;
}

/* *ret_plain: no server refuses it. Dates and the like may be written in ways that PostgreSQL does
 * not take. */
static bool add_constant(struct wb_buf *to, const struct wb_type *t, const struct wb_expr *e,
                         struct wb_arena *a, bool *ret_plain) {
    *ret_plain = e->op != WB_EXPR_STRING;
    switch (t->kind) {
    case WB_KIND_BOOL:
    case WB_KIND_INT:
    case WB_KIND_DECIMAL:
    case WB_KIND_FLOAT:
    case WB_KIND_YEAR:
        return add_number(to, t, e, a);
    case WB_KIND_BIT:
        return add_bits(to, t, e, a);
    case WB_KIND_TEXT:
        *ret_plain = true;
        return add_text(to, e, a);
    case WB_KIND_BYTES:
        *ret_plain = true;
        return add_bytes(to, t, e);
    case WB_KIND_SET:
        *ret_plain = true;
        if (e->op != WB_EXPR_STRING)
            return false;
        add_cell(to, t, wb_cell_text(e->text, (uint32_t)strlen(e->text)));
        return true;
    default:
        if (e->op == WB_EXPR_STRING)
            wb_postgres_add_text(to, e->text);
        return e->op == WB_EXPR_STRING;
    }
}

bool wb_render_default(struct wb_render *r, struct wb_buf *to, const struct wb_table *t,
                       const struct wb_column *c, bool *ret_plain, const char **ret_why) {
    const struct wb_expr *e = c->default_.tree;
    WB_CLEANUP_BUF struct wb_buf text = {0};
    if (add_constant(&text, &c->type, e, r->arena, ret_plain)) {
        wb_buf_adds(to, wb_buf_str(&text));
        return true;
    }
    bool moment = c->type.kind == WB_KIND_TIMESTAMP || c->type.kind == WB_KIND_TIMESTAMPTZ;
    *ret_plain = e->op == WB_EXPR_NOW && moment;
    wb_buf_reset(&text);
    if (!wb_render_expr(r, &text, e, t, c, WB_EXPR_FOR_DEFAULT, ret_why))
        return false;
    /* a truth value is a number in the source */
    wb_buf_addf(to, e->op == WB_EXPR_NOW || e->op == WB_EXPR_CALL ? "%s" : "(%s)",
                wb_buf_str(&text));
    return true;
}
