/* One verification under way: both sides, the tables as pairs, workers and counters. Private to
 * this module.
 *
 *   open.c    connects, probes and describes both sides
 *   pair.c    which table and column of one side is compared with which of the other, and how;
 *             pair_key.c: by which key its rows are found
 *   finding.c what it has to say, kept and told
 *   prepare.c cutting a table into units, choosing who makes digests; compare.c: chunks of them;
 *             finish.c: its differences listed, its outcome
 *   stream.c  reading rows of one side in the target's forms; digests of a range
 *   server.c  digests made by the servers
 *   merge.c   which keys of a range differ: both sides' rows met in a hash table
 *   locate.c  from a range or a bucket that differs to the keys
 *   fetch.c   rows by their keys
 *   settle.c  reading differing keys again until they settle or are believed
 *   values.c  a difference in words
 *   sample.c  random rows; count.c: row counts
 *   store.c   verdicts, progress and standing failures in the target
 *   gentle.c  rate, timeouts, pauses
 *   tasks.c   which piece of work may be done next; work.c: threads that do it
 *   run.c     the whole, in order
 */
#ifndef WB_VERIFY_JOB_H
#define WB_VERIFY_JOB_H

#include "base/budget.h"
#include "base/clock.h"
#include "schema/map.h"
#include "schema/shape.h"
#include "verify/store.h"
#include "verify/verify.h"

#include <pthread.h>
#include <stdatomic.h>

enum { WB_VERIFY_SIDES = 2, WB_VERIFY_MAX_JOBS = 16 }; /* sides by enum wb_side */
enum { WB_VERIFY_BUCKETS = 65536 };

/* A choice of columns that both sides have, in one order for both. */
struct wb_verify_columns {
    size_t n;
    uint32_t *index[WB_VERIFY_SIDES]; /* into the pair's tables' columns */
    const struct wb_type **types;     /* the target's: in whose forms rows are compared */
    uint32_t *key; /* positions within this choice of the key's columns, in its order */
    size_t n_key;  /* 0: the table has no key */
};

enum wb_verify_way {
    WB_VERIFY_BY_NOTHING, /* cannot be compared: pair->why */
    WB_VERIFY_BY_RANGES,  /* parts are ranges of the key, the same on both sides */
    WB_VERIFY_BY_BUCKETS, /* each side is read in its own parts; rows are sorted into buckets by
                             the digest of their key, or of the whole row where there is no key */
};

enum wb_verify_stage {
    WB_VERIFY_WAITS,
    WB_VERIFY_PREPARING,
    WB_VERIFY_COMPARING, /* units are open or running */
    WB_VERIFY_LOCATING,  /* buckets differ: a second pass looks for the rows */
    WB_VERIFY_SETTLING,  /* all is read; differing keys are read again */
    WB_VERIFY_FINISHING,
    WB_VERIFY_FINISHED,
};

/* The smallest piece that is recorded and taken; a chunk is a run of them. */
struct wb_verify_unit {
    struct wb_range range;
    bool taken, done;
    bool kept;     /* compared before an interruption */
    bool overflow; /* held more differing keys than are kept: counted by one more reading */
    uint64_t overflow_from; /* those whose digests begin with this or more (locate.c) */
    uint64_t located_to;    /* those below are candidates already: a failed look is begun again */
    struct wb_digest digest[WB_VERIFY_SIDES]; /* of the chunk that began with this unit */
};

/* A key that differed, and what is known of it. */
struct wb_verify_candidate {
    struct wb_row_digest key; /* digest of the key's cells, or of the row where there is no key */
    const struct wb_cell *cells;               /* the key's, in the target's forms; n_key of them */
    struct wb_row_digest row[WB_VERIFY_SIDES]; /* sum over the rows found, at the last reading */
    uint32_t copies[WB_VERIFY_SIDES];          /* rows found at the last reading; 0: none */
    uint64_t first_us, stable_us; /* when it was first seen; since when neither side changed */
    uint64_t due_us;              /* of the next reading */
    uint32_t readings;
    uint32_t unit; /* where it was found; by buckets: 0 */
};

struct wb_verify_candidates {
    struct wb_arena arena;             /* of the cells */
    struct wb_verify_candidate *items; /* on the heap */
    size_t n, cap;
};

