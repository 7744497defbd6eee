/* What text means by where it stands: below a label, as a step, or as prose for people. */
#include "plan/document.h"

#include "plan/clause.h"
#include "plan/facts.h"
#include "plan/label.h"

#include <string.h>
#include <strings.h>

struct wb_plan_phase *wb_document_phase(const struct wb_document *d) {
    return d->r->phase < 0 ? NULL : &d->r->plan->phases[d->r->phase];
}

struct wb_plan_label *wb_document_label(const struct wb_document *d) {
    struct wb_plan_phase *phase = wb_document_phase(d);
    return phase && d->label_at < phase->n_labels && d->label != WB_LABEL_NONE
               ? &phase->labels[d->label_at]
               : NULL;
}

void wb_document_add_text(struct wb_document *d, const struct wb_phrase *p) {
    struct wb_plan_reader *r = d->r;
    bool traffic = wb_facts_traffic(r, p), baseline = wb_facts_baseline(r, p);
    const char *text = wb_phrase_slice(r, p, 0, p->n);
    struct wb_plan_place place = wb_reader_place(r, p->tokens[0].from);
    if (traffic)
        wb_reader_line(r, WB_LINE_TRAFFIC, place, text, WB_READING_AUTO,
                       baseline ? "states the traffic, by which gates are judged, and a baseline: "
                                  "compared with what is measured before the first change"
                                : "states the traffic, by which gates are judged");
    else if (baseline)
        wb_reader_line(r, WB_LINE_BASELINE, place, text, WB_READING_AUTO,
                       "states a baseline: compared with what is measured before the first change");
    else
        wb_reader_line(r, d->label == WB_LABEL_GOAL ? WB_LINE_GOAL : WB_LINE_TEXT, place, text,
                       WB_READING_MANUAL, "text for people");
}

/* --- what stands below a label
 * ----------------------------------------------------------------------- */

static void add_clauses(struct wb_document *d, struct wb_plan_label *l, const struct wb_phrase *p,
                        enum wb_clause_place at) {
    struct wb_clauses all = {.items = l->clauses, .n = l->n_clauses, .cap = l->cap_clauses};
    struct wb_actions does = {.items = l->actions, .n = l->n_actions, .cap = l->cap_actions};
    wb_clauses_read(d->r, p, at, &all, at == WB_AT_TRIGGER ? &does : NULL);
    l->actions = does.items;
    l->n_actions = does.n;
    l->cap_actions = does.cap;
    l->clauses = all.items;
    l->n_clauses = all.n;
    l->cap_clauses = all.cap;
}

static void add_actions(struct wb_document *d, struct wb_plan_label *l, const struct wb_phrase *p) {
    struct wb_actions all = {.items = l->actions, .n = l->n_actions, .cap = l->cap_actions};
    wb_actions_read(d->r, p, &all);
    l->actions = all.items;
    l->n_actions = all.n;
    l->cap_actions = all.cap;
}

/* "…. Action: pause backfill": the token after "Action:", or n. A slip in the word is an error. */
static size_t find_action(struct wb_document *d, const struct wb_phrase *p, size_t *ret_before) {
    for (size_t i = 0; i + 1 < p->n; i++) {
        const struct wb_token *t = &p->tokens[i];
        bool parted = wb_token_mark(&p->tokens[i + 1], ':') ||
                      p->tokens[i + 1].kind == WB_TOKEN_DASH ||
                      p->tokens[i + 1].kind == WB_TOKEN_ARROW;
        if (t->kind != WB_TOKEN_WORD || !parted)
            continue;
        bool exact = wb_token_is(t, "action") || wb_token_is(t, "actions");
        if (!exact && (!wb_token_mark(&p->tokens[i + 1], ':') || !wb_word_near(t->text, "action")))
            continue;
        if (!exact)
            wb_reader_find(d->r, WB_PLAN_SYNTAX, wb_reader_place(d->r, t->from),
                           "write \"Action:\"", "\"%s:\" is nearly understood, but not quite",
                           t->text);
        *ret_before = i;
        return i + 2;
    }
    *ret_before = p->n;
    return p->n;
}

