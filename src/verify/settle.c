/* A key that differs is read again from both sides until it is equal, or long enough still to be
 * believed.
 *
 * Readings come at growing pauses until settle_ms is over. A row that is equal once has settled:
 * the target was behind. It has also settled when the target holds what the source held one
 * reading ago: it follows. A row is reported as a difference only if, at the end, neither side has
 * changed for at least half of settle_ms and they still differ. Where nothing at all was written to
 * the source since the verification began, and that is at least half of settle_ms ago, nothing is
 * on its way any more, and one more reading is enough. What goes on changing is neither equal nor
 * different.
 */
#include "verify/job.h"

#include "base/str.h"

#include <stdlib.h>

enum { FIRST_PAUSE_MS = 100 };

struct wb_verify_candidate *wb_verify_candidates_add(struct wb_verify_candidates *c) {
    if (c->n == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 64;
        c->items = realloc(c->items, cap * sizeof *c->items);
        if (!c->items)
            abort();
        c->cap = cap;
    }
    struct wb_verify_candidate *item = &c->items[c->n++];
    *item = (struct wb_verify_candidate){0};
    return item;
}

void wb_verify_candidates_done(struct wb_verify_candidates *c) {
    free(c->items);
    wb_arena_done(&c->arena);
    *c = (struct wb_verify_candidates){0};
}

/* ------------------------------------------------------------------------------------------------
 * judging */

static bool same_row(const struct wb_row_digest *a, uint32_t copies_a,
                     const struct wb_row_digest *b, uint32_t copies_b) {
    return copies_a == copies_b && a->lo == b->lo && a->hi == b->hi;
}

enum wb_verify_judgement wb_verify_judge(struct wb_verify_candidate *c,
                                         const struct wb_verify_reading *r, uint64_t settle_us) {
    const enum wb_side S = WB_SIDE_SOURCE, T = WB_SIDE_TARGET;
    bool equal = same_row(&r->row[S], r->copies[S], &r->row[T], r->copies[T]);
    bool follows = same_row(&c->row[S], c->copies[S], &r->row[T], r->copies[T]);
    bool still = same_row(&c->row[S], c->copies[S], &r->row[S], r->copies[S]) &&
                 same_row(&c->row[T], c->copies[T], &r->row[T], r->copies[T]);
    for (int s = 0; s < WB_VERIFY_SIDES; s++) {
        c->row[s] = r->row[s];
        c->copies[s] = r->copies[s];
    }
    c->readings++;
    if (!still)
        c->stable_us = r->now_us;
    if (equal || follows)
        return WB_VERIFY_SETTLED;
    bool stable = r->now_us - c->stable_us >= settle_us / 2;
    bool over = r->now_us - c->first_us >= settle_us;
    bool quiet = r->still_since_us && r->now_us - r->still_since_us >= settle_us / 2;
    if ((stable && over) || (still && quiet))
        return WB_VERIFY_BELIEVED;
    return over ? WB_VERIFY_UNSETTLED : WB_VERIFY_READ_AGAIN;
}

uint64_t wb_verify_next_reading_us(const struct wb_verify_candidate *c, uint64_t now_us,
                                   uint64_t settle_us) {
    uint64_t pause_us = (uint64_t)FIRST_PAUSE_MS * 1000 << (c->readings < 8 ? c->readings : 8);
    uint64_t due_us = now_us + pause_us, half_us = c->first_us + settle_us / 2;
    uint64_t end_us = c->first_us + settle_us;
    if (now_us < half_us && due_us > half_us)
        return half_us;
    if (now_us < end_us && due_us > end_us)
        return end_us;
    return due_us;
}

/* ------------------------------------------------------------------------------------------------
 * rounds */

struct round {
    struct wb_verify_candidate *items;
    struct wb_verify_reading *readings;
    size_t n;
    enum wb_side side;
};

/* Takes what is due out of pending. Readings of a scope that has to be read as a whole are few. */
static void take_due(struct wb_verify_job *job, struct wb_verify_pair *p, struct round *r) {
    uint64_t now_us = job->clock->monotonic_us(job->clock->ctx);
    size_t kept = 0;
    pthread_mutex_lock(&job->lock);
    r->items = calloc(p->pending.n + 1, sizeof *r->items);
    r->readings = calloc(p->pending.n + 1, sizeof *r->readings);
    if (!r->items || !r->readings)
        abort();
    for (size_t i = 0; i < p->pending.n; i++)
        if (p->pending.items[i].due_us <= now_us)
            r->items[r->n++] = p->pending.items[i];
        else
            p->pending.items[kept++] = p->pending.items[i];
    p->pending.n = kept;
    pthread_mutex_unlock(&job->lock);
}

