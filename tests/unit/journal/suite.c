#include "unit/journal/suite.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void expect_ok(enum wb_code code, const struct wb_error *err) {
    if (code)
        fail_msg("%s: %s", wb_error_name(code), err->text);
}

static struct wb_journal *open_with(struct journal_store *s, const struct wb_journal_opts *opts) {
    struct wb_error err = {0};
    struct wb_journal *j = NULL;
    struct wb_journal_opts o = *opts;
    o.clock = s->clock;
    expect_ok(s->open(s, &o, &j, &err), &err);
    return j;
}

struct wb_journal *journal_open(struct journal_store *s) {
    return open_with(s, &(struct wb_journal_opts){0});
}

void journal_take(struct wb_journal *j, const char *holder) {
    struct wb_error err = {0};
    expect_ok(wb_journal_take(j, holder, 60000, &err), &err);
}

int64_t journal_note(struct wb_journal *j, const char *data) {
    struct wb_error err = {0};
    int64_t seq = 0;
    struct wb_event e = {.kind = WB_EVENT_NOTE, .phase = 1, .data = data};
    expect_ok(wb_journal_append(j, &e, 1, NULL, &seq, &err), &err);
    return seq;
}

size_t journal_count(struct wb_journal *j) {
    struct wb_arena a = {0};
    struct wb_error err = {0};
    struct wb_events all;
    expect_ok(wb_journal_read(j, 0, 0, &a, &all, &err), &err);
    for (size_t i = 0; i < all.n; i++)
        assert_int_equal(all.items[i].seq, i + 1);
    size_t n = all.n;
    wb_arena_done(&a);
    return n;
}

static int64_t ask(struct wb_journal *j, enum wb_request_kind kind, const char *args) {
    struct wb_error err = {0};
    int64_t id = 0;
    struct wb_request r = {.kind = kind, .who = "o'brien", .role = "dba", .args = args};
    expect_ok(wb_journal_request_put(j, &r, &id, &err), &err);
    assert_true(id > 0);
    return id;
}

static int64_t next_request(struct wb_journal *j, int64_t after_id) {
    struct wb_arena a = {0};
    struct wb_error err = {0};
    struct wb_request r;
    expect_ok(wb_journal_request_next(j, after_id, &a, &r, &err), &err);
    wb_arena_done(&a);
    return r.id;
}

static void events_come_back(void **state) {
    struct journal_store *s = *state;
    s->empty(s);
    struct wb_journal *j = journal_open(s);
    journal_take(j, "a");
    struct wb_error err = {0};
    int64_t seq = 0;
    struct wb_event two[] = {{.kind = WB_EVENT_STEP_INTENT,
                              .phase = 3,
                              .step = "it's",
                              .data = "{\"t\":\"ü\\\\ ' \\\"\"}"},
                             {.kind = WB_EVENT_RUN_STARTED, .phase = WB_EVENT_NO_PHASE}};
    expect_ok(wb_journal_append(j, two, 2, NULL, &seq, &err), &err);
    assert_int_equal(seq, 2);
    assert_int_equal(journal_note(j, "{}"), 3);
    struct wb_arena a = {0};
    struct wb_events e;
    expect_ok(wb_journal_read(j, 0, 0, &a, &e, &err), &err);
    assert_int_equal(e.n, 3);
    assert_int_equal(e.items[0].kind, WB_EVENT_STEP_INTENT);
    assert_int_equal(e.items[0].phase, 3);
    assert_string_equal(e.items[0].step, two[0].step);
    assert_string_equal(e.items[0].data, two[0].data);
    assert_int_equal(e.items[1].phase, WB_EVENT_NO_PHASE);
    assert_null(e.items[1].step);
    assert_null(e.items[1].data);
    assert_true(e.items[0].wall_us > 0 && e.items[2].run_us >= e.items[0].run_us);
    expect_ok(wb_journal_read(j, 1, 1, &a, &e, &err), &err);
    assert_true(e.n == 1 && e.items[0].seq == 2);
    expect_ok(wb_journal_read(j, 3, 0, &a, &e, &err), &err);
    assert_int_equal(e.n, 0);
    wb_arena_done(&a);
    wb_journal_close(j);
}

