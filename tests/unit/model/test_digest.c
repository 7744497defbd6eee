#include "model/digest.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static struct wb_cell text(const char *s) {
    return wb_cell_text(s, (uint32_t)strlen(s));
}

static bool same(struct wb_type t, struct wb_cell a, struct wb_cell b) {
    WB_CLEANUP_BUF struct wb_buf x = {0};
    WB_CLEANUP_BUF struct wb_buf y = {0};
    wb_canon_cell(&x, &t, &a);
    wb_canon_cell(&y, &t, &b);
    return x.len == y.len && memcmp(x.data, y.data, x.len) == 0;
}

static void bytes_are(struct wb_type t, struct wb_cell c, const char *want, size_t len) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_canon_cell(&b, &t, &c);
    assert_int_equal(b.len, len);
    assert_memory_equal(b.data, want, len);
}

#define K(k) ((struct wb_type){.kind = WB_KIND_##k})

static void canonical_bytes_stay_what_they_are(void **state) {
    (void)state;
    bytes_are(K(INT), wb_cell_null(), "\0", 1);
    bytes_are(K(INT), wb_cell_int(-2), "\1\0\xfe\xff\xff\xff\xff\xff\xff\xff", 10);
    bytes_are(K(UINT), wb_cell_uint(UINT64_MAX), "\1\1\xff\xff\xff\xff\xff\xff\xff\xff", 10);
    bytes_are(K(FLOAT), wb_cell_double(1), "\1\0\0\0\0\0\0\xf0\x3f", 9);
    bytes_are(K(DECIMAL), text("-01.50"), "\1\4\0\0\0-1.5", 9);
    bytes_are(K(TEXT), text("ab"), "\1\2\0\0\0ab", 7);
    bytes_are(K(INTERVAL), wb_cell_int(-5),
              "\1\6\0\0\0"
              "0 0 -5",
              11);
    bytes_are((struct wb_type){.kind = WB_KIND_BIT, .length = 3, .fixed = true}, wb_cell_int(5),
              "\1\3\0\0\0"
              "101",
              8);
}

static void equal_decimals_in_all_their_forms(void **state) {
    (void)state;
    struct wb_type d = K(DECIMAL);
    assert_true(same(d, text("1.50"), text("1.5")));
    assert_true(same(d, text("+1.5"), text("001.500")));
    assert_true(same(d, text("100"), wb_cell_int(100)));
    assert_true(same(d, text("100.00"), wb_cell_int(100)));
    assert_true(same(d, text("-0.00"), wb_cell_int(0)));
    assert_true(same(d, text(".5"), text("0.5")));
    assert_true(same(d, text("5."), wb_cell_int(5)));
    assert_true(same(d, text("18446744073709551615"), wb_cell_uint(UINT64_MAX)));
    assert_false(same(d, text("1.5"), text("15")));
    assert_false(same(d, text("10"), text("1")));
    assert_false(same(d, text("-1.5"), text("1.5")));
    assert_false(same(d, text("0.05"), text("0.5")));
    assert_false(same(d, text("0"), wb_cell_null()));
}

static void floats(void **state) {
    (void)state;
    double other_nan;
    uint64_t bits = 0xfff8000000000123u;
    memcpy(&other_nan, &bits, 8);
    assert_true(same(K(FLOAT), wb_cell_double(NAN), wb_cell_double(other_nan)));
    assert_true(same(K(FLOAT), wb_cell_double(-0.0), wb_cell_double(0)));
    assert_false(same(K(FLOAT), wb_cell_double(0.1), wb_cell_double(0.30000000000000004 - 0.2)));
}

static void nothing_runs_into_its_neighbour(void **state) {
    (void)state;
    const struct wb_type t = K(TEXT), *types[] = {&t, &t};
    struct wb_digest ab_c = {0}, a_bc = {0}, null_empty = {0}, empty_null = {0};
    struct {
        struct wb_cell left, right;
        struct wb_digest *d;
    } rows[] = {{text("ab"), text("c"), &ab_c},
                {text("a"), text("bc"), &a_bc},
                {wb_cell_null(), text(""), &null_empty},
                {text(""), wb_cell_null(), &empty_null}};
    WB_CLEANUP_BUF struct wb_buf scratch = {0};
    for (size_t i = 0; i < 4; i++) {
        struct wb_batch b;
        wb_batch_init(&b, 2, 1, 100);
        struct wb_cell *row = wb_batch_add_row(&b);
        row[0] = rows[i].left;
        row[1] = rows[i].right;
        wb_digest_add_batch(rows[i].d, &b, types, &scratch);
        wb_batch_done(&b);
    }
    assert_false(wb_digest_equal(&ab_c, &a_bc));
    assert_false(wb_digest_equal(&null_empty, &empty_null));
}

static struct wb_digest of(const int64_t *values, size_t n) {
    const struct wb_type t = {.kind = WB_KIND_INT, .size_bytes = 8}, *types[] = {&t};
    struct wb_digest d = {0};
    WB_CLEANUP_BUF struct wb_buf scratch = {0};
    struct wb_batch b;
    wb_batch_init(&b, 1, 16, 1 << 20);
    for (size_t i = 0; i < n; i++)
        *wb_batch_add_row(&b) = wb_cell_int(values[i]);
    wb_digest_add_batch(&d, &b, types, &scratch);
    wb_batch_done(&b);
    return d;
}

