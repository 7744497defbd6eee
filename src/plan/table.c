/* Tables: ramp stages, the mapping and the rollback summary are known by their headers, in any
 * order; every other table is text. Cells are cut from the original lines. */
#include "plan/reader.h"

#include "base/str.h"

#include <limits.h>
#include <string.h>

enum { MAX_CELLS = 16, MAX_COLUMNS = 4 };

struct cell {
    size_t from, to;
};
struct row {
    struct cell cells[MAX_CELLS];
    size_t n;
};

enum shape { STAGES, MAPPING, SUMMARY, N_SHAPES };

/* Each column of a known table, with the titles it may have (lower case, without % and hyphens). */
static const struct {
    const char *what;
    struct {
        const char *title, *names[4];
        const char *others[10]; /* what people write too: nearly, but not it */
    } columns[MAX_COLUMNS];
    size_t n;
} shapes[] = {
    [STAGES] = {"ramp stages",
                {{"Stage", {"stage"}, {"step", "ring", "wave", "name", "stage name", "canary"}},
                 {"Traffic",
                  {"read traffic", "traffic", "weight"},
                  {"percentage", "share", "reads", "of reads", "of traffic", "percent",
                   "traffic share", "rollout", "read share", "share of reads"}},
                 {"Duration",
                  {"duration"},
                  {"hold", "soak", "soak time", "time", "minimum duration", "min duration"}},
                 {"Gate",
                  {"gate"},
                  {"gates", "criteria", "gate criteria", "exit criteria", "threshold",
                   "thresholds"}}},
                4},
    [MAPPING] = {"mapping", {{"From", {"from"}}, {"To", {"to"}}, {"As", {"as"}}}, 3},
    [SUMMARY] = {"rollback summary",
                 {{"Phase", {"phase"}},
                  {"Rollback action", {"rollback action"}},
                  {"Data loss risk", {"data loss risk"}}},
                 3},
};

static void split_row(const struct wb_plan_reader *r, unsigned line, struct row *ret) {
    size_t at = r->line_at[line - 1], end = wb_reader_line_end(r, line);
    ret->n = 0;
    while (at < end && strchr(" \t>", r->text[at]))
        at++;
    if (at < end && r->text[at] == '|')
        at++;
    while (at < end && ret->n < MAX_CELLS) {
        size_t stop = at;
        while (stop < end && r->text[stop] != '|')
            stop += r->text[stop] == '\\' && stop + 1 < end ? 2 : 1;
        struct cell c = {at, stop};
        while (c.from < c.to && strchr(" \t", r->text[c.from]))
            c.from++;
        while (c.to > c.from && strchr(" \t", r->text[c.to - 1]))
            c.to--;
        if (c.from < c.to || stop < end)
            ret->cells[ret->n++] = c;
        at = stop + 1;
    }
}

static const char *title_of(const struct wb_plan_reader *r, struct cell c) {
    struct wb_phrase p;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_phrase_read(r, c.from, c.to, &p);
    for (size_t i = 0; i < p.n; i++)
        if (p.tokens[i].kind == WB_TOKEN_WORD)
            wb_buf_addf(&b, "%s%s", b.len ? " " : "", p.tokens[i].text);
    return wb_arena_strdup(r->a, wb_buf_str(&b));
}

struct header {
    int column[MAX_COLUMNS]; /* where it stands, -1 nowhere */
    size_t exact, near, others;
    size_t near_cell;
    const char *near_title;
};

