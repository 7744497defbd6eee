#include "cli/cli.h"

enum { OPT_HELP = 1 };

static const struct wb_option options[] = {{"help", NULL, "this", OPT_HELP}, {0}};

static int help(void) {
    puts("Usage: whimbrel errors\n\n"
         "Lists every error as Markdown: its number, which never changes its meaning, its name, "
         "the exit code, what it means\nand what to do (docs/errors.md).\n\n"
         "Example:\n  whimbrel errors | grep LOCK_TIMEOUT");
    return 0;
}

static void print_row(void *ctx, int number, const char *name, enum wb_class cls, const char *text,
                      const char *hint) {
    (void)ctx;
    (void)cls;
    printf("| %d | %s | %d | %s | %s |\n", number, name, wb_error_exit_code((enum wb_code)number),
           text, hint);
}

/* docs/errors.md is this command's output; a test compares them. */
int wb_cmd_errors(int argc, char **argv) {
    struct wb_optparse p = {.argc = argc, .argv = argv, .options = options, .command = "errors"};
    for (int id; (id = wb_opt_next(&p)) != WB_OPT_END;) {
        if (id == OPT_HELP)
            return help();
        return id == WB_OPT_BAD ? 2 : wb_cli_usage("errors", "errors takes no arguments");
    }
    puts("# Errors\n\nEvery error has a number that never changes its meaning. This page is the "
         "output of `whimbrel errors`.\n\n"
         "| number | name | exit code | what it means | what to do |\n|---|---|---|---|---|");
    wb_error_each(print_row, NULL);
    return 0;
}
