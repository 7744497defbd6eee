/* A plan: Markdown that people review and whimbrel runs, as understood from its text alone.
 *
 * wb_plan_load() reads the file, finds phases, labels, steps, ramp stages, tables and code blocks,
 * and gives every line a reading: auto (a sentence says what exactly will be done), manual (a
 * person does it) or unbound (a gate or trigger whose metric has no source). What is wrong or
 * doubtful becomes a finding with file, line and column. Nothing here connects to a database,
 * prints, or changes the file.
 *
 * A plan owns everything it points to, in one arena; it is read-only once loaded and may then be
 * shared between threads.
 */
#ifndef WB_PLAN_PLAN_H
#define WB_PLAN_PLAN_H

#include "base/arena.h"
#include "base/error.h"
#include "model/finding.h"
#include "model/policy.h"
#include "plan/rules.h"
#include "plan/value.h"

#include <stdbool.h>
#include <stdint.h>

/* A place in the text as it was read: lines and columns count from 1, columns count bytes. */
struct wb_plan_place {
    const char *file;
    unsigned line, column;
};

enum wb_reading { WB_READING_MANUAL, WB_READING_AUTO, WB_READING_UNBOUND };

struct wb_plan_finding {
    enum wb_plan_rule rule;
    enum wb_severity severity;
    struct wb_plan_place place;
    int phase;                 /* index into wb_plan.phases, -1 outside of phases */
    const char *text, *remedy; /* remedy may be NULL */
};

/* --- code blocks --------------------------------------------------------------------------------
 */

enum wb_block_step { WB_BLOCK_NO_STEP, WB_BLOCK_UP, WB_BLOCK_VERIFY, WB_BLOCK_DOWN };
enum wb_block_check { WB_CHECK_NONE, WB_CHECK_ZERO, WB_CHECK_EMPTY, WB_CHECK_EQUAL, WB_CHECK_EXIT };
enum wb_block_on { WB_ON_DEFAULT, WB_ON_SOURCE, WB_ON_TARGET, WB_ON_REPLICA };
enum wb_block_language { WB_LANG_OTHER, WB_LANG_SQL, WB_LANG_SH, WB_LANG_PROMQL, WB_LANG_HTTP };
enum wb_block_tx { WB_TX_ON, WB_TX_OFF };

/* What a query must give: a value, or no rows. */
struct wb_plan_expect {
    bool given, no_rows;
    struct wb_plan_value value;
};

struct wb_plan_block {
    struct wb_plan_place place; /* of the fence; the text begins on the next line */
    int phase;
    enum wb_block_language lang;
    const char *language, *text;
    enum wb_block_step step;
    enum wb_block_check check;
    enum wb_block_on on;
    enum wb_block_tx tx;
    const char *action, *metric, *unit;                    /* NULL where not given */
    int64_t every_ms, for_ms, timeout_ms, lock_timeout_ms; /* 0 where not given */
    bool irreversible;
    bool has_attributes; /* without any, it never runs, except as a check */
    bool is_check;       /* SQL directly under a check label, or with check=: runs READ ONLY */
    struct wb_plan_expect expect;
};

/* --- metrics ------------------------------------------------------------------------------------
 */

enum wb_metric_kind {
    WB_METRIC_UNKNOWN,  /* no built-in source */
    WB_METRIC_BUILTIN,  /* measured by whimbrel itself */
    WB_METRIC_OBSERVED, /* built in where the application reports its reads and writes */
};

enum wb_metric_source { WB_SOURCE_NONE, WB_SOURCE_BUILTIN, WB_SOURCE_OBSERVE, WB_SOURCE_QUERY };
enum wb_metric_shape { WB_SHAPE_VALUE, WB_SHAPE_RATIO, WB_SHAPE_QUANTILE, WB_SHAPE_COUNT };

