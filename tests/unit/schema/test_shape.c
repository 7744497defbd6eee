#include "schema/shape.h"

#include "base/str.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* One column from one type to another, and what became of the last value that went through. */
struct fixture {
    struct wb_column from_column, to_column;
    struct wb_table from, to;
    struct wb_shape_opts opts;
    struct wb_batch batch;
    struct wb_shape *shape;
    struct wb_error err;
    enum wb_code code;
};

#define T(k, ...) ((struct wb_type){.kind = WB_KIND_##k, ##__VA_ARGS__})

static void make(struct fixture *f, struct wb_type from, struct wb_type to, const char *policy) {
    *f = (struct fixture){.from_column = {.name = "c", .type = from},
                          .to_column = {.name = "c2", .type = to}};
    f->from = (struct wb_table){.name = "t", .columns = &f->from_column, .n_columns = 1};
    f->to = (struct wb_table){.name = "t2", .columns = &f->to_column, .n_columns = 1};
    f->opts.text_refuses_nul = f->opts.text_must_be_utf8 = true;
    if (policy)
        assert_true(wb_policy_parse(policy, &f->opts.policy));
    wb_batch_init(&f->batch, 1, 8, 1 << 20);
}

static struct wb_cell put(struct fixture *f, struct wb_cell in) {
    static const uint32_t columns[] = {0};
    f->code =
        f->shape ? WB_OK : wb_shape_new(&f->from, &f->to, columns, 1, &f->opts, &f->shape, &f->err);
    if (f->code)
        return wb_cell_null();
    f->batch.n_rows = 0;
    *wb_batch_add_row(&f->batch) = in;
    f->code = wb_shape_batch(f->shape, &f->batch, &f->err);
    return f->batch.cells[0];
}

static void done(struct fixture *f) {
    wb_shape_free(f->shape);
    wb_batch_done(&f->batch);
}

static struct wb_cell text(const char *s) {
    return wb_cell_text(s, (uint32_t)strlen(s));
}

/* A cell as a word: "i:5", "u:…", "d:0.5", "t:abc", "b:6162", "null", "invalid". */
static const char *shown(const struct wb_cell *c) {
    static char to[4][600];
    static unsigned turn;
    char *s = to[turn++ % 4];
    int n = 0;
    switch (c->form) {
    case WB_FORM_NULL:
        return "null";
    case WB_FORM_INT:
        snprintf(s, 600, "i:%lld", (long long)c->i);
        return s;
    case WB_FORM_UINT:
        snprintf(s, 600, "u:%llu", (unsigned long long)c->u);
        return s;
    case WB_FORM_DOUBLE:
        snprintf(s, 600, "d:%.17g", c->d);
        return s;
    case WB_FORM_TEXT:
        snprintf(s, 600, "t:%.*s", (int)c->len, (const char *)c->p);
        return s;
    case WB_FORM_BYTES:
        n = snprintf(s, 600, "b:");
        for (uint32_t i = 0; i < c->len; i++)
            n += snprintf(s + n, 600 - (size_t)n, "%02x", c->p[i]);
        return s;
    default:
        return "invalid";
    }
}

/* want: the value after shaping; "!range" and the like: refused with that issue; "none": no
 * conversion at all. */
static void expect(struct wb_type from, struct wb_type to, struct wb_cell in, const char *want,
                   const char *policy) {
    struct fixture f;
    make(&f, from, to, policy);
    char before[64];
    snprintf(before, sizeof before, "%.60s", shown(&in));
    struct wb_cell got = put(&f, in);
    const char *is = f.code == WB_E_TYPE ? "none" : f.code ? "refused" : shown(&got);
    if (*want == '!') {
        if (f.code != WB_E_VALUE || !strstr(wb_error_hint_of(&f.err), want + 1))
            fail_msg("%s to %s: %s gave %s (%s)", wb_kind_name(from.kind), wb_kind_name(to.kind),
                     before, is, f.err.text);
        assert_non_null(strstr(f.err.text, "table t, column c"));
    } else if (strcmp(is, want) != 0) {
        fail_msg("%s to %s: %s gave %s, not %s (%s)", wb_kind_name(from.kind),
                 wb_kind_name(to.kind), before, is, want, f.err.text);
    }
    done(&f);
}

