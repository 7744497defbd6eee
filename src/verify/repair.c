/* Repairs as they are run: see repair.h for what they promise. */
#include "verify/repair.h"

#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where rows can only be found by reading the table again, few and large batches. */
enum {
    BATCH_ROWS = 200,
    SCAN_BATCH_ROWS = 2000,
    MOST_PASSES = 12,
    WHY_BYTES = WB_ERROR_TEXT_BYTES
};

struct repair {
    struct wb_verify_job *job;
    struct wb_conn *conns[WB_VERIFY_SIDES];
    struct wb_verify_pair pair; /* the one at hand, without its condition: a row may be outside of
                                   it on one side only */
    struct wb_arena a;          /* of a batch */
    uint64_t journal_no;
    uint64_t progress;           /* rows repaired in this pass */
    bool moved;                  /* in this pass the source moved on from what was read of it */
    bool anew;                   /* changed rows are deleted and inserted */
    struct wb_verify_unit whole; /* tables without a key are read as one */
    size_t *why_len;             /* of an UPDATE's */
    char **why;           /* a pair: the last reason for which one of its rows was left; or NULL */
    struct wb_arena keep; /* of the reasons */
};

/* ------------------------------------------------------------------------------------------------
 * the journal */

static const char *const words[] = {"INSERT", "DELETE", "UPDATE"};

