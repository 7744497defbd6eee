/* PostgreSQL's ALTER TABLE: each of its parts has a lock and a work of its own; the statement takes
 * the strongest for as long as all of them last.
 * Source: PostgreSQL 15, "ALTER TABLE", its section "Notes" and the lock that each form names. */
#include "sql/tree.h"

#include "base/str.h"

#include <string.h>

struct part {
    const char *subtype, *why;
    enum wb_sql_lock lock;
    enum wb_sql_work work;
    const char *safer;
};

#define BUILD_FIRST                                                                                \
    "CREATE UNIQUE INDEX CONCURRENTLY first (a block with tx=off), then ADD CONSTRAINT … USING " \
    "INDEX"
#define NOT_VALID "ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT in a step of its own"

static const struct part parts[] = {
    {"AT_AddColumn", "ADD COLUMN", WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_DropColumn", "DROP COLUMN", WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_AlterColumnType", "ALTER COLUMN … TYPE", WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_REWRITE,
     "add a new column, fill it in batches, then swap the names"},
    {"AT_SetNotNull", "SET NOT NULL", WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_SCAN,
     "ADD CHECK (… IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in a step of its own, then SET NOT "
     "NULL, which then reads nothing (PostgreSQL 12 and later)"},
    {"AT_ValidateConstraint", "VALIDATE CONSTRAINT", WB_LOCK_SHARE_UPDATE_EXCLUSIVE, WB_WORK_SCAN,
     NULL},
    {"AT_SetStatistics", "SET STATISTICS", WB_LOCK_SHARE_UPDATE_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_SetOptions", "SET (…)", WB_LOCK_SHARE_UPDATE_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_ResetOptions", "RESET (…)", WB_LOCK_SHARE_UPDATE_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_SetRelOptions", "SET (…)", WB_LOCK_SHARE_UPDATE_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_ResetRelOptions", "RESET (…)", WB_LOCK_SHARE_UPDATE_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_ClusterOn", "CLUSTER ON", WB_LOCK_SHARE_UPDATE_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_DropCluster", "SET WITHOUT CLUSTER", WB_LOCK_SHARE_UPDATE_EXCLUSIVE, WB_WORK_NOTHING,
     NULL},
    {"AT_EnableTrig", "ENABLE TRIGGER", WB_LOCK_SHARE_ROW_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_EnableAlwaysTrig", "ENABLE TRIGGER", WB_LOCK_SHARE_ROW_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_EnableReplicaTrig", "ENABLE TRIGGER", WB_LOCK_SHARE_ROW_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_DisableTrig", "DISABLE TRIGGER", WB_LOCK_SHARE_ROW_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_EnableTrigAll", "ENABLE TRIGGER", WB_LOCK_SHARE_ROW_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_DisableTrigAll", "DISABLE TRIGGER", WB_LOCK_SHARE_ROW_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_EnableTrigUser", "ENABLE TRIGGER", WB_LOCK_SHARE_ROW_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_DisableTrigUser", "DISABLE TRIGGER", WB_LOCK_SHARE_ROW_EXCLUSIVE, WB_WORK_NOTHING, NULL},
    {"AT_SetLogged", "SET LOGGED", WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_REWRITE, NULL},
    {"AT_SetUnLogged", "SET UNLOGGED", WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_REWRITE, NULL},
    {"AT_SetAccessMethod", "SET ACCESS METHOD", WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_REWRITE, NULL},
    {"AT_SetTableSpace", "SET TABLESPACE", WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_REWRITE, NULL},
    {"AT_AttachPartition", "ATTACH PARTITION", WB_LOCK_SHARE_UPDATE_EXCLUSIVE, WB_WORK_NOTHING,
     NULL},
    {"AT_DetachPartition", "DETACH PARTITION", WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_NOTHING,
     "DETACH PARTITION … CONCURRENTLY, in a block with tx=off (PostgreSQL 14 and later)"},
};

static void take(struct wb_sql_table *t, enum wb_sql_lock lock, enum wb_sql_work work,
                 const char *why, const char *safer) {
    bool stronger = !t->why || work > t->work || (work == t->work && lock > t->lock);
    if (lock > t->lock)
        t->lock = lock;
    if (work > t->work)
        t->work = work;
    if (stronger) {
        t->why = why;
        t->safer = safer;
    }
}

/* --- ADD COLUMN
 * -------------------------------------------------------------------------------------- */

/* How often a default is computed: once for all rows, or for each. */
enum volatility { ONCE, PERHAPS_EACH, EACH };

static enum volatility volatile_(const json_t *node) {
    static const char *const each[] = {"random",           "gen_random_uuid", "clock_timestamp",
                                       "timeofday",        "nextval",         "uuid_generate_v4",
                                       "uuid_generate_v1", "setval"};
    static const char *const once[] = {"now",
                                       "transaction_timestamp",
                                       "statement_timestamp",
                                       "current_user",
                                       "lower",
                                       "upper",
                                       "md5",
                                       "to_timestamp",
                                       "date_trunc",
                                       "concat",
                                       "round",
                                       "timezone",
                                       "abs",
                                       "make_interval",
                                       "jsonb_build_object",
                                       "to_jsonb",
                                       "length",
                                       "date",
                                       "array",
                                       "current_setting",
                                       "decode",
                                       "encode"};
    size_t i;
    json_t *item, *body = NULL;
    const char *key, *type = wb_tree_type(node, &body);
    enum volatility v = ONCE;
    if (type && strcmp(type, "FuncCall") == 0) {
        const char *name = wb_tree_name(json_object_get(body, "funcname"), NULL);
        v = PERHAPS_EACH;
        for (i = 0; name && i < sizeof once / sizeof *once; i++)
            v = strcmp(name, once[i]) == 0 ? ONCE : v;
        for (i = 0; name && i < sizeof each / sizeof *each; i++)
            v = strcmp(name, each[i]) == 0 ? EACH : v;
    }
    if (json_is_array(node)) {
        json_array_foreach(node, i, item) {
            enum volatility inner = volatile_(item);
            v = inner > v ? inner : v;
        }
    } else if (json_is_object(node)) {
        json_object_foreach((json_t *)node, key, item) {
            enum volatility inner = volatile_(item);
            v = inner > v ? inner : v;
        }
    }
    return v;
}

static const char *type_name(struct wb_sql_reader *r, const json_t *column) {
    const json_t *type = json_object_get(column, "typeName");
    const char *name = wb_tree_name(json_object_get(type, "names"), NULL);
    const json_t *mod = wb_tree_as(json_array_get(json_object_get(type, "typmods"), 0), "A_Const");
    const json_t *n = json_object_get(json_object_get(mod, "ival"), "ival");
    if (!name)
        return NULL;
    if (n)
        return wb_arena_printf(r->a, "%s(%" JSON_INTEGER_FORMAT ")", name, json_integer_value(n));
    return wb_tree_copy(r, name);
}

static void add_reference(struct wb_sql_reader *r, size_t table, const json_t *constraint,
                          bool scans) {
    const json_t *rv = json_object_get(constraint, "pktable");
    size_t i, other = wb_names_table(r, rv, WB_LOCK_SHARE_ROW_EXCLUSIVE);
    json_t *item;
    r->s->tables[other].why = "ADD FOREIGN KEY";
    take(&r->s->tables[table], WB_LOCK_SHARE_ROW_EXCLUSIVE, scans ? WB_WORK_SCAN : WB_WORK_NOTHING,
         "ADD FOREIGN KEY", scans ? NOT_VALID : NULL);
    json_array_foreach(json_object_get(constraint, "fk_attrs"), i, item) {
        const char *name = wb_tree_str(wb_tree_as(item, "String"), "sval");
        wb_names_column(r, name, wb_sql_lex_place(r->p, name), table);
    }
    json_array_foreach(json_object_get(constraint, "pk_attrs"), i, item) {
        const char *name = wb_tree_str(wb_tree_as(item, "String"), "sval");
        wb_names_column(r, name, wb_sql_lex_place(r->p, name), other);
    }
}

static void add_column(struct wb_sql_reader *r, size_t table, const json_t *cmd) {
    const json_t *column = wb_tree_as(json_object_get(cmd, "def"), "ColumnDef");
    const char *type = type_name(r, column), *name = wb_tree_str(column, "colname");
    bool serial = type && wb_str_istr(type, "serial") != NULL;
    size_t i;
    json_t *item;
    struct wb_sql_effect *e = wb_effect_add(r, WB_CHANGE_ADD_COLUMN, r->s->tables[table].schema,
                                            r->s->tables[table].name, wb_tree_at(r, column));
    e->column = wb_tree_copy(r, name);
    e->guarded = wb_tree_flag(cmd, "missing_ok");
    if (serial)
        take(&r->s->tables[table], WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_REWRITE, "ADD COLUMN … serial",
             "add a plain column, fill it in batches, then set its default");
    json_array_foreach(json_object_get(column, "constraints"), i, item) {
        const json_t *c = wb_tree_as(item, "Constraint");
        const char *kind = wb_tree_str(c, "contype");
        enum volatility v = volatile_(json_object_get(c, "raw_expr"));
        struct wb_sql_table *t = &r->s->tables[table];
        if (wb_str_eq(kind, "CONSTR_DEFAULT") && v != ONCE)
            take(t, WB_LOCK_ACCESS_EXCLUSIVE, v == EACH ? WB_WORK_REWRITE : WB_WORK_MAYBE_REWRITE,
                 "ADD COLUMN … DEFAULT, computed for each row",
                 "add the column without a default, set the default, fill old rows in batches");
        if (wb_str_eq(kind, "CONSTR_GENERATED") || wb_str_eq(kind, "CONSTR_IDENTITY"))
            take(t, WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_REWRITE, "ADD COLUMN … GENERATED", NULL);
        if (wb_str_eq(kind, "CONSTR_CHECK"))
            take(t, WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_SCAN, "ADD COLUMN … CHECK", NOT_VALID);
        if (wb_str_eq(kind, "CONSTR_PRIMARY") || wb_str_eq(kind, "CONSTR_UNIQUE"))
            take(t, WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_INDEX, "ADD COLUMN … UNIQUE", BUILD_FIRST);
        if (wb_str_eq(kind, "CONSTR_FOREIGN"))
            add_reference(r, table, c, false);
    }
}

/* --- ADD CONSTRAINT and the others
 * ------------------------------------------------------------------- */

static void key_columns(struct wb_sql_reader *r, size_t table, const json_t *c) {
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(c, "keys"), i, item) {
        const char *name = wb_tree_str(wb_tree_as(item, "String"), "sval");
        wb_names_column(r, name, wb_sql_lex_place(r->p, name), table);
    }
}

