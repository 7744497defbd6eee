#include "cli/verify_args.h"

#include "base/str.h"
#include "cli/options.h"
#include "cli/verify_out.h"

#include <string.h>

enum {
    OPT_HELP = 1,
    OPT_LEVELS,
    OPT_TABLES,
    OPT_INCLUDE, /* these five in the order of enum wb_option_rule */
    OPT_EXCLUDE,
    OPT_RENAME,
    OPT_CAST,
    OPT_CAST_FILE,
    OPT_SCHEMA,
    OPT_POLICY,
    OPT_COLUMNS,
    OPT_WHERE,
    OPT_WHERE_TARGET,
    OPT_SAMPLE,
    OPT_MODE,
    OPT_JOBS,
    OPT_MAX_RATE,
    OPT_MAX_ROW,
    OPT_CHUNK_TIME,
    OPT_STATEMENT_TIMEOUT,
    OPT_SETTLE,
    OPT_MAX_LAG,
    OPT_REPLICA,
    OPT_MAX_ACTIVE,
    OPT_MAX_DIFFERENCES,
    OPT_CONTINUOUS,
    OPT_PAUSE,
    OPT_REPAIR,
    OPT_EXECUTE,
    OPT_REDACT,
    OPT_NO_RECORD,
    OPT_RESTART,
    OPT_REPORT,
    OPT_PERFORMANCE,
    OPT_RUNS,
    OPT_TOLERANCE,
    OPT_JSON,
    OPT_QUIET,
    OPT_LOG_FILE,
};

const struct wb_option wb_verify_options[] = {
    {"levels", "LIST",
     "what to compare, separated by commas (all): counts, schema, indexes, constraints,\n"
     "sequences, sample, digests",
     OPT_LEVELS},
    {"tables", "GLOB", "look at these tables only (table or schema.table; may be repeated)",
     OPT_TABLES},
    {"columns", "GLOB",
     "only these columns, besides the key (column or table.column; may be repeated)", OPT_COLUMNS},
    {"where", "SQL", "only the rows for which this holds, in SQL that both sides understand",
     OPT_WHERE},
    {"where-target", "SQL", "the same in the target's words, where they differ", OPT_WHERE_TARGET},
    {"include", "GLOB", "as it was copied: the copy had these tables only", OPT_INCLUDE},
    {"exclude", "GLOB", "as it was copied: it was without these; or to leave them out",
     OPT_EXCLUDE},
    {"rename", "OLD=NEW", "as it was copied: a table's other name, or table.column=column",
     OPT_RENAME},
    {"schema", "NAME", "the target's schema (PostgreSQL: public)", OPT_SCHEMA},
    {"cast", "RULE", "as it was copied: 'type:tinyint(1)=smallint'", OPT_CAST},
    {"cast-file", "FILE", "such rules, one a line; # begins a comment", OPT_CAST_FILE},
    {"policy", "KIND=ACTION", "as it was copied: zero-date=null and so on (docs/values.md)",
     OPT_POLICY},
    {"sample", "N",
     "rows a table that the level sample looks up on the other side (1000); without --levels a\n"
     "sample is taken instead of digests",
     OPT_SAMPLE},
    {"mode", "auto|stream|server",
     "who computes digests: whimbrel from the rows, or the servers, so that little travels;\n"
     "auto measures the first chunks and says what it chose",
     OPT_MODE},
    {"jobs", "N",
     "workers, each with a connection to either side (as many as processors, at most 4)", OPT_JOBS},
    {"max-rate", "BYTES", "read at most so much a second, over both sides (such as 20M)",
     OPT_MAX_RATE},
    {"max-row-bytes", "BYTES", "the largest row to be expected (32M)", OPT_MAX_ROW},
    {"chunk-time", "TIME", "how long one statement may read; chunks grow and shrink by it (500ms)",
     OPT_CHUNK_TIME},
    {"statement-timeout", "TIME", "statements that take longer are ended (60s)",
     OPT_STATEMENT_TIMEOUT},
    {"settle", "TIME", "how long a row that differs is read again before it counts (5s)",
     OPT_SETTLE},
    {"max-lag", "TIME", "pause while either side, or a replica, is further behind", OPT_MAX_LAG},
    {"replica", "URL",
     "with --max-lag: a server to be asked itself how far behind it is (may be repeated)",
     OPT_REPLICA},
    {"max-active", "N", "pause while either server runs more statements than this", OPT_MAX_ACTIVE},
    {"max-differences", "N", "rows listed a table (100); all are counted", OPT_MAX_DIFFERENCES},
    {"continuous", NULL,
     "round after round until stopped (Ctrl-C); the exit code is the last whole round's",
     OPT_CONTINUOUS},
    {"pause", "TIME", "between rounds (10s)", OPT_PAUSE},
    {"repair", NULL, "print the statements that would make the target right; change nothing",
     OPT_REPAIR},
    {"execute", NULL, "with --repair: run them, journalled in the target", OPT_EXECUTE},
    {"redact", NULL, "show no values, only which rows and columns differ", OPT_REDACT},
    {"no-record", NULL, "keep no verdicts in the target, and do not look at earlier ones",
     OPT_NO_RECORD},
    {"restart", NULL, "do not go on with an interrupted verification; begin anew", OPT_RESTART},
    {"report", "FILE", "also write the result as .md, .html or .json (may be repeated)",
     OPT_REPORT},
    {"performance", "FILE", "instead: time the queries of this file on both sides and compare",
     OPT_PERFORMANCE},
    {"runs", "N", "with --performance: rounds a query (50)", OPT_RUNS},
    {"tolerance", "PERCENT", "with --performance: how much slower is still good (10%)",
     OPT_TOLERANCE},
    {"json", NULL, "JSON lines: events, then a summary", OPT_JSON},
    {"quiet", NULL, "no progress, only the summary", OPT_QUIET},
    {"log-file", "FILE", "append what is said, with times, to a file", OPT_LOG_FILE},
    {"help", NULL, "this", OPT_HELP},
    {0},
};

