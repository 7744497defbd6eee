#include "model/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void bounded_by_rows_and_by_bytes(void **state) {
    (void)state;
    struct wb_batch b;
    wb_batch_init(&b, 3, 4, 100);
    for (int i = 0; i < 4; i++) {
        assert_false(wb_batch_full(&b));
        struct wb_cell *row = wb_batch_add_row(&b);
        row[2] = wb_cell_int(i);
    }
    assert_true(wb_batch_full(&b));
    assert_int_equal(wb_batch_row(&b, 3)[2].i, 3);
    wb_batch_reset(&b);
    assert_false(wb_batch_full(&b));
    wb_batch_add_row(&b);
    b.bytes = 100;
    assert_true(wb_batch_full(&b));
    wb_batch_done(&b);
}

static void cells_keep_what_they_hold(void **state) {
    (void)state;
    assert_int_equal(sizeof(struct wb_cell), 16);
    assert_int_equal(wb_cell_uint(5).form, WB_FORM_INT); /* the shorter form where it fits */
    assert_int_equal(wb_cell_uint((uint64_t)INT64_MAX + 1).form, WB_FORM_UINT);
    assert_int_equal(wb_cell_invalid("x", 1, WB_ISSUE_UTF8).issue, WB_ISSUE_UTF8);
}

static void a_large_value_takes_from_the_budget_until_the_next_reset(void **state) {
    (void)state;
    struct wb_budget budget;
    wb_budget_init(&budget, 64 << 20);
    struct wb_batch b;
    wb_batch_init(&b, 1, 4, 1 << 20);
    b.budget = &budget;
    memset(wb_batch_alloc(&b, 100), 0, 100);
    assert_int_equal(budget.used_bytes, 0);
    memset(wb_batch_alloc(&b, 2 << 20), 0, 2 << 20);
    assert_int_equal(budget.used_bytes, 2 << 20);
    wb_batch_reset(&b);
    assert_int_equal(budget.used_bytes, 0);
    wb_batch_alloc(&b, 2 << 20);
    wb_batch_done(&b);
    assert_int_equal(budget.used_bytes, 0);
    wb_budget_done(&budget);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounded_by_rows_and_by_bytes),
        cmocka_unit_test(cells_keep_what_they_hold),
        cmocka_unit_test(a_large_value_takes_from_the_budget_until_the_next_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
