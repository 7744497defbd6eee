#include "serve/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t now_us = 1773303330000000; /* 2026-03-12T08:15:30Z */

/* --- contexts -------------------------------------------------------------------------------- */

static enum wb_ofrep_fault context(const char *body, struct wb_ofrep_context *c, char *text) {
    *c = (struct wb_ofrep_context){0};
    *text = 0;
    return wb_ofrep_parse(body, strlen(body), c, text, 256);
}

static void assert_key(const char *body, const char *key) {
    struct wb_ofrep_context c;
    char text[256];
    assert_int_equal(context(body, &c, text), WB_OFREP_GOOD);
    if (key) {
        assert_non_null(c.key);
        assert_string_equal(c.key, key);
        assert_int_equal(c.len, strlen(key));
    } else {
        assert_null(c.key);
    }
    wb_ofrep_context_done(&c);
}

static void contexts(void **state) {
    (void)state;
    assert_key("{\"context\":{\"targetingKey\":\"user 1\"}}", "user 1");
    assert_key("{\"context\":{\"targetingKey\":\"\\u00e9\\ud83d\\ude00\",\"a\":[{}]},\"x\":1}",
               "é😀");
    assert_key("{\"context\":{\"targetingKey\":\"\"}}", "");
    assert_key("", NULL);
    assert_key("{}", NULL);
    assert_key("{\"context\":null}", NULL);
    assert_key("{\"context\":{\"targetingKey\":null}}", NULL);
    assert_key("{\"context\":{\"email\":\"a@b\"}}", NULL);
    /* Whatever else is in a context must not make it useless: numbers beyond 64 bits, NUL. */
    assert_key("{\"context\":{\"id\":123456789012345678901234567890,\"n\":\"a\\u0000b\","
               "\"targetingKey\":\"k\"}}",
               "k");
}

static void keys_with_nul(void **state) {
    (void)state;
    struct wb_ofrep_context c;
    char text[256];
    assert_int_equal(context("{\"context\":{\"targetingKey\":\"a\\u0000b\"}}", &c, text),
                     WB_OFREP_GOOD);
    assert_int_equal(c.len, 3);
    assert_memory_equal(c.key, "a\0b", 3);
    wb_ofrep_context_done(&c);
}

