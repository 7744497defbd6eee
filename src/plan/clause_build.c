/* From a phrase to a clause: which forms of it are tried, and what the grammar's slots mean. */
#include "plan/clause.h"

#include "base/str.h"

#include <string.h>

enum { SUSTAINED_MS = 5 * 60 * 1000 };

static const char *words_of(struct wb_plan_reader *r, const struct wb_phrase *p,
                            const struct wb_capture *c) {
    if (!c->taken)
        return NULL;
    if (c->j == c->i + 1 && p->tokens[c->i].kind == WB_TOKEN_CODE)
        return p->tokens[c->i].text;
    return wb_phrase_slice(r, p, c->i, c->j);
}

/* "data lead and product lead", "email, name and id": each a name. */
bool wb_clause_parts_names(const struct wb_token *t) {
    return wb_token_mark(t, ',') || wb_token_mark(t, '+') || wb_token_mark(t, '&') ||
           wb_token_is(t, "and");
}

/* "columns", "match": what stands behind the names of columns. */
static bool behind_names(const struct wb_token *t) {
    static const char *const words[] = {"columns", "column",    "match", "matches",
                                        "agree",   "identical", "must",  "shall",
                                        "should",  "are",       "be"};
    return WB_TOKEN_AMONG(t, words);
}

/* The end of the name at from; "Kari (DBA, on call)" is one. */
static size_t name_end(const struct wb_phrase *p, size_t from, size_t j) {
    int depth = 0;
    size_t end = from;
    for (; end < j && (depth > 0 || !wb_clause_parts_names(&p->tokens[end])); end++)
        depth += wb_token_mark(&p->tokens[end], '(') - wb_token_mark(&p->tokens[end], ')');
    return end;
}

void wb_clause_add_names(struct wb_plan_reader *r, const struct wb_phrase *p, size_t i, size_t j,
                         struct wb_plan_words *to) {
    for (size_t from = i; from < j;) {
        size_t end = name_end(p, from, j);
        size_t stop = end;
        while (stop > from + 1 && behind_names(&p->tokens[stop - 1]))
            stop--;
        if (from < stop && (wb_token_is(&p->tokens[from], "the")))
            from++;
        struct wb_capture c = {.taken = true, .i = from, .j = stop};
        if (from < stop)
            *WB_PUSH(r->a, to->items, to->n, to->cap) = words_of(r, p, &c);
        from = end + 1;
    }
}

static void set_expect(const struct wb_capture *c, struct wb_plan_expect *ret) {
    *ret = (struct wb_plan_expect){.given = true, .no_rows = c->none, .value = c->value};
}

static void set_zero(struct wb_plan_reader *r, const struct wb_phrase *p, const struct wb_match *m,
                     struct wb_plan_clause *c) {
    if (m->slots[WB_SLOT_ZERO].taken)
        c->metric = wb_metric_named(r, words_of(r, p, &m->slots[WB_SLOT_ZERO]));
}

static const char *named(struct wb_plan_reader *r, const struct wb_phrase *p,
                         const struct wb_match *m) {
    static const enum wb_slot slots[] = {WB_SLOT_METRIC, WB_SLOT_KNOWN, WB_SLOT_THING};
    for (size_t i = 0; i < 3; i++)
        if (m->slots[slots[i]].taken)
            return words_of(r, p, &m->slots[slots[i]]);
    return "";
}

static struct wb_plan_value above_baseline(struct wb_decimal ratio) {
    int64_t one = 1;
    for (unsigned i = 0; i < ratio.scale; i++)
        one *= 10;
    ratio.digits += one;
    return (struct wb_plan_value){.unit = WB_UNIT_BASELINE, .number = ratio};
}

