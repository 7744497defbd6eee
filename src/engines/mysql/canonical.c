/* Digests by the server.
 *
 * Each column becomes its canonical text (docs/values.md) with an end that can be told, a row is
 * all of these one after another, and MD5 of that a number of 128 bits, of which the server sums
 * the two halves apart: their sums are exact decimals, put together here. All of it is done on
 * binary strings, so no collation has a say.
 *
 * What must never happen is that two different values give one text. So a text that the server
 * cannot convert without loss is given as '#' and its bytes, which no text of any engine begins
 * with; and a row that outgrows max_allowed_packet, for which CONCAT gives NULL, is an error.
 *
 * The limit in the inner SELECT has it computed once a row: it would be merged into the outer one,
 * and MD5 taken twice.
 */
#include "engines/mysql/internal.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 wide;

/* -------------------------------------------------------------------------------------------
 * expressions */

static bool is_number(const struct wb_type *t) {
    switch (t->kind) {
    case WB_KIND_BOOL:
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_DECIMAL:
        return true;
    case WB_KIND_YEAR: /* year(2) is not the year that it stands for */
        return !wb_str_istarts(t->native, "year(2)");
    default:
        return false;
    }
}

/* "text;" of what has no semicolon in it, computed once. */
static void add_ended(struct wb_buf *sql, const char *text) {
    wb_buf_addf(sql, "CONCAT(%s,';')", text);
}

/* "length:text" of an expression that may have anything in it. */
static void add_measured(struct wb_buf *sql, const char *text) {
    wb_buf_addf(sql, "CONCAT(LENGTH(%s),':',%s)", text, text);
}

/* '1.50' is 1.5 and '0000' is 0; zerofill's zeros are no part of a value. */
static void add_number(struct wb_buf *sql, const struct wb_type *t, const char *name) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    bool plain = t->kind != WB_KIND_YEAR && !wb_str_istr(t->native, "zerofill");
    if (t->kind == WB_KIND_DECIMAL && t->scale > 0)
        wb_buf_addf(&text, "TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST(%s%s AS CHAR)))",
                    name, plain ? "" : "+0");
    else
        wb_buf_addf(&text, "CAST(%s%s AS CHAR)", name, plain ? "" : "+0");
    add_ended(sql, wb_buf_str(&text));
}

/* Digits of a fraction only as far as there are any, as PostgreSQL writes them. */
static void add_moment(struct wb_buf *sql, const struct wb_type *t, const struct wb_type *as,
                       const char *name) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    const char *zone = as->kind == WB_KIND_TIMESTAMPTZ ? ",'+00'" : "";
    wb_buf_adds(&text, "CONCAT(");
    if (t->fraction_digits)
        wb_buf_addf(&text, "TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST(%s AS CHAR)))",
                    name);
    else
        wb_buf_addf(&text, "CAST(%s AS CHAR)", name);
    wb_buf_addf(&text, "%s)", zone);
    add_ended(sql, wb_buf_str(&text));
}

static void add_interval(struct wb_buf *sql, const char *n) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    wb_buf_addf(&text,
                "CONCAT('0 0 ',IF(%s<0,'-',''),HOUR(%s)*3600000000+MINUTE(%s)*60000000+"
                "SECOND(%s)*1000000+MICROSECOND(%s))",
                n, n, n, n, n);
    add_ended(sql, wb_buf_str(&text));
}

/* utf8mb4 and what is a part of it: the bytes as they are stored, even if they are none of it.
 * latin1: all 256 characters exist. Others: only if the way back leads to the same bytes. */
