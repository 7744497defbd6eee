/* How whimbrel check shows a plan. */
#ifndef WB_CLI_CHECK_PRINT_H
#define WB_CLI_CHECK_PRINT_H

#include "plan/plan.h"

enum wb_check_strict { WB_CHECK_LENIENT, WB_CHECK_STRICT };

/* 0, or 3 where the plan has errors (with STRICT: or warnings). */
int wb_check_exit_code(const struct wb_plan *p, enum wb_check_strict strict);

void wb_check_print_text(const struct wb_plan *p);
void wb_check_print_json(const struct wb_plan *p, enum wb_check_strict strict);
void wb_check_print_grammar(void); /* a Markdown table of all phrases and findings */

#endif
