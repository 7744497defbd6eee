/* One moment for many readers.
 *
 *  1. The keeper opens a transaction and touches every table with SELECT … LIMIT 0: its metadata
 * locks keep definitions still until snapshot_end, so that a reader can meet neither a new column
 * nor an emptied table.
 *  2. A second connection, the locker, keeps commits out for an instant: BACKUP STAGE BLOCK_COMMIT
 * (MariaDB), else FLUSH TABLES WITH READ LOCK, else LOCK TABLES … READ on these tables. A session
 * that holds LOCK TABLES would lose its locks by START TRANSACTION, so the locker never is a
 * reader.
 *  3. Each reader opens its snapshot. Then the moment's position is read and the locker goes.
 * With one reader no lock is needed: START TRANSACTION WITH CONSISTENT SNAPSHOT is one moment by
 * itself.
 *
 * Tables without transactions have no snapshots. They are refused, or, where the caller allows it,
 * held by LOCK TABLES … READ on a third connection, taken before the moment and kept to the end.
 */
#include "engines/mysql/internal.h"

#include "base/clock.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum { TOUCH_AT_ONCE = 50, DEFAULT_LOCK_MS = 2000, LOCKER_IDLE_S = 10 };

struct held {
    const char *schema, *name;
    bool transactional;
};

struct wb_snapshot {
    struct mysql_conn *keeper;
    struct wb_my_conn *locker; /* keeps commits out; NULL where nothing has to */
    struct wb_my_conn *holder; /* LOCK TABLES on tables without transactions */
    struct wb_my_conn *reader; /* the first that joined */
    struct wb_arena arena;
    struct held *tables;
    size_t n_tables;
    enum wb_mysql_lock lock;
    unsigned n_readers, n_joined;
};

/* ------------------------------------------------------------------------------------------ which
 * tables */

static void tables_of_catalog(struct wb_snapshot *s, const struct wb_catalog *catalog) {
    s->tables = WB_NEW_N(&s->arena, struct held, catalog->n_tables + 1);
    for (size_t i = 0; i < catalog->n_tables; i++) {
        const struct wb_table *t = &catalog->tables[i];
        s->tables[s->n_tables++] = (struct held){
            .schema = wb_arena_strdup(&s->arena, t->schema ? t->schema : catalog->schema),
            .name = wb_arena_strdup(&s->arena, t->name),
            .transactional = !t->not_transactional,
        };
    }
}

static enum wb_code tables_of_schema(struct wb_snapshot *s, struct wb_error *err) {
    struct wb_my_rows rows;
    enum wb_code code = wb_my_queryf(s->keeper->my, &s->arena, &rows, err,
                                     "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, e.TRANSACTIONS = 'YES' "
                                     "FROM information_schema.TABLES t LEFT JOIN "
                                     "information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE "
                                     "t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE IN "
                                     "('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY t.TABLE_NAME");
    if (code)
        return code;
    s->tables = WB_NEW_N(&s->arena, struct held, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++)
        if (!wb_mysql_is_ledger(rows.values[i][1]))
            s->tables[s->n_tables++] =
                (struct held){.schema = rows.values[i][0],
                              .name = rows.values[i][1],
                              .transactional = wb_str_eq(rows.values[i][2], "1")};
    return WB_OK;
}

static void add_held(struct wb_buf *sql, const struct held *t) {
    if (t->schema) {
        wb_mysql_quote_name(sql, t->schema);
        wb_buf_addc(sql, '.');
    }
    wb_mysql_quote_name(sql, t->name);
}

/* ------------------------------------------------------------------------------------------ who is
 * in the way */

/* Put the other connections behind the text of a lock timeout: those with a statement or a
 * transaction first, the oldest first. Who holds a metadata lock is not told by every server, so
 * idle ones are named where there are no others. */
