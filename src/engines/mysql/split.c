/* Cutting a table into key ranges.
 *
 * Integers: the span from the least to the greatest key is cut into equal parts, one for each chunk
 * that the table's estimate asks for; the server estimates each part (EXPLAIN, a few index dives
 * and no reading); parts that hold too much are halved again, neighbours that hold little are
 * joined. All other keys: boundaries are met by walking along the index, chunk by chunk, on the
 * server; years too, since the server takes a number below 100 for another year, so that only years
 * that are stored can be bounds. A bound is exclusive above and inclusive below, so the ranges
 * tile.
 */
#include "engines/mysql/internal.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_RANGES = 8192, MAX_ESTIMATES = 4096, MAX_MISSES = 8 };

typedef __int128 wide;

struct cut {
    struct wb_my_conn *my;
    const struct wb_table *table;
    const struct wb_column *key;
    const struct wb_index *index;
    uint64_t chunk_rows;
    struct wb_arena *a;
    struct wb_range *ranges;
    size_t n, cap;
    unsigned estimates; /* asked so far */
    double scale;       /* from the server's estimates of ranges to its estimate of the table */
};

static void add_range(struct cut *c, const char *lower, const char *upper) {
    *WB_PUSH(c->a, c->ranges, c->n, c->cap) =
        (struct wb_range){.kind = WB_RANGE_KEY, .lower = lower, .upper = upper};
}

static void add_from(struct cut *c, struct wb_buf *sql) {
    wb_buf_adds(sql, " FROM ");
    wb_mysql_quote_table(sql, c->table);
    wb_buf_adds(sql, " FORCE INDEX (");
    wb_mysql_quote_name(sql, c->index->primary ? "PRIMARY" : c->index->name);
    wb_buf_adds(sql, ")");
}

/* ------------------------------------------------------------------------------------------
 * integers */

static const char *print_wide(struct wb_arena *a, wide v) {
    bool negative = v < 0;
    unsigned __int128 u = negative ? -(unsigned __int128)v : (unsigned __int128)v;
    return u > UINT64_MAX
               ? NULL
               : wb_arena_printf(a, "%s%llu", negative ? "-" : "", (unsigned long long)u);
}

static bool parse_wide(const char *s, wide *ret) {
    if (!s)
        return false;
    *ret = *s == '-' ? (wide)strtoll(s, NULL, 10) : (wide)strtoull(s, NULL, 10);
    return true;
}

static enum wb_code find_span(struct cut *c, wide *ret_min, wide *ret_max, bool *ret_empty,
                              struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_my_rows rows;
    wb_buf_adds(&sql, "SELECT MIN(");
    wb_mysql_quote_name(&sql, c->key->name);
    wb_buf_adds(&sql, "), MAX(");
    wb_mysql_quote_name(&sql, c->key->name);
    wb_buf_adds(&sql, ")");
    add_from(c, &sql);
    enum wb_code code = wb_my_query(c->my, c->a, &rows, err, wb_buf_str(&sql), sql.len);
    if (!code)
        *ret_empty =
            !parse_wide(rows.values[0][0], ret_min) || !parse_wide(rows.values[0][1], ret_max);
    return code;
}

/* The server's estimate of the rows in [from, to). */
static enum wb_code estimate(struct cut *c, wide from, wide to, uint64_t *ret,
                             struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_arena a = {0};
    struct wb_my_rows rows = {0};
    wb_buf_adds(&sql, "EXPLAIN SELECT ");
    wb_mysql_quote_name(&sql, c->key->name);
    add_from(c, &sql);
    struct wb_range r = {
        .kind = WB_RANGE_KEY, .lower = print_wide(&a, from), .upper = print_wide(&a, to)};
    enum wb_code code = wb_mysql_add_where(&sql, c->table, &r, NULL, err);
    c->estimates++;
    if (!code)
        code = wb_my_query(c->my, &a, &rows, err, wb_buf_str(&sql), sql.len);
    if (!code) {
        /* MariaDB: 10 columns with rows at 8; MySQL: 12 with rows at 9 (partitions, filtered).
         * "Impossible WHERE" and its kind give NULL: no rows. */
        size_t at = rows.n_columns >= 12 ? 9 : 8;
        const char *text = rows.n_rows && at < rows.n_columns ? rows.values[0][at] : NULL;
        *ret = text ? strtoull(text, NULL, 10) : 0;
    }
    wb_arena_done(&a);
    return code;
}

struct part {
    wide from, to; /* [from, to) */
    uint64_t rows;
};

struct parts {
    struct part *items;
    size_t n, cap;
};

