/* What a run waits for, and what goes on with it, in words. */
#include "run/inside.h"

#include "base/str.h"

static const char *next_undo_words(const struct wb_run_state *s, const char *path,
                                   struct wb_arena *a) {
    const struct wb_run_undo *u = wb_run_next_undo(s, s->roll_back_to);
    if (!u)
        return "the rollback ends";
    json_t *data = json_loads(u->data, 0, NULL);
    const char *kind = json_string_value(json_object_get(data, "kind"));
    bool by_hand =
        wb_str_eq(kind, "manual") || u->state == WB_IS_FAILED || wb_run_undo_is_unsure(u);
    const char *does = json_string_value(json_object_get(data, "does"));
    const char *text =
        by_hand ? wb_arena_printf(a,
                                  "undo %s of phase %d by hand (%s%s%s), then: whimbrel approve %s "
                                  "--step %s",
                                  u->step, u->phase, does ? does : "", *u->why ? ": " : "", u->why,
                                  path, u->step)
                : wb_arena_printf(a, "%s of phase %d is undone", u->step, u->phase);
    json_decref(data);
    return text;
}

const char *wb_run_next_words(const struct wb_run_state *s, const char *path, struct wb_arena *a) {
    const struct wb_run_phase *p = wb_run_current(s);
    if (!s->started || s->aborted || s->done)
        return "";
    if (s->rolling_back)
        return next_undo_words(s, path, a);
    if (s->paused)
        return wb_arena_printf(a, "whimbrel resume %s", path);
    if (s->held)
        return wb_arena_printf(a,
                               "look at what held it, then: whimbrel resume %s, or whimbrel "
                               "rollback %s; where the plan was wrong: edit it, whimbrel amend %s "
                               "--reason \"\xE2\x80\xA6\", then run it and resume",
                               path, path, path);
    if (!p)
        return "the run ends";
    if (p->state == WB_RUN_WAITING || p->state == WB_RUN_ROLLED_BACK)
        return wb_arena_printf(a, "phase %d begins: %s", p->number, p->name);
    const struct wb_run_item *item =
        wb_run_next_item(p, (enum wb_run_item_kind)(p->state - WB_RUN_ENTERING));
    const char *role = wb_run_missing_role(p);
    if (item && item->irreversible && role && item->state == WB_IS_OPEN)
        return wb_arena_printf(
            a, "%s: %s - cannot be undone, so first: whimbrel approve %s --as \"%s\"", item->id,
            item->text, path, role);
    if (item && item->by_person && item->state == WB_IS_OPEN)
        return wb_arena_printf(
            a, "%s: %s - a person %s, then: whimbrel approve %s --step %s", item->id, item->text,
            item->kind == WB_ITEM_STEP ? "does this" : "looks whether it is so", path, item->id);
    if (item)
        return wb_arena_printf(a, "%s: %s%s%s", item->id, item->text, *item->why ? " - " : "",
                               item->why);
    if (role && p->state == WB_RUN_EXITING)
        return wb_arena_printf(a, "whimbrel approve %s --as \"%s\"", path, role);
    return wb_arena_printf(a, "phase %d goes on", p->number);
}
