/* The statements that make a mapped catalog.
 *
 * A table that came from SQLite and kept its names and types is made by its own CREATE TABLE, word
 * for word, and so are its indexes; everything else is composed. Views and triggers are SQL of
 * their own: they are carried as they are, unless they mention a name that was changed on the way.
 */
#include "base/str.h"
#include "engines/sqlite/conn.h"
#include "engines/sqlite/create_text.h"
#include "engines/sqlite/ddl.h"

#include <ctype.h>
#include <inttypes.h>

struct render {
    const struct wb_catalog *cat;
    struct wb_arena *a;
    struct wb_ddl_list *list;
    struct wb_findings *findings;
    struct wb_error *err;
};

static bool from_sqlite(const struct wb_catalog *cat) {
    for (size_t i = 0; i < cat->n_tables; i++)
        if (cat->tables[i].native_sql)
            return true;
    return false;
}

static struct wb_ddl *push(struct render *r, enum wb_ddl_part part, const char *kind,
                           const char *object, int table, const char *sql) {
    struct wb_ddl *d = WB_PUSH(r->a, r->list->items, r->list->n, r->list->cap);
    *d = (struct wb_ddl){.part = part,
                         .sql = wb_arena_strdup(r->a, sql),
                         .object_kind = kind,
                         .object = wb_arena_strdup(r->a, object),
                         .table = table};
    return d;
}

/* type: as in sqlite_schema. Names are compared as SQLite does, without case. */
static const char *exists(struct render *r, const char *type, const char *name) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql, "SELECT 1 FROM main.sqlite_schema WHERE type = '%s' AND name = ", type);
    wb_sqlite_quote_text(&sql, name, strlen(name));
    wb_buf_adds(&sql, " COLLATE NOCASE");
    return wb_arena_strdup(r->a, wb_buf_str(&sql));
}

static const char *drop(struct render *r, const char *type, const char *name) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql, "DROP %s IF EXISTS main.", type);
    wb_sqlite_quote_name(&sql, name);
    return wb_arena_strdup(r->a, wb_buf_str(&sql));
}

/* Two spellings of one type: "decimal( 10,2 )" and "DECIMAL(10,2)". */
static bool same_type(const char *a, const char *b) {
    for (;;) {
        while (*a && isspace((unsigned char)*a))
            a++;
        while (*b && isspace((unsigned char)*b))
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
        a++;
        b++;
    }
}

static const char *unquoted(const char *type, struct wb_arena *a) {
    size_t n = strlen(type);
    if (n < 2 || !strchr("\"`[", *type))
        return type;
    return wb_arena_strndup(a, type + 1, n - 2);
}

static bool is_renamed(const struct wb_table *t) {
    if (t->source_name && !wb_str_eq(t->source_name, t->name))
        return true;
    for (size_t i = 0; i < t->n_columns; i++)
        if (t->columns[i].source_name && !wb_str_eq(t->columns[i].source_name, t->columns[i].name))
            return true;
    return false;
}

/* True if the text makes exactly this table. */
static bool is_verbatim(struct render *r, const struct wb_table *t) {
    struct wb_sqlite_create text;
    if (!t->native_sql || is_renamed(t) || !wb_sqlite_parse_table(t->native_sql, r->a, &text) ||
        !wb_str_ieq(text.name, t->name) || text.n_columns != t->n_columns || text.n_fks != t->n_fks)
        return false;
    for (size_t i = 0; i < t->n_columns; i++)
        if (!wb_str_ieq(text.columns[i].name, t->columns[i].name) ||
            !same_type(unquoted(text.columns[i].type, r->a), t->columns[i].type.native))
            return false;
    for (size_t i = 0; i < t->n_fks; i++)
        if (!wb_str_ieq(text.fks[i].ref_table, t->fks[i].ref_table))
            return false;
    return true;
}

static enum wb_code render_table(struct render *r, int i) {
    const struct wb_table *t = &r->cat->tables[i];
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    enum wb_code code = WB_OK;
    if (is_verbatim(r, t))
        wb_buf_adds(&sql, t->native_sql);
    else
        code = wb_sqlite_compose_table(&sql, t, is_renamed(t), r->a, r->findings, r->err);
    if (code)
        return code;
    struct wb_ddl *d = push(r, WB_DDL_TABLE, "table", t->name, i, wb_buf_str(&sql));
    d->exists_sql = exists(r, "table", t->name);
    d->drop_sql = drop(r, "TABLE", t->name);
    return WB_OK;
}

