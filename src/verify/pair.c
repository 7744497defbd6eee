/* Which table and column of one side is compared with which of the other, and how.
 *
 * The source's catalog is mapped as a copy would map it (rules, casts, renames), which gives the
 * target that is wanted; each wanted table is met with the actual one of its name. A copy of the
 * actual table that knows its columns' origin lets shape.h convert the source's values into what
 * the target really has. What has no conversion is not compared, and said so.
 */
#include "verify/job.h"

#include "base/str.h"
#include "verify/wanted.h"

/* ------------------------------------------------------------------------------------------------
 * mapping */

static enum wb_code map_schema(struct wb_verify_job *job, struct wb_error *err) {
    struct wb_verify_want_ask ask = {.source = &job->catalog[WB_SIDE_SOURCE],
                                     .actual = &job->catalog[WB_SIDE_TARGET],
                                     .source_engine = job->engine[WB_SIDE_SOURCE],
                                     .target_engine = job->engine[WB_SIDE_TARGET],
                                     .target_probe = &job->probe[WB_SIDE_TARGET],
                                     .rules = job->opts->rules,
                                     .policy = job->opts->policy,
                                     .target_schema = job->opts->target_schema};
    return wb_verify_want(&ask, &job->wanted, err);
}

/* ------------------------------------------------------------------------------------------------
 * columns */

static bool wants_column(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                         const char *column) {
    WB_CLEANUP_BUF struct wb_buf full = {0};
    wb_buf_addf(&full, "%s.%s", p->table[WB_SIDE_TARGET]->name, column);
    for (size_t i = 0; i < job->opts->n_columns; i++)
        if (wb_str_glob(job->opts->columns[i], column) ||
            wb_str_glob(job->opts->columns[i], wb_buf_str(&full)))
            return true;
    return job->opts->n_columns == 0;
}

static bool converts(struct wb_verify_job *job, struct wb_verify_pair *p, uint32_t column) {
    struct wb_shape *shape = NULL;
    struct wb_error why;
    if (wb_shape_new(p->table[WB_SIDE_SOURCE], p->table[WB_SIDE_TARGET], &column, 1,
                     &job->shape_opts, &shape, &why)) {
        const struct wb_column *c = &p->table[WB_SIDE_TARGET]->columns[column];
        wb_verify_add_why(job, p, "column %s: values of type %s are not comparable with %s",
                          c->name, p->table[WB_SIDE_SOURCE]->columns[c->source_index].type.native,
                          c->type.native);
        return false;
    }
    wb_shape_free(shape);
    return true;
}

static void init_columns(struct wb_verify_job *job, struct wb_verify_columns *c, size_t most) {
    for (int s = 0; s < WB_VERIFY_SIDES; s++)
        c->index[s] = WB_NEW_N(&job->arena, uint32_t, most + 1);
    c->types = WB_NEW_N(&job->arena, const struct wb_type *, most + 1);
    c->key = WB_NEW_N(&job->arena, uint32_t, most + 1);
}

static void add_column(struct wb_verify_columns *c, const struct wb_table *to, uint32_t column) {
    c->index[WB_SIDE_SOURCE][c->n] = to->columns[column].source_index;
    c->index[WB_SIDE_TARGET][c->n] = column;
    c->types[c->n++] = &to->columns[column].type;
}

/* The target's actual table as shape.h wants it: every column with its origin. ret_known: which of
 * them have one. */
static void clone_tables(struct wb_verify_job *job, struct wb_verify_pair *p,
                         const struct wb_table *actual, bool *known) {
    struct wb_table *from = WB_NEW(&job->arena, struct wb_table),
                    *to = WB_NEW(&job->arena, struct wb_table);
    *from = job->catalog[WB_SIDE_SOURCE].tables[p->wanted->source_index];
    *to = *actual;
    to->columns = WB_NEW_N(&job->arena, struct wb_column, actual->n_columns + 1);
    to->source_name = from->name;
    for (size_t i = 0; i < actual->n_columns; i++) {
        to->columns[i] = actual->columns[i];
        int w = wb_table_find_column(p->wanted, actual->columns[i].name);
        known[i] = w >= 0;
        if (w < 0)
            continue;
        to->columns[i].source_index = p->wanted->columns[w].source_index;
        to->columns[i].source_name = p->wanted->columns[w].source_name;
        /* Where types do not bind (SQLite), values are as the copy's type made them. */
        if (!job->engine[WB_SIDE_TARGET]->ddl->typed &&
            wb_str_ieq(to->columns[i].type.native, p->wanted->columns[w].type.native))
            to->columns[i].type = p->wanted->columns[w].type;
    }
    p->table[WB_SIDE_SOURCE] = from;
    p->table[WB_SIDE_TARGET] = to;
}

