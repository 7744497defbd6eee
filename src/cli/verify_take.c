/* Values of options that only verify has. */
#include "cli/verify_args.h"

#include "base/str.h"
#include "cli/verify_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum wb_code wb_verify_take_levels(struct wb_verify_args *a, const char *text,
                                   struct wb_error *err) {
    for (const char *p = text;;) {
        const char *comma = strchrnul(p, ',');
        const char *word = wb_arena_strndup(&a->arena, p, (size_t)(comma - p));
        unsigned bit = WB_VERIFY_COUNTS;
        while (bit <= WB_VERIFY_DIGESTS &&
               !wb_str_eq(word, wb_verify_level_word((enum wb_verify_level)bit)))
            bit <<= 1;
        if (bit > WB_VERIFY_DIGESTS)
            return wb_error_set(err, WB_E_USAGE,
                                "--levels \"%s\": \"%s\" is none of counts, schema, indexes, "
                                "constraints, sequences, sample, digests",
                                text, word);
        a->opts.levels |= bit;
        if (!*comma)
            return WB_OK;
        p = comma + 1;
    }
}

enum wb_code wb_verify_take_mode(struct wb_verify_args *a, const char *text, struct wb_error *err) {
    static const char *const words[] = {"auto", "stream", "server"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (wb_str_eq(text, words[i])) {
            a->opts.mode = (enum wb_verify_mode)i;
            return WB_OK;
        }
    return wb_error_set(err, WB_E_USAGE, "--mode \"%s\" is none of auto, stream, server", text);
}

enum wb_code wb_verify_take_tolerance(struct wb_verify_args *a, const char *text,
                                      struct wb_error *err) {
    char *end;
    double percent = strtod(text, &end);
    if (end == text || !wb_str_eq(end, "%") || !(percent > 0 && percent <= 10000))
        return wb_error_set(err, WB_E_USAGE, "--tolerance \"%s\" is not a percentage such as 10%%",
                            text);
    a->performance.tolerance = percent / 100;
    return WB_OK;
}

/* Names or globs, separated by commas or by repeating the option. */
enum wb_code wb_verify_take_names(const char **list, size_t *n, const char *option,
                                  const char *text, struct wb_arena *arena, struct wb_error *err) {
    for (const char *p = text;;) {
        const char *comma = strchrnul(p, ',');
        if (comma == p)
            return wb_error_set(err, WB_E_USAGE, "--%s \"%s\" has an empty name", option, text);
        if (*n == WB_VERIFY_ARGS_LIST)
            return wb_error_set(err, WB_E_USAGE, "--%s takes at most %d names; use * and ?", option,
                                WB_VERIFY_ARGS_LIST);
        list[(*n)++] = wb_arena_strndup(arena, p, (size_t)(comma - p));
        if (!*comma)
            return WB_OK;
        p = comma + 1;
    }
}

/* That a report cannot be written should be known before hours of comparing, not after. */
enum wb_code wb_verify_take_report(struct wb_verify_args *a, const char *path,
                                   struct wb_error *err) {
    if (!wb_verify_report_can(path))
        return wb_error_set(err, WB_E_USAGE, "--report \"%s\" ends in none of .md, .html, .json",
                            path);
    if (a->n_reports == WB_VERIFY_ARGS_LIST)
        return wb_error_set(err, WB_E_USAGE, "--report may be given at most %d times",
                            WB_VERIFY_ARGS_LIST);
    const char *slash = strrchr(path, '/');
    const char *folder = slash == path ? "/"
                         : slash       ? wb_arena_strndup(&a->arena, path, (size_t)(slash - path))
                                       : ".";
    if (access(folder, W_OK | X_OK) != 0)
        return wb_error_set(err, WB_E_IO, "cannot write the report %s: %s: %s", path, folder,
                            strerror(errno));
    a->reports[a->n_reports++] = path;
    return WB_OK;
}
