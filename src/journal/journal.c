#include "journal/journal.h"

#include "base/str.h"
#include "journal/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 50 };

void wb_journal_init(struct wb_journal *j, const struct wb_journal_ops *ops, const char *name,
                     const struct wb_journal_opts *opts) {
    j->ops = ops;
    j->opts = opts ? *opts : (struct wb_journal_opts){0};
    if (!j->opts.clock)
        j->opts.clock = &wb_clock_system;
    j->name = strdup(name);
}

void wb_journal_done(struct wb_journal *j) {
    free(j->name);
    free(j->holder);
}

void wb_journal_close(struct wb_journal *j) {
    if (!j)
        return;
    if (j->holds)
        j->ops->release(j, NULL); /* else it runs out by itself */
    j->ops->close(j);
}

const char *wb_journal_name(const struct wb_journal *j) {
    return j->name;
}

int64_t wb_journal_now_us(const struct wb_journal *j) {
    return j->opts.clock->wall_us(j->opts.clock->ctx);
}

enum wb_code wb_journal_fault(struct wb_journal *j, enum wb_journal_point point,
                              struct wb_error *err) {
    return j->opts.fault ? j->opts.fault(j->opts.fault_ctx, point, err) : WB_OK;
}

/* Run time goes on from the newest event's, so that it never goes back over a restart. */
static uint64_t advance_run_time(struct wb_journal *j) {
    uint64_t now_us = j->opts.clock->monotonic_us(j->opts.clock->ctx);
    if (now_us > j->monotonic_us)
        j->run_us += now_us - j->monotonic_us;
    j->monotonic_us = now_us;
    return j->run_us;
}

uint64_t wb_journal_run_us(struct wb_journal *j) {
    return advance_run_time(j);
}

enum wb_code wb_journal_take(struct wb_journal *j, const char *holder, int64_t ttl_ms,
                             struct wb_error *err) {
    uint64_t run_us = 0;
    if (j->holds)
        return wb_journal_renew(j, err);
    free(j->holder);
    j->holder = strdup(holder);
    j->ttl_ms = ttl_ms > 0 ? ttl_ms : WB_JOURNAL_TTL_MS;
    enum wb_code code = j->ops->take(j, &run_us, err);
    if (code)
        return code;
    j->holds = true;
    j->run_us = run_us;
    j->monotonic_us = j->opts.clock->monotonic_us(j->opts.clock->ctx);
    return WB_OK;
}

static enum wb_code require_lease(struct wb_journal *j, struct wb_error *err) {
    if (j->holds)
        return WB_OK;
    return wb_error_set(err, WB_E_FENCED, "journal %s: only the runner writes, and this is not it",
                        j->name);
}

enum wb_code wb_journal_renew(struct wb_journal *j, struct wb_error *err) {
    enum wb_code code = require_lease(j, err);
    return code ? code : j->ops->renew(j, err);
}

enum wb_code wb_journal_release(struct wb_journal *j, struct wb_error *err) {
    if (!j->holds)
        return WB_OK;
    enum wb_code code = j->ops->release(j, err);
    if (!code)
        j->holds = false;
    return code;
}

enum wb_code wb_journal_lease(struct wb_journal *j, struct wb_arena *a, struct wb_lease *ret,
                              struct wb_error *err) {
    return j->ops->lease(j, a, ret, err);
}

enum wb_code wb_journal_append(struct wb_journal *j, const struct wb_event *events, size_t n,
                               const struct wb_answer *answer, int64_t *ret_seq,
                               struct wb_error *err) {
    enum wb_code code = require_lease(j, err);
    if (code || (n == 0 && !answer))
        return code;
    struct wb_event *timed = calloc(n + 1, sizeof *timed);
    if (!timed)
        return wb_error_set(err, WB_E_MEMORY, "no memory for %zu events", n);
    int64_t wall_us = wb_journal_now_us(j);
    uint64_t run_us = advance_run_time(j);
    for (size_t i = 0; i < n; i++) {
        timed[i] = events[i];
        timed[i].wall_us = wall_us;
        timed[i].run_us = run_us;
    }
    code = j->ops->append(j, timed, n, answer, ret_seq, err);
    free(timed);
    return code;
}

