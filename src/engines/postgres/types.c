/* PostgreSQL's types from and to neutral ones. A type has one spelling here, format_type()'s, so
 * that what is rendered equals what is read back. Source:
 * https://www.postgresql.org/docs/15/datatype.html */
#include "base/str.h"
#include "engines/postgres/internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All spellings of one type, and what it means. */
struct spelling {
    const char *name; /* as users and format_type() write it, without arguments */
    const char *canonical;
    enum wb_kind kind;
    uint8_t size_bytes;
    bool fixed;
};

static const struct spelling spellings[] = {
    {"boolean", "boolean", WB_KIND_BOOL, 0, false},
    {"bool", "boolean", WB_KIND_BOOL, 0, false},
    {"smallint", "smallint", WB_KIND_INT, 2, false},
    {"int2", "smallint", WB_KIND_INT, 2, false},
    {"integer", "integer", WB_KIND_INT, 4, false},
    {"int", "integer", WB_KIND_INT, 4, false},
    {"int4", "integer", WB_KIND_INT, 4, false},
    {"bigint", "bigint", WB_KIND_INT, 8, false},
    {"int8", "bigint", WB_KIND_INT, 8, false},
    {"numeric", "numeric", WB_KIND_DECIMAL, 0, false},
    {"decimal", "numeric", WB_KIND_DECIMAL, 0, false},
    {"real", "real", WB_KIND_FLOAT, 4, false},
    {"float4", "real", WB_KIND_FLOAT, 4, false},
    {"double precision", "double precision", WB_KIND_FLOAT, 8, false},
    {"double", "double precision", WB_KIND_FLOAT, 8, false},
    {"float8", "double precision", WB_KIND_FLOAT, 8, false},
    {"float", "double precision", WB_KIND_FLOAT, 8, false},
    {"text", "text", WB_KIND_TEXT, 0, false},
    {"name", "name", WB_KIND_TEXT, 0, false},
    {"citext", "citext", WB_KIND_TEXT, 0, false},
    {"character varying", "character varying", WB_KIND_TEXT, 0, false},
    {"varchar", "character varying", WB_KIND_TEXT, 0, false},
    {"character", "character", WB_KIND_TEXT, 0, true},
    {"char", "character", WB_KIND_TEXT, 0, true},
    {"bpchar", "bpchar", WB_KIND_TEXT, 0, false},
    {"bytea", "bytea", WB_KIND_BYTES, 0, false},
    {"bit", "bit", WB_KIND_BIT, 0, true},
    {"bit varying", "bit varying", WB_KIND_BIT, 0, false},
    {"varbit", "bit varying", WB_KIND_BIT, 0, false},
    {"date", "date", WB_KIND_DATE, 0, false},
    {"time", "time", WB_KIND_TIME, 0, false},
    {"time without time zone", "time", WB_KIND_TIME, 0, false},
    {"interval", "interval", WB_KIND_INTERVAL, 0, false},
    {"timestamp", "timestamp", WB_KIND_TIMESTAMP, 0, false},
    {"timestamp without time zone", "timestamp", WB_KIND_TIMESTAMP, 0, false},
    {"timestamptz", "timestamptz", WB_KIND_TIMESTAMPTZ, 0, false},
    {"timestamp with time zone", "timestamptz", WB_KIND_TIMESTAMPTZ, 0, false},
    {"json", "json", WB_KIND_JSON, 0, false},
    {"jsonb", "jsonb", WB_KIND_JSON, 0, false},
    {"uuid", "uuid", WB_KIND_UUID, 0, false},
    {"inet", "inet", WB_KIND_INET, 0, false},
    {"xml", "xml", WB_KIND_XML, 0, false},
};

/* Types that whimbrel has no form for; they travel as text between two PostgreSQLs. */
static const char *const other_types[] = {
    "\"char\"",       "box",
    "cidr",           "circle",
    "datemultirange", "daterange",
    "int4multirange", "int4range",
    "int8multirange", "int8range",
    "line",           "lseg",
    "macaddr",        "macaddr8",
    "money",          "numrange",
    "nummultirange",  "oid",
    "path",           "pg_lsn",
    "point",          "polygon",
    "regclass",       "regproc",
    "regtype",        "time with time zone",
    "timetz",         "tsmultirange",
    "tsquery",        "tsrange",
    "tstzmultirange", "tstzrange",
    "tsvector",       "txid_snapshot",
    "pg_snapshot",    "xid",
    "xid8",           "hstore",
    "ltree",
};

