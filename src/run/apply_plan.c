/* What the fold takes from the plan: phases when the run begins, items when a phase does, and what
 * an amendment changes. */
#include "run/apply.h"

#include "base/str.h"

#include <string.h>

static const char *text_of(struct wb_apply *a, const json_t *o, const char *key) {
    const char *text = json_string_value(json_object_get(o, key));
    return wb_apply_keep(a, text ? text : "");
}

static void read_phase(struct wb_apply *a, const json_t *o, struct wb_run_phase *p) {
    p->number = (int)json_integer_value(json_object_get(o, "number"));
    p->name = text_of(a, o, "name");
    p->hash = text_of(a, o, "hash");
    p->point_of_no_return = json_is_true(json_object_get(o, "point_of_no_return"));
}

enum wb_code wb_apply_run_started(struct wb_apply *a) {
    struct wb_run_state *s = a->s;
    const json_t *phases = json_object_get(a->data, "phases");
    if (s->started)
        return wb_apply_refuse(a, "the run has begun before");
    if (json_array_size(phases) == 0)
        return wb_apply_refuse(a, "it has no phase");
    s->n_phases = json_array_size(phases);
    s->phases = WB_NEW_N(&s->arena, struct wb_run_phase, s->n_phases);
    for (size_t i = 0; i < s->n_phases; i++)
        read_phase(a, json_array_get(phases, i), &s->phases[i]);
    s->started = true;
    s->started_us = a->e->wall_us;
    s->listens = wb_apply_bool(a, "listens");
    s->plan = wb_apply_keep(a, wb_apply_text(a, "plan"));
    s->plan_hash = wb_apply_keep(a, wb_apply_text(a, "hash"));
    s->title = wb_apply_keep(a, wb_apply_text(a, "title"));
    return WB_OK;
}

static bool kind_of(const json_t *o, enum wb_run_item_kind *ret) {
    const char *word = json_string_value(json_object_get(o, "kind"));
    for (int k = WB_ITEM_ENTRY; k <= WB_ITEM_EXIT; k++)
        if (wb_str_eq(word, wb_run_kind_word((enum wb_run_item_kind)k))) {
            *ret = (enum wb_run_item_kind)k;
            return true;
        }
    return false;
}

/* Items and roles of one phase. */
static enum wb_code read_items(struct wb_apply *a, const json_t *o, struct wb_run_phase *p) {
    struct wb_run_state *s = a->s;
    const json_t *items = json_object_get(o, "items"), *roles = json_object_get(o, "roles");
    size_t n = json_array_size(items);
    struct wb_run_item *read = WB_NEW_N(&s->arena, struct wb_run_item, n + 1);
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(items, i);
        if (!kind_of(item, &read[i].kind))
            return wb_apply_refuse(a, "an item has no kind");
        read[i].id = text_of(a, item, "id");
        read[i].text = text_of(a, item, "text");
        read[i].irreversible = json_is_true(json_object_get(item, "irreversible"));
        read[i].needs_data = json_is_true(json_object_get(item, "needs_data"));
        read[i].by_person = json_is_true(json_object_get(item, "by_person"));
        read[i].why = "";
    }
    p->items = read;
    p->n_items = n;
    p->n_roles = json_array_size(roles);
    p->roles = WB_NEW_N(&s->arena, const char *, p->n_roles + 1);
    for (size_t i = 0; i < p->n_roles; i++) {
        const char *role = json_string_value(json_array_get(roles, i));
        p->roles[i] = wb_apply_keep(a, role ? role : "");
    }
    return WB_OK;
}

enum wb_code wb_apply_phase_started(struct wb_apply *a) {
    const char *why = wb_run_blocked(a->s);
    struct wb_run_phase *p = a->phase;
    if (why)
        return wb_apply_refuse(a, "%s", why);
    if (!p || p != wb_run_current(a->s))
        return wb_apply_refuse(a, "phase %d is not the next one", a->e->phase);
    if (p->state != WB_RUN_WAITING && p->state != WB_RUN_ROLLED_BACK)
        return wb_apply_refuse(a, "phase %d is %s", p->number, wb_run_phase_word(p->state));
    if (!wb_apply_is(a, "hash", p->hash))
        return wb_apply_refuse(a, "phase %d was edited", p->number);
    enum wb_code code = read_items(a, a->data, p);
    if (code)
        return code;
    p->state = WB_RUN_ENTERING;
    p->started_us = a->e->wall_us;
    p->done_us = 0;
    p->began = a->now;
    p->ended = (struct wb_run_moment){0};
    p->diverged_before = p->diverged_looked_at = wb_apply_diverged(a);
    wb_apply_void_signs(a, p, "the phase began anew");
    return WB_OK;
}

