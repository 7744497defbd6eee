/* From the source's catalog to the target's, and to the tables and steps of this job. */
#include "copy/job.h"

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Answers of the scans, by numbers in the selected catalog. */
static bool scanned(void *ctx, const struct wb_table *t, uint32_t column, enum wb_scan_kind kind) {
    const struct wb_job *job = ctx;
    char key[64];
    for (size_t i = 0; i < job->selected.n_tables; i++) {
        const struct wb_table *s = &job->selected.tables[i];
        if (!wb_str_eq(s->name, t->name) || !wb_str_eq(s->schema, t->schema))
            continue;
        snprintf(key, sizeof key, "%zu.%u.%d;", i, column, (int)kind);
        const char *at = strstr(job->scans, key);
        while (at && at != job->scans && at[-1] != ';')
            at = strstr(at + 1, key);
        return at != NULL;
    }
    return false;
}

/* What must be the same for two runs to be one copy. Of the policies only those for names: a chunk
 * whose values another policy would have made different is found by its digest and copied again. */
const char *wb_job_parameters(struct wb_job *job) {
    const enum wb_action *a = job->opts->policy.action;
    return wb_arena_printf(
        &job->arena, "%s|schema=%s|names=%s,%s", wb_rules_text(job->opts->rules, &job->arena),
        job->opts->target_schema ? job->opts->target_schema : "",
        wb_action_word(a[WB_ISSUE_NAME_LENGTH]), wb_action_word(a[WB_ISSUE_NAME_CASE]));
}

/* Of the statements of one table, or (table -1) of all. Next values move on while the schema stays.
 */
static const char *structure_of(struct wb_job *job, int table) {
    XXH3_state_t *state = XXH3_createState();
    XXH3_128bits_reset(state);
    for (size_t i = 0; i < job->ddl.n; i++) {
        const struct wb_ddl *d = &job->ddl.items[i];
        if (d->part != WB_DDL_SEQUENCE && (table < 0 || d->table == table))
            XXH3_128bits_update(state, d->sql, strlen(d->sql) + 1);
    }
    XXH128_hash_t h = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    return wb_arena_printf(&job->arena, "%016llx%016llx", (unsigned long long)h.high64,
                           (unsigned long long)h.low64);
}

static bool number_like(const struct wb_type *t) {
    return t->kind == WB_KIND_INT || t->kind == WB_KIND_UINT || t->kind == WB_KIND_DECIMAL ||
           t->kind == WB_KIND_BOOL;
}

/* A policy that alters values could put a row's key into another chunk's range than the source has
 * it in. */
static bool may_move_keys(const struct wb_job *job) {
    const enum wb_action *a = job->opts->policy.action;
    return a[WB_ISSUE_RANGE] != WB_ACTION_REFUSE || a[WB_ISSUE_ZERO_DATE] != WB_ACTION_REFUSE;
}

/* Rows of two moments stand side by side until the last chunk has come, so a unique value may be
 * there twice. */
static bool has_lasting_unique_key(const struct wb_job *job, const struct wb_table *to) {
    const struct wb_index *key = wb_table_replica_key(to);
    for (size_t i = 0; i < to->n_indexes; i++)
        if (job->target_engine->ddl->keys_inline && to->indexes[i].unique && &to->indexes[i] != key)
            return true;
    return false;
}

/* Chunks may be of different epochs when the split key's order is the same here, there and in C. */
static bool is_mixable(const struct wb_table *from, const struct wb_table *to) {
    const struct wb_index *key = wb_table_replica_key(from);
    if (!key)
        return false;
    const struct wb_column *c = &from->columns[key->parts[0].column];
    for (size_t i = 0; i < to->n_columns; i++) {
        if (!wb_str_eq(to->columns[i].source_name, c->name))
            continue;
        const struct wb_type *t = &to->columns[i].type;
        return wb_type_c_ordered(&c->type) && wb_type_c_ordered(t) &&
               (t->kind == c->type.kind || (number_like(t) && number_like(&c->type)));
    }
    return false;
}

static void add_column(struct wb_copy_table *t, uint32_t c) {
    t->from_columns[t->n_columns] = t->to->columns[c].source_index;
    t->to_columns[t->n_columns] = c;
    t->types[t->n_columns++] = &t->to->columns[c].type;
}

