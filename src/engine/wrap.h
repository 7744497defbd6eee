/* What wrappers share: a connection that stands in front of another one.
 *
 * A wrapper's connection has an engine of its own, a copy of the inner one's tables, in which the
 * wrapper overrides what it needs. What it does not override is the inner one's function, called
 * with the outer connection: an override of a wrapper below finds its own layer with wb_wrap_find,
 * an engine finds itself with wb_conn_innermost. So nothing has to be forwarded, groups of
 * functions that no wrapper knows work all the same, and wrappers stack in any order.
 *
 * read, write and verify are copies to override in; a wrapper that overrides functions of another
 * group adds a copy of it here.
 *
 * Cursors and loads are opaque and know no connection: a wrapper that looks at rows defines its own
 * struct wb_cursor around the inner one and overrides open, next and done together.
 */
#ifndef WB_ENGINE_WRAP_H
#define WB_ENGINE_WRAP_H

#include "engine/engine.h"

/* Embedded as the first member of a wrapper's own struct, which is made by calloc. */
struct wb_wrap {
    struct wb_conn conn;
    const char *kind; /* whose it is: compared by address */
    struct wb_engine engine;
    struct wb_read_ops read;
    struct wb_write_ops write;
    struct wb_verify_ops verify;
};

/* Copy inner's tables; inner then belongs to the wrapper, and close ends both. */
void wb_wrap_init(struct wb_wrap *w, const char *kind, struct wb_conn *inner);

/* The uppermost layer of this kind at or below c; there must be one. */
struct wb_wrap *wb_wrap_find(struct wb_conn *c, const char *kind);

/* For a wrapper's own close: closes inner and frees the wrapper. */
void wb_wrap_close(struct wb_conn *c); /* accepts NULL */

#endif
