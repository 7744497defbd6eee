/* What is done about a value or name that the target cannot hold. */
#ifndef WB_MODEL_POLICY_H
#define WB_MODEL_POLICY_H

#include <stdbool.h>

/* X(name, word on the command line, meaning) */
#define WB_ISSUES(X)                                                      \
    X(NUL_BYTE, "nul-byte", "a 0x00 byte in text")                        \
    X(ZERO_DATE, "zero-date", "a zero or partial date")                   \
    X(RANGE, "range", "a value outside the type's range")                 \
    X(UTF8, "utf8", "text that is not valid UTF-8")                       \
    X(NAME_LENGTH, "name-length", "a name longer than the target allows") \
    X(NAME_CASE, "name-case", "names that differ only in case")

enum wb_issue {
#define X(name, word, text) WB_ISSUE_##name,
    WB_ISSUES(X)
#undef X
        WB_ISSUE_COUNT
};

/* X(name, word). REFUSE stops the copy; the others alter the value, count it and show the count. */
#define WB_ACTIONS(X) X(REFUSE, "refuse") X(NULL, "null") X(REPLACE, "replace") X(CLAMP, "clamp")

enum wb_action {
#define X(name, word) WB_ACTION_##name,
    WB_ACTIONS(X)
#undef X
        WB_ACTION_COUNT
};

/* Zeroed: everything is refused. */
struct wb_policy {
    enum wb_action action[WB_ISSUE_COUNT];
};

const char *wb_issue_word(enum wb_issue issue); /* "zero-date" */
const char *wb_issue_text(enum wb_issue issue); /* "a zero or partial date" */
const char *wb_action_word(enum wb_action action);

/* Parse "zero-date=null" into *p; false (and *p untouched) where it names no issue, no action, or a
 * pair that makes no sense (a name cannot be null or clamped, invalid text cannot be clamped). */
bool wb_policy_parse(const char *rule, struct wb_policy *p);

#endif