static void order_does_not_matter_but_number_does(void **state) {
    (void)state;
    struct wb_digest a = of((int64_t[]){1, 2, 3}, 3), b = of((int64_t[]){3, 1, 2}, 3),
                     twice = of((int64_t[]){1, 1}, 2), none = of(NULL, 0);
    assert_true(wb_digest_equal(&a, &b));
    assert_false(wb_digest_equal(&twice, &none)); /* two equal rows do not cancel each other */
    assert_false(twice.lo == none.lo && twice.hi == none.hi);
    struct wb_digest four = of((int64_t[]){1, 1, 1, 1}, 4);
    assert_false(four.lo == twice.lo && four.hi == twice.hi);
    none.rows = 1;
    struct wb_digest empty = {0};
    assert_false(wb_digest_equal(&none, &empty)); /* the count is part of it */
}

static void parts_add_up(void **state) {
    (void)state;
    struct wb_digest whole = of((int64_t[]){1, 2, 3, 4, 5}, 5), sum = {0}, part;
    part = of((int64_t[]){4, 1}, 2);
    wb_digest_add(&sum, &part);
    part = of((int64_t[]){2, 5, 3}, 3);
    wb_digest_add(&sum, &part);
    assert_true(wb_digest_equal(&whole, &sum));
}

static void the_sum_carries(void **state) {
    (void)state;
    struct wb_digest d = {.lo = UINT64_MAX, .hi = 1, .rows = 1},
                     one = {.lo = 1, .hi = 0, .rows = 1};
    wb_digest_add(&d, &one);
    assert_true(d.lo == 0 && d.hi == 2 && d.rows == 2);
    struct wb_digest top = {.lo = UINT64_MAX, .hi = UINT64_MAX};
    wb_digest_add(&top, &one);
    assert_true(top.lo == 0 && top.hi == 0);
    /* in a batch, too: the sum of many rows is the sum of one-row digests */
    struct wb_digest sum = {0}, all;
    int64_t values[16];
    for (int64_t i = 0; i < 16; i++) {
        values[i] = i * 7919;
        struct wb_digest one_row = of(&values[i], 1);
        wb_digest_add(&sum, &one_row);
    }
    all = of(values, 16);
    assert_true(wb_digest_equal(&sum, &all));
}

static void forms_as_text(void **state) {
    (void)state;
    char to[WB_DIGEST_TEXT_BYTES];
    struct wb_digest d = {.lo = 0xabc, .hi = 1, .rows = 5}, back;
    assert_string_equal(wb_digest_format(&d, to), "00000000000000010000000000000abc");
    assert_true(wb_digest_parse(to, 5, &back));
    assert_true(wb_digest_equal(&d, &back));
    static const char *const bad[] = {"", "abc", "00000000000000010000000000000abg",
                                      "00000000000000010000000000000ABC",
                                      "000000000000000100000000000000abc"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wb_digest_parse(bad[i], 1, &back));
    assert_false(wb_digest_parse(NULL, 1, &back));
}

static void any_keeps_its_form(void **state) {
    (void)state;
    assert_false(same(K(ANY), wb_cell_int(1), text("1")));
    assert_false(same(K(ANY), text("a"), wb_cell_bytes("a", 1)));
    assert_false(same(K(ANY), wb_cell_int(1), wb_cell_double(1)));
    assert_true(same(K(ANY), text("a"), text("a")));
    assert_false(same(K(INT), wb_cell_int(1),
                      text("1"))); /* a form that the kind does not promise is never equal */
}

static void put(struct wb_batch *b, int64_t id, int64_t v, const char *made) {
    struct wb_cell *row = wb_batch_add_row(b);
    row[0] = wb_cell_int(id);
    row[1] = wb_cell_int(v);
    row[2] = text(made);
}

struct apart {
    struct wb_digest first, others[2];
};

static struct apart digest_apart(const struct wb_batch *b, uint32_t n_first) {
    static const struct wb_type number = {.kind = WB_KIND_INT}, string = {.kind = WB_KIND_TEXT};
    const struct wb_type *types[] = {&number, &number, &string};
    WB_CLEANUP_BUF struct wb_buf scratch = {0};
    struct apart a = {0};
    if (n_first < b->n_columns)
        wb_digest_add_batch_apart(&a.first, a.others, n_first, b, types, &scratch);
    else
        wb_digest_add_batch(&a.first, b, types, &scratch);
    return a;
}

