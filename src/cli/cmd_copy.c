#include "cli/cli.h"
#include "cli/copy_print.h"
#include "cli/options.h"
#include "copy/copy.h"

#include "base/str.h"

#include <string.h>

enum {
    OPT_HELP = 1,
    OPT_DRY_RUN,
    OPT_INCLUDE, /* these five in the order of enum wb_option_rule */
    OPT_EXCLUDE,
    OPT_RENAME,
    OPT_CAST,
    OPT_CAST_FILE,
    OPT_SCHEMA,
    OPT_POLICY,
    OPT_JOBS,
    OPT_MAX_RATE,
    OPT_MAX_ROW,
    OPT_CHUNK,
    OPT_SCAN,
    OPT_LOCK_TABLES,
    OPT_NO_PROOF,
    OPT_SCHEMA_ONLY,
    OPT_RESTART,
    OPT_RETRIES,
    OPT_JSON,
    OPT_QUIET,
    OPT_LOG_FILE,
};

static const struct wb_option options[] = {
    {"dry-run", NULL, "print the DDL, the casts, the risks and the space needed; change nothing",
     OPT_DRY_RUN},
    {"include", "GLOB", "copy only these tables (table or schema.table; may be repeated)",
     OPT_INCLUDE},
    {"exclude", "GLOB", "leave these tables out; wins over --include", OPT_EXCLUDE},
    {"rename", "OLD=NEW", "another name in the target: a table, or table.column=column",
     OPT_RENAME},
    {"schema", "NAME", "the target's schema (PostgreSQL: public)", OPT_SCHEMA},
    {"cast", "RULE",
     "another type: 'type:tinyint(1)=smallint' or 'column:orders.total=numeric(12,2)'", OPT_CAST},
    {"cast-file", "FILE", "such rules, one a line; # begins a comment", OPT_CAST_FILE},
    {"policy", "KIND=ACTION",
     "what to do with what the target cannot hold; the default is refuse.\n"
     "KIND: nul-byte, zero-date, range, utf8, name-length, name-case\n"
     "ACTION: refuse, null, replace, clamp (docs/values.md says what each does)",
     OPT_POLICY},
    {"jobs", "N",
     "workers, each with a connection to either side (as many as processors, at most 4)", OPT_JOBS},
    {"max-rate", "BYTES", "read at most so much a second, over all workers (such as 20M)",
     OPT_MAX_RATE},
    {"max-row-bytes", "BYTES", "the largest row to be expected (32M)", OPT_MAX_ROW},
    {"chunk-bytes", "BYTES", "how much is copied in one transaction (64M)", OPT_CHUNK},
    {"scan", "auto|all",
     "look for values that would be refused in small tables, or in all, before rows move",
     OPT_SCAN},
    {"lock-tables", NULL, "read tables without transactions (MyISAM, Aria) under a read lock",
     OPT_LOCK_TABLES},
    {"no-proof", NULL, "do not read the target back; the summary says so", OPT_NO_PROOF},
    {"schema-only", NULL,
     "make the tables, without rows, indexes and keys; the same command without it goes on",
     OPT_SCHEMA_ONLY},
    {"restart", NULL, "remove what an earlier run of whimbrel made in the target, and begin anew",
     OPT_RESTART},
    {"retries", "N", "attempts after a lost connection, each continuing where the last stood (5)",
     OPT_RETRIES},
    {"json", NULL, "JSON lines: events, then a summary", OPT_JSON},
    {"quiet", NULL, "no progress, only the summary", OPT_QUIET},
    {"log-file", "FILE", "append what is said, with times, to a file", OPT_LOG_FILE},
    {"help", NULL, "this", OPT_HELP},
    {0},
};

static int help(void) {
    puts(
        "Usage: whimbrel copy SOURCE TARGET [OPTIONS]\n\n"
        "Moves a whole database: schema, data, indexes, constraints, next values; then reads the "
        "target back and\n"
        "compares. Exit code 0 means: everything is there, and proven. It may be stopped at any "
        "time (Ctrl-C, kill -9,\n"
        "a lost connection, a full disk): the same command continues where it stood. Nothing is "
        "ever dropped unasked.\n\n"
        "Databases:\n"
        "  sqlite:PATH   mysql://user@host:3306/db   mariadb://…   postgresql://user@host:5432/db\n"
        "  sockets: mysql://user@localhost/db?socket=/run/mysqld/mysqld.sock   "
        "postgresql:///db?host=/run/postgresql\n"
        "  passwords: WHIMBREL_SOURCE_PASSWORD, WHIMBREL_TARGET_PASSWORD, ~/.my.cnf, ~/.pgpass or "
        "?password-file=FILE\n\n"
        "Options:");
    wb_opt_help(stdout, options);
    puts("\nExamples:\n"
         "  whimbrel copy sqlite:app.db sqlite:copy.db\n"
         "  whimbrel copy mysql://app@db1/shop postgresql://app@db2/shop --dry-run\n"
         "  whimbrel copy mysql://app@db1/shop postgresql://app@db2/shop --jobs 4 --policy "
         "zero-date=null\n"
         "  whimbrel copy mysql://app@db1/shop postgresql://app@db2/shop --exclude 'log_*' "
         "--rename users=accounts");
    return 0;
}

struct args {
    struct wb_copy_opts opts;
    struct wb_arena arena;
    const char *urls[2];
    size_t n_urls;
    bool dry_run, json, quiet, help;
};

