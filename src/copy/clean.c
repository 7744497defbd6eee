/* Undoing and removing: what --restart and `whimbrel clean` do. They follow what the ledger
 * recorded when the objects were made, never what the source looks like today. */
#include "copy/job.h"

#include "base/str.h"
#include "engine/registry.h"

/* A step that the ledger does not call done was perhaps done all the same, where DDL is not
 * transactional: it is undone, and that there was nothing to undo is no error. */
static enum wb_code undo_one(struct wb_ledger *l, const struct wb_ledger_step *s,
                             struct wb_error *err) {
    if (!s->undo || s->refused)
        return WB_OK;
    enum wb_code code = l->conn->engine->exec(l->conn, s->undo, NULL, err);
    if (code && !s->done && (code == WB_E_NOT_FOUND || code == WB_E_SQL))
        return WB_OK;
    return code ? wb_error_wrap(err, "undoing %s", s->name) : WB_OK;
}

enum wb_code wb_job_undo_all(struct wb_ledger *l, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_ledger_step *steps;
    size_t n;
    enum wb_code code = wb_ledger_read_steps(l, &a, &steps, &n, err);
    for (size_t i = code ? 0 : n; !code && i-- > 0;)
        code = undo_one(l, &steps[i], err);
    wb_arena_done(&a);
    return code;
}

static enum wb_code clean(struct wb_conn *c, struct wb_arena *a, const char ***ret_removed,
                          size_t *ret_n, struct wb_error *err) {
    struct wb_ledger l = {.conn = c, .prefix = c->engine->ledger_prefix};
    struct wb_ledger_run run;
    enum wb_code code = wb_ledger_read_run(&l, a, &run, err);
    if (code)
        return code;
    *ret_removed = WB_NEW_N(a, const char *, 1);
    *ret_n = 0;
    if (run.state == WB_RUN_NONE) {
        struct wb_error ignored; /* it goes only if nothing is in it */
        if (c->engine->ledger_setup)
            c->engine->exec(c, "DROP SCHEMA IF EXISTS whimbrel", NULL, &ignored);
        return WB_OK;
    }
    code = wb_ledger_drop(&l, err);
    if (!code && c->engine->ledger_setup)
        code = c->engine->exec(c, "DROP SCHEMA IF EXISTS whimbrel", NULL, err);
    if (!code)
        (*ret_removed)[(*ret_n)++] =
            wb_arena_printf(a, "the ledger of the copy of %s begun %s (%s)", run.source,
                            run.started, run.state == WB_RUN_DONE ? "done" : "unfinished");
    return code;
}

enum wb_code wb_copy_clean(const struct wb_url *url, struct wb_arena *a, const char ***ret_removed,
                           size_t *ret_n, struct wb_error *err) {
    struct wb_conn *c = NULL;
    struct wb_open_opts opts = {.side = WB_SIDE_TARGET, .must_exist = true};
    enum wb_code code = wb_registry_open(url, &opts, &c, err);
    if (code)
        return code;
    if (c->engine->write)
        code = c->engine->write->hold(c, err);
    if (!code)
        code = clean(c, a, ret_removed, ret_n, err);
    wb_conn_close(c);
    return code;
}
