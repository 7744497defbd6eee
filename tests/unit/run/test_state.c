/* The fold over a journal: what a phase's way is, and what it refuses. Any order of events:
 * test_orders.c. */
#include "run/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char run_started[] =
    "{\"plan\":\"p.md\",\"hash\":\"h\",\"phases\":[{\"number\":1,\"name\":\"A\",\"hash\":\"h1\"},"
    "{\"number\":2,\"name\":\"B\",\"hash\":\"h2\"}]}";
static const char items[] =
    "{\"hash\":\"h%d\",\"items\":[{\"id\":\"entry.1\",\"kind\":\"entry\",\"text\":\"e\"},"
    "{\"id\":\"step.1\",\"kind\":\"step\",\"text\":\"s\"},"
    "{\"id\":\"step.2\",\"kind\":\"step\",\"text\":\"t\",\"irreversible\":%s},"
    "{\"id\":\"check.1\",\"kind\":\"check\",\"text\":\"c\",\"needs_data\":true},"
    "{\"id\":\"stage.1\",\"kind\":\"stage\",\"text\":\"g\",\"needs_data\":true},"
    "{\"id\":\"exit.1\",\"kind\":\"exit\",\"text\":\"x\"}],\"roles\":[\"lead\"]}";

static enum wb_code give(struct wb_run_state *s, enum wb_event_kind kind, int phase,
                         const char *step, const char *data) {
    static int64_t wall_us = 1000000;
    struct wb_event e = {.kind = kind, .phase = phase, .step = step, .data = data};
    e.wall_us = wall_us += 1000;
    e.seq = s->seq + 1;
    struct wb_error err = {0};
    enum wb_code code = wb_run_apply(s, &e, &err);
    if (getenv("V") && code)
        printf("%s\n", err.text);
    return code;
}
#define YES(...) assert_int_equal(give(__VA_ARGS__), WB_OK)
#define NO(...) assert_int_equal(give(__VA_ARGS__), WB_E_INTERNAL)

static void begin(struct wb_run_state *s) {
    YES(s, WB_EVENT_RUN_STARTED, -1, NULL, run_started);
}

static void begin_phase(struct wb_run_state *s, int number, const char *irreversible) {
    char data[800];
    snprintf(data, sizeof data, items, number, irreversible);
    YES(s, WB_EVENT_PHASE_STARTED, number, NULL, data);
    YES(s, WB_EVENT_TRIGGER_ARMED, number, NULL, "{}");
}

static const char *const passed = "{\"result\":\"passed\",\"samples\":1}";
static const char *const done = "{\"result\":\"done\"}";

static void to(struct wb_run_state *s, int phase, const char *word) {
    char data[64];
    snprintf(data, sizeof data, "{\"to\":\"%s\"}", word);
    YES(s, WB_EVENT_PHASE_STATE, phase, NULL, data);
}

static void step(struct wb_run_state *s, int phase, const char *id) {
    YES(s, WB_EVENT_UNDO_RECORDED, phase, id, "{}");
    YES(s, WB_EVENT_STEP_INTENT, phase, id, "{}");
    YES(s, WB_EVENT_STEP_OUTCOME, phase, id, done);
}

static void until_checking(struct wb_run_state *s, int phase) {
    begin_phase(s, phase, "false");
    YES(s, WB_EVENT_CRITERION, phase, "entry.1", passed);
    to(s, phase, "stepping");
    step(s, phase, "step.1");
    step(s, phase, "step.2");
    to(s, phase, "checking");
}

static void sign(struct wb_run_state *s, int phase) {
    char data[80];
    snprintf(data, sizeof data, "{\"role\":\"lead\",\"who\":\"ann\",\"hash\":\"h%d\"}", phase);
    YES(s, WB_EVENT_SIGN_OFF, phase, NULL, data);
}

