/* The end of a table: its differences in words, and what its rows come to. */
#include "verify/job.h"

#include "verify/outcome.h"
#include "verify/repair.h"

#include <stdlib.h>
#include <string.h>

enum { GROUP_ROWS = 100, GROUP_BYTES = 8 << 20 };

static void list_row(struct wb_verify_job *job, struct wb_verify_pair *p,
                     const struct wb_verify_row *row, struct wb_verify_difference *list) {
    struct wb_verify_table_report *t = p->report;
    pthread_mutex_lock(&job->lock);
    struct wb_verify_difference *d = &list[t->n_differences];
    wb_verify_describe_row(job, p, row, &job->report->arena, d);
    if (job->opts->repair != WB_VERIFY_NO_REPAIR)
        d->repair = wb_verify_repair_text(job, p, row, &job->report->arena);
    t->n_differences++;
    t->differences = list;
    struct wb_verify_difference told = *d;
    pthread_mutex_unlock(&job->lock);
    wb_verify_tell(job, &(struct wb_verify_event){
                            .kind = WB_VERIFY_DIFFERENCE, .table = t, .difference = &told});
}

static int compare_cells(const struct wb_cell *a, const struct wb_cell *b) {
    bool bytes = a->form == WB_FORM_TEXT || a->form == WB_FORM_BYTES;
    if (a->form != b->form)
        return a->form < b->form ? -1 : 1;
    if (!bytes)
        return a->i == b->i ? 0 : a->i < b->i ? -1 : 1;
    int c = memcmp(a->p, b->p, a->len < b->len ? a->len : b->len);
    return c ? c : a->len == b->len ? 0 : a->len < b->len ? -1 : 1;
}

/* Listed in the order of their keys, as people look for them. */
static int by_key(const void *x, const void *y, void *ctx) {
    const struct wb_verify_candidate *a = x, *b = y;
    const struct wb_verify_pair *p = ctx;
    for (size_t k = 0; k < p->compared.n_key; k++) {
        int c = compare_cells(&a->cells[k], &b->cells[k]);
        if (c)
            return c;
    }
    return 0;
}

size_t wb_verify_rows_within(const struct wb_verify_pair *p, size_t most, uint64_t bytes) {
    const struct wb_table *t = p->table[WB_SIDE_SOURCE];
    uint64_t row_bytes = t->est_rows ? t->est_bytes / t->est_rows + 1 : 1;
    uint64_t n = bytes / row_bytes;
    return n < 1 ? 1 : n > most ? most : (size_t)n;
}

/* The rows of what is believed to differ, for people, a group at a time. */
static enum wb_code list_differences(struct wb_verify_job *job, unsigned worker,
                                     struct wb_verify_pair *p, struct wb_error *err) {
    struct wb_verify_table_report *t = p->report;
    size_t step = atomic_load(&p->heavy) ? 1 : wb_verify_rows_within(p, GROUP_ROWS, GROUP_BYTES),
           most = job->max_differences;
    enum wb_code code = WB_OK;
    pthread_mutex_lock(&job->lock);
    struct wb_verify_difference *list =
        WB_NEW_N(&job->report->arena, struct wb_verify_difference,
                 (p->confirmed.n < most ? p->confirmed.n : most) + 1);
    pthread_mutex_unlock(&job->lock);
    t->n_differences = 0; /* of a try before */
    qsort_r(p->confirmed.items, p->confirmed.n, sizeof *p->confirmed.items, by_key, p);
    for (size_t at = 0; !code && at < p->confirmed.n && t->n_differences < most; at += step) {
        struct wb_arena a = {0};
        struct wb_verify_row *rows = NULL;
        size_t n = p->confirmed.n - at < step ? p->confirmed.n - at : step, n_rows = 0;
        code = wb_verify_fetch_rows(job, worker, p, &p->confirmed.items[at], n, &a, &rows, &n_rows,
                                    err);
        for (size_t i = 0; !code && i < n_rows && t->n_differences < most; i++)
            list_row(job, p, &rows[i], list);
        wb_arena_done(&a);
    }
    return code;
}

