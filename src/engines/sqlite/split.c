/* Cutting a table into ranges.
 *
 * An integer key (or the rowid of a table without one) is cut arithmetically where its values lie
 * evenly: a few short looks at the table tell how many rows a stretch of keys holds. Where they do
 * not, and for keys of text or bytes, the key is walked and every chunk_rows-th value taken, which
 * reads the key but not the rows' contents. A key whose values are of several classes, or cannot be
 * written as a bound, leaves the table in one piece.
 */
#include "base/str.h"
#include "engines/sqlite/range.h"
#include "engines/sqlite/read.h"

#include <inttypes.h>
#include <stdio.h>

enum { LOOKS = 48, LOOK_KEYS = 512 };

struct split {
    struct wb_sqlite *c;
    const struct wb_table *t;
    const char *key;  /* quoted */
    const char *name; /* of the table, quoted and qualified */
    struct wb_arena *a;
    uint64_t chunk_rows;
    struct wb_error *err;
    const char **bounds;
    size_t n_bounds, cap_bounds;
};

static const char *quoted(struct wb_arena *a, const char *name) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_sqlite_quote_name(&b, name);
    return wb_arena_strdup(a, wb_buf_str(&b));
}

static void add_bound(struct split *s, const char *text) {
    *WB_PUSH(s->a, s->bounds, s->n_bounds, s->cap_bounds) = text;
}

static void make_ranges(struct split *s, enum wb_range_kind kind, struct wb_range **ret,
                        size_t *ret_n) {
    size_t n = s->n_bounds + 1;
    struct wb_range *r = WB_NEW_N(s->a, struct wb_range, n);
    for (size_t i = 0; i < n; i++)
        r[i] = (struct wb_range){.kind = kind,
                                 .lower = i > 0 ? s->bounds[i - 1] : NULL,
                                 .upper = i + 1 < n ? s->bounds[i] : NULL};
    *ret = r;
    *ret_n = n;
}

static enum wb_code prepare(struct split *s, sqlite3_stmt **ret, const char *sql) {
    return wb_sqlite_prepare(s->c, sql, ret, s->err);
}

/* Least and greatest key; false in *ret_any for an empty table. */
static enum wb_code find_ends(struct split *s, int64_t *min, int64_t *max, bool *ret_any) {
    WB_CLEANUP_STMT sqlite3_stmt *q = NULL;
    bool row = false;
    /* Two subqueries: each alone is one descent of the tree, together they would be a scan. */
    enum wb_code code =
        prepare(s, &q,
                wb_arena_printf(s->a, "SELECT (SELECT min(%s) FROM %s), (SELECT max(%s) FROM %s)",
                                s->key, s->name, s->key, s->name));
    if (code || (code = wb_sqlite_step(s->c, q, &row, s->err)))
        return code;
    *ret_any = sqlite3_column_type(q, 0) != SQLITE_NULL;
    *min = sqlite3_column_int64(q, 0);
    *max = sqlite3_column_int64(q, 1);
    return WB_OK;
}

/* How many rows LOOKS stretches of LOOK_KEYS keys hold, in all; *ret_empty: how many held none. */
static enum wb_code look_around(struct split *s, int64_t min, uint64_t span, uint64_t *ret_rows,
                                unsigned *ret_empty) {
    WB_CLEANUP_STMT sqlite3_stmt *q = NULL;
    enum wb_code code =
        prepare(s, &q,
                wb_arena_printf(s->a, "SELECT count(*) FROM %s WHERE %s >= ?1 AND %s < ?2", s->name,
                                s->key, s->key));
    uint64_t step = (span - LOOK_KEYS) / LOOKS;
    for (unsigned i = 0; !code && i < LOOKS; i++) {
        bool row = false;
        int64_t from = (int64_t)((uint64_t)min + step * i + step / 2);
        sqlite3_bind_int64(q, 1, from);
        sqlite3_bind_int64(q, 2, (int64_t)((uint64_t)from + LOOK_KEYS));
        if ((code = wb_sqlite_step(s->c, q, &row, s->err)))
            break;
        int64_t rows = sqlite3_column_int64(q, 0);
        *ret_rows += (uint64_t)rows;
        *ret_empty += rows == 0;
        sqlite3_reset(q);
    }
    return code;
}

static void cut_evenly(struct split *s, int64_t min, uint64_t span, uint64_t keys) {
    for (uint64_t at = keys; at <= span && at >= keys; at += keys)
        add_bound(s, wb_arena_printf(s->a, "%" PRId64, (int64_t)((uint64_t)min + at)));
}

/* The bound that stands for a value, NULL where none does: see wb_sqlite_bind_range for how it is
 * read. */
static const char *bound_of(struct split *s, sqlite3_stmt *q, enum wb_sqlite_affinity affinity) {
    int type = sqlite3_column_type(q, 0), len = sqlite3_column_bytes(q, 0);
    if (type == SQLITE_INTEGER && affinity != WB_SQLITE_TEXT && affinity != WB_SQLITE_BLOB)
        return wb_arena_printf(s->a, "%lld", sqlite3_column_int64(q, 0));
    if (type == SQLITE_TEXT && affinity == WB_SQLITE_TEXT) {
        const char *text = (const char *)sqlite3_column_text(q, 0);
        if (!text || strlen(text) != (size_t)len ||
            wb_str_utf8_valid(text, (size_t)len) != (size_t)len)
            return NULL;
        return wb_arena_strdup(s->a, text);
    }
    if (type != SQLITE_BLOB || affinity != WB_SQLITE_BLOB)
        return NULL;
    const unsigned char *p = sqlite3_column_blob(q, 0);
    char *hex = wb_arena_alloc(s->a, (size_t)len * 2 + 3);
    memcpy(hex, "0x", 3);
    for (int i = 0; i < len; i++)
        snprintf(hex + 2 + 2 * i, 3, "%02x", p[i]);
    return hex;
}

