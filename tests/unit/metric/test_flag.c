/* Flags: keys that stay where they are, answers, ETags. */
#include "base/clock.h"
#include "metric/flag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { KEYS = 5000 };

static bool ask(struct wb_flags *f, const char *key, const char *who, struct wb_flag_answer *ret) {
    return wb_flags_evaluate(f, key, who, who ? strlen(who) : 0, ret, NULL);
}

static void set(struct wb_flags *f, const char *name, unsigned share) {
    struct wb_error err = {0};
    assert_int_equal(wb_flags_set_share(f, name, share, &err), WB_OK);
}

static void a_ramp_never_takes_a_key_back(void **state) {
    (void)state;
    static const unsigned shares[] = {0, 100, 101, 1000, 5000, 9999, 10000};
    static bool on[KEYS];
    struct wb_flags *f = wb_flags_new();
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        unsigned n = 0;
        set(f, "reads", shares[i]);
        for (unsigned k = 0; k < KEYS; k++) {
            char who[32];
            struct wb_flag_answer a;
            snprintf(who, sizeof who, "user-%u", k);
            assert_true(ask(f, "reads", who, &a));
            assert_true(a.value || !on[k]);
            on[k] = a.value;
            n += a.value;
        }
        double part = (double)n / KEYS, share = shares[i] / 10000.0;
        assert_true(part > share - 0.03 && part < share + 0.03);
        assert_true((share > 0 && share < 1) || part == share);
    }
    wb_flags_free(f);
}

/* Fixed for ever: a bucket that moved would move users. The key is bytes, not a string. */
static void buckets_are_fixed(void **state) {
    (void)state;
    unsigned a = wb_flag_bucket("reads", "user-1", 6), b = wb_flag_bucket("writes", "user-1", 6);
    assert_int_equal(a, wb_flag_bucket("reads", "user-1xyz", 6));
    assert_int_not_equal(a, b);
    assert_int_equal(a, 1203);
    assert_int_equal(wb_flag_bucket("reads", "a\0b", 3), 5697);
}

static void without_a_key_the_old_side(void **state) {
    (void)state;
    struct wb_flags *f = wb_flags_new();
    struct wb_flag_answer a;
    assert_false(ask(f, "reads", "u", &a));
    set(f, "reads", 9999);
    assert_true(ask(f, "reads", NULL, &a));
    assert_false(a.value);
    assert_string_equal(a.reason, "DEFAULT");
    assert_string_equal(a.variant, "old");
    assert_true(ask(f, "reads", "", &a));
    assert_false(a.value);
    set(f, "reads", 10000);
    assert_true(ask(f, "reads", NULL, &a));
    assert_true(a.value);
    assert_string_equal(a.reason, "STATIC");
    wb_flags_free(f);
}

static void stages(void **state) {
    (void)state;
    struct wb_flags *f = wb_flags_new();
    struct wb_flag_answer a, all[6];
    struct wb_error err = {0};
    enum wb_flag_stage s;
    uint64_t version = 0, later = 0;
    set(f, "reads", 10);
    assert_true(ask(f, "reads-stage", "u", &a));
    assert_int_equal(a.type, WB_FLAG_TEXT);
    assert_string_equal(a.text, "off");
    assert_int_equal(wb_flags_evaluate_all(f, "u", 1, all, 6, &version), 5);
    assert_string_equal(all[0].key, "reads");
    assert_string_equal(all[1].key, "reads-stage");
    assert_int_equal(wb_flags_set_stage(f, "reads", WB_FLAG_SHADOW, &err), WB_OK);
    wb_flags_evaluate_all(f, "u", 1, all, 1, &later);
    assert_true(later > version);
    /* What a runner sets at each turn of its loop must not make every client ask anew. */
    assert_int_equal(wb_flags_set_stage(f, "reads", WB_FLAG_SHADOW, &err), WB_OK);
    set(f, "reads", 10);
    wb_flags_evaluate_all(f, "u", 1, all, 1, &version);
    assert_int_equal(version, later);
    assert_true(ask(f, "reads-stage", NULL, &a));
    assert_string_equal(a.text, "shadow");
    assert_true(wb_flag_stage_parse("rampdown", &s) && s == WB_FLAG_RAMPDOWN);
    assert_false(wb_flag_stage_parse("Live", &s));
    assert_int_equal(wb_flags_set_share(f, "reads-stage", 1, &err), WB_E_PLAN);
    assert_int_equal(wb_flags_set_share(f, "", 1, &err), WB_E_PLAN);
    assert_int_equal(wb_flags_set_share(f, "reads", 10001, &err), WB_E_PLAN);
    wb_flags_free(f);
}

static bool may_write(struct wb_flags *f, const char *key) {
    struct wb_flag_answer a;
    assert_true(ask(f, key, NULL, &a));
    assert_int_equal(a.type, WB_FLAG_BOOL);
    assert_string_equal(a.key, key);
    assert_string_equal(a.variant, a.value ? "allowed" : "disabled");
    return a.value;
}

