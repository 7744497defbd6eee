/* What a trigger that fired causes, and the actions of steps: flags, holds, pages, named blocks. */
#include "run/inside.h"

#include "base/str.h"

#include <string.h>

/* That the new side is read makes a migration live, not complete: what stops the writes to the old
 * side is said by the plan. Without a share it is again what it was before. */
static const char *stage_of_share(const struct wb_run_flag *f, unsigned share) {
    const char *now = f->stage;
    bool reads_new =
        wb_str_eq(now, "live") || wb_str_eq(now, "rampdown") || wb_str_eq(now, "complete");
    if (share)
        return reads_new ? now : "live";
    return reads_new ? f->before : now;
}

/* As it will be when the events of this decision are written: a step may set a flag's share and its
 * stage. */
static struct wb_run_flag flag_to_be(struct wb_run *r, const char *flag) {
    const struct wb_run_flag *now = wb_run_flag_of(&r->state, flag);
    struct wb_run_flag f = now ? *now : (struct wb_run_flag){flag, "off", "off", 0, 0};
    for (size_t i = 0; i < r->batch.n; i++) {
        if (r->batch.items[i].kind != WB_EVENT_FLAG)
            continue;
        json_t *data = json_loads(r->batch.items[i].data, 0, NULL);
        bool says = json_object_get(data, "share") != NULL;
        if (says && wb_str_eq(json_string_value(json_object_get(data, "flag")), flag)) {
            f.share = (unsigned)json_integer_value(json_object_get(data, "share"));
            f.stage =
                wb_arena_strdup(&r->batch.arena, json_string_value(json_object_get(data, "stage")));
        }
        json_decref(data);
    }
    return f;
}

void wb_run_set_flag(struct wb_run *r, int phase, const char *step, const char *flag,
                     unsigned share, const char *stage) {
    struct wb_run_flag now = flag_to_be(r, flag);
    if (!stage || !*stage)
        stage = stage_of_share(&now, share);
    wb_run_event(r, WB_EVENT_FLAG, phase, step, "flag:s share:u stage:s", flag, (uint64_t)share,
                 stage);
}

void wb_run_set_writes(struct wb_run *r, int phase, const char *step, const char *flag,
                       unsigned sides, bool allowed, const char *why) {
    static const char *const words[] = {"none", "source", "target", "both"};
    const char *side = words[sides & WB_FLAG_NO_WRITES];
    wb_run_event(r, WB_EVENT_FLAG, phase, step, "flag:s writes:s allowed:b", flag, side, allowed);
    wb_run_event(r, WB_EVENT_PAGE, phase, step, "text:s",
                 wb_arena_printf(&r->arena,
                                 "%s: flag %s-writes%s%s is now %s; see that the application %s",
                                 why, flag, sides == WB_FLAG_NO_WRITES ? "" : "-",
                                 sides == WB_FLAG_NO_WRITES ? "" : side, allowed ? "true" : "false",
                                 allowed ? "writes again" : "has stopped writing"));
}

/* What the journal says is what is served. */
void wb_run_serve_flags(struct wb_run *r) {
    struct wb_flags *flags = r->view ? wb_run_view_flags(r->view) : NULL;
    for (size_t i = 0; flags && i < r->state.n_flags; i++) {
        const struct wb_run_flag *f = &r->state.flags[i];
        enum wb_flag_stage stage = WB_FLAG_OFF;
        (void)wb_flag_stage_parse(f->stage, &stage);
        (void)wb_flags_set_share(flags, f->name, f->share, NULL);
        (void)wb_flags_set_stage(flags, f->name, stage, NULL);
        (void)wb_flags_set_writes(flags, f->name, f->no_writes, NULL);
    }
}

unsigned wb_run_action_share(const struct wb_plan_action *a) {
    if (a->kind == WB_ACT_ROUTE_READS && a->side == WB_PLAN_SIDE_SOURCE)
        return 0;
    return (unsigned)(wb_decimal_double(a->percent) * WB_FLAG_BUCKETS + 0.5);
}

unsigned wb_run_action_sides(const struct wb_plan_action *a) {
    return a->side == WB_PLAN_SIDE_SOURCE   ? WB_FLAG_NO_WRITES_SOURCE
           : a->side == WB_PLAN_SIDE_TARGET ? WB_FLAG_NO_WRITES_TARGET
                                            : WB_FLAG_NO_WRITES;
}

/* A side that nobody knows is no reason to stop the writes of both. */
static bool sets_writes(const struct wb_plan_action *a) {
    return (a->kind == WB_ACT_DISABLE_WRITES || a->kind == WB_ACT_ENABLE_WRITES) &&
           a->side != WB_PLAN_SIDE_UNKNOWN;
}

/* "queue depth is 150: above 100; so the plan says: hold" */
static const char *why_held(struct wb_run *r, int phase, const char *step,
                            const struct wb_plan_action *a) {
    const struct wb_run_firing *f = wb_run_open_firing(&r->state);
    bool fired = f && f->phase == phase && wb_str_eq(f->id, step);
    return fired ? wb_arena_printf(&r->arena, "%s; so the plan says: %s", f->why, a->text)
                 : wb_arena_printf(&r->arena, "the plan says: %s", a->text);
}

