/* Part by part of the old table's key, then of the new one's. A part grows while its statement is
 * quick and shrinks where it is not. */
#include "mapping/inside.h"

#include "base/clock.h"
#include "base/str.h"

#include <inttypes.h>
#include <string.h>

enum { FIRST_ROWS = 20000, LEAST_ROWS = 1000, QUICK_MS = 500, SLOW_MS = 5000, AT_ONCE = 500 };

struct comparison {
    struct wb_conn *c;
    const struct wb_mapping_pair *p;
    const struct wb_mapping_opts *opts;
    struct wb_arena *a; /* as long as the result */
    struct wb_arena part;
    struct wb_mapping_result r;
    const struct wb_mapping_side *side; /* whose parts are taken */
};

/* --- what a statement tells
 * ------------------------------------------------------------------------ */

static uint64_t count_at(const char *text) {
    int64_t n = 0;
    return text && wb_str_int64(text, 0, INT64_MAX, &n) ? (uint64_t)n : 0;
}

/* Other keys may be somebody's data. A column of SQLite may hold anything: its numbers are told. */
static bool is_told(const struct wb_column *c, const char *value) {
    int64_t number;
    switch (c->type.kind) {
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_DECIMAL:
    case WB_KIND_UUID:
        return true;
    default:
        return !value ||
               (c->type.kind == WB_KIND_ANY && wb_str_int64(value, INT64_MIN, INT64_MAX, &number));
    }
}

/* keys: the key's columns in a row. */
static void take(struct comparison *x, struct wb_mapping_count *to, const char *const *keys,
                 uint64_t rows) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    bool told = to->n_keys < WB_MAPPING_KEYS;
    to->rows += rows;
    for (size_t i = 0; i < x->p->n_key && told; i++) {
        told = is_told(x->side->column[i], keys[i]);
        wb_buf_addf(&b, "%s%s", i ? "/" : "", keys[i] ? keys[i] : "NULL");
    }
    if (told)
        to->keys[to->n_keys++] = wb_arena_strdup(x->a, wb_buf_str(&b));
}

static enum wb_code ask(struct comparison *x, struct wb_buf *sql, struct wb_rows *ret,
                        struct wb_error *err) {
    enum wb_code code = wb_cancel_check(x->opts->cancel, err);
    wb_arena_reset(&x->part);
    if (!code)
        code = x->c->engine->query(x->c, wb_buf_str(sql), &x->part, ret, err);
    if (!code && ret->n_rows > WB_MAPPING_MOST)
        x->r.at_least = true;
    if (!code && x->opts->told)
        x->opts->told(x->opts->ctx, x->r.join->to, x->r.rows + x->r.new_rows);
    return code;
}

/* A row that meets two of the new table counts once. */
static void take_values(struct comparison *x, const char *const *row, bool sampled) {
    size_t n = x->p->n_values;
    uint64_t count = count_at(row[1 + n + x->p->n_key]);
    const char *const *key = row + 1 + n;
    bool differs = false;
    if (sampled && count > 1)
        take(x, &x->r.doubled, key, 1);
    if (!x->p->unique && (sampled || key[0]))
        count = 1;
    x->r.rows += x->p->unique || sampled ? count : 0;
    if (count_at(row[0])) {
        take(x, &x->r.missing, key, count);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        bool other = count_at(row[1 + i]) != 0;
        x->r.columns[i].rows += other ? count : 0;
        differs |= other;
    }
    if (differs)
        take(x, &x->r.changed, key, count);
}

static enum wb_code compare_values(struct comparison *x, const struct wb_mapping_part *part,
                                   struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0}, number = {0};
    struct wb_rows rows = {0};
    bool each = x->opts->sample_rows && !x->p->unique;
    wb_mapping_sql_values(&sql, x->p, part, each ? WB_MAPPING_EACH_ROW : WB_MAPPING_WHAT_DIFFERS);
    enum wb_code code = ask(x, &sql, &rows, err);
    for (size_t i = 0; !code && i < rows.n_rows; i++)
        take_values(x, (const char *const *)rows.values[i], each);
    if (code || x->p->unique || each)
        return code;
    wb_mapping_sql_count(&number, x->p, part);
    code = ask(x, &number, &rows, err);
    x->r.rows += code ? 0 : count_at(rows.values[0][0]);
    return code;
}

