/* What PostgreSQL's statements create, drop and rename, and what they lock for it. */
#include "sql/tree.h"

#include "base/str.h"

#include <string.h>

struct wb_sql_effect *wb_effect_add(struct wb_sql_reader *r, enum wb_sql_change change,
                                    const char *schema, const char *name, size_t at) {
    struct wb_sql_effect *e = WB_PUSH(r->a, r->s->effects, r->s->n_effects, r->s->cap_effects);
    *e = (struct wb_sql_effect){.change = change,
                                .schema = wb_tree_copy(r, schema),
                                .name = wb_tree_written(r, at, name),
                                .at = at};
    return e;
}

struct wb_sql_table *wb_define_lock(struct wb_sql_reader *r, const json_t *rv,
                                    enum wb_sql_lock level, enum wb_sql_work work, const char *why,
                                    const char *safer) {
    size_t index = wb_names_table(r, rv, level);
    struct wb_sql_table *t = &r->s->tables[index];
    t->work = work;
    t->why = why;
    t->safer = safer;
    return t;
}

void wb_define_alone(struct wb_sql_reader *r, const char *word) {
    size_t i = wb_sql_lex_find(r->p, 0, word);
    r->s->alone = true;
    r->s->alone_at = r->p->items[i < r->p->n ? i : 0].at;
}

bool wb_define_option(const json_t *list, const char *name) {
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        const json_t *e = wb_tree_as(item, "DefElem");
        const char *value = wb_tree_str(wb_tree_as(json_object_get(e, "arg"), "String"), "sval");
        if (wb_str_eq(wb_tree_str(e, "defname"), name))
            return !wb_str_ieq(value, "false") && !wb_str_ieq(value, "off");
    }
    return false;
}

/* --- what is created
 * -------------------------------------------------------------------------------- */

static void references(struct wb_sql_reader *r, const json_t *constraint) {
    const json_t *table = json_object_get(constraint, "pktable");
    size_t i;
    json_t *item;
    if (!table)
        return;
    size_t at = (size_t)(wb_define_lock(r, table, WB_LOCK_SHARE_ROW_EXCLUSIVE, WB_WORK_NOTHING,
                                        "REFERENCES", NULL) -
                         r->s->tables);
    json_array_foreach(json_object_get(constraint, "pk_attrs"), i, item) {
        const char *name = wb_tree_str(wb_tree_as(item, "String"), "sval");
        wb_names_column(r, name, wb_sql_lex_place(r->p, name), at);
    }
}

void wb_define_table(struct wb_sql_reader *r, const json_t *body) {
    const json_t *rv = json_object_get(body, "relation");
    struct wb_sql_effect *e = wb_effect_add(r, WB_CHANGE_CREATE, wb_tree_str(rv, "schemaname"),
                                            wb_tree_str(rv, "relname"), wb_tree_at(r, rv));
    size_t i, k;
    json_t *item, *constraint;
    e->guarded = wb_tree_flag(body, "if_not_exists");
    e->temporary = wb_str_eq(wb_tree_str(rv, "relpersistence"), "t");
    e->columns_known =
        !json_object_get(body, "inhRelations") && !json_object_get(body, "ofTypename");
    json_array_foreach(json_object_get(body, "tableElts"), i, item) {
        const json_t *column = wb_tree_as(item, "ColumnDef");
        const json_t *like = wb_tree_as(item, "TableLikeClause");
        if (column)
            *WB_PUSH(r->a, e->columns, e->n_columns, e->cap_columns) =
                wb_tree_copy(r, wb_tree_str(column, "colname"));
        if (like) {
            wb_define_lock(r, json_object_get(like, "relation"), WB_LOCK_ACCESS_SHARE,
                           WB_WORK_NOTHING, "LIKE", NULL);
            e->columns_known = false;
        }
        json_array_foreach(json_object_get(column, "constraints"), k, constraint)
            references(r, wb_tree_as(constraint, "Constraint"));
        references(r, wb_tree_as(item, "Constraint"));
    }
    bool part = json_object_get(body, "partbound") != NULL;
    json_array_foreach(json_object_get(body, "inhRelations"), i, item) wb_define_lock(
        r, wb_tree_as(item, "RangeVar"),
        part ? WB_LOCK_ACCESS_EXCLUSIVE : WB_LOCK_SHARE_UPDATE_EXCLUSIVE, WB_WORK_NOTHING,
        part ? "PARTITION OF" : "INHERITS",
        part ? "create it as a table of its own, then ALTER TABLE … ATTACH PARTITION" : NULL);
}

