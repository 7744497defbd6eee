/* What a run tells Prometheus, as families of its text format: docs/run.md lists them. Made by the
 * loop, read by the HTTP side. States of this moment and counters only: rates are the reader's. */
#include "run/inside.h"

#include "base/str.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void family(struct wb_buf *b, const char *name, const char *type, const char *help) {
    wb_buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: backslash, quote and end of line are escaped. */
static void add_text(struct wb_buf *b, const char *s) {
    for (; *s; s++) {
        if (*s == '\n')
            wb_buf_adds(b, "\\n");
        else if (*s == '\\' || *s == '"')
            wb_buf_addf(b, "\\%c", *s);
        else
            wb_buf_addc(b, *s);
    }
}

static void label(struct wb_buf *b, const char *name, const char *value) {
    wb_buf_addf(b, "%s%s=\"", b->data[b->len - 1] == '{' ? "" : ",", name);
    add_text(b, value ? value : "");
    wb_buf_addc(b, '"');
}

static void label_phase(struct wb_buf *b, int number) {
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    label(b, "phase", text);
}

static void value(struct wb_buf *b, double v) {
    if (isnan(v))
        wb_buf_adds(b, " NaN\n");
    else
        wb_buf_addf(b, " %.17g\n", v);
}

static void one(struct wb_buf *b, const char *name, const char *type, const char *help, double v) {
    family(b, name, type, help);
    wb_buf_adds(b, name);
    value(b, v);
}

/* --- the run --------------------------------------------------------------------------------- */

static void add_run(struct wb_buf *b, const struct wb_run *r) {
    const struct wb_run_state *s = &r->state;
    const struct wb_run_phase *now = wb_run_current(s);
    const char *word = wb_run_state_word(s);
    size_t done = 0;
    for (size_t i = 0; i < s->n_phases; i++)
        done += s->phases[i].state == WB_RUN_DONE;
    family(b, "whimbrel_run_info", "gauge", "Always 1; its labels tell the plan that is run.");
    wb_buf_adds(b, "whimbrel_run_info{");
    label(b, "plan", s->plan);
    label(b, "sha256", s->plan_hash);
    wb_buf_adds(b, "} 1\n");
    family(b, "whimbrel_run_state", "gauge", "1 for the state that the run is in, else 0.");
    for (size_t i = 0; i < wb_n_run_state_words; i++)
        wb_buf_addf(b, "whimbrel_run_state{state=\"%s\"} %d\n", wb_run_state_words[i],
                    strcmp(word, wb_run_state_words[i]) == 0);
    one(b, "whimbrel_run_held", "gauge", "Whether the run waits for a person.", s->held != NULL);
    one(b, "whimbrel_run_paused", "gauge", "Whether the run is paused.", s->paused);
    one(b, "whimbrel_run_start_time_seconds", "gauge", "When the run began, in seconds since 1970.",
        (double)s->started_us / 1e6);
    one(b, "whimbrel_run_phases", "gauge", "Phases of the plan.", (double)s->n_phases);
    one(b, "whimbrel_run_phases_done", "gauge", "Phases that are done.", (double)done);
    if (now)
        one(b, "whimbrel_run_phase", "gauge", "The number of the phase under way.", now->number);
    one(b, "whimbrel_journal_events_total", "counter", "Events in the journal.", (double)s->seq);
}

static void add_phases(struct wb_buf *b, const struct wb_run_state *s) {
    family(b, "whimbrel_phase_state", "gauge", "1 for the state that the phase is in.");
    for (size_t i = 0; i < s->n_phases; i++) {
        wb_buf_adds(b, "whimbrel_phase_state{");
        label_phase(b, s->phases[i].number);
        label(b, "name", s->phases[i].name);
        label(b, "state", wb_run_phase_word(s->phases[i].state));
        wb_buf_adds(b, "} 1\n");
    }
    family(b, "whimbrel_phase_item_state", "gauge",
           "1 for each criterion, step, check and stage of the phases that have begun, with its "
           "state.");
    for (size_t i = 0; i < s->n_phases; i++)
        for (size_t k = 0; k < s->phases[i].n_items; k++) {
            const struct wb_run_item *item = &s->phases[i].items[k];
            wb_buf_adds(b, "whimbrel_phase_item_state{");
            label_phase(b, s->phases[i].number);
            label(b, "item", item->id);
            label(b, "kind", wb_run_kind_word(item->kind));
            label(b, "state", wb_run_item_word(item->state));
            wb_buf_adds(b, "} 1\n");
        }
}

