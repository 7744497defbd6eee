/* Opening; and the ways in which all statements of this store are made and run. */
#include "journal_pg/journal_pg.h"

#include "journal_pg/store.h"
#include "journal_pg_sql.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { PLAN_MAX_BYTES = 400 };

static void close_pg(struct wb_journal *j) {
    struct wb_journal_pg *s = wb_journal_pg_of(j);
    wb_pg_close(&s->pg);
    wb_arena_done(&s->arena);
    wb_journal_done(j);
    free(s);
}

static const struct wb_journal_ops ops = {
    .close = close_pg,
    .take = wb_journal_pg_take,
    .renew = wb_journal_pg_renew,
    .release = wb_journal_pg_release,
    .lease = wb_journal_pg_lease,
    .append = wb_journal_pg_append,
    .read = wb_journal_pg_read,
    .request_put = wb_journal_pg_request_put,
    .request_next = wb_journal_pg_request_next,
    .request_read = wb_journal_pg_request_read,
};

static void add_literal(struct wb_journal_pg *s, struct wb_buf *to, const char *text) {
    char *quoted = text ? PQescapeLiteral(s->pg.conn, text, strlen(text)) : NULL;
    wb_buf_adds(to, quoted ? quoted : "NULL");
    PQfreemem(quoted);
}

static void add_sql(struct wb_journal_pg *s, struct wb_buf *to, const char *format, va_list args) {
    for (const char *p = format; *p; p++) {
        if (*p != '%') {
            wb_buf_addc(to, *p);
            continue;
        }
        p++;
        if (*p == 't')
            add_literal(s, to, va_arg(args, const char *));
        else if (*p == 'i')
            wb_buf_addf(to, "%" PRId64, va_arg(args, int64_t));
        else if (*p == 'p')
            add_literal(s, to, s->plan);
    }
}

void wb_journal_pg_sql(struct wb_journal_pg *s, struct wb_buf *to, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add_sql(s, to, format, args);
    va_end(args);
}

enum wb_code wb_journal_pg_run(struct wb_journal_pg *s, uint64_t *ret_changed, struct wb_error *err,
                               const char *format, ...) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    va_list args;
    va_start(args, format);
    add_sql(s, &sql, format, args);
    va_end(args);
    return wb_pg_exec(&s->pg, wb_buf_str(&sql), ret_changed, err);
}

enum wb_code wb_journal_pg_ask(struct wb_journal_pg *s, PGresult **ret, struct wb_error *err,
                               const char *format, ...) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    va_list args;
    va_start(args, format);
    add_sql(s, &sql, format, args);
    va_end(args);
    return wb_pg_query(&s->pg, wb_buf_str(&sql), ret, err);
}

int64_t wb_journal_pg_int(const PGresult *r, int row, int column) {
    return strtoll(PQgetvalue(r, row, column), NULL, 10);
}

const char *wb_journal_pg_text(const PGresult *r, int row, int column, struct wb_arena *a) {
    return PQgetisnull(r, row, column) ? NULL : wb_arena_strdup(a, PQgetvalue(r, row, column));
}