static void build_compare(struct wb_plan_reader *r, const struct wb_phrase *p,
                          const struct wb_match *m, struct wb_plan_clause *c) {
    const struct wb_capture *s = m->slots;
    c->metric = wb_metric_named(r, named(r, p, m));
    c->cmp = s[WB_SLOT_CMP].taken ? s[WB_SLOT_CMP].cmp : WB_CMP_EQ; /* "no divergences": = 0 */
    c->value = s[WB_SLOT_VALUE].value;
    if (s[WB_SLOT_N].taken)
        c->value = s[WB_SLOT_N].value;
    if (s[WB_SLOT_PCT].taken) { /* "20% above baseline" */
        c->value = above_baseline(s[WB_SLOT_PCT].value.number);
        c->cmp = s[WB_SLOT_CMP].taken ? s[WB_SLOT_CMP].cmp : WB_CMP_GT;
    }
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
        set_expect(&s[WB_SLOT_EXPECT], &c->expect);
        break;
    case WB_CLAUSE_BLOCK:
        set_expect(&s[WB_SLOT_EXPECT], &c->expect);
        break;
    case WB_CLAUSE_COMPARE:
    case WB_CLAUSE_ALERT:
        build_compare(r, p, m, c);
        break;
    case WB_CLAUSE_WITHIN:
        c->value = s[WB_SLOT_PCT].value;
        c->metric = wb_metric_named(r, named(r, p, m));
        break;
    case WB_CLAUSE_UNCHANGED:
        c->metric = wb_metric_named(r, named(r, p, m));
        break;
    case WB_CLAUSE_EXCEEDS_GATE:
        c->thing = words_of(r, p, &s[WB_SLOT_NAMES]);
        break;
    case WB_CLAUSE_DETECTED:
        c->metric = wb_metric_named(r, named(r, p, m));
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
            wb_clause_add_names(r, p, s[WB_SLOT_NAMES].i, s[WB_SLOT_NAMES].j, &c->names);
        break;
    case WB_CLAUSE_SAMPLE:
        c->rows = (uint64_t)s[WB_SLOT_N].value.number.digits;
        break;
    case WB_CLAUSE_NOT_WRITTEN: {
        const struct wb_token *t = &p->tokens[s[WB_SLOT_SIDE].i];
        c->thing = words_of(r, p, &s[WB_SLOT_SIDE]);
        c->side = t->kind == WB_TOKEN_CODE ? WB_PLAN_SIDE_NONE : wb_side_named(r, t->text);
        c->for_ms = s[WB_SLOT_FOR].taken ? s[WB_SLOT_FOR].value.ms : SUSTAINED_MS;
        break;
    }
    case WB_CLAUSE_NO_QUERIES:
        c->thing = words_of(r, p, &s[WB_SLOT_TABLE]);
        c->for_ms = s[WB_SLOT_FOR].taken ? s[WB_SLOT_FOR].value.ms : SUSTAINED_MS;
        break;
    default:
        break;
    }
}

/* --- which forms of a phrase are tried
 * ----------------------------------------------------------- */

bool wb_clause_is_sql(const struct wb_token *t) {
    static const char *const first[] = {"select ", "with ", "values",
                                        "table ",  "show ", "select\n"};
    for (size_t i = 0; t->kind == WB_TOKEN_CODE && i < sizeof first / sizeof *first; i++)
        if (wb_str_istarts(t->text, first[i]))
            return true;
    return false;
}

/* What a pattern cannot say: that code is SQL, that a share is the whole, which way a comparison
 * points. */
static bool means(const struct wb_phrase *p, const struct wb_match *m) {
    const struct wb_capture *s = m->slots;
    struct wb_decimal one = {.digits = 1};
    enum wb_plan_cmp cmp = s[WB_SLOT_CMP].cmp;
    bool whole = !s[WB_SLOT_PCT].taken || wb_decimal_compare(s[WB_SLOT_PCT].value.number, one) == 0;
    switch ((enum wb_clause_kind)m->pattern->kind) {
    case WB_CLAUSE_SQL:
        return wb_clause_is_sql(&p->tokens[s[WB_SLOT_CODE].i]);
    case WB_CLAUSE_PARITY:
    case WB_CLAUSE_COMPLETE:
        return whole;
    case WB_CLAUSE_RUNNING:
        return !s[WB_SLOT_CMP].taken || cmp == WB_CMP_GT || cmp == WB_CMP_GE;
    case WB_CLAUSE_VERIFIED:
        return !s[WB_SLOT_CMP].taken || cmp == WB_CMP_LT || cmp == WB_CMP_LE;
    default:
        return true;
    }
}

