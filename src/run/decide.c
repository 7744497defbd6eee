/* One decision: what the state asks for next. Every decision ends with events that are written,
 * with a job that is started after its intent was written, or with a reason to wait. */
#include "run/criteria.h"

#include "base/str.h"

#include <stdio.h>
#include <time.h>

void wb_run_waits(struct wb_run *r, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(r->waits, sizeof r->waits, fmt, args);
    va_end(args);
}

/* Once for each thing. */
enum wb_code wb_run_page(struct wb_run *r, int phase, const char *step, const char *text,
                         struct wb_error *err) {
    const char *about = wb_arena_printf(&r->arena, "%d %s %s", phase, step ? step : "", text);
    if (wb_str_eq(about, r->paged))
        return WB_OK;
    r->paged = about;
    snprintf(r->told, sizeof r->told, "%s", r->waits); /* the page says it */
    wb_run_event(r, WB_EVENT_PAGE, phase, step, "text:s", text);
    return wb_run_write(r, NULL, err);
}

enum wb_code wb_run_hold(struct wb_run *r, int phase, const char *step, const char *why,
                         struct wb_error *err) {
    if (r->state.aborted)
        return WB_OK;
    wb_run_event(r, WB_EVENT_HELD, phase, step, "why:s", why);
    wb_run_event(r, WB_EVENT_PAGE, phase, step, "text:s", why);
    return wb_run_write(r, NULL, err);
}

static enum wb_code advance(struct wb_run *r, const struct wb_run_phase *p, const char *to,
                            struct wb_error *err) {
    wb_run_event(r, WB_EVENT_PHASE_STATE, p->number, NULL, "to:s", to);
    return wb_run_write(r, NULL, err);
}

enum wb_code wb_run_wait_for_person(struct wb_run *r, const struct wb_run_phase *p,
                                    const struct wb_task *t, struct wb_error *err) {
    wb_run_waits(r, "phase %d, %s: a person %s: %s. Then: whimbrel approve %s --step %s", p->number,
                 t->id, t->kind == WB_ITEM_STEP ? "has to do this" : "has to confirm this", t->text,
                 r->opts->path, t->id);
    return wb_run_page(r, p->number, t->id, r->waits, err);
}

/* --- steps
 * --------------------------------------------------------------------------------------- */

static bool repeatable(const struct wb_task *t) {
    return t->does == WB_DOES_COPY || t->does == WB_DOES_SCHEMA || t->does == WB_DOES_VERIFY ||
           t->does == WB_DOES_BACKUP || t->does == WB_DOES_CLAUSES || t->does == WB_DOES_ACTIONS ||
           t->does == WB_DOES_WAIT_DAY;
}

/* An intent without outcome. */
static enum wb_code settle_unsure(struct wb_run *r, struct wb_run_phase *p, const struct wb_task *t,
                                  struct wb_error *err) {
    if (repeatable(t)) {
        wb_run_event(r, WB_EVENT_STEP_OUTCOME, p->number, t->id, "result:s by:s why:s", "not_done",
                     "verify", "it was interrupted, and goes on where it stood");
        return wb_run_write(r, NULL, err);
    }
    if (t->verify)
        return wb_run_job_start(r, WB_JOB_LOOK, p->number, t->id, t, NULL, NULL, err);
    return wb_run_hold(
        r, p->number, t->id,
        wb_arena_printf(&r->arena,
                        "nobody knows whether %s was done (%s): look, then say: whimbrel "
                        "approve %s --step %s --done, or --again",
                        t->id, t->text, r->opts->path, t->id),
        err);
}

static bool day_is_over(struct wb_run *r, const struct wb_task *t) {
    struct tm tm = {0};
    const char *day_1 = r->plan->front.day_1.value;
    if (!day_1 || !strptime(day_1, "%Y-%m-%d", &tm)) {
        wb_run_waits(r, "%s waits for the end of day %u, and the front matter has no day-1", t->id,
                     t->step->not_before_day);
        return false;
    }
    time_t over = timegm(&tm) + (time_t)t->step->not_before_day * 86400;
    char set[160];
    int64_t left = (int64_t)over - wb_run_sure_wall_us(r) / 1000000;
    if (left > 0)
        wb_run_waits(r, "%s waits for the end of day %u, in %lld h%s", t->id,
                     t->step->not_before_day, (long long)(left / 3600 + 1),
                     wb_run_clock_words(r, set, sizeof set));
    return left <= 0;
}

void wb_run_put_intent(struct wb_run *r, int phase, const struct wb_task *t) {
    wb_run_record_undo(r, phase, t);
    wb_run_event(r, WB_EVENT_STEP_INTENT, phase, t->id, "text:s sql:s line:u", t->text,
                 t->up ? t->up->text : NULL, (uint64_t)t->place.line);
}

