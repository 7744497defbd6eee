/* Criteria and checks: what the loop judges itself by metrics, time and signatures, and how a
 * judgement becomes an event. */
#include "run/criteria.h"
#include "run/judge_verify.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

enum { JUDGE_AGAIN_MS = 2000, TELL_AGAIN_US = 60000000 };

/* The time of day; without what the clock was set forward while this runner ran. */
int64_t wb_run_sure_wall_us(const struct wb_run *r) {
    return r->clock.wall_us(r->clock.ctx) - (r->clock_ahead_us > 0 ? r->clock_ahead_us : 0);
}

/* Why that is not the time of day, in words. */
const char *wb_run_clock_words(const struct wb_run *r, char *to, size_t size) {
    char by[40];
    *to = 0;
    if (r->clock_ahead_us > 0)
        snprintf(to, size,
                 " (without the %s by which the clock was set forward; if it is right now, start "
                 "the run again)",
                 wb_str_human_ms((uint64_t)r->clock_ahead_us / 1000, by, sizeof by));
    return to;
}

/* Over the ends of runners; with zero of something: without the time in which nobody could tell. */
static enum wb_judgement judge_running(struct wb_run *r, const struct wb_plan_clause *c,
                                       char *why) {
    const struct wb_run_phase *p =
        c->phase < 0 ? NULL : wb_run_phase_of(&r->state, (int)r->plan->phases[c->phase].number);
    int64_t since = p ? p->done_us ? p->done_us : p->started_us : 0;
    int64_t ms = since ? (wb_run_sure_wall_us(r) - since) / 1000 : 0;
    char have[40], want[40], set[160], note[WB_RUN_WHY] = "";
    if (c->metric && since &&
        !wb_run_free_of(r, c->metric, p->done_us ? &p->ended : &p->began, &ms, note, why))
        return WB_JUDGED_NOT_YET;
    snprintf(why, WB_RUN_WHY, "it has run for %s of %s%s%s%s%.500s",
             wb_str_human_ms(ms > 0 ? (uint64_t)ms : 0, have, sizeof have),
             wb_str_human_ms((uint64_t)c->value.ms, want, sizeof want),
             c->metric ? " without " : "", c->metric ? c->metric->name : "",
             wb_run_clock_words(r, set, sizeof set), note);
    return since && ms >= c->value.ms ? WB_JUDGED_TRUE : WB_JUDGED_NOT_YET;
}

static enum wb_judgement judge_clause(struct wb_run *r, const struct wb_run_phase *p,
                                      const struct wb_plan_clause *c, char *why) {
    switch (c->kind) {
    case WB_CLAUSE_SIGN_OFF:
        for (size_t i = 0; i < c->names.n; i++)
            if (!wb_run_signed(p, c->names.items[i])) {
                snprintf(why, WB_RUN_WHY, "%s has not signed: whimbrel approve %s --as \"%s\"",
                         c->names.items[i], r->opts->path, c->names.items[i]);
                return WB_JUDGED_NOT_YET;
            }
        snprintf(why, WB_RUN_WHY, "signed");
        return WB_JUDGED_TRUE;
    case WB_CLAUSE_COMPLETE: {
        const struct wb_run_phase *meant =
            c->phase < 0 ? NULL : wb_run_phase_of(&r->state, (int)r->plan->phases[c->phase].number);
        bool done = meant && meant->state == WB_RUN_DONE;
        snprintf(why, WB_RUN_WHY, "phase %d is %s", meant ? meant->number : 0,
                 meant ? wb_run_phase_word(meant->state) : "unknown");
        return done ? WB_JUDGED_TRUE : WB_JUDGED_NOT_YET;
    }
    case WB_CLAUSE_RUNNING:
        return judge_running(r, c, why);
    default:
        snprintf(why, WB_RUN_WHY, "\"%s\" cannot be judged", c->text);
        return WB_JUDGED_FALSE;
    }
}

static bool measured(const struct wb_plan_clause *c) {
    return c->kind == WB_CLAUSE_COMPARE || c->kind == WB_CLAUSE_WITHIN ||
           c->kind == WB_CLAUSE_UNCHANGED;
}

/* The clauses of a task that need no database: metrics, time, signatures. */
enum wb_code wb_run_judge_here(struct wb_run *r, struct wb_run_phase *p, struct wb_run_item *item,
                               const struct wb_task *t, enum wb_judgement *ret,
                               uint64_t *ret_samples, char *why, struct wb_error *err) {
    *ret = WB_JUDGED_TRUE;
    *ret_samples = 0;
    for (size_t i = 0; i < t->n_clauses && *ret == WB_JUDGED_TRUE; i++)
        if (!measured(&t->clauses[i]) && !wb_run_asks(&t->clauses[i]))
            *ret = judge_clause(r, p, &t->clauses[i], why);
    if (!t->needs_data || *ret != WB_JUDGED_TRUE)
        return WB_OK;
    struct wb_gate_verdict v;
    enum wb_code code = wb_run_gates(r, p, item, t, &v, err);
    if (code)
        return code;
    snprintf(why, WB_RUN_WHY, "%s", v.reason);
    *ret_samples = v.measured.samples;
    *ret = v.state == WB_GATE_PASSED   ? WB_JUDGED_TRUE
           : v.state == WB_GATE_FAILED ? WB_JUDGED_FALSE
                                       : WB_JUDGED_NOT_YET;
    return WB_OK;
}

