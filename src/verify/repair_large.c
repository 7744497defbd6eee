/* A row with large values, in a transaction of its own and with no more memory than reading it
 * takes.
 *
 * What is known of the row are its small values and digests of the large ones. The target's row is
 * read once more and goes into the journal piece by piece while it streams; the source's goes into
 * the target as a bulk load and into the journal likewise: into its table where it is missing, else
 * into a temporary table, from which the UPDATE takes its values. Both sides are read over
 * connections of their own, which are closed again: client libraries keep the largest buffer that
 * they ever needed.
 */
#include "verify/repair_int.h"

#include <inttypes.h>

static const char stage_name[] = "whimbrel_repair_values";

struct large {
    struct wb_repair *r;
    const struct wb_verify_row *row;
    const struct wb_verify_candidate *key;
    struct wb_verify_journal_entry entry;
    unsigned part;          /* of the journal */
    struct wb_table stage;  /* the target's table under the temporary table's name */
    uint32_t *at, *columns; /* what is staged: positions in pair.all, columns of the table */
    size_t n;
    const char *sql_name;
    bool met, moved;
    enum wb_code code; /* of what the callbacks did */
    struct wb_error *err;
};

/* ------------------------------------------------------------------------------------------------
 * the temporary table */

static bool is_set(const struct large *l, size_t i) {
    const struct wb_verify_pair *p = &l->r->pair;
    const struct wb_verify_row *row = l->row;
    const struct wb_table *t = p->table[WB_SIDE_TARGET];
    if (!row->source || t->columns[p->all.index[WB_SIDE_TARGET][i]].generated != WB_GENERATED_NONE)
        return false;
    return !row->target || !wb_verify_same_cell(p->all.types[i], &row->source[i], &row->target[i]);
}

static void plan_stage(struct large *l) {
    struct wb_repair *r = l->r;
    const struct wb_verify_pair *p = &r->pair;
    const struct wb_engine *e = r->conn->engine;
    WB_CLEANUP_BUF struct wb_buf name = {0};
    l->stage = *p->table[WB_SIDE_TARGET];
    l->stage.name = stage_name;
    if (e->verify->temporary_schema)
        l->stage.schema = e->verify->temporary_schema;
    wb_engine_quote_table(e, &name, l->stage.schema, stage_name);
    l->sql_name = wb_arena_strdup(&r->a, wb_buf_str(&name));
    l->at = WB_NEW_N(&r->a, uint32_t, p->all.n + 1);
    l->columns = WB_NEW_N(&r->a, uint32_t, p->all.n + 1);
    for (size_t i = 0; i < p->all.n; i++) {
        if (!is_set(l, i))
            continue;
        l->at[l->n] = (uint32_t)i;
        l->columns[l->n++] = p->all.index[WB_SIDE_TARGET][i];
    }
}

/* Of an attempt before there may be one: not every server undoes it in a rollback. */
static enum wb_code make_stage(struct large *l, struct wb_error *err) {
    struct wb_conn *c = l->r->conn;
    const struct wb_engine *e = c->engine;
    const struct wb_table *t = l->r->pair.table[WB_SIDE_TARGET];
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    enum wb_code code =
        wb_conn_exec(c, err, NULL, "%s IF EXISTS %s", e->verify->drop_temporary, l->sql_name);
    wb_buf_adds(&sql, "CREATE TEMPORARY TABLE ");
    wb_engine_quote_table(e, &sql, e->verify->temporary_schema ? NULL : t->schema, stage_name);
    wb_buf_adds(&sql, " AS SELECT ");
    for (size_t i = 0; i < l->n; i++) {
        wb_buf_adds(&sql, i ? ", " : "");
        e->quote_name(&sql, t->columns[l->columns[i]].name);
    }
    wb_buf_adds(&sql, " FROM ");
    wb_engine_quote_table(e, &sql, t->schema, t->name);
    wb_buf_adds(&sql, " WHERE 1 = 0");
    if (!code)
        code = e->exec(c, wb_buf_str(&sql), NULL, err);
    return code ? wb_error_wrap(err, "making a temporary table for large values") : WB_OK;
}

