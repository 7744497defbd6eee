/* Rows by their keys: a few hundred literals a statement, or, where a key cannot be written so, by
 * reading again the units that the keys were found in. */
#include "verify/job.h"

#include <stdlib.h>
#include <string.h>

enum { GROUP_KEYS = 200, GROUP_BYTES = 128 << 10 };

struct fetch {
    struct wb_verify_job *job;
    struct wb_conn *conn;
    struct wb_verify_pair *pair;
    enum wb_side side;
    const struct wb_verify_columns *columns;
    const struct wb_verify_candidate *keys;
    uint32_t *order; /* of the keys, by digest */
    size_t n;
    wb_verify_each each;
    void *ctx;
};

/* ------------------------------------------------------------------------------------------------
 * meeting rows and keys */

static int compare_digests(const struct wb_row_digest *a, const struct wb_row_digest *b) {
    if (a->lo != b->lo)
        return a->lo < b->lo ? -1 : 1;
    return a->hi == b->hi ? 0 : a->hi < b->hi ? -1 : 1;
}

static int by_digest(const void *x, const void *y, void *ctx) {
    const struct wb_verify_candidate *keys = ctx;
    return compare_digests(&keys[*(const uint32_t *)x].key, &keys[*(const uint32_t *)y].key);
}

static uint32_t *make_order(const struct wb_verify_candidate *keys, size_t n) {
    uint32_t *order = calloc(n + 1, sizeof *order);
    if (!order)
        abort();
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, by_digest, (void *)(uintptr_t)keys);
    return order;
}

