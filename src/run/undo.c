/* The way back. Before a step runs, what undoes it is journalled as text; a rollback follows those
 * texts, newest first, and never the plan's file. */
#include "run/inside.h"

#include "base/json.h"
#include "base/str.h"

#include <string.h>

static void put_query(struct wb_json *j, const struct wb_plan_block *b) {
    WB_CLEANUP_BUF struct wb_buf want = {0};
    wb_decimal_put(&want, b->expect.value.number);
    wb_json_key_str(j, "verify", b->text);
    wb_json_key_int(j, "verify_on", b->on);
    wb_json_key_bool(j, "verify_no_rows", b->expect.no_rows || b->check == WB_CHECK_EMPTY);
    wb_json_key_int(j, "verify_digits", b->expect.value.number.digits);
    wb_json_key_int(j, "verify_scale", b->expect.value.number.scale);
}

static void put_block(struct wb_json *j, const struct wb_plan_block *b) {
    wb_json_key_str(j, "kind", b->lang == WB_LANG_SQL ? "sql" : "sh");
    wb_json_key_str(j, "text", b->text);
    wb_json_key_int(j, "on", b->on);
    wb_json_key_int(j, "tx", b->tx);
    wb_json_key_int(j, "timeout_ms", b->timeout_ms);
    wb_json_key_int(j, "lock_timeout_ms", b->lock_timeout_ms);
}

static bool sets_writes(const struct wb_plan_action *a) {
    return a->kind == WB_ACT_DISABLE_WRITES || a->kind == WB_ACT_ENABLE_WRITES;
}

static const char *flag_that_is_set(const struct wb_run *r, const struct wb_plan_action *a) {
    bool reads =
        a->kind == WB_ACT_SET_FLAG || a->kind == WB_ACT_ROUTE_READS || a->kind == WB_ACT_SET_STAGE;
    if (!reads && !(sets_writes(a) && a->side != WB_PLAN_SIDE_UNKNOWN))
        return NULL;
    return a->flag ? a->flag : r->plan->front.flag.value;
}

/* Of a flag as it is now, what the action sets: who reads where, or who may write. */
static void put_flag_now(struct wb_run *r, const char *name, const struct wb_plan_action *a,
                         struct wb_json *j) {
    const struct wb_run_flag *now = wb_run_flag_of(&r->state, name);
    wb_json_object(j);
    wb_json_key_str(j, "flag", name);
    if (sets_writes(a)) {
        wb_json_key_uint(j, "no_writes", now ? now->no_writes : 0);
    } else {
        wb_json_key_uint(j, "share", now ? now->share : 0);
        wb_json_key_str(j, "stage", now ? now->stage : "off");
    }
    wb_json_end(j);
}

/* A step that sets flags is undone by what they were before it. */
static void record_flags(struct wb_run *r, int phase, const struct wb_task *t) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    size_t n = 0;
    wb_json_object(&j);
    wb_json_key_str(&j, "does", t->text);
    wb_json_key_str(&j, "kind", "flags");
    wb_json_key(&j, "flags");
    wb_json_array(&j);
    for (size_t i = 0; i < t->step->n_actions; i++) {
        const struct wb_plan_action *a = &t->step->actions[i];
        const char *flag = flag_that_is_set(r, a);
        if (!flag)
            continue;
        put_flag_now(r, flag, a, &j);
        n++;
    }
    wb_json_end(&j);
    wb_json_end(&j);
    if (n)
        wb_run_event_json(r, WB_EVENT_UNDO_RECORDED, phase, t->id, &b);
}

void wb_run_record_writes(struct wb_run *r, int phase, const char *step,
                          const struct wb_plan_action *a) {
    const char *flag = a->flag ? a->flag : r->plan->front.flag.value;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    if (!flag)
        return;
    wb_json_object(&j);
    wb_json_key_str(&j, "does", a->text);
    wb_json_key_str(&j, "kind", "flags");
    wb_json_key(&j, "flags");
    wb_json_array(&j);
    put_flag_now(r, flag, a, &j);
    wb_json_end(&j);
    wb_json_end(&j);
    wb_run_event_json(r, WB_EVENT_UNDO_RECORDED, phase, step, &b);
}

