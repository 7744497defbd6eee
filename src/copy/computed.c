/* Columns that the target computes. The source's values are read and shaped as if they were to be
 * loaded, and go into digests of their own beside the loaded columns' digest; what the target
 * computed is read back into the same. The ledger and the verdict take the sum of all, so that a
 * computed value which differs makes the table differ; the single digests, which live only in
 * memory since a resumed run reads every finished chunk again, tell in which column.
 *
 * Where a policy may alter a value, the target rightly computes from another one than the source
 * did: such columns are not compared, and said to be.
 */
#include "copy/job.h"

#include "base/str.h"

static bool any_policy(const struct wb_policy *p) {
    static const enum wb_issue of_values[] = {WB_ISSUE_NUL_BYTE, WB_ISSUE_ZERO_DATE, WB_ISSUE_RANGE,
                                              WB_ISSUE_UTF8};
    for (size_t i = 0; i < sizeof of_values / sizeof of_values[0]; i++)
        if (p->action[of_values[i]] != WB_ACTION_REFUSE)
            return true;
    return false;
}

/* As one column of a target's table is shaped: whether it can be, and whether that may alter it. */
static bool look(const struct wb_job *job, const struct wb_table *from, const struct wb_table *to,
                 uint32_t column, bool *ret_may_alter) {
    struct wb_shape *shape = NULL;
    if (wb_shape_new(from, to, &column, 1, &job->shape_opts, &shape, NULL))
        return false;
    *ret_may_alter = wb_shape_may_alter(shape);
    wb_shape_free(shape);
    return true;
}

static bool may_alter(const struct wb_job *job, const struct wb_table *from,
                      const struct wb_table *to, uint32_t column);

/* Whether any column that an expression names may be altered. */
static bool reads_altered(const struct wb_job *job, const struct wb_table *from,
                          const struct wb_table *to, const struct wb_expr *x) {
    if (!x)
        return false;
    for (uint32_t c = 0; x->op == WB_EXPR_COLUMN && c < to->n_columns; c++)
        if (wb_str_ieq(to->columns[c].source_name, x->text) && may_alter(job, from, to, c))
            return true;
    for (size_t i = 0; i < x->n_args; i++)
        if (reads_altered(job, from, to, x->args[i]))
            return true;
    return false;
}

static bool may_alter(const struct wb_job *job, const struct wb_table *from,
                      const struct wb_table *to, uint32_t column) {
    const struct wb_column *c = &to->columns[column];
    bool alters = true;
    if (!look(job, from, to, column, &alters) || alters)
        return true;
    if (c->generated == WB_GENERATED_NONE)
        return false;
    return !c->generated_as.tree || reads_altered(job, from, to, c->generated_as.tree);
}

const char *wb_computed_why_not(const struct wb_job *job, const struct wb_table *from,
                                const struct wb_table *to, uint32_t column) {
    bool alters;
    if (!look(job, from, to, column, &alters))
        return "the source's values have no form in the target";
    if (any_policy(&job->opts->policy) && may_alter(job, from, to, column))
        return "a policy may alter values that it is computed from";
    return NULL;
}

void wb_computed_digest(const struct wb_copy_table *t, struct wb_digest *d,
                        struct wb_digest *computed, const struct wb_batch *b,
                        struct wb_buf *scratch) {
    if (t->n_computed == 0)
        wb_digest_add_batch(d, b, t->types, scratch);
    else
        wb_digest_add_batch_apart(d, computed, (uint32_t)t->n_loaded, b, t->types, scratch);
}

struct wb_digest wb_computed_sum(const struct wb_copy_table *t, struct wb_digest d,
                                 const struct wb_digest *computed) {
    for (size_t i = 0; i < t->n_computed; i++)
        wb_digest_add(&d, &computed[i]);
    return d;
}

void wb_computed_keep(struct wb_job *job, const struct wb_copy_table *t, struct wb_copy_chunk *k,
                      const struct wb_digest *computed) {
    if (t->n_computed == 0)
        return;
    pthread_mutex_lock(&job->lock);
    if (!k->computed)
        k->computed = WB_NEW_N(&job->shared_arena, struct wb_digest, t->n_computed);
    memcpy(k->computed, computed, t->n_computed * sizeof *computed);
    pthread_mutex_unlock(&job->lock);
}

static struct wb_digest loaded_only(const struct wb_copy_table *t, struct wb_digest d,
                                    const struct wb_digest *computed) {
    for (size_t i = 0; i < t->n_computed; i++)
        wb_digest_subtract(&d, &computed[i]);
    return d;
}

const char *wb_computed_differing(const struct wb_copy_table *t, struct wb_arena *a) {
    struct wb_digest source = loaded_only(t, t->source_digest, t->source_computed),
                     target = loaded_only(t, t->target_digest, t->target_computed);
    WB_CLEANUP_BUF struct wb_buf names = {0};
    size_t n = 0;
    if (t->proof != WB_PROOF_DONE || !wb_digest_equal(&source, &target))
        return "";
    for (size_t i = 0; i < t->n_computed; i++)
        if (!wb_digest_equal(&t->source_computed[i], &t->target_computed[i]))
            wb_buf_addf(&names, "%s%s", n++ ? ", " : "",
                        t->to->columns[t->to_columns[t->n_loaded + i]].name);
    if (n == 0)
        return "";
    return wb_arena_printf(a, "column%s %s", n == 1 ? "" : "s", wb_buf_str(&names));
}