static enum wb_code name_blockers(struct wb_snapshot *s, struct wb_error *err) {
    struct wb_my_rows rows;
    WB_CLEANUP_BUF struct wb_buf who = {0};
    unsigned long own = s->locker ? s->locker->thread_id : 0,
                  holder = s->holder ? s->holder->thread_id : 0;
    enum wb_code code =
        wb_my_queryf(s->keeper->my, &s->arena, &rows, NULL,
                     "SELECT p.ID, p.USER, p.HOST, COALESCE(TIMESTAMPDIFF(SECOND, x.trx_started, "
                     "NOW()), p.TIME), "
                     "LEFT(COALESCE(p.INFO, x.trx_state, p.COMMAND), 80) FROM "
                     "information_schema.PROCESSLIST p LEFT JOIN "
                     "information_schema.INNODB_TRX x ON x.trx_mysql_thread_id = p.ID WHERE p.ID "
                     "NOT IN (CONNECTION_ID(), %lu, "
                     "%lu) AND p.USER NOT IN ('system user', 'event_scheduler') AND p.COMMAND NOT "
                     "LIKE 'Binlog Dump%%' ORDER BY "
                     "p.COMMAND <> 'Sleep' OR x.trx_id IS NOT NULL DESC, 4 DESC LIMIT 3",
                     own, holder);
    if (code || !rows.n_rows)
        return err ? err->code : code;
    for (size_t i = 0; i < rows.n_rows; i++)
        wb_buf_addf(&who, "%sconnection %s of %s@%s, for %s s: %s", i ? "; " : "",
                    rows.values[i][0], rows.values[i][1], rows.values[i][2], rows.values[i][3],
                    rows.values[i][4] ? rows.values[i][4] : "");
    struct wb_error before = err ? *err : (struct wb_error){0};
    wb_error_set(err, WB_E_LOCK_TIMEOUT, "%s; connected there: %s", before.text, wb_buf_str(&who));
    if (err) {
        err->vendor = before.vendor;
        memcpy(err->sqlstate, before.sqlstate, sizeof err->sqlstate);
    }
    return WB_E_LOCK_TIMEOUT;
}

static enum wb_code explain(struct wb_snapshot *s, enum wb_code code, struct wb_error *err) {
    return code == WB_E_LOCK_TIMEOUT ? name_blockers(s, err) : code;
}

/* ------------------------------------------------------------------------------------------ locks
 */

static enum wb_code set_lock_wait(struct wb_my_conn *c, unsigned ms, struct wb_error *err) {
    return wb_my_execf(c, err, "SET SESSION lock_wait_timeout = %u", ms < 1000 ? 1 : ms / 1000);
}

/* The keeper's transaction: metadata locks on all tables. All columns are asked for, since
 * information_schema does not even list those that a user has no right to: a table granted in part
 * is an error (1142, 1143), not a narrower table. */
static enum wb_code touch_tables(struct wb_snapshot *s, struct wb_error *err) {
    enum wb_code code = wb_my_execf(s->keeper->my, err, "START TRANSACTION READ ONLY");
    for (size_t i = 0; !code && i < s->n_tables;) {
        WB_CLEANUP_BUF struct wb_buf sql = {0};
        for (size_t n = 0; i < s->n_tables && n < TOUCH_AT_ONCE; i++, n++) {
            wb_buf_adds(&sql, n ? " UNION ALL (SELECT 1 FROM (SELECT * FROM "
                                : "(SELECT 1 FROM (SELECT * FROM ");
            add_held(&sql, &s->tables[i]);
            wb_buf_adds(&sql, " LIMIT 0) x)");
        }
        code = wb_my_exec(s->keeper->my, err, NULL, wb_buf_str(&sql), sql.len);
    }
    if (code == WB_E_PRIVILEGE)
        wb_error_wrap(err, "reading all columns of all tables");
    return explain(s, code, err);
}

static enum wb_code refuse_untransactional(struct wb_snapshot *s, bool lock, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf names = {0};
    size_t n = 0;
    for (size_t i = 0; i < s->n_tables; i++)
        if (!s->tables[i].transactional && n++ < 10)
            wb_buf_addf(&names, "%s%s", names.len ? ", " : "", s->tables[i].name);
    if (!n || lock)
        return WB_OK;
    return wb_error_set(err, WB_E_NOT_TRANSACTIONAL, "%zu table%s without transactions: %s%s", n,
                        n == 1 ? "" : "s", wb_buf_str(&names), n > 10 ? ", …" : "");
}

/* LOCK TABLES … READ on all tables, or on those without transactions. */
static enum wb_code lock_tables(struct wb_snapshot *s, struct wb_my_conn *c, bool all,
                                struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    for (size_t i = 0; i < s->n_tables; i++) {
        if (!all && s->tables[i].transactional)
            continue;
        wb_buf_adds(&sql, sql.len ? ", " : "LOCK TABLES ");
        add_held(&sql, &s->tables[i]);
        wb_buf_adds(&sql, " READ");
    }
    return sql.len ? explain(s, wb_my_exec(c, err, NULL, wb_buf_str(&sql), sql.len), err) : WB_OK;
}

