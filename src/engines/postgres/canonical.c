/* Digests by the server.
 *
 * Each column becomes its canonical text (docs/values.md) with an end that can be told, a row is
 * all of these one after another, and MD5 of that a number of 128 bits, of which the server sums
 * the two halves apart. A bigint has a sign, so the lower half's first bit is turned round, which
 * takes 2^63 from each, and that is added again here.
 *
 * What must never happen is that two different values give one text; a NULL that comes of anything
 * but NULL makes the row NULL, which is an error. OFFSET 0 has MD5 computed once a row.
 */
#include "engines/postgres/internal.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum { GROUP_COLUMNS = 50 }; /* in parentheses together, so that expressions do not nest deeply */

typedef unsigned __int128 wide;

/* -------------------------------------------------------------------------------------------
 * expressions: the text of a column that is not NULL */

static bool is_number(enum wb_kind k) {
    return k == WB_KIND_BOOL || k == WB_KIND_INT || k == WB_KIND_UINT || k == WB_KIND_YEAR ||
           k == WB_KIND_DECIMAL;
}

static void add_number(struct wb_buf *to, const struct wb_type *t, const char *name) {
    if (t->kind == WB_KIND_BOOL)
        wb_buf_addf(to, "%s::int::text", name);
    else if (t->kind == WB_KIND_DECIMAL && t->precision && t->scale > 0)
        wb_buf_addf(to, "rtrim(rtrim(%s::text,'0'),'.')", name);
    else if (t->kind == WB_KIND_DECIMAL && !t->precision)
        wb_buf_addf(to,
                    "CASE WHEN strpos(%s::text,'.')>0 THEN rtrim(rtrim(%s::text,'0'),'.') ELSE "
                    "%s::text END",
                    name, name, name);
    else
        wb_buf_addf(to, "%s::text", name);
}

static bool is_moment(enum wb_kind k) {
    return k == WB_KIND_TIMESTAMP || k == WB_KIND_TIMESTAMPTZ;
}

static void add_interval(struct wb_buf *to, const char *n) {
    wb_buf_addf(to,
                "(extract(year FROM %s)*12+extract(month FROM %s))::bigint||' '||"
                "extract(day FROM %s)::bigint||' '||(extract(hour FROM %s)::bigint*3600000000+"
                "extract(minute FROM %s)::bigint*60000000+extract(microseconds FROM %s)::bigint)",
                n, n, n, n, n, n);
}

/* A set's labels have no commas. An array that would not be the same again is given as its literal
 * behind two commas, with which no set begins. */
static void add_text_array(struct wb_buf *to, const char *n) {
    WB_CLEANUP_BUF struct wb_buf joined = {0};
    wb_buf_addf(&joined, "array_to_string(%s::text[],',')", n);
    const char *j = wb_buf_str(&joined);
    wb_buf_addf(to,
                "CASE WHEN string_to_array(%s,',')=%s::text[] AND left(%s,2)<>',,' THEN %s ELSE "
                "',,'||%s::text END",
                j, n, j, j, n);
}

static bool is_exact_element(const struct wb_type *t) {
    switch (t->kind) {
    case WB_KIND_BOOL:
    case WB_KIND_INT:
    case WB_KIND_DECIMAL:
    case WB_KIND_UUID:
    case WB_KIND_DATE:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
        return true;
    default:
        return false;
    }
}

static bool add_array(struct wb_buf *to, const struct wb_type *t, const struct wb_type *as,
                      const char *name) {
    bool texts = t->kind == WB_KIND_SET || (t->elem && t->elem->kind == WB_KIND_TEXT);
    bool as_texts = as->kind == WB_KIND_SET || (as->elem && as->elem->kind == WB_KIND_TEXT);
    if (texts && as_texts) {
        add_text_array(to, name);
        return true;
    }
    wb_buf_addf(to, "%s::text", name);
    return t->kind == WB_KIND_ARRAY && as->kind == WB_KIND_ARRAY && t->elem && as->elem &&
           t->elem->kind == as->elem->kind && is_exact_element(t->elem);
}

