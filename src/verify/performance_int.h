/* Within the comparison of query times: what its files share. */
#ifndef WB_VERIFY_PERFORMANCE_INT_H
#define WB_VERIFY_PERFORMANCE_INT_H

#include "verify/performance.h"
#include "verify/plans.h"

enum { WB_PERFORMANCE_SIDES = 2 };

struct wb_performance_run {
    const struct wb_performance_opts *opts;
    const struct wb_clock *clock;
    struct wb_performance_report *report;
    struct wb_conn *conn[WB_PERFORMANCE_SIDES];
    struct wb_probe probe[WB_PERFORMANCE_SIDES];
    struct wb_catalog catalog[WB_PERFORMANCE_SIDES], wanted;
    struct wb_catalog placed; /* a view of wanted in the target's schema */
    struct wb_arena arena;
    struct wb_ddl_list ddl;
    struct wb_plan_world world;
    const char *no_world; /* why indexes cannot be named; NULL: they can */
    uint64_t started_us, told_us;
};

static inline uint64_t wb_performance_now_us(const struct wb_performance_run *r) {
    return r->clock->monotonic_us(r->clock->ctx);
}

/* Measure query i of the report, judge it and compare its plans. An error ends the whole run. */
enum wb_code wb_performance_compare(struct wb_performance_run *r, size_t i, struct wb_error *err);

#endif
