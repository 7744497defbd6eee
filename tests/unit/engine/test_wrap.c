#include "engine/fault.h"
#include "engine/throttle.h"
#include "engine/trace.h"
#include "engine/wrap.h"
#include "unit/engine/wrapped.h"

#include <stdlib.h>

static struct wb_throttle throttle;

static struct wb_conn *put_on(struct wb_conn *c, char which) {
    switch (which) {
    case 'f':
        return wb_fault_wrap(c);
    case 't':
        return wb_trace_wrap(c, WB_SIDE_TARGET, "data.db", 0, NULL);
    default:
        return wb_throttle_wrap(c, &throttle);
    }
}

/* The calls of a copy, and the groups that no wrapper knows. */
static void use_all(struct sqlite_fixture *f, struct wb_conn *c, const struct wb_table *t) {
    struct wb_probe probe = {0};
    struct wb_catalog seen = {0};
    struct wb_range *ranges = NULL, all = {.kind = WB_RANGE_ALL};
    struct wb_snapshot *snapshot = NULL;
    struct wb_moment moment;
    size_t n = 0;
    uint64_t rows = 0;
    const struct wb_engine *e = c->engine;
    sqlite_ok(f, e->probe(c, &f->arena, &probe, &f->err));
    assert_string_equal(probe.product, "SQLite");
    sqlite_describe(f, c, &seen);
    assert_int_equal(seen.n_tables, 1);
    wb_catalog_done(&seen);
    sqlite_ok(f, e->write->hold(c, &f->err));
    sqlite_ok(f, e->read->snapshot_begin(c, &(struct wb_snapshot_opts){.n_readers = 1}, &snapshot,
                                         &f->err));
    sqlite_ok(f, e->read->snapshot_ready(snapshot, &f->arena, &moment, &f->err));
    e->read->snapshot_end(snapshot);
    sqlite_ok(f, e->read->split(c, t, 10, &f->arena, &ranges, &n, &f->err));
    assert_true(n > 1);
    sqlite_ok(f, wrapped_load(f, c, t, 1000, 20));
    sqlite_ok(f, wrapped_read(f, c, t, &rows, NULL));
    assert_int_equal(rows, 70);
    sqlite_ok(f, e->write->begin(c, &f->err));
    sqlite_ok(f, e->write->delete_range(c, t, &all, &rows, &f->err));
    assert_int_equal(rows, 70);
    e->write->rollback(c);
    assert_string_equal(sqlite_value(f, c, "SELECT count(*) FROM t"), "70");
    if (e->verify && e->verify->position)
        sqlite_ok(f, e->verify->position(c, &f->arena, &moment, &f->err));
    sqlite_run(f, c, "DELETE FROM t WHERE id >= 1000");
}

static void every_stack_is_as_the_connection_itself(void **state) {
    struct sqlite_fixture *f = *state;
    static const char *const stacks[] = {"", "f", "t", "h", "fth", "htf", "ttt", "thtf"};
    struct wb_catalog catalog = {0};
    struct wb_error err;
    wb_throttle_init(&throttle, UINT64_C(1) << 40, NULL);
    assert_int_equal(wb_trace_to(sqlite_path(f, "trace"), &err), WB_OK);
    wrapped_make(f, 50, &catalog);
    for (size_t i = 0; i < sizeof stacks / sizeof stacks[0]; i++) {
        struct wb_conn *c = sqlite_open(f, "data.db", WB_SIDE_TARGET), *inner = c;
        for (const char *s = stacks[i]; *s; s++)
            c = put_on(c, *s);
        assert_ptr_equal(wb_conn_innermost(c), inner);
        use_all(f, c, &catalog.tables[0]);
        c->engine->cancel(c);
        wb_conn_close(c);
    }
    wb_catalog_done(&catalog);
    wb_throttle_done(&throttle);
}

static void a_layer_is_found_below_others(void **state) {
    struct sqlite_fixture *f = *state;
    static const char mine[] = "mine", other[] = "other";
    struct wb_wrap *low = calloc(1, sizeof *low), *high = calloc(1, sizeof *high);
    wb_wrap_init(low, mine, sqlite_open(f, "data.db", WB_SIDE_TARGET));
    wb_wrap_init(high, other, &low->conn);
    assert_ptr_equal(wb_wrap_find(&high->conn, mine), low);
    assert_ptr_equal(wb_wrap_find(&high->conn, other), high);
    wb_conn_close(&high->conn);
}

static void a_fault_strikes_through_what_stands_above_it(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_error err;
    assert_true(wb_fault_plan("exec:2:lose"));
    assert_int_equal(wb_trace_to(sqlite_path(f, "trace"), &err), WB_OK);
    wb_throttle_init(&throttle, UINT64_C(1) << 40, NULL);
    struct wb_conn *c = sqlite_open(f, "data.db", WB_SIDE_TARGET);
    c = put_on(put_on(put_on(c, 'f'), 't'), 'h');
    sqlite_run(f, c, "CREATE TABLE a (x)");
    assert_int_equal(c->engine->exec(c, "CREATE TABLE b (x)", NULL, &f->err), WB_E_LOST);
    wb_conn_close(c);
    assert_int_equal(wrapped_lines(sqlite_path(f, "trace"), "exec", "LOST", "CREATE TABLE b"), 1);
    wb_throttle_done(&throttle);
}

#define WRAP_TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_setup, sqlite_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WRAP_TEST(every_stack_is_as_the_connection_itself),
        WRAP_TEST(a_layer_is_found_below_others),
        WRAP_TEST(a_fault_strikes_through_what_stands_above_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
