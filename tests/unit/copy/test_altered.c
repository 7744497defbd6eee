/* Counts of altered values survive the ledger: odd names, several chunks, unknown words. */
#include "copy/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_adds_up_over_chunks(void **state) {
    (void)state;
    struct wb_arena a = {0};
    struct wb_copy_altered *items = NULL;
    size_t n = 0, cap = 0;
    wb_altered_add(&a, "born zero-date null 3;name nul-byte replace 1;", &items, &n, &cap);
    wb_altered_add(&a, "born zero-date null 4;", &items, &n, &cap);
    assert_int_equal(n, 2);
    assert_string_equal(items[0].column, "born");
    assert_int_equal(items[0].issue, WB_ISSUE_ZERO_DATE);
    assert_int_equal(items[0].action, WB_ACTION_NULL);
    assert_int_equal(items[0].values, 7);
    assert_string_equal(items[1].column, "name");
    assert_int_equal(items[1].values, 1);
    wb_arena_done(&a);
}

static void test_decodes_names_with_blanks_and_signs(void **state) {
    (void)state;
    struct wb_arena a = {0};
    struct wb_copy_altered *items = NULL;
    size_t n = 0, cap = 0;
    wb_altered_add(&a, "a%20b%3B%25%C3%A4 range clamp 2;", &items, &n, &cap);
    assert_int_equal(n, 1);
    assert_string_equal(items[0].column, "a b;%ä");
    wb_arena_done(&a);
}

static void test_passes_over_damage(void **state) {
    (void)state;
    struct wb_arena a = {0};
    struct wb_copy_altered *items = NULL;
    size_t n = 0, cap = 0;
    wb_altered_add(&a, "", &items, &n, &cap);
    wb_altered_add(&a, NULL, &items, &n, &cap);
    wb_altered_add(&a, "x no-such-issue null 3;broken;;y range null", &items, &n, &cap);
    assert_int_equal(n, 0);
    wb_arena_done(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adds_up_over_chunks),
        cmocka_unit_test(test_decodes_names_with_blanks_and_signs),
        cmocka_unit_test(test_passes_over_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
