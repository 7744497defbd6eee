/* From parts whose digests differ to the keys that do.
 *
 * A chunk is a run of units: it is halved, and the halves' digests taken anew (that of the second
 * half is what is left of the whole: where rows move meanwhile it differs, which costs a look, and
 * cannot be equal by accident), until few enough rows are left to meet in a hash table. Buckets
 * that differ are looked for in a second pass over the table, which keeps only their rows.
 *
 * Differing keys become candidates: settle.c reads them again before anything is said about them.
 * At most MOST_CANDIDATES a table are kept; units beyond that are noted, and their keys counted by
 * one more reading when the table has settled.
 */
#include "verify/job.h"

#include <stdlib.h>

enum {
    MOST_CANDIDATES = 100000,
    MOST_CELL_BYTES = 16 << 20, /* of the candidates' keys */
    MERGE_KEYS = 98304,         /* in one hash table */
    MOST_PARTS = 64,
};

/* Which rows of a scope are looked at. A part is an interval of the keys' digests, so that halving
 * the parts keeps what was done. */
struct filter {
    const bool *buckets; /* NULL: all */
    uint32_t parts, part;
    uint64_t least; /* of the digest's upper half */
};

static uint32_t place_of(const struct wb_row_digest *key) {
    return (uint32_t)(key->lo >> 32);
}

static bool wants(const struct filter *f, const struct wb_row_digest *key) {
    uint32_t at = place_of(key);
    return (uint64_t)at * f->parts >> 32 == f->part && at >= f->least &&
           (!f->buckets || f->buckets[wb_verify_bucket_of(key)]);
}

static enum wb_code merge_range(struct wb_verify_job *job, unsigned worker,
                                struct wb_verify_pair *p, enum wb_side side,
                                const struct wb_range *range, const struct filter *f,
                                struct wb_verify_merge *m, struct wb_error *err) {
    struct wb_verify_reader *r = NULL;
    struct wb_conn *c = NULL;
    const struct wb_batch *b = NULL;
    if (atomic_load(&p->heavy)) /* without the buffers that the other side's has grown */
        wb_verify_drop_conns(job, worker);
    enum wb_code code = wb_verify_worker_conn(job, worker, side, &c, err);
    if (!code)
        code = wb_verify_reader_open(job, c, p, side, &p->compared, range, p->where[side], &r, err);
    struct wb_cell *key = calloc(p->compared.n_key + 1, sizeof *key);
    if (!key)
        abort();
    while (!code && !m->full && !(code = wb_verify_reader_next(r, &b, err)) && b) {
        const struct wb_row_digest *keys, *rows;
        wb_verify_row_digests(r, b, &keys, &rows);
        for (uint32_t i = 0; i < b->n_rows; i++) {
            if (!wants(f, &keys[i]))
                continue;
            for (size_t k = 0; k < p->compared.n_key; k++)
                key[k] = wb_batch_row(b, i)[p->compared.key[k]];
            wb_verify_merge_add(m, side, &keys[i], &rows[i], p->compared.n_key ? key : NULL);
        }
    }
    free(key);
    wb_verify_reader_free(r);
    return code;
}

/* ------------------------------------------------------------------------------------------------
 * candidates */

static void count_one(struct wb_verify_pair *p, const uint32_t copies[WB_VERIFY_SIDES]) {
    if (p->compared.n_key == 0) { /* equal rows too many or too few */
        p->report->missing_rows += copies[0] > copies[1] ? copies[0] - copies[1] : 0;
        p->report->extra_rows += copies[1] > copies[0] ? copies[1] - copies[0] : 0;
    } else {
        p->report->missing_rows += copies[1] == 0;
        p->report->extra_rows += copies[0] == 0;
        p->report->changed_rows += copies[0] && copies[1];
    }
}

void wb_verify_count_difference(struct wb_verify_pair *p, const struct wb_verify_candidate *c) {
    count_one(p, c->copies);
}

static size_t n_differing(const struct wb_verify_merge *m) {
    size_t n = 0;
    for (size_t i = 0; i < m->cap; i++)
        n += wb_verify_entry_differs(&m->entries[i]);
    return n;
}

