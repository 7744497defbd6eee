/* Whether the As of a mapping is SQL over the old row. For src/plan only. */
#ifndef WB_PLAN_EXPRESSION_H
#define WB_PLAN_EXPRESSION_H

#include "plan/plan.h"

/* True for an expression that the old row alone decides, and that names one of these columns of the
 * table, or nothing at all (a constant). False for words, for queries, and for what gives another
 * value each time. */
bool wb_plan_is_expression(const char *text, const char *table,
                           const struct wb_plan_words *columns);

#endif
