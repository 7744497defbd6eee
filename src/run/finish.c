/* What becomes of a job when it is over: its outcome as events, and whether it is tried again. */
#include "run/criteria.h"

#include <stdio.h>
#include <string.h>

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

/* A criterion that reads whole tables and does not hold yet must not keep a server busy: between
 * two looks it rests for a multiple of what one took. */
static void rest_after(struct wb_run *r, const struct wb_job *job) {
    enum { REST_TIMES = 4 };
    uint64_t took_us = wb_clock_monotonic_us() - job->began_us;
    uint64_t until_us = wb_run_now_us(r) + took_us * REST_TIMES;
    bool criterion = job->task->kind == WB_ITEM_ENTRY || job->task->kind == WB_ITEM_EXIT;
    bool again = criterion && job->result != WB_JOB_DONE && !job->canceled && !job->unreachable;
    if (again && r->judge_again_us < until_us)
        r->judge_again_us = until_us;
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
    wb_run_put_intent(r, job->phase, job->task);
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
        rest_after(r, job);
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
