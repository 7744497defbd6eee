/* The thread that does what may wait, one job after the other, from a bounded queue. */
#ifndef WB_SERVE_HELPER_H
#define WB_SERVE_HELPER_H

#include "base/error.h"

struct wb_helper;

struct wb_job {
    struct wb_job *next;
    void (*run)(struct wb_job *job);
};

enum wb_helper_taken { WB_HELPER_TAKEN, WB_HELPER_FULL };

enum { WB_HELPER_QUEUE = 64 };

enum wb_code wb_helper_start(struct wb_helper **ret, struct wb_error *err);
/* Runs job->run(job) later, unless the queue is full or the helper stops. */
enum wb_helper_taken wb_helper_put(struct wb_helper *h, struct wb_job *job);
/* Refuses new jobs, runs those that it has, ends the thread. NULL is allowed. */
void wb_helper_stop(struct wb_helper *h);
void wb_helper_free(struct wb_helper *h);

#endif
