#include "journal_pg/store.h"

struct appending {
    struct wb_journal_pg_work work;
    const struct wb_event *events;
    size_t n;
    const struct wb_answer *answer;
    int64_t seq;
};

static enum wb_code read_seq(struct wb_journal_pg *s, int64_t *ret, struct wb_error *err) {
    WB_CLEANUP_PGRESULT PGresult *r = NULL;
    enum wb_code code = wb_journal_pg_ask(
        s, &r, err, "SELECT coalesce(max(seq), 0) FROM whimbrel.journal_event WHERE plan = %p");
    if (!code)
        *ret = wb_journal_pg_int(r, 0, 0);
    return code;
}

static enum wb_code insert(struct wb_journal_pg *s, struct appending *x, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    for (size_t i = 0; i < x->n; i++) {
        const struct wb_event *e = &x->events[i];
        wb_buf_adds(&sql, i ? ", " : "INSERT INTO whimbrel.journal_event VALUES ");
        wb_journal_pg_sql(s, &sql, "(%p, %i, %i, %i, %i, %t, %i, %t, %t)", ++x->seq, s->base.token,
                          e->wall_us, (int64_t)e->run_us, wb_event_word(e->kind), (int64_t)e->phase,
                          e->step, e->data);
    }
    return wb_pg_exec(&s->pg, wb_buf_str(&sql), NULL, err);
}

static enum wb_code append(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                           struct wb_error *err) {
    struct appending *x = (struct appending *)w;
    enum wb_code code = wb_journal_pg_claim(s, w->batch, err);
    if (!code && x->answer)
        code = wb_journal_pg_answer(s, x->answer, err);
    if (!code)
        code = read_seq(s, &x->seq, err);
    return code || x->n == 0 ? code : insert(s, x, err);
}

/* The lease's row says which write of this runner was its last. */
static enum wb_code append_once(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                                struct wb_error *err) {
    bool done = false;
    enum wb_code code = w->again ? wb_journal_pg_was_done(s, w->batch, &done, err) : WB_OK;
    if (code)
        return code;
    return done ? read_seq(s, &((struct appending *)w)->seq, err)
                : wb_journal_pg_write(s, append, w, err);
}

enum wb_code wb_journal_pg_append(struct wb_journal *j, const struct wb_event *events, size_t n,
                                  const struct wb_answer *answer, int64_t *ret_seq,
                                  struct wb_error *err) {
    struct appending x = {.work.run = append_once, .events = events, .n = n, .answer = answer};
    enum wb_code code = wb_journal_pg_work(wb_journal_pg_of(j), &x.work, err);
    if (!code && ret_seq)
        *ret_seq = x.seq;
    return code;
}

struct reading {
    struct wb_journal_pg_work work;
    int64_t after_seq;
    size_t max;
    struct wb_arena *arena;
    struct wb_events events;
};

static enum wb_code read_event(struct wb_journal_pg *s, const PGresult *r, int row,
                               struct wb_arena *a, struct wb_event *ret, struct wb_error *err) {
    const char *kind = PQgetvalue(r, row, 3);
    *ret = (struct wb_event){.seq = wb_journal_pg_int(r, row, 0),
                             .wall_us = wb_journal_pg_int(r, row, 1),
                             .run_us = (uint64_t)wb_journal_pg_int(r, row, 2),
                             .phase = (int)wb_journal_pg_int(r, row, 4),
                             .step = wb_journal_pg_text(r, row, 5, a),
                             .data = wb_journal_pg_text(r, row, 6, a)};
    if (!wb_event_parse(kind, &ret->kind))
        return wb_journal_fail_word(&s->base, "event", ret->seq, kind, err);
    return WB_OK;
}

static enum wb_code read_events(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                                struct wb_error *err) {
    struct reading *x = (struct reading *)w;
    WB_CLEANUP_PGRESULT PGresult *r = NULL;
    enum wb_code code = wb_journal_pg_ask(
        s, &r, err,
        "SELECT seq, wall_us, run_us, kind, phase, step, data FROM whimbrel.journal_event WHERE "
        "plan = %p AND seq > %i ORDER BY seq LIMIT %i",
        x->after_seq, x->max ? (int64_t)x->max : INT64_MAX);
    size_t n = code ? 0 : (size_t)PQntuples(r);
    x->events.items = WB_NEW_N(x->arena, struct wb_event, n + 1);
    for (x->events.n = 0; !code && x->events.n < n; x->events.n++)
        code = read_event(s, r, (int)x->events.n, x->arena, &x->events.items[x->events.n], err);
    return code;
}

enum wb_code wb_journal_pg_read(struct wb_journal *j, int64_t after_seq, size_t max,
                                struct wb_arena *a, struct wb_events *ret, struct wb_error *err) {
    struct reading x = {.work.run = read_events, .after_seq = after_seq, .max = max, .arena = a};
    enum wb_code code = wb_journal_pg_work(wb_journal_pg_of(j), &x.work, err);
    if (!code)
        *ret = x.events;
    return code;
}
