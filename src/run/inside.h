/* The runner's inside. For src/run only. */
#ifndef WB_RUN_INSIDE_H
#define WB_RUN_INSIDE_H

#include "engine/engine.h"
#include "engine/pin.h"
#include "metric/baseline.h"
#include "metric/gate.h"
#include "metric/trigger.h"
#include "run/program.h"
#include "run/run.h"

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

enum { WB_RUN_BATCH = 64, WB_RUN_WHY = 900 };

/* Events that are written together. */
struct wb_run_batch {
    struct wb_arena arena;
    struct wb_event items[WB_RUN_BATCH];
    size_t n;
    bool too_many;
};

/* --- jobs: what may take long runs in a thread of its own, one at a time -------------------------
 */

enum wb_job_kind { WB_JOB_STEP, WB_JOB_JUDGE, WB_JOB_LOOK, WB_JOB_UNDO, WB_JOB_ACTION };
enum wb_job_result {
    WB_JOB_DONE,    /* or passed; LOOK: it was done */
    WB_JOB_FAILED,  /* LOOK: it was not done */
    WB_JOB_WAITING, /* a criterion that does not hold yet */
    WB_JOB_UNKNOWN, /* nobody knows whether it was done */
};

struct wb_run;

struct wb_job {
    struct wb_run *run; /* what does not change while it runs: plan, urls, options */
    enum wb_job_kind kind;
    int phase;
    const char *id;
    const struct wb_task *task;        /* NULL: an undo or an action */
    json_t *undo;                      /* UNDO */
    const struct wb_plan_block *block; /* ACTION */
    struct wb_cancel cancel;
    pthread_t thread;
    pthread_mutex_t lock; /* of conn and progress */
    struct wb_conn *conn;
    char progress[200];
    uint64_t began_us;    /* by the system's clock */
    uint64_t canceled_us; /* when it was last asked to end, by the system's clock; 0: it was not */
    atomic_bool over;
    /* the outcome */
    enum wb_job_result result;
    bool nothing_done, canceled;
    bool unreachable; /* its database could not be reached, or was lost */
    bool elsewhere;   /* its URL leads to another database now */
    uint64_t samples;
    char why[WB_RUN_WHY];
};

/* --- metrics -------------------------------------------------------------------------------------
 */

struct wb_sampler;

struct wb_meter { /* one a metric that the plan uses */
    const struct wb_plan_metric *metric;
    struct wb_metric_spec spec; /* name, unit, form, quantile */
    uint64_t due_us;
    struct wb_baseline_meter *baseline; /* NULL: none is needed, or it is known */
    struct wb_sample sample;            /* the latest */
    struct wb_histogram *histogram;
    bool fresh;                 /* sample is new */
    bool asked;                 /* the source was, and has answered or failed */
    bool answered;              /* the source did, when it was last asked; maybe without data */
    char why[WB_RUN_WHY];       /* why there is none */
    struct wb_sampler *sampler; /* its query under way; NULL: none */
};

struct wb_judge_gate {
    struct wb_meter *meter; /* NULL: time only */
    struct wb_gate *gate;
};

/* The gates of the item under way. */
struct wb_gates {
    int phase;
    const char *id; /* NULL: none are set up */
    struct wb_judge_gate *items;
    size_t n;
    uint64_t alive_us; /* when data was there last, by the system's clock */
    uint64_t saved_us; /* when they were last journalled */
    enum wb_gate_state last;
};

struct wb_watch { /* an armed trigger */
    int phase;
    const struct wb_task_trigger *task;
    const char *stage; /* during which it was set up; NULL: none */
    struct wb_meter *meter;
    struct wb_trigger *trigger;
    enum wb_trigger_state last;
    uint64_t since_us;
};

/* Divergences as this runner counts them. */
struct wb_divergences {
    bool used;         /* something of the plan judges by them, and applications can report */
    double before;     /* of the runners before */
    uint64_t reported; /* to this one */
    uint64_t at_us;    /* when the latest was noticed, by the run's clock */
    int64_t wall_us;   /* the same by the time of day */
};

struct wb_notice;