static enum wb_code hold_untransactional(struct wb_snapshot *s, unsigned ms, struct wb_error *err) {
    size_t n = 0;
    for (size_t i = 0; i < s->n_tables; i++)
        n += !s->tables[i].transactional;
    if (!n)
        return WB_OK;
    enum wb_code code = wb_my_open_again(s->keeper->my, &s->holder, err);
    if (!code)
        code = set_lock_wait(s->holder, ms, err);
    return code ? code : lock_tables(s, s->holder, false, err);
}

static enum wb_code block_commits(struct wb_snapshot *s, struct wb_error *err) {
    enum wb_code code = WB_OK;
    switch (s->lock) {
    case WB_MYSQL_LOCK_BACKUP:
        code = wb_my_execf(s->locker, err, "BACKUP STAGE START");
        if (!code)
            code = wb_my_execf(s->locker, err, "BACKUP STAGE BLOCK_COMMIT");
        return explain(s, code, err);
    case WB_MYSQL_LOCK_GLOBAL:
        return explain(s, wb_my_execf(s->locker, err, "FLUSH TABLES WITH READ LOCK"), err);
    case WB_MYSQL_LOCK_TABLES:
        return lock_tables(s, s->locker, true, err);
    case WB_MYSQL_LOCK_NONE:
        break;
    }
    return wb_error_set(
        err, WB_E_PRIVILEGE,
        "%u readers cannot be brought to one moment without RELOAD or LOCK TABLES; one reader can",
        s->n_readers);
}

/* Nothing may be committed while the locker holds on, and it is idle only while the readers join:
 * should this process be frozen or cut off in between, the server ends its session and writers go
 * on. snapshot_ready then fails. */
static enum wb_code open_locker(struct wb_snapshot *s, unsigned ms, struct wb_error *err) {
    enum wb_code code = wb_my_open_again(s->keeper->my, &s->locker, err);
    if (!code)
        code = set_lock_wait(s->locker, ms, err);
    if (!code)
        code = wb_my_execf(s->locker, err, "SET SESSION wait_timeout = %d", LOCKER_IDLE_S);
    return code ? code : block_commits(s, err);
}

/* ------------------------------------------------------------------------------------------ the
 * verbs */

enum wb_code wb_mysql_snapshot_begin(struct wb_conn *keeper, const struct wb_snapshot_opts *opts,
                                     struct wb_snapshot **ret, struct wb_error *err) {
    unsigned ms = opts->lock_timeout_ms ? opts->lock_timeout_ms : DEFAULT_LOCK_MS;
    struct wb_snapshot *s = calloc(1, sizeof *s);
    if (!s)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a snapshot");
    s->keeper = mysql_of(keeper);
    s->n_readers = opts->n_readers;
    enum wb_code code = wb_cancel_check(opts->cancel, err);
    if (!code && opts->catalog)
        tables_of_catalog(s, opts->catalog);
    else if (!code)
        code = tables_of_schema(s, err);
    if (!code)
        code = refuse_untransactional(s, opts->lock_tables, err);
    if (!code)
        code = set_lock_wait(s->keeper->my, ms, err);
    if (!code)
        code = touch_tables(s, err);
    if (!code)
        code = hold_untransactional(s, ms, err);
    if (!code)
        code = wb_mysql_best_lock(s->keeper->my, &s->lock, err);
    /* One reader is one moment by itself; the lock of a backup is cheap and gives its position
     * besides. */
    if (!code && (s->n_readers > 1 || s->lock == WB_MYSQL_LOCK_BACKUP))
        code = open_locker(s, ms, err);
    if (code) {
        wb_mysql_snapshot_end(s);
        return wb_error_wrap(err, "beginning a snapshot"), code;
    }
    *ret = s;
    return WB_OK;
}

