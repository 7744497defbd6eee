/* Opening an epoch: all readers at one moment, with the tables' definitions held still.
 *
 * The schema was read before the snapshot, to know what to hold; it is read again under the
 * snapshot's locks and must be the same, table by table. Otherwise somebody changed it in between,
 * and the epoch is opened anew.
 */
#include "copy/job.h"

#include "base/str.h"

enum { EPOCH_TRIES = 3 };

static enum wb_code open_readers(struct wb_job *job, struct wb_error *err) {
    enum wb_code code = WB_OK;
    for (unsigned i = 0; !code && i < job->jobs; i++)
        if (!job->readers[i])
            code = wb_job_connect(job, WB_SIDE_SOURCE, &job->readers[i], err);
    return code;
}

static enum wb_code join_all(struct wb_job *job, struct wb_error *err) {
    const struct wb_read_ops *ops = job->source_engine->read;
    struct wb_snapshot_opts opts = {.catalog = &job->selected,
                                    .n_readers = job->jobs,
                                    .lock_tables = job->opts->locking == WB_COPY_LOCK_TABLES,
                                    .cancel = job->opts->cancel};
    enum wb_code code = ops->snapshot_begin(job->keeper, &opts, &job->snapshot, err);
    for (unsigned i = 0; !code && i < job->jobs; i++)
        code = ops->snapshot_join(job->readers[i], job->snapshot, err);
    if (!code)
        code = ops->snapshot_ready(job->snapshot, &job->arena, &job->moment, err);
    return code ? wb_error_wrap(err, "opening the snapshot of the source") : WB_OK;
}

/* The first table that is new, or whose definition is not as it was read; NULL where there is none.
 */
static const char *changed_table(const struct wb_rules *rules, const struct wb_catalog *before,
                                 const struct wb_catalog *now) {
    for (size_t i = 0; i < now->n_tables; i++) {
        const struct wb_table *is = &now->tables[i];
        if (wb_rules_selects(rules, is->schema, is->name) &&
            !wb_catalog_find_table(before, is->schema, is->name))
            return is->name;
    }
    for (size_t i = 0; i < before->n_tables; i++) {
        const struct wb_table *was = &before->tables[i];
        const struct wb_table *is = wb_catalog_find_table(now, was->schema, was->name);
        if (!is || !wb_str_eq(was->fingerprint, is->fingerprint))
            return was->name;
    }
    return NULL;
}

static enum wb_code check_definitions(struct wb_job *job, const char **ret_changed,
                                      struct wb_error *err) {
    struct wb_catalog now = {0};
    struct wb_describe_opts opts = {0};
    enum wb_code code = job->source_engine->describe(job->readers[0], &opts, &now, err);
    if (code)
        return code;
    const char *name = changed_table(job->opts->rules, &job->selected, &now);
    *ret_changed = name ? wb_arena_strdup(&job->arena, name) : NULL;
    wb_catalog_done(&now);
    return WB_OK;
}

enum wb_code wb_job_open_epoch(struct wb_job *job, struct wb_error *err) {
    wb_job_say(job, WB_COPY_PHASE, "opening one snapshot for %u reader%s", job->jobs,
               job->jobs == 1 ? "" : "s");
    for (int try = 0; try < EPOCH_TRIES; try++) {
        const char *changed = NULL;
        enum wb_code code = open_readers(job, err);
        if (!code)
            code = join_all(job, err);
        if (!code)
            code = check_definitions(job, &changed, err);
        if (code)
            return code;
        if (!changed)
            return WB_OK;
        wb_job_close_epoch(job);
        code = wb_job_read_source(job, err);
        if (code)
            return code;
    }
    return wb_error_set(err, WB_E_SOURCE_CHANGED,
                        "the source's schema kept changing while the snapshot was opened");
}

enum wb_code wb_job_check_epoch(struct wb_job *job, struct wb_error *err) {
    const struct wb_read_ops *ops = job->source_engine->read;
    enum wb_code code =
        job->snapshot && ops->snapshot_check ? ops->snapshot_check(job->snapshot, err) : WB_OK;
    return code ? wb_error_wrap(err, "what held the source's snapshot is gone") : WB_OK;
}

void wb_job_close_epoch(struct wb_job *job) {
    for (unsigned i = 0; i < job->jobs; i++) {
        wb_conn_close(job->readers[i]);
        job->readers[i] = NULL;
    }
    if (job->snapshot)
        job->source_engine->read->snapshot_end(job->snapshot);
    job->snapshot = NULL;
}
