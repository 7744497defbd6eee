/* Cuts a table into ranges. Dense integer keys are cut by arithmetic between their ends; other keys
 * at the percentiles of a sample of pages, so that nothing is read twice; tables without a key by
 * pages, where the server can scan a range of them (PostgreSQL 14 and later). */
#include "base/str.h"
#include "engines/postgres/internal.h"
#include "engines/postgres/snapshot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A page's rows lie close together where the key follows the order of insertion: few pages would
 * make few bounds that are apart, so pages count as well as rows. */
enum {
    SAMPLE_ROWS_A_CHUNK = 100,
    SAMPLE_PAGES_A_CHUNK = 4,
    SAMPLE_PAGES_MIN = 64,
    MAX_CHUNKS = 100000,
    PAGE_BYTES = 8192
};

struct split {
    struct wb_postgres *p;
    const struct wb_table *t;
    const struct wb_column *key; /* NULL: none */
    uint64_t chunk_rows, est_rows, pages;
    struct wb_arena *a;
    struct wb_range *ranges;
    size_t n, cap;
};

static void push(struct split *s, enum wb_range_kind kind, const char *lower, const char *upper) {
    *WB_PUSH(s->a, s->ranges, s->n, s->cap) =
        (struct wb_range){.kind = kind, .lower = lower, .upper = upper};
}

/* Bounds in ascending order become ranges that tile the whole. */
static void push_bounds(struct split *s, enum wb_range_kind kind, const char *const *bounds,
                        size_t n) {
    const char *lower = NULL;
    for (size_t i = 0; i < n; i++) {
        push(s, kind, lower, bounds[i]);
        lower = bounds[i];
    }
    push(s, kind, lower, NULL);
}

/* Size now, over all partitions, and rows by the density that ANALYZE saw. reltuples is -1 where it
 * never ran. */
static enum wb_code estimate(struct split *s, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows = {0};
    wb_buf_adds(&sql, "WITH RECURSIVE r(oid) AS (SELECT ");
    wb_postgres_add_regclass(&sql, s->t->schema, s->t->name);
    wb_buf_addf(
        &sql,
        "::pg_catalog.oid UNION ALL SELECT i.inhrelid FROM r JOIN pg_catalog.pg_inherits i ON "
        "i.inhparent = r.oid"
        " JOIN pg_catalog.pg_class p ON p.oid = i.inhparent AND p.relkind = 'p')"
        " SELECT coalesce(sum(pages), 0)::bigint, coalesce(sum(CASE WHEN relpages > 0 AND "
        "reltuples >= 0"
        " THEN reltuples / relpages * pages ELSE pages * 80 END), 0)::bigint FROM"
        " (SELECT c.reltuples, c.relpages, pg_catalog.pg_relation_size(c.oid) / %d AS pages FROM r"
        " JOIN pg_catalog.pg_class c USING (oid) WHERE c.relkind = 'r') x",
        PAGE_BYTES);
    enum wb_code code = wb_postgres_rows(s->p, wb_buf_str(&sql), s->a, &rows, err);
    if (code)
        return code;
    s->pages = strtoull(rows.values[0][0], NULL, 10);
    s->est_rows = strtoull(rows.values[0][1], NULL, 10);
    return WB_OK;
}

static uint64_t n_chunks(const struct split *s) {
    uint64_t n = s->chunk_rows ? s->est_rows / s->chunk_rows + 1 : 1;
    return n > MAX_CHUNKS ? MAX_CHUNKS : n;
}

static void add_key_of(struct wb_buf *sql, const struct split *s) {
    wb_postgres_quote_name(sql, s->key->name);
}

/* *ret_done is false where the key is too sparse for arithmetic. */
static enum wb_code split_integers(struct split *s, bool *ret_done, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows = {0};
    wb_buf_adds(&sql, "SELECT min(");
    add_key_of(&sql, s);
    wb_buf_adds(&sql, "), max(");
    add_key_of(&sql, s);
    wb_buf_adds(&sql, ") FROM ");
    wb_postgres_add_table(&sql, s->t->schema, s->t->name);
    enum wb_code code = wb_postgres_rows(s->p, wb_buf_str(&sql), s->a, &rows, err);
    if (code)
        return code;
    if (!rows.values[0][0]) {
        push(s, WB_RANGE_KEY, NULL, NULL);
        *ret_done = true;
        return WB_OK;
    }
    int64_t min = strtoll(rows.values[0][0], NULL, 10), max = strtoll(rows.values[0][1], NULL, 10);
    uint64_t span = (uint64_t)max - (uint64_t)min, chunks = n_chunks(s), step = span / chunks + 1;
    if (span / 3 > s->est_rows)
        return WB_OK;
    const char **bounds = WB_NEW_N(s->a, const char *, chunks + 1);
    size_t n = 0;
    for (uint64_t at = step; at <= span && n < chunks; at += step)
        bounds[n++] = wb_arena_printf(s->a, "%" PRId64, (int64_t)((uint64_t)min + at));
    push_bounds(s, WB_RANGE_KEY, bounds, n);
    *ret_done = true;
    return WB_OK;
}

