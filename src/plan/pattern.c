#include "plan/pattern.h"

#include <string.h>

static const struct {
    const char *word;
    enum wb_slot slot;
} slots[] = {
    {"METRIC", WB_SLOT_METRIC}, /* the name of a metric */
    {"CMP", WB_SLOT_CMP},       /* <, exceeds, below, at most … */
    {"VALUE", WB_SLOT_VALUE},   /* a number with its unit */
    {"DUR", WB_SLOT_DUR},       /* a duration */
    {"FOR", WB_SLOT_FOR},       /* a duration, of "for" */
    {"PCT", WB_SLOT_PCT},       /* a percentage */
    {"N", WB_SLOT_N},           /* a whole number */
    {"KNOWN", WB_SLOT_KNOWN},   /* the name of a metric that is built in or bound */
    {"THING", WB_SLOT_THING},   /* any words */
    {"ZERO", WB_SLOT_ZERO},     /* any words, of "with zero" */
    {"SIDE", WB_SLOT_SIDE},     /* source, target, old, new, an engine's name, a table */
    {"NAMES", WB_SLOT_NAMES},   /* names with commas and "and" */
    {"CODE", WB_SLOT_CODE},     /* a code span */
    {"TABLE", WB_SLOT_TABLE},   /* a code span, or one word */
    {"FLAG", WB_SLOT_FLAG},     /* a flag's name */
    {"BOOL", WB_SLOT_BOOL},     /* true, false, on, off, or a percentage */
    {"EXPECT", WB_SLOT_EXPECT}, /* a value, or "no rows" */
    {"SUSTAINED", WB_SLOT_SUSTAINED},
};

static bool find_slot(const char *s, size_t len, enum wb_slot *ret) {
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
        if (strlen(slots[i].word) == len && memcmp(slots[i].word, s, len) == 0) {
            *ret = slots[i].slot;
            return true;
        }
    return false;
}

static void add_words(struct wb_arena *a, struct wb_element *e, const char *s, size_t len) {
    while (len) {
        const char *bar = memchr(s, '|', len);
        size_t n = bar ? (size_t)(bar - s) : len;
        if (e->n_words < WB_MAX_WORDS)
            e->words[e->n_words++] = wb_arena_strndup(a, s, n);
        s += bar ? n + 1 : n;
        len -= bar ? n + 1 : n;
    }
}

void wb_pattern_parse(struct wb_arena *a, const char *text, struct wb_elements *ret) {
    size_t open = 0;
    ret->n = 0;
    for (const char *s = text; *s && ret->n < WB_MAX_ELEMENTS;) {
        if (*s == ' ') {
            s++;
            continue;
        }
        struct wb_element *e = &ret->items[ret->n];
        *e = (struct wb_element){.kind = WB_ELEMENT_WORD};
        if (*s == '[' || *s == ']') {
            e->kind = *s == '[' ? WB_ELEMENT_OPEN : WB_ELEMENT_CLOSE;
            if (*s++ == '[')
                open = ret->n;
            else
                ret->items[open].behind = ret->n + 1;
            ret->n++;
            continue;
        }
        size_t len = strcspn(s, " ]");
        size_t bare = s[len - 1] == '?' || s[len - 1] == '!' ? len - 1 : len;
        e->optional = s[len - 1] == '?';
        e->strict = s[len - 1] == '!';
        if (find_slot(s, bare, &e->slot))
            e->kind = WB_ELEMENT_SLOT;
        else
            add_words(a, e, s, bare);
        s += len;
        ret->n++;
    }
}
