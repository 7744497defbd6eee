/* Snapshots, ranges that tile, cursors that end early, batches that are bounded. */
#include "conformance/kit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 3000, CHUNK_ROWS = 250 };

static const struct wb_range whole = {WB_RANGE_ALL, NULL, NULL};

/* ------------------------------------------------------------------------------------- snapshots
 */

static struct wb_snapshot *begin(struct kit *k, struct wb_conn *keeper, unsigned n_readers) {
    struct wb_snapshot_opts opts = {.n_readers = n_readers, .lock_timeout_ms = 60000};
    struct wb_snapshot *s = NULL;
    kit_ok(k, k->engine->read->snapshot_begin(keeper, &opts, &s, &k->err));
    return s;
}

static void join(struct kit *k, struct wb_conn *reader, struct wb_snapshot *s) {
    kit_ok(k, k->engine->read->snapshot_join(reader, s, &k->err));
}

static struct wb_moment ready(struct kit *k, struct wb_snapshot *s) {
    struct wb_moment m = {0};
    kit_ok(k, k->engine->read->snapshot_ready(s, &k->arena, &m, &k->err));
    assert_non_null(m.position);
    assert_non_null(m.fingerprint);
    assert_true(m.wall_us > 0);
    return m;
}

static uint64_t read_all(struct kit *k, struct wb_conn *c, const struct wb_table *t,
                         struct wb_range range) {
    struct wb_batch b;
    uint64_t rows = 0;
    wb_batch_init(&b, (uint32_t)t->n_columns, 64, 1 << 20);
    struct wb_cursor *cur = kit_read(k, c, t, range, 0);
    while (kit_next(k, cur, &b))
        rows += b.n_rows;
    k->engine->read->done(cur);
    wb_batch_done(&b);
    return rows;
}

static void readers_share_one_moment(void **state) {
    struct kit *k = *state;
    const struct kit_column columns[] = {{"id", kit_int(8), true}};
    struct wb_conn *app = kit_open(k, WB_SIDE_TARGET);
    kit_make(k, app, "t", columns, 1, 1);
    kit_exec(k, app, "INSERT INTO @t@ VALUES (1), (2), (3)");
    struct wb_conn *keeper = kit_open(k, WB_SIDE_SOURCE), *a = kit_open(k, WB_SIDE_SOURCE),
                   *b = kit_open(k, WB_SIDE_SOURCE);
    const struct wb_table *t = kit_described(k, keeper, "t");
    struct wb_snapshot *s = begin(k, keeper, 2);
    join(k, a, s);
    join(k, b, s);
    struct wb_moment m = ready(k, s);
    kit_exec(k, app, "INSERT INTO @t@ VALUES (4), (5)");
    kit_exec(k, app, "DELETE FROM @t@ WHERE id = 1");
    assert_int_equal(read_all(k, a, t, whole), 3);
    assert_int_equal(read_all(k, b, t, whole), 3);
    k->engine->read->snapshot_end(s);
    kit_close(k, a);
    kit_close(k, b);
    /* A new epoch sees what was written, and its fingerprint is not the old one's. */
    struct wb_conn *c = kit_open(k, WB_SIDE_SOURCE);
    s = begin(k, keeper, 1);
    join(k, c, s);
    struct wb_moment later = ready(k, s);
    assert_int_equal(read_all(k, c, t, whole), 4);
    assert_true(!*m.fingerprint || strcmp(m.fingerprint, later.fingerprint) != 0);
    k->engine->read->snapshot_end(s);
    k->engine->read->snapshot_end(NULL);
}

/* ------------------------------------------------------------------------------------- ranges */

typedef void (*make_key)(struct kit *k, struct wb_batch *b, struct wb_cell *row, uint32_t i);

static void dense(struct kit *k, struct wb_batch *b, struct wb_cell *row, uint32_t i) {
    (void)k, (void)b;
    row[0] = wb_cell_int(i + 1);
}

static void sparse(struct kit *k, struct wb_batch *b, struct wb_cell *row, uint32_t i) {
    (void)k, (void)b;
    int64_t step = i % 100 == 0 ? INT64_C(1) << 40 : 3;
    row[0] = wb_cell_int(i == 0   ? INT64_MIN
                         : i == 1 ? INT64_MAX
                                  : ((int64_t)i - ROWS / 2) * step * 7 + 1);
}

static void words(struct kit *k, struct wb_batch *b, struct wb_cell *row, uint32_t i) {
    (void)k;
    static const char *const before[] = {"it's ", "", "0x", "\xc3\xa4", "back\\", "\"", "Key", "%"};
    char *text = wb_arena_alloc(&b->mem, 32);
    int n = snprintf(text, 32, "%s%u", before[i % 8], i);
    row[0] = wb_cell_text(text, (uint32_t)n);
}

static void bytes16(struct kit *k, struct wb_batch *b, struct wb_cell *row, uint32_t i) {
    (void)k;
    unsigned char *p = wb_arena_zalloc(&b->mem, 16);
    uint32_t mixed = i * 2654435761u;
    memcpy(p, &mixed, 4);
    memcpy(p + 12, &i, 4);
    row[0] = wb_cell_bytes(p, 16);
}

