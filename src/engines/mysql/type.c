#include "engines/mysql/internal.h"

#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A type's text taken apart: word, what stands in parentheses, what follows. */
struct parts {
    char word[32];
    const char *args; /* behind '(' or NULL */
    bool is_unsigned;
};

/* Every type by its word. size: of integers and floats; max: bytes that the type can hold. */
static const struct known {
    const char *word;
    enum wb_kind kind;
    unsigned size;
    uint32_t max;
    bool fixed;
} known[] = {
    {"tinyint", WB_KIND_INT, 1, 0, false},
    {"boolean", WB_KIND_INT, 1, 0, false},
    {"bool", WB_KIND_INT, 1, 0, false},
    {"smallint", WB_KIND_INT, 2, 0, false},
    {"mediumint", WB_KIND_INT, 3, 0, false},
    {"int", WB_KIND_INT, 4, 0, false},
    {"integer", WB_KIND_INT, 4, 0, false},
    {"bigint", WB_KIND_INT, 8, 0, false},
    {"decimal", WB_KIND_DECIMAL, 0, 0, false},
    {"numeric", WB_KIND_DECIMAL, 0, 0, false},
    {"float", WB_KIND_FLOAT, 4, 0, false},
    {"double", WB_KIND_FLOAT, 8, 0, false},
    {"real", WB_KIND_FLOAT, 8, 0, false},
    {"bit", WB_KIND_BIT, 0, 0, true},
    {"year", WB_KIND_YEAR, 0, 0, false},
    {"date", WB_KIND_DATE, 0, 0, false},
    {"datetime", WB_KIND_TIMESTAMP, 0, 0, false},
    {"timestamp", WB_KIND_TIMESTAMPTZ, 0, 0, false},
    {"time", WB_KIND_TIME, 0, 0, false},
    {"char", WB_KIND_TEXT, 0, 0, true},
    {"varchar", WB_KIND_TEXT, 0, 0, false},
    {"tinytext", WB_KIND_TEXT, 0, 255, false},
    {"text", WB_KIND_TEXT, 0, 65535, false},
    {"mediumtext", WB_KIND_TEXT, 0, 16777215, false},
    {"longtext", WB_KIND_TEXT, 0, UINT32_MAX, false},
    {"binary", WB_KIND_BYTES, 0, 0, true},
    {"varbinary", WB_KIND_BYTES, 0, 0, false},
    {"tinyblob", WB_KIND_BYTES, 0, 255, false},
    {"blob", WB_KIND_BYTES, 0, 65535, false},
    {"mediumblob", WB_KIND_BYTES, 0, 16777215, false},
    {"longblob", WB_KIND_BYTES, 0, UINT32_MAX, false},
    {"enum", WB_KIND_ENUM, 0, 0, false},
    {"set", WB_KIND_SET, 0, 0, false},
    {"json", WB_KIND_JSON, 0, UINT32_MAX, false},
    {"uuid", WB_KIND_UUID, 0, 0, false},
    {"inet4", WB_KIND_INET, 0, 0, false},
    {"inet6", WB_KIND_INET, 0, 0, false},
    {"geometry", WB_KIND_GEOMETRY, 0, UINT32_MAX, false},
    {"point", WB_KIND_GEOMETRY, 0, UINT32_MAX, false},
    {"linestring", WB_KIND_GEOMETRY, 0, UINT32_MAX, false},
    {"polygon", WB_KIND_GEOMETRY, 0, UINT32_MAX, false},
    {"multipoint", WB_KIND_GEOMETRY, 0, UINT32_MAX, false},
    {"multilinestring", WB_KIND_GEOMETRY, 0, UINT32_MAX, false},
    {"multipolygon", WB_KIND_GEOMETRY, 0, UINT32_MAX, false},
    {"geometrycollection", WB_KIND_GEOMETRY, 0, UINT32_MAX, false},
    {"geomcollection", WB_KIND_GEOMETRY, 0, UINT32_MAX, false},
    {"vector", WB_KIND_BYTES, 0, 65535, false},
};

unsigned wb_mysql_collation_flags(const char *collation) {
    if (!collation)
        return 0;
    if (wb_str_ieq(collation, "binary"))
        return WB_COLL_BINARY;
    unsigned flags = 0;
    const char *last = strrchr(collation, '_');
    if (last && wb_str_ieq(last, "_bin"))
        flags |= WB_COLL_BINARY;
    if (last && wb_str_ieq(last, "_ci"))
        flags |= WB_COLL_CASE_INSENSITIVE;
    /* The older ones say nothing of accents; those with _ci do not tell most of them apart. */
    if (wb_str_istr(collation, "_ai") ||
        ((flags & WB_COLL_CASE_INSENSITIVE) && !wb_str_istr(collation, "_as")))
        flags |= WB_COLL_ACCENT_INSENSITIVE;
    if (!wb_str_istr(collation, "nopad") && !wb_str_istr(collation, "_0900_"))
        flags |= WB_COLL_PAD_SPACE;
    return flags;
}

