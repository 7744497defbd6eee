/* Making a backup, step by step: what could refuse it first, then the dump with the measure of its
 * very moment, then the proof, and last, in this order: scratch dropped, manifest written, folder
 * named. A kill at any point leaves a ".part" folder and perhaps a scratch database, which nobody
 * holds any more; the next run removes both. */
#include "backup/inside.h"

#include "base/str.h"
#include "engine/registry.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void wb_backup_point(const char *point) {
    if (wb_str_eq(getenv("WHIMBREL_TEST_BACKUP"), point))
        kill(getpid(), SIGKILL);
}

void wb_backup_say(const struct wb_backup_job *job, const char *fmt, ...) {
    char text[400];
    va_list args;
    if (!job->opts->sink.step)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    job->opts->sink.step(job->opts->sink.ctx, text);
}

static void told(void *ctx, uint64_t bytes) {
    const struct wb_backup_job *job = ctx;
    wb_backup_point("dump");
    if (job->opts->sink.bytes)
        job->opts->sink.bytes(job->opts->sink.ctx, bytes);
}

/* --- before anything begins
 * ---------------------------------------------------------------------- */

static enum wb_code connect(struct wb_backup_job *job, struct wb_conn **ret, struct wb_error *err) {
    struct wb_open_opts opts = {.side = job->opts->side, .purpose = WB_TO_LOOK, .pin = job->pin};
    return wb_registry_open(job->opts->url, &opts, ret, err);
}

static enum wb_code look(struct wb_backup_job *job, struct wb_error *err) {
    struct wb_backup *b = job->b;
    const struct wb_engine *e = NULL;
    enum wb_code code = wb_registry_find(job->opts->url->scheme, &e, err);
    if (!code && !e->native)
        code = wb_error_set(err, WB_E_UNSUPPORTED, "%s has no backups", e->title);
    if (!code)
        code = connect(job, &job->keeper, err);
    if (!code)
        code = connect(job, &job->reader, err);
    if (!code)
        code = job->keeper->engine->probe(job->keeper, &b->arena, &job->probe, err);
    if (code)
        return code;
    job->ops = e->native;
    b->engine = e->name;
    b->product = wb_arena_printf(&b->arena, "%s %s", job->probe.product, job->probe.version);
    b->identity = job->probe.identity;
    b->url = wb_arena_strdup(&b->arena, job->opts->url->redacted);
    b->database = wb_arena_strdup(&b->arena, job->opts->url->database);
    if (!b->database)
        b->database = "";
    return job->ops->check(job->keeper, &b->arena, &b->tool, err);
}

static enum wb_code prepare(struct wb_backup_job *job, struct wb_error *err) {
    const struct wb_backup_opts *o = job->opts;
    job->b->began_us = job->clock.wall_us(job->clock.ctx);
    enum wb_code code = look(job, err);
    if (!code)
        code = wb_backup_folder_make(o->to, job->b->database, job->b->began_us, &job->folder, err);
    if (!code)
        code = wb_backup_check_room(job->folder.path,
                                    job->probe.used_bytes / 100 * job->ops->percent, err);
    if (!code)
        code = wb_backup_scratch_open(&job->scratch, job->ops, o->scratch ? o->scratch : o->url,
                                      o->scratch ? o->scratch_side : o->side, err);
    if (!code && job->ops->scratch_make)
        code = wb_backup_scratch_make(&job->scratch, job->keeper, err);
    if (!code)
        job->b->path = wb_arena_strndup(&job->b->arena, job->folder.path,
                                        strlen(job->folder.path) - strlen(WB_BACKUP_PART));
    return code;
}

/* --- the dump
 * ------------------------------------------------------------------------------------ */

/* Reader, dump and snapshot of one moment; where that cannot be, a second reader of a moment behind
 * the dump's beginning. */
