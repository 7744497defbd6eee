#include "model/finding.h"

#include "base/buf.h"

void wb_findings_add(struct wb_findings *f, struct wb_arena *a, enum wb_severity severity,
                     enum wb_finding_kind kind, const char *object_kind, const char *object,
                     const char *hint, const char *text, ...) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    va_list args;
    va_start(args, text);
    wb_buf_addv(&b, text, args);
    va_end(args);
    struct wb_finding *item = WB_PUSH(a, f->items, f->n, f->cap);
    *item = (struct wb_finding){
        .severity = severity,
        .kind = kind,
        .object_kind = wb_arena_strdup(a, object_kind),
        .object = wb_arena_strdup(a, object),
        .text = wb_arena_strdup(a, wb_buf_str(&b)),
        .hint = wb_arena_strdup(a, hint),
    };
}

const char *wb_severity_word(enum wb_severity s) {
    return s == WB_ERROR ? "error" : s == WB_WARNING ? "warning" : "note";
}

const char *wb_finding_kind_word(enum wb_finding_kind k) {
    static const char *const words[] = {"general", "not_carried", "altered", "risk"};
    return words[k];
}
