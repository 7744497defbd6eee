/* What the tests of plans share: parsing with a known environment, and a plan as text. */
#ifndef WB_TEST_GOLDEN_H
#define WB_TEST_GOLDEN_H

#include "plan/plan.h"

extern const struct wb_plan_opts golden_opts; /* every variable is set, but UNSET */

void golden_dump(const struct wb_plan *p, struct wb_buf *b);
struct wb_plan *golden_parse(const char *text); /* named plan.md */
const struct wb_plan_finding *golden_finding(const struct wb_plan *p, enum wb_plan_rule rule);

#endif