/* --- amendments
 * ---------------------------------------------------------------------------------- */

/* A step that ran keeps its outcome; everything that was judged is judged again. */
static enum wb_code carry_over(struct wb_apply *a, const struct wb_run_phase *was,
                               struct wb_run_phase *now) {
    for (size_t i = 0; i < was->n_items; i++) {
        const struct wb_run_item *old = &was->items[i];
        if (old->kind != WB_ITEM_STEP || old->state == WB_IS_OPEN || old->state == WB_IS_FAILED)
            continue;
        struct wb_run_item *item = wb_run_item_of(now, old->id);
        if (!item || !wb_str_eq(item->text, old->text))
            return wb_apply_refuse(a, "%s of phase %d has been run and is another one now", old->id,
                                   was->number);
        enum wb_run_item_kind kind = item->kind;
        *item = *old;
        item->kind = kind;
    }
    return WB_OK;
}

static bool is_under_way(const struct wb_run_phase *p) {
    return p->state >= WB_RUN_ENTERING && p->state <= WB_RUN_EXITING;
}

static enum wb_code amend_phase(struct wb_apply *a, const json_t *o, struct wb_run_phase *p) {
    struct wb_run_phase now = *p;
    read_phase(a, o, &now);
    if (now.number != p->number)
        return wb_apply_refuse(a, "phase %d has become phase %d", p->number, now.number);
    if (is_under_way(p)) {
        enum wb_code code = read_items(a, o, &now);
        if (!code)
            code = carry_over(a, p, &now);
        if (code)
            return code;
        if (now.state > WB_RUN_STEPPING)
            now.state = WB_RUN_STEPPING;
        now.diverged_looked_at = wb_apply_diverged(a);
    }
    *p = now;
    return WB_OK;
}

enum wb_code wb_apply_amended(struct wb_apply *a) {
    struct wb_run_state *s = a->s;
    const json_t *phases = json_object_get(a->data, "phases");
    size_t n = json_array_size(phases);
    if (!s->started || s->aborted || s->done || s->rolling_back)
        return wb_apply_refuse(a, "%s", wb_run_blocked(s));
    struct wb_run_phase *amended = WB_NEW_N(&s->arena, struct wb_run_phase, n + 1);
    for (size_t i = 0; i < n; i++) {
        const json_t *o = json_array_get(phases, i);
        int number = (int)json_integer_value(json_object_get(o, "number"));
        const struct wb_run_phase *was = wb_run_phase_of(s, number);
        if (was)
            amended[i] = *was;
        else
            read_phase(a, o, &amended[i]);
        enum wb_code code = amend_phase(a, o, &amended[i]);
        if (code)
            return code;
    }
    for (size_t i = 0; i < s->n_phases; i++)
        if (s->phases[i].state != WB_RUN_WAITING &&
            (i >= n || amended[i].number != s->phases[i].number))
            return wb_apply_refuse(a, "phase %d has begun and is gone from its place",
                                   s->phases[i].number);
    for (size_t i = 0; i < n; i++) {
        const struct wb_run_phase *was = wb_run_phase_of(s, amended[i].number);
        if (was && (was->state != WB_RUN_DONE || !wb_str_eq(was->hash, amended[i].hash)))
            wb_apply_void_signs(a, &amended[i], "the plan was amended after it was given");
    }
    s->phases = amended;
    s->n_phases = n;
    s->plan_hash = wb_apply_keep(a, wb_apply_text(a, "hash"));
    if (*wb_apply_text(a, "title"))
        s->title = wb_apply_keep(a, wb_apply_text(a, "title"));
    if (*wb_apply_text(a, "moved")) /* the next runner records which database it is now */
        s->identity[wb_apply_is(a, "moved", "target")] = NULL;
    return WB_OK;
}
