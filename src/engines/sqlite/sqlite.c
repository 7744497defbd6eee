#include "engines/sqlite/sqlite.h"

#include "engines/sqlite/conn.h"
#include "engines/sqlite/ddl.h"
#include "engines/sqlite/describe.h"
#include "engines/sqlite/hold.h"
#include "engines/sqlite/native.h"
#include "engines/sqlite/probe.h"
#include "engines/sqlite/read.h"
#include "engines/sqlite/verify.h"
#include "engines/sqlite/write.h"

static const char *const schemes[] = {"sqlite", "sqlite3", NULL};

static const struct wb_read_ops read_ops = {
    .snapshot_begin = wb_sqlite_snapshot_begin,
    .snapshot_join = wb_sqlite_snapshot_join,
    .snapshot_ready = wb_sqlite_snapshot_ready,
    .snapshot_end = wb_sqlite_snapshot_end,
    .late_join = false,
    .split = wb_sqlite_split,
    .open = wb_sqlite_cursor_open,
    .next = wb_sqlite_cursor_next,
    .done = wb_sqlite_cursor_done,
};

static const struct wb_write_ops write_ops = {
    .hold = wb_sqlite_hold,
    .begin = wb_sqlite_begin,
    .commit = wb_sqlite_commit,
    .rollback = wb_sqlite_rollback,
    .load_open = wb_sqlite_load_open,
    .load_put = wb_sqlite_load_put,
    .load_close = wb_sqlite_load_close,
    .load_abort = wb_sqlite_load_abort,
    .delete_range = wb_sqlite_delete_range,
};

static bool can_generate(const struct wb_table *t, uint32_t column, struct wb_arena *a,
                         const char **ret_why) {
    (void)a;
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    if (wb_sqlite_render_expr(&sql, t->columns[column].generated_as.tree, t))
        return true;
    *ret_why = "SQLite has nothing that means the same";
    return false;
}

static const struct wb_ddl_ops ddl_ops = {
    .can_generate = can_generate,
    .keys_inline = true,
    .map_type = wb_sqlite_map_type,
    .parse_type = wb_sqlite_parse_type,
    .render = wb_sqlite_render,
    .folding_collation = "NOCASE",
};

const struct wb_engine wb_engine_sqlite = {
    .version = WB_ENGINE_VERSION,
    .name = "sqlite",
    .title = "SQLite",
    .schemes = schemes,
    .ledger_prefix = "whimbrel_",
    .open = wb_sqlite_open,
    .close = wb_sqlite_close,
    .cancel = wb_sqlite_cancel,
    .identify = wb_sqlite_identify,
    .probe = wb_sqlite_probe,
    .describe = wb_sqlite_describe,
    .exec = wb_sqlite_exec,
    .query = wb_sqlite_query,
    .quote_name = wb_sqlite_quote_name,
    .quote_text = wb_sqlite_quote_text,
    .read = &read_ops,
    .write = &write_ops,
    .ddl = &ddl_ops,
    .verify = &wb_sqlite_verify_ops,
    .native = &wb_sqlite_native_ops,
};
