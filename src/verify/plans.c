#include "verify/plans.h"

#include "base/buf.h"
#include "base/str.h"
#include "verify/queries.h"

const char *wb_plan_text(const struct wb_explain *p, struct wb_arena *a) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (size_t i = 0; i < p->n; i++) {
        const struct wb_explain_step *s = &p->steps[i];
        wb_buf_addf(&b, "%s%*s%s", i ? "\n" : "", (int)(s->depth * 2), "", s->words);
        if (s->table)
            wb_buf_addf(&b, " of %s", s->table);
        if (s->index)
            wb_buf_addf(&b, " by %s", s->index);
        else if (s->kind == WB_EXPLAIN_INDEX)
            wb_buf_adds(&b, " by its key");
    }
    return wb_arena_strdup(a, wb_buf_str(&b));
}

/* ------------------------------------------------------------------------------------------
 * whose table, whose index */

static const struct wb_table *by_name(const struct wb_catalog *c, const char *name) {
    for (size_t i = 0; i < c->n_tables; i++)
        if (wb_str_ieq(c->tables[i].name, name))
            return &c->tables[i];
    return NULL;
}

static const struct wb_table *table_of(const struct wb_catalog *c, const char *sql,
                                       const struct wb_explain_step *s, struct wb_arena *a) {
    const struct wb_table *t = s->table ? by_name(c, s->table) : NULL;
    const char *real = s->table && !t ? wb_verify_aliased(sql, s->table, a) : NULL;
    return real ? by_name(c, real) : t;
}

static const struct wb_table *wanted_of(const struct wb_plan_world *w,
                                        const struct wb_table *source) {
    for (size_t i = 0; i < w->wanted->n_tables; i++)
        if (&w->source->tables[w->wanted->tables[i].source_index] == source)
            return &w->wanted->tables[i];
    return NULL;
}

/* Mapping keeps the order of a table's indexes. -1: the step used none that has a place. */
static int index_used(const struct wb_table *t, const struct wb_explain_step *s) {
    for (size_t i = 0; i < t->n_indexes; i++)
        if (s->index ? wb_str_ieq(t->indexes[i].name, s->index) : t->indexes[i].primary)
            return (int)i;
    return -1;
}

static const char *column_of(const struct wb_table *t, const struct wb_index_part *p) {
    return p->column >= 0 ? t->columns[p->column].name : NULL;
}

/* An index serves as another if it begins with the same columns. */
static bool serves(const struct wb_table *ta, const struct wb_index *a, const struct wb_table *tw,
                   const struct wb_index *w) {
    if (a->n_parts < w->n_parts || (a->where.text && !w->where.text))
        return false;
    for (size_t i = 0; i < w->n_parts; i++)
        if (!column_of(tw, &w->parts[i]) ||
            !wb_str_eq(column_of(tw, &w->parts[i]), column_of(ta, &a->parts[i])))
            return false;
    return true;
}

/* Names are looked at, too, for expressions are spelled otherwise on each side. */
static bool target_has(const struct wb_plan_world *w, const struct wb_table *tw,
                       const struct wb_index *ix) {
    const struct wb_table *ta = wb_catalog_find_table(w->actual, NULL, tw->name);
    for (size_t i = 0; ta && i < ta->n_indexes; i++)
        if (serves(ta, &ta->indexes[i], tw, ix) ||
            (ix->name && wb_str_eq(ix->name, ta->indexes[i].name)))
            return true;
    return false;
}

/* ------------------------------------------------------------------------------------------
 * what is missing */

static const char *columns_text(const struct wb_table *t, const struct wb_index *ix,
                                struct wb_arena *a) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (size_t i = 0; i < ix->n_parts; i++) {
        const char *column = column_of(t, &ix->parts[i]);
        wb_buf_addf(&b, "%s%s", i ? ", " : "",
                    column                   ? column
                    : ix->parts[i].expr.text ? ix->parts[i].expr.text
                                             : "?");
    }
    return wb_arena_strdup(a, wb_buf_str(&b));
}

static bool ends_with(const char *s, const char *tail) {
    size_t n = strlen(s), m = strlen(tail);
    return n > m && s[n - m - 1] == '.' && strcmp(s + n - m, tail) == 0;
}

/* The statement that makes an index, under its own name or with the table's before it. */
static const char *statement(const struct wb_plan_world *w, const struct wb_table *tw,
                             const struct wb_index *ix, struct wb_arena *a) {
    const char *longer = ix->name ? wb_arena_printf(a, "%s_%s", tw->name, ix->name) : NULL;
    for (size_t i = 0; i < w->ddl->n; i++) {
        const struct wb_ddl *d = &w->ddl->items[i];
        if (d->part != WB_DDL_INDEX || d->table != (int)(tw - w->wanted->tables))
            continue;
        if (ix->primary
                ? d->key
                : ix->name && (ends_with(d->object, ix->name) || ends_with(d->object, longer) ||
                               wb_str_eq(d->object, ix->name)))
            return d->sql;
    }
    return NULL;
}