static void take_row(void *ctx, size_t key, const struct wb_row_digest *row,
                     const struct wb_cell *cells) {
    struct round *r = ctx;
    struct wb_verify_reading *to = &r->readings[key];
    (void)cells;
    to->copies[r->side]++;
    to->row[r->side].lo += row->lo;
    to->row[r->side].hi += row->hi + (to->row[r->side].lo < row->lo);
}

static enum wb_code read_round(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                               struct round *r, struct wb_error *err) {
    enum wb_code code = WB_OK;
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++) {
        struct wb_conn *c = NULL;
        r->side = (enum wb_side)s;
        if (atomic_load(&p->heavy)) /* without the buffers that the other side's has grown */
            wb_verify_drop_conns(job, worker);
        code = wb_verify_worker_conn(job, worker, r->side, &c, err);
        if (!code)
            code =
                wb_verify_fetch(job, c, p, r->side, &p->compared, r->items, r->n, take_row, r, err);
    }
    return code;
}

bool wb_verify_source_still(struct wb_verify_job *job) {
    const struct wb_verify_ops *v = job->engine[WB_SIDE_SOURCE]->verify;
    const char *then = job->began[WB_SIDE_SOURCE].fingerprint;
    struct wb_moment now = {0};
    struct wb_arena a = {0};
    struct wb_error err;
    if (!v || !v->position || !then || !*then)
        return false;
    pthread_mutex_lock(&job->control_lock);
    bool still = !v->position(job->control[WB_SIDE_SOURCE], &a, &now, &err) &&
                 wb_str_eq(now.fingerprint, then);
    pthread_mutex_unlock(&job->control_lock);
    wb_arena_done(&a);
    return still;
}

/* Under job->lock. */
static void sort_in(struct wb_verify_job *job, struct wb_verify_pair *p,
                    struct wb_verify_candidate *c, enum wb_verify_judgement j, uint64_t now_us) {
    switch (j) {
    case WB_VERIFY_SETTLED:
        p->report->retried_rows++;
        break;
    case WB_VERIFY_UNSETTLED:
        p->report->retried_rows++;
        p->report->unsettled_rows++;
        break;
    case WB_VERIFY_BELIEVED:
        wb_verify_count_difference(p, c);
        *wb_verify_candidates_add(&p->confirmed) = *c;
        break;
    case WB_VERIFY_READ_AGAIN:
        c->due_us = wb_verify_next_reading_us(c, now_us, (uint64_t)job->settle_ms * 1000);
        *wb_verify_candidates_add(&p->pending) = *c;
        break;
    }
}

static void judge_round(struct wb_verify_job *job, struct wb_verify_pair *p, struct round *r) {
    uint64_t now_us = job->clock->monotonic_us(job->clock->ctx);
    bool still = wb_verify_source_still(job);
    pthread_mutex_lock(&job->lock);
    for (size_t i = 0; i < r->n; i++) {
        r->readings[i].now_us = now_us;
        r->readings[i].still_since_us = still ? job->began_us : 0;
        enum wb_verify_judgement j =
            wb_verify_judge(&r->items[i], &r->readings[i], (uint64_t)job->settle_ms * 1000);
        sort_in(job, p, &r->items[i], j, now_us);
    }
    p->settle_due_us = 0;
    for (size_t i = 0; i < p->pending.n; i++)
        if (!p->settle_due_us || p->pending.items[i].due_us < p->settle_due_us)
            p->settle_due_us = p->pending.items[i].due_us;
    pthread_mutex_unlock(&job->lock);
}

enum wb_code wb_verify_settle(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                              struct wb_error *err) {
    struct round r = {0};
    take_due(job, p, &r);
    enum wb_code code = r.n ? read_round(job, worker, p, &r, err) : WB_OK;
    if (!code)
        judge_round(job, p, &r);
    else { /* they are read again when the connection is back */
        pthread_mutex_lock(&job->lock);
        for (size_t i = 0; i < r.n; i++)
            *wb_verify_candidates_add(&p->pending) = r.items[i];
        pthread_mutex_unlock(&job->lock);
    }
    free(r.items);
    free(r.readings);
    return code ? wb_error_wrap(err, "reading differing rows again") : WB_OK;
}
