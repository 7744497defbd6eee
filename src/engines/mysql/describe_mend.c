/* What information_schema garbles: it speaks utf8mb3, so a character beyond the basic plane comes
 * as
 * '?' or '????', and bytes as the text that they might be. */
#include "engines/mysql/create_text.h"
#include "engines/mysql/describe.h"

#include "base/str.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------
 * literals */

/* One string literal and nothing else. */
static bool is_string_literal(const char *s) {
    if (*s++ != '\'')
        return false;
    for (; *s; s++) {
        if (*s == '\\' && s[1])
            s++;
        else if (*s == '\'' && s[1] == '\'')
            s++;
        else if (*s == '\'')
            return !s[1];
    }
    return false;
}

/* The default's own bytes in hexadecimal, text as utf8mb4; NULL where it cannot be had. */
static const char *ask_default_of(struct describe *d, const struct wb_table *t,
                                  const struct wb_column *c, const char *from, const char *rest) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_my_rows rows;
    bool text = c->type.kind == WB_KIND_TEXT;
    wb_buf_adds(&sql, text ? "SELECT HEX(CONVERT(DEFAULT(t." : "SELECT HEX(DEFAULT(t.");
    wb_mysql_quote_name(&sql, c->name);
    wb_buf_addf(&sql, "%s FROM %s", text ? ") USING utf8mb4))" : "))", from);
    wb_mysql_quote_table(&sql, t);
    wb_buf_addf(&sql, " t %s", rest);
    if (wb_my_query(d->my, d->a, &rows, NULL, wb_buf_str(&sql), sql.len) || !rows.n_rows)
        return NULL;
    return rows.values[0][0];
}

/* A binary literal that information_schema shows whole: ASCII with the escapes \0 \n \r \\ and ''.
 * '?' may be anything. */
static const char *hex_of_shown(struct describe *d, const char *shown) {
    WB_CLEANUP_BUF struct wb_buf hex = {0};
    size_t len = strlen(shown);
    for (const char *s = shown + 1; s < shown + len - 1; s++) {
        unsigned char c = (unsigned char)*s;
        if (c >= 0x80 || c == '?')
            return NULL;
        bool escaped = c == '\\';
        if (escaped || c == '\'')
            c = (unsigned char)*++s;
        if (escaped)
            c = c == '0' ? 0 : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
        wb_buf_addf(&hex, "%02X", c);
    }
    return wb_arena_strdup(d->a, wb_buf_str(&hex));
}

/* A row that an outer join fills up still has the defaults of columns that may be NULL, any row has
 * all of them. */
static const char *ask_default(struct describe *d, const struct wb_table *t,
                               const struct wb_column *c, const char *shown) {
    const char *hex = c->type.kind == WB_KIND_BYTES ? hex_of_shown(d, shown) : NULL;
    if (!hex && !c->not_null)
        hex = ask_default_of(d, t, c, "(SELECT 1) q LEFT JOIN ", "ON FALSE");
    return hex ? hex : ask_default_of(d, t, c, "", "LIMIT 1");
}

/* Whether the charset has characters that utf8mb3 has not. */
static bool goes_beyond_plane(const struct wb_type *t) {
    const char *cs = t->charset;
    return !cs || wb_str_istarts(cs, "utf16") || wb_str_ieq(cs, "utf32") ||
           wb_str_ieq(cs, "gb18030");
}

