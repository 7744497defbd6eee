/* The statements that make a mapped catalog in MySQL or MariaDB.
 *
 * The primary key stands within CREATE TABLE, since InnoDB keeps the rows in its order and would
 * rewrite the table for a later one; so does an index that begins with an AUTO_INCREMENT column,
 * which the server demands, and the index that stands for a missing primary key. All else is added
 * after the load.
 */
#include "base/str.h"
#include "engines/mysql/ddl.h"

#include <string.h>

enum { LONG_PREFIX = 191 };

struct render {
    const struct wb_catalog *catalog;
    unsigned version_num;
    struct wb_arena *a;
    struct wb_ddl_list *list;
    struct wb_findings *findings;
    int table; /* index of the table at hand */
};

static bool is_mariadb(const struct render *r) {
    return r->version_num >= 100000;
}

static const char *taken(struct render *r, struct wb_buf *b) {
    return wb_arena_strndup(r->a, wb_buf_str(b), b->len);
}

static void not_carried(struct render *r, const char *kind, const struct wb_table *t,
                        const char *name, const char *why) {
    wb_findings_add(r->findings, r->a, WB_WARNING, WB_FINDING_NOT_CARRIED, kind,
                    name ? wb_arena_printf(r->a, "%s.%s", t->name, name) : t->name, NULL, "%s",
                    why);
}

static struct wb_ddl *push(struct render *r, enum wb_ddl_part part, const char *kind,
                           const char *object, const char *sql) {
    struct wb_ddl *d = WB_PUSH(r->a, r->list->items, r->list->n, r->list->cap);
    *d = (struct wb_ddl){
        .part = part, .object_kind = kind, .object = object, .table = r->table, .sql = sql};
    return d;
}

/* A condition on information_schema with this database and table. */
static const char *exists(struct render *r, const struct wb_table *t, const char *from,
                          const char *column, const char *name) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_buf_addf(&b, "SELECT 1 FROM information_schema.%s WHERE TABLE_SCHEMA = ", from);
    if (t->schema && *t->schema)
        wb_mysql_quote_text(&b, t->schema, strlen(t->schema));
    else
        wb_buf_adds(&b, "DATABASE()");
    wb_buf_adds(&b, " AND TABLE_NAME = ");
    wb_mysql_quote_text(&b, t->name, strlen(t->name));
    if (column) {
        wb_buf_addf(&b, " AND %s = ", column);
        wb_mysql_quote_text(&b, name, strlen(name));
    }
    wb_buf_adds(&b, " LIMIT 1");
    return taken(r, &b);
}

/* ------------------------------------------------------------------------------------------
 * columns */

/* What map_type chooses, where the server has it by another name, or something near. */
static const struct {
    const char *name;
    unsigned since; /* version of MariaDB */
    const char *older, *mysql;
} collations[] = {
    {"utf8mb4_nopad_bin", 100202, "utf8mb4_bin", "utf8mb4_0900_bin"},
    {"utf8mb4_unicode_520_nopad_ci", 100202, "utf8mb4_unicode_520_ci", "utf8mb4_0900_ai_ci"},
    {"utf8mb4_uca1400_nopad_as_ci", 101001, "utf8mb4_unicode_520_nopad_ci", "utf8mb4_0900_as_ci"},
};

static void add_type(struct render *r, struct wb_buf *sql, const struct wb_type *t) {
    const char *collation = t->collation;
    wb_buf_adds(sql, t->native);
    if (!collation ||
        (t->kind != WB_KIND_TEXT && t->kind != WB_KIND_ENUM && t->kind != WB_KIND_SET))
        return;
    for (size_t i = 0; i < sizeof collations / sizeof collations[0]; i++)
        if (r->version_num < collations[i].since && wb_str_eq(collation, collations[i].name))
            collation = is_mariadb(r) ? collations[i].older : collations[i].mysql;
    wb_buf_addf(sql, " CHARACTER SET %.*s COLLATE %s", (int)strcspn(collation, "_"), collation,
                collation);
}

