/* Every column type of MariaDB with its edge values, written by SQL and read through the engine. */
#include "unit/engines/mysql/live_mysql.h"

#include <mysql.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool live;

struct value {
    const char *type, *literal, *expected;
};

#define U "CHARACTER SET utf8mb4"

static const struct value values[] = {
    {"tinyint", "-128", "int -128"},
    {"tinyint(1)", "127", "int 127"},
    {"tinyint unsigned", "255", "int 255"},
    {"smallint", "-32768", "int -32768"},
    {"smallint unsigned", "65535", "int 65535"},
    {"mediumint", "-8388608", "int -8388608"},
    {"mediumint unsigned", "16777215", "int 16777215"},
    {"int", "-2147483648", "int -2147483648"},
    {"int unsigned", "4294967295", "int 4294967295"},
    {"int(5) zerofill", "42", "int 42"},
    {"bigint", "-9223372036854775808", "int -9223372036854775808"},
    {"bigint unsigned", "9223372036854775807", "int 9223372036854775807"},
    {"bigint unsigned", "18446744073709551615", "uint 18446744073709551615"},
    {"int", "NULL", "NULL"},
    {"decimal(65,30)", "-12345678901234567890123456789012345.123456789012345678901234567890",
     "text -12345678901234567890123456789012345.123456789012345678901234567890"},
    {"decimal(5,2)", "1.5", "text 1.50"},
    {"decimal(5,0)", "-7", "text -7"},
    {"float", "16777216", "double 0x1p+24"},
    {"float", "3.4028234e38", "double 0x1.fffffep+127"},
    {"float", "1e-45", "double 0x1p-149"},
    {"double", "0.1", "double 0x1.999999999999ap-4"},
    {"double", "-1.7976931348623157e308", "double -0x1.fffffffffffffp+1023"},
    {"double", "4.9e-324", "double 0x0.0000000000001p-1022"},
    {"bit(1)", "b'1'", "int 1"},
    {"bit(9)", "b'100000001'", "int 257"},
    {"bit(64)", "b'1111111111111111111111111111111111111111111111111111111111111111'",
     "uint 18446744073709551615"},
    {"year", "0", "int 0"},
    {"year", "2155", "int 2155"},
    {"year", "1901", "int 1901"},
    {"date", "'1970-01-01'", "int 0"},
    {"date", "'0001-01-01'", "int -719162"},
    {"date", "'9999-12-31'", "int 2932896"},
    {"date", "'2024-02-29'", "int 19782"},
    {"date", "'0000-00-00'", "invalid zero-date 0000-00-00"},
    {"date", "'2024-00-15'", "invalid zero-date 2024-00-15"},
    {"date", "'2024-02-31'", "invalid range 2024-02-31"},
    {"date", "'0000-05-05'", "invalid zero-date 0000-05-05"},
    {"datetime", "'1970-01-01 00:00:01'", "int 1000000"},
    {"datetime", "'1969-12-31 23:59:59'", "int -1000000"},
    {"datetime", "'2024-05-01'", "int 1714521600000000"},
    {"datetime(6)", "'9999-12-31 23:59:59.999999'", "int 253402300799999999"},
    {"datetime(3)", "'0001-01-01 00:00:00.001'", "int -62135596799999000"},
    {"datetime", "'0000-00-00 00:00:00'", "invalid zero-date 0000-00-00 00:00:00"},
    {"datetime(3)", "'2024-01-00 01:02:03.004'", "invalid zero-date 2024-01-00 01:02:03.004"},
    {"timestamp(6) NULL", "'2038-01-19 03:14:07.999999'", "int 2147483647999999"},
    {"timestamp NULL", "'1970-01-01 00:00:01'", "int 1000000"},
    {"timestamp", "'0000-00-00 00:00:00'", "invalid zero-date 0000-00-00 00:00:00"},
    {"time", "'00:00:00'", "int 0"},
    {"time", "'23:59:59'", "int 86399000000"},
    {"time", "'838:59:59'", "int 3020399000000"},
    {"time(6)", "'-838:59:59.000001'", "int -3020399000001"},
    {"time(3)", "'-00:00:00.001'", "int -1000"},
    {"char(10) " U, "'ab  '", "text ab"},
    {"varchar(10) " U, "'ab  '", "text ab  "},
    {"varchar(10) " U, "''", "text "},
    {"varchar(10) " U, "'NULL'", "text NULL"},
    {"varchar(10) " U, "'\\\\N'", "text \\N"},
    {"varchar(10) " U, "'😀é'", "text 😀é"},
    {"varchar(10) CHARACTER SET utf8mb3", "'日本?'", "text 日本?"},
    {"varchar(10) CHARACTER SET ascii", "'a?b'", "text a?b"},
    {"varchar(10) CHARACTER SET latin1", "'€é?'", "text €é?"},
    {"varchar(10) CHARACTER SET latin1", "_latin1 x'8081FF'", "text €\xC2\x81ÿ"},
    {"varchar(10) CHARACTER SET cp1251", "'Привет?'", "text Привет?"},
    {"varchar(10) CHARACTER SET cp1251", "_cp1251 x'983F'", "invalid utf8 \x98?"},
    {"varchar(10) CHARACTER SET cp1250", "_cp1250 x'4181'", "invalid utf8 A\x81"},
    {"varchar(10) CHARACTER SET greek", "'αβγ'", "text αβγ"},
    {"varchar(10) CHARACTER SET tis620", "_tis620 x'A1DB'", "invalid utf8 \xA1\xDB"},
    {"varchar(10) CHARACTER SET koi8r", "'Ёж'", "text Ёж"},
    {"varchar(10) CHARACTER SET sjis", "'?あ'", "text ?あ"},
    {"varchar(10) CHARACTER SET gbk", "'丂?'", "text 丂?"},
    {"varchar(10) CHARACTER SET big5", "'中文'", "text 中文"},
    {"varchar(10) CHARACTER SET ucs2", "'aé丿?'", "text aé丿?"},
    {"varchar(10) CHARACTER SET ucs2", "_ucs2 x'D8000041'",
     "invalid utf8 \xFF"
     "A"},
    {"varchar(10) CHARACTER SET utf16", "'a😀?'", "text a😀?"},
    {"varchar(10) CHARACTER SET utf16le", "'a😀?'", "text a😀?"},
    {"varchar(10) CHARACTER SET utf32", "'a😀?'", "text a😀?"},
    {"text CHARACTER SET cp1251", "'да'", "text да"},
    {"text " U, "REPEAT('x', 300)", NULL},
    {"mediumtext " U, "REPEAT('é', 40000)", NULL},
    {"longblob", "REPEAT('z', 70000)", NULL},
    {"binary(4)", "'ab'", "bytes 61620000"},
    {"varbinary(4)", "x'00FF'", "bytes 00FF"},
    {"blob", "''", "bytes "},
    {"enum('a','b''c','x\\\\y')", "'b''c'", "text b'c"},
    {"enum('a','x\\\\y')", "'x\\\\y'", "text x\\y"},
    {"enum('a','b')", "'zzz'", "invalid range "},
    {"enum('a','')", "''", "text "},
    {"enum('a','')", "'zzz'", "invalid range "},
    {"enum('a','é') CHARACTER SET latin1", "'é'", "text é"},
    {"enum('a','😀') " U, "'😀'", "text 😀"},
    {"enum('a','b')", "NULL", "NULL"},
    {"set('a','b','c')", "'c,a'", "text a,c"},
    {"set('a','b','c')", "''", "text "},
    {"set('ä','ö') CHARACTER SET latin1", "'ö,ä'", "text ä,ö"},
    {"json", "'{\"b\": 1,  \"b\": 2}'", "text {\"b\": 1,  \"b\": 2}"},
    {"uuid", "'123e4567-e89b-12d3-a456-426655440000'", "bytes 123E4567E89B12D3A456426655440000"},
    {"inet6", "'2001:db8::ff00:42:8329'", "text 2001:db8::ff00:42:8329"},
    {"inet4", "'192.168.0.1'", "text 192.168.0.1"},
    {"point", "ST_GeomFromText('POINT(1 2)', 4326)",
     "bytes E61000000101000000000000000000F03F0000000000000040"},
};

