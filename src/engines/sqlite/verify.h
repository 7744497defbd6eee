/* What verification asks besides reading. See wb_verify_ops in engine.h for the contracts. */
#ifndef WB_ENGINES_SQLITE_VERIFY_H
#define WB_ENGINES_SQLITE_VERIFY_H

#include "engine/engine.h"

extern const struct wb_verify_ops wb_sqlite_verify_ops;

/* Have the connection's statement timeout looked at while statements run, or nothing where it has
 * none. */
struct wb_sqlite;
void wb_sqlite_watch_clock(struct wb_sqlite *c);

/* literal.c */
bool wb_sqlite_literal(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c);
bool wb_sqlite_exactly(struct wb_buf *to, const struct wb_column *column, const struct wb_cell *c);
void wb_sqlite_delete_some(struct wb_buf *to, const struct wb_table *t, const char *where,
                           uint64_t most);
void wb_sqlite_differs(struct wb_buf *to, const struct wb_type *t, const char *a, const char *b);

#endif