static void match_header(const struct row *head, const char *const *titles, enum shape shape,
                         struct header *ret) {
    *ret = (struct header){0};
    for (size_t c = 0; c < shapes[shape].n; c++) {
        ret->column[c] = -1;
        for (size_t i = 0; i < head->n && ret->column[c] < 0; i++)
            for (size_t k = 0; k < 4 && shapes[shape].columns[c].names[k]; k++)
                if (strcmp(titles[i], shapes[shape].columns[c].names[k]) == 0)
                    ret->column[c] = (int)i;
        ret->exact += ret->column[c] >= 0;
        for (size_t i = 0; i < head->n && ret->column[c] < 0; i++)
            for (size_t k = 0; k < 10 && shapes[shape].columns[c].others[k]; k++)
                if (strcmp(titles[i], shapes[shape].columns[c].others[k]) == 0) {
                    ret->others++;
                    ret->near_cell = i;
                    ret->near_title = shapes[shape].columns[c].title;
                }
        for (size_t i = 0; i < head->n && ret->column[c] < 0; i++)
            for (size_t k = 0; k < 4 && shapes[shape].columns[c].names[k]; k++)
                if (wb_word_near(titles[i], shapes[shape].columns[c].names[k])) {
                    ret->near++;
                    ret->near_cell = i;
                    ret->near_title = shapes[shape].columns[c].title;
                }
    }
}

static struct wb_phrase cell_phrase(const struct wb_plan_reader *r, const struct row *row, int i) {
    struct wb_phrase p = {0};
    if (i >= 0 && (size_t)i < row->n)
        wb_phrase_read(r, row->cells[i].from, row->cells[i].to, &p);
    return p;
}

static const char *cell_text(const struct wb_plan_reader *r, const struct row *row, int i) {
    return i >= 0 && (size_t)i < row->n ? wb_reader_slice(r, row->cells[i].from, row->cells[i].to)
                                        : "";
}

static struct wb_plan_place cell_place(const struct wb_plan_reader *r, const struct row *row,
                                       int i) {
    size_t at = i >= 0 && (size_t)i < row->n ? (size_t)i : 0;
    return wb_reader_place(r, row->cells[at].from);
}

/* --- stages
 * ----------------------------------------------------------------------------------------- */

/* "-", "none", "n/a" */
static bool no_gate(const struct wb_phrase *p) {
    return p->tokens[0].kind == WB_TOKEN_DASH ||
           (p->n == 1 && wb_token_is(&p->tokens[0], "none")) ||
           (p->n == 3 && wb_token_is(&p->tokens[0], "n") && wb_token_is(&p->tokens[2], "a"));
}

/* "same as above": a gate that stands somewhere else is not read. */
static void judge_ditto(struct wb_plan_reader *r, const struct wb_phrase *p) {
    static const char *const words[] = {"same", "ditto", "idem", "above"};
    for (size_t i = 0; i < 4; i++)
        if (wb_token_is(&p->tokens[0], words[i]) || (p->n > 1 && wb_token_is(&p->tokens[0], "as") &&
                                                     wb_token_is(&p->tokens[1], words[i]))) {
            wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[0].from),
                           "write the whole gate in every stage",
                           "the gate \"%s\" is not understood", wb_phrase_slice(r, p, 0, p->n));
            return;
        }
}

static void read_stage(struct wb_plan_reader *r, const struct row *row, const struct header *h) {
    struct wb_plan_phase *phase = &r->plan->phases[r->phase];
    struct wb_plan_value v = {0};
    struct wb_plan_stage s = {.place = cell_place(r, row, h->column[0]),
                              .name = cell_text(r, row, h->column[0])};
    struct wb_phrase p = cell_phrase(r, row, h->column[1]);
    size_t n = wb_value_at(&p, 0, &v, NULL);
    if (v.unit == WB_UNIT_NONE && n == p.n && n)
        wb_decimal_percent(&v.number); /* the title has the % */
    bool good = n && n == p.n && (v.unit == WB_UNIT_RATIO || v.unit == WB_UNIT_NONE) &&
                wb_decimal_compare(v.number, (struct wb_decimal){.digits = 1}) <= 0;
    s.traffic = v.number;
    if (!good)
        wb_reader_find(r, WB_PLAN_VALUE, cell_place(r, row, h->column[1]), "write it as 10%",
                       "the stage's share of traffic is not understood: \"%s\"",
                       cell_text(r, row, h->column[1]));
    struct wb_phrase cell = cell_phrase(r, row, h->column[2]);
    p = wb_phrase_bare(&cell);
    const char *meant = NULL;
    n = wb_value_at(&p, 0, &v, &meant);
    if (!n || n != p.n || v.unit != WB_UNIT_MS || meant)
        wb_reader_find(r, WB_PLAN_VALUE, cell_place(r, row, h->column[2]),
                       "write it as 4 hours, 30 min or 48 hours soak",
                       "the stage's duration is not understood: \"%s\"",
                       cell_text(r, row, h->column[2]));
    else
        s.duration_ms = v.ms;
    p = cell_phrase(r, row, h->column[3]);
    struct wb_clauses gate = {0};
    if (p.n && !no_gate(&p))
        wb_clauses_read(r, &p, WB_AT_GATE, &gate, NULL);
    if (p.n)
        judge_ditto(r, &p);
    s.gate = gate.items;
    s.n_gate = gate.n;
    s.cap_gate = gate.cap;
    *WB_PUSH(r->a, phase->stages, phase->n_stages, phase->cap_stages) = s;
}

