#include "engines/mysql/describe.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* The size of an index part's name in messages is not ours to judge; catalog texts come as utf8mb3
 * from information_schema, which shows '?' for characters beyond the basic plane. */

struct wb_table *wb_mysql_describe_find(struct describe *d, const char *name) {
    if (!name)
        return NULL;
    if (d->last && strcmp(d->last->name, name) == 0)
        return d->last;
    for (size_t i = 0; i < d->catalog->n_tables; i++)
        if (strcmp(d->catalog->tables[i].name, name) == 0)
            return d->last = &d->catalog->tables[i];
    return NULL;
}

const char *wb_mysql_expression(struct describe *d, const char *text) {
    if (!text || d->my->mariadb || !strchr(text, '\\'))
        return text;
    char *to = wb_arena_strdup(d->a, text), *w = to;
    for (const char *p = text; *p; p++) {
        if (*p == '\\' && (p[1] == '\'' || p[1] == '\\'))
            p++;
        *w++ = *p;
    }
    *w = 0;
    return to;
}

static uint64_t number(const char *s) {
    return s ? strtoull(s, NULL, 10) : 0;
}

/* ------------------------------------------------------------------------------------------ tables
 */

bool wb_mysql_is_ledger(const char *table) {
    static const char *const names[] = {
        "whimbrel_run",        "whimbrel_tables",       "whimbrel_chunks",   "whimbrel_steps",
        "whimbrel_verify_run", "whimbrel_verify_parts", "whimbrel_verdicts", "whimbrel_repairs"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(table, names[i]) == 0)
            return true;
    return false;
}

static void leave_out(struct describe *d, const char *table) {
    if (!d->my->opts.writes)
        wb_findings_add(&d->catalog->findings, d->a, WB_NOTE, WB_FINDING_GENERAL, "table", table,
                        NULL,
                        "a table of whimbrel's own record of an earlier copy into this database: "
                        "it is left out");
}

static void fill_table(struct describe *d, struct wb_table *t, const char **v) {
    *t = (struct wb_table){
        .schema = d->schema,
        .name = v[0],
        .storage = v[2],
        .est_rows = number(v[3]),
        .est_bytes = number(v[4]),
        .has_next_value = v[5] != NULL,
        .next_value = number(v[5]),
        .comment = v[6] && *v[6] ? v[6] : NULL,
        .fingerprint = v[7] ? v[7] : "",
        .not_transactional = !wb_str_eq(v[8], "YES"),
        .system_versioned = wb_str_eq(v[1], "SYSTEM VERSIONED"),
    };
    if (!t->storage)
        wb_findings_add(&d->catalog->findings, d->a, WB_ERROR, WB_FINDING_GENERAL, "table", t->name,
                        "repair or drop the table, or exclude it",
                        "the server cannot open this table");
}

enum wb_code wb_mysql_describe_tables(struct describe *d, struct wb_error *err) {
    struct wb_my_rows rows;
    enum wb_code code = wb_my_queryf(d->my, d->a, &rows, err,
                                     "SELECT t.TABLE_NAME, t.TABLE_TYPE, t.ENGINE, t.TABLE_ROWS, "
                                     "t.DATA_LENGTH, t.AUTO_INCREMENT, t.TABLE_COMMENT, "
                                     "t.CREATE_TIME, e.TRANSACTIONS FROM information_schema.TABLES "
                                     "t LEFT JOIN information_schema.ENGINES e ON "
                                     "e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA = %s AND "
                                     "t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') "
                                     "ORDER BY CAST(t.TABLE_NAME AS BINARY)",
                                     d->schema_literal);
    if (code)
        return code;
    d->catalog->tables = WB_NEW_N(d->a, struct wb_table, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++)
        if (!d->internal && wb_mysql_is_ledger(rows.values[i][0]))
            leave_out(d, rows.values[i][0]);
        else
            fill_table(d, &d->catalog->tables[d->catalog->n_tables++], rows.values[i]);
    return WB_OK;
}

/* ------------------------------------------------------------------------------------------
 * columns */

static bool is_temporal(const struct wb_type *t) {
    return t->kind == WB_KIND_DATE || t->kind == WB_KIND_TIME || t->kind == WB_KIND_TIMESTAMP ||
           t->kind == WB_KIND_TIMESTAMPTZ;
}

static bool is_numeric(const struct wb_type *t) {
    return t->kind == WB_KIND_INT || t->kind == WB_KIND_UINT || t->kind == WB_KIND_DECIMAL ||
           t->kind == WB_KIND_FLOAT || t->kind == WB_KIND_YEAR || t->kind == WB_KIND_BIT;
}

