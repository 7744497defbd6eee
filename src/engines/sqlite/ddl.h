/* DDL: types, expressions, statements. The functions of wb_ddl_ops and what they share. */
#ifndef WB_ENGINES_SQLITE_DDL_H
#define WB_ENGINES_SQLITE_DDL_H

#include "engine/engine.h"

/* How other engines' values are kept (the choice of this engine, documented in docs/engines.md):
 * integers as INTEGER (one above 2^63-1 is refused by the range policy), decimals, dates, times,
 * uuids and everything that has a text as TEXT, which keeps every digit where NUMERIC affinity
 * would round, floats as REAL, bytes as BLOB. */
enum wb_code wb_sqlite_map_type(const struct wb_type *from, struct wb_arena *a, struct wb_type *ret,
                                struct wb_error *err);
enum wb_code wb_sqlite_parse_type(const char *native, struct wb_arena *a, struct wb_type *ret,
                                  struct wb_error *err);
enum wb_code wb_sqlite_render(const struct wb_catalog *target, unsigned version_num,
                              struct wb_arena *a, struct wb_ddl_list *ret,
                              struct wb_findings *findings, struct wb_error *err);

/* Append a neutral tree over t's columns, by the source's names, in SQLite's words; false (and sql
 * as before) where there are none that mean the same. */
bool wb_sqlite_render_expr(struct wb_buf *sql, const struct wb_expr *e, const struct wb_table *t);

/* Append "CREATE TABLE …" composed from the neutral table. renamed: names differ from the source's,
 * so the source's own texts cannot be used. What cannot be carried goes to the findings; TYPE where
 * a column would lose its values. */
enum wb_code wb_sqlite_compose_table(struct wb_buf *sql, const struct wb_table *t, bool renamed,
                                     struct wb_arena *a, struct wb_findings *findings,
                                     struct wb_error *err);
/* Append "CREATE INDEX …" under that name; false where SQLite has no such index, with a finding. */
bool wb_sqlite_compose_index(struct wb_buf *sql, const struct wb_table *t, const struct wb_index *x,
                             const char *name, bool renamed, struct wb_arena *a,
                             struct wb_findings *findings);
/* True if the index is part of CREATE TABLE. */
bool wb_sqlite_index_is_inline(const struct wb_table *t, const struct wb_index *x);

#endif
