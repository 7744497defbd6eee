/* A phase's way through its states: what is judged, stages, steps. */
#include "run/apply.h"

static void touch(struct wb_apply *a, enum wb_run_item_state to) {
    a->item->state = to;
    a->item->since_us = a->e->wall_us;
    a->item->why = wb_apply_keep(a, wb_apply_text(a, "why"));
}

static enum wb_code must_be_in(struct wb_apply *a, enum wb_run_phase_state state) {
    if (!a->phase || a->phase != wb_run_current(a->s))
        return wb_apply_refuse(a, "phase %d is not the one under way", a->e->phase);
    if (a->phase->state != state)
        return wb_apply_refuse(a, "phase %d is %s", a->phase->number,
                               wb_run_phase_word(a->phase->state));
    return WB_OK;
}

static enum wb_code must_have_item(struct wb_apply *a, enum wb_run_item_kind kind) {
    enum wb_code code = must_be_in(a, wb_run_state_of_kind(kind));
    if (!code && (!a->item || a->item->kind != kind))
        return wb_apply_refuse(a, "phase %d has no such %s", a->phase->number,
                               wb_run_kind_word(kind));
    return code;
}

/* --- a phase's way
 * ------------------------------------------------------------------------------- */

/* Which state may follow which, and the items that must all have passed before. */
static const struct {
    enum wb_run_phase_state from, to;
    enum wb_run_item_kind passed;
} moves[] = {
    {WB_RUN_ENTERING, WB_RUN_STEPPING, WB_ITEM_ENTRY},
    {WB_RUN_STEPPING, WB_RUN_CHECKING, WB_ITEM_STEP},
    {WB_RUN_CHECKING, WB_RUN_RAMPING, WB_ITEM_CHECK},
    {WB_RUN_RAMPING, WB_RUN_EXITING, WB_ITEM_STAGE},
};

static void disarm_all_before(struct wb_apply *a) {
    for (size_t i = 0; i < a->s->n_phases; i++) {
        a->s->phases[i].armed = false;
        if (&a->s->phases[i] == a->phase)
            break;
    }
}

enum wb_code wb_apply_phase_state(struct wb_apply *a) {
    enum wb_run_phase_state to;
    enum wb_code code = wb_apply_must_be_free(a);
    if (!code && (!wb_run_phase_parse(wb_apply_text(a, "to"), &to) || !a->phase))
        code = wb_apply_refuse(a, "there is no state \"%s\"", wb_apply_text(a, "to"));
    if (code)
        return code;
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        if (moves[i].to != to)
            continue;
        if ((code = must_be_in(a, moves[i].from)))
            return code;
        const struct wb_run_item *open = wb_run_next_item(a->phase, moves[i].passed);
        if (open)
            return wb_apply_refuse(a, "%s has not passed", open->id);
        a->phase->state = to;
        if (to == WB_RUN_STEPPING && a->phase->point_of_no_return)
            disarm_all_before(a);
        return WB_OK;
    }
    return wb_apply_refuse(a, "no phase moves to %s this way", wb_run_phase_word(to));
}

enum wb_code wb_apply_phase_done(struct wb_apply *a) {
    enum wb_code code = wb_apply_must_be_free(a);
    if (!code)
        code = must_be_in(a, WB_RUN_EXITING);
    if (code)
        return code;
    const struct wb_run_item *open = wb_run_next_item(a->phase, WB_ITEM_EXIT);
    if (open)
        return wb_apply_refuse(a, "%s has not passed", open->id);
    const char *role = wb_run_missing_role(a->phase);
    if (role)
        return wb_apply_refuse(a, "%s has not signed", role);
    a->phase->state = WB_RUN_DONE;
    a->phase->done_us = a->e->wall_us;
    a->phase->ended = a->now;
    return WB_OK;
}

/* --- what is judged
 * ------------------------------------------------------------------------------ */

/* CRITERION and CHECK: passed, failed, or waiting (not yet, or no data). */
enum wb_code wb_apply_judged(struct wb_apply *a) {
    bool passed = wb_apply_is(a, "result", "passed"), failed = wb_apply_is(a, "result", "failed");
    enum wb_code code = wb_apply_must_be_free(a);
    if (!code && !a->item)
        code = wb_apply_refuse(a, "there is no such criterion");
    bool check = a->e->kind == WB_EVENT_CHECK;
    if (!code && (a->item->kind == WB_ITEM_STEP || a->item->kind == WB_ITEM_STAGE ||
                  check != (a->item->kind == WB_ITEM_CHECK)))
        code = wb_apply_refuse(a, "it is no %s", check ? "check" : "criterion");
    if (!code)
        code = must_have_item(a, a->item->kind);
    if (!code && passed && a->item->needs_data && wb_apply_int(a, "samples", 0) <= 0)
        code = wb_apply_refuse(a, "it passes without data");
    if (!code && !passed && !failed && !wb_apply_is(a, "result", "waiting"))
        code = wb_apply_refuse(a, "its result is none");
    if (code)
        return code;
    touch(a, passed ? WB_IS_PASSED : failed ? WB_IS_FAILED : WB_IS_OPEN);
    if (failed)
        wb_apply_void_signs(a, a->phase, "a check failed after it was given");
    return WB_OK;
}

