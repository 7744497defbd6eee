/* Telling whether the target answers an application's queries as fast as the source does.
 *
 * wb_performance_run() does what `whimbrel verify SOURCE TARGET --performance QUERIES.sql` does: it
 * reads a file of queries (queries.h says how one is written), runs each of them on both sides in
 * turn, read only, warm and many times, and compares medians and 95th percentiles by intervals of
 * confidence. A query fails only where the interval as a whole is beyond the tolerance; where it
 * lies on both sides of it, more rounds are run, and what then still cannot be told is
 * inconclusive, never a failure. The plans of both sides are reduced to their shapes, and an index
 * that the source used and the target lacks is named with the statement that makes it. It prints
 * nothing.
 */
#ifndef WB_VERIFY_PERFORMANCE_H
#define WB_VERIFY_PERFORMANCE_H

#include "base/cancel.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "model/policy.h"
#include "schema/rules.h"

enum wb_performance_outcome {
    WB_PERFORMANCE_INCONCLUSIVE, /* why: too few rounds, too much noise, the source failed */
    WB_PERFORMANCE_PASSES,
    WB_PERFORMANCE_SLOWER,      /* the target is slower beyond the tolerance */
    WB_PERFORMANCE_ROWS_DIFFER, /* both answered, with different numbers of rows in every round */
    WB_PERFORMANCE_FAILS,       /* the source answers it and the target refuses it */
};

/* Times of one side in milliseconds; all 0 where n_runs is 0. */
struct wb_performance_side {
    uint64_t n_runs; /* that count: without the warm-up */
    double p50_ms, p95_ms, p99_ms, min_ms, max_ms;
    uint64_t rows;     /* of the last run */
    const char *plan;  /* its shape, a line a step, indented; NULL: it could not be had */
    const char *error; /* the server's words where it failed; else NULL */
};

/* Target divided by source, with the interval that holds the true ratio (each side's quantile at
 * 95 %, by order statistics, so that no distribution is assumed). low is 0 and high INFINITY where
 * there were too few runs to bound it. */
struct wb_performance_ratio {
    double value, low, high;
};

/* An index that the source used for a query and the target does not have. */
struct wb_performance_index {
    const char *table;   /* in the target: schema.table */
    const char *index;   /* its name in the source */
    const char *columns; /* "customer_id, placed_at" */
    const char *sql;     /* the statement that makes it in the target; NULL: cannot be carried */
};

struct wb_performance_query {
    const char *name;             /* as given by "-- name:", else "query N" */
    unsigned line;                /* where its statement begins in the file, from 1 */
    const char *sql, *target_sql; /* equal unless a variant was given */
    double tolerance;             /* 0.1: ten percent */
    enum wb_performance_outcome outcome;
    const char *why; /* a sentence; also for one that passes; never NULL */
    struct wb_performance_side source, target;
    struct wb_performance_ratio median, p95;
    const struct wb_performance_index *missing;
    size_t n_missing;
    const char *const *notes; /* about the plans: "the target reads all of orders; …" */
    size_t n_notes;
};

struct wb_performance_report {
    struct wb_arena arena;
    const char *file;
    const char *source, *target; /* redacted URLs */
    const char *source_version, *target_version;
    const char *started, *finished; /* RFC 3339, UTC */
    uint64_t elapsed_ms;
    enum wb_performance_outcome outcome; /* the worst: any failure before INCONCLUSIVE */
    struct wb_performance_query *queries;
    size_t n_queries, passed, failed, inconclusive;
};

struct wb_performance_progress {
    const struct wb_performance_query *query; /* done: complete; else only name, line and SQL */
    size_t number, queries;                   /* from 1 */
    uint64_t round, rounds;                   /* 0 while warming up */
    enum { WB_PERFORMANCE_RUNNING, WB_PERFORMANCE_QUERY_DONE } state;
};

struct wb_performance_opts {
    const struct wb_url *source, *target;
    const struct wb_rules *rules; /* names and types of the copy; never NULL */
    struct wb_policy policy;
    const char *target_schema; /* NULL: the engine's default */
    const char *file;          /* path of the queries */
    unsigned runs;             /* rounds a query; 0: 50 */
    unsigned max_runs;         /* rounds where the first were too few to tell; 0: four times runs */
    double tolerance;          /* where the file does not say; 0: 0.1 */
    unsigned statement_timeout_ms; /* 0: 30,000 */
    unsigned query_budget_ms;      /* no new round of a query after so long; 0: 120,000. What was
                                      measured      by then is judged */
    struct wb_cancel *cancel;      /* may be NULL */
    const struct wb_clock *clock;  /* NULL: the system's */
    void (*progress)(void *ctx, const struct wb_performance_progress *p); /* may be NULL; at most
                                                                             five times a second */
    void *progress_ctx;
};

/* WB_OK: every query passes. DIFFERS: a query is slower, fails or gives other rows. UNPROVEN: none
 * of these, but at least one is inconclusive. USAGE: the file cannot be used (a statement that may
 * write, named with its line; no query in it; a malformed directive). IO: it cannot be read.
 * Others: as they are. *ret is set whenever at least one query was measured, also on failure. */
enum wb_code wb_performance_run(const struct wb_performance_opts *opts,
                                struct wb_performance_report **ret, struct wb_error *err);
void wb_performance_report_free(struct wb_performance_report *r); /* accepts NULL */

const char *wb_performance_outcome_word(enum wb_performance_outcome o); /* "slower" */

#endif
