/* The fold: what each event changes, and what has to hold before it may. Every function checks
 * first and changes afterwards, so a refused event leaves the state as it was. Here: what belongs
 * to the run as a whole, and which function is for which event. */
#include "run/apply.h"

#include "base/buf.h"

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

/* What only goes forward while nothing stands in the way. */
enum wb_code wb_apply_must_be_free(struct wb_apply *a) {
    const char *why = wb_run_blocked(a->s);
    return why ? wb_apply_refuse(a, "%s", why) : WB_OK;
}

enum wb_code wb_apply_must_go_on(struct wb_apply *a) {
    if (!a->s->started || a->s->aborted || a->s->done)
        return wb_apply_refuse(a, "%s", wb_run_blocked(a->s));
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
    enum wb_code code = wb_apply_must_be_free(a);
    if (!code && wb_run_current(a->s))
        code = wb_apply_refuse(a, "phase %d is not done", wb_run_current(a->s)->number);
    if (!code)
        a->s->done = true;
    return code;
}

static enum wb_code aborted(struct wb_apply *a) {
    enum wb_code code = wb_apply_must_go_on(a);
    if (code)
        return code;
    const char *why = wb_apply_text(a, "why");
    a->s->aborted = true;
    a->s->aborted_why =
        wb_arena_printf(&a->s->arena, "by %s%s%s", wb_apply_text(a, "who"), *why ? ": " : "", why);
    return WB_OK;
}

static enum wb_code paused(struct wb_apply *a) {
    enum wb_code code = wb_apply_must_go_on(a);
    if (code)
        return code;
    a->s->paused = true;
    a->s->paused_us = a->e->wall_us;
    return WB_OK;
}

static enum wb_code resumed(struct wb_apply *a) {
    enum wb_code code = wb_apply_must_go_on(a);
    if (!code)
        a->s->paused = false;
    return code;
}

static enum wb_code held(struct wb_apply *a) {
    enum wb_code code = wb_apply_must_go_on(a);
    if (!code)
        wb_apply_hold(a, wb_apply_text(a, "why"));
    return code;
}

/* Somebody has looked: what had failed may be tried again. */
static enum wb_code released(struct wb_apply *a) {
    enum wb_code code = wb_apply_must_go_on(a);
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

/* Nothing to fold: they tell people. */
static enum wb_code told(struct wb_apply *a) {
    (void)a;
    return WB_OK;
}

static const wb_apply_fn functions[] = {
    [WB_EVENT_RUN_STARTED] = wb_apply_run_started,
    [WB_EVENT_RUN_RESUMED] = run_resumed,
    [WB_EVENT_RUN_STOPPED] = run_stopped,
    [WB_EVENT_RUN_DONE] = run_done,
    [WB_EVENT_IDENTITY] = wb_apply_identity,
    [WB_EVENT_BASELINE] = wb_apply_baseline,
    [WB_EVENT_PHASE_STARTED] = wb_apply_phase_started,
    [WB_EVENT_PHASE_STATE] = wb_apply_phase_state,
    [WB_EVENT_PHASE_DONE] = wb_apply_phase_done,
    [WB_EVENT_STEP_INTENT] = wb_apply_step_intent,
    [WB_EVENT_STEP_OUTCOME] = wb_apply_step_outcome,
    [WB_EVENT_STEP_PROGRESS] = told,
    [WB_EVENT_UNDO_RECORDED] = wb_apply_undo_recorded,
    [WB_EVENT_UNDO_INTENT] = wb_apply_undo_intent,
    [WB_EVENT_UNDO_OUTCOME] = wb_apply_undo_outcome,
    [WB_EVENT_ACTION_INTENT] = wb_apply_action_intent,
    [WB_EVENT_ACTION_OUTCOME] = wb_apply_action_outcome,
    [WB_EVENT_CRITERION] = wb_apply_judged,
    [WB_EVENT_CHECK] = wb_apply_judged,
    [WB_EVENT_VERDICT] = wb_apply_verdict,
    [WB_EVENT_STAGE_STARTED] = wb_apply_stage_started,
    [WB_EVENT_STAGE_PROGRESS] = wb_apply_stage_progress,
    [WB_EVENT_STAGE_DONE] = wb_apply_stage_done,
    [WB_EVENT_GATE] = wb_apply_gate,
    [WB_EVENT_TRIGGER_ARMED] = wb_apply_armed,
    [WB_EVENT_TRIGGER] = wb_apply_trigger,
    [WB_EVENT_FLAG] = wb_apply_flag,
    [WB_EVENT_SIGN_OFF] = wb_apply_sign_off,
    [WB_EVENT_SIGN_OFF_VOID] = wb_apply_sign_off_void,
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
