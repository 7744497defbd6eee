/* The command line: one table of commands, one file a command, one way to print. */
#ifndef WB_CLI_CLI_H
#define WB_CLI_CLI_H

#include "base/buf.h"
#include "base/cancel.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>

struct wb_command {
    const char *name;
    const char *args;                  /* "SOURCE TARGET" */
    const char *summary;               /* one line */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit code */
};

extern const struct wb_command wb_commands[];
extern const size_t wb_n_commands;

int wb_cmd_copy(int argc, char **argv);
int wb_cmd_verify(int argc, char **argv);
int wb_cmd_inspect(int argc, char **argv);
int wb_cmd_backup(int argc, char **argv);
int wb_cmd_clean(int argc, char **argv);
int wb_cmd_check(int argc, char **argv);
int wb_cmd_run(int argc, char **argv);
int wb_cmd_status(int argc, char **argv);
int wb_cmd_ask(int argc, char **argv); /* pause, resume, approve, rollback, amend, abort */
int wb_cmd_errors(int argc, char **argv);

extern struct wb_cancel wb_cli_cancel; /* set by SIGINT, SIGTERM and SIGHUP; a second one of the
                                          first two ends the process at once */
void wb_cli_catch_signals(void);

/* How the process ends for an error: prints it ("error: … / what to do: …", or a JSON line) and
 * returns the exit code; 130 or 143 where a signal asked. */
int wb_cli_fail(const struct wb_error *err, bool json);
extern const char *wb_cli_command; /* that runs, for hints that lead to its --help */
int wb_cli_exit_code(const struct wb_error *err); /* the same without printing */

/* A usage error: prints it with the way to the command's help; returns 2. */
int wb_cli_usage(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Log file: everything that is printed for people goes there too, with the time. NULL: none. */
bool wb_cli_open_log(const char *path, struct wb_error *err);
void wb_cli_log(const char *line);

/* "2026-03-12T08:15:30.123Z" now, in a static buffer of the calling thread. */
const char *wb_cli_now(void);

/* An option parser for long options: --name VALUE, --name=VALUE, flags; "--" ends options. */
struct wb_option {
    const char *name;  /* without the dashes */
    const char *value; /* what its value is called in --help ("N"); NULL: a flag */
    const char *help;
    int id;
};

struct wb_optparse {
    int argc;
    char **argv;
    int at;
    const struct wb_option *options; /* ends with name NULL */
    const char *command;
    const char *text; /* of the option just parsed */
};

enum { WB_OPT_END = -1, WB_OPT_BAD = -2, WB_OPT_POSITIONAL = -3 };

/* The next option's id; POSITIONAL with .text; END; BAD after having printed why (with the nearest
 * option's name). */
int wb_opt_next(struct wb_optparse *p);
void wb_opt_help(FILE *to, const struct wb_option *options);

#endif