static void finish_phase(struct wb_run_state *s, int phase) {
    until_checking(s, phase);
    YES(s, WB_EVENT_CHECK, phase, "check.1", passed);
    to(s, phase, "ramping");
    YES(s, WB_EVENT_STAGE_STARTED, phase, "stage.1", "{}");
    YES(s, WB_EVENT_GATE, phase, "stage.1", passed);
    YES(s, WB_EVENT_STAGE_DONE, phase, "stage.1", "{}");
    to(s, phase, "exiting");
    YES(s, WB_EVENT_CRITERION, phase, "exit.1", passed);
    sign(s, phase);
    YES(s, WB_EVENT_PHASE_DONE, phase, NULL, "{}");
}

static void goes_through_a_phase(void **state) {
    (void)state;
    struct wb_run_state s = {0};
    begin(&s);
    NO(&s, WB_EVENT_RUN_DONE, -1, NULL, NULL);
    finish_phase(&s, 1);
    finish_phase(&s, 2);
    YES(&s, WB_EVENT_RUN_DONE, -1, NULL, NULL);
    assert_true(s.done);
    wb_run_state_done(&s);
}

static void refuses_what_was_not_passed(void **state) {
    (void)state;
    struct wb_run_state s = {0};
    NO(&s, WB_EVENT_PHASE_STARTED, 1, NULL, "{}");
    begin(&s);
    NO(&s, WB_EVENT_PHASE_STARTED, 2, NULL, "{\"hash\":\"h2\"}");
    NO(&s, WB_EVENT_PHASE_STARTED, 1, NULL, "{\"hash\":\"edited\"}");
    begin_phase(&s, 1, "false");
    NO(&s, WB_EVENT_PHASE_STATE, 1, NULL, "{\"to\":\"stepping\"}");
    NO(&s, WB_EVENT_STEP_INTENT, 1, "step.1", "{}");
    YES(&s, WB_EVENT_CRITERION, 1, "entry.1", "{\"result\":\"waiting\"}");
    NO(&s, WB_EVENT_PHASE_STATE, 1, NULL, "{\"to\":\"stepping\"}");
    YES(&s, WB_EVENT_CRITERION, 1, "entry.1", passed);
    NO(&s, WB_EVENT_PHASE_STATE, 1, NULL, "{\"to\":\"checking\"}");
    to(&s, 1, "stepping");
    NO(&s, WB_EVENT_STEP_INTENT, 1, "step.2", "{}");
    step(&s, 1, "step.1");
    NO(&s, WB_EVENT_STEP_INTENT, 1, "step.1", "{}");
    step(&s, 1, "step.2");
    to(&s, 1, "checking");
    NO(&s, WB_EVENT_CHECK, 1, "check.1", "{\"result\":\"passed\"}");
    YES(&s, WB_EVENT_CHECK, 1, "check.1", "{\"result\":\"failed\",\"samples\":1}");
    NO(&s, WB_EVENT_PHASE_STATE, 1, NULL, "{\"to\":\"ramping\"}");
    YES(&s, WB_EVENT_CHECK, 1, "check.1", passed);
    to(&s, 1, "ramping");
    NO(&s, WB_EVENT_GATE, 1, "stage.1", passed);
    YES(&s, WB_EVENT_STAGE_STARTED, 1, "stage.1", "{}");
    NO(&s, WB_EVENT_STAGE_DONE, 1, "stage.1", "{}");
    NO(&s, WB_EVENT_GATE, 1, "stage.1", "{\"result\":\"passed\",\"samples\":0}");
    YES(&s, WB_EVENT_GATE, 1, "stage.1", passed);
    YES(&s, WB_EVENT_GATE, 1, "stage.1", "{\"result\":\"holds\"}");
    NO(&s, WB_EVENT_STAGE_DONE, 1, "stage.1", "{}");
    wb_run_state_done(&s);
}

