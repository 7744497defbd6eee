/* How whimbrel check shows a plan. */
#ifndef WB_CLI_CHECK_PRINT_H
#define WB_CLI_CHECK_PRINT_H

#include "lint/lint.h"
#include "plan/plan.h"

enum wb_check_strict { WB_CHECK_LENIENT, WB_CHECK_STRICT };

/* A plan that was checked. */
struct wb_checked {
    const struct wb_plan *plan;
    enum wb_check_strict strict;
    const struct wb_lint_sides *sides; /* NULL: no database was asked */
    const char *refusal;               /* why whimbrel run would not begin; NULL: it would */
    struct wb_plan_place refusal_place;
};

/* 4 where a database could not be looked into; 3 where the plan has errors (with STRICT: or
 * warnings); else 0. */
int wb_check_exit_code(const struct wb_checked *c);

void wb_check_print_text(const struct wb_checked *c);
void wb_check_print_json(const struct wb_checked *c);
void wb_check_print_grammar(void); /* a Markdown table of all phrases and findings */

/* check_json_parts.c: clauses, actions, steps, blocks, metrics. */
struct wb_json;
void wb_check_put_place(struct wb_json *j, struct wb_plan_place place);
void wb_check_put_phase_parts(struct wb_json *j, const struct wb_plan *p,
                              const struct wb_plan_phase *phase);
void wb_check_put_blocks(struct wb_json *j, const struct wb_plan *p);
void wb_check_put_metrics(struct wb_json *j, const struct wb_plan *p);

#endif
