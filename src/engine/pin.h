/* A pin holds a URL to one database. Between two connects a name may be resolved anew, a server
 * fail over, a proxy choose another one, a socket or file be replaced: what is then behind the URL
 * is not what the work began with. All connections of one piece of work share a pin; the first
 * records what it meets, unless that was known before, and each later one must meet the same.
 *
 * wb_registry_open checks a pin at each connection that is made, also when retry makes one anew,
 * before anybody uses it. Safe from any thread.
 */
#ifndef WB_ENGINE_PIN_H
#define WB_ENGINE_PIN_H

#include "engine/engine.h"

#include <pthread.h>

struct wb_pin {
    pthread_mutex_t lock;
    char *id; /* NULL: not known yet */
    bool standby;
};

/* expected: copied; NULL, or with id NULL: what the first connection meets. */
void wb_pin_init(struct wb_pin *p, const struct wb_database_id *expected);
void wb_pin_done(struct wb_pin *p);

/* For work that may be given a pin a side: where there is none, one of its own, which the caller
 * does when the work is over. */
void wb_pin_fill(struct wb_pin *pins[2], struct wb_pin own[2]);

/* What was met, or expected, so far; id (in a) is NULL before. */
struct wb_database_id wb_pin_met(struct wb_pin *p, struct wb_arena *a);

/* One small query. OTHER_DATABASE: c leads to another database than the pin's, or to a standby of
 * it where the primary was met: what is read there may be old. A standby that has become the
 * primary is the same. */
enum wb_code wb_pin_check(struct wb_pin *p, struct wb_conn *c, struct wb_error *err);

#endif
