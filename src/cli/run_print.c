#include "cli/run_print.h"

#include "base/json.h"
#include "cli/cli.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* --- events
 * -------------------------------------------------------------------------------------- */

struct words {
    const struct wb_event *e;
    const struct wb_run_state *s;
    const json_t *data;
    struct wb_arena *a;
};

static const char *get(const struct words *w, const char *key) {
    const char *text = json_string_value(json_object_get(w->data, key));
    return text ? text : "";
}

static long long num(const struct words *w, const char *key) {
    return (long long)json_integer_value(json_object_get(w->data, key));
}

static const char *name_of(const struct words *w) {
    const struct wb_run_phase *p = wb_run_phase_of(w->s, w->e->phase);
    return p ? p->name : "";
}

static const char *text_of_item(const struct words *w) {
    const struct wb_run_phase *p = wb_run_phase_of(w->s, w->e->phase);
    const struct wb_run_item *item = p && w->e->step ? wb_run_item_of(p, w->e->step) : NULL;
    return item ? item->text : "";
}

/* "off", "on", "10 % of keys (live)" */
static const char *share_words(unsigned share, const char *stage, struct wb_arena *a) {
    if (share == 0)
        return "off";
    if (share >= WB_FLAG_BUCKETS)
        return "on";
    return wb_arena_printf(a, "on for %.4g %% of keys, stage %s", share / 100.0, stage);
}

static const char *judged(const struct words *w) {
    const char *result = get(w, "result"), *id = w->e->step;
    bool passed = strcmp(result, "passed") == 0;
    return wb_arena_printf(w->a, "%s %s  %s (%s)",
                           passed                     ? "ok  "
                           : strcmp(result, "failed") ? "..  "
                                                      : "FAIL",
                           id, text_of_item(w), get(w, "why"));
}

static const char *outcome(const struct words *w) {
    const char *result = get(w, "result");
    const char *mark = strcmp(result, "done") == 0      ? "done"
                       : strcmp(result, "failed") == 0  ? "FAIL"
                       : strcmp(result, "unknown") == 0 ? "????"
                                                        : "not done";
    return wb_arena_printf(w->a, "%s %s%s%s", mark, w->e->step, *get(w, "why") ? ": " : "",
                           get(w, "why"));
}

static const char *started(const struct words *w) {
    return wb_arena_printf(w->a, "the run begins: %zu phases; its journal is the way back",
                           w->s->n_phases);
}

static const char *phase_words(const struct words *w) {
    const struct wb_event *e = w->e;
    switch (e->kind) {
    case WB_EVENT_PHASE_STARTED:
        return wb_arena_printf(w->a, "== phase %d: %s", e->phase, name_of(w));
    case WB_EVENT_PHASE_DONE:
        return wb_arena_printf(w->a, "== phase %d is done", e->phase);
    case WB_EVENT_STAGE_STARTED:
        return wb_arena_printf(w->a, "stage %s: %.4g %% of reads go to the new side",
                               get(w, "text"), (double)num(w, "share") / 100);
    case WB_EVENT_STAGE_DONE:
        return wb_arena_printf(w->a, "done stage %s", text_of_item(w));
    case WB_EVENT_GATE:
        return wb_arena_printf(w->a, "gate of %s %s: %s", text_of_item(w), get(w, "result"),
                               get(w, "why"));
    case WB_EVENT_TRIGGER:
        return wb_arena_printf(w->a, "%s of phase %d %s: %s", e->step, e->phase, get(w, "result"),
                               get(w, "why"));
    case WB_EVENT_ROLLED_BACK:
        return e->phase == WB_EVENT_NO_PHASE
                   ? "the rollback is through"
                   : wb_arena_printf(w->a, "== phase %d is undone", e->phase);
    default:
        return "";
    }
}

/* A page about what the line before it said. */
static bool was_just_told(const struct words *w) {
    const struct wb_run_phase *p = wb_run_phase_of(w->s, w->e->phase);
    const struct wb_run_item *item = p && w->e->step ? wb_run_item_of(p, w->e->step) : NULL;
    const char *text = get(w, "text");
    return (w->s->held && strcmp(w->s->held, text) == 0) || (item && strcmp(item->why, text) == 0);
}

static const char *writes_words(unsigned no_writes) {
    static const char *const words[] = {"", "; WRITES TO THE SOURCE ARE DISABLED",
                                        "; WRITES TO THE TARGET ARE DISABLED",
                                        "; WRITES ARE DISABLED"};
    return words[no_writes & WB_FLAG_NO_WRITES];
}

