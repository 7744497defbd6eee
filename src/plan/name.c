/* Which words may be a name: of a metric, a thing, a role. */
#include "plan/pattern.h"

#include <string.h>

bool wb_name_word(const struct wb_token *t, enum wb_slot slot) {
    if (t->kind == WB_TOKEN_MARK)
        return strchr("/&#@", t->mark) != NULL ||
               (slot == WB_SLOT_NAMES && strchr(",+()", t->mark) != NULL);
    if (t->kind == WB_TOKEN_NUMBER)
        return slot != WB_SLOT_NAMES;
    return t->kind == WB_TOKEN_WORD || t->kind == WB_TOKEN_CODE;
}

/* "error rate and latency": two things, unless one metric is called so. */
static bool several(const struct wb_plan_reader *r, const struct wb_phrase *p, size_t ti,
                    size_t n) {
    for (size_t i = ti + 1; i + 1 < ti + n; i++) {
        const struct wb_token *t = &p->tokens[i];
        bool joins = wb_token_is(t, "and") || wb_token_is(t, "or");
        bool slash = wb_token_mark(t, '/') || wb_token_mark(t, '&');
        if (joins || (slash && wb_metric_known(r, wb_phrase_slice(r, p, ti, i))))
            return !wb_metric_known(r, wb_phrase_slice(r, p, ti, ti + n));
    }
    return false;
}

/* "if error rate", "error rate does not": words of the sentence around a name, not of the name. */
static bool name_of(const struct wb_plan_reader *r, const struct wb_phrase *p, size_t ti,
                    size_t n) {
    static const char *const first[] = {
        "if",    "when",    "whenever", "while",    "unless", "until",   "no",
        "not",   "once",    "any",      "zero",     "all",    "confirm", "verify",
        "check", "ensure",  "validate", "that",     "make",   "compare", "set",
        "keep",  "monitor", "as",       "soon",     "should", "case",    "or",
        "and",   "than",    "measured", "averaged", "over",   "then"};
    static const char *const last[] = {
        "is",      "are",    "be",      "been",   "was",   "stays",  "stay",  "not",  "no",
        "or",      "and",    "never",   "than",   "must",  "should", "shall", "will", "to",
        "well",    "goes",   "by",      "at",     "more",  "less",   "does",  "has",  "have",
        "doesn't", "return", "returns", "longer", "stops", "in"};
    for (size_t i = ti; i < ti + n; i++) {
        const struct wb_token *t = &p->tokens[i];
        struct wb_plan_value v;
        bool query = t->kind == WB_TOKEN_CODE && strchr(t->text, ' ');
        bool time = wb_value_at(p, i, &v, NULL) && v.unit == WB_UNIT_MS; /* "over 10 minutes" */
        bool lead = wb_token_is(t, "case");                              /* "in case" */
        if ((query || time || lead) && !wb_metric_known(r, wb_phrase_slice(r, p, ti, ti + n)))
            return false;
    }
    return !WB_TOKEN_AMONG(&p->tokens[ti], first) && !WB_TOKEN_AMONG(&p->tokens[ti + n - 1], last);
}

/* "The phase is complete and Maria": a sentence, not names. */
static bool names(const struct wb_phrase *p, size_t ti, size_t n) {
    static const char *const verbs[] = {"is",  "are",  "was",  "were",  "be",     "been",
                                        "has", "have", "must", "shall", "should", "will"};
    int depth = 0;
    for (size_t i = ti; i < ti + n; i++) {
        const struct wb_token *t = &p->tokens[i];
        depth += wb_token_mark(t, '(') - wb_token_mark(t, ')');
        if (WB_TOKEN_AMONG(t, verbs) || depth < 0)
            return false;
    }
    return depth == 0;
}

bool wb_name_fits(const struct wb_plan_reader *r, const struct wb_phrase *p, enum wb_slot slot,
                  size_t ti, size_t n) {
    if (slot == WB_SLOT_KNOWN)
        return wb_metric_known(r, wb_phrase_slice(r, p, ti, ti + n));
    if (slot == WB_SLOT_METRIC && !name_of(r, p, ti, n))
        return false;
    return slot == WB_SLOT_NAMES ? names(p, ti, n) : !several(r, p, ti, n);
}
