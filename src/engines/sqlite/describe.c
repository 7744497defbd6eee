#include "engines/sqlite/describe.h"

#include "base/str.h"

#include <inttypes.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Rows cannot be smaller than this in a file, which bounds an estimate made from sparse keys. */
enum { LEAST_ROW_BYTES = 4 };

struct describe {
    struct wb_sqlite *c;
    struct wb_catalog *cat;
    struct wb_error *err;
    bool internal;
    bool has_sequence, has_statistics;
    int64_t schema_version, file_bytes;
    size_t cap_tables, cap_objects;
};

static bool is_internal(const char *name) {
    static const char *const ledger[] = {
        "whimbrel_run",        "whimbrel_tables",       "whimbrel_chunks",   "whimbrel_steps",
        "whimbrel_verify_run", "whimbrel_verify_parts", "whimbrel_verdicts", "whimbrel_repairs"};
    for (size_t i = 0; i < sizeof ledger / sizeof ledger[0]; i++)
        if (wb_str_ieq(name, ledger[i]))
            return true;
    return wb_str_istarts(name, "sqlite_");
}

/* A column's kind: ANY, for a value of every class fits everywhere; but a rowid's other name holds
 * integers alone. */
static struct wb_type type_of(const char *declared, const char *collation) {
    struct wb_type t = {.kind = WB_KIND_ANY, .native = declared, .collation = collation};
    if (wb_str_ieq(collation, "NOCASE"))
        t.collation_flags = WB_COLL_CASE_INSENSITIVE;
    else if (wb_str_ieq(collation, "RTRIM"))
        t.collation_flags = WB_COLL_PAD_SPACE;
    else if (!collation)
        t.collation_flags = WB_COLL_BINARY;
    return t;
}

static const struct wb_sqlite_column_text *column_text(const struct wb_sqlite_create *text,
                                                       const char *name) {
    for (size_t i = 0; i < text->n_columns; i++)
        if (wb_str_ieq(text->columns[i].name, name))
            return &text->columns[i];
    return NULL;
}

static const char *binary_is_null(const char *collation) {
    return wb_str_ieq(collation, "BINARY") ? NULL : collation;
}

enum { HIDDEN_VIRTUAL = 2, HIDDEN_STORED = 3 };

static void add_column(struct describe *d, struct wb_column *col, sqlite3_stmt *s,
                       const struct wb_sqlite_create *text) {
    struct wb_arena *a = &d->cat->arena;
    int hidden = sqlite3_column_int(s, 4);
    const char *type = wb_sqlite_column_text(s, 1, a);
    col->name = wb_sqlite_column_text(s, 0, a);
    const struct wb_sqlite_column_text *told = column_text(text, col->name);
    col->type = type_of(type ? type : "", told ? binary_is_null(told->collation) : NULL);
    col->not_null = sqlite3_column_int(s, 2) != 0;
    col->generated = hidden == HIDDEN_VIRTUAL  ? WB_GENERATED_VIRTUAL
                     : hidden == HIDDEN_STORED ? WB_GENERATED_STORED
                                               : WB_GENERATED_NONE;
    col->invisible = hidden == 1;
    if (col->generated)
        col->generated_as.text = told && told->generated ? told->generated : "";
    else
        col->default_.text = wb_sqlite_column_text(s, 3, a);
}

static enum wb_code describe_columns(struct describe *d, struct wb_table *t,
                                     const struct wb_sqlite_create *text) {
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    enum wb_code code = wb_sqlite_prepare(d->c,
                                          "SELECT name, type, \"notnull\", dflt_value, hidden FROM "
                                          "pragma_table_xinfo(?1, 'main') ORDER BY cid",
                                          &s, d->err);
    if (code)
        return code;
    sqlite3_bind_text(s, 1, t->name, -1, SQLITE_STATIC);
    size_t cap = 0;
    for (bool row = true;;) {
        if ((code = wb_sqlite_step(d->c, s, &row, d->err)) || !row)
            return code;
        add_column(d, WB_PUSH(&d->cat->arena, t->columns, t->n_columns, cap), s, text);
    }
}

