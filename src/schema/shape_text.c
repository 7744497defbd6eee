/* Texts, bytes, UUIDs, addresses, labels. */
#include "schema/shape_int.h"

#include "base/buf.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int no_way(struct wb_cell *nearest) {
    *nearest = wb_cell_null();
    return WB_ISSUE_RANGE;
}

/* The bytes of the first n characters. */
static uint32_t bytes_of_chars(const struct wb_cell *cell, uint32_t n) {
    for (uint32_t i = 0; i < cell->len; i++)
        if ((cell->p[i] & 0xC0) != 0x80 && n-- == 0)
            return i;
    return cell->len;
}

/* Each byte for which bad() holds gives way to put, three bytes of UTF-8. */
static struct wb_cell replace(struct wb_arena *mem, const struct wb_cell *cell, const char put[3],
                              bool nul) {
    unsigned char *to = wb_arena_alloc(mem, (size_t)cell->len * 3 + 1), *p = to;
    size_t i = 0;
    while (i < cell->len) {
        const unsigned char *s = cell->p + i;
        size_t left = cell->len - i;
        const unsigned char *bad = nul ? memchr(s, 0, left) : s + wb_str_utf8_valid(s, left);
        size_t good = bad ? (size_t)(bad - s) : left;
        memcpy(p, s, good);
        p += good;
        i += good;
        if (i < cell->len) {
            memcpy(p, put, 3);
            p += 3;
            i++;
        }
    }
    return wb_cell_text(to, (uint32_t)(p - to));
}

struct wb_cell wb_shape_replace_nul(struct wb_arena *mem, const struct wb_cell *cell) {
    return replace(mem, cell, "\xE2\x90\x80", true);
}

struct wb_cell wb_shape_replace_utf8(struct wb_arena *mem, const struct wb_cell *cell) {
    return replace(mem, cell, "\xEF\xBF\xBD", false);
}

/* One issue at a time, the gravest first: the caller asks again about what it put in its place. */
int wb_conv_check_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                       struct wb_cell *nearest) {
    if (c->need_utf8 && wb_str_utf8_valid(cell->p, cell->len) != cell->len) {
        *nearest = wb_shape_replace_utf8(mem, cell);
        return WB_ISSUE_UTF8;
    }
    if (c->refuse_nul && cell->len && memchr(cell->p, 0, cell->len)) {
        *nearest = wb_shape_replace_nul(mem, cell);
        return WB_ISSUE_NUL_BYTE;
    }
    if (c->max_chars && cell->len > c->max_chars) {
        uint32_t keep = bytes_of_chars(cell, c->max_chars);
        if (keep < cell->len) {
            *nearest = wb_cell_text(cell->p, keep);
            return WB_ISSUE_RANGE;
        }
    }
    return c->to->binary_json ? wb_conv_json(c, mem, cell, nearest) : WB_CONV_OK;
}

/* Bytes are text where they are valid UTF-8, whatever the target thinks of its own texts. */
int wb_conv_bytes_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                       struct wb_cell *nearest) {
    (void)c;
    if (wb_str_utf8_valid(cell->p, cell->len) != cell->len) {
        *nearest = wb_shape_replace_utf8(mem, cell);
        return WB_ISSUE_UTF8;
    }
    cell->form = WB_FORM_TEXT;
    return WB_CONV_OK;
}

/* To BYTES, from what has bytes. */
int wb_conv_bytes(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                  struct wb_cell *nearest) {
    (void)mem;
    if (cell->form != WB_FORM_TEXT && cell->form != WB_FORM_BYTES)
        return no_way(nearest);
    if (c->to->length && cell->len > c->to->length) {
        *nearest = wb_cell_bytes(cell->p, c->to->length);
        return WB_ISSUE_RANGE;
    }
    cell->form = WB_FORM_BYTES;
    return WB_CONV_OK;
}

int wb_conv_uuid_text(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest) {
    (void)c;
    if (cell->len != 16)
        return no_way(nearest);
    char *to = wb_arena_alloc(mem, 37), *p = to;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = "0123456789abcdef"[cell->p[i] >> 4];
        *p++ = "0123456789abcdef"[cell->p[i] & 15];
    }
    *cell = wb_cell_text(to, 36);
    return WB_CONV_OK;
}

