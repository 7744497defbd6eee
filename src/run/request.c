/* What people ask for from other terminals: each is answered once, in the same transaction as the
 * events that it causes. The same code serves the runner and a command that finds none. */
#include "lint/lint.h"
#include "run/inside.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

struct asked {
    struct wb_run *r;
    const struct wb_request *q;
    const json_t *args;
    char text[400];
};

static const char *arg(const struct asked *a, const char *key) {
    return json_string_value(json_object_get(a->args, key));
}

static enum wb_answer_state says(struct asked *a, enum wb_answer_state state, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static enum wb_answer_state says(struct asked *a, enum wb_answer_state state, const char *fmt,
                                 ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(a->text, sizeof a->text, fmt, args);
    va_end(args);
    return state;
}

static enum wb_answer_state no_run(struct asked *a) {
    const struct wb_run_state *s = &a->r->state;
    return says(a, WB_ANSWER_REFUSED, "%s",
                !s->started ? "the plan was never run" : wb_run_blocked(s));
}

/* --- pause, resume, abort
 * ------------------------------------------------------------------------ */

static enum wb_answer_state pause_run(struct asked *a) {
    if (a->r->state.paused)
        return says(a, WB_ANSWER_DONE, "it is paused already");
    wb_run_event(a->r, WB_EVENT_PAUSED, WB_EVENT_NO_PHASE, NULL, "who:s", a->q->who);
    return says(a, WB_ANSWER_DONE, "paused: nothing new begins; triggers are still evaluated%s",
                a->r->job ? "; what runs ends first, or stops where it can go on" : "");
}

static enum wb_answer_state resume_run(struct asked *a) {
    struct wb_run_state *s = &a->r->state;
    if (s->paused)
        wb_run_event(a->r, WB_EVENT_RESUMED, WB_EVENT_NO_PHASE, NULL, "who:s", a->q->who);
    if (s->rolling_back) {
        a->r->retry_undo = true;
        return says(a, WB_ANSWER_DONE, "the rollback tries again");
    }
    if (wb_run_open_firing(s))
        return says(a, WB_ANSWER_REFUSED, "a trigger has fired and is being acted on");
    const struct wb_run_phase *p = wb_run_current(s);
    for (size_t i = 0; p && i < p->n_items; i++)
        if (p->items[i].state == WB_IS_UNSURE && s->held)
            return says(a, WB_ANSWER_REFUSED,
                        "nobody knows whether %s was done: approve --step %s --done, or --again",
                        p->items[i].id, p->items[i].id);
    if (s->held) {
        wb_run_count_close(a->r);
        wb_run_event(a->r, WB_EVENT_RELEASED, WB_EVENT_NO_PHASE, NULL, "who:s was:s", a->q->who,
                     s->held);
        wb_run_watch_anew(a->r);
        a->r->paged = NULL;
        a->r->judge_again_us = 0;
    } else if (!s->paused) {
        return says(a, WB_ANSWER_DONE, "it was neither paused nor held");
    }
    return says(a, WB_ANSWER_DONE, "it goes on");
}

static enum wb_answer_state abort_run(struct asked *a) {
    const char *reason = arg(a, "reason");
    if (a->r->job)
        wb_run_job_cancel(a->r);
    wb_run_event(a->r, WB_EVENT_ABORTED, WB_EVENT_NO_PHASE, NULL, "who:s why:s", a->q->who,
                 reason ? reason : "");
    return says(a, WB_ANSWER_DONE, "aborted: nothing was undone, and the run will not go on");
}

/* --- approve
 * ------------------------------------------------------------------------------------- */

static const char *roles_of(struct asked *a, const struct wb_run_phase *p) {
    const char *all = p->n_roles ? "" : "none";
    for (size_t i = 0; i < p->n_roles; i++)
        all = wb_arena_printf(&a->r->arena, "%s%s\"%s\"", all, i ? ", " : "", p->roles[i]);
    return all;
}

static enum wb_answer_state sign(struct asked *a) {
    struct wb_run_phase *p = wb_run_current(&a->r->state);
    if (!*a->q->role)
        return says(a, WB_ANSWER_REFUSED, "who signs? --as ROLE, or --step ID for a step");
    if (!p || p->state == WB_RUN_WAITING || p->state == WB_RUN_ROLLED_BACK ||
        p->state == WB_RUN_ROLLING_BACK)
        return says(a, WB_ANSWER_REFUSED, "no phase is under way that could be signed");
    bool asked_for = false;
    for (size_t i = 0; i < p->n_roles; i++)
        asked_for |= wb_str_ieq(p->roles[i], a->q->role);
    if (!asked_for)
        return says(a, WB_ANSWER_REFUSED,
                    "phase %d asks for no signature of \"%s\"; it asks for %s", p->number,
                    a->q->role, roles_of(a, p));
    const struct wb_run_item *check = wb_run_next_item(p, WB_ITEM_CHECK);
    a->r->judge_again_us = 0; /* something may wait for just this */
    wb_run_event(a->r, WB_EVENT_SIGN_OFF, p->number, NULL, "role:s who:s hash:s verdict:s",
                 a->q->role, a->q->who, p->hash,
                 p->state < WB_RUN_RAMPING ? "checks not run yet"
                 : check                   ? "checks open"
                                           : "checks passed");
    return says(a, WB_ANSWER_DONE, "phase %d is signed by %s (%s)", p->number, a->q->role,
                a->q->who);
}

static enum wb_answer_state undone_by_hand(struct asked *a, const char *step) {
    struct wb_run_state *s = &a->r->state;
    struct wb_run_undo *u = wb_run_next_undo(s, s->roll_back_to);
    if (!u || !wb_str_eq(u->step, step) || a->r->job)
        return says(a, WB_ANSWER_REFUSED, "%s is not what has to be undone now", step);
    if (u->state == WB_IS_OPEN || u->state == WB_IS_UNSURE || u->state == WB_IS_FAILED)
        wb_run_event(a->r, WB_EVENT_UNDO_INTENT, u->phase, u->step, "by:s", a->q->who);
    wb_run_event(a->r, WB_EVENT_UNDO_OUTCOME, u->phase, u->step, "result:s why:s by:s", "done",
                 "undone by a person", a->q->who);
    return says(a, WB_ANSWER_DONE, "%s of phase %d counts as undone", u->step, u->phase);
}

static void put_outcome(struct asked *a, const struct wb_run_phase *p, const char *step,
                        bool again) {
    wb_run_event(a->r, WB_EVENT_STEP_OUTCOME, p->number, step, "result:s by:s who:s role:s why:s",
                 again ? "not_done" : "done", "person", a->q->who, a->q->role,
                 again ? "a person said: run it again" : "a person said that it is done");
    if (a->r->state.held) {
        wb_run_count_close(a->r);
        wb_run_event(a->r, WB_EVENT_RELEASED, WB_EVENT_NO_PHASE, NULL, "who:s", a->q->who);
    }
}

/* A manual step or criterion is done, or what became of an interrupted step. */
static enum wb_answer_state confirm(struct asked *a, const char *step) {
    struct wb_run *r = a->r;
    struct wb_run_phase *p = wb_run_current(&r->state);
    struct wb_run_item *item = p ? wb_run_item_of(p, step) : NULL;
    const struct wb_task *t =
        p ? wb_program_task(wb_program_phase_of(&r->program, p->number), step) : NULL;
    const char *outcome = arg(a, "outcome");
    if (!item || !t || p->state != wb_run_state_of_kind(item->kind))
        return says(a, WB_ANSWER_REFUSED, "%s is not what the run waits for", step);
    if (item->state == WB_IS_UNSURE) {
        if (!outcome)
            return says(a, WB_ANSWER_REFUSED,
                        "say what became of it: --done, or --again to run it again");
        put_outcome(a, p, step, strcmp(outcome, "again") == 0);
        return says(a, WB_ANSWER_DONE, "%s: %s", step, outcome);
    }
    if (wb_run_blocked(&r->state))
        return says(a, WB_ANSWER_REFUSED, "%s", wb_run_blocked(&r->state));
    if (t->does != WB_DOES_MANUAL || wb_run_next_item(p, item->kind) != item)
        return says(a, WB_ANSWER_REFUSED, "%s is not what the run waits for", step);
    const char *role = item->irreversible ? wb_run_missing_role(p) : NULL;
    if (role)
        return says(a, WB_ANSWER_REFUSED, "%s cannot be undone: %s has to sign first", step, role);
    if (item->kind == WB_ITEM_STEP) {
        wb_run_record_undo(r, p->number, t);
        wb_run_event(r, WB_EVENT_STEP_INTENT, p->number, step, "text:s by:s", t->text, a->q->who);
        put_outcome(a, p, step, false);
    } else {
        wb_run_event(r, item->kind == WB_ITEM_CHECK ? WB_EVENT_CHECK : WB_EVENT_CRITERION,
                     p->number, step, "result:s why:s who:s role:s samples:u", "passed",
                     "a person confirmed it", a->q->who, a->q->role, (uint64_t)1);
    }
    return says(a, WB_ANSWER_DONE, "%s of phase %d is confirmed", step, p->number);
}

static enum wb_answer_state approve(struct asked *a) {
    const char *step = arg(a, "step");
    if (step && a->r->state.rolling_back)
        return undone_by_hand(a, step);
    return step ? confirm(a, step) : sign(a);
}

/* --- rollback, amend
 * ----------------------------------------------------------------------------- */

static enum wb_answer_state roll_back(struct asked *a) {
    struct wb_run_state *s = &a->r->state;
    const json_t *given = json_object_get(a->args, "to");
    int to = json_is_integer(given) ? (int)json_integer_value(given) : wb_run_roll_back_to(s);
    bool more = s->rolling_back && to < s->roll_back_to;
    bool confirmed = json_is_true(json_object_get(a->args, "irreversible"));
    size_t n = 0;
    int last = wb_run_last_phase(s);
    if (to > last)
        return says(a, WB_ANSWER_REFUSED, "there is no phase %d: the last one is %d", to, last);
    if (s->rolling_back && to > s->roll_back_to)
        return says(a, WB_ANSWER_REFUSED,
                    "the run is being rolled back as far as to phase %d: what is being undone is "
                    "undone to its end; only a rollback that goes further can be asked for now",
                    s->roll_back_to);
    for (size_t i = s->n_undos; i-- > 0;) {
        const struct wb_run_undo *u = &s->undos[i];
        if (u->phase <= to || u->state == WB_IS_PASSED)
            continue;
        n++;
        if (u->irreversible && !confirmed)
            return says(a, WB_ANSWER_REFUSED,
                        "%s of phase %d cannot be undone; to go back all the same, and leave it as "
                        "it is: --confirm-irreversible",
                        u->step, u->phase);
    }
    wb_run_event(a->r, WB_EVENT_ROLLBACK_STARTED, WB_EVENT_NO_PHASE, NULL,
                 "to:i irreversible:b who:s", (int64_t)to, confirmed, a->q->who);
    return says(a, WB_ANSWER_DONE, "%s: %zu to undo",
                more              ? "rolling back further"
                : s->rolling_back ? "rolling back already"
                                  : "rolling back",
                n);
}

static void put_amended(struct asked *a, struct wb_program *program, const char *reason,
                        const char *moved) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_run_count_close(a->r);
    wb_buf_addc(&b, '[');
    for (size_t i = 0; i < program->n_phases; i++) {
        if (i)
            wb_buf_addc(&b, ',');
        wb_run_phase_json(&program->phases[i], &b);
    }
    wb_buf_addc(&b, ']');
    wb_run_event(a->r, WB_EVENT_AMENDED, WB_EVENT_NO_PHASE, NULL,
                 "reason:s who:s moved:s title:s hash:s phases:j", reason, a->q->who, moved,
                 program->plan->title, program->hash, wb_buf_str(&b));
}