/* --- mapping, summary
 * -------------------------------------------------------------------------------- */

/* "\\|" is how a table says "|", also in code. */
static const char *with_bars(const struct wb_plan_reader *r, const char *text) {
    char *to = wb_arena_strdup(r->a, text);
    size_t n = 0;
    for (const char *s = text; *s; s++)
        if (s[0] != '\\' || s[1] != '|')
            to[n++] = *s;
    to[n] = 0;
    return to;
}

static const char *bare_code(const struct wb_plan_reader *r, const struct row *row, int i) {
    struct wb_phrase p = cell_phrase(r, row, i);
    bool code = p.n == 1 && p.tokens[0].kind == WB_TOKEN_CODE;
    return with_bars(r, code ? p.tokens[0].text : cell_text(r, row, i));
}

static void read_mapping(struct wb_plan_reader *r, const struct row *row, const struct header *h) {
    struct wb_plan *p = r->plan;
    struct wb_plan_mapping m = {
        .place = cell_place(r, row, h->column[0]),
        .from = bare_code(r, row, h->column[0]),
        .to = bare_code(r, row, h->column[1]),
        .as = bare_code(r, row, h->column[2]),
    };
    if (!*m.from || !*m.to)
        wb_reader_find(r, WB_PLAN_VALUE, m.place, "write table.column on both sides",
                       "a row of the mapping needs From and To");
    *WB_PUSH(r->a, p->mappings, p->n_mappings, p->cap_mappings) = m;
}

static unsigned whole(const struct wb_token *t) {
    return t->kind != WB_TOKEN_NUMBER || t->number.scale || t->number.digits > 9999
               ? 0
               : (unsigned)t->number.digits;
}

/* "1", "1 — Dual-write", "2-3", "4+ — Cleanup" */
static void read_summary(struct wb_plan_reader *r, const struct row *row, const struct header *h) {
    struct wb_plan *plan = r->plan;
    struct wb_phrase p = cell_phrase(r, row, h->column[0]);
    size_t i = p.n && (wb_token_is(&p.tokens[0], "phase") || wb_token_is(&p.tokens[0], "phases"));
    struct wb_plan_summary s = {
        .place = cell_place(r, row, h->column[0]),
        .action = cell_text(r, row, h->column[1]),
        .loss = cell_text(r, row, h->column[2]),
        .name = "",
    };
    if (i >= p.n || p.tokens[i].kind != WB_TOKEN_NUMBER) {
        wb_reader_find(r, WB_PLAN_VALUE, s.place, "begin with the phase's number: 3, 1-2 or 4+",
                       "which phase the summary means is not understood: \"%s\"",
                       cell_text(r, row, h->column[0]));
        return;
    }
    s.first = s.last = whole(&p.tokens[i++]);
    if (i < p.n && wb_token_mark(&p.tokens[i], '+')) {
        s.last = UINT_MAX;
        i++;
    } else if (i + 1 < p.n && wb_token_is(&p.tokens[i], "and") &&
               (wb_token_is(&p.tokens[i + 1], "later") || wb_token_is(&p.tokens[i + 1], "up"))) {
        s.last = UINT_MAX;
        i += 2;
    } else if (i + 1 < p.n &&
               (wb_token_is(&p.tokens[i], "and") || wb_token_mark(&p.tokens[i], '&')) &&
               whole(&p.tokens[i + 1]) == s.first + 1) {
        s.last = s.first + 1;
        i += 2;
    } else if (i < p.n && p.tokens[i].kind == WB_TOKEN_NUMBER) {
        s.last = whole(&p.tokens[i++]);
    } else if (i + 1 < p.n && p.tokens[i].kind == WB_TOKEN_DASH && !p.tokens[i].after_space &&
               p.tokens[i + 1].kind == WB_TOKEN_NUMBER) {
        s.last = whole(&p.tokens[i + 1]);
        i += 2;
    }
    while (i < p.n && (p.tokens[i].kind == WB_TOKEN_DASH || p.tokens[i].kind == WB_TOKEN_MARK))
        i++;
    s.name = wb_phrase_slice(r, &p, i, p.n);
    *WB_PUSH(r->a, plan->summary, plan->n_summary, plan->cap_summary) = s;
}

