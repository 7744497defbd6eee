/* Neutral types: what a column means, independent of any engine.
 *
 * Each engine maps its own types to and from these (N + N mappings, never N × N). The physical form
 * of a value of each kind, as it stands in a struct wb_cell (cell.h), is given here; readers must
 * produce and writers must accept exactly these forms. NULL is possible for every kind.
 *
 *   kind         form(s) in a cell
 *   ANY          any of INT, DOUBLE, TEXT, BYTES: the cell says (SQLite)
 *   BOOL         INT 0 or 1
 *   INT          INT
 *   UINT         INT where it fits, else UINT
 *   DECIMAL      TEXT: -?digits[.digits], "NaN", "Infinity", "-Infinity"; or INT / UINT as a
 * shorter way to say it FLOAT        DOUBLE (size_bytes 4: the exact value of the float) TEXT TEXT,
 * UTF-8 BYTES        BYTES BIT          UINT or INT (most significant bit first) where length <=
 * 64, else TEXT of '0' and '1'; VARBIT: TEXT DATE         INT, days since 1970-01-01 (proleptic
 * Gregorian); WB_INFINITY and -WB_INFINITY TIME         INT, microseconds since midnight, 0 to
 * 24:00:00 inclusive INTERVAL     INT, microseconds; or TEXT "months days microseconds" where
 * months or days are not 0 TIMESTAMP    INT, microseconds since 1970-01-01 00:00:00 without zone;
 * WB_INFINITY and -WB_INFINITY TIMESTAMPTZ  INT, microseconds since 1970-01-01 00:00:00 UTC;
 * WB_INFINITY and -WB_INFINITY YEAR         INT, 0 or 1901 to 2155 JSON         TEXT, as the engine
 * gives it; binary_json: the engine normalizes it (PostgreSQL jsonb) UUID         BYTES, 16 ENUM
 * TEXT, the label SET          TEXT, labels in the type's order joined by ',' ("" is the empty set)
 *   INET         TEXT, canonical text of the address, with /mask where it is not the full length
 *   GEOMETRY     BYTES, little-endian SRID (4 bytes) and WKB
 *   ARRAY        TEXT, the array literal of PostgreSQL
 *   XML          TEXT
 *   OTHER        TEXT, as the engine prints it
 */
#ifndef WB_MODEL_TYPE_H
#define WB_MODEL_TYPE_H

#include <stdbool.h>
#include <stdint.h>

/* clang-format off: it would break these lines elsewhere each time */
#define WB_KINDS(X)                            \
    X(NONE, "none")                            \
    X(ANY, "any")                              \
    X(BOOL, "boolean")                         \
    X(INT, "integer")                          \
    X(UINT, "unsigned integer")                \
    X(DECIMAL, "decimal")                      \
    X(FLOAT, "float")                          \
    X(TEXT, "text")                            \
    X(BYTES, "bytes")                          \
    X(BIT, "bit")                              \
    X(DATE, "date")                            \
    X(TIME, "time")                            \
    X(INTERVAL, "interval")                    \
    X(TIMESTAMP, "timestamp")                  \
    X(TIMESTAMPTZ, "timestamp with time zone") \
    X(YEAR, "year")                            \
    X(JSON, "json")                            \
    X(UUID, "uuid")                            \
    X(ENUM, "enum")                            \
    X(SET, "set")                              \
    X(INET, "inet")                            \
    X(GEOMETRY, "geometry")                    \
    X(ARRAY, "array")                          \
    X(XML, "xml")                              \
    X(OTHER, "other")
/* clang-format on */

enum wb_kind {
#define X(name, text) WB_KIND_##name,
    WB_KINDS(X)
#undef X
};

#define WB_INFINITY INT64_MAX

/* How a collation compares, as far as keys depend on it. */
enum wb_collation_flags {
    WB_COLL_CASE_INSENSITIVE = 1,
    WB_COLL_ACCENT_INSENSITIVE = 2,
    WB_COLL_PAD_SPACE = 4, /* trailing spaces do not count */
    WB_COLL_BINARY = 8,    /* bytes or code points: an order that C can compute */
};

/* A type as a value. Pointers belong to the catalog's arena. Fields that a kind does not use are 0.
 */
struct wb_type {
    enum wb_kind kind;
    uint8_t size_bytes;      /* INT, UINT: 1, 2, 3, 4, 8; FLOAT: 4, 8 */
    uint8_t fraction_digits; /* TIME, INTERVAL, TIMESTAMP, TIMESTAMPTZ: 0 to 6 */
    uint16_t precision;      /* DECIMAL: digits in all, 0 = unbounded */
    int16_t scale;           /* DECIMAL: digits behind the point */
    uint32_t length;         /* TEXT: characters, BYTES: bytes, BIT: bits; 0 = unbounded */
    uint32_t max_bytes; /* TEXT, BYTES, JSON …: most bytes that the engine allows, 0 = unknown */
    bool fixed;         /* CHAR(n), BINARY(n), BIT(n), as against the varying ones */
    bool binary_json;   /* JSON: jsonb */
    bool own_order;     /* the engine orders its values in a way of its own (MariaDB's uuid) */
    bool boolean_like;  /* MySQL's tinyint(1): boolean if a scan finds nothing but 0, 1 and NULL */
    unsigned collation_flags;  /* enum wb_collation_flags, TEXT and ENUM */
    const char *collation;     /* engine's own name, NULL = the default */
    const char *charset;       /* engine's own name, NULL = UTF-8 */
    const char *const *labels; /* ENUM, SET: n_labels labels in order */
    uint32_t n_labels;
    const char *type_name; /* ENUM and OTHER: the type's own name where it has one (unquoted) */
    const struct wb_type *elem; /* ARRAY */
    const char *native; /* as the engine that it belongs to spells it: "varchar(40)"; never NULL in
                           a catalog */
};

const char *wb_kind_name(enum wb_kind kind);

/* Largest and smallest value of an INT or UINT type (UINT of 8 bytes: INT64_MAX, the rest is asked
 * by kind). */
int64_t wb_type_int_min(const struct wb_type *t);
int64_t wb_type_int_max(const struct wb_type *t);

/* True where C computes the order of this type's values just as every engine does: integers, uuid,
 * bytes, dates, times, decimals (contract: only such keys decide a chunk outside the source). */
bool wb_type_c_ordered(const struct wb_type *t);

#endif
