/* Telling the sink what is going on. Workers and the main thread take turns. */
#include "copy/job.h"

#include "base/clock.h"

static void tell(struct wb_job *job, const struct wb_copy_event *e) {
    const struct wb_copy_sink *sink = &job->opts->sink;
    if (!sink->event)
        return;
    pthread_mutex_lock(&job->sink_lock);
    sink->event(sink->ctx, e);
    pthread_mutex_unlock(&job->sink_lock);
}

void wb_job_say(struct wb_job *job, enum wb_copy_event_kind kind, const char *fmt, ...) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    va_list args;
    va_start(args, fmt);
    wb_buf_addv(&text, fmt, args);
    va_end(args);
    tell(job, &(struct wb_copy_event){.kind = kind, .text = wb_buf_str(&text)});
}

static struct wb_copy_table_progress table_progress(const struct wb_copy_table *t) {
    return (struct wb_copy_table_progress){
        .name = t->name,
        .rows = atomic_load(&((struct wb_copy_table *)t)->rows),
        .bytes = atomic_load(&((struct wb_copy_table *)t)->bytes),
        .est_rows = t->from->est_rows,
        .est_bytes = t->from->est_bytes,
    };
}

void wb_job_table_done(struct wb_job *job, const struct wb_copy_table *t) {
    struct wb_copy_table_progress p = table_progress(t);
    tell(job, &(struct wb_copy_event){.kind = WB_COPY_TABLE_DONE, .table = &p});
}

/* What most of the work is now. */
static const char *doing(const struct wb_copy_progress *p) {
    if (p->tables_done < p->tables)
        return "copying";
    if (p->steps_done < p->steps)
        return "building indexes and constraints";
    return "proving";
}

void wb_job_progress(struct wb_job *job) {
    struct wb_copy_table_progress active[WB_COPY_MAX_JOBS];
    struct wb_copy_progress p = {.active = active, .tables = job->n_tables, .steps = job->n_steps};
    pthread_mutex_lock(&job->lock);
    for (size_t i = 0; i < job->n_tables; i++) {
        struct wb_copy_table *t = &job->tables[i];
        struct wb_copy_table_progress one = table_progress(t);
        bool loaded = t->split && t->chunks_open == 0;
        p.rows += one.rows;
        p.bytes += one.bytes;
        p.est_rows += loaded || one.rows > one.est_rows ? one.rows : one.est_rows;
        p.est_bytes += loaded || one.bytes > one.est_bytes ? one.bytes : one.est_bytes;
        p.proven_rows += atomic_load(&t->proven_rows);
        p.tables_done += loaded;
        if (t->chunks_running && p.n_active < WB_COPY_MAX_JOBS)
            active[p.n_active++] = one;
    }
    for (size_t i = 0; i < job->n_steps; i++)
        p.steps_done += job->steps[i].done;
    p.doing = doing(&p);
    pthread_mutex_unlock(&job->lock);
    p.elapsed_ms = (wb_clock_monotonic_us() - job->started_us) / 1000;
    tell(job, &(struct wb_copy_event){.kind = WB_COPY_PROGRESS, .progress = &p});
}