static void uuid_as_the_engine_has_it(struct kit *k, struct wb_batch *b, struct wb_cell *row,
                                      uint32_t i) {
    bytes16(k, b, row, i);
    char *text = wb_arena_alloc(&b->mem, 40);
    const unsigned char *p = row[0].p;
    int n =
        snprintf(text, 40, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                 p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11], p[12],
                 p[13], p[14], p[15]);
    row[2] = wb_cell_text(text,
                          (uint32_t)n); /* for engines that keep it as text: chosen by the caller */
}

static void pair(struct kit *k, struct wb_batch *b, struct wb_cell *row, uint32_t i) {
    (void)k, (void)b;
    row[0] = wb_cell_int(i / 10);
}

/* Table NAME: key columns, then "n", the row's number; n rows are loaded. */
static void load_rows(struct kit *k, struct wb_conn *c, const struct wb_table *t, uint32_t rows,
                      make_key key) {
    struct wb_batch b;
    wb_batch_init(&b, 2, ROWS, 1 << 30);
    for (uint32_t i = 0; i < rows; i++) {
        struct wb_cell cells[3];
        struct wb_cell *row = wb_batch_add_row(&b);
        key(k, &b, cells, i);
        row[0] = key == uuid_as_the_engine_has_it && t->columns[0].type.kind == WB_KIND_TEXT
                     ? cells[2]
                     : cells[0];
        row[1] = wb_cell_int(i);
    }
    kit_load(k, c, t, &b);
    wb_batch_done(&b);
}

/* Reads a range and ticks off its rows. */
static uint64_t tick(struct kit *k, struct wb_conn *c, const struct wb_table *t,
                     struct wb_range range, char *seen) {
    struct wb_batch b;
    uint64_t rows = 0;
    wb_batch_init(&b, 2, 64, 1 << 20);
    struct wb_cursor *cur = kit_read(k, c, t, range, 0);
    while (kit_next(k, cur, &b)) {
        for (uint32_t i = 0; i < b.n_rows; i++)
            seen[wb_batch_row(&b, i)[1].i]++;
        rows += b.n_rows;
    }
    k->engine->read->done(cur);
    wb_batch_done(&b);
    return rows;
}

static void assert_bounds_meet(const struct wb_range *r, size_t n) {
    assert_true(n > 0);
    assert_null(r[0].lower);
    assert_null(r[n - 1].upper);
    for (size_t i = 1; i < n; i++) {
        assert_int_equal(r[i].kind, r[0].kind);
        assert_non_null(r[i].lower);
        assert_string_equal(r[i].lower, r[i - 1].upper);
    }
}

/* Makes, loads, splits and reads; returns the number of ranges. */
static size_t tiles(struct kit *k, struct wb_type key_type, size_t n_key, uint32_t rows,
                    make_key key) {
    const struct kit_column columns[] = {{"k", key_type, n_key > 0}, {"n", kit_int(8), n_key > 0}};
    struct wb_conn *app = kit_open(k, WB_SIDE_TARGET), *keeper = kit_open(k, WB_SIDE_SOURCE),
                   *reader = kit_open(k, WB_SIDE_SOURCE);
    struct wb_table *made = kit_make(k, app, "t", columns, 2, n_key);
    if (rows)
        load_rows(k, app, made, rows, key);
    const struct wb_table *t = kit_described(k, keeper, "t");
    struct wb_snapshot *s = begin(k, keeper, 1);
    struct wb_range *ranges = NULL;
    size_t n = 0;
    char *seen = wb_arena_zalloc(&k->arena, ROWS);
    uint64_t all = 0;
    join(k, reader, s);
    ready(k, s);
    kit_ok(k, k->engine->read->split(reader, t, CHUNK_ROWS, &k->arena, &ranges, &n, &k->err));
    assert_bounds_meet(ranges, n);
    for (size_t i = 0; i < n; i++)
        all += tick(k, reader, t, ranges[i], seen);
    assert_int_equal(all, rows);
    for (uint32_t i = 0; i < rows; i++)
        assert_int_equal(seen[i], 1);
    k->engine->read->snapshot_end(s);
    return n;
}

static void integer_keys_tile(void **state) {
    size_t n = tiles(*state, kit_int(8), 1, ROWS, dense);
    assert_in_range(n, ROWS / CHUNK_ROWS / 4, ROWS / CHUNK_ROWS * 4);
}

static void sparse_and_negative_keys_tile(void **state) {
    tiles(*state, kit_int(8), 1, ROWS, sparse);
}

static void text_keys_tile(void **state) {
    tiles(*state,
          (struct wb_type){.kind = WB_KIND_TEXT, .length = 60, .collation_flags = WB_COLL_BINARY},
          1, ROWS, words);
}

static void uuid_keys_tile(void **state) {
    tiles(*state, kit_kind(WB_KIND_UUID), 1, ROWS, uuid_as_the_engine_has_it);
}

static void byte_keys_tile(void **state) {
    tiles(*state, (struct wb_type){.kind = WB_KIND_BYTES, .length = 16, .fixed = true}, 1, ROWS,
          bytes16);
}