enum wb_code wb_mysql_snapshot_join(struct wb_conn *reader, struct wb_snapshot *s,
                                    struct wb_error *err) {
    struct wb_my_conn *my = mysql_of(reader)->my;
    enum wb_code code =
        my == s->keeper->my
            ? wb_error_set(err, WB_E_INTERNAL,
                           "the keeper of a snapshot cannot be one of its readers")
            : wb_my_execf(my, err, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    if (code)
        return code;
    if (!s->n_joined++)
        s->reader = my;
    return WB_OK;
}

/* The transaction counter of InnoDB: it moves with every transaction that writes, even one that
 * keeps itself out of the binary log. Needs PROCESS; NULL without. */
static const char *trx_counter(struct wb_my_conn *my, struct wb_arena *a) {
    struct wb_my_rows rows;
    if (wb_my_queryf(my, a, &rows, NULL, "SHOW ENGINE INNODB STATUS") || !rows.n_rows ||
        rows.n_columns < 3)
        return NULL;
    static const char words[] = "Trx id counter ";
    const char *p = strstr(rows.values[0][2], words);
    if (!p)
        return NULL;
    p += sizeof words - 1;
    return wb_arena_strndup(a, p, strcspn(p, " \n"));
}

const char *wb_mysql_moment_fingerprint(struct wb_my_conn *my, struct wb_arena *a,
                                        const char *gtid) {
    const char *counter = *gtid ? trx_counter(my, a) : NULL;
    return counter ? wb_arena_printf(a, "%s trx %s", gtid, counter) : "";
}

/* The position while commits are kept out, or of the one reader's own snapshot. */
static enum wb_code read_position(struct wb_snapshot *s, struct wb_arena *a, struct wb_moment *m,
                                  struct wb_error *err) {
    struct wb_my_rows rows;
    bool locked = s->locker != NULL;
    struct wb_my_conn *my = locked ? s->locker : s->reader ? s->reader : s->keeper->my;
    m->position = m->fingerprint = "";
    enum wb_code code = wb_my_queryf(my, a, &rows, err, "SELECT @@global.log_bin");
    if (code || !wb_str_eq(rows.values[0][0], "1"))
        return code;
    if (!locked && my->mariadb) { /* set by START TRANSACTION WITH CONSISTENT SNAPSHOT */
        code = wb_my_queryf(
            my, a, &rows, NULL,
            "SELECT BINLOG_GTID_POS((SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS "
            "WHERE VARIABLE_NAME = 'BINLOG_SNAPSHOT_FILE'), (SELECT CAST(VARIABLE_VALUE AS "
            "UNSIGNED) "
            "FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = "
            "'BINLOG_SNAPSHOT_POSITION'))");
        if (code)
            return WB_OK; /* then it has no position, which is allowed */
    } else if (locked) {
        code = wb_my_queryf(my, a, &rows, err,
                            my->mariadb ? "SELECT @@global.gtid_binlog_pos"
                                        : "SELECT @@global.gtid_executed");
    } else {
        return WB_OK; /* MySQL tells no position for a snapshot without a lock */
    }
    if (code || !rows.n_rows || !rows.values[0][0])
        return code;
    m->position = rows.values[0][0];
    if (locked)
        m->fingerprint = wb_mysql_moment_fingerprint(my, a, m->position);
    return WB_OK;
}

enum wb_code wb_mysql_snapshot_ready(struct wb_snapshot *s, struct wb_arena *a,
                                     struct wb_moment *ret, struct wb_error *err) {
    struct wb_moment m = {.wall_us = wb_clock_wall_us()};
    enum wb_code code = read_position(s, a, &m, err);
    if (!code && s->lock == WB_MYSQL_LOCK_BACKUP && s->locker)
        code = wb_my_execf(s->locker, err, "BACKUP STAGE END");
    else if (!code && s->locker)
        code = wb_my_execf(s->locker, err, "UNLOCK TABLES");
    wb_my_close(s->locker); /* which lets go of everything in any case */
    s->locker = NULL;
    if (code)
        return wb_error_wrap(err, "completing a snapshot"), code;
    *ret = m;
    return WB_OK;
}

/* Whether the session is still the one that took its locks: a client library that connects again
 * would hide that. */
static enum wb_code still_held(struct wb_my_conn *c, const char *what, struct wb_error *err) {
    if (!c)
        return WB_OK;
    int failed = mysql_ping(c->mysql);
    if (failed && wb_my_fail(c, err, what) == WB_E_CANCELED)
        return WB_E_CANCELED;
    if (!failed && mysql_thread_id(c->mysql) == c->thread_id)
        return WB_OK;
    return wb_error_set(
        err, WB_E_LOST,
        "the session that held %s is gone (connection %lu): what was read may not be of one moment",
        what, c->thread_id);
}

enum wb_code wb_mysql_snapshot_check(struct wb_snapshot *s, struct wb_error *err) {
    enum wb_code code = still_held(s->keeper->my, "the tables' definitions", err);
    return code ? code : still_held(s->holder, "the lock on tables without transactions", err);
}

void wb_mysql_snapshot_end(struct wb_snapshot *s) {
    if (!s)
        return;
    wb_my_close(s->locker);
    wb_my_close(s->holder);
    (void)wb_my_execf(s->keeper->my, NULL, "ROLLBACK");
    wb_arena_done(&s->arena);
    free(s);
}