/* Take the key of every chunk_rows-th row, in the key's own order, which is that of the comparisons
 * made later. */
static enum wb_code walk(struct split *s, enum wb_sqlite_affinity affinity) {
    WB_CLEANUP_STMT sqlite3_stmt *q = NULL;
    enum wb_code code = prepare(
        s, &q, wb_arena_printf(s->a, "SELECT %s FROM %s ORDER BY %s", s->key, s->name, s->key));
    const char *last = NULL;
    bool row = true;
    for (uint64_t i = 0; !code; i++) {
        if ((code = wb_sqlite_step(s->c, q, &row, s->err)) || !row)
            break;
        if (i == 0 || i % s->chunk_rows)
            continue;
        const char *bound = bound_of(s, q, affinity);
        if (!bound || wb_str_eq(bound, last))
            continue; /* the chunk grows until the next one that can be said */
        add_bound(s, bound);
        last = bound;
    }
    return code;
}

static enum wb_code split_integer(struct split *s, enum wb_range_kind kind, struct wb_range **ret,
                                  size_t *ret_n) {
    int64_t min = 0, max = 0;
    bool any = false;
    enum wb_code code = find_ends(s, &min, &max, &any);
    uint64_t span =
        (uint64_t)max - (uint64_t)min; /* one less than the number of keys, which may be 2^64 */
    uint64_t rows = 0;
    unsigned empty = 0;
    if (!code && any && span >= s->chunk_rows) {
        if (span >= (uint64_t)LOOKS * LOOK_KEYS)
            code = look_around(s, min, span, &rows, &empty);
        else
            empty = LOOKS; /* small: walking is as cheap */
        if (!code && empty <= LOOKS / 4 && rows * 16 >= (uint64_t)LOOKS * LOOK_KEYS)
            cut_evenly(s, min, span, s->chunk_rows * LOOKS * LOOK_KEYS / rows);
        else if (!code)
            code = walk(s, WB_SQLITE_INTEGER);
    }
    if (!code)
        make_ranges(s, kind, ret, ret_n);
    return code;
}

/* All values of one class that bounds can be made of: numbers sort before text, text before blobs.
 */
static enum wb_code one_class(struct split *s, enum wb_sqlite_affinity affinity, bool *ret) {
    static const char *const class_of[] = {[WB_SQLITE_BLOB] = "blob",
                                           [WB_SQLITE_TEXT] = "text",
                                           [WB_SQLITE_NUMERIC] = "integer",
                                           [WB_SQLITE_INTEGER] = "integer",
                                           [WB_SQLITE_REAL] = "none"};
    WB_CLEANUP_STMT sqlite3_stmt *q = NULL;
    bool row = false;
    enum wb_code code = prepare(
        s, &q,
        wb_arena_printf(s->a,
                        "SELECT typeof((SELECT min(%s) FROM %s)), typeof((SELECT max(%s) FROM %s))",
                        s->key, s->name, s->key, s->name));
    if (code || (code = wb_sqlite_step(s->c, q, &row, s->err)))
        return code;
    const char *least = (const char *)sqlite3_column_text(q, 0),
               *greatest = (const char *)sqlite3_column_text(q, 1);
    *ret = wb_str_eq(least, class_of[affinity]) && wb_str_eq(greatest, class_of[affinity]);
    return WB_OK;
}

static enum wb_code split_by_walking(struct split *s, const struct wb_column *col,
                                     struct wb_range **ret, size_t *ret_n) {
    enum wb_sqlite_affinity affinity = wb_sqlite_affinity_of(col->type.native);
    bool able = false;
    enum wb_code code = one_class(s, affinity, &able);
    if (!code && able)
        code = walk(s, affinity);
    if (!code)
        make_ranges(s, s->n_bounds ? WB_RANGE_KEY : WB_RANGE_ALL, ret, ret_n);
    return code;
}

enum wb_code wb_sqlite_split(struct wb_conn *conn, const struct wb_table *t, uint64_t chunk_rows,
                             struct wb_arena *a, struct wb_range **ret, size_t *ret_n,
                             struct wb_error *err) {
    struct wb_sqlite *c = wb_sqlite_of(conn);
    wb_sqlite_call(c);
    const struct wb_column *col = wb_sqlite_split_column(t);
    const char *rowid = wb_sqlite_rowid_name(t);
    bool integer = col && col->type.kind == WB_KIND_INT;
    struct split s = {
        .c = c, .t = t, .a = a, .err = err, .chunk_rows = chunk_rows ? chunk_rows : 1};
    s.name = wb_arena_printf(a, "main.%s", quoted(a, t->name));
    s.key = col && (integer || !rowid) ? quoted(a, col->name) : rowid;
    enum wb_code code = WB_OK;
    if (integer)
        code = split_integer(&s, WB_RANGE_KEY, ret, ret_n);
    else if (rowid)
        code = split_integer(&s, WB_RANGE_PAGES, ret, ret_n);
    else if (col)
        code = split_by_walking(&s, col, ret, ret_n);
    else
        make_ranges(&s, WB_RANGE_ALL, ret, ret_n);
    if (code)
        wb_error_wrap(err, "cutting table %s into chunks", t->name);
    return code;
}
