/* Neutral types in MySQL's words. What MySQL could hold only with loss goes to a text type, never
 * to a narrower one: decimals without bounds, intervals, arrays; timestamps with a zone from
 * elsewhere become datetime(6) in UTC, since MySQL's timestamp ends in 2038. A column of SQLite,
 * which may hold anything, goes by its affinity; values of another class are found before rows
 * move. */
#include "base/str.h"
#include "engines/mysql/ddl.h"

#include <stdio.h>
#include <string.h>

enum {
    MAX_CHAR = 255,
    MAX_VARCHAR = 16383,
    MAX_VARBINARY = 65535,
    MAX_DIGITS = 65,
    MAX_SCALE = 30,
    MAX_BITS = 64
};

static const char *labels_text(const struct wb_type *from, const char *word, struct wb_arena *a) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_buf_addf(&b, "%s(", word);
    for (uint32_t i = 0; i < from->n_labels; i++) {
        wb_buf_adds(&b, i ? "," : "");
        wb_mysql_quote_text(&b, from->labels[i], strlen(from->labels[i]));
    }
    wb_buf_adds(&b, ")");
    return wb_arena_strdup(a, wb_buf_str(&b));
}

static const char *number_text(const struct wb_type *from, struct wb_arena *a) {
    static const char *const words[] = {"", "tinyint", "smallint", "mediumint", "int",
                                        "", "",        "",         "bigint"};
    const char *word = from->size_bytes <= 8 ? words[from->size_bytes] : "";
    return wb_arena_printf(a, "%s%s", *word ? word : "bigint",
                           from->kind == WB_KIND_UINT ? " unsigned" : "");
}

static const char *text_text(const struct wb_type *from, struct wb_arena *a) {
    if (from->length && from->length <= MAX_CHAR && from->fixed)
        return wb_arena_printf(a, "char(%u)", from->length);
    if (from->length && from->length <= MAX_VARCHAR)
        return wb_arena_printf(a, "varchar(%u)", from->length);
    return from->max_bytes == 255        ? "tinytext"
           : from->max_bytes == 65535    ? "text"
           : from->max_bytes == 16777215 ? "mediumtext"
                                         : "longtext";
}

static const char *bytes_text(const struct wb_type *from, struct wb_arena *a) {
    if (from->length && from->length <= MAX_CHAR && from->fixed)
        return wb_arena_printf(a, "binary(%u)", from->length);
    if (from->length && from->length <= MAX_VARBINARY)
        return wb_arena_printf(a, "varbinary(%u)", from->length);
    return from->max_bytes == 255        ? "tinyblob"
           : from->max_bytes == 65535    ? "blob"
           : from->max_bytes == 16777215 ? "mediumblob"
                                         : "longblob";
}

static const char *moment_text(const char *word, unsigned digits, struct wb_arena *a) {
    return digits ? wb_arena_printf(a, "%s(%u)", word, digits) : word;
}

/* SQLite's rules of affinity:
 * https://www.sqlite.org/datatype3.html#determination_of_column_affinity */
static const char *affinity_text(const char *declared, struct wb_arena *a) {
    if (!*declared || wb_str_istr(declared, "blob"))
        return "longblob";
    if (wb_str_istr(declared, "int"))
        return "bigint";
    if (wb_str_istr(declared, "char") || wb_str_istr(declared, "clob") ||
        wb_str_istr(declared, "text"))
        return "longtext";
    if (wb_str_istr(declared, "real") || wb_str_istr(declared, "floa") ||
        wb_str_istr(declared, "doub"))
        return "double";
    if (wb_str_istarts(declared, "bool"))
        return "tinyint(1)";
    unsigned digits = 0, scale = 0;
    const char *args = strchr(declared, '(');
    bool exact = wb_str_istarts(declared, "decimal") || wb_str_istarts(declared, "numeric");
    if (exact && args && sscanf(args, "(%u , %u )", &digits, &scale) >= 1 && digits &&
        digits <= MAX_DIGITS && scale <= MAX_SCALE && scale <= digits)
        return wb_arena_printf(a, "decimal(%u,%u)", digits, scale);
    return "longtext";
}

static const char *spelling(const struct wb_type *from, struct wb_arena *a) {
    const char *native = from->native ? from->native : "";
    switch (from->kind) {
    case WB_KIND_ANY:
        return affinity_text(native, a);
    case WB_KIND_BOOL:
        return "tinyint(1)";
    case WB_KIND_INT:
    case WB_KIND_UINT:
        return from->boolean_like
                   ? (from->kind == WB_KIND_UINT ? "tinyint(1) unsigned" : "tinyint(1)")
                   : number_text(from, a);
    case WB_KIND_DECIMAL:
        return from->precision && from->precision <= MAX_DIGITS && from->scale >= 0 &&
                       from->scale <= MAX_SCALE
                   ? wb_arena_printf(a, "decimal(%u,%d)", from->precision, from->scale)
                   : "longtext";
    case WB_KIND_FLOAT:
        return from->size_bytes == 4 ? "float" : "double";
    case WB_KIND_TEXT:
        return text_text(from, a);
    case WB_KIND_BYTES:
        return bytes_text(from, a);
    case WB_KIND_BIT:
        return from->fixed && from->length <= MAX_BITS
                   ? wb_arena_printf(a, "bit(%u)", from->length ? from->length : 1)
                   : "longtext";
    case WB_KIND_DATE:
        return "date";
    case WB_KIND_TIME:
        return moment_text("time", from->fraction_digits, a);
    case WB_KIND_TIMESTAMP:
        return moment_text("datetime", from->fraction_digits, a);
    case WB_KIND_TIMESTAMPTZ: /* spelled as MySQL does: it is MySQL's own */
        return wb_str_ieq(native, "timestamp") ||
                       (wb_str_istarts(native, "timestamp(") && !strchr(native, ' '))
                   ? moment_text("timestamp", from->fraction_digits, a)
                   : moment_text("datetime", from->fraction_digits, a);
    case WB_KIND_YEAR:
        return "year";
    case WB_KIND_JSON:
        return "json";
    case WB_KIND_UUID:
        return "uuid";
    case WB_KIND_ENUM:
        return from->n_labels ? labels_text(from, "enum", a) : "longtext";
    case WB_KIND_SET:
        return from->n_labels && from->n_labels <= MAX_BITS ? labels_text(from, "set", a)
                                                            : "longtext";
    case WB_KIND_INET:
        return wb_str_ieq(native, "inet4") || wb_str_ieq(native, "inet6") ? native : "varchar(43)";
    case WB_KIND_GEOMETRY:
        return "geometry";
    default:
        return "longtext";
    }
}

