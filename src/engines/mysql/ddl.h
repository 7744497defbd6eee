/* DDL: types, expressions, statements. */
#ifndef WB_ENGINES_MYSQL_DDL_H
#define WB_ENGINES_MYSQL_DDL_H

#include "engines/mysql/internal.h"

enum wb_code wb_mysql_map_type(const struct wb_type *from, struct wb_arena *a, struct wb_type *ret,
                               struct wb_error *err);
enum wb_code wb_mysql_render(const struct wb_catalog *target, unsigned version_num,
                             struct wb_arena *a, struct wb_ddl_list *ret,
                             struct wb_findings *findings, struct wb_error *err);

/* As in wb_ddl_ops. ddl_keys.c */
enum wb_code wb_mysql_fit_keys(const struct wb_catalog *source, struct wb_catalog *mapped,
                               struct wb_error *err);

/* Append a neutral tree over t's columns, by the source's names, in MySQL's words; false (sql is
 * then of no use) where there are none that mean the same. */
bool wb_mysql_render_expr(struct wb_buf *sql, const struct wb_expr *e, const struct wb_table *t);

/* True for types that an index can take only by a prefix: TEXT, BLOB, JSON, GEOMETRY. */
bool wb_mysql_type_is_long(const struct wb_type *t);

#endif
