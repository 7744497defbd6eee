/*
 * limit: what the two servers alone need, so that a copy tool's own cost can be told from theirs.
 *
 *   limit read   SOCKET DATABASE TABLE...     read every row of each table from MariaDB, binary protocol, one stream
 *   limit pgread CONNINFO TABLE...            read every row of each table from PostgreSQL, COPY BINARY, one stream
 *   limit write  CONNINFO DIRECTORY TABLE...  pipe DIRECTORY/TABLE.copy into each table, COPY BINARY, one stream
 *   limit index  CONNINFO FILE JOBS           run FILE's statements, JOBS side by side
 *
 * read takes the packets of a prepared statement as they come (mysql_net_read_packet), without decoding a value:
 * nothing on this protocol is faster. FILE of index holds one statement a line, comments with "--"; an empty line
 * is a barrier. Prints rows and bytes; exit code 1 with a message on any error.
 */
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <mysql.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES (256 * 1024)

static _Noreturn void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("limit: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

/* ---- reading MariaDB ---- */

struct total {
    unsigned long long rows;
    unsigned long long bytes;
};

/* The last packet of a result begins with 0xfe and is short; a row of the binary protocol begins with 0x00. */
static void read_packets(MYSQL *my, const char *table, struct total *total)
{
    for (;;) {
        unsigned long length = mysql_net_read_packet(my);
        if (length == (unsigned long)-1 || length == 0)
            die("reading %s: %s", table, mysql_error(my));
        unsigned char first = my->net.read_pos[0];
        if (first == 0xfe && length < 9)
            return;
        if (first != 0)
            die("reading %s: unexpected packet 0x%02x", table, first);
        total->rows++;
        total->bytes += length;
    }
}

/* A connection a table: the client library does not know that the packets were read behind its back. */
static void read_table(const char *socket, const char *database, const char *table, struct total *total)
{
    MYSQL *my = mysql_init(NULL);
    if (!my || !mysql_real_connect(my, "localhost", "root", "", database, 0, socket, 0))
        die("connecting to %s: %s", socket, my ? mysql_error(my) : "out of memory");
    char query[256];
    int length = snprintf(query, sizeof query, "SELECT * FROM `%s`", table);
    MYSQL_STMT *statement = mysql_stmt_init(my);
    if (!statement || mysql_stmt_prepare(statement, query, (unsigned long)length) || mysql_stmt_execute(statement))
        die("%s: %s", query, statement ? mysql_stmt_error(statement) : mysql_error(my));
    read_packets(my, table, total);
    mysql_close(my);
}

static int run_read(int count, char **args)
{
    struct total total = {0, 0};
    for (int i = 2; i < count; i++)
        read_table(args[0], args[1], args[i], &total);
    printf("rows %llu bytes %llu\n", total.rows, total.bytes);
    return 0;
}

/* ---- PostgreSQL ---- */

static PGconn *pg_connect(const char *conninfo)
{
    PGconn *pg = PQconnectdb(conninfo);
    if (PQstatus(pg) != CONNECTION_OK)
        die("connecting: %s", PQerrorMessage(pg));
    return pg;
}

static void pg_exec(PGconn *pg, const char *sql, ExecStatusType wanted)
{
    PGresult *result = PQexec(pg, sql);
    if (PQresultStatus(result) != wanted)
        die("%s: %s", sql, PQerrorMessage(pg));
    PQclear(result);
}

/* Takes the COPY's own outcome, then the end of results. */
static void pg_end_copy(PGconn *pg, const char *table)
{
    PGresult *result;
    while ((result = PQgetResult(pg))) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            die("copying %s: %s", table, PQerrorMessage(pg));
        PQclear(result);
    }
}

static int run_pgread(int count, char **args)
{
    struct total total = {0, 0};
    PGconn *pg = pg_connect(args[0]);
    for (int i = 1; i < count; i++) {
        char sql[256];
        snprintf(sql, sizeof sql, "COPY \"%s\" TO STDOUT (FORMAT binary)", args[i]);
        pg_exec(pg, sql, PGRES_COPY_OUT);
        char *data;
        int length;
        while ((length = PQgetCopyData(pg, &data, 0)) > 0) {
            total.rows++;
            total.bytes += (unsigned)length;
            PQfreemem(data);
        }
        pg_end_copy(pg, args[i]);
    }
    printf("rows %llu bytes %llu\n", total.rows, total.bytes);
    PQfinish(pg);
    return 0;
}

