/* Steps: mostly prose for people, in which some phrases are bound: the backfill's pace, sign-offs,
 * checks, actions, the ramp, a grace period. */
#include "plan/reader.h"

#include "base/str.h"

#include <string.h>

/* "Back up `users`" is about a table: a person's. */
static void apply_backup(struct wb_plan_reader *r, const struct wb_phrase *p,
                         const struct wb_capture *side, struct wb_plan_step *s) {
    const struct wb_token *t = side->taken ? &p->tokens[side->i] : NULL;
    const struct wb_token *noun = t && side->j > side->i + 1 ? &p->tokens[side->i + 1] : NULL;
    bool whole = !t || (t->kind == WB_TOKEN_WORD &&
                        !(noun && (wb_token_is(noun, "table") || wb_token_is(noun, "tables"))));
    if (!whole || !r->plan->front.backup.value)
        return;
    s->builtin = WB_BUILTIN_BACKUP;
    s->side = t ? wb_side_named(r, t->text) : WB_PLAN_SIDE_NONE;
}

/* "To the new schema" is not to the new side. */
static bool into_target(const struct wb_plan_reader *r, const struct wb_phrase *p,
                        const struct wb_match *m) {
    const struct wb_token *side = &p->tokens[m->slots[WB_SLOT_SIDE].i];
    bool ends = m->end == p->n || p->tokens[m->end].kind != WB_TOKEN_WORD;
    return wb_token_is(side, "target") || (ends && !wb_plan_one_database(&r->plan->front) &&
                                           wb_side_named(r, side->text) == WB_PLAN_SIDE_TARGET);
}

static void apply(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_plan_step *s,
                  const struct wb_match *m) {
    const struct wb_capture *c = m->slots;
    switch ((enum wb_step_phrase)m->pattern->kind) {
    case WB_STEP_BATCHES:
        s->batch_rows = (uint64_t)c[WB_SLOT_N].value.number.digits;
        break;
    case WB_STEP_DELAY:
        s->delay_ms = c[WB_SLOT_DUR].value.ms;
        break;
    case WB_STEP_PAUSE_IF_LAG:
        s->pause_above_lag_ms = c[WB_SLOT_DUR].value.ms;
        break;
    case WB_STEP_BACKFILL:
        s->runs_backfill = true;
        break;
    case WB_STEP_CYCLES:
        s->grace_cycles = (unsigned)c[WB_SLOT_N].value.number.digits;
        break;
    case WB_STEP_GRACE:
        s->not_before_day = (unsigned)c[WB_SLOT_N].value.number.digits;
        break;
    case WB_STEP_COPY:
        if (into_target(r, p, m))
            s->builtin = WB_BUILTIN_COPY;
        break;
    case WB_STEP_SCHEMA: /* within one database it speaks of new tables */
        if (!wb_str_eq(r->plan->front.source.value, r->plan->front.target.value))
            s->builtin = WB_BUILTIN_SCHEMA;
        break;
    case WB_STEP_VERIFY:
        s->builtin = WB_BUILTIN_VERIFY;
        break;
    case WB_STEP_KINDS: /* not one */
        break;
    case WB_STEP_BACKUP:
        apply_backup(r, p, &c[WB_SLOT_SIDE], s);
        break;
    }
}

static void nearly(struct wb_plan_reader *r, const struct wb_phrase *p, const struct wb_match *m) {
    wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[m->slip_at].from),
                   wb_arena_printf(r->a, "did you mean: %s", m->suggestion),
                   "\"%s\" is nearly understood, but not quite",
                   wb_phrase_slice(r, p, m->begin, m->end));
}

/* "Run backfill script": a script of one's own is run by a person, or stands in a block. */
static bool own_script(const struct wb_phrase *p, const struct wb_match *m) {
    static const char *const nouns[] = {"script", "scripts", "job",    "jobs",
                                        "code",   "program", "worker", "workers"};
    for (size_t i = 0; m->end < p->n && i < sizeof nouns / sizeof *nouns; i++)
        if (m->pattern->kind == WB_STEP_BACKFILL && wb_token_is(&p->tokens[m->end], nouns[i]))
            return true;
    return false;
}

/* "200 ms delay" alone is the backfill's pause only where the step speaks of batches. */
static bool of_batches(const struct wb_pattern *pattern, const struct wb_plan_step *s) {
    bool alone = pattern->kind == WB_STEP_DELAY && !strstr(pattern->text, "batch");
    return !alone || (s->delay_ms == 0 && (s->runs_backfill || s->batch_rows));
}