/* One for each name that the plan uses or binds. */
struct wb_plan_metric {
    const char *name; /* canonical: "error rate", "P99", "replica lag" */
    enum wb_metric_kind kind;
    enum wb_metric_shape shape;
    struct wb_decimal quantile; /* of a WB_SHAPE_QUANTILE: 0.99 */
    enum wb_metric_source source;
    enum wb_block_language lang; /* of a WB_SOURCE_QUERY */
    const char *query, *unit;
    enum wb_block_on on;
    int64_t every_ms;
    struct wb_plan_place place; /* where it is bound; line 0 where nowhere */
    const struct wb_plan_block *block;
    bool has_baseline; /* the plan states one: compared with what is measured before the first
                          change */
    struct wb_plan_value baseline;
};

/* --- clauses and actions -------------------------------------------------------------------------
 */

/* X(name, word) */
#define WB_CLAUSES(X)               \
    X(MANUAL, "manual")             \
    X(SQL, "sql")                   \
    X(COMPARE, "compare")           \
    X(WITHIN, "within_baseline")    \
    X(UNCHANGED, "unchanged")       \
    X(DETECTED, "detected")         \
    X(VERIFIED, "verified_within")  \
    X(RUNNING, "running")           \
    X(COMPLETE, "complete")         \
    X(ROW_COUNT, "row_count")       \
    X(PARITY, "row_parity")         \
    X(CHECKSUM, "checksum")         \
    X(SAMPLE, "sample")             \
    X(NOT_WRITTEN, "not_written")   \
    X(NO_QUERIES, "no_queries")     \
    X(SIGN_OFF, "sign_off")         \
    X(EXCEEDS_GATE, "exceeds_gate") \
    X(ALERT, "alert")               \
    X(BLOCK, "block")

enum wb_clause_kind {
#define X(name, word) WB_CLAUSE_##name,
    WB_CLAUSES(X)
#undef X
};

/* Which side a word such as "MySQL", "old" or "target" means. */
enum wb_plan_side {
    WB_PLAN_SIDE_NONE,
    WB_PLAN_SIDE_SOURCE,
    WB_PLAN_SIDE_TARGET,
    WB_PLAN_SIDE_UNKNOWN
};

struct wb_plan_words {
    const char **items;
    size_t n, cap;
};

struct wb_plan_clause {
    enum wb_clause_kind kind;
    struct wb_plan_place place;
    const char *text;
    const struct wb_plan_metric
        *metric; /* COMPARE, WITHIN, UNCHANGED, DETECTED, ALERT; RUNNING's zero */
    enum wb_plan_cmp cmp;
    struct wb_plan_value value; /* of COMPARE; WITHIN: the ratio; RUNNING, VERIFIED: the duration */
    int64_t window_ms;          /* "over any 10-minute window" */
    int64_t for_ms;             /* "for 10 minutes"; "sustained" is 5 minutes */
    bool at_once;               /* one sample is enough; else 2 consecutive ones, or for_ms */
    const char *thing; /* SQL: the statement; DETECTED, VERIFIED, RUNNING, COMPLETE, NO_QUERIES … */
    enum wb_plan_side side;     /* NOT_WRITTEN */
    uint64_t rows;              /* SAMPLE */
    int phase;                  /* COMPLETE: index of the phase meant, -1 unknown */
    struct wb_plan_words names; /* SIGN_OFF: roles; CHECKSUM: columns; EXCEEDS_GATE: metrics */
    struct wb_plan_expect expect;
    const struct wb_plan_block *block; /* BLOCK */
    enum wb_reading reading;
};

/* X(name, word) */
#define WB_PLAN_ACTIONS(X)                \
    X(MANUAL, "manual")                   \
    X(SET_FLAG, "set_flag")               \
    X(SET_STAGE, "set_stage")             \
    X(PAUSE_BACKFILL, "pause_backfill")   \
    X(RESUME_BACKFILL, "resume_backfill") \
    X(STOP_BACKFILL, "stop_backfill")     \
    X(BATCH_SIZE, "batch_size")           \
    X(DISABLE_WRITES, "disable_writes")   \
    X(ENABLE_WRITES, "enable_writes")     \
    X(ROUTE_READS, "route_reads")         \
    X(HOLD, "hold")                       \
    X(ROLL_BACK, "roll_back")             \
    X(PAGE, "page")                       \
    X(RUN_BLOCK, "run_block")             \
    X(NONE, "none")

