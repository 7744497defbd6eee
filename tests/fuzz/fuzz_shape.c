/* Any value of any kind into any kind: it is refused with a reason, or it has a form of the new
 * kind afterwards, and none of it lies outside its memory. Bytes: from, to, policy, form, then the
 * value. */
#include "schema/shape.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const labels[] = {"a", "b", ""};
static const struct wb_type types[] = {
    {.kind = WB_KIND_ANY},
    {.kind = WB_KIND_BOOL},
    {.kind = WB_KIND_INT, .size_bytes = 2},
    {.kind = WB_KIND_INT, .size_bytes = 8},
    {.kind = WB_KIND_UINT, .size_bytes = 8},
    {.kind = WB_KIND_DECIMAL},
    {.kind = WB_KIND_DECIMAL, .precision = 5, .scale = 2},
    {.kind = WB_KIND_FLOAT, .size_bytes = 4},
    {.kind = WB_KIND_FLOAT, .size_bytes = 8},
    {.kind = WB_KIND_TEXT},
    {.kind = WB_KIND_TEXT, .length = 3},
    {.kind = WB_KIND_BYTES},
    {.kind = WB_KIND_BIT, .length = 5, .fixed = true},
    {.kind = WB_KIND_BIT, .length = 70},
    {.kind = WB_KIND_DATE},
    {.kind = WB_KIND_TIME, .fraction_digits = 3},
    {.kind = WB_KIND_INTERVAL, .fraction_digits = 6},
    {.kind = WB_KIND_TIMESTAMP, .fraction_digits = 6},
    {.kind = WB_KIND_TIMESTAMPTZ},
    {.kind = WB_KIND_YEAR},
    {.kind = WB_KIND_JSON},
    {.kind = WB_KIND_JSON, .binary_json = true},
    {.kind = WB_KIND_UUID},
    {.kind = WB_KIND_ENUM, .labels = labels, .n_labels = 3},
    {.kind = WB_KIND_SET, .labels = labels, .n_labels = 2},
    {.kind = WB_KIND_INET},
    {.kind = WB_KIND_GEOMETRY},
    {.kind = WB_KIND_ARRAY},
};
enum { N_TYPES = sizeof types / sizeof *types };

static bool may_be_invalid(enum wb_kind k) {
    return k == WB_KIND_DATE || k == WB_KIND_TIMESTAMP || k == WB_KIND_TIMESTAMPTZ ||
           k == WB_KIND_TEXT || k == WB_KIND_JSON || k == WB_KIND_ENUM || k == WB_KIND_SET;
}

static struct wb_cell invalid(enum wb_kind kind, enum wb_issue issue, const unsigned char *p,
                              uint32_t len) {
    if (!may_be_invalid(kind))
        return wb_cell_null();
    if (issue == WB_ISSUE_UTF8 || issue == WB_ISSUE_NUL_BYTE)
        return wb_cell_invalid(p, len, issue);
    return wb_cell_invalid("2023-02-31 10:00:00", len % 20,
                           issue); /* readers write dates in digits */
}

/* A value in a form that the kind promises, or one that its reader could make nothing of. */
static struct wb_cell value(const struct wb_type *t, uint8_t form, const unsigned char *p,
                            uint32_t len) {
    uint64_t u = 0;
    double d;
    memcpy(&u, p, len < 8 ? len : 8);
    memcpy(&d, &u, 8);
    if (form & 64)
        return invalid(t->kind, (enum wb_issue)(form & 3), p, len);
    switch (t->kind) {
    case WB_KIND_ANY:
        return form % 4 == 0   ? wb_cell_int((int64_t)u)
               : form % 4 == 1 ? wb_cell_double(d)
               : form % 4 == 2 ? wb_cell_text(p, len)
                               : wb_cell_bytes(p, len);
    case WB_KIND_BOOL:
        return wb_cell_int(u & 1);
    case WB_KIND_INT:
        return wb_cell_int(t->size_bytes == 2 ? (int64_t)(int16_t)u : (int64_t)u);
    case WB_KIND_UINT:
        return wb_cell_uint(u);
    case WB_KIND_DECIMAL:
        return form % 3 == 0 ? wb_cell_int((int64_t)u) : wb_cell_text(p, len);
    case WB_KIND_FLOAT:
        return wb_cell_double(t->size_bytes == 4 ? (double)(float)d : d);
    case WB_KIND_BIT:
        return t->length <= 64 ? wb_cell_uint(u & 31) : wb_cell_text("101", 3);
    case WB_KIND_YEAR:
        return wb_cell_int(u % 2 ? 1901 + (int64_t)(u % 255) : 0);
    case WB_KIND_DATE:
        return wb_cell_int(form % 5 == 0 ? WB_INFINITY : (int64_t)(u % 400000000) - 200000000);
    case WB_KIND_TIME:
    case WB_KIND_INTERVAL:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
        if (t->kind == WB_KIND_INTERVAL && form % 2)
            return wb_cell_text(p, len);
        return wb_cell_int((int64_t)u);
    case WB_KIND_UUID:
        return wb_cell_bytes("0123456789abcdef", 16);
    case WB_KIND_BYTES:
    case WB_KIND_GEOMETRY:
        return wb_cell_bytes(p, len);
    default:
        return wb_cell_text(p, len);
    }
}

