/* What a schema that is wanted would look like once it was made.
 *
 * The server alone knows how it spells a default or a check that it was given: so each table is
 * made, empty and TEMPORARY, in a session of its own, read back, and dropped; it is gone with the
 * session, too. All bear one name, under which nothing else is altered or read there, so that no
 * statement can reach a table of anybody. A table that the server refuses is left out, with a
 * finding that says why.
 *
 * Temporary tables hold no foreign keys and no FULLTEXT indexes: those are given back as they are
 * wanted, for they have no expression that a server could spell otherwise. */
#include "engines/mysql/create_text.h"
#include "engines/mysql/ddl.h"
#include "engines/mysql/describe.h"

#include "base/str.h"

#define SCRATCH "whimbrel_expect"

enum { STATEMENT_MS = 60000 };

/* ------------------------------------------------------------------------------------------
 * the session */

/* A temporary table that went to the log would be made on replicas as well. */
static enum wb_code keep_out_of_log(struct wb_my_conn *my, struct wb_arena *a,
                                    struct wb_error *err) {
    struct wb_my_rows rows;
    enum wb_code code = wb_my_queryf(my, a, &rows, err,
                                     "SELECT @@global.log_bin AND @@session.sql_log_bin, "
                                     "@@session.binlog_format = 'ROW'");
    if (code || wb_str_eq(rows.values[0][0], "0") || wb_str_eq(rows.values[0][1], "1"))
        return code;
    if (!wb_my_execf(my, NULL, "SET SESSION sql_log_bin = 0") ||
        !wb_my_execf(my, NULL, "SET SESSION binlog_format = ROW"))
        return WB_OK;
    return wb_error_set(err, WB_E_PRIVILEGE,
                        "temporary tables would be written to the server's binary log, whose "
                        "format is not ROW, and this user may not keep them out of it (privilege "
                        "BINLOG ADMIN or SUPER)");
}

static enum wb_code open_session(struct wb_my_conn *from, struct wb_arena *a,
                                 struct wb_my_conn **ret, struct wb_error *err) {
    struct wb_my_conn *my = NULL;
    enum wb_code code = wb_my_open_again(from, &my, err);
    if (!code) /* a temporary table counts as writing */
        code = wb_my_execf(my, err, "SET SESSION TRANSACTION READ WRITE");
    if (!code)
        code = wb_mysql_limit_statements(my, STATEMENT_MS, err);
    if (!code)
        code = keep_out_of_log(my, a, err);
    if (code) {
        wb_my_close(my);
        return code;
    }
    *ret = my;
    return WB_OK;
}

/* ------------------------------------------------------------------------------------------
 * making */

/* The tables, without what temporary ones cannot hold. */
static struct wb_catalog scratch_of(const struct wb_catalog *wanted, struct wb_arena *a) {
    struct wb_catalog c = *wanted;
    c.arena = (struct wb_arena){0};
    c.n_objects = 0;
    c.tables = WB_NEW_N(a, struct wb_table, wanted->n_tables + 1);
    for (size_t i = 0; i < c.n_tables; i++) {
        const struct wb_table *from = &wanted->tables[i];
        struct wb_table *t = &c.tables[i];
        *t = *from;
        t->schema = NULL;
        t->name = SCRATCH;
        t->n_fks = 0;
        t->has_next_value = false;
        t->indexes = WB_NEW_N(a, struct wb_index, from->n_indexes + 1);
        t->n_indexes = 0;
        for (size_t k = 0; k < from->n_indexes; k++)
            if (from->indexes[k].method != WB_INDEX_FULLTEXT)
                t->indexes[t->n_indexes++] = from->indexes[k];
    }
    return c;
}

/* All indexes in one statement, which makes the table anew but once: "ALTER TABLE t ADD …, ADD …".
 */
static void add_index(struct wb_buf *alter, const char *sql) {
    static const char before[] = "ALTER TABLE `" SCRATCH "`";
    if (!alter->len)
        wb_buf_adds(alter, sql);
    else if (wb_str_starts(sql, before))
        wb_buf_addf(alter, ",%s", sql + sizeof before - 1);
}

