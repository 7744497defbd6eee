/* "## Phase 3: Cutover (Days 5-9)" */
#include "plan/reader.h"

#include <string.h>

/* Emoji and marks before the word. */
static size_t skip_decoration(const struct wb_phrase *p) {
    size_t i = 0;
    while (i < p->n && (p->tokens[i].kind == WB_TOKEN_MARK || p->tokens[i].kind == WB_TOKEN_DASH ||
                        (p->tokens[i].kind == WB_TOKEN_WORD && p->tokens[i].text[0] & 0x80)))
        i++;
    /* "1. Phase 1: …" */
    if (i + 2 < p->n && p->tokens[i].kind == WB_TOKEN_NUMBER &&
        (wb_token_mark(&p->tokens[i + 1], '.') || wb_token_mark(&p->tokens[i + 1], ')')))
        i += 2;
    return i;
}

static unsigned whole(const struct wb_token *t) {
    return t->kind != WB_TOKEN_NUMBER || t->malformed || t->number.scale || t->number.digits > 9999
               ? 0
               : (unsigned)t->number.digits;
}

static bool opens_days(const struct wb_token *t) {
    return wb_token_mark(t, '(') || wb_token_mark(t, '[') || wb_token_mark(t, ',') ||
           t->kind == WB_TOKEN_DASH;
}

static bool day_word(const struct wb_token *t, bool *ret_weeks) {
    *ret_weeks = wb_token_is(t, "week") || wb_token_is(t, "weeks");
    return *ret_weeks || wb_token_is(t, "day") || wb_token_is(t, "days");
}

static bool until(const struct wb_token *t) {
    return t->kind == WB_TOKEN_DASH || wb_token_is(t, "to") || wb_token_is(t, "through") ||
           wb_token_is(t, "until");
}

/* "(Days 1-3)", "[Week 2]", ", day 4" at the end of the phrase; yields the token where it begins,
 * or n. */
static size_t read_days(const struct wb_phrase *p, unsigned *ret_first, unsigned *ret_last) {
    size_t open = p->n, end = p->n;
    bool weeks = false, more;
    for (size_t i = 0; i + 1 < p->n; i++)
        if (opens_days(&p->tokens[i]) && day_word(&p->tokens[i + 1], &more)) {
            open = i;
            weeks = more;
        }
    if (open + 2 >= p->n)
        return p->n;
    bool bracket = wb_token_mark(&p->tokens[open], '(') || wb_token_mark(&p->tokens[open], '[');
    char close = wb_token_mark(&p->tokens[open], '(') ? ')' : ']';
    if (bracket && !wb_token_mark(&p->tokens[--end], close))
        return p->n;
    size_t i = open + 2;
    unsigned first = whole(&p->tokens[i++]), last = first;
    if (i < end && until(&p->tokens[i]))
        i++;
    if (i < end && p->tokens[i].kind == WB_TOKEN_NUMBER)
        last = whole(&p->tokens[i++]);
    if (!first || last < first || i != end)
        return p->n;
    *ret_first = weeks ? (first - 1) * 7 + 1 : first;
    *ret_last = weeks ? last * 7 : last;
    return open;
}

static bool number_taken(const struct wb_plan_reader *r, unsigned number) {
    for (size_t i = 0; i < r->plan->n_phases; i++)
        if (r->plan->phases[i].number == number)
            return true;
    return false;
}

static void nearly(struct wb_plan_reader *r, const struct wb_phrase *p, size_t i,
                   const char *name) {
    wb_reader_find(
        r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[i].from),
        wb_arena_printf(r->a, "write it as: ## Phase %u: %s", whole(&p->tokens[i + 1]), name),
        "the heading is nearly that of a phase, but not quite");
}

static void judge_days(struct wb_plan_reader *r, const struct wb_phrase *p, size_t from) {
    static const char *const words[] = {"day", "days", "week", "weeks"};
    for (size_t i = from; i + 1 < p->n; i++) {
        if (!wb_token_mark(&p->tokens[i], '(') || p->tokens[i + 1].kind != WB_TOKEN_WORD)
            continue;
        for (size_t k = 0; k < 4; k++)
            if (wb_token_is(&p->tokens[i + 1], words[k]) ||
                (i + 2 < p->n && p->tokens[i + 2].kind == WB_TOKEN_NUMBER &&
                 wb_word_near(p->tokens[i + 1].text, words[k]))) {
                wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[i + 1].from),
                               "write it as (Day 4), (Days 1-3) or (Weeks 1-2)",
                               "the phase's days are not understood");
                return;
            }
    }
}

/* "Phase III: Cutover", "Phase 0: …", "Phase 3": begins as a phase's heading does, but has no
 * number or no name. */
static bool lost_phase(const struct wb_phrase *p, size_t i) {
    const struct wb_token *next = i + 1 < p->n ? &p->tokens[i + 1] : NULL;
    if (!next || !wb_token_is(&p->tokens[i], "phase"))
        return false;
    if (next->kind == WB_TOKEN_NUMBER)
        return !whole(next) || i + 2 == p->n;
    if (wb_token_mark(next, '#'))
        return true;
    const struct wb_token *sign = i + 2 < p->n ? &p->tokens[i + 2] : NULL;
    return sign && (wb_token_mark(sign, ':') || sign->kind == WB_TOKEN_DASH);
}

bool wb_heading_phase(struct wb_plan_reader *r, const struct wb_phrase *p,
                      enum wb_heading_place where, struct wb_plan_phase *ret) {
    size_t i = skip_decoration(p);
    if (where == WB_IN_HEADING && lost_phase(p, i)) {
        wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[i].from),
                       "write it as: ## Phase 3: Name, with a number from 1",
                       "the heading is nearly that of a phase, but not quite");
        return false;
    }
    if (i + 2 >= p->n || p->tokens[i].kind != WB_TOKEN_WORD || !whole(&p->tokens[i + 1]))
        return false;
    const struct wb_token *word = &p->tokens[i], *sign = &p->tokens[i + 2];
    bool is_phase = wb_token_is(word, "phase");
    bool parted = wb_token_mark(sign, ':') || sign->kind == WB_TOKEN_DASH;
    bool range = sign->kind == WB_TOKEN_DASH && !sign->after_space && i + 3 < p->n &&
                 p->tokens[i + 3].kind == WB_TOKEN_NUMBER;
    if (!is_phase && !wb_word_near(word->text, "phase"))
        return false;
    size_t name = i + 2 + (size_t)parted;
    const char *title = wb_phrase_slice(r, p, name, p->n);
    if (!is_phase || !parted || range || name >= p->n) {
        bool other = sign->kind == WB_TOKEN_NUMBER || wb_token_mark(sign, '+') || range;
        if (where == WB_IN_HEADING && !other && !number_taken(r, whole(&p->tokens[i + 1])))
            nearly(r, p, i, title);
        return false;
    }
    *ret = (struct wb_plan_phase){.number = whole(&p->tokens[i + 1])};
    struct wb_phrase rest = wb_phrase_part(p, name, p->n);
    size_t end = read_days(&rest, &ret->first_day, &ret->last_day);
    if (end == rest.n && where == WB_IN_HEADING)
        judge_days(r, &rest, 0);
    ret->name = wb_phrase_slice(r, &rest, 0, end);
    ret->place = wb_reader_place(r, word->from);
    return true;
}