enum wb_plan_act {
#define X(name, word) WB_ACT_##name,
    WB_PLAN_ACTIONS(X)
#undef X
};

enum wb_plan_danger { WB_HARMLESS, WB_DEPLOYS, WB_DESTROYS };

struct wb_plan_action {
    enum wb_plan_act kind;
    struct wb_plan_place place;
    const char *text;
    const char *flag;  /* SET_FLAG, SET_STAGE, writes; NULL: none is named anywhere */
    const char *stage; /* SET_STAGE: the word */
    struct wb_decimal
        percent; /* SET_FLAG, ROUTE_READS: share of reads from the new side, as a ratio */
    enum wb_plan_side side;            /* writes, reads */
    uint64_t rows;                     /* BATCH_SIZE */
    const struct wb_plan_block *block; /* RUN_BLOCK */
    enum wb_plan_danger danger;        /* of a MANUAL one: pages and waits */
    enum wb_reading reading;
};

/* --- phases -------------------------------------------------------------------------------------
 */

/* What whimbrel does of itself where a step says so. */
enum wb_plan_builtin {
    WB_BUILTIN_NONE,
    WB_BUILTIN_COPY,
    WB_BUILTIN_VERIFY,
    WB_BUILTIN_BACKUP,
    WB_BUILTIN_SCHEMA, /* the tables of a copy, without rows */
};

struct wb_plan_step {
    struct wb_plan_place place;
    const char *text;
    struct wb_plan_clause *clauses; /* what it confirms */
    size_t n_clauses, cap_clauses;
    struct wb_plan_action *actions;
    size_t n_actions, cap_actions;
    const struct wb_plan_block **blocks; /* indented below it, or following it */
    size_t n_blocks, cap_blocks;
    enum wb_plan_builtin builtin;
    enum wb_plan_side side; /* that a backup is of, where the step says so */
    bool is_ramp;           /* "Ramp: 1% -> 10%": its stages are the phase's */
    bool runs_backfill;
    uint64_t batch_rows;        /* 0 where not said */
    int64_t delay_ms;           /* between batches */
    int64_t pause_above_lag_ms; /* pauses while the replicas' lag is above; 0 where not said */
    unsigned grace_cycles;      /* "after 2 release cycles" */
    unsigned not_before_day;    /* "grace period through Day 25" */
    enum wb_plan_danger danger;
    enum wb_reading reading;
};

struct wb_plan_stage {
    struct wb_plan_place place;
    const char *name;
    struct wb_decimal traffic; /* ratio of reads */
    int64_t duration_ms;       /* 0 where not said */
    struct wb_plan_clause *gate;
    size_t n_gate, cap_gate;
    bool from_ramp; /* of "Ramp: 1% -> 10%": its gate is the phase's validation */
};

/* X(name, word, as people write it) */
#define WB_LABELS(X)                          \
    X(GOAL, "goal", "Goal")                   \
    X(ENTRY, "entry", "Entry criteria")       \
    X(STEPS, "steps", "Steps")                \
    X(INTEGRITY, "check", "Integrity check")  \
    X(VALIDATION, "validation", "Validation") \
    X(EXIT, "exit", "Exit criteria")          \
    X(TRIGGER, "trigger", "Rollback trigger") \
    X(ROLLBACK, "rollback", "Rollback")       \
    X(MAPPING, "mapping", "Mapping")          \
    X(SIGN_OFF, "sign_off", "Sign-off")

enum wb_label_kind {
#define X(name, word, text) WB_LABEL_##name,
    WB_LABELS(X)
#undef X
        WB_LABEL_COUNT,
    WB_LABEL_NONE = WB_LABEL_COUNT
};

struct wb_plan_label {
    enum wb_label_kind kind;
    struct wb_plan_place place;
    struct wb_plan_clause *clauses;
    size_t n_clauses, cap_clauses;
    struct wb_plan_action *actions; /* of a trigger or a rollback */
    size_t n_actions, cap_actions;
};

