/* Comparisons in signs and words: "<", "is below", "does not exceed", "stays at or under". */
#include "plan/pattern.h"

#include <string.h>

static const struct wb_token *at_or_null(const struct wb_phrase *p, size_t i) {
    return i < p->n ? &p->tokens[i] : NULL;
}

/* The longest that fits is taken: "less than or equal to" before "less than". */
static const struct {
    const char *words[5];
    enum wb_plan_cmp cmp;
} comparisons[] = {
    {{"exceeds"}, WB_CMP_GT},
    {{"exceed"}, WB_CMP_GT},
    {{"exceeding"}, WB_CMP_GT},
    {{"in", "excess", "of"}, WB_CMP_GT},
    {{"crosses"}, WB_CMP_GT},
    {{"above"}, WB_CMP_GT},
    {{"over"}, WB_CMP_GT},
    {{"beyond"}, WB_CMP_GT},
    {{"reaches"}, WB_CMP_GE},
    {{"below"}, WB_CMP_LT},
    {{"beneath"}, WB_CMP_LT},
    {{"under"}, WB_CMP_LT},
    {{"at", "most"}, WB_CMP_LE},
    {{"up", "to"}, WB_CMP_LE},
    {{"max"}, WB_CMP_LE},
    {{"maximum"}, WB_CMP_LE},
    {{"at", "or", "below"}, WB_CMP_LE},
    {{"at", "or", "under"}, WB_CMP_LE},
    {{"at", "least"}, WB_CMP_GE},
    {{"minimum"}, WB_CMP_GE},
    {{"at", "or", "above"}, WB_CMP_GE},
    {{"less", "than"}, WB_CMP_LT},
    {{"less", "than", "or", "equal", "to"}, WB_CMP_LE},
    {{"lower", "than"}, WB_CMP_LT},
    {{"fewer", "than"}, WB_CMP_LT},
    {{"smaller", "than"}, WB_CMP_LT},
    {{"shorter", "than"}, WB_CMP_LT},
    {{"greater", "than"}, WB_CMP_GT},
    {{"greater", "than", "or", "equal", "to"}, WB_CMP_GE},
    {{"more", "than"}, WB_CMP_GT},
    {{"higher", "than"}, WB_CMP_GT},
    {{"larger", "than"}, WB_CMP_GT},
    {{"longer", "than"}, WB_CMP_GT},
    {{"equals"}, WB_CMP_EQ},
    {{"equal", "to"}, WB_CMP_EQ},
};

static size_t compares(const struct wb_phrase *p, size_t i, size_t ti) {
    size_t n = 0;
    for (; n < 5 && comparisons[i].words[n]; n++) {
        const struct wb_token *t = at_or_null(p, ti + n);
        if (!t || !wb_token_is(t, comparisons[i].words[n]))
            return 0;
    }
    return n;
}

/* Words before a comparison that leave its sense as it is, or turn it round. */
static const char *const verbs[] = {
    "is",   "are",    "be",           "being",  "stays", "stay", "remains", "remain", "keeps",
    "keep", "kept",   "must",         "should", "shall", "will", "has",     "have",   "needs",
    "to",   "always", "consistently", "well",   "goes",  "go",   "rises",   "rise",   "climbs",
    "gets", "grows",  "falls",        "drops",  "does",  "do"};
static const char *const negations[] = {"not",    "no",    "never",   "doesn't",
                                        "don't",  "isn't", "aren't",  "won't",
                                        "cannot", "can't", "mustn't", "shouldn't"};

static enum wb_plan_cmp turned(enum wb_plan_cmp cmp) {
    static const enum wb_plan_cmp other[] = {
        [WB_CMP_LT] = WB_CMP_GE, [WB_CMP_LE] = WB_CMP_GT,   [WB_CMP_GT] = WB_CMP_LE,
        [WB_CMP_GE] = WB_CMP_LT, [WB_CMP_EQ] = WB_CMP_NONE, /* nothing compares for "not equal" */
    };
    return other[cmp];
}

/* A comparison in signs or words at token ti; the number of its tokens, 0 where there is none. */
static size_t comparison(const struct wb_phrase *p, size_t ti, enum wb_plan_cmp *ret) {
    const struct wb_token *t = at_or_null(p, ti);
    size_t best = 0;
    if (t && t->kind == WB_TOKEN_CMP) {
        *ret = t->cmp;
        return 1;
    }
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
        size_t n = compares(p, i, ti);
        if (n > best) {
            best = n;
            *ret = comparisons[i].cmp;
        }
    }
    return best;
}

/* "is 0", "at 100%": a bare verb before a number compares for equality. */
static size_t equality(const struct wb_phrase *p, size_t from, size_t ti) {
    static const char *const bare[] = {"is", "are", "be", "stays", "stay", "remains", "remain"};
    const struct wb_token *t = at_or_null(p, ti);
    bool at = t && wb_token_is(t, "at");
    const struct wb_token *number = at_or_null(p, ti + at);
    bool counts = number && (number->kind == WB_TOKEN_NUMBER || wb_token_is(number, "zero"));
    bool verb = ti > from && WB_TOKEN_AMONG(at_or_null(p, ti - 1), bare);
    return counts && (at || verb) ? ti + at - from : 0;
}

/* "no longer below"; not "no longer than". */
static bool no_longer(const struct wb_phrase *p, size_t i) {
    const struct wb_token *longer = at_or_null(p, i + 1), *next = at_or_null(p, i + 2);
    return longer && wb_token_is(longer, "longer") && !(next && wb_token_is(next, "than"));
}

size_t wb_compare_at(const struct wb_phrase *p, size_t i, enum wb_plan_cmp *ret,
                     size_t *ret_verbs) {
    size_t at = i;
    bool turn = false;
    for (const struct wb_token *t; (t = at_or_null(p, at)) && at < i + 6; at++) {
        bool no = WB_TOKEN_AMONG(t, negations);
        if (!no && !WB_TOKEN_AMONG(t, verbs))
            break;
        turn ^= no;
        at += no && no_longer(p, at);
    }
    *ret_verbs = turn ? 0 : at - i;
    enum wb_plan_cmp cmp = WB_CMP_NONE;
    size_t n = comparison(p, at, &cmp);
    if (n)
        n += at - i;
    else if (!turn && (n = equality(p, i, at)))
        cmp = WB_CMP_EQ;
    if (turn)
        cmp = turned(cmp);
    *ret = cmp;
    return cmp == WB_CMP_NONE ? 0 : n;
}

const char *wb_compare_near(const char *word, enum wb_plan_cmp *ret) {
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
        const char *known = comparisons[i].words[0];
        if (comparisons[i].words[1] || strlen(known) <= 4 || !wb_word_near(word, known))
            continue;
        *ret = comparisons[i].cmp;
        return known;
    }
    return NULL;
}