static enum wb_code take_number(struct wb_verify_args *a, int id, const char *text,
                                struct wb_error *err) {
    int64_t n = 0;
    enum wb_code code;
    switch (id) {
    case OPT_SAMPLE:
        code = wb_option_number("sample", text, 1, 1000000, &n, err);
        a->opts.sample_rows = code ? 0 : (uint64_t)n;
        return code;
    case OPT_JOBS:
        code = wb_option_number("jobs", text, 1, 16, &n, err);
        a->opts.jobs = (unsigned)n;
        return code;
    case OPT_MAX_ACTIVE:
        code = wb_option_number("max-active", text, 1, 1000000, &n, err);
        a->opts.max_active = (unsigned)n;
        return code;
    case OPT_RUNS:
        code = wb_option_number("runs", text, 1, 1000000, &n, err);
        a->performance.runs = (unsigned)n;
        return code;
    default:
        code = wb_option_number("max-differences", text, 1, 100000, &n, err);
        a->opts.max_differences = (size_t)n;
        return code;
    }
}

static enum wb_code take_time(struct wb_verify_args *a, int id, const char *text,
                              struct wb_error *err) {
    switch (id) {
    case OPT_CHUNK_TIME:
        return wb_option_duration("chunk-time", text, &a->opts.chunk_ms, err);
    case OPT_STATEMENT_TIMEOUT:
        return wb_option_duration("statement-timeout", text, &a->opts.statement_timeout_ms, err);
    case OPT_SETTLE:
        return wb_option_duration("settle", text, &a->opts.settle_ms, err);
    case OPT_MAX_LAG:
        return wb_option_duration("max-lag", text, &a->opts.max_lag_ms, err);
    default:
        return wb_option_duration("pause", text, &a->pause_ms, err);
    }
}

static bool names_plan(const char *text) {
    size_t len = strlen(text);
    return (len > 3 && wb_str_ieq(text + len - 3, ".md")) || !strchr(text, ':');
}