/* A collation of MySQL or MariaDB: its name begins with a charset's. */
static bool is_own_collation(const char *name) {
    static const char *const charsets[] = {
        "armscii8", "ascii",   "big5",     "binary", "cp1250",  "cp1251",  "cp1256",
        "cp1257",   "cp850",   "cp852",    "cp866",  "cp932",   "dec8",    "eucjpms",
        "euckr",    "gb18030", "gb2312",   "gbk",    "geostd8", "greek",   "hebrew",
        "hp8",      "keybcs2", "koi8r",    "koi8u",  "latin1",  "latin2",  "latin5",
        "latin7",   "macce",   "macroman", "sjis",   "swe7",    "tis620",  "ucs2",
        "ujis",     "utf16",   "utf16le",  "utf32",  "utf8",    "utf8mb3", "utf8mb4"};
    size_t n = name ? strcspn(name, "_") : 0;
    for (size_t i = 0; name && i < sizeof charsets / sizeof charsets[0]; i++)
        if (strlen(charsets[i]) == n && strncmp(charsets[i], name, n) == 0)
            return true;
    return false;
}

/* MySQL's own collations go along; of others only how they compare. Names as MariaDB has them
 * (render puts those of other versions). */
static void set_collation(const struct wb_type *from, struct wb_type *t, struct wb_arena *a) {
    bool own = is_own_collation(from->collation);
    if (own)
        t->collation = wb_arena_strdup(a, from->collation);
    else if (from->collation_flags & WB_COLL_ACCENT_INSENSITIVE)
        t->collation = "utf8mb4_unicode_520_nopad_ci";
    else if (from->collation_flags & WB_COLL_CASE_INSENSITIVE)
        t->collation = "utf8mb4_uca1400_nopad_as_ci";
    else
        t->collation =
            from->collation_flags & WB_COLL_PAD_SPACE ? "utf8mb4_bin" : "utf8mb4_nopad_bin";
    t->charset = own ? wb_arena_strdup(a, from->charset) : NULL;
    t->collation_flags = wb_mysql_collation_flags(t->collation);
}

enum wb_code wb_mysql_map_type(const struct wb_type *from, struct wb_arena *a, struct wb_type *ret,
                               struct wb_error *err) {
    if (from->kind == WB_KIND_NONE)
        return wb_error_set(err, WB_E_TYPE, "a column without a kind (%s)",
                            from->native ? from->native : "");
    struct wb_type t;
    enum wb_code code = wb_mysql_type_parse(spelling(from, a), NULL, NULL, a, &t, err);
    if (code)
        return code;
    if (t.kind == WB_KIND_TEXT || t.kind == WB_KIND_ENUM || t.kind == WB_KIND_SET)
        set_collation(from, &t, a);
    *ret = t;
    return WB_OK;
}

static enum wb_code parse_type(const char *native, struct wb_arena *a, struct wb_type *ret,
                               struct wb_error *err) {
    struct wb_type t;
    enum wb_code code = wb_mysql_type_parse(native, NULL, NULL, a, &t, err);
    if (code)
        return code;
    if (t.kind == WB_KIND_TEXT || t.kind == WB_KIND_ENUM || t.kind == WB_KIND_SET)
        set_collation(&(struct wb_type){.kind = t.kind}, &t, a);
    *ret = t;
    return WB_OK;
}

bool wb_mysql_type_is_long(const struct wb_type *t) {
    return t->kind == WB_KIND_JSON || t->kind == WB_KIND_GEOMETRY ||
           wb_str_istr(t->native, "text") || wb_str_istr(t->native, "blob");
}

static bool can_generate(const struct wb_table *t, uint32_t column, struct wb_arena *a,
                         const char **ret_why) {
    (void)a;
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    if (wb_mysql_render_expr(&sql, t->columns[column].generated_as.tree, t))
        return true;
    *ret_why = "MySQL has nothing that means the same";
    return false;
}

const struct wb_ddl_ops wb_mysql_ddl_ops = {
    .can_generate = can_generate,
    .map_type = wb_mysql_map_type,
    .parse_type = parse_type,
    .render = wb_mysql_render,
    .fit_keys = wb_mysql_fit_keys,
    .collates = true,
    .case_sensitive_names = false,
    .text_refuses_nul = false,
    .text_must_be_utf8 = true,
    .typed = true,
    .drops_by_alter = true,
    .drop_foreign_key = "FOREIGN KEY",
    .restrict_is_no_action = true,
};
