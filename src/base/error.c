#include "base/error.h"

#include <stdio.h>
#include <string.h>

struct row {
    enum wb_code code;
    enum wb_class cls;
    const char *name, *text, *hint;
};

static const struct row table[] = {
#define X(name, number, class, text, hint) {WB_E_##name, WB_CLASS_##class, #name, text, hint},
    WB_ERRORS(X)
#undef X
};

static const struct row *find(enum wb_code code) {
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].code == code)
            return &table[i];
    return NULL;
}

/* Mark a cut text visibly, without leaving half of a UTF-8 sequence before the mark. */
static void mark_cut(char *text, size_t size) {
    size_t at = size - 1 - strlen("…");
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
        at--;
    memcpy(text + at, "…", sizeof "…");
}

static void format(char *to, size_t size, const char *fmt, va_list args) {
    int n = vsnprintf(to, size, fmt, args);
    if (n >= 0 && (size_t)n >= size)
        mark_cut(to, size);
}

/* For callers who want no text: the way up must not change the code. */
static _Thread_local enum wb_code last = WB_E_INTERNAL;

enum wb_code wb_error_set(struct wb_error *err, enum wb_code code, const char *fmt, ...) {
    last = code;
    if (!err)
        return code;
    char text[WB_ERROR_TEXT_BYTES]; /* the arguments may point into *err */
    va_list args;
    va_start(args, fmt);
    format(text, sizeof text, fmt, args);
    va_end(args);
    memset(err, 0, sizeof *err);
    err->code = code;
    memcpy(err->text, text, sizeof text);
    return code;
}

enum wb_code wb_error_wrap(struct wb_error *err, const char *fmt, ...) {
    if (!err)
        return last;
    char context[WB_ERROR_TEXT_BYTES], whole[2 * WB_ERROR_TEXT_BYTES + 4];
    va_list args;
    va_start(args, fmt);
    format(context, sizeof context, fmt, args);
    va_end(args);
    size_t n = (size_t)snprintf(whole, sizeof whole, "%s: %s", context, err->text);
    bool cut = n >= sizeof err->text;
    memcpy(err->text, whole, cut ? sizeof err->text - 1 : n + 1);
    if (cut) {
        err->text[sizeof err->text - 1] = 0;
        mark_cut(err->text, sizeof err->text);
    }
    return err->code;
}

enum wb_code wb_error_hint(struct wb_error *err, const char *fmt, ...) {
    if (!err)
        return last;
    char hint[sizeof err->hint]; /* the arguments may point into *err */
    va_list args;
    va_start(args, fmt);
    format(hint, sizeof hint, fmt, args);
    va_end(args);
    memcpy(err->hint, hint, sizeof hint);
    return err->code;
}

enum wb_class wb_error_class(enum wb_code code) {
    if (code == WB_OK)
        return WB_CLASS_NONE;
    const struct row *r = find(code);
    return r ? r->cls : WB_CLASS_INTERNAL;
}

const char *wb_error_name(enum wb_code code) {
    if (code == WB_OK)
        return "OK";
    const struct row *r = find(code);
    return r ? r->name : "INTERNAL";
}

const char *wb_error_summary(enum wb_code code) {
    if (code == WB_OK)
        return "no error";
    const struct row *r = find(code);
    return r ? r->text : "an internal error";
}

const char *wb_error_hint_of(const struct wb_error *err) {
    if (err->hint[0])
        return err->hint;
    const struct row *r = find(err->code);
    return r ? r->hint : "";
}

int wb_error_exit_code(enum wb_code code) {
    switch (wb_error_class(code)) {
    case WB_CLASS_NONE:
        return 0;
    case WB_CLASS_REFUSED:
    case WB_CLASS_DATA:
    case WB_CLASS_DIFFERS:
        return 1;
    case WB_CLASS_USAGE:
        return 2;
    case WB_CLASS_PLAN:
        return 3;
    case WB_CLASS_RETRY:
    case WB_CLASS_RESOURCE:
        return 4;
    case WB_CLASS_UNPROVEN:
        return 6;
    case WB_CLASS_CANCELED:
        return 130;
    case WB_CLASS_INTERNAL:
        return 5;
    }
    return 5;
}

void wb_error_each(void (*each)(void *ctx, int number, const char *name, enum wb_class cls,
                                const char *text, const char *hint),
                   void *ctx) {
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        each(ctx, (int)table[i].code, table[i].name, table[i].cls, table[i].text, table[i].hint);
}
