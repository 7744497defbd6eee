/* The fold over a journal: what a phase's way is, and that no order of events leads past a failed
 * check, a gate without data, a missing sign-off, or an undo out of order. */
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

/* --- any order of events ------------------------------------------------------------------------
 */

/* What the events that were taken say, kept apart from the code under test. */
struct oracle {
    bool entry[2], steps[2][2], check[2], gate[2], stage[2], exit[2], lead[2], blocked;
    int undos[8], n_undos; /* phase * 10 + step, in order of their intents */
};

static void forget(struct oracle *o, int p) {
    o->entry[p] = o->check[p] = o->gate[p] = o->stage[p] = o->exit[p] = o->lead[p] = false;
    o->steps[p][0] = o->steps[p][1] = false;
}

static void check_progress(const struct wb_run_state *s, const struct oracle *o) {
    for (int p = 0; p < 2; p++) {
        enum wb_run_phase_state at = s->phases[p].state;
        if (at == WB_RUN_ROLLING_BACK || at == WB_RUN_ROLLED_BACK || at == WB_RUN_WAITING)
            continue;
        assert_true(at < WB_RUN_STEPPING || o->entry[p]);
        assert_true(at < WB_RUN_CHECKING || (o->steps[p][0] && o->steps[p][1]));
        assert_true(at < WB_RUN_RAMPING || o->check[p]);
        assert_true(at < WB_RUN_EXITING || o->stage[p]);
        assert_true(at < WB_RUN_DONE || (o->exit[p] && o->lead[p]));
        assert_true(p == 0 || s->phases[0].state == WB_RUN_DONE);
    }
}

struct throw {
    enum wb_event_kind kind;
    int phase;
    const char *step, *data;
};

static struct throw any(unsigned (*roll)(unsigned)) {
    static const char *const results[] = {
        "{\"result\":\"passed\",\"samples\":1}", "{\"result\":\"passed\",\"samples\":0}",
        "{\"result\":\"failed\",\"samples\":1}", "{\"result\":\"waiting\"}"};
    static const char *const outcomes[] = {"{\"result\":\"done\"}", "{\"result\":\"failed\"}",
                                           "{\"result\":\"not_done\",\"by\":\"verify\"}",
                                           "{\"result\":\"done\",\"by\":\"person\"}"};
    static const char *const moves[] = {"{\"to\":\"stepping\"}", "{\"to\":\"checking\"}",
                                        "{\"to\":\"ramping\"}", "{\"to\":\"exiting\"}",
                                        "{\"to\":\"done\"}"};
    static char started[800];
    static const char *const steps[] = {"step.1", "step.2"};
    static const char *const criteria[] = {"entry.1", "exit.1"};
    int p = 1 + (int)roll(2);
    switch (roll(26)) {
    case 0:
    case 1:
        snprintf(started, sizeof started, items, p, "false");
        return (struct throw){WB_EVENT_PHASE_STARTED, p, NULL, started};
    case 2:
    case 3:
    case 4:
    case 5:
        return (struct throw){WB_EVENT_PHASE_STATE, p, NULL, moves[roll(5)]};
    case 6:
    case 7:
    case 8:
        return (struct throw){WB_EVENT_CRITERION, p, criteria[roll(2)], results[roll(4)]};
    case 9:
    case 10:
        return (struct throw){WB_EVENT_CHECK, p, "check.1", results[roll(4)]};
    case 11:
    case 12:
        return (struct throw){WB_EVENT_STEP_INTENT, p, steps[roll(2)], "{}"};
    case 13:
    case 14:
        return (struct throw){WB_EVENT_STEP_OUTCOME, p, steps[roll(2)], outcomes[roll(4)]};
    case 15:
        return (struct throw){WB_EVENT_STAGE_STARTED, p, "stage.1", "{}"};
    case 16:
        return (struct throw){WB_EVENT_GATE, p, "stage.1", results[roll(4)]};
    case 17:
        return (struct throw){WB_EVENT_STAGE_DONE, p, "stage.1", "{}"};
    case 18:
        return (struct throw){WB_EVENT_PHASE_DONE, p, NULL, "{}"};
    case 19:
        return (struct throw){WB_EVENT_SIGN_OFF, p, NULL,
                              p == 1 ? "{\"role\":\"lead\",\"hash\":\"h1\"}"
                                     : "{\"role\":\"lead\",\"hash\":\"h2\"}"};
    case 20:
        return (struct throw){WB_EVENT_RUN_RESUMED, -1, NULL, NULL};
    case 21:
        return roll(4) ? (struct throw){WB_EVENT_RELEASED, -1, NULL, NULL}
                       : (struct throw){WB_EVENT_HELD, -1, NULL, "{\"why\":\"w\"}"};
    case 22:
        return roll(4) ? (struct throw){WB_EVENT_RESUMED, -1, NULL, NULL}
                       : (struct throw){WB_EVENT_PAUSED, -1, NULL, NULL};
    case 23:
        return roll(8) ? (struct throw){WB_EVENT_ROLLED_BACK, roll(2) ? p : -1, NULL, "{}"}
                       : (struct throw){WB_EVENT_ROLLBACK_STARTED, -1, NULL,
                                        roll(2) ? "{\"to\":0}" : "{\"to\":1}"};
    case 24:
        return (struct throw){WB_EVENT_UNDO_INTENT, p, steps[roll(2)], "{}"};
    default:
        return (struct throw){WB_EVENT_UNDO_OUTCOME, p, steps[roll(2)],
                              roll(3) ? "{\"result\":\"done\"}" : "{\"result\":\"failed\"}"};
    }
}