/* As it is by now: an event says only what it changes. */
static const char *flag_words(const struct words *w) {
    const struct wb_run_flag *f = wb_run_flag_of(w->s, get(w, "flag"));
    return f ? wb_arena_printf(w->a, "flag %s: %s%s", f->name,
                               share_words(f->share, f->stage, w->a), writes_words(f->no_writes))
             : "";
}

static const char *people_words(const struct words *w) {
    const struct wb_event *e = w->e;
    switch (e->kind) {
    case WB_EVENT_HELD:
        return wb_arena_printf(w->a, "HELD: %s", get(w, "why"));
    case WB_EVENT_RELEASED:
        return wb_arena_printf(w->a, "released by %s", get(w, "who"));
    case WB_EVENT_PAGE:
        return was_just_told(w) ? "" : wb_arena_printf(w->a, "PAGE: %s", get(w, "text"));
    case WB_EVENT_PAUSED:
        return wb_arena_printf(w->a, "paused by %s", get(w, "who"));
    case WB_EVENT_RESUMED:
        return wb_arena_printf(w->a, "resumed by %s", get(w, "who"));
    case WB_EVENT_SIGN_OFF:
        return wb_arena_printf(w->a, "phase %d is signed by %s (%s)", e->phase, get(w, "role"),
                               get(w, "who"));
    case WB_EVENT_AMENDED:
        return wb_arena_printf(w->a, "the plan was amended: %s", get(w, "reason"));
    case WB_EVENT_ABORTED:
        return wb_arena_printf(w->a, "ABORTED by %s%s%s", get(w, "who"), *get(w, "why") ? ": " : "",
                               get(w, "why"));
    case WB_EVENT_FLAG:
        if (e->step && strncmp(e->step, "stage.", 6) == 0)
            return ""; /* the stage says it */
        return flag_words(w);
    case WB_EVENT_BASELINE:
        return wb_arena_printf(w->a, "baseline of %s: %g", get(w, "metric"),
                               json_number_value(json_object_get(w->data, "value")));
    case WB_EVENT_NOTE:
        return get(w, "text");
    default:
        return "";
    }
}

const char *wb_run_event_words(const struct wb_event *e, const struct wb_run_state *s,
                               struct wb_arena *a) {
    json_t *data = json_loads(e->data ? e->data : "{}", 0, NULL);
    struct words w = {e, s, data, a};
    const char *text;
    switch (e->kind) {
    case WB_EVENT_RUN_STARTED:
        text = started(&w);
        break;
    case WB_EVENT_RUN_RESUMED:
        text = "the run goes on from its journal";
        break;
    case WB_EVENT_RUN_DONE:
        text = "== the plan is done";
        break;
    case WB_EVENT_STEP_INTENT:
        text = wb_arena_printf(a, "begin %s  %s", e->step, get(&w, "text"));
        break;
    case WB_EVENT_STEP_OUTCOME:
        text = outcome(&w);
        break;
    case WB_EVENT_CRITERION:
    case WB_EVENT_CHECK:
        text = judged(&w);
        break;
    case WB_EVENT_UNDO_INTENT:
        text = wb_arena_printf(a, "undo %s of phase %d", e->step, e->phase);
        break;
    case WB_EVENT_UNDO_OUTCOME:
        text = wb_arena_printf(a, "%s undo of %s: %s", get(&w, "result"), e->step, get(&w, "why"));
        break;
    case WB_EVENT_ROLLBACK_STARTED:
        text = wb_arena_printf(a, "ROLLING BACK everything behind phase %lld%s%s", num(&w, "to"),
                               *get(&w, "why") ? ": " : "", get(&w, "why"));
        break;
    case WB_EVENT_ACTION_OUTCOME:
        text = *get(&w, "action")
                   ? wb_arena_printf(a, "action %s: %s%s%s", get(&w, "action"), get(&w, "result"),
                                     *get(&w, "why") ? ": " : "", get(&w, "why"))
                   : "HELD until somebody has looked; then: whimbrel resume, or whimbrel rollback";
        break;
    default:
        text = people_words(&w);
        if (!*text)
            text = phase_words(&w);
        break;
    }
    text = wb_arena_strdup(a, text);
    json_decref(data);
    return text;
}

