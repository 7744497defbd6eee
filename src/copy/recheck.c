/* A resumed copy on a source that may have moved on: one moment, or no exit 0.
 *
 * Every chunk that an earlier run finished is read again in the new snapshot. Equal digest: the
 * chunk belongs to the new epoch as it is. Different: it is copied again, where the table can mix
 * epochs (it is split by a key whose order C, source and target agree on, so the chunk's rows can
 * be deleted by their key range); any other table is emptied and copied anew. Before that, indexes
 * and foreign keys made earlier are undone, because rows of two moments stand side by side until
 * the last chunk has come, and a unique value may have moved from one chunk to another.
 */
#include "copy/job.h"

struct recheck {
    struct wb_copy_table *table;
    struct wb_copy_chunk *chunk;
    bool differs;
};

struct wb_recheck_list {
    struct recheck *items;
    size_t n;
    _Atomic size_t next; /* taken by workers */
};

static enum wb_code read_again(struct wb_job *job, struct wb_conn *reader, struct recheck *k,
                               struct wb_error *err) {
    struct wb_chunk_reader *r = NULL;
    const struct wb_batch *batch = NULL;
    enum wb_code code =
        wb_chunk_reader_open(job, reader, k->table, &k->chunk->ledger.range, &r, err);
    while (!code && !(code = wb_chunk_reader_next(r, &batch, err)) && batch)
        atomic_fetch_add_explicit(&k->table->rows, batch->n_rows, memory_order_relaxed);
    if (!code) {
        struct wb_arena a = {0};
        struct wb_ledger_chunk now = {0};
        wb_chunk_reader_result(r, &a, &now);
        k->differs = !wb_digest_equal(&now.digest, &k->chunk->ledger.digest);
        wb_computed_keep(job, k->table, k->chunk, wb_chunk_reader_computed(r));
        wb_arena_done(&a);
        if (!k->differs)
            atomic_fetch_add_explicit(&k->table->bytes, k->chunk->ledger.bytes,
                                      memory_order_relaxed);
        else
            atomic_fetch_sub_explicit(&k->table->rows, now.digest.rows, memory_order_relaxed);
    }
    wb_chunk_reader_free(r);
    return code ? wb_error_wrap(err, "table %s, chunk %u, read again", k->table->name,
                                k->chunk->ledger.number + 1)
                : WB_OK;
}

static enum wb_code read_some(struct wb_job *job, unsigned worker, struct wb_error *err) {
    struct wb_recheck_list *list = job->recheck;
    for (;;) {
        size_t i = atomic_fetch_add(&list->next, 1);
        if (i >= list->n || wb_job_stopping(job))
            return WB_OK;
        enum wb_code code = read_again(job, job->readers[worker], &list->items[i], err);
        if (code)
            return code;
    }
}

static struct wb_recheck_list *make_list(struct wb_job *job) {
    struct wb_recheck_list *list = WB_NEW(&job->arena, struct wb_recheck_list);
    size_t cap = 0;
    for (size_t i = 0; i < job->n_tables; i++)
        for (size_t c = 0; c < job->tables[i].n_chunks; c++)
            if (job->tables[i].chunks[c].ledger.done)
                *WB_PUSH(&job->arena, list->items, list->n, cap) =
                    (struct recheck){.table = &job->tables[i], .chunk = &job->tables[i].chunks[c]};
    return list;
}

/* Undo what stands on the rows of all tables of two moments: everything but the keys themselves. */
static enum wb_code undo_steps(struct wb_job *job, struct wb_error *err) {
    for (size_t i = job->n_steps; i-- > 0;) {
        struct wb_copy_step *s = &job->steps[i];
        enum wb_ddl_part part = s->ddl->part;
        bool object = part == WB_DDL_INDEX || part == WB_DDL_CONSTRAINT ||
                      part == WB_DDL_FOREIGN_KEY || part == WB_DDL_OBJECT;
        bool falls = part == WB_DDL_VALIDATE ||
                     part == WB_DDL_COMMENT; /* with what it is about; to be done again */
        if (!s->done || s->ddl->key || !(falls || (object && s->ddl->drop_sql)))
            continue;
        enum wb_code code = wb_job_undo_step(job, s, job->control, err);
        if (code)
            return code;
        job->steps_open[s->ddl->part]++;
    }
    return WB_OK;
}

