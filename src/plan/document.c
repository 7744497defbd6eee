/* The document: cmark-gfm finds headings, paragraphs, lists, tables and code blocks; this walks
 * them in order and knows in which phase and below which label it is. */
#include "plan/document.h"

#include "plan/label.h"

#include <cmark-gfm-core-extensions.h>
#include <string.h>

enum { MAX_DEPTH = 32 };

static void walk(struct wb_document *d, cmark_node *parent);
static void on_item(struct wb_document *d, cmark_node *item);
static void on_table(struct wb_document *d, cmark_node *node);

static bool text_range(const struct wb_document *d, cmark_node *node, size_t *ret_from,
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

static void on_paragraph(struct wb_document *d, cmark_node *node, bool item) {
    size_t from, to;
    if (!text_range(d, node, &from, &to))
        return;
    /* "[ ] " and "[x] " of a task list */
    if (item && to - from > 4 && d->r->text[from] == '[' && d->r->text[from + 2] == ']')
        from += 4;
    wb_document_add_paragraph(d, from, to, item ? WB_PARAGRAPH_ITEM : WB_PARAGRAPH_PROSE);
}

/* --- headings
 * ---------------------------------------------------------------------------------------- */

static void begin_phase(struct wb_document *d, struct wb_plan_phase phase, int level,
                        unsigned line) {
    struct wb_plan_reader *r = d->r;
    if (wb_document_phase(d))
        wb_document_phase(d)->end_line = line - 1;
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

static void end_phase(struct wb_document *d, unsigned line) {
    if (wb_document_phase(d))
        wb_document_phase(d)->end_line = line - 1;
    d->r->phase = -1;
}

static void on_heading(struct wb_document *d, cmark_node *node) {
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
    wb_document_close_label(d);
    if (!r->plan->title && level == 1)
        r->plan->title = wb_phrase_slice(r, &p, 0, p.n);
    if (wb_heading_phase(r, &p, WB_IN_HEADING, &phase)) {
        begin_phase(d, phase, level, line);
        return;
    }
    if (level <= d->phase_level && wb_document_phase(d))
        end_phase(d, line);
    if (!wb_document_phase(d))
        return;
    enum wb_label_kind kind = wb_label_alone(&p, &near);
    if (kind == WB_LABEL_NONE)
        return;
    if (near)
        wb_document_nearly_label(d, &p, kind);
    wb_document_open_label(d, kind, wb_reader_place(r, p.tokens[0].from));
}

/* --- code, lists, tables
 * ------------------------------------------------------------------------------ */

static bool check_label(enum wb_label_kind k) {
    return k == WB_LABEL_INTEGRITY || k == WB_LABEL_VALIDATION || k == WB_LABEL_ENTRY ||
           k == WB_LABEL_EXIT;
}

/* "must return 0:" and the block below it. */
static void expect_from_label(struct wb_document *d, struct wb_plan_block *b) {
    struct wb_plan_label *l = wb_document_label(d);
    for (size_t i = 0; l && i < l->n_clauses; i++) {
        struct wb_plan_clause *c = &l->clauses[i];
        if (c->kind != WB_CLAUSE_BLOCK || c->block)
            continue;
        c->block = b;
        if (!b->expect.given)
            b->expect = c->expect;
    }
}

static bool criteria_label(enum wb_label_kind k) {
    return check_label(k) || k == WB_LABEL_TRIGGER;
}

/* What stands below a label of criteria, but not in a form that holds any, would be lost. */
static void judge_form(struct wb_document *d, unsigned line, const char *what) {
    const struct wb_plan_reader *r = d->r;
    if (wb_document_label(d) && criteria_label(d->label) && d->takes_list)
        wb_reader_find(d->r, WB_PLAN_SYNTAX, wb_reader_place(r, r->line_at[line - 1]),
                       "write each criterion as an item of a list", "%s below \"%s\" is not read",
                       what, wb_label_text(d->label));
}

/* Indented code has no attributes and never runs. */
static void on_indented(struct wb_document *d, unsigned line) {
    size_t from = d->r->line_at[line - 1], to = wb_reader_line_end(d->r, line);
    struct wb_phrase p;
    judge_form(d, line, "text indented by four spaces is code: it");
    wb_phrase_read(d->r, from, to, &p);
    if (p.n)
        wb_document_add_text(d, &p);
}

static void on_code(struct wb_document *d, cmark_node *node) {
    const char *info = cmark_node_get_fence_info(node);
    int line = cmark_node_get_start_line(node);
    int length, offset;
    char character;
    struct wb_plan_phase *phase = wb_document_phase(d);
    if (line < 1 || (size_t)line > d->r->n_lines)
        return;
    if (!cmark_node_get_fenced(node, &length, &offset, &character)) {
        on_indented(d, (unsigned)line);
        return;
    }
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

/* Everything that phases hold: a label that opens with nothing of its own goes on behind its item.
 */
static size_t said(const struct wb_document *d) {
    const struct wb_plan_phase *p = wb_document_phase(d);
    size_t n = p ? p->n_steps + p->n_stages : 0;
    for (size_t i = 0; p && i < p->n_labels; i++)
        n += p->labels[i].n_clauses + p->labels[i].n_actions;
    return n;
}

static void on_item_part(struct wb_document *d, cmark_node *n, bool first) {
    cmark_node_type type = cmark_node_get_type(n);
    size_t from, to;
    struct wb_phrase p;
    if (type == CMARK_NODE_PARAGRAPH && first) {
        on_paragraph(d, n, true);
    } else if (type == CMARK_NODE_CODE_BLOCK) {
        on_code(d, n);
    } else if (type == CMARK_NODE_PARAGRAPH && text_range(d, n, &from, &to)) {
        wb_phrase_read(d->r, from, to, &p);
        if (p.n)
            wb_document_add_aside(d, &p);
    } else if (type == CMARK_NODE_LIST) {
        for (cmark_node *sub = cmark_node_first_child(n); sub; sub = cmark_node_next(sub))
            on_item(d, sub);
    } else if (type == CMARK_NODE_BLOCK_QUOTE) {
        for (cmark_node *sub = cmark_node_first_child(n); sub; sub = cmark_node_next(sub))
            on_item_part(d, sub, first);
    } else if (strcmp(cmark_node_get_type_string(n), "table") == 0) {
        struct wb_document before = *d;
        on_table(d, n);
        *d = before;
    }
}

/* A label inside an item holds for that item and what is nested in it. */
static void on_item(struct wb_document *d, cmark_node *item) {
    bool first = true;
    d->in_step = false;
    if (++d->depth > MAX_DEPTH) {
        d->depth--;
        return;
    }
    struct wb_document before = *d;
    size_t had = said(d), labels = wb_document_phase(d) ? wb_document_phase(d)->n_labels : 0;
    for (cmark_node *n = cmark_node_first_child(item); n; n = cmark_node_next(n)) {
        on_item_part(d, n, first);
        first = false;
    }
    if (wb_document_phase(d) && wb_document_phase(d)->n_labels > labels && said(d) > had) {
        d->label = before.label;
        d->label_at = before.label_at;
        d->takes_list = before.takes_list;
        d->takes_block = before.takes_block;
    }
    d->depth--;
}

static void on_list(struct wb_document *d, cmark_node *list) {
    /* Bullets below a label are its own, also when another bullet begins a new list; numbers after
     * bullets are the steps. */
    cmark_list_type type = cmark_node_get_list_type(list);
    if (!d->takes_list || (d->list_type != CMARK_NO_LIST && d->list_type != type))
        wb_document_close_label(d); /* the label said all itself: these are steps */
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

static void on_table(struct wb_document *d, cmark_node *node) {
    int first = cmark_node_get_start_line(node), last = cmark_node_get_end_line(node);
    if (first < 1 || last < first + 1 || (size_t)last > d->r->n_lines)
        return;
    unsigned head = header_line(d->r, (unsigned)first, (unsigned)last);
    if (head > (unsigned)first)
        wb_document_add_paragraph(d, d->r->line_at[first - 1], wb_reader_line_end(d->r, head - 1),
                                  WB_PARAGRAPH_PROSE);
    if (!wb_table_read(d->r, head, (unsigned)last))
        judge_form(d, head, "a table");
    wb_document_close_label(d);
}

static void walk(struct wb_document *d, cmark_node *parent) {
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
    struct wb_document d = {.r = r, .label = WB_LABEL_NONE};
    walk(&d, root);
    end_phase(&d, (unsigned)r->n_lines + 1);
    cmark_node_free(root);
    cmark_parser_free(parser);
}
