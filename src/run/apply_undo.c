/* The way back: what is recorded before a step runs, in which order it is undone, and what a
 * trigger that fired has to wait for. */
#include "run/apply.h"

#include "base/str.h"

#include <string.h>

static struct wb_run_undo *undo_of(const struct wb_run_state *s, int phase, const char *step) {
    for (size_t i = s->n_undos; i-- > 0;)
        if (s->undos[i].phase == phase && wb_str_eq(s->undos[i].step, step) &&
            s->undos[i].state != WB_IS_PASSED)
            return &s->undos[i];
    return NULL;
}

void wb_apply_forget_undo(struct wb_apply *a) {
    struct wb_run_undo *u = undo_of(a->s, a->e->phase, a->e->step);
    if (u) {
        u->state = WB_IS_PASSED;
        u->why = "nothing was done";
    }
}

enum wb_code wb_apply_undo_recorded(struct wb_apply *a) {
    struct wb_run_state *s = a->s;
    if (!a->phase || !a->e->step)
        return wb_apply_refuse(a, "it belongs to no step");
    if (s->rolling_back)
        return wb_apply_refuse(a, "the run is being rolled back");
    struct wb_run_undo *u = undo_of(s, a->e->phase, a->e->step); /* of an attempt that failed */
    if (!u)
        u = WB_PUSH(&s->arena, s->undos, s->n_undos, s->cap_undos);
    *u = (struct wb_run_undo){
        .phase = a->e->phase,
        .step = wb_apply_keep(a, a->e->step),
        .data = wb_apply_keep(a, a->e->data ? a->e->data : "{}"),
        .seq = a->e->seq,
        .irreversible = wb_apply_bool(a, "irreversible"),
        .state = WB_IS_OPEN,
        .why = "",
    };
    return WB_OK;
}

/* The newest one first. */
static enum wb_code must_be_next(struct wb_apply *a, struct wb_run_undo **ret) {
    struct wb_run_state *s = a->s;
    if (!s->rolling_back)
        return wb_apply_refuse(a, "the run is not being rolled back");
    *ret = wb_run_next_undo(s, s->roll_back_to);
    if (!*ret || (*ret)->phase != a->e->phase || !wb_str_eq((*ret)->step, a->e->step))
        return wb_apply_refuse(a, "what was done later has to be undone first");
    return WB_OK;
}

enum wb_code wb_apply_undo_intent(struct wb_apply *a) {
    struct wb_run_undo *u;
    enum wb_code code = must_be_next(a, &u);
    if (!code && u->state == WB_IS_RUNNING)
        code = wb_apply_refuse(a, "it is under way");
    if (!code && u->irreversible && !a->s->undo_irreversible)
        code = wb_apply_refuse(a, "what it undoes cannot be undone");
    if (!code)
        u->state = WB_IS_RUNNING;
    return code;
}

enum wb_code wb_apply_undo_outcome(struct wb_apply *a) {
    struct wb_run_undo *u;
    bool done = wb_apply_is(a, "result", "done"), skipped = wb_apply_is(a, "result", "skipped");
    bool not_done = wb_apply_is(a, "result", "not_done"); /* nothing of it was sent */
    bool unknown = wb_apply_is(a, "result", "unknown");
    enum wb_code code = must_be_next(a, &u);
    if (!code &&
        (done ? u->state == WB_IS_OPEN : (not_done || unknown) && u->state != WB_IS_RUNNING))
        code = wb_apply_refuse(a, "it was not begun");
    if (!code && u->irreversible && !a->s->undo_irreversible)
        code = wb_apply_refuse(a, "what it undoes cannot be undone");
    if (!code && !done && !skipped && !not_done && !unknown && !wb_apply_is(a, "result", "failed"))
        code = wb_apply_refuse(a, "its result is none");
    if (code)
        return code;
    u->why = wb_apply_keep(a, wb_apply_text(a, "why"));
    u->state = done || skipped ? WB_IS_PASSED
               : not_done      ? WB_IS_OPEN
               : unknown       ? WB_IS_UNSURE
                               : WB_IS_FAILED;
    return WB_OK;
}

static bool has_begun(const struct wb_run_phase *p) {
    return p->state != WB_RUN_WAITING && p->state != WB_RUN_ROLLED_BACK;
}

enum wb_code wb_apply_rollback(struct wb_apply *a) {
    struct wb_run_state *s = a->s;
    int to = (int)wb_apply_int(a, "to", -2);
    if (!s->started || s->aborted)
        return wb_apply_refuse(a, "%s", wb_run_blocked(s));
    if (to < -1)
        return wb_apply_refuse(a, "it does not say how far");
    for (size_t i = 0; i < s->n_phases; i++)
        for (size_t k = 0; k < s->phases[i].n_items; k++)
            if (s->phases[i].items[k].state == WB_IS_RUNNING &&
                s->phases[i].items[k].kind == WB_ITEM_STEP)
                return wb_apply_refuse(a, "%s is still running", s->phases[i].items[k].id);
    /* What is being undone is undone to its end: a nearer target takes nothing back. */
    s->roll_back_to = s->rolling_back && s->roll_back_to < to ? s->roll_back_to : to;
    s->rolling_back = true;
    s->done = false;
    s->undo_irreversible = wb_apply_bool(a, "irreversible");
    for (size_t i = 0; i < s->n_phases; i++)
        if (s->phases[i].number > s->roll_back_to && has_begun(&s->phases[i])) {
            s->phases[i].state = WB_RUN_ROLLING_BACK;
            wb_apply_void_signs(a, &s->phases[i], "the phase was rolled back");
        }
    return WB_OK;
}

