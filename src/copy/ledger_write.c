/* Writing the ledger. Plain SQL; the only thing that differs between engines is the prefix of the
 * tables' names. */
#include "copy/ledger.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

static void add_text(struct wb_buf *sql, const struct wb_conn *c, const char *text) {
    if (text)
        c->engine->quote_text(sql, text, strlen(text));
    else
        wb_buf_adds(sql, "NULL");
}

static enum wb_code run_sql(struct wb_conn *c, struct wb_buf *sql, uint64_t *ret_rows,
                            struct wb_error *err) {
    enum wb_code code = c->engine->exec(c, wb_buf_str(sql), ret_rows, err);
    return code ? wb_error_wrap(err, "ledger") : WB_OK;
}

/* A compare-and-set: exactly one row, or somebody else has taken over. */
static enum wb_code cas(struct wb_conn *c, struct wb_buf *sql, const char *what,
                        struct wb_error *err) {
    uint64_t rows = 0;
    enum wb_code code = run_sql(c, sql, &rows, err);
    if (code)
        return code;
    if (rows != 1)
        return wb_error_set(err, WB_E_FENCED,
                            "ledger: %s is no longer this runner's (%" PRIu64 " rows matched)",
                            what, rows);
    return WB_OK;
}

static const char *const table_sql[] = {
    "run (id BIGINT NOT NULL PRIMARY KEY, format BIGINT NOT NULL, state VARCHAR(20) NOT NULL, "
    "token BIGINT NOT NULL, "
    "epoch BIGINT NOT NULL, source_identity VARCHAR(400) NOT NULL, source VARCHAR(1000) NOT NULL, "
    "parameters TEXT NOT NULL, "
    "structure VARCHAR(64) NOT NULL, scans TEXT NOT NULL, moment TEXT NOT NULL, started "
    "VARCHAR(40) NOT NULL, "
    "finished VARCHAR(40), runner VARCHAR(300) NOT NULL, proof VARCHAR(20) NOT NULL)",
    "tables (table_no BIGINT NOT NULL PRIMARY KEY, token BIGINT NOT NULL, name TEXT NOT NULL, "
    "structure VARCHAR(64) NOT NULL, state VARCHAR(20) NOT NULL, "
    "verdict VARCHAR(20) NOT NULL, row_count BIGINT, source_digest VARCHAR(32), target_digest "
    "VARCHAR(32), "
    "method VARCHAR(40), verified_at VARCHAR(40))",
    "chunks (table_no BIGINT NOT NULL, chunk_no BIGINT NOT NULL, token BIGINT NOT NULL, state "
    "VARCHAR(20) NOT NULL, "
    "epoch BIGINT NOT NULL, range_kind VARCHAR(10) NOT NULL, lower_bound TEXT, upper_bound TEXT, "
    "row_count BIGINT NOT NULL, "
    "bytes BIGINT NOT NULL, digest VARCHAR(32) NOT NULL, altered TEXT NOT NULL, took_ms BIGINT NOT "
    "NULL, "
    "PRIMARY KEY (table_no, chunk_no))",
    "steps (step_no BIGINT NOT NULL PRIMARY KEY, token BIGINT NOT NULL, name TEXT NOT NULL, state "
    "VARCHAR(20) NOT NULL, "
    "undo_sql TEXT, why TEXT)",
};

static const char *const table_names[] = {"run", "tables", "chunks", "steps"};

enum wb_code wb_ledger_create(struct wb_ledger *l, struct wb_error *err) {
    const struct wb_engine *e = l->conn->engine;
    enum wb_code code = e->ledger_setup ? e->exec(l->conn, e->ledger_setup, NULL, err) : WB_OK;
    for (size_t i = 0; !code && i < sizeof table_sql / sizeof table_sql[0]; i++)
        code = wb_conn_exec(l->conn, err, NULL, "CREATE TABLE IF NOT EXISTS %s%s", l->prefix,
                            table_sql[i]);
    return code ? wb_error_wrap(err, "making the ledger") : WB_OK;
}

enum wb_code wb_ledger_drop(struct wb_ledger *l, struct wb_error *err) {
    enum wb_code code = WB_OK;
    /* The run first: what a crash leaves of the others then counts for nothing. */
    for (size_t i = 0; !code && i < sizeof table_names / sizeof table_names[0]; i++)
        code = wb_conn_exec(l->conn, err, NULL, "DROP TABLE IF EXISTS %s%s", l->prefix,
                            table_names[i]);
    return code ? wb_error_wrap(err, "dropping the ledger") : WB_OK;
}

