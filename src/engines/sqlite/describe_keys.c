#include "engines/sqlite/describe.h"

#include "base/str.h"

struct keys {
    struct wb_sqlite *c;
    struct wb_arena *a;
    struct wb_table *t;
    const struct wb_sqlite_create *text;
    struct wb_error *err;
};

static int find_column(const struct wb_table *t, const char *name) {
    for (size_t i = 0; name && i < t->n_columns; i++)
        if (wb_str_ieq(t->columns[i].name, name))
            return (int)i;
    return -1;
}

static const char *other_collation(const struct keys *k, int column, const char *collation) {
    const char *usual = column >= 0 ? k->t->columns[column].type.collation : NULL;
    return wb_str_ieq(collation, usual ? usual : "BINARY") ? NULL : collation;
}

/* Rows of PRAGMA index_xinfo: cid is -1 for the rowid, -2 for an expression. */
static enum wb_code describe_parts(struct keys *k, struct wb_index *x,
                                   const struct wb_sqlite_index_text *text, const char *name) {
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    enum wb_code code = wb_sqlite_prepare(
        k->c,
        "SELECT name, \"desc\", coll FROM pragma_index_xinfo(?1, 'main') WHERE key ORDER BY seqno",
        &s, k->err);
    if (code)
        return code;
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    size_t cap = 0;
    for (bool row = true;;) {
        if ((code = wb_sqlite_step(k->c, s, &row, k->err)) || !row)
            return code;
        struct wb_index_part *part = WB_PUSH(k->a, x->parts, x->n_parts, cap);
        part->column = find_column(k->t, (const char *)sqlite3_column_text(s, 0));
        if (part->column < 0)
            part->expr.text = x->n_parts <= text->n_parts ? text->parts[x->n_parts - 1] : "";
        part->descending = sqlite3_column_int(s, 1) != 0;
        part->collation = other_collation(k, part->column, wb_sqlite_column_text(s, 2, k->a));
    }
}

/* Columns of row: name, unique, origin ('c' CREATE INDEX, 'u' UNIQUE, 'pk'), partial, sql. */
static enum wb_code describe_index(struct keys *k, struct wb_index *x, sqlite3_stmt *row) {
    const char *name = wb_sqlite_column_text(row, 0, k->a),
               *origin = (const char *)sqlite3_column_text(row, 2);
    struct wb_sqlite_index_text text = {0};
    x->primary = wb_str_eq(origin, "pk");
    x->constraint = !wb_str_eq(origin, "c");
    x->unique = sqlite3_column_int(row, 1) != 0;
    x->name = x->primary ? NULL : name;
    x->native_sql = wb_sqlite_column_text(row, 4, k->a);
    if (x->native_sql)
        wb_sqlite_parse_index(x->native_sql, k->a, &text);
    if (sqlite3_column_int(row, 3))
        x->where.text = text.where ? text.where : "";
    return describe_parts(k, x, &text, name);
}

static enum wb_code describe_indexes(struct keys *k) {
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    enum wb_code code =
        wb_sqlite_prepare(k->c,
                          "SELECT l.name, l.\"unique\", l.origin, l.partial, s.sql "
                          "FROM pragma_index_list(?1, 'main') l "
                          "LEFT JOIN main.sqlite_schema s ON s.type = 'index' AND s.name = l.name "
                          "ORDER BY l.origin <> 'pk', l.seq DESC",
                          &s, k->err);
    if (code)
        return code;
    sqlite3_bind_text(s, 1, k->t->name, -1, SQLITE_STATIC);
    size_t cap = 0;
    for (bool row = true;;) {
        if ((code = wb_sqlite_step(k->c, s, &row, k->err)) || !row)
            return code;
        struct wb_index *x = WB_PUSH(k->a, k->t->indexes, k->t->n_indexes, cap);
        if ((code = describe_index(k, x, s)))
            return code;
    }
}

/* A rowid table whose one-column primary key has no index: the column is the rowid's other name
 * (lang_createtable.html, "ROWIDs and the INTEGER PRIMARY KEY"). It holds 64-bit integers only and
 * never NULL. */
