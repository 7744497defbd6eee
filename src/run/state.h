/* What a run is: a pure fold over the events of its journal.
 *
 * wb_run_apply() takes one event after the other. It knows no plan, no database and no clock: what
 * it has to know of the plan (phases, items, roles, hashes) stands in the events that began the run
 * and its phases. So status, resume and rollback derive from the journal by replay alone.
 *
 * The same function is the guard: an event that the table of transitions does not allow, or that
 * would step over a failed check, a missing sign-off or a gate without data, is refused and changes
 * nothing. The runner applies each event before it writes it, so a journal can never say that
 * something was passed which was not.
 *
 * A phase: waiting -> entering (entry criteria) -> stepping -> checking (integrity, validation) ->
 * ramping (stages) -> exiting (exit criteria, sign-offs) -> done; rolling_back -> rolled_back, from
 * where it may begin anew. Held, paused and aborted belong to the run as a whole.
 */
#ifndef WB_RUN_STATE_H
#define WB_RUN_STATE_H

#include "base/arena.h"
#include "journal/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, word): in the order in which a phase goes through them */
#define WB_RUN_PHASE_STATES(X)      \
    X(WAITING, "waiting")           \
    X(ENTERING, "entering")         \
    X(STEPPING, "stepping")         \
    X(CHECKING, "checking")         \
    X(RAMPING, "ramping")           \
    X(EXITING, "exiting")           \
    X(DONE, "done")                 \
    X(ROLLING_BACK, "rolling_back") \
    X(ROLLED_BACK, "rolled_back")

enum wb_run_phase_state {
#define X(name, word) WB_RUN_##name,
    WB_RUN_PHASE_STATES(X)
#undef X
        WB_RUN_PHASE_STATE_COUNT
};

/* X(name, word): each kind belongs to one state of the phase, of the same order */
#define WB_RUN_ITEM_KINDS(X) \
    X(ENTRY, "entry")        \
    X(STEP, "step")          \
    X(CHECK, "check")        \
    X(STAGE, "stage")        \
    X(EXIT, "exit")

enum wb_run_item_kind {
#define X(name, word) WB_ITEM_##name,
    WB_RUN_ITEM_KINDS(X)
#undef X
};

/* X(name, word) */
#define WB_RUN_ITEM_STATES(X) \
    X(OPEN, "open")           \
    X(RUNNING, "running")     \
    X(UNSURE, "unsure")       \
    X(PASSED, "passed")       \
    X(FAILED, "failed")

/* UNSURE: an intent without outcome, found by a later runner: the step's verify block or a person
 * says whether it was done. */
enum wb_run_item_state {
#define X(name, word) WB_IS_##name,
    WB_RUN_ITEM_STATES(X)
#undef X
};

struct wb_run_item {
    enum wb_run_item_kind kind;
    enum wb_run_item_state state;
    const char *id, *text; /* "step.2" */
    bool irreversible;
    bool by_person;   /* who does it, or confirms it, and says so */
    bool needs_data;  /* passes only with samples */
    bool gate_passed; /* of a stage, by its latest judgement */
    unsigned attempts;
    int64_t since_us;  /* wall time of its latest change */
    const char *why;   /* a sentence of the latest judgement or outcome; "" without */
    const char *saved; /* of a stage: what its gates had been shown, as JSON; NULL without */
};

struct wb_run_sign_off {
    const char *role, *who;
    int64_t wall_us;
    bool is_void;
    const char *void_why;
};

/* A moment, as it is kept for "so long ago". listened_us: the run time in which applications could
 * report. */
struct wb_run_moment {
    int64_t wall_us; /* 0: never */
    uint64_t run_us, listened_us;
};

#define WB_RUN_DIVERGENCES "divergences" /* the metric that applications report */

/* What is counted of a metric of which none should be there: "with zero divergences". */
struct wb_run_count {
    const char *metric;
    double counted;          /* what was reported: since the run began; a query: at last */
    bool open;               /* more may have come since */
    bool cut_off;            /* its runner ended while it was open: at is when that was noticed */
    struct wb_run_moment at; /* of the latest one */
};

struct wb_run_phase {
    enum wb_run_phase_state state;
    int number;
    const char *name, *hash;
    bool point_of_no_return;
    bool armed;                  /* its triggers count */
    int64_t started_us, done_us; /* 0: not yet */
    struct wb_run_moment began, ended;
    /* Divergences when it began, and when somebody had looked at what failed: only later ones count
     * for its triggers, and for its gates. */
    double diverged_before, diverged_looked_at;
    struct wb_run_item *items;
    size_t n_items;
    const char **roles; /* that must sign */
    size_t n_roles;
    struct wb_run_sign_off *sign_offs;
    size_t n_sign_offs, cap_sign_offs;
};

/* How to undo a step, as journalled before it ran. */
struct wb_run_undo {
    int phase; /* number */
    const char *step, *data;
    int64_t seq;
    bool irreversible;
    enum wb_run_item_state state;
    const char *why;
};

