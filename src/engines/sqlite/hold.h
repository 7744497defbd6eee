/* One whimbrel a target: a lock file beside the database, PATH-whimbrel-lock.
 *
 * The lock is flock(2)'s, which the kernel gives back however the process ends; the file tells who
 * has it and whether the database was put into WAL mode for the time of the copy. A database that
 * whimbrel found empty is in WAL mode while it is held, so that rows are appended, read and proved
 * side by side; the last connection to close afterwards puts back the rollback journal, that of a
 * later run if a crash came in between. A file with contents keeps its mode.
 */
#ifndef WB_ENGINES_SQLITE_HOLD_H
#define WB_ENGINES_SQLITE_HOLD_H

#include "engines/sqlite/conn.h"

/* wb_write_ops.hold */
enum wb_code wb_sqlite_hold(struct wb_conn *c, struct wb_error *err);

/* For close, while the database is still open: gives the hold back, tidies up if no other
 * connection is left. */
void wb_sqlite_release(struct wb_sqlite *c);

#endif
