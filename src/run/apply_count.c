/* What is counted of metrics of which none should be there, and the time in which it could be.
 *
 * The journal has every count that opens before the first report is acknowledged, and closes it
 * when none has come for a while: a runner that ends without a word has lost none that is not
 * behind an open count, and that counts as lasting until its successor took over. */
#include "run/apply.h"

#include "base/str.h"

/* Run time goes on in the event's own runner, and applications can report while that listens. */
struct wb_run_moment wb_apply_now(const struct wb_apply *a) {
    const struct wb_run_state *s = a->s;
    struct wb_run_moment now = {a->e->wall_us, s->run_us, s->listened_us};
    if (a->e->run_us > s->run_us) {
        now.run_us = a->e->run_us;
        now.listened_us += s->listens ? a->e->run_us - s->run_us : 0;
    }
    return now;
}

/* ago_ms: how long before the event the latest one came. It came while the same runner listened. */
static struct wb_run_moment ago(const struct wb_apply *a) {
    struct wb_run_moment at = a->now;
    uint64_t us = (uint64_t)wb_apply_int(a, "ago_ms", 0) * 1000;
    at.wall_us = wb_apply_int(a, "at_us", a->now.wall_us);
    at.run_us -= us < at.run_us ? us : at.run_us;
    at.listened_us -= us < at.listened_us ? us : at.listened_us;
    return at;
}

enum wb_code wb_apply_counted(struct wb_apply *a) {
    struct wb_run_state *s = a->s;
    const json_t *number = json_object_get(a->data, "counted");
    const char *metric = wb_apply_text(a, "metric");
    if (!s->started)
        return wb_apply_refuse(a, "%s", wb_run_blocked(s));
    if (!json_is_number(number) || !*metric || wb_apply_int(a, "ago_ms", 0) < 0)
        return wb_apply_refuse(a, "a count without a number or a name");
    struct wb_run_count *c = wb_run_count_of(s, metric);
    if (wb_str_eq(metric, WB_RUN_DIVERGENCES) && json_number_value(number) < wb_apply_diverged(a))
        return wb_apply_refuse(a, "it takes back what was reported");
    if (!c) {
        c = WB_PUSH(&s->arena, s->counts, s->n_counts, s->cap_counts);
        c->metric = wb_apply_keep(a, metric);
    }
    c->counted = json_number_value(number);
    c->open = wb_apply_bool(a, "open");
    c->cut_off = false;
    c->at = ago(a);
    return WB_OK;
}

void wb_apply_cut_off_counts(struct wb_apply *a) {
    for (size_t i = 0; i < a->s->n_counts; i++) {
        struct wb_run_count *c = &a->s->counts[i];
        if (!c->open)
            continue;
        c->open = false;
        c->cut_off = true;
        c->at = a->now;
    }
}

double wb_apply_diverged(const struct wb_apply *a) {
    const struct wb_run_count *c = wb_run_count_of(a->s, WB_RUN_DIVERGENCES);
    return c ? c->counted : 0;
}

void wb_apply_look_at_divergences(struct wb_apply *a, struct wb_run_phase *p) {
    double now = wb_apply_diverged(a);
    for (size_t i = 0; i < a->s->n_firings; i++)
        if (!a->s->firings[i].looked_at)
            a->s->firings[i].diverged_before = now;
    for (size_t i = 0; p && i < p->n_items; i++)
        if (p->items[i].state == WB_IS_FAILED)
            p->diverged_looked_at = now;
}
