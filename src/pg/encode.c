/* How it works: a row is written into one buffer at a pointer that every step moves on. Room for
 * all that has a fixed length is made once a row, for the rest when it comes; a value too large for
 * the buffer goes to the sink from where it lies, in pieces, so that neither this buffer nor
 * libpq's grows. */
#include "pg/copy.h"
#include "pg/numeric.h"
#include "pg/wire.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIXED_FIELD_BYTES = 32, DIRECT_BYTES = 64 * 1024, MAX_FIELDS = 1664 };

static const unsigned char signature[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";

void wb_pg_encoder_init(struct wb_pg_encoder *e, const struct wb_pg_field *fields, size_t n_fields,
                        bool text, wb_pg_sink sink, void *ctx) {
    *e = (struct wb_pg_encoder){
        .fields = fields, .n_fields = n_fields, .text = text, .sink = sink, .ctx = ctx};
    e->fixed_bytes = 2 + FIXED_FIELD_BYTES * (n_fields + 1);
    e->data = n_fields <= MAX_FIELDS ? malloc(WB_PG_COPY_PIECE_BYTES) : NULL;
    if (!e->data)
        abort();
}

void wb_pg_encoder_done(struct wb_pg_encoder *e) {
    free(e->data);
    wb_buf_done(&e->scratch);
    *e = (struct wb_pg_encoder){0};
}

static enum wb_code flush(struct wb_pg_encoder *e, struct wb_error *err) {
    size_t len = e->len;
    e->len = 0;
    return len ? e->sink(e->ctx, e->data, len, err) : WB_OK;
}

static inline enum wb_code make_room(struct wb_pg_encoder *e, size_t bytes, struct wb_error *err) {
    return e->len + bytes <= WB_PG_COPY_PIECE_BYTES ? WB_OK : flush(e, err);
}

enum wb_code wb_pg_encode_begin(struct wb_pg_encoder *e, struct wb_error *err) {
    (void)err;
    if (!e->text) {
        memcpy(e->data, signature, sizeof signature);
        e->len = sizeof signature;
    }
    return WB_OK;
}

enum wb_code wb_pg_encode_end(struct wb_pg_encoder *e, struct wb_error *err) {
    enum wb_code code = make_room(e, 2, err);
    if (code)
        return code;
    if (!e->text) {
        wb_put_be16(e->data + e->len, 0xFFFF);
        e->len += 2;
    }
    return flush(e, err);
}

/* Bytes of any length; the fixed room of the row is there again afterwards. */
static enum wb_code put_long(struct wb_pg_encoder *e, const unsigned char *p, size_t len,
                             struct wb_error *err) {
    enum wb_code code = WB_OK;
    if (len > DIRECT_BYTES) {
        code = flush(e, err);
        while (!code && len) {
            size_t piece = len < WB_PG_COPY_PIECE_BYTES ? len : WB_PG_COPY_PIECE_BYTES;
            code = e->sink(e->ctx, p, piece, err);
            p += piece;
            len -= piece;
        }
        return code;
    }
    if ((code = make_room(e, len + e->fixed_bytes, err)))
        return code;
    if (len)
        memcpy(e->data + e->len, p, len);
    e->len += len;
    return WB_OK;
}

static inline unsigned char *field_at(struct wb_pg_encoder *e, uint32_t len) {
    unsigned char *p = e->data + e->len;
    wb_put_be32(p, len);
    e->len += 4 + len;
    return p + 4;
}

static enum wb_code refuse(struct wb_error *err, const struct wb_pg_field *f, const char *why) {
    return wb_error_set(err, WB_E_VALUE, "%s cannot hold the value: %s",
                        f->type->native ? f->type->native : "the type", why);
}

static enum wb_code wrong_form(struct wb_error *err, const struct wb_pg_field *f,
                               const struct wb_cell *c) {
    return wb_error_set(err, WB_E_INTERNAL, "a value of form %d came for a column of kind %s",
                        c->form, wb_kind_name(f->type->kind));
}

static enum wb_code put_int(struct wb_pg_encoder *e, const struct wb_pg_field *f,
                            const struct wb_cell *c, struct wb_error *err) {
    if (c->form != WB_FORM_INT && c->form != WB_FORM_UINT)
        return wrong_form(err, f, c);
    int64_t v = c->i;
    bool beyond = c->form == WB_FORM_UINT;
    if (f->wire == WB_PG_WIRE_INT2 && !beyond && v >= INT16_MIN && v <= INT16_MAX)
        wb_put_be16(field_at(e, 2), (uint16_t)v);
    else if (f->wire == WB_PG_WIRE_INT4 && !beyond && v >= INT32_MIN && v <= INT32_MAX)
        wb_put_be32(field_at(e, 4), (uint32_t)v);
    else if (f->wire == WB_PG_WIRE_INT8 && !beyond)
        wb_put_be64(field_at(e, 8), (uint64_t)v);
    else {
        char why[48];
        snprintf(why, sizeof why,
                 beyond ? "%" PRIu64 " is out of range" : "%" PRId64 " is out of range", c->u);
        return refuse(err, f, why);
    }
    return WB_OK;
}

static enum wb_code put_float(struct wb_pg_encoder *e, const struct wb_pg_field *f,
                              const struct wb_cell *c, struct wb_error *err) {
    double d = c->d;
    if (c->form == WB_FORM_INT)
        d = (double)c->i;
    else if (c->form != WB_FORM_DOUBLE)
        return wrong_form(err, f, c);
    if (f->wire == WB_PG_WIRE_FLOAT8) {
        uint64_t bits;
        memcpy(&bits, &d, 8);
        wb_put_be64(field_at(e, 8), bits);
        return WB_OK;
    }
    float narrow = (float)d;
    if (__builtin_isinf(narrow) && !__builtin_isinf(d))
        return refuse(err, f, "it is larger than a float");
    uint32_t bits;
    memcpy(&bits, &narrow, 4);
    wb_put_be32(field_at(e, 4), bits);
    return WB_OK;
}

static enum wb_code put_numeric(struct wb_pg_encoder *e, const struct wb_pg_field *f,
                                const struct wb_cell *c, struct wb_error *err) {
    size_t room = c->form == WB_FORM_TEXT ? wb_pg_numeric_room(c->len) : WB_PG_NUMERIC_INT_BYTES, n;
    if (room > DIRECT_BYTES)
        return refuse(err, f, "the number has too many digits");
    enum wb_code code = make_room(e, 4 + room + e->fixed_bytes, err);
    if (code)
        return code;
    unsigned char *p = e->data + e->len + 4;
    if (c->form == WB_FORM_INT)
        n = wb_pg_numeric_from_int(c->i, p);
    else if (c->form == WB_FORM_UINT)
        n = wb_pg_numeric_from_uint(c->u, p);
    else if (c->form == WB_FORM_TEXT)
        n = wb_pg_numeric_from_text(c->p, c->len, p);
    else
        return wrong_form(err, f, c);
    if (!n)
        return refuse(err, f, "it is no number");
    wb_put_be32(p - 4, (uint32_t)n);
    e->len += 4 + n;
    return WB_OK;
}

static enum wb_code put_bytes(struct wb_pg_encoder *e, const struct wb_pg_field *f,
                              const struct wb_cell *c, struct wb_error *err) {
    if (c->form != WB_FORM_TEXT && c->form != WB_FORM_BYTES)
        return wrong_form(err, f, c);
    bool version = f->wire == WB_PG_WIRE_JSONB;
    if ((uint64_t)c->len + 1 > INT32_MAX)
        return refuse(err, f, "it is longer than 2 GiB");
    unsigned char *p = e->data + e->len;
    wb_put_be32(p, c->len + version);
    p[4] = 1; /* jsonb's version; overwritten by the value otherwise */
    e->len += 4 + (size_t)version;
    return put_long(e, c->p, c->len, err);
}

static enum wb_code put_time(struct wb_pg_encoder *e, const struct wb_pg_field *f,
                             const struct wb_cell *c, struct wb_error *err) {
    if (c->form != WB_FORM_INT)
        return wrong_form(err, f, c);
    int64_t v = c->i;
    bool infinite = v == WB_INFINITY || v == -WB_INFINITY;
    if (f->wire == WB_PG_WIRE_TIME) {
        if (v < 0 || v > WB_PG_DAY_US)
            return refuse(err, f, "it is outside 00:00:00 to 24:00:00");
        wb_put_be64(field_at(e, 8), (uint64_t)v);
    } else if (f->wire == WB_PG_WIRE_DATE) {
        if (!infinite &&
            (v < WB_PG_DATE_MIN + WB_PG_EPOCH_DAYS || v >= WB_PG_DATE_END + WB_PG_EPOCH_DAYS))
            return refuse(err, f, "the date is out of range");
        int32_t days = infinite ? (v > 0 ? INT32_MAX : INT32_MIN) : (int32_t)(v - WB_PG_EPOCH_DAYS);
        wb_put_be32(field_at(e, 4), (uint32_t)days);
    } else {
        if (!infinite && (v < WB_PG_TIMESTAMP_MIN + WB_PG_EPOCH_US || v > WB_PG_TIMESTAMP_END - 1))
            return refuse(err, f, "the timestamp is out of range");
        int64_t us = infinite ? (v > 0 ? INT64_MAX : INT64_MIN) : v - WB_PG_EPOCH_US;
        wb_put_be64(field_at(e, 8), (uint64_t)us);
    }
    return WB_OK;
}

static enum wb_code put_interval(struct wb_pg_encoder *e, const struct wb_pg_field *f,
                                 const struct wb_cell *c, struct wb_error *err) {
    int64_t months = 0, days = 0, us = c->i;
    if (c->form == WB_FORM_TEXT) {
        char text[80], extra;
        if (c->len >= sizeof text)
            return refuse(err, f, "it is no interval");
        memcpy(text, c->p, c->len);
        text[c->len] = 0;
        if (sscanf(text, "%" SCNd64 " %" SCNd64 " %" SCNd64 "%c", &months, &days, &us, &extra) !=
                3 ||
            months != (int32_t)months || days != (int32_t)days)
            return refuse(err, f, "it is no interval");
    } else if (c->form != WB_FORM_INT) {
        return wrong_form(err, f, c);
    }
    unsigned char *p = field_at(e, 16);
    wb_put_be64(p, (uint64_t)us);
    wb_put_be32(p + 8, (uint32_t)days);
    wb_put_be32(p + 12, (uint32_t)months);
    return WB_OK;
}

static enum wb_code put_bit_text(struct wb_pg_encoder *e, const struct wb_pg_field *f,
                                 const struct wb_cell *c, struct wb_error *err) {
    size_t n_bytes = ((size_t)c->len + 7) / 8;
    if (n_bytes > DIRECT_BYTES)
        return refuse(err, f, "it has too many bits");
    enum wb_code code = make_room(e, 8 + n_bytes + e->fixed_bytes, err);
    if (code)
        return code;
    unsigned char *p = e->data + e->len;
    wb_put_be32(p, (uint32_t)(4 + n_bytes));
    wb_put_be32(p + 4, c->len);
    memset(p + 8, 0, n_bytes);
    for (uint32_t i = 0; i < c->len; i++) {
        if (c->p[i] != '0' && c->p[i] != '1')
            return refuse(err, f, "it holds other than 0 and 1");
        p[8 + i / 8] |= (unsigned char)((c->p[i] - '0') << (7 - i % 8));
    }
    e->len += 8 + n_bytes;
    return WB_OK;
}

static enum wb_code put_bits(struct wb_pg_encoder *e, const struct wb_pg_field *f,
                             const struct wb_cell *c, struct wb_error *err) {
    if (c->form == WB_FORM_TEXT)
        return put_bit_text(e, f, c, err);
    if (c->form != WB_FORM_INT && c->form != WB_FORM_UINT)
        return wrong_form(err, f, c);
    uint32_t n = f->bits && f->bits <= 64 ? f->bits : 64;
    if (n < 64 && c->u >> n)
        return refuse(err, f, "it has more bits");
    uint64_t left = c->u << (64 - n);
    uint32_t n_bytes = (n + 7) / 8;
    unsigned char *p = field_at(e, 4 + n_bytes);
    wb_put_be32(p, n);
    for (uint32_t i = 0; i < n_bytes; i++)
        p[4 + i] = (unsigned char)(left >> (56 - 8 * i));
    return WB_OK;
}

static enum wb_code put_inet(struct wb_pg_encoder *e, const struct wb_pg_field *f,
                             const struct wb_cell *c, struct wb_error *err) {
    char text[64];
    if (c->form != WB_FORM_TEXT)
        return wrong_form(err, f, c);
    if (c->len >= sizeof text)
        return refuse(err, f, "it is no address");
    memcpy(text, c->p, c->len);
    text[c->len] = 0;
    char *slash = strchr(text, '/'), *end = NULL;
    bool six = memchr(text, ':', c->len) != NULL;
    unsigned long full = six ? 128 : 32, mask = full;
    if (slash) {
        *slash = 0;
        mask = strtoul(slash + 1, &end, 10);
        if (!slash[1] || *end || mask > full)
            return refuse(err, f, "its mask is none");
    }
    unsigned char address[16];
    if (inet_pton(six ? AF_INET6 : AF_INET, text, address) != 1)
        return refuse(err, f, "it is no address");
    uint32_t n = six ? 16 : 4;
    unsigned char *p = field_at(e, 4 + n);
    p[0] = six ? WB_PG_INET_FAMILY_6 : WB_PG_INET_FAMILY_4;
    p[1] = (unsigned char)mask;
    p[2] = 0; /* not a cidr; the receiver goes by its own type */
    p[3] = (unsigned char)n;
    memcpy(p + 4, address, n);
    return WB_OK;
}

/* "a,b" is {a,b}, "" is {}: one dimension from 1, no NULLs. */
static enum wb_code put_set(struct wb_pg_encoder *e, const struct wb_pg_field *f,
                            const struct wb_cell *c, struct wb_error *err) {
    if (c->form != WB_FORM_TEXT)
        return wrong_form(err, f, c);
    struct wb_buf *b = &e->scratch;
    wb_buf_reset(b);
    wb_buf_reserve(b, 20 + (size_t)c->len * 5 + 8);
    uint32_t n = 0;
    unsigned char *p = b->data + 20;
    for (uint32_t from = 0; c->len && from <= c->len; n++) {
        const unsigned char *comma = from < c->len ? memchr(c->p + from, ',', c->len - from) : NULL;
        uint32_t to = comma ? (uint32_t)(comma - c->p) : c->len;
        wb_put_be32(p, to - from);
        if (to > from)
            memcpy(p + 4, c->p + from, to - from);
        p += 4 + (to - from);
        from = to + 1;
    }
    wb_put_be32(b->data, n ? 1 : 0);
    wb_put_be32(b->data + 4, 0);
    wb_put_be32(b->data + 8, WB_PG_TEXT_OID);
    wb_put_be32(b->data + 12, n);
    wb_put_be32(b->data + 16, 1);
    uint32_t len = n ? (uint32_t)(p - b->data) : 12;
    wb_put_be32(e->data + e->len, len);
    e->len += 4;
    return put_long(e, b->data, len, err);
}

static enum wb_code put_field(struct wb_pg_encoder *e, const struct wb_pg_field *f,
                              const struct wb_cell *c, struct wb_error *err) {
    if (c->form == WB_FORM_NULL) {
        wb_put_be32(e->data + e->len, UINT32_MAX);
        e->len += 4;
        return WB_OK;
    }
    switch (f->wire) {
    case WB_PG_WIRE_INT2:
    case WB_PG_WIRE_INT4:
    case WB_PG_WIRE_INT8:
        return put_int(e, f, c, err);
    case WB_PG_WIRE_BOOL:
        if (c->form != WB_FORM_INT)
            return wrong_form(err, f, c);
        if (c->u > 1)
            return refuse(err, f, "it is neither 0 nor 1");
        *field_at(e, 1) = (unsigned char)c->i;
        return WB_OK;
    case WB_PG_WIRE_FLOAT4:
    case WB_PG_WIRE_FLOAT8:
        return put_float(e, f, c, err);
    case WB_PG_WIRE_NUMERIC:
        return put_numeric(e, f, c, err);
    case WB_PG_WIRE_TEXT:
    case WB_PG_WIRE_JSONB:
    case WB_PG_WIRE_BYTEA:
        return put_bytes(e, f, c, err);
    case WB_PG_WIRE_DATE:
    case WB_PG_WIRE_TIME:
    case WB_PG_WIRE_TIMESTAMP:
        return put_time(e, f, c, err);
    case WB_PG_WIRE_INTERVAL:
        return put_interval(e, f, c, err);
    case WB_PG_WIRE_UUID:
        if (c->form != WB_FORM_BYTES || c->len != 16)
            return wrong_form(err, f, c);
        memcpy(field_at(e, 16), c->p, 16);
        return WB_OK;
    case WB_PG_WIRE_BIT:
        return put_bits(e, f, c, err);
    case WB_PG_WIRE_INET:
        return put_inet(e, f, c, err);
    case WB_PG_WIRE_TEXT_ARRAY:
        return put_set(e, f, c, err);
    case WB_PG_WIRE_NONE:
        break;
    }
    return wb_error_set(err, WB_E_INTERNAL, "type %s has no binary form", f->type->native);
}

/* FORMAT text: tabs between, \N for NULL, and backslash before what would end a field or a line. */
static enum wb_code put_text_row(struct wb_pg_encoder *e, const struct wb_cell *row,
                                 size_t *ret_field, struct wb_error *err) {
    static const char escapes[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\v'] = 'v', ['\f'] = 'f', ['\r'] = 'r'};
    WB_CLEANUP_BUF struct wb_buf line = {0};
    for (size_t i = 0; i < e->n_fields; i++) {
        if (i)
            wb_buf_addc(&line, '\t');
        if (row[i].form == WB_FORM_NULL) {
            wb_buf_adds(&line, "\\N");
            continue;
        }
        wb_buf_reset(&e->scratch);
        if (!wb_pg_text_of_cell(&e->scratch, e->fields[i].type, &row[i])) {
            *ret_field = i;
            return wrong_form(err, &e->fields[i], &row[i]);
        }
        for (size_t k = 0; k < e->scratch.len; k++) {
            unsigned char ch = e->scratch.data[k];
            char escaped = ch == '\\' ? '\\' : ch < sizeof escapes ? escapes[ch] : 0;
            if (escaped)
                wb_buf_addc(&line, '\\');
            wb_buf_addc(&line, escaped ? escaped : (char)ch);
        }
    }
    wb_buf_addc(&line, '\n');
    return put_long(e, line.data, line.len, err);
}

enum wb_code wb_pg_encode_row(struct wb_pg_encoder *e, const struct wb_cell *row, size_t *ret_field,
                              struct wb_error *err) {
    if (e->text)
        return put_text_row(e, row, ret_field, err);
    enum wb_code code = make_room(e, e->fixed_bytes, err);
    if (code)
        return code;
    wb_put_be16(e->data + e->len, (uint16_t)e->n_fields);
    e->len += 2;
    for (size_t i = 0; i < e->n_fields; i++)
        if ((code = put_field(e, &e->fields[i], &row[i], err))) {
            *ret_field = i;
            return code;
        }
    return WB_OK;
}