static void holds_an_intent_without_outcome(void **state) {
    (void)state;
    struct wb_run_state s = {0};
    begin(&s);
    begin_phase(&s, 1, "false");
    YES(&s, WB_EVENT_CRITERION, 1, "entry.1", passed);
    to(&s, 1, "stepping");
    YES(&s, WB_EVENT_UNDO_RECORDED, 1, "step.1", "{}");
    YES(&s, WB_EVENT_STEP_INTENT, 1, "step.1", "{}");
    YES(&s, WB_EVENT_RUN_RESUMED, -1, NULL, NULL);
    assert_int_equal(wb_run_item_of(s.phases, "step.1")->state, WB_IS_UNSURE);
    NO(&s, WB_EVENT_STEP_INTENT, 1, "step.1", "{}");
    NO(&s, WB_EVENT_STEP_OUTCOME, 1, "step.1", done);
    YES(&s, WB_EVENT_STEP_OUTCOME, 1, "step.1", "{\"result\":\"not_done\",\"by\":\"verify\"}");
    assert_null(wb_run_next_undo(&s, 0));
    YES(&s, WB_EVENT_STEP_INTENT, 1, "step.1", "{}");
    YES(&s, WB_EVENT_RUN_RESUMED, -1, NULL, NULL);
    YES(&s, WB_EVENT_STEP_OUTCOME, 1, "step.1", "{\"result\":\"done\",\"by\":\"person\"}");
    wb_run_state_done(&s);
}

static void signs_only_what_was_seen(void **state) {
    (void)state;
    struct wb_run_state s = {0};
    begin(&s);
    NO(&s, WB_EVENT_SIGN_OFF, 1, NULL, "{\"role\":\"lead\",\"hash\":\"h1\"}");
    begin_phase(&s, 1, "true");
    NO(&s, WB_EVENT_SIGN_OFF, 1, NULL, "{\"role\":\"lead\",\"hash\":\"other\"}");
    YES(&s, WB_EVENT_CRITERION, 1, "entry.1", passed);
    to(&s, 1, "stepping");
    step(&s, 1, "step.1");
    NO(&s, WB_EVENT_STEP_INTENT, 1, "step.2", "{}"); /* irreversible, and nobody has signed */
    sign(&s, 1);
    YES(&s, WB_EVENT_VERDICT, 1, NULL, "{\"result\":\"failed\"}");
    NO(&s, WB_EVENT_STEP_INTENT, 1, "step.2", "{}");
    sign(&s, 1);
    YES(&s, WB_EVENT_TRIGGER, 1, "trigger.1", "{\"result\":\"fired\",\"samples\":2,\"why\":\"w\"}");
    assert_string_equal(wb_run_missing_role(s.phases), "lead");
    NO(&s, WB_EVENT_TRIGGER, 1, "trigger.1", "{\"result\":\"fired\",\"samples\":2}"); /* twice */
    NO(&s, WB_EVENT_RELEASED, -1, NULL, NULL);
    YES(&s, WB_EVENT_ACTION_OUTCOME, 1, "trigger.1", "{\"result\":\"handled\"}");
    YES(&s, WB_EVENT_RELEASED, -1, NULL, NULL);
    sign(&s, 1);
    YES(&s, WB_EVENT_STEP_INTENT, 1, "step.2", "{}");
    NO(&s, WB_EVENT_TRIGGER, 1, "trigger.1", "{\"result\":\"fired\",\"samples\":2}"); /* disarmed */
    wb_run_state_done(&s);
}

static void fire_and_look(struct wb_run_state *s, int phase) {
    YES(s, WB_EVENT_TRIGGER, phase, "trigger.1",
        "{\"result\":\"fired\",\"samples\":2,\"why\":\"w\"}");
    YES(s, WB_EVENT_FLAG, phase, "trigger.1", "{\"flag\":\"f\",\"share\":0,\"stage\":\"live\"}");
    YES(s, WB_EVENT_ACTION_OUTCOME, phase, "trigger.1", "{\"result\":\"handled\"}");
    YES(s, WB_EVENT_RELEASED, -1, NULL, NULL);
}