/* A trigger that fired: first the later phases are undone, then its actions follow. */
struct wb_run_firing {
    int phase;
    const char *id, *why; /* "trigger.1" */
    size_t actions_done;  /* so many have an outcome */
    bool action_unsure;   /* the next one was begun by a runner that ended */
    bool action_running;
    bool handled;
    bool looked_at;         /* somebody has resumed the run since: it may fire again */
    double diverged_before; /* divergences at that time */
};

struct wb_run_flag {
    const char *name, *stage;
    const char *before; /* the latest stage in which the old side was read: back to it */
    unsigned share;     /* of WB_FLAG_BUCKETS */
    unsigned no_writes; /* sides to which applications are not to write: WB_FLAG_NO_WRITES_… */
};

struct wb_run_baseline {
    const char *metric;
    double value, low, high;
    uint64_t samples;
};

struct wb_run_state {
    struct wb_arena arena;
    bool started, paused, aborted, done;
    bool rolling_back, undo_irreversible;
    int roll_back_to;        /* number of the phase that is kept; meaningful while rolling back */
    const char *aborted_why; /* "by NAME: REASON"; NULL: it was not */
    const char *held;        /* why the run waits for a person; NULL: it does not */
    const char *held_item;   /* NULL: none */
    int held_phase;
    const char *plan, *plan_hash;
    const char *edited; /* by wb_run_read: what of the plan's file is not what runs; NULL: none */
    const char *title;  /* of the plan; "" in a journal that does not say it */
    const char *identity[2]; /* by enum wb_side; NULL: not recorded yet */
    bool standby[2];         /* it is a standby with its primary's identity */
    int64_t seq, wall_us, started_us, paused_us;
    uint64_t run_us, listened_us;
    bool listens; /* the runner at work takes reports */
    struct wb_run_phase *phases;
    size_t n_phases;
    struct wb_run_undo *undos; /* in the order in which they were recorded */
    size_t n_undos, cap_undos;
    struct wb_run_firing *firings;
    size_t n_firings, cap_firings;
    struct wb_run_flag *flags;
    size_t n_flags, cap_flags;
    struct wb_run_baseline *baselines;
    size_t n_baselines, cap_baselines;
    struct wb_run_count *counts;
    size_t n_counts, cap_counts;
};

/* Zeroed is valid: nothing was started. */
void wb_run_state_done(struct wb_run_state *s);

/* INTERNAL: the event is not allowed here, and says why; nothing was changed. PLAN: its data cannot
 * be read. What the event points to is copied. */
enum wb_code wb_run_apply(struct wb_run_state *s, const struct wb_event *e, struct wb_error *err);

/* --- questions -----------------------------------------------------------------------------------
 */

int wb_run_last_phase(const struct wb_run_state *s); /* its number; -1: there is none */
struct wb_run_phase *wb_run_phase_of(const struct wb_run_state *s, int number);   /* NULL: none */
struct wb_run_item *wb_run_item_of(const struct wb_run_phase *p, const char *id); /* NULL: none */
/* The phase under way: the first that is not done. NULL: all are. */
struct wb_run_phase *wb_run_current(const struct wb_run_state *s);
/* The first item of this kind that has not passed; NULL: none. */
struct wb_run_item *wb_run_next_item(const struct wb_run_phase *p, enum wb_run_item_kind kind);
/* A role that has to sign and has not; NULL: none. */
const char *wb_run_missing_role(const struct wb_run_phase *p);
bool wb_run_signed(const struct wb_run_phase *p, const char *role);
/* The first firing that is not handled; NULL: none. */
struct wb_run_firing *wb_run_open_firing(const struct wb_run_state *s);
/* Whether this trigger has fired and nobody has resumed the run since. */
bool wb_run_has_fired(const struct wb_run_state *s, int phase, const char *id);
/* What a rollback undoes next; NULL: nothing is left of the phases above to. */
struct wb_run_undo *wb_run_next_undo(const struct wb_run_state *s, int to);
/* The phase that a rollback keeps which does not say how far: of one under way its own, else the
 * phase before the latest that has begun; -1: none. */
int wb_run_roll_back_to(const struct wb_run_state *s);
struct wb_run_flag *wb_run_flag_of(const struct wb_run_state *s, const char *name); /* NULL: none */
struct wb_run_count *wb_run_count_of(const struct wb_run_state *s,
                                     const char *metric); /* or NULL */
/* Divergences that do not count for this trigger any more, because they came before its phase, or
 * somebody has looked at what they made it do. */
double wb_run_diverged_before(const struct wb_run_state *s, int phase, const char *trigger);
/* Whether nothing may go forward: held, paused, rolling back, aborted, done or not begun. */
const char *wb_run_blocked(const struct wb_run_state *s); /* why; NULL: it may */

const char *wb_run_phase_word(enum wb_run_phase_state s);
const char *wb_run_kind_word(enum wb_run_item_kind k);
const char *wb_run_item_word(enum wb_run_item_state s);
bool wb_run_phase_parse(const char *word, enum wb_run_phase_state *ret);
enum wb_run_phase_state wb_run_state_of_kind(enum wb_run_item_kind k);

#endif
