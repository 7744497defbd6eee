/* Criteria that compare both databases, and which criteria ask a database at all. */
#ifndef WB_RUN_JUDGE_VERIFY_H
#define WB_RUN_JUDGE_VERIFY_H

#include "run/inside.h"

bool wb_run_asks(const struct wb_plan_clause *c);
void wb_run_judge_verify(struct wb_job *job, const struct wb_plan_clause *c);
/* The one database, read only; each statement ends in time. */
enum wb_code wb_run_connect_to_compare(struct wb_job *job, struct wb_conn **ret,
                                       struct wb_error *err);
/* judge_joins.c: checksums, samples and row parity within one database, by the mapping. */
void wb_run_judge_joins(struct wb_job *job, const struct wb_plan_clause *c);
/* The whole comparison of a step "compare the target with the source". */
void wb_run_verify_all(struct wb_job *job);

#endif
