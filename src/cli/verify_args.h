/* The command line of verify as values. */
#ifndef WB_CLI_VERIFY_ARGS_H
#define WB_CLI_VERIFY_ARGS_H

#include "cli/cli.h"
#include "verify/performance.h"
#include "verify/verify.h"

enum { WB_VERIFY_ARGS_LIST = 64 };

struct wb_verify_args {
    struct wb_verify_opts opts;
    struct wb_performance_opts performance;
    struct wb_arena arena;
    const char *urls[2];
    size_t n_urls;
    const char *tables[WB_VERIFY_ARGS_LIST], *columns[WB_VERIFY_ARGS_LIST],
        *reports[WB_VERIFY_ARGS_LIST];
    size_t n_reports;
    unsigned pause_ms;
    bool json, quiet, help, repair, execute, continuous;
};

extern const struct wb_option wb_verify_options[];

/* 0, or the exit code of a wrong command line, which has been printed. a->opts.rules must be there;
 * of a->opts and a->performance only what options say is set. */
int wb_verify_args_parse(struct wb_verify_args *a, int argc, char **argv);

/* The command that repeats this one: quoted for a shell, URLs without their passwords (which then
 * come from the environment). */
const char *wb_verify_args_command(struct wb_verify_args *a, int argc, char **argv,
                                   const struct wb_url url[2]);

#endif