static int start(void **state) {
    (void)state;
    live = live_mysql_start("whimbrel_unit_values");
    return 0;
}

static int stop(void **state) {
    (void)state;
    live_mysql_stop();
    return 0;
}

/* The one cell of table t: one column v, one row. */
static void read_one(struct wb_conn *c, struct wb_batch *b, struct wb_catalog *catalog) {
    struct wb_error err = {0};
    if (c->engine->describe(c, &(struct wb_describe_opts){0}, catalog, &err))
        fail_msg("%s", err.text);
    const struct wb_table *t = wb_catalog_find_table(catalog, NULL, "t");
    assert_non_null(t);
    uint32_t column = 0;
    struct wb_read_spec spec = {.table = t, .columns = &column, .n_columns = 1};
    struct wb_cursor *cur = NULL;
    if (c->engine->read->open(c, &spec, &cur, &err))
        fail_msg("%s", err.text);
    if (c->engine->read->next(cur, b, &err))
        fail_msg("%s", err.text);
    c->engine->read->done(cur);
    assert_int_equal(b->n_rows, 1);
}

static void values_are_exact(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_conn *c = live_mysql_open(WB_SIDE_SOURCE);
    struct wb_batch b;
    size_t wrong = 0;
    wb_batch_init(&b, 1, 10, 1 << 20);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const struct value *v = &values[i];
        struct wb_catalog catalog = {0};
        live_mysql_run("CREATE OR REPLACE TABLE t (v %s)", v->type);
        live_mysql_run("INSERT INTO t VALUES (%s)", v->literal);
        read_one(c, &b, &catalog);
        const struct wb_cell *cell = &b.cells[0];
        if (v->expected
                ? strcmp(live_mysql_cell(cell), v->expected) != 0
                : cell->len != strtoul(live_mysql_ask("SELECT LENGTH(v) FROM t"), NULL, 10)) {
            print_error("%s %s: \"%.80s\", expected \"%s\"\n", v->type, v->literal,
                        live_mysql_cell(cell), v->expected ? v->expected : "its length");
            wrong++;
        }
        wb_catalog_done(&catalog);
    }
    wb_batch_done(&b);
    wb_conn_close(c);
    assert_int_equal(wrong, 0);
}