struct wb_run {
    const struct wb_run_opts *opts;
    struct wb_clock clock;
    struct wb_plan *plan;
    struct wb_program program;
    struct wb_run_state state;
    struct wb_journal *journal;
    struct wb_arena arena; /* as long as the run */
    struct wb_run_batch batch;
    struct wb_url url[2];
    struct wb_pin pin[2]; /* by enum wb_side: the databases that the run began with */
    bool has_url[2];
    struct wb_run_view *view;
    const char *name;        /* as the lease's holder; NULL before it was taken */
    struct wb_job *job;      /* NULL: none */
    uint64_t judge_again_us; /* a waiting criterion is not judged before */
    char judged[WB_RUN_WHY]; /* why it waits */
    const struct wb_task *judged_task;
    struct wb_divergences diverged;
    uint64_t renewed_us;     /* when the lease was, or was tried to be */
    uint64_t renewed_run_us; /* the same by the run's clock */
    uint64_t renewal_us;     /* when it was */
    char trouble[300];       /* why it could not be; "" it could */
    struct wb_meter *meters;
    size_t n_meters;
    struct wb_gates gates;
    struct wb_watch *watches;
    size_t n_watches, cap_watches;
    uint64_t tick_us;
    const char *paged;         /* what people were last paged about */
    struct wb_notice *notices; /* being sent */
    uint64_t
        again_us; /* a step whose database cannot be reached is not tried before, system's clock */
    unsigned unreached; /* attempts in a row that did not reach it */
    char unreached_why[WB_RUN_WHY];
    char failed[WB_RUN_WHY]; /* why the step failed of which nobody knows what it left; "" none */
    int64_t clock_wall_us, clock_real_us; /* of the latest tick; 0: none */
    int64_t clock_ahead_us;  /* by so much the clock was set forward since this runner began */
    struct wb_quiet *quiets; /* judge_use.c's, in its jobs alone */
    size_t n_quiets, cap_quiets;
    struct wb_arena quiet_arena;
    uint64_t
        quiet_alive_us;  /* when a criterion last waited for time alone, by the system's clock */
    bool wants_rollback; /* asked for while a step runs */
    const char *edited;  /* the plan was, and a rollback goes on all the same; NULL: it was not */
    bool test_clock;     /* WHIMBREL_TEST_CLOCK is set */
    bool moved;          /* the last tick wrote something */
    uint64_t told_us, waited_us;
    unsigned tell_ms; /* how long people hear nothing while it waits or works */
    char waited[WB_RUN_WHY];
    char told[WB_RUN_WHY];
    bool retry_undo;   /* somebody asked to try again what could not be undone */
    bool stop;         /* the loop ends */
    bool applies_only; /* a request is being applied, nothing goes forward by itself */
    enum wb_code stop_code;
    char stop_text[WB_RUN_WHY];
    char waits[WB_RUN_WHY]; /* for what, as of this tick; "" where it goes on by itself */
};

/* core.c: events */
/* fmt: "key:t key:t" with t one of s (text, NULL allowed), i (int64_t), u (uint64_t), d (double), b
 * (int), j (JSON text that is put in as it stands). */
void wb_run_event(struct wb_run *r, enum wb_event_kind kind, int phase, const char *step,
                  const char *fmt, ...);
void wb_run_event_json(struct wb_run *r, enum wb_event_kind kind, int phase, const char *step,
                       struct wb_buf *json);
/* Apply and append all events since the last call, with the answer to a request (may be NULL). */
enum wb_code wb_run_write(struct wb_run *r, const struct wb_answer *answer, struct wb_error *err);
void wb_run_drop_events(struct wb_run *r);
enum wb_code wb_run_replay(struct wb_journal *j, struct wb_run_state *s, struct wb_error *err);
uint64_t wb_run_now_us(const struct wb_run *r);
enum wb_code wb_run_page(struct wb_run *r, int phase, const char *step, const char *text,
                         struct wb_error *err);

/* open.c: plan, journal, identities */
enum wb_code wb_run_load(struct wb_run *r, const struct wb_run_opts *opts, struct wb_error *err);
enum wb_code wb_run_begin(struct wb_run *r, struct wb_error *err); /* start or resume */
/* From now on connections must meet the databases that the state tells of. */
void wb_run_pin(struct wb_run *r);
/* PLAN: the journal is another plan's, whose steps are not this one's to undo or to go on with. */
enum wb_code wb_run_check_journal(const struct wb_run *r, struct wb_error *err);
void wb_run_done(struct wb_run *r);
/* What of the plan is another text than the run has, in a sentence (in a, or static); NULL: none.
 */
const char *wb_run_edited(const struct wb_program *program, const struct wb_run_state *s,
                          struct wb_arena *a);
void wb_run_phase_json(const struct wb_program_phase *p, struct wb_buf *to); /* items, roles */

/* database.c */
enum wb_code wb_run_connect(struct wb_job *job, enum wb_block_on on, enum wb_purpose purpose,
                            struct wb_conn **ret, struct wb_error *err);
