/* One chunk: read, shape, digest, write, all in one thread and batch by batch, and its ledger row
 * in the same transaction of the target.
 *
 * A worker alternates between its two connections and never buffers more than one batch; several
 * workers keep the servers busy. The digest is taken over the cells as they leave shaping: what the
 * target should hold.
 */
#include "copy/job.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    BATCH_ROWS = 1024,
    BATCH_BYTES = 256 << 10,
    HEAVY_ROW_BYTES = 4 << 20,
    USUAL_ROW_BYTES = 32 << 20
};

struct wb_chunk_reader {
    struct wb_job *job;
    const struct wb_read_ops *ops;
    const struct wb_copy_table *table;
    atomic_bool *table_heavy;
    struct wb_cursor *cursor;
    struct wb_shape *shape;
    struct wb_batch batch;
    struct wb_buf scratch;
    struct wb_digest digest;    /* of the loaded columns */
    struct wb_digest *computed; /* of each computed one */
    uint64_t bytes;
};

bool wb_chunk_reader_may_alter(const struct wb_chunk_reader *r) {
    return wb_shape_may_alter(r->shape);
}

size_t wb_chunk_reader_altered(const struct wb_chunk_reader *r, const struct wb_altered **ret) {
    return wb_shape_altered(r->shape, ret);
}

enum wb_code wb_chunk_reader_open(struct wb_job *job, struct wb_conn *reader,
                                  struct wb_copy_table *t, const struct wb_range *range,
                                  struct wb_chunk_reader **ret, struct wb_error *err) {
    return wb_chunk_reader_open_with(job, reader, t, range, &job->shape_opts, ret, err);
}

enum wb_code wb_chunk_reader_open_with(struct wb_job *job, struct wb_conn *reader,
                                       struct wb_copy_table *t, const struct wb_range *range,
                                       const struct wb_shape_opts *opts,
                                       struct wb_chunk_reader **ret, struct wb_error *err) {
    struct wb_chunk_reader *r = calloc(1, sizeof *r);
    if (!r)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a reader");
    r->job = job;
    r->ops = reader->engine->read;
    r->table = t;
    r->table_heavy = &t->heavy;
    r->computed = calloc(t->n_computed + 1, sizeof *r->computed);
    if (!r->computed)
        abort();
    struct wb_read_spec spec = {
        .table = t->from, .columns = t->from_columns, .n_columns = t->n_columns, .range = *range};
    enum wb_code code =
        wb_shape_new(t->from, t->to, t->to_columns, t->n_columns, opts, &r->shape, err);
    if (!code)
        code = r->ops->open(reader, &spec, &r->cursor, err);
    if (code) {
        wb_chunk_reader_free(r);
        return code;
    }
    wb_batch_init(&r->batch, (uint32_t)t->n_columns, BATCH_ROWS, BATCH_BYTES);
    r->batch.budget = &job->budget;
    *ret = r;
    return WB_OK;
}

/* Not every source knows of the allowance (some client libraries do). Only the last row of a batch
 * can be large: it is the one that filled it. */
static enum wb_code check_row(const struct wb_chunk_reader *r, struct wb_error *err) {
    uint64_t most = r->job->opts->max_row_bytes ? r->job->opts->max_row_bytes : USUAL_ROW_BYTES;
    uint64_t bytes = 0;
    if (r->batch.bytes <= most)
        return WB_OK;
    const struct wb_cell *row = wb_batch_row(&r->batch, r->batch.n_rows - 1);
    for (uint32_t i = 0; i < r->batch.n_columns; i++)
        bytes += row[i].form == WB_FORM_TEXT || row[i].form == WB_FORM_BYTES ||
                         row[i].form == WB_FORM_INVALID
                     ? row[i].len
                     : 0;
    if (bytes <= most)
        return WB_OK;
    return wb_error_set(err, WB_E_ROW_TOO_LARGE,
                        "a row of %" PRIu64 " bytes, where %" PRIu64 " are allowed", bytes, most);
}