static enum wb_code open_moment(struct wb_backup_job *job, struct wb_error *err) {
    const struct wb_read_ops *read = job->keeper->engine->read;
    struct wb_backup *b = job->b;
    struct wb_moment moment = {0};
    bool held = !job->ops->joins && job->probe.max_readers > 1, in_moment = false;
    struct wb_snapshot_opts so = {.n_readers = held ? 2 : 1,
                                  .lock_tables = job->opts->locking == WB_BACKUP_LOCK_TABLES,
                                  .cancel = job->opts->cancel};
    struct wb_dump_spec spec = {
        .dir = job->folder.path, .name = job->folder.name, .watch = &job->watch};
    enum wb_code code = read->snapshot_begin(job->keeper, &so, &job->snapshot, err);
    if (code == WB_E_NOT_TRANSACTIONAL)
        wb_error_hint(err, "convert them to InnoDB, or allow a read lock on them during the dump: "
                           "whimbrel backup --lock-tables");
    if (!code)
        code = read->snapshot_join(job->reader, job->snapshot, err);
    spec.snapshot = job->snapshot;
    if (!code)
        code = job->ops->dump_begin(job->reader, &spec, &job->dump, &in_moment, err);
    if (!code)
        code = read->snapshot_ready(job->snapshot, &b->arena, &moment, err);
    b->one_moment = in_moment && (held || job->ops->joins);
    if (!code && !b->one_moment && !(code = connect(job, &job->late, err)))
        code = read->snapshot_join(job->late, job->snapshot, err);
    b->moment_us = job->clock.wall_us(job->clock.ctx);
    b->position = moment.position;
    return code;
}

static enum wb_code run_dump(struct wb_backup_job *job, struct wb_error *err) {
    struct wb_backup *b = job->b;
    uint64_t began_us = wb_clock_monotonic_us();
    wb_backup_say(job, "dumping %s with %s", b->url, b->tool);
    enum wb_code code = open_moment(job, err);
    if (!code)
        code = job->ops->dump_run(job->dump, &b->arena, &b->files, &b->n_files, err);
    for (size_t i = 0; !code && i < b->n_files; i++)
        b->bytes += b->files[i].bytes;
    b->dump_ms = (wb_clock_monotonic_us() - began_us) / 1000;
    return code;
}

static enum wb_code measure_one(struct wb_backup_job *job, const struct wb_catalog *c,
                                const struct wb_table *t, struct wb_backup_table *ret,
                                struct wb_error *err) {
    struct wb_arena *a = &job->b->arena;
    enum wb_backup_how how = WB_BACKUP_BY_DIGEST;
    ret->schema = job->ops->schemas ? wb_arena_strdup(a, c->schema) : "";
    ret->name = wb_arena_strdup(a, t->name);
    enum wb_code code = wb_backup_measure(job->reader, t, job->snapshot, job->opts->cancel, &how,
                                          &ret->before, err);
    ret->after = ret->before;
    if (!code && job->late)
        code = wb_backup_measure(job->late, t, NULL, job->opts->cancel, &how, &ret->after, err);
    ret->has_digest = how == WB_BACKUP_BY_DIGEST;
    job->b->rows += ret->before.rows;
    return code;
}

/* What the tables held at that moment. */
static enum wb_code measure(struct wb_backup_job *job, struct wb_error *err) {
    struct wb_backup *b = job->b;
    const struct wb_read_ops *read = job->keeper->engine->read;
    enum wb_code code = wb_backup_describe(job->reader, job->ops, &job->tables, err);
    size_t n = code ? 0 : wb_backup_tables_count(&job->tables);
    wb_backup_say(job, "counting the rows of %zu tables at that moment", n);
    b->tables = WB_NEW_N(&b->arena, struct wb_backup_table, n + 1);
    for (size_t i = 0; i < job->tables.n && !code; i++)
        for (size_t k = 0; k < job->tables.catalogs[i].n_tables && !code; k++)
            code = measure_one(job, &job->tables.catalogs[i], &job->tables.catalogs[i].tables[k],
                               &b->tables[b->n_tables++], err);
    if (!code && read->snapshot_check)
        code = read->snapshot_check(job->snapshot, err);
    return code;
}

/* The source is needed no longer. */
static void let_go(struct wb_backup_job *job) {
    if (job->ops)
        job->ops->dump_done(job->dump);
    job->dump = NULL;
    wb_conn_close(job->late);
    wb_conn_close(job->reader);
    if (job->snapshot)
        job->keeper->engine->read->snapshot_end(job->snapshot);
    wb_conn_close(job->keeper);
    job->late = job->reader = job->keeper = NULL;
    job->snapshot = NULL;
}

/* --- all of it
 * ----------------------------------------------------------------------------------- */

