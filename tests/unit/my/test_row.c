#include "my/row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Decode a packet given as a string literal through steps of the given operations. */
struct decoded {
    bool ok;
    struct wb_cell cells[4];
    struct wb_arena a;
    unsigned char
        *copy; /* exactly as long as the packet, so that a sanitizer sees any step beyond it */
};

static struct wb_my_label labels[] = {{(const unsigned char *)"red", 3},
                                      {(const unsigned char *)"blue", 4}};

static struct decoded decode(const char *bytes, size_t len, const enum wb_my_op *ops, uint32_t n) {
    struct decoded d = {0};
    struct wb_my_step steps[4] = {{0}};
    struct wb_my_plan plan = {.steps = steps, .n_steps = n};
    for (uint32_t i = 0; i < n; i++)
        steps[i] = (struct wb_my_step){
            .op = (uint8_t)ops[i], .fraction_digits = 3, .labels = labels, .n_labels = 2};
    wb_my_plan_finish(&plan);
    d.copy = malloc(len ? len : 1);
    assert_non_null(d.copy);
    memcpy(d.copy, bytes, len);
    d.ok = wb_my_row_decode(&plan, d.copy, len, d.cells, &d.a);
    return d;
}

static void done(struct decoded *d) {
    wb_arena_done(&d->a);
    free(d->copy);
}

#define DECODE(bytes, ...)                                                 \
    decode(bytes, sizeof(bytes) - 1, (const enum wb_my_op[]){__VA_ARGS__}, \
           sizeof((enum wb_my_op[]){__VA_ARGS__}) / sizeof(enum wb_my_op))

static void integers_and_nulls(void **state) {
    (void)state;
    struct decoded d =
        DECODE("\0\x08\xFF\xFE\xFF\x05\0\0\0", WB_MY_I8, WB_MY_I64, WB_MY_I16, WB_MY_U32);
    assert_true(d.ok);
    assert_int_equal(d.cells[0].i, -1);
    assert_int_equal(d.cells[1].form, WB_FORM_NULL);
    assert_int_equal(d.cells[2].i, -2);
    assert_int_equal(d.cells[3].i, 5);
    done(&d);
}

static void every_cut_of_a_packet_is_refused(void **state) {
    (void)state;
    static const char packet[] =
        "\0\0\x03"
        "abc\x0B\xE8\x07\x05\x01\x0A\x0B\x0C\x01\0\0\0\x08\x01\x02\0\0\0\x03\x04\x05\x02xy";
    static const enum wb_my_op ops[] = {WB_MY_TEXT, WB_MY_DATETIME, WB_MY_TIME, WB_MY_BYTES};
    for (size_t len = 0; len < sizeof packet - 1; len++) {
        struct decoded d = decode(packet, len, ops, 4);
        assert_false(d.ok);
        done(&d);
    }
    struct decoded d = decode(packet, sizeof packet - 1, ops, 4);
    assert_true(d.ok);
    assert_int_equal(d.cells[1].i, 1714558272000001);
    assert_int_equal(d.cells[2].i, -((2 * 86400 + 3 * 3600 + 4 * 60 + 5) * INT64_C(1000000)));
    done(&d);
    d = decode(packet, sizeof packet, ops, 4); /* and one byte too many */
    assert_false(d.ok);
    done(&d);
}

static void lengths_beyond_the_packet_are_refused(void **state) {
    (void)state;
    struct decoded d = DECODE("\0\0\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", WB_MY_TEXT);
    assert_false(d.ok);
    done(&d);
    d = DECODE("\0\0\xFB", WB_MY_TEXT); /* NULL of the text protocol */
    assert_false(d.ok);
    done(&d);
    d = DECODE("\0\0\xFD\x02\0\0ab", WB_MY_TEXT);
    assert_true(d.ok);
    assert_int_equal(d.cells[0].len, 2);
    done(&d);
}

static void zero_dates_keep_their_text(void **state) {
    (void)state;
    struct decoded d = DECODE("\0\0\0\0\0", WB_MY_DATE, WB_MY_DATETIME, WB_MY_TIME);
    assert_true(d.ok);
    assert_int_equal(d.cells[0].issue, WB_ISSUE_ZERO_DATE);
    assert_int_equal(d.cells[1].form, WB_FORM_INVALID);
    assert_int_equal(d.cells[1].len, strlen("0000-00-00 00:00:00.000"));
    assert_memory_equal(d.cells[1].p, "0000-00-00 00:00:00.000", d.cells[1].len);
    assert_int_equal(d.cells[2].form, WB_FORM_INT);
    done(&d);
}

