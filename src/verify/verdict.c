/* What clears an earlier failure: only a pass of the same or greater scope and strength. */
#include "verify/store.h"

#include "base/str.h"

enum {
    ROW_LEVELS = WB_VERIFY_COUNTS | WB_VERIFY_SAMPLE | WB_VERIFY_DIGESTS,
};

static bool lists(const char *list, const char *name, size_t len) {
    for (const char *at = list; at; at = strstr(at, ", "), at = at ? at + 2 : NULL)
        if (strncmp(at, name, len) == 0 && (at[len] == 0 || strncmp(at + len, ", ", 2) == 0))
            return true;
    return false;
}

static bool covers_columns(const char *pass, const char *failure) {
    if (wb_str_eq(pass, "*"))
        return true;
    if (wb_str_eq(failure, "*") || !*pass)
        return false;
    for (const char *at = failure; *at;) {
        const char *end = strstr(at, ", ");
        size_t len = end ? (size_t)(end - at) : strlen(at);
        if (!lists(pass, at, len))
            return false;
        at = end ? end + 2 : at + len;
    }
    return true;
}

static bool strong_enough(const struct wb_verify_scope *pass, enum wb_verify_strength failure) {
    return pass->strength == WB_VERIFY_BY_DIGEST ||
           (failure <= WB_VERIFY_BY_COUNT && pass->counted);
}

unsigned wb_verify_left_standing(const struct wb_verify_verdict *failure, unsigned standing,
                                 const struct wb_verify_verdict *later) {
    unsigned passed = later->scope.levels & ~later->failed;
    unsigned left = standing & ~(passed & ~(unsigned)ROW_LEVELS);
    bool rows_pass = (passed & ROW_LEVELS) && !(later->failed & ROW_LEVELS) &&
                     covers_columns(later->scope.columns, failure->scope.columns) &&
                     (!later->scope.where || wb_str_eq(later->scope.where, failure->scope.where)) &&
                     strong_enough(&later->scope, failure->scope.strength);
    return rows_pass ? left & ~(unsigned)ROW_LEVELS : left;
}