void wb_run_record_undo(struct wb_run *r, int phase, const struct wb_task *t) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    if (t->does == WB_DOES_ACTIONS)
        record_flags(r, phase, t);
    bool changes =
        t->up || t->does == WB_DOES_COPY || t->does == WB_DOES_SCHEMA || t->does == WB_DOES_MANUAL;
    if (!changes)
        return;
    wb_json_object(&j);
    wb_json_key_str(&j, "does", t->text);
    wb_json_key_bool(&j, "irreversible", t->irreversible);
    if (t->down && (t->down->lang == WB_LANG_SQL || t->down->lang == WB_LANG_SH)) {
        put_block(&j, t->down);
        if (t->verify && t->verify->expect.given)
            put_query(&j, t->verify);
    } else if (t->does == WB_DOES_COPY || t->does == WB_DOES_SCHEMA) {
        wb_json_key_str(&j, "kind", "keep");
        wb_json_key_str(&j, "text", "what was copied stays in the target: whimbrel drops no data");
    } else {
        wb_json_key_str(&j, "kind", "manual");
        wb_json_key_str(&j, "text", t->text);
    }
    wb_json_end(&j);
    wb_run_event_json(r, WB_EVENT_UNDO_RECORDED, phase, t->id, &b);
}

static void put_action(struct wb_run *r, const struct wb_plan_action *a, struct wb_json *j) {
    const char *flag = flag_that_is_set(r, a);
    wb_json_key_str(j, "does", a->text);
    if (flag && sets_writes(a)) {
        wb_json_key_str(j, "kind", "writes");
        wb_json_key_str(j, "flag", flag);
        wb_json_key_int(j, "sides", wb_run_action_sides(a));
        wb_json_key_bool(j, "allowed", a->kind == WB_ACT_ENABLE_WRITES);
    } else if (flag) {
        wb_json_key_str(j, "kind", "flag");
        wb_json_key_str(j, "flag", flag);
        if (a->kind != WB_ACT_SET_STAGE || wb_str_eq(a->stage, "off"))
            wb_json_key_int(j, "share", wb_run_action_share(a));
        if (a->kind == WB_ACT_SET_STAGE)
            wb_json_key_str(j, "stage", a->stage);
    } else if (a->kind == WB_ACT_RUN_BLOCK && a->block) {
        put_block(j, a->block);
    } else {
        wb_json_key_str(j, "kind", "manual");
        wb_json_key_str(j, "text", a->text);
    }
}

/* What the phase's Rollback says, recorded when it begins. */
void wb_run_record_rollback(struct wb_run *r, const struct wb_program_phase *p) {
    unsigned n = 0;
    for (size_t i = 0; i < p->plan->n_labels; i++)
        for (size_t k = 0;
             p->plan->labels[i].kind == WB_LABEL_ROLLBACK && k < p->plan->labels[i].n_actions;
             k++) {
            WB_CLEANUP_BUF struct wb_buf b = {0};
            struct wb_json j = {.out = &b};
            char id[32];
            enum wb_plan_act act = p->plan->labels[i].actions[k].kind;
            if (act == WB_ACT_NONE || act == WB_ACT_HOLD || act == WB_ACT_PAGE ||
                act == WB_ACT_ROLL_BACK) /* which it is */
                continue;
            snprintf(id, sizeof id, "rollback.%u", ++n);
            wb_json_object(&j);
            put_action(r, &p->plan->labels[i].actions[k], &j);
            wb_json_end(&j);
            wb_run_event_json(r, WB_EVENT_UNDO_RECORDED, p->number, id, &b);
        }
}

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
