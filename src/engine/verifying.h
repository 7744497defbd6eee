/* The group of an engine that verification, and whatever else looks at a server without changing
 * it, is made of: literals, canonical values, digests, load, locks, plans, and how the server
 * spells what is expected. Part of engine.h, whose rules hold here, too. */
#ifndef WB_ENGINE_VERIFYING_H
#define WB_ENGINE_VERIFYING_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/batch.h"
#include "model/catalog.h"
#include "model/digest.h"
#include "model/range.h"

#include <stdbool.h>
#include <stdint.h>

struct wb_conn;
struct wb_moment;
struct wb_rows;

/* What the server is asked to digest: columns of one table in order, each as the type that both
 * sides agreed on. */
struct wb_server_digest_spec {
    const struct wb_table *table;
    const uint32_t *columns;         /* indexes into table->columns */
    const struct wb_type *const *as; /* n_columns: the type whose canonical text is wanted */
    size_t n_columns;
    struct wb_range range;
    const char *where; /* as in wb_read_spec */
};

/* How busy a server is, as far as this user may know. */
struct wb_load_state {
    unsigned active; /* statements that other sessions run just now; UINT_MAX: unknown */
    int64_t lag_ms;  /* of the furthest replica, or of this server behind its own source; -1: it has
                        none, or unknown */
    bool stopped;    /* it should follow another server, but its replication does not run */
};

/* A session that holds a lock that another one waits for, in the server's words. */
struct wb_blocker {
    const char *session, *user;
    const char *application; /* or its host; "" where it is not known */
    const char *since;       /* when its query began, UTC; "" where it is not known */
    const char *query;       /* whole, as sent: with values; NULL: none runs */
    bool certain;            /* false: it may be another one */
};

/* A blocker from a row of session, user, application, since, query. */
struct wb_blocker wb_blocker_of(const char *const values[static 5], bool certain);

/* How often a table was used, by the server's own counters. */
struct wb_table_use {
    uint64_t reads, writes;
    uint64_t all;      /* a sum over more than that: where it shrinks, the counters began anew */
    uint64_t up_s;     /* how long the server has run; 0: see since */
    uint64_t open;     /* sessions that have it open just now, and may not be counted yet */
    const char *since; /* a text that changes when they began anew, or the table was made anew */
    unsigned late_ms;  /* a use may be counted so much later */
    bool rows_only;    /* reads that found no row are not counted */
};

/* A plan, reduced to what plans of different servers have in common. */
enum wb_explain_kind {
    WB_EXPLAIN_SCAN,  /* a table is read as a whole */
    WB_EXPLAIN_INDEX, /* rows of a table are found by an index or key */
    WB_EXPLAIN_JOIN,
    WB_EXPLAIN_SORT,
    WB_EXPLAIN_GROUP, /* grouped, made distinct, kept in a temporary table */
    WB_EXPLAIN_OTHER,
};

struct wb_explain_step {
    enum wb_explain_kind kind;
    unsigned depth;
    const char *words; /* as the server calls it: "Index Scan", "range" */
    const char *table; /* its name or, where the server tells no more, its alias; NULL: none */
    const char *index; /* NULL: none, or the table's own key without a name */
};

struct wb_explain {
    struct wb_explain_step *steps;
    size_t n;
};

/* Part of a table that expect described. */
enum wb_part_kind { WB_PART_COLUMN, WB_PART_INDEX, WB_PART_CHECK };

struct wb_part {
    const struct wb_table *expected; /* in the schema of the table that is to be changed */
    enum wb_part_kind kind;
    size_t number;       /* of its columns, indexes or checks */
    const char *instead; /* the name of what stands in its place; NULL: nothing does */
};

struct wb_verify_ops {
    /* The schema of what CREATE TEMPORARY TABLE made; NULL: the one that it was made in. */
    const char *temporary_schema;
    const char *drop_temporary; /* "DROP TABLE": within a transaction, without ending it */

    /* A literal that stands for a cell of this type in the engine's SQL, NULL included, so that
     * `column = literal` finds the row and an INSERT stores the value exactly. False where it
     * cannot be written so. Cells of kindred forms are taken too (text of digits for an INT).
     * What has no equality in the engine (PostgreSQL's json, xml and point, all that is NULL) can
     * be stored so, not compared; where a collation takes more for equal, more is found. */
    bool (*literal)(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *cell);

