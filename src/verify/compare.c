/* Chunks of a table on both sides, or parts of one side into buckets. */
#include "verify/job.h"

#include <stdlib.h>

static void add_to_report(struct wb_verify_job *job, struct wb_verify_pair *p,
                          const struct wb_digest d[WB_VERIFY_SIDES], size_t n_units,
                          uint64_t took_us) {
    double us = (double)took_us / (double)n_units;
    pthread_mutex_lock(&job->lock);
    wb_digest_add(&p->report->source_digest, &d[WB_SIDE_SOURCE]);
    wb_digest_add(&p->report->target_digest, &d[WB_SIDE_TARGET]);
    p->report->chunks++;
    p->us_a_unit = p->us_a_unit > 0 ? (3 * p->us_a_unit + us) / 4 : us;
    pthread_mutex_unlock(&job->lock);
}

enum wb_code wb_verify_compare_chunk(struct wb_verify_job *job, unsigned worker,
                                     struct wb_verify_pair *p, size_t first, size_t n,
                                     struct wb_error *err) {
    struct wb_digest d[WB_VERIFY_SIDES], streamed[WB_VERIFY_SIDES];
    struct wb_range range = wb_verify_span(p, first, n);
    uint64_t began_us = wb_clock_monotonic_us(), bytes = 0;
    enum wb_code code = p->server ? wb_verify_digest_by_servers(job, worker, p, &range, d, err)
                                  : wb_verify_digest_range(job, worker, p, &range, d, &bytes, err);
    uint64_t took_us = wb_clock_monotonic_us() - began_us;
    bool equal = !code && wb_digest_equal(&d[0], &d[1]);
    if (!code && !equal && p->server)
        code = wb_verify_digest_range(job, worker, p, &range, streamed, &bytes, err);
    if (!code && !equal)
        code = wb_verify_locate_units(job, worker, p, first, n, p->server ? streamed : d, err);
    if (!code && equal && job->store.conn)
        code = wb_verify_store_done(&job->store, p->number, first, n, d, err);
    if (code)
        return code;
    add_to_report(job, p, d, n, took_us);
    atomic_fetch_add_explicit(&p->rows, d[WB_SIDE_SOURCE].rows, memory_order_relaxed);
    atomic_fetch_add_explicit(&p->bytes, bytes, memory_order_relaxed);
    return WB_OK;
}

enum wb_code wb_verify_read_side(struct wb_verify_job *job, unsigned worker,
                                 struct wb_verify_pair *p, enum wb_side side, size_t unit,
                                 struct wb_error *err) {
    struct wb_verify_bucket *own = calloc(WB_VERIFY_BUCKETS, sizeof *own);
    const struct wb_verify_unit *u =
        side == WB_SIDE_SOURCE ? &p->units[unit] : &p->target_units[unit];
    if (!own)
        return wb_error_set(err, WB_E_MEMORY, "no memory for buckets");
    enum wb_code code = wb_verify_fill_buckets(job, worker, p, side, &u->range, own, err);
    if (!code) {
        struct wb_digest *sum =
            side == WB_SIDE_SOURCE ? &p->report->source_digest : &p->report->target_digest;
        pthread_mutex_lock(&job->lock);
        for (size_t i = 0; i < WB_VERIFY_BUCKETS; i++) {
            if (!own[i].digest.rows)
                continue;
            wb_digest_add(&p->buckets[side][i].digest, &own[i].digest);
            wb_digest_add(sum, &own[i].digest);
        }
        p->report->chunks++;
        pthread_mutex_unlock(&job->lock);
    }
    free(own);
    return code;
}
