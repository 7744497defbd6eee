#include "cli/check_print.h"
#include "cli/cli.h"
#include "run/program.h"

enum { OPT_HELP = 1, OPT_OFFLINE, OPT_STRICT, OPT_JSON, OPT_GRAMMAR };

static const struct wb_option options[] = {
    {"offline", NULL, "ask no database: judge the text alone", OPT_OFFLINE},
    {"strict", NULL, "warnings count as errors", OPT_STRICT},
    {"json", NULL, "one JSON object", OPT_JSON},
    {"grammar", NULL, "list every phrase and every finding, as Markdown; takes no PLAN",
     OPT_GRAMMAR},
    {"help", NULL, "this", OPT_HELP},
    {0},
};

static int help(void) {
    puts("Usage: whimbrel check PLAN [OPTIONS]\n\n"
         "Reads a plan in Markdown and shows how every line is understood: auto (what exactly will "
         "be done), manual (a\n"
         "person does it) or unbound (a gate or trigger that nothing measures), then what is wrong "
         "or doubtful, with line\n"
         "and column. Looks into the source and the target that the plan names: tables and columns "
         "that are not there, what\n"
         "their versions cannot do, locks that steps take and for how long. Changes nothing. "
         "docs/plan.md describes plans.\n\nOptions:");
    wb_opt_help(stdout, options);
    puts("\nExit codes: 0 no errors; 3 errors (with --strict: or warnings); 4 the file cannot be "
         "read, or a database not\n"
         "be looked into (see --offline).\n\n"
         "Examples:\n"
         "  whimbrel check plan.md\n"
         "  whimbrel check plan.md --offline --strict     in continuous integration\n"
         "  whimbrel check plan.md --json | jq '.findings[]'");
    return 0;
}

struct request {
    const char *path;
    enum wb_check_strict strict;
    bool json, offline;
};

static void show(const struct request *q, const struct wb_plan *p,
                 const struct wb_lint_sides *sides) {
    struct wb_program program;
    struct wb_checked c = {.plan = p, .strict = q->strict, .sides = sides};
    wb_program_make(p, &program);
    c.refusal = wb_program_refusal(&program, &program.arena, &c.refusal_place);
    if (q->json)
        wb_check_print_json(&c);
    else
        wb_check_print_text(&c);
    wb_program_done(&program);
}

/* The first database that could not be looked into is what the command fails by. */
static void tell_unseen(const struct wb_lint_sides *sides) {
    for (size_t i = 0; i < 2; i++)
        if (sides->side[i].look == WB_LOOK_FAILED)
            wb_cli_fail(&sides->side[i].err, false);
}

static int check(const struct request *q) {
    struct wb_plan *p = NULL;
    struct wb_error err = {0};
    struct wb_lint_sides sides = {0};
    if (wb_plan_load(q->path, NULL, &p, &err))
        return wb_cli_fail(&err, q->json);
    if (q->offline) {
        wb_lint_text(p, WB_LINT_WRONG_IS_ERROR);
    } else {
        wb_cli_catch_signals();
        wb_lint_databases(p, &wb_cli_cancel, &sides);
    }
    show(q, p, q->offline ? NULL : &sides);
    tell_unseen(&sides);
    const struct wb_checked c = {
        .plan = p, .strict = q->strict, .sides = q->offline ? NULL : &sides};
    int code = wb_check_exit_code(&c);
    wb_plan_free(p);
    return wb_cancel_signo(&wb_cli_cancel) ? 128 + wb_cancel_signo(&wb_cli_cancel) : code;
}

int wb_cmd_check(int argc, char **argv) {
    struct wb_optparse p = {.argc = argc, .argv = argv, .options = options, .command = "check"};
    struct request q = {0};
    for (int id; (id = wb_opt_next(&p)) != WB_OPT_END;) {
        switch (id) {
        case WB_OPT_BAD:
            return 2;
        case OPT_HELP:
            return help();
        case OPT_GRAMMAR:
            wb_check_print_grammar();
            return 0;
        case OPT_OFFLINE:
            q.offline = true;
            break;
        case OPT_STRICT:
            q.strict = WB_CHECK_STRICT;
            break;
        case OPT_JSON:
            q.json = true;
            break;
        case WB_OPT_POSITIONAL:
            if (q.path)
                return wb_cli_usage("check", "check takes one plan");
            q.path = p.text;
            break;
        default:
            break;
        }
    }
    return q.path ? check(&q) : wb_cli_usage("check", "check takes a plan: a Markdown file");
}
