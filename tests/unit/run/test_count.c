/* What is counted of what must not be there, and the time in which it could be, over runners that
 * end and that are killed. */
#include "run/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MINUTE = 60 }; /* seconds */

struct journal {
    struct wb_run_state s;
    int64_t wall_s;
    uint64_t run_s;
};

static enum wb_code give(struct journal *j, enum wb_event_kind kind, int phase, const char *step,
                         const char *data) {
    struct wb_event e = {.seq = j->s.seq + 1,
                         .wall_us = j->wall_s * 1000000,
                         .run_us = j->run_s * 1000000,
                         .kind = kind,
                         .phase = phase,
                         .step = step,
                         .data = data};
    return wb_run_apply(&j->s, &e, NULL);
}
#define YES(...) assert_int_equal(give(__VA_ARGS__), WB_OK)
#define NO(...) assert_int_equal(give(__VA_ARGS__), WB_E_INTERNAL)

static void runs(struct journal *j, int seconds) {
    j->wall_s += seconds;
    j->run_s += (uint64_t)seconds;
}

static const char *const started =
    "{\"plan\":\"p.md\",\"hash\":\"h\",\"listens\":true,\"phases\":[{\"number\":1,\"name\":\"A\","
    "\"hash\":\"h1\"}]}";
static const char *const items =
    "{\"hash\":\"h1\",\"items\":[{\"id\":\"entry.1\",\"kind\":\"entry\",\"text\":\"e\"},"
    "{\"id\":\"check.1\",\"kind\":\"check\",\"text\":\"c\"}],\"roles\":[]}";

static void begin(struct journal *j) {
    *j = (struct journal){.wall_s = 1000000};
    YES(j, WB_EVENT_RUN_STARTED, -1, NULL, started);
}

static void counted(struct journal *j, double n, bool open, int ago_s) {
    char data[120];
    snprintf(data, sizeof data,
             "{\"metric\":\"divergences\",\"counted\":%g,\"open\":%s,\"ago_ms\":%d}", n,
             open ? "true" : "false", ago_s * 1000);
    YES(j, WB_EVENT_COUNTED, -1, NULL, data);
}

static const struct wb_run_count *now(const struct journal *j) {
    return wb_run_count_of(&j->s, WB_RUN_DIVERGENCES);
}

static void keeps_the_latest_over_runners(void **state) {
    (void)state;
    struct journal j;
    begin(&j);
    assert_null(now(&j));
    runs(&j, 5 * MINUTE);
    counted(&j, 1, true, 0);
    assert_true(now(&j)->open);
    runs(&j, 10 * MINUTE);
    counted(&j, 7, false, 2 * MINUTE);
    assert_int_equal(now(&j)->at.run_us, 13ull * MINUTE * 1000000);
    YES(&j, WB_EVENT_RUN_STOPPED, -1, NULL, NULL);
    j.wall_s += 60 * MINUTE;
    YES(&j, WB_EVENT_RUN_RESUMED, -1, NULL, "{\"listens\":true}");
    assert_true(now(&j)->counted > 6.5 && !now(&j)->open && !now(&j)->cut_off);
    assert_int_equal(now(&j)->at.run_us, 13ull * MINUTE * 1000000);
    wb_run_state_done(&j.s);
}

/* More may have come in until it was killed, and nobody knows when that was. */
static void begins_anew_after_a_runner_that_was_killed(void **state) {
    (void)state;
    struct journal j;
    begin(&j);
    runs(&j, 5 * MINUTE);
    counted(&j, 1, true, 0);
    j.wall_s += 60 * MINUTE;
    YES(&j, WB_EVENT_RUN_RESUMED, -1, NULL, "{\"listens\":true}");
    assert_true(now(&j)->cut_off && !now(&j)->open);
    assert_int_equal(now(&j)->at.wall_us, j.wall_s * 1000000);
    runs(&j, 5 * MINUTE);
    YES(&j, WB_EVENT_RUN_RESUMED, -1, NULL, "{\"listens\":true}"); /* nothing was open */
    assert_int_equal(now(&j)->at.run_us, 5ull * MINUTE * 1000000);
    counted(&j, 2, true, 0);
    assert_false(now(&j)->cut_off);
    wb_run_state_done(&j.s);
}

