/* Looks, while a statement runs, who keeps it waiting for a lock. For src/run only. */
#ifndef WB_RUN_LOOKOUT_H
#define WB_RUN_LOOKOUT_H

#include "run/inside.h"

struct wb_lookout;

/* A thread with a session of its own, beside one that runs a job's statements; NULL where the
 * engine cannot tell. What it sees becomes the job's progress. opts: as watched was opened. */
struct wb_lookout *wb_lookout_start(struct wb_job *job, const struct wb_url *url,
                                    const struct wb_open_opts *opts, struct wb_conn *watched);
/* Ends it. ret_who: who was last seen to hold the lock, "" where nobody was. Accepts NULL. */
void wb_lookout_end(struct wb_lookout *l, char *ret_who, size_t size);

#endif