void wb_define_as(struct wb_sql_reader *r, const json_t *rv, const json_t *query, bool view) {
    json_t *body = NULL;
    const char *type = wb_tree_type(query, &body);
    if (type)
        wb_names_read(r, type, body, NULL);
    struct wb_sql_effect *e = wb_effect_add(r, WB_CHANGE_CREATE, wb_tree_str(rv, "schemaname"),
                                            wb_tree_str(rv, "relname"), wb_tree_at(r, rv));
    e->view = view;
    e->temporary = wb_str_eq(wb_tree_str(rv, "relpersistence"), "t");
}

void wb_define_index(struct wb_sql_reader *r, const json_t *body) {
    const json_t *rv = json_object_get(body, "relation");
    bool quiet = wb_tree_flag(body, "concurrent");
    size_t i,
        table = (size_t)(wb_define_lock(
                             r, rv, quiet ? WB_LOCK_SHARE_UPDATE_EXCLUSIVE : WB_LOCK_SHARE,
                             WB_WORK_INDEX, quiet ? "CREATE INDEX CONCURRENTLY" : "CREATE INDEX",
                             "CREATE INDEX CONCURRENTLY, in a block with tx=off") -
                         r->s->tables);
    json_t *item;
    if (quiet)
        r->s->tables[table].safer = NULL;
    r->s->concurrently = quiet;
    if (quiet)
        wb_define_alone(r, "concurrently");
    json_array_foreach(json_object_get(body, "indexParams"), i, item) {
        const json_t *e = wb_tree_as(item, "IndexElem");
        const char *name = wb_tree_str(e, "name");
        if (name)
            wb_names_column(r, name, wb_sql_lex_place(r->p, name), table);
        wb_names_within(r, json_object_get(e, "expr"), rv, table);
    }
    wb_names_within(r, json_object_get(body, "whereClause"), rv, table);
}

/* --- what is dropped or renamed
 * ---------------------------------------------------------------------- */

static size_t place(struct wb_sql_reader *r, const char *name) {
    return wb_sql_lex_place(r->p, name);
}

static void drop_table(struct wb_sql_reader *r, const json_t *item, bool view, bool guarded) {
    const char *schema = NULL, *name = wb_tree_name(item, &schema);
    struct wb_sql_table *t = WB_PUSH(r->a, r->s->tables, r->s->n_tables, r->s->cap_tables);
    *t = (struct wb_sql_table){.schema = wb_tree_copy(r, schema),
                               .name = wb_tree_copy(r, name),
                               .at = place(r, name),
                               .guarded = guarded,
                               .lock = WB_LOCK_ACCESS_EXCLUSIVE,
                               .why = view ? "DROP VIEW" : "DROP TABLE"};
    struct wb_sql_effect *e = wb_effect_add(r, WB_CHANGE_DROP, schema, name, place(r, name));
    e->guarded = guarded;
    e->view = view;
}

/* DROP TRIGGER, POLICY, RULE name ON table */
static void drop_of_table(struct wb_sql_reader *r, const json_t *item) {
    const json_t *items = json_object_get(json_object_get(item, "List"), "items");
    size_t n = json_array_size(items);
    const char *schema =
        n > 2 ? wb_tree_str(wb_tree_as(json_array_get(items, n - 3), "String"), "sval") : NULL;
    const char *name =
        n > 1 ? wb_tree_str(wb_tree_as(json_array_get(items, n - 2), "String"), "sval") : NULL;
    size_t on = wb_sql_lex_find(r->p, 0, "on");
    if (!name)
        return;
    *WB_PUSH(r->a, r->s->tables, r->s->n_tables, r->s->cap_tables) =
        (struct wb_sql_table){.schema = wb_tree_copy(r, schema),
                              .name = wb_tree_copy(r, name),
                              .at = r->p->items[on + 1 < r->p->n ? on + 1 : 0].at,
                              .lock = WB_LOCK_ACCESS_EXCLUSIVE,
                              .why = r->s->verb};
}

