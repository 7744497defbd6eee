/* What a verification has to say, kept and told. */
#include "verify/job.h"

#include "base/str.h"

void wb_verify_add_finding(struct wb_verify_job *job, enum wb_verify_level level,
                           enum wb_verify_outcome outcome, const char *table, const char *object,
                           const char *hint, const char *text, ...) {
    struct wb_verify_report *r = job->report;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    va_list args;
    va_start(args, text);
    wb_buf_addv(&b, text, args);
    va_end(args);
    pthread_mutex_lock(&job->lock);
    struct wb_verify_finding *f = WB_PUSH(&r->arena, r->findings, r->n_findings, job->cap_findings);
    *f = (struct wb_verify_finding){.level = level,
                                    .outcome = outcome,
                                    .table = wb_arena_strdup(&r->arena, table),
                                    .object = wb_arena_strdup(&r->arena, object),
                                    .text = wb_arena_strdup(&r->arena, wb_buf_str(&b)),
                                    .hint = wb_arena_strdup(&r->arena, hint)};
    struct wb_verify_finding told = *f;
    pthread_mutex_unlock(&job->lock);
    wb_verify_tell(job, &(struct wb_verify_event){.kind = WB_VERIFY_FINDING, .finding = &told});
}

void wb_verify_add_why(struct wb_verify_job *job, struct wb_verify_pair *p, const char *fmt, ...) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    va_list args;
    va_start(args, fmt);
    wb_buf_addv(&b, fmt, args);
    va_end(args);
    pthread_mutex_lock(&job->lock);
    p->why = p->why ? wb_arena_printf(&job->report->arena, "%s; %s", p->why, wb_buf_str(&b))
                    : wb_arena_strdup(&job->report->arena, wb_buf_str(&b));
    pthread_mutex_unlock(&job->lock);
}
