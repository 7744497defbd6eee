/* The store in PostgreSQL, on a real server: the suite, and connections that are lost. */
#include "journal_pg/journal_pg.h"
#include "pg/conn.h"
#include "unit/journal/suite.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATABASE "whimbrel_unit_journal"

static struct wb_arena arena;
static struct wb_url server, own; /* its first database, and the one of this test */
static struct wb_pg admin;        /* in own */

static void run_sql(struct wb_pg *pg, const char *sql) {
    struct wb_error err = {0};
    if (wb_pg_exec(pg, sql, NULL, &err))
        fail_msg("%s: %s", sql, err.text);
}

static void open_session(struct wb_pg *pg, const struct wb_url *url) {
    struct wb_error err = {0};
    if (wb_pg_open(pg, url, &(struct wb_pg_opts){0}, &err))
        fail_msg("%s: %s", url->redacted, err.text);
}

static void empty(struct journal_store *s) {
    (void)s;
    run_sql(&admin, "DROP SCHEMA IF EXISTS whimbrel CASCADE");
}

static void expire(struct journal_store *s) {
    (void)s;
    run_sql(&admin, "UPDATE whimbrel.journal_lease SET expires_us = 1");
}

static enum wb_code open_pg(struct journal_store *s, const struct wb_journal_opts *opts,
                            struct wb_journal **ret, struct wb_error *err) {
    (void)s;
    return wb_journal_open_pg(&own, "plan's", opts, ret, err);
}

static struct journal_store store = {.empty = empty, .expire = expire, .open = open_pg};

static void end_other_sessions(void) {
    run_sql(&admin,
            "DO $$ BEGIN LOOP PERFORM pg_stat_clear_snapshot(); PERFORM pg_terminate_backend(pid) "
            "FROM pg_stat_activity WHERE datname = '" DATABASE
            "' AND pid <> pg_backend_pid(); EXIT WHEN NOT FOUND; PERFORM pg_sleep(0.01); "
            "END LOOP; END $$");
}

static void a_lost_connection_is_opened_again(void **state) {
    (void)state;
    empty(&store);
    struct wb_journal *j = journal_open(&store);
    struct wb_error err = {0};
    journal_take(j, "a");
    end_other_sessions();
    assert_int_equal(journal_note(j, NULL), 1);
    end_other_sessions();
    assert_int_equal(journal_count(j), 1);
    end_other_sessions();
    assert_int_equal(wb_journal_renew(j, &err), WB_OK);
    wb_journal_close(j);
}

/* The answer to COMMIT gets lost, or the server is gone before it: once, in either case. */
struct loss {
    enum wb_journal_point at;
    int times;
};

static enum wb_code lose(void *ctx, enum wb_journal_point point, struct wb_error *err) {
    struct loss *l = ctx;
    if (point != l->at || l->times == 0)
        return WB_OK;
    l->times--;
    end_other_sessions();
    return wb_error_set(err, WB_E_LOST, "the server went away");
}

static void nothing_is_written_twice(void **state) {
    (void)state;
    static const enum wb_journal_point points[] = {WB_JOURNAL_BEFORE_COMMIT,
                                                   WB_JOURNAL_AFTER_COMMIT};
    for (size_t i = 0; i < 2; i++) {
        empty(&store);
        struct loss loss = {.at = points[i]};
        struct wb_error err = {0};
        struct wb_journal *j = NULL;
        struct wb_journal_opts opts = {.fault = lose, .fault_ctx = &loss};
        struct wb_request r = {.kind = WB_REQUEST_PAUSE, .who = "u"}, none;
        struct wb_arena a = {0};
        int64_t id = 0;
        loss.times = 1;
        assert_int_equal(open_pg(NULL, &opts, &j, &err), WB_OK);
        loss.times = 1;
        journal_take(j, "a");
        loss.times = 1;
        assert_int_equal(journal_note(j, NULL), 1);
        loss.times = 1;
        assert_int_equal(wb_journal_request_put(j, &r, &id, &err), WB_OK);
        struct wb_answer answer = {.request = id, .text = "yes"};
        struct wb_event e = {.kind = WB_EVENT_PAUSED};
        loss.times = 1;
        if (wb_journal_append(j, &e, 1, &answer, NULL, &err))
            fail_msg("%s", err.text);
        assert_int_equal(wb_journal_request_next(j, 0, &a, &none, &err), WB_OK);
        assert_int_equal(none.id, 0);
        assert_int_equal(journal_count(j), 2);
        loss.times = 2; /* again and again: told, and what was written is read back */
        size_t there = points[i] == WB_JOURNAL_AFTER_COMMIT ? 3 : 2;
        enum wb_code code = wb_journal_append(j, &e, 1, NULL, NULL, &err);
        assert_int_equal(code, there == 3 ? WB_OK : WB_E_LOST);
        loss.times = 0;
        assert_int_equal(journal_count(j), there);
        wb_arena_done(&a);
        wb_journal_close(j);
    }
}

