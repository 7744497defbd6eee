/* Transactions, bulk loads, the hold, deleting ranges. */
#include "conformance/kit.h"

#include "base/clock.h"

#include <string.h>

static struct wb_table *make_numbers(struct kit *k, struct wb_conn *c) {
    const struct kit_column columns[] = {{"id", kit_int(8), true}, {"v", kit_int(4), false}};
    return kit_make(k, c, "numbers", columns, 2, 1);
}

/* Rows first … first + n - 1. */
static void fill(struct wb_batch *b, int64_t first, uint32_t n) {
    wb_batch_init(b, 2, n, 1 << 20);
    for (uint32_t i = 0; i < n; i++) {
        struct wb_cell *row = wb_batch_add_row(b);
        row[0] = wb_cell_int(first + i);
        row[1] = i % 3 ? wb_cell_int(i) : wb_cell_null();
    }
}

static struct wb_load *open_load(struct kit *k, struct wb_conn *c, const struct wb_table *t) {
    static const uint32_t columns[] = {0, 1};
    struct wb_load_spec spec = {.table = t, .columns = columns, .n_columns = 2};
    struct wb_load *l = NULL;
    kit_ok(k, k->engine->write->load_open(c, &spec, &l, &k->err));
    return l;
}

static void a_commit_is_seen_by_others(void **state) {
    struct kit *k = *state;
    const struct wb_write_ops *w = k->engine->write;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET), *other = kit_open(k, WB_SIDE_TARGET);
    struct wb_table *t = make_numbers(k, c);
    struct wb_batch b;
    uint64_t rows = 0;
    fill(&b, 1, 100);
    for (int durable = 0; durable < 2; durable++) {
        kit_ok(k, w->begin(c, &k->err));
        struct wb_load *l = open_load(k, c, t);
        for (uint32_t i = 0; i < b.n_rows; i++)
            wb_batch_row(&b, i)[0] = wb_cell_int(durable * 1000 + (int64_t)i);
        kit_ok(k, w->load_put(l, &b, &k->err));
        kit_ok(k, w->load_close(l, &rows, &k->err));
        assert_int_equal(rows, 100);
        assert_int_equal(kit_count(k, other, t), durable * 100);
        kit_ok(k, w->commit(c, durable == 1, &k->err));
        assert_int_equal(kit_count(k, other, t), 100 + durable * 100);
    }
    wb_batch_done(&b);
}

static void a_rollback_leaves_nothing(void **state) {
    struct kit *k = *state;
    const struct wb_write_ops *w = k->engine->write;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    struct wb_table *t = make_numbers(k, c);
    struct wb_batch b;
    uint64_t rows = 0;
    fill(&b, 1, 100);
    kit_ok(k, w->begin(c, &k->err));
    struct wb_load *l = open_load(k, c, t);
    kit_ok(k, w->load_put(l, &b, &k->err));
    kit_ok(k, w->load_close(l, &rows, &k->err));
    w->rollback(c);
    assert_int_equal(kit_count(k, c, t), 0);
    kit_load(k, c, t, &b); /* and the connection goes on */
    assert_int_equal(kit_count(k, c, t), 100);
    wb_batch_done(&b);
}

/* A batch may hold more than is loaded: columns that the target computes. */
static void a_load_takes_the_beginning_of_a_wider_row(void **state) {
    struct kit *k = *state;
    const struct wb_write_ops *w = k->engine->write;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    struct wb_table *t = make_numbers(k, c);
    struct wb_batch b;
    uint64_t rows = 0;
    wb_batch_init(&b, 4, 100, 1 << 20);
    for (int i = 0; i < 100; i++) {
        struct wb_cell *row = wb_batch_add_row(&b);
        row[0] = wb_cell_int(i);
        row[1] = wb_cell_int(2 * i);
        row[2] = row[3] = wb_cell_text("not loaded", 10);
    }
    kit_ok(k, w->begin(c, &k->err));
    struct wb_load *l = open_load(k, c, t);
    kit_ok(k, w->load_put(l, &b, &k->err));
    kit_ok(k, w->load_close(l, &rows, &k->err));
    kit_ok(k, w->commit(c, false, &k->err));
    wb_batch_done(&b);
    assert_int_equal(rows, 100);
    struct wb_cursor *cur = kit_read(k, c, t, (struct wb_range){.kind = WB_RANGE_ALL}, 1);
    wb_batch_init(&b, 2, 1000, 1 << 20);
    assert_int_equal(kit_next(k, cur, &b), 100);
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(wb_batch_row(&b, i)[0].i, i);
        assert_int_equal(wb_batch_row(&b, i)[1].i, 2 * i);
    }
    k->engine->read->done(cur);
    wb_batch_done(&b);
}