void wb_run_disconnect(struct wb_job *job, struct wb_conn *c);
/* Connects once: which database the side is; OTHER_DATABASE where it is not the run's. */
enum wb_code wb_run_identify(struct wb_run *r, enum wb_side side, struct wb_arena *a,
                             struct wb_database_id *ret, struct wb_error *err);
struct wb_sql_block {
    const char *sql;
    enum wb_block_on on;
    enum wb_block_tx tx;
    int64_t timeout_ms, lock_timeout_ms;
};
void wb_run_sql(struct wb_job *job, const struct wb_sql_block *b); /* sets the job's outcome */
/* One query, read only; the first statement must be the only one. */
enum wb_code wb_run_query(struct wb_job *job, enum wb_block_on on, const char *sql,
                          int64_t timeout_ms, struct wb_arena *a, struct wb_rows *ret,
                          struct wb_error *err);

/* judge.c: criteria and checks that ask databases */
void wb_run_judge(struct wb_job *job);
/* Whether the job's step was done: by its verify block. An index that is not valid was not made. */
void wb_run_look(struct wb_job *job);
void wb_run_judge_block(struct wb_job *job, const struct wb_plan_block *b,
                        const struct wb_plan_expect *expect);
/* Whether a result is what was expected; why: a sentence. */
bool wb_run_expects(const struct wb_plan_expect *e, const struct wb_rows *rows, char *why,
                    size_t size);

/* perform.c: what a step does, in its thread */
void wb_run_perform(struct wb_job *job);
void wb_run_request_block(struct wb_job *job, const struct wb_plan_block *b); /* http.c */

/* script.c: sh -e, in a process group of its own; its last line of output is in why, behind ": ".
 * timeout_ms: 0 for none. What it leaves in the background goes on without us, unless it was
 * stopped: then all of the group ends. */
void wb_run_script(struct wb_job *job, const char *text, int64_t timeout_ms);

/* backup.c */
void wb_run_backup(struct wb_job *job); /* a step */
void wb_run_judge_backup(struct wb_job *job, int64_t max_age_ms);
/* Whether the backups that are still to be made could be: before anything begins. */
enum wb_code wb_run_backups_ready(struct wb_run *r, struct wb_error *err);

/* job.c */
enum wb_code wb_run_job_start(struct wb_run *r, enum wb_job_kind kind, int phase, const char *id,
                              const struct wb_task *task, json_t *undo,
                              const struct wb_plan_block *block, struct wb_error *err);
