/* One attempt at a copy: its connections, catalogs, tables and counters. Private to this module.
 *
 *   - prepare.c opens both sides, reads, scans, maps, renders; finds out whether this is a new copy
 *     or a resumed one
 *   - begin.c makes tables and ledger, or takes over what is there and reads finished chunks again
 *   - tasks.c says which piece of work may be done next
 *   - worker.c has the threads that take pieces and do them: chunk.c (rows), step.c (DDL), prove.c
 *     (reading back); computed.c is about columns that the target computes itself
 *   - run.c is the whole, in order
 */
#ifndef WB_COPY_JOB_H
#define WB_COPY_JOB_H

#include "copy/copy.h"
#include "copy/ledger.h"
#include "engine/throttle.h"
#include "schema/map.h"
#include "schema/shape.h"

#include <pthread.h>
#include <stdatomic.h>

enum { WB_COPY_MAX_JOBS = 64 };

struct wb_copy_chunk {
    struct wb_ledger_chunk ledger;
    bool running;
    struct wb_digest *computed; /* of the table's computed columns, as read in this run */
    bool kept;                  /* done before this run, and found unchanged */
    bool recopied;              /* done before this run, changed at the source since */
};

struct wb_copy_table {
    uint32_t number;
    const struct wb_table *from, *to;
    const char *name;      /* of the source, for messages */
    const char *structure; /* digest of its statements */
    /* The columns that are read on both sides: those that are loaded, and behind them those that
     * the target computes and the proof compares. */
    uint32_t *from_columns, *to_columns;
    size_t n_columns, n_loaded, n_computed;
    const struct wb_type **types; /* of to's columns that are read: the digest's */
    bool mixable;                 /* its chunks may be of different epochs */
    bool split;                   /* chunks is set */
    struct wb_copy_chunk *chunks;
    size_t n_chunks;
    /* Under the job's lock: */
    size_t chunks_open; /* not yet done */
    size_t chunks_running;
    bool splitting;
    size_t steps_running; /* of this table */
    bool alone_running;   /* one that suffers no other beside it (ALTER TABLE) */
    enum wb_proof_stage { WB_PROOF_WAITS, WB_PROOF_PLANNING, WB_PROOF_READS, WB_PROOF_DONE } proof;
    struct wb_range *proof_ranges;
    size_t n_proof_ranges, proofs_taken, proofs_done;
    struct wb_digest source_digest, target_digest;       /* computed columns included */
    struct wb_digest *source_computed, *target_computed; /* of each computed column */
    uint64_t first_us, last_us;
    /* Counted by workers: */
    _Atomic uint64_t rows, bytes, proven_rows;
    atomic_bool heavy; /* a row of several MiB was met: such tables are read back one at a time */
};

struct wb_copy_step {
    uint32_t number; /* in the ledger */
    const struct wb_ddl *ddl;
    const char *name;
    bool done, running, refused;
    const char *why;
};

enum wb_task_kind { WB_TASK_SPLIT, WB_TASK_CHUNK, WB_TASK_STEP, WB_TASK_PLAN_PROOF, WB_TASK_PROVE };

struct wb_task {
    enum wb_task_kind kind;
    struct wb_copy_table *table; /* SPLIT, CHUNK, PROVE */
    struct wb_copy_chunk *chunk;
    struct wb_copy_step *step;
    size_t proof_range;
};

struct wb_job {
    const struct wb_copy_opts *opts;
    struct wb_arena arena; /* of the main thread */
    struct wb_copy_report *report;
    const struct wb_engine *source_engine, *target_engine;
    struct wb_conn *keeper, *control;
    struct wb_conn *readers[WB_COPY_MAX_JOBS], *writers[WB_COPY_MAX_JOBS];
    struct wb_probe source_probe, target_probe;
    unsigned jobs;
    struct wb_snapshot *snapshot;
    struct wb_moment moment;
    struct wb_catalog source_catalog, selected, target_catalog;
    struct wb_ddl_list ddl;
    struct wb_ledger ledger;
    struct wb_ledger_run run;
    const char *parameters, *structure, *scans;
    struct wb_shape_opts shape_opts;
    struct wb_copy_table *tables;
    size_t n_tables;
    struct wb_copy_table **by_size; /* largest first */
    struct wb_copy_step *steps;     /* DDL after the load, in order of parts */
    size_t n_steps;
    uint64_t started_us;
    bool look_only; /* a dry run */
    bool restarted; /* what --restart asked for has been done */
    bool was_done;  /* the copy was done before this run began: its target may be in use */