static void reopen_in_memory(struct wb_copy_table *t, struct wb_copy_chunk *chunk,
                             bool keep_epoch) {
    if (!chunk->ledger.done)
        return;
    chunk->ledger.done = false;
    chunk->recopied = true;
    chunk->kept = false;
    if (!keep_epoch)
        chunk->ledger.epoch = 0;
    t->chunks_open++;
}

static enum wb_code empty_table(struct wb_job *job, struct wb_copy_table *t, struct wb_error *err) {
    const struct wb_range all = {.kind = WB_RANGE_ALL};
    enum wb_code code =
        job->target_engine->write->delete_range(job->control, t->to, &all, NULL, err);
    if (!code)
        code = wb_ledger_reopen_table(&job->ledger, job->control, t->number, err);
    if (code)
        return wb_error_wrap(err, "table %s: emptying it", t->name);
    for (size_t c = 0; c < t->n_chunks; c++)
        reopen_in_memory(t, &t->chunks[c], false);
    atomic_store(&t->rows, 0);
    atomic_store(&t->bytes, 0);
    return WB_OK;
}

static enum wb_code settle_one(struct wb_job *job, struct recheck *k, struct wb_error *err) {
    if (!k->differs) {
        if (!k->chunk->ledger.done)
            return WB_OK; /* its table was emptied for another chunk's sake */
        enum wb_code code = wb_ledger_confirm_chunk(&job->ledger, job->control, &k->chunk->ledger,
                                                    job->run.epoch, err);
        k->chunk->ledger.epoch = job->run.epoch;
        return code;
    }
    if (!k->table->mixable)
        return k->chunk->ledger.done ? empty_table(job, k->table, err) : WB_OK;
    enum wb_code code = wb_ledger_reopen_chunk(&job->ledger, job->control, &k->chunk->ledger, err);
    if (!code)
        reopen_in_memory(k->table, k->chunk, true);
    return code;
}

/* A finished copy may be in use: rows that were written to it since must not be taken back by a
 * later proof. */
static enum wb_code refuse_to_redo(struct wb_job *job, const struct wb_recheck_list *list,
                                   struct wb_error *err) {
    const char *name = "";
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].differs)
            name = list->items[i].table->name;
    wb_error_set(err, WB_E_SOURCE_CHANGED,
                 "the copy begun %s was done without proof, and the source has been written to "
                 "since (table %s)",
                 job->run.started, name);
    return wb_error_hint(err, "the target was left as it is; --restart removes it and copies anew");
}

/* What the reading has shown, in one transaction: after a crash it is found out again. */
static enum wb_code settle(struct wb_job *job, const struct wb_recheck_list *list,
                           struct wb_error *err) {
    const struct wb_write_ops *w = job->target_engine->write;
    bool any = false;
    for (size_t i = 0; i < list->n; i++) {
        list->items[i].chunk->kept = !list->items[i].differs;
        any |= list->items[i].differs;
    }
    if (any && job->was_done)
        return refuse_to_redo(job, list, err);
    enum wb_code code = any ? undo_steps(job, err) : WB_OK;
    if (!code)
        code = w->begin(job->control, err);
    if (code)
        return code;
    for (int differing = 1; !code && differing >= 0; differing--)
        for (size_t i = 0; !code && i < list->n; i++)
            if (list->items[i].differs == (bool)differing)
                code = settle_one(job, &list->items[i], err);
    if (!code)
        code = w->commit(job->control, true, err);
    if (code)
        w->rollback(job->control);
    return code;
}

enum wb_code wb_job_recheck(struct wb_job *job, struct wb_error *err) {
    job->recheck = make_list(job);
    if (job->recheck->n == 0)
        return WB_OK;
    wb_job_say(job, WB_COPY_PHASE,
               "reading %zu finished chunks again, to see whether the source has moved on",
               job->recheck->n);
    enum wb_code code = wb_job_parallel(job, read_some, err);
    if (!code)
        code = wb_job_check_epoch(job, err);
    return code ? code : settle(job, job->recheck, err);
}
