/* One decision: what the state asks for next. Every decision ends with events that are written,
 * with a job that is started after its intent was written, or with a reason to wait. */
#include "run/criteria.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>
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

static void put_intent(struct wb_run *r, int phase, const struct wb_task *t) {
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
    put_intent(r, p->number, t);
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

/* --- the outcome of a job
 * ------------------------------------------------------------------------ */

/* A server that is stopped or restarts: what did not reach it is tried again, ever more rarely. */
enum wb_code wb_run_try_later(struct wb_run *r, const struct wb_job *job, struct wb_error *err) {
    unsigned wait_s = 2u << (r->unreached < 5 ? r->unreached : 5);
    r->again_us = wb_clock_monotonic_us() + wait_s * 1000000ull;
    snprintf(r->unreached_why, sizeof r->unreached_why,
             "phase %d, %s waits for its database, and goes on by itself: %.600s", job->phase,
             job->id, job->why);
    if (r->unreached++)
        return WB_OK;
    return wb_run_page(r, job->phase, job->id, r->unreached_why, err);
}

static bool is_of_database(const struct wb_task *t) {
    return t->does != WB_DOES_SCRIPT && t->does != WB_DOES_REQUEST;
}

static enum wb_code finish_step(struct wb_run *r, struct wb_job *job, struct wb_error *err) {
    const char *result = "done";
    bool later = job->result == WB_JOB_FAILED && job->unreachable && is_of_database(job->task);
    if (job->result == WB_JOB_UNKNOWN)
        result = "unknown";
    else if (job->result != WB_JOB_DONE)
        result = (job->canceled || later) && job->nothing_done ? "not_done" : "failed";
    snprintf(r->failed, sizeof r->failed, "%s", job->result == WB_JOB_UNKNOWN ? job->why : "");
    wb_run_event(r, WB_EVENT_STEP_OUTCOME, job->phase, job->id, "result:s why:s nothing_done:b",
                 result, job->why, job->nothing_done);
    if (job->task->does == WB_DOES_VERIFY && job->samples && !later && !job->elsewhere)
        wb_run_event(r, WB_EVENT_VERDICT, job->phase, job->id, "result:s why:s",
                     job->result == WB_JOB_DONE ? "passed" : "failed", job->why);
    enum wb_code code = wb_run_write(r, NULL, err);
    if (!code && later && job->nothing_done && !job->canceled)
        return wb_run_try_later(r, job, err);
    r->unreached = 0;
    if (!code && strcmp(result, "failed") == 0)
        code = wb_run_hold(r, job->phase, job->id,
                           wb_arena_printf(&r->arena, "%s has failed (%s): %s", job->id,
                                           job->task->text, job->why),
                           err);
    return code;
}

/* What was told while the run was held is asked again. */
static enum wb_code finish_judge(struct wb_run *r, struct wb_job *job, struct wb_error *err) {
    bool waits = job->result == WB_JOB_WAITING;
    if (waits && job->samples)
        r->quiet_alive_us = wb_clock_monotonic_us();
    if (job->canceled || wb_run_blocked(&r->state))
        return WB_OK;
    if (job->elsewhere) /* another database has failed no check */
        return wb_run_hold(
            r, job->phase, job->id,
            wb_arena_printf(&r->arena, "%s could not be judged: %s", job->id, job->why), err);
    if (job->task->kind != WB_ITEM_STEP)
        return wb_run_put_judgement(r, job->phase, job->task,
                                    job->result == WB_JOB_DONE ? WB_JUDGED_TRUE
                                    : waits                    ? WB_JUDGED_NOT_YET
                                                               : WB_JUDGED_FALSE,
                                    job->why, job->samples, err);
    if (waits) {
        wb_run_judge_again(r, job->phase, job->task, job->why);
        return WB_OK;
    }
    put_intent(r, job->phase, job->task);
    job->nothing_done = true;
    return finish_step(r, job, err);
}

static enum wb_code finish_look(struct wb_run *r, struct wb_job *job, struct wb_error *err) {
    bool told = job->samples > 0;
    if (!told && job->unreachable)
        return wb_run_try_later(r, job, err);
    r->unreached = 0;
    if (!told)
        return wb_run_hold(r, job->phase, job->id,
                           wb_arena_printf(&r->arena, "the verify block of %s could not be run: %s",
                                           job->id, job->why),
                           err);
    wb_run_event(r, WB_EVENT_STEP_OUTCOME, job->phase, job->id, "result:s by:s why:s",
                 job->result == WB_JOB_DONE ? "done" : "not_done", "verify",
                 wb_arena_printf(&r->arena, "by its verify block: %s", job->why));
    enum wb_code code = wb_run_write(r, NULL, err);
    if (!code && job->result != WB_JOB_DONE && *r->failed) /* never again by itself */
        code = wb_run_hold(r, job->phase, job->id,
                           wb_arena_printf(&r->arena,
                                           "%s has failed, and what it left behind is not all: %s",
                                           job->id, r->failed),
                           err);
    r->failed[0] = 0;
    return code;
}

enum wb_code wb_run_finish_job(struct wb_run *r, struct wb_error *err) {
    struct wb_job *job = r->job;
    enum wb_code code = WB_OK;
    switch (job->kind) {
    case WB_JOB_STEP:
        code = finish_step(r, job, err);
        break;
    case WB_JOB_LOOK:
        if (!job->canceled)
            code = finish_look(r, job, err);
        break;
    case WB_JOB_JUDGE:
        code = finish_judge(r, job, err);
        break;
    case WB_JOB_UNDO:
        code = wb_run_undo_finish(r, job, err);
        break;
    case WB_JOB_ACTION:
        code = wb_run_action_finish(r, job, err);
        break;
    }
    wb_run_job_end(r);
    return code;
}