/* COLUMN_DEFAULT as an expression. MariaDB (from 10.2.7) gives one: 'it''s', 12,
 * current_timestamp(), NULL. MySQL gives literals bare, and expressions where EXTRA says
 * DEFAULT_GENERATED. */
static const char *default_text(struct describe *d, const struct wb_type *type, const char *text,
                                const char *extra) {
    if (!text)
        return NULL;
    if (d->my->mariadb)
        return strcmp(text, "NULL") == 0 ? NULL : text;
    if (wb_str_istr(extra, "DEFAULT_GENERATED"))
        return wb_mysql_expression(d, text);
    if (is_numeric(type) || (is_temporal(type) && wb_str_istarts(text, "CURRENT_TIMESTAMP")) ||
        (type->kind == WB_KIND_BYTES && wb_str_starts(text, "0x")))
        return text;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_mysql_quote_text(&b, text, strlen(text));
    return wb_arena_strdup(d->a, wb_buf_str(&b));
}

static void set_extra(struct describe *d, struct wb_column *c, const char *extra,
                      const char *expression) {
    static const char on_update[] = "on update ";
    const char *update = wb_str_istr(extra, on_update);
    if (wb_str_istr(extra, "auto_increment"))
        c->identity = WB_IDENTITY_BY_DEFAULT;
    c->invisible = wb_str_istr(extra, "INVISIBLE") != NULL;
    if (update) {
        update += sizeof on_update - 1;
        c->on_update = wb_arena_strndup(d->a, update, strcspn(update, " ,"));
    }
    if (!expression || !*expression)
        return;
    if (wb_str_istr(extra, "VIRTUAL GENERATED"))
        c->generated = WB_GENERATED_VIRTUAL;
    else if (wb_str_istr(extra, "STORED GENERATED") || wb_str_istr(extra, "PERSISTENT"))
        c->generated = WB_GENERATED_STORED;
    if (c->generated)
        c->generated_as.text = wb_mysql_expression(d, expression);
}

enum wb_code wb_mysql_describe_column(struct describe *d, struct wb_table *t, struct wb_column *c,
                                      const char **v, struct wb_error *err) {
    *c = (struct wb_column){.name = v[MYSQL_COLUMN_NAME],
                            .not_null = wb_str_eq(v[MYSQL_COLUMN_NULLABLE], "NO")};
    enum wb_code code = wb_mysql_type_parse(v[MYSQL_COLUMN_TYPE], v[MYSQL_COLUMN_CHARSET],
                                            v[MYSQL_COLUMN_COLLATION], d->a, &c->type, err);
    if (code)
        return wb_error_wrap(err, "column %s.%s", t->name, c->name), code;
    c->comment =
        v[MYSQL_COLUMN_COMMENT] && *v[MYSQL_COLUMN_COMMENT] ? v[MYSQL_COLUMN_COMMENT] : NULL;
    set_extra(d, c, v[MYSQL_COLUMN_EXTRA], v[MYSQL_COLUMN_GENERATED]);
    if (!c->generated)
        c->default_.text =
            default_text(d, &c->type, v[MYSQL_COLUMN_DEFAULT], v[MYSQL_COLUMN_EXTRA]);
    if (c->default_.text && !wb_str_istr(v[MYSQL_COLUMN_EXTRA], "DEFAULT_GENERATED"))
        wb_mysql_describe_mend_default(d, t, c);
    return WB_OK;
}

/* ROW START and ROW END of a system-versioned table. */
static bool is_system_column(const char **v) {
    return v[MYSQL_COLUMN_GENERATED] && (wb_str_eq(v[MYSQL_COLUMN_GENERATED], "ROW START") ||
                                         wb_str_eq(v[MYSQL_COLUMN_GENERATED], "ROW END"));
}

