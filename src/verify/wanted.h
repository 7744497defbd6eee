/* What the target ought to hold: the source's catalog mapped by the copy's rules, where the data
 * once decided a type (boolean or small integer, time or interval) as the target has it. */
#ifndef WB_VERIFY_WANTED_H
#define WB_VERIFY_WANTED_H

#include "engine/engine.h"
#include "model/policy.h"
#include "schema/rules.h"

struct wb_verify_want_ask {
    const struct wb_catalog *source, *actual; /* as described on either side */
    const struct wb_engine *source_engine, *target_engine;
    const struct wb_probe *target_probe;
    const struct wb_rules *rules;
    struct wb_policy policy;
    const char *target_schema; /* NULL: the engine's default */
};

/* ret borrows strings from ask->source, which must outlive it; free it with wb_catalog_done. Errors
 * as those of wb_schema_map. */
enum wb_code wb_verify_want(const struct wb_verify_want_ask *ask, struct wb_catalog *ret,
                            struct wb_error *err);

/* A view of a mapped catalog whose tables lie in that schema (of the target as it is, so that
 * statements rendered from it never name the source's). It borrows from wanted and lives in a; it
 * is not to be freed. */
struct wb_catalog wb_verify_placed(const struct wb_catalog *wanted, const char *schema,
                                   struct wb_arena *a);

#endif
