/* Values as literals.
 *
 * A quoted literal without a type takes the column's, with its operators and without a cast that
 * could cut it; so all is quoted but numbers and booleans. A number of another width than its
 * column's is compared without loss and found by the index. Bytes and bits say what they are, for
 * they may be told from text nowhere else.
 */
#include "engines/postgres/internal.h"

#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_digits(const struct wb_cell *c, bool integer) {
    uint32_t i = c->len && c->p[0] == '-', digits = 0, points = 0;
    for (; i < c->len; i++) {
        if (c->p[i] >= '0' && c->p[i] <= '9')
            digits++;
        else if (c->p[i] == '.' && !integer && digits)
            points++;
        else
            return false;
    }
    return digits && points <= 1 && c->p[c->len - 1] != '.';
}

static bool is_text(const struct wb_cell *c) {
    return c->form == WB_FORM_TEXT || c->form == WB_FORM_BYTES;
}

/* The parser takes a minus for an operator, and 9223372036854775808 for a numeric. */
static void add_integer(struct wb_buf *to, const struct wb_cell *c) {
    if (c->form == WB_FORM_UINT)
        wb_buf_addf(to, "%" PRIu64, c->u);
    else
        wb_buf_addf(to, c->i == INT64_MIN ? "'%" PRId64 "'" : "%" PRId64, c->i);
}

static bool add_number(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    if (c->form == WB_FORM_INT || c->form == WB_FORM_UINT) {
        add_integer(to, c);
        return true;
    }
    if (c->form == WB_FORM_TEXT && is_digits(c, t->kind != WB_KIND_DECIMAL)) {
        wb_buf_add(to, c->p, c->len);
        return true;
    }
    for (size_t i = 0; c->form == WB_FORM_TEXT && t->kind == WB_KIND_DECIMAL && i < 3; i++) {
        if (c->len != strlen(words[i]) || memcmp(c->p, words[i], c->len) != 0)
            continue;
        wb_buf_addf(to, "'%s'", words[i]);
        return true;
    }
    return false;
}

static bool add_float(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    char text[64];
    if (c->form != WB_FORM_DOUBLE)
        return (c->form == WB_FORM_INT || c->form == WB_FORM_UINT) && (add_integer(to, c), true);
    unsigned size = t->size_bytes == 4 && (double)(float)c->d != c->d ? 8 : t->size_bytes;
    wb_buf_addf(to, "'%s'", wb_str_shortest(c->d, size, text, sizeof text));
    return true;
}

static bool add_bool(struct wb_buf *to, const struct wb_cell *c) {
    if (c->form != WB_FORM_INT || (c->i != 0 && c->i != 1))
        return false;
    wb_buf_adds(to, c->i ? "true" : "false");
    return true;
}

/* varbit and bit alike: B'' is never cut to a length. */
static bool add_bits(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    if (c->form == WB_FORM_TEXT)
        for (uint32_t i = 0; i < c->len; i++)
            if (c->p[i] != '0' && c->p[i] != '1')
                return false;
    wb_buf_adds(to, "B'");
    bool ok = wb_pg_text_of_cell(to, t, c);
    wb_buf_addc(to, '\'');
    return ok;
}

static bool add_bytea(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    if (!is_text(c))
        return false;
    wb_buf_addc(to, '\'');
    wb_pg_text_of_cell(to, t, c);
    wb_buf_adds(to, "'::bytea");
    return true;
}

/* Text as it is, without 0x00, which PostgreSQL has no place for. */
static bool add_quoted(struct wb_buf *to, const unsigned char *p, size_t len) {
    if ((len && memchr(p, 0, len)) || wb_str_utf8_valid(p, len) != len)
        return false;
    wb_postgres_quote_text(to, (const char *)p, len);
    return true;
}

static bool add_text(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    bool own = t->kind == WB_KIND_SET || t->kind == WB_KIND_UUID;
    if (is_text(c) && !own)
        return add_quoted(to, c->p, c->len);
    return wb_pg_text_of_cell(&text, t, c) &&
           add_quoted(to, (const unsigned char *)wb_buf_str(&text), text.len);
}

