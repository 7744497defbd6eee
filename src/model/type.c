#include "model/type.h"

#include <stddef.h>

const char *wb_kind_name(enum wb_kind kind) {
    static const char *const names[] = {
#define X(name, text) [WB_KIND_##name] = text,
        WB_KINDS(X)
#undef X
    };
    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

int64_t wb_type_int_min(const struct wb_type *t) {
    if (t->kind == WB_KIND_UINT)
        return 0;
    return t->size_bytes >= 8 ? INT64_MIN : -((int64_t)1 << (8 * t->size_bytes - 1));
}

int64_t wb_type_int_max(const struct wb_type *t) {
    if (t->size_bytes >= 8)
        return INT64_MAX;
    return t->kind == WB_KIND_UINT ? ((int64_t)1 << (8 * t->size_bytes)) - 1
                                   : ((int64_t)1 << (8 * t->size_bytes - 1)) - 1;
}

bool wb_type_c_ordered(const struct wb_type *t) {
    if (t->own_order)
        return false;
    switch (t->kind) {
    case WB_KIND_BOOL:
    case WB_KIND_INT:
    case WB_KIND_UINT:
    case WB_KIND_DECIMAL:
    case WB_KIND_BYTES:
    case WB_KIND_DATE:
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
    case WB_KIND_YEAR:
    case WB_KIND_UUID:
        return true;
    default:
        return false;
    }
}
