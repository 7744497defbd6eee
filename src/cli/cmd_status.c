#include "cli/cli.h"
#include "cli/run_print.h"

enum { OPT_HELP = 1, OPT_JSON };

static const struct wb_option options[] = {
    {"json", NULL, "one JSON object", OPT_JSON},
    {"help", NULL, "this", OPT_HELP},
    {0},
};

static int help(void) {
    puts("Usage: whimbrel status PLAN [OPTIONS]\n\n"
         "What a run is doing, how far it is, what comes next, how to stop or undo it. Reads the "
         "journal; works with and\nwithout a runner.\n\nOptions:");
    wb_opt_help(stdout, options);
    puts("\nExamples:\n  whimbrel status plan.md\n  whimbrel status plan.md --json | jq .state");
    return 0;
}

static int status(const char *path, bool json) {
    struct wb_run_opts opts = {.path = path};
    struct wb_run_state s = {0};
    struct wb_lease lease = {.holder = ""};
    struct wb_arena a = {0};
    struct wb_error err = {0};
    int exit = 0;
    if (wb_run_read(&opts, &s, &lease, &a, &err)) {
        exit = wb_cli_fail(&err, json);
    } else if (json) {
        WB_CLEANUP_BUF struct wb_buf b = {0};
        wb_run_status_json(&s, &lease, &b);
        puts(wb_buf_str(&b));
    } else {
        wb_run_print_status(&s, &lease, path);
    }
    wb_run_state_done(&s);
    wb_arena_done(&a);
    return exit;
}

int wb_cmd_status(int argc, char **argv) {
    struct wb_optparse p = {.argc = argc, .argv = argv, .options = options, .command = "status"};
    const char *path = NULL;
    bool json = false;
    for (int id; (id = wb_opt_next(&p)) != WB_OPT_END;) {
        if (id == WB_OPT_BAD)
            return 2;
        if (id == OPT_HELP)
            return help();
        json |= id == OPT_JSON;
        if (id == WB_OPT_POSITIONAL && path)
            return wb_cli_usage("status", "status takes one plan");
        if (id == WB_OPT_POSITIONAL)
            path = p.text;
    }
    return path ? status(path, json)
                : wb_cli_usage("status", "status takes a plan: a Markdown file");
}
