/* A wrapper that writes a line for every call to a file: to see what was asked of a database, how
 * long it took and how it ended.
 *
 *   TIME CONNECTION SIDE FUNCTION DURATION rows=N OUTCOME TEXT
 *   2026-03-12T08:15:30.123Z 3 target exec 182us rows=1 OK UPDATE t SET a = '…' WHERE id = 1
 *
 * Fields are separated by blanks; TEXT, the last, may have blanks. Connections count from 1 in the
 * order in which they were opened. rows is what the call read, wrote, found or gave ("-" where it
 * has none). OUTCOME is OK or the error's name, with its SQLSTATE where it has one. TEXT is the
 * statement, or what is read or loaded, on one line and shortened; what stands between quotes is
 * left out of it, since it may be a password or somebody's data.
 */
#ifndef WB_ENGINE_TRACE_H
#define WB_ENGINE_TRACE_H

#include "engine/engine.h"

/* Append to this file from now on. IO where it cannot be opened. Before any connection is opened.
 */
enum wb_code wb_trace_to(const char *path, struct wb_error *err);
bool wb_trace_on(void);

/* A connection was opened (inner), or was not (inner NULL, code says why), since began_us
 * (monotonic): writes that line and wraps inner, which then belongs to the wrapper and is closed
 * with it. NULL where inner is. what: the redacted URL. */
struct wb_conn *wb_trace_wrap(struct wb_conn *inner, enum wb_side side, const char *what,
                              uint64_t began_us, const struct wb_error *err);

/* Append a statement as a trace shows it. e: whose quotes it has; may be NULL. */
void wb_trace_add_text(struct wb_buf *to, const struct wb_engine *e, const char *sql);

#endif