static unsigned nibble(char c) {
    return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

/* A literal of what HEX() gave: x'00FF' for bytes, else text in quotes; NULL where the text has a
 * NUL. */
static const char *literal_of_hex(struct describe *d, bool text, const char *hex) {
    WB_CLEANUP_BUF struct wb_buf bytes = {0}, quoted = {0};
    if (!text)
        return wb_arena_printf(d->a, "x'%s'", hex);
    for (; hex[0] && hex[1]; hex += 2)
        wb_buf_addc(&bytes, (char)(nibble(hex[0]) << 4 | nibble(hex[1])));
    if (memchr(wb_buf_str(&bytes), 0, bytes.len))
        return NULL;
    wb_mysql_quote_text(&quoted, wb_buf_str(&bytes), bytes.len);
    return wb_arena_strndup(d->a, wb_buf_str(&quoted), quoted.len);
}

/* information_schema speaks utf8mb3: a default beyond the basic plane comes as '?', bytes come as
 * the text that they might be. Such a literal is asked of the table itself. */
void wb_mysql_describe_mend_default(struct describe *d, const struct wb_table *t,
                                    struct wb_column *c) {
    bool text = c->type.kind == WB_KIND_TEXT, bytes = c->type.kind == WB_KIND_BYTES;
    const char *shown = c->default_.text;
    if (!(bytes || (text && strchr(shown, '?') && goes_beyond_plane(&c->type))))
        return;
    const char *name = wb_arena_printf(d->a, "%s.%s", t->name, c->name);
    if (!is_string_literal(shown))
        return; /* see below */
    const char *hex = ask_default(d, t, c, shown);
    c->default_.text = hex ? literal_of_hex(d, text, hex) : NULL;
    if (!c->default_.text)
        wb_findings_add(&d->catalog->findings, d->a, WB_WARNING, WB_FINDING_NOT_CARRIED, "default",
                        name, "set the default in the target by hand",
                        "the server does not show this default as it is, only as %s", shown);
}

/* ------------------------------------------------------------------------------------------
 * expressions beyond the basic plane */

static bool is_doubtful(const struct wb_expr_text *e) {
    return e->text && strchr(e->text, '?') && !is_string_literal(e->text);
}

static bool has_doubts(const struct wb_table *t) {
    for (size_t i = 0; i < t->n_columns; i++)
        if (is_doubtful(&t->columns[i].default_) || is_doubtful(&t->columns[i].generated_as))
            return true;
    for (size_t i = 0; i < t->n_checks; i++)
        if (is_doubtful(&t->checks[i].expr))
            return true;
    return false;
}

const char *wb_mysql_describe_create(struct describe *d, const struct wb_table *t) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_my_rows rows;
    wb_buf_adds(&sql, "SHOW CREATE TABLE ");
    wb_mysql_quote_table(&sql, t);
    return wb_my_query(d->my, d->a, &rows, NULL, wb_buf_str(&sql), sql.len) || !rows.n_rows
               ? NULL
               : rows.values[0][1];
}

/* Without the statement, or without the thing in it, the text stays as it is shown. */
static void mend_table(struct describe *d, struct wb_table *t, const char *create) {
    for (size_t i = 0; i < t->n_columns; i++) {
        struct wb_column *c = &t->columns[i];
        struct wb_mysql_create_column told;
        if (!wb_mysql_create_column(create, c->name, d->a, &told))
            continue;
        if (is_doubtful(&c->default_) && told.default_)
            c->default_.text = told.default_;
        if (is_doubtful(&c->generated_as) && told.generated_as)
            c->generated_as.text = told.generated_as;
        for (size_t k = 0; k < t->n_checks; k++)
            if (t->checks[k].column == (int)i && told.check)
                t->checks[k].expr.text = told.check;
    }
    struct wb_mysql_create_check check;
    for (const char *at = create; wb_mysql_create_next_check(&at, d->a, &check);)
        for (size_t k = 0; k < t->n_checks; k++)
            if (t->checks[k].column < 0 && wb_str_eq(t->checks[k].name, check.name))
                t->checks[k].expr.text = check.expr;
}

void wb_mysql_describe_mend_expressions(struct describe *d) {
    for (size_t i = 0; i < d->catalog->n_tables; i++) {
        struct wb_table *t = &d->catalog->tables[i];
        const char *create = has_doubts(t) ? wb_mysql_describe_create(d, t) : NULL;
        if (create && d->my->mariadb)
            mend_table(d, t, create);
        else if (has_doubts(t))
            wb_findings_add(&d->catalog->findings, d->a, WB_NOTE, WB_FINDING_RISK, "table", t->name,
                            "compare its expressions in the target",
                            "an expression holds a '?', which the server also shows for characters "
                            "beyond U+FFFF");
    }
}