static void name_missing_columns(struct wb_verify_job *job, struct wb_verify_pair *p) {
    for (size_t i = 0; i < p->wanted->n_columns; i++) {
        const char *name = p->wanted->columns[i].name;
        if (wb_table_find_column(p->table[WB_SIDE_TARGET], name) >= 0 ||
            !wants_column(job, p, name))
            continue;
        wb_verify_add_why(job, p, "column %s is missing in the target", name);
        if (!(job->opts->levels & WB_VERIFY_SCHEMA) && job->opts->levels)
            wb_verify_add_finding(job, WB_VERIFY_DIGESTS, WB_VERIFY_DIFFERENT, p->target,
                                  wb_arena_printf(&job->arena, "column %s", name),
                                  "add it to the target, or exclude it with --columns",
                                  "the source has this column, the target has not");
    }
}

/* ------------------------------------------------------------------------------------------------
 * pairs */

static bool is_key_column(const struct wb_verify_columns *c, size_t at) {
    for (size_t k = 0; k < c->n_key; k++)
        if (c->key[k] == at)
            return true;
    return false;
}

/* Of all columns those that are wanted, and the key. */
static void choose_compared(struct wb_verify_job *job, struct wb_verify_pair *p) {
    WB_CLEANUP_BUF struct wb_buf names = {0};
    const struct wb_table *to = p->table[WB_SIDE_TARGET];
    struct wb_verify_columns *all = &p->all, *c = &p->compared;
    init_columns(job, c, all->n);
    for (size_t i = 0; i < all->n; i++) {
        uint32_t column = all->index[WB_SIDE_TARGET][i];
        if (!is_key_column(all, i) && !wants_column(job, p, to->columns[column].name))
            continue;
        wb_buf_addf(&names, "%s%s", c->n ? ", " : "", to->columns[column].name);
        add_column(c, to, column);
    }
    for (size_t k = 0; k < all->n_key; k++)
        c->key[k] =
            (uint32_t)wb_verify_position_of(c, (int)all->index[WB_SIDE_SOURCE][all->key[k]]);
    c->n_key = all->n_key;
    p->scope =
        c->n == p->wanted->n_columns ? "*" : wb_arena_strdup(&job->arena, wb_buf_str(&names));
}

static void meet(struct wb_verify_job *job, struct wb_verify_pair *p,
                 const struct wb_table *actual) {
    bool *known = WB_NEW_N(&job->arena, bool, actual->n_columns + 1);
    clone_tables(job, p, actual, known);
    name_missing_columns(job, p);
    init_columns(job, &p->all, actual->n_columns);
    for (uint32_t i = 0; i < actual->n_columns; i++)
        if (known[i] && converts(job, p, i))
            add_column(&p->all, p->table[WB_SIDE_TARGET], i);
    wb_verify_choose_key(job, p);
    choose_compared(job, p);
    if (p->compared.n == 0) {
        p->way = WB_VERIFY_BY_NOTHING;
        wb_verify_add_why(job, p, "no column is left to be compared");
    }
    p->where[WB_SIDE_SOURCE] = job->opts->where;
    p->where[WB_SIDE_TARGET] = job->opts->where_target ? job->opts->where_target : job->opts->where;
}

static const char *full_name(struct wb_arena *a, const char *schema, const char *name) {
    return schema && *schema ? wb_arena_printf(a, "%s.%s", schema, name) : wb_arena_strdup(a, name);
}

static void make_pair(struct wb_verify_job *job, size_t i, const struct wb_table *w) {
    struct wb_verify_pair *p = &job->pairs[i];
    struct wb_verify_report *r = job->report;
    p->number = (uint32_t)i;
    p->wanted = w;
    p->name = full_name(&r->arena, p->wanted->source_schema, p->wanted->source_name);
    p->report = &r->tables[i];
    p->scope = "";
    *p->report = (struct wb_verify_table_report){.source = p->name,
                                                 .source_position = "",
                                                 .target_position = "",
                                                 .method = "",
                                                 .columns = ""};
    const struct wb_table *actual =
        wb_catalog_find_table(&job->catalog[WB_SIDE_TARGET], p->wanted->schema, p->wanted->name);
    /* By the schema that the target's tables lie in, as findings of structure name them. */
    const char *there = job->catalog[WB_SIDE_TARGET].schema;
    const char *wanted = full_name(&r->arena, there ? there : p->wanted->schema, p->wanted->name);
    if (!actual) {
        p->report->outcome = p->report->rows_outcome = WB_VERIFY_DIFFERENT;
        p->way = WB_VERIFY_BY_NOTHING;
        wb_verify_add_finding(job, WB_VERIFY_SCHEMA, WB_VERIFY_DIFFERENT, wanted, "table",
                              "copy it, or leave it out with --exclude",
                              "the source's table %s is missing in the target", p->name);
        return;
    }
    p->target = p->report->target = wanted;
    meet(job, p, actual);
    p->report->columns = wb_arena_strdup(&r->arena, p->scope);
    p->report->where = wb_arena_strdup(&r->arena, p->where[WB_SIDE_SOURCE]);
}