/* Those that are loaded first: a load takes the beginning of each row. */
static void choose_columns(struct wb_job *job, struct wb_copy_table *t) {
    const struct wb_table *to = t->to;
    t->from_columns = WB_NEW_N(&job->arena, uint32_t, to->n_columns + 1);
    t->to_columns = WB_NEW_N(&job->arena, uint32_t, to->n_columns + 1);
    t->types = WB_NEW_N(&job->arena, const struct wb_type *, to->n_columns + 1);
    for (uint32_t c = 0; c < to->n_columns; c++)
        if (to->columns[c].generated == WB_GENERATED_NONE)
            add_column(t, c);
    t->n_loaded = t->n_columns;
    for (uint32_t c = 0; c < to->n_columns; c++) {
        if (to->columns[c].generated == WB_GENERATED_NONE)
            continue;
        const char *why = wb_computed_why_not(job, t->from, to, c);
        if (!why) {
            add_column(t, c);
            continue;
        }
        wb_findings_add(&job->target_catalog.findings, &job->target_catalog.arena, WB_NOTE,
                        WB_FINDING_GENERAL, "column",
                        wb_arena_printf(&job->arena, "%s.%s", to->source_name, to->columns[c].name),
                        NULL, "the target computes it, and it is not part of the proof: %s", why);
    }
    t->n_computed = t->n_columns - t->n_loaded;
    t->source_computed = WB_NEW_N(&job->arena, struct wb_digest, t->n_computed + 1);
    t->target_computed = WB_NEW_N(&job->arena, struct wb_digest, t->n_computed + 1);
}

static void make_table(struct wb_job *job, size_t i) {
    struct wb_copy_table *t = &job->tables[i];
    const struct wb_table *to = &job->target_catalog.tables[i];
    t->number = (uint32_t)i;
    t->to = to;
    t->from = &job->source_catalog.tables[to->source_index];
    t->name = t->from->name;
    t->structure = structure_of(job, (int)i);
    choose_columns(job, t);
    t->mixable = is_mixable(t->from, to) && !may_move_keys(job) && !has_lasting_unique_key(job, to);
}

static int by_bytes(const void *a, const void *b) {
    const struct wb_copy_table *x = *(struct wb_copy_table *const *)a,
                               *y = *(struct wb_copy_table *const *)b;
    if (x->from->est_bytes != y->from->est_bytes)
        return x->from->est_bytes < y->from->est_bytes ? 1 : -1;
    return x->number < y->number ? -1 : 1;
}

static void make_tables(struct wb_job *job) {
    job->n_tables = job->target_catalog.n_tables;
    job->tables = WB_NEW_N(&job->arena, struct wb_copy_table, job->n_tables + 1);
    job->by_size = WB_NEW_N(&job->arena, struct wb_copy_table *, job->n_tables + 1);
    for (size_t i = 0; i < job->n_tables; i++) {
        make_table(job, i);
        job->by_size[i] = &job->tables[i];
    }
    qsort(job->by_size, job->n_tables, sizeof *job->by_size, by_bytes);
}

static void make_steps(struct wb_job *job) {
    job->n_steps = job->ddl.n;
    job->steps = WB_NEW_N(&job->arena, struct wb_copy_step, job->n_steps + 1);
    for (size_t i = 0; i < job->n_steps; i++) {
        const struct wb_ddl *d = &job->ddl.items[i];
        job->steps[i] = (struct wb_copy_step){
            .number = (uint32_t)i,
            .ddl = d,
            .name = wb_arena_printf(&job->arena, "%s %s", d->object_kind, d->object),
            .done = d->part == WB_DDL_PREPARE ||
                    d->part == WB_DDL_TABLE, /* they come with the ledger itself */
        };
        if (!job->steps[i].done)
            job->steps_open[d->part]++;
    }
}

static enum wb_code map_schema(struct wb_job *job, struct wb_error *err) {
    struct wb_map_opts opts = {.rules = job->opts->rules,
                               .policy = job->opts->policy,
                               .target_schema = job->opts->target_schema,
                               .target_default_schema = job->target_probe.default_schema,
                               .source = job->source_engine,
                               .target = job->target_engine,
                               .target_max_name_bytes = job->target_probe.max_name_bytes,
                               .scanned = scanned,
                               .scanned_ctx = job};
    enum wb_code code = wb_schema_map(&job->source_catalog, &opts, &job->target_catalog, err);
    return code ? wb_error_wrap(err, "converting the schema") : WB_OK;
}

enum wb_code wb_job_map(struct wb_job *job, struct wb_error *err) {
    enum wb_code code = map_schema(job, err);
    if (!code)
        code = job->target_engine->ddl->render(&job->target_catalog, job->target_probe.version_num,
                                               &job->arena, &job->ddl,
                                               &job->target_catalog.findings, err);
    if (code)
        return code;
    job->parameters = wb_job_parameters(job);
    job->structure = structure_of(job, -1);
    make_tables(job);
    make_steps(job);
    return WB_OK;
}
