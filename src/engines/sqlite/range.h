/* The key that a table is read in parts by, and a range of it as a predicate. */
#ifndef WB_ENGINES_SQLITE_RANGE_H
#define WB_ENGINES_SQLITE_RANGE_H

#include "engines/sqlite/conn.h"

/* SQLite's type affinities (www.sqlite.org/datatype3.html, 3.1). */
enum wb_sqlite_affinity {
    WB_SQLITE_BLOB,
    WB_SQLITE_TEXT,
    WB_SQLITE_NUMERIC,
    WB_SQLITE_INTEGER,
    WB_SQLITE_REAL
};

enum wb_sqlite_affinity wb_sqlite_affinity_of(const char *declared);

/* The name by which the rowid can be asked, NULL where the table has none or its columns hide all
 * three. */
const char *wb_sqlite_rowid_name(const struct wb_table *t);

/* The leading column of the replica key that KEY ranges are about, NULL where there is none. */
const struct wb_column *wb_sqlite_split_column(const struct wb_table *t);

/* Append the range's predicate with parameters, nothing for a range without bounds. A NULL key
 * belongs to the range that has no lower bound. UNSUPPORTED where the table has no such key. */
enum wb_code wb_sqlite_add_range(struct wb_buf *sql, const struct wb_table *t,
                                 const struct wb_range *r, struct wb_error *err);
/* Bind the bounds to the parameters that wb_sqlite_add_range made. */
enum wb_code wb_sqlite_bind_range(struct wb_sqlite *c, sqlite3_stmt *s, const struct wb_table *t,
                                  const struct wb_range *r, struct wb_error *err);

#endif
