/* One step around the rows: an index, a constraint, a sequence, statistics. Its ledger row and,
 * where the engine allows it, the statement itself are one transaction; elsewhere the catalog is
 * asked first whether a crash came between the two. */
#include "copy/job.h"

enum { TRIES = 5 };

static enum wb_code run_statement(struct wb_job *job, const struct wb_copy_step *s,
                                  struct wb_conn *c, struct wb_error *err) {
    if (!job->target_probe.transactional_ddl && s->ddl->exists_sql) {
        struct wb_arena a = {0};
        struct wb_rows rows = {0};
        enum wb_code code = c->engine->query(c, s->ddl->exists_sql, &a, &rows, err);
        wb_arena_done(&a);
        if (code || rows.n_rows > 0)
            return code;
    }
    return c->engine->exec(c, s->ddl->sql, NULL, err);
}

/* Sequences are set at the end of every run and are no part of the ledger; but not by a runner that
 * slept until an application uses them. */
static enum wb_code note(struct wb_job *job, const struct wb_copy_step *s, struct wb_conn *c,
                         bool done, const char *why, struct wb_error *err) {
    if (s->ddl->part == WB_DDL_SEQUENCE)
        return wb_ledger_require_mine(&job->ledger, c, err);
    return wb_ledger_set_step(&job->ledger, c, s->number, done, why, err);
}

static enum wb_code record(struct wb_job *job, const struct wb_copy_step *s, struct wb_conn *c,
                           bool done, const char *why, struct wb_error *err) {
    const struct wb_write_ops *w = c->engine->write;
    enum wb_code code = w->begin(c, err);
    if (!code)
        code = note(job, s, c, done, why, err);
    if (!code)
        code = w->commit(c, false, err);
    if (code)
        w->rollback(c);
    return code;
}

static enum wb_code run_once(struct wb_job *job, const struct wb_copy_step *s, struct wb_conn *c,
                             struct wb_error *err) {
    const struct wb_write_ops *w = c->engine->write;
    if (!job->target_probe.transactional_ddl) {
        enum wb_code code = run_statement(job, s, c, err);
        return code ? code : record(job, s, c, true, NULL, err);
    }
    enum wb_code code = w->begin(c, err);
    if (!code)
        code = note(job, s, c, true, NULL, err);
    if (!code)
        code = run_statement(job, s, c, err);
    if (!code)
        code = w->commit(c, false, err);
    if (code)
        w->rollback(c);
    return code;
}

/* The target's "no" to an optional statement is a finding; a lost connection or a full disk is not
 * a "no". */
bool wb_step_is_refusal(const struct wb_copy_step *s, enum wb_code code) {
    enum wb_class cls = wb_error_class(code);
    bool refusal = code == WB_E_SQL || code == WB_E_NOT_FOUND || cls == WB_CLASS_DATA;
    return s->ddl->optional && refusal;
}

static enum wb_code refuse(struct wb_job *job, struct wb_copy_step *s, struct wb_conn *c,
                           const struct wb_error *why, struct wb_error *err) {
    enum wb_code code = record(job, s, c, true, why->text, err);
    if (code)
        return code;
    pthread_mutex_lock(&job->lock);
    s->refused = true;
    s->why = wb_arena_strdup(&job->shared_arena, why->text);
    pthread_mutex_unlock(&job->lock);
    return WB_OK;
}

enum wb_code wb_job_do_step(struct wb_job *job, struct wb_copy_step *s, struct wb_conn *writer,
                            struct wb_error *err) {
    enum wb_code code = WB_OK;
    int deadlocks = 0;
    do { /* a lock is waited for as long as it takes: our own steps on other tables, or somebody's
            reader, hold it */
        code = wb_cancel_check(job->opts->cancel, err);
        if (!code)
            code = run_once(job, s, writer, err);
        deadlocks += code == WB_E_DEADLOCK;
    } while (!wb_job_stopping(job) &&
             (code == WB_E_LOCK_TIMEOUT || (code == WB_E_DEADLOCK && deadlocks < TRIES)));
    if (!code)
        return WB_OK;
    if (wb_step_is_refusal(s, code)) {
        struct wb_error why = *err;
        return refuse(job, s, writer, &why, err);
    }
    if (code == WB_E_VALUE && s->ddl->part == WB_DDL_INDEX)
        wb_error_hint(err, "shorten the values in the source and run the same command again: it "
                           "continues; or drop the index there and add --restart");
    return wb_error_wrap(err, "%s", s->name);
}

enum wb_code wb_job_undo_step(struct wb_job *job, struct wb_copy_step *s, struct wb_conn *writer,
                              struct wb_error *err) {
    const struct wb_write_ops *w = writer->engine->write;
    enum wb_code code = WB_OK;
    if (!job->target_probe.transactional_ddl) {
        code = s->refused || !s->ddl->drop_sql
                   ? WB_OK
                   : writer->engine->exec(writer, s->ddl->drop_sql, NULL, err);
        if (!code)
            code = record(job, s, writer, false, NULL, err);
    } else if (!(code = w->begin(writer, err))) {
        if (!s->refused && s->ddl->drop_sql)
            code = writer->engine->exec(writer, s->ddl->drop_sql, NULL, err);
        if (!code)
            code = wb_ledger_set_step(&job->ledger, writer, s->number, false, NULL, err);
        if (!code)
            code = w->commit(writer, false, err);
        if (code)
            w->rollback(writer);
    }
    if (code)
        return wb_error_wrap(err, "undoing %s", s->name);
    s->done = s->refused = false;
    return WB_OK;
}
