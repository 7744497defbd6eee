/* What the parts of the reader share: the text, where its lines begin, tokens, and adding findings
 * and lines. For src/plan only. */
#ifndef WB_PLAN_READER_H
#define WB_PLAN_READER_H

#include "plan/plan.h"

enum wb_token_kind {
    WB_TOKEN_WORD, /* text is in lower case; hyphens part words: "dual-write" is two */
    WB_TOKEN_NUMBER,
    WB_TOKEN_PERCENT,
    WB_TOKEN_CMP,
    WB_TOKEN_CODE,  /* text is what stands between the backticks */
    WB_TOKEN_ARROW, /* -> or the arrow character */
    WB_TOKEN_DASH,  /* a dash with space around it, or any between two numbers */
    WB_TOKEN_MARK,  /* one of ( ) , ; : . + / and others, in mark */
};

struct wb_token {
    enum wb_token_kind kind;
    char mark;
    bool malformed; /* of a number */
    bool after_space;
    bool quoted; /* a quotation mark stands before it */
    enum wb_plan_cmp cmp;
    struct wb_decimal number;
    const char *text;
    size_t from, to; /* bytes of the plan's text */
    size_t inner;    /* where the text of a code span begins */
};

struct wb_phrase {
    struct wb_token *tokens;
    size_t n;
};

struct wb_elements;

struct wb_plan_reader {
    struct wb_plan *plan;
    struct wb_arena *a;
    const char *file, *text;
    size_t len;
    size_t *line_at; /* of line i+1; line_at[n_lines] is len */
    size_t n_lines;
    const char **ahead; /* metrics that code blocks name, also those that are not read yet */
    size_t n_ahead;
    const struct wb_plan_opts *opts;
    struct wb_elements *elements; /* of each pattern (pattern.h) */
    int phase;                    /* the phase that is being read, -1 outside */
};

/* --- text and places (source.c) ----------------------------------------------------------------
 */

void wb_reader_index(struct wb_plan_reader *r);
struct wb_plan_place wb_reader_place(const struct wb_plan_reader *r, size_t offset);
size_t wb_reader_line_end(const struct wb_plan_reader *r, unsigned line); /* without line end */
/* Text of [from, to) on one line, without bold marks. Of a phrase: tokens [i, j). */
const char *wb_reader_slice(const struct wb_plan_reader *r, size_t from, size_t to);
const char *wb_phrase_slice(const struct wb_plan_reader *r, const struct wb_phrase *p, size_t i,
                            size_t j);

void wb_reader_find(struct wb_plan_reader *r, enum wb_plan_rule rule, struct wb_plan_place place,
                    const char *remedy, const char *text, ...)
    __attribute__((format(printf, 5, 6)));
/* Adds a line and yields its index. */
size_t wb_reader_line(struct wb_plan_reader *r, enum wb_line_kind kind, struct wb_plan_place place,
                      const char *text, enum wb_reading reading, const char *sentence);

/* --- words (token.c, words.c) -------------------------------------------------------------------
 */

void wb_phrase_read(const struct wb_plan_reader *r, size_t from, size_t to, struct wb_phrase *ret);
struct wb_phrase wb_phrase_part(const struct wb_phrase *p, size_t i, size_t j);
bool wb_token_is(const struct wb_token *t, const char *word);
bool wb_token_among(const struct wb_token *t, const char *const *words, size_t n);
/* The same of an array of words. */
#define WB_TOKEN_AMONG(t, words) wb_token_among((t), (words), sizeof(words) / sizeof *(words))
bool wb_token_mark(const struct wb_token *t, char mark);

/* Damerau-Levenshtein distance of two words of up to 63 bytes; 99 beyond. */
unsigned wb_word_distance(const char *a, const char *b);
/* Whether a is a slip of the pen away from b: one edit in words of 4 or 5 letters, two in longer.
 */
bool wb_word_near(const char *a, const char *b);

/* --- front matter (front.c, yaml.c) -------------------------------------------------------------
 */

struct wb_yaml {
    enum { WB_YAML_SCALAR, WB_YAML_LIST, WB_YAML_MAP } kind;
    const char *key;  /* of an entry of a map */
    const char *text; /* of a scalar */
    struct wb_plan_place place, key_place;
    struct wb_yaml *items; /* of a list or a map */
    size_t n, cap;
};
/* Parses [from, to) of the reader's text; NULL after having added a finding. */
struct wb_yaml *wb_yaml_read(struct wb_plan_reader *r, size_t from, size_t to);

