/* The start of a run: a target that is empty gets ledger and tables in one transaction; one that
 * holds an unfinished copy of ours is taken over; anything else is refused. */
#include "copy/job.h"

#include "base/clock.h"
#include "base/str.h"

#include <stdlib.h>
#include <unistd.h>

static bool fills_a_target(const struct wb_object *o) {
    return wb_str_eq(o->kind, "view") || wb_str_eq(o->kind, "materialized view") ||
           wb_str_eq(o->kind, "sequence") || wb_str_eq(o->kind, "foreign table");
}

static void add_name(struct wb_buf *b, size_t *n, const char *name) {
    if (++*n <= 5)
        wb_buf_addf(b, "%s%s", *n > 1 ? ", " : "", name);
}

static enum wb_code refuse_filled(struct wb_job *job, const struct wb_catalog *c,
                                  struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf names = {0};
    size_t n = 0;
    for (size_t i = 0; i < c->n_tables; i++)
        add_name(&names, &n, c->tables[i].name);
    for (size_t i = 0; i < c->n_objects; i++)
        if (fills_a_target(&c->objects[i]))
            add_name(&names, &n, c->objects[i].name);
    if (n == 0)
        return WB_OK;
    return wb_error_set(err, WB_E_TARGET_NOT_EMPTY,
                        "%s holds %zu table%s or view%s that whimbrel did not make: %s%s",
                        job->report->target, n, n == 1 ? "" : "s", n == 1 ? "" : "s",
                        wb_buf_str(&names), n > 5 ? ", …" : "");
}

enum wb_code wb_job_require_empty(struct wb_job *job, struct wb_error *err) {
    struct wb_describe_opts opts = {.schema = job->opts->target_schema};
    struct wb_catalog c = {0};
    enum wb_code code = job->target_engine->describe(job->control, &opts, &c, err);
    if (code)
        return wb_error_wrap(err, "looking whether the target is empty");
    code = refuse_filled(job, &c, err);
    wb_catalog_done(&c);
    return code;
}

static enum wb_code restart(struct wb_job *job, struct wb_error *err) {
    wb_job_say(job, WB_COPY_PHASE, "removing what the earlier copy of %s made", job->run.started);
    /* From here on the run is neither done nor to be continued: whatever happens, the next one goes
     * on undoing. */
    enum wb_code code = wb_ledger_set_state(&job->ledger, WB_RUN_CREATING, NULL, "", err);
    if (!code)
        code = wb_job_undo_all(&job->ledger, err);
    if (!code)
        code = wb_ledger_drop(&job->ledger, err);
    if (code)
        return code;
    job->run = (struct wb_ledger_run){.state = WB_RUN_NONE};
    job->restarted = true;
    return WB_OK;
}

static enum wb_code other_run(struct wb_job *job, const char *what, struct wb_error *err) {
    return wb_error_set(err, WB_E_OTHER_RUN, "the target holds %s copy of %s, begun %s, %s",
                        job->run.state == WB_RUN_DONE ? "a finished" : "an unfinished",
                        job->run.source, job->run.started, what);
}

/* A finished copy of another database is somebody's data: not even --restart touches it. */
static enum wb_code require_same_source(struct wb_job *job, struct wb_error *err) {
    if (wb_str_eq(job->run.source_identity, job->source_probe.identity))
        return WB_OK;
    other_run(job, "which is another database", err);
    if (job->run.state == WB_RUN_DONE)
        return wb_error_hint(
            err, "choose another database; or, to keep that copy and forget how it was made, run "
                 "whimbrel clean on the target, and then copy into another --schema");
    return wb_error_hint(
        err, "repeat that command to go on with it, or add --restart to remove what it made");
}

static enum wb_code require_same(struct wb_job *job, struct wb_error *err) {
    enum wb_code code = require_same_source(job, err);
    if (code || wb_str_eq(job->run.parameters, wb_job_parameters(job)))
        return code;
    other_run(job, "with other filters, names, casts or policies for names", err);
    return wb_error_hint(
        err,
        "repeat that command to go on with it; --restart removes what it made and begins anew; "
        "whimbrel clean keeps what it made and forgets it");
}

enum wb_code wb_job_look_at_target(struct wb_job *job, struct wb_error *err) {
    enum wb_code code = wb_ledger_read_run(&job->ledger, &job->arena, &job->run, err);
    if (!code && job->run.state == WB_RUN_CREATING)
        code = restart(job, err); /* half made or half undone: nothing in it counts */
    if (!code && job->run.state != WB_RUN_NONE && job->opts->restart == WB_COPY_RESTART) {
        code = job->run.state == WB_RUN_DONE ? require_same_source(job, err) : WB_OK;
        if (!code)
            code = restart(job, err);
    }
    job->was_done = job->run.state == WB_RUN_DONE;
    if (code)
        return code;
    return job->run.state == WB_RUN_NONE ? wb_job_require_empty(job, err) : require_same(job, err);
}

