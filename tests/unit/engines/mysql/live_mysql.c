#include "unit/engines/mysql/live_mysql.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct wb_arena arena;
static struct wb_url url;
static struct wb_conn *admin;
static struct wb_buf text;

static struct wb_conn *open_url(const struct wb_url *u, enum wb_side side) {
    struct wb_open_opts opts = {.side = side};
    struct wb_conn *c = NULL;
    struct wb_error err = {0};
    if (wb_engine_mysql.open(u, &opts, &c, &err))
        fail_msg("opening %s: %s", u->redacted, err.text);
    return c;
}

static void run(struct wb_conn *c, const char *sql) {
    struct wb_error err = {0};
    if (c->engine->exec(c, sql, NULL, &err))
        fail_msg("%s: %s", sql, err.text);
}

bool live_mysql_start(const char *database) {
    const char *from = getenv("WB_MY_URL");
    struct wb_error err = {0};
    if (!from)
        return false;
    if (wb_url_parse(from, &arena, &url, &err))
        fail_msg("%s: %s", from, err.text);
    url.database = NULL;
    struct wb_conn *c = open_url(&url, WB_SIDE_TARGET);
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql, "DROP DATABASE IF EXISTS %s", database);
    run(c, wb_buf_str(&sql));
    wb_buf_reset(&sql);
    wb_buf_addf(&sql, "CREATE DATABASE %s CHARACTER SET utf8mb4", database);
    run(c, wb_buf_str(&sql));
    wb_conn_close(c);
    url.database = wb_arena_strdup(&arena, database);
    admin = open_url(&url, WB_SIDE_TARGET);
    run(admin,
        "SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', timestamp = 1700000000");
    return true;
}

void live_mysql_stop(void) {
    if (admin)
        live_mysql_run("DROP DATABASE %s", url.database);
    wb_conn_close(admin);
    admin = NULL;
    wb_buf_done(&text);
    wb_arena_done(&arena);
}

struct wb_conn *live_mysql_open(enum wb_side side) {
    return open_url(&url, side);
}

struct wb_conn *live_mysql_open_as(const char *user, const char *password, enum wb_side side) {
    struct wb_url u = url;
    u.user = user;
    u.password = password;
    return open_url(&u, side);
}

void live_mysql_run(const char *fmt, ...) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    va_list args;
    va_start(args, fmt);
    wb_buf_addv(&sql, fmt, args);
    va_end(args);
    run(admin, wb_buf_str(&sql));
}

const char *live_mysql_ask(const char *fmt, ...) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    va_list args;
    va_start(args, fmt);
    wb_buf_addv(&sql, fmt, args);
    va_end(args);
    struct wb_rows rows;
    struct wb_error err = {0};
    if (admin->engine->query(admin, wb_buf_str(&sql), &arena, &rows, &err))
        fail_msg("%s: %s", wb_buf_str(&sql), err.text);
    return rows.n_rows && rows.values[0][0] ? rows.values[0][0] : "";
}

const char *live_mysql_cell(const struct wb_cell *cell) {
    wb_buf_reset(&text);
    switch ((enum wb_form)cell->form) {
    case WB_FORM_NULL:
        wb_buf_adds(&text, "NULL");
        break;
    case WB_FORM_INT:
        wb_buf_addf(&text, "int %lld", (long long)cell->i);
        break;
    case WB_FORM_UINT:
        wb_buf_addf(&text, "uint %llu", (unsigned long long)cell->u);
        break;
    case WB_FORM_DOUBLE:
        wb_buf_addf(&text, "double %a", cell->d);
        break;
    case WB_FORM_TEXT:
        wb_buf_adds(&text, "text ");
        wb_buf_add(&text, cell->p, cell->len);
        break;
    case WB_FORM_BYTES:
        wb_buf_adds(&text, "bytes ");
        for (uint32_t i = 0; i < cell->len; i++)
            wb_buf_addf(&text, "%02X", cell->p[i]);
        break;
    case WB_FORM_INVALID:
        wb_buf_addf(&text, "invalid %s ", wb_issue_word((enum wb_issue)cell->issue));
        wb_buf_add(&text, cell->p, cell->len);
        break;
    }
    return wb_buf_str(&text);
}