/* The edited file becomes the plan. A runner that runs by the old text ends, to be started again.
 */
static enum wb_answer_state amend(struct asked *a) {
    const char *reason = arg(a, "reason"), *moved = arg(a, "moved");
    struct wb_error err = {0};
    struct wb_arena arena = {0};
    struct wb_plan *plan = NULL;
    struct wb_program program = {0};
    struct wb_plan_place place;
    enum wb_answer_state state;
    if (!reason || !*reason)
        return says(a, WB_ANSWER_REFUSED, "why? --reason \"…\"");
    if (moved && !wb_str_eq(moved, "source") && !wb_str_eq(moved, "target"))
        return says(a, WB_ANSWER_REFUSED, "moved is source or target, not \"%s\"", moved);
    if (a->r->job)
        return says(a, WB_ANSWER_REFUSED, "%s is running: pause first, then amend", a->r->job->id);
    if (wb_plan_load(a->r->opts->path, NULL, &plan, &err))
        return says(a, WB_ANSWER_REFUSED, "%s", err.text);
    wb_lint_text(plan, WB_LINT_WRONG_IS_WARNING);
    wb_program_make(plan, &program);
    const char *why = wb_program_refusal(&program, &arena, &place);
    if (wb_plan_count(plan, WB_ERROR))
        state = says(a, WB_ANSWER_REFUSED, "the plan has errors: see whimbrel check %s",
                     a->r->opts->path);
    else if (why)
        state = says(a, WB_ANSWER_REFUSED, "line %u: %s", place.line, why);
    else if (!moved && !wb_run_edited(&program, &a->r->state, &arena))
        state = says(a, WB_ANSWER_REFUSED, "the plan is as it was: there is nothing to take over");
    else {
        put_amended(a, &program, reason, moved);
        state = says(a, WB_ANSWER_DONE,
                     "amended: sign-offs of what was edited, and of phases that are not done, are "
                     "void; go on with: whimbrel run %s%s%s",
                     a->r->opts->path, a->r->state.held ? ", then whimbrel resume " : "",
                     a->r->state.held ? a->r->opts->path : "");
        if (!a->r->applies_only)
            wb_run_stop(a->r, WB_E_WAITING, "the plan was amended: start the run again");
    }
    wb_program_done(&program);
    wb_plan_free(plan);
    wb_arena_done(&arena);
    return state;
}

