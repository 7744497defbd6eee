/* What tables hold: rows and, where their values can be read, a digest of them. */
#include "backup/inside.h"

#include "base/str.h"

#include <stdlib.h>

enum { BATCH_ROWS = 1024, BATCH_BYTES = 256 << 10 };

/* --- which tables
 * -------------------------------------------------------------------------------- */

enum wb_code wb_backup_describe(struct wb_conn *c, const struct wb_native_ops *ops,
                                struct wb_backup_tables *ret, struct wb_error *err) {
    static const char *const only[] = {NULL};
    const char *const *names = only;
    size_t n = 1;
    enum wb_code code = ops->schemas ? ops->schemas(c, &ret->arena, &names, &n, err) : WB_OK;
    if (code)
        return code;
    ret->catalogs = WB_NEW_N(&ret->arena, struct wb_catalog, n + 1);
    for (size_t i = 0; i < n && !code; i++) {
        struct wb_describe_opts opts = {.schema = names[i]};
        code = c->engine->describe(c, &opts, &ret->catalogs[i], err);
        ret->n += !code;
    }
    return code;
}

void wb_backup_tables_done(struct wb_backup_tables *t) {
    for (size_t i = 0; i < t->n; i++)
        wb_catalog_done(&t->catalogs[i]);
    wb_arena_done(&t->arena);
    *t = (struct wb_backup_tables){0};
}

size_t wb_backup_tables_count(const struct wb_backup_tables *t) {
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        n += t->catalogs[i].n_tables;
    return n;
}

/* --- what they hold
 * ------------------------------------------------------------------------------ */

static enum wb_code digest(struct wb_conn *c, const struct wb_table *t,
                           const struct wb_cancel *cancel, struct wb_digest *ret,
                           struct wb_error *err) {
    struct wb_arena a = {0};
    const struct wb_read_ops *ops = c->engine->read;
    uint32_t *columns = WB_NEW_N(&a, uint32_t, t->n_columns + 1);
    const struct wb_type **types = WB_NEW_N(&a, const struct wb_type *, t->n_columns + 1);
    for (uint32_t i = 0; i < t->n_columns; i++) {
        columns[i] = i;
        types[i] = &t->columns[i].type;
    }
    struct wb_read_spec spec = {.table = t, .columns = columns, .n_columns = t->n_columns};
    struct wb_cursor *cursor = NULL;
    struct wb_batch batch;
    WB_CLEANUP_BUF struct wb_buf scratch = {0};
    *ret = (struct wb_digest){0};
    wb_batch_init(&batch, (uint32_t)t->n_columns, BATCH_ROWS, BATCH_BYTES);
    enum wb_code code = ops->open(c, &spec, &cursor, err);
    while (!code && !(code = wb_cancel_check(cancel, err)) &&
           !(code = ops->next(cursor, &batch, err)) && batch.n_rows)
        wb_digest_add_batch(ret, &batch, types, &scratch);
    ops->done(cursor);
    wb_batch_done(&batch);
    wb_arena_done(&a);
    return code;
}

static enum wb_code count(struct wb_conn *c, const struct wb_table *t, struct wb_digest *ret,
                          struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    wb_buf_adds(&sql, "SELECT count(*) FROM ");
    wb_engine_quote_table(c->engine, &sql, t->schema, t->name);
    enum wb_code code = c->engine->query(c, wb_buf_str(&sql), &a, &rows, err);
    if (!code)
        *ret = (struct wb_digest){.rows = strtoull(rows.values[0][0], NULL, 10)};
    wb_arena_done(&a);
    return code;
}

/* A table whose values whimbrel cannot read has rows all the same. */
static bool is_about_values(enum wb_code code) {
    return code == WB_E_TYPE || code == WB_E_UNSUPPORTED || code == WB_E_VALUE ||
           code == WB_E_ROW_TOO_LARGE || code == WB_E_SQL || code == WB_E_PROTOCOL;
}

enum wb_code wb_backup_measure(struct wb_conn *c, const struct wb_table *t,
                               struct wb_snapshot *snapshot, const struct wb_cancel *cancel,
                               enum wb_backup_how *how, struct wb_digest *ret,
                               struct wb_error *err) {
    enum wb_code code = WB_OK;
    if (*how != WB_BACKUP_BY_ROWS && t->n_columns) {
        code = digest(c, t, cancel, ret, err);
        if (!code || !is_about_values(code))
            return code ? wb_error_wrap(err, "reading table %s", t->name) : WB_OK;
        code = WB_OK;
        if (snapshot && c->engine->read->late_join) /* its transaction may have failed */
            code = c->engine->read->snapshot_join(c, snapshot, err);
    }
    *how = WB_BACKUP_BY_ROWS;
    if (!code)
        code = count(c, t, ret, err);
    return code ? wb_error_wrap(err, "counting table %s", t->name) : WB_OK;
}