/* Behind a point of no return no trigger of that phase or an earlier one may undo anything. */
static void disarms_at_the_point_of_no_return(void **state) {
    (void)state;
    struct wb_run_state s = {0};
    YES(&s, WB_EVENT_RUN_STARTED, -1, NULL,
        "{\"phases\":[{\"number\":1,\"hash\":\"h1\"},"
        "{\"number\":2,\"hash\":\"h2\",\"point_of_no_return\":true}]}");
    finish_phase(&s, 1);
    begin_phase(&s, 2, "false");
    YES(&s, WB_EVENT_CRITERION, 2, "entry.1", passed);
    assert_true(s.phases[0].armed && s.phases[1].armed);
    to(&s, 2, "stepping");
    NO(&s, WB_EVENT_TRIGGER, 1, "trigger.1", "{\"result\":\"fired\",\"samples\":2}");
    NO(&s, WB_EVENT_TRIGGER, 2, "trigger.1", "{\"result\":\"fired\",\"samples\":2}");
    wb_run_state_done(&s);
}

/* A trigger of an earlier phase acts when what came later is undone, and not before. */
static void undoes_later_phases_before_a_trigger_acts(void **state) {
    (void)state;
    struct wb_run_state s = {0};
    begin(&s);
    finish_phase(&s, 1);
    until_checking(&s, 2);
    YES(&s, WB_EVENT_TRIGGER, 1, "trigger.1", "{\"result\":\"fired\",\"samples\":2}");
    NO(&s, WB_EVENT_ACTION_INTENT, 1, "trigger.1", "{}");
    NO(&s, WB_EVENT_ACTION_OUTCOME, 1, "trigger.1", "{\"result\":\"handled\"}");
    YES(&s, WB_EVENT_ROLLBACK_STARTED, -1, NULL, "{\"to\":1}");
    NO(&s, WB_EVENT_ACTION_INTENT, 1, "trigger.1", "{}");
    for (int i = 2; i > 0; i--) {
        YES(&s, WB_EVENT_UNDO_INTENT, 2, i == 2 ? "step.2" : "step.1", "{}");
        YES(&s, WB_EVENT_UNDO_OUTCOME, 2, i == 2 ? "step.2" : "step.1", done);
    }
    YES(&s, WB_EVENT_ROLLED_BACK, 2, NULL, "{}");
    YES(&s, WB_EVENT_ROLLED_BACK, -1, NULL, "{}");
    YES(&s, WB_EVENT_ACTION_INTENT, 1, "trigger.1", "{}");
    wb_run_state_done(&s);
}

/* A trigger may take the share back: a stage cannot pass on what nobody was served. */
static void serves_a_stage_anew_after_a_trigger(void **state) {
    (void)state;
    struct wb_run_state s = {0};
    begin(&s);
    until_checking(&s, 1);
    YES(&s, WB_EVENT_CHECK, 1, "check.1", passed);
    to(&s, 1, "ramping");
    YES(&s, WB_EVENT_TRIGGER_ARMED, 1, NULL, "{}");
    YES(&s, WB_EVENT_STAGE_STARTED, 1, "stage.1", "{}");
    YES(&s, WB_EVENT_GATE, 1, "stage.1", passed);
    fire_and_look(&s, 1);
    NO(&s, WB_EVENT_STAGE_DONE, 1, "stage.1", "{}");
    NO(&s, WB_EVENT_GATE, 1, "stage.1", passed);
    YES(&s, WB_EVENT_STAGE_STARTED, 1, "stage.1", "{}");
    YES(&s, WB_EVENT_GATE, 1, "stage.1", passed);
    YES(&s, WB_EVENT_STAGE_DONE, 1, "stage.1", "{}");
    to(&s, 1, "exiting");
    YES(&s, WB_EVENT_CRITERION, 1, "exit.1", passed);
    fire_and_look(&s, 1); /* while it waits for a signature */
    sign(&s, 1);
    NO(&s, WB_EVENT_PHASE_DONE, 1, NULL, "{}");
    YES(&s, WB_EVENT_STAGE_STARTED, 1, "stage.1", "{}");
    YES(&s, WB_EVENT_GATE, 1, "stage.1", passed);
    YES(&s, WB_EVENT_STAGE_DONE, 1, "stage.1", "{}");
    to(&s, 1, "exiting");
    NO(&s, WB_EVENT_PHASE_DONE, 1, NULL, "{}");
    YES(&s, WB_EVENT_CRITERION, 1, "exit.1", passed);
    YES(&s, WB_EVENT_PHASE_DONE, 1, NULL, "{}");
    fire_and_look(&s, 1); /* when the phase is through */
    NO(&s, WB_EVENT_PHASE_STARTED, 2, NULL, "{\"hash\":\"h2\"}");
    YES(&s, WB_EVENT_STAGE_STARTED, 1, "stage.1", "{}");
    wb_run_state_done(&s);
}

