/* Moving a whole database: schema, data, indexes, constraints, sequences, then proof.
 *
 * wb_copy_run() does what `whimbrel copy` does and says what it did in a report; it prints nothing,
 * but tells a sink what is going on. Everything durable stands in the target's ledger (ledger.h),
 * so that the same call after a crash continues where it stood. ARCHITECTURE.md follows one row
 * through it.
 */
#ifndef WB_COPY_COPY_H
#define WB_COPY_COPY_H

#include "base/cancel.h"
#include "engine/engine.h"
#include "model/digest.h"
#include "model/policy.h"
#include "schema/rules.h"

enum wb_copy_scan { WB_COPY_SCAN_AUTO, WB_COPY_SCAN_ALL };
enum wb_copy_restart { WB_COPY_CONTINUE, WB_COPY_RESTART };
enum wb_copy_proof { WB_COPY_PROVE, WB_COPY_NO_PROOF };
enum wb_copy_extent { WB_COPY_ALL, WB_COPY_SCHEMA };
enum wb_copy_locking { WB_COPY_REFUSE_LOCKS, WB_COPY_LOCK_TABLES };

enum wb_copy_event_kind {
    WB_COPY_PHASE,      /* text: what begins now: "reading the source's schema" */
    WB_COPY_NOTE,       /* finding */
    WB_COPY_PROGRESS,   /* progress: about five times a second */
    WB_COPY_TABLE_DONE, /* progress.table: all its rows are in the target */
    WB_COPY_RETRYING,   /* text: why; attempt */
};

struct wb_copy_table_progress {
    const char *name; /* schema.table in the source */
    uint64_t rows, bytes;
    uint64_t est_rows, est_bytes;
};

struct wb_copy_progress {
    uint64_t elapsed_ms;
    uint64_t rows, bytes, est_rows, est_bytes; /* of all tables */
    uint64_t proven_rows;
    size_t tables_done, tables;
    size_t steps_done, steps;                    /* indexes, constraints … */
    const struct wb_copy_table_progress *active; /* tables being copied now */
    size_t n_active;
    const char *doing; /* "copying", "building indexes", "proving" */
};

struct wb_copy_event {
    enum wb_copy_event_kind kind;
    const char *text;
    const struct wb_finding *finding;
    const struct wb_copy_progress *progress;
    const struct wb_copy_table_progress *table;
    unsigned attempt;
};

/* Called from several threads, one at a time. */
struct wb_copy_sink {
    void (*event)(void *ctx, const struct wb_copy_event *e);
    void *ctx;
};

struct wb_copy_opts {
    const struct wb_url *source, *target;
    struct wb_pin *pin[2];  /* by enum wb_side: what all connections must meet (engine/pin.h); NULL:
                               what the first one meets */
    struct wb_rules *rules; /* never NULL */
    struct wb_policy policy;
    const char *target_schema; /* NULL: the engine's default */
    unsigned jobs;             /* 0: as many as there are processors, at most 4 */
    uint64_t max_rate_bytes;   /* payload bytes a second over all workers; 0: no limit */
    uint64_t max_row_bytes;    /* 0: 32 MiB */
    uint64_t chunk_bytes;      /* 0: 64 MiB */
    unsigned retries;          /* attempts after a lost connection, each resuming; 0: none */
    enum wb_copy_scan scan;
    enum wb_copy_restart restart;
    enum wb_copy_proof proof;
    enum wb_copy_locking locking;
    enum wb_copy_extent
        extent; /* SCHEMA: end when the tables are there; a copy goes on with them */
    struct wb_cancel *cancel;
    struct wb_copy_sink sink;
};

struct wb_copy_altered {
    const char *column;
    enum wb_issue issue;
    enum wb_action action;
    uint64_t values;
};

enum wb_copy_verdict { WB_COPY_UNVERIFIED, WB_COPY_EQUAL, WB_COPY_DIFFERENT };

struct wb_copy_table_report {
    const char *source, *target; /* schema.table, or table where schemas do not matter */
    uint64_t rows, bytes, ms;    /* ms: wall time in which the table was being copied in this run */
    struct wb_digest source_digest, target_digest;
    enum wb_copy_verdict verdict;
    const struct wb_copy_altered *altered;
    size_t n_altered;
    size_t chunks, chunks_kept,
        chunks_recopied; /* kept: found done and unchanged when this run began */
};

/* What a copy did, or (dry run) would do. Owns its memory: wb_copy_report_free. */
struct wb_copy_report {
    struct wb_arena arena;
    const char *source, *target; /* redacted URLs */
    const char *source_version, *target_version;
    const char *moment, *moment_time;
    bool done;   /* everything is in the target */
    bool proven; /* and every table's digest agrees */
    bool proof_skipped;
    bool schema_only; /* the tables are there; rows, indexes and keys are the next copy's */
    bool resumed, was_done_before;
    uint64_t elapsed_ms, rows, bytes;
    uint64_t space_bytes; /* that the target is likely to need, indexes included */
    struct wb_copy_table_report *tables;
    size_t n_tables;
    struct wb_findings findings;
    struct wb_ddl_list ddl; /* dry run: the statements in order */
};

/* Copy and prove. WB_OK only when everything is there and, unless proof is off, proven. *ret is set
 * whenever there is something to tell, also on failure; it may stay NULL. */
enum wb_code wb_copy_run(const struct wb_copy_opts *opts, struct wb_copy_report **ret,
                         struct wb_error *err);

/* What wb_copy_run would do: reads the source, asks the target, changes neither. */
enum wb_code wb_copy_dry_run(const struct wb_copy_opts *opts, struct wb_copy_report **ret,
                             struct wb_error *err);

void wb_copy_report_free(struct wb_copy_report *r); /* accepts NULL */

/* Remove what whimbrel keeps in this database: ledger and, where one exists, its schema. The copied
 * data stays. ret_removed: names, in a. */
enum wb_code wb_copy_clean(const struct wb_url *url, struct wb_arena *a, const char ***ret_removed,
                           size_t *ret_n, struct wb_error *err);

#endif