    /* What follows is shared by the workers, under lock. */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a task was finished, or the run is stopping */
    struct wb_arena shared_arena;
    bool reading_done; /* no chunk is open any more: the source is no longer needed */
    bool stopping;
    struct wb_error error;                /* the first one */
    unsigned running;                     /* workers alive */
    unsigned busy;                        /* workers with a task */
    size_t steps_open[WB_DDL_OBJECT + 1]; /* steps not yet done, by part */
    bool object_running;
    pthread_mutex_t sink_lock;
    struct wb_throttle throttle; /* of all reading of the source, for --max-rate */
    struct wb_budget budget;     /* of large rows in flight */
    pthread_mutex_t heavy_lock;  /* one connection at a time reads heavy rows back */
    struct wb_recheck_list *recheck;
    struct wb_scan_list *scan;
    struct wb_preflight *preflight;
};

/* prepare.c */
enum wb_code wb_job_open(struct wb_job *job, struct wb_error *err);
/* One more connection to a side, as this copy's options want it. */
enum wb_code wb_job_connect(struct wb_job *job, enum wb_side side, struct wb_conn **ret,
                            struct wb_error *err);
void wb_job_close(struct wb_job *job);
/* Describe the source and select its tables (source_catalog, selected). */
enum wb_code wb_job_read_source(struct wb_job *job, struct wb_error *err);

/* scan.c: ask the data what decides types. Answers that an earlier run has
 * recorded are taken from there: a resumed copy must not choose other types. readers: over the
 * workers' connections, else over the keeper's. */
enum wb_code wb_job_scan(struct wb_job *job, bool readers, struct wb_error *err);

/* map.c: target_catalog, ddl, tables, steps, structure, parameters. */
enum wb_code wb_job_map(struct wb_job *job, struct wb_error *err);
const char *wb_job_parameters(struct wb_job *job);

/* computed.c: columns that the target computes (generated columns) are read from the source like
 * others, but not loaded; what the target made of them is compared with what the source had. */
/* Why a column of to cannot be compared so; NULL: it can. Borrowed. */
const char *wb_computed_why_not(const struct wb_job *job, const struct wb_table *from,
                                const struct wb_table *to, uint32_t column);
/* Add a batch of t's columns: the loaded ones to d, each computed one to computed. */
void wb_computed_digest(const struct wb_copy_table *t, struct wb_digest *d,
                        struct wb_digest *computed, const struct wb_batch *b,
                        struct wb_buf *scratch);
/* The digest of all: d and the computed columns'. */
struct wb_digest wb_computed_sum(const struct wb_copy_table *t, struct wb_digest d,
                                 const struct wb_digest *computed);
/* Keep what a reader found in a chunk, until the proof. Takes the job's lock. */
void wb_computed_keep(struct wb_job *job, const struct wb_copy_table *t, struct wb_copy_chunk *k,
                      const struct wb_digest *computed);
/* The names of the computed columns that differ, where nothing else does; else "". In a. */
const char *wb_computed_differing(const struct wb_copy_table *t, struct wb_arena *a);

/* preflight.c: look for values that would be refused, before the first row moves. readers: as for
 * wb_job_scan. */
enum wb_code wb_job_preflight(struct wb_job *job, bool readers, struct wb_error *err);

/* snapshot.c */
enum wb_code wb_job_open_epoch(struct wb_job *job, struct wb_error *err);
void wb_job_close_epoch(struct wb_job *job);
enum wb_code wb_job_check_epoch(struct wb_job *job,
                                struct wb_error *err); /* LOST where what holds it is gone */

/* begin.c */
/* Read the ledger: job->run. With --restart, undo what an earlier run made. A target that holds
 * something else is refused here, before the source is asked for anything. */
enum wb_code wb_job_look_at_target(struct wb_job *job, struct wb_error *err);
enum wb_code wb_job_require_empty(struct wb_job *job,
                                  struct wb_error *err); /* TARGET_NOT_EMPTY, names in the text */
/* Make ledger and tables, or take over those that are there. */
enum wb_code wb_job_begin(struct wb_job *job, struct wb_error *err);
enum wb_code wb_job_open_writers(struct wb_job *job, struct wb_error *err);

/* recheck.c: finished chunks are read again in the new snapshot; those that differ are opened
 * again. */