/* character(n) loses its padding as text: as good as with it between two that are equally long. */
static bool add_text(struct wb_buf *to, const struct wb_type *t, const struct wb_type *as,
                     const char *name) {
    bool padded = t->fixed && wb_str_starts(t->native, "character");
    bool as_padded = as->fixed && wb_str_starts(as->native, "character");
    wb_buf_addf(to, "%s::text", name);
    return padded == as_padded && (!padded || t->length == as->length);
}

static bool add_same_kind(struct wb_buf *to, const struct wb_type *t, const struct wb_type *as,
                          const char *name) {
    switch (t->kind) {
    case WB_KIND_TEXT:
        return add_text(to, t, as, name);
    case WB_KIND_ENUM:
    case WB_KIND_UUID:
    case WB_KIND_DATE:
    case WB_KIND_TIME:
        wb_buf_addf(to, "%s::text", name);
        return true;
    case WB_KIND_BIT:
        wb_buf_addf(to, "%s::text", name);
        return t->fixed == as->fixed && (!t->fixed || t->length == as->length);
    case WB_KIND_JSON:
        wb_buf_addf(to, "%s::text", name);
        return t->binary_json == as->binary_json;
    case WB_KIND_INTERVAL:
        add_interval(to, name);
        return true;
    case WB_KIND_INET:
        wb_buf_addf(to,
                    "host(%s)||CASE WHEN masklen(%s)=CASE family(%s) WHEN 4 THEN 32 ELSE 128 END "
                    "THEN '' ELSE '/'||masklen(%s) END",
                    name, name, name, name);
        return true;
    default:
        return false;
    }
}

/* False where the two types have no common text. */
static bool add_value(struct wb_buf *to, const struct wb_type *t, const struct wb_type *as,
                      const char *name) {
    if (is_number(t->kind) && is_number(as->kind)) {
        add_number(to, t, name);
        return true;
    }
    if (is_moment(t->kind) && is_moment(as->kind)) {
        wb_buf_addf(to, t->kind == as->kind ? "%s::text" : "(%s AT TIME ZONE 'UTC')::text", name);
        return true;
    }
    if (t->kind == WB_KIND_BYTES || t->kind == WB_KIND_GEOMETRY) {
        wb_buf_addf(to, "encode(%s,'hex')", name);
        return as->kind == WB_KIND_BYTES || as->kind == WB_KIND_GEOMETRY;
    }
    if (t->kind == WB_KIND_SET || t->kind == WB_KIND_ARRAY)
        return add_array(to, t, as, name);
    return t->kind == as->kind && add_same_kind(to, t, as, name);
}

/* -------------------------------------------------------------------------------------------
 * rows */

/* Kinds whose text may have anything in it, so that its length must tell where it ends. */
static bool is_free(enum wb_kind k) {
    return k == WB_KIND_TEXT || k == WB_KIND_ENUM || k == WB_KIND_JSON || k == WB_KIND_SET ||
           k == WB_KIND_ARRAY;
}

/* "length:text", or "text;" of what has no semicolon in it. recode: the database is not UTF-8,
 * where lengths would differ. */
static bool add_column(struct wb_buf *to, const struct wb_column *c, const struct wb_type *as,
                       bool recode) {
    WB_CLEANUP_BUF struct wb_buf name = {0}, value = {0};
    wb_postgres_quote_name(&name, c->name);
    if (!add_value(&value, &c->type, as, wb_buf_str(&name)))
        return false;
    const char *v = wb_buf_str(&value);
    wb_buf_addf(to, "CASE WHEN %s IS NULL THEN '~' ELSE ", wb_buf_str(&name));
    if (!is_free(c->type.kind))
        wb_buf_addf(to, "(%s)||';' END", v);
    else if (recode)
        wb_buf_addf(to, "octet_length(convert_to(%s,'UTF8'))||':'||(%s) END", v, v);
    else
        wb_buf_addf(to, "octet_length(%s)||':'||(%s) END", v, v);
    return true;
}

