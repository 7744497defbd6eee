/* The mapping, table by table: names first (of all, because they may collide), then columns, then
 * keys. */
#include "schema/map_int.h"

#include "base/str.h"

#include <ctype.h>
#include <stdarg.h>

void wb_map_note(struct wb_map *m, enum wb_finding_kind kind, const char *object_kind,
                 const char *object, const char *hint, const char *text, ...) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    va_list args;
    va_start(args, text);
    wb_buf_addv(&b, text, args);
    va_end(args);
    enum wb_severity severity = kind == WB_FINDING_NOT_CARRIED ? WB_WARNING : WB_NOTE;
    wb_findings_add(&m->ret->findings, m->a, severity, kind, object_kind, object, hint, "%s",
                    wb_buf_str(&b));
}

static void select_tables(struct wb_map *m) {
    m->ret->tables = WB_NEW_N(m->a, struct wb_table, m->source->n_tables + 1);
    for (size_t i = 0; i < m->source->n_tables; i++) {
        const struct wb_table *from = &m->source->tables[i];
        if (!wb_rules_selects(m->opts->rules, from->schema, from->name))
            continue;
        struct wb_table *to = &m->ret->tables[m->ret->n_tables++];
        *to = *from;
        to->schema = m->ret->schema;
        to->source_schema = from->schema;
        to->source_name = from->name;
        to->source_index = (uint32_t)i;
    }
}

static bool is_renamed(const struct wb_table *t) {
    if (!wb_str_eq(t->name, t->source_name))
        return true;
    for (size_t i = 0; i < t->n_columns; i++)
        if (!wb_str_eq(t->columns[i].name, t->columns[i].source_name))
            return true;
    return false;
}

static bool is_cast(const struct wb_map *m, const struct wb_table *from) {
    for (size_t i = 0; i < from->n_columns; i++)
        if (wb_rules_cast(m->opts->rules, from->name, from->columns[i].name,
                          &from->columns[i].type))
            return true;
    return false;
}

/* The engine's own text of a table serves only where nothing about the table changes. */
static void keep_native_sql(struct wb_map *m, const struct wb_table *from, struct wb_table *to) {
    if (m->same_engine && !is_renamed(to) && !is_cast(m, from))
        return;
    to->native_sql = NULL;
    for (size_t i = 0; i < to->n_indexes; i++)
        to->indexes[i].native_sql = NULL;
}

static void note_table(struct wb_map *m, const struct wb_table *from) {
    for (size_t i = 0; i < from->n_columns; i++) {
        const struct wb_column *c = &from->columns[i];
        const char *name = wb_arena_printf(m->a, "%s.%s", from->name, c->name);
        if (c->invisible && !m->same_engine)
            wb_map_note(m, WB_FINDING_ALTERED, "column", name, NULL,
                        "it is invisible in the source and visible in the target");
        if (c->on_update && !m->same_engine)
            wb_map_note(m, WB_FINDING_NOT_CARRIED, "on update", name,
                        "set it in the application, or by a trigger", "ON UPDATE %s", c->on_update);
    }
    if (from->system_versioned) /* no engine makes such tables, not even MariaDB's */
        wb_map_note(m, WB_FINDING_NOT_CARRIED, "history", from->name, NULL,
                    "the table is system-versioned: its present rows are carried, the history of "
                    "its rows and its ROW START and ROW END columns are not");
}

static enum wb_code map_tables(struct wb_map *m, struct wb_error *err) {
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < m->ret->n_tables; i++) {
        struct wb_table *to = &m->ret->tables[i];
        const struct wb_table *from = &m->source->tables[to->source_index];
        code = wb_map_columns(m, from, to, err);
        if (code)
            break;
        wb_map_keys(m, from, to);
        keep_native_sql(m, from, to);
        note_table(m, from);
    }
    for (size_t i = 0; !code && i < m->ret->n_tables; i++)
        wb_map_foreign_keys(m, &m->source->tables[m->ret->tables[i].source_index],
                            &m->ret->tables[i]);
    return code;
}