/* What is refused is what a copy could not have made either. */
static enum wb_code make_table(struct wb_my_conn *my, const struct wb_ddl_list *list, int table,
                               struct wb_error *err) {
    static const char create[] = "CREATE TABLE ";
    WB_CLEANUP_BUF struct wb_buf alter = {0};
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < list->n; i++) {
        const struct wb_ddl *d = &list->items[i];
        if (d->table == table && d->part == WB_DDL_TABLE)
            code = wb_my_execf(my, err, "CREATE TEMPORARY TABLE %s", d->sql + sizeof create - 1);
        else if (d->table == table && d->part == WB_DDL_INDEX)
            add_index(&alter, d->sql);
    }
    return code || !alter.len ? code : wb_my_exec(my, err, NULL, wb_buf_str(&alter), alter.len);
}

/* ------------------------------------------------------------------------------------------
 * reading back */

/* A charset's name is what its collations' names begin with. */
static const char *charset_of(struct wb_arena *a, const char *collation) {
    return collation ? wb_arena_strndup(a, collation, strcspn(collation, "_")) : NULL;
}

/* SHOW FULL COLUMNS does not tell a literal from an expression, nor what is generated how. */
static enum wb_code read_columns(struct describe *d, struct wb_table *t, const char *create,
                                 struct wb_error *err) {
    enum { FIELD, TYPE, COLLATION, NULLABLE, KEY, DEFAULT, EXTRA, PRIVILEGES, COMMENT };
    struct wb_my_rows rows;
    enum wb_code code = wb_my_queryf(d->my, d->a, &rows, err, "SHOW FULL COLUMNS FROM " SCRATCH);
    if (code)
        return code;
    t->columns = WB_NEW_N(d->a, struct wb_column, rows.n_rows + 1);
    for (size_t i = 0; !code && i < rows.n_rows; i++) {
        const char **v = rows.values[i];
        struct wb_mysql_create_column told = {0};
        if (!wb_mysql_create_column(create, v[FIELD], d->a, &told))
            return wb_error_set(err, WB_E_INTERNAL, "column %s is not found in: %.200s", v[FIELD],
                                create);
        const char *values[MYSQL_COLUMN_VALUES] = {
            [MYSQL_COLUMN_NAME] = v[FIELD],
            [MYSQL_COLUMN_DEFAULT] = d->my->mariadb ? told.default_ : v[DEFAULT],
            [MYSQL_COLUMN_NULLABLE] = v[NULLABLE],
            [MYSQL_COLUMN_TYPE] = v[TYPE],
            [MYSQL_COLUMN_CHARSET] = charset_of(d->a, v[COLLATION]),
            [MYSQL_COLUMN_COLLATION] = v[COLLATION],
            [MYSQL_COLUMN_EXTRA] = v[EXTRA],
            [MYSQL_COLUMN_COMMENT] = v[COMMENT],
            [MYSQL_COLUMN_GENERATED] = told.generated_as,
        };
        struct wb_column *c = &t->columns[t->n_columns++];
        code = wb_mysql_describe_column(d, t, c, values, err);
        c->generated_as.text = c->generated ? told.generated_as : NULL;
        t->has_next_value |= c->identity != WB_IDENTITY_NONE;
    }
    return code;
}

static enum wb_code read_indexes(struct describe *d, struct wb_table *t, struct wb_error *err) {
    enum { NON_UNIQUE = 1, NAME, COLUMN = 4, COLLATION, PREFIX = 7, TYPE = 10, COMMENT = 12, OWN };
    struct wb_my_rows rows;
    enum wb_code code = wb_my_queryf(d->my, d->a, &rows, err, "SHOW INDEX FROM " SCRATCH);
    if (code)
        return code;
    size_t cap = 0;
    const char ***columns = WB_NEW_N(d->a, const char **, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++) {
        const char **v = rows.values[i], **x = WB_NEW_N(d->a, const char *, MYSQL_INDEX_VALUES);
        const char *own = rows.n_columns > OWN ? v[OWN] : d->my->mariadb ? "NO" : "YES";
        x[MYSQL_INDEX_NAME] = v[NAME];
        x[MYSQL_INDEX_NON_UNIQUE] = v[NON_UNIQUE];
        x[MYSQL_INDEX_COLUMN] = v[COLUMN];
        x[MYSQL_INDEX_COLLATION] = v[COLLATION];
        x[MYSQL_INDEX_PREFIX] = v[PREFIX];
        x[MYSQL_INDEX_TYPE] = v[TYPE];
        x[MYSQL_INDEX_COMMENT] = v[COMMENT];
        x[MYSQL_INDEX_IGNORED] = d->my->mariadb ? own : wb_str_eq(own, "NO") ? "YES" : "NO";
        x[MYSQL_INDEX_EXPRESSION] = rows.n_columns > OWN + 1 ? v[OWN + 1] : NULL;
        columns[i] = x;
    }
    for (size_t i = 0, end; i < rows.n_rows; i = end) {
        struct wb_index x;
        for (end = i + 1; end < rows.n_rows; end++)
            if (!wb_str_eq(columns[end][MYSQL_INDEX_NAME], columns[i][MYSQL_INDEX_NAME]))
                break;
        if (wb_mysql_describe_index(d, t, &x, &columns[i], end - i))
            *WB_PUSH(d->a, t->indexes, t->n_indexes, cap) = x;
    }
    return WB_OK;
}

