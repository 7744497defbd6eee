/* Which piece of work may be done next.
 *
 * There is no list of tasks: the state of tables and steps says what is ready, and a worker that is
 * free takes the first that is, in this order:
 *
 *   rows     the largest table first: cut it into chunks, then its chunks
 *   indexes  of tables whose rows are all there, keys first; side by side, also of one table
 *   keys     constraints made of indexes: one at a time a table, after its indexes
 *   analyze  of tables whose indexes are there: foreign keys are checked by queries, which want
 * statistics proof    reading back what the target holds, in parts foreign keys, when every table
 * has its keys, and then their checks; sequences, comments, views and triggers
 *
 * A worker waits while nothing is ready but something is running that may make it so.
 */
#include "copy/job.h"

static bool rows_done(const struct wb_copy_table *t) {
    return t->split && t->chunks_open == 0;
}

static bool take_rows(struct wb_job *job, struct wb_task *ret) {
    for (size_t i = 0; i < job->n_tables; i++) {
        struct wb_copy_table *t = job->by_size[i];
        if (!t->split) {
            if (t->splitting)
                continue;
            t->splitting = true;
            *ret = (struct wb_task){.kind = WB_TASK_SPLIT, .table = t};
            return true;
        }
        if (t->chunks_open <= t->chunks_running)
            continue;
        for (size_t c = 0; c < t->n_chunks; c++) {
            if (t->chunks[c].ledger.done || t->chunks[c].running)
                continue;
            t->chunks[c].running = true;
            t->chunks_running++;
            *ret = (struct wb_task){.kind = WB_TASK_CHUNK, .table = t, .chunk = &t->chunks[c]};
            return true;
        }
    }
    return false;
}

static bool table_steps_done(const struct wb_job *job, int table, enum wb_ddl_part part) {
    for (size_t i = 0; i < job->n_steps; i++) {
        const struct wb_copy_step *s = &job->steps[i];
        if (s->ddl->part == part && s->ddl->table == table && !s->done)
            return false;
    }
    return true;
}

static bool all_rows_done(const struct wb_job *job) {
    for (size_t i = 0; i < job->n_tables; i++)
        if (!rows_done(&job->tables[i]))
            return false;
    return true;
}

/* Statements that take a lock which nothing else on the table suffers. */
static bool wants_to_be_alone(enum wb_ddl_part part) {
    return part == WB_DDL_CONSTRAINT || part == WB_DDL_FOREIGN_KEY || part == WB_DDL_VALIDATE;
}

static bool step_ready(const struct wb_job *job, const struct wb_copy_step *s) {
    const struct wb_copy_table *t = s->ddl->table >= 0 ? &job->tables[s->ddl->table] : NULL;
    if (t && !rows_done(t))
        return false;
    bool busy = t && (t->steps_running || t->proofs_taken > t->proofs_done);
    if (t && (t->alone_running || (wants_to_be_alone(s->ddl->part) && busy)))
        return false;
    switch (s->ddl->part) {
    case WB_DDL_PREPARE:
    case WB_DDL_TABLE:
    case WB_DDL_INDEX:
        return true;
    case WB_DDL_CONSTRAINT:
    case WB_DDL_ANALYZE:
        return !t || table_steps_done(job, s->ddl->table, WB_DDL_INDEX);
    case WB_DDL_FOREIGN_KEY:
        return job->steps_open[WB_DDL_INDEX] == 0 && job->steps_open[WB_DDL_CONSTRAINT] == 0 &&
               all_rows_done(job);
    case WB_DDL_VALIDATE:
        return job->steps_open[WB_DDL_FOREIGN_KEY] == 0 && job->steps_open[WB_DDL_ANALYZE] == 0;
    case WB_DDL_SEQUENCE:
        return all_rows_done(job);
    case WB_DDL_COMMENT: /* on indexes and constraints, too */
        return job->steps_open[WB_DDL_INDEX] == 0 && job->steps_open[WB_DDL_CONSTRAINT] == 0 &&
               job->steps_open[WB_DDL_FOREIGN_KEY] == 0 && job->steps_open[WB_DDL_VALIDATE] == 0 &&
               all_rows_done(job);
    case WB_DDL_OBJECT: /* one after another: a view may stand on another */
        for (enum wb_ddl_part p = WB_DDL_PREPARE; p < WB_DDL_OBJECT; p++)
            if (job->steps_open[p])
                return false;
        return all_rows_done(job) && !job->object_running;
    }
    return false;
}

