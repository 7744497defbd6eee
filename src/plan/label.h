/* Labels of a phase. For src/plan only. */
#ifndef WB_PLAN_LABEL_H
#define WB_PLAN_LABEL_H

#include "plan/reader.h"

/* The label with which the phrase begins ("Steps: …"), NONE where with none; *ret_rest is the token
 * behind its colon, *ret_near whether it is only nearly that label. */
enum wb_label_kind wb_label_at(const struct wb_phrase *p, size_t *ret_rest, bool *ret_near);
/* The label that the whole phrase is (a heading, or alone in bold). */
enum wb_label_kind wb_label_alone(const struct wb_phrase *p, bool *ret_near);

#endif
