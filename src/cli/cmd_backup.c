#include "backup/backup.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/printer.h"
#include "run/run.h"

#include "base/json.h"
#include "base/str.h"
#include "engine/registry.h"

#include <string.h>

enum {
    OPT_HELP = 1,
    OPT_TO,
    OPT_SCRATCH,
    OPT_KEEP,
    OPT_LOCK,
    OPT_CHECK,
    OPT_JSON,
    OPT_QUIET,
    OPT_LOG
};

static const struct wb_option options[] = {
    {"to", "DIR", "the folder for backups; one folder a backup is made in it", OPT_TO},
    {"scratch", "URL", "the server that it is restored on; else the database's own", OPT_SCRATCH},
    {"keep", "N", "remove older ones of this database, beyond N that are verified", OPT_KEEP},
    {"lock-tables", NULL, "tables without transactions: nobody writes to them meanwhile", OPT_LOCK},
    {"check", "DIR", "look at backups that are there, or at one, instead of making one", OPT_CHECK},
    {"json", NULL, "JSON lines (docs/json/backup-done.json)", OPT_JSON},
    {"quiet", NULL, "say nothing but the result", OPT_QUIET},
    {"log-file", "FILE", "append what is said, with times, to a file", OPT_LOG},
    {"help", NULL, "this", OPT_HELP},
    {0},
};

static int help(void) {
    puts(
        "Usage: whimbrel backup PLAN|URL [OPTIONS]\n"
        "       whimbrel backup --check DIR|MANIFEST [--scratch URL]\n\n"
        "Dumps a database (pg_dump, mariadb-dump or mysqldump, SQLite's online backup) while it is "
        "written to, restores\n"
        "the dump into a scratch database and compares every table with what it held at the "
        "moment of the dump: rows\n"
        "and digests of all values. Only then it counts as verified. What was proven, and how, is "
        "in the backup's\nmanifest.json; a plan's \"backup verified within 7 days\" reads it.\n\n"
        "The scratch database is called whimbrel_scratch_ and 16 digits; it is dropped afterwards, "
        "and no other\ndatabase is touched. Of an SQLite file it is a file in the backup's "
        "folder.\n\n"
        "With a PLAN the database, folder, scratch server and number to keep are those of its "
        "front matter (backup:).\n\nOptions:");
    wb_opt_help(stdout, options);
    puts("\nPasswords: WHIMBREL_SOURCE_PASSWORD for the database, WHIMBREL_TARGET_PASSWORD for the "
         "scratch server.\nWHIMBREL_PG_BIN names the folder of pg_dump and pg_restore where they "
         "are not found by themselves.\n\n"
         "Exit codes: 0 done and proven; 1 the restore test failed, or files are not as they were "
         "written; 2 usage;\n4 database or disk; 6 made, but not everything could be verified; "
         "130/143 interrupted.\n\n"
         "Examples:\n"
         "  whimbrel backup postgresql://app@db1/shop --to /var/backups/shop --keep 7\n"
         "  whimbrel backup mysql://root@db1/shop --to /var/backups --scratch mysql://root@spare/\n"
         "  whimbrel backup sqlite:app.db --to backups\n"
         "  whimbrel backup plan.md\n"
         "  whimbrel backup --check /var/backups/shop\n"
         "  whimbrel backup --check backups/app.db-20260312T081530Z --scratch "
         "postgresql://app@spare/postgres");
    return 0;
}

struct args {
    const char *what, *to, *scratch, *check, *log;
    int64_t keep; /* -1: not given */
    bool lock, json, quiet, help;
    struct wb_printer printer;
    uint64_t began_us;
    char doing[200];
};

/* --- what is told
 * -------------------------------------------------------------------------------- */

static void told_step(void *ctx, const char *text) {
    struct args *a = ctx;
    snprintf(a->doing, sizeof a->doing, "%.190s", text);
    wb_printer_say(&a->printer, text);
}

static void told_bytes(void *ctx, uint64_t bytes) {
    struct args *a = ctx;
    char size[40], text[260];
    uint64_t ms = (wb_clock_monotonic_us() - a->began_us) / 1000;
    if (!wb_printer_due(&a->printer, ms))
        return;
    snprintf(text, sizeof text, "%s: %s", a->doing, wb_str_human_bytes(bytes, size, sizeof size));
    wb_printer_progress(&a->printer, ms, text);
}

static void print_json(const struct wb_backup *b, const char *result) {
    WB_CLEANUP_BUF struct wb_buf line = {0};
    struct wb_json j = {.out = &line};
    wb_json_object(&j);
    wb_json_key_uint(&j, "format", 1);
    wb_json_key_str(&j, "event", "done");
    wb_json_key_str(&j, "time", wb_cli_now());
    wb_json_key_str(&j, "path", b->path);
    wb_json_key_str(&j, "result", result);
    wb_json_key(&j, "backup");
    wb_backup_json(b, &line);
    wb_buf_addc(&line, '}');
    puts(wb_buf_str(&line));
}

