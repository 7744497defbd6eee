#include "base/str.h"
#include "engines/sqlite/ddl.h"
#include "engines/sqlite/range.h"
#include "engines/sqlite/token.h"

static struct wb_type integer(void) {
    return (struct wb_type){.kind = WB_KIND_INT, .size_bytes = 8, .native = "INTEGER"};
}

static struct wb_type text(const struct wb_type *from, struct wb_arena *a) {
    struct wb_type t = {.kind = WB_KIND_TEXT, .native = "TEXT", .collation_flags = WB_COLL_BINARY};
    bool textual = from->kind == WB_KIND_TEXT || from->kind == WB_KIND_ENUM;
    if (from->kind == WB_KIND_TEXT && from->length)
        t.native = wb_arena_printf(a, "%s(%u)", from->fixed ? "CHAR" : "VARCHAR", from->length);
    if (textual && (from->collation_flags & WB_COLL_CASE_INSENSITIVE)) {
        t.collation = "NOCASE";
        t.collation_flags = WB_COLL_CASE_INSENSITIVE;
    } else if (textual && (from->collation_flags & WB_COLL_PAD_SPACE)) {
        t.collation = "RTRIM";
        t.collation_flags = WB_COLL_PAD_SPACE;
    }
    return t;
}

enum wb_code wb_sqlite_map_type(const struct wb_type *from, struct wb_arena *a, struct wb_type *ret,
                                struct wb_error *err) {
    switch (from->kind) {
    case WB_KIND_NONE:
        return wb_error_set(err, WB_E_TYPE, "a column without a kind (%s)",
                            from->native ? from->native : "");
    case WB_KIND_ANY:
        *ret = *from;
        ret->native = wb_arena_strdup(a, from->native ? from->native : "");
        ret->collation = wb_arena_strdup(a, from->collation);
        break;
    case WB_KIND_BOOL:
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_YEAR:
        *ret = integer();
        break;
    case WB_KIND_FLOAT:
        *ret = (struct wb_type){.kind = WB_KIND_FLOAT, .size_bytes = 8, .native = "REAL"};
        break;
    case WB_KIND_BYTES:
    case WB_KIND_GEOMETRY:
        *ret = (struct wb_type){.kind = WB_KIND_BYTES, .native = "BLOB"};
        break;
    default:
        *ret = text(from, a);
    }
    return WB_OK;
}

/* Names and numbers, with at most one pair of parentheses at the end: what CREATE TABLE takes as a
 * type. */
static bool is_type_name(const char *native) {
    bool any = false;
    for (struct wb_sqlite_token t; (t = wb_sqlite_token_next(&native)).kind != WB_SQLITE_END;
         any = true) {
        bool word = t.kind == WB_SQLITE_WORD || t.kind == WB_SQLITE_NUMBER;
        bool punct = t.kind == WB_SQLITE_PUNCT && strchr("(),+-", *t.p) && any;
        if (!word && !punct)
            return false;
    }
    return any;
}

enum wb_code wb_sqlite_parse_type(const char *native, struct wb_arena *a, struct wb_type *ret,
                                  struct wb_error *err) {
    if (!is_type_name(native))
        return wb_error_set(err, WB_E_TYPE, "\"%s\" is no type of SQLite", native);
    struct wb_type t = {.native = wb_arena_strdup(a, native)};
    switch (wb_sqlite_affinity_of(native)) {
    case WB_SQLITE_INTEGER:
        t.kind = WB_KIND_INT;
        t.size_bytes = 8;
        break;
    case WB_SQLITE_TEXT:
        t.kind = WB_KIND_TEXT;
        t.collation_flags = WB_COLL_BINARY;
        break;
    case WB_SQLITE_REAL:
        t.kind = WB_KIND_FLOAT;
        t.size_bytes = 8;
        break;
    case WB_SQLITE_BLOB:
        t.kind = wb_str_ieq(native, "ANY") ? WB_KIND_ANY : WB_KIND_BYTES;
        break;
    default: /* NUMERIC affinity: the value decides */
        t.kind = WB_KIND_ANY;
    }
    *ret = t;
    return WB_OK;
}
