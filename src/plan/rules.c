#include "plan/rules.h"

static const struct {
    const char *word, *text;
    enum wb_severity severity;
} rules[] = {
#define X(name, word, severity, text) {word, text, WB_##severity},
    WB_PLAN_RULES(X)
#undef X
};

const char *wb_plan_rule_word(enum wb_plan_rule rule) {
    return rules[rule].word;
}

const char *wb_plan_rule_text(enum wb_plan_rule rule) {
    return rules[rule].text;
}

enum wb_severity wb_plan_rule_severity(enum wb_plan_rule rule) {
    return rules[rule].severity;
}