struct wb_plan_phase {
    unsigned number;
    const char *name;
    struct wb_plan_place place;
    unsigned end_line;            /* its last line */
    unsigned first_day, last_day; /* 0 where not said; weeks are turned into days */
    struct wb_plan_label *labels;
    size_t n_labels, cap_labels;
    struct wb_plan_step *steps;
    size_t n_steps, cap_steps;
    struct wb_plan_stage *stages;
    size_t n_stages, cap_stages;
    struct wb_plan_words sign_offs; /* roles, from wherever in the phase */
    bool point_of_no_return;        /* it says so, or that its rollback is not available */
    char hash[65];                  /* SHA-256, hexadecimal, of the phase and all it uses */
};

/* --- front matter, tables ------------------------------------------------------------------------
 */

/* A value with ${NAME} replaced; shown never holds what came from the environment, nor a password.
 */
struct wb_plan_text {
    const char *value, *shown; /* NULL where not given */
    struct wb_plan_place place;
    bool incomplete; /* a variable in it is not set */
};

/* backup: as a map: whimbrel makes and proves backups itself. */
struct wb_plan_backup {
    struct wb_plan_text to;      /* a folder; beside the plan unless it begins with / */
    struct wb_plan_text scratch; /* a server to restore on, or NULL: the database's own */
    enum wb_plan_side of;        /* SOURCE or TARGET */
    int64_t keep;                /* how many are kept; 0: all */
};

struct wb_plan_front {
    bool present;
    unsigned first_line, last_line;
    int version; /* of the format: 1; 0 where not said */
    struct wb_plan_text source, target, flag, day_1, epic, journal, mapping;
    struct wb_plan_text prometheus, prometheus_token;
    struct wb_plan_text *replicas, *tables, *notify;
    size_t n_replicas, cap_replicas, n_tables, cap_tables, n_notify, cap_notify;
    struct wb_plan_text backup;        /* a command or a path; or "given" where it is a map */
    struct wb_plan_backup backup_made; /* of the map; to NULL where there is none */
    struct wb_policy policy;
    int64_t observations; /* how many samples decide a plain value: 300 unless given */
    bool strict_ratios;   /* compare plain ratios instead of bounds */
    bool reverse;         /* a reverse stream runs after the cutover */
    const char *source_scheme, *target_scheme; /* NULL where not known */
};

struct wb_plan_mapping {
    struct wb_plan_place place;
    const char *from, *to, *as; /* as written, without code marks */
};

struct wb_plan_summary {
    struct wb_plan_place place;
    unsigned first, last; /* phases; last is UINT_MAX for "4+" */
    const char *name, *action, *loss;
};

/* Reads and writes a minute that the plan states; 0 where it does not. */
struct wb_plan_traffic {
    double reads_per_min, writes_per_min;
    struct wb_plan_place place;
};

/* --- lines: how everything is understood, in the order of the text
 * -------------------------------- */

/* X(name, word) */
#define WB_LINE_KINDS(X)        \
    X(GOAL, "goal")             \
    X(ENTRY, "entry")           \
    X(STEP, "step")             \
    X(CHECK, "check")           \
    X(VALIDATION, "validation") \
    X(EXIT, "exit")             \
    X(TRIGGER, "trigger")       \
    X(ACTION, "action")         \
    X(ROLLBACK, "rollback")     \
    X(STAGE, "stage")           \
    X(GATE, "gate")             \
    X(SIGN_OFF, "sign_off")     \
    X(BLOCK, "block")           \
    X(MAPPING, "mapping")       \
    X(SUMMARY, "summary")       \
    X(BASELINE, "baseline")     \
    X(TRAFFIC, "traffic")       \
    X(TEXT, "text")

enum wb_line_kind {
#define X(name, word) WB_LINE_##name,
    WB_LINE_KINDS(X)
#undef X
};

