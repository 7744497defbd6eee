/* A private server for tests: WB_MY_URL, as scripts/servers gives it. Each test program has a
 * database of its own. */
#ifndef WB_TESTS_UNIT_ENGINES_MYSQL_LIVE_MYSQL_H
#define WB_TESTS_UNIT_ENGINES_MYSQL_LIVE_MYSQL_H

#include "engines/mysql/mysql_engine.h"

#include <stdbool.h>

/* False where there is no server: the test is to be skipped. Makes the database anew. */
bool live_mysql_start(const char *database);
void live_mysql_stop(void); /* drops it */

/* A connection to the test's database, or a failed test. */
struct wb_conn *live_mysql_open(enum wb_side side);
struct wb_conn *live_mysql_open_as(const char *user, const char *password, enum wb_side side);

/* On a connection of its own with an sql_mode that lets odd values in. printf-like; fails the test
 * on errors. */
void live_mysql_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The first value of a query's result, or "" ; valid until the next call. */
const char *live_mysql_ask(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A cell as text: "NULL", "int 5", "uint 18446744073709551615", "double 0x1.8p+1", "text abc",
 * "bytes 00FF", "invalid zero-date 0000-00-00". Valid until the next call. */
const char *live_mysql_cell(const struct wb_cell *cell);

#endif
