/* What is wrong or doubtful in a plan's SQL, and in the names that the plan uses.
 *
 * By text alone: statements that a server would not take, checks that prove less than they seem to,
 * what destroys without a name, what cannot run inside a transaction. With the databases at hand:
 * tables and columns that are not there, what is there already, what a server's version cannot do,
 * and which locks a step takes, for how long. What the plan itself creates and drops is known from
 * there on.
 *
 * Findings are added to the plan. Databases are only read: their catalogs are described, nothing
 * else.
 */
#ifndef WB_LINT_LINT_H
#define WB_LINT_LINT_H

#include "engine/engine.h"
#include "plan/plan.h"

/* What the parser does not understand: an error, or a warning where a server will be asked anyway
 * (its version may know more than the parser). */
enum wb_lint_syntax { WB_LINT_WRONG_IS_ERROR, WB_LINT_WRONG_IS_WARNING };

/* Add what the plan's text alone tells. Not twice, and not with wb_lint_databases too. */
void wb_lint_text(struct wb_plan *p, enum wb_lint_syntax wrong);

enum wb_lint_look {
    WB_LOOK_NOT_NAMED, /* the plan names no such database */
    WB_LOOK_DONE,
    WB_LOOK_SAME, /* it is the other one */
    WB_LOOK_FAILED,
};

/* How a database was found. Strings belong to the plan. */
struct wb_lint_side {
    enum wb_lint_look look;
    const char *shown;             /* the URL as the plan may show it; NULL: not named */
    const char *product, *version; /* NULL unless DONE */
    struct wb_error err;           /* of FAILED: says which database and what to do */
};

struct wb_lint_sides {
    struct wb_lint_side side[2]; /* by enum wb_side */
};

/* Add what the text and the databases tell. A database that cannot be reached is told in *ret, and
 * what is known of the other is judged all the same. cancel may be NULL. */
void wb_lint_databases(struct wb_plan *p, const struct wb_cancel *cancel,
                       struct wb_lint_sides *ret);

#endif
