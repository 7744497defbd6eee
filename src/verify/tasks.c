/* Which piece of work may be done next.
 *
 * The state of the pairs says what is ready, and a worker that is free takes the first that is:
 * readings of differing keys that are due, then, table by table and the largest first, what ends a
 * table, chunks, and the preparation of the next one. A worker waits while nothing is ready but
 * something is running, or a reading will be due.
 */
#include "verify/job.h"

#include <time.h>

enum { READING = WB_VERIFY_COUNTS | WB_VERIFY_SAMPLE | WB_VERIFY_DIGESTS };

static uint64_t now_us(const struct wb_verify_job *job) {
    return job->clock->monotonic_us(job->clock->ctx);
}

static bool is_active(const struct wb_verify_pair *p) {
    return p->stage > WB_VERIFY_WAITS && p->stage < WB_VERIFY_FINISHED;
}

/* All that was to be read is read. */
static bool units_done(const struct wb_verify_pair *p) {
    return p->failed || p->units_done == p->n_units + p->n_target_units;
}

static bool take_settling(struct wb_verify_job *job, struct wb_verify_task *ret) {
    uint64_t now = now_us(job);
    for (size_t i = 0; i < job->n_pairs; i++) {
        struct wb_verify_pair *p = &job->pairs[i];
        if (!p->pending.n || p->settling_now || p->failed || !p->settle_due_us ||
            p->settle_due_us > now)
            continue;
        p->settling_now = true;
        *ret = (struct wb_verify_task){.kind = WB_VERIFY_TASK_SETTLE, .pair = p};
        return true;
    }
    return false;
}

static bool take_count(struct wb_verify_job *job, struct wb_verify_task *ret) {
    uint64_t now = now_us(job);
    for (size_t i = 0; i < job->n_pairs; i++) {
        struct wb_verify_pair *p = &job->pairs[i];
        if (!p->count.due_us || p->count.due_us > now || p->settling_now || p->failed ||
            p->stage != WB_VERIFY_SETTLING)
            continue;
        p->settling_now = true;
        *ret = (struct wb_verify_task){.kind = WB_VERIFY_TASK_COUNT, .pair = p};
        return true;
    }
    return false;
}

/* As many units as fit into chunk_ms, by the pace so far; the last ones are shared out. */
static size_t chunk_units(const struct wb_verify_job *job, const struct wb_verify_pair *p) {
    size_t left = 0, n;
    while (p->next_unit + left < p->n_units && !p->units[p->next_unit + left].taken)
        left++;
    n = p->us_a_unit > 0 ? (size_t)(job->chunk_ms * 1000.0 / p->us_a_unit) : 1;
    size_t share = left / (2 * (size_t)job->jobs) + 1;
    if (n > share)
        n = share;
    return n < 1 ? 1 : n > left ? left : n;
}

static bool take_chunk(struct wb_verify_job *job, struct wb_verify_pair *p,
                       struct wb_verify_task *ret) {
    while (p->next_unit < p->n_units && p->units[p->next_unit].taken)
        p->next_unit++;
    if (p->next_unit >= p->n_units)
        return false;
    *ret = (struct wb_verify_task){.kind = WB_VERIFY_TASK_CHUNK, .pair = p, .first = p->next_unit};
    ret->n = chunk_units(job, p);
    for (size_t i = 0; i < ret->n; i++)
        p->units[ret->first + i].taken = true;
    p->next_unit += ret->n;
    return true;
}

/* Both sides in turn, so that both servers work. */
static bool take_side(struct wb_verify_pair *p, struct wb_verify_task *ret) {
    bool source = p->next_unit < p->n_units;
    bool target = p->next_target_unit < p->n_target_units;
    if (!source && !target)
        return false;
    *ret = (struct wb_verify_task){.kind = WB_VERIFY_TASK_SIDE, .pair = p, .n = 1};
    if (source && (!target || p->next_unit <= p->next_target_unit)) {
        ret->side = WB_SIDE_SOURCE;
        ret->first = p->next_unit++;
    } else {
        ret->side = WB_SIDE_TARGET;
        ret->first = p->next_target_unit++;
    }
    return true;
}

/* What is counted by one more reading has had as long to settle as any candidate. */
static bool may_end(const struct wb_verify_job *job, const struct wb_verify_pair *p) {
    if (p->settling_now || p->running || (p->count.due_us && !p->failed))
        return false;
    return p->failed ||
           (!p->pending.n &&
            (!p->overflow_us || now_us(job) >= p->overflow_us + (uint64_t)job->settle_ms * 1000));
}

