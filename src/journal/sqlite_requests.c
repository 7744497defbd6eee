#include "journal/sqlite_int.h"

struct putting {
    const struct wb_request *request;
    int64_t id;
};

static enum wb_code put(struct wb_journal_sqlite *s, void *ctx, struct wb_error *err) {
    struct putting *p = ctx;
    const struct wb_request *r = p->request;
    enum wb_code code = wb_journal_sqlite_run(
        s, NULL, err, "INSERT INTO request (wall_us, kind, who, role, args) VALUES (?, ?, ?, ?, ?)",
        "itttt", wb_journal_now_us(&s->base), wb_request_word(r->kind), r->who ? r->who : "",
        r->role ? r->role : "", r->args);
    p->id = sqlite3_last_insert_rowid(s->db);
    return code;
}

enum wb_code wb_journal_sqlite_request_put(struct wb_journal *j, const struct wb_request *r,
                                           int64_t *ret_id, struct wb_error *err) {
    struct putting p = {.request = r};
    enum wb_code code = wb_journal_sqlite_write(wb_journal_sqlite_of(j), put, &p, err);
    if (!code)
        *ret_id = p.id;
    return code;
}

enum wb_code wb_journal_sqlite_request_next(struct wb_journal *j, int64_t after_id,
                                            struct wb_arena *a, struct wb_request *ret,
                                            struct wb_error *err) {
    struct wb_journal_sqlite *s = wb_journal_sqlite_of(j);
    WB_CLEANUP_JOURNAL_STMT sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum wb_code code = wb_journal_sqlite_prepare(
        s, &stmt, err,
        "SELECT id, wall_us, who, role, args, kind FROM request WHERE answer IS NULL AND id > ? "
        "ORDER BY id LIMIT 1",
        "i", after_id);
    if (!code)
        code = wb_journal_sqlite_step(s, stmt, &row, err);
    if (code)
        return code;
    struct wb_request r = {0};
    if (row) {
        const char *kind = (const char *)sqlite3_column_text(stmt, 5);
        r = (struct wb_request){.id = sqlite3_column_int64(stmt, 0),
                                .wall_us = sqlite3_column_int64(stmt, 1),
                                .who = wb_journal_sqlite_text(stmt, 2, a),
                                .role = wb_journal_sqlite_text(stmt, 3, a),
                                .args = wb_journal_sqlite_text(stmt, 4, a)};
        if (!wb_request_parse(kind, &r.kind))
            return wb_journal_fail_word(j, "request", r.id, kind, err);
    }
    *ret = r;
    return WB_OK;
}

enum wb_code wb_journal_sqlite_answer(struct wb_journal_sqlite *s, const struct wb_answer *answer,
                                      struct wb_error *err) {
    int changed = 0;
    enum wb_code code = wb_journal_sqlite_run(
        s, &changed, err,
        "UPDATE request SET answer = ?, answer_text = ?, answered_us = ? WHERE id = ? AND answer "
        "IS NULL",
        "ttii", wb_answer_word(answer->state), answer->text ? answer->text : "",
        wb_journal_now_us(&s->base), answer->request);
    if (code || changed == 1)
        return code;
    WB_CLEANUP_JOURNAL_STMT sqlite3_stmt *stmt = NULL;
    bool row = false;
    code = wb_journal_sqlite_prepare(s, &stmt, err, "SELECT 1 FROM request WHERE id = ?", "i",
                                     answer->request);
    if (!code)
        code = wb_journal_sqlite_step(s, stmt, &row, err);
    return code ? code : wb_journal_fail_answered(&s->base, answer->request, row, err);
}

enum wb_code wb_journal_sqlite_request_read(struct wb_journal *j, int64_t id, struct wb_arena *a,
                                            struct wb_answer *ret, struct wb_error *err) {
    struct wb_journal_sqlite *s = wb_journal_sqlite_of(j);
    WB_CLEANUP_JOURNAL_STMT sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum wb_code code = wb_journal_sqlite_prepare(
        s, &stmt, err, "SELECT answer, answer_text FROM request WHERE id = ?", "i", id);
    if (!code)
        code = wb_journal_sqlite_step(s, stmt, &row, err);
    if (!code && !row)
        code = wb_journal_fail_answered(j, id, false, err);
    if (code)
        return code;
    struct wb_answer answer = {0};
    const char *word = (const char *)sqlite3_column_text(stmt, 0);
    if (word) {
        answer = (struct wb_answer){.request = id, .text = wb_journal_sqlite_text(stmt, 1, a)};
        if (!wb_answer_parse(word, &answer.state))
            return wb_journal_fail_word(j, "the answer to request", id, word, err);
    }
    *ret = answer;
    return WB_OK;
}
