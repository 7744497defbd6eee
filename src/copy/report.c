/* What a copy did, for people and for --json. */
#include "copy/job.h"

#include "base/clock.h"
#include "base/str.h"

/* With its schema only where that is not the one that everybody means. */
static const char *full_name(struct wb_arena *a, const char *schema, const char *usual,
                             const char *name) {
    bool told = schema && *schema && !wb_str_eq(schema, usual);
    return told ? wb_arena_printf(a, "%s.%s", schema, name) : wb_arena_strdup(a, name);
}

static void fill_table(struct wb_job *job, struct wb_copy_table *t,
                       struct wb_copy_table_report *r) {
    struct wb_arena *a = &job->report->arena;
    struct wb_copy_altered *altered = NULL;
    size_t cap = 0;
    *r = (struct wb_copy_table_report){
        .source = full_name(a, t->from->schema, job->source_catalog.schema, t->from->name),
        .target = full_name(a, t->to->schema, job->target_catalog.schema, t->to->name),
        .ms = (t->last_us - t->first_us) / 1000,
        .chunks = t->n_chunks,
        .target_digest = t->target_digest,
    };
    for (size_t i = 0; i < t->n_chunks; i++) {
        const struct wb_copy_chunk *k = &t->chunks[i];
        r->chunks_kept += k->kept;
        r->chunks_recopied += k->recopied;
        if (!k->ledger.done)
            continue;
        wb_digest_add(&r->source_digest, &k->ledger.digest);
        r->bytes += k->ledger.bytes;
        wb_altered_add(a, k->ledger.altered, &altered, &r->n_altered, &cap);
    }
    for (size_t i = 0; i < r->n_altered; i++)
        altered[i].column = wb_arena_strdup(a, altered[i].column);
    r->altered = altered;
    r->rows = r->source_digest.rows;
    if (t->proof == WB_PROOF_DONE)
        r->verdict = wb_digest_equal(&r->source_digest, &r->target_digest) ? WB_COPY_EQUAL
                                                                           : WB_COPY_DIFFERENT;
}

static void add_findings(struct wb_job *job) {
    struct wb_copy_report *r = job->report;
    const struct wb_findings *lists[] = {&job->source_catalog.findings,
                                         &job->target_catalog.findings};
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->n; i++) {
            const struct wb_finding *f = &lists[l]->items[i];
            wb_findings_add(&r->findings, &r->arena, f->severity, f->kind, f->object_kind,
                            f->object, f->hint, "%s", f->text);
        }
    for (size_t i = 0; i < job->n_steps; i++) {
        const struct wb_copy_step *s = &job->steps[i];
        if (s->refused)
            wb_findings_add(&r->findings, &r->arena, WB_WARNING, WB_FINDING_NOT_CARRIED,
                            s->ddl->object_kind, s->ddl->object, NULL, "the target refused it: %s",
                            s->why ? s->why : "");
    }
}

static uint64_t space_needed(const struct wb_job *job) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < job->n_tables; i++) {
        const struct wb_table *t = job->tables[i].from;
        bytes += t->est_bytes + t->est_rows * 28 +
                 t->est_rows * 16 * t->n_indexes; /* headers and index entries */
    }
    return bytes;
}

void wb_job_fill_report(struct wb_job *job) {
    struct wb_copy_report *r = job->report;
    char time[40];
    r->elapsed_ms = (wb_clock_monotonic_us() - job->started_us) / 1000;
    r->space_bytes = space_needed(job);
    r->moment = wb_arena_strdup(&r->arena, job->moment.position);
    if (job->moment.wall_us)
        r->moment_time =
            wb_arena_strdup(&r->arena, wb_clock_format(job->moment.wall_us, time, sizeof time));
    r->proof_skipped = job->opts->proof == WB_COPY_NO_PROOF;
    r->tables = WB_NEW_N(&r->arena, struct wb_copy_table_report, job->n_tables + 1);
    r->n_tables = job->n_tables;
    for (size_t i = 0; i < job->n_tables; i++) {
        fill_table(job, &job->tables[i], &r->tables[i]);
        r->rows += r->tables[i].rows;
        r->bytes += r->tables[i].bytes;
    }
    add_findings(job);
}

/* The report of a copy that was done before, from its ledger. */
enum wb_code wb_job_report_earlier(struct wb_job *job, struct wb_error *err) {
    struct wb_copy_report *r = job->report;
    struct wb_ledger_table *tables;
    struct wb_ledger_chunk *chunks;
    size_t n_tables, n_chunks, cap;
    enum wb_code code = wb_ledger_read_tables(&job->ledger, &r->arena, &tables, &n_tables, err);
    if (!code)
        code = wb_ledger_read_chunks(&job->ledger, &r->arena, &chunks, &n_chunks, err);
    if (code)
        return code;
    r->tables = WB_NEW_N(&r->arena, struct wb_copy_table_report, n_tables + 1);
    r->n_tables = n_tables;
    r->was_done_before = r->done = true;
    r->moment = wb_arena_strdup(&r->arena, job->run.moment);
    r->moment_time = wb_arena_strdup(&r->arena, job->run.started);
    r->proven = wb_str_eq(job->run.proof, "proven");
    r->proof_skipped = wb_str_eq(job->run.proof, "skipped");
    for (size_t i = 0, c = 0; i < n_tables; i++) {
        struct wb_copy_table_report *t = &r->tables[i];
        struct wb_copy_altered *altered = NULL;
        *t = (struct wb_copy_table_report){.source = tables[i].name, .target = tables[i].name};
        for (cap = 0; c < n_chunks && chunks[c].table == i; c++) {
            wb_digest_add(&t->source_digest, &chunks[c].digest);
            t->bytes += chunks[c].bytes;
            t->chunks++;
            wb_altered_add(&r->arena, chunks[c].altered, &altered, &t->n_altered, &cap);
        }
        t->altered = altered;
        t->rows = t->source_digest.rows;
        t->target_digest = tables[i].target_digest;
        t->verdict = tables[i].proven ? WB_COPY_EQUAL : WB_COPY_UNVERIFIED;
        r->rows += t->rows;
        r->bytes += t->bytes;
    }
    return WB_OK;
}

void wb_copy_report_free(struct wb_copy_report *r) {
    if (!r)
        return;
    struct wb_arena arena = r->arena; /* the report lives in its own arena */
    wb_arena_done(&arena);
}
