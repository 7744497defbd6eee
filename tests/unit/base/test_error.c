#include "base/error.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void context_is_put_before_the_cause(void **state) {
    (void)state;
    struct wb_error err = {.vendor = 5};
    assert_int_equal(wb_error_set(&err, WB_E_LOST, "the %s went away", "server"), WB_E_LOST);
    assert_int_equal(err.vendor, 0); /* nothing of an earlier error stays */
    assert_int_equal(wb_error_wrap(&err, "chunk %d", 7), WB_E_LOST);
    assert_int_equal(wb_error_wrap(&err, "table orders"), WB_E_LOST);
    assert_string_equal(err.text, "table orders: chunk 7: the server went away");
}

static void an_error_may_be_set_from_its_own_text(void **state) {
    (void)state;
    struct wb_error err;
    wb_error_set(&err, WB_E_SQL, "inner");
    wb_error_set(&err, WB_E_IO, "outer, because %s", err.text);
    assert_string_equal(err.text, "outer, because inner");
}

static void a_long_text_is_cut_visibly_between_characters(void **state) {
    (void)state;
    char many[3000] = "";
    for (int i = 0; i < 1000; i++)
        strcat(many, "é");
    for (int shift = 0; shift < 4; shift++) {
        struct wb_error err;
        wb_error_set(&err, WB_E_SQL, "%.*s%s", shift, "abc", many);
        size_t n = strlen(err.text);
        assert_true(n < sizeof err.text && n > sizeof err.text - 8);
        assert_int_equal(wb_str_utf8_valid(err.text, n), n);
        assert_string_equal(err.text + n - strlen("…"), "…");
        wb_error_wrap(&err, "context");
        n = strlen(err.text);
        assert_true(wb_str_starts(err.text, "context: "));
        assert_int_equal(wb_str_utf8_valid(err.text, n), n);
        assert_string_equal(err.text + n - strlen("…"), "…");
    }
}

static void without_a_place_for_text_the_code_stays(void **state) {
    (void)state;
    assert_int_equal(wb_error_set(NULL, WB_E_LOST, "gone"), WB_E_LOST);
    assert_int_equal(wb_error_wrap(NULL, "chunk %d", 7), WB_E_LOST);
    assert_int_equal(wb_error_hint(NULL, "try again"), WB_E_LOST);
    struct wb_error err;
    wb_error_set(&err, WB_E_DISK_FULL, "full");
    assert_int_equal(wb_error_wrap(NULL, "chunk"), WB_E_DISK_FULL);
}

static void hints(void **state) {
    (void)state;
    struct wb_error err;
    wb_error_set(&err, WB_E_LOGIN, "no");
    assert_non_null(strstr(wb_error_hint_of(&err), "password"));
    assert_int_equal(wb_error_hint(&err, "try %s", "again"), WB_E_LOGIN);
    assert_string_equal(wb_error_hint_of(&err), "try again");
    wb_error_hint(&err, "wait (%s), or leave it", wb_error_hint_of(&err));
    assert_string_equal(wb_error_hint_of(&err), "wait (try again), or leave it");
    wb_error_set(&err, WB_E_LOGIN, "no");
    assert_string_equal(err.hint, "");
}

static void nobody_asks_for_the_text(void **state) {
    (void)state;
    assert_int_equal(wb_error_set(NULL, WB_E_SQL, "x"), WB_E_SQL);
    wb_error_wrap(NULL, "x");
    wb_error_hint(NULL, "x");
}

static void classes_decide_the_exit_code(void **state) {
    (void)state;
    static const struct {
        enum wb_code code;
        int exit_code;
    } want[] = {{WB_OK, 0},           {WB_E_TARGET_BUSY, 1},  {WB_E_VALUE, 1},
                {WB_E_DIFFERS, 1},    {WB_E_USAGE, 2},        {WB_E_URL, 2},
                {WB_E_LOST, 4},       {WB_E_CONNECT, 4},      {WB_E_MEMORY, 4},
                {WB_E_INTERNAL, 5},   {WB_E_PROTOCOL, 5},     {WB_E_UNPROVEN, 6},
                {WB_E_CANCELED, 130}, {(enum wb_code)9999, 5}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_int_equal(wb_error_exit_code(want[i].code), want[i].exit_code);
    assert_int_equal(wb_error_class(WB_E_DEADLOCK), WB_CLASS_RETRY);
    assert_string_equal(wb_error_name(WB_E_LOGIN), "LOGIN");
    assert_string_equal(wb_error_name((enum wb_code)9999), "INTERNAL");
}

struct seen {
    int numbers[100];
    size_t n;
};

static void see(void *ctx, int number, const char *name, enum wb_class cls, const char *text,
                const char *hint) {
    struct seen *s = ctx;
    for (size_t i = 0; i < s->n; i++)
        assert_int_not_equal(s->numbers[i], number); /* numbers are never reused */
    s->numbers[s->n++] = number;
    assert_true(*name && *text && *hint && cls != WB_CLASS_NONE);
    assert_int_equal(wb_error_class((enum wb_code)number), cls);
    assert_string_equal(wb_error_summary((enum wb_code)number), text);
}

static void the_table_is_whole(void **state) {
    (void)state;
    struct seen s = {.n = 0};
    wb_error_each(see, &s);
    assert_true(s.n > 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context_is_put_before_the_cause),
        cmocka_unit_test(an_error_may_be_set_from_its_own_text),
        cmocka_unit_test(a_long_text_is_cut_visibly_between_characters),
        cmocka_unit_test(without_a_place_for_text_the_code_stays),
        cmocka_unit_test(hints),
        cmocka_unit_test(nobody_asks_for_the_text),
        cmocka_unit_test(classes_decide_the_exit_code),
        cmocka_unit_test(the_table_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
