/* How it works: a row's bytes are checked and read in place; cells point into them, and only what
 * has another form in a cell (numbers as text, addresses, sets) is written anew into the slab. */
#include "pg/copy.h"
#include "pg/numeric.h"
#include "pg/wire.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SLAB_BYTES = 64 * 1024, HEADER_BYTES = 19, HAS_OIDS = 1 << 16 };

unsigned char *wb_pg_slab_take(struct wb_pg_slab *s, size_t bytes) {
    if (!s->p || (size_t)(s->end - s->p) < bytes) {
        if (bytes > SLAB_BYTES / 2)
            return wb_arena_alloc(s->arena, bytes);
        s->p = wb_arena_alloc(s->arena, SLAB_BYTES);
        s->end = s->p + SLAB_BYTES;
    }
    unsigned char *taken = s->p;
    s->p += bytes;
    return taken;
}

bool wb_pg_wire_borrows(enum wb_pg_wire wire) {
    switch (wire) {
    case WB_PG_WIRE_NONE:
    case WB_PG_WIRE_TEXT:
    case WB_PG_WIRE_JSONB:
    case WB_PG_WIRE_BYTEA:
    case WB_PG_WIRE_UUID:
        return true;
    default:
        return false;
    }
}

/* Bits 0 to 15 of the flags are not critical; of those above only "with OIDs" ever had a meaning,
 * and no server that is supported sets it. */
size_t wb_pg_decode_header(const unsigned char *p, size_t len) {
    static const unsigned char signature[11] = "PGCOPY\n\377\r\n";
    if (len < HEADER_BYTES || memcmp(p, signature, sizeof signature) != 0 ||
        wb_get_be32(p + 11) >> 16)
        return 0;
    uint32_t extension = wb_get_be32(p + 15);
    return extension > len - HEADER_BYTES ? 0 : HEADER_BYTES + extension;
}

/* NULL where all went well, else what was wrong. */
typedef const char *problem;

static problem get_numeric(const unsigned char *p, uint32_t len, struct wb_pg_slab *slab,
                           struct wb_cell *c) {
    size_t room = wb_pg_numeric_text_room(p, len);
    if (!room)
        return "is no numeric";
    unsigned char *text = wb_pg_slab_take(slab, room);
    *c = wb_cell_text(text, (uint32_t)wb_pg_numeric_to_text(p, text));
    return NULL;
}

/* The server's range ends thirty years behind that of microseconds since 1970. */
static void get_timestamp(const unsigned char *p, struct wb_cell *c) {
    static const unsigned char late[] = "a timestamp after the year 294246";
    int64_t v = (int64_t)wb_get_be64(p);
    if (v == INT64_MAX || v == INT64_MIN)
        *c = wb_cell_int(v > 0 ? WB_INFINITY : -WB_INFINITY);
    else if (__builtin_add_overflow(v, WB_PG_EPOCH_US, &v) || v == WB_INFINITY)
        *c = wb_cell_invalid(late, sizeof late - 1, WB_ISSUE_RANGE);
    else
        *c = wb_cell_int(v);
}

static void get_date(const unsigned char *p, struct wb_cell *c) {
    int32_t v = (int32_t)wb_get_be32(p);
    *c = wb_cell_int(v == INT32_MAX   ? WB_INFINITY
                     : v == INT32_MIN ? -WB_INFINITY
                                      : (int64_t)v + WB_PG_EPOCH_DAYS);
}

static void put_text(struct wb_pg_slab *slab, const char *text, size_t n, struct wb_cell *c) {
    unsigned char *to = wb_pg_slab_take(slab, n);
    memcpy(to, text, n);
    *c = wb_cell_text(to, (uint32_t)n);
}

static void get_interval(const unsigned char *p, struct wb_pg_slab *slab, struct wb_cell *c) {
    int64_t us = (int64_t)wb_get_be64(p);
    int32_t days = (int32_t)wb_get_be32(p + 8), months = (int32_t)wb_get_be32(p + 12);
    if (!days && !months) {
        *c = wb_cell_int(us);
        return;
    }
    char text[64];
    int n = snprintf(text, sizeof text, "%d %d %" PRId64, months, days, us);
    put_text(slab, text, (size_t)n, c);
}

