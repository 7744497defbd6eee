/* What the commands that run for long have in common when they speak to people: a progress line on
 * a terminal, plain lines every few seconds when piped, nothing in between with --json or --quiet.
 * Progress goes to standard error, results to standard output. */
#ifndef WB_CLI_PRINTER_H
#define WB_CLI_PRINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wb_printer {
    bool json, tty, quiet;
    bool line_open;                          /* a progress line stands on the terminal */
    uint64_t last_ms;                        /* of the last plain progress line */
    uint64_t rate_ms, rate_rows, rate_bytes; /* where the current rate is measured from */
    double rows_per_s, bytes_per_s;
};

void wb_printer_init(struct wb_printer *p, bool json, bool quiet);
void wb_printer_end(struct wb_printer *p); /* before anything else is printed */

/* A line for people, on standard error unless quiet, and in the log. */
void wb_printer_say(struct wb_printer *p, const char *text);

/* The rate of the last seconds, not of the whole run: it is what the ETA should follow. */
void wb_printer_measure(struct wb_printer *p, uint64_t elapsed_ms, uint64_t rows, uint64_t bytes);

/* Whether a progress line would be shown now; then wb_printer_progress shows it. */
bool wb_printer_due(const struct wb_printer *p, uint64_t elapsed_ms);
void wb_printer_progress(struct wb_printer *p, uint64_t elapsed_ms, const char *text);

unsigned wb_printer_percent(uint64_t done, uint64_t all); /* 0 where all is 0, at most 100 */

/* Tables on standard output: width in code points, which is good enough; a name filled up to it
 * after two spaces; a text of several lines, each after prefix and indent. */
size_t wb_print_width(const char *s);
void wb_print_padded(const char *name, size_t width);
void wb_print_lines(const char *prefix, const char *indent, const char *text);

#endif
