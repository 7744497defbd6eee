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

enum wb_code wb_engine_check_schema(const struct wb_engine *e, const struct wb_probe *probe,
                                    const char *schema, struct wb_error *err) {
    if (!schema || probe->default_schema)
        return WB_OK;
    wb_error_set(err, WB_E_USAGE, "--schema %s: a database of %s has no schemas within it", schema,
                 e->title);
    return wb_error_hint(err, "leave --schema out: tables go into the database that the target's "
                              "URL names");
}

void wb_engine_quote_table(const struct wb_engine *e, struct wb_buf *to, const char *schema,
                           const char *name) {
    if (schema && *schema) {
        e->quote_name(to, schema);
        wb_buf_addc(to, '.');
    }
    e->quote_name(to, name);
}

struct wb_blocker wb_blocker_of(const char *const values[static 5], bool certain) {
    return (struct wb_blocker){.session = values[0] ? values[0] : "",
                               .user = values[1] ? values[1] : "",
                               .application = values[2] ? values[2] : "",
                               .since = values[3] ? values[3] : "",
                               .query = values[4],
                               .certain = certain};
}
