#include "base/budget.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct shared {
    struct wb_budget budget;
    atomic_size_t held, most;
    atomic_int finished;
};

static void *take_and_give(void *arg) {
    struct shared *s = arg;
    for (int i = 0; i < 2000; i++) {
        wb_budget_take(&s->budget, 40);
        size_t held = atomic_fetch_add(&s->held, 40) + 40, most = atomic_load(&s->most);
        while (held > most && !atomic_compare_exchange_weak(&s->most, &most, held))
            ;
        atomic_fetch_sub(&s->held, 40);
        wb_budget_give(&s->budget, 40);
    }
    atomic_fetch_add(&s->finished, 1);
    return NULL;
}

static void never_more_than_the_limit(void **state) {
    (void)state;
    struct shared s = {.held = 0};
    pthread_t threads[6];
    wb_budget_init(&s.budget, 100);
    for (int i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &s), 0);
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(s.finished, 6);
    assert_true(s.most <= 100);
    assert_int_equal(s.budget.used_bytes, 0);
    wb_budget_done(&s.budget);
}

static void *take_all(void *arg) {
    struct shared *s = arg;
    wb_budget_take(&s->budget, 1000); /* more than there is: alone */
    atomic_store(&s->finished, 1);
    return NULL;
}

static void the_largest_waits_and_then_goes_alone(void **state) {
    (void)state;
    struct shared s = {.held = 0};
    pthread_t thread;
    wb_budget_init(&s.budget, 100);
    wb_budget_take(&s.budget, 1);
    assert_int_equal(pthread_create(&thread, NULL, take_all, &s), 0);
    for (int i = 0; i < 20 && !s.finished; i++)
        wb_clock_sleep_ms(1); /* it has every chance to go on too early */
    assert_int_equal(s.finished, 0);
    wb_budget_give(&s.budget, 1);
    pthread_join(thread, NULL);
    assert_int_equal(s.finished, 1);
    wb_budget_done(&s.budget);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_more_than_the_limit),
        cmocka_unit_test(the_largest_waits_and_then_goes_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
