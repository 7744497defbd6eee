#include "cli/cli.h"
#include "cli/options.h"
#include "cli/run_listen.h"
#include "cli/run_print.h"
#include "cli/service.h"

#include "base/json.h"

#include <string.h>

enum {
    OPT_HELP = 1,
    OPT_DRY_RUN,
    OPT_UNTIL,
    OPT_SHELL,
    OPT_NO_WAIT,
    OPT_JSON,
    OPT_QUIET,
    OPT_LOG_FILE,
    OPT_LISTEN,
    OPT_TOKEN_FILE,
    OPT_TLS_CERT,
    OPT_TLS_KEY,
};

static const struct wb_option options[] = {
    {"dry-run", NULL, "print every action in order; connect to nothing", OPT_DRY_RUN},
    {"until", "PHASE", "end when the phase of this number is done", OPT_UNTIL},
    {"allow-shell", NULL, "let blocks of sh run; without it they fail", OPT_SHELL},
    {"no-wait", NULL, "end (exit code 6, held: 1) where only a person or data could go on",
     OPT_NO_WAIT},
    {"json", NULL, "JSON lines: every event of the journal as it is written", OPT_JSON},
    {"quiet", NULL, "say nothing", OPT_QUIET},
    {"log-file", "FILE", "append what is said, with times, to a file", OPT_LOG_FILE},
    {"listen", "ADDRESS",
     "serve flags (OFREP), observations, metrics, status: PORT (on loopback) or HOST:PORT",
     OPT_LISTEN},
    {"token-file", "FILE",
     "the token that changes and observations need (else WHIMBREL_TOKEN's; none: refused)",
     OPT_TOKEN_FILE},
    {"tls-cert", "FILE", "PEM certificate of --listen, with its chain", OPT_TLS_CERT},
    {"tls-key", "FILE", "PEM key of --tls-cert", OPT_TLS_KEY},
    {"help", NULL, "this", OPT_HELP},
    {0},
};

static int help(void) {
    puts("Usage: whimbrel run PLAN [OPTIONS]\n\n"
         "Runs a plan: entry criteria, steps, checks, ramp stages, exit criteria, sign-offs, phase "
         "after phase. Every\n"
         "decision is written to the journal (PLAN.whimbrel.db beside the plan) before it is acted "
         "on. It may be stopped\n"
         "at any time (Ctrl-C, kill -9, a lost connection): the same command goes on where it "
         "stood, and no step that\n"
         "cannot be repeated runs twice.\n\nOptions:");
    wb_opt_help(stdout, options);
    puts("\nFrom another terminal: whimbrel status, pause, resume, approve, rollback, amend, abort "
         "PLAN.\n\n"
         "Exit codes: 0 done; 1 held, aborted or refused; 3 the plan is at fault; 4 database or "
         "disk; 6 it waits\n"
         "(--no-wait); 130/143 interrupted (the same command goes on).\n\n"
         "Examples:\n"
         "  whimbrel run plan.md --dry-run\n"
         "  whimbrel run plan.md --until 1\n"
         "  whimbrel run plan.md --listen 8470 --token-file token\n"
         "  whimbrel run plan.md --log-file run.log");
    return 0;
}

struct args {
    struct wb_run_opts opts;
    struct wb_run_listen_opts listen;
    bool help, dry_run, json, quiet;
};

/* --- dry run
 * ------------------------------------------------------------------------------------- */

struct dry {
    bool json;
    unsigned n;
};

static void print_dry_json(const struct dry *d, int phase, const char *id, const char *text,
                           const char *sentence) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    wb_json_object(&j);
    wb_json_key_uint(&j, "format", 1);
    wb_json_key_str(&j, "event", "action");
    wb_json_key_str(&j, "time", wb_cli_now());
    wb_json_key_uint(&j, "number", d->n);
    wb_json_key_int(&j, "phase", phase);
    wb_json_key_str(&j, "item", id);
    wb_json_key_str(&j, "text", text);
    wb_json_key_str(&j, "sentence", sentence);
    wb_json_end(&j);
    puts(wb_buf_str(&b));
}

static void print_dry(void *ctx, int phase, const char *id, const char *text,
                      const char *sentence) {
    struct dry *d = ctx;
    if (!id && !d->json)
        printf("\nPhase %d: %s\n", phase, text);
    if (!id)
        return;
    d->n++;
    if (d->json)
        print_dry_json(d, phase, id, text, sentence);
    else
        printf("  %-13s %s\n                %s\n", id, text, sentence);
}