enum wb_code wb_chunk_reader_next(struct wb_chunk_reader *r, const struct wb_batch **ret,
                                  struct wb_error *err) {
    enum wb_code code = wb_cancel_check(r->job->opts->cancel, err);
    if (!code)
        code = r->ops->next(r->cursor, &r->batch, err);
    if (code)
        return code;
    *ret = NULL;
    if (r->batch.n_rows == 0)
        return WB_OK;
    if ((code = check_row(r, err)))
        return code;
    code = wb_shape_batch(r->shape, &r->batch, err);
    if (code)
        return code;
    wb_computed_digest(r->table, &r->digest, r->computed, &r->batch, &r->scratch);
    r->bytes += r->batch.bytes;
    if (r->batch.bytes > BATCH_BYTES + HEAVY_ROW_BYTES)
        atomic_store(r->table_heavy, true);
    *ret = &r->batch;
    return WB_OK;
}

const struct wb_digest *wb_chunk_reader_computed(const struct wb_chunk_reader *r) {
    return r->computed;
}

void wb_chunk_reader_result(const struct wb_chunk_reader *r, struct wb_arena *a,
                            struct wb_ledger_chunk *k) {
    k->digest = wb_computed_sum(r->table, r->digest, r->computed);
    k->bytes = r->bytes;
    k->altered = wb_altered_format(r->shape, r->table->to, a);
}

void wb_chunk_reader_free(struct wb_chunk_reader *r) {
    if (!r)
        return;
    r->ops->done(r->cursor);
    wb_shape_free(r->shape);
    wb_batch_done(&r->batch);
    wb_buf_done(&r->scratch);
    free(r->computed);
    free(r);
}

static enum wb_code pump(struct wb_copy_table *t, struct wb_chunk_reader *r,
                         const struct wb_write_ops *w, struct wb_load *load, struct wb_error *err) {
    for (;;) {
        const struct wb_batch *batch;
        enum wb_code code = wb_chunk_reader_next(r, &batch, err);
        if (code || !batch)
            return code;
        code = w->load_put(load, batch, err);
        if (code)
            return code;
        atomic_fetch_add_explicit(&t->rows, batch->n_rows, memory_order_relaxed);
        atomic_fetch_add_explicit(&t->bytes, batch->bytes, memory_order_relaxed);
    }
}

/* Rows into the target, within the transaction; the number that the target confirmed must be the
 * number read. */
static enum wb_code load_rows(struct wb_copy_table *t, struct wb_chunk_reader *r,
                              struct wb_conn *writer, struct wb_error *err) {
    const struct wb_write_ops *w = writer->engine->write;
    struct wb_load_spec spec = {.table = t->to, .columns = t->to_columns, .n_columns = t->n_loaded};
    struct wb_load *load = NULL;
    uint64_t rows = 0;
    enum wb_code code = w->load_open(writer, &spec, &load, err);
    if (code)
        return code;
    code = pump(t, r, w, load, err);
    if (code) {
        w->load_abort(load);
        return code;
    }
    code = w->load_close(load, &rows, err);
    if (!code && rows != r->digest.rows)
        code = wb_error_set(err, WB_E_PROTOCOL, "the target confirmed %llu rows of %llu",
                            (unsigned long long)rows, (unsigned long long)r->digest.rows);
    return code;
}

static enum wb_code write_chunk(struct wb_job *job, struct wb_copy_table *t,
                                struct wb_copy_chunk *chunk, struct wb_chunk_reader *r,
                                struct wb_conn *writer, struct wb_arena *a,
                                struct wb_ledger_chunk *ret, struct wb_error *err) {
    const struct wb_write_ops *w = writer->engine->write;
    uint64_t began_us = wb_clock_monotonic_us();
    enum wb_code code = wb_ledger_claim_chunk(&job->ledger, writer, &chunk->ledger, err);
    if (!code &&
        chunk->ledger.epoch > 0) /* it was copied in an earlier epoch: those rows go first */
        code = w->delete_range(writer, t->to, &chunk->ledger.range, NULL, err);
    if (!code)
        code = load_rows(t, r, writer, err);
    if (code)
        return code;
    struct wb_ledger_chunk k = chunk->ledger;
    k.epoch = job->run.epoch;
    wb_chunk_reader_result(r, a, &k);
    code = wb_ledger_finish_chunk(&job->ledger, writer, &k,
                                  (wb_clock_monotonic_us() - began_us) / 1000, err);
    if (!code)
        code = w->commit(writer, false, err);
    if (!code)
        *ret = k;
    return code;
}

