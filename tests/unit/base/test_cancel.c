#include "base/cancel.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_first_reason_stays(void **state) {
    (void)state;
    struct wb_cancel c = {0};
    struct wb_error err = {0};
    assert_int_equal(wb_cancel_check(&c, &err), WB_OK);
    assert_int_equal(wb_cancel_signo(&c), 0);
    wb_cancel_request(&c, SIGTERM);
    wb_cancel_request(&c, SIGINT);
    assert_int_equal(wb_cancel_signo(&c), SIGTERM);
    assert_int_equal(wb_cancel_check(&c, &err), WB_E_CANCELED);
    assert_non_null(strstr(err.text, "SIGTERM"));
}

static void without_a_signal_or_anyone_to_ask(void **state) {
    (void)state;
    struct wb_cancel c = {0};
    wb_cancel_request(&c, 0);
    assert_int_equal(wb_cancel_check(&c, NULL), WB_E_CANCELED);
    assert_int_equal(wb_cancel_check(NULL, NULL), WB_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_reason_stays),
        cmocka_unit_test(without_a_signal_or_anyone_to_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
