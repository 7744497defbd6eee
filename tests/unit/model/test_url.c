#include "model/url.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct want {
    const char *text, *scheme, *user, *password, *host;
    uint16_t port;
    const char *database;
};

static void check(const struct want *w) {
    struct wb_arena a = {0};
    struct wb_url u;
    struct wb_error err = {0};
    if (wb_url_parse(w->text, &a, &u, &err))
        fail_msg("%s: %s", w->text, err.text);
    bool same = wb_str_eq(u.scheme, w->scheme) && wb_str_eq(u.user, w->user) &&
                wb_str_eq(u.password, w->password) && wb_str_eq(u.host, w->host) &&
                u.port == w->port && wb_str_eq(u.database, w->database);
    if (!same)
        fail_msg("%s: %s user %s host %s port %u database %s", w->text, u.scheme, u.user, u.host,
                 u.port, u.database);
    wb_arena_done(&a);
}

static void the_parts(void **state) {
    (void)state;
    static const struct want cases[] = {
        {"mysql://user:pw@host:3306/db", "mysql", "user", "pw", "host", 3306, "db"},
        {"MySQL://host", "mysql", NULL, NULL, "host", 0, NULL},
        {"postgresql://user@/db", "postgresql", "user", NULL, NULL, 0, "db"},
        {"postgresql:///db", "postgresql", NULL, NULL, NULL, 0, "db"},
        {"postgres://u:@h/d", "postgres", "u", "", "h", 0, "d"},
        {"mysql://u:p%40ss%3A%2F@h/d%20b", "mysql", "u", "p@ss:/", "h", 0, "d b"},
        {"mysql://u:p@ss@h/d", "mysql", "u", "p@ss", "h", 0, "d"},
        {"mysql://[::1]:33/d", "mysql", NULL, NULL, "::1", 33, "d"},
        {"mysql://[fe80::1]", "mysql", NULL, NULL, "fe80::1", 0, NULL},
        {"mysql://h:/d", "mysql", NULL, NULL, "h", 0, "d"},
        {"sqlite:a/b.db", "sqlite", NULL, NULL, NULL, 0, "a/b.db"},
        {"sqlite:/a/b.db", "sqlite", NULL, NULL, NULL, 0, "/a/b.db"},
        {"sqlite:///a/b.db", "sqlite", NULL, NULL, NULL, 0, "/a/b.db"},
        {"sqlite:C%23%3F.db", "sqlite", NULL, NULL, NULL, 0, "C#?.db"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(&cases[i]);
}

static void parameters(void **state) {
    (void)state;
    struct wb_arena a = {0};
    struct wb_url u;
    assert_int_equal(
        wb_url_parse("mysql://u@/d?socket=%2Ftmp%2Fs.sock&sslmode=disable&sslmode=require&x=", &a,
                     &u, NULL),
        WB_OK);
    assert_string_equal(wb_url_param(&u, "socket"), "/tmp/s.sock");
    assert_string_equal(wb_url_param(&u, "sslmode"), "require"); /* the last one */
    assert_string_equal(wb_url_param(&u, "x"), "");
    assert_null(wb_url_param(&u, "y"));
    wb_arena_done(&a);
}

static void malformed_ones_are_refused_and_say_why(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "mysql",
                                      "://h",
                                      ":x",
                                      "my sql://h",
                                      "mysql:h",
                                      "mysql:/h",
                                      "mysql://h:0/d",
                                      "mysql://h:65536/d",
                                      "mysql://h:x/d",
                                      "mysql://[::1/d",
                                      "mysql://[::1]x/d",
                                      "mysql://h/%zz",
                                      "mysql://h/%4",
                                      "mysql://h/%00",
                                      "mysql://h/d?x",
                                      "mysql://h/d?=x",
                                      "sqlite:",
                                      "sqlite://",
                                      "sqlite:?x=y"};
    struct wb_arena a = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct wb_url u = {.port = 7};
        struct wb_error err = {0};
        if (wb_url_parse(bad[i], &a, &u, &err) != WB_E_URL)
            fail_msg("%s was taken", bad[i]);
        assert_non_null(strstr(err.text, bad[i]));
        assert_int_equal(u.port, 7); /* untouched */
    }
    wb_arena_done(&a);
}

static void a_password_is_never_shown(void **state) {
    (void)state;
    static const char *const urls[] = {"mysql://u:s3cret@h/d?x=y", "mysql://u:s3cret@h:x/d",
                                       "mysql://u:s3cret@h/%zz", "mysql://u:s3%zzcret@h/d",
                                       "mysql://u:s3cret@h/d?x"};
    struct wb_arena a = {0};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct wb_url u = {0};
        struct wb_error err = {0};
        bool ok = wb_url_parse(urls[i], &a, &u, &err) == WB_OK;
        const char *shown = ok ? u.redacted : err.text;
        assert_null(strstr(shown, "s3"));
        assert_non_null(strstr(shown, "***"));
    }
    struct wb_url u;
    assert_int_equal(wb_url_parse("mysql://u:p@h/d?x=y", &a, &u, NULL), WB_OK);
    assert_string_equal(u.redacted, "mysql://u:***@h/d?x=y");
    wb_arena_done(&a);
}

static void a_slip_in_a_parameter_is_told(void **state) {
    (void)state;
    static const char *const some[] = {"socket", "sslmode", NULL};
    static const char *const none[] = {NULL};
    struct wb_arena a = {0};
    struct wb_error err = {0};
    struct wb_url u = {0}, bare = {0};
    assert_int_equal(wb_url_parse("mysql://h/d?sslmode=x&sockett=/s", &a, &u, NULL), WB_OK);
    assert_int_equal(wb_url_check_params(&u, some, &err), WB_E_URL);
    assert_string_equal(err.text,
                        "\"sockett\" is no parameter of a mysql: URL; it takes socket, sslmode");
    assert_int_equal(wb_url_check_params(&u, none, &err), WB_E_URL);
    assert_string_equal(err.text, "\"sslmode\" is no parameter of a mysql: URL; it takes none");
    assert_int_equal(wb_url_parse("mysql://h/d?sslmode=x&socket=/s", &a, &u, NULL), WB_OK);
    assert_int_equal(wb_url_check_params(&u, some, NULL), WB_OK);
    assert_int_equal(wb_url_parse("sqlite:a.db", &a, &bare, NULL), WB_OK);
    assert_int_equal(wb_url_check_params(&bare, none, NULL), WB_OK);
    wb_arena_done(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts),
        cmocka_unit_test(parameters),
        cmocka_unit_test(a_slip_in_a_parameter_is_told),
        cmocka_unit_test(malformed_ones_are_refused_and_say_why),
        cmocka_unit_test(a_password_is_never_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
