#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void allocations_are_aligned_and_apart(void **state) {
    (void)state;
    struct wb_arena a = {0};
    unsigned char *last = NULL;
    for (size_t n = 0; n < 3000; n += 7) {
        unsigned char *p = wb_arena_alloc(&a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        memset(p, 0xAA, n);
        if (last)
            assert_int_equal(*last, 0xAA); /* not overwritten by a neighbour */
        last = n ? p : last;
    }
    wb_arena_done(&a);
}

static void zalloc_is_zeroed_even_after_a_reset(void **state) {
    (void)state;
    struct wb_arena a = {0};
    memset(wb_arena_alloc(&a, 1000), 0xFF, 1000);
    wb_arena_reset(&a);
    const unsigned char *p = wb_arena_zalloc(&a, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(p[i], 0);
    wb_arena_done(&a);
}

static void larger_than_a_block(void **state) {
    (void)state;
    struct wb_arena a = {0};
    memset(wb_arena_alloc(&a, 5 << 20), 1, 5 << 20);
    memset(wb_arena_alloc(&a, 100), 2, 100);
    assert_true(a.total_bytes >= (5 << 20));
    wb_arena_reset(&a);
    assert_true(a.total_bytes <= (5 << 20)); /* at most one block stays */
    wb_arena_done(&a);
    assert_int_equal(a.total_bytes, 0);
}

static void a_batch_that_is_refilled_stops_allocating(void **state) {
    (void)state;
    struct wb_arena a = {0};
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            wb_arena_alloc(&a, 500);
        wb_arena_reset(&a);
    }
    size_t settled = a.total_bytes;
    const void *block = a.head;
    for (int i = 0; i < 500; i++)
        wb_arena_alloc(&a, 500);
    assert_ptr_equal(a.head, block);
    assert_int_equal(a.total_bytes, settled);
    wb_arena_done(&a);
}

static void strings(void **state) {
    (void)state;
    struct wb_arena a = {0};
    assert_null(wb_arena_strdup(&a, NULL));
    assert_string_equal(wb_arena_strdup(&a, ""), "");
    assert_string_equal(wb_arena_strndup(&a, "abcdef", 3), "abc");
    assert_string_equal(wb_arena_printf(&a, "%s-%d", "x", 42), "x-42");
    char longer[5000];
    memset(longer, 'y', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    assert_string_equal(wb_arena_printf(&a, "%s", longer), longer);
    wb_arena_done(&a);
}

/* What was adopted stays as it is while both grow; the one that gave it is empty and usable. */
static void adopting(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 10, 100000};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++) {
            struct wb_arena a = {0}, b = {0};
            char *x = sizes[i] ? memset(wb_arena_alloc(&a, sizes[i]), 'x', sizes[i]) : NULL;
            char *y = sizes[k] ? memset(wb_arena_alloc(&b, sizes[k]), 'y', sizes[k]) : NULL;
            size_t bytes = a.total_bytes + b.total_bytes;
            wb_arena_adopt(&a, &b);
            assert_int_equal(a.total_bytes, bytes);
            assert_null(b.head);
            for (size_t n = 0; n < 200; n++)
                memset(wb_arena_alloc(n % 2 ? &a : &b, 100), 'z', 100);
            assert_true(!x || (x[0] == 'x' && x[sizes[i] - 1] == 'x'));
            assert_true(!y || (y[0] == 'y' && y[sizes[k] - 1] == 'y'));
            wb_arena_done(&b);
            assert_true(!y || y[0] == 'y');
            wb_arena_done(&a);
        }
}

static void pushing_keeps_what_was_there(void **state) {
    (void)state;
    struct wb_arena a = {0};
    int *items = NULL;
    size_t n = 0, cap = 0;
    for (int i = 0; i < 1000; i++) {
        int *one = WB_PUSH(&a, items, n, cap);
        assert_int_equal(*one, 0);
        *one = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    assert_int_equal(n, 1000);
    wb_arena_done(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_and_apart),
        cmocka_unit_test(zalloc_is_zeroed_even_after_a_reset),
        cmocka_unit_test(larger_than_a_block),
        cmocka_unit_test(a_batch_that_is_refilled_stops_allocating),
        cmocka_unit_test(strings),
        cmocka_unit_test(adopting),
        cmocka_unit_test(pushing_keeps_what_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