/* --- which one
 * --------------------------------------------------------------------------------------- */

static void read_rows(struct wb_plan_reader *r, unsigned from, unsigned last, enum shape shape,
                      const struct header *h) {
    if (shape == STAGES && r->phase < 0) {
        wb_reader_find(r, WB_PLAN_STRUCTURE, wb_reader_place(r, r->line_at[from - 3]),
                       "put the table below a phase's heading",
                       "a table of ramp stages stands outside of any phase");
        return;
    }
    for (unsigned line = from; line <= last; line++) {
        struct row row;
        split_row(r, line, &row);
        if (!row.n)
            continue;
        if (shape == STAGES)
            read_stage(r, &row, h);
        else if (shape == MAPPING)
            read_mapping(r, &row, h);
        else
            read_summary(r, &row, h);
    }
}

static void nearly_known(struct wb_plan_reader *r, const struct row *head, enum shape shape,
                         const struct header *h) {
    const char *missing = h->near_title;
    for (size_t c = 0; !missing && c < shapes[shape].n; c++)
        if (h->column[c] < 0)
            missing = shapes[shape].columns[c].title;
    wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, head->cells[h->near_cell].from),
                   wb_arena_printf(r->a, "the title is: %s", missing),
                   "the table is nearly one of %s, but a title is not known", shapes[shape].what);
    if (shape == SUMMARY && !h->near)
        r->plan->findings[r->plan->n_findings - 1].severity = WB_WARNING;
}

static void text_rows(struct wb_plan_reader *r, unsigned first, unsigned last) {
    for (unsigned line = first; line <= last; line++) {
        struct row row;
        split_row(r, line, &row);
        if (row.n && line != first + 1)
            wb_reader_line(r, WB_LINE_TEXT, wb_reader_place(r, row.cells[0].from),
                           wb_reader_slice(r, r->line_at[line - 1], wb_reader_line_end(r, line)),
                           WB_READING_MANUAL, "text for people");
    }
}

bool wb_table_read(struct wb_plan_reader *r, unsigned first, unsigned last) {
    struct row head;
    const char *titles[MAX_CELLS];
    split_row(r, first, &head);
    for (size_t i = 0; i < head.n; i++)
        titles[i] = title_of(r, head.cells[i]);
    for (int shape = 0; shape < N_SHAPES; shape++) {
        struct header h;
        match_header(&head, titles, (enum shape)shape, &h);
        if (h.exact == shapes[shape].n) {
            read_rows(r, first + 2, last, (enum shape)shape, &h);
            return true;
        }
        bool lacks_one = h.exact + 1 == shapes[shape].n && (h.near || shape != MAPPING);
        bool gated = h.column[3] >= 0 && h.exact + h.others + h.near >= 2;
        bool other = shape == STAGES && r->phase >= 0 && (h.exact + h.others >= 3 || gated);
        if ((lacks_one && h.exact >= 2) || other) {
            nearly_known(r, &head, (enum shape)shape, &h);
            return true;
        }
    }
    text_rows(r, first, last);
    return false;
}
