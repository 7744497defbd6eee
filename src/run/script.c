/* Scripts: started, listened to, ended. A script is over when its shell is, whoever still holds its
 * output; one that is late or no longer wanted gets a while to clean up, and is then killed. */
#include "run/inside.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS = 100, GRACE_MS = 5000, TAIL_BYTES = 400, PIPE_BYTES = 65536 };

struct script {
    pid_t pid;
    int ended;  /* readable once the shell is over */
    int output; /* -1: closed by all who had it */
    char tail[TAIL_BYTES];
    size_t len;
};

/* Signals as a shell expects them: this process ignores some. */
static void plain_signals(posix_spawnattr_t *attr) {
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGINT);
    sigaddset(&usual, SIGTERM);
    sigaddset(&usual, SIGHUP);
    posix_spawnattr_setsigdefault(attr, &usual);
    posix_spawnattr_setsigmask(attr, &none);
}

/* 0, or errno. */
static int start_shell(const char *text, int out, pid_t *ret) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    char *argv[] = {"sh", "-e", "-c", strdup(text), NULL};
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    posix_spawn_file_actions_adddup2(&files, out, 2);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                        POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attr, 0); /* so that all that it began can be ended */
    plain_signals(&attr);
    extern char **environ;
    int failed = posix_spawn(ret, "/bin/sh", &files, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    free(argv[3]);
    return failed;
}

/* 0, or errno, with nothing left behind. */
static int start(struct script *s, const char *text) {
    int ends[2];
    *s = (struct script){.ended = -1, .output = -1};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    int failed = start_shell(text, ends[1], &s->pid);
    close(ends[1]);
    if (!failed && (s->ended = pidfd_open(s->pid, 0)) < 0) {
        failed = errno;
        kill(-s->pid, SIGKILL);
        waitpid(s->pid, NULL, 0);
    }
    if (failed)
        close(ends[0]);
    else
        s->output = ends[0];
    return failed;
}

static void keep(struct script *s, const char *piece, size_t n) {
    const size_t room = sizeof s->tail - 1;
    size_t taken = n < room ? n : room;
    if (s->len + taken > room) {
        size_t drop = s->len + taken - room;
        memmove(s->tail, s->tail + drop, s->len - drop);
        s->len -= drop;
    }
    memcpy(s->tail + s->len, piece + n - taken, taken);
    s->len += taken;
    s->tail[s->len] = 0;
}

/* What a pipe holds, and no more: who writes without end must not keep us from looking at the time.
 * The last bytes are kept. */
static void drain(struct script *s) {
    char piece[4096];
    for (unsigned i = 0; s->output >= 0 && i < PIPE_BYTES / sizeof piece; i++) {
        ssize_t n = read(s->output, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        if (n > 0) {
            keep(s, piece, (size_t)n);
            continue;
        }
        close(s->output);
        s->output = -1;
    }
}

/* True: it was stopped. */
static bool await_end(struct script *s, const struct wb_cancel *cancel, uint64_t deadline_us) {
    uint64_t stopped_us = 0;
    struct pollfd p[2] = {{.fd = s->ended, .events = POLLIN}, {.events = POLLIN}};
    for (;;) {
        p[1].fd = s->output;
        p[0].revents = p[1].revents = 0;
        (void)poll(p, 2, LOOK_MS);
        if (p[1].revents)
            drain(s);
        if (p[0].revents)
            break;
        uint64_t now = wb_clock_monotonic_us();
        bool unwanted = (deadline_us && now > deadline_us) || wb_cancel_signo(cancel);
        if (unwanted && !stopped_us) {
            stopped_us = now;
            kill(-s->pid, SIGTERM);
        } else if (stopped_us && now - stopped_us > GRACE_MS * 1000u) {
            kill(-s->pid, SIGKILL);
        }
    }
    if (stopped_us) /* the group's name is its own until the shell's end is taken note of */
        kill(-s->pid, SIGKILL);
    drain(s);
    return stopped_us != 0;
}

static void tell_end(struct wb_job *job, const struct script *s, int status) {
    const char *line = s->tail + s->len;
    while (line > s->tail && line[-1] == '\n')
        line--;
    size_t len = (size_t)(line - s->tail);
    while (line > s->tail && line[-1] != '\n')
        line--;
    len -= (size_t)(line - s->tail);
    const char *said = len ? ": " : "";
    if (WIFEXITED(status))
        wb_job_says(job, WEXITSTATUS(status) == 0 ? WB_JOB_DONE : WB_JOB_FAILED,
                    "exit code %d%s%.*s", WEXITSTATUS(status), said, (int)len, line);
    else
        wb_job_says(job, WB_JOB_FAILED, "ended by signal %d%s%.*s", WTERMSIG(status), said,
                    (int)len, line);
}

static void never_ran(struct wb_job *job, const char *why) {
    wb_job_says(job, WB_JOB_FAILED, "%s", why);
    job->nothing_done = true;
}

void wb_run_script(struct wb_job *job, const char *text, int64_t timeout_ms) {
    struct script s;
    char why[160], limit[40];
    if (job->run->opts->shell != WB_RUN_ALLOW_SHELL) {
        never_ran(job, "scripts run only with --allow-shell: end the run and start it with that");
        return;
    }
    int failed = start(&s, text);
    if (failed) {
        snprintf(why, sizeof why, "the shell cannot be started: %s", strerrordesc_np(failed));
        never_ran(job, why);
        return;
    }
    uint64_t deadline_us =
        timeout_ms > 0 ? wb_clock_monotonic_us() + (uint64_t)timeout_ms * 1000 : 0;
    int status = 0;
    bool stopped = await_end(&s, &job->cancel, deadline_us);
    waitpid(s.pid, &status, 0);
    close(s.ended);
    if (s.output >= 0)
        close(s.output);
    tell_end(job, &s, status);
    job->canceled = wb_cancel_signo(&job->cancel) != 0;
    job->samples = 1;
    if (stopped) /* whatever it made of it: nobody waited for its end */
        wb_job_says(job, WB_JOB_FAILED,
                    job->canceled ? "it was stopped" : "it took longer than %s, and was stopped",
                    wb_str_human_ms((uint64_t)timeout_ms, limit, sizeof limit));
}