static void add_flags(struct wb_buf *b, const struct wb_run_state *s) {
    family(b, "whimbrel_flag_share_ratio", "gauge",
           "The share of keys that read from the new side, 0 to 1.");
    for (size_t i = 0; i < s->n_flags; i++) {
        wb_buf_adds(b, "whimbrel_flag_share_ratio{");
        label(b, "flag", s->flags[i].name);
        wb_buf_addf(b, "} %g\n", s->flags[i].share / (double)WB_FLAG_BUCKETS);
    }
    family(b, "whimbrel_flag_stage", "gauge", "1 for the stage of the migration that is served.");
    for (size_t i = 0; i < s->n_flags; i++) {
        wb_buf_adds(b, "whimbrel_flag_stage{");
        label(b, "flag", s->flags[i].name);
        label(b, "stage", s->flags[i].stage);
        wb_buf_adds(b, "} 1\n");
    }
}

/* --- gates and triggers ---------------------------------------------------------------------- */

enum { GATE, TRIGGER };

struct judged {
    const struct wb_run *r;
    struct wb_gate_verdict *gates;
    struct wb_trigger_verdict *triggers;
};

/* X(name behind the prefix, help of gates, help of triggers, expression over m) */
#define MEASURES(X)                                                                            \
    X("value", "What the clause's metric was measured as.", m->value)                          \
    X("bound", "The end of the confidence interval that is compared with the threshold.",      \
      m->bound)                                                                                \
    X("threshold", "What the clause compares with.", m->threshold)                             \
    X("samples", "Observations or readings that the judgement rests on.", (double)m->samples)  \
    X("hits", "Of the samples, those that count against it: errors, or beyond the threshold.", \
      (double)m->hits)

static const struct measure {
    const char *name, *help;
} measures[] = {
#define X(name, help, v) {name, help},
    MEASURES(X)
#undef X
};
enum { N_MEASURES = sizeof measures / sizeof measures[0] };

static double measure_of(const struct wb_measured *m, size_t which) {
    const double all[] = {
#define X(name, help, v) v,
        MEASURES(X)
#undef X
    };
    return all[which];
}

/* The same metric may stand in two clauses of a gate or a trigger: the clause's number keeps their
 * series apart. */
static unsigned clause_of_watch(const struct wb_run *r, size_t i) {
    unsigned n = 1;
    for (size_t k = 0; k < i; k++)
        n += r->watches[k].phase == r->watches[i].phase && r->watches[k].task == r->watches[i].task;
    return n;
}

static void add_labels(struct wb_buf *b, const struct wb_run *r, int which, size_t i) {
    char clause[16];
    const struct wb_meter *m = which == GATE ? r->gates.items[i].meter : r->watches[i].meter;
    snprintf(clause, sizeof clause, "%u", which == GATE ? (unsigned)i + 1 : clause_of_watch(r, i));
    label_phase(b, which == GATE ? r->gates.phase : r->watches[i].phase);
    label(b, which == GATE ? "item" : "trigger",
          which == GATE ? r->gates.id : r->watches[i].task->id);
    label(b, "clause", clause);
    label(b, "metric", m ? m->metric->name : "time");
}

static void add_measures(struct wb_buf *b, const struct judged *j, int which) {
    const char *prefix = which == GATE ? "whimbrel_gate" : "whimbrel_trigger";
    size_t n = which == GATE ? j->r->gates.n : j->r->n_watches;
    for (size_t k = 0; k < N_MEASURES; k++) {
        char name[64];
        snprintf(name, sizeof name, "%s_%s", prefix, measures[k].name);
        family(b, name, "gauge", measures[k].help);
        for (size_t i = 0; i < n; i++) {
            wb_buf_addf(b, "%s{", name);
            add_labels(b, j->r, which, i);
            wb_buf_addc(b, '}');
            value(b,
                  measure_of(which == GATE ? &j->gates[i].measured : &j->triggers[i].measured, k));
        }
    }
}

