/* What all commands share: signals, errors, the log. */
#include "cli/cli.h"

#include "base/clock.h"
#include "base/json.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

struct wb_cancel wb_cli_cancel;
const char *wb_cli_command = "COMMAND";
static FILE *log_file;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

static void on_signal(int signo) {
    if (wb_cancel_signo(&wb_cli_cancel) && signo == SIGHUP)
        return; /* the terminal is gone: the shell and the kernel may both say so */
    if (wb_cancel_signo(&wb_cli_cancel))
        _exit(128 + signo); /* asked twice: the ledger knows where to go on */
    wb_cancel_request(&wb_cli_cancel, signo);
}

void wb_cli_catch_signals(void) {
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* nohup */
        sigaction(SIGHUP, &sa, NULL);
}

const char *wb_cli_now(void) {
    static _Thread_local char text[40];
    return wb_clock_format(wb_clock_wall_us(), text, sizeof text);
}

bool wb_cli_open_log(const char *path, struct wb_error *err) {
    log_file = fopen(path, "ae");
    if (log_file)
        return true;
    wb_error_set(err, WB_E_IO, "cannot open the log file %s: %s", path, strerror(errno));
    return false;
}

void wb_cli_log(const char *line) {
    pthread_mutex_lock(&log_lock);
    if (log_file) {
        fprintf(log_file, "%s %s\n", wb_cli_now(), line);
        fflush(log_file);
    }
    pthread_mutex_unlock(&log_lock);
}

int wb_cli_exit_code(const struct wb_error *err) {
    int signo = wb_cancel_signo(&wb_cli_cancel);
    if (signo > 0 && wb_error_class(err->code) == WB_CLASS_CANCELED)
        return 128 + signo;
    return wb_error_exit_code(err->code);
}

/* What to do, where the table's hint leads to the help of COMMAND: of the one that runs. */
static const char *hint_words(const struct wb_error *err, char *to, size_t size) {
    const char *hint = wb_error_hint_of(err), *word = strstr(hint, "COMMAND");
    if (!word)
        return hint;
    snprintf(to, size, "%.*s%s%s", (int)(word - hint), hint, wb_cli_command,
             word + strlen("COMMAND"));
    return to;
}

static void fail_json(const struct wb_error *err, int code) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    char hint[320];
    wb_json_object(&j);
    wb_json_key_uint(&j, "format", 1);
    wb_json_key_str(&j, "event", "error");
    wb_json_key_str(&j, "time", wb_cli_now());
    wb_json_key_int(&j, "exit_code", code);
    wb_json_key_int(&j, "number", (int)err->code);
    wb_json_key_str(&j, "name", wb_error_name(err->code));
    wb_json_key_str(&j, "summary", wb_error_summary(err->code));
    wb_json_key_str(&j, "text", err->text);
    wb_json_key_str(&j, "hint", hint_words(err, hint, sizeof hint));
    wb_json_key_str(&j, "sqlstate", err->sqlstate[0] ? err->sqlstate : NULL);
    wb_json_end(&j);
    puts(wb_buf_str(&b));
}

int wb_cli_fail(const struct wb_error *err, bool json) {
    int code = wb_cli_exit_code(err);
    fflush(stdout);
    if (json)
        fail_json(err, code);
    fprintf(stderr, "whimbrel: %s: %s\n", wb_error_summary(err->code), err->text);
    char hint[320];
    if (*hint_words(err, hint, sizeof hint))
        fprintf(stderr, "  what to do: %s\n", hint_words(err, hint, sizeof hint));
    wb_cli_log(err->text);
    return code;
}

int wb_cli_usage(const char *command, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fputs("whimbrel: ", stderr);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fprintf(stderr, "\n  what to do: see whimbrel %s%s--help\n", command, *command ? " " : "");
    return 2;
}