static const struct wb_type int8 = {.kind = WB_KIND_INT, .size_bytes = 8},
                            int2 = {.kind = WB_KIND_INT, .size_bytes = 2},
                            uint8 = {.kind = WB_KIND_UINT, .size_bytes = 8},
                            bool_ = {.kind = WB_KIND_BOOL},
                            real = {.kind = WB_KIND_FLOAT, .size_bytes = 4},
                            dbl = {.kind = WB_KIND_FLOAT, .size_bytes = 8},
                            any_text = {.kind = WB_KIND_TEXT}, any = {.kind = WB_KIND_ANY},
                            date = {.kind = WB_KIND_DATE},
                            stamp = {.kind = WB_KIND_TIMESTAMP, .fraction_digits = 6};

static void integers(void **state) {
    (void)state;
    expect(int2, int8, wb_cell_int(-5), "i:-5", NULL);
    expect(int8, int2, wb_cell_int(32767), "i:32767", NULL);
    expect(int8, int2, wb_cell_int(32768), "!range", NULL);
    expect(int8, int2, wb_cell_int(-32769), "i:-32768", "range=clamp");
    expect(int8, int2, wb_cell_int(40000), "null", "range=null");
    expect(uint8, int8, wb_cell_uint(UINT64_MAX), "!range", NULL);
    expect(uint8, int8, wb_cell_uint(UINT64_MAX), "i:9223372036854775807", "range=clamp");
    expect(uint8, T(DECIMAL, .precision = 20), wb_cell_uint(UINT64_MAX), "u:18446744073709551615",
           NULL);
    expect(int8, uint8, wb_cell_int(-1), "i:0", "range=clamp");
    expect(int8, bool_, wb_cell_int(1), "i:1", NULL);
    expect(int8, bool_, wb_cell_int(-1), "!range", NULL);
    expect(int8, bool_, wb_cell_int(2), "i:1", "range=replace");
    expect(bool_, int2, wb_cell_int(1), "i:1", NULL);
    expect(T(YEAR), int2, wb_cell_int(2155), "i:2155", NULL);
    expect(int8, T(YEAR), wb_cell_int(1900), "i:1901", "range=clamp");
    expect(int8, T(YEAR), wb_cell_int(0), "i:0", NULL);
    expect(int8, T(YEAR), wb_cell_int(3000), "!range", NULL);
    expect(T(BIT, .length = 64, .fixed = true), uint8, wb_cell_uint(UINT64_MAX),
           "u:18446744073709551615", NULL);
    expect(T(BIT, .length = 3, .fixed = true), any_text, wb_cell_int(5), "t:101", NULL);
    expect(any_text, T(BIT, .length = 3, .fixed = true), text("101"), "i:5", NULL);
    expect(any_text, T(BIT, .length = 3, .fixed = true), text("10"), "!range", NULL);
    expect(int8, date, wb_cell_int(1), "none", NULL);
}

static void decimals(void **state) {
    (void)state;
    struct wb_type d52 = {.kind = WB_KIND_DECIMAL, .precision = 5, .scale = 2},
                   free_ = {.kind = WB_KIND_DECIMAL},
                   d1010 = {.kind = WB_KIND_DECIMAL, .precision = 30, .scale = 10};
    expect(d52, d1010, text("-1.50"), "t:-1.50", NULL);
    expect(d1010, d52, text("999.990"), "t:999.990", NULL);
    expect(d1010, d52, text("999.995"), "!range", NULL);
    expect(d1010, d52, text("999.995"), "t:999.99", "range=clamp");
    expect(d1010, d52, text("-1.005"), "t:-1.01", "range=replace");
    expect(d1010, d52, text("-1000"), "t:-999.99", "range=clamp");
    expect(d1010, d52, text("9.996"), "t:10.00", "range=clamp");
    expect(d1010, d52, text("NaN"), "t:NaN", NULL);
    expect(free_, d52, text("Infinity"), "t:999.99", "range=clamp");
    expect(d52, int2, text("12.00"), "i:12", NULL);
    expect(d52, int2, text("12.5"), "i:13", "range=clamp");
    expect(d52, int2, text("-0.00"), "i:0", NULL);
    expect(free_, int8, text("-9223372036854775808"), "i:-9223372036854775808", NULL);
    expect(free_, int8, text("9223372036854775808"), "!range", NULL);
    expect(free_, uint8, text("18446744073709551615"), "u:18446744073709551615", NULL);
    expect(free_, uint8, text("18446744073709551616"), "u:18446744073709551615", "range=clamp");
    expect(int8, d52, wb_cell_int(999), "i:999", NULL);
    expect(int8, d52, wb_cell_int(-1000), "t:-999.99", "range=clamp");
    expect(any_text, free_, text("1.5e3"), "t:1500", NULL);
    expect(any_text, free_, text("-12.5E-4"), "t:-0.00125", NULL);
    expect(any_text, free_, text("+.5"), "t:0.5", NULL);
    expect(any_text, free_, text("1e5"), "t:100000", NULL);
    expect(any_text, d52, text("12x"), "!range", NULL);
    expect(any_text, d52, text("12x"), "null", "range=clamp");
    expect(free_, any_text, wb_cell_int(-3), "t:-3", NULL);
}