static void writes_are_allowed_until_they_are_not(void **state) {
    (void)state;
    struct wb_flags *f = wb_flags_new();
    struct wb_flag_answer a;
    struct wb_error err = {0};
    char before[WB_FLAG_ETAG_BYTES], after[WB_FLAG_ETAG_BYTES];
    assert_false(ask(f, "reads-writes", "u", &a));
    set(f, "reads", 0);
    assert_true(may_write(f, "reads-writes") && may_write(f, "reads-writes-source") &&
                may_write(f, "reads-writes-target"));
    wb_flags_etag(f, NULL, 0, before);
    assert_int_equal(wb_flags_set_writes(f, "reads", WB_FLAG_NO_WRITES_TARGET, &err), WB_OK);
    wb_flags_etag(f, NULL, 0, after);
    assert_string_not_equal(before, after);
    assert_true(may_write(f, "reads-writes") && may_write(f, "reads-writes-source"));
    assert_false(may_write(f, "reads-writes-target"));
    wb_flags_set_writes(f, "reads", WB_FLAG_NO_WRITES_SOURCE, &err);
    assert_true(may_write(f, "reads-writes") && may_write(f, "reads-writes-target"));
    assert_false(may_write(f, "reads-writes-source"));
    wb_flags_set_writes(f, "reads", WB_FLAG_NO_WRITES, &err);
    assert_false(may_write(f, "reads-writes"));
    set(f, "reads", 100); /* a ramp gives nothing back */
    assert_false(may_write(f, "reads-writes"));
    assert_int_equal(wb_flags_set_share(f, "x-writes", 1, &err), WB_E_PLAN);
    assert_int_equal(wb_flags_set_share(f, "x-writes-source", 1, &err), WB_E_PLAN);
    wb_flags_free(f);
}

static void what_does_not_change_keeps_its_etag(void **state) {
    (void)state;
    struct wb_flags *f = wb_flags_new();
    struct wb_error err = {0};
    char before[WB_FLAG_ETAG_BYTES], after[WB_FLAG_ETAG_BYTES];
    set(f, "reads", 100);
    wb_flags_etag(f, NULL, 0, before);
    set(f, "reads", 100);
    wb_flags_set_stage(f, "reads", WB_FLAG_OFF, &err);
    wb_flags_set_writes(f, "reads", 0, &err);
    wb_flags_etag(f, NULL, 0, after);
    assert_string_equal(before, after);
    wb_flags_free(f);
}

/* An ETag over the configuration alone would answer "not changed" to another user. */
static void etag_covers_configuration_and_context(void **state) {
    (void)state;
    struct wb_flags *f = wb_flags_new();
    char a[WB_FLAG_ETAG_BYTES], b[WB_FLAG_ETAG_BYTES];
    struct wb_error err = {0};
    set(f, "reads", 100);
    wb_flags_etag(f, "{\"u\":1}", 7, a);
    wb_flags_etag(f, "{\"u\":1}", 7, b);
    assert_string_equal(a, b);
    assert_true(a[0] == '"' && a[strlen(a) - 1] == '"' && strlen(a) == 34);
    wb_flags_etag(f, "{\"u\":2}", 7, b);
    assert_string_not_equal(a, b);
    wb_flags_etag(f, NULL, 0, b);
    assert_string_not_equal(a, b);
    wb_flags_set_stage(f, "reads", WB_FLAG_LIVE, &err);
    wb_flags_etag(f, "{\"u\":1}", 7, b);
    assert_string_not_equal(a, b);
    struct wb_flags *after_restart = wb_flags_new(); /* the same version, another share */
    set(after_restart, "reads", 200);
    wb_flags_etag(after_restart, "{\"u\":1}", 7, b);
    assert_string_not_equal(a, b);
    wb_flags_free(after_restart);
    wb_flags_free(f);
}

/* Far below what any machine does; a lock or an allocation gone wrong would show. */
static void evaluation_is_cheap(void **state) {
    (void)state;
    enum { N = 200000 };
    struct wb_flags *f = wb_flags_new();
    struct wb_flag_answer a;
    unsigned on = 0;
    set(f, "reads", 5000);
    uint64_t began_us = wb_clock_monotonic_us();
    for (unsigned i = 0; i < N; i++) {
        char who[16];
        snprintf(who, sizeof who, "%u", i);
        ask(f, "reads", who, &a);
        on += a.value;
    }
    uint64_t took_us = wb_clock_monotonic_us() - began_us;
    print_message("%.0f evaluations/s\n", N * 1e6 / (double)(took_us + 1));
    assert_in_range(on, N / 2 - N / 50, N / 2 + N / 50);
    assert_true(took_us < N * 500ULL);
    wb_flags_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ramp_never_takes_a_key_back),
        cmocka_unit_test(buckets_are_fixed),
        cmocka_unit_test(without_a_key_the_old_side),
        cmocka_unit_test(stages),
        cmocka_unit_test(writes_are_allowed_until_they_are_not),
        cmocka_unit_test(what_does_not_change_keeps_its_etag),
        cmocka_unit_test(etag_covers_configuration_and_context),
        cmocka_unit_test(evaluation_is_cheap),
    };
    return cmocka_run_group_tests_name("metric/flag", tests, NULL, NULL);
}