static void read_checks(struct describe *d, struct wb_table *t, const char *create) {
    size_t cap = 0;
    for (size_t i = 0; i < t->n_columns; i++) {
        struct wb_mysql_create_column told = {0};
        wb_mysql_create_column(create, t->columns[i].name, d->a, &told);
        if (told.check)
            wb_mysql_describe_check(d, t, &cap,
                                    &(struct wb_check){.name = t->columns[i].name,
                                                       .expr.text = told.check,
                                                       .column = (int)i});
    }
    struct wb_mysql_create_check check;
    for (const char *at = create; wb_mysql_create_next_check(&at, d->a, &check);)
        wb_mysql_describe_check(d, t, &cap,
                                &(struct wb_check){.name = check.name,
                                                   .expr.text = check.expr,
                                                   .not_enforced = check.not_enforced,
                                                   .column = -1});
}

/* A default that the statement does not show as it is, as bytes or characters beyond the basic
 * plane, is asked of a row where the column refuses NULL: one is made. Where it cannot be made
 * describe says that it does not know. */
static void make_row(struct wb_my_conn *my, const char *create) {
    bool doubtful = strchr(create, '?') != NULL;
    for (const char *p = create; *p && !doubtful; p++)
        doubtful = (unsigned char)*p >= 0x80;
    if (!doubtful)
        return;
    if (my->mariadb)
        wb_my_execf(my, NULL, "SET SESSION check_constraint_checks = 0");
    wb_my_execf(my, NULL, "INSERT IGNORE INTO " SCRATCH " () VALUES ()");
}

static enum wb_code read_table(struct describe *d, struct wb_table *t, struct wb_error *err) {
    *t = (struct wb_table){.name = SCRATCH};
    const char *create = wb_mysql_describe_create(d, t);
    if (!create)
        return wb_error_set(err, WB_E_SQL, "the server does not show the temporary table");
    make_row(d->my, create);
    enum wb_code code = read_columns(d, t, create, err);
    if (!code)
        code = read_indexes(d, t, err);
    if (!code)
        read_checks(d, t, create);
    return code;
}

/* ------------------------------------------------------------------------------------------
 * what is as it is wanted */

static const char *copied(struct wb_arena *a, const char *s) {
    return s ? wb_arena_strdup(a, s) : NULL;
}

static void add_fulltext(struct wb_arena *a, struct wb_table *t, const struct wb_table *wanted) {
    struct wb_index *all = WB_NEW_N(a, struct wb_index, t->n_indexes + wanted->n_indexes + 1);
    memcpy(all, t->indexes, t->n_indexes * sizeof *all);
    t->indexes = all;
    for (size_t i = 0; i < wanted->n_indexes; i++) {
        const struct wb_index *from = &wanted->indexes[i];
        if (from->method != WB_INDEX_FULLTEXT)
            continue;
        struct wb_index *x = &t->indexes[t->n_indexes++];
        *x = (struct wb_index){.name = copied(a, from->name), .method = from->method};
        x->parts = WB_NEW_N(a, struct wb_index_part, from->n_parts);
        for (; x->n_parts < from->n_parts; x->n_parts++)
            x->parts[x->n_parts].column =
                wb_table_find_column(t, wanted->columns[from->parts[x->n_parts].column].name);
    }
}

