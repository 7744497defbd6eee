/* The fold: what each event changes, and what has to hold before it may. Every function checks
 * first and changes afterwards, so a refused event leaves the state as it was. */
#include "run/apply.h"

#include "base/buf.h"
#include "base/str.h"
#include "metric/flag.h"

#include <string.h>

enum wb_code wb_apply_refuse(struct wb_apply *a, const char *fmt, ...) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    va_list args;
    va_start(args, fmt);
    wb_buf_addv(&b, fmt, args);
    va_end(args);
    return wb_error_set(a->err, WB_E_INTERNAL, "event %s%s%s is not allowed here: %s",
                        wb_event_word(a->e->kind), a->e->step ? " of " : "",
                        a->e->step ? a->e->step : "", wb_buf_str(&b));
}

const char *wb_apply_text(const struct wb_apply *a, const char *key) {
    const char *text = json_string_value(json_object_get(a->data, key));
    return text ? text : "";
}

bool wb_apply_is(const struct wb_apply *a, const char *key, const char *word) {
    return strcmp(wb_apply_text(a, key), word) == 0;
}

bool wb_apply_bool(const struct wb_apply *a, const char *key) {
    return json_is_true(json_object_get(a->data, key));
}

int64_t wb_apply_int(const struct wb_apply *a, const char *key, int64_t otherwise) {
    const json_t *v = json_object_get(a->data, key);
    return json_is_integer(v) ? (int64_t)json_integer_value(v) : otherwise;
}

const char *wb_apply_keep(struct wb_apply *a, const char *text) {
    return wb_arena_strdup(&a->s->arena, text);
}

void wb_apply_void_signs(struct wb_apply *a, struct wb_run_phase *p, const char *why) {
    for (size_t i = 0; i < p->n_sign_offs; i++)
        if (!p->sign_offs[i].is_void) {
            p->sign_offs[i].is_void = true;
            p->sign_offs[i].void_why = wb_apply_keep(a, why);
        }
}

void wb_apply_hold(struct wb_apply *a, const char *why) {
    a->s->held = wb_apply_keep(a, why);
    a->s->held_phase = a->e->phase;
    a->s->held_item = wb_apply_keep(a, a->e->step);
}

static void touch(struct wb_apply *a, enum wb_run_item_state to) {
    a->item->state = to;
    a->item->since_us = a->e->wall_us;
    a->item->why = wb_apply_keep(a, wb_apply_text(a, "why"));
}