static void add_comment(struct wb_buf *sql, const char *comment, const char *before) {
    if (!comment || !*comment)
        return;
    wb_buf_adds(sql, before);
    wb_mysql_quote_text(sql, comment, strlen(comment));
}

/* A default's literal is stored as a value of the column's type, whatever it is cast to on the way:
 * a label of an enum type, a date, a document, an array's text. */
static const struct wb_expr *value_of_default(const struct wb_column *c) {
    const struct wb_expr *tree = c->default_.tree;
    bool literal = tree && tree->op == WB_EXPR_CAST && tree->args[0]->op == WB_EXPR_STRING;
    bool same = literal && (c->type.kind == WB_KIND_ENUM ||
                            (c->type.kind == WB_KIND_JSON && wb_str_starts(tree->text, "json")) ||
                            (c->type.kind == WB_KIND_DATE && wb_str_eq(tree->text, "date")) ||
                            (c->type.kind == WB_KIND_TEXT && strstr(tree->text, "[]")));
    return same ? tree->args[0] : tree;
}

static void add_default(struct render *r, struct wb_buf *sql, const struct wb_table *t,
                        const struct wb_column *c) {
    WB_CLEANUP_BUF struct wb_buf expr = {0};
    if (!c->default_.text && !c->default_.tree)
        return;
    const struct wb_expr *tree = value_of_default(c);
    if (!tree || !wb_mysql_render_expr(&expr, tree, t)) {
        not_carried(r, "default", t, c->name,
                    wb_arena_printf(r->a, "no counterpart for %s", c->default_.text));
        return;
    }
    while (tree->op == WB_EXPR_CAST && tree->args[0])
        tree = tree->args[0];
    enum wb_expr_op op = tree->op;
    bool plain = op == WB_EXPR_NULL || op == WB_EXPR_NUMBER || op == WB_EXPR_STRING ||
                 op == WB_EXPR_NOW || op == WB_EXPR_BITS || op == WB_EXPR_BYTES ||
                 op == WB_EXPR_TRUE || op == WB_EXPR_FALSE;
    if (wb_mysql_type_is_long(&c->type))
        plain = false;
    wb_buf_addf(sql, plain ? " DEFAULT %s" : " DEFAULT (%s)", wb_buf_str(&expr));
}

static bool add_generated(struct render *r, struct wb_buf *sql, const struct wb_table *t,
                          const struct wb_column *c) {
    WB_CLEANUP_BUF struct wb_buf expr = {0};
    if (!c->generated_as.tree || !wb_mysql_render_expr(&expr, c->generated_as.tree, t)) {
        not_carried(r, "generated column", t, c->name,
                    wb_arena_printf(r->a, "no counterpart for %s; it becomes a plain column",
                                    c->generated_as.text));
        return false;
    }
    wb_buf_addf(sql, " GENERATED ALWAYS AS (%s) %s", wb_buf_str(&expr),
                c->generated == WB_GENERATED_VIRTUAL ? "VIRTUAL" : "STORED");
    return true;
}

static void add_column(struct render *r, struct wb_buf *sql, const struct wb_table *t,
                       const struct wb_column *c) {
    wb_mysql_quote_name(sql, c->name);
    wb_buf_addc(sql, ' ');
    add_type(r, sql, &c->type);
    if (c->generated && add_generated(r, sql, t, c)) {
        add_comment(sql, c->comment, " COMMENT ");
        return;
    }
    wb_buf_adds(sql, c->not_null ? " NOT NULL" : " NULL");
    if (c->identity)
        wb_buf_adds(sql, " AUTO_INCREMENT");
    else
        add_default(r, sql, t, c);
    if (c->on_update)
        wb_buf_addf(sql, " ON UPDATE CURRENT_TIMESTAMP(%u)", c->type.fraction_digits);
    if (c->invisible)
        wb_buf_adds(sql, " INVISIBLE");
    add_comment(sql, c->comment, " COMMENT ");
}

