#include "cli/cli.h"
#include "copy/copy.h"

enum { OPT_HELP = 1 };

static const struct wb_option options[] = {{"help", NULL, "this", OPT_HELP}, {0}};

static int help(void) {
    puts("Usage: whimbrel clean URL...\n\n"
         "Removes what whimbrel keeps in these databases: the ledger (schema whimbrel, or tables "
         "whimbrel_*). The copied\n"
         "data stays. After that an unfinished copy can no longer be continued, and its tables are "
         "yours to drop.\n\n"
         "Example:\n  whimbrel clean postgresql://app@db2/shop");
    return 0;
}

static int clean_one(const char *text) {
    struct wb_arena a = {0};
    struct wb_url url;
    struct wb_error err = {0};
    const char **removed = NULL;
    size_t n = 0;
    enum wb_code code = wb_url_parse(text, &a, &url, &err);
    if (!code)
        code = wb_copy_clean(&url, &a, &removed, &n, &err);
    for (size_t i = 0; !code && i < n; i++)
        printf("%s: removed %s\n", url.redacted, removed[i]);
    if (!code && n == 0)
        printf("%s: nothing of whimbrel's is there\n", url.redacted);
    wb_arena_done(&a);
    return code ? wb_cli_fail(&err, false) : 0;
}

int wb_cmd_clean(int argc, char **argv) {
    struct wb_optparse p = {.argc = argc, .argv = argv, .options = options, .command = "clean"};
    int exit = 0, n = 0;
    for (int id; (id = wb_opt_next(&p)) != WB_OPT_END;) {
        if (id == WB_OPT_BAD)
            return 2;
        if (id == OPT_HELP)
            return help();
        int one = clean_one(p.text);
        exit = exit ? exit : one;
        n++;
    }
    return n ? exit : wb_cli_usage("clean", "clean takes at least one database");
}