static void columns_apart_have_digests_of_their_own(void **state) {
    (void)state;
    struct wb_batch x, y, narrow;
    wb_batch_init(&x, 3, 2, 1000);
    wb_batch_init(&y, 3, 2, 1000);
    wb_batch_init(&narrow, 1, 2, 1000);
    put(&x, 1, 10, "a");
    put(&x, 2, 20, "b");
    put(&y, 1, 10, "b"); /* the same values in other rows */
    put(&y, 2, 20, "a");
    *wb_batch_add_row(&narrow) = wb_cell_int(2);
    *wb_batch_add_row(&narrow) = wb_cell_int(1);
    struct apart of_x = digest_apart(&x, 1), of_y = digest_apart(&y, 1),
                 of_narrow = digest_apart(&narrow, 1);
    assert_true(wb_digest_equal(&of_x.first, &of_y.first));
    assert_true(
        wb_digest_equal(&of_x.first, &of_narrow.first)); /* as if the others were not there */
    assert_int_equal(of_x.first.rows, 2);
    assert_true(wb_digest_equal(&of_x.others[0], &of_y.others[0]));
    assert_false(wb_digest_equal(&of_x.others[1], &of_y.others[1]));
    assert_int_equal(of_x.others[1].rows, 0);
    wb_batch_done(&x);
    wb_batch_done(&y);
    wb_batch_done(&narrow);
}

/* Values that two columns of a row exchanged: the sum of all tells it. */
static void columns_apart_do_not_stand_for_each_other(void **state) {
    (void)state;
    static const struct wb_type number = {.kind = WB_KIND_INT};
    const struct wb_type *types[] = {&number, &number, &number};
    WB_CLEANUP_BUF struct wb_buf scratch = {0};
    struct wb_digest sums[2] = {0};
    for (int i = 0; i < 2; i++) {
        struct wb_digest apart[2] = {0};
        struct wb_batch b;
        wb_batch_init(&b, 3, 1, 1000);
        struct wb_cell *row = wb_batch_add_row(&b);
        row[0] = wb_cell_int(1);
        row[1] = wb_cell_int(i ? 8 : 7);
        row[2] = wb_cell_int(i ? 7 : 8);
        wb_digest_add_batch_apart(&sums[i], apart, 1, &b, types, &scratch);
        wb_digest_add(&sums[i], &apart[0]);
        wb_digest_add(&sums[i], &apart[1]);
        wb_batch_done(&b);
    }
    assert_false(wb_digest_equal(&sums[0], &sums[1]));
}

static void what_was_added_can_be_subtracted(void **state) {
    (void)state;
    struct wb_digest d = {.lo = 5, .hi = 7, .rows = 3}, was = d,
                     part = {.lo = UINT64_MAX, .hi = UINT64_MAX - 1, .rows = 1};
    wb_digest_add(&d, &part);
    assert_false(wb_digest_equal(&d, &was));
    wb_digest_subtract(&d, &part);
    assert_true(wb_digest_equal(&d, &was));
}

/* Rows of many MiB are hashed value by value; the hash is that of their canonical bytes. */
static void large_rows_have_the_digest_of_their_bytes(void **state) {
    (void)state;
    enum { LARGE = 3 << 20, N = 6 };
    static unsigned char a[LARGE], b[LARGE];
    memset(a, 'a', sizeof a);
    memset(b, '0', sizeof b);
    b[0] = '1';
    const struct wb_type types[N] = {K(INT), K(TEXT), K(DECIMAL), K(ANY), K(TEXT), K(BYTES)};
    const struct wb_type *const as[N] = {&types[0], &types[1], &types[2],
                                         &types[3], &types[4], &types[5]};
    struct wb_cell row[N] = {wb_cell_int(7),     wb_cell_text(a, LARGE), wb_cell_text(b, LARGE),
                             wb_cell_text(a, 5), wb_cell_null(),         wb_cell_text(b, LARGE)};
    row[5].form = WB_FORM_INVALID;
    WB_CLEANUP_BUF struct wb_buf canon = {0}, scratch = {0};
    for (size_t i = 0; i < N; i++)
        wb_canon_cell(&canon, as[i], &row[i]);
    XXH128_hash_t want = XXH3_128bits(canon.data, canon.len);
    struct wb_batch batch = {.cells = row, .n_rows = 1, .n_columns = N};
    struct wb_digest d = {0};
    struct wb_row_digest got;
    static const uint32_t all[N] = {0, 1, 2, 3, 4, 5};
    wb_digest_add_batch(&d, &batch, as, &scratch);
    wb_digest_rows(&batch, as, all, N, &scratch, &got);
    assert_true(d.lo == want.low64 && d.hi == want.high64);
    assert_true(got.lo == want.low64 && got.hi == want.high64);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_bytes_stay_what_they_are),
        cmocka_unit_test(equal_decimals_in_all_their_forms),
        cmocka_unit_test(floats),
        cmocka_unit_test(nothing_runs_into_its_neighbour),
        cmocka_unit_test(order_does_not_matter_but_number_does),
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(the_sum_carries),
        cmocka_unit_test(forms_as_text),
        cmocka_unit_test(any_keeps_its_form),
        cmocka_unit_test(columns_apart_have_digests_of_their_own),
        cmocka_unit_test(columns_apart_do_not_stand_for_each_other),
        cmocka_unit_test(what_was_added_can_be_subtracted),
        cmocka_unit_test(large_rows_have_the_digest_of_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