/* ------------------------------------------------------------------------------------------
 * indexes */

/* "(`a`, `b`(20) DESC)"; false where the index cannot be had. */
static bool add_parts(struct render *r, struct wb_buf *sql, const struct wb_table *t,
                      const struct wb_index *x) {
    wb_buf_adds(sql, " (");
    for (size_t i = 0; i < x->n_parts; i++) {
        const struct wb_index_part *p = &x->parts[i];
        wb_buf_adds(sql, i ? ", " : "");
        if (p->column < 0) {
            if (is_mariadb(r) || !p->expr.tree)
                return false;
            wb_buf_adds(sql, "(");
            if (!wb_mysql_render_expr(sql, p->expr.tree, t))
                return false;
            wb_buf_adds(sql, ")");
        } else {
            const struct wb_column *c = &t->columns[p->column];
            wb_mysql_quote_name(sql, c->name);
            if (p->prefix_length)
                wb_buf_addf(sql, "(%u)", p->prefix_length);
            else if (x->method == WB_INDEX_BTREE && !x->unique && wb_mysql_type_is_long(&c->type))
                wb_buf_addf(sql, "(%d)", LONG_PREFIX);
        }
        if (p->descending && x->method == WB_INDEX_BTREE)
            wb_buf_adds(sql, " DESC");
    }
    wb_buf_adds(sql, ")");
    return true;
}

static bool is_inline(const struct wb_table *t, const struct wb_index *x) {
    int first = x->n_parts ? x->parts[0].column : -1;
    return x->primary || x == wb_table_replica_key(t) || (first >= 0 && t->columns[first].identity);
}

static const char *index_word(const struct wb_index *x) {
    return x->method == WB_INDEX_FULLTEXT  ? "FULLTEXT KEY "
           : x->method == WB_INDEX_SPATIAL ? "SPATIAL KEY "
           : x->unique                     ? "UNIQUE KEY "
                                           : "KEY ";
}

/* "UNIQUE KEY `name` (…)" */
static bool add_index(struct render *r, struct wb_buf *sql, const struct wb_table *t,
                      const struct wb_index *x) {
    if (x->where.text || x->nulls_not_distinct || (x->method == WB_INDEX_OTHER))
        return false;
    if (x->primary) {
        wb_buf_adds(sql, "PRIMARY KEY");
    } else {
        wb_buf_adds(sql, index_word(x));
        wb_mysql_quote_name(sql, x->name);
    }
    if (!add_parts(r, sql, t, x))
        return false;
    if (x->ignored)
        wb_buf_adds(sql, is_mariadb(r) ? " IGNORED" : " INVISIBLE");
    add_comment(sql, x->comment, " COMMENT ");
    return true;
}

static void render_indexes(struct render *r, const struct wb_table *t) {
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct wb_index *x = &t->indexes[i];
        WB_CLEANUP_BUF struct wb_buf sql = {0}, drop = {0};
        if (is_inline(t, x))
            continue;
        wb_buf_adds(&sql, "ALTER TABLE ");
        wb_mysql_quote_table(&sql, t);
        wb_buf_add(&drop, sql.data, sql.len);
        wb_buf_adds(&sql, " ADD ");
        if (!x->name || !add_index(r, &sql, t, x)) {
            not_carried(r, "index", t, x->name, "an index of this form does not exist here");
            continue;
        }
        wb_buf_adds(&drop, " DROP INDEX ");
        wb_mysql_quote_name(&drop, x->name);
        struct wb_ddl *d = push(r, WB_DDL_INDEX, "index",
                                wb_arena_printf(r->a, "%s.%s", t->name, x->name), taken(r, &sql));
        d->drop_sql = taken(r, &drop);
        d->exists_sql = exists(r, t, "STATISTICS", "INDEX_NAME", x->name);
    }
}