/* "name", "name(a)", "name(a,b) tail" taken apart. */
struct parsed {
    char name[64];
    long args[2];
    unsigned n_args;
    bool array;
};

static bool take_arguments(const char *p, struct parsed *ret, const char **ret_end) {
    for (p++; ret->n_args < 2;) {
        char *end;
        ret->args[ret->n_args++] = strtol(p, &end, 10);
        if (end == p)
            return false;
        p = end + strspn(end, " ");
        if (*p != ',')
            break;
        p++;
    }
    *ret_end = p + 1;
    return *p == ')';
}

static bool take_apart(const char *native, struct parsed *ret) {
    size_t n = 0;
    *ret = (struct parsed){0};
    for (const char *p = native + strspn(native, " "); *p;) {
        if (*p == '(') {
            if (ret->n_args || !take_arguments(p, ret, &p))
                return false;
        } else if (*p == '[') {
            ret->array = true;
            return strcmp(p, "[]") == 0 && (ret->name[n] = 0, true);
        } else {
            if (n + 1 >= sizeof ret->name)
                return false;
            bool space = *p == ' ' || *p == '\t';
            if (!space)
                ret->name[n++] = (char)tolower((unsigned char)*p);
            else if (n && ret->name[n - 1] != ' ')
                ret->name[n++] = ' ';
            p++;
        }
    }
    while (n && ret->name[n - 1] == ' ')
        n--;
    ret->name[n] = 0;
    return n > 0;
}

static const struct spelling *find_spelling(const char *name) {
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        if (strcmp(spellings[i].name, name) == 0)
            return &spellings[i];
    return NULL;
}

static bool is_other_type(const char *name) {
    for (size_t i = 0; i < sizeof other_types / sizeof other_types[0]; i++)
        if (strcmp(other_types[i], name) == 0)
            return true;
    return false;
}

/* The spelling that format_type() gives for the type as it stands in *t. digits: fractional digits
 * were given, even if they are the six that every time has without. */
static const char *spell(const struct wb_type *t, const char *canonical, bool digits,
                         struct wb_arena *a) {
    switch (t->kind) {
    case WB_KIND_DECIMAL:
        return t->precision ? wb_arena_printf(a, "numeric(%u,%d)", t->precision, t->scale)
                            : "numeric";
    case WB_KIND_TEXT:
        if (strcmp(canonical, "character") == 0 || strcmp(canonical, "character varying") == 0)
            return t->length ? wb_arena_printf(a, "%s(%u)", canonical, t->length) : canonical;
        return canonical;
    case WB_KIND_BIT:
        return t->length ? wb_arena_printf(a, "%s(%u)", canonical, t->length) : canonical;
    case WB_KIND_TIME:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ: {
        const char *zone = t->kind == WB_KIND_TIMESTAMPTZ ? "with time zone" : "without time zone";
        const char *word = t->kind == WB_KIND_TIME ? "time" : "timestamp";
        return digits ? wb_arena_printf(a, "%s(%u) %s", word, t->fraction_digits, zone)
                      : wb_arena_printf(a, "%s %s", word, zone);
    }
    case WB_KIND_INTERVAL:
        return digits ? wb_arena_printf(a, "interval(%u)", t->fraction_digits) : "interval";
    default:
        return canonical;
    }
}

static enum wb_code bad(const char *native, const char *why, struct wb_error *err) {
    return wb_error_set(err, WB_E_TYPE, "\"%s\" is no type of PostgreSQL that whimbrel knows: %s",
                        native, why);
}

static enum wb_code set_arguments(const char *native, const struct parsed *p, struct wb_type *t,
                                  struct wb_error *err) {
    long first = p->n_args ? p->args[0] : 0;
    switch (t->kind) {
    case WB_KIND_DECIMAL:
        if (p->n_args && (first < 1 || first > WB_POSTGRES_NUMERIC_PRECISION))
            return bad(native, "the precision is 1 to 1000", err);
        t->precision = (uint16_t)first;
        if (p->n_args == 2 && (p->args[1] < -1000 || p->args[1] > 1000))
            return bad(native, "the scale is -1000 to 1000", err);
        t->scale = (int16_t)(p->n_args == 2 ? p->args[1] : 0);
        return WB_OK;
    case WB_KIND_FLOAT:
        if (p->n_args) /* float(24) is real, float(25) is double precision */
            t->size_bytes = first <= 24 ? 4 : 8;
        return WB_OK;
    case WB_KIND_TEXT:
    case WB_KIND_BIT:
        if (p->n_args > 1 || first < 0 || first > WB_POSTGRES_TEXT_LENGTH * 8L ||
            (p->n_args && !first))
            return bad(native, "the length is out of range", err);
        t->length = (uint32_t)(p->n_args ? first : t->fixed ? 1 : 0);
        return WB_OK;
    case WB_KIND_TIME:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
    case WB_KIND_INTERVAL:
        if (p->n_args > 1 || first < 0 || first > 6)
            return bad(native, "the precision is 0 to 6", err);
        t->fraction_digits = (uint8_t)(p->n_args ? first : 6);
        return WB_OK;
    default:
        return p->n_args ? bad(native, "it takes no argument", err) : WB_OK;
    }
}

