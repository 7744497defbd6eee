/* Every neutral kind: mapped, made, loaded with the values at its edges, read back, equal by
 * canonical bytes. */
#include "conformance/values.h"

#include "base/buf.h"
#include "base/str.h"
#include "model/digest.h"

#include <string.h>

static void fill(struct wb_batch *b, const struct kit_values *v) {
    wb_batch_init(b, 2, KIT_MAX_VALUES, 1 << 30);
    for (uint32_t i = 0; i < v->n; i++) {
        struct wb_cell *row = wb_batch_add_row(b);
        row[0] = wb_cell_int(i);
        row[1] = v->cells[i];
    }
}

static void assert_same(struct kit *k, const struct wb_table *t, const struct kit_values *v,
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
                      const struct kit_values *v, const struct wb_digest *loaded) {
    const struct wb_type *types[] = {&t->columns[0].type, &t->columns[1].type};
    WB_CLEANUP_BUF struct wb_buf scratch = {0};
    struct wb_digest read = {0};
    struct wb_batch b;
    wb_batch_init(&b, 2, KIT_MAX_VALUES, 1 << 30);
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
    struct kit_values v = {.k = k};
    struct wb_batch b;
    struct wb_digest loaded = {0};
    WB_CLEANUP_BUF struct wb_buf scratch = {0};
    const struct wb_type *types[] = {&t->columns[0].type, &t->columns[1].type};
    assert_non_null(t->columns[1].type.native);
    kit_edges(&v, &t->columns[1].type, k->engine->ddl);
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
         K(ENUM, .labels = kit_labels, .n_labels = 4),
         K(SET, .labels = kit_set_labels, .n_labels = 3));
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