/* Reads the front matter where there is one; yields the offset behind it. */
size_t wb_front_read(struct wb_plan_reader *r);
void wb_front_bind_metrics(struct wb_plan_reader *r, const struct wb_yaml *map);
/* Replaces ${NAME}; shown stays as written, with passwords hidden. */
struct wb_plan_text wb_front_text(struct wb_plan_reader *r, const char *text,
                                  struct wb_plan_place place);

/* --- metrics (metric.c) -------------------------------------------------------------------------
 */

/* The metric of that name, made if it is new; aliases are resolved ("latency p95" is P95). */
struct wb_plan_metric *wb_metric_named(struct wb_plan_reader *r, const char *name);
/* Fills ahead, before anything is read. */
void wb_metric_look_ahead(struct wb_plan_reader *r);
/* Whether the name is built in, observed or bound somewhere in the plan. */
bool wb_metric_known(const struct wb_plan_reader *r, const char *name);
/* Its own name, and how it is counted, by the name alone. */
const char *wb_metric_called(const struct wb_plan_reader *r, const char *name,
                             enum wb_metric_shape *ret_shape);
/* A known name that this one is a slip of the pen away from, or NULL. */
const char *wb_metric_near(const struct wb_plan_reader *r, const char *name);
bool wb_metric_bound(const struct wb_plan_metric *m);

/* --- sides --------------------------------------------------------------------------------------
 */

/* "mysql", "old", "target" …: UNKNOWN where it names an engine but not which side; NONE where it is
 * no word for a side. */
enum wb_plan_side wb_side_named(const struct wb_plan_reader *r, const char *word);
const char *wb_side_text(enum wb_plan_side side, const char *thing);

/* --- phrases (grammar.c, match.c) ---------------------------------------------------------------
 */

enum wb_phrase_use { WB_USE_CRITERIA, WB_USE_ACTION, WB_USE_STEP };

enum wb_slot {
    WB_SLOT_METRIC,
    WB_SLOT_KNOWN,
    WB_SLOT_CMP,
    WB_SLOT_VALUE,
    WB_SLOT_DUR,
    WB_SLOT_FOR,
    WB_SLOT_PCT,
    WB_SLOT_N,
    WB_SLOT_THING,
    WB_SLOT_ZERO,
    WB_SLOT_SIDE,
    WB_SLOT_NAMES,
    WB_SLOT_CODE,
    WB_SLOT_TABLE,
    WB_SLOT_FLAG,
    WB_SLOT_BOOL,
    WB_SLOT_EXPECT,
    WB_SLOT_SUSTAINED,
    WB_SLOT_COUNT
};

/* What a slot took: tokens [i, j) of the phrase, and its value where it has one. */
struct wb_capture {
    bool taken;
    bool none; /* of an EXPECT: no rows */
    size_t i, j;
    struct wb_plan_value value;
    enum wb_plan_cmp cmp;
};

struct wb_pattern {
    enum wb_phrase_use use;
    int kind;         /* an enum wb_clause_kind, wb_plan_act or wb_step_phrase */
    const char *text; /* see grammar.c */
    const char *example, *meaning;
};

enum wb_step_phrase {
    WB_STEP_BATCHES,
    WB_STEP_DELAY,
    WB_STEP_PAUSE_IF_LAG,
    WB_STEP_BACKFILL,
    WB_STEP_CYCLES,
    WB_STEP_GRACE,
    WB_STEP_COPY, /* from here on: only where it is said exactly */
    WB_STEP_VERIFY,
    WB_STEP_BACKUP,
    WB_STEP_SCHEMA,
    WB_STEP_KINDS
};

extern const struct wb_pattern wb_patterns[];
extern const size_t wb_n_patterns;

struct wb_match {
    const struct wb_pattern *pattern; /* NULL: none fits */
    unsigned slips;                   /* 0: it fits; else it nearly fits */
    size_t begin, end;                /* tokens taken */
    struct wb_capture slots[WB_SLOT_COUNT];
    const char *suggestion; /* of one that nearly fits, or holds a malformed value */
    size_t slip_at;         /* the token that is wrong */
};

enum wb_match_how { WB_MATCH_EXACT, WB_MATCH_NEARLY };

/* The first pattern for that use that takes the whole phrase. NEARLY: the one with the fewest
 * slips. */
bool wb_match_phrase(const struct wb_plan_reader *r, const struct wb_phrase *p,
                     enum wb_phrase_use use, enum wb_match_how how, struct wb_match *ret);
/* The first place, at or after token from, where a pattern takes a part of the phrase. */
bool wb_match_within(const struct wb_plan_reader *r, const struct wb_phrase *p, size_t from,
                     const struct wb_pattern *pattern, enum wb_match_how how, struct wb_match *ret);

