/* Who signs: names of roles, and what stands among them though it is none.
 *
 * A role is whatever people call it, so nothing tells that words are one; but a sentence is none:
 * "sign-off from data lead, the team agrees" asks for one signature and for something that a person
 * sees to. What is doubtful stays a role: somebody signs, and nothing passes by itself. */
#include "plan/clause.h"

#include "base/str.h"

#include <string.h>

/* What makes a sentence of names. */
static const char *const verbs[] = {
    "is",       "are",    "was",     "were",    "be",       "been",   "has",    "have",   "had",
    "do",       "does",   "did",     "will",    "shall",    "would",  "should", "must",   "can",
    "cannot",   "may",    "might",   "not",     "no",       "never",  "agree",  "agrees", "approve",
    "approves", "accept", "accepts", "confirm", "confirms", "know",   "knows",  "sign",   "signs",
    "say",      "says",   "decide",  "decides", "pass",     "passes", "works",  "runs",   "sees",
    "when",     "if",     "unless",  "once",    "after",    "before", "until",  "till",   "while",
    "because",  "since",  "that",    "which",   "who",      "whom",
};
/* What ends one: "all tests green", "product informed". */
static const char *const ends[] = {
    "green", "ok",    "okay",    "ready", "available", "up",   "down", "done", "online",
    "live",  "empty", "offline", "known", "stable",    "over", "in",   "out",
};

static bool is_one_of(const struct wb_token *t, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (wb_token_is(t, words[i]))
            return true;
    return false;
}

static bool ends_a_sentence(const struct wb_token *t) {
    size_t len = t->kind == WB_TOKEN_WORD ? strlen(t->text) : 0;
    return is_one_of(t, ends, sizeof ends / sizeof *ends) ||
           (len > 4 && strcmp(t->text + len - 2, "ed") == 0);
}

static bool is_role(const struct wb_phrase *p, size_t i, size_t j) {
    if (j > i + 1 && ends_a_sentence(&p->tokens[j - 1]))
        return false;
    for (size_t k = i; k < j; k++)
        if (is_one_of(&p->tokens[k], verbs, sizeof verbs / sizeof *verbs))
            return false;
    return true;
}

static size_t end_of_name(const struct wb_phrase *p, size_t i, size_t j) {
    while (i < j && !wb_clause_parts_names(&p->tokens[i]))
        i++;
    return i;
}

bool wb_clause_begins_with_role(const struct wb_phrase *p) {
    size_t end = end_of_name(p, 0, p->n);
    return end > 0 && is_role(p, 0, end);
}

void wb_clause_judge_roles(struct wb_plan_reader *r, const struct wb_phrase *p, size_t i,
                           size_t j) {
    for (size_t end; i < j; i = end + 1) {
        end = end_of_name(p, i, j);
        if (end > i && !is_role(p, i, end))
            wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[i].from),
                           "name who signs (\"sign-off from data lead and product lead\"), and "
                           "write what has to be so behind a comma, as a criterion of its own",
                           "\"%s\" is nobody who signs", wb_phrase_slice(r, p, i, end));
    }
}
