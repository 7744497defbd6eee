/* Second connections: what they are for makes sense on the first one's server only. */
#include "my/conn.h"

#include "base/clock.h"
#include "unit/engines/mysql/live_mysql.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct wb_my_conn *open_one(struct wb_arena *a) {
    struct wb_url url;
    struct wb_error err;
    struct wb_my_conn *c = NULL;
    struct wb_my_opts opts = {.writes = true};
    if (wb_url_parse(getenv("WB_MY_URL"), a, &url, &err) || wb_my_open(&url, &opts, &c, &err))
        fail_msg("%s", err.text);
    return c;
}

static void a_server_is_asked_once_who_it_is(void **state) {
    struct wb_arena a = {0};
    struct wb_error err;
    const char *first = NULL, *again = NULL;
    (void)state;
    if (!getenv("WB_MY_URL"))
        skip();
    struct wb_my_conn *c = open_one(&a), *other = NULL;
    assert_int_equal(wb_my_identify(c, &first, &err), WB_OK);
    assert_true(strlen(first) > 20);
    assert_int_equal(wb_my_identify(c, &again, &err), WB_OK);
    assert_ptr_equal(first, again);
    assert_int_equal(wb_my_open_again(c, &other, &err), WB_OK);
    assert_int_equal(wb_my_identify(other, &again, &err), WB_OK);
    assert_string_equal(first, again);
    wb_my_close(other);
    wb_my_close(c);
    wb_arena_done(&a);
}

static void a_second_connection_to_another_server_is_refused(void **state) {
    struct wb_arena a = {0};
    struct wb_error err;
    (void)state;
    if (!getenv("WB_MY_URL"))
        skip();
    struct wb_my_conn *c = open_one(&a), *other = NULL;
    c->server = "another server"; /* that was behind the URL when c was opened */
    assert_int_equal(wb_my_open_again(c, &other, &err), WB_E_OTHER_DATABASE);
    assert_null(other);
    assert_non_null(strstr(err.text, "expected another server, met "));
    wb_my_close(c);
    wb_arena_done(&a);
}

/* A session that waits for a lock, in a thread of its own. */
struct waiter {
    struct wb_my_conn *c;
    struct wb_arena arena;
    struct wb_error err;
    enum wb_code code;
    const char *got;
};

static void *wait_for_lock(void *arg) {
    struct waiter *w = arg;
    struct wb_my_rows rows;
    w->code = wb_my_queryf(w->c, &w->arena, &rows, &w->err, "SELECT GET_LOCK('test_conn', 600)");
    w->got = w->code ? "" : rows.values[0][0];
    return NULL;
}

static const char *ask(struct wb_my_conn *c, struct wb_arena *a, const char *sql) {
    struct wb_my_rows rows;
    struct wb_error err;
    if (wb_my_queryf(c, a, &rows, &err, "%s", sql))
        fail_msg("%s: %s", sql, err.text);
    return rows.values[0][0];
}

/* KILL names a session by its number, which another server gives to somebody else. */
static void nothing_is_killed_on_another_server(void **state) {
    struct wb_arena a = {0};
    struct wb_error err;
    pthread_t thread;
    (void)state;
    if (!getenv("WB_MY_URL"))
        skip();
    struct wb_my_conn *c = open_one(&a), *holder = open_one(&a);
    struct waiter w = {.c = open_one(&a)};
    assert_string_equal(ask(holder, &a, "SELECT GET_LOCK('test_conn', 0)"), "1");
    const char *waits =
        wb_arena_printf(&a,
                        "SELECT count(*) FROM information_schema.processlist WHERE id = %lu AND "
                        "state = 'User lock'",
                        w.c->thread_id);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_lock, &w), 0);
    while (strcmp(ask(holder, &a, waits), "1") != 0)
        wb_clock_sleep_ms(10);
    c->server = "another server"; /* on which this number was its own */
    c->thread_id = w.c->thread_id;
    wb_my_cancel(c);
    assert_string_equal(ask(holder, &a, waits), "1");
    assert_string_equal(ask(holder, &a, "SELECT RELEASE_LOCK('test_conn')"), "1");
    pthread_join(thread, NULL);
    assert_int_equal(w.code, WB_OK);
    assert_string_equal(w.got, "1");
    assert_int_not_equal(wb_my_execf(c, &err, "SELECT 1"), WB_OK); /* its socket is shut down */
    wb_my_close(w.c);
    wb_my_close(holder);
    wb_my_close(c);
    wb_arena_done(&w.arena);
    wb_arena_done(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_is_asked_once_who_it_is),
        cmocka_unit_test(a_second_connection_to_another_server_is_refused),
        cmocka_unit_test(nothing_is_killed_on_another_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
