#include "my/conn.h"

#include "base/buf.h"
#include "base/str.h"
#include "my/error.h"
#include "my/login.h"

#include <errmsg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { DEFAULT_CONNECT_MS = 10000, CANCEL_CONNECT_MS = 5000 };

enum wb_code wb_my_fail(struct wb_my_conn *c, struct wb_error *err, const char *what) {
    unsigned number = mysql_errno(c->mysql);
    enum wb_code code = wb_my_error_set(err, number, mysql_sqlstate(c->mysql),
                                        mysql_error(c->mysql), atomic_load(&c->canceled), what);
    if (number == CR_SERVER_LOST || number == CR_SERVER_GONE_ERROR ||
        number == CR_COMMANDS_OUT_OF_SYNC)
        atomic_store(&c->broken, true);
    return code;
}

enum wb_code wb_my_fail_stmt(struct wb_my_conn *c, MYSQL_STMT *stmt, struct wb_error *err,
                             const char *what) {
    unsigned number = mysql_stmt_errno(stmt);
    if (!number)
        return wb_my_fail(c, err, what);
    if (number == CR_SERVER_LOST || number == CR_SERVER_GONE_ERROR)
        atomic_store(&c->broken, true);
    return wb_my_error_set(err, number, mysql_stmt_sqlstate(stmt), mysql_stmt_error(stmt),
                           atomic_load(&c->canceled), what);
}

/* ----------------------------------------------------------------------------------------------
 * session */

/* What every session is set to. Waits are long because a worker may rest while others work; what
 * ends a hopeless wait is cancel, keepalive or a lock timeout. STRICT and ALLOW_INVALID_DATES: a
 * value is stored as it is or refused. Backslashes keep their meaning in literals, so that
 * expressions of the catalog are printed as the parser expects. */
static const char *const settings_all[] = {
    "SET NAMES utf8mb4",
    "SET SESSION time_zone = '+00:00', "
    "sql_mode = "
    "'NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION', "
    "autocommit = 1, net_read_timeout = 86400, net_write_timeout = 86400, wait_timeout = 604800, "
    "innodb_lock_wait_timeout = 30, lock_wait_timeout = 30, group_concat_max_len = 16777216, "
    "sql_select_limit = 18446744073709551615, sql_safe_updates = 0, sql_auto_is_null = 0",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
};

static enum wb_code set_session(struct wb_my_conn *c, struct wb_error *err) {
    for (size_t i = 0; i < sizeof settings_all / sizeof settings_all[0]; i++)
        if (mysql_query(c->mysql, settings_all[i]))
            return wb_my_fail(c, err, "setting up the session");
    const char *own =
        c->mariadb ? "SET SESSION max_statement_time = 0, system_versioning_alter_history = DEFAULT"
                   : "SET SESSION max_execution_time = 0, information_schema_stats_expiry = 0, "
                     "show_gipk_in_create_table_and_information_schema = ON";
    if (mysql_query(c->mysql, own)) /* not every version has all of these */
        (void)mysql_query(c->mysql, c->mariadb ? "SET SESSION max_statement_time = 0"
                                               : "SET SESSION max_execution_time = 0, "
                                                 "information_schema_stats_expiry = 0");
    if (c->mariadb) /* from 10.3: an administrator's limit would end the transactions that hold a
                       snapshot */
        (void)mysql_query(
            c->mysql,
            "SET SESSION idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0, "
            "idle_write_transaction_timeout = 0");
    if (!c->opts.writes && mysql_query(c->mysql, "SET SESSION TRANSACTION READ ONLY"))
        return wb_my_fail(c, err, "setting up the session");
    return WB_OK;
}

static unsigned version_of(const char *text) {
    if (wb_str_starts(text, "5.5.5-")) /* MariaDB to old clients */
        text += 6;
    unsigned major = 0, minor = 0, patch = 0;
    (void)sscanf(text, "%u.%u.%u", &major, &minor, &patch);
    return major * 10000 + minor * 100 + patch;
}

/* ----------------------------------------------------------------------------------------------
 * open, close */

