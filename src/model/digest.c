#include "model/digest.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Worst case of everything in a cell that is not its own bytes. */
enum { FIXED_MAX = 80, LARGE_BYTES = 1 << 20 };

static unsigned char *put_le64(unsigned char *p, uint64_t v) {
    memcpy(p, &v, 8); /* whimbrel runs on little-endian machines only; meson.build checks */
    return p + 8;
}

static unsigned char *put_le32(unsigned char *p, uint32_t v) {
    memcpy(p, &v, 4);
    return p + 4;
}

static unsigned char *put_integer(unsigned char *p, const struct wb_cell *c) {
    *p++ = c->form == WB_FORM_UINT;
    return put_le64(p, c->u);
}

static unsigned char *put_double(unsigned char *p, double d) {
    if (isnan(d))
        d = NAN;
    if (d == 0)
        d = 0; /* -0 and 0 are one value */
    uint64_t bits;
    memcpy(&bits, &d, 8);
    if (isnan(d))
        bits = 0x7ff8000000000000u;
    return put_le64(p, bits);
}

static unsigned char *put_bytes(unsigned char *p, const void *bytes, uint32_t len) {
    p = put_le32(p, len);
    if (len)
        memcpy(p, bytes, len);
    return p + len;
}

/* -007.50 is -7.5; 0.00 and -0 are 0. */
static unsigned char *put_decimal_text(unsigned char *p, const unsigned char *s, uint32_t len) {
    unsigned char *length_at = p, *start = p + 4;
    p = start;
    bool negative = len && *s == '-';
    if (len && (*s == '-' || *s == '+')) {
        s++;
        len--;
    }
    const unsigned char *point = memchr(s, '.', len);
    if (point)
        while (len && s[len - 1] == '0')
            len--;
    if (len && s[len - 1] == '.')
        len--;
    while (len > 1 && *s == '0' && s[1] != '.') {
        s++;
        len--;
    }
    bool zero = len == 0 || (len == 1 && *s == '0');
    if (negative && !zero)
        *p++ = '-';
    if (zero) {
        *p++ = '0';
    } else {
        if (*s == '.')
            *p++ = '0';
        memcpy(p, s, len);
        p += len;
    }
    put_le32(length_at, (uint32_t)(p - start));
    return p;
}

static unsigned char *put_decimal(unsigned char *p, const struct wb_cell *c) {
    char digits[24];
    if (c->form == WB_FORM_TEXT)
        return put_decimal_text(p, c->p, c->len);
    int n = c->form == WB_FORM_UINT ? snprintf(digits, sizeof digits, "%" PRIu64, c->u)
                                    : snprintf(digits, sizeof digits, "%" PRId64, c->i);
    return put_bytes(p, digits, (uint32_t)n);
}

static unsigned char *put_bits(unsigned char *p, const struct wb_type *t, const struct wb_cell *c) {
    if (c->form == WB_FORM_TEXT)
        return put_bytes(p, c->p, c->len);
    uint32_t n = t->length && t->length <= 64 ? t->length : 64;
    p = put_le32(p, n);
    for (uint32_t i = n; i-- > 0;)
        *p++ = (unsigned char)('0' + (c->u >> i & 1));
    return p;
}

static unsigned char *put_interval(unsigned char *p, const struct wb_cell *c) {
    if (c->form == WB_FORM_TEXT)
        return put_bytes(p, c->p, c->len);
    char text[40];
    int n = snprintf(text, sizeof text, "0 0 %" PRId64, c->i);
    return put_bytes(p, text, (uint32_t)n);
}

static unsigned char *put_any(unsigned char *p, const struct wb_cell *c) {
    *p++ = c->form;
    if (c->form == WB_FORM_INT || c->form == WB_FORM_UINT)
        return put_integer(p, c);
    if (c->form == WB_FORM_DOUBLE)
        return put_double(p, c->d);
    return put_bytes(p, c->p, c->len);
}

