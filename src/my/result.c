#include "my/result.h"

#include <string.h>

/* libmariadb 3.3 never announces CLIENT_DEPRECATE_EOF, so the end is an EOF packet: 0xFE, warnings
 * (2 bytes), status (2 bytes). An error packet is turned into mysql_errno by mysql_net_read_packet
 * itself. */
enum { EOF_HEADER = 0xFE, EOF_MAX_BYTES = 8, DRAIN_PACKETS = 10000, PART_BYTES = 0xffffff };

enum wb_code wb_my_result_open(struct wb_my_conn *c, const char *sql, size_t len,
                               struct wb_my_result *ret, struct wb_error *err) {
    MYSQL_STMT *stmt = mysql_stmt_init(c->mysql);
    if (!stmt)
        return wb_my_fail(c, err, NULL);
    if (mysql_stmt_prepare(stmt, sql, len) || mysql_stmt_execute(stmt)) {
        enum wb_code code = wb_my_fail_stmt(c, stmt, err, NULL);
        mysql_stmt_close(stmt);
        return code;
    }
    *ret = (struct wb_my_result){.conn = c, .stmt = stmt, .n_fields = mysql_stmt_field_count(stmt)};
    if (ret->n_fields)
        return WB_OK;
    mysql_stmt_close(stmt);
    return wb_error_set(err, WB_E_INTERNAL, "a statement that should give rows gives none");
}

const MYSQL_FIELD *wb_my_result_fields(const struct wb_my_result *r) {
    return r->stmt->fields;
}

static void end(struct wb_my_result *r) {
    r->ended = true;
    r->conn->mysql->status = MYSQL_STATUS_READY;
}

/* The client library says of a row beyond its limit that the connection was lost. A row comes in
 * parts of 16 MiB, which it counts; all but the last that was begun have been read. The limit is
 * more than a part above the allowance (login.c), so that a row which breaks it is seen to be too
 * large. */
static enum wb_code fail(struct wb_my_conn *c, unsigned parts, struct wb_error *err) {
    enum wb_code code = wb_my_fail(c, err, NULL);
    size_t read = parts > 1 ? (size_t)(parts - 1) * PART_BYTES : 0;
    if (code != WB_E_LOST || read <= c->opts.max_row_bytes)
        return code;
    return wb_error_set(err, WB_E_ROW_TOO_LARGE,
                        "a row of more than %zu bytes, where %zu are allowed", read,
                        c->opts.max_row_bytes);
}

enum wb_code wb_my_result_next(struct wb_my_result *r, const unsigned char **ret, size_t *ret_len,
                               struct wb_error *err) {
    MYSQL *mysql = r->conn->mysql;
    if (r->ended) {
        *ret = NULL;
        return WB_OK;
    }
    unsigned before = mysql->net.pkt_nr;
    unsigned long len = mysql_net_read_packet(mysql);
    if (len == packet_error) {
        end(r);
        return fail(r->conn, mysql->net.pkt_nr - before, err);
    }
    if (len && len <= EOF_MAX_BYTES && mysql->net.read_pos[0] == EOF_HEADER) {
        if (len >= 5)
            mysql->server_status = mysql->net.read_pos[3] | (unsigned)mysql->net.read_pos[4] << 8;
        end(r);
        *ret = NULL;
        return WB_OK;
    }
    *ret = mysql->net.read_pos;
    *ret_len = len;
    return WB_OK;
}

/* KILL QUERY without marking the connection as canceled: the error that ends the rows is expected.
 */
static void stop_server(struct wb_my_conn *c) {
    struct wb_my_conn *side = NULL;
    if (!wb_my_open_again(c, &side, NULL))
        (void)wb_my_execf(side, NULL, "KILL QUERY %lu", c->thread_id);
    wb_my_close(side);
}

void wb_my_result_close(struct wb_my_result *r) {
    if (!r->stmt)
        return;
    const unsigned char *p;
    size_t len, n = 0;
    while (!r->ended && !wb_my_result_next(r, &p, &len, NULL) && p)
        if (++n == DRAIN_PACKETS)
            stop_server(r->conn);
    mysql_stmt_close(r->stmt);
    *r = (struct wb_my_result){0};
}
