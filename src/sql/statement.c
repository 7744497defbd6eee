/* PostgreSQL's statements: what each is called, does, locks and needs; those that create, drop or
 * rename are in define.c, ALTER TABLE in alter.c. */
#include "sql/tree.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>

static void lock_all(struct wb_sql_reader *r, const json_t *list, enum wb_sql_lock level,
                     enum wb_sql_work work, const char *why) {
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        const json_t *rv = wb_tree_as(item, "RangeVar");
        const json_t *rel = wb_tree_as(item, "VacuumRelation");
        rv = rv ? rv : json_object_get(rel, "relation");
        if (rv)
            wb_define_lock(r, rv, level, work, why, NULL);
    }
}

static void vacuum(struct wb_sql_reader *r, const json_t *body) {
    bool full = wb_define_option(json_object_get(body, "options"), "full");
    bool vacuum = wb_tree_flag(body, "is_vacuumcmd");
    r->s->verb = !vacuum ? "ANALYZE" : full ? "VACUUM FULL" : "VACUUM";
    r->s->does = WB_SQL_DEFINES;
    if (vacuum)
        wb_define_alone(r, "vacuum");
    lock_all(r, json_object_get(body, "rels"),
             full ? WB_LOCK_ACCESS_EXCLUSIVE : WB_LOCK_SHARE_UPDATE_EXCLUSIVE,
             full ? WB_WORK_REWRITE : WB_WORK_NOTHING, r->s->verb);
    for (size_t i = 0; full && i < r->s->n_tables; i++)
        r->s->tables[i].safer = "plain VACUUM, or pg_repack";
}

static void reindex(struct wb_sql_reader *r, const json_t *body) {
    const char *kind = wb_tree_str(body, "kind");
    const json_t *rv = json_object_get(body, "relation");
    bool quiet = wb_define_option(json_object_get(body, "params"), "concurrently");
    bool whole = wb_str_eq(kind, "REINDEX_OBJECT_SCHEMA") ||
                 wb_str_eq(kind, "REINDEX_OBJECT_DATABASE") ||
                 wb_str_eq(kind, "REINDEX_OBJECT_SYSTEM");
    r->s->verb = "REINDEX";
    r->s->does = WB_SQL_DEFINES;
    r->s->concurrently = quiet;
    if (quiet || whole)
        wb_define_alone(r, quiet ? "concurrently" : "reindex");
    if (rv && wb_str_eq(kind, "REINDEX_OBJECT_TABLE"))
        wb_define_lock(r, rv, quiet ? WB_LOCK_SHARE_UPDATE_EXCLUSIVE : WB_LOCK_SHARE, WB_WORK_INDEX,
                       "REINDEX",
                       quiet ? NULL : "REINDEX TABLE CONCURRENTLY, in a block with tx=off");
}

static void explain(struct wb_sql_reader *r, const json_t *body) {
    json_t *inner = NULL;
    const char *type = wb_tree_type(json_object_get(body, "query"), &inner);
    bool runs = wb_define_option(json_object_get(body, "options"), "analyze");
    r->s->verb = "EXPLAIN";
    r->s->does = WB_SQL_READS;
    if (type && wb_names_read(r, type, inner, NULL) && runs && strcmp(type, "SelectStmt") != 0)
        r->s->does = WB_SQL_WRITES;
}

static void set(struct wb_sql_reader *r, const json_t *body) {
    const json_t *arg = wb_tree_as(json_array_get(json_object_get(body, "args"), 0), "A_Const");
    const char *name = wb_tree_str(body, "name");
    const char *text = wb_tree_str(json_object_get(arg, "sval"), "sval");
    json_int_t n = json_integer_value(json_object_get(json_object_get(arg, "ival"), "ival"));
    r->s->verb = "SET";
    r->s->does = WB_SQL_CONTROLS;
    r->s->local = wb_tree_flag(body, "is_local");
    if (wb_str_ieq(name, "lock_timeout"))
        r->s->lock_timeout =
            text ? wb_tree_copy(r, text) : wb_arena_printf(r->a, "%" JSON_INTEGER_FORMAT "ms", n);
}