static inline bool has_bytes(const struct wb_cell *c) {
    return c->form == WB_FORM_TEXT || c->form == WB_FORM_BYTES || c->form == WB_FORM_INVALID;
}

static unsigned char *put_cell(unsigned char *p, const struct wb_type *t, const struct wb_cell *c) {
    if (c->form == WB_FORM_NULL) {
        *p++ = 0;
        return p;
    }
    *p++ = 1;
    if (__builtin_expect(c->form == WB_FORM_INVALID, 0))
        return put_any(p, c);
    switch (t->kind) {
    case WB_KIND_BOOL:
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_YEAR:
    case WB_KIND_DATE:
    case WB_KIND_TIME:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
        if (!has_bytes(c))
            return put_integer(p, c);
        break;
    case WB_KIND_FLOAT:
        if (c->form == WB_FORM_DOUBLE)
            return put_double(p, c->d);
        break;
    case WB_KIND_DECIMAL:
        return put_decimal(p, c);
    case WB_KIND_BIT:
        return put_bits(p, t, c);
    case WB_KIND_INTERVAL:
        return put_interval(p, c);
    case WB_KIND_ANY:
        return put_any(p, c);
    default:
        break;
    }
    /* A form that the kind does not promise still gets bytes of its own, marked, so that it never
     * equals another. */
    if (!has_bytes(c))
        return put_any(p, c);
    return put_bytes(p, c->p, c->len);
}

static inline size_t canon_bound(const struct wb_cell *c) {
    return FIXED_MAX + (has_bytes(c) ? c->len : 0);
}

void wb_canon_cell(struct wb_buf *to, const struct wb_type *type, const struct wb_cell *cell) {
    wb_buf_reserve(to, canon_bound(cell));
    to->len = (size_t)(put_cell(to->data + to->len, type, cell) - to->data);
}

static inline void add_hash(struct wb_digest *d, XXH128_hash_t h) {
    d->lo += h.low64;
    d->hi += h.high64 + (d->lo < h.low64);
}

/* Whether the canonical bytes end with the cell's own, as they are. */
static bool ends_with_bytes(const struct wb_type *t, const struct wb_cell *c) {
    return has_bytes(c) && (c->form == WB_FORM_INVALID || t->kind != WB_KIND_DECIMAL);
}

/* The same hash as that of all bytes at once, without a copy of values of many MiB. columns NULL:
 * the first n. */
static XXH128_hash_t hash_large(const struct wb_cell *row, const uint32_t *columns, size_t n,
                                const struct wb_type *const *types, XXH64_hash_t seed,
                                struct wb_buf *scratch) {
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        abort();
    XXH3_128bits_reset_withSeed(state, seed);
    for (size_t i = 0; i < n; i++) {
        size_t at = columns ? columns[i] : i;
        struct wb_cell head = row[at];
        bool apart = ends_with_bytes(types[at], &head);
        if (apart)
            head.len = 0;
        wb_buf_reset(scratch);
        wb_buf_reserve(scratch, canon_bound(&head));
        unsigned char *end = put_cell(scratch->data, types[at], &head);
        if (apart)
            put_le32(end - sizeof(uint32_t), row[at].len);
        XXH3_128bits_update(state, scratch->data, (size_t)(end - scratch->data));
        if (apart && row[at].len)
            XXH3_128bits_update(state, row[at].p, row[at].len);
    }
    XXH128_hash_t h = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    return h;
}

/* The hash of n cells. */
static inline XXH128_hash_t hash_cells(const struct wb_cell *row, uint32_t n,
                                       const struct wb_type *const *types, XXH64_hash_t seed,
                                       struct wb_buf *scratch) {
    size_t bound = 0;
    for (uint32_t i = 0; i < n; i++)
        bound += canon_bound(&row[i]);
    if (__builtin_expect(bound > LARGE_BYTES, 0))
        return hash_large(row, NULL, n, types, seed, scratch);
    wb_buf_reset(scratch);
    wb_buf_reserve(scratch, bound);
    unsigned char *p = scratch->data;
    for (uint32_t i = 0; i < n; i++)
        p = put_cell(p, types[i], &row[i]);
    return XXH3_128bits_withSeed(scratch->data, (size_t)(p - scratch->data), seed);
}