static void add_trigger(struct wb_document *d, struct wb_plan_label *l, const struct wb_phrase *p) {
    size_t before, behind = find_action(d, p, &before);
    struct wb_phrase when = wb_phrase_part(p, 0, before), what = wb_phrase_part(p, behind, p->n);
    add_clauses(d, l, &when, WB_AT_TRIGGER);
    add_actions(d, l, &what);
}

static struct wb_plan_step ramp_step(const struct wb_document *d, const struct wb_phrase *p) {
    return (struct wb_plan_step){.place = wb_reader_place(d->r, p->tokens[0].from),
                                 .text = wb_phrase_slice(d->r, p, 0, p->n),
                                 .is_ramp = true,
                                 .reading = WB_READING_AUTO};
}

static void add_step(struct wb_document *d, const struct wb_phrase *p) {
    struct wb_plan_step s;
    if (wb_step_ramp(d->r, p))
        s = ramp_step(d, p);
    else
        wb_step_read(d->r, p, &s);
    struct wb_plan_phase *phase = wb_document_phase(d);
    *WB_PUSH(d->r->a, phase->steps, phase->n_steps, phase->cap_steps) = s;
}

static void add_sign_off(struct wb_document *d, struct wb_plan_label *l,
                         const struct wb_phrase *p) {
    struct wb_plan_clause c;
    struct wb_phrase form;
    struct wb_match m;
    bool lead =
        p->n > 1 && (wb_token_is(&p->tokens[0], "from") || wb_token_is(&p->tokens[0], "by"));
    if (wb_clause_match(d->r, p, &form, &m) && m.pattern->kind == (int)WB_CLAUSE_SIGN_OFF) {
        wb_clause_build(d->r, p, &form, &m, &c);
        wb_clause_judge_roles(d->r, &form, m.slots[WB_SLOT_NAMES].i, m.slots[WB_SLOT_NAMES].j);
    } else {
        wb_clause_judge_roles(d->r, p, lead, p->n);
        c = (struct wb_plan_clause){.kind = WB_CLAUSE_SIGN_OFF,
                                    .place = wb_reader_place(d->r, p->tokens[0].from),
                                    .text = wb_phrase_slice(d->r, p, 0, p->n),
                                    .phase = -1};
        wb_clause_add_names(d->r, p, lead, p->n, &c.names);
    }
    *WB_PUSH(d->r->a, l->clauses, l->n_clauses, l->cap_clauses) = c;
}

/* One piece of text below the present label, or a step below none. */
static void add_item(struct wb_document *d, const struct wb_phrase *p) {
    struct wb_plan_label *l = wb_document_label(d);
    if (!p->n)
        return;
    if (!wb_document_phase(d)) {
        wb_document_add_text(d, p);
        return;
    }
    switch (l ? l->kind : WB_LABEL_STEPS) {
    case WB_LABEL_ENTRY:
    case WB_LABEL_EXIT:
        add_clauses(d, l, p, WB_AT_CRITERIA);
        return;
    case WB_LABEL_INTEGRITY:
    case WB_LABEL_VALIDATION:
        add_clauses(d, l, p, WB_AT_CHECK);
        return;
    case WB_LABEL_TRIGGER:
        add_trigger(d, l, p);
        return;
    case WB_LABEL_ROLLBACK:
        add_actions(d, l, p);
        return;
    case WB_LABEL_SIGN_OFF:
        add_sign_off(d, l, p);
        return;
    case WB_LABEL_GOAL:
    case WB_LABEL_MAPPING:
        wb_document_add_text(d, p);
        return;
    default:
        add_step(d, p);
        d->in_step = true;
    }
}

