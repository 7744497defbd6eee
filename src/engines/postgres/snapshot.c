/* How it works: the keeper begins a repeatable-read transaction and first of all locks every table
 * against changes of its definition (LOCK TABLE takes no snapshot, so the one that follows sees the
 * tables as they are locked); then it exports its snapshot, which readers join as long as the
 * keeper's transaction lives. No writer waits for any of it. */
#include "engines/postgres/snapshot.h"

#include "base/clock.h"
#include "base/str.h"
#include "engines/postgres/internal.h"

#include <stdlib.h>
#include <string.h>

enum { LOCK_TIMEOUT_MS = 2000 };

struct wb_snapshot {
    struct wb_postgres *keeper;
    char *id; /* of pg_export_snapshot() */
};

static enum wb_code list_tables(struct wb_postgres *p, struct wb_buf *to, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
                      "ON n.oid = relnamespace"
                      " WHERE c.relkind IN ('r', 'p') AND n.nspname = ");
    wb_postgres_add_text(&sql, p->pg.schema);
    wb_buf_adds(&sql, " ORDER BY c.oid");
    enum wb_code code = wb_postgres_rows(p, wb_buf_str(&sql), &a, &rows, err);
    for (size_t i = 0; !code && i < rows.n_rows; i++) {
        wb_buf_adds(to, to->len ? ", " : "");
        wb_postgres_add_table(to, p->pg.schema, rows.values[i][0]);
    }
    wb_arena_done(&a);
    return code;
}

static enum wb_code tables_to_hold(struct wb_postgres *p, const struct wb_catalog *catalog,
                                   struct wb_buf *to, struct wb_error *err) {
    if (!catalog)
        return list_tables(p, to, err);
    for (size_t i = 0; i < catalog->n_tables; i++) {
        wb_buf_adds(to, to->len ? ", " : "");
        wb_postgres_add_table(to, catalog->tables[i].schema, catalog->tables[i].name);
    }
    return WB_OK;
}

/* Who holds what keeps the keeper out; asked after its transaction ended. */
static void name_blockers(struct wb_postgres *p, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    const char *sql =
        "SELECT DISTINCT l.pid, l.relation::regclass, coalesce(a.application_name, ''), "
        "coalesce(a.state, '')"
        " FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid)"
        " WHERE l.mode = 'AccessExclusiveLock' AND l.granted AND l.relation IS NOT NULL"
        " AND l.pid <> pg_backend_pid() LIMIT 3";
    if (err && wb_postgres_rows(p, sql, &a, &rows, NULL) == WB_OK)
        for (size_t i = 0; i < rows.n_rows; i++) {
            size_t used = strlen(err->text);
            snprintf(err->text + used, sizeof err->text - used, "; process %s (%s, %s) holds %s",
                     rows.values[i][0], rows.values[i][2], rows.values[i][3], rows.values[i][1]);
        }
    wb_arena_done(&a);
}

static enum wb_code hold_tables(struct wb_postgres *p, const struct wb_snapshot_opts *opts,
                                const char *tables, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql, "SET LOCAL lock_timeout = %u",
                opts->lock_timeout_ms ? opts->lock_timeout_ms : LOCK_TIMEOUT_MS);
    if (*tables)
        wb_buf_addf(&sql, "; LOCK TABLE %s IN ACCESS SHARE MODE", tables);
    enum wb_code code = wb_pg_exec(&p->pg, wb_buf_str(&sql), NULL, err);
    if (code) {
        wb_pg_rollback(&p->pg);
        if (code == WB_E_LOCK_TIMEOUT)
            name_blockers(p, err);
        wb_error_wrap(err, "holding the tables' definitions");
    }
    return code;
}

/* Contract case 8: a table that was rewritten before this snapshot saw it would read as empty. */
static enum wb_code check_files(struct wb_postgres *p, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    enum wb_code code =
        wb_postgres_rows(p,
                         "SELECT c.oid::regclass FROM pg_catalog.pg_class c JOIN "
                         "pg_catalog.pg_locks l ON l.relation = c.oid"
                         " WHERE l.pid = pg_backend_pid() AND l.mode = 'AccessShareLock' AND "
                         "c.relkind = 'r' AND c.relfilenode <> 0"
                         " AND c.relfilenode <> pg_catalog.pg_relation_filenode(c.oid) LIMIT 1",
                         &a, &rows, err);
    if (!code && rows.n_rows)
        code =
            wb_error_set(err, WB_E_SOURCE_CHANGED,
                         "table %s was rewritten while the snapshot was taken", rows.values[0][0]);
    wb_arena_done(&a);
    return code;
}

static enum wb_code export_snapshot(struct wb_postgres *p, char **ret_id, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    enum wb_code code =
        wb_postgres_rows(p, "SELECT pg_catalog.pg_export_snapshot()", &a, &rows, err);
    if (!code)
        *ret_id = strdup(rows.values[0][0]);
    wb_arena_done(&a);
    return code;
}

enum wb_code wb_postgres_snapshot_begin(struct wb_conn *keeper, const struct wb_snapshot_opts *opts,
                                        struct wb_snapshot **ret, struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(keeper);
    WB_CLEANUP_BUF struct wb_buf tables = {0};
    char *id = NULL;
    enum wb_code code = tables_to_hold(p, opts->catalog, &tables, err);
    if (!code)
        code = wb_cancel_check(opts->cancel, err);
    if (!code)
        code = wb_pg_begin(&p->pg, "ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
    if (!code)
        code = hold_tables(p, opts, wb_buf_str(&tables), err);
    if (!code)
        code = check_files(p, err);
    if (!code)
        code = export_snapshot(p, &id, err);
    if (code) {
        wb_pg_rollback(&p->pg);
        return code;
    }
    struct wb_snapshot *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->keeper = p;
    s->id = id;
    *ret = s;
    return WB_OK;
}

enum wb_code wb_postgres_snapshot_join(struct wb_conn *reader, struct wb_snapshot *s,
                                       struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(reader);
    char sql[256];
    wb_pg_rollback(&p->pg);
    enum wb_code code = wb_pg_begin(&p->pg, "ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
    snprintf(sql, sizeof sql, "SET TRANSACTION SNAPSHOT '%s'", s->id);
    if (!code)
        code = wb_pg_exec(&p->pg, sql, NULL, err);
    if (code)
        wb_pg_rollback(&p->pg);
    return code ? wb_error_wrap(err, "joining the snapshot") : WB_OK;
}

/* Two equal snapshots see the same rows: whatever committed in between would have taken an xid and
 * changed the text. */
enum wb_code wb_postgres_snapshot_ready(struct wb_snapshot *s, struct wb_arena *a,
                                        struct wb_moment *ret, struct wb_error *err) {
    struct wb_rows rows = {0};
    const char *sql = s->keeper->pg.version >= 130000
                          ? "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
                            "ELSE pg_current_wal_lsn()"
                            " END, pg_current_snapshot()"
                          : "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
                            "ELSE pg_current_wal_lsn()"
                            " END, txid_current_snapshot()";
    enum wb_code code = wb_postgres_rows(s->keeper, sql, a, &rows, err);
    if (code)
        return code;
    ret->position = rows.values[0][0] ? rows.values[0][0] : "";
    ret->fingerprint = rows.values[0][1];
    ret->wall_us = wb_clock_wall_us();
    return WB_OK;
}

void wb_postgres_snapshot_end(struct wb_snapshot *s) {
    if (!s)
        return;
    wb_pg_rollback(&s->keeper->pg);
    free(s->id);
    free(s);
}

const char *wb_postgres_snapshot_id(const struct wb_snapshot *s) {
    return s->id;
}