static void floats(void **state) {
    (void)state;
    struct wb_type d = {.kind = WB_KIND_DECIMAL, .precision = 10, .scale = 2},
                   free_ = {.kind = WB_KIND_DECIMAL};
    expect(real, dbl, wb_cell_double(0.5), "d:0.5", NULL);
    expect(dbl, real, wb_cell_double(0.1), "!range", NULL);
    expect(dbl, real, wb_cell_double(0.1), "d:0.10000000149011612", "range=replace");
    expect(dbl, real, wb_cell_double(1e300), "null", "range=clamp");
    expect(dbl, any_text, wb_cell_double(0.1), "t:0.1", NULL);
    expect(dbl, any_text, wb_cell_double(100), "t:100", NULL);
    expect(dbl, any_text, wb_cell_double(-1e300), "t:-1e+300", NULL);
    expect(dbl, any_text, wb_cell_double(5e-324), "t:5e-324", NULL);
    expect(dbl, any_text, wb_cell_double(0.30000000000000004), "t:0.30000000000000004", NULL);
    expect(dbl, any_text, wb_cell_double(1234.5678), "t:1234.5678", NULL);
    expect(dbl, any_text, wb_cell_double(NAN), "t:NaN", NULL);
    expect(real, any_text, wb_cell_double(16777216), "t:16777216", NULL);
    expect(real, any_text, wb_cell_double((double)0.1f), "t:0.1", NULL);
    expect(dbl, free_, wb_cell_double(1e22), "t:10000000000000000000000", NULL);
    expect(dbl, d, wb_cell_double(1.25), "t:1.25", NULL);
    expect(dbl, d, wb_cell_double(1.255), "!range", NULL);
    expect(dbl, int8, wb_cell_double(-3), "i:-3", NULL);
    expect(dbl, int8, wb_cell_double(2.5), "i:3", "range=clamp");
    expect(dbl, int8, wb_cell_double(1e19), "i:9223372036854775807", "range=clamp");
    expect(dbl, int8, wb_cell_double(NAN), "null", "range=clamp");
    expect(dbl, T(YEAR), wb_cell_double(1.9), "i:1901", "range=clamp"); /* there is no year 2 */
    expect(dbl, T(YEAR), wb_cell_double(1999.5), "i:2000", "range=clamp");
    expect(int8, dbl, wb_cell_int(INT64_C(9007199254740992)), "d:9007199254740992", NULL);
    expect(int8, dbl, wb_cell_int(INT64_C(9007199254740993)), "!range", NULL);
    expect(int8, dbl, wb_cell_int(INT64_MAX), "!range", NULL);
    expect(uint8, dbl, wb_cell_uint(UINT64_MAX), "!range", NULL);
    expect(free_, dbl, text("0.10"), "d:0.10000000000000001", NULL);
    expect(free_, dbl, text("0.12345678901234567890"), "!range", NULL);
    expect(any_text, dbl, text("-1.5e300"), "d:-1.5000000000000001e+300", NULL);
    expect(any_text, dbl, text("1e999"), "!range", NULL);
    expect(any_text, dbl, text("0x10"), "!range", NULL);
    expect(any_text, dbl, text(" 1"), "!range", NULL);
    expect(any_text, bool_, text("TRUE"), "i:1", NULL);
    expect(any_text, bool_, text("off"), "i:0", NULL);
    expect(any_text, bool_, text("2"), "!range", NULL);
}