static void copy_url(struct wb_arena *a, const struct wb_url *from, struct wb_url *to) {
    *to = (struct wb_url){
        .scheme = wb_arena_strdup(a, from->scheme),
        .user = wb_arena_strdup(a, from->user),
        .password = wb_arena_strdup(a, from->password),
        .host = wb_arena_strdup(a, from->host),
        .database = wb_arena_strdup(a, from->database),
        .port = from->port,
        .n_params = from->n_params,
        .params = WB_NEW_N(a, struct wb_url_param, from->n_params + 1),
        .redacted = wb_arena_strdup(a, from->redacted),
    };
    for (size_t i = 0; i < from->n_params; i++) {
        to->params[i].name = wb_arena_strdup(a, from->params[i].name);
        to->params[i].value = wb_arena_strdup(a, from->params[i].value);
    }
}

static enum wb_code connect_to(struct wb_my_conn *c, struct wb_error *err) {
    enum wb_code code = wb_my_login(c, err);
    if (code)
        return code;
    c->mariadb = wb_str_istr(mysql_get_server_info(c->mysql), "mariadb") != NULL;
    c->version_num = version_of(mysql_get_server_info(c->mysql));
    c->thread_id = mysql_thread_id(c->mysql);
    return set_session(c, err);
}

enum wb_code wb_my_open(const struct wb_url *url, const struct wb_my_opts *opts,
                        struct wb_my_conn **ret, struct wb_error *err) {
    struct wb_my_conn *c = calloc(1, sizeof *c);
    if (!c)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a connection");
    copy_url(&c->arena, url, &c->url);
    c->opts = *opts;
    if (!c->opts.connect_timeout_ms)
        c->opts.connect_timeout_ms = DEFAULT_CONNECT_MS;
    if (!c->opts.max_row_bytes)
        c->opts.max_row_bytes = (size_t)32 << 20;
    c->opts.password_variable = wb_arena_strdup(&c->arena, opts->password_variable);
    c->database = c->url.database && *c->url.database ? c->url.database : NULL;
    enum wb_code code = connect_to(c, err);
    if (code) {
        wb_my_close(c);
        return code;
    }
    *ret = c;
    return WB_OK;
}

/* MySQL makes a uuid once per data directory. MariaDB has no such thing: its server_uid is a digest
 * of port and hardware address, the same for all servers of a machine that listen on sockets only,
 * so the data directory and the number that an administrator gave the server count, too; before
 * 10.10 the machine's name stands for the uid. */
enum wb_code wb_my_identify(struct wb_my_conn *c, const char **ret, struct wb_error *err) {
    struct wb_my_rows rows;
    struct wb_error why;
    enum wb_code code = WB_OK;
    if (!c->server)
        code = wb_my_queryf(c, &c->arena, &rows, &why,
                            c->mariadb ? "SELECT CONCAT_WS(':', @@global.server_uid, "
                                         "@@global.port, @@global.server_id, @@global.datadir)"
                                       : "SELECT @@global.server_uuid");
    if (code == WB_E_SQL)
        code = wb_my_queryf(c, &c->arena, &rows, &why,
                            "SELECT CONCAT_WS(':', @@global.hostname, @@global.port, "
                            "@@global.server_id, @@global.datadir)");
    if (code) {
        if (err)
            *err = why;
        return code;
    }
    if (!c->server)
        c->server = rows.values[0][0];
    *ret = c->server;
    return WB_OK;
}

/* A second connection is for what the first one's session needs: elsewhere a lock would hold
 * nothing, and a KILL would end somebody else's query. */
static enum wb_code open_beside(const struct wb_my_conn *c, const struct wb_my_opts *opts,
                                struct wb_my_conn **ret, struct wb_error *err) {
    struct wb_my_conn *side = NULL;
    const char *met = NULL;
    enum wb_code code = wb_my_open(&c->url, opts, &side, err);
    if (!code && c->server)
        code = wb_my_identify(side, &met, err);
    if (!code && met && strcmp(met, c->server) != 0)
        code = wb_error_set(err, WB_E_OTHER_DATABASE,
                            "a second connection leads to another server: expected %s, met %s; "
                            "nothing was done there",
                            c->server, met);
    if (code)
        wb_my_close(side);
    else
        *ret = side;
    return code;
}

enum wb_code wb_my_open_again(const struct wb_my_conn *c, struct wb_my_conn **ret,
                              struct wb_error *err) {
    return open_beside(c, &c->opts, ret, err);
}

void wb_my_close(struct wb_my_conn *c) {
    if (!c)
        return;
    if (c->mysql)
        mysql_close(c->mysql);
    wb_arena_done(&c->arena);
    free(c);
}

