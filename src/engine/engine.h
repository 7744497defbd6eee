/* What a database must be able to do.
 *
 * An engine is a constant struct wb_engine: a few required functions and optional groups of
 * functions; a group that is NULL is unsupported. Everything above this layer speaks to databases
 * through it alone, and names no engine. Wrappers (fault, trace, throttle, retry) stack over any
 * connection (wrap.h).
 *
 * Rules for all functions:
 *  - one connection serves one thread at a time; only cancel() may be called from any thread;
 *  - on failure *err is set and ret_* are untouched; the error says what happened and where in the
 * database's words (SQLSTATE, vendor code) and its class says whether trying again makes sense (a
 * lost connection, a session ended by the server, a deadlock, a lock timeout: RETRY);
 *  - strings that are returned belong to the arena that was given;
 *  - library code never prints and never logs a secret.
 */
#ifndef WB_ENGINE_ENGINE_H
#define WB_ENGINE_ENGINE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cancel.h"
#include "base/error.h"
#include "engine/program.h"
#include "engine/verifying.h"
#include "model/batch.h"
#include "model/catalog.h"
#include "model/digest.h"
#include "model/finding.h"
#include "model/range.h"
#include "model/url.h"

#include <stdbool.h>
#include <stdint.h>

struct wb_engine;
struct wb_pin;
struct wb_throttle;

/* A connection. Engines embed this as the first member of their own struct. */
struct wb_conn {
    const struct wb_engine *engine;
    struct wb_conn *inner; /* of a wrapper: the connection that it wraps; NULL in an engine's own */
};

/* The engine's own connection, below all wrappers. An engine's functions may be given any wrapper's
 * connection, and find themselves by this: so a group of functions that no wrapper knows works
 * through all of them. */
static inline struct wb_conn *wb_conn_innermost(struct wb_conn *c) {
    while (c->inner)
        c = c->inner;
    return c;
}

enum wb_side { WB_SIDE_SOURCE, WB_SIDE_TARGET };

/* What a connection is for. */
enum wb_purpose {
    WB_TO_MOVE, /* a source is only read; into a target rows come as they were: no trigger fires */
    WB_TO_WORK, /* as an application's: either side may write, its triggers and keys are in force */
    WB_TO_LOOK, /* either side is only read */
};

struct wb_open_opts {
    enum wb_side
        side; /* which password variable applies; a source is opened read only where possible */
    enum wb_purpose purpose;
    unsigned connect_timeout_ms; /* 0: 10 s */
    size_t max_row_bytes;        /* largest row to be expected; 0: 32 MiB */
    bool look_only; /* a target that is only looked at: nothing is made, not even an empty file */
    bool
        must_exist; /* a target that is not there is an error; else it is made where it is a file */
    /* For wrappers (registry.h says which are put on): */
    struct wb_pin
        *pin; /* the database that must be met (pin.h); outlives the connection; NULL: any */
    struct wb_throttle *throttle;   /* rows are held to its rate (throttle.h); NULL: to none */
    unsigned retries;               /* how often idempotent calls are repeated (retry.h) */
    const struct wb_cancel *cancel; /* ends the waits of retry between attempts; may be NULL */
    size_t cache_bytes; /* of pages, where the engine keeps them in this process; 0: as much
                           as serves a bulk load */
    const char *role;   /* how errors call this end; NULL: "source" or "target", by side */
};

/* Which database a connection leads to. */
struct wb_database_id {
    const char *id; /* of this database, stable over restarts: system identifier or server uuid, and
                       database */
    bool standby;   /* a physical copy that follows its primary, and so has the same id */
};

