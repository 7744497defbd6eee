/* A pattern of the grammar, taken apart once a plan. For src/plan only. */
#ifndef WB_PLAN_PATTERN_H
#define WB_PLAN_PATTERN_H

#include "plan/reader.h"

enum { WB_MAX_ELEMENTS = 64, WB_MAX_WORDS = 14 };

enum wb_element_kind { WB_ELEMENT_WORD, WB_ELEMENT_SLOT, WB_ELEMENT_OPEN, WB_ELEMENT_CLOSE };

struct wb_element {
    enum wb_element_kind kind;
    bool optional;
    bool strict; /* a word that is taken only as it is */
    enum wb_slot slot;
    const char *words[WB_MAX_WORDS]; /* alternatives; "(", ")" and ":" stand for themselves */
    size_t n_words;
    size_t behind; /* of an OPEN: the element behind its CLOSE */
};

struct wb_elements {
    struct wb_element items[WB_MAX_ELEMENTS];
    size_t n;
};

/* A comparison at token i, with the verbs and negations before it: its tokens, 0 where there is
 * none. *ret_verbs: how many of the tokens at i are only verbs (0 where one of them is a negation).
 */
size_t wb_compare_at(const struct wb_phrase *p, size_t i, enum wb_plan_cmp *ret, size_t *ret_verbs);
/* The comparing word that this one is a slip of the pen away from, or NULL. */
const char *wb_compare_near(const char *word, enum wb_plan_cmp *ret);

/* Whether a token may stand in a name for that slot, and tokens [ti, ti + n) together be one. */
bool wb_name_word(const struct wb_token *t, enum wb_slot slot);
bool wb_name_fits(const struct wb_plan_reader *r, const struct wb_phrase *p, enum wb_slot slot,
                  size_t ti, size_t n);

void wb_pattern_parse(struct wb_arena *a, const char *text, struct wb_elements *ret);

#endif
