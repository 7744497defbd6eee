/* Criteria, checks, triggers and gates: text to clauses.
 *
 * The text is parted at commas, semicolons, " + " and sentence ends, never inside parentheses, code
 * or numbers. Each part is matched with the grammar. What fits nothing is prose for people; what
 * nearly fits, or holds a comparison that is not understood, is an error. */
#include "plan/clause.h"

#include "base/str.h"

#include <string.h>

enum { MAX_HALVES = 60 };

struct part {
    struct wb_phrase p;
    const struct wb_token *joined; /* the "and" or "or" that stands before it */
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
    const struct wb_token *joined = NULL;
    if (i && i < p->n && (wb_token_is(&p->tokens[i], "or") || wb_token_is(&p->tokens[i], "and")))
        joined = &p->tokens[i++];
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
    *ret = (struct part){.p = wb_phrase_part(p, i, stop), .joined = joined};
    return i < p->n;
}

size_t wb_phrase_range(const struct wb_phrase *p) {
    for (size_t i = 1; i + 1 < p->n; i++) {
        const struct wb_token *t = &p->tokens[i];
        bool number = t[-1].kind == WB_TOKEN_NUMBER || t[-1].kind == WB_TOKEN_PERCENT;
        bool tight = !t->after_space && !t[1].after_space;
        bool shares =
            t[-1].kind == WB_TOKEN_PERCENT && i + 2 < p->n && t[2].kind == WB_TOKEN_PERCENT;
        if (t->kind == WB_TOKEN_DASH && number && t[1].kind == WB_TOKEN_NUMBER && (tight || shares))
            return i;
    }
    return p->n;
}

/* "(5 min)" says how long, but not what of: no comment. */
static bool says_time(const struct wb_phrase *p, size_t open, size_t close) {
    struct wb_plan_value v;
    size_t n = wb_value_at(p, open + 1, &v, NULL);
    return n && v.unit == WB_UNIT_MS && open + 1 + n == close;
}

struct wb_phrase wb_phrase_bare(const struct wb_phrase *p) {
    size_t n = p->n, range = wb_phrase_range(p);
    for (size_t i = 1; i < n; i++)
        if (p->tokens[i].kind == WB_TOKEN_DASH && i != range)
            n = i;
    if (n > 1 && wb_token_mark(&p->tokens[n - 1], ')')) {
        size_t open = n - 1;
        while (open > 0 && !wb_token_mark(&p->tokens[open], '('))
            open--;
        n = open && !says_time(p, open, n - 1) ? open : n;
    }
    return wb_phrase_part(p, 0, n);
}

struct wb_phrase wb_phrase_without_lead(const struct wb_phrase *p) {
    static const char *const leads[] = {
        "confirm", "verify",   "check",   "ensure",  "validate", "that", "all",   "if",
        "when",    "whenever", "once",    "only",    "make",     "sure", "wait",  "until",
        "get",     "obtain",   "collect", "require", "requires", "need", "needs", "the",
        "as",      "soon",     "should",  "in",      "case"};
    size_t from = 0;
    for (bool more = true; more && from + 1 < p->n;) {
        more = false;
        for (size_t i = 0; !more && i < sizeof leads / sizeof *leads; i++)
            more = wb_token_is(&p->tokens[from], leads[i]);
        from += more;
    }
    return wb_phrase_part(p, from, p->n);
}

/* --- putting together
 * -------------------------------------------------------------------------------- */

static bool only_names(const struct wb_phrase *p) {
    const struct wb_token *last = &p->tokens[p->n - 1];
    bool codes = true;
    for (size_t i = 0; i < p->n; i++)
        codes &= p->tokens[i].kind == WB_TOKEN_CODE || wb_token_is(&p->tokens[i], "and");
    return codes || p->n == 1 || wb_token_is(last, "columns") || wb_token_is(last, "column") ||
           wb_token_is(last, "match") || wb_token_is(last, "agree");
}

/* "for 10 minutes" from token i to the end; 0 where it is something else. */
static int64_t lasts(const struct wb_phrase *p, size_t i) {
    struct wb_plan_value v;
    bool says = i < p->n && wb_token_is(&p->tokens[i], "for");
    size_t n = says ? wb_value_at(p, i + 1, &v, NULL) : 0;
    return n && i + 1 + n == p->n && v.unit == WB_UNIT_MS ? v.ms : 0;
}