/* What a probe found out. */
struct wb_probe {
    const char *product;        /* "MariaDB" */
    const char *version;        /* "10.11.19-MariaDB-log" */
    unsigned version_num;       /* 101119, 150018, 3040001: major × 10000 + minor × 100 + patch */
    const char *default_schema; /* where tables go unless another is named; NULL where there are no
                                   schemas */
    const char *identity;       /* as identify tells it */
    unsigned max_writers;       /* transactions that may write side by side; SQLite: 1 */
    unsigned max_readers; /* snapshots that can be had at one moment with this user's privileges; 1:
                             one reader only */
    bool transactional_ddl;
    size_t max_name_bytes; /* 0: no limit */
    uint64_t used_bytes;   /* size of the database, 0 = unknown */
    struct wb_findings findings;
};

struct wb_describe_opts {
    const char *schema; /* only this schema; NULL: the connection's database or default schema */
    bool internal;      /* with whimbrel's own tables */
};

/* A small result as text; NULL for SQL NULL. Owned by the arena given to query. */
struct wb_rows {
    size_t n_rows, n_columns;
    const char ***values; /* values[row][column] */
};

/* ------------------------------------------------------------------------------------------------
 * reading */

/* An epoch on a source: one moment that all readers of a copy share. Opaque, an engine's own. */
struct wb_snapshot;

struct wb_snapshot_opts {
    const struct wb_catalog
        *catalog;             /* NULL: every table of the schema; else just these tables are held */
    unsigned n_readers;       /* that will join */
    unsigned lock_timeout_ms; /* for the momentary lock, if one is needed; 0: 2 s */
    bool lock_tables; /* hold a read lock on tables without transactions until snapshot_end */
    const struct wb_cancel *cancel;
};

/* The moment of a snapshot, for people and for the ledger. */
struct wb_moment {
    const char *position;    /* GTID set, LSN, "data_version 12": in the source's words; "" where it
                                has none */
    const char *fingerprint; /* position in a form that equals another's only if nothing was written
                                in between; "" = cannot tell */
    int64_t wall_us;
};

struct wb_read_spec {
    const struct wb_table *table;
    const uint32_t *columns; /* indexes into table->columns */
    size_t n_columns;
    struct wb_range range;
    const char *where; /* an extra predicate in the engine's SQL, or NULL */
    bool ordered;      /* by the split key */
};

struct wb_cursor; /* an open read; an engine's own */

/* Questions about a table's data that decide types, or refusals, before rows move. */
enum wb_scan_kind {
    WB_SCAN_NOT_BOOLEAN, /* values other than 0, 1 and NULL */
    WB_SCAN_OUTSIDE_DAY, /* TIME below 00:00:00 or at or above 24:00:00 */
    WB_SCAN_ZERO_DATE,   /* zero or partial dates */
    WB_SCAN_NUL_BYTE,    /* 0x00 in text */
    WB_SCAN_BAD_ENUM,    /* the enum's error value (index 0) */
};

struct wb_scan_ask {
    uint32_t column;
    enum wb_scan_kind kind;
    uint64_t ret_rows; /* out: rows for which it holds */
};

struct wb_read_ops {
    /* Begin an epoch. keeper holds it: a lock that keeps writers out for the instant in which
     * readers join, and what keeps the tables' definitions still (ACCESS SHARE, metadata locks)
     * until the end. The keeper must stay open and unused until snapshot_end. Errors: PRIVILEGE,
     * LOCK_TIMEOUT (blockers named), NOT_TRANSACTIONAL (tables named). */
    enum wb_code (*snapshot_begin)(struct wb_conn *keeper, const struct wb_snapshot_opts *opts,
                                   struct wb_snapshot **ret, struct wb_error *err);
    /* Put a reader's connection into the snapshot. Before snapshot_ready; afterwards only where
     * late_join is true. */
    enum wb_code (*snapshot_join)(struct wb_conn *reader, struct wb_snapshot *s,
                                  struct wb_error *err);
    /* All have joined: lets writers go on, gives the moment. */
    enum wb_code (*snapshot_ready)(struct wb_snapshot *s, struct wb_arena *a, struct wb_moment *ret,
                                   struct wb_error *err);
    /* Are the sessions that hold the snapshot's locks still there? LOST where one is gone: what was
     * read since may not be one moment. Called before snapshot_end. NULL: nothing is held by
     * another session. */
    enum wb_code (*snapshot_check)(struct wb_snapshot *s, struct wb_error *err);
    void (*snapshot_end)(struct wb_snapshot *s); /* accepts NULL; the readers' transactions are
                                                    ended too (by close or rollback) */
    bool late_join;