static void transaction(struct wb_sql_reader *r, const json_t *body) {
    const char *kind = wb_tree_str(body, "kind");
    r->s->verb = "transaction control";
    r->s->does = WB_SQL_CONTROLS;
    r->s->begins = wb_str_eq(kind, "TRANS_STMT_BEGIN") || wb_str_eq(kind, "TRANS_STMT_START");
    r->s->ends = wb_str_eq(kind, "TRANS_STMT_COMMIT") || wb_str_eq(kind, "TRANS_STMT_ROLLBACK") ||
                 wb_str_eq(kind, "TRANS_STMT_PREPARE");
}

static void move(struct wb_sql_reader *r, const json_t *body) {
    const json_t *rv = json_object_get(body, "relation");
    r->s->verb = "ALTER … SET SCHEMA";
    r->s->does = WB_SQL_DEFINES;
    if (!rv || !wb_str_eq(wb_tree_str(body, "objectType"), "OBJECT_TABLE"))
        return;
    wb_define_lock(r, rv, WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_NOTHING, "SET SCHEMA", NULL)->guarded =
        wb_tree_flag(body, "missing_ok");
    struct wb_sql_effect *e = wb_effect_add(r, WB_CHANGE_MOVE, wb_tree_str(rv, "schemaname"),
                                            wb_tree_str(rv, "relname"), wb_tree_at(r, rv));
    e->to = wb_tree_copy(r, wb_tree_str(body, "newschema"));
}

static void explicit_lock(struct wb_sql_reader *r, const json_t *body) {
    json_int_t mode = json_integer_value(json_object_get(body, "mode"));
    r->s->verb = "LOCK TABLE";
    r->s->does = WB_SQL_CONTROLS;
    lock_all(r, json_object_get(body, "relations"),
             mode > 0 && mode <= WB_LOCK_ACCESS_EXCLUSIVE ? (enum wb_sql_lock)mode
                                                          : WB_LOCK_ACCESS_EXCLUSIVE,
             WB_WORK_NOTHING, "LOCK TABLE");
}

static void copy(struct wb_sql_reader *r, const json_t *body) {
    const json_t *rv = json_object_get(body, "relation");
    bool in = wb_tree_flag(body, "is_from");
    json_t *inner = NULL, *item;
    const char *type = wb_tree_type(json_object_get(body, "query"), &inner);
    size_t i;
    r->s->verb = "COPY";
    r->s->does = in ? WB_SQL_WRITES : WB_SQL_READS;
    if (type)
        wb_names_read(r, type, inner, NULL);
    if (!rv)
        return;
    size_t table = wb_names_table(r, rv, in ? WB_LOCK_ROW_EXCLUSIVE : WB_LOCK_ACCESS_SHARE);
    json_array_foreach(json_object_get(body, "attlist"), i, item) {
        const char *name = wb_tree_str(wb_tree_as(item, "String"), "sval");
        wb_names_column(r, name, wb_sql_lex_place(r->p, name), table);
    }
}

static void about_table(struct wb_sql_reader *r, const json_t *body, const char *key,
                        enum wb_sql_lock level) {
    const json_t *rv = json_object_get(body, key);
    if (rv)
        wb_define_lock(r, rv, level, WB_WORK_NOTHING, r->s->verb, NULL);
}

