#include "conformance/values.h"

#include <float.h>
#include <math.h>
#include <string.h>

static void add(struct kit_values *v, struct wb_cell cell) {
    assert_true(v->n < KIT_MAX_VALUES);
    v->cells[v->n++] = cell;
}

static void add_text(struct kit_values *v, const char *text) {
    add(v, wb_cell_text(text, (uint32_t)strlen(text)));
}

static void add_ints(struct kit_values *v, const int64_t *list, size_t n) {
    for (size_t i = 0; i < n; i++)
        add(v, wb_cell_int(list[i]));
}
#define ADD_INTS(v, ...) \
    add_ints(v, (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / 8)

static void integers(struct kit_values *v, const struct wb_type *t) {
    ADD_INTS(v, 0, 1, wb_type_int_min(t), wb_type_int_max(t));
    if (t->kind == WB_KIND_UINT && t->size_bytes == 8) {
        add(v, wb_cell_uint((uint64_t)INT64_MAX + 1));
        add(v, wb_cell_uint(UINT64_MAX));
    }
}

/* "-999.99" for (5,2); unbounded ones get digits enough to show rounding. */
static void decimals(struct kit_values *v, const struct wb_type *t) {
    if (!t->precision) {
        add_text(v, "-12345678901234567890.123456789012345678901234567890");
        add_text(v, "0.000000000000000000000000000001");
    } else {
        char *s = wb_arena_alloc(&v->k->arena, t->precision + 4u), *p = s;
        *p++ = '-';
        for (unsigned i = 0; i < t->precision; i++) {
            if (t->scale > 0 && i == t->precision - (unsigned)t->scale) {
                if (i == 0)
                    *p++ = '0';
                *p++ = '.';
            }
            *p++ = '9';
        }
        *p = 0;
        add_text(v, s);
        add_text(v, s + 1);
    }
    add_text(v, "0");
    if (t->precision == 0 || t->scale < t->precision)
        add(v, wb_cell_int(1));
}

static void floats(struct kit_values *v, const struct wb_type *t) {
    const double both[] = {0, -1.5, 0.5};
    for (size_t i = 0; i < 3; i++)
        add(v, wb_cell_double(both[i]));
    if (t->size_bytes == 4) {
        add(v, wb_cell_double((double)0.1f));
        add(v, wb_cell_double((double)16777216.0f));
        add(v, wb_cell_double((double)FLT_MAX));
        add(v, wb_cell_double((double)FLT_MIN));
    } else {
        add(v, wb_cell_double(0.1));
        add(v, wb_cell_double(0.30000000000000004));
        add(v, wb_cell_double(DBL_MAX));
        add(v, wb_cell_double(-DBL_MIN));
    }
}

static void texts(struct kit_values *v, const struct wb_type *t, const struct wb_ddl_ops *ddl) {
    static const char *const list[] = {"",
                                       "NULL",
                                       "\\N",
                                       "it's \"quoted\" \\ `ticked`",
                                       "line\nbreak\r\ttab",
                                       "größe",
                                       "😀",
                                       "trailing  ",
                                       "{}",
                                       "\x01\x1a\x7f"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        add_text(v, list[i]);
    if (!ddl->text_refuses_nul)
        add(v, wb_cell_text("a\0b", 3));
    if (!ddl->text_must_be_utf8 && t->kind == WB_KIND_TEXT)
        add(v, wb_cell_text("\xff\xc3(", 3));
    if (!t->length) {
        char *big = wb_arena_alloc(&v->k->arena, 1 << 20);
        memset(big, 'x', 1 << 20);
        add(v, wb_cell_text(big, 1 << 20));
    }
}

static void byte_strings(struct kit_values *v, const struct wb_type *t) {
    unsigned char *all = wb_arena_alloc(&v->k->arena, 256);
    for (unsigned i = 0; i < 256; i++)
        all[i] = (unsigned char)i;
    if (t->fixed && t->length) {
        assert_true(t->length <= 256);
        add(v, wb_cell_bytes(all, t->length));
        add(v, wb_cell_bytes(all + 256 - t->length, t->length));
        return;
    }
    add(v, wb_cell_bytes("", 0));
    add(v, wb_cell_bytes("\0", 1));
    add(v, wb_cell_bytes("\\x41\\", 5));
    add(v, wb_cell_bytes(all, t->length && t->length < 256 ? t->length : 256));
}

static void bits(struct kit_values *v, const struct wb_type *t) {
    uint32_t n = t->length;
    if (n == 0 || n > 64) {
        char *all = wb_arena_zalloc(&v->k->arena, (n ? n : 5) + 1);
        memset(all, '1', n ? n : 5);
        add_text(v, all);
        return;
    }
    ADD_INTS(v, 0, 1);
    add(v, wb_cell_uint(n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1));
}

/* Cut to the digits that the type keeps. */
static int64_t cut(int64_t us, const struct wb_type *t) {
    int64_t unit = 1;
    for (unsigned i = t->fraction_digits; i < 6; i++)
        unit *= 10;
    return us - (us % unit + unit) % unit;
}

static const int64_t day_us = INT64_C(86400000000);

static void moments(struct kit_values *v, const struct wb_type *t) {
    switch (t->kind) {
    case WB_KIND_DATE:
        ADD_INTS(v, 0, -1, -354285, 2932896); /* 1000-01-01, 9999-12-31 */
        break;
    case WB_KIND_TIME:
        ADD_INTS(v, 0, cut(1, t), cut(day_us - 1, t));
        break;
    case WB_KIND_INTERVAL:
        ADD_INTS(v, 0, cut(3600000001, t), -3600000000, 800 * INT64_C(3600000000));
        break;
    case WB_KIND_TIMESTAMP:
        ADD_INTS(v, 0, cut(-1, t), -354285 * day_us, cut(2932897 * day_us - 1, t));
        break;
    case WB_KIND_TIMESTAMPTZ: /* what MySQL's TIMESTAMP can say */
        ADD_INTS(v, 1000000, cut(1711846800123456, t), 2147483647000000);
        break;
    default:
        ADD_INTS(v, 1901, 2000, 2155);
    }
}

const char *const kit_labels[4] = {"new", "it's", "ünï", "with space"};
const char *const kit_set_labels[3] = {"a", "b c", "ü"};

static void others(struct kit_values *v, const struct wb_type *t) {
    static const unsigned char point[] = {0, 0, 0,    0,    1, 1, 0, 0, 0, 0, 0, 0,   0,
                                          0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x40};
    switch (t->kind) {
    case WB_KIND_JSON:
        add_text(v, "{\"a\": [1, 2.5, null, \"\\u00e9\"]}");
        add_text(v, "\"text\"");
        break;
    case WB_KIND_UUID:
        add(v, wb_cell_bytes("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
        add(v,
            wb_cell_bytes("\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00", 16));
        break;
    case WB_KIND_ENUM:
        for (size_t i = 0; i < 4; i++)
            add_text(v, kit_labels[i]);
        break;
    case WB_KIND_SET:
        add_text(v, "");
        add_text(v, "a");
        add_text(v, "a,b c,ü");
        break;
    case WB_KIND_INET:
        add_text(v, "2001:db8::1");
        add_text(v, "::");
        break;
    case WB_KIND_GEOMETRY:
        add(v, wb_cell_bytes(point, sizeof point));
        break;
    case WB_KIND_ARRAY:
        add_text(v, "{1,2,NULL}");
        break;
    case WB_KIND_XML:
        add_text(v, "<a>b</a>");
        break;
    default:
        break; /* OTHER: only the engine knows what it holds; NULL is all that can be said of it */
    }
}

void kit_edges(struct kit_values *v, const struct wb_type *t, const struct wb_ddl_ops *ddl) {
    switch (t->kind) {
    case WB_KIND_ANY:
        if (!ddl->typed) {
            ADD_INTS(v, INT64_MIN, INT64_MAX);
            add(v, wb_cell_double(42.0));
            add(v, wb_cell_text("42", 2));
            add(v, wb_cell_bytes("42", 2));
        }
        break;
    case WB_KIND_BOOL:
        ADD_INTS(v, 0, 1);
        break;
    case WB_KIND_INT:
    case WB_KIND_UINT:
        integers(v, t);
        break;
    case WB_KIND_DECIMAL:
        decimals(v, t);
        break;
    case WB_KIND_FLOAT:
        floats(v, t);
        break;
    case WB_KIND_TEXT:
        texts(v, t, ddl);
        break;
    case WB_KIND_BYTES:
        byte_strings(v, t);
        break;
    case WB_KIND_BIT:
        bits(v, t);
        break;
    case WB_KIND_DATE:
    case WB_KIND_TIME:
    case WB_KIND_INTERVAL:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
    case WB_KIND_YEAR:
        moments(v, t);
        break;
    default:
        others(v, t);
    }
    add(v, wb_cell_null());
}