    /* Cut a table into ranges of about chunk_rows rows that tile it, within the snapshot that the
     * connection has joined. Never none: an empty table gives one. Uses the replica key where there
     * is one, else pages or the whole. */
    enum wb_code (*split)(struct wb_conn *c, const struct wb_table *t, uint64_t chunk_rows,
                          struct wb_arena *a, struct wb_range **ret, size_t *ret_n,
                          struct wb_error *err);

    enum wb_code (*open)(struct wb_conn *c, const struct wb_read_spec *spec, struct wb_cursor **ret,
                         struct wb_error *err);
    /* Fill a batch (which is reset first) until it is full or the range ends; no rows means the
     * end. */
    enum wb_code (*next)(struct wb_cursor *cur, struct wb_batch *b, struct wb_error *err);
    void (*done)(struct wb_cursor *cur); /* at any time; accepts NULL. After a failed or early end
                                            the connection is usable again or closed */

    /* Answer all asks about one table in one pass. NULL group member: the engine has no such
     * values. */
    enum wb_code (*scan)(struct wb_conn *c, const struct wb_table *t, struct wb_scan_ask *asks,
                         size_t n, struct wb_error *err);

    /* The connection whose cursors are all done leaves its snapshot and is as after open; for
     * reading a database that nobody else writes (a target's proof) no snapshot is needed at all.
     */
};

/* ------------------------------------------------------------------------------------------------
 * writing */

struct wb_load_spec {
    const struct wb_table *table; /* of the target's catalog */
    const uint32_t
        *columns; /* indexes into table->columns: those that the batch's columns go to, in order */
    size_t n_columns;
};

struct wb_load; /* an open bulk load; an engine's own */

struct wb_write_ops {
    /* Hold the target for this connection's life, so that no second whimbrel works on it:
     * TARGET_BUSY, naming the other where that can be known. Released when the connection ends,
     * however it ends. */
    enum wb_code (*hold)(struct wb_conn *c, struct wb_error *err);

    enum wb_code (*begin)(struct wb_conn *c, struct wb_error *err);
    /* Believed only when the server said so in its own words (PostgreSQL: the tag COMMIT). durable:
     * flushed before it returns; otherwise it may be lost in a crash of the server, never torn.
     * After an error the outcome is unknown if err's class is RETRY, else the transaction is rolled
     * back. */
    enum wb_code (*commit)(struct wb_conn *c, bool durable, struct wb_error *err);
    void (*rollback)(struct wb_conn *c);

    /* Within a transaction: rows in bulk. load_close returns only when the server has confirmed
     * every row, with their number. A row that the target refuses gives VALUE or CONSTRAINT with
     * table, column and the server's words. */
    enum wb_code (*load_open)(struct wb_conn *c, const struct wb_load_spec *spec,
                              struct wb_load **ret, struct wb_error *err);
    /* The batch may be wider than the load: the first n_columns cells of each row are its. */
    enum wb_code (*load_put)(struct wb_load *l, const struct wb_batch *b, struct wb_error *err);
    enum wb_code (*load_close)(struct wb_load *l, uint64_t *ret_rows,
                               struct wb_error *err); /* frees l in any case */
    void (*load_abort)(
        struct wb_load *l); /* frees l; accepts NULL; the transaction must then be rolled back */

    /* Delete the rows of a key range; ret_rows may be NULL. Only for split keys that
     * wb_type_c_ordered() allows, and for whole tables. */
    enum wb_code (*delete_range)(struct wb_conn *c, const struct wb_table *t,
                                 const struct wb_range *range, uint64_t *ret_rows,
                                 struct wb_error *err);

