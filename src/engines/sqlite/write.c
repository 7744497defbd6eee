/* Durability. With a rollback journal every commit is flushed (synchronous = FULL), for less could
 * tear the file. In WAL mode a commit that need not be durable is only written (synchronous =
 * NORMAL: a crash of the machine may lose it, never tear it), and a durable one flushes the log
 * afterwards, which is what synchronous = FULL does too; so the choice can be made when the
 * transaction ends. The log carries none of SQLite's locks: opening it here is safe.
 */
#include "engines/sqlite/write.h"

#include "base/str.h"
#include "engines/sqlite/range.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum wb_code wb_sqlite_begin(struct wb_conn *conn, struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    wb_sqlite_call(c);
    bool wal = false;
    enum wb_code code = wb_sqlite_is_wal(c, &wal, err);
    if (code)
        return code;
    const char *sql = wal ? "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE"
                          : "PRAGMA synchronous = FULL; BEGIN IMMEDIATE";
    int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
    return rc ? wb_sqlite_fail(c, rc, "BEGIN IMMEDIATE", err) : WB_OK;
}

static enum wb_code flush_log(struct wb_sqlite *c, struct wb_error *err) {
    char *log;
    if (asprintf(&log, "%s-wal", c->path) < 0)
        abort();
    int fd = open(log, O_RDWR | O_CLOEXEC);
    int why = fd < 0 || fdatasync(fd) != 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    free(log);
    if (!why)
        return WB_OK;
    return wb_error_set(err, why == ENOSPC || why == EDQUOT ? WB_E_DISK_FULL : WB_E_IO,
                        "the commit was written, but the log %s-wal could not be flushed: %s",
                        c->path, strerrordesc_np(why));
}

enum wb_code wb_sqlite_commit(struct wb_conn *conn, bool durable, struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    wb_sqlite_call(c);
    if (sqlite3_get_autocommit(c->db))
        return wb_error_set(err, WB_E_SQL,
                            "COMMIT: no transaction is open: SQLite has rolled it back");
    bool wal = false;
    enum wb_code code = wb_sqlite_is_wal(c, &wal, err);
    if (!code) {
        int rc = sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL);
        code = rc ? wb_sqlite_fail(c, rc, "COMMIT", err) : WB_OK;
    }
    if (code)
        wb_sqlite_rollback(conn);
    else if (durable && wal)
        code = flush_log(c, err);
    return code;
}

void wb_sqlite_rollback(struct wb_conn *conn) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    if (!sqlite3_get_autocommit(c->db))
        sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
}

enum wb_code wb_sqlite_delete_range(struct wb_conn *conn, const struct wb_table *t,
                                    const struct wb_range *range, uint64_t *ret_rows,
                                    struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    wb_sqlite_call(c);
    const struct wb_column *key = wb_sqlite_split_column(t);
    bool whole = range->kind == WB_RANGE_ALL || (!range->lower && !range->upper);
    if (!whole && (range->kind != WB_RANGE_KEY || !key || !wb_type_c_ordered(&key->type)))
        return wb_error_set(err, WB_E_UNSUPPORTED,
                            "table %s: only ranges of an ordered key can be deleted", t->name);
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    WB_CLEANUP_STMT sqlite3_stmt *s = NULL;
    bool row = false;
    wb_buf_adds(&sql, "DELETE FROM main.");
    wb_sqlite_quote_name(&sql, t->name);
    wb_buf_adds(&sql, whole ? "" : " WHERE ");
    int64_t before = sqlite3_total_changes64(c->db);
    enum wb_code code = wb_sqlite_add_range(&sql, t, range, err);
    if (!code)
        code = wb_sqlite_prepare(c, wb_buf_str(&sql), &s, err);
    if (!code)
        code = wb_sqlite_bind_range(c, s, t, range, err);
    if (!code)
        code = wb_sqlite_step(c, s, &row, err);
    if (!code && ret_rows)
        *ret_rows = (uint64_t)(sqlite3_total_changes64(c->db) - before);
    return code;
}
