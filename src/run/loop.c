/* The loop: one thread of decisions. Each tick renews the lease, answers requests, takes samples
 * in, judges triggers, looks at the job, decides. */
#include "run/http.h"
#include "run/inside.h"

#include "base/json.h"
#include "base/str.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    TICK_MS = 40,
    IDLE_MS = 150,
    TEST_MS = 5,
    RENEW_MS = WB_JOURNAL_TTL_MS / 4,
    TELL_FIRST_MS = 1000,
    TELL_LAST_MS = 60000,
    NAP_MS = 200,
    PATIENCE_MS = 3000,
    CLOCK_STEP_MS = 60000,
    AGAIN_MS = 500, /* between attempts to reach a journal that cannot be written */
    MARGIN_MS = 5000,
    TROUBLE_MS = 120000, /* then the run ends, and says why */
};

void wb_run_stop(struct wb_run *r, enum wb_code code, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    r->stop = true;
    r->stop_code = code;
    vsnprintf(r->stop_text, sizeof r->stop_text, fmt, args);
    va_end(args);
}

/* A full disk, a lock that somebody holds, a server that restarts. */
static bool may_pass(enum wb_code code) {
    return code == WB_E_DISK_FULL || code == WB_E_IO || code == WB_E_CONNECT ||
           wb_error_class(code) == WB_CLASS_RETRY;
}

/* By the system's clock: a lease is kept by real time. Where that cannot be written, nothing else
 * can: the loop decides nothing, serves what it served, and tries again until too long has passed.
 * The lease may run out meanwhile; who took it then has fenced this run off. */
static enum wb_code renew(struct wb_run *r, struct wb_error *err) {
    uint64_t now = wb_clock_monotonic_us(), run_now = wb_run_now_us(r);
    /* the journal tells the time by the run's clock, which a test moves */
    bool moved =
        r->test_clock && run_now - r->renewed_run_us > (WB_JOURNAL_TTL_MS - MARGIN_MS) * 1000u;
    if (!moved && now - r->renewed_us < (*r->trouble ? AGAIN_MS : RENEW_MS) * 1000u)
        return WB_OK;
    enum wb_code code = wb_journal_renew(r->journal, err);
    r->renewed_us = wb_clock_monotonic_us();
    r->renewed_run_us = run_now;
    if (may_pass(code) && r->renewed_us - r->renewal_us < TROUBLE_MS * 1000u) {
        if (!*r->trouble && r->opts->sink.told)
            r->opts->sink.told(r->opts->sink.ctx, NULL, &r->state,
                               wb_arena_printf(&r->arena,
                                               "the journal cannot be written, so nothing is "
                                               "decided until it can: %s",
                                               err->text));
        snprintf(r->trouble, sizeof r->trouble, "the journal cannot be written: %.250s", err->text);
        return WB_OK;
    }
    if (!code) {
        r->trouble[0] = 0;
        r->renewal_us = r->renewed_us;
    }
    return code;
}

/* Soon after something was decided, then ever more rarely: a ramp may take days. */
static void tell_progress(struct wb_run *r) {
    uint64_t now = wb_clock_monotonic_us();
    if (r->moved) {
        r->told_us = now;
        r->tell_ms = TELL_FIRST_MS;
    }
    char text[WB_RUN_WHY];
    bool job = r->job != NULL;
    if (!r->opts->sink.told || now - r->told_us < r->tell_ms * 1000u)
        return;
    if (job) {
        pthread_mutex_lock(&r->job->lock);
        snprintf(text, sizeof text, "%s", r->job->progress);
        pthread_mutex_unlock(&r->job->lock);
    } else {
        snprintf(text, sizeof text, "%s", r->waits);
    }
    if (!*text || (!job && strcmp(text, r->told) == 0))
        return;
    r->told_us = now;
    r->tell_ms = r->tell_ms * 2 < TELL_LAST_MS ? r->tell_ms * 2 : TELL_LAST_MS;
    snprintf(r->told, sizeof r->told, "%s", text);
    r->opts->sink.told(r->opts->sink.ctx, NULL, &r->state, text);
}