static void composite_keys_tile(void **state) {
    tiles(*state, kit_int(4), 2, ROWS, pair);
}

static void tables_without_key_tile(void **state) {
    tiles(*state, kit_int(4), 0, ROWS, pair);
}

static void an_empty_table_is_one_range(void **state) {
    assert_int_equal(tiles(*state, kit_int(8), 1, 0, dense), 1);
}

static void one_row_is_one_range(void **state) {
    assert_int_equal(tiles(*state, kit_int(8), 1, 1, dense), 1);
}

/* ------------------------------------------------------------------------------------- cursors */

static void a_cursor_may_end_early(void **state) {
    struct kit *k = *state;
    const struct kit_column columns[] = {{"k", kit_int(8), true}, {"n", kit_int(8), false}};
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    load_rows(k, c, kit_make(k, c, "t", columns, 2, 1), ROWS, dense);
    const struct wb_table *t = kit_described(k, c, "t");
    struct wb_batch b;
    wb_batch_init(&b, 2, 10, 1 << 20);
    for (uint32_t batches = 0; batches < 3; batches++) {
        struct wb_cursor *cur = kit_read(k, c, t, whole, 1);
        for (uint32_t i = 0; i < batches; i++) {
            assert_int_equal(kit_next(k, cur, &b), 10);
            assert_int_equal(wb_batch_row(&b, 0)[0].i, 1 + 10 * i);
        }
        k->engine->read->done(cur);
        assert_string_equal(kit_value(k, c, "SELECT count(*) FROM @t@"), "3000");
    }
    k->engine->read->done(NULL);
    wb_batch_done(&b);
}

static void a_predicate_is_applied(void **state) {
    struct kit *k = *state;
    const struct kit_column columns[] = {{"k", kit_int(8), true}, {"n", kit_int(8), false}};
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    load_rows(k, c, kit_make(k, c, "t", columns, 2, 1), 100, dense);
    const struct wb_table *t = kit_described(k, c, "t");
    uint32_t column = 1;
    struct wb_read_spec spec = {.table = t,
                                .columns = &column,
                                .n_columns = 1,
                                .where = "n < 10 OR n >= 90",
                                .range = {WB_RANGE_KEY, "51", "96"}};
    struct wb_cursor *cur = NULL;
    struct wb_batch b;
    wb_batch_init(&b, 1, 100, 1 << 20);
    kit_ok(k, k->engine->read->open(c, &spec, &cur, &k->err));
    assert_int_equal(kit_next(k, cur, &b), 5); /* keys 91 to 95 */
    assert_int_equal(kit_next(k, cur, &b), 0);
    k->engine->read->done(cur);
    wb_batch_done(&b);
}

static void batches_keep_their_bounds(void **state) {
    struct kit *k = *state;
    enum { BIG = 7 << 20, N = 4 }; /* written in hex it fits MariaDB's default packet of 16 MiB */
    const struct kit_column columns[] = {{"k", kit_int(8), true},
                                         {"v", kit_kind(WB_KIND_BYTES), false}};
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    struct wb_table *t = kit_make(k, c, "t", columns, 2, 1);
    unsigned char *big = malloc(BIG);
    struct wb_batch b;
    for (size_t i = 0; i < BIG; i++)
        big[i] = (unsigned char)(i * 7 + i / 256);
    wb_batch_init(&b, 2, N, 1 << 30);
    for (uint32_t i = 0; i < N; i++) {
        struct wb_cell *row = wb_batch_add_row(&b);
        row[0] = wb_cell_int(i);
        row[1] = i == 2 ? wb_cell_bytes("small", 5) : wb_cell_bytes(big, BIG);
    }
    kit_load(k, c, t, &b);
    wb_batch_done(&b);
    wb_batch_init(&b, 2, N, 1 << 20);
    struct wb_cursor *cur = kit_read(k, c, t, whole, 1);
    uint32_t rows = 0;
    for (uint32_t n; (n = kit_next(k, cur, &b)) > 0; rows += n) {
        assert_true(n <= 2); /* at most max_bytes and one row more */
        const struct wb_cell *last = &wb_batch_row(&b, n - 1)[1];
        assert_int_equal(last->len, BIG);
        assert_memory_equal(last->p, big, BIG);
    }
    assert_int_equal(rows, N);
    k->engine->read->done(cur);
    wb_batch_done(&b);
    free(big);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(readers_share_one_moment),
        KIT_TEST(integer_keys_tile),
        KIT_TEST(sparse_and_negative_keys_tile),
        KIT_TEST(text_keys_tile),
        KIT_TEST(uuid_keys_tile),
        KIT_TEST(byte_keys_tile),
        KIT_TEST(composite_keys_tile),
        KIT_TEST(tables_without_key_tile),
        KIT_TEST(an_empty_table_is_one_range),
        KIT_TEST(one_row_is_one_range),
        KIT_TEST(a_cursor_may_end_early),
        KIT_TEST(a_predicate_is_applied),
        KIT_TEST(batches_keep_their_bounds),
    };
    return kit_run("reading", tests, sizeof tests / sizeof *tests);
}
