/* Repairs as they are run: see repair.h for what they promise. */
#include "verify/repair.h"

#include "base/clock.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where rows can only be found by reading the table again, few and large batches. */
enum {
    BATCH_ROWS = 200,
    SCAN_BATCH_ROWS = 2000,
    MOST_PASSES = 12,
    JOURNAL_BYTES = 60000,
    WHY_BYTES = WB_ERROR_TEXT_BYTES
};

struct repair {
    struct wb_verify_job *job;
    struct wb_conn *conns[WB_VERIFY_SIDES];
    struct wb_verify_pair pair; /* the one at hand, without its condition: a row may be outside of
                                   it on one side only */
    struct wb_arena a;          /* of a batch */
    uint64_t journal_no;
    uint64_t progress;    /* rows repaired in this pass */
    bool moved;           /* in this pass the source moved on from what was read of it */
    char **why;           /* a pair: the last reason for which one of its rows was left; or NULL */
    struct wb_arena keep; /* of the reasons */
};

/* ------------------------------------------------------------------------------------------------
 * the journal */

static enum wb_code make_journal(struct repair *r, struct wb_error *err) {
    const struct wb_engine *e = r->conns[WB_SIDE_TARGET]->engine;
    enum wb_code code =
        e->ledger_setup ? e->exec(r->conns[WB_SIDE_TARGET], e->ledger_setup, NULL, err) : WB_OK;
    if (!code)
        code = wb_conn_exec(
            r->conns[WB_SIDE_TARGET], err, NULL,
            "CREATE TABLE IF NOT EXISTS %srepairs (run_id BIGINT NOT NULL, repair_no BIGINT NOT "
            "NULL, part_no BIGINT NOT NULL, repaired_at VARCHAR(40) NOT NULL, table_name TEXT NOT "
            "NULL, statement VARCHAR(10) NOT NULL, row_key TEXT NOT NULL, row_before TEXT, "
            "row_after TEXT, PRIMARY KEY (run_id, repair_no, part_no))",
            e->ledger_prefix);
    return code ? wb_error_wrap(err, "making the journal of repairs") : WB_OK;
}

static size_t piece(const char *text) {
    size_t n = strlen(text);
    if (n <= JOURNAL_BYTES)
        return n;
    n = JOURNAL_BYTES;
    while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--; /* not within a character */
    return n;
}

static void add_piece(const struct wb_engine *e, struct wb_buf *sql, const char **text) {
    wb_buf_adds(sql, ", ");
    if (!*text) {
        wb_buf_adds(sql, "NULL");
        return;
    }
    size_t n = piece(*text);
    e->quote_text(sql, *text, n);
    *text = (*text)[n] ? *text + n : NULL;
}

