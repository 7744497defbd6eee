/* Shaping: a row as read from the source becomes the row that the target will hold.
 *
 * For each column the source's type, the target's type and the policies are compiled into one step:
 * nothing where the value passes as it is, a check where the target could refuse it, a conversion
 * where the kinds differ. Cells are changed in place; bytes that a conversion makes go to the
 * batch's arena. Afterwards the cells have exactly the forms that type.h gives for the target's
 * kinds, and no INVALID ones are left; this is what the digest is taken over.
 */
#ifndef WB_SCHEMA_SHAPE_H
#define WB_SCHEMA_SHAPE_H

#include "base/error.h"
#include "model/batch.h"
#include "model/catalog.h"
#include "model/policy.h"

struct wb_shape;

struct wb_shape_opts {
    struct wb_policy policy;
    bool text_refuses_nul;  /* the target's text cannot hold 0x00 (PostgreSQL) */
    bool text_must_be_utf8; /* the target's text must be valid UTF-8 (PostgreSQL) */
    bool count_refused; /* look only: what would be refused is counted (action REFUSE) and becomes
                           NULL */
    bool keep_refused;  /* compare only: what would be refused stays as it is, text as INVALID; it
                           equals nothing that the target can hold */
};

/* columns: indexes into to->columns, whose source_index gives the column of from. TYPE where a pair
 * of types has no conversion, naming both. Thread: build one a worker. */
enum wb_code wb_shape_new(const struct wb_table *from, const struct wb_table *to,
                          const uint32_t *columns, size_t n_columns,
                          const struct wb_shape_opts *opts, struct wb_shape **ret,
                          struct wb_error *err);
void wb_shape_free(struct wb_shape *s); /* accepts NULL */

/* VALUE where a policy refuses: names table, column, the issue and how to go on. */
enum wb_code wb_shape_batch(struct wb_shape *s, struct wb_batch *b, struct wb_error *err);

/* False where no value of this table can be refused or altered. */
bool wb_shape_may_alter(const struct wb_shape *s);

/* How many values were altered since new or the last reset, by column and issue. */
struct wb_altered {
    uint32_t column; /* index into to->columns */
    enum wb_issue issue;
    enum wb_action action;
    uint64_t values;
};
size_t wb_shape_altered(const struct wb_shape *s,
                        const struct wb_altered **ret); /* borrowed, only rows with values > 0 */
void wb_shape_reset_altered(struct wb_shape *s);

#endif