static void dates(void **state) {
    (void)state;
    expect(date, any_text, wb_cell_int(0), "t:1970-01-01", NULL);
    expect(date, any_text, wb_cell_int(-719162), "t:0001-01-01", NULL);
    expect(date, any_text, wb_cell_int(2932896), "t:9999-12-31", NULL);
    expect(date, any_text, wb_cell_int(WB_INFINITY), "t:infinity", NULL);
    expect(any_text, date, text("2024-02-29"), "i:19782", NULL);
    expect(any_text, date, text("2023-02-29"), "!zero-date", NULL);
    expect(any_text, date, text("2023-02-29"), "i:19416", "zero-date=replace");
    expect(any_text, date, text("29.02.2024"), "!range", NULL);
    expect(date, stamp, wb_cell_int(-1), "i:-86400000000", NULL);
    expect(stamp, date, wb_cell_int(-86400000000), "i:-1", NULL);
    expect(stamp, date, wb_cell_int(-1), "!range", NULL);
    expect(stamp, date, wb_cell_int(-1), "i:-1", "range=clamp");
    expect(stamp, any_text, wb_cell_int(-1), "t:1969-12-31 23:59:59.999999", NULL);
    expect(T(TIMESTAMP), any_text, wb_cell_int(86399000000), "t:1970-01-01 23:59:59", NULL);
    expect(T(TIMESTAMP, .fraction_digits = 3), any_text, wb_cell_int(1500000),
           "t:1970-01-01 00:00:01.500", NULL);
    expect(T(TIMESTAMPTZ), any_text, wb_cell_int(0), "t:1970-01-01 00:00:00+00", NULL);
    expect(any_text, stamp, text("1970-01-01T00:00:01.25"), "i:1250000", NULL);
    expect(any_text, stamp, text("1970-01-02"), "i:86400000000", NULL);
    expect(any_text, stamp, text("1970-01-01 00:00:00.0000001"), "!range", NULL);
    expect(any_text, T(TIMESTAMP), text("1970-01-01 00:00:00.5"), "i:1000000", "range=replace");
    expect(any_text, stamp, text("1970-01-01 00:00:00+02"), "!range", NULL);
    expect(any_text, T(TIMESTAMPTZ), text("1970-01-01 02:30:00+02:30"), "i:0", NULL);
    expect(any_text, T(TIMESTAMPTZ), text("1970-01-01 00:00:00Z"), "i:0", NULL);
    expect(any_text, T(TIMESTAMPTZ), text("1969-12-31 19:00-05"), "i:0", NULL);
    expect(stamp, T(TIMESTAMP), wb_cell_int(1500000), "i:2000000", "range=clamp");
    expect(stamp, T(TIMESTAMP, .fraction_digits = 3), wb_cell_int(1500000), "i:1500000", NULL);
}

static void times(void **state) {
    (void)state;
    struct wb_type time = {.kind = WB_KIND_TIME, .fraction_digits = 6},
                   interval = {.kind = WB_KIND_INTERVAL, .fraction_digits = 6};
    expect(time, time, wb_cell_int(86400000000), "i:86400000000", NULL);
    expect(time, time, wb_cell_int(86400000001), "!range", NULL);
    expect(time, time, wb_cell_int(-1), "i:0", "range=clamp");
    expect(time, interval, wb_cell_int(-3020399000000), "i:-3020399000000", NULL);
    expect(interval, time, wb_cell_int(1), "i:1", NULL);
    expect(interval, time, text("1 0 0"), "!range", NULL);
    expect(T(TIME), any_text, wb_cell_int(-3020399000000), "t:-838:59:59", NULL);
    expect(time, any_text, wb_cell_int(1), "t:00:00:00.000001", NULL);
    expect(T(INTERVAL), any_text, text("1 2 3000000"), "t:1 mons 2 days 00:00:03", NULL);
    expect(any_text, time, text("23:59"), "i:86340000000", NULL);
    expect(any_text, time, text("24:00:01"), "i:86400000000", "range=clamp");
    expect(any_text, time, text("12:60"), "!range", NULL);
    expect(any_text, interval, text("-100:00:00.5"), "i:-360000500000", NULL);
    struct wb_type mysql_time = {.kind = WB_KIND_TIME, .native = "time"};
    expect(mysql_time, mysql_time, wb_cell_int(-3020399000000), "i:-3020399000000",
           NULL); /* it holds itself */
}

static struct wb_cell invalid(const char *s, enum wb_issue issue) {
    return wb_cell_invalid(s, (uint32_t)strlen(s), issue);
}