static enum wb_code look_for_extra(struct comparison *x, const struct wb_mapping_part *part,
                                   struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0}, twice = {0};
    struct wb_rows rows = {0};
    wb_mapping_sql_extra(&sql, x->p, part);
    enum wb_code code = ask(x, &sql, &rows, err);
    for (size_t i = 0; !code && i < rows.n_rows; i++) {
        const char *const *row = (const char *const *)rows.values[i];
        uint64_t count = count_at(row[1 + x->p->n_key]);
        x->r.new_rows += count;
        if (count_at(row[0]))
            take(x, &x->r.extra, row + 1, count);
    }
    if (code || x->p->unique || x->opts->sample_rows || part->nulls)
        return code;
    wb_mapping_sql_doubled(&twice, x->p, part);
    code = ask(x, &twice, &rows, err);
    for (size_t i = 0; !code && i < rows.n_rows; i++)
        take(x, &x->r.doubled, (const char *const *)rows.values[i], 1);
    return code;
}

static enum wb_code compare_part(struct comparison *x, const struct wb_mapping_part *part,
                                 struct wb_error *err) {
    return x->side == &x->p->old ? compare_values(x, part, err) : look_for_extra(x, part, err);
}

/* --- parts of a key
 * -------------------------------------------------------------------------------- */

static bool is_number(const char *s) {
    s += *s == '-';
    return *s && strspn(s, "0123456789.") == strlen(s);
}

/* Bounds are the server's own values, compared by the server: only their spelling matters here.
 * Without an index on both sides each part would read a whole table. */
static bool can_part(const struct comparison *x, const struct wb_column *c) {
    switch (c->type.kind) {
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_DECIMAL:
    case WB_KIND_TEXT:
    case WB_KIND_UUID:
        return x->p->indexed;
    default:
        return false;
    }
}

static const char *literal(struct comparison *x, const char *value, struct wb_arena *a) {
    const struct wb_column *c = x->side->column[0];
    WB_CLEANUP_BUF struct wb_buf b = {0};
    bool number = c->type.kind != WB_KIND_TEXT && c->type.kind != WB_KIND_UUID;
    if (number && is_number(value))
        return wb_arena_strdup(a, value);
    x->c->engine->quote_text(&b, value, strlen(value));
    return wb_arena_strdup(a, wb_buf_str(&b));
}

/* The upper bound of the next part; NULL: there is none. */
static enum wb_code find_bound(struct comparison *x, const char *above, uint64_t rows,
                               struct wb_arena *a, const char **ret, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows found = {0};
    wb_mapping_sql_bound(&sql, x->p, x->side, above, rows);
    enum wb_code code = ask(x, &sql, &found, err);
    if (!code)
        *ret = found.n_rows && found.values[0][0] ? literal(x, found.values[0][0], a) : NULL;
    return code;
}

static uint64_t next_size(uint64_t rows, uint64_t took_ms) {
    if (took_ms < QUICK_MS && rows < WB_MAPPING_MOST)
        return rows * 2 > WB_MAPPING_MOST ? WB_MAPPING_MOST : rows * 2;
    return took_ms > SLOW_MS && rows / 2 >= LEAST_ROWS ? rows / 2 : rows;
}

static enum wb_code compare_side(struct comparison *x, const struct wb_mapping_side *side,
                                 struct wb_error *err) {
    struct wb_arena bounds[2] = {{0}, {0}}; /* of this part and the one before */
    struct wb_mapping_part part = {0};
    uint64_t rows = FIRST_ROWS;
    enum wb_code code = WB_OK;
    x->side = side;
    if (!can_part(x, side->column[0]))
        return compare_part(x, &part, err);
    for (unsigned i = 0; !code; i++) {
        wb_arena_reset(&bounds[i % 2]);
        code = find_bound(x, part.above, rows, &bounds[i % 2], &part.upto, err);
        uint64_t began = wb_clock_monotonic_us();
        if (!code)
            code = compare_part(x, &part, err);
        if (code || !part.upto)
            break;
        rows = next_size(rows, (wb_clock_monotonic_us() - began) / 1000);
        part.above = part.upto;
    }
    /* Without any bound the one part was all of it, with the rows that have no key. */
    if (!code && part.above && !side->column[0]->not_null)
        code = compare_part(x, &(struct wb_mapping_part){.nulls = true}, err);
    wb_arena_done(&bounds[0]);
    wb_arena_done(&bounds[1]);
    return code;
}

