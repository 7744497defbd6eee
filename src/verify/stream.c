/* Reading rows of one side in the target's forms, and digests of what was read.
 *
 * A worker opens cursors on both sides at once and takes a batch of each in turn: while it hashes
 * one server's rows the other fills its socket. Nothing is allocated for a row; a batch's memory is
 * used again by the next one. Large rows take their memory from the job's budget, so a batch is let
 * go of before the other side is asked: who holds one share and waits for another could wait for
 * ever.
 */
#include "verify/job.h"

#include <stdlib.h>

enum { BATCH_ROWS = 1024, BATCH_BYTES = 256 << 10, HEAVY_ROW_BYTES = 4 << 20 };

struct wb_verify_reader {
    struct wb_verify_job *job;
    struct wb_verify_pair *pair;
    const struct wb_verify_columns *columns;
    const struct wb_read_ops *ops;
    struct wb_cursor *cursor;
    struct wb_shape *shape; /* source only */
    struct wb_batch batch;
    struct wb_buf scratch;
    uint32_t *compared; /* positions of the compared columns among those read */
    size_t n_compared;
    uint32_t *key;
    size_t n_key;
    struct wb_row_digest *keys, *rows;
};

/* Where the pair's compared columns and key stand among those that are read. */
static void find_positions(struct wb_verify_reader *r) {
    const struct wb_verify_columns *c = &r->pair->compared, *all = r->columns;
    r->compared = calloc(c->n + all->n_key + 1, sizeof *r->compared);
    r->keys = calloc(2 * BATCH_ROWS, sizeof *r->keys);
    if (!r->compared || !r->keys)
        abort();
    r->rows = r->keys + BATCH_ROWS;
    for (uint32_t i = 0, at = 0; i < c->n; i++, at++) {
        while (all->index[WB_SIDE_TARGET][at] != c->index[WB_SIDE_TARGET][i])
            at++;
        r->compared[r->n_compared++] = at;
    }
    r->key = r->compared + c->n;
    r->n_key = all->n_key;
    for (size_t k = 0; k < all->n_key; k++)
        r->key[k] = all->key[k];
}

enum wb_code wb_verify_reader_open(struct wb_verify_job *job, struct wb_conn *conn,
                                   struct wb_verify_pair *p, enum wb_side side,
                                   const struct wb_verify_columns *columns,
                                   const struct wb_range *range, const char *where,
                                   struct wb_verify_reader **ret, struct wb_error *err) {
    struct wb_verify_reader *r = calloc(1, sizeof *r);
    if (!r)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a reader");
    r->job = job;
    r->pair = p;
    r->columns = columns;
    r->ops = conn->engine->read;
    struct wb_read_spec spec = {.table = p->table[side],
                                .columns = columns->index[side],
                                .n_columns = columns->n,
                                .range = *range,
                                .where = where};
    enum wb_code code = WB_OK;
    if (side == WB_SIDE_SOURCE)
        code = wb_shape_new(p->table[WB_SIDE_SOURCE], p->table[WB_SIDE_TARGET],
                            columns->index[WB_SIDE_TARGET], columns->n, &job->shape_opts, &r->shape,
                            err);
    if (!code)
        code = r->ops->open(conn, &spec, &r->cursor, err);
    if (code) {
        wb_error_wrap(err, "%s", wb_verify_side_word(side));
        if (p->where[side] && (code == WB_E_SQL || code == WB_E_NOT_FOUND))
            wb_error_hint(err, "check --where: both sides must understand it, or say it in the "
                               "target's words with --where-target");
        wb_verify_reader_free(r);
        return code;
    }
    find_positions(r);
    wb_batch_init(&r->batch, (uint32_t)columns->n, BATCH_ROWS, BATCH_BYTES);
    r->batch.budget = &job->budget;
    *ret = r;
    return WB_OK;
}

enum wb_code wb_verify_reader_next(struct wb_verify_reader *r, const struct wb_batch **ret,
                                   struct wb_error *err) {
    enum wb_code code = wb_cancel_check(r->job->opts->cancel, err);
    if (!code)
        code = r->ops->next(r->cursor, &r->batch, err);
    if (!code && r->shape && r->batch.n_rows)
        code = wb_shape_batch(r->shape, &r->batch, err);
    if (code)
        return wb_error_wrap(err, "%s",
                             wb_verify_side_word(r->shape ? WB_SIDE_SOURCE : WB_SIDE_TARGET));
    if (r->batch.bytes > BATCH_BYTES + HEAVY_ROW_BYTES)
        atomic_store(&r->pair->heavy, true);
    wb_verify_keep_rate(r->job, r->batch.bytes);
    *ret = r->batch.n_rows ? &r->batch : NULL;
    return WB_OK;
}

void wb_verify_reader_let_go(struct wb_verify_reader *r) {
    wb_batch_reset(&r->batch);
}

void wb_verify_reader_free(struct wb_verify_reader *r) {
    if (!r)
        return;
    r->ops->done(r->cursor);
    wb_shape_free(r->shape);
    wb_batch_done(&r->batch);
    wb_buf_done(&r->scratch);
    free(r->compared);
    free(r->keys);
    free(r);
}

void wb_verify_row_digests(struct wb_verify_reader *r, const struct wb_batch *b,
                           const struct wb_row_digest **ret_key,
                           const struct wb_row_digest **ret_row) {
    wb_digest_rows(b, r->columns->types, r->compared, r->n_compared, &r->scratch, r->rows);
    if (r->n_key)
        wb_digest_rows(b, r->columns->types, r->key, r->n_key, &r->scratch, r->keys);
    *ret_row = r->rows;
    *ret_key = r->n_key ? r->keys : r->rows;
}

