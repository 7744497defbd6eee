/* The document: cmark-gfm finds headings, paragraphs, lists, tables and code blocks; this walks
 * them in order and knows in which phase and below which label it is. */
#include "plan/facts.h"
#include "plan/label.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <string.h>
#include <strings.h>

enum { MAX_DEPTH = 32 };

struct document {
    struct wb_plan_reader *r;
    int phase_level;           /* of the present phase's heading */
    enum wb_label_kind label;  /* below which things stand, NONE where below none */
    bool takes_list;           /* the label said nothing itself: the list below belongs to it */
    bool takes_block;          /* nothing has stood between the label and here */
    bool in_step;              /* inside a list item that is a step */
    cmark_list_type list_type; /* of the lists below the label so far */
    unsigned depth;            /* of lists and quotes */
};

static void walk(struct document *d, cmark_node *parent);

static struct wb_plan_phase *phase_of(const struct document *d) {
    return d->r->phase < 0 ? NULL : &d->r->plan->phases[d->r->phase];
}

static struct wb_plan_label *label_of(const struct document *d) {
    struct wb_plan_phase *phase = phase_of(d);
    return phase && phase->n_labels && d->label != WB_LABEL_NONE
               ? &phase->labels[phase->n_labels - 1]
               : NULL;
}

static void add_text(struct document *d, const struct wb_phrase *p) {
    struct wb_plan_reader *r = d->r;
    bool traffic = wb_facts_traffic(r, p), baseline = wb_facts_baseline(r, p);
    const char *text = wb_phrase_slice(r, p, 0, p->n);
    struct wb_plan_place place = wb_reader_place(r, p->tokens[0].from);
    if (traffic)
        wb_reader_line(r, WB_LINE_TRAFFIC, place, text, WB_READING_AUTO,
                       "states the traffic, by which gates are judged");
    else if (baseline)
        wb_reader_line(r, WB_LINE_BASELINE, place, text, WB_READING_AUTO,
                       "states a baseline: compared with what is measured before the first change");
    else
        wb_reader_line(r, d->label == WB_LABEL_GOAL ? WB_LINE_GOAL : WB_LINE_TEXT, place, text,
                       WB_READING_MANUAL, "text for people");
}

/* --- what stands below a label
 * ----------------------------------------------------------------------- */

static void add_clauses(struct document *d, struct wb_plan_label *l, const struct wb_phrase *p,
                        enum wb_clause_place at) {
    struct wb_clauses all = {.items = l->clauses, .n = l->n_clauses, .cap = l->cap_clauses};
    wb_clauses_read(d->r, p, at, &all);
    l->clauses = all.items;
    l->n_clauses = all.n;
    l->cap_clauses = all.cap;
}

static void add_actions(struct document *d, struct wb_plan_label *l, const struct wb_phrase *p) {
    struct wb_actions all = {.items = l->actions, .n = l->n_actions, .cap = l->cap_actions};
    wb_actions_read(d->r, p, &all);
    l->actions = all.items;
    l->n_actions = all.n;
    l->cap_actions = all.cap;
}

