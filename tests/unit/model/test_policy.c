#include "model/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void zeroed_refuses_everything(void **state) {
    (void)state;
    struct wb_policy p = {0};
    for (int i = 0; i < WB_ISSUE_COUNT; i++)
        assert_int_equal(p.action[i], WB_ACTION_REFUSE);
}

static void every_pair_is_taken_or_makes_no_sense(void **state) {
    (void)state;
    int taken = 0;
    for (int i = 0; i < WB_ISSUE_COUNT; i++)
        for (int a = 0; a < WB_ACTION_COUNT; a++) {
            char rule[64];
            struct wb_policy p = {0};
            snprintf(rule, sizeof rule, "%s=%s", wb_issue_word((enum wb_issue)i),
                     wb_action_word((enum wb_action)a));
            if (!wb_policy_parse(rule, &p))
                continue;
            taken++;
            assert_int_equal(p.action[i], a);
        }
    assert_int_equal(taken, 2 * 2 + 2 * 3 + 2 * 4); /* names; texts; ranges and dates */
    struct wb_policy p = {0};
    assert_false(wb_policy_parse("utf8=clamp", &p));
    assert_false(wb_policy_parse("name-length=null", &p));
}

static void malformed_rules_change_nothing(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "=",
                                      "zero-date",
                                      "zero-date=",
                                      "=null",
                                      "zero=null",
                                      "zero-date=NULL",
                                      "zero-date=null ",
                                      "zero-datex=null"};
    struct wb_policy p = {.action = {[WB_ISSUE_ZERO_DATE] = WB_ACTION_CLAMP}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wb_policy_parse(bad[i], &p));
    assert_int_equal(p.action[WB_ISSUE_ZERO_DATE], WB_ACTION_CLAMP);
    assert_true(wb_policy_parse("zero-date=refuse", &p));
    assert_int_equal(p.action[WB_ISSUE_ZERO_DATE], WB_ACTION_REFUSE);
}

static void words_beyond_the_table(void **state) {
    (void)state;
    assert_string_equal(wb_issue_word(WB_ISSUE_COUNT), "unknown");
    assert_string_equal(wb_action_word(WB_ACTION_COUNT), "unknown");
    assert_string_equal(wb_issue_text(WB_ISSUE_NUL_BYTE), "a 0x00 byte in text");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_refuses_everything),
        cmocka_unit_test(every_pair_is_taken_or_makes_no_sense),
        cmocka_unit_test(malformed_rules_change_nothing),
        cmocka_unit_test(words_beyond_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