static void run_time_goes_on(void **state) {
    struct journal_store *s = *state;
    s->empty(s);
    uint64_t last = 0;
    for (int i = 0; i < 3; i++) {
        struct wb_journal *j = journal_open(s);
        journal_take(j, "a");
        journal_note(j, NULL);
        struct wb_arena a = {0};
        struct wb_events e;
        struct wb_error err = {0};
        expect_ok(wb_journal_read(j, i, 0, &a, &e, &err), &err);
        assert_true(e.n == 1 && e.items[0].run_us >= last);
        last = e.items[0].run_us;
        wb_arena_done(&a);
        wb_journal_close(j);
    }
}

static void one_runner_at_a_time(void **state) {
    struct journal_store *s = *state;
    s->empty(s);
    struct wb_journal *a = journal_open(s), *b = journal_open(s);
    struct wb_error err = {0};
    struct wb_arena arena = {0};
    struct wb_lease lease;
    journal_take(a, "host-a pid 1");
    assert_int_equal(wb_journal_take(b, "host-b pid 2", 60000, &err), WB_E_RUNNING);
    assert_non_null(strstr(err.text, "host-a pid 1"));
    struct wb_event e = {.kind = WB_EVENT_NOTE};
    assert_int_equal(wb_journal_append(b, &e, 1, NULL, NULL, &err), WB_E_FENCED);
    expect_ok(wb_journal_lease(b, &arena, &lease, &err), &err);
    assert_true(lease.held && lease.token == 1);
    assert_string_equal(lease.holder, "host-a pid 1");
    journal_note(a, NULL);
    expect_ok(wb_journal_release(a, &err), &err);
    journal_take(b, "host-b pid 2"); /* at once */
    assert_int_equal(wb_journal_renew(a, &err), WB_E_FENCED);
    wb_journal_close(a);
    journal_note(b, NULL); /* closing the other's did not give it away */
    assert_int_equal(journal_count(b), 2);
    wb_arena_done(&arena);
    wb_journal_close(b);
}

static void who_took_over_fences_the_other(void **state) {
    struct journal_store *s = *state;
    s->empty(s);
    struct wb_journal *a = journal_open(s), *b = journal_open(s);
    struct wb_error err = {0};
    journal_take(a, "a");
    journal_note(a, NULL);
    int64_t id = ask(b, WB_REQUEST_PAUSE, NULL);
    s->expire(s);
    journal_take(b, "b");
    struct wb_event e = {.kind = WB_EVENT_NOTE};
    struct wb_answer answer = {.request = id, .text = "done"};
    assert_int_equal(wb_journal_append(a, &e, 1, &answer, NULL, &err), WB_E_FENCED);
    assert_non_null(strstr(err.text, "b has taken over from a"));
    assert_int_equal(wb_journal_request_answer(a, &answer, &err), WB_E_FENCED);
    assert_int_equal(wb_journal_renew(a, &err), WB_E_FENCED);
    assert_int_equal(journal_count(b), 1);
    assert_int_equal(next_request(b, 0), id);
    assert_int_equal(journal_note(b, NULL), 2);
    wb_journal_close(a);
    wb_journal_close(b);
}

static void renewing_fences_too(void **state) {
    struct journal_store *s = *state;
    s->empty(s);
    struct wb_journal *a = journal_open(s), *b = journal_open(s);
    struct wb_error err = {0};
    journal_take(a, "a");
    s->expire(s);
    journal_take(b, "b");
    assert_int_equal(wb_journal_renew(a, &err), WB_E_FENCED);
    expect_ok(wb_journal_release(a, &err), &err);
    expect_ok(wb_journal_renew(b, &err), &err);
    wb_journal_close(a);
    wb_journal_close(b);
}

/* Nobody else wrote meanwhile, so nothing is wrong. */
static void a_lease_that_nobody_took_is_still_held(void **state) {
    struct journal_store *s = *state;
    s->empty(s);
    struct wb_journal *a = journal_open(s), *b = journal_open(s);
    struct wb_error err = {0};
    journal_take(a, "a");
    s->expire(s);
    journal_note(a, NULL);
    assert_int_equal(wb_journal_take(b, "b", 60000, &err), WB_E_RUNNING); /* renewed by that */
    wb_journal_close(a);
    wb_journal_close(b);
}