static void bad_contexts(void **state) {
    (void)state;
    static const struct {
        const char *body;
        enum wb_ofrep_fault fault;
    } cases[] = {
        {"{", WB_OFREP_PARSE_ERROR},
        {"nonsense", WB_OFREP_PARSE_ERROR},
        {"[]", WB_OFREP_PARSE_ERROR},
        {"1", WB_OFREP_PARSE_ERROR},
        {"{\"context\":{}} x", WB_OFREP_PARSE_ERROR},
        {"{\"context\":{\"targetingKey\":\"a\",\"targetingKey\":\"b\"}}", WB_OFREP_PARSE_ERROR},
        {"{\"context\":{\"targetingKey\":\"\xff\"}}", WB_OFREP_PARSE_ERROR},
        {"{\"context\":[]}", WB_OFREP_INVALID_CONTEXT},
        {"{\"context\":\"k\"}", WB_OFREP_INVALID_CONTEXT},
        {"{\"context\":{\"targetingKey\":7}}", WB_OFREP_INVALID_CONTEXT},
        {"{\"context\":{\"targetingKey\":{}}}", WB_OFREP_INVALID_CONTEXT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wb_ofrep_context c;
        char text[256];
        assert_int_equal(context(cases[i].body, &c, text), cases[i].fault);
        assert_true(*text);
        assert_null(c.key);
    }
}

static void deep_nesting(void **state) {
    (void)state;
    enum { DEEP = 60000 };
    char *body = malloc(DEEP + 1), text[256];
    struct wb_ofrep_context c = {0};
    memset(body, '[', DEEP);
    body[DEEP] = 0;
    assert_int_equal(wb_ofrep_parse(body, DEEP, &c, text, sizeof text), WB_OFREP_PARSE_ERROR);
    free(body);
}

static void entity_tags(void **state) {
    (void)state;
    const char *tag = "\"abc\"";
    assert_int_equal(wb_etag_compare("\"abc\"", tag), WB_ETAG_SAME);
    assert_int_equal(wb_etag_compare("W/\"abc\"", tag), WB_ETAG_SAME);
    assert_int_equal(wb_etag_compare("\"x\" , W/\"y,\",  \"abc\"", tag), WB_ETAG_SAME);
    assert_int_equal(wb_etag_compare("*", tag), WB_ETAG_SAME);
    assert_int_equal(wb_etag_compare(NULL, tag), WB_ETAG_OTHER);
    assert_int_equal(wb_etag_compare("", tag), WB_ETAG_OTHER);
    assert_int_equal(wb_etag_compare("abc", tag), WB_ETAG_OTHER);
    assert_int_equal(wb_etag_compare("\"abcd\"", tag), WB_ETAG_OTHER);
    assert_int_equal(wb_etag_compare("\"abc", tag), WB_ETAG_OTHER);
    assert_int_equal(wb_etag_compare("\"x\" \"abc", tag), WB_ETAG_OTHER);
}

/* --- observations ---------------------------------------------------------------------------- */

static struct wb_observation_batch observed(const char *body) {
    struct wb_observation_batch b = {0};
    struct wb_error err = {0};
    if (wb_observation_parse(body, strlen(body), now_us, &b, &err))
        fail_msg("%s: %s", body, err.text);
    return b;
}

static void one_observation(void **state) {
    (void)state;
    struct wb_observation_batch b =
        observed("{\"side\":\"new\",\"operation\":\"write\",\"outcome\":\"error\","
                 "\"latency_ms\":12.5}");
    assert_int_equal(b.n, 1);
    assert_int_equal(b.n_late, 0);
    assert_int_equal(b.items[0].side, WB_OBSERVE_NEW);
    assert_int_equal(b.items[0].op, WB_OBSERVE_WRITE);
    assert_int_equal(b.items[0].outcome, WB_OBSERVE_ERROR);
    assert_int_equal(b.items[0].shadow, WB_SHADOW_NONE);
    assert_int_equal(b.items[0].latency_us, 12500);
    wb_observation_batch_done(&b);
}

static void shadows(void **state) {
    (void)state;
    struct wb_observation_batch b =
        observed("[{\"operation\":\"shadow\",\"outcome\":\"match\"},"
                 "{\"operation\":\"shadow\",\"outcome\":\"mismatch\",\"side\":\"old\"},"
                 "{\"operation\":\"shadow\",\"outcome\":\"error\",\"latency_ms\":null}]");
    assert_int_equal(b.n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(b.items[i].op, WB_OBSERVE_READ);
        assert_true(b.items[i].latency_us == WB_OBSERVE_NO_LATENCY);
    }
    assert_int_equal(b.items[0].side, WB_OBSERVE_NEW);
    assert_int_equal(b.items[0].shadow, WB_SHADOW_MATCH);
    assert_int_equal(b.items[1].side, WB_OBSERVE_OLD);
    assert_int_equal(b.items[1].shadow, WB_SHADOW_MISMATCH);
    assert_int_equal(b.items[1].outcome, WB_OBSERVE_OK);
    assert_int_equal(b.items[2].shadow, WB_SHADOW_NONE);
    assert_int_equal(b.items[2].outcome, WB_OBSERVE_ERROR);
    wb_observation_batch_done(&b);
}

static void late_observations(void **state) {
    (void)state;
#define ITEM "{\"side\":\"old\",\"operation\":\"read\",\"outcome\":\"ok\",\"time\":"
    struct wb_observation_batch b = observed(
        "{\"observations\":["             /* */
        ITEM "\"2026-03-12T08:13:30Z\"}," /* 120 s before */
        ITEM "\"2026-03-12T08:13:29.999Z\"}," ITEM "\"2026-03-12T09:17:30+01:00\"}," /* after */
        ITEM "\"2026-03-12T08:17:31Z\"}," ITEM "1773303330000}," ITEM "1773303}," ITEM "null}"
        "]}");
    assert_int_equal(b.n, 4);
    assert_int_equal(b.n_late, 3);
    wb_observation_batch_done(&b);
    b = observed("[]");
    assert_int_equal(b.n, 0);
    wb_observation_batch_done(&b);
}

static void bad_observations(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",
        "{",
        "7",
        "null",
        "{}",
        "[7]",
        "[{}]",
        "{\"observations\":{}}",
        "{\"side\":\"new\",\"operation\":\"read\"}",
        "{\"operation\":\"read\",\"outcome\":\"ok\"}",
        "{\"side\":\"both\",\"operation\":\"read\",\"outcome\":\"ok\"}",
        "{\"side\":1,\"operation\":\"read\",\"outcome\":\"ok\"}",
        "{\"side\":\"new\",\"operation\":\"scan\",\"outcome\":\"ok\"}",
        "{\"side\":\"new\",\"operation\":\"read\",\"outcome\":\"fine\"}",
        "{\"side\":\"new\",\"operation\":\"read\",\"outcome\":\"match\"}",
        "{\"side\":\"new\",\"operation\":\"shadow\",\"outcome\":\"ok\"}",
        ITEM "\"yesterday\"}",
        ITEM "{}}",
        ITEM "-1}",
        "{\"side\":\"new\",\"operation\":\"read\",\"outcome\":\"ok\",\"latency\":1}",
        "{\"side\":\"new\",\"operation\":\"read\",\"outcome\":\"ok\",\"latency_ms\":-1}",
        "{\"side\":\"new\",\"operation\":\"read\",\"outcome\":\"ok\",\"latency_ms\":\"1\"}",
        "{\"side\":\"new\",\"operation\":\"read\",\"outcome\":\"ok\",\"latency_ms\":1e10}",
        "{\"side\":\"new\",\"side\":\"old\",\"operation\":\"read\",\"outcome\":\"ok\"}",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wb_observation_batch b = {0};
        struct wb_error err = {0};
        if (wb_observation_parse(cases[i], strlen(cases[i]), now_us, &b, &err) != WB_E_USAGE)
            fail_msg("taken: %s", cases[i]);
        assert_true(*err.text);
        assert_null(b.items);
        assert_int_equal(wb_observation_parse(cases[i], strlen(cases[i]), now_us, &b, NULL),
                         WB_E_USAGE);
    }
}

