/* Rows to binary COPY and back, without a server: what is encoded is decoded to the same cells, and
 * no byte string makes the decoder read beyond its end. */
#include "pg/copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct wb_buf sent;
static size_t largest_piece;

static enum wb_code take(void *ctx, const unsigned char *p, size_t len, struct wb_error *err) {
    (void)ctx, (void)err;
    wb_buf_add(&sent, p, len);
    largest_piece = len > largest_piece ? len : largest_piece;
    return WB_OK;
}

static enum wb_code encode(const struct wb_type *types, const struct wb_cell *cells, size_t n,
                           bool text, size_t *ret_field, struct wb_error *err) {
    struct wb_pg_field fields[64];
    struct wb_pg_encoder e;
    wb_buf_reset(&sent);
    largest_piece = 0;
    for (size_t i = 0; i < n; i++)
        fields[i] = wb_pg_field_of(&types[i]);
    wb_pg_encoder_init(&e, fields, n, text, take, NULL);
    enum wb_code code = wb_pg_encode_begin(&e, err);
    if (!code)
        code = wb_pg_encode_row(&e, cells, ret_field, err);
    if (!code)
        code = wb_pg_encode_end(&e, err);
    wb_pg_encoder_done(&e);
    return code;
}

static void expect_same(const struct wb_cell *a, const struct wb_cell *b) {
    assert_int_equal(a->form, b->form);
    if (a->form == WB_FORM_TEXT || a->form == WB_FORM_BYTES) {
        assert_int_equal(a->len, b->len);
        assert_memory_equal(a->p, b->p, a->len);
    } else if (a->form != WB_FORM_NULL) {
        assert_true(a->u == b->u);
    }
}

static void round_trip(const struct wb_type *type, struct wb_cell cell) {
    struct wb_error err = {0};
    struct wb_arena arena = {0};
    struct wb_pg_slab slab = {.arena = &arena};
    struct wb_pg_field field = wb_pg_field_of(type);
    size_t at = 0, used = 0, header;
    struct wb_cell back;
    bool end = false;
    if (encode(type, &cell, 1, false, &at, &err))
        fail_msg("%s: %s", type->native, err.text);
    assert_true(largest_piece <= WB_PG_COPY_PIECE_BYTES);
    header = wb_pg_decode_header(sent.data, sent.len);
    assert_int_equal(header, 19);
    assert_int_equal(wb_pg_decode_row(&field, 1, sent.data + header, sent.len - header, &slab,
                                      &back, &used, &end, &err),
                     WB_OK);
    assert_false(end);
    expect_same(&cell, &back);
    header += used;
    assert_int_equal(wb_pg_decode_row(&field, 1, sent.data + header, sent.len - header, &slab,
                                      &back, &used, &end, &err),
                     WB_OK);
    assert_true(end);
    wb_arena_done(&arena);
}

static struct wb_cell text(const char *s) {
    return wb_cell_text(s, (uint32_t)strlen(s));
}

static const struct wb_type small = {.kind = WB_KIND_INT, .size_bytes = 2, .native = "smallint"};
static const struct wb_type integer = {.kind = WB_KIND_INT, .size_bytes = 4, .native = "integer"};
static const struct wb_type big = {.kind = WB_KIND_INT, .size_bytes = 8, .native = "bigint"};
static const struct wb_type boolean = {.kind = WB_KIND_BOOL, .native = "boolean"};
static const struct wb_type decimal = {.kind = WB_KIND_DECIMAL, .native = "numeric"};
static const struct wb_type real = {.kind = WB_KIND_FLOAT, .size_bytes = 4, .native = "real"};
static const struct wb_type dbl = {
    .kind = WB_KIND_FLOAT, .size_bytes = 8, .native = "double precision"};
static const struct wb_type txt = {.kind = WB_KIND_TEXT, .native = "text"};
static const struct wb_type bytes = {.kind = WB_KIND_BYTES, .native = "bytea"};
static const struct wb_type date = {.kind = WB_KIND_DATE, .native = "date"};
static const struct wb_type daytime = {.kind = WB_KIND_TIME, .native = "time"};
static const struct wb_type stamp = {.kind = WB_KIND_TIMESTAMP, .native = "timestamp"};
static const struct wb_type span = {.kind = WB_KIND_INTERVAL, .native = "interval"};
static const struct wb_type uuid = {.kind = WB_KIND_UUID, .native = "uuid"};
static const struct wb_type jsonb = {.kind = WB_KIND_JSON, .binary_json = true, .native = "jsonb"};
static const struct wb_type set = {.kind = WB_KIND_SET, .native = "text[]"};
static const struct wb_type inet = {.kind = WB_KIND_INET, .native = "inet"};
static const struct wb_type bit3 = {
    .kind = WB_KIND_BIT, .length = 3, .fixed = true, .native = "bit(3)"};