void wb_run_action(struct wb_run *r, int phase, const char *step, const struct wb_plan_action *a) {
    const char *flag = a->flag ? a->flag : r->plan->front.flag.value;
    bool sets = a->kind == WB_ACT_SET_FLAG || a->kind == WB_ACT_ROUTE_READS;
    if (sets && flag)
        wb_run_set_flag(r, phase, step, flag, wb_run_action_share(a), NULL);
    else if (sets)
        wb_run_event(r, WB_EVENT_PAGE, phase, step, "text:s",
                     "a flag is to be set, but none is named");
    else if (flag && sets_writes(a))
        wb_run_set_writes(r, phase, step, flag, wb_run_action_sides(a),
                          a->kind == WB_ACT_ENABLE_WRITES, a->text);
    else if (a->kind == WB_ACT_HOLD || a->kind == WB_ACT_PAUSE_BACKFILL ||
             a->kind == WB_ACT_STOP_BACKFILL)
        wb_run_event(r, WB_EVENT_HELD, phase, step, "why:s", why_held(r, phase, step, a));
    else if (a->kind == WB_ACT_SET_STAGE && flag)
        wb_run_set_flag(r, phase, step, flag,
                        wb_str_eq(a->stage, "off") ? 0 : flag_to_be(r, flag).share, a->stage);
    else if (a->kind != WB_ACT_NONE && a->kind != WB_ACT_SET_STAGE) /* what a person has to do */
        wb_run_event(r, WB_EVENT_PAGE, phase, step, "text:s", a->text);
}

/* --- a trigger that fired
 * ------------------------------------------------------------------------ */

static const struct wb_task_trigger *trigger_of(const struct wb_run *r,
                                                const struct wb_run_firing *f) {
    const struct wb_program_phase *p = wb_program_phase_of(&r->program, f->phase);
    for (size_t i = 0; p && i < p->n_triggers; i++)
        if (wb_str_eq(p->triggers[i].id, f->id))
            return &p->triggers[i];
    return NULL;
}

static bool has_begun(const struct wb_run_phase *p) {
    return p->state != WB_RUN_WAITING && p->state != WB_RUN_ROLLED_BACK;
}

static bool later_phase_begun(const struct wb_run_state *s, int phase) {
    for (size_t i = 0; i < s->n_phases; i++)
        if (s->phases[i].number > phase && has_begun(&s->phases[i]))
            return true;
    return false;
}

static void put_handled(struct wb_run *r, const struct wb_run_firing *f) {
    wb_run_event(r, WB_EVENT_ACTION_OUTCOME, f->phase, f->id, "result:s", "handled");
    wb_run_event(r, WB_EVENT_PAGE, f->phase, f->id, "text:s", f->why);
}

static enum wb_code run_action(struct wb_run *r, const struct wb_run_firing *f,
                               const struct wb_plan_action *a, struct wb_error *err) {
    bool block = a->kind == WB_ACT_RUN_BLOCK && a->block;
    if (block && f->action_unsure) {
        wb_run_event(r, WB_EVENT_ACTION_OUTCOME, f->phase, f->id, "result:s action:s why:s",
                     "unknown", a->text, "the runner ended while it ran: look, run it by hand");
        wb_run_event(r, WB_EVENT_PAGE, f->phase, f->id, "text:s", a->text);
        return wb_run_write(r, NULL, err);
    }
    wb_run_event(r, WB_EVENT_ACTION_INTENT, f->phase, f->id, "action:s", a->text);
    if (a->kind == WB_ACT_DISABLE_WRITES && has_begun(wb_run_phase_of(&r->state, f->phase)))
        wb_run_record_writes(r, f->phase, f->id, a); /* undoing the phase allows them again */
    if (block) {
        enum wb_code code = wb_run_write(r, NULL, err);
        return code
                   ? code
                   : wb_run_job_start(r, WB_JOB_ACTION, f->phase, f->id, NULL, NULL, a->block, err);
    }
    if (a->kind != WB_ACT_ROLL_BACK) /* which has happened by now */
        wb_run_action(r, f->phase, f->id, a);
    wb_run_event(r, WB_EVENT_ACTION_OUTCOME, f->phase, f->id, "result:s action:s", "done", a->text);
    return wb_run_write(r, NULL, err);
}

/* First the later phases, in reverse; then what the trigger says, one action after the other. Its
 * own phase is undone where it says so, or says nothing. The run is held in any case, by the
 * trigger's event. */
enum wb_code wb_run_handle_firing(struct wb_run *r, struct wb_error *err) {
    const struct wb_run_firing *f = wb_run_open_firing(&r->state);
    const struct wb_task_trigger *t = trigger_of(r, f);
    const struct wb_run_phase *own = wb_run_phase_of(&r->state, f->phase);
    size_t n = t && t->label ? t->label->n_actions : 0;
    const struct wb_plan_action *next =
        f->actions_done < n ? &t->label->actions[f->actions_done] : NULL;
    bool undoes_own = n == 0 || (next && next->kind == WB_ACT_ROLL_BACK);
    bool own_left = undoes_own && has_begun(own);
    if (later_phase_begun(&r->state, f->phase) || own_left) {
        wb_run_event(r, WB_EVENT_ROLLBACK_STARTED, WB_EVENT_NO_PHASE, NULL, "to:i why:s",
                     (int64_t)(own_left ? f->phase - 1 : f->phase), f->why);
        return wb_run_write(r, NULL, err);
    }
    if (!next) {
        put_handled(r, f);
        return wb_run_write(r, NULL, err);
    }
    return run_action(r, f, next, err);
}

enum wb_code wb_run_action_finish(struct wb_run *r, struct wb_job *job, struct wb_error *err) {
    static const char *const words[] = {"done", "failed", "failed", "unknown"};
    wb_run_event(r, WB_EVENT_ACTION_OUTCOME, job->phase, job->id, "result:s action:s why:s",
                 words[job->result], job->block->action ? job->block->action : "", job->why);
    if (job->result != WB_JOB_DONE)
        wb_run_event(r, WB_EVENT_PAGE, job->phase, job->id, "text:s", job->why);
    return wb_run_write(r, NULL, err);
}
