/* What is done when a trigger fires or a phase is undone. Prose binds only to what is safe;
 * whatever destroys or deploys is a named block, or a person does it. */
#include "plan/reader.h"

#include "base/str.h"

#include <string.h>

static const char *const destroying[] = {"drop", "delete", "truncate", "destroy",     "purge",
                                         "wipe", "erase",  "shutdown", "decommission"};
static const char *const deploying[] = {"deploy",  "redeploy", "revert",  "release", "remove",
                                        "restore", "restart",  "upgrade", "install"};
static const char *const data_words[] = {"table", "tables", "data",  "database",
                                         "rows",  "column", "index", "cluster"};

/* The first word of a part of a sentence says what is done. */
static bool begins_part(const struct wb_phrase *p, size_t i) {
    if (i == 0)
        return true;
    static const char *const adverbs[] = {"carefully", "now",    "will",   "finally",
                                          "manually",  "must",   "to",     "we",
                                          "can",       "should", "safely", "then"};
    const struct wb_token *t = &p->tokens[i - 1];
    if (WB_TOKEN_AMONG(t, adverbs))
        return true;
    return t->kind == WB_TOKEN_MARK || t->kind == WB_TOKEN_DASH || wb_token_is(t, "and") ||
           wb_token_is(t, "then") || wb_token_is(t, "or");
}

enum wb_plan_danger wb_phrase_danger(const struct wb_phrase *p) {
    enum wb_plan_danger worst = WB_HARMLESS;
    bool data = false;
    for (size_t i = 0; i < p->n; i++)
        data |= WB_TOKEN_AMONG(&p->tokens[i], data_words);
    for (size_t i = 0; i < p->n; i++) {
        const struct wb_token *t = &p->tokens[i];
        if (t->kind == WB_TOKEN_CODE &&
            (wb_str_istarts(t->text, "drop ") || wb_str_istarts(t->text, "truncate ") ||
             wb_str_istarts(t->text, "delete from ")))
            return WB_DESTROYS;
        bool down =
            i + 1 < p->n && wb_token_is(t, "shut") && wb_token_is(&p->tokens[i + 1], "down");
        if (!begins_part(p, i))
            continue;
        if (WB_TOKEN_AMONG(t, destroying) || down || (data && wb_token_is(t, "remove")))
            return WB_DESTROYS;
        if (WB_TOKEN_AMONG(t, deploying))
            worst = WB_DEPLOYS;
    }
    return worst;
}

static enum wb_plan_side side_of(const struct wb_plan_reader *r, const struct wb_phrase *p,
                                 const struct wb_capture *c) {
    return c->taken && p->tokens[c->i].kind == WB_TOKEN_WORD
               ? wb_side_named(r, p->tokens[c->i].text)
               : WB_PLAN_SIDE_NONE;
}

static void build(struct wb_plan_reader *r, const struct wb_phrase *p, const struct wb_match *m,
                  struct wb_plan_action *c) {
    const struct wb_capture *s = m->slots;
    struct wb_decimal one = {.digits = 1};
    c->kind = (enum wb_plan_act)m->pattern->kind;
    c->side = side_of(r, p, &s[WB_SLOT_SIDE]);
    if (s[WB_SLOT_FLAG].taken) {
        const struct wb_token *t = &p->tokens[s[WB_SLOT_FLAG].i];
        c->flag = t->kind == WB_TOKEN_CODE ? t->text : wb_reader_slice(r, t->from, t->to);
    }
    if (s[WB_SLOT_BOOL].taken)
        c->percent = s[WB_SLOT_BOOL].value.number;
    else if (c->kind == WB_ACT_SET_FLAG) /* "enable feature flag"; disable leaves 0 */
        c->percent = wb_token_is(&p->tokens[m->begin], "enable") ? one : (struct wb_decimal){0};
    if (c->kind == WB_ACT_SET_STAGE) /* the pattern's last word */
        c->stage = p->tokens[p->n - 1].text;
    if (c->kind == WB_ACT_ROUTE_READS)
        c->percent = s[WB_SLOT_PCT].taken ? s[WB_SLOT_PCT].value.number : one;
    if (c->kind == WB_ACT_BATCH_SIZE)
        c->rows = (uint64_t)s[WB_SLOT_N].value.number.digits;
    if (c->kind == WB_ACT_RUN_BLOCK) /* bind.c finds the block */
        c->text = p->tokens[s[WB_SLOT_CODE].i].text;
}

