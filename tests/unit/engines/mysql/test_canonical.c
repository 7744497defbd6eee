/* What must never happen: two different values with one canonical text. Here the values that no
 * other engine can hold, or that the server would change without a word. */
#include "unit/engines/mysql/live_mysql.h"

#include "model/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool live;

static int start(void **state) {
    (void)state;
    live = live_mysql_start("whimbrel_unit_canonical");
    return 0;
}

static int stop(void **state) {
    (void)state;
    live_mysql_stop();
    return 0;
}

/* The digest of t.v as a text; the code where there is none. */
static enum wb_code digest_of(const char *where, struct wb_type as, struct wb_digest *ret) {
    static const uint32_t columns[] = {1};
    struct wb_conn *c = live_mysql_open(WB_SIDE_SOURCE);
    struct wb_catalog catalog;
    struct wb_error err = {0};
    assert_int_equal(c->engine->describe(c, &(struct wb_describe_opts){0}, &catalog, &err), 0);
    const struct wb_type *types[] = {&as};
    struct wb_server_digest_spec spec = {.table = wb_catalog_find_table(&catalog, NULL, "t"),
                                         .columns = columns,
                                         .as = types,
                                         .n_columns = 1,
                                         .where = where};
    enum wb_code code = c->engine->verify->digest(c, &spec, ret, &err);
    if (code && code != WB_E_ROW_TOO_LARGE)
        fail_msg("%s", err.text);
    wb_catalog_done(&catalog);
    wb_conn_close(c);
    return code;
}

static void assert_told_apart(const char *type, const char *one, const char *other,
                              struct wb_type as) {
    struct wb_digest a, b;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE t (id int PRIMARY KEY, v %s)", type);
    live_mysql_run("INSERT IGNORE INTO t VALUES (1, %s), (2, %s)", one, other);
    assert_int_equal(digest_of("id = 1", as, &a), WB_OK);
    assert_int_equal(digest_of("id = 2", as, &b), WB_OK);
    assert_int_equal(a.rows + b.rows, 2);
    if (wb_digest_equal(&a, &b))
        fail_msg("%s: %s and %s have one digest", type, one, other);
}

#define T(name, ...)                                        \
    (struct wb_type) {                                      \
        .kind = WB_KIND_##name, .native = "", ##__VA_ARGS__ \
    }

static void the_enums_error_value_is_no_label(void **state) {
    (void)state;
    static const char *const labels[] = {"a", ""};
    assert_told_apart("enum('a','')", "0", "''", T(ENUM, .labels = labels, .n_labels = 2));
    assert_told_apart("enum('a','')", "0", "NULL", T(ENUM, .labels = labels, .n_labels = 2));
}

static void zero_dates_are_values(void **state) {
    (void)state;
    assert_told_apart("date", "'0000-00-00'", "NULL", T(DATE));
    assert_told_apart("date", "'2024-02-00'", "'2024-02-01'", T(DATE));
    assert_told_apart("datetime", "'0000-00-00'", "NULL", T(TIMESTAMP));
}

/* Converted by the server these would be a question mark. */
static void what_is_no_character_is_no_question_mark(void **state) {
    (void)state;
    assert_told_apart("varchar(9) CHARACTER SET ucs2", "_ucs2 x'D800'", "'?'", T(TEXT));
    assert_told_apart("varchar(9) CHARACTER SET cp1251", "_cp1251 x'98'", "'?'", T(TEXT));
    assert_told_apart("varchar(9) CHARACTER SET latin1", "_latin1 x'81'", "'?'", T(TEXT));
    assert_told_apart("enum('a') CHARACTER SET latin2", "'a'", "NULL", T(ENUM));
}

static void more_than_a_packet_is_an_error(void **state) {
    (void)state;
    struct wb_digest d;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE t (id int PRIMARY KEY, v longblob)");
    live_mysql_run("INSERT INTO t VALUES (1, REPEAT('x', @@max_allowed_packet * 5 DIV 8))");
    assert_int_equal(digest_of(NULL, T(BYTES), &d), WB_E_ROW_TOO_LARGE);
    live_mysql_run("UPDATE t SET v = REPEAT('x', @@max_allowed_packet DIV 8)");
    assert_int_equal(digest_of(NULL, T(BYTES), &d), WB_OK);
}

static void expect(const char *native, struct wb_type as, bool want) {
    struct wb_arena a = {0};
    struct wb_column c = {.name = "v"};
    struct wb_table t = {.name = "t", .columns = &c, .n_columns = 1};
    struct wb_error err = {0};
    assert_int_equal(wb_engine_mysql.ddl->parse_type(native, &a, &c.type, &err), WB_OK);
    if (wb_engine_mysql.verify->canonical(&t, 0, &as) != want)
        fail_msg("%s as %s: expected %d", native, wb_kind_name(as.kind), want);
    wb_arena_done(&a);
}

static void pairs_of_types(void **state) {
    (void)state;
    expect("int", T(DECIMAL), true);
    expect("tinyint(1)", T(BOOL), true);
    expect("int", T(TEXT), false); /* a conversion whose text is not this one's to make */
    expect("float", T(FLOAT), false);
    expect("double", T(DECIMAL), false);
    expect("year(4)", T(INT), true);
    expect("year(2)", T(INT), false);
    expect("bit(3)", T(BIT, .length = 3), true);
    expect("bit(3)", T(BIT, .length = 4), false);
    expect("date", T(TIMESTAMP), false);
    expect("time", T(INTERVAL), true);
    expect("datetime(6)", T(TIMESTAMPTZ), true);
    expect("json", T(JSON), true);
    expect("json", T(JSON, .binary_json = true), false);
    expect("varchar(5)",
           (struct wb_type){.kind = WB_KIND_TEXT, .fixed = true, .native = "character(5)"}, false);
    expect("set('a')", T(SET), true);
    expect("inet6", T(INET), false);
    expect("binary(16)", T(UUID), false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_types),
        cmocka_unit_test(the_enums_error_value_is_no_label),
        cmocka_unit_test(zero_dates_are_values),
        cmocka_unit_test(what_is_no_character_is_no_question_mark),
        cmocka_unit_test(more_than_a_packet_is_an_error),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
