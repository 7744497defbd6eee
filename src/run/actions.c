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
    struct wb_run_flag f = now ? *now : (struct wb_run_flag){flag, "off", "off", 0};
    for (size_t i = 0; i < r->batch.n; i++) {
        if (r->batch.items[i].kind != WB_EVENT_FLAG)
            continue;
        json_t *data = json_loads(r->batch.items[i].data, 0, NULL);
        if (wb_str_eq(json_string_value(json_object_get(data, "flag")), flag)) {
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

/* What the journal says is what is served. */
void wb_run_serve_flags(struct wb_run *r) {
    struct wb_flags *flags = r->view ? wb_run_view_flags(r->view) : NULL;
    for (size_t i = 0; flags && i < r->state.n_flags; i++) {
        const struct wb_run_flag *f = &r->state.flags[i];
        enum wb_flag_stage stage = WB_FLAG_OFF;
        (void)wb_flag_stage_parse(f->stage, &stage);
        (void)wb_flags_set_share(flags, f->name, f->share, NULL);
        (void)wb_flags_set_stage(flags, f->name, stage, NULL);
    }
}

static unsigned share_of(struct wb_decimal ratio) {
    return (unsigned)(wb_decimal_double(ratio) * WB_FLAG_BUCKETS + 0.5);
}

void wb_run_action(struct wb_run *r, int phase, const char *step, const struct wb_plan_action *a) {
    const char *flag = a->flag ? a->flag : r->plan->front.flag.value;
    switch (a->kind) {
    case WB_ACT_SET_FLAG:
    case WB_ACT_ROUTE_READS:
        if (flag)
            wb_run_set_flag(r, phase, step, flag,
                            a->kind == WB_ACT_ROUTE_READS && a->side == WB_PLAN_SIDE_SOURCE
                                ? 0
                                : share_of(a->percent),
                            NULL);
        else
            wb_run_event(r, WB_EVENT_PAGE, phase, step, "text:s",
                         "a flag is to be set, but none is named");
        break;
    case WB_ACT_HOLD:
    case WB_ACT_PAUSE_BACKFILL:
    case WB_ACT_STOP_BACKFILL:
        wb_run_event(r, WB_EVENT_HELD, phase, step, "why:s", a->text);
        break;
    case WB_ACT_NONE:
        break;
    case WB_ACT_SET_STAGE: {
        bool off = wb_str_eq(a->stage, "off"); /* nobody is to read the new side */
        if (flag)
            wb_run_set_flag(r, phase, step, flag, off ? 0 : flag_to_be(r, flag).share, a->stage);
        break;
    }
    default: /* a page, and all that a person has to do */
        wb_run_event(r, WB_EVENT_PAGE, phase, step, "text:s", a->text);
        break;
    }
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

static bool later_phase_begun(const struct wb_run_state *s, int phase) {
    for (size_t i = 0; i < s->n_phases; i++)
        if (s->phases[i].number > phase && s->phases[i].state != WB_RUN_WAITING &&
            s->phases[i].state != WB_RUN_ROLLED_BACK)
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
    if (block) {
        enum wb_code code = wb_run_write(r, NULL, err);
        return code
                   ? code
                   : wb_run_job_start(r, WB_JOB_ACTION, f->phase, f->id, NULL, NULL, a->block, err);
    }
    wb_run_action(r, f->phase, f->id, a);
    wb_run_event(r, WB_EVENT_ACTION_OUTCOME, f->phase, f->id, "result:s action:s", "done", a->text);
    return wb_run_write(r, NULL, err);
}

/* First the later phases, in reverse; then what the trigger says; where it says nothing, its own
 * phase is undone, too. */
enum wb_code wb_run_handle_firing(struct wb_run *r, struct wb_error *err) {
    const struct wb_run_firing *f = wb_run_open_firing(&r->state);
    const struct wb_task_trigger *t = trigger_of(r, f);
    const struct wb_run_phase *own = wb_run_phase_of(&r->state, f->phase);
    bool says = t && t->label && t->label->n_actions;
    bool own_left = !says && own->state != WB_RUN_ROLLED_BACK;
    if (later_phase_begun(&r->state, f->phase) || own_left) {
        wb_run_event(r, WB_EVENT_ROLLBACK_STARTED, WB_EVENT_NO_PHASE, NULL, "to:i why:s",
                     (int64_t)(own_left ? f->phase - 1 : f->phase), f->why);
        return wb_run_write(r, NULL, err);
    }
    if (!says || f->actions_done >= t->label->n_actions) {
        put_handled(r, f);
        return wb_run_write(r, NULL, err);
    }
    return run_action(r, f, &t->label->actions[f->actions_done], err);
}

enum wb_code wb_run_action_finish(struct wb_run *r, struct wb_job *job, struct wb_error *err) {
    static const char *const words[] = {"done", "failed", "failed", "unknown"};
    wb_run_event(r, WB_EVENT_ACTION_OUTCOME, job->phase, job->id, "result:s action:s why:s",
                 words[job->result], job->block->action ? job->block->action : "", job->why);
    if (job->result != WB_JOB_DONE)
        wb_run_event(r, WB_EVENT_PAGE, job->phase, job->id, "text:s", job->why);
    return wb_run_write(r, NULL, err);
}