static bool take_apart(const char *text, struct parts *p) {
    *p = (struct parts){0};
    while (*text == ' ')
        text++;
    size_t n = 0;
    while (isalnum((unsigned char)*text) && n + 1 < sizeof p->word)
        p->word[n++] = (char)tolower((unsigned char)*text++);
    while (*text == ' ')
        text++;
    const char *rest = text;
    if (*text == '(') {
        p->args = text + 1;
        const char *close = strrchr(text, ')');
        if (!close)
            return false;
        rest = close + 1;
    }
    p->is_unsigned = wb_str_istr(rest, "unsigned") || wb_str_istr(rest, "zerofill");
    return n > 0;
}

static const struct known *find_known(const char *word) {
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].word, word) == 0)
            return &known[i];
    return NULL;
}

/* One label: 'it''s', with the escapes that the server prints (\0 \n \r \\ \'), from *p, which is
 * moved behind it. */
static const char *take_label(const char **p, struct wb_arena *a) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    const char *s = *p + 1;
    for (; *s; s++) {
        if (*s == '\'' && s[1] != '\'')
            break;
        if (*s == '\'') {
            s++;
        } else if (*s == '\\' && s[1]) {
            s++;
            wb_buf_addc(&b, (char)(*s == 'n'   ? '\n'
                                   : *s == 'r' ? '\r'
                                   : *s == '0' ? '\0'
                                   : *s == 't' ? '\t'
                                               : *s));
            continue;
        }
        wb_buf_addc(&b, *s);
    }
    *p = *s ? s + 1 : s;
    return wb_arena_strndup(a, wb_buf_str(&b), b.len);
}

static bool take_labels(const char *args, struct wb_arena *a, struct wb_type *ret) {
    const char **labels = NULL;
    size_t n = 0, cap = 0;
    for (const char *p = args; p && *p && *p != ')';) {
        if (*p == '\'')
            *WB_PUSH(a, labels, n, cap) = take_label(&p, a);
        else if (*p == ',' || *p == ' ')
            p++;
        else
            return false;
    }
    ret->labels = labels;
    ret->n_labels = (uint32_t)n;
    return n > 0;
}

/* The one or two numbers in parentheses. */
static unsigned numbers(const char *args, long to[2]) {
    unsigned n = 0;
    while (args && n < 2) {
        char *end;
        to[n] = strtol(args, &end, 10);
        if (end == args)
            break;
        n++;
        while (*end == ' ')
            end++;
        args = *end == ',' ? end + 1 : NULL;
    }
    return n;
}

static void set_text(struct wb_type *t, const char *charset, const char *collation,
                     struct wb_arena *a) {
    t->collation = wb_arena_strdup(a, collation);
    t->charset = charset && !wb_str_ieq(charset, "utf8mb4") ? wb_arena_strdup(a, charset) : NULL;
    t->collation_flags = wb_mysql_collation_flags(collation);
}

static void set_sizes(struct wb_type *t, const struct known *k, const struct parts *p) {
    long n[2] = {0, 0};
    unsigned count = numbers(p->args, n);
    switch (t->kind) {
    case WB_KIND_INT:
        if (p->is_unsigned)
            t->kind = WB_KIND_UINT;
        t->boolean_like = k->size == 1 && ((count == 1 && n[0] == 1) || p->word[0] == 'b');
        break;
    case WB_KIND_DECIMAL:
        t->precision = (uint16_t)(count ? n[0] : 10);
        t->scale = (int16_t)n[1];
        break;
    case WB_KIND_FLOAT:
        if (count == 1 && n[0] > 24)
            t->size_bytes = 8;
        break;
    case WB_KIND_TIME:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
        t->fraction_digits = (uint8_t)n[0];
        break;
    case WB_KIND_TEXT:
    case WB_KIND_BYTES:
        if (!k->max)
            t->length = (uint32_t)(count ? n[0] : 1);
        if (!k->max)
            t->max_bytes = t->kind == WB_KIND_BYTES ? t->length : t->length * 4;
        break;
    case WB_KIND_BIT:
        t->length = (uint32_t)(count ? n[0] : 1);
        break;
    case WB_KIND_UUID:
        t->own_order = true; /* by node, clock and time, not by bytes:
                                https://mariadb.com/kb/en/uuid-data-type/ */
        break;
    default:
        break;
    }
}

enum wb_code wb_mysql_type_parse(const char *text, const char *charset, const char *collation,
                                 struct wb_arena *a, struct wb_type *ret, struct wb_error *err) {
    struct parts p;
    const struct known *k = take_apart(text, &p) ? find_known(p.word) : NULL;
    if (!k)
        return wb_error_set(err, WB_E_TYPE,
                            "\"%s\" is no type of MySQL or MariaDB that whimbrel knows", text);
    struct wb_type t = {
        .kind = k->kind,
        .size_bytes = (uint8_t)k->size,
        .max_bytes = k->max,
        .fixed = k->fixed,
        .native = wb_arena_strdup(a, text),
    };
    set_sizes(&t, k, &p);
    if ((t.kind == WB_KIND_ENUM || t.kind == WB_KIND_SET) && !take_labels(p.args, a, &t))
        return wb_error_set(err, WB_E_TYPE, "the labels of \"%s\" are not understood", text);
    if (t.kind == WB_KIND_TEXT || t.kind == WB_KIND_ENUM || t.kind == WB_KIND_SET ||
        t.kind == WB_KIND_JSON)
        set_text(&t, charset, collation, a);
    *ret = t;
    return WB_OK;
}