static void the_bad_one_is_named(void **state) {
    (void)state;
    struct wb_observation_batch b = {0};
    struct wb_error err = {0};
    static const char body[] = "[" ITEM "null}," ITEM "null},{\"side\":\"new\"}]";
    assert_int_equal(wb_observation_parse(body, sizeof body - 1, now_us, &b, &err), WB_E_USAGE);
    assert_string_equal(err.text, "observation 2: \"operation\" is missing");
}

static void too_many_observations(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf body = {0};
    struct wb_observation_batch b = {0};
    for (int i = 0; i < WB_SERVE_MAX_BATCH; i++)
        wb_buf_addf(&body, "%c" ITEM "null}", i ? ',' : '[');
    size_t len = body.len;
    wb_buf_addc(&body, ']');
    assert_int_equal(wb_observation_parse(body.data, body.len, now_us, &b, NULL), WB_OK);
    assert_int_equal(b.n, WB_SERVE_MAX_BATCH);
    wb_observation_batch_done(&b);
    body.len = len;
    wb_buf_adds(&body, "," ITEM "null}]");
    assert_int_equal(wb_observation_parse(body.data, body.len, now_us, &b, NULL), WB_E_USAGE);
}

static void times(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {
        {"2026-03-12T08:15:30Z", 1773303330000000},
        {"2026-03-12t08:15:30z", 1773303330000000},
        {"2026-03-12 08:15:30.1Z", 1773303330100000},
        {"2026-03-12T08:15:30.123456789Z", 1773303330123456},
        {"2026-03-12T10:15:30+02:00", 1773303330000000},
        {"2026-03-12T02:45:30-05:30", 1773303330000000},
        {"1970-01-01T00:00:00Z", 0},
    };
    static const char *const bad[] = {
        "",
        "2026",
        "2026-03-12",
        "2026-03-12T08:15:30",
        "2026-13-12T08:15:30Z",
        "2026-03-12T24:15:30Z",
        "2026-03-12T08:15:30.Z",
        "2026-03-12T08:15:30+2:00",
        "2026-03-12T08:15:30Z ",
        "1969-12-31T23:59:59Z",
        "2026-03-12T08:15:3",
        "now",
    };
    int64_t us;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(wb_time_parse(good[i].text, &us));
        assert_true(us == good[i].us);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(wb_time_parse(bad[i], &us));
}