void wb_define_drop(struct wb_sql_reader *r, const json_t *body) {
    static const struct {
        const char *type, *verb;
        enum wb_sql_does does;
    } kinds[] = {
        {"OBJECT_TABLE", "DROP TABLE", WB_SQL_DESTROYS},
        {"OBJECT_FOREIGN_TABLE", "DROP FOREIGN TABLE", WB_SQL_DEFINES},
        {"OBJECT_SCHEMA", "DROP SCHEMA", WB_SQL_DESTROYS},
        {"OBJECT_SEQUENCE", "DROP SEQUENCE", WB_SQL_DESTROYS},
        {"OBJECT_VIEW", "DROP VIEW", WB_SQL_DEFINES},
        {"OBJECT_MATVIEW", "DROP MATERIALIZED VIEW", WB_SQL_DEFINES},
        {"OBJECT_INDEX", "DROP INDEX", WB_SQL_DEFINES},
        {"OBJECT_TRIGGER", "DROP TRIGGER", WB_SQL_DEFINES},
        {"OBJECT_POLICY", "DROP POLICY", WB_SQL_DEFINES},
        {"OBJECT_RULE", "DROP RULE", WB_SQL_DEFINES},
        {"OBJECT_FUNCTION", "DROP FUNCTION", WB_SQL_DEFINES},
        {"OBJECT_TYPE", "DROP TYPE", WB_SQL_DEFINES},
        {"OBJECT_EXTENSION", "DROP EXTENSION", WB_SQL_DEFINES},
    };
    const char *type = wb_tree_str(body, "removeType");
    bool guarded = wb_tree_flag(body, "missing_ok");
    bool cascade = wb_str_eq(wb_tree_str(body, "behavior"), "DROP_CASCADE");
    size_t i;
    json_t *item;
    r->s->verb = "DROP";
    r->s->does = WB_SQL_DEFINES;
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (wb_str_eq(type, kinds[i].type)) {
            r->s->verb = kinds[i].verb;
            r->s->does = kinds[i].does;
        }
    /* CASCADE takes columns of that type, or tables of that extension, with it. */
    bool columns = wb_str_eq(type, "OBJECT_TYPE") || wb_str_eq(type, "OBJECT_EXTENSION");
    if (columns && cascade)
        r->s->does = WB_SQL_DESTROYS;
    if (wb_tree_flag(body, "concurrent")) {
        r->s->concurrently = true;
        wb_define_alone(r, "concurrently");
    }
    json_array_foreach(json_object_get(body, "objects"), i, item) {
        const char *name = wb_tree_name(item, NULL);
        if (wb_str_eq(type, "OBJECT_TABLE") || wb_str_eq(type, "OBJECT_FOREIGN_TABLE"))
            drop_table(r, item, false, guarded);
        else if (wb_str_eq(type, "OBJECT_VIEW") || wb_str_eq(type, "OBJECT_MATVIEW"))
            drop_table(r, item, true, guarded);
        else if (wb_str_eq(type, "OBJECT_SCHEMA"))
            wb_effect_add(r, WB_CHANGE_DROP_SCHEMA, name, name, place(r, name))->guarded = guarded;
        else if (wb_str_eq(type, "OBJECT_TRIGGER") || wb_str_eq(type, "OBJECT_POLICY") ||
                 wb_str_eq(type, "OBJECT_RULE"))
            drop_of_table(r, item);
    }
}

void wb_define_rename(struct wb_sql_reader *r, const json_t *body) {
    const char *type = wb_tree_str(body, "renameType");
    const json_t *rv = json_object_get(body, "relation");
    const char *to = wb_tree_str(body, "newname");
    r->s->verb = "ALTER … RENAME";
    r->s->does = WB_SQL_DEFINES;
    bool table = wb_str_eq(type, "OBJECT_TABLE"), view = wb_str_eq(type, "OBJECT_VIEW");
    bool column = wb_str_eq(type, "OBJECT_COLUMN");
    if (!rv || !(table || view || column || wb_str_eq(type, "OBJECT_TABCONSTRAINT")))
        return;
    r->s->verb = "ALTER TABLE … RENAME";
    struct wb_sql_table *t =
        wb_define_lock(r, rv, WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_NOTHING, "RENAME", NULL);
    t->guarded = wb_tree_flag(body, "missing_ok");
    size_t index = (size_t)(t - r->s->tables);
    if (!table && !view && !column)
        return;
    struct wb_sql_effect *e =
        wb_effect_add(r, column ? WB_CHANGE_RENAME_COLUMN : WB_CHANGE_RENAME,
                      wb_tree_str(rv, "schemaname"), wb_tree_str(rv, "relname"), wb_tree_at(r, rv));
    e->to = wb_tree_copy(r, to);
    if (!column)
        return;
    e->column = wb_tree_copy(r, wb_tree_str(body, "subname"));
    wb_names_column(r, e->column, place(r, e->column), index);
}