static double sample_percent(const struct split *s) {
    if (!s->est_rows || !s->pages)
        return 100;
    double chunks = (double)n_chunks(s);
    double rows = chunks * SAMPLE_ROWS_A_CHUNK / (double)s->est_rows;
    double few = SAMPLE_PAGES_MIN / chunks;
    double pages =
        chunks * (few > SAMPLE_PAGES_A_CHUNK ? few : SAMPLE_PAGES_A_CHUNK) / (double)s->pages;
    return 100 * (rows > pages ? rows : pages);
}

static enum wb_code split_by_sample(struct split *s, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows = {0};
    uint64_t chunks = n_chunks(s);
    double percent = sample_percent(s);
    wb_buf_adds(&sql, "SELECT k::text FROM (SELECT DISTINCT k FROM (SELECT k, lag(n) OVER (ORDER "
                      "BY k) AS before, n FROM"
                      " (SELECT k, pg_catalog.ntile(");
    wb_buf_addf(&sql, "%" PRIu64 ") OVER (ORDER BY k) AS n FROM (SELECT ", chunks);
    add_key_of(&sql, s);
    wb_buf_adds(&sql, " AS k FROM ");
    wb_postgres_add_table(&sql, s->t->schema, s->t->name);
    if (percent < 100)
        wb_buf_addf(&sql, " TABLESAMPLE SYSTEM (%.6f)", percent);
    wb_buf_adds(&sql, ") sample) tiles) steps WHERE before <> n) bounds ORDER BY bounds.k");
    enum wb_code code = wb_postgres_rows(s->p, wb_buf_str(&sql), s->a, &rows, err);
    if (code)
        return code;
    const char **bounds = WB_NEW_N(s->a, const char *, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++) {
        bounds[i] = rows.values[i][0];
        if (s->key->type.kind ==
            WB_KIND_BYTES) /* neutral text of bytes: 0xFF, where PostgreSQL prints \xff */
            bounds[i] = wb_arena_printf(s->a, "0x%s", bounds[i] + 2);
    }
    push_bounds(s, WB_RANGE_KEY, bounds, rows.n_rows);
    return WB_OK;
}

static void split_pages(struct split *s) {
    uint64_t chunks = n_chunks(s), step = s->pages / chunks + 1;
    if (s->p->pg.version < 140000 || s->t->partitioning.method != WB_PARTITION_NONE ||
        chunks == 1) {
        push(s, WB_RANGE_ALL, NULL, NULL);
        return;
    }
    const char **bounds = WB_NEW_N(s->a, const char *, chunks + 1);
    size_t n = 0;
    for (uint64_t at = step; at < s->pages && n < chunks; at += step)
        bounds[n++] = wb_arena_printf(s->a, "%" PRIu64, at);
    push_bounds(s, WB_RANGE_PAGES, bounds, n);
}

enum wb_code wb_postgres_split(struct wb_conn *c, const struct wb_table *t, uint64_t chunk_rows,
                               struct wb_arena *a, struct wb_range **ret, size_t *ret_n,
                               struct wb_error *err) {
    struct split s = {.p = wb_postgres_of(c), .t = t, .chunk_rows = chunk_rows, .a = a};
    const struct wb_index *key = wb_table_replica_key(t);
    if (key)
        s.key = &t->columns[key->parts[0].column];
    bool done = false;
    enum wb_code code = estimate(&s, err);
    if (!code && !s.key) {
        split_pages(&s);
    } else if (!code && n_chunks(&s) == 1) {
        push(&s, WB_RANGE_KEY, NULL, NULL);
    } else if (!code) {
        if (s.key->type.kind == WB_KIND_INT)
            code = split_integers(&s, &done, err);
        if (!code && !done)
            code = split_by_sample(&s, err);
    }
    if (code)
        return wb_error_wrap(err, "splitting table %s", t->name);
    *ret = s.ranges;
    *ret_n = s.n;
    return WB_OK;
}