/* Again and again: a request that meets no statement, because one is over and the next has not
 * begun, stops nothing. */
static void cancel_job(struct wb_run *r) {
    if (wb_clock_monotonic_us() - r->job->canceled_us >= AGAIN_MS * 1000u)
        wb_run_job_cancel(r);
}

/* A trigger stops what runs; a pause stops what goes on later where it stood. */
static void stop_job(struct wb_run *r) {
    struct wb_job *job = r->job;
    if (!job)
        return;
    bool forward = job->kind == WB_JOB_STEP || job->kind == WB_JOB_JUDGE;
    bool long_one = job->task && (job->task->does == WB_DOES_COPY ||
                                  job->task->does == WB_DOES_VERIFY || job->kind == WB_JOB_JUDGE);
    bool out = wb_run_open_firing(&r->state) || r->wants_rollback || r->state.aborted;
    if (forward && (out || (r->state.paused && long_one)))
        cancel_job(r);
}

static void tell_tick(struct wb_run *r) {
    wb_run_view_ticked(r->view, r->renewal_us, r->trouble);
    if (r->opts->sink.ticked)
        r->opts->sink.ticked(r->opts->sink.ctx, &r->state, *r->trouble ? r->trouble : r->waits);
}

/* A clock that is set while the run is up: people are told, and days that it jumped over are not
 * taken for passed. Durations come from the monotonic clock, which nobody sets. */
static void notice_clock(struct wb_run *r) {
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t); /* goes on while the machine sleeps */
    int64_t real = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
    int64_t wall = r->clock.wall_us(r->clock.ctx);
    int64_t step = (wall - r->clock_wall_us) - (real - r->clock_real_us);
    bool known = r->clock_real_us != 0;
    r->clock_wall_us = wall;
    r->clock_real_us = real;
    if (!known || (step < CLOCK_STEP_MS * 1000ll && step > -CLOCK_STEP_MS * 1000ll))
        return;
    char by[40];
    r->clock_ahead_us += step;
    r->judge_again_us = 0;
    wb_str_human_ms((uint64_t)(step > 0 ? step : -step) / 1000, by, sizeof by);
    wb_run_event(r, WB_EVENT_NOTE, WB_EVENT_NO_PHASE, NULL, "text:s",
                 wb_arena_printf(&r->arena,
                                 "the clock was set %s by %s: what it jumped over counts for no "
                                 "gate, trigger or day while this runner runs",
                                 step > 0 ? "forward" : "back", by));
}

static enum wb_code tick(struct wb_run *r, struct wb_error *err) {
    enum wb_code code = renew(r, err);
    r->moved = false;
    if (!code && *r->trouble) {
        /* soon another runner may take the lease, and do what this job does */
        if (r->job &&
            wb_clock_monotonic_us() - r->renewal_us > (WB_JOURNAL_TTL_MS - MARGIN_MS) * 1000u)
            cancel_job(r);
        tell_tick(r);
        return WB_OK;
    }
    notice_clock(r);
    if (!code)
        code = wb_run_requests(r, err);
    wb_run_sample(r);
    if (!code)
        code = wb_run_count(r, err);
    if (!code)
        code = wb_run_watch(r, err);
    stop_job(r);
    if (!code && r->job && atomic_load(&r->job->over))
        code = wb_run_finish_job(r, err);
    int64_t seq = r->state.seq;
    if (!code && !r->stop)
        code = wb_run_decide(r, err);
    r->moved = r->state.seq != seq;
    wb_run_serve_flags(r);
    wb_run_publish(r);
    tell_progress(r);
    wb_run_notices(r, WB_RUN_NO_WAIT);
    if (!code)
        code = wb_run_write(r, NULL, err);
    if (!code)
        tell_tick(r);
    return code;
}

static bool may_end(const struct wb_run *r) {
    if (r->state.done || r->state.aborted)
        return true;
    if (r->applies_only)
        return !r->state.rolling_back && !wb_run_open_firing(&r->state);
    return false;
}

