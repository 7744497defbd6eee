#include "journal_pg/store.h"

/* The lease as it stands, by the server's clock. */
static enum wb_code read_lease(struct wb_journal_pg *s, const char *lock, struct wb_arena *a,
                               struct wb_lease *ret, struct wb_error *err) {
    WB_CLEANUP_PGRESULT PGresult *r = NULL;
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_journal_pg_sql(s, &sql,
                      "SELECT token, holder, expires_us, " WB_JOURNAL_PG_NOW
                      " FROM whimbrel.journal_lease WHERE plan = %p ");
    wb_buf_adds(&sql, lock);
    enum wb_code code = wb_pg_query(&s->pg, wb_buf_str(&sql), &r, err);
    if (code)
        return code;
    if (PQntuples(r) != 1)
        return wb_error_set(err, WB_E_NOT_FOUND, "there is no journal of plan %s", s->plan);
    *ret = (struct wb_lease){.token = wb_journal_pg_int(r, 0, 0),
                             .holder = wb_journal_pg_text(r, 0, 1, a),
                             .expires_us = wb_journal_pg_int(r, 0, 2),
                             .now_us = wb_journal_pg_int(r, 0, 3)};
    ret->held = ret->expires_us > ret->now_us;
    return WB_OK;
}

enum wb_code wb_journal_pg_was_done(struct wb_journal_pg *s, const char *batch, bool *ret,
                                    struct wb_error *err) {
    WB_CLEANUP_PGRESULT PGresult *r = NULL;
    enum wb_code code = wb_journal_pg_ask(
        s, &r, err, "SELECT 1 FROM whimbrel.journal_lease WHERE plan = %p AND last_batch = %t",
        batch);
    if (!code)
        *ret = PQntuples(r) == 1;
    return code;
}

static enum wb_code take(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                         struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_lease lease = {0};
    bool mine = false;
    enum wb_code code = w->again ? wb_journal_pg_was_done(s, w->batch, &mine, err) : WB_OK;
    if (!code)
        code = read_lease(s, "FOR UPDATE", &a, &lease, err);
    if (!code && mine) {
        s->base.token = lease.token;
    } else if (!code && lease.held) {
        code =
            wb_journal_fail_running(&s->base, lease.holder, lease.expires_us - lease.now_us, err);
    } else if (!code) {
        s->base.token = lease.token + 1;
        code = wb_journal_pg_run(
            s, NULL, err,
            "UPDATE whimbrel.journal_lease SET token = %i, holder = %t, "
            "ttl_us = %i, expires_us = " WB_JOURNAL_PG_NOW " + %i, last_batch = %t WHERE plan = %p",
            s->base.token, s->base.holder, s->base.ttl_ms * 1000, s->base.ttl_ms * 1000, w->batch);
    }
    wb_arena_done(&a);
    return code;
}

static enum wb_code take_durably(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                                 struct wb_error *err) {
    return wb_journal_pg_write(s, take, w, err);
}

struct newest {
    struct wb_journal_pg_work work;
    uint64_t run_us;
};

static enum wb_code read_newest(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                                struct wb_error *err) {
    WB_CLEANUP_PGRESULT PGresult *r = NULL;
    enum wb_code code = wb_journal_pg_ask(
        s, &r, err, "SELECT coalesce(max(run_us), 0) FROM whimbrel.journal_event WHERE plan = %p");
    if (!code)
        ((struct newest *)w)->run_us = (uint64_t)wb_journal_pg_int(r, 0, 0);
    return code;
}

enum wb_code wb_journal_pg_take(struct wb_journal *j, uint64_t *ret_run_us, struct wb_error *err) {
    struct wb_journal_pg *s = wb_journal_pg_of(j);
    struct wb_journal_pg_work w = {.run = take_durably};
    struct newest newest = {.work.run = read_newest};
    enum wb_code code = wb_journal_pg_work(s, &w, err);
    if (!code)
        code = wb_journal_pg_work(s, &newest.work, err);
    if (!code)
        *ret_run_us = newest.run_us;
    return code;
}

/* Who came between is told; the row stays locked until the transaction ends. */
enum wb_code wb_journal_pg_claim(struct wb_journal_pg *s, const char *batch, struct wb_error *err) {
    uint64_t changed = 0;
    enum wb_code code = wb_journal_pg_run(
        s, &changed, err,
        "UPDATE whimbrel.journal_lease SET expires_us = " WB_JOURNAL_PG_NOW
        " + ttl_us, last_batch = %t WHERE plan = %p AND token = %i AND holder = %t",
        batch, s->base.token, s->base.holder);
    if (code || changed == 1)
        return code;
    struct wb_arena a = {0};
    struct wb_lease lease = {.holder = ""};
    read_lease(s, "", &a, &lease, NULL);
    code = wb_journal_fail_fenced(&s->base, lease.holder, err);
    wb_arena_done(&a);
    return code;
}

static enum wb_code claim(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                          struct wb_error *err) {
    return wb_journal_pg_claim(s, w->batch, err);
}

static enum wb_code renew(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                          struct wb_error *err) {
    return wb_journal_pg_write(s, claim, w, err);
}

enum wb_code wb_journal_pg_renew(struct wb_journal *j, struct wb_error *err) {
    struct wb_journal_pg_work w = {.run = renew};
    return wb_journal_pg_work(wb_journal_pg_of(j), &w, err);
}

static enum wb_code release(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                            struct wb_error *err) {
    (void)w;
    return wb_journal_pg_run(s, NULL, err,
                             "UPDATE whimbrel.journal_lease SET expires_us = 0 WHERE plan = %p AND "
                             "token = %i AND holder = %t",
                             s->base.token, s->base.holder);
}

static enum wb_code release_durably(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                                    struct wb_error *err) {
    return wb_journal_pg_write(s, release, w, err);
}

enum wb_code wb_journal_pg_release(struct wb_journal *j, struct wb_error *err) {
    struct wb_journal_pg_work w = {.run = release_durably};
    return wb_journal_pg_work(wb_journal_pg_of(j), &w, err);
}

struct reading {
    struct wb_journal_pg_work work;
    struct wb_arena *arena;
    struct wb_lease lease;
};

static enum wb_code read_once(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                              struct wb_error *err) {
    struct reading *r = (struct reading *)w;
    return read_lease(s, "", r->arena, &r->lease, err);
}

enum wb_code wb_journal_pg_lease(struct wb_journal *j, struct wb_arena *a, struct wb_lease *ret,
                                 struct wb_error *err) {
    struct reading r = {.work.run = read_once, .arena = a};
    enum wb_code code = wb_journal_pg_work(wb_journal_pg_of(j), &r.work, err);
    if (!code)
        *ret = r.lease;
    return code;
}
