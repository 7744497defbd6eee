/* whimbrel: dispatch. */
#include "builtin/builtin.h"
#include "cli/cli.h"
#include "engine/trace.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

const struct wb_command wb_commands[] = {
    {"copy", "SOURCE TARGET",
     "move a whole database: schema, data, indexes, constraints, then proof", wb_cmd_copy},
    {"verify", "SOURCE TARGET",
     "tell with evidence whether two databases hold the same, down to the row", wb_cmd_verify},
    {"inspect", "URL", "what is there: tables, rows, bytes, types, and what cannot be carried",
     wb_cmd_inspect},
    {"backup", "PLAN|URL", "make a backup, restore it into a scratch database and compare it",
     wb_cmd_backup},
    {"clean", "URL...", "remove what whimbrel keeps in a database (never the copied data)",
     wb_cmd_clean},
    {"check", "PLAN", "how every line of a plan is understood, and what is wrong with it",
     wb_cmd_check},
    {"run", "PLAN", "run a plan: phases, checks, gates, triggers, sign-offs", wb_cmd_run},
    {"status", "PLAN", "what a run is doing, what comes next, how to stop or undo it",
     wb_cmd_status},
    {"pause", "PLAN", "nothing new begins; triggers are still evaluated", wb_cmd_ask},
    {"resume", "PLAN", "go on after a pause, or after what held the run", wb_cmd_ask},
    {"approve", "PLAN", "sign a phase, or confirm what a person does", wb_cmd_ask},
    {"rollback", "PLAN", "undo what was done, newest first (shown, unless --execute)", wb_cmd_ask},
    {"amend", "PLAN", "take over the edit of a plan that runs", wb_cmd_ask},
    {"abort", "PLAN", "end a run for good; nothing is undone", wb_cmd_ask},
    {"errors", "", "list every error: number, name, exit code, meaning, what to do", wb_cmd_errors},
};
const size_t wb_n_commands = sizeof wb_commands / sizeof wb_commands[0];

static int help(FILE *to) {
    fputs("whimbrel moves live databases: planned, run, proven and undone.\n\nUsage: whimbrel "
          "COMMAND [ARGUMENTS]\n\n"
          "Commands:\n",
          to);
    for (size_t i = 0; i < wb_n_commands; i++)
        fprintf(to, "  %-8s %-14s %s\n", wb_commands[i].name, wb_commands[i].args,
                wb_commands[i].summary);
    fputs("\nEvery command has --help, with examples.\n\n"
          "Try: whimbrel copy sqlite:app.db sqlite:copy.db\n"
          "     whimbrel copy mysql://root@localhost/shop postgresql://postgres@localhost/shop "
          "--dry-run\n\n"
          "Exit codes: 0 done and proven; 1 a difference or a refusal; 2 wrong usage; 3 the "
          "plan is at fault;\n4 database, network or disk; "
          "5 internal error; 6 not verified; 130/143 interrupted (the same command continues).\n",
          to);
    return to == stdout ? 0 : 2;
}

static int dispatch(int argc, char **argv) {
    for (size_t i = 0; i < wb_n_commands; i++)
        if (strcmp(argv[0], wb_commands[i].name) == 0) {
            wb_cli_command = wb_commands[i].name;
            return wb_commands[i].run(argc, argv);
        }
    return wb_cli_usage("", "there is no command \"%s\"", argv[0]);
}

int main(int argc, char **argv) {
    /* Large values come and go: give their memory back at once instead of keeping it. */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
    mallopt(M_ARENA_MAX, 4);
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        return help(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        (strcmp(argv[1], "help") == 0 && argc == 2))
        return help(stdout);
    if (strcmp(argv[1], "--version") == 0) {
        puts("whimbrel " WB_VERSION);
        return 0;
    }
    wb_builtin_register();
    const char *trace = getenv("WHIMBREL_TRACE");
    struct wb_error err;
    if (trace && *trace && wb_trace_to(trace, &err))
        return wb_cli_fail(&err, false);
    char *of_command[] = {argv[2], (char *)"--help", NULL};
    bool asks = strcmp(argv[1], "help") == 0; /* whimbrel help copy */
    return asks ? dispatch(2, of_command) : dispatch(argc - 1, argv + 1);
}
