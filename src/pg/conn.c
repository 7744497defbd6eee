#include "pg/conn.h"

#include "base/buf.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_OPTIONS = 64, CONNECT_TIMEOUT_MS = 10000, PASSWORD_MAX_BYTES = 4096 };

/* What Debian, Red Hat and SUSE call the file of trusted roots; libpq before 16 does not look there
 * by itself. */
static const char *const root_files[] = {"/etc/ssl/certs/ca-certificates.crt",
                                         "/etc/pki/tls/certs/ca-bundle.crt",
                                         "/etc/ssl/ca-bundle.pem"};

/* libpq's keyword and value arrays; the first given of a keyword counts for us. */
struct options {
    const char *keys[MAX_OPTIONS + 1], *values[MAX_OPTIONS + 1];
    size_t n;
};

static void add(struct options *o, const char *key, const char *value) {
    for (size_t i = 0; i < o->n; i++)
        if (strcmp(o->keys[i], key) == 0)
            return;
    if (!value || o->n == MAX_OPTIONS)
        return;
    o->keys[o->n] = key;
    o->values[o->n++] = value;
}

static const char *value_of(const struct options *o, const char *key) {
    for (size_t i = 0; i < o->n; i++)
        if (strcmp(o->keys[i], key) == 0)
            return o->values[i];
    return NULL;
}

static bool is_local(const char *host) {
    return !host || !*host || *host == '/' || *host == '@' || wb_str_ieq(host, "localhost") ||
           wb_str_starts(host, "127.") || wb_str_eq(host, "::1");
}

static const char *root_file(void) {
    char own[4096];
    const char *home = getenv("HOME");
    snprintf(own, sizeof own, "%s/.postgresql/root.crt", home ? home : "");
    if (access(own, R_OK) == 0)
        return NULL;
    for (size_t i = 0; i < sizeof root_files / sizeof root_files[0]; i++)
        if (access(root_files[i], R_OK) == 0)
            return root_files[i];
    return NULL;
}

static void add_ssl(struct options *o) {
    const char *host = value_of(o, "host");
    if (!host)
        host = value_of(o, "hostaddr");
    if (!host)
        host = getenv("PGHOST");
    if (!getenv("PGSSLMODE"))
        add(o, "sslmode", is_local(host) ? "prefer" : "verify-full");
    const char *mode = value_of(o, "sslmode");
    if (mode && wb_str_starts(mode, "verify-") && !getenv("PGSSLROOTCERT"))
        add(o, "sslrootcert", root_file());
}

char *wb_pg_read_password_file(const char *path, struct wb_error *err) {
    FILE *f = fopen(path, "re");
    char *line = f ? malloc(PASSWORD_MAX_BYTES) : NULL;
    if (!line || !fgets(line, PASSWORD_MAX_BYTES, f)) {
        wb_error_set(err, WB_E_IO, "password file %s cannot be read or is empty", path);
        free(line);
        line = NULL;
    } else {
        line[strcspn(line, "\r\n")] = 0;
    }
    if (f)
        fclose(f);
    return line;
}

static void silence(void *ctx, const PGresult *result) {
    (void)ctx, (void)result;
}

static void add_parameters(struct options *o, const struct wb_url *url) {
    for (size_t i = url->n_params; i-- > 0;) {
        const char *name = url->params[i].name;
        if (!wb_str_eq(name, "schema") && !wb_str_eq(name, "password-file"))
            add(o, name, url->params[i].value);
    }
}

/* The server's words are in libpq's message only, so the reason is found by its SQLSTATE where
 * libpq shows it, else by the authentication messages that carry no translation risk: LC_MESSAGES
 * of the server decides, hence the fallback. */
static enum wb_code connect_error(struct wb_pg *pg, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    const char *message = PQerrorMessage(pg->conn);
    for (const char *p = message; *p; p++)
        if (*p != '\n')
            wb_buf_addc(&text, *p);
        else if (p[1])
            wb_buf_adds(&text, "; ");
    enum wb_code code = WB_E_CONNECT;
    if (strstr(message, "invalid connection option") || strstr(message, "invalid sslmode value"))
        code = WB_E_URL;
    else if (PQconnectionNeedsPassword(pg->conn) || PQconnectionUsedPassword(pg->conn) ||
             strstr(message, "authentication failed") || strstr(message, "pg_hba.conf") ||
             (strstr(message, "role \"") && strstr(message, "does not exist")))
        code = WB_E_LOGIN;
    if (strstr(message, "database \"") && strstr(message, "does not exist"))
        code = WB_E_NOT_FOUND;
    else if (strstr(message, "permission denied for database"))
        code = WB_E_PRIVILEGE;
    else if (strstr(message, "the database system is"))
        code = WB_E_LOST;
    return wb_error_set(err, code, "%s", text.len ? wb_buf_str(&text) : "no reason given");
}