/* A long row is journalled in several parts: not every engine's TEXT holds it in one. */
static enum wb_code journal(struct repair *r, const struct wb_verify_row *row,
                            struct wb_error *err) {
    static const char *const words[] = {"INSERT", "DELETE", "UPDATE"};
    struct wb_conn *c = r->conns[WB_SIDE_TARGET];
    WB_CLEANUP_BUF struct wb_buf key = {0}, before = {0}, after = {0};
    char now[40];
    enum wb_code code = WB_OK;
    wb_verify_repair_key(r->job, &r->pair, row->source ? row->source : row->target, &key);
    if (row->target)
        wb_verify_repair_row(r->job, &r->pair, row->target, &before);
    if (row->source)
        wb_verify_repair_row(r->job, &r->pair, row->source, &after);
    const char *was = row->target ? wb_buf_str(&before) : NULL,
               *is = row->source ? wb_buf_str(&after) : NULL;
    wb_clock_format(wb_clock_wall_us(), now, sizeof now);
    r->journal_no++;
    for (unsigned part = 0; !code && (part == 0 || was || is); part++) {
        WB_CLEANUP_BUF struct wb_buf sql = {0};
        wb_buf_addf(&sql, "INSERT INTO %srepairs VALUES (%" PRId64 ", %" PRIu64 ", %u, '%s', ",
                    c->engine->ledger_prefix, r->job->store.run, r->journal_no, part, now);
        c->engine->quote_text(&sql, r->pair.target, strlen(r->pair.target));
        wb_buf_addf(&sql, ", '%s', ", words[row->kind]);
        c->engine->quote_text(&sql, wb_buf_str(&key), piece(wb_buf_str(&key)));
        add_piece(c->engine, &sql, &was);
        add_piece(c->engine, &sql, &is);
        wb_buf_adds(&sql, ")");
        code = c->engine->exec(c, wb_buf_str(&sql), NULL, err);
    }
    return code ? wb_error_wrap(err, "journalling a repair") : WB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * one transaction */

struct attempt {
    struct wb_verify_row *rows;
    const struct wb_verify_candidate *keys; /* of the rows, in their order */
    size_t n;
    bool *changed; /* rows that a statement changed in the target */
    size_t n_changed;
    bool moved; /* the source is no longer as it was read */
};

static enum wb_code check_dependents(struct repair *r, const struct wb_verify_row *row,
                                     struct wb_error *err) {
    const char **sql = NULL;
    size_t n = 0;
    struct wb_conn *c = r->conns[WB_SIDE_TARGET];
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

static enum wb_code change_row(struct repair *r, struct attempt *t, size_t i,
                               struct wb_error *err) {
    struct wb_conn *c = r->conns[WB_SIDE_TARGET];
    const struct wb_verify_row *row = &t->rows[i];
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    const char *why = "";
    uint64_t affected = 0;
    enum wb_code code = row->kind == WB_VERIFY_EXTRA ? check_dependents(r, row, err) : WB_OK;
    if (code)
        return code;
    if (!wb_verify_repair_statement(r->job, &r->pair, row, &sql, &why))
        return wb_error_set(err, WB_E_VALUE, "%s", why);
    code = c->engine->exec(c, wb_buf_str(&sql), &affected, err);
    if (code)
        return code;
    if (affected > 1)
        return wb_error_set(err, WB_E_CONSTRAINT,
                            "its key stands for %" PRIu64 " rows under the target's collation",
                            affected);
    t->changed[i] = affected == 1;
    t->n_changed += affected;
    return affected ? journal(r, row, err) : WB_OK;
}

struct reread {
    struct repair *r;
    const struct wb_cell **now;
};

static void take_now(void *ctx, size_t key, const struct wb_row_digest *row,
                     const struct wb_cell *cells) {
    struct reread *g = ctx;
    (void)row;
    g->now[key] = wb_verify_keep_cells(&g->r->a, cells, g->r->pair.all.n);
}

/* Is the source still what was written? The rows of the target are locked by now: whatever the
 * source does later comes to the target later. */
static enum wb_code check_source(struct repair *r, struct attempt *t, struct wb_error *err) {
    struct reread g = {r, WB_NEW_N(&r->a, const struct wb_cell *, t->n)};
    enum wb_code code = wb_verify_fetch(r->job, r->conns[WB_SIDE_SOURCE], &r->pair, WB_SIDE_SOURCE,
                                        &r->pair.all, t->keys, t->n, take_now, &g, err);
    for (size_t i = 0; !code && i < t->n; i++)
        t->moved |= !wb_verify_repair_same(&r->pair, t->rows[i].source, g.now[i]);
    return code;
}

static void tell_changed(struct repair *r, const struct attempt *t) {
    static const char *const words[] = {"INSERT", "DELETE", "UPDATE"};
    bool redact = r->job->opts->values == WB_VERIFY_REDACT_VALUES;
    for (size_t i = 0; i < t->n; i++) {
        WB_CLEANUP_BUF struct wb_buf sql = {0};
        const char *why;
        if (!t->changed[i])
            continue;
        if (redact)
            wb_buf_addf(&sql, "%s of a row of %s", words[t->rows[i].kind], r->pair.target);
        else
            wb_verify_repair_statement(r->job, &r->pair, &t->rows[i], &sql, &why);
        wb_verify_say(r->job, WB_VERIFY_REPAIRED, "%s", wb_buf_str(&sql));
    }
}

/* All rows or none. *ret_done: committed. Where the source has moved on: WB_OK and not done. */
static enum wb_code attempt(struct repair *r, struct wb_verify_row *rows,
                            const struct wb_verify_candidate *keys, size_t n, bool *ret_done,
                            struct wb_error *err) {
    struct wb_conn *c = r->conns[WB_SIDE_TARGET];
    const struct wb_write_ops *w = c->engine->write;
    struct attempt t = {.rows = rows, .keys = keys, .n = n, .changed = WB_NEW_N(&r->a, bool, n)};
    *ret_done = false;
    enum wb_code code = w->begin(c, err);
    if (code)
        return code;
    for (size_t i = 0; !code && i < n; i++)
        code = change_row(r, &t, i, err);
    if (!code)
        code = check_source(r, &t, err);
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

/* ------------------------------------------------------------------------------------------------
 * tables and passes */

/* Errors that are about a row: others get their turn. */
static bool about_row(enum wb_code code) {
    return wb_error_class(code) == WB_CLASS_DATA || code == WB_E_SQL || code == WB_E_DEADLOCK ||
           code == WB_E_LOCK_TIMEOUT || code == WB_E_TIMEOUT;
}

static void note_why(struct repair *r, const char *why) {
    char **to = &r->why[r->pair.number];
    *to = *to ? *to : WB_NEW_N(&r->keep, char, WHY_BYTES);
    snprintf(*to, WHY_BYTES, "%s", why);
}

/* WB_OK where the error is about a row. */
static enum wb_code forgive(struct repair *r, const struct wb_error *err) {
    if (!about_row(err->code))
        return err->code;
    note_why(r, err->text);
    return WB_OK;
}

static enum wb_code one_by_one(struct repair *r, struct wb_verify_row *rows,
                               const struct wb_verify_candidate *keys, size_t n,
                               struct wb_error *err) {
    enum wb_code code = WB_OK;
    bool done;
    for (size_t i = 0; !code && i < n; i++) {
        code = attempt(r, &rows[i], &keys[i], 1, &done, err);
        if (code)
            code = forgive(r, err);
        else if (!done)
            note_why(r, "the source went on changing them");
    }
    return code;
}

/* The rows of these keys that are of this kind now. */
static enum wb_code repair_keys(struct repair *r, const struct wb_verify_candidate *keys, size_t n,
                                enum wb_verify_difference_kind kind, struct wb_error *err) {
    struct wb_verify_row *rows = NULL;
    size_t n_rows = 0, n_kind = 0;
    bool done = false;
    wb_arena_reset(&r->a);
    enum wb_code code = wb_cancel_check(r->job->opts->cancel, err);
    if (!code)
        code =
            wb_verify_fetch_rows(r->job, r->conns, &r->pair, keys, n, &r->a, &rows, &n_rows, err);
    struct wb_verify_candidate *own = WB_NEW_N(&r->a, struct wb_verify_candidate, n_rows + 1);
    for (size_t i = 0, k = 0; !code && i < n_rows; i++) {
        while (k < n && memcmp(&keys[k].key, &rows[i].key, sizeof keys[k].key) != 0)
            k++; /* rows come in the order of their keys */
        if (rows[i].kind != kind || k == n)
            continue;
        own[n_kind] = keys[k];
        rows[n_kind++] = rows[i];
    }
    if (code || n_kind == 0)
        return code;
    code = attempt(r, rows, own, n_kind, &done, err);
    if (code)
        code = forgive(r, err);
    return code || done ? code : one_by_one(r, rows, own, n_kind, err);
}

static bool take_pair(struct repair *r, struct wb_verify_pair *p) {
    if (p->confirmed.n == 0 || p->all.n_key == 0)
        return false;
    r->pair = *p;
    r->pair.where[WB_SIDE_SOURCE] = r->pair.where[WB_SIDE_TARGET] = NULL;
    return true;
}

static size_t batch_rows(const struct wb_verify_pair *p, size_t at) {
    size_t left = p->confirmed.n - at, most = p->literal_keys ? BATCH_ROWS : SCAN_BATCH_ROWS;
    return left < most ? left : most;
}

static enum wb_code repair_pair(struct repair *r, struct wb_verify_pair *p,
                                enum wb_verify_difference_kind kind, struct wb_error *err) {
    enum wb_code code = WB_OK;
    if (!take_pair(r, p))
        return WB_OK;
    for (size_t at = 0; !code && at < p->confirmed.n; at += batch_rows(p, at))
        code = repair_keys(r, &p->confirmed.items[at], batch_rows(p, at), kind, err);
    return code ? wb_error_wrap(err, "repairing table %s", p->target) : WB_OK;
}

/* Deletes in the reverse order of tables: those that refer to others tend to come later. */
static enum wb_code pass(struct repair *r, struct wb_error *err) {
    static const enum wb_verify_difference_kind kinds[] = {WB_VERIFY_EXTRA, WB_VERIFY_CHANGED,
                                                           WB_VERIFY_MISSING};
    enum wb_code code = WB_OK;
    r->progress = 0;
    r->moved = false;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (size_t i = 0; !code && i < r->job->n_pairs; i++) {
            size_t at = kinds[k] == WB_VERIFY_EXTRA ? r->job->n_pairs - 1 - i : i;
            code = repair_pair(r, &r->job->pairs[at], kinds[k], err);
        }
    return code;
}

/* ------------------------------------------------------------------------------------------------
 * what is left */

static void tell_left(struct repair *r, const struct wb_verify_pair *p, uint64_t left) {
    bool keyless = p->all.n_key == 0;
    const char *why = keyless ? "the table has no key by which one row can be told from another"
                              : r->why[p->number];
    wb_verify_add_finding(r->job, WB_VERIFY_DIGESTS, WB_VERIFY_DIFFERENT, p->target, NULL,
                          keyless ? "copy this table again"
                                  : "correct these rows by hand, or copy the table again",
                          "%" PRIu64 " row%s not repaired: %s", left, left == 1 ? " was" : "s were",
                          why ? why : "they went on changing");
}

/* Reads all keys once more. */
static enum wb_code check_pair(struct repair *r, struct wb_verify_pair *p, struct wb_error *err) {
    uint64_t left = 0;
    enum wb_code code = WB_OK;
    if (!take_pair(r, p)) {
        if (p->confirmed.n)
            tell_left(r, p, p->confirmed.n);
        return WB_OK;
    }
    for (size_t at = 0; !code && at < p->confirmed.n; at += batch_rows(p, at)) {
        struct wb_verify_row *rows = NULL;
        size_t n = 0;
        wb_arena_reset(&r->a);
        code = wb_verify_fetch_rows(r->job, r->conns, &r->pair, &p->confirmed.items[at],
                                    batch_rows(p, at), &r->a, &rows, &n, err);
        left += code ? 0 : n;
    }
    if (!code && left)
        tell_left(r, p, left);
    return code ? wb_error_wrap(err, "reading the repaired rows of table %s again", p->target)
                : WB_OK;
}

enum wb_code wb_verify_repair_execute(struct wb_verify_job *job, struct wb_error *err) {
    struct repair r = {.job = job};
    enum wb_code code = WB_OK;
    r.why = WB_NEW_N(&r.keep, char *, job->n_pairs + 1);
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++)
        code = wb_verify_worker_conn(job, 0, (enum wb_side)s, &r.conns[s], err);
    if (!code)
        code = make_journal(&r, err);
    for (unsigned i = 0; !code && i < MOST_PASSES; i++) {
        code = pass(&r, err);
        if (r.progress == 0 && !r.moved)
            break;
    }
    for (size_t i = 0; !code && i < job->n_pairs; i++)
        code = check_pair(&r, &job->pairs[i], err);
    wb_arena_done(&r.a);
    wb_arena_done(&r.keep);
    return code;
}