/* Without its parentheses: "error rate < 0.1% (for 5 minutes)". */
static struct wb_phrase flat(struct wb_plan_reader *r, const struct wb_phrase *p) {
    struct wb_phrase to = {.tokens = wb_arena_alloc(r->a, (p->n + 1) * sizeof *p->tokens)};
    for (size_t i = 0; i < p->n; i++)
        if (!wb_token_mark(&p->tokens[i], '(') && !wb_token_mark(&p->tokens[i], ')'))
            to.tokens[to.n++] = p->tokens[i];
    return to;
}

/* Code that is a criterion: "`P99 < 22ms`". */
static struct wb_phrase in_code(struct wb_plan_reader *r, const struct wb_phrase *p) {
    struct wb_phrase to = {0};
    const struct wb_token *t = p->tokens;
    if (p->n == 1 && t->kind == WB_TOKEN_CODE && !wb_clause_is_sql(t))
        wb_phrase_read(r, t->inner, t->inner + strlen(t->text), &to);
    return to;
}

/* "Latency: P99 < 22 ms": what stands behind a colon. */
static struct wb_phrase behind_colon(const struct wb_phrase *p) {
    for (size_t i = 1; i + 1 < p->n && i < 6; i++)
        if (wb_token_mark(&p->tokens[i], ':'))
            return wb_phrase_part(p, i + 1, p->n);
    return (struct wb_phrase){0};
}

static bool try_form(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_phrase *ret,
                     struct wb_match *m) {
    if (!p->n || !wb_match_phrase(r, p, WB_USE_CRITERIA, WB_MATCH_EXACT, m) || !means(p, m))
        return false;
    *ret = *p;
    return true;
}

static bool try_forms(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_phrase *ret,
                      struct wb_match *m) {
    struct wb_phrase without = flat(r, p), cut = wb_phrase_bare(p);
    return try_form(r, p, ret, m) || (without.n < p->n && try_form(r, &without, ret, m)) ||
           (cut.n < p->n && try_form(r, &cut, ret, m));
}

bool wb_clause_match(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_phrase *ret,
                     struct wb_match *m) {
    if (p->n > 200)
        return false;
    struct wb_phrase rest = wb_phrase_without_lead(p), code = in_code(r, p);
    struct wb_phrase behind = behind_colon(p), led = wb_phrase_without_lead(&behind);
    return try_forms(r, p, ret, m) || (rest.n < p->n && try_forms(r, &rest, ret, m)) ||
           (code.n && try_forms(r, &code, ret, m)) || (behind.n && try_forms(r, &behind, ret, m)) ||
           (led.n < behind.n && try_forms(r, &led, ret, m));
}

void wb_clause_build(struct wb_plan_reader *r, const struct wb_phrase *p,
                     const struct wb_phrase *form, const struct wb_match *m,
                     struct wb_plan_clause *ret) {
    *ret = (struct wb_plan_clause){
        .place = wb_reader_place(r, p->tokens[0].from),
        .text = wb_phrase_slice(r, p, 0, p->n),
        .phase = -1,
    };
    build(r, form, m, ret);
}

bool wb_clause_understands(struct wb_plan_reader *r, const struct wb_phrase *p,
                           struct wb_plan_clause *ret) {
    struct wb_phrase form;
    struct wb_match m;
    if (!p->n || !wb_clause_match(r, p, &form, &m))
        return false;
    wb_clause_build(r, p, &form, &m, ret);
    return true;
}
