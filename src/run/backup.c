/* A backup step. The dump stands beside the plan; it counts only after it was restored. */
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
