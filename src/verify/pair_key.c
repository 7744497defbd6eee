/* By which key a pair's rows are found on both sides, and whether ranges of it are the same rows on
 * both. */
#include "verify/job.h"

static bool identifies_rows(const struct wb_table *t, struct wb_index *x) {
    struct wb_table alone = *t;
    alone.indexes = x;
    alone.n_indexes = 1;
    return wb_table_replica_key(&alone) != NULL;
}

int wb_verify_position_of(const struct wb_verify_columns *c, int source_column) {
    for (size_t i = 0; i < c->n; i++)
        if (c->index[WB_SIDE_SOURCE][i] == (uint32_t)source_column)
            return (int)i;
    return -1;
}

static bool set_key(struct wb_verify_columns *c, const struct wb_index *key) {
    c->n_key = 0;
    for (size_t i = 0; i < key->n_parts; i++) {
        int at = wb_verify_position_of(c, key->parts[i].column);
        if (at < 0)
            return false;
        c->key[i] = (uint32_t)at;
    }
    c->n_key = key->n_parts;
    return true;
}

/* The target's unique index over the same columns, led by the same one. */
static struct wb_index *twin_of(const struct wb_verify_pair *p, const struct wb_verify_columns *c) {
    const struct wb_table *to = p->table[WB_SIDE_TARGET];
    for (size_t i = 0; i < to->n_indexes; i++) {
        struct wb_index *x = &to->indexes[i];
        if (x->n_parts != c->n_key || !identifies_rows(to, x) || x->ignored ||
            (uint32_t)x->parts[0].column != c->index[WB_SIDE_TARGET][c->key[0]])
            continue;
        size_t found = 0;
        for (size_t k = 0; k < c->n_key; k++)
            for (size_t n = 0; n < x->n_parts; n++)
                found += (uint32_t)x->parts[n].column == c->index[WB_SIDE_TARGET][c->key[k]];
        if (found == c->n_key)
            return x;
    }
    return NULL;
}

static void keep_index(struct wb_verify_job *job, struct wb_table *t, const struct wb_index *x) {
    t->n_indexes = x != NULL;
    t->indexes = WB_NEW(&job->arena, struct wb_index);
    if (x)
        *t->indexes = *x;
}

/* A policy that alters values could put a row's key into another range than the source has it in.
 */
static bool may_move_keys(const struct wb_verify_job *job) {
    const enum wb_action *a = job->opts->policy.action;
    return a[WB_ISSUE_RANGE] != WB_ACTION_REFUSE || a[WB_ISSUE_ZERO_DATE] != WB_ACTION_REFUSE;
}

static bool number_like(const struct wb_type *t) {
    return t->kind == WB_KIND_INT || t->kind == WB_KIND_UINT || t->kind == WB_KIND_DECIMAL ||
           t->kind == WB_KIND_BOOL;
}

bool wb_verify_same_order(const struct wb_type *from, const struct wb_type *to) {
    return wb_type_c_ordered(from) && wb_type_c_ordered(to) &&
           (to->kind == from->kind ? to->fraction_digits >= from->fraction_digits
                                   : number_like(to) && number_like(from));
}

/* A literal of one side's type says the same as that of the other, made of one cell. ANY is
 * SQLite's alone: where both sides are, a literal has the cell's own storage class. */
bool wb_verify_same_literals(const struct wb_type *from, const struct wb_type *to) {
    enum wb_kind f = from->kind, t = to->kind;
    bool moments = (f == WB_KIND_TIMESTAMP || f == WB_KIND_TIMESTAMPTZ) &&
                   (t == WB_KIND_TIMESTAMP || t == WB_KIND_TIMESTAMPTZ);
    bool raw =
        (f == WB_KIND_UUID || f == WB_KIND_BYTES) && (t == WB_KIND_UUID || t == WB_KIND_BYTES);
    return f != WB_KIND_FLOAT &&
           (f == t || moments || raw || (number_like(from) && number_like(to)));
}

void wb_verify_choose_key(struct wb_verify_job *job, struct wb_verify_pair *p) {
    struct wb_table *from = p->table[WB_SIDE_SOURCE], *to = p->table[WB_SIDE_TARGET];
    const struct wb_index *key = wb_table_replica_key(from), *twin = NULL;
    if (key && !set_key(&p->all, key))
        key = NULL;
    if (key)
        twin = twin_of(p, &p->all);
    p->way = WB_VERIFY_BY_BUCKETS;
    if (twin) {
        const struct wb_type *lead = &from->columns[key->parts[0].column].type;
        if (wb_verify_same_order(lead, p->all.types[p->all.key[0]]) && !may_move_keys(job))
            p->way = WB_VERIFY_BY_RANGES;
    }
    p->literal_keys = key && job->engine[0]->verify && job->engine[1]->verify &&
                      job->engine[0]->verify->literal && job->engine[1]->verify->literal;
    for (size_t i = 0; i < p->all.n_key; i++)
        p->literal_keys &= wb_verify_same_literals(&from->columns[key->parts[i].column].type,
                                                   p->all.types[p->all.key[i]]);
    keep_index(job, from, key);
    keep_index(job, to, twin);
}