static void add_text(struct wb_buf *sql, const struct wb_type *t, const char *name) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    const char *cs = t->charset;
    bool raw =
        !cs || wb_str_ieq(cs, "utf8") || wb_str_ieq(cs, "utf8mb3") || wb_str_ieq(cs, "ascii");
    if (raw)
        wb_buf_addf(&text, "CAST(%s AS BINARY)", name);
    else
        wb_buf_addf(&text, "CAST(CONVERT(%s USING utf8mb4) AS BINARY)", name);
    if (raw || wb_str_ieq(cs, "latin1")) {
        add_measured(sql, wb_buf_str(&text));
        return;
    }
    wb_buf_addf(sql,
                "IF(CAST(CONVERT(CONVERT(%s USING utf8mb4) USING %s) AS BINARY)=CAST(%s AS "
                "BINARY),",
                name, cs, name);
    add_measured(sql, wb_buf_str(&text));
    wb_buf_addf(sql, ",CONCAT('#',HEX(%s),';'))", name);
}

/* The error value, number 0, shows as the empty string, which may be a label, too. */
static void add_enum(struct wb_buf *sql, const struct wb_type *t, const char *name) {
    wb_buf_addf(sql, "IF(%s+0=0,'#0;',", name);
    add_text(sql, t, name);
    wb_buf_addc(sql, ')');
}

static void add_hex(struct wb_buf *sql, const char *name) {
    wb_buf_addf(sql, "CONCAT(LOWER(HEX(%s)),';')", name);
}

/* --------------------------------------------------------------------------------------- which
 * pairs of types */

static bool is_text_array(const struct wb_type *t) {
    return t->kind == WB_KIND_ARRAY && t->elem && t->elem->kind == WB_KIND_TEXT;
}

static bool add_moment_pair(struct wb_buf *sql, const struct wb_type *t, const struct wb_type *as,
                            const char *name) {
    bool moments = (t->kind == WB_KIND_TIMESTAMP || t->kind == WB_KIND_TIMESTAMPTZ) &&
                   (as->kind == WB_KIND_TIMESTAMP || as->kind == WB_KIND_TIMESTAMPTZ);
    if (t->kind == WB_KIND_TIME && as->kind == WB_KIND_INTERVAL)
        add_interval(sql, name);
    else if (moments || (t->kind == as->kind && t->kind != WB_KIND_INTERVAL))
        add_moment(sql, t, as, name);
    else
        return false;
    return true;
}

static bool add_text_pair(struct wb_buf *sql, const struct wb_type *t, const struct wb_type *as,
                          const char *name) {
    bool label = t->kind == WB_KIND_ENUM && as->kind == WB_KIND_ENUM;
    bool text = as->kind == WB_KIND_TEXT && !(as->fixed && wb_str_istarts(as->native, "character"));
    bool taken = label ||
                 (text && (t->kind == WB_KIND_TEXT || t->kind == WB_KIND_ENUM ||
                           t->kind == WB_KIND_SET || t->kind == WB_KIND_JSON)) ||
                 (t->kind == WB_KIND_SET && (as->kind == WB_KIND_SET || is_text_array(as))) ||
                 (t->kind == WB_KIND_JSON && as->kind == WB_KIND_JSON && !as->binary_json);
    if (label)
        add_enum(sql, t, name);
    else if (taken)
        add_text(sql, t, name);
    return taken;
}

/* A column's part of its row's text, where it is not NULL; false where it has none. */
static bool add_part(struct wb_buf *sql, const struct wb_type *t, const struct wb_type *as,
                     const char *name) {
    switch (t->kind) {
    case WB_KIND_DATE:
    case WB_KIND_TIME:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
        return add_moment_pair(sql, t, as, name);
    case WB_KIND_BYTES:
    case WB_KIND_GEOMETRY:
        add_hex(sql, name);
        return as->kind == WB_KIND_BYTES || as->kind == WB_KIND_GEOMETRY;
    case WB_KIND_BIT:
        wb_buf_addf(sql, "CONCAT(LPAD(BIN(%s),%u,'0'),';')", name, t->length);
        return as->kind == WB_KIND_BIT && as->length == t->length;
    case WB_KIND_UUID:
        wb_buf_addf(sql, "CONCAT(LOWER(CAST(%s AS CHAR)),';')", name);
        return as->kind == WB_KIND_UUID;
    case WB_KIND_TEXT:
    case WB_KIND_ENUM:
    case WB_KIND_SET:
    case WB_KIND_JSON:
        return add_text_pair(sql, t, as, name);
    default:
        if (!is_number(t) || !is_number(as))
            return false;
        add_number(sql, t, name);
        return true;
    }
}