static void undoes_in_reverse_order(void **state) {
    (void)state;
    struct wb_run_state s = {0};
    begin(&s);
    finish_phase(&s, 1);
    until_checking(&s, 2);
    NO(&s, WB_EVENT_UNDO_INTENT, 2, "step.2", "{}");
    YES(&s, WB_EVENT_ROLLBACK_STARTED, -1, NULL, "{\"to\":0}");
    NO(&s, WB_EVENT_UNDO_INTENT, 1, "step.2", "{}");
    NO(&s, WB_EVENT_UNDO_INTENT, 2, "step.1", "{}");
    NO(&s, WB_EVENT_ROLLED_BACK, 2, NULL, "{}");
    static const struct {
        int phase;
        const char *step;
    } order[] = {{2, "step.2"}, {2, "step.1"}, {1, "step.2"}, {1, "step.1"}};
    for (size_t i = 0; i < 4; i++) {
        YES(&s, WB_EVENT_UNDO_INTENT, order[i].phase, order[i].step, "{}");
        YES(&s, WB_EVENT_UNDO_OUTCOME, order[i].phase, order[i].step, done);
        if (i % 2)
            YES(&s, WB_EVENT_ROLLED_BACK, order[i].phase, NULL, "{}");
    }
    YES(&s, WB_EVENT_ROLLED_BACK, -1, NULL, "{\"why\":\"rolled back\"}");
    assert_non_null(s.held);
    YES(&s, WB_EVENT_RELEASED, -1, NULL, NULL);
    finish_phase(&s, 1);
    wb_run_state_done(&s);
}

static void amends_only_what_has_not_run(void **state) {
    (void)state;
    static const char amended[] =
        "{\"phases\":[{\"number\":1,\"name\":\"A\",\"hash\":\"n1\",\"items\":["
        "{\"id\":\"step.1\",\"kind\":\"step\",\"text\":\"%s\"},"
        "{\"id\":\"step.2\",\"kind\":\"step\",\"text\":\"t\"},"
        "{\"id\":\"step.3\",\"kind\":\"step\",\"text\":\"new\"}],\"roles\":[\"lead\"]},"
        "{\"number\":2,\"name\":\"B\",\"hash\":\"h2\"}]}";
    struct wb_run_state s = {0};
    char data[500];
    begin(&s);
    until_checking(&s, 1);
    sign(&s, 1);
    snprintf(data, sizeof data, amended, "edited");
    NO(&s, WB_EVENT_AMENDED, -1, NULL, data);
    assert_string_equal(s.phases[0].hash, "h1");
    snprintf(data, sizeof data, amended, "s");
    YES(&s, WB_EVENT_AMENDED, -1, NULL, data);
    assert_int_equal(s.phases[0].state, WB_RUN_STEPPING);
    assert_non_null(wb_run_missing_role(s.phases));
    assert_string_equal(wb_run_next_item(s.phases, WB_ITEM_STEP)->id, "step.3");
    wb_run_state_done(&s);
}

