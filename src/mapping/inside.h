/* For src/mapping only. */
#ifndef WB_MAPPING_INSIDE_H
#define WB_MAPPING_INSIDE_H

#include "mapping/compare.h"

enum { WB_MAPPING_MOST = 100000 }; /* rows that differ and are counted, of one statement */

struct wb_mapping_side {
    const char *table; /* quoted, with its schema */
    const struct wb_table *t;
    const char **key;                /* quoted, n_key of the pair */
    const struct wb_column **column; /* of the key */
};

struct wb_mapping_value {
    const char *name;           /* of the new column */
    const char *from;           /* SQL over the old row */
    const char *to;             /* quoted */
    const struct wb_type *type; /* of the new column */
};

struct wb_mapping_pair {
    const struct wb_engine *engine;
    struct wb_mapping_side old, new;
    size_t n_key;
    struct wb_mapping_value *values;
    size_t n_values;
    bool unique;  /* the key of the new table, too */
    bool indexed; /* an index of the new table leads with the key's first column */
    bool ordered; /* both tables order that column in the same way */
};

/* Which rows of a side a statement is about; zeroed: all. */
struct wb_mapping_part {
    const char *above, *upto; /* literals: of the key's first column; NULL: no bound */
    bool nulls;               /* those where that is NULL */
    const char *among;        /* literals parted by commas */
    uint64_t random;          /* so many, at random */
};

/* Rows: missing (0 or 1), one 0 or 1 a value that differs, the key's columns (NULL where nothing
 * differs, unless each row is asked for), how many. What differs comes last, by its key. */
enum wb_mapping_rows { WB_MAPPING_WHAT_DIFFERS, WB_MAPPING_EACH_ROW };
void wb_mapping_sql_values(struct wb_buf *to, const struct wb_mapping_pair *p,
                           const struct wb_mapping_part *part, enum wb_mapping_rows rows);
/* The number of rows of the old table. */
void wb_mapping_sql_count(struct wb_buf *to, const struct wb_mapping_pair *p,
                          const struct wb_mapping_part *part);
/* Rows: too many (0 or 1), the key's columns of the new table, how many. */
void wb_mapping_sql_extra(struct wb_buf *to, const struct wb_mapping_pair *p,
                          const struct wb_mapping_part *part);
/* Rows: the key's columns of the new table, how many times. */
void wb_mapping_sql_doubled(struct wb_buf *to, const struct wb_mapping_pair *p,
                            const struct wb_mapping_part *part);
/* The first column of the key n rows above; none: there are fewer. */
void wb_mapping_sql_bound(struct wb_buf *to, const struct wb_mapping_pair *p,
                          const struct wb_mapping_side *s, const char *above, uint64_t rows);

/* pair.c: tables, key and columns by the catalogs, which live in *catalogs. */
struct wb_mapping_catalogs {
    struct wb_catalog of[2];
};
enum wb_code wb_mapping_pair_up(struct wb_conn *c, const struct wb_plan_join *j, struct wb_arena *a,
                                struct wb_mapping_catalogs *catalogs, struct wb_mapping_pair *ret,
                                struct wb_error *err);
void wb_mapping_catalogs_done(struct wb_mapping_catalogs *catalogs);

/* sample.c: random keys of a side whose key is one whole number, each row with the same chance.
 * *ret_n 0: it has to be done in another way. */
enum wb_code wb_mapping_draw(struct wb_conn *c, const struct wb_mapping_pair *p,
                             const struct wb_mapping_side *s, const struct wb_mapping_opts *opts,
                             struct wb_arena *a, int64_t **ret, size_t *ret_n,
                             struct wb_error *err);

#endif
