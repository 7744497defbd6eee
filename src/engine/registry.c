#include "engine/registry.h"

#include "base/str.h"

#include <assert.h>

static const struct wb_engine *engines[WB_REGISTRY_MAX];
static size_t n_engines;
static struct wb_conn *(*wrapper)(struct wb_conn *inner);

void wb_registry_set_wrapper(struct wb_conn *(*wrap)(struct wb_conn *inner)) {
    wrapper = wrap;
}

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

enum wb_code wb_registry_open(const struct wb_url *url, const struct wb_open_opts *opts,
                              struct wb_conn **ret, struct wb_error *err) {
    const struct wb_engine *e = NULL;
    enum wb_code code = wb_registry_find(url->scheme, &e, err);
    if (!code && (code = e->open(url, opts, ret, err)))
        wb_error_wrap(err, "%s %s", opts->side == WB_SIDE_SOURCE ? "source" : "target",
                      url->redacted);
    if (!code && wrapper)
        *ret = wrapper(*ret);
    return code;
}
