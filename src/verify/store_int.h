/* What the files of the store share. */
#ifndef WB_VERIFY_STORE_INT_H
#define WB_VERIFY_STORE_INT_H

#include "verify/store.h"

/* A literal; NULL: SQL NULL. */
void wb_verify_store_add_text(struct wb_buf *sql, const struct wb_conn *c, const char *text);
/* One statement over the store's connection; under its lock where workers run. */
enum wb_code wb_verify_store_exec(struct wb_verify_store *s, struct wb_buf *sql, uint64_t *ret_rows,
                                  struct wb_error *err);
uint64_t wb_verify_store_number(const char *text); /* NULL: 0 */
enum wb_code wb_verify_store_set_state(struct wb_verify_store *s, const char *state,
                                       struct wb_error *err);
/* The heart beat: when the run was last seen at work. */
uint64_t wb_verify_store_now_s(void);

#endif
