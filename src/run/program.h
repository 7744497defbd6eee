/* A plan as what a runner does: for each phase its items in order, with what belongs to each, its
 * triggers, and what this version cannot do. Pure: looks at nothing but the plan. */
#ifndef WB_RUN_PROGRAM_H
#define WB_RUN_PROGRAM_H

#include "plan/plan.h"
#include "run/state.h"

/* What an item asks for. */
enum wb_task_does {
    WB_DOES_MANUAL,   /* a person does or confirms it */
    WB_DOES_SQL,      /* its up block */
    WB_DOES_SCRIPT,   /* its up block of sh */
    WB_DOES_REQUEST,  /* its up block of http */
    WB_DOES_COPY,     /* the whole database, as whimbrel copy */
    WB_DOES_SCHEMA,   /* its tables, without rows */
    WB_DOES_VERIFY,   /* the whole database, as whimbrel verify */
    WB_DOES_BACKUP,   /* as whimbrel backup, or by the command of the front matter */
    WB_DOES_ACTIONS,  /* the step's actions: flags, pages */
    WB_DOES_CLAUSES,  /* judged */
    WB_DOES_QUERY,    /* a check block */
    WB_DOES_STAGE,    /* a ramp stage */
    WB_DOES_WAIT_DAY, /* not before a day of the plan */
};

struct wb_task {
    enum wb_run_item_kind kind;
    enum wb_task_does does;
    const char *id, *text;
    struct wb_plan_place place;
    const struct wb_plan_clause *clauses;
    size_t n_clauses;
    const struct wb_plan_step *step;
    const struct wb_plan_stage *stage;
    const struct wb_plan_block *up, *verify, *down, *check; /* NULL without */
    bool irreversible, needs_data;
    const char *backup_to; /* BACKUP: the folder; NULL: by the command of the front matter */
};

struct wb_task_trigger {
    const char *id; /* "trigger.1" */
    const struct wb_plan_clause *clause;
    const struct wb_plan_label *label; /* with its actions */
    bool pages_only;                   /* "alert if …" */
};

struct wb_program_phase {
    const struct wb_plan_phase *plan;
    int index, number;
    struct wb_task *tasks;
    size_t n_tasks, cap_tasks;
    struct wb_task_trigger *triggers;
    size_t n_triggers, cap_triggers;
};

struct wb_program {
    struct wb_arena arena;
    const struct wb_plan *plan; /* borrowed */
    struct wb_program_phase *phases;
    size_t n_phases;
    char hash[65]; /* of all phases' hashes */
};

void wb_program_make(const struct wb_plan *plan, struct wb_program *ret);
void wb_program_done(struct wb_program *p);

const struct wb_program_phase *wb_program_phase_of(const struct wb_program *p, int number);
const struct wb_task *wb_program_task(const struct wb_program_phase *p, const char *id);

/* Why this version cannot run the plan, in a; NULL: it can. *ret_place tells where. */
const char *wb_program_refusal(const struct wb_program *p, struct wb_arena *a,
                               struct wb_plan_place *ret_place);

/* What an item will do, in a sentence, for a dry run. */
const char *wb_program_sentence(const struct wb_task *t, struct wb_arena *a);

#endif