static const char *state_word(enum wb_run_state s) {
    return s == WB_RUN_CREATING ? "creating" : s == WB_RUN_DONE ? "done" : "loading";
}

static enum wb_code insert_run(struct wb_ledger *l, const struct wb_ledger_run *r,
                               struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql, "INSERT INTO %srun VALUES (1, %d, '%s', %" PRId64 ", %" PRId64, l->prefix,
                WB_LEDGER_FORMAT, state_word(r->state), l->token, r->epoch);
    const char *texts[] = {r->source_identity, r->source,  r->parameters, r->structure, r->scans,
                           r->moment,          r->started, NULL,          r->runner,    r->proof};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        wb_buf_adds(&sql, ", ");
        add_text(&sql, l->conn, texts[i]);
    }
    wb_buf_adds(&sql, ")");
    return run_sql(l->conn, &sql, NULL, err);
}

enum {
    GROUP_ROWS = 200
}; /* so that a schema of thousands of tables is not thousands of round trips */

static enum wb_code insert_tables(struct wb_ledger *l, const struct wb_ledger_table *tables,
                                  size_t n, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < n;) {
        wb_buf_reset(&sql);
        wb_buf_addf(
            &sql, "INSERT INTO %stables (table_no, token, name, structure, state, verdict) VALUES ",
            l->prefix);
        for (size_t in_group = 0; i < n && in_group < GROUP_ROWS; i++, in_group++) {
            wb_buf_addf(&sql, "%s(%zu, %" PRId64 ", ", in_group ? ", " : "", i, l->token);
            add_text(&sql, l->conn, tables[i].name);
            wb_buf_adds(&sql, ", ");
            add_text(&sql, l->conn, tables[i].structure);
            wb_buf_adds(&sql, ", 'planned', 'none')");
        }
        code = run_sql(l->conn, &sql, NULL, err);
    }
    return code;
}

static enum wb_code insert_steps(struct wb_ledger *l, const struct wb_ledger_step *steps, size_t n,
                                 struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < n;) {
        wb_buf_reset(&sql);
        wb_buf_addf(&sql, "INSERT INTO %ssteps (step_no, token, state, name, undo_sql) VALUES ",
                    l->prefix);
        for (size_t in_group = 0; i < n && in_group < GROUP_ROWS; i++, in_group++) {
            wb_buf_addf(&sql, "%s(%zu, %" PRId64 ", '%s', ", in_group ? ", " : "", i, l->token,
                        steps[i].done ? "done" : "planned");
            add_text(&sql, l->conn, steps[i].name);
            wb_buf_adds(&sql, ", ");
            add_text(&sql, l->conn, steps[i].undo);
            wb_buf_adds(&sql, ")");
        }
        code = run_sql(l->conn, &sql, NULL, err);
    }
    return code;
}

/* At random: a runner of an earlier run in the same target must not find its own token again. */
static int64_t first_token(void) {
    uint64_t r = 0;
    if (getrandom(&r, sizeof r, 0) != (ssize_t)sizeof r)
        r = (uint64_t)wb_clock_wall_us();
    return (int64_t)(r >> 2) + 1;
}

enum wb_code wb_ledger_begin_run(struct wb_ledger *l, const struct wb_ledger_run *run,
                                 const struct wb_ledger_table *tables, size_t n_tables,
                                 const struct wb_ledger_step *steps, size_t n_steps,
                                 struct wb_error *err) {
    l->token = first_token();
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < sizeof table_names / sizeof table_names[0]; i++)
        code = wb_conn_exec(l->conn, err, NULL, "DELETE FROM %s%s", l->prefix, table_names[i]);
    if (!code)
        code = insert_run(l, run, err);
    if (!code)
        code = insert_tables(l, tables, n_tables, err);
    if (!code)
        code = insert_steps(l, steps, n_steps, err);
    return code;
}

static enum wb_code raise_tokens(struct wb_ledger *l, const struct wb_ledger_run *run,
                                 const char *moment, const char *runner, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql,
                "UPDATE %srun SET token = token + 1, epoch = epoch + 1, moment = ", l->prefix);
    add_text(&sql, l->conn, moment);
    wb_buf_adds(&sql, ", runner = ");
    add_text(&sql, l->conn, runner);
    wb_buf_addf(&sql, " WHERE id = 1 AND token = %" PRId64, run->token);
    enum wb_code code = cas(l->conn, &sql, "the run", err);
    static const char *const fenced[] = {"tables", "chunks", "steps"};
    for (size_t i = 0; !code && i < sizeof fenced / sizeof fenced[0]; i++)
        code = wb_conn_exec(l->conn, err, NULL, "UPDATE %s%s SET token = %" PRId64, l->prefix,
                            fenced[i], run->token + 1);
    return code;
}

