/* Both sides' rows met by the digest of their key: what is left unequal differs.
 *
 * A key's rows are summed on each side, so the table also serves rows without a key (the row itself
 * is the key then, and only the copies can differ) and keys that are twice in a target without an
 * index. */
#include "verify/job.h"

#include <stdlib.h>

enum { LEAST_PLACES = 1024 };

void wb_verify_merge_init(struct wb_verify_merge *m, size_t n_key, size_t most) {
    *m = (struct wb_verify_merge){.n_key = n_key, .most = most, .cap = LEAST_PLACES};
    m->entries = calloc(m->cap, sizeof *m->entries);
    if (!m->entries)
        abort();
}

void wb_verify_merge_done(struct wb_verify_merge *m) {
    free(m->entries);
    wb_arena_done(&m->arena);
    *m = (struct wb_verify_merge){0};
}

static bool is_free(const struct wb_verify_entry *e) {
    return e->copies[0] == 0 && e->copies[1] == 0;
}

static bool same(const struct wb_row_digest *a, const struct wb_row_digest *b) {
    return a->lo == b->lo && a->hi == b->hi;
}

/* The key's place, or the free one where it belongs. */
static struct wb_verify_entry *place_of(const struct wb_verify_merge *m,
                                        const struct wb_row_digest *key) {
    size_t at = key->lo & (m->cap - 1);
    while (!is_free(&m->entries[at]) && !same(&m->entries[at].key, key))
        at = (at + 1) & (m->cap - 1);
    return &m->entries[at];
}

bool wb_verify_merge_has(const struct wb_verify_merge *m, const struct wb_row_digest *key) {
    return !is_free(place_of(m, key));
}

static void grow(struct wb_verify_merge *m) {
    struct wb_verify_entry *old = m->entries;
    size_t n = m->cap;
    m->cap *= 2;
    m->entries = calloc(m->cap, sizeof *m->entries);
    if (!m->entries)
        abort();
    for (size_t i = 0; i < n; i++)
        if (!is_free(&old[i]))
            *place_of(m, &old[i].key) = old[i];
    free(old);
}

void wb_verify_merge_add(struct wb_verify_merge *m, enum wb_side side,
                         const struct wb_row_digest *key, const struct wb_row_digest *row,
                         const struct wb_cell *key_cells) {
    struct wb_verify_entry *e = place_of(m, key);
    if (is_free(e)) {
        if (m->n >= m->most) {
            m->full = true;
            return;
        }
        if (4 * (m->n + 1) > 3 * m->cap) {
            grow(m);
            e = place_of(m, key);
        }
        m->n++;
        e->key = *key;
        e->cells = key_cells ? wb_verify_keep_cells(&m->arena, key_cells, m->n_key) : NULL;
    }
    e->copies[side]++;
    e->sum[side].lo += row->lo;
    e->sum[side].hi += row->hi + (e->sum[side].lo < row->lo);
}

bool wb_verify_entry_differs(const struct wb_verify_entry *e) {
    return e->copies[0] != e->copies[1] || !same(&e->sum[0], &e->sum[1]);
}