static enum wb_code take_rule(struct args *a, int id, const char *text, struct wb_error *err) {
    return wb_option_rule(a->opts.rules, (enum wb_option_rule)(id - OPT_INCLUDE), text, err);
}

static enum wb_code take_number(struct args *a, int id, const char *text, struct wb_error *err) {
    int64_t n = 0;
    enum wb_code code = id == OPT_JOBS ? wb_option_number("jobs", text, 1, 64, &n, err)
                                       : wb_option_number("retries", text, 0, 1000, &n, err);
    if (!code && id == OPT_JOBS)
        a->opts.jobs = (unsigned)n;
    else if (!code)
        a->opts.retries = (unsigned)n;
    return code;
}

static enum wb_code take_scan(struct args *a, const char *text, struct wb_error *err) {
    if (!wb_str_eq(text, "auto") && !wb_str_eq(text, "all"))
        return wb_error_set(err, WB_E_USAGE, "--scan \"%s\" is neither auto nor all", text);
    a->opts.scan = wb_str_eq(text, "all") ? WB_COPY_SCAN_ALL : WB_COPY_SCAN_AUTO;
    return WB_OK;
}

static enum wb_code take_url(struct args *a, const char *text, struct wb_error *err) {
    if (a->n_urls == 2)
        return wb_error_set(err, WB_E_USAGE,
                            "\"%s\" is one argument too many: copy takes SOURCE and TARGET", text);
    a->urls[a->n_urls++] = text;
    return WB_OK;
}

static enum wb_code take(struct args *a, int id, const char *text, struct wb_error *err) {
    switch (id) {
    case WB_OPT_POSITIONAL:
        return take_url(a, text, err);
    case OPT_INCLUDE:
    case OPT_EXCLUDE:
    case OPT_RENAME:
    case OPT_CAST:
    case OPT_CAST_FILE:
        return take_rule(a, id, text, err);
    case OPT_SCHEMA:
        a->opts.target_schema = text;
        return WB_OK;
    case OPT_POLICY:
        return wb_option_policy(text, &a->opts.policy, err);
    case OPT_JOBS:
    case OPT_RETRIES:
        return take_number(a, id, text, err);
    case OPT_MAX_RATE:
        return wb_option_size("max-rate", text, &a->opts.max_rate_bytes, err);
    case OPT_MAX_ROW:
        return wb_option_size("max-row-bytes", text, &a->opts.max_row_bytes, err);
    case OPT_CHUNK:
        return wb_option_size("chunk-bytes", text, &a->opts.chunk_bytes, err);
    case OPT_SCAN:
        return take_scan(a, text, err);
    case OPT_LOG_FILE:
        return wb_cli_open_log(text, err) ? WB_OK : err->code;
    }
    return WB_OK;
}

static void take_flag(struct args *a, int id) {
    a->help |= id == OPT_HELP;
    a->dry_run |= id == OPT_DRY_RUN;
    a->json |= id == OPT_JSON;
    a->quiet |= id == OPT_QUIET;
    if (id == OPT_NO_PROOF)
        a->opts.proof = WB_COPY_NO_PROOF;
    if (id == OPT_SCHEMA_ONLY)
        a->opts.extent = WB_COPY_SCHEMA;
    if (id == OPT_RESTART)
        a->opts.restart = WB_COPY_RESTART;
    if (id == OPT_LOCK_TABLES)
        a->opts.locking = WB_COPY_LOCK_TABLES;
}

/* 0, or the exit code of a wrong command line. */
static int parse(struct args *a, int argc, char **argv) {
    struct wb_optparse p = {.argc = argc, .argv = argv, .options = options, .command = "copy"};
    for (int id; (id = wb_opt_next(&p)) != WB_OPT_END;) {
        struct wb_error err = {0};
        if (id == WB_OPT_BAD)
            return 2;
        take_flag(a, id);
        if (take(a, id, p.text, &err))
            return wb_cli_fail(&err, a->json);
    }
    if (!a->help && a->n_urls < 2)
        return wb_cli_usage("copy", "copy takes two databases: SOURCE and TARGET");
    return 0;
}

static int run(struct args *a) {
    struct wb_url url[2];
    struct wb_error err = {0};
    struct wb_copy_report *report = NULL;
    struct wb_printer printer;
    wb_printer_init(&printer, a->json, a->quiet);
    a->opts.sink = (struct wb_copy_sink){wb_copy_print_event, &printer};
    a->opts.cancel = &wb_cli_cancel;
    wb_cli_catch_signals();
    enum wb_code code = wb_option_urls(a->urls, &a->arena, url, &err);
    a->opts.source = &url[0];
    a->opts.target = &url[1];
    if (!code)
        code = a->dry_run ? wb_copy_dry_run(&a->opts, &report, &err)
                          : wb_copy_run(&a->opts, &report, &err);
    wb_printer_end(&printer);
    if (report && !code && a->dry_run)
        wb_copy_print_dry_run(&printer, report);
    else if (report && !a->dry_run && (!code || report->n_tables))
        wb_copy_print_report(&printer, report, code ? &err : &(struct wb_error){0});
    wb_copy_report_free(report);
    return code ? wb_cli_fail(&err, a->json) : 0;
}

int wb_cmd_copy(int argc, char **argv) {
    struct args a = {.opts = {.rules = wb_rules_new(), .retries = 5}};
    int exit = parse(&a, argc, argv);
    if (exit == 0)
        exit = a.help ? help() : run(&a);
    wb_rules_free(a.opts.rules);
    wb_arena_done(&a.arena);
    return exit;
}