static bool take_of_pair(struct wb_verify_job *job, struct wb_verify_pair *p,
                         struct wb_verify_task *ret) {
    *ret = (struct wb_verify_task){.pair = p};
    if (p->stage == WB_VERIFY_COMPARING && p->failed && !p->running)
        p->stage = WB_VERIFY_SETTLING;
    if (p->stage == WB_VERIFY_SETTLING && may_end(job, p)) {
        p->stage = WB_VERIFY_FINISHING;
        ret->kind = WB_VERIFY_TASK_FINISH;
        return true;
    }
    if (p->stage == WB_VERIFY_LOCATING && !p->running) {
        p->running++;
        ret->kind = WB_VERIFY_TASK_BUCKETS;
        return true;
    }
    if (p->stage != WB_VERIFY_COMPARING || p->failed || job->paused)
        return false;
    if (p->way == WB_VERIFY_BY_RANGES ? !take_chunk(job, p, ret) : !take_side(p, ret))
        return false;
    p->running++;
    return true;
}

static bool take_any(struct wb_verify_job *job, struct wb_verify_task *ret) {
    bool waits = job->paused && (job->levels & READING);
    size_t active = 0;
    if (take_settling(job, ret) || take_count(job, ret))
        return true;
    for (size_t i = 0; i < job->n_pairs; i++) {
        struct wb_verify_pair *p = job->by_size[i];
        active += is_active(p) && p->stage < WB_VERIFY_SETTLING;
        if (take_of_pair(job, p, ret))
            return true;
    }
    for (size_t i = 0; i < job->n_pairs && active < job->jobs && !waits; i++) {
        struct wb_verify_pair *p = job->by_size[i];
        if (p->stage != WB_VERIFY_WAITS)
            continue;
        p->stage = WB_VERIFY_PREPARING;
        *ret = (struct wb_verify_task){.kind = WB_VERIFY_TASK_PREPARE, .pair = p};
        return true;
    }
    return false;
}

static bool all_finished(const struct wb_verify_job *job) {
    for (size_t i = 0; i < job->n_pairs; i++)
        if (job->pairs[i].stage != WB_VERIFY_FINISHED)
            return false;
    return true;
}

void wb_verify_wait_a_little(struct wb_verify_job *job, unsigned ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&job->changed, &job->lock, &until);
}

bool wb_verify_next_task(struct wb_verify_job *job, struct wb_verify_task *ret) {
    bool found = false;
    pthread_mutex_lock(&job->lock);
    while (!job->stopping && !(found = take_any(job, ret)) && !all_finished(job))
        wb_verify_wait_a_little(job, 20); /* or until something is done */
    if (found)
        job->busy++;
    else
        pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
    return found;
}

static bool buckets_differ(const struct wb_verify_pair *p) {
    for (size_t i = 0; p->buckets[0] && i < WB_VERIFY_BUCKETS; i++)
        if (!wb_digest_equal(&p->buckets[0][i].digest, &p->buckets[1][i].digest))
            return true;
    return false;
}

static void after_reading(struct wb_verify_pair *p) {
    if (!units_done(p) || p->running || p->stage != WB_VERIFY_COMPARING)
        return;
    p->stage = !p->failed && p->way == WB_VERIFY_BY_BUCKETS && buckets_differ(p)
                   ? WB_VERIFY_LOCATING
                   : WB_VERIFY_SETTLING;
}

void wb_verify_task_done(struct wb_verify_job *job, const struct wb_verify_task *t) {
    struct wb_verify_pair *p = t->pair;
    pthread_mutex_lock(&job->lock);
    job->busy--;
    switch (t->kind) {
    case WB_VERIFY_TASK_PREPARE:
        p->stage = WB_VERIFY_COMPARING;
        after_reading(p);
        break;
    case WB_VERIFY_TASK_CHUNK:
    case WB_VERIFY_TASK_SIDE:
        p->running--;
        p->units_done += t->n;
        after_reading(p);
        break;
    case WB_VERIFY_TASK_BUCKETS:
        p->running--;
        p->stage = WB_VERIFY_SETTLING;
        break;
    case WB_VERIFY_TASK_COUNT:
    case WB_VERIFY_TASK_SETTLE:
        p->settling_now = false;
        break;
    case WB_VERIFY_TASK_FINISH:
        p->stage = WB_VERIFY_FINISHED;
        break;
    }
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
}