enum wb_code wb_job_do_chunk(struct wb_job *job, struct wb_copy_table *t,
                             struct wb_copy_chunk *chunk, struct wb_conn *reader,
                             struct wb_conn *writer, struct wb_error *err) {
    const struct wb_write_ops *w = writer->engine->write;
    struct wb_arena a = {0};
    struct wb_chunk_reader *r = NULL;
    struct wb_ledger_chunk arrived;
    enum wb_code code = w->begin(writer, err);
    if (!code) {
        code = wb_chunk_reader_open(job, reader, t, &chunk->ledger.range, &r, err);
        if (!code)
            code = write_chunk(job, t, chunk, r, writer, &a, &arrived, err);
        if (code)
            w->rollback(writer);
    }
    if (!code)
        wb_computed_keep(job, t, chunk, wb_chunk_reader_computed(r));
    wb_chunk_reader_free(r);
    if (!code) { /* the text outlives this call */
        pthread_mutex_lock(&job->lock);
        chunk->ledger = arrived;
        chunk->ledger.altered = wb_arena_strdup(&job->shared_arena, arrived.altered);
        chunk->ledger.done = true;
        pthread_mutex_unlock(&job->lock);
    } else {
        wb_error_wrap(err, "table %s, chunk %u of %zu", t->name, chunk->ledger.number + 1,
                      t->n_chunks);
    }
    wb_arena_done(&a);
    return code;
}

/* Cut a table into chunks and write them down, before any of them is copied. */
enum wb_code wb_job_do_split(struct wb_job *job, struct wb_copy_table *t, struct wb_conn *reader,
                             struct wb_conn *writer, struct wb_error *err) {
    const struct wb_write_ops *w = writer->engine->write;
    uint64_t chunk_bytes = job->opts->chunk_bytes ? job->opts->chunk_bytes : 64u << 20;
    uint64_t row_bytes = t->from->est_rows ? t->from->est_bytes / t->from->est_rows : 100;
    uint64_t rows = chunk_bytes / (row_bytes ? row_bytes : 1);
    rows = rows < 1000 ? 1000 : rows > 500000 ? 500000 : rows;
    struct wb_arena a = {0};
    struct wb_range *ranges = NULL;
    size_t n = 0;
    enum wb_code code = reader->engine->read->split(reader, t->from, rows, &a, &ranges, &n, err);
    if (!code)
        code = w->begin(writer, err);
    if (!code) {
        code = wb_ledger_add_chunks(&job->ledger, writer, t->number, ranges, n, err);
        if (!code)
            code = w->commit(writer, false, err);
        if (code)
            w->rollback(writer);
    }
    if (code) {
        wb_error_wrap(err, "table %s: cutting it into chunks", t->name);
    } else {
        pthread_mutex_lock(&job->lock);
        t->chunks = WB_NEW_N(&job->shared_arena, struct wb_copy_chunk, n);
        for (size_t i = 0; i < n; i++) {
            struct wb_ledger_chunk *k = &t->chunks[i].ledger;
            *k = (struct wb_ledger_chunk){
                .table = t->number, .number = (uint32_t)i, .range = ranges[i], .altered = ""};
            k->range.lower = wb_arena_strdup(&job->shared_arena, ranges[i].lower);
            k->range.upper = wb_arena_strdup(&job->shared_arena, ranges[i].upper);
        }
        t->n_chunks = t->chunks_open = n;
        t->split = true;
        pthread_mutex_unlock(&job->lock);
    }
    wb_arena_done(&a);
    return code;
}
