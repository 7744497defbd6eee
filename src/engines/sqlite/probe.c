#include "engines/sqlite/probe.h"

#include "base/str.h"

#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_READERS = 64 };

/* Several readers need the write lock for an instant (snapshot.c). */
static bool is_writable(struct wb_sqlite *c, struct wb_arena *a) {
    return access(c->path, W_OK) == 0 && access(dirname(wb_arena_strdup(a, c->path)), W_OK) == 0;
}

/* A file has no number of its own, and a source is not written to: its place and inode name it, and
 * where the file system tells it the time when it was made, for a removed file's inode is soon
 * given to another. */
enum wb_code wb_sqlite_identify(struct wb_conn *conn, struct wb_arena *a,
                                struct wb_database_id *ret, struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    struct statx st = {0};
    if (statx(AT_FDCWD, c->path, 0, STATX_INO | STATX_BTIME, &st) != 0)
        st = (struct statx){0}; /* it is not made yet */
    const char *id = wb_arena_printf(a, "%s#%" PRIu64, c->path, (uint64_t)st.stx_ino);
    if (st.stx_mask & STATX_BTIME)
        id = wb_arena_printf(a, "%s@%" PRId64 ".%09" PRIu32, id, (int64_t)st.stx_btime.tv_sec,
                             st.stx_btime.tv_nsec);
    enum wb_code code = wb_sqlite_check_place(c, err);
    if (!code)
        *ret = (struct wb_database_id){.id = id};
    return code;
}

static uint64_t log_bytes(struct wb_sqlite *c, struct wb_arena *a) {
    struct stat st;
    return stat(wb_arena_printf(a, "%s-wal", c->path), &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void find_risks(struct wb_sqlite *c, struct wb_arena *a, struct wb_probe *p, bool wal,
                       const char *encoding) {
    if (c->side == WB_SIDE_SOURCE && !wal)
        wb_findings_add(
            &p->findings, a, WB_WARNING, WB_FINDING_RISK, "database", c->path,
            "put it into WAL mode first (PRAGMA journal_mode = WAL), or copy when nobody writes",
            "it is not in WAL mode: programs that write to it wait, or fail with \"database is "
            "locked\", "
            "until the copy has been read");
    if (encoding && !wb_str_ieq(encoding, "UTF-8"))
        wb_findings_add(
            &p->findings, a, WB_WARNING, WB_FINDING_RISK, "database", c->path, NULL,
            "its text is stored as %s: text that is not valid Unicode changes on its way",
            encoding);
    if (c->side == WB_SIDE_SOURCE && p->max_readers == 1)
        wb_findings_add(&p->findings, a, WB_NOTE, WB_FINDING_RISK, "database", c->path,
                        "allow writing to the file and its directory for faster reading",
                        "it is not writable for this user, so only one connection can read it");
}

enum wb_code wb_sqlite_probe(struct wb_conn *conn, struct wb_arena *a, struct wb_probe *ret,
                             struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    wb_sqlite_call(c);
    struct wb_probe p = {.product = "SQLite",
                         .version = sqlite3_libversion(),
                         .max_writers = 1,
                         .transactional_ddl = true};
    p.version_num = (unsigned)sqlite3_libversion_number(); /* 3040001 */
    bool wal = false;
    const char *encoding = NULL;
    int64_t pages = 0, page_bytes = 0;
    enum wb_code code = wb_sqlite_is_wal(c, &wal, err);
    if (!code)
        code = wb_sqlite_get_text(c, "PRAGMA main.encoding", NULL, a, &encoding, err);
    if (!code)
        code = wb_sqlite_get_int(c, "PRAGMA main.page_count", NULL, &pages, err);
    if (!code)
        code = wb_sqlite_get_int(c, "PRAGMA main.page_size", NULL, &page_bytes, err);
    if (code)
        return code;
    struct wb_database_id id = {0};
    if ((code = wb_sqlite_identify(conn, a, &id, err)))
        return code;
    p.identity = id.id;
    p.used_bytes = (uint64_t)(pages * page_bytes) + log_bytes(c, a);
    p.max_readers = !wal || is_writable(c, a) ? MAX_READERS : 1;
    find_risks(c, a, &p, wal, encoding);
    *ret = p;
    return WB_OK;
}