/* What waits for the transactions in flight may wait for one that never ends: that of a runner
 * which was suspended, or of somebody who looks at the ledger. */
static void name_blockers(struct wb_ledger *l, struct wb_error *err) {
    const struct wb_write_ops *w = l->conn->engine->write;
    struct wb_arena a = {0};
    const char *who = "";
    for (size_t i = 0; w->blockers && !*who && i < sizeof table_names / sizeof table_names[0]; i++)
        who = w->blockers(l->conn, wb_arena_printf(&a, "%s%s", l->prefix, table_names[i]), &a);
    if (err && *who) {
        size_t used = strlen(err->text);
        snprintf(err->text + used, sizeof err->text - used, "; held by %s", who);
        wb_error_hint(err, "end that session if it does not end by itself (it may belong to a "
                           "runner that was suspended), then run the same command again");
    }
    wb_arena_done(&a);
}

enum wb_code wb_ledger_take_over(struct wb_ledger *l, struct wb_ledger_run *run, const char *moment,
                                 const char *runner, struct wb_error *err) {
    const struct wb_write_ops *w = l->conn->engine->write;
    enum wb_code code = w->begin(l->conn, err);
    if (code)
        return code;
    code = raise_tokens(l, run, moment, runner, err);
    if (!code)
        code = w->commit(l->conn, true, err);
    if (code) {
        w->rollback(l->conn);
        if (code == WB_E_LOCK_TIMEOUT)
            name_blockers(l, err);
        return wb_error_wrap(err, "taking over the copy");
    }
    l->token = ++run->token;
    run->epoch++;
    run->moment = moment;
    return WB_OK;
}

enum wb_code wb_ledger_set_state(struct wb_ledger *l, enum wb_run_state state, const char *finished,
                                 const char *proof, struct wb_error *err) {
    const struct wb_write_ops *w = l->conn->engine->write;
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql, "UPDATE %srun SET state = '%s', finished = ", l->prefix, state_word(state));
    add_text(&sql, l->conn, finished);
    wb_buf_adds(&sql, ", proof = ");
    add_text(&sql, l->conn, proof);
    wb_buf_addf(&sql, " WHERE id = 1 AND token = %" PRId64, l->token);
    enum wb_code code = w->begin(l->conn, err);
    if (code)
        return code;
    code = cas(l->conn, &sql, "the run", err);
    if (!code)
        code = w->commit(l->conn, true, err);
    if (code)
        w->rollback(l->conn);
    return code;
}

enum wb_code wb_ledger_require_mine(const struct wb_ledger *l, struct wb_conn *c,
                                    struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql, "UPDATE %srun SET token = token WHERE id = 1 AND token = %" PRId64, l->prefix,
                l->token);
    return cas(c, &sql, "the run", err);
}

static void add_chunk_values(struct wb_buf *sql, const struct wb_ledger *l, const struct wb_conn *c,
                             uint32_t table, size_t number, const struct wb_range *r) {
    wb_buf_addf(sql, "(%u, %zu, %" PRId64 ", 'planned', 0, '%s', ", table, number, l->token,
                wb_range_kind_word(r->kind));
    add_text(sql, c, r->lower);
    wb_buf_adds(sql, ", ");
    add_text(sql, c, r->upper);
    wb_buf_adds(sql, ", 0, 0, '', '', 0)");
}

enum wb_code wb_ledger_add_chunks(const struct wb_ledger *l, struct wb_conn *c, uint32_t table,
                                  const struct wb_range *ranges, size_t n, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql,
                "UPDATE %stables SET state = 'split' WHERE table_no = %u AND state = 'planned' AND "
                "token = %" PRId64,
                l->prefix, table, l->token);
    enum wb_code code = cas(c, &sql, "a table", err);
    for (size_t i = 0; !code && i < n;) {
        wb_buf_reset(&sql);
        wb_buf_addf(&sql, "INSERT INTO %schunks VALUES ", l->prefix);
        for (size_t in_group = 0; i < n && in_group < 200; i++, in_group++) {
            if (in_group)
                wb_buf_adds(&sql, ", ");
            add_chunk_values(&sql, l, c, table, i, &ranges[i]);
        }
        code = run_sql(c, &sql, NULL, err);
    }
    return code;
}

