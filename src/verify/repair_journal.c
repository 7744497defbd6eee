/* The journal of repairs: a table in the target, beside the verdicts. */
#include "verify/repair.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { JOURNAL_BYTES = 60000 };

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

/* A long row is journalled in several parts: not every engine's TEXT holds it in one. */
enum wb_code wb_verify_journal_add(struct wb_verify_job *job, struct wb_conn *c,
                                   const struct wb_verify_journal_entry *e, struct wb_error *err) {
    const char *was = e->before, *is = e->after;
    char now[40];
    enum wb_code code = WB_OK;
    wb_clock_format(wb_clock_wall_us(), now, sizeof now);
    for (unsigned part = 0; !code && (part == 0 || was || is); part++) {
        WB_CLEANUP_BUF struct wb_buf sql = {0};
        wb_buf_addf(&sql, "INSERT INTO %srepairs VALUES (%" PRId64 ", %" PRIu64 ", %u, '%s', ",
                    c->engine->ledger_prefix, job->store.run, e->no, part, now);
        c->engine->quote_text(&sql, e->table, strlen(e->table));
        wb_buf_addf(&sql, ", '%s', ", e->statement);
        c->engine->quote_text(&sql, e->key, piece(e->key));
        add_piece(c->engine, &sql, &was);
        add_piece(c->engine, &sql, &is);
        wb_buf_adds(&sql, ")");
        code = c->engine->exec(c, wb_buf_str(&sql), NULL, err);
    }
    return code ? wb_error_wrap(err, "journalling a repair") : WB_OK;
}
