/* The journal: the durable, append-only record of decisions. What a run is, was and may do next is
 * replayed from it and from nothing else.
 *
 * Two stores keep the same: a SQLite file beside the plan (journal/sqlite.h) and a PostgreSQL that
 * several machines share (journal_pg/journal_pg.h). Both are this handle.
 *
 * Lease and fencing: one runner at a time holds the lease, for ttl_ms from its last durable write
 * or renewal. Every durable write of a runner begins with a compare-and-set of the lease's holder
 * and token, in the same transaction: who took over raised the token, so an older runner that wakes
 * up writes nothing more (WB_E_FENCED). Clocks decide only when a lease may be taken, never whether
 * a write counts. A lease that ran out but that nobody took is still its holder's.
 *
 * Requests come from other terminals (pause, approve …): anybody puts them, the runner answers each
 * exactly once, in the same transaction as the events that it caused; the asker waits.
 *
 * A handle belongs to one thread at a time. Secrets have no place in it: callers write what they
 * would print.
 */
#ifndef WB_JOURNAL_JOURNAL_H
#define WB_JOURNAL_JOURNAL_H

#include "base/arena.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, word): what an event tells. Words are in the file: never changed, never reused. */
#define WB_EVENTS(X)                    \
    X(RUN_STARTED, "run_started")       \
    X(RUN_RESUMED, "run_resumed")       \
    X(RUN_STOPPED, "run_stopped")       \
    X(RUN_DONE, "run_done")             \
    X(IDENTITY, "identity")             \
    X(BASELINE, "baseline")             \
    X(PHASE_STARTED, "phase_started")   \
    X(PHASE_STATE, "phase_state")       \
    X(PHASE_DONE, "phase_done")         \
    X(STEP_INTENT, "step_intent")       \
    X(STEP_OUTCOME, "step_outcome")     \
    X(STEP_PROGRESS, "step_progress")   \
    X(UNDO_RECORDED, "undo_recorded")   \
    X(UNDO_INTENT, "undo_intent")       \
    X(UNDO_OUTCOME, "undo_outcome")     \
    X(ACTION_INTENT, "action_intent")   \
    X(ACTION_OUTCOME, "action_outcome") \
    X(CRITERION, "criterion")           \
    X(CHECK, "check")                   \
    X(VERDICT, "verdict")               \
    X(STAGE_STARTED, "stage_started")   \
    X(STAGE_PROGRESS, "stage_progress") \
    X(STAGE_DONE, "stage_done")         \
    X(GATE, "gate")                     \
    X(TRIGGER_ARMED, "trigger_armed")   \
    X(TRIGGER, "trigger")               \
    X(FLAG, "flag")                     \
    X(SIGN_OFF, "sign_off")             \
    X(SIGN_OFF_VOID, "sign_off_void")   \
    X(AMENDED, "amended")               \
    X(PAUSED, "paused")                 \
    X(RESUMED, "resumed")               \
    X(HELD, "held")                     \
    X(RELEASED, "released")             \
    X(PAGE, "page")                     \
    X(ROLLBACK_STARTED, "rollback")     \
    X(ROLLED_BACK, "rolled_back")       \
    X(CUTOVER, "cutover")               \
    X(COUNTED, "counted")               \
    X(ABORTED, "aborted")               \
    X(NOTE, "note")

enum wb_event_kind {
#define X(name, word) WB_EVENT_##name,
    WB_EVENTS(X)
#undef X
};

enum { WB_EVENT_NO_PHASE = -1 };

/* Zero seq, wall_us and run_us when appending: the journal sets them. */
struct wb_event {
    int64_t seq;     /* from 1, without gaps */
    int64_t wall_us; /* microseconds since 1970 */
    uint64_t run_us; /* never goes back: the time that runners have spent, those before included */
    enum wb_event_kind kind;
    int phase;        /* its number in the plan, WB_EVENT_NO_PHASE without */
    const char *step; /* NULL without */
    const char *data; /* a JSON object, NULL without */
};

struct wb_events {
    struct wb_event *items; /* in the arena, with what they point to */
    size_t n;
};

/* X(name, word) */
#define WB_REQUESTS(X)      \
    X(PAUSE, "pause")       \
    X(RESUME, "resume")     \
    X(APPROVE, "approve")   \
    X(ROLLBACK, "rollback") \
    X(AMEND, "amend")       \
    X(ABORT, "abort")       \
    X(CUTOVER, "cutover")   \
    X(VERIFY, "verify")     \
    X(RELEASE, "release")

enum wb_request_kind {
#define X(name, word) WB_REQUEST_##name,
    WB_REQUESTS(X)
#undef X
};

struct wb_request {
    int64_t id;      /* set by the journal; 0: there is none */
    int64_t wall_us; /* likewise */
    enum wb_request_kind kind;
    const char *who;  /* user of the operating system */
    const char *role; /* "" without */
    const char *args; /* a JSON object, NULL without */
};

enum wb_answer_state { WB_ANSWER_DONE, WB_ANSWER_REFUSED, WB_ANSWER_FAILED };