struct wb_cell *wb_verify_keep_cells(struct wb_arena *a, const struct wb_cell *cells, size_t n) {
    struct wb_cell *kept = WB_NEW_N(a, struct wb_cell, n + 1);
    for (size_t i = 0; i < n; i++) {
        kept[i] = cells[i];
        if (cells[i].form != WB_FORM_TEXT && cells[i].form != WB_FORM_BYTES &&
            cells[i].form != WB_FORM_INVALID)
            continue;
        unsigned char *bytes = wb_arena_alloc(a, (size_t)cells[i].len + 1);
        if (cells[i].len)
            memcpy(bytes, cells[i].p, cells[i].len);
        kept[i].p = bytes;
    }
    return kept;
}

/* ------------------------------------------------------------------------------------------------
 * digests */

static enum wb_code add_batch(struct wb_verify_reader *r, struct wb_digest *d, bool *ret_more,
                              uint64_t *ret_bytes, struct wb_error *err) {
    const struct wb_batch *b;
    enum wb_code code = wb_verify_reader_next(r, &b, err);
    if (code || !b) {
        *ret_more = false;
        return code;
    }
    wb_digest_add_batch(d, b, r->columns->types, &r->scratch);
    *ret_bytes += b->bytes;
    wb_verify_reader_let_go(r);
    return WB_OK;
}

/* Rows of many MiB: one side after the other, and without the buffers that the first connection has
 * grown. */
static enum wb_code digest_in_turn(struct wb_verify_job *job, unsigned worker,
                                   struct wb_verify_pair *p, const struct wb_range *range,
                                   struct wb_digest d[WB_VERIFY_SIDES], uint64_t *ret_bytes,
                                   struct wb_error *err) {
    enum wb_code code = WB_OK;
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++) {
        struct wb_verify_reader *r = NULL;
        struct wb_conn *c = NULL;
        bool more = true;
        wb_verify_drop_conns(job, worker);
        code = wb_verify_worker_conn(job, worker, (enum wb_side)s, &c, err);
        if (!code)
            code = wb_verify_reader_open(job, c, p, (enum wb_side)s, &p->compared, range,
                                         p->where[s], &r, err);
        while (!code && more)
            code = add_batch(r, &d[s], &more, ret_bytes, err);
        wb_verify_reader_free(r);
    }
    return code;
}

/* Rows of many MiB were met while both sides were being read. */
static bool met_large(struct wb_verify_pair *p, bool known, const bool more[WB_VERIFY_SIDES]) {
    return !known && (more[0] || more[1]) && atomic_load(&p->heavy);
}

enum wb_code wb_verify_digest_range(struct wb_verify_job *job, unsigned worker,
                                    struct wb_verify_pair *p, const struct wb_range *range,
                                    struct wb_digest ret[WB_VERIFY_SIDES], uint64_t *ret_bytes,
                                    struct wb_error *err) {
    struct wb_verify_reader *readers[WB_VERIFY_SIDES] = {NULL, NULL};
    struct wb_digest d[WB_VERIFY_SIDES] = {{0}, {0}};
    bool more[WB_VERIFY_SIDES] = {true, true};
    bool heavy = atomic_load(&p->heavy);
    uint64_t bytes = 0;
    enum wb_code code = heavy ? digest_in_turn(job, worker, p, range, d, ret_bytes, err) : WB_OK;
    for (int s = 0; !code && !heavy && s < WB_VERIFY_SIDES; s++) {
        struct wb_conn *c = NULL;
        code = wb_verify_worker_conn(job, worker, (enum wb_side)s, &c, err);
        if (!code)
            code = wb_verify_reader_open(job, c, p, (enum wb_side)s, &p->compared, range,
                                         p->where[s], &readers[s], err);
    }
    while (!code && !heavy && (more[0] || more[1]) && !met_large(p, heavy, more))
        for (int s = 0; !code && s < WB_VERIFY_SIDES; s++)
            if (more[s] && !met_large(p, heavy, more))
                code = add_batch(readers[s], &d[s], &more[s], &bytes, err);
    for (int s = 0; s < WB_VERIFY_SIDES; s++)
        wb_verify_reader_free(readers[s]);
    if (!code && met_large(p, heavy, more)) { /* begun anew, before the other side holds one, too */
        d[0] = d[1] = (struct wb_digest){0};
        code = digest_in_turn(job, worker, p, range, d, ret_bytes, err);
    } else if (!code) {
        *ret_bytes += bytes;
    }
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++)
        ret[s] = d[s];
    return code;
}

enum wb_code wb_verify_fill_buckets(struct wb_verify_job *job, unsigned worker,
                                    struct wb_verify_pair *p, enum wb_side side,
                                    const struct wb_range *range, struct wb_verify_bucket *buckets,
                                    struct wb_error *err) {
    struct wb_verify_reader *r = NULL;
    struct wb_conn *c = NULL;
    const struct wb_batch *b = NULL;
    enum wb_code code = wb_verify_worker_conn(job, worker, side, &c, err);
    if (!code)
        code = wb_verify_reader_open(job, c, p, side, &p->compared, range, p->where[side], &r, err);
    while (!code && !(code = wb_verify_reader_next(r, &b, err)) && b) {
        const struct wb_row_digest *keys, *rows;
        wb_verify_row_digests(r, b, &keys, &rows);
        for (uint32_t i = 0; i < b->n_rows; i++)
            wb_digest_add_row(&buckets[wb_verify_bucket_of(&keys[i])].digest, &rows[i]);
        if (side == WB_SIDE_SOURCE)
            atomic_fetch_add_explicit(&p->rows, b->n_rows, memory_order_relaxed);
        atomic_fetch_add_explicit(&p->bytes, b->bytes, memory_order_relaxed);
    }
    wb_verify_reader_free(r);
    return code;
}
