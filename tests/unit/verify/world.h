/* Two databases of which the second was made from the first as a copy makes it, without rows; and
 * what the comparison of their structures says. */
#ifndef TESTS_UNIT_VERIFY_WORLD_H
#define TESTS_UNIT_VERIFY_WORLD_H

#include "verify/structure.h"

struct world {
    struct wb_conn *source, *target; /* whoever opened them closes them */
    const char *target_schema;       /* NULL: the engine's default */
    struct wb_arena arena;
    struct wb_verify_finding *findings;
    size_t n;
};

void world_make(struct world *w);    /* the target's schema, by map and render */
void world_compare(struct world *w); /* fills findings */
void world_done(struct world *w);    /* frees, closes nothing */

void world_run(struct wb_conn *c, const char *sql); /* fails the test where it fails */
/* Nothing differs and nothing is left unverified; notes may be there. */
void world_is_equal(struct world *w);
/* Exactly one finding that is no note: of that outcome, level and object, and its text has all of
 * text's words between '|'. */
void world_finds(struct world *w, enum wb_verify_outcome outcome, enum wb_verify_level level,
                 const char *object, const char *text);
/* Runs sql in the target, expects one DIFFERENT as above, and runs its hint (or undo, where that is
 * not NULL): then all is equal again. */
void world_change(struct world *w, const char *sql, enum wb_verify_level level, const char *object,
                  const char *text, const char *undo);

#endif
