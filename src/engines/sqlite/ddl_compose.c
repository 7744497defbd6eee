/* CREATE TABLE and CREATE INDEX from neutral parts, where the source's own text cannot be taken:
 * another engine's table, or one whose names or types were changed on the way. Primary and foreign
 * keys stand within CREATE TABLE, for SQLite cannot add them later. */
#include "base/str.h"
#include "engines/sqlite/conn.h"
#include "engines/sqlite/ddl.h"

struct compose {
    struct wb_buf *sql;
    const struct wb_table *t;
    bool own_text; /* the source's texts are SQLite's and name what is here */
    struct wb_arena *a;
    struct wb_findings *findings;
    struct wb_error *err;
};

static bool from_sqlite(const struct wb_table *t) {
    return t->native_sql != NULL;
}

static void report(struct compose *c, const char *kind, const char *object, const char *hint,
                   const char *text) {
    wb_findings_add(c->findings, c->a, WB_WARNING, WB_FINDING_NOT_CARRIED, kind,
                    object ? wb_arena_printf(c->a, "%s.%s", c->t->name, object) : c->t->name, hint,
                    "%s", text);
}

static bool add_expr(struct compose *c, const struct wb_expr_text *e) {
    if (c->own_text) {
        wb_buf_adds(c->sql, e->text);
        return true;
    }
    return e->tree && wb_sqlite_render_expr(c->sql, e->tree, c->t);
}

static void add_names(struct wb_buf *sql, const struct wb_table *t, const struct wb_index *x) {
    wb_buf_adds(sql, "(");
    for (size_t i = 0; i < x->n_parts; i++) {
        const struct wb_index_part *part = &x->parts[i];
        wb_buf_adds(sql, i ? ", " : "");
        wb_sqlite_quote_name(sql, t->columns[part->column].name);
        if (part->collation && from_sqlite(t))
            wb_buf_addf(sql, " COLLATE %s", part->collation);
        wb_buf_adds(sql, part->descending ? " DESC" : "");
    }
    wb_buf_adds(sql, ")");
}

static bool is_plain(const struct wb_index *x) {
    for (size_t i = 0; i < x->n_parts; i++)
        if (x->parts[i].column < 0 || x->parts[i].prefix_length)
            return false;
    return x->n_parts > 0 && !x->where.text;
}

bool wb_sqlite_index_is_inline(const struct wb_table *t, const struct wb_index *x) {
    return is_plain(x) && (x->primary || (x->constraint && x->unique && from_sqlite(t)));
}

/* The column that is to be the rowid's other name, -1 where there is none. */
static int rowid_column(const struct wb_table *t) {
    const struct wb_index *pk = wb_table_primary_key(t);
    if (!pk || t->without_rowid || pk->n_parts != 1 || !is_plain(pk) || pk->parts[0].descending)
        return -1;
    return t->columns[pk->parts[0].column].type.kind == WB_KIND_INT ? pk->parts[0].column : -1;
}

static void add_default(struct compose *c, const struct wb_column *col) {
    size_t before = c->sql->len;
    if (!col->default_.text)
        return;
    wb_buf_adds(c->sql, " DEFAULT (");
    if (add_expr(c, &col->default_)) {
        wb_buf_adds(c->sql, ")");
        return;
    }
    c->sql->len = before;
    report(c, "default", col->name, NULL,
           wb_arena_printf(c->a, "its default (%s) cannot be said in SQLite: the column has none",
                           col->default_.text));
}

static enum wb_code add_generated(struct compose *c, const struct wb_column *col) {
    wb_buf_adds(c->sql, " GENERATED ALWAYS AS (");
    if (!add_expr(c, &col->generated_as))
        return wb_error_set(
            c->err, WB_E_TYPE, "table %s: the generated column %s (%s) cannot be said in SQLite",
            c->t->name, col->name, col->generated_as.text ? col->generated_as.text : "");
    wb_buf_adds(c->sql, col->generated == WB_GENERATED_STORED ? ") STORED" : ") VIRTUAL");
    return WB_OK;
}

