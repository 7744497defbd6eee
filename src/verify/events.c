/* Telling the sink what is going on. Workers and the main thread take turns. */
#include "verify/job.h"

void wb_verify_tell(struct wb_verify_job *job, const struct wb_verify_event *e) {
    const struct wb_verify_sink *sink = &job->opts->sink;
    if (!sink->event)
        return;
    pthread_mutex_lock(&job->sink_lock);
    sink->event(sink->ctx, e);
    pthread_mutex_unlock(&job->sink_lock);
}

void wb_verify_say(struct wb_verify_job *job, enum wb_verify_event_kind kind, const char *fmt,
                   ...) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    va_list args;
    va_start(args, fmt);
    wb_buf_addv(&text, fmt, args);
    va_end(args);
    wb_verify_tell(job, &(struct wb_verify_event){.kind = kind, .text = wb_buf_str(&text)});
}

static const char *doing(const struct wb_verify_job *job, const struct wb_verify_pair *p) {
    if (job->paused)
        return job->paused;
    if (!p)
        return "comparing";
    switch (p->stage) {
    case WB_VERIFY_LOCATING:
        return "locating";
    case WB_VERIFY_SETTLING:
        return "settling";
    default:
        return "comparing";
    }
}

void wb_verify_tell_progress(struct wb_verify_job *job) {
    struct wb_verify_progress p = {.tables = job->n_pairs};
    const struct wb_verify_pair *active = NULL;
    pthread_mutex_lock(&job->lock);
    for (size_t i = 0; i < job->n_pairs; i++) {
        struct wb_verify_pair *q = &job->pairs[i];
        uint64_t rows = atomic_load(&q->rows), est = 0;
        if (q->table[WB_SIDE_SOURCE])
            est = q->table[WB_SIDE_SOURCE]->est_rows;
        p.rows += rows;
        p.bytes += atomic_load(&q->bytes);
        p.est_rows += q->stage == WB_VERIFY_FINISHED || rows > est ? rows : est;
        p.tables_done += q->stage == WB_VERIFY_FINISHED;
        p.differences += q->report->missing_rows + q->report->extra_rows + q->report->changed_rows;
        p.retried_rows += q->report->retried_rows;
        if (!active && q->stage > WB_VERIFY_WAITS && q->stage < WB_VERIFY_FINISHED)
            active = q;
    }
    p.table = active ? active->name : NULL;
    p.doing = doing(job, active);
    pthread_mutex_unlock(&job->lock);
    p.elapsed_ms = (job->clock->monotonic_us(job->clock->ctx) - job->started_us) / 1000;
    wb_verify_tell(job, &(struct wb_verify_event){.kind = WB_VERIFY_PROGRESS, .progress = &p});
}