static enum wb_code describe_rowid_key(struct keys *k) {
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    bool row = false;
    enum wb_code code = wb_sqlite_prepare(
        k->c, "SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE pk = 1", &s, k->err);
    if (code)
        return code;
    sqlite3_bind_text(s, 1, k->t->name, -1, SQLITE_STATIC);
    if ((code = wb_sqlite_step(k->c, s, &row, k->err)) || !row)
        return code;
    int column = find_column(k->t, (const char *)sqlite3_column_text(s, 0));
    struct wb_index *wider = WB_NEW_N(k->a, struct wb_index, k->t->n_indexes + 1);
    for (size_t i = 0; i < k->t->n_indexes; i++)
        wider[i + 1] = k->t->indexes[i];
    wider[0] = (struct wb_index){.primary = true, .unique = true, .constraint = true, .n_parts = 1};
    wider[0].parts = WB_NEW(k->a, struct wb_index_part);
    wider[0].parts->column = column;
    k->t->indexes = wider;
    k->t->n_indexes++;
    struct wb_column *col = &k->t->columns[column];
    col->type.kind = WB_KIND_INT;
    col->type.size_bytes = 8;
    col->type.collation_flags = 0;
    col->type.collation = NULL;
    col->not_null = true;
    return WB_OK;
}

static enum wb_fk_action action_of(const char *word) {
    return wb_str_ieq(word, "CASCADE")       ? WB_FK_CASCADE
           : wb_str_ieq(word, "RESTRICT")    ? WB_FK_RESTRICT
           : wb_str_ieq(word, "SET NULL")    ? WB_FK_SET_NULL
           : wb_str_ieq(word, "SET DEFAULT") ? WB_FK_SET_DEFAULT
                                             : WB_FK_NO_ACTION;
}

/* One row of PRAGMA foreign_key_list is one column of a key: id, from, to, table, on_update,
 * on_delete, and how many columns the key has. */
static void add_fk_column(struct keys *k, struct wb_foreign_key *fk, sqlite3_stmt *s) {
    if (fk->n_columns == 0) {
        int n_columns = sqlite3_column_int(s, 6);
        fk->columns = WB_NEW_N(k->a, uint32_t, n_columns);
        fk->ref_columns = sqlite3_column_type(s, 2) == SQLITE_NULL
                              ? NULL
                              : WB_NEW_N(k->a, const char *, n_columns);
        fk->ref_schema = "main";
        fk->ref_table = wb_sqlite_column_text(s, 3, k->a);
        fk->on_update = action_of((const char *)sqlite3_column_text(s, 4));
        fk->on_delete = action_of((const char *)sqlite3_column_text(s, 5));
    }
    int column = find_column(k->t, (const char *)sqlite3_column_text(s, 1));
    fk->columns[fk->n_columns] = column < 0 ? 0 : (uint32_t)column;
    if (fk->ref_columns)
        fk->ref_columns[fk->n_columns] = wb_sqlite_column_text(s, 2, k->a);
    fk->n_columns++;
}

static enum wb_code describe_fks(struct keys *k) {
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    enum wb_code code =
        wb_sqlite_prepare(k->c,
                          "SELECT id, \"from\", \"to\", \"table\", on_update, on_delete, 1 + "
                          "max(seq) OVER (PARTITION BY id) "
                          "FROM pragma_foreign_key_list(?1, 'main') ORDER BY id DESC, seq",
                          &s, k->err);
    if (code)
        return code;
    sqlite3_bind_text(s, 1, k->t->name, -1, SQLITE_STATIC);
    size_t cap = 0;
    int last = -1;
    for (bool row = true;;) {
        if ((code = wb_sqlite_step(k->c, s, &row, k->err)) || !row)
            break;
        if (sqlite3_column_int(s, 0) != last)
            (void)WB_PUSH(k->a, k->t->fks, k->t->n_fks, cap);
        last = sqlite3_column_int(s, 0);
        add_fk_column(k, &k->t->fks[k->t->n_fks - 1], s);
    }
    return code;
}

/* Names and deferral are in the text alone, in the same order. */
static void name_fks(struct keys *k) {
    for (size_t i = 0; k->text->n_fks == k->t->n_fks && i < k->t->n_fks; i++) {
        k->t->fks[i].name = k->text->fks[i].name;
        k->t->fks[i].deferrable = k->text->fks[i].deferrable;
        k->t->fks[i].initially_deferred = k->text->fks[i].initially_deferred;
    }
}

enum wb_code wb_sqlite_describe_keys(struct wb_sqlite *c, struct wb_catalog *cat,
                                     struct wb_table *t, const struct wb_sqlite_create *text,
                                     struct wb_error *err) {
    struct keys k = {.c = c, .a = &cat->arena, .t = t, .text = text, .err = err};
    enum wb_code code = describe_indexes(&k);
    if (!code && !wb_table_primary_key(t))
        code = describe_rowid_key(&k);
    if (!code && (code = describe_fks(&k)) == WB_OK)
        name_fks(&k);
    return code;
}
