#ifndef WB_ENGINES_SQLITE_PROBE_H
#define WB_ENGINES_SQLITE_PROBE_H

#include "engines/sqlite/conn.h"

/* wb_engine.identify and probe */
enum wb_code wb_sqlite_identify(struct wb_conn *c, struct wb_arena *a, struct wb_database_id *ret,
                                struct wb_error *err);
enum wb_code wb_sqlite_probe(struct wb_conn *c, struct wb_arena *a, struct wb_probe *ret,
                             struct wb_error *err);

#endif
