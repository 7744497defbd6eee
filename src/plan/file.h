/* Reading whole files, beside a plan. For src/plan only. */
#ifndef WB_PLAN_FILE_H
#define WB_PLAN_FILE_H

#include "base/arena.h"
#include "base/error.h"

/* The path of name as seen from the folder of the plan. */
const char *wb_file_beside(struct wb_arena *a, const char *plan, const char *name);
/* A regular file of up to max_bytes, with a NUL behind it; WB_E_IO otherwise. */
enum wb_code wb_file_read(struct wb_arena *a, const char *path, size_t max_bytes, const char **ret,
                          size_t *ret_len, struct wb_error *err);

#endif