/* A row that differs, as it is now: what values.c describes and repair.c makes statements of. Cells
 * of all the pair's columns (pair->all), in the target's forms; a source value that the target
 * cannot hold has form INVALID. Memory: the arena that it was fetched into. */
struct wb_verify_row {
    enum wb_verify_difference_kind kind; /* large values of both are cut: wb_verify_is_cut */
    const struct wb_cell *source;        /* NULL: EXTRA */
    const struct wb_cell *target;        /* NULL: MISSING */
    uint64_t copies; /* tables without a key: equal rows too many or too few; else 1 */
    uint32_t found[WB_VERIFY_SIDES]; /* rows of this key */
    struct wb_row_digest key;
};

struct wb_verify_bucket {
    struct wb_digest digest;
};

/* Row counts that differed and are taken again (count.c). */
struct wb_verify_count {
    uint64_t last[WB_VERIFY_SIDES];
    uint64_t began_us, stable_us; /* since when neither has changed */
    uint64_t due_us;              /* of the next counting; 0: none */
    unsigned pause_ms;
    bool again; /* it did differ */
};

static inline uint32_t wb_verify_bucket_of(const struct wb_row_digest *key) {
    return (uint32_t)(key->hi >> 48);
}

struct wb_verify_pair {
    uint32_t number;
    const char *name;   /* schema.table of the source; of the target where it has no source */
    const char *target; /* schema.table of the target; NULL: missing */
    /* Copies of the catalogs' tables, owned by the job's arena. The target's has source_index and
     * source_name set, as wb_shape_new() needs them; the indexes of both begin with the key that
     * rows are found and parts are cut by. */
    struct wb_table *table[WB_VERIFY_SIDES];
    const struct wb_table *wanted;      /* in the mapped catalog */
    struct wb_verify_columns compared;  /* what digests and differences are about */
    struct wb_verify_columns all;       /* every column that both have: for repairs */
    const char *where[WB_VERIFY_SIDES]; /* NULL: all rows */
    const char *scope;                  /* columns compared, for people and verdicts: "*" */
    const char *why;                    /* what was not compared, and why; NULL: nothing */
    bool literal_keys;                  /* rows can be asked for by their keys on both sides */
    enum wb_verify_way way;
    struct wb_verify_table_report *report; /* in the job's report */

    /* Under the job's lock: */
    enum wb_verify_stage stage;
    bool failed; /* an error ended it: why says which */
    bool counts_differ;
    uint64_t overflow_us; /* when the last key found no room among the candidates; 0: none */
    bool drifted;         /* its definition changed meanwhile */
    bool server;          /* digests are made by the servers */
    unsigned measured;    /* AUTO: chunks measured so far */
    uint64_t measured_us[2], measured_rows[2]; /* streamed, by the servers */
    struct wb_verify_unit *units;              /* of both sides, or (buckets) of the source */
    size_t n_units, next_unit, units_done, running;
    uint32_t parts_located;              /* buckets: passes that locating has done */
    uint64_t overflow_parts;             /* those with more differing keys than are kept */
    struct wb_verify_unit *target_units; /* buckets only */
    size_t n_target_units, next_target_unit;
    double us_a_unit; /* measured, smoothed */
    struct wb_verify_bucket *buckets[WB_VERIFY_SIDES];
    struct wb_verify_candidates pending;
    bool settling_now;
    uint64_t settle_due_us; /* next reading of pending; 0: none */
    struct wb_verify_count count;
    struct wb_verify_candidates confirmed; /* differences that are believed */
    uint64_t first_us;

    /* Counted by workers: */
    _Atomic uint64_t rows, bytes; /* of the source */
    atomic_bool heavy; /* a row of several MiB was met: one worker at a time reads such tables */
};

enum wb_verify_task_kind {
    WB_VERIFY_TASK_COUNT, /* once more */
    WB_VERIFY_TASK_PREPARE,
    WB_VERIFY_TASK_CHUNK,   /* units first … first + n - 1 on both sides */
    WB_VERIFY_TASK_SIDE,    /* one unit of one side into buckets */
    WB_VERIFY_TASK_BUCKETS, /* compare buckets and look for rows */
    WB_VERIFY_TASK_SETTLE,
    WB_VERIFY_TASK_FINISH,
};

