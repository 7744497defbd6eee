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

/* What people call a label, too: an error that says the label's own name, since nearly is not
 * quite. */
static const struct {
    const char *words;
    enum wb_label_kind kind;
} others[] = {
    {"prerequisite", WB_LABEL_ENTRY},
    {"prerequisites", WB_LABEL_ENTRY},
    {"preconditions", WB_LABEL_ENTRY},
    {"pre conditions", WB_LABEL_ENTRY},
    {"entry condition", WB_LABEL_ENTRY},
    {"entry conditions", WB_LABEL_ENTRY},
    {"entry gate", WB_LABEL_ENTRY},
    {"entry gates", WB_LABEL_ENTRY},
    {"entry checks", WB_LABEL_ENTRY},
    {"entry requirements", WB_LABEL_ENTRY},
    {"start criteria", WB_LABEL_ENTRY},
    {"exit condition", WB_LABEL_EXIT},
    {"exit conditions", WB_LABEL_EXIT},
    {"exit gate", WB_LABEL_EXIT},
    {"exit gates", WB_LABEL_EXIT},
    {"exit checks", WB_LABEL_EXIT},
    {"success criteria", WB_LABEL_EXIT},
    {"completion criteria", WB_LABEL_EXIT},
    {"definition of done", WB_LABEL_EXIT},
    {"done when", WB_LABEL_EXIT},
    {"done criteria", WB_LABEL_EXIT},
    {"rollback criteria", WB_LABEL_TRIGGER},
    {"rollback condition", WB_LABEL_TRIGGER},
    {"rollback conditions", WB_LABEL_TRIGGER},
    {"rollback if", WB_LABEL_TRIGGER},
    {"rollback when", WB_LABEL_TRIGGER},
    {"roll back if", WB_LABEL_TRIGGER},
    {"roll back when", WB_LABEL_TRIGGER},
    {"abort criteria", WB_LABEL_TRIGGER},
    {"abort condition", WB_LABEL_TRIGGER},
    {"abort conditions", WB_LABEL_TRIGGER},
    {"abort trigger", WB_LABEL_TRIGGER},
    {"abort triggers", WB_LABEL_TRIGGER},
    {"abort if", WB_LABEL_TRIGGER},
    {"abort when", WB_LABEL_TRIGGER},
    {"trigger", WB_LABEL_TRIGGER},
    {"triggers", WB_LABEL_TRIGGER},
    {"rollback plan", WB_LABEL_ROLLBACK},
    {"rollback action", WB_LABEL_ROLLBACK},
    {"rollback actions", WB_LABEL_ROLLBACK},
    {"rollback steps", WB_LABEL_ROLLBACK},
    {"rollback procedure", WB_LABEL_ROLLBACK},
    {"rollback strategy", WB_LABEL_ROLLBACK},
    {"data integrity", WB_LABEL_INTEGRITY},
    {"data integrity check", WB_LABEL_INTEGRITY},
    {"data integrity checks", WB_LABEL_INTEGRITY},
    {"consistency check", WB_LABEL_INTEGRITY},
    {"consistency checks", WB_LABEL_INTEGRITY},
    {"validation criteria", WB_LABEL_VALIDATION},
    {"validation checks", WB_LABEL_VALIDATION},
    {"validation steps", WB_LABEL_VALIDATION},
    {"verification", WB_LABEL_VALIDATION},
    {"verification steps", WB_LABEL_VALIDATION},
    {"approval", WB_LABEL_SIGN_OFF},
    {"approvals", WB_LABEL_SIGN_OFF},
    {"approvers", WB_LABEL_SIGN_OFF},
    {"approved by", WB_LABEL_SIGN_OFF},
    {"signed off by", WB_LABEL_SIGN_OFF},
    {"sign off by", WB_LABEL_SIGN_OFF},
    {"sign off required", WB_LABEL_SIGN_OFF},
    {"required sign offs", WB_LABEL_SIGN_OFF},
};

static const char *const texts[] = {
#define X(name, word, text) text,
    WB_LABELS(X)
#undef X
};

const char *wb_label_text(enum wb_label_kind k) {
    return k < WB_LABEL_COUNT ? texts[k] : "";
}

enum { MAX_LABEL_WORDS = 4 };

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

enum near { OTHER_NAMES, OTHER_WORDS };

/* Of one word, another name is meant as a label only where it is marked as one. */
static enum wb_label_kind find(const char *words, enum near near, bool *ret_near) {
    *ret_near = false;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(words, labels[i].words) == 0)
            return labels[i].kind;
    *ret_near = true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(words, others[i].words) == 0 && (near == OTHER_WORDS || strchr(words, ' ')))
            return others[i].kind;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (wb_word_near(words, labels[i].words))
            return labels[i].kind;
    return WB_LABEL_NONE;
}

/* "(all must hold)" from token i on: the token behind it; i where there is none. */
static size_t behind_comment(const struct wb_phrase *p, size_t i) {
    if (i >= p->n || !wb_token_mark(&p->tokens[i], '('))
        return i;
    while (i < p->n && !wb_token_mark(&p->tokens[i], ')'))
        i++;
    return i < p->n ? i + 1 : i;
}

static size_t count_words(const struct wb_phrase *p) {
    size_t n = 0;
    while (n < p->n && n <= MAX_LABEL_WORDS && p->tokens[n].kind == WB_TOKEN_WORD)
        n++;
    return n;
}

enum wb_label_kind wb_label_at(const struct wb_phrase *p, size_t *ret_rest, bool *ret_near) {
    char words[64];
    size_t n = count_words(p), colon = behind_comment(p, n);
    if (colon >= p->n || !wb_token_mark(&p->tokens[colon], ':') ||
        !words_before(p, n, words, sizeof words))
        return WB_LABEL_NONE;
    *ret_rest = colon + 1;
    return find(words, OTHER_NAMES, ret_near);
}

enum wb_label_kind wb_label_alone(const struct wb_phrase *p, bool *ret_near) {
    char words[64];
    size_t n = count_words(p), end = behind_comment(p, n);
    if (end < p->n && (wb_token_mark(&p->tokens[end], ':') || wb_token_mark(&p->tokens[end], '.')))
        end++;
    return end == p->n && words_before(p, n, words, sizeof words)
               ? find(words, OTHER_WORDS, ret_near)
               : WB_LABEL_NONE;
}
