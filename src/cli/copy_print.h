/* How a copy shows itself: progress on a terminal, plain lines when piped, JSON lines with --json;
 * then the summary. */
#ifndef WB_CLI_COPY_PRINT_H
#define WB_CLI_COPY_PRINT_H

#include "copy/copy.h"

#include <stdio.h>

struct wb_copy_printer {
    bool json, tty, quiet;
    bool line_open;                          /* a progress line stands on the terminal */
    uint64_t last_ms;                        /* of the last plain progress line */
    uint64_t rate_ms, rate_rows, rate_bytes; /* where the current rate is measured from */
    double rows_per_s, bytes_per_s;
};

void wb_copy_printer_init(struct wb_copy_printer *p, bool json, bool quiet);
void wb_copy_print_event(void *printer, const struct wb_copy_event *e); /* a wb_copy_sink's event */
void wb_copy_print_end(struct wb_copy_printer *p); /* before anything else is printed */

/* err: how it ended; code WB_OK for success. */
void wb_copy_print_report(struct wb_copy_printer *p, const struct wb_copy_report *r,
                          const struct wb_error *err);
void wb_copy_print_dry_run(struct wb_copy_printer *p, const struct wb_copy_report *r);

/* copy_json.c */
void wb_copy_json_event(const struct wb_copy_event *e);
void wb_copy_json_report(const struct wb_copy_report *r, const struct wb_error *err,
                         const char *event);

#endif
