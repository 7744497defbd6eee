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

/* A table of the catalog being built, by its exact name; NULL where it is not described. */
struct wb_table *wb_mysql_describe_find(struct describe *d, const char *name);

/* MySQL prints expressions with quotes escaped once more (_utf8mb4\'x\'); MariaDB as they are. */
const char *wb_mysql_expression(struct describe *d, const char *text);

#endif