static void print_text(const struct wb_backup *b, const char *result) {
    char size[40], rows[40], dump[40], restore[40], when[40];
    printf("%s: %s\n", b->path,
           wb_str_eq(result, "verified")   ? "verified"
           : wb_str_eq(result, "unproven") ? "not everything could be verified"
           : wb_str_eq(result, "failed")   ? "NOT verified"
                                           : "not tested");
    printf("  of        %s (%s), %s\n", b->url ? b->url : "?", b->product ? b->product : "?",
           b->moment_us ? wb_clock_format(b->moment_us, when, sizeof when) : "?");
    printf("  holds     %zu tables, %s rows, %s; made in %s by %s\n", b->n_tables,
           wb_str_human_count(b->rows, rows, sizeof rows),
           wb_str_human_bytes(b->bytes, size, sizeof size),
           wb_str_human_ms(b->dump_ms, dump, sizeof dump), b->tool ? b->tool : "?");
    if (b->verified)
        printf("  verified  %s, restored in %s\n",
               wb_clock_format(b->verified_us, when, sizeof when),
               wb_str_human_ms(b->restore_ms, restore, sizeof restore));
    if (b->method)
        printf("  how       %s\n", b->method);
    if (b->failure)
        printf("  failure   %s\n", b->failure);
}

static void print(const struct args *a, const struct wb_backup *b, const char *result) {
    if (a->json)
        print_json(b, result);
    else
        print_text(b, result);
}

/* --- making one
 * ---------------------------------------------------------------------------------- */

static bool is_url(const char *text) {
    const char *colon = strchr(text, ':');
    const struct wb_engine *e;
    char scheme[32];
    if (!colon || (size_t)(colon - text) >= sizeof scheme)
        return false;
    snprintf(scheme, sizeof scheme, "%.*s", (int)(colon - text), text);
    return wb_registry_find(scheme, &e, NULL) == WB_OK;
}

static enum wb_code read_url(const char *text, const char *variable, struct wb_arena *arena,
                             const struct wb_url **ret, struct wb_error *err) {
    struct wb_url *url = WB_NEW(arena, struct wb_url);
    enum wb_code code = wb_url_parse(text, arena, url, err);
    if (!code)
        wb_option_warn_password(url, variable);
    *ret = url;
    return code;
}

static enum wb_code read_opts(const struct args *a, struct wb_plan **plan, struct wb_arena *arena,
                              struct wb_backup_opts *o, struct wb_error *err) {
    enum wb_code code = WB_OK;
    *o = (struct wb_backup_opts){.side = WB_SIDE_SOURCE};
    if (a->what && is_url(a->what)) {
        code = read_url(a->what, "WHIMBREL_SOURCE_PASSWORD", arena, &o->url, err);
    } else if (a->what) {
        code = wb_plan_load(a->what, NULL, plan, err);
        if (!code)
            code = wb_run_backup_opts(*plan, a->what, WB_PLAN_SIDE_NONE, arena, o, err);
    }
    if (!code && a->scratch)
        code = read_url(a->scratch, "WHIMBREL_TARGET_PASSWORD", arena, &o->scratch, err);
    o->scratch_side = WB_SIDE_TARGET;
    o->to = a->to ? a->to : o->to;
    o->keep = a->keep >= 0 ? a->keep : o->keep;
    o->locking = a->lock ? WB_BACKUP_LOCK_TABLES : WB_BACKUP_NO_LOCK;
    o->clock = wb_run_clock(NULL);
    o->cancel = &wb_cli_cancel;
    if (!code && !a->check && !o->to)
        code = wb_error_set(err, WB_E_USAGE, "no folder is named: add --to DIR%s",
                            *plan ? ", or to the plan \"backup:\" with \"to: DIR\"" : "");
    return code;
}

static const char *result_of(const struct wb_backup *b, enum wb_code code) {
    return b->verified && !code    ? "verified"
           : code == WB_E_UNPROVEN ? "unproven"
           : b->failure || code    ? "failed"
                                   : "untested";
}

static int make(struct args *a) {
    struct wb_arena arena = {0};
    struct wb_plan *plan = NULL;
    struct wb_backup_opts o;
    struct wb_backup b = {0};
    struct wb_error err = {0};
    enum wb_code code = read_opts(a, &plan, &arena, &o, &err);
    o.sink = (struct wb_backup_sink){told_step, told_bytes, a};
    if (!code)
        code = wb_backup_make(&o, &b, &err);
    wb_printer_end(&a->printer);
    if (!code || (b.n_files && b.failure))
        print(a, &b, result_of(&b, code));
    int exit = code ? wb_cli_fail(&err, a->json) : 0;
    wb_backup_done(&b);
    wb_plan_free(plan);
    wb_arena_done(&arena);
    return exit;
}