struct wb_verify_task {
    enum wb_verify_task_kind kind;
    struct wb_verify_pair *pair;
    enum wb_side side;
    size_t first, n;
};

struct wb_verify_replica {
    const struct wb_url *url;
    struct wb_conn *conn; /* NULL: not reached */
};

struct wb_verify_job {
    const struct wb_verify_opts *opts;
    struct wb_arena arena; /* of the main thread, before workers start */
    struct wb_verify_report *report;
    const struct wb_engine *engine[WB_VERIFY_SIDES];
    struct wb_conn *control[WB_VERIFY_SIDES]; /* the main thread's; others under control_lock */
    struct wb_conn *conns[WB_VERIFY_SIDES][WB_VERIFY_MAX_JOBS];
    /* How many of these were begun to be opened, and how many of them stood in conns. */
    atomic_uint begun_conns[WB_VERIFY_SIDES], known_conns[WB_VERIFY_SIDES];
    struct wb_verify_replica *replicas; /* opts->n_replicas of them; the main thread's */
    struct wb_probe probe[WB_VERIFY_SIDES];
    struct wb_catalog catalog[WB_VERIFY_SIDES]; /* as described */
    struct wb_catalog selected; /* of the source: a shallow view of what rules leave in */
    struct wb_catalog wanted;   /* the source's, mapped */
    struct wb_shape_opts shape_opts;
    struct wb_moment began[WB_VERIFY_SIDES];
    struct wb_verify_pair *pairs;
    size_t n_pairs;
    struct wb_verify_pair **by_size; /* largest first */
    unsigned levels;                 /* asked for; never 0 */
    unsigned jobs;
    struct wb_verify_store store;
    uint64_t seed; /* of samples */
    const struct wb_clock *clock;
    uint64_t started_us;
    uint64_t began_us; /* when the positions in began were asked for */
    unsigned settle_ms, chunk_ms;
    size_t max_differences, cap_findings, cap_standing;
    uint64_t repaired_rows; /* under lock */

    /* What follows is shared by the workers, under lock. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct wb_arena shared_arena; /* and the report's arena */
    bool stopping;
    struct wb_error error;       /* what stopped it */
    struct wb_error table_error; /* the first that ended a table */
    unsigned running, busy;
    const char *paused; /* why workers wait before their next chunk; NULL: they do not */
    pthread_mutex_t control_lock, sink_lock, heavy_lock;
    _Atomic uint64_t rate_debt_us, rate_began_us;
    struct wb_budget budget; /* of large rows in flight */
};

/* ------------------------------------------------------------------------------------------------
 * open.c */

enum wb_code wb_verify_open(struct wb_verify_job *job, struct wb_error *err);
/* A connection to one side, with timeouts set. */
enum wb_code wb_verify_connect(struct wb_verify_job *job, enum wb_side side, struct wb_conn **ret,
                               struct wb_error *err);
void wb_verify_close(struct wb_verify_job *job);
const char *wb_verify_side_word(enum wb_side side); /* "source" */
/* The worker's connection to a side, opened where it is not. */
enum wb_code wb_verify_worker_conn(struct wb_verify_job *job, unsigned worker, enum wb_side side,
                                   struct wb_conn **ret, struct wb_error *err);
void wb_verify_drop_conns(struct wb_verify_job *job, unsigned worker);
/* Open the control connections and the store's anew where the server has ended them. */
void wb_verify_revive(struct wb_verify_job *job);

/* pair.c: job->selected, wanted, pairs, and one table report each. */
enum wb_code wb_verify_make_pairs(struct wb_verify_job *job, struct wb_error *err);

/* pair_key.c: p->way, the key in p->all, and one index a side: the key's; none: rows are compared
 * by buckets. */
void wb_verify_choose_key(struct wb_verify_job *job, struct wb_verify_pair *p);
/* Where in a choice the source's column is, or -1. */
int wb_verify_position_of(const struct wb_verify_columns *c, int source_column);
/* Whether keys of one type are in the same order, and in the same ranges of the same bounds, as
 * those of the other; whether one cell makes literals of both that mean the same. */
bool wb_verify_same_order(const struct wb_type *from, const struct wb_type *to);
bool wb_verify_same_literals(const struct wb_type *from, const struct wb_type *to);

