/* How a copy shows itself: progress on a terminal, plain lines when piped, JSON lines with --json;
 * then the summary. */
#ifndef WB_CLI_COPY_PRINT_H
#define WB_CLI_COPY_PRINT_H

#include "cli/printer.h"
#include "copy/copy.h"

void wb_copy_print_event(void *printer, const struct wb_copy_event *e); /* a wb_copy_sink's event */

/* err: how it ended; code WB_OK for success. */
void wb_copy_print_report(struct wb_printer *p, const struct wb_copy_report *r,
                          const struct wb_error *err);
void wb_copy_print_dry_run(struct wb_printer *p, const struct wb_copy_report *r);

/* copy_json.c */
void wb_copy_json_event(const struct wb_copy_event *e);
void wb_copy_json_report(const struct wb_copy_report *r, const struct wb_error *err,
                         const char *event);

#endif
