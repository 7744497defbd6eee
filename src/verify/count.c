/* Row counts by themselves. A count that differs is taken again until settle_ms is over: a target
 * that is behind catches up. No worker waits meanwhile: a counting is a task that is due. */
#include "verify/job.h"

#include <stdlib.h>

enum { FIRST_MS = 100 };

static enum wb_code count_side(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                               enum wb_side side, uint64_t *ret, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    struct wb_conn *c = NULL;
    enum wb_code code = wb_verify_worker_conn(job, worker, side, &c, err);
    if (!code) {
        wb_buf_adds(&sql, "SELECT count(*) FROM ");
        wb_engine_quote_table(c->engine, &sql, p->table[side]->schema, p->table[side]->name);
        if (p->where[side])
            wb_buf_addf(&sql, " WHERE (%s)", p->where[side]);
        code = c->engine->query(c, wb_buf_str(&sql), &a, &rows, err);
    }
    if (!code)
        *ret = strtoull(rows.values[0][0], NULL, 10);
    else
        wb_error_wrap(err, "%s", wb_verify_side_word(side));
    wb_arena_done(&a);
    return code;
}

/* Neither count has changed for half of settle_ms, up to this one. */
static bool is_stable(const struct wb_verify_job *job, const struct wb_verify_count *c,
                      uint64_t now_us) {
    return now_us - c->stable_us >= (uint64_t)job->settle_ms * 1000 / 2;
}

/* Under job->lock. */
static void plan_next(const struct wb_verify_job *job, struct wb_verify_pair *p, uint64_t now_us) {
    struct wb_verify_count *c = &p->count;
    uint64_t end_us = c->began_us + (uint64_t)job->settle_ms * 1000;
    c->due_us = now_us + (uint64_t)c->pause_ms * 1000;
    if (c->due_us > end_us)
        c->due_us = end_us;
    c->pause_ms += c->pause_ms / 2;
    c->again = true;
}

/* Under job->lock: true where the counts are final. */
static bool take_counts(const struct wb_verify_job *job, struct wb_verify_pair *p,
                        const uint64_t n[WB_VERIFY_SIDES], uint64_t now_us) {
    struct wb_verify_table_report *t = p->report;
    struct wb_verify_count *c = &p->count;
    if (n[0] != c->last[0] || n[1] != c->last[1])
        c->stable_us = now_us;
    for (int s = 0; s < WB_VERIFY_SIDES; s++)
        c->last[s] = n[s];
    t->source_rows = n[WB_SIDE_SOURCE];
    t->target_rows = n[WB_SIDE_TARGET];
    c->due_us = 0;
    t->retried_rows += n[0] == n[1] && c->again;
    if (n[0] == n[1])
        return true;
    if (now_us - c->began_us < (uint64_t)job->settle_ms * 1000) {
        plan_next(job, p, now_us);
        return false;
    }
    if (!is_stable(job, c, now_us))
        return true;
    /* Besides what a sample found. */
    t->missing_rows += n[0] > n[1] ? n[0] - n[1] : 0;
    t->extra_rows += n[1] > n[0] ? n[1] - n[0] : 0;
    p->counts_differ = true;
    return true;
}

enum wb_code wb_verify_count_again(struct wb_verify_job *job, unsigned worker,
                                   struct wb_verify_pair *p, struct wb_error *err) {
    uint64_t n[WB_VERIFY_SIDES] = {0, 0};
    for (int s = 0; s < WB_VERIFY_SIDES; s++)
        if (count_side(job, worker, p, (enum wb_side)s, &n[s], err))
            return wb_error_wrap(err, "counting rows");
    uint64_t now_us = job->clock->monotonic_us(job->clock->ctx);
    pthread_mutex_lock(&job->lock);
    bool final = take_counts(job, p, n, now_us);
    pthread_mutex_unlock(&job->lock);
    atomic_store(&p->rows, n[WB_SIDE_SOURCE]);
    if (final && n[0] != n[1] && !p->counts_differ)
        wb_verify_add_why(job, p,
                          "its row counts kept changing: %llu in the source, %llu in the target",
                          (unsigned long long)n[0], (unsigned long long)n[1]);
    return WB_OK;
}

enum wb_code wb_verify_count_rows(struct wb_verify_job *job, unsigned worker,
                                  struct wb_verify_pair *p, struct wb_error *err) {
    uint64_t now_us = job->clock->monotonic_us(job->clock->ctx);
    p->count =
        (struct wb_verify_count){.began_us = now_us, .stable_us = now_us, .pause_ms = FIRST_MS};
    return wb_verify_count_again(job, worker, p, err);
}
