#include "engine/registry.h"

#include "base/clock.h"
#include "base/str.h"
#include "engine/fault.h"
#include "engine/pin.h"
#include "engine/retry.h"
#include "engine/throttle.h"
#include "engine/trace.h"

#include <assert.h>

static const struct wb_engine *engines[WB_REGISTRY_MAX];
static size_t n_engines;

void wb_registry_add(const struct wb_engine *e) {
    assert(n_engines < WB_REGISTRY_MAX && e->version == WB_ENGINE_VERSION);
    engines[n_engines++] = e;
}

size_t wb_registry_count(void) {
    return n_engines;
}

const struct wb_engine *wb_registry_at(size_t i) {
    return i < n_engines ? engines[i] : NULL;
}

static bool speaks(const struct wb_engine *e, const char *scheme) {
    if (wb_str_eq(e->name, scheme))
        return true;
    for (const char *const *s = e->schemes; *s; s++)
        if (wb_str_eq(*s, scheme))
            return true;
    return false;
}

enum wb_code wb_registry_find(const char *scheme, const struct wb_engine **ret,
                              struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf known = {0};
    for (size_t i = 0; i < n_engines; i++) {
        if (speaks(engines[i], scheme)) {
            *ret = engines[i];
            return WB_OK;
        }
        for (const char *const *s = engines[i]->schemes; *s; s++)
            wb_buf_addf(&known, "%s%s:", known.len ? ", " : "", *s);
    }
    return wb_error_set(err, WB_E_SCHEME, "\"%s:\" is no scheme that whimbrel knows; it knows %s",
                        scheme, wb_buf_str(&known));
}

/* Once for each connection that is made: also when retry makes one anew. */
static enum wb_code connect(const struct wb_engine *e, const struct wb_url *url,
                            const struct wb_open_opts *opts, struct wb_conn **ret,
                            struct wb_error *err) {
    struct wb_conn *c = NULL;
    uint64_t began_us = wb_clock_monotonic_us();
    enum wb_code code = e->open(url, opts, &c, err);
    if (!code && opts->pin && (code = wb_pin_check(opts->pin, c, err))) {
        e->close(c);
        c = NULL;
    }
    if (!code && wb_fault_planned())
        c = wb_fault_wrap(c);
    if (wb_trace_on())
        c = wb_trace_wrap(c, opts->side, url->redacted, began_us, err);
    if (!code && opts->throttle)
        c = wb_throttle_wrap(c, opts->throttle);
    if (!code)
        *ret = c;
    return code;
}

enum wb_code wb_registry_check_url(const struct wb_url *url, struct wb_error *err) {
    const struct wb_engine *e = NULL;
    enum wb_code code = wb_registry_find(url->scheme, &e, err);
    if (!code && e->names_database && !url->database)
        code = wb_error_set(err, WB_E_URL, "%s names no database", url->redacted);
    return code;
}

enum wb_code wb_registry_open(const struct wb_url *url, const struct wb_open_opts *opts,
                              struct wb_conn **ret, struct wb_error *err) {
    const struct wb_engine *e = NULL;
    enum wb_code code = wb_registry_find(url->scheme, &e, err);
    if (code)
        return code;
    code = opts->retries ? wb_retry_open(e, url, opts, connect, ret, err)
                         : connect(e, url, opts, ret, err);
    if (code)
        wb_error_wrap(err, "%s %s",
                      opts->role                     ? opts->role
                      : opts->side == WB_SIDE_SOURCE ? "source"
                                                     : "target",
                      url->redacted);
    return code;
}
