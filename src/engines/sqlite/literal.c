/* Values as literals. The form of a cell is its storage class, and that is what a literal must
 * have: 42, 42.0, '42' and x'3432' are four values.
 *
 * Text may hold 0x00, which no literal can: it is joined from pieces by char(0). Floats are read by
 * SQLite's own routine, which does not always find the nearest double of digits that lie about
 * midway between two (https://www.sqlite.org/floatingpoint.html). So a number is written with
 * digits enough to lie well within half a unit in the last place; the smallest and largest, where
 * that routine goes in steps, as a whole number times or by powers of two, which is exact.
 */
#include "engines/sqlite/verify.h"

#include "base/str.h"
#include "engines/sqlite/conn.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void add_exact(struct wb_buf *to, double d) {
    int exponent;
    int64_t whole = (int64_t)ldexp(frexp(d, &exponent), 53);
    exponent -= 53;
    for (; whole % 2 == 0; exponent++)
        whole /= 2;
    wb_buf_addf(to, "(CAST(%" PRId64 " AS REAL)", whole);
    for (int left = abs(exponent); left > 0; left -= 62)
        wb_buf_addf(to, "%c%" PRId64, exponent < 0 ? '/' : '*',
                    INT64_C(1) << (left < 62 ? left : 62));
    wb_buf_addc(to, ')');
}

/* With as few digits as lie within a quarter of the distance to the next double. */
static void add_digits(struct wb_buf *to, double d) {
    char text[40];
    long double quarter = ((long double)nextafter(fabs(d), INFINITY) - fabsl((long double)d)) / 4;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, d);
        if (fabsl(strtold(text, NULL) - (long double)d) <= quarter)
            break;
    }
    wb_buf_adds(to, text);
    if (!strpbrk(text, ".e"))
        wb_buf_adds(to, ".0");
}

static bool add_double(struct wb_buf *to, double d) {
    if (isnan(d))
        return false; /* SQLite has none */
    if (isinf(d))
        wb_buf_adds(to, d > 0 ? "9e999" : "-9e999");
    else if (d != 0 && (fabs(d) < 1e-270 || fabs(d) > 1e280))
        add_exact(to, d);
    else
        add_digits(to, d);
    return true;
}

static void add_text(struct wb_buf *to, const char *p, size_t len) {
    const char *nul = len ? memchr(p, 0, len) : NULL;
    if (!nul) {
        wb_sqlite_quote_text(to, p, len);
        return;
    }
    wb_buf_addc(to, '(');
    for (; nul; nul = len ? memchr(p, 0, len) : NULL) {
        size_t piece = (size_t)(nul - p);
        wb_sqlite_quote_text(to, p, piece);
        wb_buf_adds(to, "||char(0)||");
        p += piece + 1;
        len -= piece + 1;
    }
    wb_sqlite_quote_text(to, p, len);
    wb_buf_addc(to, ')');
}

static void add_blob(struct wb_buf *to, const unsigned char *p, size_t len) {
    static const char hex[] = "0123456789ABCDEF";
    wb_buf_reserve(to, 2 * len + 3);
    wb_buf_adds(to, "x'");
    for (size_t i = 0; i < len; i++) {
        wb_buf_addc(to, hex[p[i] >> 4]);
        wb_buf_addc(to, hex[p[i] & 15]);
    }
    wb_buf_addc(to, '\'');
}

/* A row's own name, unless a column bears it. */
static const char *rowid_name(const struct wb_table *t) {
    static const char *const names[] = {"_rowid_", "rowid", "oid"};
    for (size_t i = 0; i < 3; i++) {
        bool taken = false;
        for (size_t k = 0; k < t->n_columns; k++)
            taken |= wb_str_ieq(t->columns[k].name, names[i]);
        if (!taken)
            return names[i];
    }
    return "NULL"; /* no row can be told from others: none is deleted */
}

void wb_sqlite_delete_some(struct wb_buf *to, const struct wb_table *t, const char *where,
                           uint64_t most) {
    WB_CLEANUP_BUF struct wb_buf table = {0};
    const char *rowid = rowid_name(t);
    wb_sqlite_quote_name(&table, t->schema && *t->schema ? t->schema : "main");
    wb_buf_addc(&table, '.');
    wb_sqlite_quote_name(&table, t->name);
    wb_buf_addf(to, "DELETE FROM %s WHERE %s IN (SELECT %s FROM %s WHERE %s LIMIT %" PRIu64 ")",
                wb_buf_str(&table), rowid, rowid, wb_buf_str(&table), where, most);
}

/* 1 = 1.0, and a column's affinity may make a number of the literal: so its class counts, too. */
bool wb_sqlite_exactly(struct wb_buf *to, const struct wb_column *column, const struct wb_cell *c) {
    static const char *const classes[] = {[WB_FORM_INT] = "integer",
                                          [WB_FORM_DOUBLE] = "real",
                                          [WB_FORM_TEXT] = "text",
                                          [WB_FORM_BYTES] = "blob"};
    WB_CLEANUP_BUF struct wb_buf name = {0}, value = {0};
    wb_sqlite_quote_name(&name, column->name);
    if (c->form == WB_FORM_NULL) {
        wb_buf_addf(to, "%s IS NULL", wb_buf_str(&name));
        return true;
    }
    if (!wb_sqlite_literal(&value, &column->type, c))
        return false;
    wb_buf_addf(to, "%s COLLATE BINARY = ", wb_buf_str(&name));
    wb_buf_add(to, value.data, value.len);
    wb_buf_addf(to, " AND typeof(%s) = '%s'", wb_buf_str(&name), classes[c->form]);
    return true;
}

bool wb_sqlite_literal(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    (void)t;
    switch ((enum wb_form)c->form) {
    case WB_FORM_NULL:
        wb_buf_adds(to, "NULL");
        return true;
    case WB_FORM_INT:
        wb_buf_addf(to, "%" PRId64, c->i);
        return true;
    case WB_FORM_DOUBLE:
        return add_double(to, c->d);
    case WB_FORM_TEXT:
        add_text(to, (const char *)c->p, c->len);
        return true;
    case WB_FORM_BYTES:
        add_blob(to, c->p, c->len);
        return true;
    case WB_FORM_UINT: /* above what SQLite's integers hold */
    case WB_FORM_INVALID:
        return false;
    }
    return false;
}

void wb_sqlite_differs(struct wb_buf *to, const struct wb_type *t, const char *a, const char *b) {
    (void)t;
    wb_buf_addf(to, "(%s) COLLATE BINARY IS NOT (%s)", a, b);
}
