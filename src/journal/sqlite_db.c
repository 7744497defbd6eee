/* Statements, errors and transactions of the SQLite store. */
#include "journal/sqlite_int.h"

#include <errno.h>
#include <stdarg.h>

static enum wb_code code_of(int rc, int os_error) {
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return WB_E_DISK_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return WB_E_LOCK_TIMEOUT;
    case SQLITE_NOMEM:
        return WB_E_MEMORY;
    case SQLITE_IOERR:
        return os_error == ENOSPC || os_error == EDQUOT ? WB_E_DISK_FULL : WB_E_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return WB_E_IO;
    default:
        return WB_E_SQL;
    }
}

enum wb_code wb_journal_sqlite_fail(struct wb_journal_sqlite *s, int rc, const char *doing,
                                    struct wb_error *err) {
    int extended = s->db ? sqlite3_extended_errcode(s->db) : rc;
    enum wb_code code = code_of(rc, s->db ? sqlite3_system_errno(s->db) : 0);
    const char *text = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);
    if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB) {
        wb_error_set(err, code, "journal %s is damaged or no journal: %s", s->base.name, text);
        return wb_error_hint(err, "restore it from a backup; nothing is run without its journal");
    }
    return wb_error_set(err, code, "%s journal %s: %s (%d)", doing, s->base.name, text, extended);
}

enum wb_code wb_journal_sqlite_exec(struct wb_journal_sqlite *s, const char *sql,
                                    struct wb_error *err) {
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? WB_OK : wb_journal_sqlite_fail(s, rc, "writing", err);
}

static enum wb_code prepare(struct wb_journal_sqlite *s, sqlite3_stmt **ret, struct wb_error *err,
                            const char *sql, const char *format, va_list args) {
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
    for (int i = 0; rc == SQLITE_OK && format[i]; i++)
        if (format[i] == 'i')
            rc = sqlite3_bind_int64(stmt, i + 1, va_arg(args, int64_t));
        else
            rc = sqlite3_bind_text(stmt, i + 1, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
    if (rc != SQLITE_OK) {
        wb_journal_sqlite_fail(s, rc, "using", err);
        sqlite3_finalize(stmt);
        return code_of(rc, sqlite3_system_errno(s->db));
    }
    *ret = stmt;
    return WB_OK;
}

enum wb_code wb_journal_sqlite_prepare(struct wb_journal_sqlite *s, sqlite3_stmt **ret,
                                       struct wb_error *err, const char *sql, const char *format,
                                       ...) {
    va_list args;
    va_start(args, format);
    enum wb_code code = prepare(s, ret, err, sql, format, args);
    va_end(args);
    return code;
}

enum wb_code wb_journal_sqlite_step(struct wb_journal_sqlite *s, sqlite3_stmt *stmt, bool *ret_row,
                                    struct wb_error *err) {
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return wb_journal_sqlite_fail(s, rc, sqlite3_stmt_readonly(stmt) ? "reading" : "writing",
                                      err);
    *ret_row = rc == SQLITE_ROW;
    return WB_OK;
}

enum wb_code wb_journal_sqlite_run(struct wb_journal_sqlite *s, int *ret_changed,
                                   struct wb_error *err, const char *sql, const char *format, ...) {
    WB_CLEANUP_JOURNAL_STMT sqlite3_stmt *stmt = NULL;
    va_list args;
    bool row;
    va_start(args, format);
    enum wb_code code = prepare(s, &stmt, err, sql, format, args);
    va_end(args);
    if (!code)
        code = wb_journal_sqlite_step(s, stmt, &row, err);
    if (!code && ret_changed)
        *ret_changed = sqlite3_changes(s->db);
    return code;
}

enum wb_code wb_journal_sqlite_int(struct wb_journal_sqlite *s, const char *sql, int64_t *ret,
                                   struct wb_error *err) {
    WB_CLEANUP_JOURNAL_STMT sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum wb_code code = wb_journal_sqlite_prepare(s, &stmt, err, sql, "");
    if (!code)
        code = wb_journal_sqlite_step(s, stmt, &row, err);
    if (!code)
        *ret = row ? sqlite3_column_int64(stmt, 0) : 0;
    return code;
}

const char *wb_journal_sqlite_text(sqlite3_stmt *stmt, int column, struct wb_arena *a) {
    return wb_arena_strdup(a, (const char *)sqlite3_column_text(stmt, column));
}

/* A COMMIT that failed with BUSY or FULL leaves the transaction open: it is undone here. */
enum wb_code wb_journal_sqlite_write(struct wb_journal_sqlite *s,
                                     enum wb_code (*body)(struct wb_journal_sqlite *s, void *ctx,
                                                          struct wb_error *err),
                                     void *ctx, struct wb_error *err) {
    enum wb_code code = wb_journal_sqlite_exec(s, "BEGIN IMMEDIATE", err);
    if (code)
        return code;
    code = body(s, ctx, err);
    if (!code)
        code = wb_journal_fault(&s->base, WB_JOURNAL_BEFORE_COMMIT, err);
    if (!code)
        code = wb_journal_sqlite_exec(s, "COMMIT", err);
    if (!code)
        return wb_journal_fault(&s->base, WB_JOURNAL_AFTER_COMMIT, err);
    if (!sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}