/* The condition under which a row is this runner's. */
static void where_chunk(struct wb_buf *sql, const struct wb_ledger *l,
                        const struct wb_ledger_chunk *k, const char *state) {
    wb_buf_addf(sql, " WHERE table_no = %u AND chunk_no = %u AND state = '%s' AND token = %" PRId64,
                k->table, k->number, state, l->token);
}

enum wb_code wb_ledger_claim_chunk(const struct wb_ledger *l, struct wb_conn *c,
                                   const struct wb_ledger_chunk *k, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql, "UPDATE %schunks SET state = 'loading'", l->prefix);
    where_chunk(&sql, l, k, "planned");
    return cas(c, &sql, "a chunk", err);
}

enum wb_code wb_ledger_finish_chunk(const struct wb_ledger *l, struct wb_conn *c,
                                    const struct wb_ledger_chunk *k, uint64_t ms,
                                    struct wb_error *err) {
    char digest[WB_DIGEST_TEXT_BYTES];
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql,
                "UPDATE %schunks SET state = 'done', epoch = %" PRId64 ", row_count = %" PRIu64
                ", bytes = %" PRIu64 ", digest = '%s', took_ms = %" PRIu64 ", altered = ",
                l->prefix, k->epoch, k->digest.rows, k->bytes, wb_digest_format(&k->digest, digest),
                ms);
    add_text(&sql, c, k->altered ? k->altered : "");
    where_chunk(&sql, l, k, "loading");
    return cas(c, &sql, "a chunk", err);
}

enum wb_code wb_ledger_confirm_chunk(const struct wb_ledger *l, struct wb_conn *c,
                                     const struct wb_ledger_chunk *k, int64_t epoch,
                                     struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql, "UPDATE %schunks SET epoch = %" PRId64, l->prefix, epoch);
    where_chunk(&sql, l, k, "done");
    return cas(c, &sql, "a chunk", err);
}

static enum wb_code void_verdict(const struct wb_ledger *l, struct wb_conn *c, uint32_t table,
                                 struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql,
                "UPDATE %stables SET verdict = 'none' WHERE table_no = %u AND token = %" PRId64,
                l->prefix, table, l->token);
    return cas(c, &sql, "a table", err);
}

enum wb_code wb_ledger_reopen_table(const struct wb_ledger *l, struct wb_conn *c, uint32_t table,
                                    struct wb_error *err) {
    enum wb_code code = void_verdict(l, c, table, err);
    if (!code)
        code = wb_conn_exec(c, err, NULL,
                            "UPDATE %schunks SET state = 'planned', epoch = 0 WHERE table_no = %u "
                            "AND token = %" PRId64,
                            l->prefix, table, l->token);
    return code;
}

enum wb_code wb_ledger_reopen_chunk(const struct wb_ledger *l, struct wb_conn *c,
                                    const struct wb_ledger_chunk *k, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql, "UPDATE %schunks SET state = 'planned'", l->prefix);
    where_chunk(&sql, l, k, "done");
    enum wb_code code = void_verdict(l, c, k->table, err);
    return code ? code : cas(c, &sql, "a chunk", err);
}

enum wb_code wb_ledger_set_step(const struct wb_ledger *l, struct wb_conn *c, uint32_t number,
                                bool done, const char *why, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql, "UPDATE %ssteps SET state = '%s', why = ", l->prefix,
                !done ? "planned"
                : why ? "refused"
                      : "done");
    add_text(&sql, c, why);
    wb_buf_addf(&sql, " WHERE step_no = %u AND token = %" PRId64, number, l->token);
    return cas(c, &sql, "a step", err);
}

enum wb_code wb_ledger_set_proven(const struct wb_ledger *l, struct wb_conn *c, uint32_t table,
                                  const struct wb_digest *source, const struct wb_digest *target,
                                  struct wb_error *err) {
    char s[WB_DIGEST_TEXT_BYTES], t[WB_DIGEST_TEXT_BYTES], now[40];
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql,
                "UPDATE %stables SET verdict = '%s', row_count = %" PRIu64
                ", source_digest = '%s', target_digest = '%s', method = 'xxh3-128, streamed', "
                "verified_at = '%s'"
                " WHERE table_no = %u AND token = %" PRId64,
                l->prefix, wb_digest_equal(source, target) ? "equal" : "different", target->rows,
                wb_digest_format(source, s), wb_digest_format(target, t),
                wb_clock_format(wb_clock_wall_us(), now, sizeof now), table, l->token);
    return cas(c, &sql, "a table", err);
}
