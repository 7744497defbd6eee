/* Criteria and checks of a phase as the loop judges them. For src/run only. */
#ifndef WB_RUN_CRITERIA_H
#define WB_RUN_CRITERIA_H

#include "run/inside.h"

enum wb_judgement { WB_JUDGED_TRUE, WB_JUDGED_NOT_YET, WB_JUDGED_FALSE };

/* The clauses of a task that need no database: metrics, time, signatures. why: WB_RUN_WHY bytes. */
enum wb_code wb_run_judge_here(struct wb_run *r, struct wb_run_phase *p, struct wb_run_item *item,
                               const struct wb_task *t, enum wb_judgement *ret,
                               uint64_t *ret_samples, char *why, struct wb_error *err);
/* Whether a task asks a database. */
bool wb_run_task_asks(const struct wb_task *t);
/* Judge an entry or exit criterion or a check, or start the job that does. */
enum wb_code wb_run_judge_item(struct wb_run *r, struct wb_run_phase *p, struct wb_run_item *item,
                               const struct wb_task *t, struct wb_error *err);
/* Write a judgement; a check that fails holds the run. */
enum wb_code wb_run_put_judgement(struct wb_run *r, int phase, const struct wb_task *t,
                                  enum wb_judgement answer, const char *why, uint64_t samples,
                                  struct wb_error *err);

/* The time of day; without what the clock was set forward while this runner ran. */
int64_t wb_run_sure_wall_us(const struct wb_run *r);
/* Why that is not the time of day, in words, in to. */
const char *wb_run_clock_words(const struct wb_run *r, char *to, size_t size);

/* decide.c */
enum wb_code wb_run_hold(struct wb_run *r, int phase, const char *step, const char *why,
                         struct wb_error *err);
enum wb_code wb_run_wait_for_person(struct wb_run *r, const struct wb_run_phase *p,
                                    const struct wb_task *t, struct wb_error *err);

void wb_run_put_intent(struct wb_run *r, int phase, const struct wb_task *t); /* with its undo */

/* Judged again in a while; why: what people read meanwhile. */
void wb_run_judge_again(struct wb_run *r, int phase, const struct wb_task *t, const char *why);
enum wb_code wb_run_judge_step(struct wb_run *r, int phase, const struct wb_task *t,
                               struct wb_error *err);

#endif
