/* From phrases to clauses. For src/plan only. */
#ifndef WB_PLAN_CLAUSE_H
#define WB_PLAN_CLAUSE_H

#include "plan/reader.h"

/* The form of p that a pattern takes (p, or without its parentheses, comments, leading words), and
 * the match. False where it is prose. */
bool wb_clause_match(struct wb_plan_reader *r, const struct wb_phrase *p, struct wb_phrase *ret,
                     struct wb_match *m);
void wb_clause_build(struct wb_plan_reader *r, const struct wb_phrase *p,
                     const struct wb_phrase *form, const struct wb_match *m,
                     struct wb_plan_clause *ret);
/* The names in tokens [i, j), parted by commas and "and". */
void wb_clause_add_names(struct wb_plan_reader *r, const struct wb_phrase *p, size_t i, size_t j,
                         struct wb_plan_words *to);
bool wb_clause_parts_names(const struct wb_token *t); /* a comma, "and" … */
/* role.c. Whether what p begins with is somebody who signs, not a sentence. */
bool wb_clause_begins_with_role(const struct wb_phrase *p);
/* An error for each part of tokens [i, j) that is nobody who signs. */
void wb_clause_judge_roles(struct wb_plan_reader *r, const struct wb_phrase *p, size_t i, size_t j);
bool wb_clause_is_sql(const struct wb_token *t); /* a code span with a query */
/* The findings of a part that is no clause: a slip of the pen, or what reads as if it were
 * measured. */
void wb_clause_explain(struct wb_plan_reader *r, const struct wb_phrase *p,
                       enum wb_clause_place at);

#endif
