/* pause, resume, approve, rollback, amend, abort: what other terminals ask of a run. */
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/run_print.h"

#include "base/json.h"
#include "base/str.h"

#include <jansson.h>
#include <string.h>

enum {
    OPT_HELP = 1,
    OPT_JSON,
    OPT_AS,
    OPT_STEP,
    OPT_DONE,
    OPT_AGAIN,
    OPT_TO,
    OPT_EXECUTE,
    OPT_IRREVERSIBLE,
    OPT_REASON,
    OPT_MOVED,
    OPT_TIMEOUT,
};

#define COMMON                                                                           \
    {"timeout", "TIME", "how long to wait for the runner's answer (30s)", OPT_TIMEOUT},  \
        {"json", NULL, "one JSON object", OPT_JSON}, {"help", NULL, "this", OPT_HELP}, { \
        0                                                                                \
    }

static const struct wb_option plain_options[] = {COMMON};
static const struct wb_option approve_options[] = {
    {"as", "ROLE", "the role that signs; the operating system's user is recorded with it", OPT_AS},
    {"step", "ID", "confirm a step or criterion that a person does (step.2), or one undone by hand",
     OPT_STEP},
    {"done", NULL, "of a step that was interrupted: it had been done", OPT_DONE},
    {"again", NULL, "of a step that was interrupted: it had not; run it again", OPT_AGAIN},
    COMMON};
static const struct wb_option rollback_options[] = {
    {"to", "PHASE", "undo everything behind this phase; without it, the phase under way", OPT_TO},
    {"execute", NULL, "do it; without it, what would be undone is shown", OPT_EXECUTE},
    {"confirm-irreversible", NULL, "go back although something cannot be undone, and leave that",
     OPT_IRREVERSIBLE},
    COMMON};
static const struct wb_option reason_options[] = {
    {"reason", "TEXT", "why; it is kept in the journal", OPT_REASON}, COMMON};
static const struct wb_option amend_options[] = {
    {"reason", "TEXT", "why; it is kept in the journal", OPT_REASON},
    {"moved", "SIDE",
     "source or target: it is another server or file now, with the same data; the next run records "
     "which",
     OPT_MOVED},
    COMMON};

static const struct {
    const char *name, *usage, *text, *example;
    enum wb_request_kind kind;
    const struct wb_option *options;
} commands[] = {
    {"pause", "PLAN", "Nothing new begins; triggers are still evaluated. What runs ends first.",
     "whimbrel pause plan.md", WB_REQUEST_PAUSE, plain_options},
    {"resume", "PLAN",
     "Goes on after a pause, or after somebody has looked at what held the run: what failed is "
     "tried again.",
     "whimbrel resume plan.md", WB_REQUEST_RESUME, plain_options},
    {"approve", "PLAN --as ROLE | PLAN --step ID",
     "Signs the phase under way, or confirms what a person does. A signature counts for the text "
     "that was signed; it is\nvoid after an amendment, a failed check, a fired trigger, a "
     "rollback.",
     "whimbrel approve plan.md --as \"data lead\"\n  whimbrel approve plan.md --step step.3",
     WB_REQUEST_APPROVE, approve_options},
    {"rollback", "PLAN [--to PHASE] [--execute]",
     "Undoes what was done, newest first, by the texts that were written to the journal before "
     "each step ran.",
     "whimbrel rollback plan.md --to 1\n  whimbrel rollback plan.md --to 1 --execute",
     WB_REQUEST_ROLLBACK, rollback_options},
    {"amend", "PLAN --reason TEXT",
     "Takes over an edit of a plan that runs. What has run is undone by the texts that it ran by; "
     "signatures of what was\nedited, and of phases that are not done, become void. A runner ends: "
     "start it again as before.",
     "whimbrel amend plan.md --reason \"larger batches\"", WB_REQUEST_AMEND, amend_options},
    {"abort", "PLAN [--reason TEXT]",
     "Ends the run for good. Nothing is undone: roll back first if that is wanted.",
     "whimbrel abort plan.md --reason \"postponed\"", WB_REQUEST_ABORT, reason_options},
};

static int help(size_t c) {
    printf(
        "Usage: whimbrel %s %s [OPTIONS]\n\n%s\nA runner is asked and answers; without one, this "
        "command does it.\n\nOptions:\n",
        commands[c].name, commands[c].usage, commands[c].text);
    wb_opt_help(stdout, commands[c].options);
    printf("\nExit codes: 0 done; 1 refused; 4 no runner answered.\n\nExamples:\n  %s\n",
           commands[c].example);
    return 0;
}

