/* Telling with evidence whether two databases hold the same, while applications go on writing.
 *
 * wb_verify_run() does what `whimbrel verify` does: it compares row counts, schema, indexes,
 * constraints, next values, a random sample, and digests of every table, and goes down to the row
 * where digests differ. It reads in short statements, never in a long snapshot; what differs only
 * because one side has not caught up is read again until it settles. What it found is kept in the
 * target as a verdict for each table (store.h), so that an interrupted verification goes on where
 * it stood, and a failure stays until a pass of at least its scope and strength. It prints nothing
 * but tells a sink what is going on.
 *
 * Not verified is never equal: every table, column or level that could not be compared says why,
 * and the outcome is then UNVERIFIED at best.
 */
#ifndef WB_VERIFY_VERIFY_H
#define WB_VERIFY_VERIFY_H

#include "base/cancel.h"
#include "engine/engine.h"
#include "model/digest.h"
#include "model/policy.h"
#include "schema/rules.h"

/* What is compared. Bits, so that a command line may choose. */
enum wb_verify_level {
    WB_VERIFY_COUNTS = 1,
    WB_VERIFY_SCHEMA = 2, /* columns, types under the mapping, defaults, nullability */
    WB_VERIFY_INDEXES = 4,
    WB_VERIFY_CONSTRAINTS = 8,
    WB_VERIFY_SEQUENCES = 16, /* next value beyond every key */
    WB_VERIFY_SAMPLE = 32,
    WB_VERIFY_DIGESTS = 64, /* and the rows, wherever digests differ */
    WB_VERIFY_ALL = 127,
};

enum wb_verify_mode {
    WB_VERIFY_AUTO,   /* measured at the first chunks of a table, and said */
    WB_VERIFY_STREAM, /* both sides are read in binary and hashed here (XXH3-128) */
    WB_VERIFY_SERVER, /* the servers hash (MD5) and little travels */
};

enum wb_verify_outcome { WB_VERIFY_UNVERIFIED, WB_VERIFY_EQUAL, WB_VERIFY_DIFFERENT };

/* How strong a comparison of rows is; a failure is cleared by the same or a greater one only. */
enum wb_verify_strength {
    WB_VERIFY_NOTHING,
    WB_VERIFY_BY_COUNT,
    WB_VERIFY_BY_SAMPLE,
    WB_VERIFY_BY_DIGEST
};

enum wb_verify_repair { WB_VERIFY_NO_REPAIR, WB_VERIFY_PRINT_REPAIR, WB_VERIFY_EXECUTE_REPAIR };
enum wb_verify_record { WB_VERIFY_RECORD, WB_VERIFY_NO_RECORD }; /* keep verdicts in the target? */
enum wb_verify_restart { WB_VERIFY_CONTINUE, WB_VERIFY_RESTART };
enum wb_verify_values { WB_VERIFY_SHOW_VALUES, WB_VERIFY_REDACT_VALUES };

enum wb_verify_event_kind {
    WB_VERIFY_PHASE,      /* text: what begins now */
    WB_VERIFY_NOTE,       /* text: a choice that was made, a pause and its reason */
    WB_VERIFY_PROGRESS,   /* progress: about five times a second */
    WB_VERIFY_TABLE_DONE, /* table */
    WB_VERIFY_DIFFERENCE, /* table, difference: as soon as it has settled */
    WB_VERIFY_FINDING,    /* finding */
    WB_VERIFY_ROUND_DONE, /* continuous: report of the round */
    WB_VERIFY_REPAIRED,   /* text: the statement that was run */
};

struct wb_verify_progress {
    uint64_t elapsed_ms;
    uint64_t rows, bytes, est_rows; /* rows compared, counted once, of all tables */
    size_t tables_done, tables;
    const char *table; /* one of those under way; NULL: none */
    const char *doing; /* "comparing", "locating", "waiting for lag", "settling" */
    uint64_t differences, retried_rows;
};

enum wb_verify_difference_kind {
    WB_VERIFY_MISSING, /* in the source only */
    WB_VERIFY_EXTRA,   /* in the target only */
    WB_VERIFY_CHANGED, /* in both, not equal */
};

/* One column of a row that differs. Values as people read them; NULL: SQL NULL; "(redacted)" with
 * --redact; long ones are cut with "…" and their length. */
struct wb_verify_value {
    const char *column; /* name in the target */
    const char *source, *target;
};

struct wb_verify_difference {
    enum wb_verify_difference_kind kind;
    const char *key; /* "id = 42, lang = 'de'"; "" for tables without a key */
    const struct wb_verify_value
        *values; /* columns that differ; all of them where MISSING, EXTRA */
    size_t n_values;
    uint64_t copies;    /* tables without a key: so many equal rows too many or too few; else 1 */
    const char *repair; /* the statement that would make the target right; NULL where not asked */
};

/* A structural difference, or something that could not be compared. */
struct wb_verify_finding {
    enum wb_verify_level level;
    enum wb_verify_outcome outcome; /* EQUAL: a note, which changes no outcome */
    const char *table;              /* in the target: schema.table; NULL: the database */
    const char *object;             /* "index orders_customer", "column total" */
    const char *text;               /* what was expected and what is there */
    const char *hint;               /* what to do; NULL: none */
};

