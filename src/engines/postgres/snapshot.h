/* Epochs on a PostgreSQL source, and how its tables are cut into ranges. See engine.h for the
 * contracts. */
#ifndef WB_ENGINES_POSTGRES_SNAPSHOT_H
#define WB_ENGINES_POSTGRES_SNAPSHOT_H

#include "engine/engine.h"

enum wb_code wb_postgres_snapshot_begin(struct wb_conn *keeper, const struct wb_snapshot_opts *opts,
                                        struct wb_snapshot **ret, struct wb_error *err);
enum wb_code wb_postgres_snapshot_join(struct wb_conn *reader, struct wb_snapshot *s,
                                       struct wb_error *err);
enum wb_code wb_postgres_snapshot_ready(struct wb_snapshot *s, struct wb_arena *a,
                                        struct wb_moment *ret, struct wb_error *err);
void wb_postgres_snapshot_end(struct wb_snapshot *s);
/* By which other sessions can join it, while it lasts. */
const char *wb_postgres_snapshot_id(const struct wb_snapshot *s);

enum wb_code wb_postgres_split(struct wb_conn *c, const struct wb_table *t, uint64_t chunk_rows,
                               struct wb_arena *a, struct wb_range **ret, size_t *ret_n,
                               struct wb_error *err);

#endif
