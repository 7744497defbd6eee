/* How a verification shows itself: progress, plain lines or JSON lines while it runs; then the
 * summary, and the report files that a reviewer reads. */
#ifndef WB_CLI_VERIFY_OUT_H
#define WB_CLI_VERIFY_OUT_H

#include "base/json.h"
#include "cli/printer.h"
#include "verify/performance.h"
#include "verify/verify.h"

struct wb_verify_printer {
    struct wb_printer base;
    size_t differences_said;
    bool continuous;
    unsigned round_shown;       /* continuous: the last round whose summary was printed */
    const char *command;        /* that repeats this verification, without secrets */
    const char *again;          /* the same without its repairs; NULL: it repairs nothing */
    const char *const *reports; /* files to be written */
    size_t n_reports;
};

/* How a verification ended. */
struct wb_verify_end {
    const struct wb_verify_report *report;
    const struct wb_error *err; /* code WB_OK: everything is equal */
    int exit_code;
    const char *command;
    const char *again; /* to be run after repairs; NULL: it repairs nothing */
};

/* A wb_verify_sink's event; ctx is a struct wb_verify_printer. */
void wb_verify_print_event(void *ctx, const struct wb_verify_event *e);
/* The summary on standard output; its last line is the verdict. */
void wb_verify_print_report(struct wb_verify_printer *p, const struct wb_verify_end *end);
/* Write all report files, each as a whole or not at all; the first that fails is the error. */
enum wb_code wb_verify_print_files(const struct wb_verify_printer *p,
                                   const struct wb_verify_end *end, struct wb_error *err);

/* verify_words.c: what all forms of output say in the same words. */

/* One sentence, and what to do next: "Equal: …", "Different: …", "Not verified: …". */
void wb_verify_add_verdict(struct wb_buf *to, const struct wb_verify_end *end);
/* "23 of 23 tables …" is said of the levels that were asked for: "counts, schema, digests". */
void wb_verify_add_levels(struct wb_buf *to, unsigned levels);
/* "orders.total" of a finding, or "the database". */
void wb_verify_add_subject(struct wb_buf *to, const struct wb_verify_finding *f);
/* The end of a run without rounds of its own, from a round's report. */
struct wb_error wb_verify_error_of(const struct wb_verify_report *r);
enum wb_code wb_verify_code_of(enum wb_verify_outcome o);

/* verify_json.c */
void wb_verify_json_event(const struct wb_verify_event *e, const char *command);
void wb_verify_json_summary(const struct wb_verify_end *end);
/* Members of the object under way. */
void wb_verify_json_put_report(struct wb_json *j, const struct wb_verify_end *end);

/* verify_report.c: *.md, *.markdown, *.html, *.htm, *.json, by name. */
bool wb_verify_report_can(const char *path);
void wb_verify_report_render(struct wb_buf *to, const char *path, const struct wb_verify_end *end);

/* verify_report_json.c: the whole report as one object. */
void wb_verify_report_json(struct wb_buf *to, const struct wb_verify_end *end);

/* performance_print.c */
void wb_performance_print_progress(void *ctx, const struct wb_performance_progress *p);
void wb_performance_print_report(struct wb_verify_printer *p,
                                 const struct wb_performance_report *r);

#endif
