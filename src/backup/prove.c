/* The proof: what was dumped is restored into a scratch database, which must then hold the same
 * tables, shaped the same, with the same rows. */
#include "backup/inside.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

/* --- comparing
 * ----------------------------------------------------------------------------------- */

static const struct wb_table *find_table(const struct wb_backup_tables *in, const char *schema,
                                         const char *name) {
    for (size_t i = 0; i < in->n; i++) {
        const struct wb_table *t = wb_catalog_find_table(&in->catalogs[i], NULL, name);
        if (t && (!*schema || wb_str_eq(in->catalogs[i].schema, schema)))
            return t;
    }
    return NULL;
}

static size_t count_objects(const struct wb_backup_tables *t) {
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->catalogs[i].n_objects; k++)
            n += !wb_str_eq(t->catalogs[i].objects[k].kind, "event"); /* they are not restored */
    return n;
}

/* What a table's definition lacks in the restored database; NULL: nothing. */
static const char *shape_differs(const struct wb_table *was, const struct wb_table *is,
                                 struct wb_arena *a) {
    const struct {
        const char *what;
        size_t was, is;
    } parts[] = {
        {"columns", was->n_columns, is->n_columns},
        {"indexes", was->n_indexes, is->n_indexes},
        {"foreign keys", was->n_fks, is->n_fks},
        {"checks", was->n_checks, is->n_checks},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].was != parts[i].is)
            return wb_arena_printf(a, "%zu of %zu %s", parts[i].is, parts[i].was, parts[i].what);
    for (size_t i = 0; i < was->n_columns; i++)
        if (!wb_str_eq(was->columns[i].name, is->columns[i].name))
            return wb_arena_printf(a, "no column %s", was->columns[i].name);
    return NULL;
}

static bool within(const struct wb_backup_table *t) {
    uint64_t low = t->before.rows, high = t->after.rows;
    if (low > high) {
        low = t->after.rows;
        high = t->before.rows;
    }
    return t->restored.rows >= low && t->restored.rows <= high;
}

static void judge(struct wb_backup_table *t, bool one_moment) {
    bool digests = t->has_digest;
    bool still = digests ? wb_digest_equal(&t->before, &t->after) : t->before.rows == t->after.rows;
    bool equal =
        digests ? wb_digest_equal(&t->before, &t->restored) : t->before.rows == t->restored.rows;
    t->how = digests ? WB_BACKUP_BY_DIGEST : WB_BACKUP_BY_ROWS;
    t->result = equal ? WB_BACKUP_EQUAL : one_moment ? WB_BACKUP_DIFFERS : WB_BACKUP_UNSURE;
    if (!still && !one_moment) {
        t->how = WB_BACKUP_BY_BOUNDS;
        t->result = within(t) ? WB_BACKUP_EQUAL : WB_BACKUP_UNSURE;
    }
}

static enum wb_code compare_table(struct wb_backup_job *job, struct wb_conn *c,
                                  const struct wb_backup_tables *is, struct wb_backup_table *t,
                                  const char **ret_why, struct wb_error *err) {
    struct wb_arena *a = &job->b->arena;
    const struct wb_table *there = find_table(is, t->schema, t->name);
    const struct wb_table *was = find_table(&job->tables, t->schema, t->name);
    enum wb_backup_how how = t->has_digest ? WB_BACKUP_BY_DIGEST : WB_BACKUP_BY_ROWS;
    t->result = WB_BACKUP_DIFFERS;
    if (!there) {
        *ret_why = wb_arena_printf(a, "table %s is missing", t->name);
        return WB_OK;
    }
    const char *lacks = was ? shape_differs(was, there, a) : NULL;
    if (lacks) {
        *ret_why = wb_arena_printf(a, "table %s has %s", t->name, lacks);
        return WB_OK;
    }
    enum wb_code code =
        wb_backup_measure(c, there, NULL, job->opts->cancel, &how, &t->restored, err);
    if (code)
        return code;
    t->has_digest = how == WB_BACKUP_BY_DIGEST;
    judge(t, job->b->one_moment);
    if (t->result != WB_BACKUP_EQUAL)
        *ret_why = wb_arena_printf(a, "table %s has %llu rows where %llu were dumped%s", t->name,
                                   (unsigned long long)t->restored.rows,
                                   (unsigned long long)t->before.rows,
                                   t->restored.rows == t->before.rows ? ", and other values" : "");
    return WB_OK;
}

static enum wb_code conclude(struct wb_backup_job *job, size_t differs, size_t unsure,
                             const char *why, struct wb_error *err) {
    struct wb_backup *b = job->b;
    if (!differs && !unsure)
        return WB_OK;
    b->failure =
        wb_arena_printf(&b->arena, "%s%s", why, differs + unsure > 1 ? ", and others" : "");
    if (differs)
        return wb_error_set(err, WB_E_RESTORE, "%s: %s", b->path, b->failure);
    wb_error_set(err, WB_E_UNPROVEN,
                 "%s: %s: the database was written to while the dump began, and this user may not "
                 "hold commits back for that moment",
                 b->path, b->failure);
    return wb_error_hint(err, "grant RELOAD (or LOCK TABLES) to this user, or make the backup when "
                              "less is written");
}

