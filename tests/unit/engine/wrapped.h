/* What the tests of wrappers share: a table in a real SQLite file, loaded and read through whatever
 * connection is given. */
#ifndef TESTS_UNIT_ENGINE_WRAPPED_H
#define TESTS_UNIT_ENGINE_WRAPPED_H

#include "unit/engines/sqlite/fixture.h"

/* data.db with the table t (id INTEGER PRIMARY KEY, v TEXT) of n rows, described into *ret. */
void wrapped_make(struct sqlite_fixture *f, unsigned n, struct wb_catalog *ret);

/* Reads all of t; the rows that came before it ended, and how it ended. */
enum wb_code wrapped_read(struct sqlite_fixture *f, struct wb_conn *c, const struct wb_table *t,
                          uint64_t *ret_rows, uint64_t *ret_bytes);

/* Loads n rows with keys from first on, in a transaction of its own. */
enum wb_code wrapped_load(struct sqlite_fixture *f, struct wb_conn *c, const struct wb_table *t,
                          int64_t first, unsigned n);

/* How many lines of a file have all of the words (up to 3, NULL for none). */
unsigned wrapped_lines(const char *path, const char *a, const char *b, const char *c);

#endif