/* Bytes that are no UTF-8 in a utf8mb4 column, as old servers let in, come as stored: never as '?'.
 */
static void stored_bytes_are_not_converted(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_conn *c = live_mysql_open(WB_SIDE_SOURCE);
    struct wb_batch b;
    struct wb_catalog catalog = {0};
    wb_batch_init(&b, 1, 10, 1 << 20);
    live_mysql_run("CREATE OR REPLACE TABLE t (v varchar(10) CHARACTER SET ascii)");
    live_mysql_run(
        "INSERT INTO t VALUES (x'4180FF')"); /* this charset is not checked on the way in */
    read_one(c, &b, &catalog);
    assert_int_equal(b.cells[0].len, 3);
    assert_memory_equal(b.cells[0].p, "\x41\x80\xFF", 3);
    wb_catalog_done(&catalog);
    wb_batch_done(&b);
    wb_conn_close(c);
}

/* A reader that stops early leaves its connection, and its snapshot, usable. */
static void early_end_keeps_the_snapshot(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE t (v int PRIMARY KEY)");
    live_mysql_run("INSERT INTO t SELECT seq FROM seq_1_to_300000");
    struct wb_conn *c = live_mysql_open(WB_SIDE_SOURCE);
    struct wb_error err = {0};
    struct wb_catalog catalog;
    struct wb_batch b;
    assert_int_equal(c->engine->describe(c, &(struct wb_describe_opts){0}, &catalog, &err), WB_OK);
    uint32_t column = 0;
    struct wb_read_spec spec = {
        .table = wb_catalog_find_table(&catalog, NULL, "t"), .columns = &column, .n_columns = 1};
    wb_batch_init(&b, 1, 100, 1 << 20);
    assert_int_equal(
        c->engine->exec(c, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", NULL, &err),
        WB_OK);
    live_mysql_run("DELETE FROM t WHERE v > 10");
    for (int round = 0; round < 2; round++) {
        struct wb_cursor *cur;
        assert_int_equal(c->engine->read->open(c, &spec, &cur, &err), WB_OK);
        assert_int_equal(c->engine->read->next(cur, &b, &err), WB_OK);
        assert_int_equal(b.n_rows, 100);
        c->engine->read->done(cur);
    }
    struct wb_arena a = {0};
    struct wb_rows rows;
    assert_int_equal(c->engine->query(c, "SELECT COUNT(*) FROM t", &a, &rows, &err), WB_OK);
    assert_string_equal(rows.values[0][0], "300000");
    wb_arena_done(&a);
    wb_batch_done(&b);
    wb_catalog_done(&catalog);
    wb_conn_close(c);
}

static void *sleep_long(void *arg) {
    static struct wb_error err;
    struct wb_arena a = {0};
    struct wb_rows rows;
    struct wb_conn *c = arg;
    (void)c->engine->query(c, "SELECT seq, SLEEP(1) FROM seq_1_to_600", &a, &rows, &err);
    wb_arena_done(&a);
    mysql_thread_end();
    return &err;
}

static void cancel_ends_a_statement(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_conn *c = live_mysql_open(WB_SIDE_SOURCE);
    pthread_t thread;
    void *ret;
    assert_int_equal(pthread_create(&thread, NULL, sleep_long, c), 0);
    while (strcmp(live_mysql_ask("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO "
                                 "LIKE 'SELECT seq, %%'"),
                  "0") == 0)
        ;
    c->engine->cancel(c);
    pthread_join(thread, &ret);
    assert_int_equal(((struct wb_error *)ret)->code, WB_E_CANCELED);
    wb_conn_close(c);
}

static void logins_say_what_is_wrong(void **state) {
    (void)state;
    if (!live)
        skip();
    struct wb_arena a = {0};
    struct wb_url url;
    struct wb_conn *c = NULL;
    struct wb_error err = {0};
    struct wb_open_opts opts = {.side = WB_SIDE_SOURCE};
    const char *ours = getenv("WB_MY_URL"), *query = strchr(ours, '?');
    const struct {
        const char *user_host_db;
        enum wb_code code;
    } cases[] = {{"mysql://nobody:wrong@localhost/x", WB_E_LOGIN},
                 {"mysql://root@localhost/no_such_db", WB_E_NOT_FOUND}};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            wb_url_parse(wb_arena_printf(&a, "%s%s", cases[i].user_host_db, query), &a, &url, &err),
            WB_OK);
        assert_int_equal(wb_engine_mysql.open(&url, &opts, &c, &err), cases[i].code);
        assert_null(strstr(err.text, "wrong"));
    }
    assert_int_equal(wb_url_parse("mysql://root@localhost/x?socket=/nonexistent", &a, &url, &err),
                     WB_OK);
    assert_int_equal(wb_engine_mysql.open(&url, &opts, &c, &err), WB_E_CONNECT);
    assert_int_equal(wb_url_parse("mysql://root@localhost/x?sslmode=maybe", &a, &url, &err), WB_OK);
    assert_int_equal(wb_engine_mysql.open(&url, &opts, &c, &err), WB_E_URL);
    wb_arena_done(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_exact),
        cmocka_unit_test(stored_bytes_are_not_converted),
        cmocka_unit_test(early_end_keeps_the_snapshot),
        cmocka_unit_test(cancel_ends_a_statement),
        cmocka_unit_test(logins_say_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