/* Keep a part, or halve it while it holds too much. */
static enum wb_code refine(struct cut *c, struct part part, unsigned depth, struct parts *parts,
                           struct wb_error *err) {
    double rows = (double)part.rows * c->scale, chunk = (double)c->chunk_rows;
    if (rows <= 1.5 * chunk || part.to - part.from < 2 || depth >= 64 ||
        c->estimates >= MAX_ESTIMATES || parts->n >= MAX_RANGES) {
        *WB_PUSH(c->a, parts->items, parts->n, parts->cap) = part;
        return WB_OK;
    }
    wide middle = part.from + (part.to - part.from) / 2;
    struct part low = {part.from, middle, 0}, high = {middle, part.to, 0};
    enum wb_code code = estimate(c, low.from, low.to, &low.rows, err);
    if (!code)
        code = estimate(c, high.from, high.to, &high.rows, err);
    if (!code)
        code = refine(c, low, depth + 1, parts, err);
    return code ? code : refine(c, high, depth + 1, parts, err);
}

/* Join neighbours up to about a chunk, and make ranges of them; the outer two are open. */
static void join_parts(struct cut *c, const struct parts *parts) {
    const char *lower = NULL;
    double rows = 0;
    for (size_t i = 0; i < parts->n; i++) {
        rows += (double)parts->items[i].rows * c->scale;
        bool last = i + 1 == parts->n;
        if (!last &&
            rows + (double)parts->items[i + 1].rows * c->scale <= 1.25 * (double)c->chunk_rows)
            continue;
        const char *upper = last ? NULL : print_wide(c->a, parts->items[i].to);
        add_range(c, lower, upper);
        lower = upper;
        rows = 0;
    }
}

/* [min, max] in n equal parts, each with its estimate. */
static enum wb_code cut_evenly(struct cut *c, wide min, wide max, uint64_t n, struct parts *even,
                               struct wb_error *err) {
    wide span = max - min + 1, from = min;
    enum wb_code code = WB_OK;
    for (uint64_t i = 0; !code && i < n; i++) {
        wide to = i + 1 == n ? max + 1 : min + span / (wide)n * (wide)(i + 1);
        if (to > UINT64_MAX)
            to = UINT64_MAX; /* the last range is open, so its last key is in it all the same */
        if (to <= from)
            continue;
        struct part part = {from, to, 0};
        code = estimate(c, from, to, &part.rows, err);
        *WB_PUSH(c->a, even->items, even->n, even->cap) = part;
        from = to;
    }
    return code;
}

static enum wb_code cut_integers(struct cut *c, uint64_t est_rows, struct wb_error *err) {
    wide min = 0, max = 0;
    bool empty = true;
    struct parts even = {0}, parts = {0};
    uint64_t n = (est_rows + c->chunk_rows - 1) / c->chunk_rows, sum = 0;
    enum wb_code code = find_span(c, &min, &max, &empty, err);
    if (code || empty)
        return code;
    code = cut_evenly(c, min, max, n > MAX_RANGES / 4 ? MAX_RANGES / 4 : n ? n : 1, &even, err);
    for (size_t i = 0; i < even.n; i++)
        sum += even.items[i].rows;
    c->scale = sum ? (double)est_rows / (double)sum
                   : 1; /* InnoDB's estimates of ranges tend to be twice too high */
    for (size_t i = 0; !code && i < even.n; i++)
        code = refine(c, even.items[i], 0, &parts, err);
    if (!code)
        join_parts(c, &parts);
    return code;
}

/* ------------------------------------------------------------------------------------------
 * walking */

/* How a key's value is asked for, so that it comes as neutral text. */
static void add_key_text(struct cut *c, struct wb_buf *sql) {
    WB_CLEANUP_BUF struct wb_buf name = {0};
    wb_mysql_quote_name(&name, c->key->name);
    const char *n = wb_buf_str(&name);
    switch (c->key->type.kind) {
    case WB_KIND_BYTES:
        wb_buf_addf(sql, "CONCAT('0x', HEX(%s))", n);
        break;
    case WB_KIND_TIMESTAMPTZ:
        wb_buf_addf(sql, "CONCAT(%s, '+00')", n);
        break;
    case WB_KIND_TEXT:
        wb_buf_addf(sql, "CONVERT(%s USING utf8mb4)", n);
        break;
    case WB_KIND_YEAR: /* 0, not 0000 */
        wb_buf_addf(sql, "%s + 0", n);
        break;
    default:
        wb_buf_adds(sql, n);
    }
}

/* Whether the key's text leads back to the same key. The server writes '?' for what has no
 * character, and a bound that is another key than the one it was made of might lie below the bound
 * before it. */