static enum wb_code take_url(struct wb_verify_args *a, const char *text, struct wb_error *err) {
    if (a->n_urls == 0 && !a->plan && names_plan(text)) {
        a->plan = text;
        return WB_OK;
    }
    if (a->plan)
        return wb_error_set(err, WB_E_USAGE,
                            "\"%s\" is one argument too many: the plan %s names both databases",
                            text, a->plan);
    if (a->n_urls == 2)
        return wb_error_set(err, WB_E_USAGE,
                            "\"%s\" is one argument too many: verify takes SOURCE and TARGET, or a "
                            "plan",
                            text);
    a->urls[a->n_urls++] = text;
    return WB_OK;
}

static enum wb_code take_replica(struct wb_verify_args *a, const char *text, struct wb_error *err) {
    if (a->n_replicas == WB_VERIFY_ARGS_LIST)
        return wb_error_set(err, WB_E_USAGE, "--replica may be given at most %d times",
                            WB_VERIFY_ARGS_LIST);
    enum wb_code code = wb_url_parse(text, &a->arena, &a->replica_url[a->n_replicas], err);
    if (code)
        return wb_error_wrap(err, "--replica");
    a->replicas[a->n_replicas++] = text;
    return WB_OK;
}

/* The plan's own come first: they are taken when the plan is read. */
static enum wb_code take_policy(struct wb_verify_args *a, const char *text, struct wb_error *err) {
    struct wb_policy tried = {0};
    if (a->n_policies == WB_VERIFY_ARGS_LIST)
        return wb_error_set(err, WB_E_USAGE, "--policy may be given at most %d times",
                            WB_VERIFY_ARGS_LIST);
    a->policies[a->n_policies++] = text;
    return wb_option_policy(text, &tried, err);
}

static enum wb_code take_value(struct wb_verify_args *a, int id, const char *text,
                               struct wb_error *err) {
    switch (id) {
    case OPT_POLICY:
        return take_policy(a, text, err);
    case OPT_REPLICA:
        return take_replica(a, text, err);
    case OPT_COLUMNS:
        return wb_verify_take_names(a->columns, &a->opts.n_columns, "columns", text, &a->arena,
                                    err);
    case OPT_MAX_RATE:
        return wb_option_size("max-rate", text, &a->opts.max_rate_bytes, err);
    case OPT_MAX_ROW:
        return wb_option_size("max-row-bytes", text, &a->opts.max_row_bytes, err);
    case OPT_SAMPLE:
    case OPT_JOBS:
    case OPT_MAX_ACTIVE:
    case OPT_MAX_DIFFERENCES:
    case OPT_RUNS:
        return take_number(a, id, text, err);
    case OPT_CHUNK_TIME:
    case OPT_STATEMENT_TIMEOUT:
    case OPT_SETTLE:
    case OPT_MAX_LAG:
    case OPT_PAUSE:
        return take_time(a, id, text, err);
    case OPT_TOLERANCE:
        return wb_verify_take_tolerance(a, text, err);
    case OPT_REPORT:
        return wb_verify_take_report(a, text, err);
    case OPT_LOG_FILE:
        return wb_cli_open_log(text, err) ? WB_OK : err->code;
    }
    return WB_OK;
}

static enum wb_code take(struct wb_verify_args *a, int id, const char *text, struct wb_error *err) {
    switch (id) {
    case WB_OPT_POSITIONAL:
        return take_url(a, text, err);
    case OPT_LEVELS:
        return wb_verify_take_levels(a, text, err);
    case OPT_TABLES:
        return wb_verify_take_names(a->tables, &a->opts.n_tables, "tables", text, &a->arena, err);
    case OPT_INCLUDE:
    case OPT_EXCLUDE:
    case OPT_RENAME:
    case OPT_CAST:
    case OPT_CAST_FILE:
        return wb_option_rule(a->opts.rules, (enum wb_option_rule)(id - OPT_INCLUDE), text, err);
    case OPT_SCHEMA:
        a->opts.target_schema = text;
        return WB_OK;
    case OPT_WHERE:
        a->opts.where = text;
        return WB_OK;
    case OPT_WHERE_TARGET:
        a->opts.where_target = text;
        return WB_OK;
    case OPT_MODE:
        return wb_verify_take_mode(a, text, err);
    case OPT_PERFORMANCE:
        a->performance.file = text;
        return WB_OK;
    }
    return take_value(a, id, text, err);
}