static enum wb_code journal(struct repair *r, const struct wb_verify_row *row,
                            struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf key = {0}, before = {0}, after = {0};
    const struct wb_cell *cells = row->source ? row->source : row->target;
    if (r->pair.all.n_key)
        wb_verify_repair_key(r->job, &r->pair, cells, &key);
    else
        wb_buf_addf(&key, "%" PRIu64 " row%s", row->copies, row->copies == 1 ? "" : "s");
    if (row->target)
        wb_verify_repair_row(r->job, &r->pair, row->target, &before);
    if (row->source)
        wb_verify_repair_row(r->job, &r->pair, row->source, &after);
    struct wb_verify_journal_entry e = {.no = ++r->journal_no,
                                        .statement = words[row->kind],
                                        .table = r->pair.target,
                                        .key = wb_buf_str(&key),
                                        .before = row->target ? wb_buf_str(&before) : NULL,
                                        .after = row->source ? wb_buf_str(&after) : NULL};
    return wb_verify_journal_add(r->job, r->conns[WB_SIDE_TARGET], &e, err);
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

/* Equal rows that are missing come one at a time. */
static enum wb_code run_statement(struct repair *r, const struct wb_verify_row *row,
                                  uint64_t *ret_affected, struct wb_error *err) {
    struct wb_conn *c = r->conns[WB_SIDE_TARGET];
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    const char *why = "";
    uint64_t affected = 0, times = row->kind == WB_VERIFY_MISSING ? row->copies : 1;
    enum wb_code code = row->kind == WB_VERIFY_EXTRA ? check_dependents(r, row, err) : WB_OK;
    if (code)
        return code;
    if (!wb_verify_repair_statement(r->job, &r->pair, row, &sql, &why))
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

static enum wb_code change_row(struct repair *r, struct attempt *t, size_t i,
                               struct wb_error *err) {
    uint64_t affected = 0;
    enum wb_code code = run_statement(r, &t->rows[i], &affected, err);
    t->changed[i] = affected > 0;
    t->n_changed += affected;
    return !code && affected ? journal(r, &t->rows[i], err) : code;
}

/* All go before the first comes back, so that what they exchanged is free. */
static enum wb_code change_anew(struct repair *r, struct attempt *t, struct wb_error *err) {
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
static enum wb_code check_copies(struct repair *r, struct attempt *t, struct wb_error *err) {
    struct recount c = {0};
    enum wb_code code = WB_OK;
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++) {
        c.side = (enum wb_side)s;
        c.copies[s] = WB_NEW_N(&r->a, uint32_t, t->n + 1);
        code = wb_verify_fetch(r->job, r->conns[s], &r->pair, c.side, &r->pair.all, t->keys, t->n,
                               take_copy, &c, err);
    }
    for (size_t i = 0; !code && i < t->n; i++) {
        t->moved |= c.copies[WB_SIDE_SOURCE][i] != t->rows[i].found[WB_SIDE_SOURCE];
        if (!t->moved && c.copies[WB_SIDE_TARGET][i] != c.copies[WB_SIDE_SOURCE][i])
            code = wb_error_set(err, WB_E_CONSTRAINT,
                                "the target's comparison cannot tell it from other rows");
    }
    return code;
}

static const char *text_of(struct repair *r, const struct wb_verify_row *row) {
    const char *text = wb_verify_repair_text(r->job, &r->pair, row, &r->a);
    return text ? text : "";
}

static const char *text_anew(struct repair *r, struct wb_verify_row row) {
    row.kind = WB_VERIFY_EXTRA;
    const char *gone = text_of(r, &row);
    row.kind = WB_VERIFY_MISSING;
    return wb_arena_printf(&r->a, "%s; %s", gone, text_of(r, &row));
}

static void tell_changed(struct repair *r, const struct attempt *t) {
    bool redact = r->job->opts->values == WB_VERIFY_REDACT_VALUES;
    for (size_t i = 0; i < t->n; i++) {
        if (!t->changed[i])
            continue;
        if (redact)
            wb_verify_say(r->job, WB_VERIFY_REPAIRED, "%s of a row of %s", words[t->rows[i].kind],
                          r->pair.target);
        else
            wb_verify_say(r->job, WB_VERIFY_REPAIRED, "%s",
                          r->anew ? text_anew(r, t->rows[i]) : text_of(r, &t->rows[i]));
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
    if (r->anew)
        code = change_anew(r, &t, err);
    for (size_t i = 0; !code && !r->anew && i < n; i++)
        code = change_row(r, &t, i, err);
    if (!code)
        code = r->pair.all.n_key ? check_source(r, &t, err) : check_copies(r, &t, err);
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

/* Why an UPDATE failed stays said where deleting and inserting did not help either. */
static void note_why(struct repair *r, const char *why) {
    char **to = &r->why[r->pair.number];
    bool first = !*to || !r->anew;
    *to = *to ? *to : WB_NEW_N(&r->keep, char, WHY_BYTES);
    size_t n = first ? 0 : r->why_len[r->pair.number];
    int len =
        snprintf(*to + n, WHY_BYTES - n, n ? "; nor deleted and inserted anew: %s" : "%s", why);
    if (first)
        r->why_len[r->pair.number] = len < WHY_BYTES ? (size_t)len : WHY_BYTES - 1;
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
        code = wb_verify_fetch_rows(r->job, r->conns, 0, &r->pair, keys, n, &r->a, &rows, &n_rows,
                                    err);
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
    return code || done || r->anew ? code : one_by_one(r, rows, own, n_kind, err);
}

static bool take_pair(struct repair *r, struct wb_verify_pair *p) {
    if (p->confirmed.n == 0 || (p->all.n_key == 0 && p->compared.n < p->all.n))
        return false;
    r->pair = *p;
    r->pair.where[WB_SIDE_SOURCE] = r->pair.where[WB_SIDE_TARGET] = NULL;
    if (p->all.n_key)
        return true;
    r->whole = (struct wb_verify_unit){.range = {.kind = WB_RANGE_ALL}};
    r->pair.units = r->pair.target_units = &r->whole;
    r->pair.n_units = r->pair.n_target_units = 1;
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
 * rows that no UPDATE sets right */

/* The keys whose rows still are there on both sides and differ. *ret on the heap. */
static enum wb_code find_stuck(struct repair *r, struct wb_verify_candidate **ret, size_t *ret_n,
                               struct wb_error *err) {
    const struct wb_verify_candidate *keys = r->pair.confirmed.items;
    size_t n = 0;
    enum wb_code code = WB_OK;
    struct wb_verify_candidate *stuck = calloc(r->pair.confirmed.n + 1, sizeof *stuck);
    if (!stuck)
        return wb_error_set(err, WB_E_MEMORY, "no memory for keys");
    for (size_t at = 0, step; !code && at < r->pair.confirmed.n; at += step) {
        struct wb_verify_row *rows = NULL;
        size_t n_rows = 0;
        step = batch_rows(&r->pair, at);
        wb_arena_reset(&r->a);
        code = wb_verify_fetch_rows(r->job, r->conns, 0, &r->pair, &keys[at], step, &r->a, &rows,
                                    &n_rows, err);
        for (size_t i = 0, k = at; !code && i < n_rows; i++) {
            while (memcmp(&keys[k].key, &rows[i].key, sizeof rows[i].key) != 0)
                k++;
            if (rows[i].kind == WB_VERIFY_CHANGED)
                stuck[n++] = keys[k];
        }
    }
    *ret = stuck;
    *ret_n = n;
    return code;
}

/* Together, or the halves of them by themselves: one that is refused must not hold up the others.
 */
static enum wb_code renew(struct repair *r, const struct wb_verify_candidate *keys, size_t n,
                          struct wb_error *err) {
    uint64_t before = r->progress;
    bool moved = r->moved;
    enum wb_code code = repair_keys(r, keys, n, WB_VERIFY_CHANGED, err);
    if (code || n < 2 || r->progress > before || (r->moved && !moved))
        return code;
    code = renew(r, keys, n / 2, err);
    return code ? code : renew(r, keys + n / 2, n - n / 2, err);
}

static enum wb_code renew_pair(struct repair *r, struct wb_verify_pair *p, struct wb_error *err) {
    struct wb_verify_candidate *stuck = NULL;
    size_t n = 0;
    if (!take_pair(r, p) || p->all.n_key == 0)
        return WB_OK;
    enum wb_code code = find_stuck(r, &stuck, &n, err);
    r->anew = true;
    for (size_t at = 0; !code && at < n; at += BATCH_ROWS)
        code = renew(r, &stuck[at], n - at < BATCH_ROWS ? n - at : BATCH_ROWS, err);
    r->anew = false;
    free(stuck);
    return code ? wb_error_wrap(err, "repairing table %s", p->target) : WB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * what is left */

static void tell_left(struct repair *r, const struct wb_verify_pair *p, uint64_t left) {
    bool partly = p->all.n_key == 0 && p->compared.n < p->all.n;
    const char *why = partly ? "the table has no key, and not all of its columns were compared"
                             : r->why[p->number];
    wb_verify_add_finding(r->job, WB_VERIFY_DIGESTS, WB_VERIFY_DIFFERENT, p->target, NULL,
                          partly ? "compare it without --columns, or copy it again"
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
        code = wb_verify_fetch_rows(r->job, r->conns, 0, &r->pair, &p->confirmed.items[at],
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
    r.why_len = WB_NEW_N(&r.keep, size_t, job->n_pairs + 1);
    r.why = WB_NEW_N(&r.keep, char *, job->n_pairs + 1);
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++)
        code = wb_verify_worker_conn(job, 0, (enum wb_side)s, &r.conns[s], err);
    if (!code)
        code = wb_verify_journal_make(job, r.conns[WB_SIDE_TARGET], &r.journal_no, err);
    for (unsigned i = 0; !code && i < MOST_PASSES; i++) {
        code = pass(&r, err);
        if (r.progress == 0 && !r.moved)
            break;
    }
    for (size_t i = 0; !code && i < job->n_pairs; i++)
        code = renew_pair(&r, &job->pairs[i], err);
    for (size_t i = 0; !code && i < job->n_pairs; i++)
        code = check_pair(&r, &job->pairs[i], err);
    if (!code)
        code = wb_verify_repair_sequences(job, r.conns[WB_SIDE_TARGET], &r.journal_no, err);
    wb_arena_done(&r.a);
    wb_arena_done(&r.keep);
    return code;
}