static bool writes_within(const json_t *node) {
    static const char *const types[] = {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"};
    size_t i;
    json_t *item, *body = NULL;
    const char *key, *type = wb_tree_type(node, &body);
    for (i = 0; type && i < 4; i++)
        if (strcmp(type, types[i]) == 0)
            return true;
    if (json_is_array(node)) {
        json_array_foreach(node, i, item) if (writes_within(item)) return true;
    } else if (json_is_object(node)) {
        json_object_foreach((json_t *)node, key, item) if (writes_within(item)) return true;
    }
    return false;
}

static void select_(struct wb_sql_reader *r, const json_t *body) {
    static const char *const functions[] = {"nextval", "setval", "lo_unlink", "lo_create", NULL};
    const json_t *into = json_object_get(json_object_get(body, "intoClause"), "rel");
    r->s->verb = "SELECT";
    r->s->does = WB_SQL_READS;
    if (into) {
        wb_define_as(r, into, NULL, false);
        r->s->does = WB_SQL_DEFINES;
    }
    if (json_object_get(body, "lockingClause") ||
        writes_within(json_object_get(body, "withClause")))
        r->s->does = WB_SQL_WRITES;
    for (size_t i = 0; i + 1 < r->p->n; i++) {
        if (wb_sql_lex_is(r->p, i, "delete") && json_object_get(body, "withClause") &&
            wb_sql_lex_is(r->p, i + 1, "from"))
            r->s->does = WB_SQL_DESTROYS;
        for (size_t f = 0; functions[f]; f++)
            if (wb_sql_lex_is(r->p, i, functions[f]) && wb_sql_lex_is(r->p, i + 1, "("))
                r->s->does = WB_SQL_WRITES;
    }
}

struct kind {
    const char *type, *verb;
    enum wb_sql_does does;
    void (*read)(struct wb_sql_reader *r, const json_t *body);
    const char *table; /* the field that names the statement's table */
    enum wb_sql_lock lock;
    bool alone;
};

static void truncate_(struct wb_sql_reader *r, const json_t *body) {
    lock_all(r, json_object_get(body, "relations"), WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_NOTHING,
             "TRUNCATE");
}

static void view(struct wb_sql_reader *r, const json_t *body) {
    wb_define_as(r, json_object_get(body, "view"), json_object_get(body, "query"), true);
    r->s->effects[r->s->n_effects - 1].guarded = wb_tree_flag(body, "replace");
}

static void table_as(struct wb_sql_reader *r, const json_t *body) {
    bool matview = wb_str_eq(wb_tree_str(body, "objtype"), "OBJECT_MATVIEW");
    wb_define_as(r, json_object_get(json_object_get(body, "into"), "rel"),
                 json_object_get(body, "query"), matview);
    r->s->effects[r->s->n_effects - 1].guarded = wb_tree_flag(body, "if_not_exists");
}

static void refresh(struct wb_sql_reader *r, const json_t *body) {
    bool quiet = wb_tree_flag(body, "concurrent");
    wb_define_lock(r, json_object_get(body, "relation"),
                   quiet ? WB_LOCK_EXCLUSIVE : WB_LOCK_ACCESS_EXCLUSIVE, WB_WORK_REWRITE,
                   "REFRESH MATERIALIZED VIEW",
                   quiet ? NULL : "REFRESH MATERIALIZED VIEW CONCURRENTLY");
}

static void cluster(struct wb_sql_reader *r, const json_t *body) {
    if (json_object_get(body, "relation"))
        wb_define_lock(r, json_object_get(body, "relation"), WB_LOCK_ACCESS_EXCLUSIVE,
                       WB_WORK_REWRITE, "CLUSTER", "pg_repack");
    else
        wb_define_alone(r, "cluster");
}

static void schema(struct wb_sql_reader *r, const json_t *body) {
    const char *name = wb_tree_str(body, "schemaname");
    wb_effect_add(r, WB_CHANGE_CREATE_SCHEMA, name, name, wb_sql_lex_place(r->p, name))->guarded =
        wb_tree_flag(body, "if_not_exists");
}

static void opaque(struct wb_sql_reader *r, const json_t *body) {
    (void)body;
    r->s->opaque = true;
}

static void statistics(struct wb_sql_reader *r, const json_t *body) {
    lock_all(r, json_object_get(body, "relations"), WB_LOCK_SHARE_UPDATE_EXCLUSIVE, WB_WORK_NOTHING,
             "CREATE STATISTICS");
}

static void comment(struct wb_sql_reader *r, const json_t *body) {
    const char *schema_name = NULL,
               *name = wb_tree_name(json_object_get(body, "object"), &schema_name);
    if (wb_str_eq(wb_tree_str(body, "objtype"), "OBJECT_TABLE") && name)
        *WB_PUSH(r->a, r->s->tables, r->s->n_tables, r->s->cap_tables) =
            (struct wb_sql_table){.schema = wb_tree_copy(r, schema_name),
                                  .name = wb_tree_copy(r, name),
                                  .at = wb_sql_lex_place(r->p, name),
                                  .lock = WB_LOCK_SHARE_UPDATE_EXCLUSIVE,
                                  .why = "COMMENT"};
}

static void grant(struct wb_sql_reader *r, const json_t *body) {
    if (wb_str_eq(wb_tree_str(body, "objtype"), "OBJECT_TABLE"))
        lock_all(r, json_object_get(body, "objects"), WB_LOCK_NONE, WB_WORK_NOTHING, "GRANT");
}

static void publication(struct wb_sql_reader *r, const json_t *body) {
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(body, "pubobjects"), i, item) {
        const json_t *table = json_object_get(wb_tree_as(item, "PublicationObjSpec"), "pubtable");
        table =
            wb_tree_as(table, "PublicationTable") ? wb_tree_as(table, "PublicationTable") : table;
        if (json_object_get(table, "relation"))
            wb_define_lock(r, json_object_get(table, "relation"), WB_LOCK_SHARE_UPDATE_EXCLUSIVE,
                           WB_WORK_NOTHING, "publication", NULL);
    }
}