static int hex_digit(unsigned char c) {
    return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* 32 hexadecimal digits; hyphens between bytes and braces around all are passed over. */
int wb_conv_text_uuid(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest) {
    (void)c;
    const unsigned char *s = cell->p, *end = s + cell->len;
    if (cell->len >= 2 && *s == '{' && end[-1] == '}') {
        s++;
        end--;
    }
    unsigned char *to = wb_arena_alloc(mem, 16);
    size_t n = 0;
    while (s < end && n < 16) {
        if (*s == '-' && n > 0 && s[-1] != '-') {
            s++;
            continue;
        }
        int hi = hex_digit(s[0]), lo = end - s > 1 ? hex_digit(s[1]) : -1;
        if (hi < 0 || lo < 0)
            return no_way(nearest);
        to[n++] = (unsigned char)(hi << 4 | lo);
        s += 2;
    }
    if (n != 16 || s != end)
        return no_way(nearest);
    *cell = wb_cell_bytes(to, 16);
    return WB_CONV_OK;
}

int wb_conv_bytes_uuid(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                       struct wb_cell *nearest) {
    (void)c, (void)mem;
    return cell->len == 16 ? WB_CONV_OK : no_way(nearest);
}

int wb_conv_text_inet(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest) {
    (void)c;
    char text[64], address[INET6_ADDRSTRLEN];
    unsigned char raw[16];
    if (cell->len == 0 || cell->len >= sizeof text)
        return no_way(nearest);
    memcpy(text, cell->p, cell->len);
    text[cell->len] = 0;
    char *slash = strchr(text, '/');
    if (slash)
        *slash = 0;
    bool six = strchr(text, ':') != NULL;
    int64_t mask = six ? 128 : 32, full = mask;
    if (slash && !wb_str_int64(slash + 1, 0, full, &mask))
        return no_way(nearest);
    if (memchr(cell->p, 0, cell->len) || inet_pton(six ? AF_INET6 : AF_INET, text, raw) != 1 ||
        !inet_ntop(six ? AF_INET6 : AF_INET, raw, address, sizeof address))
        return no_way(nearest);
    char *made = mask == full ? wb_arena_strdup(mem, address)
                              : wb_arena_printf(mem, "%s/%d", address, (int)mask);
    *cell = wb_cell_text(made, (uint32_t)strlen(made));
    return WB_CONV_OK;
}

static bool has_label(const struct wb_type *t, const unsigned char *p, size_t len) {
    for (uint32_t i = 0; i < t->n_labels; i++)
        if (strlen(t->labels[i]) == len && memcmp(t->labels[i], p, len) == 0)
            return true;
    return false;
}

/* To ENUM: one of the labels. To SET: each of them is. */
int wb_conv_text_label(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                       struct wb_cell *nearest) {
    (void)mem;
    if (cell->form != WB_FORM_TEXT)
        return no_way(nearest);
    if (c->to->n_labels == 0 || has_label(c->to, cell->p, cell->len))
        return WB_CONV_OK;
    if (c->to->kind != WB_KIND_SET)
        return no_way(nearest);
    const unsigned char *p = cell->p, *end = p + cell->len;
    while (p < end) {
        const unsigned char *comma = memchr(p, ',', (size_t)(end - p)), *stop = comma ? comma : end;
        if (!has_label(c->to, p, (size_t)(stop - p)))
            return no_way(nearest);
        p = comma ? comma + 1 : end;
    }
    return WB_CONV_OK;
}

/* Which elements array_out() quotes. Source: PostgreSQL 15, src/backend/utils/adt/arrayfuncs.c,
 * array_out(). */
static bool needs_quotes(const unsigned char *p, size_t len) {
    if (len == 0 || (len == 4 && strncasecmp((const char *)p, "null", 4) == 0))
        return true;
    for (size_t i = 0; i < len; i++)
        if (p[i] == 0 || strchr("\"\\{}, \t\n\r\v\f", p[i]))
            return true;
    return false;
}

static void add_element(struct wb_buf *to, const unsigned char *p, size_t len) {
    bool quoted = needs_quotes(p, len);
    if (quoted)
        wb_buf_addc(to, '"');
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '"' || p[i] == '\\')
            wb_buf_addc(to, '\\');
        wb_buf_addc(to, (char)p[i]);
    }
    if (quoted)
        wb_buf_addc(to, '"');
}

int wb_conv_set_array(const struct wb_conv *c, struct wb_arena *mem, struct wb_cell *cell,
                      struct wb_cell *nearest) {
    (void)c, (void)nearest;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    const unsigned char *p = cell->p, *end = p + cell->len;
    wb_buf_addc(&b, '{');
    while (p < end) {
        const unsigned char *comma = memchr(p, ',', (size_t)(end - p)), *stop = comma ? comma : end;
        add_element(&b, p, (size_t)(stop - p));
        if (comma)
            wb_buf_addc(&b, ',');
        p = comma ? comma + 1 : end;
    }
    wb_buf_addc(&b, '}');
    *cell = wb_cell_text(wb_arena_strndup(mem, wb_buf_str(&b), b.len), (uint32_t)b.len);
    return WB_CONV_OK;
}
