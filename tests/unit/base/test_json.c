#include "base/json.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void objects_and_arrays(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    wb_json_object(&j);
    wb_json_key_uint(&j, "rows", 12);
    wb_json_key_str(&j, "name", "orders");
    wb_json_key(&j, "list");
    wb_json_array(&j);
    wb_json_int(&j, -1);
    wb_json_array(&j);
    wb_json_end(&j);
    wb_json_object(&j);
    wb_json_key_bool(&j, "a", true);
    wb_json_end(&j);
    wb_json_null(&j);
    wb_json_end(&j);
    wb_json_key_str(&j, "none", NULL);
    wb_json_end(&j);
    assert_string_equal(
        wb_buf_str(&b),
        "{\"rows\":12,\"name\":\"orders\",\"list\":[-1,[],{\"a\":true},null],\"none\":null}");
}

/* What an independent parser reads back. */
static json_t *read_back(struct wb_buf *b) {
    json_error_t error;
    json_t *got = json_loads(wb_buf_str(b), JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!got)
        fail_msg("%s in %s", error.text, wb_buf_str(b));
    return got;
}

static void every_character_survives(void **state) {
    (void)state;
    char text[260];
    size_t n = 0;
    for (int c = 1; c < 128; c++)
        text[n++] = (char)c;
    strcpy(text + n, "é€😀");
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    wb_json_str(&j, text);
    json_t *got = read_back(&b);
    assert_string_equal(json_string_value(got), text);
    json_decref(got);
    for (size_t i = 0; i < b.len; i++)
        assert_true(b.data[i] >= 0x20 && b.data[i] != 0x7f); /* one line, harmless to a terminal */
}

static void nul_and_invalid_utf8(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    wb_json_strn(&j,
                 "a\0b\xff"
                 "c\xed\xa0\x80",
                 8);
    json_t *got = read_back(&b);
    assert_int_equal(json_string_length(got), 16);
    assert_memory_equal(json_string_value(got),
                        "a\0b\xEF\xBF\xBD"
                        "c\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD",
                        16);
    json_decref(got);
}

static void numbers_at_their_ends(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    wb_json_array(&j);
    wb_json_int(&j, INT64_MIN);
    wb_json_uint(&j, UINT64_MAX);
    wb_json_double(&j, NAN);
    wb_json_double(&j, INFINITY);
    wb_json_double(&j, 0.1);
    wb_json_end(&j);
    assert_string_equal(wb_buf_str(&b),
                        "[-9223372036854775808,18446744073709551615,null,null,0.1]");
}

static void doubles_read_back_as_themselves(void **state) {
    (void)state;
    static const double values[] = {
        0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 0.30000000000000004, -2.5, 1e22, 123456.789};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        WB_CLEANUP_BUF struct wb_buf b = {0};
        struct wb_json j = {.out = &b};
        wb_json_double(&j, values[i]);
        json_t *got = read_back(&b);
        assert_true(json_number_value(got) == values[i]);
        json_decref(got);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_and_arrays),
        cmocka_unit_test(every_character_survives),
        cmocka_unit_test(nul_and_invalid_utf8),
        cmocka_unit_test(numbers_at_their_ends),
        cmocka_unit_test(doubles_read_back_as_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