/* ------------------------------------------------------------------------------------------ tables
 */

static void add_checks(struct render *r, struct wb_buf *sql, const struct wb_table *t) {
    for (size_t i = 0; i < t->n_checks; i++) {
        const struct wb_check *c = &t->checks[i];
        WB_CLEANUP_BUF struct wb_buf expr = {0};
        if (c->not_enforced || !c->expr.tree || !wb_mysql_render_expr(&expr, c->expr.tree, t)) {
            not_carried(r, "check", t, c->name,
                        wb_arena_printf(r->a, "no counterpart for %s", c->expr.text));
            continue;
        }
        wb_buf_adds(sql, ",\n  ");
        if (c->name && c->column < 0) {
            wb_buf_adds(sql, "CONSTRAINT ");
            wb_mysql_quote_name(sql, c->name);
            wb_buf_addc(sql, ' ');
        }
        wb_buf_addf(sql, "CHECK (%s)", wb_buf_str(&expr));
    }
}

static void render_table(struct render *r, const struct wb_table *t) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "CREATE TABLE ");
    wb_mysql_quote_table(&sql, t);
    for (size_t i = 0; i < t->n_columns; i++) {
        wb_buf_adds(&sql, i ? ",\n  " : " (\n  ");
        add_column(r, &sql, t, &t->columns[i]);
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        WB_CLEANUP_BUF struct wb_buf x = {0};
        if (!is_inline(t, &t->indexes[i]))
            continue;
        if (add_index(r, &x, t, &t->indexes[i]))
            wb_buf_addf(&sql, ",\n  %s", wb_buf_str(&x));
        else
            not_carried(r, "index", t, t->indexes[i].name,
                        "an index of this form does not exist here");
    }
    add_checks(r, &sql, t);
    wb_buf_adds(&sql, "\n) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4");
    add_comment(&sql, t->comment, " COMMENT=");
    if (t->partitioning.method != WB_PARTITION_NONE)
        not_carried(r, "partitions", t, NULL, "the table is made without its partitions");
    struct wb_ddl *d = push(r, WB_DDL_TABLE, "table", t->name, taken(r, &sql));
    WB_CLEANUP_BUF struct wb_buf drop = {0};
    wb_buf_adds(&drop, "DROP TABLE IF EXISTS ");
    wb_mysql_quote_table(&drop, t);
    d->drop_sql = taken(r, &drop);
    d->exists_sql = exists(r, t, "TABLES", NULL, NULL);
}

/* ------------------------------------------------------------------------------------------
 * foreign keys */

static const char *action_word(enum wb_fk_action action) {
    static const char *const words[] = {"NO ACTION", "RESTRICT", "CASCADE", "SET NULL",
                                        "NO ACTION"};
    return words[action];
}

static void add_names(struct wb_buf *sql, const struct wb_table *t,
                      const struct wb_foreign_key *f) {
    wb_buf_addc(sql, '(');
    for (size_t i = 0; i < f->n_columns; i++) {
        wb_buf_adds(sql, i ? ", " : "");
        wb_mysql_quote_name(sql, t->columns[f->columns[i]].name);
    }
    wb_buf_addc(sql, ')');
}

static void add_referenced(struct render *r, struct wb_buf *sql, const struct wb_foreign_key *f) {
    const struct wb_table *to = wb_catalog_find_table(r->catalog, f->ref_schema, f->ref_table);
    const struct wb_index *pk = to ? wb_table_primary_key(to) : NULL;
    wb_buf_adds(sql, " (");
    for (size_t i = 0; i < f->n_columns; i++) {
        wb_buf_adds(sql, i ? ", " : "");
        if (f->ref_columns)
            wb_mysql_quote_name(sql, f->ref_columns[i]);
        else if (pk && i < pk->n_parts && pk->parts[i].column >= 0)
            wb_mysql_quote_name(sql, to->columns[pk->parts[i].column].name);
    }
    wb_buf_addc(sql, ')');
}