/* A number, in digits or as a word up to twelve. */
bool wb_number_at(const struct wb_token *t, struct wb_decimal *ret);
/* A duration or value at token i; yields the number of tokens, 0 where there is none. *ret_word is
 * set to the unit that was meant where the one written is not known ("msec": "ms"). */
size_t wb_value_at(const struct wb_phrase *p, size_t i, struct wb_plan_value *ret,
                   const char **ret_meant);

/* --- clauses and actions (clause*.c, action.c)
 * ----------------------------------------------------
 */

/* Where clauses stand decides what a slip of the pen means and how they are told. */
enum wb_clause_place { WB_AT_CRITERIA, WB_AT_CHECK, WB_AT_TRIGGER, WB_AT_GATE, WB_AT_STEP };

struct wb_clauses {
    struct wb_plan_clause *items;
    size_t n, cap;
};
struct wb_actions {
    struct wb_plan_action *items;
    size_t n, cap;
};

/* Words that only lead to what is meant: "confirm that", "if", "make sure". The rest of p, which is
 * p itself where it has none. */
struct wb_phrase wb_phrase_without_lead(const struct wb_phrase *p);
/* Where a dash stands between two numbers, "5-10 s": its token, or n. */
size_t wb_phrase_range(const struct wb_phrase *p);
/* Without a comment behind a dash and without a last group in parentheses. */
struct wb_phrase wb_phrase_bare(const struct wb_phrase *p);
/* Whether an action of the grammar takes the phrase as it is. */
bool wb_action_understands(struct wb_plan_reader *r, const struct wb_phrase *p);

/* of_trigger takes what a trigger's text does, where it says so between its clauses; else NULL. */
void wb_clauses_read(struct wb_plan_reader *r, const struct wb_phrase *p, enum wb_clause_place at,
                     struct wb_clauses *to, struct wb_actions *of_trigger);
void wb_actions_read(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_actions *to);
/* How a phrase destroys or deploys, by its words. */
enum wb_plan_danger wb_phrase_danger(const struct wb_phrase *p);
/* Adds a finding where a value in the phrase is no number ("5,00 rows"). */
bool wb_phrase_malformed(struct wb_plan_reader *r, const struct wb_phrase *p);
/* One clause of exactly this phrase, without findings: false where it is prose. */
bool wb_clause_understands(struct wb_plan_reader *r, const struct wb_phrase *p,
                           struct wb_plan_clause *ret);

void wb_step_read(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_plan_step *ret);
/* "Ramp: 1% -> 10%" (ramp.c): adds its stages to the phase, or a finding; false where it is none.
 */
bool wb_step_ramp(struct wb_plan_reader *r, const struct wb_phrase *p);

/* --- blocks (block.c) ---------------------------------------------------------------------------
 */

struct wb_plan_block *wb_block_read(struct wb_plan_reader *r, const char *info, const char *text,
                                    unsigned fence_line);

/* --- tables (table.c) ---------------------------------------------------------------------------
 */

/* A table of lines [first, last]; headers decide what it is: false where it is text. */
bool wb_table_read(struct wb_plan_reader *r, unsigned first, unsigned last);

/* --- the document (document.c) -------------------------------------------------------------------
 */

void wb_document_read(struct wb_plan_reader *r, const char *blanked);
/* A phase's heading. IN_TEXT: without findings, for a line that is none but may look like one. */
enum wb_heading_place { WB_IN_HEADING, WB_IN_TEXT };
bool wb_heading_phase(struct wb_plan_reader *r, const struct wb_phrase *p,
                      enum wb_heading_place where, struct wb_plan_phase *ret);

/* --- afterwards ----------------------------------------------------------------------------------
 */

void wb_plan_bind(
    struct wb_plan_reader *r); /* bind.c: metrics, blocks, flags; readings of clauses */
void wb_plan_tell(struct wb_plan_reader *r);  /* tell.c: the lines */
void wb_plan_hash(struct wb_plan_reader *r);  /* hash.c */
void wb_plan_judge(struct wb_plan_reader *r); /* find_*.c: all findings that need the whole plan */
void wb_judge_phases(struct wb_plan_reader *r);
void wb_judge_stages(struct wb_plan_reader *r);
void wb_judge_summary(struct wb_plan_reader *r);

const char *wb_tell_clause(struct wb_plan_reader *r, const struct wb_plan_clause *c,
                           enum wb_clause_place at);
const char *wb_tell_action(struct wb_plan_reader *r, const struct wb_plan_action *c);
const char *wb_tell_step(struct wb_plan_reader *r, const struct wb_plan_step *s);
const char *wb_tell_block(struct wb_plan_reader *r, const struct wb_plan_block *b);

#endif