static bool differs(const struct wb_verify_table_report *t) {
    return t->missing_rows || t->extra_rows || t->changed_rows;
}

static const char *method_of(const struct wb_verify_job *job, const struct wb_verify_pair *p) {
    if (job->levels & WB_VERIFY_DIGESTS)
        return p->server ? "server MD5" : "streamed XXH3-128";
    if (job->levels & WB_VERIFY_SAMPLE)
        return "sample";
    return job->levels & WB_VERIFY_COUNTS ? "row count" : "";
}

static enum wb_verify_strength strength_of(const struct wb_verify_job *job,
                                           const struct wb_verify_pair *p) {
    if (p->failed || p->way == WB_VERIFY_BY_NOTHING)
        return WB_VERIFY_NOTHING;
    if (job->levels & WB_VERIFY_DIGESTS)
        return WB_VERIFY_BY_DIGEST;
    if (job->levels & WB_VERIFY_SAMPLE)
        return WB_VERIFY_BY_SAMPLE;
    return job->levels & WB_VERIFY_COUNTS ? WB_VERIFY_BY_COUNT : WB_VERIFY_NOTHING;
}

static void conclude(struct wb_verify_job *job, struct wb_verify_pair *p) {
    struct wb_verify_table_report *t = p->report;
    if (job->levels & WB_VERIFY_DIGESTS) {
        t->source_rows = t->source_digest.rows;
        t->target_rows = t->target_digest.rows;
    }
    if (t->unsettled_rows)
        wb_verify_add_why(job, p,
                          "%llu row%s kept changing while they were read again: verify when there "
                          "are fewer writes, or raise --settle",
                          (unsigned long long)t->unsettled_rows, t->unsettled_rows == 1 ? "" : "s");
    t->method = method_of(job, p);
    t->strength = strength_of(job, p);
    t->bytes = atomic_load(&p->bytes);
    t->ms = (wb_clock_monotonic_us() - p->first_us) / 1000;
    t->finished = wb_verify_now_text(job);
    if (!p->target)
        return; /* missing: said already */
    t->rows_outcome = differs(t)                                   ? WB_VERIFY_DIFFERENT
                      : p->why || t->strength == WB_VERIFY_NOTHING ? WB_VERIFY_UNVERIFIED
                                                                   : WB_VERIFY_EQUAL;
    t->why = p->why;
}

/* A table read by buckets is kept as one part, when it is equal. */
static enum wb_code keep_table(struct wb_verify_job *job, struct wb_verify_pair *p,
                               struct wb_error *err) {
    const struct wb_verify_table_report *t = p->report;
    if (!job->store.conn || p->way != WB_VERIFY_BY_BUCKETS || t->chunks_kept ||
        t->rows_outcome != WB_VERIFY_EQUAL ||
        !wb_digest_equal(&t->source_digest, &t->target_digest))
        return WB_OK;
    struct wb_verify_part part = {.table = p->number, .range = {.kind = WB_RANGE_ALL}};
    struct wb_digest d[WB_VERIFY_SIDES] = {t->source_digest, t->target_digest};
    enum wb_code code = wb_verify_store_add_parts(&job->store, &part, 1, err);
    return code ? code : wb_verify_store_done(&job->store, p->number, 0, 1, d, err);
}

enum wb_code wb_verify_finish(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                              struct wb_error *err) {
    enum wb_code code = p->failed ? WB_OK : wb_verify_count_overflow(job, worker, p, err);
    if (!code && p->confirmed.n)
        code = list_differences(job, worker, p, err);
    if (code)
        return code;
    conclude(job, p);
    code = keep_table(job, p, err);
    for (int s = 0; s < WB_VERIFY_SIDES; s++) {
        free(p->buckets[s]);
        p->buckets[s] = NULL;
    }
    wb_verify_conclude_table(job, p);
    wb_verify_tell(job,
                   &(struct wb_verify_event){.kind = WB_VERIFY_TABLE_DONE, .table = p->report});
    return code;
}
