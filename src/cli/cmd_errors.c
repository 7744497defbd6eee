#include "cli/cli.h"

static void print_row(void *ctx, int number, const char *name, enum wb_class cls, const char *text,
                      const char *hint) {
    (void)ctx;
    (void)cls;
    printf("| %d | %s | %d | %s | %s |\n", number, name, wb_error_exit_code((enum wb_code)number),
           text, hint);
}

/* docs/errors.md is this command's output; a test compares them. */
int wb_cmd_errors(int argc, char **argv) {
    (void)argv;
    if (argc > 1)
        return wb_cli_usage("", "errors takes no arguments");
    puts("# Errors\n\nEvery error has a number that never changes its meaning. This page is the "
         "output of `whimbrel errors`.\n\n"
         "| number | name | exit code | what it means | what to do |\n|---|---|---|---|---|");
    wb_error_each(print_row, NULL);
    return 0;
}
