/* Rows of both sides met by key: what is left unequal is what was made unequal. */
#include "verify/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KEYS = 50000 };

static struct wb_row_digest key_of(uint64_t n) { /* spread as a hash is */
    uint64_t a = n * 0x9e3779b97f4a7c15u, b = (n + 1) * 0xbf58476d1ce4e5b9u;
    return (struct wb_row_digest){.lo = a ^ a >> 29, .hi = b ^ b >> 31};
}

static struct wb_row_digest row_of(uint64_t n, uint64_t version) {
    return key_of(n * 1000003 + version);
}

static void add(struct wb_verify_merge *m, enum wb_side side, uint64_t n, uint64_t version) {
    struct wb_row_digest k = key_of(n), r = row_of(n, version);
    struct wb_cell cell = wb_cell_int((int64_t)n);
    wb_verify_merge_add(m, side, &k, &r, &cell);
}

static size_t n_differing(const struct wb_verify_merge *m) {
    size_t n = 0;
    for (size_t i = 0; i < m->cap; i++)
        n += wb_verify_entry_differs(&m->entries[i]);
    return n;
}

static void differences_are_found_with_their_keys(void **state) {
    (void)state;
    struct wb_verify_merge m;
    wb_verify_merge_init(&m, 1, KEYS + 10);
    for (uint64_t n = 0; n < KEYS; n++)
        add(&m, WB_SIDE_SOURCE, n, 0);
    for (uint64_t n = KEYS; n-- > 0;)
        if (n % 1000 != 7) /* missing */
            add(&m, WB_SIDE_TARGET, n, n % 1000 == 9);
    add(&m, WB_SIDE_TARGET, KEYS + 1, 0); /* extra */
    assert_false(m.full);
    assert_int_equal(n_differing(&m), KEYS / 1000 * 2 + 1);
    for (size_t i = 0; i < m.cap; i++) {
        const struct wb_verify_entry *e = &m.entries[i];
        if (!wb_verify_entry_differs(e))
            continue;
        int64_t n = e->cells[0].i;
        assert_true(n % 1000 == 7 || n % 1000 == 9 || n == KEYS + 1);
        assert_int_equal(e->copies[WB_SIDE_SOURCE], n < KEYS);
        assert_int_equal(e->copies[WB_SIDE_TARGET], n % 1000 != 7 || n >= KEYS);
    }
    wb_verify_merge_done(&m);
}

static void equal_rows_do_not_cancel(void **state) {
    (void)state;
    struct wb_verify_merge m;
    wb_verify_merge_init(&m, 1, 10);
    for (int i = 0; i < 3; i++)
        add(&m, WB_SIDE_SOURCE, 5, 0);
    add(&m, WB_SIDE_TARGET, 5, 0);
    assert_int_equal(n_differing(&m), 1);
    add(&m, WB_SIDE_TARGET, 5, 0);
    add(&m, WB_SIDE_TARGET, 5, 0);
    assert_int_equal(n_differing(&m), 0);
    wb_verify_merge_done(&m);
}

static void too_many_keys_are_noticed(void **state) {
    (void)state;
    struct wb_verify_merge m;
    wb_verify_merge_init(&m, 1, 2000);
    for (uint64_t n = 0; n < 2000; n++)
        add(&m, WB_SIDE_SOURCE, n, 0);
    assert_false(m.full);
    add(&m, WB_SIDE_TARGET, 1999, 0); /* known */
    assert_false(m.full);
    add(&m, WB_SIDE_TARGET, 2000, 0);
    assert_true(m.full);
    wb_verify_merge_done(&m);
}

static void keys_are_copied(void **state) {
    (void)state;
    struct wb_verify_merge m;
    char text[] = "Zürich";
    struct wb_cell cell = wb_cell_text(text, sizeof text - 1);
    struct wb_row_digest k = key_of(1), r = row_of(1, 0);
    wb_verify_merge_init(&m, 1, 10);
    wb_verify_merge_add(&m, WB_SIDE_SOURCE, &k, &r, &cell);
    memset(text, 'x', sizeof text - 1);
    assert_true(wb_verify_merge_has(&m, &k));
    for (size_t i = 0; i < m.cap; i++)
        if (m.entries[i].copies[0])
            assert_memory_equal(m.entries[i].cells[0].p, "Zürich", sizeof text - 1);
    wb_verify_merge_done(&m);
}

static void the_rest_of_a_digest_is_its_other_part(void **state) {
    (void)state;
    struct wb_digest whole = {0}, part = {0}, other = {0};
    for (uint64_t n = 0; n < 1000; n++) {
        struct wb_row_digest r = row_of(n, 3);
        wb_digest_add_row(&whole, &r);
        wb_digest_add_row(n % 3 ? &part : &other, &r);
    }
    struct wb_digest rest = wb_verify_digest_rest(&whole, &part);
    assert_true(wb_digest_equal(&rest, &other));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_found_with_their_keys),
        cmocka_unit_test(equal_rows_do_not_cancel),
        cmocka_unit_test(too_many_keys_are_noticed),
        cmocka_unit_test(keys_are_copied),
        cmocka_unit_test(the_rest_of_a_digest_is_its_other_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