/* Moments are written out; their texts, if they come as such, are PostgreSQL's own. */
static bool add_moment(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    if (c->form != WB_FORM_INT && c->form != WB_FORM_TEXT)
        return false;
    return wb_pg_text_of_cell(&text, t, c) &&
           add_quoted(to, (const unsigned char *)wb_buf_str(&text), text.len);
}

static bool add_value(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    switch (t->kind) {
    case WB_KIND_BOOL:
        return add_bool(to, c);
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_YEAR:
    case WB_KIND_DECIMAL:
        return add_number(to, t, c);
    case WB_KIND_FLOAT:
        return add_float(to, t, c);
    case WB_KIND_BIT:
        return add_bits(to, t, c);
    case WB_KIND_BYTES:
    case WB_KIND_GEOMETRY:
        return add_bytea(to, t, c);
    case WB_KIND_DATE:
    case WB_KIND_TIME:
    case WB_KIND_INTERVAL:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
        return add_moment(to, t, c);
    default:
        return add_text(to, t, c);
    }
}

/* A row's place is unique within one partition only. */
void wb_postgres_delete_some(struct wb_buf *to, const struct wb_table *t, const char *where,
                             uint64_t most) {
    WB_CLEANUP_BUF struct wb_buf table = {0};
    wb_postgres_add_table(&table, t->schema, t->name);
    wb_buf_addf(to,
                "DELETE FROM %s WHERE (tableoid, ctid) IN (SELECT tableoid, ctid FROM %s WHERE %s "
                "LIMIT %" PRIu64 " FOR UPDATE)",
                wb_buf_str(&table), wb_buf_str(&table), where, most);
}

/* Not every type has an equality; and where a collation takes more for equal, bytes are compared.
 */
bool wb_postgres_exactly(struct wb_buf *to, const struct wb_column *column,
                         const struct wb_cell *c) {
    WB_CLEANUP_BUF struct wb_buf name = {0}, value = {0};
    enum wb_kind k = column->type.kind;
    bool text = k == WB_KIND_JSON || k == WB_KIND_XML || k == WB_KIND_OTHER;
    wb_postgres_quote_name(&name, column->name);
    if (c->form == WB_FORM_NULL) {
        wb_buf_addf(to, "%s IS NULL", wb_buf_str(&name));
        return true;
    }
    if (!wb_postgres_literal(&value, &column->type, c))
        return false;
    if (text)
        wb_buf_addf(to, "%s::text COLLATE \"C\" = ", wb_buf_str(&name));
    else
        wb_buf_addf(to, k == WB_KIND_TEXT ? "%s COLLATE \"C\" = " : "%s = ", wb_buf_str(&name));
    wb_buf_add(to, value.data, value.len);
    return true;
}

bool wb_postgres_literal(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    if (c->form == WB_FORM_NULL) {
        wb_buf_adds(to, "NULL");
        return true;
    }
    size_t before = to->len;
    if (c->form != WB_FORM_INVALID && add_value(to, t, c))
        return true;
    to->len = before;
    return false;
}

/* Types that have an equality, which tells apart what is not the same. */
static bool has_equality(const struct wb_type *t) {
    switch (t->kind) {
    case WB_KIND_BOOL:
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_DECIMAL:
    case WB_KIND_FLOAT:
    case WB_KIND_BYTES:
    case WB_KIND_BIT:
    case WB_KIND_DATE:
    case WB_KIND_TIME:
    case WB_KIND_INTERVAL:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
    case WB_KIND_UUID:
    case WB_KIND_INET:
        return true;
    case WB_KIND_JSON:
        return t->binary_json;
    case WB_KIND_ARRAY:
        return t->elem && t->elem->kind != WB_KIND_TEXT && has_equality(t->elem);
    default:
        return false;
    }
}

void wb_postgres_differs(struct wb_buf *to, const struct wb_type *t, const char *a, const char *b) {
    if (has_equality(t))
        wb_buf_addf(to, "(%s) IS DISTINCT FROM (%s)", a, b);
    else
        wb_buf_addf(to, "(%s)::text COLLATE \"C\" IS DISTINCT FROM (%s)::text COLLATE \"C\"", a, b);
}
