/* Indexes, foreign keys, checks and partitions. */
#include "engines/mysql/describe.h"

#include "base/str.h"
#include "engines/mysql/create_text.h"

#include <stdlib.h>
#include <string.h>

/* Rows of one object stand together, a row a column: where those of row i's object end. */
static size_t end_of_object(const struct wb_my_rows *rows, size_t i, unsigned table,
                            unsigned name) {
    size_t end = i + 1;
    while (end < rows->n_rows && wb_str_eq(rows->values[end][table], rows->values[i][table]) &&
           wb_str_eq(rows->values[end][name], rows->values[i][name]))
        end++;
    return end;
}

/* ------------------------------------------------------------------------------------------
 * indexes */

static enum wb_index_method method_of(const char *word) {
    return wb_str_eq(word, "BTREE")                                 ? WB_INDEX_BTREE
           : wb_str_eq(word, "HASH")                                ? WB_INDEX_HASH
           : wb_str_eq(word, "FULLTEXT")                            ? WB_INDEX_FULLTEXT
           : wb_str_eq(word, "SPATIAL") || wb_str_eq(word, "RTREE") ? WB_INDEX_SPATIAL
                                                                    : WB_INDEX_OTHER;
}

/* SUB_PART of a spatial index is the length of its box, not a prefix. */
static struct wb_index_part part_of(struct describe *d, const struct wb_table *t,
                                    const struct wb_index *x, const char **v) {
    struct wb_index_part p = {
        .column = v[MYSQL_INDEX_COLUMN] ? wb_table_find_column(t, v[MYSQL_INDEX_COLUMN]) : -1};
    if (!v[MYSQL_INDEX_COLUMN])
        p.expr.text = wb_mysql_expression(d, v[MYSQL_INDEX_EXPRESSION]);
    if (v[MYSQL_INDEX_PREFIX] && x->method == WB_INDEX_BTREE)
        p.prefix_length = (uint32_t)strtoul(v[MYSQL_INDEX_PREFIX], NULL, 10);
    p.descending = wb_str_eq(v[MYSQL_INDEX_COLLATION], "D");
    return p;
}

bool wb_mysql_describe_index(struct describe *d, struct wb_table *t, struct wb_index *x,
                             const char ***rows, size_t n) {
    const char **v = rows[0];
    *x = (struct wb_index){
        .name = v[MYSQL_INDEX_NAME],
        .primary = wb_str_eq(v[MYSQL_INDEX_NAME], "PRIMARY"),
        .unique = wb_str_eq(v[MYSQL_INDEX_NON_UNIQUE], "0"),
        .ignored = wb_str_eq(v[MYSQL_INDEX_IGNORED], "YES"),
        .method = method_of(v[MYSQL_INDEX_TYPE]),
        .comment =
            v[MYSQL_INDEX_COMMENT] && *v[MYSQL_INDEX_COMMENT] ? v[MYSQL_INDEX_COMMENT] : NULL,
        .parts = WB_NEW_N(d->a, struct wb_index_part, n),
    };
    x->constraint = x->unique;
    for (size_t i = 0; i < n; i++) {
        struct wb_index_part p = part_of(d, t, x, rows[i]);
        if (p.column >= 0 || p.expr.text) /* else ROW END of a system-versioned table */
            x->parts[x->n_parts++] = p;
    }
    return x->n_parts > 0;
}

