/* shopgen: makes the demo shop. Reads the command line and says what was made or what went wrong.
 */
#include "shop.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#define CUSTOMERS_MAX 5000000

static const char help[] =
    "shopgen makes a shop database to try migrations on: customers, orders, products, pictures, "
    "and\n"
    "on purpose the values and names that break migrations.\n"
    "\n"
    "  shopgen sqlite FILE [--customers N] [--seed N] [--traps]\n"
    "  shopgen mariadb --socket PATH --database NAME [--user NAME] [--customers N] [--seed N] "
    "[--traps]\n"
    "\n"
    "  --customers N   size of the shop (default 2000); about 5 orders a customer, 3 lines an "
    "order\n"
    "  --seed N        another shop of the same kind (default 1); the same seed, the same shop\n"
    "  --traps         adds what a target may have to refuse: zero dates, NUL in text, names that\n"
    "                  collide when cut to 63 bytes, rows that break their own foreign key\n"
    "  --user NAME     user to log in as (default root); a password is read from MYSQL_PWD\n"
    "\n"
    "A file or database that holds anything is refused and left as it is. The database is made "
    "when\n"
    "it is missing.\n"
    "\n"
    "Examples\n"
    "  shopgen sqlite shop.db                       2,000 customers, about 10 MB\n"
    "  shopgen sqlite big.db --customers 200000     about 8 million rows\n"
    "  shopgen mariadb --socket /run/mysqld/mysqld.sock --database shop\n"
    "\n"
    "Exit codes: 0 made, 2 wrong usage, 4 the database, or a file that is there already.\n";

struct options {
    const char *kind, *file, *socket, *database, *user;
    int64_t customers, seed;
    int traps;
};

static int usage(const char *problem) {
    fprintf(stderr, "shopgen: %s\nTry 'shopgen --help'.\n", problem);
    return 2;
}

static int parse_number(const char *text, int64_t low, int64_t high, int64_t *out) {
    char *end;

    errno = 0;
    long long value = strtoll(text, &end, 10);

    if (errno || end == text || *end || value < low || value > high)
        return 0;
    *out = value;
    return 1;
}

/* 0 when the options were understood, else the exit code; -1: help was printed. */
static int parse_flags(int argc, char **argv, struct options *o) {
    static const struct option flags[] = {{"customers", required_argument, NULL, 'c'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"socket", required_argument, NULL, 'S'},
                                          {"database", required_argument, NULL, 'd'},
                                          {"user", required_argument, NULL, 'u'},
                                          {"traps", no_argument, NULL, 't'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int flag;

    while ((flag = getopt_long(argc, argv, "h", flags, NULL)) != -1) {
        switch (flag) {
        case 'c':
            if (!parse_number(optarg, 1, CUSTOMERS_MAX, &o->customers))
                return usage("--customers takes a number from 1 to 5000000");
            break;
        case 's':
            if (!parse_number(optarg, 0, INT64_MAX, &o->seed))
                return usage("--seed takes a number from 0 up");
            break;
        case 'S':
            o->socket = optarg;
            break;
        case 'd':
            o->database = optarg;
            break;
        case 'u':
            o->user = optarg;
            break;
        case 't':
            o->traps = 1;
            break;
        case 'h':
            fputs(help, stdout);
            return -1;
        default:
            fprintf(stderr, "Try 'shopgen --help'.\n");
            return 2;
        }
    }
    return 0;
}

static int parse_operands(int argc, char **argv, struct options *o) {
    int left = argc - optind;

    if (left == 0)
        return usage("say what to make: sqlite FILE, or mariadb --socket PATH --database NAME");
    o->kind = argv[optind];
    if (strcmp(o->kind, "sqlite") == 0) {
        if (left != 2)
            return usage("sqlite takes exactly one FILE");
        o->file = argv[optind + 1];
        return o->socket || o->database ? usage("--socket and --database are for mariadb") : 0;
    }
    if (strcmp(o->kind, "mariadb") == 0 || strcmp(o->kind, "mysql") == 0) {
        if (left != 1 || !o->socket || !o->database)
            return usage("mariadb takes --socket PATH and --database NAME");
        return 0;
    }
    return usage("the first word is sqlite or mariadb");
}

static struct sink *open_sink(const struct options *o, char *error, size_t error_bytes) {
    if (o->file)
        return sink_sqlite_open(o->file, error, error_bytes);
#ifdef SHOPGEN_MARIADB
    return sink_mariadb_open(o->socket, o->user, o->database, error, error_bytes);
#else
    snprintf(error, error_bytes,
             "this shopgen was built without MariaDB; install libmariadb-dev and build again");
    return NULL;
#endif
}

static int make(const struct options *o) {
    struct shop shop = shop_of((uint64_t)o->seed, o->customers);
    const char *name = o->file ? o->file : o->database;
    char error[1024] = "";
    struct sink *sink = open_sink(o, error, sizeof error);
    int64_t tables = 0, rows = 0;

    if (!sink) {
        fprintf(stderr, "shopgen: %s\n", error);
        return 4;
    }
    sink->ops->create(sink);
    shop_fill(&shop, sink);
    if (!sink_failed(sink))
        sink->ops->finish(sink, o->traps);
    if (!sink_failed(sink))
        sink->ops->count(sink, &tables, &rows);
    int ok = !sink_failed(sink);

    if (ok)
        printf("shopgen: %s: %lld tables, %lld rows, %lld customers, seed %lld%s\n", name,
               (long long)tables, (long long)rows, (long long)o->customers, (long long)o->seed,
               o->traps ? ", with traps" : "");
    else
        fprintf(stderr, "shopgen: %s\n%s", sink->error,
                o->file ? "" : "shopgen: the database is half made; drop it before the next try\n");
    sink->ops->close(sink, ok);
    return ok ? 0 : 4;
}

int main(int argc, char **argv) {
    struct options o = {.user = "root", .customers = 2000, .seed = 1};
    int rc = parse_flags(argc, argv, &o);

    if (rc)
        return rc < 0 ? 0 : rc;
    rc = parse_operands(argc, argv, &o);
    return rc ? rc : make(&o);
}