static void zero_dates(void **state) {
    (void)state;
    expect(date, date, invalid("0000-00-00", WB_ISSUE_ZERO_DATE), "!zero-date", NULL);
    expect(date, date, invalid("0000-00-00", WB_ISSUE_ZERO_DATE), "null", "zero-date=null");
    expect(date, date, invalid("0000-00-00", WB_ISSUE_ZERO_DATE), "i:-719162", "zero-date=replace");
    expect(date, date, invalid("2023-00-00", WB_ISSUE_ZERO_DATE), "i:19358", "zero-date=replace");
    expect(date, date, invalid("2023-02-31", WB_ISSUE_ZERO_DATE), "i:19416", "zero-date=clamp");
    expect(stamp, stamp, invalid("1970-01-00 00:00:01.5", WB_ISSUE_ZERO_DATE), "i:1500000",
           "zero-date=replace");
    expect(date, any_text, invalid("0000-00-00", WB_ISSUE_ZERO_DATE), "t:0000-00-00", NULL);
    expect(date, any, invalid("2023-00-00", WB_ISSUE_ZERO_DATE), "t:2023-00-00", NULL);
    expect(date, stamp, invalid("2023-00-00", WB_ISSUE_ZERO_DATE), "i:1672531200000000",
           "zero-date=replace");
}

static void not_null_has_no_null(void **state) {
    (void)state;
    struct fixture f;
    make(&f, date, date, "zero-date=null");
    f.to_column.not_null = true;
    put(&f, invalid("0000-00-00", WB_ISSUE_ZERO_DATE));
    assert_int_equal(f.code, WB_E_VALUE);
    assert_non_null(strstr(f.err.text, "NOT NULL"));
    assert_non_null(strstr(f.err.hint, "zero-date=replace"));
    done(&f);
    make(&f, any_text, int8, "range=clamp"); /* a word has no nearest number */
    f.to_column.not_null = true;
    put(&f, text("word"));
    assert_int_equal(f.code, WB_E_VALUE);
    done(&f);
}

static void texts(void **state) {
    (void)state;
    struct wb_type three = {.kind = WB_KIND_TEXT, .length = 3},
                   five = {.kind = WB_KIND_TEXT, .length = 5};
    expect(any_text, any_text, wb_cell_text("a\0b", 3), "!nul-byte", NULL);
    expect(any_text, any_text, wb_cell_text("a\0b", 3),
           "t:a\xE2\x90\x80"
           "b",
           "nul-byte=replace");
    expect(any_text, any_text, wb_cell_text("a\0b", 3), "null", "nul-byte=null");
    expect(any_text, any_text,
           text("a\xff"
                "b"),
           "!utf8", NULL);
    expect(any_text, any_text,
           text("a\xff"
                "b"),
           "t:a\xEF\xBF\xBD"
           "b",
           "utf8=replace");
    expect(any_text, any_text, text("\xED\xA0\x80"), "t:\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD",
           "utf8=replace");
    expect(any_text, any_text, text(""), "t:", NULL);
    expect(five, three, text("ñññ"), "t:ñññ", NULL);
    expect(five, three, text("ñññn"), "!range", NULL);
    expect(five, three, text("ñññn"), "t:ñññ", "range=clamp");
    expect(three, five, text("abc"), "t:abc", NULL);
    expect(int8, three, wb_cell_int(12345), "t:123", "range=clamp");
    expect(T(BYTES), any_text, wb_cell_bytes("\xc3\xa9", 2), "t:é", NULL);
    expect(T(BYTES), any_text, wb_cell_bytes("\xe9", 1), "!utf8", NULL);
    expect(T(BYTES), any_text, wb_cell_bytes("\0", 1), "!nul-byte", NULL);
    expect(any_text, T(BYTES), text("é"), "b:c3a9", NULL);
    expect(any_text, T(BYTES, .length = 1), text("é"), "b:c3", "range=clamp");
    expect(bool_, any_text, wb_cell_int(1), "t:true", NULL);
    expect(T(GEOMETRY), T(BYTES), wb_cell_bytes("ab", 2), "b:6162", NULL);
    expect(T(GEOMETRY), any_text, wb_cell_bytes("ab", 2), "none", NULL);
}

/* What a reader could not decode is mended first and then converted like any text of its column. */
static void bad_text_of_the_source(void **state) {
    (void)state;
    struct wb_type js = {.kind = WB_KIND_JSON};
    expect(any_text, any_text, invalid("a\xff", WB_ISSUE_UTF8), "!utf8", NULL);
    expect(any_text, any_text, invalid("a\xff", WB_ISSUE_UTF8), "t:a\xEF\xBF\xBD", "utf8=replace");
    expect(any_text, any_text, invalid("a\xff", WB_ISSUE_UTF8), "null", "utf8=null");
    expect(any_text, any, invalid("a\xff", WB_ISSUE_UTF8), "!utf8", NULL);
    expect(any_text, T(BYTES), invalid("a\xff", WB_ISSUE_UTF8), "b:61ff", NULL);
    expect(any_text, int8, invalid("\xff", WB_ISSUE_UTF8), "!range", "utf8=replace");
    expect(any_text, js, invalid("\"\xff\"", WB_ISSUE_UTF8), "t:\"\xEF\xBF\xBD\"", "utf8=replace");
    expect(any_text, js, invalid("\xff", WB_ISSUE_UTF8), "!range", "utf8=replace");
}

