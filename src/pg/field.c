#include "pg/copy.h"

static enum wb_pg_wire wire_of_integer(unsigned size_bytes) {
    return size_bytes <= 2 ? WB_PG_WIRE_INT2 : size_bytes <= 4 ? WB_PG_WIRE_INT4 : WB_PG_WIRE_INT8;
}

static enum wb_pg_wire wire_of(const struct wb_type *t) {
    switch (t->kind) {
    case WB_KIND_BOOL:
        return WB_PG_WIRE_BOOL;
    case WB_KIND_INT:
        return wire_of_integer(t->size_bytes);
    case WB_KIND_YEAR:
        return WB_PG_WIRE_INT2;
    case WB_KIND_DECIMAL:
        return WB_PG_WIRE_NUMERIC;
    case WB_KIND_FLOAT:
        return t->size_bytes == 4 ? WB_PG_WIRE_FLOAT4 : WB_PG_WIRE_FLOAT8;
    case WB_KIND_TEXT:
    case WB_KIND_ENUM:
        return WB_PG_WIRE_TEXT;
    case WB_KIND_JSON:
        return t->binary_json ? WB_PG_WIRE_JSONB : WB_PG_WIRE_TEXT;
    case WB_KIND_BYTES:
    case WB_KIND_GEOMETRY:
        return WB_PG_WIRE_BYTEA;
    case WB_KIND_DATE:
        return WB_PG_WIRE_DATE;
    case WB_KIND_TIME:
        return WB_PG_WIRE_TIME;
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
        return WB_PG_WIRE_TIMESTAMP;
    case WB_KIND_INTERVAL:
        return WB_PG_WIRE_INTERVAL;
    case WB_KIND_UUID:
        return WB_PG_WIRE_UUID;
    case WB_KIND_BIT:
        return WB_PG_WIRE_BIT;
    case WB_KIND_INET:
        return WB_PG_WIRE_INET;
    case WB_KIND_SET:
        return WB_PG_WIRE_TEXT_ARRAY;
    case WB_KIND_UINT: /* PostgreSQL has none: map_type gives DECIMAL or a wider INT */
    case WB_KIND_ANY:
    case WB_KIND_ARRAY:
    case WB_KIND_XML:
    case WB_KIND_OTHER:
    case WB_KIND_NONE:
        return WB_PG_WIRE_NONE;
    }
    return WB_PG_WIRE_NONE;
}

struct wb_pg_field wb_pg_field_of(const struct wb_type *type) {
    return (struct wb_pg_field){.wire = wire_of(type), .type = type, .bits = type->length};
}
