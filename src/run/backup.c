/* Backup steps and "backup verified within …": built in where the front matter names a folder, else
 * by its command. */
#include "backup/backup.h"
#include "engine/registry.h"
#include "run/inside.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

/* A path of the front matter: beside the plan unless it is absolute. */
static const char *beside(const char *plan, const char *path, struct wb_arena *a) {
    const char *slash = strrchr(plan, '/');
    if (*path == '/' || !slash)
        return wb_arena_strdup(a, path);
    return wb_arena_printf(a, "%.*s/%s", (int)(slash - plan), plan, path);
}

static enum wb_code read_url(const struct wb_plan_text *t, struct wb_arena *a,
                             const struct wb_url **ret, struct wb_error *err) {
    struct wb_url *url = WB_NEW(a, struct wb_url);
    *ret = NULL;
    if (!t->value)
        return WB_OK;
    if (t->incomplete)
        return wb_error_set(err, WB_E_PLAN, "line %u: a variable is not set in the environment",
                            t->place.line);
    enum wb_code code = wb_url_parse(t->value, a, url, err);
    *ret = code ? NULL : url;
    return code;
}

static bool same_engine(const struct wb_url *x, const struct wb_url *y) {
    const struct wb_engine *a = NULL, *b = NULL;
    return !wb_registry_find(x->scheme, &a, NULL) && !wb_registry_find(y->scheme, &b, NULL) &&
           a == b;
}

enum wb_code wb_run_backup_opts(const struct wb_plan *plan, const char *path,
                                enum wb_plan_side named, struct wb_arena *a,
                                struct wb_backup_opts *ret, struct wb_error *err) {
    const struct wb_plan_backup *b = &plan->front.backup_made;
    enum wb_plan_side of =
        named == WB_PLAN_SIDE_SOURCE || named == WB_PLAN_SIDE_TARGET ? named : b->of;
    enum wb_side side = of == WB_PLAN_SIDE_TARGET ? WB_SIDE_TARGET : WB_SIDE_SOURCE;
    const struct wb_url *urls[2] = {0};
    *ret = (struct wb_backup_opts){.side = side, .scratch_side = WB_SIDE_TARGET, .keep = b->keep};
    enum wb_code code = read_url(&plan->front.source, a, &urls[WB_SIDE_SOURCE], err);
    if (!code)
        code = read_url(&plan->front.target, a, &urls[WB_SIDE_TARGET], err);
    if (!code)
        code = read_url(&b->scratch, a, &ret->scratch, err);
    if (code)
        return wb_error_wrap(err, "%s", path);
    if (!urls[side])
        return wb_error_set(err, WB_E_PLAN, "%s: the front matter names no %s to back up", path,
                            side ? "target" : "source");
    ret->url = urls[side];
    ret->to = b->to.value ? beside(path, b->to.value, a) : NULL;
    /* The source's server is the one that has enough to do. */
    if (!ret->scratch && urls[WB_SIDE_TARGET] && same_engine(urls[0], urls[1]))
        ret->scratch = urls[WB_SIDE_TARGET];
    return WB_OK;
}

static enum wb_code read_opts(struct wb_run *r, enum wb_plan_side named, struct wb_arena *a,
                              struct wb_backup_opts *ret, struct wb_error *err) {
    enum wb_code code = wb_run_backup_opts(r->plan, r->opts->path, named, a, ret, err);
    ret->clock = r->clock;
    ret->pin = &r->pin[ret->side];
    return code;
}

/* --- the step
 * ------------------------------------------------------------------------------------ */

static void told_step(void *ctx, const char *text) {
    struct wb_job *job = ctx;
    pthread_mutex_lock(&job->lock);
    snprintf(job->progress, sizeof job->progress, "%.190s", text);
    pthread_mutex_unlock(&job->lock);
}

static void told_bytes(void *ctx, uint64_t bytes) {
    struct wb_job *job = ctx;
    char size[40];
    pthread_mutex_lock(&job->lock);
    size_t said = strcspn(job->progress, ":");
    snprintf(job->progress + said, sizeof job->progress - said, ": %s",
             wb_str_human_bytes(bytes, size, sizeof size));
    pthread_mutex_unlock(&job->lock);
}

