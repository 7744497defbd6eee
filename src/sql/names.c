/* Tables and columns that a query names, by its scopes: a FROM clause makes one, a subquery sees
 * those around it. */
#include "sql/tree.h"

#include "base/str.h"

#include <string.h>

static void walk(struct wb_sql_reader *r, const json_t *node, struct wb_sql_scope *scope);
static void read_select(struct wb_sql_reader *r, const json_t *select, struct wb_sql_scope *up,
                        const char **ret_base);

static const char *lower(struct wb_sql_reader *r, const char *s) {
    char *text = wb_arena_strdup(r->a, s);
    for (char *c = text; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    return text;
}

size_t wb_names_table(struct wb_sql_reader *r, const json_t *rv, enum wb_sql_lock lock) {
    struct wb_sql_statement *s = r->s;
    size_t at = wb_tree_at(r, rv);
    *WB_PUSH(r->a, s->tables, s->n_tables, s->cap_tables) =
        (struct wb_sql_table){.schema = wb_tree_written(r, at, wb_tree_str(rv, "schemaname")),
                              .name = wb_tree_written(r, at, wb_tree_str(rv, "relname")),
                              .at = at,
                              .lock = lock};
    return s->n_tables - 1;
}

static struct wb_sql_column *add_column(struct wb_sql_reader *r, const char *name, size_t at) {
    struct wb_sql_column *c = WB_PUSH(r->a, r->s->columns, r->s->n_columns, r->s->cap_columns);
    *c = (struct wb_sql_column){.name = wb_tree_written(r, at, name), .at = at};
    return c;
}

static void may_be_of(struct wb_sql_reader *r, struct wb_sql_column *c, size_t table) {
    if (table == SIZE_MAX)
        c->open = true;
    else
        *WB_PUSH(r->a, c->tables, c->n_tables, c->cap_tables) = table;
}

void wb_names_column(struct wb_sql_reader *r, const char *name, size_t at, size_t table) {
    may_be_of(r, add_column(r, name, at), table);
}

/* --- scopes
 * ----------------------------------------------------------------------------------------- */

static struct wb_sql_rel *add_rel(struct wb_sql_reader *r, struct wb_sql_scope *scope,
                                  const char *alias, const char *base, size_t table, size_t at) {
    struct wb_sql_rel *rel = WB_PUSH(r->a, scope->rels, scope->n, scope->cap);
    *rel = (struct wb_sql_rel){.alias = wb_tree_copy(r, alias),
                               .base = base ? lower(r, base) : NULL,
                               .table = table,
                               .at = at};
    return rel;
}

/* Whether a name is a query of a WITH clause; *ret_base: the table that its rows come from. */
static bool is_cte(const struct wb_sql_scope *scope, const char *name, const char **ret_base) {
    for (; scope; scope = scope->up)
        for (size_t i = scope->n_ctes; i-- > 0;)
            if (wb_str_eq(scope->ctes[i], name)) {
                *ret_base = scope->cte_bases[i];
                return true;
            }
    return false;
}

static const char *alias_of(const json_t *body) {
    return wb_tree_str(json_object_get(body, "alias"), "aliasname");
}

static void from_table(struct wb_sql_reader *r, const json_t *rv, struct wb_sql_scope *scope,
                       enum wb_sql_lock lock) {
    const char *name = wb_tree_str(rv, "relname"), *alias = alias_of(rv), *base = NULL;
    size_t table = SIZE_MAX;
    if (wb_tree_str(rv, "schemaname") || !is_cte(scope, name, &base)) {
        table = wb_names_table(r, rv, lock);
        base = name;
    }
    /* "t (a, b)" gives the columns names of its own. */
    if (json_object_get(json_object_get(rv, "alias"), "colnames"))
        table = SIZE_MAX;
    add_rel(r, scope, alias ? alias : name, base, table, wb_tree_at(r, rv));
}

static void from_item(struct wb_sql_reader *r, const json_t *node, struct wb_sql_scope *scope);

static void from_join(struct wb_sql_reader *r, const json_t *join, struct wb_sql_scope *scope) {
    const char *type = wb_tree_str(join, "jointype");
    size_t first = scope->n;
    from_item(r, json_object_get(join, "larg"), scope);
    size_t second = scope->n;
    from_item(r, json_object_get(join, "rarg"), scope);
    bool full = wb_str_eq(type, "JOIN_FULL");
    for (size_t i = first; i < scope->n; i++) {
        scope->rels[i].nullable |=
            full || (i < second ? wb_str_eq(type, "JOIN_RIGHT") : wb_str_eq(type, "JOIN_LEFT"));
        scope->rels[i].full |= full;
    }
    if (alias_of(join)) /* (a JOIN b …) AS j */
        add_rel(r, scope, alias_of(join), NULL, SIZE_MAX, r->p->items[0].at);
}

static void from_item(struct wb_sql_reader *r, const json_t *node, struct wb_sql_scope *scope) {
    json_t *body = NULL;
    const char *type = wb_tree_type(node, &body), *base = NULL;
    if (wb_str_eq(type, "RangeVar")) {
        from_table(r, body, scope, WB_LOCK_ACCESS_SHARE);
    } else if (wb_str_eq(type, "JoinExpr")) {
        from_join(r, body, scope);
    } else if (wb_str_eq(type, "RangeSubselect")) {
        json_t *select = wb_tree_as(json_object_get(body, "subquery"), "SelectStmt");
        const char *alias = alias_of(body);
        size_t first = r->s->n_tables;
        read_select(r, select, wb_tree_flag(body, "lateral") ? scope : scope->up, &base);
        add_rel(r, scope, alias ? alias : "", base, SIZE_MAX,
                first < r->s->n_tables ? r->s->tables[first].at : r->p->items[0].at);
    } else if (type) {
        const char *alias = alias_of(body);
        walk(r, body, scope);
        add_rel(r, scope, alias ? alias : "", NULL, SIZE_MAX, r->p->items[0].at);
    }
}

/* The conditions of the joins, once all that they may name is known. */
static void walk_quals(struct wb_sql_reader *r, const json_t *node, struct wb_sql_scope *scope) {
    const json_t *join = wb_tree_as(node, "JoinExpr");
    if (!join)
        return;
    walk_quals(r, json_object_get(join, "larg"), scope);
    walk_quals(r, json_object_get(join, "rarg"), scope);
    walk(r, json_object_get(join, "quals"), scope);
}

static void read_ctes(struct wb_sql_reader *r, const json_t *with, struct wb_sql_scope *scope) {
    size_t i;
    json_t *item;
    bool recursive = wb_tree_flag(with, "recursive");
    json_array_foreach(json_object_get(with, "ctes"), i, item) {
        const json_t *cte = wb_tree_as(item, "CommonTableExpr");
        const char *name = wb_tree_str(cte, "ctename"), *base = NULL;
        const json_t *query = json_object_get(cte, "ctequery");
        json_t *body = NULL;
        size_t at = scope->n_ctes;
        if (recursive) {
            *WB_PUSH(r->a, scope->ctes, scope->n_ctes, scope->cap_ctes) = wb_tree_copy(r, name);
            scope->cte_bases = wb_arena_grow(r->a, scope->cte_bases, &scope->cap_bases,
                                             scope->n_ctes, sizeof *scope->cte_bases);
            scope->cte_bases[at] = NULL;
        }
        const char *type = wb_tree_type(query, &body);
        if (wb_str_eq(type, "SelectStmt"))
            read_select(r, body, scope, &base);
        else if (type)
            wb_names_read(r, type, body, scope);
        if (!recursive)
            *WB_PUSH(r->a, scope->ctes, scope->n_ctes, scope->cap_ctes) = wb_tree_copy(r, name);
        scope->cte_bases = wb_arena_grow(r->a, scope->cte_bases, &scope->cap_bases, scope->n_ctes,
                                         sizeof *scope->cte_bases);
        scope->cte_bases[at] = base;
    }
}

static void note_outputs(struct wb_sql_reader *r, const json_t *targets,
                         struct wb_sql_scope *scope) {
    size_t i;
    json_t *item;
    json_array_foreach(targets, i, item) {
        const char *name = wb_tree_str(wb_tree_as(item, "ResTarget"), "name");
        if (name)
            *WB_PUSH(r->a, scope->outputs, scope->n_outputs, scope->cap_outputs) =
                wb_tree_copy(r, name);
    }
}

static void lock_rows(struct wb_sql_reader *r, const json_t *select, size_t first) {
    if (!json_object_get(select, "lockingClause"))
        return;
    for (size_t i = first; i < r->s->n_tables; i++)
        r->s->tables[i].lock = WB_LOCK_ROW_SHARE;
}

/* *ret_base: the one table that the rows come from, else untouched. */
static void read_select(struct wb_sql_reader *r, const json_t *select, struct wb_sql_scope *up,
                        const char **ret_base) {
    static const char *const parts[] = {"targetList",     "whereClause",  "groupClause",
                                        "havingClause",   "windowClause", "valuesLists",
                                        "distinctClause", "limitOffset",  "limitCount"};
    struct wb_sql_scope *scope = WB_NEW(r->a, struct wb_sql_scope);
    size_t first = r->s->n_tables, i;
    json_t *item;
    if (json_object_get(select, "withClause")) {
        struct wb_sql_scope *with = WB_NEW(r->a, struct wb_sql_scope);
        with->up = up;
        read_ctes(r, json_object_get(select, "withClause"), with);
        up = with;
    }
    scope->up = up;
    const char *op = wb_tree_str(select, "op");
    if (op && strcmp(op, "SETOP_NONE") != 0) {
        const char *left = NULL, *right = NULL;
        read_select(r, json_object_get(select, "larg"), up, &left);
        read_select(r, json_object_get(select, "rarg"), up, &right);
        if (strcmp(op, "SETOP_EXCEPT") == 0 && left && right)
            wb_marks_except(r, left, right);
        *ret_base = left;
        return;
    }
    json_array_foreach(json_object_get(select, "fromClause"), i, item) from_item(r, item, scope);
    note_outputs(r, json_object_get(select, "targetList"), scope);
    json_array_foreach(json_object_get(select, "fromClause"), i, item) walk_quals(r, item, scope);
    for (i = 0; i < sizeof parts / sizeof *parts; i++)
        walk(r, json_object_get(select, parts[i]), scope);
    walk(r, json_object_get(select, "sortClause"), scope);
    lock_rows(r, select, first);
    wb_marks_select(r, scope, select);
    if (scope->n == 1 && scope->rels[0].base)
        *ret_base = scope->rels[0].base;
}

/* --- columns
 * ---------------------------------------------------------------------------------------- */

struct wb_sql_rel *wb_scope_find(struct wb_sql_scope *scope, const json_t *ref) {
    const json_t *fields = json_object_get(ref, "fields");
    size_t n = json_array_size(fields);
    const char *first =
        wb_tree_str(wb_tree_as(json_array_get(fields, n > 2 ? n - 2 : 0), "String"), "sval");
    if (!first)
        return NULL;
    for (struct wb_sql_scope *s = scope; s; s = s->up) {
        for (size_t i = 0; i < s->n; i++)
            if (wb_str_ieq(s->rels[i].alias, first))
                return &s->rels[i];
        if (n == 1 && s->n == 1)
            return &s->rels[0];
    }
    return NULL;
}

static bool is_output(const struct wb_sql_scope *scope, const char *name) {
    for (size_t i = 0; scope && i < scope->n_outputs; i++)
        if (wb_str_ieq(scope->outputs[i], name))
            return true;
    return false;
}

/* A string in double quotes, which SQLite takes for one where no column has that name. */
static bool may_be_string(const struct wb_sql_reader *r, size_t at) {
    return r->dialect != WB_DIALECT_POSTGRES && r->text[at] == '"';
}

static void unqualified(struct wb_sql_reader *r, const char *name, size_t at,
                        struct wb_sql_scope *scope) {
    for (struct wb_sql_scope *s = scope; s; s = s->up)
        for (size_t i = 0; i < s->n; i++)
            if (wb_str_ieq(s->rels[i].alias, name))
                return; /* a whole row */
    /* MySQL's functions that need no parentheses */
    bool called = r->dialect == WB_DIALECT_MYSQL && wb_str_istarts(name, "utc_");
    if (is_output(scope, name) || may_be_string(r, at) || called)
        return;
    struct wb_sql_column *c = add_column(r, name, at);
    for (struct wb_sql_scope *s = scope; s; s = s->up)
        for (size_t i = 0; i < s->n; i++)
            may_be_of(r, c, s->rels[i].table);
}

static void column_ref(struct wb_sql_reader *r, const json_t *ref, struct wb_sql_scope *scope) {
    const json_t *fields = json_object_get(ref, "fields");
    size_t n = json_array_size(fields), at = wb_tree_at(r, ref);
    const char *name =
        n ? wb_tree_str(wb_tree_as(json_array_get(fields, n - 1), "String"), "sval") : NULL;
    if (!name)
        return; /* t.* */
    if (n == 1) {
        unqualified(r, name, at, scope);
        return;
    }
    const char *qualifier =
        wb_tree_str(wb_tree_as(json_array_get(fields, n - 2), "String"), "sval");
    const struct wb_sql_rel *rel = wb_scope_find(scope, ref);
    struct wb_sql_column *c = add_column(r, name, at);
    c->qualifier = wb_tree_written(r, at, qualifier);
    if (rel && wb_str_ieq(rel->alias, qualifier))
        may_be_of(r, c, rel->table);
    else
        c->open = n > 2 || wb_str_eq(qualifier, "excluded") || wb_str_eq(qualifier, "new") ||
                  wb_str_eq(qualifier, "old"); /* a part of a part, or given by the statement */
}

static void walk(struct wb_sql_reader *r, const json_t *node, struct wb_sql_scope *scope) {
    size_t i;
    json_t *item, *body = NULL;
    const char *key, *base = NULL, *type = wb_tree_type(node, &body);
    if (json_is_array(node)) {
        json_array_foreach(node, i, item) walk(r, item, scope);
    } else if (wb_str_eq(type, "ColumnRef")) {
        column_ref(r, body, scope);
    } else if (wb_str_eq(type, "SelectStmt")) {
        read_select(r, body, scope, &base);
    } else if (json_is_object(node)) {
        json_object_foreach((json_t *)node, key, item) walk(r, item, scope);
    }
}

void wb_names_within(struct wb_sql_reader *r, const json_t *node, const json_t *rv, size_t table) {
    struct wb_sql_scope scope = {0};
    if (rv)
        add_rel(r, &scope, wb_tree_str(rv, "relname"), NULL, table, wb_tree_at(r, rv));
    walk(r, node, &scope);
}

/* --- statements that read or change rows
 * ------------------------------------------------------------- */

/* Columns that are set: SET a = …, INSERT INTO t (a, b). */
static void set_columns(struct wb_sql_reader *r, const json_t *targets, size_t table) {
    size_t i;
    json_t *item;
    json_array_foreach(targets, i, item) {
        const json_t *target = wb_tree_as(item, "ResTarget");
        const char *name = wb_tree_str(target, "name");
        if (name)
            wb_names_column(r, name, wb_tree_at(r, target), table);
    }
}

static void set_values(struct wb_sql_reader *r, const json_t *targets, struct wb_sql_scope *scope) {
    size_t i;
    json_t *item;
    json_array_foreach(targets, i, item)
        walk(r, json_object_get(wb_tree_as(item, "ResTarget"), "val"), scope);
}

static size_t written_table(struct wb_sql_reader *r, const json_t *body,
                            struct wb_sql_scope *scope) {
    const json_t *rv = json_object_get(body, "relation");
    from_table(r, rv, scope, WB_LOCK_ROW_EXCLUSIVE);
    struct wb_sql_rel *rel = &scope->rels[scope->n - 1];
    if (rel->table == SIZE_MAX) /* of the same name as a query of WITH: the table is meant */
        rel->table = wb_names_table(r, rv, WB_LOCK_ROW_EXCLUSIVE);
    return rel->table;
}

static void read_insert(struct wb_sql_reader *r, const json_t *body, struct wb_sql_scope *scope) {
    const json_t *conflict = json_object_get(body, "onConflictClause");
    const json_t *infer = json_object_get(conflict, "infer");
    struct wb_sql_scope around = *scope; /* the query does not see the table */
    const char *base = NULL;
    size_t i, table = written_table(r, body, scope);
    json_t *item;
    set_columns(r, json_object_get(body, "cols"), table);
    json_t *select = wb_tree_as(json_object_get(body, "selectStmt"), "SelectStmt");
    if (select)
        read_select(r, select, &around, &base);
    set_columns(r, json_object_get(conflict, "targetList"), table);
    set_values(r, json_object_get(conflict, "targetList"), scope);
    walk(r, json_object_get(conflict, "whereClause"), scope);
    json_array_foreach(json_object_get(infer, "indexElems"), i, item) {
        const char *name = wb_tree_str(wb_tree_as(item, "IndexElem"), "name");
        if (name)
            wb_names_column(r, name, wb_sql_lex_place(r->p, name), table);
    }
    walk(r, json_object_get(body, "returningList"), scope);
}

static void read_change(struct wb_sql_reader *r, const json_t *body, struct wb_sql_scope *scope,
                        const char *from) {
    size_t i, table = written_table(r, body, scope);
    json_t *item;
    json_array_foreach(json_object_get(body, from), i, item) from_item(r, item, scope);
    json_array_foreach(json_object_get(body, from), i, item) walk_quals(r, item, scope);
    set_columns(r, json_object_get(body, "targetList"), table);
    set_values(r, json_object_get(body, "targetList"), scope);
    walk(r, json_object_get(body, "whereClause"), scope);
    walk(r, json_object_get(body, "returningList"), scope);
    r->s->limited |= json_object_get(body, "whereClause") != NULL;
}

static void read_merge(struct wb_sql_reader *r, const json_t *body, struct wb_sql_scope *scope) {
    size_t i, table = written_table(r, body, scope);
    json_t *item;
    from_item(r, json_object_get(body, "sourceRelation"), scope);
    walk(r, json_object_get(body, "joinCondition"), scope);
    json_array_foreach(json_object_get(body, "mergeWhenClauses"), i, item) {
        const json_t *when = wb_tree_as(item, "MergeWhenClause");
        walk(r, json_object_get(when, "condition"), scope);
        set_columns(r, json_object_get(when, "targetList"), table);
        set_values(r, json_object_get(when, "targetList"), scope);
        walk(r, json_object_get(when, "values"), scope);
    }
}

bool wb_names_read(struct wb_sql_reader *r, const char *type, const json_t *body,
                   struct wb_sql_scope *up) {
    struct wb_sql_scope *scope = WB_NEW(r->a, struct wb_sql_scope);
    const char *base = NULL;
    scope->up = up;
    if (strcmp(type, "SelectStmt") == 0) {
        read_select(r, body, up, &base);
        return true;
    }
    read_ctes(r, json_object_get(body, "withClause"), scope);
    if (strcmp(type, "InsertStmt") == 0)
        read_insert(r, body, scope);
    else if (strcmp(type, "UpdateStmt") == 0)
        read_change(r, body, scope, "fromClause");
    else if (strcmp(type, "DeleteStmt") == 0)
        read_change(r, body, scope, "usingClause");
    else if (strcmp(type, "MergeStmt") == 0)
        read_merge(r, body, scope);
    else
        return false;
    return true;
}