/* Another database, or a baseline of nothing, is not recorded over what was. */
static void compares_what_was_recorded(void **state) {
    (void)state;
    struct wb_run_state s = {0};
    begin(&s);
    YES(&s, WB_EVENT_IDENTITY, -1, NULL, "{\"side\":\"source\",\"identity\":\"a\"}");
    YES(&s, WB_EVENT_IDENTITY, -1, NULL, "{\"side\":\"target\",\"identity\":\"b\"}");
    NO(&s, WB_EVENT_IDENTITY, -1, NULL, "{\"side\":\"source\",\"identity\":\"b\"}");
    YES(&s, WB_EVENT_IDENTITY, -1, NULL, "{\"side\":\"target\",\"identity\":\"b\"}");
    NO(&s, WB_EVENT_BASELINE, -1, NULL, "{\"metric\":\"m\",\"value\":1.5,\"samples\":0}");
    NO(&s, WB_EVENT_BASELINE, -1, NULL, "{\"metric\":\"m\",\"samples\":3}");
    assert_int_equal(s.n_baselines, 0);
    wb_run_state_done(&s);
}

/* A rollback that is under way goes on to where it was to go; another one may lead further. */
static void goes_back_no_less_far_than_it_began_to(void **state) {
    (void)state;
    struct wb_run_state s = {0};
    begin(&s);
    finish_phase(&s, 1);
    until_checking(&s, 2);
    YES(&s, WB_EVENT_ROLLBACK_STARTED, -1, NULL, "{\"to\":0}");
    YES(&s, WB_EVENT_ROLLBACK_STARTED, -1, NULL, "{\"to\":1}");
    assert_int_equal(s.roll_back_to, 0);
    for (struct wb_run_undo *u; (u = wb_run_next_undo(&s, s.roll_back_to));)
        YES(&s, WB_EVENT_UNDO_OUTCOME, u->phase, u->step, "{\"result\":\"skipped\"}");
    YES(&s, WB_EVENT_ROLLED_BACK, 2, NULL, "{}");
    YES(&s, WB_EVENT_ROLLED_BACK, 1, NULL, "{}");
    YES(&s, WB_EVENT_ROLLED_BACK, -1, NULL, "{}");
    YES(&s, WB_EVENT_RELEASED, -1, NULL, NULL);
    finish_phase(&s, 1);
    until_checking(&s, 2);
    assert_int_equal(wb_run_roll_back_to(&s), 1);
    YES(&s, WB_EVENT_ROLLBACK_STARTED, -1, NULL, "{\"to\":1}");
    assert_int_equal(s.phases[0].state, WB_RUN_DONE);
    YES(&s, WB_EVENT_ROLLBACK_STARTED, -1, NULL, "{\"to\":-1}");
    assert_int_equal(s.phases[0].state, WB_RUN_ROLLING_BACK);
    assert_int_equal(wb_run_roll_back_to(&s), -1);
    assert_int_equal(wb_run_next_undo(&s, s.roll_back_to)->phase, 2);
    wb_run_state_done(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_through_a_phase),
        cmocka_unit_test(refuses_what_was_not_passed),
        cmocka_unit_test(holds_an_intent_without_outcome),
        cmocka_unit_test(signs_only_what_was_seen),
        cmocka_unit_test(disarms_at_the_point_of_no_return),
        cmocka_unit_test(undoes_later_phases_before_a_trigger_acts),
        cmocka_unit_test(serves_a_stage_anew_after_a_trigger),
        cmocka_unit_test(undoes_in_reverse_order),
        cmocka_unit_test(goes_back_no_less_far_than_it_began_to),
        cmocka_unit_test(amends_only_what_has_not_run),
        cmocka_unit_test(compares_what_was_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