static const char *name_of(const struct wb_table *t, struct wb_arena *a) {
    return t->schema && *t->schema ? wb_arena_printf(a, "%s.%s", t->schema, t->name) : t->name;
}

static bool is_listed(const struct wb_plan_finding *f, const char *table, const char *index) {
    for (size_t i = 0; i < f->n_missing; i++)
        if (wb_str_eq(f->missing[i].table, table) && wb_str_eq(f->missing[i].index, index))
            return true;
    return false;
}

static const char *label(const struct wb_index *ix) {
    return ix->name ? ix->name : "primary key";
}

/* Copied: the schemas end before the report does. */
static void add_missing(const struct wb_plan_world *w, const struct wb_table *tw,
                        const struct wb_index *ix, struct wb_arena *a, struct wb_plan_finding *f) {
    const char *table = name_of(tw, a);
    if (is_listed(f, table, label(ix)))
        return;
    *WB_PUSH(a, f->missing, f->n_missing, f->cap_missing) =
        (struct wb_performance_index){.table = wb_arena_strdup(a, table),
                                      .index = wb_arena_strdup(a, label(ix)),
                                      .columns = columns_text(tw, ix, a),
                                      .sql = wb_arena_strdup(a, statement(w, tw, ix, a))};
}

static void add_note(struct wb_plan_finding *f, struct wb_arena *a, const char *note) {
    for (size_t i = 0; i < f->n_notes; i++)
        if (wb_str_eq(f->notes[i], note))
            return;
    *WB_PUSH(a, f->notes, f->n_notes, f->cap_notes) = note;
}

static bool scans(const struct wb_plan_world *w, const char *sql, const struct wb_explain *p,
                  const struct wb_table *tw, struct wb_arena *a) {
    for (size_t i = 0; p && i < p->n; i++) {
        if (p->steps[i].kind != WB_EXPLAIN_SCAN)
            continue;
        const struct wb_table *t = table_of(w->actual, sql, &p->steps[i], a);
        if (t && wb_str_eq(t->name, tw->name))
            return true;
    }
    return false;
}

/* Indexes of the query's tables that the target lacks and the source did not need this time. */
static void note_others(const struct wb_plan_world *w, const struct wb_table *ts,
                        const struct wb_table *tw, struct wb_arena *a, struct wb_plan_finding *f) {
    for (size_t i = 0; i < tw->n_indexes && i < ts->n_indexes; i++) {
        const struct wb_index *ix = &tw->indexes[i];
        if (!target_has(w, tw, ix) && statement(w, tw, ix, a) &&
            !is_listed(f, name_of(tw, a), label(ix)))
            add_note(f, a,
                     wb_arena_printf(a, "the target lacks the index %s of %s, too: %s", label(ix),
                                     name_of(tw, a), statement(w, tw, ix, a)));
    }
}

static void look_at_step(const struct wb_plan_world *w, const char *source_sql,
                         const struct wb_explain_step *s, const char *target_sql,
                         const struct wb_explain *target, struct wb_arena *a,
                         struct wb_plan_finding *f) {
    const struct wb_table *ts = table_of(w->source, source_sql, s, a);
    const struct wb_table *tw = ts ? wanted_of(w, ts) : NULL;
    int at = tw && s->kind == WB_EXPLAIN_INDEX ? index_used(ts, s) : -1;
    if (at < 0)
        return;
    const struct wb_index *ix = &tw->indexes[at];
    if (!target_has(w, tw, ix))
        add_missing(w, tw, ix, a, f);
    else if (scans(w, target_sql, target, tw, a))
        add_note(f, a,
                 wb_arena_printf(a,
                                 "the target reads all of %s, though it has the index that the "
                                 "source used (%s): run ANALYZE there, or compare the sizes",
                                 name_of(tw, a), label(ix)));
}

static size_t count(const struct wb_explain *p, enum wb_explain_kind kind) {
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        n += p->steps[i].kind == kind;
    return n;
}

void wb_plan_compare(const struct wb_plan_world *w, const char *source_sql,
                     const struct wb_explain *source, const char *target_sql,
                     const struct wb_explain *target, struct wb_arena *a,
                     struct wb_plan_finding *ret) {
    struct wb_plan_finding f = {0};
    for (size_t i = 0; source && w->wanted && i < source->n; i++)
        look_at_step(w, source_sql, &source->steps[i], target_sql, target, a, &f);
    for (size_t i = 0; source && w->wanted && i < source->n; i++) {
        const struct wb_table *ts = table_of(w->source, source_sql, &source->steps[i], a);
        const struct wb_table *tw = ts ? wanted_of(w, ts) : NULL;
        if (tw)
            note_others(w, ts, tw, a, &f);
    }
    if (source && target && count(source, WB_EXPLAIN_SORT) < count(target, WB_EXPLAIN_SORT))
        add_note(&f, a, "the target sorts where the source does not");
    *ret = f;
}
