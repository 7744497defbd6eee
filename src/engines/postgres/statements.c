#include "base/str.h"
#include "engines/postgres/internal.h"

#include <string.h>

void wb_postgres_quote_name(struct wb_buf *to, const char *name) {
    wb_str_quote(to, name, strlen(name), '"');
}

/* standard_conforming_strings is set on every connection, so a backslash is a backslash. */
void wb_postgres_quote_text(struct wb_buf *to, const char *text, size_t len) {
    wb_str_quote(to, text, len, '\'');
}

void wb_postgres_add_text(struct wb_buf *to, const char *text) {
    wb_postgres_quote_text(to, text, strlen(text));
}

void wb_postgres_add_table(struct wb_buf *to, const char *schema, const char *name) {
    if (schema && *schema) {
        wb_postgres_quote_name(to, schema);
        wb_buf_addc(to, '.');
    }
    wb_postgres_quote_name(to, name);
}

void wb_postgres_add_regclass(struct wb_buf *to, const char *schema, const char *name) {
    WB_CLEANUP_BUF struct wb_buf table = {0};
    wb_postgres_add_table(&table, schema, name);
    wb_postgres_add_text(to, wb_buf_str(&table));
    wb_buf_adds(to, "::pg_catalog.regclass");
}

/* Bounds are neutral text, which PostgreSQL reads as it stands, but for bytes (0x…). A literal
 * without a type takes the column's. */
static void add_bound(struct wb_buf *to, const struct wb_type *type, const char *bound) {
    if (type->kind == WB_KIND_BYTES && wb_str_istarts(bound, "0x")) {
        wb_buf_adds(to, "'\\x");
        wb_buf_adds(to, bound + 2);
        wb_buf_addc(to, '\'');
    } else {
        wb_postgres_add_text(to, bound);
    }
}

static bool add_key_range(struct wb_buf *to, const struct wb_table *t, const struct wb_range *r) {
    const struct wb_index *key = wb_table_replica_key(t);
    if (!key || !key->n_parts || key->parts[0].column < 0)
        return false;
    const struct wb_column *column = &t->columns[key->parts[0].column];
    if (r->lower) {
        wb_postgres_quote_name(to, column->name);
        wb_buf_adds(to, " >= ");
        add_bound(to, &column->type, r->lower);
    }
    if (r->upper) {
        wb_buf_adds(to, r->lower ? " AND " : "");
        wb_postgres_quote_name(to, column->name);
        wb_buf_adds(to, " < ");
        add_bound(to, &column->type, r->upper);
    }
    return true;
}

bool wb_postgres_add_range(struct wb_buf *to, const struct wb_table *t, const struct wb_range *r) {
    if (r->kind == WB_RANGE_KEY)
        return add_key_range(to, t, r);
    if (r->kind == WB_RANGE_PAGES) {
        if (r->lower)
            wb_buf_addf(to, "ctid >= '(%s,0)'::pg_catalog.tid", r->lower);
        if (r->upper)
            wb_buf_addf(to, "%sctid < '(%s,0)'::pg_catalog.tid", r->lower ? " AND " : "", r->upper);
    }
    return true;
}

enum wb_code wb_postgres_rows(struct wb_postgres *p, const char *sql, struct wb_arena *a,
                              struct wb_rows *ret, struct wb_error *err) {
    PGresult *res = NULL;
    enum wb_code code = wb_pg_query(&p->pg, sql, &res, err);
    if (code)
        return code;
    struct wb_rows rows = {.n_rows = (size_t)PQntuples(res), .n_columns = (size_t)PQnfields(res)};
    rows.values = WB_NEW_N(a, const char **, rows.n_rows + 1);
    for (size_t r = 0; r < rows.n_rows; r++) {
        rows.values[r] = WB_NEW_N(a, const char *, rows.n_columns + 1);
        for (size_t c = 0; c < rows.n_columns; c++)
            if (!PQgetisnull(res, (int)r, (int)c))
                rows.values[r][c] = wb_arena_strndup(a, PQgetvalue(res, (int)r, (int)c),
                                                     (size_t)PQgetlength(res, (int)r, (int)c));
    }
    PQclear(res);
    *ret = rows;
    return WB_OK;
}
