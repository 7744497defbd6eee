/* A private server for tests: WB_PG_URL, as scripts/servers gives it. Each test program has a
 * schema of its own. */
#ifndef TESTS_UNIT_LIVE_POSTGRES_H
#define TESTS_UNIT_LIVE_POSTGRES_H

#include "engines/postgres/postgres.h"

#include <stdbool.h>

bool live_postgres_start(
    const char *schema); /* false where there is no server; the schema is empty then */
void live_postgres_stop(void);
struct wb_conn *live_postgres_open(enum wb_side side); /* within the schema */
void live_postgres_run(const char *sql);
const char *
live_postgres_ask(const char *sql); /* the first value, "" for NULL or nothing; lives until stop */
int live_postgres_version(void);    /* 150004 */
void live_postgres_describe(struct wb_catalog *ret);

#endif
