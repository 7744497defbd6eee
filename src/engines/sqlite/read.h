/* Reading: snapshots, splitting, cursors. The functions of wb_read_ops. */
#ifndef WB_ENGINES_SQLITE_READ_H
#define WB_ENGINES_SQLITE_READ_H

#include "engines/sqlite/conn.h"

enum wb_code wb_sqlite_snapshot_begin(struct wb_conn *keeper, const struct wb_snapshot_opts *opts,
                                      struct wb_snapshot **ret, struct wb_error *err);
enum wb_code wb_sqlite_snapshot_join(struct wb_conn *reader, struct wb_snapshot *s,
                                     struct wb_error *err);
enum wb_code wb_sqlite_snapshot_ready(struct wb_snapshot *s, struct wb_arena *a,
                                      struct wb_moment *ret, struct wb_error *err);
void wb_sqlite_snapshot_end(struct wb_snapshot *s);

enum wb_code wb_sqlite_split(struct wb_conn *c, const struct wb_table *t, uint64_t chunk_rows,
                             struct wb_arena *a, struct wb_range **ret, size_t *ret_n,
                             struct wb_error *err);

enum wb_code wb_sqlite_cursor_open(struct wb_conn *c, const struct wb_read_spec *spec,
                                   struct wb_cursor **ret, struct wb_error *err);
enum wb_code wb_sqlite_cursor_next(struct wb_cursor *cur, struct wb_batch *b, struct wb_error *err);
void wb_sqlite_cursor_done(struct wb_cursor *cur);

#endif
