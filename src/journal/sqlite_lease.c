#include "journal/sqlite_int.h"

#include <string.h>

/* A clock that was set back would make a lease last for hours: it lasts no longer than it was given
 * for, from the moment at which somebody notices. */
static enum wb_code shorten(struct wb_journal_sqlite *s, struct wb_error *err) {
    int64_t now_us = wb_journal_now_us(&s->base);
    return wb_journal_sqlite_run(
        s, NULL, err, "UPDATE lease SET expires_us = ?1 + ttl_us WHERE expires_us > ?1 + ttl_us",
        "i", now_us);
}

static enum wb_code check_damage(struct wb_journal_sqlite *s, struct wb_error *err) {
    WB_CLEANUP_JOURNAL_STMT sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum wb_code code = wb_journal_sqlite_prepare(s, &stmt, err, "PRAGMA quick_check(1)", "");
    if (!code)
        code = wb_journal_sqlite_step(s, stmt, &row, err);
    const char *text = !code && row ? (const char *)sqlite3_column_text(stmt, 0) : "";
    if (code || strcmp(text, "ok") == 0)
        return code;
    wb_error_set(err, WB_E_IO, "journal %s is damaged: %s", s->base.name, text);
    return wb_error_hint(err, "restore it from a backup; nothing is run without its journal");
}

struct taking {
    bool running; /* another has it */
    char holder[300];
    int64_t left_us, token;
};

static enum wb_code take(struct wb_journal_sqlite *s, void *ctx, struct wb_error *err) {
    struct taking *t = ctx;
    struct wb_arena a = {0};
    struct wb_lease lease = {0};
    enum wb_code code = shorten(s, err);
    if (!code)
        code = wb_journal_sqlite_lease(&s->base, &a, &lease, err);
    if (!code && lease.held) {
        t->running = true;
        t->left_us = lease.expires_us - lease.now_us;
        strncpy(t->holder, lease.holder, sizeof t->holder - 1);
    } else if (!code) {
        t->token = lease.token + 1;
        code = wb_journal_sqlite_run(s, NULL, err,
                                     "UPDATE lease SET token = ?, holder = ?, ttl_us = ?, "
                                     "expires_us = ?",
                                     "itii", t->token, s->base.holder, s->base.ttl_ms * 1000,
                                     lease.now_us + s->base.ttl_ms * 1000);
    }
    wb_arena_done(&a);
    return code;
}

enum wb_code wb_journal_sqlite_take(struct wb_journal *j, uint64_t *ret_run_us,
                                    struct wb_error *err) {
    struct wb_journal_sqlite *s = wb_journal_sqlite_of(j);
    struct taking t = {0};
    int64_t run_us = 0;
    enum wb_code code = check_damage(s, err);
    if (!code)
        code = wb_journal_sqlite_write(s, take, &t, err);
    if (!code && t.running)
        return wb_journal_fail_running(j, t.holder, t.left_us, err);
    if (!code)
        code = wb_journal_sqlite_int(s, "SELECT max(run_us) FROM event", &run_us, err);
    if (code)
        return code;
    j->token = t.token;
    *ret_run_us = (uint64_t)run_us;
    return WB_OK;
}

static enum wb_code set_expiry(struct wb_journal_sqlite *s, int64_t expires_us, int *ret_changed,
                               struct wb_error *err) {
    return wb_journal_sqlite_run(s, ret_changed, err,
                                 "UPDATE lease SET expires_us = ? WHERE token = ? AND holder = ?",
                                 "iit", expires_us, s->base.token, s->base.holder);
}

enum wb_code wb_journal_sqlite_claim(struct wb_journal_sqlite *s, struct wb_error *err) {
    int changed = 0;
    int64_t expires_us = wb_journal_now_us(&s->base) + s->base.ttl_ms * 1000;
    enum wb_code code = set_expiry(s, expires_us, &changed, err);
    if (code || changed == 1)
        return code;
    struct wb_arena a = {0};
    struct wb_lease lease = {.holder = ""};
    wb_journal_sqlite_lease(&s->base, &a, &lease, NULL);
    code = wb_journal_fail_fenced(&s->base, lease.holder, err);
    wb_arena_done(&a);
    return code;
}

static enum wb_code renew(struct wb_journal_sqlite *s, void *ctx, struct wb_error *err) {
    (void)ctx;
    return wb_journal_sqlite_claim(s, err);
}

enum wb_code wb_journal_sqlite_renew(struct wb_journal *j, struct wb_error *err) {
    return wb_journal_sqlite_write(wb_journal_sqlite_of(j), renew, NULL, err);
}

static enum wb_code release(struct wb_journal_sqlite *s, void *ctx, struct wb_error *err) {
    (void)ctx;
    return set_expiry(s, 0, NULL, err);
}

enum wb_code wb_journal_sqlite_release(struct wb_journal *j, struct wb_error *err) {
    return wb_journal_sqlite_write(wb_journal_sqlite_of(j), release, NULL, err);
}

enum wb_code wb_journal_sqlite_lease(struct wb_journal *j, struct wb_arena *a, struct wb_lease *ret,
                                     struct wb_error *err) {
    struct wb_journal_sqlite *s = wb_journal_sqlite_of(j);
    WB_CLEANUP_JOURNAL_STMT sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum wb_code code =
        wb_journal_sqlite_prepare(s, &stmt, err, "SELECT token, holder, expires_us FROM lease", "");
    if (!code)
        code = wb_journal_sqlite_step(s, stmt, &row, err);
    if (!code && !row)
        code = wb_error_set(err, WB_E_IO, "journal %s is damaged: its lease is gone", j->name);
    if (code)
        return code;
    *ret = (struct wb_lease){.token = sqlite3_column_int64(stmt, 0),
                             .holder = wb_journal_sqlite_text(stmt, 1, a),
                             .expires_us = sqlite3_column_int64(stmt, 2),
                             .now_us = wb_journal_now_us(j)};
    ret->held = ret->expires_us > ret->now_us;
    return WB_OK;
}
