/* Reads the catalog: PRAGMAs for what they tell (www.sqlite.org/pragma.html), the stored CREATE
 * texts for the rest. */
#ifndef WB_ENGINES_SQLITE_DESCRIBE_H
#define WB_ENGINES_SQLITE_DESCRIBE_H

#include "engines/sqlite/conn.h"
#include "engines/sqlite/create_text.h"

/* wb_engine.describe */
enum wb_code wb_sqlite_describe(struct wb_conn *c, const struct wb_describe_opts *opts,
                                struct wb_catalog *ret, struct wb_error *err);

/* Indexes and keys of a table whose columns are there; describe's second half. text: its parsed
 * CREATE TABLE. */
enum wb_code wb_sqlite_describe_keys(struct wb_sqlite *c, struct wb_catalog *cat,
                                     struct wb_table *t, const struct wb_sqlite_create *text,
                                     struct wb_error *err);

#endif
