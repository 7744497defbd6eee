#include "unit/engine/wrapped.h"

#include <stdio.h>
#include <string.h>

void wrapped_make(struct sqlite_fixture *f, unsigned n, struct wb_catalog *ret) {
    struct wb_conn *c = sqlite_open(f, "data.db", WB_SIDE_TARGET);
    sqlite_run(f, c, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    sqlite_run(f, c,
               wb_arena_printf(&f->arena,
                               "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) "
                               "INSERT INTO t SELECT i, 'value ' || i FROM n LIMIT %u",
                               n));
    sqlite_describe(f, c, ret);
    wb_conn_close(c);
}

enum wb_code wrapped_read(struct sqlite_fixture *f, struct wb_conn *c, const struct wb_table *t,
                          uint64_t *ret_rows, uint64_t *ret_bytes) {
    static const uint32_t columns[] = {0, 1};
    const struct wb_read_ops *ops = c->engine->read;
    struct wb_read_spec spec = {
        .table = t, .columns = columns, .n_columns = 2, .range = {.kind = WB_RANGE_ALL}};
    struct wb_cursor *cur = NULL;
    struct wb_batch b;
    uint64_t rows = 0, bytes = 0;
    wb_batch_init(&b, 2, 100, 1 << 20);
    enum wb_code code = ops->open(c, &spec, &cur, &f->err);
    while (!code && !(code = ops->next(cur, &b, &f->err)) && b.n_rows) {
        rows += b.n_rows;
        bytes += b.bytes;
    }
    if (cur)
        ops->done(cur);
    wb_batch_done(&b);
    if (ret_rows)
        *ret_rows = rows;
    if (ret_bytes)
        *ret_bytes = bytes;
    return code;
}

enum wb_code wrapped_load(struct sqlite_fixture *f, struct wb_conn *c, const struct wb_table *t,
                          int64_t first, unsigned n) {
    static const uint32_t columns[] = {0, 1};
    const struct wb_write_ops *w = c->engine->write;
    struct wb_load_spec spec = {.table = t, .columns = columns, .n_columns = 2};
    struct wb_load *load = NULL;
    struct wb_batch b;
    uint64_t rows = 0;
    wb_batch_init(&b, 2, n, 1 << 20);
    for (unsigned i = 0; i < n; i++) {
        struct wb_cell *row = wb_batch_add_row(&b);
        row[0] = wb_cell_int(first + i);
        row[1] = wb_cell_text("ten bytes.", 10);
        b.bytes += 18;
    }
    enum wb_code code = w->begin(c, &f->err);
    if (!code)
        code = w->load_open(c, &spec, &load, &f->err);
    if (!code && (code = w->load_put(load, &b, &f->err)))
        w->load_abort(load);
    else if (!code)
        code = w->load_close(load, &rows, &f->err);
    if (!code)
        code = w->commit(c, false, &f->err);
    if (code)
        w->rollback(c);
    else
        assert_int_equal(rows, n);
    wb_batch_done(&b);
    return code;
}

unsigned wrapped_lines(const char *path, const char *a, const char *b, const char *c) {
    char line[4096];
    unsigned n = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        n += strstr(line, a) && (!b || strstr(line, b)) && (!c || strstr(line, c));
    fclose(file);
    return n;
}
