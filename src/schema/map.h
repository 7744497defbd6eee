/* From the source's catalog to the target's: filters, renames, casts, name rules, types,
 * expressions.
 *
 * wb_schema_map() builds a new catalog in the target's words: names as they will be, types through
 * the target's map_type (or the user's casts), expressions parsed into trees, every object that
 * hangs on a table carried along. Nothing is dropped silently: what is left out or changed becomes
 * a finding.
 */
#ifndef WB_SCHEMA_MAP_H
#define WB_SCHEMA_MAP_H

#include "engine/engine.h"
#include "model/policy.h"
#include "schema/rules.h"

struct wb_map_opts {
    const struct wb_rules *rules;      /* --include … --cast; never NULL */
    struct wb_policy policy;           /* name-length and name-case count here */
    const char *target_schema;         /* where tables go; NULL: target_default_schema */
    const char *target_default_schema; /* as the target's describe names it (PostgreSQL: public);
                                          NULL: none */
    const struct wb_engine *source, *target;
    size_t target_max_name_bytes;
    /* Per source table and column: a scan has shown that a boolean-like column holds other values,
     * or that a TIME leaves the day. NULL: nothing was scanned, the narrow type is assumed. */
    bool (*scanned)(void *ctx, const struct wb_table *t, uint32_t column, enum wb_scan_kind kind);
    void *scanned_ctx;
};

/* ret borrows strings from source, which must outlive it; free it with wb_catalog_done. Errors:
 * NAME, TYPE, RULE (a rule that matches nothing), each naming the object. Findings go to
 * ret->findings. */
enum wb_code wb_schema_map(const struct wb_catalog *source, const struct wb_map_opts *opts,
                           struct wb_catalog *ret, struct wb_error *err);

#endif
