/* When a differing row has settled, is believed, or is given up, with times handed in. */
#include "verify/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SETTLE_US = 5000000 };

/* A row of one side, by a number; 0: it is not there. */
static void set(struct wb_row_digest *d, uint32_t *copies, uint64_t row) {
    *d = (struct wb_row_digest){.lo = row, .hi = row * 7};
    *copies = row != 0;
}

static struct wb_verify_candidate found(uint64_t source, uint64_t target) {
    struct wb_verify_candidate c = {.first_us = 1000, .stable_us = 1000};
    set(&c.row[0], &c.copies[0], source);
    set(&c.row[1], &c.copies[1], target);
    return c;
}

static enum wb_verify_judgement reading(struct wb_verify_candidate *c, uint64_t us, uint64_t source,
                                        uint64_t target) {
    struct wb_verify_reading r = {.now_us = 1000 + us};
    set(&r.row[0], &r.copies[0], source);
    set(&r.row[1], &r.copies[1], target);
    return wb_verify_judge(c, &r, SETTLE_US);
}

static void equal_once_is_settled(void **state) {
    (void)state;
    struct wb_verify_candidate c = found(2, 1);
    assert_int_equal(reading(&c, 100000, 2, 1), WB_VERIFY_READ_AGAIN);
    assert_int_equal(reading(&c, 300000, 2, 2), WB_VERIFY_SETTLED);
    c = found(2, 0);
    assert_int_equal(reading(&c, 4900000, 0, 0), WB_VERIFY_SETTLED);
}

static void a_target_that_follows_is_settled(void **state) {
    (void)state;
    struct wb_verify_candidate c = found(2, 1);
    assert_int_equal(reading(&c, 100000, 3, 2), WB_VERIFY_SETTLED); /* as the source was before */
    c = found(2, 1);
    assert_int_equal(reading(&c, 100000, 3, 1), WB_VERIFY_READ_AGAIN);
}

static void a_still_difference_is_believed_at_the_end_only(void **state) {
    (void)state;
    struct wb_verify_candidate c = found(2, 1);
    assert_int_equal(reading(&c, 2500000, 2, 1), WB_VERIFY_READ_AGAIN);
    assert_int_equal(reading(&c, 4999999, 2, 1), WB_VERIFY_READ_AGAIN);
    assert_int_equal(reading(&c, 5000000, 2, 1), WB_VERIFY_BELIEVED);
}

static void one_more_reading_is_enough_when_nobody_has_written_for_long(void **state) {
    (void)state;
    struct wb_verify_candidate c = found(2, 1);
    uint64_t began_us = 500;
    struct wb_verify_reading r = {.now_us = began_us + SETTLE_US / 2 - 1,
                                  .still_since_us = began_us};
    set(&r.row[0], &r.copies[0], 2);
    set(&r.row[1], &r.copies[1], 1);
    assert_int_equal(wb_verify_judge(&c, &r, SETTLE_US), WB_VERIFY_READ_AGAIN);
    r.now_us++;
    assert_int_equal(wb_verify_judge(&c, &r, SETTLE_US), WB_VERIFY_BELIEVED);
    c = found(2, 3); /* the target has just changed: it may be on its way */
    assert_int_equal(wb_verify_judge(&c, &r, SETTLE_US), WB_VERIFY_READ_AGAIN);
}

static void a_row_that_goes_on_changing_is_neither(void **state) {
    (void)state;
    struct wb_verify_candidate c = found(2, 1);
    assert_int_equal(reading(&c, 2600000, 3, 1), WB_VERIFY_READ_AGAIN); /* the source changed */
    assert_int_equal(reading(&c, 5000000, 3, 1), WB_VERIFY_UNSETTLED);
    c = found(2, 1);
    assert_int_equal(reading(&c, 2400000, 2, 5), WB_VERIFY_READ_AGAIN); /* the target did */
    assert_int_equal(reading(&c, 5000000, 2, 5), WB_VERIFY_BELIEVED);
}

/* Whatever rows do: never believed unless the last half of the time was still and different, and an
 * end always comes. */
static void random_walks_end_as_promised(void **state) {
    (void)state;
    unsigned random = 12345;
    for (int round = 0; round < 20000; round++) {
        struct wb_verify_candidate c = found(1 + (uint64_t)(round % 3), 9);
        uint64_t source = c.row[0].lo, target = 9, changed_us = 0, us = 0;
        enum wb_verify_judgement j = WB_VERIFY_READ_AGAIN;
        for (int n = 0; j == WB_VERIFY_READ_AGAIN; n++) {
            uint64_t due = wb_verify_next_reading_us(&c, 1000 + us, SETTLE_US);
            assert_true(due > 1000 + us);
            us = due - 1000;
            random = random * 1103515245 + 12345;
            uint64_t s = random >> 28 == 0 ? (random >> 16) % 5 : source;
            uint64_t t = random >> 28 == 1 ? 5 + (random >> 16) % 5 : target;
            if (s != source || t != target)
                changed_us = us;
            source = s;
            target = t;
            j = reading(&c, us, source, target);
            assert_true(n < 30);
        }
        if (j == WB_VERIFY_BELIEVED) {
            assert_true(us >= SETTLE_US);
            assert_true(us - changed_us >= SETTLE_US / 2 || changed_us == 0);
        }
        assert_true(j == WB_VERIFY_SETTLED || us >= SETTLE_US);
    }
}

static void readings_fall_on_the_half_and_on_the_end(void **state) {
    (void)state;
    struct wb_verify_candidate c = found(2, 1);
    uint64_t us = 1000, half = 0, end = 0;
    for (int n = 0; n < 30 && us < 1000 + SETTLE_US; n++) {
        us = wb_verify_next_reading_us(&c, us, SETTLE_US);
        c.readings++;
        half |= us == 1000 + SETTLE_US / 2;
        end |= us == 1000 + SETTLE_US;
    }
    assert_true(half && end);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_once_is_settled),
        cmocka_unit_test(a_target_that_follows_is_settled),
        cmocka_unit_test(a_still_difference_is_believed_at_the_end_only),
        cmocka_unit_test(one_more_reading_is_enough_when_nobody_has_written_for_long),
        cmocka_unit_test(a_row_that_goes_on_changing_is_neither),
        cmocka_unit_test(random_walks_end_as_promised),
        cmocka_unit_test(readings_fall_on_the_half_and_on_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
