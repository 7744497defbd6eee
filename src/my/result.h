/* The rows of a prepared statement as raw packets, without libmariadb's own fetching in between.
 *
 * The statement is prepared and executed by libmariadb, which reads the column definitions; its row
 * packets are then taken one by one from the connection. The connection serves nothing else until
 * the end was reached or wb_my_result_close was called.
 */
#ifndef WB_MY_RESULT_H
#define WB_MY_RESULT_H

#include "my/conn.h"

struct wb_my_result {
    struct wb_my_conn *conn;
    MYSQL_STMT *stmt;
    unsigned n_fields;
    bool ended; /* no more packets will come */
};

/* Prepare and execute sql, which must give rows. On failure nothing is left open. */
enum wb_code wb_my_result_open(struct wb_my_conn *c, const char *sql, size_t len,
                               struct wb_my_result *ret, struct wb_error *err);

/* The definitions of the columns, n_fields of them; valid until close. */
const MYSQL_FIELD *wb_my_result_fields(const struct wb_my_result *r);

/* The next row's packet: *ret points to *ret_len bytes, valid until the next call; NULL at the end.
 */
enum wb_code wb_my_result_next(struct wb_my_result *r, const unsigned char **ret, size_t *ret_len,
                               struct wb_error *err);

/* At any time. What was not read is read and dropped, after the server was asked to stop if it is
 * much. */
void wb_my_result_close(struct wb_my_result *r);

#endif