void wb_run_job_cancel(struct wb_run *r);
void wb_run_job_end(struct wb_run *r); /* waits for its thread, frees */
void wb_job_says(struct wb_job *job, enum wb_job_result result, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void wb_job_fails(struct wb_job *job, const struct wb_error *err);

/* decide.c: the next decision; finish.c: a job that is over; loop.c: the loop */
enum wb_code wb_run_decide(struct wb_run *r, struct wb_error *err);
enum wb_code wb_run_finish_job(struct wb_run *r, struct wb_error *err);
/* Its database could not be reached, and it is tried again, ever more rarely. */
enum wb_code wb_run_try_later(struct wb_run *r, const struct wb_job *job, struct wb_error *err);
/* Take the lease; waits for that of a runner of this machine that is gone. */
enum wb_code wb_run_take(struct wb_run *r, struct wb_error *err);
bool wb_run_holder_is_gone(const struct wb_lease *lease);
enum wb_code wb_run_loop(struct wb_run *r, struct wb_error *err);
void wb_run_stop(struct wb_run *r, enum wb_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void wb_run_waits(struct wb_run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* record.c */
void wb_run_record_undo(struct wb_run *r, int phase, const struct wb_task *t);
/* What sides were written to before a trigger's action; step: the trigger. */
void wb_run_record_writes(struct wb_run *r, int phase, const char *step,
                          const struct wb_plan_action *a);
void wb_run_record_rollback(struct wb_run *r, const struct wb_program_phase *p);
/* undo.c */
enum wb_code wb_run_undo_step(struct wb_run *r, struct wb_error *err);
enum wb_code wb_run_undo_finish(struct wb_run *r, struct wb_job *job, struct wb_error *err);
void wb_run_undo_perform(struct wb_job *job);
/* Nobody knows whether it was undone, and no verify block can tell. */
bool wb_run_undo_is_unsure(const struct wb_run_undo *u);

/* actions.c */
enum wb_code wb_run_handle_firing(struct wb_run *r, struct wb_error *err);
enum wb_code wb_run_action_finish(struct wb_run *r, struct wb_job *job, struct wb_error *err);
/* Flags, holds and pages of a step's or trigger's action, as events. */
void wb_run_action(struct wb_run *r, int phase, const char *step,
                   const struct wb_plan_action *action);
void wb_run_set_flag(struct wb_run *r, int phase, const char *step, const char *flag,
                     unsigned share, const char *stage);
/* Tell applications by the flag that they may, or may not, write to these sides
 * (WB_FLAG_NO_WRITES_…), and page somebody: they may not read it. */
void wb_run_set_writes(struct wb_run *r, int phase, const char *step, const char *flag,
                       unsigned sides, bool allowed, const char *why);
/* Of an action: the share of reads from the new side; the sides whose writes it is about. */
unsigned wb_run_action_share(const struct wb_plan_action *a);
unsigned wb_run_action_sides(const struct wb_plan_action *a);
void wb_run_serve_flags(struct wb_run *r);

/* metrics.c, baselines.c, gates.c, watch.c */
enum wb_code wb_run_meters(struct wb_run *r, struct wb_error *err);
void wb_run_meters_free(struct wb_run *r);
struct wb_meter *wb_run_meter_of(const struct wb_run *r,
                                 const struct wb_plan_metric *m); /* or NULL */
/* A clause as src/metric judges it; NOT_FOUND while its baseline is not known. */
enum wb_code wb_run_clause_spec(struct wb_run *r, const struct wb_plan_clause *c,
                                const struct wb_meter *m, struct wb_metric_spec *ret,
                                struct wb_error *err);
void wb_run_sample(struct wb_run *r);
enum wb_code wb_run_watch(struct wb_run *r, struct wb_error *err); /* evaluate triggers */
void wb_run_sample_soon(struct wb_run *r); /* what counts from now on is counted from now on */
void wb_run_watch_anew(struct wb_run *r);  /* they have to fire on new samples */
enum wb_code wb_run_gates(struct wb_run *r, const struct wb_run_phase *p,
                          const struct wb_run_item *item, const struct wb_task *t,
                          struct wb_gate_verdict *ret, struct wb_error *err);
void wb_run_gates_show(struct wb_run *r, const struct wb_meter *m); /* its new sample */
void wb_run_gates_tick(struct wb_run *r, uint64_t now_us);
void wb_run_gates_save(struct wb_run *r);
void wb_run_gates_drop(struct wb_run *r);
bool wb_run_baselines_ready(struct wb_run *r, struct wb_error *err);

/* count.c: what must not be there, durable before it is acknowledged */
void wb_run_count_begin(struct wb_run *r);
enum wb_code wb_run_count(struct wb_run *r, struct wb_error *err);
/* Close the count of what was reported, as events of the present batch: what comes later is
 * journalled again before it is acknowledged, so that it is known to be later than what the batch
 * tells. */
void wb_run_count_close(struct wb_run *r);
void wb_run_count_end(struct wb_run *r); /* the same at the runner's end */
/* The meter's sample as it counts for what took no notice of that many divergences. */
struct wb_sample wb_run_sample_since(const struct wb_meter *m, double diverged_before);
bool wb_run_is_divergences(const struct wb_plan_metric *m);
/* "… running 48 hours with zero divergences": how long there were none, at most since from. False:
 * nobody knows, why says it. note: what people should know, or "". Both of WB_RUN_WHY bytes. */
bool wb_run_free_of(const struct wb_run *r, const struct wb_plan_metric *metric,
                    const struct wb_run_moment *from, int64_t *ret_ms, char *note, char *why);

/* request.c */
enum wb_code wb_run_requests(struct wb_run *r, struct wb_error *err);
enum wb_code wb_run_request_apply(struct wb_run *r, const struct wb_request *q,
                                  struct wb_answer *answer, struct wb_error *err);

/* notify.c */
void wb_run_notify(struct wb_run *r, const struct wb_event *page);
/* Take in what was sent; WAITS: all of it. Failures become events, not written yet. */
void wb_run_notices(struct wb_run *r, enum wb_run_waiting waiting);

/* view.c */
void wb_run_publish(struct wb_run *r);
/* After each turn of the loop: when the lease was renewed, and why the journal cannot be written
 * ("" it can). v may be NULL, here and below. */
void wb_run_view_ticked(struct wb_run_view *v, uint64_t renewed_us, const char *trouble);
/* The journal has so many mismatches of those that observe counts. */
void wb_run_view_recorded(struct wb_run_view *v, uint64_t mismatches);
void wb_run_view_end(struct wb_run_view *v); /* no more will be recorded */
void wb_run_view_copied(struct wb_run_view *v, uint64_t rows, uint64_t bytes, size_t tables_done,
                        size_t tables);

/* exposition.c */
void wb_run_expose(const struct wb_run *r, struct wb_buf *to);

#endif
