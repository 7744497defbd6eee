/* The fold's inside: one function an event kind. For src/run/apply*.c only. */
#ifndef WB_RUN_APPLY_H
#define WB_RUN_APPLY_H

#include "run/state.h"

#include <jansson.h>

struct wb_apply {
    struct wb_run_state *s;
    const struct wb_event *e;
    const json_t *data;
    struct wb_run_moment now;
    struct wb_run_phase *phase; /* of the event; NULL without */
    struct wb_run_item *item;   /* likewise */
    struct wb_error *err;
};

typedef enum wb_code (*wb_apply_fn)(struct wb_apply *a);

enum wb_code wb_apply_refuse(struct wb_apply *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *wb_apply_text(const struct wb_apply *a, const char *key); /* "" where it is missing */
bool wb_apply_is(const struct wb_apply *a, const char *key, const char *word);
bool wb_apply_bool(const struct wb_apply *a, const char *key);
int64_t wb_apply_int(const struct wb_apply *a, const char *key, int64_t otherwise);
const char *wb_apply_keep(struct wb_apply *a, const char *text); /* in the state's arena */
void wb_apply_void_signs(struct wb_apply *a, struct wb_run_phase *p, const char *why);
void wb_apply_hold(struct wb_apply *a, const char *why);

/* What only goes forward while nothing stands in the way; what needs a run that is not over. */
enum wb_code wb_apply_must_be_free(struct wb_apply *a);
enum wb_code wb_apply_must_go_on(struct wb_apply *a);

/* apply_phase.c */
enum wb_code wb_apply_phase_state(struct wb_apply *a);
enum wb_code wb_apply_phase_done(struct wb_apply *a);
enum wb_code wb_apply_judged(struct wb_apply *a);
enum wb_code wb_apply_stage_started(struct wb_apply *a);
enum wb_code wb_apply_gate(struct wb_apply *a);
enum wb_code wb_apply_stage_done(struct wb_apply *a);
enum wb_code wb_apply_step_intent(struct wb_apply *a);
enum wb_code wb_apply_step_outcome(struct wb_apply *a);
enum wb_code wb_apply_verdict(struct wb_apply *a);

/* apply_record.c */
enum wb_code wb_apply_identity(struct wb_apply *a);
enum wb_code wb_apply_baseline(struct wb_apply *a);
enum wb_code wb_apply_flag(struct wb_apply *a);
enum wb_code wb_apply_sign_off(struct wb_apply *a);
enum wb_code wb_apply_sign_off_void(struct wb_apply *a);
enum wb_code wb_apply_armed(struct wb_apply *a);
enum wb_code wb_apply_stage_progress(struct wb_apply *a);

/* apply_count.c: what is counted, and the time in which it could be */
struct wb_run_moment wb_apply_now(const struct wb_apply *a);
enum wb_code wb_apply_counted(struct wb_apply *a);
void wb_apply_cut_off_counts(struct wb_apply *a);   /* their runner ended without a word */
double wb_apply_diverged(const struct wb_apply *a); /* so far */
/* Somebody has looked at the triggers that have fired, and at what has failed in the phase. */
void wb_apply_look_at_divergences(struct wb_apply *a, struct wb_run_phase *p);

/* apply_plan.c: what comes from the plan */
enum wb_code wb_apply_run_started(struct wb_apply *a);
enum wb_code wb_apply_phase_started(struct wb_apply *a);
enum wb_code wb_apply_amended(struct wb_apply *a);

/* apply_undo.c */
void wb_apply_forget_undo(struct wb_apply *a); /* of the event's step: nothing was done */
enum wb_code wb_apply_undo_recorded(struct wb_apply *a);
enum wb_code wb_apply_undo_intent(struct wb_apply *a);
enum wb_code wb_apply_undo_outcome(struct wb_apply *a);
enum wb_code wb_apply_rollback(struct wb_apply *a);
enum wb_code wb_apply_rolled_back(struct wb_apply *a);
enum wb_code wb_apply_trigger(struct wb_apply *a);
enum wb_code wb_apply_action_intent(struct wb_apply *a);
enum wb_code wb_apply_action_outcome(struct wb_apply *a);

#endif
