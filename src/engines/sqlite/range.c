#include "engines/sqlite/range.h"

#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>

enum wb_sqlite_affinity wb_sqlite_affinity_of(const char *declared) {
    if (wb_str_istr(declared, "INT"))
        return WB_SQLITE_INTEGER;
    if (wb_str_istr(declared, "CHAR") || wb_str_istr(declared, "CLOB") ||
        wb_str_istr(declared, "TEXT"))
        return WB_SQLITE_TEXT;
    if (!*declared || wb_str_istr(declared, "BLOB") || wb_str_ieq(declared, "ANY"))
        return WB_SQLITE_BLOB; /* ANY: as in a STRICT table; elsewhere it is NUMERIC, where a blob
                                  bound is as good */
    if (wb_str_istr(declared, "REAL") || wb_str_istr(declared, "FLOA") ||
        wb_str_istr(declared, "DOUB"))
        return WB_SQLITE_REAL;
    return WB_SQLITE_NUMERIC;
}

static bool has_column(const struct wb_table *t, const char *name) {
    for (size_t i = 0; i < t->n_columns; i++)
        if (wb_str_ieq(t->columns[i].name, name))
            return true;
    return false;
}

const char *wb_sqlite_rowid_name(const struct wb_table *t) {
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    for (size_t i = 0; !t->without_rowid && i < 3; i++)
        if (!has_column(t, names[i]))
            return names[i];
    return NULL;
}

const struct wb_column *wb_sqlite_split_column(const struct wb_table *t) {
    const struct wb_index *key = wb_table_replica_key(t);
    return key ? &t->columns[key->parts[0].column] : NULL;
}

static enum wb_code key_name(const struct wb_table *t, enum wb_range_kind kind, const char **ret,
                             bool *ret_nullable, struct wb_error *err) {
    const struct wb_column *col = kind == WB_RANGE_KEY ? wb_sqlite_split_column(t) : NULL;
    *ret = col ? col->name : kind == WB_RANGE_PAGES ? wb_sqlite_rowid_name(t) : NULL;
    *ret_nullable = col && !col->not_null;
    if (*ret)
        return WB_OK;
    return wb_error_set(err, WB_E_UNSUPPORTED,
                        "table %s has no key that a range \"%s\" could be of", t->name,
                        wb_range_kind_word(kind));
}

enum wb_code wb_sqlite_add_range(struct wb_buf *sql, const struct wb_table *t,
                                 const struct wb_range *r, struct wb_error *err) {
    const char *key = NULL;
    bool nullable = false;
    if (r->kind == WB_RANGE_ALL || (!r->lower && !r->upper))
        return WB_OK;
    enum wb_code code = key_name(t, r->kind, &key, &nullable, err);
    if (code)
        return code;
    wb_buf_adds(sql, "(");
    if (r->lower) {
        wb_sqlite_quote_name(sql, key);
        wb_buf_adds(sql, " >= ?1");
    }
    if (r->upper) {
        wb_buf_adds(sql, r->lower ? " AND " : "");
        wb_sqlite_quote_name(sql, key);
        wb_buf_adds(sql, " < ?2");
        if (!r->lower && nullable) {
            wb_buf_adds(sql, " OR ");
            wb_sqlite_quote_name(sql, key);
            wb_buf_adds(sql, " IS NULL");
        }
    }
    wb_buf_adds(sql, ")");
    return WB_OK;
}

static int hex_digit(char c) {
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

static int bind_hex(sqlite3_stmt *s, int at, const char *hex) {
    size_t n = strlen(hex);
    unsigned char *bytes = malloc(n / 2 + 1);
    if (!bytes)
        abort();
    for (size_t i = 0; i + 1 < n; i += 2)
        bytes[i / 2] = (unsigned char)(hex_digit(hex[i]) * 16 + hex_digit(hex[i + 1]));
    return sqlite3_bind_blob64(s, at, bytes, n / 2, free);
}

static bool is_hex(const char *text) {
    return wb_str_starts(text, "0x") && strlen(text) % 2 == 0 &&
           strspn(text + 2, "0123456789abcdefABCDEF") == strlen(text + 2);
}

/* Bound as text a number meets the column's affinity and becomes what the column holds; blobs have
 * no such help. */
static int bind_bound(sqlite3_stmt *s, int at, const struct wb_type *type, const char *text) {
    int64_t i;
    bool bytes =
        type->kind == WB_KIND_BYTES || type->kind == WB_KIND_UUID ||
        (type->kind == WB_KIND_ANY && wb_sqlite_affinity_of(type->native) == WB_SQLITE_BLOB);
    if (bytes && is_hex(text))
        return bind_hex(s, at, text + 2);
    if ((type->kind == WB_KIND_INT || type->kind == WB_KIND_UINT) &&
        wb_str_int64(text, INT64_MIN, INT64_MAX, &i))
        return sqlite3_bind_int64(s, at, i);
    return sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
}

enum wb_code wb_sqlite_bind_range(struct wb_sqlite *c, sqlite3_stmt *s, const struct wb_table *t,
                                  const struct wb_range *r, struct wb_error *err) {
    static const struct wb_type rowid = {.kind = WB_KIND_INT, .size_bytes = 8, .native = "INTEGER"};
    const struct wb_column *col = r->kind == WB_RANGE_KEY ? wb_sqlite_split_column(t) : NULL;
    const struct wb_type *type = col ? &col->type : &rowid;
    int rc = SQLITE_OK;
    if (r->kind == WB_RANGE_ALL)
        return WB_OK;
    if (r->lower)
        rc = bind_bound(s, 1, type, r->lower);
    if (!rc && r->upper)
        rc = bind_bound(s, 2, type, r->upper);
    return rc ? wb_sqlite_fail(c, rc, "binding a range", err) : WB_OK;
}