static void add_checks(struct describe *d, struct wb_table *t,
                       const struct wb_sqlite_create *text) {
    t->n_checks = text->n_checks;
    t->checks = WB_NEW_N(&d->cat->arena, struct wb_check, text->n_checks);
    for (size_t i = 0; i < text->n_checks; i++)
        t->checks[i] = (struct wb_check){
            .name = text->checks[i].name,
            .expr.text = text->checks[i].expr,
            .column = text->checks[i].column,
        };
}

/* The column that is the rowid's other name, or NULL. */
static struct wb_column *rowid_alias(struct wb_table *t) {
    const struct wb_index *pk = wb_table_primary_key(t);
    if (!pk || t->without_rowid || pk->n_parts != 1 || pk->parts[0].column < 0)
        return NULL;
    struct wb_column *col = &t->columns[pk->parts[0].column];
    return col->type.kind == WB_KIND_INT ? col : NULL;
}

static enum wb_code describe_next_value(struct describe *d, struct wb_table *t) {
    struct wb_column *col = rowid_alias(t);
    if (col)
        col->identity = WB_IDENTITY_BY_DEFAULT;
    if (!d->has_sequence)
        return WB_OK;
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    bool row = false;
    enum wb_code code =
        wb_sqlite_prepare(d->c, "SELECT seq FROM main.sqlite_sequence WHERE name = ?1", &s, d->err);
    if (code)
        return code;
    sqlite3_bind_text(s, 1, t->name, -1, SQLITE_STATIC);
    if ((code = wb_sqlite_step(d->c, s, &row, d->err)))
        return code;
    if (row && sqlite3_column_int64(s, 0) >= 0) {
        t->has_next_value = true;
        t->next_value = (uint64_t)sqlite3_column_int64(s, 0) + 1;
    }
    return WB_OK;
}

static enum wb_code estimate_from_keys(struct describe *d, struct wb_table *t, const char *key) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "SELECT min(k), max(k) FROM (SELECT (SELECT min(");
    wb_sqlite_quote_name(&sql, key);
    wb_buf_adds(&sql, ") FROM main.");
    wb_sqlite_quote_name(&sql, t->name);
    wb_buf_adds(&sql, ") AS k UNION ALL SELECT (SELECT max(");
    wb_sqlite_quote_name(&sql, key);
    wb_buf_adds(&sql, ") FROM main.");
    wb_sqlite_quote_name(&sql, t->name);
    wb_buf_adds(&sql, "))");
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    bool row = false;
    enum wb_code code = wb_sqlite_prepare(d->c, wb_buf_str(&sql), &s, d->err);
    if (code || (code = wb_sqlite_step(d->c, s, &row, d->err)))
        return code;
    if (row && sqlite3_column_type(s, 0) == SQLITE_INTEGER &&
        sqlite3_column_type(s, 1) == SQLITE_INTEGER) {
        uint64_t span = (uint64_t)sqlite3_column_int64(s, 1) - (uint64_t)sqlite3_column_int64(s, 0);
        uint64_t most = (uint64_t)d->file_bytes / LEAST_ROW_BYTES;
        t->est_rows = span < most ? span + 1 : most;
    }
    return WB_OK;
}

/* ANALYZE's number where there is one, else the span of integer keys: never a scan. */
static enum wb_code estimate_rows(struct describe *d, struct wb_table *t) {
    int64_t rows = 0;
    enum wb_code code = WB_OK;
    if (d->has_statistics)
        code = wb_sqlite_get_int(
            d->c, "SELECT max(CAST(stat AS INTEGER)) FROM main.sqlite_stat1 WHERE tbl = ?1",
            t->name, &rows, d->err);
    if (!code && rows > 0)
        t->est_rows = (uint64_t)rows;
    else if (!code && !t->without_rowid) {
        struct wb_column *key = rowid_alias(t);
        const char *name = key                                    ? key->name
                           : wb_table_find_column(t, "rowid") < 0 ? "rowid"
                                                                  : "_rowid_";
        code = estimate_from_keys(d, t, name);
    }
    return code;
}