enum wb_code wb_mysql_describe_indexes(struct describe *d, struct wb_error *err) {
    struct wb_my_rows rows;
    static const char select[] =
        "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, COLLATION, SUB_PART, "
        "INDEX_TYPE, INDEX_COMMENT, ";
    static const char rest[] = "FROM information_schema.STATISTICS WHERE TABLE_SCHEMA =";
    static const char order[] = "ORDER BY CAST(TABLE_NAME AS BINARY), INDEX_NAME <> 'PRIMARY', "
                                "NON_UNIQUE, INDEX_NAME, SEQ_IN_INDEX";
    const char *own = !d->my->mariadb ? "IF(IS_VISIBLE = 'NO', 'YES', 'NO'), EXPRESSION "
                      : d->my->version_num >= 100600 ? "IGNORED, NULL "
                                                     : "'NO', NULL ";
    if (!d->my->mariadb && d->my->version_num < 80013)
        own = "'NO', NULL ";
    enum wb_code code = wb_my_queryf(d->my, d->a, &rows, err, "%s%s%s %s %s", select, own, rest,
                                     d->schema_literal, order);
    if (code)
        return code;
    size_t cap = 0;
    const struct wb_table *owner = NULL;
    for (size_t i = 0, end; i < rows.n_rows; i = end) {
        const char **v = rows.values[i];
        end = end_of_object(&rows, i, MYSQL_INDEX_TABLE, MYSQL_INDEX_NAME);
        struct wb_table *t = wb_mysql_describe_find(d, v[MYSQL_INDEX_TABLE]);
        if (!t)
            continue;
        if (t != owner)
            cap = 0;
        owner = t;
        struct wb_index x;
        if (wb_mysql_describe_index(d, t, &x, &rows.values[i], end - i))
            *WB_PUSH(d->a, t->indexes, t->n_indexes, cap) = x;
    }
    return WB_OK;
}

/* ------------------------------------------------------------------------------------------
 * foreign keys */

static enum wb_fk_action action_of(const char *word) {
    return wb_str_eq(word, "CASCADE")       ? WB_FK_CASCADE
           : wb_str_eq(word, "SET NULL")    ? WB_FK_SET_NULL
           : wb_str_eq(word, "SET DEFAULT") ? WB_FK_SET_DEFAULT
           : wb_str_eq(word, "RESTRICT")    ? WB_FK_RESTRICT
                                            : WB_FK_NO_ACTION;
}

/* Whoever may only SELECT sees foreign keys, but not in REFERENTIAL_CONSTRAINTS. Where the
 * statement names no action it is RESTRICT. */
static void read_actions(struct describe *d, const struct wb_table *t, struct wb_foreign_key *f) {
    struct wb_mysql_create_actions told;
    const char *create = wb_mysql_describe_create(d, t);
    if (create && wb_mysql_create_actions(create, f->name, d->a, &told)) {
        f->on_update = told.on_update ? action_of(told.on_update) : WB_FK_RESTRICT;
        f->on_delete = told.on_delete ? action_of(told.on_delete) : WB_FK_RESTRICT;
        return;
    }
    wb_findings_add(&d->catalog->findings, d->a, WB_WARNING, WB_FINDING_RISK, "foreign key",
                    wb_arena_printf(d->a, "%s.%s", t->name, f->name),
                    "GRANT REFERENCES on the database to this user",
                    "what it does when a row that it refers to goes could not be read: it is taken "
                    "to do nothing");
}

enum { F_TABLE, F_NAME, F_COLUMN, F_REF_SCHEMA, F_REF_TABLE, F_REF_COLUMN };

static void fill_foreign_key(struct describe *d, const struct wb_table *t, struct wb_foreign_key *f,
                             const char ***rows, size_t n, const struct wb_my_rows *rules) {
    const char **v = rows[0];
    *f = (struct wb_foreign_key){
        .name = v[F_NAME],
        .columns = WB_NEW_N(d->a, uint32_t, n),
        .ref_columns = WB_NEW_N(d->a, const char *, n),
        .ref_schema = v[F_REF_SCHEMA],
        .ref_table = v[F_REF_TABLE],
    };
    for (size_t i = 0; i < n; i++) {
        int column = wb_table_find_column(t, rows[i][F_COLUMN]);
        if (column < 0)
            continue;
        f->columns[f->n_columns] = (uint32_t)column;
        f->ref_columns[f->n_columns++] = rows[i][F_REF_COLUMN];
    }
    for (size_t i = 0; i < rules->n_rows; i++) {
        const char **r = rules->values[i];
        if (strcmp(r[0], v[F_TABLE]) == 0 && strcmp(r[1], v[F_NAME]) == 0) {
            f->on_update = action_of(r[2]);
            f->on_delete = action_of(r[3]);
            return;
        }
    }
    read_actions(d, t, f);
}