    /* For the text of a LOCK_TIMEOUT, after its transaction was rolled back: the sessions whose
     * transactions have changed or locked rows of a table (as it is written in SQL), a few of them,
     * in words; "" where there are none or this user cannot know. NULL: there are no sessions. */
    const char *(*blockers)(struct wb_conn *c, const char *table, struct wb_arena *a);
};

/* ------------------------------------------------------------------------------------------------
 * DDL */

/* In this order; within one part all statements are independent of each other unless same-table
 * order is needed. */
enum wb_ddl_part {
    WB_DDL_PREPARE, /* schemas, collations, enum types */
    WB_DDL_TABLE,   /* tables with columns, defaults, generated columns, checks; partitions */
    WB_DDL_INDEX,   /* unique and plain indexes: after the load, side by side, also of one table */
    WB_DDL_CONSTRAINT,  /* primary and unique keys made of such indexes: after all indexes of the
                           table, one by one */
    WB_DDL_FOREIGN_KEY, /* after all keys; where a check of all rows can be had apart from it,
                           without that check */
    WB_DDL_VALIDATE,    /* which then follows, side by side for different tables */
    WB_DDL_SEQUENCE,    /* next values */
    WB_DDL_COMMENT,
    WB_DDL_ANALYZE,
    WB_DDL_OBJECT, /* views, triggers: where engine and target speak one dialect */
};

struct wb_ddl {
    enum wb_ddl_part part;
    const char *sql;
    const char *object_kind, *object; /* for messages: "index", "orders.idx_total" */
    int table;     /* index into the catalog's tables, -1 where it belongs to none */
    bool optional; /* refused by the target (an expression that it does not take): reported as not
                      carried, and the run goes on */
    bool key; /* primary key, or the index that stands for the replica key: first of its table */
    const char *drop_sql; /* undoes it (DROP TABLE …, DROP TYPE …, DROP INDEX …, ALTER TABLE … DROP
                             CONSTRAINT …), also where it was not done (IF EXISTS); run in reverse
                             order; NULL for what falls with something else */
    const char *exists_sql; /* returns one row if it is there already (a statement that was run just
                               before a crash); NULL: not needed */
};

struct wb_ddl_list {
    struct wb_ddl *items;
    size_t n, cap;
};

struct wb_ddl_ops {
    /* The type that this engine uses for a neutral one, as it would be read back; ret->native is
     * its spelling in DDL. The forms of its values (type.h) tell what schema/ has to convert. TYPE
     * where there is none. */
    enum wb_code (*map_type)(const struct wb_type *from, struct wb_arena *a, struct wb_type *ret,
                             struct wb_error *err);
    /* A type as users write it for --cast ("numeric(20,4)", "text"), as map_type's result. TYPE if
     * not understood. */
    enum wb_code (*parse_type)(const char *native, struct wb_arena *a, struct wb_type *ret,
                               struct wb_error *err);
    /* The statements that make a mapped catalog (schema/map.h), in order of parts; what cannot be
     * carried goes to the findings, by name. version_num: of the target, from its probe. */
    enum wb_code (*render)(const struct wb_catalog *target, unsigned version_num,
                           struct wb_arena *a, struct wb_ddl_list *ret,
                           struct wb_findings *findings, struct wb_error *err);
    /* Whether render can make this column generate its value as its tree says; where not, *ret_why
     * tells why, and schema/ maps it as a plain column whose values are copied. NULL: whatever was
     * parsed. */
    bool (*can_generate)(const struct wb_table *t, uint32_t column, struct wb_arena *a,
                         const char **ret_why);
    /* What the engine's keys ask of the columns in them: lengths, types and collations that are the
     * same at both ends of a foreign key, names. Changes the mapped catalog where that loses
     * nothing, with findings in it; else TYPE, naming every column and the remedy. Not called where
     * both sides are of one engine. NULL: nothing. */
    enum wb_code (*fit_keys)(const struct wb_catalog *source, struct wb_catalog *mapped,
                             struct wb_error *err);
    const char *const
        *reserved_columns;         /* names that no column may have, NULL-terminated; NULL: none */
    const char *folding_collation; /* the engine's own collation that ignores the case of ASCII
                                      letters and nothing else; NULL: none */
    bool collates; /* map_type gives each text the collation that compares like the source's, in
                      keys and elsewhere */
    bool case_sensitive_names; /* the target keeps names that differ only in case apart */
    bool text_refuses_nul;     /* text cannot hold 0x00 */
    bool text_must_be_utf8;    /* text must be valid UTF-8 */
    bool keys_inline; /* unique and foreign keys are part of CREATE TABLE and cannot be undone alone
                       */
    bool typed; /* a column's type binds its values (false: SQLite, any value goes anywhere) */
    bool
        standard_alter; /* takes ALTER COLUMN … TYPE, SET NOT NULL and so on, as the standard has it
                         */
    bool drops_by_alter;          /* takes ALTER TABLE … DROP COLUMN and DROP CONSTRAINT */
    const char *drop_foreign_key; /* what ALTER TABLE calls a foreign key that it drops: "FOREIGN
                                     KEY"; NULL: CONSTRAINT, too */
    bool restrict_is_no_action;   /* foreign keys are checked at every statement: RESTRICT and NO
                                     ACTION are two words for one thing */
};

