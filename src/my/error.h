/* What MySQL's and MariaDB's errors mean to whimbrel. */
#ifndef WB_MY_ERROR_H
#define WB_MY_ERROR_H

#include "base/error.h"

/* The code for a server's or libmariadb's error number (mysqld_error.h, errmsg.h); 0 gives
 * INTERNAL. */
enum wb_code wb_my_error_code(unsigned number);

/* Set *err from a failure's parts: text is "what: words", sqlstate and vendor are filled. canceled:
 * whimbrel itself had asked the server to stop, so that an interrupted statement or connection is
 * CANCELED. */
enum wb_code wb_my_error_set(struct wb_error *err, unsigned number, const char *sqlstate,
                             const char *words, int canceled, const char *what);

#endif
