#include "cli/check_print.h"
#include "cli/cli.h"
#include "run/program.h"

enum { OPT_HELP = 1, OPT_OFFLINE, OPT_STRICT, OPT_JSON, OPT_GRAMMAR };

static const struct wb_option options[] = {
    {"offline", NULL, "ask no database (today this is always so)", OPT_OFFLINE},
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
         "be "
         "done), manual (a\n"
         "person does it) or unbound (a gate or trigger that nothing measures), then what is wrong "
         "or "
         "doubtful, with line\n"
         "and column. Changes nothing. docs/plan.md describes plans.\n\nOptions:");
    wb_opt_help(stdout, options);
    puts("\nExit codes: 0 no errors; 3 errors (with --strict: or warnings); 4 the file cannot be "
         "read.\n\n"
         "Examples:\n"
         "  whimbrel check plan.md\n"
         "  whimbrel check plan.md --offline --strict     in continuous integration\n"
         "  whimbrel check plan.md --json | jq '.findings[]'");
    return 0;
}

/* What whimbrel run would say before it did anything. */
static void print_refusal(const struct wb_plan *p) {
    struct wb_program program;
    struct wb_plan_place place;
    wb_program_make(p, &program);
    const char *why = wb_program_refusal(&program, &program.arena, &place);
    if (why)
        printf("whimbrel run refuses this plan: line %u: %s\n", place.line, why);
    wb_program_done(&program);
}

struct request {
    const char *path;
    enum wb_check_strict strict;
    bool json;
};

static int check(const struct request *q) {
    struct wb_plan *p = NULL;
    struct wb_error err = {0};
    if (wb_plan_load(q->path, NULL, &p, &err))
        return wb_cli_fail(&err, q->json);
    if (q->json)
        wb_check_print_json(p, q->strict);
    else
        wb_check_print_text(p);
    if (!q->json)
        print_refusal(p);
    int code = wb_check_exit_code(p, q->strict);
    wb_plan_free(p);
    return code;
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
