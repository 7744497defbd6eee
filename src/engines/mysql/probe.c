#include "engines/mysql/internal.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>

enum { MAX_READERS = 64, MAX_WRITERS = 64 };

/* True where a line of SHOW GRANTS gives the privilege globally or on the database. Role grants are
 * listed as well. */
static bool line_grants(const char *line, const char *privilege, const char *database) {
    const char *on = wb_str_istr(line, " ON ");
    const char *word = wb_str_istr(line, privilege), *all = wb_str_istr(line, "ALL PRIVILEGES");
    if (!on || !((word && word < on) || (all && all < on)))
        return false;
    on += 4;
    if (wb_str_starts(on, "*.*"))
        return true;
    if (!database || *on != '`')
        return false;
    WB_CLEANUP_BUF struct wb_buf name = {0}, escaped = {0};
    wb_mysql_quote_name(&name, database);
    for (const char *p = wb_buf_str(&name); *p; p++) {
        if (*p == '_' || *p == '%')
            wb_buf_addc(&escaped, '\\');
        wb_buf_addc(&escaped, *p);
    }
    wb_buf_adds(&name, ".*");
    wb_buf_adds(&escaped, ".*");
    return wb_str_istarts(on, wb_buf_str(&name)) || wb_str_istarts(on, wb_buf_str(&escaped));
}

static bool granted(const struct wb_my_rows *grants, const char *privilege, const char *database) {
    for (size_t i = 0; i < grants->n_rows; i++)
        if (grants->values[i][0] && line_grants(grants->values[i][0], privilege, database))
            return true;
    return false;
}

enum wb_code wb_mysql_best_lock(struct wb_my_conn *my, enum wb_mysql_lock *ret,
                                struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_my_rows grants;
    enum wb_code code = wb_my_queryf(my, &a, &grants, err, "SHOW GRANTS");
    if (!code) {
        bool reload = granted(&grants, "RELOAD", NULL);
        if (reload && my->mariadb && my->version_num >= 100401)
            *ret = WB_MYSQL_LOCK_BACKUP;
        else if (reload || granted(&grants, "FLUSH_TABLES", NULL))
            *ret = WB_MYSQL_LOCK_GLOBAL;
        else
            *ret = granted(&grants, "LOCK TABLES", my->database) ? WB_MYSQL_LOCK_TABLES
                                                                 : WB_MYSQL_LOCK_NONE;
    }
    wb_arena_done(&a);
    return code;
}

static void lock_findings(enum wb_mysql_lock lock, struct wb_arena *a, struct wb_findings *f) {
    if (lock == WB_MYSQL_LOCK_TABLES)
        wb_findings_add(
            f, a, WB_NOTE, WB_FINDING_RISK, "privilege", "RELOAD",
            "GRANT RELOAD ON *.* to this user",
            "without the RELOAD privilege all tables are locked for reading until every reader has "
            "joined the snapshot; writers wait that long");
    if (lock == WB_MYSQL_LOCK_NONE)
        wb_findings_add(f, a, WB_WARNING, WB_FINDING_RISK, "privilege", "RELOAD",
                        "GRANT RELOAD ON *.* to this user (or LOCK TABLES on the database)",
                        "without the RELOAD or LOCK TABLES privilege only one reader can see one "
                        "moment: the copy "
                        "uses a single connection");
}

enum wb_code wb_mysql_identify(struct wb_conn *conn, struct wb_arena *a, struct wb_database_id *ret,
                               struct wb_error *err) {
    struct wb_my_conn *my = mysql_of(conn)->my;
    const char *server = NULL;
    enum wb_code code = wb_my_identify(my, &server, err);
    if (!code)
        *ret = (struct wb_database_id){
            .id = wb_arena_printf(a, "%s/%s", server, my->database ? my->database : "")};
    return code;
}

static enum wb_code read_size(struct wb_my_conn *my, struct wb_arena *a, uint64_t *ret,
                              struct wb_error *err) {
    struct wb_my_rows rows;
    int64_t v = 0;
    enum wb_code code =
        wb_my_queryf(my, a, &rows, err,
                     "SELECT CAST(SUM(COALESCE(DATA_LENGTH, 0) + COALESCE(INDEX_LENGTH, 0)) AS "
                     "SIGNED) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()");
    if (!code && rows.n_rows && rows.values[0][0] &&
        wb_str_int64(rows.values[0][0], 0, INT64_MAX, &v))
        *ret = (uint64_t)v;
    return code;
}

enum wb_code wb_mysql_probe(struct wb_conn *conn, struct wb_arena *a, struct wb_probe *ret,
                            struct wb_error *err) {
    struct wb_my_conn *my = mysql_of(conn)->my;
    enum wb_mysql_lock lock = WB_MYSQL_LOCK_NONE;
    struct wb_my_rows rows;
    struct wb_database_id id = {0};
    struct wb_probe p = {
        .product = my->mariadb ? "MariaDB" : "MySQL",
        .version_num = my->version_num,
        .max_writers = MAX_WRITERS,
        .transactional_ddl = false,
        .max_name_bytes = 64 * 3, /* 64 characters of the basic plane */
    };
    enum wb_code code = wb_my_queryf(my, a, &rows, err, "SELECT VERSION()");
    if (!code) {
        p.version = rows.values[0][0];
        code = wb_mysql_identify(conn, a, &id, err);
    }
    p.identity = id.id;
    if (!code)
        code = read_size(my, a, &p.used_bytes, err);
    if (!code)
        code = wb_mysql_best_lock(my, &lock, err);
    if (code)
        return code;
    p.max_readers = lock == WB_MYSQL_LOCK_NONE ? 1 : MAX_READERS;
    if (!my->opts.writes)
        lock_findings(lock, a, &p.findings);
    *ret = p;
    return WB_OK;
}
