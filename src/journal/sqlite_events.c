#include "journal/sqlite_int.h"

struct appending {
    const struct wb_event *events;
    size_t n;
    const struct wb_answer *answer;
    int64_t seq;
};

static enum wb_code append(struct wb_journal_sqlite *s, void *ctx, struct wb_error *err) {
    struct appending *x = ctx;
    enum wb_code code = wb_journal_sqlite_claim(s, err);
    if (!code && x->answer)
        code = wb_journal_sqlite_answer(s, x->answer, err);
    if (!code)
        code = wb_journal_sqlite_int(s, "SELECT max(seq) FROM event", &x->seq, err);
    for (size_t i = 0; !code && i < x->n; i++) {
        const struct wb_event *e = &x->events[i];
        code = wb_journal_sqlite_run(
            s, NULL, err, "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)", "iiiititt", ++x->seq,
            s->base.token, e->wall_us, (int64_t)e->run_us, wb_event_word(e->kind),
            (int64_t)e->phase, e->step, e->data);
    }
    return code;
}

enum wb_code wb_journal_sqlite_append(struct wb_journal *j, const struct wb_event *events, size_t n,
                                      const struct wb_answer *answer, int64_t *ret_seq,
                                      struct wb_error *err) {
    struct appending x = {.events = events, .n = n, .answer = answer};
    enum wb_code code = wb_journal_sqlite_write(wb_journal_sqlite_of(j), append, &x, err);
    if (!code && ret_seq)
        *ret_seq = x.seq;
    return code;
}

static enum wb_code read_event(struct wb_journal *j, sqlite3_stmt *stmt, struct wb_arena *a,
                               struct wb_event *ret, struct wb_error *err) {
    const char *kind = (const char *)sqlite3_column_text(stmt, 3);
    *ret = (struct wb_event){.seq = sqlite3_column_int64(stmt, 0),
                             .wall_us = sqlite3_column_int64(stmt, 1),
                             .run_us = (uint64_t)sqlite3_column_int64(stmt, 2),
                             .phase = sqlite3_column_int(stmt, 4),
                             .step = wb_journal_sqlite_text(stmt, 5, a),
                             .data = wb_journal_sqlite_text(stmt, 6, a)};
    if (!wb_event_parse(kind, &ret->kind))
        return wb_journal_fail_word(j, "event", ret->seq, kind, err);
    return WB_OK;
}

enum wb_code wb_journal_sqlite_read(struct wb_journal *j, int64_t after_seq, size_t max,
                                    struct wb_arena *a, struct wb_events *ret,
                                    struct wb_error *err) {
    struct wb_journal_sqlite *s = wb_journal_sqlite_of(j);
    WB_CLEANUP_JOURNAL_STMT sqlite3_stmt *stmt = NULL;
    struct wb_events events = {0};
    size_t cap = 0;
    bool row = false;
    enum wb_code code = wb_journal_sqlite_prepare(
        s, &stmt, err,
        "SELECT seq, wall_us, run_us, kind, phase, step, data FROM event WHERE seq > ? "
        "ORDER BY seq LIMIT ?",
        "ii", after_seq, max ? (int64_t)max : (int64_t)-1);
    while (!code && !(code = wb_journal_sqlite_step(s, stmt, &row, err)) && row) {
        struct wb_event *e = WB_PUSH(a, events.items, events.n, cap);
        code = read_event(j, stmt, a, e, err);
    }
    if (!code)
        *ret = events;
    return code;
}
