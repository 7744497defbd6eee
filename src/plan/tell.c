/* The lines of a plan in the order of its text, each with its reading and a sentence. */
#include "plan/reader.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *const readings[] = {"manual", "auto", "unbound"};
static const char *const line_kinds[] = {
#define X(name, word) word,
    WB_LINE_KINDS(X)
#undef X
};
static const char *const clause_kinds[] = {
#define X(name, word) word,
    WB_CLAUSES(X)
#undef X
};
static const char *const acts[] = {
#define X(name, word) word,
    WB_PLAN_ACTIONS(X)
#undef X
};

const char *wb_reading_word(enum wb_reading r) {
    return readings[r];
}

const char *wb_line_kind_word(enum wb_line_kind k) {
    return line_kinds[k];
}

const char *wb_clause_kind_word(enum wb_clause_kind k) {
    return clause_kinds[k];
}

const char *wb_act_word(enum wb_plan_act a) {
    return acts[a];
}

static void tell_clauses(struct wb_plan_reader *r, const struct wb_plan_clause *c, size_t n,
                         enum wb_line_kind kind, enum wb_clause_place at) {
    for (size_t i = 0; i < n; i++)
        wb_reader_line(r, c[i].kind == WB_CLAUSE_SIGN_OFF ? WB_LINE_SIGN_OFF : kind, c[i].place,
                       c[i].text, c[i].reading, wb_tell_clause(r, &c[i], at));
}

static void tell_label(struct wb_plan_reader *r, const struct wb_plan_label *l) {
    static const struct {
        enum wb_line_kind line;
        enum wb_clause_place at;
    } how[WB_LABEL_COUNT] = {
        [WB_LABEL_GOAL] = {WB_LINE_GOAL, WB_AT_STEP},
        [WB_LABEL_ENTRY] = {WB_LINE_ENTRY, WB_AT_CRITERIA},
        [WB_LABEL_INTEGRITY] = {WB_LINE_CHECK, WB_AT_CHECK},
        [WB_LABEL_VALIDATION] = {WB_LINE_VALIDATION, WB_AT_CHECK},
        [WB_LABEL_EXIT] = {WB_LINE_EXIT, WB_AT_CRITERIA},
        [WB_LABEL_TRIGGER] = {WB_LINE_TRIGGER, WB_AT_TRIGGER},
        [WB_LABEL_SIGN_OFF] = {WB_LINE_SIGN_OFF, WB_AT_CRITERIA},
    };
    tell_clauses(r, l->clauses, l->n_clauses, how[l->kind].line, how[l->kind].at);
    for (size_t i = 0; i < l->n_actions; i++)
        wb_reader_line(r, l->kind == WB_LABEL_ROLLBACK ? WB_LINE_ROLLBACK : WB_LINE_ACTION,
                       l->actions[i].place, l->actions[i].text, l->actions[i].reading,
                       wb_tell_action(r, &l->actions[i]));
}

static void tell_stage(struct wb_plan_reader *r, const struct wb_plan_stage *s) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_plan_value v = {.unit = WB_UNIT_RATIO, .number = s->traffic};
    wb_buf_adds(&b, "serves ");
    wb_value_put(&b, &v);
    wb_buf_adds(&b, " of reads from the new side");
    if (s->duration_ms) {
        wb_buf_adds(&b, " for ");
        wb_duration_put(&b, s->duration_ms);
    }
    wb_reader_line(r, WB_LINE_STAGE, s->place, s->name, WB_READING_AUTO,
                   wb_arena_strdup(r->a, wb_buf_str(&b)));
    if (!s->from_ramp)
        tell_clauses(r, s->gate, s->n_gate, WB_LINE_GATE, WB_AT_GATE);
}

static void tell_phase(struct wb_plan_reader *r, const struct wb_plan_phase *p) {
    for (size_t i = 0; i < p->n_labels; i++)
        tell_label(r, &p->labels[i]);
    for (size_t i = 0; i < p->n_steps; i++) {
        const struct wb_plan_step *s = &p->steps[i];
        bool signs = s->n_clauses == 1 && s->clauses[0].kind == WB_CLAUSE_SIGN_OFF;
        wb_reader_line(r, signs ? WB_LINE_SIGN_OFF : WB_LINE_STEP, s->place, s->text, s->reading,
                       wb_tell_step(r, s));
    }
    for (size_t i = 0; i < p->n_stages; i++)
        tell_stage(r, &p->stages[i]);
}