static void plans_are_apart(void **state) {
    (void)state;
    empty(&store);
    struct wb_journal *a = journal_open(&store), *b = NULL;
    struct wb_error err = {0};
    assert_int_equal(wb_journal_open_pg(&own, "other", NULL, &b, &err), WB_OK);
    journal_take(a, "x");
    journal_take(b, "x");
    journal_note(a, NULL);
    assert_int_equal(journal_note(b, NULL), 1);
    assert_int_equal(journal_count(a), 1);
    wb_journal_close(a);
    wb_journal_close(b);
}

static void what_is_missing_or_newer(void **state) {
    (void)state;
    struct wb_journal *j = NULL;
    struct wb_error err = {0};
    struct wb_journal_opts existing = {.mode = WB_JOURNAL_EXISTING};
    empty(&store);
    assert_int_equal(open_pg(NULL, &existing, &j, &err), WB_E_NOT_FOUND);
    wb_journal_close(journal_open(&store));
    assert_int_equal(wb_journal_open_pg(&own, "unknown", &existing, &j, &err), WB_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "plan unknown"));
    run_sql(&admin, "UPDATE whimbrel.journal_format SET format = 2");
    assert_int_equal(open_pg(NULL, &existing, &j, &err), WB_E_FORMAT);
    assert_non_null(strstr(err.text, "has format 2"));
    assert_null(j);
}

static void events_cannot_be_changed(void **state) {
    (void)state;
    empty(&store);
    struct wb_journal *j = journal_open(&store);
    journal_take(j, "a");
    journal_note(j, NULL);
    assert_int_not_equal(wb_pg_exec(&admin, "DELETE FROM whimbrel.journal_event", NULL, NULL),
                         WB_OK);
    assert_int_not_equal(
        wb_pg_exec(&admin, "UPDATE whimbrel.journal_event SET phase = 9", NULL, NULL), WB_OK);
    assert_int_equal(journal_count(j), 1);
    wb_journal_close(j);
}

struct opener {
    struct wb_journal *journal;
    enum wb_code code;
    struct wb_error err;
};

static void *open_and_take(void *arg) {
    struct opener *o = arg;
    struct wb_event e = {.kind = WB_EVENT_NOTE};
    o->code = open_pg(NULL, NULL, &o->journal, &o->err);
    if (!o->code)
        o->code = wb_journal_take(o->journal, "thread", 600000, &o->err);
    if (!o->code)
        o->code = wb_journal_append(o->journal, &e, 1, NULL, NULL, &o->err);
    return NULL;
}

static void made_at_the_same_time(void **state) {
    enum { N = 5 };
    (void)state;
    empty(&store);
    pthread_t threads[N];
    struct opener openers[N] = {0};
    int took = 0;
    for (int i = 0; i < N; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_take, &openers[i]), 0);
    for (int i = 0; i < N; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < N; i++) {
        if (openers[i].code && openers[i].code != WB_E_RUNNING)
            fail_msg("%s: %s", wb_error_name(openers[i].code), openers[i].err.text);
        took += openers[i].code == WB_OK;
    }
    assert_int_equal(took, 1);
    assert_int_equal(journal_count(openers[0].journal), 1);
    for (int i = 0; i < N; i++)
        wb_journal_close(openers[i].journal);
}

static int start(void **state) {
    const char *text = getenv("WB_PG_URL");
    struct wb_error err = {0};
    struct wb_pg first;
    if (!text) {
        print_error("no PostgreSQL: run this by tests/run\n");
        return -1;
    }
    if (wb_url_parse(text, &arena, &server, &err))
        fail_msg("%s: %s", text, err.text);
    own = server;
    own.database = DATABASE;
    open_session(&first, &server);
    run_sql(&first, "DROP DATABASE IF EXISTS " DATABASE);
    run_sql(&first, "CREATE DATABASE " DATABASE);
    wb_pg_close(&first);
    open_session(&admin, &own);
    *state = &store;
    return 0;
}

static int stop(void **state) {
    (void)state;
    struct wb_pg first;
    wb_pg_close(&admin);
    open_session(&first, &server);
    run_sql(&first,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" DATABASE
            "'"); /* PostgreSQL 12 has no FORCE */
    run_sql(&first, "DROP DATABASE " DATABASE);
    wb_pg_close(&first);
    wb_arena_done(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest own_tests[] = {
        cmocka_unit_test(a_lost_connection_is_opened_again),
        cmocka_unit_test(nothing_is_written_twice),
        cmocka_unit_test(plans_are_apart),
        cmocka_unit_test(what_is_missing_or_newer),
        cmocka_unit_test(events_cannot_be_changed),
        cmocka_unit_test(made_at_the_same_time),
    };
    struct CMUnitTest tests[64];
    memcpy(tests, own_tests, sizeof own_tests);
    size_t n = journal_suite_add(tests, sizeof own_tests / sizeof own_tests[0]);
    return _cmocka_run_group_tests("journal_pg", tests, n, start, stop);
}