static void requests_are_answered_once(void **state) {
    struct journal_store *s = *state;
    s->empty(s);
    struct wb_journal *runner = journal_open(s), *asker = journal_open(s);
    struct wb_error err = {0};
    struct wb_arena a = {0};
    struct wb_request r;
    struct wb_answer got;
    journal_take(runner, "a");
    assert_int_equal(next_request(runner, 0), 0);
    int64_t one = ask(asker, WB_REQUEST_APPROVE, "{\"step\":\"it's\"}");
    int64_t two = ask(asker, WB_REQUEST_PAUSE, NULL);
    assert_true(two > one);
    expect_ok(wb_journal_request_next(runner, 0, &a, &r, &err), &err);
    assert_int_equal(r.id, one);
    assert_int_equal(r.kind, WB_REQUEST_APPROVE);
    assert_string_equal(r.who, "o'brien");
    assert_string_equal(r.role, "dba");
    assert_string_equal(r.args, "{\"step\":\"it's\"}");
    assert_int_equal(next_request(runner, one), two);
    expect_ok(wb_journal_request_read(asker, one, &a, &got, &err), &err);
    assert_int_equal(got.request, 0);

    struct wb_event e = {.kind = WB_EVENT_SIGN_OFF};
    struct wb_answer answer = {.request = one, .state = WB_ANSWER_REFUSED, .text = "it isn't done"};
    expect_ok(wb_journal_append(runner, &e, 1, &answer, NULL, &err), &err);
    answer.state = WB_ANSWER_DONE;
    assert_int_equal(wb_journal_append(runner, &e, 1, &answer, NULL, &err), WB_E_ANSWERED);
    assert_int_equal(wb_journal_request_answer(runner, &answer, &err), WB_E_ANSWERED);
    assert_int_equal(journal_count(runner), 1); /* its event went with the refusal */
    expect_ok(wb_journal_request_wait(asker, one, 0, NULL, &a, &got, &err), &err);
    assert_int_equal(got.state, WB_ANSWER_REFUSED);
    assert_string_equal(got.text, "it isn't done");
    assert_int_equal(next_request(runner, 0), two);
    answer.request = two + 1000;
    assert_int_equal(wb_journal_request_answer(runner, &answer, &err), WB_E_NOT_FOUND);
    assert_int_equal(wb_journal_request_read(asker, two + 1000, &a, &got, &err), WB_E_NOT_FOUND);
    wb_arena_done(&a);
    wb_journal_close(asker);
    wb_journal_close(runner);
}

static void waiting_ends(void **state) {
    struct journal_store *s = *state;
    s->empty(s);
    struct wb_journal *j = journal_open(s);
    struct wb_error err = {0};
    struct wb_arena a = {0};
    struct wb_answer got;
    struct wb_cancel cancel = {0};
    int64_t id = ask(j, WB_REQUEST_ABORT, NULL);
    assert_int_equal(wb_journal_request_wait(j, id, 60, &cancel, &a, &got, &err), WB_E_TIMEOUT);
    wb_cancel_request(&cancel, 15);
    assert_int_equal(wb_journal_request_wait(j, id, 600000, &cancel, &a, &got, &err),
                     WB_E_CANCELED);
    assert_int_equal(next_request(j, 0), id); /* it stands */
    wb_arena_done(&a);
    wb_journal_close(j);
}

/* --- every durable write fails, or is the last of its process, in turn --------------------------
 */

struct fault {
    int left; /* points until it happens; -1: never */
    enum { FAIL, KILL } how;
};

static enum wb_code at_point(void *ctx, enum wb_journal_point point, struct wb_error *err) {
    struct fault *f = ctx;
    (void)point;
    if (f->left < 0 || f->left-- > 0)
        return WB_OK;
    f->left = -1;
    if (f->how == KILL)
        kill(getpid(), SIGKILL);
    return wb_error_set(err, WB_E_DISK_FULL, "made full");
}

