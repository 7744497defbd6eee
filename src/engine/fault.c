#include "engine/fault.h"

#include "engine/wrap.h"

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

static const char kind[] = "fault";

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
    plan.count = 0;
    return true;
}

bool wb_fault_planned(void) {
    return plan.point != POINT_NONE;
}

static struct wb_conn *inner(struct wb_conn *c) {
    return wb_wrap_find(c, kind)->conn.inner;
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

static enum wb_code f_exec(struct wb_conn *c, const char *sql, uint64_t *ret_rows,
                           struct wb_error *err) {
    bool struck = strikes(POINT_EXEC);
    if (replaces(struck))
        return fail_instead(c, err);
    return after(c, struck, inner(c)->engine->exec(inner(c), sql, ret_rows, err), err);
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

static enum wb_code f_commit(struct wb_conn *c, bool durable, struct wb_error *err) {
    bool struck = strikes(POINT_COMMIT);
    if (replaces(struck))
        return fail_instead(c, err);
    return after(c, struck, inner(c)->engine->write->commit(inner(c), durable, err), err);
}

struct wb_conn *wb_fault_wrap(struct wb_conn *wrapped) {
    struct wb_wrap *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    wb_wrap_init(w, kind, wrapped);
    w->engine.exec = f_exec;
    w->read.open = f_read_open;
    w->write.commit = f_commit;
    return &w->conn;
}