static void print_json(const struct wb_event *e) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    char time[40];
    wb_json_object(&j);
    wb_json_key_uint(&j, "format", 1);
    wb_json_key_str(&j, "event", "journal");
    wb_json_key_str(&j, "time", wb_clock_format(e->wall_us, time, sizeof time));
    wb_json_key_str(&j, "kind", wb_event_word(e->kind));
    wb_json_key(&j, "phase");
    if (e->phase == WB_EVENT_NO_PHASE)
        wb_json_null(&j);
    else
        wb_json_int(&j, e->phase);
    wb_json_key_str(&j, "item", e->step);
    wb_json_key(&j, "data");
    wb_buf_adds(&b, e->data ? e->data : "{}");
    j.comma[j.depth] = true;
    j.after_key = false;
    wb_json_end(&j);
    puts(wb_buf_str(&b));
    fflush(stdout);
}

void wb_run_print_event(void *ctx, const struct wb_event *e, const struct wb_run_state *s,
                        const char *progress) {
    struct wb_printer *p = ctx;
    struct wb_arena a = {0};
    if (p->json && e)
        print_json(e);
    if (p->json)
        return;
    const char *text = e ? wb_run_event_words(e, s, &a) : wb_arena_printf(&a, "..  %s", progress);
    if (*text) {
        char time[40];
        wb_clock_format(e ? e->wall_us : wb_clock_wall_us(), time, sizeof time);
        const char *line = wb_arena_printf(&a, "%.8s %s", time + 11, text);
        wb_printer_say(p, line);
    }
    wb_arena_done(&a);
}

/* --- status
 * -------------------------------------------------------------------------------------- */

static void print_items(const struct wb_run_phase *p) {
    static const char *const marks[] = {" ", ">", "?", "x", "!"};
    for (size_t i = 0; i < p->n_items; i++) {
        const struct wb_run_item *item = &p->items[i];
        printf("    [%s] %-13s %s%s%s%s\n", marks[item->state], item->id, item->text,
               item->irreversible ? "  (cannot be undone)" : "", *item->why ? " - " : "",
               item->why);
    }
    for (size_t i = 0; i < p->n_roles; i++)
        printf("    [%s] sign-off      %s\n", wb_run_signed(p, p->roles[i]) ? "x" : " ",
               p->roles[i]);
}

static const char *headline(const struct wb_run_state *s, const struct wb_lease *l) {
    return s->aborted              ? "ABORTED: it does not go on"
           : s->done               ? "DONE"
           : s->rolling_back       ? "ROLLING BACK"
           : wb_run_open_firing(s) ? "A TRIGGER HAS FIRED"
           : s->held               ? "HELD: a person has to look"
           : s->paused             ? "PAUSED"
           : l->held               ? "RUNNING"
                                   : "NOT RUNNING (nobody drives it now)";
}

void wb_run_print_status(const struct wb_run_state *s, const struct wb_lease *l, const char *path) {
    struct wb_arena a = {0};
    char time[40];
    size_t done = 0;
    const struct wb_run_phase *now = wb_run_current(s);
    for (size_t i = 0; i < s->n_phases; i++)
        done += s->phases[i].state == WB_RUN_DONE;
    printf("%s\n%s\n", s->plan, headline(s, l));
    if (s->aborted)
        printf("  why:     aborted %s\n", s->aborted_why);
    if (s->held)
        printf("  %s %s\n", s->aborted ? "held by:" : "why:    ", s->held);
    if (s->edited)
        printf("  edited:  %s; it goes on as it was until: whimbrel amend %s --reason \"…\"\n",
               s->edited, path);
    printf("  so far:  %zu of %zu phases done\n", done, s->n_phases);
    if (s->wall_us)
        printf("  latest:  %s\n", wb_clock_format(s->wall_us, time, sizeof time));
    printf("  runner:  %s\n", l->held ? l->holder : "none");
    const char *next = wb_run_next_words(s, path, &a);
    if (*next)
        printf("  next:    %s\n", next);
    if (!s->done && !s->aborted) {
        if (!l->held)
            printf("  go on:   whimbrel run %s\n", path);
        if (!s->paused)
            printf("  stop:    whimbrel pause %s\n", path);
    }
    if (!s->aborted)
        printf("  undo:    whimbrel rollback %s (shows what it would do)\n", path);
    puts("");
    for (size_t i = 0; i < s->n_phases; i++) {
        const struct wb_run_phase *p = &s->phases[i];
        printf("  phase %d: %s - %s%s\n", p->number, p->name, wb_run_phase_word(p->state),
               !p->armed ? ""
               : l->held ? ", its triggers are armed"
                         : ", its triggers are armed while a runner runs");
        if (p == now)
            print_items(p);
    }
    for (size_t i = 0; i < s->n_flags; i++)
        printf("  flag %s: %s%s\n", s->flags[i].name,
               share_words(s->flags[i].share, s->flags[i].stage, &a),
               writes_words(s->flags[i].no_writes));
    wb_arena_done(&a);
}
