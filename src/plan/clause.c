/* Criteria, checks, triggers and gates: text to clauses.
 *
 * The text is parted at commas, semicolons, " + " and sentence ends, never inside parentheses, code
 * or numbers. Each part is matched with the grammar. What fits nothing is prose for people; what
 * nearly fits, or holds a comparison that is not understood, is an error. */
#include "plan/reader.h"

#include "base/str.h"

#include <string.h>

enum { SUSTAINED_MS = 5 * 60 * 1000 };

struct part {
    struct wb_phrase p;
    bool or_before, and_before;
};

/* --- parting
 * ---------------------------------------------------------------------------------------- */

static bool parts_here(const struct wb_phrase *p, size_t i) {
    const struct wb_token *t = &p->tokens[i];
    bool space_behind = i + 1 == p->n || p->tokens[i + 1].after_space;
    if (t->kind != WB_TOKEN_MARK)
        return false;
    return t->mark == ',' || t->mark == ';' || (t->mark == '+' && t->after_space && space_behind) ||
           (t->mark == '.' && space_behind && !t->after_space && i + 1 < p->n);
}

/* The next part from token *at on; false at the end. */
static bool next_part(const struct wb_phrase *p, size_t *at, struct part *ret) {
    size_t i = *at, end;
    int depth = 0;
    bool or_before = false, and_before = false;
    if (i && i < p->n && (or_before = wb_token_is(&p->tokens[i], "or")))
        i++;
    else if (i && i < p->n && (and_before = wb_token_is(&p->tokens[i], "and")))
        i++;
    for (end = i; end < p->n; end++) {
        const struct wb_token *t = &p->tokens[end];
        depth += wb_token_mark(t, '(') - (wb_token_mark(t, ')') && depth);
        if (depth == 0 && parts_here(p, end))
            break;
    }
    *at = end + 1;
    size_t stop = end;
    while (stop > i &&
           (wb_token_mark(&p->tokens[stop - 1], '.') || wb_token_mark(&p->tokens[stop - 1], ':')))
        stop--;
    *ret = (struct part){
        .p = wb_phrase_part(p, i, stop), .or_before = or_before, .and_before = and_before};
    return i < p->n;
}

/* Without a comment behind a dash and without a last group in parentheses. */
static struct wb_phrase bare(const struct wb_phrase *p) {
    size_t n = p->n;
    for (size_t i = 1; i < n; i++)
        if (p->tokens[i].kind == WB_TOKEN_DASH)
            n = i;
    if (n > 1 && wb_token_mark(&p->tokens[n - 1], ')')) {
        size_t open = n - 1;
        while (open > 0 && !wb_token_mark(&p->tokens[open], '('))
            open--;
        n = open ? open : n;
    }
    return wb_phrase_part(p, 0, n);
}

/* --- from a match to a clause
 * ------------------------------------------------------------------------ */

static const char *words_of(struct wb_plan_reader *r, const struct wb_phrase *p,
                            const struct wb_capture *c) {
    if (!c->taken)
        return NULL;
    if (c->j == c->i + 1 && p->tokens[c->i].kind == WB_TOKEN_CODE)
        return p->tokens[c->i].text;
    return wb_phrase_slice(r, p, c->i, c->j);
}

/* "data lead and product lead", "email, name and id": each a name. */
static void add_names(struct wb_plan_reader *r, const struct wb_phrase *p, size_t i, size_t j,
                      struct wb_plan_words *to) {
    for (size_t from = i; from < j;) {
        size_t end = from;
        while (end < j && !wb_token_mark(&p->tokens[end], ',') &&
               !wb_token_is(&p->tokens[end], "and"))
            end++;
        size_t stop = end;
        if (stop > from + 1 && (wb_token_is(&p->tokens[stop - 1], "columns") ||
                                wb_token_is(&p->tokens[stop - 1], "column")))
            stop--;
        if (from < stop && (wb_token_is(&p->tokens[from], "the")))
            from++;
        struct wb_capture c = {.taken = true, .i = from, .j = stop};
        if (from < stop)
            *WB_PUSH(r->a, to->items, to->n, to->cap) = words_of(r, p, &c);
        from = end + 1;
    }
}

static void set_expect(const struct wb_phrase *p, const struct wb_capture *c,
                       struct wb_plan_expect *ret) {
    *ret = (struct wb_plan_expect){.given = true, .value = c->value};
    ret->no_rows = wb_token_is(&p->tokens[c->i], "no");
}

