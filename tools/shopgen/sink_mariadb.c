/*
 * The shop in a MariaDB or MySQL database: INSERT statements of about half a megabyte each, in one
 * transaction a table.
 */
#include "shopgen_mariadb_sql.h"
#include "sink.h"

#include <mysql.h>
#include <stdlib.h>

#define STATEMENT_BYTES ((size_t)512 * 1024)

struct text {
    char *data;
    size_t used, size; /* bytes */
};

struct mariadb_sink {
    struct sink sink;
    MYSQL *db;
    char *database;
    struct text head; /* INSERT INTO ... VALUES */
    struct text sql;  /* the statement being filled */
    int in_row;
};

static struct mariadb_sink *self(struct sink *k) {
    return (struct mariadb_sink *)k;
}

static void fail(struct mariadb_sink *s, const char *where) {
    if (!sink_failed(&s->sink))
        snprintf(s->sink.error, sizeof s->sink.error, "%s: %.60s: %s", s->database, where,
                 mysql_error(s->db));
}

/* Room for `more` bytes and a final zero. NULL when memory is out. */
static char *room(struct mariadb_sink *s, struct text *t, size_t more) {
    if (t->used + more + 1 > t->size) {
        size_t size = 2 * (t->used + more + 1);
        char *data = realloc(t->data, size);

        if (!data) {
            snprintf(s->sink.error, sizeof s->sink.error, "out of memory");
            return NULL;
        }
        t->data = data;
        t->size = size;
    }
    return t->data + t->used;
}

static void append(struct mariadb_sink *s, struct text *t, const char *data, size_t size_bytes) {
    char *to = room(s, t, size_bytes);

    if (to) {
        memcpy(to, data, size_bytes);
        to[size_bytes] = '\0';
        t->used += size_bytes;
    }
}

static void append_name(struct mariadb_sink *s, struct text *t, const char *name) {
    append(s, t, "`", 1);
    append(s, t, name, strlen(name));
    append(s, t, "`", 1);
}

static void run(struct mariadb_sink *s, const char *sql, size_t size_bytes, const char *where) {
    if (sink_failed(&s->sink))
        return;
    int more = mysql_real_query(s->db, sql, (unsigned long)size_bytes);

    while (more == 0) { /* a script has many results; the first error ends it */
        mysql_free_result(mysql_store_result(s->db));
        more = mysql_next_result(s->db);
    }
    if (more > 0 || mysql_errno(s->db))
        fail(s, where);
}

static void script(struct mariadb_sink *s, const char *sql, const char *where) {
    run(s, sql, strlen(sql), where);
}

static void flush(struct mariadb_sink *s) {
    if (s->sql.used)
        run(s, s->sql.data, s->sql.used, s->head.data);
    s->sql.used = 0;
}

static void mariadb_begin(struct sink *k, const char *table, const char *const *columns) {
    struct mariadb_sink *s = self(k);

    script(s, "START TRANSACTION", table);
    s->head.used = s->sql.used = 0;
    append(s, &s->head, "INSERT INTO ", 12);
    append_name(s, &s->head, table);
    for (int i = 0; columns[i]; i++) {
        append(s, &s->head, i ? ", " : " (", 2);
        append_name(s, &s->head, columns[i]);
    }
    append(s, &s->head, ") VALUES ", 9);
    s->in_row = 0;
}

/* Writes what stands before a value: the statement's head, the row's bracket or a comma. */
static void before_value(struct mariadb_sink *s) {
    if (s->in_row) {
        append(s, &s->sql, ",", 1);
        return;
    }
    if (s->sql.used == 0)
        append(s, &s->sql, s->head.data, s->head.used);
    else
        append(s, &s->sql, ",\n", 2);
    append(s, &s->sql, "(", 1);
    s->in_row = 1;
}

static void mariadb_put_null(struct sink *k) {
    before_value(self(k));
    append(self(k), &self(k)->sql, "NULL", 4);
}

static void mariadb_put_int(struct sink *k, int64_t value) {
    char text[32];
    int size = snprintf(text, sizeof text, "%lld", (long long)value);

    before_value(self(k));
    append(self(k), &self(k)->sql, text, (size_t)size);
}

static void mariadb_put_real(struct sink *k, double value) {
    char text[40];
    int size = snprintf(text, sizeof text, "%.17e", value);

    before_value(self(k));
    append(self(k), &self(k)->sql, text, (size_t)size);
}

static void mariadb_put_text(struct sink *k, const char *text, size_t size_bytes) {
    struct mariadb_sink *s = self(k);

    before_value(s);
    append(s, &s->sql, "'", 1);
    char *to = room(s, &s->sql, 2 * size_bytes + 1);

    if (to)
        s->sql.used += mysql_real_escape_string(s->db, to, text, (unsigned long)size_bytes);
    append(s, &s->sql, "'", 1);
}

static void mariadb_put_blob(struct sink *k, const unsigned char *bytes, size_t size_bytes) {
    struct mariadb_sink *s = self(k);

    before_value(s);
    append(s, &s->sql, "x'", 2);
    char *to = room(s, &s->sql, 2 * size_bytes + 1);

    if (to)
        s->sql.used += mysql_hex_string(to, (const char *)bytes, (unsigned long)size_bytes);
    append(s, &s->sql, "'", 1);
}