static bool is(const struct throw *t, const char *word) {
    return t->data && strstr(t->data, word);
}

static void note(struct oracle *o, const struct throw *t) {
    int p = t->phase - 1, n = t->step ? t->step[strlen(t->step) - 1] - '1' : 0;
    bool ok = is(t, "passed") && !is(t, ":0}");
    switch (t->kind) {
    case WB_EVENT_PHASE_STARTED:
        forget(o, p);
        break;
    case WB_EVENT_CRITERION:
        *(t->step[1] == 'n' ? &o->entry[p] : &o->exit[p]) = is(t, "passed");
        o->lead[p] &= !is(t, "failed");
        break;
    case WB_EVENT_CHECK:
        o->check[p] = ok;
        o->lead[p] &= !is(t, "failed");
        break;
    case WB_EVENT_STEP_OUTCOME:
        o->steps[p][n] = is(t, "\"done\"");
        break;
    case WB_EVENT_STAGE_STARTED:
        o->gate[p] = false;
        break;
    case WB_EVENT_GATE:
        o->gate[p] = ok;
        o->lead[p] &= !is(t, "failed");
        break;
    case WB_EVENT_STAGE_DONE:
        assert_true(o->gate[p]);
        o->stage[p] = true;
        break;
    case WB_EVENT_SIGN_OFF:
        o->lead[p] = true;
        break;
    default:
        break;
    }
}

static uint64_t seed;
static unsigned roll(unsigned n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static void no_order_of_events_steps_over_anything(void **state) {
    (void)state;
    unsigned farthest = 0;
    for (uint64_t round = 1; round <= 40; round++) {
        struct wb_run_state s = {0};
        struct oracle o = {0};
        seed = round * 977;
        begin(&s);
        for (int i = 0; i < 3000; i++) {
            struct throw t = any(roll);
            struct wb_event e = {.seq = s.seq + 1,
                                 .wall_us = (int64_t)roll(1000000), /* the clock jumps */
                                 .kind = t.kind,
                                 .phase = t.phase,
                                 .step = t.step,
                                 .data = t.data};
            bool was_blocked = wb_run_blocked(&s) != NULL;
            int64_t seq = s.seq;
            if (wb_run_apply(&s, &e, NULL)) {
                assert_int_equal(s.seq, seq);
                continue;
            }
            bool forward = t.kind == WB_EVENT_PHASE_STARTED || t.kind == WB_EVENT_PHASE_STATE ||
                           t.kind == WB_EVENT_STEP_INTENT || t.kind == WB_EVENT_STAGE_STARTED ||
                           t.kind == WB_EVENT_STAGE_DONE || t.kind == WB_EVENT_PHASE_DONE;
            assert_false(forward && was_blocked);
            note(&o, &t);
            check_progress(&s, &o);
            for (unsigned p = 0; p < 2; p++)
                if (s.phases[p].state <= WB_RUN_DONE && p * 10u + s.phases[p].state > farthest)
                    farthest = p * 10u + s.phases[p].state;
        }
        wb_run_state_done(&s);
    }
    assert_true(farthest >= WB_RUN_DONE); /* else the events never got anywhere */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_through_a_phase),
        cmocka_unit_test(refuses_what_was_not_passed),
        cmocka_unit_test(holds_an_intent_without_outcome),
        cmocka_unit_test(signs_only_what_was_seen),
        cmocka_unit_test(serves_a_stage_anew_after_a_trigger),
        cmocka_unit_test(undoes_in_reverse_order),
        cmocka_unit_test(amends_only_what_has_not_run),
        cmocka_unit_test(no_order_of_events_steps_over_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