static void nearly(struct wb_plan_reader *r, const struct wb_phrase *p, const struct wb_match *m) {
    size_t at = m->slip_at < p->n ? m->slip_at : p->n - 1;
    wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[at].from),
                   wb_arena_printf(r->a, "did you mean: %s", m->suggestion),
                   "\"%s\" is nearly understood, but not quite", wb_phrase_slice(r, p, 0, p->n));
}

/* "Flip the feature flag": to what? */
static bool flag_without_value(struct wb_plan_reader *r, const struct wb_phrase *p) {
    static const char *const verbs[] = {"set", "flip", "switch", "turn", "toggle"};
    bool flag = false;
    for (size_t i = 1; i < p->n && i < 4; i++)
        flag |= wb_token_is(&p->tokens[i], "flag");
    if (!flag || !WB_TOKEN_AMONG(&p->tokens[0], verbs))
        return false;
    wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[0].from),
                   "write it as: set feature flag `name` to false",
                   "\"%s\" does not say to what value", wb_phrase_slice(r, p, 0, p->n));
    return true;
}

/* "Move the migration stage back": to which? */
static bool stage_without_name(struct wb_plan_reader *r, const struct wb_phrase *p) {
    bool stage = false;
    for (size_t i = 1; i + 1 < p->n && i < 4; i++)
        stage |= wb_token_is(&p->tokens[i], "migration") && wb_token_is(&p->tokens[i + 1], "stage");
    if (stage)
        wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[0].from),
                       "write it as: set migration stage to off; the stages are off, dualwrite, "
                       "shadow, live, rampdown and complete",
                       "\"%s\" does not name a stage", wb_phrase_slice(r, p, 0, p->n));
    return stage;
}

/* "First", "then", "immediately": words before what is done. */
static struct wb_phrase without_lead(const struct wb_phrase *p) {
    static const char *const leads[] = {"first",  "then", "next", "finally", "immediately",
                                        "please", "also", "must", "should",  "and",
                                        "now",    "to",   "we",   "will",    "automatically"};
    size_t from = 0;
    while (from + 1 < p->n && WB_TOKEN_AMONG(&p->tokens[from], leads))
        from++;
    return wb_phrase_part(p, from, p->n);
}

/* "Rollback: flip the flag off" */
static struct wb_phrase behind_colon(const struct wb_phrase *p) {
    for (size_t i = 1; i + 1 < p->n && i < 4; i++)
        if (wb_token_mark(&p->tokens[i], ':'))
            return wb_phrase_part(p, i + 1, p->n);
    return (struct wb_phrase){0};
}

static bool match(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_phrase *ret_form,
                  struct wb_match *m) {
    struct wb_phrase cut = wb_phrase_bare(p), rest = without_lead(p), both = without_lead(&cut);
    struct wb_phrase behind = behind_colon(&cut);
    struct wb_phrase forms[] = {*p, cut, rest, both, behind};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].n && wb_match_phrase(r, &forms[i], WB_USE_ACTION, WB_MATCH_EXACT, m)) {
            *ret_form = forms[i];
            return true;
        }
    return false;
}

bool wb_action_understands(struct wb_plan_reader *r, const struct wb_phrase *p) {
    struct wb_phrase form;
    struct wb_match m;
    return match(r, p, &form, &m);
}

/* "disable `use_new`" means a flag only where the plan calls that its flag: the code might name a
 * table. */