static void set_zero(struct wb_plan_reader *r, const struct wb_phrase *p, const struct wb_match *m,
                     struct wb_plan_clause *c) {
    if (m->slots[WB_SLOT_ZERO].taken)
        c->metric = wb_metric_named(r, words_of(r, p, &m->slots[WB_SLOT_ZERO]));
}

static void build_compare(struct wb_plan_reader *r, const struct wb_phrase *p,
                          const struct wb_match *m, struct wb_plan_clause *c) {
    const struct wb_capture *s = m->slots;
    c->metric = wb_metric_named(r, words_of(r, p, &s[WB_SLOT_METRIC]));
    c->cmp = s[WB_SLOT_CMP].cmp;
    c->value = s[WB_SLOT_VALUE].value;
    c->window_ms = s[WB_SLOT_DUR].value.ms;
    c->for_ms = s[WB_SLOT_FOR].taken         ? s[WB_SLOT_FOR].value.ms
                : s[WB_SLOT_SUSTAINED].taken ? SUSTAINED_MS
                                             : 0;
}

static void build(struct wb_plan_reader *r, const struct wb_phrase *p, const struct wb_match *m,
                  struct wb_plan_clause *c) {
    const struct wb_capture *s = m->slots;
    c->kind = (enum wb_clause_kind)m->pattern->kind;
    c->thing = words_of(r, p, &s[WB_SLOT_THING]);
    switch (c->kind) {
    case WB_CLAUSE_SQL:
        c->thing = p->tokens[s[WB_SLOT_CODE].i].text;
        set_expect(p, &s[WB_SLOT_EXPECT], &c->expect);
        break;
    case WB_CLAUSE_BLOCK:
        set_expect(p, &s[WB_SLOT_EXPECT], &c->expect);
        break;
    case WB_CLAUSE_COMPARE:
    case WB_CLAUSE_ALERT:
        build_compare(r, p, m, c);
        break;
    case WB_CLAUSE_WITHIN:
        c->value = s[WB_SLOT_PCT].value;
        c->metric = wb_metric_named(r, words_of(r, p, &s[WB_SLOT_METRIC]));
        break;
    case WB_CLAUSE_UNCHANGED:
        c->metric = wb_metric_named(r, words_of(r, p, &s[WB_SLOT_METRIC]));
        break;
    case WB_CLAUSE_EXCEEDS_GATE:
        c->thing = words_of(r, p, &s[WB_SLOT_METRIC]);
        break;
    case WB_CLAUSE_DETECTED:
        c->metric = wb_metric_named(r, c->thing);
        c->at_once = true;
        break;
    case WB_CLAUSE_VERIFIED:
    case WB_CLAUSE_RUNNING:
        c->value = s[WB_SLOT_DUR].value;
        set_zero(r, p, m, c);
        break;
    case WB_CLAUSE_CHECKSUM:
    case WB_CLAUSE_SIGN_OFF:
        if (s[WB_SLOT_NAMES].taken)
            add_names(r, p, s[WB_SLOT_NAMES].i, s[WB_SLOT_NAMES].j, &c->names);
        break;
    case WB_CLAUSE_SAMPLE:
        c->rows = (uint64_t)s[WB_SLOT_N].value.number.digits;
        break;
    case WB_CLAUSE_NOT_WRITTEN: {
        const struct wb_token *t = &p->tokens[s[WB_SLOT_SIDE].i];
        c->thing = words_of(r, p, &s[WB_SLOT_SIDE]);
        c->side = t->kind == WB_TOKEN_CODE ? WB_PLAN_SIDE_NONE : wb_side_named(r, t->text);
        break;
    }
    case WB_CLAUSE_NO_QUERIES:
        c->thing = words_of(r, p, &s[WB_SLOT_CODE]);
        break;
    default:
        break;
    }
}

bool wb_clause_understands(struct wb_plan_reader *r, const struct wb_phrase *p,
                           struct wb_plan_clause *ret) {
    struct wb_phrase forms[2] = {*p, bare(p)};
    struct wb_match m;
    for (size_t i = 0; i < 2; i++) {
        if (i && forms[1].n == p->n)
            return false;
        if (!wb_match_phrase(r, &forms[i], WB_USE_CRITERIA, WB_MATCH_EXACT, &m))
            continue;
        *ret = (struct wb_plan_clause){
            .place = wb_reader_place(r, p->tokens[0].from),
            .text = wb_phrase_slice(r, p, 0, p->n),
            .phase = -1,
        };
        build(r, &forms[i], &m, ret);
        return true;
    }
    return false;
}

