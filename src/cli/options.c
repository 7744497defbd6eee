#include "cli/options.h"

#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum wb_code wb_option_number(const char *option, const char *text, int64_t min, int64_t max,
                              int64_t *ret, struct wb_error *err) {
    if (wb_str_int64(text, min, max, ret))
        return WB_OK;
    return wb_error_set(err, WB_E_USAGE, "--%s \"%s\" is not a number from %lld to %lld", option,
                        text, (long long)min, (long long)max);
}

enum wb_code wb_option_size(const char *option, const char *text, uint64_t *ret_bytes,
                            struct wb_error *err) {
    if (wb_str_bytes(text, ret_bytes) && *ret_bytes > 0)
        return WB_OK;
    return wb_error_set(err, WB_E_USAGE, "--%s \"%s\" is not a size such as 500k, 20M or 1G",
                        option, text);
}

static uint64_t unit_ms(const char *unit) {
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"min", 60000}, {"h", 3600000}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i].unit) == 0)
            return units[i].ms;
    return 0;
}

enum wb_code wb_option_duration(const char *option, const char *text, unsigned *ret_ms,
                                struct wb_error *err) {
    size_t digits = strspn(text, "0123456789");
    uint64_t unit = unit_ms(text + digits);
    errno = 0;
    uint64_t n = digits ? strtoull(text, NULL, 10) : 0;
    if (n == 0 || errno || unit == 0 || n > (uint64_t)INT32_MAX / unit)
        return wb_error_set(err, WB_E_USAGE, "--%s \"%s\" is not a time such as 500ms, 5s or 10m",
                            option, text);
    *ret_ms = (unsigned)(n * unit);
    return WB_OK;
}

enum wb_code wb_option_policy(const char *text, struct wb_policy *policy, struct wb_error *err) {
    if (wb_policy_parse(text, policy))
        return WB_OK;
    return wb_error_set(
        err, WB_E_RULE,
        "--policy \"%s\" is not KIND=ACTION, or that action does not suit that kind", text);
}

enum wb_code wb_option_rule(struct wb_rules *r, enum wb_option_rule kind, const char *text,
                            struct wb_error *err) {
    switch (kind) {
    case WB_OPTION_INCLUDE:
        return wb_rules_add_include(r, text, err);
    case WB_OPTION_EXCLUDE:
        return wb_rules_add_exclude(r, text, err);
    case WB_OPTION_RENAME:
        return wb_rules_add_rename(r, text, err);
    case WB_OPTION_CAST:
        return wb_rules_add_cast(r, text, err);
    case WB_OPTION_CAST_FILE:
        break;
    }
    return wb_rules_add_cast_file(r, text, err);
}

void wb_option_warn_password(const struct wb_url *u, const char *variable) {
    if (u->password)
        fprintf(
            stderr,
            "whimbrel: a password on the command line can be read by other users of this machine; "
            "better set %s\n",
            variable);
}

enum wb_code wb_option_urls(const char *const texts[2], struct wb_arena *a, struct wb_url ret[2],
                            struct wb_error *err) {
    enum wb_code code = wb_url_parse(texts[0], a, &ret[0], err);
    if (!code)
        code = wb_url_parse(texts[1], a, &ret[1], err);
    if (code)
        return code;
    wb_option_warn_password(&ret[0], "WHIMBREL_SOURCE_PASSWORD");
    wb_option_warn_password(&ret[1], "WHIMBREL_TARGET_PASSWORD");
    return WB_OK;
}
