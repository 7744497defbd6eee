/* What a step does, in its thread. */
#include "run/inside.h"
#include "run/judge_verify.h"

#include "base/str.h"
#include "copy/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- copy
 * ---------------------------------------------------------------------------------------- */

static void told(void *ctx, const struct wb_copy_event *e) {
    struct wb_job *job = ctx;
    if (e->kind != WB_COPY_PROGRESS)
        return;
    char rows[40], bytes[40];
    wb_run_view_copied(job->run->view, e->progress->rows, e->progress->bytes,
                       e->progress->tables_done, e->progress->tables);
    pthread_mutex_lock(&job->lock);
    snprintf(job->progress, sizeof job->progress, "%s: %s rows, %s, %zu of %zu tables",
             e->progress->doing, wb_str_human_count(e->progress->rows, rows, sizeof rows),
             wb_str_human_bytes(e->progress->bytes, bytes, sizeof bytes), e->progress->tables_done,
             e->progress->tables);
    pthread_mutex_unlock(&job->lock);
}

static void copy(struct wb_job *job, enum wb_copy_extent extent) {
    struct wb_run *r = job->run;
    struct wb_error err = {0};
    struct wb_copy_report *report = NULL;
    struct wb_copy_opts o = {
        .source = &r->url[WB_SIDE_SOURCE],
        .target = &r->url[WB_SIDE_TARGET],
        .pin = {&r->pin[WB_SIDE_SOURCE], &r->pin[WB_SIDE_TARGET]},
        .rules = wb_rules_new(),
        .policy = r->plan->front.policy,
        .retries = 5,
        .extent = extent,
        .cancel = &job->cancel,
        .sink = {told, job},
    };
    char rows[40];
    enum wb_code code = WB_OK;
    for (size_t i = 0; i < r->plan->front.n_tables && !code; i++)
        code = wb_rules_add_include(o.rules, r->plan->front.tables[i].value, &err);
    if (!r->has_url[0] || !r->has_url[1])
        code = wb_error_set(&err, WB_E_PLAN, "the front matter does not name both databases");
    if (!code)
        code = wb_copy_run(&o, &report, &err);
    if (code)
        wb_job_fails(job, &err);
    else if (report->schema_only)
        wb_job_says(job, WB_JOB_DONE, "%zu tables made, without rows", report->n_tables);
    else if (report->was_done_before)
        wb_job_says(job, WB_JOB_DONE,
                    "nothing was copied now: the target has the copy of %s, %zu tables, %s rows; "
                    "what was written since is not in it",
                    report->moment_time ? report->moment_time : "an earlier run", report->n_tables,
                    wb_str_human_count(report->rows, rows, sizeof rows));
    else
        wb_job_says(job, WB_JOB_DONE, "%zu tables, %s rows copied and proven", report->n_tables,
                    wb_str_human_count(report->rows, rows, sizeof rows));
    job->nothing_done = true; /* what was begun is taken up by the next copy */
    wb_copy_report_free(report);
    wb_rules_free(o.rules);
}

/* --- scripts
 * ------------------------------------------------------------------------------------- */

static pid_t start_shell(const char *text, int out) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    pid_t pid = -1;
    char *argv[] = {"sh", "-e", "-c", strdup(text), NULL};
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    posix_spawn_file_actions_adddup2(&files, out, 2);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attr, 0); /* so that it ends with all that it began */
    extern char **environ;
    if (posix_spawn(&pid, "/bin/sh", &files, &attr, argv, environ) != 0)
        pid = -1;
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    free(argv[3]);
    return pid;
}

/* Its output until it ends; the last bytes are kept. */
static void read_output(struct wb_job *job, int in, uint64_t deadline_us, char *tail, size_t size) {
    size_t len = 0;
    char piece[512];
    for (;;) {
        struct pollfd p = {.fd = in, .events = POLLIN};
        bool late = deadline_us && wb_clock_monotonic_us() > deadline_us;
        if (late || wb_cancel_signo(&job->cancel))
            return;
        if (poll(&p, 1, 100) <= 0)
            continue;
        ssize_t n = read(in, piece, sizeof piece);
        if (n <= 0)
            return;
        size_t keep = (size_t)n < size - 1 ? (size_t)n : size - 1;
        if (len + keep > size - 1) {
            size_t drop = len + keep - (size - 1);
            memmove(tail, tail + drop, len - drop);
            len -= drop;
        }
        memcpy(tail + len, piece + (size_t)n - keep, keep);
        len += keep;
        tail[len] = 0;
    }
}

