/* How it works: one loop (turn) looks at the program's standard error, keeps the last of it for
 * messages, and at its data. The data goes by a pipe or a socket pair, so that a program whose
 * caller was killed meets its end: what it reads is over, what it writes is refused. */
#include "engine/program_int.h"

#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECRET_FD = 9, KEPT = 2000, TURN_MS = 200, END_MS = 5000 };

/* --- starting
 * ------------------------------------------------------------------------------------ */

/* A file without a name, which only this user can open. */
static int secret_file(const char *text) {
    int fd = memfd_create("login", MFD_CLOEXEC);
    size_t len = strlen(text);
    if (fd >= 0 && (fchmod(fd, 0600) != 0 || write(fd, text, len) != (ssize_t)len ||
                    lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool same_name(const char *a, const char *b) {
    size_t n = strcspn(a, "=");
    return n == strcspn(b, "=") && strncmp(a, b, n) == 0;
}

/* Ours, without whimbrel's own variables: passwords may be among them. */
static char **environment(struct wb_arena *a, const char *const *more) {
    extern char **environ;
    size_t n = 0, cap = 0;
    char **list = NULL;
    for (char **e = environ; *e; e++) {
        bool over =
            wb_str_starts(*e, "WHIMBREL_") || wb_str_starts(*e, "LC_") || wb_str_starts(*e, "LANG");
        for (const char *const *m = more; m && *m; m++)
            over |= same_name(*e, *m);
        if (!over)
            *WB_PUSH(a, list, n, cap) = *e;
    }
    for (const char *const *m = more; m && *m; m++)
        *WB_PUSH(a, list, n, cap) = wb_arena_strdup(a, *m);
    *WB_PUSH(a, list, n, cap) = wb_arena_strdup(a, "LC_ALL=C.UTF-8"); /* messages as documented */
    *WB_PUSH(a, list, n, cap) = NULL;
    return list;
}

static int spawn(struct wb_program *p, const struct wb_program_spec *spec, int data, int said,
                 int secret) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, usual;
    bool feeds = spec->flow == WB_PROGRAM_FEED;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGINT);
    sigaddset(&usual, SIGTERM);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, data, feeds ? 0 : 1);
    posix_spawn_file_actions_adddup2(&files, said, 2);
    posix_spawn_file_actions_addopen(&files, feeds ? 1 : 0, "/dev/null",
                                     feeds ? O_WRONLY : O_RDONLY, 0);
    if (secret >= 0)
        posix_spawn_file_actions_adddup2(&files, secret, SECRET_FD);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                        POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attr, 0);
    posix_spawnattr_setsigdefault(&attr, &usual);
    posix_spawnattr_setsigmask(&attr, &none);
    char **argv = NULL;
    size_t n = 0, cap = 0;
    for (const char *const *s = spec->argv; *s; s++)
        *WB_PUSH(&p->arena, argv, n, cap) = wb_arena_strdup(&p->arena, *s);
    *WB_PUSH(&p->arena, argv, n, cap) = NULL;
    int failed =
        posix_spawn(&p->pid, argv[0], &files, &attr, argv, environment(&p->arena, spec->env));
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    return failed;
}

/* ours, theirs: the two ends. */
static bool make_ends(enum wb_program_flow flow, int data[2], int said[2]) {
    data[0] = data[1] = said[0] = said[1] = -1;
    int made = flow == WB_PROGRAM_FEED ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data)
                                       : pipe2(data, O_CLOEXEC);
    return made == 0 && pipe2(said, O_CLOEXEC) == 0;
}

