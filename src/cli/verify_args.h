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
    const char *plan;    /* NULL: urls */
    const char *urls[2]; /* as given; of a plan: none */
    size_t n_urls;
    struct wb_url url[2]; /* by enum wb_side */
    const char *replicas[WB_VERIFY_ARGS_LIST];
    struct wb_url replica_url[WB_VERIFY_ARGS_LIST]; /* those given first, then the plan's */
    size_t n_replicas;                              /* given */
    const char *policies[WB_VERIFY_ARGS_LIST];
    size_t n_policies;
    const char *tables[WB_VERIFY_ARGS_LIST], *columns[WB_VERIFY_ARGS_LIST],
        *reports[WB_VERIFY_ARGS_LIST];
    size_t n_reports;
    unsigned pause_ms;
    bool json, quiet, help, repair, execute, continuous;
};

extern const struct wb_option wb_verify_options[];

/* 0, or the exit code of a wrong command line or plan, which has been printed. a->opts.rules must
 * be there; of a->opts and a->performance only what options and the plan say is set. */
int wb_verify_args_parse(struct wb_verify_args *a, int argc, char **argv);

/* verify_take.c: values of options, into a. */
enum wb_code wb_verify_take_levels(struct wb_verify_args *a, const char *text,
                                   struct wb_error *err);
enum wb_code wb_verify_take_mode(struct wb_verify_args *a, const char *text, struct wb_error *err);
enum wb_code wb_verify_take_tolerance(struct wb_verify_args *a, const char *text,
                                      struct wb_error *err);
/* Appended to a list of WB_VERIFY_ARGS_LIST places, *n of them taken. */
enum wb_code wb_verify_take_names(const char **list, size_t *n, const char *option,
                                  const char *text, struct wb_arena *arena, struct wb_error *err);
enum wb_code wb_verify_take_report(struct wb_verify_args *a, const char *path,
                                   struct wb_error *err);

/* The command that repeats this one: quoted for a shell, URLs without their passwords (which then
 * come from the environment). */
enum wb_verify_command {
    WB_VERIFY_COMMAND_SAME,
    WB_VERIFY_COMMAND_AGAIN, /* without its repairs: what is to be run after them */
};
const char *wb_verify_args_command(struct wb_verify_args *a, int argc, char **argv,
                                   enum wb_verify_command which);

/* verify_plan.c: both databases, tables, policies and replicas (after those given) of a->plan. */
enum wb_code wb_verify_plan_take(struct wb_verify_args *a, struct wb_error *err);

#endif
