#include "engine/trace.h"

#include "base/clock.h"
#include "engine/wrap.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct traced {
    struct wb_wrap wrap;
    unsigned number;
    enum wb_side side;
};

struct wb_cursor {
    struct traced *t;
    const struct wb_read_ops *ops;
    struct wb_cursor *inner; /* of the wrapped connection's kind */
    const char *table;       /* of the spec's table, which outlives the cursor */
};

struct wb_load {
    struct traced *t;
    const struct wb_write_ops *ops;
    struct wb_load *inner; /* likewise */
    const char *table;
};

/* A call under way. */
struct call {
    struct traced *t;
    struct wb_conn *inner;
    uint64_t began_us;
    struct wb_error error; /* where the caller asks for none */
    struct wb_error *err;
};

#define NO_ROWS UINT64_MAX

static const char kind[] = "trace";
static FILE *file;
static atomic_uint connections;

enum wb_code wb_trace_to(const char *path, struct wb_error *err) {
    FILE *f = fopen(path, "ae");
    if (!f)
        return wb_error_set(err, WB_E_IO, "the trace file %s: %s", path, strerror(errno));
    setvbuf(f, NULL, _IOLBF, 0);
    file = f;
    return WB_OK;
}

bool wb_trace_on(void) {
    return file != NULL;
}

/* One line, in one write, so that those of other threads do not come in between. */
static void write_line(const struct traced *t, const char *function, uint64_t began_us,
                       uint64_t rows, const struct wb_error *err, const char *text) {
    WB_CLEANUP_BUF struct wb_buf line = {0};
    char now[40];
    wb_buf_addf(&line, "%s %u %s %s %" PRIu64 "us ",
                wb_clock_format(wb_clock_wall_us(), now, sizeof now), t->number,
                t->side == WB_SIDE_SOURCE ? "source" : "target", function,
                wb_clock_monotonic_us() - began_us);
    if (rows == NO_ROWS)
        wb_buf_adds(&line, "rows=-");
    else
        wb_buf_addf(&line, "rows=%" PRIu64, rows);
    bool failed = err && err->code;
    wb_buf_addf(&line, " %s", failed ? wb_error_name(err->code) : "OK");
    if (failed && err->sqlstate[0])
        wb_buf_addf(&line, "(%s)", err->sqlstate);
    if (*text)
        wb_buf_addf(&line, " %s", text);
    wb_buf_addc(&line, '\n');
    fwrite(wb_buf_str(&line), 1, line.len, file);
}

static void begin(struct call *call, struct wb_conn *c, struct wb_error *err) {
    call->t = (struct traced *)wb_wrap_find(c, kind);
    call->inner = call->t->wrap.conn.inner;
    call->error = (struct wb_error){0};
    call->err = err ? err : &call->error;
    call->began_us = wb_clock_monotonic_us();
}

/* text: a name or a number, nothing to be hidden. */
static enum wb_code end(struct call *call, const char *function, enum wb_code code, uint64_t rows,
                        const char *text) {
    const struct wb_error none = {0};
    write_line(call->t, function, call->began_us, code ? NO_ROWS : rows, code ? call->err : &none,
               text);
    return code;
}

static enum wb_code end_sql(struct call *call, const char *function, enum wb_code code,
                            uint64_t rows, const char *sql) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    wb_trace_add_text(&text, &call->t->wrap.engine, sql);
    return end(call, function, code, rows, wb_buf_str(&text));
}

static void traced_close(struct wb_conn *c) {
    if (!c)
        return;
    struct call call;
    begin(&call, c, NULL);
    wb_conn_close(call.inner);
    end(&call, "close", WB_OK, NO_ROWS, "");
    free(call.t);
}

static enum wb_code traced_probe(struct wb_conn *c, struct wb_arena *a, struct wb_probe *ret,
                                 struct wb_error *err) {
    struct call call;
    begin(&call, c, err);
    enum wb_code code = call.inner->engine->probe(call.inner, a, ret, call.err);
    return end(&call, "probe", code, NO_ROWS, "");
}

static enum wb_code traced_describe(struct wb_conn *c, const struct wb_describe_opts *opts,
                                    struct wb_catalog *ret, struct wb_error *err) {
    struct call call;
    begin(&call, c, err);
    enum wb_code code = call.inner->engine->describe(call.inner, opts, ret, call.err);
    return end(&call, "describe", code, code ? 0 : ret->n_tables, opts->schema ? opts->schema : "");
}