/* An integer where the type is bit(n), n <= 64; text for the varying and the wider ones. */
static problem get_bits(const struct wb_pg_field *f, const unsigned char *p, uint32_t len,
                        struct wb_pg_slab *slab, struct wb_cell *c) {
    uint32_t n = len >= 4 ? wb_get_be32(p) : 0;
    if (len < 4 || n > INT32_MAX - 7 || len - 4 != (n + 7) / 8)
        return "is no bit string";
    p += 4;
    if (f->type->fixed && f->bits && f->bits <= 64) {
        uint64_t v = 0;
        if (n != f->bits)
            return "has another number of bits than its type";
        for (uint32_t i = 0; i < n; i++)
            v = v << 1 | (p[i / 8] >> (7 - i % 8) & 1);
        *c = wb_cell_uint(v);
        return NULL;
    }
    unsigned char *to = wb_pg_slab_take(slab, n);
    for (uint32_t i = 0; i < n; i++)
        to[i] = (unsigned char)('0' + (p[i / 8] >> (7 - i % 8) & 1));
    *c = wb_cell_text(to, n);
    return NULL;
}

static problem get_inet(const unsigned char *p, uint32_t len, struct wb_pg_slab *slab,
                        struct wb_cell *c) {
    bool six = len == 20;
    if ((len != 8 && len != 20) || p[0] != (six ? WB_PG_INET_FAMILY_6 : WB_PG_INET_FAMILY_4) ||
        p[3] != (six ? 16 : 4) || p[1] > (six ? 128 : 32))
        return "is no inet";
    char text[INET6_ADDRSTRLEN + 8];
    inet_ntop(six ? AF_INET6 : AF_INET, p + 4, text, INET6_ADDRSTRLEN);
    size_t n = strlen(text);
    if (p[1] != (six ? 128 : 32))
        n += (size_t)snprintf(text + n, sizeof text - n, "/%u", p[1]);
    put_text(slab, text, n, c);
    return NULL;
}

static problem get_set(const unsigned char *p, uint32_t len, struct wb_pg_slab *slab,
                       struct wb_cell *c) {
    const unsigned char *end = p + len;
    if (len < 12 || wb_get_be32(p) > 1)
        return "is no array of one dimension";
    if (wb_get_be32(p) == 0) {
        *c = wb_cell_text(p, 0);
        return NULL;
    }
    if (len < 20)
        return "is an array that ends too soon";
    uint32_t n = wb_get_be32(p + 12);
    unsigned char *to = wb_pg_slab_take(slab, len), *q = to;
    p += 20;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t size = end - p >= 4 ? wb_get_be32(p) : UINT32_MAX;
        if (size > (size_t)(end - p) - 4 || end - p < 4)
            return "is an array with a NULL, or one that ends too soon";
        if (i)
            *q++ = ',';
        memcpy(q, p + 4, size);
        q += size;
        p += 4 + size;
    }
    if (p != end)
        return "is an array with bytes behind its end";
    *c = wb_cell_text(to, (uint32_t)(q - to));
    return NULL;
}

/* Bytes of the wire forms of fixed length, 0 for the others. */
static const unsigned char fixed_length[] = {
    [WB_PG_WIRE_BOOL] = 1,      [WB_PG_WIRE_INT2] = 2,   [WB_PG_WIRE_INT4] = 4,
    [WB_PG_WIRE_INT8] = 8,      [WB_PG_WIRE_FLOAT4] = 4, [WB_PG_WIRE_FLOAT8] = 8,
    [WB_PG_WIRE_DATE] = 4,      [WB_PG_WIRE_TIME] = 8,   [WB_PG_WIRE_TIMESTAMP] = 8,
    [WB_PG_WIRE_INTERVAL] = 16, [WB_PG_WIRE_UUID] = 16,  [WB_PG_WIRE_TEXT_ARRAY] = 0,
};

