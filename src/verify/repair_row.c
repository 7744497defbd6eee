/* One transaction of a repair: the statements of some rows with their journal, and the source once
 * more before it commits. */
#include "verify/repair_int.h"

#include <inttypes.h>

/* ------------------------------------------------------------------------------------------------
 * the journal */

void wb_verify_repair_add_key(const struct wb_repair *r, const struct wb_verify_row *row,
                              struct wb_buf *to) {
    const struct wb_cell *cells = row->source ? row->source : row->target;
    if (r->pair.all.n_key)
        wb_verify_repair_key(r->job, &r->pair, cells, to);
    else
        wb_buf_addf(to, "%" PRIu64 " row%s", row->copies, row->copies == 1 ? "" : "s");
}

static enum wb_code journal(struct wb_repair *r, const struct wb_verify_row *row,
                            struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf key = {0}, before = {0}, after = {0};
    wb_verify_repair_add_key(r, row, &key);
    if (row->target)
        wb_verify_repair_row(r->job, &r->pair, row->target, &before);
    if (row->source)
        wb_verify_repair_row(r->job, &r->pair, row->source, &after);
    struct wb_verify_journal_entry e = {.no = ++r->journal_no,
                                        .statement = wb_verify_repair_word(row->kind),
                                        .table = r->pair.target,
                                        .key = wb_buf_str(&key),
                                        .before = row->target ? wb_buf_str(&before) : NULL,
                                        .after = row->source ? wb_buf_str(&after) : NULL};
    return wb_verify_journal_add(r->job, r->conn, &e, err);
}

/* ------------------------------------------------------------------------------------------------
 * one transaction */

struct attempt {
    struct wb_verify_row *rows;
    size_t n;
    bool *changed; /* rows that a statement changed in the target */
    size_t n_changed;
    bool moved; /* the source is no longer as it was read */
};

enum wb_code wb_verify_repair_check_dependents(struct wb_repair *r, const struct wb_verify_row *row,
                                               struct wb_error *err) {
    const char **sql = NULL;
    size_t n = 0;
    struct wb_conn *c = r->conn;
    enum wb_code code =
        wb_verify_repair_dependents(r->job, &r->pair, row->target, &r->a, &sql, &n, err);
    for (size_t i = 0; !code && i < n; i++) {
        struct wb_rows found;
        code = c->engine->query(c, sql[i], &r->a, &found, err);
        if (!code && found.n_rows)
            code = wb_error_set(err, WB_E_CONSTRAINT,
                                "deleting it would delete or change other rows that refer to it");
    }
    return code;
}

/* Equal rows that are missing come one at a time. */
static enum wb_code run_statement(struct wb_repair *r, const struct wb_verify_row *row,
                                  uint64_t *ret_affected, struct wb_error *err) {
    struct wb_conn *c = r->conn;
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    const char *why = "";
    uint64_t affected = 0, times = row->kind == WB_VERIFY_MISSING ? row->copies : 1;
    enum wb_code code =
        row->kind == WB_VERIFY_EXTRA ? wb_verify_repair_check_dependents(r, row, err) : WB_OK;
    if (code)
        return code;
    if (!wb_verify_repair_statement(r->job, &r->pair, row, NULL, &sql, &why))
        return wb_error_set(err, WB_E_VALUE, "%s", why);
    *ret_affected = 0;
    for (uint64_t i = 0; !code && i < times; i++) {
        code = wb_cancel_check(r->job->opts->cancel, err);
        if (!code)
            code = c->engine->exec(c, wb_buf_str(&sql), &affected, err);
        *ret_affected += affected;
    }
    if (!code && *ret_affected > row->copies)
        return wb_error_set(err, WB_E_CONSTRAINT,
                            "its key stands for %" PRIu64 " rows under the target's collation",
                            *ret_affected);
    return code;
}

static enum wb_code change_row(struct wb_repair *r, struct attempt *t, size_t i,
                               struct wb_error *err) {
    uint64_t affected = 0;
    enum wb_code code = run_statement(r, &t->rows[i], &affected, err);
    t->changed[i] = affected > 0;
    t->n_changed += affected;
    return !code && affected ? journal(r, &t->rows[i], err) : code;
}

/* All go before the first comes back, so that what they exchanged is free. */
static enum wb_code change_anew(struct wb_repair *r, struct attempt *t, struct wb_error *err) {
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < t->n; i++) {
        struct wb_verify_row row = t->rows[i];
        uint64_t affected = 0;
        row.kind = WB_VERIFY_EXTRA;
        code = run_statement(r, &row, &affected, err);
        t->changed[i] = affected == 1;
    }
    for (size_t i = 0; !code && i < t->n; i++) {
        struct wb_verify_row row = t->rows[i];
        uint64_t affected = 0;
        if (!t->changed[i])
            continue;
        row.kind = WB_VERIFY_MISSING;
        code = run_statement(r, &row, &affected, err);
        t->n_changed += affected;
        if (!code)
            code = journal(r, &t->rows[i], err);
    }
    return code;
}

struct reread {
    struct wb_repair *r;
    const struct wb_cell **now;
};

static void take_now(void *ctx, size_t key, const struct wb_row_digest *row,
                     const struct wb_cell *cells) {
    struct reread *g = ctx;
    (void)row;
    g->now[key] = wb_verify_cut_cells(&g->r->a, cells, g->r->pair.all.types, g->r->pair.all.n);
}