/* Equal rows that are missing come one at a time. */
static enum wb_code load_row(struct large *l, const struct wb_cell *cells, struct wb_error *err) {
    const struct wb_write_ops *w = l->r->conn->engine->write;
    bool missing = l->row->kind == WB_VERIFY_MISSING;
    struct wb_load_spec spec = {.table = missing ? l->r->pair.table[WB_SIDE_TARGET] : &l->stage,
                                .columns = l->columns,
                                .n_columns = l->n};
    struct wb_cell *chosen = WB_NEW_N(&l->r->a, struct wb_cell, l->n + 1);
    struct wb_batch one = {.cells = chosen, .n_rows = 1, .n_columns = (uint32_t)l->n};
    struct wb_load *load = NULL;
    uint64_t rows = 0;
    for (size_t i = 0; i < l->n; i++) {
        chosen[i] = cells[l->at[i]];
        if (chosen[i].form == WB_FORM_INVALID)
            return wb_error_set(err, WB_E_VALUE,
                                "a value of the source cannot be held by the target; choose a "
                                "--policy or another type");
    }
    enum wb_code code = w->load_open(l->r->conn, &spec, &load, err);
    for (uint64_t i = 0; !code && i < (missing ? l->row->copies : 1); i++)
        if ((code = w->load_put(load, &one, err)) != WB_OK)
            w->load_abort(load);
    return code ? code : w->load_close(load, &rows, err);
}

/* ------------------------------------------------------------------------------------------------
 * reading it as a whole */

/* Without a key there are several equal ones: one will do. */
static bool take_once(struct large *l, const struct wb_cell *cells, const struct wb_cell *known) {
    const struct wb_verify_columns *all = &l->r->pair.all;
    if (l->met || l->code)
        return false;
    l->met = true;
    l->moved |= !wb_verify_repair_same(&l->r->pair, known,
                                       wb_verify_cut_cells(&l->r->a, cells, all->types, all->n));
    return !l->moved;
}

static void take_before(void *ctx, size_t key, const struct wb_row_digest *row,
                        const struct wb_cell *cells) {
    struct large *l = ctx;
    (void)key, (void)row;
    if (take_once(l, cells, l->row->target))
        l->code = wb_verify_journal_large(l->r->job, l->r->conn, &l->entry, &l->r->pair, cells,
                                          WB_SIDE_TARGET, &l->part, l->err);
}

static void take_after(void *ctx, size_t key, const struct wb_row_digest *row,
                       const struct wb_cell *cells) {
    struct large *l = ctx;
    (void)key, (void)row;
    if (!take_once(l, cells, l->row->source))
        return;
    l->code = load_row(l, cells, l->err);
    if (!l->code)
        l->code = wb_verify_journal_large(l->r->job, l->r->conn, &l->entry, &l->r->pair, cells,
                                          WB_SIDE_SOURCE, &l->part, l->err);
}

static enum wb_code read_whole(struct large *l, enum wb_side side, struct wb_error *err) {
    struct wb_repair *r = l->r;
    struct wb_conn *c = NULL;
    bool file = side == WB_SIDE_TARGET && r->job->probe[WB_SIDE_TARGET].max_writers == 1;
    l->met = false;
    enum wb_code code = wb_verify_repair_reader(r, side, &c, err);
    if (file) /* another connection would stand in the way of what is written meanwhile */
        c = r->conn;
    if (!code)
        code = wb_verify_fetch(r->job, c, &r->pair, side, &r->pair.all, l->key, 1,
                               side == WB_SIDE_TARGET ? take_before : take_after, l, err);
    wb_verify_drop_conns(r->job, 0);
    l->moved |= !code && !l->met;
    return code ? code : l->code;
}

/* ------------------------------------------------------------------------------------------------
 * the transaction */

