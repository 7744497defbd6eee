#include "ledger.h"

#include <sqlite3.h>
#include <stdio.h>

int ledger_append(FILE *ledger, int64_t order_id, int64_t revision, double total) {
    if (!ledger)
        return 0;
    fprintf(ledger, "%lld,%lld,%.2f\n", (long long)order_id, (long long)revision, total);
    return fflush(ledger);
}

static int fail(sqlite3 *db, const char *what) {
    fprintf(stderr, "shopapp: %s: %s\n", what, sqlite3_errmsg(db));
    return 4;
}

/* Into a table of memory: the latest revision of each order. Returns how many lines; -1: failed. */
static int64_t load(sqlite3 *db, const char *path) {
    static const char sql[] = "INSERT INTO acknowledged VALUES (?1, ?2, ?3) ON CONFLICT (id) "
                              "DO UPDATE SET revision = excluded.revision, total = excluded.total "
                              "WHERE excluded.revision > revision";
    FILE *f = fopen(path, "r");
    sqlite3_stmt *stmt = NULL;
    long long id, revision, n = 0;
    double total;
    if (!f) {
        fprintf(stderr, "shopapp: %s cannot be read\n", path);
        return -1;
    }
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        n = -1;
    while (n >= 0 && fscanf(f, "%lld,%lld,%lf\n", &id, &revision, &total) == 3) {
        sqlite3_bind_int64(stmt, 1, id);
        sqlite3_bind_int64(stmt, 2, revision);
        sqlite3_bind_double(stmt, 3, total);
        n = sqlite3_step(stmt) == SQLITE_DONE ? n + 1 : -1;
        sqlite3_reset(stmt);
    }
    if (n >= 0 && !feof(f)) {
        fprintf(stderr, "shopapp: %s: line %lld is not ORDER,REVISION,TOTAL\n", path, n + 1);
        n = -1;
    }
    sqlite3_finalize(stmt);
    fclose(f);
    return n;
}

static int64_t number(sqlite3 *db, const char *sql) {
    sqlite3_stmt *stmt = NULL;
    int64_t n = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return n;
}

static int compare(sqlite3 *db, int64_t writes, const char *database) {
    int64_t orders = number(db, "SELECT count(*) FROM acknowledged");
    int64_t missing = number(db, "SELECT count(*) FROM acknowledged a WHERE NOT EXISTS "
                                 "(SELECT 1 FROM shop.orders o WHERE o.id = a.id)");
    /* A later revision may have been committed without having been acknowledged. */
    int64_t older = number(
        db, "SELECT count(*) FROM acknowledged a JOIN shop.orders o USING (id) "
            "WHERE CAST(substr(o.note, length('shopapp revision ')) AS INTEGER) < a.revision");
    int64_t other = number(db, "SELECT count(*) FROM acknowledged a JOIN shop.orders o USING (id) "
                               "WHERE o.note IS printf('shopapp revision %d', a.revision) "
                               "AND abs(o.total - a.total) > 0.001");
    if (missing < 0 || older < 0 || other < 0)
        return fail(db, database);
    printf("%s: %lld writes were acknowledged, to %lld orders: %lld missing, %lld older, %lld with "
           "another total\n",
           database, (long long)writes, (long long)orders, (long long)missing, (long long)older,
           (long long)other);
    return missing || older || other ? 1 : 0;
}

int ledger_prove(const char *ledger, const char *database) {
    sqlite3 *db = NULL;
    sqlite3_stmt *attach = NULL;
    int rc = sqlite3_open(":memory:", &db);
    if (!rc)
        rc = sqlite3_exec(db,
                          "CREATE TABLE acknowledged (id INTEGER PRIMARY KEY, revision INTEGER, "
                          "total REAL); BEGIN",
                          NULL, NULL, NULL);
    int64_t writes = rc ? -1 : load(db, ledger);
    if (writes < 0) {
        sqlite3_close(db);
        return 4;
    }
    char *uri = sqlite3_mprintf("ATTACH %Q AS shop", database);
    rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (!rc)
        rc = sqlite3_prepare_v2(db, uri, -1, &attach, NULL);
    if (!rc)
        rc = sqlite3_step(attach) == SQLITE_DONE ? 0 : 1;
    sqlite3_finalize(attach);
    sqlite3_free(uri);
    int exit = rc ? fail(db, database) : compare(db, writes, database);
    sqlite3_close(db);
    return exit;
}
