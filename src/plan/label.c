/* Labels: "**Entry criteria**:", "Rollback:", a heading "Steps". */
#include "plan/label.h"

#include <string.h>

static const struct {
    const char *words; /* lower case, without hyphens */
    enum wb_label_kind kind;
} labels[] = {
    {"goal", WB_LABEL_GOAL},
    {"goals", WB_LABEL_GOAL},
    {"entry criteria", WB_LABEL_ENTRY},
    {"entry criterion", WB_LABEL_ENTRY},
    {"steps", WB_LABEL_STEPS},
    {"integrity check", WB_LABEL_INTEGRITY},
    {"integrity checks", WB_LABEL_INTEGRITY},
    {"validation", WB_LABEL_VALIDATION},
    {"exit criteria", WB_LABEL_EXIT},
    {"exit criterion", WB_LABEL_EXIT},
    {"rollback trigger", WB_LABEL_TRIGGER},
    {"rollback triggers", WB_LABEL_TRIGGER},
    {"rollback", WB_LABEL_ROLLBACK},
    {"mapping", WB_LABEL_MAPPING},
    {"sign off", WB_LABEL_SIGN_OFF},
    {"sign offs", WB_LABEL_SIGN_OFF},
    {"signoff", WB_LABEL_SIGN_OFF},
};

static const char *const texts[] = {
#define X(name, word, text) text,
    WB_LABELS(X)
#undef X
};

const char *wb_label_text(enum wb_label_kind k) {
    return k < WB_LABEL_COUNT ? texts[k] : "";
}

enum { MAX_LABEL_WORDS = 3 };

/* The words before token end, joined; false where they cannot be a label. */
static bool words_before(const struct wb_phrase *p, size_t end, char *to, size_t size) {
    to[0] = 0;
    if (end == 0 || end > MAX_LABEL_WORDS)
        return false;
    for (size_t i = 0; i < end; i++) {
        if (p->tokens[i].kind != WB_TOKEN_WORD || strlen(to) + strlen(p->tokens[i].text) + 2 > size)
            return false;
        if (i)
            strcat(to, " ");
        strcat(to, p->tokens[i].text);
    }
    return true;
}

static enum wb_label_kind find(const char *words, bool *ret_near) {
    *ret_near = false;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(words, labels[i].words) == 0)
            return labels[i].kind;
    *ret_near = true;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (wb_word_near(words, labels[i].words))
            return labels[i].kind;
    return WB_LABEL_NONE;
}

enum wb_label_kind wb_label_at(const struct wb_phrase *p, size_t *ret_rest, bool *ret_near) {
    char words[64];
    size_t colon = 0;
    while (colon < p->n && colon <= MAX_LABEL_WORDS && !wb_token_mark(&p->tokens[colon], ':'))
        colon++;
    if (colon >= p->n || !wb_token_mark(&p->tokens[colon], ':') ||
        !words_before(p, colon, words, sizeof words))
        return WB_LABEL_NONE;
    *ret_rest = colon + 1;
    return find(words, ret_near);
}

enum wb_label_kind wb_label_alone(const struct wb_phrase *p, bool *ret_near) {
    char words[64];
    size_t n = p->n && wb_token_mark(&p->tokens[p->n - 1], ':') ? p->n - 1 : p->n;
    return words_before(p, n, words, sizeof words) ? find(words, ret_near) : WB_LABEL_NONE;
}