static enum wb_code make_batch(char batch[WB_JOURNAL_BATCH_BYTES], struct wb_error *err) {
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[WB_JOURNAL_BATCH_BYTES / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return wb_error_set(err, WB_E_INTERNAL, "the system gave no random bytes");
    for (size_t i = 0; i < sizeof bytes; i++) {
        batch[2 * i] = digits[bytes[i] >> 4];
        batch[2 * i + 1] = digits[bytes[i] & 15];
    }
    batch[2 * sizeof bytes] = 0;
    return WB_OK;
}

static enum wb_code connect_again(struct wb_journal_pg *s, struct wb_error *err) {
    if (s->pg.conn && PQstatus(s->pg.conn) == CONNECTION_OK)
        return WB_OK;
    wb_pg_close(&s->pg);
    return wb_pg_open(&s->pg, &s->url, &(struct wb_pg_opts){0}, err);
}

enum wb_code wb_journal_pg_work(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                                struct wb_error *err) {
    enum wb_code code = make_batch(w->batch, err);
    if (code)
        return code;
    for (int attempt = 0; attempt < 2; attempt++) {
        code = connect_again(s, err);
        if (!code)
            code = w->run(s, w, err);
        if (code != WB_E_LOST)
            break;
        w->again = true;
        wb_pg_close(&s->pg);
    }
    return code ? wb_error_wrap(err, "journal %s", s->base.name) : WB_OK;
}

enum wb_code wb_journal_pg_write(struct wb_journal_pg *s,
                                 enum wb_code (*body)(struct wb_journal_pg *s,
                                                      struct wb_journal_pg_work *w,
                                                      struct wb_error *err),
                                 struct wb_journal_pg_work *w, struct wb_error *err) {
    enum wb_code code = wb_pg_begin(&s->pg, "ISOLATION LEVEL READ COMMITTED READ WRITE", err);
    if (!code)
        code = body(s, w, err);
    if (!code)
        code = wb_journal_fault(&s->base, WB_JOURNAL_BEFORE_COMMIT, err);
    if (!code)
        code = wb_pg_commit(&s->pg, true, err);
    if (!code)
        return wb_journal_fault(&s->base, WB_JOURNAL_AFTER_COMMIT, err);
    wb_pg_rollback(&s->pg);
    return code;
}

/* What is there: the tables, and the plan in them. */
struct finding {
    struct wb_journal_pg_work work;
    bool tables, plan;
};

static enum wb_code find(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                         struct wb_error *err) {
    struct finding *f = (struct finding *)w;
    WB_CLEANUP_PGRESULT PGresult *tables = NULL, *format = NULL, *plan = NULL;
    /* Not to_regclass: within a transaction it may go by what was not there before the wait. */
    enum wb_code code = wb_journal_pg_ask(
        s, &tables, err,
        "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
        "c.relnamespace WHERE n.nspname = 'whimbrel' AND c.relname = 'journal_format'");
    f->tables = !code && PQntuples(tables) == 1;
    if (!f->tables)
        return code;
    code = wb_journal_pg_ask(s, &format, err, "SELECT max(format) FROM whimbrel.journal_format");
    if (!code && wb_journal_pg_int(format, 0, 0) > WB_JOURNAL_FORMAT)
        return wb_journal_fail_format(&s->base, wb_journal_pg_int(format, 0, 0), err);
    if (!code)
        code = wb_journal_pg_ask(s, &plan, err,
                                 "SELECT 1 FROM whimbrel.journal_lease WHERE plan = %p");
    f->plan = !code && PQntuples(plan) == 1;
    return code;
}

/* Two that open at the same time would both create: the advisory lock lets one wait. */
static enum wb_code create(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                           struct wb_error *err) {
    struct finding f = {0};
    (void)w;
    enum wb_code code = wb_journal_pg_run(s, NULL, err, "SELECT pg_advisory_xact_lock(2003332401)");
    if (!code)
        code = find(s, &f.work, err);
    if (!code && !f.tables)
        code = wb_pg_exec(&s->pg, wb_sql_create, NULL, err);
    if (!code)
        code = wb_journal_pg_run(s, NULL, err,
                                 "INSERT INTO whimbrel.journal_lease VALUES (%p, 0, '', 0, 0, '') "
                                 "ON CONFLICT DO NOTHING");
    return code;
}

static enum wb_code create_durably(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                                   struct wb_error *err) {
    return wb_journal_pg_write(s, create, w, err);
}

static enum wb_code find_or_create(struct wb_journal_pg *s, struct wb_error *err) {
    struct finding f = {.work.run = find};
    struct wb_journal_pg_work creation = {.run = create_durably};
    enum wb_code code = wb_journal_pg_work(s, &f.work, err);
    if (code || f.plan)
        return code;
    if (s->base.opts.mode == WB_JOURNAL_CREATE)
        return wb_journal_pg_work(s, &creation, err);
    wb_error_set(err, WB_E_NOT_FOUND, "there is no journal of plan %s in %s", s->plan,
                 s->base.name);
    return wb_error_hint(err, "the plan was not run yet, or the journal lies elsewhere");
}

/* Only what wb_pg_open reads; strings move to the arena. */
static void copy_url(struct wb_journal_pg *s, const struct wb_url *url) {
    struct wb_arena *a = &s->arena;
    s->url = (struct wb_url){.scheme = wb_arena_strdup(a, url->scheme),
                             .user = wb_arena_strdup(a, url->user),
                             .password = wb_arena_strdup(a, url->password),
                             .host = wb_arena_strdup(a, url->host),
                             .database = wb_arena_strdup(a, url->database),
                             .redacted = wb_arena_strdup(a, url->redacted),
                             .port = url->port,
                             .params = WB_NEW_N(a, struct wb_url_param, url->n_params + 1),
                             .n_params = url->n_params};
    for (size_t i = 0; i < url->n_params; i++)
        s->url.params[i] = (struct wb_url_param){wb_arena_strdup(a, url->params[i].name),
                                                 wb_arena_strdup(a, url->params[i].value)};
}

enum wb_code wb_journal_open_pg(const struct wb_url *url, const char *plan,
                                const struct wb_journal_opts *opts, struct wb_journal **ret,
                                struct wb_error *err) {
    if (!*plan || strlen(plan) > PLAN_MAX_BYTES)
        return wb_error_set(err, WB_E_USAGE, "a plan's name in a journal has 1 to %d bytes",
                            PLAN_MAX_BYTES);
    struct wb_journal_pg *s = calloc(1, sizeof *s);
    if (!s)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a journal");
    wb_journal_init(&s->base, &ops, url->redacted, opts);
    copy_url(s, url);
    s->plan = wb_arena_strdup(&s->arena, plan);
    enum wb_code code = find_or_create(s, err);
    if (code) {
        close_pg(&s->base);
        return code;
    }
    *ret = &s->base;
    return WB_OK;
}