static enum wb_code add_column(struct compose *c, int i, bool rowid) {
    const struct wb_column *col = &c->t->columns[i];
    wb_sqlite_quote_name(c->sql, col->name);
    if (rowid) {
        wb_buf_adds(c->sql, " INTEGER PRIMARY KEY");
        wb_buf_adds(c->sql, col->identity != WB_IDENTITY_NONE ? " AUTOINCREMENT" : "");
        return WB_OK;
    }
    wb_buf_addf(c->sql, "%s%s", *col->type.native ? " " : "", col->type.native);
    if (col->type.collation) {
        wb_buf_adds(c->sql, " COLLATE ");
        wb_sqlite_quote_name(c->sql, col->type.collation);
    }
    wb_buf_adds(c->sql, col->not_null ? " NOT NULL" : "");
    if (col->generated)
        return add_generated(c, col);
    add_default(c, col);
    return WB_OK;
}

static void add_keys(struct compose *c, int rowid) {
    for (size_t i = 0; i < c->t->n_indexes; i++) {
        const struct wb_index *x = &c->t->indexes[i];
        if (!wb_sqlite_index_is_inline(c->t, x) || (x->primary && rowid >= 0))
            continue;
        wb_buf_adds(c->sql, x->primary ? ",\n    PRIMARY KEY " : ",\n    UNIQUE ");
        add_names(c->sql, c->t, x);
    }
}

static void add_constraint_name(struct compose *c, const char *name) {
    wb_buf_adds(c->sql, ",\n    ");
    if (!name)
        return;
    wb_buf_adds(c->sql, "CONSTRAINT ");
    wb_sqlite_quote_name(c->sql, name);
    wb_buf_adds(c->sql, " ");
}

static void add_checks(struct compose *c) {
    for (size_t i = 0; i < c->t->n_checks; i++) {
        const struct wb_check *check = &c->t->checks[i];
        size_t before = c->sql->len;
        add_constraint_name(c, check->name);
        wb_buf_adds(c->sql, "CHECK (");
        if (!check->not_enforced && add_expr(c, &check->expr)) {
            wb_buf_adds(c->sql, ")");
            continue;
        }
        c->sql->len = before;
        report(c, "check", check->name, NULL,
               wb_arena_printf(c->a,
                               check->not_enforced
                                   ? "CHECK (%s) is not enforced, which SQLite cannot say"
                                   : "CHECK (%s) cannot be said in SQLite",
                               check->expr.text ? check->expr.text : ""));
    }
}

static void add_action(struct wb_buf *sql, const char *event, enum wb_fk_action action) {
    static const char *const words[] = {
        [WB_FK_RESTRICT] = "RESTRICT",
        [WB_FK_CASCADE] = "CASCADE",
        [WB_FK_SET_NULL] = "SET NULL",
        [WB_FK_SET_DEFAULT] = "SET DEFAULT",
    };
    if (action != WB_FK_NO_ACTION)
        wb_buf_addf(sql, " ON %s %s", event, words[action]);
}

static void add_fks(struct compose *c) {
    for (size_t i = 0; i < c->t->n_fks; i++) {
        const struct wb_foreign_key *fk = &c->t->fks[i];
        add_constraint_name(c, fk->name);
        wb_buf_adds(c->sql, "FOREIGN KEY (");
        for (size_t j = 0; j < fk->n_columns; j++) {
            wb_buf_adds(c->sql, j ? ", " : "");
            wb_sqlite_quote_name(c->sql, c->t->columns[fk->columns[j]].name);
        }
        wb_buf_adds(c->sql, ") REFERENCES ");
        wb_sqlite_quote_name(c->sql, fk->ref_table);
        for (size_t j = 0; fk->ref_columns && j < fk->n_columns; j++) {
            wb_buf_adds(c->sql, j ? ", " : " (");
            wb_sqlite_quote_name(c->sql, fk->ref_columns[j]);
        }
        wb_buf_adds(c->sql, fk->ref_columns ? ")" : "");
        add_action(c->sql, "DELETE", fk->on_delete);
        add_action(c->sql, "UPDATE", fk->on_update);
        if (fk->deferrable)
            wb_buf_addf(c->sql, " DEFERRABLE INITIALLY %s",
                        fk->initially_deferred ? "DEFERRED" : "IMMEDIATE");
    }
}