/* The rows of the target are locked by now: whatever the source does later comes to the target
 * later. */
static enum wb_code check_source(struct wb_repair *r, const struct wb_verify_row *rows,
                                 const struct wb_verify_candidate *keys, size_t n, bool *ret_moved,
                                 struct wb_error *err) {
    struct reread g = {r, WB_NEW_N(&r->a, const struct wb_cell *, n + 1)};
    struct wb_conn *c = NULL;
    enum wb_code code = wb_verify_repair_reader(r, WB_SIDE_SOURCE, &c, err);
    if (!code)
        code = wb_verify_fetch(r->job, c, &r->pair, WB_SIDE_SOURCE, &r->pair.all, keys, n, take_now,
                               &g, err);
    for (size_t i = 0; !code && i < n; i++)
        *ret_moved |= !wb_verify_repair_same(&r->pair, rows[i].source, g.now[i]);
    return code;
}

struct recount {
    uint32_t *copies[WB_VERIFY_SIDES];
    enum wb_side side;
};

static void take_copy(void *ctx, size_t key, const struct wb_row_digest *row,
                      const struct wb_cell *cells) {
    struct recount *c = ctx;
    (void)row, (void)cells;
    c->copies[c->side][key]++;
}

/* Without a key: does the target hold as many equal rows as the source now? Within the transaction,
 * so that a condition that took others than it should undoes it. */
static enum wb_code check_copies(struct wb_repair *r, const struct wb_verify_row *rows,
                                 const struct wb_verify_candidate *keys, size_t n, bool *ret_moved,
                                 struct wb_error *err) {
    struct recount c = {0};
    struct wb_conn *conns[WB_VERIFY_SIDES] = {NULL, r->conn};
    enum wb_code code = wb_verify_repair_reader(r, WB_SIDE_SOURCE, &conns[WB_SIDE_SOURCE], err);
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++) {
        c.side = (enum wb_side)s;
        c.copies[s] = WB_NEW_N(&r->a, uint32_t, n + 1);
        code = wb_verify_fetch(r->job, conns[s], &r->pair, c.side, &r->pair.all, keys, n, take_copy,
                               &c, err);
    }
    for (size_t i = 0; !code && i < n; i++) {
        *ret_moved |= c.copies[WB_SIDE_SOURCE][i] != rows[i].found[WB_SIDE_SOURCE];
        if (!*ret_moved && c.copies[WB_SIDE_TARGET][i] != c.copies[WB_SIDE_SOURCE][i])
            code = wb_error_set(err, WB_E_CONSTRAINT,
                                "the target's comparison cannot tell it from other rows");
    }
    return code;
}

enum wb_code wb_verify_repair_check(struct wb_repair *r, const struct wb_verify_row *rows,
                                    const struct wb_verify_candidate *keys, size_t n,
                                    bool *ret_moved, struct wb_error *err) {
    return r->pair.all.n_key ? check_source(r, rows, keys, n, ret_moved, err)
                             : check_copies(r, rows, keys, n, ret_moved, err);
}

static const char *text_of(struct wb_repair *r, const struct wb_verify_row *row) {
    const char *text = wb_verify_repair_text(r->job, &r->pair, row, &r->a);
    return text ? text : "";
}

static const char *text_anew(struct wb_repair *r, struct wb_verify_row row) {
    row.kind = WB_VERIFY_EXTRA;
    const char *gone = text_of(r, &row);
    row.kind = WB_VERIFY_MISSING;
    return wb_arena_printf(&r->a, "%s; %s", gone, text_of(r, &row));
}

static void tell_changed(struct wb_repair *r, const struct attempt *t) {
    bool redact = r->job->opts->values == WB_VERIFY_REDACT_VALUES;
    for (size_t i = 0; i < t->n; i++) {
        if (!t->changed[i])
            continue;
        if (redact)
            wb_verify_say(r->job, WB_VERIFY_REPAIRED, "%s of a row of %s",
                          wb_verify_repair_word(t->rows[i].kind), r->pair.target);
        else
            wb_verify_say(r->job, WB_VERIFY_REPAIRED, "%s",
                          r->anew ? text_anew(r, t->rows[i]) : text_of(r, &t->rows[i]));
    }
}

enum wb_code wb_verify_repair_rows(struct wb_repair *r, struct wb_verify_row *rows,
                                   const struct wb_verify_candidate *keys, size_t n, bool *ret_done,
                                   struct wb_error *err) {
    struct wb_conn *c = r->conn;
    const struct wb_write_ops *w = c->engine->write;
    struct attempt t = {.rows = rows, .n = n, .changed = WB_NEW_N(&r->a, bool, n)};
    *ret_done = false;
    enum wb_code code = w->begin(c, err);
    if (code)
        return code;
    if (r->anew)
        code = change_anew(r, &t, err);
    for (size_t i = 0; !code && !r->anew && i < n; i++)
        code = change_row(r, &t, i, err);
    if (!code)
        code = wb_verify_repair_check(r, rows, keys, n, &t.moved, err);
    if (!code && !t.moved)
        code = w->commit(c, true, err);
    else
        w->rollback(c);
    r->moved |= t.moved;
    if (code || t.moved)
        return code;
    *ret_done = true;
    r->progress += t.n_changed;
    r->job->repaired_rows += t.n_changed;
    tell_changed(r, &t);
    return WB_OK;
}