static void takes_nothing_back(void **state) {
    (void)state;
    struct journal j = {0};
    NO(&j, WB_EVENT_COUNTED, -1, NULL, "{\"metric\":\"divergences\",\"counted\":1}");
    begin(&j);
    counted(&j, 3, false, 0);
    NO(&j, WB_EVENT_COUNTED, -1, NULL, "{\"metric\":\"divergences\",\"counted\":2}");
    NO(&j, WB_EVENT_COUNTED, -1, NULL, "{\"counted\":4}");
    NO(&j, WB_EVENT_COUNTED, -1, NULL, "{\"metric\":\"divergences\"}");
    NO(&j, WB_EVENT_COUNTED, -1, NULL, "{\"metric\":\"divergences\",\"counted\":4,\"ago_ms\":-1}");
    /* a query tells how many there are now */
    YES(&j, WB_EVENT_COUNTED, -1, NULL, "{\"metric\":\"orphans\",\"counted\":3,\"open\":true}");
    YES(&j, WB_EVENT_COUNTED, -1, NULL, "{\"metric\":\"orphans\",\"counted\":0}");
    assert_false(wb_run_count_of(&j.s, "orphans")->open);
    wb_run_state_done(&j.s);
}

static void knows_when_applications_could_report(void **state) {
    (void)state;
    struct journal j;
    begin(&j);
    runs(&j, 5 * MINUTE);
    YES(&j, WB_EVENT_NOTE, -1, NULL, NULL); /* the last that is known of this runner */
    j.wall_s += 10 * MINUTE;
    YES(&j, WB_EVENT_RUN_RESUMED, -1, NULL, NULL); /* without --listen */
    assert_int_equal(j.s.listened_us, 5ull * MINUTE * 1000000);
    runs(&j, 7 * MINUTE);
    YES(&j, WB_EVENT_PHASE_STARTED, 1, NULL, items);
    assert_int_equal(j.s.phases[0].began.run_us, 12ull * MINUTE * 1000000);
    assert_int_equal(j.s.phases[0].began.listened_us, 5ull * MINUTE * 1000000);
    YES(&j, WB_EVENT_RUN_STOPPED, -1, NULL, NULL);
    j.wall_s += 10 * MINUTE;
    YES(&j, WB_EVENT_RUN_RESUMED, -1, NULL, "{\"listens\":true}");
    runs(&j, 3 * MINUTE);
    YES(&j, WB_EVENT_RUN_STOPPED, -1, NULL, NULL);
    assert_int_equal(j.s.listened_us, 8ull * MINUTE * 1000000);
    assert_int_equal(j.s.run_us, 15ull * MINUTE * 1000000);
    NO(&j, WB_EVENT_RUN_DONE, -1, NULL, NULL); /* what is refused changes nothing */
    assert_int_equal(j.s.listened_us, 8ull * MINUTE * 1000000);
    wb_run_state_done(&j.s);
}

/* What came before a phase, or what somebody has looked at, does not make its triggers fire. */
static void forgives_what_somebody_has_looked_at(void **state) {
    (void)state;
    struct journal j;
    static const char *const fired = "{\"result\":\"fired\",\"samples\":1}";
    begin(&j);
    counted(&j, 2, false, 0);
    YES(&j, WB_EVENT_PHASE_STARTED, 1, NULL, items);
    YES(&j, WB_EVENT_TRIGGER_ARMED, 1, NULL, NULL);
    assert_true(wb_run_diverged_before(&j.s, 1, "trigger.1") < 2.5);
    counted(&j, 5, false, 0);
    YES(&j, WB_EVENT_TRIGGER, 1, "trigger.2", fired);
    assert_true(wb_run_diverged_before(&j.s, 1, "trigger.2") < 2.5);
    YES(&j, WB_EVENT_ACTION_OUTCOME, 1, "trigger.2", "{\"result\":\"handled\"}");
    YES(&j, WB_EVENT_RELEASED, -1, NULL, NULL);
    assert_true(wb_run_diverged_before(&j.s, 1, "trigger.2") > 4.5);
    assert_true(wb_run_diverged_before(&j.s, 1, "trigger.1") < 2.5); /* that one has not fired */
    assert_true(j.s.phases[0].diverged_looked_at < 2.5);             /* nothing had failed */
    YES(&j, WB_EVENT_CRITERION, 1, "entry.1", "{\"result\":\"failed\"}");
    YES(&j, WB_EVENT_HELD, 1, "entry.1", NULL);
    YES(&j, WB_EVENT_RELEASED, -1, NULL, NULL);
    assert_true(j.s.phases[0].diverged_looked_at > 4.5);
    wb_run_state_done(&j.s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_latest_over_runners),
        cmocka_unit_test(begins_anew_after_a_runner_that_was_killed),
        cmocka_unit_test(takes_nothing_back),
        cmocka_unit_test(knows_when_applications_could_report),
        cmocka_unit_test(forgives_what_somebody_has_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
