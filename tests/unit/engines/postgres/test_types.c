/* Types of MySQL, SQLite and PostgreSQL as PostgreSQL holds them, and the spellings that --cast
 * takes. */
#include "base/str.h"
#include "engines/postgres/postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct wb_ddl_ops *ddl;

static void expect_map(struct wb_type from, const char *native, enum wb_kind kind) {
    struct wb_arena a = {0};
    struct wb_type t;
    struct wb_error err = {0};
    if (ddl->map_type(&from, &a, &t, &err))
        fail_msg("%s: %s", native, err.text);
    assert_string_equal(t.native, native);
    assert_int_equal(t.kind, kind);
    wb_arena_done(&a);
}

static void test_map(void **state) {
    (void)state;
#define T(...) (struct wb_type){__VA_ARGS__}
    expect_map(T(.kind = WB_KIND_INT, .size_bytes = 1), "smallint", WB_KIND_INT);
    expect_map(T(.kind = WB_KIND_INT, .size_bytes = 3), "integer", WB_KIND_INT);
    expect_map(T(.kind = WB_KIND_INT, .size_bytes = 8), "bigint", WB_KIND_INT);
    expect_map(T(.kind = WB_KIND_UINT, .size_bytes = 1), "smallint", WB_KIND_INT);
    expect_map(T(.kind = WB_KIND_UINT, .size_bytes = 2), "integer", WB_KIND_INT);
    expect_map(T(.kind = WB_KIND_UINT, .size_bytes = 3), "integer", WB_KIND_INT);
    expect_map(T(.kind = WB_KIND_UINT, .size_bytes = 4), "bigint", WB_KIND_INT);
    expect_map(T(.kind = WB_KIND_UINT, .size_bytes = 8), "numeric(20,0)", WB_KIND_DECIMAL);
    expect_map(T(.kind = WB_KIND_DECIMAL, .precision = 65, .scale = 30), "numeric(65,30)",
               WB_KIND_DECIMAL);
    expect_map(T(.kind = WB_KIND_DECIMAL), "numeric", WB_KIND_DECIMAL);
    expect_map(T(.kind = WB_KIND_FLOAT, .size_bytes = 4), "real", WB_KIND_FLOAT);
    expect_map(T(.kind = WB_KIND_FLOAT, .size_bytes = 8), "double precision", WB_KIND_FLOAT);
    expect_map(T(.kind = WB_KIND_BOOL), "boolean", WB_KIND_BOOL);
    expect_map(T(.kind = WB_KIND_TEXT, .length = 40, .native = "varchar(40)"),
               "character varying(40)", WB_KIND_TEXT);
    expect_map(T(.kind = WB_KIND_TEXT, .length = 5, .fixed = true, .native = "char(5)"),
               "character varying(5)", WB_KIND_TEXT);
    expect_map(T(.kind = WB_KIND_TEXT, .length = 255, .native = "tinytext"), "text", WB_KIND_TEXT);
    expect_map(T(.kind = WB_KIND_TEXT, .length = 20000000, .native = "varchar(20000000)"), "text",
               WB_KIND_TEXT);
    expect_map(T(.kind = WB_KIND_BYTES, .length = 16, .fixed = true), "bytea", WB_KIND_BYTES);
    expect_map(T(.kind = WB_KIND_GEOMETRY), "bytea", WB_KIND_BYTES);
    expect_map(T(.kind = WB_KIND_BIT, .length = 3, .fixed = true), "bit(3)", WB_KIND_BIT);
    expect_map(T(.kind = WB_KIND_DATE), "date", WB_KIND_DATE);
    expect_map(T(.kind = WB_KIND_TIME, .fraction_digits = 3), "time(3) without time zone",
               WB_KIND_TIME);
    expect_map(T(.kind = WB_KIND_TIMESTAMP, .fraction_digits = 6), "timestamp(6) without time zone",
               WB_KIND_TIMESTAMP);
    expect_map(T(.kind = WB_KIND_TIMESTAMPTZ), "timestamp(0) with time zone", WB_KIND_TIMESTAMPTZ);
    expect_map(
        T(.kind = WB_KIND_TIMESTAMP, .fraction_digits = 6, .native = "timestamp without time zone"),
        "timestamp without time zone", WB_KIND_TIMESTAMP);
    expect_map(T(.kind = WB_KIND_INTERVAL, .fraction_digits = 0, .native = "time"), "interval(0)",
               WB_KIND_INTERVAL);
    expect_map(T(.kind = WB_KIND_YEAR), "smallint", WB_KIND_INT);
    expect_map(T(.kind = WB_KIND_JSON), "json", WB_KIND_JSON);
    expect_map(T(.kind = WB_KIND_JSON, .binary_json = true), "jsonb", WB_KIND_JSON);
    expect_map(T(.kind = WB_KIND_UUID), "uuid", WB_KIND_UUID);
    expect_map(T(.kind = WB_KIND_INET), "inet", WB_KIND_INET);
    expect_map(T(.kind = WB_KIND_SET), "text[]", WB_KIND_SET);
    expect_map(T(.kind = WB_KIND_ENUM, .type_name = "orders_state"), "orders_state", WB_KIND_ENUM);
    expect_map(T(.kind = WB_KIND_ANY, .native = "INTEGER"), "bigint", WB_KIND_INT);
    expect_map(T(.kind = WB_KIND_ANY, .native = "VARCHAR(20)"), "text", WB_KIND_TEXT);
    expect_map(T(.kind = WB_KIND_ANY, .native = "DOUBLE"), "double precision", WB_KIND_FLOAT);
    expect_map(T(.kind = WB_KIND_ANY, .native = ""), "bytea", WB_KIND_BYTES);
    expect_map(T(.kind = WB_KIND_ANY, .native = "DECIMAL(10,5)"), "numeric", WB_KIND_DECIMAL);
    expect_map(T(.kind = WB_KIND_ARRAY, .native = "integer[]"), "integer[]", WB_KIND_ARRAY);
    expect_map(T(.kind = WB_KIND_ARRAY, .native = "mood[]"), "text", WB_KIND_TEXT);
    expect_map(T(.kind = WB_KIND_OTHER, .native = "tsvector"), "tsvector", WB_KIND_OTHER);
    expect_map(T(.kind = WB_KIND_OTHER, .native = "vector"), "text", WB_KIND_TEXT);
}