static void render_foreign_keys(struct render *r, const struct wb_table *t) {
    for (size_t i = 0; i < t->n_fks; i++) {
        const struct wb_foreign_key *f = &t->fks[i];
        WB_CLEANUP_BUF struct wb_buf sql = {0}, drop = {0};
        const char *name = f->name ? f->name : wb_arena_printf(r->a, "%s_fk_%zu", t->name, i + 1);
        wb_buf_adds(&sql, "ALTER TABLE ");
        wb_mysql_quote_table(&sql, t);
        wb_buf_add(&drop, sql.data, sql.len);
        wb_buf_adds(&sql, " ADD CONSTRAINT ");
        wb_mysql_quote_name(&sql, name);
        wb_buf_adds(&sql, " FOREIGN KEY ");
        add_names(&sql, t, f);
        wb_buf_adds(&sql, " REFERENCES ");
        if (f->ref_schema && *f->ref_schema) {
            wb_mysql_quote_name(&sql, f->ref_schema);
            wb_buf_addc(&sql, '.');
        }
        wb_mysql_quote_name(&sql, f->ref_table);
        add_referenced(r, &sql, f);
        wb_buf_addf(&sql, " ON DELETE %s ON UPDATE %s", action_word(f->on_delete),
                    action_word(f->on_update));
        wb_buf_adds(&drop, " DROP FOREIGN KEY ");
        wb_mysql_quote_name(&drop, name);
        if (f->deferrable)
            wb_findings_add(r->findings, r->a, WB_WARNING, WB_FINDING_ALTERED, "foreign key",
                            wb_arena_printf(r->a, "%s.%s", t->name, name), NULL,
                            "it cannot be deferred here: it is checked at every statement");
        struct wb_ddl *d = push(r, WB_DDL_FOREIGN_KEY, "foreign key",
                                wb_arena_printf(r->a, "%s.%s", t->name, name), taken(r, &sql));
        d->drop_sql = taken(r, &drop);
        d->exists_sql = exists(r, t, "TABLE_CONSTRAINTS", "CONSTRAINT_NAME", name);
    }
}

/* ------------------------------------------------------------------------------------------ all of
 * it */

static void render_after(struct render *r, const struct wb_table *t) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_mysql_quote_table(&sql, t);
    bool identity = false;
    for (size_t i = 0; i < t->n_columns; i++)
        identity |= t->columns[i].identity != WB_IDENTITY_NONE;
    if (identity && t->has_next_value)
        push(r, WB_DDL_SEQUENCE, "next value", t->name,
             wb_arena_printf(r->a, "ALTER TABLE %s AUTO_INCREMENT = %llu", wb_buf_str(&sql),
                             (unsigned long long)t->next_value));
    push(r, WB_DDL_ANALYZE, "table", t->name,
         wb_arena_printf(r->a, "ANALYZE TABLE %s", wb_buf_str(&sql)));
}

enum wb_code wb_mysql_render(const struct wb_catalog *target, unsigned version_num,
                             struct wb_arena *a, struct wb_ddl_list *ret,
                             struct wb_findings *findings, struct wb_error *err) {
    struct render r = {
        .catalog = target, .version_num = version_num, .a = a, .list = ret, .findings = findings};
    static void (*const parts[])(struct render *, const struct wb_table *) = {
        render_table, render_indexes, render_foreign_keys, render_after};
    (void)err;
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++)
        for (r.table = 0; (size_t)r.table < target->n_tables; r.table++)
            parts[p](&r, &target->tables[r.table]);
    for (size_t i = 0; i < target->n_objects; i++)
        wb_findings_add(findings, a, WB_WARNING, WB_FINDING_NOT_CARRIED, target->objects[i].kind,
                        target->objects[i].name, "make it in the target by hand",
                        "it is not carried");
    return WB_OK;
}
