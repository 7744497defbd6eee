/* Verdicts: written all at once, read as they stand. */
#include "verify/store_int.h"

#include "base/clock.h"
#include "base/str.h"

#include <inttypes.h>

#ifndef WB_VERSION
#define WB_VERSION ""
#endif

static void add_verdict(struct wb_verify_store *s, struct wb_buf *sql, const char *identity,
                        const struct wb_verify_verdict *v, const struct wb_verify_table_report *t) {
    char digest[2][WB_DIGEST_TEXT_BYTES];
    const struct wb_conn *c = s->conn;
    wb_buf_addf(sql, "INSERT INTO %sverdicts VALUES (%" PRId64 ", %u, ", s->prefix, s->run,
                v->table);
    const char *texts[] = {identity,
                           t->source,
                           v->target,
                           wb_verify_outcome_word(v->outcome),
                           wb_verify_strength_word(v->scope.strength),
                           t->method ? t->method : ""};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        wb_verify_store_add_text(sql, c, texts[i]);
        wb_buf_adds(sql, ", ");
    }
    wb_buf_addf(sql, "%u, %u, %d, ", v->scope.levels, v->failed, v->scope.counted);
    wb_verify_store_add_text(sql, c, v->scope.columns);
    wb_buf_adds(sql, ", ");
    wb_verify_store_add_text(sql, c, v->scope.where);
    wb_buf_adds(sql, ", ");
    wb_verify_store_add_text(sql, c, t->why);
    wb_buf_addf(sql, ", %" PRIu64 ", %" PRIu64 ", '%s', '%s'", t->source_rows, t->target_rows,
                wb_digest_format(&t->source_digest, digest[0]),
                wb_digest_format(&t->target_digest, digest[1]));
    const uint64_t numbers[] = {t->sampled_rows, t->missing_rows, t->extra_rows,
                                t->changed_rows, t->retried_rows, t->unsettled_rows};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        wb_buf_addf(sql, ", %" PRIu64, numbers[i]);
    const char *more[] = {t->source_position, t->target_position, t->started, v->finished,
                          WB_VERSION};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        wb_buf_adds(sql, ", ");
        wb_verify_store_add_text(sql, c, more[i] ? more[i] : "");
    }
    wb_buf_adds(sql, ")");
}

/* In the place of those that the same run has left before it was interrupted. */
static enum wb_code put_verdict(struct wb_verify_store *s, const char *identity,
                                const struct wb_verify_verdict *v,
                                const struct wb_verify_table_report *t, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    enum wb_code code = wb_conn_exec(
        s->conn, err, NULL, "DELETE FROM %sverdicts WHERE run_id = %" PRId64 " AND table_no = %u",
        s->prefix, s->run, v->table);
    if (code)
        return code;
    add_verdict(s, &sql, identity, v, t);
    return wb_verify_store_exec(s, &sql, NULL, err);
}

enum wb_code wb_verify_store_judge(struct wb_verify_store *s, const char *identity,
                                   const struct wb_verify_verdict *v,
                                   const struct wb_verify_table_report *tables, size_t n,
                                   const char *state, struct wb_error *err) {
    const struct wb_write_ops *w = s->conn->engine->write;
    pthread_mutex_lock(&s->lock);
    enum wb_code code = w->begin(s->conn, err);
    for (size_t i = 0; !code && i < n; i++)
        code = put_verdict(s, identity, &v[i], &tables[i], err);
    if (!code && state)
        code = wb_verify_store_set_state(s, state, err);
    if (!code)
        code = w->commit(s->conn, true, err);
    if (code)
        w->rollback(s->conn);
    pthread_mutex_unlock(&s->lock);
    return code;
}

static enum wb_verify_strength parse_strength(const char *word) {
    for (int i = WB_VERIFY_BY_DIGEST; i > 0; i--)
        if (wb_str_eq(word, wb_verify_strength_word((enum wb_verify_strength)i)))
            return (enum wb_verify_strength)i;
    return WB_VERIFY_NOTHING;
}

enum wb_code wb_verify_store_read_verdicts(struct wb_conn *conn, const char *identity,
                                           struct wb_arena *a, struct wb_verify_verdict **ret,
                                           size_t *ret_n, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows;
    struct wb_error probe;
    wb_buf_addf(&sql,
                "SELECT run_id, table_no, target_table, levels, compared_columns, where_clause, "
                "strength, counted, outcome, failed, finished FROM %sverdicts WHERE "
                "source_identity = ",
                conn->engine->ledger_prefix);
    wb_verify_store_add_text(&sql, conn, identity);
    wb_buf_adds(&sql, " ORDER BY finished, run_id, table_no");
    enum wb_code code = conn->engine->query(conn, wb_buf_str(&sql), a, &rows, &probe);
    if (code == WB_E_NOT_FOUND) {
        *ret_n = 0;
        *ret = NULL;
        return WB_OK;
    }
    if (code) {
        *err = probe;
        return wb_error_wrap(err, "reading earlier verdicts");
    }
    struct wb_verify_verdict *v = WB_NEW_N(a, struct wb_verify_verdict, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++) {
        const char **r = rows.values[i];
        v[i] = (struct wb_verify_verdict){
            .run = (int64_t)wb_verify_store_number(r[0]),
            .table = (uint32_t)wb_verify_store_number(r[1]),
            .target = r[2],
            .scope = {.levels = (unsigned)wb_verify_store_number(r[3]),
                      .columns = r[4],
                      .where = r[5],
                      .strength = parse_strength(r[6]),
                      .counted = wb_verify_store_number(r[7]) != 0},
            .outcome = wb_str_eq(r[8], "equal")       ? WB_VERIFY_EQUAL
                       : wb_str_eq(r[8], "different") ? WB_VERIFY_DIFFERENT
                                                      : WB_VERIFY_UNVERIFIED,
            .failed = (unsigned)wb_verify_store_number(r[9]),
            .finished = r[10]};
    }
    *ret = v;
    *ret_n = rows.n_rows;
    return WB_OK;
}