/* ------------------------------------------------------------------------------------------------
 * native: backups by the database's own means, and scratch databases to restore them into */

struct wb_dump; /* one under way; an engine's own */

struct wb_dump_spec {
    struct wb_snapshot *snapshot;        /* the moment that it is to be of */
    const char *dir;                     /* exists; the files are made in it */
    const char *name;                    /* their names begin with it */
    const struct wb_native_watch *watch; /* outlives the dump */
};

struct wb_restore_spec {
    const char *dir;
    const struct wb_native_file *files; /* as the dump gave them */
    size_t n_files;
    const char *to_file; /* where the scratch is a file: its path; it must not exist */
    const struct wb_native_watch *watch;
};

/* Login data of a connection is handed on to the programs without anybody else seeing it. */
struct wb_native_ops {
    unsigned percent; /* of the database's size that a dump takes, roughly */
    bool joins; /* a dump reads the snapshot itself; else it begins while the snapshot keeps commits
                   out, so between snapshot_join and snapshot_ready, if there are two readers */
    /* The programs that are needed are there and can do with this server: NOT_FOUND, with the
     * package's name. *ret_words: what a dump is made by, with its version. */
    enum wb_code (*check)(struct wb_conn *c, struct wb_arena *a, const char **ret_words,
                          struct wb_error *err);
    /* The schemas that a dump holds. NULL: just the connection's. */
    enum wb_code (*schemas)(struct wb_conn *c, struct wb_arena *a, const char *const **ret,
                            size_t *ret_n, struct wb_error *err);

    /* Begin a dump; reader has joined the snapshot. *ret_in_moment: it is of that moment. */
    enum wb_code (*dump_begin)(struct wb_conn *reader, const struct wb_dump_spec *spec,
                               struct wb_dump **ret, bool *ret_in_moment, struct wb_error *err);
    /* To its end; the files are durable then. Names belong to a. */
    enum wb_code (*dump_run)(struct wb_dump *d, struct wb_arena *a, struct wb_native_file **ret,
                             size_t *ret_n, struct wb_error *err);
    void (*dump_done)(struct wb_dump *d); /* accepts NULL; kills what still runs */

    /* Into an empty scratch database; into: a connection to it, NULL where the scratch is a file.
     * VALUE: the files are not what was dumped; SQL and others: the database refused it. */
    enum wb_code (*restore)(struct wb_conn *into, const struct wb_restore_spec *spec,
                            struct wb_error *err);

