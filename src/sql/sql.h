/* SQL as text: what a statement does, what it names, what it locks. Pure functions; no database is
 * asked and nothing is printed.
 *
 * PostgreSQL's statements are parsed by PostgreSQL's own grammar (libpg_query, the grammar of
 * version 15). Statements of MySQL, MariaDB and SQLite are classified by their tokens; those that
 * read or change rows are, where nothing but spelling differs, also read by that grammar, so that
 * their columns and joins are known too. What cannot be told from the text is said to be unknown,
 * never guessed.
 *
 * Sources: PostgreSQL 15 documentation, "Explicit Locking" and the reference page of each
 * statement; MySQL 8.0 Reference Manual, "Online DDL Operations"; MariaDB, "InnoDB Online DDL".
 */
#ifndef WB_SQL_SQL_H
#define WB_SQL_SQL_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wb_sql_dialect {
    WB_DIALECT_ANY, /* not known: judged where any dialect understands it, never called wrong */
    WB_DIALECT_POSTGRES,
    WB_DIALECT_MYSQL, /* and MariaDB */
    WB_DIALECT_SQLITE,
};

/* By a URL's scheme or an engine's name ("postgres", "mariadb", "sqlite"); ANY where it is NULL or
 * another. */
enum wb_sql_dialect wb_sql_dialect_named(const char *name);

/* X(name, word) */
#define WB_SQL_CLASSES(X)                                  \
    X(UNKNOWN, "unknown")                                  \
    X(READS, "reads")                                      \
    X(WRITES, "writes")                                    \
    X(DEFINES, "defines")   /* DDL that keeps the data */  \
    X(DESTROYS, "destroys") /* rows or columns are gone */ \
    X(CONTROLS, "controls") /* transactions, sessions */

enum wb_sql_does {
#define X(name, word) WB_SQL_##name,
    WB_SQL_CLASSES(X)
#undef X
};
const char *wb_sql_does_word(enum wb_sql_does d);

/* Table locks of PostgreSQL, weakest first. */
/* X(name, words) */
#define WB_SQL_LOCKS(X)                                 \
    X(NONE, "none")                                     \
    X(ACCESS_SHARE, "ACCESS SHARE")                     \
    X(ROW_SHARE, "ROW SHARE")                           \
    X(ROW_EXCLUSIVE, "ROW EXCLUSIVE")                   \
    X(SHARE_UPDATE_EXCLUSIVE, "SHARE UPDATE EXCLUSIVE") \
    X(SHARE, "SHARE")                                   \
    X(SHARE_ROW_EXCLUSIVE, "SHARE ROW EXCLUSIVE")       \
    X(EXCLUSIVE, "EXCLUSIVE")                           \
    X(ACCESS_EXCLUSIVE, "ACCESS EXCLUSIVE")

enum wb_sql_lock {
#define X(name, words) WB_LOCK_##name,
    WB_SQL_LOCKS(X)
#undef X
};
const char *wb_sql_lock_word(enum wb_sql_lock l);
/* What nobody else does meanwhile, in words: "reads or writes", "writes"; NULL: others can do both.
 */
const char *wb_sql_lock_stops(enum wb_sql_lock l);

/* How MySQL and MariaDB carry an ALTER out. */
enum wb_sql_algorithm {
    WB_ALGORITHM_NONE, /* not an ALTER of theirs */
    WB_ALGORITHM_UNKNOWN,
    WB_ALGORITHM_INSTANT,
    WB_ALGORITHM_INPLACE, /* rows are written meanwhile */
    WB_ALGORITHM_COPY,    /* no row is written meanwhile */
};
const char *wb_sql_algorithm_word(enum wb_sql_algorithm a); /* "INSTANT" */

/* What a statement does with a table's rows while it holds its lock. */
enum wb_sql_work {
    WB_WORK_NOTHING,
    WB_WORK_SCAN,          /* reads all rows */
    WB_WORK_INDEX,         /* reads all rows, builds an index */
    WB_WORK_REWRITE,       /* writes all rows anew, and all indexes */
    WB_WORK_MAYBE_REWRITE, /* as REWRITE, unless something that the text does not say */
};

/* A table, or what is used like one, that must be there when the statement runs. */
struct wb_sql_table {
    const char *schema, *name; /* as the server reads the name; schema NULL: none is named */
    size_t at;                 /* byte of the text */
    bool guarded;              /* IF EXISTS */
    bool partition;            /* locked as a partition, not as the statement's table */
    enum wb_sql_lock lock;     /* PostgreSQL only */
    enum wb_sql_work work;
    enum wb_sql_algorithm algorithm;
    const char *why;    /* what asks for lock and work: "ALTER COLUMN … TYPE"; NULL: reading or
                           writing rows */
    const char *column; /* that the work is about, and the type that it shall have; NULL: none */
    const char *type;
    const char *safer; /* how to do the same without holding others up; NULL: nothing to say */
};

/* A column that must be there. */
struct wb_sql_column {
    const char *name, *qualifier; /* qualifier NULL: none */
    size_t at;
    size_t *tables; /* indexes of tables that it may belong to */
    size_t n_tables, cap_tables;
    bool open; /* may belong to something whose columns the text does not tell */
};

