#include "cli/cli.h"
#include "cli/options.h"
#include "cli/verify_args.h"
#include "cli/verify_out.h"

#include <limits.h>

enum { PAUSE_MS = 10000 };

static int help(void) {
    puts(
        "Usage: whimbrel verify SOURCE TARGET [OPTIONS]\n"
        "       whimbrel verify PLAN [OPTIONS]\n\n"
        "Tells with evidence whether two databases hold the same: row counts, schema, indexes, "
        "constraints, next values,\n"
        "a random sample, and digests of every table; where digests differ it goes down to the row "
        "and names key, column\n"
        "and both values. Applications may go on writing: it reads in short statements, and a row "
        "that differs only because\n"
        "one side has not caught up is read again until it settles. Reads only, but for its "
        "verdicts "
        "(schema whimbrel in the\n"
        "target) and --repair --execute. An interrupted verification goes on where it stood.\n"
        "PLAN is a file with front matter: its source, target, tables, policies and (with "
        "--max-lag) replicas are taken.\n\n"
        "Exit codes: 0 everything is equal; 1 a difference, or an earlier failure that this run "
        "was "
        "too narrow to clear,\n"
        "also where --repair --execute has just put all of it right: the next full pass clears "
        "it;\n"
        "6 nothing differs, but not everything could be compared; 4 database or network; 130 "
        "stopped.\n\n"
        "Options:");
    wb_opt_help(stdout, wb_verify_options);
    puts("\nExamples:\n"
         "  all of it, with a report for the review:\n"
         "    whimbrel verify mysql://app@db1/shop postgresql://app@db2/shop --report proof.md "
         "--report proof.html\n"
         "  a look first, in seconds:\n"
         "    whimbrel verify mysql://app@db1/shop postgresql://app@db2/shop --levels "
         "counts,schema,sample\n"
         "  one table, gently, beside production:\n"
         "    whimbrel verify mysql://app@db1/shop postgresql://app@db2/shop --tables orders "
         "--max-rate 5M --max-lag 2s\n"
         "  last month's rows only:\n"
         "    whimbrel verify sqlite:app.db sqlite:copy.db --tables orders --where \"placed_at >= "
         "'2026-02-01'\"\n"
         "  what would make the target right; then do it:\n"
         "    whimbrel verify sqlite:app.db sqlite:copy.db --repair\n"
         "    whimbrel verify sqlite:app.db sqlite:copy.db --repair --execute\n"
         "  what a plan moves:\n"
         "    whimbrel verify plan.md --report proof.md\n"
         "  watch until the switch:\n"
         "    whimbrel verify mysql://app@db1/shop postgresql://app@db2/shop --continuous --pause "
         "1m --json\n"
         "  are the application's queries as fast there?\n"
         "    whimbrel verify mysql://app@db1/shop postgresql://app@db2/shop --performance "
         "queries.sql --tolerance 20%");
    return 0;
}

static int run_performance(struct wb_verify_args *a) {
    struct wb_error err = {0};
    struct wb_performance_report *report = NULL;
    struct wb_verify_printer printer = {0};
    wb_printer_init(&printer.base, a->json, a->quiet);
    a->performance.source = &a->url[0];
    a->performance.target = &a->url[1];
    a->performance.rules = a->opts.rules;
    a->performance.policy = a->opts.policy;
    a->performance.target_schema = a->opts.target_schema;
    a->performance.statement_timeout_ms = a->opts.statement_timeout_ms;
    a->performance.cancel = &wb_cli_cancel;
    a->performance.progress = wb_performance_print_progress;
    a->performance.progress_ctx = &printer;
    enum wb_code code = wb_performance_run(&a->performance, &report, &err);
    wb_printer_end(&printer.base);
    if (report)
        wb_performance_print_report(&printer, report);
    bool judged = report && (code == WB_E_DIFFERS || code == WB_E_UNPROVEN);
    wb_performance_report_free(report);
    if (judged)
        wb_cli_log(err.text);
    return judged ? wb_error_exit_code(code) : code ? wb_cli_fail(&err, a->json) : 0;
}

/* Where not even a report came to be (a side cannot be reached), the report files must not go on
 * telling of an earlier run that all is well. */
static void explain(struct wb_verify_args *a, struct wb_verify_report *none) {
    *none = (struct wb_verify_report){
        .source = a->opts.source->redacted,
        .target = a->opts.target->redacted,
        .levels = a->opts.levels,
        .outcome = WB_VERIFY_UNVERIFIED,
    };
}

static int finish(struct wb_verify_args *a, struct wb_verify_printer *p,
                  const struct wb_verify_report *report, const struct wb_error *ended) {
    struct wb_verify_report none;
    struct wb_error err = {0};
    /* Ctrl-C is how --continuous ends: what counts is the last whole round. */
    struct wb_error round = {0};
    if (ended->code == WB_E_CANCELED && report && p->round_shown == report->round) {
        round = wb_verify_error_of(report);
        ended = &round;
    }
    struct wb_verify_end end = {report, ended, wb_cli_exit_code(ended), p->command, p->again};
    bool judged =
        ended->code == WB_OK || ended->code == WB_E_DIFFERS || ended->code == WB_E_UNPROVEN;
    if (report && (judged || report->n_tables))
        wb_verify_print_report(p, &end);
    if (!report) {
        explain(a, &none);
        end.report = &none;
    }
    enum wb_code code = wb_verify_print_files(p, &end, &err);
    if (!judged || (ended->code && !report))
        return wb_cli_fail(ended, a->json);
    return code ? wb_cli_fail(&err, a->json) : end.exit_code;
}

static int run(struct wb_verify_args *a, int argc, char **argv) {
    struct wb_error err = {0};
    struct wb_verify_report *report = NULL;
    struct wb_verify_printer printer = {
        .reports = a->reports, .n_reports = a->n_reports, .continuous = a->continuous};
    wb_printer_init(&printer.base, a->json, a->quiet);
    wb_cli_catch_signals();
    if (a->performance.file)
        return run_performance(a);
    printer.command = wb_verify_args_command(a, argc, argv, WB_VERIFY_COMMAND_SAME);
    if (a->execute)
        printer.again = wb_verify_args_command(a, argc, argv, WB_VERIFY_COMMAND_AGAIN);
    a->opts.source = &a->url[0];
    a->opts.target = &a->url[1];
    a->opts.replicas = a->replica_url;
    if (!a->plan)
        a->opts.n_replicas = a->n_replicas;
    a->opts.tables = a->tables;
    a->opts.columns = a->columns;
    a->opts.rounds = a->continuous ? UINT_MAX : 1;
    a->opts.round_pause_ms = a->pause_ms ? a->pause_ms : PAUSE_MS;
    a->opts.repair = !a->repair   ? WB_VERIFY_NO_REPAIR
                     : a->execute ? WB_VERIFY_EXECUTE_REPAIR
                                  : WB_VERIFY_PRINT_REPAIR;
    a->opts.sink = (struct wb_verify_sink){wb_verify_print_event, &printer};
    a->opts.cancel = &wb_cli_cancel;
    wb_verify_run(&a->opts, &report, &err);
    wb_printer_end(&printer.base);
    int exit = finish(a, &printer, report, &err);
    wb_verify_report_free(report);
    return exit;
}

int wb_cmd_verify(int argc, char **argv) {
    struct wb_verify_args a = {.opts = {.rules = wb_rules_new()}};
    int exit = wb_verify_args_parse(&a, argc, argv);
    if (exit == 0)
        exit = a.help ? help() : run(&a, argc, argv);
    wb_rules_free(a.opts.rules);
    wb_arena_done(&a.arena);
    return exit;
}