static void mariadb_end_row(struct sink *k) {
    struct mariadb_sink *s = self(k);

    append(s, &s->sql, ")", 1);
    s->in_row = 0;
    if (s->sql.used >= STATEMENT_BYTES)
        flush(s);
}

static void mariadb_end(struct sink *k) {
    flush(self(k));
    script(self(k), "COMMIT", "commit");
}

static void mariadb_create(struct sink *k) {
    script(self(k), wb_sql_mariadb_tables, "tables");
    /* Halves the time. The same rows pass under SQLite's foreign keys, which are checked there. */
    script(self(k), "SET SESSION foreign_key_checks = 0, SESSION unique_checks = 0", "fast load");
}

static void mariadb_finish(struct sink *k, int with_traps) {
    script(self(k), "SET SESSION foreign_key_checks = 1, SESSION unique_checks = 1", "samples");
    script(self(k), wb_sql_mariadb_samples, "samples");
    script(self(k), wb_sql_mariadb_after, "keys, views and triggers");
    if (with_traps)
        script(self(k), wb_sql_mariadb_traps, "traps");
}

/* The first column of the first row as a number; -1 and an error when there is none. */
static int64_t number(struct mariadb_sink *s, const char *sql) {
    int64_t value = -1;
    MYSQL_RES *result = NULL;
    MYSQL_ROW row;

    if (sink_failed(&s->sink))
        return -1;
    if (mysql_query(s->db, sql) == 0 && (result = mysql_store_result(s->db)) &&
        (row = mysql_fetch_row(result)) && row[0])
        value = strtoll(row[0], NULL, 10);
    else
        fail(s, sql);
    mysql_free_result(result);
    return value;
}

static void mariadb_count(struct sink *k, int64_t *tables, int64_t *rows) {
    struct mariadb_sink *s = self(k);
    MYSQL_RES *names = NULL;
    MYSQL_ROW row;

    *tables = *rows = 0;
    if (mysql_query(s->db, "SELECT CONCAT('SELECT COUNT(*) FROM `', table_name, '`') FROM "
                           "information_schema.tables WHERE table_schema = DATABASE() AND "
                           "table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')") ||
        !(names = mysql_store_result(s->db))) {
        fail(s, "count");
        return;
    }
    while ((row = mysql_fetch_row(names))) {
        ++*tables;
        *rows += number(s, row[0]);
    }
    mysql_free_result(names);
}

static void mariadb_close(struct sink *k, int ok) {
    struct mariadb_sink *s = self(k);

    (void)ok; /* DDL cannot be taken back; main says what is left */
    if (s->db)
        mysql_close(s->db);
    free(s->head.data);
    free(s->sql.data);
    free(s->database);
    free(s);
}

static const struct sink_ops mariadb_ops = {
    .begin = mariadb_begin,
    .put_null = mariadb_put_null,
    .put_int = mariadb_put_int,
    .put_real = mariadb_put_real,
    .put_text = mariadb_put_text,
    .put_blob = mariadb_put_blob,
    .end_row = mariadb_end_row,
    .end = mariadb_end,
    .create = mariadb_create,
    .finish = mariadb_finish,
    .count = mariadb_count,
    .close = mariadb_close,
};

/* Everything that could make two runs differ is set here and not taken from the server. */
static void prepare(struct mariadb_sink *s) {
    static const char session[] =
        "SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci, SESSION time_zone = '+00:00', "
        "SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,"
        "NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION'";
    char sql[512];

    script(s, session, "session settings");
    snprintf(sql, sizeof sql,
             "CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; "
             "USE `%s`",
             s->database, s->database);
    script(s, sql, "create database");
    int64_t present = number(s, "SELECT COUNT(*) FROM information_schema.tables "
                                "WHERE table_schema = DATABASE()");

    if (!sink_failed(&s->sink) && present > 0)
        snprintf(
            s->sink.error, sizeof s->sink.error,
            "database %s holds %lld tables or views already; nothing was changed. Drop it or name "
            "another one.",
            s->database, (long long)present);
}

static int connect_to(struct mariadb_sink *s, const char *socket, const char *user) {
    s->db = mysql_init(NULL);
    if (!s->db)
        return 0;
    return mysql_real_connect(s->db, NULL, user, getenv("MYSQL_PWD"), NULL, 0, socket,
                              CLIENT_MULTI_STATEMENTS) != NULL;
}

struct sink *sink_mariadb_open(const char *socket, const char *user, const char *database,
                               char *error, size_t error_bytes) {
    struct mariadb_sink *s;

    if (strchr(database, '`') || strlen(database) > 64) {
        snprintf(error, error_bytes, "--database: at most 64 characters, without a backtick");
        return NULL;
    }
    s = calloc(1, sizeof *s);
    if (!s || !(s->database = strdup(database))) {
        free(s);
        snprintf(error, error_bytes, "out of memory");
        return NULL;
    }
    s->sink.ops = &mariadb_ops;
    if (connect_to(s, socket, user)) {
        prepare(s);
    } else {
        snprintf(s->sink.error, sizeof s->sink.error,
                 "cannot connect to %s as %s: %s. Is the server running, and is that its socket?",
                 socket, user, s->db ? mysql_error(s->db) : "out of memory");
    }
    if (sink_failed(&s->sink)) {
        snprintf(error, error_bytes, "%s", s->sink.error);
        mariadb_close(&s->sink, 0);
        return NULL;
    }
    return &s->sink;
}
