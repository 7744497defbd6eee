/* A backup step: the front matter's command makes the backup and tests it. */
#include "run/inside.h"

void wb_run_backup(struct wb_job *job) {
    const char *command = job->run->plan->front.backup.value;
    job->nothing_done = true;
    if (!command) {
        wb_job_says(job, WB_JOB_FAILED,
                    "the front matter does not say how: add \"backup:\" with a command that makes "
                    "the backup and tests it");
        return;
    }
    wb_run_script(job, command, 0);
}