void wb_digest_add_batch(struct wb_digest *d, const struct wb_batch *b,
                         const struct wb_type *const *types, struct wb_buf *scratch) {
    for (uint32_t r = 0; r < b->n_rows; r++)
        add_hash(d, hash_cells(wb_batch_row(b, r), b->n_columns, types, 0, scratch));
    d->rows += b->n_rows;
}

void wb_digest_add_batch_apart(struct wb_digest *d, struct wb_digest *apart, uint32_t n_first,
                               const struct wb_batch *b, const struct wb_type *const *types,
                               struct wb_buf *scratch) {
    for (uint32_t r = 0; r < b->n_rows; r++) {
        const struct wb_cell *row = wb_batch_row(b, r);
        XXH128_hash_t of_row = hash_cells(row, n_first, types, 0, scratch);
        add_hash(d, of_row);
        for (uint32_t i = n_first; i < b->n_columns; i++) /* nor another column's of its row */
            add_hash(&apart[i - n_first],
                     hash_cells(&row[i], 1, &types[i], of_row.low64 + i, scratch));
    }
    d->rows += b->n_rows;
}

void wb_digest_rows(const struct wb_batch *b, const struct wb_type *const *types,
                    const uint32_t *columns, size_t n_columns, struct wb_buf *scratch,
                    struct wb_row_digest *ret) {
    for (uint32_t r = 0; r < b->n_rows; r++) {
        const struct wb_cell *row = wb_batch_row(b, r);
        size_t bound = 0;
        for (size_t i = 0; i < n_columns; i++)
            bound += canon_bound(&row[columns[i]]);
        XXH128_hash_t h;
        if (__builtin_expect(bound > LARGE_BYTES, 0)) {
            h = hash_large(row, columns, n_columns, types, 0, scratch);
        } else {
            wb_buf_reset(scratch);
            wb_buf_reserve(scratch, bound);
            unsigned char *p = scratch->data;
            for (size_t i = 0; i < n_columns; i++)
                p = put_cell(p, types[columns[i]], &row[columns[i]]);
            h = XXH3_128bits(scratch->data, (size_t)(p - scratch->data));
        }
        ret[r] = (struct wb_row_digest){.lo = h.low64, .hi = h.high64};
    }
}

void wb_digest_add(struct wb_digest *d, const struct wb_digest *part) {
    d->lo += part->lo;
    d->hi += part->hi + (d->lo < part->lo);
    d->rows += part->rows;
}

void wb_digest_subtract(struct wb_digest *d, const struct wb_digest *part) {
    d->hi -= part->hi + (d->lo < part->lo);
    d->lo -= part->lo;
    d->rows -= part->rows;
}

bool wb_digest_equal(const struct wb_digest *a, const struct wb_digest *b) {
    return a->lo == b->lo && a->hi == b->hi && a->rows == b->rows;
}

char *wb_digest_format(const struct wb_digest *d, char to[WB_DIGEST_TEXT_BYTES]) {
    snprintf(to, WB_DIGEST_TEXT_BYTES, "%016" PRIx64 "%016" PRIx64, d->hi, d->lo);
    return to;
}

bool wb_digest_parse(const char *text, uint64_t rows, struct wb_digest *ret) {
    if (!text || strlen(text) != 32 || strspn(text, "0123456789abcdef") != 32)
        return false;
    return sscanf(text, "%16" SCNx64 "%16" SCNx64, &ret->hi, &ret->lo) == 2 &&
           (ret->rows = rows, true);
}