static enum wb_code parse_array(const char *native, struct wb_arena *a, struct wb_type *ret,
                                struct wb_error *err) {
    struct wb_type *elem = WB_NEW(a, struct wb_type);
    char *inner = wb_arena_strdup(a, native);
    *strrchr(inner, '[') = 0;
    enum wb_code code = wb_postgres_parse_type(inner, a, elem, err);
    if (code)
        return code;
    *ret = (struct wb_type){.kind = WB_KIND_ARRAY, .elem = elem};
    ret->native = wb_arena_printf(a, "%s[]", elem->native);
    return WB_OK;
}

enum wb_code wb_postgres_parse_type(const char *native, struct wb_arena *a, struct wb_type *ret,
                                    struct wb_error *err) {
    struct parsed p;
    if (!take_apart(native, &p))
        return bad(native, "it does not read as a name with arguments", err);
    if (p.array)
        return parse_array(native, a, ret, err);
    const struct spelling *s = find_spelling(p.name);
    if (!s && (is_other_type(p.name) || wb_str_starts(p.name, "interval "))) {
        *ret = (struct wb_type){.kind = WB_KIND_OTHER, .native = wb_arena_strdup(a, native)};
        return WB_OK;
    }
    if (!s)
        return bad(native, "the name is unknown", err);
    struct wb_type t = {.kind = s->kind, .size_bytes = s->size_bytes, .fixed = s->fixed};
    enum wb_code code = set_arguments(native, &p, &t, err);
    if (code)
        return code;
    t.binary_json = t.kind == WB_KIND_JSON && strcmp(s->canonical, "jsonb") == 0;
    if (strcmp(s->canonical, "citext") == 0)
        t.collation_flags = WB_COLL_CASE_INSENSITIVE;
    const char *canonical = t.kind == WB_KIND_FLOAT && t.size_bytes == 4 ? "real" : s->canonical;
    t.native = wb_arena_strdup(a, spell(&t, canonical, p.n_args > 0, a));
    *ret = t;
    return WB_OK;
}

/* ----------------------------------------------------------------------------------------------
 * mapping */

/* SQLite's rules of affinity:
 * https://www.sqlite.org/datatype3.html#determination_of_column_affinity */
static const char *of_affinity(const char *declared) {
    if (!declared || !*declared || wb_str_istr(declared, "blob"))
        return "bytea";
    if (wb_str_istr(declared, "int"))
        return "bigint";
    if (wb_str_istr(declared, "char") || wb_str_istr(declared, "clob") ||
        wb_str_istr(declared, "text"))
        return "text";
    if (wb_str_istr(declared, "real") || wb_str_istr(declared, "floa") ||
        wb_str_istr(declared, "doub"))
        return "double precision";
    return "numeric";
}

static const char *of_integer(const struct wb_type *t) {
    if (t->kind == WB_KIND_UINT)
        return t->size_bytes <= 1   ? "smallint"
               : t->size_bytes <= 3 ? "integer"
               : t->size_bytes <= 4 ? "bigint"
                                    : "numeric(20,0)";
    return t->size_bytes <= 2 ? "smallint" : t->size_bytes <= 4 ? "integer" : "bigint";
}

static const char *of_text(const struct wb_type *t, struct wb_arena *a) {
    bool varying = t->length && t->length <= WB_POSTGRES_TEXT_LENGTH;
    if (t->native && t->fixed && wb_str_starts(t->native, "character("))
        return t->native; /* of PostgreSQL itself */
    if (t->native && (wb_str_eq(t->native, "citext") || wb_str_eq(t->native, "name")))
        return t->native;
    if (!varying || (t->native && wb_str_istr(t->native, "text")))
        return "text";
    return wb_arena_printf(a, "varchar(%u)", t->length);
}

