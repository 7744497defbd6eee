/* Which conversion a pair of types needs, if any. One function a kind of target; what is not listed
 * has none. */
#include "schema/shape_int.h"

#include "base/str.h"

#include <string.h>

/* A reader hands over values of these kinds that have no neutral form: zero dates, labels that are
 * none, bad text. */
static bool may_be_invalid(const struct wb_type *t) {
    switch (t->kind) {
    case WB_KIND_ANY:
    case WB_KIND_BOOL:
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_FLOAT:
    case WB_KIND_BYTES:
    case WB_KIND_BIT:
    case WB_KIND_YEAR:
    case WB_KIND_UUID:
    case WB_KIND_GEOMETRY:
        return false;
    default:
        return true;
    }
}

/* Kinds whose cells are free text of the source, as against digits and the like that we or the
 * source made up. */
static bool is_free_text(enum wb_kind k) {
    return k == WB_KIND_ANY || k == WB_KIND_TEXT || k == WB_KIND_JSON || k == WB_KIND_XML ||
           k == WB_KIND_OTHER || k == WB_KIND_ARRAY || k == WB_KIND_BYTES;
}

bool wb_conv_is_texty(enum wb_kind k) {
    return k == WB_KIND_TEXT || k == WB_KIND_JSON || k == WB_KIND_XML || k == WB_KIND_OTHER ||
           k == WB_KIND_ARRAY || k == WB_KIND_ENUM || k == WB_KIND_SET;
}

static int decimal_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                        struct wb_cell *nearest) {
    return cell->form == WB_FORM_TEXT ? WB_CONV_OK : wb_conv_int_text(c, mem, cell, nearest);
}

/* A column of any values has no form for what is above INT64_MAX. */
static int uint_any(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                    struct wb_cell *nearest) {
    return cell->form == WB_FORM_UINT ? wb_conv_int_text(c, mem, cell, nearest) : WB_CONV_OK;
}

static int from_any(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                    struct wb_cell *nearest) {
    const struct wb_conv *sub = &c->sub[cell->form];
    if (!sub->to) {
        *nearest = wb_cell_null();
        return WB_ISSUE_RANGE;
    }
    return sub->fn ? sub->fn(sub, mem, cell, nearest) : WB_CONV_OK;
}

static bool with(struct wb_conv *c, wb_conv_fn fn) {
    c->fn = fn;
    return true;
}

static wb_conv_fn fraction_check(const struct wb_conv *c) {
    return c->to->fraction_digits < c->from->fraction_digits ? wb_conv_fraction : NULL;
}

static bool to_any(struct wb_conv *c) {
    switch (c->from->kind) {
    case WB_KIND_UINT:
    case WB_KIND_BIT:
        return with(c, uint_any);
    case WB_KIND_UUID:
        return with(c, wb_conv_uuid_text);
    case WB_KIND_DECIMAL:
        return with(c, decimal_text);
    case WB_KIND_DATE:
    case WB_KIND_TIME:
    case WB_KIND_INTERVAL:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
        return with(c, wb_conv_time_text);
    default:
        return c->from->kind != WB_KIND_NONE;
    }
}

static bool to_text(struct wb_conv *c) {
    switch (c->from->kind) {
    case WB_KIND_BOOL:
        return with(c, wb_conv_bool_text);
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_YEAR:
        return with(c, wb_conv_int_text);
    case WB_KIND_FLOAT:
        return with(c, wb_conv_float_text);
    case WB_KIND_BYTES:
        return with(c, wb_conv_bytes_text);
    case WB_KIND_BIT:
        return with(c, wb_conv_bit_text);
    case WB_KIND_GEOMETRY:
    case WB_KIND_NONE:
        return false;
    default:
        return to_any(c); /* texts pass, the others are written out */
    }
}

static bool to_bytes(struct wb_conv *c) {
    enum wb_kind k = c->from->kind;
    if (k == WB_KIND_BYTES || k == WB_KIND_UUID || k == WB_KIND_GEOMETRY) {
        uint32_t most = k == WB_KIND_UUID ? 16 : k == WB_KIND_BYTES ? c->from->length : 0;
        return with(c, c->to->length && (!most || most > c->to->length) ? wb_conv_bytes : NULL);
    }
    return wb_conv_is_texty(k) && with(c, wb_conv_bytes);
}