static void add_constraint(struct wb_sql_reader *r, size_t table, const json_t *rv,
                           const json_t *c) {
    const char *kind = wb_tree_str(c, "contype");
    bool unchecked = wb_tree_flag(c, "skip_validation");
    bool indexed = wb_tree_str(c, "indexname") != NULL;
    struct wb_sql_table *t = &r->s->tables[table];
    if (wb_str_eq(kind, "CONSTR_FOREIGN")) {
        add_reference(r, table, c, !unchecked);
    } else if (wb_str_eq(kind, "CONSTR_CHECK")) {
        take(t, WB_LOCK_ACCESS_EXCLUSIVE, unchecked ? WB_WORK_NOTHING : WB_WORK_SCAN, "ADD CHECK",
             unchecked ? NULL : NOT_VALID);
        wb_names_within(r, json_object_get(c, "raw_expr"), rv, table);
    } else {
        bool exclude = wb_str_eq(kind, "CONSTR_EXCLUSION");
        take(t, WB_LOCK_ACCESS_EXCLUSIVE, indexed ? WB_WORK_NOTHING : WB_WORK_INDEX,
             wb_str_eq(kind, "CONSTR_PRIMARY") ? "ADD PRIMARY KEY"
             : exclude                         ? "ADD EXCLUDE"
                                               : "ADD UNIQUE",
             indexed || exclude ? NULL : BUILD_FIRST);
        key_columns(r, table, c);
    }
}