enum wb_code wb_apply_stage_started(struct wb_apply *a) {
    enum wb_code code = wb_apply_must_be_free(a);
    if (!code)
        code = must_have_item(a, WB_ITEM_STAGE);
    if (!code && a->item->state != WB_IS_OPEN)
        code = wb_apply_refuse(a, "the stage is %s", wb_run_item_word(a->item->state));
    if (!code && wb_run_next_item(a->phase, WB_ITEM_STAGE) != a->item)
        code = wb_apply_refuse(a, "an earlier stage has not passed");
    if (code)
        return code;
    touch(a, WB_IS_RUNNING);
    a->item->gate_passed = false;
    a->item->saved = NULL;
    return WB_OK;
}

enum wb_code wb_apply_gate(struct wb_apply *a) {
    bool passed = wb_apply_is(a, "result", "passed"), failed = wb_apply_is(a, "result", "failed");
    enum wb_code code = must_have_item(a, WB_ITEM_STAGE);
    if (!code && a->item->state != WB_IS_RUNNING)
        code = wb_apply_refuse(a, "the stage is %s", wb_run_item_word(a->item->state));
    if (!code && passed && a->item->needs_data && wb_apply_int(a, "samples", 0) <= 0)
        code = wb_apply_refuse(a, "the gate passes without data");
    if (code)
        return code;
    touch(a, failed ? WB_IS_FAILED : WB_IS_RUNNING);
    a->item->gate_passed = passed;
    if (failed)
        wb_apply_void_signs(a, a->phase, "a gate failed after it was given");
    return WB_OK;
}

enum wb_code wb_apply_stage_done(struct wb_apply *a) {
    enum wb_code code = wb_apply_must_be_free(a);
    if (!code)
        code = must_have_item(a, WB_ITEM_STAGE);
    if (!code && (a->item->state != WB_IS_RUNNING || !a->item->gate_passed))
        code = wb_apply_refuse(a, "its gate has not passed");
    if (!code)
        touch(a, WB_IS_PASSED);
    return code;
}

/* --- steps
 * --------------------------------------------------------------------------------------- */

enum wb_code wb_apply_step_intent(struct wb_apply *a) {
    enum wb_code code = wb_apply_must_be_free(a);
    if (!code)
        code = must_have_item(a, WB_ITEM_STEP);
    if (!code && a->item->state != WB_IS_OPEN)
        code = wb_apply_refuse(a, "the step is %s", wb_run_item_word(a->item->state));
    if (!code && wb_run_next_item(a->phase, WB_ITEM_STEP) != a->item)
        code = wb_apply_refuse(a, "an earlier step is not done");
    const char *role = code ? NULL : wb_run_missing_role(a->phase);
    if (!code && a->item->irreversible && role)
        code = wb_apply_refuse(a, "it cannot be undone, and %s has not signed", role);
    if (code)
        return code;
    touch(a, WB_IS_RUNNING);
    a->item->attempts++;
    if (a->item->irreversible)
        disarm_all_before(a);
    return WB_OK;
}

enum wb_code wb_apply_step_outcome(struct wb_apply *a) {
    bool done = wb_apply_is(a, "result", "done"), failed = wb_apply_is(a, "result", "failed");
    /* The outcome of what runs is written in whatever state the run is by then. */
    if (!a->item || a->item->kind != WB_ITEM_STEP || !a->phase)
        return wb_apply_refuse(a, "there is no such step");
    if (a->item->state != WB_IS_RUNNING && a->item->state != WB_IS_UNSURE)
        return wb_apply_refuse(a, "the step is %s", wb_run_item_word(a->item->state));
    bool unknown = wb_apply_is(a, "result", "unknown"); /* even to the runner that ran it */
    if (!done && !failed && !unknown && !wb_apply_is(a, "result", "not_done"))
        return wb_apply_refuse(a, "its result is none");
    if (unknown) {
        touch(a, WB_IS_UNSURE);
        return WB_OK;
    }
    if (a->item->state == WB_IS_UNSURE && !wb_apply_is(a, "by", "verify") &&
        !wb_apply_is(a, "by", "person"))
        return wb_apply_refuse(a, "nobody knows whether it ran");
    touch(a, done ? WB_IS_PASSED : failed ? WB_IS_FAILED : WB_IS_OPEN);
    if (!done && (!failed || wb_apply_bool(a, "nothing_done")))
        wb_apply_forget_undo(a);
    return WB_OK;
}

enum wb_code wb_apply_verdict(struct wb_apply *a) {
    if (a->phase && wb_apply_is(a, "result", "failed"))
        wb_apply_void_signs(a, a->phase, "a verification failed after it was given");
    return WB_OK;
}
