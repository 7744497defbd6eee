#include "engines/postgres/postgres.h"

#include "base/str.h"
#include "engines/postgres/internal.h"

#include <stdlib.h>
#include <string.h>

static enum wb_code open_conn(const struct wb_url *url, const struct wb_open_opts *opts,
                              struct wb_conn **ret, struct wb_error *err) {
    bool source = opts->side == WB_SIDE_SOURCE;
    struct wb_pg_opts how = {
        .password_env = source ? "WHIMBREL_SOURCE_PASSWORD" : "WHIMBREL_TARGET_PASSWORD",
        .connect_timeout_ms = opts->connect_timeout_ms,
        .read_only = opts->purpose == WB_TO_LOOK || (source && opts->purpose == WB_TO_MOVE),
        .replica_role = !source && opts->purpose == WB_TO_MOVE,
    };
    struct wb_postgres *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    p->base.engine = &wb_engine_postgres;
    p->side = opts->side;
    enum wb_code code = wb_pg_open(&p->pg, url, &how, err);
    if (code) {
        free(p);
        return code;
    }
    *ret = &p->base;
    return WB_OK;
}

static void close_conn(struct wb_conn *c) {
    if (!c)
        return;
    struct wb_postgres *p = wb_postgres_of(c);
    /* A statement that still runs would go on in the server until it notices. */
    if (p->pg.conn && PQtransactionStatus(p->pg.conn) == PQTRANS_ACTIVE)
        wb_pg_cancel(&p->pg);
    wb_pg_close(&p->pg);
    free(p);
}

static void cancel(struct wb_conn *c) {
    wb_pg_cancel(&wb_postgres_of(c)->pg);
}

static enum wb_code exec(struct wb_conn *c, const char *sql, uint64_t *ret_rows,
                         struct wb_error *err) {
    return wb_pg_exec(&wb_postgres_of(c)->pg, sql, ret_rows, err);
}

static enum wb_code query(struct wb_conn *c, const char *sql, struct wb_arena *a,
                          struct wb_rows *ret, struct wb_error *err) {
    return wb_postgres_rows(wb_postgres_of(c), sql, a, ret, err);
}

static void note_settings(struct wb_postgres *p, const char *const *row, struct wb_arena *a,
                          struct wb_probe *probe) {
    if (strcmp(row[4], "UTF8") != 0)
        wb_findings_add(&probe->findings, a, WB_WARNING, WB_FINDING_RISK, "database", row[2], NULL,
                        "its encoding is %s, not UTF8: characters that it lacks will be refused",
                        row[4]);
    if (p->side == WB_SIDE_TARGET && !p->pg.replica_role)
        wb_findings_add(
            &probe->findings, a, WB_NOTE, WB_FINDING_RISK, "role", row[5],
            "grant SET ON PARAMETER session_replication_role to it (PostgreSQL 15 and later)",
            "it may not set session_replication_role: triggers of the target fire for the rows "
            "written");
    if (p->side == WB_SIDE_TARGET && strcmp(row[6], "t") == 0)
        wb_findings_add(&probe->findings, a, WB_ERROR, WB_FINDING_GENERAL, "database", row[2],
                        "connect to the primary", "it is a standby and takes no writes");
}

#define OF_THIS_DATABASE "oid, datname, pg_catalog.pg_is_in_recovery() FROM pg_catalog.pg_database"
#define WHERE_IT_IS_THIS " WHERE datname = pg_catalog.current_database()"

/* Some hosted servers let nobody read the system identifier, and no failure may end a transaction:
 * then the database's oid and name must do. */
static enum wb_code identify(struct wb_conn *c, struct wb_arena *a, struct wb_database_id *ret,
                             struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(c);
    struct wb_rows rows = {0};
    struct wb_error why = {0};
    enum wb_code code = WB_E_PRIVILEGE;
    if (PQtransactionStatus(p->pg.conn) == PQTRANS_IDLE)
        code = wb_postgres_rows(p,
                                "SELECT system_identifier, " OF_THIS_DATABASE
                                ", pg_catalog.pg_control_system()" WHERE_IT_IS_THIS,
                                a, &rows, &why);
    if (code == WB_E_PRIVILEGE)
        code =
            wb_postgres_rows(p, "SELECT '?', " OF_THIS_DATABASE WHERE_IT_IS_THIS, a, &rows, &why);
    if (code) {
        if (err)
            *err = why;
        return code;
    }
    const char *const *row = (const char *const *)rows.values[0];
    *ret = (struct wb_database_id){.id = wb_arena_printf(a, "%s/%s/%s", row[0], row[1], row[2]),
                                   .standby = *row[3] == 't'};
    return WB_OK;
}

static enum wb_code probe(struct wb_conn *c, struct wb_arena *a, struct wb_probe *ret,
                          struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(c);
    struct wb_rows rows = {0};
    enum wb_code code = wb_postgres_rows(
        p,
        "SELECT current_setting('server_version'), pg_database_size(current_database()), "
        "current_database(),"
        " greatest(1, current_setting('max_connections')::int - "
        "current_setting('superuser_reserved_connections')::int"
        " - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int),"
        " pg_encoding_to_char(encoding), current_user, pg_is_in_recovery()"
        " FROM pg_database WHERE datname = current_database()",
        a, &rows, err);
    if (code)
        return wb_error_wrap(err, "probing");
    const char *const *row = (const char *const *)rows.values[0];
    struct wb_probe probe = {
        .product = "PostgreSQL",
        .version = row[0],
        .version_num = p->pg.version,
        .default_schema = p->pg.schema,
        .used_bytes = strtoull(row[1], NULL, 10),
        .max_writers = (unsigned)strtoul(row[3], NULL, 10),
        .max_readers = (unsigned)strtoul(row[3], NULL, 10),
        .transactional_ddl = true,
        .max_name_bytes = WB_POSTGRES_NAME_BYTES,
    };
    note_settings(p, row, a, &probe);
    struct wb_database_id id = {0};
    code = identify(c, a, &id, err);
    if (code)
        return wb_error_wrap(err, "probing");
    probe.identity = id.id;
    *ret = probe;
    return WB_OK;
}

static const char *const schemes[] = {"postgresql", "postgres", NULL};

const struct wb_engine wb_engine_postgres = {
    .version = WB_ENGINE_VERSION,
    .name = "postgresql",
    .title = "PostgreSQL",
    .schemes = schemes,
    .ledger_prefix = "whimbrel.",
    .ledger_setup = "CREATE SCHEMA IF NOT EXISTS whimbrel",
    .open = open_conn,
    .close = close_conn,
    .cancel = cancel,
    .identify = identify,
    .probe = probe,
    .describe = wb_postgres_describe,
    .exec = exec,
    .query = query,
    .quote_name = wb_postgres_quote_name,
    .quote_text = wb_postgres_quote_text,
    .read = &wb_postgres_read_ops,
    .write = &wb_postgres_write_ops,
    .ddl = &wb_postgres_ddl_ops,
    .verify = &wb_postgres_verify_ops,
    .native = &wb_postgres_native_ops,
};
