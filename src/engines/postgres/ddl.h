/* Rendering a mapped catalog as PostgreSQL's DDL: what the files of that job share. */
#ifndef WB_ENGINES_POSTGRES_DDL_H
#define WB_ENGINES_POSTGRES_DDL_H

#include "engines/postgres/internal.h"

/* A set of names, by schema: relations (tables, indexes, sequences) share one name space there. */
struct wb_names {
    struct wb_arena *arena;
    const char **items; /* open addressing; n_slots is a power of two */
    size_t n, n_slots;
};

bool wb_names_has(const struct wb_names *s, const char *schema, const char *name);
bool wb_names_add(struct wb_names *s, const char *schema,
                  const char *name); /* false: it was there */
/* The first of "base", "base_2", "base_3" … that is free, cut to 63 bytes at a character; it is
 * added. */
const char *wb_names_take(struct wb_names *s, const char *schema, const char *base);

/* A rendered enum type. */
struct wb_enum_name {
    const char *schema, *name;
    const struct wb_type *type;
};

struct wb_render {
    const struct wb_catalog *catalog;
    unsigned version;
    struct wb_arena *arena;
    struct wb_ddl_list *list;
    struct wb_findings *findings;
    struct wb_names relations; /* tables, indexes, sequences */
    struct wb_names
        wished; /* index names that one table wishes; those wished twice are in doubled */
    struct wb_names doubled;
    struct wb_enum_name *enums;
    size_t n_enums, cap_enums;
    bool collation_used[2]; /* by wb_postgres_ci_level() - 1 */
};

/* Append a statement; all text is copied. */
struct wb_ddl *wb_render_add(struct wb_render *r, enum wb_ddl_part part, const struct wb_table *t,
                             const char *sql, const char *kind, const char *object);

/* A finding about an object of a table, named as the source names it. member may be NULL. */
void wb_render_find(struct wb_render *r, enum wb_finding_kind finding, const char *kind,
                    const struct wb_table *t, const char *member, const char *hint,
                    const char *why);
const char *wb_render_member(struct wb_render *r, const struct wb_table *t,
                             const char *member); /* "orders.total" */

/* The column's type as DDL, its collation behind it. */
void wb_render_type(struct wb_render *r, struct wb_buf *to, const struct wb_table *t,
                    const struct wb_column *c);

/* Case-insensitive collations: 0 where the flags ask for none, 1 ignores case and accents, 2 case
 * alone. */
unsigned wb_postgres_ci_level(unsigned collation_flags);
void wb_render_collation(struct wb_render *r, struct wb_buf *to, const char *schema,
                         unsigned level); /* its quoted name */

/* What an expression is for decides what it may use. */
enum wb_expr_use {
    WB_EXPR_FOR_DEFAULT,
    WB_EXPR_FOR_CHECK,
    WB_EXPR_FOR_GENERATED,
    WB_EXPR_FOR_INDEX
};

/* Append an expression in PostgreSQL's dialect, meaning what it means in MySQL and SQLite: truth of
 * numbers, division, NULL in concatenations, case-insensitive comparison by the columns'
 * collations. False, with *ret_why set, where that cannot be had. column: the one whose default or
 * value it is, NULL for checks. */
bool wb_render_expr(struct wb_render *r, struct wb_buf *to, const struct wb_expr *e,
                    const struct wb_table *t, const struct wb_column *column, enum wb_expr_use use,
                    const char **ret_why);

/* A column's default. *ret_plain: a constant that the server takes for certain. */
bool wb_render_default(struct wb_render *r, struct wb_buf *to, const struct wb_table *t,
                       const struct wb_column *c, bool *ret_plain, const char **ret_why);

/* Whether the table's partitions can be carried; *ret_why where not. Adds PARTITION BY …, or the
 * partitions. */
bool wb_render_can_partition(const struct wb_table *t, const char **ret_why);
void wb_render_partition_by(struct wb_buf *to, const struct wb_table *t);
void wb_render_partitions(struct wb_render *r, const struct wb_table *t);

void wb_render_wish_indexes(struct wb_render *r,
                            const struct wb_table *t); /* first pass: which names are free */
void wb_render_reserve_keys(struct wb_names *names,
                            const struct wb_table *t); /* names that keys take as constraints */
/* The name that the table's next check gets, which no other constraint of the table may have: to be
 * asked for in order, behind the keys. */
const char *wb_render_check_name(struct wb_render *r, struct wb_names *names,
                                 const struct wb_table *t, const struct wb_check *c);
void wb_render_indexes(struct wb_render *r, const struct wb_table *t);
void wb_render_foreign_keys(struct wb_render *r, const struct wb_table *t);
void wb_render_sequences(struct wb_render *r, const struct wb_table *t);
void wb_render_sequence_default(struct wb_render *r, const struct wb_table *t,
                                const struct wb_column *c);
bool wb_render_is_identity(
    const struct wb_column *c); /* an integer, so that PostgreSQL's own identity serves */

#endif