static void report_rest(struct compose *c) {
    if (c->t->partitioning.method != WB_PARTITION_NONE)
        report(c, "partitions", NULL, NULL, "SQLite has no partitions: the rows are in one table");
}

enum wb_code wb_sqlite_compose_table(struct wb_buf *sql, const struct wb_table *t, bool renamed,
                                     struct wb_arena *a, struct wb_findings *findings,
                                     struct wb_error *err) {
    struct compose c = {sql, t, from_sqlite(t) && !renamed, a, findings, err};
    int rowid = rowid_column(t);
    wb_buf_adds(sql, "CREATE TABLE ");
    wb_sqlite_quote_name(sql, t->name);
    wb_buf_adds(sql, " (");
    for (size_t i = 0; i < t->n_columns; i++) {
        wb_buf_adds(sql, i ? ",\n    " : "\n    ");
        enum wb_code code = add_column(&c, (int)i, (int)i == rowid);
        if (code)
            return code;
    }
    add_keys(&c, rowid);
    add_checks(&c);
    add_fks(&c);
    report_rest(&c);
    wb_buf_addf(sql, "\n)%s%s%s", t->without_rowid ? " WITHOUT ROWID" : "",
                t->without_rowid && t->strict ? "," : "", t->strict ? " STRICT" : "");
    return WB_OK;
}

static bool add_part(struct compose *c, const struct wb_index_part *part) {
    if (part->column < 0) {
        wb_buf_adds(c->sql, "(");
        if (!add_expr(c, &part->expr))
            return false;
        wb_buf_adds(c->sql, ")");
    } else if (part->prefix_length) {
        wb_buf_adds(c->sql, "substr(");
        wb_sqlite_quote_name(c->sql, c->t->columns[part->column].name);
        wb_buf_addf(c->sql, ", 1, %u)", part->prefix_length);
    } else {
        wb_sqlite_quote_name(c->sql, c->t->columns[part->column].name);
    }
    if (part->collation && from_sqlite(c->t)) {
        wb_buf_adds(c->sql, " COLLATE ");
        wb_sqlite_quote_name(c->sql, part->collation);
    }
    wb_buf_adds(c->sql, part->descending ? " DESC" : "");
    return true;
}

static bool add_index(struct compose *c, const struct wb_index *x, const char *name) {
    wb_buf_adds(c->sql, x->unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
    wb_sqlite_quote_name(c->sql, name);
    wb_buf_adds(c->sql, " ON ");
    wb_sqlite_quote_name(c->sql, c->t->name);
    wb_buf_adds(c->sql, " (");
    for (size_t i = 0; i < x->n_parts; i++) {
        wb_buf_adds(c->sql, i ? ", " : "");
        if (!add_part(c, &x->parts[i]))
            return false;
    }
    wb_buf_adds(c->sql, ")");
    if (!x->where.text)
        return true;
    wb_buf_adds(c->sql, " WHERE ");
    return add_expr(c, &x->where);
}

bool wb_sqlite_compose_index(struct wb_buf *sql, const struct wb_table *t, const struct wb_index *x,
                             const char *name, bool renamed, struct wb_arena *a,
                             struct wb_findings *findings) {
    struct compose c = {sql, t, from_sqlite(t) && !renamed, a, findings, NULL};
    size_t before = sql->len;
    if (x->method != WB_INDEX_FULLTEXT && x->method != WB_INDEX_SPATIAL && !x->without_overlaps &&
        add_index(&c, x, name))
        return true;
    sql->len = before;
    report(&c, "index", name, x->method == WB_INDEX_FULLTEXT ? "make an FTS5 table" : NULL,
           "SQLite has no index like it");
    return false;
}