static void an_aborted_load_leaves_nothing(void **state) {
    struct kit *k = *state;
    const struct wb_write_ops *w = k->engine->write;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    struct wb_table *t = make_numbers(k, c);
    struct wb_batch b;
    fill(&b, 1, 100);
    kit_ok(k, w->begin(c, &k->err));
    struct wb_load *l = open_load(k, c, t);
    kit_ok(k, w->load_put(l, &b, &k->err));
    w->load_abort(l);
    w->rollback(c);
    w->load_abort(NULL);
    assert_int_equal(kit_count(k, c, t), 0);
    kit_load(k, c, t, &b);
    assert_int_equal(kit_count(k, c, t), 100);
    wb_batch_done(&b);
}

static void a_duplicate_key_is_refused_by_name(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    struct wb_table *t = make_numbers(k, c);
    struct wb_batch b;
    fill(&b, 1, 10);
    wb_batch_row(&b, 9)[0] = wb_cell_int(1);
    assert_int_equal(kit_try_load(k, c, t, &b), WB_E_CONSTRAINT);
    assert_non_null(strstr(k->err.text, "numbers"));
    assert_int_equal(kit_count(k, c, t), 0);
    wb_batch_done(&b);
}

static void a_lost_connection_leaves_nothing(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET), *other = kit_open(k, WB_SIDE_TARGET);
    struct wb_table *t = make_numbers(k, c);
    struct wb_batch b;
    uint64_t rows = 0;
    fill(&b, 1, 10);
    kit_ok(k, k->engine->write->begin(c, &k->err));
    struct wb_load *l = open_load(k, c, t);
    kit_ok(k, k->engine->write->load_put(l, &b, &k->err));
    kit_ok(k, k->engine->write->load_close(l, &rows, &k->err));
    kit_close(k, c);
    assert_int_equal(kit_count(k, other, t), 0);
    wb_batch_done(&b);
}

static void two_cannot_hold_one_target(void **state) {
    struct kit *k = *state;
    const struct wb_write_ops *w = k->engine->write;
    struct wb_conn *a = kit_open(k, WB_SIDE_TARGET), *b = kit_open(k, WB_SIDE_TARGET);
    kit_ok(k, w->hold(a, &k->err));
    assert_int_equal(w->hold(b, &k->err), WB_E_TARGET_BUSY);
    kit_close(k, a);
    uint64_t give_up_us =
        wb_clock_monotonic_us() + 60000000; /* a server may notice the end a moment later */
    enum wb_code code = w->hold(b, &k->err);
    while (code == WB_E_TARGET_BUSY && wb_clock_monotonic_us() < give_up_us)
        code = w->hold(b, &k->err);
    kit_ok(k, code);
}

static void ranges_are_deleted(void **state) {
    struct kit *k = *state;
    const struct wb_write_ops *w = k->engine->write;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    struct wb_table *t = make_numbers(k, c);
    struct wb_batch b;
    const struct {
        struct wb_range range;
        uint64_t rows;
    } steps[] = {
        {{WB_RANGE_KEY, "-10", "10"}, 20}, {{WB_RANGE_KEY, NULL, "-40"}, 10},
        {{WB_RANGE_KEY, "49", NULL}, 1},   {{WB_RANGE_KEY, "1000", "2000"}, 0},
        {{WB_RANGE_ALL, NULL, NULL}, 69},
    };
    fill(&b, -50, 100);
    kit_load(k, c, t, &b);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        uint64_t rows = 99999;
        kit_ok(k, w->begin(c, &k->err));
        kit_ok(k, w->delete_range(c, t, &steps[i].range, &rows, &k->err));
        kit_ok(k, w->commit(c, false, &k->err));
        assert_int_equal(rows, steps[i].rows);
    }
    assert_int_equal(kit_count(k, c, t), 0);
    wb_batch_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_commit_is_seen_by_others),
        KIT_TEST(a_rollback_leaves_nothing),
        KIT_TEST(a_load_takes_the_beginning_of_a_wider_row),
        KIT_TEST(an_aborted_load_leaves_nothing),
        KIT_TEST(a_duplicate_key_is_refused_by_name),
        KIT_TEST(a_lost_connection_leaves_nothing),
        KIT_TEST(two_cannot_hold_one_target),
        KIT_TEST(ranges_are_deleted),
    };
    return kit_run("writing", tests, sizeof tests / sizeof *tests);
}
