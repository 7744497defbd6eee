/* The parts of describe. Each fills its share of the catalog from one or two queries over the whole
 * schema. */
#ifndef WB_ENGINES_MYSQL_DESCRIBE_H
#define WB_ENGINES_MYSQL_DESCRIBE_H

#include "engines/mysql/internal.h"

struct describe {
    struct wb_my_conn *my;
    struct wb_catalog *catalog;
    struct wb_arena *a; /* the catalog's */
    const char *schema;
    const char *schema_literal; /* quoted, for conditions */
    bool internal;
    struct wb_table *last; /* found last: rows come table by table */
};

enum wb_code wb_mysql_describe_tables(struct describe *d, struct wb_error *err);
enum wb_code wb_mysql_describe_columns(struct describe *d, struct wb_error *err);
enum wb_code wb_mysql_describe_indexes(struct describe *d, struct wb_error *err);
enum wb_code wb_mysql_describe_foreign_keys(struct describe *d, struct wb_error *err);
enum wb_code wb_mysql_describe_checks(struct describe *d, struct wb_error *err);
enum wb_code wb_mysql_describe_partitions(struct describe *d, struct wb_error *err);
enum wb_code wb_mysql_describe_objects(struct describe *d, struct wb_error *err);

/* What describe fills tables from, whichever statement told it. */

/* A column's values, as information_schema.COLUMNS has them. */
enum wb_mysql_column_value {
    MYSQL_COLUMN_TABLE,
    MYSQL_COLUMN_NAME,
    MYSQL_COLUMN_DEFAULT,
    MYSQL_COLUMN_NULLABLE,
    MYSQL_COLUMN_TYPE,
    MYSQL_COLUMN_CHARSET,
    MYSQL_COLUMN_COLLATION,
    MYSQL_COLUMN_EXTRA,
    MYSQL_COLUMN_COMMENT,
    MYSQL_COLUMN_GENERATED,
    MYSQL_COLUMN_VALUES
};
/* The default may be asked of the table itself. */
enum wb_code wb_mysql_describe_column(struct describe *d, struct wb_table *t, struct wb_column *c,
                                      const char **values, struct wb_error *err);

/* The values of one column in an index, as information_schema.STATISTICS has them. */
enum wb_mysql_index_value {
    MYSQL_INDEX_TABLE,
    MYSQL_INDEX_NAME,
    MYSQL_INDEX_NON_UNIQUE,
    MYSQL_INDEX_COLUMN,
    MYSQL_INDEX_COLLATION,
    MYSQL_INDEX_PREFIX,
    MYSQL_INDEX_TYPE,
    MYSQL_INDEX_COMMENT,
    MYSQL_INDEX_IGNORED,
    MYSQL_INDEX_EXPRESSION,
    MYSQL_INDEX_VALUES
};
/* One index from the rows of its columns; false where nothing is left of it (system columns only).
 */
bool wb_mysql_describe_index(struct describe *d, struct wb_table *t, struct wb_index *x,
                             const char ***rows, size_t n);

/* Adds it, or makes json of the column that it makes so. */
void wb_mysql_describe_check(struct describe *d, struct wb_table *t, size_t *cap,
                             const struct wb_check *check);

/* SHOW CREATE TABLE's statement; NULL where this user may not see it. */
const char *wb_mysql_describe_create(struct describe *d, const struct wb_table *t);

/* describe_mend.c. A column's default, as information_schema shows it: made what it is, or left out
 * with a finding. */
void wb_mysql_describe_mend_default(struct describe *d, const struct wb_table *t,
                                    struct wb_column *c);
/* Expressions of all tables that may hold more than is shown. */
void wb_mysql_describe_mend_expressions(struct describe *d);

/* A table of the catalog being built, by its exact name; NULL where it is not described. */
struct wb_table *wb_mysql_describe_find(struct describe *d, const char *name);

/* MySQL prints expressions with quotes escaped once more (_utf8mb4\'x\'); MariaDB as they are. */
const char *wb_mysql_expression(struct describe *d, const char *text);

#endif