static void add_gates(struct wb_buf *b, const struct judged *j) {
    family(b, "whimbrel_gate_state", "gauge",
           "1 for the latest judgement of each clause of the gate under way.");
    for (size_t i = 0; i < j->r->gates.n; i++) {
        wb_buf_adds(b, "whimbrel_gate_state{");
        add_labels(b, j->r, GATE, i);
        label(b, "state", wb_gate_state_word(j->gates[i].state));
        wb_buf_adds(b, "} 1\n");
    }
    family(b, "whimbrel_gate_elapsed_seconds", "gauge",
           "Time of the stage that counts: it was served and its triggers were evaluated.");
    for (size_t i = 0; i < j->r->gates.n; i++) {
        wb_buf_adds(b, "whimbrel_gate_elapsed_seconds{");
        add_labels(b, j->r, GATE, i);
        wb_buf_addf(b, "} %.3f\n", (double)j->gates[i].elapsed_ms / 1e3);
    }
    add_measures(b, j, GATE);
}

/* Armed: judged now. A trigger of an armed phase that is not judged (its baseline is not known, a
 * person watches it) is not. */
static bool is_judged(const struct wb_run *r, int phase, const struct wb_task_trigger *t) {
    for (size_t i = 0; i < r->n_watches; i++)
        if (r->watches[i].phase == phase && r->watches[i].task == t)
            return true;
    return false;
}

static unsigned firings_of(const struct wb_run_state *s, int phase, const char *id) {
    unsigned n = 0;
    for (size_t i = 0; i < s->n_firings; i++)
        n += s->firings[i].phase == phase && wb_str_eq(s->firings[i].id, id);
    return n;
}

static void add_each_trigger(struct wb_buf *b, const struct wb_run *r, const char *name,
                             bool firings) {
    for (size_t i = 0; i < r->program.n_phases; i++) {
        const struct wb_program_phase *p = &r->program.phases[i];
        for (size_t k = 0; k < p->n_triggers; k++) {
            wb_buf_addf(b, "%s{", name);
            label_phase(b, p->number);
            label(b, "trigger", p->triggers[k].id);
            wb_buf_addf(b, "} %u\n",
                        firings ? firings_of(&r->state, p->number, p->triggers[k].id)
                                : is_judged(r, p->number, &p->triggers[k]));
        }
    }
}

static void add_triggers(struct wb_buf *b, const struct judged *j) {
    family(b, "whimbrel_trigger_armed", "gauge", "Whether the trigger is judged now.");
    add_each_trigger(b, j->r, "whimbrel_trigger_armed", false);
    family(b, "whimbrel_trigger_firings_total", "counter", "How often the trigger has fired.");
    add_each_trigger(b, j->r, "whimbrel_trigger_firings_total", true);
    family(b, "whimbrel_trigger_state", "gauge",
           "1 for the latest judgement of each clause of an armed trigger.");
    for (size_t i = 0; i < j->r->n_watches; i++) {
        wb_buf_adds(b, "whimbrel_trigger_state{");
        add_labels(b, j->r, TRIGGER, i);
        label(b, "state", wb_trigger_state_word(j->triggers[i].state));
        wb_buf_adds(b, "} 1\n");
    }
    add_measures(b, j, TRIGGER);
}

void wb_run_expose(const struct wb_run *r, struct wb_buf *to) {
    struct wb_arena a = {0};
    struct judged j = {r, WB_NEW_N(&a, struct wb_gate_verdict, r->gates.n + 1),
                       WB_NEW_N(&a, struct wb_trigger_verdict, r->n_watches + 1)};
    uint64_t now = wb_run_now_us(r);
    for (size_t i = 0; i < r->gates.n; i++)
        wb_gate_judge(r->gates.items[i].gate, now, &j.gates[i]);
    for (size_t i = 0; i < r->n_watches; i++)
        wb_trigger_judge(r->watches[i].trigger, now, &j.triggers[i]);
    add_run(to, r);
    add_phases(to, &r->state);
    add_flags(to, &r->state);
    add_gates(to, &j);
    add_triggers(to, &j);
    wb_arena_done(&a);
}