enum wb_code wb_job_open_writers(struct wb_job *job, struct wb_error *err) {
    enum wb_code code = WB_OK;
    for (unsigned i = 0; !code && i < job->jobs; i++)
        code = wb_job_connect(job, WB_SIDE_TARGET, &job->writers[i], err);
    return code;
}

static const char *runner_text(struct wb_arena *a) {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    return wb_arena_printf(a, "%s pid %ld", host, (long)getpid());
}

/* An optional statement may be refused without taking the others with it. */
static enum wb_code create_one(struct wb_job *job, struct wb_copy_step *s, struct wb_error *err) {
    const struct wb_engine *e = job->target_engine;
    bool guarded = s->ddl->optional && job->target_probe.transactional_ddl;
    enum wb_code code =
        guarded ? e->exec(job->control, "SAVEPOINT whimbrel_step", NULL, err) : WB_OK;
    if (code)
        return code;
    code = e->exec(job->control, s->ddl->sql, NULL, err);
    if (!code)
        return guarded ? e->exec(job->control, "RELEASE SAVEPOINT whimbrel_step", NULL, err)
                       : WB_OK;
    if (!wb_step_is_refusal(s, code))
        return wb_error_wrap(err, "making %s", s->name);
    s->refused = true;
    s->why = wb_arena_strdup(&job->arena, err->text);
    code =
        guarded ? e->exec(job->control, "ROLLBACK TO SAVEPOINT whimbrel_step", NULL, err) : WB_OK;
    return code ? code
                : wb_ledger_set_step(&job->ledger, job->control, s->number, true, s->why, err);
}

static enum wb_code create_tables(struct wb_job *job, struct wb_error *err) {
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < job->n_steps; i++)
        if (job->steps[i].ddl->part == WB_DDL_PREPARE || job->steps[i].ddl->part == WB_DDL_TABLE)
            code = create_one(job, &job->steps[i], err);
    return code;
}

static enum wb_code write_run(struct wb_job *job, enum wb_run_state state, struct wb_error *err) {
    char now[40];
    struct wb_ledger_table *tables =
        WB_NEW_N(&job->arena, struct wb_ledger_table, job->n_tables + 1);
    struct wb_ledger_step *steps = WB_NEW_N(&job->arena, struct wb_ledger_step, job->n_steps + 1);
    for (size_t i = 0; i < job->n_tables; i++)
        tables[i] = (struct wb_ledger_table){.name = job->tables[i].to->name,
                                             .structure = job->tables[i].structure};
    for (size_t i = 0; i < job->n_steps; i++)
        steps[i] = (struct wb_ledger_step){.name = job->steps[i].name,
                                           .undo = job->steps[i].ddl->drop_sql,
                                           .done = job->steps[i].done};
    job->run = (struct wb_ledger_run){
        .state = state,
        .format = WB_LEDGER_FORMAT,
        .token = 1,
        .epoch = 1,
        .source_identity = job->source_probe.identity,
        .source = job->report->source,
        .parameters = job->parameters,
        .structure = job->structure,
        .scans = job->scans,
        .moment = job->moment.position,
        .started =
            wb_arena_strdup(&job->arena, wb_clock_format(wb_clock_wall_us(), now, sizeof now)),
        .runner = runner_text(&job->arena),
        .proof = "",
    };
    return wb_ledger_begin_run(&job->ledger, &job->run, tables, job->n_tables, steps, job->n_steps,
                               err);
}

static enum wb_code begin_at_once(struct wb_job *job, struct wb_error *err) {
    const struct wb_write_ops *w = job->target_engine->write;
    enum wb_code code = w->begin(job->control, err);
    if (!code)
        code = wb_ledger_create(&job->ledger, err);
    if (!code)
        code = write_run(job, WB_RUN_LOADING, err);
    if (!code)
        code = create_tables(job, err);
    if (!code)
        code = w->commit(job->control, true, err);
    if (code)
        w->rollback(job->control);
    return code;
}

/* Where DDL is not transactional: the intent first (the ledger names all that will be made), then
 * the statements. */
static enum wb_code begin_in_steps(struct wb_job *job, struct wb_error *err) {
    const struct wb_write_ops *w = job->target_engine->write;
    enum wb_code code = wb_ledger_create(&job->ledger, err);
    if (!code && !(code = w->begin(job->control, err))) {
        code = write_run(job, WB_RUN_CREATING, err);
        if (!code)
            code = w->commit(job->control, true, err);
        if (code)
            w->rollback(job->control);
    }
    if (!code)
        code = create_tables(job, err);
    if (!code)
        code = wb_ledger_set_state(&job->ledger, WB_RUN_LOADING, NULL, "", err);
    return code;
}