/* --- slips of the pen
 * -------------------------------------------------------------------------------- */

static void nearly(struct wb_plan_reader *r, const struct wb_phrase *p, const struct wb_match *m) {
    size_t at = m->slip_at < p->n ? m->slip_at : p->n - 1;
    wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[at].from),
                   wb_arena_printf(r->a, "did you mean: %s", m->suggestion),
                   "\"%s\" is nearly understood, but not quite", wb_phrase_slice(r, p, 0, p->n));
}

/* Whether the number at token i is meant as a value: versions and lists of numbers are not. */
static bool meant_as_value(const struct wb_phrase *p, size_t i) {
    static const char *const before[] = {"return",  "returns", "above", "below", "over",  "under",
                                         "exceeds", "exceed",  "than",  "most",  "least", "within"};
    static const char *const behind[] = {"rows", "row",   "percent", "ms",      "s",
                                         "min",  "hours", "minutes", "seconds", "days"};
    const struct wb_token *prev = i ? &p->tokens[i - 1] : NULL;
    const struct wb_token *next = i + 1 < p->n ? &p->tokens[i + 1] : NULL;
    bool found = (prev && prev->kind == WB_TOKEN_CMP) || (next && next->kind == WB_TOKEN_PERCENT);
    for (size_t k = 0; prev && k < sizeof before / sizeof *before; k++)
        found |= wb_token_is(prev, before[k]);
    for (size_t k = 0; next && k < sizeof behind / sizeof *behind; k++)
        found |= wb_token_is(next, behind[k]);
    return found;
}

bool wb_phrase_malformed(struct wb_plan_reader *r, const struct wb_phrase *p) {
    for (size_t i = 0; i < p->n; i++) {
        if (!p->tokens[i].malformed || !meant_as_value(p, i))
            continue;
        wb_reader_find(r, WB_PLAN_VALUE, wb_reader_place(r, p->tokens[i].from),
                       "write thousands as 5,000 and fractions as 0.1", "\"%s\" is not a number",
                       p->tokens[i].text);
        return true;
    }
    return false;
}

/* A comparison outside parentheses that no pattern took: it would pass as prose. */
static bool stray_comparison(struct wb_plan_reader *r, const struct wb_phrase *p) {
    int depth = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct wb_token *t = &p->tokens[i];
        depth += wb_token_mark(t, '(') - wb_token_mark(t, ')');
        if (t->kind != WB_TOKEN_CMP)
            continue;
        if (depth == 0) {
            wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, t->from),
                           "write it as: error rate < 0.1% over any 10-minute window; each "
                           "comparison apart, with a comma between them",
                           "the comparison in \"%s\" is not understood",
                           wb_phrase_slice(r, p, 0, p->n));
            return true;
        }
        wb_reader_find(r, WB_PLAN_ADVICE, wb_reader_place(r, t->from),
                       "take it out of the parentheses if it is to be measured",
                       "the comparison in parentheses is a comment");
        r->plan->findings[r->plan->n_findings - 1].severity = WB_WARNING;
        return false;
    }
    return false;
}

/* What follows a comparison that is understood. */
static bool stray_rest(struct wb_plan_reader *r, const struct wb_phrase *p) {
    for (size_t i = 0; i < wb_n_patterns; i++) {
        struct wb_match m;
        if (wb_patterns[i].use != WB_USE_CRITERIA || wb_patterns[i].kind != WB_CLAUSE_COMPARE ||
            !wb_match_within(r, p, 0, &wb_patterns[i], WB_MATCH_EXACT, &m) || m.begin != 0 ||
            m.end >= p->n)
            continue;
        wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[m.end].from),
                       "after the value may stand: over any 10-minute window, sustained, for 10 "
                       "minutes; part clauses by commas",
                       "\"%s\" is not understood after \"%s\"", wb_phrase_slice(r, p, m.end, p->n),
                       wb_phrase_slice(r, p, 0, m.end));
        return true;
    }
    return false;
}

static void explain_prose(struct wb_plan_reader *r, const struct wb_phrase *p,
                          enum wb_clause_place at) {
    struct wb_phrase forms[2] = {*p, bare(p)};
    struct wb_match m;
    for (size_t i = 0; i < 2; i++)
        if (wb_match_phrase(r, &forms[i], WB_USE_CRITERIA, WB_MATCH_NEARLY, &m)) {
            nearly(r, &forms[i], &m);
            return;
        }
    if (at != WB_AT_STEP && !wb_phrase_malformed(r, p) && !stray_rest(r, p))
        stray_comparison(r, p);
}

