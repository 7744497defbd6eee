#include "engines/mysql/mysql_engine.h"

#include "base/str.h"
#include "engines/mysql/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void wb_mysql_quote_name(struct wb_buf *to, const char *name) {
    wb_str_quote(to, name, strlen(name), '`');
}

/* The session keeps backslash escapes and quotes without ANSI_QUOTES. */
void wb_mysql_quote_text(struct wb_buf *to, const char *text, size_t len) {
    wb_buf_reserve(to, len + 2);
    wb_buf_addc(to, '\'');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\'' || text[i] == '\\')
            wb_buf_addc(to, text[i]);
        wb_buf_addc(to, text[i]);
    }
    wb_buf_addc(to, '\'');
}

void wb_mysql_quote_table(struct wb_buf *to, const struct wb_table *t) {
    if (t->schema && *t->schema) {
        wb_mysql_quote_name(to, t->schema);
        wb_buf_addc(to, '.');
    }
    wb_mysql_quote_name(to, t->name);
}

static enum wb_code engine_open(const struct wb_url *url, const struct wb_open_opts *opts,
                                struct wb_conn **ret, struct wb_error *err) {
    bool target = opts->side == WB_SIDE_TARGET;
    struct wb_my_opts my = {
        .password_variable = target ? "WHIMBREL_TARGET_PASSWORD" : "WHIMBREL_SOURCE_PASSWORD",
        .connect_timeout_ms = opts->connect_timeout_ms,
        .max_row_bytes = opts->max_row_bytes,
        .writes = opts->purpose == WB_TO_WORK || (target && opts->purpose == WB_TO_MOVE),
    };
    struct mysql_conn *c = calloc(1, sizeof *c);
    if (!c)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a connection");
    c->base.engine = &wb_engine_mysql;
    enum wb_code code = wb_my_open(url, &my, &c->my, err);
    if (code) {
        free(c);
        return code;
    }
    *ret = &c->base;
    return WB_OK;
}

static void engine_close(struct wb_conn *conn) {
    if (!conn)
        return;
    wb_my_close(mysql_of(conn)->my);
    free(mysql_of(conn));
}

static void engine_cancel(struct wb_conn *conn) {
    wb_my_cancel(mysql_of(conn)->my);
}

/* ------------------------------------------------------------------------------------------
 * statements */

/* The first word of a statement, behind blanks, comments and opening parentheses, in lower case. */
static void first_word(const char *sql, char *to, size_t size) {
    for (;;) {
        if (isspace((unsigned char)*sql) || *sql == '(') {
            sql++;
        } else if (sql[0] == '/' && sql[1] == '*' && sql[2] != '!' && strstr(sql, "*/")) {
            sql = strstr(sql, "*/") + 2;
        } else if (*sql == '#' || (sql[0] == '-' && sql[1] == '-')) {
            sql += strcspn(sql, "\n");
        } else {
            break;
        }
    }
    size_t n = 0;
    while (isalpha((unsigned char)*sql) && n + 1 < size)
        to[n++] = (char)tolower((unsigned char)*sql++);
    to[n] = 0;
}

/* Within a transaction only what does not commit it implicitly (contract: a target transaction
 * holds no DDL). */
static bool keeps_transaction(const char *sql) {
    static const char *const words[] = {"select",  "insert", "update",    "delete", "replace",
                                        "do",      "set",    "savepoint", "call",   "with",
                                        "explain", "show",   "load",      "values", "release"};
    static const char *const temporary[] = {"CREATE TEMPORARY TABLE ", "DROP TEMPORARY TABLE "};
    char word[16];
    for (size_t i = 0; i < sizeof temporary / sizeof temporary[0]; i++)
        if (wb_str_starts(sql, temporary[i]))
            return true;
    first_word(sql, word, sizeof word);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static enum wb_code engine_exec(struct wb_conn *conn, const char *sql, uint64_t *ret_rows,
                                struct wb_error *err) {
    struct mysql_conn *c = mysql_of(conn);
    if (c->in_transaction && !keeps_transaction(sql))
        return wb_error_set(
            err, WB_E_INTERNAL,
            "a statement that would commit the open transaction was refused: %.200s", sql);
    enum wb_code code = wb_my_exec(c->my, err, ret_rows, sql, strlen(sql));
    if (code)
        c->must_roll_back = c->in_transaction;
    return code;
}

static enum wb_code engine_query(struct wb_conn *conn, const char *sql, struct wb_arena *a,
                                 struct wb_rows *ret, struct wb_error *err) {
    struct mysql_conn *c = mysql_of(conn);
    struct wb_my_rows rows;
    enum wb_code code = wb_my_query(c->my, a, &rows, err, sql, strlen(sql));
    if (code) {
        c->must_roll_back = c->in_transaction;
        return code;
    }
    *ret =
        (struct wb_rows){.n_rows = rows.n_rows, .n_columns = rows.n_columns, .values = rows.values};
    return WB_OK;
}

static const struct wb_read_ops read_ops = {
    .snapshot_begin = wb_mysql_snapshot_begin,
    .snapshot_join = wb_mysql_snapshot_join,
    .snapshot_ready = wb_mysql_snapshot_ready,
    .snapshot_check = wb_mysql_snapshot_check,
    .snapshot_end = wb_mysql_snapshot_end,
    .late_join = false,
    .split = wb_mysql_split,
    .open = wb_mysql_read_open,
    .next = wb_mysql_read_next,
    .done = wb_mysql_read_done,
    .scan = wb_mysql_scan,
};

static const char *const schemes[] = {"mysql", "mariadb", NULL};

const struct wb_engine wb_engine_mysql = {
    .version = WB_ENGINE_VERSION,
    .name = "mysql",
    .title = "MySQL/MariaDB",
    .schemes = schemes,
    .names_database = true,
    .ledger_prefix = "whimbrel_",
    .open = engine_open,
    .close = engine_close,
    .cancel = engine_cancel,
    .identify = wb_mysql_identify,
    .probe = wb_mysql_probe,
    .describe = wb_mysql_describe,
    .exec = engine_exec,
    .query = engine_query,
    .quote_name = wb_mysql_quote_name,
    .quote_text = wb_mysql_quote_text,
    .read = &read_ops,
    .write = &wb_mysql_write_ops,
    .ddl = &wb_mysql_ddl_ops,
    .verify = &wb_mysql_verify_ops,
    .native = &wb_mysql_native_ops,
};
