/* Values of options that several commands take, and the two databases that they name. Errors are
 * USAGE or RULE and quote option and text. */
#ifndef WB_CLI_OPTIONS_H
#define WB_CLI_OPTIONS_H

#include "base/arena.h"
#include "base/error.h"
#include "model/policy.h"
#include "model/url.h"
#include "schema/rules.h"

#include <stdint.h>

enum wb_code wb_option_number(const char *option, const char *text, int64_t min, int64_t max,
                              int64_t *ret, struct wb_error *err);
enum wb_code wb_option_size(const char *option, const char *text, uint64_t *ret_bytes,
                            struct wb_error *err); /* 500k, 20M, 1G; more than 0 */
enum wb_code wb_option_duration(const char *option, const char *text, unsigned *ret_ms,
                                struct wb_error *err); /* 500ms, 5s, 10m, 2h; more than 0 */
enum wb_code wb_option_policy(const char *text, struct wb_policy *policy, struct wb_error *err);

/* The options that say which tables, under which names and as which types. */
enum wb_option_rule {
    WB_OPTION_INCLUDE,
    WB_OPTION_EXCLUDE,
    WB_OPTION_RENAME,
    WB_OPTION_CAST,
    WB_OPTION_CAST_FILE,
};
enum wb_code wb_option_rule(struct wb_rules *r, enum wb_option_rule kind, const char *text,
                            struct wb_error *err);

/* On standard error, where the URL holds a password that others can read. */
void wb_option_warn_password(const struct wb_url *u, const char *variable);

/* SOURCE and TARGET; warns on standard error about a password that others can read. Strings belong
 * to a. */
enum wb_code wb_option_urls(const char *const texts[2], struct wb_arena *a, struct wb_url ret[2],
                            struct wb_error *err);

#endif