static const struct wb_type bit64 = {
    .kind = WB_KIND_BIT, .length = 64, .fixed = true, .native = "bit(64)"};
static const struct wb_type varbit = {.kind = WB_KIND_BIT, .native = "bit varying"};
static const struct wb_type money = {.kind = WB_KIND_OTHER, .native = "money"};

static void test_round_trips(void **state) {
    (void)state;
    const struct {
        const struct wb_type *type;
        struct wb_cell cell;
    } cases[] = {
        {&small, wb_cell_int(INT16_MIN)},
        {&small, wb_cell_int(INT16_MAX)},
        {&integer, wb_cell_int(INT32_MIN)},
        {&integer, wb_cell_null()},
        {&big, wb_cell_int(INT64_MIN)},
        {&boolean, wb_cell_int(1)},
        {&decimal, text("-12345.678")},
        {&decimal, text("0.000000000000000000000000000001")},
        {&real, wb_cell_double(16777216)},
        {&dbl, wb_cell_double(5e-324)},
        {&dbl, wb_cell_double(-0.0)},
        {&txt, text("")},
        {&txt, text("añ😀\n\\N\t")},
        {&bytes, wb_cell_bytes("\0\377\0", 3)},
        {&date, wb_cell_int(-719528)},
        {&date, wb_cell_int(WB_INFINITY)},
        {&date, wb_cell_int(-WB_INFINITY)},
        {&daytime, wb_cell_int(86400000000)},
        {&stamp, wb_cell_int(-1)},
        {&stamp, wb_cell_int(WB_INFINITY)},
        {&stamp, wb_cell_int(-WB_INFINITY)},
        {&stamp, wb_cell_int(253402300799999999)},
        {&span, wb_cell_int(-3020399000000)},
        {&span, text("14 -3 7")},
        {&uuid, wb_cell_bytes("0123456789abcdef", 16)},
        {&jsonb, text("{\"a\": 1}")},
        {&set, text("")},
        {&set, text("a")},
        {&set, text("a,b c,\"q\"")},
        {&inet, text("10.1.2.3")},
        {&inet, text("10.0.0.0/8")},
        {&inet, text("2001:db8::1")},
        {&bit3, wb_cell_int(5)},
        {&bit64, wb_cell_uint(UINT64_MAX)},
        {&bit64, wb_cell_int(0)},
        {&varbit, text("10110111011")},
        {&varbit, text("")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        round_trip(cases[i].type, cases[i].cell);
}

/* Far larger than any buffer, and of the sizes around its end. */
static void test_long_values(void **state) {
    (void)state;
    static const uint32_t sizes[] = {65535, 65536, 65537, 262143, 262144, 262145, 5000000};
    unsigned char *p = malloc(5000000);
    for (size_t i = 0; i < 5000000; i++)
        p[i] = (unsigned char)(i * 2654435761u >> 24);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        round_trip(&bytes, wb_cell_bytes(p, sizes[i]));
    round_trip(&jsonb, wb_cell_text(p, 300000));
    free(p);
}

static void expect_refused(const struct wb_type *type, struct wb_cell cell, const char *said) {
    struct wb_error err = {0};
    size_t field = 99;
    assert_int_equal(encode(type, &cell, 1, false, &field, &err), WB_E_VALUE);
    assert_int_equal(field, 0);
    if (!strstr(err.text, said))
        fail_msg("\"%s\" does not say \"%s\"", err.text, said);
}

static void test_refusals(void **state) {
    (void)state;
    expect_refused(&small, wb_cell_int(32768), "32768 is out of range");
    expect_refused(&integer, wb_cell_int(-2147483649), "out of range");
    expect_refused(&big, wb_cell_uint(UINT64_MAX), "18446744073709551615 is out of range");
    expect_refused(&boolean, wb_cell_int(2), "neither 0 nor 1");
    expect_refused(&decimal, text("12a"), "no number");
    expect_refused(&real, wb_cell_double(1e300), "larger than a float");
    expect_refused(&daytime, wb_cell_int(-1), "outside");
    expect_refused(&daytime, wb_cell_int(86400000001), "outside");
    expect_refused(&stamp, wb_cell_int(INT64_MAX - 1), "out of range");
    expect_refused(&date, wb_cell_int(INT64_C(1) << 40), "out of range");
    expect_refused(&inet, text("10.0.0"), "no address");
    expect_refused(&inet, text("10.0.0.1/33"), "mask");
    expect_refused(&bit3, wb_cell_int(8), "more bits");
    expect_refused(&varbit, text("102"), "0 and 1");
    expect_refused(&span, text("1 month"), "no interval");
}

static void test_text_format(void **state) {
    (void)state;
    const struct wb_type types[] = {integer, money, txt,  bytes, date,    stamp,
                                    daytime, set,   uuid, bit3,  boolean, txt};
    const struct wb_cell cells[] = {
        wb_cell_int(-5),
        text("$1.50"),
        text("tab\tline\nback\\slash\r"),
        wb_cell_bytes("\1\377", 2),
        wb_cell_int(-719529),
        wb_cell_int(-1),
        wb_cell_int(86399999999),
        text("a,b\"c"),
        wb_cell_bytes("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16),
        wb_cell_int(5),
        wb_cell_int(1),
        wb_cell_null(),
    };
    struct wb_error err = {0};
    size_t field = 0;
    assert_int_equal(encode(types, cells, 12, true, &field, &err), WB_OK);
    assert_string_equal(wb_buf_str(&sent),
                        "-5\t$1.50\ttab\\tline\\nback\\\\slash\\r\t\\\\x01ff\t0002-12-31 "
                        "BC\t1969-12-31 23:59:59.999999\t"
                        "23:59:59.999999\t{\"a\",\"b\\\\\"c\"}\t00010203-0405-0607-0809-"
                        "0a0b0c0d0e0f\t101\tt\t\\N\n");
}

/* A row of every wire form, cut short at every byte and changed at every byte: an error or a row,
 * never a fault. */
static void test_hostile_bytes(void **state) {
    (void)state;
    const struct wb_type types[] = {integer, decimal, txt, bytes, date, stamp,  span,
                                    uuid,    jsonb,   set, inet,  bit3, varbit, dbl};
    const struct wb_cell cells[] = {
        wb_cell_int(1), text("1.25"),     text("ab"),    wb_cell_bytes("x", 1),
        wb_cell_int(2), wb_cell_int(3),   text("1 2 3"), wb_cell_bytes("0123456789abcdef", 16),
        text("{}"),     text("a,b"),      text("::1"),   wb_cell_int(5),
        text("101"),    wb_cell_double(1)};
    enum { N = sizeof types / sizeof types[0] };
    struct wb_pg_field fields[N];
    struct wb_error err = {0};
    size_t field = 0, used = 0, good = 0;
    bool end = false;
    for (size_t i = 0; i < N; i++)
        fields[i] = wb_pg_field_of(&types[i]);
    assert_int_equal(encode(types, cells, N, false, &field, &err), WB_OK);
    size_t len = sent.len - 19 - 2;
    for (size_t i = 0; i <= len; i++) {
        for (int change = 0; change < 4; change++) {
            static const unsigned char masks[] = {0, 0x01, 0x80, 0xFF};
            struct wb_arena arena = {0};
            struct wb_pg_slab slab = {.arena = &arena};
            struct wb_cell back[N];
            size_t n = change ? len : i;
            unsigned char *p =
                malloc(n ? n : 1); /* exactly as long, so that a sanitizer sees a byte too far */
            memcpy(p, sent.data + 19, n);
            if (change && i < len)
                p[i] ^= masks[change];
            enum wb_code code = wb_pg_decode_row(fields, N, p, n, &slab, back, &used, &end, &err);
            assert_true(code == WB_OK || code == WB_E_PROTOCOL);
            assert_true(code || used <= n);
            good += code == WB_OK && !end;
            free(p);
            wb_arena_done(&arena);
        }
    }
    assert_true(good > 0 && good < 4 * len);
}

static void test_header(void **state) {
    (void)state;
    unsigned char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\2xx";
    assert_int_equal(wb_pg_decode_header(header, 21), 21);
    assert_int_equal(wb_pg_decode_header(header, 20), 0);
    header[12] = 1; /* "with OIDs" */
    assert_int_equal(wb_pg_decode_header(header, 21), 0);
    assert_int_equal(wb_pg_decode_header((const unsigned char *)"PGCOPY\n", 7), 0);
}

static int stop(void **state) {
    (void)state;
    wb_buf_done(&sent);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),   cmocka_unit_test(test_long_values),
        cmocka_unit_test(test_refusals),      cmocka_unit_test(test_text_format),
        cmocka_unit_test(test_hostile_bytes), cmocka_unit_test(test_header),
    };
    return cmocka_run_group_tests(tests, NULL, stop);
}