/* --- putting together
 * -------------------------------------------------------------------------------- */

static bool only_names(const struct wb_phrase *p) {
    const struct wb_token *last = &p->tokens[p->n - 1];
    bool codes = true;
    for (size_t i = 0; i < p->n; i++)
        codes &= p->tokens[i].kind == WB_TOKEN_CODE || wb_token_is(&p->tokens[i], "and");
    return codes || p->n == 1 || wb_token_is(last, "columns") || wb_token_is(last, "column");
}

/* A part that goes on with the list of names that the clause before began. */
static bool joins(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_clauses *to,
                  size_t first) {
    if (to->n == first || p->n == 0 || p->n > 8)
        return false;
    struct wb_plan_clause *last = &to->items[to->n - 1], probe;
    bool columns = last->kind == WB_CLAUSE_CHECKSUM && last->names.n && only_names(p);
    if (!(last->kind == WB_CLAUSE_SIGN_OFF || columns) || wb_clause_understands(r, p, &probe))
        return false;
    add_names(r, p, 0, p->n, &last->names);
    last->text = wb_arena_printf(r->a, "%s, %s", last->text, wb_phrase_slice(r, p, 0, p->n));
    return true;
}

static void add(struct wb_plan_reader *r, struct wb_clauses *to, const struct wb_plan_clause *c) {
    *WB_PUSH(r->a, to->items, to->n, to->cap) = *c;
}

/* "row counts and checksums match": two clauses where both halves are understood. */
static bool halves(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_clauses *to) {
    for (size_t i = 1; i + 1 < p->n; i++) {
        struct wb_plan_clause left, right;
        if (!wb_token_is(&p->tokens[i], "and"))
            continue;
        struct wb_phrase before = wb_phrase_part(p, 0, i), behind = wb_phrase_part(p, i + 1, p->n);
        if (!wb_clause_understands(r, &before, &left) || !wb_clause_understands(r, &behind, &right))
            continue;
        add(r, to, &left);
        add(r, to, &right);
        return true;
    }
    return false;
}

/* "checksum on email colums": the slip would be taken for a column's name. */
static void judge_columns(struct wb_plan_reader *r, const struct wb_phrase *p,
                          const struct wb_plan_clause *c) {
    const struct wb_token *last = &p->tokens[p->n - 1];
    if (c->kind == WB_CLAUSE_CHECKSUM && last->kind == WB_TOKEN_WORD &&
        wb_word_near(last->text, "columns") && strcmp(last->text, "columns") != 0 &&
        strcmp(last->text, "column") != 0)
        wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, last->from), "did you mean: columns",
                       "\"%s\" is nearly understood, but not quite", c->text);
}

static void add_part(struct wb_plan_reader *r, const struct wb_phrase *p, enum wb_clause_place at,
                     struct wb_clauses *to) {
    struct wb_plan_clause c;
    if (wb_clause_understands(r, p, &c)) {
        judge_columns(r, p, &c);
        add(r, to, &c);
        return;
    }
    if (halves(r, p, to))
        return;
    explain_prose(r, p, at);
    c = (struct wb_plan_clause){
        .place = wb_reader_place(r, p->tokens[0].from),
        .text = wb_phrase_slice(r, p, 0, p->n),
        .phase = -1,
    };
    add(r, to, &c);
}

static void judge_joiner(struct wb_plan_reader *r, const struct part *part,
                         enum wb_clause_place at) {
    bool trigger = at == WB_AT_TRIGGER;
    if (at == WB_AT_STEP || !(trigger ? part->and_before : part->or_before))
        return;
    wb_reader_find(r, WB_PLAN_ADVICE, wb_reader_place(r, part->p.tokens[0].from),
                   trigger ? "write \", or\"; what must hold together is one metric"
                           : "write \", and\"; what is enough alone is one metric",
                   trigger ? "each clause of a trigger fires alone: \"and\" is read as \"or\""
                           : "all clauses must hold: \"or\" is read as \"and\"");
    r->plan->findings[r->plan->n_findings - 1].severity = WB_WARNING;
}

void wb_clauses_read(struct wb_plan_reader *r, const struct wb_phrase *p, enum wb_clause_place at,
                     struct wb_clauses *to) {
    struct part part;
    size_t first = to->n;
    for (size_t i = 0; next_part(p, &i, &part);) {
        if (!part.p.n)
            continue;
        if (joins(r, &part.p, to, first))
            continue;
        judge_joiner(r, &part, at);
        add_part(r, &part.p, at, to);
    }
}
