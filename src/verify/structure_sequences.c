/* Next values: what the target will give next must be beyond every key of both sides.
 *
 * The keys are read first and the next values after them, so that a target that is written
 * meanwhile does not seem to be behind. */
#include "verify/structure_int.h"

#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct sequence {
    const struct structure_pair *pair;
    const struct wb_column *column;  /* wanted */
    uint64_t source_max, target_max; /* 0: no key above 0 */
};

static enum wb_code largest_key(struct structure *s, struct wb_conn *c, const char *schema,
                                const char *table, const char *column, uint64_t *ret,
                                struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows = {0};
    wb_buf_adds(&sql, "SELECT max(");
    c->engine->quote_name(&sql, column);
    wb_buf_adds(&sql, ") FROM ");
    wb_engine_quote_table(c->engine, &sql, schema, table);
    enum wb_code code = c->engine->query(c, wb_buf_str(&sql), s->a, &rows, err);
    if (code)
        return wb_error_wrap(err, "table %s: looking for the largest %s", table, column);
    const char *text = rows.n_rows ? rows.values[0][0] : NULL;
    *ret = text && *text != '-' ? strtoull(text, NULL, 10) : 0;
    return WB_OK;
}

static const struct wb_column *identity_of(const struct wb_table *t) {
    for (size_t i = 0; i < t->n_columns; i++)
        if (t->columns[i].identity != WB_IDENTITY_NONE && !t->columns[i].hidden_rowid)
            return &t->columns[i];
    return NULL;
}

static enum wb_code read_keys(struct structure *s, struct sequence *q, struct wb_error *err) {
    const struct wb_table *t = q->pair->wanted;
    enum wb_code code = largest_key(s, s->ask->source_conn, t->source_schema, t->source_name,
                                    q->column->source_name, &q->source_max, err);
    if (code)
        return wb_error_wrap(err, "source");
    code = largest_key(s, s->ask->target_conn, q->pair->actual->schema, t->name, q->column->name,
                       &q->target_max, err);
    return code ? wb_error_wrap(err, "target") : WB_OK;
}

static uint64_t most(const struct sequence *q) {
    return q->source_max > q->target_max ? q->source_max : q->target_max;
}

/* The statement that sets it right: that of the wanted table, with the next value it should have.
 */
static const char *hint_for(struct structure *s, const struct sequence *q) {
    const struct wb_engine *e = s->target;
    struct wb_catalog one = s->wanted;
    struct wb_table t = *q->pair->wanted;
    struct wb_ddl_list list = {0};
    struct wb_findings findings = {0};
    one.arena = (struct wb_arena){0};
    one.tables = &t;
    one.n_tables = 1;
    one.n_objects = 0;
    t.n_fks = 0;
    t.has_next_value = true;
    t.next_value = most(q) + 1;
    if (e->ddl->render(&one, 0, s->a, &list, &findings, NULL) != WB_OK)
        return NULL;
    for (size_t i = 0; i < list.n; i++)
        if (list.items[i].part == WB_DDL_SEQUENCE)
            return list.items[i].sql;
    return NULL;
}

static void judge(struct structure *s, const struct sequence *q, const struct wb_table *now) {
    const struct wb_column *there = identity_of(now);
    const char *object = wb_arena_printf(s->a, "next value of %s", q->column->name);
    bool should = q->pair->normalized && q->pair->expected->has_next_value;
    if (now->has_next_value && now->next_value > most(q))
        return;
    if (now->has_next_value)
        wb_structure_find(s, WB_VERIFY_SEQUENCES, WB_VERIFY_DIFFERENT, q->pair->name, object,
                          hint_for(s, q),
                          "the target would give %" PRIu64 " next, and the largest key is %" PRIu64
                          " in the source and %" PRIu64 " in the target",
                          now->next_value, q->source_max, q->target_max);
    else if (should && there)
        wb_structure_find(s, WB_VERIFY_SEQUENCES, WB_VERIFY_UNVERIFIED, q->pair->name, object,
                          "grant SELECT on the sequence to this user",
                          "the target's next value cannot be read");
    else if (!there)
        wb_structure_find(s, WB_VERIFY_SEQUENCES, WB_VERIFY_DIFFERENT, q->pair->name, object, NULL,
                          "the source gives this column its next value, the target does not");
}

enum wb_code wb_structure_sequences(struct structure *s, const struct structure_pair *pairs,
                                    size_t n, struct wb_error *err) {
    struct sequence *sequences = WB_NEW_N(s->a, struct sequence, n + 1);
    struct wb_catalog now = {0};
    struct wb_describe_opts opts = {.schema = s->ask->actual->schema};
    size_t n_sequences = 0;
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < n; i++) {
        const struct wb_column *c = identity_of(pairs[i].wanted);
        if (!c || wb_table_find_column(pairs[i].actual, c->name) < 0)
            continue;
        struct sequence q = {.pair = &pairs[i], .column = c};
        code = read_keys(s, &q, err);
        sequences[n_sequences++] = q;
    }
    if (!code && n_sequences)
        code = s->target->describe(s->ask->target_conn, &opts, &now, err);
    for (size_t i = 0; !code && i < n_sequences; i++) {
        const struct wb_table *t =
            wb_catalog_find_table(&now, NULL, sequences[i].pair->wanted->name);
        if (t)
            judge(s, &sequences[i], t);
    }
    wb_catalog_done(&now);
    return code;
}