    /* A condition that holds where the column has exactly this value, NULL included, and not one
     * that its collation takes for equal; no index need serve it. False where there is none. */
    bool (*exactly)(struct wb_buf *to, const struct wb_column *column, const struct wb_cell *cell);
    /* A statement that deletes at most so many of the rows for which a condition holds. */
    void (*delete_some)(struct wb_buf *to, const struct wb_table *t, const char *where,
                        uint64_t most);

    /* A condition, never NULL, that holds where two expressions differ: NULL is the same as NULL,
     * text is compared by its bytes, whatever a collation takes for equal. t: the type of the
     * column that b is; a need not be of it, if the engine compares the two. */
    void (*differs)(struct wb_buf *to, const struct wb_type *t, const char *a, const char *b);
    const char *random; /* "random()": another value for each row; for ORDER BY */

    /* Whether this engine can give a column as the canonical text of a type (docs/values.md: the
     * text that md5 is taken over, equal in every engine for equal values). NULL: never. */
    bool (*canonical)(const struct wb_table *t, uint32_t column, const struct wb_type *as);
    /* MD5 a row over its columns' canonical texts, each with an end that can be told and NULL apart
     * from empty; summed modulo 2^128 with the count. Only for columns that canonical() allows:
     * UNSUPPORTED. ROW_TOO_LARGE: a row that the server cannot digest; it must be streamed. NULL:
     * this engine has no MD5 of its own. */
    enum wb_code (*digest)(struct wb_conn *c, const struct wb_server_digest_spec *spec,
                           struct wb_digest *ret, struct wb_error *err);

    /* Where the log stands now, without a lock; position "" where there is none. */
    enum wb_code (*position)(struct wb_conn *c, struct wb_arena *a, struct wb_moment *ret,
                             struct wb_error *err);
    /* Statements of this session end by themselves after so long (0: never), with LOCK_TIMEOUT or
     * TIMEOUT. */
    enum wb_code (*set_timeout)(struct wb_conn *c, unsigned statement_ms, struct wb_error *err);
    /* They wait for a lock so long at most (servers that count in seconds: rounded up), then end
     * with LOCK_TIMEOUT. */
    enum wb_code (*set_lock_timeout)(struct wb_conn *c, unsigned ms, struct wb_error *err);
    /* The number by which the server knows this session; 0: it has none. From any thread. */
    uint64_t (*session)(struct wb_conn *c);
    /* own: sessions that are not counted as active besides c itself, n_own of them. */
    enum wb_code (*load_state)(struct wb_conn *c, const uint64_t *own, size_t n_own,
                               struct wb_load_state *ret, struct wb_error *err);

    /* Who keeps another session waiting, a few of them; none where it does not wait for a lock.
     * NULL: there are no sessions. */
    enum wb_code (*blocked_by)(struct wb_conn *c, uint64_t session, struct wb_arena *a,
                               struct wb_blocker **ret, size_t *ret_n, struct wb_error *err);
    /* schema may be NULL; table NULL: all tables but whimbrel's own. UNSUPPORTED where the server
     * does not count, saying how it would; NOT_FOUND. NULL: it never counts. */
    enum wb_code (*table_use)(struct wb_conn *c, const char *schema, const char *table,
                              struct wb_arena *a, struct wb_table_use *ret, struct wb_error *err);

    /* How this engine would describe a mapped catalog (schema/map.h) had it been made just now, in
     * a schema of whatever name: types, defaults and expressions in its own spelling, and without
     * what it refuses. A table that it refuses as a whole is left out, and a finding (object_kind
     * "table", object its name) says why. Nothing is left behind and no table of anybody is
     * touched. ret is freed by wb_catalog_done. NULL: it cannot say so without leaving something.
     */
    enum wb_code (*expect)(struct wb_conn *c, const struct wb_catalog *wanted, unsigned version_num,
                           struct wb_catalog *ret, struct wb_error *err);
    /* The statement that makes such a part as expected; NULL where one does not do. The function is
     * NULL where standard_alter's words and the statements of render say it all, or nothing does.
     */
    const char *(*mend)(const struct wb_part *part, struct wb_arena *a);

    /* Run one query that only reads, in a transaction that may do no more, count its rows and drop
     * them. ret_us: from sending it to its last row; without the transaction around it. TIMEOUT
     * after timeout_ms (0: never). */
    enum wb_code (*measure)(struct wb_conn *c, const char *sql, unsigned timeout_ms,
                            uint64_t *ret_rows, uint64_t *ret_us, struct wb_error *err);
    /* The plan of such a query, which is not run. */
    enum wb_code (*explain)(struct wb_conn *c, const char *sql, struct wb_arena *a,
                            struct wb_explain *ret, struct wb_error *err);
};

#endif