static enum wb_code traced_exec(struct wb_conn *c, const char *sql, uint64_t *ret_rows,
                                struct wb_error *err) {
    struct call call;
    uint64_t rows = 0;
    begin(&call, c, err);
    enum wb_code code = call.inner->engine->exec(call.inner, sql, &rows, call.err);
    if (!code && ret_rows)
        *ret_rows = rows;
    return end_sql(&call, "exec", code, rows, sql);
}

static enum wb_code traced_query(struct wb_conn *c, const char *sql, struct wb_arena *a,
                                 struct wb_rows *ret, struct wb_error *err) {
    struct call call;
    begin(&call, c, err);
    enum wb_code code = call.inner->engine->query(call.inner, sql, a, ret, call.err);
    return end_sql(&call, "query", code, code ? 0 : ret->n_rows, sql);
}

/* ------------------------------------------------------------------------------------------------
 * reading */

static enum wb_code traced_snapshot_begin(struct wb_conn *c, const struct wb_snapshot_opts *opts,
                                          struct wb_snapshot **ret, struct wb_error *err) {
    struct call call;
    begin(&call, c, err);
    enum wb_code code = call.inner->engine->read->snapshot_begin(call.inner, opts, ret, call.err);
    return end(&call, "snapshot_begin", code, NO_ROWS, "");
}

static enum wb_code traced_snapshot_join(struct wb_conn *c, struct wb_snapshot *s,
                                         struct wb_error *err) {
    struct call call;
    begin(&call, c, err);
    enum wb_code code = call.inner->engine->read->snapshot_join(call.inner, s, call.err);
    return end(&call, "snapshot_join", code, NO_ROWS, "");
}

static enum wb_code traced_split(struct wb_conn *c, const struct wb_table *t, uint64_t chunk_rows,
                                 struct wb_arena *a, struct wb_range **ret, size_t *ret_n,
                                 struct wb_error *err) {
    struct call call;
    begin(&call, c, err);
    enum wb_code code =
        call.inner->engine->read->split(call.inner, t, chunk_rows, a, ret, ret_n, call.err);
    return end(&call, "split", code, code ? 0 : *ret_n, t->name);
}

static enum wb_code traced_scan(struct wb_conn *c, const struct wb_table *t,
                                struct wb_scan_ask *asks, size_t n, struct wb_error *err) {
    struct call call;
    begin(&call, c, err);
    enum wb_code code = call.inner->engine->read->scan(call.inner, t, asks, n, call.err);
    return end(&call, "scan", code, NO_ROWS, t->name);
}

static enum wb_code traced_open(struct wb_conn *c, const struct wb_read_spec *spec,
                                struct wb_cursor **ret, struct wb_error *err) {
    struct call call;
    struct wb_cursor *cur = calloc(1, sizeof *cur);
    if (!cur)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a cursor");
    begin(&call, c, err);
    *cur = (struct wb_cursor){
        .t = call.t, .ops = call.inner->engine->read, .table = spec->table->name};
    enum wb_code code = cur->ops->open(call.inner, spec, &cur->inner, call.err);
    end(&call, "read.open", code, NO_ROWS, cur->table);
    if (code)
        free(cur);
    else
        *ret = cur;
    return code;
}

static enum wb_code traced_next(struct wb_cursor *cur, struct wb_batch *b, struct wb_error *err) {
    struct call call;
    begin(&call, &cur->t->wrap.conn, err);
    enum wb_code code = cur->ops->next(cur->inner, b, call.err);
    return end(&call, "read.next", code, b->n_rows, cur->table);
}

static void traced_done(struct wb_cursor *cur) {
    if (!cur)
        return;
    struct call call;
    begin(&call, &cur->t->wrap.conn, NULL);
    cur->ops->done(cur->inner);
    end(&call, "read.done", WB_OK, NO_ROWS, cur->table);
    free(cur);
}

/* ------------------------------------------------------------------------------------------------
 * writing */

static enum wb_code traced_hold(struct wb_conn *c, struct wb_error *err) {
    struct call call;
    begin(&call, c, err);
    enum wb_code code = call.inner->engine->write->hold(call.inner, call.err);
    return end(&call, "hold", code, NO_ROWS, "");
}

static enum wb_code traced_begin(struct wb_conn *c, struct wb_error *err) {
    struct call call;
    begin(&call, c, err);
    enum wb_code code = call.inner->engine->write->begin(call.inner, call.err);
    return end(&call, "begin", code, NO_ROWS, "");
}

