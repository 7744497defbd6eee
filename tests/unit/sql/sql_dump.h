/* A statement in one line, for tests. */
#ifndef WB_TEST_SQL_DUMP_H
#define WB_TEST_SQL_DUMP_H

#include "base/buf.h"
#include "sql/sql.h"

/* "ALTER TABLE defines; orders ACCESS EXCLUSIVE scan (SET NOT NULL); +orders.x" */
void sql_dump(const struct wb_sql_statement *s, struct wb_buf *to);

/* A text, and its statements' lines. */
struct sql_case {
    const char *sql, *want;
};
void sql_expect(enum wb_sql_dialect dialect, const struct sql_case *cases, size_t n);

#endif