/* BOOL, INT, UINT and YEAR; and BIT where its values are numbers. */
static bool to_integer(struct wb_conv *c) {
    int64_t least;
    uint64_t most;
    enum wb_kind k = c->to->kind;
    if (wb_conv_int_bounds(c->from, &least, &most)) {
        bool fits = least >= c->min && most <= c->max;
        bool years = k == WB_KIND_YEAR && c->from->kind != WB_KIND_YEAR;
        return with(c, years               ? wb_conv_int_year
                       : fits              ? NULL
                       : k == WB_KIND_BOOL ? wb_conv_int_bool
                                           : wb_conv_int);
    }
    if (c->from->kind == WB_KIND_DECIMAL)
        return with(c, wb_conv_decimal_int);
    if (c->from->kind == WB_KIND_FLOAT)
        return with(c, wb_conv_float_int);
    if (c->from->kind == WB_KIND_TEXT)
        return with(c, k == WB_KIND_BOOL  ? wb_conv_text_bool
                       : k == WB_KIND_BIT ? wb_conv_text_bit
                                          : wb_conv_decimal_int);
    return false;
}

static bool to_bit(struct wb_conv *c) {
    const struct wb_type *from = c->from, *to = c->to;
    int64_t least;
    uint64_t most;
    if (from->kind == WB_KIND_BIT && from->fixed == to->fixed && from->length == to->length)
        return with(c, NULL);
    if (from->kind == WB_KIND_BIT && !to->fixed) /* bit varying holds text */
        return (!to->length || (from->length && from->length <= to->length)) &&
               with(c, wb_conv_bit_text);
    if (wb_conv_int_bounds(to, &least, &most) && from->kind != WB_KIND_TEXT)
        return to_integer(c);
    return from->kind == WB_KIND_TEXT && with(c, wb_conv_text_bit);
}

static unsigned decimal_digits(uint64_t v) {
    unsigned n = 1;
    while (v /= 10)
        n++;
    return n;
}

static bool to_decimal(struct wb_conv *c) {
    const struct wb_type *from = c->from, *to = c->to;
    int64_t least;
    uint64_t most;
    int whole = to->precision - (to->scale > 0 ? to->scale : 0);
    if (wb_conv_int_bounds(from, &least, &most)) {
        uint64_t below = least < 0 ? (uint64_t) - (least + 1) + 1 : 0;
        int digits = (int)decimal_digits(below > most ? below : most);
        return with(c, to->precision == 0 || digits <= whole ? NULL : wb_conv_decimal);
    }
    if (from->kind == WB_KIND_DECIMAL) {
        bool covers = to->precision == 0 ||
                      (from->precision && from->scale >= 0 && from->scale <= to->scale &&
                       from->precision - from->scale <= whole);
        return with(c, covers ? NULL : wb_conv_decimal);
    }
    if (from->kind == WB_KIND_FLOAT)
        return with(c, wb_conv_float_decimal);
    return from->kind == WB_KIND_TEXT && with(c, wb_conv_decimal);
}

static bool to_float(struct wb_conv *c) {
    int64_t least;
    uint64_t most;
    if (wb_conv_int_bounds(c->from, &least, &most))
        return with(c, wb_conv_int_float);
    if (c->from->kind == WB_KIND_DECIMAL)
        return with(c, wb_conv_decimal_float);
    if (c->from->kind == WB_KIND_FLOAT)
        return with(c, c->to->size_bytes < c->from->size_bytes ? wb_conv_float : NULL);
    return c->from->kind == WB_KIND_TEXT && with(c, wb_conv_text_float);
}

static bool to_time(struct wb_conv *c) {
    enum wb_kind from = c->from->kind, to = c->to->kind;
    bool moment = from == WB_KIND_TIMESTAMP || from == WB_KIND_TIMESTAMPTZ;
    if (from == WB_KIND_TEXT)
        return with(c, wb_conv_text_time);
    if (to == WB_KIND_DATE)
        return moment ? with(c, wb_conv_timestamp_date) : from == WB_KIND_DATE;
    if (to == WB_KIND_TIME && from == to && wb_str_eq(c->from->native, c->to->native) &&
        c->from->native)
        return true; /* one type of one database, whatever it holds */
    if (to == WB_KIND_TIME)
        return (from == WB_KIND_TIME || from == WB_KIND_INTERVAL) && with(c, wb_conv_time);
    if (to == WB_KIND_INTERVAL)
        return (from == WB_KIND_TIME || from == WB_KIND_INTERVAL) && with(c, fraction_check(c));
    return moment ? with(c, fraction_check(c))
                  : from == WB_KIND_DATE && with(c, wb_conv_date_timestamp);
}

static bool has_all_labels(const struct wb_type *from, const struct wb_type *to) {
    if (to->n_labels == 0)
        return true;
    for (uint32_t i = 0; i < from->n_labels; i++) {
        bool found = false;
        for (uint32_t k = 0; k < to->n_labels && !found; k++)
            found = strcmp(from->labels[i], to->labels[k]) == 0;
        if (!found)
            return false;
    }
    return from->n_labels > 0;
}

