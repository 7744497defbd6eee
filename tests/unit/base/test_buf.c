#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void text_is_always_terminated(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    assert_string_equal(wb_buf_str(&b), "");
    wb_buf_adds(&b, "ab");
    assert_string_equal((char *)b.data, "ab");
    wb_buf_addc(&b, 'c');
    wb_buf_addf(&b, "%d", 45);
    assert_string_equal((char *)b.data, "abc45");
    assert_int_equal(b.len, 5);
    wb_buf_reset(&b);
    assert_string_equal(wb_buf_str(&b), "");
    assert_true(b.cap > 0);
}

static void any_bytes_and_many(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (int i = 0; i < 10000; i++)
        wb_buf_add(&b, "\0\xff", 2);
    assert_int_equal(b.len, 20000);
    for (size_t i = 0; i < b.len; i++)
        assert_int_equal(b.data[i], i % 2 ? 0xff : 0);
    wb_buf_add(&b, NULL, 0);
    assert_int_equal(b.len, 20000);
}

static void formats_longer_than_the_room(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_buf_adds(&b, "x");
    wb_buf_addf(&b, "%01000d", 7);
    assert_int_equal(b.len, 1001);
    assert_string_equal((char *)b.data + 998, "007");
}

static void reserve_gives_room_at_once(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_buf_reserve(&b, 0);
    assert_non_null(b.data);
    wb_buf_reserve(&b, 100000);
    const unsigned char *at = b.data;
    for (int i = 0; i < 100000; i++)
        wb_buf_addc(&b, 'x');
    assert_ptr_equal(b.data, at);
}

static void big_endian(void **state) {
    (void)state;
    unsigned char p[8];
    wb_put_be16(p, 0x0102);
    assert_memory_equal(p, "\1\2", 2);
    wb_put_be32(p, 0x01020304);
    assert_memory_equal(p, "\1\2\3\4", 4);
    wb_put_be64(p, 0x0102030405060708);
    assert_memory_equal(p, "\1\2\3\4\5\6\7\10", 8);
    assert_int_equal(wb_get_be16(p), 0x0102);
    assert_int_equal(wb_get_be32(p), 0x01020304);
    assert_int_equal(wb_get_be64(p), 0x0102030405060708);
}

static void done_leaves_an_empty_buffer(void **state) {
    (void)state;
    struct wb_buf b = {0};
    wb_buf_adds(&b, "x");
    wb_buf_done(&b);
    assert_null(b.data);
    wb_buf_adds(&b, "y");
    assert_string_equal((char *)b.data, "y");
    wb_buf_done(&b);
    wb_buf_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_always_terminated),
        cmocka_unit_test(any_bytes_and_many),
        cmocka_unit_test(formats_longer_than_the_room),
        cmocka_unit_test(reserve_gives_room_at_once),
        cmocka_unit_test(big_endian),
        cmocka_unit_test(done_leaves_an_empty_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
