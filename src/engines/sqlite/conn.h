/* A connection to an SQLite file, and the small verbs that the rest of this engine is written in.
 *
 * A source is opened read only and nothing is ever written to it. A target is opened for writing,
 * created if it is missing, with triggers and foreign keys switched off for this connection: rows
 * arrive as they were in the source.
 */
#ifndef WB_ENGINES_SQLITE_CONN_H
#define WB_ENGINES_SQLITE_CONN_H

#include "base/clock.h"
#include "engine/engine.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdint.h>

struct wb_sqlite {
    struct wb_conn base;
    sqlite3 *db;
    enum wb_side side;
    enum wb_purpose purpose;
    size_t cache_bytes; /* 0: by what it is for */
    char *path;         /* absolute, without symbolic links */
    unsigned busy_timeout_ms;
    uint64_t busy_since_us;
    unsigned statement_timeout_ms; /* 0: none */
    uint64_t deadline_us;          /* of the call under way, by the monotonic clock; 0: none */
    bool timed_out;                /* the call under way was ended by its deadline */
    atomic_bool canceled;          /* set by cancel, cleared when the next call begins */
    int hold_fd;                   /* the lock file of hold, -1 without */
};

enum wb_code wb_sqlite_open(const struct wb_url *url, const struct wb_open_opts *opts,
                            struct wb_conn **ret, struct wb_error *err);
void wb_sqlite_close(struct wb_conn *c);
void wb_sqlite_cancel(struct wb_conn *c);
/* LOST: the file that is open is no longer at its path, so another may be there. */
enum wb_code wb_sqlite_check_place(struct wb_sqlite *c, struct wb_error *err);
enum wb_code wb_sqlite_exec(struct wb_conn *c, const char *sql, uint64_t *ret_rows,
                            struct wb_error *err);
enum wb_code wb_sqlite_query(struct wb_conn *c, const char *sql, struct wb_arena *a,
                             struct wb_rows *ret, struct wb_error *err);
void wb_sqlite_quote_name(struct wb_buf *to, const char *name);
void wb_sqlite_quote_text(struct wb_buf *to, const char *text, size_t len);

static inline struct wb_sqlite *wb_sqlite_of(struct wb_conn *c) {
    return (struct wb_sqlite *)wb_conn_innermost(c);
}

/* A call of the engine interface begins: what was canceled before it does not count, and its time
 * runs from now. */
static inline void wb_sqlite_call(struct wb_sqlite *c) {
    atomic_store(&c->canceled, false);
    c->timed_out = false;
    c->deadline_us = c->statement_timeout_ms
                         ? wb_clock_monotonic_us() + (uint64_t)c->statement_timeout_ms * 1000
                         : 0;
}

/* Whether the call under way has used up its time. Notes it. */
static inline bool wb_sqlite_is_late(struct wb_sqlite *c) {
    c->timed_out = c->deadline_us && wb_clock_monotonic_us() >= c->deadline_us;
    return c->timed_out;
}

/* Prepare one statement. The caller finalizes it (WB_CLEANUP_STMT). */
enum wb_code wb_sqlite_prepare(struct wb_sqlite *c, const char *sql, sqlite3_stmt **ret,
                               struct wb_error *err);
/* Step once: *ret_row tells a row from the end. */
enum wb_code wb_sqlite_step(struct wb_sqlite *c, sqlite3_stmt *s, bool *ret_row,
                            struct wb_error *err);
/* The first column of the first row, 0 if there is none or it is NULL. name is bound to ?1 where it
 * is not NULL. */
enum wb_code wb_sqlite_get_int(struct wb_sqlite *c, const char *sql, const char *name, int64_t *ret,
                               struct wb_error *err);
/* The same as text in a; NULL if there is none. */
enum wb_code wb_sqlite_get_text(struct wb_sqlite *c, const char *sql, const char *name,
                                struct wb_arena *a, const char **ret, struct wb_error *err);
/* True if the file is in WAL mode. */
enum wb_code wb_sqlite_is_wal(struct wb_sqlite *c, bool *ret, struct wb_error *err);

/* Text of a column, copied into a; NULL for NULL. */
const char *wb_sqlite_column_text(sqlite3_stmt *s, int i, struct wb_arena *a);

/* The hint of a file that cannot be opened. */
extern const char *const wb_sqlite_path_hint;

/* Set *err from SQLite's last error on this connection. doing: "BEGIN", a statement's beginning …
 */
enum wb_code wb_sqlite_fail(struct wb_sqlite *c, int rc, const char *doing, struct wb_error *err);
/* The class of an (extended) result code; text is SQLite's message, os_error its errno or 0. */
enum wb_code wb_sqlite_classify(int rc, const char *text, int os_error);

static inline void wb_sqlite_finalize(sqlite3_stmt **s) {
    sqlite3_finalize(*s);
}
#define WB_CLEANUP_STMT __attribute__((cleanup(wb_sqlite_finalize)))

#endif
