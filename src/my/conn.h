/* A connection to MySQL or MariaDB over libmariadb: login, TLS, session settings, statements,
 * cancelling.
 *
 * Knows nothing of engines. The session speaks utf8mb4, UTC and REPEATABLE READ, with an sql_mode
 * that neither alters what is read nor lets a write alter a value without an error.
 */
#ifndef WB_MY_CONN_H
#define WB_MY_CONN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/url.h"

#include <mysql.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wb_my_opts {
    const char
        *password_variable;      /* environment variable to look in when the URL has no password */
    unsigned connect_timeout_ms; /* 0: 10 s */
    size_t max_row_bytes;        /* 0: 32 MiB */
    bool writes;                 /* a target: may write */
};

struct wb_my_conn {
    MYSQL *mysql;
    struct wb_arena arena; /* holds what a second connection needs */
    const char *server;    /* which one it is, as identify told it; NULL: not asked yet */
    struct wb_url url;
    struct wb_my_opts opts;
    const char *database; /* NULL: none chosen */
    bool mariadb;
    unsigned version_num; /* 101119 */
    atomic_int canceled;
    atomic_bool broken; /* nothing but close helps */
    unsigned long thread_id;
};

/* Connect and set up the session. The URL is copied. CONNECT, LOGIN, NOT_FOUND, URL. */
enum wb_code wb_my_open(const struct wb_url *url, const struct wb_my_opts *opts,
                        struct wb_my_conn **ret, struct wb_error *err);
void wb_my_close(struct wb_my_conn *c); /* accepts NULL */

/* Which server this is, by what stays over its restarts. Asked once a connection, by a statement;
 * borrowed. From then on other connections of the same kind must meet the same. */
enum wb_code wb_my_identify(struct wb_my_conn *c, const char **ret, struct wb_error *err);

/* Another connection of the same kind. OTHER_DATABASE: the URL leads to another server now. */
enum wb_code wb_my_open_again(const struct wb_my_conn *c, struct wb_my_conn **ret,
                              struct wb_error *err);

/* An option file by which the server's programs log in as this connection did. It holds the
 * password. */
enum wb_code wb_my_login_options(const struct wb_my_conn *c, struct wb_buf *to,
                                 struct wb_error *err);

/* From any thread: KILL QUERY over a connection of its own; where that fails, or leads to another
 * server, the socket is shut down. */
void wb_my_cancel(struct wb_my_conn *c);

/* Set *err from the connection's last failure; what may be NULL. */
enum wb_code wb_my_fail(struct wb_my_conn *c, struct wb_error *err, const char *what);
enum wb_code wb_my_fail_stmt(struct wb_my_conn *c, MYSQL_STMT *stmt, struct wb_error *err,
                             const char *what);

/* A statement whose rows, if any, are dropped. ret_rows (may be NULL): rows found or changed. */
enum wb_code wb_my_exec(struct wb_my_conn *c, struct wb_error *err, uint64_t *ret_rows,
                        const char *sql, size_t len);
enum wb_code wb_my_execf(struct wb_my_conn *c, struct wb_error *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A result as text in an arena: values[row][column], lengths alongside; NULL is NULL. */
struct wb_my_rows {
    size_t n_rows, n_columns;
    const char ***values;
    size_t **lengths;
};
enum wb_code wb_my_query(struct wb_my_conn *c, struct wb_arena *a, struct wb_my_rows *ret,
                         struct wb_error *err, const char *sql, size_t len);
enum wb_code wb_my_queryf(struct wb_my_conn *c, struct wb_arena *a, struct wb_my_rows *ret,
                          struct wb_error *err, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

#endif