static bool belongs_to_left_out_table(const struct wb_map *m, const struct wb_object *o) {
    if (!o->table || !wb_catalog_find_table(m->source, NULL, o->table))
        return false;
    for (size_t i = 0; i < m->ret->n_tables; i++)
        if (wb_str_eq(m->ret->tables[i].source_name, o->table))
            return false;
    return true;
}

static bool is_word_byte(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool mentions(const char *sql, const char *name) {
    size_t n = strlen(name);
    for (const char *at = sql; n && (at = wb_str_istr(at, name)) != NULL; at++)
        if ((at == sql || !is_word_byte(at[-1])) && !is_word_byte(at[n]))
            return true;
    return false;
}

/* A table that the object's text speaks of by a name that it has not in the target; NULL: none. */
static const char *lost_name(const struct wb_map *m, const struct wb_object *o) {
    for (size_t i = 0; i < m->source->n_tables; i++) {
        const struct wb_table *from = &m->source->tables[i], *to = NULL;
        for (size_t k = 0; k < m->ret->n_tables && !to; k++)
            if (m->ret->tables[k].source_index == i)
                to = &m->ret->tables[k];
        if ((!to || is_renamed(to)) && o->native_sql && mentions(o->native_sql, from->name))
            return from->name;
    }
    return NULL;
}

static bool is_chosen(const struct wb_map *m, const struct wb_object *o) {
    bool named_like_a_table = wb_str_eq(o->kind, "view") || wb_str_eq(o->kind, "virtual table");
    return !named_like_a_table || wb_rules_selects(m->opts->rules, o->schema, o->name);
}

/* Views, triggers, routines: text in the source's dialect. */
static void map_objects(struct wb_map *m) {
    m->ret->objects = WB_NEW_N(m->a, struct wb_object, m->source->n_objects + 1);
    for (size_t i = 0; i < m->source->n_objects; i++) {
        const struct wb_object *o = &m->source->objects[i];
        if (belongs_to_left_out_table(m, o) || !is_chosen(m, o))
            continue;
        const char *lost = m->same_engine ? lost_name(m, o) : NULL;
        if (lost)
            wb_map_note(m, WB_FINDING_NOT_CARRIED, o->kind, o->name, "write it anew in the target",
                        "it speaks of %s, which the target has not by that name or not with the "
                        "same columns",
                        lost);
        else if (m->same_engine)
            m->ret->objects[m->ret->n_objects++] = *o;
        else if (!wb_str_eq(o->kind, "statistics")) /* the target gathers its own */
            wb_map_note(m, WB_FINDING_NOT_CARRIED, o->kind, o->name, "write it anew in the target",
                        "it is written in the source's own language");
    }
}

enum wb_code wb_schema_map(const struct wb_catalog *source, const struct wb_map_opts *opts,
                           struct wb_catalog *ret, struct wb_error *err) {
    struct wb_catalog made = {.engine = source->engine, .charset = source->charset};
    struct wb_map m = {.source = source,
                       .opts = opts,
                       .ret = &made,
                       .a = &made.arena,
                       .same_engine = wb_str_eq(opts->source->name, opts->target->name)};
    /* Never the source's: that may be a database on the very server of the target. */
    made.schema = opts->target_schema ? opts->target_schema : opts->target_default_schema;
    select_tables(&m);
    enum wb_code code = wb_map_check_names(&m, err);
    if (!code)
        code = wb_map_table_names(&m, err);
    if (!code)
        code = map_tables(&m, err);
    if (!code) {
        wb_map_collations(&m);
        if (!m.same_engine && opts->target->ddl->fit_keys)
            code = opts->target->ddl->fit_keys(source, &made, err);
    }
    if (!code) {
        map_objects(&m);
        const char *unused = wb_rules_unused(opts->rules);
        if (unused)
            code =
                wb_error_set(err, WB_E_RULE, "the rule %s matches nothing in the source", unused);
    }
    if (code) {
        wb_catalog_done(&made);
        return code;
    }
    *ret = made;
    return WB_OK;
}