/* --- random rows
 * ----------------------------------------------------------------------------------- */

static enum wb_code sample_side(struct comparison *x, const struct wb_mapping_side *side,
                                struct wb_error *err) {
    struct wb_arena a = {0};
    int64_t *keys = NULL;
    size_t n = 0;
    x->side = side;
    enum wb_code code = wb_mapping_draw(x->c, x->p, side, x->opts, &a, &keys, &n, err);
    if (!code && !n)
        code = compare_part(x, &(struct wb_mapping_part){.random = x->opts->sample_rows}, err);
    for (size_t i = 0; !code && i < n; i += AT_ONCE) {
        WB_CLEANUP_BUF struct wb_buf among = {0};
        for (size_t k = i; k < n && k < i + AT_ONCE; k++)
            wb_buf_addf(&among, "%s%" PRId64, k > i ? ", " : "", keys[k]);
        code = compare_part(x, &(struct wb_mapping_part){.among = wb_buf_str(&among)}, err);
    }
    if (side == &x->p->old)
        x->r.chosen = n ? "drawn from the range of the key" : "chosen by the database";
    wb_arena_done(&a);
    return code;
}

/* --- all of it
 * ------------------------------------------------------------------------------------- */

static const char *bare(const char *table) {
    const char *dot = strrchr(table, '.');
    return dot ? dot + 1 : table;
}

static void name_key(struct comparison *x) {
    WB_CLEANUP_BUF struct wb_buf on = {0}, key = {0};
    const struct wb_plan_join *j = x->r.join;
    for (size_t i = 0; i < x->p->n_key; i++) {
        wb_buf_addf(&on, "%s%s.%s = %s.%s", i ? " and " : "", bare(j->to),
                    x->p->new.column[i]->name, bare(j->from), x->p->old.column[i]->name);
        wb_buf_addf(&key, "%s%s", i ? "/" : "", x->p->old.column[i]->name);
    }
    x->r.on = wb_arena_strdup(x->a, wb_buf_str(&on));
    x->r.key = wb_arena_strdup(x->a, wb_buf_str(&key));
}

static enum wb_code compare(struct comparison *x, struct wb_error *err) {
    enum wb_code (*both)(struct comparison *, const struct wb_mapping_side *, struct wb_error *) =
        x->opts->sample_rows ? sample_side : compare_side;
    name_key(x);
    x->r.n_columns = x->p->n_values;
    x->r.columns = WB_NEW_N(x->a, struct wb_mapping_column, x->p->n_values + 1);
    for (size_t i = 0; i < x->p->n_values; i++)
        x->r.columns[i].name = x->p->values[i].name;
    enum wb_code code = both(x, &x->p->old, err);
    return code ? code : both(x, &x->p->new, err);
}

enum wb_code wb_mapping_compare(struct wb_conn *c, const struct wb_plan_join *j,
                                const struct wb_mapping_opts *opts, struct wb_arena *a,
                                struct wb_mapping_result *ret, struct wb_error *err) {
    struct wb_mapping_catalogs catalogs = {0};
    struct wb_mapping_pair pair;
    enum wb_code code = wb_mapping_pair_up(c, j, a, &catalogs, &pair, err);
    if (!code) {
        struct comparison x = {.c = c, .p = &pair, .opts = opts, .a = a, .r = {.join = j}};
        code = compare(&x, err);
        if (code == WB_E_TIMEOUT && !pair.indexed)
            wb_error_wrap(err, "in one statement, for no index of %s begins with %s", j->to,
                          pair.new.column[0]->name);
        wb_arena_done(&x.part);
        if (!code)
            *ret = x.r;
    }
    wb_mapping_catalogs_done(&catalogs);
    return code ? wb_error_wrap(err, "comparing %s with %s", j->from, j->to) : WB_OK;
}