/* --- all
 * ----------------------------------------------------------------------------------------- */

enum wb_code wb_run_request_apply(struct wb_run *r, const struct wb_request *q,
                                  struct wb_answer *answer, struct wb_error *err) {
    struct asked a = {.r = r, .q = q};
    json_t *args = q->args ? json_loads(q->args, 0, NULL) : NULL;
    a.args = args;
    bool over =
        !r->state.started || r->state.aborted || (r->state.done && q->kind != WB_REQUEST_ROLLBACK);
    enum wb_answer_state state;
    if (over)
        state = no_run(&a);
    else if (q->kind == WB_REQUEST_PAUSE)
        state = pause_run(&a);
    else if (q->kind == WB_REQUEST_RESUME || q->kind == WB_REQUEST_RELEASE)
        state = resume_run(&a);
    else if (q->kind == WB_REQUEST_APPROVE)
        state = approve(&a);
    else if (q->kind == WB_REQUEST_ROLLBACK)
        state = roll_back(&a);
    else if (q->kind == WB_REQUEST_AMEND)
        state = amend(&a);
    else if (q->kind == WB_REQUEST_ABORT)
        state = abort_run(&a);
    else
        state = says(&a, WB_ANSWER_REFUSED, "this version cannot do that");
    json_decref(args);
    if (state != WB_ANSWER_DONE)
        wb_run_drop_events(r);
    *answer = (struct wb_answer){
        .request = q->id, .state = state, .text = wb_arena_strdup(&r->arena, a.text)};
    if (q->id)
        return wb_run_write(r, answer, err);
    return wb_run_write(r, NULL, err);
}

/* A request whose events the state refuses is answered with why; the run goes on. */
static enum wb_code answer_one(struct wb_run *r, const struct wb_request *q, struct wb_error *err) {
    struct wb_answer answer;
    if (q->kind == WB_REQUEST_ROLLBACK && r->job) {
        r->wants_rollback = true; /* its step is stopped first */
        return WB_OK;
    }
    r->wants_rollback = false;
    enum wb_code code = wb_run_request_apply(r, q, &answer, err);
    if (code != WB_E_INTERNAL)
        return code;
    wb_run_drop_events(r);
    answer = (struct wb_answer){q->id, WB_ANSWER_REFUSED, err->text};
    return wb_journal_request_answer(r->journal, &answer, err);
}

enum wb_code wb_run_requests(struct wb_run *r, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_request q = {0};
    enum wb_code code = wb_journal_request_next(r->journal, 0, &a, &q, err);
    if (!code && q.id)
        code = answer_one(r, &q, err);
    wb_arena_done(&a);
    return code;
}
