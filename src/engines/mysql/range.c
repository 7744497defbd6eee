#include "engines/mysql/internal.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>

/* Which kinds of key a table can be cut by: those whose bounds survive as text and as a literal.
 * MariaDB's uuid orders by its groups from the last one on, so its order is asked of the server
 * like a collation's. */
static bool can_bound(const struct wb_type *t) {
    switch (t->kind) {
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_DECIMAL:
    case WB_KIND_TEXT:
    case WB_KIND_BYTES:
    case WB_KIND_DATE:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
    case WB_KIND_UUID:
        return true;
    case WB_KIND_YEAR: /* year(2) shows 1970 as 70 and 2000 as 00 */
        return !wb_str_istarts(t->native, "year(2)");
    default:
        return false;
    }
}

const struct wb_column *wb_mysql_split_key(const struct wb_table *t,
                                           const struct wb_index **ret_index) {
    const struct wb_index *key = wb_table_replica_key(t);
    if (!key || !key->n_parts || key->parts[0].column < 0 || key->parts[0].prefix_length)
        return NULL;
    const struct wb_column *c = &t->columns[key->parts[0].column];
    if (!can_bound(&c->type))
        return NULL;
    if (ret_index)
        *ret_index = key;
    return c;
}

static bool is_number(const char *s) {
    s += *s == '-';
    if (!isdigit((unsigned char)*s))
        return false;
    while (isdigit((unsigned char)*s))
        s++;
    if (*s == '.')
        s++;
    while (isdigit((unsigned char)*s))
        s++;
    return !*s;
}

static bool is_hex(const char *s) {
    size_t n = strlen(s);
    if (n < 2 || n % 2 || s[0] != '0' || s[1] != 'x')
        return false;
    return strspn(s + 2, "0123456789abcdefABCDEF") == n - 2;
}

bool wb_mysql_add_bound(struct wb_buf *sql, const struct wb_type *type, const char *bound) {
    size_t len = strlen(bound);
    switch (type->kind) {
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_YEAR:
    case WB_KIND_DECIMAL:
        if (!is_number(bound))
            return false;
        wb_buf_adds(sql, bound);
        return true;
    case WB_KIND_BYTES:
        if (!is_hex(bound))
            return false;
        wb_buf_addf(sql, "x'%s'", bound + 2);
        return true;
    case WB_KIND_TIMESTAMPTZ: /* the session's zone is UTC and older servers take no offset */
        if (len > 3 && strcmp(bound + len - 3, "+00") == 0)
            len -= 3;
        wb_mysql_quote_text(sql, bound, len);
        return true;
    default:
        wb_mysql_quote_text(sql, bound, len);
        return true;
    }
}

static enum wb_code add_side(struct wb_buf *sql, const struct wb_column *key, const char *op,
                             const char *bound, struct wb_error *err) {
    wb_mysql_quote_name(sql, key->name);
    wb_buf_adds(sql, op);
    if (!wb_mysql_add_bound(sql, &key->type, bound))
        return wb_error_set(err, WB_E_INTERNAL, "\"%s\" is no bound for key %s of type %s", bound,
                            key->name, key->type.native);
    return WB_OK;
}

enum wb_code wb_mysql_add_where(struct wb_buf *sql, const struct wb_table *t,
                                const struct wb_range *r, const char *extra, struct wb_error *err) {
    const char *join = " WHERE ";
    enum wb_code code = WB_OK;
    if (r->kind == WB_RANGE_PAGES)
        return wb_error_set(err, WB_E_INTERNAL, "table %s: MySQL does not read by pages", t->name);
    if (r->kind == WB_RANGE_KEY && (r->lower || r->upper)) {
        const struct wb_column *key = wb_mysql_split_key(t, NULL);
        if (!key)
            return wb_error_set(err, WB_E_INTERNAL, "table %s has no key that it can be cut by",
                                t->name);
        if (r->lower) {
            wb_buf_adds(sql, join);
            code = add_side(sql, key, " >= ", r->lower, err);
            join = " AND ";
        }
        if (!code && r->upper) {
            wb_buf_adds(sql, join);
            code = add_side(sql, key, " < ", r->upper, err);
            join = " AND ";
        }
    }
    if (!code && extra && *extra)
        wb_buf_addf(sql, "%s(%s)", join, extra);
    return code;
}