static void put_method(struct wb_backup_job *job) {
    struct wb_backup *b = job->b;
    size_t digests = 0, rows = 0, bounds = 0;
    for (size_t i = 0; i < b->n_tables; i++) {
        digests += b->tables[i].how == WB_BACKUP_BY_DIGEST;
        rows += b->tables[i].how == WB_BACKUP_BY_ROWS;
        bounds += b->tables[i].how == WB_BACKUP_BY_BOUNDS;
    }
    WB_CLEANUP_BUF struct wb_buf t = {0};
    wb_buf_addf(&t,
                "restored into %s and compared with the database %s: %zu table%s by digest of "
                "every value",
                b->scratch,
                b->one_moment ? "at the very moment of the dump"
                              : "just before and just after the dump began",
                digests, digests == 1 ? "" : "s");
    if (rows)
        wb_buf_addf(&t, ", %zu by the number of rows", rows);
    if (bounds)
        wb_buf_addf(&t, ", %zu by rows between both counts, since they changed meanwhile", bounds);
    if (b->n_files > 1)
        wb_buf_addf(&t, "; %s was not restored: its events would run", b->files[1].name);
    b->method = wb_arena_strdup(&b->arena, wb_buf_str(&t));
}

static enum wb_code compare_all(struct wb_backup_job *job, struct wb_conn *c,
                                struct wb_error *err) {
    struct wb_backup *b = job->b;
    struct wb_backup_tables is = {0};
    const char *why = NULL;
    size_t differs = 0, unsure = 0;
    enum wb_code code = wb_backup_describe(c, job->ops, &is, err);
    for (size_t i = 0; i < b->n_tables && !code; i++) {
        const char *now = NULL;
        code = compare_table(job, c, &is, &b->tables[i], &now, err);
        differs += !code && b->tables[i].result == WB_BACKUP_DIFFERS;
        unsure += !code && b->tables[i].result == WB_BACKUP_UNSURE;
        why = why ? why : now;
    }
    size_t had = count_objects(&job->tables), has = count_objects(&is);
    if (!code && job->tables.n && has < had) {
        why = wb_arena_printf(&b->arena, "%zu of %zu views, routines, triggers and sequences", has,
                              had);
        differs++;
    }
    wb_backup_tables_done(&is);
    if (!code) {
        put_method(job);
        code = conclude(job, differs, unsure, why, err);
    }
    return code;
}

/* --- restoring
 * ----------------------------------------------------------------------------------- */

/* The database's own refusals are what the test is for; a lost connection or a full disk of the
 * server are not the backup's fault, but it is not proven then either. */
static enum wb_code as_failed_test(enum wb_code code, struct wb_error *err) {
    bool refused = code == WB_E_SQL || code == WB_E_VALUE || code == WB_E_PRIVILEGE ||
                   code == WB_E_NOT_FOUND || code == WB_E_CONSTRAINT || code == WB_E_IO;
    if (refused && err) {
        err->code = WB_E_RESTORE;
        err->hint[0] = 0;
    }
    return refused ? WB_E_RESTORE : code;
}

static void told(void *ctx, uint64_t bytes) {
    const struct wb_backup_job *job = ctx;
    wb_backup_point("restore");
    if (job->opts->sink.bytes)
        job->opts->sink.bytes(job->opts->sink.ctx, bytes);
}

/* A scratch that is a file lies beside the backup's. */
static void name_scratch_file(struct wb_backup_job *job, const char *dir) {
    struct wb_backup_scratch *s = &job->scratch;
    s->name = wb_arena_printf(&s->arena, "%s/restored", dir);
    s->url = (struct wb_url){.scheme = job->b->engine, .database = s->name};
    s->url.redacted = "a file beside it";
}

enum wb_code wb_backup_prove(struct wb_backup_job *job, const char *dir, struct wb_error *err) {
    struct wb_backup *b = job->b;
    struct wb_backup_scratch *s = &job->scratch;
    struct wb_conn *into = NULL;
    struct wb_native_watch watch = {.cancel = job->opts->cancel, .bytes = told, .ctx = job};
    uint64_t began_us = wb_clock_monotonic_us();
    if (!s->ops->scratch_make)
        name_scratch_file(job, dir);
    b->scratch = wb_arena_strdup(&b->arena, s->url.redacted);
    wb_backup_say(job, "restoring into %s", b->scratch);
    struct wb_restore_spec spec = {.dir = dir,
                                   .files = b->files,
                                   .n_files = b->n_files,
                                   .to_file = s->admin ? NULL : s->name,
                                   .watch = &watch};
    enum wb_code code = s->admin ? wb_backup_scratch_connect(s, &into, err) : WB_OK;
    if (!code)
        code = job->ops->restore(into, &spec, err);
    if (!code && !s->admin)
        code = wb_backup_scratch_connect(s, &into, err);
    b->restore_ms = (wb_clock_monotonic_us() - began_us) / 1000;
    wb_backup_point("restored");
    if (code) {
        code = as_failed_test(code, err);
        b->failure = wb_arena_strdup(&b->arena, err ? err->text : "");
    } else {
        wb_backup_say(job, "comparing %zu tables", b->n_tables);
        code = compare_all(job, into, err);
    }
    wb_conn_close(into);
    b->verified = !code;
    b->verified_us = code ? 0 : job->clock.wall_us(job->clock.ctx);
    return code;
}
