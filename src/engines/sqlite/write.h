/* Writing: transactions, bulk loads, deletes. The functions of wb_write_ops (hold is in hold.h). */
#ifndef WB_ENGINES_SQLITE_WRITE_H
#define WB_ENGINES_SQLITE_WRITE_H

#include "engines/sqlite/conn.h"

enum wb_code wb_sqlite_begin(struct wb_conn *c, struct wb_error *err);
enum wb_code wb_sqlite_commit(struct wb_conn *c, bool durable, struct wb_error *err);
void wb_sqlite_rollback(struct wb_conn *c);

enum wb_code wb_sqlite_load_open(struct wb_conn *c, const struct wb_load_spec *spec,
                                 struct wb_load **ret, struct wb_error *err);
enum wb_code wb_sqlite_load_put(struct wb_load *l, const struct wb_batch *b, struct wb_error *err);
enum wb_code wb_sqlite_load_close(struct wb_load *l, uint64_t *ret_rows, struct wb_error *err);
void wb_sqlite_load_abort(struct wb_load *l);

enum wb_code wb_sqlite_delete_range(struct wb_conn *c, const struct wb_table *t,
                                    const struct wb_range *range, uint64_t *ret_rows,
                                    struct wb_error *err);

#endif
