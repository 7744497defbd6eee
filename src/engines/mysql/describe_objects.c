/* Views, triggers, routines, events and sequences: by name, with the server's own text where it may
 * be read. */
#include "engines/mysql/describe.h"

#include "base/str.h"

/* One query lists them all: kind, name, table of a trigger. */
#define LIST                                                                                      \
    "SELECT 'view', TABLE_NAME, NULL FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND " \
    "TABLE_TYPE = 'VIEW' "                                                                        \
    "UNION ALL SELECT 'trigger', TRIGGER_NAME, EVENT_OBJECT_TABLE FROM "                          \
    "information_schema.TRIGGERS WHERE "                                                          \
    "TRIGGER_SCHEMA = %s UNION ALL SELECT LOWER(ROUTINE_TYPE), ROUTINE_NAME, NULL FROM "          \
    "information_schema.ROUTINES "                                                                \
    "WHERE ROUTINE_SCHEMA = %s UNION ALL SELECT 'event', EVENT_NAME, NULL FROM "                  \
    "information_schema.EVENTS WHERE "                                                            \
    "EVENT_SCHEMA = %s UNION ALL SELECT 'sequence', TABLE_NAME, NULL FROM "                       \
    "information_schema.TABLES WHERE "                                                            \
    "TABLE_SCHEMA = %s AND TABLE_TYPE = 'SEQUENCE' ORDER BY 1, 2"

/* SHOW CREATE kind, and the result's column with the statement. */
static const struct {
    const char *kind, *show;
    size_t column;
} shows[] = {
    {"view", "VIEW", 1},         {"trigger", "TRIGGER", 2},   {"procedure", "PROCEDURE", 2},
    {"function", "FUNCTION", 2}, {"package", "PACKAGE", 2},   {"package body", "PACKAGE BODY", 2},
    {"event", "EVENT", 3},       {"sequence", "SEQUENCE", 1},
};

static const char *read_native(struct describe *d, const struct wb_object *o) {
    for (size_t i = 0; i < sizeof shows / sizeof shows[0]; i++) {
        if (!wb_str_eq(shows[i].kind, o->kind))
            continue;
        WB_CLEANUP_BUF struct wb_buf sql = {0};
        struct wb_my_rows rows;
        wb_buf_addf(&sql, "SHOW CREATE %s ", shows[i].show);
        wb_mysql_quote_name(&sql, d->schema);
        wb_buf_addc(&sql, '.');
        wb_mysql_quote_name(&sql, o->name);
        if (!wb_my_query(d->my, d->a, &rows, NULL, wb_buf_str(&sql), sql.len) && rows.n_rows &&
            rows.n_columns > shows[i].column)
            return rows.values[0][shows[i].column];
    }
    return NULL; /* no right to read it: it is still reported by name */
}

enum wb_code wb_mysql_describe_objects(struct describe *d, struct wb_error *err) {
    struct wb_my_rows rows;
    const char *s = d->schema_literal;
    enum wb_code code = wb_my_queryf(d->my, d->a, &rows, err, LIST, s, s, s, s, s);
    if (code)
        return code;
    d->catalog->objects = WB_NEW_N(d->a, struct wb_object, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++) {
        struct wb_object *o = &d->catalog->objects[d->catalog->n_objects++];
        *o = (struct wb_object){.kind = rows.values[i][0],
                                .schema = d->schema,
                                .name = rows.values[i][1],
                                .table = rows.values[i][2]};
        o->native_sql = read_native(d, o);
    }
    return WB_OK;
}