static void tell_end(struct wb_job *job, int status, const char *tail) {
    const char *line = tail + strlen(tail);
    while (line > tail && line[-1] == '\n')
        line--;
    size_t len = (size_t)(line - tail);
    while (line > tail && line[-1] != '\n')
        line--;
    len -= (size_t)(line - tail);
    const char *said = len ? ": " : "";
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        wb_job_says(job, WB_JOB_DONE, "exit code 0%s%.*s", said, (int)len, line);
    else if (WIFEXITED(status))
        wb_job_says(job, WB_JOB_FAILED, "exit code %d%s%.*s", WEXITSTATUS(status), said, (int)len,
                    line);
    else
        wb_job_says(job, WB_JOB_FAILED, "ended by signal %d%s%.*s", WTERMSIG(status), said,
                    (int)len, line);
}

void wb_run_script(struct wb_job *job, const char *text, int64_t timeout_ms) {
    int ends[2];
    char tail[400] = "";
    if (job->run->opts->shell != WB_RUN_ALLOW_SHELL) {
        wb_job_says(job, WB_JOB_FAILED,
                    "scripts run only with --allow-shell: end the run and start it with that");
        job->nothing_done = true;
        return;
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        wb_job_says(job, WB_JOB_FAILED, "a pipe: %s", strerrordesc_np(errno));
        return;
    }
    pid_t pid = start_shell(text, ends[1]);
    close(ends[1]);
    if (pid < 0) {
        wb_job_says(job, WB_JOB_FAILED, "the shell cannot be started: %s", strerrordesc_np(errno));
        job->nothing_done = true;
    } else {
        uint64_t deadline =
            timeout_ms > 0 ? wb_clock_monotonic_us() + (uint64_t)timeout_ms * 1000 : 0;
        int status = 0;
        read_output(job, ends[0], deadline, tail, sizeof tail);
        bool late = deadline && wb_clock_monotonic_us() > deadline;
        if (late || wb_cancel_signo(&job->cancel))
            kill(-pid, SIGTERM);
        waitpid(pid, &status, 0);
        tell_end(job, status, tail);
        if (late)
            wb_job_says(job, WB_JOB_FAILED, "it took longer than its timeout");
        job->canceled = wb_cancel_signo(&job->cancel) != 0;
        job->samples = 1;
    }
    close(ends[0]);
}

/* --- all
 * ----------------------------------------------------------------------------------------- */

static void run_block(struct wb_job *job, const struct wb_plan_block *b) {
    if (b->lang == WB_LANG_SQL) {
        struct wb_sql_block sql = {b->text, b->on, b->tx, b->timeout_ms, b->lock_timeout_ms};
        wb_run_sql(job, &sql);
    } else if (b->lang == WB_LANG_SH) {
        wb_run_script(job, b->text, b->timeout_ms);
        if (job->result == WB_JOB_FAILED && !job->nothing_done)
            job->result = WB_JOB_UNKNOWN;
    } else {
        wb_run_request_block(job, b);
    }
}

void wb_run_perform(struct wb_job *job) {
    const struct wb_task *t = job->task;
    if (job->kind == WB_JOB_ACTION) {
        run_block(job, job->block);
        return;
    }
    switch (t->does) {
    case WB_DOES_SQL:
    case WB_DOES_SCRIPT:
    case WB_DOES_REQUEST:
        run_block(job, t->up);
        break;
    case WB_DOES_COPY:
        copy(job, WB_COPY_ALL);
        break;
    case WB_DOES_SCHEMA:
        copy(job, WB_COPY_SCHEMA);
        break;
    case WB_DOES_VERIFY:
        wb_run_verify_all(job);
        job->nothing_done = true;
        break;
    case WB_DOES_BACKUP:
        wb_run_backup(job);
        break;
    default:
        wb_run_judge(job);
        job->nothing_done = true;
        break;
    }
}