static void enums_by_number(void **state) {
    (void)state;
    struct decoded d = DECODE("\0\0\x02\0\x03\0", WB_MY_ENUM8, WB_MY_ENUM16, WB_MY_ENUM8);
    assert_true(d.ok);
    assert_memory_equal(d.cells[0].p, "blue", 4);
    assert_int_equal(d.cells[1].form, WB_FORM_INVALID); /* 0x0300 */
    assert_int_equal(d.cells[2].issue, WB_ISSUE_RANGE); /* 0, the error value */
    done(&d);
}

static void a_lost_character_is_noticed(void **state) {
    (void)state;
    struct decoded d = DECODE("\0\0\x02?a\x02\x98\x61", WB_MY_TEXT_CHECKED); /* 0x98 became '?' */
    assert_true(d.ok);
    assert_int_equal(d.cells[0].issue, WB_ISSUE_UTF8);
    assert_memory_equal(d.cells[0].p, "\x98\x61", 2);
    done(&d);
    d = DECODE("\0\0\x02?a\x02?a", WB_MY_TEXT_CHECKED);
    assert_true(d.ok);
    assert_int_equal(d.cells[0].form, WB_FORM_TEXT);
    done(&d);
    d = DECODE("\0\x08\x01z\x05", WB_MY_TEXT_CHECKED,
               WB_MY_U8); /* nothing to compare; the next column is found */
    assert_true(d.ok);
    assert_int_equal(d.cells[0].len, 1);
    assert_int_equal(d.cells[1].i, 5);
    done(&d);
}

static void wide_text(void **state) {
    (void)state;
    struct decoded d = DECODE("\0\0\x06\0a\xD8\x3D\xDE\0\x04\0\0\x20\xAC\x02\0\xD8", WB_MY_UTF16,
                              WB_MY_UTF32, WB_MY_UTF16LE);
    assert_true(d.ok);
    assert_int_equal(d.cells[0].len, 5);
    assert_memory_equal(d.cells[0].p, "a\xF0\x9F\x98\x80", 5);
    assert_memory_equal(d.cells[1].p, "\xE2\x82\xAC", 3);
    assert_int_equal(d.cells[2].issue, WB_ISSUE_UTF8); /* half a pair */
    assert_int_equal(d.cells[2].len, 1);
    assert_int_equal(d.cells[2].p[0], 0xFF); /* and the rest as UTF-8, to be mended */
    done(&d);
}

static void uuid_and_bit(void **state) {
    (void)state;
    struct decoded d = DECODE("\0\0\x24"
                              "123e4567-e89b-12d3-a456-426655440000\x02\x01\x02",
                              WB_MY_UUID, WB_MY_BIT);
    assert_true(d.ok);
    assert_memory_equal(d.cells[0].p,
                        "\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x55\x44\0\0", 16);
    assert_int_equal(d.cells[1].i, 258);
    done(&d);
    d = DECODE("\0\0\x24"
               "123e4567-e89b-12d3-a456+426655440000",
               WB_MY_UUID);
    assert_false(d.ok);
    done(&d);
}

/* Every day of MySQL's range, counted one by one. */
static void days_count_up(void **state) {
    (void)state;
    int64_t expected = wb_my_days(1, 1, 1);
    assert_int_equal(expected, -719162);
    for (unsigned y = 1; y <= 9999; y++)
        for (unsigned m = 1; m <= 12; m++)
            for (unsigned d = 1; d <= 31; d++)
                if (wb_my_date_exists(y, m, d) && wb_my_days(y, m, d) != expected++)
                    fail_msg("%u-%u-%u", y, m, d);
    assert_int_equal(expected, 2932897);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_and_nulls),
        cmocka_unit_test(every_cut_of_a_packet_is_refused),
        cmocka_unit_test(lengths_beyond_the_packet_are_refused),
        cmocka_unit_test(zero_dates_keep_their_text),
        cmocka_unit_test(enums_by_number),
        cmocka_unit_test(a_lost_character_is_noticed),
        cmocka_unit_test(wide_text),
        cmocka_unit_test(uuid_and_bit),
        cmocka_unit_test(days_count_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