static enum wb_code begin_step(struct wb_run *r, struct wb_run_phase *p, struct wb_run_item *item,
                               const struct wb_task *t, struct wb_error *err) {
    const char *role = item->irreversible ? wb_run_missing_role(p) : NULL;
    if (role) {
        wb_run_waits(r,
                     "%s of phase %d cannot be undone: %s has to sign first: whimbrel approve %s "
                     "--as \"%s\"",
                     t->id, p->number, role, r->opts->path, role);
        return wb_run_page(r, p->number, t->id, r->waits, err);
    }
    if (t->does == WB_DOES_MANUAL)
        return wb_run_wait_for_person(r, p, t, err);
    if (t->does == WB_DOES_WAIT_DAY && !day_is_over(r, t))
        return WB_OK;
    char why[WB_RUN_WHY] = "";
    enum wb_judgement answer;
    uint64_t samples;
    enum wb_code code = wb_run_judge_here(r, p, item, t, &answer, &samples, why, err);
    if (code)
        return code;
    if (answer != WB_JUDGED_TRUE) {
        wb_run_waits(r, "phase %d, %s: %s", p->number, t->id, why);
        bool signs = t->n_clauses && t->clauses->kind == WB_CLAUSE_SIGN_OFF;
        return signs ? wb_run_page(r, p->number, t->id, r->waits, err) : WB_OK;
    }
    if (t->does == WB_DOES_CLAUSES && wb_run_task_asks(t))
        return wb_run_judge_step(r, p->number, t, err);
    wb_run_put_intent(r, p->number, t);
    bool instant =
        t->does == WB_DOES_ACTIONS || t->does == WB_DOES_WAIT_DAY || t->does == WB_DOES_CLAUSES;
    for (size_t i = 0; instant && t->does == WB_DOES_ACTIONS && i < t->step->n_actions; i++)
        wb_run_action(r, p->number, t->id, &t->step->actions[i]);
    if (instant)
        wb_run_event(r, WB_EVENT_STEP_OUTCOME, p->number, t->id, "result:s why:s", "done", why);
    code = wb_run_write(r, NULL, err);
    if (!code && !instant)
        code = wb_run_job_start(r, WB_JOB_STEP, p->number, t->id, t, NULL, NULL, err);
    return code;
}

static enum wb_code step_item(struct wb_run *r, struct wb_run_phase *p, struct wb_run_item *item,
                              const struct wb_task *t, struct wb_error *err) {
    if (wb_clock_monotonic_us() < r->again_us) {
        wb_run_waits(r, "%s", r->unreached_why);
        return WB_OK;
    }
    if (item->state == WB_IS_UNSURE)
        return settle_unsure(r, p, t, err);
    if (item->state == WB_IS_FAILED)
        return wb_run_hold(r, p->number, t->id, item->why, err);
    return begin_step(r, p, item, t, err);
}

/* --- stages
 * -------------------------------------------------------------------------------------- */

static enum wb_code begin_stage(struct wb_run *r, struct wb_run_phase *p, const struct wb_task *t,
                                struct wb_error *err) {
    const char *flag = r->plan->front.flag.value;
    unsigned share = (unsigned)(wb_decimal_double(t->stage->traffic) * WB_FLAG_BUCKETS + 0.5);
    wb_run_gates_drop(r);
    wb_run_sample_soon(r);
    wb_run_event(r, WB_EVENT_STAGE_STARTED, p->number, t->id, "share:u text:s", (uint64_t)share,
                 t->text);
    if (flag) {
        const struct wb_run_flag *before = wb_run_flag_of(&r->state, flag);
        wb_run_event(r, WB_EVENT_UNDO_RECORDED, p->number, t->id,
                     "does:s kind:s flag:s share:u stage:s", "the ramp", "flag", flag,
                     (uint64_t)(before ? before->share : 0), before ? before->stage : "off");
        wb_run_set_flag(r, p->number, t->id, flag, share, NULL);
    }
    return wb_run_write(r, NULL, err);
}

