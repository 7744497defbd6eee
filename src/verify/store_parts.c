/* The parts of a run's tables, and which of them were equal. */
#include "verify/store_int.h"

#include "base/str.h"

#include <inttypes.h>

enum { GROUP_ROWS = 200 };

static bool take_part(const char **v, uint32_t table, struct wb_verify_part *p) {
    int kind = wb_range_kind_parse(v[2]);
    if (kind < 0)
        return false;
    *p = (struct wb_verify_part){.table = table,
                                 .number = (uint32_t)wb_verify_store_number(v[0]),
                                 .done = wb_str_eq(v[1], "done"),
                                 .range = {(enum wb_range_kind)kind, v[3], v[4]}};
    for (int s = 0; p->done && s < 2; s++)
        if (!wb_digest_parse(v[7 + s], wb_verify_store_number(v[5 + s]), &p->digest[s]))
            return false;
    return true;
}

enum wb_code wb_verify_store_read_parts(struct wb_verify_store *s, uint32_t table,
                                        struct wb_arena *a, struct wb_verify_part **ret,
                                        size_t *ret_n, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows;
    wb_buf_addf(&sql,
                "SELECT part_no, state, range_kind, lower_bound, upper_bound, source_rows, "
                "target_rows, source_digest, target_digest FROM %sverify_parts WHERE run_id = "
                "%" PRId64 " AND table_no = %u ORDER BY part_no",
                s->prefix, s->run, table);
    pthread_mutex_lock(&s->lock);
    enum wb_code code = s->conn->engine->query(s->conn, wb_buf_str(&sql), a, &rows, err);
    pthread_mutex_unlock(&s->lock);
    if (code)
        return wb_error_wrap(err, "reading how far the verification had come");
    struct wb_verify_part *parts = WB_NEW_N(a, struct wb_verify_part, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++)
        if (!take_part(rows.values[i], table, &parts[i]) || parts[i].number != i)
            return wb_error_set(err, WB_E_INTERNAL, "part %zu of table %u is not as it was kept", i,
                                table);
    *ret = parts;
    *ret_n = rows.n_rows;
    return WB_OK;
}

enum wb_code wb_verify_store_add_parts(struct wb_verify_store *s,
                                       const struct wb_verify_part *parts, size_t n,
                                       struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    const struct wb_write_ops *w = s->conn->engine->write;
    pthread_mutex_lock(&s->lock);
    enum wb_code code = w->begin(s->conn, err); /* all or none: the numbers must have no gap */
    for (size_t i = 0; !code && i < n;) {
        wb_buf_reset(&sql);
        wb_buf_addf(&sql, "INSERT INTO %sverify_parts VALUES ", s->prefix);
        for (size_t in_group = 0; i < n && in_group < GROUP_ROWS; i++, in_group++) {
            wb_buf_addf(&sql, "%s(%" PRId64 ", %u, %u, 'planned', '%s', ", in_group ? ", " : "",
                        s->run, parts[i].table, parts[i].number,
                        wb_range_kind_word(parts[i].range.kind));
            wb_verify_store_add_text(&sql, s->conn, parts[i].range.lower);
            wb_buf_adds(&sql, ", ");
            wb_verify_store_add_text(&sql, s->conn, parts[i].range.upper);
            wb_buf_adds(&sql, ", 0, 0, '', '')");
        }
        code = wb_verify_store_exec(s, &sql, NULL, err);
    }
    if (!code)
        code = w->commit(s->conn, false, err);
    if (code)
        w->rollback(s->conn);
    pthread_mutex_unlock(&s->lock);
    return code;
}

enum wb_code wb_verify_store_done(struct wb_verify_store *s, uint32_t table, size_t first, size_t n,
                                  const struct wb_digest d[2], struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    const struct wb_write_ops *w = s->conn->engine->write;
    char text[2][WB_DIGEST_TEXT_BYTES];
    struct wb_digest none = {0};
    char zero[WB_DIGEST_TEXT_BYTES];
    wb_digest_format(&none, zero);
    pthread_mutex_lock(&s->lock);
    enum wb_code code = w->begin(s->conn, err);
    /* The digests stand in the first part; the others add nothing. */
    for (int pass = 0; !code && pass < (n > 1 ? 2 : 1); pass++) {
        wb_buf_reset(&sql);
        wb_buf_addf(&sql,
                    "UPDATE %sverify_parts SET state = 'done', source_rows = %" PRIu64
                    ", target_rows = %" PRIu64 ", source_digest = '%s', target_digest = '%s' WHERE "
                    "run_id = %" PRId64 " AND table_no = %u AND part_no >= %zu AND part_no <= %zu",
                    s->prefix, pass ? 0 : d[0].rows, pass ? 0 : d[1].rows,
                    pass ? zero : wb_digest_format(&d[0], text[0]),
                    pass ? zero : wb_digest_format(&d[1], text[1]), s->run, table,
                    pass ? first + 1 : first, pass ? first + n - 1 : first);
        code = wb_verify_store_exec(s, &sql, NULL, err);
    }
    if (!code)
        code = wb_conn_exec(s->conn, err, NULL,
                            "UPDATE %sverify_run SET beat_s = %" PRIu64 " WHERE id = %" PRId64,
                            s->prefix, wb_verify_store_now_s(), s->run);
    if (!code)
        code = w->commit(s->conn, false, err);
    if (code)
        w->rollback(s->conn);
    pthread_mutex_unlock(&s->lock);
    return code;
}
