/* The journal of repairs: a table in the target, beside the verdicts. */
#include "verify/repair.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { JOURNAL_BYTES = 60000, SLICE_BYTES = 24000 };

static enum wb_code find_last(struct wb_verify_job *job, struct wb_conn *c, uint64_t *ret,
                              struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    const char *sql =
        wb_arena_printf(&a, "SELECT max(repair_no) FROM %srepairs WHERE run_id = %" PRId64,
                        c->engine->ledger_prefix, job->store.run);
    enum wb_code code = c->engine->query(c, sql, &a, &rows, err);
    if (!code)
        *ret = rows.values[0][0] ? strtoull(rows.values[0][0], NULL, 10) : 0;
    wb_arena_done(&a);
    return code;
}

enum wb_code wb_verify_journal_make(struct wb_verify_job *job, struct wb_conn *c,
                                    uint64_t *ret_last, struct wb_error *err) {
    const struct wb_engine *e = c->engine;
    enum wb_code code = e->ledger_setup ? e->exec(c, e->ledger_setup, NULL, err) : WB_OK;
    if (!code)
        code = wb_conn_exec(
            c, err, NULL,
            "CREATE TABLE IF NOT EXISTS %srepairs (run_id BIGINT NOT NULL, repair_no BIGINT NOT "
            "NULL, part_no BIGINT NOT NULL, repaired_at VARCHAR(40) NOT NULL, table_name TEXT NOT "
            "NULL, statement VARCHAR(10) NOT NULL, row_key TEXT NOT NULL, row_before TEXT, "
            "row_after TEXT, PRIMARY KEY (run_id, repair_no, part_no))",
            e->ledger_prefix);
    if (!code)
        code = find_last(job, c, ret_last, err);
    return code ? wb_error_wrap(err, "making the journal of repairs") : WB_OK;
}

static size_t piece(const char *text) {
    size_t n = strlen(text);
    if (n <= JOURNAL_BYTES)
        return n;
    n = JOURNAL_BYTES;
    while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--; /* not within a character */
    return n;
}

static void add_piece(const struct wb_engine *e, struct wb_buf *sql, const char **text) {
    wb_buf_adds(sql, ", ");
    if (!*text) {
        wb_buf_adds(sql, "NULL");
        return;
    }
    size_t n = piece(*text);
    e->quote_text(sql, *text, n);
    *text = (*text)[n] ? *text + n : NULL;
}

static enum wb_code add_part(struct wb_verify_job *job, struct wb_conn *c,
                             const struct wb_verify_journal_entry *e, unsigned part,
                             const char **was, const char **is, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    char now[40];
    wb_clock_format(wb_clock_wall_us(), now, sizeof now);
    wb_buf_addf(&sql, "INSERT INTO %srepairs VALUES (%" PRId64 ", %" PRIu64 ", %u, '%s', ",
                c->engine->ledger_prefix, job->store.run, e->no, part, now);
    c->engine->quote_text(&sql, e->table, strlen(e->table));
    wb_buf_addf(&sql, ", '%s', ", e->statement);
    c->engine->quote_text(&sql, e->key, piece(e->key));
    add_piece(c->engine, &sql, was);
    add_piece(c->engine, &sql, is);
    wb_buf_adds(&sql, ")");
    enum wb_code code = c->engine->exec(c, wb_buf_str(&sql), NULL, err);
    return code ? wb_error_wrap(err, "journalling a repair") : WB_OK;
}

/* A long row is journalled in several parts: not every engine's TEXT holds it in one. */
enum wb_code wb_verify_journal_add(struct wb_verify_job *job, struct wb_conn *c,
                                   const struct wb_verify_journal_entry *e, struct wb_error *err) {
    const char *was = e->before, *is = e->after;
    enum wb_code code = WB_OK;
    for (unsigned part = 0; !code && (part == 0 || was || is); part++)
        code = add_part(job, c, e, part, &was, &is, err);
    return code;
}

/* ------------------------------------------------------------------------------------------------
 * large values */

struct large {
    struct wb_verify_job *job;
    struct wb_conn *c;
    const struct wb_verify_journal_entry *e;
    enum wb_side side;
    unsigned *part;
    struct wb_buf text; /* of the part that is being filled */
};

static enum wb_code flush(struct large *l, struct wb_error *err) {
    const char *text = wb_buf_str(&l->text), *none = NULL;
    bool before = l->side == WB_SIDE_TARGET;
    enum wb_code code = WB_OK;
    while (!code && text)
        code = add_part(l->job, l->c, l->e, (*l->part)++, before ? &text : &none,
                        before ? &none : &text, err);
    wb_buf_reset(&l->text);
    return code;
}

/* So many bytes from at on, up to a whole character. */
static uint32_t slice(const struct wb_cell *cell, uint32_t at) {
    uint32_t n = cell->len - at;
    if (n <= SLICE_BYTES)
        return n;
    n = SLICE_BYTES;
    while (cell->form == WB_FORM_TEXT && n > 1 && (cell->p[at + n] & 0xC0) == 0x80)
        n--;
    return n;
}

static enum wb_code add_value(struct large *l, const struct wb_column *column,
                              const struct wb_cell *cell, struct wb_error *err) {
    const struct wb_engine *e = l->c->engine;
    bool large = wb_verify_is_cut(cell);
    enum wb_code code = WB_OK;
    for (uint32_t at = 0, n = cell->len; !code && (at == 0 || at < cell->len); at += n) {
        struct wb_cell one = *cell;
        if (large) {
            n = slice(cell, at);
            one.p = cell->p + at;
            one.len = n;
        }
        wb_buf_adds(&l->text, l->text.len ? ", " : "");
        e->quote_name(&l->text, column->name);
        if (large)
            wb_buf_addf(&l->text, " from byte %u", at + 1);
        wb_buf_adds(&l->text, " = ");
        if (one.form == WB_FORM_INVALID || !e->verify->literal(&l->text, &column->type, &one))
            return wb_error_set(err, WB_E_VALUE, "column %s: its value cannot be journalled",
                                column->name);
        if (l->text.len >= SLICE_BYTES)
            code = flush(l, err);
        if (!large)
            break;
    }
    return code;
}

enum wb_code wb_verify_journal_large(struct wb_verify_job *job, struct wb_conn *c,
                                     const struct wb_verify_journal_entry *e,
                                     const struct wb_verify_pair *p, const struct wb_cell *cells,
                                     enum wb_side side, unsigned *part, struct wb_error *err) {
    struct large l = {.job = job, .c = c, .e = e, .side = side, .part = part};
    const struct wb_table *t = p->table[WB_SIDE_TARGET];
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < p->all.n; i++)
        code = add_value(&l, &t->columns[p->all.index[WB_SIDE_TARGET][i]], &cells[i], err);
    if (!code && l.text.len)
        code = flush(&l, err);
    wb_buf_done(&l.text);
    return code;
}

void wb_verify_journal_withdraw(struct wb_verify_job *job, struct wb_conn *c, uint64_t no) {
    struct wb_error ignored;
    wb_conn_exec(c, &ignored, NULL,
                 "DELETE FROM %srepairs WHERE run_id = %" PRId64 " AND repair_no = %" PRIu64,
                 c->engine->ledger_prefix, job->store.run, no);
}