static void take_step(struct wb_job *job, struct wb_copy_step *s, struct wb_task *ret) {
    s->running = true;
    if (s->ddl->part == WB_DDL_OBJECT)
        job->object_running = true;
    if (s->ddl->table >= 0) {
        struct wb_copy_table *t = &job->tables[s->ddl->table];
        t->steps_running++;
        t->alone_running = wants_to_be_alone(s->ddl->part);
    }
    *ret = (struct wb_task){.kind = WB_TASK_STEP, .step = s};
}

/* Of the steps of one part that are ready: the key's before others, the largest table's first. */
static bool take_part(struct wb_job *job, enum wb_ddl_part part, struct wb_task *ret) {
    struct wb_copy_step *best = NULL;
    uint64_t best_rows = 0;
    if (job->steps_open[part] == 0)
        return false;
    for (size_t i = 0; i < job->n_steps; i++) {
        struct wb_copy_step *s = &job->steps[i];
        if (s->ddl->part != part || s->done || s->running || !step_ready(job, s))
            continue;
        uint64_t rows = s->ddl->table >= 0 ? job->tables[s->ddl->table].rows : 0;
        if (best &&
            (best->ddl->key > s->ddl->key || (best->ddl->key == s->ddl->key && best_rows >= rows)))
            continue;
        best = s;
        best_rows = rows;
    }
    if (best)
        take_step(job, best, ret);
    return best != NULL;
}

static bool take_proof(struct wb_job *job, struct wb_task *ret) {
    if (job->opts->proof == WB_COPY_NO_PROOF)
        return false;
    for (size_t i = 0; i < job->n_tables; i++) {
        struct wb_copy_table *t = job->by_size[i];
        if (!rows_done(t) || t->alone_running)
            continue;
        if (t->proof == WB_PROOF_WAITS) {
            t->proof = WB_PROOF_PLANNING;
            *ret = (struct wb_task){.kind = WB_TASK_PLAN_PROOF, .table = t};
            return true;
        }
        if (t->proof == WB_PROOF_READS && t->proofs_taken < t->n_proof_ranges) {
            *ret = (struct wb_task){
                .kind = WB_TASK_PROVE, .table = t, .proof_range = t->proofs_taken++};
            return true;
        }
    }
    return false;
}

static bool take_any(struct wb_job *job, struct wb_task *ret) {
    static const enum wb_ddl_part early[] = {WB_DDL_CONSTRAINT, WB_DDL_INDEX, WB_DDL_ANALYZE};
    static const enum wb_ddl_part late[] = {WB_DDL_FOREIGN_KEY, WB_DDL_VALIDATE, WB_DDL_SEQUENCE,
                                            WB_DDL_COMMENT, WB_DDL_OBJECT};
    if (take_rows(job, ret))
        return true;
    for (size_t i = 0; i < sizeof early / sizeof early[0]; i++)
        if (take_part(job, early[i], ret))
            return true;
    if (take_proof(job, ret))
        return true;
    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++)
        if (take_part(job, late[i], ret))
            return true;
    return false;
}

bool wb_job_next_task(struct wb_job *job, struct wb_task *ret) {
    bool found = false;
    pthread_mutex_lock(&job->lock);
    while (!job->stopping && !(found = take_any(job, ret)) && job->busy > 0)
        pthread_cond_wait(&job->changed, &job->lock);
    if (found)
        job->busy++;
    else
        pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
    return found;
}

static void step_done(struct wb_job *job, struct wb_copy_step *s) {
    s->running = false;
    s->done = true;
    job->steps_open[s->ddl->part]--;
    if (s->ddl->part == WB_DDL_OBJECT)
        job->object_running = false;
    if (s->ddl->table < 0)
        return;
    struct wb_copy_table *t = &job->tables[s->ddl->table];
    t->steps_running--;
    if (wants_to_be_alone(s->ddl->part))
        t->alone_running = false;
}

void wb_job_task_done(struct wb_job *job, const struct wb_task *task) {
    struct wb_copy_table *loaded = NULL;
    pthread_mutex_lock(&job->lock);
    job->busy--;
    if (task->kind == WB_TASK_CHUNK) {
        task->chunk->running = false;
        task->table->chunks_running--;
        if (--task->table->chunks_open == 0)
            loaded = task->table;
    } else if (task->kind == WB_TASK_STEP) {
        step_done(job, task->step);
    }
    job->reading_done = all_rows_done(job);
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
    if (loaded)
        wb_job_table_done(job, loaded);
}