/* "No queries hit `users`, `orders` or `items` for 10 minutes": a clause for each. */
static bool joins_tables(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_clauses *to,
                         size_t first) {
    static const char *const parts[] = {"and", "or", "nor"};
    struct wb_plan_clause last = to->items[to->n - 1];
    size_t n = 0;
    while (n < p->n && (p->tokens[n].kind == WB_TOKEN_CODE || WB_TOKEN_AMONG(&p->tokens[n], parts)))
        n++;
    int64_t for_ms = lasts(p, n);
    if (last.kind != WB_CLAUSE_NO_QUERIES || (n < p->n && !for_ms))
        return false;
    for (size_t i = 0; i < n; i++)
        if (p->tokens[i].kind == WB_TOKEN_CODE) {
            last.thing = last.text = p->tokens[i].text;
            last.place = wb_reader_place(r, p->tokens[i].from);
            *WB_PUSH(r->a, to->items, to->n, to->cap) = last;
        }
    for (size_t i = to->n; for_ms && i-- > first && to->items[i].kind == WB_CLAUSE_NO_QUERIES;)
        to->items[i].for_ms = for_ms;
    return true;
}

/* A part that goes on with the list of names that the clause before began. */
static bool joins(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_clauses *to,
                  size_t first) {
    if (to->n == first || p->n == 0 || p->n > 8)
        return false;
    struct wb_plan_clause *last = &to->items[to->n - 1];
    struct wb_phrase form;
    struct wb_match m;
    if (joins_tables(r, p, to, first))
        return true;
    bool columns = last->kind == WB_CLAUSE_CHECKSUM && last->names.n && only_names(p);
    bool roles = last->kind == WB_CLAUSE_SIGN_OFF && wb_clause_begins_with_role(p);
    if (!(roles || columns) || wb_clause_match(r, p, &form, &m))
        return false;
    if (roles)
        wb_clause_judge_roles(r, p, 0, p->n);
    wb_clause_add_names(r, p, 0, p->n, &last->names);
    last->text = wb_arena_printf(r->a, "%s, %s", last->text, wb_phrase_slice(r, p, 0, p->n));
    return true;
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

/* --- several in one part
 * --------------------------------------------------------------------------- */

struct reading {
    struct wb_plan_reader *r;
    enum wb_clause_place at;
    struct wb_clauses *to;
    struct wb_actions *actions; /* of a trigger */
    /* The part before, where all of it is one clause: what follows a comma may belong to it. */
    struct wb_phrase last;
    /* Names without a predicate so far: "P50, P95 and P99 below 20 ms". */
    struct wb_phrase waiting[8];
    size_t n_waiting;
    struct wb_phrase predicate; /* of the clause that was added last */
};

static void add(struct reading *x, const struct wb_plan_clause *c) {
    *WB_PUSH(x->r->a, x->to->items, x->to->n, x->to->cap) = *c;
}

static struct wb_phrase joined(struct wb_plan_reader *r, const struct wb_phrase *a,
                               const struct wb_phrase *b) {
    struct wb_phrase p = {.tokens = wb_arena_alloc(r->a, (a->n + b->n + 1) * sizeof *a->tokens),
                          .n = a->n + b->n};
    memcpy(p.tokens, a->tokens, a->n * sizeof *a->tokens);
    memcpy(p.tokens + a->n, b->tokens, b->n * sizeof *b->tokens);
    return p;
}

/* What a clause says of the name that it begins with: "below 20 ms". */
static struct wb_phrase predicate_of(const struct wb_phrase *form, const struct wb_match *m) {
    static const enum wb_slot slots[] = {WB_SLOT_METRIC, WB_SLOT_THING, WB_SLOT_SIDE,
                                         WB_SLOT_NAMES};
    bool of_gate = m->pattern->kind == WB_CLAUSE_EXCEEDS_GATE;
    for (size_t i = 0; i < 3 + (size_t)of_gate; i++) {
        const struct wb_capture *c = &m->slots[slots[i]];
        if (c->taken && c->i == m->begin)
            return wb_phrase_part(form, c->j, form->n);
    }
    return (struct wb_phrase){0};
}

static void add_part(struct reading *x, const struct wb_phrase *p);

/* "CI green and backup verified within 7 days": what is green says all itself. */
static bool sensible(const struct wb_plan_clause *c) {
    return c->kind != WB_CLAUSE_VERIFIED || wb_str_istr(c->thing, "backup") ||
           wb_str_istr(c->thing, "restore") || wb_str_istr(c->thing, "snapshot");
}

/* The names that waited get the predicate of the clause that came; without one each is a part. */
static void settle(struct reading *x, const struct wb_phrase *predicate) {
    size_t n = x->n_waiting;
    x->n_waiting = 0;
    for (size_t i = 0; i < n; i++) {
        struct wb_plan_clause c;
        struct wb_phrase full =
            predicate ? joined(x->r, &x->waiting[i], predicate) : (struct wb_phrase){0};
        if (full.n && wb_clause_understands(x->r, &full, &c) && sensible(&c)) {
            c.text = wb_arena_printf(x->r->a, "%s %s",
                                     wb_phrase_slice(x->r, &x->waiting[i], 0, x->waiting[i].n),
                                     wb_phrase_slice(x->r, predicate, 0, predicate->n));
            add(x, &c);
        } else {
            wb_clause_explain(x->r, &x->waiting[i], x->at);
            c = (struct wb_plan_clause){
                .place = wb_reader_place(x->r, x->waiting[i].tokens[0].from),
                .text = wb_phrase_slice(x->r, &x->waiting[i], 0, x->waiting[i].n),
                .phase = -1,
            };
            add(x, &c);
        }
    }
}

static bool add_clause(struct reading *x, const struct wb_phrase *p) {
    struct wb_phrase form;
    struct wb_match m;
    struct wb_plan_clause c;
    if (!wb_clause_match(x->r, p, &form, &m))
        return false;
    wb_clause_build(x->r, p, &form, &m, &c);
    judge_columns(x->r, p, &c);
    if (c.kind == WB_CLAUSE_SIGN_OFF)
        wb_clause_judge_roles(x->r, &form, m.slots[WB_SLOT_NAMES].i, m.slots[WB_SLOT_NAMES].j);
    struct wb_phrase predicate = predicate_of(&form, &m);
    settle(x, predicate.n ? &predicate : NULL);
    add(x, &c);
    x->last = *p;
    return true;
}

/* "error rate < 0.1%, sustained": the part before goes on. */
static bool goes_on(struct reading *x, const struct wb_phrase *p) {
    struct wb_plan_clause c;
    struct wb_phrase form;
    struct wb_match m;
    if (!x->last.n || !x->to->n || p->n > 8)
        return false;
    struct wb_phrase both = joined(x->r, &x->last, p);
    struct wb_plan_clause *before = &x->to->items[x->to->n - 1];
    if (!wb_clause_match(x->r, &both, &form, &m) || m.pattern->kind != (int)before->kind ||
        before->kind == WB_CLAUSE_SIGN_OFF) /* what goes on with its names has joined them */
        return false;
    wb_clause_build(x->r, &both, &form, &m, &c);
    c.text = wb_arena_printf(x->r->a, "%s, %s", before->text, wb_phrase_slice(x->r, p, 0, p->n));
    *before = c;
    x->last = both;
    return true;
}

static bool joiner(const struct wb_token *t) {
    return wb_token_is(t, "and") || wb_token_is(t, "or") || wb_token_mark(t, '&') ||
           wb_token_mark(t, '/') || wb_token_is(t, "while");
}

static void judge_joiner(struct wb_plan_reader *r, const struct wb_token *t,
                         enum wb_clause_place at);

/* "row counts and checksums match", "P95 or P99 > 40 ms": one clause and what is joined to it. */
static bool halves(struct reading *x, const struct wb_phrase *p) {
    if (p->n > MAX_HALVES)
        return false; /* no sentence that people write */
    for (size_t i = 1; i + 1 < p->n; i++) {
        struct wb_phrase form;
        struct wb_match m;
        const struct wb_token *t = &p->tokens[i];
        if (!joiner(t))
            continue;
        struct wb_phrase before = wb_phrase_part(p, 0, i), behind = wb_phrase_part(p, i + 1, p->n);
        bool knows_left = wb_clause_match(x->r, &before, &form, &m);
        bool knows_right = wb_clause_match(x->r, &behind, &form, &m);
        bool name = before.n <= 4 && !knows_left;
        if (wb_token_mark(t, '/') && !(knows_right && (knows_left || name)))
            continue; /* "requests/s" */
        if (!knows_left && !(knows_right && (name || x->at != WB_AT_STEP)))
            continue;
        judge_joiner(x->r, t, x->at);
        if (name && x->n_waiting < 8)
            x->waiting[x->n_waiting++] = before;
        else
            add_part(x, &before);
        add_part(x, &behind);
        return true;
    }
    return false;
}

/* "Pause the backfill", "pause the backfill and page on-call". */
static bool begins_with_action(struct wb_plan_reader *r, const struct wb_phrase *p) {
    for (size_t i = 1; i + 1 < p->n; i++) {
        struct wb_phrase first = wb_phrase_part(p, 0, i);
        if (wb_token_is(&p->tokens[i], "and") && wb_action_understands(r, &first))
            return true;
    }
    return wb_action_understands(r, p);
}

/* "If the lag exceeds 30 s, pause the backfill"; "error rate > 1% -> flip the flag off". */
static bool acts(struct reading *x, const struct wb_phrase *p) {
    if (!x->actions)
        return false;
    bool then = p->n > 1 && x->to->n && wb_token_is(&p->tokens[0], "then");
    if (then || begins_with_action(x->r, p)) {
        wb_actions_read(x->r, p, x->actions);
        return true;
    }
    for (size_t i = 1; i + 1 < p->n; i++) {
        const struct wb_token *t = &p->tokens[i];
        if (t->kind != WB_TOKEN_DASH && t->kind != WB_TOKEN_ARROW && !wb_token_mark(t, ':'))
            continue;
        struct wb_phrase when = wb_phrase_part(p, 0, i), what = wb_phrase_part(p, i + 1, p->n);
        if (!wb_action_understands(x->r, &what) || wb_action_understands(x->r, &when))
            continue;
        add_part(x, &when);
        wb_actions_read(x->r, &what, x->actions);
        return true;
    }
    return false;
}

static void add_part(struct reading *x, const struct wb_phrase *p) {
    if (acts(x, p) || add_clause(x, p) || goes_on(x, p) || halves(x, p))
        return;
    wb_clause_explain(x->r, p, x->at);
    settle(x, NULL);
    struct wb_plan_clause c = {
        .place = wb_reader_place(x->r, p->tokens[0].from),
        .text = wb_phrase_slice(x->r, p, 0, p->n),
        .phase = -1,
    };
    add(x, &c);
    x->last = (struct wb_phrase){0};
}

static void judge_joiner(struct wb_plan_reader *r, const struct wb_token *t,
                         enum wb_clause_place at) {
    bool trigger = at == WB_AT_TRIGGER;
    bool both = wb_token_is(t, "and") || wb_token_is(t, "while");
    if (at == WB_AT_STEP || !(trigger ? both : wb_token_is(t, "or")))
        return;
    wb_reader_find(r, WB_PLAN_ADVICE, wb_reader_place(r, t->from),
                   trigger ? "write \", or\"; what must hold together is one metric"
                           : "write \", and\"; what is enough alone is one metric",
                   trigger ? "each clause of a trigger fires alone: \"and\" is read as \"or\""
                           : "all clauses must hold: \"or\" is read as \"and\"");
    r->plan->findings[r->plan->n_findings - 1].severity = WB_WARNING;
}

/* A name alone waits for the predicate of what follows: "P50, P95 and P99 below 20 ms". */
static bool waits(struct reading *x, const struct wb_phrase *p, bool more) {
    if (!more || x->n_waiting == 8 || !wb_metric_known(x->r, wb_phrase_slice(x->r, p, 0, p->n)))
        return false;
    x->waiting[x->n_waiting++] = *p;
    return true;
}

void wb_clauses_read(struct wb_plan_reader *r, const struct wb_phrase *p, enum wb_clause_place at,
                     struct wb_clauses *to, struct wb_actions *of_trigger) {
    struct reading x = {.r = r, .at = at, .to = to, .actions = of_trigger};
    struct part part;
    size_t first = to->n;
    for (size_t i = 0; next_part(p, &i, &part);) {
        if (!part.p.n || joins(r, &part.p, to, first) || waits(&x, &part.p, i < p->n))
            continue;
        if (part.joined)
            judge_joiner(r, part.joined, at);
        add_part(&x, &part.p);
    }
    settle(&x, NULL);
}
