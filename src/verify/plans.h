/* Plans of one query on two servers, reduced to what can be compared, and what the target lacks. */
#ifndef WB_VERIFY_PLANS_H
#define WB_VERIFY_PLANS_H

#include "verify/performance.h"

/* Both sides' schemas. wanted is NULL where the mapping could not be had; then no index is named.
 */
struct wb_plan_world {
    const struct wb_catalog *source, *wanted, *actual;
    const struct wb_ddl_list *ddl; /* the statements of wanted */
};

struct wb_plan_finding {
    struct wb_performance_index *missing;
    size_t n_missing, cap_missing;
    const char **notes;
    size_t n_notes, cap_notes;
};

/* A line a step, indented by its depth: "  Index Scan of orders by orders_customer". */
const char *wb_plan_text(const struct wb_explain *p, struct wb_arena *a);

/* Indexes that the source used and the target does not have, and what else the target does that the
 * source does not. The plans' tables may be aliases of the queries. Either plan may be NULL. */
void wb_plan_compare(const struct wb_plan_world *w, const char *source_sql,
                     const struct wb_explain *source, const char *target_sql,
                     const struct wb_explain *target, struct wb_arena *a,
                     struct wb_plan_finding *ret);

#endif