static bool has_form(const struct wb_type *t, const struct wb_cell *c) {
    enum wb_form f = (enum wb_form)c->form;
    if (f == WB_FORM_NULL)
        return true;
    switch (t->kind) {
    case WB_KIND_ANY:
        return f != WB_FORM_INVALID && f != WB_FORM_UINT;
    case WB_KIND_BOOL:
        return f == WB_FORM_INT && (c->i == 0 || c->i == 1);
    case WB_KIND_INT:
        return f == WB_FORM_INT && c->i >= wb_type_int_min(t) && c->i <= wb_type_int_max(t);
    case WB_KIND_UINT:
        return f == WB_FORM_UINT || (f == WB_FORM_INT && c->i >= 0);
    case WB_KIND_YEAR:
        return f == WB_FORM_INT && (c->i == 0 || (c->i >= 1901 && c->i <= 2155));
    case WB_KIND_DECIMAL:
        return f == WB_FORM_INT || f == WB_FORM_UINT || f == WB_FORM_TEXT;
    case WB_KIND_FLOAT:
        return f == WB_FORM_DOUBLE;
    case WB_KIND_BIT:
        return t->length > 64 ? f == WB_FORM_TEXT : f == WB_FORM_INT || f == WB_FORM_UINT;
    case WB_KIND_DATE:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
        return f == WB_FORM_INT;
    case WB_KIND_TIME:
        return f == WB_FORM_INT && c->i >= 0 && c->i <= 86400000000;
    case WB_KIND_INTERVAL:
        return f == WB_FORM_INT || f == WB_FORM_TEXT;
    case WB_KIND_UUID:
        return f == WB_FORM_BYTES && c->len == 16;
    case WB_KIND_BYTES:
    case WB_KIND_GEOMETRY:
        return f == WB_FORM_BYTES;
    default:
        return f == WB_FORM_TEXT && wb_str_utf8_valid(c->p, c->len) == c->len &&
               !memchr(c->p, 0, c->len);
    }
}

static bool passes_unchecked(const struct wb_type *from, const struct wb_type *to) {
    bool own_text = from->kind == WB_KIND_ENUM || from->kind == WB_KIND_SET ||
                    from->kind == WB_KIND_INET || from->kind == WB_KIND_DECIMAL ||
                    from->kind == WB_KIND_INTERVAL;
    return own_text || to->kind == WB_KIND_INET; /* their reader vouches for them */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint32_t columns[] = {0};
    if (size < 4)
        return 0;
    struct wb_column from_column = {.name = "c", .type = types[data[0] % N_TYPES]};
    struct wb_column to_column = {
        .name = "c", .type = types[data[1] % N_TYPES], .not_null = data[2] & 128};
    struct wb_table from = {.name = "t", .columns = &from_column, .n_columns = 1},
                    to = {.name = "t", .columns = &to_column, .n_columns = 1};
    struct wb_shape_opts opts = {.text_refuses_nul = true, .text_must_be_utf8 = true};
    for (int i = 0; i < WB_ISSUE_COUNT; i++)
        opts.policy.action[i] = (enum wb_action)(data[2] >> (i % 3) & 3);
    struct wb_shape *s;
    struct wb_error err = {0};
    if (wb_shape_new(&from, &to, columns, 1, &opts, &s, &err) != WB_OK)
        return 0;
    struct wb_batch b;
    wb_batch_init(&b, 1, 1, 1 << 20);
    uint32_t len = (uint32_t)size - 4;
    unsigned char *copy = malloc(
        len + 1); /* exactly as long as the value, so that a sanitizer sees any step beyond it */
    if (!copy)
        abort();
    memcpy(copy, data + 4, len);
    *wb_batch_add_row(&b) = value(&from_column.type, data[3], copy, len);
    enum wb_code code = wb_shape_batch(s, &b, &err);
    if (code && (code != WB_E_VALUE || !*err.text))
        abort();
    if (!code && !has_form(&to_column.type, &b.cells[0]) &&
        !passes_unchecked(&from_column.type, &to_column.type))
        abort();
    wb_batch_done(&b);
    wb_shape_free(s);
    free(copy);
    return 0;
}