static int dry_run(const struct args *a) {
    struct wb_error err = {0};
    struct dry d = {.json = a->json};
    if (wb_run_dry(a->opts.path, print_dry, &d, &err))
        return wb_cli_fail(&err, a->json);
    if (!a->json)
        printf("\n%u actions; nothing was done.\n", d.n);
    return 0;
}

/* --- run
 * ----------------------------------------------------------------------------------------- */

static void say_listening(struct wb_printer *p, const struct wb_run_listen *l) {
    char text[300];
    if (!l)
        return;
    const char *warning = wb_serve_warning(wb_run_listen_server(l));
    snprintf(text, sizeof text, "listening on %s", wb_serve_url(wb_run_listen_server(l)));
    wb_printer_say(p, text);
    if (warning)
        wb_printer_say(p, warning);
}

struct teller {
    struct wb_printer printer;
    struct wb_service service;
    bool told; /* anything of the run */
};

static void told(void *ctx, const struct wb_event *e, const struct wb_run_state *s,
                 const char *progress) {
    struct teller *t = ctx;
    t->told = true;
    wb_run_print_event(&t->printer, e, s, progress);
}

static void ticked(void *ctx, const struct wb_run_state *s, const char *waits) {
    struct teller *t = ctx;
    char status[200];
    const struct wb_run_phase *now = wb_run_current(s);
    if (now)
        snprintf(status, sizeof status, "%s, phase %d of %zu %s%s%s", wb_run_state_word(s),
                 now->number, s->n_phases, wb_run_phase_word(now->state), *waits ? ": " : "",
                 waits);
    else
        snprintf(status, sizeof status, "%s", wb_run_state_word(s));
    wb_service_works(&t->service, status);
}

static int run(struct args *a) {
    struct wb_error err = {0};
    struct teller t = {.told = false};
    struct wb_run_listen *listen;
    wb_printer_init(&t.printer, a->json, a->quiet);
    wb_service_open(&t.service);
    wb_cli_catch_signals();
    if (wb_run_listen_start(&a->listen, &a->opts, &listen, &err))
        return wb_cli_fail(&err, a->json);
    say_listening(&t.printer, listen);
    a->opts.sink = (struct wb_run_sink){.told = told, .ticked = ticked, .ctx = &t};
    a->opts.cancel = &wb_cli_cancel;
    enum wb_code code = wb_run_plan(&a->opts, &err);
    wb_service_close(&t.service);
    wb_run_listen_stop(listen);
    if (!code && !t.told && !a->json)
        wb_printer_say(&t.printer, "nothing to do: the plan, or what --until asks for, is done");
    wb_printer_end(&t.printer);
    return code ? wb_cli_fail(&err, a->json) : 0;
}

static int take(struct args *a, int id, const char *text) {
    struct wb_error err = {0};
    int64_t until = 0;
    if (id == WB_OPT_POSITIONAL) {
        if (a->opts.path)
            return wb_cli_usage("run", "run takes one plan");
        a->opts.path = text;
    }
    if (id == OPT_UNTIL) {
        if (wb_option_number("until", text, 0, 100000, &until, &err))
            return wb_cli_fail(&err, a->json);
        a->opts.until = (int)until;
    }
    if (id == OPT_LOG_FILE && !wb_cli_open_log(text, &err))
        return wb_cli_fail(&err, a->json);
    if (id == OPT_LISTEN)
        a->listen.address = text;
    if (id == OPT_TOKEN_FILE)
        a->listen.token_file = text;
    if (id == OPT_TLS_CERT)
        a->listen.tls_cert = text;
    if (id == OPT_TLS_KEY)
        a->listen.tls_key = text;
    if (id == OPT_SHELL)
        a->opts.shell = WB_RUN_ALLOW_SHELL;
    if (id == OPT_NO_WAIT)
        a->opts.waiting = WB_RUN_NO_WAIT;
    a->help |= id == OPT_HELP;
    a->dry_run |= id == OPT_DRY_RUN;
    a->json |= id == OPT_JSON;
    a->quiet |= id == OPT_QUIET;
    return 0;
}

int wb_cmd_run(int argc, char **argv) {
    struct wb_optparse p = {.argc = argc, .argv = argv, .options = options, .command = "run"};
    struct args a = {.opts.until = WB_RUN_NO_PHASE};
    for (int id; (id = wb_opt_next(&p)) != WB_OPT_END;) {
        int exit = id == WB_OPT_BAD ? 2 : take(&a, id, p.text);
        if (exit)
            return exit;
    }
    if (a.help)
        return help();
    if (!a.opts.path)
        return wb_cli_usage("run", "run takes a plan: a Markdown file");
    return a.dry_run ? dry_run(&a) : run(&a);
}