enum wb_code wb_mysql_describe_foreign_keys(struct describe *d, struct wb_error *err) {
    struct wb_my_rows rows, rules;
    enum wb_code code =
        wb_my_queryf(d->my, d->a, &rows, err,
                     "SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, "
                     "REFERENCED_TABLE_NAME, "
                     "REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE "
                     "TABLE_SCHEMA = %s AND "
                     "REFERENCED_TABLE_NAME IS NOT NULL ORDER BY CAST(TABLE_NAME AS BINARY), "
                     "CONSTRAINT_NAME, ORDINAL_POSITION",
                     d->schema_literal);
    if (!code)
        code =
            wb_my_queryf(d->my, d->a, &rules, err,
                         "SELECT TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE FROM "
                         "information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = %s",
                         d->schema_literal);
    if (code)
        return code;
    size_t cap = 0;
    const struct wb_table *owner = NULL;
    for (size_t i = 0, end; i < rows.n_rows; i = end) {
        const char **v = rows.values[i];
        end = end_of_object(&rows, i, F_TABLE, F_NAME);
        struct wb_table *t = wb_mysql_describe_find(d, v[F_TABLE]);
        if (!t)
            continue;
        if (t != owner)
            cap = 0;
        owner = t;
        fill_foreign_key(d, t, WB_PUSH(d->a, t->fks, t->n_fks, cap), &rows.values[i], end - i,
                         &rules);
    }
    return WB_OK;
}

/* ------------------------------------------------------------------------------------------ checks
 */

/* MariaDB's JSON is longtext with a check json_valid(`column`); gives the column, or -1. */
static int json_column(const struct wb_table *t, const char *clause) {
    static const char before[] = "json_valid(`";
    size_t len = strlen(clause);
    if (!wb_str_istarts(clause, before) || len < sizeof before + 1 ||
        strcmp(clause + len - 2, "`)") != 0)
        return -1;
    WB_CLEANUP_BUF struct wb_buf name = {0};
    wb_buf_add(&name, clause + sizeof before - 1, len - (sizeof before - 1) - 2);
    int column = wb_table_find_column(t, wb_buf_str(&name));
    return column >= 0 && t->columns[column].type.kind == WB_KIND_TEXT &&
                   wb_str_istarts(t->columns[column].type.native, "longtext")
               ? column
               : -1;
}

void wb_mysql_describe_check(struct describe *d, struct wb_table *t, size_t *cap,
                             const struct wb_check *check) {
    int json = d->my->mariadb ? json_column(t, check->expr.text) : -1;
    if (json >= 0) {
        struct wb_type *type = &t->columns[json].type;
        type->kind = WB_KIND_JSON;
        type->native = "json";
        return;
    }
    *WB_PUSH(d->a, t->checks, t->n_checks, *cap) = *check;
}

enum wb_code wb_mysql_describe_checks(struct describe *d, struct wb_error *err) {
    struct wb_my_rows rows = {0};
    enum wb_code code = WB_OK;
    if (d->my->mariadb)
        code = wb_my_queryf(
            d->my, d->a, &rows, err,
            "SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE, LEVEL, 'YES' FROM "
            "information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = %s ORDER BY "
            "CAST(TABLE_NAME AS BINARY)",
            d->schema_literal);
    else if (d->my->version_num >= 80016)
        code = wb_my_queryf(
            d->my, d->a, &rows, err,
            "SELECT t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE, 'Table', t.ENFORCED FROM "
            "information_schema.CHECK_CONSTRAINTS c JOIN information_schema.TABLE_CONSTRAINTS t ON "
            "t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME "
            "WHERE c.CONSTRAINT_SCHEMA = %s AND t.CONSTRAINT_TYPE = 'CHECK' ORDER BY "
            "CAST(t.TABLE_NAME AS BINARY)",
            d->schema_literal);
    size_t cap = 0;
    const struct wb_table *owner = NULL;
    for (size_t i = 0; !code && i < rows.n_rows; i++) {
        struct wb_table *t = wb_mysql_describe_find(d, rows.values[i][0]);
        if (!t)
            continue;
        if (t != owner)
            cap = 0;
        owner = t;
        const char **v = rows.values[i];
        wb_mysql_describe_check(
            d, t, &cap,
            &(struct wb_check){
                .name = v[1],
                .expr.text = wb_mysql_expression(d, v[2]),
                .not_enforced = wb_str_eq(v[4], "NO"),
                .column = wb_str_eq(v[3], "Column") ? wb_table_find_column(t, v[1]) : -1,
            });
    }
    return code;
}