static int phase_at(const struct wb_plan *p, unsigned line) {
    for (size_t i = 0; i < p->n_phases; i++)
        if (line >= p->phases[i].place.line && line <= p->phases[i].end_line)
            return (int)i;
    return -1;
}

static void tell_block(struct wb_plan_reader *r, const struct wb_plan_block *b) {
    bool used = b->is_check || b->metric || b->step != WB_BLOCK_NO_STEP || b->action;
    bool judged = b->is_check && b->check == WB_CHECK_NONE && !b->expect.given;
    size_t from = r->line_at[b->place.line - 1] + b->place.column - 1;
    const char *text = b->place.file == r->file
                           ? wb_reader_slice(r, from, wb_reader_line_end(r, b->place.line))
                           : b->language;
    r->phase = b->phase;
    wb_reader_line(r, WB_LINE_BLOCK, b->place, text,
                   used && !judged && b->lang != WB_LANG_OTHER ? WB_READING_AUTO
                                                               : WB_READING_MANUAL,
                   wb_tell_block(r, b));
}

/* "phase 2", "phases 2-3", "phases 4+" */
static const char *phases_of(struct wb_plan_reader *r, const struct wb_plan_summary *s) {
    if (s->last == UINT_MAX)
        return wb_arena_printf(r->a, "phases %u+", s->first);
    return s->last > s->first ? wb_arena_printf(r->a, "phases %u-%u", s->first, s->last)
                              : wb_arena_printf(r->a, "phase %u", s->first);
}

static void tell_tables(struct wb_plan_reader *r) {
    const struct wb_plan *p = r->plan;
    for (size_t i = 0; i < p->n_mappings; i++) {
        const struct wb_plan_mapping *m = &p->mappings[i];
        r->phase = m->place.file == r->file ? phase_at(p, m->place.line) : -1;
        wb_reader_line(
            r, WB_LINE_MAPPING, m->place,
            wb_arena_printf(r->a, "%s -> %s%s%s", m->from, m->to, *m->as ? " as " : "", m->as),
            WB_READING_AUTO, "maps what backfill, mirror and verification carry");
    }
    for (size_t i = 0; i < p->n_summary; i++) {
        const struct wb_plan_summary *s = &p->summary[i];
        r->phase = phase_at(p, s->place.line);
        wb_reader_line(r, WB_LINE_SUMMARY, s->place,
                       wb_arena_printf(r->a, "%s: %s; loss: %s",
                                       *s->name ? s->name : phases_of(r, s), s->action, s->loss),
                       WB_READING_MANUAL,
                       "a summary for people: compared with the phases, never run");
    }
}

static int by_place(const void *a, const void *b) {
    const struct wb_plan_line *x = a, *y = b;
    if (x->place.line != y->place.line)
        return x->place.line < y->place.line ? -1 : 1;
    return x->place.column < y->place.column ? -1 : x->place.column > y->place.column;
}

/* What is an error is not read as prose for people. */
static void tell_slips(struct wb_plan *p) {
    for (size_t i = 0; i < p->n_findings; i++) {
        const struct wb_plan_finding *f = &p->findings[i];
        if (f->rule != WB_PLAN_SYNTAX && f->rule != WB_PLAN_VALUE)
            continue;
        for (size_t k = 0; k < p->n_lines; k++) {
            struct wb_plan_line *l = &p->lines[k];
            if (l->reading == WB_READING_MANUAL && l->place.line == f->place.line &&
                l->place.column <= f->place.column &&
                f->place.column < l->place.column + strlen(l->text) &&
                l->place.file == f->place.file)
                l->sentence = "not understood: see the findings";
        }
    }
}

void wb_plan_tell(struct wb_plan_reader *r) {
    struct wb_plan *p = r->plan;
    for (size_t i = 0; i < p->n_phases; i++) {
        r->phase = (int)i;
        tell_phase(r, &p->phases[i]);
    }
    for (size_t i = 0; i < p->n_blocks; i++)
        tell_block(r, p->blocks[i]);
    tell_tables(r);
    r->phase = -1;
    if (p->n_lines)
        qsort(p->lines, p->n_lines, sizeof *p->lines, by_place);
    tell_slips(p);
}