static bool add_column(struct wb_buf *sql, const struct wb_column *c, const struct wb_type *as) {
    WB_CLEANUP_BUF struct wb_buf name = {0};
    wb_mysql_quote_name(&name, c->name);
    wb_buf_addf(sql, "IF(%s IS NULL,'~',", wb_buf_str(&name));
    bool ok = add_part(sql, &c->type, as, wb_buf_str(&name));
    wb_buf_addc(sql, ')');
    return ok;
}

bool wb_mysql_canonical(const struct wb_table *t, uint32_t column, const struct wb_type *as) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    return add_column(&sql, &t->columns[column], as);
}

/* -------------------------------------------------------------------------------------------
 * the digest */

static enum wb_code build(struct wb_buf *sql, const struct wb_server_digest_spec *spec,
                          struct wb_error *err) {
    wb_buf_adds(sql, "SELECT COUNT(*), COUNT(h), "
                     "SUM(CAST(CONV(HEX(SUBSTR(h,1,8)),16,10) AS UNSIGNED)), "
                     "SUM(CAST(CONV(HEX(SUBSTR(h,9,8)),16,10) AS UNSIGNED)) "
                     "FROM (SELECT UNHEX(MD5(CONCAT(''");
    for (size_t i = 0; i < spec->n_columns; i++) {
        const struct wb_column *c = &spec->table->columns[spec->columns[i]];
        wb_buf_addc(sql, ',');
        if (!add_column(sql, c, spec->as[i]))
            return wb_error_set(err, WB_E_UNSUPPORTED,
                                "column %s.%s (%s) has no canonical text as %s", spec->table->name,
                                c->name, c->type.native, wb_kind_name(spec->as[i]->kind));
    }
    wb_buf_adds(sql, "))) AS h FROM ");
    wb_mysql_quote_table(sql, spec->table);
    const struct wb_index *index = NULL;
    bool bounded = spec->range.kind == WB_RANGE_KEY && (spec->range.lower || spec->range.upper);
    if (bounded && wb_mysql_split_key(spec->table, &index) && !index->ignored) {
        wb_buf_adds(sql, " FORCE INDEX (");
        wb_mysql_quote_name(sql, index->primary ? "PRIMARY" : index->name);
        wb_buf_addc(sql, ')');
    }
    enum wb_code code = wb_mysql_add_where(sql, spec->table, &spec->range, spec->where, err);
    wb_buf_adds(sql, " LIMIT 18446744073709551615) q");
    return code;
}

/* A sum of less than 2^64 rows of less than 2^64 each. */
static wide parse_sum(const char *s) {
    wide v = 0;
    for (; s && *s >= '0' && *s <= '9'; s++)
        v = v * 10 + (unsigned)(*s - '0');
    return v;
}

enum wb_code wb_mysql_digest(struct wb_conn *conn, const struct wb_server_digest_spec *spec,
                             struct wb_digest *ret, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_arena a = {0};
    struct wb_my_rows rows;
    enum wb_code code = build(&sql, spec, err);
    if (!code)
        code = wb_my_query(mysql_of(conn)->my, &a, &rows, err, wb_buf_str(&sql), sql.len);
    if (!code && !wb_str_eq(rows.values[0][0], rows.values[0][1]))
        code = wb_error_set(err, WB_E_ROW_TOO_LARGE,
                            "a row is larger than the server's max_allowed_packet, so that the "
                            "server cannot digest it");
    if (!code) {
        const char *const *row = (const char *const *)rows.values[0];
        wide sum = (parse_sum(row[2]) << 64) + parse_sum(row[3]);
        *ret = (struct wb_digest){
            .lo = (uint64_t)sum, .hi = (uint64_t)(sum >> 64), .rows = strtoull(row[0], NULL, 10)};
    }
    wb_arena_done(&a);
    return code ? (wb_error_wrap(err, "digesting table %s", spec->table->name), code) : WB_OK;
}