    /* Scratch databases on a server, by admin's session, which holds the name as long as it lives.
     * NULL: the scratch is a file. make: an empty one, set up as the database of like. PRIVILEGE.
     */
    enum wb_code (*scratch_make)(struct wb_conn *admin, struct wb_conn *like, const char *name,
                                 struct wb_error *err);
    enum wb_code (*scratch_drop)(struct wb_conn *admin, const char *name, struct wb_error *err);
    /* Those whose name begins so, has size_hex hexadecimal digits behind that and nothing else, and
     * that no session holds: left behind by a run that was killed. */
    enum wb_code (*scratch_left)(struct wb_conn *admin, const char *prefix, size_t size_hex,
                                 struct wb_arena *a, const char ***ret, size_t *ret_n,
                                 struct wb_error *err);
};

/* ------------------------------------------------------------------------------------------------
 * the engine */

enum { WB_ENGINE_VERSION = 1 };

struct wb_engine {
    int version;                /* WB_ENGINE_VERSION */
    const char *name;           /* "postgresql" */
    const char *title;          /* "PostgreSQL" */
    const char *const *schemes; /* NULL-terminated: {"postgresql", "postgres", NULL} */
    bool names_database; /* a URL must name the database: there is no default that could be meant */
    const char *ledger_prefix; /* "whimbrel." where schemas exist, else "whimbrel_" */
    const char *ledger_setup;  /* a statement to run before the ledger's tables are made ("CREATE
                                  SCHEMA …"), or NULL */

    enum wb_code (*open)(const struct wb_url *url, const struct wb_open_opts *opts,
                         struct wb_conn **ret, struct wb_error *err);
    void (*close)(struct wb_conn *c);  /* accepts NULL; ends whatever is under way */
    void (*cancel)(struct wb_conn *c); /* from any thread: whatever the connection waits for ends
                                          soon with an error */
    /* Of a connection that is nothing but open; asked at each one, so by one small query. */
    enum wb_code (*identify)(struct wb_conn *c, struct wb_arena *a, struct wb_database_id *ret,
                             struct wb_error *err);
    enum wb_code (*probe)(struct wb_conn *c, struct wb_arena *a, struct wb_probe *ret,
                          struct wb_error *err);
    /* ret's arena owns the result; free with wb_catalog_done. */
    enum wb_code (*describe)(struct wb_conn *c, const struct wb_describe_opts *opts,
                             struct wb_catalog *ret, struct wb_error *err);
    /* One statement without result; ret_rows (may be NULL): rows affected. For UPDATE these are the
     * rows found, not just those changed. All results are read before it returns. */
    enum wb_code (*exec)(struct wb_conn *c, const char *sql, uint64_t *ret_rows,
                         struct wb_error *err);
    enum wb_code (*query)(struct wb_conn *c, const char *sql, struct wb_arena *a,
                          struct wb_rows *ret, struct wb_error *err);
    void (*quote_name)(struct wb_buf *to, const char *name);
    void (*quote_text)(struct wb_buf *to, const char *text,
                       size_t len); /* a string literal, any bytes but NUL */

    const struct wb_read_ops *read;
    const struct wb_write_ops *write;
    const struct wb_ddl_ops *ddl;
    const struct wb_verify_ops *verify;
    const struct wb_native_ops *native;
};

/* ------------------------------------------------------------------------------------------------
 * conveniences */

/* Forward to the connection's engine; c must not be NULL. */
enum wb_code wb_conn_exec(struct wb_conn *c, struct wb_error *err, uint64_t *ret_rows,
                          const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void wb_conn_close(struct wb_conn *c); /* accepts NULL */

/* Whether tables can be put into this schema of a target (NULL: none is named), by its probe. USAGE
 * where the engine has no schemas within a database. */
enum wb_code wb_engine_check_schema(const struct wb_engine *e, const struct wb_probe *probe,
                                    const char *schema, struct wb_error *err);

/* "schema"."name" in the engine's quoting; schema may be NULL or "". */
void wb_engine_quote_table(const struct wb_engine *e, struct wb_buf *to, const char *schema,
                           const char *name);

#endif