static const char *fingerprint(struct describe *d, const char *sql) {
    return wb_arena_printf(&d->cat->arena, "%016" PRIx64 "-%" PRId64,
                           (uint64_t)XXH3_64bits(sql, strlen(sql)), d->schema_version);
}

static enum wb_code describe_table(struct describe *d, struct wb_table *t) {
    struct wb_sqlite_create text = {0};
    if (!t->native_sql || !wb_sqlite_parse_table(t->native_sql, &d->cat->arena, &text))
        wb_findings_add(&d->cat->findings, &d->cat->arena, WB_WARNING, WB_FINDING_GENERAL, "table",
                        t->name, NULL,
                        "its CREATE TABLE was not understood: checks and collations are unknown");
    enum wb_code code = describe_columns(d, t, &text);
    if (code)
        return code;
    add_checks(d, t, &text);
    t->fingerprint = fingerprint(d, t->native_sql ? t->native_sql : "");
    if ((code = wb_sqlite_describe_keys(d->c, d->cat, t, &text, d->err)))
        return code;
    if (text.autoincrement && (code = describe_next_value(d, t)))
        return code;
    return estimate_rows(d, t);
}

/* type: as in PRAGMA table_list; shadow tables hold a virtual table's contents and make sense to it
 * alone. */
static enum wb_code take_table(struct describe *d, sqlite3_stmt *s) {
    struct wb_arena *a = &d->cat->arena;
    const char *name = wb_sqlite_column_text(s, 0, a), *type = wb_sqlite_column_text(s, 1, a);
    const char *sql = wb_sqlite_column_text(s, 2, a);
    if (wb_str_eq(type, "virtual") || wb_str_eq(type, "shadow")) {
        struct wb_object *o = WB_PUSH(a, d->cat->objects, d->cat->n_objects, d->cap_objects);
        *o = (struct wb_object){.kind =
                                    wb_str_eq(type, "virtual") ? "virtual table" : "shadow table",
                                .schema = "main",
                                .name = name,
                                .native_sql = sql};
        return WB_OK;
    }
    struct wb_table *t = WB_PUSH(a, d->cat->tables, d->cat->n_tables, d->cap_tables);
    *t = (struct wb_table){
        .schema = "main",
        .name = name,
        .native_sql = sql,
        .without_rowid = sqlite3_column_int(s, 3) != 0,
        .strict = sqlite3_column_int(s, 4) != 0,
    };
    enum wb_code code = describe_table(d, t);
    if (code)
        wb_error_wrap(d->err, "table %s", name);
    return code;
}

static enum wb_code describe_tables(struct describe *d) {
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    enum wb_code code =
        wb_sqlite_prepare(d->c,
                          "SELECT s.name, l.type, s.sql, l.wr, l.strict FROM main.sqlite_schema s "
                          "JOIN pragma_table_list l ON l.name = s.name AND l.schema = 'main' "
                          "WHERE s.type = 'table' ORDER BY s.rowid",
                          &s, d->err);
    for (bool row = true; !code;) {
        if ((code = wb_sqlite_step(d->c, s, &row, d->err)) || !row)
            break;
        const char *name = (const char *)sqlite3_column_text(s, 0);
        if (wb_str_istarts(name, "sqlite_") || (!d->internal && is_internal(name)))
            continue;
        code = take_table(d, s);
    }
    return code;
}

/* Views first, in the order in which they were made, then triggers. */
static enum wb_code describe_objects(struct describe *d) {
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    struct wb_arena *a = &d->cat->arena;
    enum wb_code code =
        wb_sqlite_prepare(d->c,
                          "SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE type IN "
                          "('view', 'trigger') ORDER BY type = 'trigger', rowid",
                          &s, d->err);
    for (bool row = true; !code;) {
        if ((code = wb_sqlite_step(d->c, s, &row, d->err)) || !row)
            break;
        const char *name = wb_sqlite_column_text(s, 1, a);
        if (!d->internal && is_internal(name))
            continue;
        struct wb_object *o = WB_PUSH(a, d->cat->objects, d->cat->n_objects, d->cap_objects);
        o->kind = wb_sqlite_column_text(s, 0, a);
        o->schema = "main";
        o->name = name;
        o->table = wb_str_eq(o->kind, "trigger") ? wb_sqlite_column_text(s, 2, a) : NULL;
        o->native_sql = wb_sqlite_column_text(s, 3, a);
    }
    return code;
}