enum wb_code wb_job_recheck(struct wb_job *job, struct wb_error *err);

/* worker.c: run all workers until nothing is left to do or one fails. */
enum wb_code wb_job_work(struct wb_job *job, struct wb_error *err);
/* Run fn(ctx, worker index) on every worker's thread at once; the first error. */
enum wb_code wb_job_parallel(struct wb_job *job,
                             enum wb_code (*fn)(struct wb_job *job, unsigned worker,
                                                struct wb_error *err),
                             struct wb_error *err);
void wb_job_stop(struct wb_job *job, const struct wb_error *err); /* from any thread */
bool wb_job_stopping(struct wb_job *job);

/* tasks.c: all under job->lock, which they take. */
bool wb_job_next_task(struct wb_job *job,
                      struct wb_task *ret); /* waits; false: nothing is left, or stopping */
void wb_job_task_done(struct wb_job *job, const struct wb_task *t);

/* chunk.c, step.c, prove.c */
struct wb_chunk_reader;
enum wb_code wb_chunk_reader_open(struct wb_job *job, struct wb_conn *reader,
                                  struct wb_copy_table *t, const struct wb_range *range,
                                  struct wb_chunk_reader **ret, struct wb_error *err);
enum wb_code wb_chunk_reader_open_with(struct wb_job *job, struct wb_conn *reader,
                                       struct wb_copy_table *t, const struct wb_range *range,
                                       const struct wb_shape_opts *opts,
                                       struct wb_chunk_reader **ret, struct wb_error *err);
bool wb_chunk_reader_may_alter(const struct wb_chunk_reader *r);
size_t wb_chunk_reader_altered(const struct wb_chunk_reader *r,
                               const struct wb_altered **ret); /* as wb_shape_altered */
/* The next batch as the target will hold it, already in the digest; NULL in *ret at the end. */
enum wb_code wb_chunk_reader_next(struct wb_chunk_reader *r, const struct wb_batch **ret,
                                  struct wb_error *err);
const struct wb_digest *wb_chunk_reader_computed(const struct wb_chunk_reader *r); /* borrowed */
void wb_chunk_reader_result(const struct wb_chunk_reader *r, struct wb_arena *a,
                            struct wb_ledger_chunk *k);
void wb_chunk_reader_free(struct wb_chunk_reader *r);

enum wb_code wb_job_do_split(struct wb_job *job, struct wb_copy_table *t, struct wb_conn *reader,
                             struct wb_conn *writer, struct wb_error *err);
enum wb_code wb_job_do_chunk(struct wb_job *job, struct wb_copy_table *t,
                             struct wb_copy_chunk *chunk, struct wb_conn *reader,
                             struct wb_conn *writer, struct wb_error *err);
/* The target's "no" to an optional statement: a finding, not a failure. */
bool wb_step_is_refusal(const struct wb_copy_step *s, enum wb_code code);
enum wb_code wb_job_do_step(struct wb_job *job, struct wb_copy_step *s, struct wb_conn *writer,
                            struct wb_error *err);
enum wb_code wb_job_undo_step(struct wb_job *job, struct wb_copy_step *s, struct wb_conn *writer,
                              struct wb_error *err);
enum wb_code wb_job_plan_proof(struct wb_job *job, struct wb_copy_table *t, struct wb_conn *conn,
                               struct wb_error *err);
/* Read one range of the target back; the last one of a table gives its verdict. */
enum wb_code wb_job_do_proof(struct wb_job *job, struct wb_copy_table *t, size_t range,
                             struct wb_conn *conn, struct wb_error *err);

/* altered.c: the counts of altered values as the ledger keeps them. */
const char *wb_altered_format(const struct wb_shape *s, const struct wb_table *to,
                              struct wb_arena *a);
void wb_altered_add(struct wb_arena *a, const char *text, struct wb_copy_altered **items, size_t *n,
                    size_t *cap);

/* events.c */
void wb_job_say(struct wb_job *job, enum wb_copy_event_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void wb_job_progress(struct wb_job *job);
void wb_job_table_done(struct wb_job *job, const struct wb_copy_table *t);

/* report.c */
void wb_job_fill_report(struct wb_job *job);
enum wb_code wb_job_report_earlier(struct wb_job *job,
                                   struct wb_error *err); /* of a copy that was done before */

/* clean.c: what the ledger's steps say about undoing, in reverse order. */
enum wb_code wb_job_undo_all(struct wb_ledger *l, struct wb_error *err);

#endif
