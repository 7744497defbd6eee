/*
 * The shop in an SQLite file, written in one transaction: a run that is stopped leaves no half
 * shop.
 */
#include "shopgen_sqlite_sql.h"
#include "sink.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct sqlite_sink {
    struct sink sink;
    sqlite3 *db;
    sqlite3_stmt *insert;
    int column; /* the last one bound, from 1 */
    char *path;
};

static struct sqlite_sink *self(struct sink *k) {
    return (struct sqlite_sink *)k;
}

static void check(struct sqlite_sink *s, int rc, const char *where) {
    if (rc != SQLITE_OK && rc != SQLITE_DONE && !sink_failed(&s->sink))
        snprintf(s->sink.error, sizeof s->sink.error, "%s: %s: %s", s->path, where,
                 sqlite3_errmsg(s->db));
}

static void run(struct sqlite_sink *s, const char *sql, const char *where) {
    if (!sink_failed(&s->sink))
        check(s, sqlite3_exec(s->db, sql, NULL, NULL, NULL), where);
}

static void sqlite_begin(struct sink *k, const char *table, const char *const *columns) {
    struct sqlite_sink *s = self(k);
    sqlite3_str *sql = sqlite3_str_new(s->db);
    int count = 0;

    sqlite3_str_appendf(sql, "INSERT INTO \"%w\" (", table);
    for (; columns[count]; count++)
        sqlite3_str_appendf(sql, "%s\"%w\"", count ? ", " : "", columns[count]);
    sqlite3_str_appendall(sql, ") VALUES (");
    for (int i = 0; i < count; i++)
        sqlite3_str_appendall(sql, i ? ", ?" : "?");
    sqlite3_str_appendall(sql, ")");
    char *text = sqlite3_str_finish(sql);

    check(s, sqlite3_prepare_v2(s->db, text, -1, &s->insert, NULL), table);
    sqlite3_free(text);
    s->column = 0;
}

static void sqlite_put_null(struct sink *k) {
    sqlite3_bind_null(self(k)->insert, ++self(k)->column);
}

static void sqlite_put_int(struct sink *k, int64_t value) {
    sqlite3_bind_int64(self(k)->insert, ++self(k)->column, value);
}

static void sqlite_put_real(struct sink *k, double value) {
    sqlite3_bind_double(self(k)->insert, ++self(k)->column, value);
}

static void sqlite_put_text(struct sink *k, const char *text, size_t size_bytes) {
    sqlite3_bind_text64(self(k)->insert, ++self(k)->column, text, size_bytes, SQLITE_TRANSIENT,
                        SQLITE_UTF8);
}

static void sqlite_put_blob(struct sink *k, const unsigned char *bytes, size_t size_bytes) {
    sqlite3_bind_blob64(self(k)->insert, ++self(k)->column, bytes, size_bytes, SQLITE_TRANSIENT);
}

static void sqlite_end_row(struct sink *k) {
    struct sqlite_sink *s = self(k);

    s->column = 0;
    if (sink_failed(k))
        return;
    check(s, sqlite3_step(s->insert), sqlite3_sql(s->insert));
    sqlite3_reset(s->insert);
}

static void sqlite_end(struct sink *k) {
    sqlite3_finalize(self(k)->insert);
    self(k)->insert = NULL;
}

static void sqlite_create(struct sink *k) {
    run(self(k),
        "PRAGMA page_size=4096; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
        "PRAGMA cache_size=-65536; BEGIN IMMEDIATE;",
        "begin");
    run(self(k), wb_sql_sqlite_tables, "tables");
}

static void sqlite_finish(struct sink *k, int with_traps) {
    run(self(k), wb_sql_sqlite_samples, "samples");
    run(self(k), wb_sql_sqlite_after, "indexes, views and triggers");
    run(self(k), "COMMIT", "commit");
    if (with_traps) /* with foreign keys off, as one trap is a row that points nowhere */
        run(self(k), "PRAGMA foreign_keys=OFF; BEGIN IMMEDIATE", "traps");
    if (with_traps)
        run(self(k), wb_sql_sqlite_traps, "traps");
    if (with_traps)
        run(self(k), "COMMIT", "traps");
    /* As most applications have it: who reads does not stop who writes. Kept in the file. */
    run(self(k), "PRAGMA journal_mode=WAL", "write-ahead log");
}

static void count_table(struct sqlite_sink *s, const char *sql, int64_t *rows) {
    sqlite3_stmt *stmt = NULL;

    check(s, sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL), sql);
    if (stmt && sqlite3_step(stmt) == SQLITE_ROW)
        *rows += sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
}

static void sqlite_count(struct sink *k, int64_t *tables, int64_t *rows) {
    static const char names[] = "SELECT printf('SELECT count(*) FROM \"%w\"', name) FROM "
                                "sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
                                "ESCAPE '\\'";
    struct sqlite_sink *s = self(k);
    sqlite3_stmt *stmt = NULL;

    *tables = *rows = 0;
    check(s, sqlite3_prepare_v2(s->db, names, -1, &stmt, NULL), "count");
    while (stmt && sqlite3_step(stmt) == SQLITE_ROW) {
        ++*tables;
        count_table(s, (const char *)sqlite3_column_text(stmt, 0), rows);
    }
    sqlite3_finalize(stmt);
}

static void sqlite_close(struct sink *k, int ok) {
    struct sqlite_sink *s = self(k);

    sqlite3_finalize(s->insert);
    sqlite3_close(s->db);
    if (!ok)
        unlink(s->path); /* it was empty or not there when we came */
    free(s->path);
    free(s);
}

static const struct sink_ops sqlite_ops = {
    .begin = sqlite_begin,
    .put_null = sqlite_put_null,
    .put_int = sqlite_put_int,
    .put_real = sqlite_put_real,
    .put_text = sqlite_put_text,
    .put_blob = sqlite_put_blob,
    .end_row = sqlite_end_row,
    .end = sqlite_end,
    .create = sqlite_create,
    .finish = sqlite_finish,
    .count = sqlite_count,
    .close = sqlite_close,
};

struct sink *sink_sqlite_open(const char *path, char *error, size_t error_bytes) {
    struct stat st;

    if (stat(path, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_size > 0)) {
        snprintf(
            error, error_bytes,
            "%s exists and is not an empty file; nothing was changed. Remove it or name another "
            "file.",
            path);
        return NULL;
    }
    struct sqlite_sink *s = calloc(1, sizeof *s);

    if (!s || !(s->path = strdup(path))) {
        free(s);
        snprintf(error, error_bytes, "out of memory");
        return NULL;
    }
    s->sink.ops = &sqlite_ops;
    if (sqlite3_open(path, &s->db) != SQLITE_OK) {
        snprintf(error, error_bytes, "cannot create %s: %s. Does its directory exist?", path,
                 sqlite3_errmsg(s->db));
        sqlite3_close(s->db);
        free(s->path);
        free(s);
        return NULL;
    }
    return &s->sink;
}