/* Whether what was added to the label since then is more than prose for people. */
static bool binds_since(const struct wb_document *d, const struct wb_plan_label *l,
                        size_t n_clauses, size_t n_actions, size_t n_findings) {
    bool found = d->r->plan->n_findings > n_findings;
    for (size_t i = n_clauses; i < l->n_clauses; i++)
        found |= l->clauses[i].kind != WB_CLAUSE_MANUAL;
    for (size_t i = n_actions; i < l->n_actions; i++)
        found |= l->actions[i].kind != WB_ACT_MANUAL || l->actions[i].danger != WB_HARMLESS;
    return found;
}

void wb_document_add_aside(struct wb_document *d, const struct wb_phrase *p) {
    struct wb_plan_label *l = wb_document_label(d);
    bool holds = l && (l->kind == WB_LABEL_ENTRY || l->kind == WB_LABEL_EXIT ||
                       l->kind == WB_LABEL_INTEGRITY || l->kind == WB_LABEL_VALIDATION ||
                       l->kind == WB_LABEL_TRIGGER || l->kind == WB_LABEL_ROLLBACK);
    if (holds) {
        size_t clauses = l->n_clauses, actions = l->n_actions, findings = d->r->plan->n_findings;
        add_item(d, p);
        if (binds_since(d, l, clauses, actions, findings))
            return;
        l->n_clauses = clauses;
        l->n_actions = actions;
    }
    wb_document_add_text(d, p);
}

/* "Action: pause the backfill", on its own behind the trigger that it belongs to. */
static bool add_lone_action(struct wb_document *d, const struct wb_phrase *p) {
    struct wb_plan_phase *phase = wb_document_phase(d);
    bool action =
        p->n > 2 && (wb_token_is(&p->tokens[0], "action") || wb_token_is(&p->tokens[0], "actions"));
    if (!phase || !action ||
        !(wb_token_mark(&p->tokens[1], ':') || p->tokens[1].kind == WB_TOKEN_DASH ||
          p->tokens[1].kind == WB_TOKEN_ARROW))
        return false;
    struct wb_plan_label *l = phase->n_labels ? &phase->labels[phase->n_labels - 1] : NULL;
    struct wb_phrase what = wb_phrase_part(p, 2, p->n);
    if (l && l->kind == WB_LABEL_TRIGGER)
        add_actions(d, l, &what);
    else
        wb_reader_find(d->r, WB_PLAN_STRUCTURE, wb_reader_place(d->r, p->tokens[0].from),
                       "put it behind what it answers: **Rollback trigger**: \xE2\x80\xA6 Action: "
                       "\xE2\x80\xA6",
                       "an action stands behind no rollback trigger");
    return true;
}

void wb_document_open_label(struct wb_document *d, enum wb_label_kind kind,
                            struct wb_plan_place place) {
    struct wb_plan_phase *phase = wb_document_phase(d);
    d->label = kind;
    d->takes_list = true;
    d->takes_block = true;
    d->list_type = CMARK_NO_LIST;
    d->label_at = phase->n_labels;
    *WB_PUSH(d->r->a, phase->labels, phase->n_labels, phase->cap_labels) =
        (struct wb_plan_label){.kind = kind, .place = place};
}

void wb_document_close_label(struct wb_document *d) {
    d->label = WB_LABEL_NONE;
    d->takes_list = d->takes_block = false;
}

void wb_document_nearly_label(struct wb_document *d, const struct wb_phrase *p,
                              enum wb_label_kind kind) {
    wb_reader_find(d->r, WB_PLAN_SYNTAX, wb_reader_place(d->r, p->tokens[0].from),
                   wb_arena_printf(d->r->a, "write **%s**:", wb_label_text(kind)),
                   "the label is nearly understood, but not quite");
}

/* --- paragraphs
 * -------------------------------------------------------------------------------------- */