static void two_faults_in_one_text(void **state) {
    (void)state;
    struct fixture f;
    make(&f, any_text, T(TEXT, .length = 2), "nul-byte=replace");
    f.opts.policy.action[WB_ISSUE_UTF8] = WB_ACTION_REPLACE;
    f.opts.policy.action[WB_ISSUE_RANGE] = WB_ACTION_CLAMP;
    struct wb_cell got = put(&f, wb_cell_text("\xff\0abc", 5));
    assert_int_equal(f.code, WB_OK);
    assert_string_equal(shown(&got), "t:\xEF\xBF\xBD\xE2\x90\x80");
    const struct wb_altered *altered;
    assert_int_equal(wb_shape_altered(f.shape, &altered), 3);
    done(&f);
}

static void targets_that_take_any_bytes(void **state) {
    (void)state;
    struct fixture f;
    make(&f, any_text, any_text, NULL);
    f.opts.text_refuses_nul = f.opts.text_must_be_utf8 = false;
    struct wb_cell got = put(&f, wb_cell_text("\xff\0", 2));
    assert_int_equal(f.code, WB_OK);
    assert_int_equal(got.len, 2);
    done(&f);
}

static void identifiers(void **state) {
    (void)state;
    const char *id = "123e4567-e89b-12d3-a456-426655440000";
    expect(any_text, T(UUID), text(id), "b:123e4567e89b12d3a456426655440000", NULL);
    expect(any_text, T(UUID), text("{123E4567E89B12D3A456426655440000}"),
           "b:123e4567e89b12d3a456426655440000", NULL);
    expect(any_text, T(UUID), text("123e4567-e89b-12d3-a456-42665544000"), "!range", NULL);
    expect(any_text, T(UUID), text("123e4567-e89b-12d3-a456-4266554400000"), "!range", NULL);
    expect(any_text, T(UUID), text("-123e4567e89b12d3a456426655440000"), "!range", NULL);
    expect(T(UUID), any_text,
           wb_cell_bytes("\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x55\x44\0\0", 16),
           "t:123e4567-e89b-12d3-a456-426655440000", NULL);
    expect(T(BYTES), T(UUID), wb_cell_bytes("0123456789abcdef", 16),
           "b:30313233343536373839616263646566", NULL);
    expect(T(BYTES), T(UUID), wb_cell_bytes("short", 5), "!range", NULL);
    expect(any_text, T(INET), text("2001:DB8:0::1"), "t:2001:db8::1", NULL);
    expect(any_text, T(INET), text("10.0.0.1/8"), "t:10.0.0.1/8", NULL);
    expect(any_text, T(INET), text("10.0.0.1/32"), "t:10.0.0.1", NULL);
    expect(any_text, T(INET), text("10.0.0.1/33"), "!range", NULL);
    expect(any_text, T(INET), text("10.0.0.256"), "!range", NULL);
    expect(T(INET), any_text, text("::1"), "t:::1", NULL);
}

static void labels(void **state) {
    (void)state;
    static const char *const ab[] = {"a", "b"}, *const a_empty[] = {"a", ""};
    struct wb_type en = {.kind = WB_KIND_ENUM, .labels = ab, .n_labels = 2},
                   only = {.kind = WB_KIND_ENUM, .labels = a_empty, .n_labels = 2};
    expect(en, en, text("b"), "t:b", NULL);
    expect(en, en, invalid("", WB_ISSUE_RANGE), "!range", NULL);
    expect(en, en, invalid("", WB_ISSUE_RANGE), "null", "range=replace");
    expect(only, only, invalid("", WB_ISSUE_RANGE), "t:", "range=replace");
    expect(en, any_text, invalid("", WB_ISSUE_RANGE), "t:", NULL);
    expect(en, only, text("b"), "!range", NULL);
    expect(any_text, en, text("a"), "t:a", NULL);
    expect(any_text, en, text("c"), "!range", NULL);
    struct wb_type set = {.kind = WB_KIND_SET, .labels = ab, .n_labels = 2};
    expect(any_text, set, text("a,b"), "t:a,b", NULL);
    expect(any_text, set, text("a,c"), "!range", NULL);
    expect(any_text, set, text(""), "t:", NULL);
    expect(set, T(ARRAY), text("a,b"), "t:{a,b}", NULL);
    expect(set, T(ARRAY), text(""), "t:{}", NULL);
    expect(set, T(ARRAY), text("c d,NULL,\"q\",{x},back\\"),
           "t:{\"c d\",\"NULL\",\"\\\"q\\\"\",\"{x}\",\"back\\\\\"}", NULL);
}

