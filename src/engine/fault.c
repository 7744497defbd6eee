/* A wrapped connection carries its own engine: a copy of the inner one's table in which every
 * function that takes a connection passes on the inner connection. Cursors, loads and snapshots are
 * the inner engine's own. */
#include "engine/fault.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum point { POINT_NONE, POINT_COMMIT, POINT_EXEC, POINT_NEXT };
enum action { KILL_BEFORE, KILL_AFTER, LOSE, LOSE_AFTER, FILL, STOP_BEFORE, STOP_AFTER };

static struct {
    enum point point;
    unsigned long at;
    enum action action;
    _Atomic unsigned long count;
} plan;

struct fault_conn {
    struct wb_conn conn;
    struct wb_conn *inner;
    struct wb_engine engine;
    struct wb_read_ops read;
    struct wb_write_ops write;
};

static int find(const char *const *words, int n, const char *word) {
    for (int i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

bool wb_fault_plan(const char *text) {
    static const char *const points[] = {"none", "commit", "exec", "next"};
    static const char *const actions[] = {"kill-before", "kill-after",  "lose",      "lose-after",
                                          "fill",        "stop-before", "stop-after"};
    static const int n_actions = sizeof actions / sizeof actions[0];
    char point[16], action[16];
    unsigned long at;
    if (sscanf(text, "%15[a-z]:%lu:%15[a-z-]", point, &at, action) != 3 || at == 0)
        return false;
    int p = find(points, 4, point), a = find(actions, n_actions, action);
    if (p < 1 || a < 0)
        return false;
    plan.point = (enum point)p;
    plan.at = at;
    plan.action = (enum action)a;
    return true;
}

bool wb_fault_planned(void) {
    return plan.point != POINT_NONE;
}

static struct wb_conn *inner(struct wb_conn *c) {
    return ((struct fault_conn *)c)->inner;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* As a process that the system suspends, or whose machine sleeps: it goes on with SIGCONT. */
static void stop(void) {
    raise(
        SIGSTOP); /* to this thread: sent to the process, another would stop first and this go on */
}

/* Is this call the chosen one? Then what happens before it. */
static bool strikes(enum point point) {
    if (plan.point != point || atomic_fetch_add(&plan.count, 1) + 1 != plan.at)
        return false;
    if (plan.action == KILL_BEFORE)
        die();
    if (plan.action == STOP_BEFORE)
        stop();
    return true;
}

static enum wb_code lose(struct wb_conn *c, struct wb_error *err) {
    inner(c)->engine->cancel(inner(c));
    return wb_error_set(err, WB_E_LOST, "fault injection: the connection was lost");
}

static bool replaces(bool struck) {
    return struck && (plan.action == LOSE || plan.action == FILL);
}

static enum wb_code fail_instead(struct wb_conn *c, struct wb_error *err) {
    if (plan.action == FILL)
        return wb_error_set(err, WB_E_DISK_FULL, "fault injection: no space left");
    return lose(c, err);
}

/* What happens after the chosen call, which gave code. */
static enum wb_code after(struct wb_conn *c, bool struck, enum wb_code code, struct wb_error *err) {
    if (!struck || code)
        return code;
    if (plan.action == KILL_AFTER)
        die();
    if (plan.action == STOP_AFTER)
        stop();
    return plan.action == LOSE_AFTER ? lose(c, err) : code;
}

static void f_close(struct wb_conn *c) {
    if (!c)
        return;
    wb_conn_close(inner(c));
    free(c);
}

static void f_cancel(struct wb_conn *c) {
    inner(c)->engine->cancel(inner(c));
}

static enum wb_code f_probe(struct wb_conn *c, struct wb_arena *a, struct wb_probe *ret,
                            struct wb_error *err) {
    return inner(c)->engine->probe(inner(c), a, ret, err);
}

static enum wb_code f_describe(struct wb_conn *c, const struct wb_describe_opts *opts,
                               struct wb_catalog *ret, struct wb_error *err) {
    return inner(c)->engine->describe(inner(c), opts, ret, err);
}

static enum wb_code f_exec(struct wb_conn *c, const char *sql, uint64_t *ret_rows,
                           struct wb_error *err) {
    bool struck = strikes(POINT_EXEC);
    if (replaces(struck))
        return fail_instead(c, err);
    return after(c, struck, inner(c)->engine->exec(inner(c), sql, ret_rows, err), err);
}

static enum wb_code f_query(struct wb_conn *c, const char *sql, struct wb_arena *a,
                            struct wb_rows *ret, struct wb_error *err) {
    return inner(c)->engine->query(inner(c), sql, a, ret, err);
}

static enum wb_code f_snapshot_begin(struct wb_conn *c, const struct wb_snapshot_opts *opts,
                                     struct wb_snapshot **ret, struct wb_error *err) {
    return inner(c)->engine->read->snapshot_begin(inner(c), opts, ret, err);
}

static enum wb_code f_snapshot_join(struct wb_conn *c, struct wb_snapshot *s,
                                    struct wb_error *err) {
    return inner(c)->engine->read->snapshot_join(inner(c), s, err);
}

static enum wb_code f_split(struct wb_conn *c, const struct wb_table *t, uint64_t chunk_rows,
                            struct wb_arena *a, struct wb_range **ret, size_t *ret_n,
                            struct wb_error *err) {
    return inner(c)->engine->read->split(inner(c), t, chunk_rows, a, ret, ret_n, err);
}

/* next takes a cursor, which does not know its wrapper: the point is counted where the cursor is
 * opened. */
static enum wb_code f_read_open(struct wb_conn *c, const struct wb_read_spec *spec,
                                struct wb_cursor **ret, struct wb_error *err) {
    bool struck = strikes(POINT_NEXT);
    if (replaces(struck))
        return fail_instead(c, err);
    struct wb_cursor *cursor = NULL;
    enum wb_code code = inner(c)->engine->read->open(inner(c), spec, &cursor, err);
    enum wb_code told = after(c, struck, code, err);
    if (told && !code) /* the caller will not end what it was told did not begin */
        inner(c)->engine->read->done(cursor);
    else if (!told)
        *ret = cursor;
    return told;
}

static enum wb_code f_scan(struct wb_conn *c, const struct wb_table *t, struct wb_scan_ask *asks,
                           size_t n, struct wb_error *err) {
    return inner(c)->engine->read->scan(inner(c), t, asks, n, err);
}

static enum wb_code f_hold(struct wb_conn *c, struct wb_error *err) {
    return inner(c)->engine->write->hold(inner(c), err);
}

static enum wb_code f_begin(struct wb_conn *c, struct wb_error *err) {
    return inner(c)->engine->write->begin(inner(c), err);
}

static enum wb_code f_commit(struct wb_conn *c, bool durable, struct wb_error *err) {
    bool struck = strikes(POINT_COMMIT);
    if (replaces(struck))
        return fail_instead(c, err);
    return after(c, struck, inner(c)->engine->write->commit(inner(c), durable, err), err);
}

static void f_rollback(struct wb_conn *c) {
    inner(c)->engine->write->rollback(inner(c));
}

static enum wb_code f_load_open(struct wb_conn *c, const struct wb_load_spec *spec,
                                struct wb_load **ret, struct wb_error *err) {
    return inner(c)->engine->write->load_open(inner(c), spec, ret, err);
}

static enum wb_code f_delete_range(struct wb_conn *c, const struct wb_table *t,
                                   const struct wb_range *range, uint64_t *ret_rows,
                                   struct wb_error *err) {
    return inner(c)->engine->write->delete_range(inner(c), t, range, ret_rows, err);
}

static void wrap_read(struct fault_conn *f) {
    if (!f->engine.read)
        return;
    f->read = *f->engine.read;
    f->read.snapshot_begin = f_snapshot_begin;
    f->read.snapshot_join = f_snapshot_join;
    f->read.split = f_split;
    f->read.open = f_read_open;
    f->read.scan = f->read.scan ? f_scan : NULL;
    f->engine.read = &f->read;
}

static void wrap_write(struct fault_conn *f) {
    if (!f->engine.write)
        return;
    f->write = *f->engine.write;
    f->write.hold = f_hold;
    f->write.begin = f_begin;
    f->write.commit = f_commit;
    f->write.rollback = f_rollback;
    f->write.load_open = f_load_open;
    f->write.delete_range = f_delete_range;
    f->engine.write = &f->write;
}

struct wb_conn *wb_fault_wrap(struct wb_conn *wrapped) {
    struct fault_conn *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    f->inner = wrapped;
    f->engine = *wrapped->engine;
    f->engine.close = f_close;
    f->engine.cancel = f_cancel;
    f->engine.probe = f_probe;
    f->engine.describe = f_describe;
    f->engine.exec = f_exec;
    f->engine.query = f_query;
    wrap_read(f);
    wrap_write(f);
    f->conn.engine = &f->engine;
    return &f->conn;
}