static void add_foreign_keys(struct wb_arena *a, struct wb_table *t,
                             const struct wb_table *wanted) {
    t->fks = WB_NEW_N(a, struct wb_foreign_key, wanted->n_fks + 1);
    t->n_fks = wanted->n_fks;
    for (size_t i = 0; i < t->n_fks; i++) {
        const struct wb_foreign_key *from = &wanted->fks[i];
        struct wb_foreign_key *f = &t->fks[i];
        *f = *from;
        f->name = copied(a, from->name);
        f->ref_schema = copied(a, from->ref_schema);
        f->ref_table = copied(a, from->ref_table);
        f->columns = WB_NEW_N(a, uint32_t, from->n_columns);
        f->ref_columns = from->ref_columns ? WB_NEW_N(a, const char *, from->n_columns) : NULL;
        for (size_t k = 0; k < from->n_columns; k++) {
            f->columns[k] =
                (uint32_t)wb_table_find_column(t, wanted->columns[from->columns[k]].name);
            if (f->ref_columns)
                f->ref_columns[k] = copied(a, from->ref_columns[k]);
        }
    }
}

static void name_as_wanted(struct wb_arena *a, struct wb_table *t, const struct wb_table *wanted) {
    t->name = wb_arena_strdup(a, wanted->name);
    t->schema = copied(a, wanted->schema);
    for (size_t i = 0; i < wanted->n_indexes; i++)
        if (wanted->indexes[i].method == WB_INDEX_FULLTEXT)
            return add_fulltext(a, t, wanted);
}

/* ------------------------------------------------------------------------------------------
 * all of it */

/* What says something about the table alone; the next one may still be asked for. */
static bool is_refusal(enum wb_code code) {
    return code != WB_E_LOST && code != WB_E_CANCELED && code != WB_E_PRIVILEGE &&
           code != WB_E_CONNECT && code != WB_E_MEMORY;
}

static enum wb_code expect_table(struct describe *d, const struct wb_ddl_list *list, int table,
                                 const struct wb_table *wanted, struct wb_error *err) {
    struct wb_table t;
    enum wb_code code = make_table(d->my, list, table, err), dropped;
    if (code == WB_E_PRIVILEGE)
        wb_error_wrap(err, "without the privilege CREATE TEMPORARY TABLES on the database");
    if (!code)
        code = read_table(d, &t, err);
    if (!code) {
        name_as_wanted(d->a, &t, wanted);
        add_foreign_keys(d->a, &t, wanted);
        d->catalog->tables[d->catalog->n_tables++] = t;
    } else if (is_refusal(code)) {
        wb_findings_add(&d->catalog->findings, d->a, WB_NOTE, WB_FINDING_GENERAL, "table",
                        wb_arena_strdup(d->a, wanted->name), NULL, "%s", err->text);
        code = WB_OK;
    }
    dropped = wb_my_execf(d->my, code ? NULL : err, "DROP TEMPORARY TABLE IF EXISTS " SCRATCH);
    return code ? code : dropped;
}

static enum wb_code expect_all(struct mysql_conn *c, struct describe *d,
                               const struct wb_catalog *wanted, unsigned version_num,
                               struct wb_arena *a, struct wb_error *err) {
    struct wb_ddl_list list = {0};
    struct wb_findings findings = {0};
    struct wb_catalog scratch = scratch_of(wanted, a);
    struct wb_error why = {0};
    enum wb_code code = wb_mysql_render(&scratch, version_num, a, &list, &findings, err);
    d->catalog->tables = WB_NEW_N(d->a, struct wb_table, wanted->n_tables + 1);
    for (size_t i = 0; !code && i < wanted->n_tables; i++) {
        if (atomic_load(&c->my->canceled))
            return wb_error_set(err, WB_E_CANCELED, "stopped before table %s",
                                wanted->tables[i].name);
        code = expect_table(d, &list, (int)i, &wanted->tables[i], &why);
        if (code && err)
            *err = why;
    }
    return code;
}

enum wb_code wb_mysql_expect(struct wb_conn *conn, const struct wb_catalog *wanted,
                             unsigned version_num, struct wb_catalog *ret, struct wb_error *err) {
    struct wb_catalog catalog = {.engine = "mysql"};
    struct wb_arena a = {0};
    struct describe d = {.catalog = &catalog, .a = &catalog.arena, .schema = ""};
    enum wb_code code = open_session(mysql_of(conn)->my, &a, &d.my, err);
    if (!code) {
        catalog.schema = copied(d.a, wanted->schema);
        code = expect_all(mysql_of(conn), &d, wanted, version_num, &a, err);
    }
    wb_my_close(d.my);
    wb_arena_done(&a);
    if (code) {
        wb_catalog_done(&catalog);
        return wb_error_wrap(err, "making the expected tables as temporary ones");
    }
    *ret = catalog;
    return WB_OK;
}
