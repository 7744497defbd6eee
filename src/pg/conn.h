/* A session with a PostgreSQL server, over libpq: how it is opened, what it is set to, how its
 * errors read.
 *
 * Knows nothing of tables or migrations. One session serves one thread; wb_pg_cancel alone may be
 * called from any. All statements go by the simple query protocol, so that a session pooler between
 * here and the server does no harm.
 */
#ifndef WB_PG_CONN_H
#define WB_PG_CONN_H

#include "base/arena.h"
#include "base/error.h"
#include "model/url.h"

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct wb_pg_opts {
    const char
        *password_env; /* variable that holds the password where the URL has none; NULL: none */
    unsigned connect_timeout_ms; /* 0: 10 s */
    bool read_only;              /* transactions may not write (a source) */
    bool replica_role; /* try for session_replication_role = replica: no trigger or foreign key
                          fires */
};

/* Zeroed is closed. */
struct wb_pg {
    PGconn *conn;
    PGcancel *cancel;
    unsigned version;              /* 150018 for 15.18: major × 10000 + minor */
    char *schema;                  /* ?schema=, "public" where none was given; owned */
    bool replica_role;             /* it was granted */
    unsigned statement_timeout_ms; /* that the session was given; 0: none */
    atomic_bool cancel_sent;       /* at any time: what ends a statement need not be its timeout */
};

/* Connect and set the session: UTC, ISO dates, UTF-8, no timeouts, row_security off (a policy that
 * would hide rows is an error), search_path the schema alone. Parameters of the URL: schema and
 * password-file are whimbrel's, the others are libpq's
 * (https://www.postgresql.org/docs/15/libpq-connect.html). Without sslmode: prefer on sockets and
 * loopback, verify-full elsewhere. Errors: URL, CONNECT, LOGIN, NOT_FOUND (no such database),
 * PRIVILEGE. */
enum wb_code wb_pg_open(struct wb_pg *pg, const struct wb_url *url, const struct wb_pg_opts *opts,
                        struct wb_error *err);
void wb_pg_close(struct wb_pg *pg);  /* accepts a zeroed one */
void wb_pg_cancel(struct wb_pg *pg); /* from any thread */

/* Run statements (several may be joined by ';'); ret_rows (may be NULL) gets the rows affected by
 * the last. All results are read; the first error counts. */
enum wb_code wb_pg_exec(struct wb_pg *pg, const char *sql, uint64_t *ret_rows,
                        struct wb_error *err);

/* One statement with rows. *ret is freed by PQclear. */
enum wb_code wb_pg_query(struct wb_pg *pg, const char *sql, PGresult **ret, struct wb_error *err);

/* BEGIN … COMMIT. Commit is believed by the tag COMMIT alone: a failed transaction answers ROLLBACK
 * without an error. */
enum wb_code wb_pg_begin(struct wb_pg *pg, const char *modes, struct wb_error *err);
enum wb_code wb_pg_commit(struct wb_pg *pg, bool durable, struct wb_error *err);
void wb_pg_rollback(struct wb_pg *pg);

/* Read all results that are due (ends a COPY in progress); *ret_tag (may be NULL) gets the last
 * command tag. */
enum wb_code wb_pg_finish(struct wb_pg *pg, char ret_tag[64], struct wb_error *err);

/* What a failed result, or the connection's state where result is NULL, means. The text quotes
 * message, detail and the context's first line. */
enum wb_code wb_pg_error(struct wb_pg *pg, const PGresult *result, struct wb_error *err);

/* The code for a SQLSTATE ("" or NULL: SQL). Source: appendix A of the documentation. */
enum wb_code wb_pg_code_of_state(const char *state);

/* The first line of a file, without its end, in the heap; NULL and IO where it cannot be read. */
char *wb_pg_read_password_file(const char *path, struct wb_error *err);

#endif
