/* From what was found to outcomes, verdicts and what earlier failures still stand. */
#ifndef WB_VERIFY_OUTCOME_H
#define WB_VERIFY_OUTCOME_H

#include "verify/job.h"

/* Fills the report: outcomes of tables and of the whole. code: how comparing ended. */
void wb_verify_conclude(struct wb_verify_job *job, enum wb_code code);

void wb_verify_conclude_table(struct wb_verify_job *job, struct wb_verify_pair *p);

/* Writes the verdicts as they are before anything is repaired, durably. */
enum wb_code wb_verify_judge_before_repair(struct wb_verify_job *job, struct wb_error *err);

/* Writes the verdicts, looks for standing failures and says how it ended: OK, DIFFERS, UNPROVEN, or
 * the error of writing. */
enum wb_code wb_verify_judge_all(struct wb_verify_job *job, struct wb_error *err);

#endif