static enum wb_code run_statement(struct large *l, const char *sql, struct wb_error *err) {
    struct wb_conn *c = l->r->conn;
    uint64_t affected = 0, all = 0;
    uint64_t times = l->row->kind == WB_VERIFY_MISSING ? l->row->copies : 1;
    enum wb_code code = WB_OK;
    for (uint64_t i = 0; !code && i < times; i++) {
        code = c->engine->exec(c, sql, &affected, err);
        all += affected;
    }
    if (!code && all > l->row->copies)
        code =
            wb_error_set(err, WB_E_CONSTRAINT,
                         "its key stands for %" PRIu64 " rows under the target's collation", all);
    l->moved |= !code && all < l->row->copies;
    if (!code && l->n)
        code = wb_conn_exec(c, err, NULL, "%s %s", c->engine->verify->drop_temporary, l->sql_name);
    return code;
}

static enum wb_code change(struct large *l, const char *sql, struct wb_error *err) {
    enum wb_code code = l->row->kind == WB_VERIFY_EXTRA
                            ? wb_verify_repair_check_dependents(l->r, l->row, err)
                            : WB_OK;
    if (!code && l->row->target)
        code = read_whole(l, WB_SIDE_TARGET, err);
    if (!code && !l->moved && l->row->kind == WB_VERIFY_CHANGED)
        code = make_stage(l, err);
    if (!code && !l->moved && l->n)
        code = read_whole(l, WB_SIDE_SOURCE, err);
    if (!code && !l->moved && l->row->kind != WB_VERIFY_MISSING)
        code = run_statement(l, sql, err);
    if (!code && !l->moved)
        code = wb_verify_repair_check(l->r, l->row, l->key, 1, &l->moved, err);
    return code;
}

static void tell(struct wb_repair *r, const struct wb_verify_row *row, const char *key) {
    const char *word = wb_verify_repair_word(row->kind);
    if (r->job->opts->values == WB_VERIFY_REDACT_VALUES)
        wb_verify_say(r->job, WB_VERIFY_REPAIRED, "%s of a row of %s", word, r->pair.target);
    else
        wb_verify_say(r->job, WB_VERIFY_REPAIRED, "%s in %s: %s, with large values", word,
                      r->pair.target, key);
}

/* What the check has read of a table without a key is in the writer's buffers. */
static enum wb_code renew_conn(struct wb_repair *r, struct wb_error *err) {
    wb_conn_close(r->conn);
    r->conn = NULL;
    return wb_verify_connect(r->job, WB_SIDE_TARGET, &r->conn, err);
}

enum wb_code wb_verify_repair_large(struct wb_repair *r, const struct wb_verify_row *row,
                                    const struct wb_verify_candidate *key, bool *ret_done,
                                    struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0}, name = {0};
    const struct wb_write_ops *w = r->conn->engine->write;
    const char *why = "";
    struct large l = {.r = r, .row = row, .key = key, .err = err};
    plan_stage(&l);
    *ret_done = false;
    if (!wb_verify_repair_statement(r->job, &r->pair, row, l.sql_name, &sql, &why))
        return wb_error_set(err, WB_E_VALUE, "%s", why);
    wb_verify_repair_add_key(r, row, &name);
    l.entry = (struct wb_verify_journal_entry){.no = ++r->journal_no,
                                               .statement = wb_verify_repair_word(row->kind),
                                               .table = r->pair.target,
                                               .key = wb_buf_str(&name)};
    enum wb_code code = w->begin(r->conn, err);
    if (code)
        return code;
    code = change(&l, wb_buf_str(&sql), err);
    if (!code && !l.moved)
        code = w->commit(r->conn, true, err);
    else
        w->rollback(r->conn);
    r->moved |= l.moved;
    if (!code && !l.moved) {
        *ret_done = true;
        r->progress += row->copies;
        r->job->repaired_rows += row->copies;
        tell(r, row, wb_buf_str(&name));
    }
    return code || r->pair.all.n_key ? code : renew_conn(r, err);
}