/* ------------------------------------------------------------------------------------------
 * partitions */

enum { P_TABLE, P_NAME, P_SUB, P_METHOD, P_EXPRESSION, P_BOUND };

static enum wb_partition_method partition_method(const char *word) {
    return wb_str_istarts(word, "RANGE")  ? WB_PARTITION_RANGE
           : wb_str_istarts(word, "LIST") ? WB_PARTITION_LIST
           : wb_str_istr(word, "HASH")    ? WB_PARTITION_HASH
           : wb_str_istr(word, "KEY")     ? WB_PARTITION_KEY
                                          : WB_PARTITION_NONE; /* SYSTEM_TIME */
}

/* `a`,`b` as indexes of columns; false where the text is anything else. */
static bool partition_columns(struct describe *d, const struct wb_table *t,
                              struct wb_partitioning *p) {
    const char *s = p->expr.text;
    size_t cap = 0;
    while (s && *s) {
        WB_CLEANUP_BUF struct wb_buf name = {0};
        bool quoted = *s == '`';
        size_t len = quoted ? strcspn(s + 1, "`") : strcspn(s, ",");
        wb_buf_add(&name, s + quoted, len);
        int column = wb_table_find_column(t, wb_buf_str(&name));
        if (column < 0)
            return false;
        *WB_PUSH(d->a, p->column_index, p->n_columns, cap) = (uint32_t)column;
        s += len + (quoted ? 2 : 0);
        if (*s && *s != ',')
            return false;
        s += *s == ',';
    }
    return p->n_columns > 0;
}

static void fill_partitioning(struct describe *d, struct wb_table *t, const char ***rows,
                              size_t n) {
    struct wb_partitioning *p = &t->partitioning;
    p->method = partition_method(rows[0][P_METHOD]);
    if (p->method == WB_PARTITION_NONE)
        return;
    p->expr.text = wb_mysql_expression(d, rows[0][P_EXPRESSION]);
    p->subpartitioned = rows[0][P_SUB] != NULL;
    p->columns = partition_columns(d, t, p);
    p->parts = WB_NEW_N(d->a, struct wb_partition, n);
    for (size_t i = 0; i < n; i++) {
        const char **v = rows[i];
        if (p->n_parts && strcmp(p->parts[p->n_parts - 1].name, v[P_NAME]) == 0)
            continue; /* a subpartition */
        p->parts[p->n_parts++] = (struct wb_partition){.name = v[P_NAME], .bound = v[P_BOUND]};
    }
}

enum wb_code wb_mysql_describe_partitions(struct describe *d, struct wb_error *err) {
    struct wb_my_rows rows;
    enum wb_code code = wb_my_queryf(d->my, d->a, &rows, err,
                                     "SELECT TABLE_NAME, PARTITION_NAME, SUBPARTITION_NAME, "
                                     "PARTITION_METHOD, PARTITION_EXPRESSION, "
                                     "PARTITION_DESCRIPTION FROM information_schema.PARTITIONS "
                                     "WHERE TABLE_SCHEMA = %s AND PARTITION_NAME IS NOT "
                                     "NULL ORDER BY CAST(TABLE_NAME AS BINARY), "
                                     "PARTITION_ORDINAL_POSITION, SUBPARTITION_ORDINAL_POSITION",
                                     d->schema_literal);
    for (size_t i = 0, end; !code && i < rows.n_rows; i = end) {
        for (end = i + 1; end < rows.n_rows; end++)
            if (strcmp(rows.values[end][P_TABLE], rows.values[i][P_TABLE]) != 0)
                break;
        struct wb_table *t = wb_mysql_describe_find(d, rows.values[i][P_TABLE]);
        if (t)
            fill_partitioning(d, t, &rows.values[i], end - i);
    }
    return code;
}
