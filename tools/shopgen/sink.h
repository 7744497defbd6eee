/*
 * Where rows go. The shop's tables are filled through these few calls, so the generator of rows
 * knows no database and both databases get the same rows.
 *
 * Use: ops->begin() once a table; for each row one put_*() a column in the order of `columns`, then
 * put_row(); ops->end(). An error is kept in sink->error and everything after it does nothing, so
 * a generator needs to look at sink_failed() only in its outer loops.
 */
#ifndef SHOPGEN_SINK_H
#define SHOPGEN_SINK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct sink;

struct sink_ops {
    /* Starts filling a table; `columns` ends with NULL. Names are unquoted. */
    void (*begin)(struct sink *k, const char *table, const char *const *columns);
    void (*put_null)(struct sink *k);
    void (*put_int)(struct sink *k, int64_t value);
    void (*put_real)(struct sink *k, double value);
    /* UTF-8; the bytes are used before the call returns. */
    void (*put_text)(struct sink *k, const char *text, size_t size_bytes);
    void (*put_blob)(struct sink *k, const unsigned char *bytes, size_t size_bytes);
    void (*end_row)(struct sink *k);
    void (*end)(struct sink *k);
    /* Makes the tables; they are empty afterwards. */
    void (*create)(struct sink *k);
    /* After the rows: samples of every type, indexes, views, triggers, and the traps if asked for.
     */
    void (*finish)(struct sink *k, int with_traps);
    /* Counts the tables and all their rows. */
    void (*count)(struct sink *k, int64_t *tables, int64_t *rows);
    /* Closes; where `ok` is 0 it takes back what it can. Frees the sink. */
    void (*close)(struct sink *k, int ok);
};

struct sink {
    const struct sink_ops *ops;
    char error[1024]; /* "" while all is well */
};

/* Opens a new database file; refuses one that holds anything. NULL and `error` set on failure. */
struct sink *sink_sqlite_open(const char *path, char *error, size_t error_bytes);

/* Connects and makes the database if it is missing; refuses one that has tables. */
struct sink *sink_mariadb_open(const char *socket, const char *user, const char *database,
                               char *error, size_t error_bytes);

static inline int sink_failed(const struct sink *k) {
    return k->error[0] != '\0';
}

static inline void put_null(struct sink *k) {
    k->ops->put_null(k);
}

static inline void put_int(struct sink *k, int64_t value) {
    k->ops->put_int(k, value);
}

static inline void put_real(struct sink *k, double value) {
    k->ops->put_real(k, value);
}

static inline void put_text(struct sink *k, const char *text) {
    k->ops->put_text(k, text, strlen(text));
}

/* NULL becomes the database's NULL. */
static inline void put_text_or_null(struct sink *k, const char *text) {
    if (text)
        put_text(k, text);
    else
        put_null(k);
}

static inline void put_blob(struct sink *k, const unsigned char *bytes, size_t size_bytes) {
    k->ops->put_blob(k, bytes, size_bytes);
}

static inline void put_row(struct sink *k) {
    k->ops->end_row(k);
}

#endif