/* The kind of label with which the text at offset begins; NONE outside of phases. */
static enum wb_label_kind label_here(struct wb_document *d, size_t from, size_t to,
                                     bool *ret_near) {
    struct wb_phrase p;
    size_t rest;
    if (d->r->phase < 0)
        return WB_LABEL_NONE;
    wb_phrase_read(d->r, from, to, &p);
    return wb_label_at(&p, &rest, ret_near);
}

/* How many tokens at the beginning of the phrase stand in bold, or 0. */
static size_t in_bold(const struct wb_plan_reader *r, const struct wb_phrase *p, size_t to) {
    size_t from = p->n ? p->tokens[0].from : 0, n = 0;
    if (from < 2 ||
        (memcmp(r->text + from - 2, "**", 2) != 0 && memcmp(r->text + from - 2, "__", 2) != 0))
        return 0;
    const char *end = memmem(r->text + from, to - from, r->text + from - 2, 2);
    while (end && n < p->n && p->tokens[n].to <= (size_t)(end - r->text))
        n++;
    return n;
}

/* "**Exit criteria** — all must hold": what follows a label in bold, where it is one. */
static enum wb_label_kind bold_label(struct wb_document *d, const struct wb_phrase *p, size_t to,
                                     size_t *ret_rest, bool *ret_near) {
    size_t n = in_bold(d->r, p, to);
    struct wb_phrase words = wb_phrase_part(p, 0, n);
    enum wb_label_kind kind = n ? wb_label_alone(&words, ret_near) : WB_LABEL_NONE;
    if (kind == WB_LABEL_NONE)
        return kind;
    bool parted = n == p->n || wb_token_mark(&p->tokens[n - 1], ':') ||
                  wb_token_mark(&p->tokens[n], ':') || p->tokens[n].kind == WB_TOKEN_DASH;
    bool sign = n < p->n && parted && !wb_token_mark(&p->tokens[n - 1], ':');
    if (!parted && words.n < 2)
        return WB_LABEL_NONE; /* "**Rollback** is easy here" */
    *ret_near |= !parted;
    *ret_rest = n + sign;
    return kind;
}

static void add_label(struct wb_document *d, const struct wb_phrase *p, enum wb_label_kind kind,
                      size_t rest) {
    struct wb_phrase said = wb_phrase_part(p, rest, p->n);
    bool silent = !said.n || wb_token_mark(&said.tokens[said.n - 1], ':');
    wb_document_open_label(d, kind, wb_reader_place(d->r, p->tokens[0].from));
    if (said.n && silent)
        wb_document_add_aside(d, &said);
    else if (said.n)
        add_item(d, &said);
    d->in_step = false;
    d->takes_list = silent;
}

static void add_prose(struct wb_document *d, const struct wb_phrase *p) {
    wb_document_close_label(d);
    struct wb_plan_step s;
    if (wb_document_phase(d) && wb_step_ramp(d->r, p)) {
        s = ramp_step(d, p);
        struct wb_plan_phase *phase = wb_document_phase(d);
        *WB_PUSH(d->r->a, phase->steps, phase->n_steps, phase->cap_steps) = s;
    } else
        wb_document_add_text(d, p);
}

/* "Phase 3: Cutover (Days 5-9)" on a line of its own inside a text: its heading was lost, and all
 * that follows would belong to the phase before. */
static void judge_lost_heading(struct wb_document *d, size_t from, size_t to) {
    struct wb_phrase p;
    struct wb_plan_phase phase;
    wb_phrase_read(d->r, from, to, &p);
    if (p.n < 4 || !wb_token_is(&p.tokens[0], "phase") ||
        !wb_heading_phase(d->r, &p, WB_IN_TEXT, &phase))
        return;
    if (phase.first_day || in_bold(d->r, &p, to) == p.n)
        wb_reader_find(d->r, WB_PLAN_SYNTAX, phase.place, "put \"## \" before it",
                       "this looks like a phase, but it is not a heading");
}