/* A slip of the pen in the first pattern of its kind, where no pattern of that kind fits. */
static bool find_slips(struct wb_plan_reader *r, const struct wb_phrase *p, const bool *found) {
    bool any = false;
    for (size_t i = 0; i < wb_n_patterns; i++) {
        struct wb_match m;
        int kind = wb_patterns[i].kind;
        bool first = kind == WB_STEP_BATCHES || i == 0 || wb_patterns[i - 1].use != WB_USE_STEP ||
                     wb_patterns[i - 1].kind != kind;
        if (wb_patterns[i].use != WB_USE_STEP || !first || found[kind] ||
            kind == WB_STEP_BACKFILL || kind >= WB_STEP_COPY ||
            !wb_match_within(r, p, 0, &wb_patterns[i], WB_MATCH_NEARLY, &m))
            continue;
        nearly(r, p, &m);
        any = true;
    }
    return any;
}

/* "Copy …", "we will now copy …", "…, then copy …": what whimbrel does of itself is said at the
 * beginning of a part; "we do not copy …" and "test that we can …" say something else. */
static bool is_said(const struct wb_phrase *p, const struct wb_match *m) {
    static const char *const leads[] = {"we",     "will", "now",   "then",    "next",
                                        "first",  "and",  "must",  "should",  "shall",
                                        "please", "also", "again", "finally", "the"};
    for (size_t i = m->begin; i-- > 0;) {
        const struct wb_token *t = &p->tokens[i];
        if (t->kind == WB_TOKEN_MARK || t->kind == WB_TOKEN_DASH || wb_token_is(t, "then") ||
            wb_token_is(t, "and"))
            return true;
        if (!WB_TOKEN_AMONG(t, leads))
            return false;
    }
    return true;
}

static void judge_two(struct wb_plan_reader *r, const struct wb_phrase *p,
                      enum wb_plan_builtin before, const struct wb_plan_step *s) {
    if (before != WB_BUILTIN_NONE && before != s->builtin)
        wb_reader_find(r, WB_PLAN_STRUCTURE, wb_reader_place(r, p->tokens[0].from),
                       "write a step for each", "\"%s\" is two steps in one",
                       wb_phrase_slice(r, p, 0, p->n));
}

/* Phrases that may stand anywhere in a step; true where one was found or nearly found. */
static bool find_phrases(struct wb_plan_reader *r, const struct wb_phrase *p,
                         struct wb_plan_step *s) {
    bool found[WB_STEP_KINDS] = {0}, any = false;
    for (int pass = 0; pass < 2; pass++) /* what is said of batches may stand before them */
        for (size_t i = 0; i < wb_n_patterns; i++) {
            struct wb_match m;
            int kind = wb_patterns[i].kind;
            if (wb_patterns[i].use != WB_USE_STEP || found[kind] ||
                !of_batches(&wb_patterns[i], s) ||
                !wb_match_within(r, p, 0, &wb_patterns[i], WB_MATCH_EXACT, &m) ||
                own_script(p, &m) || (kind >= WB_STEP_COPY && !is_said(p, &m)))
                continue;
            enum wb_plan_builtin before = s->builtin;
            apply(r, p, s, &m);
            judge_two(r, p, before, s);
            any = found[kind] = true;
        }
    return find_slips(r, p, found) || any;
}

/* "Notify customers" and "Revert" are a person's steps; of a trigger they are a page and the way
 * back. */
static bool binds(enum wb_plan_act kind) {
    return kind != WB_ACT_MANUAL && kind != WB_ACT_NONE && kind != WB_ACT_PAGE &&
           kind != WB_ACT_ROLL_BACK;
}

/* "Verify that row counts match, then set the flag": what acts would be lost among the checks. */
static void judge_act(struct wb_plan_reader *r, const struct wb_phrase *p) {
    static const char *const parts[] = {"then", "and"};
    for (size_t i = 0; i < p->n; i++) {
        const struct wb_token *t = &p->tokens[i];
        if (i && !WB_TOKEN_AMONG(t, parts) && t[-1].kind != WB_TOKEN_MARK)
            continue;
        size_t from = i + (size_t)WB_TOKEN_AMONG(t, parts), end = from;
        while (end < p->n && p->tokens[end].kind != WB_TOKEN_MARK)
            end++;
        struct wb_phrase part = wb_phrase_part(p, from, end);
        struct wb_match m;
        if (!part.n || !wb_match_phrase(r, &part, WB_USE_ACTION, WB_MATCH_EXACT, &m) ||
            m.pattern->kind == WB_ACT_RUN_BLOCK || !binds((enum wb_plan_act)m.pattern->kind))
            continue;
        wb_reader_find(r, WB_PLAN_STRUCTURE, wb_reader_place(r, part.tokens[0].from),
                       "write a step for the check, and one for what is done then",
                       "\"%s\" checks and acts", wb_phrase_slice(r, p, 0, p->n));
        return;
    }
}

/* Checks and sign-offs: taken only where at least one part is understood, then all of them. */
static bool find_clauses(struct wb_plan_reader *r, const struct wb_phrase *p,
                         struct wb_plan_step *s) {
    struct wb_clauses all = {0};
    size_t findings = r->plan->n_findings, understood = 0;
    wb_clauses_read(r, p, WB_AT_STEP, &all, NULL);
    for (size_t i = 0; i < all.n; i++)
        understood += all.items[i].kind != WB_CLAUSE_MANUAL;
    if (!understood)
        return r->plan->n_findings > findings;
    s->clauses = all.items;
    s->n_clauses = all.n;
    s->cap_clauses = all.cap;
    judge_act(r, p);
    return true;
}

