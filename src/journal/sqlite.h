/* The journal in a SQLite file: PLAN.whimbrel.db beside the plan.
 *
 * WAL and synchronous=FULL: a commit that returned is on the disk, and readers (status, dashboard)
 * never wait for the runner. The file says what it is (application_id) and its format
 * (user_version); one of a newer whimbrel is refused.
 */
#ifndef WB_JOURNAL_SQLITE_H
#define WB_JOURNAL_SQLITE_H

#include "journal/journal.h"

/* opts may be NULL. NOT_FOUND (mode EXISTING), IO (not a journal, damaged, unreadable), FORMAT (a
 * newer whimbrel's), DISK_FULL. */
enum wb_code wb_journal_open_sqlite(const char *path, const struct wb_journal_opts *opts,
                                    struct wb_journal **ret, struct wb_error *err);

#endif