/* Criteria that belong to no phase are those of a phase whose heading is not understood. */
static void judge_lost_label(struct wb_document *d, size_t from, size_t to) {
    struct wb_phrase p;
    size_t rest;
    bool near = false;
    wb_phrase_read(d->r, from, to, &p);
    enum wb_label_kind kind = wb_label_at(&p, &rest, &near);
    if (kind == WB_LABEL_NONE)
        kind = bold_label(d, &p, to, &rest, &near);
    if (!near && (kind == WB_LABEL_ENTRY || kind == WB_LABEL_EXIT || kind == WB_LABEL_TRIGGER ||
                  kind == WB_LABEL_INTEGRITY))
        wb_reader_find(d->r, WB_PLAN_STRUCTURE, wb_reader_place(d->r, p.tokens[0].from),
                       "put it below a heading such as \"## Phase 2: Backfill\"",
                       "\"%s\" stands outside of any phase", wb_label_text(kind));
}

/* A stretch of a paragraph that begins a label, or goes on without one. */
static void add_stretch(struct wb_document *d, size_t from, size_t to, bool item) {
    struct wb_phrase p;
    size_t rest = 0;
    bool near = false;
    wb_phrase_read(d->r, from, to, &p);
    if (!p.n)
        return;
    enum wb_label_kind kind = d->r->phase < 0 ? WB_LABEL_NONE : wb_label_at(&p, &rest, &near);
    if (kind == WB_LABEL_NONE && d->r->phase >= 0)
        kind = bold_label(d, &p, to, &rest, &near);
    if (kind == WB_LABEL_NONE && d->r->phase >= 0 && !item &&
        (kind = wb_label_alone(&p, &near)) != WB_LABEL_NONE && p.n > 0) {
        if (near) {
            kind = WB_LABEL_NONE; /* a line of text */
        } else {
            near = true; /* neither a heading nor marked as a label */
            rest = p.n;
        }
    }
    if (kind != WB_LABEL_NONE && near)
        wb_document_nearly_label(d, &p, kind);
    if (kind != WB_LABEL_NONE) {
        add_label(d, &p, kind, rest);
    } else if (item) {
        add_item(d, &p);
    } else if (d->takes_list && d->label != WB_LABEL_STEPS && wb_document_label(d)) {
        add_item(d, &p);
        d->takes_list = wb_token_mark(&p.tokens[p.n - 1], ':');
    } else if (!add_lone_action(d, &p)) {
        add_prose(d, &p);
    }
}

/* "~~Drop the tables~~" is meant to be gone, but the marks say nothing here. */
static void judge_struck(struct wb_document *d, size_t from, size_t to) {
    const char *at = memmem(d->r->text + from, to - from, "~~", 2);
    if (at && d->r->phase >= 0 && memmem(at + 2, (size_t)(d->r->text + to - at) - 2, "~~", 2))
        wb_reader_find(d->r, WB_PLAN_SYNTAX, wb_reader_place(d->r, (size_t)(at - d->r->text)),
                       "delete it, or write it without ~~", "what is struck through would count");
}

/* A label at the beginning of any of its lines parts a paragraph. */
void wb_document_add_paragraph(struct wb_document *d, size_t from, size_t to,
                               enum wb_paragraph kind) {
    bool item = kind == WB_PARAGRAPH_ITEM;
    size_t begin = from;
    judge_struck(d, from, to);
    for (size_t at = from; at < to;) {
        const char *nl = memchr(d->r->text + at, '\n', to - at);
        size_t end = nl ? (size_t)(nl - d->r->text) : to;
        bool near;
        if (at > from && label_here(d, at, end, &near) != WB_LABEL_NONE) {
            add_stretch(d, begin, at, item);
            begin = at;
            item = false;
        }
        judge_lost_heading(d, at, end);
        if (d->r->phase < 0)
            judge_lost_label(d, at, end);
        for (at = end < to ? end + 1 : to; at < to && strchr(" \t>", d->r->text[at]);)
            at++;
    }
    add_stretch(d, begin, to, item);
}