/* A gate that holds passes in time; one without data may get some yet. */
static bool needs_time(const struct wb_run *r) {
    uint64_t now = wb_clock_monotonic_us();
    if (wb_run_blocked(&r->state))
        return false;
    return (r->gates.id && now - r->gates.alive_us < PATIENCE_MS * 1000u) ||
           (r->quiet_alive_us && now - r->quiet_alive_us < PATIENCE_MS * 1000u);
}

/* What is waited for has changed lately: samples come in. */
static bool changes(struct wb_run *r) {
    uint64_t now = wb_clock_monotonic_us();
    if (strcmp(r->waited, r->waits) != 0) {
        snprintf(r->waited, sizeof r->waited, "%s", r->waits);
        r->waited_us = now;
    }
    bool measures = false;
    for (size_t i = 0; i < r->n_meters; i++)
        measures |= r->meters[i].baseline != NULL;
    return measures && !wb_run_blocked(&r->state) && now - r->waited_us < PATIENCE_MS * 1000u;
}

/* Nothing moves and nobody is to wait. */
static bool gives_up(struct wb_run *r) {
    bool idle = !r->job && !r->moved && *r->waits && r->opts->waiting == WB_RUN_NO_WAIT;
    return idle && !needs_time(r) && !changes(r);
}

/* Else it waits for time, data or a server. */
static bool waits_for_somebody(const struct wb_run *r) {
    return r->state.held || (r->state.rolling_back && wb_clock_monotonic_us() >= r->again_us);
}

static enum wb_code interrupted(struct wb_run *r, struct wb_error *err) {
    enum wb_code code = WB_OK;
    while (!code && r->job && !atomic_load(&r->job->over)) { /* its outcome is not known before */
        cancel_job(r);
        code = renew(r, err);
        wb_clock_sleep_ms(TICK_MS);
    }
    if (!code && r->job)
        code = wb_run_finish_job(r, err);
    if (code)
        return code;
    return wb_error_set(err, WB_E_CANCELED, "stopped on request");
}

static enum wb_code outcome(struct wb_run *r, enum wb_code code, struct wb_error *err) {
    if (!code && r->state.aborted)
        return wb_error_set(err, WB_E_HELD, "the run was aborted");
    if (!code && r->stop && r->stop_code)
        return wb_error_set(err, r->stop_code, "%s", r->stop_text);
    return code;
}

/* A test moves its clock by seconds at every turn: days must not take it hours. */
static unsigned nap_ms(const struct wb_run *r) {
    if (r->test_clock)
        return TEST_MS;
    return r->job ? TICK_MS : IDLE_MS;
}

enum wb_code wb_run_loop(struct wb_run *r, struct wb_error *err) {
    enum wb_code code = WB_OK;
    r->renewed_us = r->renewal_us = wb_clock_monotonic_us();
    r->renewed_run_us = wb_run_now_us(r);
    r->test_clock = getenv("WHIMBREL_TEST_CLOCK") != NULL;
    while (!code && !r->stop) {
        if (r->opts->cancel && wb_cancel_signo(r->opts->cancel)) {
            code = interrupted(r, err);
            break;
        }
        code = tick(r, err);
        if (code || r->stop || (!r->job && may_end(r)))
            break;
        if (!*r->trouble && gives_up(r))
            wb_run_stop(r, waits_for_somebody(r) ? WB_E_HELD : WB_E_WAITING, "%s", r->waits);
        if (!r->stop && !r->moved)
            wb_clock_sleep_ms(nap_ms(r));
    }
    if (!code || code == WB_E_CANCELED) { /* what the stage has been shown is not lost */
        struct wb_error late = {0};
        wb_run_gates_save(r);
        wb_run_count_end(r);
        wb_run_notices(r, WB_RUN_WAITS);
        if (r->state.started && !r->state.done && !r->applies_only)
            wb_run_event(r, WB_EVENT_RUN_STOPPED, WB_EVENT_NO_PHASE, NULL, "why:s",
                         code ? "interrupted" : r->stop_text);
        if (wb_run_write(r, NULL, &late) && !code) {
            *err = late;
            code = late.code;
        }
    }
    return outcome(r, code, err);
}

