/* SQLite's result codes (sqlite3.h, www.sqlite.org/rescode.html) as whimbrel's. */
#include "base/str.h"
#include "engines/sqlite/conn.h"

#include <errno.h>

static bool no_space(int os_error) {
    return os_error == ENOSPC || os_error == EDQUOT ||
           os_error == EFBIG; /* EFBIG: the limit of a file's size */
}

static enum wb_code classify_plain(const char *text) {
    if (wb_str_starts(text, "no such ") || wb_str_starts(text, "unknown database"))
        return WB_E_NOT_FOUND;
    return WB_E_SQL;
}

enum wb_code wb_sqlite_classify(int rc, const char *text, int os_error) {
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return WB_E_LOCK_TIMEOUT;
    case SQLITE_FULL:
        return WB_E_DISK_FULL;
    case SQLITE_IOERR:
        return no_space(os_error) ? WB_E_DISK_FULL : WB_E_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return WB_E_IO;
    case SQLITE_CANTOPEN:
        return no_space(os_error) ? WB_E_DISK_FULL : WB_E_CONNECT;
    case SQLITE_READONLY:
        return rc == SQLITE_READONLY_DBMOVED ? WB_E_LOST : WB_E_PRIVILEGE;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return WB_E_PRIVILEGE;
    case SQLITE_INTERRUPT:
        return WB_E_CANCELED;
    case SQLITE_NOMEM:
        return WB_E_MEMORY;
    case SQLITE_TOOBIG:
        return WB_E_ROW_TOO_LARGE;
    case SQLITE_CONSTRAINT:
        if (rc == SQLITE_CONSTRAINT_COMMITHOOK) /* conn.c: the file has moved */
            return WB_E_LOST;
        return rc == SQLITE_CONSTRAINT_DATATYPE ? WB_E_VALUE : WB_E_CONSTRAINT;
    case SQLITE_MISMATCH:
        return WB_E_VALUE;
    case SQLITE_ERROR:
        return classify_plain(text);
    case SQLITE_MISUSE:
    case SQLITE_INTERNAL:
        return WB_E_INTERNAL;
    default:
        return WB_E_SQL;
    }
}

const char *const wb_sqlite_path_hint =
    "check the path: the file, its directory and the permissions of both";

/* What SQLite's own words leave out. */
static const char *hint_of(int rc) {
    switch (rc) {
    case SQLITE_NOTADB:
        return "the file is no SQLite database, or an encrypted one";
    case SQLITE_READONLY_ROLLBACK:
    case SQLITE_READONLY_RECOVERY:
        return "a crash left an unfinished transaction behind: open the file once with its "
               "application or sqlite3, "
               "which undoes it";
    case SQLITE_READONLY_CANTINIT:
    case SQLITE_READONLY_DIRECTORY:
        return "a file in WAL mode can only be read where its directory is writable: allow that, "
               "or copy the file";
    }
    switch (rc & 0xff) {
    case SQLITE_CORRUPT:
        return "check the file with PRAGMA integrity_check";
    case SQLITE_CANTOPEN:
        return wb_sqlite_path_hint;
    case SQLITE_BUSY:
        return "another program holds a lock on the file: wait for it, or end it";
    default:
        return NULL;
    }
}

enum wb_code wb_sqlite_fail(struct wb_sqlite *c, int rc, const char *doing, struct wb_error *err) {
    const char *text = sqlite3_errmsg(c->db);
    int os_error = sqlite3_system_errno(c->db);
    if ((rc & 0xff) == rc && (sqlite3_extended_errcode(c->db) & 0xff) == rc)
        rc = sqlite3_extended_errcode(c->db);
    enum wb_code code = wb_sqlite_classify(rc, text, os_error);
    if (code == WB_E_LOCK_TIMEOUT && atomic_load(&c->canceled))
        code = WB_E_CANCELED;
    bool ended = code == WB_E_LOCK_TIMEOUT || code == WB_E_CANCELED;
    if (ended && c->timed_out && !atomic_load(&c->canceled))
        code = WB_E_TIMEOUT;
    if (code == WB_E_LOST)
        text = "the file was moved, removed or replaced while it was open";
    bool with_errno =
        os_error && (code == WB_E_IO || code == WB_E_DISK_FULL || code == WB_E_CONNECT);
    wb_error_set(err, code, "%.300s: %s%s%s", doing, text, with_errno ? ": " : "",
                 with_errno ? strerrordesc_np(os_error) : "");
    if (err) {
        err->vendor = rc;
        if (hint_of(rc))
            wb_error_hint(err, "%s", hint_of(rc));
    }
    return code;
}
