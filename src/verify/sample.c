/* A random sample: rows at random places of random parts, half of them chosen from either side and
 * looked up by their keys on the other, so that missing and extra rows are met alike. The seed is
 * told; the same seed chooses the same places again. */
#include "verify/job.h"

#include <stdlib.h>

enum { DEFAULT_ROWS = 1000, PART_ROWS = 50, LEAST_UNIT = 1000, MOST_UNIT = 16384 };

static uint64_t next_random(uint64_t *state) { /* splitmix64 */
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct choice {
    struct wb_verify_candidate *rows;
    size_t n;
    struct wb_arena arena;
    uint64_t random;
    enum wb_side other;
};

/* Each row of the part with the same chance: Vitter's reservoir. */
static void offer(struct choice *c, const struct wb_verify_pair *p, size_t first, uint64_t seen,
                  size_t most, const struct wb_row_digest *key, const struct wb_row_digest *row,
                  const struct wb_cell *cells, enum wb_side side) {
    struct wb_cell kept[64];
    uint64_t at = seen < most ? seen : next_random(&c->random) % (seen + 1);
    if (at >= most || p->compared.n_key > 64)
        return;
    for (size_t k = 0; k < p->compared.n_key; k++)
        kept[k] = cells[p->compared.key[k]];
    struct wb_verify_candidate *to = &c->rows[first + at];
    *to = (struct wb_verify_candidate){.key = *key};
    to->cells = wb_verify_keep_cells(&c->arena, kept, p->compared.n_key);
    to->row[side] = *row;
    to->copies[side] = 1;
    if (first + at >= c->n)
        c->n = first + at + 1;
}

static enum wb_code choose_from(struct wb_verify_job *job, struct wb_conn *conn,
                                struct wb_verify_pair *p, enum wb_side side,
                                const struct wb_range *range, size_t most, struct choice *c,
                                struct wb_error *err) {
    struct wb_verify_reader *r = NULL;
    const struct wb_batch *b = NULL;
    size_t first = c->n;
    uint64_t seen = 0;
    enum wb_code code =
        wb_verify_reader_open(job, conn, p, side, &p->compared, range, p->where[side], &r, err);
    while (!code && !(code = wb_verify_reader_next(r, &b, err)) && b) {
        const struct wb_row_digest *keys, *rows;
        wb_verify_row_digests(r, b, &keys, &rows);
        for (uint32_t i = 0; i < b->n_rows; i++)
            offer(c, p, first, seen++, most, &keys[i], &rows[i], wb_batch_row(b, i), side);
    }
    wb_verify_reader_free(r);
    return code;
}

static void take_other(void *ctx, size_t key, const struct wb_row_digest *row,
                       const struct wb_cell *cells) {
    struct choice *c = ctx;
    struct wb_verify_candidate *to = &c->rows[key];
    (void)cells;
    to->copies[c->other]++;
    to->row[c->other].lo += row->lo;
    to->row[c->other].hi += row->hi + (to->row[c->other].lo < row->lo);
}

static void add_row(struct wb_verify_merge *m, const struct wb_verify_candidate *c) {
    for (int s = 0; s < WB_VERIFY_SIDES; s++)
        if (c->copies[s])
            wb_verify_merge_add(m, (enum wb_side)s, &c->key, &c->row[s], c->cells);
}

/* What differs becomes a candidate, to be settled as any other. A row that was chosen on both sides
 * counts once. */
static void keep_differing(struct wb_verify_job *job, struct wb_verify_pair *p,
                           const struct choice choices[WB_VERIFY_SIDES]) {
    const struct choice *c = &choices[WB_SIDE_SOURCE], *d = &choices[WB_SIDE_TARGET];
    struct wb_verify_merge m;
    wb_verify_merge_init(&m, p->compared.n_key, c->n + d->n + 1);
    for (size_t i = 0; i < c->n; i++)
        add_row(&m, &c->rows[i]);
    for (size_t i = 0; i < d->n; i++)
        if (!wb_verify_merge_has(&m, &d->rows[i].key))
            add_row(&m, &d->rows[i]);
    wb_verify_add_differing(job, p, &m, 0);
    pthread_mutex_lock(&job->lock);
    p->report->sampled_rows = m.n;
    pthread_mutex_unlock(&job->lock);
    wb_verify_merge_done(&m);
}

static uint64_t unit_rows(const struct wb_table *t) {
    uint64_t n = t->est_rows / 256;
    return n < LEAST_UNIT ? LEAST_UNIT : n > MOST_UNIT ? MOST_UNIT : n;
}

static enum wb_code sample_side(struct wb_verify_job *job, struct wb_conn *const *conns,
                                struct wb_verify_pair *p, enum wb_side side, size_t most,
                                struct choice *c, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_range *ranges = NULL;
    size_t n = 0;
    const struct wb_table *t = p->table[side];
    enum wb_code code =
        conns[side]->engine->read->split(conns[side], t, unit_rows(t), &a, &ranges, &n, err);
    size_t parts = (most + PART_ROWS - 1) / PART_ROWS;
    if (!code && parts > n)
        parts = n;
    for (size_t i = 0; !code && i < parts; i++) { /* each part once: a shuffle of the first ones */
        size_t pick = i + next_random(&c->random) % (n - i);
        struct wb_range chosen = ranges[pick];
        ranges[pick] = ranges[i];
        code = choose_from(job, conns[side], p, side, &chosen, (most + parts - 1) / parts, c, err);
    }
    if (!code) {
        c->other = side == WB_SIDE_SOURCE ? WB_SIDE_TARGET : WB_SIDE_SOURCE;
        code = wb_verify_fetch(job, conns[c->other], p, c->other, &p->compared, c->rows, c->n,
                               take_other, c, err);
    }
    wb_arena_done(&a);
    return code;
}

enum wb_code wb_verify_take_sample(struct wb_verify_job *job, unsigned worker,
                                   struct wb_verify_pair *p, struct wb_error *err) {
    size_t most = (size_t)(job->opts->sample_rows ? job->opts->sample_rows : DEFAULT_ROWS) / 2 + 1;
    struct wb_conn *conns[WB_VERIFY_SIDES] = {NULL, NULL};
    enum wb_code code = WB_OK;
    if (!p->literal_keys) {
        wb_verify_add_why(job, p,
                          "rows of a sample cannot be looked up by its key (none, a float, or one "
                          "of other types on "
                          "the other side): compare digests (a plan: checksums match)");
        return WB_OK;
    }
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++)
        code = wb_verify_worker_conn(job, worker, (enum wb_side)s, &conns[s], err);
    struct choice choices[WB_VERIFY_SIDES] = {{0}, {0}};
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++) {
        choices[s].random = job->seed + p->number * 2 + (unsigned)s;
        choices[s].rows = calloc(most + PART_ROWS * 2, sizeof *choices[s].rows);
        if (!choices[s].rows)
            abort();
        code = sample_side(job, conns, p, (enum wb_side)s, most, &choices[s], err);
    }
    if (!code)
        keep_differing(job, p, choices);
    for (int s = 0; s < WB_VERIFY_SIDES; s++) {
        free(choices[s].rows);
        wb_arena_done(&choices[s].arena);
    }
    return code ? wb_error_wrap(err, "taking a sample") : WB_OK;
}
