/* Which rows belong together where source and target are one database, and what of them is to be
 * the same: by the mapping. This is what "checksum", "random rows" and "row parity" compare there.
 *
 * Rows of an old and a new table are joined by a key of the old one that the mapping carries as it
 * is. A column is compared as it is, or with the expression that its As gives; what As says in
 * words, and what no key joins, is left out and told. */
#ifndef WB_PLAN_JOINS_H
#define WB_PLAN_JOINS_H

#include "model/catalog.h"
#include "plan/plan.h"

struct wb_plan_join_column {
    const char *from, *to; /* from: NULL of an expression over several columns */
    const char *as;        /* SQL over the old row; NULL: the column as it is */
    struct wb_plan_place place;
    bool compared; /* else it may only be of the key */
};

struct wb_plan_join {
    const char *from, *to;         /* tables, as the mapping names them */
    const char *other;             /* another old table that fills it; NULL: none */
    const char *key_from, *key_to; /* the key, as far as names tell; catalogs know better */
    struct wb_plan_join_column *columns;
    size_t n_columns, cap_columns;
};

struct wb_plan_joins {
    struct wb_plan_join *items;
    size_t n, cap;
    struct wb_plan_words left_out; /* what is not compared, each in words and why */
    struct wb_plan_words unknown;  /* columns that the clause names and the mapping does not have */
    const char *why;               /* n == 0: why there is nothing */
};

/* Of a CHECKSUM, SAMPLE or PARITY. Everything in ret belongs to a. */
void wb_plan_joins(const struct wb_plan *plan, const struct wb_plan_clause *c, struct wb_arena *a,
                   struct wb_plan_joins *ret);
/* Whether the clause is one that is compared by such joins: of that kind, in one database. */
bool wb_plan_is_joined(const struct wb_plan *plan, const struct wb_plan_clause *c);

/* Indexes into j's columns that are, together, a key of the old table, and carried as they are: the
 * one that names tell, else the first, which is the primary key where there is one. 0: there is
 * none; else their number. ret is in a. */
size_t wb_plan_join_key(const struct wb_plan_join *j, const struct wb_table *from,
                        struct wb_arena *a, size_t **ret);

/* The table of "users.first, users.last", in a; NULL: it is not columns of one table. */
const char *wb_plan_columns_table(const char *cell, struct wb_arena *a);
/* A column of the mapping that the name is a slip of the pen away from; NULL: none. */
const char *wb_plan_near_mapped(const struct wb_plan *plan, const char *name, struct wb_arena *a);

/* Names in a row, "a, b and c", at most so many of them. */
void wb_plan_put_words(struct wb_buf *to, const struct wb_plan_words *w, size_t most);

#endif