static bool is_taken(struct render *r, const char *name) {
    for (size_t i = 0; i < r->cat->n_tables; i++)
        if (wb_str_ieq(r->cat->tables[i].name, name))
            return true;
    for (size_t i = 0; i < r->list->n; i++)
        if (r->list->items[i].part == WB_DDL_INDEX && wb_str_ieq(r->list->items[i].object, name))
            return true;
    return false;
}

/* One file, one name space for tables and indexes; other engines have one a table. */
static const char *index_name(struct render *r, const struct wb_table *t,
                              const struct wb_index *x) {
    const char *wanted = x->name && !wb_str_istarts(x->name, "sqlite_")
                             ? x->name
                             : wb_arena_printf(r->a, "%s_key", t->name);
    const char *name = wanted;
    for (unsigned i = 1; is_taken(r, name); i++)
        name = i == 1 ? wb_arena_printf(r->a, "%s_%s", t->name, wanted)
                      : wb_arena_printf(r->a, "%s_%s_%u", t->name, wanted, i);
    if (x->name && !wb_str_eq(name, x->name))
        wb_findings_add(r->findings, r->a, WB_NOTE, WB_FINDING_ALTERED, "index",
                        wb_arena_printf(r->a, "%s.%s", t->name, x->name), NULL,
                        "its name is taken: it is called %s", name);
    return name;
}

static bool index_is_verbatim(struct render *r, const struct wb_table *t,
                              const struct wb_index *x) {
    struct wb_sqlite_index_text text;
    return x->native_sql && x->name && !is_renamed(t) &&
           wb_sqlite_parse_index(x->native_sql, r->a, &text) && wb_str_eq(text.name, x->name);
}

static void render_index(struct render *r, int table, const struct wb_index *x) {
    const struct wb_table *t = &r->cat->tables[table];
    if (wb_sqlite_index_is_inline(t, x) || (x->constraint && is_verbatim(r, t)))
        return;
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    const char *name = x->name;
    if (index_is_verbatim(r, t, x)) {
        wb_buf_adds(&sql, x->native_sql);
    } else {
        name = index_name(r, t, x);
        if (!wb_sqlite_compose_index(&sql, t, x, name, is_renamed(t), r->a, r->findings))
            return;
    }
    struct wb_ddl *d = push(r, WB_DDL_INDEX, "index", name, table, wb_buf_str(&sql));
    d->key = x == wb_table_replica_key(t);
    d->exists_sql = exists(r, "index", name);
    d->drop_sql = drop(r, "INDEX", name);
    d->optional = !x->native_sql && !x->unique;
}

/* One statement that can be run again: the row is replaced where it is there. */
static void render_next_value(struct render *r, int table) {
    const struct wb_table *t = &r->cat->tables[table];
    bool counts = false;
    for (size_t i = 0; i < t->n_columns; i++)
        counts |=
            t->columns[i].identity != WB_IDENTITY_NONE && t->columns[i].type.kind == WB_KIND_INT;
    if (!t->has_next_value || !counts || t->next_value == 0)
        return;
    const struct wb_index *pk = wb_table_primary_key(t);
    if (!pk || pk->n_parts != 1 || t->without_rowid)
        return; /* no AUTOINCREMENT in such a table: nothing that counts */
    WB_CLEANUP_BUF struct wb_buf name = {0};
    wb_sqlite_quote_text(&name, t->name, strlen(t->name));
    uint64_t last = t->next_value - 1 > INT64_MAX ? INT64_MAX : t->next_value - 1;
    const char *sql = wb_arena_printf(
        r->a,
        "INSERT OR REPLACE INTO main.sqlite_sequence (rowid, name, seq) VALUES "
        "((SELECT rowid FROM main.sqlite_sequence WHERE name = %s), %s, %" PRIu64 ")",
        wb_buf_str(&name), wb_buf_str(&name), last);
    push(r, WB_DDL_SEQUENCE, "sequence", t->name, table, sql);
}