/* A runner's life: a pair of events each, and a request that is answered with its pair. */
static enum wb_code live(struct wb_journal *j) {
    struct wb_error err = {0};
    struct wb_event pair[] = {{.kind = WB_EVENT_STEP_INTENT, .phase = 1},
                              {.kind = WB_EVENT_STEP_OUTCOME, .phase = 1}};
    struct wb_event granted[] = {{.kind = WB_EVENT_SIGN_OFF, .phase = 2},
                                 {.kind = WB_EVENT_NOTE, .phase = 2}};
    struct wb_request r = {.kind = WB_REQUEST_APPROVE, .who = "u"};
    int64_t id;
    enum wb_code code = wb_journal_take(j, "live", 60000, &err);
    if (!code)
        code = wb_journal_append(j, pair, 2, NULL, NULL, &err);
    if (!code)
        code = wb_journal_request_put(j, &r, &id, &err);
    if (!code)
        code = wb_journal_renew(j, &err);
    if (!code)
        code = wb_journal_append(j, granted, 2,
                                 &(struct wb_answer){.request = id, .text = "granted"}, NULL, &err);
    if (!code)
        code = wb_journal_append(j, pair, 2, NULL, NULL, &err);
    return code ? code : wb_journal_release(j, &err);
}

/* Pairs are whole, and a request is answered if and only if its events are there. */
static void check_whole(struct journal_store *s, int at) {
    struct wb_journal *j = journal_open(s);
    struct wb_error err = {0};
    struct wb_arena a = {0};
    struct wb_events e;
    size_t n = journal_count(j), granted = 0;
    expect_ok(wb_journal_read(j, 0, 0, &a, &e, &err), &err);
    if (n % 2)
        fail_msg("point %d left %zu events", at, n);
    for (size_t i = 0; i < n; i++)
        granted += e.items[i].kind == WB_EVENT_SIGN_OFF;
    int64_t open_id = next_request(j, 0);
    if (granted && open_id)
        fail_msg("point %d: granted, but without an answer", at);
    s->expire(s);
    journal_take(j, "next"); /* and life goes on */
    assert_int_equal(journal_note(j, NULL), n + 1);
    if (open_id) {
        struct wb_answer answer = {.request = open_id, .text = "late"};
        expect_ok(wb_journal_request_answer(j, &answer, &err), &err);
    }
    wb_arena_done(&a);
    wb_journal_close(j);
}

static void every_write_fails_in_turn(void **state) {
    struct journal_store *s = *state;
    enum wb_code code = WB_E_DISK_FULL;
    int at = 0;
    for (; code; at++) {
        struct fault fault = {.left = at, .how = FAIL};
        assert_true(at < 100);
        s->empty(s);
        wb_journal_close(journal_open(s)); /* making it is not part of this */
        struct wb_journal *j =
            open_with(s, &(struct wb_journal_opts){.fault = at_point, .fault_ctx = &fault});
        code = live(j);
        if (fault.left == -1 && code != WB_E_DISK_FULL)
            fail_msg("point %d: %s", at, wb_error_name(code));
        wb_journal_close(j);
        check_whole(s, at);
    }
    assert_true(at > 10);
}

static void every_write_is_the_last_in_turn(void **state) {
    struct journal_store *s = *state;
    int status = 1, at = 0;
    for (; status != 0; at++) {
        assert_true(at < 100);
        s->empty(s);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct fault fault = {.left = at, .how = KILL};
            struct wb_error err = {0};
            struct wb_journal *j = NULL;
            struct wb_journal_opts o = {.clock = s->clock, .fault = at_point, .fault_ctx = &fault};
            if (s->open(s, &o, &j, &err))
                _exit(9);
            _exit(live(j) ? 8 : 0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0 && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
            fail_msg("point %d: the child ended with %d", at, status);
        check_whole(s, at);
    }
    assert_true(at > 10);
}

size_t journal_suite_add(struct CMUnitTest *tests, size_t n) {
    static const struct CMUnitTest suite[] = {
        cmocka_unit_test(events_come_back),
        cmocka_unit_test(run_time_goes_on),
        cmocka_unit_test(one_runner_at_a_time),
        cmocka_unit_test(who_took_over_fences_the_other),
        cmocka_unit_test(renewing_fences_too),
        cmocka_unit_test(a_lease_that_nobody_took_is_still_held),
        cmocka_unit_test(requests_are_answered_once),
        cmocka_unit_test(waiting_ends),
        cmocka_unit_test(every_write_fails_in_turn),
        cmocka_unit_test(every_write_is_the_last_in_turn),
    };
    memcpy(tests + n, suite, sizeof suite);
    return n + sizeof suite / sizeof suite[0];
}