static void take_flag(struct wb_verify_args *a, int id) {
    a->help |= id == OPT_HELP;
    a->json |= id == OPT_JSON;
    a->quiet |= id == OPT_QUIET;
    a->repair |= id == OPT_REPAIR;
    a->execute |= id == OPT_EXECUTE;
    a->continuous |= id == OPT_CONTINUOUS;
    if (id == OPT_REDACT)
        a->opts.values = WB_VERIFY_REDACT_VALUES;
    if (id == OPT_NO_RECORD)
        a->opts.record = WB_VERIFY_NO_RECORD;
    if (id == OPT_RESTART)
        a->opts.restart = WB_VERIFY_RESTART;
}

/* Options that make no sense without or beside another. */
static int check(struct wb_verify_args *a) {
    if (a->n_urls < 2 && !a->plan)
        return wb_cli_usage("verify",
                            "verify takes two databases, SOURCE and TARGET, or a plan that "
                            "names them");
    if (a->n_replicas && !a->opts.max_lag_ms)
        return wb_cli_usage("verify", "--replica names a server whose lag --max-lag bounds: give "
                                      "both");
    if (a->execute && !a->repair)
        return wb_cli_usage("verify", "--execute runs what --repair would print: give both");
    if (a->repair && !a->execute && a->opts.values == WB_VERIFY_REDACT_VALUES)
        return wb_cli_usage("verify", "the statements that --repair prints hold values, which "
                                      "--redact hides; give --execute as well, or leave one out");
    if (a->repair && a->continuous)
        return wb_cli_usage("verify", "--repair and --continuous do not go together: repair once, "
                                      "then watch");
    if (a->execute && a->opts.record == WB_VERIFY_NO_RECORD)
        return wb_cli_usage("verify", "--repair --execute keeps a journal in the target: "
                                      "leave --no-record out");
    if (a->opts.where_target && !a->opts.where)
        return wb_cli_usage("verify", "--where-target says --where in other words: give both");
    if (a->pause_ms && !a->continuous)
        return wb_cli_usage("verify", "--pause is the time between rounds of --continuous");
    if ((a->performance.runs || a->performance.tolerance > 0) && !a->performance.file)
        return wb_cli_usage("verify", "--runs and --tolerance belong to --performance");
    if (a->performance.file && (a->opts.levels || a->repair || a->continuous))
        return wb_cli_usage("verify", "--performance compares times only: verify the data with a "
                                      "command of its own");
    return 0;
}

/* Digests compare what a sample would: who asks for a sample means it instead. */
static void choose_levels(struct wb_verify_args *a) {
    if (a->opts.sample_rows && !a->opts.levels)
        a->opts.levels = WB_VERIFY_ALL & ~(unsigned)WB_VERIFY_DIGESTS;
}

/* Both databases, and what of them: from the command line, or from the plan. */
static enum wb_code take_databases(struct wb_verify_args *a, struct wb_error *err) {
    enum wb_code code =
        a->plan ? wb_verify_plan_take(a, err) : wb_option_urls(a->urls, &a->arena, a->url, err);
    for (size_t i = 0; !code && i < a->n_policies; i++)
        code = wb_option_policy(a->policies[i], &a->opts.policy, err);
    return code;
}

int wb_verify_args_parse(struct wb_verify_args *a, int argc, char **argv) {
    struct wb_optparse p = {
        .argc = argc, .argv = argv, .options = wb_verify_options, .command = "verify"};
    for (int id; (id = wb_opt_next(&p)) != WB_OPT_END;) {
        struct wb_error err = {0};
        if (id == WB_OPT_BAD)
            return 2;
        take_flag(a, id);
        if (take(a, id, p.text, &err))
            return wb_cli_fail(&err, a->json);
    }
    int exit = a->help ? 0 : check(a);
    struct wb_error err = {0};
    if (exit || a->help)
        return exit;
    choose_levels(a);
    return take_databases(a, &err) ? wb_cli_fail(&err, a->json) : 0;
}