static bool has_origin(const struct wb_verify_job *job, const struct wb_table *target) {
    const struct wb_catalog *c = &job->catalog[WB_SIDE_SOURCE];
    for (size_t i = 0; i < job->wanted.n_tables; i++)
        if (wb_str_eq(job->wanted.tables[i].name, target->name))
            return true;
    for (size_t i = 0; i < c->n_tables; i++)
        if (wb_str_eq(wb_rules_table_name(job->opts->rules, c->tables[i].schema, c->tables[i].name),
                      target->name))
            return true;
    return false;
}

static void note_extra_tables(struct wb_verify_job *job) {
    const struct wb_catalog *c = &job->catalog[WB_SIDE_TARGET];
    for (size_t i = 0; i < c->n_tables; i++)
        if (!has_origin(job, &c->tables[i]))
            wb_verify_add_finding(job, WB_VERIFY_SCHEMA, WB_VERIFY_EQUAL,
                                  full_name(&job->arena, c->tables[i].schema, c->tables[i].name),
                                  "table", NULL, "the target has this table, the source has not");
}

static bool matches(struct wb_verify_job *job, const char *glob, const char *schema,
                    const char *name) {
    return wb_str_glob(glob, name) || wb_str_glob(glob, full_name(&job->arena, schema, name));
}

/* The schema is mapped as a whole, as it was copied; only then are some tables chosen, so that what
 * they share with others (foreign keys) is still wanted. */
static bool is_asked(struct wb_verify_job *job, const struct wb_table *w) {
    for (size_t i = 0; i < job->opts->n_tables; i++)
        if (matches(job, job->opts->tables[i], w->source_schema, w->source_name) ||
            matches(job, job->opts->tables[i], w->schema, w->name))
            return true;
    return job->opts->n_tables == 0;
}

static bool is_column(const char *glob, const struct wb_table *t) {
    for (size_t i = 0; t && i < t->n_columns; i++) {
        WB_CLEANUP_BUF struct wb_buf full = {0};
        wb_buf_addf(&full, "%s.%s", t->name, t->columns[i].name);
        if (wb_str_glob(glob, t->columns[i].name) || wb_str_glob(glob, wb_buf_str(&full)))
            return true;
    }
    return false;
}

/* A name that stands for nothing is a slip, and what was meant would not be compared. */
#define HELP "see the names with whimbrel inspect, and whimbrel verify --help"

static enum wb_code check_names(struct wb_verify_job *job, struct wb_error *err) {
    const struct wb_verify_opts *o = job->opts;
    for (size_t i = 0; i < o->n_tables; i++) {
        bool found = false;
        for (size_t k = 0; k < job->wanted.n_tables; k++) {
            const struct wb_table *w = &job->wanted.tables[k];
            found |= matches(job, o->tables[i], w->source_schema, w->source_name) ||
                     matches(job, o->tables[i], w->schema, w->name);
        }
        if (!found) {
            wb_error_set(err, WB_E_RULE, "--tables \"%s\" matches none of the %zu tables",
                         o->tables[i], job->wanted.n_tables);
            return wb_error_hint(err, HELP);
        }
    }
    for (size_t i = 0; i < o->n_columns; i++) {
        bool found = false;
        for (size_t k = 0; k < job->n_pairs; k++)
            found |= is_column(o->columns[i], job->pairs[k].wanted) ||
                     is_column(o->columns[i], job->pairs[k].table[WB_SIDE_TARGET]);
        if (!found) {
            wb_error_set(err, WB_E_RULE,
                         "--columns \"%s\" matches no column of the tables compared",
                         o->columns[i]);
            return wb_error_hint(err, HELP);
        }
    }
    return WB_OK;
}

enum wb_code wb_verify_make_pairs(struct wb_verify_job *job, struct wb_error *err) {
    enum wb_code code = map_schema(job, err);
    if (code)
        return code;
    job->pairs = WB_NEW_N(&job->arena, struct wb_verify_pair, job->wanted.n_tables + 1);
    job->report->tables =
        WB_NEW_N(&job->report->arena, struct wb_verify_table_report, job->wanted.n_tables + 1);
    for (size_t i = 0; i < job->wanted.n_tables; i++)
        if (is_asked(job, &job->wanted.tables[i]))
            make_pair(job, job->n_pairs++, &job->wanted.tables[i]);
    job->report->n_tables = job->n_pairs;
    if ((code = check_names(job, err)) != WB_OK)
        return code;
    if (job->n_pairs == 0)
        return wb_error_set(err, WB_E_RULE, "the source has no table to compare");
    if (job->opts->n_tables == 0)
        note_extra_tables(job);
    return WB_OK;
}
