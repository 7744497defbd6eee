/* Contract case 32: no narrower and no weaker pass clears a failure. */
#include "verify/store.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROWS = WB_VERIFY_COUNTS | WB_VERIFY_SAMPLE | WB_VERIFY_DIGESTS };

static const struct wb_verify_verdict failure = {
    .target = "public.orders",
    .outcome = WB_VERIFY_DIFFERENT,
    .failed = WB_VERIFY_DIGESTS,
    .scope = {.levels = WB_VERIFY_ALL,
              .columns = "*",
              .strength = WB_VERIFY_BY_DIGEST,
              .counted = true},
};

static struct wb_verify_verdict pass(void) {
    struct wb_verify_verdict v = failure;
    v.outcome = WB_VERIFY_EQUAL;
    v.failed = 0;
    return v;
}

static unsigned left(const struct wb_verify_verdict *f, const struct wb_verify_verdict *v) {
    return wb_verify_left_standing(f, f->failed, v);
}

static void a_pass_of_the_same_scope_clears(void **state) {
    (void)state;
    struct wb_verify_verdict v = pass();
    assert_int_equal(left(&failure, &v), 0);
    v.scope.levels = WB_VERIFY_DIGESTS;
    assert_int_equal(left(&failure, &v), 0);
}

static void fewer_columns_do_not(void **state) {
    (void)state;
    struct wb_verify_verdict v = pass(), f = failure;
    v.scope.columns = "id, total";
    assert_int_equal(left(&failure, &v), WB_VERIFY_DIGESTS);
    f.scope.columns = "id, total, note";
    assert_int_equal(left(&f, &v), WB_VERIFY_DIGESTS);
    f.scope.columns = "total, id";
    assert_int_equal(left(&f, &v), 0);
    f.scope.columns = "id, tot"; /* not a part of a name */
    assert_int_equal(left(&f, &v), WB_VERIFY_DIGESTS);
}

static void fewer_rows_do_not(void **state) {
    (void)state;
    struct wb_verify_verdict v = pass(), f = failure;
    v.scope.where = "id < 10";
    assert_int_equal(left(&failure, &v), WB_VERIFY_DIGESTS);
    f.scope.where = "id < 10";
    assert_int_equal(left(&f, &v), 0);
    f.scope.where = "id < 11";
    assert_int_equal(left(&f, &v), WB_VERIFY_DIGESTS);
    v.scope.where = NULL;
    assert_int_equal(left(&f, &v), 0);
}

static void counts_and_samples_do_not(void **state) {
    (void)state;
    struct wb_verify_verdict v = pass(), f = failure;
    v.scope.strength = WB_VERIFY_BY_SAMPLE;
    v.scope.levels = WB_VERIFY_COUNTS | WB_VERIFY_SAMPLE;
    assert_int_equal(left(&failure, &v), WB_VERIFY_DIGESTS);
    f.failed = WB_VERIFY_SAMPLE;
    f.scope.strength = WB_VERIFY_BY_SAMPLE;
    assert_int_equal(left(&f, &v), WB_VERIFY_SAMPLE); /* another sample may miss the row */
    f.failed = WB_VERIFY_COUNTS;
    f.scope.strength = WB_VERIFY_BY_COUNT;
    assert_int_equal(left(&f, &v), 0);
    v.scope.counted = false;
    assert_int_equal(left(&f, &v), WB_VERIFY_COUNTS);
}

static void structure_is_cleared_by_its_level_alone(void **state) {
    (void)state;
    struct wb_verify_verdict v = pass(), f = failure;
    f.failed = WB_VERIFY_INDEXES | WB_VERIFY_DIGESTS;
    v.scope.levels = WB_VERIFY_DIGESTS;
    assert_int_equal(left(&f, &v), WB_VERIFY_INDEXES);
    v.scope.levels = WB_VERIFY_INDEXES;
    v.scope.strength = WB_VERIFY_NOTHING;
    v.scope.counted = false;
    assert_int_equal(left(&f, &v), WB_VERIFY_DIGESTS);
    v.failed = WB_VERIFY_INDEXES;
    assert_int_equal(left(&f, &v), WB_VERIFY_INDEXES | WB_VERIFY_DIGESTS);
}

/* ------------------------------------------------------------------------------------------------
 * every pair of scopes */

static const char *const columns[] = {"*", "a", "b", "a, b", "b, a", "a, b, c", ""};
static const unsigned column_sets[] = {15, 1, 2, 3, 3, 7, 0}; /* "*" has a fourth one */
static const char *const wheres[] = {NULL, "a < 1", "a < 2"};

static bool at_least(const struct wb_verify_verdict *v, const struct wb_verify_verdict *f,
                     size_t vc, size_t fc, size_t vw, size_t fw) {
    return (column_sets[vc] & column_sets[fc]) == column_sets[fc] && (vw == 0 || vw == fw) &&
           v->scope.strength >= f->scope.strength;
}

/* A pass that clears a failure is at least as wide and as strong. */
static void nothing_less_ever_clears(void **state) {
    (void)state;
    size_t n_cleared = 0;
    for (size_t i = 0; i < 7 * 7 * 3 * 3 * 4 * 4 * 8 * 8; i++) {
        size_t k = i, vc = k % 7, fc = k / 7 % 7;
        k /= 49;
        size_t vw = k % 3, fw = k / 3 % 3;
        k /= 9;
        struct wb_verify_verdict v = pass(), f = failure;
        v.scope.strength = (enum wb_verify_strength)(k % 4);
        f.scope.strength = (enum wb_verify_strength)(k / 4 % 4);
        k /= 16;
        static const unsigned levels[] = {0, 1, 32, 64, 65, 97, 127, 30};
        v.scope.levels = levels[k % 8];
        f.failed = levels[k / 8 % 8];
        v.scope.counted = v.scope.strength == WB_VERIFY_BY_DIGEST ||
                          (v.scope.strength == WB_VERIFY_BY_COUNT && v.scope.levels & 1);
        v.scope.columns = columns[vc];
        f.scope.columns = columns[fc];
        v.scope.where = wheres[vw];
        f.scope.where = wheres[fw];
        unsigned stands = left(&f, &v);
        assert_int_equal(stands & ~f.failed, 0); /* nothing is added */
        bool cleared = (f.failed & ROWS) && !(stands & ROWS);
        n_cleared += cleared;
        if (cleared && !at_least(&v, &f, vc, fc, vw, fw))
            fail_msg("columns %s, where %s, strength %d, levels %u cleared columns %s, where %s, "
                     "strength %d",
                     columns[vc], wheres[vw] ? wheres[vw] : "-", (int)v.scope.strength,
                     v.scope.levels, columns[fc], wheres[fw] ? wheres[fw] : "-",
                     (int)f.scope.strength);
        unsigned structure = f.failed & ~(unsigned)ROWS;
        assert_int_equal(stands & ~(unsigned)ROWS, structure & ~v.scope.levels);
    }
    assert_true(n_cleared > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pass_of_the_same_scope_clears),
        cmocka_unit_test(fewer_columns_do_not),
        cmocka_unit_test(fewer_rows_do_not),
        cmocka_unit_test(counts_and_samples_do_not),
        cmocka_unit_test(structure_is_cleared_by_its_level_alone),
        cmocka_unit_test(nothing_less_ever_clears),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
