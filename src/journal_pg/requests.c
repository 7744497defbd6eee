#include "journal_pg/store.h"

struct asking {
    struct wb_journal_pg_work work;
    const struct wb_request *request;
    int64_t id; /* or the one after which to look */
    struct wb_arena *arena;
    struct wb_request found;
    struct wb_answer answer;
};

/* One that was put already is found by its batch. */
static enum wb_code put(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                        struct wb_error *err) {
    struct asking *x = (struct asking *)w;
    const struct wb_request *q = x->request;
    WB_CLEANUP_PGRESULT PGresult *r = NULL;
    enum wb_code code = wb_journal_pg_ask(
        s, &r, err,
        "INSERT INTO whimbrel.journal_request (plan, batch, wall_us, kind, who, role, args) VALUES "
        "(%p, %t, " WB_JOURNAL_PG_NOW
        ", %t, %t, %t, %t) ON CONFLICT (batch) DO UPDATE SET batch = EXCLUDED.batch RETURNING id",
        w->batch, wb_request_word(q->kind), q->who ? q->who : "", q->role ? q->role : "", q->args);
    if (!code)
        x->id = wb_journal_pg_int(r, 0, 0);
    return code;
}

static enum wb_code put_durably(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                                struct wb_error *err) {
    return wb_journal_pg_write(s, put, w, err);
}

enum wb_code wb_journal_pg_request_put(struct wb_journal *j, const struct wb_request *r,
                                       int64_t *ret_id, struct wb_error *err) {
    struct asking x = {.work.run = put_durably, .request = r};
    enum wb_code code = wb_journal_pg_work(wb_journal_pg_of(j), &x.work, err);
    if (!code)
        *ret_id = x.id;
    return code;
}

static enum wb_code next(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                         struct wb_error *err) {
    struct asking *x = (struct asking *)w;
    WB_CLEANUP_PGRESULT PGresult *r = NULL;
    enum wb_code code = wb_journal_pg_ask(
        s, &r, err,
        "SELECT id, wall_us, who, role, args, kind FROM whimbrel.journal_request WHERE plan = %p "
        "AND answer IS NULL AND id > %i ORDER BY id LIMIT 1",
        x->id);
    x->found = (struct wb_request){0};
    if (code || PQntuples(r) == 0)
        return code;
    x->found = (struct wb_request){.id = wb_journal_pg_int(r, 0, 0),
                                   .wall_us = wb_journal_pg_int(r, 0, 1),
                                   .who = wb_journal_pg_text(r, 0, 2, x->arena),
                                   .role = wb_journal_pg_text(r, 0, 3, x->arena),
                                   .args = wb_journal_pg_text(r, 0, 4, x->arena)};
    const char *kind = PQgetvalue(r, 0, 5);
    if (!wb_request_parse(kind, &x->found.kind))
        return wb_journal_fail_word(&s->base, "request", x->found.id, kind, err);
    return WB_OK;
}

enum wb_code wb_journal_pg_request_next(struct wb_journal *j, int64_t after_id, struct wb_arena *a,
                                        struct wb_request *ret, struct wb_error *err) {
    struct asking x = {.work.run = next, .id = after_id, .arena = a};
    enum wb_code code = wb_journal_pg_work(wb_journal_pg_of(j), &x.work, err);
    if (!code)
        *ret = x.found;
    return code;
}

enum wb_code wb_journal_pg_answer(struct wb_journal_pg *s, const struct wb_answer *answer,
                                  struct wb_error *err) {
    WB_CLEANUP_PGRESULT PGresult *r = NULL;
    uint64_t changed = 0;
    enum wb_code code = wb_journal_pg_run(
        s, &changed, err,
        "UPDATE whimbrel.journal_request SET answer = %t, answer_text = %t, answered_us "
        "= " WB_JOURNAL_PG_NOW " WHERE plan = %p AND id = %i AND answer IS NULL",
        wb_answer_word(answer->state), answer->text ? answer->text : "", answer->request);
    if (code || changed == 1)
        return code;
    code = wb_journal_pg_ask(s, &r, err,
                             "SELECT 1 FROM whimbrel.journal_request WHERE plan = %p AND id = %i",
                             answer->request);
    return code ? code
                : wb_journal_fail_answered(&s->base, answer->request, PQntuples(r) == 1, err);
}

static enum wb_code read_answer(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                                struct wb_error *err) {
    struct asking *x = (struct asking *)w;
    WB_CLEANUP_PGRESULT PGresult *r = NULL;
    enum wb_code code =
        wb_journal_pg_ask(s, &r, err,
                          "SELECT answer, answer_text FROM whimbrel.journal_request "
                          "WHERE plan = %p AND id = %i",
                          x->id);
    if (code)
        return code;
    if (PQntuples(r) == 0)
        return wb_journal_fail_answered(&s->base, x->id, false, err);
    x->answer = (struct wb_answer){0};
    if (PQgetisnull(r, 0, 0))
        return WB_OK;
    x->answer = (struct wb_answer){.request = x->id, .text = wb_journal_pg_text(r, 0, 1, x->arena)};
    if (!wb_answer_parse(PQgetvalue(r, 0, 0), &x->answer.state))
        return wb_journal_fail_word(&s->base, "the answer to request", x->id, PQgetvalue(r, 0, 0),
                                    err);
    return WB_OK;
}

enum wb_code wb_journal_pg_request_read(struct wb_journal *j, int64_t id, struct wb_arena *a,
                                        struct wb_answer *ret, struct wb_error *err) {
    struct asking x = {.work.run = read_answer, .id = id, .arena = a};
    enum wb_code code = wb_journal_pg_work(wb_journal_pg_of(j), &x.work, err);
    if (!code)
        *ret = x.answer;
    return code;
}