static problem get_float(enum wb_pg_wire wire, const unsigned char *p, struct wb_cell *c) {
    if (wire == WB_PG_WIRE_FLOAT4) {
        float narrow;
        uint32_t bits = wb_get_be32(p);
        memcpy(&narrow, &bits, 4);
        *c = wb_cell_double(narrow);
    } else {
        double d;
        uint64_t bits = wb_get_be64(p);
        memcpy(&d, &bits, 8);
        *c = wb_cell_double(d);
    }
    return NULL;
}

static problem get_field(const struct wb_pg_field *f, const unsigned char *p, uint32_t len,
                         struct wb_pg_slab *slab, struct wb_cell *c) {
    if (fixed_length[f->wire] && len != fixed_length[f->wire])
        return "has another length than its type";
    switch (f->wire) {
    case WB_PG_WIRE_BOOL:
        *c = wb_cell_int(*p != 0);
        return NULL;
    case WB_PG_WIRE_INT2:
        *c = wb_cell_int((int16_t)wb_get_be16(p));
        return NULL;
    case WB_PG_WIRE_INT4:
        *c = wb_cell_int((int32_t)wb_get_be32(p));
        return NULL;
    case WB_PG_WIRE_INT8:
    case WB_PG_WIRE_TIME:
        *c = wb_cell_int((int64_t)wb_get_be64(p));
        return NULL;
    case WB_PG_WIRE_FLOAT4:
    case WB_PG_WIRE_FLOAT8:
        return get_float(f->wire, p, c);
    case WB_PG_WIRE_NUMERIC:
        return get_numeric(p, len, slab, c);
    case WB_PG_WIRE_DATE:
        get_date(p, c);
        return NULL;
    case WB_PG_WIRE_TIMESTAMP:
        get_timestamp(p, c);
        return NULL;
    case WB_PG_WIRE_INTERVAL:
        get_interval(p, slab, c);
        return NULL;
    case WB_PG_WIRE_BYTEA:
    case WB_PG_WIRE_UUID:
        *c = wb_cell_bytes(p, len);
        return NULL;
    case WB_PG_WIRE_JSONB:
        if (len < 1 || *p != 1)
            return "is jsonb of an unknown version";
        *c = wb_cell_text(p + 1, len - 1);
        return NULL;
    case WB_PG_WIRE_BIT:
        return get_bits(f, p, len, slab, c);
    case WB_PG_WIRE_INET:
        return get_inet(p, len, slab, c);
    case WB_PG_WIRE_TEXT_ARRAY:
        return get_set(p, len, slab, c);
    case WB_PG_WIRE_TEXT:
    case WB_PG_WIRE_NONE:
        *c = wb_cell_text(p, len);
        return NULL;
    }
    return "has no known form";
}

enum wb_code wb_pg_decode_row(const struct wb_pg_field *fields, size_t n, const unsigned char *p,
                              size_t len, struct wb_pg_slab *slab, struct wb_cell *cells,
                              size_t *ret_used, bool *ret_end, struct wb_error *err) {
    const unsigned char *start = p, *end = p + len;
    uint16_t count = len >= 2 ? wb_get_be16(p) : 0;
    if (len < 2 || (count != n && count != 0xFFFF))
        return wb_error_set(err, WB_E_PROTOCOL,
                            "COPY row of %u fields and %zu bytes where %zu fields were expected",
                            count, len, n);
    p += 2;
    *ret_end = count == 0xFFFF;
    for (size_t i = 0; i < n && count != 0xFFFF; i++) {
        if (end - p < 4)
            return wb_error_set(err, WB_E_PROTOCOL, "COPY row ends before field %zu of %zu", i + 1,
                                n);
        uint32_t size = wb_get_be32(p);
        p += 4;
        if (size == UINT32_MAX) {
            cells[i] = wb_cell_null();
            continue;
        }
        if (size > (size_t)(end - p))
            return wb_error_set(err, WB_E_PROTOCOL, "COPY row ends within field %zu of %zu", i + 1,
                                n);
        problem why = get_field(&fields[i], p, size, slab, &cells[i]);
        if (why)
            return wb_error_set(err, WB_E_PROTOCOL, "COPY field %zu of %zu bytes %s", i + 1,
                                (size_t)size, why);
        p += size;
    }
    *ret_used = (size_t)(p - start);
    return WB_OK;
}