static void add_key_check(struct cut *c, struct wb_buf *sql) {
    const char *cs = c->key->type.kind == WB_KIND_TEXT ? c->key->type.charset : NULL;
    WB_CLEANUP_BUF struct wb_buf name = {0};
    wb_mysql_quote_name(&name, c->key->name);
    if (cs)
        wb_buf_addf(
            sql,
            ", CAST(CONVERT(CONVERT(%s USING utf8mb4) USING %s) AS BINARY) = CAST(%s AS BINARY)",
            wb_buf_str(&name), cs, wb_buf_str(&name));
    else
        wb_buf_adds(sql, ", 1");
}

/* A bound must come back as the same key: no NUL, no bytes that are not text. */
static bool is_writable(const struct wb_my_rows *rows) {
    const char *s = rows->values[0][0];
    size_t len = rows->lengths[0][0];
    return strlen(s) == len && wb_str_utf8_valid(s, len) == len &&
           wb_str_eq(rows->values[0][1], "1");
}

/* The key `skip` rows behind `from` (NULL: the beginning); NULL in *ret at the end, "" where it
 * cannot be written as a bound. past: only keys above from. */
static enum wb_code walk(struct cut *c, const char *from, bool past, uint64_t skip,
                         const char **ret, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_my_rows rows;
    wb_buf_adds(&sql, "SELECT ");
    add_key_text(c, &sql);
    add_key_check(c, &sql);
    add_from(c, &sql);
    if (from) {
        wb_buf_adds(&sql, " WHERE ");
        wb_mysql_quote_name(&sql, c->key->name);
        wb_buf_adds(&sql, past ? " > " : " >= ");
        if (!wb_mysql_add_bound(&sql, &c->key->type, from))
            return wb_error_set(err, WB_E_INTERNAL, "\"%s\" is no bound of key %s", from,
                                c->key->name);
    }
    wb_buf_adds(&sql, " ORDER BY ");
    wb_mysql_quote_name(&sql, c->key->name);
    wb_buf_addf(&sql, " LIMIT 1 OFFSET %llu", (unsigned long long)skip);
    enum wb_code code = wb_my_query(c->my, c->a, &rows, err, wb_buf_str(&sql), sql.len);
    if (!code)
        *ret = !rows.n_rows || !rows.values[0][0] ? NULL
               : is_writable(&rows)               ? rows.values[0][0]
                                                  : "";
    return code;
}

static enum wb_code cut_by_walking(struct cut *c, struct wb_error *err) {
    const char *lower = NULL;
    uint64_t skip = c->chunk_rows;
    unsigned misses = 0; /* since the last bound; each costs a walk over a chunk and more */
    while (c->n < MAX_RANGES && misses < MAX_MISSES) {
        const char *upper = NULL;
        enum wb_code code = walk(c, lower, false, skip, &upper, err);
        if (!code && upper && lower && *upper && strcmp(upper, lower) == 0)
            code = walk(c, lower, true, 0, &upper, err); /* more than a chunk of one key */
        if (code)
            return code;
        if (!upper)
            break;
        if (!*upper) { /* cannot be written as a bound: try the next row */
            skip += 1 + c->chunk_rows / 64;
            misses++;
            continue;
        }
        add_range(c, lower, upper);
        lower = upper;
        skip = c->chunk_rows;
        misses = 0;
    }
    add_range(c, lower, NULL);
    return WB_OK;
}

/* ------------------------------------------------------------------------------------------ split
 */

static bool is_integer(const struct wb_type *t) {
    return t->kind == WB_KIND_INT || t->kind == WB_KIND_UINT;
}

enum wb_code wb_mysql_split(struct wb_conn *conn, const struct wb_table *t, uint64_t chunk_rows,
                            struct wb_arena *a, struct wb_range **ret, size_t *ret_n,
                            struct wb_error *err) {
    struct cut c = {
        .my = mysql_of(conn)->my, .table = t, .chunk_rows = chunk_rows ? chunk_rows : 1, .a = a};
    enum wb_code code = WB_OK;
    c.key = wb_mysql_split_key(t, &c.index);
    if (c.key && !c.index->ignored && t->est_rows * 2 >= c.chunk_rows)
        code =
            is_integer(&c.key->type) ? cut_integers(&c, t->est_rows, err) : cut_by_walking(&c, err);
    if (code)
        return wb_error_wrap(err, "splitting table %s", t->name), code;
    if (c.n <= 1) {
        c.n = 0;
        *WB_PUSH(a, c.ranges, c.n, c.cap) = (struct wb_range){.kind = WB_RANGE_ALL};
    }
    *ret = c.ranges;
    *ret_n = c.n;
    return WB_OK;
}