static void json(void **state) {
    (void)state;
    struct wb_type js = {.kind = WB_KIND_JSON}, jsonb = {.kind = WB_KIND_JSON, .binary_json = true};
    static const char *const good[] = {"{}", " [1, -0.5e+3 ,\"\\u00e9\\n\",true,null,{\"a\":{}}] ",
                                       "0", "\"\"", "[]"};
    static const char *const bad[] = {"",      "{",           "[1,]",   "{\"a\" 1}", "01",
                                      "1.",    "'a'",         "\"\n\"", "\"\\x\"",   "nul",
                                      "[] []", "\"\\u12g4\"", "-"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char want[80];
        snprintf(want, sizeof want, "t:%s", good[i]);
        expect(any_text, js, text(good[i]), want, NULL);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect(any_text, js, text(bad[i]), "!range", NULL);
    expect(js, js, text("\"\\u0000\""), "t:\"\\u0000\"", NULL);
    expect(js, jsonb, text("\"\\u0000\""), "!nul-byte", NULL);
    expect(js, jsonb, text("\"\\u0000x\""), "t:\"\\u2400x\"", "nul-byte=replace");
    expect(js, jsonb, text("\"\\\\u0000\""), "t:\"\\\\u0000\"", NULL);
    expect(js, jsonb, text("\"\\ud83d\\ude00\""), "t:\"\\ud83d\\ude00\"", NULL);
    expect(js, jsonb, text("\"\\ud83d\""), "!utf8", NULL);
    expect(js, jsonb, text("\"\\ude00\\ud83dx\""), "t:\"\\ufffd\\ufffdx\"", "utf8=replace");
    expect(js, jsonb, text("\"\\ud83d\\u0000\""), "!nul-byte",
           "utf8=replace"); /* the other fault keeps its own policy */
}

/* SQLite's columns hold any form; what a typed target cannot take is the policy's. */
static void any_values(void **state) {
    (void)state;
    expect(any, int8, wb_cell_int(5), "i:5", NULL);
    expect(any, int8, text("5"), "i:5", NULL);
    expect(any, int8, wb_cell_double(5), "i:5", NULL);
    expect(any, int8, wb_cell_double(5.5), "!range", NULL);
    expect(any, int8, text("five"), "!range", NULL);
    expect(any, int8, wb_cell_bytes("5", 1), "null", "range=null");
    expect(any, any_text, wb_cell_int(5), "t:5", NULL);
    expect(any, any_text, wb_cell_double(0.5), "t:0.5", NULL);
    expect(any, any_text, wb_cell_text("\0", 1), "!nul-byte", NULL);
    expect(any, any_text, wb_cell_bytes("\xff", 1), "!utf8", NULL);
    expect(any, T(BYTES), text("a"), "b:61", NULL);
    expect(any, T(BYTES), wb_cell_int(1), "!range", NULL);
    expect(any, dbl, wb_cell_int(3), "d:3", NULL);
    expect(any, T(DECIMAL), wb_cell_double(0.1), "t:0.1", NULL);
    expect(any, any, wb_cell_text("\xff", 1), "t:\xff", NULL);
    expect(uint8, any, wb_cell_uint(UINT64_MAX), "t:18446744073709551615", NULL);
    expect(T(DECIMAL), any, wb_cell_int(7), "t:7", NULL);
    expect(date, any, wb_cell_int(0), "t:1970-01-01", NULL);
    expect(T(UUID), any, wb_cell_bytes("0123456789abcdef", 16),
           "t:30313233-3435-3637-3839-616263646566", NULL);
}

/* NULL passes everywhere, and a batch's other columns are left alone. */
static void rows_and_columns(void **state) {
    (void)state;
    struct wb_column from_columns[] = {
        {.name = "a", .type = int8}, {.name = "b", .type = any_text}, {.name = "c", .type = int8}};
    struct wb_column to_columns[] = {{.name = "c", .type = int2, .source_index = 2},
                                     {.name = "x", .type = any_text, .source_index = 1},
                                     {.name = "a", .type = int8, .source_index = 0}};
    struct wb_table from = {.name = "t", .columns = from_columns, .n_columns = 3},
                    to = {.name = "t", .columns = to_columns, .n_columns = 3};
    const uint32_t columns[] = {2, 1, 0};
    struct wb_shape_opts opts = {.text_refuses_nul = true, .text_must_be_utf8 = true};
    assert_true(wb_policy_parse("range=clamp", &opts.policy));
    assert_true(wb_policy_parse("nul-byte=null", &opts.policy));
    struct wb_shape *s;
    struct wb_error err;
    assert_int_equal(wb_shape_new(&from, &to, columns, 3, &opts, &s, &err), WB_OK);
    struct wb_batch b;
    wb_batch_init(&b, 3, 4, 1 << 20);
    for (int i = 0; i < 3; i++) {
        struct wb_cell *row = wb_batch_add_row(&b);
        row[0] = wb_cell_int(100000 + i);
        row[1] = i == 1 ? wb_cell_null() : wb_cell_text("a\0", 2);
        row[2] = i == 1 ? wb_cell_null() : wb_cell_int(i == 0 ? 40000 : 4);
    }
    assert_int_equal(wb_shape_batch(s, &b, &err), WB_OK);
    assert_int_equal(wb_batch_row(&b, 0)[0].i, 100000);
    assert_int_equal(wb_batch_row(&b, 0)[2].i, 32767);
    assert_int_equal(wb_batch_row(&b, 1)[2].form, WB_FORM_NULL);
    assert_int_equal(wb_batch_row(&b, 2)[2].i, 4);
    assert_int_equal(wb_batch_row(&b, 2)[1].form, WB_FORM_NULL);
    const struct wb_altered *altered;
    assert_int_equal(wb_shape_altered(s, &altered), 2);
    assert_int_equal(altered[0].column, 1);
    assert_int_equal(altered[0].issue, WB_ISSUE_NUL_BYTE);
    assert_int_equal(altered[0].action, WB_ACTION_NULL);
    assert_int_equal(altered[0].values, 2);
    assert_int_equal(altered[1].column, 0);
    assert_int_equal(altered[1].values, 1);
    wb_shape_reset_altered(s);
    assert_int_equal(wb_shape_altered(s, &altered), 0);
    wb_batch_done(&b);
    wb_shape_free(s);
    wb_shape_free(NULL);
}

static void a_refusal_says_where_what_and_how(void **state) {
    (void)state;
    struct fixture f;
    make(&f, date, T(DATE, .native = "date"), NULL);
    put(&f, invalid("0000-00-00", WB_ISSUE_ZERO_DATE));
    assert_string_equal(f.err.text, "table t, column c: a zero or partial date ('0000-00-00') "
                                    "cannot be held by the target (date)");
    assert_non_null(strstr(f.err.hint, "--policy zero-date=null"));
    done(&f);
    make(&f, any_text, any_text, NULL);
    put(&f, wb_cell_text("\x1b[2Jx\0", 6));
    assert_null(strchr(f.err.text, 0x1b)); /* no control characters reach a terminal */
    done(&f);
    make(&f, T(GEOMETRY, .native = "point"), T(INT, .native = "bigint", .size_bytes = 8), NULL);
    put(&f, wb_cell_null());
    assert_int_equal(f.code, WB_E_TYPE);
    assert_non_null(strstr(f.err.text, "point"));
    assert_non_null(strstr(f.err.text, "bigint"));
    done(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(decimals),
        cmocka_unit_test(floats),
        cmocka_unit_test(dates),
        cmocka_unit_test(times),
        cmocka_unit_test(zero_dates),
        cmocka_unit_test(not_null_has_no_null),
        cmocka_unit_test(texts),
        cmocka_unit_test(bad_text_of_the_source),
        cmocka_unit_test(two_faults_in_one_text),
        cmocka_unit_test(targets_that_take_any_bytes),
        cmocka_unit_test(identifiers),
        cmocka_unit_test(labels),
        cmocka_unit_test(json),
        cmocka_unit_test(any_values),
        cmocka_unit_test(rows_and_columns),
        cmocka_unit_test(a_refusal_says_where_what_and_how),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
