/* Whether what was counted lies beyond a threshold for certain: what triggers fire on and gates
 * fail on. */
#ifndef WB_METRIC_BEYOND_H
#define WB_METRIC_BEYOND_H

#include "metric/window.h"

/* Whether the tally is as the clause says (cmp, threshold), beyond doubt; fills *ret. The tally
 * must not be empty. */
bool wb_metric_is_beyond(const struct wb_metric_spec *spec, const struct wb_tally *tally,
                         struct wb_measured *ret);

/* Whether there is anything to judge by. */
bool wb_metric_has_data(const struct wb_metric_spec *spec, const struct wb_tally *tally);

/* value CMP threshold */
bool wb_metric_compare(double value, enum wb_metric_cmp cmp, double threshold);

/* True of above and at least. */
bool wb_metric_is_upward(enum wb_metric_cmp cmp);

#endif
