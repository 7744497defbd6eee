/* Looking before leaping: tables are read once and shaped without writing, so that a value that
 * would be refused is refused before the first row moves, with all its fellows and their number.
 * Small tables always, large ones with
 * --scan all (otherwise theirs are met as they pass). A table none of whose columns could be
 * refused is not read.
 */
#include "copy/job.h"

#include <inttypes.h>

enum { AUTO_BYTES = 8 << 20, LISTED_MAX = 12 };

struct refused {
    const struct wb_copy_table *table;
    const struct wb_column *column;
    enum wb_issue issue;
    uint64_t values;
};

struct wb_preflight {
    struct wb_copy_table **tables;
    size_t n_tables;
    _Atomic size_t next;
    struct refused *refused; /* under the job's lock */
    size_t n_refused, cap;
};

static void keep_refused(struct wb_job *job, struct wb_copy_table *t,
                         const struct wb_chunk_reader *r) {
    struct wb_preflight *p = job->preflight;
    const struct wb_altered *altered;
    size_t n = wb_chunk_reader_altered(r, &altered);
    pthread_mutex_lock(&job->lock);
    for (size_t i = 0; i < n; i++)
        if (altered[i].action == WB_ACTION_REFUSE)
            *WB_PUSH(&job->shared_arena, p->refused, p->n_refused, p->cap) = (struct refused){
                t, &t->from->columns[t->to->columns[altered[i].column].source_index],
                altered[i].issue, altered[i].values};
    pthread_mutex_unlock(&job->lock);
}

static enum wb_code look_through(struct wb_job *job, struct wb_copy_table *t, struct wb_conn *c,
                                 struct wb_error *err) {
    const struct wb_range all = {.kind = WB_RANGE_ALL};
    struct wb_shape_opts opts = job->shape_opts;
    struct wb_chunk_reader *r = NULL;
    const struct wb_batch *batch = NULL;
    opts.count_refused = true;
    enum wb_code code = wb_chunk_reader_open_with(job, c, t, &all, &opts, &r, err);
    while (!code && wb_chunk_reader_may_alter(r) &&
           !(code = wb_chunk_reader_next(r, &batch, err)) && batch)
        ;
    if (!code)
        keep_refused(job, t, r);
    wb_chunk_reader_free(r);
    return code ? wb_error_wrap(err, "table %s: looking through its values", t->name) : WB_OK;
}

static enum wb_code look_with(struct wb_job *job, struct wb_conn *c, struct wb_error *err) {
    struct wb_preflight *p = job->preflight;
    for (;;) {
        size_t i = atomic_fetch_add(&p->next, 1);
        if (i >= p->n_tables || wb_job_stopping(job))
            return WB_OK;
        enum wb_code code = look_through(job, p->tables[i], c, err);
        if (code)
            return code;
    }
}

static enum wb_code look_some(struct wb_job *job, unsigned worker, struct wb_error *err) {
    return look_with(job, job->readers[worker], err);
}

/* All that would be refused, in one message. */
static enum wb_code refuse(struct wb_job *job, struct wb_error *err) {
    const struct wb_preflight *p = job->preflight;
    WB_CLEANUP_BUF struct wb_buf text = {0}, policies = {0};
    bool told[WB_ISSUE_COUNT] = {false};
    for (size_t i = 0; i < p->n_refused; i++) {
        const struct refused *r = &p->refused[i];
        if (i < LISTED_MAX)
            wb_buf_addf(&text, "%s%s.%s has %s (%s) in %" PRIu64 " row%s", i ? "; " : "",
                        r->table->name, r->column->name, wb_issue_text(r->issue),
                        wb_issue_word(r->issue), r->values, r->values == 1 ? "" : "s");
        if (!told[r->issue])
            wb_buf_addf(&policies, " --policy %s=replace", wb_issue_word(r->issue));
        told[r->issue] = true;
    }
    if (p->n_refused > LISTED_MAX)
        wb_buf_addf(&text, "; and %zu more columns", p->n_refused - LISTED_MAX);
    wb_error_set(err, WB_E_VALUE, "%s: %s", job->target_engine->title, wb_buf_str(&text));
    return wb_error_hint(
        err,
        "nothing was copied; correct the source, change a type with --cast, or say what to do with "
        "such values:%s (or =null; docs/values.md says what each does)",
        wb_buf_str(&policies));
}

enum wb_code wb_job_preflight(struct wb_job *job, bool readers, struct wb_error *err) {
    struct wb_preflight *p = job->preflight = WB_NEW(&job->arena, struct wb_preflight);
    p->tables = WB_NEW_N(&job->arena, struct wb_copy_table *, job->n_tables + 1);
    for (size_t i = 0; i < job->n_tables; i++)
        if (job->opts->scan == WB_COPY_SCAN_ALL || job->tables[i].from->est_bytes <= AUTO_BYTES)
            p->tables[p->n_tables++] = &job->tables[i];
    enum wb_code code =
        readers ? wb_job_parallel(job, look_some, err) : look_with(job, job->keeper, err);
    if (code)
        return code;
    return p->n_refused ? refuse(job, err) : WB_OK;
}