void wb_my_cancel(struct wb_my_conn *c) {
    atomic_store(&c->canceled, 1);
    struct wb_my_opts opts = c->opts;
    opts.connect_timeout_ms = CANCEL_CONNECT_MS;
    struct wb_my_conn *side = NULL;
    char sql[64];
    snprintf(sql, sizeof sql, "KILL QUERY %lu", c->thread_id);
    bool done = !open_beside(c, &opts, &side, NULL) && !mysql_query(side->mysql, sql);
    wb_my_close(side);
    if (!done)
        shutdown(mysql_get_socket(c->mysql), SHUT_RDWR);
}

/* ----------------------------------------------------------------------------------------------
 * statements */

/* Read and drop every result that is still to come. */
static enum wb_code drop_results(struct wb_my_conn *c, uint64_t *ret_rows, struct wb_error *err) {
    for (;;) {
        MYSQL_RES *res = mysql_use_result(c->mysql);
        if (res) {
            while (mysql_fetch_row(res))
                ;
            mysql_free_result(res);
        }
        if (mysql_errno(c->mysql))
            return wb_my_fail(c, err, NULL);
        if (ret_rows)
            *ret_rows = res ? 0 : mysql_affected_rows(c->mysql);
        if (!mysql_more_results(c->mysql))
            return WB_OK;
        if (mysql_next_result(c->mysql) > 0)
            return wb_my_fail(c, err, NULL);
    }
}

enum wb_code wb_my_exec(struct wb_my_conn *c, struct wb_error *err, uint64_t *ret_rows,
                        const char *sql, size_t len) {
    uint64_t rows = 0;
    if (mysql_real_query(c->mysql, sql, len))
        return wb_my_fail(c, err, NULL);
    enum wb_code code = drop_results(c, &rows, err);
    if (!code && ret_rows)
        *ret_rows = rows;
    return code;
}

enum wb_code wb_my_execf(struct wb_my_conn *c, struct wb_error *err, const char *fmt, ...) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    va_list args;
    va_start(args, fmt);
    wb_buf_addv(&sql, fmt, args);
    va_end(args);
    return wb_my_exec(c, err, NULL, wb_buf_str(&sql), sql.len);
}

static void copy_row(struct wb_arena *a, struct wb_my_rows *to, size_t row, MYSQL_ROW from,
                     const unsigned long *lengths) {
    to->values[row] = WB_NEW_N(a, const char *, to->n_columns);
    to->lengths[row] = WB_NEW_N(a, size_t, to->n_columns);
    for (size_t i = 0; i < to->n_columns; i++) {
        if (from[i])
            to->values[row][i] = wb_arena_strndup(a, from[i], lengths[i]);
        to->lengths[row][i] = from[i] ? lengths[i] : 0;
    }
}

enum wb_code wb_my_query(struct wb_my_conn *c, struct wb_arena *a, struct wb_my_rows *ret,
                         struct wb_error *err, const char *sql, size_t len) {
    if (mysql_real_query(c->mysql, sql, len))
        return wb_my_fail(c, err, NULL);
    MYSQL_RES *res = mysql_store_result(c->mysql);
    if (!res && mysql_errno(c->mysql))
        return wb_my_fail(c, err, NULL);
    struct wb_my_rows rows = {0};
    if (res) {
        rows.n_rows = mysql_num_rows(res);
        rows.n_columns = mysql_num_fields(res);
        rows.values = WB_NEW_N(a, const char **, rows.n_rows + 1);
        rows.lengths = WB_NEW_N(a, size_t *, rows.n_rows + 1);
        for (size_t i = 0; i < rows.n_rows; i++) {
            MYSQL_ROW row = mysql_fetch_row(res);
            copy_row(a, &rows, i, row, mysql_fetch_lengths(res));
        }
        mysql_free_result(res);
    }
    while (mysql_more_results(c->mysql)) {
        if (mysql_next_result(c->mysql) > 0)
            return wb_my_fail(c, err, NULL);
        mysql_free_result(mysql_use_result(c->mysql));
    }
    *ret = rows;
    return WB_OK;
}

enum wb_code wb_my_queryf(struct wb_my_conn *c, struct wb_arena *a, struct wb_my_rows *ret,
                          struct wb_error *err, const char *fmt, ...) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    va_list args;
    va_start(args, fmt);
    wb_buf_addv(&sql, fmt, args);
    va_end(args);
    return wb_my_query(c, a, ret, err, wb_buf_str(&sql), sql.len);
}
