#include "backup/backup.h"
#include "cli/cli.h"
#include "copy/copy.h"
#include "verify/verify.h"

enum { OPT_HELP = 1 };

static const struct wb_option options[] = {{"help", NULL, "this", OPT_HELP}, {0}};

static int help(void) {
    puts("Usage: whimbrel clean URL...\n\n"
         "Removes what whimbrel keeps in these databases (schema whimbrel, or tables whimbrel_*): "
         "the ledger of a copy, the\n"
         "verdicts of verifications and the journal of their repairs; and scratch databases "
         "(whimbrel_scratch_*) that a killed\n"
         "backup left on the server. The copied data stays. After that an unfinished copy\n"
         "can no longer be continued, its tables are yours to drop, and no earlier failure of a "
         "verification stands.\n\n"
         "Example:\n  whimbrel clean postgresql://app@db2/shop");
    return 0;
}

typedef enum wb_code (*clean_part)(const struct wb_url *url, struct wb_arena *a,
                                   const char ***ret_removed, size_t *ret_n, struct wb_error *err);

static enum wb_code clean_with(clean_part part, const struct wb_url *url, struct wb_arena *a,
                               size_t *n_removed, struct wb_error *err) {
    const char **removed = NULL;
    size_t n = 0;
    enum wb_code code = part(url, a, &removed, &n, err);
    for (size_t i = 0; !code && i < n; i++)
        printf("%s: removed %s\n", url->redacted, removed[i]);
    *n_removed += n;
    return code;
}

static int clean_one(const char *text) {
    struct wb_arena a = {0};
    struct wb_url url;
    struct wb_error err = {0};
    size_t n = 0;
    enum wb_code code = wb_url_parse(text, &a, &url, &err);
    if (!code)
        code = clean_with(wb_verify_clean, &url, &a, &n, &err);
    if (!code)
        code = clean_with(wb_backup_clean, &url, &a, &n, &err);
    if (!code) /* last: it drops the schema that all of it is in */
        code = clean_with(wb_copy_clean, &url, &a, &n, &err);
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