static void partition(struct wb_sql_reader *r, const char *subtype, const json_t *def) {
    const json_t *body = wb_tree_as(def, "PartitionCmd");
    const json_t *rv = json_object_get(body, "name");
    bool attach = strcmp(subtype, "AT_AttachPartition") == 0,
         quiet = wb_tree_flag(body, "concurrent");
    if (!rv)
        return;
    size_t index = wb_names_table(r, rv, WB_LOCK_ACCESS_EXCLUSIVE);
    struct wb_sql_table *t = &r->s->tables[index];
    t->partition = true;
    t->why = attach ? "ATTACH PARTITION" : "DETACH PARTITION";
    if (attach) {
        t->work = WB_WORK_SCAN;
        t->safer = "give it a CHECK that its bounds imply, NOT VALID and validated, beforehand";
    }
    if (quiet) {
        size_t at = wb_sql_lex_find(r->p, 0, "concurrently");
        r->s->tables[0].lock = WB_LOCK_SHARE_UPDATE_EXCLUSIVE;
        r->s->tables[0].safer = NULL;
        r->s->concurrently = r->s->alone = true;
        r->s->alone_at = r->p->items[at < r->p->n ? at : 0].at;
    }
}

static void alter_column(struct wb_sql_reader *r, size_t table, const json_t *rv, const json_t *cmd,
                         const char *subtype) {
    const char *name = wb_tree_str(cmd, "name");
    const json_t *def = wb_tree_as(json_object_get(cmd, "def"), "ColumnDef");
    struct wb_sql_table *t = &r->s->tables[table];
    bool drop = strcmp(subtype, "AT_DropColumn") == 0;
    if (!drop || !wb_tree_flag(cmd, "missing_ok"))
        wb_names_column(r, name, wb_sql_lex_place(r->p, name), table);
    t = &r->s->tables[table];
    if (strcmp(subtype, "AT_AlterColumnType") == 0 || strcmp(subtype, "AT_SetNotNull") == 0) {
        t->column = wb_tree_copy(r, name);
        t->type = json_object_get(def, "raw_default") ? NULL : type_name(r, def);
        wb_names_within(r, json_object_get(def, "raw_default"), rv, table);
    }
    if (!drop)
        return;
    struct wb_sql_effect *e =
        wb_effect_add(r, WB_CHANGE_DROP_COLUMN, t->schema, t->name, wb_sql_lex_place(r->p, name));
    e->column = wb_tree_copy(r, name);
    e->guarded = wb_tree_flag(cmd, "missing_ok");
    r->s->does = WB_SQL_DESTROYS;
}