static void reopen(struct wb_run_phase *p) {
    p->state = WB_RUN_ROLLED_BACK;
    p->armed = false;
    for (size_t i = 0; i < p->n_items; i++)
        p->items[i].state = WB_IS_OPEN;
}

/* phase: undone as a whole; without one: the rollback has ended. */
enum wb_code wb_apply_rolled_back(struct wb_apply *a) {
    struct wb_run_state *s = a->s;
    if (!s->rolling_back)
        return wb_apply_refuse(a, "the run is not being rolled back");
    if (a->phase) {
        const struct wb_run_undo *u = wb_run_next_undo(s, a->phase->number - 1);
        if (a->phase->state != WB_RUN_ROLLING_BACK)
            return wb_apply_refuse(a, "phase %d is not", a->phase->number);
        if (u)
            return wb_apply_refuse(a, "%s of phase %d is not undone", u->step, u->phase);
        reopen(a->phase);
        return WB_OK;
    }
    for (size_t i = 0; i < s->n_phases; i++)
        if (s->phases[i].state == WB_RUN_ROLLING_BACK)
            return wb_apply_refuse(a, "phase %d is not undone", s->phases[i].number);
    s->rolling_back = s->undo_irreversible = false;
    wb_apply_hold(a, wb_apply_text(a, "why"));
    return WB_OK;
}

/* --- triggers
 * ------------------------------------------------------------------------------------ */

enum wb_code wb_apply_trigger(struct wb_apply *a) {
    struct wb_run_state *s = a->s;
    if (!a->phase || !a->e->step)
        return wb_apply_refuse(a, "it belongs to no phase");
    if (!wb_apply_is(a, "result", "fired"))
        return WB_OK;
    if (!a->phase->armed)
        return wb_apply_refuse(a, "the triggers of phase %d are not armed", a->phase->number);
    if (wb_apply_int(a, "samples", 0) <= 0)
        return wb_apply_refuse(a, "it fires without data");
    if (wb_run_has_fired(s, a->e->phase, a->e->step))
        return wb_apply_refuse(a, "it has fired before, and nobody has looked");
    *WB_PUSH(&s->arena, s->firings, s->n_firings, s->cap_firings) =
        (struct wb_run_firing){.phase = a->phase->number,
                               .id = wb_apply_keep(a, a->e->step),
                               .why = wb_apply_keep(a, wb_apply_text(a, "why"))};
    for (size_t i = 0; i < s->n_phases; i++)
        if (s->phases[i].state != WB_RUN_DONE || &s->phases[i] == a->phase)
            wb_apply_void_signs(a, &s->phases[i], "a trigger fired after it was given");
    wb_apply_hold(a, wb_apply_text(a, "why"));
    return WB_OK;
}

static struct wb_run_firing *firing_of(struct wb_apply *a) {
    struct wb_run_firing *f = wb_run_open_firing(a->s);
    return f && f->phase == a->e->phase && wb_str_eq(f->id, a->e->step) ? f : NULL;
}

/* The furthest stage of its phase did not stand the test, and its action may have taken the share
 * back: it is served and judged anew before anything goes on, even if the phase was through. */
static void take_back_stage(struct wb_run_phase *p, const char *why) {
    struct wb_run_item *stage = NULL;
    if (p->state < WB_RUN_RAMPING || p->state > WB_RUN_DONE)
        return;
    for (size_t i = 0; i < p->n_items; i++) {
        struct wb_run_item *item = &p->items[i];
        if (item->kind == WB_ITEM_STAGE && item->state != WB_IS_OPEN)
            stage = item;
    }
    if (!stage)
        return;
    stage->state = WB_IS_FAILED; /* somebody has to look: then it is open again */
    stage->gate_passed = false;
    stage->why = why;
    for (size_t i = 0; i < p->n_items; i++)
        if (p->items[i].kind == WB_ITEM_EXIT)
            p->items[i].state = WB_IS_OPEN;
    p->state = WB_RUN_RAMPING;
    p->done_us = 0;
    p->ended = (struct wb_run_moment){0};
}

/* What a trigger does may take away what a later phase uses: that is undone first. */
static enum wb_code later_must_be_undone(struct wb_apply *a) {
    for (size_t i = 0; i < a->s->n_phases; i++)
        if (a->s->phases[i].number > a->e->phase && has_begun(&a->s->phases[i]))
            return wb_apply_refuse(a, "phase %d comes later and is not undone",
                                   a->s->phases[i].number);
    return WB_OK;
}

/* Actions of a firing carry its id as their step; all others tell people only. */
enum wb_code wb_apply_action_intent(struct wb_apply *a) {
    struct wb_run_firing *f = firing_of(a);
    enum wb_code code = f ? later_must_be_undone(a) : WB_OK;
    if (f && !code)
        f->action_running = true;
    return code;
}

enum wb_code wb_apply_action_outcome(struct wb_apply *a) {
    struct wb_run_firing *f = firing_of(a);
    enum wb_code code = f ? later_must_be_undone(a) : WB_OK;
    if (!f || code)
        return code;
    f->handled = wb_apply_is(a, "result", "handled");
    if (f->handled)
        take_back_stage(a->phase, f->why);
    f->actions_done += !f->handled;
    f->action_running = f->action_unsure = false;
    return WB_OK;
}