/* A runner of this machine whose process is gone will not renew its lease. */
bool wb_run_holder_is_gone(const struct wb_lease *lease) {
    char host[128] = "";
    size_t len;
    gethostname(host, sizeof host - 1);
    len = strlen(host);
    if (strncmp(lease->holder, host, len) != 0 || strncmp(lease->holder + len, " pid ", 5) != 0)
        return false;
    int64_t pid;
    return wb_str_int64(lease->holder + len + 5, 2, INT_MAX, &pid) && kill((pid_t)pid, 0) != 0 &&
           errno == ESRCH;
}

enum wb_code wb_run_take(struct wb_run *r, struct wb_error *err) {
    char host[128] = "";
    gethostname(host, sizeof host - 1);
    const char *name = wb_arena_printf(&r->arena, "%s pid %d", host, (int)getpid());
    r->name = name;
    for (unsigned i = 0;; i++) {
        struct wb_lease lease = {0};
        enum wb_code code = wb_journal_take(r->journal, name, WB_JOURNAL_TTL_MS, err);
        bool gone = code == WB_E_RUNNING &&
                    !wb_journal_lease(r->journal, &r->arena, &lease, NULL) &&
                    wb_run_holder_is_gone(&lease);
        bool stop = r->opts->cancel && wb_cancel_signo(r->opts->cancel);
        if (!gone || stop || i > (WB_JOURNAL_TTL_MS + 3000) / NAP_MS)
            return code;
        if (i == 0 && r->opts->sink.told)
            r->opts->sink.told(
                r->opts->sink.ctx, NULL, &r->state,
                "the runner before has ended without a word: waiting until its lease "
                "runs out, 15 s at most");
        wb_clock_sleep_ms(NAP_MS);
    }
}

enum wb_code wb_run_plan(const struct wb_run_opts *opts, struct wb_error *err) {
    struct wb_run r = {.gates.last = WB_GATE_HOLDS};
    enum wb_code code = wb_run_load(&r, opts, err);
    if (!code)
        code =
            wb_run_open_journal(r.plan, opts->path, WB_JOURNAL_CREATE, &r.clock, &r.journal, err);
    if (!code)
        code = wb_run_take(&r, err);
    if (!code)
        code = wb_run_begin(&r, err);
    if (!code)
        code = wb_run_meters(&r, err);
    wb_run_count_begin(&r);
    if (!code && !r.state.done)
        code = wb_run_loop(&r, err);
    wb_run_view_end(opts->view);
    wb_run_done(&r);
    return code;
}

enum wb_code wb_run_dry(const char *path,
                        void (*call)(void *ctx, int phase, const char *id, const char *text,
                                     const char *sentence),
                        void *ctx, struct wb_error *err) {
    struct wb_run r = {0};
    struct wb_run_opts opts = {.path = path};
    enum wb_code code = wb_run_load(&r, &opts, err);
    for (size_t i = 0; !code && i < r.program.n_phases; i++) {
        const struct wb_program_phase *p = &r.program.phases[i];
        call(ctx, p->number, NULL, p->plan->name, NULL);
        for (size_t k = 0; k < p->n_tasks; k++)
            call(ctx, p->number, p->tasks[k].id, p->tasks[k].text,
                 wb_program_sentence(&p->tasks[k], &r.arena));
        for (size_t k = 0; k < p->n_triggers; k++)
            call(ctx, p->number, p->triggers[k].id, p->triggers[k].clause->text,
                 !p->triggers[k].clause->metric &&
                         p->triggers[k].clause->kind != WB_CLAUSE_EXCEEDS_GATE
                     ? "a person watches this, and rolls back"
                 : p->triggers[k].label->n_actions
                     ? "armed from the phase's beginning; undoes later phases, then acts"
                     : "armed from the phase's beginning; undoes the phase");
        for (size_t k = 0; k < p->plan->sign_offs.n; k++)
            call(ctx, p->number, "sign-off", p->plan->sign_offs.items[k],
                 "signs with whimbrel approve before the phase ends");
    }
    wb_run_done(&r);
    return code;
}