/* --- requests and headers -------------------------------------------------------------------- */

static void request_bodies(void **state) {
    (void)state;
    struct wb_arena a = {0};
    struct wb_error err = {0};
    const char *role, *args;
    assert_int_equal(wb_request_body_parse(NULL, 0, &a, &role, &args, &err), WB_OK);
    assert_string_equal(role, "");
    assert_string_equal(args, "{}");
    static const char body[] = "{\"role\": \"dba\", \"step\": \"2\", \"n\": [1]}";
    assert_int_equal(wb_request_body_parse(body, sizeof body - 1, &a, &role, &args, &err), WB_OK);
    assert_string_equal(role, "dba");
    assert_string_equal(args, "{\"step\":\"2\",\"n\":[1]}");
    static const char *const bad[] = {"x", "[]", "{\"role\":1}", "{\"role\":\"a\"", "1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(wb_request_body_parse(bad[i], strlen(bad[i]), &a, &role, &args, &err),
                         WB_E_USAGE);
    wb_arena_done(&a);
}

static void tokens(void **state) {
    (void)state;
    unsigned char digest[WB_TOKEN_DIGEST_BYTES];
    wb_token_digest("0123456789abcdef", 16, digest);
    assert_int_equal(wb_token_check("Bearer 0123456789abcdef", digest), WB_TOKEN_RIGHT);
    assert_int_equal(wb_token_check("bearer  0123456789abcdef ", digest), WB_TOKEN_RIGHT);
    assert_int_equal(wb_token_check("Bearer 0123456789abcdeF", digest), WB_TOKEN_WRONG);
    assert_int_equal(wb_token_check("Bearer 0123456789abcde", digest), WB_TOKEN_WRONG);
    assert_int_equal(wb_token_check("Bearer 0123456789abcdef0", digest), WB_TOKEN_WRONG);
    assert_int_equal(wb_token_check("Bearer ", digest), WB_TOKEN_WRONG);
    assert_int_equal(wb_token_check("Bearer", digest), WB_TOKEN_MISSING);
    assert_int_equal(wb_token_check("Basic 0123456789abcdef", digest), WB_TOKEN_MISSING);
    assert_int_equal(wb_token_check("", digest), WB_TOKEN_MISSING);
    assert_int_equal(wb_token_check(NULL, digest), WB_TOKEN_MISSING);
}

static void hosts(void **state) {
    (void)state;
    static const char *const local[] = {"localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8470",
                                        "[::1]",     "[::1]:8470",   "::1",       "10.0.0.1:1"};
    static const char *const names[] = {
        "",     "example.org", "example.org:8470", "localhost.example.org", "127.0.0.1.example.org",
        "[::1", "[example]:80"};
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
        assert_int_equal(wb_host_kind_of(local[i]), WB_HOST_LOCAL);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(wb_host_kind_of(names[i]), WB_HOST_NAME);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contexts),
        cmocka_unit_test(keys_with_nul),
        cmocka_unit_test(bad_contexts),
        cmocka_unit_test(deep_nesting),
        cmocka_unit_test(entity_tags),
        cmocka_unit_test(one_observation),
        cmocka_unit_test(shadows),
        cmocka_unit_test(late_observations),
        cmocka_unit_test(bad_observations),
        cmocka_unit_test(the_bad_one_is_named),
        cmocka_unit_test(too_many_observations),
        cmocka_unit_test(times),
        cmocka_unit_test(request_bodies),
        cmocka_unit_test(tokens),
        cmocka_unit_test(hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