static enum wb_code connect_with(struct wb_pg *pg, const struct wb_url *url,
                                 const struct wb_pg_opts *opts, const char *file_password,
                                 struct wb_error *err) {
    struct options o = {0};
    char port[8], timeout[16];
    unsigned timeout_ms = opts->connect_timeout_ms ? opts->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    snprintf(port, sizeof port, "%u", url->port);
    snprintf(timeout, sizeof timeout, "%u", timeout_ms < 2000 ? 2 : (timeout_ms + 999) / 1000);
    const char *env = opts->password_env ? getenv(opts->password_env) : NULL;

    add_parameters(&o, url);
    add(&o, "host", url->host && *url->host ? url->host : NULL);
    add(&o, "port", url->port ? port : NULL);
    add(&o, "user", url->user);
    add(&o, "dbname", url->database);
    add(&o, "password", url->password);
    add(&o, "password", file_password);
    add(&o, "password", env && *env ? env : NULL);
    add(&o, "connect_timeout", timeout);
    add(&o, "application_name", "whimbrel");
    add(&o, "client_encoding", "UTF8");
    add(&o, "keepalives_idle", "30");
    add(&o, "keepalives_interval", "10");
    add(&o, "keepalives_count", "6");
    add(&o, "tcp_user_timeout", "120000");
    add_ssl(&o);

    pg->conn = PQconnectdbParams(o.keys, o.values, 0);
    if (!pg->conn)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a connection");
    if (PQstatus(pg->conn) != CONNECTION_OK)
        return connect_error(pg, err);
    PQsetNoticeReceiver(pg->conn, silence, NULL);
    pg->cancel = PQgetCancel(pg->conn);
    pg->version = (unsigned)PQserverVersion(pg->conn);
    return WB_OK;
}

static enum wb_code set_session(struct wb_pg *pg, const struct wb_pg_opts *opts,
                                struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(
        &sql,
        "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres';"
        "SET extra_float_digits = 3; SET bytea_output = 'hex'; SET standard_conforming_strings = "
        "on;"
        "SET statement_timeout = 0; SET lock_timeout = '60s'; SET row_security = off;"
        "SET idle_in_transaction_session_timeout = 0; SET client_min_messages = warning;"
        "SET check_function_bodies = off; SET xmloption = content; SET escape_string_warning = off;"
        "SET search_path = ");
    wb_str_quote(&sql, pg->schema, strlen(pg->schema), '"');
    if (pg->version >= 110000)
        wb_buf_adds(&sql, "; SET jit = off");
    if (pg->version >= 140000)
        wb_buf_adds(&sql, "; SET idle_session_timeout = 0");
    if (opts->read_only)
        wb_buf_adds(&sql, "; SET default_transaction_read_only = on");
    enum wb_code code = wb_pg_exec(pg, wb_buf_str(&sql), NULL, err);
    if (code)
        return wb_error_wrap(err, "setting the session");
    if (opts->replica_role)
        pg->replica_role =
            wb_pg_exec(pg, "SET session_replication_role = replica", NULL, NULL) == WB_OK;
    return WB_OK;
}

enum wb_code wb_pg_open(struct wb_pg *pg, const struct wb_url *url, const struct wb_pg_opts *opts,
                        struct wb_error *err) {
    const char *schema = wb_url_param(url, "schema"), *file = wb_url_param(url, "password-file");
    char *password = NULL;
    *pg = (struct wb_pg){0};
    if (file && !(password = wb_pg_read_password_file(file, err)))
        return WB_E_IO;
    enum wb_code code = connect_with(pg, url, opts, password, err);
    free(password);
    pg->schema = strdup(schema && *schema ? schema : "public");
    if (!code && PQserverVersion(pg->conn) < 100000)
        code =
            wb_error_set(err, WB_E_UNSUPPORTED, "PostgreSQL %d.%d is older than 10",
                         PQserverVersion(pg->conn) / 10000, PQserverVersion(pg->conn) / 100 % 100);
    if (!code)
        code = set_session(pg, opts, err);
    if (code)
        wb_pg_close(pg);
    return code;
}

void wb_pg_close(struct wb_pg *pg) {
    if (pg->cancel)
        PQfreeCancel(pg->cancel);
    if (pg->conn)
        PQfinish(pg->conn);
    free(pg->schema);
    *pg = (struct wb_pg){0};
}

