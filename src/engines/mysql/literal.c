/* Values as literals.
 *
 * What a literal is compared with decides how it is written: a number that is quoted would be
 * compared with text as text and with integers as a double, which holds 53 bits; a text that is not
 * quoted would turn the comparison into one of doubles. So numbers are digits for number types and
 * text for text types, whatever form the cell has. Text is utf8mb4, the session's charset: the
 * server converts the constant to the column's charset, not the column, so an index serves. Moments
 * are text without a zone, for the session's is UTC.
 */
#include "engines/mysql/internal.h"

#include "base/str.h"

#include <math.h>
#include <stdio.h>

enum { MAX_DIGITS = 65, MAX_BITS = 64, MIN_DAY = -719162, END_DAY = 2932897 }; /* years 1 to 9999 */

static void add_digits(struct wb_buf *b, uint64_t v, unsigned width) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%0*llu", (int)width, (unsigned long long)v);
    wb_buf_add(b, digits, (size_t)n);
}

static void add_integer(struct wb_buf *b, int64_t v) {
    if (v < 0)
        wb_buf_addc(b, '-');
    add_digits(b, v < 0 ? -(uint64_t)v : (uint64_t)v, 1);
}

static void add_string(struct wb_buf *b, const unsigned char *p, size_t len) {
    wb_buf_reserve(b, len * 2 + 2);
    unsigned char *to = b->data + b->len;
    *to++ = '\'';
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '\'' || p[i] == '\\' || !p[i])
            *to++ = '\\';
        *to++ = p[i] ? p[i] : (unsigned char)'0';
    }
    *to++ = '\'';
    b->len = (size_t)(to - b->data);
    b->data[b->len] = 0;
}

static void add_hex(struct wb_buf *b, const unsigned char *p, size_t len) {
    static const char hex[] = "0123456789ABCDEF";
    wb_buf_reserve(b, len * 2 + 3);
    unsigned char *to = b->data + b->len;
    *to++ = 'x';
    *to++ = '\'';
    for (size_t i = 0; i < len; i++) {
        *to++ = (unsigned char)hex[p[i] >> 4];
        *to++ = (unsigned char)hex[p[i] & 15];
    }
    *to++ = '\'';
    b->len += len * 2 + 3;
    b->data[b->len] = 0;
}

/* -------------------------------------------------------------------------------------------
 * numbers */

/* -?digits[.digits] of at most 65 digits: what is longer would be a double, or nothing. */
static bool is_plain_number(const struct wb_cell *c, bool integer) {
    uint32_t i = c->len && c->p[0] == '-', digits = 0, points = 0;
    for (; i < c->len; i++) {
        if (c->p[i] >= '0' && c->p[i] <= '9')
            digits++;
        else if (c->p[i] == '.' && !integer && digits)
            points++;
        else
            return false;
    }
    return digits && digits <= MAX_DIGITS && points <= 1 && c->p[c->len - 1] != '.';
}

/* With an exponent a number is a double, without one a decimal. A float column is compared as the
 * double that it is exactly, so a float's shortest digits would not find it. */
static bool add_double(struct wb_buf *b, double d) {
    char text[64];
    if (!isfinite(d))
        return false;
    wb_buf_adds(b, wb_str_shortest(d, 8, text, sizeof text));
    if (!strchr(text, 'e'))
        wb_buf_adds(b, "e0");
    return true;
}

static bool add_bits(struct wb_buf *b, const struct wb_cell *c) {
    uint64_t v = 0;
    if (c->form == WB_FORM_INT || c->form == WB_FORM_UINT) {
        add_digits(b, c->u, 1);
        return true;
    }
    if (c->form != WB_FORM_TEXT || c->len > MAX_BITS)
        return false;
    for (uint32_t i = 0; i < c->len; i++) {
        if (c->p[i] != '0' && c->p[i] != '1')
            return false;
        v = v << 1 | (c->p[i] == '1');
    }
    add_digits(b, v, 1);
    return true;
}

