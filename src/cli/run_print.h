/* A run for people, at night: what happens, how far, what next, how to stop or undo it. */
#ifndef WB_CLI_RUN_PRINT_H
#define WB_CLI_RUN_PRINT_H

#include "cli/printer.h"
#include "run/run.h"

/* A sink's function; ctx is a struct wb_printer. */
void wb_run_print_event(void *ctx, const struct wb_event *e, const struct wb_run_state *s,
                        const char *progress);
/* The event as a line, "" where people need none; in a. */
const char *wb_run_event_words(const struct wb_event *e, const struct wb_run_state *s,
                               struct wb_arena *a);
void wb_run_print_status(const struct wb_run_state *s, const struct wb_lease *lease,
                         const char *path);

#endif
