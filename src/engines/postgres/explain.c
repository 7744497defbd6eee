/* Times and plans of queries. */
#include "engines/postgres/internal.h"

#include "base/clock.h"
#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* An application's sessions have the server's own setting of jit, which this one switched off. */
static enum wb_code begin_reading(struct wb_postgres *p, unsigned timeout_ms,
                                  struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_addf(&sql, "BEGIN READ ONLY; SET LOCAL statement_timeout = %u", timeout_ms);
    if (p->pg.version >= 110000)
        wb_buf_adds(&sql, "; SET LOCAL jit TO DEFAULT");
    return wb_pg_exec(&p->pg, wb_buf_str(&sql), NULL, err);
}

/* Row by row, so that a large result takes no memory; with parameters, though there are none, since
 * the server then takes one statement alone, which cannot end the transaction for others behind it.
 */
static enum wb_code count_rows(struct wb_postgres *p, const char *sql, uint64_t *ret_rows,
                               struct wb_error *err) {
    uint64_t rows = 0;
    enum wb_code code = WB_OK;
    if (!PQsendQueryParams(p->pg.conn, sql, 0, NULL, NULL, NULL, NULL, 0) ||
        !PQsetSingleRowMode(p->pg.conn))
        return wb_pg_error(&p->pg, NULL, err);
    for (PGresult *r; (r = PQgetResult(p->pg.conn)); PQclear(r)) {
        ExecStatusType status = PQresultStatus(r);
        if (status == PGRES_SINGLE_TUPLE)
            rows++;
        else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && !code)
            code = wb_pg_error(&p->pg, r, err);
        if (PQstatus(p->pg.conn) != CONNECTION_OK) {
            PQclear(r);
            return code ? code : wb_pg_error(&p->pg, NULL, err);
        }
    }
    if (!code)
        *ret_rows = rows;
    return code;
}

enum wb_code wb_postgres_measure(struct wb_conn *c, const char *sql, unsigned timeout_ms,
                                 uint64_t *ret_rows, uint64_t *ret_us, struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(c);
    enum wb_code code = begin_reading(p, timeout_ms, err);
    uint64_t start = wb_clock_monotonic_us();
    if (!code)
        code = count_rows(p, sql, ret_rows, err);
    uint64_t took = wb_clock_monotonic_us() - start;
    wb_pg_rollback(&p->pg);
    if (code == WB_E_CANCELED && timeout_ms && took >= (uint64_t)timeout_ms * 1000)
        return wb_error_set(err, WB_E_TIMEOUT, "no answer within %u ms", timeout_ms);
    if (!code)
        *ret_us = took;
    return code;
}

/* ------------------------------------------------------------------------------------------
 * plans */

static enum wb_explain_kind kind_of(const char *node) {
    static const struct {
        const char *node;
        enum wb_explain_kind kind;
    } kinds[] = {
        {"Seq Scan", WB_EXPLAIN_SCAN},
        {"Sample Scan", WB_EXPLAIN_SCAN},
        {"Index Scan", WB_EXPLAIN_INDEX},
        {"Index Only Scan", WB_EXPLAIN_INDEX},
        {"Bitmap Index Scan", WB_EXPLAIN_INDEX},
        {"Nested Loop", WB_EXPLAIN_JOIN},
        {"Hash Join", WB_EXPLAIN_JOIN},
        {"Merge Join", WB_EXPLAIN_JOIN},
        {"Sort", WB_EXPLAIN_SORT},
        {"Incremental Sort", WB_EXPLAIN_SORT},
        {"Aggregate", WB_EXPLAIN_GROUP},
        {"Group", WB_EXPLAIN_GROUP},
        {"Unique", WB_EXPLAIN_GROUP},
        {"WindowAgg", WB_EXPLAIN_GROUP},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].node, node) == 0)
            return kinds[i].kind;
    return WB_EXPLAIN_OTHER;
}

/* A value of YAML as EXPLAIN writes it: a number, or a string with JSON's escapes; of these only
 * those of names matter. */
static const char *yaml_text(const char *value, size_t len, struct wb_arena *a) {
    char *to = wb_arena_strndup(a, value, len);
    if (len < 2 || *value != '"')
        return to;
    size_t n = 0;
    for (size_t i = 1; i + 1 < len; i++) {
        if (value[i] == '\\' && i + 2 < len)
            i++;
        to[n++] = value[i];
    }
    to[n] = 0;
    return to;
}

struct reading {
    struct wb_arena *a;
    struct wb_explain plan;
    size_t cap;
    const char *heap; /* the table of the bitmap heap scan above */
};

/* Each node begins with its type; its own attributes come before those of its children. */
static void take_line(struct reading *r, unsigned indent, const char *key, size_t key_len,
                      const char *value, size_t len) {
    struct wb_explain_step *last = r->plan.n ? &r->plan.steps[r->plan.n - 1] : NULL;
    const char *text = yaml_text(value, len, r->a);
    if (key_len == 9 && strncmp(key, "Node Type", 9) == 0) {
        struct wb_explain_step *s = WB_PUSH(r->a, r->plan.steps, r->plan.n, r->cap);
        *s = (struct wb_explain_step){.kind = kind_of(text), .depth = indent, .words = text};
        if (strcmp(text, "Bitmap Index Scan") == 0)
            s->table = r->heap;
    } else if (last && key_len == 13 && strncmp(key, "Relation Name", 13) == 0) {
        last->table = text;
        if (strcmp(last->words, "Bitmap Heap Scan") == 0)
            r->heap = text;
    } else if (last && key_len == 10 && strncmp(key, "Index Name", 10) == 0) {
        last->index = text;
    }
}

static void read_yaml(struct reading *r, const char *text) {
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        const char *key = text + strspn(text, " -");
        const char *colon = memchr(key, ':', (size_t)(end - key));
        if (!colon || colon + 2 > end)
            continue;
        const char *value = colon + 1;
        while (value < end && *value == ' ')
            value++;
        take_line(r, (unsigned)(key - text), key, (size_t)(colon - key), value,
                  (size_t)(end - value));
    }
}

/* Indentation as depth: 0, 1, 2 … */
static void number_depths(struct wb_explain *p) {
    unsigned least = p->n ? p->steps[0].depth : 0;
    for (size_t i = 0; i < p->n; i++) /* four more blanks a level */
        p->steps[i].depth = (p->steps[i].depth - least) / 4;
}

enum wb_code wb_postgres_explain(struct wb_conn *c, const char *sql, struct wb_arena *a,
                                 struct wb_explain *ret, struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(c);
    WB_CLEANUP_BUF struct wb_buf text = {0};
    struct wb_rows rows = {0};
    struct reading r = {.a = a};
    wb_buf_adds(&text, "EXPLAIN (FORMAT YAML, COSTS OFF) ");
    wb_buf_adds(&text, sql);
    enum wb_code code = begin_reading(p, 10000, err);
    if (!code)
        code = wb_postgres_rows(p, wb_buf_str(&text), a, &rows, err);
    wb_pg_rollback(&p->pg);
    if (code)
        return wb_error_wrap(err, "EXPLAIN");
    for (size_t i = 0; i < rows.n_rows; i++)
        read_yaml(&r, rows.values[i][0]);
    number_depths(&r.plan);
    *ret = r.plan;
    return WB_OK;
}