static void command(struct wb_sql_reader *r, size_t table, const json_t *rv, const json_t *cmd) {
    static const char *const columns[] = {
        "AT_DropColumn",    "AT_AlterColumnType", "AT_SetNotNull", "AT_DropNotNull",
        "AT_ColumnDefault", "AT_SetStatistics",   "AT_SetStorage"};
    const char *subtype = wb_tree_str(cmd, "subtype");
    const struct part *found = NULL;
    if (!subtype)
        return;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].subtype, subtype) == 0)
            found = &parts[i];
    if (strcmp(subtype, "AT_AddConstraint") == 0) {
        add_constraint(r, table, rv, wb_tree_as(json_object_get(cmd, "def"), "Constraint"));
        return;
    }
    take(&r->s->tables[table], found ? found->lock : WB_LOCK_ACCESS_EXCLUSIVE,
         found ? found->work : WB_WORK_NOTHING, found ? found->why : "ALTER TABLE",
         found ? found->safer : NULL);
    if (strcmp(subtype, "AT_AddColumn") == 0)
        add_column(r, table, cmd);
    if (wb_str_istr(subtype, "Partition"))
        partition(r, subtype, json_object_get(cmd, "def"));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (strcmp(subtype, columns[i]) == 0 && wb_tree_str(cmd, "name"))
            alter_column(r, table, rv, cmd, subtype);
}

void wb_alter_read(struct wb_sql_reader *r, const json_t *body) {
    const json_t *rv = json_object_get(body, "relation");
    const char *kind = wb_tree_str(body, "objtype");
    bool table_kind = !kind || wb_str_eq(kind, "OBJECT_TABLE");
    size_t i;
    json_t *item;
    if (kind && wb_str_eq(kind, "OBJECT_INDEX"))
        r->s->verb = "ALTER INDEX";
    if (kind && wb_str_eq(kind, "OBJECT_VIEW"))
        r->s->verb = "ALTER VIEW";
    if (!rv || !(table_kind || wb_str_eq(kind, "OBJECT_MATVIEW")))
        return;
    size_t table = wb_names_table(r, rv, WB_LOCK_NONE);
    r->s->tables[table].guarded = wb_tree_flag(body, "missing_ok");
    json_array_foreach(json_object_get(body, "cmds"), i, item)
        command(r, table, rv, wb_tree_as(item, "AlterTableCmd"));
}