static const char *of_decimal(const struct wb_type *t, struct wb_arena *a) {
    bool plain = t->precision && t->precision <= WB_POSTGRES_NUMERIC_PRECISION && t->scale >= 0 &&
                 t->scale <= t->precision;
    return plain ? wb_arena_printf(a, "numeric(%u,%d)", t->precision, t->scale) : "numeric";
}

static const char *of_bits(const struct wb_type *t, struct wb_arena *a) {
    if (!t->length)
        return "bit varying";
    return wb_arena_printf(a, t->fixed || t->length <= 64 ? "bit(%u)" : "bit varying(%u)",
                           t->length);
}

/* Of PostgreSQL itself a time without digits stays so. */
static const char *of_time(const struct wb_type *t, const char *word, struct wb_arena *a) {
    bool own =
        t->native && (wb_str_istr(t->native, "time zone") || wb_str_eq(t->native, "interval"));
    return own && !strchr(t->native, '(') ? t->native
                                          : wb_arena_printf(a, "%s(%u)", word, t->fraction_digits);
}

static const char *of_other(const struct wb_type *t) {
    struct parsed p;
    return t->native && take_apart(t->native, &p) &&
                   (is_other_type(p.name) || wb_str_starts(p.name, "interval "))
               ? t->native
               : "text";
}

/* The spelling of a neutral type; NULL where map_type goes on by itself. */
static const char *spelling_of(const struct wb_type *t, struct wb_arena *a) {
    switch (t->kind) {
    case WB_KIND_ANY:
        return of_affinity(t->native);
    case WB_KIND_BOOL:
        return "boolean";
    case WB_KIND_INT:
    case WB_KIND_UINT:
        return of_integer(t);
    case WB_KIND_YEAR:
        return "smallint";
    case WB_KIND_DECIMAL:
        return of_decimal(t, a);
    case WB_KIND_FLOAT:
        return t->size_bytes == 4 ? "real" : "double precision";
    case WB_KIND_TEXT:
        return of_text(t, a);
    case WB_KIND_BYTES:
    case WB_KIND_GEOMETRY:
        return "bytea";
    case WB_KIND_BIT:
        return of_bits(t, a);
    case WB_KIND_DATE:
        return "date";
    case WB_KIND_TIME:
        return of_time(t, "time", a);
    case WB_KIND_INTERVAL:
        return of_time(t, "interval", a);
    case WB_KIND_TIMESTAMP:
        return of_time(t, "timestamp", a);
    case WB_KIND_TIMESTAMPTZ:
        return of_time(t, "timestamptz", a);
    case WB_KIND_JSON:
        return t->binary_json ? "jsonb" : "json";
    case WB_KIND_UUID:
        return "uuid";
    case WB_KIND_INET:
        return "inet";
    case WB_KIND_XML:
        return "xml";
    case WB_KIND_OTHER:
        return of_other(t);
    case WB_KIND_ARRAY:
        return t->native ? t->native : "text";
    case WB_KIND_ENUM:
    case WB_KIND_SET:
    case WB_KIND_NONE:
        return NULL;
    }
    return NULL;
}

static void copy_labels(const struct wb_type *from, struct wb_arena *a, struct wb_type *to) {
    const char **labels = WB_NEW_N(a, const char *, from->n_labels + 1);
    for (uint32_t i = 0; i < from->n_labels; i++)
        labels[i] = wb_arena_strdup(a, from->labels[i]);
    to->labels = labels;
    to->n_labels = from->n_labels;
    to->type_name = wb_arena_strdup(a, from->type_name);
}

enum wb_code wb_postgres_map_type(const struct wb_type *from, struct wb_arena *a,
                                  struct wb_type *ret, struct wb_error *err) {
    struct wb_type t = {.kind = from->kind};
    if (from->kind == WB_KIND_ENUM || from->kind == WB_KIND_SET) {
        copy_labels(from, a, &t);
        t.native = from->kind == WB_KIND_SET ? "text[]" : t.type_name ? t.type_name : "enum";
    } else {
        const char *native = spelling_of(from, a);
        if (!native)
            return wb_error_set(err, WB_E_TYPE, "type %s (%s) has no counterpart in PostgreSQL",
                                from->native ? from->native : "?", wb_kind_name(from->kind));
        if (wb_postgres_parse_type(native, a, &t, NULL) != WB_OK) {
            /* An array of a user's own type: its literal is kept as text. */
            enum wb_code code = wb_postgres_parse_type("text", a, &t, err);
            if (code)
                return code;
        }
    }
    if (t.kind == WB_KIND_TEXT || t.kind == WB_KIND_ENUM)
        t.collation_flags = from->collation_flags;
    *ret = t;
    return WB_OK;
}