/* What only goes forward while nothing stands in the way. */
static enum wb_code must_be_free(struct wb_apply *a) {
    const char *why = wb_run_blocked(a->s);
    return why ? wb_apply_refuse(a, "%s", why) : WB_OK;
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

static enum wb_code phase_state(struct wb_apply *a) {
    enum wb_run_phase_state to;
    enum wb_code code = must_be_free(a);
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

static enum wb_code phase_done(struct wb_apply *a) {
    enum wb_code code = must_be_free(a);
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
static enum wb_code judged(struct wb_apply *a) {
    bool passed = wb_apply_is(a, "result", "passed"), failed = wb_apply_is(a, "result", "failed");
    enum wb_code code = must_be_free(a);
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

static enum wb_code stage_started(struct wb_apply *a) {
    enum wb_code code = must_be_free(a);
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

static enum wb_code gate(struct wb_apply *a) {
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

static enum wb_code stage_done(struct wb_apply *a) {
    enum wb_code code = must_be_free(a);
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

static enum wb_code step_intent(struct wb_apply *a) {
    enum wb_code code = must_be_free(a);
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

static enum wb_code step_outcome(struct wb_apply *a) {
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

/* --- the run
 * ------------------------------------------------------------------------------------- */

static enum wb_code run_resumed(struct wb_apply *a) {
    if (!a->s->started || a->s->aborted || a->s->done)
        return wb_apply_refuse(a, "there is nothing to resume");
    for (size_t i = 0; i < a->s->n_phases; i++)
        for (size_t k = 0; k < a->s->phases[i].n_items; k++) {
            struct wb_run_item *item = &a->s->phases[i].items[k];
            if (item->kind == WB_ITEM_STEP && item->state == WB_IS_RUNNING)
                item->state = WB_IS_UNSURE;
        }
    wb_apply_cut_off_counts(a);
    a->s->listens = wb_apply_bool(a, "listens");
    for (size_t i = 0; i < a->s->n_undos; i++)
        if (a->s->undos[i].state == WB_IS_RUNNING)
            a->s->undos[i].state = WB_IS_UNSURE;
    for (size_t i = 0; i < a->s->n_firings; i++) {
        a->s->firings[i].action_unsure |= a->s->firings[i].action_running;
        a->s->firings[i].action_running = false;
    }
    return WB_OK;
}

static enum wb_code run_stopped(struct wb_apply *a) {
    a->s->listens = false;
    return WB_OK;
}

static enum wb_code run_done(struct wb_apply *a) {
    enum wb_code code = must_be_free(a);
    if (!code && wb_run_current(a->s))
        code = wb_apply_refuse(a, "phase %d is not done", wb_run_current(a->s)->number);
    if (!code)
        a->s->done = true;
    return code;
}

static enum wb_code must_go_on(struct wb_apply *a) {
    if (!a->s->started || a->s->aborted || a->s->done)
        return wb_apply_refuse(a, "%s", wb_run_blocked(a->s));
    return WB_OK;
}

static enum wb_code aborted(struct wb_apply *a) {
    enum wb_code code = must_go_on(a);
    if (!code)
        a->s->aborted = true;
    return code;
}

static enum wb_code paused(struct wb_apply *a) {
    enum wb_code code = must_go_on(a);
    if (code)
        return code;
    a->s->paused = true;
    a->s->paused_us = a->e->wall_us;
    return WB_OK;
}

static enum wb_code resumed(struct wb_apply *a) {
    enum wb_code code = must_go_on(a);
    if (!code)
        a->s->paused = false;
    return code;
}

static enum wb_code held(struct wb_apply *a) {
    enum wb_code code = must_go_on(a);
    if (!code)
        wb_apply_hold(a, wb_apply_text(a, "why"));
    return code;
}

/* Somebody has looked: what had failed may be tried again. */
static enum wb_code released(struct wb_apply *a) {
    enum wb_code code = must_go_on(a);
    if (!code && a->s->rolling_back)
        code = wb_apply_refuse(a, "the run is being rolled back");
    if (!code && wb_run_open_firing(a->s))
        code = wb_apply_refuse(a, "a trigger has fired and is being acted on");
    if (code)
        return code;
    a->s->held = a->s->held_item = NULL;
    struct wb_run_phase *p = wb_run_current(a->s);
    wb_apply_look_at_divergences(a, p);
    for (size_t i = 0; i < a->s->n_firings; i++)
        a->s->firings[i].looked_at = true;
    for (size_t i = 0; p && i < p->n_items; i++)
        if (p->items[i].state == WB_IS_FAILED)
            p->items[i].state = WB_IS_OPEN;
    return WB_OK;
}

/* --- records
 * ------------------------------------------------------------------------------------- */

static enum wb_code identity(struct wb_apply *a) {
    int side = wb_apply_is(a, "side", "target");
    const char *was = a->s->identity[side];
    if (was && !wb_apply_is(a, "identity", was))
        return wb_apply_refuse(a, "the %s is another database than at the start",
                               side ? "target" : "source");
    a->s->identity[side] = wb_apply_keep(a, wb_apply_text(a, "identity"));
    a->s->standby[side] = json_is_true(json_object_get(a->data, "standby"));
    return WB_OK;
}

static enum wb_code baseline(struct wb_apply *a) {
    struct wb_run_state *s = a->s;
    const json_t *v = json_object_get(a->data, "value");
    int64_t samples = wb_apply_int(a, "samples", 0);
    if (!json_is_number(v) || samples <= 0)
        return wb_apply_refuse(a, "a baseline without data");
    struct wb_run_baseline *b = NULL;
    for (size_t i = 0; i < s->n_baselines; i++)
        if (wb_apply_is(a, "metric", s->baselines[i].metric))
            b = &s->baselines[i];
    if (!b)
        b = WB_PUSH(&s->arena, s->baselines, s->n_baselines, s->cap_baselines);
    const json_t *low = json_object_get(a->data, "low"), *high = json_object_get(a->data, "high");
    *b = (struct wb_run_baseline){
        .metric = wb_apply_keep(a, wb_apply_text(a, "metric")),
        .value = json_number_value(v),
        .low = json_is_number(low) ? json_number_value(low) : json_number_value(v),
        .high = json_is_number(high) ? json_number_value(high) : __builtin_nan(""),
        .samples = (uint64_t)samples,
    };
    return WB_OK;
}

/* Sides to which applications are not to write: as they were, but for what the event says. */
static unsigned no_writes_of(const struct wb_apply *a, unsigned was) {
    const json_t *all = json_object_get(a->data, "no_writes");
    unsigned sides = wb_apply_is(a, "writes", "source")   ? WB_FLAG_NO_WRITES_SOURCE
                     : wb_apply_is(a, "writes", "target") ? WB_FLAG_NO_WRITES_TARGET
                     : wb_apply_is(a, "writes", "both")   ? WB_FLAG_NO_WRITES
                                                          : 0;
    if (json_is_integer(all))
        return (unsigned)json_integer_value(all) & WB_FLAG_NO_WRITES;
    return wb_apply_bool(a, "allowed") ? was & ~sides : was | sides;
}

/* What the event does not say stays as it was. */
static enum wb_code flag(struct wb_apply *a) {
    struct wb_run_state *s = a->s;
    static const struct wb_run_flag none = {.stage = "off", .before = "off"};
    const char *name = wb_apply_text(a, "flag"), *stage = wb_apply_text(a, "stage");
    struct wb_run_flag *f = wb_run_flag_of(s, name);
    struct wb_run_flag now = f ? *f : none;
    int64_t share = wb_apply_int(a, "share", now.share);
    if (share < 0 || share > WB_FLAG_BUCKETS || !*name)
        return wb_apply_refuse(a, "a flag without name or share");
    now.stage = wb_apply_keep(a, *stage ? stage : now.stage);
    if (wb_str_eq(now.stage, "off") || wb_str_eq(now.stage, "dualwrite") ||
        wb_str_eq(now.stage, "shadow"))
        now.before = now.stage; /* the old side is read */
    now.name = wb_apply_keep(a, name);
    now.share = (unsigned)share;
    now.no_writes = no_writes_of(a, now.no_writes);
    if (!f)
        f = WB_PUSH(&s->arena, s->flags, s->n_flags, s->cap_flags);
    *f = now;
    return WB_OK;
}

/* A signature counts for what its signer saw: this phase, under way, with this hash. */
static enum wb_code sign_off(struct wb_apply *a) {
    enum wb_code code = must_go_on(a);
    struct wb_run_phase *p = a->phase;
    if (!code && (!p || p != wb_run_current(a->s) || p->state == WB_RUN_WAITING ||
                  p->state == WB_RUN_ROLLED_BACK || p->state == WB_RUN_ROLLING_BACK))
        code = wb_apply_refuse(a, "phase %d is not under way", a->e->phase);
    if (!code && !wb_apply_is(a, "hash", p->hash))
        code = wb_apply_refuse(a, "it is for another text of the phase");
    if (!code && !*wb_apply_text(a, "role"))
        code = wb_apply_refuse(a, "it names no role");
    if (code)
        return code;
    *WB_PUSH(&a->s->arena, p->sign_offs, p->n_sign_offs, p->cap_sign_offs) =
        (struct wb_run_sign_off){.role = wb_apply_keep(a, wb_apply_text(a, "role")),
                                 .who = wb_apply_keep(a, wb_apply_text(a, "who")),
                                 .wall_us = a->e->wall_us};
    return WB_OK;
}

static enum wb_code sign_off_void(struct wb_apply *a) {
    if (!a->phase)
        return wb_apply_refuse(a, "there is no such phase");
    wb_apply_void_signs(a, a->phase, wb_apply_text(a, "why"));
    return WB_OK;
}

static enum wb_code armed(struct wb_apply *a) {
    if (!a->phase || a->phase->state == WB_RUN_WAITING)
        return wb_apply_refuse(a, "phase %d has not begun", a->e->phase);
    a->phase->armed = true;
    return WB_OK;
}

/* What a stage has been shown outlives the runner. */
static enum wb_code stage_progress(struct wb_apply *a) {
    if (!a->item || a->item->kind != WB_ITEM_STAGE)
        return wb_apply_refuse(a, "there is no such stage");
    a->item->saved = wb_apply_keep(a, a->e->data);
    return WB_OK;
}

/* Nothing to fold: they tell people. */
static enum wb_code told(struct wb_apply *a) {
    (void)a;
    return WB_OK;
}

static enum wb_code verdict(struct wb_apply *a) {
    if (a->phase && wb_apply_is(a, "result", "failed"))
        wb_apply_void_signs(a, a->phase, "a verification failed after it was given");
    return WB_OK;
}

static const wb_apply_fn functions[] = {
    [WB_EVENT_RUN_STARTED] = wb_apply_run_started,
    [WB_EVENT_RUN_RESUMED] = run_resumed,
    [WB_EVENT_RUN_STOPPED] = run_stopped,
    [WB_EVENT_RUN_DONE] = run_done,
    [WB_EVENT_IDENTITY] = identity,
    [WB_EVENT_BASELINE] = baseline,
    [WB_EVENT_PHASE_STARTED] = wb_apply_phase_started,
    [WB_EVENT_PHASE_STATE] = phase_state,
    [WB_EVENT_PHASE_DONE] = phase_done,
    [WB_EVENT_STEP_INTENT] = step_intent,
    [WB_EVENT_STEP_OUTCOME] = step_outcome,
    [WB_EVENT_STEP_PROGRESS] = told,
    [WB_EVENT_UNDO_RECORDED] = wb_apply_undo_recorded,
    [WB_EVENT_UNDO_INTENT] = wb_apply_undo_intent,
    [WB_EVENT_UNDO_OUTCOME] = wb_apply_undo_outcome,
    [WB_EVENT_ACTION_INTENT] = wb_apply_action_intent,
    [WB_EVENT_ACTION_OUTCOME] = wb_apply_action_outcome,
    [WB_EVENT_CRITERION] = judged,
    [WB_EVENT_CHECK] = judged,
    [WB_EVENT_VERDICT] = verdict,
    [WB_EVENT_STAGE_STARTED] = stage_started,
    [WB_EVENT_STAGE_PROGRESS] = stage_progress,
    [WB_EVENT_STAGE_DONE] = stage_done,
    [WB_EVENT_GATE] = gate,
    [WB_EVENT_TRIGGER_ARMED] = armed,
    [WB_EVENT_TRIGGER] = wb_apply_trigger,
    [WB_EVENT_FLAG] = flag,
    [WB_EVENT_SIGN_OFF] = sign_off,
    [WB_EVENT_SIGN_OFF_VOID] = sign_off_void,
    [WB_EVENT_AMENDED] = wb_apply_amended,
    [WB_EVENT_PAUSED] = paused,
    [WB_EVENT_RESUMED] = resumed,
    [WB_EVENT_HELD] = held,
    [WB_EVENT_RELEASED] = released,
    [WB_EVENT_PAGE] = told,
    [WB_EVENT_ROLLBACK_STARTED] = wb_apply_rollback,
    [WB_EVENT_ROLLED_BACK] = wb_apply_rolled_back,
    [WB_EVENT_CUTOVER] = told,
    [WB_EVENT_COUNTED] = wb_apply_counted,
    [WB_EVENT_ABORTED] = aborted,
    [WB_EVENT_NOTE] = told,
};

enum wb_code wb_run_apply(struct wb_run_state *s, const struct wb_event *e, struct wb_error *err) {
    json_error_t where;
    json_t *data = e->data ? json_loads(e->data, 0, &where) : json_object();
    if (!data)
        return wb_error_set(err, WB_E_PLAN, "the journal's event %lld cannot be read: %s",
                            (long long)e->seq, where.text);
    struct wb_apply a = {.s = s, .e = e, .data = data, .err = err};
    if (e->phase != WB_EVENT_NO_PHASE)
        a.phase = wb_run_phase_of(s, e->phase);
    if (a.phase && e->step)
        a.item = wb_run_item_of(a.phase, e->step);
    a.now = wb_apply_now(&a);
    enum wb_code code = functions[e->kind](&a);
    json_decref(data);
    if (code)
        return code;
    if (e->seq > s->seq)
        s->seq = e->seq;
    if (e->wall_us)
        s->wall_us = e->wall_us;
    s->run_us = a.now.run_us;
    s->listened_us = a.now.listened_us;
    return WB_OK;
}