bool wb_postgres_canonical(const struct wb_table *t, uint32_t column, const struct wb_type *as) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    return add_column(&sql, &t->columns[column], as, false);
}

static enum wb_code add_row(struct wb_buf *sql, const struct wb_server_digest_spec *spec,
                            bool recode, struct wb_error *err) {
    wb_buf_adds(sql, spec->n_columns ? "(" : "(''");
    for (size_t i = 0; i < spec->n_columns; i++) {
        const struct wb_column *c = &spec->table->columns[spec->columns[i]];
        if (i)
            wb_buf_adds(sql, i % GROUP_COLUMNS ? "||" : ")||(");
        if (!add_column(sql, c, spec->as[i], recode))
            return wb_error_set(err, WB_E_UNSUPPORTED,
                                "column %s.%s (%s) has no canonical text as %s", spec->table->name,
                                c->name, c->type.native, wb_kind_name(spec->as[i]->kind));
    }
    wb_buf_addc(sql, ')');
    return WB_OK;
}

static enum wb_code build(struct wb_buf *sql, const struct wb_server_digest_spec *spec, bool recode,
                          struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf where = {0};
    bool parted = spec->table->partitioning.method != WB_PARTITION_NONE;
    wb_buf_adds(sql, "SELECT count(*),count(h),sum(('x'||substr(h,1,16))::bit(64)::bigint),"
                     "sum((('x'||substr(h,17,16))::bit(64)#(1::bit(64)<<63))::bigint)"
                     " FROM (SELECT md5(");
    wb_buf_adds(sql, recode ? "convert_to(" : "");
    enum wb_code code = add_row(sql, spec, recode, err);
    if (code)
        return code;
    wb_buf_addf(sql, "%s) AS h FROM %s", recode ? ",'UTF8')" : "", parted ? "" : "ONLY ");
    wb_postgres_add_table(sql, spec->table->schema, spec->table->name);
    if (!wb_postgres_add_range(&where, spec->table, &spec->range))
        return wb_error_set(err, WB_E_INTERNAL, "it has no key to be read by");
    if (where.len)
        wb_buf_addf(sql, " WHERE %s", wb_buf_str(&where));
    if (spec->where)
        wb_buf_addf(sql, "%s(%s)", where.len ? " AND " : " WHERE ", spec->where);
    wb_buf_adds(sql, " OFFSET 0) q");
    return WB_OK;
}

/* A sum of less than 2^63 rows, each within 64 bits; NULL of no rows. Modulo 2^128. */
static wide parse_sum(const char *s) {
    wide v = 0;
    bool negative = s && *s == '-';
    for (s += negative ? 1 : 0; s && *s >= '0' && *s <= '9'; s++)
        v = v * 10 + (unsigned)(*s - '0');
    return negative ? (wide)0 - v : v;
}

enum wb_code wb_postgres_digest(struct wb_conn *conn, const struct wb_server_digest_spec *spec,
                                struct wb_digest *ret, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_postgres *p = wb_postgres_of(conn);
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    const char *encoding = PQparameterStatus(p->pg.conn, "server_encoding");
    bool recode = encoding && !wb_str_eq(encoding, "UTF8") && !wb_str_eq(encoding, "SQL_ASCII");
    enum wb_code code = build(&sql, spec, recode, err);
    if (!code)
        code = wb_postgres_rows(p, wb_buf_str(&sql), &a, &rows, err);
    if (!code && !wb_str_eq(rows.values[0][0], rows.values[0][1]))
        code = wb_error_set(err, WB_E_INTERNAL, "the server gave no digest for some rows");
    if (!code) {
        const char *const *row = (const char *const *)rows.values[0];
        uint64_t n = strtoull(row[0], NULL, 10);
        wide sum = (parse_sum(row[2]) << 64) + parse_sum(row[3]) + ((wide)n << 63);
        *ret = (struct wb_digest){.lo = (uint64_t)sum, .hi = (uint64_t)(sum >> 64), .rows = n};
    }
    wb_arena_done(&a);
    return code ? (wb_error_wrap(err, "digesting table %s", spec->table->name), code) : WB_OK;
}