/* False where there is no room for all of them. */
bool wb_verify_add_differing(struct wb_verify_job *job, struct wb_verify_pair *p,
                             const struct wb_verify_merge *m, uint32_t unit) {
    struct wb_verify_candidates *to = &p->pending;
    uint64_t now_us = job->clock->monotonic_us(job->clock->ctx);
    pthread_mutex_lock(&job->lock);
    bool room = to->n + p->confirmed.n + n_differing(m) <= MOST_CANDIDATES &&
                to->arena.total_bytes < MOST_CELL_BYTES;
    for (size_t i = 0; room && i < m->cap; i++) {
        const struct wb_verify_entry *e = &m->entries[i];
        if (!wb_verify_entry_differs(e))
            continue;
        struct wb_verify_candidate *c = wb_verify_candidates_add(to);
        *c = (struct wb_verify_candidate){
            .key = e->key, .first_us = now_us, .stable_us = now_us, .unit = unit};
        if (e->cells)
            c->cells = wb_verify_keep_cells(&to->arena, e->cells, p->compared.n_key);
        for (int s = 0; s < WB_VERIFY_SIDES; s++) {
            c->row[s] = e->sum[s];
            c->copies[s] = e->copies[s];
        }
        c->due_us = wb_verify_next_reading_us(c, now_us, (uint64_t)job->settle_ms * 1000);
        if (!p->settle_due_us || c->due_us < p->settle_due_us)
            p->settle_due_us = c->due_us;
    }
    if (!room)
        p->overflow_us = now_us;
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
    return room;
}

static void count_differing(struct wb_verify_job *job, struct wb_verify_pair *p,
                            const struct wb_verify_merge *m) {
    pthread_mutex_lock(&job->lock);
    for (size_t i = 0; i < m->cap; i++)
        if (wb_verify_entry_differs(&m->entries[i]))
            count_one(p, m->entries[i].copies);
    pthread_mutex_unlock(&job->lock);
}

/* ------------------------------------------------------------------------------------------------
 * ranges */

struct wb_range wb_verify_span(const struct wb_verify_pair *p, size_t first, size_t n) {
    struct wb_range r = p->units[first].range;
    r.upper = p->units[first + n - 1].range.upper;
    return r;
}

/* The first digest that belongs to a part or to one behind it. */
static uint64_t border(const struct filter *f, uint32_t part) {
    return (((uint64_t)part << 32) + f->parts - 1) / f->parts;
}

static void note_overflow(struct wb_verify_unit *u, const struct filter *f) {
    if (!u->overflow)
        u->overflow_from = border(f, f->part);
    u->overflow = true;
}

static enum wb_code merge_part(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                               size_t unit, const struct filter *f, bool keep, bool *ret_full,
                               struct wb_error *err) {
    struct wb_verify_unit *u = &p->units[unit];
    struct wb_verify_merge m;
    enum wb_code code = WB_OK;
    wb_verify_merge_init(&m, p->compared.n_key, MERGE_KEYS);
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++)
        code = merge_range(job, worker, p, (enum wb_side)s, &u->range, f, &m, err);
    *ret_full = m.full;
    if (!code && !m.full && !keep)
        count_differing(job, p, &m);
    if (!code && !m.full && keep &&
        (u->overflow || !wb_verify_add_differing(job, p, &m, (uint32_t)unit)))
        note_overflow(u, f);
    wb_verify_merge_done(&m);
    return code;
}

/* One unit, in as many parts as its keys need. keep: differing keys become candidates; else what
 * found no room as such is counted. */
static enum wb_code merge_unit(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                               size_t unit, bool keep, struct wb_error *err) {
    struct wb_verify_unit *u = &p->units[unit];
    uint64_t *done = keep ? &u->located_to : &u->overflow_from;
    struct filter f = {.parts = 1};
    enum wb_code code = WB_OK;
    while (!code && f.part < f.parts) {
        bool full = false;
        f.least = *done;
        if (border(&f, f.part + 1) > f.least)
            code = merge_part(job, worker, p, unit, &f, keep, &full, err);
        if (full) {
            f.parts *= 2;
            f.part *= 2;
        } else if (!code) {
            f.part++;
            if (border(&f, f.part) > *done)
                *done = border(&f, f.part);
        }
    }
    return code;
}

struct wb_digest wb_verify_digest_rest(const struct wb_digest *whole,
                                       const struct wb_digest *part) {
    return (struct wb_digest){.lo = whole->lo - part->lo,
                              .hi = whole->hi - part->hi - (whole->lo < part->lo),
                              .rows = whole->rows - part->rows};
}

static enum wb_code locate(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                           size_t first, size_t n, const struct wb_digest whole[WB_VERIFY_SIDES],
                           struct wb_error *err) {
    struct wb_digest left[WB_VERIFY_SIDES], right[WB_VERIFY_SIDES];
    uint64_t bytes = 0;
    if (wb_digest_equal(&whole[0], &whole[1]))
        return WB_OK;
    if (n == 1)
        return merge_unit(job, worker, p, first, true, err);
    struct wb_range range = wb_verify_span(p, first, n / 2);
    enum wb_code code = wb_verify_digest_range(job, worker, p, &range, left, &bytes, err);
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++)
        right[s] = wb_verify_digest_rest(&whole[s], &left[s]);
    if (!code)
        code = locate(job, worker, p, first, n / 2, left, err);
    return code ? code : locate(job, worker, p, first + n / 2, n - n / 2, right, err);
}