static bool find(const struct fetch *f, const struct wb_row_digest *key, size_t *ret) {
    size_t low = 0, high = f->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int c = compare_digests(&f->keys[f->order[middle]].key, key);
        if (c == 0) {
            *ret = f->order[middle];
            return true;
        }
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static enum wb_code read_scope(struct fetch *f, const struct wb_range *range, const char *where,
                               struct wb_error *err) {
    struct wb_verify_reader *r = NULL;
    const struct wb_batch *b = NULL;
    enum wb_code code =
        wb_verify_reader_open(f->job, f->conn, f->pair, f->side, f->columns, range, where, &r, err);
    while (!code && !(code = wb_verify_reader_next(r, &b, err)) && b) {
        const struct wb_row_digest *keys, *rows;
        size_t at;
        wb_verify_row_digests(r, b, &keys, &rows);
        for (uint32_t i = 0; i < b->n_rows; i++)
            if (find(f, &keys[i], &at))
                f->each(f->ctx, at, &rows[i], wb_batch_row(b, i));
    }
    wb_verify_reader_free(r);
    return code;
}

/* ------------------------------------------------------------------------------------------------
 * by literals */

static const struct wb_column *key_column(const struct fetch *f, size_t k) {
    const struct wb_verify_columns *c = &f->pair->compared;
    return &f->pair->table[f->side]->columns[c->index[f->side][c->key[k]]];
}

static bool add_key(const struct fetch *f, struct wb_buf *sql,
                    const struct wb_verify_candidate *c) {
    const struct wb_engine *e = f->conn->engine;
    size_t n = f->pair->compared.n_key;
    if (n == 1)
        return e->verify->literal(sql, &key_column(f, 0)->type, &c->cells[0]);
    for (size_t k = 0; k < n; k++) {
        wb_buf_adds(sql, k ? " AND " : "(");
        e->quote_name(sql, key_column(f, k)->name);
        wb_buf_adds(sql, " = ");
        if (!e->verify->literal(sql, &key_column(f, k)->type, &c->cells[k]))
            return false;
    }
    wb_buf_addc(sql, ')');
    return true;
}

/* The condition for keys from first on; *ret_n of them. False where one cannot be written. */
static bool add_keys(const struct fetch *f, struct wb_buf *sql, size_t first, size_t *ret_n) {
    bool one = f->pair->compared.n_key == 1;
    size_t i = 0;
    if (f->pair->where[f->side])
        wb_buf_addf(sql, "(%s) AND ", f->pair->where[f->side]);
    if (one)
        f->conn->engine->quote_name(sql, key_column(f, 0)->name);
    wb_buf_adds(sql, one ? " IN (" : "(");
    for (; first + i < f->n && i < GROUP_KEYS && sql->len < GROUP_BYTES; i++) {
        wb_buf_adds(sql, i == 0 ? "" : one ? ", " : " OR ");
        if (!add_key(f, sql, &f->keys[first + i]))
            return false;
    }
    wb_buf_addc(sql, ')');
    *ret_n = i;
    return true;
}

static enum wb_code by_literals(struct fetch *f, bool *ret_done, struct wb_error *err) {
    static const struct wb_range all = {.kind = WB_RANGE_ALL};
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    enum wb_code code = WB_OK;
    for (size_t at = 0, n = 0; !code && at < f->n; at += n) {
        wb_buf_reset(&sql);
        if (!add_keys(f, &sql, at, &n)) {
            *ret_done = at > 0; /* keys of one table are alike: the first one tells */
            return *ret_done ? wb_error_set(err, WB_E_INTERNAL,
                                            "table %s: a key cannot be written as a literal",
                                            f->pair->name)
                             : WB_OK;
        }
        code = read_scope(f, &all, wb_buf_str(&sql), err);
    }
    *ret_done = true;
    return code;
}

/* ------------------------------------------------------------------------------------------------
 * by units */

static enum wb_code by_units(struct fetch *f, struct wb_error *err) {
    struct wb_verify_pair *p = f->pair;
    bool ranges = p->way == WB_VERIFY_BY_RANGES;
    size_t n = ranges || f->side == WB_SIDE_SOURCE ? p->n_units : p->n_target_units;
    const struct wb_verify_unit *units =
        ranges || f->side == WB_SIDE_SOURCE ? p->units : p->target_units;
    bool *wanted = calloc(n + 1, sizeof *wanted);
    enum wb_code code = WB_OK;
    if (!wanted)
        abort();
    if (!n)
        code = wb_error_set(err, WB_E_UNSUPPORTED,
                            "its rows cannot be asked for by their keys: compare digests");
    for (size_t i = 0; !code && i < f->n; i++)
        wanted[f->keys[i].unit] = true;
    for (size_t i = 0; !code && i < n; i++)
        if (wanted[i] || !ranges)
            code = read_scope(f, &units[i].range, p->where[f->side], err);
    free(wanted);
    return code;
}

enum wb_code wb_verify_fetch(struct wb_verify_job *job, struct wb_conn *conn,
                             struct wb_verify_pair *p, enum wb_side side,
                             const struct wb_verify_columns *columns,
                             const struct wb_verify_candidate *keys, size_t n, wb_verify_each each,
                             void *ctx, struct wb_error *err) {
    struct fetch f = {.job = job,
                      .conn = conn,
                      .pair = p,
                      .side = side,
                      .columns = columns,
                      .keys = keys,
                      .n = n,
                      .each = each,
                      .ctx = ctx};
    bool done = false;
    f.order = make_order(keys, n);
    enum wb_code code = p->literal_keys ? by_literals(&f, &done, err) : WB_OK;
    if (!code && !done)
        code = by_units(&f, err);
    free(f.order);
    return code;
}

/* ------------------------------------------------------------------------------------------------
 * whole rows */

struct found {
    struct wb_row_digest sum[WB_VERIFY_SIDES];
    uint32_t copies[WB_VERIFY_SIDES];
    const struct wb_cell *cells[WB_VERIFY_SIDES];
};

struct gather {
    struct found *found;
    struct wb_arena *a;
    size_t n_columns;
    const struct wb_type *const *types;
    enum wb_side side;
};

/* Of large values their beginning is enough, and what tells them from others. */
struct wb_cell *wb_verify_cut_cells(struct wb_arena *a, const struct wb_cell *cells,
                                    const struct wb_type *const *types, size_t n) {
    struct wb_cell *kept = WB_NEW_N(a, struct wb_cell, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (!wb_verify_is_cut(&cells[i])) {
            kept[i] = *wb_verify_keep_cells(a, &cells[i], 1);
            continue;
        }
        WB_CLEANUP_BUF struct wb_buf scratch = {0};
        struct wb_cell cell = cells[i];
        struct wb_batch one = {.cells = &cell, .n_rows = 1, .n_columns = 1};
        struct wb_digest d = {0};
        unsigned char *bytes = wb_arena_alloc(a, WB_VERIFY_CUT_BYTES);
        memcpy(bytes, cell.p, WB_VERIFY_CUT_BYTES);
        wb_digest_add_batch(&d, &one, &types[i], &scratch);
        memcpy(bytes + WB_VERIFY_CUT_BYTES - 2 * sizeof d.lo, &d.lo, sizeof d.lo);
        memcpy(bytes + WB_VERIFY_CUT_BYTES - sizeof d.hi, &d.hi, sizeof d.hi);
        kept[i] = cell;
        kept[i].p = bytes;
    }
    return kept;
}

bool wb_verify_same_cell(const struct wb_type *t, const struct wb_cell *x,
                         const struct wb_cell *y) {
    bool cut = wb_verify_is_cut(x);
    if (cut != wb_verify_is_cut(y))
        return false;
    if (cut)
        return x->form == y->form && x->len == y->len &&
               memcmp(x->p, y->p, WB_VERIFY_CUT_BYTES) == 0;
    WB_CLEANUP_BUF struct wb_buf a = {0}, b = {0};
    wb_canon_cell(&a, t, x);
    wb_canon_cell(&b, t, y);
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static void take_row(void *ctx, size_t key, const struct wb_row_digest *row,
                     const struct wb_cell *cells) {
    struct gather *g = ctx;
    struct found *f = &g->found[key];
    if (!f->copies[g->side]++)
        f->cells[g->side] = wb_verify_cut_cells(g->a, cells, g->types, g->n_columns);
    f->sum[g->side].lo += row->lo;
    f->sum[g->side].hi += row->hi + (f->sum[g->side].lo < row->lo);
}

static bool make_row(const struct wb_verify_pair *p, const struct found *f,
                     const struct wb_row_digest *key, struct wb_verify_row *ret) {
    const uint32_t *n = f->copies;
    if (n[0] == n[1] && f->sum[0].lo == f->sum[1].lo && f->sum[0].hi == f->sum[1].hi)
        return false;
    *ret = (struct wb_verify_row){
        .kind = WB_VERIFY_CHANGED, .copies = 1, .found = {n[0], n[1]}, .key = *key};
    if (p->compared.n_key == 0 || !n[0] || !n[1])
        ret->kind = n[0] > n[1] ? WB_VERIFY_MISSING : WB_VERIFY_EXTRA;
    if (p->compared.n_key == 0)
        ret->copies = n[0] > n[1] ? n[0] - n[1] : n[1] - n[0];
    if (ret->kind != WB_VERIFY_EXTRA)
        ret->source = f->cells[WB_SIDE_SOURCE];
    if (ret->kind != WB_VERIFY_MISSING)
        ret->target = f->cells[WB_SIDE_TARGET];
    return true;
}

enum wb_code wb_verify_fetch_rows(struct wb_verify_job *job, unsigned worker,
                                  struct wb_verify_pair *p, const struct wb_verify_candidate *keys,
                                  size_t n, struct wb_arena *a, struct wb_verify_row **ret,
                                  size_t *ret_n, struct wb_error *err) {
    struct gather g = {.found = WB_NEW_N(a, struct found, n + 1),
                       .a = a,
                       .n_columns = p->all.n,
                       .types = p->all.types};
    struct wb_verify_row *rows = WB_NEW_N(a, struct wb_verify_row, n + 1);
    size_t n_rows = 0;
    enum wb_code code = WB_OK;
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++) {
        struct wb_conn *c = NULL;
        g.side = (enum wb_side)s;
        if (atomic_load(&p->heavy))
            wb_verify_drop_conns(job, worker);
        code = wb_verify_worker_conn(job, worker, g.side, &c, err);
        if (code)
            break;
        code = wb_verify_fetch(job, c, p, g.side, &p->all, keys, n, take_row, &g, err);
    }
    if (code)
        return code;
    for (size_t i = 0; i < n; i++)
        n_rows += make_row(p, &g.found[i], &keys[i].key, &rows[n_rows]);
    *ret = rows;
    *ret_n = n_rows;
    return WB_OK;
}
