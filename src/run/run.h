/* Running a plan: phases, steps, gates, triggers, sign-offs, the way back.
 *
 * wb_run_plan() does what `whimbrel run` does. It holds the journal's lease, takes one decision
 * after the other and writes each before it acts on it; whatever happens to it, the next one goes
 * on from the journal. wb_run_ask() is the other terminals: pause, resume, approve, rollback,
 * amend, abort. Nothing here prints: a sink is told every event.
 */
#ifndef WB_RUN_RUN_H
#define WB_RUN_RUN_H

#include "backup/backup.h"
#include "base/buf.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "metric/flag.h"
#include "metric/observe.h"
#include "plan/plan.h"
#include "run/state.h"

#include <limits.h>

enum wb_run_shell { WB_RUN_NO_SHELL, WB_RUN_ALLOW_SHELL };
enum wb_run_waiting { WB_RUN_WAITS, WB_RUN_NO_WAIT };
enum { WB_RUN_NO_PHASE = INT_MIN };

/* Called from the thread that runs, for every event once it is durable, and with lines of progress
 * (e NULL). s is as of then. */
struct wb_run_sink {
    void (*told)(void *ctx, const struct wb_event *e, const struct wb_run_state *s,
                 const char *progress);
    void *ctx;
    /* After each turn of the loop; may be NULL. waits: for what, "" where it goes on by itself. */
    void (*ticked)(void *ctx, const struct wb_run_state *s, const char *waits);
};

/* What the HTTP side sees of a run, from its threads: the status as JSON of the latest decision,
 * metrics, health, the flags that it serves and the observations that it adds. */
struct wb_run_view;

struct wb_run_view *wb_run_view_new(const struct wb_clock *clock);
void wb_run_view_free(struct wb_run_view *v);
void wb_run_view_status(struct wb_run_view *v, struct wb_buf *to); /* {} before the first one */
/* Families of Prometheus' text format; nothing of the run before its first tick. */
void wb_run_view_metrics(struct wb_run_view *v, struct wb_buf *to);

enum { WB_RUN_STALL_MS = 5000 }; /* a loop that has not turned for longer is stalled */

struct wb_run_health {
    enum {
        WB_RUN_TICKS,        /* well */
        WB_RUN_STARTS,       /* it has not turned yet */
        WB_RUN_STALLS,       /* its last turn is too long ago */
        WB_RUN_CANNOT_WRITE, /* it turns, but can decide nothing: the journal cannot be written */
    } state;
    uint64_t tick_age_ms;
    char why[300]; /* a sentence; "" when well */
};
void wb_run_view_health(struct wb_run_view *v, struct wb_run_health *ret);

struct wb_flags *wb_run_view_flags(struct wb_run_view *v);
struct wb_observe *wb_run_view_observe(struct wb_run_view *v);
/* Wait until the journal has so many mismatches of those that were reported to observe. TIMEOUT
 * after 3 s, or where the run ends or cannot write its journal. */
enum wb_code wb_run_view_await(struct wb_run_view *v, uint64_t mismatches, struct wb_error *err);

struct wb_run_opts {
    const char *path;
    int until; /* number of the phase after which it ends; WB_RUN_NO_PHASE: none */
    enum wb_run_shell shell;
    enum wb_run_waiting waiting; /* NO_WAIT: ends where only a person or data could go on */
    struct wb_clock clock;       /* zeroed: the system's, or that of WHIMBREL_TEST_CLOCK */
    struct wb_run_view *view;    /* NULL: nobody looks */
    struct wb_cancel *cancel;
    struct wb_run_sink sink;
};

/* WB_OK: done, or stopped behind the phase asked for. REFUSED: aborted, or what cannot go on; HELD
 * and WAITS with NO_WAIT. PLAN: the plan has errors or needs what this version has not. CANCELED:
 * the same command goes on. */
enum wb_code wb_run_plan(const struct wb_run_opts *opts, struct wb_error *err);

/* Every action in order, each with call(ctx, phase's number, item's id, text, sentence). Connects
 * to nothing. */
enum wb_code wb_run_dry(const char *path,
                        void (*call)(void *ctx, int phase, const char *id, const char *text,
                                     const char *sentence),
                        void *ctx, struct wb_error *err);

/* --- the other terminals -------------------------------------------------------------------------
 */

struct wb_run_request {
    enum wb_request_kind kind;
    const char *role;    /* APPROVE */
    const char *step;    /* APPROVE: an item or undo instead of the phase; NULL: sign off */
    const char *outcome; /* APPROVE of a step that nobody knows of: "done" or "again"; NULL */
    const char *reason;  /* AMEND, ABORT; may be NULL */
    const char *moved;   /* AMEND: "source" or "target", which is another server or file with the
                            same data now; NULL */
    int to;            /* ROLLBACK: the phase that is kept; WB_RUN_NO_PHASE: undo the present one */
    bool irreversible; /* ROLLBACK: confirmed */
    unsigned timeout_ms; /* of waiting for the runner; 0: 30 s */
};

/* Ask the runner, or where none runs take the lease and do it. ret_answer: a sentence, in a.
 * REFUSED where the answer is no. */
enum wb_code wb_run_ask(const struct wb_run_opts *opts, const struct wb_run_request *request,
                        struct wb_arena *a, const char **ret_answer, struct wb_error *err);

/* Replay a plan's journal without holding it. NOT_FOUND: it was never run. */
enum wb_code wb_run_read(const struct wb_run_opts *opts, struct wb_run_state *ret,
                         struct wb_lease *ret_lease, struct wb_arena *a, struct wb_error *err);
/* The run as a whole in one word, of those in wb_run_state_words. */
const char *wb_run_state_word(const struct wb_run_state *s);
extern const char *const wb_run_state_words[];
extern const size_t wb_n_run_state_words;
/* What happens, how far, what next, how to stop or undo it, as JSON (docs/json/status.json). */
void wb_run_status_json(const struct wb_run_state *s, const struct wb_lease *lease,
                        struct wb_buf *to);
/* The journal that a plan's front matter or path says; clock must outlive it. */
enum wb_code wb_run_open_journal(const struct wb_plan *plan, const char *path,
                                 enum wb_journal_mode mode, const struct wb_clock *clock,
                                 struct wb_journal **ret, struct wb_error *err);
/* given, or, where it is zeroed, the system's or that of WHIMBREL_TEST_CLOCK. */
struct wb_clock wb_run_clock(const struct wb_clock *given);
/* What whimbrel backup does for a plan; named: the side that is meant, NONE: what the front matter
 * says. to is NULL where the front matter names no folder. Strings belong to a. */
enum wb_code wb_run_backup_opts(const struct wb_plan *plan, const char *path,
                                enum wb_plan_side named, struct wb_arena *a,
                                struct wb_backup_opts *ret, struct wb_error *err);
/* What the run waits for, and the command that goes on, in a. "" where it just runs. */
const char *wb_run_next_words(const struct wb_run_state *s, const char *path, struct wb_arena *a);

#endif