enum wb_code wb_verify_locate_units(struct wb_verify_job *job, unsigned worker,
                                    struct wb_verify_pair *p, size_t first, size_t n,
                                    const struct wb_digest whole[WB_VERIFY_SIDES],
                                    struct wb_error *err) {
    enum wb_code code = locate(job, worker, p, first, n, whole, err);
    return code ? wb_error_wrap(err, "looking for the rows that differ") : WB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * buckets */

static enum wb_code merge_buckets(struct wb_verify_job *job, unsigned worker,
                                  struct wb_verify_pair *p, const struct filter *f, size_t most,
                                  struct wb_verify_merge *m, struct wb_error *err) {
    enum wb_code code = WB_OK;
    wb_verify_merge_init(m, p->compared.n_key, most);
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++) {
        const struct wb_verify_unit *units = s == WB_SIDE_SOURCE ? p->units : p->target_units;
        size_t n = s == WB_SIDE_SOURCE ? p->n_units : p->n_target_units;
        for (size_t i = 0; !code && i < n; i++)
            code = merge_range(job, worker, p, (enum wb_side)s, &units[i].range, f, m, err);
    }
    return code;
}

/* The buckets that differ, and how many passes their rows take. */
static bool *differing_buckets(struct wb_verify_pair *p, uint32_t *ret_parts, size_t *ret_most) {
    bool *differ = calloc(WB_VERIFY_BUCKETS, sizeof *differ);
    uint64_t rows = 0;
    if (!differ)
        abort();
    for (size_t i = 0; i < WB_VERIFY_BUCKETS; i++) {
        const struct wb_digest *s = &p->buckets[WB_SIDE_SOURCE][i].digest,
                               *t = &p->buckets[WB_SIDE_TARGET][i].digest;
        differ[i] = !wb_digest_equal(s, t);
        rows += differ[i] ? s->rows + t->rows : 0;
    }
    uint64_t parts = (rows + rows / 8) / MERGE_KEYS + 1;
    *ret_parts = parts > MOST_PARTS ? MOST_PARTS : (uint32_t)parts;
    *ret_most = parts > MOST_PARTS ? (size_t)(rows / MOST_PARTS) * 2 : 2 * (size_t)MERGE_KEYS;
    return differ;
}

static enum wb_code pass_over_buckets(struct wb_verify_job *job, unsigned worker,
                                      struct wb_verify_pair *p, bool keep, struct wb_error *err) {
    uint32_t parts;
    size_t most;
    bool *differ = differing_buckets(p, &parts, &most);
    enum wb_code code = WB_OK;
    struct wb_verify_merge m;
    for (uint32_t i = keep ? p->parts_located : 0; !code && i < parts; i++) {
        if (!keep && !(p->overflow_parts >> i & 1))
            continue;
        struct filter f = {.buckets = differ, .parts = parts, .part = i};
        code = merge_buckets(job, worker, p, &f, most, &m, err);
        if (!code && m.full)
            code =
                wb_error_set(err, WB_E_MEMORY, "more rows differ than can be looked at in memory");
        if (!code && !keep)
            count_differing(job, p, &m);
        if (!code && keep && !wb_verify_add_differing(job, p, &m, 0))
            p->overflow_parts |= (uint64_t)1 << i;
        if (!code && keep)
            p->parts_located = i + 1;
        if (!code && !keep)
            p->overflow_parts &= ~((uint64_t)1 << i);
        wb_verify_merge_done(&m);
    }
    free(differ);
    return code;
}

enum wb_code wb_verify_locate_buckets(struct wb_verify_job *job, unsigned worker,
                                      struct wb_verify_pair *p, struct wb_error *err) {
    enum wb_code code = pass_over_buckets(job, worker, p, true, err);
    return code ? wb_error_wrap(err, "looking for the rows that differ") : WB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * overflow */

enum wb_code wb_verify_count_overflow(struct wb_verify_job *job, unsigned worker,
                                      struct wb_verify_pair *p, struct wb_error *err) {
    if (p->way == WB_VERIFY_BY_BUCKETS)
        return p->overflow_parts ? pass_over_buckets(job, worker, p, false, err) : WB_OK;
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < p->n_units; i++)
        if (p->units[i].overflow && !(code = merge_unit(job, worker, p, i, false, err)))
            p->units[i].overflow = false;
    return code;
}
