#include "unit/engines/postgres/live_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct wb_arena arena;
static struct wb_url url;
static struct wb_url_param *params;
static struct wb_conn *admin;
static const char *own_schema;

bool live_postgres_start(const char *schema) {
    const char *from = getenv("WB_PG_URL");
    struct wb_error err = {0};
    char sql[200];
    if (!from)
        return false;
    if (wb_url_parse(from, &arena, &url, &err))
        fail_msg("%s: %s", from, err.text);
    params = WB_NEW_N(&arena, struct wb_url_param, url.n_params + 1);
    for (size_t i = 0; i < url.n_params; i++)
        params[i] = url.params[i];
    params[url.n_params] = (struct wb_url_param){"schema", schema};
    url.params = params;
    url.n_params++;
    own_schema = schema;
    admin = live_postgres_open(WB_SIDE_TARGET);
    snprintf(sql, sizeof sql, "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s", schema, schema);
    live_postgres_run(sql);
    return true;
}

void live_postgres_stop(void) {
    char sql[200];
    if (admin) {
        snprintf(sql, sizeof sql, "DROP SCHEMA %s CASCADE", own_schema);
        live_postgres_run(sql);
    }
    wb_conn_close(admin);
    admin = NULL;
    wb_arena_done(&arena);
}

struct wb_conn *live_postgres_open(enum wb_side side) {
    struct wb_open_opts opts = {.side = side};
    struct wb_conn *c = NULL;
    struct wb_error err = {0};
    if (wb_engine_postgres.open(&url, &opts, &c, &err))
        fail_msg("opening %s: %s", url.redacted, err.text);
    return c;
}

void live_postgres_run(const char *sql) {
    struct wb_error err = {0};
    if (admin->engine->exec(admin, sql, NULL, &err))
        fail_msg("%s: %s", sql, err.text);
}

const char *live_postgres_ask(const char *sql) {
    struct wb_rows rows;
    struct wb_error err = {0};
    if (admin->engine->query(admin, sql, &arena, &rows, &err))
        fail_msg("%s: %s", sql, err.text);
    return rows.n_rows && rows.values[0][0] ? rows.values[0][0] : "";
}

int live_postgres_version(void) {
    return atoi(live_postgres_ask("SHOW server_version_num"));
}

void live_postgres_describe(struct wb_catalog *ret) {
    struct wb_describe_opts opts = {0};
    struct wb_error err = {0};
    if (admin->engine->describe(admin, &opts, ret, &err))
        fail_msg("describing: %s", err.text);
}