/* "…. Action: pause backfill": the token after "Action:", or n. A slip in the word is an error. */
static size_t find_action(struct document *d, const struct wb_phrase *p, size_t *ret_before) {
    for (size_t i = 0; i + 1 < p->n; i++) {
        const struct wb_token *t = &p->tokens[i];
        if (t->kind != WB_TOKEN_WORD || !wb_token_mark(&p->tokens[i + 1], ':'))
            continue;
        bool exact = wb_token_is(t, "action") || wb_token_is(t, "actions");
        if (!exact && !wb_word_near(t->text, "action"))
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

static void add_trigger(struct document *d, struct wb_plan_label *l, const struct wb_phrase *p) {
    size_t before, behind = find_action(d, p, &before);
    struct wb_phrase when = wb_phrase_part(p, 0, before), what = wb_phrase_part(p, behind, p->n);
    add_clauses(d, l, &when, WB_AT_TRIGGER);
    add_actions(d, l, &what);
}

static void add_step(struct document *d, const struct wb_phrase *p) {
    struct wb_plan_step s;
    struct wb_plan_phase *phase = phase_of(d);
    bool ramp = wb_step_ramp(d->r, p);
    if (ramp)
        s = (struct wb_plan_step){.place = wb_reader_place(d->r, p->tokens[0].from),
                                  .text = wb_phrase_slice(d->r, p, 0, p->n),
                                  .reading = WB_READING_AUTO};
    else
        wb_step_read(d->r, p, &s);
    phase = phase_of(d);
    *WB_PUSH(d->r->a, phase->steps, phase->n_steps, phase->cap_steps) = s;
}

static void add_sign_off(struct document *d, struct wb_plan_label *l, const struct wb_phrase *p) {
    struct wb_plan_clause c;
    struct wb_phrase full = *p;
    if (!wb_clause_understands(d->r, &full, &c) || c.kind != WB_CLAUSE_SIGN_OFF) {
        size_t from = p->n > 1 && wb_token_is(&p->tokens[0], "from") ? 1 : 0;
        c = (struct wb_plan_clause){.kind = WB_CLAUSE_SIGN_OFF,
                                    .place = wb_reader_place(d->r, p->tokens[0].from),
                                    .text = wb_phrase_slice(d->r, p, 0, p->n),
                                    .phase = -1};
        for (size_t i = from; i < p->n;) {
            size_t end = i;
            while (end < p->n && !wb_token_mark(&p->tokens[end], ',') &&
                   !wb_token_is(&p->tokens[end], "and"))
                end++;
            if (end > i)
                *WB_PUSH(d->r->a, c.names.items, c.names.n, c.names.cap) =
                    wb_phrase_slice(d->r, p, i, end);
            i = end + 1;
        }
    }
    *WB_PUSH(d->r->a, l->clauses, l->n_clauses, l->cap_clauses) = c;
}

/* One piece of text below the present label, or a step below none. */
static void add_item(struct document *d, const struct wb_phrase *p) {
    struct wb_plan_label *l = label_of(d);
    if (!p->n)
        return;
    if (!phase_of(d)) {
        add_text(d, p);
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
        add_text(d, p);
        return;
    default:
        add_step(d, p);
        d->in_step = true;
    }
}

static void open_label(struct document *d, enum wb_label_kind kind, struct wb_plan_place place) {
    struct wb_plan_phase *phase = phase_of(d);
    d->label = kind;
    d->takes_list = true;
    d->takes_block = true;
    d->list_type = CMARK_NO_LIST;
    *WB_PUSH(d->r->a, phase->labels, phase->n_labels, phase->cap_labels) =
        (struct wb_plan_label){.kind = kind, .place = place};
}

static void close_label(struct document *d) {
    d->label = WB_LABEL_NONE;
    d->takes_list = d->takes_block = false;
}

static void nearly_label(struct document *d, const struct wb_phrase *p, enum wb_label_kind kind) {
    wb_reader_find(d->r, WB_PLAN_SYNTAX, wb_reader_place(d->r, p->tokens[0].from),
                   wb_arena_printf(d->r->a, "write **%s**:", wb_label_text(kind)),
                   "the label is nearly understood, but not quite");
}

/* --- paragraphs
 * -------------------------------------------------------------------------------------- */

/* The kind of label with which the text at offset begins; NONE outside of phases. */
static enum wb_label_kind label_here(struct document *d, size_t from, size_t to, bool *ret_near) {
    struct wb_phrase p;
    size_t rest;
    if (d->r->phase < 0)
        return WB_LABEL_NONE;
    wb_phrase_read(d->r, from, to, &p);
    return wb_label_at(&p, &rest, ret_near);
}

static bool in_bold(const struct wb_plan_reader *r, size_t from, size_t to) {
    return to > from + 4 && memcmp(r->text + from, "**", 2) == 0;
}

static void add_label(struct document *d, const struct wb_phrase *p, enum wb_label_kind kind,
                      size_t rest) {
    struct wb_phrase said = wb_phrase_part(p, rest, p->n);
    bool silent = !said.n || wb_token_mark(&said.tokens[said.n - 1], ':');
    open_label(d, kind, wb_reader_place(d->r, p->tokens[0].from));
    if (said.n)
        add_item(d, &said);
    d->in_step = false;
    d->takes_list = silent;
}

static void add_prose(struct document *d, const struct wb_phrase *p) {
    close_label(d);
    if (phase_of(d) && p->n > 2 && wb_token_is(&p->tokens[0], "ramp") &&
        wb_token_mark(&p->tokens[1], ':'))
        add_step(d, p);
    else
        add_text(d, p);
}

/* "Phase 3: Cutover (Days 5-9)" on a line of its own inside a text: its heading was lost, and all
 * that follows would belong to the phase before. */
static void judge_lost_heading(struct document *d, size_t from, size_t to) {
    struct wb_phrase p;
    struct wb_plan_phase phase;
    if (to - from < 8 || strncasecmp(d->r->text + from, "phase ", 6) != 0)
        return;
    wb_phrase_read(d->r, from, to, &p);
    if (wb_heading_phase(d->r, &p, WB_IN_TEXT, &phase) && phase.first_day)
        wb_reader_find(d->r, WB_PLAN_SYNTAX, phase.place, "put \"## \" before it",
                       "this looks like a phase, but it is not a heading");
}

/* A stretch of a paragraph that begins a label, or goes on without one. */
static void add_stretch(struct document *d, size_t from, size_t to, bool item) {
    struct wb_phrase p;
    size_t rest = 0;
    bool near = false;
    wb_phrase_read(d->r, from, to, &p);
    if (!p.n)
        return;
    enum wb_label_kind kind = d->r->phase < 0 ? WB_LABEL_NONE : wb_label_at(&p, &rest, &near);
    if (kind == WB_LABEL_NONE && d->r->phase >= 0 && !item && in_bold(d->r, from, to)) {
        kind = wb_label_alone(&p, &near);
        rest = p.n;
    }
    if (kind != WB_LABEL_NONE && near)
        nearly_label(d, &p, kind);
    if (kind != WB_LABEL_NONE) {
        add_label(d, &p, kind, rest);
    } else if (item) {
        add_item(d, &p);
    } else if (d->takes_list && d->label != WB_LABEL_STEPS && label_of(d)) {
        add_item(d, &p);
        d->takes_list = false;
    } else {
        add_prose(d, &p);
    }
}

/* A label at the beginning of any of its lines parts a paragraph. */
static void add_paragraph(struct document *d, size_t from, size_t to, bool item) {
    size_t begin = from;
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
        for (at = end < to ? end + 1 : to; at < to && strchr(" \t>", d->r->text[at]);)
            at++;
    }
    add_stretch(d, begin, to, item);
}

static bool text_range(const struct document *d, cmark_node *node, size_t *ret_from,
                       size_t *ret_to) {
    const struct wb_plan_reader *r = d->r;
    int first = cmark_node_get_start_line(node), last = cmark_node_get_end_line(node);
    int column = cmark_node_get_start_column(node);
    if (first < 1 || last < first || (size_t)last > r->n_lines)
        return false;
    size_t from = r->line_at[first - 1] + (column > 1 ? (size_t)column - 1 : 0);
    size_t to = wb_reader_line_end(r, (unsigned)last);
    if (from > to)
        return false;
    *ret_from = from;
    *ret_to = to;
    return true;
}

static void on_paragraph(struct document *d, cmark_node *node, bool item) {
    size_t from, to;
    if (!text_range(d, node, &from, &to))
        return;
    /* "[ ] " and "[x] " of a task list */
    if (item && to - from > 4 && d->r->text[from] == '[' && d->r->text[from + 2] == ']')
        from += 4;
    add_paragraph(d, from, to, item);
}

/* --- headings
 * ---------------------------------------------------------------------------------------- */

static void begin_phase(struct document *d, struct wb_plan_phase phase, int level, unsigned line) {
    struct wb_plan_reader *r = d->r;
    if (phase_of(d))
        phase_of(d)->end_line = line - 1;
    *WB_PUSH(r->a, r->plan->phases, r->plan->n_phases, r->plan->cap_phases) = phase;
    r->phase = (int)r->plan->n_phases - 1;
    d->phase_level = level;
    if (level == 1 || level > 3)
        wb_reader_find(r, WB_PLAN_STRUCTURE, phase.place, "write ## or ### before it",
                       "a phase's heading has two or three #");
    for (int i = 0; i < r->phase; i++)
        if (r->plan->phases[i].number == phase.number)
            wb_reader_find(r, WB_PLAN_STRUCTURE, phase.place, "number the phases 1, 2, 3 …",
                           "there are two phases %u", phase.number);
    if (r->phase > 0 && r->plan->phases[r->phase - 1].number > phase.number)
        wb_reader_find(r, WB_PLAN_STRUCTURE, phase.place, "phases run in the order of the text",
                       "phase %u stands behind phase %u", phase.number,
                       r->plan->phases[r->phase - 1].number);
}

static void end_phase(struct document *d, unsigned line) {
    if (phase_of(d))
        phase_of(d)->end_line = line - 1;
    d->r->phase = -1;
}

static void on_heading(struct document *d, cmark_node *node) {
    struct wb_plan_reader *r = d->r;
    size_t from, to;
    struct wb_phrase p;
    struct wb_plan_phase phase;
    bool near = false;
    int level = cmark_node_get_heading_level(node);
    unsigned line = (unsigned)cmark_node_get_start_line(node);
    if (!text_range(d, node, &from, &to))
        return;
    while (from < to && (r->text[from] == '#' || r->text[from] == ' '))
        from++;
    while (to > from && strchr("# \t=-\r\n", r->text[to - 1]))
        to--;
    wb_phrase_read(r, from, to, &p);
    if (!p.n)
        return;
    close_label(d);
    if (!r->plan->title && level == 1)
        r->plan->title = wb_phrase_slice(r, &p, 0, p.n);
    if (wb_heading_phase(r, &p, WB_IN_HEADING, &phase)) {
        begin_phase(d, phase, level, line);
        return;
    }
    if (level <= d->phase_level && phase_of(d))
        end_phase(d, line);
    if (!phase_of(d))
        return;
    enum wb_label_kind kind = wb_label_alone(&p, &near);
    if (kind == WB_LABEL_NONE)
        return;
    if (near)
        nearly_label(d, &p, kind);
    open_label(d, kind, wb_reader_place(r, p.tokens[0].from));
}

/* --- code, lists, tables
 * ------------------------------------------------------------------------------ */

static bool check_label(enum wb_label_kind k) {
    return k == WB_LABEL_INTEGRITY || k == WB_LABEL_VALIDATION || k == WB_LABEL_ENTRY ||
           k == WB_LABEL_EXIT;
}

/* "must return 0:" and the block below it. */
static void expect_from_label(struct document *d, struct wb_plan_block *b) {
    struct wb_plan_label *l = label_of(d);
    for (size_t i = 0; l && i < l->n_clauses; i++) {
        struct wb_plan_clause *c = &l->clauses[i];
        if (c->kind != WB_CLAUSE_BLOCK || c->block)
            continue;
        c->block = b;
        if (!b->expect.given)
            b->expect = c->expect;
    }
}

static void on_code(struct document *d, cmark_node *node) {
    const char *info = cmark_node_get_fence_info(node);
    int line = cmark_node_get_start_line(node);
    int length, offset;
    char character;
    struct wb_plan_phase *phase = phase_of(d);
    if (line < 1 || (size_t)line > d->r->n_lines ||
        !cmark_node_get_fenced(node, &length, &offset, &character))
        return; /* indented code has no attributes and never runs */
    struct wb_plan_block *b =
        wb_block_read(d->r, info ? info : "", cmark_node_get_literal(node), (unsigned)line);
    if (phase && d->takes_block && check_label(d->label) && b->lang == WB_LANG_SQL &&
        !b->has_attributes)
        b->is_check = true;
    if (b->is_check && d->takes_block)
        expect_from_label(d, b);
    if (phase && phase->n_steps && !b->is_check && !b->metric && (d->in_step || b->step)) {
        struct wb_plan_step *s = &phase->steps[phase->n_steps - 1];
        *WB_PUSH(d->r->a, s->blocks, s->n_blocks, s->cap_blocks) = b;
    }
}

static void on_item(struct document *d, cmark_node *item) {
    bool first = true;
    d->in_step = false;
    if (++d->depth > MAX_DEPTH) {
        d->depth--;
        return;
    }
    for (cmark_node *n = cmark_node_first_child(item); n; n = cmark_node_next(n)) {
        cmark_node_type type = cmark_node_get_type(n);
        if (type == CMARK_NODE_PARAGRAPH && first)
            on_paragraph(d, n, true);
        else if (type == CMARK_NODE_CODE_BLOCK)
            on_code(d, n);
        else if (type == CMARK_NODE_PARAGRAPH) {
            size_t from, to;
            struct wb_phrase p;
            if (!text_range(d, n, &from, &to))
                continue;
            wb_phrase_read(d->r, from, to, &p);
            if (p.n)
                add_text(d, &p);
        } else if (type == CMARK_NODE_LIST) {
            for (cmark_node *sub = cmark_node_first_child(n); sub; sub = cmark_node_next(sub))
                on_item(d, sub);
        }
        first = false;
    }
    d->depth--;
}

static void on_list(struct document *d, cmark_node *list) {
    /* Bullets below a label are its own, also when another bullet begins a new list; numbers after
     * bullets are the steps. */
    cmark_list_type type = cmark_node_get_list_type(list);
    if (!d->takes_list || (d->list_type != CMARK_NO_LIST && d->list_type != type))
        close_label(d); /* the label said all itself: these are steps */
    d->list_type = type;
    d->takes_block = d->takes_block && d->takes_list;
    for (cmark_node *item = cmark_node_first_child(list); item; item = cmark_node_next(item))
        on_item(d, item);
}

/* The delimiter row under a table's header: the lines before the header are a paragraph that the
 * table has interrupted. */
static unsigned header_line(const struct wb_plan_reader *r, unsigned first, unsigned last) {
    for (unsigned line = first + 1; line <= last; line++) {
        size_t from = r->line_at[line - 1], to = wb_reader_line_end(r, line);
        bool dash = false, other = false;
        for (size_t i = from; i < to; i++) {
            dash |= r->text[i] == '-';
            other |= !strchr(" \t|:->", r->text[i]);
        }
        if (dash && !other)
            return line - 1;
    }
    return first;
}

static void on_table(struct document *d, cmark_node *node) {
    int first = cmark_node_get_start_line(node), last = cmark_node_get_end_line(node);
    if (first < 1 || last < first + 1 || (size_t)last > d->r->n_lines)
        return;
    unsigned head = header_line(d->r, (unsigned)first, (unsigned)last);
    if (head > (unsigned)first)
        add_paragraph(d, d->r->line_at[first - 1], wb_reader_line_end(d->r, head - 1), false);
    wb_table_read(d->r, head, (unsigned)last);
    close_label(d);
}

static void walk(struct document *d, cmark_node *parent) {
    for (cmark_node *n = cmark_node_first_child(parent); n; n = cmark_node_next(n)) {
        cmark_node_type type = cmark_node_get_type(n);
        if (type != CMARK_NODE_CODE_BLOCK)
            d->in_step = d->in_step && type == CMARK_NODE_LIST;
        if (type == CMARK_NODE_HEADING)
            on_heading(d, n);
        else if (type == CMARK_NODE_PARAGRAPH)
            on_paragraph(d, n, false);
        else if (type == CMARK_NODE_LIST)
            on_list(d, n);
        else if (type == CMARK_NODE_CODE_BLOCK)
            on_code(d, n);
        else if (strcmp(cmark_node_get_type_string(n), "table") == 0)
            on_table(d, n);
        else if (type == CMARK_NODE_BLOCK_QUOTE && d->depth < MAX_DEPTH) {
            d->depth++;
            walk(d, n);
            d->depth--;
        }
    }
}

void wb_document_read(struct wb_plan_reader *r, const char *blanked) {
    static const char *const extensions[] = {"table", "tasklist"};
    cmark_gfm_core_extensions_ensure_registered();
    cmark_parser *parser = cmark_parser_new(CMARK_OPT_FULL_INFO_STRING);
    for (size_t i = 0; i < 2; i++)
        cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension(extensions[i]));
    cmark_parser_feed(parser, blanked, r->len);
    cmark_node *root = cmark_parser_finish(parser);
    struct document d = {.r = r, .label = WB_LABEL_NONE};
    walk(&d, root);
    end_phase(&d, (unsigned)r->n_lines + 1);
    cmark_node_free(root);
    cmark_parser_free(parser);
}
