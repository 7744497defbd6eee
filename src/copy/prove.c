/* The proof: what the target holds is read back and its digest compared with the source's, which
 * was taken as the rows passed. Read by physical ranges where the engine has them, so that no index
 * is needed. */
#include "copy/job.h"

enum { PROOF_RANGE_ROWS = 500000, BATCH_ROWS = 1024, BATCH_BYTES = 256 << 10 };

enum wb_code wb_job_plan_proof(struct wb_job *job, struct wb_copy_table *t, struct wb_conn *conn,
                               struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_range *ranges;
    size_t n;
    struct wb_table plain =
        *t->to; /* without its keys the engine splits it by where the rows lie */
    plain.n_indexes = 0;
    plain.est_rows = t->rows;
    plain.est_bytes = t->bytes;
    enum wb_code code =
        conn->engine->read->split(conn, &plain, PROOF_RANGE_ROWS, &a, &ranges, &n, err);
    if (code) {
        wb_arena_done(&a);
        return wb_error_wrap(err, "table %s: reading it back", t->name);
    }
    pthread_mutex_lock(&job->lock);
    t->proof_ranges = WB_NEW_N(&job->shared_arena, struct wb_range, n);
    for (size_t i = 0; i < n; i++) {
        t->proof_ranges[i] = ranges[i];
        t->proof_ranges[i].lower = wb_arena_strdup(&job->shared_arena, ranges[i].lower);
        t->proof_ranges[i].upper = wb_arena_strdup(&job->shared_arena, ranges[i].upper);
    }
    t->n_proof_ranges = n;
    t->proof = WB_PROOF_READS;
    pthread_mutex_unlock(&job->lock);
    wb_arena_done(&a);
    return WB_OK;
}

static enum wb_code digest_range(struct wb_job *job, struct wb_copy_table *t,
                                 const struct wb_range *range, struct wb_conn *conn,
                                 struct wb_digest *ret, struct wb_digest *ret_computed,
                                 struct wb_error *err) {
    const struct wb_read_ops *ops = conn->engine->read;
    struct wb_read_spec spec = {
        .table = t->to, .columns = t->to_columns, .n_columns = t->n_columns, .range = *range};
    struct wb_cursor *cursor = NULL;
    struct wb_batch batch;
    WB_CLEANUP_BUF struct wb_buf scratch = {0};
    wb_batch_init(&batch, (uint32_t)t->n_columns, BATCH_ROWS, BATCH_BYTES);
    enum wb_code code = ops->open(conn, &spec, &cursor, err);
    while (!code && !(code = wb_cancel_check(job->opts->cancel, err)) &&
           !(code = ops->next(cursor, &batch, err)) && batch.n_rows) {
        wb_computed_digest(t, ret, ret_computed, &batch, &scratch);
        atomic_fetch_add_explicit(&t->proven_rows, batch.n_rows, memory_order_relaxed);
    }
    ops->done(cursor);
    wb_batch_done(&batch);
    return code;
}

/* Client libraries keep the largest buffer that a connection ever needed: heavy rows get a
 * connection of their own, one at a time, which is closed afterwards. */
static enum wb_code digest_heavy_range(struct wb_job *job, struct wb_copy_table *t,
                                       const struct wb_range *range, struct wb_digest *ret,
                                       struct wb_digest *ret_computed, struct wb_error *err) {
    struct wb_conn *conn = NULL;
    pthread_mutex_lock(&job->heavy_lock);
    enum wb_code code = wb_job_connect(job, WB_SIDE_TARGET, &conn, err);
    if (!code)
        code = digest_range(job, t, range, conn, ret, ret_computed, err);
    wb_conn_close(conn);
    pthread_mutex_unlock(&job->heavy_lock);
    return code;
}

static enum wb_code record(struct wb_job *job, struct wb_copy_table *t, struct wb_conn *conn,
                           struct wb_error *err) {
    const struct wb_write_ops *w = conn->engine->write;
    enum wb_code code = w->begin(conn, err);
    if (!code)
        code = wb_ledger_set_proven(&job->ledger, conn, t->number, &t->source_digest,
                                    &t->target_digest, err);
    if (!code)
        code = w->commit(conn, false, err);
    if (code)
        w->rollback(conn);
    return code;
}

/* Under the job's lock; true for a table's last range: then both sides are whole. */
static bool add_range(struct wb_copy_table *t, const struct wb_digest *d,
                      const struct wb_digest *computed) {
    struct wb_digest sum = wb_computed_sum(t, *d, computed);
    wb_digest_add(&t->target_digest, &sum);
    for (size_t i = 0; i < t->n_computed; i++)
        wb_digest_add(&t->target_computed[i], &computed[i]);
    if (++t->proofs_done < t->n_proof_ranges)
        return false;
    t->source_digest = (struct wb_digest){0};
    for (size_t k = 0; k < t->n_chunks; k++) {
        wb_digest_add(&t->source_digest, &t->chunks[k].ledger.digest);
        for (size_t i = 0; i < t->n_computed; i++)
            wb_digest_add(&t->source_computed[i], &t->chunks[k].computed[i]);
    }
    return true;
}

enum wb_code wb_job_do_proof(struct wb_job *job, struct wb_copy_table *t, size_t range,
                             struct wb_conn *conn, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_digest d = {0}, *computed = WB_NEW_N(&a, struct wb_digest, t->n_computed + 1);
    const struct wb_range *r = &t->proof_ranges[range];
    enum wb_code code = atomic_load(&t->heavy) ? digest_heavy_range(job, t, r, &d, computed, err)
                                               : digest_range(job, t, r, conn, &d, computed, err);
    bool last = false;
    if (!code) {
        pthread_mutex_lock(&job->lock);
        last = add_range(t, &d, computed);
        pthread_mutex_unlock(&job->lock);
    }
    wb_arena_done(&a);
    if (last && !(code = record(job, t, conn, err))) {
        pthread_mutex_lock(&job->lock);
        t->proof = WB_PROOF_DONE;
        pthread_mutex_unlock(&job->lock);
    }
    return code ? wb_error_wrap(err, "table %s: reading it back", t->name) : WB_OK;
}
