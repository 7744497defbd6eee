/* Criteria about what a table or a side is used for. For src/run only. */
#ifndef WB_RUN_JUDGE_USE_H
#define WB_RUN_JUDGE_USE_H

#include "run/inside.h"

enum { WB_QUIET_MS = 5 * 60 * 1000 }; /* where the plan does not say for how long */

/* NO_QUERIES, NOT_WRITTEN; WAITING until its window has passed. */
void wb_run_judge_use(struct wb_job *job, const struct wb_plan_clause *c);

#endif
