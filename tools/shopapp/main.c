/* shopapp: plays the shop's application while its database is moved. Reads the command line, and
 * turns customers, controls and reports in one loop, so that nothing of it happens at once.
 */
#include "app.h"
#include "ledger.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] =
    "shopapp plays the application of a shop that shopgen made: customers order, change their\n"
    "orders and look at them, all the while, until it is stopped (Ctrl-C).\n"
    "\n"
    "  shopapp OLD [NEW] [--flags URL --token-file FILE] [--ledger FILE] [--break FILE]\n"
    "  shopapp --prove LEDGER DATABASE\n"
    "\n"
    "Every write goes to OLD first. Where OLD has a table outbox, each write leaves a note there.\n"
    "While the flag shop_write_both is on, each noted order is carried to NEW, whole, before the\n"
    "customer is told: the orders noted before that first, so that NEW misses none. What cannot\n"
    "be carried stays noted and is tried again. A customer's reads come from NEW where the flag\n"
    "shop_read_new says so, and from OLD instead where NEW fails. With OLD alone, there is no\n"
    "migration.\n"
    "\n"
    "  --flags URL         where a plan runs: whimbrel run PLAN --listen 8470 is\n"
    "                      http://127.0.0.1:8470; without it, or while nobody answers, all flags\n"
    "                      are off\n"
    "  --token-file FILE   the token with which outcomes and times of reads and writes are "
    "reported\n"
    "  --ledger FILE       appends ORDER,REVISION,TOTAL for each write that a customer was told "
    "of\n"
    "  --break FILE        while FILE is there, so many of the reads from NEW fail as it says: "
    "20%\n"
    "  --reads N           a second (default 600)\n"
    "  --writes N          a second (default 60)\n"
    "  --prove             compares a ledger with a database: is there all that was acknowledged?\n"
    "\n"
    "Exit codes: 0 stopped, or proven; 1 noted orders were left behind, or not proven; 2 wrong "
    "usage;\n"
    "4 a database or a file.\n";

static volatile sig_atomic_t stopped;

static void stop(int signo) {
    (void)signo;
    stopped = 1;
}

static int usage(const char *problem) {
    fprintf(stderr, "shopapp: %s\nTry 'shopapp --help'.\n", problem);
    return 2;
}

static int parse_rate(const char *text, int *out) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < 0 || value > 100000)
        return 0;
    *out = (int)value;
    return 1;
}

struct command {
    struct app_options app;
    const char *ledger, *prove;
};

/* 0 when the options were understood, else the exit code; -1: help was printed. */
static int parse(int argc, char **argv, struct command *c) {
    static const struct option flags[] = {{"flags", required_argument, NULL, 'f'},
                                          {"token-file", required_argument, NULL, 't'},
                                          {"ledger", required_argument, NULL, 'l'},
                                          {"break", required_argument, NULL, 'b'},
                                          {"reads", required_argument, NULL, 'r'},
                                          {"writes", required_argument, NULL, 'w'},
                                          {"prove", required_argument, NULL, 'p'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    for (int flag; (flag = getopt_long(argc, argv, "h", flags, NULL)) != -1;) {
        switch (flag) {
        case 'f':
            c->app.url = optarg;
            break;
        case 't':
            c->app.token_file = optarg;
            break;
        case 'l':
            c->ledger = optarg;
            break;
        case 'b':
            c->app.break_file = optarg;
            break;
        case 'r':
            if (!parse_rate(optarg, &c->app.reads_per_s))
                return usage("--reads takes a number from 0 to 100000");
            break;
        case 'w':
            if (!parse_rate(optarg, &c->app.writes_per_s))
                return usage("--writes takes a number from 0 to 100000");
            break;
        case 'p':
            c->prove = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            return -1;
        default:
            fprintf(stderr, "Try 'shopapp --help'.\n");
            return 2;
        }
    }
    int left = argc - optind;
    if (left < 1 || left > (c->prove ? 1 : 2))
        return usage(c->prove ? "--prove takes one database"
                              : "say which database: OLD, or OLD NEW");
    c->app.old_path = argv[optind];
    c->app.new_path = left > 1 ? argv[optind + 1] : NULL;
    return 0;
}

/* --- the loop
 * ------------------------------------------------------------------------------------ */

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* How many of rate a second are due; after a pause of the machine, no more than a second's. */
static int due(int rate, int64_t now, int64_t *last_us) {
    if (rate == 0)
        return 0;
    if (now - *last_us > 1000000)
        *last_us = now - 1000000;
    int n = (int)((now - *last_us) * rate / 1000000);
    *last_us += (int64_t)n * 1000000 / rate;
    return n;
}

static void turn(struct app *app, const struct app_options *o) {
    enum { NAP_NS = 5000000, CONTROL_US = 100000, SEND_US = 200000, TELL_US = 2000000 };
    int64_t write_us = now_us(), read_us = write_us, control_us = 0, send_us = 0;
    int64_t tell_us = write_us;
    while (!stopped) {
        int64_t now = now_us();
        if (now - control_us >= CONTROL_US) {
            app_look_at_controls(app);
            control_us = now;
        }
        for (int n = due(o->writes_per_s, now, &write_us); n > 0 && !stopped; n--)
            app_write(app);
        app_carry(app);
        for (int n = due(o->reads_per_s, now, &read_us); n > 0 && !stopped; n--)
            app_read(app);
        if (now - send_us >= SEND_US) {
            app_send(app);
            send_us = now;
        }
        if (now - tell_us >= TELL_US) {
            app_tell(app);
            tell_us = now;
        }
        nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
    }
}

static int run(struct command *c) {
    char error[400] = "";
    struct app *app = app_open(&c->app, error, sizeof error);
    if (!app) {
        fprintf(stderr, "shopapp: %s\n", error);
        return 4;
    }
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    turn(app, &c->app);
    int left = app_finish(app);
    app_send(app);
    app_tell(app);
    app_close(app);
    return left;
}

int main(int argc, char **argv) {
    struct command c = {.app = {.reads_per_s = 600, .writes_per_s = 60}};
    int rc = parse(argc, argv, &c);
    if (rc)
        return rc < 0 ? 0 : rc;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (c.prove)
        return ledger_prove(c.prove, c.app.old_path);
    if (c.ledger && !(c.app.ledger = fopen(c.ledger, "a"))) {
        fprintf(stderr, "shopapp: %s cannot be written\n", c.ledger);
        return 4;
    }
    rc = run(&c);
    if (c.app.ledger && fclose(c.app.ledger))
        rc = 4;
    return rc;
}