static const char *changed_name_in(struct render *r, const char *sql) {
    for (size_t i = 0; i < r->cat->n_tables; i++) {
        const struct wb_table *t = &r->cat->tables[i];
        if (t->source_name && !wb_str_eq(t->source_name, t->name) &&
            wb_sqlite_text_mentions(sql, t->source_name))
            return t->source_name;
        for (size_t j = 0; j < t->n_columns; j++) {
            const struct wb_column *col = &t->columns[j];
            if (col->source_name && !wb_str_eq(col->source_name, col->name) &&
                wb_sqlite_text_mentions(sql, col->source_name))
                return col->source_name;
        }
    }
    return NULL;
}

static void not_carried(struct render *r, const struct wb_object *o, const char *hint,
                        const char *why) {
    wb_findings_add(r->findings, r->a, WB_WARNING, WB_FINDING_NOT_CARRIED, o->kind, o->name, hint,
                    "%s", why);
}

/* A trigger on a view that is not there. */
static bool lacks_table(struct render *r, const struct wb_object *o) {
    if (!o->table)
        return false;
    for (size_t i = 0; i < r->cat->n_tables; i++)
        if (wb_str_ieq(r->cat->tables[i].name, o->table))
            return false;
    for (size_t i = 0; i < r->list->n; i++)
        if (r->list->items[i].part == WB_DDL_OBJECT &&
            wb_str_ieq(r->list->items[i].object, o->table))
            return false;
    return true;
}

static void render_object(struct render *r, const struct wb_object *o) {
    bool view = wb_str_eq(o->kind, "view"), trigger = wb_str_eq(o->kind, "trigger");
    bool setting = wb_str_eq(o->kind, "setting");
    if (wb_str_eq(o->kind, "shadow table"))
        return; /* its virtual table is reported */
    if (wb_str_eq(o->kind, "virtual table")) {
        not_carried(r, o, "create it in the target and fill it again",
                    "a virtual table's contents belong to the module that made it");
        return;
    }
    if (!o->native_sql || !from_sqlite(r->cat) || (!view && !trigger && !setting)) {
        if (!wb_str_eq(o->kind, "statistics"))
            not_carried(r, o, NULL,
                        o->native_sql ? "it is written in another dialect"
                                      : "its text could not be read");
        return;
    }
    const char *changed = setting ? NULL : changed_name_in(r, o->native_sql);
    if (changed) {
        not_carried(r, o, "create it again under the new names",
                    wb_arena_printf(
                        r->a, "it mentions \"%s\", which has another name in the target", changed));
        return;
    }
    if (lacks_table(r, o)) {
        not_carried(r, o, NULL,
                    wb_arena_printf(r->a, "it belongs to %s, which is not carried", o->table));
        return;
    }
    struct wb_ddl *d = push(r, WB_DDL_OBJECT, o->kind, o->name, -1, o->native_sql);
    d->optional = true;
    if (!setting) {
        d->exists_sql = exists(r, o->kind, o->name);
        d->drop_sql = drop(r, view ? "VIEW" : "TRIGGER", o->name);
    }
}

/* A source that has never been analyzed does not become one that has. */
static void render_analyze(struct render *r) {
    bool wanted = !from_sqlite(r->cat);
    for (size_t i = 0; i < r->cat->n_objects; i++)
        wanted |= wb_str_eq(r->cat->objects[i].kind, "statistics");
    if (wanted && r->cat->n_tables)
        push(r, WB_DDL_ANALYZE, "statistics", "main", -1, "ANALYZE")->optional = true;
}

enum wb_code wb_sqlite_render(const struct wb_catalog *target, unsigned version_num,
                              struct wb_arena *a, struct wb_ddl_list *ret,
                              struct wb_findings *findings, struct wb_error *err) {
    (void)version_num; /* nothing here is younger than the oldest SQLite that is supported */
    struct render r = {target, a, ret, findings, err};
    for (size_t i = 0; i < target->n_tables; i++) {
        enum wb_code code = render_table(&r, (int)i);
        if (code)
            return code;
    }
    for (size_t i = 0; i < target->n_tables; i++)
        for (size_t j = 0; j < target->tables[i].n_indexes; j++)
            render_index(&r, (int)i, &target->tables[i].indexes[j]);
    for (size_t i = 0; i < target->n_tables; i++)
        render_next_value(&r, (int)i);
    render_analyze(&r);
    for (size_t i = 0; i < target->n_objects; i++)
        render_object(&r, &target->objects[i]);
    return WB_OK;
}
