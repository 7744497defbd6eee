/* Random rows without reading a large table: numbers between the smallest and the largest key are
 * drawn, and those that are keys are kept. So each row has the same chance, however wide the gaps
 * between keys are. */
#include "mapping/inside.h"

#include "base/str.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>

/* A smaller table is read as a whole; one whose keys fill less than a twentieth of their range,
 * too.
 */
enum { LEAST_ROWS = 200000, LEAST_SHARE = 10, DRAWN = 1000, MOST_DRAWS = 20 };

static enum wb_code random_numbers(uint64_t *to, size_t n, struct wb_error *err) {
    for (size_t i = 0; i < n;) {
        ssize_t got = getrandom(to + i, (n - i > 32 ? 32 : n - i) * sizeof *to, 0);
        if (got <= 0 || (size_t)got % sizeof *to)
            return wb_error_set(err, WB_E_INTERNAL, "the system gave no random bytes");
        i += (size_t)got / sizeof *to;
    }
    return WB_OK;
}

static int by_number(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static size_t without_twins(int64_t *keys, size_t n) {
    size_t kept = 0;
    qsort(keys, n, sizeof *keys, by_number);
    for (size_t i = 0; i < n; i++)
        if (!kept || keys[kept - 1] != keys[i])
            keys[kept++] = keys[i];
    return kept;
}

/* Those that are drawn and are keys, added to keys. */
static enum wb_code draw_some(struct wb_conn *c, const struct wb_mapping_side *s, int64_t least,
                              uint64_t span, int64_t *keys, size_t *n, struct wb_error *err) {
    uint64_t numbers[DRAWN];
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    enum wb_code code = random_numbers(numbers, DRAWN, err);
    wb_buf_addf(&sql, "SELECT %s FROM %s WHERE %s IN (", s->key[0], s->table, s->key[0]);
    for (size_t i = 0; i < DRAWN; i++)
        wb_buf_addf(&sql, "%s%" PRId64, i ? ", " : "",
                    (int64_t)((uint64_t)least + numbers[i] % span));
    wb_buf_addc(&sql, ')');
    if (!code)
        code = c->engine->query(c, wb_buf_str(&sql), &a, &rows, err);
    for (size_t i = 0; !code && i < rows.n_rows && i < DRAWN; i++)
        if (rows.values[i][0] && wb_str_int64(rows.values[i][0], INT64_MIN, INT64_MAX, &keys[*n]))
            ++*n;
    wb_arena_done(&a);
    return code;
}

static enum wb_code range_of(struct wb_conn *c, const struct wb_mapping_side *s, int64_t *ret_least,
                             uint64_t *ret_span, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    int64_t least, most;
    const char *sql =
        wb_arena_printf(&a, "SELECT min(%s), max(%s) FROM %s", s->key[0], s->key[0], s->table);
    enum wb_code code = c->engine->query(c, sql, &a, &rows, err);
    *ret_span = 0;
    if (!code && rows.values[0][0] && rows.values[0][1] &&
        wb_str_int64(rows.values[0][0], INT64_MIN, INT64_MAX, &least) &&
        wb_str_int64(rows.values[0][1], INT64_MIN, INT64_MAX, &most)) {
        *ret_least = least;
        *ret_span = (uint64_t)most - (uint64_t)least + 1;
    }
    wb_arena_done(&a);
    return code;
}

/* The first wanted of them, each with the same chance. */
static enum wb_code shuffle(int64_t *keys, size_t n, size_t wanted, struct wb_error *err) {
    for (size_t i = 0; i < wanted; i++) {
        uint64_t number;
        enum wb_code code = random_numbers(&number, 1, err);
        if (code)
            return code;
        size_t other = i + (size_t)(number % (n - i));
        int64_t key = keys[i];
        keys[i] = keys[other];
        keys[other] = key;
    }
    return WB_OK;
}

enum wb_code wb_mapping_draw(struct wb_conn *c, const struct wb_mapping_pair *p,
                             const struct wb_mapping_side *s, const struct wb_mapping_opts *opts,
                             struct wb_arena *a, int64_t **ret, size_t *ret_n,
                             struct wb_error *err) {
    enum wb_kind kind = s->column[0]->type.kind;
    size_t wanted = (size_t)opts->sample_rows, n = 0;
    int64_t least = 0, *keys;
    uint64_t span = 0;
    *ret_n = 0;
    if (p->n_key > 1 || (kind != WB_KIND_INT && kind != WB_KIND_UINT) || !s->column[0]->not_null ||
        s->t->est_rows < LEAST_ROWS || s->t->est_rows / LEAST_SHARE < opts->sample_rows)
        return WB_OK;
    enum wb_code code = range_of(c, s, &least, &span, err);
    keys = code || !span ? NULL : WB_NEW_N(a, int64_t, wanted + DRAWN);
    for (size_t draws = wanted / DRAWN * MOST_DRAWS + MOST_DRAWS; keys && draws && n < wanted;
         draws--) {
        code = wb_cancel_check(opts->cancel, err);
        if (!code)
            code = draw_some(c, s, least, span, keys, &n, err);
        if (code)
            break;
        n = n < wanted ? n : without_twins(keys, n);
    }
    if (!code && keys && n >= wanted && !(code = shuffle(keys, n, wanted, err))) {
        *ret = keys;
        *ret_n = wanted;
    }
    return code;
}