bool wb_run_task_asks(const struct wb_task *t) {
    if (t->does == WB_DOES_QUERY)
        return true;
    for (size_t i = 0; i < t->n_clauses; i++)
        if (wb_run_asks(&t->clauses[i]))
            return true;
    return false;
}

/* --- judgements
 * ------------------------------------------------------------------------- */

static bool is_figure(char c) {
    return (c >= '0' && c <= '9') || c == '.';
}

/* Whether two sentences differ by their figures only. */
static bool same_words(const char *a, const char *b) {
    for (;; a++, b++) {
        while (is_figure(*a))
            a++;
        while (is_figure(*b))
            b++;
        if (*a != *b || !*a)
            return *a == *b;
    }
}

/* What is waited for goes into the journal when it is new, and then once a minute: counting down
 * for two days must not fill a disk. */
static bool was_told(const struct wb_run *r, const struct wb_run_item *item, const char *why) {
    if (wb_str_eq(item->why, why))
        return true;
    int64_t since_us = r->clock.wall_us(r->clock.ctx) - item->since_us;
    return item->state == WB_IS_OPEN && since_us >= 0 && since_us < TELL_AGAIN_US &&
           same_words(item->why, why);
}

void wb_run_judge_again(struct wb_run *r, int phase, const struct wb_task *t, const char *why) {
    r->judge_again_us = wb_run_now_us(r) + JUDGE_AGAIN_MS * 1000u;
    r->judged_task = t;
    wb_run_waits(r, "phase %d, %s (%s): %s", phase, t->id, t->text, why);
    snprintf(r->judged, sizeof r->judged, "%s", why);
}

/* A step that only looks: what has to stay so for a while is looked at again and again. */
enum wb_code wb_run_judge_step(struct wb_run *r, int phase, const struct wb_task *t,
                               struct wb_error *err) {
    if (wb_run_now_us(r) < r->judge_again_us && r->judged_task == t) {
        wb_run_waits(r, "phase %d, %s (%s): %s", phase, t->id, t->text, r->judged);
        return WB_OK;
    }
    return wb_run_job_start(r, WB_JOB_JUDGE, phase, t->id, t, NULL, NULL, err);
}

enum wb_code wb_run_put_judgement(struct wb_run *r, int phase, const struct wb_task *t,
                                  enum wb_judgement answer, const char *why, uint64_t samples,
                                  struct wb_error *err) {
    static const char *const words[] = {"passed", "waiting", "failed"};
    bool check = t->kind == WB_ITEM_CHECK;
    struct wb_run_phase *p = wb_run_phase_of(&r->state, phase);
    const struct wb_run_item *item = p ? wb_run_item_of(p, t->id) : NULL;
    if (!check && answer == WB_JUDGED_FALSE)
        answer = WB_JUDGED_NOT_YET; /* a criterion may come true yet */
    if (answer == WB_JUDGED_NOT_YET) {
        wb_run_judge_again(r, phase, t, why);
        if (item && was_told(r, item, why))
            return WB_OK;
    }
    wb_run_event(r, check ? WB_EVENT_CHECK : WB_EVENT_CRITERION, phase, t->id,
                 "result:s why:s samples:u text:s", words[answer], why, samples, t->text);
    enum wb_code code = wb_run_write(r, NULL, err);
    if (!code && check && answer == WB_JUDGED_FALSE)
        code = wb_run_hold(
            r, phase, t->id,
            wb_arena_printf(&r->arena, "%s has failed (%s): %s", t->id, t->text, why), err);
    return code;
}

enum wb_code wb_run_judge_item(struct wb_run *r, struct wb_run_phase *p, struct wb_run_item *item,
                               const struct wb_task *t, struct wb_error *err) {
    char why[WB_RUN_WHY] = "";
    enum wb_judgement answer;
    uint64_t samples;
    if (t->does == WB_DOES_MANUAL)
        return wb_run_wait_for_person(r, p, t, err);
    if (wb_run_now_us(r) < r->judge_again_us && item->since_us && !t->needs_data) {
        wb_run_waits(r, "phase %d, %s (%s): %s", p->number, t->id, t->text,
                     *r->judged ? r->judged : item->why);
        return WB_OK;
    }
    enum wb_code code = wb_run_judge_here(r, p, item, t, &answer, &samples, why, err);
    if (code)
        return code;
    if (answer == WB_JUDGED_TRUE && wb_run_task_asks(t))
        return wb_run_job_start(r, WB_JOB_JUDGE, p->number, t->id, t, NULL, NULL, err);
    code = wb_run_put_judgement(r, p->number, t, answer, why, samples, err);
    if (!code && answer == WB_JUDGED_NOT_YET && t->n_clauses &&
        t->clauses->kind == WB_CLAUSE_SIGN_OFF)
        code = wb_run_page(r, p->number, t->id, why, err);
    return code;
}
