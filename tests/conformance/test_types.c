/* Every neutral kind: mapped, made, loaded with the values at its edges, read back, equal by
 * canonical bytes. */
#include "conformance/kit.h"

#include "base/buf.h"
#include "base/str.h"
#include "model/digest.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MAX_VALUES = 24 };

struct values {
    struct kit *k;
    struct wb_cell cells[MAX_VALUES];
    uint32_t n;
};

static void add(struct values *v, struct wb_cell cell) {
    assert_true(v->n < MAX_VALUES);
    v->cells[v->n++] = cell;
}

static void add_text(struct values *v, const char *text) {
    add(v, wb_cell_text(text, (uint32_t)strlen(text)));
}

static void add_ints(struct values *v, const int64_t *list, size_t n) {
    for (size_t i = 0; i < n; i++)
        add(v, wb_cell_int(list[i]));
}
#define ADD_INTS(v, ...) \
    add_ints(v, (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / 8)

static void integers(struct values *v, const struct wb_type *t) {
    ADD_INTS(v, 0, 1, wb_type_int_min(t), wb_type_int_max(t));
    if (t->kind == WB_KIND_UINT && t->size_bytes == 8) {
        add(v, wb_cell_uint((uint64_t)INT64_MAX + 1));
        add(v, wb_cell_uint(UINT64_MAX));
    }
}

/* "-999.99" for (5,2); unbounded ones get digits enough to show rounding. */
static void decimals(struct values *v, const struct wb_type *t) {
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

static void floats(struct values *v, const struct wb_type *t) {
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

static void texts(struct values *v, const struct wb_type *t, const struct wb_ddl_ops *ddl) {
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

static void byte_strings(struct values *v, const struct wb_type *t) {
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

static void bits(struct values *v, const struct wb_type *t) {
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

static void moments(struct values *v, const struct wb_type *t) {
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

static const char *const labels[] = {"new", "it's", "ünï", "with space"};
static const char *const set_labels[] = {"a", "b c", "ü"};

static void others(struct values *v, const struct wb_type *t) {
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
            add_text(v, labels[i]);
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

/* Values at the edges of the type that the engine keeps, in the forms of type.h. */
static void edges(struct values *v, const struct wb_type *t, const struct wb_ddl_ops *ddl) {
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

static void fill(struct wb_batch *b, const struct values *v) {
    wb_batch_init(b, 2, MAX_VALUES, 1 << 30);
    for (uint32_t i = 0; i < v->n; i++) {
        struct wb_cell *row = wb_batch_add_row(b);
        row[0] = wb_cell_int(i);
        row[1] = v->cells[i];
    }
}

static void assert_same(struct kit *k, const struct wb_table *t, const struct values *v,
                        const struct wb_batch *b) {
    WB_CLEANUP_BUF struct wb_buf want = {0}, is = {0};
    const struct wb_type *type = &t->columns[1].type;
    for (uint32_t i = 0; i < v->n; i++) {
        const struct wb_cell *cell = &wb_batch_row(b, i)[1];
        wb_buf_reset(&want);
        wb_buf_reset(&is);
        wb_canon_cell(&want, type, &v->cells[i]);
        wb_canon_cell(&is, type, cell);
        if (want.len != is.len || memcmp(want.data, is.data, is.len) != 0)
            fail_msg("%s: %s (%s): value %u came back otherwise: form %u, length %u, %lld for form "
                     "%u, length %u, %lld",
                     k->engine->name, wb_kind_name(type->kind), type->native, i, cell->form,
                     cell->len, cell->form == WB_FORM_INT ? (long long)cell->i : 0,
                     v->cells[i].form, v->cells[i].len,
                     v->cells[i].form == WB_FORM_INT ? (long long)v->cells[i].i : 0);
    }
}

static void read_back(struct kit *k, struct wb_conn *c, const struct wb_table *t,
                      const struct values *v, const struct wb_digest *loaded) {
    const struct wb_type *types[] = {&t->columns[0].type, &t->columns[1].type};
    WB_CLEANUP_BUF struct wb_buf scratch = {0};
    struct wb_digest read = {0};
    struct wb_batch b;
    wb_batch_init(&b, 2, MAX_VALUES, 1 << 30);
    struct wb_cursor *cur = kit_read(k, c, t, (struct wb_range){WB_RANGE_ALL, NULL, NULL}, 1);
    assert_int_equal(kit_next(k, cur, &b), v->n);
    assert_same(k, t, v, &b);
    wb_digest_add_batch(&read, &b, types, &scratch);
    assert_true(wb_digest_equal(&read, loaded));
    k->engine->read->done(cur);
    wb_batch_done(&b);
}

/* False where the engine has no counterpart for the type. */
static bool round_trip(struct kit *k, struct wb_conn *c, const char *name, struct wb_type type) {
    const struct kit_column columns[] = {{"id", kit_int(8), true}, {"v", type, false}};
    struct wb_table *t = kit_try_make(k, c, name, columns, 2, 1);
    if (!t) {
        assert_int_equal(k->err.code, WB_E_TYPE);
        return false;
    }
    struct values v = {.k = k};
    struct wb_batch b;
    struct wb_digest loaded = {0};
    WB_CLEANUP_BUF struct wb_buf scratch = {0};
    const struct wb_type *types[] = {&t->columns[0].type, &t->columns[1].type};
    assert_non_null(t->columns[1].type.native);
    edges(&v, &t->columns[1].type, k->engine->ddl);
    fill(&b, &v);
    kit_load(k, c, t, &b);
    wb_digest_add_batch(&loaded, &b, types, &scratch);
    wb_batch_done(&b);
    read_back(k, c, t, &v, &loaded);
    return true;
}

static void each(void **state, const struct wb_type *types, size_t n, bool must_have) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    for (size_t i = 0; i < n; i++) {
        bool has = round_trip(k, c, wb_arena_printf(&k->arena, "t%zu", i), types[i]);
        if (must_have && !has)
            fail_msg("%s has no counterpart: %s", wb_kind_name(types[i].kind), k->err.text);
    }
}
#define EACH(must_have, ...)                           \
    each(state, (const struct wb_type[]){__VA_ARGS__}, \
         sizeof((const struct wb_type[]){__VA_ARGS__}) / sizeof(struct wb_type), must_have)

#define K(name, ...) \
    { .kind = WB_KIND_##name, ##__VA_ARGS__ }

static void numbers(void **state) {
    EACH(true, K(BOOL), K(INT, .size_bytes = 1), K(INT, .size_bytes = 2), K(INT, .size_bytes = 3),
         K(INT, .size_bytes = 4), K(INT, .size_bytes = 8), K(UINT, .size_bytes = 1),
         K(UINT, .size_bytes = 2), K(UINT, .size_bytes = 3), K(UINT, .size_bytes = 4),
         K(UINT, .size_bytes = 8), K(DECIMAL, .precision = 5, .scale = 2),
         K(DECIMAL, .precision = 65, .scale = 30), K(DECIMAL, .precision = 10, .scale = 10),
         K(FLOAT, .size_bytes = 4), K(FLOAT, .size_bytes = 8), K(YEAR),
         K(BIT, .length = 1, .fixed = true), K(BIT, .length = 10, .fixed = true),
         K(BIT, .length = 64, .fixed = true));
}

static void strings(void **state) {
    EACH(true, K(TEXT, .length = 60, .collation_flags = WB_COLL_BINARY),
         K(TEXT, .collation_flags = WB_COLL_BINARY), K(BYTES), K(BYTES, .length = 255),
         K(BYTES, .length = 16, .fixed = true), K(JSON), K(UUID),
         K(ENUM, .labels = labels, .n_labels = 4), K(SET, .labels = set_labels, .n_labels = 3));
}

static void dates_and_times(void **state) {
    EACH(true, K(DATE), K(TIME), K(TIME, .fraction_digits = 6), K(TIMESTAMP),
         K(TIMESTAMP, .fraction_digits = 3), K(TIMESTAMP, .fraction_digits = 6), K(TIMESTAMPTZ),
         K(TIMESTAMPTZ, .fraction_digits = 6));
}

static void kinds_that_not_all_have(void **state) {
    static const struct wb_type integer = {
        .kind = WB_KIND_INT, .size_bytes = 4, .native = "integer"};
    EACH(false, K(INTERVAL, .fraction_digits = 6), K(DECIMAL), K(INET), K(GEOMETRY), K(XML),
         K(OTHER, .native = "x"), K(ARRAY, .elem = &integer, .native = "integer[]"),
         K(ANY, .native = ""), K(NONE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(numbers),
        KIT_TEST(strings),
        KIT_TEST(dates_and_times),
        KIT_TEST(kinds_that_not_all_have),
    };
    return kit_run("types", tests, sizeof tests / sizeof *tests);
}