static unsigned long long write_table(PGconn *pg, const char *directory, const char *table, char *piece)
{
    char path[4096], sql[256];
    snprintf(path, sizeof path, "%s/%s.copy", directory, table);
    snprintf(sql, sizeof sql, "COPY \"%s\" FROM STDIN (FORMAT binary)", table);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        die("%s: %s", path, strerror(errno));
    pg_exec(pg, sql, PGRES_COPY_IN);
    unsigned long long bytes = 0;
    ssize_t got;
    while ((got = read(file, piece, PIECE_BYTES)) > 0) {
        if (PQputCopyData(pg, piece, (int)got) != 1)
            die("writing %s: %s", table, PQerrorMessage(pg));
        bytes += (unsigned long long)got;
    }
    close(file);
    if (got < 0 || PQputCopyEnd(pg, got < 0 ? "read error" : NULL) != 1)
        die("writing %s: %s", table, PQerrorMessage(pg));
    pg_end_copy(pg, table);
    return bytes;
}

static int run_write(int count, char **args)
{
    char *piece = malloc(PIECE_BYTES);
    if (!piece)
        die("out of memory");
    PGconn *pg = pg_connect(args[0]);
    unsigned long long bytes = 0;
    for (int i = 2; i < count; i++)
        bytes += write_table(pg, args[1], args[i], piece);
    printf("bytes %llu\n", bytes);
    PQfinish(pg);
    free(piece);
    return 0;
}

/* ---- building indexes ---- */

/* One wave: the statements between two empty lines; workers take the next until none is left. */
struct wave {
    const char *conninfo;
    pthread_mutex_t lock;
    char **statements;
    size_t count;
    size_t next;
};

static char *wave_take(struct wave *wave)
{
    pthread_mutex_lock(&wave->lock);
    char *statement = wave->next < wave->count ? wave->statements[wave->next++] : NULL;
    pthread_mutex_unlock(&wave->lock);
    return statement;
}

static void *wave_work(void *arg)
{
    struct wave *wave = arg;
    PGconn *pg = pg_connect(wave->conninfo);
    /* Two jobs already fill two cores; more processes a job only wait for one another. */
    pg_exec(pg, "SET max_parallel_maintenance_workers = 0", PGRES_COMMAND_OK);
    for (char *statement; (statement = wave_take(wave));)
        pg_exec(pg, statement, PGRES_COMMAND_OK);
    PQfinish(pg);
    return NULL;
}

static void wave_run(struct wave *wave, size_t jobs)
{
    pthread_t workers[64];
    if (jobs > wave->count)
        jobs = wave->count;
    for (size_t i = 0; i < jobs; i++)
        if (pthread_create(&workers[i], NULL, wave_work, wave))
            die("cannot start a thread");
    for (size_t i = 0; i < jobs; i++)
        pthread_join(workers[i], NULL);
    for (size_t i = 0; i < wave->count; i++)
        free(wave->statements[i]);
    wave->count = wave->next = 0;
}

static int run_index(int count, char **args)
{
    if (count != 3)
        die("index CONNINFO FILE JOBS");
    long jobs = strtol(args[2], NULL, 10);
    FILE *file = fopen(args[1], "re");
    if (!file || jobs < 1 || jobs > 64)
        die("%s: %s", args[1], file ? "jobs must be 1 to 64" : strerror(errno));
    char *statements[256];
    struct wave wave = {args[0], PTHREAD_MUTEX_INITIALIZER, statements, 0, 0};
    char line[1024];
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0')
            wave_run(&wave, (size_t)jobs);
        else if (strncmp(line, "--", 2) != 0 && wave.count < 256)
            statements[wave.count++] = strdup(line);
    }
    fclose(file);
    wave_run(&wave, (size_t)jobs);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int least_args;
        int (*run)(int count, char **args);
    } commands[] = {{"read", 3, run_read}, {"pgread", 2, run_pgread}, {"write", 3, run_write}, {"index", 3, run_index}};

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (argc > 1 && strcmp(argv[1], commands[i].name) == 0 && argc - 2 >= commands[i].least_args)
            return commands[i].run(argc - 2, argv + 2);
    die("usage: limit read SOCKET DB TABLE... | pgread CONNINFO TABLE... | write CONNINFO DIR TABLE... | "
        "index CONNINFO FILE JOBS");
}
