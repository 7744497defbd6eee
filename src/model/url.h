/* Database URLs.
 *
 *   mysql://user:password@host:3306/database?socket=/path&sslmode=verify-full
 *   postgresql://user@host:5432/database?host=/socket/dir&sslmode=require&schema=app
 *   sqlite:relative/path.db    sqlite:/absolute/path.db    sqlite:///absolute/path.db
 * sqlite:C%23.db
 *
 * Parts are percent-decoded (RFC 3986). A password in a URL works, is warned about and is never
 * printed.
 */
#ifndef WB_MODEL_URL_H
#define WB_MODEL_URL_H

#include "base/arena.h"
#include "base/error.h"

#include <stdint.h>

struct wb_url_param {
    const char *name, *value;
};

/* Pointers belong to the arena given to wb_url_parse; absent parts are NULL, port 0. */
struct wb_url {
    const char *scheme;                            /* as written, lower case */
    const char *user, *password, *host, *database; /* database: for sqlite the file's path */
    uint16_t port;
    struct wb_url_param *params;
    size_t n_params;
    const char *redacted; /* the URL as it may be shown: password replaced by *** */
};

/* WB_E_URL with what is wrong and where. Whether the scheme is known is the registry's business,
 * not this one's. */
enum wb_code wb_url_parse(const char *text, struct wb_arena *a, struct wb_url *ret,
                          struct wb_error *err);

const char *wb_url_param(const struct wb_url *u, const char *name); /* last one given, or NULL */
/* URL where a parameter is none of known, which ends with NULL: a slip would go unnoticed. */
enum wb_code wb_url_check_params(const struct wb_url *u, const char *const *known,
                                 struct wb_error *err);

#endif
