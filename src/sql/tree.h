/* A statement as PostgreSQL's grammar reads it, and what is gathered from it. For src/sql only.
 *
 * The tree is libpg_query's JSON: a node is an object with one key, its type; some fields hold a
 * node's inside directly. A place is a byte of the statement; 0 is left out. */
#ifndef WB_SQL_TREE_H
#define WB_SQL_TREE_H

#include "sql/lex.h"

#include <jansson.h>

struct wb_sql_reader {
    struct wb_arena *a;
    enum wb_sql_dialect dialect;
    const char *text; /* the whole */
    const struct wb_sql_lex_part *p;
    struct wb_sql_statement *s;
};

/* Something that a FROM clause gives columns of. */
struct wb_sql_rel {
    const char *alias; /* by which columns are told */
    const char *base;  /* the one table that its rows come from, in lower case; NULL: several */
    size_t table;      /* index into tables; SIZE_MAX: no table */
    size_t at;
    bool nullable; /* of an outer join */
    bool full;     /* of a full join */
};

struct wb_sql_scope {
    struct wb_sql_scope *up;
    struct wb_sql_rel *rels;
    size_t n, cap;
    const char **ctes, **cte_bases;
    size_t n_ctes, cap_ctes, cap_bases;
    const char **outputs; /* names that the query itself gives */
    size_t n_outputs, cap_outputs;
};

/* NULL-safe reading of nodes. */
const char *wb_tree_str(const json_t *body, const char *key);
bool wb_tree_flag(const json_t *body, const char *key);
/* The inside of a node of that type; NULL where it is another. */
json_t *wb_tree_as(const json_t *node, const char *type);
/* The type of a node and its inside; NULL where it is none. */
const char *wb_tree_type(const json_t *node, json_t **ret_body);
/* Where a node stands in the whole text. */
size_t wb_tree_at(const struct wb_sql_reader *r, const json_t *body);
/* The last name of a list of names, and the one before; either may be NULL. */
const char *wb_tree_name(const json_t *list, const char **ret_schema);
const char *wb_tree_copy(struct wb_sql_reader *r, const char *s);
/* A name as it is written at a place, where it is that name in another case. */
const char *wb_tree_written(struct wb_sql_reader *r, size_t at, const char *name);

/* --- names (names.c) ---------------------------------------------------------------------------
 */

/* Add a table that must be there; rv is the inside of a RangeVar. Its index. */
size_t wb_names_table(struct wb_sql_reader *r, const json_t *rv, enum wb_sql_lock lock);
void wb_names_column(struct wb_sql_reader *r, const char *name, size_t at, size_t table);
/* All tables and columns of an expression or query inside of a statement about one table. */
void wb_names_within(struct wb_sql_reader *r, const json_t *node, const json_t *rv, size_t table);
/* SELECT, INSERT, UPDATE, DELETE, MERGE: false where it is none of them. */
bool wb_names_read(struct wb_sql_reader *r, const char *type, const json_t *body,
                   struct wb_sql_scope *up);

/* --- marks (marks.c) ---------------------------------------------------------------------------
 */

void wb_marks_select(struct wb_sql_reader *r, struct wb_sql_scope *scope, const json_t *select);
void wb_marks_except(struct wb_sql_reader *r, const char *from, const char *missing);
void wb_marks_text(struct wb_sql_reader *r); /* what tokens tell: aggregates, upserts */
struct wb_sql_rel *wb_scope_find(struct wb_sql_scope *scope, const json_t *column_ref);

/* --- statements (statement.c, define.c, alter.c, tokens.c, needs.c) ------------------------------
 */

void wb_statement_read(struct wb_sql_reader *r, const char *type, const json_t *body);
void wb_alter_read(struct wb_sql_reader *r, const json_t *body);
void wb_define_table(struct wb_sql_reader *r, const json_t *body); /* CREATE TABLE */
void wb_define_as(struct wb_sql_reader *r, const json_t *rv, const json_t *query, bool view);
void wb_define_index(struct wb_sql_reader *r, const json_t *body);
void wb_define_drop(struct wb_sql_reader *r, const json_t *body);
void wb_define_rename(struct wb_sql_reader *r, const json_t *body);
/* The statement locks that table: what for, and what holds up nobody (NULL: nothing does). */
struct wb_sql_table *wb_define_lock(struct wb_sql_reader *r, const json_t *rv,
                                    enum wb_sql_lock level, enum wb_sql_work work, const char *why,
                                    const char *safer);
/* It cannot run inside a transaction, because of that word. */
void wb_define_alone(struct wb_sql_reader *r, const char *word);
bool wb_define_option(const json_t *list, const char *name); /* is there, and not off */
void wb_tokens_read(struct wb_sql_reader *r, bool names);
void wb_needs_read(struct wb_sql_reader *r);

struct wb_sql_effect *wb_effect_add(struct wb_sql_reader *r, enum wb_sql_change change,
                                    const char *schema, const char *name, size_t at);

#endif
