/* A pattern of the grammar, taken apart once a plan. For src/plan only. */
#ifndef WB_PLAN_PATTERN_H
#define WB_PLAN_PATTERN_H

#include "plan/reader.h"

enum { WB_MAX_ELEMENTS = 40, WB_MAX_WORDS = 10 };

enum wb_element_kind { WB_ELEMENT_WORD, WB_ELEMENT_SLOT, WB_ELEMENT_OPEN, WB_ELEMENT_CLOSE };

struct wb_element {
    enum wb_element_kind kind;
    bool optional;
    enum wb_slot slot;
    const char *words[WB_MAX_WORDS]; /* alternatives; "(", ")" and ":" stand for themselves */
    size_t n_words;
    size_t behind; /* of an OPEN: the element behind its CLOSE */
};

struct wb_elements {
    struct wb_element items[WB_MAX_ELEMENTS];
    size_t n;
};

void wb_pattern_parse(struct wb_arena *a, const char *text, struct wb_elements *ret);

#endif