static enum wb_code load_chunks(struct wb_job *job, struct wb_error *err) {
    struct wb_ledger_table *tables;
    struct wb_ledger_chunk *chunks;
    size_t n_tables, n_chunks;
    enum wb_code code = wb_ledger_read_tables(&job->ledger, &job->arena, &tables, &n_tables, err);
    if (!code)
        code = wb_ledger_read_chunks(&job->ledger, &job->arena, &chunks, &n_chunks, err);
    if (code)
        return code;
    for (size_t i = 0; i < n_tables && i < job->n_tables; i++)
        job->tables[i].split = tables[i].split;
    for (size_t i = 0, end; i < n_chunks; i = end) {
        for (end = i; end < n_chunks && chunks[end].table == chunks[i].table; end++)
            ;
        if (chunks[i].table >= job->n_tables)
            return wb_error_set(err, WB_E_INTERNAL,
                                "the ledger has chunks of a table %u that it does not list",
                                chunks[i].table);
        struct wb_copy_table *t = &job->tables[chunks[i].table];
        t->n_chunks = end - i;
        t->chunks = WB_NEW_N(&job->arena, struct wb_copy_chunk, t->n_chunks);
        for (size_t c = 0; c < t->n_chunks; c++) {
            t->chunks[c].ledger = chunks[i + c];
            t->chunks_open += !chunks[i + c].done;
        }
    }
    return WB_OK;
}

/* Steps are matched by name, in order: whether a sequence is set depends on the data and may differ
 * between runs. */
static enum wb_code load_steps(struct wb_job *job, struct wb_error *err) {
    struct wb_ledger_step *steps;
    size_t n, next = 0;
    enum wb_code code = wb_ledger_read_steps(&job->ledger, &job->arena, &steps, &n, err);
    for (size_t i = 0; !code && i < job->n_steps; i++) {
        struct wb_copy_step *s = &job->steps[i];
        if (s->ddl->part ==
            WB_DDL_SEQUENCE) { /* set anew, for next values move on; but not under an application */
            s->done = job->was_done;
            job->steps_open[WB_DDL_SEQUENCE] -= job->was_done;
            continue;
        }
        while (next < n && !wb_str_eq(steps[next].name, s->name))
            next++;
        if (next == n)
            return wb_error_set(err, WB_E_INTERNAL, "the ledger does not know the step \"%s\"",
                                s->name);
        s->number = steps[next].number;
        if (steps[next].done && !s->done) {
            s->done = true;
            s->refused = steps[next].refused;
            s->why = steps[next].why;
            job->steps_open[s->ddl->part]--;
        }
        next++;
    }
    return code;
}

static const struct wb_ledger_table *find_recorded(const struct wb_ledger_table *tables, size_t n,
                                                   const char *name) {
    for (size_t i = 0; i < n; i++)
        if (wb_str_eq(tables[i].name, name))
            return &tables[i];
    return NULL;
}

/* Which tables are new, gone or changed since this copy was begun. */
static enum wb_code name_what_changed(struct wb_job *job, struct wb_error *err) {
    struct wb_ledger_table *tables;
    size_t n, same = 0;
    WB_CLEANUP_BUF struct wb_buf names = {0};
    enum wb_code code = wb_ledger_read_tables(&job->ledger, &job->arena, &tables, &n, err);
    if (code)
        return code;
    for (size_t i = 0; i < job->n_tables; i++) {
        const struct wb_ledger_table *was = find_recorded(tables, n, job->tables[i].to->name);
        same += was != NULL;
        if (!was || !wb_str_eq(was->structure, job->tables[i].structure))
            wb_buf_addf(&names, "%s%s (%s)", names.len ? ", " : "", job->tables[i].name,
                        was ? "changed" : "new");
    }
    if (same < n)
        wb_buf_addf(&names, "%s%zu table%s gone", names.len ? ", " : "", n - same,
                    n - same == 1 ? "" : "s");
    wb_error_set(err, WB_E_SOURCE_CHANGED,
                 "since this copy was begun %s the source's schema has changed: %s",
                 job->run.started, names.len ? wb_buf_str(&names) : "its views or other objects");
    return wb_error_hint(
        err, "run the same command with --restart to begin anew with the schema as it is now");
}

static enum wb_code take_over(struct wb_job *job, struct wb_error *err) {
    if (!wb_str_eq(job->run.structure, job->structure))
        return name_what_changed(job, err);
    enum wb_code code = wb_ledger_take_over(&job->ledger, &job->run, job->moment.position,
                                            runner_text(&job->arena), err);
    if (!code)
        code = load_chunks(job, err);
    if (!code)
        code = load_steps(job, err);
    return code;
}

enum wb_code wb_job_begin(struct wb_job *job, struct wb_error *err) {
    job->report->resumed = job->run.state != WB_RUN_NONE;
    if (job->report->resumed) {
        wb_job_say(job, WB_COPY_PHASE, "continuing the copy begun %s", job->run.started);
        return take_over(job, err);
    }
    wb_job_say(job, WB_COPY_PHASE, "making %zu table%s in the target", job->n_tables,
               job->n_tables == 1 ? "" : "s");
    return job->target_probe.transactional_ddl ? begin_at_once(job, err) : begin_in_steps(job, err);
}