struct wb_verify_table_report {
    const char *source, *target;         /* schema.table; target NULL: it is missing */
    enum wb_verify_outcome outcome;      /* over all levels asked for */
    enum wb_verify_outcome rows_outcome; /* of counts, sample and digests alone */
    enum wb_verify_strength strength;
    const char *method;  /* "streamed XXH3-128", "server MD5", "row count", "sample of 1,000" */
    const char *why;     /* UNVERIFIED: what was not, and why */
    const char *columns; /* those compared: "*" or "a, b"; never those that could not be */
    const char *where;   /* NULL: all rows */
    uint64_t source_rows, target_rows; /* as counted by the strongest level that counted them */
    struct wb_digest source_digest, target_digest; /* zero where not taken; as first read, so
                                                      they may differ where rows settled */
    uint64_t sampled_rows;
    uint64_t missing_rows, extra_rows, changed_rows;
    uint64_t retried_rows;   /* differed at first and settled, or are still unsettled */
    uint64_t unsettled_rows; /* kept changing until patience ended: neither equal nor different */
    uint64_t bytes, ms;
    size_t chunks, chunks_kept;                     /* kept: compared before an interruption */
    const char *source_position, *target_position;  /* at the beginning; "" where there is none */
    const char *started, *finished;                 /* RFC 3339, UTC */
    const struct wb_verify_difference *differences; /* the first max_differences */
    size_t n_differences;
};

/* A failure of an earlier verification that this one was too narrow or too weak to clear. */
struct wb_verify_standing {
    const char *table, *failed_at, *scope, *what_clears_it;
};

struct wb_verify_report {
    struct wb_arena arena;
    const char *source, *target; /* redacted URLs */
    const char *source_version, *target_version;
    const char *started, *finished;
    const char *command; /* that repeats this verification, without secrets */
    unsigned levels;     /* asked for */
    enum wb_verify_outcome outcome;
    bool resumed, recorded;
    unsigned round; /* continuous: from 1 */
    uint64_t elapsed_ms, rows, bytes, missing_rows, extra_rows, changed_rows, retried_rows,
        unsettled_rows, repaired_rows;
    struct wb_verify_table_report *tables;
    size_t n_tables;
    struct wb_verify_finding *findings;
    size_t n_findings;
    struct wb_verify_standing *standing;
    size_t n_standing;
};

struct wb_verify_event {
    enum wb_verify_event_kind kind;
    const char *text;
    const struct wb_verify_progress *progress;
    const struct wb_verify_table_report *table;
    const struct wb_verify_difference *difference;
    const struct wb_verify_finding *finding;
    const struct wb_verify_report *report;
};

/* Called from several threads, one at a time. */
struct wb_verify_sink {
    void (*event)(void *ctx, const struct wb_verify_event *e);
    void *ctx;
};

struct wb_verify_opts {
    const struct wb_url *source, *target;
    struct wb_pin *pin[2];  /* by enum wb_side: what all connections must meet (engine/pin.h); NULL:
                               what the first one meets, in all rounds */
    struct wb_rules *rules; /* filters, renames and casts of the copy; never NULL */
    struct wb_policy policy;
    const char *target_schema; /* NULL: the engine's default */
    const char *const *tables; /* globs over table or schema.table, of source or target; n 0: all.
                                  Rules say what the copy left out; this, what is not looked at */
    size_t n_tables;
    unsigned levels;            /* enum wb_verify_level; 0: all */
    const char *const *columns; /* globs over column or table.column (of the target); n 0: all. The
                                   key is always read */
    size_t n_columns;
    const char *where;        /* a condition that both engines understand; NULL: all rows */
    const char *where_target; /* where the target needs other words; NULL: where */
    uint64_t sample_rows;     /* a table; 0: 1,000 */
    uint64_t sample_seed; /* 0: another one each time; it is told, and gives the same rows again */
    enum wb_verify_mode mode;
    unsigned jobs;                 /* 0: as many as there are processors, at most 4 */
    uint64_t max_rate_bytes;       /* payload bytes a second over both sides; 0: no limit */
    uint64_t max_row_bytes;        /* 0: 32 MiB */
    unsigned chunk_ms;             /* time that one chunk should take; 0: 500 */
    unsigned statement_timeout_ms; /* 0: 60,000 */
    unsigned settle_ms;            /* how long a differing row is read again; 0: 5,000 */
    unsigned max_lag_ms; /* pause while either side, a replica of it that it knows of, or one of
                            replicas is further behind; 0: not looked at */
    const struct wb_url *replicas; /* servers that are asked themselves how far behind they are */
    size_t n_replicas;
    unsigned max_active;     /* pause while either server runs more statements than this; 0: not
                                looked at */
    size_t max_differences;  /* rows listed a table; 0: 100. All are counted */
    unsigned rounds;         /* 0 or 1: once; UINT_MAX: until cancelled (--continuous) */
    unsigned round_pause_ms; /* between rounds */
    enum wb_verify_repair repair;
    enum wb_verify_record record;
    enum wb_verify_restart restart;
    enum wb_verify_values values;
    struct wb_cancel *cancel;
    struct wb_verify_sink sink;
};

/* WB_OK: everything asked for was compared and is equal, and no earlier failure stands. DIFFERS: a
 * difference, or a standing failure. UNPROVEN: nothing differs, but not everything was compared.
 * Others: as they are. *ret is set whenever there is something to tell, also on failure; it may
 * stay NULL. */
enum wb_code wb_verify_run(const struct wb_verify_opts *opts, struct wb_verify_report **ret,
                           struct wb_error *err);
void wb_verify_report_free(struct wb_verify_report *r); /* accepts NULL */

/* Remove verdicts, progress and the journal of repairs from a target. ret_removed: names, in a. */
enum wb_code wb_verify_clean(const struct wb_url *url, struct wb_arena *a,
                             const char ***ret_removed, size_t *ret_n, struct wb_error *err);

const char *wb_verify_level_word(enum wb_verify_level l);     /* "digests" */
const char *wb_verify_outcome_word(enum wb_verify_outcome o); /* "equal" */
const char *wb_verify_strength_word(enum wb_verify_strength s);
const char *wb_verify_difference_word(enum wb_verify_difference_kind k);

#endif
