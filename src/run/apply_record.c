/* What is kept beside the way of phases: databases, baselines, flags, signatures, triggers that are
 * armed. */
#include "run/apply.h"

#include "base/str.h"
#include "metric/flag.h"

enum wb_code wb_apply_identity(struct wb_apply *a) {
    int side = wb_apply_is(a, "side", "target");
    const char *was = a->s->identity[side];
    if (was && !wb_apply_is(a, "identity", was))
        return wb_apply_refuse(a, "the %s is another database than at the start",
                               side ? "target" : "source");
    a->s->identity[side] = wb_apply_keep(a, wb_apply_text(a, "identity"));
    a->s->standby[side] = json_is_true(json_object_get(a->data, "standby"));
    return WB_OK;
}

enum wb_code wb_apply_baseline(struct wb_apply *a) {
    struct wb_run_state *s = a->s;
    const json_t *v = json_object_get(a->data, "value");
    int64_t samples = wb_apply_int(a, "samples", 0);
    if (!json_is_number(v) || samples <= 0)
        return wb_apply_refuse(a, "a baseline without data");
    struct wb_run_baseline *b = NULL;
    for (size_t i = 0; i < s->n_baselines; i++)
        if (wb_apply_is(a, "metric", s->baselines[i].metric))
            b = &s->baselines[i];
    if (!b)
        b = WB_PUSH(&s->arena, s->baselines, s->n_baselines, s->cap_baselines);
    const json_t *low = json_object_get(a->data, "low"), *high = json_object_get(a->data, "high");
    *b = (struct wb_run_baseline){
        .metric = wb_apply_keep(a, wb_apply_text(a, "metric")),
        .value = json_number_value(v),
        .low = json_is_number(low) ? json_number_value(low) : json_number_value(v),
        .high = json_is_number(high) ? json_number_value(high) : __builtin_nan(""),
        .samples = (uint64_t)samples,
    };
    return WB_OK;
}

/* Sides to which applications are not to write: as they were, but for what the event says. */
static unsigned no_writes_of(const struct wb_apply *a, unsigned was) {
    const json_t *all = json_object_get(a->data, "no_writes");
    unsigned sides = wb_apply_is(a, "writes", "source")   ? WB_FLAG_NO_WRITES_SOURCE
                     : wb_apply_is(a, "writes", "target") ? WB_FLAG_NO_WRITES_TARGET
                     : wb_apply_is(a, "writes", "both")   ? WB_FLAG_NO_WRITES
                                                          : 0;
    if (json_is_integer(all))
        return (unsigned)json_integer_value(all) & WB_FLAG_NO_WRITES;
    return wb_apply_bool(a, "allowed") ? was & ~sides : was | sides;
}

/* What the event does not say stays as it was. */
enum wb_code wb_apply_flag(struct wb_apply *a) {
    struct wb_run_state *s = a->s;
    static const struct wb_run_flag none = {.stage = "off", .before = "off"};
    const char *name = wb_apply_text(a, "flag"), *stage = wb_apply_text(a, "stage");
    struct wb_run_flag *f = wb_run_flag_of(s, name);
    struct wb_run_flag now = f ? *f : none;
    int64_t share = wb_apply_int(a, "share", now.share);
    if (share < 0 || share > WB_FLAG_BUCKETS || !*name)
        return wb_apply_refuse(a, "a flag without name or share");
    now.stage = wb_apply_keep(a, *stage ? stage : now.stage);
    if (wb_str_eq(now.stage, "off") || wb_str_eq(now.stage, "dualwrite") ||
        wb_str_eq(now.stage, "shadow"))
        now.before = now.stage; /* the old side is read */
    now.name = wb_apply_keep(a, name);
    now.share = (unsigned)share;
    now.no_writes = no_writes_of(a, now.no_writes);
    if (!f)
        f = WB_PUSH(&s->arena, s->flags, s->n_flags, s->cap_flags);
    *f = now;
    return WB_OK;
}

/* A signature counts for what its signer saw: this phase, under way, with this hash. */
enum wb_code wb_apply_sign_off(struct wb_apply *a) {
    enum wb_code code = wb_apply_must_go_on(a);
    struct wb_run_phase *p = a->phase;
    if (!code && (!p || p != wb_run_current(a->s) || p->state == WB_RUN_WAITING ||
                  p->state == WB_RUN_ROLLED_BACK || p->state == WB_RUN_ROLLING_BACK))
        code = wb_apply_refuse(a, "phase %d is not under way", a->e->phase);
    if (!code && !wb_apply_is(a, "hash", p->hash))
        code = wb_apply_refuse(a, "it is for another text of the phase");
    if (!code && !*wb_apply_text(a, "role"))
        code = wb_apply_refuse(a, "it names no role");
    if (code)
        return code;
    *WB_PUSH(&a->s->arena, p->sign_offs, p->n_sign_offs, p->cap_sign_offs) =
        (struct wb_run_sign_off){.role = wb_apply_keep(a, wb_apply_text(a, "role")),
                                 .who = wb_apply_keep(a, wb_apply_text(a, "who")),
                                 .wall_us = a->e->wall_us};
    return WB_OK;
}

enum wb_code wb_apply_sign_off_void(struct wb_apply *a) {
    if (!a->phase)
        return wb_apply_refuse(a, "there is no such phase");
    wb_apply_void_signs(a, a->phase, wb_apply_text(a, "why"));
    return WB_OK;
}

enum wb_code wb_apply_armed(struct wb_apply *a) {
    if (!a->phase || a->phase->state == WB_RUN_WAITING)
        return wb_apply_refuse(a, "phase %d has not begun", a->e->phase);
    a->phase->armed = true;
    return WB_OK;
}

/* What a stage has been shown outlives the runner. */
enum wb_code wb_apply_stage_progress(struct wb_apply *a) {
    if (!a->item || a->item->kind != WB_ITEM_STAGE)
        return wb_apply_refuse(a, "there is no such stage");
    a->item->saved = wb_apply_keep(a, a->e->data);
    return WB_OK;
}