static bool is_flag(const struct wb_plan_reader *r, const struct wb_phrase *p) {
    const char *flag = r->plan->front.flag.value;
    bool verb = p->n == 2 &&
                (wb_token_is(&p->tokens[0], "disable") || wb_token_is(&p->tokens[0], "enable"));
    return verb && flag && p->tokens[1].kind == WB_TOKEN_CODE &&
           strcmp(p->tokens[1].text, flag) == 0;
}

static void explain(struct wb_plan_reader *r, const struct wb_phrase *p) {
    struct wb_match m;
    struct wb_phrase cut = wb_phrase_bare(p), rest = without_lead(&cut);
    if (wb_match_phrase(r, &rest, WB_USE_ACTION, WB_MATCH_NEARLY, &m))
        nearly(r, &rest, &m);
    else if (!wb_phrase_malformed(r, p) && !flag_without_value(r, p))
        stage_without_name(r, p);
}

static void add_part(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_actions *to);

/* "Pause the backfill and page on-call": two, where one of them is understood. */
static bool halves(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_actions *to) {
    for (size_t i = 1; i + 1 < p->n && p->n <= 60; i++) {
        const struct wb_token *t = &p->tokens[i];
        struct wb_phrase left = wb_phrase_part(p, 0, i), right = wb_phrase_part(p, i + 1, p->n);
        bool joins = wb_token_is(t, "and") || wb_token_is(t, "then") || wb_token_mark(t, '&');
        if (!joins || !(wb_action_understands(r, &left) || wb_action_understands(r, &right)))
            continue;
        add_part(r, &left, to);
        add_part(r, &right, to);
        return true;
    }
    return false;
}

static void add_part(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_actions *to) {
    struct wb_match m;
    struct wb_phrase form;
    struct wb_plan_action c = {
        .place = wb_reader_place(r, p->tokens[0].from),
        .text = wb_phrase_slice(r, p, 0, p->n),
        .reading = WB_READING_AUTO,
    };
    if (match(r, p, &form, &m)) {
        build(r, &form, &m, &c);
    } else if (is_flag(r, p)) {
        c.kind = WB_ACT_SET_FLAG;
        c.flag = p->tokens[1].text;
        c.percent.digits = wb_token_is(&p->tokens[0], "enable");
    } else {
        if (halves(r, p, to))
            return;
        c.danger = wb_phrase_danger(p);
        c.reading = WB_READING_MANUAL;
        explain(r, p);
    }
    *WB_PUSH(r->a, to->items, to->n, to->cap) = c;
}

static bool parts_here(const struct wb_phrase *p, size_t i) {
    const struct wb_token *t = &p->tokens[i];
    bool space_behind = i + 1 == p->n || p->tokens[i + 1].after_space;
    return wb_token_mark(t, ',') || wb_token_mark(t, ';') ||
           (wb_token_mark(t, '+') && t->after_space && space_behind) ||
           (wb_token_mark(t, '.') && space_behind && !t->after_space);
}

/* "…, immediately": how, not what. */
static bool only_manner(const struct wb_phrase *p) {
    static const char *const words[] = {"immediately", "automatically", "manually", "at",   "once",
                                        "right",       "away",          "asap",     "first"};
    for (size_t i = 0; i < p->n; i++)
        if (!WB_TOKEN_AMONG(&p->tokens[i], words))
            return false;
    return true;
}

void wb_actions_read(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_actions *to) {
    int depth = 0;
    for (size_t from = 0, i = 0; i <= p->n; i++) {
        if (i < p->n) {
            depth +=
                wb_token_mark(&p->tokens[i], '(') - (wb_token_mark(&p->tokens[i], ')') && depth);
            if (depth || !parts_here(p, i))
                continue;
        }
        while (from < i &&
               (wb_token_is(&p->tokens[from], "and") || wb_token_is(&p->tokens[from], "then")))
            from++;
        struct wb_phrase part = wb_phrase_part(p, from, i);
        if (part.n && !only_manner(&part))
            add_part(r, &part, to);
        from = i + 1;
    }
}