static void close_fd(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

enum wb_code wb_program_start(const struct wb_program_spec *spec, struct wb_program **ret,
                              struct wb_error *err) {
    int data[2], said[2], secret = spec->secret ? secret_file(spec->secret) : -1;
    struct wb_program *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    bool ready = make_ends(spec->flow, data, said) && !(spec->secret && secret < 0);
    int failed = ready ? spawn(p, spec, data[1], said[1], secret) : errno;
    const char *slash = strrchr(spec->argv[0], '/');
    p->name = wb_arena_strdup(&p->arena, slash ? slash + 1 : spec->argv[0]);
    close_fd(&data[1]);
    close_fd(&said[1]);
    close_fd(&secret);
    p->data = data[0];
    p->said_fd = said[0];
    if (ready && !failed) {
        *ret = p;
        return WB_OK;
    }
    p->pid = 0;
    wb_error_set(err, WB_E_IO, "%s cannot be started: %s", spec->argv[0], strerrordesc_np(failed));
    wb_program_free(p);
    return WB_E_IO;
}

/* --- while it runs
 * ------------------------------------------------------------------------------- */

static void hear(struct wb_program *p) {
    char piece[1024];
    ssize_t n = read(p->said_fd, piece, sizeof piece);
    if (n <= 0) {
        if (n == 0 || errno != EINTR)
            close_fd(&p->said_fd);
        return;
    }
    wb_buf_add(&p->said, piece, (size_t)n);
    if (p->said.len > KEPT * 2) { /* the beginning tells least */
        memmove(p->said.data, p->said.data + p->said.len - KEPT, KEPT);
        p->said.len = KEPT;
    }
}

/* Waits a little for its words or for data that can be moved; whether data can. */
bool wb_program_turn(struct wb_program *p, int data, short events) {
    struct pollfd fds[2] = {{.fd = p->said_fd, .events = POLLIN}, {.fd = data, .events = events}};
    if (poll(fds, 2, TURN_MS) <= 0)
        return false;
    if (fds[0].revents)
        hear(p);
    return fds[1].revents != 0;
}

static bool is_asked_to_stop(const struct wb_native_watch *w) {
    return w && w->cancel && wb_cancel_signo(w->cancel);
}

static const char *line_after(const char *text, const char *first) {
    for (const char *s = text; s && *s; s = strchr(s, '\n') ? strchr(s, '\n') + 1 : NULL)
        if (wb_str_starts(s, first))
            return strchr(s, '\n') ? strchr(s, '\n') + 1 : "";
    return NULL;
}

int wb_program_await(struct wb_program *p, const char *first, const char *next, unsigned timeout_ms,
                     const struct wb_native_watch *watch) {
    uint64_t end_us = wb_clock_monotonic_us() + (uint64_t)timeout_ms * 1000;
    for (;;) {
        const char *rest = line_after(wb_buf_str(&p->said), first);
        if (rest && line_after(rest, next))
            return 1;
        if (p->said_fd < 0 || is_asked_to_stop(watch) || wb_clock_monotonic_us() >= end_us)
            return 0;
        wb_program_turn(p, -1, 0);
    }
}

/* --- its end
 * ------------------------------------------------------------------------------------- */

static bool has_ended(struct wb_program *p, uint64_t end_us) {
    while (waitpid(p->pid, &p->status, WNOHANG) == 0) {
        if (wb_clock_monotonic_us() >= end_us)
            return false;
        wb_clock_sleep_ms(5);
    }
    p->pid = 0;
    return true;
}

static void stop(struct wb_program *p) {
    if (!p->pid)
        return;
    kill(-p->pid, SIGTERM);
    if (has_ended(p, wb_clock_monotonic_us() + END_MS * 1000u))
        return;
    kill(-p->pid, SIGKILL);
    waitpid(p->pid, &p->status, 0);
    p->pid = 0;
}

void wb_program_free(struct wb_program *p) {
    if (!p)
        return;
    close_fd(&p->data);
    stop(p);
    close_fd(&p->said_fd);
    wb_buf_done(&p->said);
    wb_arena_done(&p->arena);
    free(p);
}

/* Its complaints, without what it tells of its progress. */
static void put_complaints(struct wb_program *p, struct wb_buf *to) {
    const char *s = wb_buf_str(&p->said);
    while (*s) {
        size_t n = strcspn(s, "\n");
        bool plain = n && !wb_str_starts(s, "--") && !wb_str_starts(s, "Warning: ");
        if (plain && to->len < 700)
            wb_buf_addf(to, "%s%.*s", to->len ? "; " : "", (int)n, s);
        s += n + (s[n] == '\n');
    }
}

static enum wb_code meaning(const char *text) {
    static const struct {
        const char *words;
        enum wb_code code;
    } known[] = {
        {"No space left on device", WB_E_DISK_FULL}, {"is full", WB_E_DISK_FULL},
        {"permission denied", WB_E_PRIVILEGE},       {"must be superuser", WB_E_PRIVILEGE},
        {"must be owner", WB_E_PRIVILEGE},           {"denied to user", WB_E_PRIVILEGE},
        {"Access denied", WB_E_PRIVILEGE},           {"server closed the connection", WB_E_LOST},
        {"terminating connection", WB_E_LOST},       {"Lost connection", WB_E_LOST},
        {"server has gone away", WB_E_LOST},         {"connection to server", WB_E_CONNECT},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (wb_str_istr(text, known[i].words))
            return known[i].code;
    return WB_E_SQL;
}

enum wb_code wb_program_end(struct wb_program *p, const struct wb_native_watch *watch,
                            struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf words = {0};
    close_fd(&p->data);
    while (p->said_fd >= 0) {
        if (wb_cancel_check(watch ? watch->cancel : NULL, err))
            return WB_E_CANCELED; /* free ends it */
        wb_program_turn(p, -1, 0);
    }
    if (p->pid && waitpid(p->pid, &p->status, 0) == p->pid)
        p->pid = 0;
    if (WIFEXITED(p->status) && WEXITSTATUS(p->status) == 0)
        return WB_OK;
    put_complaints(p, &words);
    enum wb_code code = meaning(wb_buf_str(&words));
    if (WIFEXITED(p->status))
        return wb_error_set(err, code, "%s ended with exit code %d: %s", p->name,
                            WEXITSTATUS(p->status),
                            words.len ? wb_buf_str(&words) : "it gave no reason");
    return wb_error_set(err, WB_E_LOST, "%s was ended by signal %d%s%s", p->name,
                        WTERMSIG(p->status), words.len ? ": " : "", wb_buf_str(&words));
}

/* --- finding programs
 * ----------------------------------------------------------------------------- */

const char *wb_program_find(struct wb_arena *a, const char *name) {
    const char *path = getenv("PATH");
    for (const char *s = path ? path : ""; *s;) {
        size_t n = strcspn(s, ":");
        const char *file = wb_arena_printf(a, "%.*s/%s", (int)n, s, name);
        if (n && access(file, X_OK) == 0)
            return file;
        s += n + (s[n] == ':');
    }
    return NULL;
}

const char *wb_program_line(struct wb_arena *a, const char *path, const char *argument) {
    const char *const argv[] = {path, argument, NULL};
    struct wb_program_spec spec = {.argv = argv, .flow = WB_PROGRAM_READ};
    struct wb_program *p = NULL;
    WB_CLEANUP_BUF struct wb_buf text = {0};
    char piece[512];
    ssize_t n;
    if (wb_program_start(&spec, &p, NULL))
        return NULL;
    while (text.len < sizeof piece * 4 && (n = read(p->data, piece, sizeof piece)) > 0)
        wb_buf_add(&text, piece, (size_t)n);
    bool good = wb_program_end(p, NULL, NULL) == WB_OK;
    wb_program_free(p);
    const char *s = wb_buf_str(&text);
    return good ? wb_arena_strndup(a, s, strcspn(s, "\n")) : NULL;
}