/* Numbers in the header that applications keep their own versions in. */
static enum wb_code describe_setting(struct describe *d, const char *name) {
    struct wb_arena *a = &d->cat->arena;
    int64_t value = 0;
    enum wb_code code =
        wb_sqlite_get_int(d->c, wb_arena_printf(a, "PRAGMA main.%s", name), NULL, &value, d->err);
    if (code || value == 0)
        return code;
    struct wb_object *o = WB_PUSH(a, d->cat->objects, d->cat->n_objects, d->cap_objects);
    *o = (struct wb_object){.kind = "setting",
                            .schema = "main",
                            .name = name,
                            .native_sql =
                                wb_arena_printf(a, "PRAGMA main.%s = %" PRId64, name, value)};
    return WB_OK;
}

static enum wb_code has_table(struct describe *d, const char *name, bool *ret) {
    int64_t n = 0;
    enum wb_code code = wb_sqlite_get_int(
        d->c, "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = ?1", name,
        &n, d->err);
    *ret = n > 0;
    return code;
}

static enum wb_code describe_file(struct describe *d) {
    int64_t pages = 0, page_bytes = 0;
    enum wb_code code =
        wb_sqlite_get_int(d->c, "PRAGMA main.schema_version", NULL, &d->schema_version, d->err);
    if (!code)
        code = wb_sqlite_get_int(d->c, "PRAGMA main.page_count", NULL, &pages, d->err);
    if (!code)
        code = wb_sqlite_get_int(d->c, "PRAGMA main.page_size", NULL, &page_bytes, d->err);
    if (!code)
        code = wb_sqlite_get_text(d->c, "PRAGMA main.encoding", NULL, &d->cat->arena,
                                  &d->cat->charset, d->err);
    if (!code)
        code = has_table(d, "sqlite_sequence", &d->has_sequence);
    if (!code)
        code = has_table(d, "sqlite_stat1", &d->has_statistics);
    d->file_bytes = pages * page_bytes;
    return code;
}

static void add_statistics(struct describe *d) {
    if (d->has_statistics)
        *WB_PUSH(&d->cat->arena, d->cat->objects, d->cat->n_objects, d->cap_objects) =
            (struct wb_object){.kind = "statistics",
                               .schema = "main",
                               .name = "sqlite_stat1",
                               .native_sql = "ANALYZE"};
}

static enum wb_code describe_all(struct describe *d) {
    enum wb_code code = describe_file(d);
    if (!code)
        code = describe_tables(d);
    if (!code)
        code = describe_objects(d);
    if (!code)
        code = describe_setting(d, "user_version");
    if (!code)
        code = describe_setting(d, "application_id");
    if (!code)
        add_statistics(d);
    return code;
}

enum wb_code wb_sqlite_describe(struct wb_conn *conn, const struct wb_describe_opts *opts,
                                struct wb_catalog *ret, struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    wb_sqlite_call(c);
    if (opts->schema && *opts->schema && !wb_str_ieq(opts->schema, "main"))
        return wb_error_set(err, WB_E_NOT_FOUND, "an SQLite file has no schema \"%s\", only main",
                            opts->schema);
    struct wb_catalog cat = {.engine = "sqlite", .schema = "main"};
    struct describe d = {.c = c, .cat = &cat, .err = err, .internal = opts->internal};
    /* One moment for all that is asked, unless a transaction is open already. */
    bool own = sqlite3_get_autocommit(c->db) != 0;
    if (own)
        sqlite3_exec(c->db, "BEGIN", NULL, NULL, NULL);
    enum wb_code code = describe_all(&d);
    if (own)
        sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    if (code)
        wb_catalog_done(&cat);
    else
        *ret = cat;
    return code;
}