struct wb_answer {
    int64_t request; /* its id */
    enum wb_answer_state state;
    const char *text; /* a sentence for who asked */
};

/* Who runs. */
struct wb_lease {
    bool held;          /* and has not run out */
    int64_t token;      /* raised by each who takes it */
    const char *holder; /* "host pid 17", for people; "" if never taken */
    int64_t expires_us; /* by the store's clock */
    int64_t now_us;     /* the store's clock at the time of reading */
};

/* Where a test can make a durable write fail or end the process. */
enum wb_journal_point { WB_JOURNAL_BEFORE_COMMIT, WB_JOURNAL_AFTER_COMMIT };

enum wb_journal_mode {
    WB_JOURNAL_CREATE,   /* made where it is missing */
    WB_JOURNAL_EXISTING, /* WB_E_NOT_FOUND where it is missing */
};

struct wb_journal_opts {
    enum wb_journal_mode mode;
    const struct wb_clock *clock; /* NULL: the system's. Must outlive the journal */
    /* May return an error, which the write then has; NULL: none. */
    enum wb_code (*fault)(void *ctx, enum wb_journal_point point, struct wb_error *err);
    void *fault_ctx;
};

enum { WB_JOURNAL_FORMAT = 1, WB_JOURNAL_TTL_MS = 15000 };

struct wb_journal;

void wb_journal_close(struct wb_journal *j); /* gives the lease back if it is held; accepts NULL */
const char *wb_journal_name(const struct wb_journal *j); /* path or redacted URL, for people */

/* --- the lease ----------------------------------------------------------------------------------
 */

/* Take it where nobody has it or it ran out: RUNNING where another has it, named in the text with
 * the time it has left. Checks the store for damage first. */
enum wb_code wb_journal_take(struct wb_journal *j, const char *holder, int64_t ttl_ms,
                             struct wb_error *err);
/* Make it last ttl_ms from now; FENCED where another took it. Call at least each third of ttl_ms.
 */
enum wb_code wb_journal_renew(struct wb_journal *j, struct wb_error *err);
/* Give it back; WB_OK where it is not held, or another's by now. */
enum wb_code wb_journal_release(struct wb_journal *j, struct wb_error *err);
/* Who has it. holder belongs to a. */
enum wb_code wb_journal_lease(struct wb_journal *j, struct wb_arena *a, struct wb_lease *ret,
                              struct wb_error *err);

/* --- events -------------------------------------------------------------------------------------
 */

/* Append n events, and answer a request (answer may be NULL), as one durable transaction. Only by
 * who holds the lease: FENCED otherwise. On any error nothing was written, but after LOST (a shared
 * journal whose server went away) read what is there: the answer to COMMIT may be what got lost.
 * ret_seq (may be NULL) gets the last event's. A request that was answered is not answered again
 * (ANSWERED), and then no event is written either. */
enum wb_code wb_journal_append(struct wb_journal *j, const struct wb_event *events, size_t n,
                               const struct wb_answer *answer, int64_t *ret_seq,
                               struct wb_error *err);

/* The run time of an event that would be appended now. Only by who holds the lease. */
uint64_t wb_journal_run_us(struct wb_journal *j);

/* Events above after_seq in their order, max at most (0: all). No lease is needed. */
enum wb_code wb_journal_read(struct wb_journal *j, int64_t after_seq, size_t max,
                             struct wb_arena *a, struct wb_events *ret, struct wb_error *err);

/* --- requests -----------------------------------------------------------------------------------
 */

/* Ask; id and wall_us of r are not looked at. No lease is needed. Durable. */
enum wb_code wb_journal_request_put(struct wb_journal *j, const struct wb_request *r,
                                    int64_t *ret_id, struct wb_error *err);
/* The oldest that has no answer above after_id; ret->id is 0 where there is none. */
enum wb_code wb_journal_request_next(struct wb_journal *j, int64_t after_id, struct wb_arena *a,
                                     struct wb_request *ret, struct wb_error *err);
/* Answer without an event. */
enum wb_code wb_journal_request_answer(struct wb_journal *j, const struct wb_answer *answer,
                                       struct wb_error *err);
/* The answer to a request; ret->request is 0 while there is none. NOT_FOUND: no such request. */
enum wb_code wb_journal_request_read(struct wb_journal *j, int64_t id, struct wb_arena *a,
                                     struct wb_answer *ret, struct wb_error *err);
/* Wait for it: TIMEOUT after timeout_ms (the request stands), CANCELED. cancel may be NULL. */
enum wb_code wb_journal_request_wait(struct wb_journal *j, int64_t id, unsigned timeout_ms,
                                     const struct wb_cancel *cancel, struct wb_arena *a,
                                     struct wb_answer *ret, struct wb_error *err);

const char *wb_event_word(enum wb_event_kind k);
bool wb_event_parse(const char *word, enum wb_event_kind *ret);
const char *wb_request_word(enum wb_request_kind k);
bool wb_request_parse(const char *word, enum wb_request_kind *ret);
const char *wb_answer_word(enum wb_answer_state s); /* "done", "refused", "failed" */
bool wb_answer_parse(const char *word, enum wb_answer_state *ret);

#endif