struct args {
    struct wb_run_request request;
    const char *path;
    bool help, json, execute;
};

/* --- rollback, dry
 * ------------------------------------------------------------------------------- */

static bool said_by_phase(const struct wb_run_undo *u) {
    return wb_str_starts(u->step, "rollback.");
}

/* The undo that is done as number n: of the last phase first, of a phase what its Rollback says,
 * then its steps from the last to the first. */
static const struct wb_run_undo *in_order(const struct wb_run_state *s, size_t n) {
    for (size_t i = 0; i < s->n_undos; i++) {
        const struct wb_run_undo *u = &s->undos[i];
        size_t before = 0;
        for (size_t k = 0; k < s->n_undos; k++) {
            const struct wb_run_undo *other = &s->undos[k];
            bool same = other->phase == u->phase, said = said_by_phase(other);
            before += !same                      ? other->phase > u->phase
                      : said != said_by_phase(u) ? said
                      : said                     ? k < i
                                                 : k > i;
        }
        if (before == n)
            return u;
    }
    return NULL; /* never: the order is total */
}

/* What a person reads before what was done, or is to be done, by hand. */
static const char *by_hand(const struct wb_run_undo *u, const char *kind) {
    bool manual = !kind || strcmp(kind, "manual") == 0;
    return !manual ? "" : said_by_phase(u) ? "by hand: " : "by hand, undo: ";
}

/* What a step that set flags found them at. */
static void print_flags(const json_t *flags) {
    size_t i;
    const json_t *f;
    json_array_foreach(flags, i, f) {
        const char *name = json_string_value(json_object_get(f, "flag"));
        const json_t *share = json_object_get(f, "share");
        if (name && share)
            printf("       sets the flag %s back to %.4g %%\n", name,
                   (double)json_integer_value(share) / 100);
        else if (name)
            printf("       sets who may write, by the flags of %s, back to what it was\n", name);
    }
}

static int print_undos(const struct wb_run_state *s, int to, bool json) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    size_t n = 0, irreversible = 0;
    wb_json_object(&j);
    wb_json_key_uint(&j, "format", 1);
    wb_json_key_int(&j, "to", to);
    wb_json_key(&j, "undo");
    wb_json_array(&j);
    for (size_t i = 0; i < s->n_undos; i++) {
        const struct wb_run_undo *u = in_order(s, i);
        json_t *data = json_loads(u->data, 0, NULL);
        const char *kind = json_string_value(json_object_get(data, "kind"));
        const char *text = json_string_value(json_object_get(data, "text"));
        if (u->phase > to && u->state != WB_IS_PASSED) {
            n++;
            irreversible += u->irreversible;
            if (!json)
                printf("  %zu. %s of phase %d (%s)%s\n", n, u->step, u->phase,
                       kind ? kind : "manual",
                       u->irreversible ? "  CANNOT BE UNDONE: stays as it is" : "");
            if (!json && text)
                wb_print_lines("       ", by_hand(u, kind), text);
            const char *flag = json_string_value(json_object_get(data, "flag"));
            if (!json && flag)
                printf("       sets the flag %s back to %.4g %%%s\n", flag,
                       (double)json_integer_value(json_object_get(data, "share")) / 100,
                       strcmp(u->step, "stage.1") != 0 && wb_str_starts(u->step, "stage.")
                           ? ", or to less where it stands at less by then"
                           : "");
            if (!json)
                print_flags(json_object_get(data, "flags"));
            wb_json_object(&j);
            wb_json_key_int(&j, "phase", u->phase);
            wb_json_key_str(&j, "item", u->step);
            wb_json_key_str(&j, "kind", kind);
            wb_json_key_str(&j, "text", text);
            wb_json_key_bool(&j, "irreversible", u->irreversible);
            wb_json_end(&j);
        }
        json_decref(data);
    }
    wb_json_end(&j);
    wb_json_end(&j);
    if (json)
        puts(wb_buf_str(&b));
    else if (s->aborted)
        printf("%zu to undo. Nothing was done, and whimbrel does none of it any more: the run was "
               "aborted; do by hand what is wanted, in this order.\n",
               n);
    else
        printf("%zu to undo, in this order%s. Nothing was done: add --execute%s.\n", n,
               irreversible ? ", of which some cannot be undone" : "",
               irreversible ? " --confirm-irreversible" : "");
    return 0;
}