static bool add_number(struct wb_buf *b, const struct wb_type *t, const struct wb_cell *c) {
    switch ((enum wb_form)c->form) {
    case WB_FORM_INT:
        add_integer(b, c->i);
        return true;
    case WB_FORM_UINT:
        add_digits(b, c->u, 1);
        return true;
    case WB_FORM_DOUBLE:
        return t->kind == WB_KIND_FLOAT && add_double(b, c->d);
    case WB_FORM_TEXT:
        if (t->kind == WB_KIND_FLOAT || !is_plain_number(c, t->kind != WB_KIND_DECIMAL))
            return false;
        wb_buf_add(b, c->p, c->len);
        return true;
    default:
        return false;
    }
}

/* -------------------------------------------------------------------------------------------
 * moments */

/* The inverse of wb_my_days (same source). */
static void add_date(struct wb_buf *b, int64_t days) {
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    unsigned day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = (int64_t)yoe + era * 400 + (month <= 2);
    wb_buf_addf(b, "%04lld-%02u-%02u", (long long)year, month, day);
}

static void add_time_of_day(struct wb_buf *b, uint64_t us) {
    uint64_t s = us / 1000000;
    add_digits(b, s / 3600, 2);
    wb_buf_addc(b, ':');
    add_digits(b, s / 60 % 60, 2);
    wb_buf_addc(b, ':');
    add_digits(b, s % 60, 2);
    wb_buf_addc(b, '.');
    add_digits(b, us % 1000000, 6);
}