static enum wb_code stage_item(struct wb_run *r, struct wb_run_phase *p, struct wb_run_item *item,
                               const struct wb_task *t, struct wb_error *err) {
    struct wb_gate_verdict v;
    if (item->state == WB_IS_OPEN)
        return begin_stage(r, p, t, err);
    if (item->state == WB_IS_FAILED)
        return wb_run_hold(r, p->number, t->id, item->why, err);
    enum wb_code code = wb_run_gates(r, p, item, t, &v, err);
    if (code)
        return code;
    wb_run_waits(r, "phase %d, stage %s: %s", p->number, t->text, v.reason);
    if (v.state == r->gates.last && v.state != WB_GATE_PASSED)
        return WB_OK;
    r->gates.last = v.state;
    wb_run_event(r, WB_EVENT_GATE, p->number, t->id,
                 "result:s why:s value:d bound:d threshold:d samples:u hits:u elapsed_ms:i",
                 wb_gate_state_word(v.state), v.reason, v.measured.value, v.measured.bound,
                 v.measured.threshold, v.measured.samples, v.measured.hits, v.elapsed_ms);
    if (v.state == WB_GATE_PASSED)
        wb_run_event(r, WB_EVENT_STAGE_DONE, p->number, t->id, "");
    code = wb_run_write(r, NULL, err);
    if (!code && v.state == WB_GATE_FAILED)
        code = wb_run_hold(
            r, p->number, t->id,
            wb_arena_printf(&r->arena, "the gate of %s has failed: %s", t->text, v.reason), err);
    if (!code && v.state == WB_GATE_INCONCLUSIVE)
        code = wb_run_page(r, p->number, t->id, v.reason, err);
    if (v.state == WB_GATE_PASSED)
        wb_run_gates_drop(r);
    return code;
}

/* --- phases
 * -------------------------------------------------------------------------------------- */

static enum wb_code begin_phase(struct wb_run *r, struct wb_run_phase *p, struct wb_error *err) {
    const struct wb_program_phase *program = wb_program_phase_of(&r->program, p->number);
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_run_count_close(r); /* so many do not count for its triggers and gates */
    wb_run_phase_json(program, &b);
    wb_run_event_json(r, WB_EVENT_PHASE_STARTED, p->number, NULL, &b);
    if (program->n_triggers)
        wb_run_event(r, WB_EVENT_TRIGGER_ARMED, p->number, NULL, "triggers:u",
                     (uint64_t)program->n_triggers);
    wb_run_record_rollback(r, program);
    return wb_run_write(r, NULL, err);
}

static enum wb_code end_phase(struct wb_run *r, struct wb_run_phase *p, struct wb_error *err) {
    const char *role = wb_run_missing_role(p);
    if (role) {
        wb_run_waits(r, "phase %d is through; %s has to sign: whimbrel approve %s --as \"%s\"",
                     p->number, role, r->opts->path, role);
        return wb_run_page(r, p->number, NULL, r->waits, err);
    }
    wb_run_event(r, WB_EVENT_PHASE_DONE, p->number, NULL, "");
    return wb_run_write(r, NULL, err);
}

static enum wb_code go_on(struct wb_run *r, struct wb_run_phase *p, struct wb_error *err) {
    static const char *const next[] = {"stepping", "checking", "ramping", "exiting"};
    enum wb_run_item_kind kind = (enum wb_run_item_kind)(p->state - WB_RUN_ENTERING);
    struct wb_run_item *item = wb_run_next_item(p, kind);
    if (!item && kind == WB_ITEM_EXIT)
        return end_phase(r, p, err);
    if (!item && kind == WB_ITEM_ENTRY && !wb_run_baselines_ready(r, err))
        return err->code;
    if (!item)
        return advance(r, p, next[kind], err);
    const struct wb_task *t =
        wb_program_task(wb_program_phase_of(&r->program, p->number), item->id);
    if (!t)
        return wb_error_set(err, WB_E_INTERNAL, "the plan has no %s in phase %d", item->id,
                            p->number);
    if (kind == WB_ITEM_STEP)
        return step_item(r, p, item, t, err);
    if (kind == WB_ITEM_STAGE)
        return stage_item(r, p, item, t, err);
    return wb_run_judge_item(r, p, item, t, err);
}

enum wb_code wb_run_decide(struct wb_run *r, struct wb_error *err) {
    struct wb_run_state *s = &r->state;
    r->waits[0] = 0;
    *err = (struct wb_error){0};
    if (r->job || s->aborted || s->done)
        return WB_OK;
    if (s->rolling_back)
        return wb_run_undo_step(r, err);
    if (r->edited) {
        wb_run_stop(r, WB_E_PLAN, "%s: take the edit over with: whimbrel amend %s --reason \"…\"",
                    r->edited, r->opts->path);
        return WB_OK;
    }
    if (wb_run_open_firing(s))
        return wb_run_handle_firing(r, err);
    const char *why = wb_run_blocked(s);
    if (why) {
        wb_run_waits(r, "%s", why);
        return WB_OK;
    }
    struct wb_run_phase *p = wb_run_current(s);
    if (!p) {
        wb_run_event(r, WB_EVENT_RUN_DONE, WB_EVENT_NO_PHASE, NULL, "");
        return wb_run_write(r, NULL, err);
    }
    if (p->state != WB_RUN_WAITING && p->state != WB_RUN_ROLLED_BACK)
        return go_on(r, p, err);
    if (r->opts->until != WB_RUN_NO_PHASE && p->number > r->opts->until) {
        wb_run_stop(r, WB_OK, "stopped behind phase %d, as asked", r->opts->until);
        return WB_OK;
    }
    return begin_phase(r, p, err);
}