static int show_rollback(const struct args *a, const struct wb_run_opts *opts) {
    struct wb_run_state s = {0};
    struct wb_lease lease = {.holder = ""};
    struct wb_arena arena = {0};
    struct wb_error err = {0};
    int to = a->request.to;
    enum wb_code code = wb_run_read(opts, &s, &lease, &arena, &err);
    if (!code && (to == WB_RUN_NO_PHASE || (s.rolling_back && to > s.roll_back_to)))
        to = wb_run_roll_back_to(&s);
    else if (!code && to > wb_run_last_phase(&s))
        code = wb_error_set(&err, WB_E_DENIED, "there is no phase %d: the last one is %d", to,
                            wb_run_last_phase(&s));
    int exit = code ? wb_cli_fail(&err, a->json) : print_undos(&s, to, a->json);
    wb_run_state_done(&s);
    wb_arena_done(&arena);
    return exit;
}

/* --- asking
 * -------------------------------------------------------------------------------------- */

static void print_answer(const struct args *a, size_t c, const char *answer) {
    if (!a->json) {
        puts(answer);
        return;
    }
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    wb_json_object(&j);
    wb_json_key_uint(&j, "format", 1);
    wb_json_key_str(&j, "request", commands[c].name);
    wb_json_key_str(&j, "answer", answer);
    wb_json_end(&j);
    puts(wb_buf_str(&b));
}

static int ask(struct args *a, size_t c) {
    struct wb_arena arena = {0};
    struct wb_error err = {0};
    struct wb_printer printer;
    const char *answer = NULL;
    wb_printer_init(&printer, a->json, false);
    struct wb_run_opts opts = {.path = a->path,
                               .until = WB_RUN_NO_PHASE,
                               .waiting = WB_RUN_NO_WAIT,
                               .cancel = &wb_cli_cancel};
    if (!a->json)
        opts.sink = (struct wb_run_sink){.told = wb_run_print_event, .ctx = &printer};
    if (commands[c].kind == WB_REQUEST_ROLLBACK && !a->execute)
        return show_rollback(a, &opts);
    wb_cli_catch_signals();
    enum wb_code code = wb_run_ask(&opts, &a->request, &arena, &answer, &err);
    wb_printer_end(&printer);
    if (!code)
        print_answer(a, c, answer);
    wb_arena_done(&arena);
    return code ? wb_cli_fail(&err, a->json) : 0;
}

static int take(struct args *a, size_t c, int id, const char *text) {
    struct wb_error err = {0};
    int64_t to = 0;
    switch (id) {
    case WB_OPT_POSITIONAL:
        if (a->path)
            return wb_cli_usage(commands[c].name, "%s takes one plan", commands[c].name);
        a->path = text;
        break;
    case OPT_AS:
        a->request.role = text;
        break;
    case OPT_STEP:
        a->request.step = text;
        break;
    case OPT_DONE:
    case OPT_AGAIN:
        a->request.outcome = id == OPT_DONE ? "done" : "again";
        break;
    case OPT_TO:
        if (wb_option_number("to", text, -1, 100000, &to, &err))
            return wb_cli_fail(&err, a->json);
        a->request.to = (int)to;
        break;
    case OPT_REASON:
        a->request.reason = text;
        break;
    case OPT_MOVED:
        if (!wb_str_eq(text, "source") && !wb_str_eq(text, "target"))
            return wb_cli_usage(commands[c].name, "--moved %s: it is source or target", text);
        a->request.moved = text;
        break;
    case OPT_TIMEOUT:
        if (wb_option_duration("timeout", text, &a->request.timeout_ms, &err))
            return wb_cli_fail(&err, a->json);
        break;
    default:
        break;
    }
    a->help |= id == OPT_HELP;
    a->json |= id == OPT_JSON;
    a->execute |= id == OPT_EXECUTE;
    a->request.irreversible |= id == OPT_IRREVERSIBLE;
    return 0;
}

int wb_cmd_ask(int argc, char **argv) {
    size_t c = 0;
    while (c + 1 < sizeof commands / sizeof *commands && strcmp(commands[c].name, argv[0]) != 0)
        c++;
    struct wb_optparse p = {
        .argc = argc, .argv = argv, .options = commands[c].options, .command = commands[c].name};
    struct args a = {.request = {.kind = commands[c].kind, .to = WB_RUN_NO_PHASE}};
    for (int id; (id = wb_opt_next(&p)) != WB_OPT_END;) {
        int exit = id == WB_OPT_BAD ? 2 : take(&a, c, id, p.text);
        if (exit)
            return exit;
    }
    if (a.help)
        return help(c);
    if (!a.path)
        return wb_cli_usage(commands[c].name, "%s takes a plan: a Markdown file", commands[c].name);
    return ask(&a, c);
}