static bool add_moment_value(struct wb_buf *b, const struct wb_type *t, int64_t v) {
    if (v == WB_INFINITY || v == -WB_INFINITY)
        return false;
    if (t->kind == WB_KIND_TIME || t->kind == WB_KIND_INTERVAL) {
        if (v < 0)
            wb_buf_addc(b, '-');
        add_time_of_day(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
        return true;
    }
    int64_t days = t->kind == WB_KIND_DATE ? v : v / 86400000000 - (v % 86400000000 < 0);
    if (days < MIN_DAY || days >= END_DAY)
        return false;
    add_date(b, days);
    if (t->kind != WB_KIND_DATE) {
        wb_buf_addc(b, ' ');
        add_time_of_day(b, (uint64_t)(v - days * 86400000000));
    }
    return true;
}

/* A date that no calendar has (0000-00-00, 2023-02-31) comes as INVALID with its text, and the
 * session's sql_mode takes it. */
static bool add_moment(struct wb_buf *b, const struct wb_type *t, const struct wb_cell *c) {
    if (c->form == WB_FORM_TEXT || c->form == WB_FORM_INVALID) {
        size_t len = c->len;
        if (t->kind == WB_KIND_TIMESTAMPTZ && len > 3 && memcmp(c->p + len - 3, "+00", 3) == 0)
            len -= 3; /* older servers take no offset */
        add_string(b, c->p, len);
        return len > 0;
    }
    if (c->form != WB_FORM_INT)
        return false;
    wb_buf_addc(b, '\'');
    bool ok = add_moment_value(b, t, c->i);
    wb_buf_addc(b, '\'');
    return ok;
}

/* -------------------------------------------------------------------------------------------
 * texts, bytes */

/* MySQL compares its binary JSON only with JSON; MariaDB's is text and skips comments of MySQL's
 * versions: https://mariadb.com/kb/en/comment-syntax/ */
static void add_json(struct wb_buf *b, const struct wb_cell *c) {
    wb_buf_adds(b, "/*!80000 CAST(*/");
    add_string(b, c->p, c->len);
    wb_buf_adds(b, "/*!80000 AS JSON)*/");
}

static bool add_text(struct wb_buf *b, const struct wb_type *t, const struct wb_cell *c) {
    char digits[64];
    switch ((enum wb_form)c->form) {
    case WB_FORM_INT:
        snprintf(digits, sizeof digits, "'%lld'", (long long)c->i);
        break;
    case WB_FORM_UINT:
        snprintf(digits, sizeof digits, "'%llu'", (unsigned long long)c->u);
        break;
    case WB_FORM_TEXT:
    case WB_FORM_BYTES:
        if (wb_str_utf8_valid(c->p, c->len) != c->len)
            return false;
        if (t->kind == WB_KIND_JSON)
            add_json(b, c);
        else
            add_string(b, c->p, c->len);
        return true;
    default:
        return false;
    }
    wb_buf_adds(b, digits);
    return true;
}

static void add_uuid(struct wb_buf *b, const unsigned char *p) {
    wb_buf_addc(b, '\'');
    for (int i = 0; i < 16; i++)
        wb_buf_addf(b, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", p[i]);
    wb_buf_addc(b, '\'');
}

static bool add_bytes(struct wb_buf *b, const struct wb_type *t, const struct wb_cell *c) {
    if (c->form != WB_FORM_BYTES && (c->form != WB_FORM_TEXT || t->kind == WB_KIND_UUID))
        return false;
    if (t->kind != WB_KIND_UUID)
        add_hex(b, c->p, c->len);
    else if (c->len == 16)
        add_uuid(b, c->p);
    return t->kind != WB_KIND_UUID || c->len == 16;
}

static bool add_value(struct wb_buf *b, const struct wb_type *t, const struct wb_cell *c) {
    switch (t->kind) {
    case WB_KIND_BOOL:
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_DECIMAL:
    case WB_KIND_FLOAT:
    case WB_KIND_YEAR:
        return add_number(b, t, c);
    case WB_KIND_BIT:
        return add_bits(b, c);
    case WB_KIND_DATE:
    case WB_KIND_TIME:
    case WB_KIND_INTERVAL:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
        return add_moment(b, t, c);
    case WB_KIND_BYTES:
    case WB_KIND_GEOMETRY:
    case WB_KIND_UUID:
        return add_bytes(b, t, c);
    default:
        return add_text(b, t, c);
    }
}

void wb_mysql_delete_some(struct wb_buf *to, const struct wb_table *t, const char *where,
                          uint64_t most) {
    wb_buf_adds(to, "DELETE FROM ");
    wb_mysql_quote_table(to, t);
    wb_buf_addf(to, " WHERE %s LIMIT %llu", where, (unsigned long long)most);
}

/* As bytes of one charset, so that no collation takes part. */
bool wb_mysql_exactly(struct wb_buf *to, const struct wb_column *column, const struct wb_cell *c) {
    WB_CLEANUP_BUF struct wb_buf name = {0}, value = {0};
    enum wb_kind k = column->type.kind;
    bool text = k == WB_KIND_TEXT || k == WB_KIND_ENUM || k == WB_KIND_SET;
    wb_mysql_quote_name(&name, column->name);
    if (c->form == WB_FORM_NULL) {
        wb_buf_addf(to, "%s IS NULL", wb_buf_str(&name));
        return true;
    }
    if (!wb_mysql_literal(&value, &column->type, c))
        return false;
    if (text)
        wb_buf_addf(to, "CAST(CONVERT(%s USING utf8mb4) AS BINARY) = CAST(%s AS BINARY)",
                    wb_buf_str(&name), wb_buf_str(&value));
    else
        wb_buf_addf(to, "%s = %s", wb_buf_str(&name), wb_buf_str(&value));
    return true;
}

bool wb_mysql_literal(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    if (c->form == WB_FORM_NULL) {
        wb_buf_add(to, "NULL", 4);
        return true;
    }
    size_t before = to->len;
    if (add_value(to, t, c))
        return true;
    to->len = before;
    return false;
}

static bool is_text(const struct wb_type *t) {
    switch (t->kind) {
    case WB_KIND_TEXT:
    case WB_KIND_ENUM:
    case WB_KIND_SET:
    case WB_KIND_JSON:
    case WB_KIND_UUID:
    case WB_KIND_INET:
    case WB_KIND_XML:
    case WB_KIND_OTHER:
        return true;
    default:
        return false;
    }
}

void wb_mysql_differs(struct wb_buf *to, const struct wb_type *t, const char *a, const char *b) {
    if (is_text(t))
        wb_buf_addf(to,
                    "NOT (CAST(CONVERT((%s) USING utf8mb4) AS BINARY) <=> "
                    "CAST(CONVERT((%s) USING utf8mb4) AS BINARY))",
                    a, b);
    else
        wb_buf_addf(to, "NOT ((%s) <=> (%s))", a, b);
}