static enum wb_code traced_commit(struct wb_conn *c, bool durable, struct wb_error *err) {
    struct call call;
    begin(&call, c, err);
    enum wb_code code = call.inner->engine->write->commit(call.inner, durable, call.err);
    return end(&call, "commit", code, NO_ROWS, durable ? "durable" : "");
}

static void traced_rollback(struct wb_conn *c) {
    struct call call;
    begin(&call, c, NULL);
    call.inner->engine->write->rollback(call.inner);
    end(&call, "rollback", WB_OK, NO_ROWS, "");
}

static enum wb_code traced_load_open(struct wb_conn *c, const struct wb_load_spec *spec,
                                     struct wb_load **ret, struct wb_error *err) {
    struct call call;
    struct wb_load *l = calloc(1, sizeof *l);
    if (!l)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a load");
    begin(&call, c, err);
    *l =
        (struct wb_load){.t = call.t, .ops = call.inner->engine->write, .table = spec->table->name};
    enum wb_code code = l->ops->load_open(call.inner, spec, &l->inner, call.err);
    end(&call, "load_open", code, NO_ROWS, l->table);
    if (code)
        free(l);
    else
        *ret = l;
    return code;
}

static enum wb_code traced_load_put(struct wb_load *l, const struct wb_batch *b,
                                    struct wb_error *err) {
    struct call call;
    begin(&call, &l->t->wrap.conn, err);
    enum wb_code code = l->ops->load_put(l->inner, b, call.err);
    return end(&call, "load_put", code, b->n_rows, l->table);
}

static enum wb_code traced_load_close(struct wb_load *l, uint64_t *ret_rows, struct wb_error *err) {
    struct call call;
    uint64_t rows = 0;
    begin(&call, &l->t->wrap.conn, err);
    enum wb_code code = l->ops->load_close(l->inner, &rows, call.err);
    if (!code && ret_rows)
        *ret_rows = rows;
    end(&call, "load_close", code, rows, l->table);
    free(l);
    return code;
}

static void traced_load_abort(struct wb_load *l) {
    if (!l)
        return;
    struct call call;
    begin(&call, &l->t->wrap.conn, NULL);
    l->ops->load_abort(l->inner);
    end(&call, "load_abort", WB_OK, NO_ROWS, l->table);
    free(l);
}

static enum wb_code traced_delete_range(struct wb_conn *c, const struct wb_table *t,
                                        const struct wb_range *range, uint64_t *ret_rows,
                                        struct wb_error *err) {
    struct call call;
    uint64_t rows = 0;
    begin(&call, c, err);
    enum wb_code code =
        call.inner->engine->write->delete_range(call.inner, t, range, &rows, call.err);
    if (!code && ret_rows)
        *ret_rows = rows;
    return end(&call, "delete_range", code, rows, t->name);
}

/* ------------------------------------------------------------------------------------------------
 * putting it on */

static void override_reading(struct wb_read_ops *r) {
    r->snapshot_begin = traced_snapshot_begin;
    r->snapshot_join = traced_snapshot_join;
    r->split = traced_split;
    r->open = traced_open;
    r->next = traced_next;
    r->done = traced_done;
    r->scan = r->scan ? traced_scan : NULL;
}

static void override_writing(struct wb_write_ops *w) {
    w->hold = traced_hold;
    w->begin = traced_begin;
    w->commit = traced_commit;
    w->rollback = traced_rollback;
    w->load_open = traced_load_open;
    w->load_put = traced_load_put;
    w->load_close = traced_load_close;
    w->load_abort = traced_load_abort;
    w->delete_range = traced_delete_range;
}

struct wb_conn *wb_trace_wrap(struct wb_conn *inner, enum wb_side side, const char *what,
                              uint64_t began_us, const struct wb_error *err) {
    struct traced opened = {.number = atomic_fetch_add(&connections, 1) + 1, .side = side};
    write_line(&opened, "open", began_us, NO_ROWS, inner ? NULL : err, what);
    if (!inner)
        return NULL;
    struct traced *t = calloc(1, sizeof *t);
    if (!t)
        abort();
    *t = opened;
    wb_wrap_init(&t->wrap, kind, inner);
    struct wb_engine *e = &t->wrap.engine;
    e->close = traced_close;
    e->probe = traced_probe;
    e->describe = traced_describe;
    e->exec = traced_exec;
    e->query = traced_query;
    override_reading(&t->wrap.read);
    override_writing(&t->wrap.write);
    return &t->wrap.conn;
}
