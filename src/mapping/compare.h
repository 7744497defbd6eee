/* Whether two tables of one database hold what the mapping says: rows of the old one, joined with
 * those of the new one by a key, null-safely and down to the byte of text; and rows of the new one
 * that the old one lacks.
 *
 * Databases are only read. One statement reads both tables, so that a row is seen as it was at one
 * moment in both: whoever writes both sides in one transaction is never met between them. Large
 * tables are read in parts of their key, each by a statement of its own: no statement is long, no
 * snapshot is held, and memory is that of one part. A row that came or went meanwhile is judged as
 * of the moment of its part. Values of columns are never told; keys are where they are numbers or
 * uuids.
 */
#ifndef WB_MAPPING_COMPARE_H
#define WB_MAPPING_COMPARE_H

#include "base/cancel.h"
#include "engine/engine.h"
#include "plan/joins.h"

enum { WB_MAPPING_KEYS = 3 }; /* told of each kind of difference */

struct wb_mapping_count {
    uint64_t rows;
    const char *keys[WB_MAPPING_KEYS]; /* the first ones, in the order of the key; of numbers and
                                          uuids alone: others may be somebody's data */
    size_t n_keys;
};

struct wb_mapping_column {
    const char *name; /* of the new table */
    uint64_t rows;    /* that differ in it */
};

struct wb_mapping_result {
    const struct wb_plan_join *join;
    const char *on;     /* "customers.id = people.id" */
    const char *key;    /* "id", of the old table */
    const char *chosen; /* how a sample was: "by random()"; NULL: all rows */
    uint64_t rows;      /* of the old table that were compared */
    uint64_t new_rows;  /* of the new table that were looked up in the old one */
    bool at_least;      /* there are more than were counted */
    struct wb_mapping_count missing, changed, extra, doubled;
    struct wb_mapping_column *columns; /* that were compared */
    size_t n_columns;
};

struct wb_mapping_opts {
    uint64_t sample_rows; /* as many random rows of each table; 0: all */
    const struct wb_cancel *cancel;
    void (*told)(void *ctx, const char *table, uint64_t rows); /* may be NULL: so far */
    void *ctx;
};

/* Everything in ret belongs to a, or to j. Differences are no error. PLAN: the tables have no key
 * that the mapping carries, or lack a column of it; NOT_FOUND: a table is not there; what the
 * database says where it cannot evaluate or compare; TIMEOUT. The connection's statement timeout
 * holds for each part. */
enum wb_code wb_mapping_compare(struct wb_conn *c, const struct wb_plan_join *j,
                                const struct wb_mapping_opts *opts, struct wb_arena *a,
                                struct wb_mapping_result *ret, struct wb_error *err);

bool wb_mapping_is_equal(const struct wb_mapping_result *r);
/* One sentence without its end. */
void wb_mapping_put(struct wb_buf *to, const struct wb_mapping_result *r);

#endif
