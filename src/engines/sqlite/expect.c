/* What a schema that is wanted would look like once it was made: it is made, empty, in memory. */
#include "engines/sqlite/ddl.h"
#include "engines/sqlite/describe.h"
#include "engines/sqlite/explain.h"
#include "engines/sqlite/sqlite.h"

#include <stdlib.h>

static enum wb_code open_memory(struct wb_sqlite **ret, struct wb_error *err) {
    struct wb_sqlite *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->base.engine = &wb_engine_sqlite;
    c->side = WB_SIDE_SOURCE;
    c->hold_fd = -1;
    enum wb_code code = WB_OK;
    int rc = sqlite3_open_v2(
        ":memory:", &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc)
        code = wb_sqlite_fail(c, rc, "opening a database in memory", err);
    if (code)
        wb_sqlite_close(&c->base);
    else
        *ret = c;
    return code;
}

/* An optional statement that is refused would have been refused before, too; so would an index over
 * a function that only the application knows. */
static enum wb_code make_all(struct wb_conn *c, const struct wb_catalog *wanted,
                             unsigned version_num, struct wb_arena *a, struct wb_error *err) {
    struct wb_ddl_list list = {0};
    struct wb_findings findings = {0};
    enum wb_code code = wb_sqlite_render(wanted, version_num, a, &list, &findings, err);
    for (size_t i = 0; !code && i < list.n && list.items[i].part <= WB_DDL_FOREIGN_KEY; i++) {
        code = wb_sqlite_exec(c, list.items[i].sql, NULL, err);
        if (list.items[i].optional && code == WB_E_SQL)
            code = WB_OK;
    }
    return code;
}

enum wb_code wb_sqlite_expect(struct wb_conn *c, const struct wb_catalog *wanted,
                              unsigned version_num, struct wb_catalog *ret, struct wb_error *err) {
    (void)c;
    struct wb_sqlite *memory = NULL;
    struct wb_arena a = {0};
    struct wb_describe_opts opts = {0};
    struct wb_catalog tables = *wanted;
    tables.n_objects = 0;
    enum wb_code code = open_memory(&memory, err);
    if (!code)
        code = make_all(&memory->base, &tables, version_num, &a, err);
    if (!code)
        code = wb_sqlite_describe(&memory->base, &opts, ret, err);
    if (memory)
        wb_sqlite_close(&memory->base);
    wb_arena_done(&a);
    return code ? wb_error_wrap(err, "making the expected schema in memory") : WB_OK;
}
