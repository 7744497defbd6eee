#include "model/policy.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *word, *text;
} issues[] = {
#define X(name, word, text) {word, text},
    WB_ISSUES(X)
#undef X
};

static const char *const actions[] = {
#define X(name, word) word,
    WB_ACTIONS(X)
#undef X
};

const char *wb_issue_word(enum wb_issue issue) {
    return (size_t)issue < WB_ISSUE_COUNT ? issues[issue].word : "unknown";
}

const char *wb_issue_text(enum wb_issue issue) {
    return (size_t)issue < WB_ISSUE_COUNT ? issues[issue].text : "unknown";
}

const char *wb_action_word(enum wb_action action) {
    return (size_t)action < WB_ACTION_COUNT ? actions[action] : "unknown";
}

static bool makes_sense(enum wb_issue issue, enum wb_action action) {
    bool name = issue == WB_ISSUE_NAME_LENGTH || issue == WB_ISSUE_NAME_CASE;
    if (name)
        return action == WB_ACTION_REFUSE || action == WB_ACTION_REPLACE;
    return action != WB_ACTION_CLAMP || issue == WB_ISSUE_RANGE || issue == WB_ISSUE_ZERO_DATE;
}

bool wb_policy_parse(const char *rule, struct wb_policy *p) {
    const char *eq = strchr(rule, '=');
    if (!eq)
        return false;
    for (size_t i = 0; i < WB_ISSUE_COUNT; i++) {
        if (strlen(issues[i].word) != (size_t)(eq - rule) ||
            strncmp(issues[i].word, rule, (size_t)(eq - rule)) != 0)
            continue;
        for (size_t a = 0; a < WB_ACTION_COUNT; a++) {
            if (strcmp(actions[a], eq + 1) != 0 ||
                !makes_sense((enum wb_issue)i, (enum wb_action)a))
                continue;
            p->action[i] = (enum wb_action)a;
            return true;
        }
    }
    return false;
}