static void test_parse(void **state) {
    (void)state;
    static const struct {
        const char *text, *native; /* NULL: not understood */
    } cases[] = {
        {"INT", "integer"},
        {" numeric( 20 , 4 ) ", "numeric(20,4)"},
        {"decimal(10)", "numeric(10,0)"},
        {"varchar(10)", "character varying(10)"},
        {"character varying", "character varying"},
        {"char", "character(1)"},
        {"timestamptz(3)", "timestamp(3) with time zone"},
        {"timestamp(3)  with time zone", "timestamp(3) with time zone"},
        {"time", "time without time zone"},
        {"float(10)", "real"},
        {"float(30)", "double precision"},
        {"bit varying(7)", "bit varying(7)"},
        {"int[]", "integer[]"},
        {"interval(0)", "interval(0)"},
        {"jsonb", "jsonb"},
        {"tsvector", "tsvector"},
        {"", NULL},
        {"integr", NULL},
        {"numeric(0)", NULL},
        {"numeric(1001,2)", NULL},
        {"varchar(0)", NULL},
        {"timestamp(7)", NULL},
        {"boolean(1)", NULL},
        {"numeric(10", NULL},
        {"int; DROP TABLE x", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wb_arena a = {0};
        struct wb_type t;
        struct wb_error err = {0};
        enum wb_code code = ddl->parse_type(cases[i].text, &a, &t, &err);
        if (!cases[i].native) {
            assert_int_equal(code, WB_E_TYPE);
        } else {
            assert_int_equal(code, WB_OK);
            assert_string_equal(t.native, cases[i].native);
        }
        wb_arena_done(&a);
    }
}

int main(void) {
    ddl = wb_engine_postgres.ddl;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_map), cmocka_unit_test(test_parse)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