static const struct kind kinds[] = {
    {"SelectStmt", "SELECT", WB_SQL_READS, select_, NULL, WB_LOCK_NONE, false},
    {"InsertStmt", "INSERT", WB_SQL_WRITES, NULL, NULL, WB_LOCK_NONE, false},
    {"UpdateStmt", "UPDATE", WB_SQL_WRITES, NULL, NULL, WB_LOCK_NONE, false},
    {"MergeStmt", "MERGE", WB_SQL_WRITES, NULL, NULL, WB_LOCK_NONE, false},
    {"DeleteStmt", "DELETE", WB_SQL_DESTROYS, NULL, NULL, WB_LOCK_NONE, false},
    {"CopyStmt", "COPY", WB_SQL_WRITES, copy, NULL, WB_LOCK_NONE, false},
    {"AlterTableStmt", "ALTER TABLE", WB_SQL_DEFINES, wb_alter_read, NULL, WB_LOCK_NONE, false},
    {"CreateStmt", "CREATE TABLE", WB_SQL_DEFINES, wb_define_table, NULL, WB_LOCK_NONE, false},
    {"CreateTableAsStmt", "CREATE TABLE AS", WB_SQL_DEFINES, table_as, NULL, WB_LOCK_NONE, false},
    {"ViewStmt", "CREATE VIEW", WB_SQL_DEFINES, view, NULL, WB_LOCK_NONE, false},
    {"IndexStmt", "CREATE INDEX", WB_SQL_DEFINES, wb_define_index, NULL, WB_LOCK_NONE, false},
    {"DropStmt", "DROP", WB_SQL_DEFINES, wb_define_drop, NULL, WB_LOCK_NONE, false},
    {"DropOwnedStmt", "DROP OWNED", WB_SQL_DESTROYS, NULL, NULL, WB_LOCK_NONE, false},
    {"DropdbStmt", "DROP DATABASE", WB_SQL_DESTROYS, NULL, NULL, WB_LOCK_NONE, true},
    {"CreatedbStmt", "CREATE DATABASE", WB_SQL_DEFINES, NULL, NULL, WB_LOCK_NONE, true},
    {"CreateTableSpaceStmt", "CREATE TABLESPACE", WB_SQL_DEFINES, NULL, NULL, WB_LOCK_NONE, true},
    {"DropTableSpaceStmt", "DROP TABLESPACE", WB_SQL_DEFINES, NULL, NULL, WB_LOCK_NONE, true},
    {"AlterSystemStmt", "ALTER SYSTEM", WB_SQL_DEFINES, NULL, NULL, WB_LOCK_NONE, true},
    {"CreateSubscriptionStmt", "CREATE SUBSCRIPTION", WB_SQL_DEFINES, NULL, NULL, WB_LOCK_NONE,
     true},
    {"DropSubscriptionStmt", "DROP SUBSCRIPTION", WB_SQL_DEFINES, NULL, NULL, WB_LOCK_NONE, true},
    {"TruncateStmt", "TRUNCATE", WB_SQL_DESTROYS, truncate_, NULL, WB_LOCK_NONE, false},
    {"RenameStmt", "ALTER … RENAME", WB_SQL_DEFINES, wb_define_rename, NULL, WB_LOCK_NONE, false},
    {"AlterObjectSchemaStmt", "SET SCHEMA", WB_SQL_DEFINES, move, NULL, WB_LOCK_NONE, false},
    {"VacuumStmt", "VACUUM", WB_SQL_DEFINES, vacuum, NULL, WB_LOCK_NONE, false},
    {"ClusterStmt", "CLUSTER", WB_SQL_DEFINES, cluster, NULL, WB_LOCK_NONE, false},
    {"ReindexStmt", "REINDEX", WB_SQL_DEFINES, reindex, NULL, WB_LOCK_NONE, false},
    {"RefreshMatViewStmt", "REFRESH MATERIALIZED VIEW", WB_SQL_DEFINES, refresh, NULL, WB_LOCK_NONE,
     false},
    {"CreateTrigStmt", "CREATE TRIGGER", WB_SQL_DEFINES, NULL, "relation",
     WB_LOCK_SHARE_ROW_EXCLUSIVE, false},
    {"RuleStmt", "CREATE RULE", WB_SQL_DEFINES, NULL, "relation", WB_LOCK_ACCESS_EXCLUSIVE, false},
    {"CreatePolicyStmt", "CREATE POLICY", WB_SQL_DEFINES, NULL, "table", WB_LOCK_ACCESS_EXCLUSIVE,
     false},
    {"CreateStatsStmt", "CREATE STATISTICS", WB_SQL_DEFINES, statistics, NULL, WB_LOCK_NONE, false},
    {"CommentStmt", "COMMENT", WB_SQL_DEFINES, comment, NULL, WB_LOCK_NONE, false},
    {"GrantStmt", "GRANT", WB_SQL_DEFINES, grant, NULL, WB_LOCK_NONE, false},
    {"CreatePublicationStmt", "CREATE PUBLICATION", WB_SQL_DEFINES, publication, NULL, WB_LOCK_NONE,
     false},
    {"CreateSchemaStmt", "CREATE SCHEMA", WB_SQL_DEFINES, schema, NULL, WB_LOCK_NONE, false},
    {"LockStmt", "LOCK TABLE", WB_SQL_CONTROLS, explicit_lock, NULL, WB_LOCK_NONE, false},
    {"VariableSetStmt", "SET", WB_SQL_CONTROLS, set, NULL, WB_LOCK_NONE, false},
    {"TransactionStmt", "transaction control", WB_SQL_CONTROLS, transaction, NULL, WB_LOCK_NONE,
     false},
    {"VariableShowStmt", "SHOW", WB_SQL_READS, NULL, NULL, WB_LOCK_NONE, false},
    {"ExplainStmt", "EXPLAIN", WB_SQL_READS, explain, NULL, WB_LOCK_NONE, false},
    {"DoStmt", "DO", WB_SQL_UNKNOWN, opaque, NULL, WB_LOCK_NONE, false},
    {"CallStmt", "CALL", WB_SQL_UNKNOWN, opaque, NULL, WB_LOCK_NONE, false},
};

