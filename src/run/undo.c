/* The way back: what was journalled before each step is undone by its text, newest first. */
#include "run/inside.h"

#include "base/str.h"

#include <string.h>

/* --- the thread's part
 * --------------------------------------------------------------------------- */

static const char *text_of(const json_t *o, const char *key) {
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

static int64_t int_of(const json_t *o, const char *key) {
    return (int64_t)json_integer_value(json_object_get(o, key));
}

static bool has_verify(const json_t *undo) {
    return *text_of(undo, "verify") != 0;
}

/* Whether the step's effect is there, by its verify block. On an error nobody can tell. */
static enum wb_code is_there(struct wb_job *job, bool *ret, struct wb_error *err) {
    struct wb_plan_expect want = {
        .given = true,
        .no_rows = json_is_true(json_object_get(job->undo, "verify_no_rows")),
        .value.number = {.digits = int_of(job->undo, "verify_digits"),
                         .scale = (unsigned)int_of(job->undo, "verify_scale")},
    };
    struct wb_arena a = {0};
    struct wb_rows rows;
    char why[200];
    enum wb_code code = wb_run_query(job, (enum wb_block_on)int_of(job->undo, "verify_on"),
                                     text_of(job->undo, "verify"), 0, &a, &rows, err);
    if (!code)
        *ret = wb_run_expects(&want, &rows, why, sizeof why);
    wb_arena_done(&a);
    return code;
}

/* Where nobody knows whether the step was done, or undone, its verify block decides. A step that
 * was done is undone in any case: what the block looks at may have changed since. True: there is
 * nothing to do, or nobody can tell; the job says it. */
static bool is_decided(struct wb_job *job) {
    struct wb_error err = {0};
    bool there = true;
    if (!json_is_true(json_object_get(job->undo, "look")) || !has_verify(job->undo))
        return false;
    if (is_there(job, &there, &err)) {
        wb_job_fails(job, &err);
        wb_job_says(job, WB_JOB_FAILED,
                    "nobody knows what is there, and its verify block could not be run: %s",
                    err.text);
        job->nothing_done = job->unreachable || job->canceled;
        return true;
    }
    if (!there)
        wb_job_says(job, WB_JOB_DONE, "nothing was there to undo");
    return !there;
}

void wb_run_undo_perform(struct wb_job *job) {
    bool there = false;
    if (is_decided(job))
        return;
    if (strcmp(text_of(job->undo, "kind"), "sh") == 0) {
        wb_run_script(job, text_of(job->undo, "text"), int_of(job->undo, "timeout_ms"));
    } else {
        struct wb_sql_block b = {
            text_of(job->undo, "text"), (enum wb_block_on)int_of(job->undo, "on"),
            (enum wb_block_tx)int_of(job->undo, "tx"), int_of(job->undo, "timeout_ms"),
            int_of(job->undo, "lock_timeout_ms")};
        wb_run_sql(job, &b);
    }
    if (job->result == WB_JOB_UNKNOWN && !job->unreachable)
        job->result = WB_JOB_FAILED; /* it said no, half-way */
    if (job->result == WB_JOB_DONE && has_verify(job->undo) && !is_there(job, &there, NULL) &&
        there)
        wb_job_says(job, WB_JOB_FAILED, "it was undone, but its verify block finds it still there");
}

/* --- the loop's part
 * ----------------------------------------------------------------------------- */

static void end_phase(struct wb_run *r) {
    struct wb_run_state *s = &r->state;
    for (size_t i = s->n_phases; i-- > 0;)
        if (s->phases[i].state == WB_RUN_ROLLING_BACK) {
            wb_run_event(r, WB_EVENT_ROLLED_BACK, s->phases[i].number, NULL, "");
            return;
        }
    wb_run_event(r, WB_EVENT_ROLLED_BACK, WB_EVENT_NO_PHASE, NULL, "why:s",
                 wb_run_open_firing(s) ? wb_run_open_firing(s)->why
                                       : "rolled back: resume to run the phase again");
}

/* The phase's undos are done where the next one belongs to another phase. */
static bool phase_is_undone(const struct wb_run_state *s, const struct wb_run_undo *next) {
    for (size_t i = s->n_phases; i-- > 0;)
        if (s->phases[i].state == WB_RUN_ROLLING_BACK)
            return !next || next->phase != s->phases[i].number;
    return true;
}

/* Without a share it stays; without a stage it follows from the share. */
static void set_flag(struct wb_run *r, const struct wb_run_undo *u, const json_t *to) {
    const char *flag = text_of(to, "flag");
    const struct wb_run_flag *now = wb_run_flag_of(&r->state, flag);
    int64_t share = json_object_get(to, "share") ? int_of(to, "share") : now ? now->share : 0;
    /* The phase's Rollback may have sent all reads back already: no stage on the way sends some
     * out. */
    if (strcmp(text_of(to, "does"), "the ramp") == 0 && now && share > (int64_t)now->share)
        share = now->share;
    if (json_object_get(to, "no_writes"))
        wb_run_event(r, WB_EVENT_FLAG, u->phase, u->step, "flag:s no_writes:i", flag,
                     int_of(to, "no_writes"));
    else
        wb_run_set_flag(r, u->phase, u->step, flag, (unsigned)share, text_of(to, "stage"));
}

static enum wb_code undo_flags(struct wb_run *r, struct wb_run_undo *u, const json_t *data,
                               struct wb_error *err) {
    const json_t *list = json_object_get(data, "flags");
    wb_run_event(r, WB_EVENT_UNDO_INTENT, u->phase, u->step, "");
    for (size_t i = json_array_size(list); i-- > 0;)
        set_flag(r, u, json_array_get(list, i));
    if (strcmp(text_of(data, "kind"), "writes") == 0)
        wb_run_set_writes(r, u->phase, u->step, text_of(data, "flag"),
                          (unsigned)int_of(data, "sides"),
                          json_is_true(json_object_get(data, "allowed")), text_of(data, "does"));
    else if (!list)
        set_flag(r, u, data);
    wb_run_event(r, WB_EVENT_UNDO_OUTCOME, u->phase, u->step, "result:s why:s", "done",
                 "the flag is set");
    return wb_run_write(r, NULL, err);
}

/* Whether it is not certain that there is something to undo. */
static bool has_to_look(const struct wb_run *r, const struct wb_run_undo *u) {
    const struct wb_run_phase *p = wb_run_phase_of(&r->state, u->phase);
    const struct wb_run_item *step = p ? wb_run_item_of(p, u->step) : NULL;
    return u->state == WB_IS_UNSURE || (step && step->state != WB_IS_PASSED);
}

static enum wb_code undo_one(struct wb_run *r, struct wb_run_undo *u, struct wb_error *err) {
    json_t *data = json_loads(u->data, 0, NULL);
    const char *kind = text_of(data, "kind");
    enum wb_code code;
    if (strcmp(kind, "sql") == 0 || strcmp(kind, "sh") == 0) {
        json_object_set_new(data, "look", json_boolean(has_to_look(r, u)));
        json_object_set_new(data, "unsure", json_boolean(u->state == WB_IS_UNSURE));
        wb_run_event(r, WB_EVENT_UNDO_INTENT, u->phase, u->step, "text:s", text_of(data, "text"));
        code = wb_run_write(r, NULL, err);
        if (!code)
            return wb_run_job_start(r, WB_JOB_UNDO, u->phase, u->step, NULL, data, NULL, err);
    } else if (strncmp(kind, "flag", 4) == 0 || strcmp(kind, "writes") == 0) {
        code = undo_flags(r, u, data, err);
    } else if (strcmp(kind, "keep") == 0) {
        wb_run_event(r, WB_EVENT_UNDO_OUTCOME, u->phase, u->step, "result:s why:s", "skipped",
                     text_of(data, "text"));
        code = wb_run_write(r, NULL, err);
    } else {
        wb_run_waits(r,
                     "a person has to undo %s of phase %d (%s) and say so: whimbrel approve %s "
                     "--step %s",
                     u->step, u->phase, text_of(data, "does"), r->opts->path, u->step);
        code = wb_run_page(r, u->phase, u->step, r->waits, err);
    }
    json_decref(data);
    return code;
}

bool wb_run_undo_is_unsure(const struct wb_run_undo *u) {
    json_t *data = u->state == WB_IS_UNSURE ? json_loads(u->data, 0, NULL) : NULL;
    bool unsure = u->state == WB_IS_UNSURE && !has_verify(data);
    json_decref(data);
    return unsure;
}

/* A person has to look, and no attempt is made. */
static enum wb_code wait_for_look(struct wb_run *r, const struct wb_run_undo *u,
                                  struct wb_error *err) {
    if (u->state == WB_IS_FAILED)
        wb_run_waits(r,
                     "%s of phase %d could not be undone: %s. Undo it by hand and say so: "
                     "whimbrel approve %s --step %s; or try it again: whimbrel resume %s",
                     u->step, u->phase, u->why, r->opts->path, u->step, r->opts->path);
    else
        wb_run_waits(r,
                     "nobody knows whether %s of phase %d was undone: look. If it is, say so: "
                     "whimbrel approve %s --step %s; if not, let it be undone: whimbrel resume %s",
                     u->step, u->phase, r->opts->path, u->step, r->opts->path);
    return wb_run_page(r, u->phase, u->step, r->waits, err);
}

enum wb_code wb_run_undo_step(struct wb_run *r, struct wb_error *err) {
    struct wb_run_state *s = &r->state;
    struct wb_run_undo *next = wb_run_next_undo(s, s->roll_back_to);
    if (phase_is_undone(s, next)) {
        end_phase(r);
        return wb_run_write(r, NULL, err);
    }
    if (!r->retry_undo && wb_clock_monotonic_us() < r->again_us) {
        wb_run_waits(r, "%s", r->unreached_why);
        return WB_OK;
    }
    if (!r->retry_undo && (next->state == WB_IS_FAILED || wb_run_undo_is_unsure(next)))
        return wait_for_look(r, next, err);
    if (next->irreversible && !s->undo_irreversible) {
        wb_run_waits(r,
                     "%s of phase %d cannot be undone: the rollback ends here. To go on, and leave "
                     "it as it is: whimbrel rollback %s --execute --confirm-irreversible",
                     next->step, next->phase, r->opts->path);
        return wb_run_page(r, next->phase, next->step, "it cannot be undone", err);
    }
    r->retry_undo = false;
    return undo_one(r, next, err);
}

/* A server that is away has failed nothing: as long as nothing was sent, it is tried again. */
enum wb_code wb_run_undo_finish(struct wb_run *r, struct wb_job *job, struct wb_error *err) {
    bool away = job->unreachable && job->result != WB_JOB_DONE;
    bool not_done = job->nothing_done && job->result == WB_JOB_FAILED && (away || job->canceled);
    bool unsure = json_is_true(json_object_get(job->undo, "unsure")); /* as it was before */
    const char *result = job->result == WB_JOB_DONE      ? "done"
                         : not_done                      ? unsure ? "unknown" : "not_done"
                         : job->result == WB_JOB_UNKNOWN ? "unknown"
                                                         : "failed";
    wb_run_event(r, WB_EVENT_UNDO_OUTCOME, job->phase, job->id, "result:s why:s", result, job->why);
    enum wb_code code = wb_run_write(r, NULL, err);
    if (!code && away && !job->canceled && (not_done || has_verify(job->undo)))
        return wb_run_try_later(r, job, err);
    r->unreached = 0;
    return code;
}
