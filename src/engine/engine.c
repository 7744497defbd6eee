#include "engine/engine.h"

enum wb_code wb_conn_exec(struct wb_conn *c, struct wb_error *err, uint64_t *ret_rows,
                          const char *fmt, ...) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    va_list args;
    va_start(args, fmt);
    wb_buf_addv(&sql, fmt, args);
    va_end(args);
    return c->engine->exec(c, wb_buf_str(&sql), ret_rows, err);
}

void wb_conn_close(struct wb_conn *c) {
    if (c)
        c->engine->close(c);
}

void wb_engine_quote_table(const struct wb_engine *e, struct wb_buf *to, const char *schema,
                           const char *name) {
    if (schema && *schema) {
        e->quote_name(to, schema);
        wb_buf_addc(to, '.');
    }
    e->quote_name(to, name);
}
