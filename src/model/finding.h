/* Findings: what a probe, a mapping or a check has to say. Collected, never printed, by the layers
 * below cli. */
#ifndef WB_MODEL_FINDING_H
#define WB_MODEL_FINDING_H

#include "base/arena.h"

enum wb_severity { WB_NOTE, WB_WARNING, WB_ERROR };

enum wb_finding_kind {
    WB_FINDING_GENERAL,
    WB_FINDING_NOT_CARRIED, /* an object of the source that the target will not have: listed by
                               name, never dropped silently */
    WB_FINDING_ALTERED,     /* carried, but not the same: a type widened, a name changed, a default
                               dropped */
    WB_FINDING_RISK,        /* may go wrong or take long: shown by --dry-run */
};

struct wb_finding {
    enum wb_severity severity;
    enum wb_finding_kind kind;
    const char *object_kind; /* "view", "trigger", "routine", "event", "index", "column", "check",
                                "table" … */
    const char *object;      /* "orders.total", as the source names it */
    const char *text;        /* what and why */
    const char *hint;        /* what to do; NULL where nothing is to be done */
};

/* Zeroed is empty. The strings of its items are copied into the arena it was given at each add. */
struct wb_findings {
    struct wb_finding *items;
    size_t n, cap;
};

/* Add one; text is printf-like; all strings are copied into a. hint may be NULL. */
void wb_findings_add(struct wb_findings *f, struct wb_arena *a, enum wb_severity severity,
                     enum wb_finding_kind kind, const char *object_kind, const char *object,
                     const char *hint, const char *text, ...) __attribute__((format(printf, 8, 9)));

const char *wb_severity_word(enum wb_severity s); /* "note", "warning", "error" */
const char *
wb_finding_kind_word(enum wb_finding_kind k); /* "general", "not_carried", "altered", "risk" */

#endif