void wb_pg_cancel(struct wb_pg *pg) {
    char why[256];
    atomic_store(&pg->cancel_sent, true);
    if (pg->cancel)
        PQcancel(pg->cancel, why, sizeof why); /* a lost connection has nothing left to cancel */
}

static bool is_error(ExecStatusType status) {
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE ||
           status == PGRES_NONFATAL_ERROR;
}

/* Read every result that is due. A COPY that is met is ended, else PQgetResult would give it for
 * ever. */
static enum wb_code drain(struct wb_pg *pg, PGresult **ret_last, struct wb_error *err) {
    enum wb_code code = WB_OK;
    PGresult *last = NULL, *result;
    while ((result = PQgetResult(pg->conn))) {
        ExecStatusType status = PQresultStatus(result);
        if (is_error(status) && !code)
            code = wb_pg_error(pg, result, err);
        if (status == PGRES_COPY_IN)
            PQputCopyEnd(pg->conn, "not expected");
        for (char *row; status == PGRES_COPY_OUT && PQgetCopyData(pg->conn, &row, 0) > 0;)
            PQfreemem(row);
        PQclear(last);
        last = result;
        if (PQstatus(pg->conn) != CONNECTION_OK)
            break;
    }
    if (!code && PQstatus(pg->conn) != CONNECTION_OK)
        code = wb_pg_error(pg, NULL, err);
    if (!code && !last)
        code = wb_error_set(err, WB_E_PROTOCOL, "the server gave no result");
    if (!code && ret_last)
        *ret_last = last;
    else
        PQclear(last);
    return code;
}

enum wb_code wb_pg_finish(struct wb_pg *pg, char ret_tag[64], struct wb_error *err) {
    PGresult *last = NULL;
    enum wb_code code = drain(pg, &last, err);
    if (!code && ret_tag)
        snprintf(ret_tag, 64, "%s", PQcmdStatus(last));
    PQclear(last);
    return code;
}

static enum wb_code run(struct wb_pg *pg, const char *sql, PGresult **ret, struct wb_error *err) {
    if (!PQsendQuery(pg->conn, sql))
        return wb_pg_error(pg, NULL, err);
    return drain(pg, ret, err);
}

enum wb_code wb_pg_exec(struct wb_pg *pg, const char *sql, uint64_t *ret_rows,
                        struct wb_error *err) {
    PGresult *last = NULL;
    enum wb_code code = run(pg, sql, &last, err);
    if (!code && ret_rows)
        *ret_rows = strtoull(PQcmdTuples(last), NULL, 10);
    PQclear(last);
    return code;
}

enum wb_code wb_pg_query(struct wb_pg *pg, const char *sql, PGresult **ret, struct wb_error *err) {
    PGresult *last = NULL;
    enum wb_code code = run(pg, sql, &last, err);
    if (!code && PQresultStatus(last) != PGRES_TUPLES_OK &&
        PQresultStatus(last) != PGRES_COMMAND_OK) {
        PQclear(last);
        return wb_error_set(err, WB_E_PROTOCOL, "no rows came where rows were asked for");
    }
    if (!code)
        *ret = last;
    return code;
}

enum wb_code wb_pg_begin(struct wb_pg *pg, const char *modes, struct wb_error *err) {
    char sql[128];
    snprintf(sql, sizeof sql, "BEGIN %s", modes ? modes : "");
    return wb_pg_exec(pg, sql, NULL, err);
}

enum wb_code wb_pg_commit(struct wb_pg *pg, bool durable, struct wb_error *err) {
    PGresult *last = NULL;
    /* Durable keeps a stricter level that the session's default asks for (remote_apply): only "off"
     * is raised. */
    const char *sql =
        durable ? "SELECT pg_catalog.set_config('synchronous_commit', 'on', true)"
                  " WHERE pg_catalog.current_setting('synchronous_commit') = 'off'; COMMIT"
                : "SET LOCAL synchronous_commit = off; COMMIT";
    enum wb_code code = run(pg, sql, &last, err);
    if (!code && strcmp(PQcmdStatus(last), "COMMIT") != 0)
        code =
            wb_error_set(err, WB_E_SQL,
                         "COMMIT was answered by %s: the transaction had failed before and is gone",
                         PQcmdStatus(last));
    PQclear(last);
    if (code && code != WB_E_LOST)
        wb_pg_rollback(pg);
    return code;
}

void wb_pg_rollback(struct wb_pg *pg) {
    if (pg->conn && PQstatus(pg->conn) == CONNECTION_OK &&
        PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
        wb_pg_exec(pg, "ROLLBACK", NULL, NULL);
}
