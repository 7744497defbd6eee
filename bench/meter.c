/*
 * meter SECONDS OUTPUT COMMAND [ARGUMENT...]: runs a command and writes to OUTPUT, in one line,
 * wall seconds, CPU seconds, peak resident KiB, exit code (128 + n for signal n), and 1 if SECONDS ran out.
 *
 * Why a program of its own: Linux counts what a process was before exec into its peak, so a measuring process
 * must be small. CPU is that of the command and all that it waited for, peak the largest single process of them.
 * The command has a session of its own, since some tools end their whole process group.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile pid_t child;
static volatile sig_atomic_t timed_out;

static void end_child(int signal_number)
{
    if (signal_number == SIGALRM)
        timed_out = 1;
    if (child > 0)
        kill(-child, SIGKILL);
}

static double seconds_of(struct timeval tv)
{
    return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static void start_command(char **command)
{
    child = fork();
    if (child != 0)
        return;
    setsid();
    execvp(command[0], command);
    fprintf(stderr, "meter: %s: %s\n", command[0], strerror(errno));
    _exit(127);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("usage: meter SECONDS OUTPUT COMMAND [ARGUMENT...]\n", stderr);
        return 2;
    }
    FILE *output = fopen(argv[2], "we");
    if (!output) {
        fprintf(stderr, "meter: %s: %s\n", argv[2], strerror(errno));
        return 2;
    }
    struct sigaction action = {.sa_handler = end_child, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);

    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    start_command(argv + 3);
    if (child < 0) {
        fprintf(stderr, "meter: fork: %s\n", strerror(errno));
        return 2;
    }
    alarm((unsigned)strtoul(argv[1], NULL, 10));
    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) < 0)
        if (errno != EINTR)
            return 2;
    clock_gettime(CLOCK_MONOTONIC, &end);

    double wall = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    fprintf(output, "%.4f %.4f %ld %d %d\n", wall, seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
            usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), (int)timed_out);
    return fclose(output) == 0 ? 0 : 2;
}
