/* Times and plans of queries, and what an expected schema looks like: of wb_verify_ops. */
#ifndef WB_ENGINES_SQLITE_EXPLAIN_H
#define WB_ENGINES_SQLITE_EXPLAIN_H

#include "engine/engine.h"

enum wb_code wb_sqlite_expect(struct wb_conn *c, const struct wb_catalog *wanted,
                              unsigned version_num, struct wb_catalog *ret, struct wb_error *err);
enum wb_code wb_sqlite_measure(struct wb_conn *c, const char *sql, unsigned timeout_ms,
                               uint64_t *ret_rows, uint64_t *ret_us, struct wb_error *err);
enum wb_code wb_sqlite_explain(struct wb_conn *c, const char *sql, struct wb_arena *a,
                               struct wb_explain *ret, struct wb_error *err);

#endif
