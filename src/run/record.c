/* Before a step runs, what undoes it is journalled as text: a rollback follows that, and never the
 * plan's file. */
#include "run/inside.h"

#include "base/json.h"
#include "base/str.h"

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
