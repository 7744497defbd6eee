/* Repairs as they are run: see repair.h for what they promise. */
#include "verify/repair_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where rows can only be found by reading the table again, few and large batches. */
enum {
    BATCH_ROWS = 200,
    BATCH_BYTES = 8 << 20,
    SCAN_BATCH_ROWS = 2000,
    SCAN_BATCH_BYTES = 24 << 20,
    MOST_PASSES = 12,
    WHY_BYTES = WB_ERROR_TEXT_BYTES
};

/* ------------------------------------------------------------------------------------------------
 * tables and passes */

/* Errors that are about a row: others get their turn. */
static bool about_row(enum wb_code code) {
    return wb_error_class(code) == WB_CLASS_DATA || code == WB_E_SQL || code == WB_E_DEADLOCK ||
           code == WB_E_LOCK_TIMEOUT || code == WB_E_TIMEOUT;
}

/* Why an UPDATE failed stays said where deleting and inserting did not help either. */
static void note_why(struct wb_repair *r, const char *why) {
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
static enum wb_code forgive(struct wb_repair *r, const struct wb_error *err) {
    if (!about_row(err->code))
        return err->code;
    note_why(r, err->text);
    return WB_OK;
}

static enum wb_code one_by_one(struct wb_repair *r, struct wb_verify_row *rows,
                               const struct wb_verify_candidate *keys, size_t n,
                               struct wb_error *err) {
    enum wb_code code = WB_OK;
    bool done;
    for (size_t i = 0; !code && i < n; i++) {
        code = wb_verify_repair_rows(r, &rows[i], &keys[i], 1, &done, err);
        if (code)
            code = forgive(r, err);
        else if (!done)
            note_why(r, "the source went on changing them");
    }
    return code;
}

static enum wb_code large_one(struct wb_repair *r, const struct wb_verify_row *row,
                              const struct wb_verify_candidate *key, struct wb_error *err) {
    bool done = false;
    if (r->anew) {
        note_why(r, "its values are too large for that");
        return WB_OK;
    }
    enum wb_code code = wb_verify_repair_large(r, row, key, &done, err);
    if (code)
        return forgive(r, err);
    if (!done)
        note_why(r, "the source went on changing them");
    return WB_OK;
}

/* The rows of these keys that are of this kind now: the large ones each by itself. */
static enum wb_code repair_keys(struct wb_repair *r, const struct wb_verify_candidate *keys,
                                size_t n, enum wb_verify_difference_kind kind,
                                struct wb_error *err) {
    struct wb_verify_row *rows = NULL;
    size_t n_rows = 0, n_kind = 0;
    bool done = false;
    wb_arena_reset(&r->a);
    enum wb_code code = wb_cancel_check(r->job->opts->cancel, err);
    if (!code)
        code = wb_verify_fetch_rows(r->job, 0, &r->pair, keys, n, &r->a, &rows, &n_rows, err);
    struct wb_verify_candidate *own = WB_NEW_N(&r->a, struct wb_verify_candidate, n_rows + 1);
    for (size_t i = 0, k = 0; !code && i < n_rows; i++) {
        while (k < n && memcmp(&keys[k].key, &rows[i].key, sizeof keys[k].key) != 0)
            k++; /* rows come in the order of their keys */
        if (rows[i].kind != kind || k == n)
            continue;
        if (wb_verify_repair_is_large(&r->pair, &rows[i])) {
            code = large_one(r, &rows[i], &keys[k], err);
            continue;
        }
        own[n_kind] = keys[k];
        rows[n_kind++] = rows[i];
    }
    if (code || n_kind == 0)
        return code;
    code = wb_verify_repair_rows(r, rows, own, n_kind, &done, err);
    if (code)
        code = forgive(r, err);
    return code || done || r->anew ? code : one_by_one(r, rows, own, n_kind, err);
}

static bool take_pair(struct wb_repair *r, struct wb_verify_pair *p) {
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
    size_t left = p->confirmed.n - at;
    size_t most = p->literal_keys ? wb_verify_rows_within(p, BATCH_ROWS, BATCH_BYTES)
                                  : wb_verify_rows_within(p, SCAN_BATCH_ROWS, SCAN_BATCH_BYTES);
    return left < most ? left : most;
}

static enum wb_code repair_pair(struct wb_repair *r, struct wb_verify_pair *p,
                                enum wb_verify_difference_kind kind, struct wb_error *err) {
    enum wb_code code = WB_OK;
    if (!take_pair(r, p))
        return WB_OK;
    for (size_t at = 0; !code && at < p->confirmed.n; at += batch_rows(p, at))
        code = repair_keys(r, &p->confirmed.items[at], batch_rows(p, at), kind, err);
    return code ? wb_error_wrap(err, "repairing table %s", p->target) : WB_OK;
}

/* Deletes in the reverse order of tables: those that refer to others tend to come later. */
static enum wb_code pass(struct wb_repair *r, struct wb_error *err) {
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
static enum wb_code find_stuck(struct wb_repair *r, struct wb_verify_candidate **ret, size_t *ret_n,
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
        code =
            wb_verify_fetch_rows(r->job, 0, &r->pair, &keys[at], step, &r->a, &rows, &n_rows, err);
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
static enum wb_code renew(struct wb_repair *r, const struct wb_verify_candidate *keys, size_t n,
                          struct wb_error *err) {
    uint64_t before = r->progress;
    bool moved = r->moved;
    enum wb_code code = repair_keys(r, keys, n, WB_VERIFY_CHANGED, err);
    if (code || n < 2 || r->progress > before || (r->moved && !moved))
        return code;
    code = renew(r, keys, n / 2, err);
    return code ? code : renew(r, keys + n / 2, n - n / 2, err);
}

static enum wb_code renew_pair(struct wb_repair *r, struct wb_verify_pair *p,
                               struct wb_error *err) {
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

static void tell_left(struct wb_repair *r, const struct wb_verify_pair *p, uint64_t left) {
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
static enum wb_code check_pair(struct wb_repair *r, struct wb_verify_pair *p,
                               struct wb_error *err) {
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
        code = wb_verify_fetch_rows(r->job, 0, &r->pair, &p->confirmed.items[at], batch_rows(p, at),
                                    &r->a, &rows, &n, err);
        left += code ? 0 : n;
    }
    if (!code && left)
        tell_left(r, p, left);
    return code ? wb_error_wrap(err, "reading the repaired rows of table %s again", p->target)
                : WB_OK;
}

enum wb_code wb_verify_repair_reader(struct wb_repair *r, enum wb_side side, struct wb_conn **ret,
                                     struct wb_error *err) {
    struct wb_verify_pair *p = &r->job->pairs[r->pair.number];
    if (atomic_load(&p->heavy) || atomic_load(&r->pair.heavy))
        wb_verify_drop_conns(r->job, 0);
    return wb_verify_worker_conn(r->job, 0, side, ret, err);
}

enum wb_code wb_verify_repair_execute(struct wb_verify_job *job, struct wb_error *err) {
    struct wb_repair r = {.job = job};
    enum wb_code code = WB_OK;
    r.why_len = WB_NEW_N(&r.keep, size_t, job->n_pairs + 1);
    r.why = WB_NEW_N(&r.keep, char *, job->n_pairs + 1);
    code = wb_verify_connect(job, WB_SIDE_TARGET, &r.conn, err);
    if (!code)
        code = wb_verify_journal_make(job, r.conn, &r.journal_no, err);
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
        code = wb_verify_repair_sequences(job, r.conn, &r.journal_no, err);
    wb_conn_close(r.conn);
    wb_arena_done(&r.a);
    wb_arena_done(&r.keep);
    return code;
}