static uint64_t hash_text(uint64_t h, const char *s) { /* FNV-1a, with an end mark */
    for (; s && *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return (h ^ 255) * 1099511628211u;
}

enum wb_code wb_mysql_describe_columns(struct describe *d, struct wb_error *err) {
    struct wb_my_rows rows;
    enum wb_code code =
        wb_my_queryf(d->my, d->a, &rows, err,
                     "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE, "
                     "CHARACTER_SET_NAME, "
                     "COLLATION_NAME, EXTRA, COLUMN_COMMENT, GENERATION_EXPRESSION FROM "
                     "information_schema.COLUMNS WHERE "
                     "TABLE_SCHEMA = %s ORDER BY CAST(TABLE_NAME AS BINARY), ORDINAL_POSITION",
                     d->schema_literal);
    for (size_t i = 0; !code && i < rows.n_rows;) {
        size_t end = i + 1;
        while (end < rows.n_rows && strcmp(rows.values[end][MYSQL_COLUMN_TABLE],
                                           rows.values[i][MYSQL_COLUMN_TABLE]) == 0)
            end++;
        struct wb_table *t = wb_mysql_describe_find(d, rows.values[i][MYSQL_COLUMN_TABLE]);
        uint64_t hash = 14695981039346656037u;
        if (t)
            t->columns = WB_NEW_N(d->a, struct wb_column, end - i);
        for (; t && !code && i < end; i++) {
            for (size_t k = MYSQL_COLUMN_NAME; k <= MYSQL_COLUMN_GENERATED; k++)
                hash = hash_text(hash, rows.values[i][k]);
            if (!is_system_column(rows.values[i]))
                code = wb_mysql_describe_column(d, t, &t->columns[t->n_columns++], rows.values[i],
                                                err);
        }
        if (t)
            t->fingerprint =
                wb_arena_printf(d->a, "%s %016llx", t->fingerprint, (unsigned long long)hash);
        i = end;
    }
    return code;
}

/* The server's own threads open tables whose indexes hold computed values (virtual columns,
 * MariaDB's hashes of long unique keys), and an instance that was opened while a statement altered
 * the table goes on telling the time before it: for these the indexes take the time's place. */
static void steady_fingerprint(struct describe *d, struct wb_table *t) {
    bool computed = false;
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < t->n_columns; i++)
        computed |= t->columns[i].generated == WB_GENERATED_VIRTUAL;
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct wb_index *x = &t->indexes[i];
        computed |= x->method == WB_INDEX_HASH;
        hash = hash_text(hash, x->name);
        for (size_t k = 0; k < x->n_parts; k++)
            hash =
                hash_text(hash, x->parts[k].column < 0 ? "" : t->columns[x->parts[k].column].name);
    }
    const char *columns = strrchr(t->fingerprint, ' ');
    if (computed && columns)
        t->fingerprint = wb_arena_printf(d->a, "%016llx%s", (unsigned long long)hash, columns);
}

/* ------------------------------------------------------------------------------------------ all of
 * it */

static enum wb_code find_schema(struct describe *d, const char *wanted, struct wb_error *err) {
    struct wb_my_rows rows;
    WB_CLEANUP_BUF struct wb_buf literal = {0};
    d->schema = wb_arena_strdup(d->a, wanted ? wanted : d->my->database);
    if (!d->schema)
        return wb_error_set(err, WB_E_URL, "the URL names no database: mysql://user@host/DATABASE");
    wb_mysql_quote_text(&literal, d->schema, strlen(d->schema));
    d->schema_literal = wb_arena_strdup(d->a, wb_buf_str(&literal));
    enum wb_code code = wb_my_queryf(d->my, d->a, &rows, err,
                                     "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME FROM "
                                     "information_schema.SCHEMATA WHERE SCHEMA_NAME = %s",
                                     d->schema_literal);
    if (!code && !rows.n_rows)
        return wb_error_set(err, WB_E_NOT_FOUND,
                            "database %s does not exist, or this user may not see it", d->schema);
    if (code)
        return code;
    d->catalog->schema = d->schema;
    d->catalog->charset = rows.values[0][1];
    return WB_OK;
}

enum wb_code wb_mysql_describe(struct wb_conn *conn, const struct wb_describe_opts *opts,
                               struct wb_catalog *ret, struct wb_error *err) {
    struct wb_catalog catalog = {.engine = "mysql"};
    struct describe d = {.my = mysql_of(conn)->my,
                         .catalog = &catalog,
                         .a = &catalog.arena,
                         .internal = opts->internal};
    static enum wb_code (*const parts[])(struct describe *, struct wb_error *) = {
        wb_mysql_describe_tables,       wb_mysql_describe_columns, wb_mysql_describe_indexes,
        wb_mysql_describe_foreign_keys, wb_mysql_describe_checks,  wb_mysql_describe_partitions,
        wb_mysql_describe_objects,
    };
    enum wb_code code = find_schema(&d, opts->schema, err);
    for (size_t i = 0; !code && i < sizeof parts / sizeof parts[0]; i++)
        code = parts[i](&d, err);
    for (size_t i = 0; !code && i < catalog.n_tables; i++)
        steady_fingerprint(&d, &catalog.tables[i]);
    if (!code)
        wb_mysql_describe_mend_expressions(&d);
    if (code) {
        wb_catalog_done(&catalog);
        return wb_error_wrap(err, "reading the catalog"), code;
    }
    *ret = catalog;
    return WB_OK;
}
