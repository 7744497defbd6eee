/* Whether the target's schema is what the source's schema, mapped, says it should be.
 *
 * Compared are columns, types, defaults, nullability, generated and identity columns, partitions,
 * indexes, keys, checks and next values: by meaning, not by spelling. Where the target's engine can
 * say how it would describe the wanted schema (verify->expect), that is what the target is compared
 * with; elsewhere expressions are compared as trees, and what cannot be compared is UNVERIFIED,
 * with the reason. It reads, and leaves nothing behind.
 */
#ifndef WB_VERIFY_STRUCTURE_H
#define WB_VERIFY_STRUCTURE_H

#include "verify/verify.h"

struct wb_verify_structure_ask {
    const struct wb_catalog *source; /* as described */
    const struct wb_catalog *wanted; /* the source's, mapped by wb_schema_map (wanted.h) */
    const struct wb_catalog *actual; /* as the target describes itself; all of its schema */
    struct wb_conn *source_conn, *target_conn; /* not in use by others meanwhile */
    unsigned levels; /* of WB_VERIFY_SCHEMA, INDEXES, CONSTRAINTS, SEQUENCES; others are ignored */
};

/* Findings in the order of tables, in a: DIFFERENT (what was expected and what is there),
 * UNVERIFIED (what could not be compared and why) and EQUAL (a note: an object that cannot be
 * carried, an index by another name). An error means that nothing is known: the connection was
 * lost, or either side cannot be asked. */
enum wb_code wb_verify_structure(const struct wb_verify_structure_ask *ask, struct wb_arena *a,
                                 struct wb_verify_finding **ret, size_t *ret_n,
                                 struct wb_error *err);

/* Two indexes of one meaning: columns or expressions in order, directions, uniqueness, method and
 * condition; names do not count. For catalogs of one engine. */
bool wb_verify_same_index(const struct wb_table *ta, const struct wb_index *a,
                          const struct wb_table *tb, const struct wb_index *b);

#endif