static bool to_labels(struct wb_conv *c) {
    if (c->from->kind == c->to->kind)
        return with(c, has_all_labels(c->from, c->to) ? NULL : wb_conv_text_label);
    return c->from->kind == WB_KIND_TEXT && with(c, wb_conv_text_label);
}

/* Kinds that take their own values as they are, and texts by parse (which may be NULL: taken as
 * they are). */
static bool to_own(struct wb_conv *c, wb_conv_fn parse) {
    if (c->from->kind == c->to->kind)
        return with(c, NULL);
    return c->from->kind == WB_KIND_TEXT && with(c, parse);
}

static bool choose(struct wb_conv *c) {
    enum wb_kind from = c->from->kind;
    switch (c->to->kind) {
    case WB_KIND_ANY:
        return to_any(c);
    case WB_KIND_BOOL:
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_YEAR:
        return to_integer(c);
    case WB_KIND_DECIMAL:
        return to_decimal(c);
    case WB_KIND_FLOAT:
        return to_float(c);
    case WB_KIND_TEXT:
        return to_text(c);
    case WB_KIND_BYTES:
        return to_bytes(c);
    case WB_KIND_BIT:
        return to_bit(c);
    case WB_KIND_DATE:
    case WB_KIND_TIME:
    case WB_KIND_INTERVAL:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
        return to_time(c);
    case WB_KIND_JSON:
        return to_own(c, wb_conv_text_json);
    case WB_KIND_UUID:
        return from == WB_KIND_BYTES ? with(c, wb_conv_bytes_uuid) : to_own(c, wb_conv_text_uuid);
    case WB_KIND_ENUM:
    case WB_KIND_SET:
        return to_labels(c);
    case WB_KIND_INET:
        return to_own(c, wb_conv_text_inet);
    case WB_KIND_GEOMETRY:
        return from == WB_KIND_GEOMETRY || from == WB_KIND_BYTES;
    case WB_KIND_ARRAY:
        return from == WB_KIND_SET ? with(c, wb_conv_set_array) : to_own(c, NULL);
    case WB_KIND_XML:
    case WB_KIND_OTHER:
        return to_own(c, NULL);
    case WB_KIND_NONE:
        break;
    }
    return false;
}

static void plan_text_checks(struct wb_conv *c, const struct wb_shape_opts *opts) {
    const struct wb_type *from = c->from, *to = c->to;
    if (!wb_conv_is_texty(to->kind))
        return;
    bool free_text = is_free_text(from->kind);
    c->refuse_nul = opts->text_refuses_nul && free_text;
    c->need_utf8 = opts->text_must_be_utf8 && free_text && from->kind != WB_KIND_BYTES;
    bool long_enough = from->kind == WB_KIND_TEXT && from->length && from->length <= to->length;
    c->max_chars = to->kind == WB_KIND_TEXT && !long_enough ? to->length : 0;
    c->text = c->refuse_nul || c->need_utf8 || c->max_chars || to->binary_json;
}

static bool plan_any(struct wb_conv *c, const struct wb_shape_opts *opts, struct wb_arena *a) {
    static const struct wb_type of_form[] = {
        [WB_FORM_INT] = {.kind = WB_KIND_INT, .size_bytes = 8},
        [WB_FORM_UINT] = {.kind = WB_KIND_UINT, .size_bytes = 8},
        [WB_FORM_DOUBLE] = {.kind = WB_KIND_FLOAT, .size_bytes = 8},
        [WB_FORM_TEXT] = {.kind = WB_KIND_TEXT},
        [WB_FORM_BYTES] = {.kind = WB_KIND_BYTES},
    };
    struct wb_conv *sub = WB_NEW_N(a, struct wb_conv, WB_FORM_INVALID + 1);
    bool any = false;
    for (int form = WB_FORM_INT; form <= WB_FORM_BYTES; form++) {
        bool found = wb_conv_plan(&of_form[form], c->to, opts, a, &sub[form]);
        if (!found)
            sub[form] = (struct wb_conv){0};
        any |= found;
    }
    c->sub = sub;
    return any && with(c, from_any);
}

bool wb_conv_plan(const struct wb_type *from, const struct wb_type *to,
                  const struct wb_shape_opts *opts, struct wb_arena *a, struct wb_conv *ret) {
    struct wb_conv c = {.from = from, .to = to, .invalid_possible = may_be_invalid(from)};
    wb_conv_int_bounds(to, &c.min, &c.max);
    bool found =
        from->kind == WB_KIND_ANY && to->kind != WB_KIND_ANY ? plan_any(&c, opts, a) : choose(&c);
    if (!found)
        return false;
    plan_text_checks(&c, opts);
    *ret = c;
    return true;
}
