/* The ledger: what has arrived, kept in the target beside the rows.
 *
 * Four tables of plain SQL that every engine takes: one run, its tables, their chunks, and the
 * steps around them (DDL after the load). A row counts only with the transaction that moved the
 * data, so a crash leaves either both or neither.
 *
 * Fencing: every row carries the token of the runner that may change it. Whoever takes over raises
 * the token of the run and of all rows that are not done, in one transaction: it waits for
 * transactions of an earlier runner that hold such a row, and those that come later find a token
 * that is not theirs, change no row and stop (WB_E_FENCED). Every transaction of a runner begins
 * with such a compare-and-set.
 */
#ifndef WB_COPY_LEDGER_H
#define WB_COPY_LEDGER_H

#include "engine/engine.h"
#include "model/digest.h"
#include "model/range.h"

enum wb_run_state {
    WB_RUN_NONE,     /* no ledger, or an empty one */
    WB_RUN_CREATING, /* tables are being made (engines whose DDL is not transactional) */
    WB_RUN_LOADING,
    WB_RUN_DONE,
};

struct wb_ledger_run {
    enum wb_run_state state;
    int format; /* of the ledger: WB_LEDGER_FORMAT */
    int64_t token, epoch;
    const char *source_identity; /* of the source's database, compared on every connect */
    const char *source;          /* redacted URL, for people */
    const char *parameters;      /* what makes two runs the same copy */
    const char
        *structure;     /* digest of the DDL that made the tables: the source's schema as it was */
    const char *scans;  /* what scans of the data decided about types */
    const char *moment; /* position of the newest epoch */
    const char *started, *finished; /* RFC 3339 */
    const char *runner;             /* host and pid, for people */
    const char *proof;              /* "proven", "skipped", "" */
};

/* 2: statements that undo name no database of the source's (format 1 did, between databases of one
 * MySQL or MariaDB server), so those of format 1 must never be run. */
enum { WB_LEDGER_FORMAT = 2 };

struct wb_ledger_chunk {
    uint32_t table, number; /* from 0 */
    struct wb_range range;
    bool done;
    int64_t epoch;
    uint64_t bytes;
    struct wb_digest digest; /* with rows */
    const char *altered;     /* "column issue action count;…": see report.c */
};

struct wb_ledger_table {
    uint32_t number;
    const char *name;      /* in the target */
    const char *structure; /* digest of the statements that made it */
    bool split;            /* its chunks are in the ledger */
    bool proven;
    struct wb_digest target_digest;
};

struct wb_ledger_step {
    uint32_t number;
    const char *name;   /* "index orders.idx_total" */
    const char *undo;   /* SQL that undoes it, or NULL: what --restart and clean follow */
    bool done, refused; /* refused: the target did not take it, and it is optional */
    const char *why;
};

struct wb_ledger {
    struct wb_conn *conn; /* the control connection; chunk functions take a worker's own */
    const char *prefix;
    int64_t token;
};

/* Read the run; state NONE where the ledger's tables do not exist. A newer format than this program
 * knows: OTHER_RUN. */
enum wb_code wb_ledger_read_run(struct wb_ledger *l, struct wb_arena *a, struct wb_ledger_run *ret,
                                struct wb_error *err);
enum wb_code wb_ledger_read_tables(struct wb_ledger *l, struct wb_arena *a,
                                   struct wb_ledger_table **ret, size_t *ret_n,
                                   struct wb_error *err);
enum wb_code wb_ledger_read_chunks(struct wb_ledger *l, struct wb_arena *a,
                                   struct wb_ledger_chunk **ret, size_t *ret_n,
                                   struct wb_error *err);
enum wb_code wb_ledger_read_steps(struct wb_ledger *l, struct wb_arena *a,
                                  struct wb_ledger_step **ret, size_t *ret_n, struct wb_error *err);

/* Make the ledger's tables where they are missing. */
enum wb_code wb_ledger_create(struct wb_ledger *l, struct wb_error *err);
/* Within the caller's transaction: write the run, its tables and steps, all under token 1. */
enum wb_code wb_ledger_begin_run(struct wb_ledger *l, const struct wb_ledger_run *run,
                                 const struct wb_ledger_table *tables, size_t n_tables,
                                 const struct wb_ledger_step *steps, size_t n_steps,
                                 struct wb_error *err);
/* Raise the token and the epoch, as one transaction; FENCED when another was faster. */
enum wb_code wb_ledger_take_over(struct wb_ledger *l, struct wb_ledger_run *run, const char *moment,
                                 const char *runner, struct wb_error *err);
enum wb_code wb_ledger_set_state(struct wb_ledger *l, enum wb_run_state state, const char *finished,
                                 const char *proof, struct wb_error *err);
/* Drop the ledger's tables (and nothing else). */
enum wb_code wb_ledger_drop(struct wb_ledger *l, struct wb_error *err);

/* The following run inside a transaction that the caller has begun on c and commits. */
enum wb_code wb_ledger_add_chunks(const struct wb_ledger *l, struct wb_conn *c, uint32_t table,
                                  const struct wb_range *ranges, size_t n, struct wb_error *err);
/* For a transaction that changes no row of the ledger: FENCED if the run is another runner's, and
 * nobody can take it over until the transaction ends. */
enum wb_code wb_ledger_require_mine(const struct wb_ledger *l, struct wb_conn *c,
                                    struct wb_error *err);
/* The compare-and-set with which a chunk's transaction begins: planned (or, anew, done) becomes
 * loading. */
enum wb_code wb_ledger_claim_chunk(const struct wb_ledger *l, struct wb_conn *c,
                                   const struct wb_ledger_chunk *k, struct wb_error *err);
/* And its end: loading becomes done, with what arrived. */
enum wb_code wb_ledger_finish_chunk(const struct wb_ledger *l, struct wb_conn *c,
                                    const struct wb_ledger_chunk *k, uint64_t ms,
                                    struct wb_error *err);
/* A finished chunk was read again in epoch and is the same. */
enum wb_code wb_ledger_confirm_chunk(const struct wb_ledger *l, struct wb_conn *c,
                                     const struct wb_ledger_chunk *k, int64_t epoch,
                                     struct wb_error *err);
/* All chunks of a table are to be copied again; its verdict is void. */
enum wb_code wb_ledger_reopen_table(const struct wb_ledger *l, struct wb_conn *c, uint32_t table,
                                    struct wb_error *err);
/* One chunk is to be copied again; its table's verdict is void. */
enum wb_code wb_ledger_reopen_chunk(const struct wb_ledger *l, struct wb_conn *c,
                                    const struct wb_ledger_chunk *k, struct wb_error *err);
/* A step: planned becomes done (why NULL) or refused (why); with done false: done becomes planned
 * again. */
enum wb_code wb_ledger_set_step(const struct wb_ledger *l, struct wb_conn *c, uint32_t number,
                                bool done, const char *why, struct wb_error *err);
enum wb_code wb_ledger_set_proven(const struct wb_ledger *l, struct wb_conn *c, uint32_t table,
                                  const struct wb_digest *source, const struct wb_digest *target,
                                  struct wb_error *err);

#endif