static void init(struct wb_backup_job *job, const struct wb_backup_opts *opts,
                 struct wb_backup *b) {
    *b = (struct wb_backup){0};
    *job = (struct wb_backup_job){.opts = opts, .b = b, .folder.lock_fd = -1};
    wb_pin_init(&job->own_pin, NULL);
    job->pin = opts->pin ? opts->pin : &job->own_pin;
    job->clock = opts->clock.wall_us ? opts->clock : wb_clock_system;
    job->watch = (struct wb_native_watch){.cancel = opts->cancel, .bytes = told, .ctx = job};
}

static void done(struct wb_backup_job *job) {
    let_go(job);
    if (job->scratch.ops)
        wb_backup_scratch_done(&job->scratch);
    wb_backup_folder_remove(&job->folder);
    wb_backup_tables_done(&job->tables);
    wb_pin_done(&job->own_pin);
}

enum wb_code wb_backup_check(const struct wb_backup_opts *opts, struct wb_error *err) {
    struct wb_backup_job job;
    struct wb_backup b;
    init(&job, opts, &b);
    enum wb_code code = prepare(&job, err);
    done(&job);
    wb_backup_done(&b);
    return code;
}

/* proof: how the proof ended; its error counts most, then that there is no backup, then a scratch
 * database that could not be dropped. */
static enum wb_code publish(struct wb_backup_job *job, enum wb_code proof, struct wb_error *err) {
    struct wb_backup *b = job->b;
    struct wb_error at_drop, at_end;
    enum wb_code dropped = wb_backup_scratch_drop(&job->scratch, &at_drop);
    wb_backup_point("manifest");
    enum wb_code code = wb_backup_write_manifest(job->folder.path, b, &at_end);
    if (!code)
        code = wb_backup_folder_publish(&job->folder, &b->arena, &b->path, &at_end);
    if (!code && !proof)
        wb_backup_keep(job->opts->to, b->identity, job->opts->keep);
    if (proof)
        return proof;
    if (code || dropped)
        *err = code ? at_end : at_drop;
    return code ? code : dropped;
}

enum wb_code wb_backup_make(const struct wb_backup_opts *opts, struct wb_backup *ret,
                            struct wb_error *err) {
    struct wb_backup_job job;
    struct wb_error own = {0};
    init(&job, opts, ret);
    enum wb_code code = prepare(&job, &own);
    if (!code)
        code = run_dump(&job, &own);
    wb_backup_point("dumped");
    if (!code)
        code = measure(&job, &own);
    if (!code) {
        let_go(&job);
        code = wb_backup_prove(&job, job.folder.path, &own);
        if (code != WB_E_CANCELED)
            code = publish(&job, code, &own);
    }
    if (code && err)
        *err = own;
    done(&job);
    return code;
}

/* --- proving one again
 * --------------------------------------------------------------------------- */

enum wb_code wb_backup_prove_again(const char *path, const struct wb_backup_opts *opts,
                                   struct wb_backup *ret, struct wb_error *err) {
    struct wb_backup_job job;
    struct wb_error own = {0};
    const struct wb_engine *e = NULL;
    const struct wb_url *server = opts->scratch ? opts->scratch : opts->url;
    init(&job, opts, ret);
    enum wb_code code = wb_backup_read(path, ret, &own);
    if (!code)
        code = wb_registry_find(ret->engine, &e, &own);
    job.ops = e ? e->native : NULL;
    if (!code && job.ops->scratch_make && !server)
        code = wb_error_set(&own, WB_E_USAGE, "restoring a backup of %s needs a server: --scratch",
                            e->title);
    if (!code)
        code = wb_backup_scratch_open(&job.scratch, job.ops, server,
                                      opts->scratch ? opts->scratch_side : opts->side, &own);
    if (!code && job.ops->scratch_make)
        code = wb_backup_scratch_make(&job.scratch, job.scratch.admin, &own);
    if (!code) {
        code = wb_backup_prove(&job, ret->path, &own);
        enum wb_code dropped = wb_backup_scratch_drop(&job.scratch, code ? NULL : &own);
        code = code ? code : dropped;
        if (code != WB_E_CANCELED) {
            struct wb_error other;
            enum wb_code wrote = wb_backup_write_manifest(ret->path, ret, &other);
            if (wrote && !code)
                own = other;
            code = code ? code : wrote;
        }
    }
    if (code && err)
        *err = own;
    done(&job);
    return code;
}