/* --- looking at those that are there
 * --------------------------------------------------------------- */

static enum wb_code check_one(struct args *a, const char *path, const struct wb_backup_opts *o,
                              struct wb_error *err) {
    struct wb_backup b = {0};
    struct wb_native_watch watch = {.cancel = o->cancel};
    enum wb_code code = wb_backup_read(path, &b, err);
    if (!code && (code = wb_backup_check_files(&b, &watch, err)) == WB_E_VALUE) {
        code = err->code = WB_E_RESTORE;
        wb_error_hint(err, "make a new backup: this one cannot be relied on");
    }
    if (!code && (o->scratch || o->url)) {
        wb_backup_done(&b);
        code = wb_backup_prove_again(path, o, &b, err);
    } else if (!code && !b.verified) {
        code = wb_error_set(err, b.failure ? WB_E_RESTORE : WB_E_UNPROVEN, "%s: %s", b.path,
                            b.failure ? b.failure : "it was never restored");
    }
    wb_printer_end(&a->printer);
    if (b.path)
        print(a, &b, result_of(&b, code));
    wb_backup_done(&b);
    return code;
}

static int check(struct args *a) {
    struct wb_arena arena = {0};
    struct wb_plan *plan = NULL;
    struct wb_backup_opts o;
    struct wb_error err = {0};
    const char *const *list = NULL, *one[1] = {a->check};
    size_t n = 0;
    int exit = 0;
    size_t len = strlen(a->check);
    bool file = len > 5 && strcmp(a->check + len - 5, ".json") == 0;
    enum wb_code code = read_opts(a, &plan, &arena, &o, &err);
    o.sink = (struct wb_backup_sink){told_step, told_bytes, a};
    if (!code && !file)
        code = wb_backup_list(a->check, &arena, &list, &n, &err);
    if (!code && file) {
        list = one;
        n = 1;
    }
    if (!code && !n)
        code = wb_error_set(&err, WB_E_NOT_FOUND, "%s holds no backup", a->check);
    if (code)
        exit = wb_cli_fail(&err, a->json);
    for (size_t i = 0; i < n && !code; i++) {
        if (check_one(a, list[i], &o, &err)) {
            int now = wb_cli_fail(&err, a->json);
            exit = exit && exit != 6 ? exit : now;
        }
        if (wb_cancel_signo(&wb_cli_cancel))
            break;
    }
    wb_plan_free(plan);
    wb_arena_done(&arena);
    return exit;
}

/* --- arguments
 * ----------------------------------------------------------------------------------- */

static enum wb_code take(struct args *a, int id, const char *text, struct wb_error *err) {
    const char **const texts[] = {[OPT_TO] = &a->to,
                                  [OPT_SCRATCH] = &a->scratch,
                                  [OPT_CHECK] = &a->check,
                                  [OPT_LOG] = &a->log};
    switch (id) {
    case OPT_KEEP:
        return wb_option_number("--keep", text, 1, 1000000, &a->keep, err);
    case OPT_LOCK:
        a->lock = true;
        return WB_OK;
    case OPT_JSON:
        a->json = true;
        return WB_OK;
    case OPT_QUIET:
        a->quiet = true;
        return WB_OK;
    case OPT_HELP:
        a->help = true;
        return WB_OK;
    case WB_OPT_POSITIONAL:
        if (a->what)
            return wb_error_set(err, WB_E_USAGE, "backup takes one plan or one database");
        a->what = text;
        return WB_OK;
    default:
        *texts[id] = text;
        return WB_OK;
    }
}

int wb_cmd_backup(int argc, char **argv) {
    struct wb_optparse p = {.argc = argc, .argv = argv, .options = options, .command = "backup"};
    struct args a = {.keep = -1};
    struct wb_error err = {0};
    for (int id; (id = wb_opt_next(&p)) != WB_OPT_END;) {
        if (id == WB_OPT_BAD)
            return 2;
        if (take(&a, id, p.text, &err))
            return wb_cli_usage("backup", "%s", err.text);
    }
    if (a.help)
        return help();
    if (!a.what && !a.check)
        return wb_cli_usage("backup", "backup takes a plan or a database URL, or --check DIR");
    if (a.log && !wb_cli_open_log(a.log, &err))
        return wb_cli_fail(&err, a.json);
    wb_cli_catch_signals();
    wb_printer_init(&a.printer, a.json, a.quiet);
    a.began_us = wb_clock_monotonic_us();
    return a.check ? check(&a) : make(&a);
}