static void make(struct wb_job *job) {
    struct wb_arena a = {0};
    struct wb_error err = {0};
    struct wb_backup_opts o;
    struct wb_backup b = {0};
    char rows[40], size[40], took[40];
    enum wb_code code = read_opts(job->run, job->task->step->side, &a, &o, &err);
    if (!code) {
        o.cancel = &job->cancel;
        o.sink = (struct wb_backup_sink){told_step, told_bytes, job};
        code = wb_backup_make(&o, &b, &err);
    }
    if (code)
        wb_job_fails(job, &err);
    else
        wb_job_says(job, WB_JOB_DONE, "%s: %s, %zu tables, %s rows; restored and compared in %s",
                    b.path, wb_str_human_bytes(b.bytes, size, sizeof size), b.n_tables,
                    wb_str_human_count(b.rows, rows, sizeof rows),
                    wb_str_human_ms(b.restore_ms, took, sizeof took));
    job->nothing_done = true; /* a backup that is not proven does no harm */
    wb_backup_done(&b);
    wb_arena_done(&a);
}

void wb_run_backup(struct wb_job *job) {
    const struct wb_plan_front *f = &job->run->plan->front;
    job->nothing_done = true;
    if (f->backup_made.to.value) {
        make(job);
        return;
    }
    if (!f->backup.value) {
        wb_job_says(job, WB_JOB_FAILED,
                    "the front matter does not say how: add \"backup:\" with a folder, or with a "
                    "command that makes the backup and tests it");
        return;
    }
    wb_run_script(job, f->backup.value, 0);
}

/* --- before the run
 * ------------------------------------------------------------------------------ */

static bool is_done(const struct wb_run *r, const struct wb_program_phase *p,
                    const struct wb_task *t) {
    const struct wb_run_phase *phase = wb_run_phase_of(&r->state, p->number);
    const struct wb_run_item *item = phase ? wb_run_item_of(phase, t->id) : NULL;
    return (phase && phase->state == WB_RUN_DONE) || (item && item->state == WB_IS_PASSED);
}

enum wb_code wb_run_backups_ready(struct wb_run *r, struct wb_error *err) {
    bool looked[4] = {0};
    enum wb_code code = WB_OK;
    for (size_t i = 0; i < r->program.n_phases && r->plan->front.backup_made.to.value; i++) {
        const struct wb_program_phase *p = &r->program.phases[i];
        for (size_t k = 0; k < p->n_tasks && !code; k++) {
            const struct wb_task *t = &p->tasks[k];
            struct wb_arena a = {0};
            struct wb_backup_opts o;
            if (t->does != WB_DOES_BACKUP || looked[t->step->side] || is_done(r, p, t))
                continue;
            looked[t->step->side] = true;
            code = read_opts(r, t->step->side, &a, &o, err);
            o.cancel = r->opts->cancel;
            if (!code)
                code = wb_backup_check(&o, err);
            if (code)
                wb_error_wrap(err, "%s:%u: no backup could be made", r->plan->path, t->place.line);
            wb_arena_done(&a);
        }
    }
    return code;
}

/* --- the criterion
 * ------------------------------------------------------------------------------- */

void wb_run_judge_backup(struct wb_job *job, int64_t max_age_ms) {
    struct wb_run *r = job->run;
    struct wb_arena a = {0};
    struct wb_error err = {0};
    struct wb_backup_opts o;
    char why[500];
    if (read_opts(r, WB_PLAN_SIDE_NONE, &a, &o, &err)) {
        wb_job_fails(job, &err);
    } else if (!r->state.identity[o.side]) {
        wb_job_says(job, WB_JOB_FAILED, "it is not known yet which database the %s is",
                    o.side ? "target" : "source");
    } else if (wb_backup_find(o.to, r->state.identity[o.side], max_age_ms,
                              r->clock.wall_us(r->clock.ctx), &job->cancel, why, sizeof why)) {
        wb_job_says(job, WB_JOB_DONE, "%s", why);
    } else {
        wb_job_says(job, WB_JOB_FAILED, "%s; make one: whimbrel backup %s", why, r->opts->path);
    }
    job->canceled = wb_cancel_signo(&job->cancel) != 0;
    job->samples = 1;
    wb_arena_done(&a);
}