/* "Set the flag to 5%, wait an hour, set it to 10%": nobody would wait. */
static void judge_mixed(struct wb_plan_reader *r, const struct wb_phrase *p,
                        const struct wb_plan_step *s) {
    for (size_t i = 0; i < s->n_actions; i++) {
        if (binds(s->actions[i].kind))
            continue;
        wb_reader_find(r, WB_PLAN_STRUCTURE, s->actions[i].place,
                       "write a step for each; a remark stands behind a dash or in parentheses",
                       "\"%s\" is done in part by whimbrel, and in part by a person who would not "
                       "be waited for",
                       wb_phrase_slice(r, p, 0, p->n));
        return;
    }
}

static bool find_actions(struct wb_plan_reader *r, const struct wb_phrase *p,
                         struct wb_plan_step *s) {
    struct wb_actions all = {0};
    size_t findings = r->plan->n_findings, understood = 0;
    wb_actions_read(r, p, &all);
    for (size_t i = 0; i < all.n; i++)
        understood += binds(all.items[i].kind);
    if (!understood)
        return r->plan->n_findings > findings;
    s->actions = all.items;
    s->n_actions = all.n;
    s->cap_actions = all.cap;
    return true;
}

/* "Set migration stage to complete" says nothing about a thing that is complete. */
static bool sets_stage(const struct wb_plan_reader *r, const struct wb_phrase *p) {
    struct wb_match m;
    return wb_match_phrase(r, p, WB_USE_ACTION, WB_MATCH_EXACT, &m) &&
           m.pattern->kind == WB_ACT_SET_STAGE;
}

/* "If anything looks wrong, set the flag to false": a step is done in any case. */
static void judge_condition(struct wb_plan_reader *r, const struct wb_phrase *p,
                            struct wb_plan_step *s) {
    static const char *const words[] = {"if", "unless", "otherwise", "should", "else"};
    bool in_case =
        p->n > 1 && wb_token_is(&p->tokens[0], "in") && wb_token_is(&p->tokens[1], "case");
    if (!(in_case || WB_TOKEN_AMONG(&p->tokens[0], words)) ||
        !(s->builtin || s->n_clauses || s->n_actions))
        return;
    wb_reader_find(r, WB_PLAN_STRUCTURE, s->place,
                   "write it as **Rollback trigger**: error rate > 1%. Action: set `flag` to false",
                   "a step is done in any case: what depends on something is a trigger");
    s->builtin = WB_BUILTIN_NONE;
    s->n_clauses = s->n_actions = 0;
}

/* "… tonight at 02:00" */
static void judge_hour(struct wb_plan_reader *r, const struct wb_phrase *p,
                       const struct wb_plan_step *s) {
    for (size_t i = 0; (s->builtin || s->n_actions) && i + 2 < p->n; i++) {
        const struct wb_token *t = &p->tokens[i];
        if (t->kind != WB_TOKEN_NUMBER || !wb_token_mark(t + 1, ':') ||
            t[2].kind != WB_TOKEN_NUMBER || t[1].after_space || t[2].after_space)
            continue;
        wb_reader_find(r, WB_PLAN_ADVICE, wb_reader_place(r, t->from),
                       "let a person begin it: a step before it such as \"Wait until 02:00\"",
                       "no hour is waited for: the step is done when the one before it is");
        r->plan->findings[r->plan->n_findings - 1].severity = WB_WARNING;
        return;
    }
}

/* Without the sentence's end. */
static struct wb_phrase sentence(const struct wb_phrase *p) {
    size_t n = p->n;
    while (n > 1 && wb_token_mark(&p->tokens[n - 1], '.'))
        n--;
    return wb_phrase_part(p, 0, n);
}

void wb_step_read(struct wb_plan_reader *r, const struct wb_phrase *all, struct wb_plan_step *ret) {
    struct wb_phrase bare = sentence(all), *p = &bare;
    struct wb_plan_step s = {
        .place = wb_reader_place(r, p->tokens[0].from),
        .text = wb_phrase_slice(r, all, 0, all->n),
        .danger = wb_phrase_danger(p),
    };
    bool grace_only = s.danger != WB_HARMLESS;
    bool found = find_phrases(r, p, &s);
    found |= wb_phrase_malformed(r, p);
    if (!found && (sets_stage(r, p) || !find_clauses(r, p, &s)))
        find_actions(r, p, &s);
    judge_condition(r, p, &s);
    judge_mixed(r, p, &s);
    judge_hour(r, p, &s);
    bool bound =
        s.builtin || s.n_clauses || s.n_actions; /* a pace alone: a person's, or a block's */
    s.reading = bound && !grace_only ? WB_READING_AUTO : WB_READING_MANUAL;
    *ret = s;
}