/* "CREATE EXTENSION": the statement's first words, in capitals. */
static const char *first_words(struct wb_sql_reader *r) {
    char *text = wb_arena_printf(
        r->a, "%s %s", r->p->items[0].text,
        r->p->n > 1 && r->p->items[1].kind == WB_LEX_WORD ? r->p->items[1].text : "");
    for (char *c = text; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    for (size_t n = strlen(text); n && text[n - 1] == ' ';)
        text[--n] = 0;
    return text;
}

void wb_statement_read(struct wb_sql_reader *r, const char *type, const json_t *body) {
    r->s->verb = first_words(r);
    r->s->does = WB_SQL_DEFINES;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct kind *k = &kinds[i];
        if (strcmp(type, k->type) != 0)
            continue;
        r->s->verb = k->verb;
        r->s->does = k->does;
        if (k->alone)
            wb_define_alone(r, "");
        wb_names_read(r, type, body, NULL);
        if (k->read)
            k->read(r, body);
        if (k->table)
            about_table(r, body, k->table, k->lock);
        bool deletes =
            k->does == WB_SQL_WRITES && writes_within(json_object_get(body, "withClause"));
        if (deletes && wb_sql_lex_find(r->p, 0, "delete") < wb_sql_lex_find(r->p, 0, "into"))
            r->s->does = WB_SQL_DESTROYS;
    }
    /* ALTER TYPE … ADD VALUE: there is no way to take a value away. */
    r->s->irreversible = r->s->does == WB_SQL_DESTROYS ||
                         (strcmp(type, "AlterEnumStmt") == 0 && !wb_tree_str(body, "oldVal"));
}