struct wb_plan_line {
    enum wb_line_kind kind;
    struct wb_plan_place place;
    int phase;        /* -1 outside of phases */
    const char *text; /* as written, on one line */
    enum wb_reading reading;
    const char *sentence; /* what will be done, by whom */
};

struct wb_plan {
    struct wb_arena arena;
    const char *path, *title;
    struct wb_plan_front front;
    struct wb_plan_metric **metrics;
    size_t n_metrics, cap_metrics;
    struct wb_plan_phase *phases;
    size_t n_phases, cap_phases;
    struct wb_plan_block **blocks;
    size_t n_blocks, cap_blocks;
    struct wb_plan_mapping *mappings;
    size_t n_mappings, cap_mappings;
    struct wb_plan_summary *summary;
    size_t n_summary, cap_summary;
    struct wb_plan_traffic traffic;
    struct wb_plan_line *lines;
    size_t n_lines, cap_lines;
    struct wb_plan_finding *findings; /* by line and column */
    size_t n_findings, cap_findings;
    const char *text; /* as read */
    size_t len;
    const size_t *line_at; /* where line i + 1 begins; line_at[n_text_lines] is behind the last */
    size_t n_text_lines;
};

/* How long a step waits for a lock where its block does not say so. */
enum { WB_PLAN_LOCK_TIMEOUT_MS = 5000 };

enum wb_plan_files { WB_PLAN_READ_FILES, WB_PLAN_NO_FILES };

struct wb_plan_opts {
    /* Looks ${NAME} up; NULL: getenv. The result is copied. */
    const char *(*variable)(void *ctx, const char *name);
    void *ctx;
    enum wb_plan_files files; /* whether files that the plan names (mapping:, scripts) are read */
};

/* Read and check a plan. WB_OK although the plan is full of errors: they are findings. WB_E_IO
 * where the file cannot be read, WB_E_PLAN where it is no text (over 16 MiB, not UTF-8). opts may
 * be NULL. */
enum wb_code wb_plan_load(const char *path, const struct wb_plan_opts *opts, struct wb_plan **ret,
                          struct wb_error *err);
/* The same of text in memory; path names it in places and is where named files are looked up. */
enum wb_code wb_plan_parse(const char *path, const char *text, size_t len,
                           const struct wb_plan_opts *opts, struct wb_plan **ret,
                           struct wb_error *err);
void wb_plan_free(struct wb_plan *p);

/* Whether source and target are the same database, as far as the text tells. */
bool wb_plan_one_database(const struct wb_plan_front *f);

/* Tables that hold as many rows as each other, by a mapping of single columns that carries a key of
 * each as it is. In a. 0: *ret_why says why there are none. */
struct wb_plan_pair {
    const char *from, *to;
    bool one_to_one;
};
size_t wb_plan_pairs(const struct wb_plan *plan, struct wb_arena *a, struct wb_plan_pair **ret,
                     const char **ret_why);

size_t wb_plan_count(const struct wb_plan *p, enum wb_severity severity); /* of findings */

/* Where byte at of a block's text stands. */
struct wb_plan_place wb_plan_block_place(const struct wb_plan *p, const struct wb_plan_block *b,
                                         size_t at);
/* Add what was found elsewhere (src/lint); strings are copied. Sort them when all are there: by
 * place, each once. Only before the plan is shared. */
void wb_plan_add_finding(struct wb_plan *p, const struct wb_plan_finding *f);
void wb_plan_sort_findings(struct wb_plan *p);

const char *wb_reading_word(enum wb_reading r);     /* "manual", "auto", "unbound" */
const char *wb_line_kind_word(enum wb_line_kind k); /* "step" */
const char *wb_clause_kind_word(enum wb_clause_kind k);
const char *wb_act_word(enum wb_plan_act a);
const char *wb_label_text(enum wb_label_kind k); /* "Entry criteria" */

/* Call each(ctx, …) for every phrase of the grammar: docs/plan.md is made from this. use:
 * "criteria", "action" or "step". */
void wb_plan_each_phrase(void (*each)(void *ctx, const char *use, const char *phrase,
                                      const char *example, const char *meaning),
                         void *ctx);

#endif