enum wb_code wb_journal_read(struct wb_journal *j, int64_t after_seq, size_t max,
                             struct wb_arena *a, struct wb_events *ret, struct wb_error *err) {
    return j->ops->read(j, after_seq, max, a, ret, err);
}

enum wb_code wb_journal_request_put(struct wb_journal *j, const struct wb_request *r,
                                    int64_t *ret_id, struct wb_error *err) {
    return j->ops->request_put(j, r, ret_id, err);
}

enum wb_code wb_journal_request_next(struct wb_journal *j, int64_t after_id, struct wb_arena *a,
                                     struct wb_request *ret, struct wb_error *err) {
    return j->ops->request_next(j, after_id, a, ret, err);
}

enum wb_code wb_journal_request_answer(struct wb_journal *j, const struct wb_answer *answer,
                                       struct wb_error *err) {
    return wb_journal_append(j, NULL, 0, answer, NULL, err);
}

enum wb_code wb_journal_request_read(struct wb_journal *j, int64_t id, struct wb_arena *a,
                                     struct wb_answer *ret, struct wb_error *err) {
    return j->ops->request_read(j, id, a, ret, err);
}

enum wb_code wb_journal_request_wait(struct wb_journal *j, int64_t id, unsigned timeout_ms,
                                     const struct wb_cancel *cancel, struct wb_arena *a,
                                     struct wb_answer *ret, struct wb_error *err) {
    uint64_t end_us = wb_clock_monotonic_us() + (uint64_t)timeout_ms * 1000;
    for (;;) {
        struct wb_answer answer;
        enum wb_code code = wb_journal_request_read(j, id, a, &answer, err);
        if (!code && answer.request) {
            *ret = answer;
            return WB_OK;
        }
        if (!code)
            code = wb_cancel_check(cancel, err);
        if (code)
            return code;
        if (wb_clock_monotonic_us() >= end_us) {
            wb_error_set(err, WB_E_TIMEOUT, "request %" PRId64 " has no answer after %u s", id,
                         timeout_ms / 1000);
            return wb_error_hint(err, "it stands and is answered when the runner gets to it; see "
                                      "whimbrel status PLAN");
        }
        wb_clock_sleep_ms(POLL_MS);
    }
}

enum wb_code wb_journal_fail_fenced(struct wb_journal *j, const char *by, struct wb_error *err) {
    j->holds = false;
    return wb_error_set(err, WB_E_FENCED, "journal %s: %s has taken over from %s", j->name,
                        by && *by ? by : "another runner", j->holder);
}

enum wb_code wb_journal_fail_running(struct wb_journal *j, const char *by, int64_t left_us,
                                     struct wb_error *err) {
    return wb_error_set(
        err, WB_E_RUNNING,
        "journal %s: %s runs this plan; if it is gone, its lease runs out in %" PRId64 " s",
        j->name, by, (left_us + 999999) / 1000000);
}

enum wb_code wb_journal_fail_answered(struct wb_journal *j, int64_t id, bool exists,
                                      struct wb_error *err) {
    if (!exists)
        return wb_error_set(err, WB_E_NOT_FOUND, "journal %s has no request %" PRId64, j->name, id);
    return wb_error_set(err, WB_E_ANSWERED, "journal %s: request %" PRId64 " has its answer",
                        j->name, id);
}

enum wb_code wb_journal_fail_format(struct wb_journal *j, int64_t format, struct wb_error *err) {
    return wb_error_set(err, WB_E_FORMAT,
                        "journal %s has format %" PRId64 ", this whimbrel knows those up to %d",
                        j->name, format, WB_JOURNAL_FORMAT);
}

enum wb_code wb_journal_fail_word(struct wb_journal *j, const char *what, int64_t number,
                                  const char *word, struct wb_error *err) {
    return wb_error_set(err, WB_E_FORMAT,
                        "journal %s: %s %" PRId64 " is of a kind that this whimbrel does not know: "
                        "%s",
                        j->name, what, number, word ? word : "none");
}