/* finding.c: both take job->lock. add_why: one more sentence on what was not compared. */
void wb_verify_add_finding(struct wb_verify_job *job, enum wb_verify_level level,
                           enum wb_verify_outcome outcome, const char *table, const char *object,
                           const char *hint, const char *text, ...)
    __attribute__((format(printf, 7, 8)));
void wb_verify_add_why(struct wb_verify_job *job, struct wb_verify_pair *p, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* ------------------------------------------------------------------------------------------------
 * stream.c */

struct wb_verify_reader;
enum wb_code wb_verify_reader_open(struct wb_verify_job *job, struct wb_conn *conn,
                                   struct wb_verify_pair *p, enum wb_side side,
                                   const struct wb_verify_columns *columns,
                                   const struct wb_range *range, const char *where,
                                   struct wb_verify_reader **ret, struct wb_error *err);
/* The next batch in the target's forms; NULL in *ret at the end. It lasts until the next call or
 * wb_verify_reader_let_go(), which gives its memory back to the budget: a thread that reads two
 * sides must let go of one batch before it asks for another. */
enum wb_code wb_verify_reader_next(struct wb_verify_reader *r, const struct wb_batch **ret,
                                   struct wb_error *err);
void wb_verify_reader_let_go(struct wb_verify_reader *r);
void wb_verify_reader_free(struct wb_verify_reader *r); /* accepts NULL */

/* Both sides of a range, read in turns so that both servers work. ret_bytes is added to. */
enum wb_code wb_verify_digest_range(struct wb_verify_job *job, unsigned worker,
                                    struct wb_verify_pair *p, const struct wb_range *range,
                                    struct wb_digest ret[WB_VERIFY_SIDES], uint64_t *ret_bytes,
                                    struct wb_error *err);
/* One range of one side into buckets (WB_VERIFY_BUCKETS of them, added to). */
enum wb_code wb_verify_fill_buckets(struct wb_verify_job *job, unsigned worker,
                                    struct wb_verify_pair *p, enum wb_side side,
                                    const struct wb_range *range, struct wb_verify_bucket *buckets,
                                    struct wb_error *err);
/* Digests of each row's key and of the row; ret_key == ret_row where there is no key. Arrays of
 * batch->n_rows, in the reader's own memory until the next call. */
void wb_verify_row_digests(struct wb_verify_reader *r, const struct wb_batch *b,
                           const struct wb_row_digest **ret_key,
                           const struct wb_row_digest **ret_row);

/* A copy of cells and of the bytes that they point to. */
struct wb_cell *wb_verify_keep_cells(struct wb_arena *a, const struct wb_cell *cells, size_t n);

/* server.c */
bool wb_verify_server_can(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                          const char **ret_why); /* why: borrowed from the pair's catalogs */
enum wb_code wb_verify_digest_by_servers(struct wb_verify_job *job, unsigned worker,
                                         struct wb_verify_pair *p, const struct wb_range *range,
                                         struct wb_digest ret[WB_VERIFY_SIDES],
                                         struct wb_error *err);

/* gentle.c: sleep off what reading is ahead of --max-rate; set job->paused while the servers are
 * loaded or a replica is behind. */
/* Reaches the replicas whose lag is looked at. UNSUPPORTED: one of them follows nobody. */
enum wb_code wb_verify_open_replicas(struct wb_verify_job *job, struct wb_error *err);
void wb_verify_close_replicas(struct wb_verify_job *job);
void wb_verify_keep_rate(struct wb_verify_job *job, uint64_t bytes);
void wb_verify_look_at_load(struct wb_verify_job *job); /* the main thread, now and then */

/* ------------------------------------------------------------------------------------------------
 * merge.c */

/* Rows of both sides by the digest of their key. 64 bytes a key, and the key's cells. */
struct wb_verify_entry {
    struct wb_row_digest key, sum[WB_VERIFY_SIDES];
    uint32_t copies[WB_VERIFY_SIDES];
    const struct wb_cell *cells;
};

struct wb_verify_merge {
    struct wb_verify_entry *entries; /* open addressing; free: copies 0 and 0 */
    size_t n, cap, most;             /* most: keys that may be held */
    size_t n_key;
    struct wb_arena arena;
    bool full; /* a key had no room: the result is void */
};

void wb_verify_merge_init(struct wb_verify_merge *m, size_t n_key, size_t most);
void wb_verify_merge_done(struct wb_verify_merge *m);
/* key_cells: copied where the key is new; may be NULL. */
void wb_verify_merge_add(struct wb_verify_merge *m, enum wb_side side,
                         const struct wb_row_digest *key, const struct wb_row_digest *row,
                         const struct wb_cell *key_cells);
bool wb_verify_merge_has(const struct wb_verify_merge *m, const struct wb_row_digest *key);
bool wb_verify_entry_differs(const struct wb_verify_entry *e); /* false for a free place, too */

/* locate.c: keys that differ become candidates. whole: the units' digests. */
enum wb_code wb_verify_locate_units(struct wb_verify_job *job, unsigned worker,
                                    struct wb_verify_pair *p, size_t first, size_t n,
                                    const struct wb_digest whole[WB_VERIFY_SIDES],
                                    struct wb_error *err);
enum wb_code wb_verify_locate_buckets(struct wb_verify_job *job, unsigned worker,
                                      struct wb_verify_pair *p, struct wb_error *err);
/* Read again what found no room among the candidates, and count what differs. */
enum wb_code wb_verify_count_overflow(struct wb_verify_job *job, unsigned worker,
                                      struct wb_verify_pair *p, struct wb_error *err);
struct wb_digest wb_verify_digest_rest(const struct wb_digest *whole, const struct wb_digest *part);
/* Under job->lock: a believed difference into the report's counts. */
void wb_verify_count_difference(struct wb_verify_pair *p, const struct wb_verify_candidate *c);
struct wb_range wb_verify_span(const struct wb_verify_pair *p, size_t first, size_t n);

/* settle.c */
/* A new, zeroed one; valid until the next. */
struct wb_verify_candidate *wb_verify_candidates_add(struct wb_verify_candidates *c);
void wb_verify_candidates_done(struct wb_verify_candidates *c);
enum wb_verify_judgement {
    WB_VERIFY_READ_AGAIN,
    WB_VERIFY_SETTLED,   /* both sides were equal, or the target as the source was a reading ago */
    WB_VERIFY_BELIEVED,  /* it differs, and neither side has changed for long enough */
    WB_VERIFY_UNSETTLED, /* it goes on changing */
};
struct wb_verify_reading {
    struct wb_row_digest row[WB_VERIFY_SIDES];
    uint32_t copies[WB_VERIFY_SIDES];
    uint64_t now_us;
    uint64_t still_since_us; /* nothing at all was written to the source since then; 0: unknown */
};
/* Takes a reading into c. settle_us: as --settle. */
enum wb_verify_judgement wb_verify_judge(struct wb_verify_candidate *c,
                                         const struct wb_verify_reading *r, uint64_t settle_us);
uint64_t wb_verify_next_reading_us(const struct wb_verify_candidate *c, uint64_t now_us,
                                   uint64_t settle_us);
/* True where nothing was written to the source since the verification began. */
bool wb_verify_source_still(struct wb_verify_job *job);
/* One round over the pending keys that are due. */
enum wb_code wb_verify_settle(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                              struct wb_error *err);

/* values.c: the difference in words, in a. */
void wb_verify_describe_row(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                            const struct wb_verify_row *row, struct wb_arena *a,
                            struct wb_verify_difference *ret);

/* ------------------------------------------------------------------------------------------------
 * fetch.c */

/* Called for each row found: which of the keys it is of, its digest, and its cells (columns as
 * asked for, valid during the call). */
typedef void (*wb_verify_each)(void *ctx, size_t key, const struct wb_row_digest *row,
                               const struct wb_cell *cells);

/* Rows of one side by their keys: asked for by literals in statements of some hundred keys, or,
 * where the keys cannot be written so, found by reading their units again. columns: compared or
 * all. The digest given is always over the compared columns. Needs no key of its own table to be
 * unique: each row found is told. */
enum wb_code wb_verify_fetch(struct wb_verify_job *job, struct wb_conn *conn,
                             struct wb_verify_pair *p, enum wb_side side,
                             const struct wb_verify_columns *columns,
                             const struct wb_verify_candidate *keys, size_t n, wb_verify_each each,
                             void *ctx, struct wb_error *err);

/* Whether of this value only WB_VERIFY_CUT_BYTES are kept by wb_verify_fetch_rows: its beginning,
 * and at their end a digest of the whole; len is that of the whole. */
enum { WB_VERIFY_CUT_BYTES = 512, WB_VERIFY_LARGE_BYTES = 65536 };
static inline bool wb_verify_is_cut(const struct wb_cell *c) {
    return c->len > WB_VERIFY_LARGE_BYTES &&
           (c->form == WB_FORM_TEXT || c->form == WB_FORM_BYTES || c->form == WB_FORM_INVALID);
}
/* A copy of a row, its large values cut. */
struct wb_cell *wb_verify_cut_cells(struct wb_arena *a, const struct wb_cell *cells,
                                    const struct wb_type *const *types, size_t n);
/* Whether two values are equal; both kept by the above. */
bool wb_verify_same_cell(const struct wb_type *t, const struct wb_cell *x, const struct wb_cell *y);

/* The rows of some candidates as they are now, on both sides, for people and repairs; large values
 * are cut. Those that are equal now are left out. Rows and cells are in a; *ret has room for n.
 * Over the worker's connections; where rows are of many MiB over each side's anew, without the
 * buffers that the other's has grown. */
enum wb_code wb_verify_fetch_rows(struct wb_verify_job *job, unsigned worker,
                                  struct wb_verify_pair *p, const struct wb_verify_candidate *keys,
                                  size_t n, struct wb_arena *a, struct wb_verify_row **ret,
                                  size_t *ret_n, struct wb_error *err);

/* ------------------------------------------------------------------------------------------------
 * prepare.c, compare.c, finish.c, count.c, sample.c, tasks.c, work.c */

const char *
wb_verify_now_text(struct wb_verify_job *job); /* RFC 3339, UTC; in the report's memory */
enum wb_code wb_verify_prepare(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                               struct wb_error *err);
enum wb_code wb_verify_compare_chunk(struct wb_verify_job *job, unsigned worker,
                                     struct wb_verify_pair *p, size_t first, size_t n,
                                     struct wb_error *err);
enum wb_code wb_verify_read_side(struct wb_verify_job *job, unsigned worker,
                                 struct wb_verify_pair *p, enum wb_side side, size_t unit,
                                 struct wb_error *err);
enum wb_code wb_verify_finish(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                              struct wb_error *err);
/* As many rows as come to about so many bytes, by the table's average; 1 to most. */
size_t wb_verify_rows_within(const struct wb_verify_pair *p, size_t most, uint64_t bytes);

/* By themselves, where no digests are taken. Counts that differ are taken again until settle_ms is
 * over, as rows are. */
enum wb_code wb_verify_count_rows(struct wb_verify_job *job, unsigned worker,
                                  struct wb_verify_pair *p, struct wb_error *err);
enum wb_code wb_verify_count_again(struct wb_verify_job *job, unsigned worker,
                                   struct wb_verify_pair *p, struct wb_error *err);
enum wb_code wb_verify_take_sample(struct wb_verify_job *job, unsigned worker,
                                   struct wb_verify_pair *p, struct wb_error *err);
/* Rows become candidates where the sides differ; under no lock. */
bool wb_verify_add_differing(struct wb_verify_job *job, struct wb_verify_pair *p,
                             const struct wb_verify_merge *m, uint32_t unit);

/* Takes job->lock. Waits; false: nothing is left, or stopping. */
bool wb_verify_next_task(struct wb_verify_job *job, struct wb_verify_task *ret);
void wb_verify_task_done(struct wb_verify_job *job, const struct wb_verify_task *t);
void wb_verify_wait_a_little(struct wb_verify_job *job, unsigned ms); /* under job->lock */

void wb_verify_work(struct wb_verify_job *job); /* until nothing is left or job->stopping */
void wb_verify_stop(struct wb_verify_job *job, const struct wb_error *err);

/* ------------------------------------------------------------------------------------------------
 * events.c */

void wb_verify_say(struct wb_verify_job *job, enum wb_verify_event_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void wb_verify_tell(struct wb_verify_job *job, const struct wb_verify_event *e);
void wb_verify_tell_progress(struct wb_verify_job *job);

#endif