/* X(name) */
enum wb_sql_change {
    WB_CHANGE_CREATE, /* of a table or view; columns say which, where known */
    WB_CHANGE_DROP,
    WB_CHANGE_RENAME, /* name to to */
    WB_CHANGE_ADD_COLUMN,
    WB_CHANGE_DROP_COLUMN,
    WB_CHANGE_RENAME_COLUMN,
    WB_CHANGE_CREATE_SCHEMA,
    WB_CHANGE_DROP_SCHEMA,
    WB_CHANGE_MOVE, /* into another schema: to */
};

/* What is known, or no longer known, once the statement has run. */
struct wb_sql_effect {
    enum wb_sql_change change;
    const char *schema, *name, *column, *to;
    size_t at;
    bool guarded; /* IF [NOT] EXISTS, OR REPLACE */
    bool view, temporary;
    bool columns_known;
    const char **columns;
    size_t n_columns, cap_columns;
};

/* Something about how a query judges; whether it is wrong depends on what the query is for. */
enum wb_sql_sign {
    WB_SIGN_NULL_UNSAFE, /* a <> b of two tables: not true where one is NULL */
    WB_SIGN_NOT_IN,      /* x NOT IN (SELECT a …): never true once a is NULL */
    WB_SIGN_HIDING_JOIN, /* differences over an inner join */
    WB_SIGN_ANTI_JOIN,   /* rows of a that b lacks */
    WB_SIGN_BOTH_WAYS,   /* a full join of a and b: rows that either lacks are seen */
    WB_SIGN_AGGREGATE,   /* rows put together into a text: a is the function, b the separator */
    WB_SIGN_OVERWRITES,  /* INSERT … SELECT that updates rows which exist */
};

struct wb_sql_mark {
    enum wb_sql_sign sign;
    size_t at;
    const char *a, *b;        /* tables of a join; aggregate: function, separator or NULL */
    const char *left, *right; /* NULL_UNSAFE, NOT_IN: the two sides as written */
    const char *operator_;    /* NULL_UNSAFE: as written */
    size_t column[2];         /* NULL_UNSAFE, NOT_IN: indexes into columns; SIZE_MAX: none */
    bool ordered;             /* AGGREGATE */
    bool reference;           /* ANTI_JOIN: asks whether a reference leads somewhere */
};

enum { WB_NEVER = 0xFFFFFFFFu };

/* What a statement needs of its server; 0: any version, WB_NEVER: none. Versions as
 * major × 10000 + minor × 100 + patch. */
struct wb_sql_need {
    const char *what;
    size_t at;
    uint32_t postgres, mariadb, mysql, sqlite;
};
/* Whether a product of that name ("PostgreSQL", "MariaDB", "MySQL", "SQLite") and version can; true
 * where the product is another. ret_since: from when on; may be NULL. */
bool wb_sql_need_met(const struct wb_sql_need *n, const char *product, uint32_t version,
                     uint32_t *ret_since);

struct wb_sql_statement {
    size_t from, to;  /* bytes of the text, without white space around and without ';' */
    const char *verb; /* "ALTER TABLE"; in capitals */
    enum wb_sql_does does;
    bool irreversible; /* nothing that is left tells how it was before */
    bool alone;        /* cannot run inside a transaction; alone_at is where that shows */
    size_t alone_at;
    bool ends_transaction; /* MySQL and MariaDB commit before and after it */
    bool concurrently;
    bool opaque; /* code runs that is not seen here: DO, CALL */
    bool parsed; /* by the grammar: columns and marks are all there are */
    bool wrong;  /* the dialect is known and does not understand it */
    size_t error_at;
    const char *error;        /* of one that is wrong: in the parser's words */
    const char *lock_timeout; /* SET lock_timeout: its value; else NULL */
    bool local;               /* SET LOCAL */
    bool begins, ends;        /* a transaction */
    bool limited;             /* UPDATE, DELETE: has a WHERE or a LIMIT */

    struct wb_sql_table *tables;
    size_t n_tables, cap_tables;
    struct wb_sql_column *columns;
    size_t n_columns, cap_columns;
    struct wb_sql_effect *effects;
    size_t n_effects, cap_effects;
    struct wb_sql_mark *marks;
    size_t n_marks, cap_marks;
    struct wb_sql_need *needs;
    size_t n_needs, cap_needs;
};

struct wb_sql_script {
    struct wb_sql_statement *items;
    size_t n, cap;
};

/* Read a text of any number of statements. Everything in ret belongs to a. A statement that is not
 * understood is one item with parsed false; the others are read all the same. */
void wb_sql_read_script(struct wb_arena *a, enum wb_sql_dialect dialect, const char *text,
                        struct wb_sql_script *ret);

/* Whether that name is a table or schema of the server's own, which no catalog lists. */
bool wb_sql_is_system(enum wb_sql_dialect dialect, const char *schema, const char *name);

/* A name of a column that every table has ("ctid", "rowid"). */
bool wb_sql_is_system_column(enum wb_sql_dialect dialect, const char *name);

/* A query that lists the schemas in which a name without one is looked up; NULL: there is just
 * one. */
const char *wb_sql_search_path_query(enum wb_sql_dialect dialect);

#endif
