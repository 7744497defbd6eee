/* What a plan states about today. For src/plan only. */
#ifndef WB_PLAN_FACTS_H
#define WB_PLAN_FACTS_H

#include "plan/reader.h"

/* Each takes what it finds in the phrase into the plan; false where there is nothing of the kind.
 */
bool wb_facts_traffic(struct wb_plan_reader *r, const struct wb_phrase *p);
bool wb_facts_baseline(struct wb_plan_reader *r, const struct wb_phrase *p);

#endif
