/* The inside of src/lint. For src/lint only. */
#ifndef WB_LINT_INSIDE_H
#define WB_LINT_INSIDE_H

#include "lint/lint.h"
#include "sql/sql.h"

/* What a piece of SQL is for. */
enum wb_lint_role {
    WB_ROLE_CHECK,  /* runs read only; what it returns is compared */
    WB_ROLE_METRIC, /* runs read only, again and again */
    WB_ROLE_VERIFY, /* tells whether a step was done */
    WB_ROLE_UP,
    WB_ROLE_DOWN,
    WB_ROLE_ACTION,
    WB_ROLE_TEXT, /* a block without attributes: a person may run it */
    WB_ROLE_SPAN, /* in the words of a step */
    WB_ROLE_CODE, /* a string in code of another language */
};

struct wb_lint_query {
    enum wb_lint_role role;
    const char *text;
    const struct wb_plan_block *block; /* NULL: it begins at place */
    struct wb_plan_place place;
    bool fixed; /* places inside are not known: place is told for all */
    int phase;  /* -1: outside of phases */
    int rank;   /* order within a phase */
    enum wb_block_on on;
    enum wb_sql_dialect dialect;
    bool wants_nothing; /* must return 0 or no rows */
    struct wb_sql_script script;
};

/* --- what is known of a database's tables ------------------------------------------------------
 */

enum wb_known_state {
    WB_KNOWN_HERE,
    WB_KNOWN_GONE,  /* the plan dropped or renamed it */
    WB_KNOWN_MAYBE, /* a person may have made it */
};

struct wb_known {
    const char *schema, *name;
    enum wb_known_state state;
    const struct wb_table *table; /* as described; NULL: made by the plan, or a view */
    const char **columns;
    size_t n_columns, cap_columns;
    bool columns_known, view;
    unsigned made_line, gone_line; /* of the plan; 0: not by it */
};

struct wb_lint_schema {
    const char *name;
    bool here;
    struct wb_catalog catalog;
};

struct wb_lint_db {
    enum wb_side side;
    enum wb_sql_dialect dialect;
    bool open;
    struct wb_conn *conn;
    struct wb_probe probe;
    const char *default_schema;
    const char **path; /* schemas in which a bare name is looked up */
    size_t n_path, cap_path;
    struct wb_lint_schema *schemas;
    size_t n_schemas, cap_schemas;
    struct wb_known **known;
    size_t n_known, cap_known;
    unsigned opaque_line; /* from here on something may have made tables unseen; 0: nowhere */
    const char *opaque;
};

struct wb_lint_anti {
    const char *from, *missing;
    struct wb_plan_place place;
    int phase;
    bool reference, both;
};

struct wb_lint_aggregate {
    const char *function, *separator; /* separator NULL: not known */
    struct wb_plan_place place;
    int phase;
    bool ordered, compared;
};

struct wb_lint {
    struct wb_plan *plan;
    struct wb_arena *a; /* the plan's */
    enum wb_lint_syntax wrong;
    struct wb_lint_query *queries;
    size_t n_queries, cap_queries;
    bool online;
    struct wb_lint_db dbs[2];
    struct wb_lint_anti *anti;
    size_t n_anti, cap_anti;
    struct wb_lint_aggregate *aggregates;
    size_t n_aggregates, cap_aggregates;
};

void wb_lint_find(struct wb_lint *l, enum wb_plan_rule rule, enum wb_severity severity, int phase,
                  struct wb_plan_place place, const char *remedy, const char *text, ...)
    __attribute__((format(printf, 7, 8)));
/* The same at a byte of a query's text. */
void wb_lint_find_at(struct wb_lint *l, const struct wb_lint_query *q, size_t at,
                     enum wb_plan_rule rule, enum wb_severity severity, const char *remedy,
                     const char *text, ...) __attribute__((format(printf, 7, 8)));
struct wb_plan_place wb_lint_place(const struct wb_lint *l, const struct wb_lint_query *q,
                                   size_t at);
bool wb_lint_runs(const struct wb_lint_query *q); /* whimbrel runs it */

void wb_lint_collect(struct wb_lint *l);    /* texts.c: all SQL, in the order in which it runs */
void wb_lint_judge(struct wb_lint *l);      /* judge.c: what queries prove */
void wb_lint_statements(struct wb_lint *l); /* statements.c */
void wb_lint_names(struct wb_lint *l);      /* names.c */
void wb_lint_criteria(struct wb_lint *l);   /* criteria.c: names outside of SQL */
void wb_lint_locks(struct wb_lint *l, struct wb_lint_db *db, const struct wb_lint_query *q,
                   const struct wb_sql_statement *s); /* locks.c */

/* --- known.c ------------------------------------------------------------------------------------
 */

/* The database that a query runs on; NULL: not looked into. */
struct wb_lint_db *wb_lint_db_of(struct wb_lint *l, enum wb_block_on on);
/* Reads the schema's catalog where that was not done; NULL where the database has none of that
 * name. */
struct wb_lint_schema *wb_known_schema(struct wb_lint *l, struct wb_lint_db *db, const char *name);
/* By name as SQL means it; GONE ones too. NULL: never heard of. */
struct wb_known *wb_known_find(struct wb_lint *l, struct wb_lint_db *db, const char *schema,
                               const char *name);
bool wb_known_has_column(const struct wb_lint_db *db, const struct wb_known *k, const char *column);
void wb_known_apply(struct wb_lint *l, struct wb_lint_db *db, const struct wb_sql_effect *e,
                    unsigned line, enum wb_known_state made);
/* The nearest of what is known, or NULL. */
const char *wb_known_near_table(const struct wb_lint_db *db, const char *name);
const char *wb_known_near_column(const struct wb_known *k, const char *name);

#endif
