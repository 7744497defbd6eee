/* Row counts by themselves. A count that differs is taken again until settle_ms is over: a target
 * that is behind catches up. */
#include "verify/job.h"

#include <stdlib.h>

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

/* *ret_stable: neither count has changed for half of settle_ms, up to the last reading. */
static enum wb_code count_until_settled(struct wb_verify_job *job, unsigned worker,
                                        struct wb_verify_pair *p, uint64_t n[WB_VERIFY_SIDES],
                                        bool *ret_stable, struct wb_error *err) {
    uint64_t began_us = wb_clock_monotonic_us(), stable_us = began_us, now_us = began_us;
    uint64_t settle_us = (uint64_t)job->settle_ms * 1000, last[WB_VERIFY_SIDES] = {0, 0};
    for (unsigned pause_ms = 100;; pause_ms += pause_ms / 2) {
        for (int s = 0; s < WB_VERIFY_SIDES; s++)
            if (count_side(job, worker, p, (enum wb_side)s, &n[s], err))
                return err->code;
        now_us = wb_clock_monotonic_us();
        if (n[0] != last[0] || n[1] != last[1])
            stable_us = now_us;
        *ret_stable = now_us - stable_us >= settle_us / 2;
        if (n[0] == n[1] || now_us - began_us >= settle_us)
            return WB_OK;
        last[0] = n[0];
        last[1] = n[1];
        pthread_mutex_lock(&job->lock);
        p->report->retried_rows = 1;
        pthread_mutex_unlock(&job->lock);
        uint64_t left_ms = (began_us + settle_us - now_us) / 1000 + 1;
        wb_clock_sleep_ms(pause_ms < left_ms ? pause_ms : (unsigned)left_ms);
        if (wb_cancel_check(job->opts->cancel, err))
            return err->code;
    }
}

enum wb_code wb_verify_count_rows(struct wb_verify_job *job, unsigned worker,
                                  struct wb_verify_pair *p, struct wb_error *err) {
    struct wb_verify_table_report *t = p->report;
    uint64_t n[WB_VERIFY_SIDES] = {0, 0};
    bool stable = false;
    enum wb_code code = count_until_settled(job, worker, p, n, &stable, err);
    if (code)
        return wb_error_wrap(err, "counting rows");
    pthread_mutex_lock(&job->lock);
    t->source_rows = n[WB_SIDE_SOURCE];
    t->target_rows = n[WB_SIDE_TARGET];
    if (n[0] != n[1] && stable) {
        t->missing_rows = n[0] > n[1] ? n[0] - n[1] : 0;
        t->extra_rows = n[1] > n[0] ? n[1] - n[0] : 0;
        p->counts_differ = true;
    }
    pthread_mutex_unlock(&job->lock);
    atomic_store(&p->rows, n[WB_SIDE_SOURCE]);
    if (n[0] != n[1] && !stable)
        wb_verify_add_why(job, p,
                          "its row counts kept changing: %llu in the source, %llu in the target",
                          (unsigned long long)n[0], (unsigned long long)n[1]);
    return WB_OK;
}
